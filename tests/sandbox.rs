//! The sandbox in whole runs, as the administrator and as an ordinary user: `/pfs` is real, and nothing else changes.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

#[path = "support/people.rs"]
mod people;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use people::{Person, people};
use support::{Project, peer, table};

/// What each command tries, `$ROOT` being the project. That it fails is no matter: nothing may come of it.
const ATTEMPTS: [(&str, &str); 34] = [
    ("append-through-link", "echo x >> /pfs/data/a.txt"),
    ("truncate-through-link", ": > /pfs/data/a.txt"),
    ("append", "echo x >> $ROOT/data/a.txt"),
    ("sed", "sed -i s/one/two/ $ROOT/data/a.txt"),
    ("remove", "rm -rf $ROOT/data"),
    ("rename", "mv $ROOT/data/a.txt $ROOT/data/b.txt"),
    ("rights", "chmod 777 $ROOT/data/a.txt"),
    ("time", "touch -d 2001-01-01 $ROOT/data/a.txt"),
    ("owner", "chown 12345 $ROOT/data/a.txt"),
    ("annex-through-link", "chmod u+w /pfs/data/big.dat; echo x >> /pfs/data/big.dat"),
    (
        "annex-object",
        "o=$(readlink -f $ROOT/data/big.dat); chmod -R u+w $ROOT/.git/annex; echo x >> $o; rm -f $o",
    ),
    ("spec", "echo '#' >> $ROOT/try/spec.yml"),
    ("code", "echo '#' >> $ROOT/code/try.sh"),
    ("new-file", "echo x > $ROOT/new.txt; mkdir $ROOT/new"),
    ("ledger", "echo x >> $ROOT/.minipach/ledger/try.jsonl; mkdir -p $ROOT/.minipach/ledger"),
    ("state", "rm -rf $ROOT/.git/minipach/attempts.jsonl $ROOT/.git/minipach/lock"),
    ("other-slot", "for d in $ROOT/.git/minipach/wor[k]/*; do echo x > $d/tmp/x; echo x > $d/pfs/x; done"),
    ("commit", "cd $ROOT && git -c user.name=x -c user.email=x commit -q --allow-empty -m x"),
    ("config", "git -C $ROOT config a.b c; git config --global a.b c"),
    ("hook", "echo 'touch /tmp/x' > $ROOT/.git/hooks/pre-commit"),
    ("home-git", "echo x >> $HOME/.git/config; rm -rf $HOME/.git"),
    ("home", "echo x > $HOME/x; rm -rf $HOME/precious; echo x >> $HOME/precious/file"),
    (
        "machine",
        "for f in / /etc /usr /usr/local/bin /var /opt /dev /sys /proc; do echo x > $f/minipach-attempt; done",
    ),
    (
        "remount",
        "for m in $ROOT $HOME / /tmp; do mount -o remount,rw,bind $m; done; echo x >> $ROOT/data/a.txt",
    ),
    ("unmount", "umount -l $ROOT; umount -l $HOME; umount -l /tmp; umount -l /; echo x >> $ROOT/data/a.txt"),
    (
        "namespace",
        "unshare -Urm sh -c 'for m in $ROOT $HOME / /tmp; do mount -o remount,rw,bind $m; done; echo x >> $ROOT/data/a.txt'",
    ),
    (
        "namespace-unmount",
        "unshare -Urm sh -c 'umount -l $ROOT; umount -l $HOME; umount -l /tmp; echo x >> $ROOT/data/a.txt'",
    ),
    (
        "through-proc",
        "for p in 1 self $PPID; do echo x >> /proc/$p/root$ROOT/data/a.txt; echo x >> /proc/$p/cwd$ROOT/data/a.txt; done",
    ),
    ("open-files", "for f in /proc/1/fd/* /proc/self/fd/*; do echo x >> $f/../data/a.txt; done"),
    ("nsenter", "nsenter -t 1 -m -p sh -c 'echo x >> $ROOT/data/a.txt'"),
    ("background", "setsid sh -c 'sleep 0.3; echo x >> $ROOT/data/a.txt; echo x >> /pfs/data/a.txt' & "),
    ("hard-link", "ln $ROOT/data/a.txt /pfs/out/a && echo x >> /pfs/out/a"),
    ("link-out", "ln -s $ROOT/data /pfs/out/l; echo x >> /pfs/out/l/a.txt; rm /pfs/out/l"),
    (
        "device",
        "mknod /pfs/out/disk b 8 0 && echo x > /pfs/out/disk; rm -f /pfs/out/disk; echo x > /dev/sda; kill -9 1",
    ),
];

/// What a run itself writes: results, its state, commits.
const RUNS_OWN: [&str; 7] = [
    "study/try",
    "study/.minipach",
    "study/.git/minipach",
    "study/.git/objects",
    "study/.git/logs",
    "study/.git/index",
    "study/.git/refs/heads/main",
];

/// Every file, link and folder below `home` but for what a run or git-annex writes by itself.
fn untouchable(home: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![home.to_owned(), home.join("study/try/spec.yml")];
    while let Some(path) = waiting.pop() {
        let below = path.strip_prefix(home).unwrap();
        let is_annex_own =
            below.parent() == Some(Path::new("study/.git/annex")) && !below.ends_with("objects");
        if is_annex_own || RUNS_OWN.iter().any(|own| below == Path::new(own)) {
            continue;
        }
        let stat = path.symlink_metadata().unwrap();
        let content = match () {
            () if stat.is_symlink() => fs::read_link(&path).unwrap().display().to_string(),
            () if stat.is_dir() => "folder".into(),
            () => format!("{} {}", String::from_utf8_lossy(&fs::read(&path).unwrap()), stat.mtime()),
        };
        found.insert(below.to_owned(), format!("{:o} {} {content}", stat.mode(), stat.uid()));
        if stat.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

/// A project with an annexed file, in a home that is under git itself.
fn tempting() -> Project {
    let project = Project::new();
    for (name, script) in ATTEMPTS {
        project.write(&format!("attempts/{name}.sh"), script);
    }
    project.write("data/a.txt", "one\n").write("data/big.dat", "annexed\n");
    project.write("code/try.sh", "sh /pfs/attempt/attempt.sh; echo tried > /pfs/out/done\n");
    project.spec(
        "try",
        "input: {cross: [{pfs: {name: attempt, repo: attempts, glob: '/(*).sh'}}, {pfs: {repo: data, glob: /}}]}\n\
         transform: {cmd: [sh, code/try.sh]}\noutput: /$1\n",
    );
    project.write(".gitattributes", "* annex.largefiles=nothing\n*.dat annex.largefiles=anything\n");
    project.git(["annex", "init", "-q"]);
    project.git(["annex", "add", "-q", "data/big.dat"]);
    project.commit("all");
    fs::create_dir(project.home().join("precious")).unwrap();
    fs::write(project.home().join("precious/file"), "mine").unwrap();
    let home = project.home().to_owned();
    assert!(
        std::process::Command::new("git").args(["init", "-q"]).current_dir(&home).status().unwrap().success()
    );
    project
}

#[test]
fn whatever_a_command_tries_only_its_output_changes() {
    let (Some(_), Some(_)) = (peer("bwrap"), peer("git-annex")) else { return };
    for person in people() {
        let project = tempting();
        person.owns(&project);
        let before = untouchable(project.home());
        let ran = person.minipach(&project, &["run", "-j2"], &[("ROOT", project.root().to_str().unwrap())]);
        let after = untouchable(project.home());
        for (path, was) in &before {
            assert_eq!(after.get(path), Some(was), "{} as {person:?}: {ran:?}", path.display());
        }
        let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
        assert!(new.is_empty(), "{new:?} as {person:?}");
        let places = ["/", "/etc", "/usr", "/usr/local/bin", "/var", "/opt", "/dev", "/sys", "/proc"];
        assert!(!places.iter().any(|folder| Path::new(folder).join("minipach-attempt").exists()));
        assert!(!Path::new("/pfs").exists(), "the host got a /pfs");
        let tried = project.tree("try");
        assert_eq!(tried.len(), ATTEMPTS.len(), "{tried:?} as {person:?}: {ran:?}");
        assert!(project.read(".minipach/ledger/try.jsonl").contains(r#""place":"sandbox""#));
    }
}

/// Without a sandbox a command can reach its input; its result is dropped and the change told, never kept as good.
#[test]
fn without_a_sandbox_a_changed_input_is_noticed() {
    let project = Project::new();
    project.write("data/a.txt", "one\n").spec(
        "try",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\n\
         transform: {cmd: [sh, -c, 'echo x >> /pfs/data/data.txt; echo done > /pfs/out/done']}\noutput: /$1\n",
    );
    project.commit("all");
    project.minipach(["run"]).code(1).says("changed while it was used");
    assert_eq!(project.tree("try"), BTreeMap::new());
}

/// `examples/opencv` as published, its code word for word; `cv2` and its kin are stand-ins that work on text.
fn opencv() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("images/liberty.png", "liberty"),
        ("images/kitten.png", "kitten"),
        ("code/edges.py", EDGES),
        ("code/standin/cv2.py", "def imread(path):\n    return open(path).read()\n\ndef Canny(image, low, high):\n    return f'edges of {image} {low} {high}\\n'\n"),
        ("code/standin/numpy.py", ""),
        ("code/standin/matplotlib/__init__.py", ""),
        ("code/standin/matplotlib/pyplot.py", "def imsave(path, image, cmap):\n    open(path, 'w').write(image)\n"),
        ("edges/spec.yml", r#"{
  "pipeline": {"name": "edges"},
  "description": "A pipeline that performs image edge detection by using the OpenCV library.",
  "input": {"pfs": {"glob": "/*", "repo": "images"}},
  "transform": {"cmd": ["python3", "code/edges.py"], "env": {"PYTHONPATH": "code/standin", "PYTHONDONTWRITEBYTECODE": "1"}}
}
"#),
    ]);
    project.commit("opencv");
    project
}

const EDGES: &str = r#"import cv2
import numpy as np
from matplotlib import pyplot as plt
import os

# make_edges reads an image from /pfs/images and outputs the result of running
# edge detection on that image to /pfs/out. Note that /pfs/images and
# /pfs/out are special directories that Pachyderm injects into the container.
def make_edges(image):
   img = cv2.imread(image)
   tail = os.path.split(image)[1]
   edges = cv2.Canny(img,100,200)
   plt.imsave(os.path.join("/pfs/out", os.path.splitext(tail)[0]+'.png'), edges, cmap = 'gray')

# walk /pfs/images and call make_edges on every file found
for dirpath, dirs, files in os.walk("/pfs/images"):
   for file in files:
       make_edges(os.path.join(dirpath, file))
"#;

#[test]
fn a_published_example_that_says_pfs_in_its_code_runs_unchanged() {
    let (Some(_), Some(_)) = (peer("bwrap"), peer("python3")) else { return };
    for person in people() {
        let project = opencv();
        person.owns(&project);
        person.minipach(&project, &["run"], &[]).ok();
        let expected =
            [("kitten.png", "edges of kitten 100 200\n"), ("liberty.png", "edges of liberty 100 200\n")];
        assert_eq!(project.tree("edges"), table(expected), "as {person:?}");
    }
}

#[test]
fn without_bwrap_code_that_says_pfs_is_refused_with_the_line() {
    let project = opencv();
    let folder = project.home().join("bin");
    fs::create_dir(&folder).unwrap();
    for program in ["git", "python3", "sh"] {
        std::os::unix::fs::symlink(peer(program).unwrap(), folder.join(program)).unwrap();
    }
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("run").env("PATH", &folder).env("MINIPACH_SANDBOX", "auto");
    let said = support::finish(command).code(5);
    let said = said.says("`code/edges.py` says `/pfs` itself (line 13)").says("bubblewrap");
    drop(said);
    assert_eq!(project.tree("edges"), BTreeMap::new());
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("check").env("PATH", &folder).env("MINIPACH_SANDBOX", "auto");
    support::finish(command).says("MP402").says("line 13");
}

#[test]
fn a_record_made_in_a_sandbox_reruns_without_minipach() {
    let (Some(_), Some(_), Some(_)) = (peer("bwrap"), peer("datalad"), peer("python3")) else { return };
    let project = opencv();
    let person = Person::Self_;
    person.minipach(&project, &["run"], &[]).ok();
    let tree = project.git(["rev-parse", "HEAD^{tree}"]);
    let head = project.head();
    project.program("datalad", ["rerun", "--onto", &format!("{head}^"), "-b", "again", &head]).ok();
    assert_eq!(project.git(["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(project.changed(), "");
}

/// Kill -9 ends the sandbox and all in it; its mounts are nobody's then.
#[test]
fn a_killed_run_leaves_no_sandbox() {
    let Some(_) = peer("bwrap") else { return };
    for person in people() {
        let project = Project::new();
        project.write("data/a.txt", "one\n").write("data/b.txt", "two\n").spec(
            "wait",
            "input: {pfs: {repo: data, glob: '/(*).txt'}}\n\
             transform: {cmd: [sh, -c, 'setsid sleep 1000 & echo ready; sleep 1000']}\noutput: /$1\n",
        );
        project.commit("all");
        person.owns(&project);
        let mut run = person.command(&project, &["run", "-j2"], &[]).spawn().unwrap();
        let begun = Instant::now();
        while processes(&project).len() < 10 {
            assert!(begun.elapsed() < Duration::from_mins(1), "{:?} as {person:?}", processes(&project));
            std::thread::sleep(Duration::from_millis(10));
        }
        run.kill().unwrap();
        run.wait().unwrap();
        let begun = Instant::now();
        while !processes(&project).is_empty() {
            assert!(begun.elapsed() < Duration::from_mins(1), "{:?} as {person:?}", processes(&project));
            std::thread::sleep(Duration::from_millis(10));
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(project.home().to_str().unwrap()), "{mounts}");
        person.minipach(&project, &["status"], &[]).ok();
    }
}

/// Processes that have to do with a project: by their working folder or what they were started with.
fn processes(project: &Project) -> Vec<String> {
    let home = project.home().to_str().unwrap();
    let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_its_own = |path: &PathBuf| {
        let says = |name: &str| {
            fs::read(path.join(name)).is_ok_and(|all| String::from_utf8_lossy(&all).contains(home))
        };
        says("environ")
            || says("cmdline")
            || fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(home))
    };
    let shown = |path: PathBuf| {
        String::from_utf8_lossy(&fs::read(path.join("cmdline")).unwrap_or_default()).replace('\0', " ")
    };
    all.filter(is_its_own).map(shown).collect()
}

#[test]
fn a_command_that_may_not_write_is_told_why() {
    let Some(_) = peer("bwrap") else { return };
    let project = Project::new();
    project.write("data/a.txt", "one\n").spec(
        "try",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\ntransform: {cmd: [sh, -c, 'echo x > new.txt']}\noutput: /$1\n",
    );
    project.commit("all");
    let person = Person::Self_;
    person.minipach(&project, &["run"], &[]).code(1).says("sandbox: never");
    assert!(!project.exists("new.txt"));
    project.write("minipach.yml", "sandbox: never\n").commit("without");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.arg("run").env_remove("MINIPACH_SANDBOX");
    support::finish(command).ok();
    assert!(project.exists("new.txt"));
    assert!(fs::metadata(project.path("new.txt")).unwrap().permissions().mode() & 0o600 != 0);
}
