//! Everything the explorer knows: a plain value that `update` changes and `view` reads.

use std::time::SystemTime;

use jiff::tz::TimeZone;

use super::action::Action;
use super::apart::{Apart, Part};
use super::command::CommandLine;
use super::context_pane::{ContextId, ContextPane};
use super::jumps::Jumps;
use super::keep::Keeping;
use super::keymap::Keymap;
use super::panes::Panes;
use super::pending::Pending;
use super::pins::{PinId, Pins};
use super::sheet::View;
use super::url_bar::{Ask, Question};
use super::window::Window;
use crate::theme::{Background, Role, Theme};
use routescope_cluster::ContextEntry;
use routescope_render::outline::NodeRef;
use routescope_render::scope::Scope;

/// Which pane takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Focus {
    Ask,
    Tree,
    Detail,
    Why,
}

impl Focus {
    /// The order of `tab`.
    pub const ORDER: [Self; 4] = [Self::Ask, Self::Tree, Self::Detail, Self::Why];
}

/// A sentence in the footer, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether it is good or bad news.
    pub role: Role,
}

/// Everything the explorer knows.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct State {
    /// What is explored, for the header.
    pub title: String,
    /// The options that name the files which are read, as a shell takes them.
    pub source_arguments: String,
    /// What stands in the pane of the tree.
    pub view: View,
    /// What is explored, one source a side.
    pub sides: Vec<ContextPane>,
    /// The side that is looked at, as a place in `sides`.
    pub active: usize,
    /// How many sides there ever were.
    sides_ever: u64,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// When the message that is being taken in came.
    pub now: SystemTime,
    /// The time zone that times are shown in.
    pub zone: TimeZone,
    /// Which pane takes the keys.
    pub focus: Focus,
    /// The pane shown where there is room for one beside the tree.
    pub lower: Focus,
    /// The pane shown where there is room for one.
    pub single: Focus,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// How the room is divided among the panes.
    pub panes: Panes,
    /// The URL bar.
    pub ask: Ask,
    /// The questions that are pinned.
    pub pins: Pins,
    /// The window over the panes.
    pub window: Option<Window>,
    /// The side that the others are compared with, while they are.
    pub comparing: Option<ContextId>,
    /// The sources of files, where several are read as one.
    pub parts: Vec<Part>,
    /// One world is taken apart to be compared.
    pub apart: Option<Apart>,
    /// A new filter only marks what matches.
    pub filter_marks: bool,
    /// What is kept between runs; `None` while nothing is.
    pub keeping: Option<Keeping>,
    /// What is to be kept for the next run cannot be written.
    pub not_kept: bool,
    /// The keys in force.
    pub keys: Keymap,
    /// Keys that wait for more.
    pub pending: Pending,
    /// Where jumps began.
    pub jumps: Jumps,
    /// What is taken in shows an object in the detail pane.
    pub paged: bool,
    /// What is taken in goes somewhere: where it began is remembered.
    pub jumped: bool,
    /// The command line, while it is open.
    pub command: Option<CommandLine>,
    /// The contexts of the kubeconfig, as far as they were looked up.
    pub contexts: Vec<ContextEntry>,
    /// The contexts are to be listed once they are looked up.
    pub contexts_wanted: bool,
    /// What is looked at.
    pub scope: Scope,
    /// A sentence in the footer.
    pub notice: Option<Notice>,
    /// The themes to choose from.
    pub themes: Vec<Theme>,
    /// The theme in use.
    pub theme: usize,
    /// Whether the terminal is dark or light, as far as that is known.
    pub background: Background,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// What changes stands out for a moment.
    pub flash: bool,
    /// When the time will be told because something settles.
    pub waking: Option<SystemTime>,
}

impl State {
    /// The explorer before anything is loaded.
    pub fn new(title: String, themes: Vec<Theme>, theme: usize, ascii: bool, size: (u16, u16)) -> Self {
        Self {
            title,
            source_arguments: String::new(),
            view: View::Tree,
            sides: vec![ContextPane::waiting(ContextId::default())],
            active: 0,
            sides_ever: 1,
            size,
            now: SystemTime::UNIX_EPOCH,
            zone: TimeZone::UTC,
            focus: Focus::Tree,
            lower: Focus::Detail,
            single: Focus::Tree,
            zoom: false,
            panes: Panes::default(),
            ask: Ask::default(),
            pins: Pins::default(),
            window: None,
            comparing: None,
            parts: Vec::new(),
            apart: None,
            filter_marks: false,
            keeping: None,
            not_kept: false,
            keys: Keymap::default(),
            pending: Pending::default(),
            jumps: Jumps::default(),
            jumped: false,
            paged: false,
            command: None,
            contexts: Vec::new(),
            contexts_wanted: false,
            scope: Scope::default(),
            notice: None,
            themes,
            theme,
            background: Background::Any,
            ascii,
            flash: true,
            waking: None,
        }
    }

    /// How to do something, in a sentence: the key of an action, or its name on the command line.
    pub fn how(&self, action: Action) -> String {
        self.keys.how(action)
    }

    /// The theme in use.
    pub fn theme(&self) -> &Theme {
        &self.themes[self.theme]
    }

    /// Uses the next theme that can be read on this terminal.
    pub fn next_theme(&mut self) {
        let count = self.themes.len();
        let mut next = (1..count).map(|by| (self.theme + by) % count);
        if let Some(next) = next.find(|at| self.themes[*at].fits(self.background)) {
            self.theme = next;
        }
    }

    /// One side for each of these contexts, about to be followed.
    pub fn follow(&mut self, contexts: impl IntoIterator<Item = Option<String>>) {
        let sides = (0..).map(ContextId).zip(contexts).map(|(id, context)| ContextPane::following(id, context));
        self.sides = sides.collect();
        self.active = 0;
        self.sides_ever = self.sides.len() as u64;
    }

    /// An id that no side has had.
    pub fn new_side(&mut self) -> ContextId {
        self.sides_ever += 1;
        ContextId(self.sides_ever - 1)
    }

    /// The place of a side; `None` when it is not there any more.
    pub fn place_of(&self, id: ContextId) -> Option<usize> {
        self.sides.iter().position(|side| side.id == id)
    }

    /// Whether several sources stand beside each other.
    pub fn is_several(&self) -> bool {
        self.sides.len() > 1
    }

    /// What a side is called. One cluster may be followed twice: the second one is told apart by its number.
    pub fn name(&self, at: usize) -> String {
        let title = |side: &ContextPane| match (&side.live, side.part.and_then(|part| self.parts.get(part))) {
            // The same cluster stands beside it without the files.
            (Some(live), _) if matches!(self.apart, Some(Apart::Bare(_))) && !side.bare => {
                format!("{} + files", live.title())
            }
            (Some(live), _) => live.title(),
            (None, Some(part)) => part.name.clone(),
            (None, None) => String::new(),
        };
        let name = title(&self.sides[at]);
        match self.sides[..at].iter().filter(|before| title(before) == name).count() {
            0 => name,
            before => format!("{name} #{}", before + 1),
        }
    }

    /// The side that is looked at.
    pub fn side(&self) -> &ContextPane {
        &self.sides[self.active]
    }

    /// The side that is looked at, to be changed.
    pub fn side_mut(&mut self) -> &mut ContextPane {
        &mut self.sides[self.active]
    }

    /// Whether this is what stands in the URL bar, and what is shown of the answer.
    pub fn asks(&self, question: &Question) -> bool {
        let side = self.side();
        let shown = side.answer.decision().and_then(|decision| {
            let tables = &side.world.as_ref()?.analysis.table.gateways;
            tables.get(decision.gateway as usize).map(|table| &table.gateway)
        });
        let meant = question.gateway.as_ref().is_none_or(|gateway| shown == Some(gateway));
        meant && self.ask.asked(question.gateway.clone()).as_ref() == Some(question)
    }

    /// Whether a pinned answer changed, on any side, and was not seen yet.
    pub fn has_turned(&self, pin: PinId) -> bool {
        self.sides.iter().filter_map(|side| side.pinned.of(pin)).any(|standing| standing.was.is_some())
    }

    /// Whether the reasons have a pane: there is something to say, or somebody looks at it.
    pub fn tells_why(&self) -> bool {
        self.focus == Focus::Why || self.sides.iter().any(|side| side.answer.decision().is_some())
    }

    /// Whether text is being typed, so that letters are letters.
    pub fn is_typing(&self) -> bool {
        match &self.window {
            _ if self.command.is_some() => true,
            Some(window) => window.typing,
            None => self.focus == Focus::Ask || self.side().is_filtering(),
        }
    }

    /// Says something in the footer.
    pub fn tell(&mut self, role: Role, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), role });
    }

    /// Selects `node` on the active side, unfolding what is above it; ends a filter that hides it.
    pub fn reveal(&mut self, node: NodeRef) {
        self.jumped = true;
        if self.view != View::Tree {
            if super::update::select_in_sheet(self.side_mut(), node) {
                return;
            }
            // The view has no row for it: the tree has one.
            self.view = View::Tree;
            self.sides.iter_mut().for_each(|side| side.sheet = None);
        }
        if !self.side_mut().reveal(node) && self.side().world.is_some() && !self.scope.is_everything() {
            self.tell(Role::Muted, "it is outside the namespaces that are shown: :ns all shows everything");
        }
    }
}
