//! The terminal UI: on the terminal, or one screen of it as text.

use std::path::Path;

use super::{print, say};
use crate::app::{self, AppError, ExitCode};
use crate::cli::Context;
use crate::cli::alone::Alone;
use crate::model::show;

/// Whether there is a terminal to draw on and to read keys from.
pub(crate) fn is_terminal() -> bool {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// Shows the project in a folder until the user leaves.
pub(crate) fn open(dir: &Path, alone: &Alone) -> Result<ExitCode, AppError> {
    shown(dir, &options(alone))
}

/// The same, and says where it lies: the folder is nobody's choice.
pub(super) fn open_demo(dir: &Path) -> Result<ExitCode, AppError> {
    let greeting =
        Some(format!("this project lies in {}; its files can be edited there", show(&dir.to_string_lossy())));
    shown(dir, &crate::tui::Options { greeting, ..options(&Alone::default()) })
}

fn shown(dir: &Path, options: &crate::tui::Options) -> Result<ExitCode, AppError> {
    let left = crate::tui::run(dir, options)?;
    let live = app::state_dir(dir).and_then(|state| app::live(&state));
    let goes_on = live.is_ok_and(|live| live.holder.is_some_and(|who| who.verb == "run"));
    if let Some(told) = parting(goes_on, left.stops) {
        say(told);
    }
    Ok(left.signal.map_or(ExitCode::Done, |signal| ExitCode::Of(128 + signal)))
}

/// What is said on leaving of the run that went on, and how it was asked to stop.
const fn parting(goes_on: bool, stops: u32) -> Option<&'static str> {
    Some(match (goes_on, stops) {
        (true, 0) => "a run goes on: `minipach attach` follows it, `minipach cancel` ends it",
        (true, 1) => "the run is ending: what it has in hand is finished; `minipach attach` follows that",
        (true, _) => "the run is ending at once, with the commands that run; `minipach attach` follows that",
        (false, 0) => return None,
        (false, _) => "the run has stopped: what is done is kept, `minipach run` does the rest",
    })
}

pub(super) fn options(alone: &Alone) -> crate::tui::Options {
    let no_color = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    crate::tui::Options { no_color, ascii: alone.ascii, still: alone.no_motion, greeting: None }
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

#[cfg(test)]
mod tests {
    use super::parting;

    #[test]
    fn who_stopped_a_run_and_left_is_told_what_became_of_it() {
        assert_eq!(parting(false, 0), None);
        for (goes_on, stops, told) in [
            (true, 0, "goes on"),
            (true, 1, "in hand is finished"),
            (true, 2, "at once"),
            (false, 1, "has stopped"),
        ] {
            assert!(parting(goes_on, stops).is_some_and(|said| said.contains(told)), "{told}");
        }
    }
}
