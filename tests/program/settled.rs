//! Projects that come to rest: ledgers that are not as HEAD has them, scripts called by a path that is worked out, odd names.

use crate::support::Project;

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
