//! Targets from a file or standard input, for more of them than a command line holds.

use std::io::Read as _;
use std::path::Path;

use crate::app::AppError;
use crate::model::show;

/// The targets that were typed and those of a file, if one is named; `-` is standard input.
///
/// # Errors
/// When the file cannot be read, or names nothing: that must not mean everything.
pub(super) fn targets(typed: &[String], from: Option<&Path>) -> Result<Vec<String>, AppError> {
    let mut found = typed.to_vec();
    let Some(path) = from else { return Ok(found) };
    let name = if path == Path::new("-") { "standard input".into() } else { show(&path.to_string_lossy()) };
    let text =
        read(path).map_err(|error| AppError::usage(format!("cannot read targets from {name}: {error}")))?;
    let before = found.len();
    found.extend(listed(&text));
    if found.len() == before {
        return Err(AppError::usage(format!("{name} names no target")));
    }
    Ok(found)
}

fn read(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// One a line, or, if there is a NUL anywhere, with a NUL after each, as names may hold line ends.
fn listed(text: &str) -> impl Iterator<Item = String> + '_ {
    let end = if text.contains('\0') { '\0' } else { '\n' };
    let tidy =
        move |line: &str| if end == '\n' { line.trim_end_matches('\r').to_owned() } else { line.to_owned() };
    text.split(end).map(tidy).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_lines_or_end_in_nul_and_none_is_no_file_for_everything() {
        let all = |text: &str| listed(text).collect::<Vec<_>>();
        assert_eq!(all("fs:a\r\n\nfs:b c\n"), ["fs:a", "fs:b c"]);
        assert_eq!(all("fs:a\nb\0fs:c\0"), ["fs:a\nb", "fs:c"]);
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("list");
        std::fs::write(&file, "\n\n").expect("a file");
        assert!(targets(&[], Some(&file)).is_err_and(|error| error.message.contains("names no target")));
        assert!(targets(&[], Some(&home.path().join("none"))).is_err());
        assert_eq!(targets(&["a".into()], None).ok(), Some(vec!["a".into()]));
    }
}
