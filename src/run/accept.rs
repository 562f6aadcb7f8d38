//! Accepting: what stands is declared to be the result of the work as it is now, without running.

use std::collections::BTreeSet;

use crate::ledger::{self, AttemptWriter, ResultRecord};
use crate::model::{
    AnnexedFile, ContentId, DatumState, Entry, FolderHasher, Kind, KnownOutput, KnownResult, Match, OutFile,
    Place, Tree, in_quotes, is_at_or_below, is_pack,
};
use crate::plan::{
    Memory, entries_of, foreign_at, is_claimed, known_inputs, link_target, owns_target, published, target,
};

use super::absent::Missing;
use super::clock::now_ms;
use super::error::RunError;
use super::planner::{Planned, Plans};
use super::project::Project;
use super::stray::special;

/// Why a datum cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// Nothing stands.
    #[error("`{target}` {}", nothing(target, *.state))]
    Nothing {
        /// Pipeline and key.
        target: String,
        /// Its state.
        state: DatumState,
    },
    /// A file stands where its folder is to be.
    #[error(
        "`{target}` cannot be accepted: `{path}` is a file, where the folder with its result is to stand; move it away, then `minipach run {}`",
        in_quotes(target)
    )]
    NoFolder {
        /// Pipeline and key.
        target: String,
        /// The file, from the root.
        path: String,
    },
    /// A file of it cannot be read.
    #[error("`{target}` cannot be accepted: `{path}` cannot be read; mend its rights")]
    Unreadable {
        /// Pipeline and key.
        target: String,
        /// The file, from the root.
        path: String,
    },
    /// A file of it is in the annex and not here.
    #[error("`{target}` cannot be accepted: the content of `{path}` is not here; {get} fetches it")]
    Absent {
        /// Pipeline and key.
        target: String,
        /// The file, from the root.
        path: String,
        /// What is typed to have it.
        get: String,
    },
    /// Git holds what stands there in no way.
    #[error(
        "`{target}` cannot be accepted: `{path}` is no ordinary file, and git holds no pipes, sockets, devices or repositories in a result; move it away"
    )]
    Special {
        /// Pipeline and key.
        target: String,
        /// It, from the root.
        path: String,
    },
    /// A packed result was changed to what nobody could read as one.
    #[error(
        "`{target}` cannot be accepted: `{path}` is no pack as minipach makes them, so what reads it would find none of its files; unpack them beside it (`tar -xf {} -C {}`) and remove it",
        in_quotes(path),
        in_quotes(folder_of(path))
    )]
    NoPack {
        /// Pipeline and key.
        target: String,
        /// The pack, from the root.
        path: String,
    },
    /// A file of it is a link that leads out of it, or nowhere.
    #[error(
        "`{target}` cannot be accepted: `{path}` is a link to `{text}`, which is no file of the result; put what it shows in its place"
    )]
    Leaves {
        /// Pipeline and key.
        target: String,
        /// The link, from the root.
        path: String,
        /// What it says.
        text: String,
    },
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn nothing(target: &str, state: DatumState) -> String {
    let target = in_quotes(target);
    match state {
        DatumState::Failed | DatumState::Recovered => {
            format!(
                "failed and left no result, so there is nothing to accept; `minipach logs {target}` tells more"
            )
        }
        DatumState::Cached => {
            format!("has no result in place to accept; it is known, and `minipach run {target}` places it")
        }
        DatumState::InTheWay => {
            "has a file in its place that is none of its results, so it cannot be accepted; move it away"
                .into()
        }
        DatumState::Blocked => "has no result in place to accept, and waits for what it reads".into(),
        _ => format!("has no result in place to accept; `minipach run {target}` makes it"),
    }
}

/// What accepting did.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Pipeline and key of each accepted result.
    pub targets: Vec<String>,
    /// Those that were current already.
    pub current: usize,
    /// Pipeline and key of datums that were passed over, since no result stands for them; with their state.
    pub passed: Vec<(String, DatumState)>,
    /// What helps those of them that wait for what they read.
    pub advice: Vec<String>,
}

/// Which blocked datums of a pipeline may still become others, as what they read is not complete.
pub struct Unsettled<'a> {
    planned: &'a Planned,
    /// Whether they gather what there is.
    gathers: bool,
    /// Of each leaf that is not complete, the folders that each are of one result which is done.
    whole: Vec<Option<BTreeSet<&'a str>>>,
}

impl<'a> Unsettled<'a> {
    /// Those of a plan among all.
    pub fn new(plans: &'a Plans, planned: &'a Planned) -> Self {
        let plan = &planned.plan;
        let leaves = plan.leaves(&planned.pipeline);
        let gathers = leaves.iter().any(|(leaf, _, in_group)| *in_group || leaf.outer_join);
        let whole = |repo: &str| {
            let name = plan.incomplete.iter().find(|name| name.as_str() == repo)?;
            Some(plans.by_name.get(name)?.as_ref().ok().map(|upstream| upstream.whole()).unwrap_or_default())
        };
        Self { planned, gathers, whole: leaves.iter().map(|(leaf, ..)| whole(leaf.repo.as_str())).collect() }
    }

    /// Whether this one may: it gathers what there is, or has the whole of a folder that no single finished result made.
    pub fn holds(&self, number: usize) -> bool {
        let plan = &self.planned.plan;
        let is_open = |found: &Match| {
            let above = found.path.match_indices('/').map(|(at, _)| &found.path[..at]);
            let mut folders = above.chain([&*found.path]);
            let whole = self.whole[usize::from(found.leaf)].as_ref();
            found.is_folder && whole.is_some_and(|whole| !folders.any(|folder| whole.contains(folder)))
        };
        let mut matches =
            plan.formed.datums[number].matches.iter().map(|at| &plan.formed.matches[*at as usize]);
        plan.datums[number].state == DatumState::Blocked
            && !plan.incomplete.is_empty()
            && (self.gathers || matches.any(is_open))
    }
}

impl Planned {
    /// The folders of finished results.
    fn whole(&self) -> BTreeSet<&str> {
        let done = self.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
        done.map(|datum| &*datum.key).filter(|key| owns_target(&self.pipeline, key)).collect()
    }
}

impl Project {
    /// Declares that what stands for some datums of a pipeline is their result, in its ledger and in the log.
    ///
    /// # Errors
    /// When nothing stands for one of them (then none is accepted), or the ledger cannot be written.
    pub fn accept(
        &self,
        memory: &dyn Memory,
        planned: &Planned,
        numbers: &[usize],
    ) -> Result<Result<Accepted, AcceptError>, RunError> {
        let name = &planned.pipeline.name;
        let files = self.results.below(name.as_str());
        let mut report = Accepted::default();
        let mut lines = Vec::new();
        for &number in numbers {
            let datum = &planned.plan.datums[number];
            if datum.state == DatumState::Done {
                report.current += 1;
                continue;
            }
            let outputs = self.standing_outputs(memory, planned, number, &files);
            if outputs.is_empty() {
                let target = format!("{name}:{}", datum.key);
                return Ok(Err(AcceptError::Nothing { target, state: datum.state }));
            }
            if let Some(why) = self.why_not(planned, number, &outputs, &files) {
                return Ok(Err(why));
            }
            lines.push(accepted_line(planned, number, outputs));
            report.targets.push(format!("{name}:{}", datum.key));
        }
        if !lines.is_empty() {
            self.write_accepted(planned, lines, &files)?;
        }
        Ok(Ok(report))
    }

    /// Why what stands cannot be a datum's result.
    fn why_not(
        &self,
        planned: &Planned,
        number: usize,
        outputs: &[KnownOutput],
        files: &Tree,
    ) -> Option<AcceptError> {
        let key = &planned.plan.datums[number].key;
        let target = format!("{}:{key}", planned.pipeline.name);
        if owns_target(&planned.pipeline, key) && !is_folder(files, key) {
            return Some(AcceptError::NoFolder { target, path: planned.pipeline.name.path_of(key) });
        }
        let mut standing = outputs.iter().flat_map(|output| entries_of(files, &output.path));
        if let Some(special) = standing.find(|entry| entry.kind == Kind::Special) {
            return Some(AcceptError::Special { target, path: special.path.to_string() });
        }
        if let Some((path, text)) = self.leaving_link(outputs, files) {
            return Some(AcceptError::Leaves { target, path, text });
        }
        let mut entries = outputs.iter().flat_map(|output| entries_of(files, &output.path));
        let is_closed = |entry: &&Entry| {
            let full = self.repo.root().join(&*entry.path);
            entry.kind != Kind::Link && rustix::fs::access(full, rustix::fs::Access::READ_OK).is_err()
        };
        if let Some(closed) = entries.find(is_closed) {
            let path = closed.path.to_string();
            let annexes = self.annexes();
            let is_absent = Missing::new(&annexes, &self.scan).of_file(self, &path).is_some();
            return Some(if is_absent {
                AcceptError::Absent { target, get: annexes.of(&path).get(&path), path }
            } else {
                AcceptError::Unreadable { target, path }
            });
        }
        let is_no_pack = |output: &&KnownOutput| match entries_of(files, &output.path) {
            [only] => is_pack(&only.path) && output.packed.is_empty(),
            _ => false,
        };
        let output = outputs.iter().find(is_no_pack)?;
        let path = entries_of(files, &output.path).first()?.path.to_string();
        Some(AcceptError::NoPack { target, path })
    }

    /// A link among outputs that leads to none of their files, with what it says: of a command it would be no result either.
    fn leaving_link(&self, outputs: &[KnownOutput], files: &Tree) -> Option<(String, String)> {
        let entries = || outputs.iter().flat_map(|output| entries_of(files, &output.path));
        let is_own = |path: &str| entries().any(|entry| is_at_or_below(&entry.path, path));
        let leaving = |entry: &Entry| {
            let text = self.link_text(&entry.path)?;
            let is_inside = link_target(&entry.path, &text).is_some_and(|path| is_own(&path));
            (!is_inside).then(|| (entry.path.to_string(), text))
        };
        entries().filter(|entry| entry.kind == Kind::Link).find_map(leaving)
    }

    /// Whether anything stands at a datum's place that could be accepted.
    pub fn is_acceptable(&self, planned: &Planned, number: usize) -> bool {
        let files = self.results.below(planned.pipeline.name.as_str());
        let datum = &planned.plan.datums[number];
        let stands = |path: &str| !entries_of(&files, path).is_empty();
        let is_owner = owns_target(&planned.pipeline, &datum.key);
        if is_owner && stands(&datum.key) && !is_folder(&files, &datum.key) {
            return false;
        }
        let lines = self.ledger(&planned.pipeline.name).lines_for(&datum.key);
        datum.state != DatumState::Done
            && special(&datum.key, lines, &files).is_empty()
            && (datum.state == DatumState::InTheWay
                || (is_owner && stands(&datum.key))
                || lines.iter().flat_map(|line| &line.outputs).any(|output| stands(&output.path)))
    }

    fn write_accepted(
        &self,
        planned: &Planned,
        lines: Vec<KnownResult>,
        files: &Tree,
    ) -> Result<(), RunError> {
        let name = &planned.pipeline.name;
        let path = self.repo.state_dir().join("attempts.jsonl");
        let mut log = AttemptWriter::open(&path, BTreeSet::new())?;
        let records: Vec<ResultRecord> = lines.iter().map(|line| record(planned, line, files)).collect();
        log.results(records.iter().map(|record| (record, &planned.fields)))?;
        let works = [(planned.plan.work, planned.fields.clone())];
        let new = self.ledger(name).updated(lines, &BTreeSet::new(), works);
        ledger::ensure_attributes(self.repo.root())?;
        ledger::write(self.repo.root(), name, &new)?;
        Ok(())
    }

    /// What stands at a datum's place, as outputs: its own folder, or what its last result claims. Files of
    /// earlier results that went to the annex keep the ids they were published with.
    fn standing_outputs(
        &self,
        memory: &dyn Memory,
        planned: &Planned,
        number: usize,
        files: &Tree,
    ) -> Vec<KnownOutput> {
        let datum = &planned.plan.datums[number];
        let (key, ledger) = (&datum.key, self.ledger(&planned.pipeline.name));
        let lines = ledger.lines_for(key);
        let noted: Vec<AnnexedFile> =
            lines.iter().flat_map(|line| &line.outputs).flat_map(|output| output.annexed.clone()).collect();
        if owns_target(&planned.pipeline, key) {
            let mut output = standing_output(key, files, &noted);
            if let (Some(output), [only]) = (&mut output, entries_of(files, key)) {
                output.packed = self.members(&only.path, &only.content).unwrap_or_default();
            }
            return output.into_iter().collect();
        }
        let claimed = lines.last().into_iter().flat_map(|line| &line.outputs);
        let mut paths: BTreeSet<String> = claimed.map(|output| output.path.to_string()).collect();
        if datum.state == DatumState::InTheWay {
            let made = memory.files(datum.id).unwrap_or_default();
            paths.extend(in_place_of(&made, files, ledger.lines()));
        }
        paths.iter().filter_map(|path| standing_output(path, files, &noted)).collect()
    }
}

/// Where something stands in the place of what was made, and is no other result's, from the pipeline's folder: a folder
/// where nothing else stands in that, else files.
fn in_place_of(made: &[OutFile], files: &Tree, lines: &[KnownResult]) -> BTreeSet<String> {
    let prefix = files.prefix().len();
    let is_free = |entry: &&Entry| !is_claimed(lines, &entry.path[prefix..]);
    let standing = made.iter().flat_map(|file| {
        foreign_at(files, lines, file).chain(entries_of(files, &file.path).iter().filter(is_free))
    });
    let standing: BTreeSet<&str> = standing.map(|entry| &entry.path[prefix..]).collect();
    let is_whole =
        |path: &&str| entries_of(files, path).iter().all(|entry| standing.contains(&entry.path[prefix..]));
    let topmost = |path: &&str| {
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.find(is_whole).unwrap_or(path).to_owned()
    };
    standing.iter().map(topmost).collect()
}

/// Whether what stands at a path of a pipeline is a folder.
fn is_folder(files: &Tree, path: &str) -> bool {
    let end = files.prefix().len() + path.len();
    entries_of(files, path).iter().all(|entry| entry.path.len() > end)
}

fn standing_output(path: &str, files: &Tree, noted: &[AnnexedFile]) -> Option<KnownOutput> {
    let entries = entries_of(files, path);
    let first = entries.first()?;
    let prefix = files.prefix().len();
    let mut output = KnownOutput {
        path: path.into(),
        content: first.content.clone(),
        exec: false,
        annexed: standing_notes(entries, prefix, noted),
        packed: std::sync::Arc::default(),
    };
    if first.path.len() == prefix + path.len() {
        let (kind, content) = published(&output, path, first);
        (output.exec, output.content) = (kind == Kind::Exec, content.clone());
        return Some(output);
    }
    let mut hasher = FolderHasher::new();
    for entry in entries {
        let relative = &entry.path[prefix..];
        let (kind, content) = published(&output, relative, entry);
        hasher.add(&relative[path.len() + 1..], kind, content);
    }
    output.content = hasher.finish();
    Some(output)
}

/// Those of `noted` that still tell what stands, in order.
fn standing_notes(entries: &[Entry], prefix: usize, noted: &[AnnexedFile]) -> Vec<AnnexedFile> {
    let stands = |file: &&AnnexedFile| {
        entries.iter().any(|entry| {
            entry.path[prefix..] == *file.path
                && matches!(&entry.content, ContentId::Annex(key) if **key == *file.key)
        })
    };
    let mut standing: Vec<AnnexedFile> = noted.iter().filter(stands).cloned().collect();
    standing.sort();
    standing.dedup();
    standing
}

fn accepted_line(planned: &Planned, number: usize, outputs: Vec<KnownOutput>) -> KnownResult {
    let datum = &planned.plan.datums[number];
    KnownResult {
        key: datum.key.clone(),
        id: datum.id,
        work: planned.plan.work,
        inputs: known_inputs(&planned.plan, &planned.pipeline, number),
        outputs,
        place: Place::Accepted,
    }
}

fn record(planned: &Planned, line: &KnownResult, files: &Tree) -> ResultRecord {
    let base = format!("{}/", target(&planned.pipeline, &line.key)).len();
    let prefix = files.prefix().len();
    let file = |output: &KnownOutput, entry: &Entry| {
        let (kind, content) = published(output, &entry.path[prefix..], entry);
        OutFile { path: entry.path[base..].into(), kind, content: content.clone() }
    };
    let files = line.outputs.iter().flat_map(|output| {
        let entries = entries_of(files, &output.path);
        entries.iter().map(move |entry| file(output, entry))
    });
    ResultRecord {
        id: line.id,
        work: line.work,
        pipeline: planned.pipeline.name.clone(),
        key: line.key.clone(),
        place: Place::Accepted,
        at_ms: now_ms(),
        inputs: line.inputs.clone(),
        files: files.collect(),
        publish: None,
    }
}
