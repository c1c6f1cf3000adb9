//! Work spread over the cores, its results in the order of the work: what comes out does not depend on the machine.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;

/// More threads than this do not help: memory is the bottleneck.
const MOST_THREADS: usize = 8;

/// How many threads to use for work that is worth several.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS)
}

/// Does `work` to every item, on up to `threads` threads. A panic in one of them goes on in the caller.
pub fn in_order<T: Send, R: Send>(items: Vec<T>, threads: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.into_iter().map(work).collect();
    }
    let waiting = Mutex::new(items.into_iter().enumerate());
    let take = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
    let worker = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take() {
            done.push((index, work(item)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Does two things at once, the first on this thread; one after the other when there is just one thread to use.
pub fn both<A, B: Send>(threads: usize, first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    if threads <= 1 {
        return (first(), second());
    }
    thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        (first, second.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_work() {
        for threads in [1, 2, 3, 200] {
            let squares = in_order((0..100).collect(), threads, |number: u32| number * number);
            assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<_>>());
        }
        assert!(in_order(Vec::<u32>::new(), 4, |number| number).is_empty());
    }

    #[test]
    fn both_are_done() {
        assert_eq!(both(1, || 1, || 2), (1, 2));
        assert_eq!(both(2, || 1, || 2), (1, 2));
    }
}
