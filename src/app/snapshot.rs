//! `Snapshot`: all that a user interface shows of a project at one moment; owned, cheap to share between threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Finding, Input, Leaf, Pipeline, PipelineName, Place, StateCounts, Transform};
use crate::run::{Known, Plans};

use super::causes::Cause;
use super::choice::FileChange;
use super::graph::edges;
use super::merge::unsettled;
use super::overall::{Fault, Overall};
use super::overview::{PipelineView, with_tables};
use super::session::Session;
use super::table::DatumTable;
use super::uncommitted::{Waiting, changed_files, changed_results, waiting};

/// A project at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What it is called.
    pub project: String,
    /// The branch HEAD is on, or `detached`; empty before the first commit.
    pub branch: String,
    /// The commit HEAD is at, 10 digits; empty before the first commit.
    pub head: String,
    /// What git is in the middle of: `merge`, `rebase`, …
    pub operation: Option<&'static str>,
    /// Raw repos and pipelines; each after all that it reads.
    pub nodes: Vec<Node>,
    /// Findings about specs, plans and layout.
    pub findings: Vec<Finding>,
    /// Why nothing could be planned, in one sentence.
    pub error: Option<String>,
    /// Files that are no results and not as HEAD has them.
    pub uncommitted: Vec<(String, FileChange)>,
    /// What a merge left to be done, in a sentence.
    pub unsettled: Option<String>,
    /// How many other files differ from HEAD: results that were touched or wait to be committed, and their ledger.
    pub changed_results: usize,
    /// How many subdatasets are installed.
    pub subdatasets: usize,
}

/// A raw repo or a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its folder from the root.
    pub name: String,
    /// Nodes that it reads, by their place in [`Snapshot::nodes`].
    pub reads: Vec<usize>,
    /// How many files a raw repo holds; a pipeline has none.
    pub files: Option<usize>,
    /// The pipeline's word: `done`, `failed`, `broken`, …; `input` for a raw repo.
    pub state: String,
    /// Datums by state.
    pub counts: StateCounts,
    /// Whether more datums may come, because an input is not complete.
    pub is_lower_bound: bool,
    /// Why datums are not done, most important first.
    pub causes: Vec<Cause>,
    /// Why there is no plan.
    pub error: Option<String>,
    /// Where that lies.
    pub fault: Fault,
    /// The subdataset that is not there, if that is why.
    pub absent: Option<String>,
    /// Inputs that found no partner.
    pub alone: usize,
    /// Why its results are not committed yet, if they are not.
    pub held: Option<Waiting>,
    /// What its spec says, in short.
    pub spec: SpecFacts,
    /// Its datums by key.
    pub table: Arc<DatumTable>,
}

/// A spec in a few lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecFacts {
    /// Path of the spec from the root.
    pub path: String,
    /// One line for each input: `t1 = raw/t1 /(sub-*)`.
    pub inputs: Vec<String>,
    /// How they are combined: `join`, `cross`, …; empty for a single one.
    pub combined: String,
    /// The command, its words joined; empty for a match.
    pub command: String,
    /// `output:` as written.
    pub output: String,
    /// The image as written.
    pub image: String,
    /// Limits worth a word: `tries 3`, `timeout 5m`.
    pub limits: String,
    /// Code files that count.
    pub code: Vec<String>,
    /// How what the ledger has was made: `in a sandbox`; empty where nothing was.
    pub made: String,
}

impl Node {
    /// Whether it is a pipeline.
    pub fn is_pipeline(&self) -> bool {
        self.files.is_none()
    }

    /// What stands for it as a whole when its datums are in these states.
    pub fn overall(&self, counts: &StateCounts) -> Overall {
        match self.state.as_str() {
            _ if !self.is_pipeline() => Overall::Input,
            "broken" => Overall::Broken,
            "left_out" => Overall::LeftOut,
            _ => Overall::of(counts, self.is_lower_bound),
        }
    }
}

impl Snapshot {
    /// Looks at all that was planned.
    pub fn take(session: &Session, plans: &Plans, known: &Known<'_>) -> Self {
        let views = with_tables(session, plans, known);
        let mut snapshot = Self { nodes: nodes(session, views), ..Self::facts(session) };
        snapshot.findings = match session.usual_report(plans) {
            Ok(report) => report.findings,
            Err(_) => session.findings(plans),
        };
        snapshot.uncommitted = changed_files(&session.project, plans, known);
        snapshot.changed_results = changed_results(&session.project, plans, &snapshot.uncommitted);
        let mut waiting = waiting(&session.project, plans);
        snapshot.nodes.iter_mut().for_each(|node| {
            node.held = waiting.remove(&node.name);
        });
        snapshot
    }

    /// What is known of a project without planning it.
    fn facts(session: &Session) -> Self {
        let project = &session.project;
        let folder = project.repo.root().file_name().map(|name| name.to_string_lossy().into_owned());
        let named = project.config().name.clone();
        let head = project.repo.head().ok();
        Self {
            project: named.or(folder).unwrap_or_default(),
            branch: head
                .as_ref()
                .map(|head| head.branch().unwrap_or("detached").to_owned())
                .unwrap_or_default(),
            head: head.and_then(|head| head.commit()).map(short).unwrap_or_default(),
            operation: project.repo.operation(),
            unsettled: unsettled(project, &|command| format!("`{command}`")),
            subdatasets: project.scan.installed_subdatasets(project.repo.root()).count(),
            ..Self::default()
        }
    }

    /// How many files differ from HEAD.
    pub fn changed_files(&self) -> usize {
        self.uncommitted.len() + self.changed_results
    }

    /// Where a node stands among the others.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Nodes that read a node.
    pub fn readers(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.reads.contains(&of)).map(|(at, _)| at)
    }

    /// All nodes that depend on a node, directly or not, in order.
    pub fn downstream(&self, of: usize) -> Vec<usize> {
        let mut is_below = vec![false; self.nodes.len()];
        if let Some(first) = is_below.get_mut(of) {
            *first = true;
        }
        for (at, node) in self.nodes.iter().enumerate() {
            if node.reads.iter().any(|read| is_below[*read]) {
                is_below[at] = true;
            }
        }
        (0..self.nodes.len()).filter(|at| *at != of && is_below[*at]).collect()
    }
}

fn short(commit: crate::model::Oid) -> String {
    commit.to_string().chars().take(10).collect()
}

/// Raw repos first where they are read first, so that each node comes after what it reads.
fn nodes(session: &Session, views: Vec<(PipelineView, DatumTable)>) -> Vec<Node> {
    let edges = edges(&session.project);
    let mut found: Vec<Node> = Vec::new();
    for (view, table) in views {
        let repos = edges.edges.iter().filter(|(_, reader)| *reader == view.name.as_str());
        for (repo, _) in repos {
            let is_new = !found.iter().any(|node| node.name == *repo);
            if is_new && edges.raw.contains(repo) {
                found.push(raw(session, repo));
            }
        }
        let repos = edges.edges.iter().filter(|(_, reader)| *reader == view.name.as_str());
        let reads = repos.filter_map(|(repo, _)| found.iter().position(|node| node.name == *repo)).collect();
        found.push(pipeline(session, view, table, reads));
    }
    found
}

fn raw(session: &Session, repo: &str) -> Node {
    let project = &session.project;
    // What lies in subdatasets stands in no tree of the project; of those that are not here nothing is known.
    let files = project.raw_tree(repo).map_or_else(|_| project.tree.below(repo).len(), |tree| tree.len());
    Node { name: repo.into(), files: Some(files), state: "input".into(), ..Node::default() }
}

fn pipeline(session: &Session, view: PipelineView, table: DatumTable, reads: Vec<usize>) -> Node {
    Node {
        name: view.name.to_string(),
        reads,
        files: None,
        state: view.state.into(),
        counts: view.counts,
        is_lower_bound: view.is_lower_bound,
        causes: view.causes,
        error: view.error,
        fault: view.fault,
        absent: view.absent,
        alone: view.alone,
        held: None,
        spec: spec_of(session, &view.name, view.code),
        table: Arc::new(table),
    }
}

fn spec_of(session: &Session, name: &PipelineName, code: Vec<String>) -> SpecFacts {
    let loaded = session.project.loaded.get(name);
    let facts = loaded.map(|loaded| SpecFacts::of(&loaded.pipeline)).unwrap_or_default();
    SpecFacts { path: format!("{name}/spec.yml"), code, made: made(session, name), ..facts }
}

impl SpecFacts {
    fn of(pipeline: &Pipeline) -> Self {
        let transform = pipeline.transform.as_ref();
        Self {
            path: pipeline.spec_path(),
            inputs: pipeline.input.leaves().into_iter().map(leaf).collect(),
            combined: combined(&pipeline.input).into(),
            command: transform.map(|transform| transform.cmd.join(" ")).unwrap_or_default(),
            output: pipeline.output.as_ref().map(|output| output.0.to_string()).unwrap_or_default(),
            image: transform.and_then(|transform| transform.image.clone()).unwrap_or_default(),
            limits: limits(pipeline, transform),
            code: Vec::new(),
            made: String::new(),
        }
    }
}

/// How the results of a pipeline were made, each way once.
fn made(session: &Session, name: &PipelineName) -> String {
    let places: BTreeSet<Place> =
        session.project.ledger(name).lines().iter().map(|line| line.place).collect();
    places.into_iter().filter_map(Place::words).collect::<Vec<_>>().join(", ")
}

fn leaf(leaf: &Leaf) -> String {
    let key = leaf.join_on.as_ref().map(|on| format!(" join on {}", on.text()));
    let group = leaf.group_by.as_ref().map(|by| format!(" group by {}", by.text()));
    let more = [key, group].into_iter().flatten().collect::<String>();
    format!("{} = {} {}{more}", leaf.name, leaf.repo, leaf.glob.text())
}

const fn combined(input: &Input) -> &'static str {
    match input {
        Input::Pfs(_) => "",
        Input::Cross(_) => "cross",
        Input::Union(_) => "union",
        Input::Join(_) => "join",
        Input::Group(_) => "group",
    }
}

fn limits(pipeline: &Pipeline, transform: Option<&Transform>) -> String {
    let tries = (pipeline.datum_tries > 1).then(|| format!("tries {}", pipeline.datum_tries));
    let timeout = pipeline.datum_timeout.map(|limit| format!("timeout {} s", limit.as_secs()));
    let at_once = pipeline.parallelism.map(|most| format!("at most {most} at a time"));
    let saved = transform.and_then(|transform| transform.err_cmd.as_ref()).map(|_| "err_cmd".to_owned());
    let every = pipeline.every_job.then(|| "runs every time".to_owned());
    [tries, timeout, at_once, saved, every].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
