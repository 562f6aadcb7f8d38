//! `update`: takes a message, changes the state and says what the world is to do. It reads no clock and no file.

use std::sync::Arc;

use ratatui::crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::action::{Action, Place, row};
use super::acts;
use super::config::Setup;
use super::effect::{Answer, Effect, Query, World};
use super::forecast::forecast;
use super::keys::Key;
use super::menu;
use super::message::{Msg, RunNews};
use super::popup::form::Form;
use super::popup::question::Question;
use super::popup::{Filter, Outcome, Popup, Text};
use super::screen::Hit;
use super::state::{State, Tab};
use super::theme::Role;
use super::travel;
use crate::app::{RunProgress, Snapshot, command_line};

/// Takes in a message that came at a time (milliseconds since the Unix epoch).
pub(super) fn update(state: &mut State, message: Msg, now_ms: u64) -> Vec<World> {
    travel::clock(state, now_ms);
    if state.begun_ms == 0 {
        state.begun_ms = now_ms;
    }
    match travel::aside(state, message) {
        Some(message) => take_work(state, message),
        None => refresh(state),
    }
    std::mem::take(&mut state.worlds)
}

/// Takes in a message, and tells the times anew if it is about work.
fn take_work(state: &mut State, message: Msg) {
    let is_about_work =
        matches!(message, Msg::Snapshot(_) | Msg::Run(_) | Msg::Tick | Msg::Answer(Answer::Usual(_)));
    take(state, message);
    if is_about_work {
        state.facts.schedule = Arc::new(forecast(&state.facts));
    }
}

fn take(state: &mut State, message: Msg) {
    match message {
        Msg::Input(event) => input(state, event),
        Msg::Loading => state.facts.begin_loading(),
        Msg::Snapshot(snapshot) => {
            (state.facts.is_loading, state.facts.is_remembered) = (false, false);
            state.facts.unread = None;
            let is_other = !Arc::ptr_eq(&snapshot, &state.facts.snapshot);
            renew(state, snapshot);
            if is_other {
                state.worlds.push(World::Query(Query::Usual));
            }
            plan_again(state);
            refresh(state);
        }
        // It stands at the bottom line until the project can be read again.
        Msg::Unread(why) => (state.facts.is_loading, state.facts.unread) = (false, Some(why)),
        Msg::Run(news) => run_news(state, news),
        Msg::Answer(answer) => answered(state, answer),
        Msg::Watch(watch) => state.facts.watch = watch,
        Msg::Setup(setup) => configured(state, setup),
        Msg::Started(pid) => state.own_run = Some(pid),
        Msg::Ended(pid, complaint) => {
            state.own_run = state.own_run.filter(|own| *own != pid);
            if let Some(complaint) = complaint {
                state.say(complaint, Role::Bad);
            }
        }
        Msg::Say(text, is_bad) => state.say(text, if is_bad { Role::Bad } else { Role::Plain }),
        Msg::Tick => {
            for effect in state.tick() {
                perform(state, effect);
            }
        }
        Msg::Stopped => state.worlds.push(World::Stopped),
        Msg::Continued => state.worlds.push(World::Retake),
        Msg::Terminate => state.worlds.push(World::Quit),
    }
}

/// Takes a snapshot; the cursor stays on what it was on.
fn renew(state: &mut State, snapshot: Arc<Snapshot>) {
    let snapshot = super::keep::keep(&state.facts.snapshot, snapshot);
    let before = state.home.current(&state.facts);
    let name = before.map(|at| state.facts.snapshot.nodes[at].name.clone());
    state.facts.renew(snapshot);
    if let Some(name) = name {
        state.home.go_to(&name, &state.facts, state.seen.rows);
    }
}

/// Takes a configuration; one with a fault leaves everything as it is.
fn configured(state: &mut State, setup: Result<Box<Setup>, String>) {
    let setup = match setup {
        Ok(setup) => setup,
        Err(why) => return state.say(why, Role::Bad),
    };
    (state.theme, state.keymap) = (setup.theme, setup.keymap);
    if let Some(is_taken) = setup.mouse.filter(|is_taken| *is_taken == state.gives_mouse) {
        state.gives_mouse = !is_taken;
        state.worlds.push(World::Mouse(is_taken));
    }
    if let Some(note) = setup.note {
        state.say(note, Role::Warn);
    }
}

fn input(state: &mut State, event: Event) {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => press(state, Key::from(key)),
        Event::Paste(text) => pasted(state, &text),
        Event::Mouse(mouse) => moused(state, mouse),
        Event::FocusGained => {
            state.is_away = false;
            state.worlds.push(World::Query(Query::Reload));
        }
        Event::FocusLost => state.is_away = true,
        _ => {}
    }
}

/// Takes a key.
pub(super) fn press(state: &mut State, key: Key) {
    if key == Key::parse("ctrl-c").unwrap_or(key) && Key::parse("ctrl-c").is_some() {
        return interrupted(state);
    }
    if let Some(outcome) = popup_key(state, key) {
        settle(state, outcome);
        return seek(state);
    }
    if let Some(action) = state.keymap.action(state.place(), key) {
        act(state, action);
    } else {
        let help = state.keymap.shown(Action::Help);
        state.say(format!("`{key}` does nothing here; {help} shows what does"), Role::Dim);
    }
}

/// Has datums looked for by what is typed into the palette.
fn seek(state: &mut State) {
    if let Some(Popup::Finder(finder)) = state.popups.last_mut()
        && let Some(text) = finder.seeks()
    {
        let snapshot = Arc::clone(&state.facts.snapshot);
        state.worlds.push(World::Query(Query::Find(snapshot, text)));
    }
}

/// Puts the cursor on a row of the screen on top, by its number from 0; one that is not there is the last.
pub(super) fn click(state: &mut State, row: usize) {
    let total = state.top().twin(&state.facts, 0).total;
    if total > 0 {
        state.click(row.min(total - 1));
    }
}

/// Searches the list that is over the screen for a text.
pub(super) fn search(state: &mut State, text: &str) {
    if let Some(Popup::Finder(finder)) = state.popups.last_mut() {
        finder.clear();
        finder.paste(text);
    }
    seek(state);
}

/// Does what stands in a row of the list that is over the screen, by its number from 0.
pub(super) fn choose(state: &mut State, at: usize) {
    let Some(Popup::Finder(finder)) = state.popups.last_mut() else { return };
    if finder.go_to(at)
        && let Some(enter) = Key::parse("enter")
    {
        press(state, enter);
    }
}

/// Sets the filter of the screen on top.
pub(super) fn filter(state: &mut State, text: &str) {
    if state.filter().is_none() {
        return state.say("nothing is filtered here", Role::Dim);
    }
    set_filter(state, text.to_owned());
}

/// Ctrl-C ends what is being typed; twice within a second it quits.
fn interrupted(state: &mut State) {
    let now = state.facts.now_ms;
    let is_second = state.ctrl_c_ms.is_some_and(|before| now.saturating_sub(before) < 1000);
    state.ctrl_c_ms = Some(now);
    if is_second {
        state.worlds.push(World::Quit);
    } else if state.popups.pop().is_none() {
        state.say("Ctrl-C once more quits; runs go on", Role::Dim);
    }
}

/// What the topmost popup makes of a key; `None` without a popup.
fn popup_key(state: &mut State, key: Key) -> Option<Outcome> {
    let place = state.place();
    Some(match state.popups.last_mut()? {
        Popup::Finder(finder) => finder.key(key),
        Popup::Question(question) => question.key(key),
        Popup::Filter(filter) => filter.key(key),
        Popup::Form(form) => form.key(key),
        Popup::Text(text) => match state.keymap.action(place, key) {
            Some(Action::Back | Action::Quit | Action::Open | Action::Why | Action::Help) => Outcome::Close,
            Some(action) => {
                text.act(action, state.seen.text);
                Outcome::Stay
            }
            None => Outcome::Stay,
        },
    })
}

fn settle(state: &mut State, outcome: Outcome) {
    match outcome {
        Outcome::Stay => {}
        Outcome::Close => drop(state.popups.pop()),
        Outcome::Do(effect) => {
            // A question that is answered, or a menu that was chosen from, is over before what it leads to begins.
            state.popups.pop();
            perform(state, effect);
        }
        Outcome::Wish(effect) => perform(state, effect),
        Outcome::Filter(text) => set_filter(state, text),
        Outcome::Filtered(text) => {
            state.popups.pop();
            set_filter(state, text);
        }
    }
}

fn set_filter(state: &mut State, text: String) {
    if let Some(filter) = state.filter() {
        *filter = text;
        refresh(state);
    }
}

/// Lets every screen ask anew what it shows.
fn refresh(state: &mut State) {
    let effects = state.refresh();
    perform_all(state, effects);
}

fn pasted(state: &mut State, text: &str) {
    match state.popups.last_mut() {
        Some(Popup::Finder(finder)) => {
            finder.paste(text);
            seek(state);
        }
        Some(Popup::Form(form)) => {
            let effect = form.paste(text);
            perform(state, effect);
        }
        Some(Popup::Filter(filter)) => {
            filter.line.insert(text);
            let text = filter.line.text().to_owned();
            set_filter(state, text);
        }
        // Pasted text is no list of commands.
        _ => state.say("pasted text is only taken where something is typed", Role::Dim),
    }
}

fn moused(state: &mut State, mouse: MouseEvent) {
    if !state.popups.is_empty() {
        return wheel(state, mouse.kind);
    }
    match mouse.kind {
        MouseEventKind::ScrollDown => (0..3).for_each(|_| act(state, Action::Down)),
        MouseEventKind::ScrollUp => (0..3).for_each(|_| act(state, Action::Up)),
        MouseEventKind::Down(MouseButton::Left) => match state.seen.hit(mouse.column, mouse.row).cloned() {
            Some(Hit::Act(action)) => act(state, action),
            Some(Hit::Row(row)) => clicked(state, row),
            None => {}
        },
        _ => {}
    }
}

/// What lies over a screen takes the wheel; clicks on what is below it mean nothing.
fn wheel(state: &mut State, kind: MouseEventKind) {
    let name = match kind {
        MouseEventKind::ScrollDown => "down",
        MouseEventKind::ScrollUp => "up",
        _ => return,
    };
    if let Some(key) = Key::parse(name)
        && let Some(outcome) = popup_key(state, key)
    {
        settle(state, outcome);
    }
}

/// A click puts the cursor on a row; on the row under the cursor it opens it.
fn clicked(state: &mut State, row: usize) {
    if state.click(row) {
        act(state, Action::Open);
    }
}

/// Does an action, unless it is off: then it says why.
pub(super) fn act(state: &mut State, action: Action) {
    if let Some(why) = state.off(action) {
        return state.say(format!("{}: {why}", row(action).name), Role::Dim);
    }
    if action != Action::CopyCommand {
        state.last_command = None;
    }
    match action {
        Action::Cancel => perform(state, Effect::AskCancel),
        Action::Undo => acts::ask_undo(state),
        Action::Save => acts::ask_save(state),
        Action::Help => state.popups.push(Popup::Finder(menu::help(state))),
        Action::Palette => state.popups.push(Popup::Finder(menu::palette(state))),
        Action::Messages => show_messages(state),
        Action::ShowPipelines => show_tab(state, Tab::Home),
        Action::ShowJobs => show_tab(state, Tab::Jobs),
        Action::ShowCheck if state.place() == Place::Check => act(state, Action::Reload),
        Action::ShowCheck => show_tab(state, Tab::Check),
        Action::ShowHistory => show_tab(state, Tab::History),
        Action::ShowFiles => show_tab(state, Tab::Files),
        Action::ViewAt if state.place() != Place::History => show_tab(state, Tab::History),
        Action::Live => leave(state),
        Action::Reload => {
            state.say("looking at all files again", Role::Dim);
            state.worlds.push(World::Query(Query::Reload));
        }
        Action::Mouse => toggle_mouse(state),
        Action::Shell => state.worlds.push(World::Shell),
        Action::Suspend => state.worlds.push(World::Suspend),
        Action::CopyCommand => {
            let command = state.command();
            perform(state, Effect::World(World::Copy(command)));
        }
        Action::Filter => type_filter(state),
        Action::Quit => quit(state),
        Action::Back => {
            if state.back() {
                refresh(state);
                return;
            }
            if state.layers.pop().is_some() {
                return;
            }
            if state.tab != Tab::Home {
                show_tab(state, Tab::Home);
            } else if state.look.is_some() {
                leave(state);
            }
        }
        _ => {
            let effects = state.act(action);
            perform_all(state, effects);
        }
    }
}

fn show_tab(state: &mut State, tab: Tab) {
    (state.tab, state.layers) = (tab, Vec::new());
    let effects = state.came();
    perform_all(state, effects);
    refresh(state);
}

/// Back from a commit to now.
fn leave(state: &mut State) {
    travel::leave(state);
    show_tab(state, Tab::History);
}

fn type_filter(state: &mut State) {
    let Some(text) = state.filter().cloned() else { return };
    let line = super::line::Line::new(&text);
    state.popups.push(Popup::Filter(Filter { line, before: text }));
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
    if state.look.is_some() {
        return leave(state);
    }
    match state.own_run.filter(|_| state.facts.is_live) {
        None => state.worlds.push(World::Quit),
        Some(pid) => state.popups.push(Popup::Question(Question::leave(pid))),
    }
}

/// A plan that is being looked at is of the project as it was: it is asked for again.
fn plan_again(state: &mut State) {
    let Some(Popup::Question(question)) = state.popups.last() else { return };
    let query = match (&question.request, acts::query(question.about)) {
        (Some(request), _) => Query::Preview(request.clone()),
        (None, Some(query)) => query,
        (None, None) => return,
    };
    state.worlds.push(World::Query(query));
}

fn perform_all(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        perform(state, effect);
    }
}

/// Does what a screen asks for.
pub(super) fn perform(state: &mut State, effect: Effect) {
    match effect {
        Effect::Say(text) => state.say(text, Role::Plain),
        Effect::Explain(title, lines) => state.popups.push(Popup::Text(Text::new(title, lines))),
        Effect::Act(action) => act(state, action),
        Effect::ViewAt(commit) => travel::begin(state, commit),
        Effect::AskRun(request) => {
            state.worlds.push(World::Query(Query::Preview(request.clone())));
            state.popups.push(Popup::Question(Question::run(request)));
        }
        Effect::AskAccept(targets) => state.popups.push(Popup::Question(Question::accept(&targets))),
        Effect::AskNew(repo) => {
            let form = Form::new(&repo);
            let effect = form.ask();
            state.popups.push(Popup::Form(Box::new(form)));
            perform(state, effect);
        }
        Effect::AskFix(fix) => state.popups.push(Popup::Question(Question::fix(&fix))),
        Effect::AskCancel => {
            let question = Question::cancel(&state.facts.run, state.facts.stops);
            state.popups.push(Popup::Question(question));
        }
        Effect::StopAndQuit(pid) => state.worlds.extend([World::Stop(pid), World::Quit]),
        Effect::World(world) => {
            match &world {
                World::Stop(_) => state.facts.stops += 1,
                World::Start(words) => {
                    state.last_command = Some(command_line(words));
                    state.started();
                }
                _ => {}
            }
            state.worlds.push(world);
        }
        other => {
            let effects = state.open(other);
            perform_all(state, effects);
        }
    }
}

/// How a run ended, in a line, with what keeps it from being committed.
fn end_of(run: &RunProgress) -> (String, Role) {
    let Some((summary, is_stopped, _)) = run.ended else {
        return ("the run ended without a word; the next one goes on".into(), Role::Bad);
    };
    let how = if is_stopped { "was stopped" } else { "ended" };
    let (ran, placed, failed) = (summary.ran, summary.restored, summary.failed);
    let held = run.jobs.iter().find_map(|job| job.message.as_deref()).map(|why| format!(" · {why}"));
    let text =
        format!("the run {how}: {ran} ran, {placed} placed, {failed} failed{}", held.unwrap_or_default());
    (text, if failed > 0 { Role::Bad } else { Role::Good })
}

fn run_news(state: &mut State, news: RunNews) {
    let was_live = state.facts.is_live;
    if has_ended(&state.facts.run, &news) || (was_live && !news.is_live) {
        state.worlds.push(World::Query(Query::Reload));
    }
    let is_other = news.run.run != state.facts.run.run;
    if is_other {
        state.facts.stops = 0;
    }
    (state.facts.run, state.facts.is_live) = (news.run, news.is_live);
    for change in news.changes {
        state.facts.change(change);
    }
    if is_over(state, was_live, is_other) {
        let (text, role) = end_of(&state.facts.run);
        state.say(text, role);
    }
    refresh(state);
}

/// Whether the run is over that went on before, or one that was over before anybody saw it go on.
fn is_over(state: &State, was_live: bool, is_other: bool) -> bool {
    let (run, is_live) = (&state.facts.run, state.facts.is_live);
    let is_new = is_other && run.ended.is_some() && run.started_ms >= state.begun_ms;
    !is_live && (was_live || is_new)
}

/// Whether a job or the run ended since the last news, which is when results are placed and committed.
fn has_ended(before: &RunProgress, news: &RunNews) -> bool {
    let ended = |run: &RunProgress| run.jobs.iter().filter(|job| job.ended.is_some()).count();
    let is_same = before.run == news.run.run;
    let jobs = if is_same { ended(before) } else { 0 };
    let had_ended = is_same && before.ended.is_some();
    ended(&news.run) > jobs || (news.run.ended.is_some() && !had_ended)
}

fn answered(state: &mut State, answer: Answer) {
    match answer {
        Answer::Preview(request, plan) => {
            if let Some(Popup::Question(question)) = state.popups.last_mut()
                && question.request.as_ref() == Some(&request)
            {
                question.planned(plan);
            }
        }
        Answer::Datums(text, datums) => {
            if let Some(Popup::Finder(finder)) = state.popups.last_mut() {
                finder.take(&text, &datums);
            }
        }
        Answer::Times(pipeline, times) => {
            state.facts.times.insert(pipeline, times);
            refresh(state);
        }
        Answer::Usual(usual) => state.facts.usual = usual,
        Answer::UndoPlan(_) | Answer::Undone(_) | Answer::SavePlan(_) => acts::answered(state, answer),
        Answer::Draft(draft, view) => {
            if let Some(Popup::Form(form)) = state.popups.last_mut() {
                form.looked(draft, *view);
            }
        }
        Answer::At(commit, found) => {
            if travel::came(state, &commit, found) {
                show_tab(state, Tab::Home);
            }
        }
        Answer::Compared(title, lines) => state.popups.push(Popup::Text(Text::new(title, lines))),
        other => {
            let effects = state.take(&other);
            perform_all(state, effects);
        }
    }
}

#[cfg(test)]
mod tests;
