//! Pinned questions, as a debugger has watch expressions: each is answered on every side, again whenever the world of
//! that side is another. An answer that changed is marked with what it was, until the person says that it was seen.
//! Only what is asked and what is known; the keys are the update's business, the drawing the view's.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::context_pane::PaneContent;
use super::url_bar::Question;
use super::words;
use routescope_core::router::{Decision, Request, RequestError};
use routescope_render::style::{Line, Role};

/// A pin, told apart from others by a number that no other has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinId(u64);

/// A question that is asked again and again.
#[derive(Debug)]
pub struct Pin {
    /// Which pin it is.
    pub id: PinId,
    /// What is asked.
    pub question: Question,
    request: Request,
}

/// The pins, in the order in which they were set.
#[derive(Debug, Default)]
pub struct Pins {
    all: Vec<Pin>,
    given: u64,
    changes: usize,
}

impl Pins {
    /// The pins, in the order in which they were set.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Pin> {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// A number that is another one after a pin was set or taken away.
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The pin of a question.
    pub fn of(&self, question: &Question) -> Option<PinId> {
        self.all.iter().find(|pin| pin.question == *question).map(|pin| pin.id)
    }

    /// A pin by its number.
    pub fn get(&self, id: PinId) -> Option<&Pin> {
        self.all.iter().find(|pin| pin.id == id)
    }

    /// Pins a question; why it cannot be asked otherwise.
    pub fn set(&mut self, question: Question) -> Result<(), RequestError> {
        let request = question.request()?;
        self.given += 1;
        self.changes += 1;
        self.all.push(Pin { id: PinId(self.given), question, request });
        Ok(())
    }

    /// Takes a pin away.
    pub fn remove(&mut self, id: PinId) {
        self.all.retain(|pin| pin.id != id);
        self.changes += 1;
    }
}

/// What one side answers to one pin, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The outcome as a glyph.
    pub glyph: &'static str,
    /// Whether it is good or bad news.
    pub role: Role,
    /// What the client gets. Two answers that say the same here are the same answer.
    pub gets: Line,
    /// Which rule decided, and whether that is certain.
    pub by: Line,
}

impl Short {
    fn of(pin: &Pin, world: &PaneContent) -> Self {
        let decisions = world.analysis.decide(&pin.request, pin.question.gateway.as_ref());
        if let Some(decision) = decisions.first() {
            return Self::of_decision(pin, world, decision);
        }
        let by = match &pin.question.gateway {
            Some(gateway) => format!("Gateway {gateway} does not see it"),
            None => "no Gateway sees it".to_owned(),
        };
        let gets = Line::of(Role::Error, "no answer");
        Self { glyph: "✗", role: Role::Error, gets, by: Line::of(Role::Dim, by) }
    }

    fn of_decision(pin: &Pin, world: &PaneContent, decision: &Decision) -> Self {
        let (glyph, role) = words::outcome_glyph(decision);
        let mut gets = words::in_short(decision);
        if let Some(upstream) = decision.outcome.upstream().filter(|_| words::is_rewritten(&pin.request, decision)) {
            gets.push(Role::Dim, " as ");
            gets.push(Role::Host, upstream.host.clone());
            gets.push(Role::Rule, upstream.path.clone());
        }
        let mut by = words::decider(world, decision);
        if !decision.unverified.is_empty() {
            by.push(Role::Warning, " ?");
        }
        Self { glyph, role, gets, by }
    }
}

/// What is known of one pin on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedAnswer {
    /// The present answer.
    pub is: Short,
    /// The answer before, while nobody has seen yet that it changed.
    pub was: Option<PreviousAnswer>,
    /// What the client got when the person last looked.
    seen: Line,
}

impl PinnedAnswer {
    fn new(is: Short) -> Self {
        Self { seen: is.gets.clone(), is, was: None }
    }

    /// Takes in another answer. What was seen last tells more than what there was for a moment in between; an answer
    /// that is back at it was something else for a while.
    fn turn(&mut self, is: Short, now: SystemTime) -> Line {
        let before = std::mem::replace(&mut self.is, is).gets;
        let is_back = self.seen.plain() == self.is.gets.plain();
        let gets = if is_back { before.clone() } else { self.seen.clone() };
        self.was = Some(PreviousAnswer { gets, since: now });
        before
    }
}

/// An answer that is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousAnswer {
    /// What the client got.
    pub gets: Line,
    /// When that changed.
    pub since: SystemTime,
}

/// What is known of the pins on one side.
#[derive(Debug, Default)]
pub struct Standings(BTreeMap<PinId, PinnedAnswer>);

/// An answer that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// To which question.
    pub question: Question,
    /// What the client got.
    pub was: Line,
    /// What it gets.
    pub is: Short,
}

impl Standings {
    /// What is known of a pin.
    pub fn of(&self, id: PinId) -> Option<&PinnedAnswer> {
        self.0.get(&id)
    }

    /// Forgets a pin.
    pub fn forget(&mut self, id: PinId) {
        self.0.remove(&id);
    }

    /// How many answers changed and were not seen yet.
    pub fn changed(&self) -> usize {
        self.0.values().filter(|standing| standing.was.is_some()).count()
    }

    /// Asks every pin. Where `is_news` does not hold, the world is only not known yet: then another answer is not a change.
    pub fn answer(&mut self, pins: &Pins, world: &PaneContent, now: SystemTime, is_news: bool) -> Vec<Turned> {
        let mut turned = Vec::new();
        self.0.retain(|id, _| pins.get(*id).is_some());
        for pin in pins.iter() {
            let is = Short::of(pin, world);
            let Some(known) = self.0.get_mut(&pin.id) else {
                self.0.insert(pin.id, PinnedAnswer::new(is));
                continue;
            };
            if known.is.gets.plain() == is.gets.plain() {
                known.is = is;
            } else if is_news {
                let was = known.turn(is, now);
                turned.push(Turned { question: pin.question.clone(), was, is: known.is.clone() });
            } else {
                let was = known.was.take();
                *known = PinnedAnswer { was, ..PinnedAnswer::new(is) };
            }
        }
        turned
    }

    /// What changed was seen: of one pin, or of all. Returns whether anything was marked.
    pub fn acknowledge(&mut self, only: Option<PinId>) -> bool {
        let marked = self.0.iter_mut().filter(|(id, _)| only.is_none_or(|only| only == **id));
        let see = |standing: &mut PinnedAnswer| {
            standing.seen = standing.is.gets.clone();
            standing.was.take().is_some()
        };
        marked.map(|(_, standing)| see(standing)).fold(false, |any, was| any | was)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use routescope_core::model::ObjectKey;
    use routescope_core::resolve::Settings;
    use routescope_core::store::Coverage;
    use routescope_render::scope::Scope;

    const SHOP: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
  parentRefs: [{name: web, namespace: infra}]
  rules:
  - matches: [{path: {value: /orders}}]
    backendRefs: [{name: v1, port: 80}]
";

    fn world(text: &str) -> PaneContent {
        let analysis = routescope_manifest::analyse_text(text, Coverage::open(), Settings::default());
        PaneContent::within(Arc::new(analysis), &Scope::default())
    }

    fn pinned(url: &str) -> Pins {
        let mut pins = Pins::default();
        let question = Question { method: "GET", url: url.to_owned(), headers: Vec::new(), gateway: None };
        pins.set(question).expect("a request");
        pins
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)
    }

    /// What the worlds answer one after the other, and what the mark says after the last.
    #[track_caller]
    fn turns(worlds: &[&str], expected: &[&str], was: Option<(&str, u64)>) {
        let pins = pinned("http://a.io/orders/1");
        let mut standings = Standings::default();
        let mut said = Vec::new();
        for (second, text) in (0..).zip(worlds) {
            for Turned { was, is, .. } in standings.answer(&pins, &world(text), at(second), true) {
                said.push(format!("{} → {}", was.plain(), is.gets.plain()));
            }
        }
        assert_eq!(said, expected);
        let id = pins.iter().next().expect("the pin").id;
        let mark = standings.of(id).and_then(|standing| standing.was.as_ref());
        let mark = mark.map(|PreviousAnswer { gets, since }| (gets.plain(), *since));
        assert_eq!(mark, was.map(|(gets, second)| (gets.to_owned(), at(second))));
    }

    #[test]
    fn an_answer_that_changes_is_marked_with_the_one_before() {
        let v2 = SHOP.replace("name: v1", "name: v2");
        turns(&[SHOP, SHOP, &v2, &v2], &["shop/v1:80 → shop/v2:80"], Some(("shop/v1:80", 2)));
    }

    #[test]
    fn there_and_back_again_are_two_changes() {
        let v2 = SHOP.replace("name: v1", "name: v2");
        let said = ["shop/v1:80 → shop/v2:80", "shop/v2:80 → shop/v1:80"];
        turns(&[SHOP, &v2, SHOP], &said, Some(("shop/v2:80", 2)));
    }

    #[test]
    fn what_was_there_for_a_moment_is_told_by_neither_side_of_the_mark() {
        let (v2, v3) = (SHOP.replace("name: v1", "name: v2"), SHOP.replace("name: v1", "name: v3"));
        let said = ["shop/v1:80 → shop/v2:80", "shop/v2:80 → shop/v3:80"];
        turns(&[SHOP, &v2, &v3], &said, Some(("shop/v1:80", 2)));
    }

    #[test]
    fn another_rule_that_does_the_same_is_no_change() {
        let rule = "  - matches: [{path: {value: /first}}]\n    backendRefs: [{name: v1, port: 80}]\n";
        turns(&[SHOP, &SHOP.replace("  rules:\n", &format!("  rules:\n{rule}"))], &[], None);
    }

    #[test]
    fn what_the_client_gets_from_the_gateway_is_told_by_its_status() {
        let gone = SHOP.replace("/orders", "/carts");
        turns(&[SHOP, &gone], &["shop/v1:80 → 404 from the gateway"], Some(("shop/v1:80", 1)));
    }

    #[test]
    fn another_path_for_the_backend_is_another_answer() {
        let rewrite = "    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /v2}}}]\n";
        let rewritten = format!("{SHOP}{rewrite}");
        let said = "shop/v1:80 → shop/v1:80 as a.io/v2/1";
        turns(&[SHOP, &rewritten], &[said], Some(("shop/v1:80", 1)));
    }

    #[test]
    fn what_is_not_known_yet_is_no_news() {
        let (pins, mut standings) = (pinned("http://a.io/orders/1"), Standings::default());
        assert!(standings.answer(&pins, &world(&SHOP.replace("/orders", "/x")), at(0), false).is_empty());
        assert!(standings.answer(&pins, &world(SHOP), at(1), false).is_empty());
        assert_eq!(standings.changed(), 0);
    }

    #[test]
    fn what_was_seen_is_marked_no_more() {
        let (pins, mut standings) = (pinned("http://a.io/orders/1"), Standings::default());
        standings.answer(&pins, &world(SHOP), at(0), true);
        standings.answer(&pins, &world(&SHOP.replace("name: v1", "name: v2")), at(1), true);
        assert_eq!(standings.changed(), 1);
        assert!(standings.acknowledge(None));
        assert!(!standings.acknowledge(None) && standings.changed() == 0);
    }

    #[test]
    fn a_question_names_its_gateway_and_a_gateway_that_is_gone_does_not_answer() {
        let mut pins = Pins::default();
        let gateway = Some(ObjectKey::new("infra", "web"));
        let question = Question {
            method: "POST",
            url: "http://a.io/orders".to_owned(),
            headers: vec!["x: y".to_owned()],
            gateway,
        };
        assert_eq!(question.line().plain(), "POST http://a.io/orders +1 header on infra/web");
        pins.set(question).expect("a request");
        let mut standings = Standings::default();
        standings.answer(&pins, &world(SHOP), at(0), true);
        let turned = standings.answer(&pins, &world(&SHOP.replace("name: web", "name: other")), at(1), true);
        assert_eq!(turned[0].is.gets.plain(), "no answer");
        assert_eq!(turned[0].is.by.plain(), "Gateway infra/web does not see it");
    }
}
