//! After a power cut: does a staged output still hold the bytes that were collected?

use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Publication;
use super::error::{ExecError, io};
use super::stage::{self, Staged};
use super::{hash, localise};
use crate::model::{ContentId, Kind, OutFile};

/// Whether publishing leads to exactly what was collected: each file that is still staged has its bytes, and
/// each that was moved already `stands`.
///
/// # Errors
/// When what is staged cannot be looked at or read.
pub fn is_intact(publication: &Publication, stands: &dyn Fn(&OutFile) -> bool) -> Result<bool, ExecError> {
    let staged = localise::current(publication)?;
    let is_new = stage::look(&staged)? == Staged::New;
    for file in &publication.files {
        let path = staged.join(&*file.path);
        // A folder that is still to be moved as a whole takes the place of whatever stands.
        let is_staged = is_new && (publication.whole || path.symlink_metadata().is_ok());
        let is_good = if is_staged { holds(&path, file)? } else { stands(file) };
        if !is_good {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what lies at `path` is a file of this kind and content.
fn holds(path: &Path, file: &OutFile) -> Result<bool, ExecError> {
    let Ok(stat) = path.symlink_metadata() else { return Ok(false) };
    if stat.is_symlink() {
        let Ok(text) = std::fs::read_link(path) else { return Ok(false) };
        return Ok(match &file.content {
            ContentId::Annex(key) => text.file_name().is_some_and(|name| *name == **key),
            content => file.kind == Kind::Link && hash::blob(text.as_os_str().as_bytes()) == *content,
        });
    }
    let kind = if stat.permissions().mode() & 0o100 == 0 { Kind::File } else { Kind::Exec };
    if !stat.is_file() || kind != file.kind {
        return Ok(false);
    }
    let read = |error| io("read", path, error);
    let open = File::open(path).map_err(read)?;
    let content = hash::blob_of(open, stat.len(), &mut vec![0; 64 << 10]).map_err(read)?;
    Ok(content.as_ref() == Some(&file.content))
}
