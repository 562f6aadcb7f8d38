//! `Log`: what a command prints, as it comes, bounded: of more than there is room for, beginning and end. It makes a file,
//! or is added to one under a heading.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::model::left_out_line;

/// Bytes of the beginning that are kept.
const HEAD_BYTES: usize = 64 << 10;
/// Bytes of the end that are kept, in memory too.
const TAIL_BYTES: usize = 1 << 20;
/// Where there is no more room in the file while the command runs, so many bytes of the end begin the end anew: few, for
/// they are written once more.
const ANEW_BYTES: usize = TAIL_BYTES / 4;

/// A bounded log; its file is made with the first byte.
pub(super) struct Log<'a> {
    path: &'a Path,
    heading: Option<&'a str>,
    file: Option<File>,
    /// Where in the file it begins.
    start: u64,
    total: u64,
    tail: Vec<u8>,
    /// Where the oldest byte of a full tail is.
    oldest: usize,
    /// Bytes of it that stand in the file.
    written: usize,
    error: Option<std::io::Error>,
}

impl<'a> Log<'a> {
    pub(super) const fn new(path: &'a Path, heading: Option<&'a str>) -> Self {
        Self {
            path,
            heading,
            file: None,
            start: 0,
            total: 0,
            tail: Vec::new(),
            oldest: 0,
            written: 0,
            error: None,
        }
    }

    /// Takes what the command printed. A failed write is kept for [`Log::finish`], since the command
    /// must be read to its end all the same.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let head_left = HEAD_BYTES.saturating_sub(usize::try_from(self.total).unwrap_or(usize::MAX));
        let (head, rest) = bytes.split_at(head_left.min(bytes.len()));
        self.total += bytes.len() as u64;
        self.write(head);
        self.keep(rest);
        // Who follows it sees it at once.
        if self.written + rest.len() <= TAIL_BYTES {
            self.write(rest);
            self.written += rest.len();
        } else {
            self.end_anew(ANEW_BYTES);
        }
    }

    /// Writes all of the end that is kept, if there is more of it, and returns the bytes printed.
    pub(super) fn finish(mut self) -> std::io::Result<u64> {
        if self.written < self.tail.len() {
            self.end_anew(TAIL_BYTES);
        }
        self.error.map_or(Ok(self.total), Err)
    }

    /// Has the file end with at most so many bytes of the end, after a line that says how much was left out.
    fn end_anew(&mut self, most: usize) {
        self.cut();
        let tail = std::mem::take(&mut self.tail);
        self.written = most.min(tail.len());
        let left_out = self.total - (HEAD_BYTES + self.written) as u64;
        if left_out > 0 {
            self.write(left_out_line(left_out).as_bytes());
        }
        let (newer, older) = tail.split_at(self.oldest);
        let of_older = self.written.saturating_sub(newer.len());
        self.write(&older[older.len() - of_older..]);
        self.write(&newer[newer.len() - (self.written - of_older)..]);
        self.tail = tail;
    }

    /// Leaves the beginning of the file only.
    fn cut(&mut self) {
        let Some(file) = self.file.as_mut().filter(|_| self.error.is_none()) else { return };
        let cut = file.set_len(self.start + HEAD_BYTES as u64);
        self.error = cut.and_then(|()| file.seek(SeekFrom::End(0)).map(drop)).err();
    }

    fn keep(&mut self, mut bytes: &[u8]) {
        let room = TAIL_BYTES - self.tail.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.tail.extend_from_slice(first);
        bytes = rest;
        while !bytes.is_empty() {
            let part = bytes.len().min(TAIL_BYTES - self.oldest);
            self.tail[self.oldest..self.oldest + part].copy_from_slice(&bytes[..part]);
            self.oldest = (self.oldest + part) % TAIL_BYTES;
            bytes = &bytes[part..];
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.error.is_some() {
            return;
        }
        let written = self.open().and_then(|file| file.write_all(bytes));
        self.error = written.err();
    }

    fn open(&mut self) -> std::io::Result<&mut File> {
        if self.file.is_none() {
            let file = match self.heading {
                None => create(self.path)?,
                Some(heading) => go_on(self.path, heading)?,
            };
            self.start = file.metadata()?.len();
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("the file was just made"))
    }
}

/// Creates the file; its folder is made only when it turns out to be missing.
fn create(path: &Path) -> std::io::Result<File> {
    open_with(path, File::options().write(true).create(true).truncate(true))
}

fn open_with(path: &Path, options: &OpenOptions) -> std::io::Result<File> {
    match (options.open(path), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(parent)?;
            options.open(path)
        }
        (made, _) => made,
    }
}

/// Opens the file at its end, with a line of its own for the heading.
fn go_on(path: &Path, heading: &str) -> std::io::Result<File> {
    let mut file = open_with(path, File::options().read(true).append(true).create(true))?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let before = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{before}{heading}\n").as_bytes())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn logged(chunks: &[Vec<u8>]) -> (u64, Option<Vec<u8>>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/a");
        let mut log = Log::new(&path, None);
        for chunk in chunks {
            log.take(chunk);
        }
        (log.finish().unwrap(), std::fs::read(&path).ok())
    }

    #[test]
    fn no_output_no_file() {
        assert_eq!(logged(&[]), (0, None));
    }

    #[test]
    fn long_output_keeps_its_beginning_and_end() {
        let chunks: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; 50_000]).collect();
        let all = chunks.concat();
        let (total, text) = logged(&chunks);
        let text = text.unwrap();
        assert_eq!(total, 2_000_000);
        assert!(text.starts_with(&all[..HEAD_BYTES]) && text.ends_with(&all[all.len() - TAIL_BYTES..]));
        let middle = String::from_utf8_lossy(&text[HEAD_BYTES..text.len() - TAIL_BYTES]).into_owned();
        assert_eq!(middle, format!("\n[minipach: {} bytes left out]\n", 2_000_000 - HEAD_BYTES - TAIL_BYTES));
    }

    #[test]
    fn what_has_room_stands_there_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut log = Log::new(&path, None);
        for size in [HEAD_BYTES - 1, 2, TAIL_BYTES - 1] {
            log.take(&vec![b'x'; size]);
            assert_eq!(path.metadata().unwrap().len(), log.total);
        }
        assert_eq!(path.metadata().unwrap().len(), (HEAD_BYTES + TAIL_BYTES) as u64);
    }

    #[test]
    fn of_more_the_newest_stands_there_while_the_command_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for heading in [None, Some("[again]")] {
            let mut log = Log::new(&path, heading);
            for line in 0..400_000 {
                let line = format!("{line}\n");
                log.take(line.as_bytes());
                if log.total % 1000 < 7 {
                    let text = std::fs::read(&path).unwrap();
                    assert!(
                        text.ends_with(line.as_bytes()) && text.len() < 2 * (HEAD_BYTES + TAIL_BYTES) + 200
                    );
                }
            }
            let (_, last) = std::fs::read_to_string(&path)
                .unwrap()
                .rsplit_once("bytes left out]\n")
                .map(|(before, last)| (before.len(), last.to_owned()))
                .unwrap();
            let mut numbers = last.lines().skip(1).map(|line| line.parse::<u32>().unwrap());
            let first = numbers.next().unwrap();
            assert!((first + 1..400_000).eq(numbers), "no line of the end is lacking");
            log.finish().unwrap();
        }
    }

    #[test]
    fn under_a_heading_it_is_added_in_a_line_of_its_own_and_bounded_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/a");
        for (before, expected) in [("", "[x]\nmore"), ("one", "one\n[x]\nmore"), ("one\n", "one\n[x]\nmore")]
        {
            if !before.is_empty() {
                std::fs::write(&path, before).unwrap();
            }
            let mut log = Log::new(&path, Some("[x]"));
            log.take(b"more");
            assert_eq!(log.finish().unwrap(), 4);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        Log::new(&path, Some("[silent]")).finish().unwrap();
        let mut log = Log::new(&path, Some("[long]"));
        log.take(&vec![b'y'; HEAD_BYTES]);
        log.take(&vec![b'z'; 2 * TAIL_BYTES]);
        log.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("one\n[x]\nmore\n[long]\nyyy") && text.ends_with("zzz"));
        assert!(text.len() < HEAD_BYTES + TAIL_BYTES + 100, "{}", text.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn output_that_fits_is_whole(sizes in proptest::collection::vec(0..90_000_usize, 0..12)) {
            let chunks: Vec<Vec<u8>> = (0_u8..).zip(&sizes).map(|(n, size)| vec![n; *size]).collect();
            let (total, text) = logged(&chunks);
            prop_assert_eq!(total, sizes.iter().sum::<usize>() as u64);
            prop_assert_eq!(text.unwrap_or_default(), chunks.concat());
        }
    }
}
