//! Folders of several commits, which are traced by what they hold, and what people moved, which is traced to where it was.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::git::Origin;
use crate::model::{Oid, is_at_or_below};

use super::super::error::AppError;
use super::results::Moves;
use super::trace::{Need, Open, Slot, Tracer};

impl Tracer<'_> {
    /// What is to be found for a folder that came about in several commits, or by moves: the largest folders and files in
    /// it that came at once. Nothing for what is no such folder.
    pub(super) fn spread(&mut self, open: &Open) -> Result<Vec<Need>, AppError> {
        let Some(root) = self.files_of(open) else { return Ok(Vec::new()) };
        let (repository, start) = (root.repository, root.start);
        let is_subdataset = !open.origin.is_folder;
        if !is_subdataset && !self.is_mixed(repository, &root.path, &open.origin)? {
            return Ok(Vec::new());
        }
        let (mut pieces, mut folders) = (Vec::new(), vec![root.path.clone()]);
        while !folders.is_empty() {
            let repo = self.repo(repository);
            let mut held = Vec::new();
            for folder in &folders {
                held.extend(repo.held_in(start, folder)?);
            }
            let paths: Vec<&str> = held.iter().map(String::as_str).collect();
            folders = Vec::new();
            for (path, origin) in self.repo(repository).origins(start, &paths)? {
                if origin.is_folder && self.is_mixed(repository, &path, &origin)? {
                    folders.push(path);
                } else {
                    pieces.push((path, origin.commit));
                }
            }
        }
        if !is_subdataset && self.is_one(repository, &pieces)? {
            return Ok(Vec::new());
        }
        self.found.things[open.thing].by_commit = true;
        let need = |(path, _): &(String, Oid)| Need { slot: Slot::Part(open.thing), ..at(&root, path) };
        Ok(pieces.iter().map(need).collect())
    }

    /// Where the files of a folder or installed subdataset are to be looked for.
    fn files_of(&mut self, open: &Open) -> Option<Need> {
        let need = &open.need;
        if open.origin.is_folder {
            return Some(Need { shown: None, ..need.clone() });
        }
        let repository =
            open.origin.content.is_none().then(|| self.enter(need.repository, &need.path)).flatten()?;
        let (slot, outer) = (need.slot.clone(), Some(Rc::new(need.clone())));
        let start = open.origin.object;
        self.repo(repository).has_object(start).then_some(())?;
        Some(Need { repository, start, path: String::new(), slot, shown: None, outer })
    }

    /// Whether what a folder holds may have come at several times.
    fn is_mixed(&mut self, repository: usize, path: &str, origin: &Origin) -> Result<bool, AppError> {
        if self.repo(repository).had_folder(origin.commit, path)? {
            return Ok(true);
        }
        let moves = self.moves(repository, origin.commit)?;
        let inside = format!("{path}/");
        Ok(moves.keys().any(|moved| moved.starts_with(&inside))
            && self.moved_from(repository, path, origin)?.is_none())
    }

    /// Whether all pieces of a folder came in one commit, and not by moves.
    fn is_one(&mut self, repository: usize, pieces: &[(String, Oid)]) -> Result<bool, AppError> {
        let commits: BTreeSet<Oid> = pieces.iter().map(|(_, commit)| *commit).collect();
        let Some(commit) = commits.first().filter(|_| commits.len() == 1) else {
            return Ok(commits.is_empty());
        };
        let moves = self.moves(repository, *commit)?;
        Ok(!moves.keys().any(|moved| pieces.iter().any(|(path, _)| is_at_or_below(moved, path))))
    }

    /// A thing as it stood before the commit that moved it there; nothing if none did.
    pub(super) fn moved(&mut self, open: &Open) -> Result<Option<Open>, AppError> {
        let (repository, moved_by) = (open.need.repository, open.origin.commit);
        let (_, facts) = self.commit(repository, moved_by)?;
        let from = self.moved_from(repository, &open.need.path, &open.origin)?;
        let (Some(path), Some(start)) = (from, facts.parent) else { return Ok(None) };
        let Some(origin) = self.repo(repository).origins(start, &[&path])?.remove(&path) else {
            return Ok(None);
        };
        let (commit, _) = self.commit(repository, origin.commit)?;
        let formerly = self.path_of(repository, &path);
        let thing = &mut self.found.things[open.thing];
        (thing.commit, thing.formerly) = (Some(commit), Some(formerly));
        let need = Need { start, ..at(&open.need, &path) };
        Ok(Some(Open { thing: open.thing, need, origin, parts: Vec::new() }))
    }

    /// Where a file, a subdataset or a whole folder was before its commit moved it.
    pub(super) fn moved_from(
        &mut self,
        repository: usize,
        path: &str,
        origin: &Origin,
    ) -> Result<Option<String>, AppError> {
        let moves = self.moves(repository, origin.commit)?;
        if !origin.is_folder || moves.is_empty() {
            return Ok(moves.get(path).cloned());
        }
        let repo = self.repo(repository);
        let files = repo.tree_files(origin.commit, path)?;
        let old = |file: &str| moves.get(file)?.strip_suffix(&file[path.len()..]).map(str::to_owned);
        let mut folders: BTreeSet<Option<String>> = files.iter().map(|file| old(&file.path)).collect();
        let folder = folders.pop_first().flatten().filter(|_| folders.is_empty());
        let (_, facts) = self.commit(repository, origin.commit)?;
        let (Some(folder), Some(parent)) = (folder, facts.parent) else { return Ok(None) };
        // Of a folder that has lost something, or was the whole project, the files are followed one by one.
        let is_whole =
            !folder.is_empty() && self.repo(repository).tree_files(parent, &folder)?.len() == files.len();
        Ok(is_whole.then_some(folder))
    }

    /// Where the past of a thing ends since the clone is shallow.
    pub(super) fn cut_off(&self, open: &Open) -> Option<String> {
        let is_cut = self.repo(open.need.repository).is_cut_off(open.origin.commit);
        let id = super::trace::short(open.origin.commit);
        is_cut.then(|| {
            format!("is older than this shallow clone, which begins with {id}; `git fetch --unshallow` brings its past")
        })
    }

    fn moves(&mut self, repository: usize, commit: Oid) -> Result<Moves, AppError> {
        if let Some(known) = self.moves.get(&(repository, commit)) {
            return Ok(Rc::clone(known));
        }
        let moves = Rc::new(self.repo(repository).moves_of(commit)?);
        self.moves.insert((repository, commit), Rc::clone(&moves));
        Ok(moves)
    }
}

/// The same for another path of that repository, seen from around it, too.
fn at(need: &Need, path: &str) -> Need {
    let around = |outer: &Rc<Need>| {
        let base = outer.path.strip_suffix(need.path.as_str()).unwrap_or(&outer.path).trim_end_matches('/');
        Rc::new(at(outer, &if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") }))
    };
    let outer = need.outer.as_ref().map(around);
    Need { path: path.to_owned(), slot: need.slot.clone(), shown: None, outer, ..*need }
}
