//! `Comparison`: what differs between a project at two moments, and the words for it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{DatumState, show};
use crate::plan::Reason;
use crate::run::count;

use super::commits::CommitView;

/// So many datums are named in a line.
const NAMED: usize = 4;

/// What differs between a project at two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Version of this form.
    pub version: u32,
    /// The first moment.
    pub from: Then,
    /// The second.
    pub to: Then,
    /// Raw repos whose files differ.
    pub repos: Vec<RepoChange>,
    /// Pipelines that differ.
    pub pipelines: Vec<PipelineChange>,
}

/// A moment, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Then {
    /// The commit's id in full; none for what stands now.
    pub commit: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
}

/// Whether something is only there at the second moment, only at the first, or at both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It came.
    Came,
    /// It went.
    Went,
    /// It is otherwise.
    Changed,
}

/// How many files of a raw repo differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepoChange {
    /// Its folder.
    pub name: String,
    /// New files.
    pub came: usize,
    /// Files that are gone.
    pub went: usize,
    /// Files with other content.
    pub changed: usize,
}

/// How a pipeline differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PipelineChange {
    /// Its name.
    pub name: String,
    /// Whether it came, went or changed.
    pub change: Change,
    /// Whether its spec says something else, defaults included.
    pub is_other_spec: bool,
    /// Why its datums cannot be compared.
    pub error: Option<String>,
    /// Its datums that differ, by key.
    pub datums: Vec<DatumChange>,
}

/// How a datum differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatumChange {
    /// Its place.
    pub key: String,
    /// Whether it came, went or changed.
    pub change: Change,
    /// Its state at the first moment.
    pub before: Option<DatumState>,
    /// And at the second.
    pub after: Option<DatumState>,
    /// Whether its result is the same; none where one of the two has no result.
    pub is_same_result: Option<bool>,
    /// What is otherwise in what it is made of; empty where it only stands otherwise.
    pub why: Vec<Reason>,
}

/// Datums that differ alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whether they came, went or changed.
    pub change: Change,
    /// Their keys.
    pub keys: Vec<String>,
    /// In which way, and why: `input `t1` changed; another result`.
    pub how: String,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.repos.is_empty() && self.pipelines.is_empty()
    }

    /// All of it, a line for each way in which something differs: `fs: 2 datums came (sub-51, sub-52)`.
    pub fn lines(&self) -> Vec<String> {
        let repos = self.repos.iter().map(|repo| format!("{}: {}", show(&repo.name), repo.sentence()));
        repos.chain(self.pipelines.iter().flat_map(PipelineChange::lines)).collect()
    }
}

impl Then {
    /// A commit, or now.
    pub(super) fn of(commit: Option<&CommitView>) -> Self {
        let subject = commit.map(|commit| commit.subject.clone());
        Self { commit: commit.map(|commit| commit.id.clone()), subject }
    }
}

impl RepoChange {
    /// `2 files came, 1 changed`.
    pub fn sentence(&self) -> String {
        let parts = [(self.came, "came"), (self.went, "went"), (self.changed, "changed")];
        let mut parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let first = parts.next().map(|(number, word)| format!("{} {word}", count(number, "file")));
        let rest = parts.map(|(number, word)| format!("{number} {word}"));
        first.into_iter().chain(rest).collect::<Vec<_>>().join(", ")
    }
}

impl PipelineChange {
    /// What is said of it as a whole, if anything.
    pub fn remark(&self) -> Option<String> {
        let word = match (self.change, self.is_other_spec) {
            (Change::Came, _) => Some("a new pipeline"),
            (Change::Went, _) => Some("no pipeline any more"),
            (Change::Changed, true) if self.datums.is_empty() && self.error.is_none() => {
                Some("another spec, the same datums")
            }
            (Change::Changed, true) => Some("another spec"),
            (Change::Changed, false) => None,
        };
        let error = self.error.as_ref().map(|error| format!("not compared: {error}"));
        let parts: Vec<String> = word.map(str::to_owned).into_iter().chain(error).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Its datums, those together that differ alike, in the order of came, went, changed.
    pub fn ways(&self) -> Vec<Way> {
        let mut ways: BTreeMap<(Change, String), Vec<String>> = BTreeMap::new();
        for datum in &self.datums {
            ways.entry((datum.change, datum.how())).or_default().push(datum.key.clone());
        }
        ways.into_iter().map(|((change, how), keys)| Way { change, keys, how }).collect()
    }

    fn lines(&self) -> Vec<String> {
        let name = show(&self.name);
        let remark = self.remark().map(|remark| format!("{name}: {remark}"));
        let ways = self.ways();
        let line = |way: &Way| {
            format!("{name}: {}: {} ({})", count(way.keys.len(), "datum"), show(&way.how), way.named())
        };
        remark.into_iter().chain(ways.iter().map(line)).collect()
    }
}

impl Way {
    /// Its first keys.
    pub fn named(&self) -> String {
        let named: Vec<String> = self.keys.iter().take(NAMED).map(|key| show(key)).collect();
        let more = if self.keys.len() > NAMED { ", …" } else { "" };
        format!("{}{more}", named.join(", "))
    }
}

impl DatumChange {
    /// What is otherwise, and what that made of its result, in words that fit all datums that differ alike.
    fn how(&self) -> String {
        let mut parts: Vec<String> = match self.change {
            Change::Came => vec!["came".into()],
            Change::Went => vec!["went".into()],
            Change::Changed => Vec::new(),
        };
        for reason in &self.why {
            let part = shared_words(reason);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let word = |state: Option<DatumState>| state.map_or("", DatumState::word).replace('_', " ");
        match (self.before, self.after) {
            (Some(DatumState::Done), Some(DatumState::Done)) => {
                parts.extend(
                    self.is_same_result.map(|is_same| {
                        (if is_same { "the same result" } else { "another result" }).to_owned()
                    }),
                );
            }
            (Some(before), Some(after)) if before != after => {
                parts.push(format!("{}, then {}", word(Some(before)), word(Some(after))));
            }
            (Some(_), after) if after != Some(DatumState::Done) && after.is_some() => parts.push(word(after)),
            (None, after) if after != Some(DatumState::Done) => parts.push(word(after)),
            _ => {}
        }
        parts.join("; ")
    }
}

/// A reason without the place of a single datum.
fn shared_words(reason: &Reason) -> String {
    match reason {
        Reason::Input { name, old: None, .. } => format!("more in input `{name}`"),
        Reason::Input { name, new: None, .. } => format!("less in input `{name}`"),
        Reason::Input { name, .. } | Reason::Undone { name, .. } => format!("input `{name}` changed"),
        Reason::Mode { name, .. } => format!("modes of files in input `{name}` changed"),
        Reason::OtherWork => "other work".into(),
        other => other.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DatumState::{Done, Failed, Pending, Stale};

    fn datum(key: &str, states: [Option<DatumState>; 2], why: &[Reason]) -> DatumChange {
        let [before, after] = states;
        let change = match states {
            [None, _] => Change::Came,
            [_, None] => Change::Went,
            _ => Change::Changed,
        };
        let is_same_result = (states == [Some(Done); 2]).then_some(false);
        DatumChange { key: key.into(), change, before, after, is_same_result, why: why.to_vec() }
    }

    fn input(key: &str) -> Reason {
        let path = format!("raw/t1/{key}");
        Reason::Input { name: "t1".into(), path, old: Some("git:1".into()), new: Some("git:2".into()) }
    }

    #[test]
    fn datums_that_differ_alike_are_told_together() {
        let datums = vec![
            datum("a", [Some(Done), Some(Done)], &[input("a")]),
            datum("b", [Some(Done), Some(Done)], &[input("b")]),
            datum("c", [Some(Done), Some(Stale)], &[input("c")]),
            datum("d", [Some(Done), None], &[]),
            datum("e", [None, Some(Failed)], &[]),
            datum("f", [Some(Pending), Some(Done)], &[]),
        ];
        let (change, is_other_spec, error) = (Change::Changed, false, None);
        let fs = PipelineChange { name: "fs".into(), change, is_other_spec, error, datums };
        let raw = RepoChange { name: "raw".into(), came: 1, went: 0, changed: 2 };
        let found = Comparison { repos: vec![raw], pipelines: vec![fs], ..Comparison::default() };
        let told = [
            "raw: 1 file came, 2 changed",
            "fs: 1 datum: came; failed (e)",
            "fs: 1 datum: went (d)",
            "fs: 2 datums: input `t1` changed; another result (a, b)",
            "fs: 1 datum: input `t1` changed; done, then stale (c)",
            "fs: 1 datum: pending, then done (f)",
        ];
        assert_eq!(found.lines(), told);
        assert_eq!(Comparison::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn a_pipeline_is_remarked_on_as_a_whole() {
        let (datums, error) = (Vec::new(), Some("it has 1 error".to_owned()));
        let change = |change, is_other_spec, error| PipelineChange {
            name: "fs".into(),
            change,
            is_other_spec,
            error,
            datums: Vec::clone(&datums),
        };
        let remark = |made: PipelineChange| made.remark().unwrap_or_default();
        assert_eq!(remark(change(Change::Changed, true, None)), "another spec, the same datums");
        assert_eq!(
            remark(change(Change::Came, false, error.clone())),
            "a new pipeline; not compared: it has 1 error"
        );
        assert_eq!(
            remark(change(Change::Changed, true, error)),
            "another spec; not compared: it has 1 error"
        );
        assert_eq!(remark(change(Change::Changed, false, None)), "");
    }
}
