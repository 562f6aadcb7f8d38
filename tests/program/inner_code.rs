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
