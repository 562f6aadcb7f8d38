//! `FarmList`: which files a datum sees, where each appears and where its bytes are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exec::{FarmFile, Part, Room, Source};
use crate::git::write::NOBODY_HAS_IT;
use crate::git::{annex, inner_fault};
use crate::model::{ContentId, Entry, Kind, Packed, Stat, literal};

use super::absent::standing_key;
use super::packs::Index;
use super::spoilt::{damaged, gone, of_wrong_size, why_ended};
use super::work::{Shared, Task};

/// The files of one datum, in the order they are laid out.
pub(super) struct FarmList<'a> {
    files: Vec<Shown<'a>>,
}

/// Farms with this many files are kept: a gather's next farm differs from its last one by few.
const KEPT_FROM: usize = 200;

struct Shown<'a> {
    to: String,
    from: PathBuf,
    /// Which part of `from`, if that is a packed result.
    part: Option<Part>,
    /// Whether only its name is shown.
    empty: bool,
    /// What stands there in the project.
    entry: &'a Entry,
    /// How its file stood when this run put it there, if it did: the scan does not know it.
    placed: Option<Placed>,
    /// How its object of the annex stood, where a command could reach that.
    object: Option<Stat>,
}

/// A file that this run put into place.
struct Placed {
    stat: Stat,
    /// For a link, where it leads and how that stands.
    behind: Option<(PathBuf, Stat)>,
}

/// Why a datum has no list.
pub(super) enum NoList {
    /// A sentence: the content of an entry is not here, or never will be.
    Absent(String),
    /// A code file, or a result that this run placed, was touched since; its path.
    Changed(String),
}

impl<'a> FarmList<'a> {
    /// The files of a task's datum.
    ///
    /// # Errors
    /// When the content of an entry is not here, or a result of this run was touched since it was placed.
    pub(super) fn of(task: &'a Task, shared: &Shared) -> Result<Self, NoList> {
        let plan = &task.planned.plan;
        let placed = shared.placed.read().expect("nobody panics with the lock");
        let mut files = Vec::new();
        let mut packs = BTreeMap::new();
        for mount in plan.mounts(&task.planned.pipeline, task.datum) {
            let matched = &plan.formed.matches[mount.at as usize];
            let tree = &plan.trees[usize::from(matched.leaf)];
            let range = matched.entries.start as usize..matched.entries.end as usize;
            for entry in tree.entries()[range].iter().filter(|entry| entry.kind != Kind::Gitlink) {
                let to = mount.place_of(&entry.path);
                let keeper = tree.keeper(entry);
                let from = if mount.empty {
                    shared.root.join(&*keeper.path)
                } else {
                    bytes_of(shared, keeper).map_err(NoList::Absent)?
                };
                let part = match tree.packed_above(&entry.path).filter(|_| !mount.empty) {
                    Some(packed) => Some(part(&mut packs, &from, packed, entry).map_err(NoList::Absent)?),
                    None => None,
                };
                let entry = keeper;
                // The scan knows of files of subdatasets how they stand when it is asked first.
                let is_foreign = shared.annexes.is_inside(&entry.path)
                    && shared.scan.entered_around(&entry.path).is_none();
                if is_foreign && !shared.scan.unchanged(&entry.path) {
                    return Err(NoList::Changed(entry.path.to_string()));
                }
                let placed =
                    placed.get(&*entry.path).map(|stat| Placed::new(*stat, &from, &placed, &shared.root));
                if placed.as_ref().is_some_and(|placed| !placed.stands(shared, &entry.path, &from)) {
                    return Err(NoList::Changed(entry.path.to_string()));
                }
                if let Some(why) = shared.why_spoilt(&from) {
                    return Err(NoList::Absent(why));
                }
                let is_in_reach = matches!(task.room, Room::Host) && !mount.empty;
                let is_object = is_in_reach && from != shared.root.join(&*entry.path);
                let object = if is_object { object(&from) } else { None };
                files.push(Shown { to, from, part, empty: mount.empty, entry, placed, object });
            }
        }
        Ok(Self { files })
    }

    /// The list as the farm takes it.
    pub(super) fn files(&self) -> impl Iterator<Item = FarmFile<'_>> {
        self.files.iter().map(|shown| FarmFile {
            to: shown.to.as_str().into(),
            from: match &shown.part {
                _ if shown.empty => Source::Empty,
                Some(part) => Source::Part { tar: &shown.from, part },
                None => Source::File(&shown.from),
            },
        })
    }

    /// Whether it is worth keeping the farm for the next time: it is large, and all of it can be links.
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.files.len() >= KEPT_FROM && !self.files.iter().any(|shown| shown.empty || shown.part.is_some())
    }

    /// The first entry whose file was touched since the plan was made (or since this run put it there).
    pub(super) fn changed(&self, shared: &Shared) -> Option<&'a Entry> {
        let is_touched = |shown: &&Shown<'_>| match &shown.placed {
            _ if shown.is_object_touched(shared) => true,
            Some(placed) => !placed.stands(shared, &shown.entry.path, &shown.from),
            None => !shared.keeps_content(&shown.entry.path),
        };
        let first = |part: &[Shown<'a>]| part.iter().find(is_touched).map(|shown| shown.entry);
        if self.files.len() < KEPT_FROM {
            return first(&self.files);
        }
        let (left, right) = self.files.split_at(self.files.len() / 2);
        std::thread::scope(|scope| {
            let right = scope.spawn(|| first(right));
            first(left).or_else(|| right.join().expect("looking at files does not panic"))
        })
    }

    /// The first entry that is gone, as a sentence that says what brings it back.
    pub(super) fn gone(&self, shared: &Shared) -> Option<String> {
        let mut files = self.files.iter();
        let shown = files.find(|shown| shared.scan.stat_now(&shown.entry.path).is_none())?;
        Some(gone(shared, &shown.entry.path, shown.placed.is_some()))
    }

    /// The first entry whose content in the annex is damaged since the plan was made, in such a sentence. The run starts
    /// nothing more.
    pub(super) fn damaged(&self, shared: &Shared) -> Option<String> {
        let shown = self.files.iter().find(|shown| shown.is_object_damaged(shared))?;
        let why = damaged(shared, &shown.entry.path);
        shared.note_spoilt(&shown.from, (why.clone(), why_ended(shared, &shown.entry.path)));
        Some(why)
    }

    /// What each file is, by the real path of its bytes; without content where git may store others.
    pub(super) fn by_path(&self, shared: &Shared) -> BTreeMap<PathBuf, (Option<ContentId>, Kind)> {
        let is_told = !shared.scan.may_convert();
        let (mut found, mut annexes) = (BTreeMap::new(), BTreeMap::new());
        for shown in self.files.iter().filter(|shown| shown.part.is_none()) {
            let known = (is_told.then(|| shown.entry.content.clone()), shown.entry.kind);
            found.insert(in_real_annex(&shown.from, &mut annexes), known);
        }
        found
    }

    /// The file behind one that is shown empty, by its path below `/pfs`.
    pub(super) fn behind_empty(&self, below: &str) -> Option<PathBuf> {
        self.files.iter().find(|shown| shown.empty && shown.to == below).map(|shown| shown.from.clone())
    }
}

/// The real path of bytes that may lie in an annex: in a worktree of git's, git-annex makes a link of `.git` and of what leads
/// to its objects.
fn in_real_annex(path: &Path, annexes: &mut BTreeMap<PathBuf, PathBuf>) -> PathBuf {
    const OBJECTS: &str = "/annex/objects/";
    let Some((annex, below)) = path.to_str().and_then(|path| path.split_once(OBJECTS)) else {
        return path.to_owned();
    };
    let objects = PathBuf::from([annex, OBJECTS].concat());
    let real = |objects: &PathBuf| objects.canonicalize().unwrap_or_else(|_| objects.clone());
    annexes.entry(objects).or_insert_with_key(real).join(below)
}

impl Shown<'_> {
    /// Whether its object of the annex is not as it was. Of one that git-annex only set other rights of, or linked
    /// elsewhere, the bytes tell.
    fn is_object_touched(&self, shared: &Shared) -> bool {
        let Some(before) = self.object else { return false };
        match object(&self.from) {
            Some(now) if before == now => false,
            Some(now) if (before.size_bytes, before.mtime) == (now.size_bytes, now.mtime) => {
                shared.has_its_bytes(&self.from, now) != Some(true)
            }
            _ => true,
        }
    }

    /// Whether its object of the annex was touched, and is gone or has other bytes than its key tells now.
    fn is_object_damaged(&self, shared: &Shared) -> bool {
        let Some(before) = self.object else { return false };
        match object(&self.from) {
            Some(now) => now != before && shared.has_its_bytes(&self.from, now) == Some(false),
            None => true,
        }
    }
}

impl Placed {
    /// A file that stood so when it was placed, among `all` that were; `full` is where its bytes are.
    fn new(stat: Stat, full: &Path, all: &BTreeMap<String, Stat>, root: &Path) -> Self {
        let is_link = stat.file_type() == rustix::fs::FileType::Symlink;
        let mut behind = if is_link { behind(full) } else { None };
        if let Some((target, now)) = &mut behind {
            let path = target.strip_prefix(root).ok().and_then(Path::to_str);
            *now = path.and_then(|path| all.get(path)).copied().unwrap_or(*now);
        }
        Self { stat, behind }
    }

    /// Whether it still stands so, and what it leads to, too.
    fn stands(&self, shared: &Shared, path: &str, full: &Path) -> bool {
        shared.scan.stat_now(path) == Some(self.stat)
            && (self.behind.is_none() || self.behind == behind(full))
    }
}

/// How an object of the annex stands.
fn object(path: &Path) -> Option<Stat> {
    Some(Stat::new(&rustix::fs::stat(path).ok()?))
}

/// Where a link leads, and how that stands.
fn behind(full: &Path) -> Option<(PathBuf, Stat)> {
    let target = full.canonicalize().ok()?;
    let stat = rustix::fs::lstat(&target).ok()?;
    Some((target, Stat::new(&stat)))
}

/// Where an entry stands in the pack that has its bytes, at `tar`; each pack is read once.
pub(super) fn part(
    packs: &mut BTreeMap<PathBuf, Index>,
    tar: &Path,
    packed: &Packed,
    entry: &Entry,
) -> Result<Part, String> {
    let index = match packs.entry(tar.to_owned()) {
        std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
        std::collections::btree_map::Entry::Vacant(new) => {
            let read = Index::read(tar);
            new.insert(read.map_err(|error| format!("`{}` cannot be unpacked: {error}", packed.file.path))?)
        }
    };
    let found = index.part(&entry.path[packed.folder.len()..]).cloned();
    found.ok_or_else(|| format!("`{}` does not hold `{}` any more", packed.file.path, entry.path))
}

/// What brings back a result that nobody has any more.
fn made_again(shared: &Shared, path: &str, why: &str) -> Option<String> {
    let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    let pipeline = folders.find(|folder| shared.scan.contains(&format!("{folder}/spec.yml")))?;
    let is_lost = why.contains(NOBODY_HAS_IT);
    is_lost.then(|| format!("; `minipach run {} --force` makes it again", literal(pipeline)))
}

/// That an entry is a link which stands for no file, in a sentence.
fn why_no_file(shared: &Shared, entry: &Entry) -> Option<String> {
    if let Some(why) = shared.bad_links.get(&*entry.path) {
        return Some(why.clone());
    }
    let is_read_inside = entry.kind == Kind::Link
        && shared.annexes.is_inside(&entry.path)
        && shared.scan.entered_around(&entry.path).is_none();
    is_read_inside.then(|| {
        let keeper = shared.annexes.of(&entry.path);
        let below = entry.path.strip_prefix(&*keeper.path).unwrap_or(&entry.path).trim_start_matches('/');
        inner_fault(&shared.root.join(&*keeper.path), below).sentence(&entry.path)
    })
}

/// That a pointer of Git LFS stands at a path, in a sentence, if it does.
pub(super) fn why_pointer(shared: &Shared, path: &str) -> Option<String> {
    let keeper = shared.annexes.of(path);
    keeper.is_pointer(&shared.root.join(path)).then(|| {
        let pull = keeper.pull();
        format!(
            "the content of `{path}` is not here: a pointer of Git LFS stands in its place; {pull} fetches it"
        )
    })
}

/// Where the bytes of an entry are; a sentence when they are not here, or it is a link that stands for no file.
pub(super) fn bytes_of(shared: &Shared, entry: &Entry) -> Result<PathBuf, String> {
    if let Some(why) = why_no_file(shared, entry) {
        return Err(why);
    }
    let path = shared.root.join(&*entry.path);
    let keeper = shared.annexes.of(&entry.path);
    let Some(key) = &standing_key(&shared.scan, entry) else {
        return why_pointer(shared, &entry.path).map_or(Ok(path), Err);
    };
    if let Some(object) = keeper.object(key) {
        return match annex::wrong_size(&object, key) {
            Some(sizes) => Err(of_wrong_size(shared, &entry.path, &object, sizes)),
            None => Ok(object),
        };
    }
    let unfetched = shared.unfetched.read().expect("nobody panics with the lock");
    Err(match unfetched.get(&(keeper.path.clone(), Arc::clone(key))) {
        Some(why) => {
            let again = made_again(shared, &entry.path, why).unwrap_or_default();
            format!("the content of `{}` is not here: {why}{again}", entry.path)
        }
        None => {
            format!("the content of `{}` is not here; {} fetches it", entry.path, keeper.get(&entry.path))
        }
    })
}
