//! Families: a rule and all that it makes, which becomes one pipeline.

use std::collections::{BTreeMap, BTreeSet};

use super::super::emit::Value;
use super::super::names::PipelineNames;
use super::super::paths::{is_code, join, split};
use super::super::pattern::{percent, values};
use super::super::report::Place;
use super::super::source::Facts;
use super::super::words::{is_private, wild, wild_number};
use super::functions::ending;
use super::read::{Makefile, Rule};

/// A rule with a recipe, and what it makes.
#[derive(Clone, Debug)]
pub(super) struct Family {
    /// The rule.
    pub(super) rule: Rule,
    /// What it makes, from the project's root, with `%` as a wildcard.
    pub(super) targets: Vec<String>,
    /// What it needs, as the makefile writes it, with `%` as a wildcard.
    pub(super) needs: Vec<String>,
    /// The values that `%` may have; none are all that fit.
    pub(super) stems: Option<Vec<String>>,
    /// Values of `%` that are not its, since their target has a recipe of its own.
    pub(super) except: Vec<String>,
    /// The folder that all its targets lie in.
    pub(super) folder: String,
    /// Its pipeline.
    pub(super) name: String,
    /// How many explicit rules were merged into it.
    pub(super) merged: usize,
    /// The shell variables for the values of its wildcards.
    pub(super) variables: Vec<String>,
    /// What else its pipeline is to say.
    pub(super) extra: Extra,
}

/// What a pipeline is to say beside input and command.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Extra {
    /// What must be settled: line and words.
    pub(in super::super) todos: Vec<(usize, String)>,
    /// Fields.
    pub(in super::super) fields: Vec<(&'static str, Value)>,
    /// Fields of `transform`.
    pub(in super::super) transform: Vec<(&'static str, Value)>,
}

impl Family {
    /// The path of a target in the pipeline.
    pub(super) fn inside<'a>(&self, target: &'a str) -> &'a str {
        match self.folder.as_str() {
            "" => target,
            folder => target.strip_prefix(folder).map_or(target, |rest| rest.trim_start_matches('/')),
        }
    }

    /// Whether `%` stands in its targets.
    pub(super) fn is_map(&self) -> bool {
        self.targets.iter().any(|target| target.contains(is_private))
    }

    /// The path in the pipeline of something that this family makes; a wildcard in it stays one.
    pub(super) fn makes(&self, path: &str) -> Option<String> {
        let concrete: String = path.chars().map(stand_in).collect();
        self.targets.iter().find_map(|target| {
            let found = values(target, &concrete)?;
            let is_listed = |value: &str| {
                value.contains(is_private)
                    || self.stems.as_ref().is_none_or(|stems| stems.iter().any(|stem| stem == value))
            };
            let first = found.first().map(|(_, value)| value.as_str());
            first.is_none_or(is_listed).then(|| self.inside(path).to_owned())
        })
    }
}

/// A character that stands for a wildcard where it is to be a value of another one.
fn stand_in(c: char) -> char {
    let shifted = wild_number(c).and_then(|_| char::from_u32(c as u32 + 0x100));
    shifted.unwrap_or(c)
}

/// The variable that holds what `%` stands for.
pub(super) const STEM: &str = "stem";

/// Programs that make no data.
const IDLE: [&str; 14] = [
    "rm", "echo", "printf", "open", "xdg-open", "mkdir", "rmdir", "true", ":", "cat", "grep", "help",
    "touch", "git",
];

/// Why a rule is no pipeline; none if it is one.
pub(super) fn is_none(rule: &Rule, makefile: &Makefile<'_>) -> Option<String> {
    let names = rule.targets.join(" ");
    let is_phony = rule.targets.iter().all(|target| makefile.phony.contains(target));
    if is_phony && rule.recipe.is_empty() {
        return Some(format!("`{names}` only names others"));
    }
    if is_phony {
        return Some(format!("`{names}` is phony: its recipe makes no file of that name"));
    }
    let first = |line: &str| {
        line.trim_start_matches(['@', '-', '+', ' ']).split_whitespace().next().unwrap_or_default().to_owned()
    };
    let lines = rule.recipe.iter().filter(|(_, line)| !line.trim().is_empty());
    let programs: Vec<String> = lines.map(|(_, line)| first(line)).collect();
    let is_idle =
        |program: &String| IDLE.contains(&program.as_str()) || program == "$(RM)" || program == "${RM}";
    let redirects = rule.recipe.iter().any(|(_, line)| line.contains('>'));
    (rule.needs.is_empty() && !redirects && programs.iter().all(is_idle) && !programs.is_empty())
        .then(|| format!("`{names}` needs nothing and only removes, prints or makes room"))
}

/// The families of a makefile, in order, one for each rule; [`settled`] names them.
pub(super) fn families(makefile: &Makefile<'_>, folder: &str) -> Vec<Family> {
    let mut found: Vec<Family> = Vec::new();
    for rule in
        makefile.rules.iter().filter(|rule| !rule.recipe.is_empty() && is_none(rule, makefile).is_none())
    {
        let is_map = rule.pattern.is_some() || rule.targets.iter().any(|target| target.contains('%'));
        if is_map || rule.is_grouped || is_one_run(rule) {
            found.extend(family(rule, &rule.targets, makefile, folder));
        } else {
            let one = |target: &String| family(rule, std::slice::from_ref(target), makefile, folder);
            found.extend(rule.targets.iter().filter_map(one));
        }
    }
    found
}

/// Whether a rule for several targets does the same for each of them, so that one run makes all.
pub(super) fn is_one_run(rule: &Rule) -> bool {
    let asks = |(_, line): &(usize, String)| {
        let marks = ["$@", "$*", "$(@", "${@", "$(*", "${*"];
        marks.iter().any(|mark| line.contains(mark))
    };
    rule.targets.len() > 1 && rule.pattern.is_none() && !rule.recipe.iter().any(asks)
}

/// A task as another tool has it, for [`of_tasks`].
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Task {
    /// Where it stands.
    pub(in super::super) place: Place,
    /// What its pipeline is to be called; by its outputs if not given.
    pub(in super::super) name: Option<String>,
    /// What it makes, with wildcards.
    pub(in super::super) targets: Vec<String>,
    /// What it needs, with wildcards.
    pub(in super::super) needs: Vec<String>,
    /// Whether what it needs depends on which files are there.
    pub(in super::super) is_open: bool,
    /// The only values that its first wildcard may have, if not all.
    pub(in super::super) only: Option<Vec<String>>,
    /// Its commands with their lines, `$` doubled, `$^` and the like as in make.
    pub(in super::super) recipe: Vec<(usize, String)>,
    /// The shell variables for the values of its wildcards.
    pub(in super::super) variables: Vec<String>,
    /// What else its pipeline is to say.
    pub(in super::super) extra: Extra,
}

/// The families of tasks, whose paths begin at a folder.
pub(super) fn of_tasks(tasks: &[Task], folder: &str, facts: &dyn Facts) -> Vec<Family> {
    let one = |task: &Task| {
        let targets: Vec<String> =
            task.targets.iter().map(|target| join(folder, target)).collect::<Option<_>>()?;
        let rule = Rule {
            place: task.place.clone(),
            targets: task.targets.clone(),
            needs: task.needs.clone(),
            recipe: task.recipe.clone(),
            is_open: (true, task.is_open),
            is_grouped: true,
            ..Rule::default()
        };
        let is_map = targets.iter().any(|target| target.contains(is_private));
        let variables = if is_map { task.variables.clone() } else { vec![STEM.to_owned()] };
        Some(Family {
            rule,
            folder: common(&targets),
            targets,
            needs: task.needs.clone(),
            stems: task.only.clone(),
            except: Vec::new(),
            name: task.name.clone().unwrap_or_default(),
            merged: 1,
            variables,
            extra: task.extra.clone(),
        })
    };
    let found: Vec<Family> = tasks.iter().filter_map(one).collect();
    settled(&found, facts)
}

/// Those of one shape merged, all named.
pub(super) fn settled(families: &[Family], facts: &dyn Facts) -> Vec<Family> {
    let mut found = merged(families, facts);
    named(&mut found, facts);
    found
}

fn family(rule: &Rule, targets: &[String], makefile: &Makefile<'_>, folder: &str) -> Option<Family> {
    let mut needs = rule.needs.clone();
    // Further rules without a recipe add what the same target needs.
    let bare = makefile.rules.iter().filter(|other| other.recipe.is_empty());
    for other in bare.filter(|other| targets.iter().any(|target| other.targets.contains(target))) {
        needs.extend(other.needs.iter().filter(|need| !rule.needs.contains(need)).cloned());
    }
    let (made, stems) = match &rule.pattern {
        Some(pattern) => {
            let stems = targets
                .iter()
                .filter_map(|target| super::functions::stem(pattern, target).map(str::to_owned));
            let stems: Vec<String> = stems.collect::<BTreeSet<_>>().into_iter().collect();
            (vec![pattern.clone()], (!rule.is_open.0).then_some(stems))
        }
        None => (targets.to_vec(), None),
    };
    let path = |target: &String| join(folder, target).map(|path| percent(&path));
    let targets: Vec<String> = made.iter().map(path).collect::<Option<_>>()?;
    let needs = needs.iter().map(|need| percent(need)).collect();
    let folder = common(&targets);
    let (variables, extra) = (vec![STEM.to_owned()], Extra::default());
    Some(Family {
        rule: rule.clone(),
        targets,
        needs,
        stems,
        except: Vec::new(),
        folder,
        name: String::new(),
        merged: 1,
        variables,
        extra,
    })
}

/// The folder that all paths lie in, without wildcards.
fn common(paths: &[String]) -> String {
    let folder = |path: &String| {
        let plain = path.split(is_private).next().unwrap_or_default();
        split(plain).0.to_owned()
    };
    let mut all = paths.iter().map(folder);
    let mut shared = all.next().unwrap_or_default();
    for folder in all {
        while !(folder == shared || folder.starts_with(&format!("{shared}/")) || shared.is_empty()) {
            shared = split(&shared).0.to_owned();
        }
    }
    shared
}

/// Puts explicit rules of the same shape together: `out/a.txt: in/a.csv`, `out/b.txt: in/b.csv`.
fn merged(families: &[Family], facts: &dyn Facts) -> Vec<Family> {
    let shapes: Vec<Option<(Shape, String)>> = families.iter().map(|family| shape(family, facts)).collect();
    let mut by_shape: BTreeMap<&Shape, Vec<usize>> = BTreeMap::new();
    for (at, shape) in shapes.iter().enumerate() {
        if let Some((shape, _)) = shape {
            by_shape.entry(shape).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (at, family) in families.iter().enumerate() {
        let alike =
            shapes[at].as_ref().and_then(|(shape, _)| by_shape.get(shape)).filter(|alike| alike.len() > 1);
        match (alike, &shapes[at]) {
            (Some(alike), Some((shape, _))) if alike[0] == at => {
                let stems = alike
                    .iter()
                    .filter_map(|at| shapes[*at].as_ref())
                    .map(|(_, stem)| stem.clone())
                    .collect();
                let mut one = family.clone();
                one.targets = vec![shape.0.clone()];
                one.needs.clone_from(&shape.1);
                one.rule.recipe = shape
                    .2
                    .iter()
                    .zip(&family.rule.recipe)
                    .map(|(text, (line, _))| (*line, text.clone()))
                    .collect();
                one.stems = Some(stems);
                one.merged = alike.len();
                found.push(one);
            }
            (Some(_), _) => {}
            (None, _) => found.push(family.clone()),
        }
    }
    found
}

/// Target, needs and recipe with a wildcard for what differs.
type Shape = (String, Vec<String>, Vec<String>);

fn shape(family: &Family, facts: &dyn Facts) -> Option<(Shape, String)> {
    let [target] = family.targets.as_slice() else { return None };
    if family.is_map() || !family.name.is_empty() {
        return None;
    }
    let name = split(target).1;
    let stem = &name[..name.len() - ending(name).len()];
    let mark = wild(0).to_string();
    let differ = |text: &str| replaced(text, stem, &mark);
    let is_data = |need: &&String| need.contains(stem) && !is_code(need, facts);
    if stem.is_empty() || !family.needs.iter().any(|need| is_data(&need)) {
        return None;
    }
    let recipe = family.rule.recipe.iter().map(|(_, text)| differ(text)).collect();
    Some(((differ(target), family.needs.iter().map(|need| differ(need)).collect(), recipe), stem.to_owned()))
}

/// A text with another word for each whole `word` in it.
fn replaced(text: &str, word: &str, other: &str) -> String {
    let is_inner = |c: char| c.is_alphanumeric();
    let mut out = String::new();
    let mut end = 0;
    for (at, _) in text.match_indices(word) {
        let after = &text[at + word.len()..];
        if at >= end && !text[..at].ends_with(is_inner) && !after.starts_with(is_inner) {
            out.push_str(&text[end..at]);
            out.push_str(other);
            end = at + word.len();
        }
    }
    out.push_str(&text[end..]);
    out
}

/// Gives each family a pipeline: the folder that it writes to where that is its own, else one beside.
fn named(families: &mut [Family], facts: &dyn Facts) {
    let folders: Vec<String> = families.iter().map(|family| family.folder.clone()).collect();
    let is_shared = |at: usize, folder: &str| {
        let is_in = |path: &str, folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
        folders.iter().enumerate().any(|(other, path)| {
            other != at && !path.is_empty() && (is_in(path, folder) || is_in(folder, path))
        })
    };
    let makes = |path: &str| families.iter().any(|family| family.makes(path).is_some());
    let is_data = |folder: &str| {
        facts.below(folder).any(|path| !makes(path) && !path.ends_with("/spec.yml") && !is_code(path, facts))
    };
    let mut wanted = Vec::new();
    for (at, family) in families.iter().enumerate() {
        let label = label(family);
        wanted.push(match family.folder.as_str() {
            _ if !family.name.is_empty() => family.name.clone(),
            "" => label,
            folder if is_data(folder) => format!("{}_{label}", folder.replace('/', "_")),
            folder if is_shared(at, folder) => format!("{folder}/{label}"),
            folder => folder.to_owned(),
        });
    }
    let mut names = PipelineNames::default();
    for (family, wanted) in families.iter_mut().zip(wanted) {
        family.name = names.take(&wanted);
    }
}

/// What the files of a family have in common in their names.
fn label(family: &Family) -> String {
    let Some(target) = family.targets.first() else { return String::new() };
    let inside = family.inside(target);
    if family.is_map() {
        let after = inside.rsplit(is_private).next().unwrap_or_default();
        let before = inside.split(is_private).next().unwrap_or_default();
        let label = [before, after].concat();
        return label.trim_matches(|c: char| !c.is_ascii_alphanumeric()).replace(['.', '/'], "_");
    }
    let name = split(inside).1;
    name[..name.len() - ending(name).len()].to_owned()
}
