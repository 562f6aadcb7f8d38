//! What is generated for editors, shells and people: schema, completions, manual.

use clap::CommandFactory as _;

use super::{LOOKED, print, print_json};
use crate::app::{AppError, ExitCode};
use crate::cli::Context;
use crate::cli::args::{Cli, SchemaOf};
use crate::cli::help;
use crate::spec::{project_schema, spec_schema};

/// `schema`.
pub(crate) fn schema(context: &Context, of: SchemaOf) -> ExitCode {
    let schema = match of {
        SchemaOf::Spec => spec_schema(),
        SchemaOf::Project => project_schema(),
    };
    if context.json {
        print_json(&schema);
    } else {
        print(&format!("{schema:#}\n"));
    }
    LOOKED
}

/// `completions`.
///
/// # Errors
/// With `--json`: a script for a shell has no such form.
pub(crate) fn completions(context: &Context, shell: clap_complete::Shell) -> Result<ExitCode, AppError> {
    refuse_json(context, "completions")?;
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "minipach", &mut bytes);
    print(&String::from_utf8_lossy(&bytes));
    Ok(LOOKED)
}

/// `man`.
///
/// # Errors
/// With `--json`, or when the page cannot be made.
pub(crate) fn man(context: &Context) -> Result<ExitCode, AppError> {
    refuse_json(context, "man")?;
    let mut bytes = Vec::new();
    let page = clap_mangen::Man::new(Cli::command().long_about(help::IDEA));
    page.render(&mut bytes).map_err(|error| AppError::new(ExitCode::Bug, error.to_string()))?;
    print(&String::from_utf8_lossy(&bytes));
    Ok(LOOKED)
}

fn refuse_json(context: &Context, verb: &str) -> Result<(), AppError> {
    if context.json {
        return Err(AppError::usage(format!("`{verb}` prints no data, so it has no JSON form")));
    }
    Ok(())
}
