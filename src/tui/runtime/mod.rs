//! The event loop: messages in, frames and effects out. The task that draws never waits for anything but the next
//! message: loads and searches run beside it.

mod input;
mod tasks;
mod themes;
mod update_source;

use std::io::stdout;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::input::read_terminal;
use self::tasks::{Task, Tasks};
use self::themes::{Asked, choose_theme};
use self::update_source::{UpdateSource, crashed, start_load};
use super::change_highlights;
use super::context_pane::ContextId;
use super::editor;
use super::effect::Effect;
use super::export;
use super::filter;
use super::keep::{self, Keeper};
use super::keymap::Keymap;
use super::signals::{self, Signal};
use super::state::State;
use super::terminal::Screen;
use super::update::{Message, update};
use super::view;
use super::witness;
use super::{Load, Loader, Options, Reading, RunError};
use crate::config;
use crate::theme;
use crate::theme::depth::Depth;
use crate::watch::Watch;
use routescope_cluster::live::{Changed, Control, Update};
use routescope_core::visible::visible_lines;
use routescope_manifest::SourceError;

/// How long an editor may take to end when the explorer is asked to.
const EDITOR_PATIENCE: Duration = Duration::from_secs(2);

/// What happens beside the person's own doing.
pub(in crate::tui) enum RuntimeEvent {
    Message(Message),
    Loaded(Result<(Load, Vec<Changed>), SourceError>),
    Signal(Signal),
    Panicked,
}

/// Runs the explorer.
pub async fn explore(options: Options) -> Result<(), RunError> {
    let Options { title, source_arguments, theme, ascii, colors, url, scope, config, source, parts, kept } = options;
    let (store, kept) = kept.unzip();
    let (parts, loaders): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let (sender, mut receiver) = unbounded_channel();
    signals::listen(&sender);
    let mut feed = UpdateSource::start(source, &sender);
    let mut problems = config.problems.clone();
    let (keys, wrong_keys) = Keymap::of(&config.config.keys);
    problems.extend(wrong_keys);
    let configured = config.config.theme;
    let chosen = kept.as_ref().and_then(|kept| kept.look.theme.as_ref());
    let chosen = chosen.filter(|chosen| chosen.instead_of == configured.as_deref().unwrap_or(config::AUTO));
    let asked = Asked {
        named: theme.as_deref(),
        chosen: chosen.map(|chosen| &*chosen.name),
        configured: configured.as_deref(),
    };
    let (themes, theme, background) = choose_theme(asked, &config.themes, colors, &mut problems);
    // What the colours are is decided here, for all that is drawn: the library must not leave them out by itself.
    crossterm::style::force_color_output(colors != Depth::None);

    let early = feed.early(&mut receiver).await?;
    let mut screen = Screen::take(config.config.mouse).map_err(RunError::Terminal)?;
    let size = screen.terminal.size().map_err(RunError::Terminal)?;
    let mut state = State::new(title, themes, theme, ascii || config.config.ascii, (size.width, size.height));
    state.zone = jiff::tz::TimeZone::system();
    if let UpdateSource::Clusters { source, .. } = &feed {
        state.follow(source.contexts.iter().cloned());
    }
    state.scope = scope;
    state.parts = parts;
    state.source_arguments = source_arguments;
    state.flash = config.config.flash;
    state.keys = keys;
    state.background = background;
    if let Some(url) = url {
        state.ask.replace(&url);
    }
    if let Some(kept) = &kept {
        problems.extend(keep::restore(&mut state, kept, configured));
    }
    if let Some(told) = told(&problems, config::folder().as_deref()) {
        state.tell(theme::Role::Warning, told);
    }
    give_notice(&sender);
    let mut explorer = Explorer {
        state,
        feed,
        loaders,
        sender: sender.clone(),
        watch: None,
        tasks: Tasks::new(sender.clone()),
        ready: false,
        resumed: 0,
        keeper: store.map(|store| {
            let sender = sender.clone();
            Keeper::start(store, move |problem| {
                let _ = sender.send(RuntimeEvent::Message(Message::NotKept(problem)));
            })
        }),
    };
    for outside in early {
        explorer.outside(&mut screen, outside)?;
    }
    let ended = explorer.turn(&mut screen, &mut receiver).await;
    if signals::is_terminal_gone() {
        // There is nothing to give back, and saying so on a standard error that is gone, too, would be a panic.
        std::mem::forget(screen);
    } else {
        drop(screen);
    }
    if let Some(keeper) = explorer.keeper.take() {
        explorer.state.ask.remember();
        keeper.end(keep::of(&explorer.state));
    }
    ended
}

/// What the footer says of these: the first, and where the others are. A file of the configuration folder is named
/// without the folder: what is wrong has to fit beside it.
fn told(problems: &[String], folder: Option<&Path>) -> Option<String> {
    let (first, more) = problems.split_first()?;
    let first = folder.and_then(|folder| first.strip_prefix(&format!("{}/", folder.display()))).unwrap_or(first);
    Some(match more.len() {
        0 => first.to_owned(),
        more => format!("{first} · {more} more: routescope info"),
    })
}

/// A panic in any task ends the explorer: the hook has given the terminal back already.
fn give_notice(sender: &UnboundedSender<RuntimeEvent>) {
    let sender = sender.clone();
    super::terminal::on_panic(move || {
        let _ = sender.send(RuntimeEvent::Panicked);
    });
}

struct Explorer {
    state: State,
    feed: UpdateSource,
    /// How each of several sources is read by itself.
    loaders: Vec<Loader>,
    sender: UnboundedSender<RuntimeEvent>,
    watch: Option<Watch>,
    /// What runs beside the task that draws.
    tasks: Tasks,
    /// Something was loaded: from now on a load that fails leaves the view as it is.
    ready: bool,
    /// How often it went on by itself: so many signals to go on say nothing new.
    resumed: usize,
    /// What writes what is kept between runs.
    keeper: Option<Keeper>,
}

impl Explorer {
    async fn turn(
        &mut self,
        screen: &mut Screen,
        receiver: &mut UnboundedReceiver<RuntimeEvent>,
    ) -> Result<(), RunError> {
        let mut reader = read_terminal(self.sender.clone());
        loop {
            let state = &self.state;
            let drawn = super::terminal::in_frame(|| screen.terminal.draw(|frame| view::draw(state, frame)).map(drop));
            drawn.ok_or(RunError::Panicked)?.map_err(RunError::Terminal)?;
            let Some(next) = receiver.recv().await else { return Ok(()) };
            let mut pending = vec![next];
            // Whatever else is there already is taken in before the next frame: one frame shows it all.
            while let Ok(outside) = receiver.try_recv() {
                pending.push(outside);
            }
            for outside in pending {
                match self.outside(screen, outside)? {
                    ControlFlow::GoOn => {}
                    ControlFlow::Quit => return Ok(()),
                    ControlFlow::Stop => self.stop(screen)?,
                    ControlFlow::Edit { path, line } => {
                        // The reader would take the keys that are meant for the editor: it has to go first.
                        reader.abort();
                        let _ = reader.await;
                        let edited = self.edit(screen, receiver, &path, line).await?;
                        reader = read_terminal(self.sender.clone());
                        self.outside(screen, RuntimeEvent::Message(Message::Edited(edited)))?;
                        self.measure(screen)?;
                        break;
                    }
                }
            }
        }
    }

    /// Stops as a job of the shell: the terminal is the shell's until it says to go on.
    fn stop(&mut self, screen: &mut Screen) -> Result<(), RunError> {
        screen.lend(signals::stop).map_err(RunError::Terminal)?;
        self.resumed += 1;
        self.measure(screen)
    }

    /// Takes in the size of the terminal, which may be another one now.
    fn measure(&mut self, screen: &mut Screen) -> Result<(), RunError> {
        let size = screen.terminal.size().map_err(RunError::Terminal)?;
        if self.state.size != (size.width, size.height) {
            self.outside(screen, RuntimeEvent::Message(Message::Resize(size.width, size.height)))?;
        }
        Ok(())
    }

    /// Has the editor run on the terminal. Whatever else happens meanwhile is taken in, and signals are heeded: those to
    /// end end both, the others are the editor's.
    async fn edit(
        &mut self,
        screen: &mut Screen,
        receiver: &mut UnboundedReceiver<RuntimeEvent>,
        path: &str,
        line: u32,
    ) -> Result<Result<(), String>, RunError> {
        let editor = editor::from_environment();
        super::terminal::give_back();
        let edited = match editor::start(&editor, path, line) {
            Ok(mut child) => loop {
                let outside = tokio::select! {
                    status = child.wait() => break editor::ended(&editor, status),
                    outside = receiver.recv() => outside,
                };
                let ended = match outside {
                    None => Err(RunError::Signal(signals::HANGUP)),
                    Some(RuntimeEvent::Signal(Signal::End(signals::INTERRUPT | signals::QUIT) | Signal::Continue)) => {
                        Ok(())
                    }
                    Some(RuntimeEvent::Signal(Signal::End(number))) => Err(RunError::Signal(number)),
                    Some(RuntimeEvent::Signal(Signal::Stop)) => {
                        signals::stop();
                        Ok(())
                    }
                    Some(outside) => self.outside(screen, outside).map(drop),
                };
                if let Err(error) = ended {
                    // It has its own to put in order, and a moment for it.
                    signals::terminate(&child);
                    let _ = tokio::time::timeout(EDITOR_PATIENCE, child.wait()).await;
                    return Err(error);
                }
            },
            Err(error) => Err(error),
        };
        screen.take_again().map_err(RunError::Terminal)?;
        Ok(edited)
    }

    /// Watches what was read, and reads again after some time.
    fn watch(&mut self, paths: &[PathBuf], again: Option<Duration>) {
        let sender = self.sender.clone();
        let changed = move || {
            // The explorer may be gone already; then nobody needs to know.
            let _ = sender.send(RuntimeEvent::Message(Message::FilesChanged));
        };
        let watch = self.watch.get_or_insert_with(|| Watch::new(changed));
        watch.set(paths);
        if let Some(after) = again {
            watch.again(after);
        }
    }

    /// Has one of several sources read for a side.
    fn load_part(&mut self, side: ContextId, part: usize) {
        let Some(loader) = self.loaders.get(part) else { return };
        let world = self.state.place_of(side).and_then(|at| self.state.sides[at].world.as_ref());
        let running = start_load(loader, world.map(|world| Arc::clone(&world.analysis)));
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let done = running.await.unwrap_or_else(|error| Err(crashed(&error)));
            let read = done.map(|(Load { analysis, hint, .. }, changes)| Reading { analysis, changes, hint });
            let _ = sender.send(RuntimeEvent::Message(Message::LoadedPart { side, read }));
        });
    }

    fn outside(&mut self, screen: &mut Screen, outside: RuntimeEvent) -> Result<ControlFlow, RunError> {
        let message = match outside {
            RuntimeEvent::Panicked => return Err(RunError::Panicked),
            RuntimeEvent::Signal(Signal::End(number)) => return Err(RunError::Signal(number)),
            RuntimeEvent::Signal(Signal::Stop) => return Ok(ControlFlow::Stop),
            // Stopped and told to go on by somebody else: what the terminal shows now, and how it is set, is not known.
            RuntimeEvent::Signal(Signal::Continue) => {
                if self.resumed > 0 {
                    self.resumed -= 1;
                } else {
                    screen.lend(|| ()).map_err(RunError::Terminal)?;
                    self.measure(screen)?;
                }
                return Ok(ControlFlow::GoOn);
            }
            RuntimeEvent::Message(message) => message,
            RuntimeEvent::Loaded(Ok((Load { analysis, watch, again, hint }, changes))) => {
                self.ready = true;
                self.watch(&watch, again);
                Message::Loaded(Ok(Reading { analysis, changes, hint }))
            }
            RuntimeEvent::Loaded(Err(error)) if !self.ready => return Err(RunError::Load(error)),
            RuntimeEvent::Loaded(Err(error)) => Message::Loaded(Err(error)),
        };
        match &message {
            Message::Followed { side, update, .. } => {
                self.feed.taken(*side);
                if let Update::Loaded(world) = &**update
                    && !world.watch.is_empty()
                {
                    self.watch(&world.watch, world.again);
                }
            }
            // The files are laid over the cluster: they alone are read again.
            Message::FilesChanged if self.feed.reread() => return Ok(ControlFlow::GoOn),
            _ => {}
        }
        let mut after = ControlFlow::GoOn;
        update(&mut self.state, Message::Clock(SystemTime::now()));
        for effect in update(&mut self.state, message) {
            match effect {
                Effect::Quit => return Ok(ControlFlow::Quit),
                // The signal comes back to this process, too, and stops it.
                Effect::Suspend if signals::can_stop() => signals::stop_the_job(),
                Effect::Suspend => {
                    let text = "not suspended: no shell with job control started this program".to_owned();
                    update(&mut self.state, Message::Told(text));
                }
                Effect::Redraw => screen.redraw().map_err(RunError::Terminal)?,
                Effect::Load => {
                    let before = self.state.side().world.as_ref().map(|world| Arc::clone(&world.analysis));
                    self.feed.load(before, &self.sender);
                }
                Effect::LoadPart { side, part } => self.load_part(side, part),
                Effect::Follow { side, epoch, context, bare } => {
                    self.feed.follow(side, epoch, context, bare, &self.sender);
                }
                Effect::Leave(side) => {
                    self.feed.leave(side);
                    self.tasks.leave(side);
                }
                Effect::ReadNamespace { side, namespace } => self.feed.ask(side, Control::Namespace(namespace)),
                Effect::Contexts => self.feed.contexts(&self.sender),
                Effect::Copy(text) => {
                    let result =
                        execute!(stdout(), CopyToClipboard::to_clipboard_from(visible_lines(&text).as_bytes()));
                    let result = result.map(|()| text).map_err(|error| error.to_string());
                    let _ = self.sender.send(RuntimeEvent::Message(Message::Copied(result)));
                }
                Effect::Export { path, overwrite, content } => {
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let written = export::write(&path, overwrite, content);
                        let _ = sender.send(RuntimeEvent::Message(Message::Exported(written)));
                    });
                }
                Effect::Edit { path, line } => after = ControlFlow::Edit { path, line },
                Effect::List { side, number, view, sort, world } => {
                    self.tasks.run((Task::Listing, side, number), move |superseded| {
                        let sheet = world.list(view, sort, &superseded)?;
                        Some(Message::Listed { side, number, sheet })
                    });
                }
                Effect::FilterList { side, number, query, sheet } => {
                    self.tasks.run((Task::Search, side, number), move |superseded| {
                        let listed = sheet.find(&query, &superseded)?;
                        Some(Message::FilteredList { side, number, listed })
                    });
                }
                Effect::Filter { side, number, query, world } => {
                    self.tasks.run((Task::Search, side, number), move |superseded| {
                        let found = filter::find(&world.outline, world.survey(), &query, &superseded)?;
                        Some(Message::Filtered { side, number, found })
                    });
                }
                Effect::Survey { side, number, world } => self.tasks.survey(side, number, world),
                Effect::Witness { side, number, world, hop } => {
                    self.tasks.run((Task::Witness, side, number), move |superseded| {
                        let reach = (!superseded()).then(|| witness::find(&world, hop))?;
                        Some(Message::Witnessed { side, number, reach })
                    });
                }
                Effect::Compare { side, number, old, new } => {
                    self.tasks.run((Task::Changes, side, number), move |superseded| {
                        let differences = change_highlights::compare(&old, &new, &superseded)?;
                        Some(Message::Compared { side, number, differences })
                    });
                }
                Effect::Differ { side, number, from, old, new } => {
                    self.tasks.run((Task::Differences, side, number), move |superseded| {
                        let differences = change_highlights::compare(&old, &new, &superseded)?;
                        Some(Message::Differ { side, number, from, differences })
                    });
                }
                Effect::Keep(kept) => {
                    if let Some(keeper) = &self.keeper {
                        keeper.keep(*kept);
                    }
                }
                Effect::Wake(after) => {
                    let sender = self.sender.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        let _ = sender.send(RuntimeEvent::Message(Message::Tick));
                    });
                }
            }
        }
        Ok(after)
    }
}

enum ControlFlow {
    GoOn,
    Quit,
    Stop,
    Edit { path: String, line: u32 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_says_the_first_problem_and_where_the_others_are() {
        let folder = Some(Path::new("/home/me/.config/routescope"));
        let problem = |line: usize| format!("/home/me/.config/routescope/config.toml:{line}: no setting x");
        assert_eq!(told(&[], folder), None);
        assert_eq!(told(&[problem(2)], folder).as_deref(), Some("config.toml:2: no setting x"));
        assert_eq!(told(&[problem(2)], None), Some(problem(2)));
        let three = ["no theme x".to_owned(), problem(2), problem(3)];
        assert_eq!(told(&three, folder).as_deref(), Some("no theme x · 2 more: routescope info"));
    }
}
