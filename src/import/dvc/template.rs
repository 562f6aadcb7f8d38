//! `${…}` in `dvc.yaml`: values from `vars` and `params.yaml`.

use std::collections::BTreeMap;

use super::super::error::ImportError;
use super::super::paths::join;
use super::super::source::{Facts, Source};
use super::super::yaml::{Node, Tree, document};

/// Values by their dotted names.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    known: BTreeMap<String, String>,
    lists: BTreeMap<String, Node>,
}

impl Values {
    /// Those of `params.yaml`, and of `vars` over them.
    ///
    /// # Errors
    /// When a file that is named cannot be read.
    pub(super) fn of(root: &Node, source: &Source, facts: &dyn Facts) -> Result<Self, ImportError> {
        let mut values = Self::default();
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

    /// The node that a text of one `${…}` names.
    pub(super) fn node(&self, text: &str) -> Option<&Node> {
        self.lists.get(text.trim().strip_prefix("${")?.strip_suffix('}')?.trim())
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

/// A value without quotes as DVC writes it into a command: `true`, `false` and fractions in one way each.
fn plain(text: &str) -> String {
    match text {
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
