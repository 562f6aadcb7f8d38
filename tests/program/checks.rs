//! What `check` finds in files, rules of git and the machine: each where it should, and silent elsewhere.

use crate::support::Project;

const SPEC: &str =
    "input: {pfs: {repo: raw/t1, glob: '/*.nii'}}\noutput: /\ntransform: {cmd: [sh, code/run.sh]}\n";

/// A project in which nothing is wrong.
fn sound() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("README.md", "a study\n"),
        ("raw/t1/a.nii", "a\n"),
        ("code/run.sh", "cat \"$t1\" > \"$PFS/out/copy\"\n"),
    ]);
    project.write(".gitattributes", "/fs/** -merge\n/fs/spec.yml merge\n");
    project.spec("fs", SPEC);
    project
}

#[test]
fn a_sound_project_has_no_findings() {
    sound().minipach(["check"]).code(0).says("no findings");
}

#[test]
fn a_spec_that_is_not_read_is_told_with_the_reason() {
    let project = sound();
    project.write("fs/spec.json", "{\"input\": {}, \"output\": \"/\"}");
    project.write("other/spec.json", "{\"input\": {}, \"output\": \"/\"}");
    std::os::unix::fs::symlink("fs", project.path("twin")).expect("a link can be made");
    std::os::unix::fs::symlink("../raw", project.path("fs/raw")).expect("a link can be made");
    let said = project.minipach(["check", "--select", "MP218", "--output-format", "jsonl"]).code(1);
    let said = said.says("`spec.json` is not read, since `fs/spec.yml` is the spec of `fs`");
    let said = said.says("`other` is no pipeline, since its spec is called `spec.json`");
    let said = said.says("`twin` is no pipeline, since it is a link to a folder with a spec");
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
}

#[test]
fn input_that_git_ignores_is_told_with_the_rule() {
    let project = sound();
    project.write(".gitignore", "# scans\n/raw\n");
    let said = project.minipach(["check"]).code(1).says("error[MP128]").says("fs/spec.yml:1:21");
    said.says("git ignores the files of `raw/t1`").says("`raw/t1/a.nii` is ignored by `/raw` (.gitignore:2)");
    project.minipach(["run"]).code(3).says("git ignores the files of `raw/t1`");
    project.git(["add", "-f", "raw"]);
    project.minipach(["check"]).code(0);
}

#[test]
fn a_glob_that_takes_only_ignored_files_is_told_with_the_rule() {
    let project = sound();
    project.write("raw/t1/README", "scans\n").write("raw/.gitignore", "*.nii\n");
    let said = project.minipach(["check"]).code(1).says("MP107").says("it was tried on `raw/t1/README`");
    said.says("it would take `raw/t1/a.nii`, but that is ignored by `*.nii` (raw/.gitignore:1)");
    project.write("raw/.gitignore", "*.gz\n").write("raw/t1/b.gz", "b\n");
    project.minipach(["check"]).code(0);
    project.remove("raw/t1/a.nii");
    let said = project.minipach(["check"]).code(1).says("MP107");
    assert!(!said.stdout.contains("ignored by"), "{}", said.stdout);
}

#[test]
fn folders_that_sites_keep_data_in_are_told() {
    let project = sound();
    for (line, is_told) in [
        ("cp /data/atlas/mni.nii \"$PFS/out\"", true),
        ("cp --from=/datasets/x.nii \"$PFS/out\"", true),
        ("run /data /out participant", false),
        ("cp /usr/share/data/x.nii raw/data/y.nii \"$PFS/out\"", false),
    ] {
        project.write("code/run.sh", format!("cat \"$t1\"\n{line}\n"));
        let found = project.minipach(["check", "--select", "MP204"]).stdout.contains("MP204");
        assert_eq!(found, is_told, "{line}");
    }
}

/// A sweep whose command takes a parameter as if somebody set it.
#[test]
fn a_variable_that_nothing_sets_tells_of_the_input_that_has_it() {
    let project = sound();
    let spec = |script: &str| {
        format!(
            "input:\n  cross:\n  - pfs: {{repo: raw/t1, glob: /}}\n  - pfs: {{repo: raw/params, glob: '/(*).json'}}\noutput: /$1\n\
             transform: {{cmd: [sh, -c, '{script}']}}\n"
        )
    };
    project.write("raw/params/a.json", "{\"rate\": 0.1}\n");
    for script in ["cat $t1/* > $PFS/out/x; echo $rate", "fit --rate ${rate} $t1"] {
        project.spec("fs", &spec(script));
        let said = project.minipach(["check", "--select", "MP129"]).says("never mentions its input `params`");
        said.says("nothing sets `$rate`").says("at `/pfs/params` (`$params`)");
    }
    for script in ["fit --rate ${rate} $t1 $params", "fit --input x", "rate=1; fit $rate", "fit ${rate:-2}"] {
        project.spec("fs", &spec(script));
        project.minipach(["check", "--select", "MP129"]).says("no findings");
    }
}

#[test]
fn an_empty_input_is_not_called_missing() {
    let project = sound();
    project.remove("raw/t1/a.nii");
    project.minipach(["check"]).code(1).says("input repo `raw/t1` is empty");
    project.remove("raw");
    project.minipach(["check"]).code(1).says("input repo `raw/t1` does not exist");
}

#[test]
fn a_linked_data_folder_is_told_with_where_it_leads() {
    let project = sound();
    let outside = project.home().join("scans");
    std::fs::rename(project.path("raw/t1"), &outside).expect("it stands there");
    std::os::unix::fs::symlink(&outside, project.path("raw/t1")).expect("nothing stands there");
    let link =
        format!("`raw/t1` is a link to `{}`, and links to folders are not followed", outside.display());
    let said = project.minipach(["check"]).code(1).says("error[MP104]").says(&link);
    said.says("a repo is a real folder inside the project, or a subdataset");
    project.minipach(["run"]).code(3).says(&link);
    project.remove("raw");
    project.write("data/t1/a.nii", "a\n");
    std::os::unix::fs::symlink("data", project.path("raw")).expect("nothing stands there");
    let said = project.minipach(["check"]).code(1).says("`raw/t1` lies behind `raw`, a link to `data`");
    said.says("read `repo: data/t1` itself");
}

#[test]
fn findings_are_counted_as_they_are_called() {
    let project = sound();
    project.spec("two", &SPEC.replace("/*.nii", "/*.gz")).spec("three", &SPEC.replace("[sh,", "[no-such,"));
    let output =
        "input: {pfs: {name: x, repo: raw/t1, glob: '/*'}}\noutput: /${y.1}\ntransform: {cmd: [sh]}\n";
    project.spec("four", output).spec("five", &SPEC.replace("raw/t1", "four"));
    let said = project.minipach(["check"]).code(1);
    let drawn = |word: &str| said.stdout.lines().filter(|line| line.starts_with(&format!("{word}["))).count();
    let counts = [drawn("error"), drawn("warning"), drawn("info")];
    assert_eq!(counts, [1, 1, 3], "{}", said.stdout);
    assert!(said.stdout.contains("\nfound 1 error, 1 warning and 3 infos\n"), "{}", said.stdout);
}

#[test]
fn what_cannot_be_planned_is_one_error_and_not_one_for_each_that_reads_it() {
    let project = sound();
    project.write("raw/t1/b.nii", "b\n");
    let clash = "input: {pfs: {repo: raw/t1, glob: '/(*)'}}\noutput: /x\ntransform: {cmd: [sh]}\n";
    project.spec("fs", clash).spec("next", &SPEC.replace("raw/t1", "fs").replace("/*.nii", "/"));
    let said = project.minipach(["check"]).code(1).says("error[MP113]");
    said.says("info[MP127]: `next` is left out of plans and runs: it needs `fs`, which cannot be planned");
}

#[test]
fn a_script_that_is_not_there_is_told() {
    let project = sound();
    project.rename("code/run.sh", "code/rum.sh");
    let said = project.minipach(["check"]).code(1).says("warning[MP118]").says("fs/spec.yml:3:23");
    said.says("`code/run.sh` is not in the project").says("did you mean `code/rum.sh`?");
    let warned = "warning[MP118]: `code/run.sh` is not in the project";
    let plan = project.minipach(["plan"]).code(0);
    assert_eq!(plan.stderr.matches(warned).count(), 1, "{}", plan.stderr);
    project.minipach(["run", "--dry-run"]).code(0).says(warned);
    for words in [&["plan", "--json"][..], &["status", "--json"], &["run", "--dry-run", "--json"]] {
        assert_eq!(project.typed(words).code(0).json()["findings"][0]["code"], "MP118", "{words:?}");
    }
    let note = "fs: `code/run.sh` is not in the project (fs/spec.yml:3); did you mean `code/rum.sh`?";
    let run = project.minipach(["run"]).code(1);
    assert_eq!(run.stderr.matches(note).count(), 1, "{}", run.stderr);
    let events: Vec<serde_json::Value> = project.minipach(["run", "--json"]).code(1).json_lines();
    assert!(events.iter().any(|event| event["event"] == "note" && event["message"] == note), "{events:?}");
    // What git ignores may be built here; it is there all the same.
    project.rename("code/rum.sh", "code/run.sh").write(".gitignore", "/code\n");
    project.minipach(["check", "--ignore", "failed-datums"]).code(0);
}

#[test]
fn one_script_that_several_pipelines_lack_is_told_once() {
    let project = sound();
    project.remove("code/run.sh").spec("two", SPEC).spec("three", SPEC);
    let said = project.minipach(["check"]).code(1);
    assert_eq!(said.stdout.matches("`code/run.sh` is not in the project").count(), 1, "{}", said.stdout);
    let said =
        said.says("also at `three/spec.yml:3:23`, `two/spec.yml:3:23`").says("found 3 warnings and 1 info");
    assert_eq!(said.stdout.matches("MP213").count(), 1, "{}", said.stdout);
}

#[test]
fn what_this_machine_cannot_run_is_a_note_in_the_words_of_a_run() {
    let project = sound();
    project.write("envs/a.sif", "an image").write("minipach.yml", "container: podman\n");
    project.spec("fs", &SPEC.replace("cmd:", "image: envs/a.sif, cmd:")).commit("an image");
    let sentence = "podman does not take the image `envs/a.sif` (`container: podman`), but apptainer or singularity would";
    project.minipach(["check"]).code(0).says("info[MP402]").says("fs/spec.yml:3:20").says(sentence);
    project.minipach(["plan"]).code(0).says(sentence).says("that cannot run here");
    project.minipach(["run"]).code(5).says(sentence);
    project.minipach(["status"]).code(0).says(sentence).says("next: minipach why fs");
    project.minipach(["why", "fs"]).code(0).says(sentence);
    project.spec("fs", &SPEC.replace("[sh,", "[no-such-program,"));
    project.minipach(["check"]).code(0).says("info[MP402]").says("`no-such-program` is not found");
}

#[test]
fn what_to_add_to_a_file_stands_on_lines_of_its_own() {
    let project = sound();
    project.remove(".gitattributes");
    let said = project.minipach(["check"]).code(0).says("MP213");
    said.says("add to .gitattributes:\n")
        .says(" /fs/** -merge -text -ident -working-tree-encoding\n")
        .says(" /fs/spec.yml merge\n");
    let found = project.minipach(["check", "--json"]).code(0).json();
    assert_eq!(
        found["findings"][0]["help"],
        "add to .gitattributes:\n/fs/** -merge -text -ident -working-tree-encoding\n/fs/spec.yml merge"
    );
}

#[test]
fn attributes_count_as_they_stand_and_not_as_they_are_staged() {
    let project = sound();
    let lines = "/fs/** -merge -text -ident -working-tree-encoding\n/fs/spec.yml merge\n";
    project.write(".gitattributes", lines).commit("attributes");
    drop(project.minipach(["check"]).code(0).says("no findings"));
    project.write(".gitattributes", "*.md text\n");
    drop(project.minipach(["check"]).code(0).says("MP213"));
}

#[test]
fn what_git_and_datalad_keep_is_told_where_a_glob_takes_it() {
    let project = sound();
    project.write("raw/t1/.gitattributes", "* -text\n");
    let said =
        project.minipach(["glob", "raw/t1", "/*"]).code(0).says("note: it takes `/.gitattributes` too");
    drop(said.says("`[!.]*` in the place of `*`"));
    let said = project.minipach(["glob", "raw/t1", "/[!.]*"]).code(0);
    assert!(!said.stdout.contains(".git") && !said.stderr.contains("note:"), "{said:?}");
}

#[test]
fn an_unpaired_bracket_is_told_where_the_glob_is_tried() {
    let project = sound();
    let said = project.minipach(["glob", "raw/t1", "/(*"]).code(0).says("/a.nii");
    said.says("note: `/(*` has a `(` that is never closed, so it closes at the end; did you mean `/(*)`?");
    let said = project.minipach(["glob", "raw/t1", "/(*)"]).code(0);
    assert!(!said.stderr.contains("note:"), "{}", said.stderr);
}

#[test]
fn what_a_makefile_includes_is_no_script_at_the_root() {
    let project = Project::new();
    project.write("config.mk", "A = 1\n").write("lost.sh", "echo\n").commit("both");
    let said = project.minipach(["check", "--select", "MP202"]).code(0);
    assert!(said.stdout.contains("lost.sh") && !said.stdout.contains("config.mk"), "{}", said.stdout);
    project.minipach(["check", "--select", "MP999"]).code(2).says("`minipach rule` lists them");
}

/// The ledger of a pipeline that has another name now is memory, and no fault to be mended by bringing a spec back.
#[test]
fn the_ledger_of_a_renamed_pipeline_is_told_as_what_it_is() {
    let project = sound();
    project.commit("a study");
    project.minipach(["run"]).code(0);
    project.git(["mv", "fs", "other"]);
    let said = project.minipach(["check", "--select", "MP212"]).says("`fs` has a ledger but no folder");
    let said = said.says("`git rm -r .minipach/ledger/fs.jsonl` forgets it");
    assert!(!said.stdout.contains("put `fs/spec.yml` back"), "{said:?}");
}

const NEXT: &str = "input: {pfs: {repo: raw, glob: /}}\ntransform: {cmd: [sh, code/next.sh]}\n";

/// A change of what is read and is no input makes nothing stale, so it is told, by `check` and before a run.
#[test]
fn results_that_code_reads_and_that_are_no_input_are_told() {
    let project = Project::new();
    project.write("raw/a", "a\n").write("code/next.sh", "cat first/y $PFS/raw/a > $PFS/out/z\n");
    project.spec(
        "first",
        "input: {pfs: {repo: raw, glob: /}}\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/a $PFS/out/y']}\n",
    );
    project.spec("next", NEXT).commit("a study");
    project.minipach(["run", "first"]).ok();
    let told = "`next` reads `first/y`, a result of `first` that is no input of it";
    let check = || project.minipach(["check", "--select", "MP136"]).code(0);
    check().says(told).says("add `pfs: {repo: first, glob: /y}` to the inputs");
    project.minipach(["run"]).code(0).says(told);
    let again = project.minipach(["run"]).code(0);
    assert!(!again.stderr.contains(told), "nothing ran: {}", again.stderr);
    let only_told = "# like first/y\necho \"see first/y\"\ncat $PFS/raw/a > $PFS/out/z\n";
    project.write("code/next.sh", only_told);
    assert!(!check().stdout.contains("first/y"));
    for reads in ["echo $(cat first/y) > $PFS/out/z", "cat \"$PWD/first/y\" $PFS/raw/a > $PFS/out/z"] {
        project.write("code/next.sh", reads);
        check().says(told);
    }
    // What is made from it cannot be an input as well.
    project.write("code/first.sh", "cat next/z $PFS/raw/a > $PFS/out/y\n");
    let first = project.read("first/spec.yml");
    let after = NEXT.replace("repo: raw", "repo: first").replace("next.sh", "own.sh");
    project.write("code/own.sh", "cat $PFS/first/y > $PFS/out/z\n").write("next/spec.yml", after);
    project.write("first/spec.yml", NEXT.replace("next.sh", "first.sh"));
    check().says("`first` reads `next/z`").says("cannot be an input, since `next` is made from `first`");
    project.write("first/spec.yml", first);
    let listed = "input: {cross: [pfs: {repo: raw, glob: /}, pfs: {repo: first, glob: /y}]}\n";
    project.write("next/spec.yml", NEXT.replace("input: {pfs: {repo: raw, glob: /}}\n", listed));
    project.write("code/next.sh", "cat $PFS/first/y $PFS/raw/a > $PFS/out/z\n");
    assert!(!check().stdout.contains("MP136"));
}

#[test]
fn who_finds_no_pipeline_is_told_what_looks_like_one() {
    let project = Project::new();
    project.write(".hid/spec.yml", NEXT).write("edges/spec.json", "{\"input\": {}, \"transform\": {}}");
    for verb in ["check", "plan", "run"] {
        let said =
            project.minipach([verb]).says("`edges` is no pipeline, since its spec is called `spec.json`");
        said.says("`.hid` is no pipeline, since the name `.hid` begins with a dot");
    }
}

#[test]
fn a_key_of_a_capture_that_is_not_there_is_told_by_glob() {
    let project = Project::new();
    project.write("raw/a-b-c", "");
    let glob = |pattern: &str, key: &str| project.typed(&["glob", "raw", pattern, "--join-on", key]).code(0);
    glob("/*", "$1").says("`$1` is always empty: the glob `/*` captures nothing");
    glob("/(*)-(*)-(*)", "$1-$4").says("`$4` is always empty: the glob `/(*)-(*)-(*)` has 3 captures");
    let fine = glob("/(*)-(*)-(*)", "$1-$3");
    assert!(!fine.stderr.contains("note:"), "{}", fine.stderr);
}

#[test]
fn a_place_inside_another_is_named_as_it_is() {
    let project = Project::new();
    let spec = "input: {pfs: {repo: raw, glob: '/(**)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'true']}\n";
    project.write("raw/p/f", "f").spec("n", spec).commit("a study");
    project.minipach(["plan"]).says("have the outputs `p` and `p/f`, one inside the other");
}

#[test]
fn a_hook_of_a_partial_commit_does_not_ask_for_what_is_staged_already() {
    let project = sound();
    project.commit("sound");
    let hook = format!("#!/bin/sh\n'{}' check --staged --fix\n", env!("CARGO_BIN_EXE_minipach"));
    project.script(".git/hooks/pre-commit", &hook);
    project.write("README.md", "another study\n").write("fs/spec.yml", format!("{SPEC}# x\n"));
    project.git(["add", "README.md"]);
    // Where nothing is to be mended, what is not part of the commit is in nobody's way.
    project.program("git", ["commit", "-qm", "sound", "fs/spec.yml"]).code(0);
    project.write("code/run.sh", "#!/bin/sh\r\ntrue\r\n");
    let ended = project.program("git", ["commit", "-qm", "part", "code/run.sh"]).code(1);
    ended.says("`README.md` is not as it is staged for this commit").says("a part of what is staged");
}

/// A run fails on it, as a clone would.
#[test]
fn a_link_out_of_the_project_is_told() {
    let project = Project::new();
    project.write("raw/a.txt", "a\n");
    std::os::unix::fs::symlink("/etc/passwd", project.path("raw/b.txt")).expect("a link can be made");
    project.spec(
        "ps",
        "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/* $PFS/out']}\n",
    );
    project.commit("a link");
    let said = project.minipach(["check", "--select", "MP216"]).code(1);
    said.says("`raw/b.txt` points out of the project").says("put a copy of what it leads to");
}
