//! `SandboxView`: what a sandbox shows: the machine, read-only, but for the slot's own folders and private ones.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::Slot;
use super::super::program::{self, Lack};
use crate::model::{PFS, PROC_OF_THE_MACHINE, SANDBOX_DEVICES, SANDBOX_RIGHTS};

/// The temporary folder of a slot, as commands see it: on disk, while `/tmp` itself is in memory.
pub(in super::super) const TMP: &str = "/tmp/minipach";

/// The word by which minipach's program knows that it is to be the first process of a sandbox.
pub(super) const HELPER: &str = "sandbox-helper";

/// What a sandbox shows. One serves all slots of a run.
#[derive(Clone, Debug)]
pub struct SandboxView {
    bwrap: PathBuf,
    helper: PathBuf,
    /// What stands in `/`, and the text of those that are links.
    tops: Vec<(PathBuf, Option<PathBuf>)>,
    devices: Vec<PathBuf>,
    /// Folders that are empty and of the sandbox alone.
    private: Vec<PathBuf>,
    /// Folders in private ones that are shown nevertheless.
    shown: Vec<PathBuf>,
    is_root: bool,
    /// Further options: what charliecloud needs in it.
    further: Vec<OsString>,
    /// Whether the network can be reached.
    network: bool,
}

impl SandboxView {
    /// Looks at the machine. `helper` is minipach's own program. `needed` are shown also where they lie in the
    /// temporary folders of the machine, which are hidden.
    ///
    /// # Errors
    /// A sentence fragment: `bwrap` is not installed, or the machine cannot be looked at.
    pub fn look(helper: &Path, needed: &[&Path]) -> Result<Self, String> {
        let search = std::env::var_os("PATH");
        let bwrap = program::find("bwrap", Path::new("/"), search.as_deref()).map_err(|lack| match lack {
            Lack::Absent(_) => "`bwrap` is not installed (it comes with the package `bubblewrap`)".to_owned(),
            Lack::Unfit(why) => why,
        })?;
        let private: Vec<PathBuf> =
            ["/tmp", "/dev/shm"].map(PathBuf::from).into_iter().chain(var_tmp()).collect();
        let mut shown: Vec<PathBuf> = needed.iter().map(|path| (*path).to_owned()).collect();
        shown.push(helper.to_owned());
        shown.extend(search.iter().flat_map(std::env::split_paths));
        shown.extend(std::env::var_os("HOME").map(PathBuf::from));
        shown.retain(|path| private.iter().any(|folder| path.starts_with(folder) && path != folder));
        shown.retain(|path| path.exists());
        shown.sort();
        shown.dedup_by(|later, earlier| later.starts_with(earlier));
        let unread = |error: std::io::Error| format!("`/` cannot be read: {error}");
        let is_root = rustix::process::geteuid().is_root();
        let (tops, devices) = (tops().map_err(unread)?, devices());
        Ok(Self {
            bwrap,
            helper: helper.to_owned(),
            tops,
            devices,
            private,
            shown,
            is_root,
            further: Vec::new(),
            network: true,
        })
    }

    /// The same machine for a program that makes a container in it, with `further` options.
    #[must_use]
    pub fn around(&self, further: Vec<OsString>, network: bool) -> Self {
        Self { further, network, ..self.clone() }
    }

    /// The `bwrap` that makes it.
    pub fn program(&self) -> &Path {
        &self.bwrap
    }

    /// What runs in it as its first process.
    pub(super) fn helper(&self) -> Vec<OsString> {
        let private = self.private.iter().map(|folder| folder.clone().into_os_string());
        [self.helper.clone().into_os_string(), HELPER.into()].into_iter().chain(private).collect()
    }

    /// What puts a command in front of the terminal, before its words.
    pub(in super::super) fn front(&self) -> [OsString; 3] {
        [self.helper.clone().into_os_string(), HELPER.into(), "--".into()]
    }

    /// The options of `bwrap`, up to the command, which begins in `cwd`. `farm` are the folders that are `/pfs` and
    /// the temporary folder.
    pub fn arguments(&self, farm: Option<(&Path, &Path)>, cwd: &Path) -> Vec<OsString> {
        let mut all = Arguments::default();
        all.words(&["--unshare-pid", "--unshare-ipc", "--die-with-parent"]);
        if self.is_root {
            all.words(&["--cap-drop", "ALL"]);
            // Who makes a container in it gives the administrator in there a number.
            let more = if self.further.is_empty() { &[][..] } else { &["SETFCAP"] };
            for right in SANDBOX_RIGHTS.iter().chain(more) {
                all.words(&["--cap-add", &format!("CAP_{right}")]);
            }
        }
        if !self.network {
            all.words(&["--unshare-net"]);
        }
        for (path, link) in &self.tops {
            match link {
                Some(text) => all.pair("--symlink", text, path),
                None => all.pair("--ro-bind-try", path, path),
            }
        }
        all.words(&["--proc", "/proc", "--dev", "/dev"]);
        for name in PROC_OF_THE_MACHINE.iter().filter(|_| self.is_root) {
            let path = format!("/proc/{name}");
            all.pair("--ro-bind-try", &path, &path);
        }
        self.devices.iter().for_each(|device| all.pair("--dev-bind-try", device, device));
        for folder in &self.private {
            all.words(&["--perms", "1777", "--tmpfs"]);
            all.0.push(folder.into());
        }
        self.shown.iter().for_each(|path| all.pair("--ro-bind", path, path));
        if let Some((pfs, tmp)) = farm {
            all.pair("--bind", tmp, TMP);
            all.pair("--bind", pfs, PFS);
        }
        all.0.extend(self.further.iter().cloned());
        all.words(&["--remount-ro", "/dev", "--remount-ro", "/", "--chdir"]);
        all.0.push(cwd.into());
        all.0
    }

    /// Its call up to the command, for the folders of a slot.
    pub(in super::super) fn call(&self, slot: &Slot) -> Vec<OsString> {
        let farm = (slot.real_pfs(), slot.path.join("tmp"));
        let mut all = vec![self.bwrap.clone().into_os_string()];
        all.extend(self.arguments(Some((&farm.0, &farm.1)), Path::new("/")));
        all.push("--".into());
        all
    }

    /// Whether such a sandbox can be made here.
    ///
    /// # Errors
    /// A sentence fragment with what `bwrap` said.
    pub fn try_out(&self) -> Result<(), String> {
        let mut command = Command::new(&self.bwrap);
        command.args(self.arguments(None, Path::new("/"))).arg("--").arg(&self.helper).arg("--version");
        command.stdin(Stdio::null()).current_dir("/");
        let failed = |said: &str| format!("`bwrap` cannot make a sandbox here: {}", last_line(said));
        match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(failed(&String::from_utf8_lossy(&output.stderr))),
            Err(error) => Err(failed(&error.to_string())),
        }
    }
}

/// The last line that says something.
pub(in super::super) fn last_line(said: &str) -> String {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    crate::model::show_short(line.unwrap_or("it does not say why"), 200)
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn pair(&mut self, option: &str, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) {
        self.0.extend([option.into(), from.as_ref().to_owned(), to.as_ref().to_owned()]);
    }
}

/// What stands in `/`, but for what a sandbox makes itself.
fn tops() -> std::io::Result<Vec<(PathBuf, Option<PathBuf>)>> {
    let mut tops = Vec::new();
    for entry in fs::read_dir("/")? {
        let path = entry?.path();
        if ["/proc", "/dev", "/tmp", PFS].iter().any(|own| path == Path::new(own)) {
            continue;
        }
        let link = fs::read_link(&path).ok();
        tops.push((path, link));
    }
    tops.sort();
    Ok(tops)
}

/// `/var/tmp`, where that is a real folder.
fn var_tmp() -> Option<PathBuf> {
    let is_real = |path: &str| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    (is_real("/var") && is_real("/var/tmp")).then(|| "/var/tmp".into())
}

fn devices() -> Vec<PathBuf> {
    let Ok(all) = fs::read_dir("/dev") else { return Vec::new() };
    let is_wanted = |name: &str| SANDBOX_DEVICES.iter().any(|device| name.starts_with(device));
    let names = all.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_wanted));
    let mut found: Vec<PathBuf> = names.map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> SandboxView {
        SandboxView {
            bwrap: "/usr/bin/bwrap".into(),
            helper: "/usr/bin/minipach".into(),
            tops: vec![("/bin".into(), Some("usr/bin".into())), ("/usr".into(), None)],
            devices: vec!["/dev/dri".into()],
            private: vec!["/tmp".into()],
            shown: vec!["/tmp/study".into()],
            is_root: false,
            further: Vec::new(),
            network: true,
        }
    }

    fn shell(view: &SandboxView) -> String {
        let farm = Some((Path::new("/tmp/study/.git/w/pfs"), Path::new("/tmp/study/.git/w/tmp")));
        view.arguments(farm, Path::new("/"))
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn all_is_read_only_but_the_slots_own() {
        let said = shell(&view());
        assert!(said.contains("--symlink usr/bin /bin --ro-bind-try /usr /usr"), "{said}");
        assert!(said.contains("--tmpfs /tmp --ro-bind /tmp/study /tmp/study --bind"), "{said}");
        assert!(
            said.ends_with("--bind /tmp/study/.git/w/pfs /pfs --remount-ro /dev --remount-ro / --chdir /")
        );
        assert_eq!(said.matches(" --bind ").count(), 2, "{said}");
        assert!(!said.contains("--cap"), "{said}");
    }

    #[test]
    fn the_administrator_keeps_no_right_to_mount() {
        let said = shell(&SandboxView { is_root: true, ..view() });
        assert!(said.contains("--cap-drop ALL --cap-add CAP_CHOWN"), "{said}");
        assert!(said.contains("--proc /proc --dev /dev --ro-bind-try /proc/acpi /proc/acpi"), "{said}");
        assert!(!said.contains("SYS_ADMIN") && !said.contains("DAC_READ_SEARCH"), "{said}");
    }
}
