//! `routescope diff`: which traffic moves between two sources.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use routescope_core::analysis::Analysis;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::{acting, compare, observed};
use routescope_core::router::Decision;
use routescope_manifest::request_file;
use routescope_render::data::{self, Versioned};
use routescope_render::diff::{self, Replay, ReplayLine, SideData, rule};
use routescope_render::witness::RequestLine;

use super::answer::print;
use super::failure::Failure;
use super::requests::AddressedRequest;
use super::sides::{self, ComparedContext};
use super::terminal::Content;
use super::{Context, Verdict, access_log, terminal};

/// Say which traffic moves between two sources: one request for each pair of rules, before and after, and why
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A source is a file or folder, - (standard input), git:REVISION:PATH, context:NAME, or a saved snapshot.\n\
                  Exit codes: 0 nothing moves; 1 something does; 2 error, or could not find out"
)]
pub struct DiffOptions {
    /// The source before
    #[arg(value_name = "OLD", required_unless_present = "live", requires = "new")]
    pub old: Option<String>,

    /// The source after
    #[arg(value_name = "NEW")]
    pub new: Option<String>,

    /// Replay requests from a file or standard input (-): URLs, JSON lines, access logs of Envoy or nginx
    #[arg(long, value_name = "FILE|-", help_heading = "Request")]
    pub requests: Option<PathBuf>,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: DiffFormat,
}

/// The formats of comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a person.
    Text,
    /// JSON, indented.
    Json,
    /// JSON, one line per replayed request.
    Jsonl,
    /// A pull request comment.
    Markdown,
    /// Annotations of a GitHub workflow run.
    Github,
}

/// Compares.
pub fn run(options: &DiffOptions, context: &Context) -> Result<Verdict, Failure> {
    if options.output == DiffFormat::Jsonl && options.requests.is_none() {
        return Err(Failure::new(
            "-o jsonl writes a line for each replayed request",
            "add --requests FILE, or use -o json",
        ));
    }
    let [old, new] = read(options, context)?;
    let (before, after) = (&*old.analysis, &*new.analysis);
    let comparison = compare(before.router(), after.router());
    let mut replay = None;
    let mut lines = String::new();
    if let Some(path) = &options.requests {
        let text = request_file::read(path)?;
        let requests = access_log::parse(&text);
        if requests.is_empty() {
            return Err(Failure::new(format!("no request in {}", path.display()), "write one URL on each line"));
        }
        let (counted, written) = replayed([before, after], &requests, options.output == DiffFormat::Jsonl);
        if counted.requests == 0 {
            let message = format!("no line of {} holds a request", path.display());
            return Err(Failure::new(message, "URLs, JSON lines, and access logs of Envoy and nginx are read"));
        }
        (replay, lines) = (Some(counted), written);
    }
    let names = [old.name.as_str(), new.name.as_str()];
    let analyses = [before, after];
    let text = match options.output {
        DiffFormat::Text => diff::text(analyses, &comparison, replay.as_ref(), context.paint(), terminal::width()),
        DiffFormat::Json => {
            let sides = [(names[0], before), (names[1], after)];
            data::json(&Versioned::new(diff::data(sides, &comparison, replay.as_ref().map(Replay::data))))
        }
        DiffFormat::Jsonl => lines,
        DiffFormat::Markdown => diff::markdown(analyses, names, &comparison, replay.as_ref()),
        DiffFormat::Github => diff::github(analyses, &comparison),
    };
    let written_as = match options.output {
        DiffFormat::Json | DiffFormat::Jsonl => Content::Json,
        DiffFormat::Text | DiffFormat::Markdown | DiffFormat::Github => Content::Lines,
    };
    print(written_as, &text)?;
    if let Some(Replay { unreadable, .. }) = replay
        && unreadable > 0
    {
        terminal::write_err(&format!("warning: {unreadable} lines hold no request that could be read\n"));
    }
    let moved = !comparison.changes.is_empty() || replay.is_some_and(|replay| replay.changed > 0);
    if moved {
        return Ok(Verdict::No);
    }
    let unknown = comparison.unknown.len();
    if unknown > 0 {
        let rules = if unknown == 1 { "1 rule".to_owned() } else { format!("{unknown} rules") };
        terminal::write_err(&format!(
            "error: cannot tell whether traffic moves: unknown for {rules}\nhint: -o json lists them with the reasons\n"
        ));
        return Ok(Verdict::Partly);
    }
    Ok(Verdict::Yes)
}

fn read(options: &DiffOptions, context: &Context) -> Result<[ComparedContext; 2], Failure> {
    match (&options.old, &options.new) {
        (Some(old), Some(new)) => {
            if old == "-" && new == "-" {
                return Err(Failure::new("both sources are standard input", "put one of them into a file"));
            }
            if options.requests.as_deref().is_some_and(|path| path.as_os_str() == "-") && (old == "-" || new == "-") {
                let message = "both a source and --requests read standard input";
                return Err(Failure::new(message, "put one of them into a file"));
            }
            if !context.source.inputs().is_empty() {
                return Err(Failure::new("two sources are named, and -f names another", "-f goes with --live alone"));
            }
            sides::read_both([old, new], context)
        }
        _ => sides::read_live(context),
    }
}

/// Asks both tables.
fn replayed(sides: [&Analysis; 2], requests: &[Option<AddressedRequest>], written: bool) -> (Replay, String) {
    let mut replay = Replay::default();
    let mut pairs: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = String::new();
    for asked in requests {
        let Some(AddressedRequest { request, gateway }) = asked else {
            replay.unreadable += 1;
            continue;
        };
        replay.requests += 1;
        let answers = sides.map(|side| side.decide(request, gateway.as_ref()));
        let mut names: Vec<&ObjectKey> = Vec::new();
        for (side, decisions) in sides.iter().zip(&answers) {
            for decision in decisions {
                let name = &side.table.gateways[decision.gateway as usize].gateway;
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let of = |side: usize, name: &ObjectKey| {
            let on = |one: &&Decision| sides[side].table.gateways[one.gateway as usize].gateway == *name;
            answers[side].iter().find(on)
        };
        let both = |name: &ObjectKey| [of(0, name), of(1, name)];
        let moved = names.iter().copied().find(|name| differ(both(name)));
        if moved.is_some() {
            replay.changed += 1;
        }
        // Several Gateways may see it: the one whose answer changes, else the first that has a row for it.
        let decided = |name: &&ObjectKey| both(name).iter().flatten().any(|one: &&Decision| one.row().is_some());
        let shown = moved.or_else(|| names.iter().copied().find(decided)).or(names.first().copied());
        let [before, after] = shown.map(both).unwrap_or_default();
        if moved.is_some() {
            let name = |side: usize, one: Option<&Decision>| {
                rule(sides[side], one).map_or_else(|| "no rule".to_owned(), |(name, _)| name)
            };
            *pairs.entry(format!("{} → {}", name(0, before), name(1, after))).or_default() += 1;
        }
        if written {
            lines.push_str(&data::json_line(&ReplayLine {
                request: RequestLine::from(request),
                before: SideData::of(sides[0], before),
                after: SideData::of(sides[1], after),
                changed: moved.is_some(),
            }));
        }
    }
    replay.pairs = pairs.into_iter().collect();
    replay.pairs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (replay, lines)
}

fn differ([before, after]: [Option<&Decision>; 2]) -> bool {
    let (old, new) = (before.and_then(observed), after.and_then(observed));
    let policies = |one: Option<&Decision>| one.map(|one| acting(&one.policies)).unwrap_or_default();
    old != new || (old.is_some() && policies(before) != policies(after))
}

/// Keeps what was analysed until the process ends: freeing it takes longer than looking through it.
pub(super) fn kept(analysis: &Arc<Analysis>) {
    std::mem::forget(Arc::clone(analysis));
}
