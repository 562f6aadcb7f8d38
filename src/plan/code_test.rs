//! Tests of what counts as code: what scripts and programs name, and what they only write.

use std::collections::BTreeMap;

use super::code::by_words;
use crate::model::{ContentId, Entry, Kind, Oid, Transform, Tree};

/// The code of `sh code/up` among files, of which those whose text is `untracked` are not tracked.
fn code_of(command: &[&str], files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let content = ContentId::Git(Oid([0; 20]));
    let entry = |path: &&str| Entry { path: (*path).into(), kind: Kind::File, content: content.clone() };
    let project = Tree::new("", files.keys().map(entry).collect());
    let transform =
        Transform { cmd: command.iter().map(|&word| word.to_owned()).collect(), ..Transform::default() };
    let is_tracked = |path: &str| files.get(path).is_some_and(|text| *text != "untracked");
    let read = |path: &str| files.get(path).map(|text| text.as_bytes().to_vec());
    by_words(&transform, &project, &is_tracked, &|_| false, &read).files.into_keys().collect()
}

#[test]
fn what_a_script_writes_beside_itself_is_no_code_of_it() {
    for (script, text) in [
        ("code/up.sh", "HERE=$(cd \"$(dirname \"$0\")\" && pwd); echo ran >> \"$HERE/run.log\""),
        ("code/up.sh", "HERE=$(dirname $0); mkdir -p $HERE/tmp; date > $HERE/tmp/now"),
        ("code/up.py", "LOG = Path(__file__).parent / \"run.log\""),
        (
            "code/up.R",
            "here <- dirname(sys.frame(1)$ofile)\ncat(1, file = file.path(here, \"tmp\", \"now\"))",
        ),
    ] {
        let files = [(script, text), ("code/run.log", "untracked"), ("code/tmp/now", "untracked")];
        assert_eq!(code_of(&["sh", script], &files), [script], "{text}");
    }
}

const HERE: &str = "HERE=$(cd \"$(dirname \"$0\")\" && pwd)\n";
const PY: &str = "HERE = Path(__file__).parent\n";
const R: &str = "here <- dirname(sys.frame(1)$ofile)\n";
const LIBRARY: [(&str, &str); 4] =
    [("code/lib/one.sh", ""), ("code/lib/two.sh", ""), ("code/lib/sub/x", ""), ("code/lib/unused.sh", "")];

#[track_caller]
fn takes(script: &str, text: &str, called: &[&str]) {
    let files: Vec<(&str, &str)> = LIBRARY.into_iter().chain([(script, text)]).collect();
    let found = code_of(&["sh", script], &files);
    let found: Vec<&str> = found.iter().filter_map(|path| path.strip_prefix("code/lib/")).collect();
    assert_eq!(found, called, "{text}");
}

#[test]
fn of_a_folder_that_a_variable_holds_what_is_called_is_code() {
    for text in [
        "L=\"$HERE/lib\"; . \"$L/one.sh\"",
        "export L=$HERE/lib\n. $L/one.sh",
        "declare -r LL=$HERE/lib; . $LL/one.sh",
        "mkdir -p \"$HERE/lib/sub\"; [ -d $HERE/lib ] && . $HERE/lib/one.sh",
        "(cd \"$HERE/lib\" && . ./one.sh)",
    ] {
        takes("code/up.sh", &format!("{HERE}{text}"), &["one.sh"]);
    }
    for (pattern, called) in [("o*.sh", "one.sh"), ("t?o.sh", "two.sh"), ("un[tu]*.sh", "unused.sh")] {
        takes("code/up.sh", &format!("{HERE}L=$HERE/lib; for f in $L/{pattern}; do . $f; done"), &[called]);
    }
    for text in [
        "LIB = HERE / \"lib\"\nopen(LIB / \"one.sh\")",
        "LIB = os.path.join(HERE, \"lib\")\nrun([\"sh\", os.path.join(LIB, \"one.sh\")])",
        "\"\"\"What is in lib is called.\"\"\"\nopen(HERE / 'lib' / 'one.sh')",
        "LIB = HERE / \"lib\"\nLIB.mkdir(exist_ok=True)\nos.makedirs(LIB)\nprint(LIB)\nrun(LIB / \"one.sh\")",
    ] {
        takes("code/up.py", &format!("{PY}{text}"), &["one.sh"]);
    }
    takes("code/up.R", &format!("{R}source(file.path(here, \"lib\", \"one.sh\"))"), &["one.sh"]);
    takes("code/up.R", "source(here(\"code\", \"lib\", \"one.sh\"))", &["one.sh"]);
}

#[test]
fn a_folder_that_is_given_to_a_program_is_code_as_a_whole() {
    let all = ["one.sh", "sub/x", "two.sh", "unused.sh"];
    for text in [
        "HERE=$(dirname $0); L=$HERE/lib; . $L/one.sh; for f in $L/*.sh; do . $f; done",
        "HERE=$(dirname $0); L=$HERE/lib; . $L/one.sh; tool $L",
        "HERE=$(dirname $0); make -C $HERE/lib; . $HERE/lib/one.sh",
        "HERE=$(dirname $0); . $HERE/lib/one.sh; . $HERE/lib/$1.sh",
        "HERE=$(dirname $0); F=$HERE/lib/$1.sh; . $HERE/lib/one.sh; . $F",
        "HERE=$(dirname $0); export L=$HERE/lib; make",
        "make -C code/lib",
    ] {
        takes("code/up.sh", text, &all);
    }
    for text in [
        "LIB = HERE / 'lib'\nopen(LIB / 'one.sh')\nfor f in sorted(LIB.glob('*.sh')): run(f)",
        "LIB = HERE / 'lib'\nopen(LIB / 'one.sh')\nfiles = os.listdir(LIB)",
        "open(HERE / 'lib' / 'one.sh')\nopen(HERE / 'lib' / name)",
        "os.listdir(HERE / 'lib')",
        "LIB = HERE / 'lib'\nsubprocess.run('make', cwd=LIB)",
    ] {
        takes("code/up.py", &format!("HERE = Path(__file__).parent\n{text}"), &all);
    }
}

const CONFIG: [(&str, &str); 6] = [
    ("conf/a.cfg", ""),
    ("conf/b.cfg", "untracked"),
    ("conf/sub/c.cfg", ""),
    ("conf/.hidden", ""),
    ("fs/spec.yml", ""),
    ("fs/y", ""),
];

#[test]
fn a_pattern_means_the_tracked_files_that_it_takes() {
    for (text, taken) in [
        ("for f in conf/*.cfg; do . ./$f; done", &["conf/a.cfg"][..]),
        ("cat ./conf/[ab].cfg", &["conf/a.cfg"]),
        ("cd conf; cat sub/*", &["conf/sub/c.cfg"]),
        ("cp -r conf/* $PFS/out", &["conf/a.cfg", "conf/sub/c.cfg"]),
        ("awk -fconf/a.cfg", &["conf/a.cfg"]),
        ("python -c 'import glob; glob.glob(\"conf/*.cfg\")'", &["conf/a.cfg"]),
        ("cat $PFS/conf/*.cfg /pfs/conf/*.cfg; ls *; sed 's/*/x/'; rm fs/*.yml", &[]),
    ] {
        assert_eq!(code_of(&["sh", "-c", text], &CONFIG), taken, "{text}");
        let files: Vec<_> = CONFIG.into_iter().chain([("code/up.sh", text)]).collect();
        let found = code_of(&["sh", "code/up.sh"], &files);
        assert_eq!(found, [&["code/up.sh"], taken].concat(), "{text}");
    }
}

#[test]
fn a_folder_that_is_an_argument_means_its_tracked_files() {
    assert_eq!(code_of(&["tool", "conf"], &CONFIG), ["conf/a.cfg", "conf/sub/c.cfg"]);
    assert_eq!(code_of(&["tool", "conf/sub/"], &CONFIG), ["conf/sub/c.cfg"]);
    for argument in ["fs", ".", "con"] {
        assert_eq!(code_of(&["tool", argument], &CONFIG), [""; 0], "{argument}");
    }
    let many: Vec<String> = (0..=1000).map(|at| format!("lots/{at}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|path| (&**path, "")).collect();
    assert_eq!(code_of(&["tool", "lots"], &many), [""; 0], "so many are data");
}

#[test]
fn what_runs_write_is_never_code() {
    let text = "echo '.minipach/** x' > a; cat .minipach/ledger/fs.jsonl .minipach/.gitattributes; ls .minipach/ledger/*";
    let files = [("code/up.sh", text), (".minipach/.gitattributes", ""), (".minipach/ledger/fs.jsonl", "")];
    assert_eq!(code_of(&["sh", "code/up.sh", ".minipach/ledger"], &files), ["code/up.sh"]);
}
