//! Strays: files of no result in the folder of one that stands whole but for them.

use std::collections::BTreeSet;

use crate::model::{
    ContentId, DatumState, Entry, FolderHasher, Kind, KnownOutput, KnownResult, OutFile, Tree,
};
use crate::plan::{Memory, Reason, entries_of, owns_target, published};

use super::planner::Planned;
use super::project::Project;

impl Project {
    /// That nothing but files of no result makes a datum count as edited, or what git holds in no way, with the first of
    /// them.
    pub fn stray(&self, memory: &dyn Memory, planned: &Planned, number: usize) -> Option<Reason> {
        let (pipeline, datum) = (&planned.pipeline, &planned.plan.datums[number]);
        if datum.state != DatumState::Edited {
            return None;
        }
        let files = self.results.below(pipeline.name.as_str());
        let lines = self.ledger(&pipeline.name).lines_for(&datum.key);
        let special = special(&datum.key, lines, &files);
        let found = if special.is_empty() && owns_target(pipeline, &datum.key) {
            lines.iter().find_map(|line| strays(line, &files, &memory.files(line.id)?))?
        } else {
            special
        };
        (!found.is_empty()).then_some(())?;
        Some(Reason::Stray { more: found.len() - 1, path: found.into_iter().next()? })
    }
}

/// Paths, from the root, of what git holds in no way, at the place of a key's results or in it.
pub(super) fn special(key: &str, lines: &[KnownResult], files: &Tree) -> Vec<String> {
    let places = lines.iter().flat_map(|line| &line.outputs).map(|output| &*output.path).chain([key]);
    let places: BTreeSet<&str> = places.filter(|path| *path != ".").collect();
    let standing = places.into_iter().flat_map(|path| entries_of(files, path));
    let special = standing.filter(|entry| entry.kind == Kind::Special);
    special.map(|entry| entry.path.to_string()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Paths, from the root, of files in a result's folder that are not of it, if all that was `made` stands besides.
fn strays(line: &KnownResult, files: &Tree, made: &[OutFile]) -> Option<Vec<String>> {
    let [output] = &*line.outputs else { return None };
    let start = files.prefix().len() + output.path.len() + 1;
    let made: BTreeSet<&str> = made.iter().map(|file| &*file.path).collect();
    let is_made = |entry: &&Entry| entry.path.get(start..).is_some_and(|path| made.contains(path));
    let (own, others): (Vec<&Entry>, Vec<&Entry>) = entries_of(files, &output.path).iter().partition(is_made);
    let is_whole = !own.is_empty() && whole_id(output, files, &own) == output.content;
    (is_whole && !others.is_empty()).then(|| others.iter().map(|entry| entry.path.to_string()).collect())
}

/// The id of an output's folder if it held these files alone.
fn whole_id(output: &KnownOutput, files: &Tree, own: &[&Entry]) -> ContentId {
    let prefix = files.prefix().len();
    let mut hasher = FolderHasher::new();
    for entry in own {
        let (kind, content) = published(output, &entry.path[prefix..], entry);
        hasher.add(&entry.path[prefix + output.path.len() + 1..], kind, content);
    }
    hasher.finish()
}
