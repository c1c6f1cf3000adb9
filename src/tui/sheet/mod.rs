//! The views of a world beside its tree: flat lists under headings. The route table in evaluation order, the backends
//! with all that reaches them, the namespaces with the prefixes they own, and the findings.
//!
//! A sheet is built once per world and view, off the drawing task; it holds handles, and the texts of rows are made when
//! they are drawn or searched.

mod build;
mod cells;
mod search;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ahash::AHashSet;

use routescope_core::finding::Subject;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::style::Line;

pub use search::Listed;

/// What stands in the pane of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum View {
    #[default]
    Tree,
    Table,
    Backends,
    Owners,
    Findings,
}

impl View {
    /// The order in which they are gone through.
    pub const ALL: [Self; 5] = [Self::Tree, Self::Table, Self::Backends, Self::Owners, Self::Findings];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Backends => "backends",
            Self::Owners => "owners",
            Self::Findings => "findings",
        }
    }

    /// The view so many places on.
    pub fn turned(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or_default();
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}

/// What the rows under a heading are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// As the proxy tries them; in other views than the table: by name.
    #[default]
    Order,
    /// By path.
    Path,
    /// By what they do.
    Action,
    /// By the route that has the rule.
    Owner,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Order, Self::Path, Self::Action, Self::Owner];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "evaluation order",
            Self::Path => "path",
            Self::Action => "backend",
            Self::Owner => "owner",
        }
    }

    /// The next one.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// A view of a world.
#[derive(Debug)]
pub struct Sheet {
    /// Which view.
    pub view: View,
    /// What its rows are ordered by.
    pub sort: Sort,
    /// The tree of the world that its handles belong to.
    pub outline: Arc<Outline>,
    /// The headings.
    pub groups: Vec<Group>,
    /// The rows, heading by heading.
    pub entries: Vec<Entry>,
    /// There are more rows than are listed.
    pub is_cut: bool,
    /// There are several Gateways to tell apart.
    pub is_several: bool,
    /// How wide the columns would be.
    pub columns: Vec<Column>,
    texts: OnceLock<Vec<Box<str>>>,
}

/// How wide a column would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Column {
    /// With every word.
    pub whole: usize,
    /// Without what is the default, and without details: of a match its path.
    pub narrowest: usize,
}

/// A heading, and the rows under it.
#[derive(Debug)]
pub struct Group {
    /// What it says.
    pub title: Line,
    /// What is odd about it.
    pub note: Line,
    /// Whose it is: the same after a reload.
    pub name: String,
    /// The object that it is about.
    pub subject: Option<Subject>,
    /// The node that it is about.
    pub node: Option<NodeRef>,
    /// Its rows, as places in [`Sheet::entries`].
    pub entries: Range<usize>,
}

/// A row.
#[derive(Debug)]
pub struct Entry {
    /// The node of the tree that it is about.
    pub node: Option<NodeRef>,
    /// What it says beside.
    pub what: What,
}

/// What a row is.
#[derive(Debug)]
pub enum What {
    /// A row of the route table: its number (`12`, or `12.1` below a rule that hands on).
    Row(Box<str>),
    /// A way to a backend, or a prefix of an owner.
    Way,
    /// A finding: its place in the list of the analysis.
    Finding(usize),
}

/// A row that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A heading.
    Group(usize),
    /// A row under it.
    Entry(usize),
}

/// So many rows may be shown before the headings of long lists are folded at the start.
const UNFOLDED_AT_START: usize = 250;

/// The pane of a view beside the tree.
#[derive(Debug, Default)]
pub struct SheetPane {
    /// Which view.
    pub view: View,
    /// What its rows are to be ordered by.
    pub sort: Sort,
    /// What is listed, once it is.
    pub sheet: Option<Arc<Sheet>>,
    /// The number of the listing that is waited for.
    pub number: u64,
    /// The headings that are folded, or unfolded where they are folded by themselves.
    turned: AHashSet<String>,
    /// Headings are folded by themselves.
    folded: bool,
    /// The node to select once it is listed.
    pub keep: Option<NodeRef>,
    /// The object to select once it is listed.
    pub keep_subject: Option<Subject>,
    /// The heading to select once it is listed.
    pub keep_heading: Option<String>,
    /// What is shown.
    pub rows: Vec<Shown>,
    /// The selected row.
    pub selected: usize,
    /// The first row in view.
    pub offset: usize,
}

impl SheetPane {
    /// The pane of a view that is yet to be listed.
    pub fn new(view: View) -> Self {
        Self { view, ..Self::default() }
    }

    /// Takes in what was listed.
    pub fn take(&mut self, sheet: Arc<Sheet>) {
        let long = sheet.entries.len() + sheet.groups.len() > UNFOLDED_AT_START;
        // The first finding is told of at once.
        self.selected = usize::from(self.view == View::Findings);
        self.folded = long && matches!(self.view, View::Backends | View::Owners);
        self.sheet = Some(sheet);
    }

    /// Whether the rows under a heading are shown.
    pub fn is_open(&self, group: &Group) -> bool {
        self.folded == self.turned.contains(&group.name)
    }

    /// Folds or unfolds a heading.
    pub fn set_open(&mut self, at: usize, open: bool) {
        let Some(group) = self.sheet.as_ref().and_then(|sheet| sheet.groups.get(at)) else { return };
        if self.folded == open {
            self.turned.insert(group.name.clone());
        } else {
            self.turned.remove(&group.name);
        }
    }

    /// Folds or unfolds every heading.
    pub fn set_all_open(&mut self, open: bool) {
        self.folded = !open;
        self.turned.clear();
    }

    /// Shows what is unfolded and what a filter leaves; `keep` stays selected, or its heading, or the row at its place.
    pub fn rebuild(&mut self, hits: Option<&[u32]>, keep: Option<Shown>) {
        let Some(sheet) = &self.sheet else {
            self.rows.clear();
            return;
        };
        let mut rows = Vec::new();
        for (at, group) in sheet.groups.iter().enumerate() {
            let found = hits.map(|hits| {
                let from = hits.partition_point(|hit| (*hit as usize) < group.entries.start);
                let to = hits.partition_point(|hit| (*hit as usize) < group.entries.end);
                &hits[from..to]
            });
            match found {
                Some([]) => {}
                Some(found) => {
                    rows.push(Shown::Group(at));
                    rows.extend(found.iter().map(|hit| Shown::Entry(*hit as usize)));
                }
                None => {
                    rows.push(Shown::Group(at));
                    if self.is_open(group) {
                        rows.extend(group.entries.clone().map(Shown::Entry));
                    }
                }
            }
        }
        self.rows = rows;
        let heading = |shown: Shown| match shown {
            Shown::Entry(at) => sheet.group_of(at).map(Shown::Group),
            Shown::Group(_) => None,
        };
        let place = |shown: Shown| self.rows.iter().position(|row| *row == shown);
        let found = keep.and_then(|keep| place(keep).or_else(|| place(heading(keep)?)));
        self.selected = found.unwrap_or(self.selected).min(self.rows.len().saturating_sub(1));
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<Shown> {
        self.rows.get(self.selected).copied()
    }

    /// The node that the selected row is about.
    pub fn selected_node(&self) -> Option<NodeRef> {
        let sheet = self.sheet.as_ref()?;
        match self.selected_row()? {
            Shown::Group(at) => sheet.groups[at].node,
            Shown::Entry(at) => sheet.entries[at].node,
        }
    }

    /// The name of the selected heading.
    pub fn selected_heading(&self) -> Option<String> {
        let Shown::Group(at) = self.selected_row()? else { return None };
        Some(self.sheet.as_ref()?.groups[at].name.clone())
    }

    /// The finding of the selected row.
    pub fn selected_finding(&self) -> Option<usize> {
        let Shown::Entry(at) = self.selected_row()? else { return None };
        match self.sheet.as_ref()?.entries[at].what {
            What::Finding(index) => Some(index),
            What::Row(_) | What::Way => None,
        }
    }

    /// The object that the selected heading is about.
    pub fn selected_subject(&self) -> Option<&Subject> {
        let Shown::Group(at) = self.selected_row()? else { return None };
        self.sheet.as_ref()?.groups[at].subject.as_ref()
    }

    /// Brings the selected row into a view of `height` rows.
    pub fn settle(&mut self, height: usize) {
        let height = height.max(1);
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
        self.offset = self.offset.min(self.selected).max((self.selected + 1).saturating_sub(height));
    }
}

impl Sheet {
    /// The heading over a row.
    pub fn group_of(&self, entry: usize) -> Option<usize> {
        let at = self.groups.partition_point(|group| group.entries.end <= entry);
        self.groups.get(at).filter(|group| group.entries.contains(&entry)).map(|_| at)
    }

    /// The first row that is about a node, or about the nearest node above it that has one.
    pub fn row_of(&self, node: NodeRef) -> Option<Shown> {
        let mut at = Some(node);
        while let Some(node) = at {
            let entry = self.entries.iter().position(|entry| entry.node == Some(node)).map(Shown::Entry);
            let group = || self.groups.iter().position(|group| group.node == Some(node)).map(Shown::Group);
            if let Some(found) = entry.or_else(group) {
                return Some(found);
            }
            at = self.outline.parent(node);
        }
        None
    }

    /// The heading about an object.
    pub fn group_about(&self, subject: &Subject) -> Option<usize> {
        self.groups.iter().position(|group| group.subject.as_ref() == Some(subject))
    }

    /// The heading of that name.
    pub fn group_named(&self, name: &str) -> Option<Shown> {
        self.groups.iter().position(|group| group.name == name).map(Shown::Group)
    }
}
