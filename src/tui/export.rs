//! `:export FILE`: the view as a picture or as text, the answer or the tree as Markdown.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::context_pane::PaneContent;
use super::state::State;
use super::{copy, picture, view};
use routescope_core::visible::visible_lines;
use routescope_manifest::atomic_write::{Overwrite, is_there, save};
use routescope_render::terminal::Paint;
use routescope_render::tree;

/// What a file is to hold, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A picture of the screen.
    Svg,
    /// The text of the screen.
    Text,
    /// The explanation of the answer, or the tree.
    Markdown,
}

impl Form {
    /// The form that a file's name asks for; what is wrong otherwise.
    pub fn of(path: &str) -> Result<Self, String> {
        match Path::new(path).extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("txt") => Ok(Self::Text),
            Some("md") => Ok(Self::Markdown),
            _ => Err(format!("{path} is not .svg, .txt or .md: the end of the name says what is written")),
        }
    }
}

/// What is written into a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// This.
    Text(String),
    /// The whole tree of a world, which may take a while.
    #[allow(missing_docs)]
    Tree { world: PaneContent, title: String, ascii: bool },
    /// Nothing was read yet.
    Nothing,
}

/// What the screen, as it is now, is in a form.
pub fn content(state: &State, form: Form) -> Content {
    let screen = || {
        let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
        view::paint(state, &mut buffer);
        buffer
    };
    match form {
        Form::Svg => Content::Text(picture::svg(&screen(), state.theme(), state.background, &about(state))),
        Form::Text => Content::Text(picture::text(&screen())),
        Form::Markdown => match (copy::markdown(state), &state.side().world) {
            (Some(explanation), _) => Content::Text(explanation),
            (None, Some(world)) => Content::Tree { world: world.clone(), title: title(state), ascii: state.ascii },
            (None, None) => Content::Nothing,
        },
    }
}

fn title(state: &State) -> String {
    if state.side().live.is_some() { state.name(state.active) } else { state.title.clone() }
}

/// What a picture shows, for who cannot see it.
fn about(state: &State) -> String {
    let mut about = format!("routescope: {}", title(state));
    if let Some(question) = state.ask.asked(None) {
        let _ = write!(about, ": where does {} go?", question.line().plain());
    }
    about
}

/// Writes a file, unless it is there already and may not be overwritten. Returns where it is, or why it is not written.
pub fn write(path: &str, overwrite: bool, content: Content) -> Result<String, String> {
    let path = in_home(path);
    let text = match content {
        Content::Text(text) => text,
        Content::Tree { world, title, ascii } => {
            let tree = tree::text(&world.outline, Paint { color: false, ascii }, false);
            format!("`{title}`\n\n```text\n{tree}```\n")
        }
        Content::Nothing => return Err("nothing was read yet".to_owned()),
    };
    let overwrite = if overwrite { Overwrite::Any } else { Overwrite::Nothing };
    match save(&path, &visible_lines(&text), overwrite) {
        Ok(()) => Ok(path.display().to_string()),
        Err(_) if overwrite == Overwrite::Nothing && is_there(&path) => {
            Err(format!("{} is there already: :export! overwrites it", path.display()))
        }
        Err(error) => Err(error.message),
    }
}

/// A path that begins with `~/` is in the home folder, as a shell has it.
fn in_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_name_says_what_is_written() {
        assert_eq!(Form::of("a/b.SVG"), Ok(Form::Svg));
        assert_eq!(Form::of("my view.txt"), Ok(Form::Text));
        assert_eq!(Form::of("x.md"), Ok(Form::Markdown));
        assert!(Form::of("x.png").is_err_and(|told| told.starts_with("x.png is not .svg, .txt or .md")));
        assert!(Form::of("svg").is_err());
    }

    #[test]
    fn a_file_that_is_there_stays_unless_it_is_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let path = path.to_str().unwrap();
        let write = |text: &str, overwrite| write(path, overwrite, Content::Text(text.to_owned()));
        assert_eq!(write("one\n", false), Ok(path.to_owned()));
        assert!(write("two\n", false).unwrap_err().ends_with("a.txt is there already: :export! overwrites it"));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one\n");
        assert_eq!(write("two\n", true), Ok(path.to_owned()));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "two\n");
        let nowhere = folder.path().join("none/a.txt");
        let told = super::write(nowhere.to_str().unwrap(), false, Content::Text(String::new())).unwrap_err();
        assert!(told.starts_with("cannot write ") && told.contains("No such file"), "{told}");
    }
}
