//! Kubeconfig files: which of them are read, how they are merged, and what is wrong with one.
//!
//! kube reads each file (relative paths in it count from the file's folder). Which files, and what a missing one means, is
//! decided here, since kube differs from kubectl in it: kubectl passes over files of `KUBECONFIG` that do not exist, and an
//! empty `current-context` is none.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

use super::credential_files;
use super::environment::Environment;
use crate::limits;
use crate::secrets::without_user_info;
use routescope_core::model::Name;
use routescope_manifest::{SourceError, encoding};

/// What the kubeconfig files say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    /// Their contents: of two entries of one name the first counts, whole.
    pub merged: Kubeconfig,
    /// The files that were there.
    pub read: Vec<PathBuf>,
    /// The files that were not.
    pub absent: Vec<PathBuf>,
}

/// A context of the kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextEntry {
    /// Its name.
    pub name: String,
    /// The name of its cluster.
    pub cluster: String,
    /// The server of that cluster.
    pub server: Option<String>,
    /// The name of its user.
    pub user: Option<String>,
    /// Its namespace; `default` when it names none.
    pub namespace: Name,
    /// Whether it is the current one.
    pub current: bool,
}

/// The files that count: the one that is named, else those of `KUBECONFIG`, else the one in the home folder.
fn paths(named: Option<&Path>, environment: &Environment) -> Vec<PathBuf> {
    match (named, &environment.kubeconfig) {
        (Some(path), _) => vec![path.to_owned()],
        (None, Some(paths)) => paths.clone(),
        (None, None) => environment.home.iter().map(|home| home.join(".kube").join("config")).collect(),
    }
}

/// The kubeconfigs that a `--kubeconfig` (or the environment) names, whether they exist or not.
pub fn kubeconfig_paths(kubeconfig: Option<&Path>) -> Vec<PathBuf> {
    paths(kubeconfig, &Environment::of_process())
}

impl Files {
    /// Reads the files that count.
    pub fn load(named: Option<&Path>, environment: &Environment) -> Result<Self, SourceError> {
        let mut files = Self::default();
        for path in paths(named, environment) {
            match read(&path) {
                Ok(config) => files.add(path, config)?,
                Err(Unread::File(error)) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                    files.absent.push(path);
                }
                Err(Unread::File(error)) => return Err(not_read(&path, &error)),
                Err(Unread::Text) => return Err(not_text(&path)),
                Err(Unread::Config(error)) => return Err(unreadable(&path, &error)),
            }
        }
        Ok(files)
    }

    fn add(&mut self, path: PathBuf, mut config: Kubeconfig) -> Result<(), SourceError> {
        if let Some(kind) = config.kind.take().filter(|kind| kind != "Config" && !kind.is_empty()) {
            return Err(SourceError {
                message: format!("cannot read kubeconfig {}: it is a {kind}, not a kubeconfig", path.display()),
                hint: Some("name the file that kubectl uses; manifests are read with -f".to_owned()),
            });
        }
        config.api_version = None;
        config.current_context = config.current_context.filter(|name| !name.is_empty());
        let merged = std::mem::take(&mut self.merged).merge(config);
        self.merged = merged.map_err(|error| unreadable(&path, &error))?;
        self.read.push(path);
        Ok(())
    }

    /// Nothing is configured at all.
    pub fn are_empty(&self) -> bool {
        let Kubeconfig { clusters, auth_infos, contexts, .. } = &self.merged;
        clusters.is_empty() && auth_infos.is_empty() && contexts.is_empty()
    }

    /// The files by name, for messages.
    pub fn names(&self) -> String {
        let all = if self.read.is_empty() { &self.absent } else { &self.read };
        match all.as_slice() {
            [] => "the kubeconfig".to_owned(),
            [one] => one.display().to_string(),
            [first, rest @ ..] => format!("{} (and {} more)", first.display(), rest.len()),
        }
    }

    /// The names of the contexts, for messages: all of them, or the first few.
    pub fn context_names(&self) -> Vec<&str> {
        self.merged.contexts.iter().map(|context| context.name.as_str()).collect()
    }
}

/// The contexts that a `--kubeconfig` (or the environment) offers, in order of the files.
pub fn contexts(kubeconfig: Option<&Path>) -> Result<Vec<ContextEntry>, SourceError> {
    contexts_in(kubeconfig, &Environment::of_process())
}

/// [`contexts`] in given surroundings.
pub fn contexts_in(kubeconfig: Option<&Path>, environment: &Environment) -> Result<Vec<ContextEntry>, SourceError> {
    let Files { merged, .. } = Files::load(kubeconfig, environment)?;
    let Kubeconfig { contexts, clusters, current_context, .. } = merged;
    let entry = |named: kube::config::NamedContext| {
        let context = named.context.unwrap_or_default();
        let cluster = clusters.iter().find(|cluster| cluster.name == context.cluster);
        ContextEntry {
            server: cluster.and_then(|cluster| cluster.cluster.as_ref()?.server.as_deref()).map(without_user_info),
            current: current_context.as_ref() == Some(&named.name),
            name: named.name,
            cluster: context.cluster,
            user: context.user.filter(|user| !user.is_empty()),
            namespace: Name::from(context.namespace.filter(|name| !name.is_empty()).as_deref().unwrap_or("default")),
        }
    };
    Ok(contexts.into_iter().map(entry).collect())
}

/// What keeps a file from being a kubeconfig.
enum Unread {
    File(std::io::Error),
    Text,
    Config(KubeconfigError),
}

/// Reads one file as kube does, which panics at some that are not text. Paths in it count from its folder.
fn read(path: &Path) -> Result<Kubeconfig, Unread> {
    let bytes = credential_files::bounded(path, limits::KUBECONFIG).map_err(Unread::File)?;
    let (text, lossy) = encoding::decode(bytes);
    if lossy {
        return Err(Unread::Text);
    }
    let mut config = Kubeconfig::from_yaml(&text).map_err(Unread::Config)?;
    let Some(folder) = path.parent() else { return Ok(config) };
    let settle = |path: &mut Option<String>| {
        if let Some(relative) = path.as_ref().filter(|path| !path.is_empty() && Path::new(path).is_relative()) {
            *path = folder.join(relative).to_str().map(str::to_owned).or(path.take());
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        settle(&mut cluster.certificate_authority);
    }
    for user in config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        settle(&mut user.client_certificate);
        settle(&mut user.client_key);
        settle(&mut user.token_file);
        // A plain name is looked for on the PATH.
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|command| command.contains(std::path::MAIN_SEPARATOR))
        {
            settle(&mut exec.command);
        }
    }
    Ok(config)
}

/// Why a file cannot be read.
fn not_read(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError {
        message: format!("cannot read kubeconfig {}: {}", path.display(), super::text(error)),
        hint: Some(match error.kind() {
            ErrorKind::NotFound => "check --kubeconfig".to_owned(),
            ErrorKind::PermissionDenied => "check who may read the file".to_owned(),
            _ => "check --kubeconfig and KUBECONFIG: each must name a file".to_owned(),
        }),
    }
}

fn not_text(path: &Path) -> SourceError {
    SourceError {
        message: format!("cannot read kubeconfig {}: it is not text", path.display()),
        hint: Some("a kubeconfig is YAML in UTF-8: is it the file that kubectl uses?".to_owned()),
    }
}

/// Why a file is not a kubeconfig. What it holds is never told: it may be a token.
fn unreadable(path: &Path, error: &KubeconfigError) -> SourceError {
    let path = path.display();
    match error {
        KubeconfigError::Parse(error) => {
            let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
            SourceError {
                message: format!(
                    "cannot read kubeconfig {path}{place}: {}",
                    without_values(&error.without_snippet().to_string())
                ),
                hint: Some(format!("fix that line; `kubectl config view --kubeconfig {path}` reads the same file")),
            }
        }
        other => SourceError { message: format!("cannot read kubeconfig {path}: {other}"), hint: None },
    }
}

/// A parser's sentence in one line, without what was found: `invalid type: string "…"` becomes `invalid type: string`.
fn without_values(sentence: &str) -> String {
    let line = sentence.lines().next().unwrap_or_default();
    let line = line.split_once(" at line ").map_or(line, |(before, _)| before);
    let mut out = String::new();
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                if !quoted {
                    out.push('…');
                }
            }
            _ if quoted => {}
            letter => out.push(letter),
        }
    }
    if let (true, Some((found, expected))) = (out.starts_with("invalid "), out.split_once(", expected ")) {
        let found = found.split(['`', '…']).next().unwrap_or_default().trim_end();
        return format!("{found}, expected {expected}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_found_is_not_told() {
        assert_eq!(
            without_values("invalid type: string \"eyJhbGciOi\", expected struct AuthInfo at line 3 column 9"),
            "invalid type: string, expected struct AuthInfo"
        );
        assert_eq!(
            without_values("invalid type: integer `12345`, expected a string"),
            "invalid type: integer, expected a string"
        );
        assert_eq!(without_values("missing field `name` at line 3, column 9"), "missing field `name`");
    }
}
