//! A scaffold in a folder of a person's own. Nothing outside of that folder is read, whatever its manifest says.

use std::path::Path;

use super::built_in::find;
use super::load::{MANIFEST, load};
use super::{Manifest, ScaffoldError};

/// Files larger than this are no part of a layout.
const BYTES_AT_MOST: u64 = 64 * 1024 * 1024;

/// Whether a folder holds a scaffold.
pub fn is_scaffold(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// The scaffold in a folder.
///
/// Errors: there is none, it is wrong, or it names files that are links, no files, or outside of the folder.
pub fn open_folder(folder: &Path) -> Result<Manifest, ScaffoldError> {
    let shown = folder.display().to_string();
    if !is_scaffold(folder) {
        return Err(ScaffoldError::NoManifest { folder: shown });
    }
    let base = |id: &str| find(id).map_err(|error| error.to_string());
    let file = |path: &str| read(folder, path);
    load(&file, &base).map_err(|problem| ScaffoldError::Unusable { scaffold: shown, problem })
}

/// A file of the folder; a link on the way could lead anywhere.
fn read(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let mut full = folder.to_owned();
    for part in Path::new(path) {
        full.push(part);
        match full.symlink_metadata() {
            Ok(about) if about.is_symlink() => {
                return Err(format!("its file `{path}` is a link, or lies behind one"));
            }
            Ok(_) => {}
            Err(error) => return Err(format!("its file `{path}` cannot be read: {error}")),
        }
    }
    match full.metadata() {
        Ok(about) if !about.is_file() => return Err(format!("`{path}` in it is no file")),
        Ok(about) if about.len() > BYTES_AT_MOST => {
            return Err(format!("its file `{path}` is larger than {} MiB", BYTES_AT_MOST >> 20));
        }
        _ => {}
    }
    std::fs::read(&full).map_err(|error| format!("its file `{path}` cannot be read: {error}"))
}
