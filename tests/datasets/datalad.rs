//! Provenance: what `minipach run` commits is clean for `DataLad`, and `datalad rerun` makes it again without minipach.

use crate::study::{Home, Study};
use crate::support::{Project, peer};

const HOMES: [Home; 3] = [Home::Git, Home::Yoda, Home::Text];

/// Runs a test in each home.
fn everywhere(test: impl Fn(&Study)) {
    for home in HOMES {
        if let Some(study) = Study::new(home) {
            test(&study);
        }
    }
}

#[test]
fn minipach_is_not_on_the_path() {
    let Some(study) = Study::new(Home::Git) else { return };
    let found = study.project.program("sh", ["-c", "command -v minipach"]);
    assert_ne!(found.code, 0, "reruns must do without {}", found.stdout);
}

/// What tests lay out is saved as `DataLad` saves it: files that are new, changed and removed.
#[test]
fn tests_save_what_datalad_saves() {
    for home in [Home::Yoda, Home::Text] {
        let saved = |save: fn(&Study)| {
            let study = Study::new(home)?;
            let project = &study.project;
            subjects(&study);
            project.write("raw/zero", [0; 64]).write(".hidden", "1\n").write(".gitignore", "ignored\n");
            save(&study);
            project.remove("raw/sub-1").remove("raw/sub-2/t1").write("raw/sub-2/t1", "other\n");
            project.remove("raw/zero").write("raw/zero", [0; 65]).write("ignored", "1\n");
            project.remove("code/fs.sh").script("code/fs.sh", "echo\n");
            save(&study);
            study.is_clean();
            Some(project.git(["ls-tree", "-r", "HEAD", "raw", "code", "fs", "all", ".hidden", ".gitignore"]))
        };
        let by_datalad = saved(|study| drop(study.datalad(["save", "-m", "x"]).ok()));
        assert_eq!(saved(|study| study.save("x")), by_datalad, "{home:?}");
    }
}

/// Three subjects, the first and the third equal, and a table of all.
fn subjects(study: &Study) {
    for (name, text) in [("sub-1", "one"), ("sub-2", "two"), ("sub-3", "one")] {
        study.project.write(&format!("raw/{name}/t1"), format!("{text}\n"));
    }
    study.project.write("code/fs.sh", FS_SCRIPT);
    study.project.spec("fs", FS);
    study.project.spec("all", ALL);
}

const FS_SCRIPT: &str = "echo fs >> \"$WITNESS\"
tr a-z A-Z < \"$raw/t1\" > \"$PFS/out/up\"
head -c 64 /dev/zero > \"$PFS/out/zero\"
";

const FS: &str = "
input: {pfs: {repo: raw, glob: /(*)}}
output: /$1
transform: {cmd: [sh, code/fs.sh]}
";

const ALL: &str = "
input: {pfs: {repo: fs, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/fs/*/up > /pfs/out/all; cat \"$fs\"/*/zero | wc -c >> /pfs/out/all']}
";

#[test]
fn results_are_replaced_removed_and_restored() {
    everywhere(|study| {
        let project = &study.project;
        subjects(study);
        study.save("data");
        study.run();
        assert_eq!(project.read("all/all").trim(), "ONE\nTWO\nONE\n192");
        assert_eq!(study.is_annexed("fs/sub-1/up"), study.home == Home::Yoda);
        assert_eq!(study.is_annexed("fs/sub-1/zero"), study.home != Home::Git);
        // Another input: a result is replaced.
        project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
        study.save("another second subject");
        study.run();
        // One subject less: its result goes.
        project.remove("raw/sub-3");
        study.save("no third subject");
        study.run();
        // The old bytes again: restored without running.
        project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "two\n");
        study.save("the old second subject");
        project.witnessed();
        project.minipach(["run"]).ok();
        assert_eq!(
            project.witnessed(),
            Vec::<String>::new(),
            "{:?}: a known result was made again",
            study.home
        );
        study.is_clean();
        assert_eq!(project.read("fs/sub-2/up"), "TWO\n");
        study.reruns(7);
    });
}

/// What is computed from newer data then is right, and an old ledger beside it would call it changed by hand.
#[test]
fn a_rerun_after_its_inputs_changed_back_leaves_the_ledger_alone() {
    everywhere(|study| {
        let project = &study.project;
        subjects(study);
        study.save("data");
        study.run();
        for text in ["zwei\n", "two\n"] {
            project.remove("raw/sub-2/t1").write("raw/sub-2/t1", text);
            study.save(text.trim());
            study.run();
        }
        let ledger = |commit: &str| project.git(["ls-tree", commit, ".minipach"]);
        let before = ledger("HEAD");
        let record = study.records().into_iter().find(|record| ledger(&format!("{record}^")) == before);
        let record = record.expect("the ledger is again what it was before a commit with a record");
        study.datalad(["rerun", &record]).ok();
        assert_eq!(ledger("HEAD"), before, "{:?}", study.home);
        assert_eq!(project.minipach(["run"]).ok().trim(), "nothing to do");
        study.makes_its_tree(&record);
    });
}

#[test]
fn the_freesurfer_scaffold() {
    let Some(datalad) = peer("datalad") else { return };
    let study = Study { project: Project::bare(), datalad, home: Home::Git };
    let project = &study.project;
    project.minipach(["new", ".", "--scaffold", "freesurfer"]).ok();
    for subject in ["sub-01", "sub-02"] {
        for kind in ["t1", "t2"] {
            project.write(&format!("raw/{kind}/{subject}/{kind}.txt"), format!("{subject} 3 4\n"));
        }
    }
    study.save("scans");
    study.run();
    study.reruns(2);
    // What `reruns` asks of several records at once, asked as a person would.
    for record in study.records() {
        study.changes_nothing(&record);
        study.makes_its_tree(&record);
    }
}

/// A pipeline that lists what another one's folder shows it.
const LISTING: &str = "\
input: {pfs: {repo: copy, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cd /pfs/copy; find . | sort > /pfs/out/list']}
";

#[test]
fn a_rerun_shows_no_folder_that_the_run_did_not_show() {
    let Some(study) = Study::new(Home::Git) else { return };
    let project = &study.project;
    let copy = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
                transform: {cmd: [sh, -c, 'mkdir /pfs/out/deep; grep ok /pfs/raw/* > /pfs/out/deep/o']}\n";
    project.write_all(&[("raw/a", "ok\n"), ("raw/b", "ok\n"), ("copy/notes/more/n.md", "a note\n")]);
    project.write("minipach.yml", "keep_going: true\n");
    project.spec("copy", copy).spec("list", LISTING).commit("a study");
    std::fs::create_dir_all(project.path("copy/empty/more")).expect("a folder");
    study.run();
    study.reruns(2);

    // An older result stands that is not done any more.
    project.write("raw/a", "bad\n").commit("bad");
    project.minipach(["run"]).code(1);
    assert_eq!(project.read("list/list"), ".\n./b\n./b/deep\n./b/deep/o\n");
    let last = study.records().pop().expect("a record");
    study.changes_nothing(&last);
    study.makes_its_tree(&last);
}

/// Every way to cut, show and place, in one project.
fn zoo(study: &Study) {
    let project = &study.project;
    for (path, text) in [
        ("raw/a b/t1", "7\n2\n"),
        ("raw/a b/t2", "3\n"),
        ("raw/it's {x} $y/t1", "5\n"),
        ("raw/日本/t1", "7\n2\n"),
        ("raw/日本/t2", "9\n"),
        ("more/one.txt", "1\n"),
        ("more/two.txt", "2\n"),
    ] {
        project.write(path, text);
    }
    project.write("code/sum.sh", "awk '{ n += $1 } END { print n \"\\t{\" }' \"$@\"\n");
    for (name, spec) in ZOO {
        project.spec(name, spec);
    }
}

const ZOO: [(&str, &str); 10] = [
    (
        "path",
        "
input: {pfs: {repo: raw, glob: '/*/t1', name: scan}}
transform:
  cmd: [sh]
  stdin:
    - 'd=/pfs/out/$(basename \"$(dirname \"$scan\")\")'
    - 'mkdir \"$d\"; sh code/sum.sh \"$scan\" > \"$d/sum\"; echo \"$PPS_PIPELINE_NAME $PACH_JOB_ID $scan_COMMIT\" >> \"$d/sum\"'
",
    ),
    (
        "content",
        "
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/all; env | grep -c ^PACH_ >> /pfs/out/all']}
",
    ),
    (
        "group",
        "
input: {group: [{pfs: {repo: raw, glob: '/(*)/(*)', group_by: $2}}]}
output: /${group}
transform: {cmd: [sh, -c, 'ls /pfs/raw > /pfs/out/names; cat \"$raw\"/* > /pfs/out/all']}
",
    ),
    (
        "empty",
        "
input: {pfs: {repo: raw, glob: '/*', empty_files: true}}
transform: {cmd: [sh, -c, 'for d in /pfs/raw/*; do mkdir \"/pfs/out/${d##*/}\"; ls -1s \"$d\" > \"/pfs/out/${d##*/}/list\"; done']}
",
    ),
    (
        "outer",
        "
input:
  join:
    - pfs: {repo: raw, glob: '/(*)/t1', name: t1, join_on: $1, outer_join: true}
    - pfs: {repo: raw, glob: '/(*)/t2', name: t2, join_on: $1}
output: /${join}
transform: {cmd: [sh, -c, 'find /pfs/t* -type f -o -type l | sed s:.*/pfs/:: | sort > /pfs/out/seen; echo ${t2:-none} | grep -o none >> /pfs/out/seen || :']}
",
    ),
    (
        "cross",
        "
input:
  cross:
    - pfs: {repo: raw, glob: '/(*)/t1', name: t1}
    - pfs: {repo: more, glob: '/(*).txt', name: more}
output: /${t1.1}/${more.1}
transform: {cmd: [sh, -c, 'cat $t1 $more > /pfs/out/both']}
",
    ),
    ("same", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /$1}"),
    (
        "odd",
        r#"
input: {pfs: {repo: raw, glob: '/(*)/t1'}}
output: /$1
transform:
  cmd: [sh]
  working_dir: code
  accept_return_code: [3]
  env: {WHERE: "/data/pfs/x:/q 'r' {}", PLACE: "/pfs/raw"}
  stdin:
    - "x='it'\"'\"'s {braces} ${raw} $HOME \\ back'; printf '%s|%s\\n' \"$WHERE\" \"$x\" > /pfs/out/text"
    - "cat \"$PLACE\"/* >> \"/pfs/out/text\"; basename \"$PWD\" >> '/pfs/out/text'"
    - "sh sum.sh \"/pfs/raw/raw\" > \"/pfs/out/sum {1}.txt\"; mkdir -p /pfs/out/no/thing"
    - "printf '#!/bin/sh\\n' > /pfs/out/tool; chmod 4711 /pfs/out/tool; exit 3"
"#,
    ),
    (
        "links",
        "
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'mkdir /pfs/out/d; echo 1 > /pfs/out/d/text; ln -s d/text /pfs/out/inside; ln -s \"$raw/t1\" /pfs/out/copied; ln -s /pfs/raw /pfs/out/folder']}
",
    ),
    (
        "after",
        "
input: {pfs: {repo: links, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cd /pfs/links && find . | sort > /pfs/out/list; cat */inside */folder/t1 >> /pfs/out/list']}
",
    ),
];

#[test]
fn every_kind_of_pipeline() {
    everywhere(|study| {
        zoo(study);
        study.save("a zoo");
        study.run();
        assert_eq!(study.project.read("content/a b/all"), "7\n2\n3\n3\n");
        assert_eq!(study.project.read("odd/日本/sum {1}.txt"), "9\t{\n");
        study.reruns(ZOO.len());
    });
}

#[test]
fn a_long_job_is_recorded_in_parts_that_a_clone_can_rerun() {
    let Some(study) = Study::new(Home::Git) else { return };
    let project = &study.project;
    let long = "x".repeat(200);
    for number in 0..200 {
        project.write(&format!("raw/{long}-{number:03}/t1"), format!("{number}\n"));
    }
    project.spec("fs", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /$1, transform: {cmd: [sh, -c, 'cp /pfs/raw/t1 /pfs/out/t1']}}");
    study.save("many");
    study.run();
    let records = study.records();
    assert_eq!(records.len(), 2, "{}", project.git(["log", "--oneline"]));
    study.makes_its_tree(&records[1]);
    project.git(["clone", "-q", ".", "clone"]);
    let mut rerun = project.command(&study.datalad);
    rerun.args(["rerun", &records[0]]).current_dir(project.path("clone"));
    assert!(rerun.output().expect("datalad starts").status.success());
    assert_eq!(project.git(["-C", "clone", "rev-parse", "HEAD"]), project.head());
}

#[test]
fn names_with_braces_are_fetched_and_rerun_in_a_clone() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    project.write("raw/s{1}/d.dat", "5\n").write("raw/s2/d.dat", "6\n");
    project.spec("fs", "{input: {pfs: {repo: raw, glob: '/(s*)'}}, output: /$1, transform: {cmd: [sh, -c, 'cp /pfs/raw/d.dat /pfs/out/']}}");
    study.save("data");
    study.run();
    let record = study.records()[0].clone();
    let message = project.git(["show", "-s", "--format=%B", &record]);
    assert!(message.contains("\"raw/s[z-|]1[|-~]\"") && message.contains("\"fs/s[z-|]1[|-~]\""), "{message}");
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone");
    let in_clone = |program: &std::path::Path, words: &[&str]| {
        let ended = project.command(program).current_dir(&clone).args(words).output().expect("it starts");
        assert!(ended.status.success(), "{words:?}: {ended:?}");
        String::from_utf8_lossy(&ended.stdout).trim().to_owned()
    };
    let git = std::path::Path::new("git");
    in_clone(&study.datalad, &["rerun", &record]);
    assert_eq!(in_clone(git, &["rev-parse", "HEAD"]), project.head());
    // The record that a rerun writes can be rerun as well.
    in_clone(&study.datalad, &["rerun", "--onto", &format!("{record}^"), "-b", "again", &record]);
    in_clone(&study.datalad, &["rerun", "--onto", "again^", "-b", "twice", "again"]);
    assert_eq!(in_clone(git, &["diff", &record, "twice"]), "");
    study.reruns(1);
}

#[test]
fn the_line_of_a_datum_is_short() {
    let Some(study) = Study::new(Home::Git) else { return };
    subjects(&study);
    study.save("data");
    study.run();
    let message = study.project.git(["show", "-s", "--format=%B", &study.records()[0]]);
    assert_eq!(message.matches("PACH_JOB_ID").count(), 1, "{message}");
    assert_eq!(message.matches(" -i ").count(), 3, "{message}");
}

#[test]
fn accepted_results_carry_no_record_and_harm_none() {
    everywhere(|study| {
        let project = &study.project;
        subjects(study);
        study.save("data");
        study.run();
        project.remove("code/fs.sh").write("code/fs.sh", format!("# better said\n{FS_SCRIPT}"));
        study.save("a comment");
        project.minipach(["accept", "fs"]).ok();
        study.is_clean();
        project.nothing_to_do();
        assert_eq!(study.records().len(), 2);
        let tip = study.datalad(["rerun"]);
        assert_eq!(tip.code, 1, "there is nothing to rerun in what a person declared");
        study.is_clean();
        study.reruns(2);
    });
}

#[test]
fn results_in_the_annex_are_done_in_a_clone_without_content() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    study.save("data");
    study.run();
    assert!(study.is_annexed("fs/sub-1/up") && study.is_annexed("raw/sub-1/t1"));
    let done = project.minipach(["status", "--json"]).code(0).json();
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone").to_string_lossy().into_owned();
    let unread = project.minipach(["-C", &clone, "status"]).code(0);
    unread.says("`all/spec.yml` is in the annex").says("git annex get all/spec.yml");
    assert_eq!(project.minipach(["-C", &clone, "run"]).code, 3, "what cannot be read is not run");
    project.git(["-C", &clone, "annex", "get", "-q", "all/spec.yml", "fs/spec.yml"]);
    let there = project.minipach(["-C", &clone, "status", "--json"]).code(0).json();
    assert_eq!(there, done);
    project.minipach(["-C", &clone, "run"]).ok().lines().for_each(drop);
    assert_eq!(project.git(["-C", &clone, "rev-parse", "HEAD"]), project.head());
    // Unlocked, dropped, locked again: inputs and results stay what they are.
    for steps in [
        [["annex", "unlock", "-q"], ["commit", "-qam", "unlocked"]],
        [["annex", "drop", "--force"], ["commit", "-q", "--allow-empty"]],
        [["annex", "lock", "--force"], ["commit", "-qam", "locked"]],
    ] {
        let mut step = project.command("git");
        step.args(steps[0]).args(["raw", "fs/sub-1", "fs/sub-2", "fs/sub-3"]);
        assert!(step.output().expect("git starts").status.success(), "{steps:?}");
        let mut commit = project.command("git");
        commit.args(steps[1]).args(["-m", "x"]);
        assert!(commit.output().expect("git starts").status.code().is_some());
        let now = project.minipach(["status", "--json"]).code(0).json();
        assert_eq!(now["pipelines"][0]["datums"], done["pipelines"][0]["datums"], "{steps:?}");
        assert_eq!(now["pipelines"][1]["datums"], done["pipelines"][1]["datums"], "{steps:?}");
        project.nothing_to_do();
    }
}

#[test]
fn results_saved_by_datalad_itself_stay_known() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    study.save("data");
    project.minipach(["run", "--no-commit"]).ok();
    study.save("all there is");
    assert!(study.is_annexed("fs/sub-1/up"));
    project.witnessed();
    project.minipach(["run"]).ok().lines().for_each(drop);
    assert_eq!(project.witnessed(), Vec::<String>::new());
    study.is_clean();
    project.nothing_to_do();
    // What was replaced before it was committed can be had back.
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "drei\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
    project.witnessed();
    project.minipach(["run", "--no-commit"]).ok();
    assert_eq!(project.witnessed(), Vec::<String>::new());
    assert_eq!(project.read("fs/sub-2/up"), "ZWEI\n");
    study.save("the second subject");
    project.minipach(["run"]).ok();
    study.is_clean();
}

#[test]
fn a_match_of_absent_content_places_links() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    project.remove("fs").remove("all");
    project.spec("same", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /deep/$1}");
    study.save("data");
    project.git(["annex", "drop", "-q", "--force", "raw"]);
    study.run();
    assert_eq!(
        project.git(["annex", "lookupkey", "same/deep/sub-1/t1"]),
        project.git(["annex", "lookupkey", "raw/sub-1/t1"])
    );
}
