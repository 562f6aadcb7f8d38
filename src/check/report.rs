//! `Report`: what was found, what was silenced, and what is known already.

use super::baseline::Baseline;
use super::comments::{Comment, read};
use super::ground::Ground;
use super::mend::fix_of;
use super::registry::all;
use super::row::{Look, Row};
use super::rules::{crlf_script, unused_ignore};
use super::select::{Selection, unknown_in};
use super::text::Text;
use crate::model::{CheckConfig, Finding, Severity};

/// What `check` found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings, by place.
    pub findings: Vec<Finding>,
    /// Those that a comment or the project silences.
    pub silenced: Vec<Silenced>,
    /// So many more are known to the baseline.
    pub known: usize,
}

/// A finding that somebody silenced.
#[derive(Clone, Debug)]
pub struct Silenced {
    /// The finding.
    pub finding: Finding,
    /// Why, if a comment says so.
    pub reason: Option<String>,
}

impl Report {
    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// How many findings `check --fix` would mend, and how many more with `--unsafe-fixes`.
    pub fn fixable(&self) -> (usize, usize) {
        let fixes = || self.findings.iter().filter_map(|finding| finding.fix.as_ref());
        (fixes().filter(|fix| fix.is_safe()).count(), fixes().filter(|fix| !fix.is_safe()).count())
    }

    /// Keeps the findings that are wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(&Finding) -> bool) {
        self.findings.retain(&is_wanted);
        self.silenced.retain(|silenced| is_wanted(&silenced.finding));
    }

    /// Takes over what another look found in all files but one, of which only this one knows what stands there.
    pub fn take_over(&mut self, mut other: Self, but: &str) {
        // What silences nothing here may silence something there.
        self.retain(|finding| finding.path == but && finding.code != unused_ignore::RULE.code);
        other.retain(|finding| finding.path != but);
        self.findings.append(&mut other.findings);
        self.silenced.append(&mut other.silenced);
        self.known = self.known.max(other.known);
        self.arrange();
    }

    /// By place, none twice.
    fn arrange(&mut self) {
        self.findings.sort_by(|a, b| {
            (&a.path, a.span, a.code, &a.message).cmp(&(&b.path, b.span, b.code, &b.message))
        });
        self.findings.dedup();
    }

    /// Takes out what a baseline knows.
    pub fn leave_out(&mut self, baseline: &Baseline) {
        let before = self.findings.len();
        baseline.keep_new(&mut self.findings);
        self.known += before - self.findings.len();
    }
}

/// Looks for everything that is selected. `told` are findings that reading and planning specs made.
pub fn check(ground: &Ground<'_>, told: Vec<Finding>, selection: &Selection, config: &CheckConfig) -> Report {
    let rows = all();
    let mut found = told;
    let projects = rows.iter().filter(|row| selection.wants(row)).filter_map(|row| match row.look {
        Look::Project(look) => Some(look),
        _ => None,
    });
    found.extend(projects.flat_map(|look| look(ground)));
    let (in_texts, comments) = look_at_texts(ground, &rows, selection);
    found.extend(in_texts);
    found.extend(unknown_in(config, "minipach.yml"));
    let mut report = silence(found, &comments, &rows, selection);
    report.findings.extend(about_comments(ground, &comments, &report, &rows, selection));
    complete(ground, &mut report.findings);
    report.arrange();
    report
}

/// What the rules about texts find, and the comments that silence rules.
fn look_at_texts(ground: &Ground<'_>, rows: &[Row], selection: &Selection) -> (Vec<Finding>, Vec<Comment>) {
    let looks: Vec<fn(&Text<'_>) -> Vec<Finding>> = rows
        .iter()
        .filter(|row| selection.wants(row))
        .filter_map(|row| match row.look {
            Look::Text(look) => Some(look),
            _ => None,
        })
        .collect();
    let wants_crlf = rows.iter().any(|row| row.rule.code == crlf_script::RULE.code && selection.wants(row));
    let (mut findings, mut comments) = (Vec::new(), Vec::new());
    for path in ground.written() {
        let Some(text) = ground.text(path) else {
            let found = ground.bytes(path).filter(|_| wants_crlf);
            findings.extend(found.and_then(|bytes| crlf_script::of_bytes(path, &bytes)));
            continue;
        };
        let text = Text { path, text: &text };
        findings.extend(looks.iter().flat_map(|look| look(&text)));
        comments.extend(read(&text));
    }
    (findings, comments)
}

/// Divides findings into those that are told and those that somebody silenced, each as bad as the project says.
fn silence(found: Vec<Finding>, comments: &[Comment], rows: &[Row], selection: &Selection) -> Report {
    let mut report = Report::default();
    for mut finding in found {
        let Some(row) = rows.iter().find(|row| row.rule.code == finding.code) else { continue };
        if !selection.wants(row) {
            continue;
        }
        finding.severity = selection.severity(row.rule).unwrap_or(finding.severity);
        let comment = comments.iter().find(|comment| comment.silences(&finding, row.rule));
        if comment.is_some() || selection.is_ignored_in(&finding.path, row.rule) {
            let reason = comment.map(|comment| comment.reason.clone());
            report.silenced.push(Silenced { finding, reason });
        } else {
            report.findings.push(finding);
        }
    }
    report
}

/// Findings about the comments themselves.
fn about_comments(
    ground: &Ground<'_>,
    comments: &[Comment],
    report: &Report,
    rows: &[Row],
    selection: &Selection,
) -> Vec<Finding> {
    let is_used = |comment: &Comment| {
        let rule = |code: &str| rows.iter().find(|row| row.rule.code == code).map(|row| row.rule);
        let mut silenced = report.silenced.iter();
        silenced.any(|silenced| {
            rule(silenced.finding.code).is_some_and(|rule| comment.silences(&silenced.finding, rule))
        })
    };
    let is_asked = |comment: &Comment| rows.iter().any(|row| selection.wants(row) && comment.names(row.rule));
    let of = |comment: &Comment| {
        let text = ground.text(&comment.path).unwrap_or_default();
        comment.findings(&text, is_used(comment), is_asked(comment))
    };
    let wanted =
        |finding: &Finding| rows.iter().any(|row| row.rule.code == finding.code && selection.wants(row));
    comments.iter().flat_map(of).filter(wanted).collect()
}

/// Gives each finding the fix that its words promise.
fn complete(ground: &Ground<'_>, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.fix.is_none() && finding.label.is_some()) {
        let text = ground.text(&finding.path);
        finding.fix = fix_of(finding, text.as_deref());
    }
}
