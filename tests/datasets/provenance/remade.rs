//! What was made again with the same bytes: the last run is told, by the ledger, and not who put it in another form.

use crate::study::{Home, Study};

/// A subject, whose file is measured.
fn measured() -> Option<Study> {
    let study = Study::new(Home::Text)?;
    study.project.write("raw/a/f.bin", vec![1; 20_000]).write("raw/a/note", "first\n");
    study.project.write("code/size.sh", "wc -c < $raw/f.bin > $PFS/out/size.bin\n").spec(
        "p",
        "input: {pfs: {repo: raw, glob: /(*)}}\noutput: /$1\ntransform: {cmd: [sh, code/size.sh]}\n",
    );
    study.project.write("p/.gitattributes", "*.bin annex.largefiles=anything\n");
    study.save("data");
    study.project.minipach(["run"]).code(0);
    Some(study)
}

/// Other bytes of the same length, in place of the link into the annex.
fn corrected(study: &Study) {
    study.project.git(["rm", "-q", "raw/a/f.bin"]);
    study.project.write("raw/a/f.bin", vec![2; 20_000]);
}

/// Saves, runs, and says which commit that made.
fn again(study: &Study, words: &str) -> String {
    study.save(words);
    study.project.minipach(["run"]).code(0);
    study.project.head()[..7].to_owned()
}

fn tells(study: &Study, commit: &str, words: &str, path: &str) {
    let said = study.project.minipach(["provenance", path]).code(0);
    said.says(&format!("{commit} “p: 1 datum”")).says(words);
}

#[test]
fn other_bytes_in_an_input_folder_are_told_with_their_run() {
    let Some(study) = measured() else { return };
    corrected(&study);
    let commit = again(&study, "corrected");
    tells(&study, &commit, "“corrected”", "p/a");
    tells(&study, &commit, "“corrected”", "p:a");
}

#[test]
fn other_code_is_told_with_its_run() {
    let Some(study) = measured() else { return };
    let first = study.project.head()[..7].to_owned();
    study.project.write("code/size.sh", "# in bytes\nwc -c < $raw/f.bin > $PFS/out/size.bin\n");
    let commit = again(&study, "other code");
    assert_ne!(first, commit);
    tells(&study, &commit, "code/size.sh was brought by", "p/a");
    tells(&study, &commit, "“other code”", "p/a");
    // As of then, the first run is told.
    let said = study.project.minipach(["provenance", "p/a", "--at", &first]).code(0);
    assert!(said.stdout.contains(&first) && !said.stdout.contains("other code"), "{}", said.stdout);
}

#[test]
fn who_unlocked_what_was_made_again_did_not_make_it() {
    let Some(study) = measured() else { return };
    let project = &study.project;
    corrected(&study);
    let commit = again(&study, "corrected");
    project.git(["annex", "unlock", "-q", "p/a/size.bin"]);
    project.git(["commit", "-qam", "unlocked"]);
    for path in ["p/a/size.bin", "p/a"] {
        tells(&study, &commit, "“corrected”", path);
    }
}
