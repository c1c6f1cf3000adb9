//! A cluster as the explorer knows it while it follows it: how reading goes, in the words of the header, of an empty
//! tree and of the window that tells all of it. What the cluster holds is the [`PaneContent`](super::context_pane::PaneContent).

use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use routescope_cluster::kinds::KINDS;
use routescope_cluster::live::access_denied;
use routescope_cluster::{KindState, Phase, Status};
use routescope_core::model::Name;
use routescope_manifest::SourceError;
use routescope_render::phrases::count;
use routescope_render::style::{Line, Role};

/// How a cluster is followed.
#[derive(Debug, Default)]
pub struct Live {
    /// Which following counts: what an earlier one still brings is of no interest.
    pub epoch: u64,
    /// The context that was asked for; `None` is the current one of the kubeconfig.
    pub context: Option<String>,
    /// How reading goes; `None` until something is known.
    pub status: Option<Arc<Status>>,
    /// Why the cluster cannot be followed at all.
    pub failure: Option<SourceError>,
    /// A world was complete once: from then on another answer is news, before it was only not known yet.
    pub settled: bool,
    /// Whether what comes is shown.
    pub show: Show,
    /// What an earlier following showed stays until this one knows as much.
    pub keeps: bool,
}

/// Whether what a cluster brings is shown.
#[derive(Debug, Default)]
pub enum Show {
    /// As it comes.
    #[default]
    AsItComes,
    /// Not until the person says so. The newest world waits, with all the changes up to it.
    Paused(Option<Box<routescope_cluster::live::LoadedCluster>>),
}

impl Live {
    /// A cluster that is about to be followed.
    pub fn of(context: Option<String>) -> Self {
        Self { context, ..Self::default() }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        match (&self.status, &self.context) {
            (Some(status), _) if !status.context.is_empty() => status.context.clone(),
            (_, Some(context)) => context.clone(),
            _ => "cluster".to_owned(),
        }
    }

    /// How reading goes, for the header: from the longest way of saying it to the shortest.
    pub fn badges(&self, zone: &TimeZone) -> Vec<Line> {
        if let (Show::Paused(waits), None) = (&self.show, &self.failure) {
            let changes = waits.as_ref().map_or(0, |world| world.changes.len());
            let mut badges = vec![Line::of(Role::Warning, "‖ paused"), Line::of(Role::Warning, "‖")];
            if waits.is_some() {
                // While the first lists come in nothing counts as a change yet.
                let waits = match changes {
                    0 => "more waits".to_owned(),
                    1 => "1 change waits".to_owned(),
                    several => format!("{several} changes wait"),
                };
                let text = format!("‖ paused · {waits}");
                badges.insert(0, Line::of(Role::Warning, text));
            }
            if let Some(Phase::Stale { since, .. }) = self.status.as_ref().map(|status| &status.phase) {
                badges.insert(
                    0,
                    badges[0].clone().with(Role::Warning, format!(" · ◌ stale since {}", clock(*since, zone))),
                );
            }
            return badges;
        }
        if self.failure.is_some() {
            return vec![Line::of(Role::Error, "✗ not connected"), Line::of(Role::Error, "✗")];
        }
        let Some(status) = &self.status else { return vec![Line::of(Role::Hint, "… connecting")] };
        match &status.phase {
            Phase::Connecting => match &status.trouble {
                None => vec![Line::of(Role::Hint, "… connecting")],
                Some(reason) => {
                    let short = Line::of(Role::Warning, "◌ not read");
                    vec![short.clone().with(Role::Text, format!(": {reason}")), short]
                }
            },
            Phase::Syncing => {
                let (synced, all) = status.progress();
                let short = Line::of(Role::Hint, format!("… {synced} of {all}"));
                vec![Line::of(Role::Hint, format!("… synced {synced} of {all} kinds")), short]
            }
            Phase::Live => vec![Line::of(Role::Ok, "● live")],
            Phase::Stale { since, reason } => {
                let short = Line::of(Role::Warning, format!("◌ stale since {}", clock(*since, zone)));
                let long = short.clone().with(Role::Text, format!(": {reason}"));
                vec![long, short, Line::of(Role::Warning, "◌ stale")]
            }
        }
    }

    /// Why what is shown may be old, in a few words; nothing while it is known to be new.
    pub fn trouble(&self, zone: &TimeZone) -> Option<Line> {
        let is_new = self.failure.is_none()
            && matches!(self.show, Show::AsItComes)
            && matches!(self.status.as_ref().map(|status| &status.phase), Some(Phase::Live));
        let badges = if is_new { Vec::new() } else { self.badges(zone) };
        badges.into_iter().min_by_key(|badge| badge.width().abs_diff(12))
    }

    /// What cannot be read, in a few words.
    pub fn unread(&self) -> Option<String> {
        self.status.as_ref().and_then(|status| unread(status))
    }

    /// What an empty tree says.
    pub fn empty(&self, keys: &Keymap) -> Vec<Line> {
        let quit = keys.how(Action::Quit);
        if let Some(failure) = &self.failure {
            let mut lines = vec![Line::of(Role::Error, "✗ ").with(Role::Text, failure.message.clone())];
            lines.extend(failure.hint.as_ref().map(|hint| Line::of(Role::Hint, format!("  {hint}"))));
            lines.push(Line::new());
            lines.push(Line::of(
                Role::Hint,
                format!("{} tries again · :ctx goes to another context · {quit} leaves", keys.how(Action::ReloadNow)),
            ));
            return lines;
        }
        let Some(status) = &self.status else {
            let what = self.context.as_deref().unwrap_or("the current context");
            return vec![Line::of(Role::Hint, format!("connecting to {what} …"))];
        };
        let server = if status.server.is_empty() { String::new() } else { format!(" ({})", status.server) };
        let name = if status.context.is_empty() { "the cluster" } else { &status.context };
        match &status.phase {
            Phase::Connecting => match &status.trouble {
                None => vec![Line::of(Role::Hint, format!("connecting to {name}{server} …"))],
                Some(reason) => not_read(&format!("{name}{server}"), reason, &quit),
            },
            Phase::Syncing => {
                let (synced, all) = status.progress();
                vec![Line::of(Role::Hint, format!("reading {name}{server}: {synced} of {all} kinds …"))]
            }
            Phase::Stale { reason, .. } => not_read(&format!("{name}{server}"), reason, &quit),
            Phase::Live => {
                // What cannot be read is not said to be missing.
                if let Some(SourceError { message, hint }) = access_denied(status) {
                    let mut lines = vec![Line::of(Role::Error, "✗ ").with(Role::Text, message)];
                    lines.extend(hint.map(|hint| Line::of(Role::Hint, format!("  {hint}"))));
                    lines.push(Line::new());
                    lines.push(Line::of(
                        Role::Hint,
                        format!(
                            "{} tells what is known · :ctx goes to another context · {quit} leaves",
                            keys.how(Action::Connection)
                        ),
                    ));
                    return lines;
                }
                let mut lines = vec![Line::of(Role::Text, format!("no Gateway and no route is in {name}"))];
                match unread(status) {
                    Some(unread) => lines.push(Line::of(
                        Role::Warning,
                        format!("⚠ {unread}: {} tells which", keys.how(Action::Connection)),
                    )),
                    None => lines.push(Line::of(Role::Hint, "the tree fills when there is one")),
                }
                lines
            }
        }
    }

    /// All of it: the connection, each kind, what cannot be read.
    pub fn report(&self, zone: &TimeZone) -> Vec<Line> {
        let mut lines = Vec::new();
        let fact = |name: &str, value: String| Line::of(Role::Dim, format!("{name:<12}")).with(Role::Text, value);
        lines.push(fact("context", self.title()));
        if let Some(failure) = &self.failure {
            lines.push(Line::of(Role::Error, "✗ ").with(Role::Text, failure.message.clone()));
            lines.extend(failure.hint.as_ref().map(|hint| Line::of(Role::Hint, hint.clone())));
        }
        let Some(status) = &self.status else { return lines };
        lines.push(fact("server", status.server.clone()));
        if let Some(badge) = self.badges(zone).into_iter().next() {
            lines.push(Line::of(Role::Dim, format!("{:<12}", "state")).with_line(badge));
        }
        lines.push(Line::new());
        for (index, (kind, state)) in KINDS.iter().zip(&status.kinds).enumerate() {
            let refused = status.unreadable.iter().filter(|one| one.kind == index);
            let mut line = match state {
                KindState::Waiting => Line::of(Role::Hint, "… ").with(Role::Text, "waiting for the first list"),
                KindState::Synced => Line::of(Role::Ok, "✓ ").with(Role::Text, "complete"),
                KindState::SyncedIn(namespaces) => Line::of(Role::Warning, "⚠ ")
                    .with(Role::Text, "only in ")
                    .with(Role::Namespace, namespaces.join(", ")),
                KindState::Absent => Line::of(Role::Dim, "· ").with(Role::Dim, "not installed"),
                KindState::Forbidden => Line::of(Role::Warning, "⚠ ").with(Role::Text, "cannot be read"),
            };
            let places: Vec<&str> = refused.filter_map(|one| one.namespace.as_deref()).collect();
            if !places.is_empty() {
                line.push(Role::Dim, format!("; not in {}", places.join(", ")));
            }
            let name = if kind.plural.starts_with('x') { kind.kind } else { kind.shown };
            lines.push(Line::of(Role::Text, format!("{name:<18}")).with_line(line));
        }
        lines
    }
}

/// What a tree says that is empty since nothing could be read yet.
fn not_read(name: &str, reason: &str, quit: &str) -> Vec<Line> {
    vec![
        Line::of(Role::Warning, "◌ ").with(Role::Text, format!("{name} cannot be read: {reason}")),
        Line::of(Role::Hint, format!("  it is tried again and again · :ctx goes to another context · {quit} leaves")),
    ]
}

/// What cannot be read, in a few words: the namespaces whose routes are not seen, else the kinds.
fn unread(status: &Status) -> Option<String> {
    let routes = status.unreadable.iter().filter(|one| KINDS[one.kind].shown == "HTTPRoute");
    let namespaces: BTreeSet<&Name> = routes.filter_map(|one| one.namespace.as_ref()).collect();
    if !namespaces.is_empty() {
        return Some(format!("{} not readable", count(namespaces.len(), "namespace")));
    }
    let forbidden = status.kinds.iter().filter(|state| **state == KindState::Forbidden).count();
    if forbidden > 0 {
        return Some(format!("{} not readable", count(forbidden, "kind")));
    }
    let parts = status.kinds.iter().filter_map(|state| match state {
        KindState::SyncedIn(namespaces) => Some(namespaces),
        _ => None,
    });
    let seen: BTreeSet<&Name> = parts.flatten().collect();
    match seen.len() {
        0 => None,
        1 => seen.first().map(|only| format!("only namespace {only} is readable")),
        several => Some(format!("only {several} namespaces are readable")),
    }
}

/// The time of day, to the minute.
pub fn clock(at: SystemTime, zone: &TimeZone) -> String {
    formatted(at, zone, "%H:%M")
}

/// The time of day, to the second.
pub fn clock_seconds(at: SystemTime, zone: &TimeZone) -> String {
    formatted(at, zone, "%H:%M:%S")
}

fn formatted(at: SystemTime, zone: &TimeZone, format: &str) -> String {
    let instant = jiff::Timestamp::try_from(at).unwrap_or_default();
    instant.to_zoned(zone.clone()).strftime(format).to_string()
}
