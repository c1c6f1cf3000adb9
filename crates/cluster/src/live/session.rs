//! The task behind [`follow`](super::follow): takes the news in, analyses, and hands over.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::time::{Instant, sleep_until};

use super::changes::referrers;
use super::cluster_state::{ClusterState, State};
use super::crds::Crds;
use super::overlay::{self, Overlay};
use super::{Control, LoadedCluster, Options, Update, Worlds, referenced_namespaces};
use crate::kinds::KINDS;
use crate::{Cluster, Connection, Follow, KindState, Status, Timeouts, WatchEvent};
use routescope_core::analysis::Analysis;
use routescope_core::finding::{Advice, Code, Finding, Severity};
use routescope_core::model::Name;
use routescope_core::resolve::Settings;
use routescope_manifest::files::{self, Input};
use routescope_manifest::{Channels, ChosenChannel, LastGood, Loaded, SourceError, Variables};

/// For how long news are gathered after a quiet time: one change is often two events.
const FIRST: Duration = Duration::from_millis(10);

/// For how long news are gathered while more and more come in.
const BURST: Duration = Duration::from_millis(45);

/// After so long without a new world the next news are the first.
const QUIET: Duration = Duration::from_millis(250);

/// The longest that news wait, however long an analysis takes.
const LONGEST: Duration = Duration::from_millis(500);

/// How long a namespace that was asked for later may keep an answer waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows until nobody listens.
pub(super) async fn run(options: Options, updates: Sender<Update>, mut controls: UnboundedReceiver<Control>) {
    let Options { connection, settings, overlay, recursive, variables, channel, worlds } = options;
    let mut files = Files {
        inputs: overlay,
        recursive,
        variables,
        channels: Channels { asked: channel, cluster: None },
        last_good: Some(LastGood::default()),
        begun: Instant::now(),
    };
    // Files that cannot be read are told before anyone waits for a cluster.
    let loaded = match files.load().await {
        Ok(loaded) => loaded,
        Err(error) => return drop(updates.send(Update::Failed(error)).await),
    };
    let cluster = tokio::select! {
        cluster = Cluster::connect(&connection) => cluster,
        () = updates.closed() => return,
    };
    let cluster = match cluster {
        Ok(cluster) => cluster,
        Err(error) => return drop(updates.send(Update::Failed(error)).await),
    };
    let follow = crate::follow_at(&cluster, &connection.namespaces, pace(&connection));
    let status = Status::connecting(cluster.context.clone(), cluster.server.clone());
    let mut asked: BTreeSet<Name> = connection.namespaces.iter().cloned().collect();
    asked.insert(cluster.namespace.clone());
    let mut session = Session {
        known: ClusterState::new(status),
        follow,
        files,
        watch: Vec::new(),
        again: None,
        home: cluster.namespace.clone(),
        crds: Crds::ask(&cluster, channel, pace(&connection).answer),
        read_as: None,
        settings,
        worlds,
        asked,
        asked_at: Instant::now(),
        analysis: None,
        last: None,
        cost: Duration::ZERO,
    };
    if let Some(loaded) = loaded {
        session.lay(loaded, None);
    }
    session.turn(&updates, &mut controls).await;
}

/// The files laid over the cluster.
struct Files {
    inputs: Vec<Input>,
    recursive: bool,
    variables: Variables,
    channels: Channels,
    /// What counts of what cannot be read for now; away while they are being read.
    last_good: Option<LastGood>,
    begun: Instant,
}

impl Files {
    /// Reads them, off this task. `None` when there are none.
    async fn load(&mut self) -> Result<Option<Loaded>, SourceError> {
        let Self { inputs, recursive, variables, channels, last_good, begun } = self;
        if inputs.is_empty() {
            return Ok(None);
        }
        let (inputs, recursive, variables, at) = (inputs.clone(), *recursive, variables.clone(), begun.elapsed());
        let channels = *channels;
        let mut before = last_good.take().unwrap_or_default();
        let loaded = tokio::task::spawn_blocking(move || {
            let loaded = files::load_again(&inputs, recursive, &variables, channels, &mut before, at);
            (loaded, before)
        });
        let (loaded, before) =
            loaded.await.map_err(|error| SourceError { message: format!("reading failed: {error}"), hint: None })?;
        self.last_good = Some(before);
        loaded.map(Some)
    }
}

struct Session {
    known: ClusterState,
    follow: Follow,
    files: Files,
    watch: Vec<PathBuf>,
    again: Option<Duration>,
    /// The context's namespace.
    home: Name,
    /// Which channel the cluster's CRDs are of.
    crds: Crds,
    /// The channel that the files were read with.
    read_as: Option<ChosenChannel>,
    settings: Settings,
    worlds: Worlds,
    /// Namespaces that were asked for one by one.
    asked: BTreeSet<Name>,
    asked_at: Instant,
    /// The last world: whom a change concerns is told by it and the next.
    analysis: Option<Arc<Analysis>>,
    /// When it was ready.
    last: Option<Instant>,
    /// How long its analysis took.
    cost: Duration,
}

impl Session {
    async fn turn(&mut self, updates: &Sender<Update>, controls: &mut UnboundedReceiver<Control>) {
        let (mut different, mut told) = (true, true);
        let (mut due, mut ended): (Option<Instant>, bool) = (None, false);
        loop {
            let permit = loop {
                // Until all is known, only how reading goes is worth telling to someone who wants an answer.
                let worth = told || (different && (self.worlds == Worlds::AsTheyCome || self.is_settled()));
                if worth && due.is_none() {
                    due = Some(Instant::now() + self.gather());
                }
                let is_due = due.is_some_and(|due| due <= Instant::now());
                let wake = due.filter(|_| !is_due).or_else(|| self.patience(different));
                let wait = async {
                    match wake {
                        Some(wake) => sleep_until(wake).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    news = self.follow.news.recv(), if !ended => match news {
                        // Nothing may be watched: what is known stays what it is.
                        None => ended = true,
                        Some(news) => {
                            told |= matches!(news, WatchEvent::Status(_));
                            different |= self.known.take(news, SystemTime::now());
                        }
                    },
                    () = self.crds.told() => {
                        told = true;
                        different |= self.files_of(self.crds.channel()).await;
                    }
                    control = controls.recv() => match control {
                        None => return,
                        Some(Control::Namespace(namespace)) => self.ask([namespace]),
                        Some(Control::Reread) => different |= self.reread().await,
                    },
                    // Nobody sees a second world before the first is taken: it is not analysed before.
                    permit = updates.reserve(), if is_due => match permit {
                        Ok(permit) => break permit,
                        Err(_) => return,
                    },
                    () = wait => {}
                    () = updates.closed() => return,
                }
            };
            due = None;
            told = false;
            let settled = self.is_settled();
            if !different || (self.worlds == Worlds::Settled && !settled) {
                permit.send(Update::Status(Arc::clone(self.known.status())));
                continue;
            }
            let begun = Instant::now();
            let State { snapshot, findings, mut changes } = self.known.state();
            if self.may_ask() {
                let wildcard = &self.settings.wildcard_namespace;
                let new: Vec<Name> = referenced_namespaces::of(&snapshot, wildcard)
                    .into_iter()
                    .filter(|name| !self.asked.contains(name))
                    .collect();
                let more = !new.is_empty();
                self.ask(new);
                if more && self.worlds == Worlds::Settled {
                    // An answer waits for them: what they hold may change it.
                    self.known.restore_pending(changes);
                    permit.send(Update::Status(Arc::clone(self.known.status())));
                    continue;
                }
            }
            let (reading, settings) = (findings.len(), self.settings.clone());
            let before = self.analysis.take();
            let analysed = tokio::task::spawn_blocking(move || {
                let analysis = Arc::new(Analysis::of(Arc::new(snapshot), settings, findings));
                if let Some(before) = before {
                    referrers::tell(&before, &analysis, &mut changes);
                }
                (analysis, changes)
            });
            let Ok((analysis, changes)) = analysed.await else { return };
            self.analysis = Some(Arc::clone(&analysis));
            different = false;
            self.cost = begun.elapsed();
            self.last = Some(Instant::now());
            permit.send(Update::Loaded(Box::new(LoadedCluster {
                analysis,
                reading,
                status: Arc::clone(self.known.status()),
                changes,
                settled,
                watch: self.watch.clone(),
                again: self.again.take(),
                channel: self.read_as.or(self.crds.known()),
            })));
        }
    }

    /// For how long to gather from now on: hardly at all after a quiet time, at least as long as an analysis takes while
    /// there is more and more to analyse.
    fn gather(&self) -> Duration {
        match self.last {
            Some(last) if last.elapsed() < QUIET + self.cost => BURST.max(self.cost).min(LONGEST),
            _ => FIRST,
        }
    }

    /// Whether there is anything that may be readable only namespace by namespace.
    fn may_ask(&self) -> bool {
        let status = self.known.status();
        KINDS.iter().zip(&status.kinds).any(|(kind, state)| kind.namespaced && is_partial(state))
    }

    fn ask(&mut self, namespaces: impl IntoIterator<Item = Name>) {
        for namespace in namespaces {
            if self.asked.insert(namespace.clone()) {
                self.asked_at = Instant::now();
                let _ = self.follow.ask.send(namespace);
            }
        }
    }

    /// Whether everything that was asked for is either known or known to be out of reach.
    fn is_settled(&self) -> bool {
        let status = self.known.status();
        status.is_settled() && self.crds.are_told() && (self.asked_at.elapsed() >= PATIENCE || self.has_answers(status))
    }

    fn has_answers(&self, status: &Status) -> bool {
        let mut partial = KINDS.iter().enumerate().zip(&status.kinds);
        partial.all(|((kind, about), state)| {
            let answered = |namespace: &Name| {
                let read = matches!(state, KindState::SyncedIn(read) if read.contains(namespace));
                let refused = |one: &crate::Unreadable| one.kind == kind && one.namespace.as_ref() == Some(namespace);
                read || status.unreadable.iter().any(refused)
            };
            !about.namespaced || !is_partial(state) || self.asked.iter().all(answered)
        })
    }

    /// When to stop waiting for namespaces that were asked for later.
    fn patience(&self, different: bool) -> Option<Instant> {
        let waits = different && self.worlds == Worlds::Settled && self.known.status().is_settled();
        (waits && !self.is_settled()).then(|| self.asked_at + PATIENCE)
    }

    /// Reads the files with the cluster's CRDs, now that it is known which they are.
    async fn files_of(&mut self, cluster: Option<ChosenChannel>) -> bool {
        self.files.channels.cluster = cluster;
        match self.files.load().await {
            Ok(Some(loaded)) => {
                self.lay(loaded, None);
                true
            }
            // They were readable a moment ago: the next reading reports what is lost.
            Ok(None) | Err(_) => false,
        }
    }

    async fn reread(&mut self) -> bool {
        match self.files.load().await {
            Ok(None) => false,
            Ok(Some(loaded)) => {
                self.lay(loaded, Some(SystemTime::now()));
                true
            }
            Err(SourceError { message, hint }) => {
                let message = format!("what is laid over the cluster is as it was before: {message}");
                self.known.complain(Finding {
                    code: Code::Unreadable,
                    severity: Severity::Error,
                    place: None,
                    subject: None,
                    problem: message.into(),
                    advice: hint.map(Advice::Text),
                    fix: Vec::new(),
                });
                true
            }
        }
    }

    fn lay(&mut self, loaded: Loaded, now: Option<SystemTime>) {
        let Loaded { objects, mut findings, watch, stale, channel, .. } = loaded;
        self.read_as = Some(channel);
        findings.extend(self.crds.assumption(channel.channel, &findings));
        self.watch = watch;
        self.again = stale.again;
        let overlay: Overlay = overlay::overlay(objects, &self.home);
        self.known.lay(overlay, (findings, stale.reasons), now);
    }
}

fn is_partial(state: &KindState) -> bool {
    matches!(state, KindState::SyncedIn(_) | KindState::Forbidden)
}

/// `--request-timeout` is for lists, too; zero means that there is no limit.
fn pace(connection: &Connection) -> Timeouts {
    const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);
    let mut pace = Timeouts::default();
    if let Some(limit) = connection.request_timeout {
        pace.answer = if limit.is_zero() { FOR_EVER } else { limit };
    }
    pace
}
