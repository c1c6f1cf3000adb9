//! The explorer: which worlds there are, then steps of two bytes each.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::store::Coverage;
use routescope_manifest::analyse_text;

use crate::screens::steps::{Run, Step, odd_worlds, step};

/// The bytes of the head: how many worlds, whether they are clusters, and a number for each world.
const HEAD: usize = 2 + 2 * WORLDS;
const WORLDS: usize = 4;

/// The bytes of a step: so many steps are told apart.
const STEP: usize = 2;

/// Worlds that are kept; the numbers are taken modulo this.
const KEPT: u16 = 2_000;

/// Read of the environment once.
static CONFIG: LazyLock<Config> = LazyLock::new(Config::default);

thread_local! {
    static SEEN: RefCell<HashMap<u16, Arc<Analysis>>> = RefCell::default();
    static STEPS: BoxedStrategy<Step> = step().boxed();
}

/// Whatever happens in whatever order, the explorer draws, and what it holds is of the world that it shows.
pub fn explorer(data: &[u8]) {
    let Some((head, steps)) = data.split_at_checked(HEAD) else { return };
    let count = 1 + usize::from(head[0]) % WORLDS;
    let number = |at: usize| u16::from_le_bytes([head[2 + 2 * at], head[3 + 2 * at]]) % KEPT;
    let worlds = (0..count).map(|at| world(number(at))).collect();
    let mut run = Run::new(worlds, head[1] % 2 == 1);
    run.take(Step::Changed(0, 0));
    for bytes in steps.chunks(STEP) {
        let step = STEPS.with(|steps| pick(steps, bytes));
        run.take(step);
        run.check();
    }
}

/// The random world of a number: always the same.
fn world(number: u16) -> Arc<Analysis> {
    SEEN.with_borrow_mut(|seen| {
        let made = seen.entry(number).or_insert_with(|| {
            let text = pick(&odd_worlds().boxed(), &number.to_le_bytes());
            Arc::new(analyse_text(&text, Coverage::open(), Settings::default()))
        });
        Arc::clone(made)
    })
}

/// The value that these bytes stand for: always the same.
fn pick<T: std::fmt::Debug>(strategy: &BoxedStrategy<T>, bytes: &[u8]) -> T {
    let mut seed = [0; 32];
    seed[..bytes.len()].copy_from_slice(bytes);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(CONFIG.clone(), rng);
    strategy.new_tree(&mut runner).expect("nothing is filtered out").current()
}
