//! Where a pipeline's code says `/pfs` itself, so that no rewriting of its command can help it.

use std::path::Path;

use crate::model::pfs_positions;
use crate::plan::Code;

/// Larger files are no scripts.
const LARGEST: u64 = 1 << 20;

/// A line of code that says `/pfs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// The file, from the project's root.
    pub(super) path: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// The first line of a pipeline's code that says `/pfs`, but for comments and where it only stands in for `$PFS`.
pub(super) fn find(root: &Path, code: &Code) -> Option<Literal> {
    code.files.keys().find_map(|path| {
        let full = root.join(path);
        if std::fs::metadata(&full).ok()?.len() > LARGEST {
            return None;
        }
        let bytes = std::fs::read(full).ok()?;
        if bytes.contains(&0) {
            return None;
        }
        let line = first_line(&String::from_utf8_lossy(&bytes))?;
        Some(Literal { path: path.clone(), line })
    })
}

fn first_line(text: &str) -> Option<usize> {
    let is_meant = |line: &str| {
        let bare = line.trim_start();
        let is_comment = ["#", "//", "--", "%"].iter().any(|sign| bare.starts_with(sign));
        !is_comment && pfs_positions(line).any(|at| !is_default(&line[..at], &line[at..]))
    };
    text.lines().position(is_meant).map(|at| at + 1)
}

/// Whether a `/pfs` stands for `$PFS` where that is not set, by what is before and after it on its line:
/// `${PFS:-/pfs}`, `get("PFS", "/pfs")`, `PFS or "/pfs"`, `PFS=/pfs`, `"/pfs" if not PFS`.
fn is_default(before: &str, after: &str) -> bool {
    let is_word = |word: &str, words: &[&str]| words.contains(&word);
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_owned).collect()
    };
    if let Some((_, between)) = before.rsplit_once("PFS") {
        let is_bare = !between.contains(char::is_alphanumeric);
        let is_joined = between.contains("||")
            || words(between).iter().any(|word| is_word(word, &["or", "else", "unset", "default"]));
        if is_joined || is_bare && between.contains([',', ':', '-', '=', '?']) {
            return true;
        }
    }
    let condition = after.split_once("PFS").map(|(between, _)| words(between));
    condition.is_some_and(|words| words.iter().any(|word| is_word(word, &["if", "unless"])))
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn only_what_cannot_be_told_otherwise() {
        for (text, line) in [
            ("import os\nfor f in os.listdir('/pfs/images'):\n", Some(2)),
            ("cp /pfs/in/* /pfs/out\n", Some(1)),
            ("#!/bin/sh\n# reads /pfs/in\ncp \"$PFS\"/in/* \"$PFS/out\"\n", None),
            ("root = os.environ.get('PFS', '/pfs')\n", None),
            ("cd ${PFS:-/pfs}\n", None),
            ("// see /pfs/in\n", None),
            ("cat /pfs/raw/d.txt > $PFS/out/r; true\n", Some(1)),
            ("cat \"$PFS/raw/d\" > /pfs/out/r\n", Some(1)),
            ("cp -r \"$PFS\" /pfs/out\n", Some(1)),
            ("x=${PFS:-/pfs}; cat $x/raw > /pfs/out/r\n", Some(1)),
            ("d = os.environ.get(\"PFS\") or \"/pfs\"\n", None),
            ("d = os.environ[\"PFS\"] if \"PFS\" in os.environ else \"/pfs\"\n", None),
            ("d = '/pfs' if not os.environ.get('PFS') else os.environ['PFS']\n", None),
            ("const d = process.env.PFS || '/pfs';\n", None),
            ("d <- Sys.getenv(\"PFS\", unset = \"/pfs\")\n", None),
            ("[ -n \"$PFS\" ] || PFS=/pfs\n", None),
            ("PFS=/pfs\n", None),
            (": ${PFS:=/pfs}\n", None),
            ("/data/pfs/x\n", None),
        ] {
            assert_eq!(first_line(text), line, "{text}");
        }
    }
}
