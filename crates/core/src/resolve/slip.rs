//! A backendRef that was most likely meant to delegate, and does not: a slip in its group or kind.

use super::settings::Dialect;
use crate::finding::closest;
use crate::model::GATEWAY_GROUP;

/// A slip in a ref: what is wrong, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What to write, in words.
    pub hint: String,
    /// The group to write, where it is another.
    pub group: Option<&'static str>,
    /// The kind to write, where it is another.
    pub kind: Option<&'static str>,
}

/// What is wrong with a ref of this group and kind, where it looks like one that delegates.
pub fn delegation_slip(dialect: &Dialect, group: &str, kind: &str) -> Option<Slip> {
    let (wanted_group, wanted_kind, hint) = slip(dialect, group, kind)?;
    let other = |wanted: &'static str, written: &str| (wanted != written).then_some(wanted);
    Some(Slip { hint, group: other(wanted_group, group), kind: other(wanted_kind, kind) })
}

/// The group and kind that were most likely meant, and a hint.
fn slip(dialect: &Dialect, group: &str, kind: &str) -> Option<(&'static str, &'static str, String)> {
    let route = |hint: String| Some((GATEWAY_GROUP, "HTTPRoute", hint));
    let is_route = kind.eq_ignore_ascii_case("HTTPRoute") || closest(kind, ["HTTPRoute"]).is_some();
    let is_label = kind.eq_ignore_ascii_case("label") || closest(kind, ["label"]).is_some();
    let delegates = dialect.label_group;
    if kind == "HTTPRoute" && group != GATEWAY_GROUP {
        return route(match group {
            "" => format!("a ref to an HTTPRoute delegates only with group: {GATEWAY_GROUP}: add it"),
            _ => format!("did you mean group: {GATEWAY_GROUP}? {group} has no HTTPRoute that delegates"),
        });
    }
    if group == GATEWAY_GROUP && is_route {
        return if kind == "HTTPRoute" { None } else { route("did you mean kind: HTTPRoute?".to_owned()) };
    }
    let wanted = delegates?;
    if group == wanted {
        return (kind != "label").then(|| {
            let why =
                if is_label { "It is written in lower case".to_owned() } else { format!("{wanted} has no other kind") };
            (wanted, "label", format!("did you mean kind: label? {why}"))
        });
    }
    if is_label {
        let hint = match group {
            "" => format!("to delegate by label, add group: {wanted}"),
            "delegation.gateway.solo.io" => {
                format!("did you mean group: {wanted}? {group} is the group of Gloo Gateway")
            }
            "delegation.kgateway.dev" => format!("did you mean group: {wanted}? {group} is the group of kgateway"),
            _ => format!("did you mean group: {wanted}?"),
        };
        let hint = if kind == "label" { hint } else { format!("{hint} The kind is label, in lower case") };
        return Some((wanted, "label", hint));
    }
    if is_route && closest(group, [GATEWAY_GROUP]).is_some() {
        return route(format!("did you mean group: {GATEWAY_GROUP}, kind: HTTPRoute?"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::DIALECTS;

    #[test]
    fn slips_of_group_and_kind_are_named() {
        let of = |group, kind| delegation_slip(&DIALECTS[0], group, kind);
        for (group, kind, hint) in [
            ("", "HTTPRoute", "add it"),
            ("gateway.networking.k8s.io", "HttpRoute", "kind: HTTPRoute"),
            ("gateway.networking.k8s.io", "HTTPRoutes", "kind: HTTPRoute"),
            ("delegation.kgateway.dev", "Label", "kind: label"),
            ("delegation.kgateway.dev", "labels", "kind: label"),
            ("delegation.kgateway.dev", "HTTPRoute", "group: gateway.networking.k8s.io"),
            ("delegation.gateway.solo.io", "label", "Gloo Gateway"),
            ("", "label", "add group: delegation.kgateway.dev"),
            ("delegation.kgatway.dev", "label", "group: delegation.kgateway.dev"),
        ] {
            assert!(
                of(group, kind).is_some_and(|slip| slip.hint.contains(hint)),
                "{group} {kind}: {:?}",
                of(group, kind)
            );
        }
        for (group, kind) in [
            ("", "Service"),
            ("gateway.kgateway.dev", "Backend"),
            ("gateway.networking.k8s.io", "HTTPRoute"),
            ("delegation.kgateway.dev", "label"),
            ("gateway.networking.k8s.io", "GRPCRoute"),
        ] {
            assert_eq!(of(group, kind), None, "{group} {kind}");
        }
    }
}
