//! Annexed inputs that are not here: exactly what datums about to run need is fetched, in one batch, by real git-annex.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{self, Ended, Project, peer};
use serde_json::Value;

pub(crate) const COPY: &str = "\
input: {pfs: {repo: raw, glob: '/(sub-*)'}}
output: /$1
transform: {cmd: [sh, code/size.sh]}
";

/// Three subjects of one annexed file each, two of which are equal, and a clone without any content.
pub(crate) struct Study {
    pub(crate) origin: Project,
    pub(crate) clone: PathBuf,
}

impl Study {
    pub(crate) fn new() -> Option<Self> {
        peer("git-annex")?;
        let origin = Project::new();
        origin.git(["annex", "init", "-q", "origin"]);
        origin.write(".gitattributes", "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n");
        for (subject, text) in [("sub-01", "one"), ("sub-02", "two"), ("sub-03", "two"), ("sub-04", "four")] {
            origin.write(&format!("raw/{subject}/t1.dat"), text);
        }
        origin.write("code/size.sh", "wc -c < \"$PFS/raw/t1.dat\" > \"$PFS/out/size\"\n").spec("copy", COPY);
        origin.git(["annex", "add", "-q", "."]);
        origin.commit("a study");
        origin.git(["clone", "-q", ".", "../clone"]);
        let clone = origin.home().join("clone");
        let study = Self { origin, clone };
        study.git(&["annex", "init", "-q", "clone"]);
        Some(study)
    }

    pub(crate) fn git(&self, words: &[&str]) -> String {
        let mut command = self.origin.command("git");
        support::finish({
            command.args(words).current_dir(&self.clone);
            command
        })
        .ok()
    }

    pub(crate) fn minipach(&self, words: &[&str]) -> Ended {
        let clone = self.clone.to_string_lossy().into_owned();
        self.origin.typed(&[&["-C", &clone], words].concat())
    }

    /// The files whose content git-annex says is in the clone, by its location log.
    pub(crate) fn here(&self) -> BTreeSet<String> {
        self.git(&["annex", "find", "--in=here", "raw"]).lines().map(str::to_owned).collect()
    }

    pub(crate) fn states(&self) -> Vec<String> {
        let lines: Vec<Value> = self.minipach(&["datums", "copy", "--json"]).code(0).json_lines();
        lines.iter().map(|line| line["state"].as_str().expect("a word").to_owned()).collect()
    }
}

fn paths(subjects: &[&str]) -> BTreeSet<String> {
    subjects.iter().map(|subject| format!("raw/{subject}/t1.dat")).collect()
}

#[test]
fn a_clone_without_content_plans_alike_and_fetches_exactly_what_it_runs() {
    let Some(study) = Study::new() else { return };
    let plan = |ended: Ended| ended.code(0).json()["pipelines"].clone();
    assert_eq!(plan(study.minipach(&["plan", "--json"])), plan(study.origin.minipach(["plan", "--json"])));
    assert_eq!(study.here(), BTreeSet::new(), "a plan needs no content");
    let fetch = |words: &[&str]| study.minipach(words).code(0).json()["fetch"].clone();
    assert_eq!(fetch(&["plan", "--json"]), serde_json::json!({"files": 3, "bytes": 10}));
    assert_eq!(study.origin.minipach(["plan", "--json"]).json()["fetch"]["files"], 0);
    study.minipach(&["plan"]).says("4 to run\n3 files to be fetched (10 bytes)\n");
    study
        .minipach(&["run", "--dry-run", "copy:sub-04"])
        .says("1 to run, 3 left as they are\n1 file to be fetched (4 bytes)\n");
    let said = study.minipach(&["run", "copy:sub-01"]).code(0);
    assert!(said.stderr.contains("`git annex get` fetches 1 file (3 bytes)"), "{}", said.stderr);
    assert_eq!(study.here(), paths(&["sub-01"]));
    study.minipach(&["run"]).code(0);
    assert_eq!(study.here(), paths(&["sub-01", "sub-02", "sub-03", "sub-04"]));
    let size = |subject: &str| std::fs::read_to_string(study.clone.join(format!("copy/{subject}/size")));
    assert_eq!(size("sub-03").expect("it is there").trim(), "3");
    assert_eq!(study.git(&["status", "--porcelain"]), "");
    study.minipach(&["run"]).code(0).says("nothing to do");
}

#[test]
fn files_that_stand_unlocked_are_fetched_and_not_taken_for_edits() {
    let Some(study) = Study::new() else { return };
    study.git(&["annex", "unlock", "raw"]);
    study.git(&["commit", "-qam", "unlocked"]);
    study.minipach(&["run"]).code(0);
    assert_eq!(study.states(), ["done"; 4]);
    assert_eq!(std::fs::read_to_string(study.clone.join("raw/sub-04/t1.dat")).expect("it is there"), "four");
    assert_eq!(study.git(&["status", "--porcelain"]), "");
    study.minipach(&["run"]).code(0).says("nothing to do");
}

#[test]
fn annexed_results_are_fetched_for_those_who_read_them() {
    for unlock in [false, true] {
        let project = Project::new();
        let Some(_) = peer("git-annex") else { return };
        project.git(["annex", "init", "-q", "origin"]);
        project.write(".gitattributes", "* annex.largefiles=nothing\ncopy/*/** annex.largefiles=anything\n");
        project.write("raw/a.txt", "a\n").write("raw/b.txt", "bb\n");
        let spec =
            |input: &str, command: &str| format!("input: {{pfs: {{repo: {input}}}}}\noutput: /$1\n{command}");
        let copy = "transform: {cmd: [sh, -c, 'cat $PFS/raw/raw.txt > $PFS/out/x']}\n";
        let size = "transform: {cmd: [sh, -c, 'wc -c < $PFS/copy/x > $PFS/out/n']}\n";
        project.spec("copy", &spec("raw, glob: '/(*).txt'", copy));
        project.spec("size", &spec("copy, glob: '/(*)/'", size));
        project.spec("same", &spec("copy, glob: '/(*)/'", ""));
        project.commit("inputs");
        project.minipach(["run", "copy"]).ok();
        if unlock {
            project.git(["annex", "unlock", "-q", "copy"]);
            project.commit("unlocked");
        }
        project.git(["clone", "-q", ".", "../clone"]);
        project.git(["-C", "../clone", "annex", "init", "-q", "clone"]);
        let here = || project.git(["-C", "../clone", "annex", "find", "--in=here", "copy"]);
        let typed = |words: &[&str]| project.typed(&[&["-C", "../clone"], words].concat());
        typed(&["run", "--dry-run", "size:b"]).code(0).says("1 file to be fetched (3 bytes)");
        typed(&["run", "size:b"]).code(0).says("`git annex get` fetches 1 file (3 bytes)");
        assert_eq!(here(), "copy/b/x", "{unlock}");
        let read = |path: &str| std::fs::read_to_string(project.home().join("clone").join(path));
        assert_eq!(read("size/b/n").expect("it stands").trim(), "3");
        // A match takes the bytes, as these results are known by them.
        typed(&["run", "same:a"]).code(0).says("`git annex get` fetches 1 file (2 bytes)");
        assert_eq!(
            (here(), read("same/a/x").expect("it stands")),
            ("copy/a/x\ncopy/b/x".into(), "a\n".into())
        );
        typed(&["run"]).code(0);
        typed(&["run"]).code(0).says("nothing to do");
        assert_eq!(project.git(["-C", "../clone", "status", "--porcelain"]), "");
    }
}

/// A pipeline that gathers what `p` made of all into one file.
fn gather(file: &str) -> String {
    let command = format!("[sh, -c, 'cat $PFS/p/*/d/r > $PFS/out/{file}']");
    format!("input: {{pfs: {{repo: p, glob: /}}}}\noutput: /\ntransform: {{cmd: {command}}}\n")
}

/// A project that has run, whose results of `p` went to the annex.
fn annexed(unlock: bool, packs: &str) -> Project {
    let project = Project::new();
    project.git(["annex", "init", "-q", "origin"]);
    project.write(".gitattributes", "* annex.largefiles=nothing\np/*/** annex.largefiles=anything\n");
    project.write("raw/s1", "one\n").write("raw/s2", "two\n").write("raw/s3", "two\n");
    let copy = "transform: {cmd: [sh, -c, 'mkdir $PFS/out/d; cp $raw $PFS/out/d/r; echo x > $PFS/out/n']}\n";
    project.spec("p", &format!("input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n{packs}{copy}"));
    project.spec("all", &gather("all"));
    project.commit("inputs");
    project.minipach(["run"]).ok();
    if unlock {
        project.git(["annex", "unlock", "-q", "p"]);
        project.commit("unlocked");
    }
    project
}

#[test]
fn links_of_committed_results_come_back_without_their_content() {
    let Some(_) = peer("git-annex") else { return };
    for (unlock, packs) in [(false, ""), (true, ""), (false, "pack: always\n")] {
        let project = annexed(unlock, packs);
        for init in [true, false] {
            let name = if init { "clone" } else { "plain" };
            let to = format!("../{name}");
            project.git(["clone", "-q", ".", &to]);
            if init {
                project.git(["-C", &to, "annex", "init", "-q", "clone"]);
            }
            let typed = |words: &[&str]| project.typed(&[&["-C", &to], words].concat());
            let clone = project.home().join(name);
            typed(&["run"]).code(0).says("nothing to do");
            std::fs::remove_dir_all(clone.join("p/s2")).expect("a folder");
            std::fs::remove_file(clone.join("raw/s1")).expect("a file");
            std::fs::write(clone.join("raw/s1"), "one\n").expect("a file");
            typed(&["datums", "p", "--state", "cached"]).code(0).says("s2");
            let said = typed(&["run"]).code(0).says("1 datum placed without running");
            assert!(!said.stderr.contains("annex get"), "{}", said.stderr);
            assert_eq!(project.git(["-C", &to, "status", "--porcelain"]), "", "{unlock} {packs} {name}");
            assert_eq!(project.git(["-C", &to, "annex", "find", "--in=here", "p"]), "");
            typed(&["run"]).code(0).says("nothing to do");
            // Who reads them in that very run gets their content.
            std::fs::remove_dir_all(clone.join("p/s2")).expect("a folder");
            std::fs::write(clone.join("all/spec.yml"), gather("both")).expect("a file");
            typed(&["run"]).code(0).says("1 datum placed without running").says("1 datum ran");
            assert_eq!(
                std::fs::read_to_string(clone.join("all/both")).expect("it stands"),
                "one\ntwo\ntwo\n"
            );
        }
    }
}

#[test]
fn files_beside_absent_annexed_ones_come_back_with_those_that_read_them() {
    let project = Project::new();
    let Some(_) = peer("git-annex") else { return };
    project.git(["annex", "init", "-q", "origin"]);
    project.write(".gitattributes", "* annex.largefiles=nothing\np/*/*.dat annex.largefiles=anything\n");
    let makes = "transform: {cmd: [sh, -c, 'cp $raw $PFS/out/b.dat; cp $raw $PFS/out/t.txt']}\n";
    project.write("raw/s1", "one\n").write("raw/s2", "two\n");
    project.spec("p", &format!("input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n{makes}"));
    let reads = "transform: {cmd: [sh, -c, 'cat $PFS/p/*/t.txt > $PFS/out/all']}\n";
    project.spec("all", &format!("input: {{pfs: {{repo: p, glob: /}}}}\noutput: /\n{reads}"));
    project.commit("inputs");
    project.minipach(["run"]).ok();
    project.git(["clone", "-q", ".", "../clone"]);
    let typed = |words: &[&str]| project.typed(&[&["-C", "../clone"], words].concat());
    let clone = project.home().join("clone");
    for gone in [&["p/s1/t.txt"][..], &["p/s1/b.dat"], &["p/s1/t.txt", "p/s2/b.dat", "all/all"]] {
        for path in gone {
            std::fs::remove_file(clone.join(path)).expect("it stands");
        }
        typed(&["run"]).code(0).says("placed without running");
        assert_eq!(project.git(["-C", "../clone", "status", "--porcelain"]), "", "{gone:?}");
        typed(&["run"]).code(0).says("nothing to do");
    }
    std::fs::remove_file(clone.join("p/s1/t.txt")).expect("it stands");
    let spec = project.read("all/spec.yml").replace("out/all", "out/new");
    std::fs::write(clone.join("all/spec.yml"), spec).expect("a spec");
    typed(&["run", "--save"]).code(0).says("1 datum ran");
    assert_eq!(std::fs::read_to_string(clone.join("all/new")).expect("a result"), "one\ntwo\n");
    assert_eq!(project.git(["-C", "../clone", "status", "--porcelain"]), "");
}

#[test]
fn what_no_repository_has_fails_with_that_and_the_others_run() {
    let Some(study) = Study::new() else { return };
    study.origin.git(["annex", "drop", "-q", "--force", "raw/sub-04/t1.dat"]);
    study.git(&["fetch", "-q", "origin"]);
    study.git(&["annex", "merge", "-q"]);
    study
        .minipach(&["plan"])
        .says("files to be fetched (")
        .says("; no repository is known to have 1 of them\n");
    let said = study.minipach(&["run"]).code(1);
    assert!(said.stderr.contains("the content of `raw/sub-04/t1.dat` is not here: "), "{}", said.stderr);
    assert!(said.stderr.contains("no repository is known to have it"), "{}", said.stderr);
    assert_eq!(study.states(), ["done", "done", "done", "failed"]);
    // Found again, it runs.
    study.origin.write("raw/new.dat", "four").git(["annex", "add", "-q", "raw/new.dat"]);
    study.git(&["fetch", "-q", "origin"]);
    study.git(&["annex", "merge", "-q"]);
    study.minipach(&["run"]).code(0);
    assert_eq!(study.states(), ["done"; 4]);
}

#[test]
fn where_nothing_can_be_reached_it_is_said_who_has_it() {
    let Some(study) = Study::new() else { return };
    study.git(&["remote", "set-url", "origin", "/nowhere"]);
    let said = study.minipach(&["run"]).code(1);
    assert!(
        said.stderr.contains("it is in origin") || said.stderr.contains("git-annex says: "),
        "{}",
        said.stderr
    );
    assert_eq!(study.states(), ["failed"; 4]);
}

/// A remote from which the last subject's content comes only after minutes.
struct Slow<'a> {
    study: &'a Study,
    place: PathBuf,
}

impl<'a> Slow<'a> {
    fn new(study: &'a Study) -> Self {
        let place = study.origin.home().join("store");
        std::fs::create_dir(&place).expect("a folder");
        let shown = place.to_string_lossy();
        study.git(&[
            "config",
            "annex.slow-store-hook",
            &format!("cp \"$ANNEX_FILE\" '{shown}'/\"$ANNEX_KEY\""),
        ]);
        study.git(&["config", "annex.slow-checkpresent-hook", &format!("ls '{shown}'")]);
        study.git(&[
            "config",
            "annex.slow-retrieve-hook",
            &format!("touch '{shown}'/began; for i in $(seq 300); do test -d '{shown}' && sleep 1; done"),
        ]);
        study.git(&["annex", "initremote", "-q", "slow", "type=hook", "hooktype=slow", "encryption=none"]);
        study.git(&["annex", "get", "-q", "raw/sub-04"]);
        study.git(&["annex", "move", "-q", "--to=slow", "raw/sub-04"]);
        study.origin.git(["annex", "drop", "-q", "--force", "raw/sub-04/t1.dat"]);
        study.git(&["fetch", "-q", "origin"]);
        study.git(&["annex", "merge", "-q"]);
        Self { study, place }
    }

    /// A run that has done all others and fetches.
    fn run(&self) -> std::process::Child {
        let clone = self.study.clone.to_string_lossy().into_owned();
        let mut run = self.study.origin.command(env!("CARGO_BIN_EXE_minipach"));
        run.args(["-C", &clone, "run"]).stdout(Stdio::null()).stderr(Stdio::null());
        let run = run.spawn().expect("it starts");
        let begun = Instant::now();
        while !(self.place.join("began").exists() && self.study.clone.join("copy/sub-03/size").exists()) {
            assert!(begun.elapsed() < Duration::from_mins(1), "the others did not run meanwhile");
            std::thread::sleep(Duration::from_millis(50));
        }
        run
    }

    /// Programs that transfer from it now.
    fn programs(&self) -> usize {
        let place = self.place.to_string_lossy().into_owned();
        let all = std::fs::read_dir("/proc").expect("it is Linux").flatten();
        let told = all.filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok());
        told.filter(|words| words.contains(&place)).count()
    }

    fn hurry(&self) {
        let place = self.place.to_string_lossy();
        let hook = format!("cp '{place}'/\"$ANNEX_KEY\" \"$ANNEX_FILE\"");
        self.study.git(&["config", "annex.slow-retrieve-hook", &hook]);
    }

    fn done(&self) -> usize {
        self.study.states().iter().filter(|state| *state == "done").count()
    }
}

#[test]
fn others_run_while_it_is_fetched_and_a_cancel_cuts_it_off() {
    let Some(study) = Study::new() else { return };
    let slow = Slow::new(&study);
    let mut run = slow.run();
    let asked = Instant::now();
    study.minipach(&["cancel", "--wait"]).code(0);
    assert_eq!(run.wait().expect("it ends").code(), Some(130));
    assert!(asked.elapsed() < Duration::from_mins(1), "it waited for what nobody wants any more");
    assert_eq!(slow.programs(), 0, "git-annex leaves none of its own");
    assert_eq!((slow.done(), study.states().pop()), (3, Some("pending".into())));
    slow.hurry();
    study.minipach(&["run"]).code(0);
    assert_eq!((slow.done(), study.git(&["status", "--porcelain"])), (4, String::new()));
}

#[test]
fn what_a_killed_run_was_fetching_is_ended_by_the_next() {
    let Some(study) = Study::new() else { return };
    let slow = Slow::new(&study);
    let mut run = slow.run();
    run.kill().expect("it is there");
    run.wait().expect("it ended");
    assert!(slow.programs() > 0, "a kill takes minipach alone");
    slow.hurry();
    study.minipach(&["run"]).code(0);
    assert_eq!((slow.programs(), slow.done()), (0, 4));
}

#[test]
fn who_enters_a_datum_finds_its_content() {
    let Some(study) = Study::new() else { return };
    let said = study.minipach(&["enter", "copy:sub-04", "--", "sh", "-c", "cat \"$PFS/raw/t1.dat\""]).code(0);
    assert_eq!(said.stdout, "four");
    assert_eq!(study.here(), paths(&["sub-04"]));
}

/// Files that git-annex hides are not removed subjects.
#[test]
fn a_branch_that_hides_files_is_refused() {
    let Some(study) = Study::new() else { return };
    study.minipach(&["run", "copy"]).code(0);
    study.git(&["annex", "drop", "-q", "--force", "raw/sub-01"]);
    study.git(&["annex", "adjust", "-q", "--hide-missing"]);
    let said = study.minipach(&["run"]);
    said.code(4).says("git-annex hides files of the branch `adjusted/").says("`git checkout main`");
    study.git(&["checkout", "-q", "main"]);
    study.minipach(&["run"]).code(0);
}
