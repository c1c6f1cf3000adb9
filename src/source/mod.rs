//! All input: files, standard input, kustomize, clusters. Nothing else in the crate reads anything. ([`save`] writes what
//! was read.)

pub mod cluster;
pub mod demo;
mod encoding;
pub mod files;
mod json;
mod kustomize;
pub mod original;
pub mod plain;
pub mod save;
mod scalar;
mod simple;
mod split;
mod text;
mod yaml;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::model::Object;
use crate::model::decode::Seen;

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
