//! `ensure_attributes`: tells git and git-annex how to treat the ledger; and what git is to be told of results.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::LedgerError;
use super::file::{Durability, write_atomic};
use crate::model::is_at_or_below;

/// What keeps the ledger out of the annex and lets git merge it by keeping the lines of both sides.
const ATTRIBUTES: [&str; 2] = [
    "** annex.largefiles=nothing",
    "ledger/** annex.largefiles=nothing merge=union -text -ident -working-tree-encoding",
];

/// What tells git how to treat ledgers, from the root; it comes with the first one.
pub const ATTRIBUTES_PATH: &str = ".minipach/.gitattributes";

/// The line that ends the block of such rules.
pub const OUTPUTS_END: &str = "# minipach: end of the managed block";

/// The lines of `.gitattributes` for the folder of a pipeline: its results are neither merged nor converted.
pub fn result_rules(pipeline: &str) -> [String; 2] {
    [
        format!("/{pipeline}/** -merge -text -ident -working-tree-encoding"),
        format!("/{pipeline}/spec.yml merge"),
    ]
}

/// Each `.gitattributes` that may stand among the results of a pipeline above one of its files, the nearest first: they
/// outrank the project's own.
pub fn own_attributes<'a>(pipeline: &'a str, path: &'a str) -> impl Iterator<Item = String> + 'a {
    let folders = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
    let inside = folders.take_while(move |folder| is_at_or_below(folder, pipeline));
    inside.map(|folder| format!("{folder}/.gitattributes"))
}

/// Makes sure that `.minipach/.gitattributes` keeps the ledger in git, as text that merges by union;
/// other lines stay. Gives its path from the root if it changed.
///
/// # Errors
/// When it cannot be read or written.
pub fn ensure_attributes(root: &Path) -> Result<Option<&'static str>, LedgerError> {
    let full = root.join(ATTRIBUTES_PATH);
    let mut text = match fs::read_to_string(&full) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(LedgerError::io("read", &full))?,
    };
    let missing: Vec<&str> =
        ATTRIBUTES.into_iter().filter(|line| !text.lines().any(|old| old == *line)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in missing {
        text.push_str(line);
        text.push('\n');
    }
    write_atomic(&full, text.as_bytes(), Durability::Process)?;
    Ok(Some(ATTRIBUTES_PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_added_once_and_other_lines_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".minipach/.gitattributes");
        assert!(ensure_attributes(dir.path()).unwrap().is_some());
        assert!(ensure_attributes(dir.path()).unwrap().is_none());
        fs::write(&path, "answers.yml text").unwrap();
        assert!(ensure_attributes(dir.path()).unwrap().is_some());
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("answers.yml text\n{}\n{}\n", ATTRIBUTES[0], ATTRIBUTES[1]));
    }
}
