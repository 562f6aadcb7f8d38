//! Why a run waits, why a job is not complete, what a group of failures is; in sentences.

use crate::app::{JobProgress, RunProgress};
use crate::model::{DatumState, show, show_some};
use crate::run::count;
use crate::tui::effect::Effect;
use crate::tui::facts::{Facts, span};

use super::groups::{Group, groups_of};
use super::rows::Row;

/// At most so many datums are named.
const NAMED: usize = 30;

/// What is to be said about a row of a run.
pub(super) fn explain(facts: &Facts, run: &RunProgress, row: Option<Row<'_>>, is_live: bool) -> Effect {
    match row {
        Some(Row::Job(job)) => {
            Effect::Explain(format!("Why · {}", show(&job.pipeline)), of_job(facts, run, job, is_live))
        }
        Some(Row::Cut(pipeline, key, _)) => {
            Effect::Explain(format!("Why · {}", show(&format!("{pipeline}:{key}"))), of_cut(run))
        }
        Some(Row::Group(group)) => Effect::Explain("Why · failures that look alike".into(), of_group(group)),
        Some(Row::Note(note)) if run.error.as_deref() != Some(note) => {
            Effect::Explain("A note of the run".into(), vec![note.to_owned()])
        }
        _ => Effect::Explain(format!("Why · run {}", show(&run.run)), of_run(facts, run, is_live)),
    }
}

fn of_run(facts: &Facts, run: &RunProgress, is_live: bool) -> Vec<String> {
    if is_live {
        return vec![waits(facts, run, None)];
    }
    let Some((summary, is_cut, _)) = run.ended else {
        let why = "It ended without a word: its process was killed or the machine went down.";
        let mut lines =
            vec![why.into(), "What it had finished is kept; the next run goes on from there.".into()];
        lines.extend(cut_in_a_line(run, None));
        return lines;
    };
    let mut lines: Vec<String> =
        run.error.iter().map(|error| format!("An error broke it off: {}", show(error))).collect();
    lines.push(format!(
        "{} ran, {} placed, {} failed, {} recovered, {} removed.",
        summary.ran, summary.restored, summary.failed, summary.recovered, summary.removed
    ));
    if summary.left > 0 {
        lines.push(format!("{} not tried: blocked, edited, in the way or cut off.", summary.left));
    }
    if !run.left_out.is_empty() {
        let named: Vec<&str> = run.left_out.iter().map(String::as_str).collect();
        lines.push(format!(
            "Left out, as they or what they need have errors: {}; `4` shows the errors.",
            show_some(&named, NAMED)
        ));
    }
    lines.push(match (&run.error, is_cut) {
        (Some(_), _) => "What it had finished is kept; the next run goes on from there.".into(),
        (None, true) => "It was stopped.".into(),
        (None, false) => "It came to its end by itself.".to_owned(),
    });
    lines.extend(cut_in_a_line(run, None));
    lines.extend(failures(run, None));
    lines.extend(run.jobs.iter().filter_map(|job| {
        let name = show(&job.pipeline);
        incomplete(facts, job).map(|why| format!("`{name}`: {why}"))
    }));
    lines
}

/// Why a datum was cut off, and what becomes of it.
fn of_cut(run: &RunProgress) -> Vec<String> {
    let how = match (&run.error, run.ended) {
        (Some(_), _) => "an error broke the run off",
        (None, Some(_)) => "the run was stopped",
        (None, None) => "the run was killed or the machine went down",
    };
    vec![
        format!("Its command was cut off: {how} before it ended."),
        "What it had made is dropped; `l` shows what it printed, and a later run does it anew unless its earlier result is as good.".into(),
    ]
}

/// How many datums of a job were cut off.
pub(super) fn cut_of(run: &RunProgress, job: &JobProgress) -> usize {
    run.cut_off.keys().filter(|(pipeline, _)| *pipeline == job.pipeline).count()
}

fn of_job(facts: &Facts, run: &RunProgress, job: &JobProgress, is_live: bool) -> Vec<String> {
    let mut lines = vec![tally(job)];
    lines.push(match (job.ended, is_live) {
        (Some(true), _) => "It is complete: all of it is done.".into(),
        (Some(false), _) if is_blocked(job) => "It is blocked:".into(),
        (Some(false), _) if job.failed == 0 && lacking(facts, job).is_some() => {
            "All that it had is done, but more may come:".into()
        }
        (Some(false), _) => "It ended, but not all of it is done:".into(),
        (None, true) => waits(facts, run, Some(&job.pipeline)),
        (None, false) => "The run was over before it was: the next run goes on from there.".into(),
    });
    lines.extend(cut_in_a_line(run, Some(job)));
    lines.extend(failures(run, Some(&job.pipeline)));
    lines.extend(incomplete(facts, job));
    lines.extend(job.message.iter().map(|message| show(message)));
    lines
}

/// What became of its datums, in a sentence.
fn tally(job: &JobProgress) -> String {
    if job.settled() == 0 && job.to_run + job.to_restore == 0 {
        return match (is_blocked(job), job.total) {
            (true, 1..) => format!("None of its {} could begin.", count(job.total, "datum")),
            (true, 0) => "Which datums it has is not known before what it reads is done.".into(),
            (false, _) => "It had nothing to do.".into(),
        };
    }
    format!(
        "{} of {}: {} ran, {} placed, {} failed, {} recovered, {} passed over.",
        job.settled(),
        share(job),
        job.ran,
        job.placed,
        job.failed,
        job.recovered,
        job.passed
    )
}

/// Whether a job that is over could not begin, as something that it reads is not complete. One that was stopped could.
pub(super) const fn is_blocked(job: &JobProgress) -> bool {
    let had_nothing = job.settled() == 0 && job.to_run + job.to_restore == 0;
    matches!(job.ended, Some(false)) && had_nothing && job.message.is_some()
}

/// How many datums were a job's to settle; of one that could not begin, all that it has.
pub(super) fn share(job: &JobProgress) -> usize {
    let all = (job.to_run + job.to_restore).max(job.settled());
    if is_blocked(job) { all.max(job.total) } else { all }
}

/// `2 datums were cut off: fs:sub-1, fs:sub-2`, of a run or of one job of it.
fn cut_in_a_line(run: &RunProgress, job: Option<&JobProgress>) -> Option<String> {
    let is_meant = |pipeline: &str| job.is_none_or(|job| job.pipeline == pipeline);
    let cut = run.cut_off.keys().filter(|(pipeline, _)| is_meant(pipeline));
    let named: Vec<String> = cut.map(|(pipeline, key)| format!("{pipeline}:{key}")).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let verb = if named.len() == 1 { "was" } else { "were" };
    let all = count(named.len(), "datum");
    (!named.is_empty()).then(|| format!("{all} {verb} cut off: {}", show_some(&named, NAMED)))
}

/// What failed in a run, or in one job of it, a line for those that failed alike.
fn failures(run: &RunProgress, pipeline: Option<&str>) -> Vec<String> {
    let is_meant =
        |group: &&Group| pipeline.is_none_or(|wanted| group.pipelines.iter().any(|of| of == wanted));
    let groups = groups_of(run);
    groups.iter().filter(is_meant).map(in_a_line).collect()
}

/// `fs:sub-13 failed: exit code 1: cut off`; of several that failed alike, the first by name.
fn in_a_line(group: &Group) -> String {
    let exit = group.exit.map(|code| format!("exit code {code}: ")).unwrap_or_default();
    let words = if group.message.is_empty() { "it said nothing".to_owned() } else { show(&group.message) };
    let first = group.targets().next().map(|target| show(&target)).unwrap_or_default();
    match group.datums.len() {
        1 => format!("`{first}` failed: {exit}{words}"),
        many => format!("{} failed alike, such as `{first}`: {exit}{words}", count(many, "datum")),
    }
}

/// Why a job that ended is not complete, where that lies with what it reads.
fn incomplete(facts: &Facts, job: &JobProgress) -> Option<String> {
    lacking(facts, job).filter(|_| job.ended == Some(false))
}

/// Which pipelines that a job reads are not complete now: `reads `fs`, of which 1 datum failed`.
pub(super) fn lacking(facts: &Facts, job: &JobProgress) -> Option<String> {
    let nodes = &facts.snapshot.nodes;
    let own = nodes.get(facts.snapshot.position(&job.pipeline)?)?;
    let told = own.reads.iter().filter_map(|at| {
        let (node, counts) = (nodes.get(*at)?, facts.counts(*at));
        let (failed, open) = (counts.get(DatumState::Failed), counts.total() - counts.get(DatumState::Done));
        let what = match (failed, open) {
            _ if !node.is_pipeline() => return None,
            (1.., _) => format!("of which {} failed", count(failed, "datum")),
            (0, 1..) => format!("of which {} not done", count(open, "datum")),
            (0, 0) => return None,
        };
        Some(format!("`{}`, {what}", show(&node.name)))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("it reads {}", told.join(" and ")))
}

/// What a run, or one job of it, waits for.
fn waits(facts: &Facts, run: &RunProgress, pipeline: Option<&str>) -> String {
    let hands = run.running.iter().filter(|((name, _), _)| pipeline.is_none_or(|wanted| name == wanted));
    let oldest = hands.clone().min_by_key(|(_, hand)| hand.since_ms);
    let Some(((name, key), hand)) = oldest else {
        return match pipeline {
            _ if run.is_paused => "It is paused: no command is begun until `P` lets it go on.".into(),
            Some(_) => "It waits for a free slot, or its results are being placed or committed.".into(),
            None => "No command runs now: it plans, places results or commits.".into(),
        };
    };
    let since = span(facts.now_ms.saturating_sub(hand.since_ms));
    let datum = show(&format!("{name}:{key}"));
    format!("It waits for {}; `{datum}` has run longest, for {since}.", count(hands.count(), "command"))
}

fn of_group(group: &Group) -> Vec<String> {
    let exit = group.exit.map(|code| format!("exit code {code}"));
    let words = if group.message.is_empty() { "it said nothing".to_owned() } else { show(&group.message) };
    let mut lines = vec![exit.map_or(words.clone(), |exit| format!("{exit}: {words}"))];
    lines.push(format!("{}, alike but for numbers:", count(group.datums.len(), "datum")));
    lines.extend(group.targets().take(NAMED).map(|target| format!("  {}", show(&target))));
    if group.datums.len() > NAMED {
        lines.push(format!("  and {} more", group.datums.len() - NAMED));
    }
    lines
}
