//! YAML (and JSON) text to a tree of nodes that know their place; the only file that parses YAML.
//!
//! The events come from the parser inside `serde-saphyr`, used directly because serde has no spans
//! for maps and stops at the first problem. Strict where YAML is a trap or a bomb: no anchors, no
//! aliases, no tags but `!!str`, no doubled keys, one document, and a budget.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::rules::{DUPLICATE_KEY, YAML_SYNTAX};
use super::spot::Spot;
use crate::model::{Finding, Span};

/// Longest text that is read, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Most nodes (keys, values, lists, maps) in one file.
pub(super) const MAX_NODES: usize = 10_000;
/// Deepest nesting of lists and maps.
pub(super) const MAX_DEPTH: usize = 32;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) spot: Spot,
    /// What it is.
    pub(super) value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A scalar. `is_plain` tells whether it stood without quotes; `verbatim` how many bytes of
    /// source stand before its text, if the text stands in the source as it is.
    Scalar { text: String, is_plain: bool, verbatim: Option<usize> },
    /// A list.
    List(Vec<Node>),
    /// A map in written order.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) key_spot: Spot,
    /// Its value.
    pub(super) node: Node,
}

/// Reads the one document of a file; `None` for a file with none.
///
/// Doubled keys go to `findings` and the first one stands; anything worse ends the reading.
///
/// # Errors
/// The finding that made reading impossible.
pub(super) fn parse(
    path: &str,
    bytes: &[u8],
    findings: &mut Vec<Finding>,
) -> Result<Option<Node>, Box<Finding>> {
    let path: Arc<str> = path.into();
    if bytes.len() > MAX_BYTES {
        let message = format!("file is {} bytes long; at most {MAX_BYTES} are read", bytes.len());
        return Err(Box::new(YAML_SYNTAX.on(&path, message)));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(&path, bytes, error.valid_up_to())))?;
    if let Some(finding) = conflict(&path, text) {
        return Err(Box::new(finding));
    }
    let mut builder = Builder { path, text, stack: Vec::new(), root: None, nodes: 0, findings };
    for event in Parser::new_from_str_with_options(text, options()) {
        match event {
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                let spot = builder.spot_of(granit_parser::Span::empty(*error.marker()));
                let mut finding = syntax(&spot, error.info().replace('\'', "`"));
                finding.help = remedy(&finding.message).map(str::to_owned);
                return Err(Box::new(finding));
            }
        }
    }
    Ok(builder.root)
}

/// Where the comments of a text stand, from `#` to the end of the line: a `#` in quotes or in a block of text begins none.
/// Those behind what is no YAML are not known.
pub fn yaml_comments(text: &str) -> Vec<Range<usize>> {
    let mut options = options();
    options.emit_comments = true;
    options.disallow_directives = false;
    let events = Parser::new_from_str_with_options(text, options);
    let comments = events.map_while(Result::ok).filter(|(event, _)| matches!(event, Event::Comment(..)));
    comments
        .filter_map(|(_, span)| Some(span.start.byte_offset()?..span.end.byte_offset()?))
        .filter(|range| text.get(range.clone()).is_some())
        .collect()
}

fn options() -> Options {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.emit_comments = false;
    options.disallow_directives = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options
}

fn not_utf8(path: &str, bytes: &[u8], at: usize) -> Finding {
    let line = bytes[..at].split(|byte| *byte == b'\n').count();
    YAML_SYNTAX
        .on(path, format!("file is not UTF-8 text: byte {:#04x} in line {line}", bytes[at]))
        .help("save the file as UTF-8")
}

/// The first marker of a merge conflict, which begins a line.
fn conflict(path: &Arc<str>, text: &str) -> Option<Finding> {
    const MARKER: &str = "<<<<<<<";
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.strip_prefix(MARKER).is_some_and(|rest| rest.starts_with([' ', '\n', '\r'])) {
            let span = Span { start, end: start + MARKER.len(), line: number + 1, column: 1 };
            let spot = Spot { path: Arc::clone(path), span };
            let finding = syntax(&spot, "the file has merge conflicts");
            return Some(finding.help("keep what is right, and remove the lines with markers"));
        }
        start += line.len();
    }
    None
}

/// What to do about long lists.
const MANY: &str = "keep long lists in a file of `code/` or of the data, and let the command read it";
/// What to do about lists and maps in one another.
const DEEP: &str = "no field needs more than a few lists and maps in one another; write it flatter";

fn syntax(spot: &Spot, message: impl Into<String>) -> Finding {
    YAML_SYNTAX.at(spot, message)
}

/// What to do about the parser's commoner complaints.
fn remedy(message: &str) -> Option<&'static str> {
    const REMEDIES: &[(&str, &str)] = &[
        ("recursion limit", DEEP),
        ("tabs", "indent with spaces"),
        ("mapping values are not allowed", "put text that holds `: ` in quotes, or check the indentation"),
        ("unexpected character", "put text that begins with a special character in quotes"),
        ("unclosed bracket", "close it with `]` or `}`"),
        ("quoted scalar", "check that the quotation marks come in pairs"),
        (
            "did not find expected",
            "check the indentation, that brackets come in pairs, and that a glob with brackets stands in quotes",
        ),
    ];
    REMEDIES.iter().find(|(part, _)| message.contains(part)).map(|(_, remedy)| *remedy)
}

enum Open {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Spot)>, seen: BTreeMap<String, usize> },
}

struct Builder<'a> {
    path: Arc<str>,
    text: &'a str,
    stack: Vec<(Spot, Open)>,
    root: Option<Node>,
    nodes: usize,
    findings: &'a mut Vec<Finding>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: granit_parser::Span) -> Result<(), Box<Finding>> {
        let spot = self.spot_of(span);
        match event {
            Event::Anchor(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Err(Box::new(self.alias(&spot)))
            }
            Event::DocumentStart(..) if self.root.is_some() => Err(Box::new(second_document(&spot))),
            Event::Scalar(text, style, _, tag) => {
                let is_plain = style == ScalarStyle::Plain && !is_str(tag.as_ref(), &spot)?;
                self.scalar(spot, text.into_owned(), is_plain)
            }
            Event::SequenceStart(_, _, tag) => self.open(spot, tag.as_ref(), Open::List(Vec::new())),
            Event::MappingStart(_, _, tag) => {
                let open = Open::Map { entries: Vec::new(), key: None, seen: BTreeMap::new() };
                self.open(spot, tag.as_ref(), open)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn alias(&self, spot: &Spot) -> Finding {
        let source = self.text.get(spot.span.start..spot.span.end).unwrap_or_default();
        let finding = syntax(spot, "anchors and aliases are not allowed");
        if source.starts_with('*') {
            finding.label("YAML takes this for an alias").help("put it in quotes if it is meant as text")
        } else {
            finding.help("write the value out at each place")
        }
    }

    fn open(&mut self, spot: Spot, tag: Option<&Cow<'_, Tag>>, open: Open) -> Result<(), Box<Finding>> {
        is_str(tag, &spot)?;
        self.count(&spot)?;
        if self.stack.len() == MAX_DEPTH {
            let message = format!("lists and maps nest deeper than {MAX_DEPTH}");
            return Err(Box::new(syntax(&spot, message).help(DEEP)));
        }
        if let Some((_, Open::Map { key: None, .. })) = self.stack.last() {
            return Err(Box::new(syntax(&spot, "a key must be text, not a list or a map")));
        }
        self.stack.push((spot, open));
        Ok(())
    }

    fn close(&mut self) {
        let Some((spot, open)) = self.stack.pop() else { return };
        let value = match open {
            Open::List(items) => Value::List(items),
            Open::Map { entries, .. } => Value::Map(entries),
        };
        self.place(Node { spot, value });
    }

    fn scalar(&mut self, spot: Spot, text: String, is_plain: bool) -> Result<(), Box<Finding>> {
        self.count(&spot)?;
        if let Some((_, Open::Map { key: key @ None, .. })) = self.stack.last_mut() {
            *key = Some((text, spot));
            return Ok(());
        }
        let raw = self.text.get(spot.span.start..spot.span.end).unwrap_or_default();
        let verbatim = [0, 1]
            .into_iter()
            .find(|skip| raw.get(*skip..raw.len().saturating_sub(*skip)).is_some_and(|inner| inner == text));
        self.place(Node { spot, value: Value::Scalar { text, is_plain, verbatim } });
        Ok(())
    }

    fn place(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some((_, Open::List(items))) => items.push(node),
            Some((_, Open::Map { entries, key, seen })) => {
                let Some((key, key_spot)) = key.take() else { return };
                if let Some(first) = seen.get(&key) {
                    self.findings.push(doubled(&key, &key_spot, *first));
                    return;
                }
                seen.insert(key.clone(), key_spot.span.line);
                entries.push(Entry { key, key_spot, node });
            }
        }
    }

    fn count(&mut self, spot: &Spot) -> Result<(), Box<Finding>> {
        self.nodes += 1;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("file holds more than {MAX_NODES} values");
        Err(Box::new(syntax(spot, message).help(MANY)))
    }

    fn spot_of(&self, span: granit_parser::Span) -> Spot {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len());
        let trimmed = self.text.get(start..end).map_or(end, |raw| start + raw.trim_end().len());
        let span = Span { start, end: trimmed, line: span.start.line().max(1), column: span.start.col() + 1 };
        Spot { path: Arc::clone(&self.path), span }
    }
}

/// A finding for the second of two equal keys; `first` is the line of the other one.
pub(super) fn doubled(key: &str, spot: &Spot, first: usize) -> Finding {
    DUPLICATE_KEY
        .at(spot, format!("`{}` is given twice", super::words::clip(key)))
        .label(format!("first given in line {first}"))
        .help("keep one of the two")
}

fn second_document(spot: &Spot) -> Finding {
    syntax(spot, "file holds more than one document")
        .label("the second begins here")
        .help("one folder is one pipeline: give each its own folder with its own `spec.yml`")
}

/// Whether a tag says that the value is text; other tags are refused.
fn is_str(tag: Option<&Cow<'_, Tag>>, spot: &Spot) -> Result<bool, Box<Finding>> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
        Some(tag) => Err(Box::new(
            syntax(
                spot,
                format!(
                    "the tag `{}` is not allowed",
                    super::words::clip(&format!("{}{}", tag.original_handle(), tag.suffix()))
                ),
            )
            .help("write the value without a tag"),
        )),
    }
}
