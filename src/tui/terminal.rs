//! The terminal: taken for the explorer and given back as it was, whatever happens: quitting, an error, a panic.

use std::io::{self, Stdout, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Whether the terminal is taken, so that it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whom to tell of a panic.
static NOTICE: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// The terminal while the explorer has it.
pub struct Screen {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    pub fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        enter(mouse)?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal, mouse })
    }

    /// Gives the terminal away for as long as `other` runs, then takes it again.
    pub fn lend<T>(&mut self, other: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let result = other();
        self.take_again()?;
        Ok(result)
    }

    /// Takes the terminal again that was given away.
    pub fn take_again(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        self.redraw()
    }

    /// Forgets what is on the screen: the next frame draws every cell. A terminal that is made again does that without
    /// asking where the cursor is, which the library's own way does, and which not every terminal answers.
    pub fn redraw(&mut self) -> io::Result<()> {
        execute!(stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste).inspect_err(|_| give_back())?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back. Failures are not told of: there is nowhere left to tell.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Whether the explorer has the terminal.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Held while a frame is drawn.
static FRAME: Mutex<()> = Mutex::new(());

/// Draws a frame, unless the terminal was given back.
pub fn in_frame<T>(draw: impl FnOnce() -> T) -> Option<T> {
    let _frame = FRAME.lock().unwrap_or_else(PoisonError::into_inner);
    is_taken().then(draw)
}

/// Waits until no frame is being drawn; not for ever: it may be the drawing that panicked.
fn frame_to_end() -> Option<MutexGuard<'static, ()>> {
    for _ in 0..50 {
        if let Ok(frame) = FRAME.try_lock() {
            return Some(frame);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    None
}

/// What is to be done when anything panics, after the terminal was given back.
pub fn on_panic(notice: impl Fn() + Send + 'static) {
    if let Ok(mut known) = NOTICE.lock() {
        *known = Some(Box::new(notice));
    }
}

/// A panic's message must land on the person's own screen.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // A frame that is being drawn ends first: it would be drawn over what the panic says.
            let frame = frame_to_end();
            give_back();
            before(info);
            drop(frame);
            if let Ok(notice) = NOTICE.lock()
                && let Some(notice) = notice.as_ref()
            {
                notice();
            }
        }));
    });
}
