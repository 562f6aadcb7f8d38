//! Code in subdatasets: it counts as it is recorded, and is refused by name where it does not stand so.

use crate::support::Project;

const SPEC: &str = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n";
const SCRIPT: &str = "cat \"$raw/x\" > \"$PFS/out/y\"; echo one >> \"$PFS/out/y\"\n";

/// A project with one input, and a subdataset with a script at `place`.
fn with_tool(place: &str) -> Project {
    let project = Project::new();
    let tool = project.home().join("tool");
    let at = tool.to_string_lossy().into_owned();
    project.git(["init", "-q", "-b", "main", &at]);
    std::fs::write(tool.join("run.sh"), SCRIPT).expect("a script");
    project.git(["-C", &at, "add", "."]);
    project.git(["-C", &at, "commit", "-qm", "a script"]);
    project.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &at, place]);
    project.write("raw/s1/x", "data\n");
    project
}

#[test]
fn a_subdataset_in_the_folder_of_code_is_no_hindrance() {
    for place in ["code", "code/tool"] {
        let project = with_tool(place);
        project.spec("fs", &format!("{SPEC}transform: {{cmd: [sh, -c, 'cp $raw/x $PFS/out/y']}}\n"));
        project.commit("a pipeline");
        project.minipach(["run"]).ok();
        project.git(["submodule", "--quiet", "deinit", place]);
        for verb in ["status", "plan", "run"] {
            project.minipach([verb]).ok();
        }
    }
}

#[test]
fn a_script_in_a_subdataset_counts_by_the_commit_that_is_recorded() {
    let by_script = "{cmd: [sh, start.sh]}";
    for transform in ["{cmd: [sh, lib/run.sh]}", "{cmd: [sh, -c, '. lib/*'], code: ['lib/**']}", by_script] {
        let project = with_tool("lib");
        if transform == by_script {
            project.write("start.sh", ". \"$(dirname \"$0\")/lib/run.sh\"\n");
        }
        project.spec("fs", &format!("{SPEC}transform: {transform}\n")).commit("a pipeline");
        let said = project.minipach(["run"]).ok();
        assert!(!said.contains("takes no file"), "{said}");
        assert!(project.minipach(["plan", "-v"]).ok().contains("lib/run.sh"), "{transform}");
        let record = project.git(["log", "-1", "--format=%B"]);
        assert!(record.contains("lib/run.sh"), "it is an input of the record");
        project.write("lib/run.sh", SCRIPT.replace("one", "two"));
        project.minipach(["run"]).code(4).says("subdataset `lib` has changes that are not committed in it");
        project.git(["-C", "lib", "commit", "-qam", "another version"]);
        project.minipach(["run"]).code(4).says("`lib`").says("git submodule update lib");
        project.git(["add", "lib"]);
        project.minipach(["run"]).says("`lib` has changes that are not committed");
        assert_eq!(project.read("fs/s1/y"), "data\ntwo\n", "{transform}");
        project.git(["commit", "-qm", "record it"]);
        project.minipach(["run"]).ok();
        project.nothing_to_do();
        assert_eq!(project.changed(), "");
    }
}

#[test]
fn a_run_installs_the_subdataset_of_a_script() {
    let project = with_tool("lib");
    project.spec("fs", &format!("{SPEC}transform: {{cmd: [sh, lib/run.sh]}}\n")).commit("a pipeline");
    project.minipach(["run"]).ok();
    project.git(["submodule", "--quiet", "deinit", "lib"]);
    project.minipach(["status"]).says("subdataset `lib` is not installed; `minipach run` installs it");
    project.git(["config", "protocol.file.allow", "always"]);
    project.minipach(["run"]).code(0).says("installing the subdataset `lib`").says("nothing to do");
}

#[test]
fn a_new_file_in_a_subdataset_is_no_code_without_a_word() {
    let project = with_tool("lib");
    project.spec("fs", &format!("{SPEC}transform: {{cmd: [sh, lib/new.sh]}}\n")).commit("a pipeline");
    project.write("lib/new.sh", SCRIPT);
    project.minipach(["run"]).code(4).says("subdataset `lib` has changes that are not committed in it");
    project.git(["-C", "lib", "add", "."]);
    project.git(["-C", "lib", "commit", "-qm", "a script"]);
    project.git(["commit", "-qam", "record it"]);
    project.write("lib/stray", "nobody names it\n");
    project.minipach(["run"]).ok();
    project.nothing_to_do();
}

#[test]
fn a_script_behind_a_linked_folder_is_code() {
    for (link, folder) in [("tools", "lib"), ("code", "src")] {
        let project = Project::new();
        project.write("raw/s1/x", "data\n").write(&format!("{folder}/run.sh"), SCRIPT);
        std::os::unix::fs::symlink(folder, project.path(link)).expect("a link");
        project.spec("fs", &format!("{SPEC}transform: {{cmd: [sh, {link}/run.sh]}}\n")).commit("a pipeline");
        project.minipach(["run"]).ok();
        assert!(project.minipach(["plan", "-v"]).ok().contains(&format!("{folder}/run.sh")));
        project.nothing_to_do();
        project.write(&format!("{folder}/run.sh"), SCRIPT.replace("one", "two")).commit("another version");
        project.minipach(["run"]).ok();
        assert_eq!(project.read("fs/s1/y"), "data\ntwo\n");
        project.nothing_to_do();
    }
}

#[test]
fn what_git_was_told_to_overlook_in_a_subdataset_is_refused_by_name() {
    for (bit, end) in
        [("--assume-unchanged", "--no-assume-unchanged"), ("--skip-worktree", "--no-skip-worktree")]
    {
        let project = with_tool("lib");
        project.spec("fs", &format!("{SPEC}transform: {{cmd: [sh, lib/run.sh]}}\n"));
        project.spec("of", "input: {pfs: {repo: lib, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cp $lib/run.sh $PFS/out/']}\n");
        project.commit("two pipelines");
        project.minipach(["run"]).ok();
        project.git(["-C", "lib", "update-index", bit, "run.sh"]);
        project.nothing_to_do();
        project.write("lib/run.sh", SCRIPT.replace("one", "two"));
        for pipeline in ["fs", "of"] {
            let said = project.minipach(["run", pipeline, "--force"]).code(4);
            said.says("`lib/run.sh` is not as its subdataset has it")
                .says(&format!("git -C lib update-index {end} run.sh"));
        }
        project.write("lib/run.sh", SCRIPT);
        project.nothing_to_do();
    }
}
