//! Values of `${…}` in `docker-compose.yml`, from `.env` and from what stands beside the name.

use std::collections::BTreeMap;

use super::super::paths::join;
use super::super::report::Report;
use super::super::source::{Facts, Source};
use super::super::yaml::{Node, Tree};

/// Values by their names.
pub(super) struct Values {
    known: BTreeMap<String, String>,
}

impl Values {
    /// What `.env` beside the file says.
    pub(super) fn of(source: &Source, facts: &dyn Facts) -> Self {
        let text = join(&source.folder, ".env").and_then(|path| facts.read(&path)).unwrap_or_default();
        let pair = |line: &str| {
            let (name, value) = line.trim().split_once('=').filter(|(name, _)| !name.starts_with('#'))?;
            Some((name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
        };
        Self { known: text.lines().filter_map(pair).collect() }
    }

    /// A node with its values; each that is used is told.
    pub(super) fn fill(&self, node: &Node, source: &Source, report: &mut Report) -> Node {
        let tree = match &node.tree {
            Tree::Scalar { text, is_plain } => {
                Tree::Scalar { text: self.text(text, node.line, source, report), is_plain: *is_plain }
            }
            Tree::List(items) => {
                Tree::List(items.iter().map(|item| self.fill(item, source, report)).collect())
            }
            Tree::Map(entries) => Tree::Map(
                entries.iter().map(|(key, node)| (key.clone(), self.fill(node, source, report))).collect(),
            ),
        };
        Node { line: node.line, tree }
    }

    fn text(&self, text: &str, line: usize, source: &Source, report: &mut Report) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some((inner, tail)) = rest[at + 2..].split_once('}') else { break };
            let (name, other) =
                inner.split_once(":-").or_else(|| inner.split_once('-')).unwrap_or((inner, ""));
            let value = self.known.get(name).map_or(other, String::as_str);
            report.assumed(&source.at(line), "", format!("`${{{inner}}}` is `{value}`, as it is now"));
            out.push_str(value);
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}
