//! The loop: takes messages from the inbox, updates the model, does what it asks of the world, draws.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ratatui::crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::execute;

use crate::app::{AppError, ExitCode, clear_replicas, end_replicas};
use crate::git::Repo;
use crate::run::now_ms;

use rustix::process::Signal;

use super::config::{Options, Source};
use super::deeds::{Deeds, failure};
use super::effect::{Query, World};
use super::facts::NOT_THERE;
use super::idle::{Idle, Question};
use super::input::Reader;
use super::message::Msg;
use super::remember::{self, Memory, Saver};
use super::said::MESSAGE_MS;
use super::state::State;
use super::terminal::{self, Terminal};
use super::theme::Role;
use super::update::update;
use super::watch::{self, Ground, Ways};
use super::{follow, lent, request, worker};

/// Frames are at least this far apart, unless a key is the cause.
const FRAME: Duration = Duration::from_millis(16);

/// While something moves by itself (the spinner, the age of what runs), a frame comes this often.
const MOVING: Duration = Duration::from_millis(250);

/// How the UI was left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// How the run that went on was asked to stop: 0 not at all, 1 to begin nothing new, more to end at once.
    pub stops: u32,
    /// The signal that ended it, if one did.
    pub signal: Option<u8>,
}

/// Shows the project that holds `dir` until the user leaves.
///
/// # Errors
/// When there is no project, or no terminal.
pub fn run(dir: &Path, options: &Options) -> Result<Left, AppError> {
    let repo = Repo::open(dir)?;
    let (root, state_dir) = (repo.root().to_owned(), repo.state_dir());
    let git = vec![repo.git_dir().to_owned(), repo.common_dir().to_owned()];
    drop(repo);
    let source = Source::new(options.clone());
    let config = source.path.clone();
    let ground = Ground { root: root.clone(), git, config, ..Ground::default() };
    let mut state = first_state(&root, &source);
    if let Some(greeting) = &options.greeting {
        state.say(greeting.clone(), Role::Plain);
    }
    let trouble = |error: std::io::Error| AppError::usage(format!("cannot use this terminal: {error}"));
    let mut terminal = Terminal::take(!state.gives_mouse).map_err(trouble)?;
    let (inbox, messages) = crossbeam_channel::bounded(4096);
    let (ask, queries) = crossbeam_channel::unbounded();
    let saver = remember::folder().map(Saver::spawn);
    let deeds = Deeds { root, state_dir, inbox };
    let config = source.path.clone();
    let idle = Idle::of_environment();
    let mut runtime =
        Runtime { deeds, ask, reader: None, saver, config, idle, signal: None, has_left: false };
    runtime.spawn(queries, ground, source);
    let ended = runtime.drive(&mut state, &mut terminal, &messages);
    drop(terminal);
    runtime.leave(&state);
    end_replicas(&runtime.deeds.state_dir);
    // A terminal that went away while the UI was on it needs no complaint.
    drop(ended);
    if let Some(said) = terminal::panicked() {
        return Err(AppError::new(ExitCode::Bug, said));
    }
    let stops = if state.facts.is_live { state.facts.stops() } else { 0 };
    Ok(Left { stops, signal: runtime.signal })
}

/// What the first frame shows: the project as it was, in the looks that are configured.
fn first_state(root: &Path, source: &Source) -> State {
    let mut state = State::default();
    let now = now_ms();
    (state.facts.now_ms, state.facts.slots) = (now, request::slots());
    state.facts.lacks_datalad = !crate::run::on_path("datalad");
    let memory = remember::folder().and_then(|folder| Memory::read(&folder, root));
    if let Some(memory) = memory {
        memory.recall(&mut state);
    }
    let setup = source.read();
    if setup.is_err() {
        state.theme = source.bare();
    }
    // Nothing is on yet that would have to be switched: the terminal is taken as the state says.
    drop(update(&mut state, Msg::Setup(setup.map(Box::new)), now));
    state
}

/// Starts the threads that read the project, follow its runs and notice changes.
pub(super) fn helpers(
    deeds: &Deeds,
    (ask, queries): (Sender<Question>, Receiver<Question>),
    ground: Ground,
    source: Source,
) {
    let (is_live, inbox) = (Arc::new(AtomicBool::new(false)), deeds.inbox.clone());
    let state_dir = deeds.state_dir.clone();
    std::thread::spawn(move || clear_replicas(&state_dir));
    worker::spawn(deeds.root.clone(), deeds.state_dir.clone(), queries, inbox.clone());
    follow::spawn(deeds.state_dir.clone(), inbox.clone(), Arc::clone(&is_live));
    let configure = Box::new(move || Msg::Setup(source.read().map(Box::new)));
    watch::spawn(ground, Ways { ask, inbox, is_live, configure });
}

struct Runtime {
    deeds: Deeds,
    ask: Sender<Question>,
    reader: Option<Reader>,
    saver: Option<Saver>,
    /// Where the configuration is.
    config: Option<PathBuf>,
    idle: Idle,
    /// What told it to end.
    signal: Option<u8>,
    has_left: bool,
}

impl Runtime {
    fn spawn(&mut self, queries: Receiver<Question>, ground: Ground, source: Source) {
        helpers(&self.deeds, (self.ask.clone(), queries), ground, source);
        listen(self.deeds.inbox.clone());
        self.reader = Some(Reader::spawn(self.deeds.inbox.clone()));
    }

    fn drive(
        &mut self,
        state: &mut State,
        terminal: &mut Terminal,
        messages: &Receiver<Msg>,
    ) -> std::io::Result<()> {
        let mut drawn = Instant::now();
        state.facts.now_ms = now_ms();
        state.seen = terminal.draw(state)?;
        while !self.has_left {
            let message = match messages.recv_timeout(self.idle.patience(patience(state))) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => Msg::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let is_key = self.take(state, terminal, message)?;
            self.drain(state, terminal, messages, is_key, drawn)?;
            if !self.has_left {
                state.seen = terminal.draw(state)?;
                drawn = Instant::now();
                self.idle.tell(messages)?;
            }
        }
        Ok(())
    }

    /// Takes what else has come; unless a key waits to be seen, until the next frame is due.
    fn drain(
        &mut self,
        state: &mut State,
        terminal: &mut Terminal,
        messages: &Receiver<Msg>,
        is_key: bool,
        drawn: Instant,
    ) -> std::io::Result<()> {
        let due = if is_key { Instant::now() } else { drawn + FRAME };
        let mut is_key = is_key;
        while !self.has_left {
            let message = if is_key { messages.try_recv().ok() } else { messages.recv_deadline(due).ok() };
            let Some(message) = message else { return Ok(()) };
            is_key |= self.take(state, terminal, message)?;
        }
        Ok(())
    }

    /// Takes one message; whether it was input, which wants to be seen at once.
    fn take(&mut self, state: &mut State, terminal: &mut Terminal, message: Msg) -> std::io::Result<bool> {
        let is_input = matches!(message, Msg::Input(_));
        if matches!(message, Msg::Input(Event::FocusGained)) {
            self.idle.ask();
        }
        assert!(!is_input || !crate::exec::fault::planted("tui"), "a planted bug");
        if let Msg::Terminate(signal) = message {
            self.signal = u8::try_from(signal).ok();
        }
        let is_read = matches!(message, Msg::Snapshot(_));
        for world in update(state, message, now_ms()) {
            self.perform(terminal, world)?;
        }
        // What is remembered is the project as it is, never as of a commit.
        if is_read
            && state.look.is_none()
            && let Some(saver) = &self.saver
        {
            saver.keep(Memory::of(&self.deeds.root, state));
        }
        Ok(is_input)
    }

    /// Remembers where the user was.
    fn leave(&mut self, state: &State) {
        // What was never read is remembered as it was.
        if let Some(saver) =
            self.saver.take().filter(|_| !state.facts.snapshot.nodes.is_empty() && state.look.is_none())
        {
            saver.finish(Memory::of(&self.deeds.root, state));
        }
    }

    fn perform(&mut self, terminal: &mut Terminal, world: World) -> std::io::Result<()> {
        match world {
            World::Query(query) => drop(self.ask.send(query.into())),
            World::Start(words) => self.deeds.start(&words),
            World::Ask(pid, asked) => self.deeds.ask(pid, asked),
            World::Copy(text) => {
                copy(&text)?;
                self.deeds.keep_copy(text);
            }
            World::Mouse(is_taken) => terminal.mouse(is_taken)?,
            World::Quit => self.has_left = true,
            World::Edit(path, line) => self.edit(terminal, self.deeds.editor(&path, line))?,
            World::Page(path) => drop(self.child(terminal, self.deeds.pager(&path))?),
            World::Shell => drop(self.child(terminal, self.deeds.shell())?),
            World::Enter(target) => drop(self.child(terminal, self.deeds.enter(&target))?),
            World::Own(text) => drop(self.child(terminal, self.deeds.own(&text))?),
            World::SaveLog(path, beside, name) => self.deeds.save_log(path, beside, &name),
            World::PageText(text) => {
                if let Some(path) = self.deeds.kept(&text) {
                    self.child(terminal, self.deeds.pager(&path))?;
                }
            }
            World::SaveText(text, beside, name) => {
                if let Some(path) = self.deeds.kept(&text) {
                    self.deeds.save_log(path, beside, &name);
                }
            }
            // The whole group, as the terminal itself would: who listens for it suspends this one.
            World::Suspend => {
                let _is_refused = rustix::process::kill_current_process_group(Signal::TSTP);
            }
            World::Stopped => suspend(self.reader.as_ref(), terminal)?,
            World::Retake => terminal.retake()?,
            World::Redraw => terminal.redraw()?,
            World::Settings => self.settings(terminal)?,
        }
        Ok(())
    }

    /// Opens the configuration in the editor; where there is none, with all that can be set as comments.
    fn settings(&self, terminal: &mut Terminal) -> std::io::Result<()> {
        let Some(path) = &self.config else {
            self.deeds.tell(Some("no folder for the configuration is known: `HOME` is not set".into()));
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            // The editor says what is wrong there.
            drop(std::fs::create_dir_all(folder));
            if let Ok(mut file) = std::fs::File::create_new(path) {
                drop(file.write_all(super::settings::text().as_bytes()));
            }
        }
        let mut editor = self.deeds.editor(&path.to_string_lossy(), 1);
        // The project's folder may be gone, and this file is none of it.
        if let Some(folder) = path.parent().filter(|folder| folder.is_absolute()) {
            editor.current_dir(folder);
        }
        self.edit(terminal, editor)
    }

    /// Runs an editor; of one that fails nothing else may be seen.
    fn edit(&self, terminal: &mut Terminal, editor: Command) -> std::io::Result<()> {
        let name = editor.get_program().to_string_lossy().into_owned();
        let ended = self.child(terminal, editor)?;
        self.deeds.tell(ended.and_then(|ended| failure(&name, ended)));
        Ok(())
    }

    /// Runs a program that wants the terminal, then looks at the project again; how it ended, if it began.
    fn child(&self, terminal: &mut Terminal, mut command: Command) -> std::io::Result<Option<ExitStatus>> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut run = || terminal.lend(|| command.status());
        let ended = match &self.reader {
            Some(reader) => reader.aside(&mut run)?,
            None => run()?,
        };
        let (ended, trouble) = match ended {
            Ok(ended) => (Some(ended), None),
            Err(error) => (None, Some(error)),
        };
        self.deeds.tell(trouble.map(|error| {
            let root = &self.deeds.root;
            let gone = || format!("`{}` {NOT_THERE}", root.display());
            let why = if root.is_dir() { error.to_string() } else { gone() };
            format!("cannot start `{name}`: {why}")
        }));
        drop(self.ask.send(Query::Reload.into()));
        Ok(ended)
    }
}

/// Gives the terminal back and stops, until somebody says `fg`.
pub(super) fn suspend(reader: Option<&Reader>, terminal: &mut Terminal) -> std::io::Result<()> {
    let mut stop = || {
        terminal.lend(|| {
            // This returns when somebody says `fg`.
            let _is_refused = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
        })
    };
    match reader {
        Some(reader) => reader.aside(&mut stop),
        None => stop(),
    }
}

/// Puts a text on the clipboard of the terminal, also over ssh (OSC 52).
fn copy(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    execute!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}

/// How long to wait for a message: until the bottom line is due to go, something that moves is to be drawn, or
/// the minute is over that the header shows, unless nobody looks.
fn patience(state: &State) -> Duration {
    if state.facts.is_live || state.facts.is_loading {
        return MOVING;
    }
    let now = state.facts.now_ms;
    let minute = if state.is_away { 3_600_000 } else { 60_000 - now % 60_000 };
    let message = state.message().map(|message| (message.at_ms + MESSAGE_MS).saturating_sub(now));
    Duration::from_millis(message.unwrap_or(minute).min(minute) + 1)
}

/// Ends orderly when asked to by a signal, while runs go on; gives the terminal back before it is stopped, and
/// takes it again afterwards.
pub(super) fn listen(inbox: Sender<Msg>) {
    use signal_hook::consts::{
        SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2,
    };
    let all = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2, SIGALRM];
    let Ok(mut signals) = signal_hook::iterator::Signals::new(all) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let told = match (signal, lent::is_lent()) {
                // The first mean something to runs only, and would end this process with the terminal as it is. Ctrl-C in
                // an editor or pager reaches this process too, and is not meant for it.
                (SIGUSR1 | SIGUSR2 | SIGALRM, _) | (SIGINT | SIGQUIT | SIGCONT, true) => continue,
                // The terminal is not ours: whoever has it stops too, and the shell waits for both.
                (SIGTSTP, true) => {
                    let _is_refused = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
                    continue;
                }
                (SIGTSTP, false) => Msg::Stopped,
                (SIGCONT, false) => Msg::Continued,
                (signal, _) => Msg::Terminate(signal),
            };
            let is_over = matches!(told, Msg::Terminate(_));
            if inbox.send(told).is_err() || is_over {
                return;
            }
        }
    });
}
