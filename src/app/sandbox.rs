//! Serving minipach from inside of a sandbox.

use std::path::PathBuf;

use super::error::{AppError, ExitCode};

/// Is the first process of a sandbox and runs what it is told by standard input, until nobody is there any more.
///
/// # Errors
/// When it was not started by minipach.
pub fn serve_sandbox(private: &[PathBuf]) -> Result<(), AppError> {
    crate::exec::serve(private)
        .map_err(|error| AppError::new(ExitCode::Bug, format!("only minipach starts this: {error}")))
}
