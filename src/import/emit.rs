//! The text of a new `spec.yml`: values in a fixed order, with comments that say where they come from.

use std::fmt::Write as _;

use super::report::Place;
use crate::spec::TODO_MARK;

/// Longest line that a list or map is written on.
const WIDTH: usize = 96;

/// A value of a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Text, put in quotes where it must be.
    Text(String),
    /// A number, `true` or `false`, as it is.
    Bare(String),
    /// A list.
    List(Vec<Self>),
    /// A map, in this order.
    Map(Vec<(String, Self)>),
}

impl Value {
    /// Text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A list of texts.
    pub(super) fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// A map of one key.
    pub(super) fn one(key: &str, value: Self) -> Self {
        Self::Map(vec![(key.to_owned(), value)])
    }

    /// Whether it says nothing.
    pub(super) const fn is_empty(&self) -> bool {
        match self {
            Self::Text(_) | Self::Bare(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }

    fn is_scalar(&self) -> bool {
        match self {
            Self::Text(text) => !text.contains('\n'),
            Self::Bare(_) => true,
            Self::List(_) | Self::Map(_) => self.is_empty(),
        }
    }

    /// The value on one line, if it may stand there: a scalar, or a flat list or map.
    fn inline(&self, room: usize) -> Option<String> {
        let line = match self {
            Self::Text(text) => scalar(text),
            Self::Bare(text) => text.clone(),
            Self::List(items) if items.iter().all(Self::is_scalar) => {
                format!("[{}]", items.iter().map(Self::flat).collect::<Vec<_>>().join(", "))
            }
            Self::Map(entries) if entries.iter().all(|(_, value)| value.is_scalar()) => {
                let one = |(key, value): &(String, Self)| format!("{}: {}", scalar(key), value.flat());
                format!("{{{}}}", entries.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            _ => return None,
        };
        (self.is_scalar() || line.chars().count() <= room).then_some(line)
    }

    fn flat(&self) -> String {
        self.inline(usize::MAX).unwrap_or_default()
    }

    /// Writes the value after its key or dash, which stand at `indent`.
    fn write(&self, out: &mut String, indent: usize) {
        if let Self::Text(text) = self
            && let Some(block) = block(text, indent + 2)
        {
            out.push_str(&block);
            return;
        }
        if let Some(line) = self.inline(WIDTH.saturating_sub(indent)) {
            _ = writeln!(out, " {line}");
            return;
        }
        out.push('\n');
        let pad = " ".repeat(indent + 2);
        match self {
            Self::List(items) => {
                for item in items {
                    _ = write!(out, "{pad}-");
                    item.write_item(out, indent + 2);
                }
            }
            Self::Map(entries) => write_entries(entries, out, indent + 2),
            Self::Text(_) | Self::Bare(_) => {}
        }
    }

    /// Writes an item of a list after its dash.
    fn write_item(&self, out: &mut String, indent: usize) {
        match self {
            Self::Map(entries) if self.inline(WIDTH.saturating_sub(indent)).is_none() => {
                let mut text = String::new();
                write_entries(entries, &mut text, indent + 2);
                out.push(' ');
                out.push_str(text.trim_start());
            }
            _ => self.write(out, indent),
        }
    }
}

fn write_entries(entries: &[(String, Value)], out: &mut String, indent: usize) {
    let pad = " ".repeat(indent);
    for (key, value) in entries {
        _ = write!(out, "{pad}{}:", scalar(key));
        value.write(out, indent);
    }
}

/// Several lines as a block, as they are; none where YAML would read them otherwise.
fn block(text: &str, indent: usize) -> Option<String> {
    let is_fit = text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' || c == '\u{feff}' || is_break(c))
        && !text.ends_with("\n\n")
        && text.lines().all(|line| line.is_empty() || !line.trim().is_empty());
    if !is_fit {
        return None;
    }
    let mut out = if text.ends_with('\n') { " |\n".to_owned() } else { " |-\n".to_owned() };
    let pad = " ".repeat(indent);
    for line in text.lines() {
        let line = if line.is_empty() { String::new() } else { format!("{pad}{line}") };
        _ = writeln!(out, "{line}");
    }
    Some(out)
}

const fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A text as YAML reads it back, plain where that is safe.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().any(|c| c.is_control() || is_break(c) || c == '\u{feff}') {
        return escaped(text);
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A text in double quotes.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if c.is_control() || is_break(c) || c == '\u{feff}' => _ = write!(out, "\\u{:04x}", c as u32),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that some reader of YAML takes for something else than text.
const WORDS: [&str; 12] =
    ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan", "infinity"];

fn is_plain(text: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphanumeric() || "/$._".contains(c);
    // An option, as `-c`, is no item of a list.
    let option = text.trim_start_matches('-');
    let is_option = (1..=2).contains(&(text.len() - option.len()))
        && option.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_letter = |c: char| c.is_ascii_alphanumeric() || " /$._-+@%()*=^:".contains(c);
    let colons = text.match_indices(':').all(|(at, _)| {
        text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/') && !text.starts_with(':')
    });
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.chars().all(|c| c.is_ascii_hexdigit() || "xob._:+-TZ ".contains(c));
    (text.starts_with(is_first) || is_option)
        && text.chars().all(is_letter)
        && !text.ends_with(' ')
        && colons
        && !is_number
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A spec to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    /// Where it comes from; further lines say where parts come from.
    pub(super) from: Vec<Place>,
    /// What somebody has to settle.
    pub(super) todos: Vec<String>,
    /// Facts for people who read the file.
    pub(super) notes: Vec<String>,
    /// The fields, in order.
    pub(super) fields: Vec<(String, Value)>,
}

impl Spec {
    /// Sets a field, unless it says nothing.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        if !value.is_empty() {
            self.fields.push((key.to_owned(), value));
        }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let mut from = self.from.clone();
        from.dedup();
        for place in &from {
            comment(&mut out, &format!("from {place}"));
        }
        for note in &self.notes {
            comment(&mut out, note);
        }
        for todo in &self.todos {
            comment(&mut out, &format!("{TODO_MARK}: {todo}"));
        }
        write_entries(&self.fields, &mut out, 0);
        out
    }
}

/// A comment, whatever is in the text: no line of it can become anything else.
fn comment(out: &mut String, text: &str) {
    let clean: String = text.chars().map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).collect();
    _ = writeln!(out, "# {}", clean.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_written_as_people_write_it() {
        let leaf = |repo: &str| {
            let entries = [("repo", repo), ("glob", "/(sub-*)"), ("join_on", "$1")];
            let pair = |(key, value): (&str, &str)| (key.to_owned(), Value::text(value));
            Value::one("pfs", Value::Map(entries.map(pair).to_vec()))
        };
        let mut spec = Spec { from: vec![Place::new("Makefile", 3)], ..Spec::default() };
        spec.todos.push("say what\nit reads".into());
        spec.set("input", Value::one("join", Value::List(vec![leaf("raw/t1"), leaf("raw/{t2}")])));
        let script = Value::text("set -e\n\necho a: b\n");
        let cmd = Value::List(vec![Value::text("sh"), Value::text("-c"), script]);
        spec.set("transform", Value::Map(vec![("cmd".into(), cmd), ("env".into(), Value::Map(vec![]))]));
        assert_eq!(
            spec.text(),
            "# from Makefile:3\n# TODO(import): say what it reads\ninput:\n  join:\n    - pfs: {repo: raw/t1, glob: /(sub-*), join_on: $1}\n    \
             - pfs: {repo: 'raw/{t2}', glob: /(sub-*), join_on: $1}\ntransform:\n  cmd:\n    - sh\n    - -c\n    - |\n      set -e\n\n      \
             echo a: b\n  env: {}\n"
        );
    }

    #[test]
    fn texts_that_yaml_would_misread_are_quoted() {
        for (text, expected) in [
            ("yes", "'yes'"),
            ("1.5", "'1.5'"),
            ("12:30", "'12:30'"),
            ("-c", "-c"),
            ("-1", "'-1'"),
            ("- c", "'- c'"),
            ("a: b", "'a: b'"),
            ("ubuntu:20.04", "ubuntu:20.04"),
            ("it's", "'it''s'"),
            ("a\tb", "\"a\\tb\""),
            ("", "''"),
            ("/*", "/*"),
            ("*", "'*'"),
            ("null", "'null'"),
            ("0x1f", "'0x1f'"),
        ] {
            assert_eq!(scalar(text), expected, "{text}");
        }
    }
}
