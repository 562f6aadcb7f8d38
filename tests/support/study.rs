//! A project that `DataLad` looks at too.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::OnceLock;

use crate::support::{Ended, Project, peer};

/// What holds the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A git repository that `DataLad` never saw.
    Git,
    /// `datalad create -c yoda`: all but code goes to the annex.
    Yoda,
    /// `datalad create -c text2git`: only binary files go to the annex.
    Text,
}

/// A layout that takes `DataLad` seconds to make: all files, once they are made.
pub(crate) struct Made(OnceLock<Vec<u8>>);

impl Made {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }
}

static YODA: Made = Made::new();
static TEXT: Made = Made::new();

/// A project and the `DataLad` that looks at it.
pub(crate) struct Study {
    pub(crate) project: Project,
    pub(crate) datalad: std::path::PathBuf,
    pub(crate) home: Home,
}

impl Study {
    /// A fresh project; `None`, said aloud, where `DataLad` is missing.
    #[track_caller]
    pub(crate) fn new(home: Home) -> Option<Self> {
        match home {
            Home::Git => {
                Self::bare(home).inspect(|study| drop(study.project.git(["init", "-q", "-b", "main"])))
            }
            Home::Yoda => Self::copy_of(&YODA, home, |study| study.created("yoda")),
            Home::Text => Self::copy_of(&TEXT, home, |study| study.created("text2git")),
        }
    }

    fn bare(home: Home) -> Option<Self> {
        Some(Self { datalad: peer("datalad")?, project: Project::bare(), home })
    }

    #[track_caller]
    pub(crate) fn created(&self, procedure: &str) {
        self.datalad(["create", "-f", "-c", procedure, "."]).code(0);
    }

    /// A project as `make` lays it out, which runs once in a test process; its outcome is copied.
    #[track_caller]
    pub(crate) fn copy_of(made: &Made, home: Home, make: impl FnOnce(&Self)) -> Option<Self> {
        let study = Self::bare(home)?;
        let mut is_new = false;
        let packed = made.0.get_or_init(|| {
            is_new = true;
            make(&study);
            study.packed()
        });
        if !is_new {
            study.unpack(packed);
        }
        Some(study)
    }

    #[track_caller]
    fn packed(&self) -> Vec<u8> {
        let mut pack = self.project.command("tar");
        let packed = pack.args(["-c", "--format=posix", "."]).output().expect("tar starts");
        assert!(packed.status.success(), "{packed:?}");
        packed.stdout
    }

    #[track_caller]
    fn unpack(&self, packed: &[u8]) {
        let mut unpack = self.project.command("tar");
        let mut child = unpack.arg("-x").stdin(Stdio::piped()).spawn().expect("tar starts");
        child.stdin.take().expect("it is piped").write_all(packed).expect("tar reads all of it");
        assert!(child.wait().expect("tar ends").success());
        // Git knows files by times and places on the disk too.
        self.project.git(["update-index", "-q", "--refresh"]);
    }

    #[track_caller]
    pub(crate) fn datalad<const N: usize>(&self, args: [&str; N]) -> Ended {
        self.project.program(&self.datalad, args)
    }

    /// Saves what a person would save: everything. In a dataset that is what `datalad save` does, by the two programs
    /// that it calls; a test of ours compares them.
    #[track_caller]
    pub(crate) fn save(&self, message: &str) {
        if self.home != Home::Git {
            self.project.git(["annex", "add", "-q", "-c", "annex.dotfiles=true", "."]);
        }
        self.project.commit(message);
    }

    /// A run that must succeed and leave everything clean.
    #[track_caller]
    pub(crate) fn run(&self) {
        self.project.minipach(["run"]).ok();
        self.is_clean();
        self.project.nothing_to_do();
    }

    #[track_caller]
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.project.changed(), "", "git status");
        let status = self.datalad(["status"]).ok();
        assert!(status.contains("nothing to save"), "{status}");
    }

    /// All commits with a record, oldest first.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<String> {
        let log = self.project.git([
            "log",
            "--reverse",
            "--format=%H",
            "--fixed-strings",
            "--grep=[DATALAD RUNCMD]",
        ]);
        log.lines().map(str::to_owned).collect()
    }

    /// Both promises for every record so far, of which there must be `count`.
    #[track_caller]
    pub(crate) fn reruns(&self, count: usize) {
        let records = self.records();
        assert_eq!(records.len(), count, "{}", self.project.git(["log", "--oneline"]));
        for standing in records.chunk_by(|one, next| self.stands(one) == self.stands(next)) {
            if self.stands(&standing[0]) {
                self.change_nothing(&standing[0], &standing[standing.len() - 1]);
            }
        }
        self.make_their_trees(&records[0]);
    }

    /// Whether what a commit did to results is still so.
    #[track_caller]
    pub(crate) fn stands(&self, commit: &str) -> bool {
        let names = self.project.git([
            "diff",
            "--name-only",
            "-z",
            &format!("{commit}^"),
            commit,
            "--",
            ":!.minipach",
        ]);
        let paths: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
        let mut diff = self.project.command("git");
        diff.args(["diff", "--quiet", commit, "HEAD", "--"]).args(paths);
        diff.status().expect("git starts").success()
    }

    /// On today's state a rerun gives what stands.
    #[track_caller]
    pub(crate) fn changes_nothing(&self, commit: &str) {
        let head = self.project.head();
        self.datalad(["rerun", commit]).ok();
        let shown = self.project.git(["show", "--stat", "HEAD"]);
        assert_eq!(self.project.head(), head, "a rerun made {shown}");
        self.is_clean();
    }

    /// The same of all records from the first to the last. Each is rerun only if the one before left all clean.
    #[track_caller]
    pub(crate) fn change_nothing(&self, first: &str, last: &str) {
        let head = self.project.head();
        self.datalad(["rerun", &format!("--since={first}^"), last]).ok();
        let shown = self.project.git(["log", "--stat", &format!("{head}..HEAD")]);
        assert_eq!(self.project.head(), head, "a rerun made {shown}");
        self.is_clean();
    }

    /// From the parent of a record, reruns of all since give each commit's own tree, one upon the other.
    #[track_caller]
    pub(crate) fn make_their_trees(&self, first: &str) {
        let branch = self.project.git(["rev-parse", "--abbrev-ref", "HEAD"]);
        let onto = format!("{first}^");
        self.datalad(["rerun", &format!("--since={onto}"), "--onto", &onto, "-b", "again", &branch]).ok();
        let trees = |tip: &str| self.project.git(["log", "--format=%T %s", &format!("{onto}..{tip}")]);
        assert_eq!(trees("again"), trees(&branch), "{}", self.project.git(["diff", &branch, "again"]));
        self.is_clean();
        self.project.git(["checkout", "-q", &branch]);
        self.project.git(["branch", "-qD", "again"]);
    }

    /// From its parent a rerun gives the commit's own tree, ledger and all.
    #[track_caller]
    pub(crate) fn makes_its_tree(&self, commit: &str) {
        let branch = self.project.git(["rev-parse", "--abbrev-ref", "HEAD"]);
        self.datalad(["rerun", "--onto", &format!("{commit}^"), "-b", "again", commit]).ok();
        let difference = self.project.git(["diff", commit, "again"]);
        assert_eq!(difference, "", "rerun of {}", self.project.git(["show", "-s", commit]));
        self.is_clean();
        self.project.git(["checkout", "-q", &branch]);
        self.project.git(["branch", "-qD", "again"]);
    }

    /// Whether a path stands in the annex.
    pub(crate) fn is_annexed(&self, path: &str) -> bool {
        self.project.path(path).read_link().is_ok_and(|to| to.to_string_lossy().contains("annex/objects"))
    }
}
