//! `Record`: what a project was laid out from, as `.minipach/answers.yml` keeps it, so that it can follow its scaffold.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};

use super::{Existing, RenderedFile, Source};

/// Where the record stands in a project.
pub const RECORD: &str = ".minipach/answers.yml";

/// The lines above the hash.
const HEAD: &str = "\
# What the project was laid out from; `minipach update` reads it. Not to be edited by hand: another answer is given by
# `minipach update --set NAME=VALUE`.
";

/// The start of the line with the hash of all below it.
const HASH: &str = "hash: ";

/// What a project was laid out from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where the scaffold was found.
    pub source: Source,
    /// What it is called.
    pub scaffold: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of the scaffold, in hexadecimal.
    pub content: String,
    /// The minipach that laid it out.
    pub minipach: String,
    /// Every answer, defaults too.
    pub answers: Map<String, Value>,
    /// The files that were laid out, as they were then: `100644 <blob id>`. Not among them: this one, and those that stood
    /// there before.
    pub files: BTreeMap<String, String>,
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is no YAML of this form.
    #[error("`{RECORD}` cannot be read: {0}")]
    Unreadable(String),
    /// Its text is not the one that was hashed.
    #[error(
        "`{RECORD}` was edited by hand: its text does not match its hash; `git checkout` an older one, or `minipach adopt` the project anew"
    )]
    Edited,
}

impl Record {
    /// Its text.
    pub fn text(&self) -> String {
        let body = self.body();
        format!("{HEAD}{HASH}{}\n{body}", hash(&body))
    }

    fn body(&self) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let source = serde_json::to_string(&self.source).unwrap_or_default();
        let mut body = format!("source: {source}\n");
        for (name, text) in [
            ("scaffold", &self.scaffold),
            ("version", &self.version),
            ("content", &self.content),
            ("minipach", &self.minipach),
        ] {
            _ = writeln!(body, "{name}: {}", quoted(text));
        }
        body += if self.answers.is_empty() { "answers: {}\n" } else { "answers:\n" };
        body.extend(self.answers.iter().map(|(name, value)| format!("  {}: {value}\n", quoted(name))));
        body += if self.files.is_empty() { "files: {}\n" } else { "files:\n" };
        body.extend(self.files.iter().map(|(path, blob)| format!("  {}: {}\n", quoted(path), quoted(blob))));
        body
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is no record, or not as it was written.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let unreadable = |error: String| RecordError::Unreadable(error);
        let mut rest = text;
        let mut written = None;
        // The hash is of all that stands below its line.
        for line in text.split_inclusive('\n') {
            rest = &rest[line.len()..];
            if let Some(found) = line.strip_prefix(HASH) {
                written = Some(found.trim());
                break;
            }
        }
        let written = written.ok_or_else(|| unreadable("it has no line `hash:`".into()))?;
        if hash(rest) != written {
            return Err(RecordError::Edited);
        }
        let value: Value = serde_saphyr::from_str(rest).map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
    }

    /// The answers as they are typed.
    pub fn typed(&self) -> super::Answers {
        let typed = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(is_yes) => if *is_yes { "yes" } else { "no" }.to_owned(),
            Value::Array(list) => {
                list.iter().map(|one| one.as_str().unwrap_or_default()).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        };
        self.answers.iter().map(|(name, value)| (name.clone(), typed(value))).collect()
    }

    /// The record as a file to be laid out.
    pub fn file(&self) -> RenderedFile {
        let bytes = self.text().into_bytes();
        RenderedFile { path: RECORD.to_owned(), bytes, exec: false, existing: Existing::Refuse }
    }
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// A file as records name it: git's mode, and the id of its blob.
pub fn blob_of(file: &RenderedFile) -> String {
    let mode = if file.exec { "100755" } else { "100644" };
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", file.bytes.len()));
    hasher.update(&file.bytes);
    format!("{mode} {}", crate::model::Oid(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        let answers = json!({"name": "it's: #1", "n": 3, "sure": true, "many": ["x", "z"], "none": ""});
        Record {
            source: Source::BuiltIn("yoda".into()),
            scaffold: "yoda".into(),
            version: "1".into(),
            content: "ab".into(),
            minipach: "0.1.0".into(),
            answers: answers.as_object().expect("a map").clone(),
            files: BTreeMap::from([("a b: c".to_owned(), "100644 12".to_owned())]),
        }
    }

    #[test]
    fn a_record_is_read_back() {
        let mut all = vec![record()];
        all.push(Record { answers: Map::new(), files: BTreeMap::new(), ..record() });
        all.push(Record {
            source: Source::Git {
                url: "https://example.org/x".into(),
                reference: Some("v1".into()),
                commit: "12".into(),
            },
            ..record()
        });
        for record in all {
            assert_eq!(Record::parse(&record.text()), Ok(record));
        }
        let typed = record().typed();
        assert_eq!((&*typed["sure"], &*typed["many"], &*typed["n"]), ("yes", "x,z", "3"));
    }

    #[test]
    fn an_edited_record_is_noticed() {
        let text = record().text();
        assert_eq!(Record::parse(&text.replace("\"n\": 3", "\"n\": 4")), Err(RecordError::Edited));
        assert!(matches!(Record::parse("scaffold: yoda\n"), Err(RecordError::Unreadable(_))));
    }

    #[test]
    fn blobs_have_the_ids_that_git_gives_them() {
        let file = RenderedFile {
            path: "x".into(),
            bytes: b"hello\n".to_vec(),
            exec: true,
            existing: Existing::Refuse,
        };
        assert_eq!(blob_of(&file), "100755 ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
