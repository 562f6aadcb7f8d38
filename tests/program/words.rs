//! What people and programs read: every verb's JSON and plain text; `save` and what it takes.

use crate::support::Project;
use serde_json::Value;

const COPY: &str = "\
input: {pfs: {repo: raw/t1, glob: '/(sub-*)'}}
output: /$1
transform: {cmd: [sh, code/copy.sh]}
";

/// Three subjects, one of which fails, laid out and committed, nothing run.
fn study() -> Project {
    let project = Project::new();
    for subject in ["sub-01", "sub-02", "sub-03"] {
        project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{subject}\n"));
    }
    project.write("raw/t1/sub-03/bad", "");
    let script = "echo said; test ! -e \"$PFS/t1/bad\" || exit 3; cp \"$PFS/t1/T1.txt\" \"$PFS/out/\"\n";
    project.write("code/copy.sh", script);
    project.spec("copy", COPY).commit("a study");
    project
}

/// The same, run: two are done, one failed.
#[track_caller]
fn settled() -> Project {
    let project = study();
    project.minipach(["run"]).code(1);
    project
}

/// Everything that reports something, as typed after `minipach`.
const LOOKS: [&[&str]; 26] = [
    &[],
    &["status"],
    &["plan"],
    &["plan", "-v"],
    &["plan", "--spec"],
    &["datums", "copy"],
    &["datums"],
    &["diff", "HEAD"],
    &["gc", "--dry-run"],
    &["jobs"],
    &["jobs", "last"],
    &["status", "--at", "HEAD"],
    &["provenance", "code/copy.sh"],
    &["why", "copy"],
    &["why", "copy:sub-01"],
    &["why", "raw/t1/sub-03"],
    &["why", "code/copy.sh"],
    &["logs", "copy:sub-03"],
    &["glob", "raw/t1", "/(sub-*)", "--join-on", "$1"],
    &["graph"],
    &["check"],
    &["schema"],
    &["schema", "project"],
    &["run", "--dry-run"],
    &["save", "--dry-run"],
    &["new", "--list"],
];

/// What writes something, in an order in which each has something to do.
const DEEDS: [&[&str]; 5] =
    [&["save"], &["accept", "copy:sub-01"], &["run"], &["new", "other"], &["demo", "play"]];

/// A settled study where `save` and `accept` have something to do.
fn changed() -> Project {
    let project = settled();
    project.write("copy/sub-01/T1.txt", "by hand\n");
    project.write("raw/t1/sub-04/T1.txt", "new\n").write("notes.txt", "mine\n");
    project
}

#[test]
fn a_glob_that_matches_nothing_is_said_by_plan_and_run() {
    let project = settled();
    project.spec("none", &COPY.replace("sub-", "sup-")).commit("a slip");
    let said = "none: the glob `/(sup-*)` of input `t1` matches nothing in `raw/t1`; try others with `minipach glob raw/t1 '/*'`";
    project.minipach(["plan"]).code(0).says(said);
    let plan = project.minipach(["plan", "--json"]).code(0).json();
    assert_eq!(plan["pipelines"][1]["unmatched"][0]["glob"], "/(sup-*)", "{plan}");
    project.minipach(["run", "none"]).code(0).says(said);
    project.remove("raw/t1/sub-03").commit("without the failure");
    for _ in 0..3 {
        let run = project.minipach(["run"]).code(0).says(said);
        assert_eq!(run.stderr.matches("matches nothing").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_command_that_writes_nothing_is_noted_and_done() {
    let project = study();
    project.spec("copy", "input: {pfs: {repo: raw/t1, glob: '/(sub-*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'test ! -e /pfs/t1/bad || echo x > /pfs/out/x']}\n");
    let run =
        project.minipach(["run"]).code(0).says("copy: 2 datums wrote nothing to /pfs/out: sub-01, sub-02");
    assert_eq!(run.stderr.matches("wrote nothing").count(), 1, "{}", run.stderr);
    assert_eq!(project.states("copy")["sub-01"], "done");
    project.minipach(["why", "copy:sub-01"]).code(0).says("its command wrote nothing to /pfs/out");
    let other = project.minipach(["why", "copy:sub-03"]).code(0);
    assert!(!other.stdout.contains("wrote nothing"), "{}", other.stdout);
    let run = project.minipach(["run"]).code(0);
    assert!(!run.stderr.contains("wrote nothing"), "once: {}", run.stderr);
}

#[test]
fn a_plan_on_what_is_not_there_yet_counts_nothing() {
    let project = settled();
    let none = "input: {pfs: {name: x, repo: copy, glob: '/(none-*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/copy.sh]}\n";
    let all = "input: {pfs: {name: x, repo: copy, glob: '/'}}\noutput: /\ntransform: {cmd: ['true']}\n";
    project.spec("none", none).spec("all", all).write("minipach.yml", "keep_going: true\n");
    project.minipach(["run", "all"]).code(1);
    let said =
        project.minipach(["plan"]).code(0).says("none  no datums are known yet\n           waits for `copy`");
    let said = said.says("     1 made from an incomplete `copy`");
    assert!(!said.stdout.contains("     0 "), "{}", said.stdout);
}

#[test]
fn whatever_reports_something_does_so_in_json() {
    let project = changed();
    for words in LOOKS.into_iter().chain(DEEDS) {
        let ended = project.typed(&[words, &["--json"]].concat());
        assert!(ended.code <= 1, "{words:?} ended with {}: {}", ended.code, ended.stderr);
        let lines: Vec<Value> = ended.json_lines();
        assert!(lines.iter().all(Value::is_object) && !lines.is_empty(), "{words:?}: {}", ended.stdout);
    }
}

#[test]
fn what_is_no_data_has_no_json() {
    let project = study();
    project.minipach(["completions", "bash", "--json"]).code(2).says("no JSON form");
    project.minipach(["man", "--json"]).code(2).says("no JSON form");
}

#[test]
fn no_line_ends_in_blanks() {
    let project = changed();
    for words in LOOKS.into_iter().chain(DEEDS).chain([["run", "--help"].as_slice(), &["graph", "--help"]]) {
        let ended = project.typed(words);
        assert!(!ended.stdout.is_empty(), "{words:?} prints nothing: {}", ended.stderr);
        let bad = ended.stdout.lines().chain(ended.stderr.lines()).find(|line| line.ends_with([' ', '\t']));
        assert_eq!(bad, None, "{words:?}");
    }
}

#[test]
fn a_log_in_json_has_an_object_for_each_line() {
    let project = settled();
    let lines: Vec<Value> = project.minipach(["logs", "copy:sub-03", "--json"]).code(0).json_lines();
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["key"], &lines[0]["line"]), (&Value::from("sub-03"), &Value::from("said")));
}

// ---- save

#[test]
fn save_takes_what_belongs_and_names_the_rest() {
    let project = study();
    project.write("raw/t1/sub-04/T1.txt", "four\n").write("code/copy.sh", "true\n").remove("raw/t1/sub-03");
    project.write("notes.txt", "mine\n").write("tmp/big.bin", "scratch\n");
    let dry = project.minipach(["save", "--dry-run"]).code(0).says("notes.txt");
    assert_eq!(
        dry.stdout,
        "  changed  code/copy.sh\n  removed  raw/t1/sub-03/T1.txt\n  removed  raw/t1/sub-03/bad\n  \
         new      raw/t1/sub-04/T1.txt\nwould save 4 files\n"
    );
    assert_eq!(project.git(["rev-list", "--count", "HEAD"]), "1", "a dry run commits nothing");
    project.minipach(["save", "-m", "Four"]).code(0).says("saved 4 files").says("notes.txt, tmp/big.bin");
    assert_eq!(project.changed(), "?? notes.txt\n?? tmp/\n");
    project.minipach(["save"]).code(0).says("nothing to save").says("left out 2 new files");
}

#[test]
fn save_takes_the_paths_it_is_given_and_no_others() {
    let project = study();
    project.write("raw/t1/sub-04/T1.txt", "four\n").write("notes.txt", "mine\n").write("tmp/x", "x\n");
    let mut inside = project.command(env!("CARGO_BIN_EXE_minipach"));
    let inside = inside.current_dir(project.path("tmp")).args(["save", "../notes.txt", "x", "-q"]);
    assert!(inside.status().expect("it starts").success());
    assert_eq!(project.git(["show", "--format=", "--name-only"]), "notes.txt\ntmp/x");
    assert_eq!(project.changed(), "?? raw/t1/sub-04/\n");
    project
        .write("--all", "hostile\n")
        .write("a\nb", "x\n")
        .write("later", "x\n")
        .write("list", "--all\0a\nb\0");
    project.minipach(["save", "--paths-from", "list"]).code(0).says("saved 2 files");
    assert_eq!(project.git(["show", "--format=", "--name-only"]), "--all\n\"a\\nb\"");
    project.write("list", "\n").minipach(["save", "--paths-from", "list"]).code(2);
    project.minipach(["save", "notes.tx"]).code(2).says("there is no `notes.tx`").says("`notes.txt`");
    project.minipach(["save", "../elsewhere"]).code(2).says("outside of the project");
    project.write(".gitignore", "*.log\n").write("a.log", "");
    project.minipach(["save", "a.log"]).code(2).says("git ignores `a.log`");
    project.minipach(["save", "--all", "tmp"]).code(2);
}

#[test]
fn a_run_that_saves_some_paths_commits_no_others() {
    let project = study();
    project
        .write("raw/t1/sub-01/T1.txt", "new\n")
        .write("raw/t1/sub-02/T1.txt", "later\n")
        .write("--all", "x\n");
    project.minipach(["run", "--save-path=raw/t1/sub-01", "--save-path=--all", "copy:sub-01"]).code(0);
    assert_eq!(project.changed(), " M raw/t1/sub-02/T1.txt\n");
    assert_eq!(project.git(["show", "--format=", "--name-only", "HEAD~1"]), "--all\nraw/t1/sub-01/T1.txt");
    project.minipach(["run", "--save-path=../out"]).code(2).says("outside of the project");
}

#[test]
fn files_that_became_folders_are_not_saved_with_all_in_them() {
    let project = study();
    project.write("raw/t1/sub-01/T1.txt", "new\n").write("notes/private.txt", "mine\n");
    let before = project.head();
    for words in [&["save", "--files", "raw/t1/sub-01/T1.txt", "notes"][..], &["run", "--save-file=notes"]] {
        project.typed(words).code(4).says("`notes` is a folder, not a file; nothing was saved");
        assert_eq!(project.head(), before);
    }
    project.write("list", "raw/t1/sub-01/T1.txt\0\0copy:sub-01\0");
    let list = std::fs::File::open(project.path("list")).expect("a file");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "--save-files-from", "-", "--targets-from", "-"]).stdin(list);
    assert!(command.status().expect("it starts").success());
    assert_eq!(project.git(["show", "--format=", "--name-only", "HEAD~1"]), "raw/t1/sub-01/T1.txt");
    project.minipach(["run", "--save-files-from", "list"]).code(2).says("there is no `copy:sub-01`");
}

#[test]
fn save_takes_what_is_staged_otherwise_only_where_it_is_named() {
    let project = study();
    project.write("raw/t1/sub-01/T1.txt", "staged\n").write("code/new.sh", "staged\n");
    project.write("notes.txt", "staged\n").git(["add", "-A"]);
    project.write("raw/t1/sub-01/T1.txt", "stands\n").write("code/new.sh", "stands\n").remove("notes.txt");
    let before = (project.head(), project.changed());
    for words in [&["save"][..], &["save", "--all"], &["save", "raw", "code"], &["run", "--save"]] {
        let said = project.typed(words).code(4).says("`raw/t1/sub-01/T1.txt` have other content staged");
        said.says("`minipach save code/new.sh`");
    }
    assert_eq!((project.head(), project.changed()), before);
    assert_eq!(project.git(["show", ":raw/t1/sub-01/T1.txt"]), "staged");
    project.minipach(["save", "code/new.sh", "raw/t1/sub-01/T1.txt"]).code(0).says("saved 2 files");
    assert_eq!(project.git(["show", "HEAD:raw/t1/sub-01/T1.txt", "HEAD:code/new.sh"]), "stands\nstands");
    assert_eq!(project.git(["status", "--porcelain", "--", "raw", "code"]), "");
    project.write("raw/t1/sub-01/T1.txt", "staged again\n").git(["add", "raw"]);
    project.write("raw/t1/sub-01/T1.txt", "stands again\n");
    project.minipach(["run", "--save"]).code(4).says("`raw/t1/sub-01/T1.txt` has other content staged");
    assert_eq!(project.git(["show", ":raw/t1/sub-01/T1.txt"]), "staged again");
}

#[test]
fn a_save_that_cannot_commit_leaves_what_is_staged() {
    let project = study();
    project.write("raw/t1/sub-01/T1.txt", "staged\n").git(["add", "-A"]);
    project.write("raw/t1/sub-01/T1.txt", "stands\n").write(".git/refs/heads/main.lock", "");
    project.minipach(["save", "raw/t1/sub-01/T1.txt"]).code(4);
    assert_eq!(project.git(["show", ":raw/t1/sub-01/T1.txt"]), "staged");
    project.remove(".git/refs/heads/main.lock").minipach(["save", "raw/t1/sub-01/T1.txt"]).ok();
    assert_eq!(project.git(["show", ":raw/t1/sub-01/T1.txt"]), "stands");
    assert_eq!(project.changed(), "");
}

#[test]
fn saving_what_is_staged_otherwise_but_stands_as_committed_takes_it_from_the_index() {
    let project = study();
    let old = project.read("raw/t1/sub-01/T1.txt");
    project.write("raw/t1/sub-01/T1.txt", "staged\n").git(["add", "-A"]);
    project.write("raw/t1/sub-01/T1.txt", old).write("code/new.sh", "new\n");
    project.minipach(["save"]).code(4).says("`raw/t1/sub-01/T1.txt` has other content staged");
    project.minipach(["save", "raw/t1/sub-01/T1.txt", "code/new.sh"]).ok();
    assert_eq!(project.changed(), "");
}

/// `git add -N` tells git of a file and stages nothing of it; so it may be with results, too.
#[test]
fn save_takes_a_file_that_git_was_only_told_of() {
    let project = settled();
    project.write("raw/t1/sub-04/T1.txt", "new\n").write("code/gone.sh", "gone\n");
    project.git(["add", "-N", "raw", "code"]);
    let saved = project.remove("code/gone.sh").minipach(["save", "--json"]).code(0).json();
    assert_eq!(saved["files"], serde_json::json!([{"path": "raw/t1/sub-04/T1.txt", "change": "new"}]));
    assert_eq!(project.git(["show", "--format=", "--name-only"]), "raw/t1/sub-04/T1.txt");
    project.git(["rm", "-q", "--cached", "code/gone.sh"]);
    assert_eq!(project.changed(), "");
    project.minipach(["run", "--no-commit"]).code(1);
    project.git(["add", "-N", "copy/sub-04"]);
    project.minipach(["run"]).code(1);
    assert_eq!(project.changed(), "");
    assert_eq!(project.git(["show", "HEAD:copy/sub-04/T1.txt"]), "new");
}

#[test]
fn save_all_takes_every_new_file_but_results() {
    let project = study();
    project.write("copy/spec.yml", COPY.replace("copy.sh", "other.sh")).write("notes.txt", "mine\n");
    project.write("code/other.sh", "echo x > \"$PFS/out/x\"\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.minipach(["save", "--all"]).code(0).says("committed copy");
    assert_eq!(project.changed(), "");
    assert!(project.git(["log", "-1", "--format=%s"]).contains("DATALAD RUNCMD"));
    assert_eq!(project.git(["show", "--format=", "--name-only", "HEAD^", "--", "copy"]), "copy/spec.yml");
}

#[test]
fn a_run_that_saves_first_says_what_it_took() {
    let project = study();
    project.write("raw/t1/sub-04/T1.txt", "four\n").write("notes.txt", "mine\n");
    let said = project.minipach(["run", "--save"]).code(1).says("saved `raw/t1/sub-04/T1.txt` in ");
    said.says("left out new files that no pipeline uses: `notes.txt`;");
    assert_eq!(project.changed(), "?? notes.txt\n");
}

#[test]
fn a_project_is_called_like_its_folder_and_takes_no_files_of_others() {
    let project = Project::new();
    project.write("mine.txt", "one\n").commit("mine");
    project.write("mine.txt", "two\n").write("new.txt", "three\n");
    project.minipach(["new", "."]).code(0);
    assert_eq!(project.changed(), " M mine.txt\n?? new.txt\n", "`new` commits what it laid out alone");
    assert!(project.read("minipach.yml").contains("name: \"study\""));
    project.minipach(["new", "x/../other"]).code(2).says("which is no folder");
    project.write("x/y", "");
    project.minipach(["new", "x/../other"]).code(0);
    assert!(project.read("other/minipach.yml").contains("name: \"other\""));
}

/// git compares whole seconds; what was edited in the second in which it was staged is told by its bytes alone.
#[test]
fn an_edit_that_only_bytes_tell_is_still_seen_by_git_after_a_commit() {
    let project = Project::new();
    let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let age = |path: &str| {
        let file = std::fs::File::options().write(true).open(project.path(path)).expect("it stands");
        file.set_modified(then).expect("its time can be set");
    };
    project.git(["config", "core.trustctime", "false"]);
    project.write("mine.txt", "one\n");
    age("mine.txt");
    project.commit("mine");
    project.write("mine.txt", "two\n");
    age("mine.txt");
    age(".git/index");
    project.minipach(["new", "."]).code(0);
    assert_eq!(project.changed(), " M mine.txt\n");
}

#[test]
fn datums_of_all_pipelines_are_told_apart() {
    let project = settled();
    project.spec("second", &COPY.replace("$1", "x-$1"));
    let said = project.minipach(["datums"]).ok();
    assert!(said.contains("  copy:sub-01      done ") && said.contains("  second:x-sub-01  "), "{said}");
    project.minipach(["why", "sub-02"]).code(2).says("did you mean `copy:sub-02`?");
    project.minipach(["why", "second:sub-02"]).code(0).says("second:x-sub-02 is cached");
}

#[test]
fn save_respects_what_git_was_told_to_forget() {
    let project = study();
    project.write("data.txt", "big\n").commit("too much");
    project.git(["rm", "-q", "--cached", "data.txt"]);
    project.minipach(["save"]).code(0).says("saved 1 file");
    assert_eq!(project.git(["ls-tree", "--name-only", "HEAD", "data.txt"]), "");
    assert_eq!(project.read("data.txt"), "big\n");
}

#[test]
fn a_file_that_is_used_is_saved_as_it_stands_where_its_removal_is_staged() {
    let (input, code) = ("raw/t1/sub-01/T1.txt", "code/copy.sh");
    for words in [["run", "--save"], ["save", "--quiet"]] {
        let project = settled();
        let head = project.head();
        project.git(["rm", "-q", "--cached", "-r", "raw/t1/sub-01", code]);
        project.minipach(words);
        assert_eq!((project.head(), project.changed()), (head, String::new()), "{words:?}");
        project.git(["rm", "-q", "--cached", input, code]);
        project.write(input, "other\n");
        project.minipach(words);
        assert_eq!(project.git(["show", &format!("HEAD:{input}")]), "other");
        assert_eq!(project.changed(), "");
        assert!(project.git(["ls-files", code]).contains(code), "{words:?}");
    }
}

#[test]
fn an_unused_file_behind_a_link_that_is_used_is_saved_too() {
    let project = study();
    project.write("store/five.txt", "five\n");
    std::fs::create_dir(project.path("raw/t1/sub-05")).expect("a folder can be made");
    let link = project.path("raw/t1/sub-05/T1.txt");
    std::os::unix::fs::symlink("../../../store/five.txt", link).expect("a link can be made");
    project.minipach(["run", "copy:sub-05"]).ok();
    project.minipach(["save"]).code(0).says("committed copy");
    assert_eq!(project.git(["ls-files", "store"]), "store/five.txt");
}

// ---- who commits

#[test]
fn a_commit_by_nobody_is_told_once_with_what_mends_it() {
    let project = study();
    let nobody = |args: &[&str]| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        for name in ["AUTHOR", "COMMITTER"] {
            command.env_remove(format!("GIT_{name}_NAME")).env_remove(format!("GIT_{name}_EMAIL"));
        }
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "user.useConfigOnly");
        let output = command.env("GIT_CONFIG_VALUE_0", "true").args(args).output().expect("it starts");
        let said = String::from_utf8(output.stderr).expect("it prints UTF-8");
        said.lines().filter(|line| line.contains("user.name") && line.contains("user.email")).count()
    };
    project.spec("second", &COPY.replace("raw/t1", "copy")).write("notes.txt", "");
    project.write("minipach.yml", "keep_going: true\n").git(["add", "-A"]);
    assert_eq!(nobody(&["save"]), 1);
    assert_eq!(nobody(&["run"]), 1, "two pipelines are committed");
    assert_eq!(nobody(&["run"]), 0, "nothing is committed");
    assert_eq!(nobody(&["new", "other"]), 1);
    assert_eq!(project.git(["log", "-1", "--format=%an <%ae>"]), "minipach <minipach@localhost>");
}

/// A run that waits in its second datum until a file appears; ended by making it.
#[test]
fn a_run_that_goes_on_is_seen_by_all_who_look() {
    let project = Project::new();
    let spec = "\
input: {pfs: {repo: raw, glob: '/(*).txt'}}
output: /$1
transform: {cmd: [sh, code/a.sh]}
";
    let script = "\
cat \"$PFS/raw/\"* > \"$PFS/out/sum\"
grep -q slow \"$PFS/out/sum\" || exit 0
echo begun
n=0; while [ ! -e go ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
echo ended
";
    project.write("raw/a.txt", "quick").write("raw/b.txt", "slow").write("code/a.sh", script);
    project.write(".git/info/exclude", "go\n").spec("a", spec).commit("two");
    let mut run = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut run = run.args(["run", "-q"]).spawn().expect("it starts");
    let is_running = || project.states("a").get("b").is_some_and(|state| state == "running");
    for _ in 0..300 {
        if is_running() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let only = project.minipach(["datums", "a", "--state", "running"]).code(0).says("since 2");
    assert_eq!(only.stdout.lines().count(), 1, "{}", only.stdout);
    let said = project.minipach(["why", "a:b"]).code(0).says("a:b is running").says("  since 2");
    said.says("minipach logs 'a:b' -f");
    assert!(project.minipach(["why", "a:b", "--json"]).json()["running_since_ms"].as_u64() > Some(0));
    let status = project.minipach(["status"]).code(0).says("run is going on");
    assert!(!status.stdout.contains("minipach run"), "{}", status.stdout);
    let mut logs = project.command(env!("CARGO_BIN_EXE_minipach"));
    let logs = logs.args(["logs", "a:b", "-f"]).stdout(std::process::Stdio::piped());
    let logs = logs.spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(700));
    project.write("go", "");
    let logs = logs.wait_with_output().expect("it ends with the attempt");
    assert_eq!(String::from_utf8_lossy(&logs.stdout), "begun\nended\n");
    assert!(run.wait().expect("it ends").success());
    assert_eq!(project.minipach(["why", "a:b", "--json"]).json()["running_since_ms"], Value::Null);
}

#[test]
fn a_quiet_run_that_goes_well_says_nothing() {
    let project = Project::new();
    project.write("raw/a", "one\n").spec(
        "fs",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/* $PFS/out/']}\n",
    );
    project.commit("a study");
    let ended = project.minipach(["run", "-q"]).code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    project.write("raw/a", "two\n").commit("another");
    project.minipach(["run"]).code(0).says("commands run ");
}
