//! The tree drawn with lines. The walk keeps its own stack: a delegation may be deeper than the program's.

use crate::outline::{NodeRef, Outline};
use crate::phrases;
use crate::style::{Line, Role};
use crate::terminal::Paint;
use crate::uncertainty::not_read;
use routescope_core::unreadable;

/// The outline as text. `wide` adds where each node is written, and where clients find a Gateway.
pub fn text(outline: &Outline, paint: Paint, wide: bool) -> String {
    let mut out = String::new();
    for (nth, root) in outline.roots().into_iter().enumerate() {
        if nth > 0 {
            out.push('\n');
        }
        draw(outline, root, paint, wide, &mut out);
    }
    if let Some(why) = unreadable::of_world(&outline.analysis().snapshot) {
        let line = Line::of(Role::Warning, "? not certain: ").with(Role::Text, not_read(&why));
        out.push('\n');
        out.push_str(&paint.lines(&[line]));
    }
    out
}

/// A node that waits to be drawn: the guides in front of it, and whether it is the last of its siblings.
struct Waiting {
    node: NodeRef,
    guides: String,
    branch: &'static str,
    below: &'static str,
}

fn draw(outline: &Outline, root: NodeRef, paint: Paint, wide: bool, out: &mut String) {
    let mut stack = vec![Waiting { node: root, guides: String::new(), branch: "", below: "" }];
    while let Some(Waiting { node, guides, branch, below }) = stack.pop() {
        let mut line = Line::of(Role::Guide, format!("{guides}{branch}")).with_line(outline.label(node).line());
        if let Some(laid) = outline.laid(node) {
            line.extend(phrases::mark(laid.mark));
        }
        if wide && let NodeRef::Gateway(at) = node {
            line.extend(phrases::addresses(&outline.gateway(at).gateway));
        }
        if wide && let Some(place) = outline.place(node).filter(phrases::is_in_text) {
            line.push(Role::Location, format!("   {}:{}", place.source.name, place.at.line));
        }
        paint.line(&line, out);
        let guides = format!("{guides}{below}");
        let children = outline.children(node);
        let last = children.len().saturating_sub(1);
        stack.extend(children.into_iter().enumerate().rev().map(|(at, node)| {
            let (branch, below) = if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            Waiting { node, guides: guides.clone(), branch, below }
        }));
    }
}
