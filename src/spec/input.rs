//! Lowers `input`: the tree of repos, globs and keys.

use super::cron;
use super::rules::{
    BAD_CRON, BAD_GLOB, BAD_NAME, INPUT_KIND, INPUT_NAME_CLASH, JOIN_KEY_UNUSED, MISSING_FIELD,
    PARENT_ESCAPE, SHELL_UNSAFE_NAME, UNSUPPORTED_FIELD,
};
use super::spot::Spot;
use super::typed::Typed;
use super::words::{clip, list};
use crate::model::glob::{Glob, Template};
use crate::model::{Finding, Input, Leaf, PipelineName, RepoPath};
use std::collections::BTreeMap;

/// Names that cannot be an input's: folders of our own, and variables that the command needs.
const RESERVED: [&str; 8] = ["out", ".env", "PATH", "HOME", "PFS", "TMPDIR", "IFS", "LD_PRELOAD"];

/// A lowered input with the places of its leaves, in the order of `Input::leaves`.
pub(super) struct Lowered {
    /// The input.
    pub(super) input: Input,
    /// Field path of each leaf: `input.join[0].pfs`.
    pub(super) places: Vec<String>,
}

/// Lowers the `input` field. `None` if a finding says why not.
pub(super) fn lower(typed: &Typed, pipeline: &PipelineName, findings: &mut Vec<Finding>) -> Option<Lowered> {
    let mut lowering = Lowering { pipeline, findings };
    let branch = lowering.node(typed, "input", Around::default())?;
    lowering.clashes(&branch);
    Some(Lowered { input: branch.input, places: branch.leaves.into_iter().map(|leaf| leaf.place).collect() })
}

/// The value of a required field; a finding if it is missing or empty.
pub(super) fn require<'a>(
    typed: &'a Typed,
    name: &str,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a Typed> {
    match typed.get(name) {
        Some(value) if value.is_bad() => None,
        Some(value) if !value.is_blank() => Some(value),
        _ => {
            let what = if place.is_empty() { "the spec".to_owned() } else { format!("`{place}`") };
            findings.push(MISSING_FIELD.at(&typed.key_spot, format!("{what} has no `{name}`")));
            None
        }
    }
}

/// Which combining inputs stand around a node.
#[derive(Clone, Copy, Default)]
struct Around {
    join: bool,
    group: bool,
}

struct Branch {
    input: Input,
    leaves: Vec<LeafNote>,
}

/// What is remembered of a leaf until the whole tree is known.
struct LeafNote {
    name: Box<str>,
    name_spot: Spot,
    place: String,
    is_keyed_for_join: bool,
    is_keyed_for_group: bool,
}

struct Lowering<'a> {
    pipeline: &'a PipelineName,
    findings: &'a mut Vec<Finding>,
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
            self.findings.push(wrong_kind(typed, place, &kinds));
            return None;
        };
        let place = format!("{place}.{kind}");
        match kind {
            _ if value.is_bad() => None,
            "pfs" => self.pfs(value, place, around),
            "cron" => self.cron(value, place),
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
            self.findings.push(JOIN_KEY_UNUSED.at(&value.key_spot, message).help(help));
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
        self.findings.push(JOIN_KEY_UNUSED.at(&leaf.name_spot, message).help(format!("give it a `{field}`")));
    }

    fn pfs(&mut self, typed: &Typed, place: String, around: Around) -> Option<Branch> {
        let shown = place.clone();
        let repo = require(typed, "repo", &shown, self.findings);
        let glob = require(typed, "glob", &shown, self.findings);
        let repo = repo.and_then(|repo| self.repo(repo));
        let glob = glob.and_then(|glob| self.glob(glob));
        let name_at = typed.get("name").or_else(|| typed.get("repo"))?;
        let name: Box<str> = match typed.get("name") {
            Some(name) => name.text()?.into(),
            None => repo.as_ref()?.last().into(),
        };
        let is_named = self.name(&name, name_at);
        let (repo, glob) = (repo?, glob?);
        let join_on = self.key(typed, "join_on", &glob, around.join);
        let group_by = self.key(typed, "group_by", &glob, around.group);
        self.switches(typed, around);
        let note = LeafNote {
            name: name.clone(),
            name_spot: name_at.spot.clone(),
            place,
            is_keyed_for_join: join_on.is_some(),
            is_keyed_for_group: group_by.is_some(),
        };
        let leaf = Leaf {
            name,
            repo,
            glob,
            join_on,
            group_by,
            outer_join: typed.is_true("outer_join"),
            empty_files: typed.is_true("empty_files"),
            reference: typed.is_true("reference"),
            is_cron: false,
        };
        is_named.then(|| Branch { input: Input::Pfs(Box::new(leaf)), leaves: vec![note] })
    }

    fn cron(&mut self, typed: &Typed, place: String) -> Option<Branch> {
        let name_at = require(typed, "name", &place, self.findings);
        let spec = require(typed, "spec", &place, self.findings);
        if let Some(spec) = spec
            && let Err(why) = cron::check(spec.text().unwrap_or_default())
        {
            let help = "write five fields, `0 3 * * *`, or `@hourly`, `@every 10m`, `@never`";
            self.findings.push(BAD_CRON.at(&spec.spot, why).help(help));
        }
        let name_at = name_at?;
        let name = name_at.text()?;
        let is_named = self.name(name, name_at);
        let repo = match typed.get("repo") {
            Some(repo) => self.repo(repo)?,
            None => RepoPath::parse(&format!("{}_{name}", self.pipeline)).ok()?,
        };
        let leaf = Leaf {
            name: name.into(),
            repo,
            glob: Glob::parse("/*").ok()?,
            join_on: None,
            group_by: None,
            outer_join: false,
            empty_files: false,
            reference: false,
            is_cron: true,
        };
        let note = LeafNote {
            name: name.into(),
            name_spot: name_at.spot.clone(),
            place,
            is_keyed_for_join: false,
            is_keyed_for_group: false,
        };
        is_named.then(|| Branch { input: Input::Pfs(Box::new(leaf)), leaves: vec![note] })
    }

    fn repo(&mut self, typed: &Typed) -> Option<RepoPath> {
        let text = typed.text()?;
        match RepoPath::parse(text) {
            Ok(repo) => Some(repo),
            Err(why) => {
                let rule = if text.split('/').any(|part| part == "..") { &PARENT_ESCAPE } else { &BAD_NAME };
                let finding = rule.at(&typed.spot, format!("repo `{}` {why}", clip(text)));
                self.findings.push(finding.help("name a folder from the project's root, such as `raw/t1`"));
                None
            }
        }
    }

    fn glob(&mut self, typed: &Typed) -> Option<Glob> {
        let parsed = glob_or_finding(typed.text()?, typed);
        parsed.map_err(|finding| self.findings.push(*finding)).ok()
    }

    /// Checks a name and says whether it can be used.
    fn name(&mut self, name: &str, typed: &Typed) -> bool {
        if let Some(why) = name_problem(name) {
            let finding = BAD_NAME.at(&typed.spot, format!("input name `{}` {why}", clip(name)));
            self.findings.push(finding.help("give the input another `name`"));
            return false;
        }
        let is_shell_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_shell_name {
            let safe: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let message = format!(
                "a shell cannot expand `${}`: only letters, digits and `_` can be in a name",
                clip(name)
            );
            let help = format!("set `name: {}`, unless the command does not use the variable", clip(&safe));
            self.findings.push(SHELL_UNSAFE_NAME.at(&typed.spot, message).help(help));
        }
        true
    }

    fn key(&mut self, typed: &Typed, field: &str, glob: &Glob, has_effect: bool) -> Option<Template> {
        let at = typed.get(field).filter(|at| !at.is_blank())?;
        let template = Template::parse(at.text()?);
        let around = if field == "join_on" { "join" } else { "group" };
        if !has_effect {
            let message = format!("`{field}` has no effect outside of `{around}`");
            self.findings.push(JOIN_KEY_UNUSED.at(&at.key_spot, message));
        }
        if template.highest_group() > glob.groups() {
            self.findings.push(missing_capture(at, template.highest_group(), glob));
        }
        Some(template)
    }

    fn switches(&mut self, typed: &Typed, around: Around) {
        if typed.is_true("outer_join") && !around.join {
            let spot = &typed.get("outer_join").unwrap_or(typed).key_spot;
            self.findings.push(JOIN_KEY_UNUSED.at(spot, "`outer_join` has no effect outside of `join`"));
        }
        if typed.is_true("lazy") && typed.is_true("empty_files") {
            let spot = &typed.get("lazy").unwrap_or(typed).key_spot;
            let message = "`lazy` and `empty_files` exclude each other; the files will be empty";
            self.findings.push(UNSUPPORTED_FIELD.at(spot, message).help("remove `lazy`"));
        }
    }

    fn clashes(&mut self, branch: &Branch) {
        let mut pairs = Vec::new();
        names(&branch.input, &mut 0, &mut pairs);
        for (first, second) in pairs {
            let (first, second) = (&branch.leaves[first], &branch.leaves[second]);
            let message = format!("two inputs are named `{}`", clip(&second.name));
            let finding = INPUT_NAME_CLASH.at(&second.name_spot, message);
            let line = first.name_spot.span.line;
            self.findings
                .push(finding.label(format!("first used in line {line}")).help("give one of them a `name`"));
        }
    }
}

fn is_leaf(value: &Typed) -> bool {
    matches!(value.value, super::typed::TypedValue::Map(_))
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

/// Parses a glob, or says what is wrong at the very byte.
pub(super) fn glob_or_finding(text: &str, typed: &Typed) -> Result<Glob, Box<Finding>> {
    Glob::parse(text).map_err(|error| {
        let width = text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let spot = typed.part(error.at, error.at + width);
        Box::new(BAD_GLOB.at(&spot, format!("glob `{}` cannot be read: {error}", clip(text))))
    })
}

fn missing_capture(at: &Typed, number: usize, glob: &Glob) -> Finding {
    let text = at.text().unwrap_or_default();
    let spot = [format!("${number}"), format!("${{{number}}}")]
        .iter()
        .find_map(|word| text.find(word).map(|start| at.part(start, start + word.len())))
        .unwrap_or_else(|| at.spot.clone());
    let has = match glob.groups() {
        0 => "captures nothing".to_owned(),
        1 => "has one capture".to_owned(),
        count => format!("has {count} captures"),
    };
    JOIN_KEY_UNUSED
        .at(&spot, format!("`${number}` is always empty: the glob `{}` {has}", clip(glob.text())))
        .help("a capture is what stands in parentheses in the glob, `/(*)`")
}

fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        "." | ".." => Some("is not a folder's name"),
        _ if RESERVED.contains(&name) => Some("is reserved"),
        _ if name.contains('/') => Some("holds a `/`"),
        _ if name.contains('=') => Some("holds a `=`"),
        _ if name.chars().any(char::is_control) => Some("holds a control character"),
        _ if name.len() > 200 => Some("is too long"),
        _ => None,
    }
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
