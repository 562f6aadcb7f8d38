//! What `datalad rerun` made, and what was only stored otherwise.

use crate::study::{Home, Study};
use crate::support::Ended;

/// One subject, whose file is copied.
fn copied() -> Option<Study> {
    let study = Study::new(Home::Text)?;
    study.project.write("raw/a/f", "1\n").spec(
        "p",
        "input: {pfs: {repo: raw, glob: /(*)}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cat $PFS/raw/* > $PFS/out/o']}\n",
    );
    study.save("data");
    study.project.minipach(["run"]).code(0);
    Some(study)
}

fn tells_of_the_record(said: Ended, commit: &str) {
    let made = said.code(0).says("p/a was made by `datalad run`").says(&commit[..7]).says("“two”");
    assert!(!made.stdout.contains("by hand") && !made.stdout.contains("declared"), "{}", made.stdout);
}

#[test]
fn a_rerun_with_newer_inputs_is_told_by_its_record() {
    let Some(study) = copied() else { return };
    let project = &study.project;
    project.write("raw/a/f", "2\n");
    study.save("two");
    study.datalad(["rerun", "HEAD~1"]).code(0);
    assert_eq!(project.read("p/a/o"), "2\n");
    let commit = project.head();
    tells_of_the_record(project.minipach(["provenance", "p/a"]), &commit);
    let record = format!("the run record of commit {} made its files", &commit[..7]);
    for said in [project.minipach(["why", "p:a"]), project.minipach(["status"])] {
        let said = said.says(&record).says("`minipach accept");
        assert!(!said.stdout.contains("by hand"), "{}", said.stdout);
    }
    let said = project.minipach(["run"]).code(1).says("edited p:a: its files are not the known result");
    assert!(!said.stderr.contains("by hand"), "{}", said.stderr);
    project.minipach(["accept", "p:a"]).code(0);
    project.nothing_to_do();
    tells_of_the_record(project.minipach(["provenance", "p/a"]), &commit);

    project.write("p/a/o", "3\n");
    project.minipach(["why", "p:a"]).says("changed by hand");
    study.save("by hand");
    project.minipach(["why", "p:a"]).says("changed by hand");
    project.minipach(["provenance", "p/a"]).code(0).says("was changed by hand");
}

#[test]
fn what_was_unlocked_has_the_path_that_it_had() {
    let Some(study) = copied() else { return };
    let project = &study.project;
    project.write("raw/a/d.bin", vec![0; 20_000]);
    study.save("binary");
    project.git(["annex", "unlock", "-q", "raw/a/d.bin"]);
    project.git(["commit", "-qam", "unlocked"]);
    let said =
        project.minipach(["provenance", "raw/a/d.bin"]).code(0).says("was brought by").says("“binary”");
    assert!(!said.stdout.contains(", as "), "{}", said.stdout);
}
