//! What may happen to the explorer, in any order, and what must hold after it; fuzzing takes its steps from here, too.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use proptest::sample::select;
use routescope::tui::action::{ACTIONS, parse_keys};
use routescope::tui::effect::Effect;
use routescope::tui::sheet::Sheet;
use routescope::tui::update::{Message, update};
use routescope::tui::{Reading, change_highlights, filter};
use routescope_cluster::live::Update;
use routescope_cluster::{KindState, Phase};
use routescope_core::analysis::Analysis;
use routescope_manifest::SourceError;

use super::explorer::{Explorer, loaded_cluster, named, status};
use crate::support::worlds::worlds;

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Key(&'static str),
    Write(String),
    Paste(String),
    Mouse(MouseEventKind, u16, u16),
    Resize(u16, u16),
    /// The sources are another world of those there are.
    Changed(usize, usize),
    Failed,
    /// How a cluster is read is another.
    Status(usize, bool),
    Seconds(u64),
    /// The oldest, or the newest, of the searches that still run is through.
    Found(bool),
}

fn odd() -> impl Strategy<Value = String> {
    let piece = select(vec![
        // Wider than their characters together: a cut that counts these finds nothing to take.
        "❤\u{fe0f}",
        "☀\u{fe0f}",
        "✈\u{fe0f} ",
        "1\u{fe0f}\u{20e3}",
        "👨\u{200d}👩\u{200d}👧",
        "e\u{301}\u{302}",
        "日本",
        "\u{202e}abc",
        "\u{7}\u{1b}[2J",
        "🇩🇪",
        "ｶﾞﾞﾞ",
        "क्षि",
        "\u{200b}\u{ad}",
        "\u{3000}",
        "plain",
    ]);
    (piece, 1..40usize).prop_map(|(piece, times)| piece.repeat(times))
}

/// Worlds in which some values are odd texts.
pub fn odd_worlds() -> impl Strategy<Value = String> {
    let value = select(vec!["\"1\"", "\"2\"", "\"/a.*\"", "\"/a/b\"", "\"/\"", "\"r2\"", "\"l1\"", "\"a.io\""]);
    (worlds(), prop::collection::vec((value, odd()), 0..6)).prop_map(|(text, values)| {
        values.into_iter().fold(text, |text, (value, odd)| {
            let slash = if value.contains('/') { "/" } else { "" };
            text.replace(value, &serde_json::Value::from(format!("{slash}{odd}")).to_string())
        })
    })
}

pub fn step() -> impl Strategy<Value = Step> {
    let keys: Vec<&'static str> = ACTIONS.iter().flat_map(|entry| entry.keys).copied().collect();
    let folding = vec![
        "h",
        "h",
        "l",
        "left",
        "right",
        "G",
        "enter",
        "-",
        "+",
        "g2",
        "g4",
        "j",
        "5",
        "J",
        "K",
        "n",
        ".",
        "esc",
        "s",
        "s",
        "ctrl-o",
        "alt-right",
        "v",
        "v",
        "gt",
        "gb",
        "go",
        "gr",
        "f",
        "S",
        "}",
        "{",
        "gd",
        "=",
        "x",
        "tab",
        "F",
        "&",
        "f7",
        "N",
        "gg",
        "gx",
    ];
    let urls = vec![
        "http://a.io/a/b",
        "/a",
        "http://x.a.io/a/b/c?q=1",
        "https://a.io/",
        "http://b.io/b",
        "POST /a/b",
        "nonsense",
    ];
    let typed = vec![
        "u",
        "/",
        ":",
        "p",
        "ns a",
        "r1",
        "/!r1",
        "/ns:a path:/a",
        "/a r",
        "/backend:s !x",
        "ctx prod",
        "only",
        "theme t",
        "h: 1",
    ];
    let kinds = vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ];
    prop_oneof![
        8 => select(folding).prop_map(Step::Key),
        8 => select(keys).prop_map(Step::Key),
        2 => select(typed).prop_map(|text| Step::Write(text.to_owned())),
        1 => odd().prop_map(Step::Write),
        3 => select(urls).prop_map(|text| Step::Paste(text.to_owned())),
        1 => odd().prop_map(Step::Paste),
        4 => (select(kinds), 0..140u16, 0..50u16).prop_map(|(kind, column, row)| Step::Mouse(kind, column, row)),
        2 => (0..210u16, 0..60u16).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => select(vec![(120, 40), (80, 24), (60, 20), (26, 8)]).prop_map(|(width, height)| Step::Resize(width, height)),
        5 => (0..3usize, 0..8usize).prop_map(|(side, world)| Step::Changed(side, world)),
        1 => Just(Step::Failed),
        1 => (0..3usize, any::<bool>()).prop_map(|(side, settled)| Step::Status(side, settled)),
        1 => (0..40u64).prop_map(Step::Seconds),
        4 => any::<bool>().prop_map(Step::Found),
    ]
}

/// The explorer, and the searches that it has not heard of again.
pub struct Run {
    explorer: Explorer,
    searches: VecDeque<Effect>,
    worlds: Vec<Arc<Analysis>>,
}

impl Run {
    pub fn new(worlds: Vec<Arc<Analysis>>, clusters: bool) -> Self {
        let mut explorer = Explorer::waiting("files", 100, 30);
        if clusters {
            explorer.state.follow(["dev", "prod"].map(|name| Some(name.to_owned())));
        }
        Self { explorer, searches: VecDeque::new(), worlds }
    }

    fn send(&mut self, message: Message) {
        let effects = update(&mut self.explorer.state, message);
        let is_search = |one: &Effect| {
            use Effect::{Compare, Differ, Filter, FilterList, List, Survey};
            matches!(
                one,
                Compare { .. } | Differ { .. } | Filter { .. } | FilterList { .. } | List { .. } | Survey { .. }
            )
        };
        self.searches.extend(effects.into_iter().filter(is_search));
    }

    /// Lets something happen.
    pub fn take(&mut self, step: Step) {
        let press = |code, modifiers| Message::Key(KeyEvent::new(code, modifiers));
        match step {
            Step::Key(name) => {
                for (code, modifiers) in parse_keys(name).expect("keys of that name") {
                    self.send(press(code, modifiers));
                }
            }
            Step::Write(text) => {
                text.chars().for_each(|letter| self.send(press(KeyCode::Char(letter), KeyModifiers::NONE)));
            }
            Step::Paste(text) => self.send(Message::Paste(text)),
            Step::Mouse(kind, column, row) => {
                self.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
            }
            Step::Resize(width, height) => self.send(Message::Resize(width, height)),
            Step::Changed(side, world) => self.change(side, world),
            Step::Failed if self.explorer.state.side().live.is_none() => {
                let error = SourceError { message: "no".repeat(60), hint: Some("❤\u{fe0f}".repeat(30)) };
                self.send(Message::Loaded(Err(error)));
            }
            Step::Failed => {}
            Step::Status(side, settled) => {
                let kind = |_| if settled { KindState::Synced } else { KindState::Waiting };
                let phase = if settled { Phase::Live } else { Phase::Connecting };
                self.follow(side, Update::Status(Arc::new(status(phase, kind))));
            }
            Step::Seconds(seconds) => {
                let now = self.explorer.state.now + Duration::from_secs(seconds);
                self.send(Message::Clock(now));
                self.send(Message::Tick);
            }
            Step::Found(oldest) => self.found(oldest),
        }
    }

    fn change(&mut self, side: usize, world: usize) {
        let Some(analysis) = self.worlds.get(world % self.worlds.len().max(1)).cloned() else { return };
        if self.explorer.state.side().live.is_none() {
            self.send(Message::Loaded(Ok(Reading::first(analysis))));
            return;
        }
        let world = loaded_cluster(analysis, named("dev"));
        self.follow(side, Update::Loaded(Box::new(world)));
    }

    fn follow(&mut self, side: usize, update: Update) {
        let sides = &self.explorer.state.sides;
        let side = &sides[side % sides.len()];
        let Some(live) = &side.live else { return };
        let message = Message::Followed { side: side.id, epoch: live.epoch, update: Box::new(update) };
        self.send(message);
    }

    fn found(&mut self, oldest: bool) {
        let search = if oldest { self.searches.pop_front() } else { self.searches.pop_back() };
        match search {
            Some(Effect::Compare { side, number, old, new }) => {
                let differences = change_highlights::compare(&old, &new, &|| false).expect("nothing supersedes it");
                self.send(Message::Compared { side, number, differences });
            }
            Some(Effect::Differ { side, number, from, old, new }) => {
                let differences = change_highlights::compare(&old, &new, &|| false).expect("nothing supersedes it");
                self.send(Message::Differ { side, number, from, differences });
            }
            Some(Effect::List { side, number, view, sort, world }) => {
                let sheet = Sheet::of(&world.outline, view, sort, &|| false).expect("nothing supersedes it");
                self.send(Message::Listed { side, number, sheet: Arc::new(sheet) });
            }
            Some(Effect::FilterList { side, number, query, sheet }) => {
                let listed = sheet.find(&query, &|| false).expect("nothing supersedes it");
                self.send(Message::FilteredList { side, number, listed });
            }
            Some(Effect::Survey { side, world, .. }) => {
                world.survey();
                self.send(Message::Surveyed(side));
            }
            Some(Effect::Filter { side, number, query, world }) => {
                let found = filter::find(&world.outline, world.survey(), &query, &|| false);
                self.send(Message::Filtered { side, number, found: found.expect("nothing supersedes it") });
            }
            _ => {}
        }
    }

    /// What must hold after anything.
    pub fn check(&self) {
        let terminal = self.explorer.draw();
        for cell in &terminal.backend().buffer().content {
            assert!(!cell.symbol().chars().any(char::is_control), "a control character is drawn: {:?}", cell.symbol());
        }
        for side in &self.explorer.state.sides {
            let Some(world) = &side.world else { continue };
            // Every node that is held: a row of another world would have no path in this one, or another.
            let rows = side.tree.rows.iter().map(|row| row.node);
            // An answer may end outside the namespaces that are shown, where there are no rows.
            let end = side.highlighted.last().copied().filter(|end| world.outline.keeps(*end));
            for node in rows.step_by(side.tree.rows.len() / 8 + 1).chain(end).chain(side.selected()) {
                let path = world.outline.path(node);
                assert_eq!(
                    world.outline.find(&path),
                    Some(node),
                    "it is there, and is told from its siblings: {path:?}"
                );
            }
            assert!(side.tree.rows.is_empty() || side.tree.selected < side.tree.rows.len(), "a row is selected");
        }
    }
}
