//! `CommitBuilder`: many commits in one stream, their files written once, as a pack.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use sha1::{Digest as _, Sha1};

use crate::git::annex::{key_of_link, key_of_pointer};
use crate::git::attributes::{converted_by, is_automatic};
use crate::git::{blob_id_of_file, sync_file_system};
use crate::model::Oid;

use super::entries::{Change, EXEC, Entry, FILE, LINK, to_git2};
use super::filters::{quoted, store_filtered};
use super::program::{Helper, drain, git, last_words};
use super::{Identity, Place, WriteError};

/// Bytes buffered on the way to git.
const BUFFER_BYTES: usize = 256 * 1024;

/// What the branch is called within a stream. The stream forgets it at its end, so no such reference
/// is ever written: creating and deleting one takes locks that a kill would leave.
pub(super) const UNNAMED: &str = "refs/minipach/unnamed/";

/// A commit to be written on top of the one before it.
#[derive(Clone, Debug)]
pub struct NewCommit<'a> {
    /// The whole message.
    pub message: &'a [u8],
    /// What it changes; no path twice.
    pub changes: &'a [Change],
    /// Its time, in seconds since 1970 (UTC).
    pub seconds: i64,
}

/// A file as it stood just before its bytes were read.
pub(super) type Stats = BTreeMap<String, fs::Metadata>;

/// Writes commits through one `git fast-import`; nothing of the user's is touched.
#[derive(Debug)]
pub struct CommitBuilder {
    place: Place,
    repo: RepoHandle,
    identity: Identity,
    child: Helper,
    stdin: Option<BufWriter<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    reference: String,
    from: Option<Oid>,
    commits: Vec<Oid>,
    stats: Stats,
    /// Files that filters or the annex concern, stored ahead of the commit that holds them.
    stored: BTreeMap<String, Entry>,
    is_raw: bool,
    /// Never annexed, whatever the annex's rules are.
    kept: BTreeSet<String>,
    mark: Option<(String, String)>,
}

/// The finished chain of commits.
#[derive(Debug)]
pub struct Built {
    /// The commits, oldest first.
    pub commits: Vec<Oid>,
    pub(super) stats: Stats,
}

struct RepoHandle(git2::Repository);

impl std::fmt::Debug for RepoHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.path().fmt(f)
    }
}

impl CommitBuilder {
    /// Starts git; the first commit's parent is `parent`, or it is a root commit.
    ///
    /// # Errors
    /// When git cannot be started or the repository cannot be read.
    ///
    /// # Panics
    /// Never: the three streams it takes are the pipes it asked for.
    pub fn start(place: &Place, parent: Option<Oid>, identity: Identity) -> Result<Self, WriteError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let reference = format!("{UNNAMED}{}-{number}", std::process::id());
        let repo = RepoHandle(git2::Repository::open(&place.root)?);
        let mut command = git(place, &["fast-import", "--quiet", "--done", "--date-format=raw"]);
        // git compresses each object with fresh memory; by default libc takes it from the kernel and
        // gives it back 20 000 times, which doubles the time of 20 000 files.
        for (name, bytes) in
            [("TOP_PAD", "67108864"), ("TRIM_THRESHOLD", "1073741824"), ("MMAP_THRESHOLD", "33554432")]
        {
            command.env(format!("MALLOC_{name}_"), bytes);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Helper::spawn(&mut command)
            .map_err(|source| WriteError::NotStarted { program: "git fast-import".into(), source })?;
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        Ok(Self {
            place: place.clone(),
            repo,
            identity,
            child,
            stdin: Some(BufWriter::with_capacity(BUFFER_BYTES, stdin)),
            stdout: BufReader::new(stdout),
            stderr: Some(drain(stderr)),
            reference,
            from: parent,
            commits: Vec::new(),
            stats: Stats::new(),
            stored: BTreeMap::new(),
            is_raw: false,
            kept: BTreeSet::new(),
            mark: None,
        })
    }

    /// A git-annex that adds files has this variable from now on: if it outlives us, it can be found by that.
    #[must_use]
    pub fn marked(mut self, (name, value): (&str, &str)) -> Self {
        self.mark = Some((name.to_owned(), value.to_owned()));
        self
    }

    /// From now on every file is stored byte for byte as a blob: neither filters nor the annex see it.
    #[must_use]
    pub fn raw(mut self) -> Self {
        self.is_raw = true;
        self
    }

    /// These files go to git itself, whatever the annex's rules are.
    #[must_use]
    pub fn kept_in_git(mut self, paths: BTreeSet<String>) -> Self {
        self.kept = paths;
        self
    }

    /// Stores the files among `paths` that belong into the annex, ahead of the commit that will hold them,
    /// and gives their keys. In the work tree they become links (or stay, where the annex keeps files
    /// unlocked). Nothing happens in a repository without git-annex.
    ///
    /// # Errors
    /// When a file cannot be read, or git-annex fails.
    pub fn save_annexed(&mut self, paths: &[&str]) -> Result<BTreeMap<String, Arc<str>>, WriteError> {
        if !super::annex::is_annexed(&self.repo.0) {
            return Ok(BTreeMap::new());
        }
        let stored = self.store_filtered(paths.iter().copied())?;
        self.stored.extend(stored.iter().map(|(path, entry)| (path.clone(), *entry)));
        let mut keys = BTreeMap::new();
        for (path, entry) in stored {
            let blob = self.repo.0.find_blob(to_git2(entry.oid))?;
            let of = if entry.mode == LINK { key_of_link } else { key_of_pointer };
            if let Some(key) = of(blob.content()) {
                keys.insert(path, key);
            }
        }
        Ok(keys)
    }

    /// Writes one more commit and gives its id.
    ///
    /// # Errors
    /// When a file cannot be read, is not what was expected, or git fails; the builder is of no use then.
    pub fn commit(&mut self, commit: &NewCommit<'_>) -> Result<Oid, WriteError> {
        let is_written = |change: &&Change| !self.is_raw && matches!(change, Change::Write { .. });
        let is_new = |path: &&str| !self.stored.contains_key(*path);
        let paths: Vec<&str> =
            commit.changes.iter().filter(is_written).map(Change::path).filter(is_new).collect();
        let mut stored = self.store_filtered(paths.into_iter())?;
        stored.extend(self.stored.iter().map(|(path, entry)| (path.clone(), *entry)));
        self.send_header(commit)?;
        let is_delete = |change: &&Change| matches!(change, Change::Delete { .. });
        for change in commit.changes.iter().filter(is_delete) {
            self.send(format!("D {}\n", quoted(change.path())).as_bytes())?;
        }
        for change in commit.changes {
            match change {
                Change::Delete { .. } => {}
                Change::Known { path, mode, oid } => {
                    self.send_known(path, Entry { mode: *mode, oid: *oid })?;
                }
                Change::Write { path, expect } => match stored.get(path) {
                    Some(entry) => {
                        self.check_stored(path, *entry, *expect)?;
                        self.send_known(path, *entry)?;
                    }
                    None => self.send_file(path, *expect)?,
                },
            }
        }
        let oid = self.ask_commit()?;
        self.commits.push(oid);
        Ok(oid)
    }

    /// Writes the tree of `.minipach`: see [`super::subtree`].
    ///
    /// # Errors
    /// When `base` is unknown or an object cannot be written.
    pub fn subtree(&self, base: Option<Oid>, files: &[(String, Option<Vec<u8>>)]) -> Result<Oid, WriteError> {
        super::subtree(&self.repo.0, base, files)
    }

    /// Ends the stream: from now on git has the commits. No reference names them yet.
    ///
    /// # Errors
    /// When git fails.
    pub fn finish(mut self) -> Result<Built, WriteError> {
        if self.commits.is_empty() {
            return Ok(Built { commits: Vec::new(), stats: Stats::new() });
        }
        self.send(format!("reset {}\n\ndone\n", self.reference).as_bytes())?;
        if let Some(stdin) = self.stdin.take() {
            drop(stdin.into_inner().map_err(|error| self.failed(error.error()))?);
        }
        let status = self.child.wait().map_err(|error| self.failed(&error))?;
        if !status.success() {
            return Err(self.failed(&std::io::Error::other(status.to_string())));
        }
        // git syncs packs, but neither small commits nor what libgit2 wrote, and then the reference to them.
        let folder = self.repo.0.commondir();
        sync_file_system(folder).map_err(WriteError::io("sync", folder))?;
        super::fault::point("commit:after-objects");
        Ok(Built { commits: std::mem::take(&mut self.commits), stats: std::mem::take(&mut self.stats) })
    }

    fn store_filtered<'p>(
        &mut self,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<BTreeMap<String, Entry>, WriteError> {
        let mut files = Vec::new();
        let mut stats = Stats::new();
        for path in paths {
            let stat = lstat(&self.place, path)?;
            if stat.is_file() {
                files.push((path, is_executable(&stat)));
                stats.insert(path.to_owned(), stat);
            }
        }
        let mark = self.mark.as_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        let stored = store_filtered(&self.place, &self.repo.0, &files, (&self.kept, mark))?;
        stats.retain(|path, _| stored.get(path).is_some_and(|entry| entry.mode != LINK));
        self.stats.append(&mut stats);
        Ok(stored)
    }

    fn send_header(&mut self, commit: &NewCommit<'_>) -> Result<(), WriteError> {
        let Identity { author, committer, .. } = &self.identity;
        let (seconds, mark) = (commit.seconds, self.commits.len() + 1);
        let mut text = format!(
            "commit {}\nmark :{mark}\nauthor {author} {seconds} +0000\ncommitter {committer} {seconds} +0000\ndata {}\n",
            self.reference,
            commit.message.len()
        )
        .into_bytes();
        text.extend_from_slice(commit.message);
        text.push(b'\n');
        if let Some(parent) = self.from.take() {
            text.extend_from_slice(format!("from {parent}\n").as_bytes());
        }
        self.send(&text)
    }

    fn send_known(&mut self, path: &str, entry: Entry) -> Result<(), WriteError> {
        self.send(format!("M {:06o} {} {}\n", entry.mode, entry.oid, quoted(path)).as_bytes())
    }

    /// Checks that a file was stored as what was expected, which git does not where it converts.
    fn check_stored(&self, path: &str, entry: Entry, expect: Option<Oid>) -> Result<(), WriteError> {
        let Some(expect) = expect.filter(|expect| *expect != entry.oid) else { return Ok(()) };
        let path = path.to_owned();
        if blob_id_of_file(&self.place.root.join(&path)).is_ok_and(|oid| oid == expect) {
            let by = converted_by(&self.repo.0, is_automatic(&self.repo.0), &path)?;
            return Err(WriteError::Converted {
                path,
                by: by.unwrap_or_else(|| "git's settings".to_owned()),
            });
        }
        Err(WriteError::Changed { path })
    }

    /// Sends what stands at `path`, and checks that it is what `expect` says.
    fn send_file(&mut self, path: &str, expect: Option<Oid>) -> Result<(), WriteError> {
        let full = self.place.root.join(path);
        let stat = lstat(&self.place, path)?;
        let sent = if stat.is_symlink() {
            let text = super::annex::right_link(&self.place, path)?;
            let bytes = text.as_os_str().as_bytes();
            self.send_bytes(path, LINK, bytes.len() as u64, &mut &*bytes)?
        } else if stat.is_file() {
            let mut file = open(&full)?;
            let stat = file.metadata().map_err(WriteError::io("look at", &full))?;
            let mode = if is_executable(&stat) { EXEC } else { FILE };
            let sent = self.send_bytes(path, mode, stat.len(), &mut file)?;
            self.stats.insert(path.to_owned(), stat);
            sent
        } else {
            return Err(WriteError::OddFile { path: path.to_owned() });
        };
        match expect {
            Some(expect) if expect != sent => Err(WriteError::Changed { path: path.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Streams exactly `length` bytes and gives the id of the blob they make.
    fn send_bytes(
        &mut self,
        path: &str,
        mode: u32,
        length: u64,
        from: &mut dyn Read,
    ) -> Result<Oid, WriteError> {
        self.send(format!("M {mode:06o} inline {}\ndata {length}\n", quoted(path)).as_bytes())?;
        let mut hash = Sha1::new_with_prefix(format!("blob {length}\0"));
        let mut buffer = vec![0; usize::try_from(length).unwrap_or(BUFFER_BYTES).clamp(1, BUFFER_BYTES)];
        let mut left = length;
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let got = from.read(&mut buffer[..wanted]).map_err(WriteError::io("read", path))?;
            if got == 0 {
                return Err(WriteError::Changed { path: path.to_owned() });
            }
            hash.update(&buffer[..got]);
            self.send(&buffer[..got])?;
            left -= got as u64;
        }
        if from.read(&mut buffer[..1]).map_err(WriteError::io("read", path))? != 0 {
            return Err(WriteError::Changed { path: path.to_owned() });
        }
        self.send(b"\n")?;
        Ok(Oid(hash.finalize().into()))
    }

    fn ask_commit(&mut self) -> Result<Oid, WriteError> {
        let question = format!("\nget-mark :{}\n", self.commits.len() + 1);
        self.send(question.as_bytes())?;
        let flushed = self.stdin.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| self.failed(&error))?;
        let mut line = String::new();
        self.stdout.read_line(&mut line).map_err(|error| self.failed(&error))?;
        line.trim_end().parse().map_err(|_| self.failed(&std::io::Error::other("it gave no commit")))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let sent = self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(bytes));
        sent.map_err(|error| self.failed(&error))
    }

    /// Why git stopped listening: its own words if it has any, else the error we saw.
    fn failed(&mut self, error: &std::io::Error) -> WriteError {
        self.end();
        let words = self.stderr.take().and_then(|thread| thread.join().ok()).map(|bytes| last_words(&bytes));
        let message = words.filter(|words| !words.is_empty()).unwrap_or_else(|| error.to_string());
        WriteError::Failed { program: "git fast-import".into(), message }
    }

    /// Kills git if it still runs: an unfinished stream would make it write a crash report.
    fn end(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for CommitBuilder {
    fn drop(&mut self) {
        self.end();
    }
}

fn lstat(place: &Place, path: &str) -> Result<fs::Metadata, WriteError> {
    let full = place.root.join(path);
    fs::symlink_metadata(&full).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => WriteError::Changed { path: path.to_owned() },
        _ => WriteError::io("look at", full)(source),
    })
}

fn is_executable(stat: &fs::Metadata) -> bool {
    stat.mode() & 0o100 != 0
}

/// Opens a file for reading, never through a link that was put there meanwhile.
fn open(path: &Path) -> Result<File, WriteError> {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).expect("an open flag fits");
    File::options().read(true).custom_flags(no_follow).open(path).map_err(WriteError::io("read", path))
}
