//! A project whose results go into a subdataset.

use crate::study::{Home, Made, Study};

/// A pipeline whose results go into a subdataset, text to its git and the rest to its annex, and one that reads them.
pub(crate) fn inward() -> Option<Study> {
    Study::copy_of(&INWARD, Home::Text, lay_out)
}

static INWARD: Made = Made::new();

fn lay_out(study: &Study) {
    let project = &study.project;
    study.created("text2git");
    study.datalad(["create", "-d", ".", "-c", "text2git", "fs/results"]).code(0);
    for number in 1..=3 {
        project.write(&format!("raw/s{number}.txt"), format!("{number}\n"));
    }
    project.spec("fs", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /results/$1\ntransform: {cmd: [sh, -c, 'grep -q bad /pfs/raw/raw.txt && exit 1; cp /pfs/raw/raw.txt /pfs/out/text; head -c 9 /dev/zero | cat - /pfs/raw/raw.txt > /pfs/out/data']}\n");
    project.spec("all", "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat /pfs/fs/results/*/text > /pfs/out/texts; cat /pfs/fs/results/*/data | wc -c > /pfs/out/size']}\n");
    study.save("pipelines");
}

/// Where project and subdataset stand.
#[track_caller]
pub(crate) fn heads(study: &Study) -> [String; 2] {
    [study.project.head(), study.project.git(["-C", "fs/results", "rev-parse", "HEAD"])]
}

/// All is committed, in both, by what git and `DataLad` say, and nothing is left to do.
#[track_caller]
pub(crate) fn is_at_rest(study: &Study) {
    stands_still(study);
    study.datalad(["status", "-r"]).code(0).says("nothing to save, working tree clean");
}

/// The same by what git says, which is soon told.
#[track_caller]
pub(crate) fn stands_still(study: &Study) {
    assert_eq!(study.project.changed(), "", "git status");
    assert_eq!(study.project.git(["-C", "fs/results", "status", "--porcelain"]), "");
    let recorded = study.project.git(["rev-parse", "HEAD:fs/results"]);
    assert_eq!(recorded, heads(study)[1], "the gitlink");
    let before = heads(study);
    study.project.minipach(["run"]).code(0).says("nothing to do");
    assert_eq!(heads(study), before);
}

/// How many commands a run starts.
#[track_caller]
pub(crate) fn started(study: &Study) -> usize {
    let told: Vec<serde_json::Value> = study.project.minipach(["run", "--json"]).code(0).json_lines();
    told.iter().filter(|line| line["event"] == "datum_started").count()
}
