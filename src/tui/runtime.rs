//! The event loop: messages in, frames and effects out. The task that draws never waits for anything but the next
//! message: loads and searches run beside it.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ahash::AHashMap;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, EventStream};
use crossterm::execute;
use futures::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::change_highlights;
use super::cluster_task::Follower;
use super::context_pane::{ContextId, PaneContent};
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
use super::{ClusterSource, Load, Loader, Options, Reading, RunError, Source};
use crate::config;
use crate::theme::depth::Depth;
use crate::theme::{self, Background, Theme};
use crate::watch::Watch;
use routescope_cluster::contexts;
use routescope_cluster::live::{self, Changed, Control, Update};
use routescope_core::analysis::Analysis;
use routescope_core::visible::visible_lines;
use routescope_manifest::SourceError;

/// How long the first load may take before the screen is assumed to say that it runs: a load that fails at once (no such
/// file) then fails on the person's own screen, without a flicker.
const PATIENCE: Duration = Duration::from_millis(150);

/// How long the terminal may take to say whether it is dark or light.
const COLOUR_PATIENCE: Duration = Duration::from_millis(250);

/// How long an editor may take to end when the explorer is asked to.
const EDITOR_PATIENCE: Duration = Duration::from_secs(2);

/// What happens beside the person's own doing.
pub(super) enum RuntimeEvent {
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
        searches: AHashMap::new(),
        surveys: AHashMap::new(),
        differences: AHashMap::new(),
        listings: AHashMap::new(),
        witnesses: AHashMap::new(),
        comparisons: AHashMap::new(),
        listing_cost: Arc::default(),
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

/// Where the world comes from, while it is being read.
enum UpdateSource {
    Files(Loader),
    Clusters { source: Box<ClusterSource>, followers: AHashMap<ContextId, Follower> },
}

impl UpdateSource {
    fn start(source: Source, sender: &UnboundedSender<RuntimeEvent>) -> Self {
        match source {
            Source::Files(load) => {
                forward_load(start_load(&load, None), sender.clone());
                Self::Files(load)
            }
            Source::Clusters(source) => {
                let mut feed = Self::Clusters { followers: AHashMap::new(), source: source.clone() };
                for (side, context) in (0..).map(ContextId).zip(source.contexts) {
                    feed.follow(side, 0, context, false, sender);
                }
                feed
            }
        }
    }

    /// What comes before the screen is taken. What fails that soon fails on the person's own screen.
    async fn early(&mut self, receiver: &mut UnboundedReceiver<RuntimeEvent>) -> Result<Vec<RuntimeEvent>, RunError> {
        let (mut early, mut failed) = (Vec::new(), BTreeMap::new());
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Ok(Some(outside)) = tokio::time::timeout_at(deadline, receiver.recv()).await {
            match outside {
                RuntimeEvent::Loaded(Err(error)) => return Err(RunError::Load(error)),
                RuntimeEvent::Signal(Signal::End(number)) => return Err(RunError::Signal(number)),
                // The terminal is not taken yet: stopping is all there is to do.
                RuntimeEvent::Signal(Signal::Stop) => signals::stop(),
                RuntimeEvent::Signal(Signal::Continue) => {}
                RuntimeEvent::Loaded(Ok(_)) => {
                    early.push(outside);
                    break;
                }
                RuntimeEvent::Message(Message::Followed { side, epoch, update }) => {
                    self.taken(side);
                    if let Update::Failed(error) = &*update {
                        failed.insert(side, error.clone());
                    }
                    // One that can be followed is worth looking at, whatever has become of the others.
                    if failed.len() == self.count()
                        && let Some((_, error)) = failed.pop_first()
                    {
                        return Err(RunError::Load(error));
                    }
                    early.push(RuntimeEvent::Message(Message::Followed { side, epoch, update }));
                }
                other => early.push(other),
            }
        }
        Ok(early)
    }

    /// How many clusters are followed.
    fn count(&self) -> usize {
        if let Self::Clusters { followers, .. } = self { followers.len() } else { 0 }
    }

    /// The cluster of a side, while it is followed.
    fn follower(&self, side: ContextId) -> Option<&Follower> {
        if let Self::Clusters { followers, .. } = self { followers.get(&side) } else { None }
    }

    /// What the cluster of a side brought last is taken in.
    fn taken(&self, side: ContextId) {
        if let Some(follower) = self.follower(side) {
            follower.taken();
        }
    }

    /// Reads again; what changed is told by the world before.
    fn load(&self, before: Option<Arc<Analysis>>, sender: &UnboundedSender<RuntimeEvent>) {
        if let Self::Files(load) = self {
            forward_load(start_load(load, before), sender.clone());
        }
    }

    fn ask(&self, side: ContextId, control: Control) {
        if let Some(follower) = self.follower(side) {
            follower.ask(control);
        }
    }

    /// Has the files that are laid over the clusters read again. `false` when there are no clusters.
    fn reread(&self) -> bool {
        let Self::Clusters { followers, .. } = self else { return false };
        followers.values().for_each(|follower| follower.ask(Control::Reread));
        true
    }

    /// Lists the contexts of the kubeconfig that is read.
    fn contexts(&self, sender: &UnboundedSender<RuntimeEvent>) {
        if let Self::Clusters { source, .. } = self {
            let (kubeconfig, sender) = (source.options.connection.kubeconfig.clone(), sender.clone());
            tokio::task::spawn_blocking(move || {
                let read = contexts(kubeconfig.as_deref());
                let _ = sender.send(RuntimeEvent::Message(Message::Contexts(read)));
            });
        }
    }

    fn follow(
        &mut self,
        side: ContextId,
        epoch: u64,
        context: Option<String>,
        bare: bool,
        sender: &UnboundedSender<RuntimeEvent>,
    ) {
        if let Self::Clusters { source, followers } = self {
            let mut options = source.options.clone();
            if bare {
                options.overlay.clear();
            }
            options.connection.context = context;
            followers.insert(side, Follower::start(options, side, epoch, sender));
        }
    }

    fn leave(&mut self, side: ContextId) {
        if let Self::Clusters { followers, .. } = self {
            followers.remove(&side);
        }
    }
}

struct Explorer {
    state: State,
    feed: UpdateSource,
    /// How each of several sources is read by itself.
    loaders: Vec<Loader>,
    sender: UnboundedSender<RuntimeEvent>,
    watch: Option<Watch>,
    /// The number of each side's newest search: an older one ends early.
    searches: AHashMap<ContextId, Arc<AtomicU64>>,
    /// The same of each side's newest comparison with another.
    differences: AHashMap<ContextId, Arc<AtomicU64>>,
    /// The same of each side's newest listing of a view.
    listings: AHashMap<ContextId, Arc<AtomicU64>>,
    /// The same of each side's newest look at every node.
    surveys: AHashMap<ContextId, Arc<AtomicU64>>,
    /// The same of each side's newest search for a request that meets a rule.
    witnesses: AHashMap<ContextId, Arc<AtomicU64>>,
    /// The same of each side's newest search for changes.
    comparisons: AHashMap<ContextId, Arc<AtomicU64>>,
    /// How many milliseconds listing every view took last.
    listing_cost: Arc<AtomicU64>,
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

    /// Lists the views of a world, once it has stood for a while: one that changes all the time would have its views listed
    /// all the time, seen or not.
    fn list_ahead(&self, is_first: bool, world: PaneContent, newest: Arc<AtomicU64>, number: u64) {
        let cost = Arc::clone(&self.listing_cost);
        let pause = listing_pause(is_first, Duration::from_millis(cost.load(Ordering::Relaxed)));
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let superseded = move || newest.load(Ordering::Relaxed) != number;
            if superseded() {
                return;
            }
            tokio::task::spawn_blocking(move || {
                let begun = Instant::now();
                if world.list_ahead(&superseded) {
                    let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                    cost.store(took, Ordering::Relaxed);
                }
            });
        });
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
                    self.searches.remove(&side);
                    self.surveys.remove(&side);
                    self.listings.remove(&side);
                    self.differences.remove(&side);
                    self.witnesses.remove(&side);
                    self.comparisons.remove(&side);
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
                    let newest = Arc::clone(self.listings.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if let Some(sheet) = world.list(view, sort, &superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::Listed { side, number, sheet }));
                        }
                    });
                }
                Effect::FilterList { side, number, query, sheet } => {
                    let newest = Arc::clone(self.searches.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if let Some(listed) = sheet.find(&query, &superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::FilteredList { side, number, listed }));
                        }
                    });
                }
                Effect::Survey { side, number, world } => {
                    let is_first = !self.surveys.contains_key(&side);
                    let newest = Arc::clone(self.surveys.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    self.list_ahead(is_first, world.clone(), Arc::clone(&newest), number);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if world.look_over(&superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::Surveyed(side)));
                        }
                        if world.look_for_never_met(&superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::Surveyed(side)));
                        }
                    });
                }
                Effect::Witness { side, number, world, hop } => {
                    let newest = Arc::clone(self.witnesses.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        if newest.load(Ordering::Relaxed) == number {
                            let reach = witness::find(&world, hop);
                            let _ = sender.send(RuntimeEvent::Message(Message::Witnessed { side, number, reach }));
                        }
                    });
                }
                Effect::Compare { side, number, old, new } => {
                    let newest = Arc::clone(self.comparisons.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if let Some(differences) = change_highlights::compare(&old, &new, &superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::Compared { side, number, differences }));
                        }
                    });
                }
                Effect::Differ { side, number, from, old, new } => {
                    let newest = Arc::clone(self.differences.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if let Some(differences) = change_highlights::compare(&old, &new, &superseded) {
                            let message = Message::Differ { side, number, from, differences };
                            let _ = sender.send(RuntimeEvent::Message(message));
                        }
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
                Effect::Filter { side, number, query, world } => {
                    let newest = Arc::clone(self.searches.entry(side).or_default());
                    newest.store(number, Ordering::Relaxed);
                    let sender = self.sender.clone();
                    tokio::task::spawn_blocking(move || {
                        let superseded = || newest.load(Ordering::Relaxed) != number;
                        if let Some(found) = filter::find(&world.outline, world.survey(), &query, &superseded) {
                            let _ = sender.send(RuntimeEvent::Message(Message::Filtered { side, number, found }));
                        }
                    });
                }
            }
        }
        Ok(after)
    }
}

/// So long a world has to stand, at least, before its views are listed ahead.
const LISTING_PAUSE: Duration = Duration::from_secs(2);

/// Listing ahead takes one part in so many of the time at most.
const LISTING_SHARE: u32 = 25;

/// How long to wait before the views of a world are listed ahead; `cost` is what it took last. Those of the first world are
/// listed at once.
fn listing_pause(is_first: bool, cost: Duration) -> Duration {
    if is_first { Duration::ZERO } else { LISTING_PAUSE.max(cost.saturating_mul(LISTING_SHARE)) }
}

/// How often to look whether the terminal is still there.
const TERMINAL_LOOKS: Duration = Duration::from_secs(1);

/// Reads the terminal until it is gone, or until told to stop.
fn read_terminal(sender: UnboundedSender<RuntimeEvent>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut events = EventStream::new();
        let mut diff_id = tokio::time::interval(TERMINAL_LOOKS);
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                // Without a SIGHUP nothing else tells that a terminal is gone: reading it neither fails nor ends.
                _ = diff_id.tick() => {
                    if signals::is_terminal_gone() {
                        break;
                    }
                    continue;
                }
            };
            let Some(Ok(event)) = event else { break };
            if message(event).is_some_and(|message| sender.send(RuntimeEvent::Message(message)).is_err()) {
                return;
            }
        }
        // The terminal is gone: so is the person.
        let _ = sender.send(RuntimeEvent::Signal(Signal::End(signals::HANGUP)));
    })
}

enum ControlFlow {
    GoOn,
    Quit,
    Stop,
    Edit { path: String, line: u32 },
}

/// What a terminal event means; `None` for those that change nothing.
fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => {
            use crossterm::event::MouseEventKind as Kind;
            (mouse.kind != Kind::Moved).then_some(Message::Mouse(mouse))
        }
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(width, height) => Some(Message::Resize(width, height)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

type Running = tokio::task::JoinHandle<Result<(Load, Vec<Changed>), SourceError>>;

fn start_load(load: &Loader, before: Option<Arc<Analysis>>) -> Running {
    let load = Arc::clone(load);
    tokio::task::spawn_blocking(move || {
        let loaded = load()?;
        let changes = before.map(|before| live::diff_snapshots(&before, &loaded.analysis, SystemTime::now()));
        Ok((loaded, changes.unwrap_or_default()))
    })
}

fn forward_load(running: Running, sender: UnboundedSender<RuntimeEvent>) {
    tokio::spawn(async move {
        let loaded = running.await.unwrap_or_else(|error| Err(crashed(&error)));
        let _ = sender.send(RuntimeEvent::Loaded(loaded));
    });
}

fn crashed(error: &tokio::task::JoinError) -> SourceError {
    SourceError { message: format!("reading failed: {error}"), hint: Some("this is a bug".to_owned()) }
}

/// The themes that are asked for, the first of which counts.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    /// On the command line.
    named: Option<&'a str>,
    /// By key, in an earlier run.
    chosen: Option<&'a str>,
    /// In `config.toml`.
    configured: Option<&'a str>,
}

/// The themes, which to start with (the one asked for, or one that fits the terminal's background), and that background.
/// The terminal is only asked where the answer counts.
fn choose_theme(
    asked: Asked<'_>,
    own: &[(String, String)],
    colors: Depth,
    problems: &mut Vec<String>,
) -> (Vec<Theme>, usize, Background) {
    let (themes, broken) = theme::collect(own);
    problems.extend(broken);
    let named = |name: &str| themes.iter().position(|theme| theme.name.eq_ignore_ascii_case(name));
    // One that was chosen in another run may be there no more, which nobody needs to know.
    let chosen = asked.chosen.filter(|name| named(name).is_some());
    let asked = asked.named.or(chosen).or(asked.configured).filter(|name| *name != config::AUTO);
    let found = asked.and_then(named);
    if let (Some(name), None) = (asked, found) {
        let known: Vec<&str> = themes.iter().map(|theme| theme.name.as_str()).collect();
        problems.push(format!("no theme {name}: there are {}", known.join(", ")));
    }
    let counts = colors != Depth::None && (found.is_none() || themes.iter().any(|theme| !theme.fits_anywhere()));
    let background = if counts { background() } else { Background::Any };
    let fallback = if background == Background::Light { Background::Light } else { Background::Dark };
    let chosen = found.or_else(|| named(&Theme::fallback(fallback).name)).unwrap_or_default();
    (themes.into_iter().map(|theme| theme.at_depth(colors)).collect(), chosen, background)
}

/// Whether the terminal is dark or light; one that does not say is assumed to be dark.
fn background() -> Background {
    if !stdout().is_terminal() || !stderr().is_terminal() {
        return Background::Dark;
    }
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = COLOUR_PATIENCE;
    match terminal_colorsaurus::theme_mode(options) {
        Ok(terminal_colorsaurus::ThemeMode::Light) => Background::Light,
        _ => Background::Dark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_ahead_takes_few_per_cent_of_the_time() {
        assert_eq!(listing_pause(true, Duration::from_secs(9)), Duration::ZERO);
        assert_eq!(listing_pause(false, Duration::from_millis(10)), LISTING_PAUSE);
        assert_eq!(listing_pause(false, Duration::from_millis(800)), Duration::from_secs(20));
    }

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
