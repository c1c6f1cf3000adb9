//! A person's own settings and themes, from the platform's configuration folder (`~/.config/routescope` on Linux).
//!
//! ```toml
//! theme = "light"     # any of `routescope`'s themes, or one of themes/*.toml beside this file
//! ascii = false       # draw with ASCII only
//! mouse = true        # let the explorer take the mouse
//! flash = true        # let what changes stand out for a moment
//! ```
//!
//! A broken file is a message to show, never a reason not to start.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

/// What `config.toml` may say; what it leaves out has a default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The theme to start with; `None` chooses by the terminal's background.
    pub theme: Option<String>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Let the explorer take the mouse.
    pub mouse: bool,
    /// Let what changes in the tree stand out for a moment.
    pub flash: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { theme: None, ascii: false, mouse: true, flash: true }
    }
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

/// Reads the configuration folder of this platform.
pub fn load() -> Loaded {
    folder().map_or_else(Loaded::default, |folder| load_from(&folder))
}

/// Reads a configuration folder. One that does not exist says nothing.
pub fn load_from(folder: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    let path = folder.join("config.toml");
    match fs::read_to_string(&path) {
        Ok(text) => match toml::from_str(&text) {
            Ok(config) => loaded.config = config,
            Err(error) => loaded.problems.push(format!("{}: {}", path.display(), crate::theme::one_line(&error))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => loaded.problems.push(format!("{}: {error}", path.display())),
    }
    let Ok(entries) = fs::read_dir(folder.join("themes")) else { return loaded };
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_broken_file_is_a_message_and_the_defaults_hold() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), "theme = 3\n").unwrap();
        let loaded = load_from(folder.path());
        assert_eq!(loaded.config, Config::default());
        assert!(loaded.problems[0].contains("config.toml"), "{:?}", loaded.problems);
    }
}
