//! Pure renders of a scaffold as commits, and merging them as git merges anything.

use std::collections::BTreeMap;
use std::path::Path;

use super::process::{Access, ProcessError, Program, git};
use super::sides::sides_in_conflict;

/// The commit that a project was last rendered as. It is a ref and no branch, so it clutters no list of branches.
pub const TEMPLATE: &str = "refs/minipach/template";

/// Where a commit is noted that stands in for another during one merge.
const STAND_IN: &str = "refs/minipach/stand-in/";

/// The files of a tree: by path the mode and the blob's id, as `100644 <id>`.
pub type Blobs = BTreeMap<String, String>;

/// Text that a program wrote, trimmed.
fn text(program: Program) -> Result<String, ProcessError> {
    program.output().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Stores a blob; its id.
///
/// # Errors
/// When git refuses.
pub fn store_blob(root: &Path, bytes: &[u8]) -> Result<String, ProcessError> {
    text(git(root, Access::Write).args(["hash-object", "-w", "--stdin"]).stdin(bytes.to_vec()))
}

/// Ids among these that the repository does not have.
///
/// # Errors
/// When git refuses.
pub fn absent_blobs(root: &Path, files: &Blobs) -> Result<Vec<String>, ProcessError> {
    let ids: String =
        files.values().filter_map(|blob| blob.split(' ').nth(1)).flat_map(|id| [id, "\n"]).collect();
    let said = text(git(root, Access::Read).args(["cat-file", "--batch-check"]).stdin(ids.into_bytes()))?;
    let missing = said.lines().filter_map(|line| line.strip_suffix(" missing"));
    Ok(missing.map(str::to_owned).collect())
}

/// Writes a tree of these files; its id.
///
/// # Errors
/// When git refuses, or lacks a blob.
pub fn write_tree(root: &Path, files: &Blobs) -> Result<String, ProcessError> {
    let home = tempfile::tempdir().map_err(|source| ProcessError::Start { command: "git".into(), source })?;
    let index = home.path().join("index");
    let lines: String = files.iter().flat_map(|(path, blob)| [blob, "\t", path, "\0"]).collect();
    let update = git(root, Access::Write).args(["update-index", "-z", "--add", "--index-info"]);
    update.env("GIT_INDEX_FILE", &index).stdin(lines.into_bytes()).output()?;
    text(git(root, Access::Write).arg("write-tree").env("GIT_INDEX_FILE", &index))
}

/// Who commits where git knows nobody.
fn signed(program: Program, is_stand_in: bool) -> Program {
    if !is_stand_in {
        return program;
    }
    let names = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"];
    let mails = ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
    let program = names.into_iter().fold(program, |program, name| program.env(name, "minipach"));
    mails.into_iter().fold(program, |program, name| program.env(name, "minipach@localhost"))
}

/// Commits a tree; its id.
///
/// # Errors
/// When git refuses.
pub fn commit_tree(
    root: &Path,
    tree: &str,
    parents: &[&str],
    message: &str,
    is_stand_in: bool,
) -> Result<String, ProcessError> {
    let mut program = git(root, Access::Write).args(["commit-tree", "-F", "-"]);
    for parent in parents {
        program = program.args(["-p", parent]);
    }
    text(signed(program, is_stand_in).arg(tree).stdin(message.as_bytes().to_vec()))
}

/// The commit or tree that a name means; `None` if there is none.
pub fn resolve(root: &Path, name: &str) -> Option<String> {
    let program =
        git(root, Access::Read).args(["rev-parse", "--verify", "--quiet", "--end-of-options", name]);
    text(program).ok()
}

/// Whether all that led to one commit led to another too.
pub fn is_ancestor(root: &Path, one: &str, other: &str) -> bool {
    git(root, Access::Read).args(["merge-base", "--is-ancestor", one, other]).output().is_ok()
}

/// Moves a ref, or removes it.
///
/// # Errors
/// When git refuses.
pub fn set_ref(root: &Path, name: &str, commit: Option<&str>) -> Result<(), ProcessError> {
    let program = git(root, Access::Write).arg("update-ref");
    let program = match commit {
        Some(commit) => program.args([name, commit]),
        None => program.args(["-d", name]),
    };
    program.output().map(drop)
}

/// Names of files of one commit that another one has under other names, as git finds them.
///
/// # Errors
/// When git refuses.
pub fn renamed(root: &Path, from: &str, to: &str) -> Result<Vec<String>, ProcessError> {
    let args = ["diff", "--find-renames", "--diff-filter=R", "--name-status", "-z", from, to, "--"];
    let said = git(root, Access::Read).args(args).output()?;
    // Each is a letter with a number, the old name and the new one.
    let words: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
    Ok(words.chunks_exact(3).map(|one| String::from_utf8_lossy(one[1]).into_owned()).collect())
}

/// The files of a commit, links and subdatasets too.
///
/// # Errors
/// When git refuses.
pub fn blobs_of(root: &Path, commit: &str) -> Result<Blobs, ProcessError> {
    let said = git(root, Access::Read).args(["ls-tree", "-r", "-z", commit]).output()?;
    let blob = |line: &str| {
        let (about, path) = line.split_once('\t')?;
        let mut words = about.split(' ');
        let (mode, id) = (words.next()?, words.nth(1)?);
        Some((path.to_owned(), format!("{mode} {id}")))
    };
    Ok(String::from_utf8_lossy(&said).split('\0').filter_map(blob).collect())
}

/// Removes files in conflict that were removed here and only changed there; those that are left.
///
/// # Errors
/// When git refuses.
pub fn keep_deleted(root: &Path, conflicts: Vec<String>) -> Result<Vec<String>, ProcessError> {
    let sides = sides_in_conflict(root)?;
    let is_gone = |path: &String| sides.get(path).is_none_or(|sides| sides.are_at_odds() && !sides.ours);
    let (gone, left): (Vec<_>, Vec<_>) = conflicts.into_iter().partition(is_gone);
    if !gone.is_empty() {
        git(root, Access::Write).args(["rm", "--quiet", "--force", "--"]).args(&gone).output()?;
    }
    Ok(left)
}

/// Of files in conflict those that one side removed, and whether that was theirs.
///
/// # Errors
/// When git does not say.
pub fn removed_by_one(root: &Path, conflicts: &[String]) -> Result<BTreeMap<String, bool>, ProcessError> {
    let sides = sides_in_conflict(root)?;
    let removed = conflicts.iter().filter_map(|path| Some((path, sides.get(path)?)));
    let removed = removed.filter(|(_, sides)| sides.are_at_odds());
    Ok(removed.map(|(path, sides)| (path.clone(), sides.ours)).collect())
}

/// Of files in conflict those that one side added in a folder to which the other gave another name, where git put them.
///
/// # Errors
/// When git does not say.
pub fn put_in_renamed(root: &Path, conflicts: &[String]) -> Result<Vec<String>, ProcessError> {
    let sides = sides_in_conflict(root)?;
    let is_put = |path: &&String| sides.get(*path).is_some_and(|sides| sides.is_put());
    Ok(conflicts.iter().filter(is_put).cloned().collect())
}

/// Merges a commit into what is checked out, without committing; `base` is where the two parted if their histories do not
/// tell. Conflicts name `theirs` as it is given. Gives the files in conflict, which the index holds in all three stages.
///
/// # Errors
/// When git refuses to begin.
pub fn merge(
    root: &Path,
    theirs: &str,
    base: Option<&str>,
    message: &str,
) -> Result<Vec<String>, ProcessError> {
    let program = || git(root, Access::Write).env("GIT_REPLACE_REF_BASE", STAND_IN);
    let head = text(git(root, Access::Read).args(["rev-parse", "HEAD"]))?;
    if let Some(base) = base {
        // For this one merge, HEAD is also a child of the base, so that git merges as it always does.
        let parents = text(git(root, Access::Read).args(["rev-list", "--parents", "-1", "HEAD"]))?;
        let parents = parents.split(' ').skip(1).chain([base]).map(str::to_owned).collect::<Vec<_>>();
        program().args(["replace", "--force", "--graft", &head]).args(&parents).output()?;
    }
    let merged =
        program().args(["merge", "--quiet", "--no-commit", "--no-ff", "-m", message, theirs]).output();
    if base.is_some() {
        set_ref(root, &format!("{STAND_IN}{head}"), None)?;
    }
    let said = git(root, Access::Read).args(["diff", "--name-only", "--diff-filter=U", "-z"]).output()?;
    let conflicts: Vec<String> = said
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    match merged {
        Err(error) if conflicts.is_empty() => Err(error),
        _ => Ok(conflicts),
    }
}

/// The text of a file in conflict: 1 what both were, 2 ours, 3 theirs.
pub fn stage(root: &Path, number: u8, path: &str) -> Option<String> {
    let shown = git(root, Access::Read).args(["show", &format!(":{number}:{path}")]).output().ok()?;
    String::from_utf8(shown).ok()
}

/// Merges texts (what both were, ours, theirs) line by line; `None` if that is a conflict.
///
/// # Errors
/// When git refuses.
pub fn merge_texts(root: &Path, [base, ours, theirs]: &[String; 3]) -> Result<Option<String>, ProcessError> {
    let start = |source| ProcessError::Start { command: "git merge-file".into(), source };
    let home = tempfile::tempdir().map_err(start)?;
    let mut program = git(root, Access::Read).args(["merge-file", "-p"]);
    for (name, text) in [("ours", ours), ("base", base), ("theirs", theirs)] {
        std::fs::write(home.path().join(name), text).map_err(start)?;
        program = program.arg(home.path().join(name));
    }
    let ended = program.run()?;
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    Ok(ended.status.success().then_some(text))
}

/// Writes a file that was in conflict, and settles it.
///
/// # Errors
/// When it cannot be written, or git refuses.
pub fn staged(root: &Path, path: &str, text: &str) -> Result<(), ProcessError> {
    let start = |source| ProcessError::Start { command: format!("git add {path}"), source };
    std::fs::write(root.join(path), text).map_err(start)?;
    git(root, Access::Write).args(["add", "--", path]).output().map(drop)
}

/// Commits what is staged.
///
/// # Errors
/// When git refuses.
pub fn commit_as(root: &Path, message: &str, is_stand_in: bool) -> Result<(), ProcessError> {
    let program = git(root, Access::Write).args(["commit", "--quiet", "-m", message]);
    signed(program, is_stand_in).output().map(drop)
}

/// Commits a merge that is ready.
///
/// # Errors
/// When git refuses.
pub fn commit_merge(root: &Path, is_stand_in: bool) -> Result<(), ProcessError> {
    signed(git(root, Access::Write), is_stand_in).args(["commit", "--quiet", "--no-edit"]).output().map(drop)
}
