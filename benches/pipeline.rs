//! What each stage costs at 1,000, 10,000 and 100,000 `HTTPRoutes`: `cargo bench`.

use std::cell::OnceCell;
use std::sync::Arc;

use divan::{Bencher, black_box};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use routescope::theme::Theme;
use routescope::tui::Reading;
use routescope::tui::action::parse_keys;
use routescope::tui::sheet::{Sheet, Sort, View};
use routescope::tui::state::State;
use routescope::tui::survey::Survey;
use routescope::tui::update::{Message, update};
use routescope::tui::{change_highlights, filter, view};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::router::Request;
use routescope_core::store::{Change, Coverage, Snapshot, Store};
use routescope_manifest::Loaded;
use routescope_manifest::files::{Input, load};
use routescope_render::outline::Outline;

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
    analysis: OnceCell<Arc<Analysis>>,
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

    fn analysis(&self) -> &Arc<Analysis> {
        self.analysis.get_or_init(|| Arc::new(Analysis::of(self.snapshot(), Settings::default(), Vec::new())))
    }

    /// The explorer with an answer on the screen, after the given keys.
    fn explorer(&self, keys: &[&str]) -> State {
        let mut state = State::new("bench".to_owned(), Theme::shipped(), 0, false, SCREEN);
        update(&mut state, Message::Loaded(Ok(Reading::first(Arc::clone(self.analysis())))));
        press(&mut state, "u");
        update(&mut state, Message::Paste(self.world.hit.clone()));
        press(&mut state, "enter");
        for key in keys {
            press(&mut state, key);
        }
        state
    }
}

/// A large terminal.
const SCREEN: (u16, u16) = (200, 60);

fn press(state: &mut State, key: &str) {
    for (code, modifiers) in parse_keys(key).expect("keys of that name") {
        update(state, Message::Key(crossterm::event::KeyEvent::new(code, modifiers)));
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

/// What the explorer does beside the drawing task when a world changes: hold two trees against each other.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn compare_trees(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let outlines = [(); 2].map(|()| Outline::of(Arc::clone(stages.analysis())));
    bencher.bench_local(|| change_highlights::compare(&outlines[0], &outlines[1], &|| false));
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

/// One frame, with the tree unfolded to the answer, or wholly.
fn frame(bencher: Bencher<'_, '_>, routes: usize, keys: &[&str]) {
    let stages = Stages::of(routes);
    let state = stages.explorer(keys);
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
    bencher.bench_local(|| terminal.draw(|frame| view::draw(&state, frame)).map(drop));
}

#[divan::bench(args = SIZES)]
fn frame_at_the_answer(bencher: Bencher<'_, '_>, routes: usize) {
    frame(bencher, routes, &[]);
}

#[divan::bench(args = SIZES)]
fn frame_of_everything_unfolded(bencher: Bencher<'_, '_>, routes: usize) {
    frame(bencher, routes, &["+", "G"]);
}

/// A key in the tree, and the frame after it.
#[divan::bench(args = SIZES)]
fn key_and_frame(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let mut state = stages.explorer(&[]);
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        press(&mut state, "down");
        terminal.draw(|frame| view::draw(&state, frame)).map(drop)
    });
}

/// A letter typed into the URL bar, answered and drawn.
#[divan::bench(args = SIZES)]
fn letter_and_frame(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let mut state = stages.explorer(&["u"]);
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        update(&mut state, Message::Paste("x".to_owned()));
        let back = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Backspace);
        update(&mut state, Message::Key(back));
        terminal.draw(|frame| view::draw(&state, frame)).map(drop)
    });
}

/// What the explorer does once per world, beside the drawing task: look at every node of the tree.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn survey(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let outline = Outline::of(Arc::clone(stages.analysis()));
    bencher.bench_local(|| Survey::of(&outline, &|| false));
}

/// A search of the whole tree, beside the drawing task.
#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn filter_search(bencher: Bencher<'_, '_>, routes: usize) {
    let stages = Stages::of(routes);
    let outline = Outline::of(Arc::clone(stages.analysis()));
    let survey = Survey::of(&outline, &|| false).expect("nothing supersedes it");
    bencher.bench_local(|| filter::find(&outline, &survey, black_box("path:/a !canary svc"), &|| false));
}

macro_rules! listings {
    ($($name:ident: $view:ident;)*) => {$(
        /// A view is listed, beside the drawing task.
        #[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
        fn $name(bencher: Bencher<'_, '_>, routes: usize) {
            let stages = Stages::of(routes);
            let outline = Arc::new(Outline::of(Arc::clone(stages.analysis())));
            bencher.bench_local(|| Sheet::of(&outline, View::$view, Sort::Order, &|| false));
        }
    )*};
}

listings! {
    list_table: Table;
    list_backends: Backends;
    list_owners: Owners;
    list_findings: Findings;
}

macro_rules! switches {
    ($($name:ident: $key:literal;)*) => {$(
        /// What the drawing task does for a view that was listed ahead: the key, and the frame with it.
        #[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
        fn $name(bencher: Bencher<'_, '_>, routes: usize) {
            let stages = Stages::of(routes);
            let state = std::cell::RefCell::new(stages.explorer(&[]));
            let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
            assert!(state.borrow().side().world.as_ref().is_some_and(|world| world.list_ahead(&|| false)));
            let tree = || press(&mut state.borrow_mut(), "gt");
            bencher.with_inputs(tree).bench_local_values(|()| {
                let state = &mut *state.borrow_mut();
                press(state, $key);
                terminal.draw(|frame| view::draw(state, frame)).map(drop)
            });
        }
    )*};
}

switches! {
    switch_to_table: "gr";
    switch_to_backends: "gb";
    switch_to_owners: "go";
    switch_to_findings: "gf";
}
