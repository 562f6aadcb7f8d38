//! The terminal UI: on the terminal, or one screen of it as text.

use std::path::Path;

use super::print;
use crate::app::{AppError, ExitCode};
use crate::cli::Context;
use crate::cli::alone::Alone;

/// Whether there is a terminal to draw on and to read keys from.
pub(crate) fn is_terminal() -> bool {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// Shows the project in a folder until the user leaves.
pub(crate) fn open(dir: &Path, alone: &Alone) -> Result<ExitCode, AppError> {
    crate::tui::run(dir, &options(alone))?;
    Ok(ExitCode::Done)
}

pub(super) fn options(alone: &Alone) -> crate::tui::Options {
    let no_color = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    crate::tui::Options { no_color, ascii: alone.ascii, still: alone.no_motion }
}

/// Tells in lines, and does what is typed, until the user leaves.
pub(crate) fn plain(dir: &Path, alone: &Alone) -> Result<ExitCode, AppError> {
    crate::tui::plain(dir, &options(alone))?;
    Ok(ExitCode::Done)
}

/// One screen, as text.
pub(crate) fn once(context: &Context, alone: &Alone) -> Result<ExitCode, AppError> {
    use std::io::IsTerminal as _;
    let terminal = || std::io::stdout().is_terminal().then(crossterm::terminal::size)?.ok();
    let size = alone.size.or_else(terminal).unwrap_or((80, 24));
    let name = alone.screen.as_ref().unwrap_or(&crate::tui::ScreenName::Home);
    if context.json {
        let found = crate::tui::once_json(&context.dir, &options(alone), name, size)?;
        print(&format!("{found}\n"));
        return Ok(ExitCode::Done);
    }
    print(&crate::tui::once(&context.dir, &options(alone), name, size)?);
    Ok(ExitCode::Done)
}
