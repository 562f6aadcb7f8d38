//! The records of the attempt log and their lines, each of which carries a checksum of its own text.

use serde::{Deserialize, Serialize};

use super::{WorkFields, compact};
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
    /// Its log, from the project's git folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Box<str>>,
    /// Largest resident memory of its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rss_bytes: Option<u64>,
    /// Processor time in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ms: Option<u64>,
    /// Processor time in the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_ms: Option<u64>,
}

/// What is needed to finish publishing after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// Name of the folder below `staged/` that holds the files.
    pub staged: Box<str>,
    /// Where they go, from the project's root.
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

/// Fields of a work line, as read.
#[derive(Deserialize)]
pub(super) struct WorkRecord {
    pub(super) fields: WorkFields,
}

/// The kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Attempt,
    Result,
    Accepted,
    Work,
}

impl LineKind {
    const ALL: [Self; 4] = [Self::Attempt, Self::Result, Self::Accepted, Self::Work];

    const fn word(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Result => "result",
            Self::Accepted => "accepted",
            Self::Work => "work",
        }
    }

    /// Whether such a line holds a [`ResultRecord`].
    pub(super) const fn is_result(self) -> bool {
        matches!(self, Self::Result | Self::Accepted)
    }
}

/// Bytes of the end of each line: `,"sum":"01234567"}`.
const SEAL_LEN: usize = 18;

/// The end of a line whose text before it is `body`.
fn seal(body: &[u8]) -> [u8; SEAL_LEN] {
    let hash = blake3::hash(body);
    let mut end = *b",\"sum\":\"00000000\"}";
    let hex = hash.to_hex();
    end[8..16].copy_from_slice(&hex.as_bytes()[..8]);
    end
}

/// Appends a sealed line: `{"kind":"<kind>",<fields of value>,"sum":"…"}`.
pub(super) fn push_line(out: &mut Vec<u8>, kind: LineKind, value: &impl Serialize) {
    let head = format!("{{\"kind\":\"{}\",", kind.word());
    let start = out.len();
    out.extend_from_slice(head.as_bytes());
    let body = out.len();
    serde_json::to_writer(&mut *out, value).expect("writing plain values to memory cannot fail");
    // The value's own opening brace gives way to the head, its closing one to the seal.
    out.remove(body);
    close_line(out, start);
}

/// Appends the work line of `id`.
pub(super) fn push_work(out: &mut Vec<u8>, id: WorkId, fields: &WorkFields) {
    let start = out.len();
    let fields = serde_json::Value::Object(fields.clone());
    out.extend_from_slice(format!("{{\"kind\":\"work\",\"id\":\"{id}\",\"fields\":{fields}}}").as_bytes());
    close_line(out, start);
}

/// Appends the first line of a log.
pub(super) fn push_header(out: &mut Vec<u8>, version: u64) {
    let start = out.len();
    out.extend_from_slice(format!("{{\"minipach\":\"attempts\",\"version\":{version}}}").as_bytes());
    close_line(out, start);
}

fn close_line(out: &mut Vec<u8>, start: usize) {
    out.pop();
    let end = seal(&out[start..]);
    out.extend_from_slice(&end);
    out.push(b'\n');
}

/// Whether a line (without its newline) is as it was written.
pub(super) fn is_intact(line: &[u8]) -> bool {
    line.len() > SEAL_LEN && line[line.len() - SEAL_LEN..] == seal(&line[..line.len() - SEAL_LEN])
}

/// What an intact line is about, from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A record, with the id that it is looked up by (a datum's, or a work's).
    Record(LineKind, [u8; 32]),
    /// The first line, with the format's version.
    Version(u64),
    /// Of no known kind; a later version of this format may have written it.
    Unknown,
}

/// Reads the first bytes of an intact line.
pub(super) fn head(line: &[u8]) -> Head {
    record_head(line).or_else(|| version_head(line)).unwrap_or(Head::Unknown)
}

fn record_head(line: &[u8]) -> Option<Head> {
    let rest = line.strip_prefix(b"{\"kind\":\"")?;
    let kind = LineKind::ALL.into_iter().find(|kind| rest.starts_with(kind.word().as_bytes()))?;
    let rest = rest[kind.word().len()..].strip_prefix(b"\",\"id\":\"")?;
    let hex = str::from_utf8(rest.get(..64)?).ok()?;
    let id: DatumId = hex.parse().ok()?;
    (rest.get(64) == Some(&b'"')).then_some(Head::Record(kind, id.0))
}

fn version_head(line: &[u8]) -> Option<Head> {
    #[derive(Deserialize)]
    struct Version {
        minipach: String,
        version: u64,
    }
    let header: Version = serde_json::from_slice(line).ok()?;
    (header.minipach == "attempts").then_some(Head::Version(header.version))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: LineKind, value: &impl Serialize) -> String {
        let mut out = Vec::new();
        push_line(&mut out, kind, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_format_is_this() {
        let attempt = line(LineKind::Attempt, &samples::attempt(0x11, Outcome::Failed));
        let result = line(LineKind::Result, &samples::result(0x22));
        let accepted = line(LineKind::Accepted, &ResultRecord { publish: None, ..samples::result(0x33) });
        let mut work = Vec::new();
        let fields = serde_json::from_str(r#"{"stdin":["a"],"cmd":["sh"]}"#).unwrap();
        push_work(&mut work, WorkId([1; 32]), &fields);
        push_header(&mut work, 1);
        let text = format!("{attempt}{result}{accepted}{}", String::from_utf8(work).unwrap());
        insta::assert_snapshot!(text, @r#"
        {"kind":"attempt","id":"1111111111111111111111111111111111111111111111111111111111111111","pipeline":"proc/fs","key":"sub-17","run":"20260102T030405-1","try":1,"started_ms":1767323045000,"took_ms":12,"outcome":"failed","exit":{"code":1},"message":"the command exited with 1","log":"minipach/logs/a.log","sum":"d509cf81"}
        {"kind":"result","id":"2222222222222222222222222222222222222222222222222222222222222222","work":"0101010101010101010101010101010101010101010101010101010101010101","pipeline":"proc/fs","key":"sub-34","place":"sandbox","at_ms":1767323045012,"inputs":[["t1","raw/t1/sub"]],"files":[["a b\"\n.txt","git:2222222222222222222222222222222222222222"]],"publish":{"staged":"s-34","target":"proc/fs/sub","whole":true,"replaces":[["sub/old","git:2222222222222222222222222222222222222222"]]},"sum":"2640e902"}
        {"kind":"accepted","id":"3333333333333333333333333333333333333333333333333333333333333333","work":"0000000000000000000000000000000000000000000000000000000000000000","pipeline":"proc/fs","key":"sub-51","place":"sandbox","at_ms":1767323045012,"inputs":[["t1","raw/t1/sub"]],"files":[["run.sh","git:3333333333333333333333333333333333333333","x"]],"sum":"2f557269"}
        {"kind":"work","id":"0101010101010101010101010101010101010101010101010101010101010101","fields":{"cmd":["sh"],"stdin":["a"]},"sum":"e892c1b9"}
        {"minipach":"attempts","version":1,"sum":"11be5d72"}
        "#);
    }

    #[test]
    fn heads_name_kind_and_id_and_records_come_back() {
        let failed = samples::attempt(7, Outcome::Failed);
        let text = line(LineKind::Attempt, &failed);
        assert_eq!(head(text.as_bytes()), Head::Record(LineKind::Attempt, [7; 32]));
        assert_eq!(serde_json::from_str::<AttemptRecord>(&text).unwrap(), failed);
        let result = samples::result(8);
        let text = line(LineKind::Result, &result);
        assert_eq!(head(text.as_bytes()), Head::Record(LineKind::Result, [8; 32]));
        assert_eq!(serde_json::from_str::<ResultRecord>(&text).unwrap(), result);
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let text = line(LineKind::Result, &samples::result(1));
        let whole = text.trim_end().as_bytes();
        assert!(is_intact(whole));
        for at in 0..whole.len() * 8 {
            let mut bytes = whole.to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            assert!(!is_intact(&bytes), "bit {at}");
        }
    }

    #[test]
    fn lines_of_no_known_kind_are_told() {
        for (text, expected) in [
            (r#"{"kind":"later","id":1}"#, Head::Unknown),
            (r#"{"minipach":"attempts","version":3}"#, Head::Version(3)),
            (r#"{"minipach":"other","version":3}"#, Head::Unknown),
            ("", Head::Unknown),
        ] {
            assert_eq!(head(text.as_bytes()), expected, "{text}");
        }
    }
}
