//! One frame as text: the same model and the same drawing, without a terminal.

use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::action::Action;
use super::config::{Options, Source};
use super::desk::Desk;
use super::effect::{Effect, World};
use super::message::{Msg, RunNews};
use super::state::State;
use super::update::{act, perform, update};
use super::view::draw;
use crate::app::{AppError, RunFollower, Snapshot};
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
    /// Files.
    Files,
    /// Commits.
    History,
    /// The keys.
    Help,
}

impl ScreenName {
    /// Reads `home`, `pipeline:NAME`, `datum:PIPELINE:KEY`, `jobs`, `files`, `check`, `history` or `help`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.splitn(3, ':').map(str::to_owned);
        let (kind, name, key) = (words.next().unwrap_or_default(), words.next(), words.next());
        Ok(match (kind.as_str(), name, key) {
            ("home", None, None) => Self::Home,
            ("jobs", None, None) => Self::Jobs,
            ("check", None, None) => Self::Check,
            ("files", None, None) => Self::Files,
            ("history", None, None) => Self::History,
            ("help", None, None) => Self::Help,
            ("pipeline", Some(name), None) => Self::Pipeline(name),
            ("datum", Some(pipeline), Some(key)) => Self::Datum(pipeline, key),
            _ => {
                return Err(
                    "screens are home, pipeline:NAME, datum:PIPELINE:KEY, jobs, files, check, history and help".into()
                );
            }
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
    let source = Source::new(options.clone());
    let mut state = State { theme: source.bare(), ..State::default() };
    let found = Desk::with(dir, |desk| {
        feed(&mut state, desk, Msg::Setup(source.read().map(Box::new)));
        feed(&mut state, desk, Msg::Snapshot(desk.take().into()));
        if let Some(news) = news(&desk.state_dir()) {
            feed(&mut state, desk, Msg::Run(news));
        }
        let shown = show(&mut state, screen);
        feed(&mut state, desk, Msg::Tick);
        shown
    });
    found??;
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    // What fits on the screen is known after the first drawing.
    state.seen = draw(&state, &mut buffer, area);
    draw(&state, &mut buffer, area);
    Ok(text(&buffer, !options.no_color))
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
        ScreenName::Help => act(state, Action::Help),
        ScreenName::Pipeline(name) => {
            pipeline(&state.facts.snapshot, name)?;
            perform(state, Effect::OpenPipeline(name.clone()));
        }
        ScreenName::Datum(name, key) => {
            let at = pipeline(&state.facts.snapshot, name)?;
            if state.facts.snapshot.nodes[at].table.row_of(key).is_none() {
                return Err(AppError::usage(format!("`{name}` has no datum `{key}`"))
                    .hint(format!("`minipach datums {name}` lists them")));
            }
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
            ("help", Some(ScreenName::Help)),
            ("pipeline", None),
            ("home:x", None),
            ("", None),
        ] {
            assert_eq!(ScreenName::parse(text).ok(), screen, "{text}");
        }
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
