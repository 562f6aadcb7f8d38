//! What committing a pipeline looks at, and the results that HEAD does not know yet.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::Dirty;
use crate::ledger::{PipelineLedger, WorkFields};
use crate::model::{ContentId, KnownResult, Oid, OutFile, PipelineName, Place, WorkId};
use crate::plan::PipelinePlan;

use super::planner::Planned;
use super::project::Project;
use super::work::Shared;

/// The datums of a plan by key.
pub(super) type Numbers<'a> = BTreeMap<&'a str, usize>;

/// What committing one pipeline looks at.
pub(super) struct Committing<'a> {
    /// The project as it was read.
    pub project: &'a Project,
    /// The pipeline's plan.
    pub planned: &'a Planned,
    /// Its ledger as it is now.
    pub ledger: &'a PipelineLedger,
    /// Files that this run placed, by datum number, relative to the datum's `/pfs/out`.
    pub placed: &'a dyn Fn(usize) -> Option<Vec<OutFile>>,
    /// What the tasks of a run share; absent outside of a run.
    pub shared: Option<&'a Shared>,
    /// What differs from HEAD.
    pub against: &'a Against,
    /// The commit that HEAD was then.
    pub head: Option<Oid>,
    /// Pipelines whose results are not committed.
    pub held: &'a BTreeSet<PipelineName>,
    /// What the name of its image stood for, with the digest, if it ran in this run.
    pub image: Option<&'a str>,
    /// The trailer that its ledger is the whole, once somebody asked.
    pub whole: OnceCell<Option<(String, String)>>,
    /// Paths that files of vanished datums are gone from, once somebody asked.
    pub removed: OnceCell<BTreeSet<Box<str>>>,
    /// The commit's time, in seconds since 1970.
    pub seconds: i64,
    /// Whether the run is to end at once: what is not committed by then is left to the next one.
    pub is_over: &'a dyn Fn() -> bool,
}

/// What HEAD does not know of a pipeline.
pub(super) struct News<'a> {
    /// The ledger as HEAD has it.
    pub(super) known: &'a PipelineLedger,
    /// New and changed results that are done now.
    pub(super) lines: Vec<NewLine<'a>>,
    /// Results that are gone.
    pub(super) removed: Vec<&'a KnownResult>,
    /// Results that HEAD has here since they came with their pipeline's folder, or lost their ledger, and that are gone or
    /// replaced: no ledger of HEAD's tells of them here.
    pub(super) moved: Vec<&'a KnownResult>,
}

impl<'a> News<'a> {
    /// Whether HEAD knows all.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.removed.is_empty()
    }

    /// The files of the new and changed results.
    pub(super) fn files(&self) -> impl Iterator<Item = &ResultFile> {
        self.lines.iter().flat_map(|line| &line.files)
    }

    /// The lines that HEAD has for results that changed or went.
    pub(super) fn replaced(&self) -> Vec<&'a KnownResult> {
        let new = self.lines.iter().map(|new| &*new.line.key);
        let keys: BTreeSet<&str> = new.chain(self.removed.iter().map(|line| &*line.key)).collect();
        let known = self.known.lines().iter().filter(|line| keys.contains(&*line.key));
        known.chain(self.moved.iter().copied()).collect()
    }
}

/// The work tree beside the commit that is `HEAD`.
#[derive(Default)]
pub(super) struct Against {
    /// What differs from it.
    pub dirty: Arc<Dirty>,
    /// What is not as the run read it; known only where somebody else moved `HEAD` meanwhile.
    pub changed: Dirty,
}

/// One file of a result: path from the root.
#[derive(Clone)]
pub(super) struct ResultFile {
    pub(super) path: String,
    /// What it was published as: whether executable, and its content.
    pub(super) published: (bool, ContentId),
    /// The blob that stands, if it stands as one.
    pub(super) oid: Option<Oid>,
}

/// One ledger line that HEAD does not know, with the datum it belongs to.
pub(super) struct NewLine<'a> {
    pub(super) line: &'a KnownResult,
    pub(super) datum: usize,
    pub(super) files: Vec<ResultFile>,
    /// Nothing was made: what the annex calls files of a result that HEAD has is new, or an old result came with its
    /// pipeline's folder.
    pub(super) is_noted: bool,
    /// Of those, one of which HEAD has the files, named one by one there and as a folder here, or the other way round.
    pub(super) is_folded: bool,
    /// HEAD has the line, and not the files.
    pub(super) is_lost: bool,
}

impl NewLine<'_> {
    /// The same with another line.
    pub(super) fn with<'b>(&self, line: &'b KnownResult) -> NewLine<'b> {
        NewLine { line, datum: self.datum, files: self.files.clone(), ..*self }
    }
}

impl Committing<'_> {
    /// The fields of works that its ledger names and does not tell, or tells otherwise of the same lines, as HEAD's does.
    pub(super) fn works_of_head(&self, known: &PipelineLedger) -> Vec<(WorkId, WorkFields)> {
        let own = self.ledger.works();
        let differs = |(id, fields): &(&WorkId, &WorkFields)| own.get(id) != Some(fields);
        let differing: Vec<_> = known.works().iter().filter(differs).collect();
        if differing.is_empty() {
            return Vec::new();
        }
        let named: BTreeSet<WorkId> = self.ledger.lines().iter().map(|line| line.work).collect();
        let is_same = known.changed_keys(self.ledger).is_empty();
        let is_wanted = |id: &WorkId| named.contains(id) && (is_same || !own.contains_key(id));
        let wanted = differing.into_iter().filter(|(id, _)| is_wanted(id));
        wanted.map(|(id, fields)| (*id, fields.clone())).collect()
    }

    /// The plan behind the lines.
    pub(super) fn plan(&self) -> &PipelinePlan {
        &self.planned.plan
    }
}

/// Whether a commit of a line records no command: it was accepted by hand, or is only noted.
pub(super) fn is_plain(line: &NewLine<'_>) -> bool {
    line.is_noted || line.line.place == Place::Accepted
}

/// Whether two lines tell of one result and differ at most in what the annex calls its files.
pub(super) fn is_same_but_keys(old: &KnownResult, new: &KnownResult) -> bool {
    let bare = |line: &KnownResult| {
        let mut bare = line.clone();
        bare.outputs.iter_mut().for_each(|output| output.annexed.clear());
        bare
    };
    bare(old) == bare(new)
}
