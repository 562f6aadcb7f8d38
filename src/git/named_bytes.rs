//! Whether a file has the bytes that a key of git-annex names, by the hash in the key: nothing of the annex is needed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::annex::size_of;

/// Bytes read at a time.
pub(super) const CHUNK_BYTES: usize = 128 * 1024;

/// Whether a file has the bytes that `key` names; nothing where it cannot be read, or the key tells no hash that is
/// known here.
pub fn has_bytes_of(key: &str, path: &Path) -> Option<bool> {
    let (head, name) = key.split_once("--")?;
    let backend = head.split('-').next()?;
    let (hash, digest) = match backend.strip_suffix('E') {
        Some(hash) => (hash, name.split('.').next()?),
        None => (backend, name),
    };
    let file = File::open(path).ok()?;
    if size_of(key).is_some_and(|size| file.metadata().map_or(true, |meta| meta.len() != size)) {
        return Some(false);
    }
    let found = match hash {
        "MD5" => hex::<Md5>(file),
        "SHA1" => hex::<Sha1>(file),
        "SHA224" => hex::<Sha224>(file),
        "SHA256" => hex::<Sha256>(file),
        "SHA384" => hex::<Sha384>(file),
        "SHA512" => hex::<Sha512>(file),
        _ => None,
    }?;
    Some(found == digest)
}

fn hex<H: Digest>(mut file: File) -> Option<String> {
    let mut hasher = H::new();
    let size_bytes = file.metadata().ok()?.len();
    feed(&mut file, size_bytes, &mut hasher).ok()?;
    let mut text = String::new();
    for byte in hasher.finalize() {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

/// Feeds what a file holds, of about so many bytes, to a hasher; how many bytes that were.
pub(super) fn feed(file: &mut File, size_bytes: u64, hasher: &mut impl Digest) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES.min(usize::try_from(size_bytes).unwrap_or(CHUNK_BYTES) + 1)];
    let mut total_bytes = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(total_bytes),
            count => {
                hasher.update(&chunk[..count]);
                total_bytes += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (key, expected) in [
            ("MD5E-s3--900150983cd24fb0d6963f7d28e17f72.nii.gz".to_owned(), Some(true)),
            ("MD5-s3--900150983cd24fb0d6963f7d28e17f72".to_owned(), Some(true)),
            (format!("SHA1-s3--{sha1}"), Some(true)),
            (format!("SHA256E-s3--{sha256}.dat"), Some(true)),
            (format!("SHA256E-s4--{sha256}.dat"), Some(false)),
            (format!("SHA256-s3--{sha1}"), Some(false)),
            ("WORM-s3-m1--abc".to_owned(), None),
            ("BLAKE2B256E-s3--00.dat".to_owned(), None),
        ] {
            assert_eq!(has_bytes_of(&key, &path), expected, "{key}");
        }
        assert_eq!(has_bytes_of("MD5-s3--00", &dir.path().join("none")), None);
    }
}
