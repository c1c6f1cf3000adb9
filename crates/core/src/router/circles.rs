//! Redirects that lead back to where they started, at once or over other rules of the input: browsers stop there with
//! "too many redirects".

use std::collections::BTreeMap;

use super::decide::Router;
use super::{Decision, GatewayTable, Outcome, Request, VirtualHost};
use crate::finding::{Advice, Code, Edit, Finding, Location, RedirectLoop, RequestsProblem, Severity, Subject};
use crate::model::{ParentRef, PathKind, Protocol, Route, RouteMatch, ValueKind};
use crate::resolve::{Action, RuleNodeId};
use crate::store::RouteId;

/// How many redirects a client follows; browsers stop at about as many.
const MOST: usize = 20;
/// How many rows with redirects are tried.
const TRIED: usize = 20_000;
/// How many findings are listed.
const LISTED: usize = 200;

impl Router<'_> {
    /// The URLs of the circle in which a redirect ends, the first one again at the end; empty when it ends elsewhere.
    pub(super) fn circle(&self, request: &Request, decision: &Decision) -> Vec<String> {
        let Outcome::Redirect { location: first, .. } = &decision.outcome else { return Vec::new() };
        let mut urls = vec![first.clone()];
        let mut method = request.method.clone();
        let gateway = self.table.gateways.get(decision.gateway as usize).map(|table| &table.gateway);
        while urls.len() <= MOST {
            let Some(url) = urls.last() else { break };
            let Ok(next) = Request::parse(url).and_then(|next| next.with_method(&method)) else { break };
            let headers = request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")).cloned();
            let next = Request { headers: headers.collect(), ..next };
            let mut answers = self.decide(&next, gateway);
            if answers.is_empty() {
                answers = self.decide(&next, None);
            }
            let [answer] = &answers[..] else { break };
            // A host that no route names may be served elsewhere.
            let own = next.host.as_deref().is_some_and(|host| request.host.as_deref() == Some(host));
            if !own && self.host_of(answer).is_none_or(|host| host.hostname == "*") {
                break;
            }
            let Outcome::Redirect { location, status, .. } = &answer.outcome else { break };
            if let Some(start) = urls.iter().position(|url| url == location) {
                urls.drain(..start);
                urls.push(location.clone());
                return urls;
            }
            // A client repeats 307 and 308 as they are, and asks for the others with GET.
            if !matches!(status, 307 | 308) && method != "HEAD" {
                "GET".clone_into(&mut method);
            }
            urls.push(location.clone());
        }
        if urls.len() > MOST { urls } else { Vec::new() }
    }

    /// One finding for each rule whose redirect leads back to itself.
    pub fn redirect_loops(&self) -> Vec<Finding> {
        let mut found: BTreeMap<(RouteId, u32), Finding> = BTreeMap::new();
        let mut left = TRIED;
        for table in &self.table.gateways {
            for host in &table.virtual_hosts {
                for &hop in host.rows.iter() {
                    let node = &self.tree.hops[hop.0 as usize];
                    let Some(Action::Redirect(_)) = node.action().map(AsRef::as_ref) else { continue };
                    if left == 0 || found.len() >= LISTED || found.contains_key(&(node.route, node.rule)) {
                        continue;
                    }
                    left -= 1;
                    if let Some(finding) = self.loop_of(table, host, hop) {
                        found.insert((node.route, node.rule), finding);
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// What is wrong with one row that redirects, when a request for it comes back to it.
    fn loop_of(&self, table: &GatewayTable, host: &VirtualHost, hop: RuleNodeId) -> Option<Finding> {
        let node = &self.tree.hops[hop.0 as usize];
        for request in examples(host, &node.matcher) {
            let answers = self.decide(&request, Some(&table.gateway));
            let Some(answer) = answers.iter().find(|answer| answer.row() == Some(hop)) else { continue };
            let circle = self.circle(&request, answer);
            let (Some(first), true) = (circle.first(), answer.unverified.is_empty()) else { continue };
            // One that only leads into a circle of others is sound by itself.
            let returns = circle.len() > MOST || circle.iter().any(|url| self.is_decided_by(url, &request, table, hop));
            if !returns {
                continue;
            }
            let route = self.snapshot.route(node.route);
            let (advice, fix) = self.way_out(table, first, route);
            let problem = match circle.len() {
                1 | 2 => RedirectLoop::ToItself(first.clone()),
                n if n > MOST => RedirectLoop::Long { redirects: MOST, url: circle[n - 1].clone() },
                _ => RedirectLoop::Circle(circle),
            };
            return Some(Finding {
                code: Code::RedirectLoop,
                severity: Severity::Warning,
                place: Some(Location::within(&route.meta.origin, route.rules[node.rule as usize].at)),
                subject: Some(Subject { kind: route.kind.name(), key: route.meta.key() }),
                problem: RequestsProblem::RedirectLoop(problem).into(),
                advice: Some(advice),
                fix,
            });
        }
        None
    }

    fn is_decided_by(&self, url: &str, like: &Request, table: &GatewayTable, hop: RuleNodeId) -> bool {
        let Ok(request) = Request::parse(url).and_then(|request| request.with_method(&like.method)) else {
            return false;
        };
        let request = Request { headers: like.headers.clone(), ..request };
        let rule = |hop: RuleNodeId| (self.tree.hops[hop.0 as usize].route, self.tree.hops[hop.0 as usize].rule);
        let answers = self.decide(&request, Some(&table.gateway));
        answers.iter().any(|answer| answer.row().is_some_and(|by| rule(by) == rule(hop)))
    }

    /// What to do about it: a redirect to https belongs on the HTTP listener alone.
    fn way_out(&self, table: &GatewayTable, url: &str, route: &Route) -> (Advice, Vec<Edit>) {
        let node = &self.tree.gateways[table.node as usize];
        let plain =
            node.listeners.iter().map(|one| one.listener(&node.gateway)).find(|one| one.protocol == Protocol::Http);
        match plain {
            Some(listener) if url.starts_with("https:") => {
                let object = Subject { kind: route.kind.name(), key: route.meta.key() };
                let path = |at: usize| format!("spec.parentRefs[{at}].sectionName");
                let leads_here = |reference: &ParentRef| {
                    let namespace = reference.namespace.as_ref().unwrap_or(&route.meta.namespace);
                    reference.kind == "Gateway"
                        && (&reference.name, namespace) == (&table.gateway.name, &table.gateway.namespace)
                };
                let refs = route.parent_refs.iter().enumerate().filter(|(_, reference)| leads_here(reference));
                let edits = refs.map(|(at, _)| Edit::set(object.clone(), path(at), listener.name.as_str())).collect();
                let advice = Advice::AttachToHttp(listener.name.clone());
                (advice, if route.meta.defective { Vec::new() } else { edits })
            }
            _ => (Advice::RedirectElsewhere, Vec::new()),
        }
    }
}

/// Requests that a row matches, the plainest first.
fn examples(host: &VirtualHost, matcher: &RouteMatch) -> Vec<Request> {
    let path = &matcher.path.value;
    let paths = match matcher.path.kind {
        PathKind::Exact => vec![path.to_string()],
        PathKind::PathPrefix => vec![path.to_string(), format!("{}/x", path.trim_end_matches('/'))],
        PathKind::RegularExpression => return Vec::new(),
    };
    let exact = |kind: ValueKind| kind == ValueKind::Exact;
    if !matcher.headers.iter().chain(&matcher.query_params).all(|one| exact(one.kind)) {
        return Vec::new();
    }
    let name = match host.hostname.as_str() {
        "*" => "example.com".to_owned(),
        name => name.strip_prefix('*').map_or_else(|| name.to_owned(), |rest| format!("www{rest}")),
    };
    let scheme = if host.protocol == Protocol::Https { "https" } else { "http" };
    let default = if host.protocol == Protocol::Https { 443 } else { 80 };
    let port = if host.port == default { String::new() } else { format!(":{}", host.port) };
    let query: Vec<String> = matcher.query_params.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let method = matcher.method.as_deref().unwrap_or("GET");
    let requests = paths.into_iter().filter_map(|path| {
        let request =
            Request::parse(&format!("{scheme}://{name}{port}{path}{query}")).ok()?.with_method(method).ok()?;
        matcher.headers.iter().try_fold(request, |request, header| {
            request.with_header(&format!("{}: {}", header.name, header.value)).ok()
        })
    });
    requests.collect()
}
