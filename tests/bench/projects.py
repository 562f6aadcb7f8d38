#!/usr/bin/env python3
"""Lays out one and the same work for minipach and for its peers.

    projects.py TOOL SUBJECTS DIR [--half-equal]

raw/t1 and raw/t2 hold one small file for each subject. `skull` copies each T1, `fs` joins that with the T2,
`stats` gathers all of it into one file: 2 N + 1 commands, each a shell that makes a folder and writes a file.
With --half-equal the second half of the subjects holds the same bytes as the first.
"""

import argparse
import os
import subprocess
from pathlib import Path

TOOLS = ["make", "ninja", "snakemake", "loop", "minipach", "git"]

# git without the settings of whoever measures.
OF_ADA = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}

GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


def subjects(count):
    return [f"sub-{number:05d}" for number in range(1, count + 1)]


def content(kind, index, count, half_equal):
    """The text of one raw file; `index` counts from 0."""
    seed = index % (count // 2) if half_equal and count > 1 else index
    return f"{kind} of {seed}\n"


def raw_files(count, half_equal):
    for index, subject in enumerate(subjects(count)):
        yield f"raw/t1/{subject}/T1.txt", content("t1", index, count, half_equal)
        yield f"raw/t2/{subject}/T2.txt", content("t2", index, count, half_equal)


def write(folder, path, text):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def skull(subject):
    out = f"skull/{subject}/mri"
    return f"{out}/brain.txt", f"mkdir -p {out} && cp raw/t1/{subject}/T1.txt {out}/brain.txt"


def fs(subject):
    out = f"fs/{subject}/stats"
    parts = f"skull/{subject}/mri/brain.txt raw/t2/{subject}/T2.txt"
    return f"{out}/aseg.txt", f"mkdir -p {out} && cat {parts} > {out}/aseg.txt"


STATS = "mkdir -p stats && cat fs/*/stats/aseg.txt > stats/table.txt"


def makefile(count):
    """Explicit rules (and `make -rR`): searching for implicit ones takes many times as long."""
    results = " ".join(fs(subject)[0] for subject in subjects(count))
    lines = [f"stats/table.txt: {results}", f"\t{STATS}"]
    for subject in subjects(count):
        (brain, make_brain), (aseg, make_aseg) = skull(subject), fs(subject)
        lines += [f"{brain}: raw/t1/{subject}/T1.txt", f"\t{make_brain}"]
        lines += [f"{aseg}: {brain} raw/t2/{subject}/T2.txt", f"\t{make_aseg}"]
    return "\n".join(lines) + "\n"


def ninja(count):
    lines = ["rule run", "  command = $do"]
    for subject in subjects(count):
        (brain, make_brain), (aseg, make_aseg) = skull(subject), fs(subject)
        lines += [f"build {brain}: run raw/t1/{subject}/T1.txt", f"  do = {make_brain}"]
        lines += [f"build {aseg}: run {brain} raw/t2/{subject}/T2.txt", f"  do = {make_aseg}"]
    results = " ".join(fs(subject)[0] for subject in subjects(count))
    lines += [f"build stats/table.txt: run | {results}", f"  do = {STATS}"]
    return "\n".join(lines) + "\n"


SNAKEFILE = f"""\
subjects = sorted(glob_wildcards("raw/t1/{{subject}}/T1.txt").subject)
rule stats:
    input: expand("fs/{{subject}}/stats/aseg.txt", subject=subjects)
    output: "stats/table.txt"
    shell: "{STATS}"
rule skull:
    input: "raw/t1/{{subject}}/T1.txt"
    output: "skull/{{subject}}/mri/brain.txt"
    shell: "cp {{input}} {{output}}"
rule fs:
    input: "skull/{{subject}}/mri/brain.txt", "raw/t2/{{subject}}/T2.txt"
    output: "fs/{{subject}}/stats/aseg.txt"
    shell: "cat {{input}} > {{output}}"
"""

LOOP = f"""\
#!/bin/sh
# Two workers and nothing else: what the commands themselves cost.
set -e
for phase in skull fs; do
    xargs -a "$phase.commands" -d '\\n' -n 1 -P 2 sh -c
done
sh -c '{STATS}'
"""

SPECS = {
    "skull": """\
input:
  pfs: {repo: raw/t1, glob: /(sub-*)}
output: /$1
transform:
  cmd: [sh, -c, 'mkdir -p /pfs/out/mri && cp /pfs/t1/T1.txt /pfs/out/mri/brain.txt']
""",
    "fs": """\
input:
  join:
    - pfs: {repo: skull, glob: /(sub-*), join_on: $1}
    - pfs: {repo: raw/t2, glob: /(sub-*), join_on: $1}
output: /$1
transform:
  cmd: [sh, -c, 'mkdir -p /pfs/out/stats && cat /pfs/skull/mri/brain.txt /pfs/t2/T2.txt > /pfs/out/stats/aseg.txt']
""",
    "stats": """\
input:
  pfs: {repo: fs, glob: /}
output: /
transform:
  cmd: [sh, -c, 'cd /pfs/fs && cat */stats/aseg.txt > /pfs/out/table.txt']
""",
}


def import_into_git(folder):
    """Commits everything below `folder` as one pack: 200 000 loose objects would take minutes."""
    subprocess.run(["git", "init", "-q", "-b", "main", "."], cwd=folder, check=True)
    stream = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE)
    say = stream.stdin.write
    say(b"commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 5\nstart\n")
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = Path(where, name)
            data = path.read_bytes()
            say(b"M 100644 inline %s\ndata %d\n%s\n" % (str(path.relative_to(folder)).encode(), len(data), data))
    stream.stdin.close()
    if stream.wait() != 0:
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "reset", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=folder, check=True)


def lay_out(tool, count, folder, half_equal=False):
    """Lays out the work for one tool in a fresh folder."""
    folder.mkdir(parents=True)
    for path, text in raw_files(count, half_equal):
        write(folder, path, text)
    if tool == "make":
        write(folder, "Makefile", makefile(count))
    elif tool == "ninja":
        write(folder, "build.ninja", ninja(count))
    elif tool == "snakemake":
        write(folder, "Snakefile", SNAKEFILE)
    elif tool == "loop":
        write(folder, "run.sh", LOOP)
        for phase, command in (("skull", skull), ("fs", fs)):
            write(folder, f"{phase}.commands", "".join(command(subject)[1] + "\n" for subject in subjects(count)))
    elif tool == "minipach":
        for pipeline, spec in SPECS.items():
            write(folder, f"{pipeline}/spec.yml", spec)
    if tool in ("minipach", "git"):
        import_into_git(folder)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("tool", choices=TOOLS)
    arguments.add_argument("subjects", type=int)
    arguments.add_argument("dir", type=Path)
    arguments.add_argument("--half-equal", action="store_true")
    given = arguments.parse_args()
    lay_out(given.tool, given.subjects, given.dir, given.half_equal)


if __name__ == "__main__":
    main()
