//! Errands that need no plan of the project: what an act would do that is asked about first, and what can run commands.

use std::path::Path;

use crate::app::{
    Ability, AppError, Below, Collected, below, command_line, engines, gc, preview_at, would_fix,
    would_replay,
};
use crate::model::{Fix, show};

use super::effect::{About, Answer, Foretold, Query, World};
use super::plan_text::plan_text;
use super::popup::acts::edited;
use super::request::request;
use super::words::size;

/// What is older than so many days is old.
const DAYS: u32 = 30;

/// So many edits are named.
const NAMED: usize = 12;

/// The answer to a query that is one; `None` to all others. `dir` is the project's root.
pub(super) fn run(query: Query, dir: &Path) -> Option<Answer> {
    Some(match query {
        Query::CollectPlan => {
            let found = gc(dir, DAYS, true).map_err(|error| error.message);
            Answer::Foretold(About::Collect, found.map(|found| Box::new(old(&found))))
        }
        Query::BelowPlan => {
            let found = nested(dir).map_err(|error| error.message);
            Answer::Foretold(About::Below, found.map(Box::new))
        }
        Query::ReplayPlan(commit) => {
            let found = would_replay(dir, &commit).map_err(|error| error.message);
            let replay = found.map(|replay| {
                let yes = Some(("replay".to_owned(), World::Own(waiting(&replay.command))));
                Box::new(Foretold { lines: replay.lines, command: replay.command, yes })
            });
            Answer::Foretold(About::Replay, replay)
        }
        Query::WouldFix(fixes, command) => {
            let follows = would_fix(dir, &fixes)
                .unwrap_or_else(|error| vec![format!("what follows cannot be foretold: {}", error.message)]);
            Answer::Foretold(About::Fixes, Ok(Box::new(mended(fixes, follows, command))))
        }
        Query::Engines => {
            let lines = engines(dir).iter().map(ability).collect();
            Answer::Told("What can run commands here".into(), lines)
        }
        _ => return None,
    })
}

fn ability(ability: &Ability) -> String {
    let word = if ability.works { "works" } else { "not here" };
    format!("{}: {word}; {}", ability.name, ability.says)
}

/// What a run would do that goes into subdatasets: first in these, then here.
fn nested(dir: &Path) -> Result<Foretold, AppError> {
    let all: Vec<Below> = below(dir)?.into_iter().filter(|below| below.has_specs).collect();
    if all.is_empty() {
        let none = "No installed subdataset holds pipelines.".to_owned();
        return Ok(Foretold { lines: vec![none], ..Foretold::default() });
    }
    let (mut lines, mut to_run) = (Vec::new(), 0);
    let roots = all.iter().map(|below| (format!("In {}:", show(&below.path)), below.root.as_path()));
    for (head, root) in roots.chain([("Then here, as things are now:".to_owned(), dir)]) {
        let plan = plan_text(&preview_at(root, &request(&[]))?);
        to_run += plan.to_run;
        lines.push(head);
        lines.extend(plan.lines.into_iter().map(|line| format!("  {line}")));
    }
    lines.push(
        "Results are committed in the dataset they stand in, and that commit is recorded in the one around it. What \
         runs in subdatasets is not shown here; a message tells when all is over."
            .into(),
    );
    let words = ["run", "--recursive"].map(str::to_owned).to_vec();
    let word = if to_run > 0 { format!("run {to_run}") } else { "do it".into() };
    Ok(Foretold { lines, command: command_line(&words), yes: Some((word, World::Start(words))) })
}

/// A command after which what it said can be read before the screen comes back.
fn waiting(command: &str) -> String {
    format!("{command}; printf '\\nEnter goes back '; read -r _")
}

fn old(found: &Collected) -> Foretold {
    let told = found.told().into_iter().filter(|(freed, _)| freed.number > 0);
    let mut lines: Vec<String> = told
        .map(|(freed, what)| {
            let bytes = if freed.bytes > 0 { format!(" ({})", size(freed.bytes)) } else { String::new() };
            format!("{} {what}{bytes}", freed.number)
        })
        .collect();
    if lines.is_empty() {
        let nothing = format!(
            "There is nothing to remove: all that is kept here is needed, or not {DAYS} days old yet."
        );
        return Foretold { lines: vec![nothing], ..Foretold::default() };
    }
    lines.insert(
        0,
        format!("Older than {DAYS} days, and not needed to know what is done, failed or takes how long:"),
    );
    lines.push("Results, commits and what is known of them stay.".into());
    let words = vec!["gc".to_owned()];
    Foretold { lines, command: command_line(&words), yes: Some(("remove them".into(), World::Start(words))) }
}

/// What fixes change, and what follows for datums.
pub(super) fn mended(fixes: Vec<Fix>, follows: Vec<String>, command: String) -> Foretold {
    let mut lines: Vec<String> = fixes.iter().flat_map(|fix| fix.edits.iter().flat_map(edited)).collect();
    let more = lines.len().saturating_sub(NAMED);
    lines.truncate(NAMED);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines.extend(follows);
    lines.push("Nothing runs by that, and it is not committed until it is saved.".into());
    let yes = format!("mend {}", crate::run::count(fixes.len(), "finding"));
    Foretold { lines, command, yes: Some((yes, World::Query(Query::Fix(fixes)))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Freed;
    use crate::model::Edit;

    #[test]
    fn what_is_old_is_counted_and_nothing_is_not_confirmed() {
        let nothing = old(&Collected::default());
        assert!(nothing.yes.is_none() && nothing.command.is_empty(), "{nothing:?}");
        let kept = Freed { number: 2, bytes: 0 };
        let logs = Freed { number: 7, bytes: 4200 };
        let some = old(&Collected { logs, kept, ..Collected::default() });
        assert!(some.lines[1].starts_with("7 logs of commands (4.2 kB)"), "{some:?}");
        assert!(some.lines[2].contains("`git gc` frees"), "{some:?}");
        assert_eq!(some.command, "minipach gc");
    }

    #[test]
    fn all_edits_are_shown_before_they_are_made() {
        let append = Edit::Append { path: ".gitattributes".into(), lines: vec!["/fs/** -merge".into()] };
        let follows = vec!["then fs: 1 datum (a) pending".to_owned()];
        let asked = mended(vec![Fix::safe("x", vec![append])], follows, "minipach check --fix".into());
        assert_eq!(asked.lines[..3], [".gitattributes:", "+ /fs/** -merge", "then fs: 1 datum (a) pending"]);
        assert!(matches!(asked.yes, Some((word, _)) if word == "mend 1 finding"));
        assert_eq!(asked.command, "minipach check --fix");
    }
}
