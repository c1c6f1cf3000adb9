//! Worlds: documents of JSON between lines `---`. The first may be `{"kind": "Ask", "settings": […], "requests": […]}`.

use std::sync::Arc;

use routescope_core::analysis::Analysis;
use routescope_core::model::Meta;
use routescope_core::reachability::{self, Reachability, Target, compare, connections, entries, obstacles};
use routescope_core::resolve::{DIALECTS, GrantMode, Settings, ValidationMode};
use routescope_core::router::{Decision, Request};
use routescope_core::status;
use routescope_core::store::{Change, Coverage, Store};
use routescope_core::visible::visible_painted;
use routescope_manifest::{Channel, Loaded, files, raw_manifest};
use routescope_render::answer::{self, Answers};
use routescope_render::findings::{reports, sarif};
use routescope_render::outline::Outline;
use routescope_render::scope::Scope;
use routescope_render::snapshot::{self, About};
use routescope_render::terminal::Paint;
use routescope_render::{data, diff, envoy, findings, reach, routes, status as statuses, tree};
use serde_json::Value;

use crate::request::agree;
use crate::support::poison::is_harmful;

/// What is asked of a world that does not say.
const REQUESTS: [&str; 3] = ["GET http://a.io/a/b?q=1", "POST http://x.a.io/", "GET /b"];

/// One answer, quick or explained; nothing on the way to the terminal but what can be seen; a world that was saved answers
/// as the one that was read; and no world differs from itself.
pub fn world(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let ask = Ask::of(text);
    let world = read(text, ask.coverage.clone(), &ask.settings);
    let requests: Vec<Request> = ask.requests.iter().filter_map(|text| parsed(text)).collect();
    for request in &requests {
        agree(&world, request);
    }
    everything_is_visible(&world, &requests);
    let same = compare(world.router(), world.router());
    assert!(same.changes.is_empty(), "it differs from itself: {:?}", same.changes);
    saved_is_read(&world, &ask, &requests);
}

/// What to ask, and under which settings.
struct Ask {
    settings: Settings,
    coverage: Coverage,
    requests: Vec<String>,
}

impl Ask {
    fn of(text: &str) -> Self {
        let first = text.split("\n---\n").next().unwrap_or_default();
        let ask: Value = serde_json::from_str(first).unwrap_or_default();
        let texts = |key: &str| {
            let all = ask[key].as_array().into_iter().flatten().filter_map(Value::as_str);
            all.take(4).map(str::to_owned).collect::<Vec<_>>()
        };
        let (mut settings, mut coverage) = (Settings::default(), Coverage::open());
        for word in texts("settings") {
            match word.split_once('=').unwrap_or((&word, "")) {
                ("complete", _) => coverage = Coverage::closed(),
                ("weighted", _) => settings.weighted_route_precedence = true,
                ("grants", "off") => settings.reference_grants = GrantMode::Off,
                ("grants", _) => settings.reference_grants = GrantMode::Strict,
                ("validation", _) => settings.validation = ValidationMode::Strict,
                ("engine", name) => {
                    let known = DIALECTS.iter().map(|dialect| dialect.engine);
                    settings.engine = known.into_iter().find(|engine| engine.name() == name);
                }
                _ => {}
            }
        }
        let mut requests = texts("requests");
        if requests.is_empty() {
            requests = REQUESTS.map(str::to_owned).to_vec();
        }
        Self { settings, coverage, requests }
    }
}

/// `METHOD URL`, then headers behind two blanks each.
fn parsed(text: &str) -> Option<Request> {
    let mut parts = text.split("  ");
    let (method, url) = parts.next()?.split_once(' ')?;
    let request = Request::parse(url).ok()?.with_method(method).ok()?;
    parts.try_fold(request, |request, header| request.with_header(header)).ok()
}

fn read(text: &str, otherwise: Coverage, settings: &Settings) -> Analysis {
    let Loaded { objects, mut findings, worlds, .. } =
        files::load_text_for("test.yaml", text, Some(Channel::Experimental));
    let coverage = match worlds.as_slice() {
        [one] => Coverage {
            everything: one.everything,
            kinds: one.kinds.clone(),
            namespaces: one.namespaces.clone(),
            hidden: one.hidden.clone(),
            forbidden: one.forbidden,
            ..Coverage::open()
        },
        _ => otherwise,
    };
    let mut store = Store::default();
    findings.extend(store.apply(Change::Replace { objects, coverage }));
    Analysis::of(Arc::new(store.snapshot()), settings.clone(), findings)
}

/// Every renderer, and not one character that a terminal would obey or hide.
fn everything_is_visible(world: &Analysis, requests: &[Request]) {
    let (scope, paint) = (Scope::default(), Paint::PLAIN);
    let mut texts: Vec<(&str, String)> = Vec::new();
    let mut say = |what: &'static str, text: String| texts.push((what, text));

    let reachability = Reachability::of(world.router());
    say("routes", routes::text(world, None, &scope, paint, Some(100), Some(&reachability)));
    say("routes json", data::json(&routes::data_with(world, None, &scope, Some(&reachability))));
    say("routes yaml", data::yaml(&routes::data(world, None, &scope)));
    for gateway in &world.table.gateways {
        if envoy::is_served_by_envoy(world, gateway) {
            say("envoy", envoy::configurations(world, gateway).iter().map(data::json).collect());
            envoy::refused(world, gateway);
        }
    }
    let of_sets = reachability::findings(world.router(), 1);
    let all: Vec<_> = world.findings.iter().chain(&of_sets).cloned().collect();
    let found = findings::data(&world.snapshot, &all, None);
    say("check", findings::text(&world.snapshot, &all, None, paint));
    say("check json", data::json(&found));
    say("check yaml", data::yaml(&found));
    say("check sarif", data::json(&sarif::sarif(&all)));
    say("check junit", reports::junit(&all, |_| true));
    say("check github", reports::github(&all));
    say("check markdown", reports::markdown(&all));
    let predicted = status::predict(world);
    let differences = status::differences(world, &predicted);
    say("status", statuses::text(world, &predicted, &differences, paint, Some(80)));
    say("status json", data::json(&statuses::data(world, &predicted, &differences)));

    for request in requests {
        let answers = [Answers::of(world, request.clone(), None, true)];
        let text = answers.iter().flat_map(|one| answer::text(world, one, 80, true, true));
        say("where", paint.lines(&text.collect::<Vec<_>>()));
        say("where json", data::json(&answer::answers(world, &answers)));
        say("where line", data::json_line(&answer::line(world, &answers[0])));
        let mut destinations = answers[0].decisions.iter().flat_map(Decision::destinations);
        if let Some(one) = destinations.next() {
            let target = Target { kind: one.kind.clone(), namespace: one.namespace.clone(), name: one.name.clone() };
            let router = world.router();
            let entries = entries(&reachability, router, &target, &|_, _, _| true);
            let streams = connections(router, &target);
            let found = (&entries[..], &streams[..]);
            say("reach", reach::text(world, &target, found, &obstacles(router, &target), paint, 80));
            say("reach json", data::json(&reach::data(world, &target, &entries, &streams)));
        }
    }
    let nothing = reachability::Comparison::default();
    say("diff", diff::text([world, world], &nothing, None, paint, 80));
    for (what, text) in texts {
        // As the program writes lines.
        visible(what, &visible_painted(&text));
    }
}

fn visible(what: &str, text: &str) {
    // Most of what is written, at once.
    if text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return;
    }
    let harmful = text.chars().find(|c| is_harmful(*c) && *c != '\n');
    assert!(harmful.is_none(), "{what}: {harmful:?}");
}

/// The tree as text and drawings, then the world saved and read again.
fn saved_is_read(world: &Analysis, ask: &Ask, requests: &[Request]) {
    let about = About {
        name: "fuzzed".to_owned(),
        taken: "2000-01-01T00:00:00Z".to_owned(),
        version: "0",
        channel: Some(Channel::Experimental.name()),
        channel_assumed: false,
    };
    let objects = snapshot::objects(&world.snapshot);
    let metas: Vec<&Meta> = objects.iter().map(|(_, meta)| *meta).collect();
    let saved = snapshot::text(world, &about, &objects, raw_manifest::of(&metas));
    visible("snapshot", &saved);
    let again = read(&saved, Coverage::open(), &ask.settings);
    assert_eq!(again.snapshot.coverage, world.snapshot.coverage, "the snapshot saw something else");
    let table = |world: &Analysis| {
        placeless(&serde_json::to_value(routes::data(world, None, &Scope::default())).expect("a table"))
    };
    assert_eq!(table(&again), table(world), "the snapshot has another table: {saved}");
    for request in requests {
        let answer = |world: &Analysis| {
            let answers = [Answers::of(world, request.clone(), None, false)];
            placeless(&serde_json::to_value(answer::answers(world, &answers)).expect("answers"))
        };
        assert_eq!(answer(&again), answer(world), "the snapshot answers otherwise: {saved}");
    }
    let outline = Outline::of(Arc::new(again));
    visible("tree", &tree::text(&outline, Paint::PLAIN, true));
    visible("tree json", &data::json(&tree::data(&outline)));
    visible("tree yaml", &data::yaml(&tree::data(&outline)));
    visible("mermaid", &tree::mermaid(&outline));
    visible("dot", &tree::dot(&outline));
}

/// Without what says where an object is written, or quotes it with that place.
fn placeless(document: &Value) -> Value {
    const PLACES: [&str; 6] = ["file", "line", "column", "place", "source", "at"];
    match document {
        Value::Object(entries) => {
            let kept = entries.iter().filter(|(key, _)| !PLACES.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), placeless(value))).collect())
        }
        Value::Array(items) => items.iter().map(placeless).collect(),
        other => other.clone(),
    }
}
