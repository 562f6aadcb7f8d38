//! Tests of the screen of commits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

const NOW: u64 = 1_795_000_000_000;

fn commit(id: &str, by: &str, subject: &str, pipeline: Option<&str>, minutes: u64) -> CommitView {
    CommitView {
        id: id.repeat(5),
        by: by.into(),
        at_ms: NOW - minutes * 60_000,
        subject: subject.into(),
        pipeline: pipeline.map(str::to_owned),
        reverts: None,
    }
}

fn history() -> History {
    let mut back = commit("d00d0001", "ann", "Revert \"stats: 1 datum\"", None, 1);
    back.reverts = Some("51c0aa00".repeat(5));
    let commits = vec![
        back,
        commit("51c0aa00", "minipach", "stats: 1 datum", Some("stats"), 3),
        commit("1b77d000", "ann \u{1b}[31m", "add cohort B", None, 2 * 24 * 60 + 5),
    ];
    let mut history = History::default();
    history.take(&fixture::facts(), &Answer::Commits(Ok(Arc::new(commits))));
    history
}

fn drawn(history: &History, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, area, Theme::default());
    history.draw(&fixture::facts(), &mut pen, &mut Seen::default());
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_commit_is_a_row_with_what_it_did() {
    let mut history = history();
    history.list.cursor = 2;
    let told = Answer::Touched(history.current().expect("a commit").id.clone(), vec!["stats/  1 new".into()]);
    history.take(&fixture::facts(), &told);
    let effect = CommitEffect { made: 20, remade: 1, ..CommitEffect::default() };
    let id = history.current().expect("a commit").id.clone();
    history.take(&fixture::facts(), &Answer::Effects(BTreeMap::from([(id, effect)])));
    assert!(
        history.effects.values().flatten().count() == 1 && history.ask_effects().is_none(),
        "each is asked once"
    );
    assert!(drawn(&history, 60, 16).contains("✓20 Δ1"), "{}", drawn(&history, 60, 16));
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let shown = drawn(&history, width, height);
        assert!(["1m ago", "3m ago", "2d ago"].iter().all(|ago| shown.contains(ago)), "{shown}");
        let told = [
            "History 3",
            "now",
            "51c0aa0",
            "✓",
            "stats: 1 datum",
            "↶",
            "results of `stats`",
            "stats/  1 new",
        ];
        assert!(told.iter().all(|text| shown.contains(text)), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}

#[test]
fn what_is_to_do_now_stands_there_by_its_state() {
    let shown = drawn(&history(), 80, 20);
    let now = shown.lines().find(|line| line.contains("now")).expect("its row").to_owned();
    assert!(now.contains("✗1 ↻1"), "{now}");
}

#[test]
fn commits_are_compared_from_the_older_to_the_newer() {
    let (mut history, facts, seen) = (history(), fixture::facts(), Seen { rows: 9, ..Seen::default() });
    let ids = |effects: &[Effect]| match effects {
        [_, Effect::World(World::Query(Query::Compare(from, to)))] => {
            (from.short().to_owned(), to.as_ref().map(|to| to.short().to_owned()))
        }
        other => panic!("{other:?}"),
    };
    assert!(history.off(&facts, Action::Compare).is_some(), "now is no commit");
    history.list.cursor = 2;
    assert_eq!(ids(&history.act(&facts, Action::Compare, &seen)), ("51c0aa0".into(), None));
    history.act(&facts, Action::Select, &seen);
    history.list.cursor = 3;
    let compared = ids(&history.act(&facts, Action::Compare, &seen));
    assert_eq!(compared, ("1b77d00".into(), Some("51c0aa0".into())));
    history.list.cursor = 1;
    let compared = ids(&history.act(&facts, Action::Compare, &seen));
    assert_eq!(compared, ("51c0aa0".into(), Some("d00d000".into())));
    assert!(history.back(&facts, &seen) && history.chosen.is_none());
}

#[test]
fn enter_leads_to_a_commit_and_from_there_to_now() {
    let (mut history, facts, seen) = (history(), fixture::facts(), Seen { rows: 9, ..Seen::default() });
    assert!(matches!(history.act(&facts, Action::Open, &seen)[..], [Effect::Act(Action::Live)]));
    history.act(&facts, Action::Last, &seen);
    let effects = history.act(&facts, Action::Open, &seen);
    assert!(
        matches!(&effects[..], [Effect::ViewAt(commit)] if commit.subject == "add cohort B"),
        "{effects:?}"
    );
    history.filter = "nothing of it".into();
    assert!(drawn(&history, 80, 20).contains("nothing matches the filter"));
}

#[test]
fn nothing_is_made_again_without_what_reads_records() {
    let mut history = history();
    history.list.cursor = 2;
    let mut facts = fixture::facts();
    assert_eq!(history.off(&facts, Action::Replay), None);
    facts.lacks_datalad = true;
    assert!(
        history.off(&facts, Action::Replay).is_some_and(|why| why.contains("`datalad` is not installed"))
    );
}

#[test]
fn of_a_commit_that_was_taken_back_it_is_told_by_which() {
    let mut history = history();
    history.list.cursor = 2;
    assert!(drawn(&history, 80, 24).contains("taken back by d00d000"), "{}", drawn(&history, 80, 24));
    let why = format!("{:?}", history.act(&fixture::facts(), Action::Why, &Seen::default()));
    assert!(why.contains("taken back by d00d000"), "{why}");
    history.list.cursor = 3;
    assert!(!drawn(&history, 80, 24).contains("taken back by"));
}
