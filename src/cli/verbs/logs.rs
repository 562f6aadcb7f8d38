//! `logs`: the log of a datum's last attempt, or of each.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{LOOKED, note_unsound, open, print, say};
use crate::app::{
    AppError, AttemptLog, CutOffs, DatumView, ExitCode, Live, Session, attempt_logs, find_datums, live,
};
use crate::cli::Context;
use crate::cli::args::Logs;
use crate::cli::report::{plural, show_with_tabs};
use crate::model::{PipelineName, in_quotes, kept_parts, left_out_line, show};
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
    let state = session.project.repo.state_dir();
    let (live, cut) = (live(&state)?, session.cut_off());
    let printer = Printer { context, args, has_many: views.len() > 1 };
    let (mut printed, mut earlier, mut said) = (0, 0, None);
    for view in &views {
        let found = logs_of(session, &known, (&live, cut), view);
        let log = Log { view, json: context.json, attempt: None };
        let kept = || found.iter().filter(|attempt| attempt.path.is_some());
        if args.follow && views.len() == 1 && live.holder.is_some() {
            printed += usize::from(log.follow(session, kept().next_back().and_then(|log| log.path.clone()))?);
            continue;
        }
        let shown: Vec<&AttemptLog> =
            if args.all { found.iter().collect() } else { kept().next_back().into_iter().collect() };
        for attempt in &shown {
            printer.print(view, attempt)?;
        }
        printed += shown.len();
        let last = found.last().filter(|last| !last.is_removed && !last.message.is_empty());
        said = last.map(|last| last.message.clone());
        earlier += if args.all { 0 } else { kept().count() - shown.len() };
    }
    printer.tell((printed, earlier), said.as_deref());
    Ok(LOOKED)
}

/// The attempts at a datum that are known here, oldest first; last the one that a run has in its hands.
fn logs_of(
    session: &Session,
    known: &Known<'_>,
    (live, cut): (&Live, &CutOffs),
    view: &DatumView,
) -> Vec<AttemptLog> {
    let state = session.project.repo.state_dir();
    let (id, name) = (view.id.parse().ok(), PipelineName::parse(&view.pipeline).ok());
    let found = id.zip(name).map(|(id, name)| attempt_logs(&state, known, cut, (&name, &view.key), id));
    let mut found = found.unwrap_or_default();
    let hand = live.hand(&view.pipeline, &view.key).and_then(|hand| hand.log.as_ref());
    if let Some(path) = hand.map(|log| state.join(log)).filter(|path| path.exists()) {
        for log in &mut found {
            log.is_last = false;
        }
        found.push(AttemptLog {
            of: None,
            by: None,
            how: "running",
            is_last: true,
            is_before: false,
            message: String::new(),
            path: Some(path),
            is_removed: false,
        });
    }
    found
}

/// About so many bytes of a log are printed together.
const BLOCK: usize = 64 * 1024;

/// Prints logs with what is to be said of them.
struct Printer<'a> {
    context: &'a Context,
    args: &'a Logs,
    has_many: bool,
}

impl Printer<'_> {
    fn print(&self, view: &DatumView, attempt: &AttemptLog) -> Result<(), AppError> {
        if !self.context.json && (self.args.all || self.has_many) {
            let place = format!("{}:{}", show(&view.pipeline), show(&view.key));
            let is_current = attempt.is_last && !attempt.is_before && attempt.by.is_none();
            let is_told = self.args.all || !is_current;
            let which = if is_told { format!(", {}", attempt_words(attempt)) } else { String::new() };
            say(&format!("==> {place}{which} <=="));
        } else if !self.args.all && !self.context.quiet {
            tell_which(attempt);
        }
        let log = Log { view, json: self.context.json, attempt: Some(attempt) };
        if let Some(path) = &attempt.path {
            log.print_lines(&read(path)?, true);
            return Ok(());
        }
        self.tell_lost(attempt);
        Ok(())
    }

    /// Why nothing of an attempt can be printed, and what is known of it all the same.
    fn tell_lost(&self, attempt: &AttemptLog) {
        if self.context.json {
            return;
        }
        let why = if attempt.is_removed { "its log was removed since" } else { "it printed nothing" };
        let message = &attempt.message;
        let said = if message.is_empty() { String::new() } else { format!("; {}", show(message)) };
        say(&format!("{why}{said}"));
    }

    /// What was not printed; `said` of the last attempt.
    fn tell(&self, (printed, earlier): (usize, usize), said: Option<&str>) {
        let (target, word) = (show(&self.args.target), in_quotes(&self.args.target));
        if let Some(said) = said.filter(|_| printed == 0) {
            say(&format!("`{target}` has no log here, as its last attempt printed nothing: {}", show(said)));
        } else if printed == 0 {
            say(&format!("`{target}` has no log here: it printed nothing, or ran elsewhere"));
        } else if earlier > 0 && !self.context.quiet {
            let earlier = plural(earlier, "earlier attempt");
            say(&format!("{earlier} printed something too: `minipach logs --all {word}`"));
        }
    }
}

/// Which attempt it is, where another one is meant first.
fn tell_which(attempt: &AttemptLog) {
    let which = attempt_words(attempt);
    match (attempt.is_last, attempt.is_before) {
        (true, true) => say(&format!("nothing was tried since it changed; this is {which}")),
        (true, false) if attempt.is_cut_off() => say(&format!("this is {which}: {}", attempt.message)),
        (true, false) if attempt.by.is_some() => say(&format!("this is {which}, which has the same work")),
        (true, false) => {}
        (false, _) => say(&format!("the last attempt printed nothing; this is {which}")),
    }
}

fn attempt_words(attempt: &AttemptLog) -> String {
    match &attempt.of {
        Some((run, number)) => {
            let before = if attempt.is_before { ", before it changed" } else { "" };
            let by = attempt.by.as_ref().map(|by| format!(", by {}", show(by))).unwrap_or_default();
            format!("try {number} of run {}, {}{before}{by}", show(run), attempt.how)
        }
        None => "the attempt that runs".into(),
    }
}

/// A log to be printed.
struct Log<'a> {
    view: &'a DatumView,
    json: bool,
    /// The attempt, to be told with each line in JSON; none that is followed.
    attempt: Option<&'a AttemptLog>,
}

impl Log<'_> {
    /// Prints a part of a log; gives how many bytes of it. A line that may still grow waits in JSON.
    fn print_lines(&self, mut bytes: &[u8], is_whole: bool) -> u64 {
        if self.json && !is_whole {
            bytes = &bytes[..bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)];
        }
        // Each print is handed to the terminal at once, so many lines go together.
        let mut block = String::new();
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            block.push_str(&self.line(line));
            if block.len() > BLOCK {
                print(&std::mem::take(&mut block));
            }
        }
        print(&block);
        bytes.len() as u64
    }

    /// A line as it is printed.
    fn line(&self, line: &str) -> String {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let line = line.trim_end_matches('\r');
        if self.json {
            let DatumView { pipeline, key, id, .. } = self.view;
            let mut object = json!({"pipeline": pipeline, "key": key, "id": id, "line": line});
            if let Some((attempt, (run, number))) = self.attempt.and_then(|one| Some((one, one.of.as_ref()?)))
            {
                (object["run"], object["try"]) = (run.as_str().into(), (*number).into());
                (object["outcome"], object["before_change"]) = (attempt.how.into(), attempt.is_before.into());
                if let Some(by) = &attempt.by {
                    object["by"] = by.as_str().into();
                }
            }
            return format!("{object}\n");
        }
        format!("{}{end}", show_with_tabs(line))
    }

    /// Prints the log of the attempt that a run has in its hands, and what is added, until the attempt ends.
    /// Before it begins, the last one's. Tells whether there was a log.
    fn follow(&self, session: &Session, last: Option<PathBuf>) -> Result<bool, AppError> {
        let state = session.project.repo.state_dir();
        let mut now = Followed { path: last, ..Followed::default() };
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
#[derive(Default)]
struct Followed {
    path: Option<PathBuf>,
    /// Which file it was: another try begins another one.
    file: Option<(u64, u64)>,
    /// How long it was, and when it was written, at the last look.
    seen: Option<(u64, i64, i64)>,
    /// How much of what the command printed is printed here, or was left out in the log.
    end: u64,
}

impl Followed {
    fn turn_to(&mut self, path: PathBuf) {
        if self.path.as_ref() != Some(&path) {
            *self = Self { path: Some(path), ..Self::default() };
        }
    }

    fn print(&mut self, log: &Log<'_>, is_whole: bool) -> Result<(), AppError> {
        let Some(path) = &self.path else { return Ok(()) };
        let Ok(meta) = path.metadata() else { return Ok(()) };
        let (file, seen) =
            (Some((meta.dev(), meta.ino())), Some((meta.len(), meta.mtime(), meta.mtime_nsec())));
        if self.file != file {
            self.end = 0;
        } else if self.seen == seen && !is_whole {
            return Ok(());
        }
        (self.file, self.seen) = (file, seen);
        self.print_more(log, &read(path)?, is_whole);
        Ok(())
    }

    /// Prints what was not printed yet. A log of more than there is room for keeps less of the middle each time: what was
    /// left out unseen is told.
    fn print_more(&mut self, log: &Log<'_>, bytes: &[u8], is_whole: bool) {
        for (from, part) in kept_parts(bytes) {
            if from > self.end {
                log.print_lines(left_out_line(from - self.end).as_bytes(), true);
                self.end = from;
            }
            let known = usize::try_from(self.end - from).unwrap_or(usize::MAX);
            if let Some(new) = part.get(known..) {
                self.end += log.print_lines(new, is_whole);
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    std::fs::read(path)
        .map_err(|error| AppError::new(ExitCode::Data, format!("cannot read `{}`: {error}", path.display())))
}
