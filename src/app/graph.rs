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

/// Who reads what. Of pipelines whose spec cannot be read, that is not known.
pub fn edges(project: &Project) -> Edges {
    let mut found = Edges { edges: BTreeSet::new(), raw: BTreeSet::new() };
    for pipeline in project.loaded.pipelines.iter().map(|loaded| &loaded.pipeline) {
        for leaf in pipeline.input.leaves() {
            let repo = leaf.repo.to_string();
            if !project.names().any(|other| other == repo) {
                found.raw.insert(repo.clone());
            }
            found.edges.insert((repo, pipeline.name.to_string()));
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

/// One line per pipeline in order: what it reads, an arrow, its name; those that are not sound at the end.
fn text(project: &Project, edges: &Edges) -> String {
    let sound = project.graph.order().iter().map(PipelineName::as_str);
    let order: Vec<&str> = sound.chain(project.unsound.keys().map(String::as_str)).collect();
    let reads = |name: &str| {
        let repos = edges.edges.iter().filter(|(_, reader)| reader == name).map(|(repo, _)| show(repo));
        repos.collect::<Vec<_>>().join(" + ")
    };
    let width = order.iter().map(|name| reads(name).chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for name in order {
        let repos = reads(name);
        let pad = width - repos.chars().count();
        _ = writeln!(out, "{repos}{:pad$} ──▶ {}{}", "", show(name), mark(project, name));
    }
    out
}

/// What is added to the name of a pipeline that is not sound.
fn mark(project: &Project, name: &str) -> String {
    project.unsound.get(name).map(|why| format!(" ({})", why.word().replace('_', " "))).unwrap_or_default()
}

fn dot(project: &Project, edges: &Edges) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph minipach {\n  rankdir=LR;\n");
    for raw in &edges.raw {
        _ = writeln!(out, "  {} [shape=folder];", quoted(&show(raw)));
    }
    for name in project.names() {
        let label = format!("{}{}", show(name), mark(project, name));
        let dashed = if project.unsound.contains_key(name) { ", style=dashed, label=" } else { "" };
        let label = if dashed.is_empty() { String::new() } else { quoted(&label) };
        _ = writeln!(out, "  {} [shape=box{dashed}{label}];", quoted(&show(name)));
    }
    for (repo, pipeline) in &edges.edges {
        _ = writeln!(out, "  {} -> {};", quoted(&show(repo)), quoted(&show(pipeline)));
    }
    out.push_str("}\n");
    out
}

fn mermaid(project: &Project, edges: &Edges) -> String {
    let names: Vec<String> = edges.raw.iter().cloned().chain(project.names().map(str::to_owned)).collect();
    let id = |name: &str| names.iter().position(|other| other == name).map_or(0, |at| at);
    let label = |name: &str| show(name).replace('"', "#quot;");
    let mut out = String::from("flowchart LR\n");
    for name in &names {
        let (open, close) = if edges.raw.contains(name) { ("[(\"", "\")]") } else { ("[\"", "\"]") };
        _ = writeln!(out, "  n{}{open}{}{}{close}", id(name), label(name), mark(project, name));
    }
    for (repo, pipeline) in &edges.edges {
        _ = writeln!(out, "  n{} --> n{}", id(repo), id(pipeline));
    }
    out
}
