//! Values of a Snakefile: paths, lists, `expand(…)`, what `config` says.

use std::collections::BTreeMap;

use super::super::pattern::values as fitting;
use super::super::source::Facts;
use super::super::words::{MOST_WILDS, wild};
use super::super::yaml::{Node, Tree};
use super::constraints::braced;
use super::printed::plain;
use super::read::{commas, string};

/// Most texts that one `expand` may give.
const MOST: usize = 50_000;

/// Lists by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Values, and whether they depend on which files are there.
    pub(super) lists: BTreeMap<String, (Vec<String>, bool)>,
    /// What `config` says, by dotted names.
    pub(super) config: BTreeMap<String, String>,
    /// What each rule reads and makes, by `NAME.input` and `NAME.output`.
    pub(super) rules: BTreeMap<String, Named>,
}

/// Files of a rule, with the names that they have in it.
pub(super) type Named = Vec<(Option<String>, Vec<String>)>;

/// Texts, and whether they depend on which files are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// The texts; wildcards still in braces.
    pub(super) all: Vec<String>,
    /// See above.
    pub(super) is_open: bool,
    /// What was around them: `temp`, `protected` and so on.
    pub(super) wrapped: Vec<String>,
}

/// A value of a file of settings as Python prints it; none where that is not sure.
fn printed(node: &Node) -> Option<String> {
    match &node.tree {
        Tree::Scalar { text, is_plain: true } => plain(text),
        _ => node.text().map(str::to_owned),
    }
}

impl Texts {
    /// What stood in double braces is a wildcard still.
    fn wildcards_out(&mut self) {
        for text in &mut self.all {
            *text = text.replace("{{", "{").replace("}}", "}");
        }
    }
}

/// Functions that only say something about a file.
const WRAPPERS: [&str; 8] =
    ["temp", "protected", "ancient", "directory", "touch", "report", "ensure", "local"];

/// A list as it is known: of `config` with double quotes, also where `list(…)` or `.keys()` goes through it.
fn listed(expression: &str) -> String {
    let around = expression.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')'));
    let inner = around.unwrap_or(expression).trim();
    match inner.strip_suffix(".keys()").unwrap_or(inner) {
        keys if keys.starts_with("config[") => keys.replace('\'', "\""),
        _ => expression.to_owned(),
    }
}

impl Known {
    /// Takes what a file of settings says: values by dotted names, lists, and of what has names these, as Python goes
    /// through it.
    pub(super) fn take(&mut self, name: &str, node: &Node) {
        match &node.tree {
            Tree::Scalar { .. } => {
                if let Some(text) = printed(node) {
                    self.config.insert(name.to_owned(), text);
                }
            }
            Tree::Map(entries) => {
                self.list(name, entries.iter().map(|(key, _)| key.clone()).collect());
                for (key, node) in entries {
                    self.take(&if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, node);
                }
            }
            Tree::List(items) => {
                let scalars = items.iter().filter(|item| item.text().is_some());
                if let Some(all) = scalars.map(printed).collect() {
                    self.list(name, all);
                }
            }
        }
    }

    fn list(&mut self, name: &str, all: Vec<String>) {
        self.lists.insert(format!("config[\"{}\"]", name.replace('.', "\"][\"")), (all, false));
    }

    /// The texts of an expression; what it is that was not understood otherwise.
    ///
    /// # Errors
    /// The expression, where it is no literal.
    pub(super) fn texts(&self, expression: &str, facts: &dyn Facts) -> Result<Texts, String> {
        let expression = expression.trim();
        let lost = || Err(expression.replace('\n', " "));
        if let Some(text) = string(expression) {
            return Ok(Texts { all: vec![text], ..Texts::default() });
        }
        if let Some((all, is_open)) = self.lists.get(&listed(expression)) {
            return Ok(Texts { all: all.clone(), is_open: *is_open, ..Texts::default() });
        }
        if let Some(inner) = expression.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return self.each(&commas(inner), facts);
        }
        if let Some(all) = self.of_rule(expression) {
            return Ok(Texts { all, ..Texts::default() });
        }
        if let Some(value) = self.of_config(expression) {
            return Ok(Texts { all: vec![value], ..Texts::default() });
        }
        let Some((name, inner)) = expression.split_once('(').filter(|_| expression.ends_with(')')) else {
            return lost();
        };
        let arguments = commas(&inner[..inner.len() - 1]);
        match name.trim() {
            "expand" => self.expand(&arguments, facts).map_or_else(lost, Ok),
            "multiext" => {
                let parts: Option<Vec<String>> = arguments.iter().map(|part| string(part)).collect();
                let Some((first, rest)) = parts.as_deref().and_then(<[String]>::split_first) else {
                    return lost();
                };
                let all = rest.iter().map(|ending| format!("{first}{ending}")).collect();
                Ok(Texts { all, wrapped: vec!["multiext".into()], ..Texts::default() })
            }
            wrapper if WRAPPERS.contains(&wrapper) && !arguments.is_empty() => {
                let mut texts = self.texts(&arguments[0], facts)?;
                texts.wrapped.push(wrapper.to_owned());
                Ok(texts)
            }
            _ => lost(),
        }
    }

    fn each(&self, parts: &[String], facts: &dyn Facts) -> Result<Texts, String> {
        let mut found = Texts::default();
        for part in parts {
            let texts = self.texts(part, facts)?;
            found.all.extend(texts.all);
            found.is_open |= texts.is_open;
            found.wrapped.extend(texts.wrapped);
        }
        Ok(found)
    }

    /// `rules.NAME.output`, `rules.NAME.output[0]`, `rules.NAME.output.txt`, and the same of inputs.
    fn of_rule(&self, expression: &str) -> Option<Vec<String>> {
        let rest = expression.strip_prefix("rules.")?;
        let (rule, rest) = rest.split_once('.')?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let files = self.rules.get(&format!("{rule}.{}", &rest[..end]))?;
        let part = rest[end..].trim_start_matches(['.', '[']).trim_end_matches(']').trim_matches(['"', '\'']);
        let all = || files.iter().flat_map(|(_, paths)| paths);
        if part.is_empty() {
            return Some(all().cloned().collect());
        }
        if let Ok(number) = part.parse::<usize>() {
            return all().nth(number).map(|path| vec![path.clone()]);
        }
        files.iter().find(|(name, _)| name.as_deref() == Some(part)).map(|(_, paths)| paths.clone())
    }

    /// `config["a"]["b"]`.
    pub(super) fn of_config(&self, expression: &str) -> Option<String> {
        let rest = expression.strip_prefix("config[")?.strip_suffix(']')?;
        let keys: Vec<&str> = rest.split("][").map(|key| key.trim_matches(['"', '\''])).collect();
        self.config.get(&keys.join(".")).cloned()
    }

    fn expand(&self, arguments: &[String], facts: &dyn Facts) -> Option<Texts> {
        let mut found = self.texts(arguments.first()?, facts).ok()?;
        if arguments.get(1).is_some_and(|second| second.trim() == "zip") {
            self.zip(&mut found, &arguments[2..], facts)?;
            return Some(found);
        }
        for argument in &arguments[1..] {
            let (name, list) = argument.split_once('=')?;
            let list = self.texts(list, facts).ok()?;
            found.is_open |= list.is_open;
            let mark = format!("{{{}}}", name.trim());
            let mut more = Vec::new();
            for text in &found.all {
                if !text.contains(&mark) {
                    more.push(text.clone());
                    continue;
                }
                more.extend(list.all.iter().map(|value| text.replace(&mark, value)));
                if more.len() > MOST {
                    return None;
                }
            }
            found.all = more;
        }
        found.wildcards_out();
        Some(found)
    }

    /// The first of each list together, then the second of each, as far as the shortest goes.
    fn zip(&self, found: &mut Texts, arguments: &[String], facts: &dyn Facts) -> Option<()> {
        let mut lists = Vec::new();
        for argument in arguments {
            let (name, list) = argument.split_once('=')?;
            let list = self.texts(list, facts).ok()?;
            found.is_open |= list.is_open;
            lists.push((format!("{{{}}}", name.trim()), list.all));
        }
        let length = lists.iter().map(|(_, values)| values.len()).min()?;
        if found.all.len().saturating_mul(length) > MOST {
            return None;
        }
        let filled = |text: &String, at: usize| {
            lists.iter().fold(text.clone(), |text, (mark, values)| text.replace(mark, &values[at]))
        };
        let all = found.all.iter().flat_map(|text| (0..length).map(move |at| filled(text, at)));
        found.all = all.collect();
        found.wildcards_out();
        Some(())
    }

    /// Learns `NAME = […]` and `NAME, = glob_wildcards("…")`; tells whether it was one of these.
    pub(super) fn learn(&mut self, statement: &str, facts: &dyn Facts) -> bool {
        let Some((names, value)) = statement.split_once('=') else { return false };
        let names: Vec<&str> = names
            .trim()
            .trim_matches(['(', ')'])
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if names.is_empty() || !names.iter().all(is_name) {
            return false;
        }
        let value = value.trim();
        if let Some(rest) = value.strip_prefix("glob_wildcards(") {
            return self.of_files(&names, rest, facts);
        }
        let [name] = names.as_slice() else { return false };
        match self.texts(value, facts) {
            Ok(texts) => {
                self.lists.insert((*name).to_owned(), (texts.all, texts.is_open));
                true
            }
            Err(_) => false,
        }
    }

    fn of_files(&mut self, names: &[&str], rest: &str, facts: &dyn Facts) -> bool {
        let Some((pattern, after)) = rest.rsplit_once(')') else { return false };
        let Some(pattern) = string(pattern) else { return false };
        let mut wildcards = Vec::new();
        let Some(pattern) = marked(&pattern, &mut wildcards) else { return false };
        let found: Vec<Vec<(usize, String)>> =
            facts.files().iter().filter_map(|path| fitting(&pattern, path)).collect();
        let chosen = after.trim().strip_prefix('.');
        for (at, name) in names.iter().enumerate() {
            let number = match chosen {
                Some(chosen) => wildcards.iter().position(|wildcard| wildcard == chosen),
                None => (at < wildcards.len()).then_some(at),
            };
            let Some(number) = number else { return false };
            let value = |values: &Vec<(usize, String)>| {
                values.iter().find(|(other, _)| *other == number).map(|(_, value)| value.clone())
            };
            let all = found.iter().filter_map(value).collect();
            self.lists.insert((*name).to_owned(), (all, true));
        }
        true
    }
}

/// A path with marks in place of `{s}` and `{s,regex}`; new wildcards are added. None where there are too many, or a
/// brace is open.
pub(super) fn marked(text: &str, wildcards: &mut Vec<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let (name, _, end) = braced(&rest[at + 1..])?;
        let tail = &rest[at + 1 + end..];
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let known = wildcards.iter().position(|other| other == name);
        let number = known.unwrap_or(wildcards.len());
        if !is_name || number >= MOST_WILDS {
            return None;
        }
        if known.is_none() {
            wildcards.push(name.to_owned());
        }
        out.push(wild(number));
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}
