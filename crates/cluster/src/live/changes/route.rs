//! What a change of a route means, rule by rule.

use super::words;
use routescope_core::model::{Filter, Name, Route, Rule};

/// So many rules of a route that appears or goes are told.
const TOLD: usize = 8;

/// A route that appears or goes.
pub(super) fn told(route: &Route) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, rule) in route.rules.iter().enumerate().take(TOLD) {
        lines.push(format!("{}: {}", name(at, rule), sentence(rule, &route.meta.namespace)));
    }
    if route.rules.len() > TOLD {
        lines.push(format!("and {} more rules", route.rules.len() - TOLD));
    }
    lines
}

/// What differs between the essences of two routes.
pub(super) fn differences(old: &Route, new: &Route, lines: &mut Vec<String>) {
    let home = &new.meta.namespace;
    if old.hostnames != new.hostnames {
        let hosts = |route: &Route| {
            if route.hostnames.is_empty() { "none".to_owned() } else { route.hostnames.join(", ") }
        };
        lines.push(format!("now has hostnames {} (was {})", hosts(new), hosts(old)));
    }
    if old.parent_refs != new.parent_refs {
        let gone = old.parent_refs.iter().filter(|one| !new.parent_refs.contains(one));
        let added = new.parent_refs.iter().filter(|one| !old.parent_refs.contains(one));
        let before = lines.len();
        lines.extend(added.map(|parent| format!("parentRefs: {} is new", words::parent(parent, home))));
        lines.extend(gone.map(|parent| format!("parentRefs: {} is gone", words::parent(parent, home))));
        if lines.len() == before {
            lines.push("parentRefs are in another order".to_owned());
        }
    }
    let partners = partners(&old.rules, &new.rules);
    for (at, rule) in new.rules.iter().enumerate() {
        let name = name(at, rule);
        match partners[at].map(|was| &old.rules[was]) {
            None => lines.push(format!("{name} is new: {}", sentence(rule, home))),
            Some(was) => of_rule(&name, was, rule, home, lines),
        }
    }
    for (at, rule) in old.rules.iter().enumerate().filter(|(at, _)| !partners.contains(&Some(*at))) {
        lines.push(format!("{} is gone: {}", self::name(at, rule), sentence(rule, home)));
    }
    let order: Vec<usize> = partners.iter().flatten().copied().collect();
    if !order.is_sorted() {
        lines.push("the rules are in another order".to_owned());
    }
}

fn name(at: usize, rule: &Rule) -> String {
    match &rule.name {
        Some(name) => format!("rule {} ({name})", at + 1),
        None => format!("rule {}", at + 1),
    }
}

/// `PathPrefix /x → Service a/b:80`.
fn sentence(rule: &Rule, home: &Name) -> String {
    format!("{} → {}", matches(rule), own_action(rule, home))
}

fn matches(rule: &Rule) -> String {
    let all: Vec<String> = rule.matches.iter().map(|matcher| words::matcher(matcher)).collect();
    if all.is_empty() { "matches nothing by itself".to_owned() } else { all.join(" or ") }
}

/// What a rule does: its targets, or the filter that answers.
fn own_action(rule: &Rule, home: &Name) -> String {
    if !rule.backend_refs.is_empty() {
        return words::targets_of(&rule.backend_refs, home);
    }
    let answers = rule.filters.iter().find(|filter| matches!(filter, Filter::Redirect(_) | Filter::Extension { .. }));
    answers.map_or_else(|| "nothing".to_owned(), |filter| words::filter(filter, home))
}

/// For each new rule the old one that it was: by name, by what it matches, by what it does, by its place.
fn partners(old: &[Rule], new: &[Rule]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    let tests: [fn(&Rule, &Rule) -> bool; 4] = [
        |old, new| old == new,
        |old, new| new.name.is_some() && old.name == new.name,
        |old, new| old.matches == new.matches,
        |old, new| old.backend_refs == new.backend_refs && !new.backend_refs.is_empty() && old.filters == new.filters,
    ];
    for test in tests {
        // Mostly nothing moved: the rule at the same place is asked first.
        for at in 0..new.len() {
            if partners[at].is_some() {
                continue;
            }
            let same_place = Some(at).filter(|at| *at < old.len());
            let candidates = same_place.into_iter().chain(0..old.len());
            let found = candidates.into_iter().find(|was| !taken[*was] && test(&old[*was], &new[at]));
            if let Some(was) = found {
                partners[at] = Some(was);
                taken[was] = true;
            }
        }
    }
    if old.len() == new.len() {
        for at in 0..new.len() {
            if partners[at].is_none() && !taken[at] {
                partners[at] = Some(at);
                taken[at] = true;
            }
        }
    }
    partners
}

fn of_rule(name: &str, old: &Rule, new: &Rule, home: &Name, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    if old.matches != new.matches {
        lines.push(format!("{name} now matches {} (was {})", matches(new), matches(old)));
    }
    if old.backend_refs != new.backend_refs {
        let (was, is) = (words::targets_of(&old.backend_refs, home), words::targets_of(&new.backend_refs, home));
        if was == is {
            lines.push(format!("{name}: the weights or filters of its backends changed"));
        } else {
            lines.push(format!("{name} now goes to {is} (was {was})"));
        }
    }
    if old.filters != new.filters {
        let words = |rule: &Rule| rule.filters.iter().map(|one| words::filter(one, home)).collect::<Vec<_>>();
        let (was, is) = (words(old), words(new));
        if was == is {
            lines.push(format!("{name}: what its filters do changed ({})", is.join(", ")));
        } else {
            let said = |words: Vec<String>| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
            lines.push(format!("{name} now has filters {} (was {})", said(is), said(was)));
        }
    }
    let timeout = |timeout: &Option<Name>| timeout.clone().unwrap_or_else(|| "none".into());
    for (noun, was, is) in [
        ("timeout", &old.request_timeout, &new.request_timeout),
        ("backend timeout", &old.backend_request_timeout, &new.backend_request_timeout),
    ] {
        if was != is {
            lines.push(format!("{name}: {noun} {} → {}", timeout(was), timeout(is)));
        }
    }
    if old.retry != new.retry {
        lines.push(format!("{name}: its retries changed"));
    }
    if old.name != new.name {
        lines.push(format!("{name} has another name"));
    }
}
