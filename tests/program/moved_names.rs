//! Results whose names wander: what a pipeline made before gives way to what it makes now, and to nothing else.

use crate::support::{self, Project};

/// Each datum writes its text into the file that its text names.
const NAMED: &str = "
input: {pfs: {repo: raw, glob: '/*'}}
transform: {cmd: [sh, -c, 'n=$(cat $raw); mkdir -p $(dirname $PFS/out/$n); echo $n > $PFS/out/$n']}
";

fn study(spec: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for (name, text) in files {
        project.write(&format!("raw/{name}"), format!("{text}\n"));
    }
    project.spec("p", spec).commit("a study");
    project.minipach(["run"]).ok();
    project
}

/// Runs with all saved; then everything is done, and a fresh clone says so too.
fn settles(project: &Project) {
    project.minipach(["run", "--save"]).ok();
    project.nothing_to_do();
    assert_eq!(project.git(["status", "--porcelain"]), "");
    let clone = Project::bare();
    clone.git(["clone", "-q", &project.root().display().to_string(), "."]);
    clone.nothing_to_do();
}

#[test]
fn a_file_of_a_vanished_datum_gives_way_to_a_folder_and_back() {
    let project = study(NAMED, &[("a", "x"), ("b", "y")]);
    project.remove("raw/a").write("raw/b", "x/y\n");
    settles(&project);
    assert_eq!(project.read("p/x/y"), "x/y\n");
    project.write("raw/b", "x\n");
    settles(&project);
    assert_eq!(project.read("p/x"), "x\n");
}

#[test]
fn a_datums_own_result_turns_from_file_to_folder_and_back() {
    let project = study(NAMED, &[("a", "z"), ("b", "other")]);
    for text in ["z/1", "z", "z/1/2", "z"] {
        project.write("raw/a", format!("{text}\n"));
        settles(&project);
        assert_eq!(project.read(&format!("p/{text}")), format!("{text}\n"));
    }
}

#[test]
fn a_file_of_one_datum_becomes_a_folder_of_an_earlier_one_and_back() {
    let project = study(NAMED, &[("a", "m"), ("b", "t/k")]);
    for (a, b) in [("t/k/x", "z"), ("z", "t/k"), ("t/k/y/1", "m"), ("t", "t-1"), ("m", "t/k")] {
        project.write("raw/a", format!("{a}\n")).write("raw/b", format!("{b}\n"));
        settles(&project);
        for name in [a, b] {
            assert_eq!(project.read(&format!("p/{name}")), format!("{name}\n"));
        }
        assert_eq!(project.tree("p").len(), 2);
    }
}

#[test]
fn names_are_swapped_and_shifted_among_datums() {
    let project = study(NAMED, &[("1", "A"), ("2", "B"), ("3", "C")]);
    project.write("raw/1", "B\n").write("raw/2", "A\n");
    settles(&project);
    project.write("raw/1", "A\n").write("raw/2", "C\n").write("raw/3", "B\n");
    settles(&project);
    project.remove("raw/1").write("raw/2", "A\n").write("raw/3", "C\n").write("raw/4", "B\n");
    settles(&project);
    for name in ["A", "B", "C"] {
        assert_eq!(project.read(&format!("p/{name}")), format!("{name}\n"));
    }
}

/// Each datum writes its second word into the file that its first word names; `bad` fails.
const WORDS: &str = "
input: {pfs: {repo: raw, glob: '/*'}}
transform: {cmd: [sh, -c, 'read -r name text < $raw; test $text != bad && echo $text > $PFS/out/$name']}
";

#[test]
fn what_another_datum_made_in_the_place_of_an_old_result_is_no_edit_in_an_annex_either() {
    for is_annexed in [false, true] {
        if is_annexed && support::peer("git-annex").is_none() {
            return;
        }
        let project = Project::new();
        project.write(".gitattributes", "* annex.largefiles=nothing\np/? annex.largefiles=anything\n");
        project.write_all(&[("raw/1", "A one\n"), ("raw/2", "B two\n"), ("raw/3", "C three\n")]);
        project.spec("p", WORDS).commit("a study");
        if is_annexed {
            project.git(["annex", "init", "-q"]);
        }
        project.minipach(["run"]).ok();
        project
            .write("raw/1", "B uno\n")
            .write("raw/2", "A bad\n")
            .remove("raw/3")
            .write("raw/4", "C quattro\n");
        for _ in 0..2 {
            let said = project.minipach(["run", "--save"]).code(1);
            assert!(!said.stderr.contains("edited") && !said.stdout.contains("edited"), "{said:?}");
            let states = project.states("p");
            assert_eq!(states["raw:/2"], "failed", "{states:?} {is_annexed}");
        }
        assert_eq!(project.path("p/B").is_symlink(), is_annexed);
        project.write("raw/2", "A due\n");
        settles(&project);
        assert_eq!((project.read("p/A"), project.read("p/B")), ("due\n".to_owned(), "uno\n".to_owned()));
    }
}

#[test]
fn two_that_make_one_file_still_clash() {
    let project = study(NAMED, &[("1", "A"), ("2", "B")]);
    project.write("raw/2", "A\n");
    project.minipach(["run"]).code(1).says("both make `p/A`");
    assert_eq!(project.read("p/A"), "A\n");
}

#[test]
fn results_are_laid_out_anew_when_the_output_changes() {
    let plain = "input: {pfs: {repo: raw, glob: '/(*)'}}\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/$(basename $raw)']}\n";
    let project = study(plain, &[("f1", "one"), ("f2", "two")]);
    let own = |output: &str| {
        format!(
            "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: {output}\ntransform: {{cmd: [sh, -c, 'cp $raw $PFS/out/r']}}\n"
        )
    };
    project.spec("p", &own("/$1"));
    settles(&project);
    assert_eq!(project.read("p/f1/r"), "one\n");
    project.spec("p", &own("/$1/deeper"));
    settles(&project);
    assert_eq!(project.read("p/f2/deeper/r"), "two\n");
    project.spec("p", &own("/$1"));
    settles(&project);
    assert!(!project.exists("p/f1/deeper") && project.exists("p/f1/r"));
    project.spec("p", plain);
    settles(&project);
    assert_eq!(project.read("p/f2"), "two\n");
}

#[test]
fn what_a_person_wrote_gives_way_to_nothing() {
    let project = study(NAMED, &[("a", "x"), ("b", "y")]);
    project.remove("raw/a").write("raw/b", "x/y\n").write("p/x", "mine\n");
    project.minipach(["run"]).code(1);
    assert_eq!(project.read("p/x"), "mine\n");
    let project = study(NAMED, &[("a", "z/1")]);
    project.write("raw/a", "z\n").write("p/z/mine", "mine\n");
    project.minipach(["run"]).code(1).says("p:raw:/a");
    assert_eq!(project.read("p/z/mine"), "mine\n");
    let project = study(NAMED, &[("a", "z")]);
    project.write("raw/b", "q/r\n").write("p/q", "mine\n");
    project.minipach(["run"]).code(1).says("`p/q` stands where this result belongs");
    assert_eq!(project.read("p/q"), "mine\n");
}

#[test]
fn folders_without_files_give_way_at_any_depth() {
    let owned = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/r']}\n";
    for (spec, at, made) in [(owned, "p/a/deep/er", "p/a/r"), (NAMED, "p/x/deep/er", "p/x")] {
        let project = Project::new();
        project.write("raw/a", "x\n").spec("p", spec).commit("a study");
        std::fs::create_dir_all(project.path(at)).expect("folders");
        std::fs::create_dir_all(project.path("p/empty/beside")).expect("folders");
        project.minipach(["run"]).ok();
        assert_eq!(project.read(made), "x\n", "{spec}");
        settles(&project);
        project.remove(made);
        std::fs::create_dir_all(project.path(at)).expect("folders");
        settles(&project);
        assert_eq!(project.read(made), "x\n", "{spec}");
    }
    let project = Project::new();
    project.write("raw/a", "x\n").spec("p", owned).write(".gitignore", "*.tmp\n").commit("a study");
    project.write("p/a/deep/er/mine.tmp", "mine\n");
    project.minipach(["run"]).code(1).says("move it away");
    assert_eq!(project.read("p/a/deep/er/mine.tmp"), "mine\n");
}

#[test]
fn a_renamed_pipeline_takes_its_old_results_along() {
    let owned = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/r']}\n";
    let plain = "input: {pfs: {repo: raw, glob: '/(*)'}}\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/$(basename $raw)']}\n";
    for (spec, made) in [(owned, ["a/r", "b/r", "c/r"]), (plain, ["a", "b", "c"])] {
        for (is_committed, is_killed) in [(false, false), (true, false), (true, true)] {
            let project = study(spec, &[("a", "one"), ("b", "two"), ("c", "three")]);
            project.write("raw/a", "new\n").remove("raw/c").commit("other data");
            project.git(["mv", "p", "q"]);
            let reasons = project.minipach(["status"]).code(0).says("`raw/a` changed");
            assert!(!reasons.stdout.contains("in the way"), "{}", reasons.stdout);
            if is_committed {
                project.git(["commit", "-qm", "renamed"]);
            }
            if is_killed {
                // As an older version left it: the others were taken over, this one was in the way.
                project.minipach(["run", "q:b"]).ok();
            }
            project.minipach(["run", "--save"]).ok();
            // What `git mv` staged is left as the user staged it.
            project.git(["reset", "-q"]);
            settles(&project);
            assert_eq!(project.read(&format!("q/{}", made[0])), "new\n", "{spec}");
            assert!(project.exists(&format!("q/{}", made[1])) && !project.exists(&format!("q/{}", made[2])));
        }
    }
}

#[test]
fn an_old_result_that_came_along_is_committed_though_its_work_fails_now() {
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'grep -v bad $raw > $PFS/out/r']}\n";
    for is_committed in [false, true] {
        let project = study(spec, &[("a", "one"), ("b", "two")]);
        project.write("raw/a", "bad\n").commit("bad data");
        project.git(["mv", "p", "q"]);
        if is_committed {
            project.git(["commit", "-qm", "renamed"]);
        }
        for _ in 0..2 {
            project.minipach(["run", "--save"]).code(1);
            assert_eq!(project.git(["status", "--porcelain"]), "", "{is_committed}");
        }
        assert_eq!(project.read("q/a/r"), "one\n", "kept until its successor succeeds");
        let said = project.git(["log", "--format=%s"]);
        assert!(said.contains("q: 1 result moved with the pipeline"), "{said}");
        project.write("raw/a", "good\n");
        settles(&project);
    }
}

#[test]
fn what_was_copied_from_a_former_pipeline_is_still_somebodys() {
    let owned = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/r']}\n";
    let project = study(owned, &[("a", "one")]);
    project.write("raw/a", "new\n").write("q/a/r", "one\n").spec("q", owned).remove("p/spec.yml");
    project.minipach(["run", "--save"]).code(1).says("in the way q:a");
    assert_eq!(project.read("q/a/r"), "one\n");
}

#[test]
fn an_edited_result_of_a_renamed_pipeline_is_edited_and_can_be_accepted() {
    let owned = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/r']}\n";
    let project = study(owned, &[("a", "one"), ("b", "two")]);
    project.write("p/a/r", "mine\n").commit("by hand");
    project.git(["mv", "p", "q"]);
    project.git(["commit", "-qm", "renamed"]);
    for _ in 0..2 {
        project.minipach(["run"]).code(1).says("edited q:a");
        assert_eq!(project.read("q/a/r"), "mine\n");
    }
    project.write("raw/b", "other\n").minipach(["run", "--save"]).code(1).says("edited q:a");
    project.minipach(["accept", "q:a"]).ok();
    settles(&project);
    assert_eq!(project.read("q/a/r"), "mine\n");
}

/// `fs` and who reads it, in both styles of a spec, done and committed.
fn readers() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]);
    let copy = |from: &str| {
        format!(
            "output: /$1\ntransform: {{cmd: [sh, -c, 'echo ran >> \"$WITNESS\"; cp -r $PFS/{from}/. $PFS/out/']}}\n"
        )
    };
    project.spec(
        "fs",
        &format!("pipeline: {{name: fs}}\ninput: {{pfs: {{repo: raw, glob: '/(*)'}}}}\n{}", copy("raw")),
    );
    project.spec("flow", &format!("input: {{pfs: {{repo: fs, glob: '/(*)'}}}}\n{}", copy("fs")));
    project.spec("block", &format!("input:\n  pfs:\n    repo: fs\n    glob: /(*)\n{}", copy("fs")));
    project.commit("a study");
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed().len(), 4);
    project
}

#[test]
fn a_renamed_pipeline_is_one_finding_whose_fix_tells_all_who_read_it() {
    for is_committed in [false, true] {
        let project = readers();
        project.git(["mv", "fs", "proc"]);
        if is_committed {
            project.commit("renamed");
        }
        let check = project.minipach(["check", "--severity", "error"]).code(1);
        assert_eq!(check.stdout.matches("error[").count(), 1, "{}", check.stdout);
        let check = check.says("pipeline `fs` was renamed to `proc`, but its spec still calls it `fs`");
        check.says("`flow` still reads `fs`").says("`block` still reads `fs`");
        project.minipach(["check", "--select", "MP1", "--fix"]).ok();
        assert!(project.read("proc/spec.yml").starts_with("pipeline: {name: proc}\n"));
        assert!(
            project.read("flow/spec.yml").starts_with("input: {pfs: {repo: proc, name: fs, glob: '/(*)'}}\n")
        );
        assert!(project.read("block/spec.yml").contains("    name: fs\n    repo: proc\n    glob"));
        project.minipach(["run", "--save"]).ok();
        assert!(project.witnessed().is_empty(), "nothing runs again");
        project.nothing_to_do();
        assert_eq!(project.git(["status", "--porcelain"]), "");
    }
}

/// What reads it is as good as before, and no commit says once more what it was made of.
#[test]
fn who_reads_a_renamed_pipeline_gets_no_commit_for_that() {
    let project = readers();
    let whole = "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'ls $PFS/fs > $PFS/out/list']}\n";
    project.spec("all", whole).commit("one of all");
    project.minipach(["run"]).ok();
    project.git(["mv", "fs", "proc"]);
    project.minipach(["check", "--select", "MP1", "--fix"]).ok();
    project.minipach(["save"]).code(0).says("committed proc (1 commit)");
    let saved = project.head();
    project.minipach(["run"]).ok();
    assert_eq!(project.head(), saved, "{}", project.git(["log", "--oneline", "--stat"]));
    project.nothing_to_do();
}

#[test]
fn who_reads_a_folder_that_moved_is_told_where_it_is() {
    let project = readers();
    project.spec("fs", &project.read("fs/spec.yml").replace("pipeline: {name: fs}\n", ""));
    project.commit("no name");
    project.git(["mv", "fs", "proc"]);
    project.git(["mv", "raw", "data"]);
    let check = project
        .minipach(["check", "--select", "MP1"])
        .code(1)
        .says("git knows what stood in `fs` as `proc` now");
    check.says("did you mean `data`?").says("git knows what stood in `raw` as `data` now");
    project.minipach(["check", "--select", "MP1", "--fix"]).ok();
    project.minipach(["run", "--save"]).ok();
    assert!(project.witnessed().is_empty(), "nothing runs again");
    project.nothing_to_do();
}

/// A study whose `fs` was done and then renamed by git, with one subject edited and one gone since.
fn renamed_by_git() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n"), ("raw/c/x", "three\n")]);
    project.spec(
        "fs",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp -r $PFS/raw/. $PFS/out/']}\n",
    );
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.git(["mv", "fs", "proc"]);
    project.write("raw/a/x", "other\n").remove("raw/b");
    project
}

#[test]
fn results_that_git_mv_staged_do_not_stay_staged_where_they_are_replaced_or_gone() {
    for is_saved_by_run in [true, false] {
        let project = renamed_by_git();
        if is_saved_by_run {
            project.minipach(["run", "--save"]).ok();
        } else {
            project.minipach(["run"]).ok();
            project.minipach(["save"]).ok();
        }
        assert_eq!((project.read("proc/a/x"), project.exists("proc/b")), ("other\n".to_owned(), false));
        assert_eq!(project.git(["status", "--porcelain"]), "");
        project.nothing_to_do();
    }
}

#[test]
fn what_somebody_staged_of_a_renamed_result_is_kept() {
    let project = renamed_by_git();
    project.write("proc/c/x", "by hand\n").git(["add", "proc/c/x"]);
    project.minipach(["run", "--save"]);
    assert_eq!(project.git(["show", ":proc/c/x"]).trim(), "by hand");
}

/// A reader that copies results has the same bytes at the same places as the folder that moved, and is not where it went.
#[test]
fn a_pipeline_that_moves_leaves_its_readers_as_they_are() {
    let project = Project::new();
    project.write("raw/1", "1\n").write("raw/2", "2\n");
    let copy = |repo: &str, glob: &str, output: &str| {
        format!(
            "input: {{pfs: {{repo: {repo}, name: d, glob: '{glob}'}}}}\n{output}transform: {{cmd: [sh, -c, 'cp -r $d $PFS/out/']}}\n"
        )
    };
    project.spec("p", &copy("raw", "/(*)", "output: /r$1\n"));
    project.spec("q", &copy("p", "/(r*)", "").replace("cp -r $d $PFS", "cp -r $PFS/d/* $PFS"));
    project.commit("a chain");
    project.minipach(["run"]).ok();
    project.git(["mv", "p", "other"]);
    project.write("q/spec.yml", project.read("q/spec.yml").replace("repo: p,", "repo: other,"));
    let said = project.minipach(["run", "--save"]).ok();
    assert!(!said.contains("removed"), "{said}");
    project.nothing_to_do();
    assert_eq!(project.git(["log", "--format=%s", "--grep=removed"]), "");
    assert!(!project.minipach(["datums", "q"]).ok().contains("orphaned"));
    settles(&project);
}
