//! `adopt`: a project without a record begins to follow a scaffold, as the version of it that is nearest.

use std::path::Path;

use crate::app::error::{AppError, ExitCode};
use crate::app::scaffolds::open_scaffold;
use crate::app::start::quoted;
use crate::app::template::{template_place, told};
use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::template::{self, Blobs, TEMPLATE, blobs_of, commit_tree, write_tree};
use crate::git::write;
use crate::ledger::RunLock;
use crate::run::{RunError, now_ms};
use crate::scaffold::cookiecutter::Anew;
use crate::scaffold::{Answers, RECORD, RenderedFile, Source, TemplatePlace};

use super::followed::{Followed, refuse_unready, trouble};
use super::latest::{Latest, rendered};
use super::of_template::{Near, with_record};
use super::tags;

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
    /// Its files that are not here; the next update brings them.
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
pub fn adopt(start: &Path, wanted: &Adoption<'_>) -> Result<Adopted, AppError> {
    let repo = Repo::open(start)?;
    let root = repo.root().to_owned();
    if repo.head()?.commit().is_none() {
        let error = AppError::new(
            ExitCode::Data,
            "this repository has no commit yet, so it has no files to follow a scaffold",
        );
        return Err(error.hint(format!(
            "`minipach save --all` makes the first commit, or `minipach new . --scaffold {}` lays all out",
            quoted(wanted.text)
        )));
    }
    if root.join(RECORD).exists() && is_tracked(&root) {
        let error =
            AppError::usage(format!("this project follows a scaffold already: `{RECORD}` says which"));
        return Err(
            error.hint("`minipach update` brings it up to date; to begin anew, remove that file and commit")
        );
    }
    let _lock = RunLock::acquire(&repo.state_dir(), "adopt", now_ms()).map_err(RunError::from)?;
    let Tried { at, latest, differ, absent } = nearest(start, &root, wanted)?;
    if latest.record.files.is_empty() {
        return Err(AppError::usage(format!("nothing of `{}` is in this project", wanted.text)));
    }
    let followed = Followed { repo, root, record: latest.record.clone(), once_more: Vec::new() };
    refuse_unready(&followed)?;
    let commit = note(&followed, &latest)?;
    let files = latest.record.files.into_keys().collect();
    Ok(Adopted { scaffold: latest.record.scaffold, at, files, differ, absent, commit })
}

fn is_tracked(root: &Path) -> bool {
    git(root, Access::Read).args(["cat-file", "-e", &format!("HEAD:{RECORD}")]).output().is_ok()
}

/// What may be adopted.
#[derive(Clone, Copy, Debug)]
pub struct Adoption<'a> {
    /// A scaffold or template, as it is typed.
    pub text: &'a str,
    /// The branch, tag or commit of it.
    pub at: Option<&'a str>,
    /// For a template: its folder in what is fetched.
    pub directory: Option<&'a str>,
    /// Answers to its questions.
    pub answers: &'a Answers,
}

fn nearest(start: &Path, root: &Path, wanted: &Adoption<'_>) -> Result<Tried, AppError> {
    let template = Template::named(start, root, wanted)?;
    let render = |at: Option<&str>| match &template {
        Some(template) => template.render(root, at, wanted),
        None => scaffold_at(start, root, at, wanted),
    };
    let first = render(wanted.at)?;
    let tags = match (&template, wanted.at) {
        (_, Some(_)) => Vec::new(),
        (Some(template), None) => tags::tags(template.near.here()),
        (None, None) => match &first.record.source {
            Source::Git { url, .. } => tags::tags(url),
            _ => Vec::new(),
        },
    };
    let mut all = vec![tried(root, first, wanted.at)?];
    for tag in tags.into_iter().take(TRIED) {
        // An old version may ask what is not answered; then it is none to adopt.
        if let Ok(version) = render(Some(&tag)).and_then(|latest| tried(root, latest, Some(&tag))) {
            all.push(version);
        }
    }
    let far = |tried: &Tried| tried.differ.len() + tried.absent.len();
    all.into_iter().min_by_key(far).ok_or_else(|| AppError::new(ExitCode::Bug, "no version was tried"))
}

/// A scaffold at a branch, tag or commit; to be followed on its main branch and not where it was only tried.
fn scaffold_at(
    start: &Path,
    root: &Path,
    at: Option<&str>,
    wanted: &Adoption<'_>,
) -> Result<Latest, AppError> {
    let mut opened = open_scaffold(wanted.text, start, at)?;
    if let Source::Git { reference, .. } = &mut opened.source
        && at != wanted.at
    {
        *reference = None;
    }
    rendered(root, &opened, &Answers::new(), wanted.answers, |_| true)
}

/// A cookiecutter template.
struct Template {
    /// Where it is.
    place: TemplatePlace,
    near: Near,
}

impl Template {
    /// The template that a text names, if it names one.
    fn named(start: &Path, root: &Path, wanted: &Adoption<'_>) -> Result<Option<Self>, AppError> {
        if open_scaffold(wanted.text, start, wanted.at).is_ok() {
            return Ok(None);
        }
        let Some(from) = template_place(wanted.text, start, root, wanted.directory)? else { return Ok(None) };
        let near = Near::of(root, &from)?;
        let manifest = Path::new(wanted.directory.unwrap_or_default()).join("cookiecutter.json");
        if near.lacks(wanted.at.unwrap_or("HEAD"), &manifest) {
            return Ok(None);
        }
        let directory = wanted.directory.map(str::to_owned);
        let place = TemplatePlace { from, checkout: wanted.at.map(str::to_owned), directory, commit: None };
        Ok(Some(Self { place, near }))
    }

    /// As a project without a record may follow it, at a branch, tag or commit, or as it is.
    fn render(&self, root: &Path, at: Option<&str>, wanted: &Adoption<'_>) -> Result<Latest, AppError> {
        let known = serde_json::Map::new();
        let order = Anew { root, place: &self.place, at, known: &known, given: wanted.answers };
        let (record, files) = self.near.render(&order, None).map_err(|error| told(&error))?;
        Ok(with_record(record, files))
    }
}

fn tried(root: &Path, whole: Latest, at: Option<&str>) -> Result<Tried, AppError> {
    let here = blobs_of(root, "HEAD").map_err(trouble)?;
    let (known, absent): (Vec<RenderedFile>, Vec<RenderedFile>) = whole
        .files
        .into_iter()
        .filter(|file| file.path != RECORD)
        .partition(|file| here.contains_key(&file.path));
    let latest = with_record(whole.record, known);
    let is_other = |(path, blob): &(&String, &String)| here.get(*path) != Some(*blob);
    let differ = latest.record.files.iter().filter(is_other).map(|(path, _)| path.clone()).collect();
    let absent = absent.into_iter().map(|file| file.path).collect();
    Ok(Tried { at: at.map(str::to_owned), latest, differ, absent })
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
