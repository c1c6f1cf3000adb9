//! What the commands share: a question is answered for files, for a cluster, for several clusters, once or (`--watch`)
//! again whenever the answer changes.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};

use serde::Serialize;

use routescope_cluster::live::Changed;
use routescope_core::finding::{Code, Finding};
use routescope_core::visible::visible;
use routescope_render::data::{self, Versioned};
use routescope_render::{phrases, yaml};

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

/// What a question comes to.
pub enum Answer<'a> {
    /// A text, or a drawing, as it is shown.
    Text(String),
    /// A document. What is too large to be held is made while it is written.
    Document(Document<'a>),
    /// Documents, one a line.
    Lines(Vec<Document<'a>>),
}

/// Data of any command.
pub type Document<'a> = Box<dyn erased_serde::Serialize + 'a>;

impl<'a> Answer<'a> {
    /// One document of `data`.
    pub fn document(data: impl Serialize + 'a) -> Self {
        Self::Document(Box::new(data))
    }
}

/// Takes an answer: writes it, alone or beside others.
pub type Take<'t> = dyn FnMut(Answer<'_>) -> io::Result<()> + 't;

/// What a command asks of a world.
pub trait Question {
    /// How the answer is to be written.
    fn shape(&self) -> OutputForm;

    /// Gives the answer to `take`, once: a document where the shape is one of data, else a text.
    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten>;

    /// Whether the findings of reading are a part of the answer, and need not be told beside it.
    fn tells_findings(&self) -> bool {
        false
    }

    /// Whether a file that could not be read makes the answer a "no": it may lack something.
    fn needs_every_file(&self) -> bool {
        false
    }
}

/// Why an answer was not written.
#[derive(Debug)]
pub enum Unwritten {
    /// There is none.
    Failed(Failure),
    /// It could not be written.
    Output(io::Error),
}

impl From<Failure> for Unwritten {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Unwritten> for Failure {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Failed(failure) => failure,
            Unwritten::Output(error) => not_written(error),
        }
    }
}

/// Writes an answer in a shape. Whoever writes it on makes it visible.
pub fn write(shape: OutputForm, answer: Answer<'_>, mut out: &mut dyn Write) -> io::Result<()> {
    match answer {
        Answer::Text(text) => out.write_all(text.as_bytes()),
        Answer::Document(document) if shape == OutputForm::Yaml => yaml::write_to(out, &Versioned::new(document)),
        Answer::Document(document) => data::json_to(&mut out, &Versioned::new(document)),
        Answer::Lines(documents) => {
            documents.iter().try_for_each(|document| out.write_all(data::json_line(document).as_bytes()))
        }
    }
}

/// Writes what a question comes to in a world, and gives its verdict.
pub fn write_one(
    question: &impl Question,
    world: &LoadedSource,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Verdict, Unwritten> {
    let shape = question.shape();
    question.answer(world, context, &mut |answer| write(shape, answer, out))
}

/// Writes an answer to standard output, data as it comes; whether there is still someone to read it.
pub fn tell(shape: OutputForm, write: impl FnOnce(&mut dyn Write) -> Result<(), Unwritten>) -> Result<Reader, Failure> {
    // The colours of a text are not to be torn apart.
    if matches!(shape, OutputForm::Text | OutputForm::Drawing) {
        let mut text = Vec::new();
        write(&mut text)?;
        return print(shape.content(), &String::from_utf8_lossy(&text));
    }
    let mut failed = None;
    let reader = terminal::stream_out(shape.content(), |out| match write(out) {
        Ok(()) => Ok(()),
        Err(Unwritten::Output(error)) => Err(error),
        Err(Unwritten::Failed(failure)) => {
            failed = Some(failure);
            Ok(())
        }
    });
    let reader = reader.map_err(not_written)?;
    failed.map_or(Ok(reader), Err)
}

/// A number that tells an answer from another one, so that neither needs to be kept.
pub fn number(write: impl FnOnce(&mut dyn Write) -> Result<(), Unwritten>) -> Result<u64, Failure> {
    struct Hashed(DefaultHasher);
    impl Write for Hashed {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            Hasher::write(&mut self.0, text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hashed = Hashed(DefaultHasher::new());
    write(&mut hashed)?;
    Ok(hashed.0.finish())
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
    let (shape, mut verdict) = (question.shape(), Verdict::Yes);
    tell(shape, |out| {
        verdict = write_one(question, &world, context, out)?;
        Ok(())
    })?;
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

/// What stands before an answer that is not the first: for a person, when it is, and what changed.
pub fn divider(shape: OutputForm, is_later: bool, changes: &[(String, Changed)], several: bool) -> String {
    /// So many changed objects are told.
    const TOLD: usize = 12;
    match shape {
        _ if !is_later => return String::new(),
        OutputForm::Json | OutputForm::Lines => return String::new(),
        OutputForm::Yaml => return "---\n".to_owned(),
        OutputForm::Text | OutputForm::Drawing => {}
    }
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
