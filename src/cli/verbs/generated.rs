//! What is generated for editors, shells and people: schema, completions, manual.

use clap::CommandFactory as _;

use super::{LOOKED, print};
use crate::app::{AppError, ExitCode};
use crate::cli::args::{Cli, SchemaOf};
use crate::spec::{project_schema, spec_schema};

/// `schema`.
pub(crate) fn schema(of: SchemaOf) -> ExitCode {
    let schema = match of {
        SchemaOf::Spec => spec_schema(),
        SchemaOf::Project => project_schema(),
    };
    print(&format!("{schema:#}\n"));
    LOOKED
}

/// `completions`.
pub(crate) fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "minipach", &mut bytes);
    print(&String::from_utf8_lossy(&bytes));
    LOOKED
}

/// `man`.
pub(crate) fn man() -> Result<ExitCode, AppError> {
    let mut bytes = Vec::new();
    let page = clap_mangen::Man::new(Cli::command());
    page.render(&mut bytes).map_err(|error| AppError::new(ExitCode::Bug, error.to_string()))?;
    print(&String::from_utf8_lossy(&bytes));
    Ok(LOOKED)
}
