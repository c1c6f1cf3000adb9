//! `routescope config`: the file of a person's own settings.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use routescope_manifest::atomic_write::{Overwrite, is_there, save};

use super::Verdict;
use super::answer::print;
use super::failure::Failure;
use super::terminal::Content;
use crate::config;
use crate::tui::keymap;

/// Write a file of settings to start from
#[derive(Debug, Clone, Args)]
pub struct ConfigOptions {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum ConfigCommand {
    Init(InitOptions),
}

/// Write config.toml with every setting and its default, commented out
#[derive(Debug, Clone, Args)]
pub struct InitOptions {
    /// Where to; - for standard output [default: config.toml in the configuration folder]
    #[arg(value_name = "FILE|-")]
    pub file: Option<PathBuf>,

    /// Overwrite the file that is there
    #[arg(long)]
    pub force: bool,

    /// Print it instead
    #[arg(long, conflicts_with_all = ["file", "force"])]
    pub print: bool,
}

/// Runs the command.
pub fn run(options: &ConfigOptions) -> Result<Verdict, Failure> {
    let ConfigCommand::Init(init) = &options.command;
    let text = default_file();
    if init.print || init.file.as_deref() == Some(Path::new("-")) {
        print(Content::Own, &text)?;
        return Ok(Verdict::Yes);
    }
    let path = match &init.file {
        Some(path) => path.clone(),
        None => config::file(&config::folder().ok_or_else(|| {
            Failure::new("cannot write config.toml: no home folder", "`routescope config init --print` prints it")
        })?),
    };
    write(&path, &text, init.force)?;
    print(Content::Lines, &format!("{}\n", path.display()))?;
    Ok(Verdict::Yes)
}

/// The whole default file.
pub fn default_file() -> String {
    format!("{}\n{}", config::default_text(), keymap::default_text())
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    config::make_folder_of(path).map_err(|error| Failure {
        message: format!("cannot create the folder of {}: {error}", path.display()),
        hint: None,
    })?;
    let overwrite = if force { Overwrite::Any } else { Overwrite::Nothing };
    save(path, text, overwrite).map_err(|error| match overwrite {
        Overwrite::Nothing if is_there(path) => {
            Failure::new(error.message, "overwrite it with --force, or see the defaults with --print")
        }
        _ => error.into(),
    })
}
