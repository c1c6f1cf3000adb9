//! `-k DIR`: what kustomize makes of a folder, through the tools on PATH; and what helm makes of a chart.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::kustomization::{self, Kustomization};
use super::text::Text;
use super::{SourceError, encoding};
use routescope_core::model::{Source, SourceKind};

/// So many files and folders of one source are watched.
const WATCHED: usize = 4096;

/// The tools that can do it, in the order they are tried, and their arguments before the folder.
const TOOLS: &[(&str, &str)] = &[("kubectl", "kustomize"), ("kustomize", "build")];

/// Runs kustomize over `folder`.
pub(super) fn build(folder: &Path) -> Result<Vec<u8>, SourceError> {
    if !folder.is_dir() {
        let message = format!("cannot build {}: no such folder", folder.display());
        return Err(SourceError { message, hint: Some("-k wants a folder with a kustomization.yaml".to_owned()) });
    }
    for (tool, verb) in TOOLS {
        if let Some(output) = run(tool, verb, folder)? {
            return Ok(output);
        }
    }
    let message = format!("cannot build {}: neither kubectl nor kustomize is on PATH", folder.display());
    let hint = format!("where one of them is: kubectl kustomize {} | routescope -f -", folder.display());
    Err(SourceError { message, hint: Some(hint) })
}

/// The files and folders that kustomize reads for a folder: a change there is a change of what it prints.
pub(super) fn reads(folder: &Path) -> Vec<PathBuf> {
    let mut seen = BTreeSet::from([folder.to_owned()]);
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop().filter(|_| seen.len() < WATCHED) {
        let Some(Kustomization { includes, patches, inputs, .. }) = own(&folder) else { continue };
        for path in includes.into_iter().chain(patches).chain(inputs).filter(|path| path.exists()) {
            if seen.insert(path.clone()) && path.is_dir() {
                waiting.push(path);
            }
        }
    }
    seen.into_iter().collect()
}

/// The kustomization of a folder.
fn own(folder: &Path) -> Option<Kustomization> {
    let files = kustomization::NAMES.iter().map(|name| folder.join(name));
    let (path, bytes) = files.into_iter().find_map(|path| Some((path.clone(), fs::read(&path).ok()?)))?;
    let (text, _) = encoding::decode(bytes);
    kustomization::read(&Text::of(&Arc::new(Source { name: path.display().to_string(), kind: SourceKind::File, text })))
}

/// A folder and all folders below it.
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while next < all.len() && all.len() < WATCHED {
        let entries = fs::read_dir(&all[next]).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        all.extend(folders);
        next += 1;
    }
    all
}

/// Runs `helm template` over a chart.
pub(super) fn render(chart: &Path) -> Result<Vec<u8>, SourceError> {
    run("helm", "template", chart)?.ok_or_else(|| {
        let message = format!("cannot render {}: helm is not on PATH", chart.display());
        SourceError { message, hint: None }
    })
}

/// Whether helm is on PATH.
pub(super) fn has_helm() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("helm").is_file())
}

/// What a tool prints of a folder; `None` when there is no such tool.
fn run(tool: &str, verb: &str, folder: &Path) -> Result<Option<Vec<u8>>, SourceError> {
    let mut command = Command::new(tool);
    command.arg(verb).arg(folder).stdin(Stdio::null());
    // Local files only: a remote base would be fetched, and git would ask for a password.
    command.env("GIT_ALLOW_PROTOCOL", "file").env("GIT_TERMINAL_PROMPT", "0");
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SourceError { message: format!("cannot run {tool} {verb}: {error}"), hint: None }),
    };
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let mut lines = complaint.lines().filter(|line| !line.trim().is_empty());
    let complaint = lines.clone().find(|line| line.to_ascii_lowercase().starts_with("error"));
    let complaint = complaint.or_else(|| lines.next_back()).unwrap_or("it gave no reason");
    // kubectl logs: `E1128 13:08:51.482057 17959 run.go:72] "command failed" err="…"`.
    let logged =
        complaint.split_once("\"command failed\" err=\"").map(|(_, error)| error.trim_end().trim_end_matches('"'));
    let complaint = logged.map_or_else(|| complaint.trim().to_owned(), |error| error.replace("\\\"", "\""));
    let message = format!("{tool} {verb} {} failed: {complaint}", folder.display());
    Err(SourceError { message, hint: None })
}
