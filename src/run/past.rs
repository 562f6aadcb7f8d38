//! `History`: results that ledgers on local refs, or where HEAD was, ever held, and where in the past their files stand.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::git::Repo;
use crate::git::history::{LedgerVersion, ledger_versions};
use crate::model::{
    ContentId, DatumId, Entry, KnownOutput, KnownResult, Oid, OutFile, PipelineName, Place, Tree,
};
use crate::plan::{Standing, entries_of, published, standing_of};

/// So many folders of the past are kept in memory.
const TREES_KEPT: usize = 4;

/// Results that ledgers on local refs ever held, and those of commits that HEAD was on.
#[derive(Default)]
pub(super) struct History {
    by_id: BTreeMap<DatumId, Vec<Past>>,
    /// Folders of pipelines in commits, those asked for last: the ids of a plan are mostly of a few commits.
    trees: RefCell<Vec<(Oid, PipelineName, Tree)>>,
}

struct Past {
    /// The newest and the oldest commit that hold the line. Where results were moved or removed since,
    /// only the oldest has them.
    commits: [Oid; 2],
    pipeline: PipelineName,
    result: KnownResult,
}

impl History {
    /// Reads all of it. What cannot be read is not remembered.
    pub(super) fn read(repo: &Repo) -> Self {
        let mut history = Self::default();
        let read = ledger_versions(repo, |version| {
            history.add(&version);
            ControlFlow::Continue(())
        });
        drop(read);
        history
    }

    fn add(&mut self, version: &LedgerVersion<'_>) {
        let ledger = crate::ledger::parse_files([(version.path, version.bytes)]);
        let (Some(pipeline), Ok(ledger)) = (crate::ledger::pipeline_of(version.path), ledger) else { return };
        // A command makes the same again; what somebody accepted in a commit that is dropped is not accepted.
        let counts = |line: &&KnownResult| !(version.is_dropped && line.place == Place::Accepted);
        for result in ledger.lines().iter().filter(counts).cloned() {
            let commits = [version.newest, version.oldest];
            let past = Past { commits, pipeline: pipeline.clone(), result };
            self.by_id.entry(past.result.id).or_default().push(past);
        }
    }

    /// Every line that was ever there.
    pub(super) fn lines(&self) -> impl Iterator<Item = &KnownResult> {
        self.by_id.values().flatten().map(|past| &past.result)
    }

    /// The newest commits that hold a line which says that the result of some work was accepted.
    pub(super) fn accepted_in(&self, id: DatumId) -> BTreeSet<Oid> {
        let past = self.by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
        let accepted = past.iter().filter(|past| past.result.place == Place::Accepted);
        accepted.map(|past| past.commits[0]).collect()
    }

    /// Each past result of some work that stands whole in a commit: how it was made, and its files.
    pub(super) fn whole<'a>(
        &'a self,
        repo: &'a Repo,
        id: DatumId,
    ) -> impl Iterator<Item = (Place, Vec<OutFile>)> + 'a {
        let past = self.by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
        past.iter().flat_map(|past| past.commits.map(|commit| (commit, past))).filter_map(|(commit, past)| {
            let files = self.tree(repo, commit, &past.pipeline)?;
            let is_whole = standing_of(&past.result, &files) == Standing::Whole;
            is_whole.then(|| (past.result.place, standing_files(&past.result, &files)))
        })
    }

    /// A pipeline's folder in a commit, with what stood in subdatasets.
    pub(super) fn tree(&self, repo: &Repo, commit: Oid, pipeline: &PipelineName) -> Option<Tree> {
        let mut kept = self.trees.borrow_mut();
        if let Some(at) = kept.iter().position(|(of, name, _)| *of == commit && name == pipeline) {
            return Some(kept[at].2.clone());
        }
        let entries = repo.files_in_all(commit, pipeline.as_str()).ok()?;
        let tree = Tree::new(&format!("{pipeline}/"), entries.into());
        kept.truncate(TREES_KEPT - 1);
        kept.insert(0, (commit, pipeline.clone(), tree.clone()));
        Some(tree)
    }
}

/// The files of a whole result, relative to `/pfs/out`.
pub(super) fn standing_files(line: &KnownResult, files: &Tree) -> Vec<OutFile> {
    let base = base_of(line);
    let prefix = files.prefix().len();
    let file = |output: &KnownOutput, entry: &Entry| {
        let path = &entry.path[prefix..];
        let (kind, content) = published(output, path, entry);
        let content = content.clone();
        let path = path.strip_prefix(base).map_or(path, |rest| rest.trim_start_matches('/'));
        OutFile { path: path.into(), kind, content }
    };
    let mut found: Vec<OutFile> = Vec::new();
    for output in &line.outputs {
        found.extend(entries_of(files, &output.path).iter().map(|entry| file(output, entry)));
    }
    found.sort_unstable();
    found
}

/// The folder below the pipeline's that was `/pfs/out`: the key where a datum owned one folder.
pub(super) fn base_of(line: &KnownResult) -> &str {
    match line.outputs.as_slice() {
        [only] if only.path == line.key && matches!(only.content, ContentId::Folder(_)) => &line.key,
        _ => "",
    }
}
