//! `why` on whatever stands in a project, and `accept` where it does not apply.

use crate::support::Project;
use serde_json::Value;

const FS: &str = "\
input:
  join:
    - pfs: {repo: raw/t1, glob: '/(sub-*)', join_on: $1}
    - pfs: {repo: raw/t2, glob: '/(sub-*)', join_on: $1}
output: /$1
transform: {cmd: [sh, code/fs.sh]}
";

const BY_SITE: &str = "\
input:
  group:
    - pfs: {repo: raw/t1, glob: '/(sub)-*', group_by: $1}
transform: {cmd: [sh, -c, 'ls /pfs/t1 > /pfs/out/list']}
";

/// `sub-01` and `sub-02` are done, `sub-03` fails, `sub-04` lacks its T2, `sub-5` its T1.
fn study() -> Project {
    let project = Project::new();
    for subject in ["sub-01", "sub-02", "sub-03", "sub-04"] {
        project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{subject}\n"));
    }
    for subject in ["sub-01", "sub-02", "sub-03", "sub-5"] {
        project.write(&format!("raw/t2/{subject}/T2.txt"), format!("{subject}\n"));
    }
    project.write("raw/t1/sub-03/bad", "").write("raw/t1/notes.txt", "").write("raw/t1/sub-05/T1.txt", "5\n");
    project
        .write("code/fs.sh", "test ! -e \"$PFS/t1/bad\" || exit 3; cat \"$PFS\"/t?/* > \"$PFS/out/sum\"\n");
    project.spec("fs", FS).commit("a study");
    project.minipach(["run"]).code(1);
    project
}

#[test]
fn a_join_member_without_a_partner_names_what_is_missing() {
    let project = study();
    for target in ["raw/t1/sub-04", "fs:sub-04", "raw/t1/sub-04/"] {
        let said = project.minipach(["why", target]).code(0);
        said.says("no partner").says("`sub-04`").says("missing in `t2` (`raw/t2` cut by `/(sub-*)`)");
    }
    project.minipach(["why", "raw/t1/sub-05"]).code(0).says("the nearest there is `sub-5`");
    project.minipach(["why", "fs"]).code(0).says("3 inputs of `fs` found no partner").says("raw/t2/sub-5");
    let said = project.minipach(["why", "raw/t1/sub-04", "--json"]).code(0).json();
    assert_eq!(said["alone"][0]["key"], "sub-04");
    assert_eq!(said["alone"][0]["missing"][0]["repo"], "raw/t2");
}

#[test]
fn an_input_names_its_readers() {
    let project = study();
    for target in ["raw/t1/sub-01", "raw/t1/sub-01/T1.txt"] {
        project.minipach(["why", target]).code(0).says("read by 1 datum").says("fs:sub-01, as `t1`, is done");
    }
    let said = project.minipach(["why", "raw"]).code(0).says("read by 3 datums").says("fs:sub-03");
    assert!(said.stdout.contains("failed"));
    project.minipach(["why", "raw/t1/notes.txt"]).code(0).says("`/(sub-*)`, which does not take it");
    project.minipach(["why", "code/fs.sh"]).code(0).says("is code of `fs`, which has 3 datums");
    project.minipach(["why", "fs/spec.yml"]).code(0).says("the spec of `fs`");
    project.write("notes.txt", "").minipach(["why", "notes.txt"]).code(0).says("read by no pipeline");
    let mut inside = project.command(env!("CARGO_BIN_EXE_minipach"));
    let inside =
        inside.current_dir(project.path("raw/t1")).args(["why", "sub-01"]).output().expect("it starts");
    assert!(String::from_utf8_lossy(&inside.stdout).contains("fs:sub-01"), "a path from where one stands");
}

#[test]
fn a_result_leads_to_its_datum() {
    let project = study();
    for target in ["fs/sub-01/sum", "fs/sub-01", "fs/sub-01/"] {
        project.minipach(["why", target]).code(0).says("fs:sub-01 is done").says("input t1 = raw/t1/sub-01");
    }
}

#[test]
fn a_key_that_is_expected_no_more_says_what_went() {
    let project = study();
    project.remove("raw/t1/sub-02");
    for target in ["fs:sub-02", "fs/sub-02"] {
        let said = project.minipach(["why", target]).code(0).says("fs:sub-02 is orphaned");
        said.says("`raw/t1/sub-02` is no input any more").says("`minipach run` removes its files");
    }
    project.minipach(["why", "raw/t1/sub-02"]).code(0).says("fs:sub-02 was made of it");
    let partner = project.minipach(["why", "raw/t2/sub-02"]).code(0).says("missing in `t1`");
    partner.says("fs:sub-02 was made of it");
    let refused =
        project.minipach(["accept", "fs:sub-02"]).code(4).says("no input makes `fs:sub-02` any more");
    refused.says("to keep them");
}

#[test]
fn a_renamed_subject_leads_to_its_new_name() {
    let project = study();
    for part in ["t1", "t2"] {
        project.git(["mv", &format!("raw/{part}/sub-02"), &format!("raw/{part}/sub-99")]);
    }
    project.minipach(["why", "fs:sub-02"]).code(0).says("is orphaned").says("the same work as sub-99");
    project.minipach(["why", "fs:sub-99"]).code(0).says("will be put in place");
}

#[test]
fn a_group_is_found_by_its_key() {
    let project = study();
    project.spec("sites", BY_SITE).minipach(["run", "sites"]).ok();
    let said = project.minipach(["why", "sites:sub"]).code(0).says("is done");
    let members = said.stdout.lines().filter(|line| line.starts_with("  input t1 = raw/t1/sub-")).count();
    assert_eq!(members, 5, "{}", said.stdout);
}

#[test]
fn what_is_unknown_offers_the_nearest() {
    let project = study();
    for (typed, meant) in [
        ("fs:sub-0x", "fs:sub-0"),
        ("raw/t1/sub-09", "raw/t1/sub-0"),
        ("code/sf.sh", "code/fs.sh"),
        ("fs/sub-77", "fs"),
    ] {
        let said = project.minipach(["why", typed]).code(2).says("did you mean");
        assert!(said.stderr.contains(&format!("did you mean `{meant}")), "{typed}: {}", said.stderr);
    }
    project
        .minipach(["accept", "raw/t1/sub-01"])
        .code(2)
        .says("no result")
        .says("minipach why raw/t1/sub-01");
}

#[test]
fn accept_is_offered_where_it_applies_and_refused_with_a_reason_elsewhere() {
    let project = study();
    let said = project.minipach(["why", "fs:sub-03"]).code(0).says("minipach logs 'fs:sub-03'");
    assert!(!said.stdout.contains("accept"), "nothing stands: {}", said.stdout);
    project
        .minipach(["accept", "fs:sub-03"])
        .code(4)
        .says("left no result")
        .says("minipach logs 'fs:sub-03'");
    project
        .minipach(["accept", "fs"])
        .code(0)
        .says("passed over 1 datum")
        .says("fs:sub-03 (failed, no result stands)");
    let told = project.minipach(["accept", "fs", "--json"]).code(0).json();
    assert_eq!(told["passed"], Value::from(vec!["fs:sub-03"]));
    project.write("code/fs.sh", format!("{}#\n", project.read("code/fs.sh")));
    project.minipach(["why", "fs:sub-01"]).code(0).says("`minipach accept 'fs:sub-01'`");
    project.remove("fs/sub-01");
    let gone = project.minipach(["why", "fs:sub-01"]).code(0);
    assert!(!gone.stdout.contains("accept"), "nothing stands: {}", gone.stdout);
    project.minipach(["accept", "fs:sub-01"]).code(4).says("no result in place");
}

#[test]
fn a_run_of_one_datum_leaves_the_others_and_succeeds() {
    let project = study();
    project.write("code/fs.sh", "cat \"$PFS\"/t?/* > \"$PFS/out/sum\"\n");
    project.minipach(["run", "fs:sub-01"]).code(0).says("1 datum ran");
    assert_eq!(project.states("fs")["sub-02"], "stale");
}

#[test]
fn a_result_accepted_by_hand_says_what_it_was_accepted_as() {
    let project = study();
    project.write("fs/sub-01/sum", "by hand\n").minipach(["accept", "fs:sub-01"]).ok();
    let said = project.minipach(["why", "fs:sub-01"]).code(0).says("fs:sub-01 is done");
    said.says("because it was accepted by hand as the result of this work").says("command sh code/fs.sh");
    let told = project.minipach(["why", "fs:sub-01", "--json"]).json();
    assert_eq!((&told["accepted"], &told["reasons"][0]["kind"]), (&true.into(), &"accepted".into()));
    project.write("raw/t1/sub-01/T1.txt", "other\n");
    let stale = project.minipach(["why", "fs:sub-01"]).code(0).says("fs:sub-01 is stale");
    stale.says("that result was accepted by hand: no command made it");
    project.minipach(["why", "fs:sub-02"]).code(0).says("command sh code/fs.sh");
    assert_eq!(project.minipach(["why", "fs:sub-02", "--json"]).json()["accepted"], false);
}

#[test]
fn a_result_accepted_by_hand_and_restored_later_stays_accepted() {
    let project = study();
    let scan = "raw/t1/sub-01/T1.txt";
    let before = project.read(scan);
    project.write("fs/sub-01/sum", "by hand\n").minipach(["accept", "fs:sub-01"]).ok();
    project.write(scan, "other\n").commit("accepted, and another scan");
    project.minipach(["run"]).code(1);
    assert_eq!(project.minipach(["why", "fs:sub-01", "--json"]).json()["accepted"], false);
    project.write(scan, before).commit("the first scan again");
    project.minipach(["run"]).code(1).says("1 datum placed without running");
    assert_eq!(project.read("fs/sub-01/sum"), "by hand\n");
    assert_eq!(project.minipach(["why", "fs:sub-01", "--json"]).json()["accepted"], true);
    assert!(!project.git(["log", "-1", "--format=%B"]).contains("RUNCMD"), "no command made it");
    // Neither ledger nor log of this clone remember it, but the history does.
    project.write(scan, "other\n").commit("the other scan");
    project.minipach(["run"]).code(1);
    project.remove(".git/minipach").git(["checkout", "-q", "HEAD^^", "--", "raw"]);
    project.commit("the first scan once more");
    project.minipach(["run"]).code(1).says("1 datum placed without running");
    assert_eq!(project.minipach(["why", "fs:sub-01", "--json"]).json()["accepted"], true);
}

#[test]
fn a_result_is_explained_alike_from_everywhere() {
    let project = study();
    let root = project.minipach(["why", "fs/sub-01"]).ok();
    assert_eq!(within(&project, "fs", &["why", "sub-01"]), root);
}

/// What minipach prints, called in a folder of the project.
fn within(project: &Project, folder: &str, words: &[&str]) -> String {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let said = command.current_dir(project.path(folder)).args(words).output().expect("it starts");
    String::from_utf8_lossy(&said.stdout).into_owned()
}

#[test]
fn targets_are_paths_from_where_one_stands() {
    let project = study();
    let whole = project.minipach(["datums", "fs"]).ok();
    for (folder, target) in [("fs", "."), ("raw/t1", "../../fs/"), ("fs/sub-01", "fs"), ("fs", "fs")] {
        assert_eq!(within(&project, folder, &["datums", target]), whole, "{target} in {folder}");
    }
    let one = project.minipach(["logs", "fs:sub-03"]).ok();
    assert_eq!(within(&project, "fs", &["logs", "sub-03"]), one);
    for target in ["sub-01", "./sub-01/sum", "../fs/sub-01", "fs/sub-01"] {
        let said = within(&project, "fs", &["run", "--force", target]);
        assert!(said.contains("1 datum"), "{target}: {said}");
    }
    assert!(within(&project, "fs", &["accept", "sub-01"]).contains("accepted 0 results"));
    let absolute = project.path("fs/sub-01").display().to_string();
    project.minipach(["why", &absolute]).code(0).says("fs:sub-01 is");
    project.minipach(["run", "../study/fs"]).code(1).says("fs:sub-03");
    for nothing in ["", "code", "../elsewhere"] {
        project.minipach(["run", nothing]).code(2);
    }
    project.minipach(["datums", "../fs"]).code(2).says("is no pipeline, datum, id or path");
}

#[test]
fn a_folder_of_pipelines_means_all_of_them() {
    let project = study();
    project.spec("more/a", FS).spec("more/b", FS);
    for verb in [["plan", "more"], ["status", "more/"]] {
        let said = project.minipach(verb).says("more/a").says("more/b");
        assert!(!said.stdout.lines().any(|line| line.starts_with("fs ")), "{}", said.stdout);
    }
    project.minipach(["why", "."]).code(0).says("fs:sub-03").says("more/b");
}

#[test]
fn datums_stale_for_one_reason_are_told_together() {
    let project = Project::new();
    for number in 0..9 {
        project.write(&format!("raw/{number}.txt"), number.to_string());
    }
    let spec =
        "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, code/a.sh]}\n";
    project.write("code/a.sh", "cat \"$PFS/raw/\"* > \"$PFS/out/a\"\n").spec("a", spec).commit("nine");
    project.minipach(["run"]).ok();
    project.write("code/a.sh", "cat \"$PFS/raw/\"* > \"$PFS/out/a\" #\n");
    let said = project.minipach(["why", "a"]).code(0).says("9 datums of a are stale");
    said.says("0, 1, 2, 3, 4, and 4 more; -v shows all").says("minipach accept 'a'");
    let all = project.minipach(["why", "a", "-v"]).ok();
    assert_eq!(all.matches("code changed: `code/a.sh`").count(), 9, "{all}");
    assert_eq!(project.minipach(["why", "a"]).ok().matches("code changed").count(), 1);
}

#[test]
fn a_folder_of_scripts_says_whose_they_are() {
    let project = study();
    project.minipach(["why", "code"]).code(0).says("code holds code of `fs`, which has 3 datums");
}

#[test]
fn a_result_without_a_partner_downstream_is_told() {
    let project = study();
    let both = "\
input:
  join:
    - pfs: {repo: fs, glob: '/(*)', join_on: $1}
    - pfs: {repo: raw/extra, glob: '/(*).txt', join_on: $1}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/*/* > /pfs/out/all']}
";
    project.write("code/fs.sh", "cat \"$PFS\"/t?/* > \"$PFS/out/sum\"\n");
    project.write("raw/extra/sub-01.txt", "1\n").spec("both", both).commit("both");
    project.minipach(["run"]).ok();
    project.minipach(["plan"]).code(0).says("2 inputs found no partner (minipach why both)");
    let said = project.minipach(["why", "fs/sub-02"]).code(0).says("fs:sub-02 is done");
    said.says("both: it found no partner").says("`raw/extra` cut by");
    let used = project.minipach(["why", "fs/sub-01"]).code(0).says("read by 1 datum");
    used.says("both:sub-01, as `fs`, is done");
    let told = project.minipach(["why", "fs/sub-02", "--json"]).json();
    assert_eq!(told["alone_in"][0]["pipeline"], "both");
}

#[test]
fn a_plan_counts_a_datum_once_whatever_its_reasons() {
    let project = study();
    project.spec("all", "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat /pfs/fs/*/sum > /pfs/out/all']}\n");
    project.minipach(["run", "--keep-going"]).code(1);
    // Both scans of one subject are other ones; what gathers all waits, and its input changed too.
    project.write("raw/t1/sub-01/T1.txt", "new\n").write("raw/t2/sub-01/T2.txt", "new\n");
    let plan = project.minipach(["plan", "--json"]).code(0).json();
    for pipeline in plan["pipelines"].as_array().expect("they are listed") {
        let reasons = pipeline["reasons"].as_array().expect("there are some");
        let told: u64 = reasons.iter().filter_map(|reason| reason["datums"].as_u64()).sum();
        let (total, done) = (pipeline["datums"]["total"].as_u64(), pipeline["datums"]["done"].as_u64());
        assert_eq!(Some(told), total.zip(done).map(|(total, done)| total - done), "{pipeline}");
    }
    let plan = project.minipach(["plan"]).code(0);
    assert_eq!(plan.stdout.matches("waits for `fs`").count(), 1, "{}", plan.stdout);
    assert!(!plan.stdout.contains("`fs` changed"), "{}", plan.stdout);
    plan.says("1 `raw/t1/sub-01` changed (and 1 more alike)\n");
}

#[test]
fn what_is_made_from_an_incomplete_pipeline_names_what_it_was_made_without() {
    let project = study();
    project.spec("all", "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat $PFS/fs/*/sum > $PFS/out/all']}\n");
    let without = "made from an incomplete `fs`, without `fs:sub-03`";
    project.minipach(["run", "--keep-going"]).code(1).says(&format!("`all` is {without}"));
    project.minipach(["why", "all"]).code(0).says(&format!("because {without}"));
    project.minipach(["status"]).code(0).says(without);
    let told = project.minipach(["why", "all", "--json"]).json();
    assert_eq!(told["reasons"][0]["without"], serde_json::json!(["fs:sub-03"]));
    project.remove("raw/t1/sub-03/bad");
    let said = project.minipach(["run", "--keep-going"]).ok();
    assert!(!said.contains("incomplete"), "{said}");
    assert!(!project.minipach(["why", "all"]).stdout.contains("without"));
}

#[test]
fn what_failed_is_stale_once_its_data_or_code_is_mended_and_says_with_what_it_failed() {
    let project = study();
    project.remove("raw/t1/sub-03/bad");
    let said = project.minipach(["why", "fs:sub-03"]).code(0);
    said.says("fs:sub-03 is stale")
        .says("failed before with other data: exit code 3")
        .says("`raw/t1/sub-03` changed");
    assert_eq!(project.plan()["fs"]["stale"], 1);
    project.minipach(["status"]).code(0).says("failed before with other data");
    // With the old data it is what failed.
    project.write("raw/t1/sub-03/bad", "");
    project.minipach(["why", "fs:sub-03"]).code(0).says("fs:sub-03 is failed");
    project.write("code/fs.sh", "cat \"$PFS\"/t?/* > \"$PFS/out/sum\"\n");
    let said = project.minipach(["why", "fs:sub-03"]).code(0);
    said.says("failed before with other code").says("code changed: `code/fs.sh`");
    project.minipach(["accept", "fs:sub-03"]).code(4);
    project.minipach(["run", "fs:sub-03"]).code(0);
    project.minipach(["why", "fs:sub-03"]).code(0).says("fs:sub-03 is done");
    // So it is where a result of before stands.
    project.write("raw/t1/sub-03/bad", "");
    project
        .script("code/fs.sh", "test ! -e \"$PFS/t1/bad\" || exit 7\ncat \"$PFS\"/t?/* > \"$PFS/out/sum\"\n");
    project.minipach(["run", "fs:sub-03"]).code(1);
    project.remove("raw/t1/sub-03/bad");
    project.write("raw/t1/sub-03/more", "");
    let said = project.minipach(["why", "fs:sub-03"]).code(0);
    said.says("fs:sub-03 is stale").says("failed before with other data: exit code 7").says("changed");
}

#[test]
fn a_failure_names_the_input_file_that_its_words_name() {
    let project = Project::new();
    project.write("raw/a/T1w.txt", "good\n").write("raw/b/T1w.txt", "bad\n").write("raw/b/notes.txt", "x\n");
    project.write(
        "code/read.sh",
        "grep -q good $PFS/raw/T1w.txt && exit; echo \"read.sh: $1 $SAYS is cut off\" >&2; exit 3",
    );
    let spec = |says: &str| {
        format!(
            "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n\
             transform: {{cmd: [sh, code/read.sh], env: {{SAYS: '{says}'}}}}\n"
        )
    };
    project.spec("read", &spec("/pfs/raw/T1w.txt")).commit("data and a pipeline");
    project.minipach(["run"]).code(1);
    project.minipach(["why", "read:b"]).code(0).says("that names the input raw/b/T1w.txt");
    assert_eq!(
        project.minipach(["why", "read:b", "--json"]).code(0).json()["named_inputs"][0],
        "raw/b/T1w.txt"
    );
    let shown = project.minipach(["--once", "--screen", "datum:read:b", "--size", "120x36"]).code(0);
    shown.says("that names raw/b/T1w.txt: look there first");
}

#[test]
fn a_file_that_may_be_executed_now_is_named_with_its_mode() {
    let project = Project::new();
    project.write("raw/a", "one\n").write("raw/b", "two\n");
    let cross = "input: {cross: [{pfs: {name: x, repo: raw, glob: '/a'}}, {pfs: {name: y, repo: raw, glob: '/b'}}]}\n";
    project.spec("p", &format!("{cross}output: /\ntransform: {{cmd: [sh, -c, 'cat $x $y > $PFS/out/r']}}\n"));
    project.commit("a study");
    project.minipach(["run"]).ok();
    let chmod = |mode: &str, path: &str| drop(project.program("chmod", [mode, path]).ok());
    chmod("+x", "raw/b");
    let why = project.minipach(["why", "p:.", "--json"]).code(0).json();
    let reasons = serde_json::json!([{"kind": "mode", "name": "y", "path": "raw/b", "is_executable": true}]);
    assert_eq!(why["reasons"], reasons, "{why}");
    project.minipach(["why", "p:."]).code(0).says("the mode of `raw/b` changed: it may be executed now");
    project.minipach(["status"]).code(0).says("the mode of `raw/b` changed");
    project.minipach(["run", "--save"]).ok();
    chmod("-x", "raw/b");
    chmod("+x", "raw/a");
    let why =
        project.minipach(["why", "p:."]).code(0).says("`raw/b` changed: it may not be executed any more");
    why.says("`raw/a` changed: it may be executed now");
}

#[test]
fn modules_and_what_stands_behind_a_cd_are_code() {
    let project = Project::new();
    project.write("raw/a", "one\n").write_all(&[
        ("code/r.sh", "sh s.sh\n"),
        ("code/s.sh", "cat\n"),
        ("code/other.sh", "cat\n"),
        ("pkg/__init__.py", ""),
        ("pkg/mod.py", "from . import near\nfrom pkg.far import x\n"),
        ("pkg/near.py", ""),
        ("pkg/far.py", "x = 1\n"),
        ("pkg/unused.py", ""),
        ("tools/steps/__init__.py", ""),
        ("tools/steps/__main__.py", "import steps.one\n"),
        ("tools/steps/one.py", ""),
        ("tools/Makefile", "all:\n\tsh many.sh\n"),
        ("tools/many.sh", "cat\n"),
    ]);
    let spec = |cmd: &str| {
        format!("input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: {cmd}}}\n")
    };
    let module = ["pkg/__init__.py", "pkg/far.py", "pkg/mod.py", "pkg/near.py"].as_slice();
    let steps = ["tools/steps/__init__.py", "tools/steps/__main__.py", "tools/steps/one.py"].as_slice();
    for (cmd, code) in [
        ("[sh, -c, 'cd code && sh r.sh']", ["code/r.sh", "code/s.sh"].as_slice()),
        ("[python3, -m, pkg.mod]", module),
        ("[sh, -c, 'python3 -m pkg.mod $raw']", module),
        ("[sh, -c, 'cd tools; python3 -m steps']", steps),
        ("[python3, -m, steps], working_dir: tools", steps),
        ("[python3, -m, steps], env: {PYTHONPATH: tools}", steps),
        ("[sh, -c, 'PYTHONPATH=$PWD/tools python3 -m steps']", steps),
        ("[sh, -c, 'cd tools && python3 -c \"import sys; import steps.one\"']", &[steps[0], steps[2]]),
        ("[python3, -c, 'import pkg.far; print(1)']", &module[..2]),
        ("[make, -C, tools, all]", &["tools/Makefile", "tools/many.sh"]),
        ("[git, commit, -m, 'raw']", &[]),
    ] {
        project.spec("p", &spec(cmd)).commit("a spec");
        let datum = project.minipach(["datums", "p", "--json"]).code(0).json();
        assert_eq!(datum["code"], Value::from(code.to_vec()), "{cmd}");
        assert!(!project.minipach(["check"]).stdout.contains("MP118"), "{cmd}");
    }
}

/// An image is built from a folder: the file of it that changed is named, whether or not the change is committed.
#[test]
fn a_file_that_an_image_is_made_of_is_named() {
    let project = Project::new();
    project.write_all(&[
        ("raw/a.txt", "a\n"),
        ("raw/b.txt", "b\n"),
        ("env/Dockerfile", "FROM localhost/tool:1\nCOPY tool.sh lib /usr/bin/\n"),
        ("env/tool.sh", "one\n"),
        ("env/lib/a.sh", "a\n"),
    ]);
    let spec = |more: &str| {
        format!(
            "input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, 'echo > $PFS/out/x']{more}}}\n"
        )
    };
    project.spec("make", &spec("")).commit("all");
    project.minipach(["run"]).ok();
    // What was made is as good as what the image would make.
    project.spec("make", &spec(", dockerfile: env/Dockerfile")).commit("an image");
    project.minipach(["accept", "make"]).ok();
    project.write("notes.txt", "later\n").commit("notes");

    project.write("env/tool.sh", "two\n").write("env/lib/b.sh", "b\n");
    let said = project.minipach(["why", "make:a"]).says("`env/tool.sh` changed, which its image is made of");
    said.says("its image is made of `env/lib/b.sh` too now");
    project.remove("env/lib/b.sh").commit("another tool");
    let said = project.minipach(["why", "make:a", "--json"]).json();
    let reason = &said["reasons"][0];
    assert_eq!((&reason["kind"], &reason["path"]), (&"image".into(), &"env/tool.sh".into()), "{said}");
    project.minipach(["status"]).says("`env/tool.sh` changed, which its image is made of");
}
