//! Replays: the answers of a run, kept where cookiecutter keeps its own, to run again with.

use std::fmt::Write as _;
use std::path::Path;

use super::error::{CookieError, refused};
use super::json::{Dict, Json, parse};

/// Reads answers of an earlier run.
///
/// Errors: there are none, or they cannot be understood.
pub(super) fn read(file: &Path) -> Result<Dict, CookieError> {
    let text = std::fs::read_to_string(file).map_err(refused(file))?;
    let wrong = |problem: &str| CookieError::Manifest(format!("the replay `{}` {problem}", file.display()));
    match parse(&text) {
        Ok(Json::Dict(dict)) if matches!(dict.get("cookiecutter"), Some(Json::Dict(_))) => Ok(dict),
        Ok(_) => Err(wrong("holds no answers: it has no object `cookiecutter`")),
        Err(error) => Err(wrong(&format!("cannot be read: {error}"))),
    }
}

/// Keeps answers for the next time.
pub(super) fn write(file: &Path, context: &Dict) -> Result<(), CookieError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(refused(folder))?;
    }
    let text = serde_json::to_string_pretty(context).unwrap_or_default();
    std::fs::write(file, in_ascii(&text)).map_err(refused(file))
}

/// JSON as Python writes it: other letters than ASCII, which stand in texts alone, by their numbers.
fn in_ascii(json: &str) -> String {
    let mut out = String::new();
    for letter in json.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replays_are_written_as_cookiecutter_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.json");
        let text = "{\"cookiecutter\": {\"n\": \"\u{e9}\u{1f600}\\n\u{7f}\"}}";
        let Ok(Json::Dict(dict)) = parse(text) else { panic!("it is a dictionary") };
        write(&file, &dict).expect("it is written");
        let written = std::fs::read_to_string(&file).expect("it is there");
        assert!(written.contains("\"n\": \"\\u00e9\\ud83d\\ude00\\n\u{7f}\""), "{written}");
        assert_eq!(read(&file).expect("it is read"), dict);
    }
}
