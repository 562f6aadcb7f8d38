//! `.gitattributes` for new pipelines: their results are kept out of text merging, specs and code out of the annex.

use std::collections::BTreeSet;

use crate::git::Repo;
use crate::ledger::{Durability, write_atomic};
use crate::scaffold::with_outputs_block;

use super::error::AppError;
use super::session::Session;

const ATTRIBUTES: &str = ".gitattributes";

/// What keeps specs in git.
const SPECS: &str = "spec.yml annex.largefiles=nothing";

/// What keeps code in git.
const CODE: &str = "/code/** annex.largefiles=nothing";

/// The file's text with the results of some more pipelines in its block, and below all else what keeps specs and code in
/// git where there is an annex; `None` if git knows all of it already, or the file is no regular one.
pub(super) fn with(session: &Session, names: &[&str]) -> Option<String> {
    let repo = &session.project.repo;
    let stands = std::fs::symlink_metadata(repo.root().join(ATTRIBUTES));
    let is_kept = |name: &&str| repo.is_unmergeable(&format!("{name}/minipach-result"));
    let (is_kept, annexed) = (names.iter().all(is_kept), annexed(repo, names));
    if (is_kept && annexed.is_empty()) || stands.as_ref().is_ok_and(|about| !about.is_file()) {
        return None;
    }
    let mut text = match stands {
        Ok(_) => std::fs::read_to_string(repo.root().join(ATTRIBUTES)).ok()?,
        Err(_) => String::new(),
    };
    if !is_kept {
        let all: BTreeSet<&str> = session.project.names().chain(names.iter().copied()).collect();
        text = with_outputs_block(&text, all);
    }
    Some(with_lines(text, &annexed))
}

/// The rules that are lacking so that specs of these pipelines and code never go into the annex.
fn annexed(repo: &Repo, names: &[&str]) -> Vec<&'static str> {
    if !repo.has_annex() {
        return Vec::new();
    }
    let is_annexed = |path: &str| repo.attribute(path, "annex.largefiles").as_deref() != Some("nothing");
    let specs = names.iter().any(|name| is_annexed(&format!("{name}/spec.yml"))).then_some(SPECS);
    specs.into_iter().chain(is_annexed("code/minipach-script").then_some(CODE)).collect()
}

/// A text with lines at its end, where they outrank those above.
fn with_lines(mut text: String, lines: &[&str]) -> String {
    if !lines.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in lines {
        text.extend([line, "\n"]);
    }
    text
}

/// Replaces the file.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(session: &Session, text: &str) -> Result<(), AppError> {
    let file = session.project.repo.root().join(ATTRIBUTES);
    Ok(write_atomic(&file, text.as_bytes(), Durability::Process)?)
}
