//! Twins: inputs and code that hold the same bytes as before in another form, since somebody put them into the annex
//! or took them out of it.
//!
//! A raw file is named by its git blob until it is saved into the annex, and by its key from then on. Its bytes are
//! compared once, where they are here; then the ledger's lines are told again in the new names, so nothing runs. What
//! left the annex left no object there: then the file that stands is compared with the hash in the key.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::git::{annex, blob_id_of_file, has_bytes_of};
use crate::ledger::{PipelineLedger, shard_folder, single_path};
use crate::model::{
    ContentId, DatumId, DatumState, Entry, FolderHasher, Kind, KnownInput, KnownResult, Oid, PipelineName,
};
use crate::plan::{datum_id, known_inputs, work_id};

use super::planner::Planned;
use super::project::Project;

/// What reading an annex object gave: its bytes as a blob, and as which kind of file they count.
type Read = Option<(ContentId, Kind)>;

/// Objects that were read; a key always names the same bytes.
static READ: Mutex<BTreeMap<Arc<str>, Read>> = Mutex::new(BTreeMap::new());

/// Compares contents by their bytes.
struct Bytes<'a> {
    project: &'a Project,
    pipeline: &'a PipelineName,
    /// Where the inputs of its results stand as they were used; looked for once.
    used_in: OnceCell<Option<Oid>>,
}

impl Project {
    /// Tells lines of a pipeline's ledger again whose inputs or code went to the annex since, with all the same
    /// bytes, where their datums are not done by a plan; whether there were any, so that another plan is due.
    pub(super) fn settle_twins(&self, planned: &Planned) -> bool {
        let is_done = planned.plan.datums.iter().all(|datum| datum.state == DatumState::Done);
        if is_done || !self.repo.has_annex() {
            return false;
        }
        let name = &planned.pipeline.name;
        let told = Bytes { project: self, pipeline: name, used_in: OnceCell::new() }.of_plan(planned);
        if told.is_empty() {
            return false;
        }
        let old = self.ledger(name);
        let line = |line: &KnownResult| told.get(&(&*line.key, line.id)).unwrap_or(line).clone();
        let mut works = old.works().clone();
        works.insert(planned.plan.work, planned.fields.clone());
        self.retold.tell(name, PipelineLedger::new(old.lines().iter().map(line).collect(), works))
    }
}

/// Lines that are told again, by the key and id that they had.
type Lines<'a> = BTreeMap<(&'a str, DatumId), KnownResult>;

impl Bytes<'_> {
    fn of_plan<'a>(&self, planned: &'a Planned) -> Lines<'a> {
        let ledger = self.project.ledger(&planned.pipeline.name);
        let mut contents = planned.plan.contents.clone();
        let datums = planned.plan.datums.iter().enumerate();
        let undone = datums.filter(|(_, datum)| datum.state != DatumState::Done);
        let told = undone.filter_map(|(number, datum)| {
            let now = known_inputs(&planned.plan, &planned.pipeline, number);
            let mut lines = ledger.lines_for(&datum.key).iter().filter(|line| line.id != datum.id);
            let twin = lines.find(|line| {
                self.are_all(&line.inputs, &now)
                    && self.is_same_work(ledger, line, planned)
                    && is_id(planned, number, line, &mut contents)
            })?;
            let (id, work) = (datum.id, planned.plan.work);
            Some(((&*datum.key, twin.id), KnownResult { id, work, inputs: now, ..twin.clone() }))
        });
        told.collect()
    }

    /// Whether a line tells of the work that is planned, but for code that has another name now.
    fn is_same_work(&self, ledger: &PipelineLedger, line: &KnownResult, planned: &Planned) -> bool {
        let Some(fields) = ledger.works().get(&line.work) else { return line.work == planned.plan.work };
        let mut code = planned.code.clone();
        for (path, old) in code_of(fields) {
            if let Some(now) = code.files.get_mut(&path).filter(|now| self.are_same(&path, &old, now)) {
                *now = old;
            }
        }
        let was = fields.get("image").and_then(|image| image.as_str()?.parse::<ContentId>().ok());
        if let (Some(was), Some(Ok(image))) = (was, &mut code.image) {
            let path = image.path().unwrap_or_default().to_owned();
            if image.content.as_ref().is_some_and(|now| self.are_same(&path, &was, now)) {
                image.content = Some(was);
            }
        }
        work_id(&planned.pipeline, &code) == line.work
    }

    fn are_all(&self, old: &[KnownInput], new: &[KnownInput]) -> bool {
        let is_same = |(old, new): (&KnownInput, &KnownInput)| {
            let place = old.name == new.name && old.path == new.path;
            place
                && match (&old.content, &new.content) {
                    (Some(was), Some(is)) => self.are_same(&new.path, was, is),
                    (was, is) => was == is,
                }
        };
        old.len() == new.len() && old.iter().zip(new).all(is_same)
    }

    /// Whether two contents of a path, of which `new` stands, have the same bytes.
    fn are_same(&self, path: &str, old: &ContentId, new: &ContentId) -> bool {
        let blob = |content: &ContentId| match content {
            ContentId::Annex(key) => self.read(key).map(|(blob, _)| blob),
            other => Some(other.clone()),
        };
        match (old, new) {
            (old, new) if old == new => true,
            (ContentId::Folder(_), ContentId::Folder(_)) => {
                self.stands(path, new) && self.was_folder(path, old)
            }
            (ContentId::Annex(one), ContentId::Annex(other)) if backend(one) == backend(other) => false,
            (ContentId::Annex(key), ContentId::Git(_)) => {
                let bytes = blob(old);
                bytes.as_ref() == Some(new) || bytes.is_none() && self.stands_as(path, key)
            }
            (ContentId::Annex(_), _) | (_, ContentId::Annex(_)) => {
                blob(old).is_some_and(|bytes| blob(new) == Some(bytes))
            }
            _ => false,
        }
    }

    /// Whether a folder stands in the project's tree with the id `new`. What a run made since the tree was looked at does not,
    /// and nothing can be told of it by what stood there before.
    fn stands(&self, path: &str, new: &ContentId) -> bool {
        let tree = self.project.tree.below(path);
        tree.folder_id(0..tree.len(), tree.prefix().len()) == *new
    }

    /// Whether a folder that stands had the id `old` while some of its files were not in the annex, or were.
    fn was_folder(&self, path: &str, old: &ContentId) -> bool {
        self.folder_as_blobs(path, &BTreeMap::new()).as_ref() == Some(old)
            || self.is_partly_saved(path, old)
            || self.is_folder_as_used(path, old)
    }

    /// Whether a folder had the id `old` before those of its files went to the annex that are others than in the commit
    /// that last told of results: a file that was changed was used as it stood, beside others that were in the annex.
    fn is_partly_saved(&self, path: &str, old: &ContentId) -> bool {
        let then = self.used_in().and_then(|commit| self.project.repo.tree_files(commit, path).ok());
        let kept = then.unwrap_or_default().into_iter().map(|entry| (entry.path.to_string(), entry.content));
        self.folder_as_blobs(path, &kept.collect()).as_ref() == Some(old)
    }

    /// The id that a folder would have if none of its files were in the annex but those that are as `kept` has them;
    /// nothing if none is.
    fn folder_as_blobs(&self, path: &str, kept: &BTreeMap<String, ContentId>) -> Option<ContentId> {
        let tree = self.project.tree.below(path);
        let is_annexed = |entry: &Entry| matches!(entry.content, ContentId::Annex(_));
        if !tree.entries().iter().any(is_annexed) {
            return None;
        }
        let mut hasher = FolderHasher::new();
        for entry in tree.entries() {
            let (content, kind) = match &entry.content {
                ContentId::Annex(key) if kept.get(&*entry.path) != Some(&entry.content) => self.read(key)?,
                content => (content.clone(), entry.kind),
            };
            hasher.add(&entry.path[tree.prefix().len()..], kind, &content);
        }
        Some(hasher.finish())
    }

    /// Whether the files of a folder have the bytes of those that were used: these are the files which stood there in the
    /// commit that last told of results, if they have the id `old`.
    fn is_folder_as_used(&self, path: &str, old: &ContentId) -> bool {
        let then = self.used_in().and_then(|commit| self.project.repo.tree_files(commit, path).ok());
        let (then, now) = (then.unwrap_or_default(), self.project.tree.below(path));
        let inside = |entry: &Entry| entry.path[now.prefix().len()..].to_owned();
        let mut hasher = FolderHasher::new();
        for entry in &then {
            hasher.add(&inside(entry), entry.kind, &entry.content);
        }
        let is_same = |(then, now): (&Entry, &Entry)| {
            then.path == now.path
                && self.are_same(&now.path, &then.content, &now.content)
                && self.is_same_kind(then, now)
        };
        then.len() == now.entries().len()
            && hasher.finish() == *old
            && then.iter().zip(now.entries()).all(is_same)
    }

    /// Whether two files of the same bytes are of one kind; that of one in the annex is its object's where the other is
    /// not there.
    fn is_same_kind(&self, one: &Entry, other: &Entry) -> bool {
        let of_object = |key| self.read(key).map(|(_, kind)| kind);
        match (&one.content, &other.content) {
            (ContentId::Annex(_), ContentId::Annex(_)) => one.kind == other.kind,
            // Where the object is gone, what was in the annex was never executable.
            (ContentId::Annex(key), _) => of_object(key).unwrap_or(Kind::File) == other.kind,
            (_, ContentId::Annex(key)) => of_object(key) == Some(one.kind),
            _ => one.kind == other.kind,
        }
    }

    /// Whether the file at a path has the bytes that a key names; each is read once.
    fn stands_as(&self, path: &str, key: &str) -> bool {
        let (named, place) = (&self.project.retold.named, (path.to_owned(), key.to_owned()));
        let known = named.borrow().get(&place).copied();
        known.unwrap_or_else(|| {
            let found = self.is_named(path, key);
            named.borrow_mut().insert(place, found);
            found
        })
    }

    /// Whether the file at a path, as it was looked at, has the bytes that a key names.
    fn is_named(&self, path: &str, key: &str) -> bool {
        let Some(stat) = self.project.scan.stat(path).filter(|_| self.project.scan.unchanged(path)) else {
            return false;
        };
        let left = &self.project.retold.left;
        let Some(rest) = left.get().checked_sub(stat.size_bytes) else { return false };
        left.set(rest);
        has_bytes_of(key, &self.project.repo.root().join(path)) == Some(true)
    }

    /// The commit that HEAD has a pipeline's ledger from: there stands what its results were made of.
    fn used_in(&self) -> Option<Oid> {
        *self.used_in.get_or_init(|| {
            let (single, shards) = (single_path(self.pipeline), shard_folder(self.pipeline));
            let origins = self.project.repo.origins(self.project.head?, &[&single, &shards]).ok()?;
            origins.into_values().next().map(|origin| origin.commit)
        })
    }

    /// The bytes behind a key as a blob; nothing where they are not here, too many, or may have been changed in
    /// place (`annex.thin` lets an unlocked file be the object itself).
    fn read(&self, key: &Arc<str>) -> Read {
        if let Some(known) = lock(&READ).get(key) {
            return known.clone();
        }
        let object = annex::object_path(self.project.repo.annex_dir(), key);
        let meta = object.metadata().ok()?;
        if !meta.permissions().readonly() || annex::size_of(key).is_some_and(|size| size != meta.len()) {
            return None;
        }
        let left = &self.project.retold.left;
        left.set(left.get().checked_sub(meta.len())?);
        let kind = if meta.permissions().mode() & 0o100 == 0 { Kind::File } else { Kind::Exec };
        let found = blob_of(&object).map(|blob| (blob, kind));
        lock(&READ).insert(Arc::clone(key), found.clone());
        found
    }
}

/// Whether a datum's work would have a line's id if its inputs had the names that the line tells: all else that
/// an id names is as it was too. `contents` are those of the plan, and are so again afterwards.
fn is_id(planned: &Planned, number: usize, line: &KnownResult, contents: &mut [Option<ContentId>]) -> bool {
    let plan = &planned.plan;
    let datum = &plan.formed.datums[number];
    for (&at, input) in datum.matches.iter().zip(&line.inputs) {
        contents[at as usize].clone_from(&input.content);
    }
    let leaves = plan.leaves(&planned.pipeline);
    let id = datum_id(line.work, planned.pipeline.view(), &leaves, &plan.formed, contents, datum);
    for &at in &datum.matches {
        contents[at as usize].clone_from(&plan.contents[at as usize]);
    }
    id == line.id
}

fn blob_of(object: &Path) -> Option<ContentId> {
    blob_id_of_file(object).ok().map(ContentId::Git)
}

fn backend(key: &str) -> &str {
    key.split('-').next().unwrap_or(key)
}

/// The code files that a work's fields name, with their contents.
pub(super) fn code_of(fields: &Map<String, Value>) -> Vec<(String, ContentId)> {
    let Some(Value::Object(files)) = fields.get("code") else { return Vec::new() };
    let file = |(path, id): (&String, &Value)| Some((path.clone(), id.as_str()?.parse().ok()?));
    files.iter().filter_map(file).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
