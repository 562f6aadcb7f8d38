//! `undo`: what it takes back, what it refuses, what it foretells, and what a kill leaves of it.

use crate::support::Project;

const COPY: &str = "\
input: {pfs: {repo: raw/t1, glob: '/(sub-*)'}}
output: /$1
transform: {cmd: [sh, code/copy.sh]}
";

/// Two subjects, done and committed; then the second one's data changed, and its result with it.
fn study() -> Project {
    let project = Project::new();
    for subject in ["sub-01", "sub-02"] {
        project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{subject}\n"));
    }
    project.write("code/copy.sh", "cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n");
    project.spec("copy", COPY).commit("a study");
    project.minipach(["run"]).ok();
    project.write("raw/t1/sub-02/T1.txt", "other\n").write("raw/t1/sub-03/T1.txt", "three\n");
    project.commit("new scans");
    project.minipach(["run"]).ok();
    project
}

#[test]
fn the_last_results_go_and_come_as_they_were() {
    let project = study();
    project.git(["config", "revert.reference", "true"]);
    let results = project.head();
    let plan = project.minipach(["undo", "--dry-run"]).code(0);
    assert!(plan.stdout.contains("files: 1 removed, 1 as they were before"), "{}", plan.stdout);
    assert!(plan.stdout.contains("then copy: 2 datums (sub-02, sub-03)"), "{}", plan.stdout);
    assert!(plan.stdout.contains("afterwards copy has 1 done, 2 cached"), "{}", plan.stdout);
    assert_eq!((project.head(), project.changed()), (results.clone(), String::new()));
    project.minipach(["undo", "0000000"]).code(4).says("is not the last commit of results");
    project.minipach(["undo", &results[..7]]).code(0).says("took back");
    assert_eq!((project.changed(), project.read("copy/sub-02/T1.txt")), (String::new(), "sub-02\n".into()));
    assert!(!project.exists("copy/sub-03") && project.read("raw/t1/sub-03/T1.txt") == "three\n");
    assert!(project.git(["log", "-1", "--format=%b"]).contains(&format!("This reverts commit {results}.")));
    assert_eq!(project.states("copy")["sub-03"], "cached");
    // The one before it is the last one now; after it, none is left.
    let plan = project.minipach(["undo", "--dry-run"]).code(0);
    let told = format!("`{}` is taken back already: this is the commit of results before", &results[..7]);
    plan.says(&told);
    let second = project.minipach(["undo", "--json"]).code(0).json();
    assert_eq!((&second["pipeline"], &second["dry_run"]), (&"copy".into(), &false.into()));
    assert!(!project.exists("copy/sub-01") && project.exists("copy/spec.yml"));
    project.minipach(["undo"]).code(4).says("no commit of results");
    project.minipach(["run"]).code(0).says("3 datums placed");
}

#[test]
fn results_that_an_undo_leaves_in_place_and_in_no_commit_are_told_everywhere_until_a_run_commits_them() {
    let project = study();
    project.write("code/copy.sh", "cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n# hi\n").commit("a remark");
    project.minipach(["run"]).code(0).says("3 to run of 3 datums");
    let plan = project.minipach(["undo", "--dry-run"]).code(0);
    plan.says("then copy: no commit records the results that stand; the next run commits them again");
    project.minipach(["undo"]).ok();
    project.minipach(["status"]).code(0).says("results of copy, which no ledger has yet (minipach run)");
    project.minipach(["plan"]).code(0).says("results of 1 pipeline to be committed");
    project
        .minipach(["why", "copy:sub-01"])
        .code(0)
        .says("results of `copy` are not committed: no ledger has");
    project.minipach(["run", "--dry-run"]).code(0).says("copy  commits results that stand already");
    let told = project.minipach(["run", "--dry-run", "--json"]).code(0).json();
    assert_eq!(told["pipelines"][0]["commits"], true);
    project.minipach(["run", "--dry-run", "--no-commit"]).code(0).says("nothing to do");
    project.minipach(["run"]).code(0).says("1 commit for results that no commit recorded");
    project.minipach(["run", "--dry-run"]).code(0).says("nothing to do");
    project.minipach(["plan"]).code(0).says("nothing to do");
}

/// What `why copy:sub-01` says in a clone of the project.
fn why_in_a_clone(project: &Project) -> String {
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone");
    let mut why = project.command(env!("CARGO_BIN_EXE_minipach"));
    let told = why.args(["why", "copy:sub-01"]).current_dir(&clone).output().expect("it starts");
    std::fs::remove_dir_all(clone).expect("it is there");
    String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned()
}

#[test]
fn an_acceptance_that_was_taken_back_is_known_no_more_here_and_in_clones() {
    let project = study();
    let (old, new) = ("cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n", "cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n# hi\n");
    let all =
        |state: &str| ["sub-01", "sub-02", "sub-03"].map(|key| (key.to_owned(), state.to_owned())).into();
    project.write("code/copy.sh", new).commit("a remark");
    project.minipach(["accept", "copy"]).ok();
    project.minipach(["undo", "--dry-run"]).code(0).says("afterwards copy has 3 stale");
    project.minipach(["undo"]).ok();
    assert_eq!(project.states("copy"), all("stale"));
    let there = why_in_a_clone(&project);
    assert!(there.contains("copy:sub-01 is stale") && there.contains("code changed"), "{there}");
    // Accepted again, it is known again, also after other code was used meanwhile.
    project.minipach(["accept", "copy"]).ok();
    assert_eq!(project.states("copy"), all("done"));
    project.write("code/copy.sh", old).commit("no remark");
    project.minipach(["run"]).code(0).says("1 commit");
    project.write("code/copy.sh", new).commit("a remark");
    assert_eq!(project.states("copy"), all("done"));
    // What was made is known for ever, whatever was accepted and taken back.
    project.minipach(["undo"]).ok();
    project.minipach(["undo"]).ok();
    assert_eq!(project.states("copy"), all("stale"));
    project.minipach(["run"]).code(0).says("3 to run of 3 datums");
    project.minipach(["undo"]).ok();
    assert_eq!(project.states("copy"), all("done"));
}

#[test]
fn what_git_took_back_by_the_start_of_its_id_is_taken_back() {
    let project = study();
    let first = project.git(["rev-parse", "HEAD~2"]);
    project.git(["-c", "revert.reference=true", "-c", "core.abbrev=9", "revert", "--no-edit", "HEAD"]);
    let plan = project.minipach(["undo", "--dry-run", "--json"]).code(0).json();
    assert_eq!(plan["commit"], first.as_str());
}

#[test]
fn files_of_the_users_in_the_commit_stay() {
    let project = study();
    project
        .write("notes.txt", "mine\n")
        .write("copy/notes.md", "mine\n")
        .write("raw/t1/sub-04/T1.txt", "4\n");
    project.git(["add", "-A"]);
    project.git(["commit", "-q", "--amend", "--no-edit"]);
    let head = project.head();
    for words in [&["undo"][..], &["undo", "--dry-run"]] {
        let said = project.typed(words).code(4).says("also holds what is no result of `copy`");
        let said = said.says("`copy/notes.md`, `notes.txt`, `raw/t1/sub-04/T1.txt`");
        assert!(!said.stderr.contains("copy/sub-02"), "{}", said.stderr);
    }
    assert_eq!((project.head(), project.read("copy/notes.md")), (head, "mine\n".into()));
}

#[test]
fn files_that_changed_later_stay() {
    let project = study();
    project.write("copy/sub-02/T1.txt", "by hand\n").commit("by hand");
    project.minipach(["undo"]).code(4).says("changed the same files, so it stays").says("copy/sub-02/T1.txt");
    assert_eq!(project.read("copy/sub-02/T1.txt"), "by hand\n");
}

#[test]
fn of_an_edited_result_it_is_said_how_it_is_kept_or_comes_back() {
    let project = study();
    project.minipach(["run"]).ok();
    project.write("copy/sub-02/T1.txt", "mine\n");
    let said =
        project.minipach(["undo"]).code(4).says("`git checkout HEAD -- copy/sub-02/T1.txt` takes them back");
    said.says("`minipach accept copy/sub-02/T1.txt` keeps them");
    project.git(["checkout", "HEAD", "--", "copy/sub-02/T1.txt"]);
    project.minipach(["undo"]).ok();
}

#[test]
fn edits_that_no_commit_holds_are_foretold_with() {
    let project = study();
    // As it stands here nothing of sub-01 is done any more, and sub-03 is gone: taking back changes neither.
    project.write("raw/t1/sub-01/T1.txt", "edited\n").remove("raw/t1/sub-03");
    let text = project.minipach(["undo", "--dry-run"]).ok();
    assert!(text.contains("with 2 edited files as they stand") && !text.contains("sub-01"), "{text}");
    assert!(text.contains("afterwards copy has 1 cached, 1 stale"), "{text}");
    project.git(["checkout", "-q", "--", "raw"]);
    project.write("copy/spec.yml", COPY.replace("glob", "glub"));
    let text = project.minipach(["undo", "--dry-run"]).ok();
    assert!(!text.contains("sub-02"), "a broken pipeline stays broken: {text}");
}

#[test]
fn an_undo_that_was_cut_off_is_undone_or_finished() {
    let project = study();
    let (results, tree) = (project.head(), project.tree("copy"));
    // As one leaves it that was killed with some files laid out, and nothing committed.
    let parents = ["commit-tree", "-p", "HEAD", "-m", "back", "HEAD~1^{tree}"];
    let new = project.git(parents);
    let journal = format!("{{\"old\":\"{results}\",\"new\":\"{new}\"}}");
    for look in [&["status"][..], &["run"], &["save"]] {
        project.write(".git/minipach/undo.json", &journal);
        project.remove("copy/sub-03").write("copy/sub-02/T1.txt", "sub-02\n");
        project.typed(look).code(0);
        assert_eq!((project.tree("copy"), project.changed()), (tree.clone(), String::new()), "{look:?}");
        assert!(!project.exists(".git/minipach/undo.json"), "{look:?}");
    }
    assert_eq!(project.head(), results);
    project.write(".git/minipach/undo.json", &journal).write("copy/sub-02/T1.txt", "by hand\n");
    project.minipach(["status"]).ok();
    assert_eq!(project.read("copy/sub-02/T1.txt"), "by hand\n", "what somebody wrote since stays");
    project.write("copy/sub-02/T1.txt", "other\n");
    project.minipach(["undo"]).ok();
    let back = project.head();
    project.write(".git/minipach/undo.json", format!("{{\"old\":\"{results}\",\"new\":\"{back}\"}}"));
    project.minipach(["status"]).ok();
    assert_eq!((project.changed(), project.exists("copy/sub-03")), (String::new(), false));
    project.write(".git/minipach/undo.json", "{").minipach(["status"]).ok();
    assert!(!project.exists(".git/minipach/undo.json"));
}

#[test]
fn nothing_is_taken_back_while_somebody_is_at_work() {
    let project = study();
    let lock = std::fs::File::open(project.path(".git/minipach/lock")).expect("it is there");
    lock.lock().expect("nobody has it");
    project.minipach(["undo"]).code(4).says("at work here already");
}

#[test]
fn of_a_pipeline_whose_folder_is_gone_it_is_said_how_it_comes_back() {
    let project = study();
    std::fs::remove_dir_all(project.root().join("copy")).expect("it is removed");
    project.minipach(["undo"]).code(4).says("`git checkout HEAD -- copy` brings it back");
    project.git(["checkout", "HEAD", "--", "copy"]);
    project.minipach(["undo", "--dry-run"]).code(0);
    project.git(["rm", "-rq", "copy"]);
    project.commit("no copies");
    project.minipach(["undo"]).code(4).says("a later commit removed or renamed the folder of `copy`");
}

#[test]
fn what_killed_processes_laid_out_is_removed() {
    let project = study();
    project.write(".git/minipach/past-4294967-a/x", "left\n").write(".git/minipach/past-1-a/x", "lives\n");
    project.minipach(["run"]).ok();
    assert!(!project.exists(".git/minipach/past-4294967-a") && project.exists(".git/minipach/past-1-a/x"));
}

#[test]
fn a_trial_is_laid_out_like_the_project_whatever_git_is_told() {
    let project = study();
    project.write(".gitattributes", "raw/** filter=loud\n").commit("a filter");
    let settings =
        [("filter.loud.smudge", "false"), ("filter.loud.required", "true"), ("revert.reference", "true")];
    let mut undo = project.command(env!("CARGO_BIN_EXE_minipach"));
    undo.args(["undo", "--dry-run"]).env("GIT_DEFAULT_HASH", "sha256").env("GIT_CONFIG_COUNT", "3");
    for (at, (name, value)) in settings.iter().enumerate() {
        undo.env(format!("GIT_CONFIG_KEY_{at}"), name).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    let output = undo.output().expect("it starts");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(text.contains("afterwards copy has 1 done, 2 cached"), "{text}");
}

#[test]
fn annexed_content_that_is_here_is_there_too_and_stays() {
    let project = study();
    let key = "MD5E-s3--900150983cd24fb0d6963f7d28e17f72.txt";
    let object = format!(".git/annex/objects/0X/1m/{key}/{key}");
    project.write(&object, "abc");
    std::os::unix::fs::symlink(format!("../{object}"), project.path("raw/big.txt")).expect("a link");
    project.commit("annexed");
    let replica =
        minipach::app::Moment::open(&project.root(), Some(&project.head())).expect("it is laid out");
    let root = replica.session.project.repo.root().to_owned();
    assert_eq!(std::fs::read_to_string(root.join("raw/big.txt")).expect("it is there"), "abc");
    drop(replica);
    assert!(!root.exists() && project.read(&object) == "abc");
}

#[test]
fn what_a_commit_changed_is_told_by_folder_whatever_its_names_are() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = study();
    let results = project.head();
    let odd = project.path("raw").join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::write(odd, "odd").expect("any name will do");
    project.write("raw/t1/sub-01/T1.txt", "edited\n").remove("raw/t1/sub-03");
    project.commit("by hand");
    let told = |commit: &str| minipach::app::touched_by(&project.root(), commit).expect("git tells it");
    assert_eq!(told(&project.head()), ["raw/  1 deleted, 1 edited, 1 new"]);
    assert_eq!(told(&results), ["copy/  1 edited, 1 new", "the ledger  1 edited"]);
}

/// What the first commit of a shallow clone changed is not known there, and what was before it is not there.
#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let project = Project::new();
    let spec = "input: {pfs: {name: in, repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $in $PFS/out/x']}\n";
    project.write("raw/a", "1\n").spec("p", spec).commit("all");
    project.minipach(["run"]).code(0);
    let clone = |name: &str| {
        let (from, to) = (project.root(), project.home().join(name));
        let from = format!("file://{}", from.display());
        project.git(["clone", "-q", "--depth", "1", &from, &to.to_string_lossy()]);
        project.minipach(["-C", &to.to_string_lossy(), "undo"]).code(4)
    };
    clone("one").says("this shallow clone begins with ").says("`git fetch --unshallow` brings the past");
    project.write("raw/b", "2\n").commit("one more");
    clone("two")
        .says("no commit of results is there to take back in this shallow clone; `git fetch --unshallow`");
}

#[test]
fn it_asks_git_for_little() {
    let project = study();
    let (folder, log) = (project.home().join("counted"), project.home().join("git.log"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script =
        format!("#!/bin/sh\necho \"$*\" >> '{}'\nPATH=${{PATH#*:}} exec git \"$@\"\n", log.display());
    std::fs::write(folder.join("git"), script).expect("a program");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join("git"), mode).expect("a program");
    for (words, most) in [(&["undo", "--dry-run"][..], 13), (&["undo"], 10)] {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        let path = std::env::var("PATH").unwrap_or_default();
        command.args(words).env("PATH", format!("{}:{path}", folder.display()));
        crate::support::finish(command).code(0);
        let told = std::fs::read_to_string(&log).expect("git was asked");
        assert!((1..=most).contains(&told.lines().count()), "{words:?}:\n{told}");
        std::fs::remove_file(&log).expect("it stands");
    }
}
