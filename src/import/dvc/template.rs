//! `${…}` in `dvc.yaml`: values from `vars` and `params.yaml`.

use std::collections::BTreeMap;

use super::super::error::ImportError;
use super::super::paths::join;
use super::super::source::{Facts, Source};
use super::super::words::quoted;
use super::super::yaml::{Node, Tree, document};

/// Values by their dotted names.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    known: BTreeMap<String, String>,
    lists: BTreeMap<String, Node>,
    /// Whether DVC is told to write options in another way than its own.
    has_own_options: bool,
}

impl Values {
    /// Those of `params.yaml`, and of `vars` over them.
    ///
    /// # Errors
    /// When a file that is named cannot be read.
    pub(super) fn of(root: &Node, source: &Source, facts: &dyn Facts) -> Result<Self, ImportError> {
        let config = join(&source.folder, ".dvc/config").and_then(|path| facts.read(&path));
        let has_own_options = config.is_some_and(|text| text.contains("[parsing]"));
        let mut values = Self { has_own_options, ..Self::default() };
        if let Some(path) = join(&source.folder, "params.yaml").filter(|path| facts.has(path)) {
            values.read(&path, facts)?;
        }
        for var in root.get("vars").map(Node::items).unwrap_or_default() {
            match var.text() {
                Some(file) => {
                    let file = file.split(':').next().unwrap_or(file);
                    let path =
                        join(&source.folder, file).filter(|path| facts.has(path)).ok_or_else(|| {
                            ImportError::new(
                                &source.at(var.line),
                                format!("`vars` names `{file}`, which is not there"),
                            )
                        })?;
                    values.read(&path, facts)?;
                }
                None => values.add("", var),
            }
        }
        Ok(values)
    }

    /// These, and those of a stage's own `vars` over them.
    pub(super) fn with(&self, vars: &[Node]) -> Self {
        let mut values = self.clone();
        vars.iter().filter(|var| var.text().is_none()).for_each(|var| values.add("", var));
        values
    }

    fn read(&mut self, path: &str, facts: &dyn Facts) -> Result<(), ImportError> {
        if let Some(text) = facts.read(path).filter(|text| !text.trim().is_empty()) {
            self.add("", &document(path, &text)?);
        }
        Ok(())
    }

    /// Adds a value and all below it.
    pub(super) fn add(&mut self, name: &str, node: &Node) {
        let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        match &node.tree {
            Tree::Scalar { text, is_plain } => {
                let text = if *is_plain { plain(text) } else { text.clone() };
                self.known.insert(name.to_owned(), text);
            }
            Tree::Map(entries) => entries.iter().for_each(|(key, node)| self.add(&below(key), node)),
            Tree::List(items) => {
                items.iter().enumerate().for_each(|(at, node)| self.add(&format!("{name}[{at}]"), node));
            }
        }
        self.lists.insert(name.to_owned(), node.clone());
    }

    /// Whether a name stands for a map or a list.
    pub(super) fn is_several(&self, name: &str) -> bool {
        self.lists.contains_key(name) && !self.known.contains_key(name)
    }

    /// The node that a text of one `${…}` names.
    pub(super) fn node(&self, text: &str) -> Option<&Node> {
        self.lists.get(text.trim().strip_prefix("${")?.strip_suffix('}')?.trim())
    }

    /// A command in which maps are filled in as options, `--lr 0.1 --opt.name adam`, and what each became.
    pub(super) fn with_options(&self, text: &str) -> (String, Vec<(String, String)>) {
        let (mut out, mut used, mut rest) = (String::new(), Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let inner = after.split_once('}').filter(|_| !before.ends_with('\\'));
            let node = inner.and_then(|(name, tail)| Some((name.trim(), self.lists.get(name.trim())?, tail)));
            let options = node
                .filter(|_| !self.has_own_options)
                .and_then(|(name, node, tail)| Some((name, options(node)?, tail)));
            if let Some((name, options, tail)) = options {
                out.push_str(&options);
                used.push((name.to_owned(), options));
                rest = tail;
            } else {
                out.push_str("${");
                rest = after;
            }
        }
        out.push_str(rest);
        (out, used)
    }

    /// A text with its values filled in; names without a value are left, and given.
    pub(super) fn fill(&self, text: &str) -> (String, Vec<(String, String)>, Vec<String>) {
        let (mut out, mut used, mut unknown) = (String::new(), Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('\\') {
                out.push_str(before);
                out.push_str("${");
                rest = &after[2..];
                continue;
            }
            out.push_str(before);
            let Some((name, tail)) = after[2..].split_once('}') else { break };
            let name = name.trim();
            if let Some(value) = self.known.get(name) {
                out.push_str(value);
                used.push((name.to_owned(), value.clone()));
            } else {
                out.push_str(&after[..after.len() - tail.len()]);
                unknown.push(name.to_owned());
            }
            rest = tail;
        }
        out.push_str(rest);
        (out, used, unknown)
    }
}

/// A map as options of a command; none of what is no map, or has a list in a list.
fn options(node: &Node) -> Option<String> {
    let Tree::Map(entries) = &node.tree else { return None };
    let all: Option<Vec<String>> = entries.iter().map(|(key, node)| option(key, node)).collect();
    Some(all?.into_iter().filter(|option| !option.is_empty()).collect::<Vec<_>>().join(" "))
}

/// One entry of a map; what lies below it has dotted names. Of what is true there is the name alone.
fn option(name: &str, node: &Node) -> Option<String> {
    match &node.tree {
        Tree::Map(entries) => {
            let below = entries.iter().map(|(key, node)| option(&format!("{name}.{key}"), node));
            let below = below.collect::<Option<Vec<_>>>()?.into_iter().filter(|option| !option.is_empty());
            Some(below.collect::<Vec<_>>().join(" "))
        }
        Tree::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(item).collect();
            let items = items?.join(" ");
            Some(if items.is_empty() { items } else { format!("--{name} {items}") })
        }
        Tree::Scalar { text, is_plain: true } if plain(text) == "true" => Some(format!("--{name}")),
        Tree::Scalar { text, is_plain: true } if plain(text) == "false" => Some(String::new()),
        Tree::Scalar { .. } => Some(format!("--{name} {}", item(node)?)),
    }
}

/// A value in a list of options, as Python writes it.
fn item(node: &Node) -> Option<String> {
    let Tree::Scalar { text, is_plain } = &node.tree else { return None };
    if !is_plain {
        return Some(quoted(text));
    }
    Some(match plain(text).as_str() {
        "true" => "True".to_owned(),
        "false" => "False".to_owned(),
        other => quoted(other),
    })
}

/// A value without quotes as DVC writes it into a command: `true`, `false`, `None` and numbers in one way each.
fn plain(text: &str) -> String {
    if let Some(number) = whole(text) {
        return number.to_string();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return "None".to_owned(),
        "True" | "TRUE" => return "true".to_owned(),
        "False" | "FALSE" => return "false".to_owned(),
        _ => {}
    }
    let is_fraction = text.contains(['.', 'e', 'E'])
        && text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    let number = text.parse::<f64>().ok().filter(|number| is_fraction && number.is_finite());
    number.map_or_else(|| text.to_owned(), fraction)
}

/// A whole number as YAML 1.2 has it: `010` is ten, `0o10` eight.
fn whole(text: &str) -> Option<i128> {
    let digits = text.trim_start_matches(['+', '-']);
    if text.len() - digits.len() > 1 || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let bases = [("0x", 16), ("0o", 8), ("0b", 2)];
    let based = bases.iter().find_map(|(start, base)| Some((digits.strip_prefix(start)?, *base)));
    let (digits, base) = based.unwrap_or((digits, 10));
    let number = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// A fraction as Python writes it.
fn fraction(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}
