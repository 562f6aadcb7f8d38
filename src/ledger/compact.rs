//! Short JSON forms of inputs, outputs and files: arrays instead of objects with field names.
//!
//! Elements that are not understood are ignored, so later versions can add some at the end.

use std::sync::Arc;

use serde::de::Error as _;
use serde::ser::{SerializeSeq as _, SerializeTuple as _};
use serde::{Deserialize as _, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::model::{AnnexedFile, ContentId, Kind, KnownInput, KnownOutput, OutFile};

/// One element of a list, in its array form.
struct Element<'a, T>(&'a T);

/// A value with an array form.
trait Compact: Sized {
    /// The array's elements.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    /// Reads the elements; `None` when one that must be there is absent or malformed.
    fn read(parts: &[Value]) -> Option<Self>;
}

impl<T: Compact> Serialize for Element<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

fn write_all<T: Compact, S: Serializer>(list: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(Element))
}

fn read_all<'de, T: Compact, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::<Vec<Value>>::deserialize(deserializer)?;
    let read: Option<Vec<T>> = list.iter().map(|parts| T::read(parts)).collect();
    read.ok_or_else(|| D::Error::custom("a list holds a malformed entry"))
}

fn text(parts: &[Value], at: usize) -> Option<&str> {
    parts.get(at)?.as_str()
}

fn content(parts: &[Value], at: usize) -> Option<ContentId> {
    text(parts, at)?.parse().ok()
}

/// `["t1","raw/t1/sub-01","dir:…"]`; without the third when the input is a `reference`.
impl Compact for KnownInput {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(2 + usize::from(self.content.is_some()))?;
        tuple.serialize_element(&self.name)?;
        tuple.serialize_element(&self.path)?;
        if let Some(content) = &self.content {
            tuple.serialize_element(content)?;
        }
        tuple.end()
    }

    fn read(parts: &[Value]) -> Option<Self> {
        let (name, path) = (text(parts, 0)?.into(), text(parts, 1)?.into());
        let content = if parts.len() > 2 { Some(content(parts, 2)?) } else { None };
        Some(Self { name, path, content })
    }
}

/// `["sub-01","dir:…"]`, then `"x"` if executable, then the list of annexed files if there are any, then
/// `{"packed":[…]}` with the files of a packed one.
impl Compact for KnownOutput {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        seq.serialize_element(&self.path)?;
        seq.serialize_element(&self.content)?;
        if self.exec {
            seq.serialize_element("x")?;
        }
        if !self.annexed.is_empty() {
            seq.serialize_element(&List(&self.annexed))?;
        }
        if !self.packed.is_empty() {
            seq.serialize_element(&PackedFiles { packed: List(&self.packed) })?;
        }
        seq.end()
    }

    fn read(parts: &[Value]) -> Option<Self> {
        let (path, content) = (text(parts, 0)?.into(), content(parts, 1)?);
        let rest = &parts[2..];
        let exec = rest.iter().any(|part| part == "x");
        let annexed = match rest.iter().find(|part| part.is_array()) {
            Some(list) => {
                let lists = list.as_array()?.iter().map(|file| AnnexedFile::read(file.as_array()?));
                lists.collect::<Option<Vec<_>>>()?
            }
            None => Vec::new(),
        };
        let packed = match rest.iter().find_map(|part| part.get("packed")) {
            Some(list) => {
                let files = list.as_array()?.iter().map(|file| OutFile::read(file.as_array()?));
                files.collect::<Option<_>>()?
            }
            None => Arc::default(),
        };
        Some(Self { path, content, exec, annexed, packed })
    }
}

/// The files of a packed output, under their name.
#[derive(Serialize)]
struct PackedFiles<'a> {
    packed: List<'a, OutFile>,
}

/// A list of files as a value of its own.
struct List<'a, T>(&'a [T]);

impl<T: Compact> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_all(self.0, serializer)
    }
}

/// `["sub-01/a.nii","MD5E-…","git:…"]`, then `"x"` if it was executable.
impl Compact for AnnexedFile {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(if self.exec { 4 } else { 3 })?;
        tuple.serialize_element(&self.path)?;
        tuple.serialize_element(&self.key)?;
        tuple.serialize_element(&self.content)?;
        if self.exec {
            tuple.serialize_element("x")?;
        }
        tuple.end()
    }

    fn read(parts: &[Value]) -> Option<Self> {
        let (path, key) = (text(parts, 0)?.into(), text(parts, 1)?.into());
        let exec = text(parts, 3) == Some("x");
        Some(Self { path, key, exec, content: content(parts, 2)? })
    }
}

/// `["a.txt","git:…"]`, then the kind's letter if it is no ordinary file.
impl Compact for OutFile {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = self.kind == Kind::File;
        let mut tuple = serializer.serialize_tuple(if plain { 2 } else { 3 })?;
        tuple.serialize_element(&self.path)?;
        tuple.serialize_element(&self.content)?;
        if !plain {
            tuple.serialize_element(&char::from(self.kind.code()))?;
        }
        tuple.end()
    }

    fn read(parts: &[Value]) -> Option<Self> {
        let kind = match text(parts, 2) {
            None => Kind::File,
            Some("x") => Kind::Exec,
            Some("l") => Kind::Link,
            Some("s") => Kind::Gitlink,
            Some(_) => return None,
        };
        Some(Self { path: text(parts, 0)?.into(), kind, content: content(parts, 1)? })
    }
}

macro_rules! list_form {
    ($module:ident, $type:ty, $what:literal) => {
        #[doc = $what]
        pub(super) mod $module {
            use super::*;

            pub(in crate::ledger) fn serialize<S: Serializer>(
                list: &[$type],
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                write_all(list, serializer)
            }

            pub(in crate::ledger) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Vec<$type>, D::Error> {
                read_all(deserializer)
            }
        }
    };
}

list_form!(inputs, KnownInput, "A list of inputs, for `serde(with)`.");
list_form!(outputs, KnownOutput, "A list of outputs, for `serde(with)`.");
list_form!(files, OutFile, "A list of single files, for `serde(with)`.");

/// A pipeline's name, for `serde(with)`.
pub(super) mod pipeline {
    use super::*;
    use crate::model::PipelineName;

    pub(in crate::ledger) fn serialize<S: Serializer>(
        name: &PipelineName,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name.as_str())
    }

    pub(in crate::ledger) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PipelineName, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        PipelineName::parse(&text).map_err(D::Error::custom)
    }
}
