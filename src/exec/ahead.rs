//! `FarmsAhead`: large farms on the shelf are looked at before they are needed, while other commands run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::fs::CWD;

use super::folder;
use super::shelf_list::{List, place};

/// Farms that are looked at ahead of their use. What was seen holds until the farm is used: nobody but the command of its
/// own datum is shown it.
#[derive(Debug, Default)]
pub struct FarmsAhead(Mutex<BTreeMap<String, JoinHandle<Seen>>>);

/// What a look at a farm on the shelf told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The farm's list as it was read.
    pub(super) bytes: Vec<u8>,
    /// Whether all folders of that list are as they were left.
    pub(super) is_proven: bool,
}

impl FarmsAhead {
    /// Looks at the farm that is kept under `name` in a work folder, if there is one, by a thread of its own.
    pub fn look(&self, work: &Path, name: &str) {
        let shelf = place(work, name);
        if shelf.join("list").exists() {
            let looking = thread::spawn(move || Seen::of(&shelf));
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), looking);
        }
    }

    /// What was seen of a farm, once; waits for a look that is not over.
    pub(super) fn take(&self, name: &str) -> Option<Seen> {
        let looking = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        looking.and_then(|thread| thread.join().ok())
    }
}

#[cfg(test)]
impl FarmsAhead {
    /// Whether the look at a farm is over.
    pub(super) fn is_over(&self, name: &str) -> bool {
        self.0.lock().unwrap().get(name).is_none_or(JoinHandle::is_finished)
    }
}

impl Seen {
    /// Reads the list of a farm on the shelf, and looks at the folders that it names.
    fn of(shelf: &Path) -> Self {
        let bytes = List::read(shelf);
        let Ok(pfs) = folder::open(CWD, shelf.join("pfs")) else { return Self { bytes, is_proven: false } };
        let is_proven = List::decode(&bytes).is_some_and(|list| list.is_proven(&pfs));
        Self { bytes, is_proven }
    }
}
