//! What a signal means to a verb that commits: what it has begun ends well; once more ends it at once.

use crate::app::{self, AppError, ExitCode};

use super::say;

/// From now on the first Ctrl-C is only told of; a second one, and other signals, end this program with what it started.
///
/// # Errors
/// When the system lets nobody listen.
pub(super) fn end_well() -> Result<(), AppError> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| AppError::new(ExitCode::Bug, format!("cannot listen to signals: {error}")))?;
    std::thread::spawn(move || {
        let mut is_asked = false;
        for signal in signals.forever() {
            if signal == SIGINT && !is_asked {
                is_asked = true;
                say("\nthis ends by itself, so that nothing is left half done; once more to end it now");
                continue;
            }
            say("\nstopped: what is not committed yet stays as it is; the same command goes on");
            app::interrupt_commits();
            // It does not come back.
            drop(signal_hook::low_level::emulate_default_handler(signal));
        }
    });
    Ok(())
}
