//! The detail pane: everything about the selected node, then the YAML it is written in.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::text::{Line as Painted, Span};

use super::layout::Layout;
use super::{is_focused, painted, pane, put, scroll_bar};
use crate::theme;
use crate::tui::facts;
use crate::tui::fault;
use crate::tui::locate;
use crate::tui::side::Side;
use crate::tui::state::{Focus, State};
use crate::tui::widget::text::{cut_end, wrap};
use crate::tui::widget::yaml::Highlighter;
use routescope_core::finding::{Finding, Severity};
use routescope_core::model::Source;
use routescope_core::visible::visible;
use routescope_render::outline::{NodeRef, Outline};
use routescope_render::style::{Line, Role};

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

    /// The excerpt of a node. `before` is the last one: what it knows of the same source is kept.
    pub fn of(outline: &Outline, node: NodeRef, before: Self) -> Self {
        let mut excerpt = Self { node: Some(node), ..Self::default() };
        let written = facts::lines_of(outline, node);
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

/// The lines above the YAML.
fn head(state: &State, width: u16) -> Vec<Line> {
    let (Some(world), Some(node)) = (&state.side().world, state.side().selected()) else { return Vec::new() };
    let width = usize::from(width);
    let mut lines = Vec::new();
    let mut facts = facts::of(world, node);
    facts::asked(state, node, &mut facts);
    for index in state.side().excerpt.findings.iter().take(20) {
        let Some(finding) = world.analysis.findings.get(*index) else { continue };
        let (glyph, role) = match finding.severity {
            Severity::Error => ("✗ ", Role::Error),
            Severity::Warning => ("⚠ ", Role::Warning),
            Severity::Info => ("· ", Role::Dim),
        };
        let fact = fault::finding(&facts, finding, (glyph, role));
        facts.extend(fact);
    }
    let mut before = "";
    for (name, line) in facts {
        let shown = if name == before { "" } else { name };
        before = name;
        let mut full = Line::of(Role::Dim, format!("{shown:<NAMES$}"));
        full.extend(line);
        lines.extend(wrap(&full, width, NAMES));
    }
    if let Some(place) = world.outline.place(node) {
        let mut line = Line::of(Role::Dim, format!("{:<NAMES$}", "source"));
        line.push(Role::Place, place.source.name.clone());
        if place.at.is_known() {
            line.push(Role::Place, format!(":{}", place.at.line));
        }
        lines.extend(wrap(&line, width, NAMES));
    }
    if !state.side().excerpt.lines.is_empty() {
        lines.push(Line::new());
    }
    lines
}

/// How many lines there are to scroll through.
pub fn height(state: &State, width: u16) -> usize {
    head(state, width.saturating_sub(1)).len() + state.side().excerpt.lines.len()
}

/// Colours the YAML that is in view: part of `update`, so that drawing only reads.
pub fn prepare(side: &mut Side, height: u16) {
    let wanted = side.detail_offset + usize::from(height);
    // Beyond this the object is data, not routing: shown plain.
    side.excerpt.colour(wanted.min(1_000));
}

/// Draws the pane.
pub fn draw(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let mut title = match (state.side().outline(), state.side().selected()) {
        (Some(outline), Some(node)) => facts::title(outline, node),
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
        put(buffer, inside, 0, Line::of(Role::Hint, " select a node of the tree to read about it"), theme);
        return;
    }
    let mut row = 0;
    for line in head.into_iter().skip(state.side().detail_offset).take(usize::from(inside.height)) {
        buffer.set_line(
            inside.x + 1.min(inside.width),
            inside.y + row,
            &painted(line, theme),
            inside.width.saturating_sub(1),
        );
        row += 1;
    }
    let from = state.side().detail_offset.saturating_sub(head_lines);
    let Some(source) = &state.side().excerpt.source else { return };
    let digits = (state.side().excerpt.first as usize + state.side().excerpt.lines.len()).to_string().len();
    for (index, (start, end)) in state.side().excerpt.lines.iter().enumerate().skip(from) {
        if row >= inside.height {
            break;
        }
        let number = state.side().excerpt.first as usize + index;
        let mut spans = vec![Span::styled(format!(" {number:>digits$} │ "), theme.style(theme::Role::LineNumber))];
        match state.side().excerpt.colours.get(index) {
            Some(pieces) => {
                let piece = |(role, text): &(theme::Role, String)| Span::styled(shown(text), theme.style(*role));
                spans.extend(pieces.iter().map(piece));
            }
            None => spans.push(Span::raw(cut_end(&shown(&source.text[*start..*end]), usize::from(inside.width)))),
        }
        buffer.set_line(inside.x, inside.y + row, &Painted::from(spans), inside.width);
        row += 1;
    }
    scroll_bar(buffer, inside, state.side().detail_offset, total, theme.style(theme::Role::Muted));
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
