//! The lines that boxes and trees are drawn with, as lines of a picture: they meet whatever the font is.

use std::fmt::Write;

/// How heavy the arms of a character are that go up, right, down and left.
fn arms(symbol: &str) -> Option<[u8; 4]> {
    Some(match symbol {
        "─" => [0, 1, 0, 1],
        "│" => [1, 0, 1, 0],
        "┌" | "╭" => [0, 1, 1, 0],
        "┐" | "╮" => [0, 0, 1, 1],
        "└" | "╰" => [1, 1, 0, 0],
        "┘" | "╯" => [1, 0, 0, 1],
        "├" => [1, 1, 1, 0],
        "━" => [0, 2, 0, 2],
        "┃" => [2, 0, 2, 0],
        "┏" => [0, 2, 2, 0],
        "┓" => [0, 0, 2, 2],
        "┗" => [2, 2, 0, 0],
        "┛" => [2, 0, 0, 2],
        "┣" => [2, 2, 2, 0],
        "┠" => [2, 1, 2, 0],
        _ => return None,
    })
}

/// Whether a character is drawn, not written.
pub fn is_drawn(symbol: &str) -> bool {
    symbol == "█" || arms(symbol).is_some()
}

/// Draws characters that stand beside each other. `left` and `top` are where the first begins, `width` and `height` are
/// those of a cell.
pub fn draw<'s>(
    out: &mut String,
    symbols: impl Iterator<Item = &'s str>,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
    ink: &str,
) {
    let mut paths = [String::new(), String::new()];
    // How far the level line of each weight has come.
    let mut level: [Option<f64>; 2] = [None, None];
    let middle = top + height / 2.0;
    let mut x = left;
    for symbol in symbols {
        let centre = x + width / 2.0;
        if symbol == "█" {
            let x = x + width / 4.0;
            let half = width / 2.0;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{half:.1}\" height=\"{height}\" fill=\"{ink}\"/>"
            );
        }
        let [up, right, down, left_arm] = arms(symbol).unwrap_or_default();
        for (weight, path) in (1u8..).zip(&mut paths) {
            let reached = &mut level[usize::from(weight) - 1];
            let from = if left_arm == weight { x } else { centre };
            let to = if right == weight { x + width } else { centre };
            if from < to {
                // A line that goes on is one line.
                if *reached == Some(from)
                    && let Some(end) = path.rfind('H')
                {
                    path.truncate(end);
                } else {
                    let _ = write!(path, "M{from:.1} {middle:.1}");
                }
                *reached = Some(to);
                let _ = write!(path, "H{to:.1}");
            }
            let from = if up == weight { top } else { middle };
            let to = if down == weight { top + height } else { middle };
            if from < to {
                let _ = write!(path, "M{centre:.1} {from:.1}V{to:.1}");
                *reached = None;
            }
        }
        x += width;
    }
    for (path, stroke) in paths.iter().zip(["1", "2.4"]).filter(|(path, _)| !path.is_empty()) {
        let _ = writeln!(out, "<path d=\"{path}\" stroke=\"{ink}\" stroke-width=\"{stroke}\" fill=\"none\"/>");
    }
}

#[cfg(test)]
mod tests {
    use super::{draw, is_drawn};

    fn drawn(symbols: &str) -> String {
        let symbols: Vec<String> = symbols.chars().map(String::from).collect();
        let mut out = String::new();
        draw(&mut out, symbols.iter().map(String::as_str), (0.0, 0.0), (8.0, 16.0), "#fff");
        out
    }

    #[test]
    fn lines_reach_the_edges_of_their_cells_and_go_on_as_one() {
        assert!(is_drawn("┏") && is_drawn("█") && !is_drawn("▸") && !is_drawn("a"));
        assert_eq!(
            drawn("╭──"),
            "<path d=\"M4.0 8.0H8.0M4.0 8.0V16.0M8.0 8.0H24.0\" stroke=\"#fff\" stroke-width=\"1\" fill=\"none\"/>\n"
        );
        // The path is heavy, what branches off it is not.
        let text = drawn("┠");
        assert!(text.contains("M4.0 0.0V16.0\" stroke=\"#fff\" stroke-width=\"2.4\""), "{text}");
        assert!(text.contains("M4.0 8.0H8.0\" stroke=\"#fff\" stroke-width=\"1\""), "{text}");
    }
}
