//! Finishing a job: orphans go, the ledger is written, the outputs are offered downstream.

use std::collections::{BTreeMap, BTreeSet};

use crate::exec::{Publication, publish};
use crate::ledger::{self, LedgerChange};
use crate::model::{ContentId, DatumState, Entry, KnownOutput, KnownResult, OutFile, Tree};
use crate::plan::{
    OwnedFile, entries_of, fold, follow_links, known_inputs, note_annexed, output_tree, own_folder,
    owns_target,
};

use super::engine::Engine;
use super::error::{RunError, io_error};
use super::fault;
use super::job::Job;
use super::placed::above;
use super::places::Places;

impl Engine<'_> {
    /// Removes the outputs of vanished datums, and what recovered ones had before, but for paths that hold other results now.
    pub(super) fn remove_orphans(&mut self, at: usize) -> Result<(), RunError> {
        let files = self.project_files(at);
        if let Some(reason) = self.keeps_orphans(at) {
            self.jobs[at].note_trouble(reason);
        }
        self.jobs[at].disown_recovered();
        let taken = Self::taken(&self.jobs[at]);
        let mut gone: Vec<Box<str>> = Vec::new();
        let mut count = 0;
        for line in self.going(at) {
            let goes = line.outputs.iter().flat_map(|output| self.goes(output, &files, &taken));
            let before = gone.len();
            gone.extend(goes);
            count += usize::from(gone.len() > before);
        }
        self.remove_files(at, gone)?;
        fault::point("finish:removed");
        self.report.summary.removed += count;
        Ok(())
    }

    /// The lines of the results that go: those of vanished datums, unless they are kept, and what recovered ones had before.
    fn going(&self, at: usize) -> Vec<&KnownResult> {
        let job = &self.jobs[at];
        let ledger = self.project.ledger(job.name());
        let gone_as = self.keeps_orphans(at).is_none().then_some(DatumState::Orphaned);
        let left = job.planned.plan.leftovers.iter().filter(|left| Some(left.state) == gone_as);
        left.map(|left| &ledger.lines()[left.line as usize]).chain(job.had_before(ledger)).collect()
    }

    /// What is to be removed of an orphan's output: its folder as a whole where that holds nothing else, so
    /// that nobody sees half of it; otherwise its files, but for those that were touched during the run.
    fn goes(&self, output: &KnownOutput, files: &Tree, taken: &Places) -> Vec<Box<str>> {
        let entries = entries_of(files, &output.path);
        let prefix = files.prefix();
        let full = format!("{prefix}{}", output.path);
        let is_folder = matches!(output.content, ContentId::Folder(_)) && *output.path != *".";
        let is_whole =
            || !taken.concerns(&full) && self.touched(&self.shared.root.join(&full), &full).is_none();
        if is_folder && !entries.is_empty() && is_whole() {
            return vec![output.path.clone()];
        }
        let is_free = |path: &&str| !taken.holds(path) && self.project.stands_as_seen(path);
        entries
            .iter()
            .map(|entry| &*entry.path)
            .filter(is_free)
            .map(|path| path[prefix.len()..].into())
            .collect()
    }

    /// Why the results of vanished datums stay this time, if they do.
    fn keeps_orphans(&self, at: usize) -> Option<String> {
        let job = &self.jobs[at];
        job.keeps_orphans(self.request.force && self.selection.named.contains(job.name()))
    }

    /// Removes files of a pipeline, and folders that become empty.
    pub(super) fn remove_files(&self, at: usize, gone: Vec<Box<str>>) -> Result<(), RunError> {
        if gone.is_empty() {
            return Ok(());
        }
        let staged = self.shared.state.join("staged");
        std::fs::create_dir_all(&staged).map_err(io_error(&staged))?;
        publish(&Publication {
            staged: staged.join("none"),
            pipeline: self.shared.root.join(self.jobs[at].name().as_str()),
            target: ".".into(),
            whole: false,
            files: Vec::new(),
            remove: gone,
            is_begun: true,
        })?;
        Ok(())
    }

    /// Paths, from the root, that hold results which stay.
    fn taken(job: &Job) -> Places {
        let own = job
            .placed
            .keys()
            .filter(|datum| owns_target(&job.planned.pipeline, &job.planned.plan.datums[**datum].key));
        let own = own.map(|datum| format!("{}/{}", job.name(), job.planned.plan.datums[*datum].key));
        own.chain(job.owners.keys().map(|path| format!("{}/{path}", job.name()))).collect()
    }

    /// Writes the pipeline's ledger as it is now, if anything changed.
    pub(super) fn write_ledger(&mut self, at: usize) -> Result<(), RunError> {
        let job = &self.jobs[at];
        let name = job.name().clone();
        let old = self.project.ledger(&name);
        let works = vec![(job.planned.plan.work, job.planned.fields.clone())];
        let removed = self.going(at).into_iter().map(|line| line.key.clone()).collect();
        let change = LedgerChange { results: self.new_lines(job), removed, works };
        if change.is_empty() {
            return Ok(());
        }
        ledger::ensure_attributes(&self.shared.root)?;
        if self.project.is_recognised(&name) {
            ledger::write(&self.shared.root, &name, &change.applied(old))?;
        } else {
            change.write(&self.shared.root, &name, old)?;
        }
        fault::point("finish:ledger");
        self.ledgers.insert(name, change);
        Ok(())
    }

    /// Lines for all results that this run placed or recognised, and for those whose folder came to
    /// be shared (or no longer is).
    fn new_lines(&self, job: &Job) -> Vec<KnownResult> {
        let old = self.project.ledger(job.name());
        let mut outputs = shared_outputs(job, &self.project.results.below(job.name().as_str()), old.lines());
        let mut lines = Vec::new();
        for (number, datum) in job.planned.plan.datums.iter().enumerate() {
            let is_shared = super::settle::shares_folder(job, number);
            let made = job.placed.get(&number);
            if job.states[number] != DatumState::Done {
                continue;
            }
            let outputs = match (is_shared, made) {
                (true, _) => outputs.remove(&number).unwrap_or_default(),
                (false, Some(files)) if files.is_empty() => Vec::new(),
                (false, Some(files)) => vec![self.own_output(job, &datum.key, files)],
                (false, None) => continue,
            };
            let line = Self::line(job, number, outputs, old.lines_for(&datum.key));
            if !is_told(old.lines_for(&datum.key), &line, made.is_some()) {
                lines.push(line);
            }
        }
        lines
    }

    /// The folder that a result has for itself, with what it holds if it is packed.
    fn own_output(&self, job: &Job, key: &str, files: &[OutFile]) -> KnownOutput {
        let mut output = own_folder(key, files);
        if let [only] = files {
            let path = format!("{}/{key}/{}", job.name(), only.path);
            output.packed = self.project.members(&path, &only.content).unwrap_or_default();
        }
        output
    }

    fn line(job: &Job, number: usize, mut outputs: Vec<KnownOutput>, old: &[KnownResult]) -> KnownResult {
        let plan = &job.planned.plan;
        let datum = &plan.datums[number];
        let before = old.iter().find(|line| line.id == datum.id);
        let is_as_before = !job.placed.contains_key(&number) || job.committed.contains(&number);
        // The same files, though a folder may be told as a whole now, or file by file.
        let files = before.iter().filter(|_| is_as_before).flat_map(|line| &line.outputs);
        for file in files.flat_map(|output| &output.annexed) {
            if let Some(output) = outputs.iter_mut().find(|output| output.holds(&file.path)) {
                note_annexed(output, file.clone());
            }
        }
        let place = match before {
            Some(line) if is_as_before => line.place,
            _ => job.place_of(number),
        };
        KnownResult {
            key: datum.key.clone(),
            id: datum.id,
            work: plan.work,
            inputs: known_inputs(plan, &job.planned.pipeline, number),
            outputs,
            place,
        }
    }

    /// Offers what is done to the pipelines that read it.
    pub(super) fn offer_outputs(&mut self, at: usize) {
        let files = self.project_files(at);
        let job = &self.jobs[at];
        let placed: Vec<_> = job.placed.iter().map(|(number, files)| (*number, &**files)).collect();
        let lines = self.project.ledger(job.name()).lines();
        let tree = output_tree(
            &job.planned.plan,
            &job.planned.pipeline,
            &files,
            lines,
            &placed,
            &|path, content| self.project.members(path, content),
        );
        let tree = follow_links(tree, &|path| self.project.link_text(path));
        let name = job.name().clone();
        if job.is_complete() {
            self.plans.complete.insert(name.clone());
        }
        self.plans.outputs.insert(name, tree);
    }
}

/// Outputs of each datum that writes into a shared folder, folded; a folder that holds a file of no result is nobody's alone.
fn shared_outputs(job: &Job, standing: &Tree, lines: &[KnownResult]) -> BTreeMap<usize, Vec<KnownOutput>> {
    const KEPT: u32 = u32::MAX;
    if job.owners.is_empty() {
        return BTreeMap::new();
    }
    let owned = |owned: &super::job::Owned| -> (String, u32) {
        let owner = owned.datum.and_then(|number| u32::try_from(number).ok()).unwrap_or(KEPT);
        (owned.file.path.to_string(), owner)
    };
    let paths: Vec<(String, u32)> = job.owners.values().map(owned).collect();
    let owned = paths.iter().zip(job.owners.values());
    let owned = owned.map(|((path, owner), owned)| OwnedFile { path, owner: *owner, file: &owned.file });
    let foreign = foreign(job, standing, lines);
    let foreign = foreign.iter().map(|file| OwnedFile { path: &file.path, owner: KEPT, file });
    let mut files: Vec<OwnedFile<'_>> = owned.chain(foreign).collect();
    files.sort_by_key(|file| file.path);
    let mut outputs: BTreeMap<usize, Vec<KnownOutput>> = BTreeMap::new();
    let folded = fold(&files, |owner, output| {
        if owner != KEPT {
            outputs.entry(owner as usize).or_default().push(output);
        }
    });
    debug_assert!(folded.is_ok(), "clashes are refused before they are placed");
    outputs
}

/// Files of no result that stand in folders below a pipeline's, where they keep a folder from being one datum's alone.
fn foreign(job: &Job, standing: &Tree, lines: &[KnownResult]) -> Vec<OutFile> {
    let prefix = standing.prefix().len();
    let is_owned = |path: &str| {
        let inside = format!("{path}/");
        above(path).any(|above| job.owners.contains_key(above))
            || job
                .owners
                .range(Box::from(&*inside)..)
                .next()
                .is_some_and(|(path, _)| path.starts_with(&inside))
    };
    let loose = standing.entries().iter().filter(|entry| {
        let path = &entry.path[prefix..];
        path.contains('/') && !is_owned(path)
    });
    let mut loose = loose.peekable();
    if loose.peek().is_none() {
        return Vec::new();
    }
    let claimed: BTreeSet<&str> =
        lines.iter().flat_map(|line| &line.outputs).map(|output| &*output.path).collect();
    let file = |entry: &Entry| {
        let path = &entry.path[prefix..];
        let is_foreign = !above(path).any(|above| claimed.contains(above));
        is_foreign.then(|| OutFile { path: path.into(), kind: entry.kind, content: entry.content.clone() })
    };
    loose.filter_map(file).collect()
}

/// Whether a ledger has a line already. Where its inputs stood is as good as where they stand now, unless this run made it.
fn is_told(old: &[KnownResult], new: &KnownResult, is_made: bool) -> bool {
    let [old] = old else { return false };
    let is_same_work = !is_made && old.id == new.id;
    old == new || is_same_work && KnownResult { inputs: new.inputs.clone(), ..old.clone() } == *new
}
