//! What the filter finds in a view.

use super::{Sheet, What};
use crate::tui::query::{Field, Grade, Query, Term, grade};
use crate::tui::survey::backends;
use routescope_render::outline::NodeRef;

/// What a filter found in a view.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The rows that match, in order, as places in [`Sheet::entries`].
    pub hits: Vec<u32>,
    /// The best of them.
    pub best: Option<u32>,
}

impl Listed {
    /// Whether a row matches.
    pub fn holds(&self, entry: usize) -> bool {
        u32::try_from(entry).is_ok_and(|entry| self.hits.binary_search(&entry).is_ok())
    }
}

impl Sheet {
    /// Finds the rows for which every word of `query` holds, of the row or of its heading. `superseded` ends a search that
    /// nobody waits for any more.
    pub fn find(&self, query: &str, superseded: &dyn Fn() -> bool) -> Option<Listed> {
        let query = Query::parse(query);
        let mut listed = Listed::default();
        let mut most = 0;
        let texts = self.texts();
        for group in &self.groups {
            let heading = group.title.plain().to_lowercase();
            for at in group.entries.clone() {
                if at % 4_096 == 0 && superseded() {
                    return None;
                }
                let mut points = 0;
                let fits = query.terms.iter().all(|term| {
                    let grade = self.grade(term, at, &texts[at], &heading);
                    points += grade.map_or(0, Grade::points);
                    grade.is_some() != term.excluded
                });
                if let (true, Ok(hit)) = (fits && !query.is_empty(), u32::try_from(at)) {
                    listed.hits.push(hit);
                    if points > most || listed.best.is_none() {
                        most = points;
                        listed.best = Some(hit);
                    }
                }
            }
        }
        Some(listed)
    }

    /// The texts of the rows, in lower case, made when first asked for.
    fn texts(&self) -> &[Box<str>] {
        self.texts.get_or_init(|| (0..self.entries.len()).map(|at| self.text(at).into_boxed_str()).collect())
    }

    fn text(&self, at: usize) -> String {
        let mut text = String::new();
        for cell in self.cells(at) {
            text.push_str(&cell.plain());
            text.push(' ');
        }
        if let (Some(node), What::Row(_) | What::Way) = (self.entries[at].node, &self.entries[at].what) {
            for name in backends(&self.outline, node) {
                text.push_str(&name);
                text.push(' ');
            }
        }
        text.to_lowercase()
    }

    fn grade(&self, term: &Term, at: usize, text: &str, heading: &str) -> Option<Grade> {
        let node = self.entries[at].node;
        let outline = &*self.outline;
        let graded = |text: &str| grade(&text.to_lowercase(), &term.text);
        match term.field {
            Field::Any => grade(text, &term.text).max(grade(heading, &term.text)),
            Field::Namespace => graded(&outline.route_of(node?)?.meta.namespace),
            Field::Host => {
                let ancestry = outline.ancestry(node?);
                let NodeRef::Hosts(hosts) = ancestry.get(1)? else { return None };
                outline.hosts(*hosts).hostnames.iter().filter_map(|host| graded(host)).max()
            }
            Field::Path => match node? {
                NodeRef::Match(_, hop) => graded(&outline.hop(hop).matcher.path.value),
                _ => None,
            },
            Field::Backend => backends(outline, node?).iter().filter_map(|name| graded(name)).max(),
        }
    }
}
