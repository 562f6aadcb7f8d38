//! One command: what is to be run, how it is started, and how it ended.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::pipe::PipeFlags;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::error::ExecError;
use super::leftover::VARIABLE;
use super::{Usage, program};

/// One command to run.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program and its arguments; the program is looked up in the command's own `PATH`.
    pub args: Vec<String>,
    /// What it reads; nothing at all (`/dev/null`) if absent.
    pub stdin: Option<Vec<u8>>,
    /// Variables set on top of the inherited ones.
    pub env: Vec<(String, String)>,
    /// Names of the only variables that are inherited; all are if absent.
    pub clean_env: Option<Vec<String>>,
    /// Where it starts; an absolute path.
    pub cwd: PathBuf,
    /// Wall time after which it is ended.
    pub timeout: Option<Duration>,
    /// Time between asking it to end (TERM) and killing it.
    pub grace: Duration,
    /// Where its output goes, stdout and stderr in the order written; no output, no file.
    pub log: PathBuf,
    /// A line that stands before its output, which is then added to what the log has.
    pub log_heading: Option<&'static str>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, from whoever.
    Signaled(i32),
    /// By us, for its time was over.
    TimedOut,
    /// By us, on request.
    Cancelled,
    /// It never ran; a sentence fragment says why.
    NotStarted(String),
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// Wall time from start to the end of its first process.
    pub took: Duration,
    /// Bytes it printed, whether they all stand in the log or not.
    pub log_bytes: u64,
    /// What it used, if it ran.
    pub usage: Option<Usage>,
}

/// A command that was started, wherever that is.
pub(super) trait Running {
    /// Becomes readable once its first process has ended.
    fn ended(&self) -> BorrowedFd<'_>;

    /// Signals its process group; that it is gone already is no error.
    fn signal(&self, signal: Signal);

    /// Ends all that is left of it and tells how its first process, which has ended or was killed, did.
    fn finish(self: Box<Self>) -> Result<(ExitStatus, Usage), ExecError>;
}

/// A started command with our ends of its pipes.
pub(super) struct Started<'a> {
    pub(super) running: Box<dyn Running + 'a>,
    /// What it prints.
    pub(super) output: OwnedFd,
    /// What it reads.
    pub(super) stdin: Option<OwnedFd>,
}

/// The pipes of a command: our ends, and its own.
pub(super) struct Pipes {
    pub(super) output: OwnedFd,
    pub(super) printed: OwnedFd,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) feeding: Option<OwnedFd>,
}

impl Pipes {
    /// New ones; without one to read from unless `has_input`.
    pub(super) fn new(has_input: bool) -> std::io::Result<Self> {
        let (output, printed) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let (feeding, stdin) = if has_input {
            let (feeding, stdin) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
            (Some(feeding), Some(stdin))
        } else {
            (None, None)
        };
        Ok(Self { output, printed, stdin, feeding })
    }
}

type Variables = Vec<(OsString, OsString)>;

/// All that starting a process takes, to be done here or in a sandbox.
#[derive(Serialize, Deserialize)]
pub(super) struct Launch {
    args: Vec<String>,
    /// The variables that are passed on; absent for all that the process has which starts it.
    inherited: Option<Variables>,
    /// Those that are set on top; later ones win.
    env: Variables,
    cwd: OsString,
    /// A program that ends what is left when this one is gone before its time: a container.
    undo: Vec<String>,
}

impl Launch {
    /// What a command means here and now.
    pub(super) fn of(command: &Command) -> Self {
        let passed = |passed: &Vec<String>| {
            let variables = std::env::vars_os();
            variables.filter(|(name, _)| passed.iter().any(|passed| name == passed.as_str())).collect()
        };
        Self {
            args: command.args.clone(),
            inherited: command.clean_env.as_ref().map(passed),
            env: command.env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            cwd: command.cwd.clone().into_os_string(),
            undo: Vec::new(),
        }
    }

    /// A call, in the folder `cwd`, of a program that makes a container, with all of our own variables and `env`.
    pub(super) fn of_call(
        args: Vec<String>,
        env: Vec<(String, String)>,
        cwd: &Path,
        undo: Vec<String>,
    ) -> Self {
        let env = env.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { args, inherited: None, env, cwd: cwd.as_os_str().into(), undo }.for_another()
    }

    /// To be started by a process that may have other variables than this one.
    pub(super) fn for_another(mut self) -> Self {
        self.inherited.get_or_insert_with(|| std::env::vars_os().collect());
        self
    }

    /// Whether something else has to be ended when it is gone before its time.
    pub(super) const fn has_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Ends what it may have left when it was gone before its time.
    pub(super) fn undo(&self) {
        undo(&self.undo);
    }

    /// With the mark by which its processes are known on the host.
    pub(super) fn marked(mut self, marker: &str) -> Self {
        self.env.push((VARIABLE.into(), marker.into()));
        self
    }

    /// The program as it was named.
    pub(super) fn program(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }

    /// Where its program is looked for.
    fn search(&self) -> Option<Cow<'_, OsStr>> {
        let told = self.inherited.iter().flatten().chain(&self.env).rev();
        let told = told.into_iter().find(|(name, _)| name == "PATH").map(|(_, path)| Cow::from(path));
        told.or_else(|| self.inherited.is_none().then(|| std::env::var_os("PATH"))?.map(Cow::from))
    }

    /// Starts it in a process group of its own; else a sentence fragment says why not.
    pub(super) fn spawn(&self, stdin: Stdio, output: OwnedFd) -> Result<Child, String> {
        let (program, args) = self.args.split_first().ok_or("the command is empty")?;
        let cwd = Path::new(&self.cwd);
        let path = program::find(program, cwd, self.search().as_deref()).map_err(|lack| lack.to_string())?;
        if !cwd.is_dir() {
            return Err(format!("its working folder `{}` does not exist", cwd.display()));
        }
        let errors = output.try_clone().map_err(|error| format!("no pipe for its output: {error}"))?;
        let mut command = std::process::Command::new(&path);
        if let Some(inherited) = &self.inherited {
            command.env_clear().envs(inherited.iter().map(|(name, value)| (name, value)));
        }
        command
            .arg0(program)
            .args(args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(cwd)
            .process_group(0)
            .stdin(stdin)
            .stdout(output)
            .stderr(errors);
        program::start(&mut command).map_err(|error| program::not_started(&path, &error))
    }
}

/// Runs a program that ends a container. There may be none any more, and what cannot be ended now is ended when minipach
/// comes again.
pub(super) fn undo(args: &[String]) -> bool {
    let Some((program, args)) = args.split_first() else { return true };
    let mut command = std::process::Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    command.status().is_ok_and(|status| status.success())
}
