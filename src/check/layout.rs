//! Layout findings: what would go wrong later, or what the next reader will miss.

use std::collections::BTreeSet;

use crate::git::{Repo, Scan};
use crate::model::{Finding, PipelineName, Severity, show_some};

/// So many pipelines are named in a sentence.
const NAMED: usize = 5;

/// What the layout rules look at.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Its files.
    pub scan: &'a Scan,
    /// The pipelines, sound or not.
    pub pipelines: &'a BTreeSet<PipelineName>,
}

/// All layout findings of a project.
pub fn layout(project: Layout<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(missing_readme(project));
    findings.extend(ignored_outputs(project));
    findings.extend(ledger_without_spec(project));
    findings.extend(mergeable_outputs(project));
    findings.extend(nested_repositories(project));
    findings
}

/// YODA: someone who finds the folder must learn what it is.
fn missing_readme(project: Layout<'_>) -> Option<Finding> {
    let has = project
        .scan
        .paths()
        .any(|path| !path.contains('/') && path.to_ascii_lowercase().starts_with("readme"));
    (!has).then(|| {
        Finding::new("MP201", "missing-readme", Severity::Warning, "the project has no README at its root")
            .help("write README.md: what this is, where the data come from, how to run it")
    })
}

/// Results that git ignores could never be committed.
fn ignored_outputs(project: Layout<'_>) -> Vec<Finding> {
    let is_ignored = |name: &&PipelineName| project.repo.is_ignored(&format!("{name}/minipach-result"));
    let ignored = project.pipelines.iter().filter(is_ignored);
    ignored
        .map(|name| {
            Finding::new(
                "MP310",
                "gitignored-output",
                Severity::Error,
                format!("git ignores the results of `{name}`"),
            )
            .at(format!("{name}/spec.yml"), None)
            .help(format!(
                "take `{name}/` out of .gitignore (`git check-ignore -v {name}/x` says which line it is)"
            ))
        })
        .collect()
}

/// Results whose pipeline is gone stay for ever, unless someone removes them.
fn ledger_without_spec(project: Layout<'_>) -> Vec<Finding> {
    let names = crate::ledger::names(project.repo.root()).unwrap_or_default();
    let is_gone = |name: &PipelineName| {
        !project.pipelines.contains(name) && !project.scan.contains(&format!("{name}/spec.yml"))
    };
    names
        .into_iter()
        .filter(is_gone)
        .map(|name| {
            Finding::new(
                "MP212",
                "spec-orphan",
                Severity::Info,
                format!("`{name}` has a ledger but no `spec.yml`"),
            )
            .at(format!(".minipach/ledger/{name}.jsonl"), None)
            .help(format!("put `{name}/spec.yml` back, or remove `{name}/` and its ledger"))
        })
        .collect()
}

/// git merges text results line by line into results that nobody computed.
fn mergeable_outputs(project: Layout<'_>) -> Vec<Finding> {
    let merges = |name: &&PipelineName| !project.repo.is_unmergeable(&format!("{name}/minipach-result"));
    let exposed: Vec<&str> = project.pipelines.iter().filter(merges).map(PipelineName::as_str).collect();
    if exposed.is_empty() {
        return Vec::new();
    }
    let lines: Vec<String> = exposed
        .iter()
        .flat_map(|name| [format!("/{name}/** -merge"), format!("/{name}/spec.yml merge")])
        .collect();
    vec![
        Finding::new(
            "MP213",
            "mergeable-output",
            Severity::Info,
            format!(
                "git would merge results of {} line by line, into results nobody computed",
                show_some(&exposed, NAMED)
            ),
        )
        .at(".gitattributes", None)
        .help(format!("add to .gitattributes:\n{}", lines.join("\n"))),
    ]
}

fn nested_repositories(project: Layout<'_>) -> Vec<Finding> {
    let nested = project.scan.nested_repositories().iter();
    nested
        .map(|path| {
            Finding::new(
                "MP307",
                "nested-repository",
                Severity::Warning,
                format!("`{path}` is a repository inside this one that is no subdataset, so its files do not count"),
            )
            .at(path.to_string(), None)
            .help("register it: `datalad save -d .`, or `git submodule add`")
        })
        .collect()
}
