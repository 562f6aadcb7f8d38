//! Which values of its wildcards each rule is asked for, where that is less than what its globs take.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::make::Task;
use super::super::pattern::{filled, values, with_each};
use super::super::report::Report;
use super::super::source::Facts;
use super::super::words::is_private;
use super::read::{Rule, commas};
use super::values::Known;
use super::{join, named};

/// Most files that are followed.
const MOST: usize = 100_000;

/// Files that rules name without a wildcard, and whether these are lists of what was there.
pub(super) type Asked = Vec<(String, bool)>;

/// What all rules read that is named without a wildcard.
pub(super) fn asked(rules: &[Rule], known: &Known, facts: &dyn Facts) -> Asked {
    let inputs = rules.iter().flat_map(|rule| &rule.directives).filter(|directive| directive.key == "input");
    let parts = inputs.flat_map(|directive| commas(&directive.text));
    let texts: Vec<_> = parts.map(|part| known.texts(named(&part).1, facts)).collect();
    // What only Python can tell may ask for any of them.
    let is_open = texts.iter().any(Result::is_err);
    let files = texts
        .into_iter()
        .flatten()
        .flat_map(|texts| texts.all.into_iter().map(move |path| (path, is_open || texts.is_open)));
    files.filter(|(path, _)| !path.contains('{')).collect()
}

/// Values of a task's wildcards, by their numbers.
type Values = Vec<(usize, String)>;

/// What is asked of each task.
#[derive(Default)]
struct Wanted {
    /// The values, and whether one of them comes from a list of what was there.
    of: BTreeMap<usize, (BTreeSet<Values>, bool)>,
    /// All files that a task makes for it.
    made: BTreeSet<String>,
}

impl Wanted {
    fn of(tasks: &[Task], asked: Asked) -> Self {
        let mut wanted = Self::default();
        let mut seen = BTreeSet::new();
        let mut open = VecDeque::from(asked);
        while let Some((path, is_open)) = open.pop_front() {
            if seen.len() < MOST && seen.insert(path.clone()) {
                open.extend(wanted.follow(tasks, path, is_open));
            }
        }
        if seen.len() >= MOST {
            wanted.of.values_mut().for_each(|(_, is_open)| *is_open = true);
        }
        wanted
    }

    /// Notes a file; what its rule needs for it.
    fn follow(&mut self, tasks: &[Task], path: String, is_open: bool) -> Asked {
        let found = |task: &Task| task.targets.iter().find_map(|target| values(target, &path));
        let named = tasks.iter().position(|task| task.targets.contains(&path));
        let all = named.into_iter().chain(0..tasks.len());
        let Some((at, mut values)) = all.into_iter().find_map(|at| Some((at, found(&tasks[at])?))) else {
            return Asked::new();
        };
        values.sort();
        let needs = tasks[at].needs.iter().map(|need| (filled(need, &values), is_open | tasks[at].is_open));
        let needs = needs.filter(|(need, _)| !need.contains(is_private)).collect();
        let noted = self.of.entry(at).or_default();
        noted.0.insert(values);
        noted.1 |= is_open;
        self.made.insert(path);
        needs
    }

    /// The files that a need takes without anybody asking for them, and how many it takes in all.
    fn beside(
        &self,
        need: &str,
        asked: &BTreeSet<Values>,
        facts: &dyn Facts,
        folder: &str,
    ) -> (usize, usize) {
        let is_made = asked.iter().any(|values| self.made.contains(&filled(need, values)));
        let path = join(folder, need).unwrap_or_default();
        let takes = |path: &String| values(need, path).map(sorted);
        let there: BTreeSet<Values> = if is_made {
            self.made.iter().filter_map(takes).collect()
        } else {
            facts.files().iter().filter_map(|file| values(&path, file)).map(sorted).collect()
        };
        let of_need = |values: &Values| -> Values {
            values.iter().filter(|(number, _)| need.contains(super::wild(*number))).cloned().collect()
        };
        let asked: BTreeSet<Values> = asked.iter().map(of_need).collect();
        (there.difference(&asked).count(), there.len())
    }
}

fn sorted(mut values: Values) -> Values {
    values.sort();
    values
}

/// Narrows the globs of rules that are asked for less than these take; where a glob cannot say so, that is told.
pub(super) fn narrow(tasks: &mut [Task], asked: Asked, folder: &str, facts: &dyn Facts, report: &mut Report) {
    let wanted = Wanted::of(tasks, asked);
    for (at, (values, is_open)) in &wanted.of {
        let task = &mut tasks[*at];
        let wild: Vec<&String> = task.needs.iter().filter(|need| need.contains(is_private)).collect();
        let beside = |need: &&String| wanted.beside(need, values, facts, folder);
        let Some((need, (more, all))) =
            wild.iter().map(|need| ((*need).clone(), beside(need))).find(|(_, (more, _))| *more > 0)
        else {
            let all = crossed(&wild, values);
            if all > values.len() {
                let more = all - values.len();
                let text = format!(
                    "its inputs are crossed to {all} datums, {more} of which no rule of the Snakefile asks for: they are worked on too"
                );
                report.assumed(&task.place, task.name.as_deref().unwrap_or_default(), text);
            }
            continue;
        };
        if let (false, Some(only)) = (*is_open, single(values)) {
            task.only = Some(only);
            continue;
        }
        let text = format!(
            "`{}` takes {all} files, {more} of which no rule of the Snakefile asks for: they are worked on too",
            with_each(&need, "*")
        );
        report.assumed(&task.place, task.name.as_deref().unwrap_or_default(), text);
    }
}

/// How many datums come of needs that share no wildcard, each with each.
fn crossed(needs: &[&String], asked: &BTreeSet<Values>) -> usize {
    let mut seen = String::new();
    let mut all = 1_usize;
    for need in needs {
        let wildcards: String = need.chars().filter(|letter| is_private(*letter)).collect();
        if !wildcards.contains(|letter| seen.contains(letter)) {
            seen.push_str(&wildcards);
            let files: BTreeSet<String> = asked.iter().map(|values| filled(need, values)).collect();
            all = all.saturating_mul(files.len());
        }
    }
    all
}

/// The values of the one wildcard that there is.
fn single(values: &BTreeSet<Values>) -> Option<Vec<String>> {
    let one = |values: &Values| match values.as_slice() {
        [(0, value)] => Some(value.clone()),
        _ => None,
    };
    values.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn a_rule_that_names_a_file_makes_it_and_none_with_a_wildcard() {
        let text = "rule one:\n    input: \"raw/r/{s}.t\"\n    output: \"o/{s}.txt\"\n    shell: \"cp {input} {output}\"\n\
                    rule report:\n    input: \"raw/q/x.t\"\n    output: \"o/report.txt\"\n    shell: \"cp {input} {output}\"\n\
                    rule final:\n    input: \"o/report.txt\"\n    output: \"f/final.txt\"\n    shell: \"cp {input} {output}\"\n";
        let found = run(text, &[("raw/r/a.t", ""), ("raw/q/x.t", "")]).expect("it is read");
        let last = spec(&found, "final");
        assert!(last.contains("pfs: {repo: report, glob: /report.txt}"), "{last}");
        assert!(
            found.texts(Class::Exact).contains("`report.txt` of `report`"),
            "{}",
            found.texts(Class::Exact)
        );
    }
}
