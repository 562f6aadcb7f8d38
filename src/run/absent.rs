//! What is not here of the content that datums need, in which repository, and what fetches it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::exec::Noted;
use crate::git::write::Fetching;
use crate::git::{Annexes, Keeper, Repo, Scan, annex, write};
use crate::model::{ContentId, Entry, Kind, is_pack};

use super::error::RunError;
use super::planner::Planned;
use super::project::Project;

/// So many contents are looked for in the logs of who has them.
const LOOKED_FOR: usize = 10_000;

/// So many transfers go on at a time.
pub(super) const AT_ONCE: usize = 4;

/// What one repository fetches; dropping it cuts it off.
pub(super) struct Fetch {
    pub(super) fetching: Fetching,
    /// Held until nothing of it can be left.
    pub(super) noted: Noted,
}

impl Fetch {
    /// Waits for its end.
    pub(super) fn finish(self) {
        self.fetching.finish();
        drop(self.noted);
    }
}

/// Annexed content that is not here: the repository that is to have it (empty for the project), and its key.
pub(super) type Absent = (Box<str>, Arc<str>);

/// The files that have the bytes which a datum sees.
pub(super) fn entries(planned: &Planned, datum: usize) -> impl Iterator<Item = &Entry> {
    let plan = &planned.plan;
    let mounts = plan.mounts(&planned.pipeline, datum).into_iter().filter(|mount| !mount.empty);
    mounts.flat_map(move |mount| entries_of(planned, mount.at))
}

/// The annex key of what stands at an entry's path. Results keep the content id that they were published with, also after
/// they were saved into the annex, so of these the scan tells, or what stands there if a run has placed it since.
pub(super) fn standing_key(scan: &Scan, entry: &Entry) -> Option<Arc<str>> {
    match &entry.content {
        ContentId::Annex(key) => Some(Arc::clone(key)),
        ContentId::Git(_) if !scan.has_annex() => None,
        // Looked at again only where it can be otherwise: many thousands are asked for.
        ContentId::Git(_) => match scan.annex_key(&entry.path) {
            Some(key) if scan.unchanged(&entry.path) => Some(key),
            None if scan.contains(&entry.path) => None,
            _ => scan.annex_key_now(&entry.path),
        },
        ContentId::Folder(_) => None,
    }
}

/// How much of an input's content the annex keeps, in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Annexed {
    /// All of them.
    pub files: usize,
    /// Those that are not here.
    pub absent: usize,
}

/// How much of each input of a datum the annex keeps, in the order of its inputs.
pub fn annexed(project: &Project, planned: &Planned, datum: usize) -> Vec<Annexed> {
    let annexes = project.annexes();
    let mut missing = Missing::new(&annexes, &project.scan);
    let mut one = |at: &u32| {
        let kept = entries_of(planned, *at).filter(|entry| standing_key(&project.scan, entry).is_some());
        // Many files of a packed result have theirs in one.
        let kept: BTreeMap<&str, &Entry> = kept.map(|entry| (&*entry.path, entry)).collect();
        kept.into_values().fold(Annexed::default(), |sum, entry| Annexed {
            files: sum.files + 1,
            absent: sum.absent + usize::from(missing.of_entry(entry).is_some()),
        })
    };
    planned.plan.formed.datums[datum].matches.iter().map(&mut one).collect()
}

/// The files that have the bytes of a match.
fn entries_of(planned: &Planned, at: u32) -> impl Iterator<Item = &Entry> {
    let plan = &planned.plan;
    let matched = &plan.formed.matches[at as usize];
    let range = matched.entries.start as usize..matched.entries.end as usize;
    let tree = &plan.trees[usize::from(matched.leaf)];
    let shown = tree.entries()[range].iter().filter(|entry| entry.kind != Kind::Gitlink);
    shown.map(|entry| tree.keeper(entry))
}

/// What is not here of the content that datums see; each question is asked once.
pub(super) struct Missing<'a> {
    annexes: &'a Annexes,
    scan: &'a Scan,
    is_here: BTreeMap<Absent, bool>,
    /// Repositories that lack something.
    pub(super) keepers: BTreeMap<Box<str>, Arc<Keeper>>,
}

impl<'a> Missing<'a> {
    pub(super) fn new(annexes: &'a Annexes, scan: &'a Scan) -> Self {
        Self { annexes, scan, is_here: BTreeMap::new(), keepers: BTreeMap::new() }
    }

    /// What a datum needs and is not here. What only arranges its inputs needs no content that is known by its key.
    pub(super) fn of(&mut self, planned: &Planned, datum: usize) -> BTreeSet<Absent> {
        let has_command = planned.pipeline.transform.is_some();
        let is_needed = |entry: &&Entry| {
            has_command || is_pack(&entry.path) || !matches!(entry.content, ContentId::Annex(_))
        };
        entries(planned, datum).filter(is_needed).filter_map(|entry| self.of_entry(entry)).collect()
    }

    /// What datums need and is not here, as keys, by the path of who is to have it.
    pub(super) fn by_keeper(absent: impl IntoIterator<Item = Absent>) -> BTreeMap<Box<str>, Vec<Arc<str>>> {
        let mut found: BTreeMap<Box<str>, Vec<Arc<str>>> = BTreeMap::new();
        for (keeper, key) in absent {
            found.entry(keeper).or_default().push(key);
        }
        found
    }

    fn of_entry(&mut self, entry: &Entry) -> Option<Absent> {
        self.of_key(&entry.path, &standing_key(self.scan, entry)?)
    }

    /// The content of a file of the project or of a subdataset, if it is not here.
    pub(super) fn of_file(&mut self, project: &Project, path: &str) -> Option<Absent> {
        let key = project.key_of(path)?;
        self.of_key(path, &key)
    }

    fn of_key(&mut self, path: &str, key: &Arc<str>) -> Option<Absent> {
        let keeper = self.annexes.of(path);
        let absent = (keeper.path.clone(), Arc::clone(key));
        let is_here = *self.is_here.entry(absent.clone()).or_insert_with(|| keeper.object(key).is_some());
        (!is_here).then(|| {
            self.keepers.entry(keeper.path.clone()).or_insert(keeper);
            absent
        })
    }
}

/// What would be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ToFetch {
    /// So many contents.
    pub files: usize,
    /// Their bytes, as far as their keys tell.
    pub bytes: u64,
    /// So many of them whose keys do not tell their size.
    #[serde(skip_serializing_if = "is_zero")]
    pub of_unknown_size: usize,
    /// So many of them that no repository is known to have.
    #[serde(skip_serializing_if = "is_zero")]
    pub nowhere: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl ToFetch {
    /// Of keys.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let mut sum = Self::default();
        for size in keys.into_iter().map(annex::size_of) {
            let of_unknown_size = usize::from(size.is_none());
            sum += Self { files: 1, bytes: size.unwrap_or(0), of_unknown_size, nowhere: 0 };
        }
        sum
    }

    /// How large all of it is, in words.
    pub fn size(&self) -> String {
        match self.of_unknown_size {
            0 => format!("{} bytes", self.bytes),
            unknown if unknown == self.files => "of unknown size".into(),
            1 => format!("{} bytes and 1 file of unknown size", self.bytes),
            unknown => format!("{} bytes and {unknown} files of unknown size", self.bytes),
        }
    }
}

impl std::ops::AddAssign for ToFetch {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.of_unknown_size += other.of_unknown_size;
        self.nowhere += other.nowhere;
    }
}

/// Counts what pipelines would fetch one after another, each content for the first that needs it.
pub struct FetchCount<'a> {
    project: &'a Project,
    missing: Missing<'a>,
    counted: BTreeSet<Absent>,
}

impl<'a> FetchCount<'a> {
    /// Nothing counted yet. `annexes` are those of the project.
    pub fn new(project: &'a Project, annexes: &'a Annexes) -> Self {
        Self { project, missing: Missing::new(annexes, &project.scan), counted: BTreeSet::new() }
    }

    /// What must come before these datums of a pipeline can run: inputs, code and image.
    pub fn add(&mut self, planned: &Planned, datums: impl Iterator<Item = usize>) -> ToFetch {
        let (mut found, mut is_any) = (BTreeSet::new(), false);
        for datum in datums {
            found.extend(self.missing.of(planned, datum));
            is_any = true;
        }
        if is_any {
            found.extend(planned.code.used().filter_map(|path| self.missing.of_file(self.project, &path)));
        }
        found.retain(|absent| self.counted.insert(absent.clone()));
        let sum = ToFetch::of(found.iter().map(|(_, key)| &**key));
        ToFetch { nowhere: self.nowhere(found), ..sum }
    }

    /// So many of these that no repository is known to have. Of very many none is looked for: that would take longer than
    /// all else.
    fn nowhere(&mut self, absent: BTreeSet<Absent>) -> usize {
        if self.counted.len() > LOOKED_FOR {
            return 0;
        }
        let by_keeper = Missing::by_keeper(absent).into_iter();
        let nowhere = by_keeper.map(|(keeper, keys)| {
            let known = |repo: &Repo| repo.known_nowhere(keys.iter().map(|key| &**key));
            match &*keeper {
                "" => known(&self.project.repo),
                inside => Repo::open(&self.project.repo.root().join(inside)).map_or(0, |repo| known(&repo)),
            }
        });
        nowhere.sum()
    }
}

/// Fetches keys into one repository and waits for the end; gives why some did not come, by key. `name` is the fetch's own
/// among all that are noted in `work`.
///
/// # Errors
/// When git-annex cannot be started.
pub fn fetch_now(
    keeper: &Keeper,
    keys: Vec<Arc<str>>,
    work: &Path,
    name: &str,
) -> Result<BTreeMap<String, String>, RunError> {
    let noted = Noted::new(work, name)?;
    let failed: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let heard = Arc::clone(&failed);
    let tell = move |key: &str, end: Result<(), String>| {
        if let Err(why) = end {
            heard.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), why);
        }
    };
    write::fetch(&keeper.place, keys, AT_ONCE, noted.variable(), tell)?.finish();
    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_key_tells_is_not_taken_for_nothing() {
        let (sized, unsized_one) = ("SHA256E-s5--ab", "URL--http&c%%example.org%a");
        assert_eq!(ToFetch::of([sized, sized]).size(), "10 bytes");
        assert_eq!(ToFetch::of([unsized_one]).size(), "of unknown size");
        assert_eq!(ToFetch::of([sized, unsized_one]).size(), "5 bytes and 1 file of unknown size");
    }
}
