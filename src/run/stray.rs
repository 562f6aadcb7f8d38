//! Strays: files of no result in the folder of one that stands whole but for them.

use std::collections::BTreeSet;

use crate::model::{
    ContentId, DatumState, Entry, FolderHasher, Kind, KnownOutput, KnownResult, OutFile, Tree,
};
use crate::plan::{Memory, Reason, Standing, base, entries_of, published, standing};

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
        let base = base(pipeline, &datum.key);
        let found = if special.is_empty() {
            lines.iter().find_map(|line| strays(line, &files, &memory.files(line.id)?, base))?
        } else {
            special
        };
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

/// Paths, from the root, of files in a result's folders that are not of it, if all that was `made` stands besides; `base` is
/// where that belongs, from the pipeline's folder.
fn strays(line: &KnownResult, files: &Tree, made: &[OutFile], base: &str) -> Option<Vec<String>> {
    let place = |file: &OutFile| match base {
        "." => file.path.to_string(),
        base => format!("{base}/{}", file.path),
    };
    let made: BTreeSet<String> = made.iter().map(place).collect();
    let mut strays = Vec::new();
    for output in line.outputs.iter().filter(|output| standing(output, files) != Standing::Whole) {
        strays.extend(strays_in(output, files, &made)?);
    }
    (!strays.is_empty()).then_some(strays)
}

/// As [`strays`], in one output.
fn strays_in(output: &KnownOutput, files: &Tree, made: &BTreeSet<String>) -> Option<Vec<String>> {
    let prefix = files.prefix().len();
    let is_made = |entry: &&Entry| made.contains(&entry.path[prefix..]);
    let (own, others): (Vec<&Entry>, Vec<&Entry>) = entries_of(files, &output.path).iter().partition(is_made);
    let is_folder = |entry: &&Entry| entry.path.len() > prefix + output.path.len();
    let is_whole =
        !own.is_empty() && own.iter().all(is_folder) && whole_id(output, files, &own) == output.content;
    is_whole.then(|| others.iter().map(|entry| entry.path.to_string()).collect())
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
