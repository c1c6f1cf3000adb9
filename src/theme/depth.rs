//! How many colours the terminal has, and what becomes of a theme's colours where it has fewer.

use std::sync::LazyLock;

use ratatui::style::{Color, Modifier, Style};

use super::contrast::{Rgb, of as contrast, of_luminances};
use super::{Background, Role, Theme};

/// The contrast that text needs against what is behind it (WCAG 2.2, level AA).
pub const READABLE: f64 = 4.5;

/// What the names of terminals with 256 colours hold.
const RICH_TERMS: [&str; 7] = ["256", "direct", "kitty", "alacritty", "foot", "ghostty", "wezterm"];

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: only bold, underline and reverse video.
    None,
    /// The sixteen that the person chose for the terminal.
    Sixteen,
    /// The 256 of xterm.
    TwoFiftySix,
    /// All of 24 bits.
    Full,
}

impl Depth {
    /// What the environment says; `value` gives the value of a variable. 24 bits only where `COLORTERM` promises them:
    /// a terminal that does not know them shows other colours, or garbage.
    pub fn from_environment(value: impl Fn(&str) -> Option<String>) -> Self {
        Self::and_why(value).0
    }

    /// The same, and what says so.
    pub fn and_why(value: impl Fn(&str) -> Option<String>) -> (Self, &'static str) {
        let colorterm = value("COLORTERM").unwrap_or_default().to_ascii_lowercase();
        let term = value("TERM").unwrap_or_default().to_ascii_lowercase();
        match () {
            () if is_dumb(&term) || term.starts_with("vt") => (Self::None, "TERM has no colours"),
            () if matches!(&*colorterm, "truecolor" | "24bit") => (Self::Full, "COLORTERM says so"),
            () if RICH_TERMS.iter().any(|name| term.contains(name)) => (Self::TwoFiftySix, "TERM says so"),
            () => (Self::Sixteen, "neither TERM nor COLORTERM promises more"),
        }
    }

    /// The name, as `routescope info` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no colours",
            Self::Sixteen => "16 colours",
            Self::TwoFiftySix => "256 colours",
            Self::Full => "24-bit colours",
        }
    }
}

/// Whether a terminal of this `TERM` can only print lines: nothing can be drawn on it.
pub fn is_dumb(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown")
}

impl Theme {
    /// The same theme for a terminal of so many colours: every colour becomes the nearest one that can still be read.
    pub fn at_depth(self, depth: Depth) -> Self {
        match depth {
            Depth::Full => self,
            Depth::None => self.without_color(),
            Depth::TwoFiftySix => self.in_256(),
            Depth::Sixteen => self.in_16(),
        }
    }

    fn in_256(mut self) -> Self {
        let before = self.styles.clone();
        let styles = before.iter().map(|style| Style { bg: style.bg.map(nearest_256), ..*style });
        self.styles = styles.collect();
        let grounds: Vec<Vec<Rgb>> = Role::ALL.iter().map(|role| self.grounds_of(*role)).collect();
        for (style, grounds) in self.styles.iter_mut().zip(grounds) {
            style.fg = style.fg.map(|color| readable_256(color, &grounds));
        }
        self
    }

    /// The terminal's own sixteen. How they look is the person's choice, so that no two of them are sure to be told
    /// apart: rows are marked by reverse video, which keeps the contrast that a text has on the plain ground.
    fn in_16(mut self) -> Self {
        let light = match self.ground().and_then(Rgb::of) {
            Some(ground) => ground.luminance() > 0.4,
            None => self.background == Background::Light,
        };
        let (paper, ink) = if light { (Color::White, Color::Black) } else { (Color::Black, Color::Gray) };
        for (role, style) in Role::ALL.iter().zip(&mut self.styles) {
            match role {
                Role::Selected => *style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
                Role::SelectedIdle => *style = Style::new().add_modifier(Modifier::UNDERLINED),
                Role::Changed => *style = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
                Role::Text => {
                    style.fg = style.fg.map(|_| ink);
                    style.bg = style.bg.map(|_| paper);
                }
                _ if style.bg.is_some() => {
                    (style.fg, style.bg) = (None, None);
                    *style = style.add_modifier(Modifier::REVERSED);
                }
                _ => style.fg = style.fg.map(|color| nearest_16(color, light)),
            }
        }
        self
    }
}

/// The levels of red, green and blue in xterm's cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What xterm's colours of these numbers look like; the first sixteen are the person's own.
pub(super) fn xterm(number: u8) -> Rgb {
    match number {
        0..16 => SIXTEEN[usize::from(number)].1,
        16..232 => {
            let at = usize::from(number - 16);
            Rgb(LEVELS[at / 36], LEVELS[at / 6 % 6], LEVELS[at % 6])
        }
        232.. => {
            let level = 8 + 10 * (number - 232);
            Rgb(level, level, level)
        }
    }
}

/// The sixteen colours as xterm has them.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, Rgb(0, 0, 0)),
    (Color::Red, Rgb(205, 0, 0)),
    (Color::Green, Rgb(0, 205, 0)),
    (Color::Yellow, Rgb(205, 205, 0)),
    (Color::Blue, Rgb(0, 0, 238)),
    (Color::Magenta, Rgb(205, 0, 205)),
    (Color::Cyan, Rgb(0, 205, 205)),
    (Color::Gray, Rgb(229, 229, 229)),
    (Color::DarkGray, Rgb(127, 127, 127)),
    (Color::LightRed, Rgb(255, 0, 0)),
    (Color::LightGreen, Rgb(0, 255, 0)),
    (Color::LightYellow, Rgb(255, 255, 0)),
    (Color::LightBlue, Rgb(92, 92, 255)),
    (Color::LightMagenta, Rgb(255, 0, 255)),
    (Color::LightCyan, Rgb(0, 255, 255)),
    (Color::White, Rgb(255, 255, 255)),
];

/// What one of the sixteen colours looks like in xterm.
pub(super) fn named(color: Color) -> Option<Rgb> {
    SIXTEEN.iter().find(|(named, _)| *named == color).map(|(_, rgb)| *rgb)
}

/// The colours of xterm that are the same everywhere, and how bright each is.
static XTERM: LazyLock<Vec<(u8, Rgb, f64)>> =
    LazyLock::new(|| (16..=255).map(|number| (number, xterm(number), xterm(number).luminance())).collect());

fn nearest_256(color: Color) -> Color {
    let Color::Rgb(r, g, b) = color else { return color };
    let wanted = Rgb(r, g, b);
    let nearest = XTERM.iter().min_by_key(|(_, rgb, _)| rgb.distance(wanted));
    nearest.map_or(color, |(number, ..)| Color::Indexed(*number))
}

/// The nearest of the 256 colours that can be read on all of these grounds; where there is none, the one that can be
/// read best.
fn readable_256(color: Color, grounds: &[Rgb]) -> Color {
    let Color::Rgb(r, g, b) = color else { return color };
    let wanted = Rgb(r, g, b);
    let grounds: Vec<f64> = grounds.iter().map(|ground| ground.luminance()).collect();
    let least = |(.., bright): &(u8, Rgb, f64)| {
        grounds.iter().map(|ground| of_luminances(*bright, *ground)).fold(f64::INFINITY, f64::min)
    };
    let fit = XTERM.iter().filter(|one| least(one) >= READABLE);
    let nearest = fit.min_by_key(|(_, rgb, _)| rgb.distance(wanted));
    let best = || XTERM.iter().max_by(|a, b| least(a).total_cmp(&least(b)));
    nearest.or_else(best).map_or(color, |(number, ..)| Color::Indexed(*number))
}

/// The nearest of the sixteen colours that can be read on black, or on white. A soft colour is nearest to its own hue:
/// by distance alone all of them would be grey.
fn nearest_16(color: Color, light: bool) -> Color {
    let Color::Rgb(r, g, b) = color else { return color };
    let wanted = Rgb(r, g, b);
    let paper = if light { Rgb(255, 255, 255) } else { Rgb(0, 0, 0) };
    let is_of_its_hue = |rgb: Rgb| match (wanted.hue(), rgb.hue()) {
        (Some(wanted), Some(hue)) => {
            let apart = (wanted - hue).abs();
            apart.min(360.0 - apart) <= 30.0
        }
        (None, None) => true,
        _ => false,
    };
    let readable = || SIXTEEN.iter().filter(|(_, rgb)| contrast(*rgb, paper) >= READABLE);
    let near = |(_, rgb): &&(Color, Rgb)| rgb.distance(wanted);
    let found = readable().filter(|(_, rgb)| is_of_its_hue(*rgb)).min_by_key(near);
    found
        .or_else(|| readable().filter(|(_, rgb)| rgb.hue().is_none()).min_by_key(near))
        .map_or(color, |(color, _)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(term: &str, colorterm: &str, expected: Depth) {
        let value = |name: &str| match name {
            "TERM" => Some(term.to_owned()),
            "COLORTERM" => Some(colorterm.to_owned()),
            _ => None,
        };
        assert_eq!(Depth::from_environment(value), expected, "TERM={term} COLORTERM={colorterm}");
    }

    #[test]
    fn the_terminal_says_how_many_colours_it_has() {
        check("xterm-256color", "truecolor", Depth::Full);
        check("screen-256color", "24bit", Depth::Full);
        check("xterm-256color", "", Depth::TwoFiftySix);
        check("xterm-256color", "yes", Depth::TwoFiftySix);
        check("xterm-kitty", "", Depth::TwoFiftySix);
        check("xterm", "", Depth::Sixteen);
        check("linux", "", Depth::Sixteen);
        check("vt220", "", Depth::None);
        check("dumb", "truecolor", Depth::None);
        check("", "", Depth::None);
        assert!(Depth::None < Depth::Sixteen && Depth::TwoFiftySix < Depth::Full);
    }

    #[test]
    fn a_colour_becomes_the_nearest_one() {
        assert_eq!(nearest_256(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(nearest_256(Color::Rgb(8, 8, 9)), Color::Indexed(232));
        assert_eq!(nearest_256(Color::Cyan), Color::Cyan);
        // A soft green stays green, and on white, where no green can be read, becomes dark.
        assert!(matches!(nearest_16(Color::Rgb(163, 190, 140), false), Color::Green | Color::LightGreen));
        assert_eq!(nearest_16(Color::Rgb(47, 111, 47), true), Color::Black);
        assert!(matches!(nearest_16(Color::Rgb(135, 145, 165), false), Color::Gray | Color::DarkGray));
    }

    #[test]
    fn fewer_colours_are_used_where_there_are_fewer() {
        for theme in Theme::shipped() {
            for role in Role::ALL {
                let style = theme.clone().at_depth(Depth::TwoFiftySix).style(*role);
                let colours = [style.fg, style.bg];
                assert!(!colours.iter().any(|color| matches!(color, Some(Color::Rgb(..)))), "{}", role.name());
                let style = theme.clone().at_depth(Depth::Sixteen).style(*role);
                let colours = [style.fg, style.bg];
                let is_odd = |color: &Option<Color>| matches!(color, Some(Color::Rgb(..) | Color::Indexed(_)));
                assert!(!colours.iter().any(is_odd), "{}", role.name());
            }
        }
    }
}
