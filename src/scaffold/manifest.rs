//! `Manifest`: what a scaffold asks and which files it lays out, read from its `scaffold.yml`.

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::ScaffoldError;
use super::error::readable;

static SCAFFOLDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scaffolds");

/// One scaffold. Those it extends are already merged in, in front of its own parts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its folder's name, by which it is asked for.
    pub id: String,
    /// One line.
    pub title: String,
    /// A sentence or two.
    pub description: String,
    /// Another scaffold whose questions and files come first; a file with the same `dest` is replaced.
    #[serde(default)]
    extends: Option<String>,
    /// What is asked, in order.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// The pipelines it lays out, for the managed block of `.gitattributes`.
    #[serde(default)]
    pub pipelines: Vec<String>,
    /// The files it lays out.
    pub(super) files: Vec<FileRule>,
    /// What a person may do next: commands, or a few words.
    #[serde(default)]
    pub next_steps: Vec<String>,
}

/// One question with its default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// By which it is answered: `--set name=value`.
    pub name: String,
    /// What kind of answer it wants.
    #[serde(rename = "type")]
    pub kind: QuestionKind,
    /// The question, for people.
    pub prompt: String,
    /// The answer if none is given.
    pub default: String,
    /// The least integer allowed.
    #[serde(default)]
    pub least: Option<u64>,
    /// The greatest integer allowed.
    #[serde(default)]
    pub most: Option<u64>,
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// One line of text, not empty.
    Text,
    /// A whole number.
    Integer,
    /// `yes` or `no`.
    Boolean,
}

/// One file, or one per element of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRule {
    /// The file in the scaffold's folder.
    pub(super) src: String,
    /// Its path in the project, itself a template.
    pub(super) dest: String,
    /// Copied as it is, not rendered.
    #[serde(default)]
    pub(super) raw: bool,
    /// Whether it may be executed.
    #[serde(default)]
    pub(super) exec: bool,
    /// A list; the file is laid out once for each of its elements, whose fields it sees.
    #[serde(default)]
    pub(super) each: Option<String>,
    /// The scaffold whose folder holds `src`; filled in when read.
    #[serde(skip)]
    pub(super) scaffold: String,
}

impl FileRule {
    /// The file's text in the scaffold's folder.
    pub(super) fn text(&self) -> Option<&'static str> {
        let path = format!("{}/{}", self.scaffold, self.src);
        SCAFFOLDS.get_file(path).and_then(include_dir::File::contents_utf8)
    }
}

/// All scaffolds, sorted by id.
///
/// # Panics
/// Never: a test reads every built-in scaffold.
pub fn list() -> Vec<Manifest> {
    let mut ids: Vec<String> = SCAFFOLDS.dirs().map(|dir| dir.path().display().to_string()).collect();
    ids.sort();
    ids.iter().map(|id| read(id).expect("a test reads every built-in scaffold")).collect()
}

/// The scaffold with this id. Errors: there is none.
pub fn find(id: &str) -> Result<Manifest, ScaffoldError> {
    let known = list();
    match known.iter().find(|manifest| manifest.id == id) {
        Some(manifest) => Ok(manifest.clone()),
        None => Err(ScaffoldError::UnknownScaffold {
            id: id.to_owned(),
            known: readable(known.iter().map(|manifest| manifest.id.as_str())),
        }),
    }
}

fn read(id: &str) -> Result<Manifest, String> {
    let file = SCAFFOLDS.get_file(format!("{id}/scaffold.yml")).ok_or("it has no `scaffold.yml`")?;
    let text = file.contents_utf8().ok_or("its `scaffold.yml` is no UTF-8")?;
    let mut manifest: Manifest = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    for rule in &mut manifest.files {
        id.clone_into(&mut rule.scaffold);
    }
    match manifest.extends.clone() {
        Some(base) => Ok(extend(read(&base)?, manifest)),
        None => Ok(manifest),
    }
}

fn extend(base: Manifest, own: Manifest) -> Manifest {
    let replaced = |rule: &FileRule| own.files.iter().any(|mine| mine.dest == rule.dest);
    let files = base.files.into_iter().filter(|rule| !replaced(rule)).collect::<Vec<_>>();
    Manifest {
        files: [files, own.files].concat(),
        questions: [base.questions, own.questions].concat(),
        pipelines: [base.pipelines, own.pipelines].concat(),
        ..own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scaffold_reads() {
        let ids: Vec<String> = SCAFFOLDS.dirs().map(|dir| dir.path().display().to_string()).collect();
        for id in &ids {
            let manifest = read(id).expect("it reads");
            assert_eq!(&manifest.id, id);
            assert!(manifest.files.iter().all(|rule| rule.text().is_some()), "{id}: a `src` is missing");
        }
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn an_extending_scaffold_replaces_by_place() {
        let files = find("freesurfer").expect("it is built in").files;
        let readme: Vec<&str> =
            files.iter().filter(|rule| rule.dest == "README.md").map(|rule| rule.scaffold.as_str()).collect();
        assert_eq!(readme, ["freesurfer"]);
        assert!(files.iter().any(|rule| rule.scaffold == "yoda"));
    }

    #[test]
    fn an_unknown_id_names_the_known_ones() {
        let error = find("fresurfer").expect_err("there is none");
        assert_eq!(error.to_string(), "there is no scaffold `fresurfer`; there are `freesurfer` and `yoda`");
    }
}
