//! The built-in scaffolds, laid out: their scripts run on a bare shell and say what they are.

use std::fs;
use std::path::Path;

use crate::support::{Ended, Project, peer};
use minipach::scaffold::{
    DEMO_PLANTED_FAILURE, DEMO_SCAFFOLD, Surroundings, demo_answers, find, render, write,
};

/// The demo's files in a fresh folder.
fn demo() -> Project {
    let project = Project::bare();
    let scaffold = find(DEMO_SCAFFOLD).expect("it is built in");
    let demo = render(&scaffold, &demo_answers(), &Surroundings::default()).expect("the demo renders");
    write(&project.root(), &demo.files).expect("the folder is empty");
    project
}

fn copy(from: &Path, to: &Path) {
    if let Ok(entries) = fs::read_dir(from) {
        fs::create_dir_all(to).expect("a folder can be made");
        for entry in entries {
            let entry = entry.expect("the folder can be read");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a scan can be copied");
        }
    }
}

/// Runs the stand-in on one subject, as the content view would show it.
fn recon(project: &Project, subject: &str) -> Ended {
    let pfs = project.home().join(format!("pfs-{subject}"));
    fs::create_dir_all(pfs.join("out")).expect("a folder can be made");
    copy(&project.path(&format!("raw/t1/{subject}")), &pfs.join("t1"));
    copy(&project.path(&format!("raw/t2/{subject}")), &pfs.join("t2"));
    let setting = format!("PFS={}", pfs.display());
    project.program("env", [setting.as_str(), "sh", "code/recon.sh"])
}

fn measured(project: &Project, subject: &str) -> String {
    let path = format!("pfs-{subject}/out/stats/aseg.stats");
    fs::read_to_string(project.home().join(path)).expect("the stand-in wrote it")
}

#[test]
fn the_stand_in_runs_and_says_what_it_is() {
    let project = demo();
    for subject in ["sub-01", "sub-05", "sub-17", "sub-11"] {
        recon(&project, subject).ok();
    }
    let text = measured(&project, "sub-01");
    assert!(text.starts_with("# STAND-IN, not FreeSurfer\nvoxels 32\nt1_mean "), "{text}");
    assert!(project.home().join("pfs-sub-01/out/scripts/STAND-IN.txt").exists());
    assert_eq!(measured(&project, "sub-05"), measured(&project, "sub-17"));
    assert_ne!(measured(&project, "sub-05"), text);
    assert!(measured(&project, "sub-11").contains("t2_mean 0\n"), "a missing T2 counts as nothing");
}

#[test]
fn the_planted_failure_fails_and_says_why() {
    let project = demo();
    let ended = recon(&project, DEMO_PLANTED_FAILURE.1).code(1);
    assert_eq!(ended.stderr, "measure.sh: T1w.txt is cut off: it announces 32 voxels and holds 24\n");
}

#[test]
fn the_table_has_a_row_for_each_subject() {
    let project = demo();
    let pfs = project.home().join("gather");
    for subject in ["sub-02", "sub-01"] {
        recon(&project, subject).ok();
        let stats = project.home().join(format!("pfs-{subject}/out/stats"));
        copy(&stats, &pfs.join("fs").join(subject).join("stats"));
    }
    fs::create_dir(pfs.join("out")).expect("a folder can be made");
    let setting = format!("PFS={}", pfs.display());
    project.program("env", [setting.as_str(), "sh", "code/collect.sh"]).ok();
    let table = fs::read_to_string(pfs.join("out/table.tsv")).expect("it was written");
    let columns: Vec<usize> = table.lines().map(|line| line.split('\t').count()).collect();
    assert_eq!(columns, [6, 6, 6]);
    let subjects: Vec<&str> = table.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(subjects, ["subject", "sub-01", "sub-02"]);
}

/// The built-in scaffolds, as the program lists them.
fn all() -> Vec<String> {
    let listed = Project::bare().minipach(["new", "--list", "--json"]).json_lines::<serde_json::Value>();
    let ids: Vec<String> =
        listed.iter().map(|one| one["id"].as_str().expect("it has one").to_owned()).collect();
    assert_eq!(ids, ["bids-app", "freesurfer", "opencv-edges", "python-ml", "slurm-hpc", "yoda"]);
    ids
}

#[test]
fn each_has_no_findings_and_runs_on_a_bare_machine() {
    for id in all() {
        let needs_python = ["bids-app", "opencv-edges", "python-ml"].contains(&id.as_str());
        if needs_python && peer("python3").is_none() {
            continue;
        }
        let project = Project::bare();
        project.minipach(["new", ".", "--scaffold", &id]).ok();
        assert_eq!(project.minipach(["check"]).ok(), "no findings\n", "{id}");
        assert_eq!(
            project.minipach(["run", "--dry-run", "--json"]).json()["findings"],
            serde_json::json!([])
        );
        project.minipach(["run"]).ok();
        assert_eq!(project.changed(), "", "{id}");
        assert_eq!(project.minipach(["check"]).ok(), "no findings\n", "{id}");
        project.nothing_to_do();
        let readme = project.read("README.md");
        assert!(readme.contains("Three commands to try:"), "{id}");
        let modes = project.git(["ls-files", "-s", "code"]);
        let scripts = modes.lines().filter(|line| line.split('.').next_back() == Some("sh"));
        assert!(scripts.into_iter().all(|line| line.starts_with("100755")), "{id}\n{modes}");
    }
}

#[test]
fn a_forge_checks_it_if_that_is_wanted() {
    for (ci, path) in [("github", ".github/workflows/check.yml"), ("gitlab", ".gitlab-ci.yml")] {
        let project = Project::bare();
        project.typed(&["new", ".", "--set", &format!("ci={ci}")]).ok();
        assert!(project.read(path).contains(&format!("minipach check --output-format {ci}")));
        assert_eq!(project.minipach(["check"]).ok(), "no findings\n", "{ci}");
    }
}

#[test]
fn each_is_a_dataset_that_datalad_finds_clean() {
    let (Some(datalad), Some(_)) = (peer("datalad"), peer("python3")) else { return };
    for id in all() {
        let project = Project::bare();
        project.minipach(["new", ".", "--scaffold", &id, "--datalad"]).ok();
        assert_eq!(project.minipach(["check"]).ok(), "no findings\n", "{id}");
        project.minipach(["run"]).ok();
        let status = project.program(&datalad, ["-f", "json", "status"]).ok();
        let is_clean = |line: &str| line.contains("\"state\": \"clean\"");
        assert!(status.lines().all(is_clean), "{id}: {status}");
        assert_eq!(project.changed(), "", "{id}");
    }
}

#[test]
fn results_are_right() {
    let run = |id: &str| {
        let project = Project::bare();
        project.minipach(["new", ".", "--scaffold", id]).ok();
        project.minipach(["run"]).ok();
        project
    };
    let table = run("slurm-hpc").read("collect/table.tsv");
    assert_eq!((table.lines().count(), table.lines().nth(1)), (9, Some("sample-01\t28\t1338")));
    if peer("python3").is_none() {
        return;
    }
    let montage = run("opencv-edges").read("montage/montage.pgm");
    assert!(montage.starts_with("P2\n48 72\n255\n"), "{montage}");
    let volumes = run("bids-app").read("group/volumes.tsv");
    assert!(volumes.starts_with("participant_id\tage\tbrain_volume\tbrightest\nsub-01\t31\t"), "{volumes}");
    assert_eq!(volumes.lines().count(), 4);
    let model = run("python-ml");
    for score in ["small", "wide"].map(|name| model.read(&format!("evaluate/{name}/score.json"))) {
        let score: serde_json::Value = serde_json::from_str(&score).expect("it is JSON");
        assert!(score["right"].as_u64() > Some(11) && score["rows"] == 15, "{score}");
    }
    assert!(model.exists("predict/wide/batch-1/predicted.csv"));
    let tested = model.program("python3", ["-B", "-m", "unittest", "discover", "code/tests"]).code(0);
    assert!(tested.stderr.contains("OK"), "{}", tested.stderr);
}

#[test]
fn scripts_may_be_executed_and_nothing_is_left_beside() {
    let project = demo();
    let listed = project.program("ls", ["-A", ".."]).ok();
    assert_eq!(listed, "study\n");
    project.program("sh", ["-c", "test -x code/recon.sh && ! test -x README.md"]).ok();
}
