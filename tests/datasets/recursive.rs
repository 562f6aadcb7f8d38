//! `run --recursive`: pipelines of subdatasets run in them, and what they commit is recorded in the project around them.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::dice::Dice;
use crate::support::{self, Ended, Project, peer};
use rustix::process::{Pid, Signal, kill_process_group};

/// Pipelines of a project (`stats`), of a dataset in it, and of one in that.
const SPECS: [(&str, &str); 3] = [
    (
        "derived/deep/norm",
        "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'echo norm; cat /pfs/raw/raw.txt > /pfs/out/n']}\n",
    ),
    (
        "derived/fs",
        "input: {pfs: {repo: deep/norm, glob: '/(*)/', name: norm}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat /pfs/norm/n /pfs/norm/n > /pfs/out/twice']}\n",
    ),
    (
        "stats",
        "input: {pfs: {repo: derived/fs, glob: /, name: fs}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat /pfs/fs/*/twice > /pfs/out/all']}\n",
    ),
];

/// A project with datasets in it, two deep.
struct World(Project);

impl World {
    /// Made by git alone.
    fn of_git() -> Self {
        let world = Self(Project::bare());
        for folder in [".", "derived", "derived/deep"] {
            std::fs::create_dir_all(world.0.path(folder)).expect("folders can be made");
            world.0.git(["init", "-q", "-b", "main", folder]);
        }
        world.lay_out();
        world.save("pipelines");
        world
    }

    fn of_datalad(datalad: &PathBuf) -> Self {
        let world = Self(Project::bare());
        world.0.program(datalad, ["create", "-f", "-c", "text2git", "."]).code(0);
        world.0.program(datalad, ["create", "-d", ".", "-c", "text2git", "derived"]).code(0);
        world.0.program(datalad, ["create", "-d", "derived", "-c", "text2git", "derived/deep"]).code(0);
        world.lay_out();
        world.0.program(datalad, ["save", "-r", "-m", "pipelines"]).code(0);
        world
    }

    fn lay_out(&self) {
        for (path, spec) in SPECS {
            self.0.spec(path, spec);
        }
        self.scan("s1", "one\n");
        self.scan("s2", "two\n");
    }

    fn scan(&self, name: &str, text: &str) {
        self.0.write(&format!("derived/deep/raw/{name}.txt"), text);
    }

    /// Commits everything, inner datasets first.
    fn save(&self, message: &str) {
        for folder in ["derived/deep", "derived", "."] {
            self.0.git(["-c", "advice.addEmbeddedRepo=false", "-C", folder, "add", "-A"]);
            self.0.git(["-C", folder, "commit", "-q", "--allow-empty", "-m", message]);
        }
    }

    fn git(&self, folder: &str, words: &[&str]) -> String {
        let mut command = self.0.command("git");
        command.args(["-C", folder]).args(words);
        support::finish(command).ok().trim_end().to_owned()
    }

    /// The subjects of the commits since one, newest first.
    fn since(&self, folder: &str, commit: &str) -> Vec<String> {
        let text = self.git(folder, &["log", "--format=%s", &format!("{commit}..")]);
        text.lines().map(str::to_owned).collect()
    }

    fn run(&self) -> Ended {
        self.0.minipach(["run", "--recursive"])
    }

    /// Asserts that each dataset is clean and at the commit that the one around it records.
    #[track_caller]
    fn is_settled(&self) {
        for (outer, name) in [(".", "derived"), ("derived", "deep")] {
            let inner = format!("{outer}/{name}");
            let recorded = self.git(outer, &["rev-parse", &format!("HEAD:{name}")]);
            assert_eq!(recorded, self.git(&inner, &["rev-parse", "HEAD"]), "{inner}");
            assert_eq!(self.git(&inner, &["status", "--porcelain"]), "", "{inner}");
        }
        assert_eq!(self.0.changed(), "");
    }
}

#[test]
fn the_terminal_ui_shows_what_runs_in_each_dataset_before_it_does() {
    let world = World::of_git();
    let screen = ["--once", "--screen", "recursive", "--size", "120x36", "--color", "never"];
    let shown = world.0.minipach(screen).ok();
    for told in [
        "In derived/deep:",
        "will run     norm: 2 datums",
        "In derived:",
        "Then here",
        "minipach run --recursive",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

#[test]
fn inner_pipelines_run_first_and_are_recorded_around_them() {
    let world = World::of_git();
    let project = &world.0;
    let before = ["derived/deep", "derived", "."].map(|folder| world.git(folder, &["rev-parse", "HEAD"]));
    let said = world.run().code(0);
    for words in [
        "in the subdataset derived/deep:",
        "recorded `derived/deep` in 1 commit",
        "in the subdataset derived:",
        "recorded `derived` in 2 commits",
    ] {
        assert!(said.stderr.contains(words), "{words}: {said:?}");
    }
    assert_eq!(project.read("stats/all"), "one\none\ntwo\ntwo\n");
    let [deep, derived, own] = before;
    assert_eq!(world.since("derived/deep", &deep), ["[DATALAD RUNCMD] norm: 2 datums"]);
    assert_eq!(
        world.since("derived", &derived),
        ["[DATALAD RUNCMD] fs: 2 datums", "[DATALAD RUNCMD] deep: norm: 2 datums"]
    );
    assert_eq!(
        world.since(".", &own),
        [
            "[DATALAD RUNCMD] stats: 1 datum",
            "[DATALAD RUNCMD] derived: fs: 2 datums",
            "[DATALAD RUNCMD] derived: deep: norm: 2 datums"
        ]
    );
    world.is_settled();
    // From the result back through all three.
    let told = project.minipach(["provenance", "stats/all"]).code(0);
    told.says("derived/fs/s1 was made by fs:s1")
        .says("of derived “fs: 2 datums”")
        .says("derived/deep/raw/s1.txt");
    let told = project.minipach(["diff", &own]).code(0);
    assert!(told.stdout.contains("stats") && !told.stdout.contains("not compared"), "{told:?}");
    let head = project.head();
    world.run().code(0).says("nothing to do");
    assert_eq!(project.head(), head);
    let lines = project.minipach(["run", "--recursive", "--json"]).code(0).stdout;
    assert!(lines.contains(r#"{"commits":[],"event":"subdataset_recorded","path":"derived"}"#), "{lines}");
}

#[test]
fn what_fails_below_keeps_what_is_around_it_from_running() {
    let world = World::of_git();
    let broken = SPECS[0].1.replace("echo norm;", "grep -q one /pfs/raw/raw.txt &&");
    world.0.spec("derived/deep/norm", &broken);
    world.save("it fails for one");
    world.run().code(1).says("`derived/deep` is not complete, so nothing around it was run");
    // What succeeded is kept and recorded.
    assert_eq!(world.0.read("derived/deep/norm/s1/n"), "one\n");
    assert!(!world.0.exists("derived/fs/s1") && !world.0.exists("stats/all"));
    world.0.minipach(["run", "--recursive", "--keep-going"]).code(1);
    assert_eq!(world.0.read("stats/all"), "one\none\n");
    world.is_settled();
}

#[test]
fn commits_that_no_run_made_are_recorded_only_when_asked() {
    let world = World::of_git();
    world.run().code(0);
    world.scan("s3", "three\n");
    world.git("derived/deep", &["add", "-A"]);
    world.git("derived/deep", &["commit", "-q", "-m", "a third"]);
    let head = world.git("derived", &["rev-parse", "HEAD"]);
    let told = world.run().code(4);
    told.says(
        "the subdataset `derived/deep` has a commit that no run made and that is not recorded: a third",
    );
    assert_eq!(world.git("derived", &["rev-parse", "HEAD"]), head);
    world.0.minipach(["run", "--recursive", "--save"]).code(0);
    assert!(world.since("derived", &head).contains(&"deep: a third".into()));
    assert_eq!(world.0.read("stats/all"), "one\none\ntwo\ntwo\nthree\nthree\n");
    world.is_settled();
}

#[test]
fn a_dry_run_shows_what_each_would_do() {
    let world = World::of_git();
    world
        .0
        .minipach(["run", "-r", "--dry-run"])
        .code(0)
        .says("norm  ")
        .says("in the subdataset derived/deep:");
    assert!(!world.0.exists("derived/deep/norm/s1"));
    world.0.minipach(["run", "-r", "--no-commit"]).code(2);
    world.0.minipach(["check"]).says("MP315").says("`minipach run --recursive` runs it there");
}

#[test]
fn datalad_sees_it_clean_and_makes_it_again() {
    let Some(datalad) = peer("datalad") else { return };
    let world = World::of_datalad(&datalad);
    let before = world.0.head();
    world.run().code(0);
    world.is_settled();
    world.0.program(&datalad, ["status", "-r"]).code(0).says("nothing to save, working tree clean");
    let head = world.0.head();
    world.0.program(&datalad, ["rerun", &format!("--since={before}")]).code(0);
    assert_eq!(world.0.head(), head, "the same bytes");
    // On old inputs, in a clone, which installs what it needs.
    world.0.git(["clone", "-q", ".", "../other"]);
    let other = world.0.home().join("other").to_string_lossy().into_owned();
    let mut rerun = world.0.command(&datalad);
    rerun.args(["rerun", "-d", &other, &format!("--since={before}"), "--onto", &before, "-b", "again"]);
    rerun.current_dir(&other);
    support::finish(rerun).code(0);
    for path in ["stats/all", "derived/fs/s2/twice", "derived/deep/norm/s1/n"] {
        assert_eq!(
            std::fs::read(world.0.home().join("other").join(path)).ok(),
            Some(world.0.read(path).into())
        );
    }
}

#[test]
fn runs_killed_at_any_instant_are_finished_by_the_next() {
    let world = World::of_git();
    let (mut dice, mut kills) = (Dice(7), 0);
    for generation in 0..6 {
        world.scan("s1", &format!("one {generation}\n"));
        world.save(&format!("generation {generation}"));
        let limit = 40_000 + dice.below(500_000);
        while kills < 30 * (generation + 1) && killed(&world, Duration::from_micros(dice.below(limit))) {
            kills += 1;
            world.0.minipach(["status", "--json"]);
        }
        world.run().code(0);
        world.is_settled();
        assert_eq!(world.0.read("stats/all"), format!("one {generation}\none {generation}\ntwo\ntwo\n"));
        for folder in ["derived/deep", "derived", "."] {
            world.git(folder, &["fsck", "--strict", "--no-dangling"]);
        }
        // Nothing is recorded twice: each commit of an inner dataset stands once in the one around it.
        let steps = world.git(".", &["log", "--format=", "--raw", "--no-abbrev", "--", "derived"]);
        let ids: Vec<&str> = steps.lines().filter_map(|line| line.split(' ').nth(3)).collect();
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{steps}");
    }
    assert!(kills > 10, "only {kills} kills");
}

/// Starts a run and kills it, with all its processes, after a while; whether it had not ended.
fn killed(world: &World, after: Duration) -> bool {
    let mut command = world.0.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "-q", "--recursive"]).process_group(0);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(after);
    if child.try_wait().expect("a child can be asked").is_some() {
        return false;
    }
    kill_process_group(Pid::from_child(&child), Signal::KILL).expect("it was not waited for");
    child.wait().expect("it ends");
    true
}
