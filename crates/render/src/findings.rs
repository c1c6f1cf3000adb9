//! Findings as text and data.

pub mod explain;
pub mod reports;
pub mod sarif;
mod sentences;

use serde::Serialize;

use routescope_core::finding::{Change, Edit, Finding, Location, Severity, Subject};
use routescope_core::model::{Name, SourceKind};
use routescope_core::resolve::ignore::Ignored;
use routescope_core::store::Snapshot;
use routescope_core::unreadable;

pub use sentences::{
    assumed_listeners, condition, engine_assumption, help, listener_problem, message, not_attached, server_name_clash,
    slip_hint, unserved, unserved_reason, value,
};

use super::phrases;
use super::style::{Line, Role};
use super::terminal::Paint;
use crate::uncertainty::not_read;

/// `check -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FindingsData {
    pub findings: Vec<FindingData>,
    pub summary: SummaryData,
    /// With `--show-ignored` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Vec<IgnoredData>>,
}

/// A finding that is ignored, why, and where that is said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct IgnoredData {
    #[serde(flatten)]
    pub finding: FindingData,
    pub reason: String,
    pub said_in: String,
}

/// One finding.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct FindingData {
    pub code: &'static str,
    pub severity: &'static str,
    pub kind: Option<&'static str>,
    pub namespace: Option<Name>,
    pub name: Option<Name>,
    pub message: String,
    pub help: Option<String>,
    /// What `help` says, as changes to the input, where it is known what they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<EditData>,
    /// `unverified` where what cannot be read of a cluster could change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<&'static str>,
    /// Why it is not certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    pub source: Option<PlaceData>,
}

/// A change to the input: `set` a field, `remove` it, `rename` its key, or `create` an object.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct EditData {
    pub op: &'static str,
    pub kind: &'static str,
    pub namespace: Name,
    pub name: Name,
    /// The field, from the object's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The field's value, its new key, or the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
}

fn edit(edit: &Edit) -> EditData {
    let Subject { kind, key } = &edit.object;
    let (op, path, value) = match edit.change.clone() {
        Change::Set { path, value } => ("set", Some(path), Some(value)),
        Change::Remove { path } => ("remove", Some(path), None),
        Change::Rename { path, to } => ("rename", Some(path), Some(to.into())),
        Change::Create { manifest } => ("create", None, Some(manifest)),
    };
    EditData { op, kind, namespace: key.namespace.clone(), name: key.name.clone(), path, value }
}

/// A place in a file.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct PlaceData {
    pub file: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// How many there are of each severity.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct SummaryData {
    pub error: usize,
    pub warning: usize,
    pub info: usize,
}

fn with_severity(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// The place, unless it is an object in a cluster: that is named anyway.
fn in_file(place: Option<&Location>) -> Option<&Location> {
    place.filter(|place| place.source.kind != SourceKind::Cluster)
}

/// The findings as data.
pub fn data(snapshot: &Snapshot, findings: &[Finding], ignored: Option<&[Ignored]>) -> FindingsData {
    let one = |finding: &Finding| {
        let Finding { code, severity, place, subject, fix, .. } = finding;
        let doubt = unreadable::of_finding(snapshot, finding).as_ref().map(not_read);
        FindingData {
            code: code.name(),
            severity: severity.name(),
            kind: subject.as_ref().map(|subject| subject.kind),
            namespace: subject.as_ref().map(|subject| subject.key.namespace.clone()),
            name: subject.as_ref().map(|subject| subject.key.name.clone()),
            message: message(finding),
            help: help(finding),
            fix: fix.iter().map(edit).collect(),
            confidence: doubt.as_ref().map(|_| "unverified"),
            doubt,
            source: in_file(place.as_ref()).map(|place| PlaceData {
                file: place.source.name.clone(),
                line: place.at.is_known().then_some(place.at.line),
                column: place.at.is_known().then_some(place.at.column),
            }),
        }
    };
    FindingsData {
        findings: findings.iter().map(one).collect(),
        summary: SummaryData {
            error: with_severity(findings, Severity::Error),
            warning: with_severity(findings, Severity::Warning),
            info: with_severity(findings, Severity::Info),
        },
        ignored: ignored.map(|ignored| {
            let one = |Ignored { finding, reason, said_in }: &Ignored| IgnoredData {
                finding: one(finding),
                reason: reason.clone(),
                said_in: said_in.clone(),
            };
            ignored.iter().map(one).collect()
        }),
    }
}

/// The findings as text: place first, so that editors and terminals can jump there.
pub fn text(snapshot: &Snapshot, findings: &[Finding], ignored: Option<&[Ignored]>, paint: Paint) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let Finding { code, severity, place, subject, .. } = finding;
        let mut line = Line::new();
        if let Some(place) = place {
            line.push(Role::Location, format!("{place}: "));
        }
        line.push(severity_role(*severity), severity.name());
        line.push(Role::Dim, format!("[{code}] "));
        // An object in a cluster is its own place.
        let said = |subject: &Subject| {
            let of_cluster = |place: &&Location| place.source.kind == SourceKind::Cluster;
            place.as_ref().filter(of_cluster).is_some_and(|place| place.source.name == subject.to_string())
        };
        if let Some(subject) = subject.as_ref().filter(|subject| !said(subject)) {
            line.push(Role::Route, format!("{subject}: "));
        }
        line.push(Role::Text, message(finding));
        lines.push(line);
        if let Some(doubt) = unreadable::of_finding(snapshot, finding) {
            lines.push(Line::of(Role::Warning, "  ? not certain: ").with(Role::Text, not_read(&doubt)));
        }
        if let Some(help) = help(finding) {
            lines.push(Line::of(Role::Hint, "  help: ").with(Role::Text, help));
        }
    }
    for Ignored { finding, reason, said_in } in ignored.into_iter().flatten() {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        lines.push(
            Line::of(Role::Location, place).with(Role::Dim, format!("ignored[{}] {}", finding.code, sentence(finding))),
        );
        let reason = if reason.is_empty() { "no reason is given" } else { reason };
        lines.push(Line::of(Role::Hint, "  reason: ").with(Role::Text, format!("{reason} ({said_in})")));
    }
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .filter_map(|severity| match with_severity(findings, severity) {
            0 => None,
            n if severity == Severity::Info => Some(format!("{n} info")),
            n => Some(phrases::count(n, severity.name())),
        })
        .collect();
    match &counts[..] {
        [] => lines.push(Line::of(Role::Ok, "✓ nothing found")),
        counts => {
            lines.push(Line::new());
            lines.push(Line::of(Role::Heading, counts.join(", ")));
        }
    }
    paint.lines(&lines)
}

/// What is wrong with what, in one sentence.
fn sentence(finding: &Finding) -> String {
    match &finding.subject {
        Some(subject) => format!("{subject}: {}", message(finding)),
        None => message(finding),
    }
}

/// The role of a severity.
pub fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Info => Role::Dim,
        Severity::Warning => Role::Warning,
        Severity::Error => Role::Error,
    }
}
