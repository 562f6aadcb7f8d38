//! `SafePath`: a path to a folder that shells and tools cannot misread.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use super::error::{ExecError, io};

/// A folder's own path if it is plain, else a link to it in the temporary folder.
#[derive(Debug)]
pub(super) struct SafePath {
    path: PathBuf,
    is_link: bool,
}

impl SafePath {
    /// Finds or makes a plain path to `target`; the same target gets the same path every time.
    pub(super) fn new(target: &Path) -> Result<Self, ExecError> {
        if is_plain(target) {
            return Ok(Self { path: target.to_owned(), is_link: false });
        }
        let hash = blake3::hash(target.as_os_str().as_bytes()).to_hex();
        let path = own_folder()?.join(&hash[..16]);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("replace", path, error));
            }
            _ => {}
        }
        std::os::unix::fs::symlink(target, &path).map_err(|error| io("link", &path, error))?;
        Ok(Self { path, is_link: true })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SafePath {
    fn drop(&mut self) {
        if self.is_link {
            // Nobody is told of a link that stays behind: it is replaced by the next use.
            std::fs::remove_file(&self.path).unwrap_or_default();
        }
    }
}

fn is_plain(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let is_hidden = bytes.windows(2).any(|pair| pair == b"/.");
    !is_hidden && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(byte))
}

/// That links of ended runs were removed.
static SWEPT: Once = Once::new();

/// So old is a link that nobody is about to make the folder of.
const OLD: Duration = Duration::from_hours(1);

/// Removes links that killed runs left and whose folders are gone. Nobody is told of one that stays.
fn sweep(own: &Path) {
    let is_old = |path: &Path| {
        let made = std::fs::symlink_metadata(path).and_then(|about| about.modified());
        made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > OLD))
    };
    for entry in std::fs::read_dir(own).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() && !path.exists() && is_old(&path) {
            std::fs::remove_file(&path).unwrap_or_default();
        }
    }
}

/// The user's own folder for such links; one that someone else made under its name is refused.
fn own_folder() -> Result<PathBuf, ExecError> {
    let temp = std::env::temp_dir();
    let temp = if is_plain(&temp) { temp } else { PathBuf::from("/tmp") };
    let user = rustix::process::geteuid().as_raw();
    let own = temp.join(format!("minipach-{user}"));
    match std::fs::DirBuilder::new().mode(0o700).create(&own) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            let advice = format!("{error}; set TMPDIR to a folder that is there and that you may write to");
            return Err(io("create", own, std::io::Error::other(advice)));
        }
        _ => {}
    }
    let found = std::fs::symlink_metadata(&own).map_err(|error| io("open", &own, error))?;
    if found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0 {
        SWEPT.call_once(|| sweep(&own));
        return Ok(own);
    }
    Err(io("use", own, std::io::Error::other("someone else may write to it; remove it or set TMPDIR")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

    #[test]
    fn links_of_ended_runs_go() {
        let own = tempfile::tempdir().unwrap();
        let at = |name: &str| own.path().join(name);
        for (name, target, seconds) in
            [("left", "/nowhere/0", Some(0)), ("fresh", "/nowhere/1", None), ("used", "/", Some(0))]
        {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
            if let Some(tv_sec) = seconds {
                let time = Timespec { tv_sec, tv_nsec: 0 };
                let times = Timestamps { last_access: time, last_modification: time };
                utimensat(CWD, at(name), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
            }
        }
        sweep(own.path());
        assert!(!at("left").is_symlink() && at("fresh").is_symlink() && at("used").is_symlink());
    }
}
