//! What `save` makes of subdatasets that were added, moved, have new commits or changes: HEAD has what results were made of.

use crate::support::Project;

const ALLOW: [&str; 2] = ["-c", "protocol.file.allow=always"];

const SPEC: &str = "\
input: {pfs: {name: in, repo: raw/data, glob: '/(*).txt'}}
output: /$1
transform: {cmd: [sh, -c, 'cat $PFS/in/* > $PFS/out/it']}
";

/// A project with a subdataset at `raw/data`, from beside it, whose result is committed.
fn study() -> Project {
    let project = Project::new();
    let data = project.home().join("data").to_string_lossy().into_owned();
    project.git(["init", "-q", "-b", "main", &data]);
    project.write("../data/a.txt", "one\n");
    project.git(["-C", &data, "add", "-A"]);
    project.git(["-C", &data, "commit", "-q", "-m", "data"]);
    project.commit("nothing");
    project.git([ALLOW[0], ALLOW[1], "submodule", "--quiet", "add", &data, "raw/data"]);
    project.spec("copy", SPEC);
    project
}

fn changed_inside(project: &Project) {
    project.write("raw/data/a.txt", "two\n");
}

fn committed_inside(project: &Project) {
    project.git(["-C", "raw/data", "commit", "-qam", "more"]);
}

/// The commit that HEAD records.
fn recorded(project: &Project, path: &str) -> String {
    project.git(["rev-parse", &format!("HEAD:{path}")])
}

#[test]
fn an_added_subdataset_is_saved_with_what_tells_of_it() {
    let project = study();
    project.minipach(["run"]).code(0).says("not committed yet: `copy/spec.yml` and 1 more have changes");
    project.minipach(["save"]).code(0).says("saved 4 files").says("committed copy (1 commit)");
    assert_eq!(recorded(&project, "raw/data"), project.git(["-C", "raw/data", "rev-parse", "HEAD"]));
    assert_eq!(project.changed(), "");
}

#[test]
fn a_moved_subdataset_is_saved_at_its_new_place() {
    for save in [&["save"][..], &["run", "--save"]] {
        let project = study();
        project.minipach(["run", "--save"]).code(0);
        project.git(["mv", "raw/data", "raw/moved"]);
        project.write("copy/spec.yml", SPEC.replace("raw/data", "raw/moved"));
        project.typed(save).code(0);
        assert_eq!(project.changed(), "", "{save:?}");
        assert_eq!(recorded(&project, "raw/moved"), project.git(["-C", "raw/moved", "rev-parse", "HEAD"]));
        let listed = project.git(["ls-tree", "-r", "--name-only", "HEAD", "raw"]);
        assert_eq!(listed.trim(), "raw/moved", "{save:?}");
        project.minipach(["run"]).code(0).says("nothing to do");
    }
}

#[test]
fn new_commits_of_a_subdataset_are_recorded_and_its_changes_told() {
    for save in [&["save"][..], &["save", "raw/data"], &["run", "--save"]] {
        let project = study();
        project.minipach(["run", "--save"]).code(0);
        changed_inside(&project);
        let before = project.head();
        let said = project.minipach(["save"]).code(0).says("nothing to save");
        said.says("left out changes inside the subdataset `raw/data`")
            .says("datalad save -d . -r 'raw/data'");
        project.minipach(["save", "copy"]).code(0).says("nothing to save");
        assert_eq!(project.head(), before);
        committed_inside(&project);
        project.minipach(["save", "--dry-run"]).code(0).says("changed  raw/data");
        project.typed(save).code(0);
        assert_eq!(recorded(&project, "raw/data"), project.git(["-C", "raw/data", "rev-parse", "HEAD"]));
        project.minipach(["run"]).code(0);
        assert_eq!(
            (project.read("copy/a/it").as_str(), project.changed().as_str()),
            ("two\n", ""),
            "{save:?}"
        );
    }
}

/// HEAD never has results of data that it does not record.
#[test]
fn results_of_data_that_is_staged_alone_wait_for_it() {
    let project = study();
    project.minipach(["run", "--save"]).code(0);
    changed_inside(&project);
    committed_inside(&project);
    project.git(["add", "raw/data"]);
    let before = project.head();
    project
        .minipach(["run"])
        .code(0)
        .says("not committed yet: `raw/data` has changes that are not committed");
    assert_eq!(project.head(), before);
    project.minipach(["save"]).code(0).says("saved 1 file").says("committed copy (1 commit)");
    assert_eq!(project.changed(), "");
    // A result that goes waits as well.
    project.git(["-C", "raw/data", "rm", "-q", "a.txt"]);
    project.write("raw/data/b.txt", "b\n");
    project.git(["-C", "raw/data", "add", "b.txt"]);
    committed_inside(&project);
    project.git(["add", "raw/data"]);
    let before = project.head();
    project.minipach(["run"]).code(0).says("not committed yet: `raw/data` has changes");
    assert_eq!(project.head(), before);
    project.minipach(["save"]).code(0);
    assert_eq!((project.changed().as_str(), project.exists("copy/a")), ("", false));
}

/// `DataLad` copies what stands in a subdataset as it stands, and its `.git` too: the record has to say what a command saw.
#[test]
fn a_rerun_sees_of_a_subdataset_what_the_run_saw() {
    let Some(study) = crate::study::Study::new(crate::study::Home::Text) else { return };
    let project = &study.project;
    let data = project.home().join("data").to_string_lossy().into_owned();
    project.git(["init", "-q", "-b", "main", &data]);
    project.write("../data/deep/a.txt", "one\n");
    project.git(["-C", &data, "add", "-A"]);
    project.git(["-C", &data, "commit", "-q", "-m", "data"]);
    project.git([ALLOW[0], ALLOW[1], "submodule", "--quiet", "add", &data, "raw/sub"]);
    let list = "transform: {cmd: [sh, -c, 'cd $PFS/in; find -L . | sort > $PFS/out/list']}\n";
    for (name, repo, glob) in [("around", "raw", "/"), ("one", "raw", "/(sub)"), ("inside", "raw/sub", "/")] {
        let input = format!("input: {{pfs: {{name: in, repo: {repo}, glob: '{glob}'}}}}\n");
        project.spec(name, &format!("{input}{list}"));
        project.minipach(["run", "--save"]).code(0);
        let (head, seen) = (project.head(), project.read(&format!("{name}/list")));
        assert!(seen.contains("deep/a.txt") && !seen.contains(".git"), "{name}: {seen}");
        study.datalad(["rerun"]).code(0);
        assert_eq!((project.head(), project.read(&format!("{name}/list"))), (head, seen), "{name}");
    }
}
