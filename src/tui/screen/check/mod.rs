//! What is wrong with specs and layout: a list of findings, and the one under the cursor with its source.

mod draw;
mod excerpt;
#[cfg(test)]
mod tests;
mod twin;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{Snapshot, fix_of, safe_fixes};
use crate::model::{DatumState, Finding, Fix, Severity, show};
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, Query, World};
use crate::tui::facts::{Facts, named};
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::theme::Theme;
use crate::tui::twin::Twin;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Check {
    list: List,
    /// Words that a finding must hold.
    filter: String,
    /// Texts of files by path, as they were asked for; absent before the answer, and if they are no text.
    sources: BTreeMap<String, Option<String>>,
    /// What the texts belong to.
    of: Option<Arc<Snapshot>>,
    /// Whether the finding under the cursor has the whole screen.
    is_alone: bool,
}

impl Check {
    /// Findings that are shown, worst first; those that were put aside come last.
    fn shown<'a>(&self, facts: &'a Facts) -> Vec<&'a Finding> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let holds = |finding: &&Finding| {
            let text = [finding.code, finding.name, word(finding.severity), &finding.path, &finding.message];
            let text = text.join(" ").to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut found: Vec<&Finding> = facts.snapshot.findings.iter().filter(holds).collect();
        found.sort_by_key(|finding| (facts.is_dismissed(finding), std::cmp::Reverse(finding.severity)));
        found
    }

    /// Those that are not put aside.
    fn counted<'a>(&self, facts: &'a Facts) -> impl Iterator<Item = &'a Finding> {
        self.shown(facts).into_iter().filter(|finding| !facts.is_dismissed(finding))
    }

    /// The finding under the cursor.
    fn current<'a>(&self, facts: &'a Facts) -> Option<&'a Finding> {
        self.shown(facts).get(self.list.cursor).copied()
    }

    /// The text that the finding under the cursor is about, if it is known.
    fn source(&self, finding: &Finding) -> Option<&str> {
        self.sources.get(&finding.path)?.as_deref()
    }

    /// What can be mended of a finding.
    fn fix(&self, finding: &Finding) -> Option<Fix> {
        fix_of(finding, self.source(finding))
    }

    /// Asks for the text under the cursor, once.
    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        let is_same = self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &facts.snapshot));
        if !is_same {
            self.sources.clear();
            self.of = Some(Arc::clone(&facts.snapshot));
        }
        let wanted = self.current(facts).filter(|finding| finding.span.is_some());
        let Some(path) = wanted.map(|finding| finding.path.clone()) else { return Vec::new() };
        if self.sources.contains_key(&path) {
            return Vec::new();
        }
        self.sources.insert(path.clone(), None);
        vec![Effect::World(World::Query(Query::Source(path)))]
    }
}

/// How many findings are not put aside, by their severity, the worst first: `✗1`, `!2`.
pub(in crate::tui) fn counted(facts: &Facts, theme: Theme) -> Vec<String> {
    draw::counted(facts, theme)
}

/// What a severity is called.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// `fs/spec.yml:7`; empty when it is about the project as a whole.
fn place(finding: &Finding) -> String {
    match finding.span {
        Some(span) => format!("{}:{}", finding.path, span.line),
        None => finding.path.clone(),
    }
}

/// Whether `Ctrl-F` mends it with the others.
fn is_safely_mended(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(Fix::is_safe)
}

/// Whether it is about how datums stand: the spec that it names is only where they are of.
fn is_about_datums(finding: &Finding) -> bool {
    matches!(finding.code, "MP501" | FAILED)
}

/// The rule about datums that failed.
const FAILED: &str = "MP503";

/// To the one datum that it is about; of several, to the pipeline, which lists them first.
fn to_datums(facts: &Facts, finding: &Finding) -> Vec<Effect> {
    let at = facts.snapshot.nodes.iter().position(|node| node.spec.path == finding.path);
    let Some((at, node)) = at.map(|at| (at, &facts.snapshot.nodes[at])) else {
        return vec![Effect::World(World::Edit(finding.path.clone(), 1))];
    };
    let meant = if finding.code == FAILED { DatumState::Failed } else { DatumState::Stale };
    let states = facts.states(at).iter().enumerate();
    let mut rows = states.filter(|(_, state)| **state == meant).map(|(row, _)| row);
    vec![match (rows.next(), rows.next()) {
        (Some(row), None) => Effect::OpenDatum(node.name.clone(), node.table.key(row).to_owned()),
        _ => Effect::OpenPipeline(node.name.clone()),
    }]
}

fn explain(finding: &Finding) -> Effect {
    let title = format!("{} {} · {}", word(finding.severity), finding.code, finding.name);
    let mut lines = vec![finding.message.clone()];
    let place = place(finding);
    lines.push(if place.is_empty() { "about the project as a whole".into() } else { format!("at {place}") });
    lines.extend(finding.label.clone());
    let several = |word: &str, text: &str| -> Vec<String> {
        text.lines().map(|line| format!("{word}: {line}")).collect()
    };
    lines.extend(finding.notes.iter().flat_map(|note| several("note", note)));
    lines.extend(finding.help.iter().flat_map(|help| several("help", help)));
    Effect::Explain(title, lines.iter().map(|line| show(line)).collect())
}

impl Screen for Check {
    fn place(&self) -> Place {
        Place::Check
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        let finding = self.current(facts);
        match action {
            Action::Why | Action::Copy | Action::Fix | Action::Dismiss if finding.is_none() => {
                Some("there is no finding here".into())
            }
            Action::Fix if finding.is_some_and(|finding| self.fix(finding).is_none()) => Some(
                "nothing can mend this without guessing; `w` says what helps, `e` opens the place".into(),
            ),
            Action::FixAll if !self.counted(facts).any(is_safely_mended) => {
                Some("no finding here has a safe mend; `F` mends one at a time where it can".into())
            }
            Action::Dismiss if finding.is_some_and(Finding::is_error) => {
                Some("an error keeps its pipeline from running, whoever looks".into())
            }
            Action::Open | Action::Edit => match finding {
                None => Some("there is no finding here".into()),
                Some(finding) if finding.path.is_empty() => Some("it is about no single file".into()),
                Some(_) => None,
            },
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.list.act(action, self.shown(facts).len(), seen.rows) {
            return self.ask(facts);
        }
        match (action, self.current(facts)) {
            (Action::Open, Some(finding)) if is_about_datums(finding) => to_datums(facts, finding),
            (Action::Open | Action::Edit, Some(finding)) => {
                let line = finding.span.map_or(1, |span| span.line);
                vec![Effect::World(World::Edit(finding.path.clone(), line))]
            }
            (Action::Fix, Some(finding)) => self.fix(finding).into_iter().map(Effect::AskFix).collect(),
            (Action::FixAll, _) => vec![Effect::AskFixes(safe_fixes(self.counted(facts)))],
            (Action::Dismiss, Some(finding)) => vec![Effect::Dismiss(named(finding))],
            (Action::Why, Some(finding)) => vec![explain(finding)],
            (Action::Copy, Some(finding)) => {
                let place = place(finding);
                let text = if place.is_empty() { finding.message.clone() } else { place };
                vec![Effect::World(World::Copy(text))]
            }
            (Action::Zoom, _) => {
                self.is_alone = !self.is_alone;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        let had = self.is_alone || !self.filter.is_empty();
        if self.is_alone {
            self.is_alone = false;
        } else {
            self.filter.clear();
        }
        had
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    fn spot(&self, facts: &Facts) -> Option<String> {
        self.current(facts).map(named)
    }

    fn return_to(&mut self, facts: &Facts, spot: &str) -> Vec<Effect> {
        self.list.cursor =
            self.shown(facts).iter().position(|finding| named(finding) == spot).unwrap_or_default();
        self.ask(facts)
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.filter)
    }

    fn came(&mut self, facts: &Facts) -> Vec<Effect> {
        self.ask(facts)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let shown = self.shown(facts).len();
        self.list.stay_in(shown);
        self.ask(facts)
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        if let Answer::Source(path, text) = answer
            && let Some(known) = self.sources.get_mut(path)
        {
            known.clone_from(text);
        }
        Vec::new()
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        vec!["check".into()]
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}
