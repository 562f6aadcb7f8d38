//! Problems that only show when all pipelines of a project are seen together.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Overlap, overlaps};
use super::load::{Loaded, LoadedPipeline, arrange};
use super::rules::{
    CYCLE, GLOB_NO_MATCH, IGNORED_INPUT, MISSING_REPO, NESTED_OUTPUTS, REPO_OVERLAP, SELF_INPUT,
};
use super::soundness::{Problem, Unsound, left_out, unsound};
use super::words::{clip, list, nearest};
use crate::model::{Finding, Leaf, PipelineName, Rule, literal};

/// What stands in the project, as far as specs may name it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Folders with files that count: paths from the root, no slash at the end.
    pub folders: &'a BTreeSet<String>,
    /// Why a folder that is none of these holds no file that counts; absent if it does not exist.
    pub unseen: &'a dyn Fn(&str) -> Option<Unseen>,
}

/// Why no file of an existing folder counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// There is none.
    Empty,
    /// Their names are not UTF-8.
    Odd {
        /// One of them, from the root, as well as it can be shown.
        path: String,
    },
    /// git ignores them.
    Ignored {
        /// One of them, from the root.
        path: String,
        /// What says so, in words: `.gitignore:3` and the pattern.
        rule: Option<String>,
    },
    /// It is a link, or lies behind one, and links to folders are not followed.
    Linked {
        /// The link, from the root.
        link: String,
        /// Its text.
        to: String,
        /// The folder behind it, from the root, if that lies in the project.
        inside: Option<String>,
    },
}

/// What came out of looking at all pipelines together.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Problems, by file and place.
    pub findings: Vec<Finding>,
    /// Pipelines that cannot be planned, by folder; those that cannot be read among them.
    pub unsound: BTreeMap<String, Unsound>,
}

/// Checks the pipelines against each other and against the project's folders: missing repos, cycles,
/// self inputs, parts of pipelines, nested outputs; and tells which are sound.
pub fn check_project(loaded: &Loaded, ground: Ground<'_>) -> Checked {
    let problems = problems(loaded, ground);
    let unsound = unsound(loaded, &problems);
    let findings = problems.into_iter().map(|problem| problem.finding);
    let findings = arrange(findings.chain(left_out(loaded, &unsound)).collect());
    Checked { findings, unsound }
}

fn problems(loaded: &Loaded, ground: Ground<'_>) -> Vec<Problem> {
    let healthy = loaded.pipelines.iter().map(|loaded| loaded.pipeline.name.as_str());
    let names: BTreeSet<&str> = healthy.chain(loaded.broken.keys().map(String::as_str)).collect();
    let mut problems = nested(&names);
    for pipeline in &loaded.pipelines {
        let names_of = || vec![pipeline.pipeline.name.to_string()];
        for (number, leaf) in pipeline.pipeline.input.leaves().into_iter().enumerate() {
            let finding = check_leaf(pipeline, number, leaf, &names, ground);
            problems.extend(finding.map(|finding| Problem { pipelines: names_of(), finding }));
        }
    }
    problems.extend(knots(loaded));
    problems
}

/// Pipelines that wait for one another.
fn knots(loaded: &Loaded) -> Vec<Problem> {
    let graph = Graph::new(loaded.pipelines.iter().map(|loaded| &loaded.pipeline));
    let cycles = graph.cycles();
    let problem = |cycle: &Vec<PipelineName>| {
        let path: Vec<_> = cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`")).collect();
        let first = loaded.get(cycle.first()?)?;
        let reads = cycle.get(1)?;
        let leaves = first.pipeline.input.leaves();
        let number = leaves.iter().position(|leaf| touches(leaf.repo.as_str(), reads.as_str()))?;
        let message = format!("pipelines wait for one another: {}", path.join(" reads "));
        let finding = place(&CYCLE, first, number, message).help("let one of them read something else");
        Some(Problem { pipelines: graph.knot(&first.pipeline.name), finding })
    };
    cycles.iter().filter(|cycle| cycle.len() > 1).filter_map(problem).collect()
}

/// A finding that a leaf's glob matches nothing; `candidates` are some paths that it was tried on.
pub fn glob_no_match<'a>(
    pipeline: &LoadedPipeline,
    leaf: usize,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<Finding> {
    let leaves = pipeline.pipeline.input.leaves();
    let found = leaves.get(leaf)?;
    let message =
        format!("glob `{}` matches nothing in `{}`", clip(found.glob.text()), clip(found.repo.as_str()));
    let spot = pipeline.spans.leaf(leaf, "glob")?;
    let finding = GLOB_NO_MATCH.at(spot, message);
    let tried: Vec<_> = candidates.into_iter().take(3).collect();
    Some(if tried.is_empty() {
        finding.note("the folder is empty")
    } else {
        finding.note(format!("it was tried on {} and so on", list(tried)))
    })
}

fn touches(repo: &str, name: &str) -> bool {
    let is_below =
        |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    repo == name || is_below(repo, name) || is_below(name, repo)
}

fn place(rule: &Rule, pipeline: &LoadedPipeline, leaf: usize, message: String) -> Finding {
    match pipeline.spans.leaf(leaf, "repo") {
        Some(spot) => rule.at(spot, message),
        None => rule.on(&pipeline.pipeline.spec_path(), message),
    }
}

fn check_leaf(
    pipeline: &LoadedPipeline,
    number: usize,
    leaf: &Leaf,
    names: &BTreeSet<&str>,
    ground: Ground<'_>,
) -> Option<Finding> {
    let (repo, own) = (leaf.repo.as_str(), pipeline.pipeline.name.as_str());
    let mut all: Vec<_> = overlaps(repo, names).collect();
    // Its own folder first: that it reads itself is the worse mistake.
    all.sort_by_key(|(name, overlap)| (*name != own, *overlap));
    match all.first() {
        Some((name, overlap)) if *name == own => {
            let message = format!(
                "pipeline `{own}` reads {}",
                match overlap {
                    Overlap::Same => "its own output".to_owned(),
                    Overlap::Inside => format!("`{repo}`, which is part of its own output"),
                    Overlap::Around => format!("`{repo}`, which contains its own output"),
                }
            );
            let help = "read another folder, or move the pipeline out of the folder that it reads";
            Some(place(&SELF_INPUT, pipeline, number, message).help(help))
        }
        Some((_, Overlap::Same)) => None,
        Some((name, Overlap::Inside)) => {
            let message = format!("`{repo}` is a part of the output of pipeline `{name}`");
            let rest = &repo[name.len()..];
            let help = format!("read `repo: {name}` with a glob such as `{rest}/*`");
            Some(place(&REPO_OVERLAP, pipeline, number, message).help(help))
        }
        Some((name, Overlap::Around)) => {
            let message = format!("`{repo}` contains the folder of pipeline `{name}`");
            Some(
                place(&REPO_OVERLAP, pipeline, number, message)
                    .help("read the pipeline itself, or a folder beside it"),
            )
        }
        None if leaf.is_cron || ground.folders.contains(repo) => None,
        None => Some(match (ground.unseen)(repo) {
            Some(unseen) => nothing_seen(pipeline, number, repo, unseen),
            None => missing(pipeline, number, repo, names, ground.folders),
        }),
    }
}

fn nothing_seen(pipeline: &LoadedPipeline, number: usize, repo: &str, unseen: Unseen) -> Finding {
    let (path, rule) = match unseen {
        Unseen::Ignored { path, rule } => (path, rule),
        Unseen::Linked { link, to, inside } => {
            let (message, help) = linked(repo, &link, &to, inside.as_deref());
            return place(&MISSING_REPO, pipeline, number, message).help(help);
        }
        Unseen::Odd { path } => {
            let message = format!("the name of `{path}` in input repo `{}` is not UTF-8", clip(repo));
            return place(&MISSING_REPO, pipeline, number, message).help("rename the file");
        }
        Unseen::Empty => {
            let message = format!("input repo `{}` is empty", clip(repo));
            return place(&MISSING_REPO, pipeline, number, message).help("put the data there first");
        }
    };
    let message = format!("git ignores the files of `{}`, so there is nothing to read", clip(repo));
    let finding = place(&IGNORED_INPUT, pipeline, number, message);
    let rule = rule.unwrap_or_else(|| "the rules of git".to_owned());
    finding
        .note(format!("`{}` is ignored by {rule}", clip(&path)))
        .help("take the rule away, or add the files in spite of it with `git add -f`")
}

/// What is said of a repo that is a link or lies behind one, and what to do.
fn linked(repo: &str, link: &str, to: &str, inside: Option<&str>) -> (String, String) {
    let (shown, to) = (clip(repo), clip(to));
    let message = if repo == link {
        format!("input repo `{shown}` is a link to `{to}`, and links to folders are not followed")
    } else {
        let link = clip(link);
        format!(
            "input repo `{shown}` lies behind `{link}`, a link to `{to}`, and links to folders are not followed"
        )
    };
    let help = match inside {
        Some(inside) => format!("read `repo: {}` itself", clip(inside)),
        None => format!(
            "a repo is a real folder inside the project, or a subdataset: put the data into `{shown}`, or clone its dataset there (`datalad clone -d . SOURCE {}`)",
            literal(repo)
        ),
    };
    (message, help)
}

fn missing(
    pipeline: &LoadedPipeline,
    number: usize,
    repo: &str,
    names: &BTreeSet<&str>,
    folders: &BTreeSet<String>,
) -> Finding {
    let own = pipeline.pipeline.name.as_str();
    let known =
        || names.iter().copied().chain(folders.iter().map(String::as_str)).filter(|name| *name != own);
    // The last part alone is a slip too: `t1` for `raw/t1`.
    let by_last = || {
        let last = repo.rsplit('/').next().unwrap_or(repo);
        let mut same = known().filter(|name| name.rsplit('/').next() == Some(last));
        same.next().filter(|_| same.next().is_none())
    };
    let finding =
        place(&MISSING_REPO, pipeline, number, format!("input repo `{}` does not exist", clip(repo)));
    // As in a project that was moved into a folder of another repository.
    let beside = own.rmatch_indices('/').map(|(at, _)| format!("{}/{repo}", &own[..at]));
    let beside = beside.into_iter().find(|path| names.contains(path.as_str()) || folders.contains(path));
    if let Some(beside) = beside {
        let finding = finding.label(format!("did you mean `{}`?", clip(&beside)));
        return finding.note("the project is the whole git repository: paths begin at its root, whichever folder has a `minipach.yml`");
    }
    let near = by_last().or_else(|| nearest(repo, known()));
    let finding = match near {
        Some(near) => finding.label(format!("did you mean `{}`?", clip(near))),
        None => finding.label("neither a folder nor a pipeline"),
    };
    let some: BTreeSet<_> = known().filter(|name| !name.starts_with('.')).collect();
    if some.is_empty() || some.len() > 12 {
        return finding;
    }
    finding.note(format!("there are {}", list(some)))
}

fn nested(names: &BTreeSet<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for inner in names {
        let outer = inner.match_indices('/').find_map(|(at, _)| names.get(&inner[..at]));
        if let Some(outer) = outer {
            let message = format!("pipeline `{inner}` lies inside the output of pipeline `{outer}`");
            let finding = NESTED_OUTPUTS.on(&format!("{inner}/spec.yml"), message);
            let finding = finding.help("put the two folders side by side");
            problems.push(Problem { pipelines: vec![(*inner).to_owned(), (*outer).to_owned()], finding });
        }
    }
    problems
}
