//! Deciding: where each expected datum stands, by the precedence of the states, and what is left over.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

use crate::model::{
    ContentId, DatumId, DatumState, Entry, Kind, KnownResult, OutFile, Pipeline, PipelineName, Tree, View,
};

use super::spread::{Spread, spread_out};
use super::standing::{Near, Standing, base, entries_of, foreign_at, is_part_of, result_near, standing_of};

/// How the last attempt of some work ended, when it did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether the error command succeeded.
    pub recovered: bool,
    /// One sentence.
    pub message: String,
    /// Log file, if anything was written.
    pub log: Option<String>,
}

/// What is remembered of work done anywhere, beyond the ledger lines of the pipeline at hand.
pub trait Memory {
    /// The files some work made, relative to `/pfs/out`, if its result is known and can be had.
    fn files(&self, id: DatumId) -> Option<Vec<OutFile>>;
    /// Whether a file that stands under a key of the annex has the bytes that were made as an ordinary one.
    fn is_made(&self, _path: &str, _key: &str, _made: &OutFile) -> bool {
        false
    }
    /// How its last attempt ended, if that was no success.
    fn failure(&self, id: DatumId) -> Option<Failure>;
    /// Whether the last attempt at a place of a pipeline failed, on other work than this.
    fn was_tried(&self, _pipeline: &PipelineName, _key: &str, _id: DatumId) -> bool {
        false
    }
    /// Whether what stands at a place of a pipeline, among `files`, is the result that HEAD and its ledger have there.
    fn is_as_committed(&self, _pipeline: &PipelineName, _key: &str, _files: &Tree) -> bool {
        false
    }
    /// Whether git made what stands where these results of one key were, among `files`, of the lines of two of them: it
    /// merged both sides, and nobody wrote that. `base` is the folder of the results in the pipeline's own.
    fn is_line_merged(&self, _lines: &[KnownResult], _base: &str, _files: &Tree) -> bool {
        false
    }
    /// Whether the pipeline had another name, under which it had a result at this place that moved with its folder.
    fn had_moved(&self, _pipeline: &PipelineName, _key: &str) -> bool {
        false
    }
}

/// One datum of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The place.
    pub key: Box<str>,
    /// The work.
    pub id: DatumId,
    /// Where it stands.
    pub state: DatumState,
    /// Number of the ledger line that holds its result, when it is done by that line.
    pub line: Option<u32>,
}

/// A ledger line whose key is expected no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Number of the ledger line.
    pub line: u32,
    /// Orphaned (will be removed), blocked (kept, since an upstream is incomplete, or the whole
    /// pipeline was emptied) or edited (kept).
    pub state: DatumState,
    /// Whether the one before it is of the same key: a merge leaves a key several lines.
    pub is_double: bool,
}

/// Decides for one pipeline.
pub(super) struct Decider<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) files: &'a Tree,
    pub(super) lines: &'a [KnownResult],
    pub(super) memory: &'a dyn Memory,
    /// Whether an upstream is incomplete, so that datums may be missing.
    pub(super) is_partial: bool,
    pub(super) is_blocked: bool,
    pub(super) kin: Kin,
}

/// What other results of the pipeline have where one belongs; looked for once, and only if something stands there.
#[derive(Default)]
pub(super) struct Kin {
    /// Outputs of ledger lines that stand whole, by path.
    whole: OnceCell<BTreeSet<Box<str>>>,
    /// Files of all results that are known of expected datums, and of ledger lines, where datums share the folder.
    made: OnceCell<BTreeMap<Box<str>, Vec<OutFile>>>,
}

/// An expected datum, before it is decided.
pub(super) struct Named {
    pub(super) key: Box<str>,
    pub(super) id: DatumId,
}

/// What stands of a datum's key: where its ledger lines begin, and how each of them stands.
struct Found {
    first: usize,
    standing: SmallVec<[Standing; 1]>,
}

/// Looks keys up that come mostly in order of lines and files.
struct Lookup<'a> {
    files: &'a Tree,
    lines: &'a [KnownResult],
    near_line: Near,
    near_files: Near,
}

impl Lookup<'_> {
    fn find(&self, key: &str) -> Found {
        let first = self.near_line.first_of(self.lines, |line| *line.key < *key);
        let lines = self.lines[first..].iter().take_while(|line| *line.key == *key);
        let standing: SmallVec<_> =
            lines.map(|line| result_near(line, self.files, &self.near_files)).collect();
        self.near_line.go_on_from(first + standing.len());
        Found { first, standing }
    }
}

impl Decider<'_> {
    /// Decides all expected datums.
    pub(super) fn decide_all(&self, named: Vec<Named>, spread: &dyn Spread) -> Vec<Planned> {
        let (files, lines, all) = (self.files, self.lines, &named);
        let found = spread_out(spread, all.len(), |range| {
            let lookup = Lookup { files, lines, near_line: Near::default(), near_files: Near::default() };
            all[range].iter().map(|datum| lookup.find(&datum.key)).collect()
        });
        let decide = |(datum, found): (&Named, Found)| self.decide(datum, &found, &named);
        let decided: Vec<_> = named.iter().zip(found).map(decide).collect();
        let planned = |(Named { key, id }, (state, line)): (Named, _)| Planned { key, id, state, line };
        named.into_iter().zip(decided).map(planned).collect()
    }

    /// The state of one expected datum, by the precedence of the states.
    fn decide(&self, datum: &Named, found: &Found, all: &[Named]) -> (DatumState, Option<u32>) {
        let (key, id) = (&*datum.key, datum.id);
        let standing = &found.standing;
        let lines = &self.lines[found.first..found.first + standing.len()];
        let is_done =
            |(line, standing): (&KnownResult, &Standing)| line.id == id && *standing == Standing::Whole;
        if let Some(at) = lines.iter().zip(standing).position(is_done) {
            return (DatumState::Done, u32::try_from(found.first + at).ok());
        }
        let known = self.memory.files(id);
        if let Some(files) = &known
            && self.stands_at(key, files)
            && !self.leaves_more(key, lines, files)
        {
            return (DatumState::Done, None);
        }
        let is_ours = |(line, standing): (&KnownResult, &Standing)| self.is_ours(line, *standing);
        if !lines.is_empty()
            && !lines.iter().zip(standing).any(is_ours)
            && !self.is_mixture(lines)
            && !self.is_of_kin(lines, all.iter().map(|datum| datum.id))
            && !self.memory.is_as_committed(&self.pipeline.name, key, self.files)
            && !self.memory.is_line_merged(lines, base(self.pipeline, key), self.files)
        {
            return (DatumState::Edited, None);
        }
        (self.decide_undone(key, id, lines, known.as_deref()), None)
    }

    fn decide_undone(
        &self,
        key: &str,
        id: DatumId,
        lines: &[KnownResult],
        known: Option<&[OutFile]>,
    ) -> DatumState {
        if (lines.is_empty() || !self.owns(key)) && self.is_in_the_way(key, known) {
            // What stands of a result that moved, but is not as it was made, somebody edited.
            let is_edited = lines.is_empty() && self.memory.had_moved(&self.pipeline.name, key);
            return if is_edited { DatumState::Edited } else { DatumState::InTheWay };
        }
        if self.is_blocked {
            return DatumState::Blocked;
        }
        if known.is_some() {
            return DatumState::Cached;
        }
        match self.memory.failure(id) {
            Some(failure) if failure.recovered => DatumState::Recovered,
            Some(_) => DatumState::Failed,
            None if lines.iter().any(|line| line.id != id) => DatumState::Stale,
            None if lines.is_empty() && self.memory.was_tried(&self.pipeline.name, key, id) => {
                DatumState::Stale
            }
            None => DatumState::Pending,
        }
    }

    /// Whether what stands of a line is the line's own, at least in part: nothing of the user's.
    fn is_ours(&self, line: &KnownResult, standing: Standing) -> bool {
        standing != Standing::Changed
            || self.memory.files(line.id).is_some_and(|made| {
                is_part_of(&line.outputs, self.files, base(self.pipeline, &line.key), &made)
            })
    }

    /// Whether every file that stands was made by one or other of the results: a merge by git may take
    /// each from another side.
    fn is_mixture(&self, lines: &[KnownResult]) -> bool {
        let made: Vec<OutFile> =
            lines.iter().filter_map(|line| self.memory.files(line.id)).flatten().collect();
        let base = base(self.pipeline, &lines[0].key);
        lines.len() > 1 && lines.iter().all(|line| is_part_of(&line.outputs, self.files, base, &made))
    }

    /// Whether all that stands where these results were is what other datums of the pipeline made there since: names
    /// wander where datums choose them.
    fn is_of_kin(&self, lines: &[KnownResult], all: impl Iterator<Item = DatumId>) -> bool {
        if self.pipeline.view() == View::Content {
            return false;
        }
        let made = self.kin.made.get_or_init(|| self.made_here(all));
        let prefix = self.files.prefix().len();
        let is_made = |entry: &Entry| {
            let mut files = made.get(&entry.path[prefix..]).into_iter().flatten();
            files.any(|file| file.content == entry.content || self.is_annexed(entry, file))
        };
        let outputs = lines.iter().flat_map(|line| &line.outputs);
        let mut standing = outputs.flat_map(|output| entries_of(self.files, &output.path));
        standing.all(|entry| self.is_in_whole(&entry.path[prefix..]) || is_made(entry))
    }

    /// Files of all results that are known of some work, and of ledger lines, by path.
    fn made_here(&self, all: impl Iterator<Item = DatumId>) -> BTreeMap<Box<str>, Vec<OutFile>> {
        let known = all.filter_map(|id| self.memory.files(id)).flatten();
        let outputs = self.lines.iter().flat_map(|line| &line.outputs).map(|output| OutFile {
            path: output.path.clone(),
            kind: if output.exec { Kind::Exec } else { Kind::File },
            content: output.content.clone(),
        });
        let mut made = BTreeMap::<Box<str>, Vec<OutFile>>::new();
        for file in known.chain(outputs) {
            made.entry(file.path.clone()).or_default().push(file);
        }
        made
    }

    /// Whether all that stands at a key's place is of results of the pipeline's that stand whole, which give way.
    fn is_old(&self, key: &str) -> bool {
        let prefix = self.files.prefix().len();
        entries_of(self.files, key).iter().all(|entry| self.is_in_whole(&entry.path[prefix..]))
    }

    /// Whether a path belongs to a result by its ledger line, all of which stands.
    fn is_in_whole(&self, path: &str) -> bool {
        let whole = self.kin.whole.get_or_init(|| {
            let whole = self.lines.iter().filter(|line| standing_of(line, self.files) == Standing::Whole);
            whole.flat_map(|line| &line.outputs).map(|output| output.path.clone()).collect()
        });
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| whole.contains(path))
    }

    /// Whether exactly these files stand at a key's place.
    fn stands_at(&self, key: &str, made: &[OutFile]) -> bool {
        if self.owns(key) && entries_of(self.files, key).len() != made.len() {
            return false;
        }
        !made.is_empty() && made.iter().all(|file| self.entry_is(key, file))
    }

    /// Whether something of these results stands, where datums share the folder, that is not among what was made.
    fn leaves_more(&self, key: &str, lines: &[KnownResult], made: &[OutFile]) -> bool {
        if self.owns(key) || lines.is_empty() {
            return false;
        }
        let prefix = self.files.prefix().len();
        let made: BTreeSet<&str> = made.iter().map(|file| &*file.path).collect();
        let outputs = lines.iter().flat_map(|line| &line.outputs);
        let mut standing = outputs.flat_map(|output| entries_of(self.files, &output.path));
        standing.any(|entry| !made.contains(&entry.path[prefix..]))
    }

    fn entry_is(&self, key: &str, file: &OutFile) -> bool {
        let path = self.place(key, &file.path);
        self.files.get(&path).is_some_and(|entry| {
            entry.content == file.content && entry.kind == file.kind || self.is_annexed(entry, file)
        })
    }

    /// Whether an entry is what was made, though it stands under its key: in the annex, or byte for byte where the
    /// index has that key.
    fn is_annexed(&self, entry: &Entry, file: &OutFile) -> bool {
        let ContentId::Annex(key) = &entry.content else { return false };
        self.memory.is_made(&entry.path, key, file)
    }

    fn place(&self, key: &str, path: &str) -> String {
        match self.pipeline.view() {
            View::Content if key != "." => format!("{}{key}/{path}", self.files.prefix()),
            _ => format!("{}{path}", self.files.prefix()),
        }
    }

    /// Whether a foreign file stands where the result belongs, as far as that is known before running.
    fn is_in_the_way(&self, key: &str, known: Option<&[OutFile]>) -> bool {
        if self.owns(key) {
            return !self.is_old(key);
        }
        let is_foreign = |file: &OutFile| {
            foreign_at(self.files, self.lines, file).any(|entry| !self.is_annexed(entry, file))
        };
        known.is_some_and(|files| files.iter().any(is_foreign))
    }

    /// Whether a datum has a folder of its own.
    fn owns(&self, key: &str) -> bool {
        self.pipeline.view() == View::Content && key != "."
    }

    pub(super) fn leftovers(&self, datums: &[Planned]) -> Vec<Leftover> {
        let mut expected: Vec<&str> = datums.iter().map(|datum| &*datum.key).collect();
        expected.sort_unstable();
        let near = Near::default();
        let is_left = |line: &KnownResult| {
            let at = near.first_of(&expected, |key| **key < *line.key);
            near.go_on_from(at + 1);
            expected.get(at).is_none_or(|key| **key != *line.key)
        };
        let left = self.lines.iter().enumerate().filter(|(_, line)| is_left(line));
        left.map(|(at, line)| Leftover {
            line: u32::try_from(at).unwrap_or(u32::MAX),
            state: self.left_state(line, datums),
            is_double: at.checked_sub(1).is_some_and(|before| self.lines[before].key == line.key),
        })
        .collect()
    }

    fn left_state(&self, line: &KnownResult, datums: &[Planned]) -> DatumState {
        if self.is_partial {
            return DatumState::Blocked;
        }
        let standing = standing_of(line, self.files);
        let is_ours = self.is_ours(line, standing)
            || self.is_of_kin(std::slice::from_ref(line), datums.iter().map(|datum| datum.id))
            || self.memory.is_as_committed(&self.pipeline.name, &line.key, self.files)
            || self.memory.is_line_merged(
                self.lines_of(&line.key),
                base(self.pipeline, &line.key),
                self.files,
            );
        if is_ours { DatumState::Orphaned } else { DatumState::Edited }
    }

    /// The lines of one key; all lines are in order of key.
    fn lines_of(&self, key: &str) -> &[KnownResult] {
        let first = self.lines.partition_point(|line| *line.key < *key);
        let count = self.lines[first..].iter().take_while(|line| *line.key == *key).count();
        &self.lines[first..first + count]
    }
}
