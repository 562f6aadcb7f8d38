//! `check` as a tool: mending, silencing, baselines, staged files, and the forms that other programs read.

use crate::support::{self, Project, peer};
use serde_json::{Value, json};

const SPEC: &str = "\
input:
  pfs: {repo: raw/t1, glob: \"/(*).nii\"}
output: /$1
transform:
  cmd: [code/run.sh]
";

/// A project with something to mend of each kind, safely and not.
fn messy() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("raw/t1/a.nii", "a\n"),
        ("code/run.sh", "#!/bin/sh\ncp \"$t1\" /scratch/lab/x \"$PFS/out/\"\n"),
        (
            "fs/spec.yml",
            &SPEC.replace("raw/t1", "raw/t2").replace(
                "output: /$1",
                "output: /$1
datum_tries: 2
datumTimeout: 5m",
            ),
        ),
    ]);
    project.commit("a study");
    project
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

#[test]
fn what_is_safe_is_mended_and_the_second_time_nothing_is() {
    let project = messy();
    let found = project.minipach(["check", "--json"]).code(1).json();
    assert_eq!(codes(&found), ["MP201", "MP213", "MP131", "MP204", "MP104", "MP005"], "{found:#}");
    assert_eq!(found["summary"]["fixable"], 4);
    let before = project.changed();
    let patch = project.minipach(["check", "--fix", "--diff"]).code(1).stdout;
    assert_eq!(project.changed(), before, "a patch changes nothing");
    let mended = project.minipach(["check", "--fix"]).code(1);
    mended
        .says("mended MP005 in `fs/spec.yml`: write `datum_timeout` for `datumTimeout`")
        .says("mended MP131 in `code/run.sh`");
    assert!(project.read("fs/spec.yml").contains("datum_timeout: 5m\n"));
    assert!(project.read("README.md").starts_with("# "));
    project.git(["diff", "--quiet", "--", "raw"]);
    // The patch says the same as what was done.
    let again = messy();
    std::fs::write(again.home().join("patch"), &patch).expect("it is written");
    again.git(["apply", "../patch"]);
    let name =
        |project: &Project| project.root().file_name().expect("it has one").to_string_lossy().into_owned();
    for path in ["fs/spec.yml", ".gitattributes", "code/run.sh", "README.md"] {
        let same = again.read(path).replace(&name(&again), &name(&project));
        assert_eq!(same, project.read(path), "{path}");
    }
    assert!(again.git(["diff", "--summary"]).contains("mode change 100644 => 100755 code/run.sh"));
    let at_rest = project.minipach(["check", "--fix"]).code(1);
    assert!(!at_rest.stderr.contains("mended"), "{}", at_rest.stderr);
    assert_eq!(project.minipach(["check", "--fix", "--diff"]).code(0).stdout, "");
    project.minipach(["check", "--unsafe-fixes", "--allow-dirty"]).code(1).says("change to `raw/t1`");
    assert_eq!(codes(&project.minipach(["check", "--json"]).code(1).json()), ["MP302", "MP204"]);
}

#[test]
fn only_what_git_does_not_have_is_not_mended_unasked() {
    let project = messy();
    project.write("fs/spec.yml", SPEC.replace("raw/t1", "raw/t2").as_bytes());
    let refused = project.minipach(["check", "--unsafe-fixes"]).code(4);
    refused.says("`fs/spec.yml` would change, but git does not have what stands there").says("--allow-dirty");
    assert!(project.read("fs/spec.yml").contains("raw/t2"), "what git does not have stays");
    assert!(project.exists("README.md"), "everything else is mended");
    project.minipach(["check", "--unsafe-fixes", "--allow-dirty"]).code(1);
    assert_eq!(project.read("fs/spec.yml"), SPEC);
}

#[test]
fn what_cannot_be_mended_keeps_nothing_else_from_it() {
    let script = "#!/bin/sh\r\nprintf 'x\ry'\r\n";
    for (is_linked, told) in [(false, "git ignores it or it is no file"), (true, "is a link or no file")] {
        let project = messy();
        project.write("code/crlf.sh", script).write(".gitignore", "README.md\n");
        project.commit("more");
        project.write("README.md", "mine\n");
        if is_linked {
            drop(std::fs::remove_file(project.path(".gitattributes")));
            std::os::unix::fs::symlink("minipach.yml", project.path(".gitattributes")).expect("a link");
            project.commit("a link");
        }
        let patch = project.minipach(["check", "--diff"]).code(1).stdout;
        std::fs::write(project.home().join("patch"), patch).expect("it is written");
        project.git(["apply", "--check", "../patch"]);
        let said = project.minipach(["check", "--fix"]).code(1);
        assert_eq!(project.read("code/crlf.sh"), script.replace("\r\n", "\n"), "{is_linked}");
        assert_eq!(project.read("README.md"), "mine\n");
        said.says(told).says("mended MP131 in `code/run.sh`");
        assert!(!project.minipach(["check", "--fix"]).code(1).stderr.contains("mended MP"));
    }
}

#[test]
fn errors_in_the_projects_file_hide_nothing_else() {
    let project = Project::new();
    project.write("raw/t1/a.nii", "a\n").write("fs/spec.yml", SPEC);
    project.write("code/run.sh", "cp \"$t1\" \"$PFS/out/\"\n").write("minipach.yml", "name: x\n");
    project.commit("a study");
    let found = |project: &Project| {
        let report = project.minipach(["check", "--json"]).json();
        let found = codes(&report).into_iter().map(str::to_owned).collect::<Vec<_>>();
        found.into_iter().filter(|code| code.as_str() != "MP302").collect::<Vec<_>>()
    };
    project.write("fs/spec.yml", SPEC.replace("run.sh", "gone.sh").replace("nii", "gz")).commit("broken");
    let whole = found(&project);
    assert!(whole.iter().any(|code| code == "MP118") && whole.len() > 1, "{whole:?}");
    project.write("minipach.yml", "name: x\nsandbx: auto\n").commit("worse");
    let mut with_error = found(&project);
    assert!(with_error.iter().any(|code| code == "MP002"), "{with_error:?}");
    with_error.retain(|code| code != "MP002");
    assert_eq!(with_error, whole);
    // What is silenced stays so, and what silences it is not called unused for it.
    project.write("minipach.yml", "name: x\nsandbx: auto\ncheck: {ignore: [MP118]}\n").commit("less");
    assert!(!found(&project).iter().any(|code| code == "MP118" || code == "MP902"));
}

#[test]
fn no_mending_gives_a_field_twice() {
    let project = Project::new();
    let spec = "input: {pfs: {repo: raw, glob: /*, golb: /}}\ntransform: {cmd: [sh, -c, 'true > /pfs/out/x']}\ndatum_treis: 2\ndatum_trise: 3\n";
    project.write("raw/a", "a\n").write("p/spec.yml", spec).commit("x");
    project.minipach(["check", "--unsafe-fixes"]).code(1).says("did you mean `glob`? line 1 has that");
    assert_eq!(project.read("p/spec.yml"), spec.replace("datum_treis", "datum_tries"));
    project.minipach(["check", "--unsafe-fixes", "--allow-dirty"]).code(1).says("line 3 has that");
    assert_eq!(project.read("p/spec.yml"), spec.replace("datum_treis", "datum_tries"));
}

#[test]
fn line_ends_are_seen_in_any_encoding() {
    let project = Project::new();
    project.write("README.md", "r\n").write("code/a.sh", b"#!/bin/sh\r\necho \xe9\r\n").commit("x");
    let said = project.minipach(["check", "--select", "MP214"]).code(1);
    said.says("line ends of Windows").says(r"sed -i 's/\r$//' code/a.sh");
}

#[test]
fn a_line_for_a_shell_is_not_cut_into_words() {
    let project = Project::new();
    project.write("raw/a", "a\n");
    project.spec("p", "input: {pfs: {repo: raw, glob: /*}}\ntransform: {cmd: 'sh x | cat'}\n").commit("x");
    project.minipach(["check"]).code(1).says(r#"only a shell understands it: `["sh", "-c", "sh x | cat"]`"#);
}

#[test]
fn what_is_not_shown_fails_nothing() {
    let project = Project::new();
    project.write("x", "x\n").commit("x");
    project.minipach(["check", "--select", "MP201"]).code(1).says("no README");
    project.minipach(["check", "--select", "MP201", "--severity", "error"]).code(0).says("no findings");
}

#[test]
fn rules_are_selected_ignored_and_rated() {
    let project = messy();
    let found = |args: &[&str], code: i32| {
        let words = [&["check", "--json"], args].concat();
        let report = project.typed(&words).code(code).json();
        codes(&report).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found(&["--select", "MP2"], 1), ["MP201", "MP213", "MP204"]);
    assert_eq!(found(&["--select", "MP2", "--ignore", "absolute-path,MP201"], 0), ["MP213"]);
    assert_eq!(found(&["--severity", "error"], 1), ["MP104"]);
    assert_eq!(found(&["code"], 1), ["MP131", "MP204"]);
    assert_eq!(found(&["--select", "MP204", "--fail-on", "error"], 0), ["MP204"]);
    assert_eq!(found(&["--exit-zero"], 0).len(), 6);
    project
        .minipach(["check", "--select", "MP2004"])
        .code(2)
        .says("there is no rule `MP2004`; did you mean `MP004`?");
    project.minipach(["check", "nowhere"]).code(2).says("`nowhere` is not in the project");
    project.minipach(["check", "../elsewhere"]).code(2).says("outside of the project");
    project.write(
        "minipach.yml",
        "check:\n  ignore: [MP213, MP201]\n  per_file_ignores: {'code/**': [MP131]}\n  severity: {absolute-path: error}\n  fail_on: error\n",
    );
    let report = project.minipach(["check", "--json", "--ignore", "MP1", "--show-suppressed"]).code(1).json();
    assert_eq!(codes(&report), ["MP204", "MP005"]);
    assert_eq!(report["findings"][0]["severity"], "error");
    project.write("minipach.yml", "check: {severity: {MP204: grave}, fail_on: never}\n");
    project.minipach(["check"]).code(1).says("must be `error` or `warning` or `info`");
}

#[test]
fn comments_silence_their_line_and_files() {
    let project = messy();
    let script = "#!/bin/sh\n# minipach: ignore[MP204] the same on all our machines\ncp \"$t1\" /scratch/lab/x \"$PFS/out/\"\ncp /scratch/y \"$PFS/out/\"\n";
    project.write("code/run.sh", script);
    let report =
        project.minipach(["check", "--select", "MP204", "--json", "--show-suppressed"]).code(1).json();
    assert_eq!((codes(&report), &report["summary"]["silenced"]), (vec!["MP204", "MP204"], &json!(1)));
    assert_eq!(report["findings"][1]["silenced"]["reason"], "the same on all our machines");
    project.minipach(["check", "--select", "MP204"]).code(1).says("found 1 warning (1 silenced)");
    project.write("code/run.sh", format!("{script}# minipach: ignore-file[MP2] a script of the lab\n"));
    project.minipach(["check", "--select", "MP204"]).code(0).says("no findings (2 silenced)");
    project.write(
        "code/run.sh",
        "#!/bin/sh\n# minipach: ignore[MP204] once it was so\ncp \"$t1\" \"$PFS/out/\"\n",
    );
    project
        .minipach(["check", "--select", "MP204,MP902", "--fix", "--allow-dirty"])
        .code(0)
        .says("mended MP902");
    assert_eq!(project.read("code/run.sh"), "#!/bin/sh\ncp \"$t1\" \"$PFS/out/\"\n");
}

#[test]
fn a_baseline_lets_only_what_is_new_count() {
    let project = messy();
    let line = "check: {baseline: .minipach/baseline.json}";
    let written = project.minipach(["check", "--write-baseline"]).code(0);
    written.says("6 findings are known now").says(&format!("says `{line}`, or by `--baseline FILE`"));
    project.write("minipach.yml", format!("{line}\n"));
    let written = project.minipach(["check", "--write-baseline"]).code(0);
    assert!(!written.stderr.contains("--baseline FILE"), "{}", written.stderr);
    project.minipach(["check"]).code(0).says("6 known to the baseline");
    project.write("code/more.sh", "cat /scratch/lab/z\n");
    let report = project.minipach(["check", "--json"]).code(1).json();
    assert_eq!((codes(&report), &report["findings"][0]["path"]), (vec!["MP204"], &json!("code/more.sh")));
    // Lines that move are the same finding.
    project
        .remove("code/more.sh")
        .write("code/run.sh", "#!/bin/sh\n\n\ncp \"$t1\" /scratch/lab/x \"$PFS/out/\"\n");
    let report = project.minipach(["check", "--json", "--ignore", "MP302"]).code(0).json();
    assert_eq!(codes(&report), Vec::<&str>::new(), "{report:#}");
    project.write(".minipach/baseline.json", "no baseline\n");
    project.minipach(["check"]).code(2).says("is no baseline");
    project.minipach(["check", "--baseline", "nowhere"]).code(2).says("cannot read the baseline `nowhere`");
}

/// Who looks at some files or rules alone keeps what the baseline knows of the others.
#[test]
fn a_baseline_of_some_files_or_rules_keeps_what_it_knows_of_others() {
    let project = messy();
    project.minipach(["check", "--write-baseline"]).code(0).says("6 findings are known now");
    project.write("minipach.yml", "check: {baseline: .minipach/baseline.json}\n");
    project.write("code/more.sh", "cat /scratch/lab/z\n");
    project.git(["add", "code/more.sh"]);
    // What is staged counts, and not what was written since.
    project.write("code/more.sh", "cat /scratch/lab/other\n");
    project.minipach(["check", "--staged", "--write-baseline"]).code(0).says("7 findings are known now");
    project.write("code/more.sh", "cat /scratch/lab/z\n");
    project.minipach(["check"]).code(0).says("7 known to the baseline");
    for some in [["code/run.sh"].as_slice(), &["--select", "MP204"], &["--ignore", "MP204"]] {
        project
            .typed(&[&["check", "--write-baseline"], some].concat())
            .code(0)
            .says("7 findings are known now");
    }
    project.remove("code/more.sh").minipach(["check", "--write-baseline"]).code(0).says("6 findings");
}

#[test]
fn before_a_commit_only_what_is_staged_counts() {
    let project = messy();
    project.minipach(["check", "--staged"]).code(0).says("no findings");
    project.write("code/more.sh", "cat /scratch/lab/z\n").write("code/other.sh", "cat /scratch/lab/z\n");
    project.git(["add", "code/more.sh"]);
    let report = project.minipach(["check", "--staged", "--json"]).code(1).json();
    assert_eq!((codes(&report), &report["findings"][0]["path"]), (vec!["MP204"], &json!("code/more.sh")));
}

/// What mends files mends those of the work tree: these must be the staged ones.
#[test]
fn what_is_staged_is_mended_where_it_stands_so_alone() {
    let project = messy();
    let sound = project.read("fs/spec.yml");
    project.write("code/run.sh", "#!/bin/sh\r\ntrue\r\n").write("fs/spec.yml", format!("{sound}# x\n"));
    project.git(["add", "code", "fs"]);
    project.write("fs/spec.yml", &sound);
    for mends in ["--fix", "--diff", "--unsafe-fixes"] {
        let ended = project.minipach(["check", "--staged", mends]);
        ended.code(2).says("`fs/spec.yml` is not as it is staged").says("`git add fs/spec.yml`");
    }
    assert!(project.read("code/run.sh").contains('\r'));
    project.git(["add", "fs"]);
    project.minipach(["check", "--staged", "--diff"]).code(1).says("+true");
    // The commit would hold what was staged, and not what was mended.
    let ended = project.minipach(["check", "--staged", "--fix", "--select", "MP214"]).code(1);
    ended.says("mended MP214 in `code/run.sh`").says("`git add code/run.sh` and commit again");
    assert_eq!(project.read("code/run.sh"), "#!/bin/sh\ntrue\n");
    project.minipach(["check", "--staged", "--select", "MP214", "--json"]).code(1).says("code/run.sh");
    project.git(["add", "code"]);
    project.minipach(["check", "--staged", "--fix", "--select", "MP214"]).code(0).says("no findings");
}

/// `git commit -a` and `git commit PATH` make their commit of an index of their own.
#[test]
fn a_hook_sees_what_the_commit_would_hold() {
    let project = messy();
    let hook = format!("#!/bin/sh\n'{}' check --staged\n", env!("CARGO_BIN_EXE_minipach"));
    project.script(".git/hooks/pre-commit", &hook);
    let (sound, head) = (project.read("fs/spec.yml"), project.head());
    project.write("fs/spec.yml", format!("{sound}bogus: 1\n")).write("code/other.sh", "true\n");
    for words in [&["commit", "-qam", "all"][..], &["commit", "-qm", "path", "fs/spec.yml"]] {
        let mut git = project.command("git");
        support::finish({
            git.args(words);
            git
        })
        .code(1)
        .says("unknown field `bogus`");
    }
    assert_eq!(project.head(), head);
    project.git(["add", "fs"]);
    project
        .write("fs/spec.yml", &sound)
        .program("git", ["commit", "-qm", "index"])
        .code(1)
        .says("unknown field `bogus`");
    project.minipach(["check", "--staged", "--json"]).code(1).says("\"fs/spec.yml\"");
    project.git(["add", "fs"]);
    project.write("fs/spec.yml", format!("{sound}bogus: 1\n")).git(["add", "code/other.sh"]);
    project.minipach(["check", "--staged"]).code(0).says("no findings");
    // What is staged stays as it was, with all that git remembers of it.
    project.git(["fsck"]);
    project.git(["gc", "-q"]);
    project.git(["commit", "-qm", "other"]);
    assert!(
        !project
            .path(".git/minipach")
            .read_dir()
            .expect("it stands")
            .any(|entry| { entry.expect("it reads").file_name().to_string_lossy().starts_with("past-") }),
        "nothing is left that was laid out"
    );
}

#[test]
fn every_form_is_one_that_its_readers_take() {
    let project = messy();
    let form = |form: &str| project.typed(&["check", "--output-format", form]).code(1).stdout;
    assert_eq!(form("jsonl").lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 6);
    assert!(form("concise").contains("fs/spec.yml:2:15: error[MP104] input repo `raw/t2` does not exist\n"));
    assert!(form("github").starts_with("::error title=MP104"), "{}", form("github"));
    assert_eq!(
        serde_json::from_str::<Value>(&form("gitlab")).expect("it is JSON").as_array().map(Vec::len),
        Some(6)
    );
    let notes = form("jsonl").matches("\"severity\":\"info\"").count();
    assert!((1..6).contains(&notes), "{}", form("jsonl"));
    assert!(form("junit").contains(&format!("tests=\"6\" failures=\"{}\"", 6 - notes)), "{}", form("junit"));
    assert!(form("markdown").contains("| error | MP104 missing-repo | fs/spec.yml:2:15 |"));
    let counted = project.minipach(["check", "--statistics"]).code(1).stdout;
    assert!(counted.contains("     1  MP131 * warning  not-executable\n"), "{counted}");
    project.minipach(["check", "--statistics", "--output-format", "json"]).code(2);
}

#[test]
fn sarif_is_as_its_schema_says() {
    let (Some(python), Some(schema)) = (peer("python-with-validators"), peer("sarif-schema.json")) else {
        return;
    };
    let project = messy();
    project.write("code/more.sh", "cat /scratch/lab/z # minipach: ignore[MP204] it is there everywhere\n");
    let log = project.home().join("check.sarif");
    std::fs::write(&log, project.minipach(["check", "--output-format", "sarif"]).code(1).stdout)
        .expect("it is written");
    let script = "import json, sys, jsonschema\n\
                  schema, log = (json.load(open(path)) for path in sys.argv[1:])\n\
                  jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)\n\
                  run = log['runs'][0]\n\
                  print(len(run['results']), sum('suppressions' in result for result in run['results']), sum('fixes' in result for result in run['results']))";
    let mut command = project.command(python);
    command.args(["-c", script]).arg(schema).arg(&log);
    assert_eq!(support::finish(command).code(0).stdout, "7 1 2\n");
}

#[test]
fn a_rule_that_is_found_often_is_told_together() {
    let project = messy();
    for number in 0..20 {
        project.write(&format!("code/{number}.sh"), "cat /scratch/lab/z\n");
    }
    let said = project.minipach(["check"]).code(1);
    assert_eq!(said.stdout.matches("[MP204]").count(), 1, "{}", said.stdout);
    said.says("and 20 more of absolute-path; `minipach check --select MP204` shows them")
        .says("found 1 error, 23 warnings");
    let all = project.minipach(["check", "-v"]).code(1);
    // What is said of several places stands there once.
    assert!(
        all.stdout.contains("also at `code/1.sh:1:5`") && all.stdout.contains("code/run.sh:2:10"),
        "{}",
        all.stdout
    );
}

#[test]
fn rules_explain_themselves() {
    let project = Project::new();
    project.minipach(["rule", "MP104"]).code(0).says("# MP104 missing-repo").says("## Good");
    project.minipach(["rule", "missing-repo"]).code(0).says("# MP104 missing-repo");
    project.minipach(["check", "--explain", "mp104"]).code(0).says("# MP104 missing-repo");
    project.minipach(["rule", "MP10"]).code(2).says("MP101, MP102");
    project.minipach(["rule", "misssing-repo"]).code(2).says("did you mean `missing-repo`?");
    assert_eq!(project.minipach(["rule", "MP306", "--json"]).code(0).json()["on_request"], true);
    let list = project.minipach(["check", "--list-rules"]).code(0).stdout;
    assert!(list.lines().count() > 75 && list.lines().all(|line| line.starts_with("MP")), "{list}");
}

#[test]
fn a_file_is_looked_at_as_an_editor_has_it() {
    let project = messy();
    let with = |file: &str, text: &str| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(["check", "--json", "--stdin-filename", file]);
        project.write("../buffer", text);
        command.stdin(std::fs::File::open(project.path("../buffer")).expect("it was just written"));
        support::finish(command)
    };
    let sound = "input: {pfs: {repo: raw, glob: '/*'}}\ntransform: {cmd: [cp, -r, /pfs/raw, /pfs/out]}\n";
    for (file, text, code) in [
        ("new/spec.yml", sound, None),
        ("new/spec.yml", "input: {pfs: {repo: rwa, glob: '/*'}}\noutput: /x\n", Some("MP104")),
        ("new/spec.yml", "input: [\n", Some("MP001")),
        ("code/run.sh", "#!/bin/sh\ncat ~/x\n", Some("MP206")),
    ] {
        let report = with(file, text).json();
        assert!(code.is_none_or(|code| codes(&report).contains(&code)), "{report}");
        assert!(code.is_some() || !codes(&report).iter().any(|code| code.starts_with("MP1")), "{report}");
        assert!(report["findings"].as_array().is_some_and(|all| all.iter().all(|one| one["path"] == file)));
        assert!(!project.exists("new") && project.changed().is_empty(), "nothing is written");
    }
}

#[test]
fn the_bids_validator_is_asked_where_that_is_wanted() {
    let project = Project::new();
    project.write_all(&[
        ("raw/bids/sub-01/anat/sub-01_T1w.json", "{\"EchoTime\": }\n"),
        ("raw/bids/participants.tsv", "participant_id\tage\nsub-01\tx\n"),
        ("raw/bids/dataset_description.json", "{\"Name\": \"x\", \"BIDSVersion\": \"1.9.0\"}\n"),
    ]);
    project.commit("data");
    let mut without = project.command(env!("CARGO_BIN_EXE_minipach"));
    without.args(["check", "--bids"]).env("PATH", "/usr/bin:/bin");
    support::finish(without).code(5).says("pip install bids-validator-deno");
    if peer("bids-validator-deno").is_none() {
        return;
    }
    let report = project.typed(&["check", "--bids", "--json"]).code(1).json();
    let all = report["findings"].as_array().expect("a list");
    let said = |word: &str| {
        let is_meant = |one: &&Value| one["message"].as_str().is_some_and(|text| text.starts_with(word));
        all.iter().find(is_meant).unwrap_or_else(|| panic!("{word} is not in {report}"))
    };
    let broken = said("JSON_INVALID");
    assert_eq!((broken["code"].as_str(), broken["severity"].as_str()), (Some("MP605"), Some("error")));
    assert_eq!(broken["path"], "raw/bids/sub-01/anat/sub-01_T1w.json");
    assert_eq!(said("TSV_VALUE_INCORRECT_TYPE `age`")["span"]["line"], 2);
    assert_eq!(said("JSON_KEY_RECOMMENDED `License`")["severity"], "warning");
    assert!(
        codes(&report).contains(&"MP604") || codes(&report).contains(&"MP201"),
        "other rules go on: {report}"
    );
    assert!(
        !codes(&project.typed(&["check", "--json"]).json()).contains(&"MP605"),
        "only where it is wanted"
    );
}

/// `check` does not fail for a note, and neither does a service that reads the tests.
#[test]
fn notes_are_no_failures_of_tests() {
    let project = Project::new();
    project.write("lost.sh", "echo\n").commit("it");
    let check = ["check", "--select", "MP202", "--output-format", "junit"];
    let said = project.minipach(check).code(0);
    assert!(
        said.stdout.contains("failures=\"0\"") && said.stdout.contains("<system-out>"),
        "{}",
        said.stdout
    );
    let mut strict = project.command(env!("CARGO_BIN_EXE_minipach"));
    strict.args(check).args(["--fail-on", "info"]);
    assert!(support::finish(strict).code(1).stdout.contains("failures=\"1\""));
}
