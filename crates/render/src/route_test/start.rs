//! A first expectation file: one test for each rule, from a request that meets it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use routescope_core::analysis::Analysis;
use routescope_core::reachability::{Reach, Reachability};
use routescope_core::router::{Decision, Outcome};

use crate::witness::{RequestLine, url};

/// The file.
pub fn first_file(analysis: &Analysis) -> String {
    let reachability = Reachability::of(analysis.router());
    let mut out = String::from("apiVersion: routescope/v1\nkind: RouteTest\ntests:\n");
    let mut seen = BTreeSet::new();
    let mut any = false;
    for (gateway, table) in (0..).zip(&analysis.table.gateways) {
        for (place, host) in (0..).zip(&table.virtual_hosts) {
            for (position, row) in (0..).zip(host.rows.iter()) {
                let hop = &analysis.tree.hops[row.0 as usize];
                if seen.contains(&(hop.route, hop.rule)) {
                    continue;
                }
                let Reach::Met(request) = reachability.row(gateway, place, position) else { continue };
                let Some(decision) = analysis.decide(&request, Some(&table.gateway)).into_iter().next() else {
                    continue;
                };
                let Some(expected) = expected(analysis, &decision) else { continue };
                seen.insert((hop.route, hop.rule));
                any = true;
                let route = analysis.snapshot.route(hop.route).meta.key();
                let _ = writeln!(out, "- name: {}", quoted(&format!("{route} rule {}", hop.rule + 1)));
                let _ = writeln!(out, "  request: {}", request_value(&request, &table.gateway.to_string()));
                let _ = writeln!(out, "  expect: {expected}");
            }
        }
    }
    if !any {
        out.push_str("  []\n");
    }
    out
}

fn request_value(request: &routescope_core::router::Request, gateway: &str) -> String {
    let RequestLine { url: _, method, headers } = RequestLine::from(request);
    let mut text = format!("{{ url: {}", quoted(&url(request)));
    if method != "GET" {
        let _ = write!(text, ", method: {}", quoted(&method));
    }
    if headers != Value::Object(serde_json::Map::new()) {
        let _ = write!(text, ", headers: {headers}");
    }
    let _ = write!(text, ", gateway: {} }}", quoted(gateway));
    text
}

/// What the answer is now.
fn expected(analysis: &Analysis, decision: &Decision) -> Option<String> {
    // Where chance decides there is no one answer.
    if !decision.branches.is_empty() {
        let hop = &analysis.tree.hops[decision.row()?.0 as usize];
        let owner = &analysis.snapshot.route(hop.route).meta.namespace;
        return decision
            .branches
            .iter()
            .all(|branch| {
                let hop = &analysis.tree.hops[branch.node.0 as usize];
                analysis.snapshot.route(hop.route).meta.namespace == *owner
            })
            .then(|| format!("{{ owner: {} }}", quoted(owner)));
    }
    Some(match &decision.outcome {
        Outcome::Forward { destinations, .. } | Outcome::Passthrough { destinations, .. } => {
            let to = destinations.iter().find(|to| to.share > 0.0)?;
            let port = to.port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{{ backend: {} }}", quoted(&format!("{}/{}/{}{port}", to.kind, to.namespace, to.name)))
        }
        Outcome::Redirect { location, .. } => format!("{{ location: {} }}", quoted(location)),
        Outcome::Unknown { .. } => return None,
        Outcome::Respond { .. } | Outcome::NotFound { .. } => format!("{{ status: {} }}", decision.status()?),
    })
}

/// Text as YAML reads it whatever it holds: JSON is YAML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
