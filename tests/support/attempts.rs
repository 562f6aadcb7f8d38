//! What commands try that they must not: to change an input, an annexed object, the project, a home or the machine.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::support::Project;

/// What each command tries, `$ROOT` being the project. That it fails is no matter: nothing may come of it.
pub(crate) const ATTEMPTS: [(&str, &str); 36] = [
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
    (
        "subdataset",
        "chmod -R u+w $ROOT/sub; for f in /pfs/sub/s.dat $ROOT/sub/s.dat $ROOT/sub/.git/config; do echo x >> $f; rm -f $(readlink -f $f) $f; done; rm -rf $ROOT/sub",
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
        "settings",
        "f=/proc/sys/vm/stat_interval; n=$(cat $f); echo $((n + 1)) > $f; echo x > /proc/sys/kernel/domainname",
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

/// Every file, link and folder below `home` but for what a run or git-annex writes by itself, and settings of the machine.
pub(crate) fn untouchable(home: &Path) -> BTreeMap<PathBuf, String> {
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
    for setting in ["vm/stat_interval", "kernel/domainname"].map(|name| Path::new("/proc/sys").join(name)) {
        found.insert(setting.clone(), fs::read_to_string(setting).unwrap());
    }
    found
}

/// Asserts that all but results and minipach's own is as it was.
#[track_caller]
pub(crate) fn assert_untouched(project: &Project, before: &BTreeMap<PathBuf, String>, who: &str) {
    let after = untouchable(project.home());
    for (path, was) in before {
        assert_eq!(after.get(path), Some(was), "{} {who}", path.display());
    }
    let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(new.is_empty(), "{new:?} {who}");
    let places = ["/", "/etc", "/usr", "/usr/local/bin", "/var", "/opt", "/dev", "/sys", "/proc"];
    assert!(!places.iter().any(|folder| Path::new(folder).join("minipach-attempt").exists()));
    assert!(!Path::new("/pfs").exists(), "the host got a /pfs");
}

/// A project with an annexed file and a subdataset with one, in a home that is under git itself.
pub(crate) fn tempting() -> Project {
    let project = Project::new();
    for (name, script) in ATTEMPTS {
        project.write(&format!("attempts/{name}.sh"), script);
    }
    project.write("data/a.txt", "one\n").write("data/big.dat", "annexed\n");
    project.write("code/try.sh", "sh /pfs/attempt/attempt.sh; echo tried > /pfs/out/done\n");
    project.spec(
        "try",
        "input: {cross: [{pfs: {name: attempt, repo: attempts, glob: '/(*).sh'}}, {pfs: {repo: data, glob: /}}, {pfs: {repo: sub, glob: /}}]}\n\
         transform: {cmd: [sh, code/try.sh]}\noutput: /$1\n",
    );
    project.write(".gitattributes", "* annex.largefiles=nothing\n*.dat annex.largefiles=anything\n");
    project.git(["annex", "init", "-q"]);
    project.git(["annex", "add", "-q", "data/big.dat"]);
    project.git(["init", "-q", "sub"]);
    project.write("sub/s.dat", "annexed below\n");
    for words in [["annex", "init", "-q"], ["annex", "add", "."], ["commit", "-q", "-mdata"]] {
        let [verb, what, how] = words;
        project.git(["-C", "sub", verb, what, how]);
    }
    project.commit("all");
    fs::create_dir(project.home().join("precious")).unwrap();
    fs::write(project.home().join("precious/file"), "mine").unwrap();
    let home = project.home().to_owned();
    assert!(
        std::process::Command::new("git").args(["init", "-q"]).current_dir(&home).status().unwrap().success()
    );
    project
}

/// Processes that have to do with a project: by their working folder or what they were started with.
pub(crate) fn processes(project: &Project) -> Vec<String> {
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
