//! Keys in, screen out: the explorer without a terminal, a clock or a thread. Whole screens are snapshots, with a second
//! layer that says what each cell *means* (its role), because colours are a theme's business.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use routescope::analysis::Analysis;
use routescope::finding::{Place, Subject};
use routescope::live::{Changed, How, Update, World};
use routescope::model::ObjectKey;
use routescope::resolve::Settings;
use routescope::source::SourceError;
use routescope::source::cluster::{ContextEntry, KindState, Phase, Status, Unreadable};
use routescope::source::files::{self, Input};
use routescope::store::{Change, Coverage, Laid, Mark, Store};
use routescope::theme::{Role, Theme};
use routescope::tui::Reading;
use routescope::tui::action::{ACTIONS, parse_key};
use routescope::tui::effect::Effect;
use routescope::tui::filter;
use routescope::tui::fresh;
use routescope::tui::live::Live;
use routescope::tui::side::SideId;
use routescope::tui::state::State;
use routescope::tui::update::{Message, update};
use routescope::tui::view;

/// The explorer under test: effects that only need the world are carried out at once, the others are kept to be seen.
struct Explorer {
    state: State,
    effects: Vec<Effect>,
}

/// A theme whose colours are the numbers of the roles: red for letters, green for the ground under a selection.
fn telling_theme() -> Theme {
    let mut text = String::from("background = 'any'\n[roles]\n");
    for (number, role) in Role::ALL.iter().enumerate() {
        let layer = if matches!(role, Role::Selected | Role::SelectedIdle) { "bg" } else { "fg" };
        let _ = writeln!(text, "{} = {{ {layer} = '#{number:02x}0000' }}", role.name());
    }
    Theme::parse("telling", &text).expect("the telling theme parses")
}

fn analysis(input: Input) -> Arc<Analysis> {
    let loaded = files::load(&[input], true).expect("the manifests load");
    let mut store = Store::default();
    let mut findings = loaded.findings;
    findings.extend(store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() }));
    Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings))
}

/// The first time that something is read.
fn read(input: Input) -> Reading {
    Reading::first(analysis(input))
}

fn demo(width: u16, height: u16) -> Explorer {
    Explorer::new("demo", Input::Demo, width, height)
}

fn example(name: &str, width: u16, height: u16) -> Explorer {
    let path = std::path::Path::new("examples").join(name);
    Explorer::new(name, Input::Path(path), width, height)
}

impl Explorer {
    fn new(title: &str, input: Input, width: u16, height: u16) -> Self {
        let mut explorer = Self::waiting(title, width, height);
        explorer.send(Message::Loaded(Ok(read(input))));
        explorer
    }

    fn waiting(title: &str, width: u16, height: u16) -> Self {
        let state = State::new(title.to_owned(), vec![telling_theme()], 0, false, (width, height));
        Self { state, effects: Vec::new() }
    }

    fn send(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            if let Effect::Compare { side, number, old, new } = effect {
                let differences = fresh::compare(&old, &new, &|| false).expect("nothing supersedes it");
                self.send(Message::Compared { side, number, differences });
            } else if let Effect::Filter { side, number, query, world } = effect {
                let found =
                    filter::find(&world.outline, &world.texts, &query, &|| false).expect("nothing supersedes it");
                self.send(Message::Filtered { side, number, found });
            } else {
                self.effects.push(effect);
            }
        }
    }

    /// Presses keys, named as in the action table.
    fn press(&mut self, keys: &[&str]) -> &mut Self {
        for key in keys {
            let (code, modifiers) = parse_key(key).expect("a key of that name");
            self.send(Message::Key(KeyEvent::new(code, modifiers)));
        }
        self
    }

    fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.send(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        }
        self
    }

    fn ask(&mut self, url: &str) -> &mut Self {
        self.press(&["u"]).write(url)
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self
    }

    fn click(&mut self, column: u16, row: u16) -> &mut Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    /// Clicks the first place on the screen where `text` stands.
    fn click_on(&mut self, text: &str) -> &mut Self {
        let screen = self.text();
        let found =
            screen.lines().enumerate().find_map(|(row, line)| Some((row, line[..line.find(text)?].chars().count())));
        let (row, column) = found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"));
        self.click(u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
    }

    /// Seconds pass.
    fn passes(&mut self, seconds: u64) -> &mut Self {
        self.send(Message::Clock(self.state.now + Duration::from_secs(seconds)));
        self.send(Message::Tick);
        self
    }

    /// Whether, and after how many seconds, it asked to be told the time since this was asked before.
    fn wakes(&mut self) -> Vec<u64> {
        let wake = |effect: &Effect| if let Effect::Wake(after) = effect { Some(after.as_secs()) } else { None };
        std::mem::take(&mut self.effects).iter().filter_map(wake).collect()
    }

    fn draw(&self) -> Terminal<TestBackend> {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        terminal.draw(|frame| view::draw(&self.state, frame)).expect("it draws");
        terminal
    }

    fn text(&self) -> String {
        let terminal = self.draw();
        let buffer = terminal.backend().buffer();
        let width = usize::from(buffer.area.width.max(1));
        let lines =
            buffer.content.chunks(width).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// What each row says and means: the runs of cells of each role that matter to a reader without colours.
    fn roles(&self) -> String {
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

    fn both(&self) -> String {
        format!("{}\n{}", self.text(), self.roles())
    }
}

#[track_caller]
fn shows(explorer: &Explorer, text: &str) {
    let screen = explorer.text();
    assert!(screen.contains(text), "no {text:?} on\n{screen}");
}

#[track_caller]
fn hides(explorer: &Explorer, text: &str) {
    let screen = explorer.text();
    assert!(!screen.contains(text), "there is {text:?} on\n{screen}");
}

#[test]
fn the_first_screen_shows_tree_and_detail() {
    insta::assert_snapshot!(demo(120, 40).both());
}

#[test]
fn a_typed_url_lights_its_path_and_says_where_it_goes() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payments/charge/42");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn in_80_by_24_the_reasons_stand_under_the_tree() {
    let mut explorer = demo(80, 24);
    explorer.ask("https://api.example.com/banking/cards");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn in_60_by_20_the_answer_stands_over_one_pane() {
    let mut explorer = demo(60, 20);
    explorer.ask("https://api.example.com/banking/cards");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter", "tab"]);
    shows(&explorer, "banking/cards");
    insta::assert_snapshot!("in_60_by_20_tab_shows_the_detail", explorer.text());
}

#[test]
fn a_cross_is_drawn_once_where_a_match_is_dropped() {
    let mut explorer = example("multi-level", 120, 40);
    explorer.press(&["u"]).write("http://www.example.com/cart");
    let screen = explorer.text();
    let line = screen.lines().find(|line| line.contains("/cart") && line.contains("dropped")).expect("the row");
    assert_eq!(line.matches('✗').count(), 1, "{line}");
}

#[test]
fn a_url_that_reaches_nothing_shows_how_far_it_came() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payments/nothing");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_path_that_misses_a_delegating_rule_by_a_letter_is_told_of_it() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payment/42");
    shows(&explorer, "did you mean /payments?");
}

#[test]
fn a_broken_delegation_says_what_the_client_gets() {
    let mut explorer = example("unresolved", 120, 40);
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["f"]);
    insta::assert_snapshot!("findings", explorer.both());
}

/// A cluster's own words beside its routes: endpoints, addresses, recorded status.
fn recorded(width: u16, height: u16) -> Explorer {
    Explorer::new("recorded", Input::Path("tests/data/cli/endpoints.yaml".into()), width, height)
}

#[test]
fn a_gateway_tells_its_addresses_and_what_is_recorded_of_it() {
    let explorer = recorded(120, 40);
    for text in ["203.0.113.7, edge.example.net", "✗ Programmed=False AddressNotAssigned:"] {
        shows(&explorer, text);
    }
}

#[test]
fn what_is_wrong_with_one_rule_is_not_said_of_another() {
    let mut explorer = cluster(120, 40);
    let text = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: web }
spec: { gatewayClassName: kgateway, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r, namespace: web }
spec:
  parentRefs: [{ name: gw }]
  rules:
  - matches: [{ path: { value: /good } }]
    backendRefs: [{ name: s, port: 80 }]
  - matches: [{ path: { value: /broken } }]
    backendRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: missing }]
";
    explorer.holds(text, synced());
    explorer.click_on("/good");
    shows(&explorer, "match     PathPrefix /good");
    hides(&explorer, "finding   ");
    explorer.click_on("/broken");
    shows(&explorer, "finding   ⚠ there is no HTTPRoute web/missing");
    explorer.click_on("r (web)");
    shows(&explorer, "finding   ⚠ there is no HTTPRoute web/missing");
}

#[test]
fn a_match_tells_who_serves_its_backend() {
    let mut explorer = recorded(140, 44);
    explorer.ask("http://shop.example.com/cart/1");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_rule_tells_the_policies_on_its_way() {
    let mut explorer = example("policies", 120, 40);
    explorer.press(&["end"]);
    insta::assert_snapshot!(explorer.text());
}

#[test]
fn an_answer_that_nobody_serves_says_so() {
    let mut explorer = recorded(120, 40);
    explorer.ask("http://shop.example.com/pay");
    shows(&explorer, "✗ shop/pay:80 ✗ 503: 0/1 ready");
    shows(&explorer, "the only endpoint of Service shop/pay is not ready: clients get 503");
    explorer.press(&["ctrl-u"]).write("http://shop.example.com/search");
    shows(&explorer, "90% shop/cart:80 2/3 ready, 1 terminating");
    shows(&explorer, "10% shop/pay:80 ✗ 503: 0/1 ready");
}

#[test]
fn in_ascii_nothing_else_is_drawn() {
    let mut explorer = demo(80, 24);
    explorer.state.ascii = true;
    explorer.ask("https://api.example.com/banking/cards");
    let text = explorer.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_filter_leaves_what_matches_and_what_is_above_it() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("charge");
    shows(&explorer, "/payments/charge");
    shows(&explorer, "payments-routes");
    hides(&explorer, "├─ /banking ");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter", "esc"]);
    shows(&explorer, "/banking/cards");
    assert!(explorer.roles().contains("<selected>") && explorer.text().contains("payments/payments-routes · rule 1"));
}

#[test]
fn the_filter_finds_labels_and_backends_by_scattered_letters() {
    let mut explorer = demo(120, 40);
    explorer.press(&["/"]).write("insbff");
    shows(&explorer, "insurance-bff:8080");
    hides(&explorer, "/banking/cards");
    explorer.press(&["ctrl-u"]).write("no such thing at all");
    shows(&explorer, "nothing matches");
    explorer.press(&["esc"]);
    shows(&explorer, "/banking/cards");
}

#[test]
fn the_help_lists_every_action_with_its_keys() {
    let mut explorer = demo(120, 140);
    explorer.press(&["?"]);
    for entry in ACTIONS {
        shows(&explorer, entry.doc);
        shows(&explorer, &entry.keys.join(" "));
    }
    explorer.press(&["q"]);
    hides(&explorer, ACTIONS[0].doc);
}

#[test]
fn the_help_can_be_searched_and_does_what_is_picked() {
    let mut explorer = demo(80, 24);
    explorer.press(&["?", "/"]).write("fold everything");
    explorer.press(&["enter"]);
    hides(&explorer, "banking-routes");
}

#[test]
fn where_room_is_short_what_matters_most_stays_whole() {
    let input = || Input::Path("examples/field-guide/guide-as-printed".into());
    let title = "examples/field-guide/guide-as-printed";
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        let mut explorer = Explorer::new(title, input(), width, height);
        hides(&explorer, "✗ 50…");
        let screen = explorer.text();
        let header = screen.lines().next().unwrap_or_default();
        assert!(header.contains("as-printed ") && header.contains("✗ 1"), "{header:?}");
        explorer.send(Message::Paste("https://api.example.com/banking/cards".to_owned()));
        shows(&explorer, "? not certain");
        explorer.press(&["esc", "?"]);
        shows(&explorer, "leave, from anywhere");
        shows(&explorer, "go to the next context, also while");
    }
}

#[test]
fn folding_hides_and_unfolding_shows() {
    let mut explorer = demo(120, 40);
    explorer.press(&["-"]);
    hides(&explorer, "parent (kgateway-system)");
    explorer.press(&["l", "l", "l", "l"]);
    shows(&explorer, "parent (kgateway-system)");
    explorer.press(&["+"]);
    shows(&explorer, "/insurance/claims");
    explorer.press(&["3"]);
    shows(&explorer, "parent (kgateway-system)");
    hides(&explorer, "/insurance ⇢");
}

#[test]
fn method_and_headers_are_part_of_the_question() {
    let mut explorer = demo(120, 40);
    explorer.ask("POST https://api.example.com/banking/cards");
    shows(&explorer, "POST https://api.example.com/banking/cards");
    explorer.press(&["esc", "H"]).write("x-tenant: blue");
    explorer.press(&["enter"]);
    shows(&explorer, "x-tenant: blue");
    explorer.press(&["enter"]);
    shows(&explorer, "POST +1 header");
    explorer.press(&["m"]);
    shows(&explorer, "PUT +1 header");
    let request = explorer.state.side().answer.request().expect("a request");
    assert_eq!(request.headers, [("x-tenant".to_owned(), "blue".to_owned())]);
}

#[test]
fn a_header_that_is_none_stays_to_be_mended() {
    let mut explorer = demo(120, 40);
    explorer.press(&["H"]).write("nonsense");
    explorer.press(&["enter"]);
    shows(&explorer, "nonsense");
    assert!(explorer.state.ask.headers.is_empty() && explorer.state.notice.is_some());
}

#[test]
fn what_was_typed_is_never_lost() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/one");
    explorer.press(&["esc"]);
    shows(&explorer, "GET https://api.example.com/one");
    explorer.press(&["u", "ctrl-u"]).write("https://api.example.com/two");
    explorer.press(&["up"]);
    shows(&explorer, "GET https://api.example.com/one");
    explorer.press(&["down"]);
    shows(&explorer, "GET https://api.example.com/two");
}

#[test]
fn a_pasted_url_is_a_question_wherever_the_focus_is() {
    let mut explorer = demo(120, 40);
    explorer.send(Message::Paste("https://api.example.com/banking/cards\n".to_owned()));
    shows(&explorer, "● banking/banking-bff:8080");
}

#[test]
fn a_reload_keeps_selection_folds_and_question() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "g", "j", "j", "j", "h"]);
    let before = explorer.text();
    explorer.send(Message::FilesChanged);
    assert!(matches!(explorer.effects[..], [Effect::Load]));
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    explorer.state.notice = None;
    assert_eq!(explorer.text(), before);
}

#[test]
fn changes_during_a_load_are_loaded_after_it() {
    let mut explorer = demo(120, 40);
    explorer.send(Message::FilesChanged);
    explorer.send(Message::FilesChanged);
    explorer.send(Message::FilesChanged);
    assert_eq!(explorer.effects.len(), 1);
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    assert_eq!(explorer.effects.len(), 2, "once more, not twice");
}

#[test]
fn a_load_that_fails_leaves_the_last_view() {
    let mut explorer = demo(120, 40);
    let error = SourceError { message: "no such file: a.yaml".to_owned(), hint: None };
    explorer.send(Message::Loaded(Err(error)));
    shows(&explorer, "no such file: a.yaml");
    shows(&explorer, "✗ not reloaded");
    shows(&explorer, "/banking/cards");
}

#[test]
fn before_anything_is_loaded_it_says_so() {
    insta::assert_snapshot!(Explorer::waiting("a/folder", 80, 24).text());
}

#[test]
fn an_empty_world_says_what_is_missing() {
    let input = Input::Text { name: "empty.yaml".to_owned(), text: "kind: ConfigMap\n".to_owned() };
    let mut explorer = Explorer::new("empty.yaml", input, 80, 24);
    shows(&explorer, "no Gateway and no route was found");
    explorer.ask("https://a.io/x");
    explorer.press(&["enter", "tab", "tab", "G", "k", "e", "y", "esc", "n", ".", "+", "-", "l", "h", "J", "f"]);
}

#[test]
fn copying_offers_what_is_selected_and_what_was_asked() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "y"]);
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["enter"]);
    assert!(matches!(&explorer.effects[..], [Effect::Copy(text)] if text == "https://api.example.com/banking/cards"));
}

#[test]
fn the_demo_cannot_be_edited_and_says_why() {
    let mut explorer = demo(120, 40);
    explorer.press(&["e"]);
    assert!(explorer.effects.is_empty());
    shows(&explorer, "cannot be edited");
}

#[test]
fn a_file_is_edited_at_the_selected_line() {
    let mut explorer = example("field-guide", 120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["enter", "e"]);
    let Some(Effect::Edit { path, line }) = explorer.effects.last() else { panic!("{:?}", explorer.effects) };
    let text = std::fs::read_to_string(path).expect("the file is there");
    let at = text.lines().nth(*line as usize - 1).unwrap_or_default();
    let near: String = text.lines().skip(*line as usize - 1).take(4).collect();
    assert!(near.contains("/banking/cards"), "{path}:{line} is {at:?}");
}

#[test]
fn a_click_selects_and_a_second_one_folds() {
    let mut explorer = demo(120, 40);
    explorer.click_on("banking-routes (banking)");
    assert!(explorer.text().contains("HTTPRoute banking/banking-routes"), "{}", explorer.text());
    explorer.click_on("banking-routes (banking)");
    hides(&explorer, "/banking/accounts →");
    explorer.click_on("press u and type");
    explorer.write("/x");
    shows(&explorer, "GET /x");
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut explorer = demo(80, 24);
    explorer.mouse(MouseEventKind::ScrollDown, 10, 8);
    hides(&explorer, "┌ Gateway");
    explorer.mouse(MouseEventKind::ScrollUp, 10, 8);
    shows(&explorer, "┌ Gateway");
    let before = explorer.text();
    explorer.mouse(MouseEventKind::ScrollDown, 10, 20);
    assert_ne!(explorer.text(), before);
}

#[test]
fn a_row_of_the_reasons_leads_to_its_node() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/banking/cards");
    explorer.press(&["tab", "tab", "tab", "g", "enter"]);
    shows(&explorer, "banking/banking-routes · rule 2");
}

#[test]
fn themes_are_tried_on_and_taken_back() {
    let mut explorer = demo(120, 40);
    explorer.state.themes.extend(Theme::shipped());
    explorer.press(&["T", "down", "down"]);
    assert_eq!(explorer.state.theme, 2);
    explorer.press(&["esc"]);
    assert_eq!(explorer.state.theme, 0);
    explorer.press(&["T", "down", "enter"]);
    assert_eq!(explorer.state.theme, 1);
    explorer.press(&["t"]);
    assert_eq!(explorer.state.theme, 2);
}

#[test]
fn quitting_works_from_everywhere() {
    for keys in [&["q"][..], &["ctrl-c"], &["u", "ctrl-c"], &["?", "ctrl-c"], &["/", "ctrl-c"], &["tab", "q"]] {
        let mut explorer = demo(80, 24);
        explorer.press(keys);
        assert!(matches!(explorer.effects.last(), Some(Effect::Quit)), "{keys:?}");
    }
}

#[test]
fn no_size_is_too_small_or_too_odd() {
    let keys: &[&[&str]] =
        &[&[], &["?"], &["f"], &["H"], &["y"], &["/", "a"], &["tab"], &["tab", "tab"], &["z"], &["ctrl-p"]];
    for width in [0, 1, 23, 24, 40, 72, 100] {
        for height in [0, 1, 5, 7, 18, 26] {
            let mut explorer = demo(width, height);
            explorer.send(Message::Paste("https://api.example.com/banking/cards".to_owned()));
            explorer.press(&["esc"]);
            for keys in keys {
                explorer.press(keys);
                explorer.text();
                explorer.press(&["esc", "esc", "esc"]);
            }
        }
    }
}

#[test]
fn every_key_works_in_every_pane_without_a_world() {
    let mut explorer = Explorer::waiting("nothing", 80, 24);
    for entry in ACTIONS {
        for key in entry.keys {
            for pane in ["u", "esc", "tab", "shift-tab"] {
                explorer.press(&[pane, key]);
                explorer.text();
            }
        }
    }
}

#[test]
fn wide_letters_keep_their_columns() {
    let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: n}\nspec:\n  \
                parentRefs: [{name: g}]\n  rules:\n  - name: 日本語日本語日本語\n    matches: [{path: {value: /日本語/日本語/日本語/日本語/日本語}}]\n    \
                backendRefs: [{name: s, port: 80}]\n";
    let input = Input::Text { name: "wide.yaml".to_owned(), text: text.to_owned() };
    for width in (40..110).step_by(7) {
        let mut explorer = Explorer::new("日本語", Input::clone(&input), width, 30);
        explorer.press(&["G"]);
        explorer.send(Message::Paste("http://a.io/日本語".to_owned()));
        for line in explorer.text().lines().filter(|line| line.starts_with('│')) {
            assert!(line.ends_with(['│', '┃']), "{width}: {line:?}");
        }
    }
}

/// The explorer of a cluster that is being connected to.
fn cluster(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::waiting("", width, height);
    explorer.state.side_mut().live = Some(Live::of(Some("kind-dev".to_owned())));
    explorer
}

fn status(phase: Phase, kinds: impl Fn(usize) -> KindState) -> Status {
    let mut status = Status::connecting("kind-dev".to_owned(), "https://127.0.0.1:6443/".to_owned());
    status.phase = phase;
    status.kinds = (0..status.kinds.len()).map(kinds).collect();
    status
}

fn synced() -> Status {
    status(Phase::Live, |_| KindState::Synced)
}

impl Explorer {
    /// Reading the cluster goes differently.
    fn reading(&mut self, status: Status) -> &mut Self {
        self.followed(Update::Status(Arc::new(status)))
    }

    /// The cluster holds this.
    fn holds(&mut self, text: &str, status: Status) -> &mut Self {
        self.changes(text, status, Vec::new())
    }

    /// The cluster holds this now, because these objects changed.
    fn changes(&mut self, text: &str, status: Status, changes: Vec<Changed>) -> &mut Self {
        let input = Input::Text { name: "kind-dev".to_owned(), text: text.to_owned() };
        let settled = status.is_settled();
        let world = World {
            analysis: analysis(input),
            reading: 0,
            status: Arc::new(status),
            changes,
            settled,
            watch: Vec::new(),
        };
        self.followed(Update::World(Box::new(world)))
    }

    fn followed(&mut self, update: Update) -> &mut Self {
        self.followed_on(self.state.active, update)
    }

    /// The cluster of the side at a place tells something.
    fn followed_on(&mut self, at: usize, update: Update) -> &mut Self {
        let side = &self.state.sides[at];
        let epoch = side.live.as_ref().map_or(0, |live| live.epoch);
        self.send(Message::Followed { side: side.id, epoch, update: Box::new(update) });
        self
    }
}

const SHOP: &str = "
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

#[test]
fn connecting_names_the_context_and_the_server() {
    let mut explorer = cluster(80, 24);
    shows(&explorer, "connecting to kind-dev …");
    explorer.reading(status(Phase::Connecting, |_| KindState::Waiting));
    shows(&explorer, "connecting to kind-dev (https://127.0.0.1:6443/) …");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_world_that_is_still_being_read_is_shown_and_says_how_far_it_is() {
    let mut explorer = cluster(80, 24);
    let half = |kind| if kind % 2 == 0 { KindState::Synced } else { KindState::Waiting };
    explorer.holds(SHOP, status(Phase::Syncing, half));
    shows(&explorer, "… synced 7 of 14 kinds");
    shows(&explorer, "orders (shop)");
    explorer.holds(SHOP, synced());
    shows(&explorer, "● live");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn a_broken_watch_says_since_when_the_view_is_old() {
    let mut explorer = cluster(80, 24);
    let since = UNIX_EPOCH + Duration::from_secs(10 * 3600 + 41 * 60);
    let stale = Phase::Stale { since, reason: "connection refused".to_owned() };
    explorer.holds(SHOP, synced()).reading(status(stale, |_| KindState::Synced));
    shows(&explorer, "◌ stale since 10:41: connection refused");
    explorer.send(Message::Resize(60, 20));
    shows(&explorer, "◌ stale since 10:41");
    shows(&explorer, "kind-dev");
    explorer.reading(synced());
    shows(&explorer, "● live");
}

#[test]
fn a_cluster_that_cannot_be_reached_says_why_and_what_to_do() {
    let mut explorer = cluster(80, 24);
    let error = SourceError {
        message: "cannot reach https://127.0.0.1:6443: connection refused".to_owned(),
        hint: Some("is the cluster running?".to_owned()),
    };
    explorer.followed(Update::Failed(error));
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["r"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { epoch: 1, context: Some(_), .. })));
    shows(&explorer, "connecting to kind-dev …");
}

#[test]
fn what_may_not_be_read_is_counted_and_told_by_kind() {
    let mut explorer = cluster(80, 24);
    let mut status = status(Phase::Live, |kind| match kind {
        0 | 1 => KindState::SyncedIn(vec!["shop".into()]),
        2 => KindState::Forbidden,
        3 => KindState::Absent,
        _ => KindState::Synced,
    });
    let unreadable = |namespace: &str, kind| Unreadable { namespace: Some(namespace.into()), kind };
    status.unreadable = vec![unreadable("bank", 0), unreadable("infra", 0), unreadable("infra", 1)];
    explorer.holds(SHOP, status);
    shows(&explorer, "⚠ 2 namespaces not readable");
    explorer.press(&["R"]);
    shows(&explorer, "only in shop; not in bank, infra");
    insta::assert_snapshot!(explorer.both());
}

#[test]
fn who_may_read_nothing_is_not_told_that_nothing_is_there() {
    let mut explorer = cluster(120, 24);
    let mut status = status(Phase::Live, |_| KindState::Forbidden);
    let unreadable = |kind| Unreadable { namespace: Some("shop".into()), kind };
    status.unreadable = (0..status.kinds.len()).map(unreadable).collect();
    explorer.holds("", status);
    shows(&explorer, "✗ context kind-dev: HTTPRoutes may be read neither in the cluster");
    shows(&explorer, "name the namespaces you may read with -n");
    hides(&explorer, "no Gateway and no route");
}

#[test]
fn a_kind_that_may_not_be_read_is_counted_as_one() {
    let mut explorer = cluster(120, 24);
    let last = synced().kinds.len() - 1;
    let mut status = status(Phase::Live, |kind| if kind == last { KindState::Forbidden } else { KindState::Synced });
    status.unreadable =
        vec![Unreadable { namespace: None, kind: last }, Unreadable { namespace: Some("shop".into()), kind: last }];
    explorer.holds(SHOP, status);
    shows(&explorer, "⚠ 1 kind not readable");
}

#[test]
fn what_an_earlier_following_brings_is_not_shown() {
    let mut explorer = cluster(80, 24);
    explorer.press(&["r"]);
    explorer.send(Message::Followed {
        side: SideId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    hides(&explorer, "● live");
}

#[test]
fn another_world_leaves_selection_filter_and_question_where_they_are() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1");
    explorer.press(&["enter", "esc", "/"]).write("orders");
    explorer.press(&["enter"]);
    let before = explorer.text();
    explorer.holds(SHOP, synced());
    assert_eq!(explorer.text(), before);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced()).passes(60);
    assert_eq!(explorer.text(), before.replace("orders-v1", "orders-v2"));
}

/// The explorer of two contexts, both read.
fn two(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::waiting("", width, height);
    explorer.state.follow(["kind-dev", "prod"].map(|name| Some(name.to_owned())));
    explorer.holds_on(0, SHOP, named("kind-dev")).holds_on(1, &PROD, named("prod"));
    explorer
}

/// What production has: another backend, behind a rewrite.
static PROD: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    let rewrite =
        "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /v2}}}]";
    SHOP.replace("backendRefs: [{name: orders-v1", &format!("{rewrite}\n    backendRefs: [{{name: orders-v2"))
});

fn named(context: &str) -> Status {
    Status { context: context.to_owned(), ..synced() }
}

impl Explorer {
    /// The cluster of the side at a place holds this.
    fn holds_on(&mut self, at: usize, text: &str, status: Status) -> &mut Self {
        self.changes_on(at, text, status, Vec::new())
    }

    /// The cluster of the side at a place holds this now, because these objects changed.
    fn changes_on(&mut self, at: usize, text: &str, status: Status, changes: Vec<Changed>) -> &mut Self {
        let input = Input::Text { name: status.context.clone(), text: text.to_owned() };
        let settled = status.is_settled();
        let world = World {
            analysis: analysis(input),
            reading: 0,
            status: Arc::new(status),
            changes,
            settled,
            watch: Vec::new(),
        };
        self.followed_on(at, Update::World(Box::new(world)))
    }
}

#[test]
fn several_contexts_stand_side_by_side_and_answer_one_question() {
    let mut explorer = two(120, 40);
    insta::assert_snapshot!("several_contexts_before_a_question", explorer.text());
    explorer.ask("http://a.io/orders/1");
    insta::assert_snapshot!(explorer.both());
    shows(&explorer, "≠ the answers differ");
    shows(&explorer, "other destination, upstream");
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "= the same answer everywhere");
    hides(&explorer, "≠");
}

#[test]
fn in_80_by_24_one_context_shows_at_a_time() {
    let mut explorer = two(80, 24);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    insta::assert_snapshot!(explorer.both());
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["c"]);
    shows(&explorer, "prod (2 of 2)");
    explorer.press(&["c"]);
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["u", "f4"]).write("2");
    shows(&explorer, "prod (2 of 2)");
    shows(&explorer, "http://a.io/orders/12");
}

#[test]
fn in_60_by_20_the_answers_stand_over_one_pane() {
    let mut explorer = two(60, 20);
    explorer.ask("http://a.io/orders/1").press(&["enter", "C"]);
    insta::assert_snapshot!(explorer.text());
}

#[test]
fn a_context_that_cannot_be_read_says_so_in_its_own_column() {
    let mut explorer = two(120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    let error = SourceError {
        message: "cannot reach https://prod.example.com: connection refused".to_owned(),
        hint: Some("is the cluster running?".to_owned()),
    };
    let mut failed = Explorer::waiting("", 120, 40);
    failed.state.follow(["kind-dev", "prod"].map(|name| Some(name.to_owned())));
    failed.holds_on(0, SHOP, named("kind-dev")).followed_on(1, Update::Failed(error));
    failed.ask("http://a.io/orders/1").press(&["enter"]);
    insta::assert_snapshot!(failed.text());
    shows(&failed, "▸ kind-dev   ● shop/orders-v1:80");
    failed.press(&["c", "r"]);
    assert!(matches!(failed.effects.last(), Some(Effect::Follow { side: SideId(1), epoch: 1, .. })));
    shows(&failed, "connecting to prod …");
    // Of one that was read and does not answer any more, the last answer stays, and is told to be old.
    let stale = Phase::Stale { since: UNIX_EPOCH, reason: "connection refused".to_owned() };
    explorer.followed_on(1, Update::Status(Arc::new(Status { phase: stale, ..named("prod") })));
    shows(&explorer, "? not certain · ◌ stale · other destination, upstream");
    shows(&explorer, "≠ ● shop/orders-v2:80");
}

#[test]
fn each_context_has_its_own_folds_filter_and_findings() {
    let mut explorer = two(120, 40);
    explorer.press(&["c", "-"]);
    assert_eq!(explorer.text().matches("orders (shop)").count(), 1);
    explorer.press(&["C", "/"]).write("nothing like it");
    shows(&explorer, "nothing matches");
    shows(&explorer, "▸ Gateway infra/web");
    explorer.press(&["f4"]).write("c");
    shows(&explorer, "nothing matches");
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.press(&["esc"]);
    shows(&explorer, "orders (shop)");
    explorer.press(&["R"]);
    shows(&explorer, "connection · kind-dev");
    explorer.press(&["f4"]);
    shows(&explorer, "connection · prod");
}

#[test]
fn pausing_holds_every_context_and_the_log_names_them() {
    let mut explorer = two(120, 40);
    explorer.press(&["Z"]);
    assert_eq!(explorer.text().matches("‖ paused").count(), 5, "header, answers, columns:\n{}", explorer.text());
    explorer.changes_on(0, &SHOP.replace("orders-v1", "orders-v3"), named("kind-dev"), moved());
    explorer.changes_on(1, SHOP, named("prod"), moved());
    hides(&explorer, "orders-v3");
    explorer.press(&["Z"]);
    shows(&explorer, "2 changes meanwhile: L lists them");
    shows(&explorer, "orders-v3");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 kind-dev HTTPRoute shop/orders: rule 1 now goes to");
    shows(&explorer, "10:41:07 prod HTTPRoute shop/orders: rule 1 now goes to");
    explorer.press(&["enter"]);
    shows(&explorer, "prod (2 of 2)");
    assert!(explorer.roles().contains("<selected>"), "{}", explorer.roles());
}

#[test]
fn contexts_come_and_go_by_command_and_by_list() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).ask("http://a.io/orders/1").press(&["enter", ":"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.write("ctx kind-dev pr").press(&["tab", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { side: SideId(1), epoch: 0, .. })));
    shows(&explorer, "connecting to prod …");
    shows(&explorer, "▸ kind-dev   ● shop/orders-v1:80");
    explorer.holds_on(1, &PROD, named("prod"));
    shows(&explorer, "≠ ● shop/orders-v2:80");
    explorer.press(&["c", ":"]).write("only").press(&["enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Leave(SideId(0)))));
    hides(&explorer, "kind-dev");
    shows(&explorer, "shop/orders-v2:80");
    explorer.press(&["c"]);
    shows(&explorer, "one context is followed");
    // One cluster twice: each is read for itself.
    explorer.press(&[":"]).write("ctx").press(&["enter"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.press(&["+"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Follow { side: SideId(2), epoch: 0, .. })));
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "prod #2 (2 of 2)");
    shows(&explorer, "▸ prod #2 ≠ ● shop/orders-v1:80");
    // What a context that is gone still brings is of no interest.
    explorer.send(Message::Followed {
        side: SideId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    hides(&explorer, "kind-dev");
}

#[test]
fn a_click_goes_to_the_side_under_it() {
    let mut explorer = two(120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter"]);
    explorer.click_on("prod     ≠");
    shows(&explorer, "prod (2 of 2)");
    explorer.click(5, 9);
    shows(&explorer, "kind-dev (1 of 2)");
    explorer.mouse(MouseEventKind::ScrollDown, 80, 9);
    shows(&explorer, "kind-dev (1 of 2)");
}

#[test]
fn many_contexts_in_any_size_are_drawn_and_turned_through() {
    for (width, height) in [(24, 5), (60, 20), (80, 24), (100, 20), (120, 40), (160, 50)] {
        for count in [2, 3, 9] {
            let mut explorer = Explorer::waiting("", width, height);
            explorer.state.follow((0..count).map(|at| Some(format!("context-{at}"))));
            for at in 0..count {
                explorer.holds_on(at, SHOP, named(&format!("context-{at}")));
            }
            explorer.ask("http://a.io/orders/1").press(&["enter"]);
            for at in 0..count {
                assert_eq!(explorer.state.active, at);
                if width >= 60 {
                    shows(&explorer, &format!("context-{at} ({} of {count})", at + 1));
                    shows(&explorer, &format!("▸ context-{at}"));
                }
                explorer.press(&["z"]);
                explorer.text();
                explorer.press(&["z", "c"]);
            }
            assert_eq!(explorer.state.active, 0);
        }
    }
}

/// The cluster holds a shop; files that are laid over it change where its orders go and add a cart.
fn laid_over(width: u16, height: u16) -> Explorer {
    let cart = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: cart, namespace: shop}\nspec:\n  \
                parentRefs: [{name: web, namespace: infra}]\n  rules:\n  - matches: [{path: {value: /cart}}]\n    \
                backendRefs: [{name: cart, port: 80}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n\
                spec: {ports: [{port: 80}]}\n";
    let text = SHOP.replace("orders-v1", "orders-v2") + cart;
    let input = Input::Text { name: "change.yaml".to_owned(), text };
    let loaded = files::load(&[input], true).expect("the manifests load");
    let mut store = Store::default();
    let mark = |object: &routescope::model::Object| {
        let meta = object.meta();
        let (mark, lines) = match &*meta.name {
            "web" => (Mark::Same, Vec::new()),
            "cart" => (Mark::New, Vec::new()),
            _ => (Mark::Changed, vec!["rule 1 now goes to Service shop/orders-v2:80 (was …-v1:80)".to_owned()]),
        };
        let subject = Subject { kind: object.kind(), key: meta.key() };
        (subject, Laid { mark, lines, place: Place::within(&meta.origin, meta.origin.at) })
    };
    let marks = loaded.objects.iter().map(mark).collect();
    let findings = store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() });
    store.overlay(marks);
    let analysis = Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings));
    let mut explorer = cluster(width, height);
    "change.yaml".clone_into(&mut explorer.state.title);
    let status = Arc::new(synced());
    let world = World { analysis, reading: 0, status, changes: Vec::new(), settled: true, watch: Vec::new() };
    explorer.followed(Update::World(Box::new(world)));
    explorer
}

#[test]
fn what_files_change_is_marked_counted_and_stepped_through() {
    let mut explorer = laid_over(120, 40);
    explorer.press(&["d"]);
    insta::assert_snapshot!(explorer.both());
    for text in ["+ HTTPRoute shop/cart is new", "the cluster", "has none · change.yaml:18"] {
        shows(&explorer, text);
    }
    explorer.press(&["d"]);
    shows(&explorer, "+ Service shop/cart is new");
    explorer.press(&["d"]);
    for text in ["~ HTTPRoute shop/orders is changed", "change.yaml:9", "rule 1 now goes to Service"] {
        shows(&explorer, text);
    }
    explorer.press(&["D", "D", "D", "-", "D"]);
    shows(&explorer, "~ HTTPRoute shop/orders is changed");
    explorer.press(&["g", "o"]);
    shows(&explorer, "files over kind-dev: 2 new, 1 changed, 1 as they are");
    shows(&explorer, "~ HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    explorer.press(&["enter"]);
    shows(&explorer, "+ HTTPRoute shop/cart is new");
}

#[test]
fn an_answer_says_that_it_hangs_on_files() {
    let mut explorer = laid_over(120, 40);
    explorer.ask("http://a.io/cart/1");
    insta::assert_snapshot!(explorer.text());
    shows(&explorer, "+ not in the cluster yet");
    explorer.press(&["ctrl-u"]).write("http://a.io/orders/1");
    shows(&explorer, "~ as the files change it");
    explorer.press(&["ctrl-u"]).write("http://a.io/elsewhere");
    hides(&explorer, "as the files change it");
    explorer.send(Message::Resize(80, 24));
    explorer.press(&["esc", "d"]);
    insta::assert_snapshot!("in_80_by_24_what_files_change_is_marked", explorer.both());
    explorer.state.ascii = true;
    shows(&explorer, "+ new");
    shows(&explorer, "~ changed");
}

#[test]
fn in_what_an_answer_is_other_counts_for_more_than_what_it_hangs_on() {
    let laid = laid_over(80, 24);
    let analysis = Arc::clone(&laid.state.side().world.as_ref().expect("a world").analysis);
    let mut explorer = two(80, 24);
    let status = Arc::new(named("prod"));
    let world = World { analysis, reading: 0, status, changes: Vec::new(), settled: true, watch: Vec::new() };
    explorer.followed_on(1, Update::World(Box::new(world)));
    explorer.ask("http://a.io/orders/1");
    shows(&explorer, "≠ ● shop/orders-v2:80  Service ? not certain · other destination");
    explorer.send(Message::Resize(140, 40));
    shows(&explorer, "other destination · ~ as the files change it");
}

#[test]
fn what_the_cluster_does_not_tell_of_is_not_called_new() {
    let mut explorer = laid_over(120, 40);
    let side = explorer.state.side();
    let snapshot = &side.world.as_ref().expect("a world").analysis.snapshot;
    let mut store = Store::default();
    let mut marks = (*snapshot.overlaid).clone();
    for laid in marks.values_mut() {
        laid.mark = Mark::Unseen;
    }
    let input = Input::Text { name: "change.yaml".to_owned(), text: SHOP.to_owned() };
    let objects = files::load(&[input], true).expect("the manifests load").objects;
    let findings = store.apply(Change::Replace { objects, coverage: Coverage::open() });
    store.overlay(marks);
    let analysis = Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings));
    let status = Arc::new(synced());
    let world = World { analysis, reading: 0, status, changes: Vec::new(), settled: true, watch: Vec::new() };
    explorer.followed(Update::World(Box::new(world)));
    shows(&explorer, "orders (shop) ? new or changed");
    shows(&explorer, "?4 new or changed");
    explorer.send(Message::Paste("http://a.io/orders".to_owned()));
    shows(&explorer, "? perhaps not in the cluster yet");
    explorer.press(&["esc", "o"]);
    shows(&explorer, "4 new or changed");
}

#[test]
fn without_files_there_is_nothing_to_step_through() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced());
    for key in ["d", "D", "o"] {
        explorer.press(&[key]);
        shows(&explorer, "no files are laid over a cluster");
    }
}

/// An `HTTPRoute` that changed at 10:41:07.
fn changed(namespace: &str, name: &str, how: How, line: &str) -> Changed {
    let key = ObjectKey { namespace: namespace.into(), name: name.into() };
    Changed {
        at: UNIX_EPOCH + Duration::from_secs(10 * 3600 + 41 * 60 + 7),
        subject: Subject { kind: "HTTPRoute", key },
        how,
        lines: vec![line.to_owned()],
    }
}

fn moved() -> Vec<Changed> {
    vec![changed("shop", "orders", How::Modified, "rule 1 now goes to Service shop/orders-v2:80")]
}

#[test]
fn what_changed_is_listed_newest_last_and_leads_to_its_node() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced()).press(&["L"]);
    shows(&explorer, "nothing has changed yet");
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.changes(&v2, synced(), moved());
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    explorer.changes(&v2, synced(), vec![changed("shop", "cart", How::Added, "for every host")]);
    shows(&explorer, "HTTPRoute shop/cart: new: for every host");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["enter"]);
    shows(&explorer, "no place in the tree");
    explorer.press(&["g", "L", "up", "enter"]);
    assert!(explorer.state.side().selected().is_some_and(|node| explorer.state.side().tree.rows[0].node != node));
}

#[test]
fn a_connection_that_breaks_and_comes_back_is_listed() {
    let mut explorer = cluster(80, 24);
    let stale = Phase::Stale { since: UNIX_EPOCH, reason: "connection refused".to_owned() };
    explorer.holds(SHOP, synced()).reading(status(stale, |_| KindState::Synced)).reading(synced());
    let gone = |kind| if kind == 3 { KindState::Absent } else { KindState::Synced };
    explorer.reading(status(Phase::Live, gone)).press(&["L"]);
    for text in ["stale: connection refused", "live again", "is gone"] {
        shows(&explorer, text);
    }
}

#[test]
fn while_paused_changes_wait_and_then_come_at_once() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced()).press(&["Z"]);
    shows(&explorer, "‖ paused");
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.changes(&v2, synced(), moved());
    shows(&explorer, "‖ paused · 1 change waits");
    explorer.changes(&v2.replace("orders-v2", "orders-v3"), synced(), moved());
    shows(&explorer, "‖ paused · 2 changes wait");
    shows(&explorer, "orders-v1");
    explorer.press(&["Z"]);
    shows(&explorer, "● live");
    shows(&explorer, "orders-v3");
    assert_eq!(explorer.state.side().log.entries().len(), 2);
}

fn entry(name: &str) -> ContextEntry {
    ContextEntry {
        name: name.to_owned(),
        cluster: name.to_owned(),
        server: Some(format!("https://{name}.example.com:6443")),
        user: None,
        namespace: "default".into(),
        current: name == "kind-dev",
    }
}

#[test]
fn a_command_is_completed_and_carried_out() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("fi");
    shows(&explorer, ":fi   filter · findings");
    explorer.press(&["tab", "tab"]);
    shows(&explorer, ":findings");
    explorer.press(&["enter"]);
    shows(&explorer, " no findings");
    explorer.press(&[":"]).write("level 1");
    explorer.press(&["enter"]);
    hides(&explorer, "banking-routes");
    explorer.press(&[":", "q", "esc"]);
    assert!(explorer.effects.is_empty());
    explorer.press(&[":", "q", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Quit)));
}

#[test]
fn an_unknown_command_stays_to_be_mended() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("relaod");
    explorer.press(&["enter"]);
    shows(&explorer, ":relaod   no command relaod: did you mean reload?");
    explorer.press(&["ctrl-u"]).write("theme nope");
    explorer.press(&["enter"]);
    shows(&explorer, "no theme nope: there are telling");
    explorer.press(&["ctrl-u"]).write("ctx");
    explorer.press(&["enter"]);
    shows(&explorer, "these are files: no cluster is followed");
}

#[test]
fn namespaces_narrow_the_tree_to_what_touches_them() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("ns pay");
    explorer.press(&["tab", "enter"]);
    shows(&explorer, "tree · ns payments");
    hides(&explorer, "banking-routes");
    insta::assert_snapshot!(explorer.text());
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    hides(&explorer, "banking-routes");
    explorer.press(&[":"]).write("ns elsewhere");
    explorer.press(&["enter"]);
    shows(&explorer, "nothing that is known touches elsewhere");
    explorer.press(&[":"]).write("ns all");
    explorer.press(&["enter"]);
    shows(&explorer, "banking-routes");
    hides(&explorer, "· ns ");
    assert!(explorer.effects.is_empty(), "files are not asked: {:?}", explorer.effects);
}

#[test]
fn the_answer_of_a_gateway_that_is_shown_comes_first() {
    let other = SHOP.replace("name: web", "name: inner").replace("infra", "later").replace("orders", "stock");
    let answers = "---\n".to_owned() + &other.replace("- matches: [{path: {value: /stock}}]\n    ", "- ");
    let mut explorer = cluster(120, 40);
    explorer.holds(&(SHOP.to_owned() + &answers), synced());
    explorer.send(Message::Paste("http://a.io/orders/1".to_owned()));
    shows(&explorer, "answer 1 of 2");
    shows(&explorer, "shop/orders-v1:80");
    explorer.press(&["esc", ":"]).write("ns later").press(&["enter"]);
    shows(&explorer, "answer 2 of 2");
    shows(&explorer, "shop/stock-v1:80");
}

#[test]
fn a_namespace_is_picked_and_the_cluster_asked_for_it() {
    let mut explorer = cluster(80, 24);
    let mut status = synced();
    status.unreadable = vec![Unreadable { namespace: Some("bank".into()), kind: 0 }];
    explorer.holds(SHOP, status);
    explorer.press(&[":"]).write("ns");
    explorer.press(&["enter"]);
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["down", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::ReadNamespace { namespace, .. }) if namespace == "bank"));
    shows(&explorer, "tree · ns bank");
}

#[test]
fn contexts_are_listed_and_the_one_picked_is_followed() {
    let mut explorer = cluster(100, 24);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1");
    explorer.press(&["enter", ":"]).write("ctx");
    explorer.press(&["enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Contexts)));
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["down", "enter"]);
    assert!(
        matches!(explorer.effects.last(), Some(Effect::Follow { epoch: 1, context: Some(name), .. }) if name == "prod")
    );
    shows(&explorer, "connecting to prod …");
    shows(&explorer, "GET http://a.io/orders/1");
    hides(&explorer, "orders (shop)");
    hides(&explorer, "kind-dev");
    explorer.send(Message::Followed {
        side: SideId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    shows(&explorer, "connecting to prod …");
    explorer.holds(&SHOP.replace("orders-v1", "orders-prod"), synced());
    shows(&explorer, "● shop/orders-prod:80");
}

#[test]
fn a_context_that_is_not_there_is_not_gone_to() {
    let mut explorer = cluster(100, 24);
    explorer.holds(SHOP, synced()).press(&[":"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.write("ctx prd").press(&["enter"]);
    shows(&explorer, "no context prd: did you mean prod?");
    explorer.press(&["ctrl-u"]).write("ctx p");
    explorer.press(&["tab", "enter"]);
    shows(&explorer, "connecting to prod …");
}

/// What time it is.
fn at(hour: u64, minute: u64) -> Message {
    Message::Clock(UNIX_EPOCH + Duration::from_secs(hour * 3600 + minute * 60))
}

/// The shop, with the URL of its orders pinned.
fn pinned(width: u16, height: u16) -> Explorer {
    let mut explorer = cluster(width, height);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1").press(&["enter", "p"]);
    explorer
}

#[test]
fn a_pinned_answer_that_changes_is_marked_until_it_was_seen() {
    let mut explorer = pinned(120, 40);
    shows(&explorer, "pinned GET http://a.io/orders/1: P lists the pins");
    shows(&explorer, "where does it go? · pinned");
    explorer.press(&["ctrl-u", "g"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  ● shop/orders-v1:80  rule 1 of shop/orders");
    explorer.send(at(10, 41));
    explorer.changes(&SHOP.replace("orders-v1", "orders-v2"), synced(), moved());
    shows(&explorer, "GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    insta::assert_snapshot!(explorer.both());
    explorer.send(at(11, 0));
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, "was shop/orders-v1:80, since 10:41");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:00 pinned GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    explorer.press(&["esc", "a"]);
    hides(&explorer, "was shop/orders-v1:80");
    explorer.press(&["a"]);
    shows(&explorer, "no pinned answer has changed");
}

#[test]
fn in_60_by_20_the_header_counts_the_pins_and_a_window_lists_them() {
    let mut explorer = pinned(60, 20);
    explorer.press(&["g"]);
    shows(&explorer, "1 pin  ● live");
    explorer.send(at(10, 41));
    explorer.holds(&SHOP.replace("/orders", "/carts"), synced());
    shows(&explorer, "~ 1 of 1 pin changed  ● live");
    explorer.press(&["P"]);
    shows(&explorer, "shop/orders-v1:80, since 10:41");
    insta::assert_snapshot!(explorer.both());
    explorer.press(&["a"]);
    hides(&explorer, "since 10:41");
    explorer.press(&["delete"]);
    hides(&explorer, "1 pin");
}

#[test]
fn pins_outlive_a_context_and_another_cluster_is_no_change() {
    let mut explorer = pinned(120, 40);
    explorer.press(&[":"]).write("ctx prod");
    explorer.press(&["enter"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  …");
    let prod = SHOP.replace("orders-v1", "orders-prod");
    explorer.holds(&SHOP.replace("/orders", "/x"), status(Phase::Syncing, |_| KindState::Waiting));
    shows(&explorer, "✗ 404 from the gateway");
    explorer.holds(&prod, synced());
    shows(&explorer, " pins   GET http://a.io/orders/1  ● shop/orders-prod:80");
    hides(&explorer, "since");
    explorer.press(&["r"]).holds(SHOP, synced());
    shows(&explorer, "was shop/orders-prod:80, since");
}

#[test]
fn a_pin_is_asked_again_whole() {
    let mut explorer = demo(120, 40);
    explorer.ask("POST https://api.example.com/payments/charge");
    explorer.press(&["esc", "H"]).write("x-tenant: blue");
    explorer.press(&["enter", "enter", "p", "m", "u", "ctrl-u"]).write("/else");
    explorer.press(&["enter", "P", "enter"]);
    shows(&explorer, "POST +1 header https://api.example.com/payments/charge");
    shows(&explorer, "where does it go? · pinned");
    explorer.press(&["p"]);
    shows(&explorer, "unpinned POST https://api.example.com/payments/charge +1 header");
    hides(&explorer, " pins ");
}

#[test]
fn a_url_is_pinned_by_command_and_what_is_none_is_not() {
    let mut explorer = demo(120, 40);
    explorer.press(&["p"]);
    shows(&explorer, "there is nothing to pin yet");
    explorer.press(&["P"]);
    shows(&explorer, "nothing is pinned");
    explorer.press(&[":"]).write("pin DELETE https://api.example.com/banking/cards");
    explorer.press(&["enter"]);
    shows(&explorer, " pins   DELETE https://api.example.com/banking/cards  ● banking/banking-bff:8080");
    explorer.press(&[":"]).write("pin ftp://x");
    explorer.press(&["enter"]);
    shows(&explorer, "not pinned: ");
    explorer.press(&[":"]).write("unpin all");
    explorer.press(&["enter"]);
    shows(&explorer, "unpinned 1 question");
}

#[test]
fn more_pins_than_there_is_room_for_are_counted_with_their_changes() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced());
    for path in ["x", "y", "z", "orders", "orders/1"] {
        explorer.press(&[":"]).write(&format!("pin http://a.io/{path}"));
        explorer.press(&["enter"]);
    }
    shows(&explorer, "and 3 pins more · P lists them");
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, " ~ and 3 pins more, 2 changed · P lists them");
    shows(&explorer, "2 pinned answers changed: P lists them");
    explorer.click_on("and 3 pins more");
    shows(&explorer, "pins · 5");
    explorer.press(&["esc"]).click_on("GET http://a.io/y");
    shows(&explorer, "where does it go? · pinned");
}

#[test]
fn a_reload_of_files_tells_what_it_changed_and_turns_the_pins() {
    let input = |text: &str| Input::Text { name: "shop.yaml".to_owned(), text: text.to_owned() };
    let mut explorer = Explorer::new("shop.yaml", input(SHOP), 120, 40);
    explorer.ask("http://a.io/orders/1").press(&["enter", "p", "L"]);
    shows(&explorer, "nothing has changed yet");
    explorer.send(at(10, 41));
    let changes = moved();
    let v2 = SHOP.replace("orders-v1", "orders-v2");
    explorer.send(Message::Loaded(Ok(Reading { analysis: analysis(input(&v2)), changes })));
    shows(&explorer, "● shop/orders-v2:80  was shop/orders-v1:80, since 10:41");
    explorer.press(&["L"]);
    shows(&explorer, "10:41:07 HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    shows(&explorer, "10:41:00 pinned GET http://a.io/orders/1: shop/orders-v1:80 → shop/orders-v2:80");
    explorer.send(Message::Loaded(Ok(read(input(&v2)))));
    shows(&explorer, "read again");
}

#[test]
fn a_pin_is_answered_by_every_context() {
    let mut explorer = two(120, 40);
    explorer.press(&[":"]).write("pin http://a.io/orders/1");
    explorer.press(&["enter", "g"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  ≠ kind-dev ● shop/orders-v1:80   prod ● shop/orders-v2:80 as ");
    explorer.send(at(10, 41));
    explorer.holds_on(1, SHOP, named("prod"));
    shows(&explorer, "prod: GET http://a.io/orders/1: shop/orders-v2:80 as a.io/v2/1 → shop/orders-v1:80");
    shows(&explorer, "kind-dev ● shop/orders-v1:80   prod ● shop/orders-v1:80  was shop/orders-v2:80 as a");
    explorer.press(&["a"]);
    shows(&explorer, " pins   GET http://a.io/orders/1  = ● shop/orders-v1:80  everywhere");
}

const CART: &str = "
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs: [{name: web, namespace: infra}]
  rules:
  - matches: [{path: {value: /cart}}]
    backendRefs: [{name: cart, port: 80}]
";

#[test]
fn what_changes_in_the_tree_stands_out_and_settles() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&["G"]);
    assert_eq!(explorer.wakes(), [0; 0], "the first list is no change");
    let v2 = format!("{}{CART}", SHOP.replace("orders-v1", "orders-v2"));
    explorer.holds(&v2, synced());
    assert_eq!(explorer.wakes(), [2]);
    for row in ["+   ├─ cart (shop)", "+   │  └─ /cart → Service cart:80", "~      └─ /orders → Service orders-v2:80"]
    {
        shows(&explorer, row);
    }
    insta::assert_snapshot!(explorer.both());
    assert_eq!(explorer.passes(2).wakes(), [28]);
    shows(&explorer, "+   ├─ cart (shop)");
    assert!(!explorer.roles().contains("changed[cart"), "{}", explorer.roles());
    assert_eq!(explorer.passes(28).wakes(), [0; 0], "what is quiet draws no frames");
    hides(&explorer, "+   ├─");
    explorer.holds(&v2, synced());
    assert_eq!(explorer.wakes(), [0; 0], "the same world again is no change");
}

#[test]
fn what_is_folded_or_gone_is_told_by_the_row_above() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&["3"]);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced());
    shows(&explorer, "~   └▸ orders (shop) (1)");
    explorer.press(&["5"]);
    shows(&explorer, "┃   └─ orders (shop)");
    shows(&explorer, "~      └─ /orders → Service orders-v2:80");
    explorer.passes(60).holds(&format!("{SHOP}{CART}"), synced()).passes(60).holds(SHOP, synced());
    shows(&explorer, "~└─ :80 http  any host");
}

#[test]
fn marks_have_a_place_without_borders_and_glyphs_without_colours() {
    let mut explorer = cluster(60, 20);
    explorer.state.ascii = true;
    explorer.holds(SHOP, synced()).holds(&format!("{SHOP}{CART}"), synced());
    let text = explorer.text();
    let line = text.lines().find(|line| line.contains("cart (shop)")).expect("the row");
    assert!(text.is_ascii() && line.ends_with('+') && line.len() == 60, "{text}");
}

#[test]
fn what_changes_does_not_stand_out_where_that_is_not_wanted() {
    let mut explorer = cluster(120, 40);
    explorer.state.flash = false;
    explorer.holds(SHOP, synced()).holds(&format!("{SHOP}{CART}"), synced());
    assert_eq!(explorer.wakes(), [0; 0]);
    shows(&explorer, "┃   ├─ cart (shop)");
}

#[test]
fn narrowing_what_is_looked_at_is_no_change_and_marks_outlive_it() {
    let mut explorer = cluster(120, 40);
    explorer.holds(SHOP, synced()).press(&[":"]).write("ns shop");
    explorer.press(&["enter"]);
    assert_eq!(explorer.wakes(), [0; 0]);
    explorer.holds(&SHOP.replace("orders-v1", "orders-v2"), synced()).press(&[":"]).write("ns all");
    explorer.press(&["enter"]);
    shows(&explorer, "~      └─ /orders → Service orders-v2:80");
}

#[test]
fn a_url_that_several_gateways_answer_is_pinned_on_the_one_that_is_shown() {
    let mut explorer = cluster(120, 40);
    let other = SHOP.replace("name: web", "name: other").replace("orders", "others").replace("/others", "/x");
    explorer.holds(&format!("{SHOP}---{other}"), synced()).press(&[":"]).write("pin http://a.io/orders");
    explorer.press(&["enter", "g"]);
    shows(&explorer, " pins   GET http://a.io/orders on infra/web  ● shop/orders-v1:80");
    explorer.ask("http://a.io/orders").press(&["enter", "n", "p"]);
    shows(&explorer, "GET http://a.io/orders on infra/other  ✗ 404 from the gateway");
    explorer.press(&["P", "enter"]);
    shows(&explorer, "● shop/orders-v1:80");
    explorer.press(&["P", "down", "enter"]);
    shows(&explorer, "✗ 404 from the gateway  no rule");
}
