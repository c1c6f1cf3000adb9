//! Matches that fall away under their parent: what to write instead.

use serde_json::json;

use super::fixes::subject;
use crate::finding::{Advice, Edit, MatchChange};
use crate::model::{PathKind, Route, RouteMatch, ValueMatch};
use crate::resolve::DropReason;

/// A match that stands nowhere.
pub(super) struct Drop<'a> {
    pub reason: &'a DropReason,
    pub route: &'a Route,
    /// The rule, and the match in it.
    pub place: (u32, Option<u32>),
    /// The match that it was held against.
    pub parent: Option<&'a RouteMatch>,
    /// The annotation that lets the route inherit, where that would take none of its matches away from where it stands.
    pub inherit: Option<&'static str>,
}

impl Drop<'_> {
    /// What to do.
    pub fn advice(&self) -> Option<Advice> {
        let change = match self.reason {
            DropReason::ParentNotPrefix { .. } | DropReason::ParentHasNoMatches => MatchChange::ParentPrefix,
            DropReason::NotUnder { parent } => MatchChange::WholePath(parent.clone()),
            DropReason::HeaderMissing { .. }
            | DropReason::QueryParamMissing { .. }
            | DropReason::MethodDiffers { .. } => MatchChange::Repeat,
            DropReason::NoMatches => return Some(Advice::WriteMatch),
            DropReason::MatchesNothing => return Some(Advice::WriteMatchOrNone),
            DropReason::NotEvaluated { .. } => return Some(Advice::SimplerRegexes),
            DropReason::Invalid { .. } | DropReason::NeverMatches { .. } | DropReason::Refused { .. } => return None,
        };
        Some(Advice::Keep { change, or_inherit: self.inherit.is_some() })
    }

    /// The same as edits.
    pub fn fix(&self) -> Vec<Edit> {
        match self.reason {
            DropReason::NotUnder { .. }
            | DropReason::HeaderMissing { .. }
            | DropReason::QueryParamMissing { .. }
            | DropReason::MethodDiffers { .. } => self.conditions().unwrap_or_default(),
            DropReason::ParentNotPrefix { .. } | DropReason::ParentHasNoMatches => {
                let path = self.inherit.map(|key| format!("metadata.annotations[\"{key}\"]"));
                path.into_iter().map(|path| Edit::set(subject(self.route), path, "true")).collect()
            }
            DropReason::MatchesNothing => {
                vec![Edit::remove(subject(self.route), format!("spec.rules[{}].matches", self.place.0))]
            }
            DropReason::NoMatches
            | DropReason::Invalid { .. }
            | DropReason::NeverMatches { .. }
            | DropReason::NotEvaluated { .. }
            | DropReason::Refused { .. } => Vec::new(),
        }
    }

    /// The parent's conditions, repeated in the match.
    fn conditions(&self) -> Option<Vec<Edit>> {
        let (parent, (rule, Some(index))) = (self.parent?, self.place) else { return None };
        let own = self.route.rules.get(rule as usize)?.matches.get(index as usize)?;
        // A service and a method of gRPC are not a path that could be put below another.
        if own.grpc.is_some() {
            return None;
        }
        let base = format!("spec.rules[{rule}].matches[{index}]");
        let mut edits = Vec::new();
        if matches!(self.reason, DropReason::NotUnder { .. }) {
            let prefix = parent.path.value.trim_end_matches('/');
            if own.path.kind == PathKind::RegularExpression {
                return None;
            }
            let joined = if own.path.value == "/" { prefix.to_owned() } else { format!("{prefix}{}", own.path.value) };
            edits.push(Edit::set(subject(self.route), format!("{base}.path.value"), joined));
        }
        if let Some(method) = parent.method.as_ref().filter(|method| own.method.as_ref() != Some(method)) {
            edits.push(Edit::set(subject(self.route), format!("{base}.method"), method.as_str()));
        }
        let mut repeat = |field: &str, parents: &[ValueMatch], own: &[ValueMatch]| {
            let missing = parents.iter().filter(|one| !own.contains(one));
            for (at, one) in (own.len()..).zip(missing) {
                let value = json!({ "name": one.name.as_str(), "type": one.kind.name(), "value": one.value.as_str() });
                edits.push(Edit::set(subject(self.route), format!("{base}.{field}[{at}]"), value));
            }
        };
        repeat("headers", &parent.headers, &own.headers);
        repeat("queryParams", &parent.query_params, &own.query_params);
        Some(edits)
    }
}
