//! One screen as text or as facts: the same model and the same drawing, without a terminal.

use std::path::{Component, Path};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::action::Action;
use super::config::{Options, Source};
use super::desk::Desk;
use super::effect::{Effect, LogSource, World};
use super::message::{Msg, RunNews};
use super::perform::{act, perform};
use super::request::{self, request};
use super::state::State;
use super::told::json;
use super::update::update;
use super::view::draw;
use crate::app::{AppError, RunFollower, Snapshot, preview, provenance, quoted};
use crate::model::show as show_name;
use crate::run::now_ms;

/// Questions that lead to questions end after so many rounds.
const ROUNDS: usize = 20;

/// A screen by the words of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScreenName {
    /// All pipelines.
    Home,
    /// One pipeline.
    Pipeline(String),
    /// One datum, by pipeline and key.
    Datum(String, String),
    /// Runs.
    Jobs,
    /// Findings.
    Check,
    /// A log, by pipeline and key.
    Log(String, String),
    /// The logs of a pipeline.
    Logs(String),
    /// A file, from the project's root.
    File(String),
    /// Where a path or `PIPELINE:KEY` comes from.
    Provenance(String),
    /// Files.
    Files,
    /// Commits.
    History,
    /// The keys.
    Help,
    /// What can be found by typing.
    Palette,
    /// The question before a run: of everything, or of a pipeline or datum.
    Plan(Option<String>),
    /// The question before the last results are taken back.
    Undo,
    /// The question before a save.
    Save,
    /// The question before what is old is removed.
    Collect,
    /// The question before a run that goes into subdatasets.
    Recursive,
    /// What can run commands on this machine.
    Engines,
    /// The form for a new pipeline.
    New,
    /// What was said.
    Messages,
}

/// All that `--screen` takes.
const SCREENS: &str = "screens are home, pipeline:NAME, datum:PIPELINE:KEY, log:PIPELINE:KEY, logs:PIPELINE, jobs, files, file:PATH, check, \
                       history, provenance:PATH, provenance:PIPELINE:KEY, undo, save, gc, recursive, engines, new, help, palette, plan, plan:PIPELINE, plan:PIPELINE:KEY and messages";

impl ScreenName {
    /// Reads a screen, such as `home` or `pipeline:NAME`.
    ///
    /// # Errors
    /// When it is none; all are named.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        let datum = rest.and_then(|rest| rest.split_once(':'));
        let datum = datum.map(|(pipeline, key)| (pipeline.to_owned(), key.to_owned()));
        Ok(match (kind, rest, datum) {
            ("home", None, _) => Self::Home,
            ("jobs", None, _) => Self::Jobs,
            ("check", None, _) => Self::Check,
            ("files", None, _) => Self::Files,
            ("history", None, _) => Self::History,
            ("undo", None, _) => Self::Undo,
            ("save", None, _) => Self::Save,
            ("gc", None, _) => Self::Collect,
            ("recursive", None, _) => Self::Recursive,
            ("engines", None, _) => Self::Engines,
            ("new", None, _) => Self::New,
            ("help", None, _) => Self::Help,
            ("palette", None, _) => Self::Palette,
            ("messages", None, _) => Self::Messages,
            ("plan", target, _) => Self::Plan(target.map(str::to_owned)),
            ("pipeline", Some(name), None) => Self::Pipeline(name.into()),
            ("datum", _, Some((pipeline, key))) => Self::Datum(pipeline, key),
            ("log", _, Some((pipeline, key))) => Self::Log(pipeline, key),
            ("file", Some(path), _) => Self::File(path.into()),
            ("provenance", Some(target), _) => Self::Provenance(target.into()),
            ("logs", Some(name), None) => Self::Logs(name.into()),
            _ => return Err(SCREENS.into()),
        })
    }
}

/// The text of a screen of the project that holds `dir`, with colours unless the options say no.
///
/// # Errors
/// When there is no usable project, or no such pipeline or datum.
pub fn once(
    dir: &Path,
    options: &Options,
    screen: &ScreenName,
    size: (u16, u16),
) -> Result<String, AppError> {
    let mut state = reached(dir, options, screen)?;
    Ok(text(&picture(&mut state, size), !options.no_color))
}

/// The facts of a screen as one JSON object.
///
/// # Errors
/// The same.
pub fn once_json(
    dir: &Path,
    options: &Options,
    screen: &ScreenName,
    size: (u16, u16),
) -> Result<serde_json::Value, AppError> {
    let mut state = reached(dir, options, screen)?;
    let drawn = text(&picture(&mut state, size), false);
    Ok(json(&state, &drawn.lines().map(str::to_owned).collect::<Vec<_>>()))
}

/// The model, with a screen on top and all that it asked answered.
fn reached(dir: &Path, options: &Options, screen: &ScreenName) -> Result<State, AppError> {
    let source = Source::new(options.clone());
    let mut state = State { theme: source.bare(), ..State::default() };
    state.facts.slots = request::slots();
    state.facts.lacks_datalad = !crate::run::on_path("datalad");
    let found = Desk::with(dir, |desk| {
        feed(&mut state, desk, Msg::Setup(source.read().map(Box::new)));
        feed(&mut state, desk, Msg::Snapshot(desk.take().into()));
        if let Some(news) = news(&desk.state_dir()) {
            feed(&mut state, desk, Msg::Run(news));
        }
        let shown = is_there(desk, screen).and_then(|()| show(&mut state, screen));
        feed(&mut state, desk, Msg::Tick);
        shown
    });
    found??;
    Ok(state)
}

/// Whether there is what a screen would be about; pipelines and datums are looked for as it is opened.
///
/// # Errors
/// What there is not.
fn is_there(desk: &Desk<'_>, screen: &ScreenName) -> Result<(), AppError> {
    let root = desk.session.project.repo.root();
    match screen {
        ScreenName::Plan(Some(target)) => {
            preview(desk.session, desk.known, Some(desk.plans), &request(&[target])).map(drop)
        }
        ScreenName::Provenance(target) => provenance(root, target, "HEAD").map(drop),
        ScreenName::File(path) => is_file(root, path),
        // The refusal of its plan says what is wrong with the spec.
        ScreenName::Datum(name, _) | ScreenName::Log(name, _)
            if desk.session.project.unsound.contains_key(name) =>
        {
            preview(desk.session, desk.known, Some(desk.plans), &request(&[name])).map(drop)
        }
        _ => Ok(()),
    }
}

/// Whether a path from the root is that of a file in the project.
///
/// # Errors
/// That it leads out of it, or what stands there.
fn is_file(root: &Path, path: &str) -> Result<(), AppError> {
    let is_within = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let at = root.join(path);
    if is_within && at.is_file() {
        return Ok(());
    }
    if is_within && at.is_dir() {
        let folder = AppError::usage(format!("`{}` is a folder, not a file", show_name(path)));
        return Err(folder.hint("name a file in it: `file:FOLDER/FILE`, or take `--screen files`"));
    }
    let none = AppError::usage(format!("there is no file `{}` in the project", show_name(path)));
    Err(none.hint("its path begins at the root of the project; `--screen files` shows what is there"))
}

/// The cells of a screen.
pub(super) fn picture(state: &mut State, size: (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    // What fits on the screen is known after the first drawing.
    state.seen = draw(state, &mut buffer, area);
    draw(state, &mut buffer, area);
    buffer
}

/// Takes in a message, and the answers to all that it makes screens ask.
fn feed(state: &mut State, desk: &Desk<'_>, message: Msg) {
    let mut waiting = vec![message];
    for _ in 0..ROUNDS {
        let worlds: Vec<World> =
            waiting.drain(..).flat_map(|message| update(state, message, now_ms())).collect();
        let queries = worlds.into_iter().filter_map(|world| match world {
            World::Query(query) => Some(query),
            _ => None,
        });
        waiting = queries.filter_map(|query| desk.answer(query)).map(Msg::Answer).collect();
        if waiting.is_empty() {
            return;
        }
    }
}

/// The newest run, if there was one.
fn news(state_dir: &Path) -> Option<RunNews> {
    let mut follower = RunFollower::new(state_dir);
    let found = follower.poll().ok().filter(|found| found.is_news)?;
    let is_live = follower.is_live();
    let changes = if is_live { found.changes } else { Vec::new() };
    Some(RunNews { run: follower.progress().clone().into(), is_live, changes })
}

fn show(state: &mut State, screen: &ScreenName) -> Result<(), AppError> {
    match screen {
        ScreenName::Home => {}
        ScreenName::Jobs => act(state, Action::ShowJobs),
        ScreenName::Check => act(state, Action::ShowCheck),
        ScreenName::Files => act(state, Action::ShowFiles),
        ScreenName::History => act(state, Action::ShowHistory),
        ScreenName::Undo => act(state, Action::Undo),
        ScreenName::Save => act(state, Action::Save),
        ScreenName::Collect => act(state, Action::Collect),
        ScreenName::Recursive => act(state, Action::RerunBelow),
        ScreenName::Engines => act(state, Action::Engines),
        ScreenName::New => act(state, Action::New),
        ScreenName::Help => act(state, Action::Help),
        ScreenName::Palette => act(state, Action::Palette),
        ScreenName::Messages => act(state, Action::Messages),
        ScreenName::Plan(target) => {
            let targets: Vec<&str> = target.iter().map(String::as_str).collect();
            perform(state, Effect::AskRun(request(&targets)));
        }
        ScreenName::Log(name, key) => {
            datum(&state.facts.snapshot, name, key)?;
            perform(state, Effect::OpenLog(LogSource::one(name, key, None)));
        }
        ScreenName::Logs(name) => {
            pipeline(&state.facts.snapshot, name)?;
            perform(state, Effect::OpenLog(LogSource::all(name)));
        }
        ScreenName::File(path) => perform(state, Effect::OpenLog(LogSource::file(path))),
        ScreenName::Provenance(target) => perform(state, Effect::OpenProvenance(target.clone())),
        ScreenName::Pipeline(name) => {
            pipeline(&state.facts.snapshot, name)?;
            perform(state, Effect::OpenPipeline(name.clone()));
        }
        ScreenName::Datum(name, key) => {
            datum(&state.facts.snapshot, name, key)?;
            perform(state, Effect::OpenDatum(name.clone(), key.clone()));
        }
    }
    Ok(())
}

fn pipeline(snapshot: &Snapshot, name: &str) -> Result<usize, AppError> {
    let found = snapshot.position(name).filter(|at| snapshot.nodes[*at].is_pipeline());
    found.ok_or_else(|| {
        AppError::usage(format!("there is no pipeline `{name}`")).hint("`minipach status` lists them")
    })
}

fn datum(snapshot: &Snapshot, name: &str, key: &str) -> Result<(), AppError> {
    let at = pipeline(snapshot, name)?;
    let row = snapshot.nodes[at].table.row_of(key);
    row.map(|_| ()).ok_or_else(|| {
        AppError::usage(format!("`{name}` has no datum `{key}`"))
            .hint(format!("`minipach datums {}` lists them", quoted(name)))
    })
}

/// The lines of a buffer, without the spaces at their ends.
fn text(buffer: &Buffer, has_colour: bool) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut out = String::new();
    for row in buffer.content.chunks(width) {
        line(row, has_colour, &mut out);
        out.push('\n');
    }
    out
}

fn line(row: &[Cell], has_colour: bool, out: &mut String) {
    use unicode_width::UnicodeWidthStr as _;
    let is_seen =
        |cell: &Cell| !cell.symbol().trim().is_empty() || cell.modifier.contains(Modifier::REVERSED);
    let is_seen = |cell: &Cell| if has_colour { is_seen(cell) } else { !cell.symbol().trim().is_empty() };
    let end = row.iter().rposition(is_seen).map_or(0, |last| last + 1);
    let plain = Cell::EMPTY.style();
    let (mut before, mut covered) = (plain, 0);
    for cell in &row[..end] {
        if covered > 0 {
            covered -= 1;
            continue;
        }
        if has_colour && cell.style() != before {
            before = cell.style();
            codes(before, out);
        }
        out.push_str(cell.symbol());
        covered = cell.symbol().width().saturating_sub(1);
    }
    if before != plain {
        out.push_str("\u{1b}[0m");
    }
}

/// The escape codes of a style.
fn codes(style: Style, out: &mut String) {
    const MODIFIERS: [(Modifier, u8); 5] = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ];
    let given = MODIFIERS.iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    let mut numbers: Vec<String> =
        std::iter::once(0).chain(given.map(|(_, code)| *code)).map(|code: u8| code.to_string()).collect();
    numbers.extend(match style.fg {
        Some(Color::Rgb(red, green, blue)) => Some(format!("38;2;{red};{green};{blue}")),
        Some(Color::Indexed(number)) => Some(format!("38;5;{number}")),
        Some(colour) => named(colour).map(|code| code.to_string()),
        None => None,
    });
    for part in ["\u{1b}[", &numbers.join(";"), "m"] {
        out.push_str(part);
    }
}

/// The number of a named colour.
const fn named(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 30,
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::Gray => 37,
        Color::DarkGray => 90,
        Color::LightRed => 91,
        Color::LightGreen => 92,
        Color::LightYellow => 93,
        Color::LightBlue => 94,
        Color::LightMagenta => 95,
        Color::LightCyan => 96,
        Color::White => 97,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_have_names() {
        let datum = ScreenName::Datum("fs".into(), "a:b".into());
        for (text, screen) in [
            ("home", Some(ScreenName::Home)),
            ("pipeline:fs", Some(ScreenName::Pipeline("fs".into()))),
            ("datum:fs:a:b", Some(datum)),
            ("log:fs:a:b", Some(ScreenName::Log("fs".into(), "a:b".into()))),
            ("plan", Some(ScreenName::Plan(None))),
            ("plan:fs:a", Some(ScreenName::Plan(Some("fs:a".into())))),
            ("messages", Some(ScreenName::Messages)),
            ("logs:fs", Some(ScreenName::Logs("fs".into()))),
            ("file:raw/a:b.txt", Some(ScreenName::File("raw/a:b.txt".into()))),
            ("help", Some(ScreenName::Help)),
            ("undo", Some(ScreenName::Undo)),
            ("gc", Some(ScreenName::Collect)),
            ("engines", Some(ScreenName::Engines)),
            ("new", Some(ScreenName::New)),
            ("provenance:fs:a", Some(ScreenName::Provenance("fs:a".into()))),
            ("provenance", None),
            ("pipeline", None),
            ("home:x", None),
            ("", None),
        ] {
            assert_eq!(ScreenName::parse(text).ok(), screen, "{text}");
        }
    }

    #[test]
    fn the_command_that_lists_datums_takes_a_name_with_a_blank_as_one_word() {
        use crate::tui::facts::fixture;
        let node = fixture::pipeline("my fs", Vec::new(), &[("a", crate::model::DatumState::Done, "fine")]);
        let snapshot = Snapshot { nodes: vec![node], ..Snapshot::default() };
        let refused = datum(&snapshot, "my fs", "b").expect_err("there is no such datum");
        assert_eq!(refused.hints, ["`minipach datums 'my fs'` lists them"]);
    }

    #[test]
    fn lines_end_with_their_text_and_styles_are_codes() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        buffer.set_string(0, 0, "ok", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        buffer.set_string(2, 0, "漢x", Style::new());
        assert_eq!(text(&buffer, false), "ok漢x\n\n");
        assert_eq!(text(&buffer, true), "\u{1b}[0;1;31mok\u{1b}[0m漢x\n\n");
    }
}
