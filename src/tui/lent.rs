//! Whether an editor, a pager or a shell has the terminal: then the loop hears nothing, and nobody should tell it much.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static IS_LENT: AtomicBool = AtomicBool::new(false);

/// How often those who wait look whether the terminal is back.
const PATIENCE: Duration = Duration::from_millis(50);

/// Says whether a child has the terminal from now on.
pub(super) fn set(is_lent: bool) {
    IS_LENT.store(is_lent, Ordering::SeqCst);
}

/// Whether a child has the terminal now.
pub(super) fn is_lent() -> bool {
    IS_LENT.load(Ordering::SeqCst)
}

/// Waits until the loop has the terminal, so that what is told then is new and only told once.
pub(super) fn wait() {
    while is_lent() {
        std::thread::sleep(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_goes_on_when_the_terminal_is_back() {
        set(true);
        let waiting = std::thread::spawn(wait);
        assert!(is_lent() && !waiting.is_finished());
        set(false);
        waiting.join().expect("it goes on");
        assert!(!is_lent());
    }
}
