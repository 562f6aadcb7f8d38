#!/usr/bin/env python3
"""Packed results beside loose ones: datums that each make many small files, in a dataset whose results go to the annex.

    cargo build --release
    PATH=$(tests/peers) tests/bench/pack.py [--datums 10] [--files 500] [--reps 5]

Each datum makes so many files of some bytes; a gather then reads all of them. `run` is a run with its commits, from nothing; `clone` a
clone of the finished project and its first plan; `read` a fresh clone that runs the gather again, which fetches what it reads. Once with
`pack: always`, once with `pack: never`, in turns. Medians, how many files git knows in the end, and the ratio of each pair of turns.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

MINIPACH = os.environ.get("MINIPACH", str(Path(__file__).resolve().parents[2] / "target/release/minipach"))
ME = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
ENVIRONMENT = os.environ | ME | {"MINIPACH_SANDBOX": "never"}
MANY = """input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}
transform: {{cmd: [sh, -c, 'i=0; while [ $i -lt {files} ]; do i=$((i+1)); echo $PACH_DATUM_ID $i > $PFS/out/$i; done']}}
output: /$1
pack: {pack}
"""
ALL = """input: {pfs: {repo: many, glob: /}}
transform: {cmd: [sh, -c, 'find -L "$PFS/many" -type f | wc -l > "$PFS/out/count"']}
output: /
"""


def sh(command, folder):
    subprocess.run(command, cwd=folder, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def timed(command, folder):
    begin = time.perf_counter()
    sh(command, folder)
    return time.perf_counter() - begin


def lay_out(folder, datums, files, pack):
    for name in ["raw", "many", "all"]:
        (folder / name).mkdir(parents=True)
    sh(["git", "init", "-q", "-b", "main"], folder)
    sh(["git", "annex", "init", "-q"], folder)
    # Results of `many` go to the annex, all else to git.
    (folder / ".gitattributes").write_text("* annex.largefiles=nothing\nmany/*/** annex.largefiles=anything\n")
    for number in range(datums):
        (folder / f"raw/{number}.txt").write_text(f"{number}\n")
    (folder / "many/spec.yml").write_text(MANY.format(files=files, pack=pack))
    (folder / "all/spec.yml").write_text(ALL)
    sh(["git", "add", "-A"], folder)
    sh(["git", "commit", "-qm", "data"], folder)


def turn(home, wanted, pack):
    folder, clone = home / "study", home / "clone"
    lay_out(folder, wanted.datums, wanted.files, pack)
    run = timed([MINIPACH, "run", "-q", "-j2"], folder)
    begin = time.perf_counter()
    sh(["git", "clone", "-q", str(folder), str(clone)], home)
    sh(["git", "annex", "init", "-q"], clone)
    sh([MINIPACH, "plan"], clone)
    cloned = time.perf_counter() - begin
    read = timed([MINIPACH, "run", "-q", "--no-commit", "--force", "all"], clone)
    found = (clone / "all/count").read_text().strip()
    assert found == str(wanted.datums * wanted.files), f"{pack}: {found} files"
    known = subprocess.run(["git", "ls-files"], cwd=folder, check=True, capture_output=True, text=True).stdout.count("\n")
    for made in [folder, clone]:
        sh(["chmod", "-R", "u+w", str(made)], home)
        shutil.rmtree(made)
    return {"run": run, "clone": cloned, "read": read}, known


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--datums", type=int, default=10)
    arguments.add_argument("--files", type=int, default=500)
    arguments.add_argument("--reps", type=int, default=5)
    wanted = arguments.parse_args()
    found = {"always": [], "never": []}
    files = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as home:
        for _ in range(wanted.reps):
            for pack, turns in found.items():
                seconds, files[pack] = turn(Path(home), wanted, pack)
                turns.append(seconds)
    print(f"{wanted.datums} datums of {wanted.files} files, medians of {wanted.reps}")
    for what in ["run", "clone", "read"]:
        packed, loose = ([seconds[what] for seconds in found[pack]] for pack in found)
        ratio = statistics.median(one / other for one, other in zip(packed, loose))
        print(f"  {what:<6}{statistics.median(packed):7.2f} s packed {statistics.median(loose):7.2f} s loose  {ratio:5.2f} x")
    print(f"  files that git knows: {files['always']} packed, {files['never']} loose")


if __name__ == "__main__":
    main()
