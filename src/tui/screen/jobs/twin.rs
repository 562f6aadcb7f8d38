//! Runs without their picture: the one that is shown row by row, and the list of all.

use serde_json::{Value, json};

use crate::app::{JobProgress, RunProgress};
use crate::model::show;
use crate::run::count;
use crate::tui::facts::{Facts, span};
use crate::tui::twin::{Row as Told, Twin};

use super::Jobs;
use super::draw::sums;
use super::explain::share;
use super::rows::{Row, nearest};

/// What the screen says.
pub(super) fn twin(jobs: &Jobs, facts: &Facts, most: usize) -> Twin {
    let all = jobs.listed(facts);
    let runs: Vec<Value> = all.iter().take(most).map(|run| of_run(facts, run)).collect();
    let shown = jobs.run(facts).map(|(run, _)| of_run(facts, run));
    let rows: Vec<Row<'_>> = jobs.rows(facts);
    let cursor = nearest(&rows, jobs.list.cursor, false);
    let said = jobs.run(facts).map_or_else(
        || "nothing ran here yet".to_owned(),
        |(run, is_live)| in_words(run, is_live, all.len()),
    );
    Twin::default()
        .with("run", json!(shown))
        .with("runs", Value::Array(runs))
        .with("filter", jobs.asked_rows.filter.clone())
        .with("sort", jobs.asked_rows.name(["in order", "in order, last first"]))
        .with("selected", json!(jobs.selected))
        .line(said)
        .list(rows.len(), cursor, most, |at| told(facts, rows[at]))
}

fn in_words(run: &RunProgress, is_live: bool, all: usize) -> String {
    let how = match (is_live, run.ended) {
        (true, _) => {
            let (settled, wanted) = run.settled();
            format!("goes on, {settled} of {wanted}")
        }
        (false, Some((summary, is_cut, _))) => {
            let end = how(run, is_cut);
            format!("{end}: {}", sums(run, summary))
        }
        (false, None) => "killed, or the machine went down".into(),
    };
    format!("run {} {how}; {} in all", show(&run.run), count(all, "run"))
}

/// In what way a run that is over ended.
fn how(run: &RunProgress, is_cut: bool) -> String {
    match (&run.error, is_cut) {
        (Some(error), _) => format!("was broken off by an error ({})", show(error)),
        (None, true) => "was stopped".into(),
        (None, false) => "ended".into(),
    }
}

fn of_run(facts: &Facts, run: &RunProgress) -> Value {
    let sum = |of: fn(&JobProgress) -> usize| run.jobs.iter().map(of).sum::<usize>();
    json!({
        "id": run.run, "started_ms": run.started_ms, "ended_ms": run.ended.map(|(.., at_ms)| at_ms),
        "is_live": facts.is_live && run.run == facts.run.run,
        "is_stopped": run.ended.is_some_and(|(_, is_stopped, _)| is_stopped),
        "is_incomplete": run.is_incomplete(), "left_out": run.left_out, "error": run.error,
        "ran": sum(|job| job.ran), "placed": sum(|job| job.placed), "failed": sum(|job| job.failed),
    })
}

fn told(facts: &Facts, row: Row<'_>) -> Told {
    match row {
        Row::Head(text) => Told { text: format!("{text}:"), facts: json!({ "kind": "head", "text": text }) },
        Row::Nothing(text) => Told { text: text.into(), facts: json!({ "kind": "nothing", "text": text }) },
        Row::Job(job) => of_job(job),
        Row::Hand(pipeline, key, hand) => Told {
            text: format!(
                "{} runs for {}",
                show(&format!("{pipeline}:{key}")),
                span(facts.now_ms.saturating_sub(hand.since_ms))
            ),
            facts: json!({ "kind": "in_hand", "pipeline": pipeline, "key": key, "since_ms": hand.since_ms }),
        },
        Row::Cut(pipeline, key, hand) => Told {
            text: format!("{} was cut off", show(&format!("{pipeline}:{key}"))),
            facts: json!({ "kind": "cut_off", "pipeline": pipeline, "key": key, "since_ms": hand.since_ms }),
        },
        Row::Group(group) => {
            let exit = group.exit.map(|code| format!("exit code {code}: ")).unwrap_or_default();
            let many = count(group.datums.len(), "datum");
            Told {
                text: format!("{many} failed alike: {exit}{}", show(&group.message)),
                facts: json!({
                    "kind": "failures", "exit": group.exit, "message": group.message, "datums": group.targets().collect::<Vec<_>>(),
                }),
            }
        }
        Row::Note(note) => Told { text: show(note), facts: json!({ "kind": "note", "text": note }) },
        Row::Commit(pipeline, commit) => Told {
            text: format!("commit {} of {}", show(commit), show(pipeline)),
            facts: json!({ "kind": "commit", "pipeline": pipeline, "commit": commit }),
        },
    }
}

fn of_job(job: &JobProgress) -> Told {
    let all = share(job);
    let end = match job.ended {
        None => "not ended",
        Some(false) => "not complete",
        Some(true) => "complete",
    };
    let why = job.message.as_deref().map(|why| format!("; {}", show(why))).unwrap_or_default();
    let name = show(&job.pipeline);
    Told {
        text: format!("{name}: {} of {all}, {} failed, {end}{why}", job.settled(), job.failed),
        facts: json!({
            "kind": "job", "pipeline": job.pipeline, "settled": job.settled(), "wanted": all, "ran": job.ran,
            "placed": job.placed, "failed": job.failed, "recovered": job.recovered, "passed": job.passed,
            "is_complete": job.ended, "message": job.message, "commits": job.commits,
        }),
    }
}
