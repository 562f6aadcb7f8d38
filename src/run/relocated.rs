//! Relocated folders: specs that name a folder or pipeline as it was called before are told its new name, with fixes.

use std::collections::BTreeMap;

use crate::git::{Repo, Scan};
use crate::model::{Edit, Finding, Fix, Leaf, PipelineName};
use crate::spec::{Checked, Loaded, LoadedPipeline, MISSING_REPO, NAME_MISMATCH, Unsound};

/// An input that reads a folder by its former name.
struct Reader {
    pipeline: PipelineName,
    old: String,
    new: String,
    /// Which of the findings says that the folder is missing.
    at: usize,
    edits: Vec<Edit>,
}

/// Says of folders that do not exist where they are now, as git knows it; and where a pipeline's own spec has its former
/// name too, all of that in one finding.
pub(super) fn tell(repo: &Repo, scan: &Scan, loaded: &mut Loaded, checked: &mut Checked) {
    let readers = readers(repo, scan, loaded, &checked.findings);
    for reader in &readers {
        let finding = std::mem::replace(&mut checked.findings[reader.at], MISSING_REPO.on("", ""));
        checked.findings[reader.at] = told(finding, reader);
    }
    let mut folded = Vec::new();
    for finding in loaded.findings.iter_mut().filter(|finding| finding.code == NAME_MISMATCH.code) {
        let Some(renamed) = Renamed::of(finding) else { continue };
        let of_it: Vec<&Reader> = readers.iter().filter(|reader| renamed.is_of(reader)).collect();
        let sibling = || renamed.sibling().filter(|old| is_moved(repo, scan, old, &renamed.new));
        let Some(old) = of_it.first().map(|reader| reader.old.clone()).or_else(sibling) else { continue };
        *finding = renamed.finding(finding, &old, &of_it);
        let error = Unsound::Broken(Some(Box::new(finding.clone())));
        checked.unsound.insert(renamed.new.clone(), error);
        folded.extend(of_it.iter().map(|reader| reader.at));
    }
    let mut at = 0..;
    checked.findings.retain(|_| !at.next().is_some_and(|at| folded.contains(&at)));
}

fn is_moved(repo: &Repo, scan: &Scan, old: &str, new: &str) -> bool {
    !repo.root().join(old).exists() && repo.moved_to(scan, old).as_deref() == Some(new)
}

/// Inputs of which a finding says that their folder is missing, and that git knows elsewhere.
fn readers(repo: &Repo, scan: &Scan, loaded: &Loaded, findings: &[Finding]) -> Vec<Reader> {
    let (mut found, mut known) = (Vec::new(), BTreeMap::new());
    let is_missing = |finding: &Finding| finding.code == MISSING_REPO.code;
    if !findings.iter().any(is_missing) {
        return found;
    }
    for pipeline in &loaded.pipelines {
        for (number, leaf) in pipeline.pipeline.input.leaves().into_iter().enumerate() {
            let Some(spot) = pipeline.spans.leaf(number, "repo") else { continue };
            let is_of_it = |finding: &Finding| {
                is_missing(finding) && *finding.path == *spot.path && finding.span == Some(spot.span)
            };
            let Some(at) = findings.iter().position(is_of_it) else { continue };
            let old = leaf.repo.to_string();
            let new = known.entry(old.clone()).or_insert_with(|| repo.moved_to(scan, &old));
            let Some(new) = new.clone() else { continue };
            let text = std::fs::read_to_string(repo.root().join(&*spot.path)).unwrap_or_default();
            let edits = edits(pipeline, number, leaf, &new, &text).unwrap_or_default();
            found.push(Reader { pipeline: pipeline.pipeline.name.clone(), old, new, at, edits });
        }
    }
    found
}

fn told(finding: Finding, reader: &Reader) -> Finding {
    let Reader { old, new, edits, .. } = reader;
    let finding = Finding { label: Some(format!("did you mean `{new}`?")), ..finding };
    let finding = finding.note(format!("git knows what stood in `{old}` as `{new}` now"));
    if edits.is_empty() { finding } else { finding.fix(Fix::safe(format!("read `{new}`"), edits.clone())) }
}

/// What makes an input read `new` under the name that it has now, so that its command finds it where it did.
fn edits(pipeline: &LoadedPipeline, number: usize, leaf: &Leaf, new: &str, text: &str) -> Option<Vec<Edit>> {
    let spot = pipeline.spans.leaf(number, "repo")?;
    let (path, old) = (spot.path.to_string(), leaf.repo.to_string());
    let (start, end) = (spot.span.start, spot.span.end);
    let written = text.get(start..end)?;
    if written.trim_matches(['"', '\'']) != old {
        return None;
    }
    let mut edits = vec![Edit::Replace { path: path.clone(), start, end, old, new: new.to_owned() }];
    if !pipeline.spans.has_leaf(number, "name") && new.rsplit('/').next() != Some(&leaf.name) {
        let (at, new) = name_part(&leaf.name, (start, end), text)?;
        edits.push(Edit::Replace { path, start: at, end: at, old: String::new(), new });
    }
    Some(edits)
}

/// What gives an input, whose repo's value stands at some bytes, a name in the style of the text around it; and where
/// that goes.
fn name_part(name: &str, (start, end): (usize, usize), text: &str) -> Option<(usize, String)> {
    let is_plain = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let value = if is_plain { name.to_owned() } else { serde_json::to_string(name).ok()? };
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let column = text[line..start].rfind("repo")?;
    // A quoted key: JSON, or written by a program.
    if text[..line + column].ends_with(['"', '\'']) {
        return None;
    }
    if text[end..].trim_start().starts_with([',', '}']) {
        return Some((end, format!(", name: {value}")));
    }
    Some((line + column, format!("name: {value}\n{}", " ".repeat(column))))
}

/// A pipeline whose spec still has the name that its folder had.
struct Renamed {
    /// The name in the spec.
    written: String,
    /// The folder now.
    new: String,
    edits: Vec<Edit>,
}

impl Renamed {
    fn of(finding: &Finding) -> Option<Self> {
        let new = finding.path.strip_suffix("/spec.yml")?.to_owned();
        let edits = finding.fix.as_ref()?.edits.clone();
        let Some(Edit::Replace { old, .. }) = edits.first() else { return None };
        Some(Self { written: old.clone(), new, edits })
    }

    fn is_of(&self, reader: &Reader) -> bool {
        let last = reader.old.rsplit('/').next();
        reader.new == self.new && (last == Some(&self.written) || reader.old == self.written)
    }

    /// What it was called if it only changed its name.
    fn sibling(&self) -> Option<String> {
        let last = self.written.rsplit('/').next()?;
        Some(
            self.new.rsplit_once('/').map_or_else(|| last.to_owned(), |(above, _)| format!("{above}/{last}")),
        )
    }

    fn finding(&self, finding: &Finding, old: &str, readers: &[&Reader]) -> Finding {
        let Self { written, new, edits } = self;
        let message =
            format!("pipeline `{old}` was renamed to `{new}`, but its spec still calls it `{written}`");
        let edits: Vec<Edit> =
            edits.iter().chain(readers.iter().flat_map(|reader| &reader.edits)).cloned().collect();
        let help = "`minipach check --fix` tells all of them the new name, or rename the folder back";
        let finding = Finding { message, help: Some(help.into()), ..finding.clone() };
        let finding = readers.iter().fold(finding, |finding, reader| {
            finding.note(format!("`{}` still reads `{old}`", reader.pipeline))
        });
        finding.fix(Fix::safe(format!("call it `{new}` everywhere"), edits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_what_stands_around_it() {
        for (text, named) in [
            ("input: {pfs: {repo: fs, glob: /}}\n", "input: {pfs: {repo: fs, name: fs, glob: /}}\n"),
            ("pfs: {glob: /, repo: \"fs\" }\n", "pfs: {glob: /, repo: \"fs\", name: fs }\n"),
            ("pfs:\n  repo: fs # a\n  glob: /\n", "pfs:\n  name: fs\n  repo: fs # a\n  glob: /\n"),
            ("- pfs:\n    glob: /\n    repo: fs", "- pfs:\n    glob: /\n    name: fs\n    repo: fs"),
        ] {
            let start = text.find("repo: ").expect("it reads one") + 6;
            let end = start + text[start..].find(|letter: char| !"fs\"".contains(letter)).unwrap_or(2);
            let (start, new) = name_part("fs", (start, end), text).expect("it has a place");
            assert_eq!(format!("{}{new}{}", &text[..start], &text[start..]), named);
        }
    }

    #[test]
    fn beside_a_quoted_key_a_name_is_left_to_its_writer() {
        for text in ["{\"pfs\": {\"repo\": \"fs\"}}", "pfs:\n  \"repo\": fs\n  glob: /\n"] {
            let start = text.find("fs\"}").or_else(|| text.find("fs\n")).expect("it reads one");
            assert_eq!(name_part("fs", (start, start + 2), text), None);
        }
    }
}
