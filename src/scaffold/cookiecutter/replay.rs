//! Replays: the answers of a run, kept where cookiecutter keeps its own, to run again with.

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
    std::fs::write(file, text).map_err(refused(file))
}
