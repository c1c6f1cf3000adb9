//! Every environment variable that counts: the one list of them, for `--help` and `routescope info`.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};
use routescope_cluster::secrets;

use super::Arguments;

/// Variables that belong together.
pub struct Variables {
    /// As `--help` writes them.
    shown: &'static str,
    /// Their names.
    names: &'static [&'static str],
    /// What they do.
    doc: &'static str,
}

/// Every variable that counts, beside those that `--help` names with their options.
const TABLE: &[Variables] = &[
    row("NO_COLOR, CLICOLOR=0", &["NO_COLOR", "CLICOLOR"], "no colours, as with TERM=dumb; --color beats them"),
    row("CLICOLOR_FORCE=1", &["CLICOLOR_FORCE"], "colours in a pipe, too"),
    row("TERM, COLORTERM", &["TERM", "COLORTERM"], "how many colours the terminal has"),
    row("COLUMNS", &["COLUMNS"], "the width of text, instead of the terminal's"),
    row("KUBECONFIG", &["KUBECONFIG"], "the kubeconfig, or several with : between"),
    row(
        "KUBERNETES_SERVICE_HOST",
        &["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE"],
        "set inside a pod, whose own cluster is then read",
    ),
    row(
        "HTTPS_PROXY, NO_PROXY",
        &["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"],
        "the way to the cluster, as kubectl takes it",
    ),
    row("VISUAL, EDITOR", &["VISUAL", "EDITOR"], "what opens a file from the explorer"),
    row("PATH", &["PATH"], "where kubectl, kustomize, helm and credential plugins are"),
    row("XDG_CONFIG_HOME", &["XDG_CONFIG_HOME"], "where configuration and themes are"),
    row("XDG_STATE_HOME", &["XDG_STATE_HOME"], "where questions, pins, theme and pane sizes are kept"),
    row("ROUTESCOPE_STATE=no", &["ROUTESCOPE_STATE"], "the explorer keeps nothing between runs"),
    row("HOME", &["HOME"], "where they are without these, and ~/.kube/config"),
    row("TZ", &["TZ"], "the time zone that times are shown in"),
];

const fn row(shown: &'static str, names: &'static [&'static str], doc: &'static str) -> Variables {
    Variables { shown, names, doc }
}

/// The part of `--help` about variables.
pub fn help() -> String {
    let mut text = String::from("Environment (an empty variable is not set; 1, yes, on mean true):\n");
    let options = row("ROUTESCOPE_…", &[], "the options above that name one");
    for Variables { shown, doc, .. } in [&options].into_iter().chain(TABLE) {
        let _ = writeln!(text, "  {shown:<24} {doc}");
    }
    text
}

/// A variable, and what it is now.
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is set to, without secrets; `None` when it is not set, or to nothing.
    pub value: Option<String>,
    /// What it does.
    pub doc: String,
}

/// Every variable that the program reads, as it is now.
pub fn variables() -> Vec<Variable> {
    let mut all = options(&Arguments::command());
    all.sort();
    all.dedup();
    let table = TABLE.iter().flat_map(|row| row.names.iter().map(|name| ((*name).to_owned(), row.doc.to_owned())));
    let with_value = |(name, doc): (String, String)| {
        let value = std::env::var_os(&name).map(|value| value.to_string_lossy().into_owned());
        let value = value.filter(|value| !value.is_empty()).map(|value| without_secrets(&name, &value));
        Variable { name, value, doc }
    };
    all.into_iter().chain(table).map(with_value).collect()
}

/// The variables of the options of a command and those below it.
fn options(command: &Command) -> Vec<(String, String)> {
    let own = command.get_arguments().filter_map(|option| {
        let name = option.get_env()?.to_string_lossy().into_owned();
        Some((name, format!("--{}", option.get_long().unwrap_or_default())))
    });
    own.chain(command.get_subcommands().flat_map(options)).collect()
}

/// A value that may be shown: no user and password of a URL, and nothing that looks like a secret.
fn without_secrets(name: &str, value: &str) -> String {
    let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
    let shown = if is_proxy || value.contains("://") { secrets::without_user_info(value) } else { value.to_owned() };
    secrets::redact(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        for (name, value, shown) in [
            ("HTTPS_PROXY", "http://me:pass@proxy:3128", "http://proxy:3128"),
            ("https_proxy", "t0ken@proxy:3128", "proxy:3128"),
            ("EDITOR", "env API_TOKEN=abc vi", "env API_TOKEN=… vi"),
            ("EDITOR", "vi", "vi"),
            ("KUBECONFIG", "/home/me@work/config:/tmp/b", "/home/me@work/config:/tmp/b"),
            ("ROUTESCOPE_THEME", "https://me:pass@x", "https://x"),
        ] {
            assert_eq!(without_secrets(name, value), shown);
        }
    }

    #[test]
    fn options_with_a_variable_are_in_the_list() {
        let names: Vec<String> = variables().into_iter().map(|variable| variable.name).collect();
        assert!(
            ["ROUTESCOPE_THEME", "ROUTESCOPE_FAIL_ON", "TZ"].iter().all(|name| names.iter().any(|one| one == name))
        );
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "a variable is there twice");
    }
}
