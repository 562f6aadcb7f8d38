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

    /// The table as text, each line indented by two spaces.
    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|(_, text)| text.width())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[(Style, String)], widths: &[usize]) -> String {
        let mut line = String::from(" ");
        for (column, (style, text)) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - text.width());
            let is_last = column + 1 == row.len();
            line.push(' ');
            if self.right.contains(&column) {
                line.push_str(&pad);
                line.push_str(&paint(*style, text));
            } else {
                line.push_str(&paint(*style, text));
                line.push_str(if is_last { "" } else { &pad });
            }
            line.push_str(if is_last { "" } else { " " });
        }
        format!("{}\n", line.trim_end())
    }
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
}
