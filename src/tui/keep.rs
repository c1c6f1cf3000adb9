//! What of the explorer is kept between runs, and the thread that writes it: the task that draws touches no file.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::panes::Edge;
use super::state::State;
use super::url_bar::{METHODS, Question};
use crate::config::AUTO;
use crate::kept::{self, Asked, Chosen, Kept, Look, Store};
use routescope_core::model::ObjectKey;

/// What tells that there is something else to keep, without making it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    asked: usize,
    pins: usize,
    theme: usize,
    panes: [Option<u16>; Edge::ALL.len()],
}

impl Mark {
    /// How it is now; `None` while something is only tried on: a theme in the list, an edge in the hand.
    pub fn of(state: &State) -> Option<Self> {
        let settled = state.window.is_none() && state.panes.held.is_none();
        settled.then(|| Self {
            asked: state.ask.turns(),
            pins: state.pins.changes(),
            theme: state.theme,
            panes: Edge::ALL.map(|edge| state.panes.share(edge)),
        })
    }
}

/// What is kept, while something is.
#[derive(Debug, Clone, Default)]
pub struct Keeping {
    /// As it was when it was last kept.
    pub mark: Mark,
    /// The theme that was chosen, in this run or before.
    pub theme: Option<Chosen>,
    /// The theme that the run began with.
    pub first_theme: usize,
    /// What `config.toml` says of the theme.
    pub configured: Option<String>,
}

/// What is to be kept if something changed; `None` otherwise.
pub fn changed(state: &mut State) -> Option<Kept> {
    let mark = Mark::of(state)?;
    let keeping = state.keeping.as_mut().filter(|keeping| keeping.mark != mark)?;
    keeping.mark = mark;
    Some(of(state))
}

/// What is to be kept.
pub fn of(state: &State) -> Kept {
    let keeping = state.keeping.clone().unwrap_or_default();
    let theme = if state.theme == keeping.first_theme {
        keeping.theme
    } else {
        let instead_of = keeping.configured.unwrap_or_else(|| AUTO.to_owned());
        Some(Chosen { name: state.theme().name.clone(), instead_of })
    };
    let shares = Edge::ALL.iter().filter_map(|edge| Some((edge.name().to_owned(), state.panes.share(*edge)?)));
    let asked = state.ask.of_this_run().iter().filter(|question| question.request().is_ok());
    let latest = |questions: Vec<kept::Question>| {
        let mut once: Vec<kept::Question> = Vec::new();
        for question in questions.into_iter().rev() {
            if once.len() < kept::QUESTIONS_AT_MOST && !once.contains(&question) {
                once.push(question);
            }
        }
        once.reverse();
        once
    };
    Kept {
        asked: Asked {
            questions: latest(asked.filter_map(without_secrets).collect()),
            pins: state.pins.iter().filter_map(|pin| without_secrets(&pin.question)).collect(),
        },
        look: Look { theme, panes: shares.collect() },
    }
}

fn without_secrets(question: &Question) -> Option<kept::Question> {
    let gateway = question.gateway.as_ref().map(ToString::to_string);
    kept::Question::new(question.method, &question.url, &question.headers, gateway)
}

/// A question that was kept; `None` where it is none of today's.
fn question(kept: &kept::Question) -> Option<Question> {
    let gateway = match kept.gateway().map(|name| name.split_once('/')) {
        None => None,
        Some(Some((namespace, name))) => Some(ObjectKey::new(namespace, name)),
        Some(None) => return None,
    };
    let method = METHODS.iter().find(|method| **method == kept.method())?;
    let question = Question { method, url: kept.url().to_owned(), headers: kept.headers().to_vec(), gateway };
    question.request().is_ok().then_some(question)
}

/// Whether a header lost its value when it was kept.
pub fn lost_its_value(header: &str) -> bool {
    header.split_once(':').is_some_and(|(name, value)| value.trim().is_empty() && kept::is_secret(name))
}

/// Takes up what was kept. Returns what there is to say.
pub fn restore(state: &mut State, kept: &Kept, configured: Option<String>) -> Option<String> {
    state.ask.recall(kept.asked.questions.iter().filter_map(question).collect());
    for pin in kept.asked.pins.iter().filter_map(question) {
        // What can be asked can be pinned.
        let _ = state.pins.set(pin);
    }
    for edge in Edge::ALL {
        state.panes.set(edge, kept.look.panes.get(edge.name()).copied());
    }
    let (theme, first_theme) = (kept.look.theme.clone(), state.theme);
    state.keeping = Some(Keeping { mark: Mark::default(), theme, first_theme, configured });
    let mark = Mark::of(state).unwrap_or_default();
    if let Some(keeping) = &mut state.keeping {
        keeping.mark = mark;
    }
    let without = state.pins.iter().filter(|pin| pin.question.headers.iter().any(|header| lost_its_value(header)));
    match without.count() {
        0 => None,
        1 => Some("a pin is asked without the value of a header: secrets are not kept".to_owned()),
        several => Some(format!("{several} pins are asked without the values of headers: secrets are not kept")),
    }
}

/// Writes what is to be kept, beside everything else.
pub struct Keeper {
    sender: Sender<Kept>,
    ended: Receiver<()>,
}

/// How long leaving waits for the last write.
const PATIENCE: Duration = Duration::from_secs(2);

impl Keeper {
    /// Begins; `tell` is told why something cannot be written, and `None` once it can be again.
    pub fn start(mut store: Store, tell: impl Fn(Option<String>) + Send + 'static) -> Self {
        let (sender, receiver) = channel::<Kept>();
        let (ending, ended) = channel();
        std::thread::spawn(move || {
            let mut told = None;
            while let Ok(mut kept) = receiver.recv() {
                // Only the newest counts.
                while let Ok(newer) = receiver.try_recv() {
                    kept = newer;
                }
                let problem = store.write(kept).err();
                if problem != told {
                    tell(problem.clone());
                    told = problem;
                }
            }
            let _ = ending.send(());
        });
        Self { sender, ended }
    }

    /// Has this written, soon.
    pub fn keep(&self, kept: Kept) {
        // A thread that panicked writes nothing more; the panic is reported elsewhere.
        let _ = self.sender.send(kept);
    }

    /// Has this written, and waits until it is, but not long.
    pub fn end(self, kept: Kept) {
        self.keep(kept);
        let Self { sender, ended } = self;
        drop(sender);
        // A disk that does not answer is left to itself.
        let _ = ended.recv_timeout(PATIENCE);
    }
}
