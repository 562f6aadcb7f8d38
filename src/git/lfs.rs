//! Pointers of Git LFS: what stands in a file's place while its content was not fetched.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// How each of them begins.
const BEGINNING: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// Whether the file at `path` is a pointer; what cannot be read is none.
pub fn is_lfs_pointer(path: &Path) -> bool {
    let mut bytes = [0; BEGINNING.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut bytes).is_ok() && bytes == BEGINNING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_known_by_its_first_line() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("file");
        for (text, expected) in [
            ("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n", true),
            ("version https://git-lfs.github.com/spec/v10\noid sha256:ab\nsize 3\n", false),
            ("version https://git-lfs\n", false),
            ("", false),
        ] {
            std::fs::write(&path, text).expect("it can be written");
            assert_eq!(is_lfs_pointer(&path), expected, "{text}");
        }
        assert!(!is_lfs_pointer(&dir.path().join("none")));
    }
}
