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

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Background {
    Dark,
    Light,
    Any,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    #[serde(default)]
    about: String,
    background: Option<Background>,
    #[serde(default)]
    palette: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<String, Spec>,
}

/// One role's style as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // the five attributes a terminal has
struct Spec {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reversed: bool,
}

impl Spec {
    fn style(&self, palette: &BTreeMap<String, String>) -> Result<Style, String> {
        let color = |name: &String| -> Result<Color, String> {
            let name = palette.get(name).unwrap_or(name);
            name.parse()
                .map_err(|_| format!("`{name}` is not a colour: use #rrggbb, a terminal colour or a palette name"))
        };
        let Self { fg, bg, bold, dim, italic, underline, reversed } = self;
        let mut style = Style::new();
        style.fg = fg.as_ref().map(color).transpose()?;
        style.bg = bg.as_ref().map(color).transpose()?;
        for (set, modifier) in [
            (bold, Modifier::BOLD),
            (dim, Modifier::DIM),
            (italic, Modifier::ITALIC),
            (underline, Modifier::UNDERLINED),
            (reversed, Modifier::REVERSED),
        ] {
            if *set {
                style = style.add_modifier(modifier);
            }
        }
        Ok(style)
    }
}

impl Theme {
    /// Parses a theme file. `stem` names it when the file itself does not. The error is one line.
    pub fn parse(stem: &str, text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| one_line(&error))?;
        let background = file.background.unwrap_or(Background::Any);
        let mut styles = if stem.is_empty() { Vec::new() } else { Self::fallback(background).styles };
        styles.resize(Role::ALL.len(), Style::new());
        for (name, spec) in &file.roles {
            let Some(role) = Role::ALL.iter().find(|role| role.name() == name) else {
                return Err(format!("`{name}` is not a role"));
            };
            styles[*role as usize] = spec.style(&file.palette).map_err(|error| format!("role `{name}`: {error}"))?;
        }
        let name = file.name.unwrap_or_else(|| stem.to_owned());
        Ok(Self { name, about: file.about, background, styles })
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
        match Theme::parse(stem, text) {
            Ok(theme) => match themes.iter_mut().find(|known| known.name == theme.name) {
                Some(known) => *known = theme,
                None => themes.push(theme),
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_parses_and_defines_every_role() {
        for text in SHIPPED {
            let file: File = toml::from_str(text).expect("a shipped theme is TOML");
            let theme = Theme::parse("", text).expect("a shipped theme parses");
            let missing: Vec<_> =
                Role::ALL.iter().map(|role| role.name()).filter(|role| !file.roles.contains_key(*role)).collect();
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
    fn a_broken_theme_is_told_of_and_the_others_stay() {
        let own = [("bad".to_owned(), "[roles]\npath = { fg = 'nosuch' }".to_owned())];
        let (themes, problems) = collect(&own);
        assert_eq!(themes.len(), SHIPPED.len());
        assert!(problems[0].contains("bad") && problems[0].contains("nosuch"), "{problems:?}");
        assert!(Theme::parse("x", "[roles]\nsurprise = {}").unwrap_err().contains("surprise"));
        assert!(Theme::parse("x", "not toml at all").is_err());
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
