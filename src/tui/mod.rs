//! The explorer: the delegation tree, and where a URL goes through it, answered while one types.
//!
//! ```text
//! terminal events ─┐
//! loads, clusters ─┼─► Message ─► update(State) ─► view(State) ─► Frame
//! filter results ──┘                  └─► Effect (reload, copy, edit, filter, compare, quit): the only way out
//! ```
//!
//! `update` and `view` are pure: no IO, no clock, no environment. Whatever takes time runs off the task that draws, and
//! comes back as a message; of several analyses only the newest counts; a frame is drawn only when something changed.

pub mod action;
pub mod answer;
pub mod apart;
pub mod change_highlights;
mod cluster_task;
pub mod command;
pub mod compare;
pub mod context_pane;
mod copy;
mod editor;
pub mod effect;
mod endpoint_details;
pub mod export;
mod fault;
pub mod filter;
pub mod folds;
mod help;
pub mod jumps;
pub mod keep;
pub mod keymap;
pub mod links;
pub mod live;
pub mod locate;
mod locator;
pub mod log;
pub mod node_details;
pub mod object;
pub mod overlay;
pub mod panes;
pub mod paste;
pub mod path_view;
pub mod pending;
pub mod picture;
pub mod pins;
pub mod query;
mod recorded_status;
pub mod rows;
mod runtime;
pub mod sheet;
mod signals;
pub mod state;
pub mod survey;
mod terminal;
pub mod together;
pub mod update;
pub mod url_bar;
pub mod view;
pub mod widget;
pub mod window;
pub mod witness;
pub mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use routescope_cluster::live::Changed;
use routescope_core::analysis::Analysis;
use routescope_manifest::SourceError;

/// How the explorer starts.
pub struct Options {
    /// What is explored, for the header (`demo`, the paths).
    pub title: String,
    /// The options that name the source, for a command line that asks again.
    pub source_arguments: String,
    /// The theme asked for on the command line; it beats the configuration.
    pub theme: Option<String>,
    /// ASCII only, asked for on the command line.
    pub ascii: bool,
    /// How many colours may be used: what the terminal has, as far as `NO_COLOR` and `--color` allow.
    pub colors: crate::theme::depth::Depth,
    /// A URL to start with.
    pub url: Option<String>,
    /// What is looked at, to start with.
    pub scope: routescope_render::scope::Scope,
    /// The person's settings and themes ([`crate::config::load`]).
    pub config: crate::config::Loaded,
    /// Where the world comes from.
    pub source: Source,
    /// The sources, where several are read as one.
    pub parts: Vec<(apart::Part, Loader)>,
    /// What is kept between runs, and where; `None` keeps nothing.
    pub kept: Option<(crate::kept::Store, crate::kept::Kept)>,
}

/// Where the world comes from.
pub enum Source {
    /// Files: read at the start and at every reload, off the drawing task.
    Files(Loader),
    /// Clusters, followed side by side.
    Clusters(Box<ClusterSource>),
}

/// Clusters to follow.
#[derive(Debug, Clone)]
pub struct ClusterSource {
    /// How, and under which settings; the context is each one's own.
    pub options: routescope_cluster::live::Options,
    /// The contexts, at least one; `None` is the current one of the kubeconfig.
    pub contexts: Vec<Option<String>>,
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The world.
    pub analysis: Arc<Analysis>,
    /// What changed since it was read before, the latest last; empty for the first time.
    pub changes: Vec<Changed>,
    /// What else could be asked of it, told at the start.
    pub hint: Option<String>,
}

impl Reading {
    /// The first one.
    pub fn first(analysis: Arc<Analysis>) -> Self {
        Self { analysis, changes: Vec::new(), hint: None }
    }
}

/// Reads and analyses the sources.
pub type Loader = Arc<dyn Fn() -> Result<Load, SourceError> + Send + Sync>;

/// What a [`Loader`] brings.
#[derive(Debug, Clone)]
pub struct Load {
    /// The world.
    pub analysis: Arc<Analysis>,
    /// The files and folders to watch; a change there loads again.
    pub watch: Vec<PathBuf>,
    /// After so long to load again: what is missing now may be back.
    pub again: Option<Duration>,
    /// What else could be asked of it.
    pub hint: Option<String>,
}

/// Why the explorer could not run.
#[derive(Debug)]
pub enum RunError {
    /// The first load failed, or the cluster could not be reached.
    Load(SourceError),
    /// The terminal failed.
    Terminal(std::io::Error),
    /// It was ended by the signal of this number.
    Signal(u8),
    /// A task panicked; what it said is on the screen already.
    Panicked,
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Load(error) => write!(f, "{error}"),
            Self::Terminal(error) => write!(f, "cannot use the terminal: {error}"),
            Self::Signal(number) => write!(f, "ended by signal {number}"),
            Self::Panicked => f.write_str("a part of the explorer panicked"),
        }
    }
}

impl std::error::Error for RunError {}

/// Runs the explorer until the person leaves. The terminal is restored however that happens.
pub fn run(options: Options) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(RunError::Terminal)?;
    let result = runtime.block_on(runtime::explore(options));
    // A load or a search that nobody waits for any more must not hold up leaving.
    runtime.shutdown_background();
    result
}
