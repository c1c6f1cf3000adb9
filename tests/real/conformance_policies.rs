//! Where kgateway says that each part of its merged policies comes from, from a checkout:
//! `ROUTESCOPE_KGATEWAY=…/kgateway`. Without it the test says so and passes. Every golden file of the translator whose
//! routes, virtual hosts or route configurations carry `merge.TrafficPolicy.gateway.kgateway.dev` is held against ours,
//! place by place and part by part; and of every row its timeouts, its retries, and what policies rewrite.
//!
//! `ROUTESCOPE_KGATEWAY_WORLDS` names a folder of folders with an `input.yaml` and the `output.yaml` that the translator
//! made of it for the Gateway `infra/gw`: those are held, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::Regex;
use routescope_core::analysis::Analysis;
use routescope_core::model::value::Data;
use routescope_core::model::{Name, Object, PolicyField};
use routescope_core::resolve::{InForce, Limits, PolicyLevel, Settings, policy_merge};
use routescope_manifest::Channel;
use routescope_manifest::files::load_text_for;
use serde_json::{Value, json};

use crate::support::conformance;

use conformance::{files_in, read, settings_of, text};

/// The key under which the engine says it.
const KEY: &str = "merge.TrafficPolicy.gateway.kgateway.dev";

/// Golden files that say otherwise, and why: what Secrets hold is never read, Envoy's template engine is asked by strict
/// validation alone (the answer says so), and a Backend in Google's cloud rewrites the host by itself.
const OTHERWISE: [&str; 4] = [
    "traffic-policy/api-key-auth-selector-no-matching-secret.yaml",
    "route-replacement/strict/policy/policy-transformation-body-template-invalid-out.yaml",
    "route-replacement/strict/policy/policy-transformation-header-template-invalid-out.yaml",
    "backends/gcp_backend.yaml",
];

/// A case of the translator's tests.
struct Case {
    name: String,
    inputs: Vec<PathBuf>,
    output: PathBuf,
    gateway: String,
    settings: Settings,
}

/// The parts of one place, each with the policies it comes from.
type Origins = BTreeMap<String, BTreeSet<String>>;

#[test]
fn parts_come_from_the_policies_that_the_translator_names() {
    let Some(root) = std::env::var_os("ROUTESCOPE_KGATEWAY").map(PathBuf::from) else {
        println!("ROUTESCOPE_KGATEWAY is not set: nothing is held");
        return;
    };
    hold(cases(&root.join("pkg/kgateway/translator/gateway")));
}

#[test]
fn worlds_have_the_translators_policies() {
    let Some(root) = std::env::var_os("ROUTESCOPE_KGATEWAY_WORLDS").map(PathBuf::from) else {
        println!("ROUTESCOPE_KGATEWAY_WORLDS is not set: nothing is held");
        return;
    };
    let case = |folder: PathBuf| Case {
        name: folder.display().to_string(),
        inputs: vec![folder.join("input.yaml")],
        output: folder.join("output.yaml"),
        gateway: "infra/gw".to_owned(),
        settings: Settings::default(),
    };
    hold(files_in(&root).into_iter().filter(|folder| folder.join("output.yaml").is_file()).map(case).collect());
}

fn hold(cases: Vec<Case>) {
    let (mut held, mut places, mut differing, mut failures) = (0, 0, 0, String::new());
    let mut outputs: BTreeSet<PathBuf> = BTreeSet::new();
    for case in cases {
        if OTHERWISE.iter().any(|otherwise| case.output.ends_with(otherwise)) {
            continue;
        }
        let written = read(&case.output);
        // A golden file may be of a case that was taken away, and some are not configurations.
        let Ok(output) = serde_yaml::from_str::<Value>(&written) else { continue };
        let expected = expected(&output);
        let actual = actual(&analysed(&case), &case.gateway);
        held += 1;
        outputs.insert(case.output.clone());
        places += expected.values().filter(|origins| !origins.is_empty()).count();
        let all: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
        let none = Origins::new();
        let mut told = false;
        for place in all {
            let (want, have) = (expected.get(place).unwrap_or(&none), actual.get(place).unwrap_or(&none));
            if want != have {
                if !told {
                    differing += 1;
                    let _ = writeln!(failures, "{} ({})", case.name, case.output.display());
                    told = true;
                }
                let _ = writeln!(failures, "  {place}\n    want {want:?}\n    have {have:?}");
            }
        }
    }
    println!("{held} cases held ({} golden files), {places} places with origins, {differing} differ", outputs.len());
    assert!(held > 0 && failures.is_empty(), "{failures}");
}

/// Every case whose input and output the tests name.
fn cases(folder: &Path) -> Vec<Case> {
    let source = read(&folder.join("gateway_translator_test.go"));
    let (inputs, outputs) = (folder.join("testutils/inputs"), folder.join("testutils/outputs"));
    let mut cases = Vec::new();
    let run = Regex::new(r#"(?m)^\tt\.Run\("([^"]*)""#).expect("a pattern");
    let starts: Vec<(usize, String)> =
        run.captures_iter(&source).map(|found| (found.get(0).expect("a match").start(), found[1].to_owned())).collect();
    let field = |block: &str, pattern: &str| {
        Regex::new(pattern).expect("a pattern").captures(block).map(|found| found[1].to_owned())
    };
    for (at, (start, name)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(source.len(), |(next, _)| *next);
        let block = &source[*start..end];
        // The body of one case ends where the next function begins.
        let block = block.split("\n}\n").next().unwrap_or_default();
        if let Some(output) = field(block, r#"outputFile:\s*"([^"]+)""#) {
            let files = field(block, r"inputFiles:\s*\[\]string\{([^}]*)\}").unwrap_or_default();
            let inputs = files.split(',').map(|file| file.trim().trim_matches('"')).filter(|file| !file.is_empty());
            let namespace = field(block, r#"Namespace:\s*"([^"]+)""#).unwrap_or_default();
            let gateway = field(block, r#"Name:\s*"([^"]+)""#).unwrap_or_default();
            cases.push(Case {
                name: name.clone(),
                inputs: inputs.map(|file| folder.join("testutils/inputs").join(file)).collect(),
                output: outputs.join(output),
                gateway: format!("{namespace}/{gateway}"),
                settings: settings(block),
            });
        } else if let Some(file) = field(block, r#"test\(t, "([^"]+\.yaml)"\)"#) {
            cases.push(Case {
                name: name.clone(),
                inputs: vec![inputs.join("delegation/common.yaml"), inputs.join("delegation").join(&file)],
                output: outputs.join("delegation").join(&file),
                gateway: "infra/example-gateway".to_owned(),
                settings: Settings::default(),
            });
        }
    }
    let discovery = Regex::new(r#"test\(t, `([^`]*)`, "([^"]+)", "([^"]+)"\)"#).expect("a pattern");
    for found in discovery.captures_iter(&source) {
        cases.push(Case {
            name: format!("discovery {}", &found[3]),
            inputs: vec![inputs.join("discovery-namespace-selector").join(&found[2])],
            output: outputs.join("discovery-namespace-selector").join(&found[3]),
            gateway: "infra/example-gateway".to_owned(),
            settings: settings_of(&json!({ "discoveryNamespaceSelectors": &found[1] })),
        });
    }
    for (mode, setting) in [("standard", "STANDARD"), ("strict", "STRICT")] {
        for output in files_below(&outputs.join("route-replacement").join(mode)) {
            let category = output.parent().and_then(Path::file_name).expect("a category");
            let file = output.file_name().and_then(|name| name.to_str()).expect("a name").replace("-out.yaml", ".yaml");
            let input = inputs.join("route-replacement").join(category).join(&file);
            // Some golden files are of cases that were taken away.
            if !input.is_file() {
                continue;
            }
            cases.push(Case {
                name: format!("route replacement {mode} {file}"),
                inputs: vec![input],
                output,
                gateway: "gwtest/example-gateway".to_owned(),
                settings: settings_of(&json!({ "validationMode": setting })),
            });
        }
    }
    cases
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    files_in(folder).into_iter().flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The settings that the body of a case makes.
fn settings(block: &str) -> Settings {
    let set = |name: &str, value: &str| block.contains(&format!("s.{name} = {value}"));
    let mode = ["Off", "Strict"]
        .into_iter()
        .find(|mode| set("ReferenceGrantMode", &format!("apisettings.ReferenceGrant{mode}")));
    let mut settings = settings_of(&json!({
        "weightedRoutePrecedence": set("WeightedRoutePrecedence", "true"),
        "referenceGrantMode": mode.unwrap_or("Permissive"),
        "validationMode": if set("ValidationMode", "apisettings.ValidationStrict") { "strict" } else { "standard" },
    }));
    if let Some((_, rest)) = block.split_once("s.GlobalPolicyNamespace = \"") {
        settings.global_policy_namespace = rest.split('"').next().map(Name::from);
    }
    if let Some((_, rest)) = block.split_once("s.PolicyMerge = `") {
        let written = rest.split('`').next().unwrap_or_default();
        settings.policy_merge = policy_merge(written).expect("parts and depths");
    }
    settings
}

fn analysed(case: &Case) -> Analysis {
    let mut objects: Vec<Object> = Vec::new();
    for path in &case.inputs {
        for file in if path.is_dir() { files_in(path) } else { vec![path.clone()] } {
            objects
                .extend(load_text_for(&file.display().to_string(), &read(&file), Some(Channel::Experimental)).objects);
        }
    }
    conformance::age(&mut objects);
    conformance::analyse_with(objects, case.settings.clone())
}

/// What the engine says of every place of a configuration dump.
fn expected(output: &Value) -> BTreeMap<String, Origins> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let places = conformance::places(output);
    let mut all = BTreeMap::new();
    for config in list(&output["Routes"]) {
        let Some((port, sni)) = places.get(&text(&config["name"])) else { continue };
        let name = format!("{port} {sni}");
        let mut served = false;
        for host in list(&config["virtualHosts"]) {
            let name = format!("{name} {}", text(&host["domains"][0]));
            for (at, row) in list(&host["routes"]).iter().enumerate() {
                served = true;
                let mut said = told(row);
                said.extend(done(row));
                all.insert(format!("{name} row {at}"), said);
            }
            all.insert(name, told(&host));
        }
        if served {
            all.insert(name, told(&config));
        }
    }
    all
}

fn told(place: &Value) -> Origins {
    let fields = place["metadata"]["filterMetadata"][KEY].as_object();
    let fields = fields.into_iter().flatten();
    let key = |id: &Value| text(id).splitn(3, '/').nth(2).unwrap_or_default().to_owned();
    fields.map(|(field, ids)| (field.clone(), ids.as_array().into_iter().flatten().map(key).collect())).collect()
}

/// What a row does that policies may have a say in.
fn done(row: &Value) -> Origins {
    let action = &row["route"];
    let retry = &action["retryPolicy"];
    let attempts = retry["numRetries"].as_u64().or(retry.is_object().then_some(0)).map(|number| number.to_string());
    let seconds = |value: &Value| value.as_str().map(|text| format!("{:.3}", duration(text)));
    let facts = [
        ("= timeout", seconds(&action["timeout"])),
        ("= idle timeout", seconds(&action["idleTimeout"])),
        ("= retries", attempts),
        ("= timeout of a try", seconds(&retry["perTryTimeout"])),
        ("= host of the backend", action["autoHostRewrite"].as_bool().map(|on| on.to_string())),
    ];
    let one = |(name, value): (&str, Option<String>)| Some((name.to_owned(), BTreeSet::from([value?])));
    facts.into_iter().filter_map(one).collect()
}

/// What we say that a row does.
fn our(in_force: &InForce) -> Origins {
    let Limits { request, stream_idle, retries } = &in_force.limits;
    let seconds = |value: &Name| format!("{:.3}", duration(value));
    let per_try = retries.as_ref().and_then(|retries| retries.per_try.as_ref());
    let on =
        in_force.setting(PolicyField::AutoHostRewrite).filter(|(_, setting)| setting.value.data == Data::Bool(true));
    let facts = [
        ("= timeout", request.as_ref().map(|limit| seconds(&limit.value))),
        ("= idle timeout", stream_idle.as_ref().map(|limit| seconds(&limit.value))),
        ("= retries", retries.as_ref().map(|retries| retries.attempts.to_string())),
        ("= timeout of a try", per_try.map(seconds)),
        ("= host of the backend", on.map(|_| "true".to_owned())),
    ];
    let one = |(name, value): (&str, Option<String>)| Some((name.to_owned(), BTreeSet::from([value?])));
    facts.into_iter().filter_map(one).collect()
}

/// Seconds, of `1m30s`, `100ms` or `0.100s`.
fn duration(text: &str) -> f64 {
    let part = Regex::new(r"([0-9.]+)(h|ms|m|s)").expect("a pattern");
    let unit = |unit: &str| match unit {
        "h" => 3600.0,
        "m" => 60.0,
        "ms" => 0.001,
        _ => 1.0,
    };
    part.captures_iter(text).map(|found| found[1].parse::<f64>().unwrap_or_default() * unit(&found[2])).sum()
}

/// What we say of every place.
fn actual(analysis: &Analysis, gateway: &str) -> BTreeMap<String, Origins> {
    let mut all = BTreeMap::new();
    let router = analysis.router();
    for table in analysis.table.gateways.iter().filter(|table| table.gateway.to_string() == gateway) {
        for host in &table.virtual_hosts {
            let sni = host.sni.as_ref().filter(|sni| *sni != "*").map(ToString::to_string).unwrap_or_default();
            let configuration = format!("{} {sni}", host.port);
            let name = format!("{configuration} {}", host.hostname);
            for (at, row) in host.rows.iter().enumerate() {
                let in_force = router.in_force(table, host, *row);
                for (place, level) in [
                    (format!("{name} row {at}"), PolicyLevel::Route),
                    (name.clone(), PolicyLevel::VirtualHost),
                    (configuration.clone(), PolicyLevel::RouteConfiguration),
                ] {
                    let origins = in_force.origins(level).into_iter();
                    let origins = origins.map(|(field, from)| {
                        (field.origin_name().to_owned(), from.iter().map(ToString::to_string).collect())
                    });
                    let mut said: Origins = origins.collect();
                    if level == PolicyLevel::Route {
                        said.extend(our(&in_force));
                    }
                    all.insert(place, said);
                }
            }
        }
    }
    all
}
