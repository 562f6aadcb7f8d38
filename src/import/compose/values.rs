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
        let mut values = Self { known: BTreeMap::new() };
        text.lines().for_each(|line| values.learn(line));
        values
    }

    /// Takes a line of `.env`; a value that needs another one that is not known is not known either.
    fn learn(&mut self, line: &str) {
        let line = line.trim();
        let pair = line.strip_prefix("export ").unwrap_or(line).split_once('=');
        let Some((name, value)) = pair.filter(|_| !line.starts_with('#')) else { return };
        let value = value.trim();
        let quote = value.chars().next().filter(|first| "'\"".contains(*first));
        let inner = quote.and_then(|quote| value[1..].split_once(quote)).map(|(inner, _)| inner);
        let bare = || value.split(" #").next().unwrap_or_default().trim_end();
        let text = inner.unwrap_or_else(bare);
        let text = if quote == Some('\'') { Some(text.to_owned()) } else { self.whole(text) };
        let name = name.trim().to_owned();
        match text {
            Some(text) => drop(self.known.insert(name, text)),
            None => drop(self.known.remove(&name)),
        }
    }

    /// A text with all its values; nothing where one is not known.
    fn whole(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(found) = reference(rest) {
            out.push_str(&rest[..found.at]);
            out.push_str(&self.value(found.name, found.more)?);
            rest = &rest[found.end..];
        }
        out.push_str(rest);
        Some(out)
    }

    /// A node with its values; each that is used is told.
    pub(super) fn fill(&self, node: &Node, source: &Source, report: &mut Report) -> Node {
        let tree = match &node.tree {
            Tree::Scalar { text, is_plain } => {
                // A value that is empty is no null.
                let is_plain = *is_plain && !text.contains('$');
                Tree::Scalar { text: self.text(text, node.line, source, report), is_plain }
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
        while let Some(found) = reference(rest) {
            out.push_str(&rest[..found.at]);
            if let Some(value) = self.value(found.name, found.more) {
                let shown = &rest[found.at..found.end];
                report.assumed(&source.at(line), "", format!("`{shown}` is `{value}`, as it is now"));
                out.push_str(&value);
            } else {
                out.push_str(&rest[found.at..found.end]);
            }
            rest = &rest[found.end..];
        }
        out.push_str(rest);
        out
    }

    /// The value of a name, or what stands beside it for one that is not set.
    fn value(&self, name: &str, more: &str) -> Option<String> {
        let known = self.known.get(name);
        if let Some(other) = more.strip_prefix(":+").or_else(|| more.strip_prefix('+')) {
            let is_set = |value: &&String| !value.is_empty() || !more.starts_with(':');
            return known
                .and_then(|value| if is_set(&value) { self.whole(other) } else { Some(String::new()) });
        }
        let known = known.filter(|value| !value.is_empty() || !more.starts_with(':'));
        let other =
            || more.strip_prefix(":-").or_else(|| more.strip_prefix('-')).and_then(|other| self.whole(other));
        known.cloned().or_else(other)
    }
}

/// A reference in a text.
struct Reference<'a> {
    at: usize,
    end: usize,
    name: &'a str,
    more: &'a str,
}

/// The first `$NAME` or `${NAME…}` of a text; `$$` is a dollar sign.
fn reference(text: &str) -> Option<Reference<'_>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut from = 0;
    loop {
        let at = from + text[from..].find('$')?;
        let after = &text[at + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| Some(&inner[..closing(inner)?]));
        let (inner, used) = braced.map_or_else(
            || {
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                (&after[..end], end + 1)
            },
            |inner| (inner, inner.len() + 3),
        );
        let end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
        let (name, more) = inner.split_at(end);
        if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(Reference { at, end: at + used, name, more });
        }
        from = at + 1 + usize::from(after.starts_with('$'));
    }
}

/// Where the brace is closed that was opened before a text.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// References below a node that nothing in the project gives a value, with their lines.
pub(super) fn unknown(node: &Node) -> Vec<(usize, String)> {
    match &node.tree {
        Tree::Scalar { text, .. } => {
            let mut found = Vec::new();
            let mut rest = text.as_str();
            while let Some(one) = reference(rest) {
                found.push((node.line, rest[one.at..one.end].to_owned()));
                rest = &rest[one.end..];
            }
            found
        }
        Tree::List(items) => items.iter().flat_map(unknown).collect(),
        Tree::Map(entries) => entries.iter().flat_map(|(_, node)| unknown(node)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_env_file_are_read_as_compose_does() {
        let mut values = Values { known: BTreeMap::new() };
        let lines =
            ["export A=1 # one", "B=$A/b", "C='$A # c'", "D=\"x ${A}\" # d", "E=$NOWHERE/e", "#F=1", "G=a#b"];
        for line in lines {
            values.learn(line);
        }
        let known: Vec<(&str, &str)> =
            values.known.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(known, [("A", "1"), ("B", "1/b"), ("C", "$A # c"), ("D", "x 1"), ("G", "a#b")]);
    }

    #[test]
    fn values_are_as_compose_gives_them() {
        let known = [("FLAG", ""), ("N", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values = Values { known: known.into() };
        for (text, expected) in [
            ("${FLAG:+--flag}", Some("")),
            ("${FLAG+--flag}", Some("--flag")),
            ("${N:+--flag}", Some("--flag")),
            ("${M:+--flag}", None),
            ("${FLAG:-x}", Some("x")),
            ("${A:-${B:-2}}", Some("2")),
            ("${A:-$N}", Some("2")),
            ("${A:-x/${N}/$N}", Some("x/2/2")),
            ("${A:-$B}", None),
            ("${A:-${B}}", None),
            ("${N:+$B}", None),
            ("${N:-$B}", Some("2")),
        ] {
            let found = reference(text).expect("there is one");
            assert_eq!(&text[found.at..found.end], text);
            assert_eq!(values.value(found.name, found.more).as_deref(), expected, "{text}");
        }
    }
}
