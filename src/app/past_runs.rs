//! Run records in git's history, for `import`.

use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::import::{Class, Item, PastRun, Place};
use crate::model::Oid;
use crate::plan::record::{PREFIX, Record, is_own};

use super::commits::commit_id;
use super::error::{AppError, ExitCode};
use super::provenance::sidecar;

/// Runs that commits record.
#[derive(Debug, Default)]
pub(super) struct PastRuns {
    /// Those that can be read, oldest first.
    pub(super) runs: Vec<PastRun>,
    /// A line for each record that cannot.
    pub(super) unread: Vec<Item>,
    /// The commits of both, oldest first.
    pub(super) order: Vec<String>,
}

impl PastRuns {
    /// Puts lines about commits in the order of history.
    pub(super) fn arrange(&self, items: &mut [Item]) {
        items.sort_by_key(|item| self.order.iter().position(|commit| *commit == item.place.path));
    }
}

/// The runs that commits of a revision record; those of minipach itself are pipelines already.
///
/// # Errors
/// When there is no such revision.
pub(super) fn past_runs(repo: &Repo, revision: &str) -> Result<PastRuns, AppError> {
    let log = git(repo.root(), Access::Read).args([
        "log",
        "--reverse",
        "--topo-order",
        "--format=%H%x00%B%x01",
        "--end-of-options",
    ]);
    let text = log.args([revision, "--"]).output();
    let text = text.map_err(|error| {
        let unknown = commit_id(repo.root(), revision).err();
        unknown.unwrap_or_else(|| AppError::new(ExitCode::Usage, error.to_string()))
    })?;
    let mut found = PastRuns::default();
    for commit in String::from_utf8_lossy(&text).split('\u{1}') {
        let Some((id, message)) = commit.trim_start().split_once('\0') else { continue };
        if is_own(message) {
            continue;
        }
        let Ok(commit) = id.parse::<Oid>() else { continue };
        let record = match sidecar::record_of(repo, commit, message) {
            Some(record) => record,
            None if message.starts_with(PREFIX) => {
                Record::Broken("it does not stand between the two lines that DataLad writes around it".into())
            }
            None => continue,
        };
        let short: String = id.chars().take(7).collect();
        found.order.push(short.clone());
        match record {
            Record::Inline(record) => found.runs.push(PastRun { commit: short, record }),
            Record::Broken(why) => found.unread.push(Item {
                place: Place::new(&short, 1),
                class: Class::Refused,
                target: String::new(),
                text: format!("its run record cannot be read: {why}"),
            }),
            Record::Sidecar(_) => {}
        }
    }
    Ok(found)
}
