//! Conditions, and what each says when all is well.
//!
//! Sources: kgateway `pkg/reports/status.go`, Gateway API `apis/v1/{gateway,shared}_types.go` (reasons).

use std::borrow::Cow;

/// One condition, as `metav1.Condition` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields of metav1.Condition
pub struct Condition {
    pub kind: &'static str,
    pub status: &'static str,
    pub reason: &'static str,
    pub message: Cow<'static, str>,
}

impl Condition {
    /// A condition.
    pub fn new(kind: &'static str, yes: bool, reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, status: if yes { "True" } else { "False" }, reason, message: message.into() }
    }

    /// Whether it says that all is well.
    pub fn is_healthy(&self) -> bool {
        let tables = [GATEWAY, LISTENER, ROUTE];
        tables.iter().flat_map(|table| table.iter()).any(|healthy| {
            healthy.kind == self.kind && healthy.reason == self.reason && healthy.status() == self.status
        })
    }
}

/// What a condition says when nobody found anything wrong (kgateway `pkg/reports/status.go`, `…ConditionsWithDefaults`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Healthy {
    /// The condition's type.
    pub kind: &'static str,
    good: bool,
    reason: &'static str,
    message: &'static str,
}

impl Healthy {
    fn status(&self) -> &'static str {
        if self.good { "True" } else { "False" }
    }

    fn condition(&self) -> Condition {
        Condition::new(self.kind, self.good, self.reason, self.message)
    }
}

const fn well(kind: &'static str, reason: &'static str, message: &'static str) -> Healthy {
    Healthy { kind, good: true, reason, message }
}

/// A Gateway's conditions.
pub(super) const GATEWAY: &[Healthy] = &[
    well("Accepted", "Accepted", "Successfully accepted Gateway"),
    well("Programmed", "Programmed", "Successfully programmed Gateway"),
    well("ResolvedRefs", "ResolvedRefs", "Successfully resolved all Gateway references"),
];

/// A listener's conditions.
pub(super) const LISTENER: &[Healthy] = &[
    well("Accepted", "Accepted", "Successfully accepted Listener"),
    Healthy {
        kind: "Conflicted",
        good: false,
        reason: "NoConflicts",
        message: "Successfully verified that Listener has no conflicts",
    },
    well("Programmed", "Programmed", "Successfully programmed Listener"),
    well("ResolvedRefs", "ResolvedRefs", "Successfully resolved all references"),
];

/// The condition that says whether a route's rules reached the proxy.
pub(super) const PROGRAMMED: &str = "kgateway.dev/Programmed";

/// A route's conditions under one parent.
pub(super) const ROUTE: &[Healthy] = &[
    well("Accepted", "Accepted", "Successfully accepted Route"),
    well("ResolvedRefs", "ResolvedRefs", "Successfully resolved all references"),
    well(PROGRAMMED, "Programmed", "Successfully programmed Route"),
];

/// What was written, by type; the last one written counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Written(Vec<Condition>);

impl Written {
    /// Writes a condition over an earlier one of its type.
    pub fn set(&mut self, condition: Condition) {
        match self.0.iter_mut().find(|one| one.kind == condition.kind) {
            Some(earlier) => *earlier = condition,
            None => self.0.push(condition),
        }
    }

    /// What was written of this type.
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|one| one.kind == kind)
    }

    /// Every condition of the table, as written or as it is when all is well.
    pub fn or_healthy(&self, table: &[Healthy]) -> Vec<Condition> {
        let one = |healthy: &Healthy| self.get(healthy.kind).cloned().unwrap_or_else(|| healthy.condition());
        table.iter().map(one).collect()
    }
}
