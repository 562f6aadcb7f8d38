//! Zip files: unpacked into a folder that goes when it is no longer needed.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zip::ZipArchive;

use super::error::{CookieError, refused};

/// A zip file unpacks to no more than this, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// The variable with the password of a locked zip file, as cookiecutter has it.
const PASSWORD: &str = "COOKIECUTTER_REPO_PASSWORD";

/// An unpacked zip file.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// Its top folder.
    pub(super) folder: PathBuf,
    /// What removes it.
    pub(super) holder: tempfile::TempDir,
}

/// Unpacks the zip file behind an address, which `curl` fetches.
///
/// Errors: it cannot be fetched, or not be unpacked.
pub(super) fn fetch(named: &str) -> Result<Unpacked, CookieError> {
    let wrong = |problem: &str| CookieError::Source(format!("`{named}` cannot be fetched: {problem}"));
    let fetched = tempfile::Builder::new().suffix(".zip").tempfile().map_err(refused(named))?;
    let mut curl = Command::new("curl");
    curl.args([
        "--fail",
        "--silent",
        "--show-error",
        "--location",
        "--proto",
        "=http,https",
        "--max-filesize",
    ]);
    curl.arg(MOST_BYTES.to_string()).arg("--output").arg(fetched.path()).args(["--", named]);
    match curl.stdin(Stdio::null()).output() {
        Ok(ended) if ended.status.success() => unpack(fetched.path()),
        Ok(ended) => Err(wrong(String::from_utf8_lossy(&ended.stderr).trim())),
        Err(_) => Err(wrong("that needs `curl`, which is not installed; download it and name the file")),
    }
}

/// Unpacks a zip file, whose first entry must be the folder that holds all.
///
/// Errors: it is none, is locked, leads out of its folder, or is too large.
pub(super) fn unpack(path: &Path) -> Result<Unpacked, CookieError> {
    let wrong = |problem: String| CookieError::Source(format!("the zip file `{}` {problem}", path.display()));
    let file = File::open(path).map_err(refused(path))?;
    let mut archive = ZipArchive::new(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let top = archive.name_for_index(0).and_then(Result::ok).map(std::borrow::Cow::into_owned);
    let Some(top) =
        top.as_deref().and_then(|top| top.strip_suffix('/')).filter(|top| !top.contains('/') && *top != "..")
    else {
        return Err(wrong("does not begin with a folder that holds everything".to_owned()));
    };
    let top = top.to_owned();
    let holder = tempfile::Builder::new().prefix("minipach-template-").tempdir().map_err(refused(path))?;
    let mut left = MOST_BYTES;
    for at in 0..archive.len() {
        put(&mut archive, at, holder.path(), &mut left).map_err(wrong)?;
    }
    Ok(Unpacked { folder: holder.path().join(top), holder })
}

/// Unpacks one entry. Permissions are those of new files: Python's `zipfile` does not restore them either.
fn put(archive: &mut ZipArchive<File>, at: usize, to: &Path, left: &mut u64) -> Result<(), String> {
    let told = |error: zip::result::ZipError| format!("cannot be unpacked: {error}");
    let name =
        archive.name_for_index(at).and_then(Result::ok).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let leads_out =
        name.starts_with('/') || name.split('/').any(|part| part == "..") || name.contains(['\\', '\0']);
    if leads_out || name.is_empty() {
        return Err(format!("holds the path `{name}`, which leads out of it"));
    }
    let target = to.join(&name);
    let folder = if name.ends_with('/') { target.as_path() } else { target.parent().unwrap_or(to) };
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot be unpacked: {error}"))?;
    if name.ends_with('/') {
        return Ok(());
    }
    let password = std::env::var(PASSWORD).ok();
    let entry = match &password {
        Some(password) => archive.by_index_decrypt(at, password.as_bytes()),
        None => archive.by_index(at),
    };
    let mut bytes = Vec::new();
    let read = entry
        .map_err(told)?
        .take(*left + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be unpacked: {error}"))?;
    *left = left.checked_sub(read as u64).ok_or_else(|| "unpacks to more than 1 GiB".to_owned())?;
    std::fs::write(&target, bytes).map_err(|error| format!("cannot be unpacked: {error}"))
}
