//! One datum: what it is made of, what came out, why it is in its state, and what its command said.

mod ask;
mod attempts;
mod draw;
mod moves;
mod off;
#[cfg(test)]
mod tests;
mod text;
mod twin;

use std::sync::{Arc, Weak};

use crate::app::{DatumView, InHand, Snapshot};
use crate::model::{DatumState, show};
use crate::run::Request;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, LogSource, LogText, NoLog, Query, Traced, World};
use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::request::request;
use crate::tui::screen::pipeline::order::Order;
use crate::tui::screen::pipeline::why_title;
use crate::tui::twin::Twin;

use super::{Hit, Screen, Seen};
use attempts::{Attempt, RUNNING, attempts, foremost};

/// So many lines of the end of a log are shown; the log's own screen has more.
const TAIL: usize = 500;

/// The log of an attempt that runs is read this often, in milliseconds.
const LOOK_MS: u64 = 1000;

/// A part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Why,
    Inputs,
    Outputs,
    Timing,
    Provenance,
    Log,
}

impl Pane {
    const ALL: [Self; 6] =
        [Self::Why, Self::Inputs, Self::Outputs, Self::Timing, Self::Provenance, Self::Log];
}

/// What was answered.
#[derive(Clone, Debug, Default)]
enum Known {
    /// Nothing yet.
    #[default]
    Asked,
    /// That there is no such datum.
    Gone,
    /// All of it.
    Here(Box<DatumView>),
}

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Datum {
    pipeline: String,
    key: String,
    answer: Known,
    /// The snapshot and the state for which it was asked last.
    asked: Option<(Weak<Snapshot>, DatumState)>,
    /// What a run had in its hands last, until the record of that attempt is read.
    last_hand: Option<InHand>,
    /// The attempt that was chosen; the foremost, if none was.
    chosen: Option<usize>,
    /// The log that was asked for last, and when.
    asked_log: Option<(LogSource, u64)>,
    log: Option<(LogSource, Result<LogText, NoLog>)>,
    /// Where its result comes from, as of which commit; absent before the answer.
    origin: Option<Result<Arc<Traced>, String>>,
    /// What HEAD was when that was asked for.
    asked_origin: Option<String>,
    /// Keys in the order of the table from which it was opened; by name, if it was opened from elsewhere.
    order: Option<Order>,
    /// The pane that keys go to.
    pane: Pane,
    /// How far each pane is scrolled; the log from its end.
    scroll: [usize; 6],
    is_zoomed: bool,
}

impl Datum {
    /// It among the others of the table from which it was opened.
    pub(in crate::tui) fn among(mut self, order: Option<Order>) -> Self {
        self.order = order;
        self
    }

    /// The screen of a datum, and what it wants to know.
    pub(in crate::tui) fn open(pipeline: String, key: String, facts: &Facts) -> (Self, Vec<Effect>) {
        let mut made = Self { pipeline, key, ..Self::default() };
        made.last_hand = made.hand(facts).cloned();
        let effects = made.ask(facts);
        (made, effects)
    }

    fn name(&self) -> String {
        format!("{}:{}", self.pipeline, self.key)
    }

    fn found(&self) -> Option<&DatumView> {
        match &self.answer {
            Known::Here(view) => Some(view),
            Known::Asked | Known::Gone => None,
        }
    }

    /// Its node and its row there.
    fn at(&self, facts: &Facts) -> Option<(usize, usize)> {
        let node = facts.snapshot.position(&self.pipeline)?;
        Some((node, facts.snapshot.nodes[node].table.row_of(&self.key)?))
    }

    fn state(&self, facts: &Facts) -> DatumState {
        let known = self.found().map_or(DatumState::Unknown, |view| view.state);
        self.at(facts).map_or(known, |(node, row)| facts.state(node, row))
    }

    /// Whether something stands that came from somewhere, as far as is known.
    fn has_result(&self) -> bool {
        self.found().is_none_or(|view| !view.outputs.is_empty())
    }

    /// The panes that have something to say.
    fn panes(&self) -> impl Iterator<Item = Pane> + Clone {
        let has_result = self.has_result();
        Pane::ALL.into_iter().filter(move |pane| has_result || *pane != Pane::Provenance)
    }

    /// The pane after the one that keys go to.
    fn next_pane(&self) -> Pane {
        self.panes().find(|pane| *pane as usize > self.pane as usize).unwrap_or_default()
    }

    /// The pane before it; before the first the last.
    fn previous_pane(&self) -> Pane {
        let before = self.panes().filter(|pane| (*pane as usize) < self.pane as usize).last();
        before.or_else(|| self.panes().last()).unwrap_or_default()
    }

    fn scrolled(&self, pane: Pane) -> usize {
        self.scroll[pane as usize]
    }

    fn hand<'a>(&self, facts: &'a Facts) -> Option<&'a InHand> {
        let place = (self.pipeline.clone(), self.key.clone());
        facts.run.running.get(&place).filter(|_| facts.is_live)
    }

    fn attempts(&self, facts: &Facts) -> Vec<Attempt> {
        let Some(view) = self.found() else { return Vec::new() };
        match self.hand(facts) {
            Some(hand) => attempts(view, Some(hand), RUNNING),
            None => attempts(view, self.last_hand.as_ref(), self.state(facts).word()),
        }
    }

    /// The attempt that is shown.
    fn chosen(&self, attempts: &[Attempt]) -> Option<usize> {
        let last = attempts.len().checked_sub(1)?;
        self.chosen.map(|at| at.min(last)).or_else(|| foremost(attempts))
    }

    /// The log of the attempt that is shown.
    fn source(&self, facts: &Facts) -> Option<LogSource> {
        let attempts = self.attempts(facts);
        let path = attempts.get(self.chosen(&attempts)?)?.log.clone()?;
        Some(LogSource::one(&self.pipeline, &self.key, Some(path)))
    }

    /// What was read of it.
    fn text(&self, facts: &Facts) -> Option<&Result<LogText, NoLog>> {
        let source = self.source(facts)?;
        self.log.as_ref().filter(|(read, _)| *read == source).map(|(_, text)| text)
    }

    fn run(&self, facts: &Facts, downstream: bool) -> Effect {
        let force = self.state(facts) == DatumState::Done;
        Effect::AskRun(Request { force, downstream, ..request(&[&self.name()]) })
    }

    fn explain(&self, facts: &Facts) -> Effect {
        let lines = match self.found() {
            Some(view) => text::told_over(text::why(self, facts, view)),
            None => text::lines(self, facts, Pane::Why, 80).into_iter().map(|line| line.text).collect(),
        };
        Effect::Explain(why_title(&self.pipeline, &self.key), lines)
    }

    fn open_log(&self, facts: &Facts) -> Vec<Effect> {
        let Some(source) = self.source(facts) else { return Vec::new() };
        // What runs is followed from try to try.
        let is_moving = self.chosen.is_none() && self.hand(facts).is_some();
        vec![Effect::OpenLog(if is_moving { LogSource { path: None, ..source } } else { source })]
    }
}

/// Why a datum is in its state, line by line, as its screen tells it.
pub(in crate::tui) fn cause(pipeline: &str, key: &str, view: &DatumView, facts: &Facts) -> Vec<String> {
    let datum = Datum { pipeline: pipeline.into(), key: key.into(), ..Datum::default() };
    text::told_over(text::why(&datum, facts, view))
}

/// The one file, or the folder that holds all of them.
fn together(outputs: &[(String, String)]) -> Option<String> {
    let mut paths = outputs.iter().map(|(path, _)| path.as_str());
    let first = paths.next()?.to_owned();
    let common = paths.fold(first, |common, path| {
        let mut parts = common.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).map(|(a, _)| a);
        let first = parts.next().unwrap_or(".").to_owned();
        parts.fold(first, |joined, part| format!("{joined}/{part}"))
    });
    Some(common)
}

/// The number of the log among the panes, for tests.
#[cfg(test)]
pub(in crate::tui) const LOG: usize = Pane::Log as usize;

impl Screen for Datum {
    fn place(&self) -> Place {
        Place::Datum
    }

    fn trail(&self) -> String {
        format!("{} : {}", show(&self.pipeline), show(&self.key))
    }

    fn beside(&self, facts: &Facts) -> Option<(Option<String>, Option<String>)> {
        let name = |is_next| self.neighbour(facts, is_next).map(str::to_owned);
        Some((name(false), name(true)))
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        off::off(self, facts, action)
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.scroll(action, seen) {
            return Vec::new();
        }
        match action {
            Action::NextPane => self.pane = self.next_pane(),
            Action::PreviousPane => self.pane = self.previous_pane(),
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Rerun => return vec![self.run(facts, false)],
            Action::RerunDownstream => return vec![self.run(facts, true)],
            Action::Why => return vec![self.explain(facts)],
            Action::Log | Action::Open => return self.open_log(facts),
            Action::AllLogs => return vec![Effect::OpenLog(LogSource::all(&self.pipeline))],
            Action::Compare => {
                let query = Query::Since(self.pipeline.clone(), self.key.clone());
                return vec![Effect::World(World::Query(query))];
            }
            Action::Provenance => return vec![Effect::OpenProvenance(self.name())],
            Action::Pager => return self.page(facts),
            Action::Accept => return vec![Effect::AskAccept(vec![self.name()])],
            Action::Edit => return super::edit(facts, &self.pipeline),
            Action::OpenOutput => {
                let path = self.found().and_then(|view| together(&view.outputs));
                return path.map(Effect::ShowFile).into_iter().collect();
            }
            Action::EarlierAttempt | Action::LaterAttempt => {
                return self.choose(facts, action == Action::LaterAttempt);
            }
            Action::Previous | Action::Next => return self.turn_to(facts, action == Action::Next),
            Action::Copy => return vec![Effect::World(World::Copy(self.name()))],
            Action::Enter => return vec![Effect::World(World::Enter(self.name()))],
            _ => {}
        }
        Vec::new()
    }

    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        std::mem::take(&mut self.is_zoomed)
    }

    fn point(&mut self, hit: &Hit) -> bool {
        match hit {
            Hit::Row(pane) if !self.is_zoomed => self.click(*pane),
            _ => true,
        }
    }

    fn click(&mut self, row: usize) -> bool {
        let clicked = Pane::ALL.get(row).copied().unwrap_or_default();
        // A second click opens the log; in other panes there is nothing to open.
        std::mem::replace(&mut self.pane, clicked) == Pane::Log && clicked == Pane::Log
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        if let Some(hand) = self.hand(facts) {
            self.last_hand = Some(hand.clone());
        }
        let now = (Arc::downgrade(&facts.snapshot), self.state(facts));
        let is_known =
            self.asked.as_ref().is_some_and(|(asked, state)| asked.ptr_eq(&now.0) && *state == now.1);
        let mut effects = if is_known { Vec::new() } else { self.ask(facts) };
        let is_moving = self.hand(facts).is_some();
        effects.extend(self.ask_log(facts, is_moving || !is_known));
        effects
    }

    fn tick(&mut self, facts: &Facts) -> Vec<Effect> {
        let asked = self.asked_log.as_ref().map_or(0, |(_, at)| *at);
        let is_time = facts.now_ms.saturating_sub(asked) >= LOOK_MS;
        if is_time && self.hand(facts).is_some() { self.ask_log(facts, true) } else { Vec::new() }
    }

    fn take(&mut self, facts: &Facts, answer: &Answer) -> Vec<Effect> {
        match answer {
            Answer::Datum(pipeline, key, view) if *pipeline == self.pipeline && *key == self.key => {
                self.answer = view.clone().map_or(Known::Gone, Known::Here);
                if self.pane == Pane::Provenance && !self.has_result() {
                    self.pane = Pane::default();
                }
                let mut effects = self.ask_log(facts, false);
                effects.extend(self.ask_origin(facts));
                effects
            }
            Answer::Provenance(target, _, found) if *target == self.name() => {
                self.origin = Some(found.clone());
                Vec::new()
            }
            Answer::Log(source, found)
                if self.asked_log.as_ref().is_some_and(|(asked, _)| asked == source) =>
            {
                self.log = Some((source.clone(), found.clone()));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        vec!["why".into(), self.name()]
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}
