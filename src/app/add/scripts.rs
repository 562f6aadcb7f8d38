//! Scripts for new pipelines: they run as they are, and say where your own work goes.

use super::kind::AddKind;

/// A file to be written beside a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// Its path in the project.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
    /// Whether it may be executed.
    pub(super) is_program: bool,
}

/// The view of a BIDS data set that holds one subject.
const BIDS_VIEW: &str = include_str!("../../../scaffolds/bids-app/code/bids_view.sh");

/// The place of that script.
const BIDS_VIEW_PATH: &str = "code/bids_view.sh";

/// The words of a kind's command, for inputs of these names, and the scripts that it needs.
pub(super) fn scripts(
    kind: AddKind,
    stem: &str,
    inputs: &[&str],
    has_view: bool,
) -> (Vec<String>, Vec<Script>) {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let program = |path: String, text: String| Script { path, text, is_program: true };
    let places: Vec<String> = inputs.iter().map(|name| format!("/pfs/{name}")).collect();
    let with = |first: &[&str]| [words(first), words(&["--out", "/pfs/out"]), places.clone()].concat();
    match kind {
        AddKind::Python => {
            let path = format!("code/{stem}.py");
            let test = Script {
                path: format!("code/tests/test_{}.py", stem.replace('-', "_")),
                text: python_test(stem),
                is_program: false,
            };
            (with(&["python3", &path]), vec![program(path.clone(), python(stem)), test])
        }
        AddKind::R => {
            let path = format!("code/{stem}.R");
            let test = format!("code/tests/test_{stem}.R");
            (with(&["Rscript", &path]), vec![program(path.clone(), r(stem)), program(test, r_test(stem))])
        }
        AddKind::Shell => {
            let path = format!("code/{stem}.sh");
            let test = format!("code/tests/test_{stem}.sh");
            let scripts = vec![program(path.clone(), shell(stem)), program(test, shell_test(stem))];
            (with(&["sh", &path]), scripts)
        }
        AddKind::BidsParticipant => {
            let path = format!("code/{stem}.sh");
            let mut scripts = vec![program(path.clone(), bids(stem))];
            if !has_view {
                scripts.push(program(BIDS_VIEW_PATH.into(), BIDS_VIEW.into()));
            }
            (words(&["sh", &path]), scripts)
        }
        _ => {
            let path = format!("code/{stem}.sh");
            (words(&["sh", &path]), vec![program(path.clone(), plain(stem, inputs))])
        }
    }
}

fn plain(stem: &str, inputs: &[&str]) -> String {
    let reads: Vec<String> = inputs.iter().map(|name| format!("$PFS/{name}")).collect();
    let names = inputs.iter().map(|name| format!("\"$pfs/{name}\"")).collect::<Vec<_>>().join(" ");
    format!(
        "#!/bin/sh
# {stem}: the work on one datum. Reads {}, writes to $PFS/out.
set -eu
pfs=${{PFS:-/pfs}}

# Put your own program here. Until then: the files that it was given, with their sizes.
for input in {names}; do
    if [ -e \"$input\" ]; then
        find -L \"$input\" -type f | sort
    fi
done | while read -r file; do
    printf '%s\\t%s\\n' \"${{file#\"$pfs\"/}}\" \"$(wc -c < \"$file\" | tr -d ' ')\"
done > \"$pfs/out/files.tsv\"
",
        reads.join(", ")
    )
}

fn shell(stem: &str) -> String {
    format!(
        "#!/bin/sh
# {stem}.sh --out FOLDER INPUT…: the work on one datum.
set -eu
out=
while [ $# -gt 0 ]; do
    case $1 in
    --out) out=$2; shift 2 ;;
    --) shift; break ;;
    -*) echo \"{stem}.sh: unknown option $1\" >&2; exit 2 ;;
    *) break ;;
    esac
done
if [ -z \"$out\" ] || [ $# -eq 0 ]; then
    echo 'usage: {stem}.sh --out FOLDER INPUT…' >&2
    exit 2
fi

# Put your own program here. Until then: the files that it was given, with their sizes.
for input in \"$@\"; do
    (cd \"$input\" && find -L . -type f | sort | while read -r file; do
        printf '%s\\t%s\\n' \"${{file#./}}\" \"$(wc -c < \"$file\" | tr -d ' ')\"
    done)
done > \"$out/files.tsv\"
"
    )
}

fn shell_test(stem: &str) -> String {
    format!(
        "#!/bin/sh
# Tests code/{stem}.sh; run it in the project's root.
set -eu
home=$(mktemp -d)
trap 'rm -rf \"$home\"' EXIT
mkdir \"$home/in\" \"$home/out\"
printf 'four' > \"$home/in/data.txt\"
sh code/{stem}.sh --out \"$home/out\" \"$home/in\"
[ \"$(cat \"$home/out/files.tsv\")\" = \"$(printf 'data.txt\\t4')\" ]
echo ok
"
    )
}

fn python(stem: &str) -> String {
    format!(
        "#!/usr/bin/env python3
\"\"\"{stem}: the work on one datum.\"\"\"

import argparse
from pathlib import Path


def work(inputs, out):
    \"\"\"Put your own program here. Until then: the files that it was given, with their sizes.\"\"\"
    with open(out / \"files.tsv\", \"w\", encoding=\"utf-8\") as table:
        for folder in inputs:
            for path in sorted(path for path in folder.rglob(\"*\") if path.is_file()):
                table.write(f\"{{path.relative_to(folder)}}\\t{{path.stat().st_size}}\\n\")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(\"inputs\", nargs=\"+\", type=Path, help=\"folders of data\")
    parser.add_argument(\"--out\", required=True, type=Path, help=\"the folder for results\")
    args = parser.parse_args()
    work(args.inputs, args.out)


if __name__ == \"__main__\":
    main()
"
    )
}

fn python_test(stem: &str) -> String {
    format!(
        "\"\"\"Tests code/{stem}.py: `python3 -m unittest discover code/tests`.\"\"\"

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / \"{stem}.py\"


class Work(unittest.TestCase):
    def test_it_writes_its_result(self):
        with tempfile.TemporaryDirectory() as home:
            given, out = Path(home, \"in\"), Path(home, \"out\")
            given.mkdir()
            out.mkdir()
            (given / \"data.txt\").write_text(\"four\", encoding=\"utf-8\")
            subprocess.run([sys.executable, SCRIPT, \"--out\", out, given], check=True)
            self.assertEqual((out / \"files.tsv\").read_text(encoding=\"utf-8\"), \"data.txt\\t4\\n\")


if __name__ == \"__main__\":
    unittest.main()
"
    )
}

fn r(stem: &str) -> String {
    format!(
        "#!/usr/bin/env Rscript
# {stem}.R --out FOLDER INPUT…: the work on one datum.
args <- commandArgs(trailingOnly = TRUE)
at <- match(\"--out\", args)
if (is.na(at) || length(args) < 3) stop(\"usage: {stem}.R --out FOLDER INPUT…\")
out <- args[at + 1]
inputs <- args[-c(at, at + 1)]

# Put your own program here. Until then: the files that it was given, with their sizes.
rows <- do.call(rbind, lapply(inputs, function(folder) {{
  files <- sort(list.files(folder, recursive = TRUE))
  data.frame(file = files, bytes = file.size(file.path(folder, files)))
}}))
write.table(rows, file.path(out, \"files.tsv\"), sep = \"\\t\", quote = FALSE, row.names = FALSE, col.names = FALSE)
"
    )
}

fn r_test(stem: &str) -> String {
    format!(
        "#!/usr/bin/env Rscript
# Tests code/{stem}.R; run it in the project's root.
home <- tempfile(\"test\")
given <- file.path(home, \"in\")
out <- file.path(home, \"out\")
dir.create(given, recursive = TRUE)
dir.create(out)
cat(\"four\", file = file.path(given, \"data.txt\"))
stopifnot(system2(\"Rscript\", c(\"code/{stem}.R\", \"--out\", out, given)) == 0)
stopifnot(identical(readLines(file.path(out, \"files.tsv\")), \"data.txt\\t4\"))
cat(\"ok\\n\")
"
    )
}

fn bids(stem: &str) -> String {
    format!(
        "#!/bin/sh
# {stem}: a BIDS App for the one participant in $PFS/subject. Everything it writes to $PFS/out is its result.
set -eu
pfs=${{PFS:-/pfs}}
view=${{TMPDIR:-/tmp}}/bids
sh {BIDS_VIEW_PATH} \"$pfs\" \"$view\"

# Put the app here: APP \"$view\" \"$pfs/out\" participant --participant_label \"${{name#sub-}}\"
for folder in \"$view\"/sub-*; do
    name=${{folder##*/}}
    mkdir -p \"$pfs/out/$name\"
    find -L \"$folder\" -type f | sed \"s|^$view/||\" | sort > \"$pfs/out/$name/files.txt\"
done
"
    )
}
