//! What a run would do, in words, for the question before it.

use std::collections::BTreeMap;

use crate::app::{DatumPreview, FileChange, PipelinePreview, Preview};
use crate::model::{DatumState, show};
use crate::run::count;

use super::effect::PlanText;

/// At most so many datums are named for each pipeline.
const NAMED: usize = 3;

/// What a run would do, line by line.
pub(super) fn plan_text(preview: &Preview) -> PlanText {
    let mut text = PlanText::default();
    text.lines.extend(preview.unsettled.iter().map(|told| format!("unsettled    {told}")));
    let first = preview.installs.iter();
    text.lines.extend(first.map(|path| format!("first        the subdataset {} is installed", show(path))));
    for pipeline in &preview.pipelines {
        text.to_run += pipeline.run.len();
        if !pipeline.run.is_empty() {
            text.runs.push((pipeline.name.clone(), pipeline.run.len()));
        }
        text.to_fail += pipeline.run.iter().filter(|datum| datum.state == DatumState::Failed).count();
        text.to_change += pipeline.run.len() + pipeline.place.len() + pipeline.remove.len();
        text.to_commit += usize::from(pipeline.commits);
        text.to_change +=
            pipeline.follows.len() + usize::from(pipeline.waits) + usize::from(pipeline.commits);
        text.lines.extend(lines(pipeline));
    }
    text.lines.extend(again(text.to_fail, text.to_run));
    let left_out = preview.left_out.iter();
    text.lines
        .extend(left_out.map(|(name, why)| format!("left out  {}: {}", show(name), show(&why.sentence()))));
    if preview.is_refused {
        // What would be refused is not offered.
        text.to_change = 0;
    }
    if text.lines.is_empty() {
        text.is_done = true;
        text.lines.push("Nothing to do: all of it is done.".into());
    }
    text
}

fn lines(pipeline: &PipelinePreview) -> Vec<String> {
    let name = show(&pipeline.name);
    let mut lines = Vec::new();
    if let Some(error) = &pipeline.error {
        lines.push(if pipeline.waits {
            format!("then         {name}: planned after that")
        } else {
            format!("cannot run   {name}: {}", show(error))
        });
    }
    lines.extend(some("will run", &name, &pipeline.run));
    lines.extend(some("placed", &name, &pipeline.place));
    lines.extend(some("removed", &name, &pipeline.remove));
    lines.extend(some("left as is", &name, &pipeline.keep));
    if pipeline.commits {
        lines.push(format!("committed    {name}: results that stand already and that no commit records"));
    }
    if !pipeline.follows.is_empty() {
        let least = match pipeline.at_least {
            least if least <= pipeline.run.len() => String::new(),
            least => format!(", at least {}", count(least, "datum")),
        };
        let after = format!("{}{least}", names(&pipeline.follows));
        match lines.first_mut() {
            Some(first) => first.extend(["; planned anew after ", &after]),
            None => lines.push(format!("then         {name}: planned after {after}")),
        }
    }
    if !pipeline.waits_for.is_empty() {
        lines.push(format!("waits        {name}: {} would not be complete", names(&pipeline.waits_for)));
    }
    lines
}

/// That what failed is the same as before.
fn again(failed: usize, all: usize) -> Option<String> {
    let what = match (failed, all) {
        (0, _) => return None,
        (1, 1) => "it failed".to_owned(),
        (failed, all) if failed == all => "all of these failed".to_owned(),
        (failed, _) => format!("{failed} of these failed"),
    };
    Some(format!("again        {what} with the same inputs, code and spec, and may fail again"))
}

fn names<T: ToString>(all: &[T]) -> String {
    all.iter().map(|name| show(&name.to_string())).collect::<Vec<_>>().join(", ")
}

/// `will run     fs: 3 datums (sub-1, sub-2, …)`, and why, if it is the same for all.
fn some(what: &str, name: &str, datums: &[DatumPreview]) -> Option<String> {
    let first = datums.first()?;
    let named: Vec<String> = datums.iter().take(NAMED).map(|datum| show(&datum.key)).collect();
    let more = if datums.len() > NAMED { ", …" } else { "" };
    let is_same = datums.iter().all(|datum| datum.reason == first.reason);
    let why = if is_same { show(&first.reason) } else { kinds(datums) };
    let why = if why.is_empty() { why } else { format!(": {why}") };
    Some(format!("{what:<12} {name}: {} ({}{more}){why}", count(datums.len(), "datum"), named.join(", ")))
}

/// At most so many kinds of reasons are told.
const KINDS: usize = 4;

/// `code changed (21), data changed (1)`: why, where that is not the same for all; the most frequent first.
fn kinds(datums: &[DatumPreview]) -> String {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for datum in datums.iter().filter(|datum| !datum.kind.is_empty()) {
        *counted.entry(&datum.kind).or_default() += 1;
    }
    let mut counted: Vec<(&str, usize)> = counted.into_iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = counted.len().saturating_sub(KINDS);
    let more = (more > 0).then(|| format!("and {more} other reasons"));
    let told = counted.iter().take(KINDS).map(|(kind, count)| format!("{} ({count})", show(kind)));
    told.chain(more).collect::<Vec<_>>().join(", ")
}

/// Pipelines of which results would be other ones: computed, put in place or removed.
pub(super) fn made_anew(preview: &Preview) -> Vec<&str> {
    let is_other = |pipeline: &&PipelinePreview| {
        !(pipeline.run.is_empty() && pipeline.place.is_empty() && pipeline.remove.is_empty())
    };
    preview.pipelines.iter().filter(is_other).map(|pipeline| pipeline.name.as_str()).collect()
}

/// What becomes of pipelines further on that are not run: those that are done by now, and those that are not.
pub(super) fn not_run(done: &[&String], open: &[&String]) -> Vec<String> {
    let told = |what: &str, names: &[&String], rest: &str| {
        let them = if names.len() == 1 { "it" } else { "them" };
        let line = format!("{what:<12} {} ({rest}; `R` runs {them} too)", self::names(names));
        (!names.is_empty()).then_some(line)
    };
    let stale = told("then stale", done, "not run now");
    stale.into_iter().chain(told("not run now", open, "not done as it is")).collect()
}

/// What was named, too, and is done already.
pub(super) fn done_already(name: &str, keys: &[&str]) -> Option<String> {
    let named: Vec<String> = keys.iter().take(NAMED).map(|key| show(key)).collect();
    let more = if keys.len() > NAMED { ", …" } else { "" };
    let (is, stays, them) = if keys.len() == 1 { ("is", "stays", "it") } else { ("are", "stay", "them") };
    let told = format!(
        "left         {}: {} ({}{more}) {is} done already and {stays} so; `f` runs {them} too",
        show(name),
        count(keys.len(), "datum"),
        named.join(", ")
    );
    (!keys.is_empty()).then_some(told)
}

/// What is committed before a run, in a line.
pub(super) fn to_save(files: &[(String, FileChange)]) -> String {
    // What is deleted is never among those that are only counted.
    let is_gone = |file: &&(String, FileChange)| file.1 == FileChange::Removed;
    let (gone, there): (Vec<_>, Vec<_>) = files.iter().partition(is_gone);
    let word = |file: &&(String, FileChange)| if is_gone(file) { " (deleted)" } else { "" };
    let in_order = gone.iter().chain(&there).copied();
    let named: Vec<String> =
        in_order.take(4).map(|file| format!("{}{}", show(&file.0), word(&file))).collect();
    let more = files.len() - named.len();
    let gone = gone.len().saturating_sub(named.len());
    let also = if gone > 0 { format!(", {gone} of them deleted") } else { String::new() };
    let more = if more > 0 { format!(" and {more} more{also}") } else { String::new() };
    let (verb, they) = if files.len() == 1 { ("is", "it is") } else { ("are", "they are") };
    format!(
        "saved first  {}{more} {verb} committed before the run; with `o` it runs all the same, and its results are \
         committed only once {they} (`A`)",
        named.join(", ")
    )
}

/// The word of the answer that commits first: `save 2 files`, `commit 1 deletion`, or both.
pub(super) fn saved(files: &[(String, FileChange)]) -> String {
    let gone = files.iter().filter(|(_, change)| *change == FileChange::Removed).count();
    let kept = files.len() - gone;
    let deletions = format!("{gone} deletion{}", if gone == 1 { "" } else { "s" });
    match (kept, gone) {
        (_, 0) => format!("save {}", count(kept, "file")),
        (0, _) => format!("commit {deletions}"),
        _ => format!("save {} and {deletions}", count(kept, "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_already_among_what_was_named_is_told() {
        assert_eq!(done_already("p", &[]), None);
        let told = done_already("p", &["a", "c", "d", "e"]).expect("a line");
        assert_eq!(
            told,
            "left         p: 4 datums (a, c, d, …) are done already and stay so; `f` runs them too"
        );
        assert!(
            done_already("p", &["a"])
                .is_some_and(|told| told.ends_with("(a) is done already and stays so; `f` runs it too"))
        );
    }

    #[test]
    fn what_is_committed_as_deleted_is_told_so() {
        let gone = ("raw/c".to_owned(), FileChange::Removed);
        assert!(
            to_save(std::slice::from_ref(&gone)).starts_with("saved first  raw/c (deleted) is committed")
        );
        let mut all: Vec<_> = (1..=5).map(|at| (format!("raw/{at}"), FileChange::New)).collect();
        assert_eq!(saved(&all), "save 5 files");
        all.push(gone.clone());
        let told = to_save(&all);
        assert!(
            told.starts_with("saved first  raw/c (deleted), raw/1, raw/2, raw/3 and 2 more are"),
            "{told}"
        );
        assert_eq!(
            (saved(&all), saved(&[gone])),
            ("save 5 files and 1 deletion".into(), "commit 1 deletion".into())
        );
        let many: Vec<_> = (1..=6).map(|at| (format!("raw/{at}"), FileChange::Removed)).collect();
        assert!(
            to_save(&many).contains(" and 2 more, 2 of them deleted are committed"),
            "{}",
            to_save(&many)
        );
    }

    fn datum(key: &str, reason: &str) -> DatumPreview {
        let (key, reason, state) = (key.into(), reason.to_owned(), DatumState::Stale);
        DatumPreview { key, id: String::new(), state, kind: reason.clone(), reason }
    }

    fn preview(pipelines: Vec<PipelinePreview>) -> Preview {
        Preview { pipelines, ..Preview::default() }
    }

    #[test]
    fn what_a_merge_left_is_told_even_where_nothing_is_to_do() {
        let told = "merge conflicts in 1 file, raw/a first: settle them".to_owned();
        let text = plan_text(&Preview { unsettled: Some(told), ..preview(Vec::new()) });
        assert_eq!(text.lines, ["unsettled    merge conflicts in 1 file, raw/a first: settle them"]);
        assert!(!text.is_done);
        let fs = PipelinePreview { name: "fs".into(), run: vec![datum("a", "x")], ..Default::default() };
        let refused = plan_text(&Preview { is_refused: true, ..preview(vec![fs]) });
        assert_eq!((refused.to_change, refused.lines.len()), (0, 1), "told, and not offered");
    }

    #[test]
    fn what_a_run_installs_first_is_offered() {
        let (name, error) = ("fs".to_owned(), Some("`raw` is not installed".to_owned()));
        let fs = PipelinePreview { name, error, waits: true, ..Default::default() };
        let text = plan_text(&Preview { installs: ["raw".to_owned()].into(), ..preview(vec![fs]) });
        assert_eq!(
            text.lines,
            ["first        the subdataset raw is installed", "then         fs: planned after that"]
        );
        assert_eq!((text.to_change, text.is_done), (1, false));
    }

    #[test]
    fn results_that_are_only_committed_are_something_to_do() {
        let fs = PipelinePreview { name: "fs".into(), commits: true, ..PipelinePreview::default() };
        let text = plan_text(&preview(vec![fs]));
        assert_eq!(text.lines, ["committed    fs: results that stand already and that no commit records"]);
        assert_eq!((text.to_change, text.to_commit, text.is_done), (1, 1, false));
    }

    #[test]
    fn of_what_follows_only_datums_that_are_known_are_counted() {
        let told = |at_least| {
            let follows = vec![crate::model::PipelineName::parse("fs").expect("a name")];
            let stats = PipelinePreview { name: "stats".into(), follows, at_least, ..Default::default() };
            plan_text(&preview(vec![stats])).lines
        };
        assert_eq!(told(0), ["then         stats: planned after fs"]);
        assert_eq!(told(2), ["then         stats: planned after fs, at least 2 datums"]);
        let follows = vec![crate::model::PipelineName::parse("fs").expect("a name")];
        let run = vec![datum(".", "`fs:a` is stale")];
        let stats = PipelinePreview { name: "stats".into(), run, follows, at_least: 1, ..Default::default() };
        assert_eq!(
            plan_text(&preview(vec![stats])).lines,
            ["will run     stats: 1 datum (.): `fs:a` is stale; planned anew after fs"],
            "each pipeline once"
        );
    }

    #[test]
    fn what_runs_is_named_and_counted() {
        let run = (1..=5).map(|at| datum(&format!("s{at}"), "code changed")).collect();
        let place = vec![datum("a", "x"), datum("b", "y")];
        let fs = PipelinePreview { name: "fs".into(), run, place, ..PipelinePreview::default() };
        let text = plan_text(&preview(vec![fs]));
        assert_eq!((text.to_run, text.to_change), (5, 7));
        assert_eq!(
            text.lines,
            [
                "will run     fs: 5 datums (s1, s2, s3, …): code changed",
                "placed       fs: 2 datums (a, b): x (1), y (1)",
            ]
        );
    }

    #[test]
    fn why_is_counted_where_it_is_not_the_same_for_all() {
        let of = |key: &str, kind: &str| DatumPreview { kind: kind.into(), ..datum(key, key) };
        let run = vec![of("a", "data changed"), of("b", "code changed"), of("c", "code changed")];
        let fs = PipelinePreview { name: "fs".into(), run, ..PipelinePreview::default() };
        let told = &plan_text(&preview(vec![fs])).lines[0];
        assert!(told.ends_with("(a, b, c): code changed (2), data changed (1)"), "{told}");
    }

    #[test]
    fn what_failed_on_the_same_work_is_told_to_be_likely_to_fail_again() {
        let failed = |key: &str| DatumPreview { state: DatumState::Failed, ..datum(key, "exit code 1") };
        let told = |run: Vec<DatumPreview>| {
            let fs = PipelinePreview { name: "fs".into(), run, ..PipelinePreview::default() };
            plan_text(&preview(vec![fs]))
        };
        let text = told(vec![failed("a"), datum("b", "code changed")]);
        assert_eq!((text.to_fail, &*text.runs), (1, &[("fs".to_owned(), 2)][..]));
        assert!(text.lines[1].contains("1 of these failed with the same inputs"), "{:?}", text.lines);
        assert!(told(vec![failed("a")]).lines[1].contains("it failed with the same"));
        assert_eq!(told(vec![datum("b", "code changed")]).lines.len(), 1);
    }

    #[test]
    fn what_is_stale_already_does_not_become_so() {
        let names = ["tract", "conn", "stats"].map(str::to_owned);
        assert_eq!(
            not_run(&[&names[0], &names[1]], &[&names[2]]),
            [
                "then stale   tract, conn (not run now; `R` runs them too)",
                "not run now  stats (not done as it is; `R` runs it too)",
            ]
        );
        assert!(not_run(&[], &[]).is_empty());
    }

    #[test]
    fn results_that_are_only_placed_or_removed_are_other_ones_too() {
        let of = |name: &str| PipelinePreview { name: name.into(), ..PipelinePreview::default() };
        let one = || vec![datum("a", "x")];
        let found = preview(vec![
            of("still"),
            PipelinePreview { run: one(), ..of("run") },
            PipelinePreview { place: one(), ..of("placed") },
            PipelinePreview { remove: one(), ..of("removed") },
        ]);
        assert_eq!(made_anew(&found), ["run", "placed", "removed"]);
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let text = plan_text(&preview(Vec::new()));
        assert_eq!((text.to_change, text.lines.len()), (0, 1));
    }
}
