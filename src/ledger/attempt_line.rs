//! The lines of the attempt log, each of which carries a checksum of its own text.

use serde::{Deserialize, Serialize};

use super::WorkFields;
use crate::model::{DatumId, WorkId};

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
    Tried,
}

impl LineKind {
    const ALL: [Self; 5] = [Self::Attempt, Self::Result, Self::Accepted, Self::Work, Self::Tried];

    const fn word(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Result => "result",
            Self::Accepted => "accepted",
            Self::Work => "work",
            Self::Tried => "tried",
        }
    }

    /// The kind as a number, for the index.
    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    /// The kind that a number of the index means.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether such a line holds a [`super::ResultRecord`].
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
mod tests {
    use super::*;
    use crate::ledger::attempt::samples;
    use crate::ledger::{AttemptRecord, Outcome, ResultRecord};

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
