//! Drawing runs: the one that is shown, row by row, and beside or below it the list of all.

use crate::app::{InHand, JobProgress, RunProgress};
use crate::model::{DatumState, RunSummary, StateCounts, show};
use crate::tui::bar::bar;
use crate::tui::facts::{Facts, span};
use crate::tui::forecast;
use crate::tui::pen::Pen;
use crate::tui::popup::broken;
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};

use super::Jobs;
use super::explain::{cut_of, is_blocked, lacking, share};
use super::groups::Group;
use super::order::{Asked, NO_MATCH};
use super::rows::{Row, nearest};
use super::tail;
use crate::tui::screen::{Hit, Seen};

/// Draws the run that is shown, and the list of all where there is room.
pub(super) fn draw(jobs: &Jobs, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if jobs.is_alone || height < 14 {
        if jobs.is_past {
            list(jobs, facts, pen, seen);
        } else {
            run(jobs, facts, pen, seen);
        }
    } else if width >= 110 {
        let tailed = jobs.tailed(facts).filter(|_| height >= 20);
        let top = if tailed.is_some() { beside_log(jobs, facts, height) } else { height };
        let side = 40.min(width / 3);
        run(jobs, facts, &mut pen.part(0, 0, width - side, top), seen);
        list(jobs, facts, &mut pen.part(width - side, 0, side, top), seen);
        if let Some(source) = tailed {
            tail::draw(jobs, facts, &source, &mut pen.part(0, top, width, height - top));
        }
    } else {
        let tailed = jobs.tailed(facts);
        // A few runs are always in sight where no log is.
        let top = match &tailed {
            Some(_) => beside_log(jobs, facts, height),
            None if width < 70 => height - 5,
            None => height - (height / 3).max(5),
        };
        run(jobs, facts, &mut pen.part(0, 0, width, top), seen);
        let mut part = pen.part(0, top, width, height - top);
        match tailed {
            // Tab leads to the runs, and shows them.
            Some(source) => tail::draw(jobs, facts, &source, &mut part),
            None => list(jobs, facts, &mut part, seen),
        }
    }
}

/// The height of a run where a log is below it: what its rows do not need is for the log.
fn beside_log(jobs: &Jobs, facts: &Facts, height: u16) -> u16 {
    let rows = u16::try_from(jobs.rows(facts).len()).unwrap_or(u16::MAX).saturating_add(2);
    rows.clamp(height / 3, height * 3 / 5)
}

/// A frame, bright if keys go there; none when the pane is alone.
fn pane<'a>(pen: &'a mut Pen<'_>, jobs: &Jobs, title: &str, note: &str, is_focus: bool) -> Pen<'a> {
    if jobs.is_alone {
        return pen.part(0, 0, pen.width(), pen.height());
    }
    pen.frame(title, note, if is_focus { Role::Focus } else { Role::Border })
}

fn run(jobs: &Jobs, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let Some((run, is_live)) = jobs.run(facts) else {
        let mut inside = pane(pen, jobs, "Run", "", true);
        inside.say(1, 0, "nothing ran here yet; `r` on a pipeline shows what a run would do", Role::Dim);
        return;
    };
    let asked = asked(&jobs.asked_rows, ["", "the last first"]);
    let (title, mut note) = heading(facts, run, is_live, pen.width());
    if !asked.is_empty() {
        let both = format!("{asked} · {note}");
        // A corner, a stroke and a space stand on either side of both.
        let fits = usize::from(pen.width()) >= 8 + title.chars().count() + both.chars().count();
        note = if fits { both } else { asked };
    }
    let mut inside = pane(pen, jobs, &title, &note, !jobs.is_past);
    let rows = jobs.rows(facts);
    let cursor = nearest(&rows, jobs.list.cursor, false);
    let current = rows.get(cursor).filter(|row| !jobs.is_past && row.is_something());
    let whole = current.map(|current| whole(facts, run, is_live, *current, &mut inside)).unwrap_or_default();
    let below = u16::try_from(whole.len()).unwrap_or(u16::MAX).min(inside.height() / 2);
    let (width, height) = (inside.width(), inside.height() - below);
    for (y, line) in (height..).zip(&whole).take(usize::from(below)) {
        inside.say(2, y, line, Role::Plain);
    }
    let mut inside = inside.part(0, 0, width, height);
    seen.rows = usize::from(height);
    let mut view = jobs.list;
    view.cursor = cursor;
    for (y, at) in (0_u16..).zip(view.window(rows.len(), seen.rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        row(facts, run, is_live, rows[at], &mut part);
        if rows[at].is_something() {
            seen.hits.push((part.area, Hit::Row(at)));
        }
        if jobs.is_selected(rows[at]) {
            part.say(1, 0, part.theme.sign(Sign::Selected), Role::Key);
        }
        if at == cursor && !jobs.is_past && rows[at].is_something() {
            part.say(0, 0, part.theme.sign(Sign::Cursor), Role::Focus);
            part.mark_row();
        }
    }
}

/// What a list is asked for, in a few words: its order and its filter.
fn asked(asked: &Asked, came: [&'static str; 2]) -> String {
    let order = asked.name(came);
    match (asked.is_filtered(), order) {
        (true, "") => format!("filter: {}", show(&asked.filter)),
        (true, order) => format!("{order}, filter: {}", show(&asked.filter)),
        (false, order) => order.to_owned(),
    }
}

/// The words of the row under the cursor in lines of their own, where the row has no room for all of them.
fn whole(facts: &Facts, run: &RunProgress, is_live: bool, of: Row<'_>, pen: &mut Pen<'_>) -> Vec<String> {
    let (x, words) = row(facts, run, is_live, of, &mut pen.part(0, 0, u16::MAX, 1));
    pen.part(0, 0, u16::MAX, 1).clear();
    let room = pen.width().saturating_sub(3);
    let is_cut = x.saturating_add(pen.columns(&words)) > pen.width();
    if is_cut { broken(&words, usize::from(room)) } else { Vec::new() }
}

/// Which run it is, and how it stands. Where there is not room for both, its name gives way first.
fn heading(facts: &Facts, run: &RunProgress, is_live: bool, width: u16) -> (String, String) {
    let note = told(facts, run, is_live);
    let names = [format!("Run {}", show(&run.run)), format!("Run {}", day(run.started_ms)), "Run".to_owned()];
    // Beside both stand a corner, a stroke and a space on either side.
    let room = usize::from(width).saturating_sub(8 + note.chars().count());
    let fits = |name: &&String| name.chars().count() <= room;
    let name = names.iter().find(fits).unwrap_or(&names[2]).clone();
    let (_, short) = note.split_once(": ").filter(|_| name.len() > room).unwrap_or(("", &note));
    (name, short.to_owned())
}

/// How a run stands, in a few words.
fn told(facts: &Facts, run: &RunProgress, is_live: bool) -> String {
    let (done, all) = run.settled();
    match (is_live, run.ended) {
        (true, _) if run.is_paused => format!("{done}/{all}, paused: P lets it go on"),
        (true, _) => format!("{done}/{all} for {}", span(facts.now_ms.saturating_sub(run.started_ms))),
        (false, Some((summary, is_cut, at_ms))) => {
            let how = match (&run.error, is_cut) {
                (Some(_), _) => "broke off",
                (None, true) => "stopped",
                (None, false) => "ended",
            };
            let took = span(at_ms.saturating_sub(run.started_ms));
            format!("{how} after {took}: {}", sums(run, summary))
        }
        (false, None) => "killed, or the machine went down".into(),
    }
}

/// `3 ran, 1 failed`; also what was left out, if anything was.
pub(super) fn sums(run: &RunProgress, summary: RunSummary) -> String {
    let told = format!("{} ran, {} failed", summary.ran, summary.failed);
    if run.left_out.is_empty() { told } else { format!("{told}, {} left out", run.left_out.len()) }
}

/// Draws a row; where its words begin, and what they are in full.
fn row(facts: &Facts, run: &RunProgress, is_live: bool, row: Row<'_>, pen: &mut Pen<'_>) -> (u16, String) {
    let (x, words, role) = match row {
        Row::Head(text) => (1, text.into(), Role::Title),
        Row::Nothing(text) => (2, text.into(), Role::Dim),
        Row::Job(job) => job_row(facts, run, is_live, job, pen),
        Row::Hand(pipeline, key, hand) => {
            (hand_row(facts, hand, pen), show(&format!("{pipeline}:{key}")), Role::Plain)
        }
        Row::Cut(pipeline, key, _) => {
            pen.say(2, 0, pen.theme.glyph(DatumState::Pending), Role::Warn);
            (4, show(&format!("{pipeline}:{key}")), Role::Plain)
        }
        Row::Group(group) => group_row(group, pen),
        Row::Note(note) => (2, show(note), Role::Warn),
        Row::Commit(pipeline, commit) => {
            let short: String = commit.chars().take(10).collect();
            let x = pen.say(2, 0, &format!("commit {}", show(&short)), Role::Plain);
            (x + 1, show(pipeline), Role::Dim)
        }
    };
    pen.say(x, 0, &words, role);
    (x, words)
}

/// The row of a job without its words; where they begin, what they are and how they look.
fn job_row(
    facts: &Facts,
    run: &RunProgress,
    is_live: bool,
    job: &JobProgress,
    pen: &mut Pen<'_>,
) -> (u16, String, Role) {
    let goes_on = is_live && job.ended.is_none();
    let (sign, role) = job_sign(facts, job, goes_on, pen.theme);
    pen.say(2, 0, sign, role);
    let name = (pen.width() / 4).clamp(6, 20);
    pen.put_within(4, 0, name, &show(&job.pipeline), pen.theme.style(Role::Plain));
    let mut x = 4 + name + 1;
    let wide = if pen.width() >= 70 { (pen.width() - 58).min(12) } else { 0 };
    if wide >= 6 {
        bar(&counts(run, job), &mut pen.part(x, 0, wide, 1));
        x += wide + 1;
    }
    x = pen.say(x, 0, &format!("{:>9}", format!("{}/{}", job.settled(), share(job))), Role::Plain) + 1;
    if job.failed > 0 {
        x = pen.say(x, 0, &format!("{}{} ", pen.theme.glyph(DatumState::Failed), job.failed), Role::Bad);
    }
    // What was known needed no command: it is done as all else is.
    if job.placed > 0 {
        x = pen.say(x, 0, &format!("{} placed ", job.placed), Role::Dim);
    }
    let cut = cut_of(run, job);
    if cut > 0 {
        x = pen.say(x, 0, &format!("{cut} cut off "), Role::Warn);
    }
    match (&job.message, goes_on) {
        (Some(message), _) => (x, show(message), Role::Warn),
        (None, true) => (x, times(facts, job, pen.theme), Role::Dim),
        (None, false) => (x, end_of(facts, job), Role::Dim),
    }
}

/// What there is to say of a job that is over and said nothing itself.
fn end_of(facts: &Facts, job: &JobProgress) -> String {
    match job.ended {
        None => "not ended".into(),
        Some(false) if job.failed > 0 => "not complete".into(),
        Some(false) => lacking(facts, job).unwrap_or_else(|| "not complete".into()),
        Some(true) => String::new(),
    }
}

fn job_sign(facts: &Facts, job: &JobProgress, goes_on: bool, theme: Theme) -> (&'static str, Role) {
    match (job.ended, goes_on) {
        (Some(true), _) => (theme.glyph(DatumState::Done), Role::Good),
        (_, _) if job.failed > 0 && !goes_on => (theme.glyph(DatumState::Failed), Role::Bad),
        (None, true) => (theme.glyph(DatumState::Running), Role::Run),
        (Some(false), _) if is_blocked(job) => (theme.glyph(DatumState::Blocked), Role::Blocked),
        // All that it had is done, though what it reads is not complete: so it is told on Home, too.
        (Some(false), _) if lacking(facts, job).is_some() => (theme.glyph(DatumState::Done), Role::Good),
        _ => (theme.glyph(DatumState::Pending), Role::Warn),
    }
}

/// `for 4m10, 1h42 left ±12m`; how long is left is unknown before enough has ended to tell.
fn times(facts: &Facts, job: &JobProgress, theme: Theme) -> String {
    let since = span(facts.now_ms.saturating_sub(job.started_ms));
    let at = facts.snapshot.position(&job.pipeline);
    let end = at.and_then(|at| facts.schedule.ends.get(at).copied().flatten());
    let left = match end {
        Some(eta) => format!("{} left", forecast::told(eta, false, theme)),
        None if job.to_run > job.tried() => "time left unknown".into(),
        None => "nothing left to run".into(),
    };
    format!("for {since}, {left}")
}

/// A job's datums by state, for its bar.
fn counts(run: &RunProgress, job: &JobProgress) -> StateCounts {
    let running = run.running.keys().filter(|(pipeline, _)| *pipeline == job.pipeline).count();
    let left = (job.to_run + job.to_restore).saturating_sub(job.settled() + running);
    let running = if job.ended.is_some() { 0 } else { running };
    let mut counts = StateCounts::default();
    for (count, state) in [
        (job.ran + job.placed, DatumState::Done),
        (job.failed, DatumState::Failed),
        (job.recovered, DatumState::Recovered),
        (job.passed, DatumState::Edited),
        (running, DatumState::Running),
        (left, DatumState::Pending),
    ] {
        counts.add_many(state, count);
    }
    counts
}

fn hand_row(facts: &Facts, hand: &InHand, pen: &mut Pen<'_>) -> u16 {
    pen.say(2, 0, pen.theme.glyph(DatumState::Running), Role::Run);
    let since = span(facts.now_ms.saturating_sub(hand.since_ms));
    pen.put_within(4, 0, 8, &since, pen.theme.style(Role::Plain)).max(12)
}

fn group_row(group: &Group, pen: &mut Pen<'_>) -> (u16, String, Role) {
    let sign = pen.theme.glyph(DatumState::Failed);
    let mut x = pen.say(2, 0, &format!("{sign}{}", group.datums.len()), Role::Bad).max(7) + 1;
    if let Some(code) = group.exit {
        x = pen.say(x, 0, &format!("exit {code}"), Role::Plain) + 1;
    }
    x = pen.say(x, 0, &show(&group.pipelines.join(",")), Role::Dim) + 1;
    let words = if group.message.is_empty() { "it said nothing".into() } else { show(&group.message) };
    (x, words, Role::Plain)
}

fn list(jobs: &Jobs, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let all = jobs.listed(facts);
    let note = asked(&jobs.asked_runs, ["newest first", "oldest first"]);
    let mut inside = pane(pen, jobs, &format!("Runs {}", all.len()), &note, jobs.is_past);
    seen.other_rows = usize::from(inside.height());
    if all.is_empty() {
        let why = match (&jobs.past, jobs.asked_runs.is_filtered()) {
            (None, _) => "reading what ran before …",
            (_, true) => NO_MATCH,
            _ => "nothing ran here yet",
        };
        inside.say(1, 0, why, Role::Dim);
    }
    for (y, at) in (0_u16..).zip(jobs.runs.window(all.len(), seen.other_rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        let is_live = facts.is_live && all[at].run == facts.run.run;
        run_row(facts, all[at], is_live, &mut part);
        seen.hits.push((part.area, Hit::Other(at)));
        if at == jobs.runs.cursor {
            part.say(0, 0, part.theme.sign(Sign::Cursor), Role::Focus);
            if jobs.is_past {
                part.mark_row();
            }
        }
    }
}

fn run_row(facts: &Facts, run: &RunProgress, is_live: bool, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let failed = run.error.is_some() || run.ended.is_some_and(|(summary, ..)| summary.failed > 0);
    let (sign, role) = match (is_live, run.ended) {
        (true, _) => (theme.glyph(DatumState::Running), Role::Run),
        (false, None) => (theme.glyph(DatumState::Unknown), Role::Warn),
        (false, Some(_)) if failed => (theme.glyph(DatumState::Failed), Role::Bad),
        (false, Some((_, true, _))) => (theme.glyph(DatumState::Pending), Role::Warn),
        (false, Some(_)) if run.is_incomplete() => (theme.glyph(DatumState::Blocked), Role::Blocked),
        (false, Some(_)) => (theme.glyph(DatumState::Done), Role::Good),
    };
    pen.say(2, 0, sign, role);
    let x = pen.say(4, 0, &day(run.started_ms), Role::Plain);
    let until = run.ended.map_or(facts.now_ms, |(.., at_ms)| at_ms);
    let took = if is_live || run.ended.is_some() {
        span(until.saturating_sub(run.started_ms))
    } else {
        "cut off".into()
    };
    let mut x = (pen.put_within(x + 2, 0, 8, &took, theme.style(Role::Dim)) + 1).max(x + 9);
    let sum = |of: fn(&JobProgress) -> usize| run.jobs.iter().map(of).sum::<usize>();
    for (count, state) in
        [(sum(|job| job.ran + job.placed), DatumState::Done), (sum(|job| job.failed), DatumState::Failed)]
    {
        if count > 0 {
            let text = format!("{}{count} ", theme.glyph(state));
            x = pen.say(x, 0, &text, crate::tui::theme::role_of(state));
        }
    }
}

/// Month, day and time of a run's beginning, in the machine's zone.
fn day(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(0);
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.to_zoned(crate::tui::words::zone()).strftime("%m-%d %H:%M:%S").to_string()
}
