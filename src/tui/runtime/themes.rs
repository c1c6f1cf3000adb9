//! Which theme to start with.

use std::io::{IsTerminal, stderr, stdout};
use std::time::Duration;

use crate::config;
use crate::theme::depth::Depth;
use crate::theme::{self, Background, Theme};

/// How long the terminal may take to say whether it is dark or light.
const COLOUR_PATIENCE: Duration = Duration::from_millis(250);

/// The themes that are asked for, the first of which counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// On the command line.
    pub(super) named: Option<&'a str>,
    /// By key, in an earlier run.
    pub(super) chosen: Option<&'a str>,
    /// In `config.toml`.
    pub(super) configured: Option<&'a str>,
}

/// The themes, which to start with (the one asked for, or one that fits the terminal's background), and that background.
/// The terminal is only asked where the answer counts.
pub(super) fn choose_theme(
    asked: Asked<'_>,
    own: &[(String, String)],
    colors: Depth,
    problems: &mut Vec<String>,
) -> (Vec<Theme>, usize, Background) {
    let (themes, broken) = theme::collect(own);
    problems.extend(broken);
    let named = |name: &str| themes.iter().position(|theme| theme.name.eq_ignore_ascii_case(name));
    // One that was chosen in another run may be there no more, which nobody needs to know.
    let chosen = asked.chosen.filter(|name| named(name).is_some());
    let asked = asked.named.or(chosen).or(asked.configured).filter(|name| *name != config::AUTO);
    let found = asked.and_then(named);
    if let (Some(name), None) = (asked, found) {
        let known: Vec<&str> = themes.iter().map(|theme| theme.name.as_str()).collect();
        problems.push(format!("no theme {name}: there are {}", known.join(", ")));
    }
    let counts = colors != Depth::None && (found.is_none() || themes.iter().any(|theme| !theme.fits_anywhere()));
    let background = if counts { background() } else { Background::Any };
    let fallback = if background == Background::Light { Background::Light } else { Background::Dark };
    let chosen = found.or_else(|| named(&Theme::fallback(fallback).name)).unwrap_or_default();
    (themes.into_iter().map(|theme| theme.at_depth(colors)).collect(), chosen, background)
}

/// Whether the terminal is dark or light; one that does not say is assumed to be dark.
fn background() -> Background {
    if !stdout().is_terminal() || !stderr().is_terminal() {
        return Background::Dark;
    }
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = COLOUR_PATIENCE;
    match terminal_colorsaurus::theme_mode(options) {
        Ok(terminal_colorsaurus::ThemeMode::Light) => Background::Light,
        _ => Background::Dark,
    }
}
