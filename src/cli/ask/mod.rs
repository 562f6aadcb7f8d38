//! Questions on a terminal: one answer each, checked as it is given. Ctrl-C ends the program as it does elsewhere.

pub(crate) mod menu;
pub(crate) mod pipeline;
mod scaffold;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialoguer::console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Input, MultiSelect};
use rustix::termios::OptionalActions;
use signal_hook::consts::SIGINT;
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::app::{AppError, ExitCode, said_yes};
use crate::model::show;

pub(crate) use scaffold::interview;

/// How long a question has after a Ctrl-C to end the program by itself.
const TO_END_BY_ITSELF: Duration = Duration::from_millis(300);

/// Asks on standard error, so that standard output stays for data.
pub(crate) struct Asker {
    /// Whether nobody is asked any more, so that Ctrl-C does what it always does.
    is_over: Arc<AtomicBool>,
    term: Term,
    theme: Box<dyn Theme>,
}

/// Whether somebody can be asked: they type and see what is asked.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Asker {
    /// Colours as for all else on standard error.
    pub(crate) fn new() -> Self {
        let has_colors = !matches!(anstream::AutoStream::choice(&io::stderr()), anstream::ColorChoice::Never);
        dialoguer::console::set_colors_enabled_stderr(has_colors);
        let theme: Box<dyn Theme> =
            if has_colors { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) };
        let is_over = Arc::new(AtomicBool::new(false));
        let term = Term::stderr();
        // If it cannot be caught, it ends the program at once.
        drop(end_at_ctrl_c(Arc::clone(&is_over), term.clone()));
        Self { is_over, term, theme }
    }

    /// A line of text that passes a check, which says what is wanted otherwise.
    ///
    /// # Errors
    /// When the user ends it.
    pub(crate) fn text(
        &self,
        prompt: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, AppError> {
        let mut input = Input::<String>::with_theme(&*self.theme).with_prompt(show(prompt));
        // An empty line is nothing: whether that answers, the check says.
        input = input.allow_empty(true);
        if let Some(default) = default.filter(|default| !default.is_empty()) {
            input = input.default(default.to_owned());
        }
        let input = input.validate_with(|text: &String| check(text).map_err(|why| show(&why)));
        self.ended(input.interact_text_on(&self.term))
    }

    /// Yes or no.
    ///
    /// # Errors
    /// When the user ends it.
    pub(crate) fn yes_no(&self, prompt: &str, default: Option<bool>) -> Result<bool, AppError> {
        self.ended(yes_no(&self.term, &*self.theme, prompt, default))
    }

    /// One of several, by its place among them.
    ///
    /// # Errors
    /// When the user ends it.
    pub(crate) fn choice(&self, prompt: &str, items: &[String], default: usize) -> Result<usize, AppError> {
        // Of a row of a table the first word is the name.
        let name = |item: &String| item.split_whitespace().next().unwrap_or_default().to_owned();
        let items: Vec<menu::Item> =
            items.iter().map(|item| menu::Item { label: item.clone(), name: name(item) }).collect();
        let chosen = menu::choose(&self.term, &*self.theme, &show(prompt), &items, default);
        self.ended(chosen.map_err(dialoguer::Error::from))
    }

    /// Any of several, by their numbers; Space marks, Enter takes.
    ///
    /// # Errors
    /// When the user ends it.
    pub(crate) fn multi(&self, prompt: &str, items: &[(String, bool)]) -> Result<Vec<usize>, AppError> {
        let prompt = format!("{} (Space marks, Enter takes)", show(prompt));
        let items = items.iter().map(|(item, is_marked)| (show(item), *is_marked));
        let select = MultiSelect::with_theme(&*self.theme).with_prompt(prompt).items_checked(items);
        self.ended(select.interact_on(&self.term))
    }

    fn ended<T>(&self, answer: dialoguer::Result<T>) -> Result<T, AppError> {
        answer.map_err(|error| {
            // A menu hides the cursor, and leaves it so when it is cut off.
            drop(self.term.show_cursor());
            let dialoguer::Error::IO(error) = error;
            match error.kind() {
                io::ErrorKind::Interrupted => AppError::new(ExitCode::Interrupted, "nothing was written"),
                _ => AppError::usage(format!("cannot ask on this terminal: {error}"))
                    .hint("give the answers as options, or `--defaults`"),
            }
        })
    }
}

/// Asks for yes or no, which is typed as a word or its first letter.
pub(crate) fn yes_no(
    term: &Term,
    theme: &dyn Theme,
    prompt: &str,
    default: Option<bool>,
) -> dialoguer::Result<bool> {
    let prompt = format!("{} (yes or no)", show(prompt));
    let input = Input::<String>::with_theme(theme).with_prompt(prompt).allow_empty(true);
    let input = match default {
        Some(yes) => input.default(if yes { "yes" } else { "no" }.to_owned()),
        None => input,
    };
    let check = |text: &String| match said_yes(text) {
        Some(_) => Ok(()),
        None => Err("type yes or no; y, n, true, false, on, off, 1 and 0 do too"),
    };
    let answer = input.validate_with(check).interact_text_on(term)?;
    Ok(said_yes(&answer).unwrap_or_default())
}

/// While a question stands, Ctrl-C ends the question, which gives the terminal back; then the program ends. Where none
/// stands yet, nobody else would hear it.
fn end_at_ctrl_c(is_over: Arc<AtomicBool>, term: Term) -> io::Result<()> {
    let usual = rustix::termios::tcgetattr(io::stdin())?;
    // Listened to first: once the other is there, one that nobody listens to is lost.
    let mut signals = Signals::new([SIGINT])?;
    register_conditional_default(SIGINT, Arc::clone(&is_over))?;
    std::thread::spawn(move || {
        signals.forever().next();
        std::thread::sleep(TO_END_BY_ITSELF);
        if is_over.load(Ordering::SeqCst) {
            return;
        }
        rustix::termios::tcsetattr(io::stdin(), OptionalActions::Now, &usual).unwrap_or_default();
        drop(term.show_cursor());
        crate::cli::verbs::say("\nnothing was written");
        is_over.store(true, Ordering::SeqCst);
        drop(emulate_default_handler(SIGINT));
    });
    Ok(())
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}
