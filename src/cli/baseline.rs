//! `--baseline FILE`: the findings that are known, so that only new ones fail. Lines do not count: code may move.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use routescope_core::finding::Finding;
use routescope_manifest::atomic_write::{self, Overwrite};
use routescope_manifest::request_file;
use routescope_render::data::{self, API_VERSION};
use routescope_render::findings;

use super::failure::Failure;

/// The kind of the document.
const KIND: &str = "Baseline";

/// What is known of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Known {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    message: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    findings: Vec<Known>,
}

impl Known {
    fn of(finding: &Finding) -> Self {
        let subject = finding.subject.as_ref();
        Self {
            code: finding.code.name().to_owned(),
            kind: subject.map(|subject| subject.kind.to_owned()),
            namespace: subject.map(|subject| subject.key.namespace.to_string()).filter(|name| !name.is_empty()),
            name: subject.map(|subject| subject.key.name.to_string()),
            message: findings::message(finding),
        }
    }
}

/// Reads a baseline.
pub fn read(path: &Path) -> Result<Vec<Known>, Failure> {
    let shown = path.display();
    let text = request_file::read(path).map_err(|error| Failure::new(error.message, "--write-baseline writes one"))?;
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("{shown} is not a baseline: {error}"), "--write-baseline writes it again")
    })?;
    if document.kind != KIND || document.api_version != API_VERSION {
        let message = format!("{shown} is not a baseline: it is {} {}", document.api_version, document.kind);
        return Err(Failure::new(message, "--write-baseline writes it again"));
    }
    Ok(document.findings)
}

/// Writes the findings down as known.
pub fn write(path: &Path, findings: &[Finding]) -> Result<(), Failure> {
    let mut findings: Vec<Known> = findings.iter().map(Known::of).collect();
    findings.sort();
    let document = Document { api_version: API_VERSION.to_owned(), kind: KIND.to_owned(), findings };
    // A file that is there is overwritten: that is what --write-baseline asks for.
    atomic_write::save(path, &data::json(&document), Overwrite::Any).map_err(Failure::from)
}

/// The findings that are not known, and what is known and not found any more.
pub fn new_ones(findings: Vec<Finding>, known: &[Known]) -> (Vec<Finding>, Vec<String>) {
    let mut left: BTreeMap<&Known, usize> = BTreeMap::new();
    for one in known {
        *left.entry(one).or_default() += 1;
    }
    let mut new = Vec::new();
    for finding in findings {
        match left.get_mut(&Known::of(&finding)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => new.push(finding),
        }
    }
    let gone = left.into_iter().filter(|(_, count)| *count > 0).map(|(one, _)| {
        let what = [&one.kind, &one.namespace, &one.name];
        let what: Vec<&str> = what.into_iter().flatten().map(String::as_str).collect();
        format!("{} {}: {}", one.code, what.join("/"), one.message)
    });
    (new, gone.collect())
}
