//! `new` from a cookiecutter template: the errors of [`crate::scaffold::cookiecutter`] with their exit codes.

use std::path::Path;

use crate::scaffold::cookiecutter;

use super::error::{AppError, ExitCode};

pub use crate::scaffold::cookiecutter::{
    Ask as TemplateQuestion, AskKind as TemplateQuestionKind, ConfigChoice, Consent,
    CookieError as TemplateError, Dict, Entry as TemplateEntry, Hook, HookChoice, Json, Moment as HookMoment,
    Occupied, Order as TemplateOrder, Outcome as FromTemplate, Replay, Talk,
};

/// Whether a text names a template rather than a folder to make. A configuration that cannot be read is
/// told when the template is.
pub fn is_template(text: &str, start: &Path, directory: Option<&str>, choice: &ConfigChoice) -> bool {
    let config =
        cookiecutter::read_config(choice).or_else(|_| cookiecutter::read_config(&ConfigChoice::Nothing));
    config.is_ok_and(|config| cookiecutter::is_template(text, start, directory, &config))
}

/// What a template is called in the record of a project, if a text may name one. Any address may.
pub(super) fn template_place(
    text: &str,
    start: &Path,
    root: &Path,
    directory: Option<&str>,
) -> Result<Option<String>, AppError> {
    let config = cookiecutter::read_config(&ConfigChoice::Usual).map_err(|error| told(&error))?;
    Ok(cookiecutter::place_of(text, directory, start, root, &config))
}

/// Templates that were fetched before.
///
/// # Errors
/// When the configuration that says where they lie cannot be read.
pub fn installed_templates(choice: &ConfigChoice) -> Result<Vec<String>, AppError> {
    let config = cookiecutter::read_config(choice).map_err(|error| AppError::usage(error.to_string()))?;
    Ok(cookiecutter::installed(&config))
}

/// Somebody broke off; the words go behind "nothing was written".
pub fn broken_off(why: impl Into<String>) -> TemplateError {
    TemplateError::Stopped(why.into())
}

/// Lays out a template.
///
/// # Errors
/// Whatever stands against it; then nothing is written to the project's place.
pub fn new_from_template(
    order: &TemplateOrder,
    talk: Option<&mut dyn Talk>,
) -> Result<FromTemplate, AppError> {
    cookiecutter::lay_out(order, talk).map_err(|error| told(&error))
}

/// An error with its exit code.
pub(super) fn told(error: &TemplateError) -> AppError {
    let code = match error {
        TemplateError::Io { .. } => ExitCode::Data,
        TemplateError::Hook(_) => ExitCode::Failed,
        _ => ExitCode::Usage,
    };
    let told = AppError::new(code, error.to_string());
    match error {
        TemplateError::Template { .. } => told.hint(
            "where cookiecutter itself renders it, let it do so, and type `minipach adopt TEMPLATE` in the project that it makes",
        ),
        _ => told,
    }
}
