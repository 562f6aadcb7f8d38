//! The thread that reads keys and mouse, and can be asked to keep its hands off the terminal.

use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender};
use ratatui::crossterm::event::{poll, read};
use rustix::process::{Signal, getpid, kill_process};

use super::message::Msg;

/// Said where the terminal is gone, which is what this signal means.
const GONE: Msg = Msg::Terminate(signal_hook::consts::SIGHUP);

/// How long it waits for a key: whoever wants it to pause wakes it, so that nothing happens while nobody types.
const REST: Duration = Duration::from_mins(1);

/// How long either side waits for the other before it looks again.
const PATIENCE: Duration = Duration::from_millis(50);

/// The thread's side.
struct Hand {
    inbox: Sender<Msg>,
    asked: Receiver<()>,
    say: Sender<()>,
}

impl Hand {
    /// Waits for one event and hands it on; whether there may be another.
    fn reads(&self) -> bool {
        if !self.pauses() {
            return false;
        }
        match poll(REST) {
            Ok(false) => true,
            Ok(true) => self.hand_on(read().map_or(GONE, Msg::Input)),
            // The terminal is gone.
            Err(_) => self.hand_on(GONE),
        }
    }

    /// Puts a message into the inbox. While that is full, the other side may want this one to pause.
    fn hand_on(&self, message: Msg) -> bool {
        let mut message = message;
        let is_over = matches!(message, Msg::Terminate(_));
        loop {
            match self.inbox.send_timeout(message, PATIENCE) {
                Ok(()) => return !is_over,
                Err(SendTimeoutError::Disconnected(_)) => return false,
                Err(SendTimeoutError::Timeout(back)) => message = back,
            }
            if !self.pauses() {
                return false;
            }
        }
    }

    /// If it is asked to, waits until it may go on; false if nobody is there any more.
    fn pauses(&self) -> bool {
        // The other side takes the word and, later, gives a second one.
        self.asked.try_recv().is_err() || (self.say.send(()).is_ok() && self.asked.recv().is_ok())
    }
}

/// Asks the thread to pause and to go on.
pub(super) struct Reader {
    ask: Sender<()>,
    paused: Receiver<()>,
}

impl Reader {
    /// Starts the thread.
    pub(super) fn spawn(inbox: Sender<Msg>) -> Self {
        let (ask, asked) = crossbeam_channel::bounded::<()>(0);
        let (say, paused) = crossbeam_channel::bounded::<()>(0);
        let hand = Hand { inbox, asked, say };
        std::thread::spawn(move || while hand.reads() {});
        Self { ask, paused }
    }

    /// Ends the thread before it can take one more key.
    pub(super) fn end(self) {
        let _is_gone = self.pauses();
    }

    /// Asks the thread to pause, which may be waiting for a key; whether it does. It wakes as if the window had another
    /// size, also if that comes just before it begins to wait.
    fn pauses(&self) -> bool {
        loop {
            let _is_woken = kill_process(getpid(), Signal::WINCH);
            match self.ask.send_timeout((), PATIENCE) {
                Ok(()) => return self.paused.recv().is_ok(),
                Err(SendTimeoutError::Timeout(())) => {}
                Err(SendTimeoutError::Disconnected(())) => return false,
            }
        }
    }

    /// Runs something while nobody reads keys, such as an editor that wants them itself.
    pub(super) fn aside<T>(&self, inside: impl FnOnce() -> T) -> T {
        let is_paused = self.pauses();
        let found = inside();
        if is_paused {
            let _is_gone = self.ask.send(());
        }
        found
    }
}
