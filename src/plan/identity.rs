//! Identity: one walk over the fields of a piece of work, read by two sinks, the hash and `why`.
//!
//! The encoding is written down in `ARCHITECTURE.md` under "Identity"; `VERSION` follows its tag.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::model::{
    ContentId, Datum, DatumId, Digest, Formed, Image, Kind, Leaf, Pipeline, Tree, View, WorkId,
};

use super::layout::{extension, is_numbered};

/// Version of the encoding; a new one makes all work new, so it changes only for a real flaw.
const VERSION: u8 = 1;

/// What a pipeline does, beside its spec: files whose content counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Code files by path from the root.
    pub files: BTreeMap<String, ContentId>,
    /// What the image is, or why it can be none.
    pub image: Option<Result<Image, String>>,
    /// Results and input data that it names as files of the project; they count for nothing.
    pub data: BTreeSet<String>,
    /// What it names in subdatasets that is no file known of them, and subdatasets in which `code` may take some.
    pub inside: BTreeSet<String>,
}

impl Code {
    /// Whether some file is in the annex, so that its content may be absent.
    pub fn has_annexed(&self) -> bool {
        let is_annexed = |content: &ContentId| matches!(content, ContentId::Annex(_));
        self.files.values().chain(self.image_content()).any(is_annexed)
    }

    /// All files of the project that a command consists of: its code, and what its image is made of.
    pub fn used(&self) -> impl Iterator<Item = String> + '_ {
        let image = self.image.iter().flatten().flat_map(Image::files);
        self.files.keys().cloned().chain(image)
    }

    /// The options of people's own with which `DataLad` calls its container, as its program is told them.
    pub fn image_options(&self) -> &[String] {
        let image = self.image.iter().flatten().next();
        image.and_then(|image| image.call.get(1..)).unwrap_or_default()
    }

    /// Content of the image, if it stands in the project.
    pub fn image_content(&self) -> Option<&ContentId> {
        self.image.as_ref()?.as_ref().ok()?.content.as_ref()
    }
}

/// The field that no spec has: it comes from the settings of a dataset.
pub(super) const IMAGE_OPTIONS: &str = "image_options";

/// Receives the fields of a pipeline's work, in their fixed order.
trait Sink {
    fn text(&mut self, field: &'static str, value: &str);
    fn list(&mut self, field: &'static str, values: &[String]);
    fn map(&mut self, field: &'static str, pairs: &BTreeMap<String, String>);
}

/// The one walk. Only fields that are set are visited, so a field added later changes no old id.
fn walk(pipeline: &Pipeline, code: &Code, sink: &mut dyn Sink) {
    sink.text("view", if pipeline.view() == View::Content { "content" } else { "path" });
    if let Some(salt) = &pipeline.salt {
        sink.text("salt", salt);
    }
    let Some(transform) = &pipeline.transform else { return };
    sink.list("cmd", &transform.cmd);
    if let Some(stdin) = &transform.stdin {
        sink.list("stdin", stdin);
    }
    let mut accepted = transform.accept_return_code.clone();
    accepted.sort_unstable();
    accepted.dedup();
    if !accepted.is_empty() {
        sink.list("accept_return_code", &accepted.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    if !transform.env.is_empty() {
        sink.map("env", &transform.env);
    }
    if let Some(dir) = &transform.working_dir {
        sink.text("working_dir", dir);
    }
    if let Some(image) = &transform.image {
        let content = code.image_content().map(ToString::to_string);
        sink.text("image", content.as_ref().unwrap_or(image));
        let options = code.image_options();
        if !options.is_empty() {
            sink.list(IMAGE_OPTIONS, options);
        }
    }
    if !code.files.is_empty() {
        let files = code.files.iter().map(|(path, id)| (path.clone(), id.to_string()));
        sink.map("code", &files.collect());
    }
}

#[derive(Default)]
struct HashSink(Digest);

impl HashSink {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        self.0.update(bytes);
    }

    fn count(&mut self, count: usize) {
        self.0.update(&u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
    }
}

impl Sink for HashSink {
    fn text(&mut self, field: &'static str, value: &str) {
        self.0.update(b"t");
        self.bytes(field.as_bytes());
        self.bytes(value.as_bytes());
    }

    fn list(&mut self, field: &'static str, values: &[String]) {
        self.0.update(b"l");
        self.bytes(field.as_bytes());
        self.count(values.len());
        for value in values {
            self.bytes(value.as_bytes());
        }
    }

    fn map(&mut self, field: &'static str, pairs: &BTreeMap<String, String>) {
        self.0.update(b"m");
        self.bytes(field.as_bytes());
        self.count(pairs.len());
        for (key, value) in pairs {
            self.bytes(key.as_bytes());
            self.bytes(value.as_bytes());
        }
    }
}

impl Sink for Map<String, Value> {
    fn text(&mut self, field: &'static str, value: &str) {
        self.insert(field.into(), value.into());
    }

    fn list(&mut self, field: &'static str, values: &[String]) {
        self.insert(field.into(), values.iter().map(String::as_str).collect());
    }

    fn map(&mut self, field: &'static str, pairs: &BTreeMap<String, String>) {
        let pairs = pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        self.insert(field.into(), Value::Object(pairs.collect()));
    }
}

/// Names what a pipeline does, without its inputs.
pub fn work_id(pipeline: &Pipeline, code: &Code) -> WorkId {
    let mut sink = HashSink::default();
    sink.0.update(b"minipach work\0").update(&[VERSION]);
    walk(pipeline, code, &mut sink);
    WorkId(sink.0.finish())
}

/// The same fields as text, for the ledger and for `why`.
pub fn work_fields(pipeline: &Pipeline, code: &Code) -> Map<String, Value> {
    let mut fields = Map::new();
    walk(pipeline, code, &mut fields);
    fields
}

/// Names a datum's work: what is done (`work`) to which entries.
///
/// `contents` holds the content id of each match; leaves and trees are in leaf order.
///
/// # Panics
/// When a used match has no content id: a bug of the caller.
pub fn datum_id(
    work: WorkId,
    view: View,
    leaves: &[(&Leaf, &Tree, bool)],
    formed: &Formed,
    contents: &[Option<ContentId>],
    datum: &Datum,
) -> DatumId {
    let kind = |at: u32| kind_of(leaves, formed, at);
    datum_id_with((work, view), leaves, formed, contents, datum, &kind)
}

/// What a match is; `None` for a folder.
pub(super) fn kind_of(leaves: &[(&Leaf, &Tree, bool)], formed: &Formed, at: u32) -> Option<Kind> {
    let matched = &formed.matches[at as usize];
    let (_, tree, _) = leaves[usize::from(matched.leaf)];
    (!matched.is_folder).then(|| tree.entries()[matched.entries.start as usize].kind)
}

/// The id that a datum would have if its matches were of these kinds.
pub(super) fn datum_id_with(
    (work, view): (WorkId, View),
    leaves: &[(&Leaf, &Tree, bool)],
    formed: &Formed,
    contents: &[Option<ContentId>],
    datum: &Datum,
    kind: &impl Fn(u32) -> Option<Kind>,
) -> DatumId {
    let mut sink = HashSink::default();
    sink.0.update(b"minipach datum\0").update(&[VERSION]);
    sink.0.update(&work.0);
    sink.count(datum.matches.len());
    for &at in &datum.matches {
        let matched = &formed.matches[at as usize];
        let (leaf, _, in_group) = leaves[usize::from(matched.leaf)];
        sink.bytes(leaf.name.as_bytes());
        match view {
            View::Path => sink.bytes(matched.path.as_bytes()),
            View::Content if is_numbered(in_group) && matched.is_folder => sink.bytes(b"#/"),
            View::Content if matched.is_folder => sink.bytes(b"/"),
            View::Content => {
                sink.bytes(if is_numbered(in_group) { b"#" } else { b"" });
                sink.bytes(extension(&matched.path).as_bytes());
            }
        }
        if leaf.reference {
            sink.0.update(b"r");
            continue;
        }
        let content = contents[at as usize].as_ref().expect("content ids of all used matches are computed");
        content.feed(&mut sink.0);
        sink.0.update(&[kind(at).map_or(b'd', Kind::code), u8::from(leaf.empty_files)]);
    }
    DatumId(sink.0.finish())
}
