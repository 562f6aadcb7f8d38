//! One command in a container of its own, watched so that the container ends with minipach.

use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::Mode;
use rustix::process::Signal;

use super::super::error::{ExecError, io};
use super::super::folder;
use super::super::process::{Command, Launch, Pipes, Running, Started, undo};
use super::super::visit::Visit;
use super::note::{forget, note};
use super::{Call, ContainerView, One, Slot, sandbox};
use crate::exec::Usage;
use crate::model::ContainerProgram;

/// Rights for all: in a container a command may be anybody.
const FOR_ALL: u32 = 0o777;

/// Starts a command in the slot's folders.
pub(in super::super) fn start<'a>(
    command: &Command,
    pipes: Pipes,
    slot: &'a Slot,
    view: &ContainerView,
) -> Result<Started<'a>, String> {
    let name = name(slot);
    let one = One {
        name: &name,
        args: &command.args,
        env: view.env(&command.env),
        cwd: Some(&*command.cwd).filter(|_| !view.begins_in_image),
        mounts: view.mounts(slot),
        has_input: command.stdin.is_some(),
        is_on_terminal: false,
    };
    check(&one, view.found.program)?;
    open_for_all(slot, view)?;
    let call = view.call(&one);
    let (in_sandbox, launch) =
        (view.around.as_deref(), Launch::of_call(call.args, call.env, cwd(slot, view), call.undo.clone()));
    note(&slot.path, &call.undo).map_err(|error| format!("it cannot be noted: {error}"))?;
    let ward = in_sandbox.map_or(sandbox::Ward::Containers(&view.helper), sandbox::Ward::Sandbox);
    let Started { running, output, stdin } = sandbox::start(launch, pipes, slot, ward)?;
    let running = Box::new(InContainer { running, slot, undo: call.undo });
    Ok(Started { running, output, stdin })
}

/// A person's own command that is to run in a container of the slot.
pub(in super::super) struct Visiting {
    command: std::process::Command,
    undo: Vec<String>,
}

impl Visiting {
    /// Runs it with this process's own input and output, to its end.
    pub(in super::super) fn wait(mut self, slot: &Slot) -> std::io::Result<ExitStatus> {
        let ended = self.command.status();
        if ended.as_ref().map_or(true, |status| status.code().is_none()) {
            undo(&self.undo);
        }
        forget(&slot.path);
        ended
    }
}

/// Prepares a person's own command in a container of the slot.
///
/// # Errors
/// A sentence fragment: the container cannot show a folder.
pub(in super::super) fn visit(
    visit: &Visit,
    slot: &Slot,
    view: &ContainerView,
    is_on_terminal: bool,
) -> Result<Visiting, String> {
    let name = name(slot);
    let one = One {
        name: &name,
        args: &visit.args,
        env: view.env(&visit.env),
        cwd: Some(&*visit.cwd).filter(|_| !view.begins_in_image),
        mounts: view.mounts(slot),
        has_input: true,
        is_on_terminal,
    };
    check(&one, view.found.program)?;
    open_for_all(slot, view)?;
    let Call { args, env, undo } = view.call(&one);
    note(&slot.path, &undo).map_err(|error| format!("it cannot be noted: {error}"))?;
    let mut words = view.around.as_ref().map(|around| around.call(slot)).unwrap_or_default();
    words.extend(args.into_iter().map(OsString::from));
    let mut command = std::process::Command::new(&words[0]);
    command.args(&words[1..]).envs(env).current_dir(cwd(slot, view));
    Ok(Visiting { command, undo })
}

/// Where its program is called: podman leaves a file `oom` there if memory runs out, others show that folder.
fn cwd<'a>(slot: &'a Slot, view: &ContainerView) -> &'a Path {
    let leaves_files = view.found.program == ContainerProgram::Podman && view.around.is_none();
    if leaves_files { &slot.path } else { Path::new("/") }
}

/// A name that no other container has, and that tells whose it is.
fn name(slot: &Slot) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let whose = blake3::hash(slot.path.as_os_str().as_encoded_bytes()).to_hex();
    format!("minipach-{}-{}-{}", &whose[..12], std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What the command lines of these programs cannot say.
fn check(one: &One<'_>, program: ContainerProgram) -> Result<(), String> {
    let is_odd = |path: &PathBuf| path.to_str().is_none_or(|text| text.contains(program.cut_at()));
    match one.mounts.iter().map(|(from, ..)| from).find(|path| is_odd(path)) {
        Some(path) => {
            Err(format!("{} cannot show `{}`, for the signs in its path", program.name(), path.display()))
        }
        None => Ok(()),
    }
}

/// Who a command is in there may be nobody out here, unless the program says otherwise.
fn open_for_all(slot: &Slot, view: &ContainerView) -> Result<(), String> {
    if !matches!(view.found.program, ContainerProgram::Podman | ContainerProgram::Docker) {
        return Ok(());
    }
    for folder in [slot.real_out(), slot.path.join("tmp")] {
        rustix::fs::chmod(&folder, Mode::from_raw_mode(FOR_ALL))
            .map_err(|error| format!("`{}` cannot be opened for it: {error}", folder.display()))?;
    }
    Ok(())
}

struct InContainer<'a> {
    running: Box<dyn Running + 'a>,
    slot: &'a Slot,
    undo: Vec<String>,
}

impl Running for InContainer<'_> {
    fn ended(&self) -> BorrowedFd<'_> {
        self.running.ended()
    }

    fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    fn finish(self: Box<Self>) -> Result<(ExitStatus, Usage), ExecError> {
        let ended = self.running.finish();
        let was_killed = ended.as_ref().map_or(true, |(status, _)| status.signal().is_some());
        if was_killed {
            // What watches over it may have been killed, too.
            undo(&self.undo);
        }
        forget(&self.slot.path);
        // Results have the rights that they have from everywhere else.
        let usual = Mode::from_raw_mode(FOR_ALL & !*folder::UMASK);
        rustix::fs::chmod(self.slot.real_out(), usual)
            .map_err(|error| io("open", self.slot.real_out(), error))?;
        ended
    }
}
