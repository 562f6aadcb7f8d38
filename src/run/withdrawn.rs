//! `Withdrawn`: acceptances that an undo, or a revert of git's, took back, so that they are known no more.
//!
//! The commit that takes back tells it, in every clone that has it. A result that a command made is known all the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::git::Repo;
use crate::git::history::{LedgerFiles, LedgerRevert, builds_on, ledger_reverts};
use crate::model::{DatumId, Oid, Place};

/// Works whose acceptance was taken back, and by which commits.
#[derive(Default)]
pub(super) struct Withdrawn {
    by_id: BTreeMap<DatumId, Vec<Oid>>,
    /// Whether one commit builds on another one, as far as it was asked.
    asked: RefCell<BTreeMap<(Oid, Oid), bool>>,
}

impl Withdrawn {
    /// Reads all of it. What cannot be read took nothing back.
    pub(super) fn read(repo: &Repo) -> Self {
        let mut withdrawn = Self::default();
        for revert in ledger_reverts(repo).unwrap_or_default() {
            for id in taken_back(&revert) {
                withdrawn.by_id.entry(id).or_default().push(revert.commit);
            }
        }
        withdrawn
    }

    /// Whether the acceptance of some work was taken back and stands in none of the `commits` that hold it and do not
    /// know of that.
    pub(super) fn is_gone(
        &self,
        repo: &Repo,
        head: Option<Oid>,
        id: DatumId,
        commits: impl FnOnce() -> BTreeSet<Oid>,
    ) -> bool {
        let Some(backs) = self.by_id.get(&id) else { return false };
        let is_here = |back: Oid| head.is_some_and(|head| head == back || self.builds_on(repo, head, back));
        let outlives = |commit: Oid, back: Oid| {
            self.builds_on(repo, commit, back) || !(is_here(back) || self.builds_on(repo, back, commit))
        };
        !commits().into_iter().any(|commit| backs.iter().all(|back| outlives(commit, *back)))
    }

    fn builds_on(&self, repo: &Repo, one: Oid, other: Oid) -> bool {
        *self.asked.borrow_mut().entry((one, other)).or_insert_with(|| builds_on(repo, one, other))
    }
}

/// The works whose acceptance stood before a commit and does not after it.
fn taken_back(revert: &LedgerRevert) -> BTreeSet<DatumId> {
    let (before, after) = (accepted(&revert.before), accepted(&revert.after));
    before.difference(&after).copied().collect()
}

fn accepted(files: &LedgerFiles) -> BTreeSet<DatumId> {
    let read = |(path, bytes): &(String, Vec<u8>)| {
        crate::ledger::parse_files([(path.as_str(), bytes.as_slice())]).ok()
    };
    let ledgers: Vec<_> = files.iter().filter_map(read).collect();
    let lines = ledgers.iter().flat_map(crate::ledger::PipelineLedger::lines);
    lines.filter(|line| line.place == Place::Accepted).map(|line| line.id).collect()
}
