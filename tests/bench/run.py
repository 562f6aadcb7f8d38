#!/usr/bin/env python3
"""Measures minipach beside make, ninja, Snakemake, git and a bare loop, in one run, interleaved.

    cargo build --release && PATH=$(tests/peers) tests/bench/run.py            # all, about half an hour
    tests/bench/run.py full half --reps 3 --scale 0.1                          # some, smaller

Prints a table; --write puts it into tests/bench/README.md. A tool that is absent or fails has a dash. Every
time is a median of --reps wall times, each ratio the median of the ratios within a repetition; tools take turns
within each, so a slow minute hits all.
MINIPACH names the program (default: target/release/minipach).
"""

import argparse
import contextlib
import fcntl
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import projects

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MINIPACH = os.environ.get("MINIPACH", str(ROOT / "target/release/minipach"))
# What a tool leaves; also results that minipach keeps in git although no commit holds them.
RESULTS = ["skull", "fs", "stats", ".ninja_log", ".ninja_deps", ".snakemake", ".minipach", ".git/minipach", ".git/refs/minipach"]

RUN = {
    "make": ["make", "-rR", "-s", "-j2"],
    "ninja": ["ninja", "-j2", "--quiet"],
    "snakemake": ["snakemake", "--cores", "2", "--quiet", "all"],
    "loop": ["sh", "run.sh"],
    "minipach": [MINIPACH, "run", "-j2", "--no-commit", "-q"],
}
PLAN = {
    "make": ["make", "-rR", "-n"],
    "ninja": ["ninja", "-n"],
    "snakemake": ["snakemake", "--dry-run", "--quiet", "all"],
    "minipach": [MINIPACH, "plan"],
}
ENVIRONMENT = os.environ | projects.OF_ADA | {"MINIPACH_SANDBOX": "never"}


class Failed(Exception):
    """A tool is absent, failed, or gave a wrong result."""


def timed(command, folder):
    """Runs a command; gives wall seconds and its peak memory, with its children's, in MB."""
    begin = time.perf_counter()
    try:
        with open(os.devnull, "wb") as nothing:
            child = subprocess.Popen(command, cwd=folder, stdout=nothing, stderr=subprocess.PIPE, env=ENVIRONMENT)
    except OSError as error:
        raise Failed(f"{command[0]}: {error}") from error
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    if child.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit {child.returncode}: {said.decode(errors='replace')[-300:]}")
    return seconds, usage.ru_maxrss / 1024


class Bench:
    """Projects by (tool, size), each laid out once, and what was measured."""

    def __init__(self, folder, reps, lock=None):
        self.folder = folder
        self.reps = reps
        self.lock = lock
        self.failed = set()

    @contextlib.contextmanager
    def quiet(self):
        """While it lasts, all that take the same lock wait."""
        if self.lock is None:
            yield
            return
        with open(self.lock, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def project(self, tool, count, variant="plain", name=None):
        """Laid out once for each variant; what one scenario changes, another must not see."""
        folder = self.folder / f"{count}-{variant}" / (name or tool)
        if not folder.exists():
            self.say(f"laying out {count} subjects for {tool}")
            projects.lay_out(tool, count, folder, half_equal=variant == "half")
        return folder

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)

    def built(self, tool, count):
        """The project with all results in place."""
        folder = self.project(tool, count)
        if not (folder / "stats/table.txt").exists():
            self.say(f"running {tool} on {count} subjects once")
            timed(RUN[tool], folder)
            verify(folder, count)
        return folder

    def measure(self, what, cases):
        """`cases`: name → function of the repetition giving (seconds, MB). Gives name → all of these, in order."""
        taken = {name: [] for name in cases}
        for rep in range(self.reps):
            # Each goes first in turn: what one leaves to the file system, the next must bear.
            turn = rep % len(cases)
            for name, case in [*cases.items()][turn:] + [*cases.items()][:turn]:
                if (what, name) in self.failed:
                    continue
                try:
                    with self.quiet():
                        taken[name].append(case(rep))
                except Failed as error:
                    self.failed.add((what, name))
                    self.say(f"left out of `{what}`: {name}: {error}")
            self.say(f"{what}: {rep + 1} of {self.reps}")
        return {name: values for name, values in taken.items() if values and (what, name) not in self.failed}


def median(values):
    return tuple(statistics.median(column) for column in zip(*values))


def verify(folder, count):
    """Results are what the commands must give; a fast wrong run counts for nothing."""
    lines = (folder / "stats/table.txt").read_text().splitlines()
    if len(lines) != 2 * count:
        raise Failed(f"{folder}: stats/table.txt has {len(lines)} lines, not {2 * count}")


def clean(folder):
    """Back to raw data and specs."""
    specs = {path: path.read_bytes() for path in folder.glob("*/spec.yml")}
    for name in RESULTS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
    for path, data in specs.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    if specs:
        subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=folder, check=True)


# ---- scenarios: each gives rows (what, N, minipach's, peer's name, peer's, must, proud of)


def first_plan(bench, scale):
    rows = []
    for count, tools in ((1_000, ["make", "ninja", "snakemake"]), (10_000, ["make", "ninja"]), (100_000, ["make", "ninja"])):
        count = int(count * scale)
        folders = {tool: bench.project(tool, count) for tool in [*tools, "minipach"]}

        def case(tool, folders=folders):
            def once(_):
                clean(folders[tool])
                return timed(PLAN[tool], folders[tool])
            return once

        found = bench.measure(f"first plan, {count}", {tool: case(tool) for tool in folders})
        bounds = ("≤ 0.5 × make", "≤ 0.35 ×")
        rows += compare("first plan", count, found, tools, {"make": bounds})
    return rows


def nothing_to_do(bench, scale):
    rows = []
    for count, tools in ((1_000, ["make", "ninja", "snakemake"]), (10_000, ["make", "ninja"])):
        count = int(count * scale)
        cases = {}
        for tool in [*tools, "minipach"]:
            cases[tool] = lambda _, tool=tool: timed(RUN[tool], bench.built(tool, count))
        cases["minipach status"] = lambda _: timed([MINIPACH, "status"], bench.built("minipach", count))
        cases["git status"] = lambda _: timed(["git", "status", "-s"], committed(bench, count))
        found = bench.measure(f"nothing to do, {count}", cases)
        bounds = {"ninja": ("≤ 1.0 × ninja", "≤ 0.6 ×"), "git status": ("", "≤ 0.5 ×")}
        rows += compare("nothing to do", count, found, [*tools, "git status", "minipach status"], bounds)
    return rows


def committed(bench, count):
    """A git repository with raw data and results, all committed."""
    folder = bench.folder / f"{count}-plain" / "committed"
    if not folder.exists():
        shutil.copytree(bench.built("ninja", count), folder)
        projects.import_into_git(folder)
    return folder


def one_change(bench, scale):
    count = int(10_000 * scale)

    def case(tool, command):
        def once(rep):
            folder = bench.built(tool, count)
            word = f"changed {time.time_ns()} {rep}"
            (folder / f"raw/t1/sub-{rep + 1:05d}/T1.txt").write_text(word + "\n")
            taken = timed(command, folder)
            if word not in (folder / "stats/table.txt").read_text():
                raise Failed(f"{tool}: the change is not in the result")
            return taken
        return once

    cases = {tool: case(tool, RUN[tool]) for tool in ("make", "ninja", "minipach")}
    found = bench.measure(f"one change, {count}", cases)
    return compare("one input changed", count, found, ["make", "ninja"], {"ninja": ("≤ 1.2 × ninja", "≤ 1.0 ×")})


def full_run(bench, scale):
    count = int(1_000 * scale)
    cases = fresh(bench, ("loop", "make", "ninja", "minipach"), count)
    found = bench.measure(f"full run, {count}", cases)
    bounds = {"loop": ("≤ 1.4 × the loop", "≤ 1.2 ×")}
    return compare("full run, two workers", count, found, ["loop", "make", "ninja"], bounds)


def fresh(bench, tools, count, variant="plain"):
    """Each repetition in a folder of its own, all laid out and on disk before the first is measured. Nothing is deleted
    before it: for minutes ext4 without a journal passes over the places of deleted files one by one when it makes new
    ones, which would measure the cleaning."""
    def folder(tool, rep):
        return bench.project(tool, count, variant, f"{tool}-fresh-{rep}")

    def case(tool):
        def once(rep):
            os.sync()
            taken = timed(RUN[tool], folder(tool, rep))
            verify(folder(tool, rep), count)
            return taken
        return once

    for rep in range(bench.reps):
        for tool in tools:
            folder(tool, rep)
    return {tool: case(tool) for tool in tools}


def half_equal(bench, scale):
    count = int(1_000 * scale)
    cases = fresh(bench, ("ninja", "minipach"), count, "half")
    found = bench.measure(f"half equal, {count}", cases)
    return compare("half of the subjects equal", count, found, ["ninja"], {"ninja": ("≤ 0.7 × ninja", "≤ 0.6 ×")})


def commit(bench, scale):
    """Results stand and nothing of them is committed; `.git` is put back before each repetition."""
    count = int(10_000 * scale)

    def with_results(tool):
        folder = bench.project(tool, count, "commit")
        if not (folder / "stats/table.txt").exists():
            if tool == "git":
                for name in ("skull", "fs", "stats"):
                    shutil.copytree(bench.built("ninja", count) / name, folder / name)
            else:
                timed(RUN[tool], folder)
        base = folder.parent / f"{tool}.git"
        if base.exists():
            shutil.rmtree(folder / ".git")
            shutil.copytree(base, folder / ".git", symlinks=True)
        else:
            shutil.copytree(folder / ".git", base, symlinks=True)
        return folder

    def case(tool, command):
        def once(_):
            folder = with_results(tool)
            taken = timed(command, folder)
            left = subprocess.run(["git", "status", "--porcelain"], cwd=folder, capture_output=True, check=True)
            if left.stdout:
                raise Failed(f"{tool}: something is left uncommitted: {left.stdout[:200]!r}")
            return taken
        return once

    cases = {
        "git add + commit": case("git", ["sh", "-c", "git add -A && git commit -q -m results"]),
        "minipach": case("minipach", [MINIPACH, "run", "-j2", "-q"]),
    }
    found = bench.measure(f"commit, {count}", cases)
    bounds = {"git add + commit": ("≤ 1.0 × git", "≤ 0.5 ×")}
    return compare("committing the results", count, found, ["git add + commit"], bounds)


SCENARIOS = {
    "plan": first_plan,
    "nothing": nothing_to_do,
    "change": one_change,
    "full": full_run,
    "half": half_equal,
    "commit": commit,
}


# ---- the table


def compare(what, count, found, peers, bounds):
    own = found.get("minipach")
    return [(what, count, own, peer, found.get(peer), *bounds.get(peer, ("", ""))) for peer in peers]


def cell(taken):
    return "–" if taken is None else f"{median(taken)[0]:.2f} s"


def ratio_of(own, other):
    """The median of the ratios within a repetition, with the least and the greatest."""
    if not own or not other:
        return "–"
    ratios = sorted(mine[0] / theirs[0] for mine, theirs in zip(own, other))
    middle = f"{statistics.median(ratios):.2f}"
    return middle if len(ratios) < 3 else f"{middle} ({ratios[0]:.2f}–{ratios[-1]:.2f})"


def table(rows):
    lines = [
        "| what | subjects | minipach | memory | beside | | ratio | must | proud of |",
        "|---|--:|--:|--:|---|--:|--:|---|---|",
    ]
    for what, count, own, peer, other, must, proud in rows:
        memory = f"{median(own)[1]:.0f} MB" if own else "–"
        number = f"{count:,}".replace(",", " ")
        cells = [what, number, cell(own), memory, peer, cell(other), ratio_of(own, other), must, proud]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(reps, scale):
    def version(*command):
        try:
            out = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            return f"no {command[0]}"
        return out.stdout.splitlines()[0] if out.stdout else f"no {command[0]}"

    versions = [version("make", "--version"), "ninja " + version("ninja", "--version")]
    versions += ["snakemake " + version("snakemake", "--version"), version("git", "--version"), version(MINIPACH, "--version")]
    day = time.strftime("%Y-%m-%d", time.gmtime())
    scaled = "" if scale == 1 else f", sizes times {scale}"
    return f"{day}, {os.cpu_count()} processors, {platform.system()} {platform.release()}; medians of {reps}{scaled}; {'; '.join(versions)}."


def write_readme(text):
    path = HERE / "README.md"
    begin, end = "<!-- bench:begin -->", "<!-- bench:end -->"
    before, rest = path.read_text().split(begin)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; all if none")
    arguments.add_argument("--reps", type=int, default=5)
    arguments.add_argument("--scale", type=float, default=1, help="multiplies the numbers of subjects")
    arguments.add_argument("--dir", type=Path, default=ROOT / "target/bench", help="for the projects; made anew")
    arguments.add_argument("--lock", type=Path, help="hold this lock (flock) while something is timed; others wait for it")
    arguments.add_argument("--write", action="store_true", help="put the table into README.md")
    given = arguments.parse_args()
    unknown = [name for name in given.scenarios if name not in SCENARIOS]
    if unknown:
        arguments.error(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    shutil.rmtree(given.dir, ignore_errors=True)
    bench = Bench(given.dir, given.reps, given.lock)
    rows = []
    for name in given.scenarios or SCENARIOS:
        rows += SCENARIOS[name](bench, given.scale)
    text = f"{machine(given.reps, given.scale)}\n\n{table(rows)}\n"
    print(text)
    if given.write:
        write_readme(text)


if __name__ == "__main__":
    main()
