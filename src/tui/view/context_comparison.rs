//! The answers of several sides, a line each: under the URL bar, with a mark where one differs.

use routescope_render::width::Width;

use super::header;
use crate::tui::answer::Reply;
use crate::tui::compare::differences;
use crate::tui::live::Live;
use crate::tui::overlay;
use crate::tui::state::State;
use crate::tui::widget::text::{clip, cut_middle, fit};
use crate::tui::words;
use routescope_core::router::Decision;
use routescope_render::style::{Line, Role};

/// How many columns a name gets at most.
const NAME: usize = 24;

/// The answer that the others are held against: that of the first side that has one.
fn first(state: &State) -> Option<(usize, &Decision)> {
    state.sides.iter().enumerate().find_map(|(at, side)| Some((at, side.answer.decision()?)))
}

/// In what the answer of a side is different from the first one.
fn different(state: &State, at: usize) -> Vec<&'static str> {
    match (first(state), state.sides[at].answer.decision()) {
        (Some((first, reference)), Some(decision)) if first != at => differences(reference, decision),
        _ => Vec::new(),
    }
}

/// Whether all sides answer the same, for the edge of the box.
pub fn agreement(state: &State) -> Line {
    let answered = state.sides.iter().filter(|side| side.answer.decision().is_some()).count();
    let differ = (0..state.sides.len()).any(|at| !different(state, at).is_empty());
    match answered {
        0 | 1 => Line::new(),
        _ if differ => Line::of(Role::Warning, " ≠ the answers differ "),
        all if all == state.sides.len() => Line::of(Role::Ok, " = the same answer everywhere "),
        some => Line::of(Role::Dim, format!(" the same answer from {some} of {} ", state.sides.len())),
    }
}

/// The sides whose answers are shown: as many as fit, the active one among them.
pub fn shown(state: &State, rows: usize) -> std::ops::Range<usize> {
    let rows = rows.min(state.sides.len());
    let from = (state.active + 1).saturating_sub(rows);
    from..from + rows
}

/// What each side answers; before anything is asked, what each side holds.
pub fn lines(state: &State, width: usize, rows: usize) -> Vec<Line> {
    let names: Vec<String> = (0..state.sides.len()).map(|at| cut_middle(&state.name(at), NAME)).collect();
    let column = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let line = |at: usize| {
        let is_active = at == state.active;
        let mut line = Line::of(Role::Text, if is_active { "▸ " } else { "  " });
        line.push(if is_active { Role::Heading } else { Role::Dim }, names[at].clone());
        line.pad_to(column + 3);
        let room = width.saturating_sub(line.width());
        let said = answer(state, at, room);
        line.with_line(if said.width() > room { clip(said, room) } else { said })
    };
    shown(state, rows).map(line).collect()
}

fn answer(state: &State, at: usize, room: usize) -> Line {
    let side = &state.sides[at];
    let trouble = side.live.as_ref().and_then(|live| live.trouble(&state.zone));
    let (Some(world), Reply::Answered(..)) = (&side.world, &side.answer.reply) else {
        return standing(state, at);
    };
    let Some(decision) = side.answer.decision() else {
        let Reply::Answered(request, _) = &side.answer.reply else { return Line::new() };
        return words::no_gateway(world, request);
    };
    let different = different(state, at);
    let line = Line::of(Role::Warning, if different.is_empty() { "  " } else { "≠ " });
    let line = line.with_line(words::outcome(world, decision));
    let also = |line: &Line| Line::of(Role::Dim, " · ").with_line(line.clone());
    let trouble = trouble.as_ref().map(also).unwrap_or_default();
    let how = Line::of(Role::Warning, format!("other {}", different.join(", ")));
    let how = if different.is_empty() { Line::new() } else { also(&how) };
    let by = also(&words::decided_by(world, decision));
    let hangs = overlay::hangs(side).as_ref().map(also).unwrap_or_default();
    let doubt = |text: &str| {
        if decision.unverified.is_empty() { Line::new() } else { Line::of(Role::Warning, text.to_owned()) }
    };
    // What the client gets comes first, and that it is not certain; the rest as far as there is room.
    let told = trouble.clone().with_line(how);
    let tails = [
        told.clone().with_line(hangs.clone()).with_line(by),
        doubt(" ? not certain").with_line(told.clone()).with_line(hangs),
        doubt(" ? not certain").with_line(told.clone()),
        doubt(" ?").with_line(told),
        doubt(" ?").with_line(trouble),
    ];
    let tail = tails.into_iter().find(|tail| line.width() + tail.width() <= room).unwrap_or_else(|| doubt(" ?"));
    fit(line, room.saturating_sub(tail.width())).with_line(tail)
}

/// How a side stands while it has no answer.
fn standing(state: &State, at: usize) -> Line {
    let side = &state.sides[at];
    let badge = |live: &Live| live.badges(&state.zone).into_iter().next().unwrap_or_default();
    let mut line = side.live.as_ref().map(badge).unwrap_or_default();
    let failure = side.live.as_ref().and_then(|live| live.failure.as_ref());
    if let Some(failure) = failure {
        line.push(Role::Text, format!(": {}", failure.message));
    } else if let Some(counts) = header::counts(side, true) {
        line.push(Role::Dim, if line.is_empty() { "  " } else { " · " });
        line.extend(counts);
        if let Some(unread) = side.live.as_ref().and_then(Live::unread) {
            line.push(Role::Dim, " · ");
            line.push(Role::Warning, format!("⚠ {unread}"));
        }
    }
    line
}
