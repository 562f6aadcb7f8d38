//! Records of datums with so many members that no shell takes their script as one argument, against the real `datalad rerun`.

use crate::study::{Home, Study};
use crate::support::Project;

/// The most that Linux takes in one argument.
const ARGUMENT_BYTES: usize = 128 * 1024;

const GROUP: &str = "
input: {group: [{pfs: {repo: raw, glob: '/(?)-*.txt', group_by: $1}}]}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/*/*.txt | cksum > /pfs/out/sum']}
";

/// The commit's script as a shell gets it.
fn script(study: &Study, commit: &str) -> String {
    let message = study.project.git(["show", "-s", "--format=%B", commit]);
    let json =
        message.split_once("lines below ===\n").expect("a record").1.split_once("\n^^^").expect("a record").0;
    let record: serde_json::Value = serde_json::from_str(json).expect("JSON");
    record["cmd"].as_str().expect("a script").replace("{{", "{").replace("}}", "}")
}

/// Members of the group `a`, with names as long as BIDS has them.
fn members(study: &Study, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let name = format!("raw/a-{}{number:04}.txt", "ses-01_task-rest_acq-highres_run-01_".repeat(2));
        study.project.write(&name, format!("{number}\n"));
    }
}

#[test]
fn a_group_of_many_long_names_is_rerun() {
    let Some(study) = Study::new(Home::Git) else { return };
    members(&study, 0..2000);
    study.project.write("raw/b-it's {one} $x.txt", "1\n").spec("p", GROUP);
    study.save("data");
    study.run();
    let records = study.records();
    assert_eq!(records.len(), 2, "the long datum stands alone");
    let long = |commit: &&String| script(&study, commit).contains("git cat-file blob");
    let commit = records.iter().find(long).expect("a record that has its script in git");
    assert!(script(&study, commit).len() < ARGUMENT_BYTES);
    assert!(study.project.read(".minipach/ledger/p.record").len() > ARGUMENT_BYTES);
    study.changes_nothing(commit);
    study.makes_its_tree(commit);
}

#[test]
fn an_old_long_record_is_rerun_on_newer_history_and_in_a_clone() {
    let Some(study) = Study::new(Home::Git) else { return };
    members(&study, 0..1200);
    study.project.spec("p", GROUP);
    study.save("data");
    study.run();
    let first = study.records().pop().expect("a record");
    members(&study, 1200..1201);
    study.save("one more");
    study.run();
    let second = study.records().pop().expect("a record");
    let name = ".minipach/ledger/p.record";
    let of = |commit: &str| study.project.git(["rev-parse", &format!("{commit}:{name}")]);
    assert_ne!(of(&first), of(&second), "each commit has its own");
    study.makes_its_tree(&first);
    let clone = Study { project: Project::bare(), datalad: study.datalad.clone(), home: study.home };
    clone.project.git(["clone", "-q", &study.project.root().display().to_string(), "."]);
    clone.changes_nothing(&second);
}

#[test]
fn a_commit_that_removes_very_many_results_is_rerun() {
    let Some(study) = Study::new(Home::Git) else { return };
    let name = |number: usize| format!("raw/{}{number:04}.txt", "a-rather-long-name-".repeat(10));
    for number in 0..700 {
        study.project.write(&name(number), "x\n");
    }
    study.project.spec("all", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\n");
    study.save("data");
    study.run();
    for number in 1..700 {
        study.project.remove(&name(number));
    }
    study.project.write(&name(0), "another\n");
    study.save("one is left, and is another");
    study.run();
    let last = study.records().pop().expect("a record");
    assert!(script(&study, &last).contains("git cat-file blob"));
    study.changes_nothing(&last);
    study.makes_its_tree(&last);
}
