//! All rules in one table: those that `check` looks for, and those of which other parts tell it.

use super::row::Row;
use super::rules;
use crate::spec::RULES;

/// All rules, by id.
pub fn all() -> Vec<Row> {
    let mut rows: Vec<Row> = RULES.iter().map(|rule| Row::elsewhere(rule)).chain(rules::rows()).collect();
    rows.sort_by_key(|row| row.rule.code);
    rows
}
