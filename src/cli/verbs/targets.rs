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
    if let Some(path) = from {
        found.extend(all_of(path, &read(path)?, "target")?);
    }
    Ok(found)
}

/// What `run` reads from files: files to save first, and targets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) files: Vec<String>,
    pub(super) targets: Vec<String>,
}

impl Lists {
    /// Reads both lists. Where both come from standard input, an empty entry parts them.
    ///
    /// # Errors
    /// When one cannot be read, or names nothing: that must not mean everything.
    pub(super) fn read(files: Option<&Path>, targets: Option<&Path>) -> Result<Self, AppError> {
        let is_input = |path: Option<&Path>| path == Some(Path::new("-"));
        if let (Some(path), true, true) = (files, is_input(files), is_input(targets)) {
            let text = read(path)?;
            let (first, second) = parted(&text);
            return Ok(Self {
                files: all_of(path, first, "file")?,
                targets: all_of(path, second, "target")?,
            });
        }
        let list = |path: Option<&Path>, what| {
            path.map_or_else(|| Ok(Vec::new()), |path| all_of(path, &read(path)?, what))
        };
        Ok(Self { files: list(files, "file")?, targets: list(targets, "target")? })
    }
}

/// What stands before the first empty entry, and after it.
fn parted(text: &str) -> (&str, &str) {
    let parts = if text.contains('\0') { text.split_once("\0\0") } else { text.split_once("\n\n") };
    parts.unwrap_or((text, ""))
}

/// What a file is called in messages.
fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { show(&path.to_string_lossy()) }
}

fn all_of(path: &Path, text: &str, what: &str) -> Result<Vec<String>, AppError> {
    let found: Vec<String> = listed(text).collect();
    if found.is_empty() {
        return Err(AppError::usage(format!("{} names no {what}", name(path))));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, AppError> {
    let mut text = String::new();
    let done = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    done.map_err(|error| AppError::usage(format!("cannot read {}: {error}", name(path))))?;
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
        std::fs::write(&file, "raw/a\n").expect("a file");
        let lists = Lists::read(Some(&file), None).ok();
        assert_eq!(lists, Some(Lists { files: vec!["raw/a".into()], targets: Vec::new() }));
        assert_eq!(parted("raw/a\0raw/b\0\0fs:a\nb\0"), ("raw/a\0raw/b", "fs:a\nb\0"));
        assert_eq!(parted("raw/a\n\nfs:a\n"), ("raw/a", "fs:a\n"));
    }
}
