//! The index of the attempt log, kept beside it, so that a long log need not be read from its start.
//!
//! It only saves time: every record it leads to is checked when it is read, and an index that does not fit the log
//! is none.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{Durability, write_atomic};

/// First bytes of the file; the number is the version of its layout.
const MAGIC: &[u8] = b"minipach attempts index 2\n";
/// So much of the log's end is compared, to know that the index is this log's.
const TAIL_BYTES: u64 = 4096;
/// An index that lacks less than this is as good as new.
pub(super) const WORTH_BYTES: u64 = 1 << 20;

/// Start of the id, place, length and kind of an attempt or result.
pub(super) type IndexRow = (u64, u64, u32, u8);

/// Bytes of a packed row.
const ROW_BYTES: usize = 21;

/// What a log holds up to some place, as numbers.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    /// How much of the log is covered.
    pub(super) end: u64,
    /// Names the bytes before that.
    pub(super) tail: [u8; 32],
    /// Each attempt and result, packed.
    #[serde(with = "packed")]
    pub(super) rows: Vec<IndexRow>,
    /// Id, place and length of each work.
    pub(super) works: Vec<([u8; 32], u64, u32)>,
    /// Damaged and unknown lines.
    pub(super) skipped: (usize, usize),
}

/// Removes the index of a log that was written anew.
pub(super) fn forget_index(path: &Path) {
    // One that stays does not fit and is none.
    drop(fs::remove_file(place(path)));
}

impl Index {
    /// The index of the log at `path`, if it has one that fits.
    pub(super) fn read(path: &Path, log: &File) -> Option<Self> {
        let bytes = fs::read(place(path)).ok()?;
        let (digest, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
        let index: Self =
            (blake3::hash(body).as_bytes() == digest).then(|| postcard::from_bytes(body).ok())??;
        (tail(log, index.end)? == index.tail).then_some(index)
    }

    /// Writes it. A cache: failing to is no error.
    pub(super) fn write(mut self, path: &Path, log: &File) {
        let Some(tail) = tail(log, self.end) else { return };
        self.tail = tail;
        let Ok(body) = postcard::to_stdvec(&self) else { return };
        let bytes = [MAGIC, blake3::hash(&body).as_bytes(), &body].concat();
        drop(write_atomic(&place(path), &bytes, Durability::Process));
    }
}

fn place(path: &Path) -> PathBuf {
    path.with_extension("index")
}

/// Names the bytes of the log before `end`.
fn tail(log: &File, end: u64) -> Option<[u8; 32]> {
    let start = end.saturating_sub(TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(end - start).ok()?];
    log.read_exact_at(&mut bytes, start).ok()?;
    Some(*blake3::hash(&bytes).as_bytes())
}

/// Rows as bytes of fixed width: there are many, and numbers of varying width take their time.
mod packed {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{IndexRow, ROW_BYTES};

    pub(super) fn serialize<S: Serializer>(rows: &[IndexRow], serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(rows.len() * ROW_BYTES);
        for (id_start, offset, len, kind) in rows {
            bytes.extend(id_start.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.extend(len.to_le_bytes());
            bytes.push(*kind);
        }
        serializer.serialize_bytes(&bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IndexRow>, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(bytes.chunks_exact(ROW_BYTES).filter_map(row).collect())
    }

    fn row(bytes: &[u8]) -> Option<IndexRow> {
        let (id_start, rest) = bytes.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        Some((
            u64::from_le_bytes(*id_start),
            u64::from_le_bytes(*offset),
            u32::from_le_bytes(*len),
            *rest.first()?,
        ))
    }
}
