//! The thread that reads keys and mouse, and can be asked to keep its hands off the terminal.

use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender};
use ratatui::crossterm::event::{poll, read};

use super::message::Msg;

/// How long it waits for a key before it looks whether it is to pause.
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
        match poll(PATIENCE) {
            Ok(false) => true,
            Ok(true) => self.hand_on(read().map_or(Msg::Terminate, Msg::Input)),
            // The terminal is gone.
            Err(_) => self.hand_on(Msg::Terminate),
        }
    }

    /// Puts a message into the inbox. While that is full, the other side may want this one to pause.
    fn hand_on(&self, message: Msg) -> bool {
        let mut message = message;
        let is_over = matches!(message, Msg::Terminate);
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
        let _is_gone = self.ask.send(()).is_ok() && self.paused.recv().is_ok();
    }

    /// Runs something while nobody reads keys, such as an editor that wants them itself.
    pub(super) fn aside<T>(&self, inside: impl FnOnce() -> T) -> T {
        let is_paused = self.ask.send(()).is_ok() && self.paused.recv().is_ok();
        let found = inside();
        if is_paused {
            let _is_gone = self.ask.send(());
        }
        found
    }
}
