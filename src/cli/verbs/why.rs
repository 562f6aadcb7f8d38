//! `why`: explains a state, down to the field that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{LOOKED, note_unsound, open, print, print_json, unsettled};
use crate::app::{
    self, AppError, DatumView, ExitCode, Explained, HeldUp, PathView, Reader, Session, Unmatched, Waiting,
};
use crate::cli::Context;
use crate::cli::report::{Style, brief, paint, plural, state_style};
use crate::model::{DatumState, KnownInput, Place, in_quotes, show, show_short};
use crate::plan::{Alone, Reason};
use crate::run::Plans;

/// More datums than this of one pipeline are summed up, those that are not done first.
const MOST: usize = 20;

/// More readers of a path than this are summed up.
const FEW: usize = 5;

/// As many datums in one state for the same reasons are told together.
const MANY: usize = 3;

/// More inputs or results of a datum than this are cut.
const FACTS: usize = 10;

/// `why`.
pub(crate) fn why(context: &Context, targets: &[String]) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let state = session.project.repo.state_dir();
    let live = app::live(&state)?;
    for text in targets {
        let mut explained_as = app::explain(session, &plans, &known, text)?;
        if let Explained::Datums(views, ..) = &mut explained_as {
            app::tell_cut_off(&known, session.cut_off(), views);
            for view in &mut *views {
                view.mark(&live);
            }
        }
        match explained_as {
            Explained::Datums(views, _, path) if context.json => {
                let mut held = Held::new(&plans);
                for view in &views {
                    let mut value = with_use(view, path.as_ref(), held.up(view));
                    let half_known = app::half_known(session, &plans, &view.pipeline);
                    if !half_known.is_empty() {
                        value["half_known"] = half_known.into();
                    }
                    print_json(&value);
                }
            }
            Explained::Datums(views, alone, path) => {
                print(&explained(text, &views, context.verbose));
                print(&what_holds_up(&plans, &views));
                print(&half_known(session, &plans, &views));
                print(&uncommitted(session, &plans, &views));
                print(&damaged(session, &views));
                print(&left_alone(text, &alone));
                print(&path.map(|path| path_explained(&path, context.verbose)).unwrap_or_default());
            }
            Explained::Path(view) if context.json => print_json(&view.json()),
            Explained::Path(view) => {
                print(&path_explained(&view, context.verbose));
                print(&told_damaged(session, &[&view.path]));
            }
        }
    }
    if !context.json {
        print(&unsettled(session));
    }
    Ok(LOOKED)
}

/// Whether a datum waits, or was made from less than all of what it reads.
fn lacks_input(view: &DatumView) -> bool {
    let is_so = |reason: &Reason| matches!(reason, Reason::Upstream { .. } | Reason::Partial { .. });
    view.reasons.iter().any(is_so)
}

/// What holds up the datums of each pipeline, looked up once.
struct Held<'a> {
    plans: &'a Plans,
    by_pipeline: BTreeMap<String, Vec<HeldUp>>,
}

impl<'a> Held<'a> {
    const fn new(plans: &'a Plans) -> Self {
        Self { plans, by_pipeline: BTreeMap::new() }
    }

    /// What holds up a datum, if it lacks something that it reads.
    fn up(&mut self, view: &DatumView) -> &[HeldUp] {
        if !lacks_input(view) {
            return &[];
        }
        let pipeline = view.pipeline.clone();
        self.by_pipeline.entry(pipeline).or_insert_with_key(|name| app::held_up(self.plans, name))
    }
}

/// What holds up those datums that lack something that they read, and what to do about it.
fn what_holds_up(plans: &Plans, views: &[DatumView]) -> String {
    let mut held = Held::new(plans);
    for view in views {
        held.up(view);
    }
    let is_waiting = views.iter().any(|view| view.state == DatumState::Blocked);
    let go_on = if is_waiting { ", or `minipach run --keep-going` with what there is" } else { "" };
    let mut out = String::new();
    for held in held.by_pipeline.values() {
        for held in held {
            _ = writeln!(out, "  {}", held.sentence());
        }
        if let Some(first) = held.first() {
            let why = format!("`minipach why {}`", app::quoted(first.pipeline.as_str()));
            let step = format!("{why} says what to do there; then `minipach run`{go_on}");
            _ = writeln!(out, "  {}", paint(Style::Hint, &step));
        }
    }
    out
}

/// The JSON of a datum, with who reads the path that led to it, and what holds it up.
fn with_use(view: &DatumView, path: Option<&PathView>, held_up: &[HeldUp]) -> serde_json::Value {
    let mut value = view.json();
    if !held_up.is_empty() {
        value["held_up_by"] = held_up.iter().map(HeldUp::json).collect();
    }
    if let Some(path) = path.map(PathView::json) {
        value["readers"] = path["readers"].clone();
        value["alone_in"] = path["alone"].clone();
    }
    value
}

/// What of the pipelines of some datums is known only as it was recorded.
fn half_known(session: &Session, plans: &Plans, views: &[DatumView]) -> String {
    let names: BTreeSet<&str> = views.iter().map(|view| &*view.pipeline).collect();
    let of = |name: &str| app::half_known(session, plans, name);
    let lines = names.into_iter().flat_map(|name| of(name).into_iter().map(move |told| (name, told)));
    let line = |(name, told): (&str, String)| format!("`{}`: {}\n", show(name), show(&told));
    lines.map(line).collect()
}

/// Why results of the pipelines of some datums that are done are in no commit.
fn uncommitted(session: &Session, plans: &Plans, views: &[DatumView]) -> String {
    let done: BTreeSet<&str> =
        views.iter().filter(|view| view.state == DatumState::Done).map(|view| &*view.pipeline).collect();
    if done.is_empty() {
        return String::new();
    }
    let waiting = app::waiting(&session.project, plans);
    let held = done.into_iter().filter_map(|name| Some((name, waiting.get(name)?)));
    let line = |(name, held): (&str, &Waiting)| {
        format!("results of `{}` are not committed: {}\n", show(name), show(&held.why))
    };
    held.map(line).collect()
}

fn explained(text: &str, views: &[DatumView], verbose: u8) -> String {
    if let [one] = views {
        return full(one, verbose);
    }
    let (done, open): (Vec<_>, Vec<_>) = views.iter().partition(|view| view.state == DatumState::Done);
    let mut out = String::new();
    let groups = if verbose > 0 { open.iter().map(|view| vec![*view]).collect() } else { alike(&open) };
    let most = if verbose > 0 { usize::MAX } else { MOST };
    for group in groups.iter().take(most) {
        out.push_str(&if let [one] = group.as_slice() { full(one, verbose) } else { grouped(group) });
    }
    let more: usize = groups.iter().skip(most).map(Vec::len).sum();
    if more > 0 {
        _ = writeln!(out, "… and {more} more; -v shows all");
    }
    if !done.is_empty() {
        let noun = plural(done.len(), "datum");
        _ = writeln!(
            out,
            "{noun} of `{}` done: their work is known and their files stand unmodified",
            show(text)
        );
    }
    if views.is_empty() {
        _ = writeln!(
            out,
            "`{}` has no datums: nothing matches its inputs; `minipach plan` says which glob",
            show(text)
        );
    }
    out
}

/// What is wrong with the annexed content that a single datum reads, or that stands for it.
fn damaged(session: &Session, views: &[DatumView]) -> String {
    let [view] = views else { return String::new() };
    let inputs = view.inputs.iter().map(|input| &*input.path);
    let paths: Vec<&str> = inputs.chain(view.outputs.iter().map(|(path, _)| &**path)).collect();
    told_damaged(session, &paths)
}

fn told_damaged(session: &Session, paths: &[&str]) -> String {
    let faults = app::damaged(&session.project, paths);
    let mut out = String::new();
    for fault in faults.iter().take(FACTS) {
        _ = writeln!(out, "  {}", paint(Style::Warn, &show(fault)));
    }
    if faults.len() > FACTS {
        _ = writeln!(out, "  … and {} more", faults.len() - FACTS);
    }
    out
}

/// Datums of one pipeline in one state for the same reasons, together where there are many; in order.
fn alike<'a>(views: &[&'a DatumView]) -> Vec<Vec<&'a DatumView>> {
    let is_alike = |a: &DatumView, b: &DatumView| {
        (&a.pipeline, a.state, &a.reasons) == (&b.pipeline, b.state, &b.reasons)
            && (a.is_acceptable, &a.queued) == (b.is_acceptable, &b.queued)
    };
    let mut groups: Vec<Vec<&DatumView>> = Vec::new();
    for view in views {
        match groups.iter_mut().find(|group| is_alike(group[0], view)) {
            Some(group) => group.push(view),
            None => groups.push(vec![view]),
        }
    }
    let apart = |group: Vec<&'a DatumView>| {
        if group.len() < MANY { group.into_iter().map(|view| vec![view]).collect() } else { vec![group] }
    };
    groups.into_iter().flat_map(apart).collect()
}

/// One entry for datums that are alike.
fn grouped(group: &[&DatumView]) -> String {
    let Some(first) = group.first() else { return String::new() };
    let state = paint(state_style(first.state), &first.state.word().replace('_', " "));
    let name = paint(Style::Bold, &show(&first.pipeline));
    let mut out = format!("{} of {name} are {state}\n", plural(group.len(), "datum"));
    out.push_str(&because(first, 0));
    let mut keys: Vec<String> = group.iter().take(FEW).map(|view| show(&view.key)).collect();
    if group.len() > keys.len() {
        keys.push(format!("and {} more; -v shows all", group.len() - keys.len()));
    }
    _ = writeln!(out, "  {}", keys.join(", "));
    if let Some(step) = next_step(first, &first.pipeline) {
        _ = writeln!(out, "  {}", paint(Style::Hint, &step));
    }
    out
}

fn full(view: &DatumView, verbose: u8) -> String {
    let state = paint(state_style(view.state), &view.state.word().replace('_', " "));
    let target = format!("{}:{}", view.pipeline, view.key);
    let mut out = format!("{} is {state}\n", paint(Style::Bold, &show(&target)));
    if let Some(hand) = &view.running {
        _ = writeln!(out, "  since {}", hand.since());
    }
    out.push_str(&because(view, verbose));
    for path in &view.blamed {
        _ = writeln!(out, "  that names the input {}", show(path));
    }
    for fact in facts(view, verbose) {
        _ = writeln!(out, "{}", paint(Style::Dim, &format!("  {fact}")));
    }
    if !view.twins.is_empty() {
        _ = writeln!(out, "  the same work as {}", show(&view.twins.join(", ")));
    }
    if let Some(step) = next_step(view, &target) {
        _ = writeln!(out, "  {}", paint(Style::Hint, &step));
    }
    out
}

/// The reasons of a state, with old and new value where there are both.
fn because(view: &DatumView, verbose: u8) -> String {
    let mut out = String::new();
    for reason in &view.reasons {
        _ = writeln!(out, "  because {}", show(&reason.sentence()));
        if let Some((old, new)) = reason.values().filter(|(old, new)| old != "-" && new != "-") {
            let text =
                |value: &str| show_short(&if verbose > 0 { value.to_owned() } else { brief(value) }, 200);
            let line = format!("    {} → {}", text(&old), text(&new));
            _ = writeln!(out, "{}", paint(Style::Dim, &line));
        }
    }
    if view.is_unchanged() {
        _ = writeln!(out, "  {}", paint(Style::Dim, app::UNCHANGED));
    }
    out
}

/// What a datum is made of and what stands for it, one line each; long ones are cut unless more is asked for.
fn facts(view: &DatumView, verbose: u8) -> Vec<String> {
    let (most, width) = if verbose > 0 { (usize::MAX, usize::MAX) } else { (FACTS, 200) };
    let cut = |facts: Vec<String>| {
        let more = facts.len().saturating_sub(most);
        let rest = (more > 0).then(|| format!("… and {more} more; -v shows all"));
        facts.into_iter().take(most).chain(rest).collect::<Vec<_>>()
    };
    let input = |input: &KnownInput| format!("input {} = {}", show(&input.name), show(&input.path));
    let mut facts = cut(view.inputs.iter().map(input).collect());
    if !view.command.is_empty() {
        facts.push(format!("command {}", show_short(&view.command, width)));
    }
    if let Some(words) = view.place.and_then(Place::words).filter(|_| !view.outputs.is_empty()) {
        let image = view.without_image.as_ref();
        let without = image.map(|image| format!(", not in the image `{}` that its spec names", show(image)));
        facts.push(format!("made {words}{}", without.unwrap_or_default()));
    }
    if !view.code.is_empty() {
        facts.push(format!("code {}", show_short(&view.code.join(", "), width)));
    }
    let output = |(path, content): &(String, String)| {
        let content = if verbose > 0 { content.clone() } else { brief(content) };
        format!("result {} = {}", show(path), show(&content))
    };
    if view.state == DatumState::Done && !view.command.is_empty() && view.outputs.is_empty() {
        facts.push("its command wrote nothing to /pfs/out".into());
    }
    facts.extend(cut(view.outputs.iter().map(output).collect()));
    let changed = |path: &String| format!("differs from the last commit: {}", show(path));
    facts.extend(cut(view.changed.iter().map(changed).collect()));
    if view.is_accepted && view.state != DatumState::Done {
        facts.push("that result was accepted by hand: no command made it".into());
    }
    facts
}

fn next_step(view: &DatumView, target: &str) -> Option<String> {
    let target = in_quotes(target);
    let accept = format!("`minipach accept {target}`");
    let or_accept = |step: String, when: &str| {
        if view.is_acceptable { format!("{step}, or {accept} {when}") } else { step }
    };
    if view.reasons.iter().any(|reason| matches!(reason, Reason::CannotRun { .. })) {
        return Some("`minipach run` once that is there".into());
    }
    if view.reasons.iter().any(|reason| matches!(reason, Reason::Refused { .. })) {
        return Some("`minipach run` once that rule is changed".into());
    }
    if view.reasons.iter().any(|reason| matches!(reason, Reason::Recorded { .. })) && view.is_acceptable {
        return Some(format!("{accept}; without the files `minipach run` makes it anew"));
    }
    if let Some(queued) = &view.queued {
        return Some(format!("{queued}; `minipach attach` follows that"));
    }
    match view.state {
        DatumState::Running => Some(format!("minipach logs {target} -f")),
        DatumState::Failed | DatumState::Recovered => {
            Some(or_accept(format!("minipach logs {target}"), "if what stands from before is still good"))
        }
        DatumState::Edited if view.is_acceptable => Some(format!(
            "{accept} keeps the edit; without the file `minipach run` puts the result back, or makes it anew where its work has changed too"
        )),
        DatumState::Edited => Some("move the files out of the way, then `minipach run`".into()),
        DatumState::InTheWay => Some(or_accept("move the file away".into(), "takes it as the result")),
        DatumState::Stale => Some(or_accept(format!("minipach run {target}"), "if the result is still good")),
        DatumState::Pending | DatumState::Cached => Some("minipach run".into()),
        DatumState::Orphaned => Some("`minipach run` removes its files".into()),
        _ => None,
    }
}

/// What a path is to the pipelines.
fn path_explained(view: &PathView, verbose: u8) -> String {
    let path = paint(Style::Bold, &show(&view.path));
    let mut out = format!("{path} {}\n", part(view));
    if let Some(name) = &view.spec_of {
        _ = writeln!(out, "  {}", paint(Style::Hint, &format!("minipach why {}", app::quoted(name))));
    }
    let alone = view.alone.iter().map(|(pipeline, alone)| {
        let it = if alone.path == view.path { "it".to_owned() } else { format!("`{}`", alone.path) };
        format!("  {pipeline}: {it} found no partner: {}", alone.sentence())
    });
    let unmatched = view.unmatched.iter().map(|Unmatched { pipeline, input, repo, glob }| {
        format!("  {pipeline}: `{input}` cuts `{repo}` by `{glob}`, which does not take it")
    });
    let formerly = view.formerly.iter().map(|target| format!("  {target} was made of it"));
    let lost = view.lost.iter().map(|Reader { pipeline, key, input, state }| {
        let state = state.word().replace('_', " ");
        format!("  {pipeline}:{key} had it as `{input}` and is {state}")
    });
    let lines: Vec<String> = alone.chain(unmatched).chain(formerly).chain(lost).collect();
    let most = if verbose > 0 { usize::MAX } else { MOST };
    for line in lines.iter().take(most) {
        _ = writeln!(out, "{}", show(line));
    }
    if lines.len() > most {
        _ = writeln!(out, "  … and {} more; -v shows all", lines.len() - most);
    }
    out.push_str(&readers(&view.readers, verbose));
    out
}

/// Those who read a path: one line each, or where many of a pipeline do, one for all of them.
fn readers(readers: &[Reader], verbose: u8) -> String {
    let mut out = String::new();
    for of_input in readers.chunk_by(|a, b| (&a.pipeline, &a.input) == (&b.pipeline, &b.input)) {
        let Some(Reader { pipeline, input, .. }) = of_input.first() else { continue };
        if of_input.len() > FEW && verbose == 0 {
            let datums = plural(of_input.len(), "datum");
            let line = format!("{datums} of {pipeline}, as `{input}`; -v shows all");
            _ = writeln!(out, "  {}", show(&line));
            continue;
        }
        for Reader { key, state, .. } in of_input {
            let state = paint(state_style(*state), &state.word().replace('_', " "));
            let line = format!("{pipeline}:{key}, as `{input}`, is");
            _ = writeln!(out, "  {} {state}", show(&line));
        }
    }
    out
}

/// What of a pipeline's inputs found no partner.
fn left_alone(text: &str, alone: &[Alone]) -> String {
    let Some(first) = alone.first() else { return String::new() };
    let mut names: Vec<String> = alone.iter().take(FEW).map(|alone| show(&alone.path)).collect();
    if alone.len() > names.len() {
        names.push(format!("and {} more", alone.len() - names.len()));
    }
    let hint = paint(Style::Hint, &format!("minipach why {}", app::quoted(&first.path)));
    let inputs = plural(alone.len(), "input");
    format!("{inputs} of `{}` found no partner: {} ({hint})\n", show(text), names.join(", "))
}

/// That a file stands among a pipeline's results and is none.
fn stray(pipeline: &str) -> String {
    let name = show(pipeline);
    format!(
        "stands in the folder of `{name}` and is no result of it: no run touches it, and no pipeline reads it"
    )
}

/// The part a path plays, in a few words.
fn part(view: &PathView) -> String {
    let mut parts = Vec::new();
    if let Some(name) = &view.spec_of {
        parts.push(format!("is the spec of `{}`", show(name)));
    }
    for (name, datums) in &view.code_of {
        let is = if view.is_folder { "holds" } else { "is" };
        parts.push(format!("{is} code of `{}`, which has {}", show(name), plural(*datums, "datum")));
    }
    match (view.readers.len(), view.alone.len() + view.unmatched.len()) {
        (0, 0) if parts.is_empty() && view.formerly.is_empty() && view.lost.is_empty() => {
            parts.push(view.stray_in.as_deref().map_or("is read by no pipeline".into(), stray));
        }
        (0, 0) => {}
        (0, _) => parts.push("is in no datum".into()),
        (readers, _) => parts.push(format!("is read by {}", plural(readers, "datum"))),
    }
    if parts.is_empty() {
        parts.push("is no input any more".into());
    }
    if view.is_ignored {
        parts.push("git ignores it".into());
    }
    if let Some(nested) = &view.nested_in {
        parts.push(format!(
            "`{}` is a repository inside this one that is no subdataset, so its files do not count; register it with \
             `datalad save -d .` or `git submodule add`",
            show(nested)
        ));
    }
    parts.join("; ")
}
