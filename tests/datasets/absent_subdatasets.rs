//! Clones without their subdatasets: what is done is known from what is committed, or it is said in one sentence what is missing.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Ended, Project};

const SPECS: [(&str, &str); 6] = [
    (
        "folders",
        "input: {pfs: {name: in, repo: raw/data, glob: '/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n",
    ),
    (
        "files",
        "input: {pfs: {name: in, repo: raw/data/sub-1, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n",
    ),
    ("whole", "input: {pfs: {name: in, repo: raw/data, glob: /}}\ntransform: {cmd: [sh, code/size.sh]}\n"),
    (
        "joined",
        "input:\n  join:\n    - pfs: {name: in, repo: raw/data, glob: '/(sub-*)', join_on: $1}\n    \
         - pfs: {name: own, repo: own, glob: '/(*).txt', join_on: $1}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n",
    ),
    (
        "after",
        "input: {pfs: {name: in, repo: folders, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n",
    ),
    // A glob that begins with plain text, on the subdataset itself.
    (
        "named",
        "input: {pfs: {name: in, repo: raw/data, glob: '/sub-1'}}\noutput: /\ntransform: {cmd: [sh, code/size.sh]}\n",
    ),
];

const MISSING: &str = "subdataset `raw/data` is not installed; `minipach run` installs it, and so does `datalad get -n raw/data`";

fn add(project: &Project, name: &str) {
    let data = project.home().join(name).to_string_lossy().into_owned();
    let path = format!("raw/{name}");
    project.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &data, &path]);
}

/// A project that reads a subdataset, with all results committed.
fn study(specs: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for name in ["data", "other"] {
        let at = project.home().join(name).to_string_lossy().into_owned();
        project.git(["init", "-q", "-b", "main", &at]);
        project
            .write(&format!("../{name}/sub-1/a.txt"), "a\n")
            .write(&format!("../{name}/sub-2/b.txt"), "bb\n");
        project.git(["-C", &at, "add", "-A"]);
        project.git(["-C", &at, "commit", "-q", "-m", "data"]);
    }
    project.write("code/size.sh", "find $PFS/in/ -type f -o -type l | xargs cat | wc -c > $PFS/out/size\n");
    project.write("own/sub-1.txt", "1\n").write("own/sub-2.txt", "2\n").commit("code");
    add(&project, "data");
    for (name, spec) in specs {
        project.spec(name, spec);
    }
    project.minipach(["run", "--save"]);
    assert_eq!(project.changed(), "");
    project
}

fn clone(project: &Project) -> PathBuf {
    project.git(["clone", "-q", ".", "../clone"]);
    project.home().join("clone")
}

fn minipach(project: &Project, clone: &Path, words: &[&str]) -> Ended {
    project.typed(&[&["-C", &clone.to_string_lossy()], words].concat())
}

#[test]
fn a_clone_knows_what_is_done_without_them() {
    let project = study(&SPECS);
    let clone = clone(&project);
    let pipelines = |ended: Ended| ended.code(0).json()["pipelines"].clone();
    for verb in ["plan", "status"] {
        let there = pipelines(minipach(&project, &clone, &[verb, "--json"]));
        assert_eq!(there, pipelines(project.minipach([verb, "--json"])), "{verb}");
        assert!(
            there.as_array().expect("a list").iter().all(|pipeline| pipeline["state"] == "done"),
            "{there}"
        );
    }
    for (name, _) in SPECS {
        let lines = |ended: Ended| -> Vec<Value> { ended.code(0).json_lines() };
        let mut there = lines(minipach(&project, &clone, &["datums", name, "--json"]));
        let mut here = lines(project.minipach(["datums", name, "--json"]));
        // Attempts are local memory.
        for line in there.iter_mut().chain(&mut here) {
            line["attempts"] = Value::Null;
        }
        assert_eq!(there, here);
    }
    minipach(&project, &clone, &["plan"]).code(0).says("nothing to do");
    minipach(&project, &clone, &["status", "--at", "HEAD"]).code(0).says("2 done");
    minipach(&project, &clone, &["enter", "folders:sub-1", "--", "true"]).code(4).says(MISSING);
    let said = "the subdataset `raw/data` is not installed: what is in it is known as the ledger has it";
    minipach(&project, &clone, &["why", "folders:sub-1"]).code(0).says("is done").says(said);
    assert!(!project.minipach(["why", "folders:sub-1"]).stdout.contains("not installed"));
    // A run needs it as little.
    run(&project, &clone, &[]).code(0).says("nothing to do");
    assert!(!clone.join("raw/data/.git").exists());
    let forced = run(&project, &clone, &["--force", "folders:sub-1"]).code(0);
    forced.says("installing the subdataset `raw/data`").says("1 to run");
    assert!(clone.join("raw/data/sub-1/a.txt").exists());
}

fn run(project: &Project, clone: &Path, words: &[&str]) -> Ended {
    let mut run = project.command(env!("CARGO_BIN_EXE_minipach"));
    run.args(["-C", &clone.to_string_lossy(), "run"]).args(words).env("GIT_ALLOW_PROTOCOL", "file");
    crate::support::finish(run)
}

/// Only what a pipeline reads that has something to do is installed; the others stay as they are.
#[test]
fn a_run_installs_only_what_it_needs() {
    let other = (
        "other",
        "input: {pfs: {name: in, repo: raw/other, glob: '/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/other.sh]}\n",
    );
    let project = study(&SPECS[..1]);
    add(&project, "other");
    project.write("code/other.sh", "ls $PFS/in > $PFS/out/names\n").spec(other.0, other.1);
    project.minipach(["run", "--save"]).code(0);
    let clone = clone(&project);
    std::fs::write(clone.join("code/other.sh"), "ls -a $PFS/in > $PFS/out/names\n").expect("it is written");
    run(&project, &clone, &["--no-commit"]).code(0).says("installing the subdataset `raw/other`");
    assert!(clone.join("raw/other/.git").exists() && !clone.join("raw/data/.git").exists());
    minipach(&project, &clone, &["status"]).code(0).says("folders  done");
}

/// That a commit tells the whole of its ledger is found by a walk through the past, once: it stays true.
#[test]
fn that_a_commit_tells_the_whole_is_remembered() {
    let project = study(&SPECS[..1]);
    let squash = |clone: &Path| {
        let at = clone.to_string_lossy();
        let tree = project.git(["-C", &at, "commit-tree", "-m", "all in one", "HEAD^{tree}"]);
        project.git(["-C", &at, "reset", "-q", tree.trim()]);
    };
    let clone = clone(&project);
    minipach(&project, &clone, &["status"]).code(0).says("2 done");
    squash(&clone);
    minipach(&project, &clone, &["status"]).code(0).says("2 done");
    std::fs::remove_file(clone.join(".git/minipach/whole.json")).expect("it was remembered");
    minipach(&project, &clone, &["status"]).code(0).says("left out").says(MISSING);
}

#[test]
fn what_they_are_needed_for_is_said_in_one_sentence() {
    let project = study(&SPECS[..1]);
    let clone = clone(&project);
    std::fs::write(clone.join("code/size.sh"), "echo other > $PFS/out/size\n").expect("it is written");
    let said = minipach(&project, &clone, &["status"]).code(0).says("left out").stdout;
    assert!(said.contains(MISSING) && !said.contains("broken"), "{said}");
    minipach(&project, &clone, &["plan"]).code(0).says(MISSING);
    let screen = minipach(&project, &clone, &["--once", "--size", "160x40"]).code(0).stdout;
    assert!(!screen.contains("its spec has errors") && !screen.contains("broken"), "{screen}");
    project.git(["-C", &clone.to_string_lossy(), "commit", "-qam", "other code"]);
    let said = minipach(&project, &clone, &["diff", "HEAD~1"]).code(0).says("folders").stdout;
    assert!(said.contains("not compared") && !said.contains("no datum differs"), "{said}");
}

/// A run installs them first: before it, that is told as what it is, and not as what is wrong.
#[test]
fn what_a_run_installs_first_is_told_before_it() {
    let project = study(&[SPECS[0], SPECS[4]]);
    let clone = clone(&project);
    std::fs::write(clone.join("code/size.sh"), "echo other > $PFS/out/size\n").expect("it is written");
    let sum = "1 subdataset is installed first (`raw/data`), then 2 pipelines planned";
    for words in [&["plan"][..], &["run", "--dry-run"]] {
        let said = minipach(&project, &clone, words).code(0).says(sum).says("folders  waits: ").stdout;
        assert!(!said.contains("cannot run") && !said.contains("nothing to do"), "{said}");
        let told = minipach(&project, &clone, &[words, &["--json"]].concat()).code(0).json();
        assert_eq!(told["installs"], serde_json::json!(["raw/data"]), "{told}");
    }
    run(&project, &clone, &["--no-commit"]).code(0).says("placed without running");
    minipach(&project, &clone, &["run", "--dry-run"]).code(0).says("nothing to do");
}

/// A recorded commit that nobody pushed cannot be had; what came instead is taken away, so that nobody saves it.
#[test]
fn a_commit_that_was_never_pushed_leaves_nothing_installed() {
    let project = study(&SPECS[..1]);
    project.write("raw/data/sub-3/c.txt", "ccc\n");
    project.git(["-C", "raw/data", "add", "-A"]);
    project.git(["-C", "raw/data", "commit", "-q", "-m", "kept here"]);
    project.minipach(["save"]).code(0);
    let clone = clone(&project);
    let at = clone.to_string_lossy().into_owned();
    for _ in 0..2 {
        let said = run(&project, &clone, &[]).code(4).says("installing the subdataset `raw/data`");
        said.says("`raw/data` cannot be installed: ")
            .says("`raw/data` is not installed, and `minipach run` could not install it");
        assert!(std::fs::read_dir(clone.join("raw/data")).expect("a folder").next().is_none());
        assert_eq!(project.git(["-C", &at, "status", "--porcelain"]), "");
    }
    // As somebody's own clone of it stands.
    project.git(["clone", "-q", "../data", "../clone/raw/data"]);
    let said = minipach(&project, &clone, &["plan"]).code(4);
    let said = said.says("subdataset `raw/data` does not have the commit that is recorded for it");
    assert!(said.says("`git submodule update raw/data`").stdout.find("datalad save").is_none());
}

/// Only a ledger that has all that was cut from these very commits tells the whole.
#[test]
fn a_ledger_that_does_not_tell_all_is_not_taken_for_all() {
    let left_out = |project: &Project| {
        let clone = clone(project);
        minipach(project, &clone, &["status"]).code(0).says("left out").says(MISSING);
    };
    let failing =
        SPECS[0].1.replace("code/size.sh]", "-c, 'test -e $PFS/in/a.txt && echo 1 > $PFS/out/size']");
    left_out(&study(&[("folders", &failing)]));

    let alone = SPECS[3].1.replace("/(*).txt", "/(sub-1).txt");
    left_out(&study(&[("joined", &alone)]));

    // Other data came, and nothing was run for them.
    let project = study(&SPECS[..1]);
    project.write("raw/data/sub-3/c.txt", "ccc\n");
    project.git(["-C", "raw/data", "add", "-A"]);
    project.git(["-C", "raw/data", "commit", "-q", "-m", "more"]);
    project.minipach(["save"]).code(0);
    left_out(&project);

    // Another spec: what it cuts is not known.
    let project = study(&SPECS[..1]);
    project.spec("folders", &SPECS[0].1.replace("(sub-*)", "(sub-1*)")).commit("another glob");
    left_out(&project);
}

#[test]
fn those_that_a_glob_passes_over_are_not_needed() {
    let project = study(&[]);
    add(&project, "other");
    project.spec("some", "input: {pfs: {name: in, repo: raw, glob: '/data/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n");
    project.commit("another, and a pipeline that does not read it");
    let clone = clone(&project);
    let at = clone.to_string_lossy().into_owned();
    project.git([
        "-c",
        "protocol.file.allow=always",
        "-C",
        &at,
        "submodule",
        "--quiet",
        "update",
        "--init",
        "raw/data",
    ]);
    minipach(&project, &clone, &["plan"]).code(0).says("2 to run");
    minipach(&project, &clone, &["run"]).code(0).says("2 datums ran");
    assert!(!clone.join("raw/other/sub-1").exists());
}

/// A run installs it, so nothing is wrong.
#[test]
fn a_clone_without_its_subdataset_has_no_error() {
    let project = study(&SPECS[..1]);
    project.write("folders/sub-1/size", "edited\n").commit("results are no longer known");
    let clone = project.home().join("fresh").to_string_lossy().into_owned();
    project.git(["clone", "-q", ".", &clone]);
    let said = project.minipach(["-C", &clone, "check", "--select", "MP1,MP313"]).code(0);
    let said = said.says("the subdataset `raw/data` is not installed");
    assert!(!said.stdout.contains("MP113") && !said.stderr.contains("MP113"), "{}", said.stdout);
}

/// The ledger tells that all is done, which is not enough to do it again.
#[test]
fn what_is_done_again_needs_its_subdataset() {
    let project = study(&SPECS[..1]);
    let clone = project.home().join("fresh").to_string_lossy().into_owned();
    project.git(["clone", "-q", ".", &clone]);
    for (number, place) in [project.home().join("data"), project.path("raw/data")].iter().enumerate() {
        std::fs::rename(place, project.home().join(format!("away-{number}"))).expect("it goes");
    }
    project.minipach(["-C", &clone, "run"]).code(0).says("nothing to do");
    for target in ["folders", "folders:sub-1"] {
        let said = project.minipach(["-C", &clone, "run", "--force", target]).code(4);
        let said =
            said.says("subdataset `raw/data` is not installed, and `minipach run` could not install it");
        assert!(!said.stdout.contains("changed while"), "{said:?}");
    }
    project.minipach(["-C", &clone, "status"]).code(0).says("2 done");
}

#[test]
fn a_new_pipeline_may_read_a_folder_inside_a_subdataset() {
    let project = study(&[]);
    let add = |name, from| project.minipach(["add", "map", name, "--from", from, "--", "true"]);
    add("one", "raw/data/sub-1:/(*).txt").code(0).says("1 datum, first: a");
    assert!(project.read("one/spec.yml").contains("repo: raw/data/sub-1\n"));
    add("two", "raw/data/sub-3:/(*).txt").code(2).says("`raw/data/sub-3` is no folder");
}

/// One that no glob reaches may have changes of its own, or stand elsewhere.
#[test]
fn those_that_a_glob_passes_over_may_change() {
    let spec = "input: {pfs: {name: in, repo: raw, glob: '/data/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n";
    let project = study(&[]);
    add(&project, "other");
    project.spec("folders", spec);
    project.minipach(["run", "--save"]).code(0);
    let plan = |words: &str| project.minipach(["plan"]).says(words);
    let change = |name: &str| project.write(&format!("raw/{name}/sub-9/c.txt"), "c\n");
    change("other");
    plan("nothing to do").code(0);
    project.git(["-C", "raw/other", "add", "-A"]);
    project.git(["-C", "raw/other", "commit", "-q", "-m", "more"]);
    plan("nothing to do").code(0);
    change("data");
    plan("`raw/data` has a file that no commit of it has (`raw/data/sub-9`), so it does not count").code(0);
    project.git(["-C", "raw/data", "add", "-A"]);
    plan("subdataset `raw/data` has changes that are not committed in it").code(4);
    project.git(["-C", "raw/data", "add", "-A"]);
    project.git(["-C", "raw/data", "commit", "-q", "-m", "more"]);
    plan("subdataset `raw/data` is at ").code(4);
}

/// What is recorded of an input does not say that it could be executed; what was made of it is done all the same.
#[test]
fn a_file_that_can_be_executed_is_known_without_its_subdataset() {
    use std::os::unix::fs::PermissionsExt as _;
    let spec = "input: {pfs: {name: in, repo: raw/data/tools, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n";
    let project = study(&[]);
    for name in ["one", "two"] {
        project.write(&format!("raw/data/tools/{name}.txt"), format!("{name}\n"));
    }
    let rights = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("raw/data/tools/one.txt"), rights).expect("rights are set");
    project.git(["-C", "raw/data", "add", "-A"]);
    project.git(["-C", "raw/data", "commit", "-q", "-m", "tools"]);
    project.spec("files", spec);
    project.minipach(["run", "--save"]).code(0).says("2 datums ran");
    let clone = clone(&project);
    minipach(&project, &clone, &["status"]).code(0).says("2 done");
    minipach(&project, &clone, &["run"]).code(0).says("nothing to do");
}

const SITES: &str = "input: {pfs: {name: in, repo: raw, glob: '/*/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n";

/// A project that reads two subdatasets through the folder around them, with all results committed.
fn two_sites(spec: &str) -> Project {
    let project = study(&[]);
    project.write("../other/sub-3/c.txt", "ccc\n");
    let other = project.home().join("other").to_string_lossy().into_owned();
    project.git(["-C", &other, "rm", "-rq", "sub-1", "sub-2"]);
    project.git(["-C", &other, "add", "-A"]);
    project.git(["-C", &other, "commit", "-q", "-m", "another subject"]);
    add(&project, "other");
    project.spec("sites", spec);
    project.minipach(["run", "--save"]).code(0);
    assert_eq!(project.changed(), "");
    project
}

/// A repo may have several subdatasets below it, and files of the project beside them.
#[test]
fn a_clone_knows_what_is_done_of_several_below_a_folder() {
    let project = two_sites(SITES);
    let single = "input: {pfs: {name: in, repo: raw, glob: '/*/*/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n";
    project.git(["-C", "raw/other", "update-index", "--chmod=+x", "sub-3/c.txt"]);
    project.git(["-C", "raw/other", "commit", "-q", "-m", "it can be executed"]);
    project.git(["-C", "raw/other", "reset", "-q", "--hard"]);
    project.write("raw/own/sub-4/d.txt", "d\n").spec("single", single);
    project.minipach(["save"]).code(0);
    project.minipach(["run"]).code(0);
    let clone = clone(&project);
    for verb in ["plan", "status"] {
        let pipelines = |ended: Ended| ended.code(0).json()["pipelines"].clone();
        let there = pipelines(minipach(&project, &clone, &[verb, "--json"]));
        assert_eq!(there, pipelines(project.minipach([verb, "--json"])), "{verb}");
    }
    minipach(&project, &clone, &["status"]).code(0).says("4 done");
    minipach(&project, &clone, &["plan"]).code(0).says("nothing to do");
    minipach(&project, &clone, &["why", "sites:sub-1"]).code(0);
    minipach(&project, &clone, &["why", "single:c"]).code(0);
    run(&project, &clone, &[]).code(0).says("nothing to do");
    for name in ["data", "other"] {
        assert!(!clone.join("raw").join(name).join(".git").exists(), "{name}");
    }
    // Files beside them change as ever.
    std::fs::write(clone.join("raw/own/sub-4/d.txt"), "changed\n").expect("it is written");
    minipach(&project, &clone, &["plan"]).says("sites");
}

/// What the ledger tells of the others is enough, also for the commit of the new results.
#[test]
fn only_those_that_changed_are_installed() {
    let project = two_sites(SITES);
    project.write("raw/other/sub-5/e.txt", "five\n");
    project.git(["-C", "raw/other", "add", "-A"]);
    project.git(["-C", "raw/other", "commit", "-q", "-m", "more"]);
    project.git(["-C", "raw/other", "push", "-q", "origin", "HEAD:refs/heads/more"]);
    project.git(["commit", "-qam", "another commit of it"]);
    let there = clone(&project);
    let told = minipach(&project, &there, &["plan", "--json"]).code(0).json();
    assert_eq!(told["installs"], serde_json::json!(["raw/other"]), "{told}");
    let said =
        run(&project, &there, &[]).code(0).says("installing the subdataset `raw/other`").says("1 to run");
    assert!(!said.stderr.contains("raw/data") && !there.join("raw/data/.git").exists(), "{said:?}");
    minipach(&project, &there, &["status"]).code(0).says("4 done");
    minipach(&project, &there, &["enter", "sites:sub-5", "--", "true"]).code(0);
    minipach(&project, &there, &["enter", "sites:sub-1", "--", "true"])
        .code(4)
        .says("`raw/data` is not installed");
    run(&project, &there, &[]).code(0).says("nothing to do");
    project.git(["clone", "-q", "../clone", "../again"]);
    let again = project.home().join("again");
    minipach(&project, &again, &["status"]).code(0).says("4 done");
    // A result that is gone needs its own alone.
    std::fs::remove_dir_all(again.join("sites/sub-3")).expect("it was there");
    let said = run(&project, &again, &["--no-commit"]).code(0);
    assert!(!said.stderr.contains("raw/data"), "{said:?}");
}

/// A folder around a subdataset is a datum of which the ledger tells one id, not what of it lies where.
#[test]
fn a_glob_that_takes_a_folder_around_one_needs_it() {
    let project =
        two_sites("input: {pfs: {name: in, repo: raw, glob: /}}\ntransform: {cmd: [sh, code/size.sh]}\n");
    let clone = clone(&project);
    minipach(&project, &clone, &["status"]).code(0).says("left out").says("is not installed");
}

/// Where a subdataset comes from stands in the repository around it, and for all its worktrees in one place.
#[test]
fn one_that_could_not_be_installed_is_told_so_until_its_origin_changes() {
    let project = study(&[]);
    let home = |name: &str| project.home().join(name).to_string_lossy().into_owned();
    let allow = ["-c", "protocol.file.allow=always"];
    project.git([
        allow[0],
        allow[1],
        "-C",
        &home("other"),
        "submodule",
        "--quiet",
        "add",
        &home("data"),
        "in",
    ]);
    project.git(["-C", &home("other"), "commit", "-q", "-m", "nested"]);
    add(&project, "other");
    project.spec(
        "deep",
        "input: {pfs: {name: in, repo: raw/other/in, glob: /}}\ntransform: {cmd: [sh, -c, ':']}\n",
    );
    project
        .spec("flat", "input: {pfs: {name: in, repo: raw/data, glob: /}}\ntransform: {cmd: [sh, -c, ':']}\n");
    project.commit("pipelines");
    clone(&project);
    project.git(["-C", &home("clone"), "worktree", "add", "-q", &home("tree")]);
    // Nor are they to be had where somebody else has installed them.
    std::fs::remove_dir_all(home("other/in")).expect("it is removed");
    project.git(["-C", &home("clone"), "remote", "remove", "origin"]);
    std::fs::rename(home("data"), home("moved")).expect("it is moved");
    let tree = project.home().join("tree");
    run(&project, &tree, &[]).code(4);
    for (path, around, module) in
        [("raw/data", home("tree"), "raw/data"), ("raw/other/in", home("tree/raw/other"), "in")]
    {
        let failed = format!("`{path}` is not installed, and `minipach run` could not install it");
        minipach(&project, &tree, &["status"]).says(&failed);
        project.git(["-C", &around, "config", &format!("submodule.{module}.url"), &home("moved")]);
        let said = minipach(&project, &tree, &["status"]);
        assert!(!said.stdout.contains(&failed), "{said:?}");
    }
}
