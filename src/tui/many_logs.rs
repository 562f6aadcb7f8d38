//! Many logs as one text: each line with the place it is of before it.

use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr as _;

use crate::model::show;
use crate::run::count;

use super::effect::{LogText, NoLog};
use super::log_text::{MOST_BYTES, read_end};

/// So many logs are read.
pub(super) const MOST: usize = 200;

/// So much of the end of each is read at least.
const LEAST_BYTES: u64 = 4096;

/// Places are at most so wide.
const WIDE: usize = 24;

/// So many places that printed nothing are named.
const NAMED: usize = 8;

/// Reads the ends of logs, given by place and path from the state folder, one after the other; then names those that
/// say nothing, after those that are known to be `silent`.
///
/// # Errors
/// When there is none at all.
pub(super) fn read_many(
    state: &Path,
    logs: &[(String, String)],
    silent: &[String],
) -> Result<LogText, NoLog> {
    let each = (MOST_BYTES / logs.len().max(1) as u64).max(LEAST_BYTES);
    let wide = logs.iter().map(|(key, _)| show(key).width()).max().unwrap_or(0).min(WIDE);
    let mut found = LogText { path: PathBuf::new(), lines: Vec::new(), bytes: 0, is_cut: false, left_out: 0 };
    let is_none = logs.is_empty() && silent.is_empty();
    let mut silent: Vec<String> = silent.iter().map(|key| show(key)).collect();
    for (key, path) in logs {
        let key = show(key);
        let read = read_end(&state.join(path), each).ok().filter(|text| !text.lines.is_empty());
        let Some(text) = read else {
            silent.push(key);
            continue;
        };
        let before = format!("{key}{} | ", " ".repeat(wide.saturating_sub(key.width())));
        found.lines.extend(text.is_cut.then(|| format!("{before}… only its end")));
        found.lines.extend(text.lines.iter().map(|line| format!("{before}{line}")));
        found.bytes += text.bytes;
    }
    if is_none {
        return Err(NoLog::Trouble(
            "nothing that its commands printed is here: they printed nothing, ran elsewhere or never".into(),
        ));
    }
    silent.dedup();
    found.lines.extend((!silent.is_empty()).then(|| of_silent(&silent)));
    Ok(found)
}

/// That some printed nothing, with the names of the first.
fn of_silent(keys: &[String]) -> String {
    let named = keys.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = keys.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let many = count(keys.len(), "datum");
    format!("{many} printed nothing, or it was tidied away: {named}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_tells_whose_it_is() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("a.log"), "one\ntwo\n").expect("a file");
        std::fs::write(home.path().join("b.log"), "three\n").expect("a file");
        let logs = [("sub-1", "a.log"), ("x", "gone.log"), ("sub-10", "b.log")];
        let logs = logs.map(|(key, path)| (key.to_owned(), path.to_owned()));
        let text = read_many(home.path(), &logs, &[]).expect("it reads");
        let silent = "1 datum printed nothing, or it was tidied away: x";
        assert_eq!(text.lines, ["sub-1  | one", "sub-1  | two", "sub-10 | three", silent]);
        assert_eq!(
            read_many(home.path(), &logs[1..2], &[]).map(|text| text.lines),
            Ok(vec![silent.to_owned()])
        );
        assert!(read_many(home.path(), &[], &[]).is_err());
        let both = read_many(home.path(), &logs[1..2], &["w".to_owned()]).map(|text| text.lines);
        assert_eq!(both, Ok(vec!["2 datums printed nothing, or it was tidied away: w, x".to_owned()]));
        let none = read_many(home.path(), &[], &["w".to_owned()]).map(|text| text.lines);
        assert!(none.is_ok_and(|lines| lines[0].starts_with("1 datum printed nothing")));
        let long = "x\n".repeat(600_000);
        std::fs::write(home.path().join("a.log"), long).expect("a file");
        assert!(read_many(home.path(), &logs, &[]).expect("it reads").lines[0].ends_with("only its end"));
    }
}
