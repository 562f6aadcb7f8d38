//! Podman for one test: a store of its own, and images made on the spot from what the machine has, without a network.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::people::{AS_NOBODY, Person};
use crate::support::peer;

/// What podman needs on machines that give it less than it asks for: few open files, old control groups.
const MODEST: &str = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\
                      [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n";

/// A store of images and containers, gone with it.
pub(crate) struct Podman {
    home: tempfile::TempDir,
    person: Person,
}

impl Podman {
    /// One for a person, with the image `tool:1`: a shell and its kin. `None` where podman cannot be had.
    pub(crate) fn new(person: Person) -> Option<Self> {
        let (Some(_), Some(busybox)) = (peer("podman"), peer("busybox")) else { return None };
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        for part in ["store", "run", "image/bin", "image/etc", "image/tmp", "image/root"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let image = folder.join("image");
        fill(&image.join("bin"), &busybox);
        fs::write(image.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        fs::set_permissions(image.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/store\"\nrootless_storage_path = \"{0}/store\"\nrunroot = \"{0}/run\"\n\
             [storage.options.vfs]\nignore_chown_errors = \"true\"\n",
            folder.display()
        );
        fs::write(folder.join("storage.conf"), storage).unwrap();
        fs::write(folder.join("containers.conf"), if is_modest() { MODEST } else { "" }).unwrap();
        person.owns_folder(folder);
        let podman = Self { home, person };
        podman.import(&image, "localhost/tool:1");
        Some(podman)
    }

    /// What a program needs to find this store.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.home.path().join(name).display().to_string();
        vec![
            ("CONTAINERS_CONF".into(), path("containers.conf")),
            ("CONTAINERS_STORAGE_CONF".into(), path("storage.conf")),
            ("XDG_RUNTIME_DIR".into(), path("run")),
            ("HOME".into(), self.home.path().display().to_string()),
        ]
    }

    /// Makes an image of a folder.
    pub(crate) fn import(&self, folder: &Path, name: &str) {
        let archive = self.home.path().join("image.tar");
        let packed =
            Command::new("tar").arg("-C").arg(folder).arg("-cf").arg(&archive).arg(".").status().unwrap();
        assert!(packed.success());
        fs::set_permissions(&archive, fs::Permissions::from_mode(0o644)).unwrap();
        self.run(&["import", archive.to_str().unwrap(), name]);
    }

    /// What podman prints; it has to succeed.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "podman {args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = as_person(self.person, "podman");
        command.args(args).envs(self.env()).current_dir("/");
        command
    }

    /// All containers that there are, whether they run or not.
    pub(crate) fn containers(&self) -> String {
        self.run(&["ps", "--all", "--format", "{{.Names}} {{.State}}"])
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        drop(self.command(&["rm", "--all", "--force", "--time", "0"]).output());
        let table = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let points = table.lines().filter_map(|line| line.split(' ').nth(1));
        for point in points.filter(|point| Path::new(point).starts_with(self.home.path())) {
            drop(Command::new("umount").args(["-l", point]).output());
        }
    }
}

/// Fills a folder with a shell and its kin.
pub(crate) fn fill(folder: &Path, busybox: &Path) {
    fs::copy(busybox, folder.join("busybox")).unwrap();
    let listed = Command::new(busybox).arg("--list").output().unwrap();
    for name in String::from_utf8(listed.stdout).unwrap().lines().filter(|name| *name != "busybox") {
        symlink("busybox", folder.join(name)).unwrap();
    }
}

fn as_person(person: Person, program: &str) -> Command {
    if person == Person::Self_ {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(AS_NOBODY).arg(program);
    command
}

/// Whether containers start here only with modest settings.
fn is_modest() -> bool {
    static MODEST_HERE: OnceLock<bool> = OnceLock::new();
    *MODEST_HERE.get_or_init(|| {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let open = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
        let hard: u64 = open.split_whitespace().nth(4).and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
        let is_old = !Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        is_old || hard < 1 << 20
    })
}
