//! Which programs that run containers are on this machine, and whether they can be used.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::program;
use super::super::sandbox::last_line;
use crate::model::ContainerProgram;

/// Where podman looks for what it makes the first process of a container.
const INIT_OF_PODMAN: &str = "/usr/libexec/podman/catatonit";

/// Where the files are that a shell needs.
const OWN_FILES: [&str; 7] = ["/usr", "/bin", "/lib", "/lib64", "/lib32", "/nix", "/gnu"];

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
        let says = asked(&path, question(program)).map_err(|said| cannot(program, &said))?;
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

/// What a program answers; else the last line of its complaint.
pub(super) fn asked(program: &Path, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    // Charliecloud asks for a name of whoever calls it.
    command.args(args).stdin(Stdio::null()).current_dir("/").env("USER", "minipach");
    answer(&mut command)
}

/// What a command prints; else the last line of its complaint.
pub(super) fn answer(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(last_line(&String::from_utf8_lossy(&output.stderr)))
}
