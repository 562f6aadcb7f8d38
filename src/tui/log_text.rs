//! Reads the end of a log, or the beginning of a file: of any size, with any content, made safe to show.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use unicode_width::UnicodeWidthChar as _;

use crate::model::{left_out_of, show, show_bytes};

use super::effect::{LogText, NoLog};
use super::words::size;

/// So much of the end of a log is read: all that is kept of one whose command has ended.
pub(super) const MOST_BYTES: u64 = 1200 * 1024;

/// Longer lines are cut.
const MOST_CHARS: usize = 10_000;

/// More marks on one letter than this are written out.
const MOST_MARKS: usize = 4;

/// The end of a log.
///
/// # Errors
/// When it is not there, is no file or cannot be read.
pub(super) fn read_log(path: &Path) -> Result<LogText, NoLog> {
    read_end(path, MOST_BYTES)
}

/// The same of at most so many bytes.
///
/// # Errors
/// The same.
pub(super) fn read_end(path: &Path, most: u64) -> Result<LogText, NoLog> {
    let trouble = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => NoLog::Nothing,
        _ => NoLog::Trouble(format!("cannot read the log: {error}")),
    };
    // Opening a pipe would wait for ever.
    if !path.metadata().map_err(trouble)?.is_file() {
        return Err(NoLog::Trouble("cannot read the log: it is no file".into()));
    }
    let mut file = File::open(path).map_err(trouble)?;
    let bytes = file.metadata().map_err(trouble)?.len();
    let start = bytes.saturating_sub(most);
    file.seek(SeekFrom::Start(start)).map_err(trouble)?;
    let mut end = Vec::new();
    file.take(most).read_to_end(&mut end).map_err(trouble)?;
    let lines = lines(&end, start > 0);
    let left_out = lines.iter().find_map(|line| left_out_of(line)).unwrap_or_default();
    Ok(LogText { path: path.to_owned(), lines, bytes, is_cut: start > 0, left_out })
}

/// What a link that leads nowhere means: git-annex has the content of what leads into it elsewhere.
fn broken_link(path: &Path) -> String {
    let target = std::fs::read_link(path).unwrap_or_default();
    let target = target.to_string_lossy();
    if target.contains(".git/annex/objects/") {
        return "its content is not here: a run that needs it fetches it".into();
    }
    format!("it is a link to `{}`, where nothing is: point it elsewhere, or remove it", show(&target))
}

/// So many bytes tell whether a file is text.
const TOLD_BY: usize = 8000;

/// The beginning of a file of the project, if it is text.
///
/// # Errors
/// When it is not there, is no text or cannot be read.
pub(super) fn read_start(path: &Path) -> Result<LogText, NoLog> {
    let trouble = |error: std::io::Error| {
        NoLog::Trouble(match error.kind() {
            ErrorKind::NotFound if path.is_symlink() => broken_link(path),
            ErrorKind::NotFound => "the file is not there any more".into(),
            _ => format!("cannot read the file: {error}"),
        })
    };
    if !path.metadata().map_err(trouble)?.is_file() {
        return Err(NoLog::Trouble("this is no file: there is no text to show".into()));
    }
    let file = File::open(path).map_err(trouble)?;
    let bytes = file.metadata().map_err(trouble)?.len();
    let mut start = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut start).map_err(trouble)?;
    if start.iter().take(TOLD_BY).any(|byte| *byte == 0) {
        let size = size(bytes);
        return Err(NoLog::Trouble(format!(
            "this is no text but {size} of other data; a command of your own can show it (`,`, under [commands])"
        )));
    }
    let is_cut = bytes > MOST_BYTES;
    let whole = start.iter().rposition(|byte| *byte == b'\n').filter(|_| is_cut);
    start.truncate(whole.map_or(start.len(), |at| at + 1));
    Ok(LogText { path: path.to_owned(), lines: lines(&start, false), bytes, is_cut, left_out: 0 })
}

/// Lines safe to show; where the start is left out, the first one is a part and left out too.
fn lines(bytes: &[u8], is_cut: bool) -> Vec<String> {
    let first = if is_cut { bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1) } else { 0 };
    let bytes = &bytes[first..];
    let bytes = bytes.strip_suffix(b"\n").map_or(bytes, |without| without);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == b'\n').map(line).collect()
}

/// One line as it would stand there at its end, without colours, cut where it is very long: what comes after a `\r` lies
/// over the first columns of what came before.
fn line(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
    let mut parts = bytes[..end].rsplit(|byte| *byte == b'\r');
    let (mut text, mut is_wiped) = written(parts.next().unwrap_or_default());
    if !is_wiped && bytes[..end].contains(&b'\r') {
        let mut width = columns(&text);
        for part in parts {
            if is_wiped || width >= MOST_CHARS {
                break;
            }
            let below;
            (below, is_wiped) = written(&without_orders(part));
            width += push_from(&mut text, &below, width);
        }
    }
    if let Some((at, _)) = text.char_indices().nth(MOST_CHARS) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// What lies below something else without what gives a terminal orders: it took no columns there, and what is left of it beside what
/// lies over it would be read as text.
fn without_orders(part: &[u8]) -> Cow<'_, [u8]> {
    if !part.contains(&0x1b) {
        return Cow::Borrowed(part);
    }
    let (mut kept, mut rest) = (Vec::new(), &part[..part.len().min(MOST_CHARS * 4)]);
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let length = order(rest);
        if colour(rest).is_some() {
            kept.extend_from_slice(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept.extend_from_slice(rest);
    Cow::Owned(kept)
}

/// How long the order to a terminal is that `bytes` begin with: a string up to its end, or letters up to the one that ends them.
fn order(bytes: &[u8]) -> usize {
    let end =
        |last: &dyn Fn(usize) -> bool| (2..bytes.len()).find(|at| last(*at)).map_or(bytes.len(), |at| at + 1);
    match bytes.get(1) {
        None => 1,
        Some(b'[') => end(&|at| (b'@'..=b'~').contains(&bytes[at])),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            end(&|at| bytes[at] == 7 || bytes[at] == b'\\' && bytes[at - 1] == 0x1b)
        }
        Some(_) => 2,
    }
}

/// What was written from the first column on, and whether what stood behind it before was wiped.
fn written(part: &[u8]) -> (String, bool) {
    // A character has at most four bytes.
    let part = &part[..part.len().min(MOST_CHARS * 4)];
    let (blank, is_wiped) = wipes(part);
    let mut text = " ".repeat(columns(&shown(&part[..blank])));
    text.push_str(&shown(&part[blank..]));
    (text, is_wiped)
}

fn shown(part: &[u8]) -> String {
    match std::str::from_utf8(part) {
        Ok(text) if part.iter().all(|byte| (b' '..=b'~').contains(byte)) => text.to_owned(),
        _ => spread(&show_pieces(part)),
    }
}

/// Up to which byte all was wiped again, and whether anything was wiped to the end of the line.
fn wipes(part: &[u8]) -> (usize, bool) {
    let (mut blank, mut is_wiped) = (0, false);
    for at in (0..part.len()).filter(|at| part[*at] == 0x1b) {
        let Some(length) = colour(&part[at..]).filter(|length| part[at + length - 1] == b'K') else {
            continue;
        };
        match &part[at + 2..at + length - 1] {
            b"" | b"0" => is_wiped = true,
            b"1" => blank = at + length,
            b"2" => (blank, is_wiped) = (at + length, true),
            _ => {}
        }
    }
    (blank, is_wiped)
}

fn columns(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// Adds a text from a column on; how many columns that is. Of a wide letter that is cut in two nothing is left, and so
/// of what is written out of one that steers a terminal.
fn push_from(text: &mut String, below: &str, from: usize) -> usize {
    let (mut column, mut added) = (0, 0);
    let whole_from = end_of_written_out(below, from);
    for letter in below.chars() {
        let (start, wide) = (column, letter.width().unwrap_or(0));
        column += wide;
        if start >= from && start < whole_from {
            text.push(' ');
            added += 1;
        } else if start >= from && wide + added > 0 {
            text.push(letter);
            added += wide;
        } else if start < from && column > from {
            text.push_str(&" ".repeat(column - from));
            added += column - from;
        }
    }
    added
}

/// The column at which ends what is written out of a letter and lies across a column; that column where none does.
fn end_of_written_out(text: &str, from: usize) -> usize {
    let mut column = 0;
    for (at, letter) in text.char_indices() {
        if column >= from {
            break;
        }
        if let Some(length) = written_out(&text[at..]).filter(|length| column + length > from) {
            return column + length;
        }
        column += letter.width().unwrap_or(0);
    }
    from
}

/// How long what is written out of a letter is, if a text begins with it.
fn written_out(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\\')?;
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(inside) = rest.strip_prefix("u{") {
        return inside.find('}').filter(|end| *end <= 6 && is_hex(&inside[..*end])).map(|end| end + 4);
    }
    rest.strip_prefix('x')?.get(..2).filter(|hex| is_hex(hex)).map(|_| 4)
}

/// The text with colours taken away, and tabs as they are, since they are spread later.
fn show_pieces(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, 0x1b | b'\t')) {
        shown.push_str(&show_bytes(&rest[..at]));
        rest = &rest[at..];
        let taken = match (rest[0], colour(rest)) {
            (b'\t', _) => {
                shown.push('\t');
                1
            }
            (_, Some(length)) => length,
            (_, None) => {
                shown.push_str(&show("\u{1b}"));
                1
            }
        };
        rest = &rest[taken..];
    }
    shown.push_str(&show_bytes(rest));
    shown
}

/// How long the command is that `bytes` begin with, if it sets colours or wipes to the end of the line.
fn colour(bytes: &[u8]) -> Option<usize> {
    let inside = bytes.strip_prefix(b"\x1b[")?;
    let length = inside.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
    matches!(inside[length], b'm' | b'K').then_some(length + 3)
}

/// Tabs become spaces up to the next eighth column; what has no width but is no mark on a letter is written out.
fn spread(text: &str) -> String {
    let mut spread = String::with_capacity(text.len());
    let (mut column, mut marks) = (0, 0);
    for letter in text.chars() {
        let width = letter.width().unwrap_or(0);
        marks = if width == 0 { marks + 1 } else { 0 };
        if letter == '\t' {
            let spaces = 8 - column % 8;
            spread.extend(std::iter::repeat_n(' ', spaces));
            (column, marks) = (column + spaces, 0);
        } else if is_hidden(letter) || marks > MOST_MARKS {
            let escaped = letter.escape_unicode().to_string();
            column += escaped.len();
            spread.push_str(&escaped);
        } else {
            spread.push(letter);
            column += width;
        }
    }
    spread
}

/// Characters that show nothing and change nothing but what a reader believes to see.
const fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn all(bytes: &[u8]) -> Vec<String> {
        lines(bytes, false)
    }

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        for (bytes, expected) in [
            (&b"\x1b[31;1mred\x1b[0m and \x1b[Kplain"[..], "red and plain"),
            (b"\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            (b"\x1b]52;c;aGk=\x1b\\x", "\\u{1b}]52;c;aGk=\\u{1b}\\x"),
            (b"\x1b[2J\x1b[H\x1bc", "\\u{1b}[2J\\u{1b}[H\\u{1b}c"),
            (b"\x1b[31", "\\u{1b}[31"),
            (b"\x1b", "\\u{1b}"),
            (b"a\0b\x08c", "a\\u{0}b\\u{8}c"),
            (b"\xff\xfe\xc3", "\\xff\\xfe\\xc3"),
            ("a\u{200b}b\u{feff}c\u{ad}".as_bytes(), "a\\u{200b}b\\u{feff}c\\u{ad}"),
            ("txt\u{202e}gpj \u{9b}31m".as_bytes(), "txt\\u{202e}gpj \\u{9b}31m"),
            ("日本 e\u{301} 👩\u{200d}🔬".as_bytes(), "日本 e\u{301} 👩\\u{200d}🔬"),
        ] {
            assert_eq!(all(bytes), [expected], "{bytes:?}");
        }
    }

    #[test]
    fn a_letter_carries_a_few_marks_only() {
        let text = format!("e{}", "\u{301}".repeat(500));
        assert!(all(text.as_bytes())[0].starts_with("e\u{301}\u{301}\u{301}\u{301}\\u{301}\\u{301}"));
    }

    #[test]
    fn progress_keeps_its_last_part_and_tabs_are_spread() {
        assert_eq!(
            all(b"1%\r50%\r100%\nok\r\n\r\r\na\tb\xc3\xa4\tc"),
            ["100%", "ok", "", "a       bä      c"]
        );
        assert_eq!(all(b""), Vec::<String>::new());
        assert_eq!((all(b"\n").len(), all(b"a\n\nb").len(), all(b"a\nb\n").len()), (0, 3, 2));
    }

    #[test]
    fn what_comes_after_a_return_lies_over_the_first_columns() {
        for (bytes, expected) in [
            (&b"tick 1\rx"[..], "xick 1"),
            (b"abcdef\r12\rX\r\r", "X2cdef"),
            (b"loading 10%\r\x1b[Kdone", "done"),
            (b"loading 10%\rdone\x1b[K", "done"),
            (b"loading 10%\x1b[2K\rdone", "done       "),
            (b"\x1b[31mred one\x1b[0m\r\x1b[32mgr\x1b[0m", "grd one"),
            ("日本x\ra".as_bytes(), "a 本x"),
            ("abcd\r日".as_bytes(), "日cd"),
            ("e\u{301}a\u{301}b\rx".as_bytes(), "xa\u{301}b"),
            (b"esc \x1b]0;PWNED\x07 x\rCR over", "CR over"),
            (b"a long line \x1b]52;c;aGk=\x1b\\and more\rCR", "CRlong line and more"),
            (b"cut \x1b]0;without an end\rCR", "CRt "),
            (b"ab\x1b[2Jcdef\x1b7\rx", "xbcdef"),
            (b"ab\xff!\rxyz", "xyz   !"),
            (b"\\u nothing\rx", "xu nothing"),
        ] {
            assert_eq!(all(bytes), [expected], "{bytes:?}");
        }
        let many = format!("{}{}", "y".repeat(9000), "\rx".repeat(500_000));
        assert_eq!(all(many.as_bytes())[0].len(), 9000);
    }

    #[test]
    fn long_lines_are_cut() {
        let cut = &all("x".repeat(30_000).as_bytes())[0];
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (MOST_CHARS + 1, true));
        assert_eq!(all("ä".repeat(90_000).as_bytes())[0].chars().count(), MOST_CHARS + 1);
        assert_eq!(all(&[b'x'; MOST_CHARS])[0].len(), MOST_CHARS);
    }

    #[test]
    fn of_a_huge_log_only_the_end_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut file = File::create(&path).expect("a file");
        // A hole of 100 MB, then words.
        file.seek(SeekFrom::Start(100_000_000)).expect("far away");
        file.write_all(b"\nfirst\nlast, without an end").expect("written");
        let text = read_log(&path).expect("read");
        assert_eq!((text.bytes, text.is_cut), (100_000_027, true));
        assert_eq!(text.lines, ["first", "last, without an end"]);
        std::fs::write(&path, "a\n[minipach: 1072627745 bytes left out]\nz\n").expect("written");
        assert_eq!(read_log(&path).map(|text| (text.left_out, text.is_cut)), Ok((1_072_627_745, false)));
        std::fs::write(&path, vec![0; 3_000_000]).expect("written");
        let binary = read_log(&path).expect("read");
        assert_eq!((binary.lines.len(), binary.is_cut), (1, true));
        assert!(binary.lines[0].starts_with("\\u{0}\\u{0}"));
    }

    #[test]
    fn what_is_not_there_or_no_file_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read_log(&folder.path().join("none")), Err(NoLog::Nothing));
        assert!(read_log(folder.path()).expect_err("a folder").to_string().contains("no file"));
        std::fs::write(folder.path().join("empty"), "").expect("written");
        assert_eq!(read_log(&folder.path().join("empty")).map(|text| text.lines.len()), Ok(0));
    }

    #[test]
    fn of_a_file_the_beginning_is_read_if_it_is_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).expect("written");
            read_start(&folder.path().join(name))
        };
        let text = write("a.txt", b"one\n\x1b]0;title\x07\tthree\n").expect("read");
        assert_eq!(text.lines, ["one", "\\u{1b}]0;title\\u{7}     three"]);
        let long = "a line of it\n".repeat(200_000);
        let text = write("long.txt", long.as_bytes()).expect("read");
        assert!(
            text.is_cut && text.lines.iter().all(|line| line == "a line of it") && text.lines.len() > 90_000
        );
        let trouble = |found: Result<LogText, NoLog>| found.expect_err("no text").to_string();
        assert!(
            trouble(write("scan.nii", b"\x5c\x01\0\0")).starts_with("this is no text but 4 B of other data")
        );
        assert!(trouble(read_start(&folder.path().join("gone"))).contains("not there any more"));
        assert!(trouble(read_start(folder.path())).contains("no file"));
        std::os::unix::fs::symlink("nowhere", folder.path().join("broken")).expect("a link");
        let broken = trouble(read_start(&folder.path().join("broken")));
        assert!(broken.contains("a link to `nowhere`, where nothing is"), "{broken}");
        let key = "../.git/annex/objects/xx/yy/MD5E-s1--0/MD5E-s1--0";
        std::os::unix::fs::symlink(key, folder.path().join("absent")).expect("a link");
        assert!(
            trouble(read_start(&folder.path().join("absent"))).contains("a run that needs it fetches it")
        );
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            for line in all(&bytes).iter().chain(&all(text.as_bytes())) {
                prop_assert!(!line.chars().any(|letter| letter.is_control() || is_hidden(letter)), "{line:?}");
                prop_assert!(line.chars().count() <= MOST_CHARS + 1);
            }
        }
    }
}
