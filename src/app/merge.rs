//! Merges, picks and rebases: which conflicts a run settles, and what git wrote into results that it could not merge.

use std::collections::BTreeSet;

use crate::git::process::{Access, git};
use crate::git::sides_in_conflict;
use crate::model::{PipelineName, is_at_or_below, show, show_some};
use crate::run::{Project, count};

use super::error::{AppError, ExitCode};
use super::start::quoted;

/// Paths that a merge left unsettled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// Results and ledgers: a run settles them.
    pub results: Vec<String>,
    /// All else: only people can.
    pub others: Vec<String>,
    /// Results among the others, of which a side was edited by hand.
    pub edited: BTreeSet<String>,
    /// Files among the others that stand where results do, and that one side removed and the other changed.
    pub removed: BTreeSet<String>,
}

/// What a merge left unsettled.
pub fn conflicts(project: &Project) -> Conflicts {
    let is_ours = |path: &String| is_ledger(path) || project.is_result(path);
    let unmerged = project.scan.unmerged().into_iter().map(str::to_owned);
    let (mut results, mut others): (Vec<String>, Vec<String>) = unmerged.partition(is_ours);
    let edited = project.edited_sides(&results).unwrap_or_default();
    results.retain(|path| !edited.contains(path));
    others.extend(edited.iter().cloned());
    let removed = removed_by_one_side(project, &others);
    let edited = edited.difference(&removed).cloned().collect();
    Conflicts { results, others, edited, removed }
}

/// Of paths in conflict, those in folders of pipelines of which one side alone has a version.
fn removed_by_one_side(project: &Project, paths: &[String]) -> BTreeSet<String> {
    let is_spec = |path: &str| project.pipelines.values().any(|pipeline| pipeline.spec_path() == path);
    let is_of_pipeline =
        |path: &str| project.pipelines.keys().any(|name| is_at_or_below(path, name.as_str()));
    let mut found: BTreeSet<String> =
        paths.iter().filter(|path| is_of_pipeline(path) && !is_spec(path)).cloned().collect();
    if !found.is_empty() {
        let sides = sides_in_conflict(project.repo.root()).unwrap_or_default();
        found.retain(|path| sides.get(path).is_some_and(|sides| sides.is_of_one()));
    }
    found
}

/// What a merge, or a pick that a run settles like one, or what else leaves conflicts, left to be done, in a sentence with
/// commands as `paint` shows them; none where nothing is.
pub fn unsettled(project: &Project, paint: &dyn Fn(&str) -> String) -> Option<String> {
    let found = conflicts(project);
    let Conflicts { results, others, .. } = &found;
    match (others.as_slice(), results.as_slice()) {
        ([], []) => None,
        ([], [first, ..]) if !are_settled_by_run(project) => {
            let restore = paint(&format!("git checkout HEAD -- {}", quoted(first)));
            let results = count(results.len(), "result");
            Some(format!("merge conflicts in {results}: take HEAD's, as by {restore}, then run"))
        }
        ([], results) => {
            let results = count(results.len(), "result");
            Some(format!("merge conflicts in {results}: {} settles them", paint("minipach run")))
        }
        ([first, ..], _) => {
            let (files, first) = (count(others.len(), "file"), show(first));
            let settle = format!("settle them and {} them", paint("git add"));
            let by_hand: Vec<String> = by_hand(&found).map(|told| format!("; {told}")).collect();
            let by_hand = by_hand.concat();
            Some(format!("merge conflicts in {files}, {first} first: {settle}; nothing runs before{by_hand}"))
        }
    }
}

/// What settles results in conflict of which a side is an edit, which a run would lose.
fn by_hand(conflicts: &Conflicts) -> impl Iterator<Item = String> {
    let edited = conflicts.edited.first().map(|first| {
        let (told, word) = (show(first), quoted(first));
        format!(
            "{told} is a result that one side changed by hand: `git checkout --ours -- {word}` or `--theirs` takes a side, \
             and `minipach accept` then keeps what was changed"
        )
    });
    let removed = conflicts.removed.first().map(|first| {
        let (told, word) = (show(first), quoted(first));
        format!(
            "one side removed {told}, the other changed it: `git rm -- {word}` removes it; `git add -- {word}` keeps it, \
             and `minipach why {word}` then tells whether it is still a result"
        )
    });
    edited.into_iter().chain(removed)
}

/// Whether a run settles conflicts in results: in a merge, or a pick where git noted what it wrote into them. A rebase with
/// `--apply` does not note it, and a stash that did not fit is no such thing.
pub(super) fn are_settled_by_run(project: &Project) -> bool {
    let is_noted = project.repo.has_auto_merge() || project.repo.operation() == Some("merge");
    project.repo.concluded_by().is_some() && is_noted
}

/// Both sides of a ledger count, and what git writes between them is passed over.
fn is_ledger(path: &str) -> bool {
    path.starts_with(".minipach/ledger/")
}

/// Refuses to run, save or accept while files that are no results have conflicts, or results have some outside of a merge
/// or the like, as a stash leaves them: these no run settles.
///
/// # Errors
/// When there are such files.
pub(super) fn refuse_conflicts(project: &Project) -> Result<(), AppError> {
    let found = conflicts(project);
    let Conflicts { results, others, .. } = &found;
    if others.is_empty() {
        return if project.repo.operation().is_none() { refuse_loose(results) } else { Ok(()) };
    }
    let settled = "settle them and `git add` the files, then try again";
    let by_run = are_settled_by_run(project).then_some("; conflicts in results are settled by the run");
    let mut error = in_conflict(others).hint(format!("{settled}{}", by_run.unwrap_or_default()));
    for told in by_hand(&found) {
        error = error.hint(told);
    }
    Err(match project.repo.operation().filter(|_| project.repo.concluded_by().is_some()) {
        Some(operation) => error.hint(format!("or take the {operation} back by `git {operation} --abort`")),
        None => error,
    })
}

fn in_conflict(paths: &[String]) -> AppError {
    let named: Vec<&str> = paths.iter().map(String::as_str).collect();
    let have = if named.len() == 1 { "has" } else { "have" };
    AppError::new(ExitCode::Data, format!("{} {have} merge conflicts", show_some(&named, 1)))
}

/// Refuses results in conflict that belong to no merge.
fn refuse_loose(results: &[String]) -> Result<(), AppError> {
    let Some(first) = results.first() else { return Ok(()) };
    Err(in_conflict(results).hint(format!(
        "no merge is going on that a run could settle; take HEAD's, as by `git checkout HEAD -- {}`, then run",
        quoted(first)
    )))
}

/// Puts our side back where git wrote both sides of a conflict into a result and nobody touched that
/// since: nobody made such a file. Tells whether anything changed.
///
/// # Errors
/// When git cannot write it.
pub(super) fn take_out_markers(project: &Project) -> Result<bool, AppError> {
    let marked = marked(project)?;
    if marked.is_empty() {
        return Ok(false);
    }
    let list = marked.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
    let words = ["checkout", "--quiet", "--ours", "--pathspec-from-file=-", "--pathspec-file-nul"];
    git(project.repo.root(), Access::Write).args(words).stdin(list).output().map_err(refused)?;
    Ok(true)
}

/// Sees results into which git wrote both sides of a conflict as a run will: nobody made these files. For who looks and
/// takes nothing out.
///
/// # Errors
/// When git cannot be asked.
pub(super) fn see_through_markers(project: &mut Project) -> Result<(), AppError> {
    let marked: BTreeSet<String> = marked(project)?.into_iter().collect();
    if !marked.is_empty() {
        project.hide(&marked);
    }
    Ok(())
}

/// Refuses to accept what git wrote into results of a pipeline.
///
/// # Errors
/// When there are such results, or git cannot be asked.
pub(super) fn refuse_markers(project: &Project, pipeline: &PipelineName) -> Result<(), AppError> {
    let mut marked = marked(project)?;
    if !are_settled_by_run(project) {
        let in_conflict = conflicts(project).results.into_iter();
        marked.extend(in_conflict.filter(|path| !is_ledger(path) && has_markers(project, path)));
    }
    let Some(path) = marked.iter().find(|path| is_at_or_below(path, pipeline.as_str())) else {
        return Ok(());
    };
    let message = format!("git wrote both sides of a merge conflict into `{path}`, which is no result");
    Err(AppError::new(ExitCode::Data, message)
        .hint("`minipach run` makes the result; or write what is right into the file, then accept it"))
}

/// Results into which git wrote both sides of a conflict and that nobody touched since.
fn marked(project: &Project) -> Result<Vec<String>, AppError> {
    if project.repo.concluded_by().is_none() {
        return Ok(Vec::new());
    }
    let mut marked = conflicts(project).results;
    marked.retain(|path| !is_ledger(path) && has_markers(project, path));
    if marked.is_empty() {
        return Ok(marked);
    }
    let sides = sides_in_conflict(project.repo.root()).map_err(refused)?;
    let is_ours = |path: &String| sides.get(path).is_some_and(|sides| sides.ours);
    let touched = touched_since(project);
    let is_octopus = touched.is_none() && project.repo.operation() == Some("merge");
    let is_untouched = |path: &String| match &touched {
        Some(touched) => !touched.contains(path),
        None => is_octopus && is_as_merged(project, path).unwrap_or(false),
    };
    marked.retain(|path| is_ours(path) && is_untouched(path));
    Ok(marked)
}

/// Whether a file in conflict is what git makes of its versions. A merge of several branches notes it nowhere.
fn is_as_merged(project: &Project, path: &str) -> Option<bool> {
    let root = project.repo.root();
    let folder = tempfile::tempdir_in(project.repo.state_dir()).ok()?;
    let mut names = Vec::new();
    // Our version, that of both, and theirs.
    for stage in ["2", "1", "3"] {
        let version =
            git(root, Access::Read).args(["cat-file", "blob", &format!(":{stage}:{path}")]).output();
        let name = folder.path().join(stage);
        std::fs::write(&name, version.unwrap_or_default()).ok()?;
        names.push(name);
    }
    let merged = git(root, Access::Read).args(["merge-file", "-p"]).args(&names).run().ok()?;
    Some(without_names(&merged.stdout) == without_names(&std::fs::read(root.join(path)).ok()?))
}

/// A merged text without what its markers call the versions.
fn without_names(text: &[u8]) -> Vec<&[u8]> {
    const MARKERS: [&[u8]; 3] = [b"<<<<<<< ", b"||||||| ", b">>>>>>> "];
    let is_marker = |line: &[u8]| MARKERS.iter().any(|marker| line.starts_with(marker));
    text.split(|byte| *byte == b'\n').map(|line| if is_marker(line) { &line[..7] } else { line }).collect()
}

fn has_markers(project: &Project, path: &str) -> bool {
    let text = std::fs::read(project.repo.root().join(path)).unwrap_or_default();
    text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< "))
}

/// Paths that differ from what the merge wrote; `None` where git did not note that down.
fn touched_since(project: &Project) -> Option<BTreeSet<String>> {
    let differ = git(project.repo.root(), Access::Read).args([
        "diff",
        "--name-only",
        "--no-renames",
        "-z",
        "AUTO_MERGE",
    ]);
    let output = differ.output().ok()?;
    Some(String::from_utf8_lossy(&output).split('\0').map(str::to_owned).collect())
}

fn refused(error: impl std::fmt::Display) -> AppError {
    AppError::new(ExitCode::Data, error.to_string())
}
