//! One explored source, as it stands on the screen: its world, how reading it goes, its tree, and what it answers. What
//! all sources share (the URL, the theme, the window) is the [`State`](super::state::State)'s.

use std::sync::{Arc, OnceLock};

use tui_input::Input;

use super::answer::Answer;
use super::change_highlights::ChangeHighlights;
use super::filter::Found;
use super::folds::Folds;
use super::live::Live;
use super::log::Log;
use super::overlay;
use super::path_view::{PathView, Way, When, is_near};
use super::pins::Standings;
use super::rows::{self, Row, Shown};
use super::sheet::{Listed, Sheet, SheetPane, Sort, View};
use super::survey::{Faults, Survey};
use super::together::Differs;
use super::view::detail;
use super::witness::{self, Meeting, NeverMet};
use routescope_core::analysis::Analysis;
use routescope_core::finding::{Finding, Severity, Subject};
use routescope_core::router::{Considered, Verdict};
use routescope_manifest::SourceError;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::reasons;
use routescope_render::scope::Scope;

/// What is explored: an analysis and what the explorer derives from it once.
#[derive(Debug, Clone)]
pub struct PaneContent {
    /// The analysis.
    pub analysis: Arc<Analysis>,
    /// Its tree.
    pub outline: Arc<Outline>,
    /// What is known of every node, once it was looked at.
    survey: Arc<OnceLock<Survey>>,
    /// The rules that no request meets, once they were looked for.
    never_met: Arc<OnceLock<NeverMet>>,
    /// Whether files that are laid over the cluster change a node, once that was asked.
    has_marks: Arc<OnceLock<bool>>,
    /// The views in their first order, as far as they were listed.
    sheets: Arc<[OnceLock<Arc<Sheet>>; View::ALL.len()]>,
    /// How many findings of each severity there are: info, warnings, errors.
    pub findings: [usize; 3],
}

impl PaneContent {
    /// Whether there is neither a Gateway nor a route.
    pub fn is_empty(&self) -> bool {
        self.analysis.tree.gateways.is_empty() && self.analysis.snapshot.routes.is_empty()
    }

    /// What of an analysis touches a scope.
    pub fn within(analysis: Arc<Analysis>, scope: &Scope) -> Self {
        let outline = Arc::new(Outline::within(Arc::clone(&analysis), scope));
        let count = |severity| analysis.findings.iter().filter(|finding| finding.severity == severity).count();
        let findings = [count(Severity::Info), count(Severity::Warning), count(Severity::Error)];
        Self {
            analysis,
            outline,
            survey: Arc::default(),
            never_met: Arc::default(),
            has_marks: Arc::default(),
            sheets: Arc::default(),
            findings,
        }
    }

    /// Whether files are laid over the cluster.
    pub fn is_overlaid(&self) -> bool {
        !self.analysis.snapshot.overlaid.is_empty()
    }

    /// Whether these files change a node. Walks the tree once, however often it is asked.
    pub fn has_marks(&self) -> bool {
        self.is_overlaid() && *self.has_marks.get_or_init(|| overlay::step(&self.outline, None, true).is_some())
    }

    /// Lists a view, unless that was done before; `None` when `superseded` ended it. Not for the drawing task.
    pub fn list(&self, view: View, sort: Sort, superseded: &dyn Fn() -> bool) -> Option<Arc<Sheet>> {
        if let Some(sheet) = self.listed(view, sort) {
            return Some(Arc::clone(sheet));
        }
        let sheet = Arc::new(Sheet::of(&self.outline, view, sort, superseded)?);
        if sort == Sort::Order {
            // Another task may have done the same meanwhile.
            let _ = self.sheets[view as usize].set(Arc::clone(&sheet));
        }
        Some(sheet)
    }

    /// A view, if it was listed in this order.
    pub fn listed(&self, view: View, sort: Sort) -> Option<&Arc<Sheet>> {
        self.sheets[view as usize].get().filter(|_| sort == Sort::Order)
    }

    /// Lists every view, so that going to one waits for nothing. `false` when `superseded` ended it. Not for the drawing
    /// task.
    pub fn list_ahead(&self, superseded: &dyn Fn() -> bool) -> bool {
        let mut views = View::ALL.into_iter().filter(|view| *view != View::Tree);
        views.all(|view| self.list(view, Sort::Order, superseded).is_some())
    }

    /// The findings, the worst first, as places in the list of the analysis.
    pub fn findings_by_severity(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.analysis.findings.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.analysis.findings[*at].severity));
        order
    }

    /// What is known of every node. Looks at every node where nobody did before: not for the drawing task.
    pub fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| Survey::of(&self.outline, &|| false).unwrap_or_default())
    }

    /// Looks at every node and orders all paths, unless that was done before. `superseded` ends it early.
    pub fn look_over(&self, superseded: &dyn Fn() -> bool) -> bool {
        if self.survey.get().is_some() {
            return true;
        }
        // Another task may have done the same meanwhile.
        let looked = Survey::of(&self.outline, superseded).map(|survey| drop(self.survey.set(survey)));
        // The first letter of a URL would wait for it.
        self.analysis.router().order_paths(superseded);
        looked.is_some()
    }

    /// Looks for the rules that no request meets, unless somebody did before. Not for the drawing task.
    pub fn look_for_never_met(&self, superseded: &(dyn Fn() -> bool + Sync)) -> bool {
        if self.never_met.get().is_some() {
            return true;
        }
        witness::survey(self, superseded).map(|found| drop(self.never_met.set(found))).is_some()
    }

    /// The rules that no request meets, if they were looked for.
    pub fn never_met(&self) -> Option<&NeverMet> {
        self.never_met.get()
    }

    /// What is known of every node, if it was looked at.
    pub fn surveyed(&self) -> Option<&Survey> {
        self.survey.get()
    }

    /// Where the faults are, if it was looked at.
    pub fn faults(&self) -> Option<&Faults> {
        self.surveyed().map(|survey| &survey.faults)
    }
}

/// The `/` filter.
#[derive(Debug)]
pub struct Filter {
    /// What is typed.
    pub input: Input,
    /// Whether it is being typed.
    pub typing: bool,
    /// The number of the search that is waited for.
    pub number: u64,
    /// What the last search found in the tree.
    pub found: Option<Found>,
    /// What the last search found in another view.
    pub listed: Option<Listed>,
    /// What does not match is hidden; otherwise what matches is only marked.
    pub hides: bool,
    /// The row that the answer ends in is hidden by it.
    pub hides_answer: bool,
}

impl Filter {
    /// A filter that is about to be typed.
    pub fn new(hides: bool) -> Self {
        Self { input: Input::default(), typing: true, number: 0, found: None, listed: None, hides, hides_answer: false }
    }

    /// What it leaves, where it hides the rest.
    pub fn kept(&self) -> Option<&rows::Kept> {
        self.found.as_ref().filter(|_| self.hides).map(|found| &found.kept)
    }
}

/// The tree pane.
#[derive(Debug, Default)]
pub struct TreePane {
    /// What is folded and unfolded.
    pub folds: Folds,
    /// How many levels are unfolded of everything, while only some namespaces are shown.
    pub levels_of_all: Option<usize>,
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
    /// Rows without a fault, and without one under them, are hidden.
    pub faults_only: bool,
    /// What the person did to the path view.
    pub path: PathView,
    /// How many rows there is room for.
    pub height: usize,
}

/// Which side: kept for as long as it is there, whatever comes to stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ContextId(pub u64);

/// One explored source.
#[derive(Debug, Default)]
pub struct ContextPane {
    /// Which one it is.
    pub id: ContextId,
    /// The world; `None` until the first load is through.
    pub world: Option<PaneContent>,
    /// Which of the sources of files it is, where each has a side.
    pub part: Option<usize>,
    /// A cluster that is followed without the files that are laid over it.
    pub bare: bool,
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
    /// The tree.
    pub tree: TreePane,
    /// The view that is shown in place of the tree.
    pub sheet: Option<SheetPane>,
    /// How it differs from the side that it is compared with.
    pub differs: Option<Differs>,
    /// The number of the comparison that is waited for.
    pub differing: u64,
    /// The finding that was gone to last.
    pub finding: Option<usize>,
    /// What stands out because it has just changed.
    pub fresh: ChangeHighlights,
    /// The outline since which nobody has looked for changes yet.
    pub pending_diff: Option<Arc<Outline>>,
    /// The number of the search for changes that is waited for.
    pub diff_id: u64,
    /// How many searches there ever were: what comes back from one is of the world that it was started on.
    pub tickets: u64,
    /// The line of the detail pane that the cursor is on.
    pub detail_cursor: usize,
    /// An object that the detail pane tells of in place of what is selected.
    pub page: Option<Subject>,
    /// The first line in view of the detail pane.
    pub detail_offset: usize,
    /// How many columns of the YAML are to the left of what is shown.
    pub detail_across: usize,
    /// How many columns of the tree, or of the view in its place, are to the left of what is shown.
    pub across: usize,
    /// The selected row of the answer pane.
    pub why_selected: usize,
    /// The first row in view of the answer pane.
    pub why_offset: usize,
    /// What it answers to the URL.
    pub answer: Answer,
    /// What it answers to the pinned questions.
    pub pinned: Standings,
    /// The path of the answer, from the Gateway down.
    pub highlighted: Vec<NodeRef>,
    /// Where the selected node is written: found once per selection, because files may be large.
    pub excerpt: detail::Excerpt,
    /// A request that meets the selected rule.
    pub meeting: Option<Meeting>,
}

impl ContextPane {
    /// A source that nothing is known of yet.
    pub fn waiting(id: ContextId) -> Self {
        Self { id, loading: true, ..Self::default() }
    }

    /// A cluster that is about to be followed.
    pub fn following(id: ContextId, context: Option<String>) -> Self {
        Self { live: Some(Live::of(context)), ..Self::waiting(id) }
    }

    /// The outline, once there is a world.
    pub fn outline(&self) -> Option<&Arc<Outline>> {
        self.world.as_ref().map(|world| &world.outline)
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<&Row> {
        self.tree.rows.get(self.tree.selected)
    }

    /// The selected node.
    pub fn selected(&self) -> Option<NodeRef> {
        if let Some(pane) = &self.sheet {
            return self.current_sheet().and(pane.selected_node());
        }
        self.selected_row().filter(|row| row.others == 0).map(|row| row.node)
    }

    /// What is listed in place of the tree; nothing while it is of the world before.
    pub fn current_sheet(&self) -> Option<&Arc<Sheet>> {
        let (sheet, world) = (self.sheet.as_ref()?.sheet.as_ref()?, self.world.as_ref()?);
        Arc::ptr_eq(&sheet.outline, &world.outline).then_some(sheet)
    }

    /// The selected finding, in the list of them.
    pub fn selected_finding(&self) -> Option<&Finding> {
        self.current_sheet()?;
        self.world.as_ref()?.analysis.findings.get(self.sheet.as_ref()?.selected_finding()?)
    }

    /// A number that no search of this side has had.
    pub fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Whether the filter is being typed.
    pub fn is_filtering(&self) -> bool {
        self.tree.filter.as_ref().is_some_and(|filter| filter.typing)
    }

    /// Flattens the tree again, keeping `keep` selected, or else the nearest node above it that is left.
    pub fn rebuild(&mut self, keep: Option<NodeRef>) {
        let Some(world) = &self.world else { return };
        let kept = self.tree.filter.as_ref().and_then(Filter::kept);
        let faults = world.faults().filter(|_| self.tree.faults_only);
        let at_most = rows::UNFOLD_AT_MOST;
        let mut shown =
            Shown { folds: &self.tree.folds, highlighted: &self.highlighted, kept, faults, way: None, at_most };
        // A filter says itself what is shown.
        let asked = self.highlighted.len() > 1 && self.tree.filter.is_none() && faults.is_none();
        let shrinks = asked
            && match self.tree.path.when {
                When::Never => false,
                When::Always => true,
                // Whether it would fit is known from one row more than there is room for.
                When::Short => {
                    let room = self.tree.height;
                    room > 0 && rows::build(&world.outline, &Shown { at_most: room + 1, ..shown }).len() > room
                }
            };
        let shrinks = shrinks && self.differs.is_none();
        let way =
            shrinks.then(|| Way::of(&world.outline, &self.highlighted, self.answer.decision(), self.tree.path.visited));
        let differs = self.differs.as_ref().filter(|_| shown.kept.is_none() && shown.faults.is_none());
        shown.way = differs.map(|differs| &differs.way).or(way.as_ref()).map(|way| (way, &self.tree.path));
        let rows = rows::build(&world.outline, &shown);
        if let Some(filter) = &mut self.tree.filter {
            let end = self.highlighted.last().filter(|_| filter.kept().is_some());
            filter.hides_answer = end.is_some_and(|end| !rows.iter().any(|row| row.is_of(*end)));
        }
        self.tree.rows = rows;
        self.tree.path.shrunk = shrinks;
        let mut at = keep;
        while let Some(node) = at {
            if let Some(index) = self.tree.rows.iter().position(|row| row.is_of(node)) {
                self.tree.selected = index;
                return;
            }
            at = world.outline.parent(node);
        }
        self.tree.selected = self.tree.selected.min(self.tree.rows.len().saturating_sub(1));
    }

    /// Selects `node`, unfolding what is above it; ends a filter that hides it. Returns whether it has a row now: what
    /// is outside the namespaces that are shown has none.
    pub fn reveal(&mut self, node: NodeRef) -> bool {
        let Some(world) = &self.world else { return false };
        let above = world.outline.ancestry(node);
        for (depth, above) in above.iter().enumerate().take(above.len() - 1) {
            if !self.tree.folds.is_open(*above, depth, false) {
                self.tree.folds.unfold(&world.outline, *above);
            }
        }
        self.rebuild(Some(node));
        if self.selected() != Some(node)
            && (self.tree.filter.as_ref().and_then(Filter::kept).is_some() || self.tree.faults_only)
        {
            self.tree.filter = None;
            self.tree.faults_only = false;
            self.rebuild(Some(node));
        }
        if self.tree.path.shrunk && self.selected() != Some(node) {
            // It is beside the path.
            self.tree.path.visited = Some(node);
            self.rebuild(Some(node));
        }
        self.selected() == Some(node)
    }

    /// The rows of the answer pane that lead somewhere: what was held against the request.
    pub fn considered(&self) -> &[Considered] {
        self.answer.decision().map_or(&[], |decision| &decision.considered)
    }

    /// What a node that nearly took the request lacks.
    pub fn need_of(&self, node: NodeRef) -> Option<String> {
        let NodeRef::Match(_, hop) = node else { return None };
        let one = self.considered().iter().find(|one| one.hop == hop).filter(|one| is_near(one))?;
        Some(reasons::reason(&self.world.as_ref()?.analysis, one))
    }

    /// What the answer lists about a node.
    pub fn verdict_on(&self, node: NodeRef) -> Option<Verdict> {
        let NodeRef::Match(_, hop) = node else { return None };
        self.considered().iter().find(|one| one.hop == hop).map(|one| one.verdict)
    }
}
