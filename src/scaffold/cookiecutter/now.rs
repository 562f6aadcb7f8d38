//! The tag `{% now 'utc', '%Y' %}`: rewritten to a filter block, which the engine knows, and computed there.

use std::fmt::Write as _;
use std::sync::OnceLock;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Zoned};
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value};

/// How a time is written if the tag does not say.
const USUAL_FORMAT: &str = "%Y-%m-%d";
/// The filter that the tag becomes.
const FILTER: &str = "__now";

/// Teaches the engine the filter that `now` tags become.
pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter(FILTER, |_: &str, zone: &str, sign: &str, offset: Value, format: Option<&str>| {
        let time = moment(zone)?;
        let time = match offset.as_str() {
            Some(offset) => shift(time, sign, offset)?,
            None => time,
        };
        written(&time, format.unwrap_or(USUAL_FORMAT))
    });
}

/// A tag found in a template.
struct Tag {
    /// Where the word `now` begins.
    word: usize,
    /// Where what follows it ends.
    end: usize,
    /// Where the last `+` or `-` outside of brackets stands, if there is one.
    sign: Option<usize>,
    /// Where the comma before the format stands.
    comma: Option<usize>,
}

/// Replaces `now` tags. Lines and the spaces around stay as they are.
pub(super) fn rewrite(text: &str, syntax: &SyntaxConfig) -> String {
    if !text.contains("now") {
        return text.to_owned();
    }
    let (begin, end) = syntax.block_delimiters();
    let mut out = String::new();
    let mut done = 0;
    for tag in tags(text, syntax) {
        let after_word = tag.word + "now".len();
        let times_end = tag.comma.unwrap_or(tag.end);
        let (zone, sign, offset) = match tag.sign {
            Some(at) => (&text[after_word..at], &text[at..=at], &text[at + 1..times_end]),
            None => (&text[after_word..times_end], "", "none"),
        };
        let format = tag.comma.map_or("none", |comma| &text[comma + 1..tag.end]);
        out.push_str(&text[done..tag.word]);
        _ = write!(out, "filter {FILTER}({zone}, '{sign}', {offset}, {format}) {end}{begin} endfilter ");
        done = tag.end;
    }
    out.push_str(&text[done..]);
    out
}

fn tags(text: &str, syntax: &SyntaxConfig) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Option<Tag> = None;
    let (mut begins, mut depth) = (false, 0_usize);
    // What cannot be read is told by the engine, when it reads the text.
    for (token, span) in tokenize(text, false, syntax.clone()).map_while(Result::ok) {
        let at = span.start_offset as usize;
        match token {
            Token::Ident("now") if begins => {
                depth = 0;
                open = Some(Tag { word: at, end: at, sign: None, comma: None });
            }
            Token::BlockEnd => {
                if let Some(mut tag) = open.take() {
                    tag.end = trimmed(text, at);
                    tags.push(tag);
                }
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => {
                if let Some(tag) = open.as_mut().filter(|tag| tag.comma.is_none()) {
                    tag.comma = Some(at);
                }
            }
            Token::Plus | Token::Minus if depth == 0 => {
                if let Some(tag) = open.as_mut().filter(|tag| tag.comma.is_none()) {
                    tag.sign = Some(at);
                }
            }
            _ => {}
        }
        begins = matches!(token, Token::BlockStart);
    }
    tags
}

/// The end of a tag's text: a sign that trims stays with the tag's end.
fn trimmed(text: &str, block_end: usize) -> usize {
    let before = &text[..block_end];
    if before.ends_with(['-', '+']) { block_end - 1 } else { block_end }
}

/// Now, in a zone: `utc`, `local`, a name, or an offset such as `+02:00`.
fn moment(zone: &str) -> Result<Zoned, Error> {
    // One moment for all that is rendered, so that two versions of a template differ by what they say alone.
    static BEGUN: OnceLock<Zoned> = OnceLock::new();
    let now = BEGUN.get_or_init(Zoned::now).clone();
    let unknown = || wrong(format!("`{zone}` is no time zone"));
    let zone = match zone {
        "local" => return Ok(now),
        "utc" | "UTC" => TimeZone::UTC,
        name => match offset(name) {
            Some(offset) => TimeZone::fixed(offset),
            None => TimeZone::get(name).map_err(|_| unknown())?,
        },
    };
    Ok(now.with_time_zone(zone))
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(pair) => pair,
        None => rest.split_at_checked(2)?,
    };
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    let hours: i32 = hours.parse().ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Moves a time by `days=2,hours=1` forwards or backwards.
fn shift(time: Zoned, sign: &str, by: &str) -> Result<Zoned, Error> {
    let mut moved = time;
    for part in by.split(',') {
        let (unit, amount) =
            part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is not like `days=2`")))?;
        let amount: f64 = format!("{sign}{}", amount.trim())
            .parse()
            .map_err(|_| wrong(format!("`{amount}` is not a number")))?;
        moved = shift_one(&moved, unit.trim(), amount)?;
    }
    Ok(moved)
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole just before")]
fn shift_one(time: &Zoned, unit: &str, amount: f64) -> Result<Zoned, Error> {
    let too_far = |_| wrong(format!("a time {amount} {unit} away cannot be told"));
    let seconds = match unit {
        "weeks" => amount * 604_800.0,
        "days" => amount * 86_400.0,
        "hours" => amount * 3_600.0,
        "minutes" => amount * 60.0,
        "seconds" => amount,
        "years" | "quarters" | "months" if amount.fract() == 0.0 => {
            let months = amount as i64
                * if unit == "years" {
                    12
                } else if unit == "quarters" {
                    3
                } else {
                    1
                };
            let span = Span::new().try_months(months).map_err(too_far)?;
            return time.checked_add(span).map_err(too_far);
        }
        _ => return Err(wrong(format!("a time cannot be moved by {amount} {unit}"))),
    };
    let local = time.datetime().checked_add(SignedDuration::from_secs_f64(seconds)).map_err(too_far)?;
    local.to_zoned(time.time_zone().clone()).map_err(too_far)
}

fn written(time: &Zoned, format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, time)
        .map_err(|error| wrong(format!("`{format}` is no format for times: {error}")))
}

fn wrong(problem: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(rewrite(text, &SyntaxConfig::default()), expected);
    }

    #[test]
    fn tags_become_filter_blocks() {
        check("{% now 'utc', '%Y' %}", "{% filter __now( 'utc', '', none,  '%Y' ) %}{% endfilter %}");
        check(
            "a\n{%- now 'utc' -%}\nb",
            "a\n{%- filter __now( 'utc' , '', none, none) %}{% endfilter -%}\nb",
        );
        check(
            "{% now 'utc' - 'days=2' %}",
            "{% filter __now( 'utc' , '-',  'days=2' , none) %}{% endfilter %}",
        );
    }

    #[test]
    fn nothing_else_is_touched() {
        for text in [
            "now {# {% now 'utc' %} #}",
            "{% raw %}{% now 'utc' %}{% endraw %}",
            "{{ now }}",
            "{% if now %}{% endif %}",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn times_move() {
        let time: Zoned = "2024-01-31T12:00:00[UTC]".parse().expect("a time");
        let told = |sign, by| {
            written(&shift(time.clone(), sign, by).expect("it moves"), "%Y-%m-%d %H:%M").expect("it prints")
        };
        assert_eq!(told("+", "days=2,hours=1"), "2024-02-02 13:00");
        assert_eq!(told("-", "months=1"), "2023-12-31 12:00");
        assert_eq!(told("+", "months=1"), "2024-02-29 12:00");
        assert!(shift(time.clone(), "+", "fortnights=1").is_err());
        assert_eq!(offset("+02:00"), Offset::from_seconds(7200).ok());
    }
}
