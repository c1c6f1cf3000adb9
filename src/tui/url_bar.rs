//! The URL bar: what is typed, and what was typed before. What is answered to it is each side's [`Answer`](super::answer::Answer).

use tui_input::Input;

use super::paste::Pasted;
use routescope_core::model::ObjectKey;
use routescope_core::router::{Request, RequestError};
use routescope_render::phrases::count;
use routescope_render::style::{Line, Role};

/// The methods that `m` goes through.
pub const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];

/// A question, whole: it can be asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The method.
    pub method: &'static str,
    /// The URL as typed.
    pub url: String,
    /// The headers, as `Name: value`.
    pub headers: Vec<String>,
    /// The Gateway whose answer is meant; `None` for the one that leads furthest.
    pub gateway: Option<ObjectKey>,
}

impl Question {
    /// The request, or why it is none.
    pub fn request(&self) -> Result<Request, RequestError> {
        let mut request = Request::parse(&self.url)?.with_method(self.method)?;
        for header in &self.headers {
            request = request.with_header(header)?;
        }
        Ok(request)
    }

    /// `GET https://api.example.com/pay +1 header`.
    pub fn line(&self) -> Line {
        let mut line = Line::of(Role::Rule, format!("{} ", self.method)).with(Role::Text, self.url.clone());
        if !self.headers.is_empty() {
            line.push(Role::Matcher, format!(" +{}", count(self.headers.len(), "header")));
        }
        if let Some(gateway) = &self.gateway {
            line.push(Role::Dim, " on ");
            line.push(Role::Gateway, gateway.to_string());
        }
        line
    }
}

/// What is asked.
#[derive(Debug, Default)]
pub struct Ask {
    /// The URL as typed.
    pub input: Input,
    /// The place in [`METHODS`].
    pub method: usize,
    /// The headers, as `Name: value`.
    pub headers: Vec<String>,
    /// The whole URL is selected: the next letter starts a new one.
    pub selected: bool,
    /// What could follow what is typed: whole URLs, the first one shown behind the cursor.
    pub suggestions: Vec<String>,
    /// What was asked before a paste took its place.
    pub before_paste: Option<Question>,
    /// What was asked before, the latest last; the last so many in this run.
    history: Vec<Question>,
    in_this_run: usize,
    /// How often something new was asked.
    turns: usize,
    /// Where in the history the bar stands.
    at: Option<usize>,
    /// What was typed before the history was looked into.
    draft: Option<Question>,
}

impl Ask {
    /// The method asked with.
    pub fn method(&self) -> &'static str {
        METHODS[self.method % METHODS.len()]
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

    /// What is asked, of a Gateway where one is meant; `None` when nothing is typed.
    pub fn asked(&self, gateway: Option<ObjectKey>) -> Option<Question> {
        let url = self.input.value().trim().to_owned();
        let question = Question { method: self.method(), url, headers: self.headers.clone(), gateway };
        (!question.url.is_empty()).then_some(question)
    }

    /// The request that is typed, or why it is none; `None` when nothing is typed.
    pub fn question(&self) -> Option<Result<Request, RequestError>> {
        self.asked(None).map(|question| question.request())
    }

    /// The same, with another URL in the bar.
    pub fn fork(&self, url: &str) -> Self {
        let input = url.trim().to_owned().into();
        Self { input, method: self.method, headers: self.headers.clone(), ..Self::default() }
    }

    /// Asks this from now on; what was typed is kept in the history.
    pub fn put(&mut self, question: &Question) {
        let Question { method, url, headers, gateway: _ } = question;
        self.replace(url);
        self.method = METHODS.iter().position(|known| known == method).unwrap_or_default();
        self.headers.clone_from(headers);
    }

    /// Asks what was pasted. Headers that no client can send are left out. Returns how many were.
    pub fn take(&mut self, pasted: &Pasted) -> usize {
        self.before_paste = Some(self.standing());
        self.replace(&pasted.url);
        if pasted.notice().is_some() {
            self.method = 0;
            self.headers = pasted.headers.iter().filter(|header| Request::header(header).is_ok()).cloned().collect();
        }
        if let Some(at) = pasted.method.as_ref().and_then(|method| METHODS.iter().position(|known| known == method)) {
            self.method = at;
        }
        pasted.headers.len().saturating_sub(self.headers.len())
    }

    /// Asks again what was asked before the last paste. Returns whether there was a paste.
    pub fn undo_paste(&mut self) -> bool {
        let Some(question) = self.before_paste.take() else { return false };
        self.put(&question);
        true
    }

    /// What the first suggestion adds to what is typed; nothing to an empty bar that several hosts could follow.
    pub fn ghost(&self) -> Option<&str> {
        let typed = self.input.value();
        if typed.is_empty() && self.suggestions.len() > 1 {
            return None;
        }
        let at_the_end = self.input.cursor() == typed.chars().count();
        self.suggestions.first().filter(|_| at_the_end && !self.selected)?.get(typed.len()..)
    }

    /// Whether the bar is empty, and there are several hosts to begin with.
    pub fn has_hosts(&self) -> bool {
        self.input.value().is_empty() && self.suggestions.len() > 1
    }

    /// Takes the first suggestion. Returns whether there was one.
    pub fn accept(&mut self) -> bool {
        if self.ghost().is_none() {
            return false;
        }
        self.input = std::mem::take(&mut self.suggestions).swap_remove(0).into();
        self.edited();
        true
    }

    /// Empties the bar; what was typed is kept in the history.
    pub fn clear(&mut self) {
        self.remember();
        self.input = Input::default();
        self.selected = false;
    }

    /// Remembers what is typed.
    pub fn remember(&mut self) {
        self.at = None;
        let Some(question) = self.asked(None) else { return };
        if self.history.last() == Some(&question) && self.in_this_run > 0 {
            return;
        }
        if let Some(at) = self.history.iter().position(|known| *known == question) {
            if at >= self.history.len() - self.in_this_run {
                self.in_this_run -= 1;
            }
            self.history.remove(at);
        }
        self.history.push(question);
        self.in_this_run += 1;
        self.turns += 1;
    }

    /// What was asked in an earlier run, the latest last.
    pub fn recall(&mut self, earlier: Vec<Question>) {
        self.history.splice(0..0, earlier);
    }

    /// What was asked in this run, the latest last.
    pub fn of_this_run(&self) -> &[Question] {
        &self.history[self.history.len() - self.in_this_run..]
    }

    /// A number that is another one after something new was asked.
    pub fn turns(&self) -> usize {
        self.turns
    }

    /// Replaces what is typed, keeping it in the history.
    pub fn replace(&mut self, text: &str) {
        self.remember();
        self.input = text.trim().to_owned().into();
        self.selected = false;
    }

    /// What stands in the bar, be it nothing.
    fn standing(&self) -> Question {
        let url = self.input.value().to_owned();
        Question { method: self.method(), url, headers: self.headers.clone(), gateway: None }
    }

    /// Puts a question of the history into the bar.
    fn bring_back(&mut self, question: &Question) {
        self.input = question.url.clone().into();
        self.method = METHODS.iter().position(|known| *known == question.method).unwrap_or_default();
        self.headers.clone_from(&question.headers);
    }

    /// Whether something else was asked before.
    pub fn has_earlier(&self) -> bool {
        let typed = self.standing();
        self.history[..self.at.unwrap_or(self.history.len())].iter().any(|question| *question != typed)
    }

    /// Brings back what was asked before. Returns whether there was anything.
    pub fn earlier(&mut self) -> bool {
        let typed = self.standing();
        let mut at = self.at.unwrap_or(self.history.len());
        while at > 0 {
            at -= 1;
            if self.history[at] != typed {
                if self.at.is_none() {
                    self.draft = Some(typed);
                }
                self.at = Some(at);
                let question = self.history[at].clone();
                self.bring_back(&question);
                return true;
            }
        }
        false
    }

    /// Goes back towards what was being typed. Returns whether there was anything.
    pub fn later(&mut self) -> bool {
        let Some(at) = self.at else { return false };
        let next = if at + 1 < self.history.len() {
            self.at = Some(at + 1);
            self.history[at + 1].clone()
        } else {
            self.at = None;
            self.draft.take().unwrap_or_else(|| self.standing())
        };
        self.bring_back(&next);
        true
    }

    /// The text was edited by hand: the history starts from the end again.
    pub fn edited(&mut self) {
        self.at = None;
        self.before_paste = None;
    }
}
