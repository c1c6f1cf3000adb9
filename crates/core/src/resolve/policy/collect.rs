//! Gathers the policies of a row from the places they are attached at, and says of every part what it comes to.

use std::sync::Arc;

use super::effective::{Applied, AttachedTo, FieldInForce, FieldState, InForce, Level};
use super::limits::{Limits, PolicySource};
use super::merge::{self, Merged, Part, Strategy};
use super::{Policies, Target};
use crate::model::{Filter, Name, PolicyField, Protocol, RouteKind};
use crate::resolve::settings::Engine;
use crate::resolve::{Action, Forward, GatewayNode, ListenerNode, RespondReason, RuleNodeId, Tree};
use crate::store::Snapshot;

impl Tree {
    /// What policies do to a row of a Gateway; `owner` is the listener to whom its virtual host belongs.
    pub fn in_force(
        &self,
        snapshot: &Snapshot,
        node: &GatewayNode,
        owner: Option<&ListenerNode>,
        hop: RuleNodeId,
    ) -> InForce {
        if node.dialect.engine != Engine::Kgateway {
            return InForce::default();
        }
        let chain = self.chain(hop);
        let action = self.hops[hop.0 as usize].action().map(AsRef::as_ref);
        let stands_for_all = |replaced: Option<RuleNodeId>| replaced == Some(hop);
        let replaced = stands_for_all(node.replaced) || node.listeners.iter().any(|one| stands_for_all(one.replaced));
        let limits = match action {
            Some(Action::Forward(_)) => Limits::of_rules(snapshot, self, &chain),
            _ => Limits::default(),
        };
        let filters = Filtering::of(snapshot, self, &chain);
        let Some(policies) = &self.policies else {
            return InForce { applied: Vec::new(), limits, cors_filter: filters.cors };
        };
        let mut gathering = Gathering { policies, applied: Vec::new(), places: Vec::new() };
        if !replaced {
            gathering.of_rules(snapshot, self, &chain);
        }
        gathering.of_gateway(node, owner);
        let row = Row { action, filters, replaced };
        gathering.settle(&row, limits)
    }
}

/// The policies of a row while they are gathered, and what each place of Envoy's configuration comes to.
struct Gathering<'p> {
    policies: &'p Policies,
    applied: Vec<Applied>,
    places: Vec<(Level, Merged)>,
}

/// What a row does, as far as policies depend on it.
struct Row<'a> {
    action: Option<&'a Action>,
    filters: Filtering,
    /// Nothing of a whole virtual host is left.
    replaced: bool,
}

/// The rules whose filters do to a row what policies do as well: those come first.
#[derive(Default)]
struct Filtering {
    path: Option<PolicySource>,
    host: Option<PolicySource>,
    cors: Option<PolicySource>,
}

impl Filtering {
    fn of(snapshot: &Snapshot, tree: &Tree, chain: &[RuleNodeId]) -> Self {
        let mut found = Self::default();
        for hop in chain.iter().rev().map(|hop| &tree.hops[hop.0 as usize]) {
            let route = snapshot.route(hop.route);
            let filters = route.rules.get(hop.rule as usize).map_or(&[][..], |rule| &rule.filters);
            for filter in filters {
                let giver = || PolicySource::Rule { kind: route.kind, route: route.meta.key(), rule: hop.rule };
                match filter {
                    Filter::Rewrite(rewrite) => {
                        if rewrite.path.is_some() {
                            found.path.get_or_insert_with(giver);
                        }
                        if rewrite.hostname.is_some() {
                            found.host.get_or_insert_with(giver);
                        }
                    }
                    Filter::Cors(_) => {
                        found.cors.get_or_insert_with(giver);
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// What a place's part comes to among those of all places.
struct MergedPart {
    state: FieldState,
    by: Vec<PolicySource>,
    why: Option<&'static str>,
}

impl MergedPart {
    fn counts() -> Self {
        Self { state: FieldState::InForce, by: Vec::new(), why: None }
    }

    fn lost(by: Vec<PolicySource>) -> Self {
        Self { state: FieldState::Overridden, by, why: None }
    }

    fn idle(why: &'static str) -> Self {
        Self { state: FieldState::Idle, by: Vec::new(), why: Some(why) }
    }
}

impl Gathering<'_> {
    /// Those of the rules on the way, from the row's own up.
    fn of_rules(&mut self, snapshot: &Snapshot, tree: &Tree, chain: &[RuleNodeId]) {
        let mut place = Merged::new();
        for hop in chain.iter().rev().map(|hop| &tree.hops[hop.0 as usize]) {
            let route = snapshot.route(hop.route);
            let Some(rule) = route.rules.get(hop.rule as usize) else { continue };
            let (kind, target, first) = (route.kind, Target::Route(route.kind), self.applied.len());
            let key = route.meta.key();
            for policy in self.policies.named_by(route, rule) {
                self.attach(policy, AttachedTo::Filter { kind, route: key.clone(), rule: hop.rule }, Level::Route);
            }
            if let Some(name) = rule.name.as_ref().filter(|name| !name.is_empty()) {
                for policy in self.policies.targeting(target, &route.meta, Some(name)) {
                    self.attach(policy, AttachedTo::Rule { kind, route: key.clone(), rule: hop.rule }, Level::Route);
                }
            }
            for policy in self.policies.targeting(target, &route.meta, None) {
                self.attach(policy, AttachedTo::Route { kind, route: key.clone() }, Level::Route);
            }
            // A GRPCRoute hands nothing down.
            let strategy = if kind == RouteKind::Http { Strategy::of(route) } else { Strategy::Keep };
            for (field, part) in self.siblings(first) {
                merge::add(&mut place, field, &part, strategy);
            }
        }
        self.places.push((Level::Route, place));
    }

    /// Those of the Gateway and of the listener to whom the virtual host belongs.
    fn of_gateway(&mut self, node: &GatewayNode, owner: Option<&ListenerNode>) {
        let gateway = &node.gateway.meta;
        let mut level = Level::VirtualHost;
        if let Some(owner) = owner {
            let written = owner.listener(&node.gateway);
            // An HTTPS listener has a configuration of its own.
            if written.protocol != Protocol::Http {
                level = Level::RouteConfiguration;
            }
            let name = &written.name;
            match &owner.set {
                None => {
                    for policy in self.policies.targeting(Target::Gateway, gateway, Some(name)) {
                        let to = AttachedTo::Listener { gateway: gateway.key(), listener: name.clone() };
                        self.attach(policy, to, level);
                    }
                }
                Some(set) => {
                    for policy in self.policies.targeting(Target::ListenerSet, &set.meta, Some(name)) {
                        let to = AttachedTo::SetListener { set: set.meta.key(), listener: name.clone() };
                        self.attach(policy, to, level);
                    }
                    for policy in self.policies.targeting(Target::ListenerSet, &set.meta, None) {
                        self.attach(policy, AttachedTo::ListenerSet { set: set.meta.key() }, level);
                    }
                }
            }
        }
        let of_level = |applied: &[Applied], level| applied.iter().position(|one| one.level == level);
        if level == Level::VirtualHost {
            let first = of_level(&self.applied, level).unwrap_or(self.applied.len());
            let place = self.siblings(first);
            self.places.push((level, place));
        }
        for policy in self.policies.targeting(Target::Gateway, gateway, None) {
            self.attach(policy, AttachedTo::Gateway { gateway: gateway.key() }, Level::RouteConfiguration);
        }
        let first = of_level(&self.applied, Level::RouteConfiguration).unwrap_or(self.applied.len());
        let place = self.siblings(first);
        self.places.push((Level::RouteConfiguration, place));
    }

    fn attach(&mut self, policy: usize, to: AttachedTo, level: Level) {
        let verdict = &self.policies.verdicts[policy];
        let broken = verdict.error.as_ref().map(|(_, why)| why.clone());
        self.applied.push(Applied { policy: Arc::clone(&verdict.policy), to, level, broken, fields: Vec::new() });
    }

    /// What the policies from `first` on, which share a target, come to: nothing when one of them cannot be built.
    fn siblings(&self, first: usize) -> Merged {
        let mut merged = Merged::new();
        if self.applied[first..].iter().any(|one| one.broken.is_some()) {
            return merged;
        }
        for (number, one) in self.applied.iter().enumerate().skip(first) {
            for setting in &one.policy.settings {
                let part = Part::of(setting, &one.policy.meta.namespace, number);
                merge::add_sibling(&mut merged, setting.field, &part, self.policies.merge);
            }
        }
        merged
    }

    /// Says of every part what it comes to.
    fn settle(mut self, row: &Row<'_>, mut limits: Limits) -> InForce {
        for field in PolicyField::all() {
            let places: Vec<(Level, Part)> =
                self.places.iter().filter_map(|(level, place)| Some((*level, place.get(&field)?.clone()))).collect();
            let standings = self.standings(field, &places, row, &mut limits);
            for number in 0..self.applied.len() {
                let one = &self.applied[number];
                if one.setting(field).is_none() {
                    continue;
                }
                let at = places.iter().position(|(level, _)| *level == one.level);
                let found = match at.map(|at| (&places[at].1, &standings[at])) {
                    _ if one.broken.is_some() => (MergedPart::idle("it cannot be built"), false),
                    None => (MergedPart::idle("a policy beside it cannot be built"), false),
                    Some((part, standing)) if part.from.contains(&number) => {
                        let others: Vec<usize> = part.from.iter().copied().filter(|other| *other != number).collect();
                        let mut by = standing.by.clone();
                        let mut state = standing.state;
                        if state.counts() && !others.is_empty() {
                            state = FieldState::Merged;
                            by.splice(0..0, self.givers(&others));
                        }
                        (MergedPart { state, by, why: standing.why }, true)
                    }
                    Some((part, _)) => (MergedPart::lost(self.givers(&part.from)), false),
                };
                let (MergedPart { state, by, why }, given) = found;
                self.applied[number].fields.push(FieldInForce { field, state, by, why, given });
            }
        }
        InForce { applied: self.applied, limits, cors_filter: row.filters.cors.clone() }
    }

    fn givers(&self, numbers: &[usize]) -> Vec<PolicySource> {
        let mut givers: Vec<PolicySource> = Vec::with_capacity(numbers.len());
        for number in numbers {
            let giver = self.giver(*number);
            if !givers.contains(&giver) {
                givers.push(giver);
            }
        }
        givers
    }

    fn giver(&self, number: usize) -> PolicySource {
        PolicySource::Policy(self.applied[number].policy.meta.key())
    }

    /// What the part of each place comes to, the most specific place first.
    fn standings(
        &self,
        field: PolicyField,
        places: &[(Level, Part)],
        row: &Row<'_>,
        limits: &mut Limits,
    ) -> Vec<MergedPart> {
        use PolicyField as F;
        let acts_on_route = matches!(
            field,
            F::Timeouts
                | F::Retry
                | F::UrlRewrite
                | F::AutoHostRewrite
                | F::RequestMirror
                | F::InternalRedirect
                | F::Tracing
        );
        let forward = match row.action {
            Some(Action::Forward(forward)) => Some(forward),
            _ => None,
        };
        let answered =
            matches!(row.action, Some(Action::Respond(respond)) if respond.reason != RespondReason::DirectResponse);
        let mut standings: Vec<MergedPart> = Vec::with_capacity(places.len());
        for (at, (level, part)) in places.iter().enumerate() {
            let before = &places[..at];
            let standing = if row.replaced {
                MergedPart::idle("the engine put a 500 in place of the routes")
            } else if answered && (*level == Level::Route || acts_on_route) {
                MergedPart::idle("the engine put a 500 in place of the rule")
            } else if acts_on_route {
                match forward {
                    None => MergedPart::idle("the rule forwards nothing"),
                    Some(forward) => self.of_route(field, part, before, places, forward, row, limits),
                }
            } else {
                match &row.filters.cors {
                    // What a filter of a rule wrote is not written over (`envoyRoutes`).
                    Some(filter) if field == F::Cors => MergedPart::lost(vec![filter.clone()]),
                    _ => self.of_filter(field, *level, part, places, at),
                }
            };
            standings.push(standing);
        }
        // What acts from several places is merged.
        let acting: Vec<usize> = (0..places.len()).filter(|at| standings[*at].state == FieldState::InForce).collect();
        if acting.len() > 1 {
            for at in &acting {
                let others = acting.iter().filter(|other| *other != at).flat_map(|other| places[*other].1.from.clone());
                let others: Vec<usize> = others.collect();
                standings[*at].state = FieldState::Merged;
                standings[*at].by = self.givers(&others);
            }
        }
        standings
    }

    /// Parts that become fields of the route: one is set where none is set yet.
    #[allow(clippy::too_many_arguments)]
    fn of_route(
        &self,
        field: PolicyField,
        part: &Part,
        before: &[(Level, Part)],
        places: &[(Level, Part)],
        forward: &Forward,
        row: &Row<'_>,
        limits: &mut Limits,
    ) -> MergedPart {
        let first = part.from.first().copied();
        let Some((number, setting)) = first.and_then(|at| Some((at, self.applied[at].setting(field)?))) else {
            return MergedPart::idle("it sets nothing");
        };
        match field {
            PolicyField::Timeouts => {
                let (counts, lost) = limits.add_timeouts(setting, &self.giver(number));
                match (counts, lost.is_empty()) {
                    (true, true) => MergedPart::counts(),
                    (true, false) => MergedPart { state: FieldState::Merged, by: lost, why: None },
                    (false, false) => MergedPart::lost(lost),
                    (false, true) => MergedPart::idle("it sets nothing"),
                }
            }
            PolicyField::Retry => match limits.add_retries(setting, &self.giver(number)) {
                None => MergedPart::counts(),
                Some(by) => MergedPart::lost(vec![by]),
            },
            // The rule's own filters come first.
            PolicyField::UrlRewrite if forward.rewrite.path.is_some() => {
                MergedPart::lost(row.filters.path.iter().cloned().collect())
            }
            PolicyField::AutoHostRewrite if forward.rewrite.host.is_some() => {
                MergedPart::lost(row.filters.host.iter().cloned().collect())
            }
            // Here the last one to be set counts (`handleRouteTracing`).
            PolicyField::Tracing => match places[before.len() + 1..].last() {
                Some((_, last)) => MergedPart::lost(self.givers(&last.from)),
                None => MergedPart::counts(),
            },
            _ => before.first().map_or_else(MergedPart::counts, |(_, part)| MergedPart::lost(self.givers(&part.from))),
        }
    }

    /// Parts that become filters.
    fn of_filter(
        &self,
        field: PolicyField,
        level: Level,
        part: &Part,
        places: &[(Level, Part)],
        at: usize,
    ) -> MergedPart {
        use PolicyField as F;
        let before = &places[..at];
        match field {
            F::StatPrefix if level != Level::Route => MergedPart::idle("only a policy of a route sets it"),
            // Envoy's `header_mutation` runs what stands at every place, the most specific first.
            F::HeaderModifiers => MergedPart::counts(),
            // What turns a check off at one place turns it off at all (`handleExtAuth`: a filter before all others).
            F::ExtAuth | F::ExtProc | F::Jwt if places.iter().any(|(_, part)| part.off) => {
                let off = places.iter().filter(|(_, part)| part.off).flat_map(|(_, part)| part.from.clone());
                if part.off { MergedPart::counts() } else { MergedPart::lost(self.givers(&off.collect::<Vec<_>>())) }
            }
            F::Cors if part.keys.is_empty() && !part.off => MergedPart::idle("it sets nothing"),
            // The most specific place says whether it is on; what that leaves out, the others say (Envoy
            // `source/extensions/filters/http/cors/cors_filter.cc`).
            F::Cors => {
                let before: Vec<&Part> =
                    before.iter().map(|(_, part)| part).filter(|part| part.off || !part.keys.is_empty()).collect();
                let known = |key: &Name| before.iter().any(|part| part.keys.contains(key));
                let off = before.first().is_some_and(|first| first.off);
                let counts = before.is_empty() || (!off && part.keys.iter().any(|key| !known(key)));
                let lost = || before.iter().flat_map(|part| part.from.clone()).collect::<Vec<_>>();
                if counts { MergedPart::counts() } else { MergedPart::lost(self.givers(&lost())) }
            }
            // A filter for each service and codec.
            F::ExtAuth | F::ExtProc | F::Jwt | F::OAuth2 | F::GlobalRateLimit | F::Compression | F::Decompression
                if !part.keys.is_empty() =>
            {
                let taken = |key: &Name| before.iter().find(|(_, part)| part.keys.contains(key));
                let mut lost: Vec<usize> = Vec::new();
                for key in &part.keys {
                    match taken(key) {
                        None => return MergedPart::counts(),
                        Some((_, part)) => lost.extend(&part.from),
                    }
                }
                MergedPart::lost(self.givers(&lost))
            }
            _ => before.first().map_or_else(MergedPart::counts, |(_, part)| MergedPart::lost(self.givers(&part.from))),
        }
    }
}
