//! The bytes of a git index (versions 2 to 4), entry by entry.
//!
//! As git itself does, the checksum is not looked at. Whatever is not known for sure, such as an
//! extension that one must understand, is `None`: libgit2 then reads the file, or says what is wrong.

use crate::model::Oid;

/// Bytes of an entry before its path, without the second flags.
const FIXED_BYTES: usize = 62;
/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 20;
/// The bit that says that second flags follow.
const HAS_MORE_FLAGS: u16 = 0x4000;
/// Second flags: left out by a sparse checkout.
const SKIPPED: u16 = 0x4000;
/// Second flags: `git add --intent-to-add`.
const INTENT: u16 = 0x2000;

/// One entry as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawEntry<'a> {
    pub path: &'a [u8],
    pub oid: Oid,
    pub mode: u32,
    pub ino: u32,
    pub size_bytes: u32,
    pub mtime: (u32, u32),
    pub ctime: (u32, u32),
    /// 0, or which side of an unsettled merge it is.
    pub stage: u16,
    pub is_skipped: bool,
}

/// Gives every entry to `add`, in byte order of path and then by stage. `None`, perhaps after some
/// entries, when the file is not surely understood.
pub(super) fn each_entry(bytes: &[u8], mut add: impl FnMut(RawEntry<'_>)) -> Option<()> {
    let mut rest = bytes.strip_prefix(b"DIRC")?;
    let version = word(&mut rest)?;
    let count = word(&mut rest)?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let (mut path, mut next, mut stage) = (Vec::new(), Vec::new(), 0);
    for number in 0..count {
        let (entry, bytes) = fixed(&mut rest, version)?;
        next.clear();
        if version == 4 {
            let kept = path.len().checked_sub(offset(&mut rest)?)?;
            next.extend_from_slice(&path[..kept]);
            next.extend_from_slice(name(&mut rest)?);
        } else {
            next.extend_from_slice(padded_name(&mut rest, bytes)?);
        }
        if next.is_empty() || (number > 0 && (&next, entry.stage) <= (&path, stage)) {
            return None;
        }
        std::mem::swap(&mut path, &mut next);
        stage = entry.stage;
        add(RawEntry { path: &path, ..entry });
    }
    ends_well(rest).then_some(())
}

/// The part of an entry before its path, and how many bytes that was.
fn fixed<'a>(rest: &mut &[u8], version: u32) -> Option<(RawEntry<'a>, usize)> {
    let (bytes, after) = rest.split_first_chunk::<FIXED_BYTES>()?;
    *rest = after;
    let at = |start: usize| {
        u32::from_be_bytes([bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3]])
    };
    let flags = u16::from_be_bytes([bytes[60], bytes[61]]);
    let mut oid = [0; 20];
    oid.copy_from_slice(&bytes[40..60]);
    let has_more = flags & HAS_MORE_FLAGS != 0;
    let more = match (has_more, version) {
        (true, 2) => return None,
        (true, _) => half(rest)?,
        (false, _) => 0,
    };
    let entry = RawEntry {
        path: &[],
        ctime: (at(0), at(4)),
        mtime: (at(8), at(12)),
        ino: at(20),
        mode: at(24),
        size_bytes: at(36),
        oid: Oid(oid),
        stage: flags >> 12 & 3,
        is_skipped: more & SKIPPED != 0,
    };
    (more & !(SKIPPED | INTENT) == 0).then_some((entry, FIXED_BYTES + if has_more { 2 } else { 0 }))
}

fn word(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_be_bytes(*bytes))
}

fn half(rest: &mut &[u8]) -> Option<u16> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u16::from_be_bytes(*bytes))
}

/// A number in git's form with seven bits a byte, the highest first, each further one plus one.
fn offset(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    loop {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 127))?;
        if byte & 128 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

/// A name that ends with a NUL.
fn name<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (name, after) = rest.split_at(end);
    *rest = &after[1..];
    Some(name)
}

/// A name, and NULs up to the next multiple of eight; `before` bytes of the entry stand before it.
fn padded_name<'a>(rest: &mut &'a [u8], before: usize) -> Option<&'a [u8]> {
    let start = *rest;
    let name = name(rest)?;
    let size = (before + name.len() + 8) & !7;
    *rest = start.get(size - before..)?;
    Some(name)
}

/// Whether only extensions that may be passed over come before the checksum.
fn ends_well(mut rest: &[u8]) -> bool {
    while rest.len() > CHECKSUM_BYTES {
        let is_optional = rest[0].is_ascii_uppercase();
        rest = &rest[4..];
        let after = word(&mut rest).and_then(|size| rest.get(usize::try_from(size).ok()?..));
        match after {
            Some(after) if is_optional => rest = after,
            _ => return false,
        }
    }
    rest.len() == CHECKSUM_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of version 2 with the given paths and stages, and `tail` before its checksum.
    fn index(entries: &[(&str, u16)], tail: &[u8]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap();
        let mut bytes = [&b"DIRC"[..], &2_u32.to_be_bytes(), &count.to_be_bytes()].concat();
        for (path, stage) in entries {
            let mut entry = vec![7; 60];
            entry.extend((stage << 12 | u16::try_from(path.len()).unwrap()).to_be_bytes());
            entry.extend(path.as_bytes());
            entry.resize((62 + path.len() + 8) & !7, 0);
            bytes.extend(entry);
        }
        bytes.extend(tail);
        bytes.extend([0; CHECKSUM_BYTES]);
        bytes
    }

    fn paths(bytes: &[u8]) -> Option<Vec<(String, u16)>> {
        let mut found = Vec::new();
        each_entry(bytes, |entry| {
            found.push((String::from_utf8_lossy(entry.path).into_owned(), entry.stage));
        })?;
        Some(found)
    }

    #[test]
    fn only_what_is_surely_understood_is_read() {
        let one = [("a", 0), ("b", 1), ("b", 3)];
        let expected = one.map(|(path, stage)| (path.to_owned(), stage)).to_vec();
        let optional = b"TREE\0\0\0\x03abc";
        assert_eq!(paths(&index(&one, b"")), Some(expected.clone()));
        assert_eq!(paths(&index(&one, optional)), Some(expected));
        assert_eq!(paths(&index(&one, b"link\0\0\0\x03abc")), None, "an extension one must know");
        assert_eq!(paths(&index(&one, b"TREE\0\0\0\x04abc")), None, "cut off");
        assert_eq!(paths(&index(&[("b", 0), ("a", 0)], b"")), None, "out of order");
        assert_eq!(paths(&index(&[("a", 1), ("a", 1)], b"")), None, "twice");
        assert_eq!(paths(&index(&[("", 0)], b"")), None, "no name");
        let whole = index(&one, b"");
        for cut in 0..whole.len() {
            assert_eq!(paths(&whole[..cut]), None, "cut at {cut}");
        }
        let mut other = whole;
        other[7] = 5;
        assert_eq!(paths(&other), None, "a version to come");
    }

    #[test]
    fn offsets_are_gits() {
        for (bytes, expected) in [
            (&[0][..], Some(0)),
            (&[127], Some(127)),
            (&[128, 0], Some(128)),
            (&[129, 5], Some(261)),
            (&[128], None),
        ] {
            assert_eq!(offset(&mut &*bytes), expected, "{bytes:?}");
        }
    }
}
