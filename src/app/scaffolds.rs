//! Scaffolds as people name them: built in, in a folder, or in a git repository, which is cloned.

use std::path::{Path, PathBuf};

use crate::git::process::{Access, ProcessError, git};
use crate::scaffold::{
    Manifest, Named, ScaffoldError, Source, Surroundings, find, list, open_folder, refuse_odd,
};

use super::error::{AppError, ExitCode};

/// The name of a project whose folder has none that could be its name.
const STUDY: &str = "study";

/// A scaffold, and where it was found.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The scaffold.
    pub manifest: Manifest,
    /// Where.
    pub source: Source,
}

/// The built-in scaffolds, each default being what it comes to in a folder.
pub fn scaffolds(dir: &Path) -> Vec<Manifest> {
    let around = surroundings(dir);
    list().iter().map(|scaffold| scaffold.with_defaults(&around)).collect()
}

/// Opens a scaffold: an id, a folder (from `start`), or a git repository, there at `checkout` if that is given.
///
/// # Errors
/// When there is none, it is wrong, or cannot be fetched.
pub fn open_scaffold(text: &str, start: &Path, checkout: Option<&str>) -> Result<Opened, AppError> {
    let named = match Named::of(text, start).map_err(refused)? {
        Named::Folder if checkout.is_some() && start.join(text).join(".git").exists() => Named::Git,
        named => named,
    };
    if checkout.is_some() && named != Named::Git {
        let message = format!("`{text}` is no git repository, so nothing can be checked out of it");
        return Err(AppError::usage(message));
    }
    match named {
        Named::BuiltIn => {
            let manifest = find(text).map_err(|error| unknown(&error, text, start))?;
            Ok(Opened { manifest, source: Source::BuiltIn(text.to_owned()) })
        }
        Named::Folder => {
            let manifest = open_folder(&start.join(text)).map_err(refused)?;
            Ok(Opened { manifest, source: Source::Folder(text.to_owned()) })
        }
        Named::Git => clone(text, start, checkout),
    }
}

fn unknown(error: &ScaffoldError, text: &str, start: &Path) -> AppError {
    let error = AppError::usage(error.to_string());
    if crate::scaffold::is_scaffold(&start.join(text)) {
        return error.hint(format!("for the folder `{text}`, write `./{text}`"));
    }
    error
}

fn refused(error: impl std::fmt::Display) -> AppError {
    AppError::usage(error.to_string())
}

/// Clones a repository to a folder that goes again, and reads the scaffold at its top.
fn clone(url: &str, start: &Path, checkout: Option<&str>) -> Result<Opened, AppError> {
    checkout.map_or(Ok(()), refuse_odd).map_err(refused)?;
    let home = tempfile::Builder::new().prefix("minipach-scaffold-").tempdir();
    let home =
        home.map_err(|error| AppError::new(ExitCode::Data, format!("cannot make a folder: {error}")))?;
    let failed = |error: ProcessError| {
        let text = error.to_string();
        let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        AppError::new(ExitCode::Data, format!("cannot fetch the scaffold `{url}`: {line}"))
    };
    let local = start.join(url);
    let from = if local.exists() { local.into_os_string() } else { url.into() };
    let into = home.path().join("clone");
    let run = git(home.path(), Access::Write).args(["clone", "--quiet", "--no-checkout", "--"]);
    run.arg(&from).arg(&into).output().map_err(failed)?;
    let wanted = checkout.map_or("HEAD".to_owned(), |name| resolve(&into, name));
    let id = git(&into, Access::Read).args(["rev-parse", "--verify", "--quiet", "--end-of-options"]);
    let id = id.arg(format!("{wanted}^{{commit}}")).output();
    let id = id.map_err(|_| {
        let name = checkout.unwrap_or("HEAD");
        AppError::usage(format!("the scaffold `{url}` has no branch, tag or commit `{name}`"))
    })?;
    let commit = String::from_utf8_lossy(&id).trim().to_owned();
    let run = git(&into, Access::Write).args(["checkout", "--quiet", "--detach"]);
    run.arg(&commit).output().map_err(failed)?;
    let manifest = open_folder(&into).map_err(|error| match error {
        ScaffoldError::NoManifest { .. } => ScaffoldError::NoManifest { folder: url.to_owned() },
        ScaffoldError::Unusable { problem, .. } => {
            ScaffoldError::Unusable { scaffold: url.to_owned(), problem }
        }
        other => other,
    });
    let reference = checkout.map(str::to_owned);
    Ok(Opened {
        manifest: manifest.map_err(refused)?,
        source: Source::Git { url: url.to_owned(), reference, commit },
    })
}

/// A branch is known to a clone as its origin's.
fn resolve(clone: &Path, name: &str) -> String {
    let branch = format!("refs/remotes/origin/{name}");
    let known = git(clone, Access::Read).args(["rev-parse", "--verify", "--quiet", &branch]).output();
    if known.is_ok() { branch } else { name.to_owned() }
}

/// What defaults may say of a folder and its owner.
pub fn surroundings(dir: &Path) -> Surroundings {
    let name = dir.file_name().and_then(|name| name.to_str());
    let name = name.filter(|name| !name.contains(char::is_control)).unwrap_or(STUDY);
    let there: PathBuf = dir.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned();
    let setting = |name: &str| {
        let asked = git(&there, Access::Read).args(["config", "--get", name]).output();
        let text = asked.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        text.ok().filter(|text| !text.contains(char::is_control)).unwrap_or_default()
    };
    Surroundings { folder: name.to_owned(), git_name: setting("user.name"), git_email: setting("user.email") }
}
