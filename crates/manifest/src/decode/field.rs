//! A value on its way to becoming part of an object: it knows its path (`spec.rules[0].matches[1].path`), and reports
//! what does not fit as a finding at its place.
//!
//! A part that cannot be understood is given up with [`Dropped`]: `?` leaves the decoder of the smallest enclosing list
//! item, and the rest of the object still loads.
//!
//! Where the API server refuses a value, its words are reported; a decoder that stumbles over the same value adds what
//! was most likely meant.

use std::cell::{Cell, RefCell};

use crate::admission::{Admission, FieldPath, Refusal};
use routescope_core::finding::{Advice, Change, Code, Edit, Finding, Location, Severity, Subject, closest};
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, Origin, Position};

/// A part was given up; a finding says why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropped;

/// What a decoder of a part gives.
pub(super) type Part<T> = Result<T, Dropped>;

/// One object being decoded: where it is, and what was found wrong with it.
pub(super) struct Context<'a> {
    pub(super) origin: &'a Origin,
    pub(super) subject: RefCell<Subject>,
    findings: RefCell<Vec<Finding>>,
    refusals: RefCell<Vec<(Refusal, Option<Help>)>>,
    /// Fields that the API server drops: their paths, and where their values are.
    pruned: Vec<(String, Position)>,
    defective: Cell<bool>,
    /// Where values stand that are still to be filled in: nothing is wrong with them.
    forgiven: RefCell<Vec<Position>>,
}

/// What to do about a value: in words, and as a change to its object where that is known.
#[derive(Debug, Clone)]
pub(super) struct Help {
    text: String,
    change: Option<Change>,
}

impl Help {
    fn edits(&self, object: &Subject) -> Vec<Edit> {
        self.change.iter().map(|change| Edit { object: object.clone(), change: change.clone() }).collect()
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self { text, change: None }
    }
}

/// What becomes of a field that only the experimental channel has.
const PRUNED: &str =
    "the API server drops it; --gateway-api-channel experimental reads it as the CRDs of that channel do";

/// What a refusal comes to; said once of an object.
const CONSEQUENCE: &str =
    "an apply of this object changes nothing in the cluster: a new one is not created, an older version stays";

impl<'a> Context<'a> {
    /// For an object that the API server treats like this.
    pub(super) fn new(origin: &'a Origin, subject: Subject, admission: Admission) -> Self {
        let Admission { refusals, pruned } = admission;
        Self {
            origin,
            subject: RefCell::new(subject),
            findings: RefCell::new(Vec::new()),
            pruned,
            defective: Cell::new(!refusals.is_empty()),
            forgiven: RefCell::new(Vec::new()),
            refusals: RefCell::new(refusals.into_iter().map(|refusal| (refusal, None)).collect()),
        }
    }

    /// Nothing is reported of the values at these places.
    pub(super) fn forgive(&self, places: Vec<Position>) {
        *self.forgiven.borrow_mut() = places;
    }

    /// Whether an error was found so far.
    pub(super) fn is_defective(&self) -> bool {
        self.defective.get()
    }

    /// The fields that the API server drops.
    pub(super) fn dropped(&self) -> Option<Box<[Name]>> {
        let paths = self.pruned.iter().map(|(path, _)| Name::from(path.as_str()));
        (!self.pruned.is_empty()).then(|| paths.collect())
    }

    /// All findings, in the order of the document.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        let subject = self.subject.into_inner();
        let mut consequence = Some(CONSEQUENCE);
        for (Refusal { path, at, problem }, help) in self.refusals.into_inner() {
            let fix = help.as_ref().map(|help| help.edits(&subject)).unwrap_or_default();
            let help = help.map(|help| help.text);
            findings.push(Finding {
                code: Code::ApiRefused,
                severity: Severity::Error,
                place: Some(Location::within(self.origin, at)),
                subject: Some(subject.clone()),
                problem: format!("{path}: {problem}").into(),
                advice: help.or_else(|| consequence.take().map(str::to_owned)).map(Advice::Text),
                fix,
            });
        }
        for (path, at) in self.pruned {
            findings.push(Finding {
                code: Code::ExperimentalField,
                severity: Severity::Warning,
                place: Some(Location::within(self.origin, at)),
                subject: Some(subject.clone()),
                problem: format!("{path}: the standard channel of the Gateway API has no such field").into(),
                advice: Some(Advice::Text(PRUNED.to_owned())),
                fix: Vec::new(),
            });
        }
        findings.sort_by_key(|finding| finding.place.as_ref().map(|place| place.at));
        findings
    }

    /// Whether the API server's own words are reported of the value at `path`; `help` is added to them.
    fn is_refused(&self, path: &str, help: Option<&Help>) -> bool {
        self.explain(help, |refusal| refusal.path == path)
    }

    /// Whether a rule that is reported of the value at `path` misses its field `key`.
    fn is_missed(&self, path: &str, key: &str, help: Option<&Help>) -> bool {
        self.explain(help, |refusal| refusal.path == path && refusal.problem.contains(key))
    }

    fn explain(&self, help: Option<&Help>, about: impl Fn(&Refusal) -> bool) -> bool {
        let mut refusals = self.refusals.borrow_mut();
        let Some((_, known)) = refusals.iter_mut().find(|(refusal, _)| about(refusal)) else { return false };
        if known.is_none() {
            *known = help.cloned();
        }
        true
    }

    fn report(&self, severity: Severity, code: Code, at: Position, message: String, help: Option<Help>) {
        if self.forgiven.borrow().contains(&at) {
            return;
        }
        if severity == Severity::Error {
            self.defective.set(true);
        }
        self.findings.borrow_mut().push(Finding {
            code,
            severity,
            place: Some(Location::within(self.origin, at)),
            subject: Some(self.subject.borrow().clone()),
            problem: message.into(),
            fix: help.as_ref().map(|help| help.edits(&self.subject.borrow())).unwrap_or_default(),
            advice: help.map(|help| help.text).map(Advice::Text),
        });
    }
}

/// A value (or its absence) at a path.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) cx: &'a Context<'a>,
    /// `None` when absent or null: the API server prunes null before it applies defaults.
    value: Option<&'a Value>,
    /// Where it is written; of an absent field, where its parent is.
    pub(super) at: Position,
    parent: Option<&'a Field<'a>>,
    trail: FieldPath<'a>,
}

fn present(value: &Value) -> Option<&Value> {
    (value.data != Data::Null).then_some(value)
}

impl<'a> Field<'a> {
    pub(super) fn root(cx: &'a Context<'a>, value: &'a Value) -> Self {
        Self { cx, value: present(value), at: value.at, parent: None, trail: FieldPath::ROOT }
    }

    /// The field `key`; absent when this is not a mapping, and when the API server drops it.
    pub(super) fn get(&'a self, key: &'a str) -> Field<'a> {
        self.of(key, self.value.and_then(|value| value.get(key)))
    }

    /// The field of an entry, whose value is known already: a mapping may have thousands.
    fn of(&'a self, key: &'a str, value: Option<&'a Value>) -> Field<'a> {
        let value = value.and_then(present);
        let value = value.filter(|value| !self.cx.pruned.iter().any(|(_, at)| *at == value.at));
        let at = value.map_or(self.at, |value| value.at);
        Field { cx: self.cx, value, at, parent: Some(self), trail: self.trail.key(key) }
    }

    pub(super) fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// `spec.rules[0].matches`, or `the document` for the root.
    pub(super) fn path(&self) -> String {
        let path = self.trail.to_string();
        if path.is_empty() { "the document".to_owned() } else { path }
    }

    /// Reports an error at this field and gives it up.
    pub(super) fn fail<T>(&self, code: Code, problem: &str, help: Option<String>) -> Part<T> {
        self.fail_with(code, problem, help.map(Help::from))
    }

    fn fail_with<T>(&self, code: Code, problem: &str, help: Option<Help>) -> Part<T> {
        self.error_with(code, problem, help);
        Err(Dropped)
    }

    /// Reports an error at this field; the object counts as defective.
    pub(super) fn error(&self, code: Code, problem: &str, help: Option<String>) {
        self.error_with(code, problem, help.map(Help::from));
    }

    fn error_with(&self, code: Code, problem: &str, help: Option<Help>) {
        let path = self.path();
        if !self.cx.is_refused(&path, help.as_ref()) {
            self.cx.report(Severity::Error, code, self.at, format!("{path}: {problem}"), help);
        }
    }

    /// Reports something odd at this field.
    fn warn(&self, code: Code, problem: &str, help: Option<Help>) {
        self.cx.report(Severity::Warning, code, self.at, format!("{}: {problem}", self.path()), help);
    }

    fn wrong_type<T>(&self, expected: &str, help: Option<String>) -> Part<T> {
        self.wrong_type_with(expected, help.map(Help::from))
    }

    fn wrong_type_with<T>(&self, expected: &str, help: Option<Help>) -> Part<T> {
        self.fail_with(Code::WrongType, &format!("expected {expected}, found {}", self.found()), help)
    }

    fn found(&self) -> String {
        match self.value.map(|value| &value.data) {
            None | Some(Data::Null) => "nothing".to_owned(),
            Some(Data::Bool(b)) => format!("the boolean {b}"),
            Some(Data::Int(i)) => format!("the number {i}"),
            Some(Data::Float(x)) => format!("the number {x}"),
            Some(Data::String(s)) => format!("the text {:?}", shortened(s)),
            Some(Data::List(_)) => "a list".to_owned(),
            Some(Data::Map(_)) => "a mapping".to_owned(),
        }
    }

    /// A required field: absence is reported.
    pub(super) fn required(&self) -> Part<&Self> {
        if self.is_present() {
            return Ok(self);
        }
        let Some(parent) = self.parent else { return Err(Dropped) };
        let Some(key) = self.trail.last_key() else { return Err(Dropped) };
        let help = parent.near_miss(key).map(|found| Help {
            text: format!("is `{found}` meant to be `{key}`?"),
            change: Some(Change::Rename { path: parent.trail.key(found).to_string(), to: key.to_owned() }),
        });
        if self.cx.is_missed(&parent.path(), key, help.as_ref()) {
            return Err(Dropped);
        }
        self.fail_with(Code::MissingField, "required, but not there", help)
    }

    /// A key of this mapping that looks like a misspelt `key`.
    fn near_miss(&self, key: &str) -> Option<&'a str> {
        closest(key, self.entries().iter().map(|entry| entry.key.as_str()))
    }

    /// Text. A number or boolean is reported and taken as text: that is what its author meant.
    pub(super) fn text(&self) -> Part<Option<Name>> {
        let Some(value) = self.value else { return Ok(None) };
        let meant = match &value.data {
            Data::String(text) => return Ok(Some(text.clone())),
            Data::Bool(b) => Name::new_static(if *b { "true" } else { "false" }),
            Data::Int(i) => Name::from(i.to_string()),
            Data::Float(x) => Name::from(x.to_string()),
            _ => return self.wrong_type("text", None),
        };
        let help = "put it in quotes: YAML reads it as a value that is not text";
        let help = Help { text: help.to_owned(), change: Some(Change::set(self.trail.to_string(), meant.as_str())) };
        self.error_with(Code::WrongType, &format!("expected text, found {}", self.found()), Some(help));
        Ok(Some(meant))
    }

    /// A whole number or a text, both as text: what is neither is passed over in silence.
    pub(super) fn number_or_text(&self) -> Option<Name> {
        match &self.value?.data {
            Data::String(text) => Some(text.clone()),
            Data::Int(number) => Some(Name::from(number.to_string())),
            _ => None,
        }
    }

    /// Text that must be there.
    pub(super) fn required_text(&self) -> Part<Name> {
        self.required()?.text().map(Option::unwrap_or_default)
    }

    /// Text with the CRD's default.
    pub(super) fn text_or(&self, default: &'static str) -> Part<Name> {
        Ok(self.text()?.unwrap_or(Name::new_static(default)))
    }

    /// A whole number between `low` and `high`.
    pub(super) fn integer(&self, low: i64, high: i64) -> Part<Option<i64>> {
        let Some(value) = self.value else { return Ok(None) };
        match &value.data {
            Data::Int(i) if (low..=high).contains(i) => Ok(Some(*i)),
            Data::Int(i) => {
                self.fail(Code::OutOfRange, &format!("expected a number from {low} to {high}, found {i}"), None)
            }
            Data::String(text) => {
                // The API server refuses a quoted number; what its author meant is plain.
                let meant = text.parse().ok().filter(|i| (low..=high).contains(i));
                let help = meant.map(|i: i64| Help {
                    text: format!("write {i} without quotes"),
                    change: Some(Change::set(self.trail.to_string(), i)),
                });
                let _ = self.wrong_type_with::<()>("a whole number", help);
                meant.map(Some).ok_or(Dropped)
            }
            _ => self.wrong_type("a whole number", None),
        }
    }

    /// A port.
    pub(super) fn port(&self) -> Part<Option<u16>> {
        Ok(self.integer(1, 65_535)?.and_then(|i| u16::try_from(i).ok()))
    }

    /// An unsigned number up to `high`.
    pub(super) fn unsigned(&self, high: u32) -> Part<Option<u32>> {
        Ok(self.integer(0, i64::from(high))?.and_then(|i| u32::try_from(i).ok()))
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Part<Option<bool>> {
        match self.value.map(|value| &value.data) {
            None => Ok(None),
            Some(Data::Bool(b)) => Ok(Some(*b)),
            Some(_) => self.wrong_type("true or false", None),
        }
    }

    /// One of the words of `table`.
    pub(super) fn choice<T: Copy>(&self, table: &[(&'static str, T)]) -> Part<Option<T>> {
        let Some(word) = self.text()? else { return Ok(None) };
        if let Some((_, value)) = table.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*value));
        }
        let help = closest(&word, table.iter().map(|(known, _)| *known)).map(|near| Help {
            text: format!("did you mean {near}?"),
            change: Some(Change::set(self.trail.to_string(), near)),
        });
        let words: Vec<_> = table.iter().map(|(known, _)| *known).collect();
        let problem = format!("expected {}, found {:?}", alternatives(&words), shortened(&word));
        self.fail_with(Code::UnknownValue, &problem, help)
    }

    /// How many items a list has; 0 when it is none.
    pub(super) fn length(&self) -> usize {
        match self.value.map(|value| &value.data) {
            Some(Data::List(items)) => items.len(),
            _ => 0,
        }
    }

    /// The value itself; `None` when absent or null.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// The entries of a mapping; none when it is something else.
    pub(super) fn entries(&self) -> &'a [Entry] {
        match self.value.map(|value| &value.data) {
            Some(Data::Map(entries)) => entries,
            _ => &[],
        }
    }

    /// Requires a mapping (or absence), and reports the keys it should not have.
    pub(super) fn mapping(&self, known: &[&'static str]) -> Part<()> {
        match self.value.map(|value| &value.data) {
            None => Ok(()),
            Some(Data::Map(entries)) => {
                for entry in entries {
                    if !known.contains(&entry.key.as_str()) {
                        self.unknown(entry, known);
                    }
                }
                Ok(())
            }
            Some(_) => self.wrong_type("a mapping", None),
        }
    }

    fn unknown(&self, entry: &Entry, known: &[&'static str]) {
        let near = closest(&entry.key, known.iter().copied());
        let field = Field { value: None, at: entry.at, parent: Some(self), trail: self.trail.key(&entry.key), ..*self };
        let help = match near {
            Some(near) => Help {
                text: format!("did you mean {near}?"),
                change: Some(Change::Rename { path: field.trail.to_string(), to: near.to_owned() }),
            },
            None => Help::from("kubectl refuses it by default; without validation the API server drops it".to_owned()),
        };
        field.warn(Code::UnknownField, "no such field", Some(help));
    }

    /// The items of a list, each decoded; an item that was given up is left out. `None` when the field is absent or no
    /// list.
    pub(super) fn list<T>(&self, mut item: impl FnMut(&Field<'_>) -> Part<T>) -> Option<Vec<T>> {
        let items = match self.value.map(|value| &value.data) {
            None => return None,
            Some(Data::List(items)) => items,
            Some(_) => {
                let _ = self.wrong_type::<()>("a list", Some("begin each item with `- `".to_owned()));
                return None;
            }
        };
        let mut decoded = Vec::with_capacity(items.len());
        for (index, value) in items.iter().enumerate() {
            let trail = self.trail.index(index);
            let field = Field { value: present(value), at: value.at, parent: Some(self), trail, ..*self };
            if !field.is_present() {
                field.error(Code::WrongType, "expected a value, found nothing", None);
            } else if let Ok(item) = item(&field) {
                decoded.push(item);
            }
        }
        Some(decoded)
    }

    /// A list of texts; empty when absent.
    pub(super) fn texts(&self) -> Vec<Name> {
        self.list(|item| Ok(item.text()?.unwrap_or_default())).unwrap_or_default()
    }

    /// A mapping from text to text (labels, annotations), in order; keys for which `keep` is false are left out.
    pub(super) fn text_map(&self, keep: impl Fn(&str) -> bool) -> Vec<(Name, Name)> {
        match self.value.map(|value| &value.data) {
            None | Some(Data::Map(_)) => {}
            Some(_) => {
                let _ = self.wrong_type::<()>("a mapping", None);
            }
        }
        let mut pairs = Vec::with_capacity(self.entries().len());
        for entry in self.entries().iter().filter(|entry| keep(&entry.key)) {
            if let Ok(text) = self.of(&entry.key, Some(&entry.value)).text() {
                pairs.push((entry.key.clone(), text.unwrap_or_default()));
            }
        }
        pairs
    }
}

/// `A`, `A or B`, `A, B or C`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The text, cut where it gets too long for a message.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
