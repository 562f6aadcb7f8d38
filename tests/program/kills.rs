//! Runs killed at any instant: no finished work is lost, nothing half is seen, the next run converges.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::killer::{Death, Killer, Study, took};
use crate::support::{self, Project};

/// How many runs are killed: all that were promised where every test must run, else a few.
fn wanted() -> usize {
    let full = std::env::var_os("MINIPACH_TEST_PEERS").is_some_and(|value| value == "all");
    if full { 200 } else { 25 }
}

/// A death of a random kind at a random instant.
fn death(dice: &mut Dice) -> Death {
    if dice.below(4) == 0 {
        Death::AfterLedger(Duration::from_micros(dice.below(25_000)))
    } else {
        Death::After(Duration::from_micros(dice.below(350_000)))
    }
}

/// Takes a project through all generations, killing until `kills` are done or a promise is broken.
fn torment(killer: &mut Killer<'_>, generations: usize, kills: usize, dice: &mut Dice) {
    for generation in 0..generations {
        if generation > 0 {
            killer.next_generation();
        }
        while killer.kills < kills && killer.violations.is_empty() {
            let death = death(dice);
            if !killer.kill(death, dice.below(2) == 0, dice.below(3) == 0) {
                break;
            }
        }
        if !killer.violations.is_empty() {
            return;
        }
        killer.settle();
    }
}

/// Rounds of kills, every second number from `first` on; gives kills, those with the index locked, and rounds.
fn rounds(study: &Study, first: u64, wanted: usize) -> [usize; 3] {
    let [mut kills, mut locked, mut rounds] = [0; 3];
    let mut round = first;
    while kills < wanted {
        let mut killer = Killer::new(study);
        torment(&mut killer, 3, wanted - kills, &mut Dice(round));
        assert!(killer.violations.is_empty(), "round {round}:\n{}", killer.violations.join("\n"));
        (kills, locked, rounds) = (kills + killer.kills, locked + killer.locked, rounds + 1);
        round += 2;
    }
    [kills, locked, rounds]
}

#[test]
fn random_kills_lose_nothing() {
    kill_and_settle(&Study::new(150, 3), wanted());
}

#[test]
fn of_packed_results_nothing_half_is_seen_either() {
    kill_and_settle(&Study::with(100, 3, "pack: always\n"), wanted() / 4);
}

/// Kills so many runs of a study, in as many rounds as that takes.
fn kill_and_settle(study: &Study, wanted: usize) {
    let begun = Instant::now();
    let halves = std::thread::scope(|scope| {
        let halves = [0, 1].map(|first| scope.spawn(move || rounds(study, first, wanted.div_ceil(2))));
        halves.map(|half| half.join().expect("no round is violated"))
    });
    let [kills, locked, round] = [0, 1, 2].map(|at| halves.iter().map(|half| half[at]).sum::<usize>());
    let said = writeln!(
        std::io::stderr(),
        "{kills} kills in {round} rounds, {locked} of them with the index locked, {}",
        took(begun)
    );
    said.expect("standard error can be written");
}

/// One datum makes many files in a folder that it may share with others, so they are moved one by one.
const MANY: &str = r"
input: {pfs: {repo: raw, glob: '/*'}}
transform:
  cmd: [sh, -c, 'cd $PFS/out && for at in $(seq 600); do cat $PFS/raw/x > f$at; done']
";

/// Reads them all.
const SUM: &str = r"
input: {pfs: {repo: many, glob: /}}
output: /
transform:
  cmd: [sh, -c, 'cat $PFS/many/f* | sort | uniq -c > $PFS/out/sum']
";

/// Kills a run while it moves the files of its result; how many of them are new then.
fn kill_while_moving(project: &Project, text: &str) -> usize {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut run = command.args(["run", "-q"]).spawn().expect("it starts");
    let is_new =
        |at: usize| std::fs::read_to_string(project.path(&format!("many/f{at}"))).is_ok_and(|it| it == text);
    while !is_new(1) && run.try_wait().expect("a child can be asked").is_none() {
        std::thread::sleep(Duration::from_micros(50));
    }
    run.kill().expect("what was not waited for can be killed");
    run.wait().expect("it ends");
    (1..=600).filter(|at| is_new(*at)).count()
}

/// What `status --json` tells of a pipeline.
fn told(project: &Project, at: usize) -> (serde_json::Value, serde_json::Value) {
    let said = project.minipach(["status", "--json"]).json();
    (said["pipelines"][at]["state"].clone(), said["pipelines"][at]["datums"].clone())
}

#[test]
fn half_of_a_result_is_told_as_what_a_run_makes_of_it() {
    let project = Project::new();
    project.spec("many", MANY).spec("sum", SUM).write("raw/x", "0\n").commit("data");
    project.minipach(["run"]).ok();
    let mut halves = 0;
    for round in 1..=30 {
        let text = format!("{round}\n");
        project.write("raw/x", &text).commit("other data");
        let new = kill_while_moving(&project, &text);
        if (1..600).contains(&new) {
            halves += 1;
            let (state, datums) = told(&project, 0);
            assert_eq!(
                (state, &datums["cached"], &datums["edited"]),
                ("cached".into(), &1.into(), &0.into())
            );
            assert_eq!(told(&project, 1).0, "blocked", "whoever reads it waits");
            let said = project.minipach(["status"]).ok();
            assert!(
                said.contains("a run was cut off while it moved 1 result into place: minipach run"),
                "{said}"
            );
        }
        project.minipach(["run"]).ok();
        assert_eq!(project.read("sum/sum").trim(), format!("600 {round}"));
        if halves == 3 {
            break;
        }
    }
    assert!(halves > 0, "no kill hit a move");
    // What somebody does to the half is an edit.
    for round in 100.. {
        let text = format!("{round}\n");
        project.write("raw/x", &text).commit("more");
        if (1..600).contains(&kill_while_moving(&project, &text)) {
            break;
        }
        project.minipach(["run"]).ok();
    }
    project.write("many/f600", "by hand\n");
    assert_eq!(told(&project, 0).0, "edited");
    project.minipach(["run"]).code(1);
    assert_eq!(project.read("many/f600"), "by hand\n");
}

/// Two datums, of which the second waits while `witness.hold` stands; results go to the annex. `None`, said aloud,
/// without git-annex.
fn annexed() -> Option<Project> {
    support::peer("git-annex")?;
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "1\n"), ("raw/s2/x", "2\n")]);
    project.write(".gitattributes", "* annex.largefiles=nothing\n*.bin annex.largefiles=anything\n");
    project.spec("p", &versioned(1)).commit("a study");
    project.git(["annex", "init", "-q"]);
    project.minipach(["run", "-j1"]).ok();
    assert_eq!(project.witnessed(), ["1", "2"]);
    Some(project)
}

/// A spec that makes one file that is the same in each version, and one that is not.
fn versioned(version: u8) -> String {
    format!(
        "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, 'cat $PFS/raw/x >> $WITNESS; \
         cat $PFS/raw/x > $PFS/out/same.bin; echo {version} > $PFS/out/new.bin; grep -q 1 $PFS/raw/x || \
         while [ -e $WITNESS.hold ]; do sleep 0.02; done']}}\n"
    )
}

/// Begins something and kills it once something is so.
fn kill_once(project: &Project, words: &[&str], path: &std::ffi::OsStr, is_so: impl Fn() -> bool) {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut run = command.args(words).env("PATH", path).spawn().expect("it starts");
    while !is_so() {
        assert!(run.try_wait().expect("a child can be asked").is_none(), "it ended before");
        std::thread::sleep(Duration::from_millis(2));
    }
    let states = told(project, 0).1;
    assert_eq!(states["edited"], 0, "nobody edited anything: {states}");
    run.kill().expect("what was not waited for can be killed");
    run.wait().expect("it ends");
}

/// A file that is as before has a key in the index already; where it was made anew, it is no edit.
#[test]
fn finished_results_with_a_file_that_the_annex_had_before_are_known_after_a_kill() {
    let Some(project) = annexed() else { return };
    let hold = project.home().join("witness.hold");
    std::fs::write(&hold, "").expect("a file can be written");
    project.spec("p", &versioned(2)).commit("another version");
    let path = std::env::var_os("PATH").expect("there is a path");
    kill_once(&project, &["run", "-q", "-j1"], &path, || {
        std::fs::read_to_string(project.home().join("witness")).is_ok_and(|text| text == "1\n2\n")
    });
    assert!(!project.path("p/s1/same.bin").is_symlink(), "it was made anew");
    assert_eq!(project.states("p")["s1"], "done");
    std::fs::remove_file(hold).expect("it stands");
    project.minipach(["run", "-j1"]).ok();
    assert_eq!(project.witnessed(), ["1", "2", "2"], "what was finished does not run again");
    assert!(project.path("p/s1/same.bin").is_symlink());
    assert_eq!((project.read("p/s1/new.bin").as_str(), project.changed().as_str()), ("2\n", ""));
    project.nothing_to_do();
}

/// A git-annex that takes its time over what it adds, and says who it is.
fn slow_annex(project: &Project) -> std::ffi::OsString {
    let (real, home) = (support::peer("git-annex").expect("it was there"), project.home().display());
    let script = format!(
        "#!/bin/sh\n[ $1 != add ] || {{ echo $$ > {home}/annex; while [ -e {home}/witness.hold ]; do sleep 0.02; done; }}\n\
         exec {} \"$@\"\n",
        real.display()
    );
    project.script("../slow/git-annex", &script);
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(project.home().join("slow")).chain(std::env::split_paths(&before));
    std::env::join_paths(all).expect("no folder has a colon in its name")
}

#[test]
fn git_annex_does_not_go_on_beside_the_run_after_a_killed_one() {
    for words in [["run", "-q", "-j1"], ["save", "-q", "--all"]] {
        let Some(project) = annexed() else { return };
        end_annex_of(&project, &words);
    }
}

#[test]
fn a_lock_of_git_annexs_branch_that_is_somebody_elses_is_told_and_stays() {
    let Some(project) = annexed() else { return };
    let lock = ".git/refs/heads/git-annex.lock";
    project.write(lock, "").spec("p", &versioned(3)).commit("another version");
    let said = project.minipach(["run", "-j1"]).code(4).says("`p` is not committed: ");
    let said = said.says("git-annex.lock` has been there for").says("if no git program runs, remove it");
    assert!(!said.stderr.contains("Another git process"), "{}", said.stderr);
    project.remove(lock);
    project.minipach(["run"]).ok();
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

/// Kills something while git-annex adds files for it, and runs.
fn end_annex_of(project: &Project, words: &[&str]) {
    project.spec("p", &versioned(2).replace(".hold", ".none")).commit("another version");
    project.write("more.bin", "more\n");
    std::fs::write(project.home().join("witness.hold"), "").expect("a file can be written");
    let pid = || std::fs::read_to_string(project.home().join("annex")).unwrap_or_default();
    kill_once(project, words, &slow_annex(project), || pid().ends_with('\n'));
    let runs =
        || std::fs::read(format!("/proc/{}/cmdline", pid().trim())).is_ok_and(|words| !words.is_empty());
    assert!(runs(), "it outlives the run");
    // As if it had been killed, too, while it wrote to its own branch.
    project.write(".git/refs/heads/git-annex.lock", "");
    project.minipach(["run"]).ok();
    assert!(!runs(), "the next run ends it after {words:?}");
    project.minipach(["save", "--all"]).ok();
    let left = std::fs::read_dir(project.path(".git")).expect("a folder").flatten();
    let mut left = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert_eq!(left.find(|name| name.starts_with("minipach-index-")), None);
    assert_eq!((project.read("p/s1/new.bin").as_str(), project.changed().as_str()), ("2\n", ""));
    project.nothing_to_do();
}

/// Every named point of the program, and bugs planted in it.
#[cfg(feature = "faults")]
mod faults {
    use super::{Death, Dice, Killer, Study, death};

    /// Points that a run over this study does not pass: a work folder on another file system than the
    /// results is needed, which the unit tests of publishing have, and a subdataset with results.
    const ELSEWHERE: [&str; 2] = ["publish:copied", "commit:inner"];

    /// Kills at `point` in each generation, as often as it is passed again, at most thrice.
    fn kills_at(study: &Study, point: &'static str) -> Vec<String> {
        let mut killer = Killer::new(study);
        for generation in 0..2 {
            if generation > 0 {
                killer.next_generation();
            }
            for _ in 0..3 {
                killer.kill(Death::Fault(point), false, true);
            }
            killer.settle();
        }
        if killer.kills == 0 {
            killer.violations.push("it is never passed".into());
        }
        killer.violations.iter().map(|violation| format!("{point}: {violation}")).collect()
    }

    fn kill_at(points: &[&'static str]) {
        let study = Study::new(15, 2);
        let points = points.iter().filter(|point| !ELSEWHERE.contains(point));
        let violations: Vec<String> = points.flat_map(|point| kills_at(&study, point)).collect();
        assert!(violations.is_empty(), "\n{}", violations.join("\n"));
    }

    #[test]
    fn a_kill_at_any_point_of_a_command_loses_nothing() {
        kill_at(&minipach::exec::fault::POINTS);
    }

    #[test]
    fn a_kill_at_any_point_of_a_run_loses_nothing() {
        kill_at(&minipach::run::fault::POINTS);
    }

    #[test]
    fn a_kill_at_any_point_of_a_commit_loses_nothing() {
        kill_at(&minipach::git::write::fault::POINTS);
    }

    /// Locks of a `git update-ref` that was killed together with its run.
    #[test]
    fn locks_of_a_killed_git_are_removed() {
        let study = Study::new(15, 2);
        let mut killer = locked(&study, "commit:after-link");
        for lock in ["HEAD.lock", "refs/heads/main.lock", "refs/minipach/kept.lock"] {
            killer.project.write(&format!(".git/{lock}"), "");
        }
        killer.settle();
        assert!(killer.violations.is_empty(), "\n{}", killer.violations.join("\n"));
    }

    /// A run killed with the index locked.
    fn locked<'s>(study: &'s Study, point: &str) -> Killer<'s> {
        let killer = Killer::new(study);
        let mut command = killer.project.command(env!("CARGO_BIN_EXE_minipach"));
        command.arg("run").env("MINIPACH_FAULT", point).output().expect("it starts");
        assert!(killer.project.exists(".git/index.lock"), "{point}");
        killer
    }

    #[test]
    fn any_verb_that_looks_frees_the_index() {
        let study = Study::new(2, 1);
        for point in ["commit:after-link", "commit:after-ref"] {
            for verb in [["status", "-q"], ["datums", "own"], ["why", "own"]] {
                let Killer { project, .. } = locked(&study, point);
                project.minipach(verb).ok();
                project.git(["commit", "-q", "--allow-empty", "-m", "between"]);
                project.minipach(["run"]).ok();
                project.nothing_to_do();
            }
        }
    }

    #[test]
    fn a_lock_that_is_not_provably_ours_stays() {
        let study = Study::new(2, 1);
        for point in ["commit:after-link", "commit:after-ref"] {
            let Killer { project, .. } = locked(&study, point);
            let bytes = std::fs::read(project.path(".git/index.lock")).expect("it is a file");
            project.remove(".git/index.lock").write(".git/index.lock", bytes);
            project.minipach(["status"]).ok();
            assert!(project.exists(".git/index.lock"), "the same bytes in another file are not ours");
            project.remove(".git/index.lock").minipach(["run"]).ok();
            project.nothing_to_do();
        }
    }

    /// Killed while the result of a vanished datum is deleted, file by file.
    #[test]
    fn nobody_sees_half_of_a_result_that_goes() {
        let study = Study::new(2, 1);
        let mut is_cut = false;
        for number in 1..=6 {
            let Killer { project, .. } = Killer::new(&study);
            project.minipach(["run"]).ok();
            project.remove("raw/sub-0001").commit("one less");
            let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
            let command = command.arg("run").env("MINIPACH_FAULT", format!("remove:entry:{number}"));
            command.output().expect("it starts");
            let stands = ["one", "two"].map(|name| project.exists(&format!("own/sub-0001/{name}")));
            assert!(stands[0] == stands[1], "{number}: {stands:?}");
            let away = std::fs::read_dir(project.path(".git/minipach/staged/none.gone-0"));
            is_cut |= away.is_ok_and(|files| files.count() == 1);
            project.minipach(["run"]).ok();
            assert!(!project.exists("own/sub-0001") && !project.exists(".git/minipach/staged/none.gone-0"));
            project.nothing_to_do();
        }
        assert!(is_cut, "no kill hit the deletion");
    }

    /// A result that was logged but not placed does not go over what was put there since.
    #[test]
    fn what_was_written_after_the_kill_is_left_alone() {
        for (pipeline, path) in [("own", "own/sub-0000/one"), ("flat", "flat/sub-0000.one")] {
            let study = Study::new(1, 1);
            let killer = Killer::new(&study);
            killer.project.remove(if pipeline == "own" { "flat" } else { "own" }).remove("all");
            killer.project.commit("one pipeline");
            let mut command = killer.project.command(env!("CARGO_BIN_EXE_minipach"));
            let ended = command.arg("run").env("MINIPACH_FAULT", "settle:logged").output();
            assert!(!ended.expect("it starts").status.success());
            killer.project.write(path, "by hand\n");
            killer.project.minipach(["run"]).code(1);
            assert_eq!(killer.project.read(path), "by hand\n");
            killer.project.remove(path);
            killer.project.minipach(["run"]).ok();
            assert_eq!(killer.project.read(path), "first 0 version 0\n");
            killer.project.nothing_to_do();
        }
    }

    /// A link among results stands for itself, also where it came into place before the kill.
    #[test]
    fn a_result_with_links_is_finished() {
        let study = Study::new(1, 1);
        let Killer { project, .. } = Killer::new(&study);
        let link = "input: {pfs: {repo: raw, glob: '/*'}}\ntransform:\n  cmd: [sh, -c, 'echo ran >> $WITNESS; cd $PFS/out; echo b > b; ln -s b a; echo c > c']\n";
        project.remove("own").remove("flat").remove("all").spec("linked", link).commit("links");
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.arg("run").env("MINIPACH_FAULT", "settle:logged").output().expect("it starts");
        let staged = std::fs::read_dir(project.path(".git/minipach/staged")).expect("it stands");
        let staged = staged.flatten().next().expect("one result is staged").path();
        for name in ["a", "b"] {
            let target = project.path("linked").join(name);
            std::fs::rename(staged.join(name), target).expect("it can be moved");
        }
        project.minipach(["run"]).ok();
        assert_eq!(
            (project.read("linked/a"), project.read("linked/c")),
            ("b\n".to_owned(), "c\n".to_owned())
        );
        assert!(project.path("linked/a").is_symlink());
        assert_eq!(project.witnessed().len(), 1, "it did not run again");
        project.nothing_to_do();
    }

    /// What the harness says when a bug is planted, or nothing after two hundred kills.
    fn found(bug: &'static str, die: impl Fn(&mut Dice) -> Death) -> Vec<String> {
        let study = Study::new(45, 2);
        let mut dice = Dice(0);
        let mut kills = 0;
        while kills < 200 {
            let mut killer = Killer::new(&study);
            killer.set("MINIPACH_PLANTED", bug);
            for generation in 0..2 {
                if generation > 0 {
                    killer.next_generation();
                }
                while killer.violations.is_empty() && killer.kill(die(&mut dice), true, false) {}
            }
            if !killer.violations.is_empty() {
                return killer.violations;
            }
            kills += killer.kills + 1;
        }
        Vec::new()
    }

    #[track_caller]
    fn assert_found(violations: &[String], sentence: &str) {
        let is_found = violations.iter().any(|violation| violation.contains(sentence));
        assert!(is_found, "the planted bug was not found: {violations:?}");
    }

    #[test]
    fn a_result_shown_before_it_is_logged_is_found() {
        assert_found(&found("publish-first", death), "its result line is not in the log");
    }

    #[test]
    fn half_a_result_is_found() {
        assert_found(&found("torn", death), "with bytes that no run makes");
    }

    #[test]
    fn logged_work_that_runs_again_is_found() {
        let at_the_log = |_: &mut Dice| Death::Fault("settle:logged:5");
        assert_found(&found("forget-staged", at_the_log), "ran again although its result line stood");
    }
}
