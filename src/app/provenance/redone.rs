//! Results that were made again, by another command or of other inputs, and came out the same: their files tell of the
//! first commit only, the ledger of the last.

use crate::ledger::{PipelineLedger, shard_folder, single_path};
use crate::model::{ContentId, KnownInput, KnownResult, Oid, PipelineName, Place};
use crate::plan::record::Record;

use super::super::error::AppError;
use super::made::pipeline_of;
use super::results::{code_of, command_of, image_of};
use super::trace::{Need, Tracer};

/// Whether a line is surely of another command, image or code, or of other inputs, than the one before it.
fn is_of_other_work(now: (&PipelineLedger, &KnownResult), then: (&PipelineLedger, &KnownResult)) -> bool {
    let images = [image_of(now.0, now.1), image_of(then.0, then.1)];
    let is_content =
        |image: &Option<String>| image.as_ref().is_some_and(|image| image.parse::<ContentId>().is_ok());
    let (code, old_code) = (code_of(now.0, now.1), code_of(then.0, then.1));
    command_of(now.0, now.1) != command_of(then.0, then.1)
        || images[0] != images[1] && !images.iter().all(is_content)
        || code
            .iter()
            .any(|(path, one)| old_code.get(path).is_some_and(|other| is_other(one.as_ref(), other.as_ref())))
        || has_other_inputs(&now.1.inputs, &then.1.inputs)
}

fn has_other_inputs(now: &[KnownInput], then: &[KnownInput]) -> bool {
    let differs = |one: &KnownInput, other: &KnownInput| {
        one.path == other.path && is_other(one.content.as_ref(), other.content.as_ref())
    };
    now.iter().any(|one| then.iter().any(|other| differs(one, other)))
}

/// Whether two contents are surely other bytes. What went to the annex since, or to another kind of key, has new names for
/// the same bytes.
fn is_other(one: Option<&ContentId>, other: Option<&ContentId>) -> bool {
    match (one, other) {
        (Some(ContentId::Git(one)), Some(ContentId::Git(other))) => one != other,
        (Some(ContentId::Annex(one)), Some(ContentId::Annex(other))) => {
            let ([kind, hash], [other_kind, other_hash]) = (parts(one), parts(other));
            kind == other_kind && hash != other_hash
        }
        _ => false,
    }
}

/// What kind of key it is and the hash in it, both without what endings of names make of them.
fn parts(key: &str) -> [&str; 2] {
    let (about, name) = key.split_once("--").unwrap_or((key, key));
    let kind = about.split('-').next().unwrap_or_default();
    [kind.trim_end_matches('E'), name.split('.').next().unwrap_or_default()]
}

/// So many commits of a ledger are looked at.
const MOST: usize = 1000;

impl Tracer<'_> {
    /// The commit that made a result again after `made`, with the same bytes: the one that recorded what the ledger as of
    /// the commit asked for says of it. None if that is still what `made` recorded. `below` is its path in the folder of
    /// the pipeline.
    pub(super) fn redone(
        &mut self,
        need: &Need,
        (name, below): (&PipelineName, &str),
        made: Oid,
    ) -> Result<Option<Oid>, AppError> {
        let (Some(now), Some(then)) =
            (self.ledger(need.repository, need.start, name), self.ledger(need.repository, made, name))
        else {
            return Ok(None);
        };
        let is_computed =
            |line: &&&KnownResult| matches!(line.place, Place::Env | Place::Sandbox | Place::Container);
        for line in now.telling_of(below).iter().filter(is_computed) {
            let Some(old) = then.ledger.lines_for(&line.key).first() else { continue };
            if let Some(commit) = self.last_maker(need, name, (line, old))? {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// Back from a line to the one that tells of the first making: the newest commit between them that ran the datum.
    fn last_maker(
        &mut self,
        need: &Need,
        name: &PipelineName,
        (now, then): (&KnownResult, &KnownResult),
    ) -> Result<Option<Oid>, AppError> {
        let (mut start, mut line) = (need.start, now.clone());
        for _ in 0..MOST {
            if is_same(&line, then) {
                return Ok(None);
            }
            let Some(changed) = self.ledger_changed(need.repository, start, name)? else { return Ok(None) };
            let parents = self.repo(need.repository).parents_of(changed);
            let before: Vec<(Oid, KnownResult)> = parents
                .into_iter()
                .filter_map(|at| Some((at, self.line_at(need, at, name, &line.key)?)))
                .collect();
            let kept = before.iter().find(|(_, old)| is_same(old, &line));
            let Some((parent, old)) = kept.or(before.first()).cloned() else { return Ok(None) };
            if !is_same(&old, &line) && self.has_made(need, name, (changed, &line), (parent, &old))? {
                return Ok(Some(changed));
            }
            (start, line) = (parent, old);
        }
        Ok(None)
    }

    fn line_at(&mut self, need: &Need, commit: Oid, name: &PipelineName, key: &str) -> Option<KnownResult> {
        self.ledger(need.repository, commit, name)?.ledger.lines_for(key).first().cloned()
    }

    /// Whether the commit that brought a line ran the datum: its record says so. One without a record, by hand or amid a
    /// merge, did if the work is surely another; what a run noted anew, as inputs that went to the annex, is none.
    fn has_made(
        &mut self,
        need: &Need,
        name: &PipelineName,
        (changed, line): (Oid, &KnownResult),
        (parent, old): (Oid, &KnownResult),
    ) -> Result<bool, AppError> {
        let (_, facts) = self.commit(need.repository, changed)?;
        if let Some(Record::Inline(record)) = self.record(need.repository, &facts) {
            let repo = self.repo(need.repository);
            let is_named = |path: &str| super::sidecar::names(repo, changed, &record, &name.path_of(path));
            return Ok(line.outputs.iter().any(|output| is_named(&output.path)));
        }
        let (now, then) =
            (self.ledger(need.repository, changed, name), self.ledger(need.repository, parent, name));
        let (Some(now), Some(then), None) = (now, then, pipeline_of(&facts)) else { return Ok(false) };
        Ok(is_of_other_work((&now.ledger, line), (&then.ledger, old)))
    }

    /// The commit that changed a pipeline's ledger last.
    fn ledger_changed(
        &mut self,
        repository: usize,
        start: Oid,
        name: &PipelineName,
    ) -> Result<Option<Oid>, AppError> {
        let key = (repository, start, name.to_string());
        if let Some(known) = self.ledger_changes.get(&key) {
            return Ok(*known);
        }
        let (single, folder) = (single_path(name), shard_folder(name));
        let origins = self.repo(repository).origins(start, &[&single, &folder])?;
        let changed = [single, folder].iter().find_map(|path| Some(origins.get(path)?.commit));
        self.ledger_changes.insert(key, changed);
        Ok(changed)
    }
}

fn is_same(one: &KnownResult, other: &KnownResult) -> bool {
    one.id == other.id && one.work == other.work
}
