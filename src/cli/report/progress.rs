//! `Progress`: a run as people see it: one live line on a terminal, plain lines in a pipe.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::app::span;
use crate::model::{DatumState, Event, show, show_short};
use crate::run::{Observer, now_ms};

use super::alike::Alike;
use super::words::{Style, paint, plural};

/// How often the live line is drawn at the most.
const FRAME: Duration = Duration::from_millis(50);

/// So many datums must have run before anybody says how long the others take.
const ENOUGH: usize = 5;

/// Shows a run's events on standard error.
pub(crate) struct Progress {
    live: bool,
    verbose: u8,
    /// The run's process, and when it began: milliseconds since the Unix epoch.
    pid: u32,
    begun_ms: u64,
    drawn: Option<Instant>,
    is_drawn: bool,
    total: usize,
    settled: usize,
    failed: usize,
    running: usize,
    ran: usize,
    last: String,
    /// Another process does it.
    is_followed: bool,
    /// Notes that were told; once is enough.
    noted: BTreeSet<String>,
    alike: Alike,
}

impl Progress {
    /// For a run that begins now; `quiet` shows failures only.
    pub(crate) fn new(quiet: bool, verbose: u8) -> Self {
        Self {
            live: !quiet
                && std::io::stderr().is_terminal()
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
            verbose: if quiet { 0 } else { verbose + 1 },
            pid: std::process::id(),
            begun_ms: now_ms(),
            drawn: None,
            is_drawn: false,
            total: 0,
            settled: 0,
            failed: 0,
            running: 0,
            ran: 0,
            last: String::new(),
            is_followed: false,
            noted: BTreeSet::new(),
            alike: Alike::default(),
        }
    }

    /// For a run of another process.
    pub(crate) fn followed(quiet: bool, verbose: u8) -> Self {
        Self { is_followed: true, ..Self::new(quiet, verbose) }
    }

    fn line(&mut self, text: &str) {
        self.clear();
        let mut stderr = anstream::stderr().lock();
        for line in self.alike.end().as_deref().into_iter().chain([text]) {
            drop(writeln!(stderr, "{line}"));
        }
    }

    /// Says how many more there were of what was told last.
    fn end_alike(&mut self) {
        if let Some(told) = self.alike.end() {
            self.line(&told);
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            let mut stderr = anstream::stderr().lock();
            drop(write!(stderr, "\r\x1b[K"));
            drop(stderr.flush());
        }
    }

    fn draw(&mut self) {
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if !self.live || !is_due || self.total == 0 {
            return;
        }
        let text = self.status_line();
        let mut stderr = anstream::stderr().lock();
        drop(write!(stderr, "\r{text}\x1b[K"));
        drop(stderr.flush());
        self.drawn = Some(Instant::now());
        self.is_drawn = true;
    }

    /// `  123/2001 datums  41/s  46s left  1 failed  fs:sub-12`, cut to the terminal.
    fn status_line(&self) -> String {
        let passed_ms = now_ms().saturating_sub(self.begun_ms);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let seconds = passed_ms as f64 / 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = if seconds > 0.0 { self.ran as f64 / seconds } else { 0.0 };
        let mut parts = vec![format!("{}/{}", self.settled, self.total)];
        if rate > 0.0 {
            parts.push(if rate >= 10.0 { format!("{rate:.0}/s") } else { format!("{rate:.1}/s") });
        }
        // A few tell nothing of the others yet; the terminal UI waits for as many.
        if self.ran >= ENOUGH {
            let left = self.total.saturating_sub(self.settled) as u64;
            parts.push(format!("{} left", span(passed_ms.saturating_mul(left) / self.ran as u64)));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.push(self.last.clone());
        show_short(&format!("  {}", parts.join("  ")), width().saturating_sub(1).max(10))
    }

    fn finished(&mut self, (pipeline, key): (&str, &str), outcome: DatumState, message: &str, took_ms: u64) {
        let target = show(&format!("{pipeline}:{key}"));
        let message = show(message);
        match outcome {
            DatumState::Done => {
                self.ran += 1;
                if self.verbose > 1 || (!self.live && self.verbose > 0 && self.total <= 100) {
                    self.line(&format!(
                        "  {} {target}  {}",
                        paint(Style::Good, "done"),
                        paint(Style::Dim, &span(took_ms))
                    ));
                }
            }
            DatumState::Cached => {
                if self.verbose > 1 {
                    self.line(&format!("  {} {target}", paint(Style::Good, "cached")));
                }
            }
            DatumState::Recovered => {
                self.line(&format!("  {} {target}: {message}", paint(Style::Warn, "recovered")));
            }
            DatumState::Failed => {
                self.failed += 1;
                self.line(&format!("  {} {target}: {message}", paint(Style::Bad, "failed")));
            }
            other if self.verbose <= 1 && self.alike.counts(pipeline, other, &message) => {}
            other => {
                let word = paint(Style::Warn, &other.word().replace('_', " "));
                self.line(&format!("  {word} {target}: {message}"));
                self.alike.begin(pipeline, other, &message);
            }
        }
    }

    /// Names a pipeline that is not planned. Of a run of ours the end tells them, with their errors.
    fn left_out(&mut self, pipeline: &str, state: &str, message: &str) {
        if !self.is_followed || !self.noted.insert(format!("{pipeline} left out")) {
            return;
        }
        let is = paint(Style::Bad, &format!("is {}", state.replace('_', " ")));
        let pipeline = paint(Style::Bold, &show(pipeline));
        self.line(&format!("{pipeline} {is}: {}", show(message)));
    }

    fn job_started(&mut self, pipeline: &str, counts: [usize; 4]) {
        let [total, run, restore, remove] = counts;
        self.total += run + restore;
        if self.verbose == 0 || run + restore + remove == 0 {
            return;
        }
        let mut parts = Vec::new();
        if run > 0 {
            parts.push(format!("{run} to run"));
        }
        if restore > 0 {
            parts.push(format!("{restore} known"));
        }
        if remove > 0 {
            parts.push(format!("{remove} to remove"));
        }
        let of = paint(Style::Dim, &format!("of {}", plural(total, "datum")));
        self.line(&format!("{} {} {of}", paint(Style::Bold, &show(pipeline)), parts.join(", ")));
    }
}

/// Columns of the terminal; the usual ones where it does not tell.
fn width() -> usize {
    let told = rustix::termios::tcgetwinsize(std::io::stderr()).map(|size| usize::from(size.ws_col));
    told.ok().filter(|columns| *columns > 0).unwrap_or(80)
}

impl Observer for Progress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { pid, at_ms, .. } => (self.pid, self.begun_ms) = (*pid, *at_ms),
            Event::LeftOut { pipeline, state, message, .. } => self.left_out(pipeline, state, message),
            Event::JobStarted { pipeline, total, to_run, to_restore, to_remove, .. } => {
                self.job_started(pipeline, [*total, *to_run, *to_restore, *to_remove]);
            }
            Event::DatumStarted { pipeline, key, .. } => {
                self.running += 1;
                self.last = format!("{pipeline}:{key}");
            }
            Event::DatumTried { .. } => self.running = self.running.saturating_sub(1),
            Event::DatumFinished { pipeline, key, outcome, instead_of, message, took_ms, .. } => {
                // What a stop cut off is still to be done.
                self.settled += usize::from(instead_of.is_none() && *outcome != DatumState::Pending);
                let message = message.as_deref().unwrap_or_default();
                self.finished((pipeline, key), *outcome, message, *took_ms);
            }
            Event::JobFinished { pipeline, message: Some(message), .. } if self.verbose > 0 => {
                self.line(&format!("{}: {}", paint(Style::Bold, &show(pipeline)), show(message)));
            }
            // Nobody who wants to read little wants to read where commands run.
            Event::Surroundings { message, .. } | Event::Saved { message, .. } if self.verbose > 0 => {
                self.line(&show(message));
            }
            Event::Note { message, .. } if self.noted.insert(message.clone()) => self.line(&show(message)),
            Event::Paused { is_paused: true, .. } => {
                self.line(&format!("paused: no command is begun; kill -USR2 {} goes on", self.pid));
            }
            Event::Paused { is_paused: false, .. } => self.line("goes on"),
            Event::RunFinished { .. } => {
                self.end_alike();
                self.clear();
            }
            _ => {}
        }
        self.draw();
    }

    fn tick(&mut self) {
        self.draw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DatumId;

    #[test]
    fn what_a_stop_cut_off_does_not_count_as_done() {
        let mut progress = Progress::new(true, 0);
        let end = |key: &str, outcome: DatumState| Event::DatumFinished {
            pipeline: "p".into(),
            key: key.into(),
            id: DatumId([0; 32]),
            outcome,
            instead_of: None,
            message: None,
            log: None,
            took_ms: 1,
            at_ms: 1,
        };
        progress.job_started("p", [3, 3, 0, 0]);
        for event in [end("a", DatumState::Done), end("b", DatumState::Failed), end("c", DatumState::Pending)]
        {
            progress.event(&event);
        }
        assert!(progress.status_line().starts_with("  2/3"), "{}", progress.status_line());
    }
}
