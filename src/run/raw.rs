//! Raw repos: folders of the project, or of subdatasets at any depth as they are recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::git::{Annexes, GitError, Inside, Loose, annex};
use crate::model::{ContentId, Entry, Kind, Leaf, PipelineName, Tree, is_at_or_below};

use super::memory::Known;
use super::planner::{PlanningError, Plans};
use super::project::{Project, Raw};
use super::request::Request;

impl Raw {
    /// Its subdatasets that are not installed and in which a leaf may find something.
    pub(super) fn absent_for<'a>(&'a self, leaf: &'a Leaf) -> impl Iterator<Item = &'a str> {
        self.absent.iter().map(String::as_str).filter(|path| reaches(leaf, path))
    }

    /// Why a leaf cannot read what it may find in installed ones: one stands elsewhere, or has changes of its own.
    pub(super) fn fault_for(&self, leaf: &Leaf) -> Option<PlanningError> {
        if let Some(off) = self.off.iter().find(|off| reaches(leaf, &off.path)) {
            return Some(off.error().into());
        }
        if let Some(path) = self.dirty.iter().find(|path| reaches(leaf, path)) {
            return Some(PlanningError::DirtySubdataset { path: path.clone() });
        }
        let hidden = self.hidden.iter().find(|(path, _)| reaches(leaf, path))?;
        Some(hidden_change(hidden))
    }
}

/// That a subdataset has a changed file which git was told to overlook.
pub(super) fn hidden_change(
    (subdataset, (path, option)): &(String, (String, &'static str)),
) -> PlanningError {
    let (subdataset, path, option) = (subdataset.clone(), path.clone(), *option);
    PlanningError::HiddenChange { subdataset, path, option }
}

/// Whether a leaf may find something in the subdataset at a path.
fn reaches(leaf: &Leaf, path: &str) -> bool {
    let prefix = leaf.glob.literal_prefix();
    let Some(below) = path.strip_prefix(leaf.repo.as_str()) else { return true };
    let below = below.trim_start_matches('/');
    below.is_empty() || below.starts_with(prefix) || is_at_or_below(prefix, below)
}

impl Project {
    /// The first file that a leaf would take, alone or with its folder, and whose name is not UTF-8: as well as it can be shown.
    pub fn odd_name_for(&self, leaf: &Leaf) -> Option<&str> {
        let below = |path: &str| -> Option<String> {
            let rest = path.strip_prefix(leaf.repo.as_str())?;
            if rest.starts_with('/') {
                Some(rest.to_owned())
            } else {
                leaf.repo.as_str().is_empty().then(|| format!("/{rest}"))
            }
        };
        let is_taken = |path: &&String| {
            below(path).is_some_and(|path| {
                let around = path.match_indices('/').map(|(at, _)| &path[..at.max(1)]);
                around.chain([&*path]).any(|path| leaf.glob.find(path).is_some())
            })
        };
        self.scan.odd_names().iter().find(is_taken).map(String::as_str)
    }

    /// The files of a raw repo: a folder of the project, or of subdatasets at their recorded commits.
    ///
    /// # Errors
    /// When a subdataset is not installed or stands at another commit.
    pub fn raw_tree(&self, folder: &str) -> Result<Tree, GitError> {
        let raw = self.raw(folder)?;
        match (raw.off.first(), raw.absent.first()) {
            (Some(off), _) => Err(off.error()),
            (None, Some(path)) => Err(self.why_absent(path)),
            (None, None) => Ok(raw.tree),
        }
    }

    /// That a subdataset is not installed, or could not be.
    pub(super) fn why_absent(&self, path: &str) -> GitError {
        let (is_tried, path) = (self.is_unavailable(path), path.to_owned());
        if is_tried { GitError::Unavailable { path } } else { GitError::NotInstalled { path } }
    }

    /// As [`Project::raw_tree`], also where subdatasets are not installed, and whether that is all that stands there.
    /// Subdatasets are read once for a project.
    pub(super) fn raw(&self, folder: &str) -> Result<Raw, GitError> {
        if let Some(raw) = self.inside.borrow().get(folder) {
            return Ok(raw.clone());
        }
        let below = self.tree.below(folder);
        let mut inside = self.scan.inside(&self.repo, folder)?;
        if inside.subdatasets.is_empty() && inside.absent.is_empty() && inside.off.is_empty() {
            return Ok(Raw { tree: below, ..Raw::default() });
        }
        let own = below.entries().iter().filter(|entry| entry.kind != Kind::Gitlink).cloned();
        // As in the project, the folder of a pipeline offers its results, not its spec.
        let spec = format!("{folder}/spec.yml");
        let inside_it = std::mem::take(&mut inside.files).into_iter().filter(|entry| *entry.path != *spec);
        let mut entries: Vec<Entry> = own.chain(inside_it).collect();
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let tree = Tree::new(&format!("{folder}/"), Arc::from(entries));
        let Inside { links, subdatasets, absent, off, .. } = inside;
        let found: Vec<_> = subdatasets.iter().map(|path| (path.clone(), self.repo.loose_in(path))).collect();
        let dirty =
            found.iter().filter(|(_, loose)| loose.is_changed).map(|(path, _)| path.clone()).collect();
        let first = |(path, loose): &(String, Loose)| Some((path.clone(), loose.hidden.first()?.clone()));
        let hidden = found.iter().filter_map(first).collect();
        let loose = found.into_iter().map(|(path, loose)| (path, loose.new));
        let loose = loose.filter(|(_, new)| !new.is_empty()).collect();
        let raw = Raw { tree, dirty, hidden, loose, links, subdatasets, absent, off };
        self.inside.borrow_mut().insert(folder.to_owned(), raw.clone());
        Ok(raw)
    }

    /// The key of an annexed file of the project, or of a subdataset.
    pub(super) fn key_of(&self, path: &str) -> Option<Arc<str>> {
        if let Some(entry) = self.tree.get(path) {
            return match &entry.content {
                ContentId::Annex(key) => Some(Arc::clone(key)),
                ContentId::Git(_) | ContentId::Folder(_) => None,
            };
        }
        let text = std::fs::read_link(self.repo.root().join(path)).ok()?;
        annex::key_of_link(text.as_os_str().as_encoded_bytes())
    }

    /// Who keeps which file.
    pub fn annexes(&self) -> Annexes {
        Annexes::new(&self.repo, &self.scan)
    }

    /// The first subdataset that is not installed, was not `tried`, and that some of these pipelines read. Of pipelines that
    /// were planned only those count that they asked for.
    pub fn absent_subdataset(
        &self,
        names: &BTreeSet<PipelineName>,
        tried: &BTreeSet<String>,
    ) -> Option<String> {
        self.scan.subdatasets().next()?;
        let asked = self.asked.borrow();
        let read = names.iter().find_map(|name| {
            let is_asked = |path: &str| asked.get(name).is_none_or(|asked| asked.contains(path));
            self.absent_of(name, &|path| !tried.contains(path) && is_asked(path))
        });
        read.or_else(|| self.absent_below(names).find(|path| !tried.contains(path)))
    }

    /// The first such subdataset that a pipeline reads, or has code in, and that fits.
    fn absent_of(&self, name: &PipelineName, fits: &dyn Fn(&str) -> bool) -> Option<String> {
        let pipeline = self.pipelines.get(name)?;
        let read = pipeline.input.leaves().into_iter().find_map(|leaf| {
            let raw = self.raw(leaf.repo.as_str()).ok()?;
            raw.absent_for(leaf).find(|path| fits(path)).map(str::to_owned)
        });
        let (code, _) = self.code_of(pipeline, &Plans::default());
        read.or_else(|| self.absent_with_code(&code).into_iter().find(|path| fits(path)))
    }

    /// The subdatasets that are not installed and that some of these pipelines read, as far as those around them tell.
    pub fn absent_subdatasets(&self, names: &BTreeSet<PipelineName>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        while let Some(path) = self.absent_subdataset(names, &found) {
            found.insert(path);
        }
        found
    }

    /// Notes that a subdataset was installed: folders around it are read again.
    pub fn note_installed(&self) {
        self.inside.borrow_mut().clear();
    }

    /// The pipelines that a request means and that may need their inputs: not those of which all is done, and will stay
    /// so, as far as that is known without the subdatasets that are not installed. Those whose upstream may change, and
    /// those that are done anew, ask for all that they read.
    pub fn in_need(&self, request: &Request) -> BTreeSet<PipelineName> {
        let names = self.meant(request);
        self.asked.borrow_mut().clear();
        if self.absent_subdataset(&names, &BTreeSet::new()).is_none() || request.force {
            return names;
        }
        self.not_at_rest(names)
    }

    /// Those of some pipelines that may have something to do as things stand.
    pub(super) fn not_at_rest(&self, mut names: BTreeSet<PipelineName>) -> BTreeSet<PipelineName> {
        let plans = self.plan_all(&Known::new(self));
        for name in self.graph.order() {
            let is_moving = self.graph.upstream(name).any(|upstream| names.contains(upstream));
            let planned = plans.by_name.get(name).and_then(|planned| planned.as_ref().ok());
            if !is_moving && planned.is_some_and(|planned| planned.is_at_rest()) {
                names.remove(name);
            } else if planned.is_some_and(|planned| is_moving || planned.pipeline.every_job) {
                self.asked.borrow_mut().remove(name);
            }
        }
        names
    }

    /// Subdatasets in the folders of pipelines that are not installed: results may stand there.
    fn absent_below(&self, names: &BTreeSet<PipelineName>) -> impl Iterator<Item = String> {
        let is_absent = |path: &&str| self.repo.root().join(path).join(".git").symlink_metadata().is_err();
        let is_meant = |path: &&str| names.iter().any(|name| is_at_or_below(path, name.as_str()));
        self.scan.subdatasets().filter(is_meant).filter(is_absent).map(str::to_owned)
    }

    /// Whether results of a pipeline may stand at a path.
    pub fn is_in_pipeline(&self, path: &str) -> bool {
        self.pipelines.keys().any(|name| is_at_or_below(path, name.as_str()))
    }

    /// The pipelines that a request may mean, with all that they need: what a target says is known only once all is
    /// planned, unless it begins with a pipeline's name.
    pub(super) fn meant(&self, request: &Request) -> BTreeSet<PipelineName> {
        let named = |target: &String| {
            let name = target.split_once(':').map_or(target.as_str(), |(name, _)| name);
            self.pipelines.keys().find(|pipeline| pipeline.as_str() == name)
        };
        let named: Option<Vec<&PipelineName>> = request.targets.iter().map(named).collect();
        match named.filter(|named| !named.is_empty() && !request.downstream) {
            Some(named) => self.graph.with_upstream(named),
            None => self.pipelines.keys().cloned().collect(),
        }
    }
}
