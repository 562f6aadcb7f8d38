//! `ContentId`: what a file or folder contains, in whatever form it stands in the work tree.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Digest, Kind};

/// A git object id (SHA-1; repositories with SHA-256 objects are refused when opened).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(pub [u8; 20]);

/// What a file, link, subdataset or folder contains. Equal ids mean equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentId {
    /// The id of the git blob that holds the bytes; for a subdataset the commit its gitlink records.
    Git(Oid),
    /// The git-annex key of the bytes, the same for a locked link, an unlocked file and a pointer.
    Annex(Arc<str>),
    /// A folder: BLAKE3 over its entries' relative names, kinds and ids (see [`FolderHasher`]).
    Folder([u8; 32]),
}

/// Builds the id of a folder from its files in path order.
///
/// The encoding is written down in `ARCHITECTURE.md` under "Identity".
pub struct FolderHasher(Digest);

impl FolderHasher {
    /// Starts an empty folder.
    pub fn new() -> Self {
        let mut digest = Digest::default();
        digest.update(b"minipach folder 1\0");
        Self(digest)
    }

    /// Adds the next file; `path` is relative to the folder and files come in byte order of path.
    pub fn add(&mut self, path: &str, kind: Kind, content: &ContentId) {
        self.0.update(&u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.update(path.as_bytes());
        self.0.update(&[kind.code()]);
        content.feed(&mut self.0);
    }

    /// The finished id.
    pub fn finish(self) -> ContentId {
        ContentId::Folder(self.0.finish())
    }
}

impl Default for FolderHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl ContentId {
    /// Feeds the id to a digest: one tag byte, then the bytes (length first where it varies).
    pub fn feed(&self, digest: &mut Digest) {
        match self {
            Self::Git(oid) => digest.update(b"g").update(&oid.0),
            Self::Annex(key) => {
                digest.update(b"a").update(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
                digest.update(key.as_bytes())
            }
            Self::Folder(id) => digest.update(b"d").update(id),
        };
    }

    /// The git oid, if the content stands in git itself.
    pub fn oid(&self) -> Option<Oid> {
        match self {
            Self::Git(oid) => Some(*oid),
            _ => None,
        }
    }
}

/// Writes up to 32 bytes as lower-case hexadecimal; longer input is written in pieces.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for piece in bytes.chunks(32) {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(piece) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(str::from_utf8(&text[..2 * piece.len()]).expect("hexadecimal digits are ASCII"))?;
    }
    Ok(())
}

/// The value of each byte as a hexadecimal digit; 255 for all others.
const DIGIT_VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value: u8 = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        values[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Reads exactly `N` bytes of lower- or upper-case hexadecimal.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    let mut all = 0;
    for (slot, [high, low]) in out.iter_mut().zip(digits.as_chunks::<2>().0) {
        let (high, low) = (DIGIT_VALUES[usize::from(*high)], DIGIT_VALUES[usize::from(*low)]);
        all |= high | low;
        *slot = high << 4 | (low & 15);
    }
    (all < 16).then_some(out)
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Oid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_hex(text).map(Self).ok_or_else(|| format!("`{text}` is not a git object id"))
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git(oid) => write!(f, "git:{oid}"),
            Self::Annex(key) => write!(f, "annex:{key}"),
            Self::Folder(id) => {
                f.write_str("dir:")?;
                write_hex(f, id)
            }
        }
    }
}

impl FromStr for ContentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Ledgers have many thousands of them, so nothing is searched for.
        let parsed = if let Some(hex) = text.strip_prefix("dir:") {
            parse_hex(hex).map(Self::Folder)
        } else if let Some(hex) = text.strip_prefix("git:") {
            parse_hex(hex).map(|bytes| Self::Git(Oid(bytes)))
        } else {
            text.strip_prefix("annex:").filter(|key| !key.is_empty()).map(|key| Self::Annex(key.into()))
        };
        parsed.ok_or_else(|| format!("`{text}` is not a content id"))
    }
}

impl Serialize for ContentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "git:0123456789abcdef0123456789abcdef01234567",
            "annex:MD5E-s3--900150983cd24fb0d6963f7d28e17f72.nii.gz",
        ] {
            assert_eq!(text.parse::<ContentId>().map(|id| id.to_string()), Ok(text.to_owned()));
        }
        assert!("git:xyz".parse::<ContentId>().is_err());
        for odd in ['g', '/', ':', '`', '\u{7f}'] {
            assert!(format!("git:{}{odd}", "0".repeat(39)).parse::<ContentId>().is_err(), "{odd:?}");
        }
        assert_eq!(parse_hex::<2>("aBf9"), Some([0xab, 0xf9]));
        assert!("annex:".parse::<ContentId>().is_err());
    }

    #[test]
    fn folder_id_sees_names_kinds_and_ids() {
        let id = ContentId::Git(Oid([1; 20]));
        let make = |path: &str, kind| {
            let mut hasher = FolderHasher::new();
            hasher.add(path, kind, &id);
            hasher.finish()
        };
        assert_eq!(make("a", Kind::File), make("a", Kind::File));
        assert_ne!(make("a", Kind::File), make("b", Kind::File));
        assert_ne!(make("a", Kind::File), make("a", Kind::Exec));
    }
}
