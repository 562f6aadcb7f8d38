//! Folders of pipelines: opened and closed, and what keys do to all that is in one.

use std::collections::BTreeSet;

use crate::model::{DatumState, show};
use crate::run::{Request, count};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, World};
use crate::tui::facts::Facts;
use crate::tui::request::request;

use super::rows::{Folder, folders_of};
use super::{Home, Mode};

/// So many pipelines of a folder are told one by one.
const TOLD: usize = 12;

impl Home {
    /// Opens or closes the folder under the cursor, or the one that holds what is; none of them turns it over.
    pub(super) fn fold(&mut self, facts: &Facts, is_open: Option<bool>, height: usize) -> Vec<Effect> {
        let Some(row) = self.row(facts) else { return Vec::new() };
        let path = row.path(facts).to_owned();
        let (folder, is_open) = match (row.folder(), is_open) {
            (Some(folder), None) => (path, !folder.is_open),
            (Some(folder), Some(is_open)) if is_open || folder.is_open => (path, is_open),
            (None, Some(true)) => return vec![Effect::Say("no folder is under the cursor".into())],
            _ => match folders_of(&path).filter(|above| self.open.contains(*above)).last() {
                Some(above) => (above.to_owned(), false),
                None => return vec![Effect::Say("no folder is open around this".into())],
            },
        };
        if is_open {
            self.open.insert(folder.clone());
        } else {
            self.open.remove(&folder);
        }
        self.go_to(&folder, facts, height);
        Vec::new()
    }

    /// How pipelines are shown and which folders are open, to be remembered.
    pub(in crate::tui) fn looks(&self) -> (Mode, BTreeSet<String>) {
        (self.graph.mode, self.open.clone())
    }

    /// Shows pipelines as they were shown before.
    pub(in crate::tui) fn look_like(&mut self, mode: Mode, open: BTreeSet<String>) {
        (self.graph.mode, self.open) = (mode, open);
    }
}

/// Why an action on a folder can do nothing; `None` if it can.
pub(super) fn off(folder: &Folder, facts: &Facts, action: Action) -> Option<String> {
    let is_data = folder.pipelines(facts).next().is_none();
    match action {
        Action::Log | Action::AllLogs => Some("put the cursor on a pipeline in it".into()),
        Action::Edit => Some(format!("`{}` is a folder, it has no spec; Enter opens it", show(&folder.path))),
        Action::Rerun if is_data => Some(format!("`{}` holds data, no pipelines", show(&folder.path))),
        _ => None,
    }
}

/// Does an action on all that is in a folder.
pub(super) fn act(folder: &Folder, facts: &Facts, action: Action) -> Vec<Effect> {
    vec![match action {
        Action::Rerun => Effect::AskRun(request(&names(folder, facts))),
        Action::RerunDownstream => match downstream(folder, facts) {
            Some(request) => Effect::AskRun(request),
            None => Effect::Say(format!("nothing reads `{}`", show(&folder.path))),
        },
        Action::Why => Effect::Explain(format!("Why · {}", show(&folder.path)), explained(folder, facts)),
        Action::Copy => Effect::World(World::Copy(folder.path.clone())),
        Action::New => Effect::AskNew(String::new()),
        _ => return Vec::new(),
    }]
}

fn names<'a>(folder: &'a Folder, facts: &'a Facts) -> Vec<&'a str> {
    folder.pipelines(facts).map(|node| node.name.as_str()).collect()
}

/// Its pipelines and what reads them; of data, only what reads it.
fn downstream(folder: &Folder, facts: &Facts) -> Option<Request> {
    let own = names(folder, facts);
    if !own.is_empty() {
        return Some(Request { downstream: true, ..request(&own) });
    }
    let below: BTreeSet<usize> = folder.nodes.iter().flat_map(|at| facts.snapshot.downstream(*at)).collect();
    let below: Vec<&str> = below.into_iter().map(|at| facts.snapshot.nodes[at].name.as_str()).collect();
    (!below.is_empty()).then(|| request(&below))
}

/// Which of its pipelines are not done, and why in a few words.
fn explained(folder: &Folder, facts: &Facts) -> Vec<String> {
    let pipelines = folder.pipelines(facts).count();
    if pipelines == 0 {
        let files: usize = folder.nodes.iter().filter_map(|at| facts.snapshot.nodes[*at].files).sum();
        let folders = count(folder.nodes.len(), "folder");
        return vec![format!("{folders} of data with {}; minipach never writes there", count(files, "file"))];
    }
    let is_open = |at: &&usize| {
        let word = facts.node_state(**at).word();
        facts.snapshot.nodes[**at].is_pipeline() && word != DatumState::Done.word()
    };
    let open: Vec<usize> = folder.nodes.iter().filter(is_open).copied().collect();
    if open.is_empty() {
        return vec![format!("all of its {} are done: a run would do nothing", count(pipelines, "pipeline"))];
    }
    let mut lines = vec![format!("{} of {} are not done:", open.len(), count(pipelines, "pipeline"))];
    lines.extend(open.iter().take(TOLD).map(|at| line(facts, *at)));
    let more = open.len().saturating_sub(TOLD);
    lines.extend((more > 0).then(|| format!("  and {more} more")));
    lines
}

/// `  fs: failed; 3 failed, 12 done; cut off`.
fn line(facts: &Facts, at: usize) -> String {
    let node = &facts.snapshot.nodes[at];
    let state = facts.node_state(at).word().replace('_', " ");
    let why = node.error.iter().chain(node.causes.first().map(|cause| &cause.sentence)).next();
    let why = why.map(|why| format!(": {}", show(why))).unwrap_or_default();
    format!("  {}: {state}, {}{why}", show(&node.name), crate::tui::twin::counted(&facts.counts(at)))
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::facts;
    use super::super::{Screen as _, Seen};
    use super::*;

    fn told(home: &Home, facts: &Facts) -> Vec<String> {
        home.rows(facts).iter().map(|row| row.path(facts).to_owned()).collect()
    }

    fn home(facts: &Facts) -> (Home, Seen) {
        let mut home = Home::default();
        home.graph.mode = Mode::Tree;
        home.refresh(facts);
        (home, Seen { rows: 20, ..Seen::default() })
    }

    #[test]
    fn keys_open_and_close_folders_and_the_cursor_stays_with_what_it_was_on() {
        let facts = facts();
        let (mut home, seen) = home(&facts);
        assert_eq!(
            (told(&home, &facts), home.spot(&facts)),
            (vec!["raw".into(), "prep".into(), "fs".into()], Some("prep".into()))
        );
        home.act(&facts, Action::Downstream, &seen);
        assert_eq!(told(&home, &facts)[1..5], ["prep", "prep/x", "prep/fix", "prep/last"]);
        (0..3).for_each(|_| drop(home.act(&facts, Action::Down, &seen)));
        assert_eq!(home.spot(&facts).as_deref(), Some("prep/last"));
        home.act(&facts, Action::Upstream, &seen);
        assert_eq!((told(&home, &facts).len(), home.spot(&facts).as_deref()), (3, Some("prep")));
        home.act(&facts, Action::Open, &seen);
        assert_eq!(told(&home, &facts).len(), 6);
        // A pipeline in a closed folder is that folder.
        home.act(&facts, Action::Open, &seen);
        home.go_to("prep/x/one", &facts, 20);
        assert_eq!(home.spot(&facts).as_deref(), Some("prep"));
        home.act(&facts, Action::FailedOnly, &seen);
        assert!(told(&home, &facts).contains(&"prep/x/two".into()), "{:?}", told(&home, &facts));
    }

    #[test]
    fn what_is_asked_of_a_folder_is_asked_of_all_in_it() {
        let facts = facts();
        let (mut home, seen) = home(&facts);
        let targets = |effects: Vec<Effect>| match effects.as_slice() {
            [Effect::AskRun(request)] => (request.targets.clone(), request.downstream),
            other => panic!("{other:?}"),
        };
        let all = ["prep/x/one", "prep/x/two", "prep/fix", "prep/last"].map(str::to_owned).to_vec();
        assert_eq!(targets(home.act(&facts, Action::Rerun, &seen)), (all.clone(), false));
        assert_eq!(targets(home.act(&facts, Action::RerunDownstream, &seen)), (all, true));
        match home.act(&facts, Action::Why, &seen).as_slice() {
            [Effect::Explain(_, lines)] => {
                assert_eq!(lines[0], "2 of 4 pipelines are not done:");
                assert!(lines[1].starts_with("  prep/x/two: failed, 1 failed"), "{lines:?}");
            }
            other => panic!("{other:?}"),
        }
        assert!(home.off(&facts, Action::Edit).is_some());
        home.act(&facts, Action::First, &seen);
        assert!(home.off(&facts, Action::Rerun).is_some_and(|why| why.contains("holds data")));
        assert_eq!(targets(home.act(&facts, Action::RerunDownstream, &seen)).0.len(), 5);
    }
}
