//! Packing: a collected output becomes one tar file in a folder of its own, which is published in its place.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::{ExecError, io};
use super::tar::{Part, TarWriter};
use super::{Slot, hash, remove};
use crate::model::{ContentId, Kind, OutFile, PACK_FILE};

/// Packs what [`super::collect()`] found in a slot's output; gives the folder to be staged, and its only file.
///
/// # Errors
/// When a file cannot be read or the pack not be written.
pub fn pack(slot: &Slot, files: &[OutFile]) -> Result<(PathBuf, OutFile), ExecError> {
    let packed = slot.folder(c"packed")?;
    let folder = slot.path.join("packed");
    remove::clear(packed).map_err(|error| io("empty", &folder, error))?;
    let place = folder.join(PACK_FILE);
    let file = File::create_new(&place).map_err(|error| io("create", &place, error))?;
    let mut tar = TarWriter::new(BufWriter::with_capacity(1 << 18, file));
    for file in files {
        let path = slot.real_out().join(&*file.path);
        append(&mut tar, file, &path).map_err(|error| io("read", &path, error))?;
    }
    tar.finish().map_err(|error| io("write", &place, error))?;
    let content = content_of(&place, None).map_err(|error| io("read", &place, error))?;
    Ok((folder, OutFile { path: PACK_FILE.into(), kind: Kind::File, content }))
}

fn append<W: std::io::Write>(tar: &mut TarWriter<W>, file: &OutFile, path: &Path) -> std::io::Result<()> {
    if file.kind == Kind::Link {
        let text = std::fs::read_link(path)?;
        let text = text.to_str().ok_or(std::io::ErrorKind::InvalidData)?;
        return tar.link(&file.path, text);
    }
    let source = File::open(path)?;
    let size = source.metadata()?.len();
    tar.file(&file.path, file.kind == Kind::Exec, size, source)
}

/// What a file contains, or one part of a tar file.
///
/// # Errors
/// When it cannot be read, or is shorter than it was.
pub fn content_of(path: &Path, part: Option<&Part>) -> std::io::Result<ContentId> {
    if let Some(text) = part.and_then(|part| part.link.as_ref()) {
        return Ok(hash::blob(text.as_bytes()));
    }
    let mut file = File::open(path)?;
    let (at, size) = match part {
        Some(part) => (part.at, part.size),
        None => (0, file.metadata()?.len()),
    };
    file.seek(SeekFrom::Start(at))?;
    let read = hash::blob_of(file.take(size), size, &mut vec![0; 64 << 10])?;
    read.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}
