//! What each stage costs at 1,000, 10,000 and 100,000 `HTTPRoutes`: `cargo bench`.

use std::cell::OnceCell;
use std::sync::Arc;

use divan::{Bencher, black_box};
use routescope::analysis::Analysis;
use routescope::resolve::Settings;
use routescope::router::Request;
use routescope::source::Loaded;
use routescope::source::files::{Input, load};
use routescope::store::{Change, Coverage, Snapshot, Store};

#[path = "support/world.rs"]
mod world;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() {
    divan::main();
}

/// The stages of a world, made when first asked for.
struct Stages {
    world: world::World,
    snapshot: OnceCell<Arc<Snapshot>>,
    analysis: OnceCell<Analysis>,
}

impl Stages {
    fn of(routes: usize) -> Self {
        Self { world: world::generate(routes, 1), snapshot: OnceCell::new(), analysis: OnceCell::new() }
    }

    fn inputs(&self) -> Vec<Input> {
        let text = |(name, text): &(String, String)| Input::Text { name: name.clone(), text: text.clone() };
        self.world.files.iter().map(text).collect()
    }

    fn read(&self) -> Loaded {
        load(&self.inputs(), false).expect("texts can always be read")
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(self.snapshot.get_or_init(|| Arc::new(store(self.read()))))
    }

    fn analysis(&self) -> &Analysis {
        self.analysis.get_or_init(|| Analysis::of(self.snapshot(), Settings::default(), Vec::new()))
    }
}

fn store(loaded: Loaded) -> Snapshot {
    let mut store = Store::default();
    store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() });
    store.snapshot()
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn parse(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    bencher.with_inputs(|| stages.inputs()).bench_local_values(|inputs| load(&inputs, false));
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn index(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    bencher.with_inputs(|| stages.read()).bench_local_values(store);
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn resolve_and_compile(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let snapshot = stages.snapshot();
    bencher.bench_local(|| Analysis::of(Arc::clone(&snapshot), Settings::default(), Vec::new()));
}

/// A URL that a rule takes, and one on the same host that none does.
fn request(stages: &Stages, hits: bool) -> Request {
    let url = if hits { &stages.world.hit } else { &stages.world.miss };
    Request::parse(url).expect("a URL")
}

macro_rules! lookups {
    ($($name:ident: $look_up:ident, $hits:literal;)*) => {$(
        #[divan::bench(args = SIZES)]
        fn $name(bencher: Bencher<'_, '_>, routes: usize) {
            let stages = Stages::of(routes);
            let analysis = stages.analysis();
            let request = request(&stages, $hits);
            bencher.bench_local(|| analysis.$look_up(black_box(&request), None));
        }
    )*};
}

lookups! {
    where_hit_traced: explain, true;
    where_miss_traced: explain, false;
    where_hit: decide, true;
    where_miss: decide, false;
}
