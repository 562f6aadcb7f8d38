//! Problems that only show when all pipelines of a project are seen together.

use std::collections::BTreeSet;

use super::graph::{Graph, Overlap, overlaps};
use super::load::{Loaded, LoadedPipeline, arrange};
use super::rules::{CYCLE, GLOB_NO_MATCH, MISSING_REPO, NESTED_OUTPUTS, REPO_OVERLAP, Rule, SELF_INPUT};
use super::words::{clip, list, nearest};
use crate::model::{Finding, Leaf};

/// Checks the pipelines against each other and against the project's folders (paths from the root,
/// no slash at the end): missing repos, cycles, self inputs, parts of pipelines, nested outputs.
pub fn check_project(loaded: &Loaded, folders: &BTreeSet<String>) -> Vec<Finding> {
    let healthy = loaded.pipelines.iter().map(|loaded| loaded.pipeline.name.as_str());
    let names: BTreeSet<&str> =
        healthy.chain(loaded.broken.iter().map(String::as_str)).filter(|name| !name.is_empty()).collect();
    let mut findings = nested(&names);
    for pipeline in &loaded.pipelines {
        for (number, leaf) in pipeline.pipeline.input.leaves().into_iter().enumerate() {
            findings.extend(check_leaf(pipeline, number, leaf, &names, folders));
        }
    }
    let graph = Graph::new(loaded.pipelines.iter().map(|loaded| &loaded.pipeline));
    findings.extend(graph.cycles().iter().filter(|cycle| cycle.len() > 1).filter_map(|cycle| {
        let path: Vec<_> = cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`")).collect();
        let first = loaded.get(cycle.first()?)?;
        let reads = cycle.get(1)?;
        let leaves = first.pipeline.input.leaves();
        let number = leaves.iter().position(|leaf| touches(leaf.repo.as_str(), reads.as_str()))?;
        let message = format!("pipelines wait for one another: {}", path.join(" reads "));
        Some(place(&CYCLE, first, number, message).help("let one of them read something else"))
    }));
    arrange(findings)
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
    folders: &BTreeSet<String>,
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
        None if leaf.is_cron || folders.contains(repo) => None,
        None => Some(missing(pipeline, number, repo, names, folders)),
    }
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

fn nested(names: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for inner in names {
        let outer = inner.match_indices('/').find_map(|(at, _)| names.get(&inner[..at]));
        if let Some(outer) = outer {
            let message = format!("pipeline `{inner}` lies inside the output of pipeline `{outer}`");
            let finding = NESTED_OUTPUTS.on(&format!("{inner}/spec.yml"), message);
            findings.push(finding.help("put the two folders side by side"));
        }
    }
    findings
}
