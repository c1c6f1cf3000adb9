//! The tree pane: the rows in view, with the answer's path drawn through them as one heavy line.

use crate::tui::action::Action;
use fuzzy_matcher::FuzzyMatcher;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line as Painted, Span};
use ratatui::widgets::StatefulWidget;
use routescope_render::width::{Width, graphemes};
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::layout::{Layout, LayoutKind};
use super::{WHOLE, columns, from_column, goes_on, is_focused, laid_out, pane, put, scroll_bar};
use crate::theme::{Role, Theme};
use crate::tui::context_pane::{ContextPane, Filter, PaneContent};
use crate::tui::overlay;
use crate::tui::query::{self, Query};
use crate::tui::rows::{Fold, Row};
use crate::tui::state::{Focus, State};
use crate::tui::widget::row::{fit_row, narrowest};
use crate::tui::widget::text::{clip, wrap};
use crate::tui::witness;
use crate::tui::words;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::phrases::count as count_of;
use routescope_render::style;

/// Draws the pane of a side.
pub fn draw(state: &State, at: usize, area: Rect, layout: &Layout, buffer: &mut Buffer) {
    let side = &state.sides[at];
    let tree = &side.tree;
    let focused = at == state.active && is_focused(state, Focus::Tree);
    let count = count(state, side, area.width);
    let mut title = title(state, at);
    let room = usize::from(area.width).saturating_sub(title.width() + count.width() + 8);
    title.push_str(&above(side, room));
    pane(state, layout, area, focused, &title, count, buffer);
    let inside = layout.inside_of(Focus::Tree, area);
    if inside.is_empty() {
        return;
    }
    if tree.rows.is_empty() {
        empty(state, side, inside, buffer);
        return;
    }
    let Some(outline) = side.outline() else { return };
    let theme = state.theme();
    let height = usize::from(inside.height);
    let window = &tree.rows[tree.offset.min(tree.rows.len())..(tree.offset + height).min(tree.rows.len())];
    let path = Path::of(side);
    let width = laid_out(inside, side.across);
    let seen = usize::from(inside.width) + side.across;
    let items: Vec<TreeItem<'_, usize>> = window
        .iter()
        .enumerate()
        .map(|(row_at, row)| {
            let index = tree.offset + row_at;
            TreeItem::new_leaf(index, row_line(theme, side, outline, row, index, &path, width))
        })
        .collect();
    // The widget gets what is in view and nothing else, so that a frame costs the same for any world.
    if let Ok(widget) = Tree::new(&items) {
        let selected = theme.style(if focused { Role::Selected } else { Role::SelectedIdle });
        let mut view = TreeState::default();
        view.select(vec![tree.selected]);
        let widget = widget.node_no_children_symbol("").highlight_style(selected);
        from_column(buffer, inside, side.across, theme, |buffer, area| {
            StatefulWidget::render(widget, area, buffer, &mut view);
        });
    }
    for (line, (index, row)) in (0u16..).zip((tree.offset..).zip(window)) {
        let whole = columns(&row_line(theme, side, outline, row, index, &path, WHOLE));
        let sides = (side.across > 0 && whole > 0, whole > seen);
        goes_on(buffer, layout, inside, line, sides, theme.style(Role::Guide));
    }
    for (line, row) in (0u16..).zip(window) {
        if row.others > 0 {
            continue;
        }
        if let Some(look) = side.fresh.look(row.node, row.fold == Fold::Closed, state.now) {
            let style = theme.style(Role::Changed);
            let y = inside.y + line;
            if look.flashes && tree.selected != tree.offset + usize::from(line) {
                buffer.set_style(Rect { y, height: 1, ..inside }, style);
            }
            // In the margin, where there is one.
            let x = if layout.shape == LayoutKind::Single { inside.right() - 1 } else { inside.x - 1 };
            buffer.set_string(x, y, look.change.glyph(), style);
        }
    }
    scroll_bar(buffer, inside, tree.offset, tree.rows.len(), theme.style(Role::Muted));
}

/// How wide the widest of the rows in view would be.
pub fn widest(state: &State, height: u16) -> usize {
    let side = state.side();
    let Some(outline) = side.outline() else { return 0 };
    let path = Path::of(side);
    let rows = side.tree.rows.iter().enumerate().skip(side.tree.offset).take(usize::from(height));
    rows.map(|(index, row)| columns(&row_line(state.theme(), side, outline, row, index, &path, WHOLE)))
        .max()
        .unwrap_or(0)
}

/// What stands at the right of the title: which row of how many, or what was found; beside other trees, how reading goes.
fn count(state: &State, side: &ContextPane, width: u16) -> style::Line {
    let tree = &side.tree;
    let count = match &tree.filter {
        Some(Filter { found: Some(found), .. }) if found.matched > found.kept.hits.len() => {
            format!("best {} of {}", found.kept.hits.len(), found.matched)
        }
        Some(Filter { found: Some(found), .. }) if found.similar => format!("{} similar", found.matched),
        Some(Filter { found: Some(found), .. }) => format!("{} found", found.matched),
        _ if tree.rows.is_empty() => String::new(),
        _ => format!("{}/{}", tree.selected + 1, tree.rows.len()),
    };
    let told = style::Line::of(style::Role::Dim, count);
    let Some(live) = side.live.as_ref().filter(|_| state.is_several()) else { return told };
    let gap = if told.is_empty() { "" } else { " · " };
    let room = usize::from(width / 2).saturating_sub(told.width() + gap.width());
    let badges = live.badges(&state.zone);
    let badge = badges.iter().find(|badge| badge.width() <= room).or(badges.last()).cloned().unwrap_or_default();
    told.with(style::Role::Dim, gap).with_line(badge)
}

/// What stands above the first row in view, and is not in view itself, the nearest last: ` · web › a.io › shop`.
fn above(side: &ContextPane, room: usize) -> String {
    let tree = &side.tree;
    let Some((outline, row)) = side.outline().zip(tree.rows.get(tree.offset).filter(|_| tree.offset > 0)) else {
        return String::new();
    };
    if tree.filter.is_some() {
        return String::new();
    }
    let ancestry = outline.ancestry(row.node);
    let mut shown = String::new();
    for node in ancestry.iter().rev().skip(1) {
        let name = short_name(outline, *node);
        let longer = if shown.is_empty() { name } else { format!("{name} › {shown}") };
        if longer.width() + 3 > room {
            if !shown.is_empty() {
                shown = format!("… › {shown}");
            }
            break;
        }
        shown = longer;
    }
    if shown.is_empty() { shown } else { format!(" · {shown}") }
}

/// What a node is called in a few letters.
fn short_name(outline: &Outline, node: NodeRef) -> String {
    match node {
        NodeRef::Gateway(at) => outline.gateway(at).gateway.meta.name.to_string(),
        NodeRef::Hosts(at) => match outline.hosts(at).hostnames.first() {
            Some(name) if name != "*" => name.to_string(),
            _ => "any host".to_owned(),
        },
        NodeRef::Match(_, hop) => outline.hop(hop).matcher.path.value.to_string(),
        NodeRef::Loose => "not attached".to_owned(),
        _ => outline.route_of(node).map_or_else(String::new, |route| route.meta.name.to_string()),
    }
}

/// What is shown: all of it, or what touches some namespaces, or what a filter leaves; beside other trees, of what.
pub(super) fn title(state: &State, at: usize) -> String {
    let sheet = state.sides[at].sheet.as_ref();
    let mut title = match sheet {
        Some(pane) if state.is_several() => format!("{} · {}", state.name(at), pane.view.name()),
        Some(pane) => pane.view.name().to_owned(),
        None if state.is_several() => state.name(at),
        None => "tree".to_owned(),
    };
    if let Some(pane) = sheet {
        title += &super::sheet::order(pane);
    }
    if !state.scope.is_everything() {
        let names: Vec<&str> = state.scope.names().map(|name| &**name).collect();
        title = format!("{title} · ns {}", names.join(","));
    }
    if state.sides[at].tree.path.shrunk && sheet.is_none() {
        title = format!("{title} · path only, {} shows all", state.how(Action::PathOnly));
    }
    if let Some(differs) = state.sides[at].differs.as_ref().filter(|_| sheet.is_none()) {
        let other = state.place_of(differs.from).map(|at| state.name(at)).unwrap_or_default();
        let count = count_of(differs.rows.len(), "row");
        title = format!("{title} · {count} ≠ {other}");
    }
    if state.sides[at].tree.faults_only && sheet.is_none() {
        title = format!("{title} · faults only");
    }
    if let Some(filter) = &state.sides[at].tree.filter {
        if filter.hides_answer && sheet.is_none() {
            title = format!("{title} · hides the answer");
        }
        title = format!("{title} {}{}", if filter.hides { '/' } else { '&' }, filter.input.value());
    }
    title
}

/// Where the cursor stands while a filter is typed.
pub fn cursor(state: &State, layout: &Layout) -> Option<Position> {
    let filter = state.side().tree.filter.as_ref().filter(|filter| filter.typing && state.window.is_none())?;
    let area = layout.tree;
    // The filter stands at the end of the title.
    let behind = filter.input.value().chars().skip(filter.input.cursor()).collect::<String>().width();
    let column = u16::try_from((title(state, state.active).width() + 2).saturating_sub(behind)).ok()?;
    (column < area.width).then(|| Position::new(area.x + column, area.y))
}

fn empty(state: &State, side: &ContextPane, inside: Rect, buffer: &mut Buffer) {
    use style::{Line, Role};
    let narrowed = !state.scope.is_everything() && !side.world.as_ref().is_none_or(PaneContent::is_empty);
    let lines = if narrowed && side.tree.filter.is_none() {
        let names: Vec<&str> = state.scope.names().map(|name| &**name).collect();
        vec![
            Line::of(Role::Text, format!("nothing that is known touches {}", names.join(", "))),
            Line::of(Role::Hint, ":ns all shows everything · :ns lists the namespaces"),
        ]
    } else if let (Some(live), None) = (&side.live, &side.tree.filter) {
        live.empty(&state.keys)
    } else if side.world.is_none() && side.failure.is_none() {
        vec![Line::of(Role::Hint, "reading …")]
    } else if let (None, Some(failure)) = (&side.world, &side.failure) {
        vec![
            Line::of(Role::Error, format!("✗ {failure}")),
            Line::of(Role::Hint, format!("{} reads again", state.how(Action::ReloadNow))),
        ]
    } else if side.tree.faults_only {
        vec![
            Line::of(Role::Text, "no row has a fault"),
            Line::of(Role::Hint, format!("{} shows everything again", state.how(Action::FaultsOnly))),
        ]
    } else if side.tree.filter.is_some() {
        vec![
            Line::of(Role::Text, "nothing matches"),
            Line::of(Role::Hint, format!("{} shows everything again", state.how(Action::Back))),
        ]
    } else {
        vec![
            Line::of(Role::Text, "no Gateway and no route was found here"),
            Line::of(Role::Hint, "the tree fills when there is one: files are watched"),
        ]
    };
    let room = usize::from(inside.width.saturating_sub(2));
    let lines = lines.iter().flat_map(|line| if line.is_empty() { vec![Line::new()] } else { wrap(line, room, 2) });
    for (row, line) in (0u16..inside.height).zip(lines) {
        put(buffer, inside, row, Line::of(Role::Text, " ").with_line(line), state.theme());
    }
}

/// The rows of the answer's path: for each level, the row of its node.
struct Path {
    rows: Vec<usize>,
}

impl Path {
    /// Finds the path's rows. They stand in order, so one pass from the first row is enough; the pass ends at the last.
    fn of(side: &ContextPane) -> Self {
        let mut rows = Vec::with_capacity(side.highlighted.len());
        if side.highlighted.is_empty() {
            return Self { rows };
        }
        let mut wanted = side.highlighted.iter();
        let mut next = wanted.next();
        for (index, row) in side.tree.rows.iter().enumerate() {
            if next.is_some_and(|next| row.is_of(*next)) {
                rows.push(index);
                next = wanted.next();
                if next.is_none() {
                    break;
                }
            }
        }
        Self { rows }
    }

    fn is_on(&self, index: usize) -> bool {
        self.rows.binary_search(&index).is_ok()
    }

    /// Whether the heavy line from depth `depth` down to the next level passes or ends in row `index`.
    fn passes(&self, depth: usize, index: usize) -> bool {
        match (self.rows.get(depth), self.rows.get(depth + 1)) {
            (Some(from), Some(to)) => *from < index && index <= *to,
            _ => false,
        }
    }
}

/// The lines to the left of a row: what it is below, and the heavy line where the path passes.
fn guides(row: &Row, index: usize, path: &Path, theme: &Theme) -> Vec<Span<'static>> {
    let light = theme.style(Role::Guide);
    let heavy = theme.style(Role::Path);
    let depth = usize::from(row.depth);
    let goes_on = |level: usize| level < 64 && row.guides & (1 << level) != 0;
    let mut spans = Vec::with_capacity(depth + 1);
    if depth == 0 {
        let (text, style) = match row.fold {
            _ if row.others > 0 => ("┄ ", light),
            _ if path.is_on(index) && path.rows.len() > 1 => ("┏ ", heavy),
            Fold::Open => ("┌ ", light),
            Fold::Closed => ("▸ ", light),
            Fold::Leaf => ("  ", light),
        };
        spans.push(Span::styled(text, style));
        return spans;
    }
    for level in 0..depth - 1 {
        spans.push(if path.passes(level, index) {
            Span::styled("┃  ", heavy)
        } else if goes_on(level) {
            Span::styled("│  ", light)
        } else {
            Span::styled("   ", light)
        });
    }
    let level = depth - 1;
    if row.others > 0 {
        spans.push(Span::styled("└┄ ", light));
        return spans;
    }
    let arm = |closed: &'static str, open: &'static str| if row.fold == Fold::Closed { closed } else { open };
    let on_path = path.is_on(index) && path.passes(level, index);
    spans.push(if on_path && goes_on(level) {
        Span::styled(arm("┣▸ ", "┣━ "), heavy)
    } else if on_path {
        Span::styled(arm("┗▸ ", "┗━ "), heavy)
    } else if path.passes(level, index) {
        // The line goes by, to a later sibling.
        Span::styled(arm("┠▸ ", "┠─ "), heavy)
    } else if goes_on(level) {
        Span::styled(arm("├▸ ", "├─ "), light)
    } else {
        Span::styled(arm("└▸ ", "└─ "), light)
    });
    spans
}

fn row_line(
    theme: &Theme,
    side: &ContextPane,
    outline: &Outline,
    row: &Row,
    index: usize,
    path: &Path,
    width: usize,
) -> Painted<'static> {
    let mut spans = guides(row, index, path, theme);
    if row.others > 0 {
        let word = if side.differs.is_some() { "equal" } else { "other" };
        push(&mut spans, others(row, word), theme);
        return Painted::from(spans);
    }
    let used: usize = spans.iter().map(|span| span.content.width()).sum();
    let room = width.saturating_sub(used);
    let mut label = outline.label(row.node);
    label.note = marked(label.note);
    // That a rule is never met says more than that its backend is not in view.
    let fault = label.note.plain().starts_with(['✗', '↺']);
    if let Some(mark) = witness::mark(side.world.as_ref(), row.node).filter(|_| !fault) {
        label.note = mark;
    }
    let on_path = path.is_on(index);
    let mut tail = style::Line::new();
    if let Some(mut mark) = overlay::mark(outline, row.node) {
        // Where room is short the glyph says it all, and the name stays whole.
        let note = if label.note.is_empty() { 0 } else { 7 };
        if label.main.width() + mark.width() + note + 4 > room {
            mark.spans.truncate(1);
        }
        tail.push(style::Role::Dim, " ");
        tail.extend(mark);
    }
    if let Some(mark) = side.differs.as_ref().and_then(|differs| differs.mark(row.node)) {
        tail.extend(mark);
    }
    if row.fold == Fold::Closed {
        tail.push(style::Role::Dim, format!(" ({})", outline.children(row.node).len()));
        let faults = side.world.as_ref().and_then(PaneContent::faults).and_then(|faults| faults.under.get(&row.node));
        if let Some(faults) = faults {
            tail.push(style::Role::Error, format!(" ✗{faults}"));
        }
    }
    let said = if on_path
        && path.rows.last() == Some(&index)
        && path.rows.len() == side.highlighted.len()
        && let Some(decision) = side.answer.decision()
    {
        if side.answer.is_settled() { Some(words::outcome_glyph(decision)) } else { Some(("…", style::Role::Dim)) }
    } else {
        side.verdict_on(row.node).map(|verdict| (words::verdict(verdict).0, style::Role::Dim))
    };
    let needs = side.tree.path.shrunk.then(|| side.need_of(row.node)).flatten();
    // A note that says what is broken, or dropped, begins with the same cross.
    if let Some((glyph, role)) = said.filter(|(glyph, _)| !label.note.plain().starts_with(glyph)) {
        tail.push(role, format!(" {glyph}"));
    }
    if let Some(needs) = needs.filter(|needs| label.main.width() + tail.width() + needs.width() < room) {
        tail.push(style::Role::Dim, format!(" {needs}"));
    }
    // The name first; what is odd about it gets what is left, and is told in full in the detail pane.
    let note_room = room.saturating_sub(label.main.width() + tail.width() + 1);
    let main_room = |note: usize| room.saturating_sub(tail.width() + note);
    let status = if label.note.is_empty() { 0 } else { STATUS.min(room / 3) };
    // The note goes before details, and after names.
    let whole = if label.note.is_empty() { 0 } else { (label.note.width() + 1).min(room / 3) };
    let is_room = main_room(whole) >= narrowest(label.main.clone()).width();
    let main = fit_row(label.main, main_room(if is_room { whole.max(status) } else { status }));
    let note_room = note_room.max(room.saturating_sub(main.width() + tail.width() + 1));
    let filter = side.tree.filter.as_ref().filter(|filter| filter.found.is_some());
    let hit =
        filter.is_some_and(|filter| filter.found.as_ref().is_some_and(|found| found.kept.hits.contains(&row.node)));
    spans.extend(paint_main(main, theme, on_path, filter.filter(|_| hit)));
    push(&mut spans, tail, theme);
    if !label.note.is_empty() && note_room > 3 {
        spans.push(Span::raw(" "));
        push(&mut spans, shortened(label.note, note_room), theme);
    }
    Painted::from(spans)
}

/// What a row says that stands for those beside the path.
fn others(row: &Row, word: &str) -> style::Line {
    let what = match row.node {
        NodeRef::Gateway(_) | NodeRef::Loose => "Gateway",
        NodeRef::Hosts(_) => "listener",
        NodeRef::Route(_)
        | NodeRef::Child(..)
        | NodeRef::Unattached(_)
        | NodeRef::Orphan(_)
        | NodeRef::Stream(..)
        | NodeRef::UnattachedStream(_) => "route",
        NodeRef::Match(..) => "rule",
        NodeRef::Link(..) => "ref",
        NodeRef::Backend(..) => "backend",
    };
    style::Line::of(style::Role::Dim, count_of(row.others, &format!("{word} {what}")))
}

/// A fault as a mark (`✗ 500`): the detail pane has the sentence.
fn marked(note: style::Line) -> style::Line {
    let plain = note.plain();
    let Some(first) = note.spans.first().filter(|_| plain.starts_with(['✗', '↺'])) else { return note };
    let end = plain.find(": ").or_else(|| plain.find(", ")).unwrap_or(plain.len());
    style::Line::of(first.role, plain[..end].to_owned())
}

/// How many columns a status takes behind its blank: ` ✗ 500`.
const STATUS: usize = 6;

/// What is odd about a node, in few columns: the status whole (`✗ 500`), rather than a piece of the reason.
fn shortened(note: style::Line, columns: usize) -> style::Line {
    let plain = note.plain();
    match (plain.split_once(':'), note.spans.first()) {
        (Some((status, _)), Some(first)) if note.width() > columns && columns < status.width() + 6 => {
            clip(style::Line::of(first.role, status.to_owned()), columns)
        }
        _ => clip(note, columns),
    }
}

pub(super) fn push(spans: &mut Vec<Span<'static>>, line: style::Line, theme: &Theme) {
    spans.extend(line.spans.into_iter().map(|span| Span::styled(span.text, theme.style(span.role.into()))));
}

/// The main part of a row: in the path's style when it is on the path, with the found letters marked.
pub(super) fn paint_main(
    main: style::Line,
    theme: &Theme,
    on_path: bool,
    filter: Option<&Filter>,
) -> Vec<Span<'static>> {
    let style_of =
        |role: style::Role| -> Style { if on_path { theme.style(Role::Path) } else { theme.style(role.into()) } };
    let Some(filter) = filter else {
        return main.spans.into_iter().map(|span| Span::styled(span.text, style_of(span.role))).collect();
    };
    let plain = main.plain();
    let places = found_letters(&plain, filter);
    let mut spans = Vec::new();
    let mut at = 0;
    for span in main.spans {
        // The matcher counts characters; what is drawn are graphemes.
        for (letter, _) in graphemes(&span.text) {
            let end = at + letter.chars().count();
            let hit = places.iter().any(|place| (at..end).contains(place));
            spans.push(Span::styled(letter.to_owned(), if hit { theme.style(Role::Hit) } else { style_of(span.role) }));
            at = end;
        }
    }
    spans
}

/// The letters of a row that the filter found, as places of characters.
fn found_letters(plain: &str, filter: &Filter) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    if filter.found.as_ref().is_some_and(|found| found.similar) {
        let matcher = fuzzy_matcher::skim::SkimMatcherV2::default();
        let words = filter.input.value().split_whitespace();
        places.extend(words.filter_map(|word| matcher.fuzzy_indices(plain, word)).flat_map(|(_, found)| found));
    } else {
        for word in Query::parse(filter.input.value()).marked() {
            places.extend(query::places(plain, word).into_iter().flatten());
        }
    }
    places
}
