//! How long the explorer takes from a key to its frame with many routes, at the median and the 99th percentile: letters typed into
//! the URL bar, completion included, and views gone to; and what is done beside the drawing task for each world that a
//! cluster brings. `cargo bench --bench typing -- [ROUTES]`

#[path = "support/world.rs"]
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use routescope::theme::Theme;
use routescope::tui::action::parse_keys;
use routescope::tui::state::State;
use routescope::tui::update::{Message, update};
use routescope::tui::{Reading, view};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::files::{Input, load};

/// A large terminal.
const SCREEN: (u16, u16) = (200, 60);

/// So often a URL is typed from its first letter.
const ROUNDS: usize = 20;

fn main() {
    let routes = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let world = world::generate(routes, 1);
    let inputs: Vec<Input> =
        world.files.iter().map(|(name, text)| Input::Text { name: name.clone(), text: text.clone() }).collect();
    let loaded = load(&inputs, false).expect("texts can always be read");
    let mut store = Store::default();
    store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() });
    let analysis = Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), Vec::new()));
    let mut state = State::new("bench".to_owned(), Theme::shipped(), 0, false, SCREEN);
    update(&mut state, Message::Loaded(Ok(Reading::first(analysis))));
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).expect("a terminal in memory");
    let mut timed = |state: &mut State, (code, modifiers): (KeyCode, KeyModifiers)| {
        let begun = Instant::now();
        update(state, Message::Key(KeyEvent::new(code, modifiers)));
        terminal.draw(|frame| view::draw(state, frame)).expect("it draws");
        begun.elapsed()
    };
    println!("{routes} routes, {} by {}", SCREEN.0, SCREEN.1);

    let mut typed = Vec::new();
    for url in [&world.hit, &world.miss].into_iter().cycle().take(ROUNDS) {
        for key in ["u", "ctrl-u"] {
            timed(&mut state, parse_keys(key).expect("a key")[0]);
        }
        typed.extend(url.chars().map(|letter| timed(&mut state, (KeyCode::Char(letter), KeyModifiers::NONE))));
        timed(&mut state, (KeyCode::Esc, KeyModifiers::NONE));
    }
    print("a letter in the URL bar", &mut typed);

    let shown = state.side().world.clone().expect("a world");
    let begun = Instant::now();
    shown.survey();
    println!("{:<28} {:>10.1?}", "every node looked at", begun.elapsed());
    let begun = Instant::now();
    assert!(shown.list_ahead(&|| false), "nothing supersedes it");
    println!("{:<28} {:>10.1?}", "every view listed", begun.elapsed());

    let mut switched = Vec::new();
    for _ in 0..ROUNDS {
        for key in ["gr", "gb", "go", "gt"] {
            let keys = parse_keys(key).expect("keys");
            timed(&mut state, keys[0]);
            switched.push(timed(&mut state, keys[1]));
        }
    }
    print("a view gone to", &mut switched);
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let worst = times.last().expect("something was timed");
    println!("{what:<28} {:>10.1?} median {:>10.1?} p99 {worst:>10.1?} worst", at(50), at(99));
}
