//! What the commands share: a question is answered for files, for a cluster, for several clusters, once or (`--watch`)
//! again whenever the answer changes.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use routescope_cluster::live::Changed;
use routescope_core::finding::{Code, Finding};
use routescope_core::visible::visible;
use routescope_render::data::{self, API_VERSION};
use routescope_render::phrases;

use super::failure::Failure;
use super::load::{self, LoadedSource};
use super::terminal::{Content, Reader};
use super::{Context, Verdict, clusters, files_watch, roots, terminal};

/// How an answer is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputForm {
    /// For a person.
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// One JSON document a line.
    Lines,
    /// A drawing, of one world only.
    Drawing,
}

impl OutputForm {
    /// What that is to a terminal.
    pub fn content(self) -> Content {
        match self {
            Self::Json | Self::Lines => Content::Json,
            Self::Text | Self::Yaml | Self::Drawing => Content::Lines,
        }
    }
}

/// What a command asks of a world.
pub trait Question {
    /// How the answer is to be written.
    fn shape(&self) -> OutputForm;

    /// The answer: written as asked for, or in `shape` when that is `Json` or `Lines`.
    fn answer(&self, world: &LoadedSource, context: &Context, shape: OutputForm) -> Result<(String, Verdict), Failure>;

    /// Writes the answer as it comes, where it may be too large to be held; `None` for one that is held.
    fn streamed(&self, _: &LoadedSource, _: &Context) -> Option<Result<Verdict, Failure>> {
        None
    }

    /// Whether the findings of reading are a part of the answer, and need not be told beside it.
    fn tells_findings(&self) -> bool {
        false
    }

    /// Whether a file that could not be read makes the answer a "no": it may lack something.
    fn needs_every_file(&self) -> bool {
        false
    }
}

/// Whether reading brought up a file of which nothing is known.
fn is_unread(finding: &Finding) -> bool {
    [Code::Unreadable, Code::NotText, Code::YamlSyntax, Code::JsonSyntax].contains(&finding.code)
}

/// Answers once, or for as long as there is someone to read it.
pub fn run(question: &impl Question, context: &Context, watch: bool) -> Result<Verdict, Failure> {
    if context.reads_a_cluster() {
        return clusters::run(question, context, watch);
    }
    if watch {
        return files_watch::run(question, context);
    }
    if context.source.roots {
        return roots::run(question, context);
    }
    let world = if question.tells_findings() { load::load_quietly(context)? } else { load::load(context)? };
    let verdict = if let Some(verdict) = question.streamed(&world, context) {
        verdict?
    } else {
        let (text, verdict) = question.answer(&world, context, question.shape())?;
        print(question.shape().content(), &text)?;
        verdict
    };
    let incomplete = question.needs_every_file().then(|| incomplete(&world)).flatten();
    if let Some(said) = incomplete {
        terminal::write_err(&said);
        return Ok(verdict.max(Verdict::No));
    }
    Ok(verdict)
}

/// What is missing in an answer because a file could not be read.
pub fn incomplete(world: &LoadedSource) -> Option<String> {
    let unread = world.analysis.findings[..world.reading].iter().filter(|finding| is_unread(finding)).count();
    // Of a file that was read before the answer says itself that it counts as it was.
    if unread == 0 || !world.analysis.snapshot.coverage.stale.is_empty() {
        return None;
    }
    let places = phrases::count(unread, "place");
    Some(format!("incomplete: {places} could not be read, and what stands there is missing above\n"))
}

/// What stands side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Contexts of a kubeconfig.
    Contexts,
    /// Roots of a repository.
    Roots,
}

impl Beside {
    fn one(self) -> &'static str {
        match self {
            Self::Contexts => "context",
            Self::Roots => "root",
        }
    }

    fn many(self) -> &'static str {
        match self {
            Self::Contexts => "contexts",
            Self::Roots => "roots",
        }
    }
}

/// A context (or another source) that was asked.
pub struct Answered<'w> {
    /// Its name.
    pub name: &'w str,
    /// What it holds, or why it could not be read.
    pub world: Result<&'w LoadedSource, &'w Failure>,
}

/// The answers of several contexts (or of one, which is written as files are), and the worst of the verdicts.
pub fn rendered(
    question: &impl Question,
    context: &Context,
    answered: &[Answered<'_>],
    beside: Beside,
) -> Result<(String, Verdict), Failure> {
    let titled = |name: &str, document| titled(beside, name, document);
    if let [Answered { world, .. }] = answered {
        let world = world.map_err(Clone::clone)?;
        return question.answer(world, context, question.shape());
    }
    let shape = question.shape();
    let mut worst = Verdict::Yes;
    let mut texts = Vec::new();
    let mut documents = Vec::new();
    for Answered { name, world } in answered {
        let answer = match world {
            Ok(world) => {
                question.answer(world, context, if shape == OutputForm::Yaml { OutputForm::Json } else { shape })
            }
            Err(failure) => Err((*failure).clone()),
        };
        worst = worst.max(answer.as_ref().map_or(Verdict::Partly, |(_, verdict)| *verdict));
        match (shape, answer) {
            (OutputForm::Drawing, _) => {
                let hint = match beside {
                    Beside::Contexts => "give one --context, or another format",
                    Beside::Roots => "read one with -k, or give another format",
                };
                return Err(Failure::new(format!("several {} cannot be drawn at once", beside.many()), hint));
            }
            (OutputForm::Text, Ok((text, _))) => texts.push(format!("{} {}\n\n{text}", beside.one(), visible(name))),
            // Why is told on standard error.
            (OutputForm::Text, Err(_)) => {}
            (OutputForm::Lines, Ok((text, _))) => {
                texts.extend(text.lines().filter_map(|line| {
                    let document: Map<String, Value> = serde_json::from_str(line).ok()?;
                    Some(data::json_line(&titled(name, document)))
                }));
            }
            (OutputForm::Lines, Err(failure)) => texts.push(data::json_line(&titled(name, failed(&failure)))),
            (OutputForm::Json | OutputForm::Yaml, Ok((text, _))) => {
                let mut document: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
                document.shift_remove("apiVersion");
                documents.push(titled(name, document));
            }
            (OutputForm::Json | OutputForm::Yaml, Err(failure)) => documents.push(titled(name, failed(&failure))),
        }
    }
    let all = serde_json::json!({ "apiVersion": API_VERSION, beside.many(): documents });
    let text = match shape {
        OutputForm::Json => data::json(&all),
        OutputForm::Yaml => data::yaml(&all),
        OutputForm::Lines | OutputForm::Drawing => texts.concat(),
        OutputForm::Text => texts.join("\n"),
    };
    Ok((text, worst))
}

fn titled(beside: Beside, name: &str, document: Map<String, Value>) -> Value {
    let mut titled = Map::new();
    titled.insert(beside.one().to_owned(), Value::from(name));
    titled.extend(document);
    Value::Object(titled)
}

fn failed(failure: &Failure) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("error".to_owned(), Value::from(failure.message.as_str()));
    document
}

/// What stands between an answer and the next one, for a person: when, and what changed.
pub fn divider(changes: &[(String, Changed)], several: bool) -> String {
    /// So many changed objects are told.
    const TOLD: usize = 12;
    let mut text = format!("\n── {} ──\n", jiff::Zoned::now().strftime("%H:%M:%S"));
    for (context, Changed { subject, how, lines, .. }) in changes.iter().rev().take(TOLD).rev() {
        let context = if several { format!("{context}: ") } else { String::new() };
        let how = format!("{how:?}").to_lowercase();
        let _ = writeln!(text, "   {}", visible(&format!("{context}{subject} {how}")));
        for line in lines {
            let _ = writeln!(text, "     {}", visible(line));
        }
    }
    if changes.len() > TOLD {
        let _ = writeln!(text, "   and {} changes before", changes.len() - TOLD);
    }
    text.push('\n');
    text
}

/// Writes an answer; whether there is still someone to read it.
pub fn print(content: Content, text: &str) -> Result<Reader, Failure> {
    terminal::write_out(content, text).map_err(not_written)
}

/// Why an answer cannot be written.
#[allow(clippy::needless_pass_by_value)] // as `map_err` hands it over
pub fn not_written(error: std::io::Error) -> Failure {
    Failure { message: format!("cannot write to standard output: {error}"), hint: None }
}
