//! What files held when they were last read without a fault, for someone who reads them again and again.
//!
//! A file is often read while it is being written: an editor saves it in parts, `git checkout` removes it and creates it
//! again, a tool empties it first. Half a file is not another world. What was read now and what is remembered go in, what
//! counts comes out, with a sentence for each file whose earlier content counts. No IO and no clock: the time comes in.
//!
//! - A file that no longer parses, or cannot be read, counts as it was, for as long as that lasts.
//! - A file that is gone, empty, or cut off counts as it was for a moment ([`MOMENT`]), and then as it is.
//! - A path that was named (`-f FILE`, `-f DIR`, `-k DIR`) and is gone counts as it was until it is back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::text::{self, Text};
use super::{SourceError, kustomization};
use crate::decode::Decoded;
use routescope_core::finding::{Advice, Code, Finding, Location, Problem, Severity};

/// For so long a file that is gone, empty or cut off counts as it was.
pub const MOMENT: Duration = Duration::from_secs(1);

/// What a named path holds now.
#[derive(Default)]
pub(super) struct Held {
    pub texts: Vec<Text>,
    /// What in a folder cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// Links to folders in it.
    pub links: Vec<PathBuf>,
    /// It is a folder.
    pub is_folder: bool,
}

/// What counts.
#[derive(Default)]
pub(super) struct Settled {
    pub held: Held,
    /// What is wrong with files that count as they were.
    pub findings: Vec<Finding>,
    pub stale: Stale,
}

/// Files whose earlier content counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// Which files and why, a sentence each.
    pub reasons: Vec<String>,
    /// After so long to read again: what is missing now may be back.
    pub again: Option<Duration>,
}

impl Stale {
    /// Takes over what another path brought.
    pub(super) fn append(&mut self, other: Self) {
        self.reasons.extend(other.reasons);
        self.again = self.again.into_iter().chain(other.again).min();
    }
}

/// What every named path held when it was last read without a fault.
#[derive(Debug, Default)]
pub struct LastGood {
    paths: BTreeMap<String, Remembered>,
    /// Standard input can be read once.
    pub(super) stdin: Option<Text>,
}

#[derive(Debug, Default)]
struct Remembered {
    /// In the order they were read in.
    files: Vec<File>,
    is_folder: bool,
}

#[derive(Debug, Clone)]
struct File {
    text: Text,
    /// Since when it is gone, empty or cut off.
    since: Option<Duration>,
}

/// Why the earlier content of a file counts.
enum Why {
    /// It has to be fixed first.
    Invalid { sentence: String, findings: Vec<Finding> },
    /// It may be back in a moment.
    Passing(String),
}

impl LastGood {
    /// What counts of a named path, of which `now` was read at `at` (counted from any fixed moment). An error when it
    /// cannot be read, and never could.
    pub(super) fn settle(
        &mut self,
        path: &str,
        now: Result<Held, SourceError>,
        at: Duration,
    ) -> Result<Settled, SourceError> {
        let known = self.paths.entry(path.to_owned()).or_default();
        let Held { texts, unreadable, links, is_folder } = match now {
            Ok(held) => held,
            Err(error) if known.files.is_empty() => return Err(error),
            Err(error) => return Ok(known.whole(&error)),
        };
        known.is_folder = is_folder;
        let mut before: BTreeMap<String, (usize, File)> = std::mem::take(&mut known.files)
            .into_iter()
            .enumerate()
            .map(|(place, file)| (file.text.source.name.clone(), (place, file)))
            .collect();
        let order: Vec<String> = in_order(&before);
        let mut settled = Settled { held: Held { links, is_folder, ..Held::default() }, ..Settled::default() };
        let mut files = Vec::with_capacity(texts.len());
        for text in texts {
            let file = match before.remove(&text.source.name) {
                Some((_, file)) if file.text.source.text != text.source.text => settled.choose(file, text, at),
                _ => File { text, since: None },
            };
            files.push(file);
        }
        let is_at = |place: &str, file: &str| Path::new(file).starts_with(place);
        for (name, reason) in &unreadable {
            let below = |file: &&String| is_at(name, file);
            let kept: BTreeSet<String> = before.keys().filter(below).cloned().collect();
            if kept.is_empty() {
                settled.held.unreadable.push((name.clone(), reason.clone()));
            }
            for file in kept.iter().filter_map(|file| before.remove(file)) {
                settled.keep(&file.1.text, Why::of_reading(name, reason));
                insert(&mut files, &order, File { since: None, ..file.1 });
            }
        }
        let new: Vec<&Text> =
            files.iter().map(|file| &file.text).filter(|text| !order.contains(&text.source.name)).collect();
        // Under another name now.
        before.retain(|_, (_, file)| new.iter().all(|text| text.source.text != file.text.source.text));
        for (_, (_, file)) in before {
            let since = file.since.unwrap_or(at);
            if let Some(left) = (since + MOMENT).checked_sub(at).filter(|left| !left.is_zero()) {
                settled.wait(&file.text, "was there a moment ago and is gone", left);
                insert(&mut files, &order, File { since: Some(since), ..file });
            }
        }
        settled.held.texts = files.iter().map(|file| file.text.clone()).collect();
        known.files = files;
        Ok(settled)
    }
}

impl Remembered {
    /// All that it held: it cannot be read as a whole.
    fn whole(&self, error: &SourceError) -> Settled {
        let texts = self.files.iter().map(|file| file.text.clone()).collect();
        let message = format!("{}: what was read before counts", error.message);
        let finding = Finding {
            code: Code::Unreadable,
            severity: Severity::Error,
            place: None,
            subject: None,
            problem: message.clone().into(),
            advice: error.hint.clone().map(Advice::Text),
            fix: Vec::new(),
        };
        Settled {
            held: Held { texts, is_folder: self.is_folder, ..Held::default() },
            findings: vec![finding],
            stale: Stale { reasons: vec![message], again: None },
        }
    }
}

impl Why {
    fn of_reading(name: &str, reason: &str) -> Self {
        let sentence = format!("cannot read {name}: {reason}");
        let finding = Finding {
            code: Code::Unreadable,
            severity: Severity::Error,
            place: None,
            subject: None,
            problem: format!("{sentence}; its last good content counts").into(),
            advice: None,
            fix: Vec::new(),
        };
        Self::Invalid { sentence, findings: vec![finding] }
    }
}

impl Settled {
    /// Which of two contents of a file counts.
    fn choose(&mut self, file: File, new: Text, at: Duration) -> File {
        let (old_state, new_state) = (State::of(&file.text), State::of(&new));
        let matters = old_state.is_of_routing || new_state.names_routing;
        if !matters {
            return File { text: new, since: None };
        }
        if new_state.broken.len() > old_state.broken.len() {
            self.keep(&file.text, new_state.why(&new));
            return File { since: None, ..file };
        }
        let text = new.source.text.trim_end();
        let old = file.text.source.text.as_str();
        let passing = if new_state.is_empty && !old_state.is_empty {
            Some("is empty")
        } else if old.trim_end() != text && old.starts_with(text) {
            Some("holds only the beginning of what it held")
        } else if old.ends_with('\n') && !new.source.text.ends_with('\n') {
            Some("ends in the middle of a line")
        } else {
            None
        };
        let since = file.since.unwrap_or(at);
        let left = (since + MOMENT).checked_sub(at).filter(|left| !left.is_zero());
        match passing.zip(left) {
            Some((what, left)) => {
                self.wait(&file.text, what, left);
                File { since: Some(since), ..file }
            }
            None => File { text: new, since: None },
        }
    }

    fn keep(&mut self, old: &Text, why: Why) {
        match why {
            Why::Invalid { sentence, findings } => {
                let sentence = format!("{sentence}: its last good content counts");
                if !self.stale.reasons.contains(&sentence) {
                    self.stale.reasons.push(sentence);
                    self.findings.extend(findings);
                }
            }
            Why::Passing(what) => self.stale.reasons.push(format!("{} {what}", old.source.name)),
        }
    }

    fn wait(&mut self, old: &Text, what: &str, left: Duration) {
        self.keep(old, Why::Passing(format!("{what}: its last good content counts for now")));
        self.stale.append(Stale { reasons: Vec::new(), again: Some(left) });
    }
}

/// What is said of a text that cannot be read.
const UNREAD: [Code; 6] =
    [Code::YamlSyntax, Code::JsonSyntax, Code::NotText, Code::TooDeep, Code::TooLarge, Code::TooManyAliases];

/// What a text is worth.
struct State {
    /// What of it cannot be read.
    broken: Vec<Finding>,
    /// It holds nothing.
    is_empty: bool,
    /// It holds something that routing reads, or says how such things are changed.
    is_of_routing: bool,
    names_routing: bool,
}

impl State {
    fn of(text: &Text) -> Self {
        let is_kustomization = kustomization::is_one(Path::new(&text.source.name));
        let mut decoded = Decoded::default();
        text::read_one(&Text { lenient: false, ..text.clone() }, &mut decoded);
        let is_empty = decoded.is_empty();
        let broken = decoded.findings.into_iter().filter(|finding| match finding.code {
            // A kustomization need not name its kind.
            Code::NotAResource => !is_kustomization,
            code => UNREAD.contains(&code),
        });
        Self {
            broken: broken.collect(),
            is_empty,
            is_of_routing: !decoded.objects.is_empty() || is_kustomization,
            names_routing: text::names_routing_kind(&text.source.text),
        }
    }

    fn why(self, new: &Text) -> Why {
        let place = self.broken.first().and_then(|finding| finding.place.as_ref()).map(Location::to_string);
        let sentence = format!("{} cannot be parsed", place.unwrap_or_else(|| new.source.name.clone()));
        let findings = self.broken.into_iter().map(|finding| Finding {
            problem: match finding.problem {
                Problem::Text(text) => format!("{text}; the last good content of the file counts").into(),
                other => other,
            },
            ..finding
        });
        Why::Invalid { sentence, findings: findings.collect() }
    }
}

/// The names of what was read before, in the order it was read in.
fn in_order(before: &BTreeMap<String, (usize, File)>) -> Vec<String> {
    let mut order: Vec<(usize, &String)> = before.iter().map(|(name, (place, _))| (*place, name)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, name)| name.clone()).collect()
}

/// Puts a file behind the one that it followed before: of two objects of one name the last counts.
fn insert(files: &mut Vec<File>, order: &[String], file: File) {
    let place = order.iter().position(|name| *name == file.text.source.name).unwrap_or_default();
    let behind =
        order[..place].iter().rev().find_map(|before| files.iter().position(|file| file.text.source.name == *before));
    files.insert(behind.map_or(0, |behind| behind + 1), file);
}

#[cfg(test)]
mod tests;
