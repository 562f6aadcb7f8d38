//! Results whose files are named otherwise than before, in a folder that datums share: a rerun leaves no old file.

use crate::study::{Home, Study};

/// A command over each file of `raw` that makes files named by what is in it: a line `a/b c` makes `a/b` with `c`.
const BY_LINE: &str = "
input: {pfs: {name: in, repo: raw, glob: '/*'}}
transform: {cmd: [sh, -c, 'while read -r n t; do mkdir -p $(dirname $PFS/out/$n); echo $t > $PFS/out/$n; done < $in']}
";

/// The same over the whole folder, with its result for itself.
const WHOLE: &str = "
input: {pfs: {name: in, repo: raw, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat $in/* | while read -r n t; do mkdir -p $(dirname $PFS/out/$n); echo $t > $PFS/out/$n; done']}
";

/// What the file `raw/f` holds, one after the other.
const TEXTS: [&str; 6] = [
    "a 1\nb 2\nc 3\n",
    "a 1\nb 4\n",
    "d 1\n",
    "x/a 1\nx/b 2\ny/c 3\n",
    "x/a 1\nz 2\n",
    "x 1\nother/deep/file 2\n",
];

fn study(home: Home, spec: &str) -> Option<Study> {
    let study = Study::new(home)?;
    study.project.write("raw/f", TEXTS[0]).write("raw/g", "x/of-g 5\nof-g 6\n").spec("p", spec);
    study.save("data and a pipeline");
    study.run();
    Some(study)
}

/// A run over what the two files say then, saved as `message`.
fn goes_to(study: &Study, [f, g]: [&str; 2], message: &str) {
    // In an annex they are links to it.
    study.project.remove("raw/f").remove("raw/g").write("raw/f", f).write("raw/g", g);
    study.save(message);
    study.run();
}

/// Each change in turn; then reruns of all records, one upon the other.
fn goes_through(home: Home, spec: &str) {
    let Some(study) = study(home, spec) else { return };
    let project = &study.project;
    for text in &TEXTS[1..5] {
        project.remove("raw/f").write("raw/f", text);
        study.save("other names");
        study.run();
    }
    // The folder `x` of both gives way to a file.
    project.remove("raw/f").remove("raw/g").write("raw/f", TEXTS[5]).write("raw/g", "of-g 6\n");
    study.save("a file for a folder");
    study.run();
    // Back to what was: restored, and not run.
    project.remove("raw/f").write("raw/f", TEXTS[0]);
    study.save("as at first");
    project.witnessed();
    study.run();
    study.reruns(7);
}

#[test]
fn files_of_a_shared_folder_that_have_other_names_are_gone_after_a_rerun() {
    goes_through(Home::Git, BY_LINE);
    goes_through(Home::Yoda, BY_LINE);
}

#[test]
fn files_of_a_whole_folder_that_have_other_names_are_gone_after_a_rerun() {
    goes_through(Home::Git, WHOLE);
    goes_through(Home::Text, WHOLE);
}

#[test]
fn a_file_that_another_datum_makes_now_stays_after_a_rerun() {
    let Some(study) = study(Home::Git, BY_LINE) else { return };
    let project = &study.project;
    goes_to(&study, ["d 1\n", "a 5\nb 6\n"], "names change hands");
    study.makes_its_tree(&project.head());
    project.remove("raw/f");
    study.save("one vanishes");
    study.run();
    project.write("raw/f", "");
    goes_to(&study, ["e 1\n", "d 2\n"], "another one takes its name");
    study.makes_its_tree(&project.head());
    study.change_nothing(&project.head(), &project.head());
}

#[test]
fn a_folder_of_two_datums_comes_where_one_had_a_file() {
    let Some(study) = study(Home::Git, BY_LINE) else { return };
    goes_to(&study, ["s 1\n", "u 2\n"], "files");
    goes_to(&study, ["s/a 1\n", "s/b 2\n"], "a folder");
    study.makes_its_tree(&study.project.head());
}

/// What the annex has of two files with the same bytes is one object, which is executable or not for both.
#[test]
fn files_of_equal_bytes_that_are_executable_or_not_are_committed_in_a_dataset() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    let make = |more: &str| {
        format!(
            "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n\
             transform: {{cmd: [sh, -c, 'echo 1 > $PFS/out/a; {more}']}}\n"
        )
    };
    project.write("raw/1", "1\n").spec("p", &make("cp $PFS/out/a $PFS/out/w; chmod +x $PFS/out/w"));
    study.save("data and a pipeline");
    study.run();
    for more in ["chmod +x $PFS/out/a", "true"] {
        project.remove("p/spec.yml").spec("p", &make(more));
        study.save("another mode");
        study.run();
    }
}

/// `DataLad` stages the old results as it unlocks them, and git commits no path of a file that is a folder now.
#[test]
fn a_folder_comes_where_an_annexed_file_was_beside_one_that_changes() {
    let Some(study) = study(Home::Yoda, BY_LINE) else { return };
    goes_to(&study, ["s 1\n", "u 2\n"], "files");
    goes_to(&study, ["s/a 1\n", "u 3\n"], "a folder and a change");
    study.makes_its_tree(&study.project.head());
    study.change_nothing(&study.project.head(), &study.project.head());
    goes_to(&study, ["s 1\n", "u/b 3\n"], "a file again");
    study.makes_its_tree(&study.project.head());
}
