//! The UI for screen readers: typed lines in, sentences out; no boxes, no colours, nothing is ever drawn over.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::app::{AppError, end_replicas};
use crate::git::Repo;
use crate::model::show;
use crate::run::now_ms;

use super::action::row;
use super::config::{Options, Source};
use super::deeds::{Deeds, failure};
use super::effect::{Query, World};
use super::idle::Question;
use super::message::Msg;
use super::popup::twin::over;
use super::request::slots;
use super::runtime::helpers;
use super::spoken::{Said, spoken};
use super::state::{Message, State};
use super::theme::Theme;
use super::told::place;
use super::twin::counted;
use super::update::update;
use super::watch::Ground;

/// So many rows around the cursor are told at once.
const ROWS: usize = 15;

/// What changes by itself is told at most this often.
const APART: Duration = Duration::from_secs(2);

/// So long an answer may take before the next line is read all the same.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tells about the project that holds `dir`, and does what is typed, until the user leaves or nothing more comes.
///
/// # Errors
/// When there is no project.
pub fn run(dir: &Path, options: &Options) -> Result<(), AppError> {
    let repo = Repo::open(dir)?;
    let (root, state_dir) = (repo.root().to_owned(), repo.state_dir());
    let git = vec![repo.git_dir().to_owned(), repo.common_dir().to_owned()];
    drop(repo);
    let source = Source::new(Options { no_color: true, ascii: options.ascii, still: true, greeting: None });
    let config = source.path.clone();
    let ground = Ground { root: root.clone(), git, config, ..Ground::default() };
    let (inbox, messages) = crossbeam_channel::bounded(4096);
    let (ask, queries) = crossbeam_channel::unbounded();
    let mut state = first(source.bare());
    let setup = source.read().map(Box::new);
    let deeds = Deeds { root, state_dir, inbox };
    helpers(&deeds, (ask.clone(), queries), ground, source);
    let (more, lines) = typed();
    let mut plain = Plain::new(deeds, ask, more);
    plain.take(&mut state, Msg::Setup(setup));
    plain.drive(&mut state, &messages, &lines);
    end_replicas(&plain.deeds.state_dir);
    Ok(())
}

/// What is shown before the project is read.
fn first(theme: Theme) -> State {
    let mut state = State { theme, ..State::default() };
    state.facts.slots = slots();
    // One screenful for keys that move by pages.
    state.seen.rows = ROWS;
    state
}

/// Reads one line each time it is asked to, so that an editor can have the terminal in between.
fn typed() -> (Sender<()>, Receiver<Option<String>>) {
    let (more, asked) = crossbeam_channel::unbounded::<()>();
    let (tell, lines) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        for () in asked {
            let mut line = String::new();
            let is_read = std::io::stdin().lock().read_line(&mut line).is_ok_and(|bytes| bytes > 0);
            if tell.send(is_read.then_some(line)).is_err() || !is_read {
                return;
            }
        }
    });
    (more, lines)
}

struct Plain {
    deeds: Deeds,
    ask: Sender<Question>,
    more: Sender<()>,
    /// Answers that are still to come.
    waits: usize,
    /// Since when they are.
    since: Instant,
    /// Whether a line is being read.
    is_reading: bool,
    has_left: bool,
    /// Whether the project was read yet.
    is_read: bool,
    /// The number of the message that was told last.
    told: u64,
    /// The place and the row that were told last.
    at: (String, Option<String>),
    /// The screen that was told last, also if something lies over it now.
    screen: String,
    /// What is worth a word where one is, as it was told last.
    hint: Option<String>,
    /// Pipelines as they were told last, and when.
    nodes: (BTreeMap<String, String>, Instant),
}

impl Plain {
    fn new(deeds: Deeds, ask: Sender<Question>, more: Sender<()>) -> Self {
        let now = Instant::now();
        Self {
            deeds,
            ask,
            more,
            waits: 0,
            since: now,
            is_reading: false,
            has_left: false,
            is_read: false,
            told: 0,
            at: (String::new(), None),
            screen: String::new(),
            hint: None,
            nodes: (BTreeMap::new(), now),
        }
    }

    fn drive(&mut self, state: &mut State, messages: &Receiver<Msg>, lines: &Receiver<Option<String>>) {
        say("minipach, in lines: type `help` for what can be typed, Enter to hear again where you are");
        while !self.has_left {
            self.listen();
            let next = crossbeam_channel::select! {
                recv(lines) -> line => Err(line.unwrap_or(None)),
                recv(messages) -> message => message.map_err(|_| None),
                default(APART) => Ok(Msg::Tick),
            };
            match next {
                Ok(message) => self.take(state, message),
                Err(Some(line)) => self.line(state, line.trim()),
                // Nobody types any more. Runs go on.
                Err(None) => return,
            }
            self.drain(state, messages);
            if self.is_read {
                self.announce(state);
            }
        }
    }

    /// What has come meanwhile, so that it is told together.
    fn drain(&mut self, state: &mut State, messages: &Receiver<Msg>) {
        let due = Instant::now() + Duration::from_millis(20);
        while !self.has_left {
            match messages.recv_deadline(due) {
                Ok(message) => self.take(state, message),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Asks for the next line, once the answers to the last one are there.
    fn listen(&mut self) {
        let is_due = self.waits == 0 || self.since.elapsed() > PATIENCE;
        if self.is_read && is_due && !self.is_reading {
            self.is_reading = self.more.send(()).is_ok();
        }
    }

    fn take(&mut self, state: &mut State, message: Msg) {
        self.is_read |= matches!(message, Msg::Snapshot(_) | Msg::Unread(_));
        if matches!(message, Msg::Answer(_) | Msg::AnswerAt(..)) {
            self.waits = self.waits.saturating_sub(1);
        }
        let worlds = update(state, message, now_ms());
        self.perform(state, worlds);
    }

    fn line(&mut self, state: &mut State, line: &str) {
        self.is_reading = false;
        if line.is_empty() {
            (self.at, self.screen) = ((String::new(), None), String::new());
            return;
        }
        match spoken(state, line, now_ms()) {
            Said::Done(worlds) => self.perform(state, worlds),
            Said::Told(lines) => lines.iter().for_each(|line| say(line)),
        }
    }

    fn perform(&mut self, state: &mut State, worlds: Vec<World>) {
        for world in worlds {
            match world {
                World::Query(query) => {
                    let has_answer = !matches!(query, Query::Reload | Query::Times(_) | Query::Look(_));
                    self.waits += usize::from(has_answer && self.ask.send(query.clone().into()).is_ok());
                    self.since = Instant::now();
                    if !has_answer {
                        drop(self.ask.send(query.into()));
                    }
                }
                World::Start(words) => self.deeds.start(&words),
                World::Ask(pid, asked) => self.deeds.ask(pid, asked),
                World::Copy(text) => say(&format!("copy this: {}", show(&text))),
                World::Edit(path, line) => self.edit(self.deeds.editor(&path, line)),
                World::Page(path) => drop(self.child(self.deeds.pager(&path))),
                World::Shell => drop(self.child(self.deeds.shell())),
                World::Enter(target) => drop(self.child(self.deeds.enter(&target))),
                World::Own(text) => drop(self.child(self.deeds.own(&text))),
                World::SaveLog(path, beside, name) => self.deeds.save_log(path, beside, &name),
                World::PageText(text) => {
                    if let Some(path) = self.deeds.kept(&text) {
                        self.child(self.deeds.pager(&path));
                    }
                }
                World::SaveText(text, beside, name) => {
                    if let Some(path) = self.deeds.kept(&text) {
                        self.deeds.save_log(path, beside, &name);
                    }
                }
                World::Quit => self.has_left = true,
                World::Mouse(_) | World::Suspend | World::Stopped | World::Retake | World::Redraw => {
                    state.say("this does nothing in lines", super::theme::Role::Dim);
                }
                World::Settings => {
                    say(
                        "what is configured stands in minipach/tui.toml below $XDG_CONFIG_HOME, or ~/.config",
                    );
                }
            }
        }
    }

    /// Runs an editor; of one that fails nothing else may be heard.
    fn edit(&self, editor: Command) {
        let name = editor.get_program().to_string_lossy().into_owned();
        let ended = self.child(editor);
        if let Some(told) = ended.and_then(|ended| failure(&name, ended)) {
            say(&format!("trouble: {told}"));
        }
    }

    /// Runs a program that wants the terminal; no line is read meanwhile. How it ended, if it began.
    fn child(&self, mut command: Command) -> Option<ExitStatus> {
        let name = command.get_program().to_string_lossy().into_owned();
        let ended = command.status();
        if let Err(error) = &ended {
            say(&format!("trouble: cannot start `{name}`: {error}"));
        }
        drop(self.ask.send(Query::Reload.into()));
        ended.ok()
    }

    /// Tells what is new: what was said, what lies over the screen, where one is, and what changed by itself.
    fn announce(&mut self, state: &mut State) {
        for message in untold(state, self.told) {
            let mark = if message.role == super::theme::Role::Bad { "trouble: " } else { "" };
            say(&format!("{mark}{}", show(&message.text)));
        }
        self.told = state.messages.last().map_or(self.told, |last| last.number);
        if self.waits == 0 || self.since.elapsed() > PATIENCE {
            self.place(state);
        }
        self.changes(state);
    }

    fn place(&mut self, state: &State) {
        if let Some(popup) = state.popups.last() {
            let found = over(popup, ROWS);
            let here = (format!("{}: {}", found.kind, found.title), Some(found.twin.told().join("\n")));
            if here != self.at {
                say(&here.0);
                found.twin.told().iter().for_each(|line| say(&in_lines(line)));
                self.at = here;
            }
            return;
        }
        let twin = state.top().twin(&state.facts, ROWS);
        let here = (state.place().name().to_owned() + &state.top().trail(), twin.current());
        if here.0 != self.screen {
            say(&place(state));
            twin.told().iter().for_each(|line| say(line));
        } else if here.0 != self.at.0 {
            say(&format!("back in {}", place(state)));
            say(here.1.as_deref().unwrap_or("no rows"));
        } else if let (Some(row), true) = (&here.1, here.1 != self.at.1) {
            say(row);
        }
        self.screen.clone_from(&here.0);
        self.at = here;
        self.tell_hint(state);
    }

    /// What the last line of a picture would say while nothing else is said there.
    fn tell_hint(&mut self, state: &State) {
        let hint = hint(state);
        if let Some(hint) = hint.as_ref().filter(|hint| self.hint.as_ref() != Some(*hint)) {
            say(hint);
        }
        self.hint = hint;
    }

    /// Pipelines whose datums are in other states than when they were told last.
    fn changes(&mut self, state: &State) {
        let (facts, nodes) = (&state.facts, &state.facts.snapshot.nodes);
        let pipelines = (0..nodes.len()).filter(|at| nodes[*at].is_pipeline());
        let now: BTreeMap<String, String> =
            pipelines.map(|at| (nodes[at].name.clone(), counted(&facts.counts(at)))).collect();
        let is_first = self.nodes.0.is_empty();
        if now == self.nodes.0 || (!is_first && self.nodes.1.elapsed() < APART) {
            return;
        }
        let is_new = |name: &String, sum: &String| !is_first && self.nodes.0.get(name) != Some(sum);
        for (name, sum) in now.iter().filter(|(name, sum)| is_new(name, sum)) {
            say(&format!("changed: {}: {sum}", show(name)));
        }
        self.nodes = (now, Instant::now());
    }
}

/// What was said after a message, also the same words once more.
fn untold(state: &State, told: u64) -> impl Iterator<Item = &Message> {
    state.messages.iter().filter(move |message| message.number > told)
}

/// What is worth a word where one is, and the name of the action that says more.
fn hint(state: &State) -> Option<String> {
    let (text, more) = state.top().hint(&state.facts)?;
    let more =
        if state.off(more).is_some() { String::new() } else { format!("; `{}` says more", row(more).name) };
    Some(format!("hint: {}{more}", show(&text)))
}

/// What is said of keys, as it is where lines are typed: what is read is over by itself, and Enter alone only repeats.
fn in_lines(told: &str) -> String {
    told.replace("Esc, then ", "")
        .replace("next, after Esc: ", "next: ")
        .replace("Enter lists", "`open` lists")
}

/// One line out. Where nobody listens any more, nothing is said.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_mean_nothing_in_lines_are_not_told() {
        let told = in_lines("next: Esc, then `l` shows what it said, Enter lists the datums");
        assert_eq!(told, "next: `l` shows what it said, `open` lists the datums");
    }

    #[test]
    fn a_repeated_mistake_is_answered_again() {
        let mut state = first(Theme::default());
        let mut told = 0;
        for _ in 0..3 {
            state.say("nothing is called `foo`", crate::tui::theme::Role::Dim);
            assert_eq!(untold(&state, told).count(), 1);
            told = state.messages.last().map_or(0, |last| last.number);
        }
        assert_eq!(untold(&state, told).count(), 0);
    }

    #[test]
    fn times_are_foretold_with_as_many_commands_at_a_time_as_a_run_starts() {
        assert_eq!(first(Theme::default()).facts.slots, slots());
    }
}
