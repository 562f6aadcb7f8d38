//! Who runs minipach in a test: whoever runs the tests, and where that is the administrator, an ordinary user too.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::{Ended, Project, finish, peer};

/// A user's number that nobody has.
const NOBODY: &str = "54321";

/// Arguments of `setpriv`.
pub(crate) const AS_NOBODY: [&str; 6] = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// Who runs the tests.
    Self_,
    /// An ordinary user.
    User,
}

/// Everybody that a test can be; who is left out is said.
pub(crate) fn people() -> Vec<Person> {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    if !rustix::process::geteuid().is_root() {
        // `eprintln!` would be captured and never seen when the test passes.
        let said = writeln!(std::io::stderr(), "left out: {test} as the administrator: not run as root");
        said.unwrap();
        return vec![Person::Self_];
    }
    let has_other = peer("setpriv").is_some();
    std::iter::once(Person::Self_).chain(has_other.then_some(Person::User)).collect()
}

impl Person {
    /// Gives a project to the person.
    pub(crate) fn owns(self, project: &Project) {
        if self == Self::User {
            self.owns_folder(project.home());
            reachable(project, env!("CARGO_BIN_EXE_minipach"));
        }
    }

    /// `minipach` as the person, in a sandbox where there is one.
    pub(crate) fn command(self, project: &Project, args: &[&str], env: &[(&str, &str)]) -> Command {
        let program = env!("CARGO_BIN_EXE_minipach");
        let mut command = match self {
            Self::Self_ => project.command(program),
            Self::User => {
                let mut command = project.command("setpriv");
                command.args(AS_NOBODY).arg(reachable(project, program));
                command
            }
        };
        command.args(args).envs(env.iter().copied()).env("MINIPACH_SANDBOX", "auto");
        command
    }

    /// Gives a folder to the person.
    pub(crate) fn owns_folder(self, folder: &std::path::Path) {
        if self == Self::User {
            let owner = format!("{NOBODY}:{NOBODY}");
            assert!(Command::new("chown").args(["-R", &owner]).arg(folder).status().unwrap().success());
        }
    }

    pub(crate) fn minipach(self, project: &Project, args: &[&str], env: &[(&str, &str)]) -> Ended {
        finish(self.command(project, args, env))
    }
}

/// The program where every user can start it: it may have been built in a folder that is closed to others.
fn reachable(project: &Project, program: &str) -> String {
    let mut look = project.command("setpriv");
    look.args(AS_NOBODY).args(["test", "-x", program]);
    if look.status().unwrap().success() {
        return program.to_owned();
    }
    let copy = project.home().join("minipach");
    if !copy.exists() {
        std::fs::copy(program, &copy).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    copy.to_str().unwrap().to_owned()
}
