//! Recorded: what the commits that a ledger came with hold of its results. Where that is less than the ledger tells, as after
//! somebody took results from git or reset the subdataset that they stand in, these are as results that are not committed yet.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Dirty;
use crate::model::{ContentId, Entry, KnownResult, PipelineName};

use super::error::RunError;
use super::held::with_committing;
use super::in_head::ledger_at;
use super::news::{Committing, Numbers, ResultFile};
use super::planner::Planned;
use super::project::Project;

/// What HEAD, and the recorded commits of subdatasets, have of a pipeline's files.
#[derive(Default)]
pub(super) struct Recorded {
    /// Subdatasets that are ahead, each with its path and a slash: nothing in them is sure.
    ahead: Vec<String>,
    /// Paths that may not stand as they are recorded.
    doubtful: BTreeSet<String>,
    /// Whether results that the ledger told of before were placed in this run: nobody knows of these files yet.
    has_placed: bool,
    /// What is recorded, by path from the project's root; nothing where all is sure.
    files: BTreeMap<String, ContentId>,
}

impl Recorded {
    /// Whether all stands as it is recorded.
    pub(super) fn is_sure(&self) -> bool {
        self.ahead.is_empty() && self.doubtful.is_empty() && !self.has_placed
    }

    /// Whether a file that was placed is recorded.
    fn has(&self, file: &ResultFile) -> bool {
        self.has_content(&file.path, &file.published.1)
    }

    /// What the annex took over since, or gave back, is known by its path alone.
    fn has_content(&self, path: &str, placed: &ContentId) -> bool {
        match (self.files.get(path), placed) {
            (None, _) => false,
            (Some(ContentId::Git(recorded)), ContentId::Git(placed)) => recorded == placed,
            (Some(ContentId::Annex(recorded)), ContentId::Annex(placed)) => recorded == placed,
            (Some(_), _) => true,
        }
    }

    fn is_doubtful(&self, path: &str) -> bool {
        self.doubtful.contains(path) || self.ahead.iter().any(|ahead| path.starts_with(ahead))
    }
}

impl Committing<'_> {
    /// What is recorded of the pipeline's files, where some may stand otherwise; `changed` are keys of lines that HEAD does
    /// not have.
    ///
    /// # Errors
    /// When HEAD or a subdataset with results cannot be read.
    pub(super) fn recorded(
        &self,
        numbers: &Numbers<'_>,
        changed: &BTreeSet<&str>,
    ) -> Result<Recorded, RunError> {
        let name = self.name();
        let inner: Vec<_> = self.project.inner_of(name).collect();
        let ahead = inner.iter().filter(|entered| entered.is_ahead()).map(|entered| entered.outside(""));
        let is_placed = |line: &KnownResult| {
            let is_told = !changed.contains(&*line.key);
            is_told && numbers.get(&*line.key).is_some_and(|number| (self.placed)(*number).is_some())
        };
        let mut recorded = Recorded {
            ahead: ahead.collect(),
            doubtful: self.project.doubtful(&self.against.dirty, name).map(str::to_owned).collect(),
            has_placed: self.ledger.lines().iter().any(is_placed),
            files: BTreeMap::new(),
        };
        if recorded.is_sure() {
            return Ok(recorded);
        }
        let by_path = |entry: Entry| (entry.path.to_string(), entry.content);
        if let Some(head) = self.head {
            let files = self.project.repo.tree_files(head, name.as_str())?;
            recorded.files.extend(files.into_iter().map(by_path));
        }
        for entered in inner {
            let files = entered.open()?.tree_files(entered.recorded, "")?.into_iter().map(by_path);
            recorded.files.extend(files.map(|(path, content)| (entered.outside(&path), content)));
        }
        Ok(recorded)
    }

    /// Whether some of a result's files are not recorded as they stand.
    pub(super) fn is_unrecorded(&self, files: &[ResultFile], datum: usize, recorded: &Recorded) -> bool {
        if (self.placed)(datum).is_some() {
            return files.iter().any(|file| !recorded.has(file));
        }
        files.iter().map(|file| &file.path).filter(|path| recorded.is_doubtful(path)).any(|path| {
            self.project.scan.entry(path).map(|entry| entry.content).as_ref() != recorded.files.get(path)
        })
    }
}

impl Project {
    /// Paths in a pipeline's folder at which something stands that HEAD, or the commit of a subdataset, may not have so.
    fn doubtful<'d>(&self, dirty: &'d Dirty, name: &PipelineName) -> impl Iterator<Item = &'d str> {
        let spec = format!("{name}/spec.yml");
        dirty.below(name.as_str()).filter(move |path| *path != spec && self.scan.contains(path))
    }

    /// Whether each result that HEAD's ledger of a pipeline tells of surely stands as HEAD has it, or is gone.
    pub(super) fn is_surely_recorded(&self, name: &PipelineName) -> bool {
        self.dirty().is_ok_and(|dirty| self.doubtful(&dirty, name).next().is_none())
    }

    /// Keys of results that HEAD's ledger of a pipeline tells of, and whose files are not committed as they stand.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn unrecorded(&self, planned: &Planned) -> Result<Vec<String>, RunError> {
        let name = &planned.pipeline.name;
        if self.is_surely_recorded(name) {
            return Ok(Vec::new());
        }
        let known = ledger_at(&self.repo, name, self.head)?;
        with_committing(self, planned, &BTreeSet::new(), |committing| {
            let news = committing.news(&known)?;
            Ok(news.lines.iter().filter(|new| new.is_lost).map(|new| new.line.key.to_string()).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;

    #[test]
    fn what_is_recorded_is_told_by_content_where_both_are_named_alike() {
        let annexed = |key: &str| ContentId::Annex(key.into());
        let git = |byte| ContentId::Git(Oid([byte; 20]));
        let files = BTreeMap::from([("a".to_owned(), annexed("SHA256E-s1--a")), ("g".to_owned(), git(1))]);
        let recorded = Recorded { files, ..Recorded::default() };
        let has = |path: &str, placed: ContentId| recorded.has_content(path, &placed);
        assert!(has("a", annexed("SHA256E-s1--a")) && !has("a", annexed("SHA256E-s1--b")));
        assert!(has("g", git(1)) && !has("g", git(2)) && has("a", git(1)) && !has("x", git(1)));
    }
}
