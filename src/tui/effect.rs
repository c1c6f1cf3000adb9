//! What `update` asks the outside world for: the only way out of the explorer.

use std::sync::Arc;
use std::time::Duration;

use super::side::{SideId, World};
use routescope_core::model::Name;
use routescope_render::outline::Outline;

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Draw everything anew, whatever the terminal shows.
    Redraw,
    /// Read and analyse the sources.
    Load,
    /// Follow the cluster of a context on a side, from the start; `None` is the kubeconfig's current one.
    #[allow(missing_docs)]
    Follow { side: SideId, epoch: u64, context: Option<String> },
    /// Follow the cluster of a side no more.
    Leave(SideId),
    /// Read a namespace, too, where the cluster as a whole may not be read.
    #[allow(missing_docs)]
    ReadNamespace { side: SideId, namespace: Name },
    /// List the contexts of the kubeconfig.
    Contexts,
    /// Put a text on the clipboard, by OSC 52.
    Copy(String),
    /// Open a file in the person's editor.
    #[allow(missing_docs)]
    Edit { path: String, line: u32 },
    /// Find the nodes that match.
    #[allow(missing_docs)]
    Filter { side: SideId, number: u64, query: String, world: World },
    /// Find what differs from one outline to the next.
    #[allow(missing_docs)]
    Compare { side: SideId, number: u64, old: Arc<Outline>, new: Arc<Outline> },
    /// Tell the time after so long: something settles then.
    Wake(Duration),
}

/// The command that opens `path` at `line`: most editors take `+line`, a few have their own way.
pub fn editor_command(editor: &str, path: &str, line: u32) -> Vec<String> {
    let mut words: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        words.push("vi".to_owned());
    }
    let program = words[0].rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe");
    let line = line.max(1);
    match program {
        "hx" | "helix" | "subl" | "zed" => words.push(format!("{path}:{line}")),
        "code" | "code-insiders" | "codium" | "cursor" => {
            // Without --wait the explorer would come back before anything was edited, which is fine: files are watched.
            words.push("--goto".to_owned());
            words.push(format!("{path}:{line}"));
        }
        "idea" | "goland" | "webstorm" => words.extend(["--line".to_owned(), line.to_string(), path.to_owned()]),
        _ => words.extend([format!("+{line}"), path.to_owned()]),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::editor_command;

    #[test]
    fn the_editor_opens_at_the_line() {
        assert_eq!(editor_command("vim", "a.yaml", 7), ["vim", "+7", "a.yaml"]);
        assert_eq!(editor_command("/usr/bin/hx", "a.yaml", 7), ["/usr/bin/hx", "a.yaml:7"]);
        assert_eq!(editor_command("code --wait", "a.yaml", 7), ["code", "--wait", "--goto", "a.yaml:7"]);
    }

    #[test]
    fn without_an_editor_there_is_vi_and_line_zero_is_the_first() {
        assert_eq!(editor_command("  ", "a b.yaml", 0), ["vi", "+1", "a b.yaml"]);
    }
}
