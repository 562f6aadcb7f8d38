//! Lost ledgers: where one that stands tells of nothing, or has lines that say nothing, what git has of it counts for results
//! that still stand whole.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::git::Repo;
use crate::git::history::ledger_versions;
use crate::ledger::{PipelineLedger, pipeline_of};
use crate::model::{Entry, KnownResult, Oid, PipelineName, Place, Tree};
use crate::plan::{Standing, standing_of};

use super::in_head::ledger_at;

/// Adds to such ledgers the lines that HEAD's has, or the newest one in history, for keys of which they say nothing. Gives
/// the pipelines where it did, each with what only history has of its ledger.
pub(super) fn find(
    (repo, head): (&Repo, Option<Oid>),
    tree: &Tree,
    ledgers: &mut BTreeMap<PipelineName, PipelineLedger>,
) -> BTreeMap<PipelineName, PipelineLedger> {
    let mut found = BTreeMap::new();
    for (name, ledger) in ledgers {
        let files = tree.below(name.as_str());
        let is_sound = !ledger.lines().is_empty() && ledger.damage().is_none();
        if is_sound || !has_results(name, &files) {
            continue;
        }
        let in_head = ledger_at(repo, name, head).unwrap_or_default();
        let past =
            if in_head.lines().is_empty() { of_history(repo, name) } else { PipelineLedger::default() };
        let old = if in_head.lines().is_empty() { &past } else { &in_head };
        let is_here = |line: &&KnownResult| {
            !line.outputs.is_empty()
                && ledger.lines_for(&line.key).is_empty()
                && standing_of(line, &files) == Standing::Whole
        };
        let lines: Vec<KnownResult> = old.lines().iter().filter(is_here).cloned().collect();
        if !lines.is_empty() {
            let works = old.works().iter().map(|(id, fields)| (*id, fields.clone()));
            *ledger = ledger.updated(lines, &BTreeSet::new(), works);
            found.insert(name.clone(), past);
        }
    }
    found
}

/// Whether anything stands in a pipeline's folder beside its spec.
fn has_results(name: &PipelineName, files: &Tree) -> bool {
    let spec = format!("{name}/spec.yml");
    files.entries().iter().any(|entry: &Entry| *entry.path != *spec)
}

/// A pipeline's ledger as the newest commit has it that has one. What somebody accepted may have been taken back since.
fn of_history(repo: &Repo, name: &PipelineName) -> PipelineLedger {
    let mut newest = None;
    let seen = ledger_versions(repo, |version| {
        if version.is_dropped || pipeline_of(version.path).as_ref() != Some(name) {
            return ControlFlow::Continue(());
        }
        newest = Some(version.newest);
        ControlFlow::Break(())
    });
    drop(seen);
    let old = newest.and_then(|commit| ledger_at(repo, name, Some(commit)).ok()).unwrap_or_default();
    let made = old.lines().iter().filter(|line| line.place != Place::Accepted).cloned().collect();
    PipelineLedger::new(made, old.works().clone())
}
