//! The command line: parse, load, analyse, render, exit. One file per command, each no more than that.
//!
//! Data goes to standard output, all else to standard error. Exit codes: 0 yes, clean · 1 no, findings · 2 error.

mod access_log;
mod answer;
mod arguments;
mod baseline;
mod beside;
mod check;
mod clusters;
mod config;
mod deadlines;
mod diff;
mod duplicates;
mod environment;
mod explain;
mod explore;
mod failure;
mod files_watch;
mod held_back;
mod info;
mod load;
mod options;
mod reach;
mod requests;
mod roots;
mod routes;
mod shell;
mod sides;
mod snapshot;
mod state;
mod status;
mod terminal;
mod test;
mod tree;
mod where_cmd;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use routescope_cluster::Connection;
use routescope_cluster::live::{self, Worlds};
use routescope_render::scope::Scope;
use routescope_render::terminal::Paint;

use failure::Failure;
use load::Reading;
use options::{ClusterOptions, OutputOptions, SettingsOptions, SourceOptions};

/// Where does this URL go, and why? Explore Gateway API routing with kgateway route delegation
#[derive(Debug, Parser)]
#[command(
    name = "routescope",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    after_long_help = LONG_HELP.as_str(),
    subcommand_precedence_over_arg = true
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    explore: explore::ExploreOptions,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str = "\
Examples:
  routescope --demo                                       explore the built-in example
  routescope                                              explore the cluster of the current context
  routescope where https://api.example.com/pay            where does it go, and why
  routescope tree -f new/ --context prod                  what if this were applied to prod
  routescope -f manifests/ -R                             explore a folder of manifests
  routescope snapshot -o world.yaml                       save what is read, to be loaded with -f
  kubectl get httproutes,gateways -A -o yaml | routescope tree -f -

Exit codes: 0 ok; 1 no route, or findings; 2 error";

static LONG_HELP: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| format!("{}\n{EXAMPLES}", environment::help()));

#[derive(Debug, Subcommand)]
enum Command {
    Tui(explore::ExploreOptions),
    Tree(tree::TreeOptions),
    Where(where_cmd::WhereOptions),
    Routes(routes::RoutesOptions),
    Status(status::StatusOptions),
    Check(check::CheckOptions),
    Diff(diff::DiffOptions),
    Test(test::TestOptions),
    Reach(reach::ReachOptions),
    Explain(explain::ExplainOptions),
    Snapshot(snapshot::SnapshotOptions),
    Config(config::ConfigOptions),
    Info(info::InfoOptions),
    Completions(shell::CompletionsOptions),
    Man(shell::ManOptions),
}

impl Command {
    /// Adds the files and folders of the command's own words to the source; returns the URL to explore.
    fn takes(&self, source: &mut SourceOptions) -> Result<Option<String>, Failure> {
        let paths = match self {
            Self::Tui(options) => return options.take(source),
            Self::Tree(options) => &options.paths,
            Self::Routes(options) => &options.paths,
            Self::Status(options) => &options.paths,
            Self::Check(options) => &options.paths,
            Self::Snapshot(options) => &options.paths,
            _ => return Ok(None),
        };
        for path in &paths.paths {
            if path.to_str().is_some_and(|text| text.contains("://")) {
                let message = format!("{} is a URL, and this command reads files and folders", path.display());
                return Err(Failure::new(message, "`routescope where URL` says where it goes"));
            }
            source.filename.push(path.clone());
        }
        Ok(None)
    }
}

/// What every command gets.
pub struct Context {
    source: SourceOptions,
    cluster: ClusterOptions,
    settings: SettingsOptions,
    output: OutputOptions,
}

impl Context {
    fn paint(&self) -> Paint {
        terminal::paint(&self.output)
    }

    /// `-n`.
    fn scope(&self) -> Scope {
        Scope::of(self.cluster.namespaces())
    }

    /// What is read, how, and what is looked at of it.
    fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading { scope: self.scope(), ..self.source.reading()? })
    }

    /// How a cluster is followed, with the files laid over it.
    fn following(&self, connection: Connection, worlds: Worlds) -> Result<live::Options, Failure> {
        let Reading { inputs, recursive, variables, channels, .. } = self.source.reading()?;
        Ok(live::Options {
            connection,
            settings: self.settings.settings(),
            overlay: inputs,
            recursive,
            variables,
            channel: channels.asked,
            worlds,
        })
    }

    /// Whether a cluster is read, alone or under files.
    fn reads_a_cluster(&self) -> bool {
        self.source.inputs().is_empty() || self.cluster.ask_for_a_cluster()
    }
}

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Yes, clean, the same: exit code 0.
    Yes,
    /// No, findings, different: exit code 1.
    No,
    /// Some of it could not be done, and that was said: exit code 2.
    Partly,
    /// Ended by ctrl-c: exit code 130, as a shell has it.
    Interrupted,
    /// Ended by the signal of this number: exit code 128 and that, as a shell has it.
    Signalled(u8),
}

impl Verdict {
    fn from_no(no: bool) -> Self {
        if no { Self::No } else { Self::Yes }
    }
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(mistake) => {
            // Help and version go to standard output with 0, mistakes to standard error with 2.
            let code = if mistake.error.use_stderr() { 2 } else { 0 };
            terminal::write_clap(*mistake);
            return ExitCode::from(code);
        }
    };
    match run(arguments) {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Ok(Verdict::Partly) => ExitCode::from(2),
        Ok(Verdict::Interrupted) => ExitCode::from(130),
        Ok(Verdict::Signalled(number)) => ExitCode::from(128_u8.saturating_add(number)),
        Err(failure) => {
            terminal::write_err(&failure.lines());
            ExitCode::from(2)
        }
    }
}

fn run(Arguments { command, explore, mut source, cluster, settings, output }: Arguments) -> Result<Verdict, Failure> {
    let command = command.unwrap_or(Command::Tui(explore));
    let url = command.takes(&mut source)?;
    let context = Context { source, cluster, settings, output };
    match command {
        Command::Tui(_) => explore::run(url, &context),
        Command::Tree(options) => tree::run(&options, &context),
        Command::Where(options) => where_cmd::run(&options, &context),
        Command::Routes(options) => routes::run(&options, &context),
        Command::Status(options) => status::run(&options, &context),
        Command::Check(options) => check::run(&options, &context),
        Command::Diff(options) => diff::run(&options, &context),
        Command::Test(options) => test::run(&options, &context),
        Command::Reach(options) => reach::run(&options, &context),
        Command::Explain(options) => explain::run(&options, &context),
        Command::Snapshot(options) => snapshot::run(&options, &context),
        Command::Config(options) => config::run(&options),
        Command::Info(options) => info::run(&options, &context),
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    }
}
