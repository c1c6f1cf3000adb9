//! The windows that lie over the panes: lists one picks from, all of one shape.

use jiff::tz::TimeZone;
use tui_input::Input;

use super::action::Action;
use super::context_pane::{ContextId, ContextPane};
use super::effect::Effect;
use super::help;
use super::links::Target;
use super::live::{Live, clock_seconds};
use super::log::{About, Entry as Logged};
use super::overlay;
use super::pins::{Pin, PinId};
use super::state::State;
use super::url_bar::Question;
use super::view;
use crate::limits::HOSTS_LISTED;
use routescope_cluster::ContextEntry;
use routescope_core::finding::Subject;
use routescope_core::model::SourceKind;
use routescope_core::store::{Mark, OverlayEntry};
use routescope_render::style::{Line, Role};
use routescope_render::width::padded;

/// What a window is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Help,
    Palette,
    Copy,
    Themes,
    Headers,
    Connection,
    Log,
    Pins,
    Contexts,
    Namespaces,
    Files,
    Targets,
    Hosts,
}

impl Kind {
    /// Whether letters are typed from the start.
    pub fn begins_with_typing(self) -> bool {
        matches!(self, Self::Palette | Self::Headers | Self::Hosts)
    }
}

/// A line of a window.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it says.
    pub line: Line,
    /// More of it, for the selected one.
    pub more: Option<String>,
    /// What picking it does; `None` for a heading.
    pub choice: Option<Choice>,
}

/// What picking a line does.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Choice {
    Act(Action),
    Command(&'static str),
    Object(ContextId, Subject),
    Question(Box<Question>),
    Url(String),
    Target(Target),
    Pin(PinId),
    Do(Effect),
    Theme(usize),
    Header(usize),
    Context(String),
    Namespace(String),
    Nothing,
}

/// A window.
#[derive(Debug)]
pub struct Window {
    /// What it is for.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// Its lines.
    pub items: Vec<Item>,
    /// What is typed: a search, or a header.
    pub input: Input,
    /// Whether letters are typed.
    pub typing: bool,
    /// The selected line, among those that the search leaves.
    pub selected: usize,
    /// The first line in view.
    pub offset: usize,
    /// The theme to go back to when the window is closed without a pick.
    pub theme_before: usize,
}

impl Window {
    fn new(kind: Kind, title: impl Into<String>, items: Vec<Item>) -> Self {
        let typing = kind.begins_with_typing();
        let mut window = Self {
            kind,
            title: title.into(),
            items,
            input: Input::default(),
            typing,
            selected: 0,
            offset: 0,
            theme_before: 0,
        };
        window.step(0);
        window
    }

    /// The lines that the search leaves.
    pub fn shown(&self) -> Vec<&Item> {
        let words: Vec<String> = self.input.value().to_lowercase().split_whitespace().map(str::to_owned).collect();
        if self.kind == Kind::Headers || words.is_empty() {
            return self.items.iter().collect();
        }
        if self.kind == Kind::Palette {
            let query = words.join(" ");
            let mut found: Vec<(usize, &Item)> =
                self.items.iter().filter_map(|item| Some((help::rank(item, &query)?, item))).collect();
            found.sort_by_key(|(rank, _)| *rank);
            return found.into_iter().map(|(_, item)| item).collect();
        }
        let fits = |item: &&Item| {
            let text = item.line.plain().to_lowercase();
            item.choice.is_some() && words.iter().all(|word| text.contains(word))
        };
        self.items.iter().filter(fits).collect()
    }

    /// The choice of the selected line.
    pub fn choice(&self) -> Option<Choice> {
        self.shown().get(self.selected).and_then(|item| item.choice.clone())
    }

    /// Moves the selection, passing over headings.
    pub fn step(&mut self, by: isize) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        let mut at = self.selected.saturating_add_signed(by).min(last);
        let heads_up = by < 0;
        while shown.get(at).is_some_and(|item| item.choice.is_none()) {
            match (heads_up, at) {
                (true, 0) => {
                    at = shown.iter().position(|item| item.choice.is_some()).unwrap_or_default();
                    break;
                }
                (true, _) => at -= 1,
                (false, _) if at == last => {
                    at = shown.iter().rposition(|item| item.choice.is_some()).unwrap_or_default();
                    break;
                }
                (false, _) => at += 1,
            }
        }
        self.selected = at;
    }

    /// Brings the selection into a view of `height` lines.
    pub fn settle(&mut self, height: usize) {
        let shown = self.shown();
        // A heading right above the selection comes along.
        let heading =
            self.selected.checked_sub(1).is_some_and(|above| shown[above.min(shown.len().max(1) - 1)].choice.is_none());
        let top = self.selected - usize::from(heading && height > 1);
        let count = shown.len();
        self.offset = self.offset.min(top).max((self.selected + 1).saturating_sub(height));
        self.offset = self.offset.min(count.saturating_sub(height.max(1)));
    }

    /// The keys and what else can be done.
    pub fn help(state: &State) -> Self {
        Self::new(Kind::Help, "help", help::items(state))
    }

    /// All actions, by name.
    pub fn palette(state: &State) -> Self {
        Self::new(Kind::Palette, "all actions", help::palette(state))
    }

    /// Where a line leads.
    pub fn targets(targets: Vec<Target>) -> Self {
        let item = |target: Target| Item {
            line: Line::of(Role::Route, target.name()),
            more: None,
            choice: Some(Choice::Target(target)),
        };
        Self::new(Kind::Targets, "go to", targets.into_iter().map(item).collect())
    }

    /// The hosts that are served, as URLs to go on from.
    pub fn hosts(state: &State) -> Self {
        let urls = state.side().world.as_ref().map(|world| world.analysis.router().host_urls(HOSTS_LISTED));
        let item =
            |url: String| Item { line: Line::of(Role::Host, url.clone()), more: None, choice: Some(Choice::Url(url)) };
        let items: Vec<Item> = urls.unwrap_or_default().into_iter().map(item).collect();
        let cut = if items.len() == HOSTS_LISTED { "the first " } else { "" };
        Self::new(Kind::Hosts, format!("hosts · {cut}{}", items.len()), items)
    }

    /// What can be copied.
    pub fn copy(state: &State) -> Self {
        let item = |what: &'static str, text: String| Item {
            line: Line::of(Role::Dim, format!("{what:<9}")).with(Role::Text, first_line(&text)),
            more: None,
            choice: Some(Choice::Do(Effect::Copy(text))),
        };
        let items = super::copy::texts(state).into_iter().map(|(what, text)| item(what, text)).collect();
        Self::new(Kind::Copy, "copy", items)
    }

    /// How reading the cluster goes.
    pub fn connection(live: &Live, name: &str, zone: &TimeZone) -> Self {
        let item = |line: Line| {
            let choice = (!line.is_empty()).then_some(Choice::Nothing);
            Item { line, more: None, choice }
        };
        let items = live.report(zone).into_iter().map(item).collect();
        Self::new(Kind::Connection, format!("connection · {name}"), items)
    }

    /// What changed, the newest selected.
    pub fn log(state: &State) -> Self {
        let mut window = Self::new(Kind::Log, "what changed", Vec::new());
        window.list_log(state);
        window
    }

    /// Lists what changed as it is now. Whoever stands on the newest stays on the newest.
    pub fn list_log(&mut self, state: &State) {
        let newest = self.selected + 1 >= self.shown().len();
        let of = |at: usize| state.sides[at].log.entries().map(move |entry| (at, entry));
        let mut entries: Vec<(usize, &Logged)> = (0..state.sides.len()).flat_map(of).collect();
        entries.sort_by_key(|(_, entry)| entry.at);
        self.items = entries.into_iter().map(|(at, entry)| log_item(state, at, entry)).collect();
        self.title = format!("what changed · {}", self.items.len());
        let last = self.shown().len().saturating_sub(1);
        self.selected = if newest { last } else { self.selected.min(last) };
    }

    /// The pinned questions with their answers; one that changed is selected.
    pub fn pins(state: &State) -> Self {
        let mut window = Self::new(Kind::Pins, "pins", Vec::new());
        window.list_pins(state);
        window.selected = state.pins.iter().position(|pin| state.has_turned(pin.id)).unwrap_or_default();
        window
    }

    /// Lists the pins as they are now; of the selected one all is told below.
    pub fn list_pins(&mut self, state: &State) {
        let room = usize::from(state.size.0).saturating_sub(if state.size.0 > 90 { 21 } else { 5 });
        let column = view::pins::column(state, state.pins.len(), room);
        let item = |pin: &Pin| {
            let line = Line::of(Role::Warning, if state.has_turned(pin.id) { "~ " } else { "  " });
            let mut more = pin.question.line().plain();
            // Of one side the line itself says which rule decides.
            for by in state.sides.iter().filter(|_| state.is_several()).filter_map(|side| side.pinned.of(pin.id)) {
                more = format!("{more} · {}", by.is.by.plain());
            }
            Item {
                line: line.with_line(view::pins::line(state, pin, column)),
                more: Some(more),
                choice: Some(Choice::Pin(pin.id)),
            }
        };
        self.items = state.pins.iter().map(item).collect();
        self.title = format!("pins · {}", self.items.len());
        self.selected = self.selected.min(self.items.len().saturating_sub(1));
    }

    /// What the files that are laid over the cluster do to it: what is new, what is changed, then what is the same.
    pub fn files(state: &State) -> Self {
        let overlaid = state.side().world.as_ref().map(|world| &world.analysis.snapshot.overlaid);
        let mut all: Vec<_> = overlaid.into_iter().flat_map(|overlaid| overlaid.iter()).collect();
        all.sort_by_key(|(_, laid)| laid.mark);
        let item = |(subject, laid): (&Subject, &OverlayEntry)| {
            let (glyph, role) = overlay::glyph(laid.mark);
            let mut line = Line::of(role, format!("{glyph} ")).with(Role::Route, subject.to_string());
            if !laid.lines.is_empty() {
                line.push(Role::Text, format!(": {}", laid.lines.join("; ")));
            }
            let choice = Some(Choice::Object(state.side().id, subject.clone()));
            Item { line, more: Some(overlay::place(laid)), choice }
        };
        let items: Vec<Item> = all.into_iter().map(item).collect();
        let count = |mark| overlaid.map_or(0, |all| all.values().filter(|laid| laid.mark == mark).count());
        let [new, changed, same, unseen] = [Mark::New, Mark::Changed, Mark::Same, Mark::Unseen].map(count);
        let of = state.name(state.active);
        let mut title = format!("files over {of}: {new} new, {changed} changed, {same} unchanged");
        if unseen > 0 {
            title = format!("{title}, {unseen} new or changed");
        }
        Self::new(Kind::Files, title, items)
    }

    /// The contexts of the kubeconfig, the one that is followed marked.
    pub fn contexts(state: &State) -> Self {
        let title = |side: &ContextPane| side.live.as_ref().map(Live::title).unwrap_or_default();
        let followed: Vec<String> = state.sides.iter().map(title).collect();
        let looked_at = &followed[state.active];
        let item = |context: &ContextEntry| {
            let here = followed.contains(&context.name);
            let mut line = Line::of(Role::Ok, if here { "● " } else { "  " });
            line.push(Role::Route, padded(&context.name, 24) + " ");
            line.push(Role::Dim, context.server.clone().unwrap_or_else(|| context.cluster.clone()));
            if context.current {
                line.push(Role::Hint, "  (current in the kubeconfig)");
            }
            Item { line, more: None, choice: Some(Choice::Context(context.name.clone())) }
        };
        let items: Vec<Item> = state.contexts.iter().map(item).collect();
        let mut window = Self::new(Kind::Contexts, format!("contexts · {}", items.len()), items);
        window.selected = state.contexts.iter().position(|context| context.name == *looked_at).unwrap_or_default();
        window
    }

    /// The namespaces that are known of.
    pub fn namespaces(state: &State) -> Self {
        let shown = |name: &str| !state.scope.is_everything() && state.scope.names().any(|one| one == name);
        let mark = |on: bool| Line::of(Role::Ok, if on { "● " } else { "  " });
        let mut items = vec![Item {
            line: mark(state.scope.is_everything()).with(Role::Route, "all").with(Role::Dim, "  show everything"),
            more: None,
            choice: Some(Choice::Namespace("all".to_owned())),
        }];
        items.extend(super::command::namespaces(state).into_iter().map(|(name, readable)| {
            let mut line = mark(shown(&name)).with(Role::Namespace, name.clone());
            if !readable {
                line.push(Role::Warning, "  ⚠ some of it is not readable");
            }
            Item { line, more: None, choice: Some(Choice::Namespace(name)) }
        }));
        let selected = items.iter().position(|item| item.line.plain().starts_with('●')).unwrap_or_default();
        let mut window = Self::new(Kind::Namespaces, format!("namespaces · {}", items.len() - 1), items);
        window.selected = selected;
        window
    }

    /// The themes.
    pub fn themes(state: &State) -> Self {
        let items = state.themes.iter().enumerate().map(|(index, theme)| Item {
            line: Line::of(Role::Route, padded(&theme.name, 16)).with(Role::Dim, theme.about.clone()),
            more: None,
            choice: Some(Choice::Theme(index)),
        });
        let mut window = Self::new(Kind::Themes, "themes", items.collect());
        window.selected = state.theme;
        window.theme_before = state.theme;
        window
    }

    /// The headers that are sent.
    pub fn headers(state: &State) -> Self {
        let mut window = Self::new(Kind::Headers, "headers", Vec::new());
        window.list_headers(&state.ask.headers);
        window.selected = window.items.len().saturating_sub(1);
        window
    }

    /// Shows the headers as they are now.
    pub fn list_headers(&mut self, headers: &[String]) {
        let item = |(index, header): (usize, &String)| {
            let (name, value) = header.split_once(':').unwrap_or((header, ""));
            let line = Line::of(Role::Matcher, format!("{name}:")).with(Role::Text, value.to_owned());
            Item { line, more: None, choice: Some(Choice::Header(index)) }
        };
        self.items = headers.iter().enumerate().map(item).collect();
        self.selected = self.selected.min(self.items.len().saturating_sub(1));
    }
}

/// An entry of a side's log, which is named where there are several.
fn log_item(state: &State, at: usize, entry: &Logged) -> Item {
    let mut line = Line::of(Role::Dim, format!("{} ", clock_seconds(entry.at, &state.zone)));
    if state.is_several() {
        line.push(Role::Heading, format!("{} ", state.name(at)));
    }
    let (line, choice) = match &entry.about {
        About::Object(subject) => {
            (line.with(Role::Route, format!("{subject}: ")), Choice::Object(state.sides[at].id, subject.clone()))
        }
        About::Pin(question) => {
            let line = line.with(Role::Dim, "pinned ").with_line(question.line()).with(Role::Text, ": ");
            (line, Choice::Question(Box::new(question.clone())))
        }
        About::Reading => (line, Choice::Nothing),
    };
    Item { line: line.with(entry.role, entry.text.clone()), more: None, choice: Some(choice) }
}

/// What every side answers, a line each.
pub(super) fn answers(state: &State) -> String {
    let line = |at: usize| {
        let side = &state.sides[at];
        let text = match (&side.world, side.answer.request(), side.answer.decision()) {
            (Some(world), Some(request), Some(decision)) => super::words::answer_text(world, request, decision),
            _ => "no answer".to_owned(),
        };
        format!("{}: {text}", state.name(at))
    };
    (0..state.sides.len()).map(line).collect::<Vec<_>>().join("\n")
}

/// The first line of a text, and how many more there are.
fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    match lines.count() {
        0 => first.to_owned(),
        more => format!("{first} (+{})", routescope_render::phrases::count(more, "line")),
    }
}

/// Whether an editor can open a source.
pub fn can_be_edited(kind: SourceKind) -> bool {
    kind == SourceKind::File
}
