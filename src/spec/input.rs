//! Lowers `input`: the tree of repos, globs and keys.

use std::collections::BTreeMap;

use super::leaf::{Around, LeafNote, Leaves};
use super::rules::{INPUT_KIND, INPUT_NAME_CLASH, JOIN_KEY_UNUSED};
use super::typed::{Typed, TypedValue};
use super::words::{clip, list};
use crate::model::{Finding, Input, Leaf, PipelineName};

/// A lowered input with the places of its leaves, in the order of `Input::leaves`.
pub(super) struct Lowered {
    /// The input.
    pub(super) input: Input,
    /// Field path of each leaf: `input.join[0].pfs`.
    pub(super) places: Vec<String>,
}

/// Lowers the `input` field. `None` if a finding says why not.
pub(super) fn lower(typed: &Typed, pipeline: &PipelineName, findings: &mut Vec<Finding>) -> Option<Lowered> {
    let mut lowering = Lowering { leaves: Leaves { pipeline, findings } };
    let branch = lowering.node(typed, "input", Around::default())?;
    lowering.clashes(&branch);
    Some(Lowered { input: branch.input, places: branch.leaves.into_iter().map(|leaf| leaf.place).collect() })
}

struct Branch {
    input: Input,
    leaves: Vec<LeafNote>,
}

struct Lowering<'a> {
    leaves: Leaves<'a>,
}

impl Lowering<'_> {
    fn node(&mut self, typed: &Typed, place: &str, around: Around) -> Option<Branch> {
        if typed.is_bad() {
            return None;
        }
        let kinds: Vec<_> = typed
            .entries()
            .filter(|(_, value)| value.is_bad() || !value.items().is_empty() || is_leaf(value))
            .collect();
        let [(kind, value)] = kinds[..] else {
            self.leaves.findings.push(wrong_kind(typed, place, &kinds));
            return None;
        };
        let place = format!("{place}.{kind}");
        match kind {
            _ if value.is_bad() => None,
            "pfs" => self.leaves.pfs(value, place, around).map(branch),
            "cron" => self.leaves.cron(value, place).map(branch),
            _ => self.inner(kind, value, &place, around),
        }
    }

    fn inner(&mut self, kind: &str, value: &Typed, place: &str, around: Around) -> Option<Branch> {
        let within = Around { join: around.join || kind == "join", group: around.group || kind == "group" };
        let grown: Vec<_> = value
            .items()
            .iter()
            .enumerate()
            .map(|(index, item)| self.node(item, &format!("{place}[{index}]"), within))
            .collect();
        let mut branches: Vec<Branch> = grown.into_iter().collect::<Option<_>>()?;
        // Stable: equal names (union siblings) keep their written order.
        branches.sort_by(|a, b| a.leaves[0].name.cmp(&b.leaves[0].name));
        let mut leaves = Vec::new();
        let mut children = Vec::new();
        for branch in branches {
            leaves.extend(branch.leaves);
            children.push(branch.input);
        }
        if kind == "join" && !around.join {
            self.join_keys(value, &leaves);
        }
        if kind == "group" && !around.group {
            self.group_keys(&leaves);
        }
        let input = match kind {
            "cross" => Input::Cross(children),
            "union" => Input::Union(children),
            "join" => Input::Join(children),
            _ => Input::Group(children),
        };
        Some(Branch { input, leaves })
    }

    fn join_keys(&mut self, value: &Typed, leaves: &[LeafNote]) {
        if leaves.iter().all(|leaf| !leaf.is_keyed_for_join) {
            let message =
                "no input of this `join` has a `join_on`, so it combines everything with everything";
            let help = "give each input a `join_on`, such as `$1`, or write `cross`";
            self.leaves.findings.push(JOIN_KEY_UNUSED.at(&value.key_spot, message).help(help));
            return;
        }
        for leaf in leaves.iter().filter(|leaf| !leaf.is_keyed_for_join) {
            self.unkeyed(leaf, "join_on", "meets only other empty keys");
        }
    }

    fn group_keys(&mut self, leaves: &[LeafNote]) {
        if leaves.iter().any(|leaf| leaf.is_keyed_for_group) {
            for leaf in leaves.iter().filter(|leaf| !leaf.is_keyed_for_group) {
                self.unkeyed(leaf, "group_by", "makes a group of its own");
            }
        }
    }

    fn unkeyed(&mut self, leaf: &LeafNote, field: &str, effect: &str) {
        let message =
            format!("input `{}` has no `{field}`, so its key is empty and {effect}", clip(&leaf.name));
        self.leaves
            .findings
            .push(JOIN_KEY_UNUSED.at(&leaf.name_spot, message).help(format!("give it a `{field}`")));
    }

    fn clashes(&mut self, branch: &Branch) {
        let mut pairs = Vec::new();
        names(&branch.input, &mut 0, &mut pairs);
        for (first, second) in pairs {
            let (first, second) = (&branch.leaves[first], &branch.leaves[second]);
            let message = format!("two inputs are named `{}`", clip(&second.name));
            let finding = INPUT_NAME_CLASH.at(&second.name_spot, message);
            let line = first.name_spot.span.line;
            self.leaves
                .findings
                .push(finding.label(format!("first used in line {line}")).help("give one of them a `name`"));
        }
    }
}

fn branch((leaf, note): (Leaf, LeafNote)) -> Branch {
    Branch { input: Input::Pfs(Box::new(leaf)), leaves: vec![note] }
}

fn is_leaf(value: &Typed) -> bool {
    matches!(value.value, TypedValue::Map(_))
}

fn wrong_kind(typed: &Typed, place: &str, kinds: &[(&str, &Typed)]) -> Finding {
    if kinds.is_empty() {
        let help = "set one of `pfs`, `cross`, `union`, `join`, `group` and `cron`";
        return INPUT_KIND.at(&typed.key_spot, format!("`{place}` sets no input")).help(help);
    }
    let message =
        format!("`{place}` sets more than one input: {}", list(kinds.iter().map(|(kind, _)| *kind)));
    INPUT_KIND
        .at(&kinds[1].1.key_spot, message)
        .help("put them into a list under `cross`, `union`, `join` or `group`")
}

/// The names below a node with their first leaf; pairs of leaves that clash go to `pairs`.
fn names<'a>(
    input: &'a Input,
    next: &mut usize,
    pairs: &mut Vec<(usize, usize)>,
) -> BTreeMap<&'a str, usize> {
    let (children, is_union) = match input {
        Input::Pfs(leaf) => {
            *next += 1;
            return BTreeMap::from([(&*leaf.name, *next - 1)]);
        }
        Input::Union(children) => (children, true),
        Input::Cross(children) | Input::Join(children) | Input::Group(children) => (children, false),
    };
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for child in children {
        for (name, number) in names(child, next, pairs) {
            match all.get(name) {
                Some(_) if is_union => {}
                Some(first) => pairs.push((*first, number)),
                None => {
                    all.insert(name, number);
                }
            }
        }
    }
    all
}
