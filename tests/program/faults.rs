//! What can go wrong around a run: each time one clear sentence, the documented exit code, nothing lost.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{self, Ended, Project};

const COPY: &str = "cat /pfs/raw/raw.txt > /pfs/out/o";

/// A pipeline `copy` of one command over each of `raw/*.txt`.
fn spec(repo: &str, command: &str) -> String {
    let input = format!("input: {{pfs: {{name: raw, repo: {repo}, glob: '/(*).txt'}}}}\noutput: /$1\n");
    format!("{input}transform:\n  cmd: [sh, -c, '{command}']\n")
}

/// Three numbers and a pipeline over them, committed.
fn study(command: &str) -> Project {
    let project = Project::new();
    project.write_all(&[("raw/1.txt", "1\n"), ("raw/2.txt", "2\n"), ("raw/3.txt", "3\n")]);
    project.spec("copy", &spec("raw", command)).commit("a study");
    project
}

/// Replaces the command and says more in the spec.
fn change(project: &Project, command: &str, more: &str) {
    project.spec("copy", &(spec("raw", command) + more)).commit("another command");
}

/// A plain run does all that is left, and leaves nothing for another one.
#[track_caller]
fn converges(project: &Project) {
    project.minipach(["run"]).ok();
    for number in ["1", "2", "3"] {
        assert_eq!(project.read(&format!("copy/{number}/o")), format!("{number}\n"));
    }
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

/// After its command was mended.
#[track_caller]
fn converges_with_copy(project: &Project) {
    change(project, COPY, "");
    converges(project);
}

/// Leaves a test out, visibly.
fn left_out(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(std::io::stderr(), "left out: {test}: {reason}").expect("standard error can be written");
}

/// Runs a script as root of a user namespace with mounts of its own, with the program as `$MINIPACH`.
/// `None` where the kernel does not let us.
fn in_namespace(project: &Project, script: &str) -> Option<Ended> {
    let program = support::peer("unshare")?;
    if project.program(&program, ["-Urm", "true"]).code != 0 {
        left_out("user namespaces are not allowed here");
        return None;
    }
    let text = format!("MINIPACH='{}'; {script}", env!("CARGO_BIN_EXE_minipach"));
    Some(project.program(&program, ["-Urm", "sh", "-c", &text]))
}

#[test]
fn a_second_run_says_who_runs() {
    let project = study(&format!("echo run >> \"$WITNESS\"; sleep 1; {COPY}"));
    let mut first = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut first =
        first.args(["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let begun = Instant::now();
    while !project.home().join("witness").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let who = format!("process {}", first.id());
    project.minipach(["run"]).code(4).says("is at work here already").says(&who).says("hint: ");
    project.minipach(["status", "--json"]).ok();
    assert!(first.wait().expect("it ends").success());
    assert_eq!(project.witnessed().len(), 3, "each ran once");
    converges(&project);
}

/// As where `docker exec` starts it without a terminal: the leader of its process group is outside of what it sees.
#[test]
fn in_a_container_whose_process_group_is_led_from_outside_leftovers_are_ended_too() {
    let Some(program) = support::peer("unshare") else { return };
    if Project::new().program(&program, ["-Urmpf", "--mount-proc", "true"]).code != 0 {
        return left_out("user namespaces are not allowed here");
    }
    let project = study(&format!("setsid sleep 60 & {COPY}"));
    let minipach = env!("CARGO_BIN_EXE_minipach");
    let begun = Instant::now();
    let said = project.program(&program, ["-Urmpf", "--mount-proc", minipach, "run"]);
    assert_eq!((said.code, project.read("copy/3/o")), (0, "3\n".to_owned()), "{}", said.stderr);
    assert!(begun.elapsed() < Duration::from_secs(50), "it waited for what commands had left");
    converges(&project);
}

/// A run whose slot breaks down ends, and keeps what was finished.
#[cfg(feature = "faults")]
#[test]
fn a_worker_that_breaks_down_ends_the_run_as_a_bug() {
    let project = study(COPY);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let ended = support::finish({
        command.arg("run").env("MINIPACH_PLANTED", "slot-breaks");
        command
    });
    ended.code(70).says("a planted bug").says("a worker of minipach broke down").says("the next run goes on");
    project
        .minipach(["jobs", "last"])
        .code(0)
        .says("aborted")
        .says("broke off: a worker of minipach broke down");
    // None of them is asked for, which is not that there is none.
    let none = project.minipach(["jobs", "-n", "0"]).code(0);
    assert!(!format!("{}{}", none.stdout, none.stderr).contains("nothing was run"), "{none:?}");
    converges(&project);
}

// ---- git

#[test]
fn in_a_conflict_of_inputs_nothing_runs() {
    let project = study(COPY);
    project.minipach(["run"]).ok();
    project.git(["switch", "-q", "-c", "other"]);
    project.write("raw/1.txt", "other\n").commit("other");
    project.git(["switch", "-q", "main"]);
    project.write("raw/1.txt", "ours\n").commit("ours");
    for verb in ["merge", "rebase"] {
        assert_ne!(project.program("git", [verb, "other"]).code, 0);
        project.minipach(["run"]).code(4).says("`raw/1.txt` has merge conflicts").says("git add");
        assert_eq!(project.read("copy/1/o"), "1\n", "what stood stands");
        project.git([verb, "--abort"]);
    }
    project.write("raw/1.txt", "1\n").commit("as it was");
    converges(&project);
}

#[test]
fn in_a_rebase_results_wait_for_its_end() {
    let project = study(COPY);
    project.git(["switch", "-q", "-c", "other"]);
    project.write("README.md", "other\n").commit("other");
    project.git(["switch", "-q", "main"]);
    project.write("README.md", "ours\n").commit("ours");
    assert_ne!(project.program("git", ["rebase", "other"]).code, 0);
    project.write("README.md", "both\n").git(["add", "README.md"]);
    let head = project.head();
    project.minipach(["run"]).code(0).says("not committed yet").says("in the middle of a rebase");
    assert_eq!(project.head(), head);
    let mut command = project.command("git");
    let ended = command.args(["rebase", "--continue"]).env("GIT_EDITOR", "true").output();
    assert!(ended.expect("git starts").status.success());
    converges(&project);
}

#[test]
fn a_detached_head_takes_commits() {
    let project = study(COPY);
    project.git(["checkout", "-q", "--detach"]);
    converges(&project);
    assert_eq!(project.git(["rev-list", "--count", "main..HEAD"]), "1");
}

#[test]
fn without_a_work_tree_nothing_can_run() {
    let project = Project::bare();
    project.minipach(["run"]).code(4).says("is not inside a git repository").says("git init");
    project.git(["init", "-q", "--bare"]);
    project.minipach(["run"]).code(4).says("is a bare repository").says("clone it first");
    project.minipach(["status"]).code(4).says("is a bare repository");
}

#[test]
fn before_the_first_commit_results_wait() {
    let empty = Project::new();
    empty.minipach(["run"]).code(0).says("nothing to do");
    empty.minipach(["status"]).code(0).says("no commit yet");
    let project = Project::new();
    project.write_all(&[("raw/1.txt", "1\n"), ("raw/2.txt", "2\n"), ("raw/3.txt", "3\n")]);
    project.spec("copy", &spec("raw", COPY));
    project.minipach(["run"]).code(0).says("`copy/spec.yml` and 3 more have changes that are not committed");
    assert_eq!(project.read("copy/1/o"), "1\n");
    project.git(["add", "raw", "copy/spec.yml"]);
    project.git(["commit", "-q", "-m", "inputs"]);
    converges(&project);
}

#[test]
fn without_a_user_name_minipach_signs() {
    let project = study(COPY);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    for role in ["AUTHOR", "COMMITTER"] {
        command.env_remove(format!("GIT_{role}_NAME")).env_remove(format!("GIT_{role}_EMAIL"));
    }
    // No name is to be guessed from the machine either.
    command.envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.useConfigOnly")]);
    command.env("GIT_CONFIG_VALUE_0", "true").arg("run");
    assert!(command.output().expect("it starts").status.success());
    assert_eq!(project.git(["log", "-1", "--format=%an <%ae>"]), "minipach <minipach@localhost>");
    converges(&project);
}

#[test]
fn an_index_that_somebody_locks_is_named_and_left_alone() {
    let command = format!("echo run >> \"$WITNESS\"; {COPY}");
    let project = study(&command);
    project.spec("more", &spec("copy", &command).replace("/(*).txt", "/(*)").replace("raw.txt", "o"));
    project.commit("one more");
    project.write(".git/index.lock", "");
    let said = project.minipach(["run"]).code(4);
    said.says(".git/index.lock` has been there for").says("if no git program runs, remove it").says(
        "the results are in place, and the next `minipach run` commits them without running them again",
    );
    assert!(project.exists(".git/index.lock"), "it is not ours");
    for path in ["copy/1/o", "more/1/o"] {
        assert_eq!(project.read(path), "1\n", "what was made stands");
    }
    assert_eq!(project.witnessed().len(), 6, "what is downstream ran too");
    assert_eq!(project.git(["log", "--format=%s"]), "one more\na study");
    project.remove(".git/index.lock");
    converges(&project);
    assert_eq!(project.witnessed().len(), 0, "nothing ran again");
    assert_eq!(project.git(["rev-list", "--count", "HEAD"]), "4");
}

// ---- folders and disks

#[test]
fn a_read_only_folder_is_named_before_anything_runs() {
    let project = study(&format!("echo run >> \"$WITNESS\"; {COPY}"));
    let script = "mount --bind copy copy && mount -o remount,bind,ro copy && exec \"$MINIPACH\" run";
    let Some(said) = in_namespace(&project, script) else { return };
    said.code(4).says("results cannot be placed in `copy/`").says("make the folder writable");
    assert_eq!(project.witnessed().len(), 0);
    converges(&project);
}

#[test]
fn a_full_disk_loses_nothing() {
    let script = r#"
        mount -t tmpfs -o size=4m none . && cd "$PWD" || exit 99
        git init -q -b main && mkdir raw copy
        for n in 1 2 3; do dd if=/dev/urandom of=raw/$n.txt bs=1000 count=500 2> dd; done
        cp ../spec.yml copy/ && git add raw copy && git commit -q -m study || exit 98
        "$MINIPACH" run; echo "first: $?"
        "$MINIPACH" status --json > /dev/null || exit 97
        git --no-optional-locks status --porcelain > /dev/null || exit 96
        for n in 1 2 3; do
            if [ -e copy/$n ]; then cmp raw/$n.txt copy/$n/o || exit 95; fi
        done
        mount -o remount,size=40m . && "$MINIPACH" run || exit 94
        for n in 1 2 3; do cmp raw/$n.txt copy/$n/o || exit 93; done
        git fsck --strict && git diff --exit-code HEAD || exit 92
        "$MINIPACH" run
    "#;
    let project = Project::bare();
    fs::write(project.home().join("spec.yml"), spec("raw", COPY)).expect("a file can be written");
    let Some(said) = in_namespace(&project, script) else { return };
    let said = said.code(0).says("No space left on device").says("nothing to do");
    assert!(["first: 1", "first: 4"].iter().any(|code| said.stdout.contains(code)), "{said:?}");
}

#[test]
fn what_is_yours_beside_a_result_that_goes_stays() {
    let project = study(COPY);
    project.write(".gitignore", "*.log\n").commit("logs are ignored");
    project.minipach(["run"]).ok();
    project.write("copy/3/mine.log", "mine\n").remove("raw/3.txt").commit("one less");
    project.minipach(["run"]).ok();
    assert!(!project.exists("copy/3/o"));
    assert_eq!(project.read("copy/3/mine.log"), "mine\n");
    project.remove("copy/3").write("raw/3.txt", "3\n").commit("as it was");
    converges(&project);
}

// ---- names and links

#[test]
fn odd_names_are_fine_and_never_reach_a_terminal_raw() {
    let project = study(COPY);
    let names = ["a\nb", "{c}", "\u{1b}[31mred", "$1", "-rf", "it's", "a b"];
    for name in names {
        project.write(&format!("raw/{name}.txt"), format!("{name}\n"));
    }
    project.commit("odd names");
    let said = project.minipach(["run"]).code(0);
    let listed = project.minipach(["datums", "copy"]).code(0);
    for text in [&said.stdout, &said.stderr, &listed.stdout] {
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    for name in names {
        assert_eq!(project.read(&format!("copy/{name}/o")), format!("{name}\n"));
    }
    converges(&project);
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    let project = study(COPY);
    let path = project.root().join("raw").join(OsStr::from_bytes(b"\xff.txt"));
    fs::write(&path, "x").expect("Linux takes any name");
    project.minipach(["run"]).code(4).says("is not UTF-8; rename the file").says("nothing was done");
    fs::remove_file(path).expect("it stands");
    converges(&project);
}

#[test]
fn a_link_to_no_file_of_the_project_fails_its_datum_alone() {
    let project = study(COPY);
    for target in ["/etc/hostname", "../../elsewhere", "/etc", "nothing"] {
        std::os::unix::fs::symlink(target, project.path("raw/4.txt")).expect("a link can be made");
        let said = project.minipach(["run"]).code(1);
        said.says("`raw/4.txt` is a link that").says("replace it by the file or remove it");
        let states = project.states("copy");
        let failed: Vec<_> = states.iter().filter(|(_, state)| *state != "done").collect();
        assert_eq!((states.len(), failed), (4, vec![(&"4".to_owned(), &"failed".to_owned())]));
        project.remove("raw/4.txt");
    }
    converges(&project);
}

#[test]
fn a_match_goes_on_without_what_a_link_does_not_lead_to() {
    let project = study(COPY);
    project.spec("same", "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n");
    std::os::unix::fs::symlink("nothing", project.path("raw/4.txt")).expect("a link can be made");
    let said = project.minipach(["run", "same"]).code(1);
    said.says("same:4.txt")
        .says("`raw/4.txt` is a link that points to nothing; replace it by the file or remove it");
    let done = project.states("same").into_values().filter(|state| state == "done").count();
    assert_eq!(done, 3);
}

// ---- commands

#[test]
fn a_missing_command_is_named() {
    let project = study(COPY);
    let text = spec("raw", COPY);
    project.spec("copy", &text.replace("sh, -c", "no-such-program, -c"));
    project.minipach(["run"]).code(5).says("`no-such-program` is not found").says("install it");
    project.spec("copy", &text.replace("sh, -c", "/opt/no/such, -c"));
    project.minipach(["run"]).code(5).says("`/opt/no/such` is not on this machine").says("container");
    converges_with_copy(&project);
}

/// Processes of this machine with a word in their command line, zombies left out.
fn processes(word: &str) -> usize {
    let entries = fs::read_dir("/proc").expect("Linux has processes").flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).split('\0').any(|other| other == word)).count()
}

/// A time to sleep, in seconds, that names the processes of one test on this machine.
fn long(test: u32) -> String {
    format!("98{test}.{}", std::process::id())
}

#[test]
fn a_command_that_hangs_is_ended() {
    let (long, begun) = (long(1), Instant::now());
    let hang = format!("sleep {long}");
    let project = study(&hang);
    change(&project, &hang, "datum_timeout: 300ms\ndatum_tries: 1\n");
    project.minipach(["run"]).code(1).says("its `datum_timeout` was over");
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(processes(&long), 0);
    converges_with_copy(&project);
}

#[test]
fn an_error_command_steps_in_after_a_datum_timeout_and_not_after_the_job_timeout() {
    let long = long(9);
    let hang = format!("sleep {long}");
    for (limit, state, handled) in [("datum_timeout", "recovered", 3), ("job_timeout", "failed", 0)] {
        let project = study(&hang);
        let handler = "  err_cmd: [sh, -c, 'echo handled >> $WITNESS']\n";
        change(&project, &hang, &format!("{handler}{limit}: 300ms\ndatum_tries: 1\n"));
        let said = project.minipach(["run"]).says(&format!("its `{limit}` was over"));
        assert_eq!(project.states("copy")["1"], state, "{}", said.stderr);
        assert_eq!(project.witnessed().len(), handled, "{}", said.stderr);
    }
}

#[test]
fn daemons_of_a_command_end_with_it() {
    let (long, begun) = (long(2), Instant::now());
    for fork in ["setsid sleep LONG > /dev/null 2>&1 &", "sleep LONG &", "(setsid sleep LONG &);"] {
        let project = study(&format!("{} {COPY}", fork.replace("LONG", &long)));
        converges(&project);
        assert_eq!(processes(&long), 0, "{fork}");
    }
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_flood_of_output_is_bounded() {
    let project = study(&format!("yes | head -c 60000000; {COPY}"));
    converges(&project);
    let kept: u64 = project
        .program("du", ["-sb", ".git/minipach/logs"])
        .ok()
        .split_whitespace()
        .next()
        .and_then(|bytes| bytes.parse().ok())
        .expect("du prints bytes");
    assert!(kept < 12_000_000, "{kept} bytes of logs for 180 MB");
}

#[test]
fn a_command_that_removes_its_inputs_removes_only_its_own_view() {
    let project = study(&format!("{COPY}; rm -rf /pfs/raw \"$PFS\"/raw/*"));
    converges(&project);
    assert_eq!(project.tree("raw").len(), 3);
}

#[test]
fn a_command_that_writes_to_its_inputs_has_no_result() {
    let project = study(&format!("{COPY}; echo more >> /pfs/raw/raw.txt"));
    let said = project.minipach(["run"]);
    if project.read("raw/1.txt") == "1\n" {
        // The file system gave it copies of its own.
        said.code(0);
    } else {
        said.code(1).says("changed while it was used").says("the command writes to its own input");
        assert!(!project.exists("copy/1"));
        project.git(["checkout", "-q", "raw"]);
    }
    converges_with_copy(&project);
}

#[test]
fn a_command_that_kills_itself_fails_alone() {
    for suicide in ["kill -9 $$", "kill -9 0", "kill -TERM $$"] {
        let project = study(&format!("{COPY}; read n < /pfs/raw/raw.txt; [ $n != 2 ] || {suicide}"));
        project.minipach(["run"]).code(1).says("killed by signal");
        assert_eq!((project.read("copy/1/o"), project.exists("copy/2")), ("1\n".to_owned(), false));
        converges_with_copy(&project);
    }
}

// ---- specs

#[test]
fn a_cycle_is_named_in_full() {
    let project = study(COPY);
    for (name, repo) in [("a", "c"), ("b", "a"), ("c", "b")] {
        project.spec(name, &spec(repo, COPY));
    }
    project.minipach(["run"]).code(3).says("`a` reads `c` reads `b` reads `a`").says("a/spec.yml:1");
    assert!(project.exists("copy/1"), "a sound pipeline beside it runs");
}

#[test]
fn pipelines_with_one_output_are_refused() {
    let project = study(COPY);
    project.spec("copy/inner", &spec("raw", COPY));
    let said = project.minipach(["run"]).code(3);
    said.says("`copy/inner` lies inside the output of pipeline `copy`").says("side by side");
    project.remove("copy/inner");
    // Two datums of one pipeline.
    project.spec("copy", &spec("raw", COPY).replace("/$1", "/same")).commit("one place");
    let said = project.minipach(["run"]).code(3);
    said.says("`raw/1.txt`").says("`raw/2.txt`").says("both have the output `same`");
    project.minipach(["check"]).code(1).says("copy/spec.yml:2:9");
    converges_with_copy(&project);
}

#[test]
fn an_unknown_repo_is_answered_with_the_nearest() {
    let project = study(COPY);
    project.spec("copy", &spec("rwa", COPY));
    project.minipach(["run"]).code(3).says("input repo `rwa` does not exist").says("did you mean `raw`?");
    converges_with_copy(&project);
}

#[test]
fn what_the_system_refuses_is_told_with_a_remedy() {
    let project = study(COPY);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let ended = command.args(["run"]).env("TMPDIR", "/no/such/folder").output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(4) && said.contains("set TMPDIR to a folder"), "{said}");
    project.write(".minipach/ledger/copy.jsonl/in-the-way", "");
    project.minipach(["run"]).code(4).says("copy.jsonl").says("a folder stands where a file belongs");
    project.remove(".minipach/ledger/copy.jsonl");
    converges(&project);
    project.write("copy/spec.yml", format!("a: {}{}\n", "[".repeat(500), "]".repeat(500)));
    project.minipach(["check"]).code(1).says("copy/spec.yml:1:").says("write it flatter");
}
