//! The sandbox in whole runs, as the administrator and as an ordinary user: `/pfs` is real, and nothing else changes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::attempts::{ATTEMPTS, assert_untouched, processes, tempting, untouchable};
use crate::opencv::{EDGES, EXPECTED, STANDINS};
use crate::people::{Person, people};
use crate::support::{self, Project, peer, table};

#[test]
fn whatever_a_command_tries_only_its_output_changes() {
    let (Some(_), Some(_)) = (peer("bwrap"), peer("git-annex")) else { return };
    for person in people() {
        let project = tempting();
        person.owns(&project);
        let before = untouchable(project.home());
        let ran = person.minipach(&project, &["run", "-j2"], &[("ROOT", project.root().to_str().unwrap())]);
        assert_untouched(&project, &before, &format!("as {person:?}: {ran:?}"));
        let tried = project.tree("try");
        assert_eq!(tried.len(), ATTEMPTS.len(), "{tried:?} as {person:?}: {ran:?}");
        assert!(project.read(".minipach/ledger/try.jsonl").contains(r#""place":"sandbox""#));
    }
}

/// Without a sandbox a command can reach its input; its result is dropped and the change told, never kept as good.
#[test]
fn without_a_sandbox_a_changed_input_is_noticed() {
    let project = Project::new();
    project.write("data/a.txt", "one\n").spec(
        "try",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\n\
         transform: {cmd: [sh, -c, 'echo x >> /pfs/data/data.txt; echo done > /pfs/out/done']}\noutput: /$1\n",
    );
    project.commit("all");
    project.minipach(["run"]).code(1).says("changed while it was used");
    assert_eq!(project.tree("try"), BTreeMap::new());
}

/// Nor is what a command made of the annex's own object taken for its input.
#[test]
fn without_a_sandbox_a_changed_object_of_the_annex_is_noticed() {
    let Some(_) = peer("git-annex") else { return };
    let project = Project::new();
    project.write("minipach.yml", "sandbox: never\n").write("data/a.dat", "one\n").write("data/b.dat", "two\n").spec(
        "try",
        "input: {pfs: {name: data, repo: data, glob: '/(*).dat'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'o=$(readlink -f $PFS/data/*.dat); d=${o%/*}; chmod u+w $d $o; [ $(cat $o) = one ] && echo x >> $o || rm -f $o; echo done > $PFS/out/done']}\n",
    );
    project.write(".gitattributes", "* annex.largefiles=nothing\n*.dat annex.largefiles=anything\n");
    project.git(["annex", "init", "-q"]);
    project.git(["annex", "add", "-q", "data"]);
    project.commit("all");
    let said = project.minipach(["run"]);
    said.code(1).says("`git annex fsck data/a.dat` sets it aside").says("the command writes into the annex");
    assert_eq!(project.tree("try"), BTreeMap::new());
}

/// What follows would do the same to the next object: the run ends with the first that is damaged, and keeps what it has.
#[test]
fn without_a_sandbox_a_run_damages_one_object_of_the_annex_at_the_most() {
    let Some(_) = peer("git-annex") else { return };
    let whole = ["0\n", "1\n", "2\n", "3\n"];
    for damage in ["echo x > $PFS/raw/raw", "echo x > $PFS/raw/raw; exit 1", "rm $(readlink -f $PFS/raw/raw)"]
    {
        let project = Project::new();
        project.write("minipach.yml", "sandbox: never\n");
        let cmd = format!(
            "cat $PFS/raw/raw > $PFS/out/o; f=$(readlink -f $PFS/raw/raw); chmod u+w ${{f%/*}} $f; [ $(cat $f) = 0 ] || {{ {damage}; }}"
        );
        project.spec(
            "try",
            &format!("input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ndatum_tries: 2\ntransform: {{cmd: [sh, -c, '{cmd}']}}\n"),
        );
        let reads = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n";
        project
            .spec("zlater", &format!("{reads}transform: {{cmd: [sh, -c, 'cp $PFS/raw/raw $PFS/out/o']}}\n"));
        for (name, content) in whole.iter().enumerate() {
            project.write(&format!("raw/{name}"), content);
        }
        project.git(["annex", "init", "-q"]);
        project.git(["annex", "add", "-q", "raw"]);
        project.commit("all");
        let said = project.minipach(["run", "-j1"]).code(1);
        let said = said.says("failed try:1: ").says("nothing more is started: the content of `raw/1` was");
        said.says("`git annex fsck raw/1` sets it aside, and `sandbox: always` in `minipach.yml` keeps");
        let now = [0, 2, 3].map(|name| project.read(&format!("raw/{name}")));
        assert_eq!(now, ["0\n", "2\n", "3\n"], "{damage}");
        assert_eq!(project.git(["status", "--porcelain", "try", "zlater"]), "", "what was done is committed");
        let states = project.states("try");
        let of = |key: &str| states[key].as_str();
        assert_eq!(
            [of("0"), of("1"), of("2"), of("3")],
            ["done", "failed", "pending", "pending"],
            "{damage}"
        );
        assert_eq!(project.tree("zlater"), BTreeMap::new(), "{damage}");
    }
}

/// Size and time of the content say nothing: both can be set. What is damaged is given to no other datum.
#[test]
fn without_a_sandbox_a_changed_object_with_its_old_time_is_noticed() {
    let Some(_) = peer("git-annex") else { return };
    let damage = "f=$(readlink -f $PFS/data/*.dat); d=${f%/*}; chmod u+w $d $f; touch -r $f $TMPDIR/x";
    let in_place = "printf Z | dd of=$f conv=notrunc; touch -r $TMPDIR/x $f";
    let exchanged = "printf Z > $d/n; tail -c +2 $f >> $d/n; touch -r $f $d/n; mv -f $d/n $f";
    for change in [in_place, exchanged] {
        let project = Project::new();
        project.write("minipach.yml", "sandbox: never\n").write("data/a.dat", "one\n");
        let input = "input: {pfs: {name: data, repo: data, glob: '/(*).dat'}}\noutput: /$1\n";
        let transform = |cmd: &str| format!("{input}transform: {{cmd: [sh, -c, '{cmd}']}}\n");
        let once = format!(
            "[ $(cat $PFS/data/*.dat) != one ] || {{ {damage}; {change}; }}; echo done > $PFS/out/done"
        );
        project.spec("first", &transform(&once)).spec("later", &transform("cat $PFS/data/* > $PFS/out/it"));
        project.git(["annex", "init", "-q"]);
        project.git(["annex", "add", "-q", "data"]);
        project.commit("all");
        let said =
            project.minipach(["run", "-j1"]).code(1).says("failed first:a: the content of `data/a.dat`");
        said.says("`git annex fsck data/a.dat` sets it aside").says("nothing more is started");
        assert_eq!(project.tree("first"), BTreeMap::new(), "{change}");
        assert_eq!(project.tree("later"), BTreeMap::new(), "{change}");
    }
}

/// An input that its command removed is not planned again as the rest of it, as if that were all.
#[test]
fn without_a_sandbox_a_removed_input_is_a_failure() {
    let project = Project::new();
    project.write("minipach.yml", "sandbox: never\n").write("raw/a/t", "t\n").write("raw/a/u", "u\n").spec(
        "try",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'rm -f $(readlink -f $PFS/raw/t); echo o > $PFS/out/o']}\n",
    );
    let said = project.minipach(["run", "--save"]).code(1);
    let said = said
        .says("failed try:a: its input `raw/a/t` is gone")
        .says("`git checkout -- raw/a/t` brings it back");
    assert!(!said.stderr.contains("planning again") && !said.stderr.contains("done"), "{}", said.stderr);
    assert_eq!(project.tree("try"), BTreeMap::new());
    project.git(["checkout", "--", "raw/a/t"]);
    assert_eq!(project.states("try")["a"], "failed");
}

/// Nor where it changed another one first, and failed.
#[test]
fn without_a_sandbox_a_failure_that_removed_an_input_is_not_planned_again_with_the_rest() {
    for more in ["echo x >> $PFS/raw/a.txt; ", ""] {
        let project = Project::new();
        project.write("minipach.yml", "sandbox: never\n");
        project.write("raw/s1/a.txt", "a\n").write("raw/s1/b.txt", "b\n").spec(
            "try",
            &format!(
                "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n\
                 transform: {{cmd: [sh, -c, '[ -e $PFS/raw/b.txt ] || exec touch $PFS/out/o; rm $(readlink -f $PFS/raw/b.txt); {more}exit 1']}}\n",
            ),
        );
        project.commit("all");
        let said = project.minipach(["run"]).code(1);
        let said = said.says("its input `raw/s1/b.txt` is gone").says("`git checkout -- raw/s1/b.txt`");
        assert!(!said.stderr.contains("planning again"), "{more}: {}", said.stderr);
        assert_eq!(project.tree("try"), BTreeMap::new(), "{more}");
    }
}

/// What was to be saved is saved once: what changed since may be the doing of a command, and can be taken back.
#[test]
fn without_a_sandbox_no_changed_input_is_saved() {
    let project = Project::new();
    project.write("minipach.yml", "sandbox: never\n").commit("without");
    project.write("data/a.txt", "one\n").spec(
        "try",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\n\
         transform: {cmd: [sh, -c, 'echo x >> $PFS/data/data.txt; echo done > $PFS/out/done']}\noutput: /$1\n",
    );
    project.minipach(["run", "--save"]).code(1).says("restore it with `git checkout -- data/a.txt`");
    project.git(["checkout", "--", "data/a.txt"]);
    assert_eq!(project.read("data/a.txt"), "one\n");
}

/// The project, its code in the project too: only the words of the command that say where it is are changed.
fn opencv() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("images/liberty.png", "liberty"),
        ("images/kitten.png", "kitten"),
        ("code/edges.py", EDGES),
        ("edges/spec.yml", r#"{
  "pipeline": {"name": "edges"},
  "description": "A pipeline that performs image edge detection by using the OpenCV library.",
  "input": {"pfs": {"glob": "/*", "repo": "images"}},
  "transform": {"cmd": ["python3", "code/edges.py"], "env": {"PYTHONPATH": "code/standin", "PYTHONDONTWRITEBYTECODE": "1"}}
}
"#),
    ]);
    for (path, text) in STANDINS {
        project.write(&format!("code/standin/{path}"), text);
    }
    project.commit("opencv");
    project
}

#[test]
fn a_published_example_that_says_pfs_in_its_code_runs_unchanged() {
    let (Some(_), Some(_)) = (peer("bwrap"), peer("python3")) else { return };
    for person in people() {
        let project = opencv();
        person.owns(&project);
        person.minipach(&project, &["run"], &[]).ok();
        assert_eq!(project.tree("edges"), table(EXPECTED), "as {person:?}");
    }
}

#[test]
fn without_bwrap_code_that_says_pfs_is_refused_with_the_line() {
    let project = opencv();
    let folder = project.home().join("bin");
    fs::create_dir(&folder).unwrap();
    for program in ["git", "python3", "sh"] {
        std::os::unix::fs::symlink(peer(program).unwrap(), folder.join(program)).unwrap();
    }
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("run").env("PATH", &folder).env("MINIPACH_SANDBOX", "auto");
    let said = support::finish(command).code(5);
    let said = said.says("`code/edges.py` says `/pfs` itself (line 13)").says("bubblewrap");
    drop(said);
    assert_eq!(project.tree("edges"), BTreeMap::new());
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("check").env("PATH", &folder).env("MINIPACH_SANDBOX", "auto");
    support::finish(command).says("MP402").says("line 13");
    // Nor is a run advised that would only say so.
    let sentence = "its command cannot run here: `code/edges.py` says `/pfs` itself (line 13)";
    for (words, more) in [
        (&["plan"][..], "that cannot run here"),
        (&["status"], "next: minipach why edges"),
        (&["why", "edges"], "`minipach run` once that is there"),
    ] {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(words).env("PATH", &folder).env("MINIPACH_SANDBOX", "auto");
        support::finish(command).code(0).says(sentence).says(more);
    }
}

#[test]
fn a_line_that_says_both_is_refused_too() {
    let project = Project::new();
    let script = "d=${PFS:-/pfs}\ncat /pfs/raw/x > \"$PFS/out/y\"; true\n";
    project.write_all(&[("raw/x", "1\n"), ("minipach.yml", "sandbox: never\n"), ("code/a.sh", script)]);
    project.spec("a", "input: {pfs: {repo: raw, glob: /}}\noutput: /\ntransform: {cmd: [sh, code/a.sh]}\n");
    project.commit("a study");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("run").env_remove("MINIPACH_SANDBOX");
    drop(support::finish(command).code(5).says("`code/a.sh` says `/pfs` itself (line 2)"));
    assert!(!project.exists("a/y"));
}

/// With `sandbox: never` it is the same, also where `bwrap` is there: a script could make a `/pfs` of the machine's.
#[test]
fn code_that_says_pfs_is_refused_where_no_sandbox_is_wanted() {
    let project = opencv();
    project.write("minipach.yml", "sandbox: never\n").commit("without");
    for word in ["run", "check"] {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.arg(word).env_remove("MINIPACH_SANDBOX");
        support::finish(command)
            .says("`code/edges.py` says `/pfs` itself (line 13)")
            .says("`sandbox: never`");
    }
    assert_eq!(project.tree("edges"), BTreeMap::new());
}

#[test]
fn a_record_made_in_a_sandbox_reruns_without_minipach() {
    let (Some(_), Some(_), Some(_)) = (peer("bwrap"), peer("datalad"), peer("python3")) else { return };
    let project = opencv();
    let person = Person::Self_;
    person.minipach(&project, &["run"], &[]).ok();
    let tree = project.git(["rev-parse", "HEAD^{tree}"]);
    let head = project.head();
    project.program("datalad", ["rerun", "--onto", &format!("{head}^"), "-b", "again", &head]).ok();
    assert_eq!(project.git(["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(project.changed(), "");
}

/// What a command may, and what of the machine it can write to, is the same when its record makes its result again.
#[test]
fn a_record_gives_a_command_what_the_run_gave() {
    let (Some(_), Some(_)) = (peer("bwrap"), peer("datalad")) else { return };
    let script = "grep Cap /proc/self/status; \
                  awk '$2 ~ \"^/(proc|dev)/\" || $2 ~ \"^/(var/)?tmp$\" {split($4, how, \",\"); print $2, how[1]}' /proc/mounts | sort\n\
                  for folder in /tmp /var/tmp /dev /dev/shm /proc/sys / .; do touch $folder/x 2>/dev/null && echo $folder; done; true\n";
    let project = Project::new();
    project.write("raw/a.txt", "one\n").write("code/look.sh", script).spec(
        "look",
        "input: {pfs: {name: in, repo: raw, glob: '/(*).txt'}}\n\
         transform: {cmd: [sh, -c, '. ./code/look.sh > /pfs/out/seen']}\noutput: /$1\n",
    );
    project.commit("all");
    Person::Self_.minipach(&project, &["run"], &[]).ok();
    let seen = project.read("look/a/seen");
    assert!(seen.contains("\n/dev/shm\n") && !seen.contains("\n.\n"), "{seen}");
    project.program("datalad", ["rerun", "HEAD"]).ok();
    assert_eq!(project.read("look/a/seen"), seen);
}

/// Kill -9 ends the sandbox and all in it; its mounts are nobody's then.
#[test]
fn a_killed_run_leaves_no_sandbox() {
    let Some(_) = peer("bwrap") else { return };
    for person in people() {
        let project = Project::new();
        project.write("data/a.txt", "one\n").write("data/b.txt", "two\n").spec(
            "wait",
            "input: {pfs: {repo: data, glob: '/(*).txt'}}\n\
             transform: {cmd: [sh, -c, 'setsid sleep 1000 & echo ready; sleep 1000']}\noutput: /$1\n",
        );
        project.commit("all");
        person.owns(&project);
        let mut run = person.command(&project, &["run", "-j2"], &[]).spawn().unwrap();
        let begun = Instant::now();
        while processes(&project).len() < 10 {
            assert!(begun.elapsed() < Duration::from_mins(1), "{:?} as {person:?}", processes(&project));
            std::thread::sleep(Duration::from_millis(10));
        }
        run.kill().unwrap();
        run.wait().unwrap();
        let begun = Instant::now();
        while !processes(&project).is_empty() {
            assert!(begun.elapsed() < Duration::from_mins(1), "{:?} as {person:?}", processes(&project));
            std::thread::sleep(Duration::from_millis(10));
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(project.home().to_str().unwrap()), "{mounts}");
        person.minipach(&project, &["status"], &[]).ok();
    }
}

#[test]
fn a_command_that_may_not_write_is_told_why() {
    let Some(_) = peer("bwrap") else { return };
    let project = Project::new();
    project.write("data/a.txt", "one\n").spec(
        "try",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\ntransform: {cmd: [sh, -c, 'echo x > new.txt']}\noutput: /$1\n",
    );
    project.commit("all");
    let person = Person::Self_;
    person.minipach(&project, &["run"], &[]).code(1).says("sandbox: never");
    assert!(!project.exists("new.txt"));
    project.write("minipach.yml", "sandbox: never\n").commit("without");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("run").env_remove("MINIPACH_SANDBOX");
    support::finish(command).ok();
    assert!(project.exists("new.txt"));
    assert!(fs::metadata(project.path("new.txt")).unwrap().permissions().mode() & 0o600 != 0);
}

/// How many datums runs have begun, as their events tell.
fn begun(project: &Project) -> usize {
    let runs = fs::read_dir(project.path(".git/minipach/runs")).into_iter().flatten().flatten();
    let events = runs.filter_map(|run| fs::read_to_string(run.path().join("events.jsonl")).ok());
    events.map(|text| text.matches("\"datum_started\"").count()).sum()
}

/// A command in a sandbox can write to no script, so who edits one again and again is a person.
#[test]
fn a_script_edited_in_each_round_is_planned_again_as_often() {
    let Some(_) = peer("bwrap") else { return };
    let project = Project::new();
    project.write("data/a.txt", "one\n").write(
        "code/wait.sh",
        "k=$(grep -c '^#' code/wait.sh); for n in $(seq 1000); do [ -e .git/go-$k ] && break; sleep 0.02; done\n\
         cat /pfs/data/* > /pfs/out/r\n",
    );
    project.spec(
        "p",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, code/wait.sh]}\n",
    );
    project.commit("all");
    let mut command = Person::Self_.command(&project, &["run", "--no-commit"], &[]);
    let run = command.stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    for edit in 0..2 {
        let waits = Instant::now();
        while begun(&project) <= edit {
            assert!(waits.elapsed() < Duration::from_mins(1), "round {edit} never came");
            std::thread::sleep(Duration::from_millis(10));
        }
        project.write("code/wait.sh", project.read("code/wait.sh") + "# edited\n");
        project.write(&format!(".git/go-{edit}"), "").write(".git/go-2", "");
    }
    let ended = run.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said.matches("so its result was dropped").count(), 2, "{said}");
    assert!(ended.status.success() && !said.contains("again, and counts as code"), "{said}");
    assert_eq!(project.read("p/a/r"), "one\n");
}
