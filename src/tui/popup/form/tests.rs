//! Tests of the form for a new pipeline.

use super::*;
use crate::app::Missing;
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn press(form: &mut Form, name: &str) -> Outcome {
    form.key(Key::parse(name).expect("a key"))
}

/// Scrolls it as it is drawn on a small screen; the keys that stand in the last line then.
fn scroll(form: &mut Form, name: &str) -> String {
    let area = Rect::new(0, 0, 60, 16);
    let size = draw(form, &mut Pen::new(&mut Buffer::empty(area), area, Theme::default()));
    assert!(form.scroll(Key::parse(name).expect("a key"), size));
    form.keys(size).into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ")
}

fn drawn(form: &Form, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(form, &mut Pen::new(&mut buffer, area, Theme::default()));
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn it_is_written_only_when_it_is_whole_and_after_a_question() {
    let mut form = Form::new("raw/t1");
    assert!(matches!(press(&mut form, "f"), Outcome::Wish(_)));
    (0..6).for_each(|_| drop(press(&mut form, "tab")));
    press(&mut form, "enter");
    assert!(matches!(press(&mut form, "y"), Outcome::Wish(_)), "nothing is known of it yet: `y` is a letter");
    press(&mut form, "backspace");
    let view = |found| DraftView {
        text: "input:\n".into(),
        found,
        remark: None,
        is_noted: true,
        repos: vec!["raw/t1".into()],
    };
    form.looked(Draft::default(), view(Ok((9, Vec::new()))));
    assert!(form.known().is_none(), "that is of another draft");
    let missing = Missing { part: Part::Repo(0), why: "there is no folder".into() };
    form.looked(form.draft(), view(Err(missing)));
    press(&mut form, "enter");
    assert_eq!((form.is_sure(), form.at), (false, 1), "it leads to what is wrong");
    (0..5).for_each(|_| drop(press(&mut form, "down")));
    form.looked(form.draft(), view(Ok((3, vec!["sub-1".into()]))));
    press(&mut form, "enter");
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let shown = drawn(&form, width, height);
        assert!(
            shown.contains("3 datums: sub-1, …")
                && shown.contains("Write f/spec.yml and its line in .gitattributes?"),
            "{shown}"
        );
    }
    assert!(matches!(press(&mut form, "enter"), Outcome::Nothing));
    press(&mut form, "n");
    assert_eq!(form.draft().name, "f", "what was typed stays");
    press(&mut form, "enter");
    assert!(matches!(press(&mut form, "y"), Outcome::Do(_)));
}

#[test]
fn folders_are_completed_and_the_question_waits_for_what_is_not_known_yet() {
    let mut form = Form::new("");
    let view = |repos: &[&str]| DraftView {
        text: "input:\n".into(),
        found: Ok((1, Vec::new())),
        remark: Some("`README.md` becomes a datum".into()),
        is_noted: false,
        repos: repos.iter().map(|repo| (*repo).to_owned()).collect(),
    };
    let all = ["raw", "raw/t1", "raw/t2", "stats"];
    form.looked(form.draft(), view(&all));
    assert!(drawn(&form, 80, 20).contains("`README.md` becomes a datum"));
    press(&mut form, "tab");
    press(&mut form, "s");
    assert!(drawn(&form, 80, 20).contains("stats"), "{}", drawn(&form, 80, 20));
    assert!(matches!(press(&mut form, "tab"), Outcome::Wish(_)));
    assert_eq!((form.draft().inputs[0].0.as_str(), form.at), ("stats", 1));
    press(&mut form, "ctrl-u");
    form.paste("raw");
    press(&mut form, "tab");
    assert_eq!((form.draft().inputs[0].0.as_str(), form.at), ("raw", 2), "it is whole as it stands");
    press(&mut form, "up");
    press(&mut form, "right");
    assert_eq!(form.draft().inputs[0].0, "raw/t1");
    (0..5).for_each(|_| drop(press(&mut form, "down")));
    press(&mut form, "enter");
    assert!(!form.is_sure(), "what it comes to is not known yet");
    form.looked(form.draft(), view(&all));
    assert!(form.is_sure());
}

#[test]
fn the_proposed_folder_is_replaced_by_typing_and_edited_after_an_arrow() {
    let typed = |keys: &[&str]| {
        let mut form = Form::new("raw/t1");
        for key in keys {
            press(&mut form, key);
        }
        form.draft().inputs[0].0.clone()
    };
    assert_eq!(typed(&["tab", "f", "s"]), "fs");
    assert_eq!(typed(&["tab", "end", "x"]), "raw/t1x");
    assert_eq!(typed(&["tab", "tab", "up", "f"]), "f");
    assert_eq!(typed(&["tab", "backspace"]), "");
    // So it is with the globs and places that it begins with.
    let text = |keys: &[&str]| {
        let mut form = Form::new("raw/t1");
        for name in keys {
            press(&mut form, name);
        }
        (form.draft().inputs[0].1.clone(), form.draft().output)
    };
    assert_eq!(text(&["tab", "tab", "/"]), ("/".into(), "/$1".into()));
    assert_eq!(text(&["tab", "tab", "end", "x"]), ("/(*)x".into(), "/$1".into()));
    assert_eq!(text(&["tab", "tab", "tab", "tab", "tab", "tab", "o"]), ("/(*)".into(), "o".into()));
    assert!(drawn(&Form::new("raw/t1"), 80, 20).contains("raw/t1"));
}

#[test]
fn the_hint_names_where_inputs_stand() {
    let mut form = Form::new("raw/t1/");
    (0..5).for_each(|_| drop(press(&mut form, "down")));
    assert!(form.hint().contains("/pfs/t1"), "{}", form.hint());
}

#[test]
fn what_was_typed_is_not_lost_by_one_key() {
    let mut form = Form::new("raw/t1");
    assert!(matches!(press(&mut form, "esc"), Outcome::Close), "nothing was typed");
    press(&mut form, "x");
    assert!(matches!(press(&mut form, "esc"), Outcome::Stay));
    assert!(drawn(&form, 60, 16).contains("y or Esc leave"), "{}", drawn(&form, 60, 16));
    assert!(matches!(press(&mut form, "n"), Outcome::Stay));
    assert_eq!(form.draft().name, "x");
    press(&mut form, "esc");
    assert!(matches!(press(&mut form.clone(), "y"), Outcome::Close));
    assert!(matches!(press(&mut form, "esc"), Outcome::Close));
}

#[test]
fn a_long_command_is_in_sight_where_it_is_typed_and_the_spec_is_scrolled() {
    let mut form = Form::new("raw/t1");
    (0..5).for_each(|_| drop(press(&mut form, "down")));
    form.paste(&format!("{} the-end", "word ".repeat(40)));
    let shown = drawn(&form, 60, 16);
    assert!(shown.contains("the-end") && shown.contains('…'), "{shown}");
    press(&mut form, "home");
    assert!(drawn(&form, 60, 16).contains("command   word word"), "{}", drawn(&form, 60, 16));
    let text = (0..9).map(|at| format!("line {at}")).collect::<Vec<_>>().join("\n");
    let view =
        DraftView { text, found: Ok((1, Vec::new())), remark: None, is_noted: false, repos: Vec::new() };
    form.looked(form.draft(), view);
    assert!(drawn(&form, 60, 16).contains("line 0") && !drawn(&form, 60, 16).contains("line 8"));
    let keys = (0..4).map(|_| scroll(&mut form, "pgdn")).last();
    assert_eq!(keys.as_deref(), Some("Enter Shift-Tab PgUp Esc"), "the end is in sight");
    assert!(drawn(&form, 60, 16).contains("line 8"), "{}", drawn(&form, 60, 16));
    let keys = (0..4).map(|_| scroll(&mut form, "pgup")).last();
    assert_eq!(keys.as_deref(), Some("Enter Shift-Tab PgDn Esc"));
    assert!(drawn(&form, 60, 16).contains("line 0"));
    assert!(form.keys((9, 9)).iter().all(|(key, _)| key != "PgDn"), "all of it is in sight");
    form.asks = Asks::Write;
    (0..4).for_each(|_| drop(scroll(&mut form, "pgdn")));
    assert!(drawn(&form, 60, 16).contains("line 8"), "also while it asks");
    (0..4).for_each(|_| drop(scroll(&mut form, "pgup")));
    assert!(drawn(&form, 60, 16).contains("line 0"));
}

#[test]
fn the_row_that_keys_go_to_is_marked_and_says_what_tab_takes() {
    let mut form = Form::new("");
    press(&mut form, "tab");
    let repos = vec!["raw/t1".to_owned(), "raw/t2".to_owned()];
    let (text, found) = ("input:\n".into(), Ok((9, Vec::new())));
    let view = DraftView { text, found, remark: None, is_noted: false, repos };
    form.looked(form.draft(), view.clone());
    let shown = drawn(&form, 80, 20);
    assert!(shown.contains("│›reads") && shown.contains("can be: raw/t1  raw/t2"), "{shown}");
    form.paste("ra");
    form.looked(form.draft(), view.clone());
    let shown = drawn(&form, 80, 20);
    assert!(shown.contains("Tab takes raw/t1; all: raw/t1  raw/t2"), "{shown}");
    form.paste("ts");
    form.looked(form.draft(), view.clone());
    assert!(drawn(&form, 80, 20).contains("no folder of data and no pipeline begins so"));
    let mut form = Form::new("raw/t2");
    press(&mut form, "tab");
    form.looked(form.draft(), view);
    let shown = drawn(&form, 80, 20);
    assert!(shown.contains("can be: raw/t1  raw/t2"), "a proposal limits nothing: {shown}");
}
