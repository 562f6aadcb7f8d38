//! `AppError`: what went wrong, as a sentence with hints, and the exit code it means.

use crate::run::{OpenError, PlanningError, RunError, TargetError};

/// Exit codes, as `minipach help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything asked for is done.
    Done,
    /// A datum failed, or there are findings.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// A spec has errors.
    Spec,
    /// Data or git stand in the way.
    Data,
    /// A needed program is missing.
    Program,
    /// A bug.
    Bug,
    /// Interrupted.
    Interrupted,
    /// As a command that it was for ended, or 128 and the signal that ended the terminal UI.
    Of(u8),
}

impl ExitCode {
    /// What a pipeline that cannot be planned means: its spec is wrong, or what stands in the project.
    pub const fn of_plan(is_of_spec: bool) -> Self {
        if is_of_spec { Self::Spec } else { Self::Data }
    }

    /// The number given to the system.
    pub const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Spec => 3,
            Self::Data => 4,
            Self::Program => 5,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Of(code) => code,
        }
    }
}

/// What helps where no byte can be written any more.
const ROOM: &str = "the disk is full: make room on it and run again; what is finished is kept";

/// What helps where somebody lacks a right.
const RIGHTS: &str = "`ls -ld` of it and of the folders above it shows who may read and write there; give yourself these rights and run again";

/// What helps where the system says so, or git or libgit2 in its stead, however deep in an error's text.
const REMEDIES: [(&str, &str); 16] = [
    ("No space left on device", ROOM),
    ("Out of diskspace", ROOM),
    ("failed to write out file", ROOM),
    (
        "Disk quota exceeded",
        "your share of the disk is used up: make room in it and run again; what is finished is kept",
    ),
    ("Permission denied", RIGHTS),
    ("insufficient permission", RIGHTS),
    (
        "Operation not permitted",
        "the system keeps it from being changed, as by `chattr +i` (`lsattr` shows it) or since it is somebody else's; have that changed and run again",
    ),
    (
        "Read-only file system",
        "the file system may only be read: have it mounted for writing, or work in a clone on another one",
    ),
    (
        "Input/output error",
        "the disk cannot read or write there: `dmesg` says more; save what you can before you run again",
    ),
    ("Stale file handle", "the network file system lost it: leave the folder, enter it again and run again"),
    ("Is a directory", "a folder stands where a file belongs; move it away and run again"),
    ("File exists", "something stands in its place; move it away and run again"),
    ("Not a directory", "a file stands where a folder belongs; move it away and run again"),
    (
        "File name too long",
        "a name can have 255 bytes and a path 4095; shorten the name, or those of the folders above it",
    ),
    (
        "Too many open files",
        "raise the limit, as by `ulimit -n 4096`, or run fewer commands at a time with `-j`",
    ),
    (
        "No locks available",
        "the file system of `.git/minipach` has no locks; work in a clone on one that has, such as a local disk",
    ),
];

/// What went wrong, for people: one sentence, its causes, and what to do.
#[derive(Clone, Debug)]
pub struct AppError {
    /// Which exit code it means.
    pub code: ExitCode,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What to do next, each a sentence or a command.
    pub hints: Vec<String>,
}

impl AppError {
    /// An error with no hint, unless the system said something that has a remedy.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        let error = Self { code, message: message.into(), hints: Vec::new() };
        match REMEDIES.iter().find(|(words, _)| error.message.contains(words)) {
            Some((_, remedy)) => error.hint(*remedy),
            None => error,
        }
    }

    /// What went wrong and what helps, in one sentence.
    pub fn with_hints(&self) -> String {
        let parts = std::iter::once(&self.message).chain(&self.hints);
        parts.map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Wrong use of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl From<crate::check::MendError> for AppError {
    fn from(error: crate::check::MendError) -> Self {
        Self::new(ExitCode::Data, error.to_string())
    }
}

impl From<OpenError> for AppError {
    fn from(error: OpenError) -> Self {
        Self::new(ExitCode::Data, error.to_string())
    }
}

impl From<TargetError> for AppError {
    fn from(error: TargetError) -> Self {
        if matches!(error, TargetError::Unsound { .. }) {
            return Self::new(ExitCode::Spec, error.to_string())
                .hint("`minipach check` shows all that is wrong");
        }
        if matches!(error, TargetError::Unplanned { .. }) {
            return Self::new(ExitCode::Data, error.to_string());
        }
        let is_pattern = matches!(&error, TargetError::Unknown { text, .. } if text.contains(['*', '?']));
        let usage = Self::usage(error.to_string());
        if is_pattern {
            return usage
                .hint("a target is no pattern; a folder means all in it, and `--targets-from` reads a list");
        }
        usage.hint("`minipach status` lists the pipelines, `minipach datums PIPELINE` its datums")
    }
}

impl From<PlanningError> for AppError {
    fn from(error: PlanningError) -> Self {
        Self::from(&error)
    }
}

impl From<&PlanningError> for AppError {
    fn from(error: &PlanningError) -> Self {
        Self::new(ExitCode::of_plan(error.is_of_spec()), error.to_string())
    }
}

impl From<crate::ledger::LedgerError> for AppError {
    fn from(error: crate::ledger::LedgerError) -> Self {
        Self::new(ExitCode::Data, error.to_string())
    }
}

impl From<crate::git::GitError> for AppError {
    fn from(error: crate::git::GitError) -> Self {
        Self::new(ExitCode::Data, error.to_string())
    }
}

impl From<crate::git::write::WriteError> for AppError {
    fn from(error: crate::git::write::WriteError) -> Self {
        Self::new(ExitCode::Data, error.to_string())
    }
}

impl From<RunError> for AppError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Open(error) => error.into(),
            RunError::Target(error) => error.into(),
            RunError::BrokenConfig => Self::new(ExitCode::Spec, error.to_string()),
            RunError::WorkersGone => Self::new(ExitCode::Bug, error.to_string()),
            RunError::Lock(crate::ledger::LockError::Busy { .. }) => Self::new(ExitCode::Data, error.to_string())
                .hint("`minipach status` shows how far it is; wait for it, follow it by `minipach attach`, or end it by `minipach cancel`"),
            _ => Self::new(ExitCode::Data, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_holds_what_helps_too() {
        let error = AppError::new(ExitCode::Data, "raw/a has merge conflicts");
        assert_eq!(error.with_hints(), "raw/a has merge conflicts");
        let error = error.hint("settle them").hint("or take the merge back");
        assert_eq!(error.with_hints(), "raw/a has merge conflicts; settle them; or take the merge back");
    }

    #[test]
    fn what_the_system_refuses_has_a_remedy_whoever_tells_it() {
        let hints = |text: &str| AppError::new(ExitCode::Data, text).hints;
        for (text, remedy) in [
            ("cannot publish `fs/a`: Permission denied (os error 13)", "`ls -ld` of it"),
            ("`git fast-import` failed: fatal: cannot create: Permission denied", "`ls -ld` of it"),
            ("`git read-tree` failed: error: insufficient permission for adding an object", "`ls -ld` of it"),
            ("cannot write `x`: Read-only file system (os error 30)", "the file system may only be read"),
            ("cannot write `x`: Disk quota exceeded (os error 122)", "your share of the disk"),
            ("cannot rename `x`: Operation not permitted", "the system keeps it from being changed"),
            ("cannot read `x`: Input/output error (os error 5)", "the disk cannot read or write there"),
            (
                "cannot read the repository: could not open 'x': Not a directory; class=Os (2)",
                "a file stands",
            ),
        ] {
            let told = hints(text);
            assert!(matches!(told.as_slice(), [one] if one.starts_with(remedy)), "{text}: {told:?}");
        }
        assert!(hints("`x` is no target").is_empty());
    }
}
