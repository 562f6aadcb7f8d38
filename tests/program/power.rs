//! Power cuts: what was placed after the last sync and came out torn is made again; nothing wrong is believed.
//!
//! A cut is played: a run is killed before it syncs, files are torn, and the noted boot is made another one.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{self, Project};
use rustix::process::{Pid, Signal, kill_process_group};

/// Two files for each of three numbers; the first time, the last one hangs until it is killed.
const COMMAND: &str = r#"
    n=$(cat /pfs/raw/raw.txt)
    echo $n >> "$WITNESS"
    if [ $n = 3 ] && [ ! -e "$WITNESS.hung" ]; then : > "$WITNESS.hung"; sleep 60; fi
    echo "one $n" > OUTone; echo "two $n" > OUTtwo; : > OUTempty"#;

const NOTED: &str = ".git/minipach/unsynced";

/// A study over `raw`, in a folder for each number or all in one.
fn study(is_shared: bool) -> Project {
    let project = Project::new();
    project.write_all(&[("raw/1.txt", "1\n"), ("raw/2.txt", "2\n"), ("raw/3.txt", "3\n")]);
    lay_out(&project, is_shared, COMMAND);
    project
}

fn lay_out(project: &Project, is_shared: bool, command: &str) {
    let (output, command) = if is_shared {
        ("", command.replace("/raw.txt", "/?.txt").replace("OUT", "/pfs/out/$n-"))
    } else {
        ("output: /$1\n", command.replace("OUT", "/pfs/out/"))
    };
    let command = command.replace('\n', "\n      ").replace("/pfs", "$PFS");
    let input = "input: {pfs: {name: raw, repo: raw, glob: '/(*).txt'}}\n";
    let text = format!("{input}{output}transform:\n  cmd:\n    - sh\n    - -c\n    - |{command}\n");
    project.spec("pair", &text).commit("a study");
}

/// Where a study has a file.
fn path(is_shared: bool, number: u32, name: &str) -> String {
    format!("pair/{number}{}{name}", if is_shared { '-' } else { '/' })
}

/// Kills a run while it works on the last number: the first two are placed, and nothing is synced.
fn kill(project: &Project) {
    use std::os::unix::process::CommandExt as _;
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "-j", "1"]).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().expect("it starts");
    until(|| project.home().join("witness.hung").exists(), "the last command does not start");
    kill_process_group(Pid::from_child(&child), Signal::KILL).expect("it runs");
    child.wait().expect("it ends");
    assert!(project.exists(NOTED));
    assert_eq!(project.witnessed().len(), 3);
}

#[track_caller]
fn until(is_so: impl Fn() -> bool, or: &str) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{or}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Makes what was noted look as if it had been noted before the machine started.
fn cut(project: &Project) {
    let text = project.read(NOTED);
    let (start, rest) = text.split_once("\"boot\":\"").expect("the boot is noted");
    let (_, end) = rest.split_once('"').expect("it is a text");
    project.write(NOTED, format!("{start}\"boot\":\"another\"{end}"));
}

/// Cuts a file off as a power cut does: its times stay.
fn tear(project: &Project, path: &str, text: &str) {
    let time = project.mtime(path);
    project.write(path, text);
    project.set_mtime(path, time);
}

/// Cuts off the end of the attempt log, back to where it was when all was safe last.
fn forget_log(project: &Project) {
    let noted: serde_json::Value = serde_json::from_str(&project.read(NOTED)).expect("it is JSON");
    let log = File::options().write(true).open(project.path(".git/minipach/attempts.jsonl"));
    let length = noted["log_bytes"].as_u64().expect("a number");
    log.and_then(|log| log.set_len(length)).expect("it can be cut");
}

/// All three results stand, committed, and nothing is left to do or noted. Gives what ran since the kill.
#[track_caller]
fn converges(project: &Project, is_shared: bool) -> String {
    project.minipach(["run"]).ok();
    let ran = project.witnessed();
    for number in 1..=3 {
        for name in ["one", "two"] {
            assert_eq!(project.read(&path(is_shared, number, name)), format!("{name} {number}\n"));
        }
        assert_eq!(project.read(&path(is_shared, number, "empty")), "");
    }
    assert_eq!(project.changed(), "");
    assert!(!project.exists(NOTED));
    project.nothing_to_do();
    ran.join("")
}

#[test]
fn a_job_is_safe_and_noted_so_while_those_that_read_it_run() {
    let project = Project::new();
    project.write("raw/1.txt", "1\n");
    let spec = |read: &str, command: &str| {
        format!(
            "input: {{pfs: {{name: in, repo: {read}, glob: /}}}}\ntransform: {{cmd: [sh, -c, '{command}']}}\n"
        )
    };
    project.spec("first", &spec("raw", "cat $PFS/in/1.txt > $PFS/out/x"));
    project.spec("second", &spec("first", ": > \"$WITNESS.hung\"; sleep 60")).commit("two steps");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut child =
        command.arg("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let is_committed = || !project.git(["ls-tree", "HEAD", "first/x"]).is_empty();
    until(|| is_committed() && project.home().join("witness.hung").exists(), "the second does not run");
    let noted: serde_json::Value = serde_json::from_str(&project.read(NOTED)).expect("it is JSON");
    let length = usize::try_from(noted["log_bytes"].as_u64().expect("a number")).expect("it is small");
    assert!(project.read(".git/minipach/attempts.jsonl")[..length].contains(r#""kind":"result""#));
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    child.wait().expect("it ends");
    assert!(!project.exists(NOTED), "nothing was placed since");
}

#[test]
fn without_a_cut_all_that_was_placed_counts() {
    for is_shared in [false, true] {
        let project = study(is_shared);
        kill(&project);
        assert_eq!(converges(&project, is_shared), "3");
    }
}

#[test]
fn after_a_cut_whole_results_count() {
    for is_shared in [false, true] {
        let project = study(is_shared);
        kill(&project);
        cut(&project);
        assert_eq!(converges(&project, is_shared), "3");
        assert!(!project.exists(".git/minipach/torn"));
    }
}

#[test]
fn torn_results_are_made_again() {
    for is_shared in [false, true] {
        for text in ["", "on", "\0\0\0\0\0\0"] {
            let project = study(is_shared);
            kill(&project);
            tear(&project, &path(is_shared, 1, "one"), text);
            project.remove(&path(is_shared, 2, "two"));
            cut(&project);
            let said = project.minipach(["datums", "pair"]).ok();
            assert!(!said.contains("edited") && !said.contains("in the way"), "{said}");
            project.minipach(["run"]).code(0).says("the machine stopped before").says(".git/minipach/torn/1");
            assert_eq!(converges(&project, is_shared), "123");
            assert_eq!(project.read(&format!(".git/minipach/torn/1/{}", path(is_shared, 1, "one"))), text);
        }
    }
}

#[test]
fn torn_results_that_replaced_others_are_made_again() {
    for is_shared in [false, true] {
        let project = study(is_shared);
        lay_out(&project, is_shared, "\n    n=$(cat /pfs/raw/raw.txt); echo old > OUTone; echo old > OUTold");
        project.minipach(["run"]).ok();
        lay_out(&project, is_shared, COMMAND);
        kill(&project);
        tear(&project, &path(is_shared, 1, "one"), "");
        cut(&project);
        assert_eq!(converges(&project, is_shared), "13");
        assert!(!project.exists(&path(is_shared, 1, "old")));
    }
}

/// A file that is as it was before has a key in the index; made anew, it is no sign of a torn result.
#[test]
fn whole_results_with_a_file_that_the_annex_had_before_count() {
    if support::peer("git-annex").is_none() {
        return;
    }
    for is_shared in [false, true] {
        let project = study(is_shared);
        project
            .write(".gitattributes", "* annex.largefiles=nothing\n*one annex.largefiles=anything\n")
            .git(["annex", "init", "-q"]);
        let old = "\n    n=$(cat /pfs/raw/raw.txt); echo \"one $n\" > OUTone; echo old > OUTtwo";
        lay_out(&project, is_shared, old);
        project.minipach(["run"]).ok();
        assert!(project.path(&path(is_shared, 1, "one")).is_symlink());
        lay_out(&project, is_shared, COMMAND);
        kill(&project);
        cut(&project);
        assert_eq!(converges(&project, is_shared), "3");
        assert!(!project.exists(".git/minipach/torn"));
    }
}

#[test]
fn what_a_person_wrote_is_nobodys_to_take() {
    for is_shared in [false, true] {
        let project = study(is_shared);
        kill(&project);
        std::thread::sleep(Duration::from_millis(20));
        let (mine, torn) = (path(is_shared, 1, "one"), path(is_shared, 2, "one"));
        project.write(&mine, "mine\n");
        tear(&project, &torn, "");
        cut(&project);
        project.minipach(["run"]).code(1);
        assert_eq!((project.read(&mine), project.read(&torn)), ("mine\n".to_owned(), "one 2\n".to_owned()));
        project.remove(&mine);
        for name in ["two", "empty"] {
            project.remove(&path(is_shared, 1, name));
        }
        converges(&project, is_shared);
    }
}

#[test]
fn what_was_edited_before_the_last_sync_stays_edited() {
    for edit in ["", "mine\n"] {
        let project = study(false);
        let text =
            "input: {pfs: {repo: raw, glob: /1.txt}}\ntransform: {cmd: [sh, -c, 'echo x > $PFS/out/x']}\n";
        project.spec("early", text).commit("one more");
        project.minipach(["run", "early"]).ok();
        tear(&project, "early/x", edit);
        std::thread::sleep(Duration::from_millis(60));
        kill(&project);
        tear(&project, "pair/1/one", "");
        cut(&project);
        project.minipach(["run"]).code(1).says("early");
        assert_eq!((project.read("early/x"), project.read("pair/1/one")), (edit.into(), "one 1\n".into()));
    }
}

#[test]
fn the_end_of_the_log_may_be_lost_too() {
    for is_shared in [false, true] {
        let project = study(is_shared);
        kill(&project);
        forget_log(&project);
        for (number, name) in [(1, "one"), (1, "two"), (2, "one"), (2, "two")] {
            tear(&project, &path(is_shared, number, name), "");
        }
        cut(&project);
        assert_eq!(converges(&project, is_shared), "123");
    }
}

#[test]
fn files_with_text_that_no_log_tells_of_stay() {
    let project = study(false);
    kill(&project);
    forget_log(&project);
    cut(&project);
    project.minipach(["run"]).code(1).says("in the way");
    assert_eq!(project.read("pair/1/one"), "one 1\n");
    project.remove("pair/1").remove("pair/2");
    assert_eq!(converges(&project, false), "123");
}

/// Takes a placed result back to where it waited, the old one back to its place: as if the machine had
/// stopped after the log and before the move. Gives where it waits.
fn take_back(project: &Project, is_shared: bool) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let log = project.read(".git/minipach/attempts.jsonl");
    let made = if is_shared { "[\"1-one\"," } else { "\"key\":\"1\"" };
    let mut results = log.lines().filter(|line| line.contains("\"kind\":\"result\"") && line.contains(made));
    let record = results.next_back();
    let record: serde_json::Value = serde_json::from_str(record.expect("it is logged")).expect("it is JSON");
    let folder = project.path(".git/minipach/staged/new");
    std::fs::create_dir_all(&folder).expect("it can be made");
    for name in ["one", "two", "empty"] {
        let placed = path(is_shared, 1, name);
        let inside = if is_shared { &placed["pair/".len()..] } else { name };
        std::fs::rename(project.path(&placed), folder.join(inside)).expect("it was placed");
    }
    for name in ["one", "old"] {
        project.write(&path(is_shared, 1, name), "old\n");
    }
    let staged = record["publish"]["staged"].as_str().expect("a name");
    let inode = std::fs::metadata(&folder).expect("it stands").ino();
    let waits = format!(".git/minipach/staged/{staged}-{inode}");
    std::fs::rename(folder, project.path(&waits)).expect("it can be renamed");
    waits
}

/// A study whose first results were to be replaced when the machine stopped; gives where the first new one waits.
fn cut_before_the_move(is_shared: bool) -> (Project, String) {
    let project = study(is_shared);
    lay_out(&project, is_shared, "\n    n=$(cat /pfs/raw/raw.txt); echo old > OUTone; echo old > OUTold");
    project.minipach(["run"]).ok();
    lay_out(&project, is_shared, COMMAND);
    kill(&project);
    let waits = take_back(&project, is_shared);
    cut(&project);
    (project, waits)
}

#[test]
fn what_waited_for_its_place_and_is_whole_is_moved_there() {
    for is_shared in [false, true] {
        let (project, _) = cut_before_the_move(is_shared);
        project.minipach(["save"]).ok();
        assert_eq!(project.read(&path(is_shared, 1, "one")), "one 1\n");
        assert!(!project.exists(".git/minipach/torn"));
        assert_eq!(converges(&project, is_shared), "3");
    }
}

#[test]
fn torn_bytes_that_waited_replace_nothing() {
    for is_shared in [false, true] {
        for text in ["", "on", "\0\0\0\0\0\0"] {
            let (project, waits) = cut_before_the_move(is_shared);
            let inside = if is_shared { "1-one" } else { "one" };
            tear(&project, &format!("{waits}/{inside}"), text);
            project.minipach(["save"]).ok();
            assert_eq!(project.read(&path(is_shared, 1, "one")), "old\n");
            let aside = waits.replace("minipach/staged", "minipach/torn/1/.staged");
            assert_eq!(project.read(&format!("{aside}/{inside}")), text);
            assert_eq!(converges(&project, is_shared), "13");
            assert!(!project.exists(&path(is_shared, 1, "old")));
        }
    }
}

#[test]
fn what_a_torn_result_replaced_is_not_thrown_away() {
    let (project, waits) = cut_before_the_move(false);
    let swap =
        |from: &str, to: &str| std::fs::rename(project.path(from), project.path(to)).expect("it stands");
    swap("pair/1", "aside");
    swap(&waits, "pair/1");
    swap("aside", &waits);
    project.remove("pair/1/two");
    project.minipach(["save"]).ok();
    let aside = waits.replace("minipach/staged", "minipach/torn/1/.staged");
    assert_eq!(project.read(&format!("{aside}/one")), "old\n");
    assert_eq!(converges(&project, false), "13");
}
