//! The graph of a project as text, dot and mermaid.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{PipelineName, show};
use crate::run::Project;

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphForm {
    /// For a terminal.
    Text,
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
}

/// Edges from repo to pipeline, by name; and the raw repos among them.
pub struct Edges {
    /// Repo and the pipeline that reads it.
    pub edges: BTreeSet<(String, String)>,
    /// Repos that no pipeline makes.
    pub raw: BTreeSet<String>,
}

/// Who reads what.
pub fn edges(project: &Project) -> Edges {
    let mut found = Edges { edges: BTreeSet::new(), raw: BTreeSet::new() };
    for (name, pipeline) in &project.pipelines {
        for leaf in pipeline.input.leaves() {
            let repo = leaf.repo.to_string();
            if !project.pipelines.keys().any(|other| other.as_str() == repo) {
                found.raw.insert(repo.clone());
            }
            found.edges.insert((repo, name.to_string()));
        }
    }
    found
}

/// Writes the graph.
pub fn graph(project: &Project, form: GraphForm) -> String {
    let edges = edges(project);
    match form {
        GraphForm::Text => text(project, &edges),
        GraphForm::Dot => dot(project, &edges),
        GraphForm::Mermaid => mermaid(project, &edges),
    }
}

/// One line per pipeline in order: what it reads, an arrow, its name.
fn text(project: &Project, edges: &Edges) -> String {
    let order: Vec<&PipelineName> = project.graph.order().iter().collect();
    let reads = |name: &PipelineName| {
        let repos =
            edges.edges.iter().filter(|(_, reader)| reader == name.as_str()).map(|(repo, _)| show(repo));
        repos.collect::<Vec<_>>().join(" + ")
    };
    let width = order.iter().map(|name| reads(name).chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for name in order {
        let repos = reads(name);
        let pad = width - repos.chars().count();
        _ = writeln!(out, "{repos}{:pad$} ──▶ {}", "", show(name.as_str()));
    }
    out
}

fn dot(project: &Project, edges: &Edges) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph minipach {\n  rankdir=LR;\n");
    for raw in &edges.raw {
        _ = writeln!(out, "  {} [shape=folder];", quoted(&show(raw)));
    }
    for name in project.pipelines.keys() {
        _ = writeln!(out, "  {} [shape=box];", quoted(name.as_str()));
    }
    for (repo, pipeline) in &edges.edges {
        _ = writeln!(out, "  {} -> {};", quoted(&show(repo)), quoted(pipeline));
    }
    out.push_str("}\n");
    out
}

fn mermaid(project: &Project, edges: &Edges) -> String {
    let names: Vec<String> =
        edges.raw.iter().cloned().chain(project.pipelines.keys().map(ToString::to_string)).collect();
    let id = |name: &str| names.iter().position(|other| other == name).map_or(0, |at| at);
    let label = |name: &str| show(name).replace('"', "#quot;");
    let mut out = String::from("flowchart LR\n");
    for name in &names {
        let (open, close) = if edges.raw.contains(name) { ("[(\"", "\")]") } else { ("[\"", "\"]") };
        _ = writeln!(out, "  n{}{open}{}{close}", id(name), label(name));
    }
    for (repo, pipeline) in &edges.edges {
        _ = writeln!(out, "  n{} --> n{}", id(repo), id(pipeline));
    }
    out
}
