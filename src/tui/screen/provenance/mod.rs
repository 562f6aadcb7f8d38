//! Where something comes from: what made it of what, step by step, back to what people brought.

mod draw;
mod off;
#[cfg(test)]
mod tests;
mod twin;

use std::sync::Arc;

use crate::app::{Commit, CommitView, Step, Thing, ToldLine};
use crate::model::show;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, Query, Traced, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;
use crate::tui::words::age;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Provenance {
    /// What it is about: a path, or `PIPELINE:KEY`.
    target: String,
    /// The commit in which it stands, as git takes it.
    at: String,
    list: List,
    /// What was found; absent before the answer.
    found: Option<Result<Arc<Traced>, String>>,
    /// What HEAD was when it was asked for.
    asked: String,
}

impl Provenance {
    /// The screen of where something comes from, and what it wants to know.
    pub(in crate::tui) fn open(target: String, facts: &Facts) -> (Self, Vec<Effect>) {
        let at = if facts.is_past { facts.snapshot.head.clone() } else { "HEAD".into() };
        let mut made = Self { target, at, ..Self::default() };
        let effects = made.ask(facts);
        (made, effects)
    }

    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        self.asked.clone_from(&facts.snapshot.head);
        vec![Effect::World(World::Query(Query::Provenance(self.target.clone(), self.at.clone())))]
    }

    fn traced(&self) -> Option<&Traced> {
        self.found.as_ref()?.as_ref().ok().map(Arc::as_ref)
    }

    fn lines(&self) -> &[ToldLine] {
        self.traced().map_or(&[], |traced| &traced.lines)
    }

    /// What stands under the cursor; on a command, what it made.
    fn thing(&self) -> Option<&Thing> {
        let traced = self.traced()?;
        let mut above = traced.lines.get(..=self.list.cursor)?.iter().rev();
        let line = above.find(|line| !line.is_command())?;
        traced.found.things.get(*line.things.first()?)
    }

    /// The step that made it.
    fn step(&self) -> Option<&Step> {
        let made_by = self.thing()?.made_by.first()?;
        self.traced()?.found.steps.get(*made_by)
    }

    /// The commit that holds what was made.
    fn commit(&self) -> Option<&Commit> {
        self.traced()?.found.commits.get(self.thing()?.commit?)
    }

    /// The datum that made it, if it is one still.
    fn datum(&self, facts: &Facts) -> Option<(String, String)> {
        let step = self.step()?;
        let (pipeline, key) = (step.pipeline.clone()?, step.key.clone()?);
        let node = facts.snapshot.position(&pipeline)?;
        facts.snapshot.nodes[node].table.row_of(&key)?;
        Some((pipeline, key))
    }

    /// All that is known of what is under the cursor.
    fn told(&self, facts: &Facts) -> Vec<String> {
        let Some(thing) = self.thing() else { return Vec::new() };
        let mut lines = vec![format!("{}  {}", show(&thing.path), show(&thing.content))];
        lines.extend(thing.end.as_deref().map(show));
        if let Some(step) = self.step() {
            let name = step.pipeline.as_deref().zip(step.key.as_deref());
            lines.extend(name.map(|(pipeline, key)| format!("made by {}:{}", show(pipeline), show(key))));
            lines.extend((!step.command.is_empty()).then(|| format!("$ {}", show(step.command.trim()))));
        }
        if let Some(commit) = self.commit() {
            let at_ms = u64::try_from(commit.at).unwrap_or(0).saturating_mul(1000);
            let ago = age(facts.now_ms.saturating_sub(at_ms));
            let who = format!("{} <{}>, {ago} ago", show(&commit.author), show(&commit.email));
            lines.push(format!("commit {} “{}”", commit.id, show(&commit.subject)));
            lines.push(format!("by {who}"));
        }
        lines
    }
}

/// A commit as the list of commits has it.
fn view(commit: &Commit) -> CommitView {
    CommitView {
        id: commit.id.clone(),
        by: commit.author.clone(),
        at_ms: u64::try_from(commit.at).unwrap_or(0).saturating_mul(1000),
        subject: commit.subject.clone(),
        ..CommitView::default()
    }
}

impl Screen for Provenance {
    fn place(&self) -> Place {
        Place::Provenance
    }

    fn trail(&self) -> String {
        format!("provenance of {}", show(&self.target))
    }

    fn hint(&self, _facts: &Facts) -> Option<(String, Action)> {
        let told = |commit: &Commit| format!("the project as of {}:", commit.id.get(..7).unwrap_or(""));
        self.commit()
            .filter(|commit| commit.repository.is_empty())
            .map(|commit| (told(commit), Action::ViewAt))
    }

    fn off(&self, _facts: &Facts, action: Action) -> Option<String> {
        off::off(self, action)
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.list.act(action, self.lines().len(), seen.rows) {
            return Vec::new();
        }
        let explained = || {
            let title = self.thing().map(|thing| show(&thing.path)).unwrap_or_default();
            vec![Effect::Explain(format!("Provenance · {title}"), self.told(facts))]
        };
        match (action, self.datum(facts)) {
            (Action::Open, Some((pipeline, key))) => vec![Effect::OpenDatum(pipeline, key)],
            (Action::Open, None) | (Action::Why, _) => explained(),
            (Action::ViewAt, _) => {
                self.commit().map(|commit| Effect::ViewAt(Box::new(view(commit)))).into_iter().collect()
            }
            (Action::Copy, _) => {
                let path = self.thing().map(|thing| thing.path.clone());
                path.map(|path| Effect::World(World::Copy(path))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    /// A new commit may have made it anew.
    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let is_same = self.asked == facts.snapshot.head || facts.is_past;
        if is_same { Vec::new() } else { self.ask(facts) }
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        if let Answer::Provenance(target, at, found) = answer
            && (target, at) == (&self.target, &self.at)
        {
            self.found = Some(found.clone());
            self.list.stay_in(self.lines().len());
        }
        Vec::new()
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        let mut words = vec!["provenance".to_owned(), self.target.clone()];
        if self.at != "HEAD" {
            words.extend(["--at".to_owned(), self.at.clone()]);
        }
        words
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}
