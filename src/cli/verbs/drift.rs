//! `diff --scaffold`: which files of its scaffold a project has changed since they were laid out.

use std::fmt::Write as _;

use super::{LOOKED, print, print_json};
use crate::app::{self, AppError, Drift, Drifted, ExitCode};
use crate::cli::Context;
use crate::cli::report::{Style, Table, paint, plural, show_with_tabs};
use crate::model::show;

/// `diff --scaffold`.
pub(crate) fn drift(context: &Context) -> Result<ExitCode, AppError> {
    let found = app::drift(&context.dir)?;
    if context.json {
        print_json(&serde_json::json!(found));
        return Ok(LOOKED);
    }
    print(&text(&found));
    if context.verbose > 0 {
        print(&lines(&app::drift_lines(&context.dir, &found)?));
    }
    Ok(LOOKED)
}

fn text(found: &Drift) -> String {
    let name = format!("version {} of `{}`", show(&found.of), show(&found.scaffold));
    let unchanged = plural(found.unchanged, "file");
    if found.files.is_empty() {
        return format!("as {name} laid it out: {unchanged}\n");
    }
    let mut out = format!("otherwise than {name} laid it out\n\n");
    let mut table = Table::new().right(&[2, 3]);
    for file in &found.files {
        table.row(row(file));
    }
    out += &table.render();
    let stand = if found.unchanged == 1 { "stands" } else { "stand" };
    _ = writeln!(out, "\n{unchanged} {stand} as laid out");
    out
}

fn row(file: &Drifted) -> Vec<(Style, String)> {
    let path = (Style::Bold, show(&file.path));
    if file.is_removed {
        return vec![path, (Style::Bad, "removed".into())];
    }
    let lines =
        |sign: char, number: Option<u64>| number.map(|number| format!("{sign}{number}")).unwrap_or_default();
    let what = if file.added.is_some() { "edited" } else { "edited, no text" };
    vec![
        path,
        (Style::Warn, what.into()),
        (Style::Good, lines('+', file.added)),
        (Style::Bad, lines('-', file.removed)),
    ]
}

/// Lines of a diff, safe to print.
fn lines(diff: &str) -> String {
    let line = |line: &str| {
        let shown = show_with_tabs(line);
        let style = match line.as_bytes().first() {
            Some(b'+') => Style::Good,
            Some(b'-') => Style::Bad,
            Some(b' ') => Style::Plain,
            _ => Style::Dim,
        };
        paint(style, &shown) + "\n"
    };
    let text: String = diff.lines().map(line).collect();
    if text.is_empty() { text } else { format!("\n{text}") }
}
