//! The promises of the README, one by one: a change to a project whose results stand, and exactly what is redone.

use std::collections::BTreeMap;

use crate::support::{self, Project, table};
use minipach::scaffold::{DEMO_PLANTED_FAILURE, with_outputs_block};

/// Only the first word of each scan reaches the result.
const RECON: &str = r#"
read -r word rest < "$PFS/t1/T1.txt"
echo "fs $word" >> "$WITNESS"
sh code/lib/measure.sh "$word" > "$PFS/out/result.txt"
"#;

const MEASURE: &str = "echo \"measured $1\"\n";

const FS: &str = r"
input:
  join:
    - pfs: {repo: raw/t1, glob: /(sub-*), join_on: $1}
    - pfs: {repo: raw/t2, glob: /(sub-*), join_on: $1}
output: /$1
transform:
  cmd: [sh, code/recon.sh]
";

const STATS: &str = r#"
input:
  pfs: {repo: fs, glob: /}
output: /
transform:
  cmd: [sh, -c, 'echo stats >> "$WITNESS"; cat /pfs/fs/*/result.txt > /pfs/out/table.txt']
"#;

fn scan(project: &Project, subject: &str, text: &str) {
    project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{text}\n"));
    project.write(&format!("raw/t2/{subject}/T2.txt"), "t2\n");
}

/// Three subjects, laid out and committed, nothing run.
fn study() -> Project {
    let project = Project::new();
    for (subject, word) in [("sub-01", "one"), ("sub-02", "two"), ("sub-03", "three")] {
        scan(&project, subject, word);
    }
    project.write_all(&[("code/recon.sh", RECON), ("code/lib/measure.sh", MEASURE)]);
    project.write(".gitattributes", with_outputs_block("", ["fs", "stats"]));
    project.write(".minipach/.gitattributes", "ledger/** merge=union\n");
    project.spec("fs", FS).spec("stats", STATS);
    project.commit("a study");
    project
}

/// The same with its results.
#[track_caller]
fn settled() -> Project {
    let project = study();
    assert_eq!(run(&project), ["fs one", "fs three", "fs two", "stats"]);
    project
}

/// Runs, asserts success and gives the commands that ran.
#[track_caller]
fn run(project: &Project) -> Vec<String> {
    project.witnessed();
    project.minipach(["run"]).ok();
    project.witnessed()
}

/// Commits what was changed by hand and runs.
#[track_caller]
fn change(project: &Project) -> Vec<String> {
    project.commit("a change");
    let ran = run(project);
    assert_eq!(project.changed(), "", "the run left something uncommitted");
    ran
}

fn results(project: &Project) -> [BTreeMap<String, String>; 2] {
    [project.tree("fs"), project.tree("stats")]
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_first_run_gives_results_and_a_second_does_nothing() {
    let project = settled();
    let measured = table([
        ("sub-01/result.txt", "measured one\n"),
        ("sub-02/result.txt", "measured two\n"),
        ("sub-03/result.txt", "measured three\n"),
    ]);
    assert_eq!(project.tree("fs"), measured);
    assert_eq!(project.read("stats/table.txt"), "measured one\nmeasured two\nmeasured three\n");
    assert_eq!(project.states("fs"), table([("sub-01", "done"), ("sub-02", "done"), ("sub-03", "done")]));
    assert_eq!(project.states("stats"), table([(".", "done")]));
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

/// What `run --dry-run` says it would do, as `deed pipeline:key`, beside what the same run without it did.
#[track_caller]
fn previewed(project: &Project, words: &[&str]) -> [Vec<String>; 2] {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let typed = |more: &[&str]| project.typed(&[&["run"], words, more].concat());
    let before = (project.changed(), project.head());
    let preview = typed(&["--dry-run", "--json"]).code(0).json();
    assert_eq!((project.changed(), project.head()), before, "a preview changes nothing");
    let mut would = Vec::new();
    for pipeline in preview["pipelines"].as_array().expect("it lists pipelines") {
        for deed in ["run", "place"] {
            for datum in pipeline[deed].as_array().expect("it lists datums") {
                would.push(format!("{deed} {}:{}", word(&pipeline["name"]), word(&datum["key"])));
            }
        }
        for name in pipeline["follows"].as_array().expect("it lists pipelines") {
            would.push(format!("{} after {}", word(&pipeline["name"]), word(name)));
        }
    }
    let mut did = Vec::new();
    for event in typed(&["--json"]).json_lines::<serde_json::Value>() {
        let deed = match (event["event"].as_str(), event["outcome"].as_str()) {
            (Some("datum_finished"), Some("done")) => "run",
            (Some("datum_finished"), Some("cached")) => "place",
            _ => continue,
        };
        did.push(format!("{deed} {}:{}", word(&event["pipeline"]), word(&event["key"])));
    }
    would.sort();
    did.sort();
    [would, did]
}

#[test]
fn a_dry_run_shows_exactly_what_the_run_then_does() {
    let project = study();
    let all = ["run fs:sub-01", "run fs:sub-02", "run fs:sub-03"];
    let [would, did] = previewed(&project, &[]);
    assert_eq!(would, [&all[..], &["stats after fs"]].concat());
    assert_eq!(did, [&all[..], &["run stats:."]].concat());
    assert_eq!(previewed(&project, &[]), [[""; 0]; 2].map(|none| none.map(str::to_owned).to_vec()));
    for (words, would, did) in [
        (&["fs:sub-02", "--force"][..], &["run fs:sub-02"][..], &["run fs:sub-02"][..]),
        (&["fs:sub-02", "--force", "--downstream"], &["run fs:sub-02", "stats after fs"], &["run fs:sub-02"]),
        (&["stats", "--force"], &["run stats:."], &["run stats:."]),
        (&["fs", "--failed"], &[], &[]),
    ] {
        assert_eq!(
            previewed(&project, words),
            [would, did].map(|all| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()),
            "{words:?}"
        );
    }
    let said = project.minipach(["run", "--dry-run", "--force", "fs:sub-02", "--downstream"]).code(0);
    let said = said.says("fs  1 to run\n    run  sub-02  `--force` runs it again\n");
    said.says("stats  follows `fs`: at least 1 datum, planned when that is done")
        .says("1 to run, then 1 pipeline planned anew");
}

#[test]
fn targets_come_from_a_file_and_from_standard_input() {
    let project = settled();
    let list = project.home().join("list");
    std::fs::write(&list, "fs:sub-01\nfs:sub-03\n").expect("a file");
    let path = list.to_string_lossy().into_owned();
    let both = ["run fs:sub-01", "run fs:sub-03"].map(str::to_owned).to_vec();
    assert_eq!(previewed(&project, &["--force", "--targets-from", &path]), [both.clone(), both]);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "--dry-run", "--force", "--targets-from", "-"]);
    let piped = command.stdin(std::fs::File::open(&list).expect("a file")).output().expect("it starts");
    assert!(String::from_utf8_lossy(&piped.stdout).contains("fs  2 to run"), "{piped:?}");
    std::fs::write(&list, "\n").expect("a file");
    project.typed(&["run", "--targets-from", &path]).code(2).says("names no target");
    project.typed(&["accept", "--targets-from", "nowhere"]).code(2).says("cannot read nowhere: No such file");
}

#[test]
fn a_dry_run_tells_what_is_placed_removed_and_left() {
    let project = settled();
    scan(&project, "sub-02", "other");
    change(&project);
    scan(&project, "sub-02", "two");
    scan(&project, "sub-03", "new");
    project.write("fs/sub-03/result.txt", "by hand\n").remove("raw/t1/sub-01");
    let said = project.minipach(["run", "--dry-run"]).code(0);
    let said = said.says("fs  1 known, to be placed, 1 to be removed, 1 left as they are\n");
    let said = said.says("place   sub-02  ").says("remove  sub-01  no input makes it any more");
    let said = said
        .says("leave   sub-03  its files were changed by hand")
        .says("stats  1 left as they are\nstats  waits for `fs`");
    assert!(
        said.stdout.ends_with("1 known, to be placed, 1 to be removed, 2 left as they are\n"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_run_that_finds_all_as_it_was_tells_what_one_that_plans_would() {
    let project = study();
    project.minipach(["run"]).ok();
    let told = || -> Vec<String> {
        let text = project.minipach(["run", "--json"]).ok();
        let without = |line: &str| {
            let mut event: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
            let fields = event.as_object_mut().expect("an event is an object");
            fields.retain(|name, _| !["at_ms", "run", "pid"].contains(&name.as_str()));
            event.to_string()
        };
        text.lines().map(without).collect()
    };
    let planned = told();
    assert!(project.path(".git/minipach/rest").exists(), "what was found is remembered");
    assert_eq!(told(), planned);
    assert!(planned.iter().any(|line| line.contains("\"total\":3")), "{planned:?}");
    std::fs::remove_dir_all(project.path("fs/sub-01")).expect("a result can be removed");
    project.minipach(["run"]).ok();
    assert!(project.path("fs/sub-01").exists(), "what is missing is seen");
    assert!(!project.path(".git/minipach/rest").exists());
}

#[test]
fn a_touched_file_is_nothing_new() {
    let project = settled();
    project.touch("raw/t1/sub-01/T1.txt").touch("code/recon.sh").touch("fs/sub-01/result.txt");
    project.nothing_to_do();
}

#[test]
fn an_edited_scan_redoes_its_subject_and_what_was_made_of_it() {
    let project = settled();
    scan(&project, "sub-01", "uno");
    assert_eq!(change(&project), ["fs uno", "stats"]);
    assert_eq!(project.read("stats/table.txt"), "measured uno\nmeasured two\nmeasured three\n");
    project.nothing_to_do();
}

#[test]
fn an_equal_result_goes_no_further() {
    let project = settled();
    scan(&project, "sub-01", "one but with more behind");
    assert_eq!(change(&project), ["fs one"]);
    project.nothing_to_do();
}

#[test]
fn old_bytes_put_back_bring_the_old_results_back() {
    let project = settled();
    let before = results(&project);
    scan(&project, "sub-01", "uno");
    change(&project);
    scan(&project, "sub-01", "one");
    assert_eq!(change(&project), NOTHING);
    assert_eq!(results(&project), before);
    project.nothing_to_do();
}

#[test]
fn a_deleted_subject_takes_its_results_along() {
    let project = settled();
    project.remove("raw/t1/sub-02").remove("raw/t2/sub-02");
    assert_eq!(change(&project), ["stats"]);
    assert!(!project.exists("fs/sub-02"));
    assert_eq!(project.read("stats/table.txt"), "measured one\nmeasured three\n");
}

#[test]
fn a_renamed_subject_is_not_computed_again() {
    let project = settled();
    for kind in ["t1", "t2"] {
        project.rename(&format!("raw/{kind}/sub-03"), &format!("raw/{kind}/sub-00"));
    }
    assert_eq!(change(&project), ["stats"]);
    assert_eq!(project.read("fs/sub-00/result.txt"), "measured three\n");
    assert!(!project.exists("fs/sub-03"));
}

#[test]
fn equal_subjects_are_computed_once() {
    let project = study();
    scan(&project, "sub-03", "two");
    assert_eq!(change(&project), ["fs one", "fs two", "stats"]);
    assert_eq!(project.read("fs/sub-02/result.txt"), "measured two\n");
    assert_eq!(project.read("fs/sub-03/result.txt"), "measured two\n");
}

/// Edits a script, which makes all of `fs` stale; `why` names the file and `accept` settles it.
fn edited_script(path: &str) {
    let project = settled();
    let before = results(&project);
    project.write(path, format!("{}# a comment\n", project.read(path)));
    project.commit("a comment");
    assert_eq!(
        project.states("fs"),
        table([("sub-01", "stale"), ("sub-02", "stale"), ("sub-03", "stale")]),
        "{path}"
    );
    project.minipach(["why", "fs:sub-01"]).code(0).says(path);
    project.minipach(["accept", "fs"]).ok();
    assert_eq!(run(&project), NOTHING);
    assert_eq!(results(&project), before);
    project.nothing_to_do();
}

#[test]
fn an_edited_script_is_named_and_accepted() {
    edited_script("code/recon.sh");
}

#[test]
fn an_edited_script_that_a_script_calls_is_named_and_accepted() {
    edited_script("code/lib/measure.sh");
}

#[test]
fn an_edited_script_redoes_what_it_made() {
    let project = settled();
    project.write("code/lib/measure.sh", "echo \"gauged $1\"\n");
    assert_eq!(change(&project), ["fs one", "fs three", "fs two", "stats"]);
}

#[test]
fn an_edited_result_is_never_overwritten() {
    let project = settled();
    project.write("fs/sub-01/result.txt", "by hand\n");
    project.minipach(["run"]).says("sub-01");
    assert_eq!(project.read("fs/sub-01/result.txt"), "by hand\n");
    assert_eq!(project.states("fs")["sub-01"], "edited");
}

#[test]
fn branches_are_switched_without_running() {
    let project = settled();
    let before = results(&project);
    project.git(["switch", "-q", "-c", "other"]);
    scan(&project, "sub-01", "uno");
    change(&project);
    project.git(["switch", "-q", "main"]);
    project.nothing_to_do();
    assert_eq!(results(&project), before);
    project.git(["switch", "-q", "other"]);
    project.nothing_to_do();
}

#[test]
fn stashing_and_resetting_lose_nothing() {
    let project = settled();
    let before = project.head();
    scan(&project, "sub-01", "uno");
    project.git(["stash", "-q"]);
    project.nothing_to_do();
    project.git(["stash", "pop", "-q"]);
    change(&project);
    project.git(["reset", "-q", "--hard", &before]);
    project.nothing_to_do();
}

#[test]
fn what_was_committed_is_known_without_local_state() {
    let project = settled();
    project.remove(".git/minipach");
    project.nothing_to_do();
}

#[test]
fn a_fresh_clone_knows_its_results() {
    let project = settled();
    let origin = project.root();
    let copy = Project::bare();
    copy.git(["clone", "-q", &origin.display().to_string(), "."]);
    copy.nothing_to_do();
}

#[test]
fn merged_branches_are_settled_by_a_run() {
    let project = settled();
    project.git(["switch", "-q", "-c", "other"]);
    scan(&project, "sub-04", "four");
    change(&project);
    project.git(["switch", "-q", "main"]);
    scan(&project, "sub-05", "five");
    change(&project);
    // The tables of both branches differ, so git cannot merge them; nobody else can either.
    project.program("git", ["merge", "-q", "--no-edit", "other"]);
    assert_eq!(run(&project), ["stats"], "both subjects are known");
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    if project.exists(".git/MERGE_HEAD") {
        project.git(["commit", "-q", "--no-edit"]);
    }
    let all = "measured one\nmeasured two\nmeasured three\nmeasured four\nmeasured five\n";
    assert_eq!(project.read("stats/table.txt"), all);
    project.nothing_to_do();
}

#[test]
fn without_commit_the_results_stand_and_the_next_run_commits_them() {
    let project = study();
    let before = project.head();
    project.minipach(["run", "--no-commit"]).ok();
    assert_eq!(project.head(), before);
    assert_eq!(project.tree("fs").len(), 3);
    project.witnessed();
    assert_eq!(run(&project), NOTHING);
    assert_ne!(project.head(), before);
    assert_eq!(project.changed(), "");
}

#[test]
fn the_demo_succeeds_but_for_its_planted_failure() {
    let project = Project::bare();
    let folder = project.path("demo");
    project.minipach(["demo", &folder.display().to_string()]).code(0).says("fs");
    let said = project.minipach(["-C", &folder.display().to_string(), "datums", "fs", "--json"]).code(0);
    let datums: Vec<support::DatumLine> = said.json_lines();
    let states: BTreeMap<&str, &str> =
        datums.iter().map(|datum| (datum.key.as_str(), datum.state.as_str())).collect();
    assert_eq!(states.len(), 22, "two of 24 subjects have no T2");
    let failed: Vec<&str> =
        states.iter().filter(|(_, state)| **state != "done").map(|(key, _)| *key).collect();
    assert_eq!((failed.as_slice(), states["sub-13"]), ([DEMO_PLANTED_FAILURE.1].as_slice(), "failed"));
    let id = |key: &str| datums.iter().find(|datum| datum.key == key).map(|datum| datum.id.clone());
    assert_eq!(id("sub-05"), id("sub-17"));
    assert_eq!(id("sub-08"), id("sub-20"));
}

#[test]
fn a_relative_folder_is_taken_from_where_one_stands() {
    let project = Project::bare();
    project.minipach(["new", "mine"]).ok();
    assert!(project.exists("mine/minipach.yml"), "laid out where it was asked for");
    project.minipach(["-C", "mine", "new", "inner"]).ok();
    assert!(project.exists("mine/inner/minipach.yml"), "`-C` and the folder are two things");
}

#[test]
fn a_failing_upstream_removes_nothing_downstream_even_when_a_run_keeps_going() {
    let project = study();
    project.write("minipach.yml", "keep_going: true\n").commit("keep going");
    assert_eq!(run(&project), ["fs one", "fs three", "fs two", "stats"]);
    let (table, recon) = (project.read("stats/table.txt"), project.read("code/recon.sh"));
    project.write("code/recon.sh", "exit 3\n").commit("a mistake");
    let before = project.head();
    project.minipach(["run"]).code(1);
    assert_eq!(project.read("stats/table.txt"), table);
    assert_eq!(project.head(), before, "nothing was removed, so nothing is committed");
    project.minipach(["why", "stats"]).code(0).says("blocked").says("fs");
    project.write("code/recon.sh", recon).commit("mended");
    assert_eq!(run(&project), NOTHING);
    assert_eq!(project.changed(), "");
}

#[test]
fn datum_sets_give_the_same_results() {
    let project = study();
    for set in ["{number: 2}", "{size_bytes: 5}", "{per_worker: 1}"] {
        let spec = project.read("fs/spec.yml");
        let plain: String =
            spec.lines().filter(|line| !line.starts_with("datum_set_spec")).collect::<Vec<_>>().join("\n");
        project.write("fs/spec.yml", format!("{plain}\ndatum_set_spec: {set}\n"));
        project.minipach(["run", "--no-commit", "--force", "-j2"]).ok();
        assert_eq!(project.tree("fs").len(), 3, "{set}");
    }
}

#[test]
fn an_attempt_tells_what_its_command_used() {
    let project = Project::new();
    let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 1";
    let spec = format!("input: {{pfs: {{repo: raw, glob: /}}}}\ntransform: {{cmd: [sh, -c, '{script}']}}\n");
    project.write("raw/a", "a").spec("busy", &spec).commit("a study");
    project.minipach(["run"]).code(1);
    let attempt = &project.datums("busy")[0].attempts[0];
    assert!(attempt["user_ms"].as_u64() > Some(0) && attempt["system_ms"].is_u64(), "{attempt}");
}

#[test]
fn what_reads_results_that_are_not_to_be_committed_waits_for_save() {
    let project = Project::new();
    project.write_all(&[("raw/a", "1\n"), ("raw/b", "2\n")]);
    let copy = "transform: {cmd: [sh, -c, 'cat /pfs/in/* > /pfs/out/o']}\n";
    let one = "input: {pfs: {name: in, repo: raw, glob: '/(*)'}}\noutput: /$1\n";
    let all = "input: {pfs: {name: in, repo: one, glob: '/(*)/o'}}\noutput: /$1\n";
    project.spec("one", &format!("{one}commit: false\n{copy}")).spec("all", &format!("{all}{copy}"));
    let head = project.commit("a pipeline that is not to be committed, and one that reads it");
    for words in [&["run"][..], &["run", "all"], &["accept", "one"]] {
        let said = project.typed(words).code(0);
        assert_eq!(project.head(), head, "{words:?}: {said:?}");
    }
    project
        .minipach(["run"])
        .says("all: not committed yet: results of `one`, which it reads, are not committed");
    project.minipach(["save"]).ok();
    let subjects = project.git(["log", "-2", "--format=%s"]);
    assert_eq!(subjects, "[DATALAD RUNCMD] all: 2 datums\n[DATALAD RUNCMD] one: 2 datums");
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}
