//! `Twin`: what a screen says, without its picture: facts by name for `--json`, sentences for `--plain`.

use serde_json::{Map, Value, json};

use crate::model::{DatumState, StateCounts};
use crate::run::count;

/// One row of the list of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The row in a sentence.
    pub(super) text: String,
    /// The same by name: an object.
    pub(super) facts: Value,
}

/// What a screen says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Twin {
    /// What is shown beside the list, by name.
    pub(super) facts: Map<String, Value>,
    /// The same in sentences.
    pub(super) lines: Vec<String>,
    /// Rows of the list, all or those around the cursor.
    pub(super) rows: Vec<Row>,
    /// Which row of the whole list the first of them is, from 0.
    pub(super) first: usize,
    /// How many rows the whole list has.
    pub(super) total: usize,
    /// The row under the cursor, from 0.
    pub(super) cursor: usize,
}

impl Twin {
    /// With one more fact.
    pub(super) fn with(mut self, name: &str, fact: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), fact.into());
        self
    }

    /// With one more sentence, unless it is empty.
    pub(super) fn line(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.lines.push(text);
        }
        self
    }

    /// With a list of so many rows, of which `most` around the cursor are told.
    pub(super) fn list(
        mut self,
        total: usize,
        cursor: usize,
        most: usize,
        row: impl FnMut(usize) -> Row,
    ) -> Self {
        let cursor = cursor.min(total.saturating_sub(1));
        let first = cursor.saturating_sub(most / 2).min(total.saturating_sub(most));
        self.rows = (first..total.min(first.saturating_add(most))).map(row).collect();
        (self.first, self.total, self.cursor) = (first, total, cursor);
        self
    }

    /// The row under the cursor, numbered from 1: `3 of 12: fs: failed, …`.
    pub(super) fn current(&self) -> Option<String> {
        let row = self.rows.get(self.cursor.checked_sub(self.first)?)?;
        Some(format!("{} of {}: {}", self.cursor + 1, self.total, row.text))
    }

    /// All of it line by line: sentences, then rows with their numbers; `*` is before the one under the cursor.
    pub(super) fn told(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        if self.first > 0 {
            lines.push(format!("{} before these", count(self.first, "row")));
        }
        lines.extend(self.rows.iter().zip(self.first..).map(|(row, at)| {
            format!("{} {}: {}", if at == self.cursor { "*" } else { " " }, at + 1, row.text)
        }));
        let after = self.total.saturating_sub(self.first + self.rows.len());
        if after > 0 {
            lines.push(format!("{} after these", count(after, "row")));
        }
        lines
    }

    /// All of it by name.
    pub(super) fn json(self) -> Map<String, Value> {
        let mut facts = self.facts;
        if self.total > 0 {
            facts.insert("cursor".into(), json!(self.cursor));
        }
        let rows = self.rows.into_iter().map(|row| row.facts).collect();
        facts.insert("rows".into(), Value::Array(rows));
        facts
    }
}

/// Datums by state, by the words of the states; states without datums are left out.
pub(super) fn counts(counts: &StateCounts) -> Value {
    let there = DatumState::ALL.into_iter().filter(|state| counts.get(*state) > 0);
    Value::Object(there.map(|state| (state.word().to_owned(), json!(counts.get(state)))).collect())
}

/// `20 done, 1 failed`; `no datums`.
pub(super) fn counted(counts: &StateCounts) -> String {
    let there = DatumState::ALL.into_iter().filter(|state| counts.get(*state) > 0);
    let words: Vec<String> =
        there.map(|state| format!("{} {}", counts.get(state), state.word().replace('_', " "))).collect();
    if words.is_empty() { "no datums".into() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(total: usize, cursor: usize, most: usize) -> Twin {
        let row = |at: usize| Row { text: format!("row {at}"), facts: json!({ "at": at }) };
        Twin::default().list(total, cursor, most, row)
    }

    #[test]
    fn of_long_lists_the_rows_around_the_cursor_are_told() {
        let twin = rows(100, 50, 3);
        assert_eq!(twin.current().as_deref(), Some("51 of 100: row 50"));
        assert_eq!(
            twin.told(),
            ["49 rows before these", "  50: row 49", "* 51: row 50", "  52: row 51", "48 rows after these"]
        );
        assert_eq!((rows(2, 9, 5).cursor, rows(0, 3, 5).told()), (1, Vec::<String>::new()));
        assert_eq!(rows(3, 2, usize::MAX).json()["rows"].as_array().map(Vec::len), Some(3));
    }
}
