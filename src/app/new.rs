//! `new` and `demo`: lay out a project, make it a repository, commit it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::run::Project;
use crate::scaffold::{self, RenderedFile};

use super::choice::{Take, from_root, plain};
use super::error::{AppError, ExitCode};
use super::save::save_files;

/// The question of scaffolds for the project's name.
const NAME: &str = "name";

/// What was laid out.
#[derive(Clone, Debug)]
pub struct Laid {
    /// Where.
    pub dir: PathBuf,
    /// Its files, from there.
    pub files: Vec<String>,
    /// Commands to try next.
    pub next: Vec<String>,
    /// Whether a repository was made.
    pub made_repository: bool,
    /// Whether git knew no author for the commit.
    pub is_stand_in: bool,
}

/// Lays out a scaffold in a folder and commits it; with `dry_run` only says what it would write.
///
/// # Errors
/// When there is no such scaffold or answer, or a file is in the way; then nothing is written.
pub fn new(
    dir: &Path,
    id: &str,
    answers: &BTreeMap<String, String>,
    dry_run: bool,
) -> Result<Laid, AppError> {
    let dir = &plain(dir);
    let rendered = scaffold::render(id, &with_name(id, answers, dir)?).map_err(refused)?;
    let mut laid = Laid {
        dir: dir.to_owned(),
        files: rendered.iter().map(|file| file.path.clone()).collect(),
        next: scaffold::find(id).map_err(refused)?.next_steps,
        made_repository: false,
        is_stand_in: false,
    };
    if dry_run {
        return Ok(laid);
    }
    (laid.made_repository, laid.is_stand_in) = lay_out(dir, &rendered, id)?;
    Ok(laid)
}

/// The answers; a project that is not given a name is called like its folder, if that can be a name.
fn with_name(
    id: &str,
    answers: &BTreeMap<String, String>,
    dir: &Path,
) -> Result<BTreeMap<String, String>, AppError> {
    let mut answers = answers.clone();
    let asks = scaffold::find(id).map_err(refused)?.questions.iter().any(|question| question.name == NAME);
    let name = dir.file_name().and_then(|name| name.to_str()).filter(|name| !name.contains(char::is_control));
    if let (true, Some(name)) = (asks, name) {
        answers.entry(NAME.into()).or_insert_with(|| name.to_owned());
    }
    Ok(answers)
}

/// Writes files into a folder, makes it a repository unless it is one, and commits them. Tells whether it
/// became one, and whether git knew no author.
fn lay_out(dir: &Path, files: &[RenderedFile], id: &str) -> Result<(bool, bool), AppError> {
    let is_inside =
        std::fs::exists(dir).unwrap_or(false) && Repo::open(dir).is_ok_and(|repo| is_same(repo.root(), dir));
    scaffold::write(dir, files).map_err(refused)?;
    if !is_inside {
        git(dir, Access::Write)
            .args(["init", "--quiet", "--initial-branch=main"])
            .output()
            .map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    }
    let project = Project::open(dir)?;
    let paths = files.iter().map(|file| from_root(project.repo.root(), dir, Path::new(&file.path)));
    let take = Take::Paths(paths.collect::<Result<_, _>>()?);
    let saved = save_files(&project, &take, Some(&format!("Lay out the `{id}` scaffold")))?;
    Ok((!is_inside, saved.is_stand_in))
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
    new(dir, "freesurfer", &scaffold::demo_answers(), false)
}
