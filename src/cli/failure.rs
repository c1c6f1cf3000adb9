//! Why a command failed: one line, and a hint.

use std::fmt;

use routescope_core::router::RequestError;
use routescope_core::visible::visible;
use routescope_manifest::SourceError;

/// An error: exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was attempted and why it failed.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a hint.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// What is said of it: a line for the failure, one for the hint. No name can begin a line of its own.
    pub fn lines(&self) -> String {
        let Self { message, hint } = self;
        let hint = hint.as_ref().map(|hint| format!("hint: {}\n", visible(hint))).unwrap_or_default();
        format!("error: {}\n{hint}", visible(message))
    }
}

impl From<SourceError> for Failure {
    fn from(SourceError { message, hint }: SourceError) -> Self {
        Self { message, hint: hint.or_else(|| Some("check the path; `routescope --demo` needs none".to_owned())) }
    }
}

impl From<RequestError> for Failure {
    fn from(RequestError { message, hint }: RequestError) -> Self {
        Self { message, hint: (!hint.is_empty()).then_some(hint) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
