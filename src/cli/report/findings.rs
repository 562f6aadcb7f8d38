//! Draws a report of `check`: findings, those of one rule together where they are many, and a line that counts.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{count_line, draw};
use crate::app::Report;
use crate::model::{Finding, show};

/// Of a rule that was found more often than this in one severity, only the first finding is drawn.
const ALONE: usize = 5;

/// How often each rule was found, errors by themselves.
type Counts = BTreeMap<(&'static str, bool), usize>;

fn kind(finding: &Finding) -> (&'static str, bool) {
    (finding.code, finding.is_error())
}

/// Draws a report; with `shows_all` every finding.
pub(crate) fn render_report(
    report: &Report,
    source: &dyn Fn(&str) -> Option<String>,
    shows_all: bool,
) -> String {
    if report.findings.is_empty() {
        return format!("no findings{}\n", beside(report));
    }
    let mut counts = Counts::new();
    report.findings.iter().for_each(|finding| *counts.entry(kind(finding)).or_default() += 1);
    let mut told = BTreeSet::new();
    let mut drawn = Vec::new();
    for finding in &report.findings {
        if shows_all || counts[&kind(finding)] <= ALONE || told.insert(kind(finding)) {
            drawn.push(with_count(finding.clone(), &counts, shows_all));
        }
    }
    let counted = format!("{}{}\n", count_line(&report.findings), beside(report));
    draw(&drawn, source, true) + &counted + &fixes(report).unwrap_or_default()
}

/// The first of many findings of a rule says how many more there are.
fn with_count(finding: Finding, counts: &Counts, shows_all: bool) -> Finding {
    let count = counts.get(&kind(&finding)).copied().unwrap_or_default();
    if shows_all || count <= ALONE {
        return finding;
    }
    let note = format!(
        "and {} more of {}; `minipach check --select {}` shows them",
        count - 1,
        finding.name,
        finding.code
    );
    finding.note(note)
}

/// What is not shown.
fn beside(report: &Report) -> String {
    let silenced = report.silenced.len();
    let known = report.known;
    match (silenced, known) {
        (0, 0) => String::new(),
        (silenced, 0) => format!(" ({silenced} silenced)"),
        (0, known) => format!(" ({known} known to the baseline)"),
        (silenced, known) => format!(" ({silenced} silenced, {known} known to the baseline)"),
    }
}

/// What `--fix` would do.
fn fixes(report: &Report) -> Option<String> {
    let (safe, doubtful) = report.fixable();
    let of = |count: usize| if count == 1 { "1 of them".to_owned() } else { format!("{count} of them") };
    match (safe, doubtful) {
        (0, 0) => None,
        (safe, 0) => Some(format!("`minipach check --fix` mends {}\n", of(safe))),
        (0, doubtful) => Some(format!("`minipach check --unsafe-fixes` mends {}\n", show(&of(doubtful)))),
        (safe, doubtful) => {
            Some(format!("`minipach check --fix` mends {}, `--unsafe-fixes` {doubtful} more\n", of(safe)))
        }
    }
}
