//! `update` and `adopt`: a project follows its scaffold.

use std::fmt::Write as _;

use serde_json::json;

use super::{print, print_json, say};
use crate::app::{self, Adopted, Adoption, AppError, ExitCode, Talk, UpdateRequest, Updated};
use crate::cli::Context;
use crate::cli::ask::{self, Asker};
use crate::cli::layout_args::{Adopt, Update, answers};
use crate::cli::report::{Style, paint, plural};
use crate::cli::talk::Person;
use crate::model::{show, show_some};

/// So many files are named in a line.
const NAMED: usize = 5;

/// `update`.
pub(crate) fn update(context: &Context, args: &Update) -> Result<ExitCode, AppError> {
    if args.abort {
        let branch = app::abort_update(&context.dir)?;
        if context.json {
            print_json(&json!({"aborted": true, "branch": branch}));
        } else {
            say(&format!("all is as before the update, on {}", show(&branch)));
        }
        return Ok(ExitCode::Done);
    }
    let mut request = UpdateRequest {
        to: args.to.clone(),
        from: args.from.clone(),
        answers: answers(&args.set)?,
        is_check: args.check,
        in_place: args.in_place,
    };
    let asks = !args.check && !context.json && ask::is_possible();
    if asks {
        answer_new(context, &mut request)?;
    }
    let mut person = Person;
    let updated = app::update(&context.dir, &request, asks.then_some(&mut person as &mut dyn Talk))?;
    if context.json {
        print_json(&as_json(&updated));
    } else {
        print(&told(&updated, args));
    }
    let is_new = updated.is_news() || !updated.newer.is_empty();
    let is_left = !updated.conflicts.is_empty() || (args.check && is_new);
    Ok(if is_left { ExitCode::Failed } else { ExitCode::Done })
}

/// Asks what the scaffold asks by now and the project was never asked.
fn answer_new(context: &Context, request: &mut UpdateRequest) -> Result<(), AppError> {
    let new = app::new_questions(&context.dir, request)?;
    let Some(new) = new.filter(|new| !new.names.is_empty()) else { return Ok(()) };
    let mut answers = ask::interview(&Asker::new(), &new.scaffold, &new.around, &new.answers)?;
    // What the record has stays with the record; a new answer may raise another question.
    answers.retain(|name, _| request.answers.contains_key(name) || !new.answers.contains_key(name));
    request.answers = answers;
    Ok(())
}

fn told(updated: &Updated, args: &Update) -> String {
    let (old, new) = (show(&updated.versions.0), show(&updated.versions.1));
    let scaffold = show(&updated.scaffold);
    if !updated.is_news() {
        return no_news(updated, args);
    }
    if !updated.asks.is_empty() {
        let set: Vec<String> =
            updated.asks.iter().map(|name| format!("--set {}=…", app::quoted(name))).collect();
        let asks = format!("`{scaffold}` {old} → {new}: it asks {} by now\n", named(&updated.asks));
        return format!("{asks}  {}\n", paint(Style::Hint, &format!("minipach update {}", set.join(" "))));
    }
    let mut out = format!("`{scaffold}` {old} → {new}: {}", plural(updated.changed.len(), "file"));
    _ = writeln!(out, " changed, {} of them new", updated.new.len());
    if args.check {
        _ = writeln!(out, "  {}", named(&updated.changed));
        _ = writeln!(out, "  {}", paint(Style::Hint, &update_to(args.from.as_ref(), args.to.as_ref())));
        return out;
    }
    for (from, to) in &updated.moved {
        _ = writeln!(out, "moved: {} → {}", show(from), show(to));
    }
    out += &removed_here(updated);
    out += &own(updated);
    let branch = updated.branch.as_ref().unwrap_or(&updated.before);
    if updated.conflicts.is_empty() {
        _ = writeln!(out, "merged into {}", paint(Style::Bold, &show(branch)));
        if updated.branch.is_some() {
            let steps = switched(updated, branch);
            _ = writeln!(out, "  {}", paint(Style::Hint, &steps));
        }
        return out;
    }
    _ = writeln!(out, "{} in conflict, on {}:", plural(updated.conflicts.len(), "file"), show(branch));
    for path in &updated.conflicts {
        _ = writeln!(out, "  {}{}", paint(Style::Bad, &show(path)), one_sided(updated, path));
    }
    let merge = updated.branch.as_ref().map(|branch| switched(updated, branch));
    let steps = ["git mergetool", "git commit"].into_iter().chain(merge.as_deref());
    for step in steps {
        _ = writeln!(out, "  {}", paint(Style::Hint, step));
    }
    _ = writeln!(out, "or all as before:\n  {}", paint(Style::Hint, "minipach update --abort"));
    out
}

/// That nothing is to be done, and which versions the tag of a pinned project keeps away.
fn no_news(updated: &Updated, args: &Update) -> String {
    let (old, scaffold) = (show(&updated.versions.0), show(&updated.scaffold));
    let Some(newest) = updated.newer.first() else {
        return format!("up to date with version {old} of `{scaffold}`\n");
    };
    let newer = named(&updated.newer);
    let hint = paint(Style::Hint, &update_to(args.from.as_ref(), Some(newest)));
    format!("stays at version {old} of `{scaffold}`, by its tag; newer: {newer}\n  {hint}\n")
}

/// What stands against what where only one side has a file in conflict, and what settles that.
fn one_sided(updated: &Updated, path: &str) -> String {
    if updated.put.iter().any(|put| put == path) {
        let path = show(&app::quoted(path));
        return format!(
            ": new, put into a folder that the other side renamed; `git add {path}` keeps it there, and `git mv` moves it after that"
        );
    }
    let Some(is_theirs) = updated.removed.get(path) else { return String::new() };
    let said = if *is_theirs {
        "removed by the scaffold, changed here"
    } else {
        "changed by the scaffold, removed here"
    };
    let path = show(&app::quoted(path));
    format!(": {said}; `git add {path}` keeps it, `git rm {path}` lets it go")
}

/// The command that brings the branch of an update to the one before.
fn switched(updated: &Updated, branch: &str) -> String {
    let detach = if updated.is_detached { "--detach " } else { "" };
    format!("git switch {detach}{} && git merge {}", app::quoted(&updated.before), app::quoted(branch))
}

/// What the project has as its own where the scaffold has another.
fn own(updated: &Updated) -> String {
    let mut out = String::new();
    let names: Vec<String> = updated.own.iter().map(|(path, _)| path.clone()).collect();
    if let Some((path, id)) = updated.own.first() {
        _ = writeln!(
            out,
            "the project's own, and stays so although the scaffold has one too: {}",
            named(&names)
        );
        let look = format!("git diff {} {}", app::quoted(&format!("HEAD:{path}")), &id[..id.len().min(12)]);
        _ = writeln!(out, "  {}", paint(Style::Hint, &look));
    }
    out
}

/// The update to a version, from a place.
fn update_to(from: Option<&String>, to: Option<&String>) -> String {
    let option = |name: &str, value: Option<&String>| {
        value.map_or_else(String::new, |value| format!(" --{name} {}", app::quoted(value)))
    };
    format!("minipach update{}{}", option("from", from), option("to", to))
}

/// What of the scaffold is not here by the user's own doing.
fn removed_here(updated: &Updated) -> String {
    let is_open = |path: &&String| !updated.conflicts.contains(path);
    let (changed, same): (Vec<String>, Vec<String>) = updated
        .kept_deleted
        .iter()
        .filter(is_open)
        .cloned()
        .partition(|path| updated.changed_deleted.contains(path));
    let mut out = String::new();
    if !same.is_empty() {
        _ = writeln!(out, "removed here, and stays so: {}", named(&same));
    }
    if !changed.is_empty() {
        _ = writeln!(out, "removed here, and stays so although it was changed there: {}", named(&changed));
        let look = format!("git show refs/minipach/template:{}", show(&changed[0]));
        _ = writeln!(out, "  {}", paint(Style::Hint, &look));
    }
    out
}

fn named(paths: &[String]) -> String {
    show_some(&paths.iter().map(String::as_str).collect::<Vec<_>>(), NAMED)
}

fn as_json(updated: &Updated) -> serde_json::Value {
    json!({
        "scaffold": updated.scaffold, "from": updated.versions.0, "to": updated.versions.1, "news": updated.is_news(),
        "changed": updated.changed, "new": updated.new, "kept_deleted": updated.kept_deleted, "changed_deleted": updated.changed_deleted, "moved": updated.moved, "asks": updated.asks,
        "own": updated.own.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        "newer": updated.newer, "conflicts": updated.conflicts, "removed": updated.removed, "put": updated.put, "branch": updated.branch, "commit": updated.commit,
    })
}

/// `adopt`.
pub(crate) fn adopt(context: &Context, args: &Adopt) -> Result<ExitCode, AppError> {
    let set = answers(&args.set)?;
    let wanted = Adoption {
        text: &args.scaffold,
        at: args.checkout.as_deref(),
        directory: args.directory.as_deref(),
        answers: &set,
    };
    let adopted = app::adopt(&context.dir, &wanted)?;
    let Adopted { scaffold, at, files, differ, absent, commit } = &adopted;
    if context.json {
        print_json(&json!({
            "scaffold": scaffold, "at": at, "files": files, "differ": differ, "absent": absent, "commit": commit,
        }));
        return Ok(ExitCode::Done);
    }
    let at = at.as_ref().map(|at| format!(" at {}", show(at))).unwrap_or_default();
    let mut out = format!("follows `{}`{at}: {} of its files are here", show(scaffold), files.len());
    if !differ.is_empty() {
        _ = write!(out, ", of which these differ: {}", named(differ));
    }
    out.push('\n');
    if !absent.is_empty() {
        _ = writeln!(out, "not here, and an update brings them: {}", named(absent));
    }
    _ = writeln!(out, "  {}", paint(Style::Hint, "minipach update --check"));
    print(&out);
    Ok(ExitCode::Done)
}
