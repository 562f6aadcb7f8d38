//! Pipelines that read subdatasets which are not installed: where a commit says that its ledger tells all there is of these
//! very commits of them, their inputs are taken from there, so that what is done is known without them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ledger::{PipelineLedger, shard_folder, single_path};
use crate::model::{
    ContentId, DatumState, Digest, Entry, Kind, Leaf, Oid, Pipeline, PipelineName, Tree, is_at_or_below,
};
use crate::plan::{PipelinePlan, alone};

use super::project::Project;

/// The trailer of a commit whose ledger has all datums that there are: how many, and what they were cut from.
const TRAILER: &str = "Minipach-Whole";

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

impl Project {
    /// What a pipeline's datums are cut from, in so far as a commit tells it: its spec, and the commits of the subdatasets
    /// that it reads. None where it reads none.
    fn cut_from(&self, pipeline: &Pipeline) -> Option<String> {
        let leaves = pipeline.input.leaves();
        let raw: Vec<&str> = leaves.iter().map(|leaf| leaf.repo.as_str()).collect();
        let is_read = |path: &str| {
            let mut raw = raw.iter().filter(|repo| !self.is_output(repo));
            raw.any(|repo| is_at_or_below(repo, path) || is_at_or_below(path, repo))
        };
        let read = self.scan.subdatasets().filter(|path| is_read(path));
        let read: BTreeMap<&str, Oid> =
            read.filter_map(|path| Some((path, self.scan.gitlink(path)?))).collect();
        let spec = self.loaded.get(&pipeline.name)?.effective.to_string();
        let mut digest = Digest::default();
        digest.update(spec.as_bytes());
        for (path, commit) in &read {
            digest.update(b"\0").update(path.as_bytes()).update(b"\0").update(&commit.0);
        }
        (!read.is_empty()).then(|| blake3::Hash::from(digest.finish()).to_hex()[..32].to_owned())
    }

    /// Whether the commit that wrote a pipeline's ledger says that it has all datums of what the pipeline reads now.
    pub(super) fn is_whole(&self, pipeline: &Pipeline) -> bool {
        let Some(cut_from) = self.cut_from(pipeline) else { return false };
        let expected = format!("{TRAILER}: {}", value(self.ledger(&pipeline.name), &cut_from));
        self.told_by(&pipeline.name).is_some_and(|message| message.lines().any(|line| line == expected))
    }

    /// The message of the commit that wrote a pipeline's ledger as it stands.
    fn told_by(&self, name: &PipelineName) -> Option<String> {
        let (single, shards) = (single_path(name), shard_folder(name));
        let paths = [single.as_str(), shards.as_str()];
        let mut origins = self.repo.origins(self.head?, &paths).ok()?.into_values();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        Some(self.repo.commit_facts(origin.commit).ok()?.message)
    }

    /// What a leaf of a pipeline takes of the subdataset `absent`, as the ledger tells; none where it lies elsewhere, or
    /// the ledger does not tell enough.
    pub(super) fn remembered(&self, name: &PipelineName, leaf: &Leaf, absent: &str) -> Option<Tree> {
        let folder = leaf.repo.as_str();
        if !is_at_or_below(folder, absent) || leaf.glob.depth().is_none() {
            return None;
        }
        let inputs = self.ledger(name).lines().iter().flat_map(|line| &line.inputs);
        let mut pieces: BTreeMap<&str, &ContentId> = BTreeMap::new();
        for input in inputs.filter(|input| input.name == leaf.name) {
            let below =
                input.path.strip_prefix(folder).filter(|below| below.is_empty() || below.starts_with('/'));
            let Some(below) = below else { continue };
            if leaf.glob.find(if below.is_empty() { "/" } else { below }).is_some() {
                pieces.insert(&input.path, input.content.as_ref()?);
            }
        }
        Some(tree(folder, &pieces)).filter(|tree| !tree.is_empty())
    }
}

/// A tree of files and closed folders.
fn tree(folder: &str, pieces: &BTreeMap<&str, &ContentId>) -> Tree {
    let is_folder = |content: &ContentId| matches!(content, ContentId::Folder(_));
    let entry = |(path, content): (&&str, &&ContentId)| {
        let path = if is_folder(content) { Tree::inside_closed(path) } else { (**path).into() };
        Entry { path, kind: Kind::File, content: (*content).clone() }
    };
    let mut entries: Vec<Entry> = pieces.iter().map(entry).collect();
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let closed = pieces.iter().filter(|(_, content)| is_folder(content));
    let closed = closed.map(|(path, content)| (format!("{path}/").into(), (*content).clone())).collect();
    Tree::new(&format!("{folder}/"), Arc::from(entries)).with_closed(closed)
}
