//! What actions and effects do to the model, and what they ask of the world.

use super::action::{Action, Place, row};
use super::acts;
use super::asker;
use super::effect::{Effect, Query, World};
use super::menu;
use super::popup::form::Form;
use super::popup::question::{About, Question};
use super::popup::{Filter, Popup, Text};
use super::state::{State, Tab};
use super::theme::Role;
use super::travel;
use crate::app::{Order, command_line};
use crate::run::count;

/// Does an action, unless it is off: then it says why.
pub(super) fn act(state: &mut State, action: Action) {
    if state.is_here(action) {
        // It is what one sees already; that needs no word.
        return;
    }
    if let Some(off) = state.off(action) {
        // What left and right do is another thing on each screen: their name says nothing.
        let is_named = !matches!(action, Action::Upstream | Action::Downstream);
        let why = if is_named { format!("{}: {off}", name(state, action)) } else { off.clone() };
        return state.refuse(action, off, why);
    }
    if action != Action::CopyCommand {
        state.last_command = None;
    }
    begin(state, action);
}

/// Does an action that is on.
fn begin(state: &mut State, action: Action) {
    match action {
        Action::Cancel => perform(state, Effect::AskCancel),
        Action::EndNow => perform(state, Effect::AskEnd),
        Action::Pause => pause(state),
        Action::Own(at) => match state.own_text(at) {
            Ok(text) => state.worlds.push(World::Own(text)),
            Err(why) => state.say(why, Role::Dim),
        },
        Action::Undo => acts::ask_undo(state),
        Action::Save => acts::ask_save(state),
        Action::Collect => acts::ask_collect(state),
        Action::RerunBelow => acts::ask_below(state),
        Action::Engines => acts::tell_engines(state),
        Action::Help => state.popups.push(Popup::Finder(menu::help(state))),
        Action::Palette => state.popups.push(Popup::Finder(menu::palette(state))),
        Action::Menu => state.popups.push(Popup::Finder(menu::row(state))),
        Action::Messages => show_messages(state),
        Action::ShowPipelines => show_tab(state, Tab::Home),
        Action::ShowJobs => show_tab(state, Tab::Jobs),
        Action::ShowCheck if state.place() == Place::Check => act(state, Action::Reload),
        Action::ShowCheck => show_tab(state, Tab::Check),
        Action::ShowHistory => show_tab(state, Tab::History),
        Action::ShowFiles => show_tab(state, Tab::Files),
        Action::ViewAt if !matches!(state.place(), Place::History | Place::Provenance) => {
            show_tab(state, Tab::History);
        }
        Action::Live => leave(state),
        Action::Reload => reload(state),
        Action::Mouse => toggle_mouse(state),
        Action::Shell => state.worlds.push(World::Shell),
        Action::Suspend => state.worlds.push(World::Suspend),
        Action::Redraw => state.worlds.push(World::Redraw),
        Action::Settings => state.worlds.push(World::Settings),
        Action::Top => act(state, Action::First),
        Action::CopyCommand => {
            let command = state.command();
            perform(state, Effect::World(World::Copy(command)));
        }
        Action::Filter => type_filter(state),
        Action::Quit => quit(state),
        Action::Back => back(state),
        _ => {
            let effects = state.act(action);
            perform_all(state, effects);
        }
    }
}

/// Looks at everything anew.
fn reload(state: &mut State) {
    state.say("looking at all files again", Role::Dim);
    state.worlds.push(World::Query(Query::Reload));
}

/// What an action is called.
fn name(state: &State, action: Action) -> String {
    match action {
        Action::Own(at) => state.own.get(at).map(|own| own.name.clone()).unwrap_or_default(),
        action => row(action).name.to_owned(),
    }
}

/// Lets the run begin no commands, or begin them again: nothing is lost by either, so it is done at once.
fn pause(state: &mut State) {
    let pid = state.facts.run.pid;
    let asked = if state.facts.run.is_paused { Order::Resume } else { Order::Pause };
    state.last_command = Some(asked.command(pid));
    state.worlds.push(World::Ask(pid, asked));
    let key = state.keymap.shown(Action::Pause);
    state.say(
        match asked {
            Order::Pause => format!("paused: what runs goes on, nothing else begins; {key} lets it go on"),
            _ => format!("the run goes on; {key} pauses it again"),
        },
        Role::Plain,
    );
}

/// Puts a finding aside, or counts it again, and says how to take that back.
fn dismiss(state: &mut State, finding: String) {
    let key = state.keymap.shown(Action::Dismiss);
    let is_back = state.facts.dismissed.remove(&finding);
    if !is_back {
        state.facts.dismissed.insert(finding);
    }
    let told = if is_back {
        "it counts again".to_owned()
    } else {
        format!("put aside on this machine: it stands last now, and {key} there makes it count again")
    };
    state.say(told, Role::Plain);
}

/// One step back: what is open, then the screen, then the tab, then the commit that all is shown as of.
fn back(state: &mut State) {
    if asker::let_go(state) {
        state.say("not waited for any more", Role::Plain);
    } else if state.back() {
        refresh(state);
    } else if state.layers.pop().is_some() {
        // The screen below is on top again.
    } else if state.return_from_tab() {
        refresh(state);
    } else if state.tab != Tab::Home {
        show_tab(state, Tab::Home);
    } else if state.look.is_some() {
        leave(state);
    }
}

pub(super) fn show_tab(state: &mut State, tab: Tab) {
    (state.tab, state.layers, state.came_from) = (tab, Vec::new(), None);
    let effects = state.came();
    perform_all(state, effects);
    refresh(state);
}

/// Back from a commit to now.
fn leave(state: &mut State) {
    travel::leave(state);
    let layers = std::mem::take(&mut state.layers);
    show_tab(state, state.tab);
    state.layers = layers;
    refresh(state);
}

fn type_filter(state: &mut State) {
    let Some(text) = state.filter().cloned() else { return };
    let spot = state.spot();
    state.popups.push(Popup::Filter(Filter::new(text, spot)));
}

fn toggle_mouse(state: &mut State) {
    state.gives_mouse = !state.gives_mouse;
    state.worlds.push(World::Mouse(!state.gives_mouse));
    let told = if state.gives_mouse {
        "the mouse is the terminal's: drag to select text"
    } else {
        "the mouse moves the cursor here"
    };
    state.say(told, Role::Plain);
}

fn show_messages(state: &mut State) {
    let line = |message: &super::state::Message| {
        let (when, bad) = (super::words::moment(message.at_ms), message.role == Role::Bad);
        let mark = if bad { "  trouble: " } else { "  " };
        format!("{}{mark}{}", when.get(11..).unwrap_or(""), message.text)
    };
    let mut lines: Vec<String> = state.messages.iter().rev().map(line).collect();
    if lines.is_empty() {
        lines.push("nothing was said yet".into());
    }
    state.popups.push(Popup::Text(Text::new("Messages, newest first".into(), lines)));
}

/// Closes the topmost screen; on the last one, quits, after a question if a run was started here and lives.
fn quit(state: &mut State) {
    if state.layers.pop().is_some() {
        return;
    }
    if state.return_from_tab() {
        return refresh(state);
    }
    if state.look.is_some() {
        return leave(state);
    }
    match state.own_run.filter(|_| state.facts.is_live) {
        None => state.worlds.push(World::Quit),
        Some(pid) => state.popups.push(Popup::Question(Question::leave(pid, state.facts.stops() > 0))),
    }
}

/// A plan that is being looked at is of the project as it was: it is asked for again.
pub(super) fn plan_again(state: &mut State) {
    let Some(Popup::Question(question)) = state.popups.last() else { return };
    let query = match (&question.request, acts::query(question.about)) {
        (Some(request), _) => Query::Preview(request.clone()),
        (None, Some(query)) => query,
        (None, None) => return,
    };
    state.worlds.push(World::Query(query));
}

pub(super) fn perform_all(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        perform(state, effect);
    }
}

/// Does what a screen asks for.
pub(super) fn perform(state: &mut State, effect: Effect) {
    match effect {
        Effect::Say(text) => state.say(text, Role::Plain),
        Effect::Underway(text) => state.say_underway(text),
        Effect::Explain(title, lines) => state.popups.push(Popup::Text(Text::new(title, lines))),
        Effect::Act(action) => act(state, action),
        Effect::ViewAt(commit) => travel::begin(state, commit),
        Effect::Dismiss(finding) => {
            dismiss(state, finding);
            refresh(state);
        }
        Effect::StopAndQuit(pid) => {
            perform(state, Effect::World(World::Ask(pid, Order::Stop)));
            state.worlds.push(World::Quit);
        }
        Effect::World(world) => {
            match &world {
                World::Ask(_, Order::Stop) => state.facts.stops = state.facts.stops() + 1,
                World::Ask(_, Order::End) => state.facts.stops = 2,
                World::Query(Query::WriteDraft(draft)) => state.awaited = Some(draft.folder()),
                World::Start(words) => {
                    state.last_command = Some(command_line(words));
                    state.starting = Some(starting(words));
                    state.started();
                }
                _ => {}
            }
            state.worlds.push(world);
        }
        other => ask(state, other),
    }
}

/// What was started, in a few words.
fn starting(words: &[String]) -> String {
    let saved = words.iter().filter(|word| word.starts_with("--save-file")).count();
    match (words.first().map(String::as_str), saved) {
        (Some("run"), 0) => "the run begins …".into(),
        (Some("run"), saved) => format!("saving {}, then the run begins …", count(saved, "file")),
        (verb, _) => format!("`{}` is under way …", verb.unwrap_or_default()),
    }
}

/// Shows a file among all; Esc leads back.
fn show_file(state: &mut State, path: &str) {
    let origin = (state.tab, state.layers.clone());
    show_tab(state, Tab::Files);
    state.came_from = Some(origin);
    let effects = state.files.seek(path);
    perform_all(state, effects);
}

/// Asks what a screen wants asked; opens the screen that it wants open.
fn ask(state: &mut State, effect: Effect) {
    match effect {
        Effect::AskRun(request) => {
            state.worlds.push(World::Query(Query::Preview(request.clone())));
            state.popups.push(Popup::Question(Question::run(request)));
        }
        Effect::ShowFile(path) => show_file(state, &path),
        Effect::AskAccept(targets) => state.popups.push(Popup::Question(Question::accept(&targets))),
        Effect::Note(note) => {
            if let Some(Popup::Question(question)) = state.popups.last_mut() {
                question.note(note);
            }
        }
        Effect::AskNew(repo) => {
            let form = Form::new(&repo);
            let effect = form.ask();
            state.popups.push(Popup::Form(Box::new(form)));
            perform(state, effect);
        }
        Effect::AskFix(fix) => {
            state.popups.push(Popup::Question(Question::waiting("Mend it?", About::Fixes)));
            state.worlds.push(World::Query(Query::WouldFix(vec![fix], String::new())));
        }
        Effect::AskFixes(fixes) => {
            state.popups.push(Popup::Question(Question::waiting("Mend all that can be?", About::Fixes)));
            let command = command_line(&["check".to_owned(), "--fix".to_owned()]);
            state.worlds.push(World::Query(Query::WouldFix(fixes, command)));
        }
        Effect::AskReplay(commit) => {
            state.popups.push(Popup::Question(Question::waiting("Make these results again?", About::Replay)));
            state.worlds.push(World::Query(Query::ReplayPlan(commit)));
        }
        Effect::AskSaveLog(name, logged) => {
            state.popups.push(Popup::Question(Question::save_log(&name, &logged)));
        }
        Effect::AskCancel => {
            let question = Question::cancel(&state.facts.run, state.facts.stops());
            state.popups.push(Popup::Question(question));
        }
        Effect::AskEnd => {
            let question = Question::end(&state.facts.run, state.facts.stops());
            state.popups.push(Popup::Question(question));
        }
        other => {
            let effects = state.open(other);
            perform_all(state, effects);
        }
    }
}

/// Lets every screen ask anew what it shows.
pub(super) fn refresh(state: &mut State) {
    let effects = state.refresh();
    perform_all(state, effects);
}
