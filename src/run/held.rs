//! Held commits: what the results of a pipeline were made of must be in HEAD before they are.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::model::{DatumState, OutFile, PipelineName, show_some};

use super::error::RunError;
use super::in_head::ledger_at;
use super::news::{Against, Committing, News};
use super::planner::Planned;
use super::project::Project;
use super::twins::code_of;

/// Why a job's results are not committed yet.
pub(super) struct Waits {
    /// In words.
    pub(super) reason: String,
    /// Whether saving what is missing helps.
    pub(super) lacks: bool,
}

impl Committing<'_> {
    /// What the job's commit waits for: something that it used, or whose end it tells, is not in HEAD.
    pub(super) fn waits_for(&self, news: &News<'_>) -> Option<Waits> {
        let leaves = self.planned.pipeline.input.leaves();
        let mut repos = leaves.iter().map(|leaf| leaf.repo.as_str());
        if let Some(name) = repos.find(|repo| self.held.iter().any(|name| name.as_str() == *repo)) {
            let reason = format!("results of `{name}`, which it reads, are not committed");
            return Some(Waits { reason, lacks: true });
        }
        let (used, before, dirty) = (self.used(news), self.used_before(news), &self.against.dirty);
        let changed = used.iter().flat_map(|path| dirty.below(path));
        let gone = before.iter().flat_map(|path| dirty.gone_below(path));
        // Of what lies in a subdataset HEAD has its commit.
        let around = used.iter().chain(&before).filter_map(|path| dirty.around(path));
        if let Some(reason) = not_committed(changed.chain(gone).chain(around)) {
            return Some(Waits { reason, lacks: true });
        }
        let changed = used.iter().find_map(|path| self.against.changed.first_at(path))?;
        let reason = format!("`{changed}` was changed and committed after it was read; run again");
        Some(Waits { reason, lacks: false })
    }

    /// What the new results were made of, but for results of other pipelines; also what those would be made of that they
    /// were made without, or a commit would tell of a loss that HEAD does not have.
    fn used(&self, news: &News<'_>) -> Vec<String> {
        let pipeline = &self.planned.pipeline;
        let code = self.planned.code.used();
        let of_let_go = self.inputs_of_let_go(news);
        let inputs = news.lines.iter().flat_map(|new| &new.line.inputs).chain(&of_let_go);
        let inputs = inputs.map(|input| &*input.path);
        let inputs: BTreeSet<&str> = inputs.filter(|path| !self.project.is_output(path)).collect();
        let own = [pipeline.spec_path(), "minipach.yml".to_owned()];
        let lacks = self.planned.lacks.iter().filter(|_| !news.lines.is_empty()).cloned();
        own.into_iter().chain(code).chain(inputs.into_iter().map(str::to_owned)).chain(lacks).collect()
    }

    /// What those results were made of that HEAD has and that are replaced or removed, in the same way.
    fn used_before(&self, news: &News<'_>) -> BTreeSet<String> {
        let lines = news.replaced();
        let works: BTreeSet<_> = lines.iter().map(|line| line.work).collect();
        let works = works.iter().filter_map(|work| news.known.works().get(work));
        let code = works.flat_map(code_of).map(|(path, _)| path);
        let inputs = lines.iter().flat_map(|line| &line.inputs).map(|input| &*input.path);
        code.chain(inputs.filter(|path| !self.project.is_output(path)).map(str::to_owned)).collect()
    }
}

impl Project {
    /// What keeps the results of a pipeline from being committed as things stand, if anything does; `held` are
    /// pipelines that wait themselves.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn held_because(
        &self,
        planned: &Planned,
        held: &BTreeSet<PipelineName>,
    ) -> Result<Option<String>, RunError> {
        let known = ledger_at(&self.repo, &planned.pipeline.name, self.head)?;
        with_committing(self, planned, held, |committing| {
            let news = committing.news(&known)?;
            Ok(committing.waits_for(&news).map(|waits| waits.reason))
        })
    }

    /// Whether HEAD's ledger has all results of a pipeline that are done.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn is_in_head(&self, planned: &Planned) -> Result<bool, RunError> {
        let known = ledger_at(&self.repo, &planned.pipeline.name, self.head)?;
        let mut done = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
        Ok(done.all(|datum| known.lines_for(&datum.key).iter().any(|line| line.id == datum.id)))
    }

    /// Whether the ledger that stands tells of results of a pipeline that HEAD's does not have.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn has_news(&self, planned: &Planned) -> Result<bool, RunError> {
        let known = ledger_at(&self.repo, &planned.pipeline.name, self.head)?;
        with_committing(self, planned, &BTreeSet::new(), |committing| {
            Ok(!committing.news(&known)?.is_empty())
        })
    }
}

/// Does something with what committing a pipeline looks at, as things stand and nothing runs.
pub(super) fn with_committing<T>(
    project: &Project,
    planned: &Planned,
    held: &BTreeSet<PipelineName>,
    then: impl FnOnce(&Committing<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let against = Against { dirty: project.dirty()?, ..Against::default() };
    let placed = &|_: usize| -> Option<Vec<OutFile>> { None };
    then(&Committing {
        project,
        planned,
        ledger: project.ledger(&planned.pipeline.name),
        placed,
        shared: None,
        against: &against,
        head: project.head,
        held,
        image: None,
        whole: OnceCell::new(),
        removed: OnceCell::new(),
        seconds: 0,
        is_over: &|| false,
    })
}

/// Says of files, each once, that they are not committed; nothing of none.
fn not_committed<'a>(paths: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let paths: Vec<&str> = paths.filter(|path| seen.insert(*path)).collect();
    let have = if paths.len() > 1 { "have" } else { "has" };
    (!paths.is_empty()).then(|| format!("{} {have} changes that are not committed", show_some(&paths, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_one_file_and_counts_the_others() {
        let said = |paths: &[&'static str]| not_committed(paths.iter().copied());
        assert_eq!(said(&[]), None);
        assert_eq!(said(&["a", "a"]).as_deref(), Some("`a` has changes that are not committed"));
        assert_eq!(
            said(&["b", "a", "b"]).as_deref(),
            Some("`b` and 1 more have changes that are not committed")
        );
    }
}
