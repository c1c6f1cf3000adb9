//! `--watch` on files: answers, and again whenever the answer changes. What cannot be read for now counts as it was.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::unbounded_channel;

use routescope_cluster::live::{self, Changed};
use routescope_core::analysis::Analysis;
use routescope_manifest::files::Input;

use super::answer::{self, Question, Unwritten};
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
    worlds: Worlds,
    told: String,
    changes: Vec<(String, Changed)>,
    watch: Vec<PathBuf>,
    again: Option<Duration>,
}

/// One world, or one for each root.
enum Worlds {
    One(Box<LoadedSource>),
    Roots(Roots),
}

impl Worlds {
    fn write(&self, question: &impl Question, context: &Context, out: &mut dyn Write) -> Result<(), Unwritten> {
        match self {
            Self::One(world) => answer::write_one(question, world, context, out)?,
            Self::Roots(roots) => roots.write(question, context, out)?,
        };
        Ok(())
    }
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
            Ok(Read { worlds, told, changes, watch: paths, again }) => {
                watch.set(&paths);
                if let Some(after) = again {
                    watch.again(after);
                }
                if told != last_told {
                    terminal::write_err(&told);
                    last_told = told;
                }
                let now = answer::number(|out| worlds.write(question, context, out))?;
                if last != Some(now) {
                    let divider = answer::divider(question.shape(), last.is_some(), &changes, several);
                    let reader = answer::tell(question.shape(), |out| {
                        out.write_all(divider.as_bytes())?;
                        worlds.write(question, context, out)
                    })?;
                    if reader == Reader::Gone {
                        return Ok(Verdict::Yes);
                    }
                }
                last = Some(now);
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

impl Files {
    fn read(&mut self, question: &impl Question, context: &Context) -> Result<Read, Failure> {
        if context.source.roots {
            let roots = Roots::read(context, &mut self.memories)?;
            let worlds: Vec<(&str, &LoadedSource)> =
                roots.worlds.iter().filter_map(|(name, world)| Some((name.as_str(), world.as_ref().ok()?))).collect();
            let (changes, mut watch, again) = self.taken(&worlds);
            watch.extend(context.source.filename.iter().cloned());
            let told = roots.told.clone();
            return Ok(Read { worlds: Worlds::Roots(roots), told, changes, watch, again });
        }
        let reading = context.reading()?;
        let mut world = load::read_again(&reading, &context.settings.settings(), &mut self.memory)?;
        load::namespaces_are_there(std::iter::once(&world), &context.scope())?;
        let told = load::beside(&world, context, question.tells_findings());
        if let Some(nothing) = world.nothing.take_if(|_| !question.tells_findings()) {
            terminal::write_err(&told);
            return Err(nothing.into());
        }
        let incomplete = question.needs_every_file().then(|| answer::incomplete(&world)).flatten();
        let (changes, watch, again) = self.taken(&[("", &world)]);
        let told = told + &incomplete.unwrap_or_default();
        Ok(Read { worlds: Worlds::One(Box::new(world)), told, changes, watch, again })
    }

    /// Remembers what was read. What changed since the time before, what is to be watched, and when it is to be read again.
    fn taken(&mut self, worlds: &[(&str, &LoadedSource)]) -> (Vec<(String, Changed)>, Vec<PathBuf>, Option<Duration>) {
        let mut changes = Vec::new();
        for (name, world) in worlds {
            let before = self.before.iter().find(|(known, _)| known == name);
            let since = before.map(|(_, before)| live::diff_snapshots(before, &world.analysis, SystemTime::now()));
            changes.extend(since.into_iter().flatten().map(|one| ((*name).to_owned(), one)));
        }
        self.before = worlds.iter().map(|(name, world)| ((*name).to_owned(), Arc::clone(&world.analysis))).collect();
        let watch = worlds.iter().flat_map(|(_, world)| world.watch.iter().cloned()).collect();
        (changes, watch, worlds.iter().filter_map(|(_, world)| world.again).min())
    }
}
