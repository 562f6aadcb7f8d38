//! `FarmsAhead`: large farms on the shelf are looked at before they are needed, while a run is still planned.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::fs::CWD;

use super::folder;
use super::shelf_list::{List, farms, stats_in_order};

/// Farms that are looked at ahead of their use, by their places on the shelf. What was seen holds until the farm is used:
/// nobody but the command of its own datum is shown it.
#[derive(Debug, Default)]
pub struct FarmsAhead(Mutex<BTreeMap<PathBuf, JoinHandle<Seen>>>);

/// What a look at a farm on the shelf told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The farm's list as it was read.
    pub(super) bytes: Vec<u8>,
    /// Whether all folders of that list are as they were left.
    pub(super) is_proven: bool,
}

impl FarmsAhead {
    /// Looks at all farms on the shelf in a work folder, each by a thread of its own: the plan leaves processors free.
    pub fn look(work: &Path) -> Self {
        let standing = fs::read_dir(farms(work)).into_iter().flatten().flatten().map(|entry| entry.path());
        let listed = standing.filter(|shelf| shelf.join("list").exists());
        let looking = listed.map(|shelf| (shelf.clone(), thread::spawn(move || Seen::of(&shelf))));
        Self(Mutex::new(looking.collect()))
    }

    /// What was seen of the farm at a place on the shelf, once; waits for a look that is not over.
    pub(super) fn take(&self, shelf: &Path) -> Option<Seen> {
        let looking = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(shelf);
        looking.and_then(|thread| thread.join().ok())
    }
}

#[cfg(test)]
impl FarmsAhead {
    /// Whether all looks are over.
    pub(super) fn is_over(&self) -> bool {
        self.0.lock().unwrap().values().all(JoinHandle::is_finished)
    }
}

impl Seen {
    /// Reads the list of a farm on the shelf, and looks at the folders that it names.
    fn of(shelf: &Path) -> Self {
        let bytes = List::read(shelf);
        let Ok(pfs) = folder::open(CWD, shelf.join("pfs")) else { return Self { bytes, is_proven: false } };
        let is_proven =
            List::decode(&bytes).is_some_and(|list| list.is_proven_by(&stats_in_order(&pfs, &list.paths())));
        Self { bytes, is_proven }
    }
}
