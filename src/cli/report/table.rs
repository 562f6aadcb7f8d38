//! `Table`: rows of cells, aligned by what a terminal shows.

use unicode_width::UnicodeWidthStr as _;

use super::words::{Style, paint};

/// Rows whose columns line up. The last column is not padded.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<(Style, String)>>,
    right: Vec<usize>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Aligns these columns to the right.
    #[must_use]
    pub(crate) fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    /// Adds a row; text from outside must have passed `show` before.
    pub(crate) fn row(&mut self, cells: Vec<(Style, String)>) {
        self.rows.push(cells);
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line indented by two spaces; on a terminal no wider than that.
    pub(crate) fn render(&self) -> String {
        self.render_in(terminal_width())
    }

    fn render_in(&self, width: Option<usize>) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let most = width.map_or(usize::MAX, |width| (width / 2).max(NARROWEST));
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|(_, text)| text.width()).max().unwrap_or(0).min(most)
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        self.rows.iter().map(|row| self.line(row, &widths, width)).collect()
    }

    fn line(&self, row: &[(Style, String)], widths: &[usize], width: Option<usize>) -> String {
        let last = row.iter().rposition(|(_, text)| !text.is_empty()).unwrap_or(0);
        let mut line = String::new();
        let mut used = 0;
        for (column, (style, text)) in row.iter().take(last + 1).enumerate() {
            used += GAP;
            let text = match width {
                Some(width) if column == last => cut_end(text, width.saturating_sub(used).max(NARROWEST)),
                Some(_) => cut_middle(text, widths[column]),
                None => text.clone(),
            };
            let pad = " ".repeat(widths[column].saturating_sub(text.width()));
            used += widths[column];
            let text = paint(*style, &text);
            let parts = match (self.right.contains(&column), column == last) {
                (true, _) => ["  ", &pad, &text],
                (false, true) => ["  ", &text, ""],
                (false, false) => ["  ", &text, &pad],
            };
            line.extend(parts);
        }
        format!("{line}\n")
    }
}

/// Between two columns, and before the first.
const GAP: usize = 2;

/// No column is cut to less than this.
const NARROWEST: usize = 20;

/// How wide the terminal is that standard output goes to, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    use std::io::IsTerminal as _;
    let stdout = std::io::stdout();
    let size = stdout.is_terminal().then(|| rustix::termios::tcgetwinsize(&stdout).ok()).flatten()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// A text that fits, its end cut off.
fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}…", beginning(text.chars(), width.saturating_sub(1)))
}

/// A text that fits, its middle cut out: paths differ at their ends.
fn cut_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let end: String = beginning(text.chars().rev(), width * 2 / 3).chars().rev().collect();
    let start = beginning(text.chars(), width.saturating_sub(1 + end.width()));
    format!("{start}…{end}")
}

/// The first characters, as many as fit.
fn beginning(chars: impl Iterator<Item = char>, width: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let mut used = 0;
    let fits = |char: &char| {
        used += char.width().unwrap_or(0);
        used <= width
    };
    chars.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new().right(&[1]);
        for (name, number) in [("fs", "5"), ("größe", "123")] {
            table.row(vec![
                (Style::Plain, name.into()),
                (Style::Plain, number.into()),
                (Style::Plain, "x".into()),
            ]);
        }
        assert_eq!(table.render(), "  fs       5  x\n  größe  123  x\n");
    }

    #[test]
    fn nothing_stands_behind_the_last_cell() {
        let mut table = Table::new();
        for reason in ["", "failed"] {
            table.row(vec![
                (Style::Plain, "sub-01".into()),
                (Style::Dim, reason.into()),
                (Style::Dim, String::new()),
            ]);
        }
        assert_eq!(table.render_in(None).lines().next(), Some("  sub-01"));
    }

    #[test]
    fn a_terminal_is_never_too_narrow() {
        let long = "raw:/a/very/long/path/that/goes/on/and/on/sub-01/größe/T1w.nii.gz";
        let mut table = Table::new();
        table.row(vec![(Style::Plain, long.into()), (Style::Plain, "done".into())]);
        table.row(vec![
            (Style::Plain, "短い".into()),
            (Style::Plain, "failed".into()),
            (Style::Plain, "exit code 1: ".repeat(9)),
        ]);
        for width in [70, 80, 100] {
            let text = table.render_in(Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
            assert!(text.contains("T1w.nii.gz  done") && text.contains('…'), "{text}");
        }
        assert!(table.render_in(None).contains(long));
    }
}
