//! Packed results: many files kept as one, which who reads them, plans and reruns do not notice.

use crate::study::{Home, Study};
use crate::support::{self, Project};

/// Makes `files` small files, an executable one and a link.
fn many(files: usize, more: &str) -> String {
    format!(
        "input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}\noutput: /$1\n{more}transform:\n  cmd: [sh]\n  stdin:\n    - mkdir -p \"$PFS/out/d\"\n    - i=2; while [ $i -lt {files} ]; do i=$((i+1)); cat \"$PFS/raw/raw.txt\" > \"$PFS/out/d/é $i\"; echo $i >> \"$PFS/out/d/é $i\"; done\n    - printf '#!/bin/sh\\n' > \"$PFS/out/run\"; chmod +x \"$PFS/out/run\"; ln -s 'd/é 7' \"$PFS/out/link\"\n"
    )
}

const ALL: &str = "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform:\n  cmd: [sh]\n  stdin:\n    - cd \"$PFS/fs\"; find -L . -type f -perm -100 | LC_ALL=C sort > \"$PFS/out/exec\"\n    - find -L . -type f | LC_ALL=C sort | while read f; do printf '%s ' \"$f\"; cat \"$f\"; done > \"$PFS/out/all\"\n";
const ONE: &str = "input: {pfs: {repo: fs, glob: '/(*)/d/é 9'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp -L /pfs/fs/fs* /pfs/out/x']}\n";
const SAME: &str = "input: {pfs: {repo: fs, glob: '/(*)/d'}}\noutput: /$1\npack: never\n";

fn lay_out(project: &Project, files: usize, more: &str) {
    for subject in ["a", "b"] {
        project.write(&format!("raw/{subject}.txt"), format!("{subject}\n"));
    }
    project.spec("fs", &many(files, more)).spec("all", ALL).spec("one", ONE).spec("same", SAME);
}

/// What a pipeline's datums are made of, by key.
fn ids(project: &Project, pipeline: &str) -> Vec<String> {
    let told: Vec<serde_json::Value> = project.minipach(["datums", pipeline, "--json"]).code(0).json_lines();
    told.iter().map(|line| line["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_packed_result_is_clean_and_reruns_to_the_same_bytes() {
    for home in [Home::Text, Home::Yoda] {
        let Some(study) = Study::new(home) else { return };
        lay_out(&study.project, 150, "");
        // Of one subject: each file costs the annex and `DataLad` some time.
        study.project.spec("same", &SAME.replace("(*)", "(a)"));
        study.save("inputs");
        study.run();
        let standing = study.project.tree("fs");
        assert_eq!(standing.keys().filter(|path| path.ends_with("minipach.tar")).count(), 2, "{standing:?}");
        assert!(!study.project.exists("fs/a/d"), "{home:?}");
        assert_eq!(study.project.read("one/b/x"), "b\n9\n");
        assert_eq!(study.project.read("all/exec"), "./a/run\n./b/run\n");
        let all = study.project.read("all/all");
        assert!(all.contains("./a/link a\n7\n") && !all.contains("minipach.tar"), "{all}");
        assert_eq!(all.lines().count(), 2 * (2 * 149 + 1), "{all}");
        assert_eq!(study.project.read("same/a/é 150"), "a\n150\n");
        study.reruns(4);
        // Without any memory on this machine.
        study.project.remove(".git/minipach").nothing_to_do();
    }
}

#[test]
fn readers_see_the_same_packed_or_not() {
    let made = |more: &str| {
        let project = Project::new();
        lay_out(&project, 20, more);
        project.commit("inputs");
        project.minipach(["run"]).ok();
        project.nothing_to_do();
        project
    };
    let (packed, loose) = (made("pack: always\n"), made(""));
    assert!(packed.exists("fs/a/minipach.tar") && loose.exists("fs/a/d/é 9"));
    for pipeline in ["fs", "all", "one", "same"] {
        assert_eq!(ids(&packed, pipeline), ids(&loose, pipeline), "{pipeline}");
    }
    assert_eq!(packed.tree("all"), loose.tree("all"));
    assert_eq!(packed.tree("same"), loose.tree("same"));
    // What is known stays as it stands, whatever the spec says now.
    loose.spec("fs", &many(20, "pack: always\n"));
    loose.nothing_to_do();
}

#[test]
fn few_files_and_those_in_plain_git_stay_files() {
    let project = Project::new();
    lay_out(&project, 150, "");
    project.minipach(["run", "--no-commit", "fs"]).ok();
    assert!(project.exists("fs/a/d/é 9") && !project.exists("fs/a/minipach.tar"));
    let Some(study) = Study::new(Home::Text) else { return };
    // 98 files, the program and the link.
    lay_out(&study.project, 100, "");
    study.save("inputs");
    study.project.minipach(["run", "fs"]).ok();
    assert_eq!(study.project.tree("fs").keys().filter(|path| path.starts_with("a/")).count(), 100);
}

#[test]
fn a_clone_without_content_plans_and_fetches_only_the_pack_it_needs() {
    let Some(study) = Study::new(Home::Text) else { return };
    lay_out(&study.project, 150, "");
    study.save("inputs");
    study.run();
    // A hop over one file of a pack goes on behind it.
    study.project.minipach(["provenance", "one/b/x"]).code(0).says("fs/b/minipach.tar").says("raw/b.txt");
    study.project.git(["clone", "-q", ".", "../clone"]);
    let clone = study.project.home().join("clone").to_string_lossy().into_owned();
    study.project.git(["-C", &clone, "annex", "init", "-q", "clone"]);
    study.project.typed(&["-C", &clone, "plan"]).code(0).says("nothing to do");
    study.project.typed(&["-C", &clone, "run", "--force", "one:b"]).code(0).says("fetches 1 file");
    assert_eq!(study.project.git(["-C", &clone, "annex", "find", "--in=here"]).trim(), "fs/b/minipach.tar");
    study.project.typed(&["-C", &clone, "run"]).code(0).says("nothing to do");
}

#[test]
fn a_match_fetches_the_pack_that_it_takes_files_out_of() {
    let Some(study) = Study::new(Home::Text) else { return };
    lay_out(&study.project, 150, "");
    study.save("inputs");
    study.project.minipach(["run", "fs"]).code(0);
    study.project.git(["clone", "-q", ".", "../clone"]);
    let clone = study.project.home().join("clone").to_string_lossy().into_owned();
    study.project.git(["-C", &clone, "annex", "init", "-q", "clone"]);
    study.project.typed(&["-C", &clone, "run", "--dry-run", "same:a"]).code(0).says("1 file to be fetched");
    study.project.typed(&["-C", &clone, "run", "same:a"]).code(0).says("`git annex get` fetches 1 file");
    assert_eq!(study.project.git(["-C", &clone, "annex", "find", "--in=here"]).trim(), "fs/a/minipach.tar");
    let same = std::fs::read_to_string(study.project.home().join("clone/same/a/é 150")).expect("it stands");
    assert_eq!(same, "a\n150\n");
    // Where nobody has it any more.
    std::fs::rename(study.project.root(), study.project.home().join("away")).expect("it moves");
    let told = support::finish({
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_minipach"));
        command.args(["-C", &clone, "run", "same:b"]).env("HOME", study.project.home()).env("NO_COLOR", "1");
        command
    });
    told.code(1).says("the content of `fs/b/minipach.tar` is not here: ");
    std::fs::rename(study.project.home().join("away"), study.project.root()).expect("it moves back");
}

/// A folder, a link to it, one to a file in it, and links that lead in circles: to a folder they lie in, and to one
/// another's.
const LINKED: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'mkdir -p $PFS/out/d/e; cat $PFS/raw/raw.txt > $PFS/out/d/e/x; ln -s d/e $PFS/out/to; ln -s e/x $PFS/out/d/up; ln -s d/e/x $PFS/out/x; ln -s . $PFS/out/self; mkdir $PFS/out/f; ln -s ../d $PFS/out/f/to_d; ln -s ../f $PFS/out/d/to_f']}\n";
const LOOK: &str = "input: {pfs: {repo: fs, glob: '/(*)/'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cd $PFS/fs; cat to/x x > $PFS/out/read; if [ -h to ]; then echo link; else echo folder; fi > $PFS/out/is']}\n";

#[test]
fn links_to_folders_stay_links_for_who_reads_them_and_in_reruns() {
    for (home, more) in
        [(Home::Git, ""), (Home::Git, "pack: always\n"), (Home::Yoda, "pack: always\n"), (Home::Yoda, "")]
    {
        let Some(study) = Study::new(home) else { return };
        let project = &study.project;
        project.write("raw/a.txt", "a\n").spec("fs", &format!("{LINKED}{more}")).spec("look", LOOK);
        project.spec("same", "input: {pfs: {repo: fs, glob: '/(*)/'}}\noutput: /$1\npack: never\n");
        study.save("inputs");
        study.run();
        assert_eq!(
            (project.read("look/a/read"), project.read("look/a/is")),
            ("a\na\n".into(), "link\n".into()),
            "{home:?} {more}"
        );
        for (link, want) in [("to", "d/e"), ("self", "."), ("f/to_d", "../d"), ("d/to_f", "../f")] {
            let text = std::fs::read_link(project.path(&format!("same/a/{link}"))).expect("a link");
            assert_eq!(text.to_string_lossy(), want, "{home:?} {more}");
        }
        project.nothing_to_do();
        study.reruns(3);
        project.remove(".git/minipach").nothing_to_do();
    }
}

#[test]
fn lost_lines_dropped_content_and_accepted_packs() {
    let Some(study) = Study::new(Home::Text) else { return };
    lay_out(&study.project, 150, "");
    study.save("inputs");
    study.project.minipach(["run", "--no-commit"]).ok();
    let before = study.project.read("all/all");
    // As after a kill between placing and the ledger: known by its bytes, and its readers see its files.
    study.project.remove(".minipach/ledger/fs.jsonl");
    study.project.minipach(["run"]).code(0);
    study.is_clean();
    study.project.nothing_to_do();
    assert_eq!(study.project.read("all/all"), before);
    // Removed and restored without running.
    study.project.remove("fs/a");
    study.project.minipach(["run"]).code(0).says("placed without running");
    study.is_clean();
    // Packed again by a person, with one file less.
    let script = "mkdir x && tar -xf fs/a/minipach.tar -C x && rm 'x/d/é 9' fs/a/minipach.tar && cd x && \
         find . ! -type d | LC_ALL=C sort | tar -cf ../fs/a/minipach.tar -T - && cd .. && rm -r x";
    study.project.program("sh", ["-c", script]).ok();
    assert_eq!(study.project.states("fs")["a"], "edited");
    study.project.minipach(["accept", "fs:a"]).ok();
    study.project.minipach(["save", "--all"]).code(0);
    study.project.minipach(["run"]).code(0);
    assert!(!study.project.exists("one/a/x") && study.project.exists("one/b/x"));
    assert!(!study.project.read("all/all").contains("./a/d/é 9 "));
    study.project.nothing_to_do();
    // One that nobody can read as a pack is none; what it holds is a result.
    let script = "mkdir x && tar -xf fs/b/minipach.tar -C x && rm 'x/d/é 10' fs/b/minipach.tar && tar -cf fs/b/minipach.tar -C x . && rm -r x";
    study.project.program("sh", ["-c", script]).ok();
    study
        .project
        .minipach(["accept", "fs:b"])
        .code(4)
        .says("`fs/b/minipach.tar` is no pack as minipach makes them");
    study.project.program("sh", ["-c", "tar -xf 'fs/b/minipach.tar' -C 'fs/b' && rm fs/b/minipach.tar"]).ok();
    study.project.minipach(["accept", "fs:b"]).ok();
    study.project.minipach(["run"]).code(0);
    assert!(study.project.exists("one/b/x") && !study.project.read("all/all").contains("./b/d/é 10 "));
}

#[test]
fn what_cannot_be_packed_is_said() {
    let project = Project::new();
    project.write("raw/a.txt", "a");
    project.spec(
        "fs",
        "input: {pfs: {repo: raw, glob: /}}\npack: always\ntransform: {cmd: [sh, -c, 'touch $PFS/out/x']}\n",
    );
    project.minipach(["check", "fs"]).says("`pack: always` has no effect without `output`");
    project.spec("fs", "input: {pfs: {repo: raw, glob: /*}}\noutput: /x\ntransform: {cmd: [sh, -c, 'touch $PFS/out/minipach.tar']}\n");
    project.minipach(["run"]).code(1).says("has the name that minipach gives to packed results");
}
