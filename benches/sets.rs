//! What answers about all requests at once cost, beside one `where`: `cargo bench --bench sets`.

use std::collections::BTreeSet;
use std::sync::Arc;

use divan::Bencher;
use routescope_core::analysis::Analysis;
use routescope_core::expectation::{Asks, Expect, Test, run};
use routescope_core::model::{PathKind, PathMatch, Position};
use routescope_core::parallel;
use routescope_core::reachability::{Reachability, Region, Target, compare, entries, findings};
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::files::{Input, load, load_both};
use routescope_manifest::{Channels, Loaded, Variables};

#[allow(dead_code)] // other benches use the rest
#[path = "support/world.rs"]
mod world;

const ROUTES: usize = 100_000;
/// How many files of the second world differ.
const EDITS: usize = 10;

fn main() {
    divan::main();
}

fn inputs(files: &[(String, String)]) -> Vec<Input> {
    let input = |(name, text): &(String, String)| Input::Text { name: name.clone(), text: text.clone() };
    files.iter().map(input).collect()
}

fn analysis(files: &[(String, String)]) -> Analysis {
    analysed(load(&inputs(files), false).expect("texts can always be read"))
}

fn analysed(loaded: Loaded) -> Analysis {
    let mut store = Store::default();
    store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() });
    Analysis::of(Arc::new(store.snapshot()), Settings::default(), Vec::new())
}

fn files() -> Vec<(String, String)> {
    world::generate(ROUTES, 1).files
}

/// One path of some files is another one.
fn edited() -> Vec<(String, String)> {
    let mut files = files();
    let step = (files.len() / EDITS).max(1);
    for (_, text) in files.iter_mut().skip(1).step_by(step).take(EDITS) {
        *text = text.replacen("value: /", "value: /edited/", 1);
    }
    files
}

/// All that one `where` takes: reading, resolving, and the answer.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn one_where(bencher: Bencher<'_, '_>) {
    let world = world::generate(ROUTES, 1);
    let request = routescope_core::router::Request::parse(&world.hit).expect("a URL");
    bencher.bench_local(|| analysis(&world.files).explain(&request, None).len());
}

/// Reading both worlds, and what moves between them.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn diff_of_ten_edits(bencher: Bencher<'_, '_>) {
    let (old, new) = (files(), edited());
    bencher.bench_local(|| {
        let inputs = [inputs(&old), inputs(&new)];
        let worlds = [&inputs[0], &inputs[1]].map(|inputs| (inputs.as_slice(), Channels::default()));
        let loaded = load_both(worlds, false, &Variables::default());
        let loaded = loaded.map(|loaded| loaded.expect("texts can always be read"));
        let worlds = parallel::in_order(loaded.into(), 2, analysed);
        compare(worlds[0].router(), worlds[1].router()).changes.len()
    });
}

/// What moves between them, after reading both.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn compare_of_ten_edits(bencher: Bencher<'_, '_>) {
    let (old, new) = (analysis(&files()), analysis(&edited()));
    bencher.bench_local(|| compare(old.router(), new.router()).changes.len());
}

/// A proof over every host, after loading.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn for_all_hosts(bencher: Bencher<'_, '_>) {
    let analysis = analysis(&files());
    let region = Region {
        scheme: None,
        port: None,
        host: None,
        path: PathMatch { kind: PathKind::PathPrefix, value: "/nobodys".into() },
        methods: Vec::new(),
        gateway: None,
    };
    let expect = Expect { not: Some(Box::new(Expect { status: Some(503), ..Expect::default() })), ..Expect::default() };
    let test = Test { name: String::new(), at: Position::default(), asks: Asks::All(region), expect };
    bencher.bench_local(|| run(&analysis, &test, &mut BTreeSet::new()));
}

/// By which rules requests reach a route, after loading.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn reach(bencher: Bencher<'_, '_>) {
    let analysis = analysis(&files());
    let meta = &analysis.snapshot.routes[ROUTES / 2].meta;
    let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
    let target = Target { kind: "HTTPRoute".into(), namespace, name };
    bencher.bench_local(|| {
        let reachability = Reachability::of(analysis.router());
        entries(&reachability, analysis.router(), &target, &|_, _, _| true).len()
    });
}

/// A request for every row, or what hides it, after loading.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn witness_of_every_row(bencher: Bencher<'_, '_>) {
    let analysis = analysis(&files());
    bencher.bench_local(|| {
        let reachability = Reachability::of(analysis.router());
        let mut rows = 0_usize;
        for (gateway, table) in (0..).zip(&analysis.table.gateways) {
            for (place, host) in (0..).zip(&table.virtual_hosts) {
                for (position, _) in (0..).zip(host.rows.iter()) {
                    divan::black_box(reachability.row(gateway, place, position));
                    rows += 1;
                }
            }
        }
        rows
    });
}

/// What `check` looks for beside the findings of an analysis, after loading.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn findings_of_sets(bencher: Bencher<'_, '_>) {
    let analysis = analysis(&files());
    bencher.bench_local(|| findings(analysis.router(), parallel::threads()).len());
}
