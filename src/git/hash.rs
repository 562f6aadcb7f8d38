//! Reading files to learn their content ids: git's blob SHA-1, or the annex key they are known by.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::io::Errno;
use sha1::{Digest as _, Sha1};

use super::named_bytes::{CHUNK_BYTES, feed, has_bytes_of};
use super::process::{Access, git};
use super::{GitError, annex};
use crate::model::Stat;
use crate::model::{ContentId, Oid};

/// How often a file is read anew that changes while it is read.
const TRIES: usize = 3;
/// A file to be read.
#[derive(Debug)]
pub(super) struct Task {
    /// Path from the root.
    pub path: Arc<str>,
    /// In a repository with git-annex: what the index says about it.
    pub annex: Option<Annexed>,
}

/// What is known of a file in a repository with git-annex.
#[derive(Debug)]
pub(super) struct Annexed {
    /// The key the index records, with its object.
    pub recorded: Option<(Arc<str>, PathBuf)>,
}

/// What reading a file gave: its content, and the stat it had before and after.
pub(super) type Reading = (ContentId, Stat);

/// The id that git gives to a blob of these bytes.
pub fn blob_id(bytes: &[u8]) -> Oid {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    Oid(hasher.finalize().into())
}

/// The blob id of a file's bytes as they stand, without filters.
///
/// # Errors
/// When the file cannot be read, or changes while it is read.
pub fn blob_id_of_file(path: &Path) -> io::Result<Oid> {
    let mut file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    hash(&mut file, size_bytes)?.ok_or_else(|| io::Error::other("it changed while it was read"))
}

/// Reads files by several threads; answers come in the order of `tasks`.
pub(super) fn read_all(root: &Path, tasks: &[Task]) -> Vec<Result<Reading, GitError>> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(1, 8).min(tasks.len());
    let work = || {
        let mut answers = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(at) else { return answers };
            answers.push((at, read_file(root, task)));
        }
    };
    let mut answers = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("a reader does not panic");
        running.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    answers.sort_unstable_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn read_file(root: &Path, task: &Task) -> Result<Reading, GitError> {
    let path = root.join(&*task.path);
    for _ in 0..TRIES {
        let mut file = match open(&path) {
            Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                if let Some(reading) = became_annexed(root, &task.path)? {
                    return Ok(reading);
                }
                return Err(GitError::io(&path)(error));
            }
            opened => opened.map_err(GitError::io(&path))?,
        };
        let before = stat_of(&file, &path)?;
        let content =
            content_of(&mut file, (&path, &before), task.annex.as_ref()).map_err(GitError::io(&path))?;
        if let Some(content) = content
            && stat_of(&file, &path)? == before
        {
            return Ok((content, before));
        }
    }
    Err(GitError::Changing { path: task.path.to_string() })
}

/// What git-annex made of a file since it was looked at: a link to its content.
fn became_annexed(root: &Path, path: &str) -> Result<Option<Reading>, GitError> {
    let full = root.join(path);
    let before = lstat(root, path)?;
    let text = std::fs::read_link(&full).map_err(GitError::io(&full))?;
    let key = annex::key_of_link(text.as_os_str().as_bytes());
    let is_still = lstat(root, path)? == before;
    Ok(key.filter(|_| is_still).map(|key| (ContentId::Annex(key), before)))
}

fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn stat_of(file: &File, path: &Path) -> Result<Stat, GitError> {
    let stat = rustix::fs::fstat(file).map_err(|error| GitError::io(path)(error.into()))?;
    Ok(Stat::new(&stat))
}

/// The content of an open file; nothing if its size is another than its stat says.
fn content_of(
    file: &mut File,
    (path, stat): (&Path, &Stat),
    annexed: Option<&Annexed>,
) -> io::Result<Option<ContentId>> {
    let Some(annexed) = annexed else { return Ok(hash(file, stat.size_bytes)?.map(ContentId::Git)) };
    let recorded = annexed.recorded.as_ref().filter(|(key, _)| may_be(key, stat));
    let is_recorded = |file: &mut File, (key, object): &(Arc<str>, PathBuf)| {
        if is_one_file(object, stat) {
            Ok(has_bytes_of(key, path) == Some(true))
        } else {
            is_same(file, object, stat)
        }
    };
    if stat.size_bytes <= annex::POINTER_MAX_BYTES {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if let Some(key) = annex::key_of_pointer(&bytes) {
            return Ok(Some(ContentId::Annex(key)));
        }
        file.rewind()?;
    }
    if let Some(recorded) = recorded
        && is_recorded(file, recorded)?
    {
        return Ok(Some(ContentId::Annex(Arc::clone(&recorded.0))));
    }
    file.rewind()?;
    Ok(hash(file, stat.size_bytes)?.map(ContentId::Git))
}

/// Whether a file has as many bytes as a key tells, if it tells that.
fn may_be(key: &str, stat: &Stat) -> bool {
    annex::size_of(key).is_none_or(|size| size == stat.size_bytes)
}

/// Whether a file is the annex object itself, as an unlocked one is with `annex.thin`: then the two are always equal, and
/// who edits the one edits the other.
fn is_one_file(object: &Path, stat: &Stat) -> bool {
    object.metadata().is_ok_and(|found| (found.dev(), found.ino()) == (stat.dev, stat.ino))
}

fn hash(file: &mut File, size_bytes: u64) -> io::Result<Option<Oid>> {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {size_bytes}\0"));
    let total_bytes = feed(file, size_bytes, &mut hasher)?;
    Ok((total_bytes == size_bytes).then(|| Oid(hasher.finalize().into())))
}

/// Whether an annex object, if it is here, holds the same bytes as an open file.
fn is_same(file: &mut File, object: &Path, stat: &Stat) -> io::Result<bool> {
    let Ok(mut object) = File::open(object) else { return Ok(false) };
    if object.metadata()?.len() != stat.size_bytes {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        let count = file.read(&mut ours)?;
        if count == 0 {
            return Ok(true);
        }
        if object.read_exact(&mut theirs[..count]).is_err() || ours[..count] != theirs[..count] {
            return Ok(false);
        }
    }
}

/// Asks git what it would store for files whose bytes it converts; answers come in order of `paths`.
pub(super) fn convert_all(root: &Path, paths: &[&str]) -> Result<Vec<Reading>, GitError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let stats = || paths.iter().map(|path| lstat(root, path)).collect::<Result<Vec<_>, _>>();
    let before = stats()?;
    let lines: String = paths.iter().map(|path| quoted(path) + "\n").collect();
    let program = git(root, Access::Read).args(["hash-object", "--stdin-paths"]).stdin(lines.into_bytes());
    let output = program.output()?;
    let text = String::from_utf8_lossy(&output);
    let ids: Vec<Oid> = text.lines().filter_map(|line| line.parse().ok()).collect();
    let after = stats()?;
    let moved = (0..paths.len()).find(|&at| before[at] != after[at] || at >= ids.len());
    if let Some(at) = moved {
        return Err(GitError::Changing { path: paths[at].to_owned() });
    }
    Ok(ids.into_iter().map(ContentId::Git).zip(after).collect())
}

/// What stands at `path` below `root` now.
pub(super) fn lstat(root: &Path, path: &str) -> Result<Stat, GitError> {
    let path = root.join(path);
    let stat = rustix::fs::lstat(&path).map_err(|error| GitError::io(&path)(error.into()))?;
    Ok(Stat::new(&stat))
}

/// A path as git reads it from a line: in quotes, like a string in C.
fn quoted(path: &str) -> String {
    let inner = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{inner}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_gits_own_ids() {
        assert_eq!(blob_id(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(blob_id(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn what_became_a_link_into_the_annex_has_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = "MD5E-s3--900150983cd24fb0d6963f7d28e17f72.bin";
        let read = |name: &str, target: &str| {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
            read_file(folder.path(), &Task { path: name.into(), annex: None })
        };
        let (content, stat) = read("in", &format!(".git/annex/objects/0X/1m/{key}/{key}")).unwrap();
        assert_eq!(content, ContentId::Annex(key.into()));
        assert_eq!(stat.file_type(), rustix::fs::FileType::Symlink);
        assert!(
            read("other", "some/file").is_err_and(|error| error.is_race()),
            "what it means is to be found out"
        );
    }

    #[test]
    fn streams_and_slices_agree() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let bytes = vec![7; size];
            std::fs::write(folder.path().join("f"), &bytes).unwrap();
            let task = Task { path: "f".into(), annex: None };
            let (content, _) = read_file(folder.path(), &task).unwrap();
            assert_eq!(content, ContentId::Git(blob_id(&bytes)));
        }
    }
}
