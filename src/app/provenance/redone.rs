//! Results that were made again by another command and came out the same: their files tell of the first commit only, the
//! ledger of the last.

use crate::ledger::{shard_folder, single_path};
use crate::model::{ContentId, KnownResult, Oid, PipelineName, Place};

use super::super::error::AppError;
use super::results::{command_of, image_of};
use super::trace::{Need, Tracer};

/// So many commits of a ledger are looked at.
const MOST: usize = 1000;

impl Tracer<'_> {
    /// The commit that made a result again after `made`, by another command with the same result, if one did; `below` is
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
            is_other.then(|| (line.key.clone(), line.work))
        });
        let Some((key, work)) = other else { return Ok(None) };
        let mut start = need.start;
        for _ in 0..MOST {
            let Some(changed) = self.ledger_changed(need.repository, start, name)? else { return Ok(None) };
            let (_, facts) = self.commit(need.repository, changed)?;
            let before = facts.parent.and_then(|parent| self.ledger(need.repository, parent, name));
            let has = |line: &KnownResult| line.work == work;
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
