//! Where there is no project: a form that shows what a new one would be, and writes it when it is told to.

mod asked;
mod draw;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender};
use ratatui::crossterm::event::{Event, KeyEventKind};

use crate::app::{AppError, Laid, NewRequest, new, open_scaffold, scaffolds};

use super::config::{Options, Source};
use super::input::Reader;
use super::keys::Key;
use super::message::Msg;
use super::pen::Pen;
use super::runtime::{listen, suspend};
use super::terminal::{self, Terminal};
use super::theme::Theme;
use asked::{Asked, Led, Wish};

/// The name of the folder if the one that one is in holds something.
const STUDY: &str = "study";

/// What came of a wish, and whether it was written.
type Came = (Wish, bool, Result<Laid, AppError>);

/// Asks what a new project is to be, below a folder without one, and writes it; `None` if nobody wants it.
///
/// # Errors
/// When there is no terminal.
pub fn begin(dir: &Path, options: &Options) -> Result<Option<Laid>, AppError> {
    let source = Source::new(options.clone());
    let theme = source.read().map_or_else(|_| source.bare(), |setup| setup.theme);
    let trouble = |error: std::io::Error| AppError::usage(format!("cannot use this terminal: {error}"));
    let mut terminal = Terminal::take(false).map_err(trouble)?;
    let (inbox, messages) = crossbeam_channel::bounded(64);
    listen(inbox.clone());
    let reader = Reader::spawn(inbox);
    let is_empty = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    let mut asked = Asked::new(if is_empty { "." } else { STUDY }, scaffolds(dir));
    asked.has_specs = has_specs(dir, SPEC_DEPTH);
    let mut form = Form { asked, theme, wishes: helper(dir.to_owned()) };
    let ended = form.drive(&mut terminal, &reader, &messages);
    // Nobody else may take keys from whoever has the terminal next.
    reader.end();
    drop(terminal);
    match terminal::panicked() {
        Some(said) => Err(AppError::new(crate::app::ExitCode::Bug, said)),
        // A terminal that went away while the form was on it needs no complaint.
        None => Ok(ended.unwrap_or_default()),
    }
}

/// So many folders deep specs are looked for.
const SPEC_DEPTH: usize = 3;

/// So many folders are looked at for that: a home may have very many.
const SPEC_FOLDERS: usize = 1000;

/// Whether a pipeline stands in a folder, or in folders that deep in it.
fn has_specs(dir: &Path, depth: usize) -> bool {
    let mut open = VecDeque::from([(dir.to_owned(), depth)]);
    for _ in 0..SPEC_FOLDERS {
        let Some((folder, depth)) = open.pop_front() else { return false };
        if folder.join("spec.yml").is_file() {
            return true;
        }
        if depth > 0 {
            open.extend(folders_in(&folder).map(|below| (below, depth - 1)));
        }
    }
    false
}

/// The folders in a folder, but for hidden ones and links.
fn folders_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let is_shown = |entry: &std::fs::DirEntry| !entry.file_name().as_encoded_bytes().starts_with(b".");
    found.filter(move |entry| is_folder(entry) && is_shown(entry)).map(|entry| entry.path())
}

/// The thread that looks what wishes come to, and writes.
fn helper(dir: PathBuf) -> (Sender<(Wish, bool)>, Receiver<Came>) {
    let (ask, wishes) = crossbeam_channel::unbounded::<(Wish, bool)>();
    let (tell, came) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        for (wish, is_meant) in wishes {
            let found = laid(&dir, &wish, !is_meant);
            if tell.send((wish, is_meant, found)).is_err() {
                return;
            }
        }
    });
    (ask, came)
}

fn laid(dir: &Path, wish: &Wish, is_dry: bool) -> Result<Laid, AppError> {
    let answers: BTreeMap<String, String> = wish.answers.clone();
    let scaffold = open_scaffold(&wish.scaffold, dir, None)?;
    new(&NewRequest { dir: dir.join(&wish.dir), scaffold, answers, datalad: false, dry_run: is_dry })
}

struct Form {
    asked: Asked,
    theme: Theme,
    wishes: (Sender<(Wish, bool)>, Receiver<Came>),
}

impl Form {
    fn drive(
        &mut self,
        terminal: &mut Terminal,
        reader: &Reader,
        messages: &Receiver<Msg>,
    ) -> std::io::Result<Option<Laid>> {
        drop(self.wishes.0.send((self.asked.wish(), false)));
        loop {
            let (asked, theme) = (&self.asked, self.theme);
            terminal.paint(|frame| {
                let area = frame.area();
                draw::draw(asked, &mut Pen::new(frame.buffer_mut(), area, theme));
            })?;
            let led = crossbeam_channel::select! {
                recv(messages) -> message => match message {
                    Ok(Msg::Input(event)) => self.input(event),
                    Ok(Msg::Stopped) => {
                        suspend(Some(reader), terminal)?;
                        Led::Nowhere
                    }
                    Ok(Msg::Continued) => {
                        terminal.retake()?;
                        Led::Nowhere
                    }
                    Ok(Msg::Terminate(_)) | Err(_) => Led::Leave,
                    Ok(_) => Led::Nowhere,
                },
                recv(self.wishes.1) -> came => match came {
                    Ok((_, true, Ok(laid))) => return Ok(Some(laid)),
                    Ok((_, true, Err(error))) => {
                        self.asked.failed(error.message);
                        Led::Nowhere
                    }
                    Ok((wish, false, found)) => {
                        self.asked.looked(wish, found.map_err(|error| error.message));
                        Led::Nowhere
                    }
                    Err(_) => Led::Leave,
                },
            };
            match led {
                Led::Nowhere => {}
                Led::Look(wish) => drop(self.wishes.0.send((wish, false))),
                Led::Write(wish) => drop(self.wishes.0.send((wish, true))),
                Led::Leave => return Ok(None),
            }
        }
    }

    fn input(&mut self, event: Event) -> Led {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.asked.key(Key::from(key)),
            Event::Paste(text) => self.asked.paste(&text),
            _ => Led::Nowhere,
        }
    }
}
