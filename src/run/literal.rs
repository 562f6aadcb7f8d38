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

/// The first line of a pipeline's code that says `/pfs`, but for comments and lines that look at `$PFS` first.
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
        !is_comment && !line.contains("PFS") && pfs_positions(line).next().is_some()
    };
    text.lines().position(is_meant).map(|at| at + 1)
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
            ("/data/pfs/x\n", None),
        ] {
            assert_eq!(first_line(text), line, "{text}");
        }
    }
}
