//! The loop: takes messages from the inbox, updates the model, does what it asks of the world, draws.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ratatui::crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::execute;

use crate::app::{AppError, ExitCode};
use crate::git::Repo;
use crate::run::now_ms;

use super::config::{Options, Source};
use super::effect::{Query, World};
use super::input::Reader;
use super::message::Msg;
use super::remember::{self, Memory, Saver};
use super::state::{MESSAGE_MS, State};
use super::terminal::{self, Terminal};
use super::update::update;
use super::watch::{self, Ground, Ways};
use super::{follow, lent, worker};

/// Frames are at least this far apart, unless a key is the cause.
const FRAME: Duration = Duration::from_millis(16);

/// While something moves by itself (the spinner, the age of what runs), a frame comes this often.
const MOVING: Duration = Duration::from_millis(250);

/// Shows the project that holds `dir` until the user leaves.
///
/// # Errors
/// When there is no project, or no terminal.
pub fn run(dir: &Path, options: &Options) -> Result<(), AppError> {
    let repo = Repo::open(dir)?;
    let (root, state_dir) = (repo.root().to_owned(), repo.state_dir());
    let git = vec![repo.git_dir().to_owned(), repo.common_dir().to_owned()];
    drop(repo);
    let source = Source::new(options.clone());
    let ground = Ground { root: root.clone(), git, config: source.path.clone() };
    let mut state = first_state(&root, &source);
    let trouble = |error: std::io::Error| AppError::usage(format!("cannot use this terminal: {error}"));
    let mut terminal = Terminal::take(!state.gives_mouse).map_err(trouble)?;
    let (inbox, messages) = crossbeam_channel::bounded(4096);
    let (ask, queries) = crossbeam_channel::unbounded();
    let saver = remember::folder().map(Saver::spawn);
    let mut runtime = Runtime { root, state_dir, ask, inbox, reader: None, saver, has_left: false };
    runtime.spawn(queries, ground, source);
    let ended = runtime.drive(&mut state, &mut terminal, &messages);
    drop(terminal);
    runtime.leave(&state);
    // A terminal that went away while the UI was on it needs no complaint.
    drop(ended);
    match terminal::panicked() {
        Some(said) => Err(AppError::new(ExitCode::Bug, said)),
        None => Ok(()),
    }
}

/// What the first frame shows: the project as it was, in the looks that are configured.
fn first_state(root: &Path, source: &Source) -> State {
    let mut state = State::default();
    let now = now_ms();
    state.facts.now_ms = now;
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

struct Runtime {
    root: PathBuf,
    state_dir: PathBuf,
    ask: Sender<Query>,
    inbox: Sender<Msg>,
    reader: Option<Reader>,
    saver: Option<Saver>,
    has_left: bool,
}

impl Runtime {
    fn spawn(&mut self, queries: Receiver<Query>, ground: Ground, source: Source) {
        let is_live = Arc::new(AtomicBool::new(false));
        worker::spawn(self.root.clone(), self.state_dir.clone(), queries, self.inbox.clone());
        follow::spawn(self.state_dir.clone(), self.inbox.clone(), Arc::clone(&is_live));
        let configure = Box::new(move || Msg::Setup(source.read().map(Box::new)));
        let (ask, inbox) = (self.ask.clone(), self.inbox.clone());
        watch::spawn(ground, Ways { ask, inbox, is_live, configure });
        listen(self.inbox.clone());
        self.reader = Some(Reader::spawn(self.inbox.clone()));
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
            let message = match messages.recv_timeout(patience(state)) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => Msg::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let is_key = self.take(state, terminal, message)?;
            self.drain(state, terminal, messages, is_key, drawn)?;
            if !self.has_left {
                state.seen = terminal.draw(state)?;
                drawn = Instant::now();
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
        assert!(!is_input || !crate::exec::fault::planted("tui"), "a planted bug");
        let is_read = matches!(message, Msg::Snapshot(_));
        for world in update(state, message, now_ms()) {
            self.perform(terminal, world)?;
        }
        // What is remembered is the project as it is, never as of a commit.
        if is_read
            && state.look.is_none()
            && let Some(saver) = &self.saver
        {
            saver.keep(Memory::of(&self.root, state));
        }
        Ok(is_input)
    }

    /// Remembers where the user was.
    fn leave(&mut self, state: &State) {
        // What was never read is remembered as it was.
        if let Some(saver) =
            self.saver.take().filter(|_| !state.facts.snapshot.nodes.is_empty() && state.look.is_none())
        {
            saver.finish(Memory::of(&self.root, state));
        }
    }

    fn perform(&mut self, terminal: &mut Terminal, world: World) -> std::io::Result<()> {
        match world {
            World::Query(query) => drop(self.ask.send(query)),
            World::Start(words) => self.start(&words),
            World::Stop(pid) => {
                self.tell(crate::app::stop(&self.state_dir, pid).err().map(|error| error.message));
            }
            World::Copy(text) => copy(&text)?,
            World::Mouse(is_taken) => terminal.mouse(is_taken)?,
            World::Quit => self.has_left = true,
            World::Edit(path, line) => self.edit(terminal, &path, line)?,
            World::Page(path) => self.page(terminal, &path)?,
            World::Shell => self.child(terminal, Command::new(or("SHELL", "sh")))?,
            World::SaveLog(path) => self.save_log(path),
            World::Suspend => self.suspend(terminal)?,
        }
        Ok(())
    }

    fn tell(&self, trouble: Option<String>) {
        if let Some(trouble) = trouble {
            drop(self.inbox.try_send(Msg::Say(trouble, true)));
        }
    }

    fn start(&self, words: &[String]) {
        match crate::app::start(&self.root, &self.state_dir, words) {
            Err(error) => self.tell(Some(error.message)),
            Ok(mut started) => {
                let (inbox, pid) = (self.inbox.clone(), started.child.id());
                drop(inbox.try_send(Msg::Started(pid)));
                // A run is followed by its events; of other verbs, what they say is all there is to see.
                let is_run = words.first().is_some_and(|verb| verb == "run");
                std::thread::spawn(move || {
                    let code = started.child.wait().ok().and_then(|status| status.code());
                    let said = started.said();
                    let complaint = crate::app::Started::complaint(&said, code);
                    if complaint.is_none() && !is_run {
                        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
                        drop(inbox.send(Msg::Say(lines.join(" · "), false)));
                    }
                    drop(inbox.send(Msg::Ended(pid, complaint)));
                });
            }
        }
    }

    fn edit(&self, terminal: &mut Terminal, path: &str, line: usize) -> std::io::Result<()> {
        let editor =
            std::env::var("VISUAL").or_else(|_| std::env::var("EDITOR")).unwrap_or_else(|_| "vi".into());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        let mut command = Command::new(program);
        command.args(words);
        let knows_lines = ["vi", "vim", "nvim", "nano", "emacs", "micro", "kak", "hx", "ed"];
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or("");
        if line > 1 && knows_lines.contains(&name) {
            command.arg(format!("+{line}"));
        }
        command.arg(path);
        self.child(terminal, command)
    }

    fn page(&self, terminal: &mut Terminal, path: &Path) -> std::io::Result<()> {
        let pager = or("PAGER", "less");
        let mut words = pager.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or("less"));
        command.args(words).arg(path);
        self.child(terminal, command)
    }

    /// Runs a program that wants the terminal, then looks at the project again.
    fn child(&self, terminal: &mut Terminal, mut command: Command) -> std::io::Result<()> {
        command.current_dir(&self.root);
        let name = command.get_program().to_string_lossy().into_owned();
        let mut run = || terminal.lend(|| command.status());
        let ended = match &self.reader {
            Some(reader) => reader.aside(&mut run)?,
            None => run()?,
        };
        self.tell(ended.err().map(|error| format!("cannot start `{name}`: {error}")));
        drop(self.ask.send(Query::Reload));
        Ok(())
    }

    fn suspend(&self, terminal: &mut Terminal) -> std::io::Result<()> {
        let mut stop = || {
            terminal.lend(|| {
                // The whole group, as the terminal itself would; this returns when somebody says `fg`.
                let _is_refused = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
            })
        };
        match &self.reader {
            Some(reader) => reader.aside(&mut stop),
            None => stop(),
        }
    }

    /// Copies a log into the project's root, beside the loop: it may be large.
    fn save_log(&self, path: PathBuf) {
        let (root, inbox) = (self.root.clone(), self.inbox.clone());
        std::thread::spawn(move || {
            let (text, is_bad) = match save_log(&root, &path) {
                Ok(name) => (format!("saved as `{name}` in the project's root"), false),
                Err(error) => (format!("cannot save the log: {error}"), true),
            };
            drop(inbox.send(Msg::Say(text, is_bad)));
        });
    }
}

fn save_log(root: &Path, path: &Path) -> Result<String, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let target = root.join(&name);
    if target.exists() {
        return Err(format!("`{name}` stands there already"));
    }
    std::fs::copy(path, &target).map_err(|error| error.to_string())?;
    Ok(name)
}

fn or(variable: &str, default: &str) -> String {
    std::env::var(variable).ok().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| default.into())
}

/// Puts a text on the clipboard of the terminal, also over ssh (OSC 52).
fn copy(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    execute!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}

/// How long to wait for a message: until the bottom line is due to go, or something that moves is to be drawn.
fn patience(state: &State) -> Duration {
    if state.facts.is_live || state.facts.is_loading {
        return MOVING;
    }
    match state.message() {
        Some(message) => {
            let left = (message.at_ms + MESSAGE_MS).saturating_sub(state.facts.now_ms);
            Duration::from_millis(left + 1)
        }
        None => Duration::from_hours(1),
    }
}

/// Ends orderly when asked to by a signal; runs go on.
fn listen(inbox: Sender<Msg>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT]) else {
        return;
    };
    std::thread::spawn(move || {
        // Ctrl-C in an editor or pager reaches this process too, and is not meant for it.
        let is_meant = |signal: &i32| !matches!(*signal, SIGINT | SIGQUIT) || !lent::is_lent();
        if signals.forever().any(|signal| is_meant(&signal)) {
            drop(inbox.send(Msg::Terminate));
        }
    });
}
