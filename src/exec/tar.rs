//! Tar files of packed results: written as GNU tar writes them for the record's command, byte for byte, and read.
//!
//! Only files and links, with names that begin with `./`, in the order given; no folders, no times, no owners.

use std::fs::File;
use std::io::{self, Error, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const BLOCK: usize = 512;
/// What is written is filled up to a multiple of this.
const RECORD: u64 = 10240;
/// A longer name, or text of a link, stands in a block of its own before.
const NAME: usize = 100;
/// A size from here on does not fit into eleven octal digits.
const OCTAL_SIZES: u64 = 1 << 33;

/// Writes one tar file.
pub(super) struct TarWriter<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> TarWriter<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, bytes: 0 }
    }

    /// Appends a file of `size` bytes.
    pub(super) fn file(&mut self, path: &str, is_exec: bool, size: u64, from: impl Read) -> io::Result<()> {
        self.head(path, if is_exec { 0o755 } else { 0o644 }, size, b'0', "")?;
        let copied = io::copy(&mut from.take(size), &mut self.out)?;
        if copied != size {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it became shorter while it was read"));
        }
        self.fill(size)
    }

    /// Appends a link with this text.
    pub(super) fn link(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.head(path, 0o777, 0, b'2', text)
    }

    /// Ends it and gives back what it was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let end = (self.bytes + 2 * BLOCK as u64).next_multiple_of(RECORD);
        io::copy(&mut io::repeat(0).take(end - self.bytes), &mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn head(&mut self, path: &str, mode: u32, size: u64, kind: u8, link: &str) -> io::Result<()> {
        let name = format!("./{path}");
        if link.len() > NAME {
            self.long(b'K', link)?;
        }
        if name.len() > NAME {
            self.long(b'L', &name)?;
        }
        self.block(&header(&name, mode, size, kind, link))
    }

    /// A text that does not fit into a header.
    fn long(&mut self, kind: u8, text: &str) -> io::Result<()> {
        let size = text.len() as u64 + 1;
        self.block(&header("././@LongLink", 0o644, size, kind, ""))?;
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(&[0])?;
        self.fill(size)
    }

    fn block(&mut self, block: &[u8; BLOCK]) -> io::Result<()> {
        self.bytes += BLOCK as u64;
        self.out.write_all(block)
    }

    /// Counts `size` bytes that were written, and fills up their last block.
    fn fill(&mut self, size: u64) -> io::Result<()> {
        let whole = size.next_multiple_of(BLOCK as u64);
        self.bytes += whole;
        io::copy(&mut io::repeat(0).take(whole - size), &mut self.out).map(drop)
    }
}

fn header(name: &str, mode: u32, size: u64, kind: u8, link: &str) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    put(&mut block, 0, cut(name));
    put(&mut block, 100, format!("{mode:07o}").as_bytes());
    put(&mut block, 108, b"0000000");
    put(&mut block, 116, b"0000000");
    if size < OCTAL_SIZES {
        put(&mut block, 124, format!("{size:011o}").as_bytes());
    } else {
        block[124] = 0x80;
        put(&mut block, 128, &size.to_be_bytes());
    }
    put(&mut block, 136, b"00000000000");
    block[156] = kind;
    put(&mut block, 157, cut(link));
    put(&mut block, 257, b"ustar  ");
    let sum = checksum(&block);
    put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
    block
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

fn cut(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(NAME)]
}

/// The sum of a header's bytes, with spaces where the sum itself stands.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let byte = |(at, byte): (usize, &u8)| u32::from(if (148..156).contains(&at) { b' ' } else { *byte });
    block.iter().enumerate().map(byte).sum()
}

/// One file or link of a tar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its path, without the `./`.
    pub path: String,
    /// Whether it is an executable file.
    pub is_exec: bool,
    /// Where its bytes begin in the tar file, and how many they are.
    pub at: u64,
    /// See `at`.
    pub size: u64,
    /// The text of a link.
    pub link: Option<String>,
}

/// What a tar file holds that was written here or by the record's command.
///
/// # Errors
/// When it cannot be read, or is no such file.
pub fn parts(tar: &Path) -> io::Result<Vec<Part>> {
    let file = File::open(tar)?;
    let (mut found, mut at) = (Vec::new(), 0);
    let (mut name, mut link) = (None, None);
    loop {
        let mut block = [0; BLOCK];
        file.read_exact_at(&mut block, at)?;
        at += BLOCK as u64;
        if block == [0; BLOCK] {
            return Ok(found);
        }
        if octal(&block[148..154]) != Some(u64::from(checksum(&block))) {
            return Err(strange("a damaged header"));
        }
        let size = size_of(&block).ok_or_else(|| strange("a size that is none"))?;
        match block[156] {
            b'L' => name = Some(text_at(&file, at, size)?),
            b'K' => link = Some(text_at(&file, at, size)?),
            kind @ (b'0' | b'2') => {
                let name = name.take().map_or_else(|| field(&block[..NAME]), Ok)?;
                let text = link.take().map_or_else(|| field(&block[157..257]), Ok)?;
                let is_exec = octal(&block[100..107]).is_some_and(|mode| mode & 0o100 != 0);
                let link = (kind == b'2').then_some(text);
                found.push(Part { path: inside(&name)?, is_exec, at, size, link });
            }
            _ => return Err(strange("something that is neither a file nor a link")),
        }
        at += size.next_multiple_of(BLOCK as u64);
    }
}

fn strange(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("is no packed result: it has {what}"))
}

fn octal(field: &[u8]) -> Option<u64> {
    u64::from_str_radix(str::from_utf8(field).ok()?.trim_end_matches('\0'), 8).ok()
}

fn size_of(block: &[u8; BLOCK]) -> Option<u64> {
    if block[124] == 0x80 {
        return Some(u64::from_be_bytes(block[128..136].try_into().ok()?)).filter(|size| *size < 1 << 60);
    }
    octal(&block[124..135])
}

/// The text of a field, up to its first zero.
fn field(bytes: &[u8]) -> io::Result<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = str::from_utf8(&bytes[..end]).map_err(|_| strange("a name that is not UTF-8"))?;
    Ok(text.to_owned())
}

fn text_at(file: &File, at: u64, size: u64) -> io::Result<String> {
    const LONGEST: u64 = 1 << 16;
    let size = usize::try_from(size.min(LONGEST)).map_err(|_| strange("a name that is too long"))?;
    let mut bytes = vec![0; size];
    file.read_exact_at(&mut bytes, at)?;
    field(&bytes)
}

/// The path of a name, if it leads nowhere else.
fn inside(name: &str) -> io::Result<String> {
    let path =
        name.strip_prefix("./").filter(|path| path.split('/').all(|part| !matches!(part, "" | "." | "..")));
    path.map(str::to_owned).ok_or_else(|| strange("a name that leads elsewhere"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// What GNU tar makes of the same files, as the record's command calls it.
    fn by_gnu_tar(folder: &Path) -> Vec<u8> {
        let script = "find . ! -type d -print0 | LC_ALL=C sort -z >../list && tar --format=gnu --mtime=@0 \
             --owner=0 --group=0 --numeric-owner --no-recursion --hard-dereference --null -T ../list -cf -";
        let made = Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    }

    fn name(length: usize) -> String {
        "n".repeat(length)
    }

    /// Lays out files and links of every kind; gives their paths, with the texts of the links, in order.
    fn laid_out(out: &Path) -> Vec<(String, Option<String>)> {
        use std::os::unix::fs::PermissionsExt as _;
        // Around the 100 bytes of a name, deep, with signs; sizes around a block.
        let mut files: Vec<(String, usize)> = (94..=104).map(|length| (name(length), length * 5)).collect();
        files.extend([
            ("a/b-c/é ü.txt".to_owned(), 0),
            ("a/b/-x".to_owned(), 511),
            ("a/b!/y".to_owned(), 513),
        ]);
        files.push((format!("{}/{}", name(120), name(130)), 20_000));
        files.push(("run.sh".to_owned(), 512));
        for (path, size) in &files {
            let full = out.join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(&full, vec![b'x'; *size]).unwrap();
            let mode = if path == "run.sh" { 0o755 } else { 0o644 };
            std::fs::set_permissions(&full, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let links = [("l1", name(99)), ("l2", name(100)), ("l3", name(101)), ("z/l", "../run.sh".to_owned())];
        std::fs::create_dir_all(out.join("z")).unwrap();
        for (path, text) in &links {
            std::os::unix::fs::symlink(text, out.join(path)).unwrap();
        }
        let mut all: Vec<(String, Option<String>)> =
            files.iter().map(|(path, _)| (path.clone(), None)).collect();
        all.extend(links.iter().map(|(path, text)| ((*path).to_owned(), Some(text.clone()))));
        all.sort();
        all
    }

    #[test]
    fn the_bytes_are_those_of_gnu_tar_and_are_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let all = laid_out(&out);
        let mut tar = TarWriter::new(Vec::new());
        for (path, link) in &all {
            if let Some(text) = link {
                tar.link(path, text).unwrap();
                continue;
            }
            let bytes = std::fs::read(out.join(path)).unwrap();
            tar.file(path, path == "run.sh", bytes.len() as u64, &*bytes).unwrap();
        }
        let made = tar.finish().unwrap();
        assert!(made == by_gnu_tar(&out));
        let place = dir.path().join("x.tar");
        std::fs::write(&place, &made).unwrap();
        let read = parts(&place).unwrap();
        assert_eq!(read.iter().map(|part| (part.path.clone(), part.link.clone())).collect::<Vec<_>>(), all);
        for part in read.iter().filter(|part| part.link.is_none()) {
            let at = usize::try_from(part.at).unwrap();
            let bytes = std::fs::read(out.join(&part.path)).unwrap();
            assert_eq!(&made[at..at + bytes.len()], &bytes[..], "{}", part.path);
            assert_eq!((part.size, part.is_exec), (bytes.len() as u64, part.path == "run.sh"));
        }
    }

    #[test]
    fn large_sizes_are_told_as_gnu_tar_tells_them() {
        let block = header("./big", 0o644, 9 << 30, b'0', "");
        assert_eq!(&block[124..136], b"\x80\0\0\0\0\0\0\x02\x40\0\0\0");
        assert_eq!(size_of(&block), Some(9 << 30));
    }

    #[test]
    fn what_is_no_packed_result_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("x");
        let mut up = TarWriter::new(Vec::new());
        up.file("../../etc/x", false, 0, &b""[..]).unwrap();
        for bytes in [b"/annex/objects/MD5E-s3--x\n".to_vec(), vec![b'x'; 2048], up.finish().unwrap()] {
            std::fs::write(&place, bytes).unwrap();
            assert!(parts(&place).is_err());
        }
    }
}
