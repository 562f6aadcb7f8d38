//! Repositories that are damaged, locked, sparse or of another form: each is named with what helps, and that does help.

use std::fs;

use crate::support::Project;

const COPY: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'echo ran >> "$WITNESS"; cat /pfs/raw/x > /pfs/out/y']}
"#;

/// A pipeline of two datums, committed and run.
fn settled() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "one\n"), ("raw/s2/x", "two\n")]);
    project.spec("fs", COPY).commit("data and a pipeline");
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed().len(), 2);
    project
}

/// Nothing was lost: nothing runs, and all stands.
#[track_caller]
fn is_whole(project: &Project) {
    project.nothing_to_do();
    assert_eq!((project.read("fs/s1/y"), project.changed()), ("one\n".into(), String::new()));
    assert!(project.witnessed().is_empty());
}

#[test]
fn a_damaged_index_is_made_anew_from_head() {
    let project = settled();
    let index = project.path(".git/index");
    let whole = fs::read(&index).expect("there is an index");
    for bytes in [&b""[..], b"garbage", &whole[..whole.len() - 5]] {
        fs::write(&index, bytes).expect("it can be written");
        let said = project
            .minipach(["run"])
            .code(4)
            .says("/.git/index` is damaged")
            .says("&& git read-tree HEAD` makes it anew");
        assert!(said.stderr.contains("leaves all files as they are"), "{}", said.stderr);
        project.remove(".git/index").git(["read-tree", "HEAD"]);
        is_whole(&project);
    }
}

#[test]
fn a_git_folder_that_is_no_repository_is_told_with_what_it_lacks() {
    let project = settled();
    let head = project.read(".git/HEAD");
    for text in [Some(""), None] {
        project.remove(".git/HEAD");
        if let Some(text) = text {
            project.write(".git/HEAD", text);
        }
        project
            .minipach(["run"])
            .code(4)
            .says("is no git repository: its `HEAD` or a folder is missing or damaged");
    }
    project.write(".git/HEAD", &head);
    is_whole(&project);
    fs::rename(project.path(".git"), project.home().join("git")).expect("it can be moved");
    project.write(".git", "gitdir: /nowhere/git\n");
    let said = project.minipach(["status"]).code(4);
    said.says("/.git` says that the repository is `/nowhere/git`, and none is there");
    project.write(".git", "gitdir: ../git\n");
    is_whole(&project);
}

#[test]
fn something_in_the_place_of_minipachs_own_folder_is_to_be_moved_away() {
    let project = settled();
    project.remove(".git/minipach").write(".git/minipach", "mine\n");
    for verb in ["run", "status"] {
        project.minipach([verb]).code(4).says("/.git/minipach/lock`").says("move it away and run again");
    }
    assert_eq!(project.read(".git/minipach"), "mine\n");
    project.remove(".git/minipach");
    is_whole(&project);
}

#[test]
fn a_branch_that_somebody_locks_is_named_and_what_was_made_waits() {
    let project = settled();
    project.write("raw/s3/x", "three\n").commit("one more");
    project.write(".git/refs/heads/main.lock", "");
    let said = project.minipach(["run"]).code(4).says("/.git/refs/heads/main.lock` has been there for");
    let said = said.says("if no git program runs, remove it");
    said.says("fs: not committed yet: the branch is locked");
    assert_eq!(project.witnessed().len(), 1);
    project.remove(".git/refs/heads/main.lock");
    project.minipach(["run"]).code(0).says("1 commit for results that no commit recorded");
    is_whole(&project);
}

#[test]
fn input_that_a_sparse_checkout_leaves_out_keeps_its_datums_from_running() {
    let project = settled();
    project.write("raw/s3/x", "three\n").write("raw/s4/x", "four\n").commit("two more");
    project.git(["sparse-checkout", "set", "fs", ".minipach", "raw/s1", "raw/s2", "raw/s4"]);
    let said = project.minipach(["run"]).code(4);
    said.says(
        "`raw/s3/x` is left out by a sparse checkout; `git sparse-checkout add raw/s3` brings that here",
    );
    assert_eq!((project.witnessed().len(), project.exists("fs/s3")), (1, false));
    project.git(["sparse-checkout", "add", "raw/s3"]);
    project.minipach(["run"]).code(0);
    assert_eq!((project.witnessed().len(), project.read("fs/s3/y")), (1, "three\n".into()));
    is_whole(&project);
}

#[test]
fn a_pointer_of_git_lfs_is_content_that_is_not_here() {
    const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n";
    let project = Project::new();
    project.write_all(&[(".gitattributes", "raw/** filter=lfs -text\n"), ("raw/s1/x", POINTER)]);
    let set = |key: &str, value: &str| drop(project.git(["config", &format!("filter.lfs.{key}"), value]));
    set("clean", "cat");
    set("smudge", "cat");
    project.spec("fs", COPY).commit("a pointer, as a clone without its content has it");
    project
        .minipach(["run"])
        .code(1)
        .says("the content of `raw/s1/x` is not here: a pointer of Git LFS stands in its place; `git lfs pull` fetches it");
    assert!(project.witnessed().is_empty(), "no command ran");
    // What `git lfs pull` does.
    set("clean", &format!("cat >/dev/null; printf '{}'", POINTER.replace('\n', "\\n")));
    set("smudge", "cat >/dev/null; echo one");
    project.remove("raw/s1/x").git(["checkout", "raw"]);
    assert_eq!((project.read("raw/s1/x"), project.changed()), ("one\n".into(), String::new()));
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed(), ["ran"]);
    is_whole(&project);
}

#[test]
fn a_script_that_is_a_pointer_of_git_lfs_is_never_run() {
    const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n";
    let named = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/p.sh]}\n";
    let listed = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: ['true'], code: [code/p.sh]}\n";
    for spec in [named, listed] {
        let project = Project::new();
        project.write_all(&[(".gitattributes", "code/** filter=lfs -text\n"), ("code/p.sh", POINTER)]);
        project.git(["config", "filter.lfs.clean", "cat"]);
        project.git(["config", "filter.lfs.smudge", "cat"]);
        project.write("raw/s1", "1\n").write("raw/s2", "2\n").spec("fs", spec).commit("a pointer");
        let run = project.minipach(["run"]).code(1).says("2 datums failed");
        run.says("the content of `code/p.sh` is not here: a pointer of Git LFS stands in its place; `git lfs pull` fetches it");
        assert!(!project.minipach(["logs", "fs:s1"]).stdout.contains("version"), "no command ran");
    }
}

/// A project whose past has other data, and how its clones are made of which git leaves out what a filter says.
fn with_a_past() -> (Project, impl Fn(&str) -> Project) {
    let project = settled();
    project.write("raw/s2/x", "new\n").commit("other data");
    project.minipach(["run"]).ok();
    project.witnessed();
    project.git(["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", project.root().display());
    let partial = move |filter: &str| {
        let clone = Project::bare();
        clone.git(["clone", "-q", &format!("--filter={filter}"), &from, "."]);
        clone
    };
    (project, partial)
}

#[test]
fn a_partial_clone_fetches_what_is_missing_of_the_past() {
    let (project, partial) = with_a_past();
    let partial = || partial("blob:none");
    let (clone, other) = (partial(), partial());
    for verb in [["diff", "HEAD~2"], ["datums", "fs"]] {
        assert_eq!(clone.minipach(verb).ok(), project.minipach(verb).ok());
    }
    let then = clone.minipach(["status", "--at", "HEAD~2"]).ok();
    assert!(then.contains("2 done") && !then.contains("in the way"), "{then}");
    // What is known is placed, and its bytes come for that.
    let far = partial();
    far.write("raw/s2/x", "two\n").minipach(["run"]).ok();
    assert_eq!((far.read("fs/s2/y"), far.witnessed().len()), ("two\n".into(), 0));
    // Out of reach that is said, and work is done again.
    other.git(["remote", "set-url", "origin", "file:///nowhere"]);
    other
        .minipach(["diff", "HEAD~2"])
        .code(4)
        .says("is here: this clone is partial, and git could not fetch the rest");
    other.write("raw/s2/x", "two\n").minipach(["run"]).ok();
    assert_eq!((other.read("fs/s2/y"), other.witnessed().len()), ("two\n".into(), 1));
}

/// As `--filter=tree:0` makes one: of the past it has commits alone.
#[test]
fn a_clone_without_folders_of_the_past_has_git_fetch_them() {
    let (project, partial) = with_a_past();
    let clone = partial("tree:0");
    assert_eq!(clone.minipach(["diff", "HEAD~2"]).ok(), project.minipach(["diff", "HEAD~2"]).ok());
    let far = partial("tree:0");
    let provenance = far.minipach(["provenance", "fs/s1/y"]).ok();
    assert_eq!(provenance, project.minipach(["provenance", "fs/s1/y"]).ok());
    let far = partial("tree:0");
    far.write("raw/s2/x", "two\n").minipach(["run"]).ok();
    assert_eq!((far.read("fs/s2/y"), far.witnessed().len()), ("two\n".into(), 0));
}
