//! Why a row won, lost or missed, in a clause: `shorter prefix than /payments/charge`, `needs method POST`.

use std::fmt::Write as _;

use super::decide::Router;
use super::matcher::{Facts, Miss, Patterns, failures, header_value, path_matches, query_value};
use super::precedence::Ranks;
use crate::model::{Meta, PathKind, PathMatch, RouteMatch, ValueKind, ValueMatch};
use crate::resolve::{DropReason, Engine, Hop, HopId, Under};

/// Why a row that matches is the one that decides.
pub(super) fn won(row: &RouteMatch) -> String {
    let mut clause = match row.path.kind {
        PathKind::Exact => format!("the path is {}", row.path.value),
        PathKind::PathPrefix if row.path.value == "/" => "takes every path".to_owned(),
        PathKind::PathPrefix => format!("the path is under {}", row.path.value),
        PathKind::RegularExpression => format!("the path matches {}", row.path.value),
    };
    if let Some(method) = &row.method {
        let _ = write!(clause, ", method {method}");
    }
    for test in &row.headers {
        let _ = write!(clause, ", header {}", test_in_words(test, ": "));
    }
    for test in &row.query_params {
        let _ = write!(clause, ", query parameter {}", test_in_words(test, "="));
    }
    clause
}

/// Every test that fails, in one clause; `None` when the row matches.
pub(super) fn missed(row: &RouteMatch, facts: &Facts<'_>, patterns: &Patterns) -> Option<String> {
    let path = (!path_matches(&row.path, &facts.path, patterns)).then(|| path_missed(&row.path));
    let mut needed: Vec<String> = Vec::new();
    for miss in failures(row, facts, patterns) {
        let needs = match miss {
            Miss::Path => continue,
            Miss::Method(method) => format!("method {method}"),
            Miss::Header(test) => {
                let words = test_in_words(test, ": ");
                match header_value(facts, &test.name) {
                    Some(value) => format!("header {words}, not {value}"),
                    None => format!("header {words}"),
                }
            }
            Miss::QueryParam(test) => {
                let words = test_in_words(test, "=");
                match query_value(facts.query, &test.name) {
                    Some(value) => format!("query parameter {words}, not {value}"),
                    None => format!("query parameter {words}"),
                }
            }
        };
        needed.push(needs);
    }
    let needs = (!needed.is_empty()).then(|| format!("needs {}", needed.join(" and ")));
    match (path, needs) {
        (Some(path), Some(needs)) => Some(format!("{path} and {needs}")),
        (path, needs) => path.or(needs),
    }
}

fn path_missed(path: &PathMatch) -> String {
    match path.kind {
        PathKind::Exact => format!("the path is not {}", path.value),
        PathKind::PathPrefix => format!("the path is not under {}", path.value),
        PathKind::RegularExpression => format!("the path does not match {}", path.value),
    }
}

fn test_in_words(test: &ValueMatch, between: &str) -> String {
    let ValueMatch { kind, name, value } = test;
    match kind {
        _ if value.is_empty() => name.to_string(),
        ValueKind::Exact => format!("{name}{between}{value}"),
        ValueKind::RegularExpression => format!("{name} matching {value}"),
    }
}

/// Why a match is in no table.
pub(super) fn dropped(hop: &Hop, reason: &DropReason) -> String {
    match reason {
        DropReason::NotUnder { parent } => format!("dropped: {} is not under {parent}", hop.matcher.path.value),
        reason => format!("dropped: {reason}"),
    }
}

impl Router<'_> {
    /// Why `loser`, which matches too, comes after `winner`: the first clause of the precedence that tells them apart
    /// (see [`super::precedence`]).
    pub(super) fn lost(&self, loser: HopId, winner: HopId) -> String {
        let (late, early) = (&self.tree.hops[loser.0 as usize], &self.tree.hops[winner.0 as usize]);
        let name = |hop: &Hop| self.snapshot.route(hop.route).meta.key().to_string();
        if self.settings.weighted_route_precedence && self.tree.dialect_of(winner).engine == Engine::Kgateway {
            let weight = |hop: &Hop| Ranks::written_weight(self.snapshot.route(hop.route));
            if weight(late) < weight(early) {
                return format!("lower route weight ({}) than {} ({})", weight(late), name(early), weight(early));
            }
        }
        let (l, w) = (&*late.matcher, &*early.matcher);
        match (l.path.kind, w.path.kind) {
            (PathKind::PathPrefix, PathKind::Exact) => {
                return format!("a prefix comes after the exact path {}", w.path.value);
            }
            (PathKind::RegularExpression, PathKind::Exact) => {
                return format!("a regular expression comes after the exact path {}", w.path.value);
            }
            (PathKind::PathPrefix, PathKind::RegularExpression) => {
                return format!("a prefix comes after any regular expression ({})", w.path.value);
            }
            (PathKind::PathPrefix, PathKind::PathPrefix) if l.path.value.len() < w.path.value.len() => {
                return format!("shorter prefix than {}", w.path.value);
            }
            _ => {}
        }
        if l.method.is_none()
            && let Some(method) = &w.method
        {
            return format!("names no method, and {} names {method}", name(early));
        }
        if l.headers.len() < w.headers.len() {
            return format!("fewer headers than {}", name(early));
        }
        if l.query_params.len() < w.query_params.len() {
            return format!("fewer query parameters than {}", name(early));
        }
        let root = |hop: HopId| &self.snapshot.route(self.tree.roots[self.tree.root_of(hop).0 as usize].route).meta;
        if let Some(clause) = juniority(root(loser), root(winner), "root route") {
            return clause;
        }
        let owner = |hop: &Hop| self.snapshot.route(hop.route);
        if let Some(clause) = juniority(&owner(late).meta, &owner(early).meta, "route") {
            return clause;
        }
        if late.route == early.route && late.rule != early.rule {
            return format!("comes later in the same route (rule {} after rule {})", late.rule, early.rule);
        }
        if late.route == early.route && late.match_index != early.match_index {
            return "comes later in the same rule".to_owned();
        }
        if matches!(early.under, Under::Child(_)) && late.route == early.route {
            return format!("the same rule of {} again, at another place in the tree", name(early));
        }
        "comes later in order of emission".to_owned()
    }
}

/// Why `late` ranks after `early`: age, then name.
fn juniority(late: &Meta, early: &Meta, what: &str) -> Option<String> {
    let (l, e) = (late.key(), early.key());
    if l == e {
        None
    } else if late.created > early.created {
        Some(format!("{what} {l} is younger than {e}"))
    } else {
        Some(format!("{what} {l} comes after {e} by name"))
    }
}
