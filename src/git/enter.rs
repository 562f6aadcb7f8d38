//! Enters subdatasets in folders of pipelines, where results stand: their files come in the place of their gitlinks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entered::Entered;
use super::scan::{File, Scan};
use super::subdataset::{moved, on_top, open_inside};
use super::{GitError, Repo, StatMemory, Unsynced};
use crate::model::{Oid, is_at_or_below};
use crate::plan::record::is_of;

impl Entered {
    /// It as a repository, if it still is at the recorded commit, or commits of results on top of it.
    ///
    /// # Errors
    /// When it is elsewhere, or cannot be read.
    pub fn open(&self) -> Result<Repo, GitError> {
        let repo = Repo::open_at(&self.place.root)?;
        place_of_head(&repo, &self.path, &self.pipeline, self.recorded)?;
        Ok(repo)
    }
}

impl Scan {
    /// Takes in the files of the subdatasets in `folders`, which are those of pipelines. One that is not installed, or does
    /// not stand where it is recorded, stays a gitlink; [`Scan::why_closed`] tells why.
    pub fn enter(&mut self, project: &Repo, folders: &[&str]) {
        let mut found = Vec::new();
        for (path, recorded) in self.subdatasets_in(folders) {
            let Some(folder) = folders.iter().find(|folder| is_at_or_below(&path, folder)) else { continue };
            found.extend(self.look_inside(project, folder, &path, recorded));
        }
        if found.is_empty() {
            return;
        }
        let paths: BTreeSet<&str> = found.iter().map(|(entered, _)| &*entered.path).collect();
        self.rare.take();
        self.files.retain(|file| !paths.contains(&*file.path));
        for (entered, inner) in found {
            self.take_in(entered, inner);
        }
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
        self.deleted.sort_unstable();
        self.nested.sort_unstable();
        self.special.sort_unstable();
        self.entered.sort_by(|one, other| one.path.cmp(&other.path));
    }

    /// Why the subdataset at `path` in the folder of a pipeline is not entered, if there is a reason.
    pub fn why_closed(&self, project: &Repo, pipeline: &str, path: &str) -> Option<GitError> {
        let recorded = self.gitlink(path)?;
        self.look_inside(project, pipeline, path, recorded).err()
    }

    /// The subdatasets whose files it holds, by path.
    pub fn entered(&self) -> &[Entered] {
        &self.entered
    }

    /// The one of them in which a path lies.
    pub fn entered_around(&self, path: &str) -> Option<&Entered> {
        if self.entered.is_empty() {
            return None;
        }
        path.match_indices('/').find_map(|(end, _)| self.entered_at(&path[..end]))
    }

    /// The one of them with this path.
    pub(super) fn entered_at(&self, path: &str) -> Option<&Entered> {
        let at = self.entered.binary_search_by(|entered| (*entered.path).cmp(path)).ok()?;
        Some(&self.entered[at])
    }

    fn subdatasets_in(&self, folders: &[&str]) -> Vec<(String, Oid)> {
        let is_below = |path: &str, folder: &str| path != folder && is_at_or_below(path, folder);
        self.recorded_subdatasets(|path| folders.iter().any(|folder| is_below(path, folder)))
    }

    fn look_inside(
        &self,
        project: &Repo,
        pipeline: &str,
        path: &str,
        recorded: Oid,
    ) -> Result<(Entered, Self), GitError> {
        let repo = open_inside(project, path)?;
        let head = place_of_head(&repo, path, pipeline, recorded)?;
        // Only the project has the note of a power cut.
        if Unsynced::read(&project.state_dir()).is_some_and(|noted| noted.was_cut()) {
            StatMemory::forget(&repo.state_dir())?;
        }
        let (mut scan, mut memory) = Self::open(&repo)?;
        if !scan.unmerged().is_empty() || self.unmerged().contains(&path) {
            return Err(GitError::Unsettled { path: path.to_owned() });
        }
        scan.resolve(&repo, &mut memory, &[""])?;
        // A cache: failing to save it is no error.
        drop(memory.save_if_worth(|path| scan.contains(path)));
        let entered = Entered {
            path: path.into(),
            pipeline: pipeline.into(),
            recorded,
            head,
            place: repo.place(),
            annex_dir: repo.annex_dir().to_owned(),
            has_annex: repo.has_annex(),
        };
        Ok((entered, scan))
    }

    fn take_in(&mut self, entered: Entered, inner: Self) {
        let at = |path: &Arc<str>| -> Arc<str> { entered.outside(path).into() };
        let file = |file: File| File { path: at(&file.path), ..file };
        self.files.extend(inner.files.into_iter().map(file));
        self.deleted.extend(inner.deleted.iter().map(at));
        self.nested.extend(inner.nested.iter().map(at));
        self.special.extend(inner.special.iter().map(at));
        self.odd.extend(inner.odd.iter().map(|path| entered.outside(path)));
        self.ruled.extend(inner.ruled.iter().map(|folder| entered.outside(folder).into()));
        self.bad_links.extend(inner.bad_links.into_iter().map(|(path, fault)| (at(&path), fault)));
        let behind = |paths: Vec<Arc<str>>| paths.iter().map(at).collect();
        self.targets.extend(inner.targets.into_iter().map(|(path, paths)| (at(&path), behind(paths))));
        self.link_blobs.extend(inner.link_blobs.into_iter().map(|(path, oid)| (at(&path), oid)));
        self.has_annex |= inner.has_annex;
        self.entered.push(entered);
    }
}

/// The commit that a subdataset is at, if it is the recorded one or commits of results of `pipeline` on top of it.
fn place_of_head(repo: &Repo, path: &str, pipeline: &str, recorded: Oid) -> Result<Oid, GitError> {
    let ahead = on_top(repo, path, recorded)?;
    if ahead.iter().all(|facts| is_of(&facts.message, pipeline)) {
        return Ok(ahead.last().map_or(recorded, |facts| facts.id));
    }
    let actual = ahead.last().map_or_else(String::new, |facts| facts.id.to_string());
    Err(moved(repo, path, recorded, actual))
}
