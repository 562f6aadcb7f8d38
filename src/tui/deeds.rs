//! What is done for the UI beside its loop: runs are started, logs saved, copied texts kept; and the programs it calls.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crossbeam_channel::Sender;

use crate::model::show_short;

use super::effect::Beside;
use super::message::Msg;
use super::words::plain;
use crate::app::{Order, Started};

/// Editors that take `+LINE`.
const KNOW_LINES: [&str; 9] = ["vi", "vim", "nvim", "nano", "emacs", "micro", "kak", "hx", "ed"];

/// So many logs of one name are kept beside each other.
const ALIKE: usize = 999;

/// Where things are done, and who hears how they ended.
#[derive(Clone)]
pub(super) struct Deeds {
    /// The project.
    pub(super) root: PathBuf,
    /// Its local state.
    pub(super) state_dir: PathBuf,
    /// The loop.
    pub(super) inbox: Sender<Msg>,
}

impl Deeds {
    /// Says what went wrong, if anything did.
    pub(super) fn tell(&self, trouble: Option<String>) {
        if let Some(trouble) = trouble {
            drop(self.inbox.try_send(Msg::Say(trouble, true)));
        }
    }

    /// Starts `minipach` with words, as a process of its own.
    pub(super) fn start(&self, words: &[String]) {
        match crate::app::start(&self.root, &self.state_dir, words) {
            Err(error) => drop(self.inbox.try_send(Msg::Ended(0, Some(error.message)))),
            Ok(mut started) => {
                let (inbox, pid) = (self.inbox.clone(), started.child.id());
                drop(inbox.try_send(Msg::Started(pid)));
                // A run is followed by its events; of other verbs, what they say is all there is to see.
                let is_run = words.first().is_some_and(|verb| verb == "run");
                let is_nested = is_run && words.iter().any(|word| word == "--recursive");
                std::thread::spawn(move || {
                    let code = started.child.wait().ok().and_then(|status| status.code());
                    let said = started.said();
                    let complaint = Started::complaint(&said, code);
                    if complaint.is_none() && !is_run {
                        drop(inbox.send(Msg::Say(in_a_line(&said), false)));
                    } else if complaint.is_none() && is_nested {
                        let over = "the run is over, also in subdatasets";
                        drop(inbox.send(Msg::Say(over.into(), false)));
                    }
                    drop(inbox.send(Msg::Ended(pid, complaint)));
                });
            }
        }
    }

    /// Asks something of a run.
    pub(super) fn ask(&self, pid: u32, asked: Order) {
        self.tell(crate::app::order(&self.state_dir, pid, asked).err().map(|error| error.message));
    }

    /// A text that is shown as a file in the local state, until the next one; says why if that cannot be.
    pub(super) fn kept(&self, text: &str) -> Option<PathBuf> {
        let path = self.state_dir.join("shown.log");
        let kept = std::fs::write(&path, text);
        self.tell(kept.as_ref().err().map(|error| format!("cannot write {}: {error}", path.display())));
        kept.ok().map(|()| path)
    }

    /// Copies a log to a place, beside the loop: it may be large.
    pub(super) fn save_log(&self, path: PathBuf, beside: Beside, name: &str) {
        let (deeds, name) = (self.clone(), plain(name));
        let folder = match beside {
            Beside::State => self.state_dir.join("saved"),
            Beside::Root => self.root.clone(),
        };
        std::thread::spawn(move || {
            let made = std::fs::create_dir_all(&folder);
            let said = match made.and_then(|()| save(&folder, &path, &name)) {
                Ok(saved) => (format!("the log is saved, as far as it was kept: {}", saved.display()), false),
                Err(error) => (format!("cannot save the log: {error}"), true),
            };
            drop(deeds.inbox.send(Msg::Say(said.0, said.1)));
        });
    }

    /// Keeps a text that was copied in a file, for terminals that have no clipboard to give; says where.
    pub(super) fn keep_copy(&self, text: String) {
        let deeds = self.clone();
        std::thread::spawn(move || {
            let path = deeds.state_dir.join("copied.txt");
            let begin = show_short(&text, 60);
            let said = match std::fs::write(&path, &text) {
                Ok(()) => {
                    let path = path.strip_prefix(&deeds.root).unwrap_or(&path).display().to_string();
                    format!("sent to the terminal's clipboard, and kept in {path}: {begin}")
                }
                Err(_) => format!("sent to the terminal's clipboard: {begin}"),
            };
            drop(deeds.inbox.send(Msg::Say(said, false)));
        });
    }

    /// The user's editor at a line of a file, whose path is from the root.
    pub(super) fn editor(&self, path: &str, line: usize) -> Command {
        let editor = std::env::var("VISUAL").ok().filter(|text| !text.trim().is_empty());
        let editor = editor.unwrap_or_else(|| or("EDITOR", "vi"));
        self.program(edit_words(&editor, path, line))
    }

    /// The user's pager on a file.
    pub(super) fn pager(&self, path: &Path) -> Command {
        let mut command = self.program(or("PAGER", "less").split_whitespace().map(str::to_owned).collect());
        command.arg(path);
        command
    }

    /// The user's shell.
    pub(super) fn shell(&self) -> Command {
        self.program(vec![or("SHELL", "sh")])
    }

    /// A shell inside what a datum sees. What keeps it from that can be read before the screen comes back.
    pub(super) fn enter(&self, target: &str) -> Command {
        let program = std::env::current_exe().unwrap_or_else(|_| "minipach".into());
        let waits =
            r#""$0" enter "$1"; s=$?; case $s in 2|3|4|5) printf 'Enter goes back '; read -r _;; esac"#;
        let mut command = self.program(vec!["sh".into(), "-c".into(), waits.into()]);
        command.arg(program).arg(target);
        command
    }

    /// A command of the user's own, as a shell reads it.
    pub(super) fn own(&self, text: &str) -> Command {
        self.program(vec!["sh".into(), "-c".into(), text.to_owned()])
    }

    fn program(&self, words: Vec<String>) -> Command {
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&self.root);
        command
    }
}

/// That a program ended badly.
pub(super) fn failure(name: &str, ended: ExitStatus) -> Option<String> {
    let name = show_short(name, 60);
    match (ended.code(), ended.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("`{name}` ended with {code}")),
        (None, signal) => Some(format!("`{name}` was ended by signal {}", signal.unwrap_or(0))),
    }
}

/// What a verb said on several lines, in columns, as one line.
fn in_a_line(said: &str) -> String {
    let lines = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The words that open a file at a line.
fn edit_words(editor: &str, path: &str, line: usize) -> Vec<String> {
    let mut words: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
    let name = words.first().and_then(|program| Path::new(program).file_name()?.to_str()).unwrap_or("");
    if line > 1 && KNOW_LINES.contains(&name) {
        words.push(format!("+{line}"));
    }
    // A path that begins like an option is none.
    words.push(if path.starts_with(['-', '+']) { format!("./{path}") } else { path.to_owned() });
    words
}

fn or(variable: &str, default: &str) -> String {
    std::env::var(variable).ok().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| default.into())
}

/// Copies a log to `NAME.log`, or `NAME-2.log` and so on: nothing that stands there is ever replaced.
fn save(root: &Path, path: &Path, name: &str) -> io::Result<PathBuf> {
    let mut log = File::open(path)?;
    for number in 1..=ALIKE {
        let name = if number == 1 { format!("{name}.log") } else { format!("{name}-{number}.log") };
        let target = root.join(name);
        match File::create_new(&target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                io::copy(&mut log, &mut made?)?;
                return Ok(target);
            }
        }
    }
    Err(io::Error::other(format!("{ALIKE} logs of this name stand there already")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_get_a_line_they_know_and_a_path_that_is_no_option() {
        assert_eq!(edit_words("vim -u NONE", "fs/spec.yml", 7), ["vim", "-u", "NONE", "+7", "fs/spec.yml"]);
        assert_eq!(edit_words("code --wait", "-x/spec.yml", 7), ["code", "--wait", "./-x/spec.yml"]);
        assert_eq!(edit_words("/usr/bin/nano", "+9", 1), ["/usr/bin/nano", "./+9"]);
    }

    #[test]
    fn a_program_that_ended_badly_is_told() {
        let told = |raw| failure("false", ExitStatus::from_raw(raw));
        assert_eq!((told(0), told(1 << 8)), (None, Some("`false` ended with 1".into())));
        assert_eq!(told(9).as_deref(), Some("`false` was ended by signal 9"));
    }

    #[test]
    fn columns_are_no_gaps_in_a_line() {
        assert_eq!(in_a_line("   3  12 B  logs\n\nfreed 12 B\n"), "3 12 B logs · freed 12 B");
    }

    #[test]
    fn logs_get_plain_names_and_replace_nothing() {
        assert_eq!(plain("fs-sub 01/a\u{1b}b"), "fs-sub-01-a-b");
        assert_eq!((plain("../é").as_str(), plain("-x.y").as_str()), ("log", "x.y"));
        let home = tempfile::tempdir().expect("a folder");
        let log = home.path().join("from");
        std::fs::write(&log, "words").expect("a file");
        let saved: Vec<_> = (0..2).map(|_| save(home.path(), &log, "fs-a").expect("saved")).collect();
        assert_eq!(saved, [home.path().join("fs-a.log"), home.path().join("fs-a-2.log")]);
        assert_eq!(std::fs::read_to_string(&saved[1]).expect("text"), "words");
        assert!(save(home.path(), &home.path().join("none"), "x").is_err());
        assert!(!home.path().join("x.log").exists());
    }
}
