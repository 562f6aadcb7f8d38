//! Where ledger files stand: the two forms, their paths, and the way back from a path to its pipeline.

use std::path::Path;

use crate::model::PipelineName;

/// Folder of all ledgers, from the project's root.
pub(super) const FOLDER: &str = ".minipach/ledger";

/// More lines than this are split into shards.
const SPLIT_ABOVE: usize = 2000;

/// Fewer lines than this are joined into one file again.
const JOIN_BELOW: usize = 1000;

/// How a ledger is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `<pipeline>.jsonl`.
    Single,
    /// `<pipeline>.d/<2 hex>.jsonl`: 256 files by the first byte of BLAKE3 of the key, so a small
    /// change is a small commit.
    Shards,
}

impl Form {
    /// The form for `lines` lines; between the two limits the form that stands stays.
    pub fn choose(standing: Option<Self>, lines: usize) -> Self {
        match standing {
            _ if lines > SPLIT_ABOVE => Self::Shards,
            Some(Self::Shards) if lines >= JOIN_BELOW => Self::Shards,
            _ => Self::Single,
        }
    }
}

/// The form of the files in `standing`; files of both are an unfinished change of form.
pub(super) fn form_of(name: &PipelineName, standing: &[String]) -> Option<Form> {
    let single = single_path(name);
    match standing {
        [] => None,
        paths if paths.iter().all(|path| *path == single) => Some(Form::Single),
        _ => Some(Form::Shards),
    }
}

/// Whether a ledger that stands in shards alone stays in them with `lines` lines.
pub(super) fn keeps_shards(standing: &[String], name: &PipelineName, lines: usize) -> bool {
    let before = form_of(name, standing);
    let is_mixed = standing.contains(&single_path(name));
    before == Some(Form::Shards) && !is_mixed && Form::choose(before, lines) == Form::Shards
}

/// Path of the file that holds the lines of `key`, from the root.
pub fn path_for(name: &PipelineName, form: Form, key: &str) -> String {
    match form {
        Form::Single => single_path(name),
        Form::Shards => shard_path(name, shard(key)),
    }
}

/// Path of one shard, from the root.
pub(super) fn shard_path(name: &PipelineName, shard: u8) -> String {
    format!("{}/{shard:02x}.jsonl", shard_folder(name))
}

/// The number of the shard that holds a key.
pub(super) fn shard(key: &str) -> u8 {
    blake3::hash(key.as_bytes()).as_bytes()[0]
}

/// The number of the shard at a path.
pub(super) fn shard_of(path: &str) -> Option<u8> {
    let stem = path.rsplit_once('/')?.1.strip_suffix(".jsonl")?;
    u8::from_str_radix(stem, 16).ok()
}

pub(super) fn is_shard_name(file: &str) -> bool {
    file.strip_suffix(".jsonl").is_some_and(|stem| {
        stem.len() == 2 && stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// Path of a ledger that stands in one file, from the root.
pub fn single_path(name: &PipelineName) -> String {
    format!("{FOLDER}/{}.jsonl", file_stem(name))
}

/// Folder of a ledger that is split, from the root.
pub fn shard_folder(name: &PipelineName) -> String {
    format!("{FOLDER}/{}.d", file_stem(name))
}

/// File that holds the long part of the newest record that had one, from the root.
pub fn record_path(name: &PipelineName) -> String {
    format!("{FOLDER}/{}.record", file_stem(name))
}

/// A pipeline's name as a path. A component that looks like a file or folder of this layout
/// (`fs.d/ab` is a legal name) gets a `_` at its end.
fn file_stem(name: &PipelineName) -> String {
    let parts: Vec<String> = name.as_str().split('/').map(escape).collect();
    parts.join("/")
}

fn escape(part: &str) -> String {
    let plain = part.trim_end_matches('_');
    let looks_ours =
        Path::new(plain).extension().is_some_and(|end| end == "d" || end == "jsonl" || end == "record");
    if looks_ours { format!("{part}_") } else { part.to_owned() }
}

/// The pipeline whose ledger the file at `path` (from the root) belongs to, if it is one.
pub fn pipeline_of(path: &str) -> Option<PipelineName> {
    let inside = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    let stem = inside.strip_suffix(".jsonl")?;
    let stem = match inside.rsplit_once('/') {
        Some((folder, file)) if is_shard_name(file) => folder.strip_suffix(".d").unwrap_or(stem),
        _ => stem,
    };
    let parts = stem.split('/').map(|part| {
        let plain = part.strip_suffix('_').unwrap_or(part);
        if escape(plain) == part { plain } else { part }
    });
    let name = PipelineName::parse(&parts.collect::<Vec<_>>().join("/")).ok()?;
    (file_stem(&name) == stem).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_no_ledgers() {
        for path in [
            ".minipach/answers.yml",
            ".minipach/ledger/x.record",
            "ledger/fs.jsonl",
            ".minipach/ledger/_.jsonl",
        ] {
            assert_eq!(pipeline_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_small_ledger_stays_in_one_file_and_a_split_one_stays_split_for_a_while() {
        use Form::{Shards, Single};
        for (standing, lines, expected) in [
            (None, 2000, Single),
            (None, 2001, Shards),
            (Some(Single), 2000, Single),
            (Some(Shards), 1000, Shards),
            (Some(Shards), 999, Single),
        ] {
            assert_eq!(Form::choose(standing, lines), expected, "{standing:?} {lines}");
        }
    }
}
