//! A screen of the explorer as a picture: a terminal buffer, cell by cell, becomes an SVG.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 12.0;
const PAPER: &str = "#1b1f27";
const INK: &str = "#d8dee9";

/// The picture of a whole screen.
pub fn svg(buffer: &Buffer, about: &str) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * WIDTH + 2.0 * MARGIN, rows * HEIGHT + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\">\n\
         <title>{about}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n"
    );
    for (row, cells) in buffer.content.chunks(usize::from(buffer.area.width.max(1))).enumerate() {
        let top = f64::from(u16::try_from(row).unwrap_or_default()) * HEIGHT + MARGIN;
        let mut column = 0;
        for run in cells.chunk_by(|a, b| (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)) {
            let left = f64::from(u16::try_from(column).unwrap_or_default()) * WIDTH + MARGIN;
            let wide = f64::from(u16::try_from(run.len()).unwrap_or_default()) * WIDTH;
            column += run.len();
            draw(&mut out, run, left, top, wide);
        }
    }
    out + "</g>\n</svg>\n"
}

/// One run of cells of the same style.
fn draw(out: &mut String, run: &[Cell], left: f64, top: f64, wide: f64) {
    let style = &run[0];
    let (mut ink, mut paper) = (color(style.fg, INK), color(style.bg, PAPER));
    if style.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    if paper != PAPER {
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
        );
    }
    let text: String = run.iter().map(Cell::symbol).collect();
    if text.trim().is_empty() {
        return;
    }
    let mut extra = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if style.modifier.contains(modifier) {
            extra += attribute;
        }
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let line = top + 13.5;
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{line:.1}\" textLength=\"{wide:.1}\" fill=\"{ink}\"{extra}>{text}</text>"
    );
}

fn color(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Black => "#000000".to_owned(),
        Color::White => "#ffffff".to_owned(),
        _ => otherwise.to_owned(),
    }
}
