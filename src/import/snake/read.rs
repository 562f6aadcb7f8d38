//! The rules of a Snakefile as they stand: what is Python and not a literal is left as it is.

use super::super::error::ImportError;
use super::super::source::Source;

/// One directive of a rule, or a statement beside rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Its line.
    pub(super) line: usize,
    /// `input`, `shell` and so on.
    pub(super) key: String,
    /// What follows the colon.
    pub(super) text: String,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// Its line.
    pub(super) line: usize,
    /// Its name.
    pub(super) name: String,
    /// `rule` or `checkpoint`.
    pub(super) kind: String,
    /// What it says.
    pub(super) directives: Vec<Directive>,
    /// How far its directives are set in.
    indent: usize,
}

/// A Snakefile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snakefile {
    /// The rules, in order.
    pub(super) rules: Vec<Rule>,
    /// What stands beside them: settings with `key`, Python with an empty one.
    pub(super) beside: Vec<Directive>,
}

/// Reads a Snakefile.
///
/// # Errors
/// When a string or bracket is not closed, or a rule has no name.
pub(super) fn read(source: &Source) -> Result<Snakefile, ImportError> {
    let mut found = Snakefile::default();
    let mut beside = 0;
    for (line, text) in statements(source)? {
        let indent = text.len() - text.trim_start().len();
        let bare = text.trim();
        if indent == 0 {
            beside = found.beside.len();
            top(source, line, bare, &mut found)?;
        } else if let Some(open) = found.beside.get_mut(beside) {
            open.text.push('\n');
            open.text.push_str(bare);
        } else if let Some(rule) = found.rules.last_mut().filter(|rule| rule.line > 0) {
            inside(rule, line, indent, bare).map_err(|why| ImportError::new(&source.at(line), why))?;
        }
    }
    Ok(found)
}

fn top(source: &Source, line: usize, text: &str, found: &mut Snakefile) -> Result<(), ImportError> {
    for kind in ["rule", "checkpoint"] {
        let Some(rest) = text.strip_prefix(kind).filter(|rest| rest.starts_with([' ', ':'])) else {
            continue;
        };
        let name = rest.trim_end_matches(':').trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || !text.ends_with(':') {
            let message = "a rule needs a name of letters, digits and `_`, and a colon after it";
            return Err(ImportError::new(&source.at(line), message));
        }
        found.rules.push(Rule { line, name: name.to_owned(), kind: kind.to_owned(), ..Rule::default() });
        return Ok(());
    }
    // Anything else ends the rule before it.
    let key = text.split(':').next().unwrap_or_default().trim();
    let is_key =
        text.contains(':') && !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let (key, rest) = if is_key { (key, &text[text.find(':').unwrap_or(0) + 1..]) } else { ("", text) };
    let parts = if key.is_empty() { settings(rest) } else { vec![rest.trim().to_owned()] };
    let directives = parts.into_iter().map(|text| Directive { line, key: key.to_owned(), text });
    found.beside.extend(directives);
    Ok(())
}

/// Several settings of names on one line, `A = 1; B = 2`; anything else as it stands.
fn settings(text: &str) -> Vec<String> {
    let parts = parted(text, ';');
    let is_setting = |part: &String| {
        let name = part.split('=').next().unwrap_or_default().trim();
        name.len() < part.len()
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if parts.iter().all(is_setting) { parts } else { vec![text.trim().to_owned()] }
}

/// Takes a line of a rule, set in so far.
///
/// # Errors
/// When it is no directive where one must stand.
fn inside(rule: &mut Rule, line: usize, indent: usize, text: &str) -> Result<(), &'static str> {
    let key = text.split(':').next().unwrap_or_default().trim();
    let is_key =
        text.contains(':') && !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    match rule.directives.last_mut() {
        Some(last) if indent > rule.indent => {
            last.text.push('\n');
            last.text.push_str(text);
        }
        _ if is_key => {
            rule.indent = indent;
            let rest = text[text.find(':').unwrap_or(0) + 1..].trim();
            rule.directives.push(Directive { line, key: key.to_owned(), text: rest.to_owned() });
        }
        // What a rule says of itself.
        None if string(text).is_some() => {}
        _ => return Err("a rule says `input:`, `output:` and the like, and this is none of them"),
    }
    Ok(())
}

/// Lines without comments, those that go on in brackets and strings joined; with their numbers.
fn statements(source: &Source) -> Result<Vec<(usize, String)>, ImportError> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut scan = Scan::default();
    let mut open = String::new();
    let mut begins = 1;
    let mut line = 1;
    let mut rest = source.text.as_str();
    while let Some(c) = rest.chars().next() {
        let used = scan.take(c, rest);
        if let Some(why) = scan.broken {
            return Err(ImportError::new(&source.at(line), why));
        }
        let part = &rest[..used];
        if !scan.is_comment {
            open.push_str(part);
        }
        line += part.matches('\n').count();
        rest = &rest[used..];
        if c == '\n' && scan.is_outside() {
            scan.is_comment = false;
            if !open.trim().is_empty() {
                found.push((begins, std::mem::take(&mut open).trim_end().to_owned()));
            }
            open.clear();
            begins = line;
        }
    }
    if !scan.is_outside() {
        return Err(ImportError::new(&source.at(begins), "a string or a bracket is not closed"));
    }
    if !open.trim().is_empty() {
        found.push((begins, open.trim_end().to_owned()));
    }
    Ok(found)
}

/// Follows strings and brackets of Python.
#[derive(Default)]
struct Scan {
    quote: Option<&'static str>,
    /// What ends the brackets that are open.
    open: Vec<char>,
    is_comment: bool,
    /// Whether a comma may not follow: one came last, or an open bracket.
    is_bare: bool,
    /// Why Python would not read on.
    broken: Option<&'static str>,
}

const QUOTES: [&str; 4] = ["\"\"\"", "'''", "\"", "'"];

impl Scan {
    fn is_outside(&self) -> bool {
        self.quote.is_none() && self.open.is_empty()
    }

    /// Takes what begins here; gives how many bytes that are.
    fn take(&mut self, c: char, rest: &str) -> usize {
        let one = c.len_utf8();
        if self.is_comment {
            self.is_comment = c != '\n';
            return one;
        }
        if let Some(quote) = self.quote {
            if c == '\\' {
                return one + rest[one..].chars().next().map_or(0, char::len_utf8);
            }
            if rest.starts_with(quote) {
                self.quote = None;
                return quote.len();
            }
            if c == '\n' && quote.len() == 1 {
                self.broken = Some("a string is not closed on its line");
            }
            return one;
        }
        self.comma(c);
        if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(**quote)) {
            self.quote = Some(quote);
            return quote.len();
        }
        match c {
            '(' => self.open.push(')'),
            '[' => self.open.push(']'),
            '{' => self.open.push('}'),
            ')' | ']' | '}' if self.open.pop() != Some(c) => {
                self.broken = Some("a bracket is closed that is not open");
            }
            '#' => self.is_comment = true,
            _ => {}
        }
        one
    }

    /// Looks at a character outside of strings.
    fn comma(&mut self, c: char) {
        if c == ',' && self.is_bare {
            self.broken = Some("a comma has nothing before it");
        }
        if !c.is_whitespace() && c != '#' && c != '\\' {
            self.is_bare = ",([{".contains(c);
        }
    }
}

/// Splits at commas outside of strings and brackets.
pub(super) fn commas(text: &str) -> Vec<String> {
    parted(text, ',')
}

/// Splits at a sign outside of strings and brackets.
fn parted(text: &str, sign: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut scan = Scan::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_outside = scan.is_outside();
        let used = scan.take(c, rest);
        if c == sign && is_outside {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push_str(&rest[..used]);
        }
        rest = &rest[used..];
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The text of one or more string literals, one after the other; none if it is anything else.
pub(super) fn string(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let is_raw = rest.starts_with(['r', 'R']);
        let body = if is_raw { &rest[1..] } else { rest };
        let quote = QUOTES.iter().find(|quote| body.starts_with(**quote))?;
        let body = &body[quote.len()..];
        let mut chars = body.char_indices();
        let end = loop {
            let (at, c) = chars.next()?;
            if body[at..].starts_with(quote) {
                break at;
            }
            match c {
                '\\' if is_raw => {
                    out.push(c);
                    out.extend(chars.next().map(|(_, c)| c));
                }
                '\\' => push_escaped(&mut out, chars.next()?.1),
                c => out.push(c),
            }
        };
        rest = body[end + quote.len()..].trim_start();
    }
    Some(out)
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        'n' => out.push('\n'),
        't' => out.push('\t'),
        '\n' => {}
        '\\' | '\'' | '"' => out.push(c),
        other => out.extend(['\\', other]),
    }
}
