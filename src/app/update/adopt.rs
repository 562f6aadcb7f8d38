//! `adopt`: a project without a record begins to follow a scaffold, as the version of it that is nearest.

use std::path::Path;

use crate::app::error::{AppError, ExitCode};
use crate::app::scaffolds::{Opened, open_scaffold};
use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::template::{self, Blobs, TEMPLATE, commit_tree, write_tree};
use crate::git::write;
use crate::ledger::RunLock;
use crate::run::{RunError, now_ms};
use crate::scaffold::{Answers, RECORD, Source};

use super::followed::{Followed, refuse_unready, trouble};
use super::latest::{Latest, is_in_head, rendered};

/// So many tags are tried, newest first.
const TRIED: usize = 30;

/// What a project follows from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The scaffold.
    pub scaffold: String,
    /// The tag, branch or commit of it, if it is from git.
    pub at: Option<String>,
    /// Its files that are here, as it lays them out or not.
    pub files: Vec<String>,
    /// Those among them that differ.
    pub differ: Vec<String>,
    /// Its files that are not here; an update does not bring them.
    pub absent: Vec<String>,
    /// The commit that says so.
    pub commit: String,
}

/// A version of the scaffold against the project: the render, and how far it is.
struct Tried {
    at: Option<String>,
    latest: Latest,
    differ: Vec<String>,
    absent: Vec<String>,
}

/// Lets a project follow a scaffold. Of one from git, the tag is taken whose files are nearest, unless one is given.
///
/// # Errors
/// When it follows one already, has changes that are not committed, or has nothing of the scaffold.
pub fn adopt(start: &Path, text: &str, at: Option<&str>, answers: &Answers) -> Result<Adopted, AppError> {
    let repo = Repo::open(start)?;
    let root = repo.root().to_owned();
    if root.join(RECORD).exists() && is_tracked(&root) {
        let error =
            AppError::usage(format!("this project follows a scaffold already: `{RECORD}` says which"));
        return Err(
            error.hint("`minipach update` brings it up to date; to begin anew, remove that file and commit")
        );
    }
    let _lock = RunLock::acquire(&repo.state_dir(), "adopt", now_ms()).map_err(RunError::from)?;
    let best = nearest(start, &root, text, at, answers)?;
    let Tried { at, latest, differ, absent } = best;
    if latest.record.files.is_empty() {
        return Err(AppError::usage(format!("nothing of `{text}` is in this project")));
    }
    let followed = Followed { repo, root, record: latest.record.clone() };
    refuse_unready(&followed)?;
    let commit = note(&followed, &latest)?;
    let files = latest.record.files.into_keys().collect();
    Ok(Adopted { scaffold: latest.record.scaffold, at, files, differ, absent, commit })
}

fn is_tracked(root: &Path) -> bool {
    git(root, Access::Read).args(["cat-file", "-e", &format!("HEAD:{RECORD}")]).output().is_ok()
}

fn nearest(
    start: &Path,
    root: &Path,
    text: &str,
    at: Option<&str>,
    answers: &Answers,
) -> Result<Tried, AppError> {
    let first = open_scaffold(text, start, at)?;
    let tags = if at.is_some() { Vec::new() } else { tags(&first) };
    let mut all = vec![tried(root, &first, at.map(str::to_owned), answers)?];
    for tag in tags {
        // An old version may ask what is not answered; then it is none to adopt.
        let opened = open_scaffold(text, start, Some(&tag)).map(following);
        if let Ok(version) = opened.and_then(|opened| tried(root, &opened, Some(tag.clone()), answers)) {
            all.push(version);
        }
    }
    let far = |tried: &Tried| tried.differ.len() + tried.absent.len();
    all.into_iter().min_by_key(far).ok_or_else(|| AppError::new(ExitCode::Bug, "no version was tried"))
}

/// The same scaffold, to be followed on its main branch and not where it was looked at.
fn following(opened: Opened) -> Opened {
    let source = match opened.source {
        Source::Git { url, commit, .. } => Source::Git { url, reference: None, commit },
        other => other,
    };
    Opened { source, ..opened }
}

/// Tags of the scaffold's repository, newest first.
fn tags(opened: &Opened) -> Vec<String> {
    let Source::Git { url, .. } = &opened.source else { return Vec::new() };
    let asked = git(Path::new("/"), Access::Read)
        .args(["ls-remote", "--tags", "--refs", "--sort=-version:refname", "--", url])
        .output();
    let said = asked.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let names = said.lines().filter_map(|line| line.split_once("refs/tags/").map(|(_, tag)| tag.to_owned()));
    names.take(TRIED).collect()
}

fn tried(root: &Path, opened: &Opened, at: Option<String>, answers: &Answers) -> Result<Tried, AppError> {
    let whole = rendered(root, opened, &Answers::new(), answers, |_| true)?;
    let latest = rendered(root, opened, &Answers::new(), answers, |path| is_in_head(root, path))?;
    let here = &latest.record.files;
    let absent = whole.record.files.keys().filter(|path| !here.contains_key(*path)).cloned().collect();
    let differs = |(path, blob): &(&String, &String)| {
        let id = template::resolve(root, &format!("HEAD:{path}"));
        id.as_deref() != blob.split(' ').nth(1)
    };
    let differ = here.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    Ok(Tried { at, latest, differ, absent })
}

/// Commits the record, with the pure render as a second parent, so that git knows where the two parted.
fn note(followed: &Followed, latest: &Latest) -> Result<String, AppError> {
    let root = &followed.root;
    let is_stand_in = write::identity(&followed.repo.place())?.is_stand_in;
    let blobs: Blobs = latest.blobs(root)?;
    let tree = write_tree(root, &blobs).map_err(trouble)?;
    let subject = format!("Version {} of the `{}` scaffold\n", latest.record.version, latest.record.scaffold);
    let render = commit_tree(root, &tree, &[], &subject, is_stand_in).map_err(trouble)?;
    let merge = git(root, Access::Write).args(["merge", "--quiet", "--no-commit", "-s", "ours"]);
    merge.args(["--allow-unrelated-histories", &render]).output().map_err(trouble)?;
    let noted = commit(root, latest, is_stand_in);
    if let Err(error) = noted {
        drop(git(root, Access::Write).args(["merge", "--abort"]).output());
        return Err(error);
    }
    template::set_ref(root, TEMPLATE, Some(&render)).map_err(trouble)?;
    Ok(template::resolve(root, "HEAD").unwrap_or_default())
}

fn commit(root: &Path, latest: &Latest, is_stand_in: bool) -> Result<(), AppError> {
    let path = root.join(RECORD);
    let trouble_at =
        |error: std::io::Error| AppError::new(ExitCode::Data, format!("cannot write `{RECORD}`: {error}"));
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(trouble_at)?;
    std::fs::write(&path, latest.record.text()).map_err(trouble_at)?;
    git(root, Access::Write).args(["add", "--", RECORD]).output().map_err(trouble)?;
    template::commit_merge(root, is_stand_in).map_err(trouble)
}
