#!/usr/bin/env python3
"""Annexed data: plans without any content, and the fetch of what a run needs beside `datalad get` and `git annex get`.

    cargo build --release
    PATH=$(tests/peers) tests/bench/annex.py [--files 10000 100000] [--fetch 300] [--reps 5]

`plan`: a clone in which so many annexed files, one for each subject, stand as links without content; the first plan, in
which nothing is remembered, and the next. Beside it `git status`, and `git annex find` for the keys of all files.
`fetch`: clones of a dataset of so many small files on the same disk: `minipach run`, whose commands do nothing but count
bytes, beside `datalad get -J4` and `git annex get -J4` of the same files. Medians, in turns; MINIPACH names the program.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

MINIPACH = os.environ.get("MINIPACH", str(Path(__file__).resolve().parents[2] / "target/release/minipach"))
SPEC = """input: {pfs: {repo: raw, glob: '/(sub-*)'}}
transform: {cmd: [sh, -c, 'wc -c < /pfs/raw/t1.nii.gz > /pfs/out/size']}
output: /$1
"""
ME = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
ENVIRONMENT = os.environ | ME | {"MINIPACH_SANDBOX": "never"}
LETTERS = "0123456789zqjxkmvwgpfZQJXKMVWGPF"


def sh(command, folder, **more):
    subprocess.run(command, cwd=folder, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def timed(command, folder):
    begin = time.perf_counter()
    sh(command, folder)
    return time.perf_counter() - begin


def link(number):
    """The text of the link to an annexed file, two folders below the root."""
    key = f"MD5E-s1000--{hashlib.md5(str(number).encode()).hexdigest()}.nii.gz"
    word = int.from_bytes(hashlib.md5(key.encode()).digest()[:4], "little")
    c = [LETTERS[word >> (6 * at) & 31] for at in range(4)]
    return f"../../.git/annex/objects/{c[1]}{c[0]}/{c[3]}{c[2]}/{key}/{key}"


def without_content(folder, files):
    folder.mkdir()
    sh(["git", "init", "-q", "-b", "main"], folder)
    lines = ["commit refs/heads/main\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n"]
    for number in range(files):
        text = link(number)
        lines.append(f"M 120000 inline raw/sub-{number:06}/t1.nii.gz\ndata {len(text)}\n{text}\n")
    lines.append(f"M 100644 inline fs/spec.yml\ndata {len(SPEC)}\n{SPEC}\n")
    sh(["git", "fast-import", "--quiet"], folder, input="".join(lines).encode())
    sh(["git", "checkout", "-q", "main"], folder)
    sh(["git", "annex", "init", "-q"], folder)
    # git trusts no stat of the second in which it wrote its index.
    time.sleep(1.1)
    sh(["git", "status"], folder)


def plans(home, files, reps):
    folder = home / "plan"
    without_content(folder, files)
    ways = {
        "first plan": [MINIPACH, "plan"],
        "plan": [MINIPACH, "plan"],
        "git status": ["git", "status", "--porcelain"],
        "git annex find": ["git", "annex", "find", "--anything", "--format=${key}\n", "raw"],
    }
    found = {what: [] for what in ways}
    for turn in range(reps):
        shutil.rmtree(folder / ".git/minipach", ignore_errors=True)
        for what, command in ways.items():
            if what != "git annex find" or turn == 0:
                found[what].append(timed(command, folder))
    told = subprocess.run([MINIPACH, "plan"], cwd=folder, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout
    assert f"{files} to run" in told and f"{files} files to be fetched" in told, told
    shutil.rmtree(folder)
    tell(f"plan over {files} annexed files without content", found, "git status")


def fetches(home, files, reps):
    origin = home / "origin"
    (origin / "raw").mkdir(parents=True)
    sh(["git", "init", "-q", "-b", "main"], origin)
    sh(["git", "annex", "init", "-q"], origin)
    for number in range(files):
        (origin / f"raw/sub-{number:06}").mkdir()
        (origin / f"raw/sub-{number:06}/t1.nii.gz").write_bytes(os.urandom(10_000))
    (origin / ".gitattributes").write_text("* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n")
    (origin / "fs").mkdir()
    (origin / "fs/spec.yml").write_text(SPEC)
    sh(["git", "annex", "add", "-q", "."], origin)
    sh(["git", "commit", "-qm", "data"], origin)
    ways = {
        "minipach run": [MINIPACH, "run", "--no-commit", "-q", "-j2"],
        "datalad get": ["datalad", "get", "-J4", "raw"],
        "git annex get": ["git", "annex", "get", "-q", "-J4", "raw"],
    }
    found = {what: [] for what in ways}
    for turn in range(reps):
        for what, command in ways.items():
            clone = home / f"clone{turn}{what.split()[0]}"
            sh(["git", "clone", "-q", str(origin), str(clone)], home)
            sh(["git", "annex", "init", "-q"], clone)
            found[what].append(timed(command, clone))
            here = sum(1 for path in clone.glob("raw/*/t1.nii.gz") if path.exists())
            assert here == files, f"{what}: {here} files"
            sh(["chmod", "-R", "u+w", str(clone)], home)
            shutil.rmtree(clone)
    tell(f"fetch of {files} files of 10 kB", found, "datalad get")


def tell(title, found, beside):
    print(title)
    for what, seconds in found.items():
        ratio = statistics.median(one / other for one, other in zip(seconds, found[beside]))
        print(f"  {what:<16}{statistics.median(seconds):7.2f} s  {ratio:5.2f} x {beside}  of {len(seconds)}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, nargs="*", default=[10_000, 100_000])
    arguments.add_argument("--fetch", type=int, default=300)
    arguments.add_argument("--reps", type=int, default=5)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as home:
        for files in wanted.files:
            plans(Path(home), files, wanted.reps)
        if wanted.fetch:
            fetches(Path(home), wanted.fetch, wanted.reps)


if __name__ == "__main__":
    main()
