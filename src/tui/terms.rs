//! The words of a filter: texts that key or reason hold, `state:failed,stale`, `took:>5m` (or `dur:`); `!` before one turns it round.

use std::borrow::Cow;

use crate::model::{DatumState, show};

/// A filter, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    terms: Vec<Term>,
    /// What could not be read, or is read otherwise than it looks, a sentence for each.
    pub(super) wrong: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    is_not: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// A text in small letters.
    Word(String),
    /// Any of these.
    State(Vec<DatumState>),
    /// Longer (true) or shorter than so many milliseconds.
    Took(bool, u64),
}

impl Terms {
    /// Reads a filter as it was typed.
    pub(super) fn parse(text: &str) -> Self {
        let (mut found, mut wrong) = (Self::default(), Vec::new());
        for typed in text.split_whitespace() {
            let (is_not, rest) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
            match what(rest) {
                Ok(what) => {
                    found.terms.push(Term { is_not, what });
                    wrong.extend(unknown(rest));
                }
                Err(why) => wrong.push(why),
            }
        }
        found.wrong = (!wrong.is_empty()).then(|| wrong.join("; "));
        found.terms.retain(|term| !matches!(&term.what, What::Word(word) if word.is_empty()));
        found
    }

    /// Whether it asks for texts.
    pub(super) fn has_words(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.what, What::Word(_)))
    }

    /// Whether it asks how long something took.
    pub(super) fn has_times(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.what, What::Took(..)))
    }

    /// Whether it asks for states.
    pub(super) fn has_states(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.what, What::State(_)))
    }

    /// Which of its terms are words that a text holds, one bit each, whatever letters it is written in.
    pub(super) fn words_in(&self, text: &str) -> u64 {
        // Most keys and reasons are in small ASCII letters already, which is quick to see.
        let has_big =
            text.bytes().fold(false, |found, byte| found | byte.is_ascii_uppercase() | !byte.is_ascii());
        let small = if has_big { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) };
        let is_there = |term: &Term| matches!(&term.what, What::Word(word) if small.contains(word.as_str()));
        let bits = self.terms.iter().take(64).enumerate();
        bits.filter(|(_, term)| is_there(term)).fold(0, |found, (at, _)| found | 1 << at)
    }

    /// Whether it lets a row through, by the words it holds, its state, and how long it took (0: not known).
    pub(super) fn takes(&self, words: u64, state: DatumState, took_ms: u32) -> bool {
        let took_ms = u64::from(took_ms);
        self.take(words, |states| states.contains(&state), took_ms)
    }

    /// Whether it lets many datums through that are looked at together: by the words they hold, which states there
    /// are among them, and how long the longest took.
    pub(super) fn take(&self, words: u64, is_there: impl Fn(&[DatumState]) -> bool, took_ms: u64) -> bool {
        self.terms.iter().take(64).enumerate().all(|(at, term)| {
            let is_so = match &term.what {
                What::Word(_) => words >> at & 1 == 1,
                What::State(states) => is_there(states),
                What::Took(true, limit) => took_ms > *limit,
                What::Took(false, limit) => took_ms > 0 && took_ms < *limit,
            };
            is_so != term.is_not
        })
    }
}

/// That something which looks like a term with a name is a text like any other.
fn unknown(text: &str) -> Option<String> {
    let (name, value) = text.split_once(':')?;
    let is_named = !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase());
    (is_named && !value.is_empty() && !matches!(name, "state" | "took" | "dur"))
        .then(|| format!("`{}` is no term, only text: terms are `state:failed`, `took:>5m`", show(text)))
}

fn what(text: &str) -> Result<What, String> {
    if let Some(states) = text.strip_prefix("state:") {
        return states_of(states).map(What::State);
    }
    if let Some((name @ ("took" | "dur"), limit)) = text.split_once(':') {
        let wrong = || format!("`{name}:{}` is not like `{name}:>5m` or `{name}:<10s`", show(limit));
        let (is_longer, rest) = match (limit.strip_prefix('>'), limit.strip_prefix('<')) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        return milliseconds(rest).map(|limit| What::Took(is_longer, limit)).ok_or_else(wrong);
    }
    Ok(What::Word(text.to_lowercase()))
}

/// States by their words or how these begin, so that something is found while it is typed.
fn states_of(text: &str) -> Result<Vec<DatumState>, String> {
    let mut found = Vec::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let before = found.len();
        found.extend(DatumState::ALL.into_iter().filter(|state| state.word().starts_with(word)));
        if found.len() == before {
            let words: Vec<&str> = DatumState::ALL.iter().map(|state| state.word()).collect();
            return Err(format!("no state is called `{}`: {}", show(word), words.join(" ")));
        }
    }
    if found.is_empty() { Err("`state:` wants a state, such as `state:failed`".into()) } else { Ok(found) }
}

/// `5m`, `10s`, `250ms`, `2h`, `1d`; seconds without a unit.
fn milliseconds(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit = match &text[end..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(filter: &str, text: &str, state: DatumState, took_ms: u32) -> bool {
        let terms = Terms::parse(filter);
        terms.takes(terms.words_in(text), state, took_ms)
    }

    #[test]
    fn every_term_must_hold() {
        use DatumState::{Done, Failed, Stale};
        for (filter, expected) in [
            ("", true),
            ("SUB", true),
            ("sub memory", true),
            ("sub swap", false),
            ("!swap", true),
            ("!sub", false),
            ("state:failed", true),
            ("state:done", false),
            ("state:stale,failed", true),
            ("!state:done", true),
            ("state:f", true),
            ("took:>5m", true),
            ("took:<10s", false),
            ("took:>360", false),
            ("dur:>5m", true),
            ("!dur:<10s dur:>10m", false),
            ("sub took:>100ms state:failed", true),
            ("!", true),
        ] {
            assert_eq!(takes(filter, "Sub-1 out of Memory", Failed, 360_000), expected, "{filter}");
        }
        assert!(takes("ÜBER", "über", Done, 0) && !takes("took:<10s", "", Stale, 0));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_left_out() {
        for (filter, word) in [
            ("state:fine", "`fine`"),
            ("state:", "`state:`"),
            ("took:5m", "took:>5m"),
            ("took:>soon", "`took:>soon`"),
            ("dur:10m", "`dur:10m` is not like `dur:>5m`"),
            ("took:>99999999999999999999d", "took"),
        ] {
            let terms = Terms::parse(filter);
            assert!(terms.wrong.as_ref().is_some_and(|wrong| wrong.contains(word)), "{terms:?}");
            assert!(takes(filter, "a", DatumState::Done, 1), "{filter}");
        }
        for plain in ["a state:done", "T1:x", "wrong:", "took:>5m", "dur:>5m", "::"] {
            assert_eq!(Terms::parse(plain).wrong, None, "{plain}");
        }
    }

    #[test]
    fn what_only_looks_like_a_term_is_told_and_looked_for_as_text() {
        for filter in ["foo:bar", "!time:>10m state:done", "a status:done"] {
            let wrong = Terms::parse(filter).wrong.unwrap_or_default();
            assert!(wrong.ends_with("only text: terms are `state:failed`, `took:>5m`"), "{filter}: {wrong}");
        }
        assert!(takes("foo:bar", "a Foo:Bar", DatumState::Done, 1));
        assert!(!takes("foo:bar", "foo", DatumState::Done, 1));
    }
    #[test]
    fn all_that_cannot_be_read_is_told() {
        let wrong = Terms::parse("took:>abc state:foo").wrong.unwrap_or_default();
        assert!(
            wrong.starts_with("`took:>abc` is not like") && wrong.contains("; no state is called `foo`"),
            "{wrong}"
        );
    }
}
