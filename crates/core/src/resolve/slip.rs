//! A backendRef that was most likely meant to delegate, and does not: a slip in its group or kind.

use super::settings::Dialect;
use crate::finding::{SlipHint, closest};
use crate::model::GATEWAY_GROUP;

/// A slip in a ref: what is wrong, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What was most likely meant.
    pub hint: SlipHint,
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
fn slip(dialect: &Dialect, group: &str, kind: &str) -> Option<(&'static str, &'static str, SlipHint)> {
    let route = |hint| Some((GATEWAY_GROUP, "HTTPRoute", hint));
    let is_route = kind.eq_ignore_ascii_case("HTTPRoute") || closest(kind, ["HTTPRoute"]).is_some();
    let is_label = kind.eq_ignore_ascii_case("label") || closest(kind, ["label"]).is_some();
    if kind == "HTTPRoute" && group != GATEWAY_GROUP {
        return route(if group.is_empty() { SlipHint::AddGroup } else { SlipHint::MeansGroup(group.into()) });
    }
    if group == GATEWAY_GROUP && is_route {
        return if kind == "HTTPRoute" { None } else { route(SlipHint::MeansHttpRoute) };
    }
    let wanted = dialect.label_group?;
    if group == wanted {
        let hint = SlipHint::MeansLabel { group: wanted, is_other_case: is_label };
        return (kind != "label").then_some((wanted, "label", hint));
    }
    if is_label {
        let (written, is_other_case) = (group.into(), kind != "label");
        return Some((wanted, "label", SlipHint::MeansLabelGroup { group: wanted, written, is_other_case }));
    }
    if is_route && closest(group, [GATEWAY_GROUP]).is_some() {
        return route(SlipHint::MeansBoth);
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
        let (gateway, labels) = (Some(GATEWAY_GROUP), Some("delegation.kgateway.dev"));
        for (group, kind, wanted) in [
            ("", "HTTPRoute", (gateway, None)),
            ("gateway.networking.k8s.io", "HttpRoute", (None, Some("HTTPRoute"))),
            ("gateway.networking.k8s.io", "HTTPRoutes", (None, Some("HTTPRoute"))),
            ("delegation.kgateway.dev", "Label", (None, Some("label"))),
            ("delegation.kgateway.dev", "labels", (None, Some("label"))),
            ("delegation.kgateway.dev", "HTTPRoute", (gateway, None)),
            ("delegation.gateway.solo.io", "label", (labels, None)),
            ("", "label", (labels, None)),
            ("delegation.kgatway.dev", "label", (labels, None)),
        ] {
            let slip = of(group, kind).expect("a slip");
            assert_eq!((slip.group, slip.kind), wanted, "{group} {kind}");
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
