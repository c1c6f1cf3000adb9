//! Where the explorer keeps what is kept between runs: under the name of the source that is explored.

use std::path::Path;

use routescope_cluster::{contexts, secrets};
use routescope_manifest::files::Input;

use super::Context;
use super::arguments::boolean;
use super::failure::Failure;
use crate::config::{self, Loaded};
use crate::kept::{Kept, Source, Store};

/// Whether anything is kept, and what says so; an error where that cannot be understood.
pub fn is_kept(config: &Loaded) -> Result<(bool, &'static str), Failure> {
    let variable = std::env::var("ROUTESCOPE_STATE").unwrap_or_default();
    if !variable.is_empty() {
        let says = boolean(&variable)
            .map_err(|hint| Failure::new(format!("ROUTESCOPE_STATE is {variable:?}, neither true nor false"), hint))?;
        return Ok((says, "ROUTESCOPE_STATE says so"));
    }
    let why = if config.config.state { "the default" } else { "config.toml says so" };
    Ok((config.config.state, why))
}

/// What is kept of the source, and where it will be written; `None` where nothing is kept. What cannot be read is one of
/// the problems of the configuration.
pub fn open(context: &Context, loaded: &mut Loaded) -> Result<Option<(Store, Kept)>, Failure> {
    let (kept, _) = is_kept(loaded)?;
    // The demo is for looking around, on a machine that is to stay as it was.
    let (Some(folder), true, false) = (config::state_folder(), kept, context.source.demo) else { return Ok(None) };
    let (store, kept, problems) = Store::open(folder, source(context));
    loaded.problems.extend(problems);
    Ok(Some((store, kept)))
}

/// What is explored. Clusters are told apart by context and server, whatever is laid over them; files by where they are.
fn source(context: &Context) -> Source {
    if !context.reads_a_cluster() {
        let inputs = context.source.inputs();
        let name = inputs.first().map(|input| match input {
            Input::Path(path) | Input::Kustomize(path) => last(path),
            _ => "stdin".to_owned(),
        });
        let key = inputs.iter().map(|input| match input {
            Input::Path(path) => format!("file {}", whole(path)),
            Input::Kustomize(path) => format!("kustomize {}", whole(path)),
            _ => "standard input".to_owned(),
        });
        return Source { name: name.unwrap_or_default(), key: key.collect::<Vec<_>>().join(", ") };
    }
    // Without a kubeconfig that can be read the names must do.
    let known = contexts(context.cluster.kubeconfig.as_deref()).unwrap_or_default();
    let current = known.iter().find(|one| one.current).map(|one| one.name.clone());
    let mut names = context.cluster.context.clone();
    if names.is_empty() {
        names.push(current.unwrap_or_else(|| "cluster".to_owned()));
    }
    let key = names.iter().map(|name| {
        let entry = known.iter().find(|one| one.name == *name).and_then(|one| one.server.clone());
        let server = context.cluster.server.clone().or(entry).unwrap_or_default();
        format!("context {name} at {}", secrets::without_user_info(&server))
    });
    Source { key: key.collect::<Vec<_>>().join(", "), name: names.join("-") }
}

/// The same path, wherever the program is started.
fn whole(path: &Path) -> String {
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    whole.unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// The last name of a path, for people.
fn last(path: &Path) -> String {
    let whole = whole(path);
    Path::new(&whole).file_name().map_or(whole.clone(), |name| name.to_string_lossy().into_owned())
}
