//! Pipelines that read subdatasets which are not installed: where a commit says that its ledger tells all there is of these
//! very commits of them, their inputs are taken from there, so that what is done is known without them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::ledger::{Durability, PipelineLedger, shard_folder, single_path, write_atomic};
use crate::model::{
    ContentId, DatumState, Digest, Entry, Kind, Leaf, Oid, Pipeline, PipelineName, Tree, is_at_or_below,
};
use crate::plan::{MadeOf, PipelinePlan, Reason, alone, changes};

use super::project::{Project, Raw};

/// The trailer of a commit whose ledger has all datums that there are: how many, and what they were cut from.
const TRAILER: &str = "Minipach-Whole";

/// The file in the state folder with what such commits were found to tell, of each pipeline the last: for no later
/// history takes that back, and to find it is a walk through the past.
const TOLD: &str = "whole.json";

/// What was found before; a damaged or absent file tells nothing.
fn told_before(file: &Path) -> BTreeMap<String, String> {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Keeps what was found. A cache: failing to is no error.
fn keep_told(file: &Path, told: &BTreeMap<String, String>) {
    if let Ok(bytes) = serde_json::to_vec(told) {
        drop(write_atomic(file, &bytes, Durability::Process));
    }
}

/// The trailer, where a pipeline reads subdatasets and its ledger has all datums of its plan, and all that it reads has
/// its datum.
pub(super) fn whole_trailer(
    project: &Project,
    pipeline: &Pipeline,
    plan: &PipelinePlan,
    ledger: &PipelineLedger,
) -> Option<(String, String)> {
    let cut_from = project.cut_from(pipeline)?;
    let is_whole = has_all(plan, ledger) && plan.incomplete.is_empty() && alone(plan, pipeline).is_empty();
    is_whole.then(|| (TRAILER.to_owned(), value(ledger, &cut_from)))
}

/// Whether a ledger has a line for each datum of a plan, and no others.
fn has_all(plan: &PipelinePlan, ledger: &PipelineLedger) -> bool {
    let has = |key: &str, id| ledger.lines_for(key).iter().any(|line| line.id == id);
    ledger.lines().len() == plan.datums.len() && plan.datums.iter().all(|datum| has(&datum.key, datum.id))
}

/// What the trailer says. Parts of a ledger, and one that a merge made, have other lines.
fn value(ledger: &PipelineLedger, cut_from: &str) -> String {
    let mut digest = Digest::default();
    for line in ledger.lines() {
        digest.update(line.key.as_bytes()).update(b"\0").update(line.id.to_string().as_bytes()).update(b"\0");
    }
    let lines = blake3::Hash::from(digest.finish()).to_hex();
    format!("{} ({}) of {cut_from}", ledger.lines().len(), &lines[..32])
}

/// Whether all of a pipeline is done by lines of its ledger, so that nobody needs its input.
pub(super) fn is_settled(plan: &PipelinePlan, ledger: &PipelineLedger) -> bool {
    let mut datums = plan.datums.iter();
    has_all(plan, ledger) && plan.leftovers.is_empty() && datums.all(|datum| datum.state == DatumState::Done)
}

/// Files that results of a ledger were made of while they were executable, where a plan has them otherwise: what is
/// recorded of inputs does not say it, but the ids do.
pub(super) fn executable(
    plan: &PipelinePlan,
    (pipeline, fields): (&Pipeline, &Map<String, Value>),
    ledger: &PipelineLedger,
) -> BTreeSet<String> {
    let open = plan.datums.iter().enumerate().filter(|(_, datum)| datum.state != DatumState::Done);
    let lines = open.flat_map(|(number, datum)| {
        let lines = ledger.lines_for(&datum.key).iter();
        lines.map(move |line| (number, line))
    });
    let changed = lines.flat_map(|(number, line)| {
        let now = MadeOf::datum(plan, pipeline, number, fields);
        changes(&MadeOf::line(line, None), &now)
    });
    let was = |reason| match reason {
        Reason::Mode { path, is_executable: false, .. } => Some(path),
        _ => None,
    };
    changed.filter_map(was).collect()
}

impl Project {
    /// The subdatasets that a pipeline reads, with their commits.
    fn read_links(&self, pipeline: &Pipeline) -> BTreeMap<String, Oid> {
        let leaves = pipeline.input.leaves();
        let raw: Vec<&str> = leaves.iter().map(|leaf| leaf.repo.as_str()).collect();
        let is_read = |path: &str| {
            let mut raw = raw.iter().filter(|repo| !self.is_output(repo));
            raw.any(|repo| is_at_or_below(repo, path) || is_at_or_below(path, repo))
        };
        let read = self.scan.subdatasets().filter(|path| is_read(path));
        read.filter_map(|path| Some((path.to_owned(), self.scan.gitlink(path)?))).collect()
    }

    /// What a pipeline's datums are cut from, in so far as a commit tells it: its spec, and the commits of the subdatasets
    /// that it reads. None where it reads none.
    fn cut_from(&self, pipeline: &Pipeline) -> Option<String> {
        self.cut_from_links(pipeline, &self.read_links(pipeline))
    }

    fn cut_from_links(&self, pipeline: &Pipeline, links: &BTreeMap<String, Oid>) -> Option<String> {
        let spec = self.loaded.get(&pipeline.name)?.effective.to_string();
        let mut digest = Digest::default();
        digest.update(spec.as_bytes());
        for (path, commit) in links {
            digest.update(b"\0").update(path.as_bytes()).update(b"\0").update(&commit.0);
        }
        (!links.is_empty()).then(|| blake3::Hash::from(digest.finish()).to_hex()[..32].to_owned())
    }

    /// The subdatasets of whose files the ledger has all that a pipeline reads: where the commit that wrote it says that it
    /// has all datums, those that were at the same commits then.
    fn told_of(&self, pipeline: &Pipeline) -> BTreeSet<String> {
        if let Some(told) = self.told.borrow().get(&pipeline.name) {
            return told.clone();
        }
        let told = if self.is_whole(pipeline) {
            self.read_links(pipeline).into_keys().collect()
        } else {
            self.told_in_part(pipeline).unwrap_or_default()
        };
        // To find it is a walk through the past.
        self.told.borrow_mut().insert(pipeline.name.clone(), told.clone());
        told
    }

    fn told_in_part(&self, pipeline: &Pipeline) -> Option<BTreeSet<String>> {
        let (commit, said) = self.told_by(&pipeline.name)?;
        let now = self.read_links(pipeline);
        let then = |path: &String| match self.repo.object_of(commit, path).ok().flatten()? {
            (link, Kind::Gitlink) => Some((path.clone(), link)),
            _ => None,
        };
        let then: BTreeMap<String, Oid> = now.keys().filter_map(then).collect();
        let expected = value(self.ledger(&pipeline.name), &self.cut_from_links(pipeline, &then)?);
        let line = format!("{TRAILER}: {expected}");
        let is_same = |(path, link): (String, Oid)| (now.get(&path) == Some(&link)).then_some(path);
        said.lines().any(|one| one == line).then(|| then.into_iter().filter_map(is_same).collect())
    }

    /// Whether the commit that wrote a pipeline's ledger says that it has all datums of what the pipeline reads now.
    fn is_whole(&self, pipeline: &Pipeline) -> bool {
        let Some(cut_from) = self.cut_from(pipeline) else { return false };
        let expected = value(self.ledger(&pipeline.name), &cut_from);
        let file = self.repo.state_dir().join(TOLD);
        let mut told = told_before(&file);
        if told.get(pipeline.name.as_str()) == Some(&expected) {
            return true;
        }
        let line = format!("{TRAILER}: {expected}");
        let is_told =
            self.told_by(&pipeline.name).is_some_and(|(_, said)| said.lines().any(|one| one == line));
        if is_told {
            told.insert(pipeline.name.to_string(), expected);
            keep_told(&file, &told);
        }
        is_told
    }

    /// The commit that wrote a pipeline's ledger as it stands, and its message.
    pub(super) fn told_by(&self, name: &PipelineName) -> Option<(Oid, String)> {
        let (single, shards) = (single_path(name), shard_folder(name));
        let paths = [single.as_str(), shards.as_str()];
        let mut origins = self.repo.origins(self.head?, &paths).ok()?.into_values();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        Some((origin.commit, self.repo.commit_facts(origin.commit).ok()?.message))
    }

    /// Of the subdatasets that a pipeline reads and that are not installed those of which the ledger does not tell.
    pub(super) fn untold(&self, pipeline: &Pipeline) -> BTreeSet<String> {
        let told = self.told_of(pipeline);
        let is_told = |path: &str| told.iter().any(|told| is_at_or_below(path, told));
        let leaves = pipeline.input.leaves();
        let absent = leaves.iter().flat_map(|leaf| {
            let raw = self.raw(leaf.repo.as_str()).unwrap_or_default();
            raw.absent_for(leaf).filter(|path| !is_told(path)).map(str::to_owned).collect::<Vec<_>>()
        });
        absent.collect()
    }

    /// The subdatasets that are not installed and that some datums of a plan read.
    pub fn absent_for(
        &self,
        pipeline: &Pipeline,
        plan: &PipelinePlan,
        fits: &dyn Fn(usize) -> bool,
    ) -> BTreeSet<String> {
        let leaves = pipeline.input.leaves();
        let absent = |leaf: &&Leaf| -> Vec<String> {
            let raw = self.raw(leaf.repo.as_str()).unwrap_or_default();
            raw.absent_for(leaf).map(str::to_owned).collect()
        };
        let absent: Vec<Vec<String>> = leaves.iter().map(absent).collect();
        let datums = plan.formed.datums.iter().enumerate().filter(|(number, _)| fits(*number));
        let used: BTreeSet<usize> =
            datums.flat_map(|(_, datum)| datum.matches.iter().map(|at| *at as usize)).collect();
        let mut found = BTreeSet::new();
        for one in used.iter().filter_map(|at| plan.formed.matches.get(*at)) {
            let number = usize::from(one.leaf);
            let (Some(leaf), Some(absent)) = (leaves.get(number), absent.get(number)) else { continue };
            let path = format!("{}/{}", leaf.repo.as_str(), one.path);
            let is_in = |absent: &&String| is_at_or_below(path.trim_end_matches('/'), absent);
            found.extend(absent.iter().filter(is_in).cloned());
        }
        found
    }

    /// The files of a leaf's repo, where what lies in its subdatasets that are not installed is as the ledger tells, with
    /// the files that are `executable`; none where that does not tell enough.
    pub(super) fn remembered(
        &self,
        name: &PipelineName,
        (leaf, executable): (&Leaf, &BTreeSet<String>),
        raw: &Raw,
    ) -> Option<Tree> {
        let folder = leaf.repo.as_str();
        let absent: Vec<&str> = raw.absent_for(leaf).collect();
        let depth = leaf.glob.depth().filter(|_| !folder.is_empty())?;
        if absent.iter().any(|path| is_around(leaf, depth, path)) {
            return None;
        }
        let is_in_absent = |path: &str| absent.iter().any(|absent| is_at_or_below(path, absent));
        let inputs = self.ledger(name).lines().iter().flat_map(|line| &line.inputs);
        let mut pieces: BTreeMap<&str, &ContentId> = BTreeMap::new();
        for input in inputs.filter(|input| input.name == leaf.name && is_in_absent(&input.path)) {
            let below =
                input.path.strip_prefix(folder).filter(|below| below.is_empty() || below.starts_with('/'));
            let Some(below) = below else { continue };
            if leaf.glob.find(if below.is_empty() { "/" } else { below }).is_some() {
                pieces.insert(&input.path, input.content.as_ref()?);
            }
        }
        Some(tree((folder, raw.tree.entries()), &pieces, executable)).filter(|tree| !tree.is_empty())
    }
}

/// Whether a leaf takes a folder around the subdataset `absent`, with all that is in it.
fn is_around(leaf: &Leaf, depth: usize, absent: &str) -> bool {
    let Some(below) = absent.strip_prefix(leaf.repo.as_str()).filter(|below| below.starts_with('/')) else {
        return false;
    };
    let ends = below.match_indices('/').map(|(at, _)| at).nth(depth);
    ends.is_some_and(|end| leaf.glob.find(if end == 0 { "/" } else { &below[..end] }).is_some())
}

/// A tree of the files that are there, and of what is told: files and closed folders.
fn tree(
    (folder, present): (&str, &[Entry]),
    pieces: &BTreeMap<&str, &ContentId>,
    executable: &BTreeSet<String>,
) -> Tree {
    let is_folder = |content: &ContentId| matches!(content, ContentId::Folder(_));
    let entry = |(path, content): (&&str, &&ContentId)| {
        let path = if is_folder(content) { Tree::inside_closed(path) } else { (**path).into() };
        let kind = if executable.contains(&*path) { Kind::Exec } else { Kind::File };
        Entry { path, kind, content: (*content).clone() }
    };
    let mut entries: Vec<Entry> = pieces.iter().map(entry).chain(present.iter().cloned()).collect();
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let closed = pieces.iter().filter(|(_, content)| is_folder(content));
    let closed = closed.map(|(path, content)| (format!("{path}/").into(), (*content).clone())).collect();
    Tree::new(&format!("{folder}/"), Arc::from(entries)).with_closed(closed)
}
