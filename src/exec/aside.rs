//! `Aside`: the links of earlier farms of a slot, which go when the slot does.
//!
//! ext4 without a journal passes over the places of files that were deleted within some minutes, one by one, whenever it
//! makes a new one (`recently_deleted` in Linux's `fs/ext4/ialloc.c`). A run that deletes a link for each datum makes
//! every later file, its commands' too, dearer than the one before; to move a link costs what deleting it does.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::io::Errno;

use super::remove;

/// So many links are kept at the most; more are deleted at once.
const MOST: u32 = 50_000;

/// A folder of links that nobody needs any more.
#[derive(Debug)]
pub(super) struct Aside {
    folder: OwnedFd,
    count: u32,
}

impl Aside {
    /// Takes a folder, and deletes what is left in it.
    pub(super) fn new(folder: OwnedFd) -> Result<Self, Errno> {
        remove::clear(&folder)?;
        Ok(Self { folder, count: 0 })
    }

    /// Puts the link `name` of `at` aside, or deletes it.
    pub(super) fn put(&mut self, at: &OwnedFd, name: &CStr) -> Result<(), Errno> {
        let is_put = self.count < MOST
            && rustix::fs::renameat(at, name, &self.folder, self.count.to_string().as_str()).is_ok();
        if !is_put {
            return remove::remove_at(at, name);
        }
        self.count += 1;
        Ok(())
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
    fn links_are_out_of_the_way_at_once_and_gone_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (farm, old) = (dir.path().join("farm"), dir.path().join("old"));
        fs::create_dir(&farm).unwrap();
        fs::create_dir(&old).unwrap();
        fs::write(old.join("left"), "of a killed run").unwrap();
        let open = |path| folder::open(rustix::fs::CWD, path).unwrap();
        let mut aside = Aside::new(open(&old)).unwrap();
        for _ in 0..2 {
            std::os::unix::fs::symlink("text", farm.join("a")).unwrap();
            aside.put(&open(&farm), c"a").unwrap();
            assert_eq!(fs::read_dir(&farm).unwrap().count(), 0);
        }
        assert_eq!(fs::read_dir(&old).unwrap().count(), 2, "moved, and what was left is gone");
        aside.count = MOST;
        std::os::unix::fs::symlink("text", farm.join("a")).unwrap();
        aside.put(&open(&farm), c"a").unwrap();
        assert_eq!([&farm, &old].map(|path| fs::read_dir(path).unwrap().count()), [0, 2], "too many");
        drop(aside);
        assert_eq!(fs::read_dir(&old).unwrap().count(), 0);
    }
}
