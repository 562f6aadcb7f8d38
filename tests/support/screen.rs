//! A terminal in a test: the program on a real pseudo-terminal, and what stands on its screen.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

/// So long a condition may take; tests wait for the condition, not for this.
const PATIENCE: Duration = Duration::from_mins(1);

/// So often something is looked at that the terminal does not tell of, such as the end of a program.
const BESIDE: Duration = Duration::from_millis(50);

/// The longest wait for what a program wrote before it ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// The program on a terminal.
pub(crate) struct Tui {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept, so that the terminal outlives the program and can be looked at.
    slave: Option<Box<dyn SlavePty + Send>>,
    keys: Box<dyn std::io::Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// How often it was asked whether it is idle.
    asked: usize,
    /// What reads the terminal, until it is told that it is closed.
    reader: Option<JoinHandle<()>>,
    is_closed: Arc<AtomicBool>,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

impl Tui {
    /// Starts `minipach` in a project, with more variables, at a size of columns and rows.
    #[track_caller]
    pub(crate) fn start(project: &crate::support::Project, more: &[(&str, &str)], size: (u16, u16)) -> Self {
        Self::start_with(project, "", more, size)
    }

    /// The same with words after `minipach`, a space between them.
    #[track_caller]
    pub(crate) fn start_with(
        project: &crate::support::Project,
        words: &str,
        more: &[(&str, &str)],
        (cols, rows): (u16, u16),
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there are pseudo-terminals");
        let hermetic = project.command(env!("CARGO_BIN_EXE_minipach"));
        let mut command = CommandBuilder::new(hermetic.get_program());
        command.args(words.split_whitespace());
        command.env_clear();
        command.cwd(project.root());
        for (name, value) in hermetic.get_envs() {
            if let Some(value) = value.filter(|_| name != "NO_COLOR") {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("MINIPACH_IDLE", "1");
        for (name, value) in more {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let side = |cells| NonZero::new(cells).expect("a terminal has cells");
        let parser = vt100::Parser::new(side(rows), side(cols), 0);
        let seen = Arc::new((Mutex::new(Seen { parser, bytes: Vec::new() }), Condvar::new()));
        let mut output = pair.master.try_clone_reader().expect("a terminal can be read");
        let (shared, is_closed) = (Arc::clone(&seen), Arc::new(AtomicBool::new(false)));
        let closed = Arc::clone(&is_closed);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let (Ok(count @ 1..), false) = (output.read(&mut buffer), closed.load(Ordering::SeqCst)) {
                let mut seen = shared.0.lock().expect("nobody panics with it");
                seen.parser.process(&buffer[..count]);
                seen.bytes.extend_from_slice(&buffer[..count]);
                shared.1.notify_all();
            }
        });
        let keys = pair.master.take_writer().expect("a terminal can be written");
        let slave = Some(pair.slave);
        Self { child, master: pair.master, slave, keys, seen, asked: 0, reader: Some(reader), is_closed }
    }

    /// Types.
    #[track_caller]
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().expect("nobody panics with it")
    }

    /// Waits until something more was written to the terminal, or for a moment.
    fn wait_for_more(&self, seen: MutexGuard<'_, Seen>) {
        drop(self.seen.1.wait_timeout(seen, BESIDE).expect("nobody panics with it"));
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Waits until all keys so far are taken, what they asked for is answered, and all that is drawn: what is not there
    /// then does not come by itself.
    #[track_caller]
    pub(crate) fn settled(&mut self) {
        // What begins as a lone Esc ended would be another key.
        let tty = self.master.tty_name().and_then(|name| std::fs::File::open(name).ok());
        let tty = tty.expect("a terminal has a name");
        let begin = Instant::now();
        while has_input(&tty) {
            assert!(begin.elapsed() < PATIENCE, "keys are never read\n{}\n", self.screen());
            std::thread::yield_now();
        }
        // The terminal says that it has the focus, which is answered in order (`src/tui/idle.rs`).
        self.keys("\u{1b}[I");
        self.asked += 1;
        let told = format!("\u{1b}]7770;{}\u{7}", self.asked);
        let is_told = |bytes: &[u8]| bytes.windows(told.len()).any(|part| part == told.as_bytes());
        loop {
            let seen = self.seen();
            if is_told(&seen.bytes) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "it is never idle\n{}\n", seen.parser.screen().contents());
            self.wait_for_more(seen);
        }
    }

    /// Everything that was written to the terminal.
    pub(crate) fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen().bytes).into_owned()
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, is_wanted: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        let mut ended = None;
        loop {
            let seen = self.seen();
            let screen = seen.parser.screen().contents();
            if is_wanted(&screen) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "never: {what}\n{screen}\n");
            self.wait_for_more(seen);
            if let Ok(Some(status)) = self.child.try_wait() {
                // Its last words may still be on their way to whoever reads them.
                let since = *ended.get_or_insert_with(Instant::now);
                assert!(
                    since.elapsed() < LAST_WORDS,
                    "ended ({status}) before: {what}\n{screen}\n{}",
                    self.bytes()
                );
            }
        }
    }

    /// Waits until a text stands on the screen.
    #[track_caller]
    pub(crate) fn until_says(&mut self, text: &str) {
        self.until(text, |screen| screen.contains(text));
    }

    /// Makes the terminal another size, in columns and rows.
    #[track_caller]
    pub(crate) fn resize(&mut self, (cols, rows): (u16, u16)) {
        let side = |cells| NonZero::new(cells).expect("a terminal has cells");
        self.seen().parser.screen_mut().set_size(side(rows), side(cols));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("a terminal can be resized");
    }

    /// Waits until the program is stopped, as by Ctrl-Z.
    #[track_caller]
    pub(crate) fn until_stopped(&mut self) {
        let path = format!("/proc/{}/stat", self.child.process_id().expect("it runs"));
        let is_stopped = || {
            let stat = std::fs::read_to_string(&path).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        self.until("it is stopped", |_| is_stopped());
    }

    /// Waits until the program has the terminal.
    #[track_caller]
    pub(crate) fn until_taken(&mut self) {
        let begin = Instant::now();
        while !self.is_taken() {
            assert!(begin.elapsed() < PATIENCE, "it never takes the terminal\n{}", self.screen());
            self.wait_for_more(self.seen());
        }
    }

    /// Sends a signal.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.expect("it runs"), signal).expect("it can be signalled");
    }

    /// Waits for the end; the exit code, as a shell tells it: 130 after a Ctrl-C, also where the signal itself ended it
    /// (it came while no question stood, as between two lines of a menu).
    #[track_caller]
    pub(crate) fn end(&mut self) -> u32 {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return if status.signal() == Some("Interrupt") { 130 } else { status.exit_code() };
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end\n{}", self.screen());
            self.wait_for_more(self.seen());
        }
    }

    /// Closes the terminal under the program, as a window is closed; the exit code.
    #[track_caller]
    pub(crate) fn closes(&mut self) -> u32 {
        self.is_closed.store(true, Ordering::SeqCst);
        // Whoever reads it has it open, and wakes when something is drawn.
        self.keys("?");
        self.reader.take().expect("it is closed once").join().expect("it reads to the end");
        let other = native_pty_system().openpty(PtySize::default()).expect("there are pseudo-terminals");
        self.slave = None;
        (self.master, self.keys) = (other.master, Box::new(std::io::sink()));
        self.end()
    }

    /// Leaves it by its key: it ends well, and nothing of it is left on.
    #[track_caller]
    pub(crate) fn quits(&mut self) {
        self.keys("q");
        assert_eq!(self.end(), 0);
        self.is_restored();
    }

    /// Waits until the terminal is as it was before the program; asserts that nothing is left on.
    #[track_caller]
    pub(crate) fn is_restored(&mut self) {
        let begin = Instant::now();
        while !self.left().is_empty() && begin.elapsed() < LAST_WORDS {
            self.wait_for_more(self.seen());
        }
        assert_eq!(self.left(), Vec::<&str>::new(), "{}", self.bytes());
    }

    /// Asserts that it says something at its end, once the terminal is as it was.
    #[track_caller]
    pub(crate) fn says_at_last(&mut self, words: &str) {
        let begin = Instant::now();
        while !self.bytes().contains(words) && begin.elapsed() < LAST_WORDS {
            self.wait_for_more(self.seen());
        }
        assert!(self.bytes().contains(words), "{}", self.bytes());
    }

    /// Modes of the terminal that are on and should not be.
    fn left(&self) -> Vec<&'static str> {
        let seen = self.seen();
        let screen = seen.parser.screen();
        let bytes = String::from_utf8_lossy(&seen.bytes);
        let (on, off) = (bytes.rfind("\u{1b}[?1004h"), bytes.rfind("\u{1b}[?1004l"));
        let canonical = rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO;
        let modes = self.master.get_termios().map_or(0, |termios| termios.local_flags.bits());
        let all = [
            ("alternate screen", screen.alternate_screen()),
            ("a picture", bytes.rfind("\u{1b}[?1049h") > bytes.rfind("\u{1b}[2J\u{1b}[?1049l")),
            ("hidden cursor", screen.hide_cursor()),
            ("bracketed paste", screen.bracketed_paste()),
            ("mouse", screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None),
            ("focus events", on > off),
            ("raw mode", modes & canonical.bits() != canonical.bits()),
        ];
        all.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect()
    }

    /// Modes that are on while the program has the terminal.
    pub(crate) fn is_taken(&self) -> bool {
        self.left()
            == [
                "alternate screen",
                "a picture",
                "hidden cursor",
                "bracketed paste",
                "mouse",
                "focus events",
                "raw mode",
            ]
    }
}

/// Whether keys wait to be read; also those that are still on their way through the terminal, which this question hurries.
fn has_input(tty: &std::fs::File) -> bool {
    let mut polled = [PollFd::new(tty, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())).expect("a terminal tells") > 0
}

impl Drop for Tui {
    fn drop(&mut self) {
        // Only if a test failed; it has ended otherwise.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
