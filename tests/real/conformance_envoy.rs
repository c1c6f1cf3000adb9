//! `routes -o envoy` against kgateway's golden files: name for name and field for field what the engine gave its Envoy.

use routescope_render::envoy;
use serde_json::{Map, Value};

use crate::support::conformance;

use conformance::{SHOWN, golden, golden_cases, roots, text};

/// What the table does not hold, and the configuration therefore not either.
const NOT_IN_THE_TABLE: &[&str] = &["retryPolicy", "autoHostRewrite", "metadata", "typedPerFilterConfig"];

#[test]
fn configurations_are_those_the_engine_made() {
    let mut ran = 0;
    let mut differing = Vec::new();
    for case in roots().iter().flat_map(|root| golden_cases(root)) {
        ran += 1;
        let (case, analysis, output) = golden(&case);
        let gateway = text(&case["gateway"]);
        let tables = analysis.table.gateways.iter().filter(|table| table.gateway.to_string() == gateway);
        let mut found: Vec<Value> = tables
            .flat_map(|table| envoy::configurations(&analysis, table))
            .map(|configuration| camel(serde_json::to_value(configuration).expect("plain data")))
            .collect();
        let mut wanted: Vec<Value> = output["Routes"].as_array().cloned().unwrap_or_default();
        wanted.iter_mut().for_each(leave_out);
        for list in [&mut found, &mut wanted] {
            list.sort_by_key(|one| text(&one["name"]));
        }
        if let Some(difference) = difference(&Value::from(wanted), &Value::from(found)) {
            differing.push(format!("{}: {difference}", text(&case["name"])));
        }
    }
    conformance::ran("kgateway", ran);
    println!("envoy configurations: {ran} cases compared, {} differ", differing.len());
    let shown = differing.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "{} of {ran} cases differ\n{shown}", differing.len());
}

/// With the names that the golden files use: JSON's, not protobuf's.
fn camel(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let renamed = fields.into_iter().map(|(name, value)| {
                let mut parts = name.split('_');
                let first = parts.next().unwrap_or_default().to_owned();
                let rest = parts.map(|part| part[..1].to_uppercase() + &part[1..]);
                (first + &rest.collect::<String>(), camel(value))
            });
            Value::Object(renamed.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(camel).collect(),
        other => other,
    }
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !NOT_IN_THE_TABLE.contains(&name.as_str()));
            fields.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}

/// The first difference, with where it is.
fn difference(wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            let differs = |key: &String| Some(format!(".{key}{}", difference(&wanted[key], &found[key])?));
            keys.filter(|key| a.get(*key) != b.get(*key)).find_map(differs)
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(at, (a, b))| Some(format!("[{at}]{}", difference(a, b)?)))
        }
        _ if wanted == found => None,
        _ => Some(format!("\n   want {wanted}\n   have {found}")),
    }
}
