//! The answers of several contexts, or of several roots, in one document that is written as they come.

use std::cell::Cell;
use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use routescope_core::visible::visible;
use routescope_render::data::{self, API_VERSION, Each};
use routescope_render::yaml;

use super::answer::{OutputForm, Question, Unwritten};
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

/// Writes the answers of several contexts (or of one, which is written as files are); `verdict` becomes the worst of theirs.
pub fn write(
    question: &impl Question,
    context: &Context,
    (answered, beside): (&[Answered<'_>], Beside),
    verdict: &mut Verdict,
    out: &mut dyn Write,
) -> Result<(), Unwritten> {
    let shape = question.shape();
    if let [Answered { world, .. }] = answered {
        return question.write(world.map_err(Clone::clone)?, context, shape, verdict, out);
    }
    match shape {
        OutputForm::Drawing => {
            let hint = match beside {
                Beside::Contexts => "give one --context, or another format",
                Beside::Roots => "read one with -k, or give another format",
            };
            return Err(Failure::new(format!("several {} cannot be drawn at once", beside.many()), hint).into());
        }
        OutputForm::Json => return documents(question, context, (answered, beside), verdict, out),
        OutputForm::Yaml => {
            let worst = Cell::new(*verdict);
            let written = yaml::write_to(
                out,
                &Several {
                    many: beside.many(),
                    documents: Each::of(|| {
                        answered.iter().map(|one| {
                            let (document, found) = document(question, context, one);
                            worst.set(worst.get().max(found));
                            titled(beside, one.name, document)
                        })
                    }),
                },
            );
            *verdict = worst.get();
            return Ok(written?);
        }
        OutputForm::Text | OutputForm::Lines => {}
    }
    let mut is_first = true;
    for Answered { name, world } in answered {
        let answer = world.map_err(Clone::clone).and_then(|world| question.answer(world, context, shape));
        *verdict = (*verdict).max(answer.as_ref().map_or(Verdict::Partly, |(_, verdict)| *verdict));
        match (shape, answer) {
            (OutputForm::Lines, Ok((text, _))) => {
                for line in text.lines() {
                    if let Ok(document) = serde_json::from_str::<Map<String, Value>>(line) {
                        out.write_all(data::json_line(&titled(beside, name, document)).as_bytes())?;
                    }
                }
            }
            (OutputForm::Lines, Err(failure)) => {
                out.write_all(data::json_line(&titled(beside, name, failed(&failure))).as_bytes())?;
            }
            (_, Ok((text, _))) => {
                let between = if std::mem::take(&mut is_first) { "" } else { "\n" };
                write!(out, "{between}{} {}\n\n{text}", beside.one(), visible(name))?;
            }
            // Why is told on standard error.
            (_, Err(_)) => {}
        }
    }
    Ok(())
}

/// The documents of all, one at a time, in a list of one document.
fn documents(
    question: &impl Question,
    context: &Context,
    (answered, beside): (&[Answered<'_>], Beside),
    verdict: &mut Verdict,
    out: &mut dyn Write,
) -> Result<(), Unwritten> {
    write!(out, "{{\n  \"apiVersion\": {},\n  \"{}\": [", Value::from(API_VERSION), beside.many())?;
    for (at, Answered { name, world }) in answered.iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        let mut entry = Entry::new(out, beside.one(), name);
        let written = match world {
            Ok(world) => question.write(world, context, OutputForm::Json, verdict, &mut entry),
            Err(failure) => Err((*failure).clone().into()),
        };
        match written {
            Err(Unwritten::Failed(failure)) if !entry.is_begun() => {
                *verdict = (*verdict).max(Verdict::Partly);
                entry.write_all(data::json(&failed(&failure)).as_bytes())?;
            }
            written => written?,
        }
        entry.end()?;
    }
    Ok(out.write_all(b"\n  ]\n}\n")?)
}

/// The document of one as a value, and its verdict.
fn document(question: &impl Question, context: &Context, one: &Answered<'_>) -> (Map<String, Value>, Verdict) {
    let answer = one.world.map_err(Clone::clone).and_then(|world| question.answer(world, context, OutputForm::Json));
    match answer {
        Ok((text, verdict)) => {
            let mut document: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
            document.shift_remove("apiVersion");
            (document, verdict)
        }
        Err(failure) => (failed(&failure), Verdict::Partly),
    }
}

fn titled(beside: Beside, name: &str, document: Map<String, Value>) -> Value {
    let mut titled = Map::new();
    titled.insert(beside.one().to_owned(), Value::from(name));
    titled.extend(document);
    Value::Object(titled)
}

fn failed(failure: &Failure) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("error".to_owned(), Value::from(failure.message.as_str()));
    document
}

/// Documents that are made while they are written.
struct Several<'o> {
    many: &'static str,
    documents: Each<'o, Value>,
}

impl Serialize for Several<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("apiVersion", API_VERSION)?;
        map.serialize_entry(self.many, &self.documents)?;
        map.end()
    }
}

/// An entry of a list of documents: an indented JSON document on its way, under a name and two levels deeper.
struct Entry<'o> {
    out: &'o mut dyn Write,
    title: String,
    /// The first two lines, until both are there: the brace, and perhaps the version, which the whole document has.
    head: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// A line begins; whether it is the first behind the name.
    LineBegins(bool),
    Line,
}

impl<'o> Entry<'o> {
    fn new(out: &'o mut dyn Write, one: &str, name: &str) -> Self {
        let title = format!("    {{\n      {}: {}", Value::from(one), Value::from(name));
        Self { out, title, head: Vec::new(), state: State::Head }
    }

    fn is_begun(&self) -> bool {
        self.state != State::Head || !self.head.is_empty()
    }

    /// The head is there, or all there is.
    fn begin(&mut self) -> io::Result<()> {
        self.out.write_all(self.title.as_bytes())?;
        self.state = State::LineBegins(true);
        let head = std::mem::take(&mut self.head);
        let second = head.iter().position(|byte| *byte == b'\n').map_or(&head[..], |at| &head[at + 1..]);
        if second.starts_with(b"  \"apiVersion\": ") {
            return Ok(());
        }
        self.lines(if head.starts_with(b"{}") { b"}" } else { second })
    }

    fn lines(&mut self, mut text: &[u8]) -> io::Result<()> {
        while let Some(first) = text.first() {
            if let State::LineBegins(is_first) = self.state {
                let between: &[u8] = if is_first && *first != b'}' { b",\n    " } else { b"\n    " };
                self.out.write_all(between)?;
                self.state = State::Line;
            }
            let end = text.iter().position(|byte| *byte == b'\n');
            self.out.write_all(&text[..end.unwrap_or(text.len())])?;
            let Some(end) = end else { return Ok(()) };
            self.state = State::LineBegins(false);
            text = &text[end + 1..];
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        if self.state == State::Head { self.begin() } else { Ok(()) }
    }
}

impl Write for Entry<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.state != State::Head {
            self.lines(text)?;
            return Ok(text.len());
        }
        for (at, byte) in text.iter().enumerate() {
            self.head.push(*byte);
            if *byte == b'\n' && self.head.split(|byte| *byte == b'\n').count() == 3 {
                self.begin()?;
                self.lines(&text[at + 1..])?;
                break;
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a document that comes in pieces of a length.
    fn entry(document: &Value, piece: usize) -> Value {
        let mut out = b"[\n".to_vec();
        let mut entry = Entry::new(&mut out, "context", "a\"b");
        for piece in data::json(document).as_bytes().chunks(piece) {
            entry.write_all(piece).unwrap();
        }
        entry.end().unwrap();
        out.extend(b"\n]");
        serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
    }

    #[test]
    fn a_document_is_put_under_its_name_in_whatever_pieces_it_comes() {
        let inside = serde_json::json!({ "b": [{ "apiVersion": 1 }, {}, []], "text": "a\nb}" });
        for (document, left) in [
            (serde_json::json!({ "apiVersion": "x", "inside": inside }), serde_json::json!({ "inside": inside })),
            (serde_json::json!({ "error": "no" }), serde_json::json!({ "error": "no" })),
            (serde_json::json!({ "apiVersion": "x" }), serde_json::json!({})),
            (serde_json::json!({}), serde_json::json!({})),
        ] {
            let mut expected = serde_json::json!({ "context": "a\"b" });
            expected.as_object_mut().unwrap().extend(left.as_object().unwrap().clone());
            for piece in 1..40 {
                assert_eq!(entry(&document, piece), serde_json::json!([expected]), "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn it_is_indented_as_if_all_were_written_at_once() {
        let document = serde_json::json!({ "apiVersion": "x", "a": [1, { "b": {} }] });
        let mut out = Vec::new();
        let mut entry = Entry::new(&mut out, "context", "c");
        entry.write_all(data::json(&document).as_bytes()).unwrap();
        entry.end().unwrap();
        let whole = serde_json::json!({ "all": [{ "context": "c", "a": [1, { "b": {} }] }] });
        let framed = format!("{{\n  \"all\": [\n{}\n  ]\n}}\n", String::from_utf8(out).unwrap());
        assert_eq!(framed, data::json(&whole));
    }
}
