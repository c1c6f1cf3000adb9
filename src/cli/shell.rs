//! `routescope completions` and `routescope man`: what a package installs beside the program.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::answer::print;
use super::failure::Failure;
use super::terminal::Content;
use super::{Arguments, Verdict};

/// Print a completion script for a shell
#[derive(Debug, Clone, Args)]
pub struct CompletionsOptions {
    /// Which shell
    pub shell: Shell,
}

/// Print the manual page, of the program or of one command
#[derive(Debug, Clone, Args)]
pub struct ManOptions {
    /// Which command
    pub command: Option<String>,
}

/// Prints the completion script.
pub fn completions(options: &CompletionsOptions) -> Result<Verdict, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "routescope", &mut script);
    print(Content::Own, &String::from_utf8_lossy(&script))?;
    Ok(Verdict::Yes)
}

/// Prints the manual page.
pub fn man(options: &ManOptions) -> Result<Verdict, Failure> {
    let mut root = Arguments::command();
    root.build();
    let command = match &options.command {
        None => root,
        Some(name) => root.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<_> = root.get_subcommands().map(clap::Command::get_name).collect();
            Failure::new(format!("no command {name}"), format!("there are {}", names.join(", ")))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure { message: format!("cannot render the manual page: {error}"), hint: None })?;
    print(Content::Own, &String::from_utf8_lossy(&page))?;
    Ok(Verdict::Yes)
}
