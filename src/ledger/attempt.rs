//! The records of the attempt log: what was tried, and what is done and never needs to run again.

use serde::{Deserialize, Serialize};

use super::compact;
use crate::model::{ContentId, DatumId, KnownInput, OutFile, PipelineName, Place, WorkId};

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The command succeeded and its outputs were collected.
    Done,
    /// The command, or collecting its outputs, failed.
    Failed,
    /// The command failed and the error command succeeded.
    Recovered,
    /// It took longer than it may.
    TimedOut,
    /// A cancel cut it off; it says nothing about the datum.
    Cancelled,
}

impl Outcome {
    /// It in a word or two.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a command's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// One attempt: a command was run for a datum. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The work.
    pub id: DatumId,
    /// The pipeline it ran for.
    #[serde(with = "compact::pipeline")]
    pub pipeline: PipelineName,
    /// The place it ran for.
    pub key: Box<str>,
    /// The run it belongs to.
    pub run: Box<str>,
    /// Which try within the run, from 1.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// When it began, since the Unix epoch, in UTC.
    pub started_ms: u64,
    /// How long it took.
    pub took_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// How its process ended, if one was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// What went wrong, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// Its log, from `.git/minipach`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Box<str>>,
    /// Largest resident memory of one of its processes, where that is more than minipach's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rss_bytes: Option<u64>,
    /// Processor time in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ms: Option<u64>,
    /// Processor time in the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_ms: Option<u64>,
}

/// What an attempt was made of that did not succeed, for who asks what has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedRecord {
    /// The work.
    pub id: DatumId,
    /// Its command, code and settings; the fields stand in the log once per digest.
    pub work: WorkId,
    /// The pipeline it was tried for.
    #[serde(with = "compact::pipeline")]
    pub pipeline: PipelineName,
    /// The place it was tried for.
    pub key: Box<str>,
    /// What it was made from.
    #[serde(with = "compact::inputs")]
    pub inputs: Vec<KnownInput>,
}

/// What is needed to finish publishing after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// Name of the folder below `staged/` that holds the files.
    pub staged: Box<str>,
    /// Where they go, relative to the pipeline's folder; `"."` for itself.
    pub target: Box<str>,
    /// Whether the datum owns all of `target`, so that the folder moves as one.
    pub whole: bool,
    /// Files that stood at the datum's place before, with what they contained: only these may be
    /// replaced or removed. Paths are relative to the pipeline's folder.
    pub replaces: Vec<(Box<str>, ContentId)>,
}

/// A result: work that is done and never needs to run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// The work.
    pub id: DatumId,
    /// Its command, code and settings; the fields stand in the log once per digest.
    pub work: WorkId,
    /// The pipeline it was made for.
    #[serde(with = "compact::pipeline")]
    pub pipeline: PipelineName,
    /// The place it was made for.
    pub key: Box<str>,
    /// Where the command saw `/pfs`.
    pub place: Place,
    /// When, in milliseconds since the Unix epoch, in UTC.
    pub at_ms: u64,
    /// What it was made from.
    #[serde(with = "compact::inputs")]
    pub inputs: Vec<KnownInput>,
    /// Every file it made, by path relative to `/pfs/out`.
    #[serde(with = "compact::files")]
    pub files: Vec<OutFile>,
    /// How it comes to its place; absent when it was accepted as it stood, without running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,
}

#[cfg(test)]
pub(super) mod samples {
    //! Records for tests.

    use super::*;
    use crate::model::{Kind, Oid};

    pub(in crate::ledger) fn attempt(number: u8, outcome: Outcome) -> AttemptRecord {
        AttemptRecord {
            id: DatumId([number; 32]),
            pipeline: PipelineName::parse("proc/fs").unwrap(),
            key: format!("sub-{number:02}").into(),
            run: "20260102T030405-1".into(),
            attempt: 1,
            started_ms: 1_767_323_045_000,
            took_ms: 12,
            outcome,
            exit: Some(Exit::Code(i32::from(outcome != Outcome::Done))),
            message: (outcome == Outcome::Failed).then(|| "the command exited with 1".into()),
            log: Some("minipach/logs/a.log".into()),
            max_rss_bytes: None,
            user_ms: None,
            system_ms: None,
        }
    }

    pub(in crate::ledger) fn result(number: u8) -> ResultRecord {
        let content = ContentId::Git(Oid([number; 20]));
        let (kind, path) =
            if number.is_multiple_of(2) { (Kind::File, "a b\"\n.txt") } else { (Kind::Exec, "run.sh") };
        ResultRecord {
            id: DatumId([number; 32]),
            work: WorkId([number % 3; 32]),
            pipeline: PipelineName::parse("proc/fs").unwrap(),
            key: format!("sub-{number:02}").into(),
            place: Place::Sandbox,
            at_ms: 1_767_323_045_012,
            inputs: vec![KnownInput { name: "t1".into(), path: "raw/t1/sub".into(), content: None }],
            files: vec![OutFile { path: path.into(), kind, content: content.clone() }],
            publish: Some(Publish {
                staged: format!("s-{number}").into(),
                target: "proc/fs/sub".into(),
                whole: true,
                replaces: vec![("sub/old".into(), content)],
            }),
        }
    }
}
