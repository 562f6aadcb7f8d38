//! The terminal: which of its modes are on, and that it always comes back, however this program ends.

use std::io::{Write as _, stdout};
use std::mem::ManuallyDrop;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute, queue};

use super::lent;
use super::screen::Seen;
use super::state::State;
use super::view::{title, view};

/// Whether modes are on that must be undone.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether what is drawn stands on the other screen of the terminal.
static IS_OTHER: AtomicBool = AtomicBool::new(false);

/// Has the terminal remember the title of its window (XTWINOPS), and put it back; others pass over both.
const KEEP_TITLE: &str = "\u{1b}[22;2t";
const OLD_TITLE: &str = "\u{1b}[23;2t";

/// What a thread said that panicked, beside the main one.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// One restores at a time.
static RESTORING: Mutex<()> = Mutex::new(());

/// The terminal while the UI has it. Dropping it gives it back.
pub(super) struct Terminal {
    /// Never dropped while the terminal may be gone: it would complain, and where nobody takes that, panic.
    inner: ManuallyDrop<ratatui::Terminal<CrosstermBackend<std::io::Stdout>>>,
    has_mouse: bool,
    /// What stands in the title of its window.
    title: String,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it cannot be switched; what was switched is switched back.
    pub(super) fn take(has_mouse: bool) -> std::io::Result<Self> {
        // Before the first mode, so that no moment is left in which a panic would leave one on.
        restore_on_panic();
        enter(has_mouse)?;
        let inner = ratatui::Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| restore())?;
        Ok(Self { inner: ManuallyDrop::new(inner), has_mouse, title: String::new() })
    }

    /// Draws the state.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn draw(&mut self, state: &State) -> std::io::Result<Seen> {
        let mut seen = Seen::default();
        let title = title(state);
        if title != self.title {
            queue!(stdout(), SetTitle(&title))?;
            self.title = title;
        }
        self.paint(|frame| seen = view(state, frame))?;
        Ok(seen)
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn paint(&mut self, paint: impl FnOnce(&mut ratatui::Frame<'_>)) -> std::io::Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(paint)?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Gives the mouse to the terminal, or takes it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn mouse(&mut self, is_taken: bool) -> std::io::Result<()> {
        self.has_mouse = is_taken;
        if is_taken {
            execute!(stdout(), EnableMouseCapture)
        } else {
            execute!(stdout(), DisableMouseCapture)
        }
    }

    /// Takes the terminal again, whatever somebody else did with it while this process was stopped.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn retake(&mut self) -> std::io::Result<()> {
        self.lend(|| ())
    }

    /// Gives the terminal back while `inside` runs, and takes it again.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn lend<T>(&mut self, inside: impl FnOnce() -> T) -> std::io::Result<T> {
        restore();
        lent::set(true);
        let found = inside();
        lent::set(false);
        enter(self.has_mouse)?;
        self.redraw()?;
        Ok(found)
    }

    /// Draws all of it the next time, whatever stands there.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn redraw(&mut self) -> std::io::Result<()> {
        // A new one draws everything. Clearing the old one would ask where the cursor is, and wait for the answer.
        execute!(stdout(), Clear(ClearType::All))?;
        let fresh = ManuallyDrop::new(ratatui::Terminal::new(CrosstermBackend::new(stdout()))?);
        drop(ManuallyDrop::into_inner(std::mem::replace(&mut self.inner, fresh)));
        self.title.clear();
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(has_mouse: bool) -> std::io::Result<()> {
    IS_ON.store(true, Ordering::SeqCst);
    let switched = enable_raw_mode()
        .and_then(|()| {
            execute!(
                stdout(),
                Print(KEEP_TITLE),
                EnterAlternateScreen,
                // A terminal that has no other screen, or whose other one was not left, shows what stood there before.
                Clear(ClearType::All),
                EnableBracketedPaste,
                EnableFocusChange,
                cursor::Hide
            )
        })
        .inspect(|()| IS_OTHER.store(true, Ordering::SeqCst))
        .and_then(|()| if has_mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) });
    switched.inspect_err(|_| restore())
}

/// Switches everything back; does nothing if nothing is on. A terminal that is gone needs no restoring.
pub(super) fn restore() {
    let _guard = RESTORING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !IS_ON.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    drop(queue!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste, DisableFocusChange));
    drop(queue!(out, cursor::Show, Print(OLD_TITLE)));
    drop(disable_raw_mode());
    if IS_OTHER.swap(false, Ordering::SeqCst) {
        // Some terminals that grew meanwhile would bring lines of the picture back above what stood there before.
        drop(queue!(out, Clear(ClearType::All)));
    }
    drop(execute!(out, LeaveAlternateScreen));
    drop(out.flush());
}

fn restore_on_panic() {
    static IS_SET: AtomicBool = AtomicBool::new(false);
    if IS_SET.swap(true, Ordering::SeqCst) {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_main = std::thread::current().name() == Some("main");
        if is_main || !IS_ON.load(Ordering::SeqCst) {
            restore();
            return before(panic);
        }
        // The loop goes on drawing until it hears of this: it ends as it would for a signal, and then tells.
        *PANICKED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(panic.to_string());
        let _is_ended =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM);
    }));
}

/// What a thread said that panicked while the UI was on, once.
pub(super) fn panicked() -> Option<String> {
    PANICKED.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}
