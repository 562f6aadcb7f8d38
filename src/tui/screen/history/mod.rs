//! The commits of the project, what each did, and the way to the project as of any of them.

mod draw;
#[cfg(test)]
mod tests;
mod twin;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{CommitEffect, CommitView};
use crate::model::show;
use crate::run::count;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, Query, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;
use crate::tui::words::age;

use super::{Screen, Seen};

/// Of so many commits on either side of the cursor it is asked what they did.
const NEAR: usize = 40;

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct History {
    list: List,
    /// Words that a commit must hold.
    filter: String,
    /// The commits, newest first; absent before the answer.
    commits: Option<Arc<Vec<CommitView>>>,
    /// Why they cannot be read.
    wrong: Option<String>,
    /// What HEAD was when they were asked for.
    asked: Option<String>,
    /// What commits changed, by id; empty before the answer.
    touched: BTreeMap<String, Vec<String>>,
    /// What commits did, by id; none before the answer.
    effects: BTreeMap<String, Option<CommitEffect>>,
    /// The commit that others are compared with.
    chosen: Option<CommitView>,
}

/// A row: the project as it is now, or a commit.
#[derive(Clone, Copy, Debug)]
enum Row<'a> {
    Now,
    Commit(&'a CommitView),
}

impl History {
    /// The rows that are shown; now comes first.
    fn rows(&self) -> Vec<Row<'_>> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let holds = |commit: &&CommitView| {
            let text = [commit.short(), &commit.by, &commit.subject].join(" ").to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let commits = self.commits.iter().flat_map(|commits| commits.iter());
        let now = words.is_empty().then_some(Row::Now);
        now.into_iter().chain(commits.filter(holds).map(Row::Commit)).collect()
    }

    /// The row of a commit, if it is shown.
    fn place_of(&self, id: &str) -> Option<usize> {
        self.rows().iter().position(|row| matches!(row, Row::Commit(commit) if commit.id == id))
    }

    /// The commit under the cursor.
    fn current(&self) -> Option<&CommitView> {
        match self.rows().get(self.list.cursor) {
            Some(Row::Commit(commit)) => Some(commit),
            _ => None,
        }
    }

    /// Asks what the commits around the cursor did, each once.
    fn ask_effects(&mut self) -> Option<Effect> {
        let rows = self.rows();
        let near = rows.iter().skip(self.list.cursor.saturating_sub(NEAR)).take(2 * NEAR);
        let ids = near.filter_map(|row| match row {
            Row::Commit(commit) if !self.effects.contains_key(&commit.id) => Some(commit.id.clone()),
            _ => None,
        });
        let ids: Vec<String> = ids.collect();
        self.effects.extend(ids.iter().map(|id| (id.clone(), None)));
        (!ids.is_empty()).then_some(Effect::World(World::Query(Query::Effects(ids))))
    }

    /// Asks for the commits where HEAD is another, and for what the one under the cursor changed.
    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        let head = &facts.snapshot.head;
        let mut effects = Vec::new();
        if self.asked.as_ref() != Some(head) && !facts.is_remembered {
            self.asked = Some(head.clone());
            effects.push(Effect::World(World::Query(Query::Commits)));
        }
        effects.extend(self.ask_near());
        effects
    }

    /// Asks what the commit under the cursor changed, and what those around it did.
    fn ask_near(&mut self) -> Vec<Effect> {
        self.ask_touched().into_iter().chain(self.ask_effects()).collect()
    }

    fn ask_touched(&mut self) -> Option<Effect> {
        let id = self.current().map(|commit| commit.id.clone())?;
        if self.touched.contains_key(&id) {
            return None;
        }
        self.touched.insert(id.clone(), Vec::new());
        Some(Effect::World(World::Query(Query::Touched(id))))
    }

    fn choose(&mut self) -> Vec<Effect> {
        let Some(commit) = self.current().cloned() else { return Vec::new() };
        let is_same = self.chosen.as_ref().is_some_and(|chosen| chosen.id == commit.id);
        let told = if is_same {
            "compared with now again".to_owned()
        } else {
            format!("`d` on another commit shows what differs between it and {}", commit.short())
        };
        self.chosen = if is_same { None } else { Some(commit) };
        vec![Effect::Say(told)]
    }

    fn compare(&self) -> Vec<Effect> {
        let Some(commit) = self.current().cloned() else { return Vec::new() };
        let other = self.chosen.clone().filter(|chosen| chosen.id != commit.id);
        // From the older to the newer, whichever is under the cursor.
        let (from, to) = match other {
            Some(chosen) if chosen.at_ms < commit.at_ms => (chosen, Some(commit)),
            other => (commit, other),
        };
        let said = format!("laying out {} to compare", from.short());
        let query = Query::Compare(Box::new(from), to.map(Box::new));
        vec![Effect::Underway(said), Effect::World(World::Query(query))]
    }

    /// That a commit was taken back, and by which one.
    fn taken_back(&self, commit: &CommitView) -> Option<String> {
        let mut commits = self.commits.iter().flat_map(|commits| commits.iter());
        let by = commits.find(|other| other.reverts.as_ref() == Some(&commit.id))?;
        Some(format!("taken back by {}", by.short()))
    }

    fn explain(&self, commit: &CommitView, facts: &Facts) -> Effect {
        let about = format!("{} · by {} · {}", commit.id, commit.by, ago(facts, commit));
        let mut lines = vec![commit.subject.clone(), about];
        lines.push(kind(commit));
        lines.extend(self.taken_back(commit));
        lines.extend(self.touched.get(&commit.id).into_iter().flatten().cloned());
        Effect::Explain(format!("Commit {}", commit.short()), lines)
    }
}

/// How long ago a commit was made.
fn ago(facts: &Facts, commit: &CommitView) -> String {
    format!("{} ago", age(facts.now_ms.saturating_sub(commit.at_ms)))
}

/// What a commit is, in a sentence.
fn kind(commit: &CommitView) -> String {
    match (&commit.pipeline, &commit.reverts) {
        (_, Some(other)) => format!("takes back {}", other.get(..7).unwrap_or(other)),
        (Some(pipeline), None) => format!("results of `{}`, committed by minipach", show(pipeline)),
        (None, None) => "no results of a pipeline".into(),
    }
}

/// What of the project as it is now is not committed; `None` if all is.
fn unsaved(facts: &Facts) -> Option<String> {
    let edited = facts.snapshot.uncommitted.len();
    let held = facts.snapshot.nodes.iter().filter(|node| node.held.is_some()).count();
    let mut said = Vec::new();
    if edited > 0 {
        said.push(count(edited, "file"));
    }
    if held > 0 {
        said.push(format!("results of {}", count(held, "pipeline")));
    }
    let waiting = (!said.is_empty()).then(|| format!("{} not committed", said.join(" and ")));
    let all: Vec<String> = waiting.into_iter().chain(facts.edited()).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

impl Screen for History {
    fn place(&self) -> Place {
        Place::History
    }

    fn hint(&self, facts: &Facts) -> Option<(String, Action)> {
        facts.is_past.then(|| {
            ("while a commit is looked at, nothing is changed and nothing runs".into(), Action::Live)
        })
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        let needs_commit = matches!(
            action,
            Action::ViewAt
                | Action::Compare
                | Action::Select
                | Action::Why
                | Action::Copy
                | Action::Edit
                | Action::Replay
        );
        match action {
            // Back from a commit leads here.
            Action::Open if self.current().is_none() && !facts.is_past => {
                Some("this is the project as it is; a commit further down opens as it was".into())
            }
            Action::Edit => Some("a commit is not edited".into()),
            Action::Replay if self.current().is_some_and(|commit| commit.pipeline.is_none()) => {
                Some("it holds no results of a pipeline".into())
            }
            Action::Replay if facts.lacks_datalad => {
                Some("`datalad` is not installed, and it is what reads a record and runs it".into())
            }
            _ if needs_commit && self.current().is_none() => Some("there is no commit here".into()),
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        let len = self.rows().len();
        if self.list.act(action, len, seen.rows) {
            return self.ask_near();
        }
        match (action, self.current()) {
            (Action::Open | Action::ViewAt, Some(commit)) => vec![Effect::ViewAt(Box::new(commit.clone()))],
            (Action::Open, None) => vec![Effect::Act(Action::Live)],
            (Action::Why, Some(commit)) => vec![self.explain(commit, facts)],
            (Action::Copy, Some(commit)) => vec![Effect::World(World::Copy(commit.id.clone()))],
            (Action::Replay, Some(commit)) => vec![Effect::AskReplay(Box::new(commit.clone()))],
            (Action::Select, _) => self.choose(),
            (Action::Compare, _) => self.compare(),
            _ => Vec::new(),
        }
    }

    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        let had = self.chosen.is_some() || !self.filter.is_empty();
        if self.chosen.take().is_none() {
            self.filter.clear();
        }
        had
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    fn spot(&self, _facts: &Facts) -> Option<String> {
        Some(self.current().map(|commit| commit.id.clone()).unwrap_or_default())
    }

    fn return_to(&mut self, _facts: &Facts, spot: &str) -> Vec<Effect> {
        self.list.cursor = self.place_of(spot).unwrap_or_default();
        self.ask_near()
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.filter)
    }

    fn came(&mut self, facts: &Facts) -> Vec<Effect> {
        self.ask(facts)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let rows = self.rows().len();
        self.list.stay_in(rows);
        // Only who was looked at once is kept up to date.
        if self.asked.is_some() { self.ask(facts) } else { Vec::new() }
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        match answer {
            Answer::Commits(Ok(commits)) => {
                let before = self.current().map(|commit| commit.id.clone());
                (self.commits, self.wrong) = (Some(Arc::clone(commits)), None);
                let at = before.and_then(|id| self.place_of(&id));
                self.list.cursor = at.unwrap_or(self.list.cursor).min(self.rows().len().saturating_sub(1));
                self.ask_near()
            }
            Answer::Commits(Err(why)) => {
                self.wrong = Some(why.clone());
                Vec::new()
            }
            Answer::Effects(found) => {
                self.effects.extend(found.iter().map(|(id, effect)| (id.clone(), Some(*effect))));
                Vec::new()
            }
            Answer::Touched(id, lines) => {
                self.touched.insert(id.clone(), lines.clone());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        ["--once", "--screen", "history"].map(str::to_owned).into()
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}
