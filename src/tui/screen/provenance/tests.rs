//! Tests of the screen of where something comes from.

use super::*;
use crate::tui::facts::fixture;
use crate::tui::made_up_acts::traced;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn answered(found: Result<Arc<Traced>, String>) -> (Provenance, Facts) {
    let facts = fixture::facts();
    let (mut screen, effects) = Provenance::open("fs/sub-2".into(), &facts);
    assert!(
        matches!(&effects[..], [Effect::World(World::Query(Query::Provenance(_, at)))] if at == "HEAD"),
        "{effects:?}"
    );
    screen.take(&facts, &Answer::Provenance("fs/sub-2".into(), "HEAD".into(), found));
    (screen, facts)
}

fn drawn(screen: &Provenance, facts: &Facts, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    screen.draw(facts, &mut Pen::new(&mut buffer, area, Theme::default()), &mut Seen::default());
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn from_a_result_one_walks_to_what_people_brought() {
    let (mut screen, facts) = answered(Ok(traced().into()));
    let shown = drawn(&screen, &facts, 120, 30);
    for word in ["fs/sub-2 was made by fs:sub-2, Ada", "$ sh code/recon.sh", "Enter opens fs:sub-2"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let seen = Seen { rows: 20, ..Seen::default() };
    let opened = screen.act(&facts, Action::Open, &seen);
    assert!(matches!(&opened[..], [Effect::OpenDatum(_, key)] if key == "sub-2"), "{opened:?}");
    // The command belongs to what it made.
    screen.act(&facts, Action::Down, &seen);
    assert_eq!(screen.thing().map(|thing| &*thing.path), Some("fs/sub-2"));
    screen.act(&facts, Action::Down, &seen);
    assert_eq!(screen.thing().map(|thing| &*thing.path), Some("raw/t1/sub-2"));
    let opened = screen.act(&facts, Action::Open, &seen);
    assert!(
        matches!(&opened[..], [Effect::Explain(_, lines)] if lines.iter().any(|line| line.contains("cohort")))
    );
    let past = screen.act(&facts, Action::ViewAt, &seen);
    assert!(matches!(&past[..], [Effect::ViewAt(commit)] if commit.subject == "add cohort B"), "{past:?}");
}

#[test]
fn what_is_not_told_is_said() {
    let (screen, facts) = answered(Err("nothing is committed yet, so that nothing has a past".into()));
    assert!(drawn(&screen, &facts, 60, 16).contains("nothing is committed yet"));
    assert!(off::off(&screen, Action::Open).is_some() && off::off(&screen, Action::Edit).is_some());
    assert_eq!(screen.words(&facts), ["provenance", "fs/sub-2"]);
    let (asked, _) = Provenance::open("fs/sub-2".into(), &facts);
    assert!(drawn(&asked, &facts, 60, 16).contains("reading the past"));
}

#[test]
fn what_has_no_room_below_ends_in_a_sign() {
    let mut found = traced();
    found.found.commits[0].subject = "a long story of what was done and why ".repeat(9);
    let (screen, facts) = answered(Ok(found.into()));
    let cut = drawn(&screen, &facts, 60, 16);
    let last = cut.lines().rev().nth(1).expect("a row");
    assert!(!cut.contains("by Ada Lovelace <") && last.ends_with(" …│"), "{cut}");
    let (screen, facts) = answered(Ok(traced().into()));
    let whole = drawn(&screen, &facts, 60, 16);
    let last = whole.lines().rev().nth(1).expect("a row");
    assert!(whole.contains("by Ada Lovelace <") && !last.contains('…'), "{whole}");
}

#[test]
fn a_commit_of_a_subdataset_is_not_one_of_the_project() {
    let mut found = traced();
    found.found.commits[0].repository = "sub".into();
    let (screen, facts) = answered(Ok(found.into()));
    assert!(screen.off(&facts, Action::ViewAt).is_some_and(|why| why.contains("subdataset sub")));
}

#[test]
fn a_new_commit_has_it_asked_anew() {
    let (mut screen, mut facts) = answered(Ok(traced().into()));
    assert!(screen.refresh(&facts).is_empty());
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.head = "fedcba9876".into();
    facts.snapshot = snapshot.into();
    assert_eq!(screen.refresh(&facts).len(), 1);
}
