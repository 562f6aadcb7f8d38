//! Placing what is known: results of earlier work, results of this run at other places, and matches.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exec::{Part, remove_tree, stage_own};
use crate::git::{annex, blob_id_of_file};
use crate::model::{ContentId, DatumState, Entry, Kind, OutFile};
use crate::plan::{match_files, owns_target, target};

use super::again::input_changed;
use super::datum_end::DatumEnd;
use super::engine::Engine;
use super::error::RunError;
use super::farm_list::{bytes_of, part};
use super::forbidden::forbidden;
use super::memory::{Committed, Made};

/// Where the bytes of a file can be had.
enum Bytes {
    At(PathBuf),
    Blob(Vec<u8>),
    /// None but a link to the annex, where they are not here.
    Link(PathBuf),
    /// Of a packed result.
    Part(PathBuf, Part),
}

impl Engine<'_> {
    /// Places the known result of a datum; says so if it can no longer be had.
    pub(super) fn place_known(&mut self, at: usize, datum: usize) -> Result<(), RunError> {
        let id = self.jobs[at].planned.plan.datums[datum].id;
        let Some(Made { files, place }) = self.memory.made(id) else {
            let message = Some("its known result is gone".into());
            self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Pending, message));
            return Ok(());
        };
        self.jobs[at].note_place(datum, Some(place));
        let fresh = self.memory.fresh(id);
        let name = self.new_name();
        let find = |file: &OutFile| {
            let fresh = fresh.as_ref().map(|fresh| format!("{}/{}", fresh.folder, file.path));
            fresh
                .filter(|path| self.shared.stands(path))
                .map(|path| self.shared.root.join(path))
                // A link to the annex may lead to nothing.
                .filter(|path| !matches!(file.content, ContentId::Annex(_)) || path.exists())
                .map(Bytes::At)
                .or_else(|| self.bytes(&file.content))
        };
        let job = &self.jobs[at];
        let folder = target(&job.planned.pipeline, &job.planned.plan.datums[datum].key);
        let committed = self.memory.known().in_head(id);
        let find_or_link = |file: &OutFile| {
            let link =
                committed.as_ref().and_then(|committed| self.committed(committed, &folder, &file.path));
            link.or_else(|| find(file))
        };
        let staged = match self.build(&name, &folder, &files, &find_or_link)? {
            Ok(staged) => staged,
            Err(message) => {
                self.jobs[at].note_trouble(message.clone());
                self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Pending, Some(message)));
                return Ok(());
            }
        };
        if self.settle(at, datum, &files.into(), staged)? {
            if committed.is_some() {
                self.jobs[at].committed.insert(datum);
            }
            self.report.summary.restored += 1;
            self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Cached, None));
        }
        Ok(())
    }

    /// Places all datums of a match: their output is their inputs.
    pub(super) fn place_matches(&mut self, at: usize) -> Result<(), RunError> {
        self.fetch_packs(at)?;
        let planned = Arc::clone(&self.jobs[at].planned);
        let units: Vec<usize> = self.jobs[at].queue.drain(..).collect();
        for unit in units {
            for datum in self.jobs[at].units[unit].datums.clone() {
                let shown = match_files(&planned.plan, &planned.pipeline, datum);
                let files: Vec<OutFile> = shown.iter().map(|(file, ..)| file.clone()).collect();
                let packs = RefCell::new(BTreeMap::new());
                let absent = RefCell::new(None);
                let find = |file: &OutFile| {
                    let (_, entry, keeper) = shown.iter().find(|(shown, ..)| shown == file)?;
                    let from = bytes_of(self.shared, keeper).map_err(|why| absent.replace(Some(why))).ok()?;
                    let tree =
                        planned.plan.trees.iter().find(|tree| tree.packed_above(&entry.path).is_some());
                    let Some(packed) = tree.and_then(|tree| tree.packed_above(&entry.path)) else {
                        return Some(Bytes::At(from));
                    };
                    let part = part(&mut packs.borrow_mut(), &from, packed, entry).ok()?;
                    Some(Bytes::Part(from, part))
                };
                let name = self.new_name();
                let folder = target(&planned.pipeline, &planned.plan.datums[datum].key);
                let is_root = !owns_target(&planned.pipeline, &planned.plan.datums[datum].key);
                let refused = files.iter().find_map(|file| refused_name(&file.path, is_root));
                let elsewhere = || shown.iter().find_map(|(_, entry, _)| self.elsewhere(entry, &folder));
                let built = match refused.or_else(elsewhere) {
                    Some(refusal) => Err(refusal),
                    None => self.build(&name, &folder, &files, &find)?,
                };
                let built = built.map_err(|message| absent.take().unwrap_or(message));
                let touched =
                    shown.iter().map(|(.., keeper)| &*keeper.path).find(|path| !self.shared.stands(path));
                if let (Some(path), Ok(_)) = (touched, &built) {
                    let message = Some(input_changed(path));
                    self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Stale, message));
                    continue;
                }
                let files = self.as_built(files, &built)?;
                self.end_match(at, datum, files, built)?;
            }
        }
        Ok(())
    }

    /// The files of a match as they were built: where git may store other bytes than stand, the content of an input does not
    /// tell what its copy holds.
    fn as_built(
        &self,
        mut files: Vec<OutFile>,
        built: &Result<PathBuf, String>,
    ) -> Result<Vec<OutFile>, RunError> {
        let Some(staged) = built.as_ref().ok().filter(|_| self.shared.scan.may_convert()) else {
            return Ok(files);
        };
        let is_plain = |file: &OutFile| file.kind != Kind::Link && matches!(file.content, ContentId::Git(_));
        for file in files.iter_mut().filter(|file| is_plain(file)) {
            let path = staged.join(&*file.path);
            let oid = blob_id_of_file(&path);
            let oid = oid.map_err(|source| RunError::Io { path: path.display().to_string(), source })?;
            file.content = ContentId::Git(oid);
        }
        Ok(files)
    }

    /// Settles the result of a match, or says why there is none.
    fn end_match(
        &mut self,
        at: usize,
        datum: usize,
        files: Vec<OutFile>,
        built: Result<PathBuf, String>,
    ) -> Result<(), RunError> {
        match built {
            Ok(staged) => {
                if self.settle(at, datum, &files.into(), staged)? {
                    self.report.summary.ran += 1;
                    self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Done, None));
                }
            }
            Err(message) => {
                self.report.summary.failed += 1;
                self.log_refusal(at, datum, &message)?;
                self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Failed, Some(message)));
            }
        }
        Ok(())
    }

    /// Why a match cannot take an entry into `folder`: another annex has its content than the one that would have to know
    /// where it is.
    fn elsewhere(&self, entry: &Entry, folder: &str) -> Option<String> {
        let is_annexed = matches!(entry.content, ContentId::Annex(_));
        let (path, keeper) = (&entry.path, self.shared.annexes.of(&entry.path));
        let advice = "give it one, such as `cmd: [cp, …]`";
        if is_annexed && !keeper.is_project() {
            return Some(format!(
                "`{path}` is in the annex of the subdataset `{}`, and a pipeline without a command cannot take it out of there; {advice}",
                keeper.path
            ));
        }
        let inner = self.project.scan.entered_around(folder).filter(|_| is_annexed)?;
        Some(format!(
            "`{path}` is in the annex, and a pipeline without a command cannot take it into the subdataset `{}`; {advice}",
            inner.path
        ))
    }

    /// Builds a staged output, meant for `target`, from files found elsewhere. What is known by its annex
    /// key becomes a link to the annex, whether its content is here or not. The inner error is a sentence.
    fn build(
        &self,
        name: &str,
        target: &str,
        files: &[OutFile],
        find: &dyn Fn(&OutFile) -> Option<Bytes>,
    ) -> Result<Result<PathBuf, String>, RunError> {
        let staged = stage_own(&self.shared.state.join("staged"), name)?;
        let filled = self.fill(&staged, target, files, find)?;
        if filled.is_err() {
            remove_tree(&staged)?;
        }
        Ok(filled.map(|()| staged))
    }

    fn fill(
        &self,
        staged: &Path,
        target: &str,
        files: &[OutFile],
        find: &dyn Fn(&OutFile) -> Option<Bytes>,
    ) -> Result<Result<(), String>, RunError> {
        let mut above = staged.to_owned();
        for file in files {
            let path = staged.join(&*file.path);
            let folder = path.parent().unwrap_or(staged);
            if folder != above {
                make_folder(folder)?;
                folder.clone_into(&mut above);
            }
            let link = self.annex_link(&format!("{target}/{}", file.path), &file.content);
            let gone = || format!("the bytes of `{}` ({}) cannot be had", file.path, file.content);
            let Some(bytes) = link.map(Bytes::Link).or_else(|| find(file)) else { return Ok(Err(gone())) };
            match put(&path, file.kind, bytes) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Err(gone())),
                put => put.map_err(|source| RunError::Io { path: path.display().to_string(), source })?,
            }
        }
        Ok(Ok(()))
    }

    /// The form that HEAD has of a file of a result that is in the annex, for the folder `to`: its link, or where its
    /// content is not here its pointer. Nothing is copied.
    fn committed(&self, committed: &Committed, to: &str, path: &str) -> Option<Bytes> {
        let (repo, key) = (&self.project.repo, committed.annexed.get(path)?);
        let (oid, kind) = repo.object_of(committed.head, &format!("{}/{path}", committed.folder)).ok()??;
        let blob = repo.blob(oid).ok()?;
        if kind != Kind::Link {
            return (!annex::is_present(repo.annex_dir(), key)).then_some(Bytes::Blob(blob));
        }
        let text = String::from_utf8(blob).ok()?;
        let below = text.find(".git/")?;
        let up = "../".repeat(format!("{to}/{path}").matches('/').count());
        Some(Bytes::Link(format!("{up}{}", &text[below..]).into()))
    }

    /// What a link at `path`, from the root, says to lead to the annex's object.
    fn annex_link(&self, path: &str, content: &ContentId) -> Option<PathBuf> {
        let ContentId::Annex(key) = content else { return None };
        // The annex of a subdataset takes the bytes.
        if self.project.scan.entered_around(path).is_some() {
            return None;
        }
        let up: PathBuf = path.split('/').skip(1).map(|_| "..").collect();
        let is_usual = self.shared.root.join(".git/annex").exists();
        is_usual.then(|| up.join(annex::object_path(Path::new(".git"), key)))
    }

    /// The bytes of some content: from the work tree, from git, or from the annex here.
    fn bytes(&self, content: &ContentId) -> Option<Bytes> {
        let stands = |entry: &&Entry| entry.content == *content && self.shared.scan.unchanged(&entry.path);
        match content {
            ContentId::Git(oid) => {
                if let Some(bytes) = self.memory.known().blob(*oid) {
                    return Some(Bytes::Blob(bytes));
                }
                if let Some(object) = self.memory.known().annexed_object(content) {
                    return Some(Bytes::At(object));
                }
                let entry = self.project.tree.entries().iter().find(stands)?;
                Some(Bytes::At(self.shared.root.join(&*entry.path)))
            }
            ContentId::Annex(key) => self.memory.known().object_of(key).map(Bytes::At),
            ContentId::Folder(_) => None,
        }
    }
}

fn refused_name(path: &str, is_root: bool) -> Option<String> {
    forbidden(path, is_root).map(|reason| format!("output `{path}` {reason}"))
}

fn make_folder(path: &Path) -> Result<(), RunError> {
    std::fs::create_dir_all(path).map_err(|source| RunError::Io { path: path.display().to_string(), source })
}

fn put(path: &Path, kind: Kind, bytes: Bytes) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if kind == Kind::Link {
        return put_link(path, bytes);
    }
    let mode = if kind == Kind::Exec { 0o777 } else { 0o666 };
    let create = || std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    match bytes {
        Bytes::Link(text) => std::os::unix::fs::symlink(text, path),
        Bytes::Blob(bytes) => create()?.write_all(&bytes),
        Bytes::At(source) => copy(File::open(source)?, create()?),
        Bytes::Part(tar, part) => {
            let mut source = File::open(tar)?;
            source.seek(std::io::SeekFrom::Start(part.at))?;
            std::io::copy(&mut source.take(part.size), &mut create()?).map(drop)
        }
    }
}

/// More bytes than this are left to the kernel to copy.
const SMALL: u16 = 8192;

/// Copies a file. A small one by hand: what `io::copy` asks the kernel for costs more than its bytes.
fn copy(mut from: File, mut to: File) -> std::io::Result<()> {
    let mut start = Vec::with_capacity(usize::from(SMALL));
    std::io::Read::take(&mut from, u64::from(SMALL)).read_to_end(&mut start)?;
    to.write_all(&start)?;
    if start.len() == usize::from(SMALL) {
        std::io::copy(&mut from, &mut to)?;
    }
    Ok(())
}

fn put_link(path: &Path, bytes: Bytes) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStringExt as _;
    let text = match bytes {
        Bytes::Blob(bytes) => PathBuf::from(std::ffi::OsString::from_vec(bytes)),
        Bytes::At(source) => std::fs::read_link(source)?,
        Bytes::Link(text) => text,
        Bytes::Part(_, part) => part.link.unwrap_or_default().into(),
    };
    std::os::unix::fs::symlink(text, path)
}
