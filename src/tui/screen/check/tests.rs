//! What the screen of findings does and shows, without a project.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::model::Span;
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

const SPEC: &str = "input:\n  pfs:\n    repo: raw/t3\n    glob: /*\n";

fn facts() -> Facts {
    let span = Span { start: 24, end: 30, line: 3, column: 11 };
    let warning =
        Finding::new("MP213", "merge-driver", Severity::Warning, "no merge driver").help("add:\n  x");
    let error = Finding::new("MP104", "missing-repo", Severity::Error, "input repo `raw/t3` does not exist")
        .at("fs/spec.yml", Some(span))
        .label("did you mean `raw/t2`?")
        .note("there is `raw/t1`");
    let mut facts = fixture::facts();
    let snapshot = Snapshot { findings: vec![warning, error], ..(*facts.snapshot).clone() };
    facts.snapshot = Arc::new(snapshot);
    facts
}

fn drawn(check: &Check, facts: &Facts, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let theme = Theme { is_ascii: width == 60, ..Theme::default() };
    let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, width, height), theme);
    check.draw(facts, &mut pen, &mut Seen::default());
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n";
    (0..height).map(line).collect()
}

fn act(check: &mut Check, facts: &Facts, action: Action) -> String {
    format!("{:?}", check.act(facts, action, &Seen { rows: 9, ..Seen::default() }))
}

#[test]
fn the_worst_comes_first_and_is_drawn_with_its_source() {
    let facts = facts();
    let mut check = Check::default();
    let asked = format!("{:?}", check.came(&facts));
    assert!(asked.contains("Source(\"fs/spec.yml\")"), "{asked}");
    assert!(check.refresh(&facts).is_empty(), "asked twice");
    check.take(&facts, &Answer::Source("fs/spec.yml".into(), Some(SPEC.into())));
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let text = drawn(&check, &facts, width, height);
        let lines: Vec<&str> = text.lines().collect();
        let first = if height <= 20 { 1 } else { 2 };
        assert!(first == 1 || lines[1].contains("rule   where          finding"), "{text}");
        assert!(lines[first].contains("MP104  fs/spec.yml:3  input repo `raw/t3`"), "{text}");
        assert!(
            lines[first + 1].contains("! MP213") && lines[first + 1].contains("no merge driver"),
            "{text}"
        );
        let marked = lines.iter().position(|line| line.contains("^^^^^^ did you mean `raw/t2`?"));
        let marked = marked.unwrap_or_else(|| panic!("no mark:\n{text}"));
        let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
        assert_eq!(column(lines[marked], "^"), column(lines[marked - 1], "raw/t3"), "{text}");
        assert!(text.contains("note: there is `raw/t1`"), "{text}");
    }
    assert!(drawn(&check, &facts, 60, 16).is_ascii());
}

#[test]
fn keys_open_explain_and_copy_what_is_under_the_cursor() {
    let facts = facts();
    let mut check = Check::default();
    assert!(act(&mut check, &facts, Action::Open).contains("Edit(\"fs/spec.yml\", 3)"));
    assert!(act(&mut check, &facts, Action::Copy).contains("Copy(\"fs/spec.yml:3\")"));
    assert!(act(&mut check, &facts, Action::Why).contains("note: there is `raw/t1`"));
    act(&mut check, &facts, Action::Down);
    assert!(check.off(&facts, Action::Edit).is_some(), "it is about no file");
    let why = act(&mut check, &facts, Action::Why);
    assert!(why.contains("help: add:") && why.contains("help:   x"), "{why}");
}

#[test]
fn a_filter_keeps_what_holds_its_words_and_goes_with_back() {
    let facts = facts();
    let mut check = Check { filter: "WARNING merge".into(), ..Check::default() };
    assert_eq!(check.shown(&facts).iter().map(|finding| finding.code).collect::<Vec<_>>(), ["MP213"]);
    check.filter = "zzz".into();
    assert!(drawn(&check, &facts, 80, 20).contains("nothing matches the filter"));
    assert!(check.back(&facts, &Seen::default()) && !check.back(&facts, &Seen::default()));
    assert_eq!(check.shown(&facts).len(), 2);
}

#[test]
fn emptiness_is_good_news_and_no_size_is_too_small() {
    let check = Check::default();
    assert!(drawn(&check, &fixture::facts(), 80, 20).contains("nothing is wrong with specs and layout"));
    for (width, height) in [(1, 1), (3, 2), (9, 12), (40, 5), (2, 30)] {
        drawn(&check, &facts(), width, height);
    }
}

#[test]
fn what_is_put_aside_stands_last_is_not_counted_and_errors_never_are() {
    let mut facts = facts();
    let mut check = Check::default();
    assert!(check.off(&facts, Action::Dismiss).is_some(), "an error is under the cursor");
    act(&mut check, &facts, Action::Down);
    let effect = check.act(&facts, Action::Dismiss, &Seen::default()).remove(0);
    let Effect::Dismiss(name) = effect else { panic!("{effect:?}") };
    facts.dismissed.insert(name);
    assert_eq!(facts.findings(), 1);
    let text = drawn(&check, &facts, 80, 20);
    assert!(text.contains("1 put aside") && text.contains("○ MP213"), "{text}");
}

#[test]
fn all_that_is_mended_safely_is_asked_about_at_once() {
    let mut facts = facts();
    let mut check = Check::default();
    assert!(check.off(&facts, Action::FixAll).is_some());
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.findings[0].fix = Some(Fix::safe("x", Vec::new()));
    facts.snapshot = Arc::new(snapshot);
    assert_eq!(check.off(&facts, Action::FixAll), None);
    let asked = check.act(&facts, Action::FixAll, &Seen::default());
    assert!(matches!(&asked[..], [Effect::AskFixes(fixes)] if fixes.len() == 1), "{asked:?}");
}

#[test]
fn enter_on_failures_leads_to_what_failed() {
    let mut facts = facts();
    let failed = Finding::new("MP503", "failed-datums", Severity::Error, "1 datum of `fs` failed")
        .at("fs/spec.yml", None);
    let snapshot = Snapshot { findings: vec![failed], ..(*facts.snapshot).clone() };
    facts.snapshot = Arc::new(snapshot.clone());
    let mut check = Check::default();
    let told = act(&mut check, &facts, Action::Open);
    assert!(told.contains("OpenDatum(\"fs\", \"sub-2\")"), "{told}");
    assert!(act(&mut check, &facts, Action::Edit).contains("Edit(\"fs/spec.yml\", 1)"));
    let stale = Finding::new("MP501", "stale-datums", Severity::Warning, "1 datum is stale in `fs`");
    let findings = vec![stale.at("fs/spec.yml", None)];
    facts.snapshot = Arc::new(Snapshot { findings, ..snapshot.clone() });
    assert!(act(&mut check, &facts, Action::Open).contains("OpenDatum(\"fs\", \"sub-3\")"));
    let mut nodes = snapshot.nodes.clone();
    let both = [("a", DatumState::Failed, "x"), ("b", DatumState::Failed, "x")];
    nodes[2] = fixture::pipeline("fs", vec![0, 1], &both);
    facts.snapshot = Arc::new(Snapshot { nodes, ..snapshot });
    assert!(act(&mut check, &facts, Action::Open).contains("OpenPipeline(\"fs\")"));
}

#[test]
fn on_a_low_screen_what_the_list_leaves_is_of_the_finding_and_what_is_cut_is_a_key_away() {
    let mut facts = facts();
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.findings[1].notes = (0..4).map(|at| format!("the note number {at}")).collect();
    facts.snapshot = Arc::new(snapshot.clone());
    let mut check = Check::default();
    check.take(&facts, &Answer::Source("fs/spec.yml".into(), Some(SPEC.into())));
    let shown = drawn(&check, &facts, 60, 16);
    assert!(shown.contains("number 3") && !shown.contains("z shows all"), "{shown}");
    snapshot.findings[1].notes.extend((4..10).map(|at| format!("the note number {at}")));
    facts.snapshot = Arc::new(snapshot);
    let shown = drawn(&check, &facts, 60, 16);
    assert!(!shown.contains("number 9") && shown.contains("z shows all of it"), "{shown}");
    act(&mut check, &facts, Action::Zoom);
    let shown = drawn(&check, &facts, 60, 16);
    assert!(shown.contains("number 9") && !shown.contains("z shows all"), "{shown}");
}
