//! What is expected of answers (`routescope test`), and whether they are so: one request, or every request of a region.

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::model::{Name, ObjectKey, PathKind, PathModifier, PolicyField, Position};
use crate::reachability::{Answered, Elsewhere, Region, Then, Undetermined, each_answer};
use crate::resolve::{Action, Destination, RuleNodeId, Uncertainty};
use crate::router::lists::host_of;
use crate::router::{Decision, Outcome, Request};
use crate::store::RouteId;

/// The kinds of what takes requests.
const TAKING: [&str; 6] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "Gateway", "ListenerSet"];

/// One test of a file.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it is called.
    pub name: String,
    /// Where it begins.
    pub at: Position,
    /// Which requests it is about.
    pub asks: Asks,
    /// What must hold of each of them.
    pub expect: Expect,
}

/// Which requests a test is about.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Asks {
    Request { request: Request, gateway: Option<ObjectKey> },
    All(Region),
}

/// What must hold of an answer: everything that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// One of the live destinations.
    pub backend: Option<Backend>,
    /// The namespace of all live destinations.
    pub backend_namespace: Option<Name>,
    /// The namespace of the route that decides.
    pub owner: Option<Name>,
    /// Routes on the way, in this order.
    pub via: Option<Vec<ObjectKey>>,
    /// What the gateway itself answers; 404 where nothing answers.
    pub status: Option<u16>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
    /// The authority that the backend receives.
    pub upstream_host: Option<String>,
    /// The path that the backend receives.
    pub upstream_path: Option<String>,
    /// The request timeout.
    pub timeout: Option<Name>,
    /// A policy that is in force.
    pub policy: Option<ObjectKey>,
    /// One of these holds.
    pub any_of: Option<Vec<Expect>>,
    /// This does not.
    pub not: Option<Box<Expect>>,
}

/// `Kind/namespace/name[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Backend {
    pub kind: Name,
    pub namespace: Name,
    pub name: Name,
    pub port: Option<u16>,
}

/// What one share of the requests comes to, and the rule that it ends at.
struct End<'d> {
    row: Option<RuleNodeId>,
    outcome: &'d Outcome,
}

impl Expect {
    /// Whether it holds of an answer; of every share, where chance decides between several.
    pub fn holds(&self, analysis: &Analysis, decision: Option<&Decision>) -> bool {
        let Some(decision) = decision else { return self.holds_of_nothing() };
        if decision.branches.is_empty() {
            let end = End { row: decision.row().or(decision.stopped()), outcome: &decision.outcome };
            return self.holds_of(analysis, decision, &end);
        }
        decision.branches.iter().all(|branch| {
            let end = End { row: Some(branch.node), outcome: &branch.outcome };
            self.holds_of(analysis, decision, &end)
        })
    }

    /// Whether it holds where nothing answers.
    fn holds_of_nothing(&self) -> bool {
        let Self { backend, backend_namespace, owner, via, status, location, .. } = self;
        let Self { upstream_host, upstream_path, timeout, policy, any_of, not, .. } = self;
        backend.is_none()
            && backend_namespace.is_none()
            && owner.is_none()
            && via.as_ref().is_none_or(Vec::is_empty)
            && status.is_none_or(|status| status == 404)
            && location.is_none()
            && upstream_host.is_none()
            && upstream_path.is_none()
            && timeout.is_none()
            && policy.is_none()
            && any_of.as_ref().is_none_or(|any| any.iter().any(Self::holds_of_nothing))
            && not.as_ref().is_none_or(|not| !not.holds_of_nothing())
    }

    fn holds_of(&self, analysis: &Analysis, decision: &Decision, end: &End<'_>) -> bool {
        let live = || end.outcome.destinations().iter().filter(|one| one.share > 0.0);
        let chain: Vec<ObjectKey> = end
            .row
            .map(|row| analysis.tree.chain(row))
            .unwrap_or_default()
            .into_iter()
            .map(|hop| analysis.snapshot.route(analysis.tree.hops[hop.0 as usize].route).meta.key())
            .collect();
        let (status, location, upstream) = (end.outcome.status(), end.outcome.location(), end.outcome.upstream());
        let limits = &decision.policies.limits;
        self.backend.as_ref().is_none_or(|backend| live().any(|one| backend.is(one)))
            && self
                .backend_namespace
                .as_ref()
                .is_none_or(|namespace| live().next().is_some() && live().all(|one| one.namespace == *namespace))
            && self.owner.as_ref().is_none_or(|owner| chain.last().is_some_and(|route| route.namespace == *owner))
            && self.via.as_ref().is_none_or(|via| {
                let mut rest = chain.iter();
                via.iter().all(|wanted| rest.any(|route| route == wanted))
            })
            && self.status.is_none_or(|wanted| status == Some(wanted))
            && self.location.as_deref().is_none_or(|wanted| location.is_some_and(|is| is_text(is, wanted)))
            && self.upstream_host.as_ref().is_none_or(|wanted| upstream.is_some_and(|one| one.host == *wanted))
            && self.upstream_path.as_ref().is_none_or(|wanted| upstream.is_some_and(|one| is_text(&one.path, wanted)))
            && self
                .timeout
                .as_ref()
                .is_none_or(|wanted| limits.request.as_ref().is_some_and(|one| one.value == *wanted))
            && self.policy.as_ref().is_none_or(|wanted| {
                decision.policies.applied.iter().any(|one| one.policy.meta.key() == *wanted && one.counts())
            })
            && self.any_of.as_ref().is_none_or(|any| any.iter().any(|one| one.holds_of(analysis, decision, end)))
            && self.not.as_ref().is_none_or(|not| !not.holds_of(analysis, decision, end))
    }

    /// Paths, and URLs of a `Location`, that answers are held against.
    fn texts(&self) -> Vec<&str> {
        let own = self.location.iter().chain(&self.upstream_path).map(String::as_str);
        own.chain(self.inner().flat_map(Self::texts)).collect()
    }

    /// Hosts that answers are held against.
    fn hosts(&self) -> Vec<Name> {
        let of_location = self.location.iter().filter_map(|url| Some(split_url(url).0?.to_owned()));
        let own = self.upstream_host.iter().cloned().chain(of_location);
        let own = own.map(|host| Name::from(host_of(&host)));
        own.chain(self.inner().flat_map(Self::hosts)).collect()
    }

    fn inner(&self) -> impl Iterator<Item = &Self> {
        self.any_of.iter().flatten().chain(self.not.as_deref())
    }
}

/// The authority of a URL, if it has one, and its path.
fn split_url(url: &str) -> (Option<&str>, &str) {
    let url = url.split('?').next().unwrap_or_default();
    match url.split_once("://") {
        None => (None, url),
        Some((_, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(authority), path)
        }
    }
}

/// Whether a path or URL is the one that is wanted; its query does not count where none is wanted.
fn is_text(is: &str, wanted: &str) -> bool {
    is == wanted || (!wanted.contains('?') && is.split('?').next() == Some(wanted))
}

impl Backend {
    fn is(&self, to: &Destination) -> bool {
        self.kind == to.kind
            && self.namespace == to.namespace
            && self.name == to.name
            && self.port.is_none_or(|port| to.port == Some(port))
    }
}

/// What came of a test.
#[derive(Debug)]
pub enum Verdict {
    /// It holds; of a region, of every request of it.
    Pass,
    /// It does not hold of this request.
    Fail(Box<Failed>),
    /// It was not found out, and why.
    Unknown(Undetermined),
}

/// A request of which a test does not hold, and the answer to it; `None` where nothing answers.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Failed {
    pub request: Request,
    pub decision: Option<Decision>,
}

/// A rule of a route.
pub type RuleId = (RouteId, u32);

/// Asks a test; `met` collects the rules that its requests meet.
pub fn run(analysis: &Analysis, test: &Test, met: &mut BTreeSet<RuleId>) -> Verdict {
    match &test.asks {
        Asks::Request { request, gateway } => {
            let mut decisions = analysis.decide(request, gateway.as_ref());
            for one in &decisions {
                note(analysis, one, met);
            }
            let nothing_answers = decisions.is_empty() && rests_on_unread(analysis, None);
            if nothing_answers || decisions.iter().any(|one| rests_on_unread(analysis, Some(one))) {
                return Verdict::Unknown(Undetermined::UnreadableRoutes);
            }
            // Of several Gateways those answer that have a rule for it.
            if decisions.iter().any(|one| one.row().is_some()) {
                decisions.retain(|one| one.row().is_some());
            } else {
                decisions.truncate(1);
            }
            let failed = match decisions.iter().position(|one| !test.expect.holds(analysis, Some(one))) {
                Some(at) => Some(decisions.swap_remove(at)),
                None if decisions.is_empty() && !test.expect.holds(analysis, None) => None,
                None => return Verdict::Pass,
            };
            Verdict::Fail(Box::new(Failed { request: request.clone(), decision: failed }))
        }
        Asks::All(region) => all(analysis, region, &test.expect, met),
    }
}

/// Whether what cannot be read may change an answer, or give one where there is none. What is only not in the input is
/// assumed to be there.
fn rests_on_unread(analysis: &Analysis, decision: Option<&Decision>) -> bool {
    let is_of_reading = |why: &Uncertainty| !matches!(why, Uncertainty::Unspecified(_) | Uncertainty::Engine(_));
    let rests = |decision: &Decision| {
        matches!(decision.outcome, Outcome::Unknown { .. }) || decision.unverified.iter().any(is_of_reading)
    };
    analysis.snapshot.coverage.forbidden && decision.is_none_or(rests)
}

fn all(analysis: &Analysis, region: &Region, expect: &Expect, met: &mut BTreeSet<RuleId>) -> Verdict {
    let mut failed = None;
    let mut unknown = None;
    let texts = expect.texts();
    let queries = texts.iter().any(|text| text.contains('?'));
    let coverage = &analysis.snapshot.coverage;
    if coverage.forbidden && TAKING.iter().any(|kind| !coverage.sees_all(kind)) {
        unknown = Some(Undetermined::UnreadableRoutes);
    }
    each_answer(analysis.router(), region, &expect.hosts(), &mut |answered| {
        let (request, decision) = match answered {
            Answered::Unknown(_, why) => {
                unknown.get_or_insert(why);
                return Then::Next;
            }
            Answered::Request(request, decision) => (request, decision.map(|decision| *decision)),
        };
        if let Some(decision) = &decision {
            note(analysis, decision, met);
        }
        if rests_on_unread(analysis, decision.as_ref()) {
            unknown.get_or_insert(Undetermined::UnreadableRoutes);
            return Then::Next;
        }
        if !expect.holds(analysis, decision.as_ref()) {
            failed = Some(Failed { request, decision });
            return Then::Stop;
        }
        let Some(decision) = decision.filter(|one| !texts.is_empty() && one.row().is_some()) else { return Then::Next };
        if queries {
            unknown.get_or_insert(Undetermined::DependsOnQuery);
        }
        if region.path.kind == PathKind::Exact {
            return Then::Next;
        }
        // What the backend receives, or a Location, may be another one for another path: those that lead to a text that
        // it is held against are asked one by one, and one stands for all others.
        let Some(leading) = leading_to(analysis, &decision, &texts) else {
            unknown.get_or_insert(Undetermined::DependsOnPath);
            return Then::Next;
        };
        let mut further: Vec<Elsewhere> = leading.iter().cloned().map(Elsewhere::On).collect();
        if !leading.is_empty() {
            further.push(Elsewhere::Off(leading));
        }
        Then::Also(further)
    });
    match (failed, unknown) {
        (Some(failed), _) => Verdict::Fail(Box::new(failed)),
        (None, Some(why)) => Verdict::Unknown(why),
        (None, None) => Verdict::Pass,
    }
}

/// The paths of requests that the same row decides and that may come to one of `texts`; all others come to none of them.
/// `None` where that is not known.
fn leading_to(analysis: &Analysis, decision: &Decision, texts: &[&str]) -> Option<Vec<Name>> {
    if !decision.branches.is_empty() || decision.policies.setting(PolicyField::UrlRewrite).is_some() {
        return None;
    }
    let hop = &analysis.tree.hops[decision.row()?.0 as usize];
    let modifier = match hop.own_action().map(AsRef::as_ref) {
        Some(Action::Forward(forward)) => forward.rewrite.path.as_ref(),
        Some(Action::Redirect(redirect)) => redirect.path.as_ref(),
        Some(Action::Respond(_)) | None => return Some(Vec::new()),
    };
    let mut paths: BTreeSet<Name> = BTreeSet::new();
    for (_, text) in texts.iter().map(|text| split_url(text)) {
        match modifier {
            Some(PathModifier::Full(full)) if !full.is_empty() => {}
            Some(PathModifier::Prefix(new)) if !new.is_empty() => {
                if hop.matcher.path.kind != PathKind::PathPrefix {
                    continue;
                }
                let matched = hop.matcher.path.value.trim_end_matches('/');
                // It is read as a regular expression.
                if new == "/" && regex_syntax::escape(matched) != matched {
                    return None;
                }
                // With and without a slash between, as engines join them in their ways.
                for new in [new.as_str(), new.trim_end_matches('/')] {
                    let Some(rest) = text.strip_prefix(new) else { continue };
                    paths.extend([format!("{matched}{rest}"), format!("{matched}/{rest}")].map(Name::from));
                }
                paths.extend([matched.to_owned(), format!("{matched}/")].map(Name::from));
            }
            _ => drop(paths.insert(text.into())),
        }
    }
    Some(paths.into_iter().filter(|path| path.starts_with('/')).collect())
}

/// The rules on the way to the row that decides.
fn note(analysis: &Analysis, decision: &Decision, met: &mut BTreeSet<RuleId>) {
    let rows =
        decision.row().into_iter().chain(decision.branches.iter().map(|branch| branch.node)).chain(decision.stopped());
    for row in rows {
        for hop in analysis.tree.chain(row) {
            let hop = &analysis.tree.hops[hop.0 as usize];
            met.insert((hop.route, hop.rule));
        }
    }
}

/// Every rule of every route.
pub fn rules(analysis: &Analysis) -> Vec<RuleId> {
    let routes = (0..).zip(&analysis.snapshot.routes);
    routes.flat_map(|(at, route)| (0..).zip(&route.rules).map(move |(rule, _)| (RouteId(at), rule))).collect()
}
