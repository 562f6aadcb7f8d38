//! Is a file text that is rendered, or bytes that are copied? As the package `binaryornot` 0.6 tells, which
//! cookiecutter asks: by the name's ending, by known beginnings, then by what the first bytes look like.

use super::signs::{BEGINNINGS, ENDINGS};
use super::tree::{Encoding, Next, Question, Share, TREE};

/// So many bytes at the beginning are looked at.
const LOOKED_AT: usize = 512;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is rendered.
    Text,
    /// It is copied.
    Binary,
    /// The answer hangs on tables of Chinese, Japanese or Korean, which are not here.
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
    decide(&Looks::of(head), 0)
}

/// What the tree says from a question on; where nobody can tell an answer, what it says either way, if that is the same.
fn decide(looks: &Looks<'_>, at: usize) -> Kind {
    let Some((question, no, yes)) = TREE.get(at) else { return Kind::Unclear };
    let follow = |next: &Next| match next {
        Next::Text => Kind::Text,
        Next::Binary => Kind::Binary,
        Next::At(at) => decide(looks, *at),
    };
    match question {
        Question::UpTo(share, most) => follow(if looks.share(*share) <= *most { no } else { yes }),
        Question::Is(encoding) => match looks.may_be(*encoding) {
            Some(is_it) => follow(if is_it { yes } else { no }),
            None => Some(follow(no)).filter(|kind| *kind == follow(yes)).unwrap_or(Kind::Unclear),
        },
    }
}

fn has_binary_ending(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let ending = name.trim_start_matches('.').rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Bytes that are looked at, which are not empty.
struct Looks<'a>(&'a [u8]);

impl<'a> Looks<'a> {
    const fn of(head: &'a [u8]) -> Self {
        Self(head)
    }

    /// A share of the bytes, from 0 to 1; of the disorder, bits.
    fn share(&self, share: Share) -> f64 {
        let of = |test: fn(u8) -> bool| part(self.0.iter().copied(), test);
        match share {
            Share::Zeros => of(|byte| byte == 0),
            Share::Control => of(|byte| byte < 0x20 && !b"\t\n\r".contains(&byte)),
            Share::Printable => of(|byte| (0x20..=0x7e).contains(&byte)),
            Share::High => of(|byte| byte >= 0x80),
            Share::EvenZeros => part(self.0.iter().copied().step_by(2), |byte| byte == 0),
            Share::OddZeros => part(self.0.iter().copied().skip(1).step_by(2), |byte| byte == 0),
            Share::Disorder => disorder(self.0),
            Share::LongestRun => {
                let is_run = |byte: &u8| matches!(byte, 0x20..=0x7e | b'\t' | b'\n' | b'\r');
                let longest = self.0.split(|byte| !is_run(byte)).map(<[u8]>::len).max().unwrap_or(0);
                ratio(longest, self.0.len())
            }
        }
    }

    /// Whether Python decodes them so; `None` where only its tables tell.
    fn may_be(&self, encoding: Encoding) -> Option<bool> {
        let is_long = self.0.len() >= LEAST_DECODED;
        match encoding {
            Encoding::Utf8 => Some(std::str::from_utf8(self.0).is_ok()),
            Encoding::Bom16Le => {
                Some(self.0.starts_with(b"\xff\xfe") && !self.0.starts_with(b"\xff\xfe\0\0"))
            }
            Encoding::Utf16Le => Some(is_long && is_utf16(self.0, u16::from_le_bytes)),
            Encoding::Utf16Be => Some(is_long && is_utf16(self.0, u16::from_be_bytes)),
            Encoding::Big5 => maybe(is_long && in_pairs(self.0, &[], |second| second >= 0x40)),
            Encoding::ShiftJis => maybe(is_long && in_pairs(self.0, &[0xa1..=0xdf], |second| second >= 0x40)),
            Encoding::EucKr => maybe(is_long && in_pairs(self.0, &[], |second| second >= 0xa1)),
        }
    }
}

/// Fewer bytes are of no encoding but UTF-8.
const LEAST_DECODED: usize = 10;

#[expect(clippy::cast_precision_loss, reason = "at most 512 bytes")]
fn ratio(count: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}

fn part(bytes: impl Iterator<Item = u8> + Clone, test: fn(u8) -> bool) -> f64 {
    ratio(bytes.clone().filter(|byte| test(*byte)).count(), bytes.count())
}

fn disorder(bytes: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let shares = counts.iter().filter(|count| **count > 0).map(|count| ratio(*count, bytes.len()));
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

fn is_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let (pairs, rest) = bytes.as_chunks::<2>();
    rest.is_empty() && char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).all(|letter| letter.is_ok())
}

/// That it may be, where what is possible is not all that is decoded.
fn maybe(is_possible: bool) -> Option<bool> {
    if is_possible { None } else { Some(false) }
}

/// Whether bytes above ASCII come in pairs, but for those that stand alone.
fn in_pairs(bytes: &[u8], alone: &[std::ops::RangeInclusive<u8>], is_second: fn(u8) -> bool) -> bool {
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        let is_whole = byte < 0x80 || alone.iter().any(|range| range.contains(&byte));
        let is_first = !matches!(byte, 0x80 | 0xa0 | 0xff);
        let mut is_followed = || bytes.next().is_some_and(|second| is_second(second) && second != 0xff);
        if !(is_whole || is_first && is_followed()) {
            return false;
        }
    }
    true
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
