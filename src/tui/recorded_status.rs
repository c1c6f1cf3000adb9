//! The status that controllers recorded: every condition, with a mark where it tells of trouble. For the detail pane.

use super::node_details::Fact;
use routescope_core::model::{GatewayRecord, ListenerRecord, Name, RecordedCondition, Route};
use routescope_render::style::{Line, Role};

/// The conditions that are bad news when they are true; all others are when they are not.
const BAD_WHEN_TRUE: &[&str] =
    &["Conflicted", "Detached", "InsecureFrontendValidationMode", "OverlappingTLSConfig", "PartiallyInvalid"];

/// Of a route: what was recorded under each of its parents.
pub fn route(route: &Route, facts: &mut Vec<Fact>) {
    for parent in &route.status {
        let under = format!(" under {}", parent.parent.name);
        facts.extend(parent.conditions.iter().map(|condition| ("recorded", line(condition, &under))));
    }
}

/// Of a Gateway.
pub fn gateway(record: &GatewayRecord, facts: &mut Vec<Fact>) {
    facts.extend(record.conditions.iter().map(|condition| ("recorded", line(condition, ""))));
}

/// Of a listener.
pub fn listener(record: &GatewayRecord, name: &Name, facts: &mut Vec<Fact>) {
    let Some(ListenerRecord { name: _, attached_routes, conditions }) =
        record.listeners.iter().find(|listener| listener.name == *name)
    else {
        return;
    };
    if let Some(count) = attached_routes {
        facts.push(("recorded", Line::of(Role::Text, format!("attachedRoutes={count}"))));
    }
    facts.extend(conditions.iter().map(|condition| ("recorded", line(condition, ""))));
}

fn line(condition: &RecordedCondition, of: &str) -> Line {
    let RecordedCondition { kind, status, reason, message } = condition;
    let wanted = if BAD_WHEN_TRUE.contains(&kind.as_str()) { "False" } else { "True" };
    let (glyph, role) = match status.as_str() {
        status if status == wanted => ("✓ ", Role::Ok),
        "Unknown" => ("? ", Role::Warning),
        _ => ("✗ ", Role::Error),
    };
    let mut line = Line::of(role, glyph).with(Role::Text, format!("{kind}={status}"));
    line.push(Role::Dim, format!(" {reason}{of}"));
    if status != wanted && !message.is_empty() {
        line.push(Role::Text, format!(": {}", message.trim()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: &str, status: &str) -> String {
        let condition = RecordedCondition {
            kind: Name::new(kind),
            status: Name::new(status),
            reason: Name::new("Why"),
            message: "so".to_owned(),
        };
        line(&condition, "").plain()
    }

    #[test]
    fn some_conditions_are_bad_news_when_they_are_true() {
        assert_eq!(shown("Accepted", "True"), "✓ Accepted=True Why");
        assert_eq!(shown("Accepted", "False"), "✗ Accepted=False Why: so");
        assert_eq!(shown("PartiallyInvalid", "True"), "✗ PartiallyInvalid=True Why: so");
        assert_eq!(shown("Conflicted", "False"), "✓ Conflicted=False Why");
        assert_eq!(shown("Programmed", "Unknown"), "? Programmed=Unknown Why: so");
    }
}
