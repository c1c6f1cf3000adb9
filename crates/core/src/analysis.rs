//! Everything that is derived from one snapshot: the single entry point of command line and explorer.

use std::sync::Arc;

use crate::finding::Finding;
use crate::model::ObjectKey;
use crate::parallel;
use crate::resolve::RuleNodeId;
use crate::resolve::{self, Settings, Tree};
use crate::router::{self, Considered, Decision, Lookup, Request, RouteTable, Router, Unseen};
use crate::store::Snapshot;

/// So few routes are not worth a thread.
const FEW_ROUTES: usize = 2_000;

/// A snapshot and all that follows from it. Immutable; shared behind an `Arc`.
#[derive(Debug)]
pub struct Analysis {
    /// What was read.
    pub snapshot: Arc<Snapshot>,
    /// Under which control-plane settings.
    pub settings: Settings,
    /// Who is below whom.
    pub tree: Tree,
    /// What the proxies would load.
    pub table: RouteTable,
    /// Finds listeners and virtual hosts in the table.
    pub lookup: Lookup,
    /// What is wrong: the reading's findings first, then the resolution's.
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Analyses a snapshot. `findings` are what reading it brought up.
    pub fn of(snapshot: Arc<Snapshot>, settings: Settings, mut findings: Vec<Finding>) -> Self {
        let (snapshot, hidden) = resolve::discovered(snapshot, &settings);
        findings.extend(hidden);
        let threads = if snapshot.routes.len() < FEW_ROUTES { 1 } else { parallel::threads() };
        let (tree, notes) = resolve::build_tree(&snapshot, &settings, threads);
        let compile = || router::compile(&snapshot, &tree, &settings, threads);
        let (table, more) = parallel::both(threads, compile, || resolve::findings(&snapshot, &settings, &tree, &notes));
        findings.extend(more);
        findings.extend(router::cut_tables(&tree, &table));
        let lookup = Lookup::build(&tree, &table);
        findings.extend(Router::new(&snapshot, &settings, &tree, &table, &lookup).redirect_loops());
        Self { snapshot, settings, tree, table, lookup, findings }
    }

    /// Decides and explains requests.
    pub fn router(&self) -> Router<'_> {
        Router::new(&self.snapshot, &self.settings, &self.tree, &self.table, &self.lookup)
    }

    /// Where `request` goes: one answer per Gateway that can see it, or of `gateway` alone. Without explanations.
    pub fn decide(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Decision> {
        self.router().decide(request, gateway)
    }

    /// The same answers, each with the rows that lost, and what would have to change.
    pub fn explain(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Decision> {
        self.router().explain(request, gateway)
    }

    /// Why one row, or one dropped match, is not the one that decided.
    pub fn explain_hop(&self, request: &Request, decision: &Decision, hop: RuleNodeId) -> Considered {
        self.router().explain_hop(request, decision, hop)
    }

    /// The Gateways that cannot see `request`, and why.
    pub fn unseen(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Unseen> {
        self.router().unseen(request, gateway)
    }
}
