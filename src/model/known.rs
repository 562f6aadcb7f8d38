//! What is known about finished work: results with their outputs, as the ledger and the attempt log tell.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ContentId, DatumId, Kind, WorkId};

/// Where the command saw `/pfs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// `$PFS` named the folder.
    Env,
    /// At `/pfs`, in a sandbox.
    Sandbox,
    /// At `/pfs`, in a container.
    Container,
    /// Nothing was run (a match).
    None,
    /// Nothing was run: a person declared what stood to be the result.
    Accepted,
}

impl Place {
    /// How a command was run there, as a fragment that follows "made"; nothing where none was.
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Env => Some("with $PFS in place of /pfs"),
            Self::Sandbox => Some("in a sandbox"),
            Self::Container => Some("in a container"),
            Self::None | Self::Accepted => None,
        }
    }
}

/// One input of a finished datum, for people and for `why`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownInput {
    /// Input name.
    pub name: Box<str>,
    /// Matched path from the project's root.
    pub path: Box<str>,
    /// Its content then; absent for a `reference` input.
    pub content: Option<ContentId>,
}

/// One output of a finished datum: a file, or a folder that it owns alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOutput {
    /// Path relative to the pipeline's folder; `"."` for the folder itself.
    pub path: Box<str>,
    /// What it contains, fixed when it was published.
    pub content: ContentId,
    /// Whether a single file is executable (folders have it in their id).
    pub exec: bool,
    /// Files at or below `path` that stand in the annex since, sorted.
    pub annexed: Vec<AnnexedFile>,
    /// What the folder holds for who reads it, where all of it is kept in one file ([`super::PACK_FILE`]): paths are
    /// relative to `path`, links are what they lead to. Empty where nothing is packed.
    pub packed: Arc<[OutFile]>,
}

impl KnownOutput {
    /// Whether a path, relative to the pipeline's folder, is this output or lies in it.
    pub fn holds(&self, path: &str) -> bool {
        *self.path == *"." || super::is_at_or_below(path, &self.path)
    }
}

/// An output file that stands in the annex since it was published.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnnexedFile {
    /// Path relative to the pipeline's folder.
    pub path: Box<str>,
    /// Its annex key.
    pub key: Box<str>,
    /// Whether it was executable, which the annex does not keep.
    pub exec: bool,
    /// The content it was published with.
    pub content: ContentId,
}

/// One single output file, before files are folded into folders.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutFile {
    /// Path relative to the pipeline's folder (from an attempt: to `/pfs/out`).
    pub path: Box<str>,
    /// What kind of file; links inside the datum's own output are kept as links.
    pub kind: Kind,
    /// What it contains.
    pub content: ContentId,
}

/// One ledger line: a result and the place (key) it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownResult {
    /// The place.
    pub key: Box<str>,
    /// The work.
    pub id: DatumId,
    /// Command, code and settings, as a digest; its fields stand in the ledger once per digest.
    pub work: WorkId,
    /// What it was made from.
    pub inputs: Vec<KnownInput>,
    /// What it made; empty when it made nothing.
    pub outputs: Vec<KnownOutput>,
    /// Where the command saw `/pfs`.
    pub place: Place,
}

impl KnownResult {
    /// Whether something stands here that no command made: a person accepted it.
    pub fn is_accepted(&self) -> bool {
        self.place == Place::Accepted && !self.outputs.is_empty()
    }

    /// A line of a test's own, which made nothing from nothing.
    #[cfg(test)]
    pub fn sample(key: &str, id: u8) -> Self {
        Self {
            key: key.into(),
            id: DatumId([id; 32]),
            work: WorkId([0; 32]),
            inputs: Vec::new(),
            outputs: Vec::new(),
            place: Place::Env,
        }
    }
}
