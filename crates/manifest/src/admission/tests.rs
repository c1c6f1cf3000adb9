//! The tables and the rules agree with each other, and (where the CRDs are at hand) with the CRDs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::schema::{Schema, ValueType};
use super::{rules, table};
use crate::channel::Channel;

/// The rules that the tables name, by place and message, read without the parser of the product.
fn named() -> BTreeSet<(String, String)> {
    let mut named = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for text in [include_str!("tables/gateway-api.txt"), include_str!("tables/kgateway.txt")] {
        let mut steps: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let content = line[1..].trim_start();
            let depth = line.len() - 1 - content.len();
            let words: Vec<&str> = content.split(' ').collect();
            steps.truncate(depth);
            match words[0] {
                "kind" if depth == 0 => {
                    let is_first = kinds.insert(words[2]);
                    steps.push(if is_first { words[2].to_owned() } else { format!("{}/{}", words[2], words[3]) });
                }
                "!" => {
                    named.insert((steps.concat(), content[2..].to_owned()));
                }
                "~" | "=" | "1" | "1+" | "1-" | "served" => {}
                "[]" | "{}" => steps.push(words[0].to_owned()),
                field => steps.push(format!(".{}", field.trim_end_matches('*'))),
            }
        }
    }
    named
}

#[test]
fn each_rule_of_the_tables_has_a_function_and_each_function_a_rule() {
    let named = named();
    let written: BTreeSet<_> = rules::all().map(|(place, message)| (place.to_owned(), message.to_owned())).collect();
    assert!(named.len() > 150, "{}", named.len());
    let missing: Vec<_> = named.difference(&written).collect();
    let unused: Vec<_> = written.difference(&named).collect();
    assert!(missing.is_empty() && unused.is_empty(), "without a function: {missing:#?}\nwithout a rule: {unused:#?}");
}

fn walk(schema: &Schema, see: &mut impl FnMut(&Schema)) {
    see(schema);
    match &schema.shape {
        ValueType::Object { fields, .. } => fields.iter().for_each(|field| walk(&field.schema, see)),
        ValueType::Map { values: part, .. } | ValueType::List { items: part, .. } => walk(part, see),
        _ => {}
    }
}

#[test]
fn the_tables_are_read_whole() {
    for channel in [Channel::Standard, Channel::Experimental] {
        let (mut patterns, mut texts) = (0, 0);
        for version in table::versions(channel) {
            let schema = version.schema.as_ref().expect("no table has versions of earlier releases only");
            walk(schema, &mut |schema| match &schema.shape {
                ValueType::String { pattern, .. } => {
                    texts += 1;
                    patterns += usize::from(pattern.is_some());
                    // Compiling it panics when it is not valid.
                    assert!(pattern.as_ref().is_none_or(|pattern| !pattern.is_match("\u{0}")));
                }
                // `keep` alone; a reference to a place that is not there would look the same.
                ValueType::Any => panic!("{}: a field of any type", version.kind),
                _ => {}
            });
        }
        assert!(patterns > 100 && texts > patterns, "{patterns} of {texts}");
    }
}

/// `ROUTESCOPE_CRDS` is `GATEWAY_API:KGATEWAY`, two git checkouts.
#[test]
#[ignore = "needs checkouts: ROUTESCOPE_CRDS=GATEWAY_API:KGATEWAY cargo test -p routescope-manifest -- --ignored crds"]
fn the_tables_agree_with_the_released_crds() {
    let checkouts = std::env::var("ROUTESCOPE_CRDS").expect("ROUTESCOPE_CRDS names the checkouts of the CRDs");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/schemas.py");
    let output =
        Command::new("python3").arg(script).arg("--check").args(checkouts.split(':')).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
