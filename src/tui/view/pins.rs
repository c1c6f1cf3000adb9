//! The strip of pinned questions under the URL bar: each with its present answer in a line, and with what it was.

use crate::tui::action::Action;
use ratatui::buffer::Buffer;

use super::layout::{Layout, LayoutKind};
use super::put;
use crate::tui::live::clock;
use crate::tui::pins::{Pin, PinnedAnswer, PreviousAnswer};
use crate::tui::state::State;
use crate::tui::widget::text::{clip, fit};
use routescope_render::phrases::count;
use routescope_render::style::{Line, Role};

/// What stands before the first pin.
const LABEL: &str = " pins";

/// How many lines the strip gets: none where room is short, and the header tells of pins instead.
pub fn height(state: &State, shape: LayoutKind) -> u16 {
    let most = match (shape, state.size.1) {
        _ if state.zoom => 0,
        (LayoutKind::Wide | LayoutKind::Columns, 34..) => 6,
        (LayoutKind::Wide | LayoutKind::Columns, _) | (LayoutKind::Stacked, 22..) => 3,
        (LayoutKind::Stacked, _) => 1,
        (LayoutKind::Single, _) => 0,
    };
    u16::try_from(state.pins.len()).unwrap_or(u16::MAX).min(most)
}

/// The pin on a line of the strip; `None` on the line that says how many more there are.
pub fn at<'s>(state: &'s State, layout: &Layout, row: usize) -> Option<&'s Pin> {
    state.pins.iter().take(shown(state, layout)).nth(row)
}

/// How many pins have a line: all, or one line says how many more there are.
fn shown(state: &State, layout: &Layout) -> usize {
    let (lines, pins) = (usize::from(layout.pins.height), state.pins.len());
    if pins <= lines { pins } else { lines.saturating_sub(1) }
}

/// Draws the strip.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.pins;
    let width = usize::from(area.width);
    let shown = shown(state, layout);
    let column = column(state, shown, width.saturating_sub(margin(true, false).width()));
    for (row, pin) in (0u16..).zip(state.pins.iter().take(shown)) {
        let line = margin(row == 0, state.has_turned(pin.id)).with_line(line(state, pin, column));
        put(buffer, area, row, clip(line, width), state.theme());
    }
    let left: Vec<&Pin> = state.pins.iter().skip(shown).collect();
    if !left.is_empty() && area.height > 0 {
        let changed = left.iter().filter(|pin| state.has_turned(pin.id)).count();
        let mut line = margin(shown == 0, changed > 0);
        line.push(Role::Dim, format!("{}{}", if shown == 0 { "" } else { "and " }, count(left.len(), "pin")));
        if shown > 0 {
            line.push(Role::Dim, " more");
        }
        if changed > 0 {
            line.push(Role::Warning, format!(", {changed} changed"));
        }
        line.push(Role::Hint, format!(" · {} lists them", state.how(Action::Pins)));
        put(buffer, area, u16::try_from(shown).unwrap_or(u16::MAX), clip(line, width), state.theme());
    }
}

/// How wide the column of the questions is, for the first so many pins: questions give way to answers, as far as they can
/// still be told apart.
pub fn column(state: &State, pins: usize, width: usize) -> usize {
    const LEAST: usize = 24;
    let widest = |of: &dyn Fn(&Pin) -> Line| state.pins.iter().take(pins).map(|pin| of(pin).width()).max().unwrap_or(0);
    let asked = widest(&|pin| pin.question.line());
    let answered = widest(&|pin| answers(state, pin));
    asked.min(width.saturating_sub(answered + 2).max(LEAST))
}

/// A pin in a line: the question in its column, what is answered to it, and which rule decides.
pub fn line(state: &State, pin: &Pin, column: usize) -> Line {
    let mut line = fit(pin.question.line(), column);
    line.pad_to(column);
    line.push(Role::Text, "  ");
    line.extend(answers(state, pin));
    if let [side] = &state.sides[..]
        && let Some(standing) = side.pinned.of(pin.id)
    {
        line.push(Role::Text, "  ");
        line.extend(standing.is.by.clone());
    }
    line
}

fn margin(first: bool, changed: bool) -> Line {
    let label = if first { LABEL.to_owned() } else { " ".repeat(LABEL.len()) };
    Line::of(Role::Dim, label).with(Role::Warning, if changed { " ~ " } else { "   " })
}

/// What is answered to a pin: what the client gets, and what it got. Of several sides that answer alike it is said once.
pub fn answers(state: &State, pin: &Pin) -> Line {
    let standings: Vec<Option<&PinnedAnswer>> = state.sides.iter().map(|side| side.pinned.of(pin.id)).collect();
    let known: Vec<&PinnedAnswer> = standings.iter().copied().flatten().collect();
    let differ = known.iter().any(|one| one.is.gets.plain() != known[0].is.gets.plain());
    let alike = !differ && known.len() == standings.len() && known.iter().all(|one| one.was == known[0].was);
    let mut line = Line::new();
    if let [only] = standings[..] {
        return answer(state, only);
    }
    if alike {
        line.push(Role::Ok, "= ");
        return line.with_line(answer(state, standings[0])).with(Role::Dim, "  everywhere");
    }
    line.push(Role::Warning, if differ { "≠" } else { " " });
    for (at, standing) in standings.into_iter().enumerate() {
        line.push(Role::Dim, format!("{}{} ", if at > 0 { "   " } else { " " }, state.name(at)));
        line.extend(answer(state, standing));
    }
    line
}

/// What one side answers, and what it did before.
fn answer(state: &State, standing: Option<&PinnedAnswer>) -> Line {
    let Some(PinnedAnswer { is, was, .. }) = standing else { return Line::of(Role::Hint, "…") };
    let mut line = Line::of(is.role, format!("{} ", is.glyph)).with_line(is.gets.clone());
    if let Some(PreviousAnswer { gets, since }) = was {
        line.push(Role::Warning, "  was ");
        line.push(Role::Text, gets.plain());
        line.push(Role::Warning, format!(", since {}", clock(*since, &state.zone)));
    }
    line
}
