//! The URL bar and, right under it, the answer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget};

use super::layout::{Layout, LayoutKind};
use super::{context_comparison, focused_border, painted, put};
use crate::theme;
use crate::tui::action::Action;
use crate::tui::answer::Reply;
use crate::tui::context_pane::PaneContent;
use crate::tui::overlay;
use crate::tui::state::{Focus, State};
use crate::tui::widget::field::in_view;
use crate::tui::words;
use routescope_core::router::{Decision, OutcomeKind, RequestError};
use routescope_core::visible::visible;
use routescope_render::outline::NodeRef;
use routescope_render::reasons;
use routescope_render::style::{Line, Role};
use routescope_render::uncertainty::uncertainty;
use routescope_render::width::Width;

/// Draws the bar and the answer.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.ask;
    if area.is_empty() {
        return;
    }
    let theme = state.theme();
    let focused = state.focus == Focus::Ask && state.window.is_none();
    if layout.shape != LayoutKind::Single {
        let set = if focused { focused_border(state) } else { border::ROUNDED };
        let edge = theme.style(if focused { theme::Role::BorderFocused } else { theme::Role::Border });
        Block::bordered().border_set(set).border_style(edge).render(area, buffer);
        let title = theme.style(if focused { theme::Role::Title } else { theme::Role::Muted });
        buffer.set_stringn(area.x + 1, area.y, title_of(state), usize::from(area.width.saturating_sub(2)), title);
        let answers = state.side().answer.count();
        let mut told = Line::new();
        if answers > 1 {
            told.push(Role::Dim, format!(" answer {} of {answers} · ) next ", state.side().answer.shown + 1));
        }
        if state.is_several() {
            told.extend(context_comparison::agreement(state));
        }
        let width = u16::try_from(told.width()).unwrap_or(u16::MAX);
        if !told.is_empty() && width.saturating_add(24) < area.width {
            buffer.set_line(area.right() - width - 1, area.y, &painted(told, theme), width);
        }
    }
    let inside = inside(layout);
    put(buffer, inside, 0, prompt(state), theme);
    let field = field(state, layout);
    if state.ask.input.value().is_empty() {
        put(buffer, field, 0, placeholder(state, focused), theme);
    } else {
        let role = if state.ask.selected { theme::Role::Selected } else { theme::Role::Input };
        let (text, _) = in_view(&state.ask.input, usize::from(field.width));
        let style = theme.style(role);
        let (end, _) = buffer.set_stringn(field.x, field.y, text, usize::from(field.width), style);
        if let Some(ghost) = state.ask.ghost().filter(|_| focused) {
            let ghost = visible(ghost);
            let room = usize::from(field.right().saturating_sub(end));
            buffer.set_stringn(end, field.y, ghost, room, theme.style(theme::Role::Muted));
        }
    }
    let rows = inside.height.saturating_sub(1);
    let room = usize::from(inside.width);
    let lines = match &state.side().answer.reply {
        Reply::Invalid(error) => continued(state, room).map_or_else(|| invalid(error), |line| vec![line]),
        _ if state.is_several() => context_comparison::lines(state, usize::from(inside.width), usize::from(rows)),
        _ => answer(state, room),
    };
    for (row, line) in (1u16..).zip(lines.into_iter().take(usize::from(rows))) {
        put(buffer, inside, row, line, theme);
    }
}

/// What the bar asks for; whether it is pinned.
fn title_of(state: &State) -> &'static str {
    let asked = state.pins.iter().any(|pin| state.asks(&pin.question));
    if asked { " where does it go? · pinned " } else { " where does it go? " }
}

/// Where the cursor stands while a URL is typed.
pub fn cursor(state: &State, layout: &Layout) -> Option<Position> {
    let typing = state.focus == Focus::Ask && state.window.is_none() && !layout.ask.is_empty();
    let field = field(state, layout);
    if !typing || field.is_empty() {
        return None;
    }
    let (_, column) = in_view(&state.ask.input, usize::from(field.width));
    Some(Position::new(field.x + u16::try_from(column).unwrap_or(0), field.y))
}

fn inside(layout: &Layout) -> Rect {
    let area = layout.inside(Focus::Ask);
    if layout.shape == LayoutKind::Single {
        return area;
    }
    Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area }
}

fn prompt(state: &State) -> Line {
    let mut line = Line::of(Role::Rule, state.ask.method());
    let headers = state.ask.headers.len();
    if headers > 0 {
        line.push(Role::Matcher, format!(" +{}", routescope_render::phrases::count(headers, "header")));
    }
    line
}

fn field(state: &State, layout: &Layout) -> Rect {
    let inside = inside(layout);
    let taken = u16::try_from(prompt(state).width() + 1).unwrap_or(u16::MAX).min(inside.width);
    Rect { x: inside.x + taken, width: inside.width - taken, height: inside.height.min(1), ..inside }
}

/// What an empty bar says: how to ask, with a host of this very world.
fn placeholder(state: &State, focused: bool) -> Line {
    let example = state.side().world.as_ref().and_then(|world| {
        let hosts = world.analysis.table.gateways.iter().flat_map(|table| &table.virtual_hosts);
        hosts.filter(|host| host.hostname != "*").map(|host| host.hostname.replace("*.", "any.")).next()
    });
    let example = example.unwrap_or_else(|| "example.com".to_owned());
    let ask = state.how(Action::Ask);
    if focused {
        Line::of(Role::Hint, format!("https://{example}/some/path, or only /some/path; or paste a curl command"))
    } else if state.size.0 < 72 {
        Line::of(Role::Hint, format!("press {ask} and type a URL"))
    } else {
        Line::of(Role::Hint, format!("press {ask} and type a URL, e.g. https://{example}/some/path"))
    }
}

/// Whether the answer has the room to tell more than where it goes; else the reasons tell it.
pub fn is_told_at_length(state: &State) -> bool {
    state.size.0 >= 100 && !state.is_several()
}

/// Whether the answer has one line and no more.
fn is_alone(state: &State) -> bool {
    Layout::of(state).inside(Focus::Ask).height < 3
}

fn invalid(error: &RequestError) -> Vec<Line> {
    vec![
        Line::of(Role::Warning, "… ").with(Role::Text, error.message.clone()),
        Line::of(Role::Hint, format!("  {}", error.hint)),
    ]
}

/// Whether a path is typed already.
fn has_path(state: &State) -> bool {
    let typed = state.ask.input.value();
    typed.split_once("://").map_or(typed, |(_, rest)| rest).contains('/')
}

/// What could follow a host or path that is being typed: nothing is wrong with it yet. Names that do not fit are counted.
fn continued(state: &State, room: usize) -> Option<Line> {
    if state.focus != Focus::Ask || state.ask.ghost().is_none() {
        return None;
    }
    let typed = state.ask.input.value();
    let host_length = typed.find("://").map_or(0, |at| at + 3);
    let path_begins = typed[host_length..].find('/').map(|at| host_length + at);
    // Behind a whole host come its paths.
    let suggested = |text: &str| text.get(typed.len()..).is_some_and(|rest| rest.starts_with('/'));
    let from = path_begins.or_else(|| state.ask.suggestions.first().filter(|one| suggested(one)).map(|_| typed.len()));
    let names = state.ask.suggestions.iter().map(|text| text.get(from.unwrap_or(host_length)..).unwrap_or(text));
    Some(offered("… tab: ", names, room))
}

/// What can be taken, as many as fit; the first is what the key takes.
fn offered<'t>(lead: &'static str, names: impl Iterator<Item = &'t str>, room: usize) -> Line {
    let mut line = Line::of(Role::Dim, lead);
    let names: Vec<&str> = names.collect();
    for (index, name) in names.iter().enumerate() {
        let gap = if index > 0 { "  " } else { "" };
        let rest = if index + 1 < names.len() { 3 } else { 0 };
        if index > 0 && line.width() + gap.len() + name.width() + rest > room {
            line.push(Role::Dim, "  …");
            break;
        }
        line.push(Role::Dim, gap);
        line.push(if index == 0 { Role::Text } else { Role::Dim }, (*name).to_owned());
    }
    line
}

/// The hosts that one could begin with.
fn beginnings(state: &State, room: usize) -> Line {
    if state.focus != Focus::Ask || state.ask.suggestions.is_empty() {
        return Line::of(Role::Dim, "the answer appears here while you type");
    }
    let lead = if state.ask.has_hosts() { "… hosts, tab lists them: " } else { "… tab: " };
    offered(lead, state.ask.suggestions.iter().map(String::as_str), room)
}

/// That nothing takes an unfinished request as it is, and where it got to.
fn so_far(state: &State, world: &PaneContent, decision: &Decision) -> Line {
    let mut line = Line::of(Role::Dim, "  no match yet · ");
    match state.side().highlighted.last().filter(|node| matches!(node, NodeRef::Match(..))) {
        Some(node) => line.extend(world.outline.label(*node).line()),
        None => line.push(Role::Dim, world.analysis.table.gateways[decision.gateway as usize].gateway.to_string()),
    }
    line
}

/// What the answer says: where it goes; what reaches the backend, what is not certain, what else is to know.
fn answer(state: &State, room: usize) -> Vec<Line> {
    let Some(world) = &state.side().world else { return Vec::new() };
    match &state.side().answer.reply {
        Reply::Nothing => vec![beginnings(state, room)],
        Reply::Invalid(error) => invalid(error),
        // No path helps where no listener takes the host.
        Reply::Answered(request, decisions) if decisions.is_empty() => {
            match continued(state, room).filter(|_| !has_path(state)) {
                Some(line) => vec![line],
                None => vec![words::no_gateway(world, request)],
            }
        }
        Reply::Answered(request, decisions) => {
            let Some(decision) = decisions.get(state.side().answer.shown) else { return Vec::new() };
            let mut first = words::outcome(world, decision);
            let mut by = words::decided_by(world, decision);
            if let Some(hangs) = overlay::hangs(state.side()) {
                by.push(Role::Dim, " · ");
                by.extend(hangs);
            }
            let nothing = decision.kind() == OutcomeKind::NotFound;
            if let Some(line) = continued(state, room).filter(|_| nothing) {
                return vec![line, so_far(state, world, decision)];
            }
            if is_told_at_length(state) {
                let mut second = Line::of(Role::Text, "  ");
                // Who decided gives way to what the client gets.
                if nothing || first.width() + by.width() + 3 > room {
                    second.extend(by);
                    second.push(Role::Dim, "  ");
                } else {
                    first.push(Role::Text, "   ");
                    first.extend(by);
                }
                let doubt =
                    decision.unverified.first().map(|why| Line::of(Role::Warning, format!("? {}", uncertainty(why))));
                let note = reasons::notes(&world.analysis, decision)
                    .get(usize::from(nothing))
                    .map(|note| Line::of(Role::Warning, format!("⚠ {note}")));
                let parts = [doubt, note, words::upstream(request, decision)];
                for (index, part) in parts.into_iter().flatten().enumerate() {
                    if index > 0 {
                        second.push(Role::Dim, " · ");
                    }
                    second.extend(part);
                }
                return vec![first, second];
            }
            if is_alone(state) && !decision.unverified.is_empty() {
                first.push(Role::Warning, "  ? not certain");
            }
            let mut second = Line::of(Role::Text, "  ");
            second.extend(by);
            vec![first, second]
        }
    }
}
