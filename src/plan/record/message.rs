//! The commit message in `DataLad`'s exact form: subject, JSON between two markers, trailers.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::read::{BEGIN, END};
use super::{PREFIX, RecordJob, script};

const SUBJECT_CHARS: usize = 72;
const LISTED_PATHS: usize = 200;

/// The record, its fields in the order that Python's `sort_keys` gives them.
#[derive(Serialize)]
struct Json {
    chain: [&'static str; 0],
    cmd: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dsid: Option<String>,
    exit: i32,
    extra_inputs: Vec<String>,
    inputs: Vec<String>,
    outputs: Vec<String>,
    pwd: &'static str,
}

/// The whole commit message of `job`.
///
/// # Panics
/// Never: strings and lists always serialise.
pub fn message(job: &RecordJob) -> Vec<u8> {
    let json = Json {
        chain: [],
        cmd: double_braces(&script(job)),
        dsid: job.dsid.clone(),
        exit: 0,
        extra_inputs: patterns(&job.extra_inputs),
        inputs: patterns(&job.inputs),
        outputs: patterns(&job.outputs),
        pwd: ".",
    };
    whole(&job.subject, &json, &job.trailers)
}

/// A message of its subject (without `DataLad`'s prefix), its record and its trailers.
pub(super) fn whole(text: &str, record: &impl Serialize, trailers: &[(String, String)]) -> Vec<u8> {
    let mut bytes = format!("{}\n{BEGIN}", subject(text)).into_bytes();
    let formatter = PrettyFormatter::with_indent(b" ");
    record
        .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        .expect("strings and lists always serialise");
    bytes.extend_from_slice(END.as_bytes());
    bytes.push(b'\n');
    if !trailers.is_empty() {
        bytes.push(b'\n');
    }
    for (key, value) in trailers {
        bytes.extend_from_slice(format!("{key}: {}\n", one_line(value)).as_bytes());
    }
    bytes
}

/// `paths` themselves, or `folders` when there are too many to list one by one.
pub fn or_folders(paths: &BTreeSet<String>, folders: &BTreeSet<String>) -> Vec<String> {
    let listed = if paths.len() <= LISTED_PATHS { paths } else { folders };
    listed.iter().cloned().collect()
}

fn subject(text: &str) -> String {
    let whole = format!("{PREFIX}{}", one_line(text));
    if whole.chars().count() <= SUBJECT_CHARS {
        return whole;
    }
    let short: String = whole.chars().take(SUBJECT_CHARS - 1).collect();
    format!("{}…", short.trim_end())
}

pub(super) fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Python's `str.format` reads single braces as placeholders.
pub(super) fn double_braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Paths as the globs that match them.
fn patterns(paths: &[String]) -> Vec<String> {
    paths.iter().map(|path| escape_glob(path)).collect()
}

/// A path as a glob that matches just it. A brace is told by its neighbours in the alphabet (`[z-|]` is `z`, `{` or
/// `|`): Python's `str.format` would take it for a placeholder, and `DataLad` undoubles doubled ones in the record that
/// a rerun writes, so that the next rerun would fail.
pub(super) fn escape_glob(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '[' | '*' | '?' => pattern.extend(['[', letter, ']']),
            '{' => pattern.push_str("[z-|]"),
            '}' => pattern.push_str("[|-~]"),
            other => pattern.push(other),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(job: &RecordJob) -> String {
        String::from_utf8(message(job)).unwrap()
    }

    #[test]
    fn looks_as_datalad_writes_it() {
        let job = RecordJob {
            subject: "fs: 1 datum".into(),
            cmd: vec!["awk".into(), "{print $1}".into()],
            inputs: vec!["raw/s[1].txt".into(), "a{b}".into()],
            dsid: Some("f768".into()),
            trailers: vec![("Minipach-Pipeline".into(), "fs".into())],
            ..RecordJob::default()
        };
        let text = text(&job);
        let head = "[DATALAD RUNCMD] fs: 1 datum\n\n=== Do not change lines below ===\n{\n \"chain\": [],\n \"cmd\": \"";
        assert!(text.starts_with(head), "{text}");
        let tail = "\",\n \"dsid\": \"f768\",\n \"exit\": 0,\n \"extra_inputs\": [],\n \"inputs\": [\n  \"raw/s[[]1].txt\",\n  \"a[z-|]b[|-~]\"\n ],\n \
                    \"outputs\": [],\n \"pwd\": \".\"\n}\n^^^ Do not change lines above ^^^\n\nMinipach-Pipeline: fs\n";
        assert!(text.ends_with(tail), "{text}");
        assert!(text.contains("'{{print $1}}'"));
    }

    #[test]
    fn subjects_are_short_single_lines() {
        assert_eq!(subject("a\n\nb"), "[DATALAD RUNCMD] a b");
        assert_eq!(subject(&"ä".repeat(100)).chars().count(), 72);
    }

    #[test]
    fn many_paths_become_folders() {
        let set = |n: usize| (0..n).map(|i| format!("raw/{i}")).collect::<BTreeSet<_>>();
        let folders = BTreeSet::from(["raw".to_owned()]);
        assert_eq!(or_folders(&set(201), &folders), ["raw"]);
        assert_eq!(or_folders(&set(200), &folders).len(), 200);
    }
}
