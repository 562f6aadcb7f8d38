//! From a result back to what people brought: across minipach's commits, `DataLad`'s, moves and subdatasets.

mod support;

use serde_json::{Value, json};
use support::{Project, peer};

const UPPER: &str = "
input: {pfs: {repo: raw, glob: /(*)}}
output: /$1
transform: {cmd: [sh, code/upper.sh]}
";

const ALL: &str = "
input: {pfs: {repo: upper, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/upper/*/text > /pfs/out/all']}
";

/// Two subjects, a pipeline of both, a gather of that.
fn laid_out(project: &Project) {
    project.write("raw/a/text", "a\n").write("raw/b/text", "b\n");
    project.write("code/upper.sh", "tr a-z A-Z < \"$raw/text\" > \"$PFS/out/text\"\n");
    project.spec("upper", UPPER).spec("all", ALL);
}

fn traced(project: &Project, target: &str) -> Value {
    project.minipach(["provenance", target, "--json"]).code(0).json()
}

fn paths<'a>(found: &'a Value, numbers: &Value) -> Vec<&'a str> {
    let name = |number: &Value| {
        let number = if number.is_array() { &number[1] } else { number };
        let at = usize::try_from(number.as_u64().expect("a number")).expect("a small one");
        found["things"][at]["path"].as_str().expect("a path")
    };
    numbers.as_array().expect("a list").iter().map(name).collect()
}

#[test]
fn each_hop_names_commit_command_datum_and_person() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    let (of_all, of_upper) = (project.git(["rev-parse", "HEAD"]), project.git(["rev-parse", "HEAD~1"]));
    let said = project.minipach(["provenance", "all/all"]).code(0);
    let said =
        said.says("all/all was made by all, Ada").says("$ sh code/upper.sh").says("raw/a was brought by Ada");
    said.says("upper holds 2 results").says(&of_all[..7]).says(&of_upper[..7]);
    project.minipach(["provenance", "upper:a"]).code(0).says("upper/a was made by upper:a, Ada");

    let found = traced(&project, "all/all");
    let steps = found["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 3, "{found:#}");
    let of_a = steps.iter().find(|step| step["key"] == "a").expect("the step of a");
    assert_eq!(paths(&found, &of_a["inputs"]), ["raw/a"]);
    assert_eq!(paths(&found, &of_a["code"]), ["code/upper.sh"]);
    assert_eq!(of_a["inputs"][0][0], "raw");
    let commit = &found["commits"][usize::try_from(of_a["commit"].as_u64().unwrap()).unwrap()];
    assert_eq!((&commit["author"], &commit["id"]), (&json!("Ada"), &json!(of_upper)));
    assert_eq!(paths(&found, &found["asked"]), ["all/all"]);
}

#[test]
fn inputs_that_came_with_their_results_are_told_as_they_stood_then() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    project.write("raw/a/text", "changed\n").write("raw/c/text", "c\n");
    project.minipach(["run"]).ok();
    project.commit("all at once, by hand");
    let by_hand = project.head();
    for (result, input) in [("upper/a", "raw/a"), ("upper/c", "raw/c")] {
        let found = traced(&project, result);
        let things = found["things"].as_array().expect("things");
        let brought = things.iter().find(|thing| thing["path"] == input).expect("its input");
        let at = usize::try_from(brought["commit"].as_u64().expect("a commit")).expect("a small number");
        assert_eq!(found["commits"][at]["id"], json!(by_hand), "{found:#}");
    }
    project.minipach(["provenance", "all/all"]).code(0).says("upper holds 3 results");
}

#[test]
fn what_an_undo_brought_back_is_of_the_commit_that_made_it() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    let made = project.git(["log", "-1", "--format=%H", "--", "upper/a"]);
    let first = traced(&project, "upper:a");
    project.write("raw/a/text", "changed\n").commit("a again");
    project.minipach(["run", "upper"]).ok();
    project.minipach(["undo"]).ok();
    let again = traced(&project, "upper:a");
    let ids = |found: &Value| {
        found["commits"].as_array().expect("a list").iter().map(|c| c["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&again), &again["things"]), (ids(&first), &first["things"]));
    assert!(ids(&again).contains(&json!(made)), "{again:#}");
}

#[test]
fn the_past_stays_as_it_was_and_what_is_absent_is_said() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    let before = project.head();
    project.write("raw/a/text", "changed\n").commit("a again");
    project.minipach(["run"]).ok();
    let content = |at: &str| {
        let found = project.minipach(["provenance", "upper:a", "--at", at, "--json"]).code(0).json();
        let input =
            found["things"].as_array().unwrap().iter().find(|thing| thing["path"] == "raw/a").cloned();
        input.expect("raw/a was read")["content"].clone()
    };
    assert_ne!(content("HEAD"), content(&before));
    let absent = project.minipach(["provenance", "upper/c"]).code(4);
    absent.says("`upper/c` does not stand in commit").says("minipach why upper/c");
    project.minipach(["provenance", "upper", "--at", "nowhere"]).code(4).says("there is no commit `nowhere`");
    project.minipach(["provenance", "upper:c"]).code(2).says("no committed result of `upper` stands at `c`");
    Project::new().minipach(["provenance", "x"]).code(4).says("nothing is committed yet");
}

#[test]
fn results_that_people_moved_or_committed_are_results() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run", "--no-commit"]).ok();
    project.commit("by hand");
    project.minipach(["provenance", "upper:a"]).code(0).says("upper/a was made by upper:a").says("by hand");
    project.write("upper/a/text", "mine\n");
    project.minipach(["accept", "upper:a"]).ok();
    project.minipach(["save", "-m", "mine"]).code(0);
    project
        .minipach(["provenance", "upper:a"])
        .code(0)
        .says("was accepted as a result of upper:a")
        .says("a person declared");
}

#[test]
fn datalads_own_records_are_crossed_inline_and_beside_the_commit() {
    for sidecar in ["no", "yes"] {
        let Some(datalad) = peer("datalad") else { return };
        let project = &Project::bare();
        let tell = |words: &[&str]| {
            let told = project.command(&datalad).args(words).output().expect("DataLad starts");
            assert!(told.status.success(), "{words:?}: {told:?}");
        };
        tell(&["create", "-f", "-c", "yoda", "."]);
        project.write("source/a.txt", "a\n").write("source/b.txt", "b\n");
        tell(&["save", "-m", "sources"]);
        project.git(["config", "datalad.run.record-sidecar", sidecar]);
        let command = "mkdir -p raw/a; cat {inputs} > raw/a/text";
        tell(&["run", "-i", "source/*.txt", "-o", "raw/a/text", command]);
        project
            .write("code/upper.sh", "tr a-z A-Z < \"$raw/text\" > \"$PFS/out/text\"\n")
            .spec("upper", UPPER);
        tell(&["save", "-m", "pipeline"]);
        project.minipach(["run"]).ok();
        let found = traced(project, "upper:a");
        let run = found["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "datalad_run");
        let run = run.unwrap_or_else(|| panic!("sidecar {sidecar}: {found:#}"));
        assert_eq!(run["command"], command);
        assert_eq!(paths(&found, &run["inputs"]), ["source/a.txt", "source/b.txt"]);
        let annexed = found["things"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|thing| thing["path"].as_str().unwrap().starts_with("source/"));
        assert!(
            annexed.into_iter().all(|thing| thing["content"].as_str().unwrap().starts_with("annex:")),
            "{found:#}"
        );
        project.minipach(["provenance", "upper:a"]).code(0).says("made by `datalad run`, Ada");
    }
}

#[test]
fn a_subdatasets_own_past_is_followed() {
    let project = Project::new();
    let inner = project.home().join("inner");
    for words in
        [["init", "-q", "-b", "main", "."].as_slice(), &["commit", "-q", "--allow-empty", "-m", "start"]]
    {
        std::fs::create_dir_all(&inner).unwrap();
        let mut git = project.command("git");
        assert!(git.args(words).current_dir(&inner).status().unwrap().success());
    }
    std::fs::create_dir_all(inner.join("a")).unwrap();
    std::fs::write(inner.join("a/text"), "a\n").unwrap();
    for words in [["add", "."].as_slice(), &["commit", "-q", "-m", "inner data"]] {
        assert!(project.command("git").args(words).current_dir(&inner).status().unwrap().success());
    }
    project.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        inner.to_str().unwrap(),
        "raw",
    ]);
    project.write("code/upper.sh", "tr a-z A-Z < \"$raw/text\" > \"$PFS/out/text\"\n").spec("upper", UPPER);
    project.commit("with a subdataset");
    project.minipach(["run"]).ok();
    project
        .minipach(["provenance", "upper:a"])
        .code(0)
        .says("raw/a was brought by Ada")
        .says("of raw “inner data”");
    let clone = project.home().join("clone");
    let root = project.root();
    project.git(["clone", "-q", root.to_str().unwrap(), clone.to_str().unwrap()]);
    let said = project.minipach(["-C", clone.to_str().unwrap(), "provenance", "upper:a"]).code(0);
    said.says("stands in the subdataset `raw`, which is not installed");
}

#[test]
fn other_programs_read_it() {
    let Some(python) = peer("python-with-validators") else { return };
    let project = Project::new();
    laid_out(&project);
    project.write("LICENSE", "free\n").commit("subjects");
    project.minipach(["run"]).ok();
    let text = |format: &str| project.minipach(["provenance", "all", "--format", format]).ok();
    project.write("prov.json", text("prov"));
    let reads = "import sys; from prov.model import ProvDocument
document = ProvDocument.deserialize('prov.json', format='json')
kinds = {str(record.get_type()) for record in document.get_records()}
print(len(document.get_records()), sorted(kinds))
assert {'prov:Entity', 'prov:Activity', 'prov:Agent', 'prov:Usage', 'prov:Generation'} <= kinds";
    project.program(&python, ["-c", reads]).code(0);

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/ro_crate.py");
    let validate = || {
        project.program(
            &python,
            [script, ".", "workflow-run-crate-0.5", "process-run-crate-0.5", "workflow-ro-crate-1.0"],
        )
    };
    let crate_text = text("ro-crate");
    project.write("ro-crate-metadata.json", &crate_text);
    validate().code(0).says("workflow-run-crate-0.5 is valid");
    project.write("ro-crate-metadata.json", crate_text.replace("\"datePublished\"", "\"datePublishd\""));
    validate().code(1).says("is not valid");

    let Some(dot) = peer("dot") else { return };
    project.write("graph.dot", text("dot"));
    project.program(&dot, ["-Tsvg", "-o", "graph.svg", "graph.dot"]).code(0);
    assert!(project.read("graph.svg").contains("upper/a"));
}

#[test]
fn what_another_command_made_the_same_is_told_of_that_one() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    let first = project.git(["rev-parse", "--short=7", "HEAD~1"]);
    project.spec("upper", &UPPER.replace("[sh, code/upper.sh]", "[sh, -e, code/upper.sh]"));
    project.commit("with -e");
    project.minipach(["run"]).ok();
    let second =
        project.git(["log", "-1", "--format=%h", "--abbrev=7", "--", ".minipach/ledger/upper.jsonl"]);
    project.write("raw/c/text", "c\n").commit("a third subject");
    project.minipach(["run"]).ok();
    assert_ne!(first, second);
    let said = project.minipach(["provenance", "upper/a/text"]).code(0);
    said.says("$ sh -e code/upper.sh").says(&second);
    assert_eq!(traced(&project, "upper/a")["steps"][0]["command"], "sh -e code/upper.sh");
}

/// Fails on what says so.
const PICKY: &str = "
input: {pfs: {repo: raw, glob: /*/(*)}}
output: /$1
transform: {cmd: [sh, -c, 'grep -v broken /pfs/raw/text > /pfs/out/text']}
";

#[test]
fn a_gather_of_a_run_that_went_on_names_only_what_went_into_it() {
    let project = Project::new();
    project.write("raw/one/a/text", "a\n").write("raw/one/b/text", "b\n").write("raw/two/c/text", "c\n");
    project.spec("upper", PICKY).spec("next", &PICKY.replace("raw", "upper").replace("/*/", "/"));
    project.spec("all", &ALL.replace("upper", "next")).commit("subjects");
    project.minipach(["run"]).ok();
    project.write("raw/one/b/text", "broken\n").write("raw/two/c/text", "d\n").commit("b breaks");
    project.minipach(["run", "--keep-going"]).code(1);
    assert_eq!(project.read("all/all"), "a\nd\n");
    assert_eq!(project.read("next/b/text"), "b\n", "the old result stays");

    let found = traced(&project, "all/all");
    let keys: Vec<&str> =
        found["steps"].as_array().unwrap().iter().map(|step| step["key"].as_str().unwrap()).collect();
    assert!(!keys.contains(&"b"), "{keys:?}");
    let next =
        found["things"].as_array().unwrap().iter().find(|thing| thing["path"] == "next").expect("the folder");
    assert_eq!(paths(&found, &next["parts"]), ["next/a", "next/c"]);
    assert_eq!(next["left_out"], json!(["next/b"]));
    let said = project.minipach(["provenance", "all/all"]).code(0);
    said.says("next gave 2 results; one more stood there, was not up to date and did not go in");
    // The folder itself holds all three, and the old one has its own past.
    project.minipach(["provenance", "next"]).code(0).says("next holds 3 results");
}

#[test]
fn results_of_several_datums_in_one_folder_are_told_one_by_one() {
    let project = Project::new();
    project.write("raw/one/a/text", "a\n").write("raw/one/b/text", "b\n");
    project.spec("upper", &PICKY.replace("/*/(*)", "/(*)/(*)").replace("/$1", "/$1/$2"));
    project.spec("site", "input: {pfs: {repo: upper, glob: /(*)}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat /pfs/upper/*/text > /pfs/out/all']}\n");
    project.commit("subjects");
    project.minipach(["run"]).ok();
    project.write("raw/one/b/text", "broken\n").write("raw/one/a/text", "new\n").commit("b breaks");
    project.minipach(["run", "--keep-going"]).code(1);
    assert_eq!(project.read("site/one/all"), "new\n");
    let found = traced(&project, "site:one");
    let folder = found["things"].as_array().unwrap().iter().find(|thing| thing["path"] == "upper/one");
    let folder = folder.expect("the folder of both");
    assert_eq!(
        (paths(&found, &folder["parts"]), &folder["left_out"]),
        (vec!["upper/one/a"], &json!(["upper/one/b"]))
    );
}

#[test]
fn what_a_person_wrote_over_a_result_is_no_commands_work() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    project.write("upper/a/text", "by hand\n").commit("mend it by hand");
    let said = project.minipach(["provenance", "upper:a"]).code(0).says("was changed by hand");
    let said = said.says("“mend it by hand” by Ada").says("`upper:a` made something else");
    assert!(!said.stdout.contains("code/upper.sh"), "{}", said.stdout);
    project.minipach(["provenance", "upper/b"]).code(0).says("was made by upper");
    project.minipach(["accept", "upper:a"]).ok();
    project.minipach(["provenance", "upper/a"]).code(0).says("was accepted as a result of upper");
}

#[test]
fn what_minipach_keeps_is_its_own_and_comes_of_no_shell() {
    let project = Project::new();
    laid_out(&project);
    project.commit("data and pipelines");
    project.minipach(["run"]).code(0);
    let told = project.minipach(["provenance", ".minipach/ledger/upper.jsonl"]).code(0);
    let told = told.says("is what minipach knows of the results of `upper`");
    let told = told.ok();
    assert!(!told.contains('$'), "{told}");
}
