//! What a text of YAML is made of.

use std::borrow::Cow;

use super::cursor::Mark;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// In quotes, or as a block.
    Quoted,
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'t> {
    pub kind: Kind<'t>,
    pub start: Mark,
    pub end: Mark,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'t> {
    StreamEnd,
    /// `%YAML`.
    Version,
    /// `%TAG`, with the handle and what it stands for.
    TagDirective(&'t str, String),
    DocumentStart,
    DocumentEnd,
    BlockListStart,
    BlockMapStart,
    BlockEnd,
    FlowListStart,
    FlowListEnd,
    FlowMapStart,
    FlowMapEnd,
    /// The comma.
    FlowEntry,
    /// The dash.
    BlockEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    /// Handle and suffix.
    Tag(&'t str, String),
    Scalar(Cow<'t, str>, Style),
}

/// Why a text is not YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub message: &'static str,
    pub at: Mark,
}

/// An error at a place.
pub(super) fn error<T>(message: &'static str, at: Mark) -> Result<T, SyntaxError> {
    Err(SyntaxError { message, at })
}
