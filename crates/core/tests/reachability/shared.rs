//! The same of the worlds that real engines answered for, and of each beside one that is a few edits away.

use std::path::Path;

use routescope_core::analysis::Analysis;
use routescope_core::expectation::{Expect, Verdict};
use routescope_core::model::{Name, PathKind, PathMatch};
use routescope_core::reachability::Region;
use routescope_core::router::Request;
use routescope_manifest::files::load_text;
use serde_json::{Value, json};

use crate::compared::compared;
use crate::reached::{every_way_is_listed, nothing_unreachable_is_met};
use crate::regions::held;
use crate::rows::{every_row, no_request_meets};
use crate::{conformance, with_engine};

/// Few worlds unless more are asked for.
fn step() -> usize {
    if std::env::var_os("PROPTEST_CASES").is_some() { 1 } else { 16 }
}

fn requests(expected: &Value) -> Vec<Request> {
    let cases = expected["requests"].as_array().into_iter().flatten();
    let one = |case: &Value| {
        let written = &case["request"];
        let request = Request::parse(written["url"].as_str()?).ok()?;
        let mut request = request.with_method(written["method"].as_str().unwrap_or("GET")).ok()?;
        for (name, value) in written["headers"].as_object().into_iter().flatten() {
            request = request.with_header(&format!("{name}: {}", value.as_str()?)).ok()?;
        }
        Some(request)
    };
    cases.filter_map(one).collect()
}

fn named<T>(world: &Path, result: Result<T, proptest::test_runner::TestCaseError>) -> T {
    result.unwrap_or_else(|error| panic!("{}: {error}", world.display()))
}

#[test]
fn the_rows_of_all_shared_worlds_are_met_or_hidden() {
    let (mut rows, mut unmet, mut unknown) = (0, 0, Vec::new());
    for world in conformance::roots().iter().flat_map(|root| conformance::worlds(root)) {
        let expected = conformance::json(&world.join("expected.json"));
        let analysis = conformance::world(&world, &expected);
        let found = named(&world, every_row(&analysis));
        rows += found.rows;
        unmet += found.unmet.len();
        unknown.extend(found.unknown.iter().map(|why| format!("{}: {why}", world.display())));
        for request in requests(&expected) {
            named(&world, no_request_meets(&analysis, &found, &request));
        }
    }
    println!("{rows} rows, {unmet} met by no request, {} unknown\n{}", unknown.len(), unknown.join("\n"));
    assert!(unknown.len() * 1000 <= rows, "{} of {rows} unknown:\n{}", unknown.len(), unknown.join("\n"));
}

#[test]
fn what_reaches_the_backends_of_shared_worlds_is_listed() {
    let worlds: Vec<_> = conformance::roots().iter().flat_map(|root| conformance::worlds(root)).collect();
    for world in worlds.iter().step_by(step()) {
        let expected = conformance::json(&world.join("expected.json"));
        let analysis = conformance::world(world, &expected);
        let requests = requests(&expected);
        named(world, every_way_is_listed(&analysis, &requests));
        named(world, nothing_unreachable_is_met(&analysis, &requests));
    }
}

/// What each request of a world comes to is asked of the region around it.
#[test]
fn regions_of_shared_worlds_hold_for_their_requests() {
    let worlds: Vec<_> = conformance::roots().iter().flat_map(|root| conformance::worlds(root)).collect();
    let (mut passed, mut failed, mut unknown) = (0, 0, Vec::new());
    for world in worlds.iter().step_by(step()) {
        let expected = conformance::json(&world.join("expected.json"));
        let analysis = conformance::world(world, &expected);
        let requests = requests(&expected);
        for (at, request) in requests.iter().enumerate().step_by(3) {
            let prefix = request.path.rsplit_once('/').map_or("/", |(prefix, _)| prefix);
            let region = Region {
                scheme: request.scheme.filter(|_| at % 2 == 0),
                port: request.port,
                host: request.host.clone().filter(|_| at % 4 > 0),
                path: PathMatch {
                    kind: PathKind::PathPrefix,
                    value: if prefix.contains('.') || prefix.contains("//") || prefix.is_empty() {
                        "/".into()
                    } else {
                        prefix.into()
                    },
                },
                methods: if at % 3 == 0 { Vec::new() } else { vec![Name::from(request.method.as_str())] },
                gateway: None,
            };
            for expect in expectations(&analysis, request) {
                match named(world, held(&analysis, &region, &expect, &requests)) {
                    Verdict::Pass => passed += 1,
                    Verdict::Fail(_) => failed += 1,
                    Verdict::Unknown(why) => unknown.push(format!("{}: {region:?}: {why:?}", world.display())),
                }
            }
        }
    }
    println!("{passed} pass, {failed} fail, {} unknown\n{}", unknown.len(), unknown.join("\n"));
    assert!(unknown.len() * 1000 <= passed + failed, "{}", unknown.join("\n"));
}

fn expectations(analysis: &Analysis, request: &Request) -> Vec<Expect> {
    let decisions = analysis.decide(request, None);
    let owner = decisions
        .first()
        .and_then(routescope_core::router::Decision::row)
        .map(|row| analysis.snapshot.route(analysis.tree.hops[row.0 as usize].route).meta.namespace.clone());
    let of_owner = Expect { owner, ..Expect::default() };
    let status = |status| Expect { status: Some(status), ..Expect::default() };
    vec![
        Expect { any_of: Some(vec![of_owner, status(404), status(500)]), ..Expect::default() },
        Expect { not: Some(Box::new(status(500))), ..Expect::default() },
        Expect {
            any_of: Some(vec![status(404), Expect { not: Some(Box::new(status(404))), ..Expect::default() }]),
            ..Expect::default()
        },
    ]
}

/// A small generator of numbers: the edits are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }
}

fn documents(world: &Path) -> Vec<Value> {
    use serde_yaml::Deserializer;
    let text = conformance::read(&world.join("manifests.yaml"));
    let each = Deserializer::from_str(&text).map(|one| serde::Deserialize::deserialize(one).expect("YAML"));
    each.filter(|one: &Value| one.is_object()).collect()
}

fn is_route(document: &Value) -> bool {
    matches!(document["kind"].as_str(), Some("HTTPRoute" | "GRPCRoute"))
}

/// A world after some edits; `other` lends it routes and rules.
fn edited(dice: &mut Dice, mut world: Vec<Value>, other: &[Value]) -> Vec<Value> {
    let lent: Vec<&Value> = other.iter().filter(|one| is_route(one)).collect();
    let borrow = |dice: &mut Dice| lent.get(dice.roll(lent.len())).map(|one| (*one).clone()).unwrap_or_default();
    for _ in 0..=dice.roll(3) {
        let routes: Vec<usize> = (0..world.len()).filter(|at| is_route(&world[*at])).collect();
        if routes.is_empty() || world.is_empty() {
            return world;
        }
        let (at, borrowed) = (routes[dice.roll(routes.len())], borrow(dice));
        let kind = dice.roll(16);
        match kind {
            0 => {
                let at = dice.roll(world.len());
                world.remove(at);
                continue;
            }
            1 => {
                world.remove(at);
                continue;
            }
            2 => {
                let same = |one: &Value| {
                    one["kind"] == borrowed["kind"] && one["metadata"]["name"] == borrowed["metadata"]["name"]
                };
                world.retain(|one| !same(one));
                world.push(borrowed);
                continue;
            }
            _ => {}
        }
        let route = &mut world[at];
        match kind {
            3 => route["spec"]["hostnames"] = borrowed["spec"]["hostnames"].clone(),
            4 => route["metadata"]["labels"] = borrowed["metadata"]["labels"].clone(),
            5 => route["metadata"]["annotations"] = borrowed["metadata"]["annotations"].clone(),
            6 => route["metadata"]["creationTimestamp"] = json!("2020-01-01T00:00:00Z"),
            7 => route["spec"]["parentRefs"] = borrowed["spec"]["parentRefs"].clone(),
            _ => {
                let borrowed_rules = borrowed["spec"]["rules"].as_array().cloned().unwrap_or_default();
                let borrowed_rule =
                    borrowed_rules.get(dice.roll(borrowed_rules.len())).cloned().unwrap_or_else(|| json!({}));
                let Some(rules) = route["spec"]["rules"].as_array_mut().filter(|rules| !rules.is_empty()) else {
                    continue;
                };
                let at = dice.roll(rules.len());
                match kind {
                    8 => rules.push(borrowed_rule),
                    9 => drop(rules.remove(at)),
                    10 => rules.rotate_left(at),
                    11 => rules[at]["filters"] = borrowed_rule["filters"].clone(),
                    12 => rules[at]["backendRefs"] = borrowed_rule["backendRefs"].clone(),
                    13 => rules[at]["matches"] = borrowed_rule["matches"].clone(),
                    14 => rules[at]["timeouts"] = json!({ "request": "7s" }),
                    _ => rules[at] = borrowed_rule,
                }
            }
        }
    }
    world
}

#[test]
fn worlds_a_few_edits_away_are_compared() {
    let worlds: Vec<_> = conformance::roots().iter().flat_map(|root| conformance::worlds(root)).collect();
    let (mut changes, mut rows, mut unknown) = (0, 0, Vec::new());
    for (at, world) in worlds.iter().enumerate().step_by(step()) {
        let other = &worlds[(at + 7) % worlds.len()];
        let expected = conformance::json(&world.join("expected.json"));
        let mut asked = requests(&expected);
        asked.extend(requests(&conformance::json(&other.join("expected.json"))));
        let mut dice = Dice(at as u64);
        let old = documents(world);
        let new = edited(&mut dice, old.clone(), &documents(other));
        for engine in ["kgateway", "agentgateway"] {
            let read = |documents: &[Value]| {
                let text = documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
                let objects = load_text("manifests.yaml", &with_engine(&text, engine)).objects;
                conformance::analyse(objects, &expected["settings"])
            };
            let (old, new) = (read(&old), read(&new));
            let comparison = named(world, compared(&old, &new, &asked));
            changes += comparison.changes.len();
            rows += [&old, &new]
                .iter()
                .flat_map(|side| &side.table.gateways)
                .flat_map(|table| &table.virtual_hosts)
                .map(|host| host.rows.len())
                .sum::<usize>();
            unknown.extend(comparison.unknown.iter().map(|one| format!("{} {engine}: {:?}", world.display(), one.why)));
        }
    }
    println!("{changes} changes, {rows} rows, {} unknown\n{}", unknown.len(), unknown.join("\n"));
    assert!(unknown.len() * 1000 <= rows, "{} of {rows} unknown:\n{}", unknown.len(), unknown.join("\n"));
}
