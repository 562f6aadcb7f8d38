//! Which folders are watched, which files in them matter, and when watching is no use.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// What is watched.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Ground {
    /// The root of the work tree.
    pub(in crate::tui) root: PathBuf,
    /// git's own folders: of this work tree, and what all work trees share.
    pub(in crate::tui) git: Vec<PathBuf>,
    /// The same of subdatasets, as found last.
    pub(in crate::tui) inner: Vec<PathBuf>,
    /// The configuration of the terminal UI.
    pub(in crate::tui) config: Option<PathBuf>,
}

/// Files in git's folders that tell of another branch, commit or index.
const TELLING: [&str; 7] =
    ["HEAD", "index", "packed-refs", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge"];

impl Ground {
    /// All folders to watch, and git's folders of the subdatasets among them.
    pub(super) fn folders(&mut self) -> Vec<PathBuf> {
        let mut found = below(&self.root, &self.root);
        self.inner =
            found.iter().filter(|folder| **folder != self.root).filter_map(|at| git_of(at)).collect();
        self.inner.retain(|git| !self.git.contains(git));
        self.inner.sort();
        self.inner.dedup();
        for git in self.git.iter().chain(&self.inner) {
            found.push(git.clone());
            found.extend(plain_folders(&git.join("refs").join("heads")));
        }
        found.extend(self.config.as_deref().and_then(nearest_folder));
        found
    }

    /// Whether the project is there, and all that git keeps of it.
    pub(super) fn is_there(&self) -> bool {
        self.root.is_dir() && self.git.iter().all(|folder| folder.is_dir())
    }

    /// Which folders stand where the project and git's folders are, by device and number: others are other ones, though
    /// nobody was told that a folder above them moved, or that something was mounted over them.
    pub(super) fn marks(&self) -> Vec<Option<(u64, u64)>> {
        let mark = |folder: &Path| folder.metadata().ok().map(|about| (about.dev(), about.ino()));
        std::iter::once(&self.root).chain(self.all_git()).map(|folder| mark(folder)).collect()
    }

    /// Whether it is one of git's folders.
    pub(super) fn is_git(&self, path: &Path) -> bool {
        self.all_git().any(|git| git == path)
    }

    fn all_git(&self) -> impl Iterator<Item = &PathBuf> {
        self.git.iter().chain(&self.inner)
    }

    /// Folders to watch at and below a folder that is new.
    pub(super) fn new_folders(&self, folder: &Path) -> Vec<PathBuf> {
        if self.all_git().any(|git| folder.starts_with(git)) {
            return plain_folders(folder);
        }
        if !folder.starts_with(&self.root) {
            return self.to_config(folder);
        }
        folder.parent().map(|parent| below(parent, folder)).unwrap_or_default()
    }

    /// A folder above the configuration, and those below it on the way there: they may have come at once.
    fn to_config(&self, folder: &Path) -> Vec<PathBuf> {
        let above = self.config.iter().flat_map(|config| config.ancestors().skip(1));
        above
            .take_while(|path| path.starts_with(folder))
            .filter(|path| path.is_dir())
            .map(Path::to_owned)
            .collect()
    }

    /// Whether a change of a path may change what is shown.
    pub(super) fn matters(&self, path: &Path) -> bool {
        let own = self.all_git().filter_map(|git| path.strip_prefix(git).ok());
        // The innermost of git's folders decides: those of subdatasets may lie in that of the project.
        if let Some(rest) = own.min_by_key(|rest| rest.components().count()) {
            // Git's folder itself tells something when it goes.
            let is_gone = rest.as_os_str().is_empty() && !path.exists();
            return is_gone || is_telling(rest);
        }
        let inside = path.strip_prefix(&self.root);
        inside.is_ok_and(|rest| rest.components().all(|part| part.as_os_str() != ".git"))
    }

    /// Whether a run may have made a change: it lies below a pipeline's folder, or it is a commit.
    pub(super) fn is_runs(&self, path: &Path) -> bool {
        if self.all_git().any(|git| path.starts_with(git)) {
            return true;
        }
        let is_spec = path.file_name().is_some_and(|name| name == "spec.yml");
        let above = path.ancestors().skip(1).take_while(|above| *above != self.root);
        !is_spec && above.into_iter().any(|folder| folder.join("spec.yml").exists())
    }
}

fn is_telling(rest: &Path) -> bool {
    let is_lock = rest.extension().is_some_and(|extension| extension == "lock");
    let is_branch =
        rest.starts_with("refs/heads") && rest.file_name().is_some_and(|name| name != "git-annex");
    !is_lock && (is_branch || TELLING.iter().any(|name| rest == Path::new(name)))
}

/// Folders at and below `only`, seen from a folder above it, without what git ignores and without git's own.
fn below(from: &Path, only: &Path) -> Vec<PathBuf> {
    let wanted = only.to_owned();
    let mut walk = WalkBuilder::new(from);
    walk.hidden(false).ignore(false).follow_links(false);
    walk.filter_entry(move |entry| {
        entry.file_name() != ".git" && (entry.depth() == 0 || entry.path().starts_with(&wanted))
    });
    let folders = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_dir()));
    folders.map(ignore::DirEntry::into_path).filter(|path| path.starts_with(only)).collect()
}

/// A folder and all below it.
fn plain_folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        let inner = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        open.extend(inner.map(|entry| entry.path()));
        found.push(next);
    }
    found
}

/// git's folder of a repository in the tree, if a folder is one.
fn git_of(folder: &Path) -> Option<PathBuf> {
    let dot = folder.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    let text = fs::read_to_string(&dot).ok()?;
    folder.join(text.trim().strip_prefix("gitdir:")?.trim()).canonicalize().ok()
}

/// The folder of a file, or the nearest one above it that is there.
fn nearest_folder(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).take(3).find(|folder| folder.is_dir()).map(Path::to_owned)
}

/// Why so many folders below a root cannot be watched; `None` if they can.
pub(super) fn obstacle(root: &Path, folders: usize) -> Option<String> {
    if let Some(kind) = network(root) {
        return Some(format!("{kind} does not tell of changes made elsewhere"));
    }
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok();
    over(folders, limit?.trim().parse().ok()?)
}

fn over(folders: usize, limit: usize) -> Option<String> {
    (folders > limit).then(|| format!("{folders} folders, and the system allows {limit} watches"))
}

/// What a file system over the network is called.
#[cfg(target_os = "linux")]
fn network(root: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(root).ok()?.f_type;
    named(u64::try_from(kind).unwrap_or_default() & 0xFFFF_FFFF)
}

#[cfg(not(target_os = "linux"))]
fn network(_root: &Path) -> Option<&'static str> {
    None
}

#[cfg(target_os = "linux")]
fn named(kind: u64) -> Option<&'static str> {
    const KINDS: [(u64, &str); 12] = [
        (0x6969, "NFS"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB"),
        (0x517B, "SMB"),
        (0x6573_5546, "a FUSE file system"),
        (0x0102_1997, "9p"),
        (0x0BD0_0BD0, "Lustre"),
        (0x4750_4653, "GPFS"),
        (0x1983_0326, "BeeGFS"),
        (0x00C3_6400, "Ceph"),
        (0x5346_414F, "AFS"),
        (0x7375_7245, "Coda"),
    ];
    KINDS.iter().find(|(magic, _)| *magic == kind).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> (tempfile::TempDir, Ground) {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().join("study");
        for folder in
            ["raw/t1", "fs/sub-1", "skip/deep", ".git/refs/heads/x", ".git/annex/objects", "sub/.git"]
        {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        fs::write(root.join(".gitignore"), "skip\n").expect("a file");
        fs::write(root.join("fs/spec.yml"), "").expect("a file");
        let git = vec![root.join(".git")];
        let ground = Ground { root, git, ..Ground::default() };
        (home, ground)
    }

    fn names(root: &Path, folders: &[PathBuf]) -> Vec<String> {
        let mut names: Vec<String> = folders
            .iter()
            .map(|folder| folder.strip_prefix(root).map_or("?".into(), |rest| rest.display().to_string()))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn ignored_folders_and_what_git_keeps_to_itself_are_not_watched() {
        let (_home, mut ground) = ground();
        let folders = ground.folders();
        let expected = [
            "",
            ".git",
            ".git/refs/heads",
            ".git/refs/heads/x",
            "fs",
            "fs/sub-1",
            "raw",
            "raw/t1",
            "sub",
            "sub/.git",
        ];
        assert_eq!(names(&ground.root, &folders), expected);
        let new = ground.root.join("raw/new");
        fs::create_dir_all(new.join("deep/skip")).expect("a folder");
        assert_eq!(names(&ground.root, &ground.new_folders(&new)), ["raw/new", "raw/new/deep"]);
        assert!(ground.new_folders(&ground.root.join("skip")).is_empty());
    }

    #[test]
    fn folders_on_the_way_to_the_configuration_may_come_at_once() {
        let (home, mut ground) = ground();
        let above = home.path().join("config");
        let config = above.join("minipach/tui.toml");
        assert_eq!(nearest_folder(&config).as_deref(), Some(home.path()), "it tells of the first of them");
        ground.config = Some(config);
        fs::create_dir_all(above.join("minipach")).expect("folders");
        let mut found = ground.new_folders(&above);
        found.sort();
        assert_eq!(found, [above.clone(), above.join("minipach")]);
    }

    #[test]
    fn commits_branches_and_files_matter_and_locks_and_objects_do_not() {
        let (_home, mut ground) = ground();
        ground.folders();
        let at = |path: &str| ground.root.join(path);
        for path in
            ["raw/t1/a", ".git/HEAD", ".git/index", ".git/refs/heads/main", "sub/.git/HEAD", ".gitignore"]
        {
            assert!(ground.matters(&at(path)), "{path}");
        }
        for path in [
            ".git/index.lock",
            ".git/annex/objects/x",
            ".git/refs/heads/git-annex",
            ".git/COMMIT_EDITMSG",
            ".git/minipach/lock",
            "sub/.git/config",
            "raw/.git/HEAD",
        ] {
            assert!(!ground.matters(&at(path)), "{path}");
        }
        assert!(!ground.matters(Path::new("/elsewhere/x")));
        // A repository that is removed, while its files stay.
        assert!(!ground.matters(&at(".git")));
        fs::rename(at(".git"), at("away")).expect("a folder");
        assert!(ground.matters(&at(".git")));
    }

    #[test]
    fn results_and_commits_may_be_a_runs_and_data_and_specs_are_not() {
        let (_home, ground) = ground();
        let is_runs = |path: &str| ground.is_runs(&ground.root.join(path));
        assert_eq!(
            ["fs/sub-1/x", ".git/HEAD", "raw/t1/x", "fs/spec.yml", "x"].map(is_runs),
            [true, true, false, false, false]
        );
    }

    #[test]
    fn too_many_folders_and_network_disks_are_polled() {
        assert_eq!(over(10, 10), None);
        assert_eq!(over(11, 10), Some("11 folders, and the system allows 10 watches".into()));
        #[cfg(target_os = "linux")]
        assert_eq!((named(0x6969), named(0xEF53)), (Some("NFS"), None));
        let here = tempfile::tempdir().expect("a folder");
        assert_eq!(obstacle(here.path(), usize::MAX).map(|why| why.is_empty()), Some(false));
    }
}
