//! The command line: its words, and what may stand behind each of them. What a command does is the update's business.

use std::collections::BTreeSet;

use tui_input::Input;

use super::action::{ACTIONS, Action, Entry, Scope};
use super::state::State;
use routescope_core::finding::closest;

/// The command line, while it is open.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// What is typed.
    pub input: Input,
    /// Why what was entered is not a command.
    pub problem: Option<String>,
    /// What was typed before `tab` went through the completions, and which of them stands there.
    pub completing: Option<(String, usize)>,
}

/// A word of the command line, beside the names of the actions.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What stands behind it.
    pub operand: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// The words.
pub const WORDS: &[Word] = &[
    Word {
        name: "ctx",
        operand: "[NAME …]",
        doc: "go to another context of the kubeconfig, or follow several side by side; without a name, pick one",
    },
    Word { name: "only", operand: "", doc: "follow no more than the context you look at" },
    Word {
        name: "ns",
        operand: "[NAME|all]",
        doc: "show what touches a namespace (a,b for several); without a name, pick one",
    },
    Word { name: "pin", operand: "[URL]", doc: "pin a URL with its answer; without one, what stands in the URL bar" },
    Word { name: "theme", operand: "[NAME]", doc: "use a theme; without a name, pick one" },
    Word {
        name: "export",
        operand: "FILE",
        doc: "write the view: FILE.svg a picture, FILE.txt its text, FILE.md the answer or the tree; export! overwrites",
    },
    Word { name: "reload", operand: "", doc: "reload the sources; reconnect to the cluster" },
    Word { name: "help", operand: "", doc: "show all keys" },
    Word { name: "q", operand: "", doc: "leave" },
];

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing.
    Nothing,
    /// Go to a context, or to several, or list them.
    Context(Option<String>),
    /// Follow no more than the context that is looked at.
    Only,
    /// Show what touches some namespaces, or list them; `all` is everything.
    Namespaces(Option<String>),
    /// Pin a URL.
    Pin(String),
    /// Write the view into a file.
    #[allow(missing_docs)]
    Export { path: String, overwrite: bool },
    /// Use a theme.
    Theme(String),
    /// Do an action of the table.
    Act(Action),
}

/// Understands a line; what is wrong otherwise, with the closest word.
pub fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim().trim_start_matches(':').trim();
    let (word, operand) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let operand = Some(operand.trim().to_owned()).filter(|operand| !operand.is_empty());
    let is_named = |entry: &&Entry| is_offered(entry) && entry.name.eq_ignore_ascii_case(line);
    Ok(match (word.to_ascii_lowercase().as_str(), operand) {
        ("", _) => Command::Nothing,
        ("ctx" | "context" | "contexts", name) => Command::Context(name),
        ("only", None) => Command::Only,
        ("ns" | "namespace" | "namespaces", names) => Command::Namespaces(names),
        ("pin", Some(url)) => Command::Pin(url),
        ("export" | "export!", None) => return Err("export needs a file: FILE.svg, FILE.txt or FILE.md".to_owned()),
        (word @ ("export" | "export!"), Some(path)) => Command::Export { path, overwrite: word.ends_with('!') },
        ("theme", Some(name)) => Command::Theme(name),
        ("theme" | "themes", None) => Command::Act(Action::PickTheme),
        ("q" | "q!" | "qa" | "quit", None) => Command::Act(Action::Quit),
        ("h" | "help", None) => Command::Act(Action::Help),
        _ => match ACTIONS.iter().find(is_named) {
            Some(entry) => Command::Act(entry.action),
            None => return Err(unknown(line, word)),
        },
    })
}

/// Actions of windows and of the URL bar mean nothing anywhere else.
fn is_offered(entry: &Entry) -> bool {
    !matches!(entry.scope, Scope::Window | Scope::Ask | Scope::Command) && entry.action != Action::Command
}

fn unknown(line: &str, word: &str) -> String {
    let names = || WORDS.iter().map(|word| word.name).chain(ACTIONS.iter().filter(|e| is_offered(e)).map(|e| e.name));
    match closest(line, names()).or_else(|| closest(word, names())) {
        Some(near) => format!("no command {line}: did you mean {near}?"),
        None => format!("no command {line}: tab completes, :help shows all"),
    }
}

/// The lines that what is typed may become.
pub fn completions(state: &State, typed: &str) -> Vec<String> {
    let typed = typed.trim_start();
    if let Some((word, operand)) = typed.split_once(' ') {
        let candidates: Vec<String> = match word {
            "ctx" | "context" => state.contexts.iter().map(|context| context.name.clone()).collect(),
            "ns" | "namespace" => {
                let mut names = vec!["all".to_owned()];
                names.extend(namespaces(state).into_iter().map(|(name, _)| name));
                names
            }
            "theme" => state.themes.iter().map(|theme| theme.name.clone()).collect(),
            _ => Vec::new(),
        };
        if !candidates.is_empty() || matches!(word, "ctx" | "ns" | "theme") {
            let apart = match word {
                "ns" | "namespace" => Some(','),
                "ctx" | "context" => Some(' '),
                _ => None,
            };
            let (before, last) = match apart.and_then(|apart| Some((apart, operand.trim_start().rsplit_once(apart)?))) {
                Some((apart, (before, last))) => (format!("{before}{apart}"), last),
                None => (String::new(), operand),
            };
            let fits = |name: &&String| name.starts_with(last.trim_start());
            return candidates.iter().filter(fits).map(|name| format!("{word} {before}{name}")).collect();
        }
    }
    let words = WORDS.iter().map(|word| word.name);
    let actions = ACTIONS.iter().filter(|entry| is_offered(entry)).map(|entry| entry.name);
    let mut found: Vec<String> = Vec::new();
    for name in words.chain(actions).filter(|name| name.starts_with(typed)) {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// What all of these begin with.
pub fn common(lines: &[String]) -> &str {
    let Some(first) = lines.first() else { return "" };
    let shared = |other: &String| -> usize {
        let pairs = first.chars().zip(other.chars());
        pairs.take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
    };
    let end = lines.iter().map(shared).min().unwrap_or_default();
    &first[..end]
}

/// The namespaces that are known of, and whether all in them may be read.
pub fn namespaces(state: &State) -> Vec<(String, bool)> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for world in state.sides.iter().filter_map(|side| side.world.as_ref()) {
        let snapshot = &world.analysis.snapshot;
        names.extend(snapshot.namespaces.keys().map(|name| &**name));
        names.extend(snapshot.routes.iter().map(|route| &*route.meta.namespace));
        names.extend(world.analysis.tree.gateways.iter().map(|node| &*node.gateway.meta.namespace));
    }
    let statuses = state.sides.iter().filter_map(|side| side.live.as_ref()?.status.as_ref());
    let refused: BTreeSet<&str> =
        statuses.flat_map(|status| &status.unreadable).filter_map(|one| one.namespace.as_deref()).collect();
    names.extend(&refused);
    names.into_iter().filter(|name| !name.is_empty()).map(|name| (name.to_owned(), !refused.contains(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_names_of_actions_and_slips_are_told_apart() {
        assert_eq!(parse("ctx prod"), Ok(Command::Context(Some("prod".to_owned()))));
        assert_eq!(parse(":ns"), Ok(Command::Namespaces(None)));
        assert_eq!(parse("fold all"), Ok(Command::Act(Action::FoldAll)));
        assert_eq!(parse("q"), Ok(Command::Act(Action::Quit)));
        assert_eq!(parse("reload"), Ok(Command::Act(Action::Reload)));
        assert_eq!(parse(" "), Ok(Command::Nothing));
        let export = |path: &str, overwrite| Ok(Command::Export { path: path.to_owned(), overwrite });
        assert_eq!(parse("export My View.svg"), export("My View.svg", false));
        assert_eq!(parse("export! a.md"), export("a.md", true));
        assert!(parse("export").is_err_and(|error| error.contains("FILE.svg")));
        assert!(parse("relaod").is_err_and(|error| error.contains("did you mean reload?")));
        assert!(parse("theem dark").is_err_and(|error| error.contains("did you mean theme?")));
    }

    #[test]
    fn what_lines_have_in_common_is_whole_letters() {
        let lines = ["prod-eu".to_owned(), "prod-us".to_owned()];
        assert_eq!(common(&lines), "prod-");
        assert_eq!(common(&["ä".to_owned(), "ö".to_owned()]), "");
        assert_eq!(common(&[]), "");
    }
}
