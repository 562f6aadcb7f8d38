//! What a project notes of its template, so that it can follow it: where that is, at which commit, and the answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::config::Config;
use super::digest::{digest, remembered};
use super::error::CookieError;
use super::json::{Dict, Json};
use super::source::{self, Found};
use super::walk::Entry;
use crate::git::process::{Access, git};
use crate::scaffold::{Existing, RECORD, Record, RenderedFile, Source, TemplatePlace, blob_of};

/// Permissions of a record.
const RECORD_MODE: u32 = 0o644;
/// So many letters of a digest stand for a version where git knows none.
const SHORT: usize = 8;

/// A template as it was laid out: what a record says of it beside answers and files.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    /// Where it is.
    pub(super) place: TemplatePlace,
    /// Its name.
    name: String,
    /// What git calls the commit, or the beginning of the digest.
    version: String,
    /// The digest of its files.
    content: String,
}

impl Noted {
    /// What is to be noted of the template at `inside` in what was found; it is called `from`.
    pub(super) fn of(
        found: &Found,
        inside: &Path,
        from: String,
        checkout: Option<&str>,
    ) -> Result<Self, CookieError> {
        let template = found.whole.join(inside);
        let content = digest(&template)?;
        let known = commit_of(&template);
        let directory = (inside != Path::new("")).then(|| inside.to_string_lossy().into_owned());
        let name = name_of(&from, directory.as_deref());
        let version = known.as_ref().map_or_else(|| content[..SHORT].to_owned(), |(_, said)| said.clone());
        let commit = known.map(|(commit, _)| commit);
        let checkout = checkout.map(str::to_owned);
        Ok(Self { place: TemplatePlace { from, checkout, directory, commit }, name, version, content })
    }

    /// The record of a project that was rendered from it.
    pub(super) fn record(self, context: &Dict, files: &[RenderedFile]) -> Record {
        Record {
            source: Source::Template(self.place),
            scaffold: self.name,
            version: self.version,
            content: self.content,
            minipach: env!("CARGO_PKG_VERSION").to_owned(),
            answers: answers(context),
            files: files.iter().map(|file| (file.path.clone(), blob_of(file))).collect(),
        }
    }
}

/// The answers that people could give; what is private the template says itself each time.
fn answers(context: &Dict) -> Map<String, Value> {
    let Some(Json::Dict(answers)) = context.get("cookiecutter") else { return Map::new() };
    let public = answers.iter().filter(|(name, _)| !name.starts_with('_'));
    public.map(|(name, answer)| (name.to_owned(), serde_json::to_value(answer).unwrap_or_default())).collect()
}

/// Rendered entries as files, without the record, which is none of the template.
pub(super) fn files(entries: &BTreeMap<String, Entry>) -> Vec<RenderedFile> {
    let file = |(path, entry): (&String, &Entry)| match entry {
        Entry::File { bytes, mode } if path != RECORD => Some(RenderedFile {
            path: path.clone(),
            bytes: bytes.clone(),
            exec: mode & 0o100 != 0,
            existing: Existing::Refuse,
        }),
        _ => None,
    };
    entries.iter().filter_map(file).collect()
}

/// Lays a project's record beside what was rendered. Another one that stands there stays, and so does what the template
/// has in its place; that is told.
pub(super) fn add(record: &Record, project: &Path, entries: &mut BTreeMap<String, Entry>) -> Option<String> {
    let folder = RECORD.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_taken = entries.contains_key(RECORD) || matches!(entries.get(folder), Some(Entry::File { .. }));
    if is_taken || follows_another(record, &project.join(RECORD)) {
        return Some(format!(
            "`{RECORD}` stands there and stays, so `minipach update` will not know this template"
        ));
    }
    entries.insert(folder.to_owned(), Entry::Folder);
    entries.insert(RECORD.to_owned(), Entry::File { bytes: record.text().into_bytes(), mode: RECORD_MODE });
    None
}

/// Whether a record stands that is not of the same template.
fn follows_another(record: &Record, path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let from = |record: &Record| match &record.source {
        Source::Template(place) => Some((place.from.clone(), place.directory.clone())),
        _ => None,
    };
    Record::parse(&text).map_or(true, |other| from(&other) != from(record))
}

/// What a template is called from now on: an address as it is, a path from the project's folder unless it was given from
/// the root of the file system.
pub(super) fn lasting(named: &str, start: &Path, config: &Config, whole: &Path, project: &Path) -> String {
    let long = source::expand(named, config);
    if source::is_address(&long) {
        return long;
    }
    if whole.starts_with(&config.templates) {
        let asked = git(whole, Access::Read).args(["config", "--get", "remote.origin.url"]).output();
        let url = asked.ok().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        return url.unwrap_or_else(|| whole.to_string_lossy().into_owned());
    }
    if Path::new(&long).is_absolute() {
        return long;
    }
    relative(&real(project), &real(&start.join(&long)))
}

/// A path without links and dots, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let known = path.ancestors().find_map(|one| Some((one, one.canonicalize().ok()?)));
    known.map_or_else(|| path.to_owned(), |(one, real)| real.join(path.strip_prefix(one).unwrap_or(path)))
}

fn relative(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The last part of an address or path, and the folder in it.
fn name_of(from: &str, directory: Option<&str>) -> String {
    let last = from.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(from);
    let last = last.trim_end_matches(".git").trim_end_matches(".zip");
    [Some(last), directory].into_iter().flatten().collect::<Vec<_>>().join("/")
}

/// The commit that a template is at, and what git calls it; `None` if git does not keep it, or if it was changed since.
fn commit_of(template: &Path) -> Option<(String, String)> {
    let ask = |words: &[&str]| {
        let said = git(template, Access::Read).args(words).output().ok()?;
        Some(String::from_utf8_lossy(&said).trim().to_owned())
    };
    ask(&["ls-files", "--error-unmatch", "--", super::manifest::MANIFEST])?;
    let is_as_committed = ask(&["status", "--porcelain", "--", "."])?.is_empty();
    let commit = ask(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
    is_as_committed.then(|| ask(&["describe", "--tags", "--always"]).map(|said| (commit, said)))?
}

/// What a template is called in the record of a project, if a text names one; see [`source::is_template`].
pub fn place_of(
    named: &str,
    directory: Option<&str>,
    start: &Path,
    project: &Path,
    config: &Config,
) -> Option<String> {
    let inner = Path::new(named).join(directory.unwrap_or_default());
    let is_one = source::is_template(named, start, None, config)
        || source::is_template(&inner.to_string_lossy(), start, None, config)
        || config.templates.join(&inner).join(super::manifest::MANIFEST).is_file();
    let fetched = config.templates.join(named);
    let whole = if start.join(named).exists() { start.join(named) } else { fetched };
    is_one.then(|| lasting(named, start, config, &whole, project))
}

/// Version and digest of a template in a folder of this machine, as it stands there; `None` for what would have to be
/// fetched or is not there. Its version is asked of git only where its digest is not the `known` one. What was read of it
/// is remembered in the folder `state`.
pub fn standing(
    place: &TemplatePlace,
    root: &Path,
    state: &Path,
    known: (&str, &str),
) -> Option<(String, String)> {
    let is_here =
        !source::is_address(&place.from) && !source::is_zip(&place.from) && place.checkout.is_none();
    let template = root.join(&place.from).join(place.directory.as_deref().unwrap_or_default());
    let content = remembered(&template, state).ok().filter(|_| is_here)?;
    if content == known.1 {
        return Some((known.0.to_owned(), content));
    }
    Some((commit_of(&template).map_or_else(|| content[..SHORT].to_owned(), |(_, said)| said), content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_the_project_to_its_template() {
        for (from, to, expected) in
            [("/a/b", "/a/t", "../t"), ("/a", "/a/t", "t"), ("/a/b/c", "/x", "../../../x")]
        {
            assert_eq!(relative(Path::new(from), Path::new(to)), expected);
        }
    }

    #[test]
    fn templates_have_names() {
        for (from, directory, expected) in [
            ("https://x/a/b.git", None, "b"),
            ("../t/", Some("sub/two"), "t/sub/two"),
            ("git@h:b.git", None, "b"),
            ("/x/y.zip", None, "y"),
        ] {
            assert_eq!(name_of(from, directory), expected);
        }
    }
}
