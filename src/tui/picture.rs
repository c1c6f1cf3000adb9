//! A screen of the explorer as a picture or as text: cells become an SVG, or lines.

mod strokes;

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use routescope_render::width::Width;

use crate::theme::{Background, Theme};

const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 12.0;

/// The ground and the ink where the theme leaves them to the terminal: of a dark one, and of a light one.
const DARK: [&str; 2] = ["#1b1f27", "#d8dee9"];
const LIGHT: [&str; 2] = ["#ffffff", "#24292f"];

/// What a picture is drawn with.
struct Pen {
    out: String,
    paper: String,
    ink: String,
}

/// The picture of a whole screen, in the colours of its theme; `background` is the terminal's.
pub fn svg(buffer: &Buffer, theme: &Theme, background: Background, about: &str) -> String {
    let light = theme.background == Background::Light || background == Background::Light;
    let [paper, ink] = if light { LIGHT } else { DARK };
    let ground = theme.ground().and_then(crate::theme::hex);
    let mut pen = Pen { out: String::new(), paper: ground.unwrap_or_else(|| paper.to_owned()), ink: ink.to_owned() };
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * WIDTH + 2.0 * MARGIN, rows * HEIGHT + 2.0 * MARGIN);
    let _ = write!(
        pen.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n",
        escaped(about),
        pen.paper
    );
    for (row, cells) in lines(buffer).enumerate() {
        let top = place(row) * HEIGHT + MARGIN;
        let mut column = 0;
        for run in cells.chunk_by(|a, b| (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)) {
            pen.run(run, place(column) * WIDTH + MARGIN, top);
            column += run.len();
        }
    }
    pen.out + "</g>\n</svg>\n"
}

/// The text of a whole screen, without blanks at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    let lines = lines(buffer).map(|cells| symbols(cells).trim_end().to_owned() + "\n");
    let text: String = lines.collect();
    text.trim_end().to_owned() + "\n"
}

fn lines(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width.max(1)))
}

fn place(count: usize) -> f64 {
    f64::from(u16::try_from(count).unwrap_or_default())
}

/// What stands in cells: one behind a wide letter belongs to it.
fn symbols(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut hidden = 0;
    for cell in cells {
        if hidden == 0 {
            text.push_str(cell.symbol());
            hidden = cell.symbol().width().max(1);
        }
        hidden -= 1;
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

impl Pen {
    /// One run of cells of the same style.
    fn run(&mut self, run: &[Cell], left: f64, top: f64) {
        let style = &run[0];
        let wide = place(run.len()) * WIDTH;
        let color = |color: Color, otherwise: &str| crate::theme::hex(color).unwrap_or_else(|| otherwise.to_owned());
        let (mut ink, mut paper) = (color(style.fg, &self.ink), color(style.bg, &self.paper));
        if style.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut ink, &mut paper);
        }
        if paper != self.paper {
            let _ = writeln!(
                self.out,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
            );
        }
        let mut extra = String::new();
        for (modifier, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
            (Modifier::UNDERLINED, " text-decoration=\"underline\""),
            (Modifier::DIM, " fill-opacity=\"0.7\""),
        ] {
            if style.modifier.contains(modifier) {
                extra += attribute;
            }
        }
        let is_line = |cell: &Cell| strokes::is_drawn(cell.symbol());
        let mut column = 0;
        for piece in run.chunk_by(|a, b| is_line(a) == is_line(b)) {
            let left = left + place(column) * WIDTH;
            if is_line(&piece[0]) {
                let symbols = piece.iter().map(Cell::symbol);
                strokes::draw(&mut self.out, symbols, (left, top), (WIDTH, HEIGHT), &ink);
            } else {
                self.words(piece, left, top, &format!("fill=\"{ink}\"{extra}"));
            }
            column += piece.len();
        }
    }

    /// The words of cells, each with its own place: a font of another width moves nothing far.
    fn words(&mut self, cells: &[Cell], left: f64, top: f64, style: &str) {
        let is_blank = |at: usize| cells.get(at).is_none_or(|cell| cell.symbol() == " ");
        let (mut at, line) = (0, top + 13.5);
        while at < cells.len() {
            if is_blank(at) {
                at += 1;
                continue;
            }
            let end = (at..cells.len()).find(|end| is_blank(*end) && is_blank(end + 1)).unwrap_or(cells.len());
            let (x, wide) = (left + place(at) * WIDTH, place(end - at) * WIDTH);
            let text = escaped(&symbols(&cells[at..end]));
            let _ =
                writeln!(self.out, "<text x=\"{x:.1}\" y=\"{line:.1}\" textLength=\"{wide:.1}\" {style}>{text}</text>");
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn letters_that_are_wide_take_two_cells_and_marks_are_escaped() {
        let mut buffer = Buffer::with_lines(["界<&> x", "      "]);
        buffer[(6, 0)].set_style(Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(16)));
        assert_eq!(text(&buffer), "界<&> x\n");
        let svg = svg(&buffer, &Theme::fallback(Background::Any), Background::Light, "a < b");
        assert!(svg.contains(">界&lt;&amp;></text>") && svg.contains("<title>a &lt; b</title>"), "{svg}");
        assert!(svg.contains("fill=\"#010203\"") && svg.contains("fill=\"#000000\""), "{svg}");
        assert!(svg.contains(LIGHT[0]) && !svg.contains(DARK[0]), "{svg}");
    }
}
