//! Everything that is derived from one snapshot: the single entry point of command line and explorer.

use std::sync::Arc;

use crate::finding::Finding;
use crate::resolve::{self, Settings, Tree};
use crate::router::{self, RouteTable};
use crate::source::files;
use crate::store::{Change, Coverage, Snapshot, Store};

/// A snapshot and all that follows from it. Immutable; shared behind an `Arc`.
#[derive(Debug)]
pub struct Analysis {
    /// What was read.
    pub snapshot: Arc<Snapshot>,
    /// Under which control-plane settings.
    pub settings: Settings,
    /// Who hangs under whom.
    pub tree: Tree,
    /// What the proxies would load.
    pub table: RouteTable,
    /// What is wrong: the reading's findings first, then the resolution's.
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Analyses a snapshot. `findings` are what reading it brought up.
    pub fn of(snapshot: Arc<Snapshot>, settings: Settings, mut findings: Vec<Finding>) -> Self {
        let (tree, more) = resolve::resolve(&snapshot, &settings);
        findings.extend(more);
        let table = router::compile(&snapshot, &tree, &settings);
        Self { snapshot, settings, tree, table, findings }
    }

    /// Reads a YAML text, as if it were a file named `test.yaml`, and analyses it.
    pub fn of_text(text: &str, coverage: Coverage, settings: Settings) -> Self {
        let loaded = files::load_text("test.yaml", text);
        let mut store = Store::default();
        let mut findings = loaded.findings;
        findings.extend(store.apply(Change::Replace { objects: loaded.objects, coverage }));
        Self::of(Arc::new(store.snapshot()), settings, findings)
    }
}
