//! What people do to a project while a run goes on: nothing of theirs is lost, and nothing wrong is believed.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{self, Ended, Project, table};

/// `fs` makes a folder of each of `raw/s1`, `raw/s2`; `stats` joins what `fs` made.
const FS: &str = "input: {pfs: {name: raw, repo: raw, glob: '/(*)'}}\noutput: /$1\n";
const STATS: &str = "input: {pfs: {repo: fs, glob: /}}\noutput: /\n";

/// A project whose `fs` runs a command of its own for `s2`, and whose `stats` runs another.
fn study(second: &str, last: &str) -> Project {
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "1\n"), ("raw/s2/x", "2\n")]);
    let make = format!(
        "echo $PPS_PIPELINE_NAME >> \"$WITNESS\"; cat /pfs/raw/x > /pfs/out/y; read n < /pfs/raw/x; [ $n != 2 ] || {{ {second}; }}"
    );
    project.spec("fs", &format!("{FS}transform: {{cmd: [sh], stdin: ['{make}']}}\n"));
    let join = format!("echo $PPS_PIPELINE_NAME >> \"$WITNESS\"; cat /pfs/fs/*/y > /pfs/out/all; {last}");
    project.spec("stats", &format!("{STATS}transform: {{cmd: [sh], stdin: ['{join}']}}\n"));
    project.commit("a study");
    project
}

/// What a command says to wait until the test has done its part.
const WAIT: &str = "touch $WITNESS.waits; for n in $(seq 1000); do [ -e $WITNESS.go ] || sleep 0.02; done";

/// A run in its own process that comes to [`WAIT`].
struct Going<'a> {
    project: &'a Project,
    child: Child,
}

impl<'a> Going<'a> {
    #[track_caller]
    fn start(project: &'a Project, words: &[&str]) -> Self {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let going = Self { project, child: command.spawn().expect("it starts") };
        until(|| project.home().join("witness.waits").exists());
        going
    }

    /// Lets the command go on, now and from now on, and gives how the run ended: code and what it said.
    #[track_caller]
    fn end(self) -> (i32, String) {
        std::fs::write(self.project.home().join("witness.go"), "").expect("a file can be written");
        let output = self.child.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().expect("no signal"), String::from_utf8_lossy(&said).into_owned())
    }
}

#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came so far");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A plain run finishes all, from what the inputs are now.
#[track_caller]
fn converges(project: &Project) -> Ended {
    let ended = project.minipach(["run"]).code(0);
    let all = ["raw/s1/x", "raw/s2/x"].map(|path| project.read(path)).concat();
    assert_eq!(project.tree("stats"), table([("all", &all)]));
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
    ended
}

#[test]
fn a_result_edited_before_it_is_read_is_not_read_as_what_it_was() {
    for words in [&["run", "-j1", "--no-commit"][..], &["run", "-j1"]] {
        let project = study(WAIT, ":");
        let going = Going::start(&project, words);
        until(|| project.exists("fs/s1/y"));
        project.write("fs/s1/y", "EDITED\n");
        let (code, said) = going.end();
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("`fs/s1/y` changed while it was used, so its result was dropped"), "{said}");
        assert!(!project.exists("stats/all"), "{said}");
        assert_eq!(project.states("fs")["s1"], "edited");
        project.write("fs/s1/y", "1\n");
        converges(&project);
    }
}

#[test]
fn a_result_that_is_changed_before_the_commit_holds_back_no_other() {
    for (state, sentence) in
        [("edited", "`fs/s1/y` was changed by hand meanwhile"), ("cached", "`fs/s1/y` was removed meanwhile")]
    {
        let project = study(WAIT, ":");
        project.remove("stats").commit("one pipeline");
        let going = Going::start(&project, &["run", "-j1"]);
        until(|| project.exists("fs/s1/y"));
        match state {
            "edited" => project.write("fs/s1/y", "MINE\n"),
            _ => project.remove("fs/s1/y"),
        };
        let (code, said) = going.end();
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(sentence), "{said}");
        assert_eq!(
            project.git(["ls-tree", "-r", "--name-only", "HEAD", "fs"]).trim(),
            "fs/s2/y\nfs/spec.yml"
        );
        let (is, other) = (project.states("fs")["s1"].clone(), project.states("fs")["s2"].clone());
        assert_eq!((is.as_str(), other.as_str()), (state, "done"), "{said}");
        project.write("fs/s1/y", "1\n").minipach(["run"]).code(0);
        assert_eq!(project.changed(), "");
    }
}

#[test]
fn a_result_edited_while_it_is_read_makes_no_result() {
    let project = study(":", WAIT);
    let going = Going::start(&project, &["run"]);
    until(|| !project.git(["ls-tree", "HEAD", "fs/s1/y"]).is_empty());
    project.write("fs/s1/y", "EDITED\n");
    let (code, said) = going.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("`fs/s1/y` changed while it was used"), "{said}");
    project.git(["checkout", "-q", "fs"]);
    converges(&project);
}

#[test]
fn a_result_edited_before_it_is_arranged_is_not_taken() {
    let project = study(WAIT, ":");
    project.spec("later", "input: {pfs: {name: raw, repo: fs, glob: '/(*)'}}\noutput: /$1\n");
    project.remove("stats").commit("an arrangement of results");
    let going = Going::start(&project, &["run", "-j1", "--no-commit"]);
    until(|| project.exists("fs/s1/y"));
    project.write("fs/s1/y", "EDITED\n");
    let (code, said) = going.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("`fs/s1/y` changed while it was used, so its result was dropped"), "{said}");
    assert_eq!(project.tree("later"), table([("s2/y", "2\n")]), "{said}");
}

#[test]
fn an_input_that_goes_meanwhile_is_no_failure_of_the_command() {
    let project = study(&format!("{WAIT}; cat /pfs/raw/x"), ":");
    let going = Going::start(&project, &["run", "-j1"]);
    let away =
        |from: &str, to: &str| std::fs::rename(project.path(from), project.path(to)).expect("it moves");
    away("raw/s2/x", ".git/x");
    std::fs::write(project.home().join("witness.go"), "").expect("a file can be written");
    let (_, said) = going.end();
    assert!(!said.contains("failed fs:s2"), "{said}");
    away(".git/x", "raw/s2/x");
    let log = project.minipach(["logs", "fs:s2", "--all"]).code(0).says("cancelled");
    assert!(log.stdout.contains("cat: "), "what it said is kept: {log:?}");
    converges(&project);
}

#[test]
fn what_failed_on_an_input_that_was_edited_meanwhile_leaves_its_log() {
    let project = study(&format!("{WAIT}; echo too early; exit 3"), ":");
    let going = Going::start(&project, &["run", "-j1"]);
    project.write("raw/s2/x", "3\n");
    let (code, said) = going.end();
    assert_eq!(code, 0, "{said}");
    let log = project.minipach(["logs", "fs:s2", "--all"]).code(0).says("cancelled, before it changed");
    assert!(log.stdout.contains("too early"), "{log:?}");
}

#[test]
fn a_branch_that_somebody_goes_to_meanwhile_is_named() {
    let project = study(WAIT, ":");
    let going = Going::start(&project, &["run", "-j1"]);
    project.git(["checkout", "-q", "-b", "other"]);
    let (code, said) = going.end();
    assert_eq!(code, 0, "{said}");
    let told = "the run began on `main`, and HEAD is on `other` by now: what it makes is committed there";
    assert_eq!(said.matches(told).count(), 1, "{said}");
    assert!(project.git(["ls-tree", "main", "fs/s1/y"]).is_empty());
    converges(&project);
}

#[test]
fn an_input_committed_after_it_was_used_holds_what_was_made_of_the_old_one() {
    let project = study(WAIT, ":");
    let going = Going::start(&project, &["run", "-j1"]);
    until(|| project.exists("fs/s1/y"));
    project.write("raw/s1/x", "new\n");
    project.git(["commit", "-q", "-a", "-m", "mine"]);
    let (code, said) = going.end();
    assert_eq!(code, 0, "{said}");
    let reason = "fs: not committed yet: `raw/s1/x` was changed and committed after it was read; run again";
    assert!(said.contains(reason), "{said}");
    assert!(said.contains("stats: not committed yet: results of `fs`"), "{said}");
    assert_eq!(project.git(["log", "-1", "--format=%s"]), "mine");
    assert_eq!(project.tree("stats"), table([("all", "1\n2\n")]), "what was made stands");
    converges(&project);
}

#[test]
fn an_input_edited_while_it_is_used_is_planned_again_by_the_same_run() {
    for words in [&["run", "-j1"][..], &["run", "--force", "stats"]] {
        let project = study(WAIT, ":");
        project.write("raw/s3/x", "3\n").commit("one more");
        let going = Going::start(&project, words);
        project.write("raw/s2/x", "2 new\n").write("raw/s4/x", "4\n");
        let (code, said) = going.end();
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("`raw/s2/x` changed while it was used, so its result was dropped"), "{said}");
        assert!(said.contains("planning again: what 1 datum used changed meanwhile"), "{said}");
        assert_eq!(project.read("stats/all"), "1\n2 new\n3\n4\n");
        let ran = project.witnessed();
        assert_eq!(ran.len(), 6, "each once, the edited one twice: {ran:?}");
        project.commit("the edits");
        project.minipach(["run"]).code(0);
        project.nothing_to_do();
    }
}

#[test]
fn a_script_edited_while_it_runs_is_planned_again_and_failures_are_not_tried_again() {
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "1\n"), ("raw/s2/x", "2\n"), ("raw/s3/x", "3\n")]);
    let script = format!(
        "echo $N >> $WITNESS; read v < $PFS/raw/x; [ $v != 1 ] || exit 3; [ $v != 2 ] || {{ {WAIT}; }}; echo $v > $PFS/out/y"
    );
    project.write("code/a.sh", &script);
    let other = FS.replace("/(*)", "/(s[13])");
    project.spec("fs", &format!("{FS}transform: {{cmd: [sh, code/a.sh], env: {{N: fs}}}}\ndatum_tries: 1\n"));
    project.spec(
        "other",
        &format!("{other}transform: {{cmd: [sh, -c, 'exit 3'], env: {{N: other}}}}\ndatum_tries: 1\n"),
    );
    project.commit("a study");
    let going = Going::start(&project, &["run", "-j1"]);
    project.write("code/a.sh", script.replace("echo $v >", "echo new $v >"));
    let (code, said) = going.end();
    assert_eq!(code, 1, "{said}");
    // The third one may have been laid out by then, or not.
    assert!(said.contains("used changed meanwhile"), "{said}");
    assert!(said.contains("2 datums ran, 3 datums failed"), "each once: {said}");
    assert_eq!(project.read("fs/s2/y") + &project.read("fs/s3/y"), "new 2\nnew 3\n");
    // The failed one is other work since its script changed; that of `other` is the same.
    assert_eq!(said.matches("failed other:s1: exit code 3").count(), 1, "{said}");
    assert_eq!(said.matches("failed fs:s1: exit code 3").count(), 2, "{said}");
}

#[test]
fn a_command_that_changes_its_own_code_is_told_so() {
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "1\n"), ("raw/s2/x", "2\n"), ("notes.log", "begun\n")]);
    let append = "echo fs >> \"$WITNESS\"; echo ran >> notes.log; cat /pfs/raw/x > /pfs/out/y";
    project.spec("fs", &format!("{FS}transform: {{cmd: [sh], stdin: ['{append}']}}\n")).commit("a study");
    let run = project.minipach(["run", "-j1"]).code(1);
    let sentence = "stale fs:s1: `notes.log` changed while it was used, again, and counts as code since the command names it";
    let run = run.says(sentence).says("set `transform.code` to files without `notes.log`");
    assert_eq!(run.stderr.matches("used, again").count(), 1, "{}", run.stderr);
    assert_eq!(project.witnessed().len(), 2, "once, and once more to be sure");
    let spec = format!("{FS}transform: {{code: [], cmd: [sh], stdin: ['{append}']}}\n");
    project.spec("fs", &spec).commit("without it");
    project.minipach(["run"]).code(0);
    project.commit("the log");
    project.nothing_to_do();
}

#[test]
fn a_commit_of_something_else_holds_nothing() {
    let project = study(WAIT, ":");
    let going = Going::start(&project, &["run", "-j1"]);
    project.write("README.md", "mine\n");
    project.git(["add", "README.md"]);
    project.git(["commit", "-q", "-m", "mine"]);
    let (code, said) = going.end();
    assert_eq!((code, project.changed()), (0, String::new()), "{said}");
    assert_eq!(project.git(["rev-list", "--count", "HEAD"]), "4");
    converges(&project);
}

#[test]
fn a_result_touched_before_its_commit_is_left_out_alone() {
    for (change, ends, kept) in [
        ("echo EDITED > fs/s1/y", 1, ""),
        ("rm fs/s1/y", 0, "fs/s1/y"),
        ("rm fs/s1/y && mkdir fs/s1/y", 0, "fs/s1/y"),
    ] {
        let project = study(WAIT, ":");
        // Reads nothing of `fs`.
        project.spec("other", &project.read("fs/spec.yml").replace(WAIT, ":")).commit("another");
        let going = Going::start(&project, &["run", "-j1"]);
        until(|| project.exists("fs/s1/y"));
        project.program("sh", ["-c", change]).ok();
        let (code, said) = going.end();
        assert_eq!(code, ends, "{said}");
        assert!(said.contains("`fs/s1/y` was "), "{said}");
        let log = project.git(["log", "--format=%s"]);
        assert!(log.contains("[DATALAD RUNCMD] other: 2 datums"), "{said}");
        assert!(log.contains("[DATALAD RUNCMD] fs: "), "what is as it was is committed: {said}");
        assert_eq!(project.git(["ls-tree", "-r", "--name-only", "HEAD", "fs/s1"]), kept, "{said}");
        project.program("rm", ["-rf", "fs/s1/y"]).ok();
        project.write("fs/s1/y", "1\n");
        converges(&project);
    }
}

#[test]
fn an_edited_result_whose_line_ends_git_converts_is_not_committed_as_what_it_was() {
    let project = study(WAIT, ":");
    project.write(".gitattributes", "y text eol=lf\n").write("raw/s1/x", "1\r\n").commit("line ends");
    let going = Going::start(&project, &["run", "-j1", "fs"]);
    until(|| project.exists("fs/s1/y"));
    project.write("fs/s1/y", "EDITED\r\n");
    let (code, said) = going.end();
    assert!(said.contains("`fs/s1/y` was changed by hand meanwhile"), "{code}: {said}");
    assert_eq!(project.git(["ls-tree", "-r", "--name-only", "HEAD", "fs"]), "fs/s2/y\nfs/spec.yml");
    assert_eq!((code, project.read("fs/s1/y").as_str()), (1, "EDITED\r\n"));
}

/// The same where results go to the annex; `None`, said aloud, without git-annex.
fn annexed(second: &str, last: &str) -> Option<Project> {
    support::peer("git-annex")?;
    let project = study(second, last);
    project.write(".gitattributes", "* annex.largefiles=nothing\ny annex.largefiles=anything\n");
    project.commit("results go to the annex");
    project.git(["annex", "init", "-q"]);
    Some(project)
}

#[test]
fn an_edited_result_does_not_go_to_the_annex_as_what_it_was() {
    let Some(project) = annexed(WAIT, ":") else { return };
    let going = Going::start(&project, &["run", "-j1"]);
    until(|| project.exists("fs/s1/y"));
    project.write("fs/s1/y", "EDITED\n");
    let (code, said) = going.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("`fs/s1/y` was changed by hand meanwhile"), "{said}");
    assert_eq!(project.git(["ls-tree", "-r", "--name-only", "HEAD", "fs/s1"]), "");
    assert_eq!(project.read("fs/s1/y"), "EDITED\n");
    assert_eq!(project.states("fs")["s1"], "edited");
    project.write("fs/s1/y", "1\n");
    converges(&project);
}

#[test]
fn results_that_went_to_the_annex_in_a_run_are_read_by_it() {
    let Some(project) = annexed(":", ":") else { return };
    project.minipach(["run", "fs", "--no-commit"]).ok();
    project.minipach(["run", "-j1"]).ok();
    assert!(project.path("fs/s1/y").is_symlink(), "it is in the annex");
    assert_eq!(project.tree("stats"), table([("all", "1\n2\n")]));
    converges(&project);
}

/// Without a sandbox it can: then each run is told what it does to itself, and what to do.
#[test]
fn a_command_that_fails_and_writes_to_its_input_is_told_the_remedy() {
    let project = Project::new();
    project.write("raw/a", "a\n").write("minipach.yml", "sandbox: never\n");
    let cmd = "echo more >> $PFS/raw/a; exit 3";
    project.spec(
        "up",
        &format!("input: {{pfs: {{repo: raw, glob: /*}}}}\ntransform: {{cmd: [sh, -c, '{cmd}']}}\n"),
    );
    project.commit("a study");
    for _ in 0..2 {
        let said = project.minipach(["run"]).code(1).says("exit code 3");
        if project.read("raw/a") == "a\n" {
            return; // The file system gave it copies of its own.
        }
        said.says("`git checkout -- raw/a`").says("set `copy_inputs: true`");
    }
    project.git(["checkout", "--", "raw/a"]);
    project.write("up/spec.yml", format!("{}copy_inputs: true\n", project.read("up/spec.yml")));
    let said = project.minipach(["run"]).code(1).says("exit code 3");
    assert!(!said.stderr.contains("own input"), "it is mended: {}", said.stderr);
    assert_eq!(project.read("raw/a"), "a\n");
}

#[test]
fn commands_that_outlive_a_killed_run_are_told_and_ended() {
    let project = study(WAIT, ":");
    project.write("minipach.yml", "sandbox: never\n").commit("on the machine as it is");
    let mut going = Going::start(&project, &["run", "-j1"]);
    project.minipach(["status"]).says("run is going on");
    going.child.kill().expect("it can be killed");
    going.child.wait().expect("it ends");
    let told =
        "1 command of a run that was killed goes on: minipach run ends it first, minipach cancel only it";
    project.minipach(["status"]).says(told);
    std::fs::write(project.home().join("witness.go"), "").expect("a file can be written");
    converges(&project);
    assert!(!project.minipach(["status"]).stdout.contains("killed"));
}

/// The bytes of an input decide, and whether it is executable; not its other rights.
#[test]
fn an_input_that_got_other_rights_while_it_was_used_keeps_its_result() {
    use std::os::unix::fs::PermissionsExt as _;
    for (mode, drops) in [(0o600, false), (0o755, true)] {
        let project = study(WAIT, ":");
        let going = Going::start(&project, &["run", "-j1"]);
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(project.path("raw/s2/x"), rights).expect("it is ours");
        let (_, said) = going.end();
        let sentence = "`raw/s2/x` changed while it was used, so its result was dropped";
        assert_eq!(said.contains(sentence), drops, "{said}");
        assert_eq!(project.witnessed().len(), if drops { 4 } else { 3 }, "{said}");
        assert_eq!(project.read("stats/all"), "1\n2\n");
        project.nothing_to_do();
    }
}

#[test]
fn cancel_ends_the_commands_of_a_killed_run() {
    let project = study(&format!("{WAIT}; touch $WITNESS.late"), ":");
    project.write("minipach.yml", "sandbox: never\n").commit("on the machine as it is");
    let mut going = Going::start(&project, &["run", "-j1"]);
    going.child.kill().expect("it can be killed");
    going.child.wait().expect("it ends");
    project.minipach(["cancel"]).code(0).says("ended 1 command of a run that was killed");
    assert!(!project.minipach(["status"]).code(0).stdout.contains("killed"), "nothing goes on");
    project.minipach(["cancel"]).code(4).says("nothing runs here");
    assert!(!project.home().join("witness.late").exists(), "it was ended");
    std::fs::write(project.home().join("witness.go"), "").expect("a file can be written");
    converges(&project);
}

#[test]
fn a_pipeline_whose_folder_is_moved_while_it_runs_is_settled_by_the_next_run() {
    for then in ["mv fs proc", "rm -r fs"] {
        let project = Project::new();
        project.write("raw/s1/x", "1\n");
        let make = format!("cat /pfs/raw/x > /pfs/out/y; [ ! -e go ] || {{ rm go; {then}; }}");
        project.spec("fs", &format!("{FS}transform: {{cmd: [sh], stdin: ['{make}']}}\n")).commit("a study");
        project.minipach(["run"]).ok();
        project.write("raw/s2/x", "2\n").commit("another");
        project.write("go", "");
        let run = project.minipach(["run"]);
        assert_ne!(run.code, 0, "{run:?}");
        project.minipach(["run", "--save"]).ok();
        project.nothing_to_do();
        if then.starts_with("mv") {
            assert_eq!(project.tree("proc"), table([("s1/y", "1\n"), ("s2/y", "2\n")]));
        }
        assert!(!project.exists("fs/s2"), "{then}");
    }
}
