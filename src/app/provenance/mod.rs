//! Provenance: from what stands at a path back to what people brought, each step with its commit and command.

mod crate_json;
mod dot;
mod made;
mod outside;
mod prov;
mod redone;
mod results;
pub(super) mod sidecar;
mod spread;
mod told;
mod trace;
mod whole;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::git::Repo;

pub use crate_json::ro_crate;
pub use dot::dot;
pub use prov::prov_json;
pub use told::{Detail, ToldLine, told};

use super::choice::from_root;
use super::commits::commit_id;
use super::error::AppError;

/// Where things come from. Things, steps and commits name one another by their number in these lists.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Provenance {
    /// Version of this form.
    pub version: u32,
    /// The commit that is looked at.
    pub at: String,
    /// Name of the project's folder.
    pub project: String,
    /// The project's folder.
    #[serde(skip)]
    pub root: PathBuf,
    /// What was asked for.
    pub asked: Vec<usize>,
    /// Files, folders and subdatasets, each as it stood once.
    pub things: Vec<Thing>,
    /// What was run, or declared.
    pub steps: Vec<Step>,
    /// Commits that brought things.
    pub commits: Vec<Commit>,
}

/// A file, folder or subdataset with one content.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Thing {
    /// Path from the project's root.
    pub path: String,
    /// Its content: `git:…`, `annex:…`, a folder's `tree:…`, a subdataset's `commit:…`; empty if it was not found.
    pub content: String,
    /// The commit that made it so.
    pub commit: Option<usize>,
    /// The steps that made it; none for what a person or another program brought.
    pub made_by: Vec<usize>,
    /// Of a folder with several results: those; of one that came about in several commits: what came at once.
    pub parts: Vec<usize>,
    /// Whether `parts` are what came in different commits.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_commit: bool,
    /// The path that it had when `commit` made it so, if people moved it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formerly: Option<String>,
    /// Paths of results that stand there too and were not up to date when it was read, so that they did not go in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Why no more is known.
    pub end: Option<String>,
}

/// How something was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A datum of a pipeline was run, or its known result placed.
    Datum,
    /// A match: results are the inputs themselves.
    Match,
    /// A person declared what stood to be the result.
    Accepted,
    /// `datalad run` or `rerun`.
    DataladRun,
}

/// One making.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// How.
    pub kind: StepKind,
    /// The commit that holds what it made.
    pub commit: usize,
    /// The pipeline, of a datum.
    pub pipeline: Option<String>,
    /// The datum's place.
    pub key: Option<String>,
    /// The command, as a shell takes it; empty where none made it.
    pub command: String,
    /// The image that it ran in: its name, or the content of what stood in the project for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What it read: the input's name, if it has one, and the thing.
    pub inputs: Vec<(String, usize)>,
    /// Scripts that belong to the command, and files that its image is made of.
    pub code: Vec<usize>,
    /// Paths of what it made, from the root.
    pub outputs: Vec<String>,
}

/// Who brought something, and when.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Path of the subdataset that it is of; empty for the project itself.
    pub repository: String,
    /// Name of its author.
    pub author: String,
    /// Address of its author.
    pub email: String,
    /// When: seconds since the Unix epoch.
    pub at: i64,
    /// The first line of its message, without what marks a run record.
    pub subject: String,
}

impl Provenance {
    /// What a step is called: its datum, else what its commit says.
    fn name_of(&self, step: &Step) -> String {
        match (&step.pipeline, &step.key) {
            (Some(pipeline), Some(key)) => format!("{pipeline}:{key}"),
            _ => self.commits[step.commit].subject.clone(),
        }
    }
}

/// Traces `target`, a path from the folder `dir` or `PIPELINE:KEY`, as it stands in the commit `at` (anything git takes
/// for one).
///
/// # Errors
/// When there is no project or no such commit, when nothing stands there, or when the past cannot be read.
pub fn provenance(dir: &Path, target: &str, at: &str) -> Result<Provenance, AppError> {
    let repo = Repo::open(dir)?;
    let path = from_root(repo.root(), dir, target.as_ref()).ok().filter(|_| !target.contains(':'));
    let start = commit_id(repo.root(), at)?;
    let mut found = trace::trace(&repo, start, path.as_deref().unwrap_or(target))?;
    found.version = 1;
    repo.root().clone_into(&mut found.root);
    found.at = start.to_string();
    let name = repo.root().file_name().map(|name| name.to_string_lossy().into_owned());
    found.project = name.unwrap_or_default();
    Ok(found)
}

/// A moment as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) writes it.
fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}
