//! Runs seen from another process: `jobs` lists them, `attach` follows one, `cancel` ends it.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ended, Project, finish};

/// Three subjects whose command waits until it may end, one at a time.
fn study() -> Project {
    let project = Project::new();
    for subject in ["sub-01", "sub-02", "sub-03"] {
        project.write(&format!("raw/{subject}/T1.txt"), format!("{subject}\n"));
    }
    let gate = "echo said so far; echo began >> \"$WITNESS\"; while test -d \"$HOME\" && ! test -e \"$HOME/go\"; do sleep 0.02; done";
    project.write(
        "code/copy.sh",
        format!("{gate}\ntest -s \"$PFS/raw/T1.txt\" && cp \"$PFS/raw/T1.txt\" \"$PFS/out/\"\n"),
    );
    let input = "input: {pfs: {name: raw, repo: raw, glob: '/(sub-*)'}}\noutput: /$1\n";
    project.spec(
        "copy",
        &format!("{input}parallelism_spec: {{constant: 1}}\ntransform: {{cmd: [sh, code/copy.sh]}}\n"),
    );
    project.commit("a study");
    project
}

/// A run that goes on, at the latest until the test ends.
struct Run(Child);

impl Run {
    /// Its exit code.
    fn end(mut self) -> Option<i32> {
        self.0.wait().expect("it ends").code()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Begins a run, and waits until it tells that its first command has begun.
fn begin(project: &Project) -> Run {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let errors = std::fs::File::create(project.home().join("run.err")).expect("a file");
    let run = command.arg("run").stdout(Stdio::null()).stderr(errors).spawn().expect("it starts");
    let run = Run(run);
    let pid = run.0.id();
    until("a command has begun", || {
        let runs: Vec<serde_json::Value> = project.minipach(["jobs", "--json", "-n1"]).code(0).json_lines();
        runs.iter().any(|run| {
            run["pid"] == pid && run["running"].as_array().is_some_and(|running| !running.is_empty())
        })
    });
    run
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn open_the_gate(project: &Project) {
    std::fs::write(project.home().join("go"), "").expect("a file");
}

fn states(project: &Project) -> Vec<String> {
    let lines: Vec<serde_json::Value> = project.minipach(["jobs", "--json"]).code(0).json_lines();
    lines.iter().map(|line| line["state"].as_str().expect("a word").to_owned()).collect()
}

/// Whether the newest run told that a datum's try of this number began.
fn has_begun(project: &Project, number: usize) -> bool {
    let runs = std::fs::read_dir(project.path(".git/minipach/runs")).expect("runs").flatten();
    let newest = runs.map(|run| run.path()).max().expect("a run");
    let told = std::fs::read_to_string(newest.join("events.jsonl")).unwrap_or_default();
    told.contains(&format!("\"attempt\":{number},"))
}

/// What `minipach WORDS…` says, begun now and read later.
fn beside(project: &Project, words: &[&str]) -> std::thread::JoinHandle<Ended> {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(words);
    std::thread::spawn(move || finish(command))
}

#[test]
fn before_the_first_run_there_is_none() {
    let project = study();
    project.minipach(["jobs"]).code(0).says("nothing was run here yet");
    project.minipach(["attach"]).code(2).says("nothing was run here yet").says("minipach run");
    project.minipach(["cancel"]).code(4).says("nothing runs here");
}

#[test]
fn a_run_is_listed_followed_and_told_in_full() {
    let project = study();
    let run = begin(&project);
    assert_eq!(states(&project), ["going_on"]);
    assert!(project.minipach(["jobs", "last"]).ok().contains("copy:sub-01"));
    let attached = [beside(&project, &["attach", "--json"]), beside(&project, &["attach"])];
    open_the_gate(&project);
    assert_eq!(run.end(), Some(0));
    let [events, text] = attached.map(|attached| attached.join().expect("it ends"));
    let kinds: Vec<serde_json::Value> = events.code(0).json_lines();
    assert_eq!(
        (&kinds[0]["event"], &kinds[kinds.len() - 1]["event"]),
        (&"run_started".into(), &"run_finished".into())
    );
    text.code(0).says("done copy:sub-03").says("is done");
    assert_eq!(states(&project), ["done"]);
    let told = project.minipach(["jobs"]).ok();
    assert!(told.contains("done") && told.contains("copy 3 ran"), "{told}");
    let whole = project.minipach(["jobs", "last"]).ok();
    assert!(
        whole.contains("3 of 3 datums") && whole.contains(&format!("committed {}", &project.head()[..7])),
        "{whole}"
    );
    project.minipach(["attach", "2"]).code(0).says("is done");
    project.git(["rm", "-q", "-r", "raw/sub-01"]);
    project.commit("a subject less");
    project.minipach(["run"]).ok();
    let told = project.minipach(["jobs", "last"]).ok();
    assert!(told.contains("1 removed") && !told.contains("to remove"), "{told}");
    project.minipach(["jobs", "nowhere"]).code(2).says("there is no run `nowhere`");
}

#[test]
fn a_cancelled_run_keeps_what_is_finished_and_goes_on_later() {
    let project = study();
    let run = begin(&project);
    let follower = beside(&project, &["attach"]);
    let said = project.minipach(["cancel"]).ok();
    assert!(said.contains("starts nothing new") && said.contains("1 datum"), "{said}");
    until("whoever looks at it sees that it stops", || {
        let shown = project.minipach(["--once", "--screen", "jobs"]).ok();
        shown.contains("stopping, 1 in hand")
    });
    open_the_gate(&project);
    assert_eq!(run.end(), Some(130));
    follower.join().expect("it ends").code(130).says("is stopped");
    assert_eq!(states(&project), ["stopped"]);
    let done =
        |project: &Project| project.states("copy").into_values().filter(|state| state == "done").count();
    assert_eq!(done(&project), 1);
    project.minipach(["run"]).ok();
    assert_eq!((done(&project), states(&project)), (3, vec!["done".to_owned(), "stopped".to_owned()]));
}

/// As many as a plan then shows, those of pipelines that it did not come to among them.
#[test]
fn what_a_stopped_run_leaves_is_what_a_plan_shows() {
    let project = study();
    let input = "input: {pfs: {repo: copy, glob: '/(*)'}}\noutput: /$1\n";
    project.spec(
        "lines",
        &format!("{input}transform: {{cmd: [sh, -c, 'wc -l < $PFS/copy/T1.txt > $PFS/out/n']}}\n"),
    );
    project.commit("who reads it");
    let run = begin(&project);
    project.minipach(["cancel"]).ok();
    until("it stops", || {
        project.minipach(["--once", "--screen", "jobs"]).ok().contains("stopping, 1 in hand")
    });
    open_the_gate(&project);
    assert_eq!(run.end(), Some(130));
    let runs: Vec<serde_json::Value> = project.minipach(["jobs", "--json", "-n1"]).code(0).json_lines();
    assert_eq!(runs[0]["summary"]["left"], 3, "{}", runs[0]);
    project.minipach(["plan"]).code(0).says("at least 2 to run, 1 waiting");
}

#[test]
fn whoever_cancels_a_second_time_is_told_that_it_cuts_off() {
    let project = study();
    let run = begin(&project);
    project.minipach(["cancel"]).code(0).says("ends after 1 datum that runs now; --now cuts it off");
    until("it stops", || {
        project.minipach(["--once", "--screen", "jobs"]).ok().contains("stopping, 1 in hand")
    });
    project.minipach(["cancel"]).code(0).says("ends at once; 1 datum cut off");
    assert_eq!(run.end(), Some(130));
}

#[test]
fn what_runs_now_is_cut_off_and_a_killed_run_is_lost() {
    let project = study();
    let run = begin(&project);
    project.minipach(["cancel", "--now", "--wait"]).code(0);
    assert_eq!(run.end(), Some(130));
    let said = std::fs::read_to_string(project.home().join("run.err")).expect("what it said");
    assert!(said.contains("stopping: what runs now is ended") && !said.contains("once more"), "{said}");
    let run = begin(&project);
    assert_eq!(states(&project), ["going_on", "stopped"]);
    drop(run);
    assert_eq!(states(&project), ["lost", "stopped"]);
    for run in project.minipach(["jobs", "--json"]).code(0).json_lines::<serde_json::Value>() {
        let first = serde_json::json!(["copy:sub-01"]);
        assert_eq!((&run["running"], &run["cut_off"]), (&serde_json::json!([]), &first), "{run}");
        let told = project.minipach(["jobs", run["run"].as_str().expect("an id")]).ok();
        assert!(told.contains("1 cut off") && !told.contains("nothing to do"), "{told}");
        assert!(!told.contains("running"), "{told}");
    }
    let last = project.minipach(["logs", "copy:sub-01"]).code(0).says("cut off: its run was killed");
    assert_eq!(last.stdout, "said so far\n");
    let all = project.minipach(["logs", "copy:sub-01", "--all", "--json"]).code(0);
    let all: Vec<serde_json::Value> = all.json_lines();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|line| line["outcome"] == "cut off" && line["line"] == "said so far"));
    let shown = project.minipach(["--once", "--screen", "datum:copy:sub-01"]).ok();
    assert!(shown.contains("cut off") && shown.contains("said so far"), "{shown}");
    project.minipach(["attach"]).code(130).says("is gone").says("minipach run");
    open_the_gate(&project);
    project.minipach(["run"]).ok();
    project.nothing_to_do();
    let last = project.minipach(["logs", "copy:sub-01"]).code(0).says("2 earlier attempts printed something");
    assert_eq!(last.stdout, "said so far\n");
    let rows = project.minipach(["--once", "--json", "--screen", "pipeline:copy"]).json();
    assert_eq!(rows["rows"][0]["path"], "copy/sub-01", "{rows}");
}

#[test]
fn the_try_that_was_cut_off_is_told_beside_those_that_failed_before_it() {
    let project = study();
    let input = "input: {pfs: {repo: raw, glob: /*}}\nparallelism_spec: {constant: 1}\ndatum_tries: 3\n";
    project.spec("copy", &format!("{input}transform: {{cmd: [sh, code/copy.sh]}}\n"));
    project.write(
        "code/copy.sh",
        "while [ -e \"$HOME/tried\" ]; do sleep 0.02; done\ntouch \"$HOME/tried\"; exit 3\n",
    );
    project.commit("a flaky one");
    let tried = |project: &Project| {
        let datums: Vec<serde_json::Value> = project.minipach(["datums", "--json"]).code(0).json_lines();
        let tried = datums[0]["attempts"].as_array().expect("attempts").clone();
        tried.iter().map(|one| (one["try"].as_u64(), one["outcome"].to_string())).collect::<Vec<_>>()
    };
    let run = begin(&project);
    until("the second try has begun", || has_begun(&project, 2));
    project.minipach(["cancel", "--now", "--wait"]).code(0);
    assert_eq!(run.end(), Some(130));
    let (failed, cut) = ((Some(1), "\"failed\"".to_owned()), (Some(2), "\"cut_off\"".to_owned()));
    assert_eq!(tried(&project), [failed.clone(), cut.clone()]);
    std::fs::remove_file(project.home().join("tried")).expect("it is there");
    let run = begin(&project);
    until("the second try has begun", || has_begun(&project, 2));
    drop(run);
    assert_eq!(tried(&project), [failed.clone(), cut.clone(), failed, cut]);
    let why = project.minipach(["why", "copy:sub-01", "--json"]).code(0).json();
    assert_eq!(why["attempts"].as_array().map(Vec::len), Some(4), "{why}");
    let shown = project.minipach(["--once", "--screen", "jobs"]).ok();
    assert!(
        shown.contains("cut off: a later run does what is not done") && shown.contains("copy:raw:/sub-01"),
        "{shown}"
    );
}

/// What a `job_timeout` leaves was not tried: it failed at nothing.
#[test]
fn datums_that_a_job_has_no_time_for_are_not_begun() {
    let project = Project::new();
    for name in ["f1", "f2", "f3"] {
        project.write(&format!("raw/{name}"), name);
    }
    let hang = "grep -q f1 $raw || exec sleep 60; cp $raw $PFS/out/copy";
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\njob_timeout: 1s\ntransform:\n  cmd: [sh, -c, 'HANG']\n";
    project.spec("p", &spec.replace("HANG", hang)).commit("a study");
    let said = project.minipach(["run", "-j1", "-v"]).code(1).says("not begun: the `job_timeout` was over");
    said.says("its `job_timeout` was over before all of its datums began; the next run goes on with those");
    let states = project.states("p");
    assert_eq!((&*states["f1"], &*states["f2"], &*states["f3"]), ("done", "failed", "pending"));
    let log = project.read(".git/minipach/attempts.jsonl");
    assert!(!log.contains("\"f3\""), "{log}");
}

#[test]
fn of_ticks_that_overwrite_only_the_newest_counts() {
    let project = Project::new();
    project.write("ticks/2026-01-01T00:00:00Z", "").write("ticks/2026-01-02T00:00:00Z", "");
    let cron = "input: {cron: {name: tick, spec: '@daily', repo: ticks, overwrite: true}}\n";
    let list = "transform: {cmd: [sh, -c, 'ls $PFS/tick > $PFS/out/which']}\n";
    project.spec("p", &format!("{cron}{list}")).commit("a study");
    project.minipach(["run"]).code(0).says("1 datum ran");
    assert_eq!(project.read("p/which"), "2026-01-02T00:00:00Z\n");
    project.write("ticks/2026-01-03T00:00:00Z", "").minipach(["run", "--save"]).code(0).says("1 datum ran");
    assert_eq!(project.read("p/which"), "2026-01-03T00:00:00Z\n");
}

#[test]
fn what_a_run_has_queued_is_told_so_and_not_what_would_run_it() {
    let project = study();
    let run = begin(&project);
    let why = project.minipach(["why", "copy:sub-03"]).code(0);
    why.says("queued in the run that is going on; `minipach attach` follows that");
    let datums = project.minipach(["datums", "copy"]).code(0);
    assert_eq!(datums.stdout.matches("queued in the run that is going on").count(), 2, "{}", datums.stdout);
    let told = project.minipach(["why", "--json", "copy:sub-03"]).code(0).json();
    assert_eq!((&told["state"], &told["queued"]), (&"pending".into(), &true.into()));
    open_the_gate(&project);
    assert_eq!(run.end(), Some(0));
}

#[test]
fn what_failed_while_a_run_stopped_is_told_as_failed_by_all() {
    let project = study();
    let gate = "echo no; while test -d \"$HOME\" && ! test -e \"$HOME/go\"; do sleep 0.02; done; exit 3\n";
    project.write("code/copy.sh", gate);
    let spec = project.read("copy/spec.yml");
    project.spec("copy", &format!("{spec}datum_tries: 3\n")).commit("it fails");
    let run = begin(&project);
    project.minipach(["cancel"]).code(0);
    open_the_gate(&project);
    assert_eq!(run.end(), Some(130));
    let jobs = project.minipach(["jobs", "-n1"]).code(0);
    assert!(jobs.stdout.contains("1 failed") && !jobs.stdout.contains("cut off"), "{}", jobs.stdout);
    assert_eq!(project.states("copy")["sub-01"], "failed");
    let why = project.minipach(["why", "copy:sub-01"]).code(0);
    why.says("because the last attempt failed: exit code 3: no");
}

#[test]
fn what_a_try_said_outlives_a_run_that_is_killed_during_the_next_one() {
    let project = study();
    let gate = "test -e \"$HOME/second\" || { touch \"$HOME/second\"; echo first words; exit 3; }\n\
        while test -d \"$HOME\" && ! test -e \"$HOME/go\"; do sleep 0.02; done\n";
    project.write("minipach.yml", "sandbox: never\n").write("code/copy.sh", gate);
    let spec = project.read("copy/spec.yml");
    project.spec("copy", &format!("{spec}datum_tries: 3\n")).commit("it fails once");
    let mut run = begin(&project);
    until("the second try has begun", || has_begun(&project, 2));
    run.0.kill().expect("it goes on");
    run.0.wait().expect("it ends");
    let why = project.minipach(["why", "copy:sub-01"]).code(0);
    let told = "the last attempt was cut off; the one before failed: exit code 3: first words";
    why.says(&format!("because {told}"));
    project.minipach(["status"]).says(told);
    project.minipach(["datums", "copy"]).says(told);
    project.minipach(["--once", "--screen", "pipeline:copy", "--size", "160x40"]).says(told);
    project.minipach(["logs", "copy:sub-01"]).code(0).says("first words");
    open_the_gate(&project);
    project.minipach(["run"]).says("sub-02");
}
