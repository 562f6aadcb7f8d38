//! Containers: each command in one of its own, made fresh from an image by podman, docker, apptainer or charliecloud.
//!
//! One container for each command, since entering one that runs takes nearly as long as making it (measured: 0.22 s
//! and 0.27 s with podman), and nothing that a command leaves in it can reach the next.

mod apptainer;
mod charliecloud;
mod found;
mod image;
mod note;
mod oci;
mod sources;
mod start;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sandbox::{SandboxView, TMP};
use super::{Slot, sandbox};
use crate::model::{ContainerProgram, Limits, PFS};

pub use charliecloud::{around as for_charliecloud, stored as stored_by_charliecloud};
pub use found::Found;
pub use image::{digest, is_stored, obtain};
pub(super) use note::end_noted;
pub use sources::ImageSources;
pub(super) use start::{start, visit};
pub use user::user_of as user_in_image;

/// The container in which the commands of a pipeline run.
#[derive(Debug)]
pub struct ContainerView {
    /// The program that makes it.
    pub found: Found,
    /// The image, as the spec has it.
    pub text: String,
    /// The image, as that program takes it.
    pub image: String,
    /// What a registry knows a named image by: the name with the digest that it stood for.
    pub digest: Option<String>,
    /// Folders of the machine that are shown, read-only, where they are.
    pub shown: Vec<PathBuf>,
    /// What a command may use at most.
    pub limits: Limits,
    /// Whether it may reach the network.
    pub network: bool,
    /// The user it runs as; the image's own if not given.
    pub user: Option<String>,
    /// Names of variables that it gets from outside.
    pub passed: Vec<String>,
    /// Whether it starts in the folder that the image says, unless told otherwise.
    pub begins_in_image: bool,
    /// Further options of the program, of people's own.
    pub options: Vec<String>,
    /// Minipach's own program.
    pub helper: PathBuf,
    /// The sandbox in which charliecloud runs, which cannot protect folders by itself.
    pub around: Option<Arc<SandboxView>>,
}

/// One command in a container.
struct One<'a> {
    /// The container's name.
    name: &'a str,
    args: &'a [String],
    env: Vec<(String, String)>,
    /// Where it starts; where the image says if absent.
    cwd: Option<&'a Path>,
    /// Folders of the machine, where they appear, and whether they can be written.
    mounts: Vec<(PathBuf, PathBuf, bool)>,
    has_input: bool,
    is_on_terminal: bool,
}

/// A call of the program that makes a container.
struct Call {
    args: Vec<String>,
    /// Variables of that program.
    env: Vec<(String, String)>,
    /// Ends the container when the program is gone; nothing where that ends by itself.
    undo: Vec<String>,
}

impl ContainerView {
    fn call(&self, one: &One<'_>) -> Call {
        match self.found.program {
            ContainerProgram::Podman | ContainerProgram::Docker => oci::call(self, one),
            ContainerProgram::Apptainer | ContainerProgram::Singularity => apptainer::call(self, one),
            ContainerProgram::Charliecloud => charliecloud::call(self, one),
        }
    }

    /// Whether its commands are processes of ours.
    pub(super) const fn is_counted(&self) -> bool {
        !matches!(self.found.program, ContainerProgram::Podman | ContainerProgram::Docker)
    }

    fn program(&self) -> String {
        self.found.path.to_string_lossy().into_owned()
    }

    /// The folders that a command in a slot finds.
    fn mounts(&self, slot: &Slot) -> Vec<(PathBuf, PathBuf, bool)> {
        let shown = self.shown.iter().map(|path| (path.clone(), path.clone(), false));
        let own = [(slot.real_pfs(), PFS.into(), true), (slot.path.join("tmp"), TMP.into(), true)];
        shown.chain(own).collect()
    }

    /// Its variables: those that are passed, and `own`, which win.
    fn env(&self, own: &[(String, String)]) -> Vec<(String, String)> {
        let passed = self.passed.iter().filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)));
        let mut all: Vec<(String, String)> = passed.chain(own.iter().cloned()).collect();
        let later =
            |at: usize, all: &[(String, String)]| all[at + 1..].iter().any(|(name, _)| *name == all[at].0);
        let mut at = 0;
        while at < all.len() {
            if later(at, &all) {
                all.remove(at);
            } else {
                at += 1;
            }
        }
        all
    }
}

/// Folders with all that is mounted below them: a read-only view of a folder leaves what is mounted in it as it is.
pub fn with_mounts_below(folders: &[&Path]) -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut all: Vec<PathBuf> = folders.iter().map(|path| (*path).to_owned()).collect();
    all.sort();
    all.dedup_by(|later, earlier| later.starts_with(earlier));
    let points: Vec<PathBuf> = table.lines().filter_map(mount_point).collect();
    let mut below: Vec<PathBuf> = points
        .into_iter()
        .filter(|point| all.iter().any(|folder| point != folder && point.starts_with(folder)))
        .collect();
    below.sort();
    below.dedup();
    all.extend(below);
    all
}

/// The fifth field of a line of the mount table, in which spaces and the like are octal numbers.
fn mount_point(line: &str) -> Option<PathBuf> {
    let text = line.split(' ').nth(4)?;
    let plain = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    Some(plain.iter().fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_as_they_are_written() {
        let line = "36 35 98:0 /mnt1 /mnt/my\\040data rw,noatime master:1 - ext3 /dev/root rw";
        assert_eq!(mount_point(line), Some("/mnt/my data".into()));
        assert_eq!(mount_point("36 35"), None);
        let all = with_mounts_below(&[Path::new("/a/b"), Path::new("/a"), Path::new("/a/c")]);
        assert_eq!(all, [PathBuf::from("/a")]);
        assert!(with_mounts_below(&[Path::new("/")]).contains(&PathBuf::from("/proc")));
    }

    #[test]
    fn later_variables_win() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let view = view_for_tests(ContainerProgram::Podman);
        let env = view.env(&[pair("A", "1"), pair("B", "2"), pair("A", "3")]);
        assert_eq!(env, [pair("B", "2"), pair("A", "3")]);
    }

    pub(super) fn view_for_tests(program: ContainerProgram) -> ContainerView {
        let path = format!("/usr/bin/{}", program.command()).into();
        ContainerView {
            digest: None,
            found: Found { program, path, is_rootless: false, has_init: false, version: String::new() },
            text: "tool:1".into(),
            image: "tool:1".into(),
            shown: vec!["/study".into()],
            limits: Limits::default(),
            network: false,
            user: None,
            passed: Vec::new(),
            begins_in_image: false,
            options: Vec::new(),
            helper: "/usr/bin/minipach".into(),
            around: None,
        }
    }

    pub(super) fn one_for_tests(args: &[String]) -> One<'_> {
        One {
            name: "minipach-1",
            args,
            env: vec![("PFS".into(), "/pfs".into())],
            cwd: Some(Path::new("/study")),
            mounts: vec![
                ("/study".into(), "/study".into(), false),
                ("/study/.git/w/pfs".into(), "/pfs".into(), true),
            ],
            has_input: false,
            is_on_terminal: false,
        }
    }
}
