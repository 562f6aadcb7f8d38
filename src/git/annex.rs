//! git-annex as files: keys in links and pointers, and where an object stands. No program is started.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use md5::{Digest as _, Md5};

/// Pointer files are never larger than this many bytes (git-annex's own limit).
pub const POINTER_MAX_BYTES: u64 = 32 * 1024;

/// What every pointer file starts with.
const POINTER_START: &[u8] = b"/annex/objects/";

/// The alphabet of git-annex's mixed-case folders.
const MIXED: &[u8; 32] = b"0123456789zqjxkmvwgpfZQJXKMVWGPF";

/// The key that a link's target names, if it is an annex link
/// (`…/.git/annex/objects/…/KEY/KEY`, or through `.git/modules/`).
pub fn key_of_link(target: &[u8]) -> Option<Arc<str>> {
    let target = std::str::from_utf8(target).ok()?;
    let (before, _) = target.rsplit_once("/annex/objects/")?;
    let is_git_dir = before.split('/').any(|part| part == ".git");
    let (folder, name) = target.rsplit_once('/')?;
    let is_doubled = folder.rsplit('/').next() == Some(name);
    (is_git_dir && is_doubled).then(|| unescape(name)).flatten()
}

/// What an annex link at `path`, from the root, should say, if it leads beside the root's `.git` since it stands at another
/// depth than it was made for: what `git annex fix` would make of it.
pub fn righted(path: &str, target: &str) -> Option<String> {
    key_of_link(target.as_bytes())?;
    let mut below = target;
    while let Some(rest) = below.strip_prefix("../") {
        below = rest;
    }
    let right = format!("{}{below}", "../".repeat(path.matches('/').count()));
    (below.starts_with(".git/annex/objects/") && right != target).then_some(right)
}

/// How many bytes the link to `key` at `path`, from the root, has, if it leads to the root's `.git`.
pub fn link_bytes(path: &str, key: &str) -> usize {
    const AROUND: usize = ".git/annex/objects/".len() + "Xx/Yy/".len() + "/".len();
    AROUND + 3 * path.matches('/').count() + 2 * escape(key).len()
}

/// The key that a pointer file names, if `bytes` (its beginning is enough) are one.
pub fn key_of_pointer(bytes: &[u8]) -> Option<Arc<str>> {
    let rest = bytes.strip_prefix(POINTER_START)?;
    let line = rest.split(|byte| *byte == b'\n').next()?;
    unescape(std::str::from_utf8(line).ok()?.trim_end_matches('\r'))
}

/// Turns a key as it stands in paths into the key itself; refuses what has no key's form.
fn unescape(name: &str) -> Option<Arc<str>> {
    let (head, _) = name.split_once("--")?;
    let is_backend = head.starts_with(|first: char| first.is_ascii_uppercase());
    if !is_backend || name.contains('/') {
        return None;
    }
    let key = name.replace('%', "/").replace("&c", ":").replace("&s", "%").replace("&a", "&");
    Some(key.into())
}

/// A key as it stands in paths.
pub(super) fn escape(key: &str) -> String {
    key.replace('&', "&a").replace('%', "&s").replace(':', "&c").replace('/', "%")
}

/// The size in bytes that a key records, if it does.
pub fn size_of(key: &str) -> Option<u64> {
    let (head, _) = key.split_once("--")?;
    head.split('-').skip(1).find_map(|field| field.strip_prefix('s')?.parse().ok())
}

/// Whether the key names bytes (a hash), not an address or a time stamp.
pub fn is_content(key: &str) -> bool {
    let backend = key.split('-').next().unwrap_or(key);
    !matches!(backend, "URL" | "VURL" | "WORM")
}

/// Where a normal repository keeps the object of `key`; `git_dir` is the folder that holds `annex`.
pub fn object_path(git_dir: &Path, key: &str) -> PathBuf {
    let digest = Md5::digest(key.as_bytes());
    let word = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let letter = |place: u32| char::from(MIXED[(word >> (6 * place) & 31) as usize]);
    let name = escape(key);
    let folder = format!("{}{}/{}{}", letter(1), letter(0), letter(3), letter(2));
    git_dir.join("annex/objects").join(folder).join(&name).join(&name)
}

/// The object of `key`, if it is here.
pub fn object(git_dir: &Path, key: &str) -> Option<PathBuf> {
    Some(object_path(git_dir, key)).filter(|object| object.is_file())
}

/// How many bytes an object has, and how many its key tells, if these differ: it is damaged.
pub fn wrong_size(object: &Path, key: &str) -> Option<(u64, u64)> {
    let (is, told) = (object.metadata().ok()?.len(), size_of(key)?);
    (is != told).then_some((is, told))
}

/// Whether the object of `key` stands here with another size than its key tells.
pub fn is_damaged(git_dir: &Path, key: &str) -> bool {
    wrong_size(&object_path(git_dir, key), key).is_some()
}

/// Sets the object of `key` aside into `annex/bad`, as `git annex fsck` does.
///
/// # Errors
/// When it cannot be moved.
pub fn set_aside(git_dir: &Path, key: &str) -> io::Result<()> {
    let (object, bad) = (object_path(git_dir, key), git_dir.join("annex/bad"));
    std::fs::create_dir_all(&bad)?;
    let folder = object.parent().unwrap_or(git_dir);
    // git-annex lets nobody write there.
    let mode = folder.metadata()?.permissions().mode();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode | 0o700))?;
    std::fs::rename(&object, bad.join(escape(key)))?;
    // What else is in the folder stays.
    std::fs::remove_dir(folder).or(Ok(()))
}

/// Whether the object of `key` was set aside.
pub fn is_set_aside(git_dir: &Path, key: &str) -> bool {
    git_dir.join("annex/bad").join(escape(key)).is_file()
}

/// The keys whose objects were set aside, in no order.
pub fn keys_set_aside(git_dir: &Path) -> Vec<Arc<str>> {
    let Ok(found) = git_dir.join("annex/bad").read_dir() else { return Vec::new() };
    found.flatten().filter_map(|entry| unescape(entry.file_name().to_str()?)).collect()
}

/// Whether the object of `key` is here.
pub fn is_present(git_dir: &Path, key: &str) -> bool {
    object(git_dir, key).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_keys_in_links_and_pointers() {
        let key = Some("MD5E-s3--900150983cd24fb0d6963f7d28e17f72.nii.gz");
        let name = "MD5E-s3--900150983cd24fb0d6963f7d28e17f72.nii.gz";
        for (target, expected) in [
            (format!("../.git/annex/objects/0X/1m/{name}/{name}"), key),
            (format!("../../.git/modules/sub/annex/objects/0X/1m/{name}/{name}"), key),
            (format!("/abs/.git/annex/objects/0X/1m/{name}/{name}"), key),
            (format!("../annex/objects/0X/1m/{name}/{name}"), None),
            (format!(".git/annex/objects/0X/1m/{name}/other"), None),
            ("../data/file".to_owned(), None),
        ] {
            assert_eq!(key_of_link(target.as_bytes()).as_deref(), expected, "{target}");
        }
        assert_eq!(key_of_pointer(format!("/annex/objects/{name}\n").as_bytes()).as_deref(), key);
        assert_eq!(key_of_pointer(b"/annex/objects/"), None);
        assert_eq!(key_of_pointer(b"data /annex/objects/"), None);
    }

    #[test]
    fn links_that_were_moved_are_righted() {
        let object = ".git/annex/objects/0X/1m/MD5E-s3--90/MD5E-s3--90";
        let up = |count: usize| format!("{}{object}", "../".repeat(count));
        for (path, count, right) in [
            ("a/x", 1, None),
            ("p/a/x", 1, Some(2)),
            ("x", 1, Some(0)),
            ("x", 0, None),
            ("a/b/x", 5, Some(2)),
        ] {
            assert_eq!(righted(path, &up(count)), right.map(up), "{path} {count}");
        }
        for other in ["../data/x", "/abs/.git/annex/objects/0X/1m/MD5E-s3--90/MD5E-s3--90"] {
            assert_eq!(righted("p/a/x", other), None, "{other}");
        }
        let of_another = "../.git/modules/s/annex/objects/0X/1m/MD5E-s3--90/MD5E-s3--90";
        assert_eq!(righted("p/a/x", of_another), None);
    }

    #[test]
    fn reads_a_keys_fields() {
        assert_eq!(size_of("MD5E-s17--abc"), Some(17));
        assert_eq!(size_of("URL--http&c%%x"), None);
        assert!(is_content("SHA256E-s1--a.b") && !is_content("WORM-s1-m2--x"));
    }

    #[test]
    fn places_objects_as_git_annex_does() {
        // Seen with `git annex examinekey --format='${objectpath}'`.
        for (key, place) in [
            ("SHA256E-s5--0a0a.txt", "z6/Zz/SHA256E-s5--0a0a.txt/SHA256E-s5--0a0a.txt"),
            ("URL--x:a%b&c/d", "URL--x&ca&sb&ac%d/URL--x&ca&sb&ac%d"),
        ] {
            let path = object_path(Path::new("g"), key);
            assert!(path.to_string_lossy().ends_with(place), "{}", path.display());
        }
        let folder = object_path(Path::new("g"), "URL--http://x.org/a:b%20&c");
        assert!(folder.starts_with("g/annex/objects/fK/07"), "{}", folder.display());
    }

    #[test]
    fn links_have_the_length_that_their_place_and_key_give() {
        for (path, key) in [("a", "SHA256E-s5--0a0a.txt"), ("x/y/a", "URL--x:a%b&c/d")] {
            let object = object_path(Path::new(".git"), key);
            let link = format!("{}{}", "../".repeat(path.matches('/').count()), object.display());
            assert_eq!((link_bytes(path, key), righted(path, &link)), (link.len(), None));
            let aside = format!("../{link}");
            assert!(righted(path, &aside).is_some() && aside.len() != link.len(), "{aside}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(tail in "[a-z/%&:csa.]{0,20}") {
            let key = format!("URL--{tail}");
            let found = unescape(&escape(&key));
            prop_assert_eq!(found.as_deref(), Some(&*key));
        }
    }
}
