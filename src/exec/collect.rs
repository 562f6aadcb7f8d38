//! Collecting: what a command left in its output folder becomes a list of files with their contents.

use rustix::io::Errno;

use super::error::{CollectError, io};
use super::link::Links;
use super::walk::{Collector, Walk, refused};
use super::{Slot, folder};
use crate::model::OutFile;

/// Collects the slot's output folder: files sorted by path, with empty folders removed, links to
/// inputs replaced by copies, and rights normalised.
///
/// # Errors
/// The first thing that is not allowed, by its path; or a system call that failed.
pub fn collect(slot: &Slot, collector: &Collector<'_>) -> Result<Vec<OutFile>, CollectError> {
    let real = slot.real_out();
    let pfs = slot.open_pfs().map_err(|error| io("open", slot.real_pfs(), error))?;
    let out = match folder::open_forced(&pfs, c"out") {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
            return Err(refused(".", "is no folder any more: the command removed or replaced `/pfs/out`"));
        }
        other => other.map_err(|error| io("open", &real, error))?,
    };
    let mut walk = Walk::new(out, real, collector);
    walk.folders()?;
    let links = std::mem::take(&mut walk.links);
    let links = Links::new(&mut walk, slot.real_pfs(), links);
    links.settle()?;
    walk.files.sort_unstable();
    Ok(walk.files)
}
