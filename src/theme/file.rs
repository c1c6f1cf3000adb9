//! A theme file as it is written, read leniently: what is wrong in it is told with its line, and the rest counts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};
use routescope_core::finding::closest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Background, Role, did_you_mean, line_of, one_line};

/// A theme file as it is written.
#[derive(Default)]
pub(super) struct File {
    pub name: Option<String>,
    pub about: String,
    pub background: Option<Background>,
    pub palette: BTreeMap<String, String>,
    /// The roles, with the lines that they stand on.
    pub roles: Vec<(Role, usize, Spec)>,
}

/// One role's style as written.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // the five attributes a terminal has
pub(super) struct Spec {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reversed: bool,
}

/// What is wrong with a theme file, with the lines.
pub(super) struct Slips<'a> {
    text: &'a str,
    pub found: Vec<(usize, String)>,
}

impl<'a> Slips<'a> {
    /// Nothing is wrong with a file so far.
    pub fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    fn line(&self, span: Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    fn add(&mut self, span: Range<usize>, what: String) {
        let line = self.line(span);
        self.found.push((line, what));
    }

    /// A key that is not one of these.
    fn unknown(&mut self, key: &Key<'_>, what: &str, known: &[&'static str]) {
        let near = did_you_mean(closest(key.get_ref(), known.iter().copied()));
        self.add(key.span(), format!("no {what} {}{near}", key.get_ref()));
    }

    /// A text, where it is one.
    fn text(&mut self, key: &Key<'_>, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.add(key.span(), format!("{} is a text in quotes", key.get_ref()));
        }
        text
    }

    /// A table, where it is one.
    fn table<'v, 'i>(&mut self, key: &Key<'_>, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.add(key.span(), format!("{} is a table", key.get_ref()));
        }
        table
    }
}

type Key<'i> = Spanned<Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

impl File {
    /// Reads a theme file; the error is for one that is not TOML.
    pub fn read(text: &str, slips: &mut Slips<'_>) -> Result<Self, String> {
        const KEYS: [&str; 5] = ["name", "about", "background", "palette", "roles"];
        let table = DeTable::parse(text).map_err(|error| one_line(&error))?;
        let mut file = Self::default();
        for (key, value) in table.get_ref() {
            match &**key.get_ref() {
                "name" => file.name = slips.text(key, value),
                "about" => file.about = slips.text(key, value).unwrap_or_default(),
                "background" => {
                    file.background = value.get_ref().as_str().and_then(Background::named);
                    if file.background.is_none() {
                        slips.add(key.span(), "background is dark, light or any".to_owned());
                    }
                }
                "palette" => {
                    for (name, color) in slips.table(key, value).into_iter().flatten() {
                        file.palette.extend(slips.text(name, color).map(|color| (name.get_ref().to_string(), color)));
                    }
                }
                "roles" => {
                    for (name, spec) in slips.table(key, value).into_iter().flatten() {
                        match Role::ALL.iter().find(|role| role.name() == name.get_ref()) {
                            Some(role) => {
                                let line = slips.line(name.span());
                                file.roles.extend(Spec::read(name, spec, slips).map(|spec| (*role, line, spec)));
                            }
                            None => slips.unknown(
                                name,
                                "role",
                                &Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>(),
                            ),
                        }
                    }
                }
                _ => slips.unknown(key, "key", &KEYS),
            }
        }
        Ok(file)
    }
}

impl Spec {
    /// Reads the style of a role.
    fn read(role: &Key<'_>, value: &Value<'_>, slips: &mut Slips<'_>) -> Option<Self> {
        const KEYS: [&str; 7] = ["fg", "bg", "bold", "dim", "italic", "underline", "reversed"];
        let mut spec = Self::default();
        for (key, value) in slips.table(role, value)? {
            let set = match &**key.get_ref() {
                "fg" => {
                    spec.fg = slips.text(key, value);
                    continue;
                }
                "bg" => {
                    spec.bg = slips.text(key, value);
                    continue;
                }
                "bold" => &mut spec.bold,
                "dim" => &mut spec.dim,
                "italic" => &mut spec.italic,
                "underline" => &mut spec.underline,
                "reversed" => &mut spec.reversed,
                _ => {
                    slips.unknown(key, "attribute", &KEYS);
                    continue;
                }
            };
            match value.get_ref().as_bool() {
                Some(value) => *set = value,
                None => slips.add(key.span(), format!("{} is true or false", key.get_ref())),
            }
        }
        Some(spec)
    }

    /// The style; why it is none otherwise.
    pub fn style(&self, palette: &BTreeMap<String, String>) -> Result<Style, String> {
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
