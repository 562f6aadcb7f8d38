//! `logs`: the log of a datum's last attempt.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{LOOKED, note_unsound, open, print, print_json, say};
use crate::app::{AppError, DatumView, ExitCode, Session, find_datums, live, log_path};
use crate::cli::Context;
use crate::cli::args::Logs;
use crate::model::show;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// `logs`.
pub(crate) fn logs(context: &Context, args: &Logs) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let views = find_datums(session, &plans, &known, &args.target)?;
    let mut printed = 0;
    for view in &views {
        let Ok(id) = view.id.parse() else { continue };
        let Some(path) = log_path(session, &known, id).filter(|path| path.exists()) else { continue };
        let log = Log { view, json: context.json };
        let is_followed = args.follow && views.len() == 1;
        if views.len() > 1 && !context.json {
            say(&format!("==> {}:{} <==", show(&view.pipeline), show(&view.key)));
        }
        let end = log.print_from(&path, 0, !is_followed)?;
        printed += 1;
        if is_followed {
            log.follow(session, &path, end)?;
        }
    }
    if printed == 0 {
        say(&format!("`{}` has no log here: it printed nothing, or ran elsewhere", show(&args.target)));
    }
    Ok(LOOKED)
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

    /// Prints what is added, until no run is going on.
    fn follow(&self, session: &Session, path: &Path, mut end: u64) -> Result<(), AppError> {
        let state = session.project.repo.state_dir();
        while live(&state)?.holder.is_some() {
            std::thread::sleep(LOOK);
            end = self.print_from(path, end, false)?;
        }
        self.print_from(path, end, true).map(drop)
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
