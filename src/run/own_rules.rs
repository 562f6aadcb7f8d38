//! Results that hold a `.gitignore`: it is a part of them and no rule of the user's, so it hides none of their files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::{GitError, Repo, Scan, StatMemory};
use crate::ledger::{self, AttemptLog, ResultRecord};
use crate::model::{KnownResult, Pipeline, PipelineName, Tree};
use crate::plan::{Standing, standing_of};

use super::kept_links::as_it_stands;
use super::placed::{above, made};

/// More files than this are not looked at to find those that a result hides.
const MOST: usize = 100_000;

/// What a look for hidden files needs.
struct Look<'a> {
    repo: &'a Repo,
    names: BTreeSet<PipelineName>,
    scan: &'a mut Scan,
    memory: &'a mut StatMemory,
}

/// Takes in the files of results that only a `.gitignore` of the result itself hides: those that the attempt log
/// names, and those with which a result stands as its ledger line tells. Once they are committed, git tracks them.
///
/// # Errors
/// When such a file cannot be read.
pub(super) fn reveal(
    repo: &Repo,
    pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>,
    scan: &mut Scan,
    memory: &mut StatMemory,
) -> Result<(), GitError> {
    let has_rules = |name: &&PipelineName| scan.folders_with_rules(name.as_str()).next().is_some();
    let names: BTreeSet<PipelineName> = pipelines.keys().filter(has_rules).cloned().collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut look = Look { repo, names, scan, memory };
    let unsettled = look.unsettled();
    look.take_in_logged(&unsettled.whole)?;
    unsettled.lines.iter().try_for_each(|(name, lines)| look.try_lines(name, lines))
}

/// Where results with a `.gitignore` stand by the ledgers, as far as that is seen.
struct Unsettled {
    /// Outputs, from the root, that stand whole already.
    whole: BTreeSet<String>,
    /// Ledger lines of the others, by pipeline.
    lines: BTreeMap<PipelineName, Vec<KnownResult>>,
}

impl Look<'_> {
    /// Divides the ledger lines that have a `.gitignore` in one of their outputs.
    fn unsettled(&self) -> Unsettled {
        let mut found = Unsettled { whole: BTreeSet::new(), lines: BTreeMap::new() };
        for name in &self.names {
            // A ledger that cannot be read is told of by who needs it.
            let Ok(ledger) = ledger::read_all(self.repo.root(), std::slice::from_ref(name)) else { continue };
            let files = self.files(name);
            let ruled = self.ruled_outputs(name);
            let has_rules =
                |line: &&KnownResult| line.outputs.iter().any(|output| ruled.contains(&*output.path));
            for line in ledger.iter().flat_map(ledger::PipelineLedger::lines).filter(has_rules) {
                if standing_of(line, &files) == Standing::Whole {
                    found.whole.extend(places(name, line));
                } else {
                    found.lines.entry(name.clone()).or_default().push(line.clone());
                }
            }
        }
        found
    }

    /// All paths, from a pipeline's folder, at which an output may stand that has a `.gitignore`.
    fn ruled_outputs(&self, name: &PipelineName) -> BTreeSet<String> {
        let folders = self.scan.folders_with_rules(name.as_str());
        let files = folders.map(|folder| format!("{}.gitignore", &folder[name.as_str().len() + 1..]));
        files
            .flat_map(|file| above(&file).map(str::to_owned).collect::<Vec<_>>())
            .chain([".".into()])
            .collect()
    }

    /// The files of a pipeline, as its results hold them.
    fn files(&self, name: &PipelineName) -> Tree {
        let folders = self.names.iter().map(PipelineName::as_str).collect();
        as_it_stands(&self.scan.tree(name.as_str()), self.scan, &folders)
    }

    /// Takes in what the newest logged result of each place has, where no whole one stands.
    fn take_in_logged(&mut self, whole: &BTreeSet<String>) -> Result<(), GitError> {
        // A log that cannot be read is told of by who needs it.
        let log = AttemptLog::read(&self.repo.state_dir().join("attempts.jsonl"));
        let records = log.and_then(|log| log.with_rules()).unwrap_or_default();
        let newest: BTreeMap<_, &ResultRecord> =
            records.iter().map(|record| ((&record.pipeline, &record.key), record)).collect();
        let wanted = newest.values().filter(|record| self.names.contains(&record.pipeline));
        let paths = wanted.flat_map(|record| {
            made(record).into_keys().map(|path| format!("{}/{path}", record.pipeline)).collect::<Vec<_>>()
        });
        let is_open = |path: &String| !above(path).any(|folder| whole.contains(folder));
        let paths: Vec<String> = paths.filter(is_open).collect();
        let revealed = self.scan.reveal(self.memory, paths);
        self.resolve(&revealed)
    }

    /// Takes in all that stands in the outputs of those ledger lines of a pipeline that stand whole with that. They are
    /// looked at together: each look at a pipeline's files is one at all of them.
    fn try_lines(&mut self, name: &PipelineName, lines: &[KnownResult]) -> Result<(), GitError> {
        let files = self.files(name);
        let is_open = |line: &&KnownResult| standing_of(line, &files) != Standing::Whole;
        let open: Vec<&KnownResult> = lines.iter().filter(is_open).collect();
        let at: BTreeSet<String> = open.iter().flat_map(|line| places(name, line)).collect();
        let inside =
            at.into_iter().flat_map(|place| [self.repo.files_on_disk(&place, MOST), vec![place]].concat());
        let mut revealed = self.scan.reveal(self.memory, inside);
        if revealed.is_empty() {
            return Ok(());
        }
        self.resolve(&revealed)?;
        let files = self.files(name);
        let whole = open.into_iter().filter(|line| standing_of(line, &files) == Standing::Whole);
        let whole: BTreeSet<String> = whole.flat_map(|line| places(name, line)).collect();
        revealed.retain(|path| !above(path).any(|folder| whole.contains(folder)));
        self.scan.conceal(&revealed);
        Ok(())
    }

    fn resolve(&mut self, paths: &BTreeSet<Arc<str>>) -> Result<(), GitError> {
        let paths: Vec<&str> = paths.iter().map(AsRef::as_ref).collect();
        if paths.is_empty() { Ok(()) } else { self.scan.resolve(self.repo, self.memory, &paths) }
    }
}

/// Where the outputs of a ledger line stand, from the root.
fn places<'a>(name: &'a PipelineName, line: &'a KnownResult) -> impl Iterator<Item = String> + 'a {
    line.outputs.iter().map(move |output| match &*output.path {
        "." => name.to_string(),
        path => format!("{name}/{path}"),
    })
}
