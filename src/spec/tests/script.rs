//! Tests of scripts that are named and not there: told at the word, and never where a word may be something else.

use super::{line, read};
use crate::model::{ContentId, Entry, Kind, Oid, Tree};
use crate::spec::missing_code;

fn files() -> Tree {
    let oid: Oid = "0123456789012345678901234567890123456789".parse().expect("an oid");
    let paths = ["code/fit.py", "code/lib/measure.sh", "fs/spec.yml", "other/spec.yml", "raw/t1/a.txt"];
    let entry = |path: &str| Entry { path: path.into(), kind: Kind::File, content: ContentId::Git(oid) };
    Tree::new("", paths.map(entry).into_iter().collect())
}

fn found(transform: &str) -> Vec<String> {
    let text = format!("input: {{pfs: {{repo: raw/t1, glob: /*}}}}\ntransform:\n  {transform}\n");
    let loaded = read(&text);
    let files = files();
    let exists = |path: &str| files.get(path).is_some() || path == "build/ignored.sh";
    let told = |pipeline| missing_code(pipeline, &files, &exists);
    let label = |label: Option<String>| label.map_or(String::new(), |label| format!(" — {label}"));
    let findings = loaded.pipelines.iter().flat_map(told);
    findings.map(|finding| line(&finding) + &label(finding.label)).collect()
}

#[test]
fn scripts_that_are_not_there_are_told() {
    for (transform, expected) in [
        (
            "cmd: [python3, code/ft.py]",
            "3:18 `code/ft.py` is not in the project — did you mean `code/fit.py`?",
        ),
        ("cmd: [python3, fit.py]", "3:18 `fit.py` is not in the project — did you mean `code/fit.py`?"),
        ("cmd: [sh, ./code/x.sh, a]", "3:13 `./code/x.sh` is not in the project"),
        ("cmd: [code/run]", "3:9 `code/run` is not in the project"),
        ("cmd: [tool, code/params.json]", "3:15 `code/params.json` is not in the project"),
        ("cmd: [tool, -f, model.R]", "3:19 `model.R` is not in the project"),
        (
            "cmd: [sh, -c, 'python3 code/ft.py $t1']",
            "3:26 `code/ft.py` is not in the project — did you mean `code/fit.py`?",
        ),
        ("cmd: [run]\n  err_cmd: [sh, code/err.sh]", "4:17 `code/err.sh` is not in the project"),
        ("cmd: [sh]\n  stdin: [set -e, code/none.sh $t1]", "4:19 `code/none.sh` is not in the project"),
        (
            "cmd: [run]\n  code: [code/ft.py]",
            "4:10 `code/ft.py` in `code` takes no file of the project — did you mean `code/fit.py`?",
        ),
    ] {
        assert_eq!(found(transform), [format!("MP118 fs/spec.yml:{expected}")], "{transform}");
    }
}

#[test]
fn words_that_may_be_something_else_are_left_alone() {
    for transform in [
        "cmd: [python3, code/fit.py]",
        "cmd: [sh, code/lib/measure.sh, sub-01, out/result]",
        "cmd: [sh, build/ignored.sh]",
        "cmd: [python3, /opt/x.py]",
        "cmd: [sh, /pfs/scripts/x.sh]",
        "cmd: [sh, raw/t1/made.sh]",
        "cmd: [sh, other/made.sh]",
        "cmd: [tool, -o, report.py]",
        "cmd: [tool, --output, report.py]",
        "cmd: [tool, 'a b.py', '*.py', $x.py, --file=x.py, http://a/b.py, ../b.py]",
        "cmd: [sh, -c, 'echo x > code/new.sh; sh code/new.sh']",
        "cmd: [sh, -c, 'cd code && sh x.sh']",
        "cmd: [sh, -c, 'grep x code/none.py']",
        "cmd: [cat]\n  stdin: [sh code/none.sh]",
        "cmd: [python3, app/fit.py]\n  image: 'a:1'",
        "cmd: [python3, fit.py]\n  working_dir: code",
        "cmd: [python3, x.py]\n  working_dir: /app",
        "cmd: [run]\n  code: ['code/**']",
    ] {
        assert_eq!(found(transform), Vec::<String>::new(), "{transform}");
    }
}
