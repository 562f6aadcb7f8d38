//! Records: from ledger lines to the parts of a commit, each with the message `datalad rerun` understands.

use std::collections::BTreeSet;

use crate::model::{Entry, Kind, KnownResult, Oid, Place, Tree, is_at_or_below};
use crate::plan::record::{
    self, MAX_SCRIPT_BYTES, PIPELINE_TRAILER, RecordDatum, RecordJob, RecordMount, RecordPlace,
};
use crate::plan::{known_inputs, match_mounts, owns_target, target};

use super::news::{Committing, NewLine, is_plain};
use super::placed::above;
use super::remembered::whole_trailer;
use crate::git::blob_id;
use crate::ledger::{Form, path_for, record_path};

/// Files of code that a record names in the test for its ledger, at most.
const MOST_CODE_IN_TEST: usize = 30;

/// One commit's share of a job.
pub(super) struct Part<'a, 'b> {
    /// Results it adds or replaces.
    pub(super) lines: Vec<&'a NewLine<'b>>,
    /// Results it removes.
    pub(super) removed: Vec<&'a KnownResult>,
    /// Paths that results of this job hold: never deleted.
    pub(super) stays: &'a BTreeSet<&'a str>,
}

impl<'a> Part<'a, '_> {
    /// The places that it changes.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        let removed = self.removed.iter().map(|line| &*line.key);
        self.lines.iter().map(|line| &*line.line.key).chain(removed)
    }
}

/// Cuts a job into parts: accepted and noted results first, without a record; then runs of results whose script
/// stays short enough; what is removed goes with the last.
pub(super) fn parts<'a, 'b>(
    job: &Committing<'_>,
    lines: &'a [NewLine<'b>],
    removed: &'a [&'a KnownResult],
    stays: &'a BTreeSet<&'a str>,
) -> Vec<Part<'a, 'b>> {
    let (plain, made): (Vec<_>, Vec<_>) = lines.iter().partition(|line| is_plain(line));
    let mut parts = Vec::new();
    if !plain.is_empty() {
        parts.push(Part { lines: plain, removed: Vec::new(), stays });
    }
    let one_each = job.project.config().record == crate::model::RecordUnit::Datum;
    let made = if one_each { made } else { in_order(job, made) };
    let limit = if one_each { 1 } else { MAX_SCRIPT_BYTES };
    let ranges = split(job, &made, limit);
    parts.extend(ranges.into_iter().map(|range| {
        let mut lines = made[range].to_vec();
        lines.sort_by(|one, other| one.line.key.cmp(&other.line.key));
        Part { lines, removed: Vec::new(), stays }
    }));
    if parts.is_empty() {
        parts.push(Part { lines: Vec::new(), removed: Vec::new(), stays });
    }
    let last = parts.last_mut().expect("there is a part");
    last.removed.extend(removed.iter().copied());
    parts
}

fn split(job: &Committing<'_>, made: &[&NewLine<'_>], limit: usize) -> Vec<std::ops::Range<usize>> {
    if made.is_empty() { Vec::new() } else { record::split(&record_job(job, made, &[], Vec::new()), limit) }
}

/// Results in the order in which they are cut into parts: by key; where there are many, by the file of the ledger that
/// they stand in, so that a part rewrites a few of these files and not all.
fn in_order<'a, 'b>(job: &Committing<'_>, mut made: Vec<&'a NewLine<'b>>) -> Vec<&'a NewLine<'b>> {
    let form = job.form();
    if form == Form::Shards && split(job, &made, MAX_SCRIPT_BYTES).len() > 1 {
        made.sort_by_cached_key(|line| (path_for(job.name(), form, &line.line.key), line.line.key.clone()));
    }
    made
}

/// What was where a part's commit has something else, or nothing.
pub(super) struct Old {
    /// Places of old results at which it leaves nothing.
    pub(super) left: Vec<String>,
    /// Whether a folder comes in the place of an old file.
    pub(super) turns_to_folder: bool,
}

/// What a part's commit tells: the record, if anything was made, and what of it is too long for a message.
pub(super) struct Telling {
    record: Option<RecordJob>,
    body: Option<String>,
}

impl Telling {
    /// What the commit of `part` tells.
    pub(super) fn of(job: &Committing<'_>, part: &Part<'_, '_>, Old { left, turns_to_folder }: Old) -> Self {
        let is_made = |line: &&&NewLine<'_>| !is_plain(line);
        let made: Vec<&NewLine<'_>> = part.lines.iter().filter(is_made).copied().collect();
        let record = (!made.is_empty())
            .then(|| RecordJob { turns_to_folder, ..record_job(job, &made, &part.removed, left) });
        let body = record.as_ref().and_then(record::long_body);
        Self { record, body }
    }

    /// The file, from the root, that the commit must hold for its record, and what is in it.
    pub(super) fn file(&self, job: &Committing<'_>) -> Option<(String, Vec<u8>)> {
        self.body.as_ref().map(|body| (record_path(job.name()), body.clone().into_bytes()))
    }

    /// The whole message of the commit, whose folder `.minipach` is `tree`, and was `parent`; `standing` tells what its record hangs on.
    pub(super) fn message(
        self,
        job: &Committing<'_>,
        part: &Part<'_, '_>,
        parent: Option<Oid>,
        tree: Oid,
        standing: impl FnOnce() -> Option<(Vec<String>, Oid)>,
    ) -> Vec<u8> {
        let Some(record) = self.record else { return plain_message(job, part) };
        let ledger = (parent != Some(tree)).then_some((parent, tree));
        let body = self.body.map(|body| blob_id(body.as_bytes()));
        record::message(&RecordJob { ledger, standing: standing(), body, ..record })
    }
}

/// The message of what a part changes in a subdataset: the command stands in the project's commit.
pub(super) fn inner_message(job: &Committing<'_>, part: &Part<'_, '_>) -> Vec<u8> {
    let made = part.lines.iter().filter(|line| !is_plain(line)).count();
    if part.lines.is_empty() && part.removed.is_empty() {
        let name = &job.planned.pipeline.name;
        let said = "what the dataset around this one does not record is taken back";
        return format!("{name}: {said}\n\n{}", trailer_text(job)).into_bytes();
    }
    if made == 0 {
        return plain_message(job, part);
    }
    let subject = subject(job, made, part.removed.len());
    let told = "The command that made this is recorded in the dataset around this one.";
    format!("{subject}\n\n{told}\n\n{}", trailer_text(job)).into_bytes()
}

/// `fs: 2 datums, 1 removed`.
fn subject(job: &Committing<'_>, made: usize, removed: usize) -> String {
    let name = &job.planned.pipeline.name;
    let gone = if removed == 0 { String::new() } else { format!(", {removed} removed") };
    format!("{name}: {}{gone}", count(made, "datum"))
}

fn trailer_text(job: &Committing<'_>) -> String {
    trailers(job).into_iter().flat_map(|(key, value)| [key, ": ".into(), value, "\n".into()]).collect()
}

fn plain_message(job: &Committing<'_>, part: &Part<'_, '_>) -> Vec<u8> {
    let name = &job.planned.pipeline.name;
    // Noted of work that is not wanted any more: it came with its folder.
    let is_moved = |line: &NewLine<'_>| job.plan().datums[line.datum].id != line.line.id;
    let told = || part.lines.iter().filter(|line| line.is_noted);
    let moved = told().filter(|line| is_moved(line)).count();
    let folded = told().filter(|line| line.is_folded).count();
    let noted = told().count() - moved - folded;
    let accepted = part.lines.len() - moved - folded - noted;
    let facts = [
        (accepted, "accepted"),
        (noted, "noted as annexed"),
        (folded, "noted anew"),
        (moved, "moved with the pipeline"),
        (part.removed.len(), "removed"),
    ];
    let said: Vec<String> = facts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number, "result")))
        .collect();
    let said = match said.as_slice() {
        [] if job.project.has_inner_ahead(name) => "what stands in subdatasets is recorded".into(),
        [] => "its ledger tidied".into(),
        said => said.join(", "),
    };
    format!("{name}: {said}\n\n{}", trailer_text(job)).into_bytes()
}

/// `1 result`, `2 results`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn trailers(job: &Committing<'_>) -> Vec<(String, String)> {
    let own = [
        (PIPELINE_TRAILER.into(), job.planned.pipeline.name.to_string()),
        ("Minipach-Work".into(), job.plan().work.to_string()),
    ];
    // What the image's name stood for when its containers were made.
    let image = job.image.map(|digest| ("Minipach-Image".to_owned(), digest.to_owned()));
    let whole = || whole_trailer(job.project, &job.planned.pipeline, job.plan(), job.ledger);
    let whole = job.whole.get_or_init(whole).clone();
    own.into_iter().chain(image).chain(whole).collect()
}

/// The record of results, but for what its own commit makes of it.
fn record_job(
    job: &Committing<'_>,
    lines: &[&NewLine<'_>],
    removed: &[&KnownResult],
    left: Vec<String>,
) -> RecordJob {
    let pipeline = &job.planned.pipeline;
    let transform = pipeline.transform.clone().unwrap_or_default();
    let folders: BTreeSet<String> =
        pipeline.input.leaves().iter().map(|leaf| leaf.repo.to_string()).collect();
    let inputs: BTreeSet<String> = lines
        .iter()
        .flat_map(|line| known_inputs(job.plan(), pipeline, line.datum))
        .map(|input| standing_path(job, &input.path))
        .collect();
    let outputs: BTreeSet<String> = lines.iter().flat_map(|line| output_paths(job, line.line)).collect();
    // What stands on under another key went nowhere.
    let is_gone = |line: &&&KnownResult| {
        let paths = output_paths(job, line);
        paths.is_empty() || paths.iter().any(|path| !outputs.contains(path))
    };
    let place = place_of(job, lines);
    let extra_inputs: BTreeSet<String> =
        job.planned.code.used().chain(behind_links(job, &inputs, &folders)).collect();
    RecordJob {
        subject: subject(job, lines.len(), removed.iter().filter(is_gone).count()),
        pipeline: pipeline.name.to_string(),
        cmd: transform.cmd,
        stdin: transform.stdin,
        env: transform.env,
        working_dir: transform.working_dir,
        place,
        accept: transform.accept_return_code,
        datums: lines.iter().map(|line| record_datum(job, line)).collect(),
        unpacks: job.plan().trees.iter().any(|tree| !tree.packed().is_empty()),
        has_links: job.plan().trees.iter().any(has_links),
        turns_to_folder: false,
        removed: left,
        ledger: None,
        standing: None,
        body: None,
        subdatasets: subdatasets(job, &inputs, &folders),
        inputs: record::or_folders(&inputs, &folders),
        extra_inputs: extra_inputs.into_iter().collect(),
        outputs: record::or_folders(&outputs, &BTreeSet::from([pipeline.name.to_string()])),
        dsid: job.project.dataset_id(),
        trailers: trailers(job),
    }
}

/// The files beside some inputs that links among these stand for: who makes the results again needs their content.
fn behind_links(
    job: &Committing<'_>,
    inputs: &BTreeSet<String>,
    folders: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_input = |path: &str| above(path).any(|path| inputs.contains(path));
    let own = job.project.scan.link_targets();
    let own = own.filter_map(|(link, through)| Some((link.to_owned(), through.last()?.to_string())));
    let inner = folders.iter().filter_map(|folder| job.project.raw(folder).ok()).flat_map(|raw| raw.links);
    own.chain(inner).filter(|(link, file)| is_input(link) && !is_input(file)).map(|(_, file)| file).collect()
}

fn has_links(tree: &Tree) -> bool {
    tree.entries().iter().any(|entry| entry.kind == Kind::Link)
}

/// What the ids of the job's datums hang on, as it stands in `head`: repos, spec and code, but for folders and subdatasets
/// that the job itself changes, and for code of so many files that their names would fill the record.
pub(super) fn standing(job: &Committing<'_>, head: Oid) -> Option<(Vec<String>, Oid)> {
    let pipeline = &job.planned.pipeline;
    let code: Vec<String> = job.planned.code.used().collect();
    let code = if code.len() > MOST_CODE_IN_TEST { Vec::new() } else { code };
    let repos = pipeline.input.leaves().into_iter().map(|leaf| leaf.repo.to_string());
    let name = pipeline.name.as_str();
    let around = |path: &str| job.project.repo.subdataset_of(head, path).map(|(outer, _)| outer.to_owned());
    let own = around(name);
    let paths: BTreeSet<String> = repos
        .filter(|repo| !is_at_or_below(name, repo))
        .chain([pipeline.spec_path(), "minipach.yml".to_owned()])
        .chain(code)
        .collect();
    let paths: Vec<String> = paths.into_iter().filter(|path| own.is_none() || around(path) != own).collect();
    let listing = job.project.repo.listing_id(head, &paths).ok()?;
    Some((paths, listing))
}

/// The subdatasets that inputs and code stand in: each with the one around it, `.` for the project.
fn subdatasets(
    job: &Committing<'_>,
    inputs: &BTreeSet<String>,
    folders: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let all = folders.iter().filter_map(|folder| job.project.raw(folder).ok());
    let mut all: BTreeSet<String> = all.flat_map(|raw| raw.subdatasets).collect();
    all.extend(job.project.subdatasets_of_code(&job.planned.code));
    let has_input = |path: &&String| {
        let mut used = inputs.iter().chain(job.planned.code.files.keys());
        used.any(|used| is_at_or_below(used, path) || is_at_or_below(path, used))
    };
    let parted = |path: &String| {
        let outer = all.iter().rev().find(|outer| *outer != path && is_at_or_below(path, outer));
        outer.map_or_else(
            || (".".to_owned(), path.clone()),
            |outer| (outer.clone(), path[outer.len() + 1..].to_owned()),
        )
    };
    all.iter().filter(has_input).map(parted).collect()
}

/// Where the command of these lines sees `/pfs`: as it did when most was asked of it.
fn place_of(job: &Committing<'_>, lines: &[&NewLine<'_>]) -> RecordPlace {
    let is_at = |place: Place| lines.iter().any(|line| line.line.place == place);
    if let Some(container) = job.project.record_container(job.planned).filter(|_| is_at(Place::Container)) {
        return RecordPlace::Container(Box::new(container));
    }
    if !is_at(Place::Sandbox) && !is_at(Place::Container) {
        return RecordPlace::Env;
    }
    let literal = super::literal::find(job.project.repo.root(), &job.planned.code);
    RecordPlace::Sandbox { is_needed: literal.is_some() }
}

/// The path of an input as it stands: that of its pack, if it lies in one.
fn standing_path(job: &Committing<'_>, path: &str) -> String {
    let packed = job.plan().trees.iter().find_map(|tree| tree.packed_above(path));
    packed.map_or_else(|| path.to_owned(), |packed| packed.file.path.to_string())
}

fn output_paths(job: &Committing<'_>, line: &KnownResult) -> Vec<String> {
    let name = &job.planned.pipeline.name;
    line.outputs.iter().map(|output| format!("{name}/{}", output.path)).collect()
}

fn record_datum(job: &Committing<'_>, line: &NewLine<'_>) -> RecordDatum {
    let pipeline = &job.planned.pipeline;
    let plan = job.plan();
    let key = &line.line.key;
    let owns_out = owns_target(pipeline, key);
    let is_match = pipeline.transform.is_none();
    let mounts =
        if is_match { match_mounts(plan, pipeline, line.datum) } else { plan.mounts(pipeline, line.datum) };
    let mount = |mount: crate::plan::Mount| {
        let matched = &plan.formed.matches[mount.at as usize];
        let leaf = usize::from(matched.leaf);
        let tree = &plan.trees[leaf];
        let packed = tree.packed_above(&mount.from);
        let exclude = if mount.is_folder { hidden(job, leaf, matched, &mount.from) } else { Vec::new() };
        RecordMount {
            to: mount.to,
            pack: packed.map(|packed| packed.file.path.to_string()),
            from: match packed {
                Some(packed) => mount.from[packed.folder.len()..].to_owned(),
                None => mount.from,
            },
            is_folder: mount.is_folder,
            exclude,
            empty: mount.empty,
        }
    };
    RecordDatum {
        out: target(pipeline, key),
        owns_out,
        packed: line.line.outputs.iter().any(|output| !output.packed.is_empty()),
        remove: if owns_out { Vec::new() } else { output_paths(job, line.line) },
        mounts: mounts.into_iter().map(mount).collect(),
        id: if is_match { String::new() } else { line.line.id.to_string() },
        env: if is_match { Vec::new() } else { plan.input_variables(pipeline, line.datum) },
    }
}

/// Files below a shown folder that are no entries of the datum: a pipeline's spec, stray files, the `.git` of subdatasets.
fn hidden(job: &Committing<'_>, leaf: usize, matched: &crate::model::Match, from: &str) -> Vec<String> {
    let tree = &job.plan().trees[leaf];
    let shown = &tree.entries()[matched.entries.start as usize..matched.entries.end as usize];
    let all = job.project.tree.below(from);
    let is_pack = |path: &str| tree.packed().iter().any(|packed| *packed.file.path == *path);
    let is_shown = |path: &str| shown.binary_search_by(|entry| (*entry.path).cmp(path)).is_ok();
    // The files of a subdataset are shown one by one, and the project has but its gitlink.
    let is_around = |path: &str| shown.iter().any(|entry| is_at_or_below(&entry.path, path));
    let is_hidden = |entry: &&Entry| match entry.kind {
        Kind::Gitlink => !is_around(&entry.path),
        _ => !is_shown(&entry.path) && !is_pack(&entry.path),
    };
    let tracked = all.entries().iter().filter(is_hidden).map(|entry| entry.path.to_string());
    // What stands in a subdataset is not among the project's files.
    let spec = format!("{from}/spec.yml");
    let is_inside = all.entries().is_empty() && job.project.repo.root().join(&spec).is_file();
    let spec = (is_inside && !is_shown(&spec)).then_some(spec);
    let hidden = tracked.chain(spec).chain(git_folders(job, leaf, from));
    hidden.map(|path| path[from.len() + 1..].to_owned()).collect()
}

/// Where git keeps what belongs to each subdataset at a shown folder or below it: no command sees that.
fn git_folders(job: &Committing<'_>, leaf: usize, from: &str) -> BTreeSet<String> {
    let repo = job.planned.pipeline.input.leaves()[leaf].repo.to_string();
    let inside = job.project.raw(&repo).map_or_else(|_| Vec::new(), |raw| raw.subdatasets);
    let entered = job.project.scan.entered().iter().map(|entered| entered.path.to_string());
    let shown = inside.into_iter().chain(entered).filter(|path| is_at_or_below(path, from));
    shown.map(|path| format!("{path}/.git")).collect()
}
