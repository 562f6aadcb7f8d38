//! What a slot notes of its container, so that a later minipach can end it.

use std::path::Path;

use super::super::process::undo;

/// Where it stands in the slot.
const FILE: &str = "container";

/// Notes how the container of a slot is ended, so that a later minipach can do it.
pub(super) fn note(slot: &Path, args: &[String]) -> std::io::Result<()> {
    if args.is_empty() {
        return Ok(());
    }
    std::fs::write(slot.join(FILE), args.join("\n"))
}

/// Undoes [`note`].
pub(super) fn forget(slot: &Path) {
    // It may have been of a kind that needs no note.
    drop(std::fs::remove_file(slot.join(FILE)));
}

/// Ends the container that a killed minipach left; true if there was a note of one.
pub(in super::super) fn end_noted(slot: &Path) -> bool {
    let Ok(note) = std::fs::read_to_string(slot.join(FILE)) else { return false };
    let args: Vec<String> = note.lines().map(str::to_owned).collect();
    if undo(&args) {
        forget(slot);
    }
    true
}
