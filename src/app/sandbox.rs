//! Serving minipach from inside of a sandbox.

use std::path::PathBuf;

use super::error::{AppError, ExitCode};

/// Is the first process of a sandbox and runs what it is told by standard input, until nobody is there any more; or
/// becomes one command.
///
/// # Errors
/// When it was not started by minipach, or the command cannot be started.
pub fn serve_sandbox(private: &[PathBuf], command: &[String]) -> Result<(), AppError> {
    if !command.is_empty() {
        return Err(AppError::new(ExitCode::Data, crate::exec::become_in_front(command).to_string()));
    }
    crate::exec::serve(private)
        .map_err(|error| AppError::new(ExitCode::Bug, format!("only minipach starts this: {error}")))
}
