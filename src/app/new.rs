//! `new` and `demo`: lay out a project, make it a repository, commit it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use crate::git::process::{Access, git};
use crate::git::template::{self, TEMPLATE};
use crate::git::write::{self, is_dataset, make_dataset, missing_for_dataset};
use crate::git::{GitError, Repo};
use crate::model::show_some;
use crate::run::Project;
use crate::scaffold::{self, Answers, Deed, Landing, Manifest, Record, RenderedFile};

use super::add::readable;
use super::choice::{Take, from_root};
use super::error::{AppError, ExitCode};
use super::lay::lay_out_fresh;
use super::save::save_files;
use super::scaffolds::{Opened, surroundings};
use super::session::Session;

/// The question of scaffolds that `--datalad` answers.
const DATALAD: &str = "datalad";

/// What is to be laid out.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The project's folder.
    pub dir: PathBuf,
    /// The scaffold.
    pub scaffold: Opened,
    /// Answers to its questions; the rest as it has them.
    pub answers: Answers,
    /// Whether it becomes a `DataLad` dataset, whatever the scaffold says.
    pub datalad: bool,
    /// Only tell what would be written.
    pub dry_run: bool,
}

/// What was laid out.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    /// Where.
    pub dir: PathBuf,
    /// The scaffold.
    pub scaffold: String,
    /// Every answer, defaults too.
    pub answers: Map<String, Value>,
    /// Questions that were answered by their defaults.
    pub defaulted: Vec<String>,
    /// Its files, from there.
    pub files: Vec<String>,
    /// Files that stood there and stay as they are.
    pub kept: Vec<String>,
    /// Files that stood there and got lines that they lacked.
    pub added_to: Vec<String>,
    /// Commands to try next.
    pub next: Vec<String>,
    /// Whether it is or becomes a `DataLad` dataset.
    pub is_dataset: bool,
    /// Whether a repository was made.
    pub made_repository: bool,
    /// Whether git knew no author for the commit.
    pub is_stand_in: bool,
    /// The root of the repository that it lies in and is no part of.
    pub inside: Option<PathBuf>,
}

/// Lays out a scaffold in a folder and commits it.
///
/// # Errors
/// When an answer is wrong or missing, a file is in the way, or a program is missing; then nothing is written.
pub fn new(request: &NewRequest) -> Result<Laid, AppError> {
    let dir = &settled(&request.dir)?;
    let opened = &request.scaffold;
    let manifest = &opened.manifest;
    let mut answers = request.answers.clone();
    if request.datalad && manifest.questions.iter().any(|question| question.name == DATALAD) {
        answers.insert(DATALAD.into(), "yes".into());
    }
    let around = surroundings(dir);
    let rendered = scaffold::render(manifest, &answers, &around).map_err(refused)?;
    let landing = scaffold::survey(dir, &rendered.files).map_err(|error| in_the_way(&error, dir))?;
    let record = record(opened, &rendered.answers, &landing.new);
    let files = [landing.new.as_slice(), &[record.file()]].concat();
    let landing = Landing { new: files, ..landing };
    let wants_dataset = request.datalad || rendered.deeds.contains(&Deed::Datalad);
    let mut laid = told(dir, &record, &landing);
    laid.defaulted = manifest.left_to_defaults(&answers, &around).into_iter().map(str::to_owned).collect();
    laid.next = next_steps(manifest, dir);
    laid.is_dataset = wants_dataset;
    laid.inside = surrounding(dir);
    if request.dry_run {
        return Ok(laid);
    }
    if let (true, Some(program)) = (wants_dataset, missing_for_dataset()) {
        let message =
            format!("a DataLad dataset needs `{program}`, which is not installed; nothing was written");
        let error = AppError::new(ExitCode::Program, message);
        return Err(error.hint("install it (`pip install datalad git-annex`), or leave out `--datalad`"));
    }
    let subject = format!("Lay out the `{}` scaffold", manifest.id);
    (laid.made_repository, laid.is_stand_in) = lay_out(dir, &landing, &subject, wants_dataset)?;
    // A folder that was no repository can be looked at now.
    laid.next = next_steps(manifest, dir);
    Ok(laid)
}

/// Refuses a folder that a scaffold cannot be laid out in, whatever its questions are answered.
///
/// # Errors
/// Why not.
pub fn refuse_taken(dir: &Path, scaffold: &Opened) -> Result<(), AppError> {
    let dir = settled(dir)?;
    let Some(path) = scaffold.manifest.obstacle_in(&dir) else { return Ok(()) };
    let paths = show_some(&[path], 1);
    Err(in_the_way(&scaffold::ScaffoldError::InTheWay { dir: dir.clone(), paths }, &dir))
}

/// A folder without `.` and `..`, as the system takes them: nothing leads back from a folder that is not there, and from a
/// link it leads back from where that leads.
///
/// # Errors
/// When `..` follows what is no folder, or a file stands there or where a folder around it must.
fn settled(dir: &Path) -> Result<PathBuf, AppError> {
    let mut path = PathBuf::new();
    for part in dir.components() {
        match part {
            Component::ParentDir if path.as_os_str().is_empty() || path.ends_with("..") => path.push(".."),
            Component::ParentDir if path.is_symlink() && path.is_dir() => {
                path = path.canonicalize().map_err(refused)?;
                path.pop();
            }
            Component::ParentDir if path.is_dir() => drop(path.pop()),
            Component::ParentDir => {
                let message = format!("`..` leads back from `{}`, which is no folder", path.display());
                return Err(AppError::usage(message).hint("name the folder that you mean without it"));
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    let stands = path.ancestors().find(|place| place.symlink_metadata().is_ok());
    if let Some(file) = stands.filter(|place| !place.is_dir()) {
        let message = format!("`{}` is no folder, and a project needs one", file.display());
        return Err(AppError::usage(message).hint("name another folder"));
    }
    Ok(path)
}

/// The root of a repository that a folder lies in, if it is none of its own.
fn surrounding(dir: &Path) -> Option<PathBuf> {
    if dir.join(".git").symlink_metadata().is_ok() {
        return None;
    }
    let dir = std::path::absolute(dir).ok()?;
    let stands = dir.ancestors().find(|folder| folder.is_dir())?;
    Repo::open(stands).ok().map(|repo| repo.root().to_owned())
}

/// What to do next: another thing where a repository has data already.
fn next_steps(manifest: &Manifest, dir: &Path) -> Vec<String> {
    let session =
        |start: &Path| Session::open(start).ok().filter(|session| is_same(session.project.repo.root(), dir));
    let readable = |session: Session| readable(&session);
    let found = session(dir).map(readable).or_else(|| {
        let beside = aside(dir)?;
        session(beside.path()).map(readable)
    });
    let found = found.unwrap_or_default();
    manifest.next_steps_for(&found.iter().map(|one| one.repo.as_str()).collect::<Vec<_>>())
}

/// A repository elsewhere, gone with what is given, whose work tree is a folder that is none yet: so it can be looked at
/// and stays as it is.
fn aside(dir: &Path) -> Option<tempfile::TempDir> {
    let dir = dir.canonicalize().ok()?;
    let beside = tempfile::tempdir().ok()?;
    let (of_git, work_tree) = (beside.path().join(".git"), dir);
    let program =
        git(beside.path(), Access::Write).arg("--git-dir").arg(of_git).arg("--work-tree").arg(work_tree);
    program.args(["init", "--quiet"]).output().ok()?;
    Some(beside)
}

fn in_the_way(error: &scaffold::ScaffoldError, dir: &Path) -> AppError {
    let told = refused(error);
    if dir.join(scaffold::RECORD).exists() || dir.join("minipach.yml").exists() {
        return told.hint("it is a project already: `minipach add` adds a pipeline");
    }
    told
}

/// What a project is laid out from, for later.
fn record(opened: &Opened, answers: &Map<String, Value>, files: &[RenderedFile]) -> Record {
    Record {
        source: opened.source.clone(),
        scaffold: opened.manifest.id.clone(),
        version: opened.manifest.version.clone(),
        content: opened.manifest.content.clone(),
        minipach: env!("CARGO_PKG_VERSION").to_owned(),
        answers: answers.clone(),
        files: files.iter().map(|file| (file.path.clone(), scaffold::blob_of(file))).collect(),
    }
}

fn told(dir: &Path, record: &Record, landing: &Landing) -> Laid {
    let paths = |files: &[RenderedFile]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
    let mut files = paths(&landing.new);
    files.sort();
    Laid {
        dir: dir.to_owned(),
        scaffold: record.scaffold.clone(),
        answers: record.answers.clone(),
        files,
        kept: landing.kept.clone(),
        added_to: paths(&landing.added_to),
        ..Laid::default()
    }
}

/// Writes files into a folder, makes it a repository unless it is one, and commits them. Tells whether it
/// became one, and whether git knew no author.
fn lay_out(
    dir: &Path,
    landing: &Landing,
    subject: &str,
    wants_dataset: bool,
) -> Result<(bool, bool), AppError> {
    let name = dir.file_name().map_or_else(|| "study".into(), |name| name.to_string_lossy().into_owned());
    let is_vacant = std::fs::read_dir(dir).map_or(!dir.exists(), |mut entries| entries.next().is_none());
    if is_vacant {
        let make = |root: &Path| {
            init(root)?;
            let is_stand_in = commit(root, landing, subject)?;
            // The first commit is the pure render.
            let first = template::resolve(root, "HEAD");
            template::set_ref(root, TEMPLATE, first.as_deref())
                .map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
            if wants_dataset {
                make_dataset(&Project::open(root)?.repo.place(), &name)?;
            }
            Ok(is_stand_in)
        };
        return Ok((true, lay_out_fresh(dir, &landing.new, make)?));
    }
    let repo = repository_at(dir)?;
    let is_stand_in = lay_in(dir, repo.as_ref(), landing, subject)?;
    let place = Project::open(dir)?.repo.place();
    if wants_dataset && !is_dataset(&place) {
        make_dataset(&place, &name)?;
    }
    Ok((repo.is_none(), is_stand_in))
}

/// The repository whose root a folder is, ready for a commit; none where nothing of git's stands in it.
fn repository_at(dir: &Path) -> Result<Option<Repo>, AppError> {
    if dir.join(".git").symlink_metadata().is_err() {
        return Ok(None);
    }
    let repo = match Repo::open(dir) {
        Err(GitError::NotARepository { .. } | GitError::Damaged { .. } | GitError::Astray { .. }) => None,
        repo => Some(repo?).filter(|repo| is_same(repo.root(), dir)),
    };
    // What stands there may hold somebody's past, so nothing is made of it.
    let Some(repo) = repo else { return Err(not_its_own(dir)) };
    // In a merge or the like the index is not ours to touch.
    write::base(&repo.place())?;
    Ok(Some(repo))
}

fn not_its_own(dir: &Path) -> AppError {
    let message = format!("`{}` is no repository of that folder", dir.join(".git").display());
    AppError::new(ExitCode::Data, message)
        .hint("mend it (`git fsck`, `git config core.worktree`), or move it away, then try again")
}

/// Lays files among those that stand in a folder and commits them; unless that works, all is as it was. Tells whether git
/// knew no author.
fn lay_in(dir: &Path, repo: Option<&Repo>, landing: &Landing, subject: &str) -> Result<bool, AppError> {
    let head = || Some(Repo::open(dir).ok()?.head().ok()?.commit());
    let before = head();
    let files = [landing.new.as_slice(), &landing.added_to].concat();
    let written = scaffold::write(dir, &files).map_err(refused)?;
    let made = if repo.is_none() { init(dir) } else { Ok(()) };
    let committed = made.and_then(|()| commit(dir, landing, subject));
    if committed.is_err() && (repo.is_none() || head() == before) {
        written.take_back();
        if repo.is_none() {
            // It was made just now, and holds nothing.
            drop(std::fs::remove_dir_all(dir.join(".git")));
        }
    }
    committed
}

fn init(dir: &Path) -> Result<(), AppError> {
    let made = git(dir, Access::Write).args(["init", "--quiet", "--initial-branch=main"]).output();
    made.map(drop).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
}

/// Commits what was laid out; tells whether git knew no author.
fn commit(dir: &Path, landing: &Landing, subject: &str) -> Result<bool, AppError> {
    let project = Project::open(dir)?;
    let files = landing.new.iter().chain(&landing.added_to);
    let paths = files.map(|file| from_root(project.repo.root(), dir, Path::new(&file.path)));
    let take = Take::Paths(paths.collect::<Result<_, _>>()?);
    Ok(save_files(&project, &take, Some(subject))?.is_stand_in)
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn refused(error: impl std::fmt::Display) -> AppError {
    AppError::new(ExitCode::Usage, error.to_string())
}

/// Lays out the demo in a fresh folder.
///
/// # Errors
/// As [`new`].
pub fn demo(dir: &Path) -> Result<Laid, AppError> {
    let answers: BTreeMap<String, String> = scaffold::demo_answers();
    let scaffold = super::scaffolds::open_scaffold(scaffold::DEMO_SCAFFOLD, dir, None)?;
    new(&NewRequest { dir: dir.to_owned(), scaffold, answers, datalad: false, dry_run: false })
}
