//! Anything may happen in any order: keys, clicks, resizes, reloads, clusters that change, searches that come back late,
//! on worlds whose texts are as odd as Unicode allows. The explorer draws after each of it, and what it holds is of the
//! world that it shows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use routescope_core::resolve::Settings;
use routescope_core::store::Coverage;
use routescope_manifest::analyse_text;

use super::steps::{Run, Step, odd_worlds, step};

/// So long a whole case may take, which takes a fraction of a second: what takes longer does not end.
const DEADLINE: Duration = Duration::from_secs(100);

/// A case has not come to an end: its smaller ones are not tried, since they would not either.
static HUNG: AtomicBool = AtomicBool::new(false);

fn run(worlds: Vec<String>, clusters: bool, steps: Vec<Step>) {
    if HUNG.load(Ordering::Relaxed) {
        return;
    }
    let (sender, ended) = channel();
    let at = Arc::new(Mutex::new(String::new()));
    let now = Arc::clone(&at);
    let case = std::thread::spawn(move || {
        let analyse = |text: &String| Arc::new(analyse_text(text, Coverage::open(), Settings::default()));
        let mut run = Run::new(worlds.iter().map(analyse).collect(), clusters);
        run.take(Step::Changed(0, 0));
        for step in steps {
            *now.lock().expect("nobody panics with it") = format!("{step:?}");
            run.take(step);
            run.check();
        }
        // The other side has gone where this took too long.
        let _ = sender.send(());
    });
    match ended.recv_timeout(DEADLINE) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            HUNG.store(true, Ordering::Relaxed);
            panic!("it does not come to an end after {}", at.lock().expect("nobody panics with it"));
        }
        _ => case.join().unwrap_or_else(|_| panic!("it panics at {}", at.lock().expect("nobody panics with it"))),
    }
}

/// Enough cases to be quick; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 36, ..config } }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_explorer_lives_through_anything(
        worlds in prop::collection::vec(odd_worlds(), 1..6),
        clusters in prop::bool::weighted(0.4),
        steps in prop::collection::vec(step(), 1..100),
    ) {
        run(worlds, clusters, steps);
    }
}
