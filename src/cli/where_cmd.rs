//! `routescope where`: where does it go, and why.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use routescope_core::analysis::Analysis;
use routescope_core::finding::closest;
use routescope_core::model::ObjectKey;
use routescope_core::router::Request;
use routescope_core::visible::visible;
use routescope_manifest::request_file;
use routescope_render::answer::{self, Answers};

use super::answer::{Answer, Document, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::requests::{AddressedRequest, BadLine, gateway_key, parse};
use super::{Context, Verdict, arguments, terminal};

/// Say where a URL goes, and why: the path through the tree, the destination, why the closest others lost
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit codes: 0 every URL reaches a redirect or a backend, one with ready endpoints where those are in view; 1 one does not; 2 error"
)]
pub struct WhereOptions {
    /// What a client would ask for: https://host/path, host/path, or /path for every host
    #[arg(value_name = "URL", required_unless_present = "requests")]
    pub urls: Vec<String>,

    /// The method
    #[arg(short = 'X', long = "request", value_name = "METHOD", default_value = "GET", help_heading = "Request")]
    pub method: String,

    /// A header; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", help_heading = "Request")]
    pub headers: Vec<String>,

    /// Ask this Gateway alone
    #[arg(long, value_name = "NAMESPACE/NAME", help_heading = "Request")]
    pub gateway: Option<String>,

    /// Read requests from a file or standard input (-): a URL per line, or a JSON object per line
    #[arg(long, value_name = "FILE|-", help_heading = "Request")]
    pub requests: Option<PathBuf>,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: WhereFormat,

    /// Answer again whenever the answer changes
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

impl WhereOptions {
    /// One URL, and nothing else asked for.
    pub fn of(url: String) -> Self {
        Self {
            urls: vec![url],
            method: "GET".to_owned(),
            headers: Vec::new(),
            gateway: None,
            requests: None,
            output: WhereFormat::Text,
            watch: false,
        }
    }
}

/// The formats of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhereFormat {
    /// For a person.
    Text,
    /// For a person: with everything that was considered.
    Wide,
    /// JSON, indented.
    Json,
    /// JSON, one line per request.
    Jsonl,
    /// YAML.
    Yaml,
}

/// Answers.
pub fn run(options: &WhereOptions, context: &Context) -> Result<Verdict, Failure> {
    if options.requests.as_deref().is_some_and(|path| path.as_os_str() == "-")
        && context.source.filename.iter().any(|path| path.as_os_str() == "-")
    {
        return Err(Failure::new("both -f and --requests read standard input", "put one of them into a file"));
    }
    // `-k https://…` is curl's habit.
    if let Some(path) =
        context.source.kustomize.iter().filter_map(|path| path.to_str()).find(|path| path.contains("://"))
    {
        let message = format!("{} is not a kustomization", visible(path));
        return Err(Failure { message, hint: arguments::curl("-k", Some(path)) });
    }
    if let Some(path) =
        context.source.filename.iter().filter_map(|path| path.to_str()).find(|path| path.contains("://"))
        && options.urls.is_empty()
        && options.requests.is_none()
    {
        let message = format!("{} is not a file", visible(path));
        return Err(Failure { message, hint: arguments::curl("-f", Some(path)) });
    }
    let combined =
        context.cluster.server.as_deref().filter(|server| !server.contains(['.', ':', '/'])).map(|s| format!("-s{s}"));
    if let Some(hint) = combined.as_deref().and_then(|word| arguments::curl(word, None)) {
        return Err(Failure::new(format!("{} names no server", combined.unwrap_or_default()), hint));
    }
    if context.source.inputs().is_empty() && !context.cluster.ask_for_a_cluster() {
        // `check` and `tree` take paths as they come; here the words are URLs.
        let file = |word: &&String| !word.starts_with('/') && Path::new(word).exists();
        if let Some(word) = options.urls.iter().find(file) {
            let what = if Path::new(word).is_dir() { "folder" } else { "file" };
            let hint = format!("read it with -f: `routescope where -f {} URL`", visible(word));
            return Err(Failure::new(format!("{} is a {what}, and no URL", visible(word)), hint));
        }
    }
    let is_manifest = |word: &&String| {
        let extension = Path::new(word.as_str()).extension();
        extension.is_some_and(|extension| extension == "yaml" || extension == "yml") && Path::new(word).is_file()
    };
    if let Some(word) = options.urls.iter().find(is_manifest) {
        let hint = format!("read it with -f {}", visible(word));
        return Err(Failure::new(format!("{} is a file, and no URL", visible(word)), hint));
    }
    let only = options.gateway.as_deref().map(gateway_key).transpose()?;
    let (asked, bad) = asked(options)?;
    let question = Where { options, only, asked };
    let verdict = super::answer::run(&question, context, options.watch)?;
    for BadLine { line, failure: Failure { message, hint } } in &bad {
        let name = options.requests.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let failure = Failure { message: format!("{name}:{line}: {message}"), hint: hint.clone() };
        terminal::write_err(&failure.lines());
    }
    if !bad.is_empty() {
        return Ok(Verdict::Partly);
    }
    Ok(verdict)
}

/// What is asked, of every world alike.
struct Where<'o> {
    options: &'o WhereOptions,
    only: Option<ObjectKey>,
    asked: Vec<AddressedRequest>,
}

impl Question for Where<'_> {
    fn shape(&self) -> OutputForm {
        match self.options.output {
            WhereFormat::Text | WhereFormat::Wide => OutputForm::Text,
            WhereFormat::Json => OutputForm::Json,
            WhereFormat::Jsonl => OutputForm::Lines,
            WhereFormat::Yaml => OutputForm::Yaml,
        }
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let Self { options, only, asked } = self;
        let analysis = &world.analysis;
        for gateway in only.iter().chain(asked.iter().filter_map(|asked| asked.gateway.as_ref())) {
            known(analysis, gateway)?;
        }
        let answers: Vec<Answers> = asked
            .iter()
            .map(|AddressedRequest { request, gateway }| {
                let all = options.output == WhereFormat::Wide;
                Answers::of(analysis, request.clone(), gateway.as_ref().or(only.as_ref()), all)
            })
            .collect();
        let (mut verdict, mut unknown) = (Verdict::Yes, false);
        for one in answers.iter().filter(|one| !one.arrives()) {
            unknown |= one.unknown.is_some();
            verdict = if one.unknown.is_some() { verdict } else { Verdict::No };
        }
        let verdict = if unknown { Verdict::Partly } else { verdict };
        match self.shape() {
            OutputForm::Json | OutputForm::Yaml => take(Answer::document(answer::answers(analysis, &answers)))?,
            OutputForm::Lines => {
                let line = |one| -> Document<'_> { Box::new(answer::line(analysis, one)) };
                take(Answer::Lines(answers.iter().map(line).collect()))?;
            }
            OutputForm::Text | OutputForm::Drawing => take(Answer::Text(text(options, context, analysis, &answers)))?,
        }
        Ok(verdict)
    }
}

/// What is asked: the URLs of the command line, then the lines of `--requests`.
fn asked(options: &WhereOptions) -> Result<(Vec<AddressedRequest>, Vec<BadLine>), Failure> {
    let with_options = |request: Request| -> Result<Request, Failure> {
        let request = request.with_method(&options.method)?;
        Ok(options.headers.iter().try_fold(request, |request, header| request.with_header(header))?)
    };
    let mut asked = Vec::new();
    for url in &options.urls {
        asked.push(AddressedRequest { request: with_options(Request::parse(url)?)?, gateway: None });
    }
    let mut bad = Vec::new();
    if let Some(path) = &options.requests {
        let text = request_file::read(path)?;
        for line in parse(&text, &with_options) {
            match line {
                Ok(request) => asked.push(request),
                Err(line) => bad.push(line),
            }
        }
        if asked.is_empty() && bad.is_empty() {
            return Err(Failure::new(format!("no request in {}", path.display()), "write one URL on each line"));
        }
    }
    Ok((asked, bad))
}

/// Refuses a Gateway that is not there, and suggests one that is.
pub(super) fn known(analysis: &Analysis, gateway: &ObjectKey) -> Result<(), Failure> {
    let names: Vec<String> = analysis.table.gateways.iter().map(|table| table.gateway.to_string()).collect();
    let wanted = gateway.to_string();
    if names.contains(&wanted) {
        return Ok(());
    }
    if analysis.snapshot.coverage.forbidden && !analysis.snapshot.coverage.sees("Gateway", &gateway.namespace) {
        return Err(Failure::new(
            format!("no Gateway {wanted} in view, and Gateways in namespace {} cannot be read", gateway.namespace),
            "-n reads a namespace that you may read; the rights needed are those of deploy/",
        ));
    }
    let near = closest(&wanted, names.iter().map(String::as_str));
    // The right name in another namespace is not close by its letters.
    let same_name = || analysis.table.gateways.iter().find(|table| table.gateway.name == gateway.name);
    let hint = match near.map(str::to_owned).or_else(|| same_name().map(|table| table.gateway.to_string())) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => "there is no Gateway at all".to_owned(),
        None => format!("there {} {}", if names.len() == 1 { "is" } else { "are" }, first_few(&names)),
    };
    Err(Failure::new(format!("no Gateway {wanted}"), hint))
}

fn first_few(names: &[String]) -> String {
    const FEW: usize = 5;
    let shown = names.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > FEW { format!("{shown} and {} more", names.len() - FEW) } else { shown }
}

/// The answers for a person: each in blocks, or many requests in a table.
fn text(options: &WhereOptions, context: &Context, analysis: &Analysis, answers: &[Answers]) -> String {
    let paint = context.paint();
    if options.requests.is_some() && options.output == WhereFormat::Text {
        return paint.lines(&answer::summary(analysis, answers));
    }
    let (wide, titled) = (options.output == WhereFormat::Wide, answers.len() > 1);
    let width = terminal::width();
    let blocks = answers.iter().map(|one| paint.lines(&answer::text(analysis, one, width, titled, wide)));
    blocks.collect::<Vec<_>>().join("\n")
}
