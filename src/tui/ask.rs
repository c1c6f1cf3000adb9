//! The URL bar: what is typed, what was typed before, and what the engine answers to it.

use tui_input::Input;

use crate::analysis::Analysis;
use crate::render::answer::{Advice, mend};
use crate::render::outline::{NodeRef, Outline};
use crate::resolve::{Fate, HopId};
use crate::router::{Decision, Outcome, Request, RequestError};

/// The methods that `m` goes through.
pub const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];

/// What is asked, and what the answer is.
#[derive(Debug, Default)]
pub struct Ask {
    /// The URL as typed.
    pub input: Input,
    /// The place in [`METHODS`].
    pub method: usize,
    /// The headers, as `Name: value`.
    pub headers: Vec<String>,
    /// What was asked before, the latest last.
    pub history: Vec<String>,
    /// Where in the history the bar stands.
    at: Option<usize>,
    /// What was typed before the history was looked into.
    draft: String,
    /// The answer.
    pub reply: Reply,
    /// Which of the answers is shown.
    pub shown: usize,
    /// What would have to change, for each of the answers.
    advice: Vec<Vec<Advice>>,
}

/// What came of what was typed.
#[derive(Debug, Default)]
pub enum Reply {
    /// Nothing was typed.
    #[default]
    Nothing,
    /// It is no request.
    Invalid(RequestError),
    /// One decision per Gateway that could see it.
    Answered(Box<Request>, Vec<Decision>),
}

impl Ask {
    /// The method asked with.
    pub fn method(&self) -> &'static str {
        METHODS[self.method % METHODS.len()]
    }

    /// The answer that is shown.
    pub fn decision(&self) -> Option<&Decision> {
        match &self.reply {
            Reply::Answered(_, decisions) => decisions.get(self.shown),
            _ => None,
        }
    }

    /// What would have to change for the shown answer to be a better one.
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

    /// How many answers there are.
    pub fn answers(&self) -> usize {
        match &self.reply {
            Reply::Answered(_, decisions) => decisions.len(),
            _ => 0,
        }
    }

    /// Another method, forwards or back.
    pub fn cycle_method(&mut self, forward: bool) {
        let step = if forward { 1 } else { METHODS.len() - 1 };
        self.method = (self.method + step) % METHODS.len();
    }

    /// A method written before the URL (`POST https://…`) is taken as the method. Returns whether one was.
    pub fn take_method(&mut self) -> bool {
        let Some((word, rest)) = self.input.value().split_once(' ') else { return false };
        let Some(at) = METHODS.iter().position(|method| *method == word) else { return false };
        let rest = rest.trim_start().to_owned();
        self.method = at;
        self.input = rest.into();
        true
    }

    /// Asks: parses what is typed and looks it up. What is shown stays on the same Gateway where that is possible.
    pub fn answer(&mut self, analysis: &Analysis) {
        let before = self.decision().map(|decision| decision.gateway);
        let text = self.input.value().trim();
        if text.is_empty() {
            self.reply = Reply::Nothing;
            self.shown = 0;
            return;
        }
        match self.parse(text) {
            Err(error) => self.reply = Reply::Invalid(error),
            Ok(request) => {
                let decisions = analysis.explain(&request, None);
                let same = before.and_then(|gateway| {
                    let best = decisions.iter().map(rank).min();
                    decisions.iter().position(|one| one.gateway == gateway && Some(rank(one)) == best)
                });
                self.shown = same.unwrap_or_else(|| {
                    (0..decisions.len()).min_by_key(|index| rank(&decisions[*index])).unwrap_or_default()
                });
                self.advice = decisions.iter().map(|one| mend(analysis, &request, one)).collect();
                self.reply = Reply::Answered(Box::new(request), decisions);
            }
        }
    }

    fn parse(&self, text: &str) -> Result<Request, RequestError> {
        let mut request = Request::parse(text)?.with_method(self.method())?;
        for header in &self.headers {
            request = request.with_header(header)?;
        }
        Ok(request)
    }

    /// Forgets the answer: what it is about is not shown any more. What is typed stays.
    pub fn forget(&mut self) {
        self.reply = Reply::Nothing;
        self.shown = 0;
        self.advice.clear();
    }

    /// Remembers what is typed.
    pub fn remember(&mut self) {
        let text = self.input.value().trim().to_owned();
        self.at = None;
        if text.is_empty() {
            return;
        }
        self.history.retain(|known| *known != text);
        self.history.push(text);
    }

    /// Replaces what is typed, keeping it in the history.
    pub fn replace(&mut self, text: &str) {
        self.remember();
        self.input = text.trim().to_owned().into();
    }

    /// Brings back what was asked before. Returns whether there was anything.
    pub fn earlier(&mut self) -> bool {
        let typed = self.input.value();
        let mut at = self.at.unwrap_or(self.history.len());
        while at > 0 {
            at -= 1;
            if self.history[at] != typed {
                if self.at.is_none() {
                    typed.clone_into(&mut self.draft);
                }
                self.at = Some(at);
                self.input = self.history[at].clone().into();
                return true;
            }
        }
        false
    }

    /// Goes back towards what was being typed. Returns whether there was anything.
    pub fn later(&mut self) -> bool {
        let Some(at) = self.at else { return false };
        if at + 1 < self.history.len() {
            self.at = Some(at + 1);
            self.input = self.history[at + 1].clone().into();
        } else {
            self.at = None;
            self.input = std::mem::take(&mut self.draft).into();
        }
        true
    }

    /// The text was edited by hand: the history starts from the end again.
    pub fn edited(&mut self) {
        self.at = None;
    }

    /// The path of the answer: the nodes from the Gateway to the one that decided, or as far as the request came.
    pub fn path(&self, outline: &Outline) -> Vec<NodeRef> {
        let Some(decision) = self.decision() else { return Vec::new() };
        let deciding = outline.deciding(decision);
        let reached = if decision.hop.is_none() { self.reached(outline, decision) } else { None };
        reached.or(deciding).map(|node| outline.ancestry(node)).unwrap_or_default()
    }

    /// The innermost rule that let a request pass which then reached nothing.
    fn reached(&self, outline: &Outline, decision: &Decision) -> Option<NodeRef> {
        let request = self.request()?;
        let analysis = outline.analysis();
        let hosts = outline.deciding(decision)?;
        let passes = |hop: &HopId| {
            matches!(outline.hop(*hop).fate, Fate::Delegates | Fate::Forks(_))
                && analysis.explain_hop(request, decision, *hop).because.contains("delegates")
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

/// Which answer to show first: the one that leads furthest.
fn rank(decision: &Decision) -> u8 {
    match decision.outcome {
        Outcome::Forward => 0,
        Outcome::Redirect => 1,
        Outcome::Respond => 2,
        Outcome::NotFound if decision.virtual_host.is_some() => 3,
        Outcome::NotFound => 4,
    }
}
