//! What following a cluster costs, without a cluster: objects as the API server sends them are decoded and reported as changes
//! to what the session keeps, and its states are analysed, shown and drawn. `cargo bench --bench live [-- EVENTS]`.
//!
//! It prints and asserts nothing about time. Each size runs in a process of its own, so that memory can be told apart.

#![allow(clippy::cast_precision_loss)] // of kibibytes

use std::env::args;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use routescope::theme::Theme;
use routescope::tui::context_pane::ContextId;
use routescope::tui::live::Live;
use routescope::tui::state::State as Explorer;
use routescope::tui::update::{Message, update};
use routescope::tui::view;
use routescope_cluster::dynamic_object::DynamicObject;
use routescope_cluster::kinds::KINDS;
use routescope_cluster::live::cluster_state::{ClusterState, State};
use routescope_cluster::live::{Changed, LoadedCluster, Update};
use routescope_cluster::{KindState, Phase, Read, Status, WatchEvent, WatchScope};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use serde::Deserialize;
use serde_json::{Value, json};

#[allow(dead_code)] // the requests to it are of another benchmark
#[path = "support/world.rs"]
mod world;

/// How many routes the worlds have; the smallest one takes the many events.
const SIZES: [usize; 2] = [5_000, 20_000];
const EVENTS: usize = 1_000_000;
/// An analysis after so many of them: as many as come in while one is made, when they come fast.
const EVENTS_PER_ANALYSIS: usize = 1_000;
const CHANGES: usize = 50;
/// Of so many routes the text is kept, to be changed.
const KEPT: usize = 500;
const SCREEN: (u16, u16) = (120, 40);

fn main() {
    let arguments: Vec<String> = args().skip(1).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if arguments.iter().any(|argument| argument == "--size") {
        return measure(numbers[0], numbers[1]);
    }
    // Run as a test it only shows that it runs.
    let measures = arguments.iter().any(|argument| argument == "--bench");
    let (sizes, events) = if measures { (&SIZES[..], EVENTS) } else { (&[100][..], 1_000) };
    let events = numbers.first().copied().unwrap_or(events);
    for (index, size) in sizes.iter().enumerate() {
        let events = if index == 0 { events } else { 0 };
        let this = std::env::current_exe().expect("the path of this program");
        let status = Command::new(this).args(["--size", &size.to_string(), &events.to_string()]).status();
        assert!(status.expect("this program, started again").success(), "measuring {size} routes failed");
    }
}

fn measure(routes: usize, events: usize) {
    println!("{routes} HTTPRoutes");
    let at_start = resident();
    let mut cluster = Cluster::new();
    let lists = cluster.lists(routes);
    let mut known = ClusterState::new(Status::connecting("bench".to_owned(), "https://bench".to_owned()));

    let begun = Instant::now();
    for news in lists {
        known.take(news, NOW);
    }
    known.take(WatchEvent::Status(settled()), NOW);
    let taken = begun.elapsed();
    let State { snapshot, findings, changes } = known.state();
    let stated = begun.elapsed();
    let analysis = Arc::new(Analysis::of(Arc::new(snapshot), Settings::default(), findings));
    let analysed = begun.elapsed();
    println!(
        "  first lists → first analysis   {:>9} (news {}, state {}, analysis {}); {} rows, {} findings",
        shown(analysed),
        shown(taken),
        shown(since(stated, taken)),
        shown(since(analysed, stated)),
        analysis.table.gateways.iter().flat_map(|one| &one.virtual_hosts).map(|host| host.rows.len()).sum::<usize>(),
        analysis.findings.len(),
    );
    let now = resident();
    let kib = |bytes: f64| format!("{bytes:.1} KiB");
    let each = match (at_start, now) {
        (Some(before), Some(now)) => kib(now.saturating_sub(before) as f64 / routes as f64),
        _ => "n/a".to_owned(),
    };
    println!("  resident after that            {:>9}, {each} a route", mebibytes(now));

    let mut explorer = Explorer::new("bench".to_owned(), Theme::shipped(), 0, false, SCREEN);
    explorer.side_mut().live = Some(Live::of(None));
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
    let mut show = |analysis: Arc<Analysis>, changes: Vec<Changed>, known: &ClusterState| {
        let status = Arc::clone(known.status());
        let world = LoadedCluster {
            analysis,
            reading: 0,
            status,
            changes,
            settled: true,
            watch: Vec::new(),
            again: None,
            channel: None,
        };
        update(
            &mut explorer,
            Message::Followed { side: ContextId(0), epoch: 0, update: Box::new(Update::Loaded(Box::new(world))) },
        );
        terminal.draw(|frame| view::draw(&explorer, frame)).expect("a terminal in memory");
    };
    show(analysis, changes, &known);

    // One changed route, from its text to the screen.
    let mut stages: [Vec<Duration>; 5] = Default::default();
    for number in 0..CHANGES {
        let begun = Instant::now();
        let news = cluster.changed_route(number);
        assert!(known.take(news, NOW), "a change that routing reads");
        let taken = begun.elapsed();
        let State { snapshot, findings, changes } = known.state();
        let stated = begun.elapsed();
        let analysis = Arc::new(Analysis::of(Arc::new(snapshot), Settings::default(), findings));
        let analysed = begun.elapsed();
        show(analysis, changes, &known);
        let all = begun.elapsed();
        let spent = [analysed, taken, since(stated, taken), since(analysed, stated), since(all, analysed)];
        stages.iter_mut().zip(spent).for_each(|(stage, spent)| stage.push(spent));
    }
    println!("  one changed route              {:>9} {:>9}", "median", "longest");
    let names =
        ["event → analysis", "  decoding, taking it in", "  state (snapshot)", "  analysis", "explorer, and a frame"];
    for (name, stage) in names.iter().zip(&mut stages) {
        stage.sort_unstable();
        println!("    {name:<28} {:>9} {:>9}", shown(stage[stage.len() / 2]), shown(stage[stage.len() - 1]));
    }
    println!("  resident, the explorer open    {:>9}", mebibytes(resident()));
    if events > 0 {
        churn(&mut cluster, &mut known, events, &mut show);
    }
}

/// Many events of every sort, with what is resident on the way.
fn churn(
    cluster: &mut Cluster,
    known: &mut ClusterState,
    events: usize,
    show: &mut impl FnMut(Arc<Analysis>, Vec<Changed>, &ClusterState),
) {
    println!("  resident before {events} events  {:>9}", mebibytes(resident()));
    let begun = Instant::now();
    for number in 0..events {
        let news = cluster.event(number);
        known.take(news, NOW);
        if (number + 1) % EVENTS_PER_ANALYSIS == 0 {
            let State { snapshot, findings, changes } = known.state();
            show(Arc::new(Analysis::of(Arc::new(snapshot), Settings::default(), findings)), changes, known);
        }
        if (number + 1) % (events / 10).max(1) == 0 {
            println!("    after {:>9} events       {:>9}", number + 1, mebibytes(resident()));
        }
    }
    println!("    in {}, {} analyses and frames", shown(begun.elapsed()), events / EVENTS_PER_ANALYSIS);
}

/// The objects of a cluster, as the API server writes them.
struct Cluster {
    /// Some of the routes, in JSON.
    routes: Vec<String>,
    /// How often something was written.
    version: usize,
}

impl Cluster {
    fn new() -> Self {
        Self { routes: Vec::new(), version: 0 }
    }

    /// The first list of every kind.
    fn lists(&mut self, routes: usize) -> Vec<WatchEvent> {
        let mut lists: Vec<Vec<Read>> = KINDS.iter().map(|_| Vec::new()).collect();
        let add = |lists: &mut Vec<Vec<Read>>, text: &str, kind: &str| {
            let kind = kind_of(kind);
            lists[kind].push(read(kind, text));
        };
        for text in [class(), namespace("platform")] {
            add(&mut lists, &text.to_string(), text["kind"].as_str().unwrap_or_default());
        }
        let mut kept = Vec::new();
        for (_, text) in world::generate(routes, 1).files {
            for document in serde_yaml::Deserializer::from_str(&text) {
                let object = as_served(Value::deserialize(document).expect("YAML of our own"));
                let (kind, text) = (object["kind"].as_str().unwrap_or_default(), object.to_string());
                add(&mut lists, &text, kind);
                if kind == "HTTPRoute" && text.contains(WEIGHT) && kept.len() < KEPT {
                    kept.push(text);
                } else if kind == "Service" {
                    let metadata = &object["metadata"];
                    let of = |key: &str| metadata[key].as_str().unwrap_or_default();
                    add(&mut lists, &slice(of("namespace"), of("name"), true, 0), "EndpointSlice");
                }
            }
        }
        self.routes = kept;
        let lists = lists.into_iter().enumerate();
        lists
            .map(|(kind, objects)| WatchEvent::Listed { feed: WatchScope { kind, namespace: None }, objects })
            .collect()
    }

    /// A route whose weight is another than before.
    fn changed_route(&mut self, number: usize) -> WatchEvent {
        self.version += 1;
        let weight = format!("\"weight\":{}", 1 + self.version % 99);
        applied("HTTPRoute", &self.routes[number % (self.routes.len() / 2)].replace(WEIGHT, &weight))
    }

    /// An event, in turn of every sort.
    fn event(&mut self, number: usize) -> WatchEvent {
        self.version += 1;
        let (sort, round) = (number % 8, number / 8);
        // Of the half that nothing else changes.
        let half = self.routes.len() / 2;
        let route = &self.routes[half + round % half];
        let service = ["web", "api", "jobs"][round % 3];
        let team = format!("team-{:03}", round % world::NAMESPACES);
        match sort {
            0 | 4 => self.changed_route(round),
            // Written again by whoever owns it, and nothing of it is read by routing.
            1 | 5 => {
                let version = format!("\"resourceVersion\":\"{}\"", self.version);
                applied("HTTPRoute", &route.replace(VERSION, &version).replace("argo-cd", "flux"))
            }
            2 => applied("EndpointSlice", &slice(&team, service, round % 2 == 0, self.version)),
            3 => {
                let ports = [json!({"name": "http", "port": 8080, "targetPort": 8000 + round % 10})];
                let metadata = json!({"name": service, "namespace": team, "resourceVersion": self.version.to_string()});
                applied("Service", &json!({"metadata": metadata, "spec": {"ports": ports}}).to_string())
            }
            // One comes under a name that nobody had before, and goes.
            6 => applied("HTTPRoute", &renamed(route, round)),
            _ => {
                let kind = kind_of("HTTPRoute");
                let key = read(kind, &renamed(route, round)).object.meta().key();
                WatchEvent::Deleted { feed: WatchScope { kind, namespace: None }, key }
            }
        }
    }
}

fn read(kind: usize, text: &str) -> Read {
    let raw: DynamicObject = serde_json::from_str(text).expect("JSON of our own");
    raw.decode(&KINDS[kind], KINDS[kind].versions[0]).expect("an object with a name")
}

fn applied(kind: &str, text: &str) -> WatchEvent {
    let kind = kind_of(kind);
    WatchEvent::Applied { feed: WatchScope { kind, namespace: None }, read: Box::new(read(kind, text)) }
}

const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const WEIGHT: &str = "\"weight\":100";
const VERSION: &str = "\"resourceVersion\":\"1\"";

fn kind_of(kind: &str) -> usize {
    KINDS.iter().position(|known| known.kind == kind).expect("a kind that is read")
}

fn renamed(route: &str, round: usize) -> String {
    route.replacen("\"name\":\"r", &format!("\"name\":\"came-{round}-"), 1)
}

fn settled() -> Status {
    let kinds = vec![KindState::Synced; KINDS.len()];
    Status { phase: Phase::Live, kinds, ..Status::connecting("bench".to_owned(), "https://bench".to_owned()) }
}

/// With what an API server and a controller add to an object.
fn as_served(mut object: Value) -> Value {
    let name = object["metadata"]["name"].clone();
    object["metadata"]["resourceVersion"] = json!("1");
    object["metadata"]["generation"] = json!(3);
    object["metadata"]["uid"] = json!(format!("6f1d9c1e-0000-4000-8000-{:>012}", name.as_str().map_or(0, str::len)));
    if object["kind"] == "HTTPRoute" {
        let condition = |of: &str| {
            json!({"type": of, "status": "True", "reason": of, "message": "", "observedGeneration": 3,
                "lastTransitionTime": "2026-01-01T00:00:00Z"})
        };
        let parent =
            json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge", "namespace": "platform"});
        object["status"] = json!({"parents": [{"parentRef": parent, "controllerName": "kgateway.dev/kgateway",
            "conditions": [condition("Accepted"), condition("ResolvedRefs")]}]});
    }
    object
}

fn class() -> Value {
    json!({"kind": "GatewayClass", "metadata": {"name": "kgateway"}, "spec": {"controllerName": "kgateway.dev/kgateway"}})
}

fn namespace(name: &str) -> Value {
    json!({"kind": "Namespace", "metadata": {"name": name}})
}

fn slice(namespace: &str, service: &str, ready: bool, version: usize) -> String {
    let endpoint = |number: usize, ready: bool| json!({"addresses": [format!("10.0.0.{number}")], "conditions": {"ready": ready, "serving": ready}});
    let metadata = json!({"name": format!("{service}-x7k2p"), "namespace": namespace,
        "resourceVersion": version.to_string(), "labels": {"kubernetes.io/service-name": service}});
    json!({"kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8000}],
        "endpoints": [endpoint(1, true), endpoint(2, true), endpoint(3, ready)]})
    .to_string()
}

/// What this process has resident, in KiB; `None` where the system does not tell it this way.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn mebibytes(kib: Option<u64>) -> String {
    kib.map_or_else(|| "n/a".to_owned(), |kib| format!("{} MiB", kib / 1024))
}

fn since(later: Duration, earlier: Duration) -> Duration {
    later.saturating_sub(earlier)
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
