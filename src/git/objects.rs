//! What commits and objects hold: blobs, and the files of a commit's folder with their content ids.

use std::sync::Arc;

use git2::{ErrorCode, ObjectType};

use super::hash::blob_id;
use super::index::{MODE_EXEC, MODE_GITLINK, MODE_LINK, oid_of};
use super::process::{Access, ProcessError, Program, git};
use super::{GitError, Repo, annex};
use crate::model::{ContentId, Entry, Kind, Oid};

impl Repo {
    /// The bytes of a blob; one that a partial clone lacks is fetched.
    ///
    /// # Errors
    /// When the object is absent or no blob.
    pub fn blob(&self, oid: Oid) -> Result<Vec<u8>, GitError> {
        let failed = GitError::reading(format!("blob {oid}"));
        match self.inner.find_blob(theirs(oid)) {
            Ok(blob) => Ok(blob.content().to_vec()),
            Err(error) if error.code() == ErrorCode::NotFound && self.has_promised(&[oid]) => {
                let blob = self.inner.find_blob(theirs(oid)).map_err(failed)?;
                Ok(blob.content().to_vec())
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The blob id of what `git ls-tree -z COMMIT -- PATHS` prints: the same as long as all of it stands as in `commit`. What
    /// lies in a subdataset counts by the commit of that.
    ///
    /// # Errors
    /// When git cannot read the commit.
    pub fn listing_id(&self, commit: Oid, paths: &[String]) -> Result<Oid, ProcessError> {
        let asked = git(self.root(), Access::Read).args(["ls-tree", "-z", &commit.to_string(), "--"]);
        Ok(blob_id(&paths.iter().fold(asked, Program::arg).output()?))
    }

    /// How many bytes a blob has; they are not read.
    ///
    /// # Errors
    /// When it is not here or cannot be read.
    pub(super) fn blob_size(&self, oid: Oid) -> Result<u64, GitError> {
        let odb = self.inner.odb().map_err(GitError::reading(format!("blob {oid}")))?;
        let (size, _) = odb.read_header(theirs(oid)).map_err(GitError::reading(format!("blob {oid}")))?;
        Ok(size as u64)
    }

    /// The first parent of a commit, if it has one.
    pub(super) fn parent_of(&self, commit: Oid) -> Option<Oid> {
        Some(oid_of(self.inner.find_commit(theirs(commit)).ok()?.parent_id(0).ok()?))
    }

    /// Whether the object is here.
    pub fn has_object(&self, oid: Oid) -> bool {
        self.inner.odb().is_ok_and(|odb| odb.exists(theirs(oid)))
    }

    /// The object and kind that `path` is in `commit`; `None` where nothing or a folder stands.
    ///
    /// # Errors
    /// When the commit or one of its folders cannot be read.
    pub fn object_of(&self, commit: Oid, path: &str) -> Result<Option<(Oid, Kind)>, GitError> {
        let tree = self.tree_of(commit)?;
        match tree.get_path(path.as_ref()) {
            Ok(entry) if entry.kind() == Some(ObjectType::Tree) => Ok(None),
            Ok(entry) => Ok(Some((oid_of(entry.id()), kind_of_mode(entry.filemode().cast_unsigned())))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(GitError::reading(format!("`{path}` in {commit}"))(error)),
        }
    }

    /// The tree that a folder is in `commit`; `None` where no folder stands.
    ///
    /// # Errors
    /// When the commit or one of its folders cannot be read.
    pub fn folder_of(&self, commit: Oid, folder: &str) -> Result<Option<Oid>, GitError> {
        Ok(self.folder_tree(commit, folder)?.map(|tree| oid_of(tree.id())))
    }

    /// The files below `folder` (`""` for all) in `commit`, in byte order of path, with annexed ones
    /// by key. Names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// When the commit or one of its objects cannot be read.
    pub fn tree_files(&self, commit: Oid, folder: &str) -> Result<Vec<Entry>, GitError> {
        let Some(tree) = self.folder_tree(commit, folder)? else { return Ok(Vec::new()) };
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let has_annex = self.has_annex();
        let mut entries = Vec::new();
        let mut folders = vec![(prefix, tree)];
        while let Some((prefix, tree)) = folders.pop() {
            for found in &tree {
                let Ok(name) = found.name() else { continue };
                let path = format!("{prefix}{name}");
                if found.kind() == Some(ObjectType::Tree) {
                    let object = found.to_object(&self.inner).and_then(|object| object.peel_to_tree());
                    folders
                        .push((path.clone() + "/", object.map_err(GitError::reading(format!("`{path}`")))?));
                } else {
                    entries.push(self.entry(
                        path,
                        oid_of(found.id()),
                        found.filemode().cast_unsigned(),
                        has_annex,
                    )?);
                }
            }
        }
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// The file that stands at a path in `commit`, an annexed one by key; `None` where nothing or a folder stands.
    ///
    /// # Errors
    /// When the commit, one of its folders or the file cannot be read.
    pub fn file_of(&self, commit: Oid, path: &str) -> Result<Option<Entry>, GitError> {
        match self.tree_of(commit)?.get_path(path.as_ref()) {
            Ok(found) if found.kind() == Some(ObjectType::Tree) => Ok(None),
            Ok(found) => {
                let mode = found.filemode().cast_unsigned();
                self.entry(path.to_owned(), oid_of(found.id()), mode, self.has_annex()).map(Some)
            }
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(GitError::reading(format!("`{path}` in {commit}"))(error)),
        }
    }

    /// The files below a folder (`""` for the root) as the index has them, in byte order of path, with annexed ones by key; those in
    /// conflict are left out.
    ///
    /// # Errors
    /// When the index or one of its objects cannot be read.
    pub fn staged_files(&self, folder: &str) -> Result<Vec<Entry>, GitError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.staged_among(&|path| path.starts_with(&prefix))
    }

    /// The files as [`Repo::staged_files`] tells them, of those whose path is `wanted`; no other is read.
    ///
    /// # Errors
    /// When the index or one of these files cannot be read.
    pub fn staged_among(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>, GitError> {
        let index = git2::Index::open(&self.index_path()).map_err(GitError::reading("the index"))?;
        let has_annex = self.has_annex();
        let mut entries = Vec::new();
        for found in index.iter() {
            let is_settled = found.flags & 0x3000 == 0;
            let Some(path) = str::from_utf8(&found.path).ok().filter(|path| wanted(path)) else {
                continue;
            };
            if is_settled {
                entries.push(self.entry(path.to_owned(), oid_of(found.id), found.mode, has_annex)?);
            }
        }
        Ok(entries)
    }

    pub(super) fn entry(
        &self,
        path: String,
        oid: Oid,
        mode: u32,
        has_annex: bool,
    ) -> Result<Entry, GitError> {
        let key = match mode {
            MODE_LINK => annex::key_of_link(&self.blob(oid)?),
            MODE_GITLINK => None,
            _ if has_annex => self.pointer_key(oid)?,
            _ => None,
        };
        let path = path.into();
        Ok(match key {
            Some(key) => Entry { path, kind: Kind::File, content: ContentId::Annex(key) },
            None => Entry { path, kind: kind_of_mode(mode), content: ContentId::Git(oid) },
        })
    }

    /// The annex key that a blob names, if it is a pointer. Large blobs are not read.
    pub(super) fn pointer_key(&self, oid: Oid) -> Result<Option<Arc<str>>, GitError> {
        let reading = || GitError::reading(format!("blob {oid}"));
        let odb = self.inner.odb().map_err(reading())?;
        let (size, _) = match odb.read_header(theirs(oid)) {
            Err(error) if error.code() == ErrorCode::NotFound => {
                return self.blob(oid).map(|bytes| annex::key_of_pointer(&bytes));
            }
            header => header.map_err(reading())?,
        };
        if size as u64 > annex::POINTER_MAX_BYTES {
            return Ok(None);
        }
        let object = odb.read(theirs(oid)).map_err(reading())?;
        Ok(annex::key_of_pointer(object.data()))
    }

    /// The tree of a commit.
    pub(super) fn tree_of(&self, commit: Oid) -> Result<git2::Tree<'_>, GitError> {
        let found = self.inner.find_commit(theirs(commit)).and_then(|commit| commit.tree());
        found.map_err(GitError::reading(format!("commit {commit}")))
    }

    pub(super) fn folder_tree(&self, commit: Oid, folder: &str) -> Result<Option<git2::Tree<'_>>, GitError> {
        let tree = self.tree_of(commit)?;
        if folder.is_empty() {
            return Ok(Some(tree));
        }
        let found = tree.get_path(folder.as_ref()).and_then(|entry| entry.to_object(&self.inner));
        match found {
            Ok(object) => Ok(object.into_tree().ok()),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(GitError::reading(format!("`{folder}` in {commit}"))(error)),
        }
    }
}

/// What kind of thing git's file mode stands for.
pub(super) const fn kind_of_mode(mode: u32) -> Kind {
    match mode {
        MODE_LINK => Kind::Link,
        MODE_GITLINK => Kind::Gitlink,
        MODE_EXEC => Kind::Exec,
        _ => Kind::File,
    }
}

/// libgit2's form of an object id.
pub(super) fn theirs(oid: Oid) -> git2::Oid {
    git2::Oid::from_bytes(&oid.0).expect("an object id has 20 bytes")
}
