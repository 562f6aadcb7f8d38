//! Data in the annex: what went there after it was used is the same data.

use crate::study::{Home, Study};
use crate::support;

/// New data that runs before it is saved: files and folders, and a script that goes to the annex too.
fn unsaved(study: &Study) {
    for number in 1..=3_u8 {
        study.project.write(&format!("raw/files/{number}.dat"), [0, number, 255]);
        study.project.write(&format!("raw/folders/sub-{number}/t1.dat"), [0, number, 254]);
        study.project.write(&format!("raw/folders/sub-{number}/note.txt"), format!("{number}\n"));
    }
    study.project.script("tools/size.sh", "wc -c < \"$1\"\n");
    let spec = |repo: &str, glob: &str, cmd: &str| {
        format!(
            "input: {{pfs: {{name: raw, repo: raw/{repo}, glob: '{glob}'}}}}\noutput: /$1\ntransform: {{cmd: {cmd}}}\n"
        )
    };
    let (files, folders) = (
        spec("files", "/(*).dat", "[sh, -c, 'sh tools/size.sh /pfs/raw/* > /pfs/out/size', tools/size.sh]"),
        spec("folders", "/(*)", "[sh, -c, 'wc -c < /pfs/raw/t1.dat > /pfs/out/size']"),
    );
    study.project.spec("files", &files).spec("folders", &folders);
    study.project.spec("all", "input: {cross: [{pfs: {repo: files, glob: /}}, {pfs: {repo: folders, glob: /}}]}\noutput: /\ntransform: {cmd: [sh, -c, 'cat /pfs/*/*/size > /pfs/out/all']}\n");
}

/// How many commands a run started.
#[track_caller]
fn started(study: &Study) -> usize {
    let told: Vec<serde_json::Value> = study.project.minipach(["run", "--json"]).code(0).json_lines();
    told.iter().filter(|line| line["event"] == "datum_started").count()
}

#[test]
fn data_saved_after_it_was_used_is_the_same_data() {
    for home in [Home::Yoda, Home::Text] {
        for by_datalad in [false, true] {
            let Some(study) = Study::new(home) else { return };
            unsaved(&study);
            assert_eq!(started(&study), 7, "{home:?}");
            if by_datalad {
                study.datalad(["save", "-m", "new data"]).ok();
            } else {
                study.project.minipach(["save"]).ok();
                study.is_clean();
            }
            assert!(study.project.path("raw/files/1.dat").is_symlink(), "it went to the annex");
            study.project.minipach(["status"]).code(0).says("done");
            let states = study.project.states("folders");
            assert!(states.values().all(|state| state == "done"), "{home:?} {by_datalad}: {states:?}");
            assert_eq!(started(&study), 0, "{home:?} {by_datalad}");
            study.is_clean();
            study.project.nothing_to_do();
            // In the other home even the specs are in the annex.
            if home == Home::Text {
                study.project.git(["clone", "-q", ".", "../clone"]);
                let clone = study.project.home().join("clone").to_string_lossy().into_owned();
                study.project.minipach(["-C", &clone, "run"]).code(0).says("nothing to do");
            }
        }
    }
}

#[test]
fn another_backend_is_the_same_data() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    unsaved(&study);
    study.project.minipach(["run", "--save"]).ok();
    study.project.program("git", ["annex", "migrate", "--backend=SHA512E", "raw"]).ok();
    study.datalad(["save", "-m", "migrated"]).ok();
    assert_eq!(started(&study), 0);
    study.project.nothing_to_do();
    // Other bytes under the name of the old ones are other data.
    study.project.remove("raw/files/2.dat").write("raw/files/2.dat", [7, 7]);
    study.datalad(["save", "-m", "changed"]).ok();
    assert_eq!(started(&study), 2);
}

#[test]
fn data_taken_out_of_the_annex_is_the_same_data() {
    for home in [Home::Yoda, Home::Text] {
        let Some(study) = Study::new(home) else { return };
        unsaved(&study);
        study.project.minipach(["run", "--save"]).ok();
        study.project.program("git", ["annex", "unannex", "raw", "tools"]).ok();
        assert!(!study.project.path("raw/files/1.dat").is_symlink(), "it left the annex");
        assert_eq!(started(&study), 0, "{home:?}");
        let rules = study.project.read(".gitattributes");
        let more = "raw/** annex.largefiles=nothing\ntools/** annex.largefiles=nothing\n";
        study.project.write(".gitattributes", format!("{rules}{more}"));
        study.datalad(["save", "-m", "in git"]).ok();
        assert!(!study.project.path("raw/files/1.dat").is_symlink(), "git has it");
        assert_eq!(started(&study), 0, "{home:?}");
        study.is_clean();
        study.project.nothing_to_do();
        // Other bytes are other data.
        study.project.write("raw/files/2.dat", [7, 7, 7]).write("raw/folders/sub-1/t1.dat", [8, 8, 8]);
        study.datalad(["save", "-m", "changed"]).ok();
        assert_eq!(started(&study), 2, "{home:?}: sizes are as they were");
    }
}

/// What else an id names must be as it was: a file saved into the annex is no excuse for it.
#[test]
fn other_work_on_the_same_data_is_other_work() {
    let changes: [fn(&Study); 3] = [
        |study| {
            let spec = study.project.read("files/spec.yml").replace("glob:", "empty_files: true, glob:");
            study.project.write("files/spec.yml", spec);
        },
        |study| {
            let spec = study
                .project
                .read("files/spec.yml")
                .replace("wc -c", "wc -l")
                .replace("size.sh", "size.sh x");
            study.project.write("files/spec.yml", spec);
        },
        |study| {
            let spec =
                study.project.read("files/spec.yml").replace("output: /$1", "output: /$1\nsalt: other");
            study.project.write("files/spec.yml", spec);
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let Some(study) = Study::new(Home::Text) else { return };
        unsaved(&study);
        assert_eq!(started(&study), 7);
        change(&study);
        study.datalad(["save", "-m", "new data and a new spec"]).ok();
        let states = study.project.states("files");
        assert!(states.values().all(|state| state != "done"), "{number}: {states:?}");
    }
}

/// With `annex.thin` the object is the unlocked file itself, and may be edited.
#[test]
fn an_object_that_was_edited_in_place_proves_nothing() {
    let Some(study) = Study::new(Home::Text) else { return };
    study.project.git(["config", "annex.thin", "true"]);
    unsaved(&study);
    study.datalad(["save", "-m", "data"]).ok();
    study.project.git(["annex", "unlock", "raw/files/1.dat"]);
    study.project.git(["commit", "-qm", "unlocked"]);
    assert_eq!(started(&study), 7);
    study.project.write("raw/files/1.dat", [9, 9, 9, 9]);
    let attributes = study.project.read(".git/info/attributes");
    study.project.write(".git/info/attributes", format!("{attributes}raw/files/1.dat !filter\n"));
    study.project.git(["rm", "-q", "--cached", "raw/files/1.dat"]);
    study.project.git(["add", "raw/files/1.dat"]);
    study.project.git(["commit", "-qm", "other bytes"]);
    assert_ne!(study.project.states("files")["1"], "done");
}

/// Such a file of a result or an input is seen as edited, whatever its size is.
#[test]
fn an_unlocked_file_that_is_its_own_object_is_seen_when_it_is_edited() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    project.git(["config", "annex.thin", "true"]);
    project.program("git", ["annex", "unlock", "a/s1/r.dat", "raw/s2/d.dat"]).ok();
    project.git(["commit", "-qam", "unlocked"]);
    assert_eq!(started(&study), 0, "nothing is edited yet");
    for edit in ["xx\n", "longer\n"] {
        project.write("a/s1/r.dat", edit);
        assert_eq!(project.states("a")["s1"], "edited", "{edit}");
        project.write("code/a.sh", "cat \"$PFS/raw/d.dat\" > \"$PFS/out/r.dat\"\n");
        project.minipach(["run"]).code(1);
        assert_eq!(project.read("a/s1/r.dat"), edit, "it is left alone");
        project.git(["checkout", "-q", "code"]);
    }
    project.write("raw/s2/d.dat", "3\n");
    assert_eq!(project.states("a")["s2"], "stale");
}

#[test]
fn specs_and_code_of_new_pipelines_stay_in_git_whatever_is_said_of_all_files() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let rules = study.project.read(".gitattributes") + "* annex.largefiles=anything\n";
    study
        .project
        .write(".gitattributes", rules)
        .remove("code/.gitattributes")
        .write("raw/1.dat", [0, 1, 255]);
    study.project.minipach(["add", "map", "m", "--from", "raw:/(*).dat"]).code(0);
    study.project.minipach(["save", "-m", "all"]).code(0);
    for (path, is_annexed) in [("m/spec.yml", false), ("code/m.sh", false), ("raw/1.dat", true)] {
        let mode = study.project.git(["ls-files", "--stage", path]);
        assert_eq!(mode.starts_with("120000"), is_annexed, "{path}: {mode}");
    }
    let before = study.project.read(".gitattributes");
    study.project.minipach(["add", "map", "n", "--from", "raw:/(*).dat"]).code(0);
    let lines = |text: &str| text.matches("spec.yml annex.largefiles=nothing\n").count();
    assert_eq!((lines(&before), lines(&study.project.read(".gitattributes"))), (1, 1));
}

/// A plain clone of an annexed project, where nobody ran `git annex init`.
#[test]
fn results_of_a_clone_go_to_the_annex_as_they_do_where_it_came_from() {
    let Some(study) = Study::new(Home::Text) else { return };
    study.project.write("raw/s1.txt", "1\n").write("raw/s2.txt", "2\n");
    study.project.spec("fs", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'head -c 9 /dev/zero | cat - /pfs/raw/raw.txt > /pfs/out/data']}\n");
    study.save("a pipeline");
    study.run();
    let in_clone = |words: &[&str]| study.project.typed(&[&["-C", "../clone"], words].concat());
    let git = |words: &[&str]| {
        let mut command = study.project.command("git");
        command.args(["-C", "../clone"]).args(words);
        support::finish(command)
    };
    study.project.git(["clone", "-q", ".", "../clone"]);
    study.project.write("../clone/raw/s1.txt", "one\n");
    git(&["commit", "-q", "-a", "-m", "edited"]).code(0);
    let said = in_clone(&["run"]).code(0).stderr;
    assert!(!said.contains("is staged"), "{said}");
    assert_eq!(git(&["status", "--porcelain"]).ok(), "");
    assert!(study.project.path("../clone/fs/s1/data").is_symlink(), "it is in the annex");
    // Where its own rules keep git-annex away, results go to git, and the index follows.
    study.project.git(["clone", "-q", ".", "../other"]);
    study.project.write("../other/.noannex", "").write("../other/raw/s1.txt", "one\n");
    study.project.git(["-C", "../other", "add", "-A"]);
    study.project.git(["-C", "../other", "commit", "-q", "-m", "edited"]);
    let said = study.project.typed(&["-C", "../other", "run"]).code(0).stderr;
    assert!(!said.contains("is staged"), "{said}");
    assert_eq!(study.project.git(["-C", "../other", "status", "--porcelain"]), "");
    assert!(!study.project.path("../other/fs/s1/data").is_symlink());
}

/// Results in the annex, of two datums, all committed.
fn annexed() -> Option<Study> {
    let study = Study::new(Home::Yoda)?;
    for number in ["1", "2"] {
        study.project.write(&format!("raw/s{number}/d.dat"), format!("{number}\n"));
    }
    study.project.write("code/a.sh", "sed s/^/r/ \"$PFS/raw/d.dat\" > \"$PFS/out/r.dat\"\n");
    study.project.write(".gitattributes", "*.yml annex.largefiles=nothing\n*.sh annex.largefiles=nothing\n");
    study.project.spec(
        "a",
        "input: {pfs: {repo: raw, glob: '/(s*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/a.sh]}\n",
    );
    study.save("a study");
    study.run();
    Some(study)
}

#[test]
fn an_annexed_result_that_is_made_again_and_comes_out_as_before_is_no_commit() {
    let Some(study) = annexed() else { return };
    let (project, head) = (&study.project, study.project.head());
    project.minipach(["run", "a:s2", "--force"]).code(0);
    assert_eq!(project.head(), head, "{}", project.git(["show", "--stat"]));
    study.is_clean();
    project.nothing_to_do();
    assert!(study.is_annexed("a/s2/r.dat"));
}

#[test]
fn what_moved_to_another_depth_is_saved_with_links_that_lead_into_the_annex() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    std::fs::create_dir(project.path("deep")).expect("a folder can be made");
    project.git(["mv", "a", "deep/a"]);
    project.git(["mv", "raw", "deep/raw"]);
    project.spec("deep/a", &project.read("deep/a/spec.yml").replace("repo: raw", "repo: deep/raw"));
    project
        .minipach(["check", "--select", "MP216"])
        .code(1)
        .says("leads beside the annex")
        .says("git annex fix");
    project.minipach(["save"]).ok();
    assert_eq!(
        (project.read("deep/a/s1/r.dat"), project.read("deep/raw/s2/d.dat")),
        ("r1\n".into(), "2\n".into())
    );
    study.is_clean();
    project.minipach(["check", "--select", "MP216"]).ok();
    project.git(["clone", "-q", ".", "../clone"]);
    let link = project.home().join("clone/deep/a/s1/r.dat").read_link().expect("it is a link");
    assert!(link.starts_with("../../../.git/annex"), "{}", link.display());
    assert_eq!(started(&study), 0, "nothing is made again");
}

#[test]
fn results_brought_back_to_what_head_has_are_nobodys_edits() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    project.write("code/a.sh", "head -n 1 \"$PFS/raw/d.dat\" | tr 12 34 > \"$PFS/out/r.dat\"\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.git(["checkout", "-q", "--", "a"]);
    assert!(project.states("a").values().all(|state| state != "edited"), "{:?}", project.states("a"));
    project.minipach(["save"]).ok();
    project.minipach(["run"]).ok();
    assert_eq!(project.read("a/s1/r.dat"), "3\n");
    study.is_clean();
    project.nothing_to_do();
    // What a person wrote is still theirs.
    project.remove("a/s1/r.dat").write("a/s1/r.dat", "mine\n");
    assert_eq!(project.states("a")["s1"], "edited");
}

#[test]
fn one_ctrl_c_ends_a_run_once_its_results_are_committed() {
    use std::os::unix::process::CommandExt as _;
    let Some(study) = annexed() else { return };
    let project = &study.project;
    // git-annex, held up where it adds files, until somebody says `go`.
    let annex = support::peer("git-annex").expect("it is there, for DataLad is");
    let hold = "case \" $* \" in *' add '*) : > \"$HOLD/ready\"; until test -e \"$HOLD/go\"; do sleep 0.02; done;; esac";
    let shim = format!("#!/bin/sh\n{hold}\nexec {} \"$@\"\n", annex.display());
    for (verb, code) in [("run", 130), ("save", 0)] {
        let hold = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(hold.path().join("git-annex"), &shim).expect("a file can be written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(hold.path().join("git-annex"), mode).expect("a mode can be set");
        project.write("code/a.sh", format!("echo {verb} > \"$PFS/out/r.dat\"\n"));
        project.write(&format!("raw/s1/{verb}.dat"), "more\n");
        if verb == "run" {
            study.save("other code");
        }
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        let path = std::env::var("PATH").expect("there is one");
        command.arg(verb).env("HOLD", hold.path()).process_group(0);
        command.env("PATH", format!("{}:{path}", hold.path().display()));
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        let child = child.expect("it starts");
        while !hold.path().join("ready").exists() {
            std::thread::yield_now();
        }
        let group = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process_group(group, rustix::process::Signal::INT).expect("it runs");
        std::fs::write(hold.path().join("go"), "").expect("a file can be written");
        let ended = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{verb}: {said}");
        assert!(!said.contains("error") && !said.contains("not committed"), "{said}");
        study.is_clean();
    }
}

#[test]
fn files_placed_again_in_an_unlocked_annex_leave_git_clean() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone");
    let in_clone = |program: &str, words: &[&str]| {
        let mut command = project.command(program);
        let ended = command.current_dir(&clone).args(words).output().expect("it starts");
        assert!(ended.status.success(), "{program} {words:?}: {ended:?}");
        String::from_utf8_lossy(&ended.stdout).into_owned()
    };
    in_clone("git", &["annex", "init", "-q"]);
    in_clone("git", &["annex", "adjust", "--unlock", "-q"]);
    std::fs::write(
        clone.join("code/a.sh"),
        "# the same\nsed s/^/r/ \"$PFS/raw/d.dat\" > \"$PFS/out/r.dat\"\n",
    )
    .expect("a file can be written");
    in_clone("git", &["commit", "-qam", "a comment"]);
    in_clone(env!("CARGO_BIN_EXE_minipach"), &["run"]);
    assert_eq!(in_clone("git", &["status", "--porcelain"]), "");
    assert_eq!(std::fs::read_to_string(clone.join("a/s1/r.dat")).expect("it stands"), "r1\n");
}

#[test]
fn a_result_that_is_filled_in_as_its_key_is_fetched_for_an_input_is_nobodys_edit() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    project.spec(
        "same",
        "input: {pfs: {repo: raw, glob: /(*)}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/d.dat $PFS/out/']}\n",
    );
    project.commit("copies");
    project.minipach(["run"]).code(0);
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone");
    let in_clone = |program: &str, words: &[&str]| {
        let mut command = project.command(program);
        let ended = command.current_dir(&clone).args(words).output().expect("it starts");
        assert!(ended.status.success(), "{program} {words:?}: {ended:?}");
    };
    in_clone("git", &["annex", "init", "-q"]);
    in_clone("git", &["annex", "adjust", "--unlock", "-q"]);
    in_clone(env!("CARGO_BIN_EXE_minipach"), &["run", "--force", "same"]);
    assert_eq!(std::fs::read_to_string(clone.join("same/s1/d.dat")).expect("it stands"), "1\n");
}

/// Where the key tells a size, it is looked at before content is used.
#[test]
fn an_object_of_the_wrong_size_is_not_used() {
    let Some(study) = Study::new(Home::Text) else { return };
    let project = &study.project;
    project.write("raw/a/d.bin", [0; 3000]).spec(
        "copy",
        "input: {pfs: {repo: raw, glob: /(*)}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cp $PFS/raw/d.bin $PFS/out/m.bin']}\n",
    );
    let count = "input: {pfs: {repo: copy, glob: /(*)}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'wc -c < $PFS/copy/m.bin > $PFS/out/n']}\n";
    study.save("data");
    let cut = |path: &str| {
        let object = project.path(path).canonicalize().expect("its object");
        project.program("chmod", ["u+w", object.to_str().expect("a path")]).ok();
        let file = std::fs::File::options().write(true).open(&object).expect("it opens");
        file.set_len(1000).expect("it is cut");
    };
    cut("raw/a/d.bin");
    let said = project.minipach(["run"]).code(1);
    said.says(
        "the content of `raw/a/d.bin` in the annex is damaged: it has 1000 bytes, and its key says 3000",
    )
    .says("`git annex fsck raw/a/d.bin` sets it aside");
    assert!(!project.exists("copy/a"));
    // A result likewise, whatever made it.
    project.remove("raw/a/d.bin").write("raw/a/d.bin", [1; 3000]);
    study.save("other data");
    project.minipach(["run"]).code(0);
    cut("copy/a/m.bin");
    project.spec("count", count);
    study.save("count");
    let said = project.minipach(["run"]).code(1);
    said.says("failed count:a: the content of `copy/a/m.bin` in the annex is damaged");
}

/// git-annex keeps the object that it has under a key, and drops the bytes that come for it.
#[test]
fn a_result_made_again_takes_the_place_of_its_damaged_object() {
    let Some(study) = annexed() else { return };
    let project = &study.project;
    let object = |path: &str| project.path(path).canonicalize().expect("its object");
    let damage = |path: &str, bytes: &str| {
        let object = object(path);
        project.program("chmod", ["u+w", object.to_str().expect("a path")]).ok();
        std::fs::write(&object, bytes).expect("it is damaged");
    };
    damage("a/s1/r.dat", "x");
    project.minipach(["run", "--force", "a:s1"]).code(0);
    assert_eq!(project.read("a/s1/r.dat"), "r1\n");
    study.is_clean();
    project.program("git", ["annex", "fsck", "--quiet", "a"]).ok();
    // Nor is a link to it put back as a result that is known.
    damage("a/s1/r.dat", "x");
    project.git(["rm", "-rq", "--cached", "a/s1"]);
    std::fs::remove_dir_all(project.path("a/s1")).expect("a folder");
    project.minipach(["run"]).code(0).says("1 datum ran");
    assert_eq!(project.read("a/s1/r.dat"), "r1\n");
    project.git(["reset", "-q"]);
    // One of the right size is only seen then, and what git-annex made of it is no result.
    damage("a/s2/r.dat", "zz\n");
    project
        .minipach(["run", "--force", "a:s2"])
        .code(4)
        .says("a damaged object under the key of `a/s2/r.dat`");
    project.minipach(["run"]).code(0);
    assert_eq!(project.read("a/s2/r.dat"), "r2\n");
    study.is_clean();
    project.nothing_to_do();
}

/// `DataLad` gives files and folders with a dot before their name to the annex as others, so a rerun would.
#[test]
fn results_whose_names_begin_with_a_dot_are_stored_as_datalad_stores_them() {
    for home in [Home::Yoda, Home::Text] {
        let Some(study) = Study::new(home) else { return };
        study.project.write("raw/a.bin", [0, 1, 2]);
        study.project.spec("fs", "input: {pfs: {repo: raw, glob: '/(*).bin'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'mkdir /pfs/out/.d; cp /pfs/raw/* /pfs/out/.x; cp /pfs/raw/* /pfs/out/.d/y; echo text > /pfs/out/.t']}\n");
        study.save("inputs");
        study.run();
        for file in ["fs/a/.x", "fs/a/.d/y"] {
            assert!(study.project.path(file).is_symlink(), "{home:?}: `{file}` is in the annex");
        }
        study.reruns(1);
        study.project.nothing_to_do();
    }
}
