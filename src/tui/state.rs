//! Everything the explorer knows: a plain value that `update` changes and `view` reads.

use std::sync::Arc;
use std::time::SystemTime;

use ahash::AHashSet;
use jiff::tz::TimeZone;
use tui_input::Input;

use super::ask::Ask;
use super::command::CommandLine;
use super::filter::{Found, Texts};
use super::live::Live;
use super::log::Log;
use super::rows::{self, Folds, Row};
use super::view::detail;
use super::window::Window;
use crate::analysis::Analysis;
use crate::finding::Severity;
use crate::render::outline::{NodeRef, Outline};
use crate::render::scope::Scope;
use crate::router::{Considered, Verdict};
use crate::source::SourceError;
use crate::source::cluster::ContextEntry;
use crate::theme::{Role, Theme};

/// Which pane takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Focus {
    Ask,
    Tree,
    Detail,
    Why,
}

impl Focus {
    /// The order of `tab`.
    pub const ORDER: [Self; 4] = [Self::Ask, Self::Tree, Self::Detail, Self::Why];
}

/// What is explored: an analysis and what the explorer derives from it once.
#[derive(Debug, Clone)]
pub struct World {
    /// The analysis.
    pub analysis: Arc<Analysis>,
    /// Its tree.
    pub outline: Arc<Outline>,
    /// What the filter searches, gathered at the first search.
    pub texts: Arc<Texts>,
    /// How many findings of each severity there are: info, warnings, errors.
    pub findings: [usize; 3],
}

impl World {
    /// Whether there is neither a Gateway nor a route.
    pub fn is_empty(&self) -> bool {
        self.analysis.tree.gateways.is_empty() && self.analysis.snapshot.routes.is_empty()
    }

    /// What of an analysis touches a scope.
    pub fn within(analysis: Arc<Analysis>, scope: &Scope) -> Self {
        let outline = Arc::new(Outline::within(Arc::clone(&analysis), scope));
        let count = |severity| analysis.findings.iter().filter(|finding| finding.severity == severity).count();
        let findings = [count(Severity::Info), count(Severity::Warning), count(Severity::Error)];
        Self { analysis, outline, texts: Arc::default(), findings }
    }
}

/// The `/` filter.
#[derive(Debug, Default)]
pub struct Filter {
    /// What is typed.
    pub input: Input,
    /// Whether it is being typed.
    pub typing: bool,
    /// The number of the search that is waited for.
    pub number: u64,
    /// What the last search found.
    pub found: Option<Found>,
}

/// The tree pane.
#[derive(Debug, Default)]
pub struct TreePane {
    /// What the person unfolded.
    pub open: AHashSet<NodeRef>,
    /// What the person folded although the answer's path or the filter unfold it.
    pub closed: AHashSet<NodeRef>,
    /// The person has folded or unfolded something: until then a world that is still being read unfolds as a whole.
    pub touched: bool,
    /// What is unfolded, flattened.
    pub rows: Vec<Row>,
    /// The selected row.
    pub selected: usize,
    /// The first row in view.
    pub offset: usize,
    /// The filter, while there is one.
    pub filter: Option<Filter>,
}

/// A sentence in the footer, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether it is good or bad news.
    pub role: Role,
}

/// Everything the explorer knows.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct State {
    /// What is explored, for the header.
    pub title: String,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The world; `None` until the first load is through.
    pub world: Option<World>,
    /// A load is running.
    pub loading: bool,
    /// Something changed while a load was running: load again.
    pub load_again: bool,
    /// Why the last load failed; the view before it stays.
    pub failure: Option<SourceError>,
    /// How the cluster is followed, when it is one.
    pub live: Option<Live>,
    /// What changed while one looked.
    pub log: Log,
    /// When the message that is being taken in came.
    pub now: SystemTime,
    /// The time zone that times are shown in.
    pub zone: TimeZone,
    /// Which pane takes the keys.
    pub focus: Focus,
    /// The pane shown where there is room for one beside the tree.
    pub lower: Focus,
    /// The pane shown where there is room for one.
    pub single: Focus,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// The tree.
    pub tree: TreePane,
    /// The first line in view of the detail pane.
    pub detail_offset: usize,
    /// The selected row of the answer pane.
    pub why_selected: usize,
    /// The first row in view of the answer pane.
    pub why_offset: usize,
    /// The URL bar.
    pub ask: Ask,
    /// The path of the answer, from the Gateway down.
    pub lit: Vec<NodeRef>,
    /// The window over the panes.
    pub window: Option<Window>,
    /// The command line, while it is open.
    pub command: Option<CommandLine>,
    /// The contexts of the kubeconfig, as far as they were looked up.
    pub contexts: Vec<ContextEntry>,
    /// The contexts are to be listed once they are looked up.
    pub contexts_wanted: bool,
    /// What is looked at.
    pub scope: Scope,
    /// A sentence in the footer.
    pub notice: Option<Notice>,
    /// The themes to choose from.
    pub themes: Vec<Theme>,
    /// The theme in use.
    pub theme: usize,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Where the selected node is written: found once per selection, because files may be large.
    pub excerpt: detail::Excerpt,
}

impl State {
    /// The explorer before anything is loaded.
    pub fn new(title: String, themes: Vec<Theme>, theme: usize, ascii: bool, size: (u16, u16)) -> Self {
        Self {
            title,
            size,
            world: None,
            loading: true,
            load_again: false,
            failure: None,
            live: None,
            log: Log::default(),
            now: SystemTime::UNIX_EPOCH,
            zone: TimeZone::UTC,
            focus: Focus::Tree,
            lower: Focus::Detail,
            single: Focus::Tree,
            zoom: false,
            tree: TreePane::default(),
            detail_offset: 0,
            why_selected: 0,
            why_offset: 0,
            ask: Ask::default(),
            lit: Vec::new(),
            window: None,
            command: None,
            contexts: Vec::new(),
            contexts_wanted: false,
            scope: Scope::default(),
            notice: None,
            themes,
            theme,
            ascii,
            excerpt: detail::Excerpt::default(),
        }
    }

    /// The theme in use.
    pub fn theme(&self) -> &Theme {
        &self.themes[self.theme]
    }

    /// The outline, once there is a world.
    pub fn outline(&self) -> Option<&Arc<Outline>> {
        self.world.as_ref().map(|world| &world.outline)
    }

    /// The selected node.
    pub fn selected(&self) -> Option<NodeRef> {
        self.tree.rows.get(self.tree.selected).map(|row| row.node)
    }

    /// Whether text is being typed, so that letters are letters.
    pub fn is_typing(&self) -> bool {
        match &self.window {
            _ if self.command.is_some() => true,
            Some(window) => window.typing,
            None => self.focus == Focus::Ask || self.tree.filter.as_ref().is_some_and(|filter| filter.typing),
        }
    }

    /// Says something in the footer.
    pub fn tell(&mut self, role: Role, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), role });
    }

    /// Flattens the tree anew, keeping `keep` selected, or else the nearest node above it that is left.
    pub fn rebuild(&mut self, keep: Option<NodeRef>) {
        let Some(world) = &self.world else { return };
        let kept = self.tree.filter.as_ref().and_then(|filter| filter.found.as_ref()).map(|found| &found.kept);
        let folds = Folds { open: &self.tree.open, lit: &self.lit, closed: &self.tree.closed, kept };
        self.tree.rows = rows::build(&world.outline, &folds);
        let mut at = keep;
        while let Some(node) = at {
            if let Some(index) = self.tree.rows.iter().position(|row| row.node == node) {
                self.tree.selected = index;
                return;
            }
            at = world.outline.parent(node);
        }
        self.tree.selected = self.tree.selected.min(self.tree.rows.len().saturating_sub(1));
    }

    /// Selects `node`, unfolding what is above it; ends a filter that hides it.
    pub fn reveal(&mut self, node: NodeRef) {
        let Some(world) = &self.world else { return };
        let mut above = world.outline.ancestry(node);
        above.pop();
        self.tree.open.extend(above);
        let hidden = |found: &Found| !found.kept.hits.contains(&node) && !found.kept.above.contains(&node);
        if self.tree.filter.as_ref().is_some_and(|filter| filter.found.as_ref().is_some_and(hidden)) {
            self.tree.filter = None;
        }
        self.rebuild(Some(node));
        if self.selected() != Some(node) && !self.scope.is_everything() {
            self.tell(Role::Muted, "it is outside the namespaces that are shown: :ns all shows everything");
        }
    }

    /// The rows of the answer pane that lead somewhere: what was held against the request.
    pub fn considered(&self) -> &[Considered] {
        self.ask.decision().map_or(&[], |decision| &decision.considered)
    }

    /// What the answer lists about a node.
    pub fn verdict_on(&self, node: NodeRef) -> Option<Verdict> {
        let decision = self.ask.decision()?;
        let NodeRef::Match(_, hop) = node else { return None };
        decision.considered.iter().find(|one| one.hop == hop).map(|one| one.verdict)
    }
}
