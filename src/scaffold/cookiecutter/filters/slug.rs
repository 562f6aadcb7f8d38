//! `slugify`: letters and digits with `-` between, as `python-slugify` does it. Exact where letters lose their
//! accents; refused for scripts that would need a table.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind};
use unicode_normalization::UnicodeNormalization as _;

/// Letters that have no accent to lose, and what they become.
const LETTERS: [(char, &str); 22] = [
    ('ß', "ss"),
    ('Æ', "AE"),
    ('æ', "ae"),
    ('Ø', "O"),
    ('ø', "o"),
    ('Œ', "OE"),
    ('œ', "oe"),
    ('Ł', "L"),
    ('ł', "l"),
    ('Đ', "D"),
    ('đ', "d"),
    ('Ð', "D"),
    ('ð', "d"),
    ('Þ', "Th"),
    ('þ', "th"),
    ('ı', "i"),
    ('–', "-"),
    ('—', "--"),
    ('‘', "'"),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
];

#[expect(clippy::needless_pass_by_value, reason = "the engine hands it over so")]
pub(super) fn slugify(text: &str, named: Kwargs) -> Result<String, Error> {
    let max_length: usize = named.get::<Option<usize>>("max_length")?.unwrap_or(0);
    let word_boundary: bool = named.get::<Option<bool>>("word_boundary")?.unwrap_or(false);
    let save_order: bool = named.get::<Option<bool>>("save_order")?.unwrap_or(false);
    let separator: String = named.get::<Option<String>>("separator")?.unwrap_or_else(|| "-".to_owned());
    let stopwords: Vec<String> = named.get::<Option<Vec<String>>>("stopwords")?.unwrap_or_default();
    let lowercase: bool = named.get::<Option<bool>>("lowercase")?.unwrap_or(true);
    if let Some(other) = named.args().find(|name| !KNOWN.contains(name)) {
        return Err(wrong(format!("`{other}` of `slugify` has no match here")));
    }
    let mut slug = plain(text, lowercase)?;
    if !stopwords.is_empty() {
        let stops: Vec<String> =
            stopwords.iter().map(|word| if lowercase { word.to_lowercase() } else { word.clone() }).collect();
        slug = slug
            .split('-')
            .filter(|word| !stops.iter().any(|stop| stop == word))
            .collect::<Vec<_>>()
            .join("-");
    }
    if max_length > 0 {
        slug = shortened(&slug, max_length, word_boundary, save_order);
    }
    Ok(slug.replace('-', &separator))
}

const KNOWN: [&str; 6] = ["max_length", "word_boundary", "save_order", "separator", "stopwords", "lowercase"];

/// The slug before words are dropped.
fn plain(text: &str, lowercase: bool) -> Result<String, Error> {
    let ascii = ascii(text)?;
    if has_entity(&ascii) {
        return Err(wrong("`slugify` of a text with HTML entities has no match here".to_owned()));
    }
    let mut text = if lowercase { ascii.to_lowercase() } else { ascii };
    text.retain(|letter| letter != '\'');
    let letters: Vec<char> = text.chars().collect();
    let mut slug = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let is_digit =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
        if *letter == ',' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)) {
            continue;
        }
        if letter.is_ascii_alphanumeric() {
            slug.push(*letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    Ok(slug.trim_matches('-').to_owned())
}

fn ascii(text: &str) -> Result<String, Error> {
    let mut out = String::new();
    // Quotes part words, before and after letters are made plain.
    for letter in text.replace('\'', "-").nfkd() {
        match LETTERS.iter().find(|(known, _)| *known == letter) {
            _ if letter.is_ascii() => out.push(letter),
            Some((_, plain)) => out.push_str(plain),
            None if ('\u{300}'..='\u{36f}').contains(&letter) => {}
            None => return Err(wrong(format!("`slugify` of the letter `{letter}` has no match here"))),
        }
    }
    Ok(out)
}

/// Whether `&name;`, `&#1;` or `&#x1;` stands in it.
fn has_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|after| {
        after.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '#')
        })
    })
}

fn shortened(slug: &str, most: usize, word_boundary: bool, save_order: bool) -> String {
    if slug.len() < most {
        return slug.to_owned();
    }
    let cut = || slug[..most.min(slug.len())].to_owned();
    if !word_boundary {
        return cut().trim_matches('-').to_owned();
    }
    if !slug.contains('-') {
        return cut();
    }
    let mut out = String::new();
    for word in slug.split('-').filter(|word| !word.is_empty()) {
        let next = out.len() + word.len();
        if next < most {
            out.push_str(word);
            out.push('-');
        } else if next == most {
            out.push_str(word);
            break;
        } else if save_order {
            break;
        }
    }
    let out = if out.is_empty() { cut() } else { out };
    out.trim_matches('-').to_owned()
}

fn wrong(problem: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
