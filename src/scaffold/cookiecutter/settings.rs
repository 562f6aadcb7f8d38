//! Private settings of a template: `_extensions`, `_jinja2_env_vars`, `_copy_without_render`, `_new_lines`.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;

use super::error::CookieError;
use super::json::{Dict, Json};
use super::manifest::MANIFEST;

/// Extensions whose work the engine does anyway.
const KNOWN_EXTENSIONS: [&str; 7] = [
    "jinja2.ext.do",
    "jinja2.ext.loopcontrols",
    "cookiecutter.extensions.JsonifyExtension",
    "cookiecutter.extensions.RandomStringExtension",
    "cookiecutter.extensions.SlugifyExtension",
    "cookiecutter.extensions.TimeExtension",
    "cookiecutter.extensions.UUIDExtension",
];

/// Refuses templates with Python extensions.
pub(super) fn refuse_extensions(questions: &Dict) -> Result<(), CookieError> {
    let extensions = match questions.get("_extensions") {
        Some(Json::List(extensions)) => extensions.iter().map(Json::text).collect(),
        _ => Vec::new(),
    };
    match extensions.iter().find(|extension| !KNOWN_EXTENSIONS.contains(&extension.as_str())) {
        None => Ok(()),
        Some(extension) => Err(refused(
            "_extensions",
            &format!("wants the Python extension `{extension}`; use cookiecutter itself for this template"),
        )),
    }
}

/// The signs of the template language, as `_jinja2_env_vars` has them.
pub(super) fn syntax(questions: &Dict) -> Result<SyntaxConfig, CookieError> {
    let none = Dict::default();
    let wanted = match questions.get("_jinja2_env_vars") {
        Some(Json::Dict(wanted)) => wanted,
        _ => &none,
    };
    let sign = |key: &str, usual: &str| wanted.get(key).map_or_else(|| usual.to_owned(), Json::text);
    let mut builder = SyntaxConfig::builder();
    builder
        .keep_trailing_newline(true)
        .block_delimiters(sign("block_start_string", "{%"), sign("block_end_string", "%}"))
        .variable_delimiters(sign("variable_start_string", "{{"), sign("variable_end_string", "}}"))
        .comment_delimiters(sign("comment_start_string", "{#"), sign("comment_end_string", "#}"));
    for (key, value) in wanted.iter() {
        match (key, value) {
            ("trim_blocks", Json::Bool(yes)) => _ = builder.trim_blocks(*yes),
            ("lstrip_blocks", Json::Bool(yes)) => _ = builder.lstrip_blocks(*yes),
            ("line_statement_prefix", Json::Text(sign)) => _ = builder.line_statement_prefix(sign.clone()),
            ("line_comment_prefix", Json::Text(sign)) => _ = builder.line_comment_prefix(sign.clone()),
            (key, Json::Text(_)) if key.ends_with("_string") && DELIMITERS.contains(&key) => {}
            (key, value) => {
                return Err(refused(
                    "_jinja2_env_vars",
                    &format!("sets `{key}` to `{}`, which has no match here", value.text()),
                ));
            }
        }
    }
    builder.build().map_err(|error| refused("_jinja2_env_vars", &format!("cannot be used: {error}")))
}

const DELIMITERS: [&str; 6] = [
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
];

/// A refusal of a setting, whose line is not known yet.
fn refused(key: &str, problem: &str) -> CookieError {
    CookieError::Template { file: MANIFEST.to_owned(), line: 0, problem: format!("`{key}` {problem}") }
}

/// A refusal with the line of `cookiecutter.json` that it is about: of a setting, or of a value that is rendered.
pub(super) fn placed(error: CookieError, template: &Path) -> CookieError {
    let CookieError::Template { file, line, problem } = error else { return error };
    let key = match file.strip_prefix(MANIFEST) {
        Some("") if line == 0 => problem.split('`').nth(1),
        Some(of_value) => of_value.split('`').nth(1),
        None => None,
    };
    let Some(key) = key.map(|key| format!("\"{key}\"")) else {
        return CookieError::Template { file, line, problem };
    };
    let text = std::fs::read_to_string(template.join(MANIFEST)).unwrap_or_default();
    let line = text.lines().position(|line| line.contains(&key)).map_or(1, |at| at + 1);
    CookieError::Template { file, line, problem }
}

/// The patterns of paths whose bytes are copied.
pub(super) fn copy_only(answers: &Dict) -> Vec<String> {
    match answers.get("_copy_without_render") {
        Some(Json::List(patterns)) => patterns.iter().map(Json::text).collect(),
        _ => Vec::new(),
    }
}

/// The line ending that every text file is to have, if the template forces one.
pub(super) fn forced_newline(answers: &Dict) -> Result<Option<String>, CookieError> {
    match answers.get("_new_lines") {
        None | Some(Json::Null | Json::Bool(false)) => Ok(None),
        Some(Json::Text(text)) if text.is_empty() => Ok(None),
        Some(Json::Text(text)) if ["\n", "\r", "\r\n"].contains(&text.as_str()) => Ok(Some(text.clone())),
        Some(other) => Err(refused(
            "_new_lines",
            &format!("is `{}`, which is no line ending", other.text().escape_debug()),
        )),
    }
}
