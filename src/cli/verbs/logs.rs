//! `logs`: the log of a datum's last attempt.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{LOOKED, note_unsound, open, print, print_json, say};
use crate::app::{AppError, DatumView, ExitCode, Session, find_datums, live, log_path};
use crate::cli::Context;
use crate::cli::args::Logs;
use crate::model::show;
use crate::run::Known;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// `logs`.
pub(crate) fn logs(context: &Context, args: &Logs) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let views = find_datums(session, &plans, &known, &args.target)?;
    let live = live(&session.project.repo.state_dir())?;
    let mut printed = 0;
    for view in &views {
        let log = Log { view, json: context.json };
        if args.follow && views.len() == 1 && live.holder.is_some() {
            printed += usize::from(log.follow(session, last_log(session, &known, view))?);
            continue;
        }
        let running = live.hand(&view.pipeline, &view.key).and_then(|hand| hand.log.as_ref());
        let running = running.map(|log| session.project.repo.state_dir().join(log));
        let path = running.or_else(|| last_log(session, &known, view));
        let Some(path) = path.filter(|path| path.exists()) else { continue };
        if views.len() > 1 && !context.json {
            say(&format!("==> {}:{} <==", show(&view.pipeline), show(&view.key)));
        }
        log.print_from(&path, 0, true)?;
        printed += 1;
    }
    if printed == 0 {
        say(&format!("`{}` has no log here: it printed nothing, or ran elsewhere", show(&args.target)));
    }
    Ok(LOOKED)
}

/// The log of the last attempt that ended.
fn last_log(session: &Session, known: &Known<'_>, view: &DatumView) -> Option<PathBuf> {
    log_path(session, known, view.id.parse().ok()?)
}

/// A log to be printed.
struct Log<'a> {
    view: &'a DatumView,
    json: bool,
}

impl Log<'_> {
    /// Prints the log from a byte on; gives where it went on to. A line that may still grow waits in JSON.
    fn print_from(&self, path: &Path, start: u64, is_whole: bool) -> Result<u64, AppError> {
        let mut bytes = read_from(path, start)?;
        if self.json && !is_whole {
            bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
        }
        for line in String::from_utf8_lossy(&bytes).split_inclusive('\n') {
            self.print_line(line);
        }
        Ok(start + bytes.len() as u64)
    }

    fn print_line(&self, line: &str) {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let line = line.trim_end_matches('\r');
        if self.json {
            let DatumView { pipeline, key, id, .. } = self.view;
            print_json(&json!({"pipeline": pipeline, "key": key, "id": id, "line": line}));
        } else {
            let tabs: Vec<String> = line.split('\t').map(show).collect();
            print(&format!("{}{end}", tabs.join("\t")));
        }
    }

    /// Prints the log of the attempt that a run has in its hands, and what is added, until the attempt ends.
    /// Before it begins, the last one's. Tells whether there was a log.
    fn follow(&self, session: &Session, last: Option<PathBuf>) -> Result<bool, AppError> {
        let state = session.project.repo.state_dir();
        let mut now = Followed { path: last, end: 0 };
        let mut has_begun = false;
        loop {
            let live = live(&state)?;
            let hand = live.hand(&self.view.pipeline, &self.view.key);
            if let Some(path) = hand.and_then(|hand| hand.log.as_ref()).map(|log| state.join(log)) {
                has_begun = true;
                now.turn_to(path);
            }
            let is_over = live.holder.is_none() || (has_begun && hand.is_none());
            now.print(self, is_over)?;
            if is_over {
                return Ok(now.end > 0);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// A log that is followed, and up to where it is printed.
struct Followed {
    path: Option<PathBuf>,
    end: u64,
}

impl Followed {
    fn turn_to(&mut self, path: PathBuf) {
        if self.path.as_ref() != Some(&path) {
            *self = Self { path: Some(path), end: 0 };
        }
    }

    fn print(&mut self, log: &Log<'_>, is_whole: bool) -> Result<(), AppError> {
        let Some(path) = &self.path else { return Ok(()) };
        let Ok(meta) = path.metadata() else { return Ok(()) };
        if meta.len() < self.end {
            // Another try has begun it anew.
            self.end = 0;
        }
        self.end = log.print_from(path, self.end, is_whole)?;
        Ok(())
    }
}

fn read_from(path: &Path, start: u64) -> Result<Vec<u8>, AppError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read()
        .map_err(|error| AppError::new(ExitCode::Data, format!("cannot read `{}`: {error}", path.display())))
}
