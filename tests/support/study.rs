//! A project that `DataLad` looks at too.

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
        let datalad = peer("datalad")?;
        let study = Self { project: Project::bare(), datalad, home };
        let made = match home {
            Home::Git => study.project.program("git", ["init", "-q", "-b", "main"]),
            Home::Yoda => study.datalad(["create", "-f", "-c", "yoda", "."]),
            Home::Text => study.datalad(["create", "-f", "-c", "text2git", "."]),
        };
        made.code(0);
        Some(study)
    }

    #[track_caller]
    pub(crate) fn datalad<const N: usize>(&self, args: [&str; N]) -> Ended {
        self.project.program(&self.datalad, args)
    }

    /// Saves what a person would save: everything.
    #[track_caller]
    pub(crate) fn save(&self, message: &str) {
        match self.home {
            Home::Git => self.project.commit(message),
            Home::Yoda | Home::Text => self.datalad(["save", "-m", message]).ok(),
        };
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
        for record in &records {
            if self.stands(record) {
                self.changes_nothing(record);
            }
            self.makes_its_tree(record);
        }
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
