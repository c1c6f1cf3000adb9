//! Themes: what each *role* looks like. Views name roles, never colours; a theme file maps every role to a style.
//!
//! ```toml
//! name = "dusk"
//! background = "dark"            # dark, light or any: the terminals it suits, unless `text` has a `bg`
//! [palette]
//! gold = "#f5c451"
//! [roles]
//! path = { fg = "gold", bold = true }
//! ```
//!
//! The shipped themes live in `themes/` and are embedded; a person's own come from the configuration folder. A role that
//! a file leaves out is taken from the shipped theme for the same background, so that an old theme outlives new roles.

mod contrast;
pub mod depth;
mod file;

use file::{File, Slips};
use ratatui::style::{Color, Modifier, Style};

/// Declares the roles once: the enum, the names of the theme files and the list all come from here.
macro_rules! roles {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What a piece of the screen means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $(#[doc = $doc] $variant,)* }

        impl Role {
            /// Every role, in the order of the theme files.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The role's name in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is used for.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

roles! {
    Text "text" "Plain text, and the ground everything stands on.",
    Muted "muted" "What matters less.",
    Title "title" "A pane's title, the program's name.",
    Heading "heading" "A heading inside a pane.",
    Border "border" "The border of a pane.",
    BorderFocused "border-focused" "The border of the pane that takes the keys.",
    Selected "selected" "The selected row of the focused pane.",
    SelectedIdle "selected-idle" "The selected row of another pane.",
    Changed "changed" "A row that has just changed.",
    Path "path" "The path of the last answer, from Gateway to backend.",
    Won "won" "The row that decided.",
    Lost "lost" "A row that matches too, but comes later.",
    Missed "missed" "A row that does not match.",
    Dropped "dropped" "A match that is not in the table.",
    Ok "ok" "Something that is there and works.",
    Warning "warning" "Something that may not do what its author thinks.",
    Error "error" "Something broken: the client gets an error.",
    Redirect "redirect" "A redirect.",
    Gateway "gateway" "A Gateway's name.",
    Listener "listener" "A listener: port, protocol, host.",
    Route "route" "A route's name.",
    Host "host" "A host name.",
    Rule "rule" "The path of a match, a rule.",
    Condition "condition" "The rest of a match: method, headers, query parameters.",
    Via "via" "How a child is reached: label, name, wildcard.",
    Backend "backend" "A backend.",
    Namespace "namespace" "A namespace.",
    Location "place" "A file and line.",
    Answer "answer" "The answer to a request.",
    Hit "hit" "The letters that the filter found.",
    Input "input" "What the person types.",
    Hint "hint" "What could be done here.",
    Key "key" "A key to press.",
    Guide "guide" "The lines of the tree.",
    YamlKey "yaml-key" "A YAML key.",
    YamlString "yaml-string" "A YAML string.",
    YamlValue "yaml-value" "A YAML number, boolean, anchor or tag.",
    YamlComment "yaml-comment" "A YAML comment.",
    YamlPunctuation "yaml-punctuation" "YAML punctuation.",
    LineNumber "line-number" "The line numbers beside YAML.",
}

/// The terminal that a theme is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Background {
    Dark,
    Light,
    Any,
}

impl Background {
    /// The background of this name.
    fn named(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

/// A style for every role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// The name it is chosen by.
    pub name: String,
    /// What it is like, in a few words.
    pub about: String,
    /// The terminal it is made for.
    pub background: Background,
    styles: Vec<Style>,
}

/// The shipped theme files: name and text.
const SHIPPED: [&str; 6] = [
    include_str!("../themes/dark.toml"),
    include_str!("../themes/light.toml"),
    include_str!("../themes/high-contrast.toml"),
    include_str!("../themes/colour-blind.toml"),
    include_str!("../themes/terminal.toml"),
    include_str!("../themes/monochrome.toml"),
];

impl Theme {
    /// Parses a theme file without a slip. `stem` names it when the file itself does not. The error is one line.
    pub fn parse(stem: &str, text: &str) -> Result<Self, String> {
        let (theme, slips) = Self::read(stem, text)?;
        slips.into_iter().next().map_or(Ok(theme), Err)
    }

    /// Reads a theme file leniently: what is wrong in it is a line each, and the rest counts. The error is for a file
    /// that is not TOML.
    pub fn read(stem: &str, text: &str) -> Result<(Self, Vec<String>), String> {
        let mut slips = Slips::new(text);
        let file = File::read(text, &mut slips)?;
        let background = file.background.unwrap_or(Background::Any);
        let mut styles = if stem.is_empty() { Vec::new() } else { Self::fallback(background).styles };
        styles.resize(Role::ALL.len(), Style::new());
        for (role, line, spec) in &file.roles {
            match spec.style(&file.palette) {
                Ok(style) => styles[*role as usize] = style,
                Err(error) => slips.found.push((*line, format!("role {}: {error}", role.name()))),
            }
        }
        slips.found.sort();
        let told = slips.found.into_iter().map(|(line, what)| format!("line {line}: {what}"));
        let name = file.name.unwrap_or_else(|| stem.to_owned());
        Ok((Self { name, about: file.about, background, styles }, told.collect()))
    }

    /// The themes that come with the program.
    pub fn shipped() -> Vec<Self> {
        SHIPPED.iter().filter_map(|text| Self::parse("", text).ok()).collect()
    }

    /// The shipped theme that fits a terminal best when nobody has chosen one.
    pub fn fallback(background: Background) -> Self {
        let text = match background {
            Background::Light => SHIPPED[1],
            Background::Dark => SHIPPED[0],
            Background::Any => SHIPPED[4],
        };
        Self::parse("", text).unwrap_or_else(|_| Self {
            name: "plain".to_owned(),
            about: String::new(),
            background: Background::Any,
            styles: vec![Style::new(); Role::ALL.len()],
        })
    }

    /// Whether it can be read whatever the terminal's background is.
    pub fn fits_anywhere(&self) -> bool {
        self.ground().is_some() || self.background == Background::Any
    }

    /// Whether it can be read on a terminal of this background; `Any` is one that is not known.
    pub fn fits(&self, terminal: Background) -> bool {
        self.fits_anywhere() || self.background == terminal || terminal == Background::Any
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The same theme without colours, for `NO_COLOR`: a coloured ground becomes reverse video, weights stay.
    pub fn without_color(mut self) -> Self {
        for (role, style) in Role::ALL.iter().zip(&mut self.styles) {
            if *role == Role::Selected {
                *style = Style::new().add_modifier(Modifier::REVERSED);
            } else if *role == Role::SelectedIdle {
                *style = Style::new().add_modifier(Modifier::UNDERLINED);
            } else if *role == Role::Changed {
                *style = Style::new().add_modifier(Modifier::BOLD);
            }
            style.fg = None;
            style.bg = None;
        }
        self
    }
}

/// The shipped themes and a person's own, which replace a shipped one of the same name. Broken ones are told of.
pub fn collect(own: &[(String, String)]) -> (Vec<Theme>, Vec<String>) {
    let mut themes = Theme::shipped();
    let mut problems = Vec::new();
    for (stem, text) in own {
        match Theme::read(stem, text) {
            Ok((theme, slips)) => {
                problems.extend(slips.into_iter().map(|slip| format!("theme {stem}: {slip}")));
                match themes.iter_mut().find(|known| known.name == theme.name) {
                    Some(known) => *known = theme,
                    None => themes.push(theme),
                }
            }
            Err(error) => problems.push(format!("theme {stem}: {error}")),
        }
    }
    (themes, problems)
}

/// A colour as `#rrggbb`, the terminal's own ones as xterm has them; `None` is the terminal's own ground or ink.
pub fn hex(color: Color) -> Option<String> {
    contrast::Rgb::of(color).map(|contrast::Rgb(r, g, b)| format!("#{r:02x}{g:02x}{b:02x}"))
}

/// A TOML error as one line: where, and what.
pub(crate) fn one_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or("not TOML").to_owned()
}

/// The line, from 1, of a byte in a text.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count()
}

/// `: did you mean this?`
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!(": did you mean {near}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_parses_and_defines_every_role() {
        for text in SHIPPED {
            let file = File::read(text, &mut Slips::new(text)).expect("a shipped theme is TOML");
            let theme = Theme::parse("", text).expect("a shipped theme parses");
            let defined = |role: &Role| file.roles.iter().any(|(known, ..)| known == role);
            let missing: Vec<_> = Role::ALL.iter().filter(|role| !defined(role)).map(|role| role.name()).collect();
            assert!(missing.is_empty(), "{} lacks {missing:?}", theme.name);
            assert!(!theme.about.is_empty() && file.background.is_some(), "{} says what it is for", theme.name);
        }
        assert_eq!(Theme::shipped().len(), SHIPPED.len());
    }

    #[test]
    fn a_role_left_out_comes_from_the_shipped_theme_of_the_same_background() {
        let theme = Theme::parse("dusk", "background = 'light'\n[roles]\npath = { fg = '#010203' }").unwrap();
        assert_eq!(theme.name, "dusk");
        assert_eq!(theme.style(Role::Path).fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(theme.style(Role::Error), Theme::fallback(Background::Light).style(Role::Error));
    }

    #[test]
    fn a_slip_in_a_theme_is_a_line_and_the_rest_counts() {
        let text = "name = 3\nbackround = 'dark'\n[palette]\ngold = 1\n[roles]\npaht = { fg = 'red' }\n\
                    path = { fg = 'nosuch' }\nerror = { fg = '#010203', bold = 'yes', blink = true }\nhost = 'red'\n";
        let (theme, slips) = Theme::read("dusk", text).unwrap();
        let wanted = [
            "line 1: name is a text in quotes",
            "line 2: no key backround: did you mean background?",
            "line 4: gold is a text in quotes",
            "line 6: no role paht: did you mean path?",
            "line 7: role path: `nosuch` is not a colour: use #rrggbb, a terminal colour or a palette name",
            "line 8: bold is true or false",
            "line 8: no attribute blink",
            "line 9: host is a table",
        ];
        assert_eq!(slips, wanted);
        assert_eq!((&*theme.name, theme.style(Role::Error).fg), ("dusk", Some(Color::Rgb(1, 2, 3))));
        assert_eq!(theme.style(Role::Path), Theme::fallback(Background::Any).style(Role::Path));
        let (themes, problems) = collect(&[("dusk".to_owned(), text.to_owned()), ("bad".to_owned(), "no".to_owned())]);
        assert_eq!((themes.len(), problems.len()), (SHIPPED.len() + 1, wanted.len() + 1));
        assert!(problems[0].starts_with("theme dusk: line 1: ") && problems[wanted.len()].starts_with("theme bad: "));
        assert!(Theme::parse("x", "[roles]\nsurprise = {}").unwrap_err().contains("surprise"));
    }

    #[test]
    fn no_color_keeps_the_weights_and_shows_the_selection() {
        let theme = Theme::fallback(Background::Dark).without_color();
        for role in Role::ALL {
            let style = theme.style(*role);
            assert!(style.fg.is_none() && style.bg.is_none(), "{} has a colour", role.name());
        }
        assert!(theme.style(Role::Path).add_modifier.contains(Modifier::BOLD));
        assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
    }
}
