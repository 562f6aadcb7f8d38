//! What `datalad rerun` made, and what was only stored otherwise.

use super::by;
use crate::study::{Home, Study};
use crate::support::{Ended, Project, peer};

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

#[test]
fn who_moves_a_result_or_gives_it_another_key_did_not_make_it() {
    let Some(_) = peer("git-annex") else { return };
    let project = Project::new();
    project.git(["annex", "init", "-q"]);
    project.write(".gitattributes", "* annex.largefiles=nothing\no/*/** annex.largefiles=anything\n");
    let input = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\n";
    project.spec("o", &format!("{input}transform: {{cmd: [sh, -c, 'cat $PFS/raw/* > $PFS/out/x']}}\n"));
    project.write("raw/a.txt", "a\n").commit("subjects");
    project.minipach(["run"]).ok();
    let maker = project.head()[..7].to_owned();
    project.git(["annex", "migrate", "--backend=MD5E", "o/a/x"]);
    by(&project, "Mover", "another key");
    project.minipach(["run"]).ok();
    for target in ["o/a/x", "o:a"] {
        project.minipach(["provenance", target]).code(0).says("made by o:a").says(&maker);
    }
    project.git(["mv", "o", "oo"]);
    by(&project, "Mover", "another name");
    project.minipach(["run"]).ok();
    let said = project.minipach(["provenance", "oo/a/x"]).code(0).says("made by o:a").says(", as o/a/x");
    assert!(said.stdout.contains(&maker) && !said.stdout.contains("Mover"), "{}", said.stdout);
}
