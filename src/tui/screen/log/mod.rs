//! A log on the whole screen: followed, searched, copied; or a file of the project in the same way.

mod draw;
mod moves;
mod rows;
mod search;
#[cfg(test)]
mod tests;
mod twin;

use crate::model::{DatumState, show};
use crate::run::Request;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, LogSource, LogText, Logged, NoLog, Query, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::request::request;
use crate::tui::twin::Twin;
use crate::tui::words::{plain, size};

use super::{Screen, Seen};
pub(in crate::tui) use rows::last_rows;
use search::Search;

/// A log that is followed is read this often, in milliseconds, also when nobody tells of news.
const LOOK_MS: u64 = 1000;

/// An answer that did not come for so long is not waited for any more, in milliseconds.
const PATIENCE_MS: u64 = 5000;

/// So many columns are scrolled at once.
const STEP: usize = 16;

/// Its own state.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Log {
    source: LogSource,
    /// What was asked last, when, and whether the answer is still to come.
    asked: Option<(LogSource, u64, bool)>,
    /// Whether there was news while an answer was to come.
    is_due: bool,
    text: Option<Result<LogText, NoLog>>,
    list: List,
    /// The first row that is shown of a wrapped line that is higher than the screen.
    inner: usize,
    /// Columns that are scrolled away.
    left: usize,
    is_following: bool,
    is_wrapped: bool,
    is_zoomed: bool,
    /// Whether the attempt runs.
    is_running: bool,
    /// Whether more was printed since that is not shown, so that lines that are looked at stay.
    has_more: bool,
    search: Search,
}

impl Log {
    /// The screen of a log, and what it wants to know.
    pub(in crate::tui) fn open(source: LogSource, facts: &Facts) -> (Self, Vec<Effect>) {
        let mut made = Self {
            is_following: source.file.is_none(),
            // What went wrong often stands at the end of a long line.
            is_wrapped: source.file.is_none(),
            source,
            asked: None,
            is_due: false,
            text: None,
            list: List::default(),
            inner: 0,
            left: 0,
            is_zoomed: false,
            is_running: false,
            has_more: false,
            search: Search::default(),
        };
        let effects = made.ask(facts);
        (made, effects)
    }

    fn lines(&self) -> &[String] {
        match &self.text {
            Some(Ok(text)) => &text.lines,
            _ => &[],
        }
    }

    /// The log of the attempt that runs.
    fn running(&self, facts: &Facts) -> Option<String> {
        if !facts.is_live || self.source.is_all {
            return None;
        }
        let place = (self.source.pipeline.clone(), self.source.key.clone());
        facts.run.running.get(&place).and_then(|hand| hand.log.clone())
    }

    /// What is to be read: what was opened; else what runs; else what was read; else the last attempt's.
    fn wanted(&self, facts: &Facts) -> LogSource {
        if self.source.file.is_some() {
            return self.source.clone();
        }
        let read = self.text.as_ref().and_then(|text| text.as_ref().ok());
        let read = read.map(|text| text.path.to_string_lossy().into_owned());
        let before = self.asked.as_ref().and_then(|(source, ..)| source.path.clone());
        let running = self.running(facts).filter(|_| self.is_following || read.is_none());
        let path = self.source.path.clone().or(running).or(read).or(before);
        LogSource { path, ..self.source.clone() }
    }

    /// Whether what a run prints belongs to it.
    fn is_of(&self, run: &str) -> bool {
        self.source.run.as_ref().is_none_or(|of| of == run)
    }

    /// Whether any command of the pipeline runs.
    fn has_running(&self, facts: &Facts) -> bool {
        facts.is_live
            && self.is_of(&facts.run.run)
            && facts.run.running.keys().any(|(pipeline, _)| *pipeline == self.source.pipeline)
    }

    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        let now = facts.now_ms;
        if let Some((_, at, true)) = &self.asked
            && now.saturating_sub(*at) < PATIENCE_MS
        {
            self.is_due = true;
            return Vec::new();
        }
        if self.source.is_all {
            self.is_running = self.has_running(facts);
            self.asked = Some((self.source.clone(), now, true));
            let is_known = self.is_of(&facts.run.run);
            let began = if is_known { facts.run.logs_of(&self.source.pipeline) } else { Vec::new() };
            return vec![Effect::World(World::Query(Query::Logs(self.source.clone(), began)))];
        }
        let running = self.running(facts);
        let wanted = self.wanted(facts);
        self.is_running = running.is_some() && (self.source.path.is_none() || wanted.path == running);
        self.asked = Some((wanted.clone(), now, true));
        vec![Effect::World(World::Query(Query::Log(wanted)))]
    }

    /// Whether reading it again may show more. What is paused and cut at its start would lose lines.
    fn is_of_use(&self, facts: &Facts) -> bool {
        let Some(Ok(text)) = self.text.as_ref().filter(|_| self.source.file.is_none()) else { return true };
        let is_moving = self.is_running || self.running(facts).is_some() || self.source.is_all;
        (self.is_following || !text.is_cut) && !self.has_more && (is_moving || !facts.is_live)
    }

    /// Whether a new reading would take away lines that are looked at.
    fn loses_lines(&self, new: &LogText) -> bool {
        let Some(Ok(old)) = &self.text else { return false };
        let is_paused = !self.is_following && self.source.file.is_none();
        is_paused && new != old && (new.is_cut || new.left_out != old.left_out)
    }

    fn took(&mut self, text: Result<LogText, NoLog>) {
        self.has_more = text.as_ref().is_ok_and(|text| self.loses_lines(text));
        if self.has_more {
            return;
        }
        if text.is_err() && self.is_of_asked() {
            // It was tidied away; what was read of it stays.
            return;
        }
        self.text = Some(text);
        let mut search = std::mem::take(&mut self.search);
        search.look(self.lines());
        self.search = search;
        let last = self.lines().len().saturating_sub(1);
        if self.is_following {
            (self.list.cursor, self.inner) = (last, usize::MAX);
        }
    }

    /// Whether the text is of the log that was asked for last.
    fn is_of_asked(&self) -> bool {
        let asked = self.asked.as_ref().and_then(|(source, ..)| source.path.as_deref());
        self.path().zip(asked).is_some_and(|(read, asked)| read.ends_with(asked))
    }

    fn row(&self) -> usize {
        self.list.cursor.min(self.lines().len().saturating_sub(1))
    }

    fn path(&self) -> Option<&std::path::Path> {
        let text = self.text.as_ref().and_then(|text| text.as_ref().ok());
        text.filter(|_| !self.source.is_all).map(|text| text.path.as_path())
    }

    fn world(&self, action: Action) -> Vec<Effect> {
        if self.source.is_all && action != Action::Copy {
            let text = self.lines().iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            return vec![match action {
                Action::Pager => Effect::World(World::PageText(text)),
                _ => Effect::AskSaveLog(plain(&format!("{}-all", self.source.pipeline)), Logged::Text(text)),
            }];
        }
        if action == Action::Copy {
            let line = self.lines().get(self.row()).cloned().unwrap_or_default();
            return vec![Effect::World(World::Copy(line))];
        }
        let Some(path) = self.path().map(std::path::Path::to_owned) else { return Vec::new() };
        let name = || plain(&format!("{}-{}", self.source.pipeline, self.source.key));
        vec![match action {
            Action::Pager => Effect::World(World::Page(path)),
            _ => Effect::AskSaveLog(name(), Logged::File(path)),
        }]
    }

    fn explain(&self) -> Effect {
        if let Some(path) = &self.source.file {
            return Effect::Explain(format!("Why · {}", show(path)), self.of_file());
        }
        if self.source.is_all {
            let of = match &self.source.run {
                Some(run) => format!("attempts of the run {} at", show(run)),
                None => "last attempts at".to_owned(),
            };
            let lines = vec![
                format!("what the {of} datums of `{}` printed, oldest first", show(&self.source.pipeline)),
                format!(
                    "at most {} of them, each from its end; `l` on a datum opens its whole log",
                    crate::tui::many_logs::MOST
                ),
            ];
            return Effect::Explain(format!("Why · logs of {}", show(&self.source.pipeline)), lines);
        }
        let mut lines = vec![match (self.is_running, &self.text) {
            (true, _) => "its command runs; what it prints appears here".to_owned(),
            (false, Some(Err(error))) => error.to_string(),
            (false, _) => "its command has ended; nothing more will be printed".to_owned(),
        }];
        if let Some(Ok(text)) = &self.text {
            lines.push(format!("file   {}", text.path.display()));
            lines.push(format!("size   {}", size(text.bytes)));
            lines.extend(
                text.is_cut.then(|| {
                    "only its end is shown here; the pager and a saved copy have all of it".to_owned()
                }),
            );
            lines.extend((text.left_out > 0).then(|| {
                format!("{} of what it printed, in the middle, were not kept", size(text.left_out))
            }));
        }
        Effect::Explain(format!("Why · log of {}", show(&self.name())), lines)
    }

    /// What there is to say of a file.
    fn of_file(&self) -> Vec<String> {
        let Some(Ok(text)) = &self.text else { return vec!["nothing of it can be shown".into()] };
        let mut lines =
            vec![format!("file   {}", text.path.display()), format!("size   {}", size(text.bytes))];
        lines.extend(
            text.is_cut.then(|| "only its beginning is shown here; the pager has all of it".to_owned()),
        );
        lines.push("who reads it, or made it: Esc, then `w` on its row".into());
        lines
    }

    fn name(&self) -> String {
        if let Some(path) = &self.source.file {
            return path.clone();
        }
        if self.source.is_all {
            return self.source.pipeline.clone();
        }
        format!("{}:{}", self.source.pipeline, self.source.key)
    }

    /// Asks for a run of what printed it; of what is done, only doing it again can be meant.
    fn run(&self, facts: &Facts) -> Effect {
        let at = facts.snapshot.position(&self.source.pipeline);
        let row = at.and_then(|at| Some((at, facts.snapshot.nodes[at].table.row_of(&self.source.key)?)));
        let is_done = row.is_some_and(|(at, row)| facts.state(at, row) == DatumState::Done);
        let force = is_done && !self.source.is_all;
        Effect::AskRun(Request { force, ..request(&[&self.name()]) })
    }

    /// The file at the line under the cursor; of a log, the spec of its pipeline.
    fn edit(&self, facts: &Facts) -> Vec<Effect> {
        match &self.source.file {
            Some(path) => vec![Effect::World(World::Edit(path.clone(), self.row() + 1))],
            None => super::edit(facts, &self.source.pipeline),
        }
    }
}

impl Screen for Log {
    fn place(&self) -> Place {
        Place::Log
    }

    fn trail(&self) -> String {
        let state = if self.is_following { "follow on" } else { "follow off" };
        let zoom = if self.is_zoomed { format!(" · {state}") } else { String::new() };
        if let Some(path) = &self.source.file {
            return format!("files : {}", show(path));
        }
        if self.source.is_all {
            let of = self.source.run.as_ref().map(|run| format!(" of run {}", show(run))).unwrap_or_default();
            return format!("{} · logs{of}{zoom}", show(&self.source.pipeline));
        }
        format!("{} : {} · log{zoom}", show(&self.source.pipeline), show(&self.source.key))
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        match action {
            Action::SearchNext | Action::SearchPrevious => self.search_off(),
            Action::Rerun | Action::Follow | Action::SaveLog if self.source.file.is_some() => {
                Some("this is a file, not the log of a command".into())
            }
            Action::Pager if self.path().is_none() && self.source.file.is_some() => {
                Some("there is no text to show".into())
            }
            Action::Pager | Action::SaveLog if self.source.is_all && !self.lines().is_empty() => None,
            Action::Pager | Action::SaveLog if self.path().is_none() => Some("there is no log yet".into()),
            Action::Copy if self.lines().is_empty() => Some("there is no line yet".into()),
            Action::NextPane | Action::PreviousPane => Some("the log is the only pane here".into()),
            Action::Rerun if facts.snapshot.position(&self.source.pipeline).is_none() => {
                Some("the pipeline is gone".into())
            }
            Action::Upstream | Action::Downstream if self.is_wrapped => {
                Some("long lines are wrapped, nothing stands beside the screen; `W` cuts them".into())
            }
            Action::Upstream if self.left == 0 => Some("this is where lines begin".into()),
            _ => None,
        }
    }

    fn word(&self, _facts: &Facts, action: Action) -> Option<&'static str> {
        (action == Action::Filter).then_some("search")
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.scroll(action, seen) {
            return self.moved(facts, action);
        }
        match action {
            Action::Follow if self.is_following => self.is_following = false,
            Action::Follow => return self.follow(facts),
            Action::Wrap => self.turn_wrap(),
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Upstream => self.left = self.left.saturating_sub(STEP),
            Action::Downstream => self.left = (self.left + STEP).min(rows::widest(self.lines())),
            Action::SearchNext | Action::SearchPrevious => {
                self.go_to(self.search.next(self.row(), action == Action::SearchNext, false));
                self.reveal(seen);
            }
            Action::Pager | Action::SaveLog | Action::Copy => return self.world(action),
            Action::Why => return vec![self.explain()],
            Action::Rerun => return vec![self.run(facts)],
            Action::Edit => return self.edit(facts),
            _ => {}
        }
        Vec::new()
    }

    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        if self.search.text.is_empty() {
            return std::mem::take(&mut self.is_zoomed);
        }
        // What was found stays under the cursor.
        self.search = Search::default();
        true
    }

    fn click(&mut self, row: usize) -> bool {
        self.is_following = false;
        self.inner = 0;
        self.list.click(row)
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.search.text)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        if self.search.is_new() {
            // A letter that is typed is no news of the log.
            self.searched();
            return Vec::new();
        }
        let is_of_use = self.is_of_use(facts);
        if is_of_use { self.ask(facts) } else { Vec::new() }
    }

    fn tick(&mut self, facts: &Facts) -> Vec<Effect> {
        let asked = self.asked.as_ref().map_or(0, |(_, at, _)| *at);
        let often = if self.source.is_all { 3 * LOOK_MS } else { LOOK_MS };
        let is_time = facts.now_ms.saturating_sub(asked) >= often;
        let is_moving = facts.is_live && (self.is_running || self.running(facts).is_some());
        if is_time && is_moving && self.is_of_use(facts) { self.ask(facts) } else { Vec::new() }
    }

    fn take(&mut self, facts: &Facts, answer: &Answer) -> Vec<Effect> {
        let Answer::Log(source, found) = answer else { return Vec::new() };
        match &mut self.asked {
            Some((asked, _, waits)) if asked == source && *waits => *waits = false,
            _ => return Vec::new(),
        }
        self.took(found.clone());
        if std::mem::take(&mut self.is_due) { self.ask(facts) } else { Vec::new() }
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        if let Some(path) = &self.source.file {
            return ["--once", "--screen", &format!("file:{path}")].map(str::to_owned).into();
        }
        if self.source.is_all {
            return ["--once", "--screen", &format!("logs:{}", self.source.pipeline)]
                .map(str::to_owned)
                .into();
        }
        vec!["logs".into(), self.name()]
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, _facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, pen, seen);
    }
}
