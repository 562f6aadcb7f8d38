//! Git blob ids of output files, read in pieces of bounded size.

use std::io::Read;

use sha1::{Digest as _, Sha1};

use crate::model::{ContentId, Oid};

/// The id git gives a blob with these bytes.
pub(super) fn blob(bytes: &[u8]) -> ContentId {
    let mut hasher = start(bytes.len() as u64);
    hasher.update(bytes);
    ContentId::Git(Oid(hasher.finalize().into()))
}

/// The blob id of what `reader` gives, which must be exactly `length` bytes; `None` if it is not.
pub(super) fn blob_of(
    mut reader: impl Read,
    length: u64,
    buffer: &mut [u8],
) -> std::io::Result<Option<ContentId>> {
    let mut hasher = start(length);
    let mut left = length;
    loop {
        let count = match reader.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if count == 0 {
            return Ok((left == 0).then(|| ContentId::Git(Oid(hasher.finalize().into()))));
        }
        let Some(rest) = left.checked_sub(count as u64) else { return Ok(None) };
        left = rest;
        hasher.update(&buffer[..count]);
    }
}

fn start(length: u64) -> Sha1 {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {length}\0"));
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_git() {
        let want = "git:ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(blob(b"hello\n").to_string(), want);
        let mut buffer = [0; 4];
        let streamed = |length| blob_of(&b"hello\n"[..], length, &mut [0; 4]).unwrap();
        assert_eq!(streamed(6).unwrap().to_string(), want);
        assert_eq!(streamed(5), None);
        assert_eq!(streamed(7), None);
        let empty = blob_of(&b""[..], 0, &mut buffer).unwrap().unwrap();
        assert_eq!(empty.to_string(), "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }
}
