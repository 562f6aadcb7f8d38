//! Which programs that run containers are on this machine, and whether they can be used.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::super::program;
use super::super::sandbox::last_line;
use crate::model::ContainerProgram;

/// Where podman looks for what it makes the first process of a container.
const INIT_OF_PODMAN: &str = "/usr/libexec/podman/catatonit";

/// Where the files are that a shell needs.
const OWN_FILES: [&str; 7] = ["/usr", "/bin", "/lib", "/lib64", "/lib32", "/nix", "/gnu"];

/// So long a program may take to answer a question.
const LIMIT: Duration = Duration::from_secs(10);

/// A program that can be used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which one.
    pub program: ContainerProgram,
    /// Where it is.
    pub path: PathBuf,
    /// Whether the administrator inside is an ordinary user outside.
    pub is_rootless: bool,
    /// Whether it can put a first process before a command, which then hears requests to end.
    pub has_init: bool,
    /// Its version, as it says it.
    pub version: String,
}

impl Found {
    /// Looks for a program and tries it.
    ///
    /// # Errors
    /// A sentence fragment: it is not installed, or does not work here.
    pub fn look(program: ContainerProgram) -> Result<Self, String> {
        let command = program.command();
        let search = std::env::var_os("PATH");
        let path =
            program::find(command, Path::new("/"), search.as_deref()).map_err(program::Lack::in_short)?;
        let says = ask(&path, question(program)).map_err(|said| cannot(program, &said))?;
        // The facts that were asked for, then the version.
        let version = says.rsplit_once(' ').map_or(&*says, |(_, version)| version).to_owned();
        let is_rootless = match program {
            ContainerProgram::Podman => says.starts_with("true"),
            ContainerProgram::Docker => says.contains("rootless"),
            _ => !rustix::process::geteuid().is_root(),
        };
        let has_init = match program {
            ContainerProgram::Podman => Path::new(INIT_OF_PODMAN).exists(),
            other => other == ContainerProgram::Docker,
        };
        Ok(Self { program, path, is_rootless, has_init, version })
    }

    /// Starts a container of this machine's own files, where the program can do that without an image.
    ///
    /// # Errors
    /// A sentence fragment: no container starts here.
    pub fn try_out(&self) -> Result<(), String> {
        if self.program != ContainerProgram::Podman {
            return Ok(());
        }
        let failed = |error: std::io::Error| format!("no folder can be made to try `podman`: {error}");
        let root = tempfile::tempdir().map_err(failed)?;
        let mut command = Command::new(&self.path);
        command.args(["--log-level", "fatal", "run", "--rm", "--pull", "never", "--network", "none"]);
        command.args(["--security-opt", "label=disable", "--log-driver", "none"]);
        for folder in OWN_FILES.iter().filter(|folder| Path::new(folder).is_dir()) {
            match std::fs::read_link(folder) {
                Ok(target) => {
                    std::os::unix::fs::symlink(target, root.path().join(&folder[1..])).map_err(failed)?;
                }
                Err(_) => drop(command.arg("--volume").arg(format!("{folder}:{folder}:ro"))),
            }
        }
        command.arg("--rootfs").arg(root.path()).args(["/bin/sh", "-c", ":"]);
        command.stdin(Stdio::null()).current_dir("/");
        let cannot = |said: String| format!("`podman` is installed, but starts no container here: {said}");
        answer(&mut command).map(drop).map_err(cannot)
    }
}

/// What it must be able to answer to be of use: the daemon of docker may not run, or podman have no place to store.
const fn question(program: ContainerProgram) -> &'static [&'static str] {
    match program {
        ContainerProgram::Podman => &["info", "--format", "{{.Host.Security.Rootless}} {{.Version.Version}}"],
        ContainerProgram::Docker => &["info", "--format", "{{.SecurityOptions}} {{.ServerVersion}}"],
        _ => &["--version"],
    }
}

fn cannot(program: ContainerProgram, said: &str) -> String {
    format!("`{}` is installed, but cannot be used here: {said}", program.command())
}

/// What a program answers to a question that it has the answer to at once; else the last line of its complaint, or that it
/// gave none: the daemon behind it may hang, and who asks has others to answer.
pub(super) fn ask(program: &Path, args: &[&str]) -> Result<String, String> {
    answer_within(&mut command(program, args), LIMIT)
}

/// Whether [`ask`] got no answer.
pub(super) fn is_late(said: &str) -> bool {
    said == late(LIMIT)
}

fn late(limit: Duration) -> String {
    format!("it gave no answer within {} seconds, as when its daemon hangs", limit.as_secs())
}

/// What a program says at the end of what takes its time; else the last line of its complaint.
pub(super) fn asked(program: &Path, args: &[&str]) -> Result<String, String> {
    answer(&mut command(program, args))
}

fn command(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    // Charliecloud asks for a name of whoever calls it.
    command.args(args).stdin(Stdio::null()).current_dir("/").env("USER", "minipach");
    command
}

/// What a command prints; else the last line of its complaint.
pub(super) fn answer(command: &mut Command) -> Result<String, String> {
    told(&command.output().map_err(|error| error.to_string())?)
}

/// As [`answer`], of a command that is ended with all that it started where it takes longer.
fn answer_within(command: &mut Command, limit: Duration) -> Result<String, String> {
    let failed = |error: std::io::Error| error.to_string();
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(failed)?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()).unwrap_or_default());
    if let Ok(output) = receiver.recv_timeout(limit) {
        return told(&output.map_err(failed)?);
    }
    let ended = group.map_or(Ok(()), |group| kill_process_group(group, Signal::KILL));
    // Gone by itself just now: late all the same.
    ended.unwrap_or_default();
    Err(late(limit))
}

fn told(output: &Output) -> Result<String, String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // Docker goes on to fill in what it was asked for with an answer that it has not.
    let telling: Vec<&str> = said.lines().filter(|line| !line.starts_with("template: ")).collect();
    Err(if telling.is_empty() { last_line(&said) } else { last_line(&telling.join("\n")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, String> {
        answer_within(Command::new("sh").args(["-c", script]).stdin(Stdio::null()), limit)
    }

    #[test]
    fn who_gives_no_answer_is_not_waited_for() {
        let said = shell("sleep 1000 & echo half; wait", Duration::ZERO).unwrap_err();
        assert_eq!(said, "it gave no answer within 0 seconds, as when its daemon hangs");
        assert!(is_late(&late(LIMIT)) && !is_late(&said));
    }

    #[test]
    fn an_answer_is_one_line_and_a_complaint_its_last() {
        assert_eq!(shell("echo yes", LIMIT).as_deref(), Ok("yes"));
        assert_eq!(shell("echo a >&2; echo no >&2; exit 1", LIMIT).unwrap_err(), "no");
        let go = "echo denied >&2; echo 'template: :1:2: executing \"\"' >&2; exit 1";
        assert_eq!(shell(go, LIMIT).unwrap_err(), "denied");
    }
}
