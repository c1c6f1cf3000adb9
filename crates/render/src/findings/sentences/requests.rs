//! The sentences for sets of requests.

use routescope_core::finding::{Backend, RedirectLoop, RequestsProblem, Taker, TieBreak};

use super::rule_name;

/// How many rules that take the requests of another are named.
const NAMED: usize = 3;

pub(super) fn problem(what: &RequestsProblem) -> String {
    match what {
        RequestsProblem::Unreachable { rule, by, lost } => {
            let mut names: Vec<String> = Vec::new();
            for name in by.iter().map(taker) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let more = names.len().saturating_sub(NAMED);
            let list = names[..names.len() - more].join(", ");
            let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let verb = if names.len() > 1 { "take" } else { "takes" };
            let rule = rule + 1;
            format!("rule {rule} is never reached: {list}{and_more} {verb} all that it matches{}", without(lost))
        }
        RequestsProblem::Contradiction { rule, headers: [(first, one), (second, other)] } => format!(
            "rule {} is never reached: no request has both header {first}: {one} and header {second}: {other}",
            rule + 1
        ),
        RequestsProblem::Conflict { rule, winner, by, lost } => format!(
            "rule {} has the same match as {}, which wins: {}{}",
            rule + 1,
            rule_name(winner),
            tie_break(by),
            without(lost)
        ),
        RequestsProblem::BackendUnreached { backend: one, rules } => {
            let backend = backend(one);
            format!("{backend} gets no request: {rules} rules refer to it, and none is ever reached")
        }
        RequestsProblem::Overlap { rule, path, prefix, delegated_by, namespace } => format!(
            "rule {} takes {path}, below the prefix {prefix} that {} delegates to namespace {namespace}",
            rule + 1,
            rule_name(delegated_by)
        ),
        RequestsProblem::RedirectLoop(RedirectLoop::ToItself(url)) => format!("{url} is redirected to itself"),
        RequestsProblem::RedirectLoop(RedirectLoop::Long { redirects, url }) => {
            format!("after {redirects} redirects the client is at {url}, and is redirected again")
        }
        RequestsProblem::RedirectLoop(RedirectLoop::Circle(urls)) => {
            format!("it redirects in a circle: {}", urls.join(" → "))
        }
    }
}

fn taker(taker: &Taker) -> String {
    let older = if taker.is_older { ", which is older," } else { "" };
    format!("{}{older}", rule_name(&taker.rule))
}

fn tie_break(by: &TieBreak) -> String {
    match by {
        TieBreak::RouteWeight(weight) => format!("its route weight is {weight}"),
        TieBreak::Route { is_root, by_age, early, late } => {
            let what = if *is_root { "root route" } else { "route" };
            if *by_age {
                format!("{what} {early} is older than {late}")
            } else {
                format!("{what} {early} comes before {late} by name")
            }
        }
        TieBreak::WrittenFirst => "it is written first".to_owned(),
    }
}

/// The backends that get no request with a rule that gets none.
fn without(lost: &[Backend]) -> String {
    match lost {
        [] => String::new(),
        [one] => format!("; {} gets no request", backend(one)),
        [first, second] => format!("; {} and {} get no request", backend(first), backend(second)),
        [first, rest @ ..] => format!("; {} and {} more backends get no request", backend(first), rest.len()),
    }
}

fn backend(Backend { kind, key }: &Backend) -> String {
    format!("{kind} {key}")
}
