//! The end of the log of what is under the cursor of the runs, read again while its command runs.

use crate::app::RunProgress;
use crate::model::show;
use crate::tui::effect::{Effect, LogSource, LogText, NoLog, Query, World};
use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

use super::Jobs;
use super::rows::Row;
use crate::tui::screen::log::last_rows;

/// The log of a command that runs is read this often, in milliseconds.
const LOOK_MS: u64 = 1000;

/// What was asked for and read of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    asked: Option<(LogSource, u64)>,
    read: Option<(LogSource, Result<LogText, NoLog>)>,
}

impl Tail {
    /// Takes what was read, if it is what was asked for last.
    pub(super) fn take(&mut self, source: &LogSource, found: &Result<LogText, NoLog>) {
        if self.asked.as_ref().is_some_and(|(asked, _)| asked == source) {
            self.read = Some((source.clone(), found.clone()));
        }
    }

    fn of(&self, source: &LogSource) -> Option<&Result<LogText, NoLog>> {
        self.read.as_ref().filter(|(read, _)| read == source).map(|(_, text)| text)
    }
}

impl Jobs {
    /// Whose log is shown: of a job, that of a command of it that runs.
    pub(super) fn tailed(&self, facts: &Facts) -> Option<LogSource> {
        let of = |pipeline: &str, key: &str, path: Option<String>| Some(LogSource::one(pipeline, key, path));
        let (run, is_live) = self.run(facts)?;
        match self.current(facts)? {
            Row::Hand(pipeline, key, hand) | Row::Cut(pipeline, key, hand) => {
                of(pipeline, key, hand.log.clone())
            }
            Row::Group(group) => {
                let (pipeline, key) = group.datums.first()?;
                log_then(facts, run, pipeline, key)
            }
            Row::Job(job) if is_live => {
                let mut hands = facts.run.running.iter();
                let ((pipeline, key), hand) = hands.find(|((pipeline, _), _)| *pipeline == job.pipeline)?;
                of(pipeline, key, hand.log.clone())
            }
            // Of what is over, its first failure.
            Row::Job(job) => {
                let failed = run.failures.iter().find(|failed| failed.pipeline == job.pipeline)?;
                log_then(facts, run, &failed.pipeline, &failed.key)
            }
            _ => None,
        }
    }

    /// Asks for it, if it is another than before, or may have grown.
    pub(super) fn ask_tail(&mut self, facts: &Facts) -> Option<Effect> {
        let source = self.tailed(facts)?;
        let is_running = facts.is_live && source.path.is_some();
        let is_known = self.tail.asked.as_ref().is_some_and(|(asked, at_ms)| {
            *asked == source && (!is_running || facts.now_ms.saturating_sub(*at_ms) < LOOK_MS)
        });
        if is_known {
            return None;
        }
        self.tail.asked = Some((source.clone(), facts.now_ms));
        Some(Effect::World(World::Query(Query::Log(source))))
    }
}

/// The log of a datum in a run. What the newest run did not try has failed before: then its last log is meant.
fn log_then(facts: &Facts, run: &RunProgress, pipeline: &str, key: &str) -> Option<LogSource> {
    let then = run.logs_of(pipeline).into_iter().rev().find(|(of, _)| of == key).map(|(_, log)| log);
    let is_known = then.is_some() || run.run == facts.run.run;
    is_known.then(|| LogSource::one(pipeline, key, then))
}

/// Whether the command that prints it runs now.
fn is_running(facts: &Facts, source: &LogSource) -> bool {
    let mut hands = facts.run.running.keys();
    facts.is_live && hands.any(|(pipeline, key)| *pipeline == source.pipeline && *key == source.key)
}

/// Draws the last lines of it.
pub(super) fn draw(jobs: &Jobs, facts: &Facts, source: &LogSource, pen: &mut Pen<'_>) {
    let read = jobs.tail.of(source);
    let note = match read {
        Some(Ok(text)) => crate::run::count(text.lines.len(), "line"),
        _ => String::new(),
    };
    let mut inside = pen.frame(
        &format!("Log of {}", show(&format!("{}:{}", source.pipeline, source.key))),
        &note,
        Role::Border,
    );
    let lines = match read {
        Some(Ok(text)) if text.lines.is_empty() => vec!["nothing printed yet".to_owned()],
        Some(Ok(text)) => {
            let (columns, rows) =
                (usize::from(inside.width().saturating_sub(1)), usize::from(inside.height()));
            last_rows(&text.lines, columns, rows).into_iter().map(str::to_owned).collect()
        }
        Some(Err(NoLog::Nothing)) if is_running(facts, source) => vec!["nothing printed yet".to_owned()],
        Some(Err(why)) => vec![show(&why.to_string())],
        None => vec!["reading …".to_owned()],
    };
    let role = if matches!(read, Some(Ok(text)) if !text.lines.is_empty()) { Role::Plain } else { Role::Dim };
    for (y, line) in (0_u16..).zip(&lines) {
        inside.say(1, y, line, role);
    }
}
