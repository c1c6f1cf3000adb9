//! The detail pane: everything about the selected node, then the YAML it is written in.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line as Painted, Span};

use super::layout::Layout;
use super::{goes_on, is_focused, painted, pane, put, scroll_bar};
use crate::theme;
use crate::tui::action::Action;
use crate::tui::context_pane::{ContextPane, PaneContent};
use crate::tui::fault;
use crate::tui::links::{self, Target};
use crate::tui::locate;
use crate::tui::node_details;
use crate::tui::object;
use crate::tui::sheet::{SheetPane, Shown, View};
use crate::tui::state::{Focus, State};
use crate::tui::together;
use crate::tui::widget::text::{head as head_of, wrap};
use crate::tui::widget::yaml::Highlighter;
use crate::tui::witness;
use routescope_core::finding::{Finding, Location, Severity, Subject};
use routescope_core::model::Source;
use routescope_core::visible::visible;
use routescope_render::findings;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::phrases as say;
use routescope_render::style::{Line, Role};
use routescope_render::width::Width;

/// How many lines of an object are shown at most; the editor shows the rest.
const LINES_AT_MOST: usize = 3_000;

/// Lines of more bytes are shown plain: the grammar's time grows with a line, and a frame waits for it.
const COLOURED_AT_MOST: usize = 400;

/// The width of the column of names.
const NAMES: usize = 10;

/// Where the selected node is written, and what is known against it. Made once per selection.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// The node.
    pub node: Option<NodeRef>,
    /// The object, where it is not a node of the tree.
    object: Option<Subject>,
    /// The finding, in the list of them.
    finding: Option<usize>,
    /// Its source.
    source: Option<Arc<Source>>,
    /// The number of the first line shown.
    first: u32,
    /// The lines, as byte ranges of the source's text.
    lines: Vec<(usize, usize)>,
    /// The lines in colours, as far as they were looked at.
    colours: Vec<Vec<(theme::Role, String)>>,
    highlighter: Option<Highlighter>,
    /// Findings about the object, as places in the analysis' list.
    findings: Vec<usize>,
    /// Where every 256th line of the source begins: a source may be large.
    marks: Vec<usize>,
}

impl Excerpt {
    /// The lines as they are in the source; `None` without a source.
    pub fn text(&self) -> Option<String> {
        let source = self.source.as_ref().filter(|_| !self.lines.is_empty())?;
        let line =
            |(from, to): &(usize, usize)| format!("{}\n", source.text.get(*from..*to).unwrap_or_default().trim_end());
        Some(self.lines.iter().map(line).collect())
    }

    /// The excerpt of what a side's detail pane tells of. `before` is the last one.
    pub fn of_side(side: &ContextPane, before: Self) -> Self {
        let (Some(world), node) = (&side.world, side.selected()) else { return Self::default() };
        let snapshot = &world.analysis.snapshot;
        if let Some(finding) = side.selected_finding() {
            let mut excerpt = node.map_or_else(Self::default, |node| Self::of(&world.outline, node, before));
            let written = finding.place.as_ref().filter(|place| place.at.is_known() && !place.source.text.is_empty());
            if let Some(place) = written.filter(|_| excerpt.lines.is_empty()) {
                let line = place.at.line;
                excerpt.show(&place.source, line.saturating_sub(3).max(1), line + 12);
            }
            excerpt.finding = side.sheet.as_ref().and_then(crate::tui::sheet::SheetPane::selected_finding);
            return excerpt;
        }
        if let Some(subject) = subject(side) {
            let mut excerpt = Self::default();
            if let Some((source, first, last)) = object::lines(snapshot, subject) {
                excerpt.show(&source, first, last);
            }
            excerpt.object = Some(subject.clone());
            return excerpt;
        }
        node.map_or_else(Self::default, |node| Self::of(&world.outline, node, before))
    }

    /// Whether it is the excerpt of what a side's detail pane tells of.
    pub fn is_of(&self, side: &ContextPane) -> bool {
        let finding =
            side.selected_finding().and(side.sheet.as_ref()).and_then(crate::tui::sheet::SheetPane::selected_finding);
        self.finding == finding
            && if finding.is_some() {
                self.node == side.selected()
            } else if let Some(subject) = subject(side) {
                self.object.as_ref() == Some(subject)
            } else {
                self.object.is_none() && self.node == side.selected()
            }
    }

    fn show(&mut self, source: &Arc<Source>, first: u32, last: u32) {
        self.marks = marks(&source.text);
        self.lines = lines(&source.text, &self.marks, first, last);
        self.first = first;
        self.source = Some(Arc::clone(source));
    }

    /// The excerpt of a node. `before` is the last one: what it knows of the same source is kept.
    pub fn of(outline: &Outline, node: NodeRef, before: Self) -> Self {
        let mut excerpt = Self { node: Some(node), ..Self::default() };
        let written = node_details::lines_of(outline, node);
        if let Some((kind, key)) = locate::object(outline, node) {
            let about = |finding: &Finding| {
                finding.subject.as_ref().is_some_and(|subject| subject.kind == kind && subject.key == key)
            };
            let findings = outline.analysis().findings.iter().enumerate();
            let others = |finding: &Finding| is_of_another_rule(outline, node, finding, written.as_ref());
            excerpt.findings = findings.filter(|(_, one)| about(one) && !others(one)).map(|(index, _)| index).collect();
        }
        let Some((source, first, last)) = written else { return excerpt };
        excerpt.marks = match &before.source {
            Some(same) if Arc::ptr_eq(same, &source) => before.marks,
            _ => marks(&source.text),
        };
        excerpt.lines = lines(&source.text, &excerpt.marks, first, last);
        excerpt.first = first;
        excerpt.source = Some(source);
        excerpt
    }

    /// Colours the lines up to `count`, once each.
    fn colour(&mut self, count: usize) {
        let Some(source) = &self.source else { return };
        let highlighter = self.highlighter.get_or_insert_with(Highlighter::new);
        while self.colours.len() < count.min(self.lines.len()) {
            let (from, to) = self.lines[self.colours.len()];
            let line = &source.text[from..to];
            let is_long = line.len() > COLOURED_AT_MOST;
            self.colours.push(if is_long {
                vec![(theme::Role::Text, line.to_owned())]
            } else {
                highlighter.line(line)
            });
        }
    }
}

/// Whether a finding about the route of `node` is about another rule than that of `node`.
fn is_of_another_rule(
    outline: &Outline,
    node: NodeRef,
    finding: &Finding,
    written: Option<&(Arc<Source>, u32, u32)>,
) -> bool {
    if !matches!(node, NodeRef::Match(..) | NodeRef::Link(..) | NodeRef::Backend(..)) {
        return false;
    }
    let rules = outline.route_of(node).and_then(|route| route.rules.first());
    match (&finding.place, written, rules) {
        (Some(place), Some((source, first, last)), Some(rule)) if Arc::ptr_eq(&place.source, source) => {
            place.at.line >= rule.at.line && !(*first..=*last).contains(&place.at.line)
        }
        _ => false,
    }
}

fn marks(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(ends.skip(255).step_by(256).map(|(at, _)| at + 1)).collect()
}

/// The lines `first..=last` (from 1) of a text.
fn lines(text: &str, marks: &[usize], first: u32, last: u32) -> Vec<(usize, usize)> {
    let first = first.max(1) as usize - 1;
    let Some(start) = marks.get(first / 256) else { return Vec::new() };
    let count = (last as usize).saturating_sub(first).min(LINES_AT_MOST);
    let mut at = *start;
    let mut found = Vec::new();
    for (index, line) in text[at..].split_inclusive('\n').take(first % 256 + count).enumerate() {
        if index >= first % 256 {
            found.push((at, at + line.trim_end_matches(['\n', '\r']).len()));
        }
        at += line.len();
    }
    found
}

/// What is said above the YAML.
fn said(state: &State) -> Vec<node_details::Fact> {
    let side = state.side();
    let Some(world) = &side.world else { return Vec::new() };
    let node = side.selected();
    let mut facts = Vec::new();
    if let (Some(finding), None) = (side.selected_finding(), &side.page) {
        facts.extend(finding_facts(finding));
    } else if let Some(subject) = subject(side) {
        facts = object::facts(&world.analysis.snapshot, subject);
    } else if let Some(node) = node {
        facts = node_details::of(world, node);
        node_details::asked(state, node, &mut facts);
        witness::facts(side, node, &mut facts);
        facts.splice(0..0, together::fact(state, node));
    } else {
        return Vec::new();
    }
    let findings = if side.selected_finding().is_some() { &[] } else { &state.side().excerpt.findings[..] };
    for index in findings.iter().take(20) {
        let Some(finding) = world.analysis.findings.get(*index) else { continue };
        let (glyph, role) = match finding.severity {
            Severity::Error => ("✗ ", Role::Error),
            Severity::Warning => ("⚠ ", Role::Warning),
            Severity::Info => ("· ", Role::Dim),
        };
        let fact = fault::finding(&facts, finding, (glyph, role));
        facts.extend(fact);
    }
    if let Some(place) = place(side) {
        let mut line = Line::of(Role::Location, place.source.name.clone());
        if place.at.is_known() {
            line.push(Role::Location, format!(":{}", place.at.line));
        }
        facts.push(("source", line));
    }
    facts
}

/// The lines above the YAML, each with the place of what it says.
fn lay(facts: &[node_details::Fact], width: u16) -> Vec<(Line, usize)> {
    let mut lines = Vec::new();
    let mut before = "";
    for (at, (name, line)) in facts.iter().enumerate() {
        let shown = if *name == before { "" } else { name };
        before = name;
        let mut full = Line::of(Role::Dim, format!("{shown:<NAMES$}"));
        full.extend(line.clone());
        lines.extend(wrap(&full, usize::from(width), NAMES).into_iter().map(|line| (line, at)));
    }
    lines
}

/// The lines above the YAML.
fn head(state: &State, width: u16) -> Vec<Line> {
    let mut lines: Vec<Line> = lay(&said(state), width).into_iter().map(|(line, _)| line).collect();
    if !lines.is_empty() && !state.side().excerpt.lines.is_empty() {
        lines.push(Line::new());
    }
    lines
}

/// Where the names in the line under the cursor lead.
pub fn targets(state: &State, width: u16) -> Vec<Target> {
    let side = state.side();
    let Some(world) = &side.world else { return Vec::new() };
    let facts = said(state);
    let lines = lay(&facts, width.saturating_sub(1));
    if let Some((_, at)) = lines.get(side.detail_cursor) {
        return targets_of(world, side.selected(), &facts, *at);
    }
    let Some(at) = side.detail_cursor.checked_sub(head(state, width.saturating_sub(1)).len()) else {
        return Vec::new();
    };
    let excerpt = &side.excerpt;
    let Some(source) = &excerpt.source else { return Vec::new() };
    let from = at.saturating_sub(2);
    let near = excerpt.lines.iter().skip(from).take(5);
    let near: Vec<&str> = near.filter_map(|(start, end)| source.text.get(*start..*end)).collect();
    links::of_yaml(world, side.selected(), &near, at - from)
}

/// Where all names in the pane lead.
pub fn all_targets(state: &State) -> Vec<Target> {
    let Some(world) = &state.side().world else { return Vec::new() };
    let facts = said(state);
    let mut all: Vec<Target> = Vec::new();
    for at in 0..facts.len() {
        for target in targets_of(world, state.side().selected(), &facts, at) {
            if !all.contains(&target) {
                all.push(target);
            }
        }
    }
    all
}

fn targets_of(world: &PaneContent, node: Option<NodeRef>, facts: &[node_details::Fact], at: usize) -> Vec<Target> {
    let (name, line) = &facts[at];
    let nth = facts[..at].iter().filter(|(before, _)| before == name).count();
    links::of(world, node, (name, nth), line)
}

/// The object that the detail pane tells of, where it is not a node of the tree.
pub fn subject(side: &ContextPane) -> Option<&Subject> {
    if side.page.is_some() {
        return side.page.as_ref();
    }
    side.current_sheet()?;
    side.sheet.as_ref()?.selected_subject()
}

/// Where what the detail pane tells of is written.
pub fn place(side: &ContextPane) -> Option<Location> {
    let world = side.world.as_ref()?;
    if let Some(finding) = side.selected_finding() {
        return finding.place.clone();
    }
    match subject(side) {
        Some(subject) => object::place(&world.analysis.snapshot, subject),
        None => world.outline.place(side.selected()?),
    }
}

/// All that a finding says.
fn finding_facts(finding: &Finding) -> Vec<node_details::Fact> {
    let (glyph, role) = match finding.severity {
        Severity::Error => ("✗ ", Role::Error),
        Severity::Warning => ("⚠ ", Role::Warning),
        Severity::Info => ("· ", Role::Dim),
    };
    let mut facts = vec![("finding", Line::of(role, glyph).with(Role::Text, findings::message(finding)))];
    facts.extend(findings::help(finding).map(|help| ("fix", Line::of(Role::Hint, help))));
    facts.extend(finding.subject.as_ref().map(|subject| ("about", Line::of(Role::Route, subject.to_string()))));
    let code = finding.code.to_string();
    facts.push(("code", Line::of(Role::Text, code.clone()).with(Role::Dim, format!(" · routescope explain {code}"))));
    facts
}

/// How many lines there are to scroll through.
pub fn height(state: &State, width: u16) -> usize {
    head(state, width.saturating_sub(1)).len() + state.side().excerpt.lines.len()
}

/// How wide the widest line of YAML in view is, with its number.
pub fn widest(state: &State, height: u16) -> usize {
    let Layout { detail, .. } = Layout::of(state);
    let head = head(state, detail.width.saturating_sub(3)).len();
    let side = state.side();
    let Some(source) = &side.excerpt.source else { return 0 };
    let from = side.detail_offset.saturating_sub(head);
    let lines = side.excerpt.lines.iter().skip(from).take(usize::from(height));
    let text = lines.map(|(start, end)| shown(&source.text[*start..*end]).width()).max().unwrap_or(0);
    gutter(&side.excerpt) + text
}

/// How many columns the number of a line takes.
fn gutter(excerpt: &Excerpt) -> usize {
    (excerpt.first as usize + excerpt.lines.len()).to_string().len() + 4
}

/// Colours the YAML that is in view: part of `update`, so that drawing only reads.
pub fn prepare(side: &mut ContextPane, height: u16) {
    let wanted = side.detail_offset + usize::from(height);
    // Beyond this the object is data, not routing: shown plain.
    side.excerpt.colour(wanted.min(1_000));
}

/// Draws the pane.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let mut title = match (state.side().outline(), state.side().selected()) {
        _ if state.side().selected_finding().is_some() => "finding".to_owned(),
        _ if subject(state.side()).is_some() => subject(state.side()).map(ToString::to_string).unwrap_or_default(),
        (Some(outline), Some(node)) => node_details::title(outline, node),
        _ => "detail".to_owned(),
    };
    if state.is_several() {
        title = format!("{} · {title}", state.name(state.active));
    }
    let inside = layout.inside(Focus::Detail);
    let total = height(state, inside.width);
    let seen = (state.side().detail_offset + usize::from(inside.height)).min(total);
    let count = if total > usize::from(inside.height) { format!("{seen}/{total}") } else { String::new() };
    let focused = is_focused(state, Focus::Detail);
    pane(state, layout, layout.detail, focused, &title, Line::of(Role::Dim, count), buffer);
    if inside.is_empty() {
        return;
    }
    let theme = state.theme();
    let head = head(state, inside.width.saturating_sub(1));
    let head_lines = head.len();
    if head.is_empty() && state.side().excerpt.lines.is_empty() {
        for (row, line) in (0..).zip(wrap(&without_node(state), usize::from(inside.width), 1)) {
            put(buffer, inside, row, line, theme);
        }
        return;
    }
    let row = draw_head(state, head, inside, buffer);
    let from = state.side().detail_offset.saturating_sub(head_lines);
    if let Some(source) = &state.side().excerpt.source {
        draw_yaml(state, layout, source, from, row, inside, buffer);
    }
    let cursor =
        state.side().detail_cursor.checked_sub(state.side().detail_offset).and_then(|row| u16::try_from(row).ok());
    if let Some(row) = cursor.filter(|row| focused && *row < inside.height) {
        buffer.set_style(Rect { y: inside.y + row, height: 1, ..inside }, theme.style(theme::Role::Selected));
    }
    scroll_bar(buffer, inside, state.side().detail_offset, total, theme.style(theme::Role::Muted));
}

/// What is said of a row that is not about one node.
fn without_node(state: &State) -> Line {
    let side = state.side();
    let enter = state.how(Action::Select);
    if let Some(sheet) = side.current_sheet() {
        let Some(Shown::Group(at)) = side.sheet.as_ref().and_then(SheetPane::selected_row) else { return Line::new() };
        let group = &sheet.groups[at];
        let line = Line::of(Role::Text, " ").with_line(group.title.clone());
        return match sheet.view {
            View::Owners => {
                let rules = say::count(group.entries.len(), "rule");
                line.with(Role::Hint, format!(" with {rules} · {enter} folds and unfolds them"))
            }
            _ => line.with(Role::Hint, format!(" · {enter} folds and unfolds them")),
        };
    }
    if let Some(row) = side.selected_row().filter(|row| row.others > 0) {
        let others = say::count(row.others, "row");
        let (what, all) = match side.differs {
            Some(_) => ("equal on both sides", Action::CompareSides),
            None => ("beside the path of the answer", Action::PathOnly),
        };
        let all = state.how(all);
        return Line::of(Role::Hint, format!(" {others} {what} · {enter} shows them here, {all} everything"));
    }
    Line::of(Role::Hint, " select a row to read about it")
}

/// Draws what is said above the YAML, and returns how many rows that takes.
fn draw_head(state: &State, head: Vec<Line>, inside: Rect, buffer: &mut Buffer) -> u16 {
    let theme = state.theme();
    let width = inside.width.saturating_sub(1);
    let x = inside.x + 1.min(inside.width);
    // Names that lead somewhere are underlined while the cursor may go to them.
    let facts = if is_focused(state, Focus::Detail) { said(state) } else { Vec::new() };
    let places = lay(&facts, width);
    let world = state.side().world.as_ref();
    let mut row = 0;
    let shown = head.into_iter().enumerate().skip(state.side().detail_offset).take(usize::from(inside.height));
    for (at, line) in shown {
        let plain = line.plain();
        buffer.set_line(x, inside.y + row, &painted(line, theme), width);
        if let (Some(world), Some((_, fact))) = (world, places.get(at)) {
            for target in targets_of(world, state.side().selected(), &facts, *fact) {
                let name = target.written();
                let Some(start) = plain.find(name).filter(|_| !name.is_empty()) else { continue };
                let (before, wide) = (plain[..start].width(), name.width());
                let (Ok(before), Ok(wide)) = (u16::try_from(before), u16::try_from(wide)) else { continue };
                let area = Rect { x: x + before.min(width), y: inside.y + row, width: wide, height: 1 };
                let underlined = Style::default().add_modifier(Modifier::UNDERLINED);
                buffer.set_style(area.intersection(inside), underlined);
            }
        }
        row += 1;
    }
    row
}

/// Draws the YAML from a line of it on.
fn draw_yaml(
    state: &State,
    layout: &Layout,
    source: &Source,
    from: usize,
    mut row: u16,
    inside: Rect,
    buffer: &mut Buffer,
) {
    let theme = state.theme();
    let excerpt = &state.side().excerpt;
    let (digits, across) = (gutter(excerpt) - 4, state.side().detail_across);
    let edge = if across > 0 { "‹" } else { "│" };
    for (index, (start, end)) in excerpt.lines.iter().enumerate().skip(from) {
        if row >= inside.height {
            break;
        }
        let number = excerpt.first as usize + index;
        let mut spans = vec![Span::styled(format!(" {number:>digits$} {edge} "), theme.style(theme::Role::LineNumber))];
        let plain = [(theme::Role::Text, source.text[*start..*end].to_owned())];
        let mut left = across;
        for (role, text) in excerpt.colours.get(index).map_or(&plain[..], Vec::as_slice) {
            let text = shown(text);
            let hidden = head_of(&text, left);
            left -= hidden.width().min(left);
            spans.push(Span::styled(text[hidden.len()..].to_owned(), theme.style(*role)));
        }
        let wide = spans.iter().map(|span| span.content.width()).sum::<usize>() > usize::from(inside.width);
        buffer.set_line(inside.x, inside.y + row, &Painted::from(spans), inside.width);
        goes_on(buffer, layout, inside, row, (false, wide), theme.style(theme::Role::Guide));
        row += 1;
    }
}

/// A piece of a manifest as it can be drawn.
fn shown(text: &str) -> String {
    visible(&text.replace('\t', "    ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_a_long_text() {
        let lines_of_text: Vec<String> = (1..=1_000).map(|number| format!("line {number}")).collect();
        let text = lines_of_text.join("\n") + "\n";
        let marks = marks(&text);
        for (first, last) in [(1, 2), (256, 258), (257, 257), (999, 1_000)] {
            let found: Vec<&str> =
                lines(&text, &marks, first, last).iter().map(|(from, to)| &text[*from..*to]).collect();
            let wanted: Vec<String> = (first..=last).map(|number| format!("line {number}")).collect();
            assert_eq!(found, wanted);
        }
        assert!(lines(&text, &marks, 5_000, 5_001).is_empty());
    }
}
