//! A person's own settings and themes, from the platform's configuration folder (`~/.config/routescope` on Linux).
//!
//! `config.toml` is read leniently: a key that is not known, or whose value is of another type, is one warning with its
//! file and line, and the rest of the file counts. [`SETTINGS`] is the one list of what may stand there; the file that
//! `routescope config init` writes is made from it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use routescope_core::finding::closest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::theme::{did_you_mean, line_of, one_line};

/// What `config.toml` may say; what it leaves out has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a setting of its own
pub struct Config {
    /// The theme to start with; `None` chooses by the terminal's background.
    pub theme: Option<String>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Let the explorer take the mouse.
    pub mouse: bool,
    /// Let what changes in the tree stand out for a moment.
    pub flash: bool,
    /// Keep questions, pins, theme and pane sizes between runs.
    pub state: bool,
    /// Keys of the person's own, in the order of the file.
    pub keys: Vec<Binding>,
}

impl Default for Config {
    fn default() -> Self {
        Self { theme: None, ascii: false, mouse: true, flash: true, state: true, keys: Vec::new() }
    }
}

/// A line of `[keys]`, as it is written: what actions and keys there are is the explorer's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The name of the action.
    pub action: String,
    /// The names of its keys.
    pub keys: Vec<String>,
    /// The file and line.
    pub at: String,
}

/// The table of keys in `config.toml`.
const KEYS: &str = "keys";

/// The word for a theme that the terminal's background chooses.
pub const AUTO: &str = "auto";

/// A setting of `config.toml`.
pub struct Setting {
    /// Its key.
    pub name: &'static str,
    /// What it does, a line each.
    pub doc: &'static [&'static str],
    /// What its value has to be.
    pub wants: &'static str,
    /// Its value.
    pub get: fn(&Config) -> serde_json::Value,
    /// Takes a value; `false` when it is of another type.
    take: fn(&mut Config, &DeValue<'_>) -> bool,
}

/// Every setting, in the order of the default file.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "theme",
        doc: &[
            "The theme to start with: dark, light, high-contrast, colour-blind, terminal, monochrome, or a file of",
            "themes/ beside this file (dusk for themes/dusk.toml). auto: by the terminal's background.",
        ],
        wants: "the name of a theme",
        get: |config| config.theme.as_deref().unwrap_or(AUTO).into(),
        take: |config, value| {
            let name = value.as_str();
            config.theme = name.filter(|name| *name != AUTO).map(str::to_owned);
            name.is_some()
        },
    },
    Setting {
        name: "ascii",
        doc: &["Draw with ASCII characters only."],
        wants: BOOLEAN,
        get: |config| config.ascii.into(),
        take: |config, value| take(&mut config.ascii, value.as_bool()),
    },
    Setting {
        name: "mouse",
        doc: &["Let the explorer take the mouse. Without it the terminal selects text."],
        wants: BOOLEAN,
        get: |config| config.mouse.into(),
        take: |config, value| take(&mut config.mouse, value.as_bool()),
    },
    Setting {
        name: "flash",
        doc: &["Let rows that change stand out for a moment."],
        wants: BOOLEAN,
        get: |config| config.flash.into(),
        take: |config, value| take(&mut config.flash, value.as_bool()),
    },
    Setting {
        name: "state",
        doc: &[
            "Keep questions, pins, the chosen theme and pane sizes between runs, in the state folder that",
            "`routescope info` names. Secrets are never kept. ROUTESCOPE_STATE=no beats it.",
        ],
        wants: BOOLEAN,
        get: |config| config.state.into(),
        take: |config, value| take(&mut config.state, value.as_bool()),
    },
];

const BOOLEAN: &str = "true or false";

fn take<T>(setting: &mut T, value: Option<T>) -> bool {
    value.map(|value| *setting = value).is_some()
}

/// A text as TOML.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What the configuration folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The person's own themes: file stem and text.
    pub themes: Vec<(String, String)>,
    /// What could not be read, one line each.
    pub problems: Vec<String>,
}

/// Where the configuration lives on this platform.
pub fn folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("routescope"))
}

/// Where what is kept between runs lives on this platform.
pub fn state_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("routescope"))
}

/// The file of the settings in a configuration folder.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("config.toml")
}

/// The person's own themes in a configuration folder.
pub fn themes(folder: &Path) -> PathBuf {
    folder.join("themes")
}

/// Makes the folder that a file is to be written in.
pub fn make_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(Ok(()), fs::create_dir_all)
}

/// Reads the configuration folder of this platform.
pub fn load() -> Loaded {
    folder().map_or_else(Loaded::default, |folder| load_from(&folder))
}

/// Reads a configuration folder. One that does not exist says nothing.
pub fn load_from(folder: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    let path = file(folder);
    match fs::read_to_string(&path) {
        Ok(text) => (loaded.config, loaded.problems) = read(&path, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => loaded.problems.push(format!("{}: {error}", path.display())),
    }
    let Ok(entries) = fs::read_dir(themes(folder)) else { return loaded };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match fs::read_to_string(&path) {
            Ok(text) => loaded.themes.push((stem, text)),
            Err(error) => loaded.problems.push(format!("{}: {error}", path.display())),
        }
    }
    loaded
}

/// Reads the settings. Returns them with the warnings, one line each; what a warning is about keeps its default.
pub fn read(path: &Path, text: &str) -> (Config, Vec<String>) {
    let at = |span: std::ops::Range<usize>| format!("{}:{}", path.display(), line_of(text, span.start));
    let mut config = Config::default();
    // What can be understood of a file with a slip counts, too.
    let (table, errors) = DeTable::parse_recoverable(text);
    let slip = |error: &toml::de::Error| format!("{}: {}", at(error.span().unwrap_or_default()), one_line(error));
    let mut problems: Vec<String> = errors.iter().map(slip).collect();
    let mut keys: Vec<(&Spanned<_>, &Spanned<_>)> = table.get_ref().iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in keys {
        let (name, place) = (&**key.get_ref(), at(key.span()));
        if name == KEYS {
            match value.get_ref().as_table() {
                Some(table) => config.keys = bindings(table, &at, &mut problems),
                None => problems.push(format!("{place}: keys is a table: [keys], then lines of action = \"key\"")),
            }
            continue;
        }
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            let near = closest(name, SETTINGS.iter().map(|setting| setting.name).chain([KEYS]));
            problems.push(format!("{place}: no setting {name}{}", did_you_mean(near)));
            continue;
        };
        if !(setting.take)(&mut config, value.get_ref()) {
            let kind = value.get_ref().type_str();
            problems.push(format!("{place}: {name} is {}, not {kind}", setting.wants));
        }
    }
    (config, problems)
}

/// The lines of `[keys]`.
fn bindings(
    table: &DeTable<'_>,
    at: &dyn Fn(std::ops::Range<usize>) -> String,
    problems: &mut Vec<String>,
) -> Vec<Binding> {
    let mut lines: Vec<_> = table.iter().collect();
    lines.sort_by_key(|(action, _)| action.span().start);
    let mut bindings = Vec::new();
    for (action, value) in lines {
        let (place, action) = (at(action.span()), action.get_ref().to_string());
        let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
        let keys = match value.get_ref().as_array() {
            Some(list) => list.iter().map(text).collect(),
            None => text(value).map(|key| vec![key]),
        };
        match keys {
            Some(keys) => bindings.push(Binding { action, keys, at: place }),
            None => {
                problems.push(format!("{place}: {action} is a key or a list of keys, as \"x\" or [\"x\", \"ctrl-x\"]"));
            }
        }
    }
    bindings
}

/// The settings part of the default file: every setting with its default, commented out.
pub fn default_text() -> String {
    let mut text = String::from(
        "# The settings of routescope's explorer. Each line below is the default: remove its # to change it.\n",
    );
    for setting in SETTINGS {
        text.push('\n');
        for line in setting.doc {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "#{} = {}", setting.name, (setting.get)(&Config::default()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;

    fn read_text(text: &str) -> (Config, Vec<String>) {
        read(Path::new("config.toml"), text)
    }

    #[test]
    fn a_missing_folder_means_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load_from(&folder.path().join("none")), Loaded::default());
    }

    #[test]
    fn settings_and_themes_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), "theme = 'dusk'\nascii = true\n").unwrap();
        fs::create_dir(folder.path().join("themes")).unwrap();
        fs::write(folder.path().join("themes/dusk.toml"), "[roles]\n").unwrap();
        fs::write(folder.path().join("themes/readme.txt"), "").unwrap();
        let loaded = load_from(folder.path());
        assert_eq!(loaded.config, Config { theme: Some("dusk".into()), ascii: true, ..Config::default() });
        assert_eq!(loaded.themes, [("dusk".to_owned(), "[roles]\n".to_owned())]);
        assert!(loaded.problems.is_empty());
    }

    #[test]
    fn a_key_that_is_not_known_is_one_warning_and_the_rest_counts() {
        let (config, problems) = read_text("# mine\nmuose = false\nascii = true\n[colours]\nred = 1\n");
        assert_eq!(config, Config { ascii: true, ..Config::default() });
        let wanted = ["config.toml:2: no setting muose: did you mean mouse?", "config.toml:4: no setting colours"];
        assert_eq!(problems, wanted);
    }

    #[test]
    fn a_value_of_another_type_is_one_warning_and_the_default() {
        let (config, problems) = read_text("theme = 3\nflash = 'no'\nmouse = false\n");
        assert_eq!(config, Config { mouse: false, ..Config::default() });
        let wanted = [
            "config.toml:1: theme is the name of a theme, not integer",
            "config.toml:2: flash is true or false, not string",
        ];
        assert_eq!(problems, wanted);
    }

    #[test]
    fn a_slip_is_a_warning_with_its_line_and_the_rest_counts() {
        let (config, problems) = read_text("ascii = true\nmouse = \nflash = false\n");
        assert!(config.ascii && !config.flash, "{config:?}");
        assert!(problems[0].starts_with("config.toml:2: "), "{problems:?}");
        assert!(!read_text("what is this").1.is_empty());
    }

    #[test]
    fn the_default_file_names_every_setting_with_its_default() {
        let text = default_text();
        assert_eq!(read_text(&text), (Config::default(), Vec::new()), "comments say nothing");
        let lines = text.lines().filter(|line| !line.starts_with("# "));
        let set: String = lines.map(|line| line.trim_start_matches('#').to_owned() + "\n").collect();
        assert_eq!(read_text(&set), (Config::default(), Vec::new()));
        let table: toml::Table = set.parse().unwrap();
        assert_eq!(table.len(), SETTINGS.len());
        for theme in Theme::shipped() {
            assert!(SETTINGS[0].doc.join(" ").contains(&theme.name), "{} is not in the default file", theme.name);
        }
    }
}
