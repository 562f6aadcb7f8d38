//! From a result back to what people brought: across minipach's commits, `DataLad`'s, moves and subdatasets.

mod clones;
mod formats;
mod remade;
mod reruns;

use crate::support::{Project, peer};
use serde_json::{Value, json};

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

/// As with all targets.
#[test]
fn the_start_of_a_key_is_enough() {
    let project = Project::new();
    laid_out(&project);
    project.write("raw/long name/text", "c\n").write("raw/long one/text", "d\n").commit("subjects");
    project.minipach(["run"]).ok();
    project.minipach(["provenance", "upper:long n"]).code(0).says("upper/long name was made by");
    let said = project.minipach(["provenance", "upper:long"]).code(2);
    said.says("`upper:long` could be `upper:long name`, `upper:long one`");
    project.minipach(["provenance", "upper:x"]).code(2).says("no committed result of `upper` stands at `x`");
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
    let found = traced(&project, "upper:a");
    assert_eq!((&found["steps"][0]["kind"], &found["steps"][0]["command"]), (&json!("accepted"), &json!("")));
    let prov = project.minipach(["provenance", "upper:a", "--format", "prov"]).ok();
    assert!(!prov.contains("mp:command"), "{prov}");
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

/// A commit of all that changed, by somebody else.
fn by(project: &Project, author: &str, message: &str) {
    project.git(["add", "-A"]);
    project.git(["commit", "-q", "-m", message, "--author", &format!("{author} <{author}@example.org>")]);
}

#[test]
fn a_folder_is_traced_by_what_it_holds() {
    let project = Project::new();
    project.write("dcm.txt", "dicom\n").commit("scans");
    project.write("raw/a/img.txt", "dicom\n");
    let record = json!({"chain": [], "cmd": "cp dcm.txt raw/a/img.txt", "exit": 0, "extra_inputs": [], "inputs": ["dcm.txt"], "outputs": ["raw/a"], "pwd": "."});
    let message = format!(
        "[DATALAD RUNCMD] convert\n\n=== Do not change lines below ===\n{record}\n^^^ Do not change lines above ^^^\n"
    );
    by(&project, "Carl", &message);
    for number in 0..10 {
        project.write(&format!("raw/a/notes/{number}"), format!("{number}\n"));
    }
    by(&project, "Yan", "notes");
    project.spec("upper", &UPPER.replace("code/upper.sh", "-c, 'cat $PFS/raw/img.txt > $PFS/out/text'"));
    project.commit("a pipeline");
    project.minipach(["run"]).ok();
    let said = project.minipach(["provenance", "upper:a"]).code(0);
    let said =
        said.says("raw/a came about in 2 commits").says("raw/a/img.txt was made by `datalad run`, Carl");
    let said = said.says("$ cp dcm.txt raw/a/img.txt").says("dcm.txt was brought by Ada");
    said.says("raw/a/notes was brought by Yan");
    let found = traced(&project, "upper:a");
    let folder = found["things"].as_array().unwrap().iter().find(|thing| thing["path"] == "raw/a").unwrap();
    assert_eq!(paths(&found, &folder["parts"]), ["raw/a/img.txt", "raw/a/notes"]);
    assert_eq!(folder["by_commit"], json!(true));
    // What was typed by hand is no specification, and not what the crate is about.
    let told = project.minipach(["provenance", "upper:a", "--format", "ro-crate"]).ok();
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let graph = told["@graph"].as_array().expect("a graph");
    let of = |key: &str, value: &str| graph.iter().find(|one| one[key] == value).expect(value);
    assert_eq!(of("@id", "./")["mainEntity"]["@id"], "upper/spec.yml");
    assert_eq!(of("text", "cp dcm.txt raw/a/img.txt")["programmingLanguage"]["@id"], "#shell");
    assert_eq!(of("@id", "#shell")["@type"], "ComputerLanguage");

    for number in [0, 2, 4, 6, 8] {
        project.write(&format!("raw/a/notes/{number}"), format!("again {number}\n"));
    }
    by(&project, "Zoe", "half of the notes again");
    let said = project.minipach(["provenance", "raw/a"]).code(0);
    let said = said.says("raw/a came about in 3 commits").says("raw/a/notes/3, raw/a/notes/5");
    said.says("and 1 more were brought by Zoe").says("and 1 more were brought by Yan");
}

#[test]
fn what_people_moved_is_traced_to_where_it_was() {
    let project = Project::new();
    project.write("raw/a/text", "a\n").write("raw/b/text", "b\n").commit("subjects");
    laid_out(&project);
    project.commit("pipelines");
    project.minipach(["run"]).ok();
    project.git(["mv", "raw", "scans"]);
    std::fs::create_dir(project.root().join("kept")).unwrap();
    project.git(["mv", "upper/a/text", "kept/a"]);
    project.write("scans/c", "c\n");
    by(&project, "Mover", "tidy up");
    let said = project.minipach(["provenance", "scans"]).code(0);
    let said = said.says("scans came about in 2 commits").says("scans/c was brought by Mover");
    said.says("scans/a was brought by Ada").says("“subjects”, as raw/a");
    project.minipach(["provenance", "scans/b/text"]).code(0).says("was brought by Ada").says("as raw/b/text");
    let said = project.minipach(["provenance", "kept/a"]).code(0);
    said.says("kept/a was made by upper:a, Ada").says(", as upper/a/text").says("raw/a was brought by Ada");
    project.git(["mv", "scans", "source"]);
    by(&project, "Mover", "tidy up more");
    let said = project.minipach(["provenance", "source"]).code(0);
    said.says("source came about in 2 commits, as scans").says("scans/a was brought by Ada");
}

#[test]
fn of_many_commits_some_are_told_and_all_if_asked_for() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.spec(
        "names",
        "input: {pfs: {repo: many, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'ls /pfs/many > /pfs/out/names']}\n",
    );
    for number in 10..30 {
        project.write(&format!("many/{number}"), format!("{number}\n")).commit(&format!("scan {number}"));
    }
    project.minipach(["run"]).ok();
    let brought = |said: &str| said.lines().filter(|line| line.contains("was brought by Ada")).count();
    let said = project.minipach(["provenance", "names"]).ok();
    assert_eq!(brought(&said), 12, "{said}");
    assert!(said.contains("    … and 8 more, by 8 commits; `--all` tells of them\n"), "{said}");
    let said = project.minipach(["provenance", "names", "--all"]).ok();
    assert_eq!((brought(&said), said.contains("more, by")), (20, false), "{said}");
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

#[test]
fn what_newer_inputs_made_the_same_is_told_of_those() {
    let project = Project::new();
    let spec = "input: {pfs: {repo: raw, glob: /(*)}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'wc -l < $raw > $PFS/out/n']}\n";
    project.write("raw/a", "one\n").spec("lines", spec).commit("first");
    project.minipach(["run"]).ok();
    let first = project.head();
    project.write("raw/a", "two\n").commit("second");
    project.minipach(["run"]).ok();
    let made = project.head();
    project.write("raw/b", "three\n").commit("another");
    project.minipach(["run"]).ok();
    let said = project.minipach(["provenance", "lines/a/n"]).code(0);
    let said = said.says(&made[..7]).says("“second”");
    assert!(!said.stdout.contains(&first[..7]), "{said:?}");
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
fn a_gather_names_no_result_that_was_edited_and_not_committed() {
    let project = Project::new();
    project.write("raw/one/a/text", "a\n").write("raw/one/b c/text", "b\n").write("raw/two/d/text", "d\n");
    project.spec("next", PICKY).spec("all", &ALL.replace("upper", "next")).commit("subjects");
    project.minipach(["run"]).ok();
    project.write("raw/two/d/text", "new\n").commit("d changes");
    project.write("next/a/notes", "mine\n").write("next/b c/text", "mine too\n");
    project.minipach(["run", "--keep-going"]);
    assert_eq!(project.read("all/all"), "new\n", "what is edited goes nowhere");
    let found = traced(&project, "all/all");
    let next =
        found["things"].as_array().unwrap().iter().find(|thing| thing["path"] == "next").expect("the folder");
    assert_eq!(paths(&found, &next["parts"]), ["next/d"]);
    assert_eq!(next["left_out"], json!(["next/a", "next/b c"]));
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

#[test]
fn inputs_and_pipeline_renamed_one_after_the_other_are_followed() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    project.git(["mv", "raw", "data"]);
    project.spec("upper", &UPPER.replace("repo: raw", "name: raw, repo: data"));
    project.minipach(["save"]).ok();
    project.git(["mv", "upper", "big"]);
    project.spec("all", &ALL.replace("repo: upper", "name: upper, repo: big"));
    project.minipach(["save"]).ok();
    project.minipach(["run"]).ok();
    project.nothing_to_do();
    let said = project.minipach(["provenance", "big/a"]).code(0).says("data/a was brought by Ada");
    assert!(!said.stdout.contains("does not stand"), "{}", said.stdout);
    // The whole project is what stands in it.
    project.minipach(["provenance", "."]).code(0).says("data/a was brought by Ada");
}
