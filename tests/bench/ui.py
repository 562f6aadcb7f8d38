#!/usr/bin/env python3
"""Measures the terminal UI on a large project, on a pseudo-terminal of 120x36, as a user meets it.

    cargo build --release && tests/bench/ui.py                     # 100 000 datums in one pipeline, 200 pipelines
    tests/bench/ui.py --datums 10000 --pipelines 50 --keys 100     # smaller

Prints a table and judges nothing: how busy the machine is besides decides as much as the program. --keep FOLDER
lays the project out there, or takes the one that is there. MINIPACH names the program (default: target/release/minipach).

first frame   from the start of the process until the whole first frame is written; before that start the project was
              shown once, so that it is remembered
whole         until the project has been read afresh and shown
key to paint  from a key that moves the cursor until the next frame is written, in turn on the list of pipelines, on the table of the large pipeline, and on that table while a run, acted by this script, tells of
              so many datums a second
memory        the most that the process had in memory, and what it had at the end
idle          processor time in ten seconds without a key
"""

import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path

import projects

ROOT = Path(__file__).resolve().parent.parent.parent
MINIPACH = os.environ.get("MINIPACH", str(ROOT / "target/release/minipach"))
# The clock stands where it said before that the project is read.
READ = rb"\d\d:\d\d"
# The end of a frame that the terminal is to show at once.
FRAME_END = b"\x1b[?2026l"
TICKS = os.sysconf("SC_CLK_TCK")


def environment(home):
    kept = {name: os.environ[name] for name in ["PATH"] if name in os.environ}
    return kept | projects.OF_ADA | {
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


def lay_out(folder, datums, pipelines, env):
    """`big` reads `datums` files; the other pipelines form layers of ten, each of which reads two of the layer before."""
    study = folder / "study"
    if (study / ".git").exists():
        return study
    (study / "raw/many").mkdir(parents=True)
    (study / "raw/few").mkdir(parents=True)
    for number in range(datums):
        (study / f"raw/many/sub-{number:06d}.txt").write_text(f"{number}\n")
    for number in range(3):
        (study / f"raw/few/{number}.txt").write_text(f"{number}\n")
    spec(study, "big", "{pfs: {repo: raw/many, glob: '/(*).txt'}}", "$1")
    for number in range(pipelines - 1):
        layer, place = divmod(number, 10)
        before = [(layer - 1) * 10 + place, (layer - 1) * 10 + (place * 3 + layer) % 10]
        names = sorted({f"p{other:03d}" for other in before}) if layer else ["raw/few"]
        leaves = [f"{{pfs: {{name: i{at}, repo: {name}, glob: '/'}}}}" for at, name in enumerate(names)]
        inputs = leaves[0] if len(leaves) == 1 else f"{{cross: [{', '.join(leaves)}]}}"
        spec(study, f"p{number:03d}", inputs, None)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "study"]):
        subprocess.run(["git", *words], cwd=study, env=env, check=True)
    return study


def spec(study, name, inputs, output):
    (study / name).mkdir()
    out = f"output: '/{output}'\n" if output else ""
    text = f"input: {inputs}\n{out}transform: {{cmd: [sh, -c, 'true > $PFS/out/x']}}\n"
    (study / name / "spec.yml").write_text(text)


class Screen:
    """The program on a pseudo-terminal."""

    def __init__(self, study, env):
        self.begin = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(study)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
            os.execve(MINIPACH, [MINIPACH], env)
        os.set_blocking(self.fd, False)
        self.seen, self.at = b"", 0.0

    def read(self, seconds):
        """What comes within some time; empty if nothing."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return b""
        try:
            return os.read(self.fd, 1 << 20)
        except (BlockingIOError, OSError):
            return b""

    def until(self, word, seconds=120):
        """Seconds since the start until a pattern was shown for the first time, and all that came with it."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if re.search(word, self.seen):
                return self.at
            self.seen += self.read(0.5)
            while more := self.read(0.001):
                self.seen += more
            self.at = time.perf_counter() - self.begin
        raise SystemExit(f"{word!r} was not shown within {seconds} s; the last: {self.seen[-400:]!r}")

    def quiet(self, seconds):
        """Takes what comes until nothing came for some time, or for half a minute."""
        end = time.perf_counter() + 30
        while time.perf_counter() < end and self.read(seconds):
            pass

    def key(self, key):
        """Milliseconds from a key to the end of the next frame."""
        while self.read(0):
            pass
        begin = time.perf_counter()
        os.write(self.fd, key)
        came = b""
        while FRAME_END not in came and time.perf_counter() < begin + 5:
            came += self.read(0.1)
        return (time.perf_counter() - begin) * 1000

    def memory(self):
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmHWM", "VmRSS"))}
        return tuple(int(kilobytes[name]) / 1024 for name in ("VmHWM", "VmRSS"))

    def processor(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        while self.read(2):
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Run(threading.Thread):
    """Acts a run of `big`: holds the lock, and tells of datums as they begin and end."""

    def __init__(self, study, datums, a_second):
        super().__init__(daemon=True)
        self.datums, self.a_second, self.told = datums, a_second, 0
        self.is_over = threading.Event()
        state = study / ".git/minipach"
        state.mkdir(exist_ok=True)
        self.lock = open(state / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        holder = {"host": os.uname().nodename, "pid": os.getpid(), "since_ms": self.now(), "verb": "run"}
        self.lock.write(json.dumps(holder))
        self.lock.flush()
        name = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f".000.{os.getpid()}"
        (state / "runs" / name).mkdir(parents=True)
        self.file = open(state / "runs" / name / "events.jsonl", "w")
        self.tell(event="run_started", run=name, pid=os.getpid(), place="$PFS")
        self.tell(event="run_planned", pipelines=["big"])
        count = len(datums)
        self.tell(event="job_started", pipeline="big", total=count, to_run=count, to_restore=0, to_remove=0)

    @staticmethod
    def now():
        return int(time.time() * 1000)

    def tell(self, **event):
        self.file.write(json.dumps(event | {"at_ms": self.now()}) + "\n")

    def run(self):
        begin = time.perf_counter()
        while not self.is_over.is_set() and self.told // 2 < len(self.datums):
            while self.told < (time.perf_counter() - begin) * self.a_second and self.told // 2 < len(self.datums):
                key, number = self.datums[self.told // 2]
                if self.told % 2 == 0:
                    self.tell(event="datum_started", pipeline="big", key=key, id=number, attempt=1, log=None)
                else:
                    is_bad = self.told % 20 == 19
                    said = f"exit code 1: {key} is cut off" if is_bad else None
                    outcome = "failed" if is_bad else "done"
                    self.tell(event="datum_finished", pipeline="big", key=key, id=number, outcome=outcome,
                              message=said, log=None, took_ms=20)
                self.told += 1
            self.file.flush()
            time.sleep(0.02)

    def stop(self):
        self.is_over.set()
        self.join()
        self.lock.close()


def identities(study, env):
    kept = study.parent / "identities.json"
    if kept.exists():
        return json.loads(kept.read_text())
    said = subprocess.run([MINIPACH, "datums", "big", "--json"], cwd=study, env=env, check=True, capture_output=True)
    lines = (json.loads(line) for line in said.stdout.splitlines())
    found = [(line["key"], line["id"]) for line in lines]
    kept.write_text(json.dumps(found))
    return found


def keys(screen, count, pause):
    """Moves the cursor down and up; milliseconds to paint."""
    took = []
    for number in range(count):
        took.append(screen.key(b"j" if number % 40 < 30 else b"k"))
        time.sleep(pause)
    return took


def told(what, took):
    took = sorted(took)
    middle, most = statistics.median(took), took[-1]
    print(f"| {what} | {middle:.1f} ms | {took[len(took) * 95 // 100]:.1f} ms | {most:.1f} ms |", flush=True)


def measure(args, folder):
    env = environment(folder)
    study = lay_out(folder, args.datums, args.pipelines, env)
    datums = identities(study, env)
    print(f"{len(datums)} datums in one pipeline, {args.pipelines} pipelines\n\n| what | median | p95 | most |\n|---|--:|--:|--:|")
    first, whole = [], []
    for _ in range(args.starts + 1):
        screen = Screen(study, env)
        first.append(screen.until(b"big") * 1000)
        whole.append(screen.until(READ) * 1000)
        screen.quiet(1.5)
        screen.end()
    # The very first one remembers nothing.
    told("first frame", first[1:])
    told("whole", whole[1:])
    screen = Screen(study, env)
    screen.until(READ)
    screen.quiet(2)
    told("key to paint, pipelines", keys(screen, args.keys, 0.01))
    os.write(screen.fd, b"g")
    screen.quiet(1)
    told("key to paint, drawn graph always", keys(screen, args.keys, 0.01))
    os.write(screen.fd, b"g")
    # With this filter the large one is the only row.
    os.write(screen.fd, b"/big\r")
    screen.quiet(0.5)
    os.write(screen.fd, b"\r")
    screen.quiet(2)
    told("key to paint, table", keys(screen, args.keys, 0.01))
    run = Run(study, datums, args.events)
    run.start()
    time.sleep(1)
    told(f"key to paint, table, {args.events} events/s", keys(screen, args.keys * 2, 0.05))
    os.write(screen.fd, b"s")
    told("the same, by key", keys(screen, args.keys, 0.05))
    os.write(screen.fd, b"\x1b\x1b2")
    time.sleep(1)
    told("the same, runs", keys(screen, args.keys, 0.05))
    before, at = screen.processor(), time.perf_counter()
    time.sleep(3)
    while screen.read(0):
        pass
    busy = (screen.processor() - before) / (time.perf_counter() - at)
    events = run.told
    run.stop()
    time.sleep(1)
    screen.quiet(3)
    most, now = screen.memory()
    before = screen.processor()
    time.sleep(10)
    idle = (screen.processor() - before) * 1000
    print(f"\n{events} events told; memory at most {most:.0f} MB, at the end {now:.0f} MB; "
          f"{busy * 100:.0f} % of a processor while they come; {idle:.0f} ms of a processor in 10 s idle")
    screen.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datums", type=int, default=100_000)
    parser.add_argument("--pipelines", type=int, default=200)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        measure(args, args.keep)
    else:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            measure(args, Path(folder))


if __name__ == "__main__":
    main()
