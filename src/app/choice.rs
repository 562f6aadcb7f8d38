//! Which changes `save` takes: all of tracked files, and new files that belong to the project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::git::process::{Access, git};
use crate::git::write::Change;
use crate::git::{GitError, MODE_GITLINK};
use crate::model::{ContentId, Oid, is_at_or_below, show_some};
use crate::run::{Known, Plans, Project};
use crate::spec::nearest;

use super::error::{AppError, ExitCode};
use super::recorded_links::unrecorded;
use super::scrap::is_scrap;
use super::start::quoted;
use super::used::Used;

/// Which changes to take.
#[derive(Clone, Debug)]
pub(super) enum Take {
    /// Those of tracked files, and new files that belong: what pipelines use, `raw`, `code`, settings.
    Used,
    /// All that git does not ignore.
    All,
    /// Those at or below these paths from the root.
    Paths(Vec<String>),
    /// Those of these files, by path from the root; nothing at all where one is a folder by now.
    Files(Vec<String>),
}

/// What happened to a file since the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// HEAD has no such file.
    New,
    /// Its content or mode is another.
    Changed,
    /// It is gone, or git was told to forget it and no pipeline uses it.
    Removed,
}

/// Changes, chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    /// What to commit, in order of path.
    pub files: Vec<(String, FileChange)>,
    /// New files that do not belong.
    pub left_out: Vec<String>,
    /// Repositories that are no subdatasets: nothing in them can be taken.
    pub nested: Vec<String>,
    /// Changes of tracked files that were not taken, since what is about to run does not use them.
    pub unused: Vec<String>,
    /// Those of `files` that are staged, so that the index may hold other content than the work tree.
    pub staged: Vec<String>,
    /// The commits of those that are subdatasets.
    pub links: BTreeMap<String, Oid>,
}

/// Folders whose new files belong, by convention.
const FOLDERS: [&str; 4] = ["raw", "code", ".minipach", ".datalad"];

/// Names of files that belong wherever they stand.
const NAMES: [&str; 5] = ["spec.yml", ".gitattributes", ".gitignore", ".gitmodules", "minipach.yml"];

impl Choice {
    /// Chooses among all that differs from HEAD and is no result.
    ///
    /// # Errors
    /// When git cannot be read, or a file that is to be taken is a folder.
    pub(super) fn make(project: &Project, take: &Take) -> Result<Self, AppError> {
        if let Take::Files(wanted) = take {
            refuse_folders(project, wanted)?;
        }
        let is_ours = |path: &str| project.is_result(path) || project.was_result(path);
        let is_result = |path: &str| path.starts_with(".minipach/ledger/") || is_ours(path);
        let (staged, head) = (staged(project)?, project.repo.head()?.commit());
        let dirty = project.dirty()?;
        let mut choice = Self::default();
        let mut new = Vec::new();
        for path in dirty.own_paths().filter(|path| !is_result(path)) {
            let letter = letter(project, head, path, &staged);
            match change_of(project, path, letter) {
                Some(FileChange::New) if !project.scan.is_tracked(path) => new.push(path.to_owned()),
                Some(FileChange::Removed) if letter == Some(b'D') && stands_anew(project, path) => {
                    new.push(path.to_owned());
                }
                Some(change) => choice.files.push((path.to_owned(), change)),
                None => {}
            }
        }
        if !new.is_empty() || choice.files.iter().any(|(_, change)| *change == FileChange::New) {
            choice.add_new(project, take, new, &staged);
        }
        choice.add_links(project)?;
        match take {
            Take::Paths(wanted) => {
                choice.files.retain(|(path, _)| wanted.iter().any(|wanted| is_in(path, wanted)));
            }
            Take::Files(wanted) => {
                let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
                choice.files.retain(|(path, _)| wanted.contains(path.as_str()));
            }
            Take::Used | Take::All => {}
        }
        choice.nested = nested(project, take);
        choice.files.sort();
        choice.staged = choice.staged_of(&staged);
        Ok(choice)
    }

    /// Those of the files of which something is staged that is not to stay so: also a removal, where the file stands.
    fn staged_of(&self, staged: &BTreeMap<String, u8>) -> Vec<String> {
        let is_removed = |change: FileChange| change == FileChange::Removed;
        let is_staged = |(path, change): &&(String, FileChange)| {
            staged.get(path.as_str()).is_some_and(|letter| *letter != b'D' || !is_removed(*change))
        };
        self.files.iter().filter(is_staged).map(|(path, _)| path.clone()).collect()
    }

    /// Adds the files that git does not know and that are taken. One whose removal is staged and that is not taken is
    /// forgotten, as git was told to.
    fn add_new(
        &mut self,
        project: &Project,
        take: &Take,
        mut new: Vec<String>,
        staged: &BTreeMap<String, u8>,
    ) {
        let known = Known::new(project);
        let plans = project.plan_all(&known);
        // Results of a killed run stand in no ledger yet.
        let unlisted = project.unlisted_results(&plans, &known);
        // Who takes what is used means no editor's file; who names one does.
        let is_used = matches!(take, Take::Used);
        let is_scrap =
            |path: &String| is_used && !staged.contains_key(path) && is_scrap(project, &plans, path);
        new.retain(|path| !unlisted.contains(path) && !is_scrap(path));
        self.files.retain(|(path, _)| !unlisted.contains(path));
        let belonging = matches!(take, Take::Used).then(|| Belonging::of(project, &plans));
        let is_taken = |path: &str| belonging.as_ref().is_none_or(|all| all.holds(path));
        let (taken, left_out) = new.into_iter().partition::<Vec<_>, _>(|path| is_taken(path));
        let is_forgotten = |path: &String| staged.get(path.as_str()) == Some(&b'D');
        let change = |path: String| {
            let change = if is_forgotten(&path) { FileChange::Changed } else { FileChange::New };
            (path, change)
        };
        self.files.extend(taken.into_iter().map(change));
        let (forgotten, left_out) = left_out.into_iter().partition::<Vec<_>, _>(is_forgotten);
        self.files.extend(forgotten.into_iter().map(|path| (path, FileChange::Removed)));
        self.left_out = left_out;
    }

    fn add_links(&mut self, project: &Project) -> Result<(), AppError> {
        for (path, (oid, is_new)) in unrecorded(project)? {
            let change = if is_new { FileChange::New } else { FileChange::Changed };
            if !self.files.iter().any(|(known, _)| *known == path) {
                self.files.push((path.clone(), change));
                self.links.insert(path, oid);
            }
        }
        Ok(())
    }

    /// As git writes it.
    pub(super) fn changes(&self) -> Vec<Change> {
        let change = |(path, change): &(String, FileChange)| match (change, self.links.get(path)) {
            (FileChange::Removed, _) => Change::Delete { path: path.clone() },
            (_, Some(oid)) => Change::Known { path: path.clone(), mode: MODE_GITLINK, oid: *oid },
            (_, None) => Change::Write { path: path.clone(), expect: None },
        };
        self.files.iter().map(change).collect()
    }
}

/// Repositories that are no subdatasets, where files would be taken.
fn nested(project: &Project, take: &Take) -> Vec<String> {
    let all = project.scan.nested_repositories().iter().map(ToString::to_string);
    let is_meant = |path: &String| match take {
        Take::Used | Take::All => true,
        Take::Paths(wanted) => wanted.iter().any(|wanted| is_in(path, wanted)),
        Take::Files(_) => false,
    };
    all.filter(is_meant).collect()
}

/// git's letter for what is staged of a path. Of a file that it was only told of (`git add -N`) it has none, and no commit
/// has the file: it is a new one.
fn letter(project: &Project, head: Option<Oid>, path: &str, staged: &BTreeMap<String, u8>) -> Option<u8> {
    let in_head = || head.and_then(|head| project.repo.object_of(head, path).ok().flatten());
    let is_new = || project.scan.is_tracked(path) && in_head().is_none();
    staged.get(path).copied().or_else(|| is_new().then_some(b'A'))
}

/// What happened to a path; `None` for subdatasets, which are looked at by themselves, and for files that came and went.
fn change_of(project: &Project, path: &str, staged: Option<u8>) -> Option<FileChange> {
    let stands = std::fs::symlink_metadata(project.repo.root().join(path));
    match (stands, project.scan.is_tracked(path), staged) {
        (Ok(meta), ..) if meta.is_dir() => None,
        (_, false, Some(b'D')) => Some(FileChange::Removed),
        (Ok(_), false, _) | (Ok(_), true, Some(b'A')) => Some(FileChange::New),
        (Ok(_), true, _) => Some(FileChange::Changed),
        (Err(_), _, Some(b'A')) => None,
        (Err(_), ..) => Some(FileChange::Removed),
    }
}

/// Whether a file stands, and git does not ignore it, at a path that git was told to forget.
fn stands_anew(project: &Project, path: &str) -> bool {
    project.scan.contains(path) && std::fs::symlink_metadata(project.repo.root().join(path)).is_ok()
}

/// What differs between HEAD and the index, each path with git's letter.
pub(super) fn staged(project: &Project) -> Result<BTreeMap<String, u8>, AppError> {
    staged_in(project.repo.root())
}

/// The same of any repository.
pub(super) fn staged_in(root: &Path) -> Result<BTreeMap<String, u8>, AppError> {
    let staged = git(root, Access::Read);
    let output = staged.args(["diff", "--cached", "--name-status", "--no-renames", "-z"]).output();
    let output = output.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let mut words = output.split(|byte| *byte == 0);
    let mut found = BTreeMap::new();
    while let (Some(letter), Some(path)) = (words.next(), words.next()) {
        let letter = letter.first().copied().unwrap_or_default();
        found.insert(String::from_utf8_lossy(path).into_owned(), letter);
    }
    Ok(found)
}

/// What belongs to the project: what pipelines use, what links of the project lead to, and what does by convention.
pub(super) struct Belonging {
    used: Used,
}

impl Belonging {
    pub(super) fn of(project: &Project, plans: &Plans) -> Self {
        let mut belonging = Self { used: Used::of(project, plans, project.pipelines.keys()) };
        let is_own = |link: &str| project.scan.is_tracked(link) || belonging.holds(link);
        let links = project.scan.link_targets().filter(|(link, _)| is_own(link));
        let targets: Vec<String> = links.flat_map(|(_, through)| through).map(ToString::to_string).collect();
        belonging.used.extend(targets);
        belonging
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        NAMES.contains(&name)
            || self.used.holds(path)
            || FOLDERS.into_iter().any(|folder| is_at_or_below(path, folder))
    }
}

/// Refuses files that are folders: whoever named a file has not seen what is in it now.
fn refuse_folders(project: &Project, wanted: &[String]) -> Result<(), AppError> {
    let is_folder = |path: &&String| {
        let stands = std::fs::symlink_metadata(project.repo.root().join(path));
        stands.is_ok_and(|meta| meta.is_dir()) && project.scan.gitlink(path).is_none()
    };
    match wanted.iter().find(is_folder) {
        None => Ok(()),
        Some(path) => {
            Err(AppError::new(ExitCode::Data, format!("`{path}` is a folder, not a file; nothing was saved"))
                .hint("look again at what changed"))
        }
    }
}

/// So many files are named in a sentence.
const NAMED: usize = 3;

/// Refuses files of which something else is staged than stands there, unless they were named one by one: no commit would
/// hold what is staged, and the index no more.
///
/// # Errors
/// When there are such files, or git cannot be asked.
pub(super) fn refuse_half_staged(project: &Project, take: &Take, choice: &Choice) -> Result<(), AppError> {
    let named = match take {
        Take::Paths(paths) | Take::Files(paths) => paths.as_slice(),
        Take::Used | Take::All => &[],
    };
    let staged: Vec<&String> = choice.staged.iter().filter(|path| !named.contains(path)).collect();
    if staged.is_empty() {
        return Ok(());
    }
    let differ = git(project.repo.root(), Access::Read).args([
        "diff",
        "--name-only",
        "--no-renames",
        "--ignore-submodules=dirty",
        "-z",
    ]);
    let differ = differ.output().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let differ = String::from_utf8_lossy(&differ);
    let differ: BTreeSet<&str> = differ.split('\0').collect();
    let mut half: Vec<&str> =
        staged.into_iter().map(String::as_str).filter(|path| differ.contains(path)).collect();
    if !half.is_empty() {
        let moved = moved_as_they_were(project)?;
        half.retain(|path| !moved.contains(*path));
        let unlocked = with_the_key_of_head(project, &half)?;
        half.retain(|path| !unlocked.contains(*path));
    }
    let Some(first) = half.first() else { return Ok(()) };
    let have = if half.len() == 1 { "has" } else { "have" };
    let message = format!("{} {have} other content staged than stands there", show_some(&half, NAMED));
    Err(AppError::new(ExitCode::Data, message).hint(format!(
        "`git commit` takes what is staged; `git add {0}` or `minipach save {0}` what stands there",
        quoted(first)
    )))
}

/// Where files are staged that only moved: HEAD has what is staged, so that nothing is lost with it.
fn moved_as_they_were(project: &Project) -> Result<BTreeSet<String>, AppError> {
    let words = ["diff", "--cached", "--find-renames=100%", "--diff-filter=R", "--name-status", "-z"];
    let said = git(project.repo.root(), Access::Read).args(words).output();
    let said = said.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let said = String::from_utf8_lossy(&said);
    let fields: Vec<&str> = said.split('\0').collect();
    Ok(fields.chunks_exact(3).map(|renamed| renamed[2].to_owned()).collect())
}

/// Those of some paths that the index has with the key that HEAD has them with: as `git annex unlock` stages them, so that
/// nothing is lost with what is staged.
fn with_the_key_of_head(project: &Project, paths: &[&str]) -> Result<BTreeSet<String>, AppError> {
    let Some(head) = project.head.filter(|_| project.repo.has_annex()) else { return Ok(BTreeSet::new()) };
    let unread = |error: GitError| AppError::new(ExitCode::Data, error.to_string());
    let wanted: BTreeSet<&str> = paths.iter().copied().collect();
    let mut found = BTreeSet::new();
    for staged in project.repo.staged_among(&|path| wanted.contains(path)).map_err(unread)? {
        let is_annexed = matches!(staged.content, ContentId::Annex(_));
        let in_head = || project.repo.file_of(head, &staged.path).map_err(unread);
        if is_annexed && in_head()?.is_some_and(|entry| entry.content == staged.content) {
            found.insert(staged.path.to_string());
        }
    }
    Ok(found)
}

/// Refuses paths that name nothing git could commit.
///
/// # Errors
/// When there is such a path.
pub(super) fn refuse_unknown(project: &Project, take: &Take, choice: &Choice) -> Result<(), AppError> {
    let (Take::Paths(wanted) | Take::Files(wanted)) = take else { return Ok(()) };
    let changed: BTreeSet<&str> = choice.files.iter().map(|(path, _)| path.as_str()).collect();
    for path in wanted.iter().filter(|path| !changed.contains(path.as_str())) {
        let stands = std::fs::symlink_metadata(project.repo.root().join(path)).is_ok();
        let is_changed = choice.files.iter().any(|(changed, _)| is_in(changed, path));
        if is_changed || (stands && !project.repo.is_ignored(path)) {
            continue;
        }
        if stands {
            return Err(AppError::usage(format!("git ignores `{path}`"))
                .hint(format!("`git check-ignore -v {}` names the rule", quoted(path))));
        }
        let error = AppError::usage(format!("there is no `{path}` in this project"));
        let near = nearest(path, project.scan.paths()).map(|near| format!("did you mean `{near}`?"));
        return Err(near.into_iter().fold(error, AppError::hint));
    }
    Ok(())
}

fn is_in(path: &str, wanted: &str) -> bool {
    wanted.is_empty() || is_at_or_below(path, wanted)
}

/// A path as typed in the folder `start`, as a path from the project's root.
///
/// # Errors
/// When it lies outside of the project.
pub fn from_root(root: &Path, start: &Path, typed: &Path) -> Result<String, AppError> {
    let path = plain(&start.canonicalize().unwrap_or_else(|_| start.to_owned()).join(typed));
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let inside = path.strip_prefix(&root).ok().and_then(Path::to_str);
    let outside = || AppError::usage(format!("`{}` lies outside of the project", typed.display()));
    inside.map(str::to_owned).ok_or_else(outside)
}

/// A path without `.` and `..`.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
