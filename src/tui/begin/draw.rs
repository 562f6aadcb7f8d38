//! Drawing the form for a new project: what is asked, and below it all that would be written.

use crate::app::Laid;
use crate::model::show;
use crate::run::count;
use crate::tui::pen::Pen;
use crate::tui::popup::form::Asks;
use crate::tui::popup::wrap;
use crate::tui::sign::Sign;
use crate::tui::theme::Role;

use super::asked::{Asked, Field, NAME, told};

/// So many rows are there for a hint.
const HINT_ROWS: usize = 2;

/// Where answers begin.
const LEFT: u16 = 11;

/// Draws all of it.
pub(super) fn draw(asked: &Asked, pen: &mut Pen<'_>) {
    pen.clear();
    let (width, height) = (pen.width(), pen.height());
    pen.say(1, 0, "minipach", Role::Title);
    let (told, role) = if asked.has_specs {
        ("pipelines stand here and no git: `git init` makes it a project", Role::Warn)
    } else {
        ("there is no project here; this lays one out", Role::Plain)
    };
    pen.say(11, 0, told, role);
    let fields = asked.fields();
    let rows = u16::try_from(fields.len()).unwrap_or(u16::MAX);
    let top = rows.saturating_add(5).min(height / 2 + 2);
    let mut inside = pen.part(0, 1, width, top);
    let mut inside = inside.frame("New project", "", Role::Focus);
    for (y, field) in (0_u16..).zip(&fields) {
        row(asked, *field, usize::from(y) == asked.at, &mut inside.part(0, y, width, 1));
    }
    let room = usize::from(inside.width().saturating_sub(2));
    let room = (room, HINT_ROWS.min(usize::from(inside.height().saturating_sub(rows + 1))));
    let hint = fields.get(asked.at).map(|field| hint(asked, *field, room)).unwrap_or_default();
    for (y, line) in (rows + 1..).zip(in_rows(&hint, room)) {
        inside.say(1, y, &line, Role::Dim);
    }
    let below = height.saturating_sub(top + 2);
    written(asked, &mut pen.part(0, top + 1, width, below));
    let keys = match (asked.is_writing, asked.asks) {
        (true, _) => "",
        (_, Asks::Write) => "y write it   n go on",
        (_, Asks::Leave) => "Leave, and write nothing?   y leave   n go on   Esc leave",
        _ if width < 70 => "Tab next   Enter at the end asks   Esc leaves",
        _ => "Tab next   Enter at the end asks   Esc leaves, nothing is written",
    };
    pen.say(1, height.saturating_sub(1), keys, Role::Key);
}

fn row(asked: &Asked, field: Field<'_>, is_at: bool, pen: &mut Pen<'_>) {
    let is_here = is_at && asked.asks == Asks::Nothing;
    let word = match field {
        Field::Dir => "folder",
        Field::Layout => "layout",
        Field::Question(question) => &question.name,
    };
    if is_here {
        pen.say(0, 0, pen.theme.sign(Sign::Cursor), Role::Focus);
    }
    pen.say(1, 0, word, if is_here { Role::Key } else { Role::Dim });
    if !asked.options(field).is_empty() {
        let value = show(asked.value(field));
        let x = if is_here {
            pen.put(LEFT, 0, &value, pen.theme.selected())
        } else {
            pen.say(LEFT, 0, &value, Role::Plain)
        };
        pen.say(x + 2, 0, &show(meaning(asked, field)), Role::Dim);
        return;
    }
    let Some(line) = asked.line(field) else { return };
    if !is_here {
        let is_name = matches!(field, Field::Question(question) if question.name == NAME);
        match line.text() {
            "" if is_name => pen.say(LEFT, 0, "as its folder", Role::Dim),
            text => pen.say(LEFT, 0, &show(text), Role::Plain),
        };
        return;
    }
    let (before, after) = line.halves();
    let x = pen.say(LEFT, 0, &show(before), Role::Plain);
    let cursor = after.chars().next().map_or(" ".to_owned(), |letter| letter.to_string());
    let x = pen.put(x, 0, &show(&cursor), pen.theme.selected());
    pen.say(x, 0, &show(after.get(cursor.len()..).unwrap_or("")), Role::Plain);
}

/// What the option that is chosen means, where its name does not say so.
fn meaning<'a>(asked: &'a Asked, field: Field<'a>) -> &'a str {
    let value = asked.value(field);
    match field {
        Field::Dir => "",
        Field::Layout => asked.scaffold().map_or("", |scaffold| &scaffold.title),
        Field::Question(question) => {
            let chosen =
                question.choices.iter().find(|choice| choice.value == value && choice.label != value);
            chosen.map_or("", |choice| &choice.label)
        }
    }
}

/// What is to be said of a field; what can be chosen comes first where `room`, columns and rows, does not take all of it.
fn hint(asked: &Asked, field: Field<'_>, room: (usize, usize)) -> String {
    if let Some(note) = &asked.note {
        return note.clone();
    }
    let text = match field {
        Field::Dir => "where the project goes; the folder is made if it is not there",
        Field::Layout => asked.scaffold().map_or("", |scaffold| &scaffold.description),
        Field::Question(question) => &question.prompt,
    };
    match (asked.options(field).as_slice(), field) {
        ([], _) => text.to_owned(),
        (options, Field::Question(_)) if has_room(&format!("{text} {}", told(options)), room) => {
            format!("{text} {}", told(options))
        }
        (options, _) => format!("{}. {text}", told(options)),
    }
}

fn has_room(hint: &str, (columns, rows): (usize, usize)) -> bool {
    wrap(hint, columns).len() <= rows
}

/// A hint in as many rows as there are for it; where it is longer, only its first sentence.
fn in_rows(hint: &str, room: (usize, usize)) -> Vec<String> {
    let first = hint.split_once(". ").filter(|_| !has_room(hint, room)).map(|(first, _)| format!("{first}."));
    let mut lines = wrap(first.as_deref().unwrap_or(hint), room.0);
    lines.truncate(room.1);
    lines
}

/// What would be written, or why it cannot be.
fn written(asked: &Asked, pen: &mut Pen<'_>) {
    let mut inside = pen.frame("This will be written", "", Role::Border);
    let room = usize::from(inside.width().saturating_sub(2));
    let (said, role) = match (asked.is_writing, &asked.trouble, asked.known()) {
        (true, ..) => ("writing".to_owned(), Role::Run),
        (_, Some(why), _) => (show(why), Role::Bad),
        (.., None) => ("looking".into(), Role::Dim),
        (.., Some(Err(why))) => (show(why), Role::Warn),
        (.., Some(Ok(laid))) if asked.asks == Asks::Write => {
            (format!("Write {} and commit them{}?", place(laid), dataset(laid)), Role::Key)
        }
        (.., Some(Ok(laid))) => (format!("{}, as one commit{}", place(laid), dataset(laid)), Role::Good),
    };
    let mut y = 0;
    let command = asked.wish().command();
    let lines = wrap(&said, room).into_iter().map(|line| (line, role));
    for (line, role) in lines.chain([(show(&command), Role::Dim)]) {
        inside.say(1, y, &line, role);
        y += 1;
    }
    let (width, height) = (inside.width(), inside.height().saturating_sub(y));
    if let Some(Ok(laid)) = asked.known() {
        files(laid, &mut inside.part(0, y, width, height));
    }
}

/// What a `DataLad` dataset has besides.
const fn dataset(laid: &Laid) -> &'static str {
    if laid.is_dataset { ", then a second commit that makes it a DataLad dataset (`.datalad/`)" } else { "" }
}

fn place(laid: &Laid) -> String {
    format!("{} into {}", count(laid.files.len(), "file"), show(&laid.dir.to_string_lossy()))
}

/// As many files as there is room for, in columns; how many more there are.
fn files(laid: &Laid, pen: &mut Pen<'_>) {
    let rows = usize::from(pen.height());
    if rows == 0 {
        return;
    }
    let shown: Vec<String> = laid.files.iter().map(|file| show(file)).collect();
    let wide = shown.iter().map(|file| file.chars().count() + 2).max().unwrap_or(1);
    let columns = (usize::from(pen.width().saturating_sub(1)) / wide).max(1);
    let all = rows * columns;
    let most = if shown.len() > all { all - columns } else { shown.len() };
    let rows_used = most.div_ceil(columns).max(1);
    for (at, file) in shown.iter().take(most).enumerate() {
        let (x, y) = (1 + at / rows_used * wide, at % rows_used);
        pen.say(
            u16::try_from(x).unwrap_or(u16::MAX),
            u16::try_from(y).unwrap_or(u16::MAX),
            file,
            Role::Plain,
        );
    }
    if most < shown.len() {
        let text = format!("and {} more", shown.len() - most);
        pen.say(1, pen.height() - 1, &text, Role::Dim);
    }
}
