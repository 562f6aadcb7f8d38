#!/usr/bin/env python3
"""The price of a sandbox per datum: a loop of trivial datums, run on the host and in sandboxes, taking turns.

    cargo build --release
    tests/bench/sandbox.py [--datums 200] [--reps 9] [--jobs 1] [--image NAME]

Each command is a shell that copies one small file. Beside it stand the bare loop, and `bwrap` started anew for each
command, which is what a sandbox per datum would cost. With an image that podman has, the same in containers, beside
`podman run` for each command. It prints medians and the ratios of each pair of turns.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

MINIPACH = Path(__file__).resolve().parents[2] / "target/release/minipach"
SPEC = """input: {pfs: {name: in, repo: raw, glob: '/(*).txt'}}
transform: {cmd: [sh, -c, 'cp /pfs/in/in.txt /pfs/out/copy.txt']}
output: /$1
"""
ANEW = "bwrap --unshare-pid --die-with-parent --ro-bind / / --dev /dev --proc /proc --bind {0} {0} "


PODMAN = "podman run --rm --network none -v {0}:{0} -w {0} {1} "


def lay_out(folder, datums):
    (folder / "raw").mkdir(parents=True)
    (folder / "copy").mkdir()
    for number in range(datums):
        (folder / f"raw/{number}.txt").write_text(f"{number}\n")
    (folder / "copy/spec.yml").write_text(SPEC)
    for command in ["git init -q", "git add -A", "git -c user.name=a -c user.email=a commit -qm data"]:
        subprocess.run(command.split(), cwd=folder, check=True)


def timed(command, folder, mode="never", container="never"):
    begin = time.perf_counter()
    env = os.environ | {"MINIPACH_SANDBOX": mode, "MINIPACH_CONTAINER": container}
    subprocess.run(command, cwd=folder, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def clean(folder):
    for path in [folder / ".git/minipach", folder / ".minipach", *folder.glob("copy/*/")]:
        shutil.rmtree(path, ignore_errors=True)


def loop(folder, before=""):
    return ["sh", "-c", f"for f in raw/*.txt; do n=${{f#raw/}}; mkdir -p copy/${{n%.txt}}; "
            f"{before}sh -c 'cp '$f' copy/'${{n%.txt}}'/copy.txt' </dev/null; done"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--datums", type=int, default=200)
    arguments.add_argument("--reps", type=int, default=9)
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("--image")
    wanted = arguments.parse_args()
    run = [MINIPACH, "run", "--no-commit", "-q", f"-j{wanted.jobs}"]
    found = {"loop": [], "bwrap each": [], "host": [], "sandbox": []}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        folder = Path(folder) / "study"
        lay_out(folder, wanted.datums)
        ways = [
            ("loop", loop(folder), "never", "never"),
            ("bwrap each", loop(folder, ANEW.format(folder)), "never", "never"),
            ("host", run, "never", "never"),
            ("sandbox", run, "always", "never"),
        ]
        if wanted.image:
            spec = folder / "copy/spec.yml"
            spec.write_text(SPEC.replace("cmd:", f"image: '{wanted.image}', cmd:"))
            podman = PODMAN.format(folder, wanted.image)
            ways += [("podman each", loop(folder, podman), "never", "never"), ("container", run, "never", "podman")]
            found |= {"podman each": [], "container": []}
        for _ in range(wanted.reps):
            for what, command, mode, container in ways:
                clean(folder)
                found[what].append(timed(command, folder, mode, container))
                made = len(list(folder.glob("copy/*/copy.txt")))
                assert made == wanted.datums, f"{what}: {made} results"
    print(f"{wanted.datums} datums, {wanted.jobs} at a time, medians of {wanted.reps}")
    for what, seconds in found.items():
        median = statistics.median(seconds)
        ratio = statistics.median(here / host for here, host in zip(seconds, found["host"]))
        print(f"  {what:<12}{median:7.3f} s  {1000 * median / wanted.datums:6.2f} ms a datum  {ratio:5.2f} x host")


if __name__ == "__main__":
    main()
