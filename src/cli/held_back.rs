//! Findings about objects that kustomizations change: what is not applied may well fix them.

use routescope_core::finding::{Advice, Code, Finding, Severity, Subject};
use routescope_core::store::Snapshot;
use routescope_render::findings;
use std::collections::BTreeSet;

/// What is wrong with the text itself, whatever is made of it later.
const OF_THE_TEXT: &[Code] = &[
    Code::YamlSyntax,
    Code::JsonSyntax,
    Code::DuplicateKey,
    Code::DuplicateObject,
    Code::UnknownField,
    Code::Placeholder,
];

/// The objects that the cluster gets in another form, and how many findings about them were left out.
pub struct Held {
    changed: BTreeSet<Subject>,
    count: usize,
    /// How many findings quote a placeholder.
    open: usize,
}

/// Whether a message quotes what is still to be filled in.
fn quotes_a_placeholder(message: &str) -> bool {
    [("${", "}"), ("{{", "}}")]
        .iter()
        .any(|(open, close)| message.split_once(open).is_some_and(|(_, rest)| rest.contains(close)))
}

impl Held {
    /// Looks for what kustomizations change. What is only written `otherwise` in another folder is judged as it stands.
    pub fn new(snapshot: &Snapshot, otherwise: &BTreeSet<Subject>) -> Self {
        let changed = snapshot.objects().filter(|(_, meta)| meta.doubt.is_some());
        let changed = changed.map(|(kind, meta)| Subject { kind, key: meta.key() });
        Self { changed: changed.filter(|subject| !otherwise.contains(subject)).collect(), count: 0, open: 0 }
    }

    /// Whether a finding is about none of them, or holds in any case.
    pub fn leaves(&mut self, finding: &Finding) -> bool {
        let is_held = finding.severity > Severity::Info
            && !OF_THE_TEXT.contains(&finding.code)
            && finding.subject.as_ref().is_some_and(|subject| self.changed.contains(subject));
        let is_open = !is_held
            && finding.severity > Severity::Info
            && !OF_THE_TEXT.contains(&finding.code)
            && quotes_a_placeholder(&findings::message(finding));
        self.count += usize::from(is_held);
        self.open += usize::from(is_open);
        !is_held && !is_open
    }

    /// Says how many were left out.
    pub fn tell(self, mut left: Vec<Finding>) -> Vec<Finding> {
        if let Some(told) = left.iter_mut().find(|finding| finding.code == Code::Placeholder && self.open > 0) {
            let (noun, verb) =
                if self.open == 1 { ("finding", "quotes one is") } else { ("findings", "quote one are") };
            told.problem = format!("{}; {} {noun} that {verb} left out", findings::message(told), self.open).into();
        }
        let (findings, are) = match self.count {
            0 => return left,
            1 => ("1 finding".to_owned(), "is"),
            many => (format!("{many} findings"), "are"),
        };
        if let Some(told) = left.iter_mut().find(|finding| finding.code == Code::Kustomization) {
            let more = format!("; {findings} on what kustomizations change or do not name {are} left out");
            told.problem = format!("{}{more}", findings::message(told)).into();
        } else {
            left.push(Finding {
                code: Code::Kustomization,
                severity: Severity::Info,
                place: None,
                subject: None,
                problem: format!("{findings} on objects that a kustomization may change or leave out {are} left out")
                    .into(),
                advice: Some(Advice::Text(
                    "--roots reads every root as kustomize builds it, -k DIR a single one".to_owned(),
                )),
                fix: Vec::new(),
            });
        }
        left
    }
}
