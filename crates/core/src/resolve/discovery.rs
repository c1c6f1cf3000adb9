//! Which namespaces the control plane sees: objects of the others do not exist for it.
//!
//! Source: kgateway `pkg/pluginsdk/collections/discovery.go` (`NewDiscoveryNamespacesFilter`,
//! `ParseLabelSelectors`), setting `KGW_DISCOVERY_NAMESPACE_SELECTORS`.

use std::sync::Arc;

use ahash::AHashMap;
use serde_json::Value;

use super::attach::{Admission, admits};
use super::settings::Settings;
use crate::finding::{Code, Finding, Problem, Severity};
use crate::model::{DiscoverySelectors, From, Name, NamespaceSelector, Requirement, RequirementOperator};
use crate::store::Snapshot;

/// Reads a JSON list of label selectors: a namespace is seen when one of them selects it, an empty list means all.
pub fn discovery_selectors(json: &str) -> Result<DiscoverySelectors, String> {
    let value: Value = serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Array(list) = value else { return Err("expected a list of label selectors".to_owned()) };
    list.iter().map(selector).collect()
}

fn selector(value: &Value) -> Result<NamespaceSelector, String> {
    let Value::Object(fields) = value else { return Err(format!("expected a label selector, found {value}")) };
    let mut selector = NamespaceSelector::default();
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("matchLabels", Value::Object(labels)) => {
                for (key, value) in labels {
                    selector.labels.push((Name::from(key.as_str()), text(value)?));
                }
            }
            ("matchExpressions", Value::Array(list)) => {
                selector.expressions = list.iter().map(requirement).collect::<Result<_, _>>()?;
            }
            ("matchLabels" | "matchExpressions", _) => return Err(format!("{key}: not what was expected: {value}")),
            _ => return Err(format!("a label selector has matchLabels and matchExpressions, no {key}")),
        }
    }
    Ok(selector)
}

fn requirement(value: &Value) -> Result<Requirement, String> {
    let operator = match value["operator"].as_str() {
        Some("In") => RequirementOperator::In,
        Some("NotIn") => RequirementOperator::NotIn,
        Some("Exists") => RequirementOperator::Exists,
        Some("DoesNotExist") => RequirementOperator::DoesNotExist,
        _ => return Err(format!("expected the operator In, NotIn, Exists or DoesNotExist in {value}")),
    };
    let values = value["values"].as_array().into_iter().flatten().map(text).collect::<Result<Vec<_>, _>>()?;
    let listed = matches!(operator, RequirementOperator::In | RequirementOperator::NotIn);
    if listed == values.is_empty() {
        return Err(format!("In and NotIn have values, Exists and DoesNotExist have none: {value}"));
    }
    Ok(Requirement { key: text(&value["key"])?, operator, values })
}

fn text(value: &Value) -> Result<Name, String> {
    value.as_str().map(Name::from).ok_or_else(|| format!("expected text, found {value}"))
}

/// What the control plane sees of a snapshot, and what it leaves out in a finding. A namespace whose labels are not in
/// view is assumed to be selected.
pub fn discovered(snapshot: Arc<Snapshot>, settings: &Settings) -> (Arc<Snapshot>, Option<Finding>) {
    let selectors = &settings.discovery_namespace_selectors;
    if selectors.is_empty() {
        return (snapshot, None);
    }
    let froms: Vec<From> = selectors.iter().map(|selector| From::Selector(Some(selector.clone()))).collect();
    let mut known: AHashMap<Name, bool> = AHashMap::default();
    let mut seen = |namespace: &Name| {
        let selected = || froms.iter().any(|from| admits(&snapshot, from, "", namespace) != Admission::No);
        *known.entry(namespace.clone()).or_insert_with(selected)
    };
    let within = snapshot.within(&mut seen);
    let lost = snapshot.routes.len() - within.routes.len();
    let finding = (lost > 0).then(|| Finding {
        code: Code::NamespaceNotDiscovered,
        severity: Severity::Info,
        place: None,
        subject: None,
        problem: Problem::NotDiscovered(lost),
        advice: None,
        fix: Vec::new(),
    });
    (Arc::new(within), finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_label_selectors_is_read() {
        let json = r#"[{"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "k", "operator": "Exists"}]}, {}]"#;
        let selectors = discovery_selectors(json).expect("selectors");
        assert_eq!(selectors[0].labels, [("app".into(), "a".into())]);
        assert_eq!(selectors[0].expressions[0].operator, RequirementOperator::Exists);
        assert_eq!(selectors[1], NamespaceSelector::default());
        assert_eq!(discovery_selectors("[]"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_list_of_selectors_is_an_error() {
        let wrong =
            ["", "{}", "[1]", r#"[{"labels": {}}]"#, r#"[{"matchExpressions": [{"key": "k", "operator": "In"}]}]"#];
        for json in wrong {
            assert!(discovery_selectors(json).is_err(), "{json}");
        }
    }
}
