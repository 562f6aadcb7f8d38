//! The thread that reads keys and mouse, and can be asked to keep its hands off the terminal.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use ratatui::crossterm::event::{poll, read};

use super::message::Msg;

/// How long it waits for a key before it looks whether it is to pause.
const PATIENCE: Duration = Duration::from_millis(50);

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
        std::thread::spawn(move || {
            loop {
                if asked.try_recv().is_ok() {
                    // Until the other side has taken the word and, later, a second one.
                    if say.send(()).is_err() || asked.recv().is_err() {
                        return;
                    }
                }
                let message = match poll(PATIENCE) {
                    Ok(false) => continue,
                    Ok(true) => read().map_or(Msg::Terminate, Msg::Input),
                    // The terminal is gone.
                    Err(_) => Msg::Terminate,
                };
                let is_over = matches!(message, Msg::Terminate);
                if inbox.send(message).is_err() || is_over {
                    return;
                }
            }
        });
        Self { ask, paused }
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
