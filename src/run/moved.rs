//! Results that moved with their pipeline's folder are followed: their ledger lines count in the new folder too.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::PipelineLedger;
use crate::model::{KnownResult, PipelineName, Tree};
use crate::plan::{Standing, entries_of, standing_of};

use super::places::Places;

/// Adds to ledgers the lines of folders that are no pipelines any more, where their results stand whole in a pipeline's
/// folder and not in the former one, and the pipeline knows nothing of that place yet. Gives the pipelines where it did.
pub(super) fn follow(
    tree: &Tree,
    names: &BTreeSet<PipelineName>,
    ledgers: &mut BTreeMap<PipelineName, PipelineLedger>,
    former: &BTreeMap<PipelineName, PipelineLedger>,
) -> BTreeSet<PipelineName> {
    let mut found = BTreeSet::new();
    for (old, memory) in former {
        let left = tree.below(old.as_str());
        let gone: Vec<&KnownResult> = memory.lines().iter().filter(|line| !is_left(line, &left)).collect();
        for name in names.iter().filter(|_| !gone.is_empty()) {
            let (ledger, files) = (ledgers.get(name), tree.below(name.as_str()));
            let taken = LazyCell::new(|| places(ledger));
            let is_here = |line: &KnownResult| {
                ledger.is_none_or(|ledger| ledger.lines_for(&line.key).is_empty())
                    && standing_of(line, &files) == Standing::Whole
                    && !line.outputs.iter().any(|output| taken.concerns(&output.path))
            };
            let moved: Vec<KnownResult> =
                gone.iter().filter(|line| is_here(line)).map(|line| (*line).clone()).collect();
            if !moved.is_empty() {
                let works = memory.works().iter().map(|(id, fields)| (*id, fields.clone()));
                let ledger = ledger.cloned().unwrap_or_default();
                ledgers.insert(name.clone(), ledger.updated(moved, &BTreeSet::new(), works));
                found.insert(name.clone());
            }
        }
    }
    found
}

/// Where the results of a ledger stand.
fn places(ledger: Option<&PipelineLedger>) -> Places {
    let lines = ledger.into_iter().flat_map(PipelineLedger::lines);
    lines.flat_map(|line| &line.outputs).map(|output| output.path.to_string()).collect()
}

/// Whether anything stands of a result in the former folder; of a result without files that is not known.
pub(super) fn is_left(line: &KnownResult, files: &Tree) -> bool {
    line.outputs.is_empty() || line.outputs.iter().any(|output| !entries_of(files, &output.path).is_empty())
}

/// Folders that are no pipelines any more, each with the pipelines that do the same work: names that these had.
pub(super) fn renamed<'a>(
    ledgers: &'a BTreeMap<PipelineName, PipelineLedger>,
    former: &'a BTreeMap<PipelineName, PipelineLedger>,
) -> BTreeSet<(&'a PipelineName, &'a PipelineName)> {
    let mut found = BTreeSet::new();
    for (old, memory) in former {
        let is_same =
            |ledger: &PipelineLedger| memory.works().keys().any(|work| ledger.works().contains_key(work));
        found.extend(ledgers.iter().filter(|(_, ledger)| is_same(ledger)).map(|(name, _)| (old, name)));
    }
    found
}
