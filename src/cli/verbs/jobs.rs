//! `jobs`: the runs of this work tree, going on and past; and one of them in full.

use std::fmt::Write as _;

use super::{LOOKED, print, print_json, say};
use crate::app::{self, AppError, ExitCode, JobProgress, RunState, RunView};
use crate::cli::Context;
use crate::cli::args::Jobs;
use crate::cli::report::{Style, Table, paint, plural};
use crate::model::{show, show_short};

/// So many failures are told of one run; `-v` tells all.
const FAILURES: usize = 20;

/// `jobs`.
pub(crate) fn jobs(context: &Context, args: &Jobs) -> Result<ExitCode, AppError> {
    let state = app::state_dir(&context.dir)?;
    let Some(text) = &args.run else {
        let views = app::run_views(&state, usize::from(args.most))?;
        list(context, &views);
        if views.is_empty() && args.most > 0 && !context.json {
            say("nothing was run here yet");
        }
        return Ok(LOOKED);
    };
    let wanted = app::find_run(&state, Some(text.as_str()).filter(|text| *text != "last"))?;
    let views = app::run_views(&state, usize::MAX)?;
    for view in views.iter().filter(|view| view.progress.run == wanted) {
        if context.json {
            print_json(&view.json());
        } else {
            print(&whole(view, context.verbose > 0));
        }
    }
    Ok(LOOKED)
}

fn list(context: &Context, views: &[RunView]) {
    if context.json {
        for view in views {
            print_json(&view.json());
        }
        return;
    }
    let mut table = Table::new().right(&[2]);
    for view in views {
        let run = &view.progress;
        table.row(vec![
            (Style::Bold, show(&run.run)),
            (style(view.state), view.state.word().replace('_', " ")),
            (Style::Plain, took(view)),
            (Style::Plain, show_short(&did(view), 200)),
        ]);
    }
    print(&table.render());
}

const fn style(state: RunState) -> Style {
    match state {
        RunState::GoingOn => Style::Bold,
        RunState::Done => Style::Good,
        RunState::Failed | RunState::Aborted => Style::Bad,
        RunState::Incomplete | RunState::Stopped | RunState::Lost => Style::Warn,
    }
}

/// How long it took, or goes on.
fn took(view: &RunView) -> String {
    let end_ms = match (&view.progress.ended, view.state) {
        (Some((.., at_ms)), _) => *at_ms,
        (None, RunState::GoingOn) => app::now_ms(),
        (None, _) => return String::new(),
    };
    app::span(end_ms.saturating_sub(view.progress.started_ms))
}

/// `fs 20 ran, 2 placed, 1 failed · stats 1 ran`.
fn did(view: &RunView) -> String {
    let jobs =
        view.progress.jobs.iter().filter(|job| job.settled() > 0 || job.to_remove > 0 || cut(view, job) > 0);
    let mut jobs: Vec<String> = jobs.map(|job| format!("{} {}", job.pipeline, counts(job, view))).collect();
    jobs.extend(view.progress.left_out.iter().map(|name| format!("{name} left out")));
    match view.state {
        _ if !jobs.is_empty() => jobs.join(" · "),
        RunState::Done => "nothing to do".into(),
        RunState::GoingOn => "nothing finished yet".into(),
        RunState::Failed | RunState::Incomplete | RunState::Stopped | RunState::Aborted | RunState::Lost => {
            "nothing finished".into()
        }
    }
}

/// How many datums of a job were cut off.
fn cut(view: &RunView, job: &JobProgress) -> usize {
    view.progress.cut_off.keys().filter(|(pipeline, _)| *pipeline == job.pipeline).count()
}

fn counts(job: &JobProgress, view: &RunView) -> String {
    let removed =
        if matches!(view.state, RunState::Done | RunState::Incomplete) { "removed" } else { "to remove" };
    let parts = [
        (job.ran, "ran"),
        (job.placed, "placed"),
        (job.failed, "failed"),
        (job.recovered, "recovered"),
        (job.passed, "passed over"),
        (cut(view, job), "cut off"),
        (job.to_remove, removed),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    match (parts.is_empty(), job.to_run + job.to_restore) {
        (true, 0) => "nothing to do".into(),
        (true, 1..) => "nothing finished".into(),
        (false, _) => parts.join(", "),
    }
}

/// One run: its jobs, what it runs now, what failed, what it said.
fn whole(view: &RunView, is_long: bool) -> String {
    let run = &view.progress;
    let word = paint(style(view.state), &view.state.word().replace('_', " "));
    let took = took(view);
    let took = if took.is_empty() { took } else { format!(" · {took}") };
    let mut out =
        format!("run {} · {word}{took} · process {}\n\n", paint(Style::Bold, &show(&run.run)), run.pid);
    let mut table = Table::new();
    for job in &run.jobs {
        let commits: Vec<&str> = job.commits.iter().filter_map(|commit| commit.get(..7)).collect();
        let commits =
            if commits.is_empty() { String::new() } else { format!("committed {}", commits.join(", ")) };
        let told = job.message.as_ref().map_or(commits, |message| show(message));
        let of = format!(
            "{} of {}",
            job.settled(),
            plural((job.to_run + job.to_restore).max(job.settled()), "datum")
        );
        let name = (Style::Bold, show(&job.pipeline));
        table.row(vec![name, (Style::Plain, of), (Style::Plain, counts(job, view)), (Style::Dim, told)]);
    }
    for (pipeline, key) in run.running.keys() {
        table.row(vec![(Style::Plain, show(&format!("{pipeline}:{key}"))), (Style::Bold, "running".into())]);
    }
    for (pipeline, key) in run.cut_off.keys() {
        table.row(vec![(Style::Plain, show(&format!("{pipeline}:{key}"))), (Style::Warn, "cut off".into())]);
    }
    let most = if is_long { usize::MAX } else { FAILURES };
    for failed in run.failures.iter().take(most) {
        let name = show(&format!("{}:{}", failed.pipeline, failed.key));
        let message = show(failed.message.as_deref().unwrap_or_default());
        table.row(vec![(Style::Plain, name), (Style::Bad, "failed".into()), (Style::Plain, message)]);
    }
    out.push_str(&table.render());
    let more = run.failures.len().saturating_sub(most);
    if more > 0 {
        _ = writeln!(out, "  … and {more} more that failed; -v shows all");
    }
    out.extend(run.notes.iter().map(|note| format!("{} {}\n", paint(Style::Warn, "note:"), show(note))));
    out.extend(cut_off(view));
    out
}

/// Why it came to no end of its own, and what is to do.
fn cut_off(view: &RunView) -> Option<String> {
    if let Some(error) = &view.progress.error {
        let (word, error) = (paint(Style::Bad, "broke off:"), show(error));
        return Some(format!("{word} {error}; what it finished is kept, and `minipach run` goes on\n"));
    }
    let lost = "its process is gone without a word; what it finished is kept, and `minipach run` goes on\n";
    (view.state == RunState::Lost).then(|| lost.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::RunProgress;
    use crate::model::RunSummary;

    #[test]
    fn a_run_took_as_long_as_the_screen_of_runs_says() {
        let ended = Some((RunSummary::default(), false, 1_021_999));
        let progress = RunProgress { started_ms: 1_000_000, ended, ..RunProgress::default() };
        let view = RunView { progress, state: RunState::Done };
        assert_eq!(took(&view), "21s");
    }
}
