//! `Graph`: which pipeline reads which.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use crate::model::{Pipeline, PipelineName};

/// The pipelines of a project and who reads whom.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<PipelineName, Node>,
    order: Vec<PipelineName>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    upstream: BTreeSet<PipelineName>,
    downstream: BTreeSet<PipelineName>,
}

/// How an input's folder and a pipeline's folder lie to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Overlap {
    /// The input is the pipeline.
    Same,
    /// The input is a folder inside the pipeline's.
    Inside,
    /// The input contains the pipeline's folder.
    Around,
}

/// The pipelines whose folder `repo` is, lies in, or contains.
pub(super) fn overlaps<'a>(
    repo: &'a str,
    names: &'a BTreeSet<&str>,
) -> impl Iterator<Item = (&'a str, Overlap)> + 'a {
    let same = names.get(repo).map(|name| (*name, Overlap::Same));
    let inside = repo
        .match_indices('/')
        .filter_map(|(at, _)| names.get(&repo[..at]))
        .map(|name| (*name, Overlap::Inside));
    // `/` is followed by `0` in byte order, so these are exactly the names below `repo`.
    let (low, high) = (format!("{repo}/"), format!("{repo}0"));
    let range = (Bound::Included(&*low), Bound::Excluded(&*high));
    let around: Vec<_> = names.range::<str, _>(range).map(|name| (*name, Overlap::Around)).collect();
    same.into_iter().chain(inside).chain(around)
}

impl Graph {
    /// Builds the graph. An input depends on every pipeline whose folder it is, lies in or contains.
    pub fn new<'a>(pipelines: impl IntoIterator<Item = &'a Pipeline>) -> Self {
        let pipelines: BTreeMap<&str, &Pipeline> =
            pipelines.into_iter().map(|pipeline| (pipeline.name.as_str(), pipeline)).collect();
        let names: BTreeSet<&str> = pipelines.keys().copied().collect();
        let mut nodes: BTreeMap<PipelineName, Node> =
            pipelines.values().map(|pipeline| (pipeline.name.clone(), Node::default())).collect();
        for pipeline in pipelines.values() {
            for leaf in pipeline.input.leaves() {
                for (upstream, _) in overlaps(leaf.repo.as_str(), &names) {
                    let upstream = &pipelines[upstream].name;
                    nodes.entry(pipeline.name.clone()).or_default().upstream.insert(upstream.clone());
                    nodes.entry(upstream.clone()).or_default().downstream.insert(pipeline.name.clone());
                }
            }
        }
        let order = sort(&nodes);
        Self { nodes, order }
    }

    /// The pipelines so that each comes after all it reads; by name where that leaves a choice.
    /// Pipelines on a cycle, or behind one, are left out.
    pub fn order(&self) -> &[PipelineName] {
        &self.order
    }

    /// The pipelines that this one reads.
    pub fn upstream(&self, name: &PipelineName) -> impl Iterator<Item = &PipelineName> {
        self.nodes.get(name).into_iter().flat_map(|node| &node.upstream)
    }

    /// The pipelines that read this one.
    pub fn downstream(&self, name: &PipelineName) -> impl Iterator<Item = &PipelineName> {
        self.nodes.get(name).into_iter().flat_map(|node| &node.downstream)
    }

    /// All pipelines that this one reads, directly or not.
    pub fn all_upstream(&self, name: &PipelineName) -> BTreeSet<PipelineName> {
        self.reach(name, |node| &node.upstream)
    }

    /// These pipelines and all that they read, directly or not.
    pub fn with_upstream<'a>(
        &self,
        names: impl IntoIterator<Item = &'a PipelineName>,
    ) -> BTreeSet<PipelineName> {
        let mut found = BTreeSet::new();
        for name in names {
            // What it reads came with it, if it was found already.
            if found.insert(name.clone()) {
                found.extend(self.all_upstream(name));
            }
        }
        found
    }

    /// All pipelines that read this one, directly or not.
    pub fn all_downstream(&self, name: &PipelineName) -> BTreeSet<PipelineName> {
        self.reach(name, |node| &node.downstream)
    }

    /// One shortest cycle for each knot of pipelines that wait for one another, beginning with its
    /// first name: each reads the next one, the last reads the first.
    pub fn cycles(&self) -> Vec<Vec<PipelineName>> {
        let ordered: BTreeSet<_> = self.order.iter().collect();
        let mut seen = BTreeSet::new();
        let mut cycles = Vec::new();
        for name in self.nodes.keys() {
            if ordered.contains(name) || seen.contains(name) {
                continue;
            }
            if let Some(cycle) = self.cycle_through(name) {
                let downstream = self.all_downstream(name);
                seen.extend(self.all_upstream(name).intersection(&downstream).cloned());
                cycles.push(cycle);
            }
        }
        cycles
    }

    /// A pipeline on a cycle, and all that wait for it and it for them.
    pub(super) fn knot(&self, name: &PipelineName) -> Vec<String> {
        let downstream = self.all_downstream(name);
        let mut knot = self.all_upstream(name);
        knot.retain(|other| downstream.contains(other));
        knot.insert(name.clone());
        knot.iter().map(ToString::to_string).collect()
    }

    fn reach(
        &self,
        name: &PipelineName,
        next: impl Fn(&Node) -> &BTreeSet<PipelineName>,
    ) -> BTreeSet<PipelineName> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(node) = open.pop().and_then(|name| self.nodes.get(name)) {
            for name in next(node) {
                if found.insert(name.clone()) {
                    open.push(name);
                }
            }
        }
        found
    }

    /// The shortest way along inputs from a pipeline back to itself.
    fn cycle_through(&self, start: &PipelineName) -> Option<Vec<PipelineName>> {
        let mut reader_of: BTreeMap<&PipelineName, &PipelineName> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(name) = open.pop_front() {
            for upstream in self.upstream(name) {
                if upstream == start {
                    let mut way = vec![name.clone()];
                    while let Some(reader) = reader_of.get(&way[way.len() - 1]) {
                        way.push((*reader).clone());
                    }
                    way.reverse();
                    return Some(way);
                }
                if !reader_of.contains_key(upstream) {
                    reader_of.insert(upstream, name);
                    open.push_back(upstream);
                }
            }
        }
        None
    }
}

/// Kahn's algorithm; the smallest name that is ready comes first.
fn sort(nodes: &BTreeMap<PipelineName, Node>) -> Vec<PipelineName> {
    let mut waiting: BTreeMap<&PipelineName, usize> =
        nodes.iter().map(|(name, node)| (name, node.upstream.len())).collect();
    let mut ready: BTreeSet<&PipelineName> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut order = Vec::new();
    while let Some(name) = ready.pop_first() {
        order.push(name.clone());
        for reader in &nodes[name].downstream {
            if let Some(count) = waiting.get_mut(reader) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(reader);
                }
            }
        }
    }
    order
}
