//! Words of a tag that Python reads otherwise than the engine: its numbers, and what stands beside `**`, `<` and `.`.

use minijinja::machinery::Token;

use super::attributes::OF_DICT;

/// Whether Jinja reads this as one number.
pub(super) fn is_number(raw: &str) -> bool {
    let raw = raw.to_ascii_lowercase();
    let parts = |text: &str| text.split('_').all(|part| !part.is_empty());
    let digits = |text: &str| parts(text) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if let Some(rest) = ["0b", "0o", "0x"].iter().find_map(|prefix| raw.strip_prefix(prefix)) {
        return parts(rest.strip_prefix('_').unwrap_or(rest));
    }
    let (number, power) = raw.split_once('e').map_or((&*raw, None), |(number, power)| (number, Some(power)));
    let is_power = power.is_none_or(|power| digits(power.strip_prefix(['+', '-']).unwrap_or(power)));
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && is_power,
        None if power.is_some() => digits(number) && is_power,
        None => digits(number) && (!number.starts_with('0') || number.trim_matches(['0', '_']).is_empty()),
    }
}

/// What is wrong with a word by those beside it.
pub(super) fn beside(words: &[&Token<'_>], at: usize) -> Option<String> {
    let (before, after) = (&words[..at], &words[at + 1..]);
    match words[at] {
        Token::Pow if !is_real(before, after) => Some(
            "`**` of what may be negative, to what may be no whole number, has no match here; write the exponent as a whole number"
                .to_owned(),
        ),
        Token::Lt | Token::Lte | Token::Gt | Token::Gte => {
            let (left, right) = (kind_before(before)?, kind_after(after)?);
            (left != right || left == Kind::None).then(|| {
                "Python compares no text or `none` with a number by `<` or `>`; make a number of it with `int`"
                    .to_owned()
            })
        }
        Token::Ident(name) if OF_DICT.contains(name) && is_uncalled(words, before, after) => Some(format!(
            "`.{name}` without `()` is a method in Python, whatever entries there are; use `['{name}']` for an entry"
        )),
        _ => None,
    }
}

/// Whether a power is surely a real number.
fn is_real(before: &[&Token<'_>], after: &[&Token<'_>]) -> bool {
    if matches!(after, [Token::Int(_), ..] | [Token::Minus, Token::Int(_), ..]) {
        return true;
    }
    match before {
        [.., earlier, Token::Minus, Token::Int(_) | Token::Float(_)] => ends_value(earlier),
        [.., Token::Int(_) | Token::Float(_)] => true,
        _ => false,
    }
}

/// Whether a value may end with a word, so that a `-` behind it is a difference.
const fn ends_value(word: &Token<'_>) -> bool {
    matches!(
        word,
        Token::Ident(_)
            | Token::Int(_)
            | Token::Float(_)
            | Token::ParenClose
            | Token::BracketClose
            | Token::BraceClose
    )
}

/// What a value surely is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    None,
}

fn kind(word: &Token<'_>) -> Option<Kind> {
    match word {
        Token::Str(_) | Token::String(_) => Some(Kind::Text),
        Token::Int(_)
        | Token::Int128(_)
        | Token::Float(_)
        | Token::Ident("true" | "false" | "True" | "False") => Some(Kind::Number),
        Token::Ident("none" | "None") => Some(Kind::None),
        _ => None,
    }
}

/// Answers are texts, but private ones.
fn is_answer(name: &str) -> bool {
    !name.starts_with('_')
}

fn kind_before(before: &[&Token<'_>]) -> Option<Kind> {
    let (kind, rest) = match before {
        [rest @ .., Token::Ident("cookiecutter"), Token::Dot, Token::Ident(name)] if is_answer(name) => {
            (Kind::Text, rest)
        }
        [rest @ .., word] => (kind(word)?, rest),
        [] => return None,
    };
    let begins = matches!(
        rest.last()?,
        Token::VariableStart
            | Token::ParenOpen
            | Token::BracketOpen
            | Token::Comma
            | Token::Ident("if" | "elif" | "and" | "or" | "not" | "else")
    );
    begins.then_some(kind)
}

fn kind_after(after: &[&Token<'_>]) -> Option<Kind> {
    let (kind, rest) = match after {
        [Token::Ident("cookiecutter"), Token::Dot, Token::Ident(name), rest @ ..] if is_answer(name) => {
            (Kind::Text, rest)
        }
        [word, rest @ ..] => (kind(word)?, rest),
        [] => return None,
    };
    let ends = matches!(
        rest.first()?,
        Token::VariableEnd
            | Token::BlockEnd
            | Token::ParenClose
            | Token::BracketClose
            | Token::Comma
            | Token::Ident("if" | "and" | "or" | "else")
    );
    ends.then_some(kind)
}

/// Whether a method of a dictionary is named and not called, of what is no namespace and no other template.
fn is_uncalled(words: &[&Token<'_>], before: &[&Token<'_>], after: &[&Token<'_>]) -> bool {
    let [.., owner, Token::Dot] = before else { return false };
    let is_called = matches!(after.first(), Some(Token::ParenOpen));
    !is_called && !matches!(owner, Token::Ident(name) if is_own(words, name))
}

/// Whether a name is given to a namespace or to another template.
fn is_own(words: &[&Token<'_>], name: &str) -> bool {
    words.windows(3).any(|three| match three {
        [Token::Ident(given), Token::Assign, Token::Ident("namespace")]
        | [_, Token::Ident("as"), Token::Ident(given)] => *given == name,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_jinja() {
        for raw in ["0", "00", "0_0", "10", "1_0", "0x_1F", "1.5", "007.5", "1e3", "1_0.0_1E+1_0"] {
            assert!(is_number(raw), "{raw}");
        }
        for raw in ["007", "1__0", "1.e3", "1.", "1_.5", "1_"] {
            assert!(!is_number(raw), "{raw}");
        }
    }
}
