//! `Aside`: links and folders of earlier farms of a slot, which go when the slot does.
//!
//! ext4 without a journal passes over the places of files that were deleted within some minutes, one by one, whenever it
//! makes a new one (`recently_deleted` in Linux's `fs/ext4/ialloc.c`). A run that deletes a link for each datum makes
//! every later file, its commands' too, dearer than the one before; to move a link costs what deleting it does.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::AtFlags;
use rustix::io::Errno;
use rustix::path::Arg;

use super::remove;

/// What is kept may take so many bytes of the disk; more is deleted at once.
const MOST_BYTES: u32 = 64 << 20;
/// An inode with the text of a link in it, or with a block of names.
const LINK_BYTES: u32 = 256;
const FOLDER_BYTES: u32 = LINK_BYTES + 4096;

/// A folder of what nobody needs any more.
#[derive(Debug)]
pub(super) struct Aside {
    folder: OwnedFd,
    count: u32,
    bytes: u32,
}

impl Aside {
    /// Takes a folder, and deletes what is left in it.
    pub(super) fn new(folder: OwnedFd) -> Result<Self, Errno> {
        remove::clear(&folder)?;
        Ok(Self { folder, count: 0, bytes: 0 })
    }

    /// Puts the link `name` of `at` aside, or deletes it.
    pub(super) fn put_link(&mut self, at: &OwnedFd, name: &CStr) -> Result<(), Errno> {
        if self.takes(at, name, LINK_BYTES) { Ok(()) } else { remove::remove_at(at, name) }
    }

    /// Puts the empty folder at `path` from `at` aside, or deletes it.
    pub(super) fn put_folder(&mut self, at: &OwnedFd, path: &str) -> Result<(), Errno> {
        let is_put = self.takes(at, path, FOLDER_BYTES);
        if is_put { Ok(()) } else { rustix::fs::unlinkat(at, path, AtFlags::REMOVEDIR) }
    }

    fn takes(&mut self, at: &OwnedFd, path: impl Arg, bytes: u32) -> bool {
        let has_room = self.bytes + bytes <= MOST_BYTES;
        let is_put =
            has_room && rustix::fs::renameat(at, path, &self.folder, self.count.to_string().as_str()).is_ok();
        if is_put {
            self.count += 1;
            self.bytes += bytes;
        }
        is_put
    }
}

impl Drop for Aside {
    /// What cannot be deleted now is when the slot is taken up again.
    fn drop(&mut self) {
        remove::clear(&self.folder).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::folder;
    use std::fs;

    #[test]
    fn what_is_put_aside_is_out_of_the_way_at_once_and_gone_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (farm, old) = (dir.path().join("farm"), dir.path().join("old"));
        fs::create_dir(&farm).unwrap();
        fs::create_dir(&old).unwrap();
        fs::write(old.join("left"), "of a killed run").unwrap();
        let open = |path| folder::open(rustix::fs::CWD, path).unwrap();
        let mut aside = Aside::new(open(&old)).unwrap();
        let put = |aside: &mut Aside| {
            std::os::unix::fs::symlink("text", farm.join("a")).unwrap();
            aside.put_link(&open(&farm), c"a").unwrap();
            fs::create_dir(farm.join("a")).unwrap();
            aside.put_folder(&open(&farm), "a").unwrap();
            [&farm, &old].map(|path| fs::read_dir(path).unwrap().count())
        };
        assert_eq!(put(&mut aside), [0, 2], "moved, and what was left is gone");
        assert_eq!(put(&mut aside), [0, 4]);
        aside.bytes = MOST_BYTES;
        assert_eq!(put(&mut aside), [0, 4], "there is no more room");
        drop(aside);
        assert_eq!(fs::read_dir(&old).unwrap().count(), 0);
    }
}
