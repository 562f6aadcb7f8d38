//! `Results`: a ledger with its lines by the paths of their outputs, so that each thing finds its makers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;

use crate::ledger::{PipelineLedger, WorkFields};
use crate::model::{ContentId, KnownResult, PipelineName, is_at_or_below, literal};

/// A pipeline's results in a commit.
pub(super) struct Results {
    /// What the commit's ledger says.
    pub(super) ledger: PipelineLedger,
    /// Numbers of lines, by the paths of their outputs.
    by_output: BTreeMap<Box<str>, Vec<usize>>,
}

/// The datums of each pipeline that were done in a commit, by key.
pub(super) type Done = BTreeMap<PipelineName, BTreeSet<Box<str>>>;

/// New paths of files that a commit moved, each with the old one.
pub(super) type Moves = Rc<BTreeMap<String, String>>;

/// The results in a folder, by their paths from the root.
#[derive(Default)]
pub(super) struct Parts {
    /// Those that it gave who read it.
    pub(super) paths: Vec<String>,
    /// Those that were not done then.
    pub(super) left_out: Vec<String>,
}

impl Results {
    /// Of a ledger.
    pub(super) fn new(ledger: PipelineLedger) -> Self {
        let mut by_output: BTreeMap<Box<str>, Vec<usize>> = BTreeMap::new();
        for (number, line) in ledger.lines().iter().enumerate() {
            for output in &line.outputs {
                by_output.entry(output.path.clone()).or_default().push(number);
            }
        }
        Self { ledger, by_output }
    }

    /// The lines whose results are at, below or above a path of the pipeline's folder, in order of key.
    pub(super) fn telling_of(&self, path: &str) -> Vec<&KnownResult> {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path, "."]);
        let at_or_above = above.filter_map(|path| self.by_output.get(path)).flatten();
        let start = if path == "." { "" } else { path };
        let from = (Bound::Included(start), Bound::Unbounded);
        let is_near = |output: &str| path == "." || output.starts_with(path);
        let below = self.by_output.range::<str, _>(from).take_while(|(output, _)| is_near(output));
        let below = below
            .filter(|(output, _)| path == "." || is_at_or_below(output, path))
            .flat_map(|(_, lines)| lines);
        let numbers: BTreeSet<usize> = at_or_above.chain(below).copied().collect();
        numbers.into_iter().map(|number| &self.ledger.lines()[number]).collect()
    }
}

/// The command of a result, as a shell takes it; empty if the ledger does not tell.
pub(super) fn command_of(ledger: &PipelineLedger, line: &KnownResult) -> String {
    ledger.works().get(&line.work).map(command).unwrap_or_default()
}

/// The scripts of a result's command, and what they were.
pub(super) fn code_of(ledger: &PipelineLedger, line: &KnownResult) -> BTreeMap<String, Option<ContentId>> {
    let fields = ledger.works().get(&line.work);
    let code = fields.and_then(|fields| fields.get("code")).and_then(serde_json::Value::as_object);
    let files = code.into_iter().flatten();
    files.map(|(path, content)| (path.clone(), content.as_str().and_then(|text| text.parse().ok()))).collect()
}

/// The image of a result: its name, or the content of what stood in the project for it.
pub(super) fn image_of(ledger: &PipelineLedger, line: &KnownResult) -> Option<String> {
    Some(ledger.works().get(&line.work)?.get("image")?.as_str()?.to_owned())
}

/// The command of a piece of work, as a shell takes it.
fn command(fields: &WorkFields) -> String {
    let words =
        |field: &str| fields.get(field).and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let texts = |field: &str| {
        words(field).iter().filter_map(|word| word.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let line = texts("cmd").iter().map(|word| literal(word)).collect::<Vec<_>>().join(" ");
    let stdin = texts("stdin");
    if stdin.is_empty() { line } else { format!("printf '%s\\n' {} | {line}", literal(&stdin.join("\n"))) }
}
