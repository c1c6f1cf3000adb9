//! The answers of several contexts, or of several roots, in one document that is written as they come.

use std::cell::Cell;
use std::io::Write;

use serde::ser::{Error, Serialize, SerializeMap, Serializer};

use routescope_core::visible::visible;
use routescope_render::data::{self, Each};

use super::answer::{self, Answer, OutputForm, Question, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::{Context, Verdict};

/// What stands side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Contexts of a kubeconfig.
    Contexts,
    /// Roots of a repository.
    Roots,
}

impl Beside {
    fn one(self) -> &'static str {
        match self {
            Self::Contexts => "context",
            Self::Roots => "root",
        }
    }

    fn many(self) -> &'static str {
        match self {
            Self::Contexts => "contexts",
            Self::Roots => "roots",
        }
    }
}

/// A context (or another source) that was asked.
pub struct Answered<'w> {
    /// Its name.
    pub name: &'w str,
    /// What it holds, or why it could not be read.
    pub world: Result<&'w LoadedSource, &'w Failure>,
}

/// Writes the answers of several contexts (or of one, which is written as files are), and gives the worst of their verdicts.
pub fn write(
    question: &impl Question,
    context: &Context,
    (answered, beside): (&[Answered<'_>], Beside),
    out: &mut dyn Write,
) -> Result<Verdict, Unwritten> {
    let shape = question.shape();
    if let [Answered { world, .. }] = answered {
        return answer::write_one(question, world.map_err(Clone::clone)?, context, out);
    }
    match shape {
        OutputForm::Drawing => {
            let hint = match beside {
                Beside::Contexts => "give one --context, or another format",
                Beside::Roots => "read one with -k, or give another format",
            };
            Err(Failure::new(format!("several {} cannot be drawn at once", beside.many()), hint).into())
        }
        OutputForm::Json | OutputForm::Yaml => {
            let all = Documents { question, context, answered, beside, verdict: Cell::new(Verdict::Yes) };
            answer::write(shape, Answer::document(&all), out)?;
            Ok(all.verdict.get())
        }
        OutputForm::Text | OutputForm::Lines => one_by_one(question, context, (answered, beside), out),
    }
}

/// Writes texts below their names, and lines of data with them.
fn one_by_one(
    question: &impl Question,
    context: &Context,
    (answered, beside): (&[Answered<'_>], Beside),
    out: &mut dyn Write,
) -> Result<Verdict, Unwritten> {
    let shape = question.shape();
    let (mut verdict, mut is_first) = (Verdict::Yes, true);
    for Answered { name, world } in answered {
        let mut take = |answer: Answer<'_>| match answer {
            Answer::Text(text) => {
                let between = if std::mem::take(&mut is_first) { "" } else { "\n" };
                write!(out, "{between}{} {}\n\n{text}", beside.one(), visible(name))
            }
            Answer::Document(document) => {
                out.write_all(data::json_line(&Titled::new(beside, name, document)).as_bytes())
            }
            Answer::Lines(documents) => documents.iter().try_for_each(|document| {
                out.write_all(data::json_line(&Titled::new(beside, name, document)).as_bytes())
            }),
        };
        let answer = world.map_err(|failure| failure.clone().into());
        match answer.and_then(|world| question.answer(world, context, &mut take)) {
            Ok(found) => verdict = verdict.max(found),
            Err(Unwritten::Failed(failure)) => {
                verdict = verdict.max(Verdict::Partly);
                // A text does not repeat what standard error tells.
                if shape == OutputForm::Lines {
                    take(Answer::document(Failed { error: &failure.message }))?;
                }
            }
            Err(unwritten) => return Err(unwritten),
        }
    }
    Ok(verdict)
}

/// The documents of all in a list, each made while it is written.
struct Documents<'a, Q> {
    question: &'a Q,
    context: &'a Context,
    answered: &'a [Answered<'a>],
    beside: Beside,
    /// The worst so far.
    verdict: Cell<Verdict>,
}

impl<Q: Question> Serialize for Documents<'_, Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let documents = Each::of(|| self.answered.iter().map(|one| OneDocument { all: self, one }));
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.beside.many(), &documents)?;
        map.end()
    }
}

/// The document of one of them.
struct OneDocument<'a, Q> {
    all: &'a Documents<'a, Q>,
    one: &'a Answered<'a>,
}

impl<Q: Question> Serialize for OneDocument<'_, Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Documents { question, context, beside, verdict, .. } = self.all;
        let (mut serializer, mut written) = (Some(serializer), None);
        let mut put = |document: &dyn erased_serde::Serialize| {
            if let Some(serializer) = serializer.take() {
                written = Some(Titled::new(*beside, self.one.name, document).serialize(serializer));
            }
        };
        let mut take = |answer: Answer<'_>| {
            if let Answer::Document(document) = answer {
                put(&document);
            }
            Ok(())
        };
        let answer = self.one.world.map_err(|failure| failure.clone().into());
        let found = match answer.and_then(|world| question.answer(world, context, &mut take)) {
            Ok(found) => found,
            Err(unwritten) => {
                put(&Failed { error: &Failure::from(unwritten).message });
                Verdict::Partly
            }
        };
        verdict.set(verdict.get().max(found));
        written.unwrap_or_else(|| Err(S::Error::custom("the answer is not a document")))
    }
}

/// A document below the name of where it comes from.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Titled<'d, D> {
    Context {
        context: &'d str,
        #[serde(flatten)]
        document: D,
    },
    Root {
        root: &'d str,
        #[serde(flatten)]
        document: D,
    },
}

impl<'d, D: Serialize> Titled<'d, D> {
    fn new(beside: Beside, name: &'d str, document: D) -> Self {
        match beside {
            Beside::Contexts => Self::Context { context: name, document },
            Beside::Roots => Self::Root { root: name, document },
        }
    }
}

/// Why there is no document.
#[derive(serde::Serialize)]
struct Failed<'d> {
    error: &'d str,
}
