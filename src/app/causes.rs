//! Why datums of a pipeline are not done: each datum counted once, those with the same reasons together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::alike;
use crate::plan::Reason;

/// Of a datum with more kinds of reasons than this, the others are counted.
const TOLD: usize = 3;

/// Failures that say so many different things are told apart, the others together.
const APART: usize = 20;

/// Why datums are not done, and how many they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The first reason; of reasons that differ only in their input, the first.
    #[serde(flatten)]
    pub reason: Reason,
    /// Datums that have all these reasons.
    pub datums: usize,
    /// All reasons in words.
    pub sentence: String,
}

/// Causes as they are found.
#[derive(Default)]
pub(super) struct Causes {
    found: BTreeMap<Vec<Kind>, Found>,
    /// What failures said, as far as they are told apart.
    said: BTreeSet<String>,
}

/// What is known of datums with the same kinds of reasons.
struct Found {
    /// A reason of each kind, how many others belong to it, and what these have in common with it.
    reasons: Vec<(Reason, usize, &'static str)>,
    datums: usize,
}

/// What makes two reasons alike: all but the inputs' paths and contents and the numbers in failures' words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Sentence(String),
    InputAdded,
    InputChanged,
    InputRemoved,
    Mode(bool),
    Stray,
    InTheWay,
    /// A failure that is one of too many that say different things.
    Otherwise,
}

impl Kind {
    fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Input { old: None, .. } => Self::InputAdded,
            Reason::Input { new: None, .. } => Self::InputRemoved,
            Reason::Input { .. } => Self::InputChanged,
            Reason::Mode { is_executable, .. } => Self::Mode(*is_executable),
            Reason::Stray { .. } => Self::Stray,
            Reason::InTheWay { .. } => Self::InTheWay,
            failure if failure.is_failure() => Self::Sentence(alike(&failure.sentence())),
            other => Self::Sentence(other.sentence()),
        }
    }
}

impl Causes {
    /// Counts a datum with its reasons. Of one that waits for others only this counts: what else differs may again.
    pub(super) fn add(&mut self, mut reasons: Vec<Reason>) {
        if let Some(at) = reasons.iter().position(|reason| matches!(reason, Reason::Upstream { .. })) {
            reasons = vec![reasons.swap_remove(at)];
        }
        let mut kinds: Vec<Kind> = Vec::new();
        let mut firsts: Vec<(Reason, usize, &str)> = Vec::new();
        for reason in reasons {
            let kind = self.kind(&reason);
            if let Some(at) = kinds.iter().position(|known| *known == kind) {
                firsts[at].1 += 1;
            } else {
                let bond = if kind == Kind::Otherwise { "that failed otherwise" } else { "alike" };
                kinds.push(kind);
                firsts.push((reason, 0, bond));
            }
        }
        match self.found.get_mut(&kinds) {
            None => drop(self.found.insert(kinds, Found { reasons: firsts, datums: 1 })),
            Some(found) => {
                found.datums += 1;
                found.reasons.iter_mut().zip(firsts).for_each(|(known, (_, more, _))| known.1 += 1 + more);
            }
        }
    }

    /// The kind of a reason; of failures only so many are told apart.
    fn kind(&mut self, reason: &Reason) -> Kind {
        let kind = Kind::of(reason);
        match &kind {
            Kind::Sentence(said) if reason.is_failure() && !self.said.contains(said) => {
                if self.said.len() >= APART {
                    return Kind::Otherwise;
                }
                self.said.insert(said.clone());
            }
            _ => {}
        }
        kind
    }

    /// Counts what holds for so many datums of the pipeline together.
    pub(super) fn add_of_all(&mut self, reason: Reason, datums: usize) {
        self.found.insert(vec![Kind::of(&reason)], Found { reasons: vec![(reason, 0, "")], datums });
    }

    /// What went wrong comes before what is waited for, and that before what is merely not done yet.
    pub(super) fn ranked(self) -> Vec<Cause> {
        let rank = |cause: &Cause| match cause.reason {
            Reason::Failed { .. }
            | Reason::Edited
            | Reason::Recorded { .. }
            | Reason::Stray { .. }
            | Reason::InTheWay { .. }
            | Reason::Refused { .. }
            | Reason::CannotRun { .. } => 0,
            Reason::Upstream { .. } => 1,
            // No command runs for these.
            Reason::Missing => 3,
            _ => 2,
        };
        let mut causes: Vec<Cause> = self.found.into_values().filter_map(Found::cause).collect();
        causes.sort_by_key(|cause| (rank(cause), std::cmp::Reverse(cause.datums)));
        causes
    }
}

impl Found {
    fn cause(self) -> Option<Cause> {
        let mut told: Vec<String> = self.reasons.iter().take(TOLD).map(worded).collect();
        let more = self.reasons.len().saturating_sub(TOLD);
        told.extend((more > 0).then(|| format!("and {more} more")));
        let (reason, ..) = self.reasons.into_iter().next()?;
        Some(Cause { reason, datums: self.datums, sentence: told.join("; ") })
    }
}

fn worded((reason, more, bond): &(Reason, usize, &str)) -> String {
    let is_of_a_path = matches!(
        reason,
        Reason::Input { .. } | Reason::Mode { .. } | Reason::Stray { .. } | Reason::InTheWay { .. }
    );
    let has_kin = reason.is_failure() || is_of_a_path;
    if has_kin && *more > 0 {
        return format!("{} (and {more} more {bond})", reason.sentence());
    }
    reason.sentence()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, old: Option<&str>) -> Reason {
        let (old, new) = (old.map(str::to_owned), Some("git:2".to_owned()));
        Reason::Input { name: "in".into(), path: path.into(), old, new }
    }

    fn code() -> Reason {
        Reason::Code { path: "code/a.sh".into(), old: None, new: None }
    }

    fn told(datums: &[Vec<Reason>]) -> Vec<(usize, String)> {
        let mut causes = Causes::default();
        for reasons in datums {
            causes.add(reasons.clone());
        }
        causes.ranked().into_iter().map(|cause| (cause.datums, cause.sentence)).collect()
    }

    #[test]
    fn what_is_only_put_in_place_comes_after_what_is_to_be_computed() {
        let told = told(&[vec![Reason::Missing], vec![Reason::Missing], vec![code()]]);
        assert_eq!(told.iter().map(|(datums, _)| *datums).collect::<Vec<_>>(), [1, 2], "{told:?}");
    }

    #[test]
    fn a_datum_is_counted_once_whatever_its_reasons() {
        let datums = [
            vec![input("raw/a", Some("git:1")), code()],
            vec![input("raw/b", Some("git:1")), input("raw/c", Some("git:1")), code()],
            vec![code()],
            vec![Reason::New],
        ];
        let told = told(&datums);
        assert_eq!(told.iter().map(|(datums, _)| datums).sum::<usize>(), datums.len());
        let both = "`raw/a` changed (and 2 more alike); `code/a.sh` became part of the code";
        assert!(told.contains(&(2, both.into())), "{told:?}");
        assert!(told.contains(&(1, "`code/a.sh` became part of the code".into())), "{told:?}");
    }

    #[test]
    fn failures_that_say_something_else_are_told_apart_up_to_a_number() {
        let failed = |message: &str| vec![Reason::Failed { message: message.into(), is_cut_since: false }];
        let few = ["exit code 1: sub-1 is cut off", "exit code 1: sub-20 is cut off", "exit code 1: no room"];
        let few = told(&few.map(failed));
        assert_eq!(few.len(), 2, "{few:?}");
        assert!(few[0].0 == 2 && few[0].1.ends_with("sub-1 is cut off (and 1 more alike)"), "{few:?}");
        let word = |at: usize| format!("a{}", "b".repeat(at));
        let many = told(&(0..30).map(|at| failed(&word(at))).collect::<Vec<_>>());
        assert_eq!(many.iter().map(|(datums, _)| datums).sum::<usize>(), 30);
        assert_eq!(many.len(), APART + 1);
        assert!(many[0].0 == 10 && many[0].1.ends_with("(and 9 more that failed otherwise)"), "{many:?}");
    }

    #[test]
    fn what_waits_only_waits() {
        let waits = Reason::Upstream { pipelines: vec!["summary".into()] };
        let told = told(&[vec![waits, input("summary", Some("git:1"))], vec![Reason::Edited]]);
        let edited = "its files were changed by hand and match no known result";
        assert_eq!(told, [(1, edited.to_owned()), (1, "waits for `summary`".to_owned())]);
    }

    #[test]
    fn of_many_reasons_a_few_are_told() {
        let field = |name: &str| Reason::Field { field: name.into(), old: None, new: None };
        let told = told(&[["cmd", "env", "image", "stdin", "view"].map(field).to_vec()]);
        assert!(told[0].1.ends_with("`image` changed in the spec; and 2 more"), "{told:?}");
    }
}
