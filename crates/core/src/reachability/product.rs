//! Products of automata: which sides of several sets a text can be on at once, each with the shortest text that is.

use ahash::AHashMap;

use super::machine::{DEAD, Machine};

/// The bytes in order of preference: a witness is what a person would type.
const PREFERRED: &[u8] = b"xabcdefghijklmnopqrstuvwyz0123456789-_/.~ABCDEFGHIJKLMNOPQRSTUVWXYZ:,;=@+!$&'()*%[] ";

/// A text, and which of the tracked sets hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub text: String,
    pub holds: Vec<bool>,
}

/// The search came to its limit.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Every combination of `tracked` sets that some text of all `required` sets is in, the shortest text of each; fewest
/// sets first. One that is in none of them ends the search: it is within what any other could stand for.
pub(super) fn classes(required: &[Machine], tracked: &[Machine], limit: usize) -> Result<Vec<Class>, TooLarge> {
    let all: Vec<&Machine> = required.iter().chain(tracked).collect();
    let bytes = alphabet(&all);
    let mut ids: AHashMap<Box<[u32]>, ()> = AHashMap::new();
    // State, the state before it, the byte between.
    let mut states: Vec<(Box<[u32]>, u32, u8)> = Vec::new();
    let start: Box<[u32]> = all.iter().map(|machine| machine.start()).collect();
    let mut found: Vec<Class> = Vec::new();
    if start[..required.len()].contains(&DEAD) {
        return Ok(found);
    }
    ids.insert(start.clone(), ());
    states.push((start, u32::MAX, 0));
    let mut next: Vec<u32> = Vec::with_capacity(all.len());
    let mut at = 0;
    while at < states.len() {
        let state = states[at].0.clone();
        if required.iter().zip(state.iter()).all(|(machine, state)| machine.accepts(*state)) {
            let tracked_states = tracked.iter().zip(&state[required.len()..]);
            let holds: Vec<bool> = tracked_states.map(|(machine, state)| machine.accepts(*state)).collect();
            if !found.iter().any(|class| class.holds == holds)
                && let Ok(text) = String::from_utf8(text_of(&states, at))
            {
                let last = !holds.contains(&true);
                found.push(Class { text, holds });
                if last {
                    break;
                }
            }
        }
        for &byte in &bytes {
            // Most bytes end in a required set at once.
            next.clear();
            let steps = all.iter().zip(state.iter()).map(|(machine, state)| machine.next(*state, byte));
            next.extend(
                steps.enumerate().map_while(|(place, step)| (place >= required.len() || step != DEAD).then_some(step)),
            );
            if next.len() < all.len() || ids.contains_key(next.as_slice()) {
                continue;
            }
            if states.len() >= limit {
                return Err(TooLarge);
            }
            let next: Box<[u32]> = next.as_slice().into();
            ids.insert(next.clone(), ());
            states.push((next, u32::try_from(at).unwrap_or(u32::MAX), byte));
        }
        at += 1;
    }
    found.sort_by_key(|class| class.holds.iter().filter(|holds| **holds).count());
    Ok(found)
}

fn text_of(states: &[(Box<[u32]>, u32, u8)], at: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = at;
    while let Some((_, before, byte)) = states.get(at)
        && *before != u32::MAX
    {
        text.push(*byte);
        at = *before as usize;
    }
    text.reverse();
    text
}

/// One byte for each class of bytes that no automaton tells apart: the one that reads best.
fn alphabet(machines: &[&Machine]) -> Vec<u8> {
    let rest = (0..=u8::MAX).filter(|byte| !PREFERRED.contains(byte));
    let mut seen: Vec<Vec<u32>> = Vec::new();
    let mut bytes = Vec::new();
    for byte in PREFERRED.iter().copied().chain(rest) {
        let class: Vec<u32> = machines.iter().map(|machine| machine.class(byte)).collect();
        // A byte beyond ASCII is never taken for a letter: half a character is not text.
        if byte >= 0x80 || !seen.contains(&class) {
            seen.push(class);
            bytes.push(byte);
        }
    }
    bytes
}
