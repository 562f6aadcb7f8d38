//! Run records against the real `datalad rerun`, without minipach; left out where `DataLad` is absent.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use minipach::git::write::{Change, CommitBuilder, NewCommit, Place, base, identity, publish, subtree};
use minipach::model::Oid;
use minipach::plan::record::{RecordDatum, RecordJob, RecordMount, message, script};

/// A project: plain git, or a dataset made by `datalad create`.
struct Project {
    _folder: tempfile::TempDir,
    place: Place,
}

impl Project {
    fn new(is_dataset: bool, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(name);
        let place = Place { git_dir: root.join(".git"), root };
        let project = Self { _folder: folder, place };
        fs::create_dir(project.root()).unwrap();
        if is_dataset {
            project.must("datalad", &["create", "-f", "."]);
        } else {
            project.must("git", &["init", "-q", "-b", "main"]);
        }
        project
    }

    fn root(&self) -> &Path {
        &self.place.root
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.root());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@b");
        }
        command.output().unwrap()
    }

    fn must(&self, program: &str, args: &[&str]) -> String {
        let output = self.run(program, args);
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {args:?}: {text}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn git(&self, args: &[&str]) -> String {
        self.must("git", args)
    }

    fn write(&self, path: &str, text: &str) {
        let full = self.root().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
    }

    fn save(&self, is_dataset: bool) {
        if is_dataset {
            self.must("datalad", &["save", "-m", "inputs"]);
        } else {
            self.git(&["add", "-A"]);
            self.git(&["commit", "-qm", "inputs"]);
        }
    }

    /// Makes the results by running the record's own script, as a person without minipach could.
    fn make(&self, job: &RecordJob) {
        self.must("sh", &["-c", &script(job)]);
    }

    /// Commits what stands at `paths` with `job`'s record and a ledger that says `ledger`.
    fn commit(&self, job: &RecordJob, paths: &[&str], ledger: &str) -> String {
        let base = base(&self.place).unwrap();
        let repo = git2::Repository::open(self.root()).unwrap();
        let before = self.tree_of("HEAD");
        let files = [("ledger/fs.jsonl".to_owned(), Some(ledger.as_bytes().to_vec()))];
        let after = subtree(&repo, before, &files).unwrap();
        self.write(".minipach/ledger/fs.jsonl", ledger);
        let job = RecordJob { ledger: Some((before, after)), ..job.clone() };
        let message = message(&job);
        let mut changes: Vec<Change> =
            paths.iter().map(|path| Change::Write { path: (*path).into(), expect: None }).collect();
        changes.push(Change::Known { path: ".minipach".into(), mode: 0o40_000, oid: after });
        changes.extend(job.removed.iter().map(|path| Change::Delete { path: path.clone() }));
        let mut builder =
            CommitBuilder::start(&self.place, base.head, identity(&self.place).unwrap()).unwrap();
        let commit = builder
            .commit(&NewCommit { message: &message, changes: &changes, seconds: 1_700_000_000 })
            .unwrap();
        let published = publish(&self.place, &base, &builder.finish().unwrap(), "minipach").unwrap();
        assert!(published.left.is_empty());
        commit.to_string()
    }

    fn tree_of(&self, commit: &str) -> Option<Oid> {
        let name = format!("{commit}:.minipach");
        let output = self.run("git", &["rev-parse", "-q", "--verify", &name]);
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    }

    /// Both promises of a record: on top of its result nothing changes; from its parent, its own tree.
    fn rerun(&self, commit: &str) {
        self.is_clean();
        let head = self.git(&["rev-parse", "HEAD"]);
        self.must("datalad", &["rerun", commit]);
        assert_eq!(self.git(&["rev-parse", "HEAD"]), head, "{}", self.git(&["show", "--stat", "HEAD"]));
        self.is_clean();
        let branch = self.git(&["rev-parse", "--abbrev-ref", "HEAD"]);
        let parent = format!("{commit}^");
        self.must("datalad", &["rerun", "--onto", &parent, "-b", "again", commit]);
        let difference = self.git(&["diff", "--stat", commit, "again"]);
        assert_eq!(difference, "", "rerun from the parent");
        self.is_clean();
        self.git(&["checkout", "-q", &branch]);
        self.git(&["branch", "-qD", "again"]);
    }

    fn is_clean(&self) {
        let status = self.must("datalad", &["status"]);
        assert!(status.contains("nothing to save"), "{status}");
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }
}

#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
fn has_datalad() -> bool {
    let found = Command::new("datalad").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("left out: there is no `datalad` on PATH");
    }
    found
}

fn folder(to: &str, from: &str) -> RecordMount {
    RecordMount { to: to.into(), from: from.into(), is_folder: true, ..RecordMount::default() }
}

fn datum(subject: &str) -> RecordDatum {
    RecordDatum {
        out: format!("fs/{subject}"),
        owns_out: true,
        mounts: vec![folder("t1", &format!("raw/{subject}"))],
        env: vec![("t1".into(), "/pfs/t1".into())],
        ..RecordDatum::default()
    }
}

/// A command that meets every character that shells, Python and git treat specially.
const TOUGH: [&str; 5] = [
    r#"x='it'"'"'s {braces} ${t1} $HOME \ back' ; printf '%s|%s\n' "$WHERE" "${x#it}" > /pfs/out/text"#,
    r#"awk '{ n += $1 } END { print n "\t{" }' "/pfs/t1/n.txt" >"/pfs/out/sum {1}.txt""#,
    "cat \"$t1\"/n.txt >>/pfs/out/text",
    "printf '#!/bin/sh\\n' >/pfs/out/tool; chmod 4711 /pfs/out/tool; mkdir -p /pfs/out/empty/er; echo data/pfs/x >>/pfs/out/text",
    "ln -s text /pfs/out/inside; ln -s \"$t1/n.txt\" /pfs/out/copied; pwd | wc -l >>/pfs/out/text; echo $TZ >>/pfs/out/text; exit 3",
];

const SUBJECTS: [&str; 7] = ["sub-1", "a b", "it's \"q\"", "{x}", "$y*[1]", "日本", "-dash\\"];

fn job(subjects: &[&str]) -> RecordJob {
    RecordJob {
        subject: format!("fs: {} datums", subjects.len()),
        pipeline: "fs".into(),
        cmd: vec!["sh".into()],
        stdin: Some(TOUGH.map(str::to_owned).to_vec()),
        env: BTreeMap::from([("WHERE".into(), "/data/pfs/x:/q 'r' {}".into())]),
        accept: vec![3],
        datums: subjects.iter().map(|subject| datum(subject)).collect(),
        inputs: subjects.iter().map(|subject| format!("raw/{subject}/n.txt")).collect(),
        outputs: subjects.iter().map(|subject| format!("fs/{subject}")).collect(),
        trailers: vec![("Minipach-Pipeline".into(), "fs".into())],
        ..RecordJob::default()
    }
}

fn results(subjects: &[&str]) -> Vec<String> {
    let names = ["text", "sum {1}.txt", "tool", "inside", "copied"];
    subjects.iter().flat_map(|subject| names.map(|name| format!("fs/{subject}/{name}"))).collect()
}

/// As `main`'s checkout, with inputs of every odd name.
fn prepare(is_dataset: bool, name: &str) -> Project {
    let project = Project::new(is_dataset, name);
    for (number, subject) in SUBJECTS.iter().enumerate() {
        project.write(&format!("raw/{subject}/n.txt"), &format!("{number}\n2\n"));
    }
    project.write("fs/spec.yml", "{}\n");
    project.write(".minipach/.gitattributes", "* annex.largefiles=nothing merge=union\n");
    project.save(is_dataset);
    project
}

fn check_odd_names(is_dataset: bool, name: &str) {
    let project = prepare(is_dataset, name);
    let all = job(&SUBJECTS);
    project.make(&all);
    let results = results(&SUBJECTS);
    let paths: Vec<&str> = results.iter().map(String::as_str).collect();
    let read = |path: &str| fs::read_to_string(project.root().join(path)).unwrap();
    assert_eq!(
        read("fs/a b/text"),
        "/data/pfs/x:/q 'r' {}|'s {braces} ${t1} $HOME \\ back\n1\n2\ndata/pfs/x\n1\nUTC\n"
    );
    assert_eq!(read("fs/日本/sum {1}.txt"), "7\t{\n");
    assert!(!project.root().join("fs/a b/empty").exists());
    let first = project.commit(&all, &paths, "{\"v\":1}\n");
    project.rerun(&first);
    let listing = project.git(&["ls-tree", "HEAD", "fs/sub-1/"]);
    let modes: Vec<&str> = listing.lines().map(|line| &line[..6]).collect();
    let annexed = ["120000"; 5];
    assert_eq!(modes, if is_dataset { annexed } else { ["100644", "120000", "100644", "100644", "100755"] });
    // Newer history: the old record changes neither results nor ledger.
    project.write("notes", "later\n");
    project.save(is_dataset);
    project.must("datalad", &["rerun", &first]);
    project.is_clean();
    // A commit that only removes.
    let gone = "fs/{x}";
    fs::remove_dir_all(project.root().join(gone)).unwrap();
    let second = project.commit(&RecordJob { removed: vec![gone.into()], ..job(&[]) }, &[], "{\"v\":2}\n");
    assert_eq!(project.git(&["ls-tree", &second, "fs/{x}"]), "");
    project.rerun(&second);
    let head = project.git(&["rev-parse", "HEAD"]);
    project.must("datalad", &["rerun", &second]);
    assert_eq!(project.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn odd_names_in_plain_git() {
    if has_datalad() {
        check_odd_names(false, "plain");
    }
}

#[test]
fn odd_names_in_an_annexed_dataset() {
    if has_datalad() {
        check_odd_names(true, "odd name's {data} $set");
    }
}

#[test]
fn a_shared_folder_and_hidden_files() {
    if !has_datalad() {
        return;
    }
    let project = prepare(false, "views");
    // Path view: the datum's files stand among others in the pipeline's own folder.
    project.write("fs/old.txt", "stale\n");
    project.write("raw/a b/hidden", "not seen\n");
    project.save(false);
    let shared = RecordDatum {
        out: "fs".into(),
        remove: vec!["fs/old.txt".into()],
        mounts: vec![
            RecordMount { exclude: vec!["hidden".into()], ..folder("raw/a b", "raw/a b") },
            RecordMount {
                to: "raw/sub-1/n.txt".into(),
                from: "raw/sub-1/n.txt".into(),
                ..RecordMount::default()
            },
            RecordMount { empty: true, ..folder("names", "raw/sub-1") },
        ],
        ..RecordDatum::default()
    };
    let job = RecordJob {
        cmd: ["sh", "-c", "cd /pfs && find raw names -type f -exec wc -c {} + >/pfs/out/list.txt"]
            .map(str::to_owned)
            .into(),
        datums: vec![shared],
        outputs: vec!["fs/list.txt".into()],
        ..job(&[])
    };
    let job = RecordJob { stdin: None, removed: vec!["fs/old.txt".into()], ..job };
    project.make(&job);
    let list = fs::read_to_string(project.root().join("fs/list.txt")).unwrap();
    assert!(
        list.contains("4 raw/a b/n.txt") && list.contains("0 names/n.txt") && !list.contains("hidden"),
        "{list}"
    );
    drop(fs::remove_file(project.root().join("fs/old.txt")));
    let first = project.commit(&job, &["fs/list.txt"], "1\n");
    project.rerun(&first);
}

#[test]
fn a_match_copies_its_input() {
    if !has_datalad() {
        return;
    }
    let project = prepare(false, "match");
    project.write("raw/a b/more", "more\n");
    symlink("n.txt", project.root().join("raw/a b/link")).unwrap();
    project.save(false);
    let matched = RecordDatum {
        out: "norm/one".into(),
        owns_out: true,
        mounts: vec![folder("", "raw/a b")],
        ..RecordDatum::default()
    };
    let job = RecordJob { datums: vec![matched], ..RecordJob::default() };
    let job = RecordJob { subject: "norm: 1 datum".into(), ..job };
    project.make(&job);
    let second = project.commit(&job, &["norm/one/n.txt", "norm/one/more", "norm/one/link"], "2\n");
    project.rerun(&second);
}

#[test]
fn a_failing_command_stops_the_script_and_leaves_nothing_behind() {
    let project = prepare_plain();
    let mut job = job(&["sub-1", "a b"]);
    job.accept.clear();
    let output = project.run("sh", &["-c", &script(&job)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("fs/sub-1 ended with 3"));
    assert!(!project.root().join("fs/a b").exists());
    let left = fs::read_dir(project.root().join(".git")).unwrap().flatten();
    assert!(
        left.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().starts_with("minipach-rerun"))
    );
}

/// What a failing command was to replace stays: `datalad rerun` puts nothing back.
#[test]
fn results_stay_where_a_command_fails() {
    let project = prepare_plain();
    let mut job = job(&["sub-1", "a b"]);
    project.make(&job);
    let results = ["fs/sub-1", "fs/a b"].map(|folder| project.root().join(folder));
    assert!(results.iter().all(|folder| folder.is_dir()));
    project.write("fs/old", "an earlier result\n");
    job.datums[0].remove = vec!["fs/old".into()];
    job.accept.clear();
    let output = project.run("sh", &["-c", &script(&job)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(results.iter().all(|folder| folder.is_dir()) && project.root().join("fs/old").exists());
}

#[test]
fn unreadable_outputs_and_folders_that_become_files() {
    let project = prepare_plain();
    let lines = ["mkdir /pfs/out/d; echo 1 >/pfs/out/d/x; chmod 0 /pfs/out/d/x /pfs/out/d; chmod 0 /pfs/t1"];
    let job = RecordJob { stdin: Some(lines.map(str::to_owned).to_vec()), ..job(&["sub-1"]) };
    project.write("fs/sub-1/d", "a file\n");
    project.make(&job);
    let stat = fs::metadata(project.root().join("fs/sub-1/d/x")).unwrap();
    assert_eq!(stat.permissions().mode() & 0o777, 0o644);
}

#[test]
fn names_with_line_breaks() {
    // `DataLad` itself cannot read such names from git, so only the script is tried.
    let project = prepare_plain();
    let name = "new\nline ";
    project.write(&format!("raw/{name}/n.txt"), "7\n");
    project.make(&job(&[name]));
    let made = fs::read_to_string(project.root().join("fs").join(name).join("sum {1}.txt")).unwrap();
    assert_eq!(made, "7\t{\n");
}

fn prepare_plain() -> Project {
    prepare(false, "plain")
}
