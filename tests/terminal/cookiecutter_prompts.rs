//! Questions of cookiecutter templates on a real pseudo-terminal: asked, answered, reviewed, broken off.

use std::io::{Read as _, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::Project;
use crate::templates::template;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// minipach on a terminal.
struct Terminal {
    /// Keeps the terminal open.
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn start(project: &Project, words: &[&str]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 40, cols: 120, ..PtySize::default() })
            .expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_minipach"));
        command.args(words);
        command.cwd(project.root());
        command.env("HOME", project.home());
        command.env("TERM", "xterm");
        let child = pair.slave.spawn_command(command).expect("minipach starts");
        let mut reader = pair.master.try_clone_reader().expect("it can be read");
        let keys = pair.master.take_writer().expect("it can be written");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { _master: pair.master, child, keys, output, seen: String::new() }
    }

    /// Waits until something is shown, forgets all before it, and presses keys.
    #[track_caller]
    fn answer(&mut self, shown: &str, keys: &str) {
        let begun = Instant::now();
        while !self.seen.contains(shown) {
            assert!(begun.elapsed() < PATIENCE, "{shown:?} is not shown in {:?}", self.seen);
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                self.seen.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        let at = self.seen.find(shown).expect("it was just found") + shown.len();
        self.seen.drain(..at);
        self.keys.write_all(keys.as_bytes()).expect("keys can be pressed");
        self.keys.flush().expect("keys can be pressed");
    }

    /// Waits for the end and gives the exit code.
    fn end(mut self) -> u32 {
        let begun = Instant::now();
        loop {
            // What is written must be read, or the program waits.
            drop(self.output.recv_timeout(Duration::from_millis(20)));
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
        }
    }
}

const QUESTIONS: &str = r#"{"name": "x", "wanted": true, "pick": ["a", "b"], "deep": {"k": 1},
    "__prompts__": {"name": "What [bold]is[/bold] it called?", "pick": {"__prompt__": "Which one?", "b": "the [cyan]second[/]"}}}"#;

fn asking() -> Project {
    let text =
        "{{ cookiecutter.name }} {{ cookiecutter.wanted }} {{ cookiecutter.pick }} {{ cookiecutter.deep }}\n";
    template(QUESTIONS, &[("a.txt", text), ("/hooks/post_gen_project.sh", "#!/bin/sh\ntouch ran\n")])
}

#[test]
fn questions_are_asked_and_answers_kept() {
    let project = asking();
    let mut terminal = Terminal::start(&project, &["new", "./template"]);
    terminal.answer("hooks/post_gen_project.sh", "");
    terminal.answer("What shall become of them", "\u{1b}[B\u{1b}[B\r");
    terminal.answer("What is it called?", "study one\r");
    terminal.answer("wanted", "n\r");
    terminal.answer("Which one?", "");
    terminal.answer("the second", "\u{1b}[B\r");
    terminal.answer("deep", "\r");
    terminal.answer("  a.txt", "");
    terminal.answer("to the new folder `study one`?", "y\r");
    assert_eq!(terminal.end(), 0);
    assert_eq!(project.read("study one/a.txt"), "study one False b {'k': '1'}\n");
    assert!(project.exists("study one/ran"));
}

#[test]
fn numbers_and_words_answer_as_in_cookiecutter() {
    let project = asking();
    let mut terminal =
        Terminal::start(&project, &["new", "./template", "--hooks", "skip", "--set", "name=z"]);
    terminal.answer("wanted (yes or no)", "maybe\r");
    terminal.answer("type yes or no", "");
    terminal.answer("wanted (yes or no)", "no\r");
    terminal.answer("Which one? (a number, a name or the arrows", "");
    terminal.answer("2. the second", "3\r");
    terminal.answer("type a number from 1 to 2", "2\r");
    terminal.answer("deep", "\r");
    terminal.answer("to the new folder `z`?", "yes\r");
    assert_eq!(terminal.end(), 0);
    assert_eq!(project.read("z/a.txt"), "z False b {'k': '1'}\n");
}

#[test]
fn what_is_set_is_not_asked_and_no_leaves_nothing() {
    let project = asking();
    let set =
        ["new", "./template", "--hooks", "skip", "--set", "name=y", "--set", "wanted=no", "--set", "pick=b"];
    let mut terminal = Terminal::start(&project, &set);
    terminal.answer("deep", "\r");
    terminal.answer("to the new folder `y`?", "n\r");
    assert_ne!(terminal.end(), 0);
    assert!(!project.exists("y"));
}

#[test]
fn hooks_may_be_let_run_until_the_template_changes() {
    let project = asking();
    let mut terminal = Terminal::start(&project, &["new", "./template", "--set", "name=first"]);
    terminal.answer("What shall become of them", "\u{1b}[B\u{1b}[B\u{1b}[B\r");
    terminal.answer("wanted", "y\r");
    terminal.answer("Which one?", "\r");
    terminal.answer("deep", "\r");
    terminal.answer("to the new folder `first`?", "y\r");
    assert_eq!(terminal.end(), 0);
    let again = |name: &str| {
        project.typed(&["new", "./template", "--defaults", "--set", &format!("name={name}")]).ok();
        project.exists(&format!("{name}/ran"))
    };
    assert!(project.exists("first/ran") && again("second"), "nobody is asked again");
    project.write("template/README.md", "changed\n");
    assert!(!again("third"), "it is another template now");
    project.remove("template/README.md");
    assert!(again("fourth"));
    project.typed(&["new", "./template", "--defaults", "--set", "name=fifth", "--hooks", "skip"]).ok();
    assert!(!project.exists("fifth/ran"));
}

#[test]
fn a_name_that_no_question_asks_for_is_refused() {
    let project = template(r#"{"project": "x"}"#, &[]);
    let words = ["new", "./template", "--defaults", "-o", "out", "--name", "zz"];
    project.typed(&words).code(2).says("the template asks no question `name`; it asks `project`");
    assert!(!project.exists("out/x"));
}

#[test]
fn a_folder_is_not_taken_as_it_was_at_a_commit() {
    let project = template(r#"{"name": "x"}"#, &[("a.txt", "a")]);
    let words = ["new", "./template", "--defaults", "-o", "out", "--checkout", "v1"];
    project.typed(&words).code(2).says("is taken as it stands here").says("/template` has it fetched");
    assert!(!project.exists("out/x"));
}

#[test]
fn what_hooks_made_that_names_where_they_ran_is_told() {
    let hook = "#!/bin/sh\nmkdir -p a\nln -s \"$(pwd)/good\" a/b\npwd > c\n";
    let project = template(r#"{"name": "x"}"#, &[("/hooks/post_gen_project.sh", hook)]);
    let words = ["new", "./template", "--defaults", "-o", "out", "--hooks", "run"];
    project.typed(&words).code(0).says("`a/b`, `c` still named it");
    project.write("template/hooks/post_gen_project.sh", "#!/bin/sh\npwd > /dev/null\n");
    let said = project.typed(&[&words[..], &["-f"]].concat()).code(0);
    assert!(!said.stderr.contains("still named it"), "{said:?}");
}
