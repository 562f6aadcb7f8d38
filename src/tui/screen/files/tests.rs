//! Tests of the tree of files.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::app::{FileChange, FileState, Reader};
use crate::model::DatumState;
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

fn files() -> Files {
    let edited = FileState::Changed(FileChange::Changed);
    let list = [
        ("README.md", FileState::Clean),
        ("raw/t1/sub-1", FileState::Absent),
        ("raw/t1/sub-2\u{1b}", edited),
    ];
    let files = list.map(|(path, state)| (path.into(), state)).into();
    let told = ("raw/t1/sub-2\u{1b}".into(), edited, "fs: 1 datum to run; then stats".into());
    let found = FileList { files, changes: vec![told], ..FileList::default() };
    let mut files = Files { is_used: true, ..Files::default() };
    files.take(&fixture::facts(), &Answer::Files(Arc::new(found)));
    files
}

fn drawn(files: &Files, width: u16, height: u16) -> String {
    drawn_at(files, &fixture::facts(), width, height)
}

fn drawn_at(files: &Files, facts: &Facts, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, area, Theme::default());
    files.draw(facts, &mut pen, &mut Seen::default());
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_changed_is_open_and_told_with_what_it_means() {
    let mut files = files();
    let (facts, seen) = (fixture::facts(), Seen { rows: 9, ..Seen::default() });
    let asked = files.act(&facts, Action::Last, &seen);
    assert!(
        matches!(&asked[..], [Effect::World(World::Query(Query::Path(path)))] if path.starts_with("raw/t1/sub-2"))
    );
    let reader =
        Reader { pipeline: "fs".into(), key: "sub-2".into(), input: "t1".into(), state: DatumState::Stale };
    let view = PathView { readers: vec![reader], ..PathView::default() };
    let known = FileFacts { view: Some(view), maker: None, use_of: None };
    files.take(&facts, &Answer::Path("raw/t1/sub-2\u{1b}".into(), Box::new(known)));
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let shown = drawn(&files, width, height);
        let told = ["Files 3", "▾ t1", "↓ sub-1", "absent", "~ sub-2", "edited", "feeds fs: sub-2 (stale)"];
        assert!(told.iter().all(|text| shown.contains(text)), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert!(width < 70 || shown.contains("→ fs: 1 datum to run"), "{shown}");
    }
}

#[test]
fn folders_are_closed_from_inside_and_files_are_edited() {
    let (mut files, facts, seen) = (files(), fixture::facts(), Seen { rows: 9, ..Seen::default() });
    files.act(&facts, Action::Last, &seen);
    assert!(matches!(
        files.act(&facts, Action::Open, &seen)[..],
        [Effect::OpenLog(LogSource { file: Some(_), .. })]
    ));
    files.act(&facts, Action::Upstream, &seen);
    assert_eq!(files.current().map(|row| row.path.as_str()), Some("raw/t1"));
    assert!(files.off(&facts, Action::Edit).is_some());
    files.act(&facts, Action::Upstream, &seen);
    assert_eq!(files.current().map(|row| row.path.as_str()), Some("raw"));
    files.act(&facts, Action::Open, &seen);
    assert_eq!(files.rows.len(), 3, "raw is open, raw/t1 is not");
    files.filter = "sub-1".into();
    files.refresh(&facts);
    assert_eq!(files.rows.len(), 1);
    assert!(files.back(&facts, &seen) && files.rows.len() == 3);
}

#[test]
fn what_a_filter_leaves_under_the_cursor_is_asked_for() {
    let (mut files, facts) = (files(), fixture::facts());
    files.of = Some(Arc::clone(&facts.snapshot));
    let asked = |effects: &[Effect]| match effects {
        [Effect::World(World::Query(Query::Path(path)))] => Some(path.clone()),
        _ => None,
    };
    files.filter = "sub-1".into();
    assert_eq!(asked(&files.refresh(&facts)).as_deref(), Some("raw/t1/sub-1"));
    assert_eq!(asked(&files.refresh(&facts)), None, "each is asked once");
    files.filter = "raw".into();
    files.refresh(&facts);
    let spot = "raw/t1/sub-2\u{1b}";
    assert_eq!(asked(&files.return_to(&facts, spot)).as_deref(), Some(spot));
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let (mut files, facts) = (files(), fixture::facts());
    let new = FileState::Changed(FileChange::New);
    let change = |at| (format!("raw/x{at}"), new, "fs: 1 datum to run".to_owned());
    let list = FileList { changes: (0..11).map(change).collect(), ..FileList::default() };
    files.take(&facts, &Answer::Files(Arc::new(list)));
    let shown = drawn(&files, 120, 24);
    let told = shown.matches("raw/x").count();
    assert!(told > 1 && shown.contains(&format!("… and {} more", 11 - told)), "{shown}");
}

#[test]
fn what_is_gone_names_whose_results_it_was_part_of() {
    let lost =
        Reader { pipeline: "fs".into(), key: "sub-2".into(), input: "t1".into(), state: DatumState::Stale };
    let view = PathView {
        formerly: vec!["stats:sub-1".into()],
        lost: vec![lost],
        is_gone: true,
        ..PathView::default()
    };
    let lines = told(&FileFacts { view: Some(view), maker: None, use_of: None });
    assert_eq!(lines, ["stats:sub-1 was made of it, and goes", "was read by fs: sub-2 (stale)"]);
    let edited = PathView { result: Some(DatumState::Edited), ..PathView::default() };
    let lines = told(&FileFacts { view: Some(edited), maker: Some(("fs".into(), "a".into())), use_of: None });
    assert!(lines[0] == "made by fs:a" && lines[1].contains("edited by hand"), "{lines:?}");
    let folder = PathView { folder_of: Some(("fs".into(), 3, 1)), ..PathView::default() };
    let lines = told(&FileFacts { view: Some(folder), maker: None, use_of: None });
    assert_eq!(lines, ["the folder of the pipeline fs: 1 of 3 datums done"]);
}

#[test]
fn of_a_spec_with_errors_it_is_told_that_it_has_them() {
    let (mut files, mut facts, seen) = (files(), fixture::facts(), Seen { rows: 9, ..Seen::default() });
    files.act(&facts, Action::Last, &seen);
    let path = files.current().map(|row| row.path.clone()).expect("a row");
    files.take(&facts, &Answer::Path(path.clone(), Box::default()));
    let why = |files: &mut Files, facts: &Facts| format!("{:?}", files.act(facts, Action::Why, &seen));
    assert!(why(&mut files, &facts).contains("no pipeline uses it"));
    let mut snapshot = (*facts.snapshot).clone();
    let error = crate::model::Severity::Error;
    snapshot.findings =
        vec![crate::model::Finding::new("MP101", "x", error, "unknown field `imput`").at(path, None)];
    facts.snapshot = Arc::new(snapshot);
    let told = why(&mut files, &facts);
    assert!(
        told.contains("1 error, so no pipeline comes of it") && told.contains("unknown field `imput`"),
        "{told}"
    );
    assert!(!told.contains("no pipeline uses it"), "{told}");
}

#[test]
fn a_result_is_sought_among_the_files_also_before_they_are_known() {
    let facts = fixture::facts();
    let mut known = files();
    let list = known.found.clone().expect("files");
    let path =
        list.files.iter().map(|(path, _)| path.to_string()).rfind(|path| path.contains('/')).expect("one");
    let folder = path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).expect("a folder");
    known.seek(&path);
    assert_eq!(known.spot(&facts), Some(path));
    let mut unknown = Files::default();
    assert!(unknown.seek(&folder).is_empty());
    unknown.take(&facts, &Answer::Files(list));
    assert_eq!(unknown.spot(&facts).as_ref(), Some(&folder));
    assert!(unknown.rows.iter().any(|row| row.path.starts_with(&format!("{folder}/"))), "it is open");
}

#[test]
fn on_a_narrow_screen_what_changed_is_told_too() {
    let shown = drawn(&files(), 60, 16);
    assert!(
        shown.contains("Changed since the last commit 1") && shown.contains("→ fs: 1 datum to run"),
        "{shown}"
    );
    assert!(shown.contains("Files 3"), "{shown}");
}

#[test]
fn what_there_is_no_room_for_ends_in_a_mark() {
    let mut files = files();
    let meaning =
        "fs: 1 datum to run; then stats, and all that reads the table of it, so far as anyone knows";
    let mut list = (**files.found.as_ref().expect("a list")).clone();
    list.changes[0].2 = meaning.into();
    files.take(&fixture::facts(), &Answer::Files(Arc::new(list)));
    let shown = drawn(&files, 60, 16);
    let line = shown.lines().find(|line| line.contains("→ fs: 1 datum")).expect("what it means");
    assert!(line.trim_end_matches(['│', ' ']).ends_with('…'), "{line}");
    // So do the lines about the file under the cursor.
    let path = files.current().expect("a row").path.clone();
    let formerly =
        (0..3).map(|at| format!("fs:sub-{at} of a long name that takes a row of its own")).collect();
    let long = PathView { formerly, ..PathView::default() };
    let known = FileFacts { view: Some(long), maker: None, use_of: None };
    files.take(&fixture::facts(), &Answer::Path(path, Box::new(known)));
    let shown = drawn(&files, 60, 16);
    let last = shown.lines().nth(14).expect("the last row of the pane");
    assert!(last.trim_end_matches(['│', ' ']).ends_with('…'), "{shown}");
}

#[test]
fn all_changes_can_be_gone_through_where_few_have_room() {
    let (mut files, facts) = (files(), fixture::facts());
    let told = "fs: 1 datum to run; then stats, report".to_owned();
    let changes: Vec<_> = (10..40)
        .map(|at| (format!("raw/x{at}"), FileState::Changed(FileChange::New), told.clone()))
        .collect();
    let all = changes.iter().map(|(path, change, _)| (path.as_str().into(), *change));
    files.take(
        &facts,
        &Answer::Files(Arc::new(FileList { files: all.collect(), changes, ..FileList::default() })),
    );
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let shown = drawn(&files, width, height);
        assert!(shown.contains("more; Tab goes through them"), "{shown}");
        let mut files = files.clone();
        files.act(&facts, Action::NextPane, &Seen::default());
        for at in 10..40 {
            let shown = drawn(&files, width, height);
            assert_eq!(files.current().map(|row| row.path.clone()), Some(format!("raw/x{at}")));
            assert!(
                shown.contains(&format!("› + new raw/x{at}")) || shown.contains(&format!("›+ new raw/x{at}")),
                "{at}: {shown}"
            );
            files.act(&facts, Action::Down, &Seen { other_rows: 3, ..Seen::default() });
        }
        assert!(width < 120 || drawn(&files, width, height).contains("30 of 30"));
        assert!(files.back(&facts, &Seen::default()) && !files.back(&facts, &Seen::default()));
    }
}

#[test]
fn what_no_datum_reads_is_told_as_what_it_is_used_for() {
    let (mut files, facts, seen) = (files(), fixture::facts(), Seen { rows: 9, ..Seen::default() });
    files.act(&facts, Action::Last, &seen);
    let use_of = Some("`fs` uses it: its results wait until this is committed".to_owned());
    let known = FileFacts { view: Some(PathView::default()), maker: None, use_of };
    files.take(&facts, &Answer::Path("raw/t1/sub-2\u{1b}".into(), Box::new(known)));
    let why = format!("{:?}", files.act(&facts, Action::Why, &seen));
    assert!(why.contains("`fs` uses it") && !why.contains("no pipeline uses it"), "{why}");
}

#[test]
fn a_file_in_conflict_is_not_said_to_be_edited() {
    let mut files = files();
    let list = FileList {
        files: vec![("code/fs.sh".into(), FileState::Conflict)],
        changes: vec![("code/fs.sh".into(), FileState::Conflict, "a merge conflict".into())],
        ..FileList::default()
    };
    files.open.insert("code".into());
    files.take(&fixture::facts(), &Answer::Files(Arc::new(list)));
    let shown = drawn(&files, 120, 24);
    assert_eq!(shown.matches("in conflict").count(), 2, "{shown}");
    assert!(!shown.contains("edited"), "{shown}");
}

#[test]
fn a_change_is_told_with_when_it_was_made_and_how_large_the_file_is() {
    let (mut files, mut facts) = (files(), fixture::facts());
    let mut list = (**files.found.as_ref().expect("a list")).clone();
    let path = list.changes[0].0.clone();
    let day = 86_400_000;
    facts.now_ms = 20_000 * day + 7_200_000;
    for (at_ms, told) in
        [(facts.now_ms - 60_000, "01:59:00 ~ edited"), (facts.now_ms - 3 * day, "3d ago   ~ edited")]
    {
        list.written = [(path.clone(), (at_ms, 214_000_000))].into();
        files.take(&facts, &Answer::Files(Arc::new(list.clone())));
        let shown = drawn_at(&files, &facts, 120, 32);
        let line = shown.lines().find(|line| line.contains("~ edited")).expect("the change");
        assert!(line.contains(told) && line.contains("214 MB"), "{line}");
    }
}

#[test]
fn the_folder_of_minipach_is_told_as_its_own() {
    let told_of = |path: &str| {
        let view = PathView { path: path.into(), is_folder: true, ..PathView::default() };
        told(&FileFacts { view: Some(view), maker: None, use_of: None }).join("; ")
    };
    assert!(told_of(".minipach").starts_with("minipach's own"), "{}", told_of(".minipach"));
    assert_eq!(told_of("notes"), "");
}
