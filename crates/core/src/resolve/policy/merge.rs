//! How kgateway merges policies into one, part by part, and from which policies each part comes.
//!
//! Policies of one route (those that the rule names, those of the rule, those of the route) are merged first, the
//! strongest first: what is set stays. Then the results are merged along the delegation, from the child up, each under
//! the priority that the route above asks for in its annotation.
//!
//! Sources: kgateway `pkg/pluginsdk/policy/merge.go` (`MergePolicies`, `GetMergeStrategy`, `IsMergeable`),
//! `pkg/kgateway/extensions2/plugins/trafficpolicy/merge.go`.

use std::collections::BTreeMap;

use crate::model::value::Data;
use crate::model::{Name, PolicyField, Route, Setting};

/// By whom two levels of a delegation are settled (kgateway `getInheritedPolicyPriority`: any other value is the
/// default).
const PRIORITY_ANNOTATION: &str = "kgateway.dev/inherited-policy-priority";

/// How policies of one target are merged, where that is not the default (`KGW_POLICY_MERGE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)] // the fields of the setting
pub struct PolicyMerge {
    pub ext_auth: Option<MergeDepth>,
    pub ext_proc: Option<MergeDepth>,
    pub transformation: Option<MergeDepth>,
    pub acl: Option<MergeDepth>,
}

/// Whether one policy's part stands alone, or others add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MergeDepth {
    Shallow,
    Deep,
}

/// What becomes of a part that both sides set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    /// What is there stays.
    Keep,
    /// What comes replaces it.
    Replace,
    /// What comes is added behind, where the part can hold both.
    AddBehind,
    /// What comes is added before.
    AddBefore,
}

impl Strategy {
    /// How what a route hands down meets what is below it.
    pub fn of(route: &Route) -> Self {
        match route.meta.annotation(PRIORITY_ANNOTATION).map(Name::as_str) {
            Some("ShallowMergePreferParent") => Self::Replace,
            Some("DeepMergePreferChild") => Self::AddBehind,
            Some("DeepMergePreferParent") => Self::AddBefore,
            _ => Self::Keep,
        }
    }
}

impl MergeDepth {
    fn strategy(self) -> Strategy {
        match self {
            Self::Shallow => Strategy::Keep,
            Self::Deep => Strategy::AddBehind,
        }
    }
}

/// One part of a merged policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Part {
    /// The policies it comes from, by number; the first gives the value where only one can.
    pub from: Vec<usize>,
    /// The services or codecs it turns on, the preferred first; of CORS, the properties it has.
    pub keys: Vec<Name>,
    /// It turns the part off.
    pub off: bool,
    acl: Acl,
}

/// What two address lists must agree on to be one (kgateway `detectHttpACLMergeConflict`).
#[derive(Debug, Clone, PartialEq, Default)]
struct Acl {
    default_action: Name,
    deny: Option<(Option<Data>, Option<Data>)>,
}

/// A policy merged from several.
pub(super) type Merged = BTreeMap<PolicyField, Part>;

impl Part {
    /// What one policy of `namespace` says.
    pub fn of(setting: &Setting, namespace: &Name, number: usize) -> Self {
        let off = setting.is_off();
        let keys = match setting.field {
            PolicyField::Compression | PolicyField::Decompression => codecs(setting, off),
            _ if off => Vec::new(),
            PolicyField::Cors => properties(setting),
            _ => setting.extension(namespace).map(|key| Name::from(key.to_string())).into_iter().collect(),
        };
        let acl = if setting.field == PolicyField::Acl { Acl::of(setting) } else { Acl::default() };
        Self { from: vec![number], keys, off, acl }
    }

    fn add_origins(&mut self, other: &Self) {
        let new: Vec<usize> = other.from.iter().copied().filter(|one| !self.from.contains(one)).collect();
        self.from.extend(new);
    }
}

/// gzip, unless others are named; what turns compression off does so for every codec (kgateway `handleCompression`).
fn codecs(setting: &Setting, off: bool) -> Vec<Name> {
    if off {
        return ["Gzip", "Brotli", "Zstd"].map(Name::new_static).to_vec();
    }
    let named: Vec<Name> = match setting.present("libraries").map(|value| &value.data) {
        Some(Data::List(items)) => items.iter().filter_map(|item| text(&item.data)).collect(),
        _ => Vec::new(),
    };
    if named.is_empty() { vec![Name::new_static("Gzip")] } else { named }
}

/// What a CORS policy says of itself.
fn properties(setting: &Setting) -> Vec<Name> {
    let names = ["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge", "allowCredentials"];
    let says = |name: &&str| match setting.present(name).map(|value| &value.data) {
        None | Some(Data::Bool(false) | Data::Int(0)) => false,
        Some(Data::List(items)) => !items.is_empty(),
        Some(_) => true,
    };
    names.into_iter().filter(says).map(Name::new_static).collect()
}

fn text(data: &Data) -> Option<Name> {
    if let Data::String(text) = data { Some(text.clone()) } else { None }
}

impl Acl {
    fn of(setting: &Setting) -> Self {
        let deny = setting.present("denyResponse").map(|deny| {
            let field = |key| deny.get(key).map(|value| value.data.clone()).filter(|data| *data != Data::Null);
            (field("statusCode"), field("blockedByHeaderName"))
        });
        let default_action = setting.text(&["defaultAction"]).cloned().unwrap_or_default();
        Self { default_action, deny }
    }

    fn conflicts(&self, other: &Self) -> bool {
        let differ = |one: &Option<Data>, other: &Option<Data>| one.is_some() && other.is_some() && one != other;
        let denials = self.deny.as_ref().zip(other.deny.as_ref());
        self.default_action != other.default_action
            || denials.is_some_and(|(one, other)| differ(&one.0, &other.0) || differ(&one.1, &other.1))
    }

    /// The rules and headers of both; what only one of them says.
    fn joined(preferred: &Self, other: &Self) -> Self {
        let deny = match (&preferred.deny, &other.deny) {
            (Some((status, header)), Some((_, more))) => {
                Some((status.clone(), header.clone().or_else(|| more.clone())))
            }
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        Self { default_action: preferred.default_action.clone(), deny }
    }
}

/// Merges what policies of one target set: `number` is the policy's.
pub(super) fn add_sibling(merged: &mut Merged, field: PolicyField, part: &Part, options: PolicyMerge) {
    let depth = match field {
        PolicyField::ExtAuth => options.ext_auth,
        PolicyField::ExtProc => options.ext_proc,
        PolicyField::Transformation => options.transformation,
        // Address lists of one target are joined, unless that is turned off.
        PolicyField::Acl => options.acl.or(Some(MergeDepth::Deep)),
        _ => None,
    };
    add(merged, field, part, depth.map_or(Strategy::Keep, MergeDepth::strategy));
}

/// Merges one part into what is there.
pub(super) fn add(merged: &mut Merged, field: PolicyField, part: &Part, strategy: Strategy) {
    use Strategy::{AddBefore, AddBehind, Keep, Replace};
    let Some(known) = merged.get_mut(&field) else {
        merged.insert(field, part.clone());
        return;
    };
    match (strategy, field) {
        (Replace, _) => *known = part.clone(),
        (AddBehind | AddBefore, PolicyField::ExtAuth | PolicyField::ExtProc) => {
            // A service that is known already adds nothing.
            if part.keys.iter().any(|key| !known.keys.contains(key)) {
                let (first, then) = if strategy == AddBefore { (part, &*known) } else { (&*known, part) };
                let keys = first.keys.iter().chain(&then.keys).cloned().collect();
                known.keys = keys;
                known.add_origins(part);
            }
            // What turns it off turns off all.
            if part.off {
                known.off = true;
                known.from.clone_from(&part.from);
            }
        }
        (AddBehind | AddBefore, PolicyField::Transformation) => known.add_origins(part),
        (AddBehind | AddBefore, PolicyField::Acl) => {
            if !known.acl.conflicts(&part.acl) {
                let behind = strategy == AddBehind;
                let (first, then) = if behind { (&known.acl, &part.acl) } else { (&part.acl, &known.acl) };
                known.acl = Acl::joined(first, then);
                known.add_origins(part);
            } else if strategy == AddBefore {
                *known = part.clone();
            }
        }
        // The other parts hold one value only.
        (Keep | AddBehind | AddBefore, _) => {}
    }
}

/// Reads `KGW_POLICY_MERGE`: a JSON object like `{"trafficPolicy":{"extAuth":"DeepMerge"}}`. A depth that is not known
/// means a shallow one, as the engine takes it.
pub fn policy_merge(json: &str) -> Result<PolicyMerge, String> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
    let Some(kinds) = value.as_object() else { return Err("expected a JSON object".to_owned()) };
    let mut found = PolicyMerge::default();
    for (kind, parts) in kinds {
        // Go reads keys whatever their case, and passes over others.
        if !kind.eq_ignore_ascii_case("trafficPolicy") {
            continue;
        }
        for (part, depth) in parts.as_object().into_iter().flatten() {
            let slot = match part.to_ascii_lowercase().as_str() {
                "extauth" => &mut found.ext_auth,
                "extproc" => &mut found.ext_proc,
                "transformation" => &mut found.transformation,
                "acl" => &mut found.acl,
                _ => return Err(format!("only extAuth, extProc, transformation and acl are merged otherwise: {part}")),
            };
            let Some(depth) = depth.as_str() else {
                return Err(format!("expected DeepMerge or ShallowMerge: {depth}"));
            };
            *slot = match depth {
                "" => None,
                "DeepMerge" => Some(MergeDepth::Deep),
                _ => Some(MergeDepth::Shallow),
            };
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_parts_and_depths() {
        let found =
            policy_merge(r#"{"trafficPolicy":{"extAuth":"DeepMerge","acl":"ShallowMerge"}}"#).expect("a setting");
        assert_eq!(
            (found.ext_auth, found.acl, found.ext_proc),
            (Some(MergeDepth::Deep), Some(MergeDepth::Shallow), None)
        );
        assert_eq!(policy_merge("{}"), Ok(PolicyMerge::default()));
        for wrong in ["", "[]", r#"{"trafficPolicy":{"cors":"DeepMerge"}}"#] {
            assert!(policy_merge(wrong).is_err(), "{wrong}");
        }
    }
}
