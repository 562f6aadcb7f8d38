//! `logs`: the log of a datum's last attempt.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use super::{LOOKED, note_unsound, open, print, say};
use crate::app::{AppError, ExitCode, Session, find_datums, live, log_path};
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
        if views.len() > 1 {
            say(&format!("==> {}:{} <==", show(&view.pipeline), show(&view.key)));
        }
        let end = print_from(&path, 0)?;
        printed += 1;
        if args.follow && views.len() == 1 {
            follow(session, &path, end)?;
        }
    }
    if printed == 0 {
        say(&format!("`{}` has no log here: it printed nothing, or ran elsewhere", show(&args.target)));
    }
    Ok(LOOKED)
}

/// Prints a log from a byte on; gives where it ends now.
fn print_from(path: &Path, start: u64) -> Result<u64, AppError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| {
        AppError::new(ExitCode::Data, format!("cannot read `{}`: {error}", path.display()))
    })?;
    let text = String::from_utf8_lossy(&bytes);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let tabs: Vec<String> = line.trim_end_matches('\r').split('\t').map(show).collect();
        print(&format!("{}{end}", tabs.join("\t")));
    }
    Ok(start + bytes.len() as u64)
}

/// Prints what is added, until no run is going on.
fn follow(session: &Session, path: &Path, mut end: u64) -> Result<(), AppError> {
    let state = session.project.repo.state_dir();
    while live(&state)?.holder.is_some() {
        std::thread::sleep(LOOK);
        end = print_from(path, end)?;
    }
    print_from(path, end).map(drop)
}
