//! What the renderers' roles are called in a theme.

use crate::theme::Role;
use routescope_render::style;

impl From<style::Role> for Role {
    fn from(role: style::Role) -> Self {
        match role {
            style::Role::Text => Self::Text,
            style::Role::Heading => Self::Heading,
            style::Role::Dim => Self::Muted,
            style::Role::Guide => Self::Guide,
            style::Role::Gateway => Self::Gateway,
            style::Role::Listener => Self::Listener,
            style::Role::Host => Self::Host,
            style::Role::Route => Self::Route,
            style::Role::Namespace => Self::Namespace,
            style::Role::Rule | style::Role::Path => Self::Rule,
            style::Role::Matcher => Self::Condition,
            style::Role::Label => Self::Via,
            style::Role::Backend => Self::Backend,
            style::Role::Location => Self::Location,
            style::Role::Answer => Self::Answer,
            style::Role::Ok => Self::Ok,
            style::Role::Warning => Self::Warning,
            style::Role::Error => Self::Error,
            style::Role::Hint => Self::Hint,
        }
    }
}
