//! After minipach was killed: ends what is left of its commands, processes and containers.

use std::path::Path;

use super::container::end_noted;
use super::error::ExecError;
use super::leftover::end_recorded_in;

/// Ends what is left of commands whose minipach was killed; call it under the project's lock, before
/// any [`super::Slot::new`]. Returns how much was ended.
///
/// # Errors
/// When the work folder cannot be read.
pub fn recover(work_dir: &Path) -> Result<usize, ExecError> {
    let processes = end_recorded_in(work_dir)?;
    let slots = std::fs::read_dir(work_dir).into_iter().flatten().flatten();
    Ok(processes + slots.filter(|slot| end_noted(&slot.path())).count())
}
