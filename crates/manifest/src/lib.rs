//! All input: files, standard input, kustomize, clusters. Nothing else in the crate reads anything. ([`atomic_write`] writes what
//! was read.)

mod admission;
pub mod atomic_write;
pub mod channel;
pub mod decode;
pub mod demo;
pub mod encoding;
mod fast_yaml;
pub mod files;
mod flux;
pub mod git;
mod json;
pub mod kubectl_yaml;
mod kustomization;
mod kustomize;
mod last_good;
pub mod limits;
mod mapping;
mod placeholder;
pub mod raw_manifest;
mod repository;
pub mod request_file;
pub mod route_test;
pub mod scalar;
mod split;
mod text;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decode::Seen;
use routescope_core::analysis::Analysis;
use routescope_core::finding::Finding;
use routescope_core::model::{Object, Source};
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Store};

pub use channel::{Channel, Channels, ChosenChannel};
pub use last_good::{LastGood, MOMENT, Stale};
pub use placeholder::{Filling, Variables};
pub use repository::{Repository, shown};

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects, in order of file and document.
    pub objects: Vec<Object>,
    /// What could not be read, or was odd.
    pub findings: Vec<Finding>,
    /// Kinds that routing does not need, and how many of each were passed over (`Deployment.apps` → 3).
    pub ignored: BTreeMap<String, usize>,
    /// What saved worlds say of themselves.
    pub worlds: Vec<Seen>,
    /// How many files (or other texts) were read.
    pub files: usize,
    /// The paths that were read or looked into, to be watched for changes.
    pub watch: Vec<std::path::PathBuf>,
    /// What was found in a folder that was read with all below it.
    pub repository: Option<Repository>,
    /// The files whose earlier content counts: half a save is not another world.
    pub stale: Stale,
    /// Every text that was read, manifest or not.
    pub sources: Vec<Arc<Source>>,
    /// The channel of the Gateway API whose CRDs the objects were read with.
    pub channel: ChosenChannel,
}

/// Nothing could be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What was attempted and why it failed, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SourceError {}

/// Reads a YAML text, as if it were a file named `test.yaml`, and analyses it.
pub fn analyse_text(text: &str, coverage: Coverage, settings: Settings) -> Analysis {
    let loaded = files::load_text("test.yaml", text);
    let mut store = Store::default();
    let mut findings = loaded.findings;
    findings.extend(store.apply(Change::Replace { objects: loaded.objects, coverage }));
    Analysis::of(Arc::new(store.snapshot()), settings, findings)
}
