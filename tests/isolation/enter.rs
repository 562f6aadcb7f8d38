//! `enter`: exactly what a datum's command sees, whatever the datum's state; and `engines`.

use crate::people::people;
use crate::support::{Project, finish, peer};

/// A pipeline in which `a` is done, `b` failed and `c` has not run.
fn study() -> Project {
    let project = Project::new();
    project.write("raw/a.txt", "one\n").write("raw/b.txt", "bad\n").spec(
        "copy",
        "input: {pfs: {name: in, repo: raw, glob: '/(*).txt'}}\n\
         transform: {cmd: [sh, -c, 'grep -v bad /pfs/in/in.txt > /pfs/out/copy'], env: {MINE: x}, working_dir: raw}\noutput: /$1\n",
    );
    project.commit("all");
    project.minipach(["run"]).code(1);
    project.write("raw/c.txt", "three\n");
    project
}

#[test]
fn what_a_datum_sees_in_every_state_is_what_its_command_sees() {
    for person in people() {
        let project = study();
        person.owns(&project);
        let before = (project.tree("copy"), project.read(".minipach/ledger/copy.jsonl"));
        for (key, content) in [("a", "one"), ("b", "bad"), ("c", "three")] {
            let script = "cat $PFS/in/*; ls $PFS; ls -A $PFS/out; echo $MINE ${PWD##*/} ${#PACH_DATUM_ID} $in; echo x > $TMPDIR/x";
            let ended =
                person.minipach(&project, &["enter", &format!("copy:{key}"), "--", "sh", "-c", script], &[]);
            let seen = ended.ok();
            let place = seen
                .lines()
                .last()
                .unwrap_or_default()
                .split_once("raw 64 ")
                .map(|(_, place)| place.to_owned());
            assert_eq!(seen, format!("{content}\nin\nout\nx raw 64 {}\n", place.clone().unwrap_or_default()));
            assert!(place.is_some_and(|place| place.ends_with("/in/in.txt")), "{seen}");
        }
        assert_eq!((project.tree("copy"), project.read(".minipach/ledger/copy.jsonl")), before);
    }
}

#[test]
fn what_is_left_there_is_shown_and_never_a_result() {
    let project = study();
    let before = (project.tree("copy"), project.states("copy"));
    let ended =
        project.minipach(["enter", "copy:b", "--", "sh", "-c", "echo by hand > $PFS/out/copy; exit 7"]);
    let ended = ended.code(7).says("is no result");
    let words = ended.stderr.split_whitespace();
    let out = words.map(str::to_owned).find(|word| word.starts_with(project.root().to_str().unwrap_or("?")));
    let out = out.unwrap_or_default();
    assert_eq!(
        std::fs::read_to_string(format!("{out}/copy")).ok().as_deref(),
        Some("by hand\n"),
        "{}",
        ended.stderr
    );
    assert_eq!((project.tree("copy"), project.states("copy")), before);
    project.minipach(["enter", "copy:b", "--", "sh", "-c", "ls -A $PFS/out"]).ok();
    assert!(!std::path::Path::new(&out).exists(), "nothing was left the second time");
    project.minipach(["run"]).code(1);
    assert_eq!(project.tree("copy").len(), 2, "a and c");
}

#[test]
fn a_datum_in_a_sandbox_cannot_be_harmed_from_inside() {
    let Some(_) = peer("bwrap") else { return };
    for person in people() {
        let project = study();
        person.owns(&project);
        let script = "echo x >> /pfs/in/in.txt; echo x > ../new; ls -d /pfs";
        let said = person.minipach(&project, &["enter", "copy:a", "--", "sh", "-c", script], &[]).ok();
        assert_eq!(said, "/pfs\n");
        assert_eq!(project.read("raw/a.txt"), "one\n");
        assert!(!project.exists("new"));
    }
}

#[test]
fn one_datum_at_a_time_and_only_one_that_is_there() {
    let project = study();
    project.minipach(["enter", "copy", "--", "true"]).code(2).says("means 3 datums").says("`copy:a`");
    project.minipach(["enter", "copy:none", "--", "true"]).code(2).says("`copy:none`");
    let nothing = project.minipach(["enter", "copy:a", "--", "nosuchcmd"]).code(127);
    nothing.says("`nosuchcmd` is not installed");
    project.minipach(["enter", "copy:a", "--json", "--", "true"]).code(2);
    project.spec("match", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\n");
    project.minipach(["enter", "match:a", "--", "true"]).code(2).says("runs no command");
}

#[test]
fn engines_say_what_works_and_what_is_missing() {
    let project = Project::bare();
    let folder = project.home().join("bin");
    std::fs::create_dir(&folder).expect("it can be made");
    let without = |args: &[&str]| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(args).env("PATH", &folder);
        finish(command)
    };
    without(&["engines"])
        .says("local")
        .says("`bwrap` is not installed")
        .says("`git-annex` is not installed")
        .ok();
    for program in ["git-annex", "bwrap", "podman"] {
        std::fs::write(folder.join(program), "#!/bin/sh\n").expect("it can be written");
    }
    without(&["engines"])
        .says("git-annex` is not executable; `chmod +x` it; annexed inputs")
        .says("bwrap` is not executable; `chmod +x` it; until then")
        .says("podman` is not executable; `chmod +x` it; it would run")
        .ok();
    let lines: Vec<serde_json::Value> = without(&["engines", "--json"]).json_lines();
    let works: Vec<_> = lines.iter().map(|line| (line["name"].as_str(), line["works"].as_bool())).collect();
    assert_eq!(works[..2], [(Some("local"), Some(true)), (Some("sandbox"), Some(false))]);
    let Some(_) = peer("bwrap") else { return };
    let lines: Vec<serde_json::Value> = project.minipach(["engines", "--json"]).json_lines();
    assert_eq!(lines[1]["works"].as_bool(), Some(true), "{}", lines[1]["says"]);
}
