//! What this process is attached to: colours, width, and writing without minding a closed pipe.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use clap::error::{ContextKind, ContextValue};
use routescope_core::visible::{visible, visible_json, visible_lines, visible_painted};
use routescope_render::terminal::Paint;

use super::arguments::Mistake;
use crate::theme::depth::{Depth, is_dumb};

use super::options::{ColorChoice, OutputOptions};

/// How wide text is when it does not go to a terminal.
const PIPE_WIDTH: usize = 80;
/// In less nothing can be laid out.
const LEAST_WIDTH: usize = 40;

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a screen can be drawn on standard output: it is a terminal, and one that can do more than print lines.
pub fn can_be_drawn_on() -> bool {
    is_terminal() && !(cfg!(unix) && is_dumb(&std::env::var("TERM").unwrap_or_default()))
}

/// How many colours a screen may have. `--color=always` finds at least the sixteen that every terminal with colours has.
pub fn depth(choice: ColorChoice) -> Depth {
    depth_and_why(choice).0
}

/// The same, and what says so.
pub fn depth_and_why(choice: ColorChoice) -> (Depth, &'static str) {
    let (colored, why) = color_and_why(choice, true);
    match Depth::and_why(|name| std::env::var(name).ok()) {
        _ if !colored => (Depth::None, why),
        (Depth::None, _) if choice == ColorChoice::Always => (Depth::Sixteen, why),
        found => found,
    }
}

/// How to write lines to standard output.
pub fn paint(options: &OutputOptions) -> Paint {
    Paint { color: color(options.color, is_terminal()), ascii: options.ascii }
}

/// Whether to use colours. `--color` beats the environment; there `NO_COLOR` (<https://no-color.org>) beats
/// `CLICOLOR_FORCE`, and that `CLICOLOR` (<https://bixense.com/clicolors/>). A variable that is empty is not set.
pub fn color(choice: ColorChoice, terminal: bool) -> bool {
    color_and_why(choice, terminal).0
}

/// The same, and what says so.
pub fn color_and_why(choice: ColorChoice, terminal: bool) -> (bool, &'static str) {
    let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => (true, "--color or ROUTESCOPE_COLOR says always"),
        ColorChoice::Never => (false, "--color or ROUTESCOPE_COLOR says never"),
        ColorChoice::Auto if value("NO_COLOR").is_some() => (false, "NO_COLOR is set"),
        ColorChoice::Auto if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") => {
            (true, "CLICOLOR_FORCE is set")
        }
        ColorChoice::Auto if !terminal => (false, "standard output is not a terminal"),
        ColorChoice::Auto if value("CLICOLOR").as_deref() == Some("0") => (false, "CLICOLOR is 0"),
        ColorChoice::Auto if value("TERM").as_deref() == Some("dumb") => (false, "TERM is dumb"),
        ColorChoice::Auto => (true, "standard output is a terminal"),
    }
}

/// What `COLUMNS` says.
pub fn columns() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?.trim().parse().ok()?;
    (columns > 0).then_some(columns)
}

/// How many columns there are: `COLUMNS`, the terminal's, or 80.
pub fn width() -> usize {
    if let Some(columns) = columns() {
        return columns.max(LEAST_WIDTH);
    }
    if !is_terminal() {
        return PIPE_WIDTH;
    }
    terminal_size::terminal_size().map_or(PIPE_WIDTH, |(width, _)| usize::from(width.0).max(LEAST_WIDTH))
}

/// Whether there is someone to read what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// There is.
    There,
    /// The pipe is closed.
    Gone,
}

/// What is written, and so what may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Lines for a person, perhaps in colours, or any other text.
    Lines,
    /// JSON documents.
    Json,
    /// What this program holds itself, with nothing from elsewhere in it: scripts and manual pages.
    Own,
}

/// Writes data: all of it passes here, and nothing passes that a terminal would obey or hide. A closed pipe is not an
/// error: the reader has seen enough.
pub fn write_out(content: Content, text: &str) -> Result<Reader, io::Error> {
    let text = match content {
        Content::Lines => visible_painted(text),
        Content::Json => visible_json(text),
        Content::Own => Cow::Borrowed(text),
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}

/// Writes data as it comes: as [`write_out`], with nothing of it kept.
pub fn stream_out(content: Content, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Reader, io::Error> {
    let mut pieces = Pieces { content, held: Vec::with_capacity(2 * PIECE) };
    match write(&mut pieces).and_then(|()| pieces.pass_on(true)) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}

/// So many bytes are written at once.
const PIECE: usize = 64 << 10;

/// Data on its way, in pieces of whole characters.
struct Pieces {
    content: Content,
    held: Vec<u8>,
}

impl Pieces {
    /// Writes what is held: up to its last whole character, or all of it.
    fn pass_on(&mut self, all: bool) -> io::Result<()> {
        let whole = match std::str::from_utf8(&self.held) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&self.held[..error.valid_up_to()]).unwrap_or_default(),
        };
        // A piece without a whole character is none: what writes here writes text.
        if all && whole.len() < self.held.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "what is written is not text"));
        }
        match write_out(self.content, whole)? {
            Reader::Gone => Err(io::ErrorKind::BrokenPipe.into()),
            Reader::There => {
                let written = whole.len();
                self.held.drain(..written);
                Ok(())
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.pass_on(false)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on(false)
    }
}

/// Writes help to standard output, a mistake in the arguments to standard error: what was typed is quoted on its line.
pub fn write_clap(Mistake { mut error, hints, color: choice }: Mistake) {
    let typed: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, visible(text).into_owned())),
            _ => None,
        })
        .collect();
    for (kind, text) in typed {
        error.insert(kind, ContextValue::String(text));
    }
    let styled = error.render();
    let terminal = if error.use_stderr() { io::stderr().is_terminal() } else { is_terminal() };
    let mut text = if color(choice, terminal) { styled.ansi().to_string() } else { styled.to_string() };
    for hint in hints {
        text.push_str("hint: ");
        text.push_str(&visible(&hint));
        text.push('\n');
    }
    if error.use_stderr() {
        let _ = io::stderr().lock().write_all(visible_painted(&text).as_bytes());
    } else {
        let _ = write_out(Content::Lines, &text);
    }
}

/// Writes lines to standard error, past the same gate; when even that fails there is nobody to tell.
pub fn write_err(text: &str) {
    let _ = io::stderr().lock().write_all(visible_lines(text).as_bytes());
}
