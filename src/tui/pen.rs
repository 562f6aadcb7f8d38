//! `Pen`: writes text into a part of the screen and never beyond it, whatever the sizes are.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme::{Role, Theme};

/// A cell of a bar that is full, and how it looks in the row under the cursor where there are no colours.
pub(super) const FULL: &str = "█";
const GREY: &str = "▒";

/// A part of the screen to write in. Places are counted from its top left corner.
pub(super) struct Pen<'a> {
    buffer: &'a mut Buffer,
    /// The part of the screen.
    pub(super) area: Rect,
    /// Looks.
    pub(super) theme: Theme,
}

impl<'a> Pen<'a> {
    /// A pen for `area`, cut to what the screen has.
    pub(super) fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, theme }
    }

    /// The same pen for a part of its part; `x` and `y` are counted from its corner.
    pub(super) fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Pen<'_> {
        let at = Rect { x: self.area.x.saturating_add(x), y: self.area.y.saturating_add(y), width, height };
        let area = at.intersection(self.area);
        Pen { buffer: &mut *self.buffer, area, theme: self.theme }
    }

    /// Columns of its part.
    pub(super) const fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows of its part.
    pub(super) const fn height(&self) -> u16 {
        self.area.height
    }

    /// Writes `text` and gives the column after it. What does not fit ends in `…`.
    pub(super) fn put(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        self.put_within(x, y, self.width().saturating_sub(x), text, style)
    }

    /// Writes `text` in at most `width` columns and gives the column after it.
    pub(super) fn put_within(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let room = width.min(self.width().saturating_sub(x));
        if y >= self.height() || room == 0 {
            return x;
        }
        let fitted = fit(&self.spelled(text), usize::from(room), self.theme);
        let (left, top) = (self.area.x + x, self.area.y + y);
        let (end, _) = self.buffer.set_stringn(left, top, &fitted, usize::from(room), style);
        end.saturating_sub(self.area.x)
    }

    /// Writes `text` so that it ends before column `end`.
    pub(super) fn put_right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        let width = self.columns(text).min(end);
        self.put_within(end - width, y, width, text, style);
    }

    /// How many columns a text takes as it is written.
    pub(super) fn columns(&self, text: &str) -> u16 {
        u16::try_from(self.spelled(text).width()).unwrap_or(u16::MAX)
    }

    /// A text in the characters that the terminal can show.
    fn spelled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.theme.is_ascii && !text.is_ascii() { to_ascii(text).into() } else { text.into() }
    }

    /// Writes `text` in the style of a role.
    pub(super) fn say(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.put(x, y, text, self.theme.style(role))
    }

    /// Marks the last row as not the last one, where rows end below it.
    pub(super) fn goes_on(&mut self, end: u16) {
        if end > self.height() {
            let mark = format!(" {}", cut_mark(self.theme));
            self.put_right(self.width(), self.height().saturating_sub(1), &mark, self.theme.style(Role::Dim));
        }
    }

    /// Gives cells of a row a style on top of their own.
    pub(super) fn mark(&mut self, x: u16, y: u16, width: u16, style: Style) {
        let part = self.part(x, y, width, 1);
        let area = part.area;
        part.buffer.set_style(area, style);
    }

    /// Marks its part as the row under the cursor. A bar keeps its colour there: full cells turned round would look
    /// empty. Without colours they could not be told from the row, and become grey ones.
    pub(super) fn mark_row(&mut self) {
        let (style, grey) = (self.theme.selected(), self.theme.is_mono());
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                let cell = &mut self.buffer[(x, y)];
                match (cell.symbol() == FULL, grey) {
                    (true, false) => {}
                    (true, true) => _ = cell.set_symbol(GREY).set_style(style),
                    (false, _) => _ = cell.set_style(style),
                }
            }
        }
    }

    /// Empties its part.
    pub(super) fn clear(&mut self) {
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// Draws a frame with a title on its top left and a note on its top right; gives a pen for what is inside.
    pub(super) fn frame(&mut self, title: &str, note: &str, role: Role) -> Pen<'_> {
        let (width, height) = (self.width(), self.height());
        if width < 4 || height < 3 {
            return self.part(0, 0, width, height);
        }
        let style = self.theme.style(role);
        let line = self.theme.pick("─", "-").repeat(usize::from(width.saturating_sub(2)));
        let corners = if self.theme.is_ascii { ["+", "+", "+", "+"] } else { ["╭", "╮", "╰", "╯"] };
        self.put(0, 0, &format!("{}{line}{}", corners[0], corners[1]), style);
        self.put(0, height - 1, &format!("{}{line}{}", corners[2], corners[3]), style);
        let wall = self.theme.pick("│", "|");
        for y in 1..height - 1 {
            self.put(0, y, wall, style);
            self.put(width - 1, y, wall, style);
        }
        self.titles(title, note, role);
        self.part(1, 1, width - 2, height - 2)
    }

    fn titles(&mut self, title: &str, note: &str, role: Role) {
        let width = self.width();
        let mut end = 1;
        if !title.is_empty() {
            let style = self.theme.style(if role == Role::Border { Role::Title } else { role });
            end = self.put_within(2, 0, width.saturating_sub(4), &format!(" {title} "), style);
        }
        let room = width.saturating_sub(end + 2);
        if !note.is_empty() && usize::from(room) >= note.width() + 2 {
            self.put_right(width - 2, 0, &format!(" {note} "), self.theme.style(Role::Dim));
        }
    }

    /// Writes a line under its frame, over the bottom border of the pane at `area` minus its frame.
    pub(super) fn under(&mut self, text: &str) {
        let y = self.height().saturating_sub(1);
        let room = self.width().saturating_sub(4);
        self.put_within(2, y, room, &format!(" {text} "), self.theme.style(Role::Dim));
    }
}

/// A text without what ASCII terminals cannot show: marks of ours in their words, all else as `?`, as wide as before.
fn to_ascii(text: &str) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '·' => shown.push('-'),
            '…' => shown.push_str("..."),
            '≥' => shown.push_str(">="),
            '±' => shown.push_str("+-"),
            '→' => shown.push_str("->"),
            '›' => shown.push('>'),
            '“' | '”' => shown.push('"'),
            _ if letter.is_ascii() => shown.push(letter),
            _ => shown.extend(std::iter::repeat_n('?', letter.width().unwrap_or(0))),
        }
    }
    shown
}

/// The end of a text that was cut.
pub(super) const fn cut_mark(theme: Theme) -> &'static str {
    theme.pick("…", "..")
}

/// Cuts a text to a number of columns; one that is too long ends in a mark.
pub(super) fn fit(text: &str, columns: usize, theme: Theme) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mark = cut_mark(theme);
    let mut cut = String::new();
    let mut used = mark.width();
    for part in text.graphemes(true) {
        used += part.width();
        if used > columns {
            break;
        }
        cut.push_str(part);
    }
    let room = columns.saturating_sub(cut.width());
    cut.extend(mark.chars().take(room));
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::sign::Sign;

    #[test]
    fn names_of_any_script_are_ascii_where_nothing_else_is_shown() {
        assert_eq!(to_ascii("Help · é漢x…"), "Help - ???x...");
        assert_eq!(to_ascii("1/≥3 ±2"), "1/>=3 +-2");
    }

    #[test]
    fn texts_are_cut_by_columns_not_by_bytes() {
        let theme = Theme::default();
        assert_eq!(fit("sub-01", 6, theme), "sub-01");
        assert_eq!(fit("sub-0123", 6, theme), "sub-0…");
        assert_eq!(fit("日本語です", 5, theme), "日本…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, theme), "e\u{301}…");
        assert_eq!(fit("abc", 0, theme), "");
    }

    #[test]
    fn what_is_cut_ends_in_a_mark_that_is_no_sign() {
        let theme = Theme { is_ascii: true, ..Theme::default() };
        assert_eq!([0, 1, 2, 4].map(|columns| fit("sub-0123", columns, theme)), ["", ".", "..", "su.."]);
        for theme in [theme, Theme::default()] {
            assert!(Sign::all().all(|sign| theme.sign(sign) != cut_mark(theme)));
        }
    }

    #[test]
    fn nothing_is_written_outside() {
        for (width, height) in [(0, 0), (1, 1), (3, 2), (9, 4)] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 6));
            let mut pen = Pen::new(&mut buffer, Rect::new(2, 1, width, height), Theme::default());
            let mut inside = pen.frame("a long title", "a note", Role::Border);
            inside.put(5, 9, "far away", Style::new());
            inside.put_right(3, 0, "to the left of it all", Style::new());
            inside.mark(7, 7, 90, Style::new());
            for y in 0..6 {
                for x in 0..12 {
                    let is_inside = Rect::new(2, 1, width, height).contains((x, y).into());
                    assert!(is_inside || buffer[(x, y)].symbol() == " ", "{x},{y} in {width}x{height}");
                }
            }
        }
    }
}
