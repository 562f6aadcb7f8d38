//! A project as its commits have it: `status --at`, `datums --at`, `diff`; and that a run is of now.

use crate::support::Project;
use serde_json::Value;

const COPY: &str = "\
input: {pfs: {repo: raw/t1, glob: '/(sub-*)'}}
output: /$1
transform: {cmd: [sh, code/copy.sh]}
";

const ALL: &str = "\
input: {pfs: {repo: copy, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat \"$PFS\"/copy/*/T1.txt > \"$PFS/out/all\"']}
";

/// Three subjects, done; tagged `v1`.
fn study() -> Project {
    let project = Project::new();
    for subject in ["sub-01", "sub-02", "sub-03"] {
        project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{subject}\n"));
    }
    project.write("code/copy.sh", "cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n");
    project.spec("copy", COPY).spec("all", ALL).commit("a study");
    project.minipach(["run"]).ok();
    project.git(["tag", "v1"]);
    project
}

/// One subject changed, one came, one went.
fn later() -> Project {
    let project = study();
    project.write("raw/t1/sub-01/T1.txt", "other\n").write("raw/t1/sub-04/T1.txt", "four\n");
    project.remove("raw/t1/sub-03");
    project.commit("new scans");
    project
}

fn datums<'a>(found: &'a Value, pipeline: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let pipelines = found["pipelines"].as_array().expect("a list");
    let Some(one) = pipelines.iter().find(|one| one["name"] == pipeline) else { return Vec::new() };
    let datum = |datum: &'a Value| {
        let word = |field: &str| datum[field].as_str().expect("a word");
        (word("key"), word("change"), &datum["is_same_result"])
    };
    one["datums"].as_array().expect("a list").iter().map(datum).collect()
}

#[test]
fn a_commit_has_the_state_that_it_had() {
    let project = later();
    let before = (project.head(), project.changed());
    let then = project.minipach(["status", "--at", "v1"]).ok();
    assert!(then.contains(&format!("at {} “", &project.git(["rev-parse", "v1"])[..7])), "{then}");
    assert!(then.contains("3 done") && !then.contains("next:"), "{then}");
    assert!(project.minipach(["status"]).ok().contains("1 stale"));
    let told = project.minipach(["status", "--at", "v1", "--json"]).code(0).json();
    assert_eq!(told["at"]["commit"], project.git(["rev-parse", "v1"]).trim());
    assert_eq!(
        (&told["pipelines"][0]["state"], &told["pipelines"][0]["datums"]["done"]),
        (&"done".into(), &3.into())
    );
    let listed = project.minipach(["datums", "copy", "--at", "v1~2"]).ok();
    assert!(
        listed.contains("sub-03") && listed.contains("pending") && !listed.contains("sub-04"),
        "{listed}"
    );
    assert_eq!((project.head(), project.changed()), before, "a look changes nothing");
    let left = std::fs::read_dir(project.path(".git/minipach")).expect("a folder").flatten();
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with("past-")).count(), 0);
}

#[test]
fn datums_that_came_went_and_changed_are_told_with_why() {
    let project = later();
    project.minipach(["run"]).ok();
    let told = project.minipach(["diff", "v1"]).ok();
    for part in ["1 file came, 1 went, 1 changed", "came", "went", "input `t1` changed; another result"] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    let found = project.minipach(["diff", "v1", "--json"]).code(0).json();
    let (none, other) = (Value::Null, Value::from(false));
    let expected = [("sub-01", "changed", &other), ("sub-03", "went", &none), ("sub-04", "came", &none)];
    assert_eq!(datums(&found, "copy"), expected);
    assert_eq!(datums(&found, "all"), [(".", "changed", &other)]);
    let why = &found["pipelines"][0]["datums"][0]["why"][0];
    assert_eq!((&why["kind"], &why["path"]), (&"input".into(), &"raw/t1/sub-01".into()));
    let back = project.minipach(["diff", "HEAD", "v1", "--json"]).code(0).json();
    assert_eq!(datums(&back, "copy")[1].1, "came", "from the later one to the earlier one");
    let long = project.minipach(["diff", "v1", "-v"]).ok();
    assert!(
        long.contains("`raw/t1/sub-01` changed  tree:") || long.contains("`raw/t1/sub-01` changed  dir:"),
        "{long}"
    );
}

#[test]
fn equal_results_of_other_code_and_edits_that_are_not_committed_are_told() {
    let project = study();
    project.write("code/copy.sh", "# a note\ncp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n").commit("a note");
    project.minipach(["run"]).ok();
    let told = project.minipach(["diff", "v1"]).ok();
    assert!(told.contains("code changed: `code/copy.sh`; the same result"), "{told}");
    assert!(!told.contains("all "), "what reads them is as it was\n{told}");
    project.write("copy/sub-02/T1.txt", "by hand\n");
    let told = project.minipach(["diff", "HEAD"]).ok();
    assert!(told.contains("done, then edited") && told.contains("sub-02"), "{told}");
    project.git(["checkout", "-q", "copy"]);
    let same = project.minipach(["diff", "HEAD"]).ok();
    assert!(same.contains("no datum differs"), "{same}");
}

#[test]
fn pipelines_that_came_or_went_and_specs_that_changed_are_told() {
    let project = study();
    project.spec("copy", &format!("{COPY}datum_tries: 2\n"));
    project.remove("all/spec.yml").remove("all/all");
    project.spec("new", &ALL.replace("all\"", "new\""));
    let told = project.minipach(["diff", "HEAD"]).ok();
    for part in ["another spec, the same datums", "a new pipeline", "no pipeline any more"] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
}

#[test]
fn what_names_no_commit_and_a_run_of_the_past_are_refused() {
    let project = study();
    for words in [["diff", "nowhere"], ["diff", "--json"]] {
        let ended = project.minipach(words);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    }
    project
        .minipach(["diff", "nowhere"])
        .code(4)
        .says("there is no commit `nowhere`")
        .says("git log --oneline");
    project.minipach(["status", "--at=--help"]).code(4).says("there is no commit");
    let refused = project.minipach(["run", "--at", "v1"]).code(2).says("of the project as it stands");
    assert!(refused.stderr.contains("git worktree add"), "{}", refused.stderr);
}
