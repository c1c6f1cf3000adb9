//! A frame in ASCII: every glyph of the program becomes one letter, so that nothing moves.
//!
//! The tree still reads as one: the path of the answer is `#=`, what it passes by `#-`, what is folded `|+`.

use ratatui::buffer::Buffer;

/// Replaces every glyph by a letter of ASCII, cell by cell; what is not a glyph of the program becomes `?`.
pub fn replace(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            cell.set_symbol(letter(cell.symbol()));
        }
    }
}

fn letter(glyph: &str) -> &'static str {
    match glyph {
        "─" | "╌" | "┄" | "·" => "-",
        "━" | "═" => "=",
        "│" | "║" | "├" | "▌" | "▏" | "‖" => "|",
        "╭" | "╮" | "┤" | "┌" | "╔" | "╗" | "╚" | "╝" | "✓" | "▸" | "▹" => "+",
        "╰" | "╯" | "└" => "`",
        "█" | "┏" | "┣" | "┗" | "┃" | "┠" | "┡" | "┓" | "┛" | "┿" => "#",
        "→" | "⇢" | "↪" | "►" | "›" => ">",
        "▾" => "v",
        "‹" => "<",
        "✗" | "×" => "x",
        "●" => "*",
        "○" | "◌" => "o",
        "◐" => "%",
        "⚠" | "≠" => "!",
        "↺" => "@",
        "…" => "~",
        "“" | "”" => "\"",
        "‘" | "’" => "'",
        _ => "?",
    }
}
