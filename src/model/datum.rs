//! `Datum`: the entries that one execution sees, and the ids that name work.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use super::content::{parse_hex, write_hex};

/// Names a piece of work: BLAKE3 over the identity walk. The same work has the same id anywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatumId(pub [u8; 32]);

/// Names what a pipeline does to a datum (command, code, environment …), without its inputs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkId(pub [u8; 32]);

/// A byte range inside a match's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span32 {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One candidate that a leaf's glob matched: a file, or a folder with all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Number of the leaf, as in [`super::Input::leaves`].
    pub leaf: u16,
    /// Whether a folder matched (the root, with the empty path, is one).
    pub is_folder: bool,
    /// Path relative to the repo, without slashes at either end; empty for the root.
    pub path: Box<str>,
    /// The files it stands for: a range of the repo's tree.
    pub entries: Range<u32>,
    /// What each capture group took, as ranges of `/` + `path`; `None` where a group took no part.
    pub captures: SmallVec<[Option<Span32>; 2]>,
}

/// Index of a match in [`Formed::matches`].
pub type MatchIndex = u32;

/// The entries that one execution sees: for each input one match, or several (group).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datum {
    /// Matches in input order, then path order.
    pub matches: SmallVec<[MatchIndex; 4]>,
}

/// All datums of one pipeline, in their defined order, with the matches they are made of.
#[derive(Clone, Debug, Default)]
pub struct Formed {
    /// Every match of every leaf: by leaf, then in byte order of path.
    pub matches: Vec<Match>,
    /// The datums. No two hold the same list of matches by (input name, repo, path).
    pub datums: Vec<Datum>,
}

impl Match {
    /// The text that capture group `number` took; 0 is the whole path with its leading slash.
    /// A group that does not exist or took no part gives `""`.
    pub fn capture(&self, number: usize) -> String {
        let mut text = String::new();
        self.push_capture(number, &mut text);
        text
    }

    /// Appends what [`Self::capture`] gives.
    pub fn push_capture(&self, number: usize, text: &mut String) {
        let span = match number.checked_sub(1) {
            None => Some(Span32 { start: 0, end: u32::MAX }),
            Some(index) => self.captures.get(index).copied().flatten(),
        };
        // Spans count the leading slash, which `path` does not have.
        let Some(Span32 { start, end }) = span.filter(|span| span.start < span.end) else { return };
        if start == 0 {
            text.push('/');
        }
        let end = (end as usize - 1).min(self.path.len());
        text.push_str(&self.path[(start as usize).saturating_sub(1)..end]);
    }
}

macro_rules! hex_id {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                parse_hex(text).map(Self).ok_or_else(|| format!("`{text}` is not a {}", $what))
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(DatumId, "datum id");
hex_id!(WorkId, "work id");
