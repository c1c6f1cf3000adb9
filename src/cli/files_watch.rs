//! `--watch` on files: answers, and again whenever the answer changes. What cannot be read for now counts as it was.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::unbounded_channel;

use routescope_cluster::live::{self, Changed};
use routescope_core::analysis::Analysis;
use routescope_manifest::files::Input;

use super::answer::{self, OutputForm, Question};
use super::failure::Failure;
use super::load::{self, LoadedSource, Memory};
use super::roots::{Memories, Roots};
use super::terminal::Reader;
use super::{Context, Verdict, terminal};
use crate::watch::Watch;

/// What is read again and again.
#[derive(Default)]
struct Files {
    memory: Memory,
    memories: Memories,
    /// The worlds before, by name: what changed is told by them.
    before: Vec<(String, Arc<Analysis>)>,
}

/// What was read, and what is to be said of it.
struct Read {
    text: String,
    told: String,
    changes: Vec<(String, Changed)>,
    watch: Vec<PathBuf>,
    again: Option<Duration>,
}

/// Answers until nobody reads any more.
pub fn run(question: &impl Question, context: &Context) -> Result<Verdict, Failure> {
    if context.source.inputs().iter().all(|input| matches!(input, Input::Stdin | Input::Demo)) {
        let hint = "name files or folders with -f, or a folder with -k";
        return Err(Failure::new("--watch needs files: what is read cannot change", hint));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure { message: format!("cannot start: {error}"), hint: None })?;
    runtime.block_on(answers(question, context))
}

async fn answers(question: &impl Question, context: &Context) -> Result<Verdict, Failure> {
    let (sender, mut changed) = unbounded_channel();
    let mut watch = Watch::new(move || {
        let _ = sender.send(());
    });
    let several = context.source.roots;
    let mut files = Files::default();
    let (mut last, mut last_told) = (None, String::new());
    loop {
        match files.read(question, context) {
            Ok(Read { text, told, changes, watch: paths, again }) => {
                watch.set(&paths);
                if let Some(after) = again {
                    watch.again(after);
                }
                if told != last_told {
                    terminal::write_err(&told);
                    last_told = told;
                }
                if last.as_ref() != Some(&text)
                    && print(question, last.is_some(), &text, &changes, several)? == Reader::Gone
                {
                    return Ok(Verdict::Yes);
                }
                last = Some(text);
            }
            Err(failure) if last.is_none() => return Err(failure),
            Err(failure) => {
                let told = failure.lines();
                if told != last_told {
                    terminal::write_err(&told);
                    last_told = told;
                }
            }
        }
        tokio::select! {
            change = changed.recv() => if change.is_none() {
                return Err(Failure { message: "the system cannot watch files".to_owned(), hint: None });
            },
            _ = tokio::signal::ctrl_c() => return Ok(Verdict::Interrupted),
        }
    }
}

/// Prints an answer, behind a line that divides it from the one before.
fn print(
    question: &impl Question,
    is_later: bool,
    text: &str,
    changes: &[(String, Changed)],
    several: bool,
) -> Result<Reader, Failure> {
    let divided = match (is_later, question.shape()) {
        (true, OutputForm::Text | OutputForm::Drawing) => answer::divider(changes, several) + text,
        (true, OutputForm::Yaml) => format!("---\n{text}"),
        _ => text.to_owned(),
    };
    answer::print(question.shape().content(), &divided)
}

impl Files {
    fn read(&mut self, question: &impl Question, context: &Context) -> Result<Read, Failure> {
        if context.source.roots {
            let roots = Roots::read(context, &mut self.memories)?;
            let (text, _) = roots.answer(question, context)?;
            let worlds: Vec<(&str, &LoadedSource)> =
                roots.worlds.iter().filter_map(|(name, world)| Some((name.as_str(), world.as_ref().ok()?))).collect();
            let mut read = self.taken(&worlds, text, roots.told);
            read.watch.extend(context.source.filename.iter().cloned());
            return Ok(read);
        }
        let reading = context.reading()?;
        let mut world = load::read_again(&reading, &context.settings.settings(), &mut self.memory)?;
        load::namespaces_are_there(std::iter::once(&world), &context.scope())?;
        let told = load::beside(&world, context, question.tells_findings());
        if let Some(nothing) = world.nothing.take_if(|_| !question.tells_findings()) {
            terminal::write_err(&told);
            return Err(nothing.into());
        }
        let (text, _) = question.answer(&world, context, question.shape())?;
        let incomplete = question.needs_every_file().then(|| answer::incomplete(&world)).flatten();
        Ok(self.taken(&[("", &world)], text, told + &incomplete.unwrap_or_default()))
    }

    /// Remembers what was read, and finds what changed since the time before.
    fn taken(&mut self, worlds: &[(&str, &LoadedSource)], text: String, told: String) -> Read {
        let mut changes = Vec::new();
        for (name, world) in worlds {
            let before = self.before.iter().find(|(known, _)| known == name);
            let since = before.map(|(_, before)| live::diff_snapshots(before, &world.analysis, SystemTime::now()));
            changes.extend(since.into_iter().flatten().map(|one| ((*name).to_owned(), one)));
        }
        self.before = worlds.iter().map(|(name, world)| ((*name).to_owned(), Arc::clone(&world.analysis))).collect();
        Read {
            text,
            told,
            changes,
            watch: worlds.iter().flat_map(|(_, world)| world.watch.iter().cloned()).collect(),
            again: worlds.iter().filter_map(|(_, world)| world.again).min(),
        }
    }
}
