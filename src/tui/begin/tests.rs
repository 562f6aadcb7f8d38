//! Tests of the form for a new project.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::app::{Scaffold, Surroundings};
use crate::tui::popup::form::Asks;

/// The layouts, wherever this runs and whoever runs it.
fn layouts() -> Vec<Scaffold> {
    let around = Surroundings { folder: "study".into(), ..Surroundings::default() };
    crate::scaffold::list().iter().map(|scaffold| scaffold.with_defaults(&around)).collect()
}

fn press(asked: &mut Asked, keys: &[&str]) -> Led {
    keys.iter().fold(Led::Nowhere, |_, key| asked.key(Key::parse(key).expect("a key")))
}

/// The form, with what it comes to.
fn looked(asked: &mut Asked) {
    let wish = asked.wish();
    let found = laid(Path::new("/nowhere/here"), &wish, true);
    asked.looked(wish, found.map_err(|error| error.message));
}

fn painted(asked: &Asked, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw::draw(asked, &mut Pen::new(&mut buffer, area, Theme::default()));
    buffer
}

fn drawn(asked: &Asked, (width, height): (u16, u16)) -> String {
    let buffer = painted(asked, (width, height));
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The form with a layout chosen, at a size.
pub(in crate::tui) fn picture(layout: &str, size: (u16, u16)) -> Buffer {
    let mut asked = Asked::new("study", layouts());
    press(&mut asked, &["tab"]);
    while asked.wish().scaffold != layout {
        press(&mut asked, &["right"]);
    }
    looked(&mut asked);
    painted(&asked, size)
}

#[test]
fn all_that_is_written_is_shown_first_and_y_writes_it() {
    let mut asked = Asked::new("study", layouts());
    for size in [(120, 36), (80, 24), (60, 20)] {
        assert!(drawn(&asked, size).contains("looking"));
    }
    looked(&mut asked);
    for size in [(120, 36), (80, 24), (60, 20)] {
        let shown = drawn(&asked, size);
        let told = [
            "files into /nowhere/here/study",
            "minipach new study --scaffold yoda",
            if size.1 < 24 { " more" } else { "minipach.yml" },
            "Tab next",
        ];
        assert!(told.iter().all(|text| shown.contains(text)), "{shown}");
    }
    assert_eq!(
        press(&mut asked, &["enter", "enter", "y"]),
        Led::Look(asked.wish()),
        "`y` is the project's name"
    );
    press(&mut asked, &["x", "enter", "enter", "enter", "enter", "enter"]);
    assert_eq!(asked.asks, Asks::Nothing, "it is not known yet");
    looked(&mut asked);
    assert_eq!(asked.asks, Asks::Write);
    press(
        &mut asked,
        &["n", "up", "up", "up", "up", "backspace", "backspace", "down", "down", "down", "down"],
    );
    looked(&mut asked);
    press(&mut asked, &["enter"]);
    assert!(drawn(&asked, (80, 24)).contains("and commit them?"), "{}", drawn(&asked, (80, 24)));
    assert_eq!(press(&mut asked, &["enter"]), Led::Nowhere, "Enter confirms nothing");
    let wish = asked.wish();
    assert_eq!(press(&mut asked, &["y"]), Led::Write(wish));
    asked.failed("something stands in the way".into());
    assert!(asked.asks == Asks::Nothing && drawn(&asked, (60, 20)).contains("something stands in the way"));
    assert_eq!(press(&mut asked, &["esc"]), Led::Leave, "nothing differs from what was proposed");
}

#[test]
fn what_was_typed_is_not_given_up_by_one_key() {
    let mut asked = Asked::new("study", layouts());
    press(&mut asked, &["x"]);
    assert_eq!(press(&mut asked, &["esc"]), Led::Nowhere);
    for size in [(120, 36), (80, 24), (60, 20)] {
        let shown = drawn(&asked, size);
        assert!(shown.contains("Leave, and write nothing?   y leave"), "{shown}");
    }
    press(&mut asked, &["x", "n"]);
    assert_eq!((asked.asks, asked.wish().dir.as_str()), (Asks::Nothing, "studyx"));
    assert_eq!(press(&mut asked, &["esc", "esc"]), Led::Leave);
}

#[test]
fn esc_leaves_at_once_where_nothing_was_typed() {
    let mut asked = Asked::new("study", layouts());
    assert_eq!(press(&mut asked, &["down", "down", "esc"]), Led::Leave);
}

#[test]
fn another_layout_asks_more_and_wrong_answers_are_told() {
    let mut asked = Asked::new(".", layouts());
    assert_eq!((asked.fields().len(), asked.wish().scaffold.as_str()), (7, "yoda"));
    press(&mut asked, &["tab"]);
    while asked.wish().scaffold != "freesurfer" {
        press(&mut asked, &["right"]);
    }
    press(&mut asked, &["tab", "tab", "tab", "tab", "tab", "tab", "backspace", "x"]);
    assert_eq!(asked.fields().len(), 10);
    looked(&mut asked);
    assert!(
        drawn(&asked, (80, 24)).contains("`x` does not answer `subjects`"),
        "{}",
        drawn(&asked, (80, 24))
    );
    press(&mut asked, &["backspace", "7", "tab", "space", "tab"]);
    looked(&mut asked);
    let command = "minipach new . --scaffold freesurfer --set need_t2=no --set subjects=7";
    assert_eq!(asked.wish().command(), command);
    for size in [(120, 36), (80, 24), (60, 20)] {
        let shown = drawn(&asked, size);
        assert!(shown.contains("files into /nowhere/here, as one commit"), "{shown}");
    }
    press(&mut asked, &["up", "up", "up", "up", "up", "up", "up", "up", "left"]);
    assert!(drawn(&asked, (80, 24)).contains("›layout"), "{}", drawn(&asked, (80, 24)));
    assert_ne!(asked.wish().scaffold, "freesurfer");
}

#[test]
fn what_can_be_chosen_is_listed_and_turned_by_arrows_and_letters() {
    let mut asked = Asked::new("study", layouts());
    press(&mut asked, &["tab"]);
    let led = press(&mut asked, &["f"]);
    assert!(matches!(led, Led::Look(_)) && asked.wish().scaffold.starts_with('f'), "{:?}", asked.wish());
    let before = asked.wish();
    assert_eq!(press(&mut asked, &["#"]), Led::Nowhere);
    assert!(drawn(&asked, (80, 24)).contains("`#` begins none of them; left and right choose: yoda,"));
    assert_eq!(asked.wish(), before);
    press(&mut asked, &["y", "tab", "tab", "tab"]);
    for size in [(120, 36), (80, 24), (60, 20)] {
        let shown = drawn(&asked, size);
        let shown = shown.replace(['│', '\n'], " ");
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "Under which licence? left and right choose: none, MIT, BSD-3-Clause";
        assert!(words.contains(told) && words.contains("none for now"), "{words}");
    }
    press(&mut asked, &["right", "tab", "left", "tab", "g", "g"]);
    let small = drawn(&asked, (60, 20));
    assert!(small.contains("choose: none, github, gitlab"), "{small}");
    let told = asked.wish().command();
    assert_eq!(
        told,
        "minipach new study --scaffold yoda --set ci=gitlab --set datalad=yes --set licence=MIT"
    );
}

#[test]
fn a_name_takes_the_place_of_the_proposed_folder() {
    let mut asked = Asked::new(".", layouts());
    press(&mut asked, &["s", "/", "t"]);
    assert_eq!(asked.wish().dir, "s/t");
    for path in ["../try-x", "./t", "/t", "~/t"] {
        let mut asked = Asked::new(".", layouts());
        path.split_inclusive(|_| true).for_each(|key| drop(press(&mut asked, &[key])));
        assert_eq!(asked.wish().dir, path);
        let mut asked = Asked::new(".", layouts());
        asked.paste(path);
        assert_eq!(asked.wish().dir, path, "pasted");
    }
    let mut asked = Asked::new(".", layouts());
    press(&mut asked, &["right", "/", "t"]);
    assert_eq!(asked.wish().dir, "./t", "edited");
}

#[test]
fn a_dataset_tells_of_its_second_commit() {
    let mut asked = Asked::new("study", layouts());
    let wish = asked.wish();
    let laid = Laid { dir: "/nowhere/study".into(), is_dataset: true, ..Laid::default() };
    asked.looked(wish, Ok(laid));
    for size in [(120, 36), (80, 24), (60, 20)] {
        let shown = drawn(&asked, size).replace('\n', " ");
        let words = shown.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("as one commit, then a second commit that makes it a DataLad dataset"),
            "{shown}"
        );
    }
}

#[test]
fn where_pipelines_stand_without_git_it_says_what_they_lack() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(!has_specs(folder.path(), SPEC_DEPTH));
    std::fs::create_dir_all(folder.path().join("proc/fs")).expect("a folder");
    std::fs::write(folder.path().join("proc/fs/spec.yml"), "").expect("a file");
    assert!(has_specs(folder.path(), SPEC_DEPTH));
    let mut asked = Asked::new("study", layouts());
    asked.has_specs = true;
    for size in [(120, 36), (80, 24)] {
        assert!(drawn(&asked, size).contains("no git: `git init` makes it a project"));
    }
}
