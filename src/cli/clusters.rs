//! Commands on clusters: waits until all that may be read is known, answers, and goes on answering with `--watch`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use routescope_cluster::kinds::KINDS;
use routescope_cluster::live::{self, Changed, Update, Worlds};
use routescope_cluster::{KindState, Phase, Status};
use routescope_core::store::{Mark, OverlayEntries};
use routescope_core::visible::visible;

use super::answer::{self, Question};
use super::beside::{self, Answered, Beside};
use super::deadlines::Deadlines;
use super::failure::Failure;
use super::load::{self, LoadedSource};
use super::terminal::Reader;
use super::{Context, Verdict, terminal};
use crate::watch::Watch;

/// After so long it is said what is waited for.
const SILENCE: Duration = Duration::from_secs(2);

/// One context, and what is known of it.
struct Followed {
    name: String,
    /// Following ends when it is dropped.
    control: tokio::sync::mpsc::UnboundedSender<live::Control>,
    status: Option<Status>,
    outcome: Option<Result<LoadedSource, Failure>>,
    /// What was told on standard error of what cannot be read.
    told: Vec<String>,
}

/// Answers for every context.
pub fn run(question: &impl Question, context: &Context, watch: bool) -> Result<Verdict, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure { message: format!("cannot start: {error}"), hint: None })?;
    let verdict = runtime.block_on(answers(question, context, watch));
    // The watches need not be waited for.
    runtime.shutdown_background();
    verdict
}

/// What is followed, and what it brings, each with the place of its context.
type Following = (Vec<Followed>, UnboundedReceiver<(usize, Update)>);

/// Starts to follow every context: what they bring comes with the place of the context.
fn follow(context: &Context) -> Result<Following, Failure> {
    let (sender, updates) = unbounded_channel();
    let mut all = Vec::new();
    for (at, connection) in context.cluster.connections().into_iter().enumerate() {
        let name = connection.context.clone().unwrap_or_default();
        let live::Following { updates: mut each, control } =
            live::follow(context.following(connection, Worlds::Settled)?);
        let sender = sender.clone();
        tokio::spawn(async move {
            while let Some(update) = each.recv().await {
                if sender.send((at, update)).is_err() {
                    return;
                }
            }
        });
        all.push(Followed { name, control, status: None, outcome: None, told: Vec::new() });
    }
    Ok((all, updates))
}

/// Watches the files that are laid over the clusters: a change there has them read again.
fn watch_files(all: &[Followed]) -> Watch {
    let controls: Vec<_> = all.iter().map(|one| one.control.clone()).collect();
    Watch::new(move || {
        for control in &controls {
            // One that has ended needs nothing any more.
            let _ = control.send(live::Control::Reread);
        }
    })
}

async fn answers(question: &impl Question, context: &Context, watch: bool) -> Result<Verdict, Failure> {
    let (all, updates) = follow(context)?;
    answer_all(question, context, watch, Deadlines::of(context.cluster.request_timeout), (all, updates)).await
}

async fn answer_all(
    question: &impl Question,
    context: &Context,
    watch: bool,
    deadlines: Deadlines,
    (mut all, mut updates): Following,
) -> Result<Verdict, Failure> {
    let mut changes: Vec<(String, Changed)> = Vec::new();
    let mut last: Option<u64> = None;
    let mut silence = Some(Instant::now() + SILENCE);
    let begun = Instant::now();
    let mut files = watch.then(|| watch_files(&all));
    loop {
        if all.iter().all(|one| one.outcome.is_some()) {
            let verdict = match tell(question, context, &mut all, &mut changes, watch, &mut last) {
                Err(failure) if last.is_some() => Some(complain(&failure, &mut last)),
                verdict => verdict?,
            };
            match verdict {
                Some(verdict) if !watch => return Ok(verdict),
                // Nobody reads any more.
                None => return Ok(Verdict::Yes),
                Some(_) => silence = None,
            }
        }
        let waiting = all.iter().any(|one| one.outcome.is_none());
        let connects = all.iter().any(|one| one.outcome.is_none() && one.status.is_none());
        let deadline = if connects { deadlines.connection } else { deadlines.answer }.map(|limit| begun + limit);
        let wake = silence.into_iter().chain(deadline).min().filter(|_| waiting);
        let wait = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            update = updates.recv() => {
                let Some((at, update)) = update else {
                    return Err(Failure { message: "the connection to the cluster ended".to_owned(), hint: None });
                };
                hear(&mut all[at], update, &mut changes);
                if let (Some(files), Some(Ok(world))) = (&mut files, &mut all[at].outcome)
                    && !world.watch.is_empty()
                {
                    files.set(&world.watch);
                    if let Some(after) = world.again.take() {
                        files.again(after);
                    }
                }
            }
            () = wait => {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    give_up(&mut all);
                } else {
                    silence = None;
                    for one in all.iter().filter(|one| one.outcome.is_none()) {
                        terminal::write_err(&format!("{}\n", visible(&one.waits_for())));
                    }
                }
            }
            _ = tokio::signal::ctrl_c() => return Ok(Verdict::Interrupted),
        }
    }
}

fn hear(one: &mut Followed, update: Update, changes: &mut Vec<(String, Changed)>) {
    let status = match update {
        Update::Failed(error) => {
            one.outcome = Some(Err(error.into()));
            return;
        }
        Update::Status(status) => status,
        Update::Loaded(world) => {
            let live::LoadedCluster { analysis, reading, status, changes: more, settled: _, watch, again, channel } =
                *world;
            changes.extend(more.into_iter().map(|changed| (one.name.clone(), changed)));
            one.outcome = Some(Ok(LoadedSource {
                analysis,
                reading,
                watch,
                context: Some(status.context.clone()),
                repository: None,
                otherwise: BTreeSet::new(),
                nothing: None,
                again,
                named: Vec::new(),
                channel,
            }));
            status
        }
    };
    if one.name.is_empty() {
        one.name.clone_from(&status.context);
    }
    if let Some(error) = status.is_settled().then(|| live::access_denied(&status)).flatten() {
        one.outcome = Some(Err(error.into()));
    }
    one.status = Some(Status::clone(&status));
}

fn give_up(all: &mut [Followed]) {
    for one in all.iter_mut().filter(|one| one.outcome.is_none()) {
        let failure = Failure::new(
            one.waits_for(),
            "a longer --request-timeout waits longer; does `kubectl version` get an answer?",
        );
        one.outcome = Some(Err(failure));
    }
}

/// Prints the answer when it is another one than `last` (who asks once has none). `None` when nobody reads any more.
fn tell(
    question: &impl Question,
    context: &Context,
    all: &mut [Followed],
    changes: &mut Vec<(String, Changed)>,
    watch: bool,
    last: &mut Option<u64>,
) -> Result<Option<Verdict>, Failure> {
    let several = all.len() > 1;
    let worlds = all.iter().filter_map(|one| one.world().ok());
    load::namespaces_are_there(worlds, &context.scope())?;
    for one in all.iter_mut() {
        one.tell(question.tells_findings(), several, last.is_none());
    }
    let answered: Vec<Answered<'_>> = all.iter().map(|one| Answered { name: &one.name, world: one.world() }).collect();
    let mut verdict = Verdict::Yes;
    let mut write = |out: &mut dyn Write| {
        verdict = beside::write(question, context, (&answered, Beside::Contexts), out)?;
        Ok(())
    };
    let now = if watch { Some(answer::number(&mut write)?) } else { None };
    if now.is_some() && *last == now {
        return Ok(Some(verdict));
    }
    let divider = answer::divider(question.shape(), last.is_some(), changes, several);
    changes.clear();
    let reader = answer::tell(question.shape(), |out| {
        out.write_all(divider.as_bytes())?;
        write(out)
    })?;
    *last = now;
    Ok((reader == Reader::There).then_some(verdict))
}

/// Says why there is no answer any more (the Gateway was deleted, the CRDs were), once: who watches waits for the next one.
fn complain(failure: &Failure, last: &mut Option<u64>) -> Verdict {
    let said = failure.lines();
    let number = answer::number(|out| Ok(out.write_all(said.as_bytes())?)).ok();
    if *last != number {
        terminal::write_err(&said);
        *last = number;
    }
    Verdict::Partly
}

impl Followed {
    fn world(&self) -> Result<&LoadedSource, &Failure> {
        match &self.outcome {
            Some(Ok(world)) => Ok(world),
            Some(Err(failure)) => Err(failure),
            // Asked only when everything has an outcome.
            None => unreachable!("a context without an outcome is waited for"),
        }
    }

    /// What is waited for, in a line.
    fn waits_for(&self) -> String {
        let Some(status) = &self.status else { return format!("waiting for context {}: connecting", self.title()) };
        let kinds: Vec<&str> = KINDS
            .iter()
            .zip(&status.kinds)
            .filter(|(_, state)| **state == KindState::Waiting)
            .map(|(kind, _)| kind.kind)
            .collect();
        let what = match kinds.len() {
            0 => "namespaces that its routes speak of".to_owned(),
            few if few <= 3 => format!("its {}", kinds.join(", ")),
            many => format!("{many} of its {} kinds", KINDS.len()),
        };
        let reason = match &status.phase {
            Phase::Stale { reason, .. } => format!(" ({reason})"),
            _ => String::new(),
        };
        format!("waiting for context {}: {what}{reason}", self.title())
    }

    fn title(&self) -> &str {
        if self.name.is_empty() { "(current)" } else { &self.name }
    }

    /// Says what could not be read, once, and what reading brought up.
    fn tell(&mut self, findings_are_told: bool, several: bool, first: bool) {
        let prefix = if several { format!("context {}: ", self.title()) } else { String::new() };
        let mut said = String::new();
        match &self.outcome {
            Some(Err(failure)) if several && first => said = failure.lines(),
            Some(Ok(world)) => {
                let lines: Vec<String> =
                    self.status.iter().flat_map(live::unreadable).map(|unread| unread.sentence()).collect();
                let new = lines.iter().filter(|line| !findings_are_told && !self.told.contains(line));
                for line in new {
                    let _ = writeln!(said, "warning: {}", visible(&format!("{prefix}{line}")));
                }
                self.told = lines;
                let snapshot = &world.analysis.snapshot;
                if first && !snapshot.overlaid.is_empty() {
                    let _ =
                        writeln!(said, "over context {}: {}", visible(self.title()), count_marks(&snapshot.overlaid));
                }
                if first && !findings_are_told {
                    said.push_str(&load::summary(&world.analysis.findings[..world.reading]));
                }
            }
            _ => {}
        }
        if !said.is_empty() {
            terminal::write_err(&said);
        }
    }
}

/// `2 new, 1 changed, 5 as they are`; and how many there are of which the cluster does not tell.
fn count_marks(overlaid: &OverlayEntries) -> String {
    let count = |wanted: Mark| overlaid.values().filter(|laid| laid.mark == wanted).count();
    let known = format!("{} new, {} changed, {} unchanged", count(Mark::New), count(Mark::Changed), count(Mark::Same));
    match count(Mark::Unseen) {
        0 => known,
        unseen => format!("{known}, {unseen} new or changed (not readable)"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::answer::{OutputForm, Take, Unwritten};
    use super::*;
    use crate::cli::Arguments;
    use clap::Parser;

    struct Nothing;

    impl Question for Nothing {
        fn shape(&self) -> OutputForm {
            OutputForm::Text
        }

        fn answer(&self, _: &LoadedSource, _: &Context, _: &mut Take<'_>) -> Result<Verdict, Unwritten> {
            Ok(Verdict::Yes)
        }
    }

    /// What is said of a cluster that tells something again and again, and never all of it.
    async fn says(deadlines: Deadlines, connected: bool) -> String {
        let Arguments { command: _, explore: _, source, cluster, settings, output } =
            Arguments::try_parse_from(["routescope", "tree"]).expect("a command line");
        let context = Context { source, cluster, settings, output };
        let (sender, updates) = unbounded_channel();
        let (control, _) = unbounded_channel();
        let all = vec![Followed { name: "busy".to_owned(), control, status: None, outcome: None, told: Vec::new() }];
        tokio::spawn(async move {
            let status = Arc::new(Status::connecting("busy".to_owned(), "https://busy".to_owned()));
            while !connected || sender.send((0, Update::Status(Arc::clone(&status)))).is_ok() {
                tokio::task::yield_now().await;
            }
        });
        let answer = answer_all(&Nothing, &context, false, deadlines, (all, updates)).await;
        answer.expect_err("it never settles").message
    }

    #[tokio::test]
    async fn a_cluster_that_never_tells_all_is_given_up() {
        let deadlines = Deadlines { answer: Some(Duration::from_millis(20)), connection: None };
        assert_eq!(says(deadlines, true).await, "waiting for context busy: 16 of its 16 kinds");
    }

    #[tokio::test]
    async fn a_connection_that_never_comes_is_given_up() {
        let deadlines = Deadlines { answer: None, connection: Some(Duration::from_millis(20)) };
        assert_eq!(says(deadlines, false).await, "waiting for context busy: connecting");
    }
}
