//! Is a file text that is rendered, or bytes that are copied? As the package `binaryornot` 0.6 tells, which
//! cookiecutter asks: by the name's ending, by known beginnings, then by what the first bytes look like.

use super::signs::{BEGINNINGS, ENDINGS};

/// So many bytes at the beginning are looked at.
const LOOKED_AT: usize = 512;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is rendered.
    Text,
    /// It is copied.
    Binary,
    /// The answer hangs on encodings that are not known here.
    Unclear,
}

/// What a file of this name with these bytes is taken for.
pub(super) fn kind(name: &str, bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    if has_binary_ending(name) || BEGINNINGS.iter().any(|beginning| head.starts_with(beginning)) {
        return Kind::Binary;
    }
    if head.is_empty() {
        return Kind::Text;
    }
    let looks = Looks::of(head);
    match (looks.control > 0.0, std::str::from_utf8(head).is_ok()) {
        (false, true) => Kind::Text,
        (false, false) => without_control(&looks),
        (true, true) => with_control(&looks),
        (true, false) => Kind::Unclear,
    }
}

fn has_binary_ending(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let ending = name.trim_start_matches('.').rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Shares of the bytes looked at, from 0 to 1, and their disorder in bits.
struct Looks {
    zeros: f64,
    control: f64,
    printable: f64,
    high: f64,
    longest_run: f64,
    disorder: f64,
}

impl Looks {
    #[expect(clippy::cast_precision_loss, reason = "at most 512 bytes")]
    fn of(head: &[u8]) -> Self {
        let share =
            |test: fn(&u8) -> bool| head.iter().filter(|byte| test(byte)).count() as f64 / head.len() as f64;
        let is_run = |byte: &u8| matches!(byte, 0x20..=0x7e | b'\t' | b'\n' | b'\r');
        let longest = head.split(|byte| !is_run(byte)).map(<[u8]>::len).max().unwrap_or(0);
        let mut counts = [0_usize; 256];
        for byte in head {
            counts[usize::from(*byte)] += 1;
        }
        let shares = counts.iter().filter(|count| **count > 0).map(|count| *count as f64 / head.len() as f64);
        Self {
            zeros: share(|byte| *byte == 0),
            control: share(|byte| *byte < 0x20 && !b"\t\n\r".contains(byte)),
            printable: share(|byte| (0x20..=0x7e).contains(byte)),
            high: share(|byte| *byte >= 0x80),
            longest_run: longest as f64 / head.len() as f64,
            disorder: -shares.map(|share| share * share.log2()).sum::<f64>(),
        }
    }
}

/// Bytes that are not UTF-8, often because a letter is cut in two at the end: long stretches of ASCII are text.
fn without_control(looks: &Looks) -> Kind {
    if looks.longest_run > 0.063_636 && (looks.disorder <= 3.047_898 || looks.printable > 0.758_706) {
        return Kind::Text;
    }
    if (0.063_637..=0.134_848).contains(&looks.longest_run) {
        return match looks.high <= 0.633_612 {
            true if looks.disorder <= 3.851_786 || looks.high <= 0.483_333 => Kind::Text,
            true if looks.longest_run <= 0.129_167 => Kind::Binary,
            true => Kind::Text,
            false if looks.printable <= 0.145_455 => Kind::Text,
            false => Kind::Binary,
        };
    }
    if (0.000_978..=0.063_636).contains(&looks.longest_run) {
        return if looks.disorder <= 2.021_329 { Kind::Binary } else { Kind::Text };
    }
    Kind::Unclear
}

/// UTF-8 with control bytes: a few are text unless there is only one among many letters.
fn with_control(looks: &Looks) -> Kind {
    if looks.zeros > 0.163_978 {
        return Kind::Unclear;
    }
    if looks.control > 0.006_212 && looks.control <= 0.45 { Kind::Text } else { Kind::Binary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_decide_first() {
        assert_eq!(kind("a/logo.PNG", b"text"), Kind::Binary);
        assert_eq!(kind(".png", b"text"), Kind::Text);
        assert_eq!(kind("logo", b"\x89PNG\r\n\x1a\nx"), Kind::Binary);
        assert_eq!(kind("empty", b""), Kind::Text);
        assert_eq!(kind("a.txt", "häßlich\n".as_bytes()), Kind::Text);
    }

    #[test]
    fn a_letter_cut_in_two_leaves_text_text() {
        let mut bytes = vec![b'a'; 511];
        bytes.extend("é and more".as_bytes());
        assert_eq!(kind("a.txt", &bytes), Kind::Text);
    }
}
