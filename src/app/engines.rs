//! `engines`: what can run commands here, and what it lacks.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::exec::{Found, SandboxView, lacks};
use crate::git::Repo;
use crate::model::ContainerProgram;
use crate::run::try_afresh;

/// Something that can run commands, or helps to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ability {
    /// Its name.
    pub name: &'static str,
    /// Whether it can be used here.
    pub works: bool,
    /// What it does, or why it cannot be used.
    pub says: String,
}

/// What works on this machine. Programs are started to find out; the project around `start`, if there is one, goes by
/// what came of it.
pub fn engines(start: &Path) -> Vec<Ability> {
    let state = Repo::open(start).ok().map(|repo| repo.state_dir());
    let mut all = vec![local(), sandbox()];
    all.extend(ContainerProgram::ALL.map(|program| container(program, state.as_deref())));
    all.extend([annex(), datalad()]);
    all
}

fn local() -> Ability {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let says = format!("runs commands on this machine, {processors} at a time unless -j says otherwise");
    Ability { name: "local", works: true, says }
}

fn sandbox() -> Ability {
    let found = std::env::current_exe()
        .map_err(|error| format!("minipach cannot find itself: {error}"))
        .and_then(|helper| SandboxView::look(&helper, &[]))
        .and_then(|view| view.try_out());
    let (works, says) = match found {
        Ok(()) => {
            (true, "gives commands a real /pfs, and all else read-only (`sandbox:` in minipach.yml)".into())
        }
        Err(why) => (false, format!("{why}; until then `$PFS` stands for /pfs")),
    };
    Ability { name: "sandbox", works, says }
}

fn container(program: ContainerProgram, state: Option<&Path>) -> Ability {
    let takes = match program {
        ContainerProgram::Podman | ContainerProgram::Docker => {
            "images by name, archives of `docker save`, Dockerfiles"
        }
        ContainerProgram::Apptainer | ContainerProgram::Singularity => {
            "images by name, files (`.sif`), folders"
        }
        ContainerProgram::Charliecloud => "folders, and what `ch-image` has, in a sandbox",
    };
    let tried = |found: &Found| match state.filter(|state| state.is_dir()) {
        Some(state) => try_afresh(found, state),
        None => found.try_out(),
    };
    let found = Found::look(program).and_then(|found| tried(&found).map(|()| found));
    let (works, says) = match found {
        Ok(found) if found.version.is_empty() => (true, format!("runs {takes}")),
        Ok(found) => (true, format!("runs {takes} ({})", found.version)),
        Err(why) => (false, format!("{why}; it would run {takes}")),
    };
    Ability { name: program.name(), works, says }
}

fn annex() -> Ability {
    match version("git-annex") {
        Some(said) => Ability {
            name: "git-annex",
            works: true,
            says: format!("keeps large files outside of git ({said})"),
        },
        None => Ability {
            name: "git-annex",
            works: false,
            says: format!(
                "{}; annexed inputs cannot be fetched, and results cannot go to the annex",
                why_not("git-annex")
            ),
        },
    }
}

fn datalad() -> Ability {
    match version("datalad") {
        Some(said) => Ability {
            name: "datalad",
            works: true,
            says: format!("can rerun what minipach recorded ({said})"),
        },
        None => Ability {
            name: "datalad",
            works: false,
            says: format!(
                "{}; minipach does not need it, `datalad rerun` of its commits does",
                why_not("datalad")
            ),
        },
    }
}

/// Why a program tells no version.
fn why_not(program: &str) -> String {
    match lacks(program, std::env::var_os("PATH").as_deref()) {
        Some(lack) => lack.in_short(),
        None => format!("`{program}` is installed, but fails; `{program} {}` says why", asked(program)),
    }
}

/// What a program tells its version for.
fn asked(program: &str) -> &'static str {
    if program == "git-annex" { "version" } else { "--version" }
}

/// The first line that a program says of its version, if it is here.
pub(super) fn version(program: &str) -> Option<String> {
    let argument = asked(program);
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).current_dir(Path::new("/"));
    let output = command.output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(crate::model::show_short(said.lines().next().unwrap_or_default().trim(), 60))
}
