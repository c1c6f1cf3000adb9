//! The explorer under test: its state, keys and mouse in, the screen out; and the clusters that it is told of.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use routescope::theme::{Role, Theme};
use routescope::tui::action::parse_keys;
use routescope::tui::effect::Effect;
use routescope::tui::live::Live;
use routescope::tui::state::State;
use routescope::tui::update::{Message, update};
use routescope::tui::{Reading, change_highlights, filter, view, witness};
use routescope_cluster::live::{Changed, LoadedCluster, Update};
use routescope_cluster::{KindState, Phase, Status};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Store};
use routescope_manifest::files::{self, Input};

/// The explorer under test: effects that only need the world are carried out at once, the others are kept to be seen.
pub struct Explorer {
    pub state: State,
    pub effects: Vec<Effect>,
    /// Whether requests that meet rules are looked for.
    pub witnesses: bool,
    /// The sources, where several are read as one.
    pub parts: Vec<Input>,
}

/// A theme whose colours are the numbers of the roles: red for letters, green for the ground under a selection.
static TELLING: LazyLock<Theme> = LazyLock::new(|| {
    let mut text = String::from("background = 'any'\n[roles]\n");
    for (number, role) in Role::ALL.iter().enumerate() {
        let layer = if matches!(role, Role::Selected | Role::SelectedIdle) { "bg" } else { "fg" };
        let _ = writeln!(text, "{} = {{ {layer} = '#{number:02x}0000' }}", role.name());
    }
    Theme::parse("telling", &text).expect("the telling theme parses")
});

pub fn analysis(input: Input) -> Arc<Analysis> {
    let loaded = files::load(&[input], true).expect("the manifests load");
    let mut store = Store::default();
    let mut findings = loaded.findings;
    findings.extend(store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() }));
    Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings))
}

/// The first time that something is read.
pub fn read(input: Input) -> Reading {
    Reading::first(analysis(input))
}

pub fn demo(width: u16, height: u16) -> Explorer {
    Explorer::new("demo", Input::Demo, width, height)
}

pub fn example(name: &str, width: u16, height: u16) -> Explorer {
    let path = std::path::Path::new("examples").join(name);
    Explorer::new(name, Input::Path(path), width, height)
}

impl Explorer {
    pub fn new(title: &str, input: Input, width: u16, height: u16) -> Self {
        let mut explorer = Self::waiting(title, width, height);
        explorer.send(Message::Loaded(Ok(read(input))));
        explorer
    }

    pub fn waiting(title: &str, width: u16, height: u16) -> Self {
        let state = State::new(title.to_owned(), vec![TELLING.clone()], 0, false, (width, height));
        Self { state, effects: Vec::new(), witnesses: false, parts: Vec::new() }
    }

    pub fn send(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            if let Effect::Compare { side, number, old, new } = effect {
                let differences = change_highlights::compare(&old, &new, &|| false).expect("nothing supersedes it");
                self.send(Message::Compared { side, number, differences });
            } else if let Effect::LoadPart { side, part } = effect {
                let read = Ok(read(self.parts[part].clone()));
                self.send(Message::LoadedPart { side, read });
            } else if let Effect::Differ { side, number, from, old, new } = effect {
                let differences = change_highlights::compare(&old, &new, &|| false).expect("nothing supersedes it");
                self.send(Message::Differ { side, number, from, differences });
            } else if let Effect::List { side, number, view, sort, world } = effect {
                let sheet = world.list(view, sort, &|| false).expect("nothing supersedes it");
                self.send(Message::Listed { side, number, sheet });
            } else if let Effect::FilterList { side, number, query, sheet } = effect {
                let listed = sheet.find(&query, &|| false).expect("nothing supersedes it");
                self.send(Message::FilteredList { side, number, listed });
            } else if let Effect::Survey { side, world, .. } = effect {
                world.survey();
                self.send(Message::Surveyed(side));
            } else if let Effect::Witness { side, number, world, hop } = effect {
                // Most screens are about something else.
                if self.witnesses {
                    world.look_for_never_met(&|| false);
                    let reach = witness::find(&world, hop);
                    self.send(Message::Witnessed { side, number, reach });
                }
            } else if let Effect::Filter { side, number, query, world } = effect {
                let found =
                    filter::find(&world.outline, world.survey(), &query, &|| false).expect("nothing supersedes it");
                self.send(Message::Filtered { side, number, found });
            } else {
                self.effects.push(effect);
            }
        }
    }

    /// Presses keys, named as in the action table.
    pub fn press(&mut self, keys: &[&str]) -> &mut Self {
        for key in keys {
            for (code, modifiers) in parse_keys(key).expect("keys of that name") {
                self.send(Message::Key(KeyEvent::new(code, modifiers)));
            }
        }
        self
    }

    pub fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.send(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        }
        self
    }

    pub fn ask(&mut self, url: &str) -> &mut Self {
        self.press(&["u"]).write(url)
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self
    }

    pub fn click(&mut self, column: u16, row: u16) -> &mut Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
        self.mouse(MouseEventKind::Up(MouseButton::Left), column, row)
    }

    /// Clicks the first place on the screen where `text` stands.
    pub fn click_on(&mut self, text: &str) -> &mut Self {
        let screen = self.text();
        let found =
            screen.lines().enumerate().find_map(|(row, line)| Some((row, line[..line.find(text)?].chars().count())));
        let (row, column) = found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"));
        self.click(u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
    }

    /// Seconds pass.
    pub fn passes(&mut self, seconds: u64) -> &mut Self {
        self.send(Message::Clock(self.state.now + Duration::from_secs(seconds)));
        self.send(Message::Tick);
        self
    }

    /// Whether, and after how many seconds, it asked to be told the time since this was asked before.
    pub fn wakes(&mut self) -> Vec<u64> {
        let wake = |effect: &Effect| if let Effect::Wake(after) = effect { Some(after.as_secs()) } else { None };
        std::mem::take(&mut self.effects).iter().filter_map(wake).collect()
    }

    pub fn draw(&self) -> Terminal<TestBackend> {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        terminal.draw(|frame| view::draw(&self.state, frame)).expect("it draws");
        terminal
    }

    pub fn text(&self) -> String {
        let terminal = self.draw();
        let buffer = terminal.backend().buffer();
        let width = usize::from(buffer.area.width.max(1));
        let lines =
            buffer.content.chunks(width).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// What each row says and means: the runs of cells of each role that matter to a reader without colours.
    pub fn roles(&self) -> String {
        let terminal = self.draw();
        let buffer = terminal.backend().buffer();
        let mut out = String::new();
        for row in 0..buffer.area.height {
            let mut runs: Vec<(Role, String)> = Vec::new();
            let mut selected = None;
            for column in 0..buffer.area.width {
                let cell = &buffer[(column, row)];
                if let Color::Rgb(number, 0, 0) = cell.bg {
                    selected = Some(Role::ALL[usize::from(number)]);
                }
                let Color::Rgb(number, 0, 0) = cell.fg else { continue };
                let role = Role::ALL[usize::from(number)];
                match runs.last_mut() {
                    Some((last, text)) if *last == role => text.push_str(cell.symbol()),
                    _ => runs.push((role, cell.symbol().to_owned())),
                }
            }
            let quiet = [Role::Text, Role::Border, Role::BorderFocused, Role::Guide, Role::Muted, Role::LineNumber];
            let loud = runs.iter().filter(|(role, text)| !quiet.contains(role) && !text.trim().is_empty());
            let told: Vec<String> = loud.map(|(role, text)| format!("{}[{}]", role.name(), text.trim())).collect();
            if !told.is_empty() || selected.is_some() {
                let mark = selected.map(|role| format!("<{}> ", role.name())).unwrap_or_default();
                let _ = writeln!(out, "{row:>2} {mark}{}", told.join(" "));
            }
        }
        out
    }

    pub fn both(&self) -> String {
        format!("{}\n{}", self.text(), self.roles())
    }
}

#[track_caller]
pub fn shows(explorer: &Explorer, text: &str) {
    let screen = explorer.text();
    assert!(screen.contains(text), "no {text:?} on\n{screen}");
}

#[track_caller]
pub fn hides(explorer: &Explorer, text: &str) {
    let screen = explorer.text();
    assert!(!screen.contains(text), "there is {text:?} on\n{screen}");
}

/// The explorer of a cluster that is being connected to.
pub fn cluster(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::waiting("", width, height);
    explorer.state.side_mut().live = Some(Live::of(Some("kind-dev".to_owned())));
    explorer
}

pub fn status(phase: Phase, kinds: impl Fn(usize) -> KindState) -> Status {
    let mut status = Status::connecting("kind-dev".to_owned(), "https://127.0.0.1:6443/".to_owned());
    status.phase = phase;
    status.kinds = (0..status.kinds.len()).map(kinds).collect();
    status
}

pub fn synced() -> Status {
    status(Phase::Live, |_| KindState::Synced)
}

impl Explorer {
    /// Reading the cluster goes differently.
    pub fn reading(&mut self, status: Status) -> &mut Self {
        self.followed(Update::Status(Arc::new(status)))
    }

    /// The cluster holds this.
    pub fn holds(&mut self, text: &str, status: Status) -> &mut Self {
        self.changes(text, status, Vec::new())
    }

    /// The cluster holds this now, because these objects changed.
    pub fn changes(&mut self, text: &str, status: Status, changes: Vec<Changed>) -> &mut Self {
        self.changes_on(self.state.active, text, status, changes)
    }

    pub fn followed(&mut self, update: Update) -> &mut Self {
        self.followed_on(self.state.active, update)
    }

    /// The cluster of the side at a place tells something.
    pub fn followed_on(&mut self, at: usize, update: Update) -> &mut Self {
        let side = &self.state.sides[at];
        let epoch = side.live.as_ref().map_or(0, |live| live.epoch);
        self.send(Message::Followed { side: side.id, epoch, update: Box::new(update) });
        self
    }
}

pub const SHOP: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: kgateway
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
  parentRefs: [{name: web, namespace: infra}]
  rules:
  - matches: [{path: {value: /orders}}]
    backendRefs: [{name: orders-v1, port: 80}]
";

/// The explorer of two contexts, both read.
pub fn two(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::waiting("", width, height);
    explorer.state.follow(["kind-dev", "prod"].map(|name| Some(name.to_owned())));
    explorer.holds_on(0, SHOP, named("kind-dev")).holds_on(1, &PROD, named("prod"));
    explorer
}

/// What production has: another backend, behind a rewrite.
pub static PROD: LazyLock<String> = LazyLock::new(|| {
    let rewrite =
        "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /v2}}}]";
    SHOP.replace("backendRefs: [{name: orders-v1", &format!("{rewrite}\n    backendRefs: [{{name: orders-v2"))
});

/// What a cluster holds, all of it read, nothing changed.
pub fn loaded_cluster(analysis: Arc<Analysis>, status: Status) -> LoadedCluster {
    LoadedCluster {
        analysis,
        reading: 0,
        status: Arc::new(status),
        changes: Vec::new(),
        settled: true,
        watch: Vec::new(),
        again: None,
        channel: None,
    }
}

pub fn named(context: &str) -> Status {
    Status { context: context.to_owned(), ..synced() }
}

impl Explorer {
    /// The cluster of the side at a place holds this.
    pub fn holds_on(&mut self, at: usize, text: &str, status: Status) -> &mut Self {
        self.changes_on(at, text, status, Vec::new())
    }

    /// The cluster of the side at a place holds this now, because these objects changed.
    pub fn changes_on(&mut self, at: usize, text: &str, status: Status, changes: Vec<Changed>) -> &mut Self {
        let input = Input::Text { name: status.context.clone(), text: text.to_owned() };
        let settled = status.is_settled();
        let world = LoadedCluster { changes, settled, ..loaded_cluster(analysis(input), status) };
        self.followed_on(at, Update::Loaded(Box::new(world)))
    }
}
