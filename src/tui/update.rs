//! `update`: takes a message, changes the state and says what the world is to do. It reads no clock and no file.

use std::sync::Arc;

use ratatui::crossterm::event::{Event, KeyEventKind};

use super::action::Action;
use super::acts;
use super::asker;
use super::config::Setup;
use super::effect::{Answer, PlanText, Query, World};
use super::forecast::{about, forecast, told};
use super::keys::Key;
use super::menu;
use super::message::{Msg, RunNews};
use super::popup::acts::NOT_YET;
use super::popup::{Popup, Text};
use super::schedule::Schedule;
use super::screen::datum::cause;
use super::screen::pipeline::why_title;
use super::state::{State, Tab};
use super::theme::Role;
use super::travel;
use crate::app::{CommitView, DatumView, RunProgress, Snapshot};
use crate::run::Request;

use super::hands::{moused, pasted, press};
use super::perform::{perform, perform_all, plan_again, refresh, show_tab};

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
    if let Some(effect) = state.want() {
        perform(state, effect);
    }
    asker::follow(state);
    std::mem::take(&mut state.worlds)
}

/// Takes in a message, and tells the times anew if it is about work.
fn take_work(state: &mut State, message: Msg) {
    let is_about_work =
        matches!(message, Msg::Snapshot(_) | Msg::Run(_) | Msg::Tick | Msg::Answer(Answer::Usual(_)));
    take(state, message);
    if is_about_work {
        // A run that stops leaves the rest for another time.
        let is_stopping = state.facts.is_live && state.facts.stops() > 0;
        state.facts.schedule =
            Arc::new(if is_stopping { Schedule::default() } else { forecast(&state.facts) });
    }
}

fn take(state: &mut State, message: Msg) {
    match message {
        Msg::Input(event) => input(state, event),
        Msg::Loading => state.facts.begin_loading(),
        Msg::Snapshot(snapshot) => read(state, snapshot),
        // It stands at the bottom line until the project can be read again.
        Msg::Unread(why) => {
            if state.facts.unread.as_ref() != Some(&why) {
                state.say(format!("the project cannot be read: {why}"), Role::Bad);
            }
            (state.facts.is_loading, state.facts.unread) = (false, Some(why));
        }
        Msg::Run(news) => run_news(state, news),
        Msg::Answer(answer) => answered(state, answer),
        // It was taken in before, or came too late.
        Msg::AnswerAt(..) => {}
        Msg::Watch(watch) => state.facts.watch = watch,
        Msg::Setup(setup) => configured(state, setup),
        Msg::Started(pid) => state.own_run = Some(pid),
        Msg::Ended(pid, complaint) => {
            state.own_run = state.own_run.filter(|own| *own != pid);
            state.starting = None;
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
        Msg::Terminate(_) => state.worlds.push(World::Quit),
    }
}

/// The project was read: what is asked of the one before is asked again.
fn read(state: &mut State, snapshot: Arc<Snapshot>) {
    (state.facts.is_loading, state.facts.is_remembered) = (false, false);
    state.facts.unread = None;
    let is_other = !Arc::ptr_eq(&snapshot, &state.facts.snapshot);
    let has_moved = state.facts.last.is_empty() || snapshot.head != state.facts.snapshot.head;
    renew(state, snapshot);
    if has_moved {
        state.worlds.push(World::Query(Query::Commits));
    }
    if is_other {
        state.worlds.push(World::Query(Query::Usual));
        let times = state.facts.times.keys().map(|name| World::Query(Query::Times(name.clone())));
        state.worlds.extend(times);
    }
    plan_again(state);
    refresh(state);
    state.refuse_no_more();
}

/// Takes a snapshot; the cursor stays on what it was on.
fn renew(state: &mut State, snapshot: Arc<Snapshot>) {
    let snapshot = super::keep::keep(&state.facts.snapshot, snapshot);
    let spot = state.home.spot(&state.facts);
    state.facts.renew(snapshot);
    let is_there = |name: &String| state.facts.snapshot.position(name).is_some();
    let spot = state.awaited.take_if(|name| is_there(name)).or(spot);
    if let Some(spot) = spot {
        state.home.go_to(&spot, &state.facts, state.seen.rows);
    }
}

/// Takes a configuration; one with a fault leaves everything as it is.
fn configured(state: &mut State, setup: Result<Box<Setup>, String>) {
    let setup = match setup {
        Ok(setup) => setup,
        Err(why) => {
            state.misconfigured = Some(why.clone());
            return state.say(why, Role::Bad);
        }
    };
    if let Some(mended) = state.misconfigured.take() {
        state.withdraw(&mended);
    }
    (state.theme, state.keymap, state.own) = (setup.theme, setup.keymap, setup.own);
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

fn run_news(state: &mut State, news: RunNews) {
    let was_live = state.facts.is_live;
    if has_ended(&state.facts.run, &news) || (was_live && !news.is_live) {
        state.worlds.push(World::Query(Query::Reload));
    }
    let is_other = news.run.run != state.facts.run.run;
    if is_other {
        (state.facts.stops, state.starting) = (0, None);
    }
    (state.facts.run, state.facts.is_live) = (news.run, news.is_live);
    for change in news.changes {
        state.facts.change(change);
    }
    if state.facts.is_live {
        count_again(state);
    } else {
        nothing_to_stop(state);
    }
    if is_over(state, was_live, is_other) {
        let (text, role) = end_of(&state.facts.run);
        state.say(text, role);
    }
    refresh(state);
    state.refuse_no_more();
}

/// What is asked about the run is told as it is now. A key that is on its way counts only where the same is asked still.
fn count_again(state: &mut State) {
    let (now, stops) = (state.facts.now_ms, state.facts.stops());
    let run = &state.facts.run;
    for popup in &mut state.popups {
        if let Popup::Question(question) = popup {
            let before = question.title.clone();
            question.count_again(run, stops);
            if question.title != before {
                question.changed_ms = now;
            }
        }
    }
}

/// What is asked about the run is answered by its end: nobody can stop what is over.
fn nothing_to_stop(state: &mut State) {
    let (how, now) = (end_of(&state.facts.run).0, state.facts.now_ms);
    for popup in &mut state.popups {
        if let Popup::Question(question) = popup
            && question.is_about_a_run()
        {
            // A key that is on its way was meant for what was asked.
            question.is_told = true;
            question.tell(now, |question| question.run_is_over(&how));
        }
    }
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

/// How a run ended, in a line, with what keeps it from being committed.
fn end_of(run: &RunProgress) -> (String, Role) {
    let Some((summary, is_stopped, _)) = run.ended else {
        return (
            "the run was killed; what it finished is kept; `1`, then `r` runs what is left".into(),
            Role::Bad,
        );
    };
    if let Some(error) = &run.error {
        let text =
            format!("the run broke off: {error}; what it finished is kept; `1`, then `r` runs what is left");
        return (text, Role::Bad);
    }
    let (how, none) =
        if is_stopped { ("was stopped", "nothing was finished") } else { ("ended", "nothing was to do") };
    let counts = [
        (summary.ran, "ran"),
        (summary.restored, "put in place"),
        (summary.removed, "removed"),
        (summary.failed, "failed"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let lost = run.left_out.len();
    let out = if lost > 0 { Some(format!("{} left out", crate::run::count(lost, "pipeline"))) } else { None };
    let none = if lost > 0 { "nothing was done" } else { none };
    let told = if told.is_empty() { vec![none.to_owned()] } else { told };
    let told = told.into_iter().chain(out).collect::<Vec<_>>().join(", ");
    let held = run.jobs.iter().find_map(|job| job.message.as_deref()).map(|why| format!(" · {why}"));
    let text = format!("the run {how}: {told}{}", held.unwrap_or_default());
    let role = if summary.failed > 0 { Role::Bad } else { Role::Good };
    (text, if summary.failed == 0 && run.is_incomplete() { Role::Warn } else { role })
}

/// Shows a plan to the question that asked for it.
fn previewed(state: &mut State, request: &Request, plan: Result<PlanText, String>) {
    let now = state.facts.now_ms;
    let about = plan.as_ref().ok().and_then(|plan| about(&state.facts, &plan.runs, &plan.own));
    let about = about.map(|eta| told(eta, false, state.theme));
    if let Some(Popup::Question(question)) = state.popups.last_mut()
        && question.request.as_ref() == Some(request)
    {
        let facts = &state.facts;
        let spec = |name: &str| facts.spec_place(name);
        question.tell(now, |question| question.planned(plan, about.as_deref(), &spec));
        state.withdraw(NOT_YET);
    }
}

/// Says all that is known of a datum where less was said of it so far.
fn explained(state: &mut State, (pipeline, key): (&str, &str), view: &DatumView) {
    if let Some(Popup::Text(text)) = state.popups.last_mut()
        && text.title == why_title(pipeline, key)
    {
        text.lines = cause(pipeline, key, view, &state.facts);
    }
}

/// Shows a text to who still waits for it.
fn show_told(state: &mut State, title: String, lines: Vec<String>) {
    if asker::is_text_awaited(state) {
        state.has_come();
        // Below what was opened meanwhile, whose keys are not taken away.
        state.popups.insert(0, Popup::Text(Text::new(title, lines)));
    }
}

/// Shows all as of a commit to who still waits for it, unless something was opened meanwhile, which is about now.
fn laid_out(state: &mut State, commit: &CommitView, found: Result<Arc<Snapshot>, String>) {
    if !asker::is_commit_awaited(state, commit) {
        return;
    }
    state.has_come();
    if !state.popups.is_empty() && found.is_ok() {
        let open = state.keymap.shown(Action::Open);
        let text = format!("{} was laid out while something else was open; {open} shows it", commit.short());
        state.say(text, Role::Plain);
    } else if travel::came(state, commit, found) {
        show_tab(state, Tab::Home);
    }
}

fn answered(state: &mut State, answer: Answer) {
    match answer {
        Answer::Preview(request, plan) => previewed(state, &request, plan),
        Answer::Datum(pipeline, key, view) => {
            if let Some(view) = &view {
                explained(state, (&pipeline, &key), view);
            }
            let effects = state.take(&Answer::Datum(pipeline, key, view));
            perform_all(state, effects);
        }
        Answer::Datums(text, datums) => {
            let items = menu::datums(state, &text, &datums);
            if let Some(Popup::Finder(finder)) = state.popups.last_mut() {
                finder.take(&text, items);
            }
        }
        Answer::Times(pipeline, times) => {
            state.facts.times.insert(pipeline, times);
            refresh(state);
        }
        Answer::Usual(usual) => state.facts.usual = usual,
        Answer::UndoPlan(_) | Answer::Undone(_) | Answer::SavePlan(_) | Answer::Foretold(..) => {
            acts::answered(state, answer);
        }
        Answer::Draft(draft, view) => {
            if let Some(Popup::Form(form)) = state.popups.last_mut() {
                form.looked(draft, *view);
            }
        }
        Answer::At(commit, found) => laid_out(state, &commit, found),
        Answer::Commits(Ok(commits)) => {
            let facts = state.look.as_mut().map_or(&mut state.facts, |look| &mut look.live);
            facts.take_commits(&commits);
            let effects = state.take(&Answer::Commits(Ok(commits)));
            perform_all(state, effects);
        }
        Answer::Told(title, lines) => show_told(state, title, lines),
        other => {
            let effects = state.take(&other);
            perform_all(state, effects);
        }
    }
}

#[cfg(test)]
mod tests;
