//! The command line: opened, completed, carried out.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::{apart, keys, pins, replace, together};
use crate::theme::Role;
use crate::tui::action::Action;
use crate::tui::command::{self, Command, CommandLine};
use crate::tui::context_pane::{ContextPane, PaneContent, TreePane};
use crate::tui::effect::Effect;
use crate::tui::export::{self, Form};
use crate::tui::live::Live;
use crate::tui::rows;
use crate::tui::state::State;
use crate::tui::window::Window;
use routescope_cluster::ContextEntry;
use routescope_core::finding::closest;
use routescope_core::model::Name;
use routescope_core::store::Snapshot;
use routescope_manifest::SourceError;
use routescope_render::namespaces::{self, Missing};
use routescope_render::scope::Scope;

/// Opens the line. The contexts are looked up at once, so that they can be completed.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.command = Some(CommandLine::default());
    if state.side().live.is_some() { vec![Effect::Contexts] } else { Vec::new() }
}

/// Does what an action says on the line.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Run => return enter(state),
        Action::Complete => complete(state, true),
        Action::CompleteBack => complete(state, false),
        _ => state.command = None,
    }
    Vec::new()
}

/// Backspace on an empty line leaves it, as in vim.
pub(super) fn leaves(state: &State, key: KeyEvent) -> bool {
    key.code == KeyCode::Backspace && state.command.as_ref().is_some_and(|line| line.input.value().is_empty())
}

/// Goes on to what all completions have in common, then through them one by one.
fn complete(state: &mut State, forward: bool) {
    let Some(line) = &state.command else { return };
    let (typed, at) = match &line.completing {
        Some((typed, at)) => (typed.clone(), Some(*at)),
        None => (line.input.value().to_owned(), None),
    };
    let found = command::completions(state, &typed);
    let Some(line) = &mut state.command else { return };
    if found.is_empty() {
        return;
    }
    let common = command::common(&found);
    if at.is_none() && common.len() > typed.len() {
        let ends = found.len() == 1 && matches!(common, "ctx" | "ns" | "theme");
        line.input = Input::from(if ends { format!("{common} ") } else { common.to_owned() });
        return;
    }
    let next = match at {
        Some(at) if forward => (at + 1) % found.len(),
        Some(at) => (at + found.len() - 1) % found.len(),
        None if forward => 0,
        None => found.len() - 1,
    };
    line.input = Input::from(found[next].clone());
    line.completing = Some((typed, next));
}

fn enter(state: &mut State) -> Vec<Effect> {
    let Some(line) = &state.command else { return Vec::new() };
    let done = command::parse(line.input.value()).and_then(|command| run(state, command));
    match done {
        Ok(effects) => effects,
        Err(problem) => {
            // The line stays: it can be fixed.
            if let Some(line) = &mut state.command {
                line.problem = Some(problem);
            }
            Vec::new()
        }
    }
}

fn run(state: &mut State, command: Command) -> Result<Vec<Effect>, String> {
    let effects = match command {
        Command::Nothing => Vec::new(),
        Command::Act(action) => {
            state.command = None;
            return Ok(keys::act(state, action));
        }
        Command::Pin(url) => {
            pins::pin_url(state, &url);
            Vec::new()
        }
        Command::Export { path, overwrite } => {
            let form = Form::of(&path)?;
            // The command line is not part of the view.
            state.command = None;
            let content = export::content(state, form);
            vec![Effect::Export { path, overwrite, content }]
        }
        Command::Theme(name) => {
            let names = || state.themes.iter().map(|theme| theme.name.as_str());
            match names().position(|known| known.eq_ignore_ascii_case(&name)) {
                Some(at) => state.theme = at,
                None => return Err(missing("theme", &name, names())),
            }
            Vec::new()
        }
        Command::Context(_) if state.side().live.is_none() => {
            return Err("only files: no cluster is followed".to_owned());
        }
        Command::Context(None) => {
            state.contexts_wanted = true;
            vec![Effect::Contexts]
        }
        Command::Context(Some(operand)) => {
            let names = || state.contexts.iter().map(|context| context.name.as_str());
            let asked: Vec<String> = if names().any(|known| known == operand) {
                vec![operand]
            } else {
                operand.split_whitespace().map(str::to_owned).collect()
            };
            let unknown = asked.iter().find(|name| !names().any(|known| known == *name));
            if let Some(name) = unknown.filter(|_| !state.contexts.is_empty()) {
                return Err(missing("context", name, names()));
            }
            match <[String; 1]>::try_from(asked) {
                Ok([name]) => go_to(state, name),
                Err(several) => go_to_all(state, &several),
            }
        }
        Command::Only => only(state),
        Command::Namespaces(None) => {
            state.window = Some(Window::namespaces(state));
            Vec::new()
        }
        Command::Namespaces(Some(names)) => narrow(state, &names),
    };
    state.command = None;
    Ok(effects)
}

fn missing<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match closest(name, names.clone()) {
        Some(near) => format!("no {what} {name}: did you mean {near}?"),
        None => format!("no {what} {name}: there are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// The contexts of the kubeconfig were read.
pub(super) fn contexts(state: &mut State, read: Result<Vec<ContextEntry>, SourceError>) {
    let wanted = std::mem::take(&mut state.contexts_wanted);
    match read {
        Ok(contexts) => {
            state.contexts = contexts;
            if wanted {
                state.window = Some(Window::contexts(state));
            }
        }
        Err(error) if wanted => state.tell(Role::Error, format!("no contexts: {error}")),
        // Only completions are wanting.
        Err(_) => {}
    }
}

/// Follows another context on the active side. What the old one held is not shown under the new one's name; what was
/// asked is asked again.
pub(super) fn go_to(state: &mut State, context: String) -> Vec<Effect> {
    state.window = None;
    let mut effects = apart::join(state);
    let side = state.side_mut();
    let Some(live) = &side.live else { return effects };
    let filter = side.tree.filter.take().map(|mut filter| {
        filter.found = None;
        // What is still searched for is of the world before.
        filter.number = 0;
        filter
    });
    let live = Live { epoch: live.epoch + 1, ..Live::of(Some(context)) };
    let tree = TreePane { filter, ..TreePane::default() };
    *side = ContextPane { live: Some(live), tree, tickets: side.tickets, ..ContextPane::waiting(side.id) };
    effects.extend(super::live::start(state, state.active));
    effects
}

/// Follows these contexts, one beside the other. Those that are followed already stay as they are.
pub(super) fn go_to_all(state: &mut State, contexts: &[String]) -> Vec<Effect> {
    let joined = apart::join(state);
    let looked_at = state.side().id;
    let mut before = std::mem::take(&mut state.sides);
    let mut new = Vec::new();
    for context in contexts {
        let is_it = |side: &ContextPane| side.live.as_ref().is_some_and(|live| live.title() == *context);
        if let Some(at) = before.iter().position(is_it) {
            state.sides.push(before.remove(at));
        } else {
            new.push(state.sides.len());
            let id = state.new_side();
            state.sides.push(ContextPane::following(id, Some(context.clone())));
        }
    }
    state.active = state.place_of(looked_at).unwrap_or_default();
    state.window = None;
    let mut effects = joined;
    effects.extend(before.iter().map(|side| Effect::Leave(side.id)));
    effects.extend(new.into_iter().flat_map(|at| super::live::start(state, at)));
    effects
}

/// Follows another context beside the others, and looks at it.
pub(super) fn beside(state: &mut State, context: String) -> Vec<Effect> {
    state.window = None;
    let mut effects = apart::join(state);
    let id = state.new_side();
    state.sides.push(ContextPane::following(id, Some(context)));
    state.active = state.sides.len() - 1;
    effects.extend(super::live::start(state, state.active));
    effects
}

/// Follows no more than the context that is looked at.
fn only(state: &mut State) -> Vec<Effect> {
    if state.apart.is_some() {
        return together::end(state);
    }
    let side = state.sides.swap_remove(state.active);
    let gone = std::mem::replace(&mut state.sides, vec![side]);
    state.active = 0;
    gone.iter().map(|side| Effect::Leave(side.id)).collect()
}

/// Shows what touches these namespaces; `all` shows everything again.
pub(super) fn narrow(state: &mut State, names: &str) -> Vec<Effect> {
    let names: Vec<Name> = match names {
        "all" | "*" => Vec::new(),
        names => names.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).map(Name::from).collect(),
    };
    state.scope = Scope::of(names.clone());
    let mut effects = Vec::new();
    for at in 0..state.sides.len() {
        let side = &state.sides[at];
        if let Some(world) = &side.world {
            let world = PaneContent::within(Arc::clone(&world.analysis), &state.scope);
            effects.extend(replace(state, at, world));
            show_narrowed(&mut state.sides[at], state.scope.is_everything());
        }
        let side = &state.sides[at];
        if side.live.is_some() {
            let read = |name: &Name| Effect::ReadNamespace { side: side.id, namespace: name.clone() };
            effects.extend(names.iter().map(read));
        }
    }
    tell_missing_namespace(state);
    effects
}

/// Says so when a namespace that is looked at is none. What is still being read may hold it.
pub(super) fn tell_missing_namespace(state: &mut State) {
    let settled = |side: &ContextPane| side.live.as_ref().is_none_or(|live| live.settled);
    let worlds = state.sides.iter().filter(|side| settled(side)).filter_map(|side| side.world.as_ref());
    let snapshots: Vec<&Snapshot> = worlds.map(|world| &*world.analysis.snapshot).collect();
    if snapshots.len() == state.sides.len()
        && let Some(Missing { name, hint }) = namespaces::missing(&snapshots, &state.scope, |_| false)
    {
        state.tell(Role::Warning, format!("nothing is in namespace {name}: {hint}"));
    }
}

/// What is left is mostly little: it is shown whole, as at the start. Everything is shown as it was before.
fn show_narrowed(side: &mut ContextPane, everything: bool) {
    let (Some(world), tree) = (&side.world, &mut side.tree) else { return };
    if everything {
        let Some(levels) = tree.levels_of_all.take() else { return };
        tree.folds.start(levels);
    } else {
        tree.levels_of_all.get_or_insert(tree.folds.levels());
        tree.folds.start(rows::levels_at_start(&world.outline).max(tree.folds.levels()));
    }
    let keep = side.selected();
    side.rebuild(keep);
}
