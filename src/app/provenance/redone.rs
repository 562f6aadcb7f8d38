//! Results that were made again, by another command or of other inputs, and came out the same: their files tell of the
//! first commit only, the ledger of the last.

use crate::ledger::{shard_folder, single_path};
use crate::model::{ContentId, KnownInput, KnownResult, Oid, PipelineName, Place};

use super::super::error::AppError;
use super::results::{command_of, image_of};
use super::trace::{Need, Tracer};

/// Whether a result was surely made of other bytes at the same paths. What went to the annex since, or to another kind of
/// key, has new names for the same bytes.
fn has_other_inputs(now: &[KnownInput], then: &[KnownInput]) -> bool {
    let is_other = |one: &KnownInput, other: &KnownInput| match (&one.content, &other.content) {
        (Some(ContentId::Git(one)), Some(ContentId::Git(other))) => one != other,
        (Some(ContentId::Annex(one)), Some(ContentId::Annex(other))) => {
            let ([kind, hash], [other_kind, other_hash]) = (parts(one), parts(other));
            kind == other_kind && hash != other_hash
        }
        _ => false,
    };
    now.iter().any(|one| then.iter().any(|other| one.path == other.path && is_other(one, other)))
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
    /// The commit that made a result again after `made`, by another command or of other inputs with the same result, if one did; `below` is
    /// its path in the folder of the pipeline.
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
        let other = now.telling_of(below).iter().filter(is_computed).find_map(|line| {
            let old = then.ledger.lines_for(&line.key).first()?;
            // Inputs that went to the annex since have new names, and yet nothing ran.
            let images = [image_of(&now.ledger, line), image_of(&then.ledger, old)];
            let is_content = |image: &Option<String>| {
                image.as_ref().is_some_and(|image| image.parse::<ContentId>().is_ok())
            };
            let is_other = command_of(&now.ledger, line) != command_of(&then.ledger, old)
                || images[0] != images[1] && !images.iter().all(is_content);
            let is_of_others = line.id != old.id && has_other_inputs(&line.inputs, &old.inputs);
            (is_other || is_of_others).then(|| (line.key.clone(), line.work, is_of_others.then_some(line.id)))
        });
        let Some((key, work, id)) = other else { return Ok(None) };
        let mut start = need.start;
        for _ in 0..MOST {
            let Some(changed) = self.ledger_changed(need.repository, start, name)? else { return Ok(None) };
            let (_, facts) = self.commit(need.repository, changed)?;
            let before = facts.parent.and_then(|parent| self.ledger(need.repository, parent, name));
            let has = |line: &KnownResult| line.work == work && id.is_none_or(|id| line.id == id);
            match facts.parent {
                Some(parent) if before.is_some_and(|old| old.ledger.lines_for(&key).iter().any(has)) => {
                    start = parent;
                }
                _ => return Ok(Some(changed)),
            }
        }
        Ok(None)
    }

    /// The commit that changed a pipeline's ledger last.
    fn ledger_changed(
        &self,
        repository: usize,
        start: Oid,
        name: &PipelineName,
    ) -> Result<Option<Oid>, AppError> {
        let (single, folder) = (single_path(name), shard_folder(name));
        let origins = self.repo(repository).origins(start, &[&single, &folder])?;
        Ok([single, folder].iter().find_map(|path| Some(origins.get(path)?.commit)))
    }
}
