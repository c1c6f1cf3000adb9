//! What a world answers to what stands in the URL bar.

use std::cmp::Reverse;

use routescope_core::model::ObjectKey;
use routescope_core::resolve::{MatchState, RuleNodeId};
use routescope_core::router::{Decision, OutcomeKind, Request, RequestError};
use routescope_render::answer::{Advice, suggest_fix};
use routescope_render::outline::{NodeRef, Outline};

/// The answer of one world, one decision of which is shown.
#[derive(Debug, Default)]
pub struct Answer {
    /// What came of what was typed.
    pub reply: Reply,
    /// What is typed could go on: that nothing takes it yet is not a fault.
    pub is_unfinished: bool,
    /// Which of the decisions is shown.
    pub shown: usize,
    /// What would have to change, for each of the decisions.
    advice: Vec<Vec<Advice>>,
    /// Whose the decisions are: a Gateway has another place in another world.
    gateways: Vec<ObjectKey>,
}

/// What came of what was typed.
#[derive(Debug, Default)]
pub enum Reply {
    /// Nothing was typed.
    #[default]
    Nothing,
    /// It is not a request.
    Invalid(RequestError),
    /// One decision per Gateway that could see it.
    Answered(Box<Request>, Vec<Decision>),
}

impl Answer {
    /// Whether the request is typed to its end as far as can be told, or goes somewhere as it is.
    pub fn is_settled(&self) -> bool {
        !self.is_unfinished || self.decision().is_none_or(|decision| decision.kind() != OutcomeKind::NotFound)
    }

    /// The decision that is shown.
    pub fn decision(&self) -> Option<&Decision> {
        match &self.reply {
            Reply::Answered(_, decisions) => decisions.get(self.shown),
            _ => None,
        }
    }

    /// What would have to change for the shown decision to be a better one.
    pub fn advice(&self) -> &[Advice] {
        self.advice.get(self.shown).map_or(&[], Vec::as_slice)
    }

    /// The request that was understood.
    pub fn request(&self) -> Option<&Request> {
        match &self.reply {
            Reply::Answered(request, _) => Some(request),
            _ => None,
        }
    }

    /// All decisions.
    pub fn decisions(&self) -> &[Decision] {
        match &self.reply {
            Reply::Answered(_, decisions) => decisions,
            _ => &[],
        }
    }

    /// How many decisions there are.
    pub fn count(&self) -> usize {
        self.decisions().len()
    }

    /// Answers a question. What is shown stays on the same Gateway where that is possible.
    pub fn ask(&mut self, question: Option<&Result<Request, RequestError>>, outline: &Outline) {
        let analysis = outline.analysis();
        let before = self.gateways.get(self.shown).cloned();
        match question {
            None => *self = Self::default(),
            Some(Err(error)) => self.reply = Reply::Invalid(error.clone()),
            Some(Ok(request)) => {
                let decisions = analysis.explain(request, None);
                let some_outside = decisions.iter().any(|decision| is_outside(outline, decision));
                // Those that serve the host most closely, whatever they answer.
                let rank = |decision: &Decision| {
                    let closeness = Reverse(analysis.router().closeness(decision, request));
                    (some_outside && serves_nobody(decision), is_outside(outline, decision), closeness)
                };
                let tables = &analysis.table.gateways;
                self.gateways = decisions.iter().map(|one| tables[one.gateway as usize].gateway.clone()).collect();
                let same = before.and_then(|gateway| {
                    let best = decisions.iter().map(rank).min();
                    (0..decisions.len()).find(|at| self.gateways[*at] == gateway && Some(rank(&decisions[*at])) == best)
                });
                self.shown = same.unwrap_or_else(|| {
                    (0..decisions.len()).min_by_key(|index| rank(&decisions[*index])).unwrap_or_default()
                });
                self.advice = decisions.iter().map(|one| suggest_fix(analysis, request, one)).collect();
                self.reply = Reply::Answered(Box::new(request.clone()), decisions);
            }
        }
    }

    /// Forgets the answer: what it is about is not shown any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// The path of the answer: the nodes from the Gateway to the one that decided, or as far as the request came.
    pub fn path(&self, outline: &Outline) -> Vec<NodeRef> {
        let Some(decision) = self.decision() else { return Vec::new() };
        let deciding = outline.deciding(decision);
        let reached = if decision.row().is_none() { self.reached(outline, decision) } else { None };
        reached.or(deciding).map(|node| outline.ancestry(node)).unwrap_or_default()
    }

    /// The innermost rule that let a request pass which then reached nothing.
    fn reached(&self, outline: &Outline, decision: &Decision) -> Option<NodeRef> {
        let request = self.request()?;
        let analysis = outline.analysis();
        let hosts = outline.deciding(decision)?;
        let passes = |hop: &RuleNodeId| {
            matches!(outline.hop(*hop).state, MatchState::Delegates | MatchState::WeightedDelegation(_))
                && analysis.explain_hop(request, decision, *hop).reason.delegates()
        };
        let chains = decision.considered.iter().map(|one| analysis.tree.chain(one.hop));
        let reached = chains.filter_map(|chain| {
            let depth = chain.iter().rposition(passes)?;
            Some((depth, chain[depth]))
        });
        let (_, hop) = reached.max_by_key(|(depth, _)| *depth)?;
        let root = analysis.tree.root_of(hop);
        let mut routes = outline.children(hosts).into_iter();
        routes.find_map(|node| match node {
            NodeRef::Route(slot) if outline.attached(slot).root == root => Some(NodeRef::Match(slot, hop)),
            _ => None,
        })
    }
}

/// Whether a decision is of a Gateway outside of the namespaces that are shown.
fn is_outside(outline: &Outline, decision: &Decision) -> bool {
    let gateway = outline.analysis().table.gateways.get(decision.gateway as usize);
    gateway.is_none_or(|table| !outline.keeps(NodeRef::Gateway(table.node)))
}

/// Whether a decision is of a Gateway that serves no such host.
fn serves_nobody(decision: &Decision) -> bool {
    decision.kind() == OutcomeKind::NotFound && decision.virtual_host.is_none()
}
