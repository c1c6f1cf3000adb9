//! One world taken apart to be compared: sources of files that were read as one, or a cluster and the same cluster with
//! files laid over it.

use super::context_pane::{ContextId, ContextPane};

/// One of several sources of files that are read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called: its path, without what all of them begin with.
    pub name: String,
    /// The options that name it, for a command line that asks again.
    pub arguments: String,
}

/// What is beside what was there before, for as long as it is compared.
#[derive(Debug)]
pub enum Apart {
    /// This side: the cluster without the files.
    Bare(ContextId),
    /// Every side: one for each source. What they are together waits here.
    Parts(Box<ContextPane>),
}

/// The paths without the folders that all of them begin with. One name stays of each.
pub fn short_names(paths: &[String]) -> Vec<String> {
    let split: Vec<Vec<&str>> = paths.iter().map(|path| path.trim_end_matches('/').split('/').collect()).collect();
    let is_common = |at: &usize| split.iter().all(|parts| parts.get(*at) == split[0].get(*at));
    // The last name of the shortest path stays.
    let shortest = split.iter().map(Vec::len).min().unwrap_or_default();
    let common = (0..shortest.saturating_sub(1)).take_while(is_common).count();
    split.iter().map(|parts| parts[common..].join("/")).collect()
}

#[cfg(test)]
mod tests {
    use super::short_names;

    #[test]
    fn a_name_is_what_a_path_has_for_itself() {
        let short = |paths: &[&str]| short_names(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        assert_eq!(short(&["deploy/overlays/dev/", "deploy/overlays/prod"]), ["dev", "prod"]);
        assert_eq!(short(&["a/x.yaml", "b/x.yaml"]), ["a/x.yaml", "b/x.yaml"]);
        assert_eq!(short(&["/a/b", "/a/b/c"]), ["b", "b/c"]);
        assert_eq!(short(&["x", "x"]), ["x", "x"]);
        assert_eq!(short(&[]), Vec::<String>::new());
    }
}
