//! Projects that come to rest: ledgers that are not as HEAD has them, scripts called by a path that is worked out, odd names.

use crate::support::Project;

#[track_caller]
fn is_at_rest(project: &Project) {
    let said = project.minipach(["status"]).code(0);
    assert!(!said.stdout.contains("not committed"), "{}", said.stdout);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_folder_left_to_one_datum_is_told_in_the_commit_that_removes_the_other() {
    let project = Project::new();
    for name in ["s1", "s2"] {
        project.write(&format!("raw/{name}/a.txt"), name);
    }
    project.spec(
        "p",
        "input: {pfs: {repo: raw, glob: '/(*)/'}}\ntransform: {cmd: [sh, -c, \
         'n=$(ls $PFS/raw); mkdir $PFS/out/own; cp $PFS/raw/$n/a.txt $PFS/out/own/$n']}\n",
    );
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.git(["rm", "-rq", "raw/s1"]);
    project.commit("without s1");
    let before = project.head();
    project.minipach(["run"]).code(0).says("1 datum removed");
    assert_eq!(project.git(["rev-parse", "HEAD^"]).trim(), before.trim(), "one commit");
    assert!(!project.git(["log", "-1", "--format=%s"]).contains("RUNCMD"), "nothing was made");
    is_at_rest(&project);
}

/// An edit to a script that is called by a path which the caller works out makes results stale.
#[test]
fn an_edit_is_seen_in_what_is_called_by_a_path_that_is_worked_out() {
    for (script, text, called) in [
        ("up.sh", "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\n. \"$HERE/lib/b.sh\"\n", "lib/b.sh"),
        ("up.sh", "d=`dirname $0`\nsh $d/lib/b.sh\n", "lib/b.sh"),
        ("deep/up.sh", "ROOT=\"$(dirname \"$0\")/..\"\nsh \"$ROOT\"/lib/b.sh\n", "lib/b.sh"),
        ("up.sh", "cd \"$(git rev-parse --show-toplevel)/code/lib\"\n. ./b.sh\n", "lib/b.sh"),
        (
            "up.py",
            "import os\nHERE = os.path.dirname(__file__)\nos.system('sh ' + os.path.join(HERE, 'lib', 'b.sh'))\n",
            "lib/b.sh",
        ),
        (
            "up.py",
            "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parent / 'more' / 'own'))\nimport own\n",
            "more/own/own.py",
        ),
        ("up.R", "here <- dirname(sys.frame(1)$ofile)\nsource(file.path(here, 'lib', 'b.R'))\n", "lib/b.R"),
    ] {
        let project = Project::new();
        project.write_all(&[("raw/a/x", "a\n")]);
        project.write(&format!("code/{script}"), text).write(&format!("code/{called}"), "one\n");
        project.write("code/other/o.sh", "other\n");
        project.spec(
            "up",
            &format!(
                "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n\
                 transform: {{cmd: [sh, -c, 'cat $PFS/raw/x > $PFS/out/o', code/{script}]}}\n"
            ),
        );
        project.commit("a study");
        project.minipach(["run"]).ok();
        project.write("code/other/o.sh", "changed\n");
        project.commit("nobody calls this");
        project.nothing_to_do();
        project.write(&format!("code/{called}"), "two\n");
        project.commit("another library");
        project.minipach(["why", "up"]).says(&format!("code/{called}"));
        project.minipach(["run"]).code(0).says("1 datum ran");
    }
}
