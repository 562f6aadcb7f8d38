//! YAML and JSON of other tools as nodes with lines: several documents, anchors, aliases and merge keys too.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::error::ImportError;
use super::report::Place;

/// Longest text that is read, in bytes.
const MOST_BYTES: usize = 1 << 20;
/// Most values in one file, those that aliases repeat among them.
const MOST_NODES: usize = 50_000;
/// Deepest nesting.
const DEEPEST: usize = 64;

/// A value and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The line, from 1.
    pub(super) line: usize,
    /// What it is.
    pub(super) tree: Tree,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A scalar; `is_plain` tells whether it stood without quotes.
    Scalar { text: String, is_plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map in written order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value of a key, unless it is null.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(other, _)| other == key)
            .map(|(_, node)| node)
            .filter(|node| !node.is_null())
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.tree {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.tree {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the one value itself.
    pub(super) fn each(&self) -> &[Self] {
        match &self.tree {
            Tree::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a key's scalar.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether it is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.tree, Tree::Scalar { text, is_plain: true } if ["", "~", "null", "Null", "NULL"].contains(&text.as_str()))
    }

    /// Whether it is `true`.
    pub(super) fn is_true(&self) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Whether it is a map.
    pub(super) const fn is_map(&self) -> bool {
        matches!(self.tree, Tree::Map(_))
    }
}

/// All documents of a file: of YAML, or one or more values of JSON.
///
/// # Errors
/// When it cannot be read: the first place where that is so.
pub(super) fn documents(path: &str, text: &str) -> Result<Vec<Node>, ImportError> {
    if text.len() > MOST_BYTES {
        let message = format!("the file is {} bytes long; at most {MOST_BYTES} are read", text.len());
        return Err(ImportError::new(&Place::new(path, 1), message));
    }
    let mut found = Vec::new();
    for (line, part) in parts(text) {
        let mut builder = Builder { path, before: line, ..Builder::default() };
        builder.read(&part)?;
        found.append(&mut builder.documents);
    }
    Ok(found)
}

/// The one document of a file.
///
/// # Errors
/// When it cannot be read, or holds none or several.
pub(super) fn document(path: &str, text: &str) -> Result<Node, ImportError> {
    let mut all = documents(path, text)?;
    match (all.len(), all.pop()) {
        (1, Some(node)) => Ok(node),
        (0, _) | (_, None) => Err(ImportError::new(&Place::new(path, 1), "the file is empty")),
        (_, Some(second)) => {
            Err(ImportError::new(&Place::new(path, second.line), "a second document begins here"))
        }
    }
}

/// Values of JSON that follow one another, each with the number of lines before it; any other text is one part.
fn parts(text: &str) -> Vec<(usize, String)> {
    let first = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if !first.starts_with(['{', '[']) {
        return vec![(0, text.trim_start_matches('\u{feff}').to_owned())];
    }
    let mut found = Vec::new();
    let mut scan = Json::default();
    let mut part = String::new();
    let mut begins = 0;
    let mut line = 0;
    for c in text.trim_start_matches('\u{feff}').chars() {
        if part.trim().is_empty() && !c.is_whitespace() {
            part.clear();
            begins = line;
        }
        line += usize::from(c == '\n');
        let is_end = scan.take(c);
        part.push(if c == '\t' && !scan.is_in_text { ' ' } else { c });
        if is_end {
            found.push((begins, std::mem::take(&mut part)));
        }
    }
    if !part.trim().is_empty() {
        found.push((begins, part));
    }
    found
}

/// Follows brackets and texts of JSON.
#[derive(Default)]
struct Json {
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
}

impl Json {
    /// Takes a character; tells whether it ends a value.
    fn take(&mut self, c: char) -> bool {
        if self.is_in_text {
            let was_escaped = std::mem::take(&mut self.is_escaped);
            self.is_escaped = c == '\\' && !was_escaped;
            self.is_in_text = was_escaped || c != '"';
            return false;
        }
        match c {
            '"' => self.is_in_text = true,
            '{' | '[' => self.depth += 1,
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

#[derive(Default)]
struct Builder<'a> {
    path: &'a str,
    before: usize,
    open: Vec<(usize, usize, Open)>,
    anchors: BTreeMap<usize, Node>,
    documents: Vec<Node>,
    nodes: usize,
}

impl Builder<'_> {
    fn read(&mut self, text: &str) -> Result<(), ImportError> {
        let mut options = Options::default();
        options.emit_comments = false;
        options.flow_nesting_limit = DEEPEST;
        options.block_nesting_limit = DEEPEST;
        for event in Parser::new_from_str_with_options(text, options) {
            match event {
                Ok((event, span)) => self.take(event, self.before + span.start.line().max(1))?,
                Err(error) => {
                    let line = self.before + error.marker().line().max(1);
                    return Err(
                        self.error(line, format!("this is no YAML: {}", error.info().replace('\'', "`")))
                    );
                }
            }
        }
        Ok(())
    }

    fn error(&self, line: usize, message: impl Into<String>) -> ImportError {
        ImportError::new(&Place::new(self.path, line), message)
    }

    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), ImportError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                let tree = Tree::Scalar { text: text.into_owned(), is_plain };
                self.place(anchor, Node { line, tree })
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open.push((line, anchor, Open::List(Vec::new())));
                Ok(())
            }
            Event::MappingStart(_, anchor, _) => {
                self.open.push((line, anchor, Open::Map(Vec::new(), None)));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.nodes += size(&node);
                    self.place(0, node)
                }
                None => Err(self.error(line, "an alias stands inside of what it names")),
            },
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), ImportError> {
        let Some((line, anchor, open)) = self.open.pop() else { return Ok(()) };
        let tree = match open {
            Open::List(items) => Tree::List(items),
            Open::Map(entries, _) => Tree::Map(merged(entries)),
        };
        self.place(anchor, Node { line, tree })
    }

    fn place(&mut self, anchor: usize, node: Node) -> Result<(), ImportError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self.error(node.line, format!("the file holds more than {MOST_NODES} values")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let line = node.line;
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some((_, _, Open::List(items))) => items.push(node),
            Some((_, _, Open::Map(_, key @ None))) => match node.tree {
                Tree::Scalar { text, .. } => *key = Some(text),
                _ => return Err(self.error(line, "a key is text, not a list or a map")),
            },
            Some((_, _, Open::Map(entries, key))) => {
                let key = key.take().unwrap_or_default();
                if key != "<<" && entries.iter().any(|(other, _)| *other == key) {
                    return Err(self.error(line, format!("`{key}` is given twice")));
                }
                entries.push((key, node));
            }
        }
        Ok(())
    }
}

/// How many values a node holds.
fn size(node: &Node) -> usize {
    match &node.tree {
        Tree::Scalar { .. } => 1,
        Tree::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Tree::Map(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
    }
}

/// A map with what `<<` adds to it.
fn merged(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key == "<<");
    for (_, node) in merges {
        for map in node.each() {
            for (key, value) in map.entries() {
                if !own.iter().any(|(other, _)| other == key) {
                    own.push((key.clone(), value.clone()));
                }
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_all_forms() {
        let names = |text: &str| -> Vec<(String, usize)> {
            let found = documents("x", text).expect("it reads");
            found.iter().map(|node| (node.text_of("a").unwrap_or_default().to_owned(), node.line)).collect()
        };
        assert_eq!(names("a: 1\n---\na: 2\n"), [("1".into(), 1), ("2".into(), 3)]);
        assert_eq!(names("{\"a\": \"}\"}\n{\n\t\"a\": \"2\"\n}\n"), [("}".into(), 1), ("2".into(), 2)]);
        assert_eq!(names("x: &x {a: 1}\n<<: *x\n"), [("1".into(), 1)]);
    }

    #[test]
    fn broken_ones_have_a_place() {
        for (text, line, message) in [
            ("a: 1\na: 2\n", 2, "`a` is given twice"),
            ("a: [1\n", 1, "this is no YAML"),
            ("a: &a [*a]\n", 1, "an alias"),
            ("? [a]\n: 1\n", 1, "a key is text"),
        ] {
            let error = documents("x", text).expect_err(text);
            assert!(error.message.starts_with(message), "{error}");
            assert_eq!(error.place.line, line, "{error}");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let inner = vec![format!("*a{}", n - 1); 10].join(", ");
            let line = format!("a{n}: &a{n} [{inner}]\n");
            text.push_str(&line);
        }
        assert!(documents("x", &text).is_err());
    }
}
