//! Words and colours: colour only decorates, every fact is in the words too.

use anstyle::{AnsiColor, Color, Style as Ansi};

use crate::model::{DatumState, show};

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Ordinary text.
    Plain,
    /// Something good.
    Good,
    /// Something bad.
    Bad,
    /// Something to look at.
    Warn,
    /// Less important.
    Dim,
    /// More important.
    Bold,
    /// A command or path to use.
    Hint,
}

/// Wraps text in the colour of a style. Streams strip it where colour is not wanted.
pub(crate) fn paint(style: Style, text: &str) -> String {
    let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(Color::Ansi(colour)));
    let ansi = match style {
        _ if text.is_empty() => return String::new(),
        Style::Plain => return text.to_owned(),
        Style::Good => colour(AnsiColor::Green),
        Style::Bad => colour(AnsiColor::Red).bold(),
        Style::Warn => colour(AnsiColor::Yellow),
        Style::Dim => Ansi::new().dimmed(),
        Style::Bold => Ansi::new().bold(),
        Style::Hint => colour(AnsiColor::Cyan),
    };
    format!("{ansi}{text}{ansi:#}")
}

/// The colour of a state's word.
pub(crate) const fn state_style(state: DatumState) -> Style {
    match state {
        DatumState::Done => Style::Good,
        DatumState::Failed | DatumState::Edited | DatumState::InTheWay => Style::Bad,
        DatumState::Stale | DatumState::Recovered | DatumState::Orphaned | DatumState::Unknown => Style::Warn,
        DatumState::Blocked | DatumState::Queued => Style::Dim,
        DatumState::Cached | DatumState::Running | DatumState::Pending => Style::Plain,
    }
}

/// A content id for people: the start of its digits; what is no content id as it is.
pub(crate) fn brief(content: &str) -> String {
    const DIGITS: usize = 12;
    match content.split_once(':') {
        Some((kind @ ("git" | "dir"), digits)) if digits.is_ascii() && digits.len() > DIGITS => {
            format!("{kind}:{}…", &digits[..DIGITS])
        }
        _ => content.to_owned(),
    }
}

/// A line from outside, safe to print, with its tabs.
pub(crate) fn show_with_tabs(line: &str) -> String {
    line.split('\t').map(show).collect::<Vec<_>>().join("\t")
}

/// `1 datum`, `2 datums`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
