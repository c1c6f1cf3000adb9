//! Requests that stand for sets of requests: as data, and as a line to be read or run.

use serde::Serialize;
use serde_json::{Map, Value, json};

use routescope_core::analysis::Analysis;
use routescope_core::finding::Location;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::Reach;
use routescope_core::resolve::RuleNodeId;
use routescope_core::router::{Request, Scheme};

use super::data::{HopData, chain};
use super::outline::match_position;
use super::phrases;
use super::style::{Line, Role};
use crate::uncertainty::undetermined;

/// A request as `--requests` takes it: it can be asked as it stands.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct RequestLine {
    pub url: String,
    pub method: String,
    /// An object; a list of names and values where a name repeats.
    pub headers: Value,
}

impl From<&Request> for RequestLine {
    fn from(request: &Request) -> Self {
        let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        let repeats = names.windows(2).any(|pair| pair[0] == pair[1]);
        let headers = if repeats {
            request.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
        } else {
            let map: Map<String, Value> =
                request.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
            Value::Object(map)
        };
        Self { url: url(request), method: request.method.clone(), headers }
    }
}

/// The URL of a request.
pub fn url(request: &Request) -> String {
    let Request { method: _, scheme, host, port, path: _, query: _, headers: _ } = request;
    let scheme = scheme.map(Scheme::name).map(|scheme| format!("{scheme}://")).unwrap_or_default();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}{}{port}{}", host.as_deref().unwrap_or_default(), request.target())
}

/// What meets a row.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct WitnessData {
    pub witness: Option<RequestLine>,
    pub hidden_by: Vec<Vec<HopData>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_unknown: Option<String>,
}

impl WitnessData {
    /// What was found out about a row of a Gateway's table.
    pub fn of(analysis: &Analysis, gateway: &ObjectKey, reach: &Reach) -> Self {
        let mut data = Self { witness: None, hidden_by: Vec::new(), witness_unknown: None };
        match reach {
            Reach::Met(request) => data.witness = Some(RequestLine::from(request)),
            Reach::Hidden(by) => {
                let way = |row: &RuleNodeId| chain(&analysis.snapshot, &analysis.tree, gateway, *row);
                data.hidden_by = by.iter().map(way).collect();
            }
            Reach::Never => {}
            Reach::Unknown(why) => data.witness_unknown = Some(undetermined(*why)),
        }
        data
    }
}

/// A request in one line: method, URL, headers.
pub fn request_line(request: &Request) -> Line {
    let mut line = Line::of(Role::Dim, format!("{} ", request.method)).with(Role::Text, url(request));
    for (name, value) in &request.headers {
        line.push(Role::Dim, format!("  {name}: {value}"));
    }
    line
}

/// How many rows that hide another are named.
const NAMED: usize = 3;

/// What meets a row, in one line.
pub fn line(analysis: &Analysis, reach: &Reach) -> Line {
    match reach {
        Reach::Met(request) => request_line(request),
        Reach::Hidden(by) => Line::of(Role::Warning, "✗ no request: hidden by ").with_line(rows(analysis, by)),
        Reach::Never => Line::of(Role::Warning, "✗ no request matches"),
        Reach::Unknown(why) => Line::of(Role::Dim, format!("? not certain: {}", undetermined(*why))),
    }
}

/// Some rows by route, rule and place.
pub fn rows(analysis: &Analysis, rows: &[RuleNodeId]) -> Line {
    let mut line = Line::new();
    for (at, row) in rows.iter().take(NAMED).enumerate() {
        if at > 0 {
            line.push(Role::Dim, ", ");
        }
        line.extend(row_name(analysis, *row));
    }
    if rows.len() > NAMED {
        line.push(Role::Dim, format!(" and {} more", rows.len() - NAMED));
    }
    line
}

/// A row by route, rule and place.
pub fn row_name(analysis: &Analysis, row: RuleNodeId) -> Line {
    let hop = &analysis.tree.hops[row.0 as usize];
    let route = analysis.snapshot.route(hop.route);
    let mut line = Line::of(Role::Namespace, format!("{}/", route.meta.namespace))
        .with(Role::Route, route.meta.name.to_string())
        .with(Role::Rule, format!(" rule {}", hop.rule + 1));
    let place = phrases::place(&Location::within(&route.meta.origin, match_position(hop, route)));
    if !place.is_empty() {
        line.push(Role::Text, " ");
        line.extend(place);
    }
    line
}
