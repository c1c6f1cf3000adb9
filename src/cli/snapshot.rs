//! `routescope snapshot`: what was read, saved to be loaded with `-f`.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use std::path::{Path, PathBuf};

use clap::Args;

use routescope_core::model::Meta;
use routescope_core::visible::visible;
use routescope_manifest::atomic_write::{self, Overwrite};
use routescope_manifest::raw_manifest;
use routescope_render::phrases;
use routescope_render::snapshot::{self, About, MARKER};

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::Paths;
use super::{Context, Verdict, terminal};

/// Save the input (a cluster, files, or files over a cluster), to be loaded with -f: for a colleague or a bug report
///
/// The file holds the objects that routing reads, and what of the world was seen in full: answers from it are those from
/// the cluster. It never holds a Secret, nor what ConfigMaps hold; names of hosts, headers and their values are as they are
/// written. -n does not narrow it. Loaded together with other files, it speaks for them, too. Settings are not saved: give
/// the same ones.
#[derive(Debug, Clone, Args)]
pub struct SnapshotOptions {
    /// What to read.
    #[command(flatten)]
    pub paths: Paths,

    /// The file to write; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-", help_heading = "Output")]
    pub output: PathBuf,

    /// Overwrite a file though it is not a snapshot
    #[arg(long, help_heading = "Output")]
    pub force: bool,
}

impl SnapshotOptions {
    fn file(&self) -> Option<(&Path, Overwrite)> {
        let overwrite = if self.force { Overwrite::Any } else { Overwrite::Own(MARKER) };
        (self.output != Path::new("-")).then_some((self.output.as_path(), overwrite))
    }
}

/// Saves the world.
pub fn run(options: &SnapshotOptions, context: &Context) -> Result<Verdict, Failure> {
    if context.cluster.context.len() > 1 {
        return Err(Failure::new(
            format!("a snapshot is of one world, and {} contexts are named", context.cluster.context.len()),
            "save one context at a time",
        ));
    }
    // Told before anyone waits for a cluster.
    if let Some((path, overwrite)) = options.file() {
        atomic_write::may_write(path, overwrite)?;
    }
    answer::run(options, context, false)
}

impl Question for SnapshotOptions {
    fn shape(&self) -> OutputForm {
        OutputForm::Yaml
    }

    fn needs_every_file(&self) -> bool {
        true
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let about = About {
            name: world.context.clone().unwrap_or_else(|| context.source.title()),
            taken: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            version: env!("CARGO_PKG_VERSION"),
            channel: world.channel.map(|channel| channel.channel.name()),
            channel_assumed: world.channel.is_some_and(|channel| channel.is_assumed),
        };
        let objects = snapshot::objects(&world.analysis.snapshot);
        let metas: Vec<&Meta> = objects.iter().map(|(_, meta)| *meta).collect();
        let originals = raw_manifest::of(&metas);
        let lost = originals.iter().filter(|original| original.is_none()).count();
        if lost > 0 {
            return Err(Failure {
                message: format!("cannot save the world: the text of {} is not known", phrases::count(lost, "object")),
                hint: None,
            }
            .into());
        }
        let text = snapshot::text(&world.analysis, &about, &objects, originals);
        let Some((path, overwrite)) = self.file() else {
            take(Answer::Text(text))?;
            return Ok(Verdict::Yes);
        };
        atomic_write::save(path, &text, overwrite).map_err(Failure::from)?;
        let count = phrases::count(objects.len(), "object");
        let saved = format!("saved {count} of {} to {}", about.name, path.display());
        terminal::write_err(&format!("{}\n", visible(&saved)));
        Ok(Verdict::Yes)
    }
}
