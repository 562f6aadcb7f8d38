//! Values of a Snakefile: paths, lists, `expand(…)`, what `config` says.

use std::collections::{BTreeMap, BTreeSet};

use super::super::pattern::values as fitting;
use super::super::source::Facts;
use super::super::words::{MOST_WILDS, wild};
use super::super::yaml::{Node, Tree};
use super::changes::changes;
use super::constraints::{braced, fitting_all, within as constrained};
use super::printed::{is_like_a_number, number, plain};
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
    /// Names whose values are not known for sure any more.
    lost: BTreeSet<String>,
    /// Names whose values Snakemake prints as texts with blanks between them: no dictionary, and no `range`.
    printed: BTreeSet<String>,
    /// What wildcards must be like in each rule: the line, the wildcard, the constraint.
    pub(super) constraints: Vec<(usize, String, String)>,
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

/// What stands between brackets that are all there is.
fn within(expression: &str, open: char, close: char) -> Option<&str> {
    expression.strip_prefix(open)?.strip_suffix(close)
}

/// The numbers of `range(…)` with whole numbers.
fn range(arguments: &[String]) -> Option<Vec<String>> {
    let numbers: Option<Vec<i64>> = arguments.iter().map(|text| text.parse().ok()).collect();
    let (from, to) = match numbers?.as_slice() {
        [to] => (0, *to),
        [from, to] => (*from, *to),
        _ => return None,
    };
    let is_few = to.checked_sub(from)? <= i64::try_from(MOST).ok()?;
    is_few.then(|| (from..to).map(|number| number.to_string()).collect())
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
        if is_like_a_number(expression) {
            return number(expression)
                .map_or_else(lost, |text| Ok(Texts { all: vec![text], ..Texts::default() }));
        }
        if let Some((all, is_open)) = self.lists.get(&listed(expression)) {
            return Ok(Texts { all: all.clone(), is_open: *is_open, ..Texts::default() });
        }
        if let Some(inner) = within(expression, '[', ']').or_else(|| within(expression, '(', ')')) {
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
            "range" => range(&arguments).map_or_else(lost, |all| Ok(Texts { all, ..Texts::default() })),
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

    /// Learns `NAME = […]` and `NAME, = glob_wildcards("…")`; tells whether it was one of these. What is known of names
    /// that other Python may change is forgotten.
    pub(super) fn learn(&mut self, statement: &str, facts: &dyn Facts) -> bool {
        let is_learned = self.take_statement(statement, facts);
        if !is_learned {
            self.forget(statement);
        }
        is_learned
    }

    fn take_statement(&mut self, statement: &str, facts: &dyn Facts) -> bool {
        let Some((names, value)) = statement.split_once('=') else { return false };
        let names: Vec<&str> = names
            .trim()
            .trim_matches(['(', ')'])
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if names.is_empty() || !names.iter().all(is_name) || names.iter().any(|name| self.is_set(name)) {
            return false;
        }
        let value = value.trim();
        if let Some(rest) = value.strip_prefix("glob_wildcards(") {
            return self.of_files(&names, rest, facts);
        }
        let values = if names.len() == 1 { vec![value.to_owned()] } else { commas(value) };
        let texts: Option<Vec<Texts>> = values.iter().map(|value| self.texts(value, facts).ok()).collect();
        let Some(texts) = texts.filter(|texts| texts.len() == names.len()) else { return false };
        let printed = names.iter().zip(&values).filter(|(_, value)| self.is_printed(value));
        let printed: Vec<String> = printed.map(|(name, _)| (*name).to_owned()).collect();
        self.printed.extend(printed);
        for (name, texts) in names.iter().zip(texts) {
            self.lists.insert((*name).to_owned(), (texts.all, texts.is_open));
        }
        true
    }

    /// Whether a statement that was learned lists only such files as fit its constraints.
    pub(super) fn is_narrowed(&self, statement: &str) -> bool {
        let Some((names, value)) = statement.split_once('=') else { return false };
        let is_listed = |name: &str| self.lists.get(name).is_some_and(|(_, is_open)| !is_open);
        value.trim().starts_with("glob_wildcards(")
            && names.split([',', '(', ')']).map(str::trim).any(is_listed)
    }

    /// Whether a value is text, a number, a value of `config`, or a list or tuple of texts and numbers.
    fn is_printed(&self, value: &str) -> bool {
        let is_one = |value: &str| {
            string(value).is_some() || is_like_a_number(value) || self.of_config(value).is_some()
        };
        let inner = within(value, '[', ']').or_else(|| within(value, '(', ')'));
        let is_list = inner.is_some_and(|inner| commas(inner).iter().all(|part| is_one(part)));
        is_one(value) || is_list || value.starts_with("expand(")
    }

    /// What a name that was set beside rules stands for in a command.
    pub(super) fn printed(&self, name: &str) -> Option<&[String]> {
        let (values, is_open) = self.lists.get(name)?;
        (self.printed.contains(name) && !is_open).then_some(values)
    }

    /// Whether a name was set before: which of its values a rule sees hangs on where it stands.
    fn is_set(&self, name: &str) -> bool {
        self.lists.contains_key(name) || self.lost.contains(name)
    }

    /// Forgets what Python that is not run may change.
    fn forget(&mut self, statement: &str) {
        if changes(statement, "config") {
            self.config.clear();
            self.lists.retain(|name, _| !name.starts_with("config["));
        }
        let changed: Vec<String> =
            self.lists.keys().filter(|name| changes(statement, name)).cloned().collect();
        for name in changed {
            self.lists.remove(&name);
            self.lost.insert(name);
        }
    }

    fn of_files(&mut self, names: &[&str], rest: &str, facts: &dyn Facts) -> bool {
        let Some((pattern, after)) = rest.rsplit_once(')') else { return false };
        let Some(pattern) = string(pattern) else { return false };
        let (mut wildcards, constraints) = (Vec::new(), constrained(&pattern));
        let Some(pattern) = marked(&pattern, &mut wildcards) else { return false };
        let mut found: Vec<Vec<(usize, String)>> =
            facts.files().iter().filter_map(|path| fitting(&pattern, path)).collect();
        let all = found.len();
        let Some(fits) = fitting_all(&constraints, &wildcards) else { return false };
        found.retain(|values| fits(values));
        // No glob takes such names alone, so they are listed.
        let is_open = found.len() == all;
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
            self.lists.insert((*name).to_owned(), (all, is_open));
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
