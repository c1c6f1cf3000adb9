//! Why a row won, and why the others did not.

use super::decide::Router;
use super::request::Request;
use super::{Considered, Decision, Verdict};
use crate::model::ObjectKey;
use crate::resolve::HopId;

/// Matches that are in no table, by what they would have matched.
#[derive(Debug, Default)]
pub(super) struct Dropped {}

impl Router<'_> {
    /// Where `request` goes and why: as [`Router::decide`], with what else was considered.
    pub fn explain(&self, request: &Request, gateway: Option<&ObjectKey>) -> Vec<Decision> {
        self.decide(request, gateway)
    }

    /// Why this row, or this dropped match, is not the one that decided.
    pub fn explain_hop(&self, request: &Request, decision: &Decision, hop: HopId) -> Considered {
        let _ = request;
        let verdict = if decision.hop == Some(hop) { Verdict::Won } else { Verdict::Missed };
        Considered { hop, verdict, because: String::new() }
    }
}
