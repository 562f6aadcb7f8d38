//! What lies over a screen: help, palette, questions, explanations, messages, a line to type.

pub(super) mod acts;
pub(super) mod finder;
pub(super) mod form;
pub(super) mod question;
mod stop;
pub(super) mod twin;

use crate::model::show;

use super::action::Action;
use super::keys::Key;
use super::line::Line;
use super::list::List;
use super::pen::Pen;
use super::theme::Role;
use finder::Finder;
use form::Form;
use question::Question;
use ratatui::crossterm::event::KeyCode;

/// Something over a screen. Keys go to the topmost.
#[derive(Clone, Debug)]
pub(super) enum Popup {
    /// Help or palette: a list that is searched by typing.
    Finder(Finder),
    /// A question with a few answers.
    Question(Question),
    /// A new pipeline.
    Form(Box<Form>),
    /// Lines to read.
    Text(Text),
    /// The filter or search of the screen below, being typed.
    Filter(Filter),
}

impl Popup {
    /// Its keys with what they do, for the last line; `size` is how many lines its text has, and how many are shown.
    pub(super) fn keys(&self, size: (usize, usize)) -> Vec<(String, String)> {
        let told = |keys: &[(&str, &str)]| {
            keys.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect()
        };
        match self {
            Self::Finder(finder) => finder.keys(),
            Self::Question(question) => question.keys(),
            Self::Form(form) => form.keys(size),
            Self::Text(_) if size.0 > size.1 => told(&[("j k", "scroll"), ("Esc", "close")]),
            Self::Text(_) => told(&[("Esc", "close")]),
            Self::Filter(_) => told(&[("Enter", "keep it"), ("Esc", "take it back")]),
        }
    }
}

/// Lines to read.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// Heading.
    pub(super) title: String,
    /// The lines.
    pub(super) lines: Vec<String>,
    list: List,
}

impl Text {
    /// A box of lines.
    pub(super) fn new(title: String, lines: Vec<String>) -> Self {
        Self { title, lines, list: List::default() }
    }

    /// Scrolls; of so many lines, as they are broken on the screen, so many rows are shown. Whether it is an action
    /// for that.
    pub(super) fn act(&mut self, action: Action, (lines, rows): (usize, usize)) -> bool {
        // The cursor of the list is the first line that is shown.
        self.list.act(action, (lines + 1).saturating_sub(rows).max(1), rows)
    }
}

/// A filter or search, being typed.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The line.
    pub(super) line: Line,
    /// What stood there before, for Esc.
    pub(super) before: String,
    /// What was under the cursor before.
    pub(super) spot: Option<String>,
    /// Whether what stood there is still marked as a whole: the first letter replaces it.
    pub(super) is_whole: bool,
}

/// What a key did in a popup.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It stays.
    Stay,
    /// It stays, and the key means nothing in it.
    Nothing,
    /// It closes.
    Close,
    /// It closes, and something is to be done.
    Do(super::effect::Effect),
    /// It stays, and something is to be done.
    Wish(super::effect::Effect),
    /// The text of a filter is another.
    Filter(String),
    /// The same, and it closes.
    Filtered(String),
}

impl Filter {
    /// The filter that stands there, to be replaced or edited; `spot` is what is under the cursor.
    pub(super) fn new(before: String, spot: Option<String>) -> Self {
        Self { line: Line::new(&before), is_whole: !before.is_empty(), before, spot }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key) -> Outcome {
        let was_whole = self.is_whole;
        match key.code() {
            KeyCode::Enter => return Outcome::Filtered(self.line.text().into()),
            KeyCode::Esc => return Outcome::Filtered(self.before.clone()),
            _ => {}
        }
        self.is_whole = false;
        let replaces = key.letter().is_some() || matches!(key.code(), KeyCode::Backspace | KeyCode::Delete);
        if was_whole && replaces {
            self.line = Line::default();
        }
        if self.line.key(key) { Outcome::Filter(self.line.text().into()) } else { Outcome::Nothing }
    }

    /// Takes a text that was pasted; what stands there then.
    pub(super) fn paste(&mut self, text: &str) -> String {
        if std::mem::take(&mut self.is_whole) {
            self.line = Line::default();
        }
        self.line.insert(text);
        self.line.text().to_owned()
    }
}

/// Draws lines in a box in the middle; how many there are, and how many fit.
pub(super) fn draw_text(text: &Text, pen: &mut Pen<'_>) -> (usize, usize) {
    let width = pen.width().saturating_sub(4).min(100);
    let wrapped: Vec<String> = text
        .lines
        .iter()
        .flat_map(|line| broken(&show(line), usize::from(width.saturating_sub(4))))
        .collect();
    let height =
        u16::try_from(wrapped.len() + 2).unwrap_or(u16::MAX).clamp(3, pen.height().saturating_sub(2).max(3));
    let mut middle = middle(pen, width, height);
    let rows = usize::from(height.saturating_sub(2));
    let top = text.list.cursor.min(wrapped.len().saturating_sub(rows));
    let last = (top + rows).min(wrapped.len());
    let note = if rows < wrapped.len() {
        format!("{} to {last} of {}, j k", top + 1, wrapped.len())
    } else {
        "Esc closes".into()
    };
    let mut inside = middle.frame(&text.title, &note, Role::Focus);
    for (y, line) in (0..inside.height()).zip(&wrapped[top..]) {
        inside.say(1, y, line, Role::Plain);
    }
    (wrapped.len(), usize::from(inside.height()))
}

/// A cleared part in the middle of the screen.
pub(super) fn middle<'a>(pen: &'a mut Pen<'_>, width: u16, height: u16) -> Pen<'a> {
    let (width, height) = (width.min(pen.width()), height.min(pen.height()));
    let (x, y) = ((pen.width() - width) / 2, (pen.height() - height) / 2);
    let mut part = pen.part(x, y, width, height);
    part.clear();
    part
}

/// A text in lines of at most so many columns, broken at spaces where there are any; all as far in as the first.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr as _;
    let trimmed = text.trim_start_matches(' ');
    let indent = " ".repeat((text.len() - trimmed.len()).min(columns / 2));
    let columns = columns.saturating_sub(indent.len()).max(1);
    let mut lines = vec![String::new()];
    for word in trimmed.split(' ') {
        let line = lines.last_mut().map_or(0, |line| line.width());
        let fits = line + usize::from(line > 0) + word.width() <= columns;
        match lines.last_mut() {
            Some(last) if fits && line > 0 => {
                last.push(' ');
                last.push_str(word);
            }
            Some(last) if line == 0 => last.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    for line in &mut lines {
        line.insert_str(0, &indent);
    }
    lines
}

/// The same, with all lines after the first further in: below what follows a word and its gap, else by two columns.
pub(super) fn wrap_hanging(text: &str, columns: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr as _;
    if text.width() <= columns {
        return vec![text.to_owned()];
    }
    let trimmed = text.trim_start_matches(' ');
    let inset = (text.len() - trimmed.len()).min(columns / 2);
    let label = label(trimmed).filter(|label| inset + label < columns / 2).unwrap_or(0);
    let (word, rest) = trimmed.split_at(label);
    let hang = if label > 0 { label } else { 2 };
    let mut lines = wrap(rest, columns.saturating_sub(inset + hang).max(8));
    for (at, line) in lines.iter_mut().enumerate() {
        let before = if at == 0 { word.to_owned() } else { " ".repeat(hang) };
        line.insert_str(0, &format!("{}{before}", " ".repeat(inset)));
    }
    lines
}

/// The same, with what is longer than a line cut where the line ends: nothing of it is lost.
pub(super) fn broken(text: &str, columns: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation as _;
    use unicode_width::UnicodeWidthStr as _;
    let columns = columns.max(4);
    let mut rows = Vec::new();
    for line in wrap_hanging(text, columns) {
        let (mut row, mut used) = (String::new(), 0);
        for part in line.graphemes(true) {
            if used + part.width() > columns {
                rows.push(std::mem::replace(&mut row, "  ".into()));
                used = 2;
            }
            row.push_str(part);
            used += part.width();
        }
        rows.push(row);
    }
    rows
}

/// How far what follows a short word and at least two spaces stands from its beginning, as in a table of two columns.
fn label(text: &str) -> Option<usize> {
    let gap = text.find("  ").filter(|gap| text[..*gap].is_ascii())?;
    let rest = text[gap..].trim_start_matches(' ');
    Some(text.len() - rest.len()).filter(|label| *label <= 16 && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_line_is_scrolled_row_by_row_to_its_end() {
        use ratatui::buffer::Buffer;
        use ratatui::layout::Rect;
        let words: Vec<String> = (0..200).map(|at| format!("word{at}")).collect();
        let mut text = Text::new("Why".into(), vec![words.join(" ")]);
        let area = Rect::new(0, 0, 60, 12);
        let mut buffer = Buffer::empty(area);
        let mut drawn = |text: &Text| {
            let size = draw_text(text, &mut Pen::new(&mut buffer, area, crate::tui::theme::Theme::default()));
            let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            (size, shown)
        };
        let (size, first) = drawn(&text);
        assert!(first.contains("word0 ") && !first.contains("word199") && size.0 > size.1, "{first}");
        text.act(Action::Down, size);
        assert!(!drawn(&text).1.contains("word0 "));
        text.act(Action::Last, size);
        assert!(drawn(&text).1.contains("word199"));
    }

    #[test]
    fn of_a_path_that_is_longer_than_a_line_nothing_is_lost() {
        use ratatui::buffer::Buffer;
        use ratatui::layout::Rect;
        let text = Text::new("Why".into(), vec![format!("file   /{}/end.log", "folder/".repeat(12))]);
        let area = Rect::new(0, 0, 60, 12);
        let mut buffer = Buffer::empty(area);
        draw_text(&text, &mut Pen::new(&mut buffer, area, crate::tui::theme::Theme::default()));
        let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(shown.contains("/end.log") && !shown.contains('…'), "{shown}");
    }

    #[test]
    fn what_goes_on_hangs_below_what_it_belongs_to() {
        assert_eq!(wrap_hanging("short", 10), ["short"]);
        assert_eq!(wrap_hanging("the last attempt failed", 14), ["the last", "  attempt", "  failed"]);
        assert_eq!(wrap_hanging("  the last attempt", 14), ["  the last", "    attempt"]);
        assert_eq!(
            wrap_hanging("run  sub-1, sub-2, sub-3", 16),
            ["run  sub-1,", "     sub-2,", "     sub-3"]
        );
        for columns in 0..30 {
            assert!(!wrap_hanging("file      raw/t1/sub-1 and more", columns).is_empty());
        }
    }

    #[test]
    fn what_is_longer_than_a_line_goes_on_in_the_next() {
        assert_eq!(broken("run abcdefghij", 8), ["run", "  abcdef", "  ghij"]);
        assert_eq!(broken("", 8), [""]);
        assert_eq!(broken("short", 8), ["short"]);
    }

    #[test]
    fn long_lines_break_at_spaces() {
        assert_eq!(wrap("the last attempt failed", 10), ["the last", "attempt", "failed"]);
        assert_eq!(wrap("  the last attempt", 10), ["  the last", "  attempt"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("sub-000000001 a", 5), ["sub-000000001", "a"]);
    }
}
