//! Paths in Python, R and their like: calls and variables that tell a path of the project are worked out.

use std::fmt::Write as _;

use super::own_paths::{
    self, HELD, MADE, ROOT, Stand, UNKNOWN, Values, clean, filled_in, followed, formatted, joined, keep,
    marked, parents, rooted,
};

/// Expressions in each other, and how long a call may be.
const DEEPEST: usize = 16;
const LONGEST: usize = 1024;

/// Calls that give the path which they are given.
const SAME: [&str; 16] = [
    "abspath",
    "realpath",
    "normpath",
    "expanduser",
    "Path",
    "PurePath",
    "PosixPath",
    "str",
    "fspath",
    "normalizePath",
    "as.character",
    "path_abs",
    "path_real",
    "resolve",
    "absolute",
    "as_posix",
];

/// Calls that put the paths in a row which they are given.
const JOINED: [&str; 7] =
    ["os.path.join", "path.join", "osp.join", "file.path", "joinpath", "fs::path", "path.resolve"];

/// Calls that read nothing in the folders which they name.
const NAMING: [&str; 9] =
    ["makedirs", "mkdir", "print", "exists", "isdir", "dir.create", "file.exists", "dir.exists", "rmtree"];

/// What a text tells of paths: each as a word of its own, where it goes (`cd`), and where modules are (`PYTHONPATH`);
/// and what it sets of variables.
pub(super) fn expanded(text: &str, stand: &Stand<'_>) -> (String, Values) {
    let mut reader = Reader { text, stand, set: Values::new(), told: String::new(), depth: 0 };
    reader.read();
    reader.told.clear();
    reader.read();
    (reader.told, reader.set)
}

struct Reader<'a> {
    text: &'a str,
    stand: &'a Stand<'a>,
    set: Values,
    told: String,
    depth: usize,
}

type Found = Option<(Vec<String>, usize)>;

impl Reader<'_> {
    fn read(&mut self) {
        let (mut at, mut name, mut purpose) = (0, None, "");
        while let Some(c) = self.text[at..].chars().next() {
            match c {
                '\n' => purpose = "",
                '#' => {
                    at += self.text[at..].find('\n').unwrap_or(self.text.len() - at);
                    continue;
                }
                _ => {}
            }
            let is_begin = c.is_alphabetic() || "_.@\"'(".contains(c);
            let begin = at;
            if is_begin && let Some((values, end)) = self.expression(at) {
                let mark = if purpose.is_empty() { self.mark(at, end) } else { Some(HELD) };
                self.tell(&values, name.take(), purpose, mark);
                at = end;
            }
            let length = name_length(&self.text[begin..]);
            let word = &self.text[begin..begin + length];
            purpose = match word {
                "sys.path" | "sys.path.insert" | "sys.path.append" | "site.addsitedir" => "PYTHONPATH=",
                "os.chdir" | "setwd" | "cd" => "cd ",
                _ => purpose,
            };
            if at > begin {
                if let Some(value) = set_from(self.text, at).filter(|_| at == begin + length) {
                    (name, at) = (Some(word.to_owned()), value);
                }
                continue;
            }
            if length > 0 {
                at += length;
                if let Some(value) = set_from(self.text, at) {
                    (name, at) = (Some(word.to_owned()), value);
                }
            } else {
                at += c.len_utf8();
            }
        }
    }

    fn tell(&mut self, values: &[String], name: Option<String>, purpose: &str, mark: Option<char>) {
        if let Some(name) = name {
            let known: Vec<String> = values.iter().filter_map(|value| clean(value)).collect();
            keep(&mut self.set, &name, &known);
        }
        for value in values.iter().filter(|value| !purpose.is_empty() || value.contains(ROOT)) {
            let _ = writeln!(self.told, "{purpose}{}", marked(value, mark));
        }
    }

    /// How a folder is meant that is told from here to there: given to a call, or the one whose method is called, it is
    /// a whole one.
    fn mark(&self, begin: usize, end: usize) -> Option<char> {
        let (before, behind) = (self.text[..begin].trim_end(), &self.text[end..]);
        let calling = before.trim_end_matches('(');
        let is_in_brackets = calling.len() < before.len() || self.text[begin..].starts_with('(');
        let is_asked = |name: &&str| behind.strip_prefix('.').is_some_and(|rest| rest.starts_with(*name));
        if is_in_brackets && NAMING.iter().any(|name| calling.ends_with(name))
            || NAMING.iter().chain(&["is_dir"]).any(is_asked)
        {
            return Some(MADE);
        }
        let is_argument = before.ends_with(['(', ',', '['])
            || is_in_brackets && calling.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        (!is_argument && !behind.starts_with('.')).then_some(HELD)
    }

    /// An expression that begins here, and where it ends; `None` where nothing is known of it.
    fn expression(&mut self, at: usize) -> Found {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let found = self.sum(at);
        self.depth -= 1;
        found
    }

    fn sum(&mut self, at: usize) -> Found {
        let (mut values, mut end) = self.operand(at)?;
        loop {
            let next = blank(self.text, end);
            let rest = &self.text[next..];
            if rest.starts_with('%') && values.iter().any(|value| value.contains("%s")) {
                let begin = blank(self.text, next + 1);
                let tuple = self.text[begin..].strip_prefix('(').and_then(|_| closing(self.text, begin + 1));
                let part = tuple.map_or_else(|| self.operand(begin), |close| Some((Vec::new(), close + 1)));
                let parts = tuple.map(|close| self.arguments(begin + 1, close));
                let (part, behind) = part.unwrap_or_else(|| (vec![UNKNOWN.to_string()], begin));
                (values, end) = (filled_in(&values, &parts.unwrap_or_else(|| vec![part])), behind);
                continue;
            }
            let between = match rest.chars().next() {
                Some('/') if !rest.starts_with("//") => "/",
                Some('+') => "",
                _ => return Some((values, end)),
            };
            let begin = blank(self.text, next + 1);
            let Some((more, behind)) = self.operand(begin) else {
                values = followed(&values, &[format!("{between}{UNKNOWN}")]);
                return Some((values, end.max(next)));
            };
            let more: Vec<String> = more.iter().map(|more| format!("{between}{more}")).collect();
            (values, end) = (followed(&values, &more), behind);
        }
    }

    fn operand(&mut self, at: usize) -> Found {
        let (mut values, mut end) = self.primary(at)?;
        while let Some((next, behind)) = self.attribute(&values, end) {
            (values, end) = (next, behind);
        }
        Some((values, end))
    }

    fn primary(&mut self, at: usize) -> Found {
        let rest = self.text.get(at..)?;
        if let Some(found) = self.string(at) {
            return Some(found);
        }
        if rest.starts_with('(') {
            let (values, end) = self.expression(blank(self.text, at + 1))?;
            let end = blank(self.text, end);
            return self.text[end..].starts_with(')').then_some((values, end + 1));
        }
        let length = name_length(rest);
        let name = &rest[..length];
        if length == 0 {
            return None;
        }
        if rest[length..].starts_with('(') {
            return self.call(name, at, at + length + 1);
        }
        self.named(name, at)
    }

    /// A text in quotes on one line, with what stands in its braces where it is one of Python's with an `f`.
    fn string(&mut self, at: usize) -> Found {
        let rest = &self.text[at..];
        let prefix = rest.find(|c: char| !"rRbBfFuU".contains(c)).filter(|length| *length < 3)?;
        let quote = rest[prefix..].chars().next().filter(|c| "\"'".contains(*c))?;
        let begin = at + prefix + 1;
        let triple = quote.to_string().repeat(3);
        if rest[prefix..].starts_with(&triple) {
            let end = begin + 2 + self.text[begin + 2..].find(&triple)?;
            return Some((vec![UNKNOWN.to_string()], end + 3));
        }
        let length = self.text[begin..].find([quote, '\n'])?;
        let end = begin + length;
        if !self.text[end..].starts_with(quote) {
            return None;
        }
        let is_filled = rest[..prefix].contains(['f', 'F']);
        let values = if is_filled { self.filled(begin, end) } else { vec![self.text[begin..end].to_owned()] };
        Some((values, end + 1))
    }

    fn filled(&mut self, begin: usize, end: usize) -> Vec<String> {
        let (mut values, mut at) = (vec![String::new()], begin);
        while at < end {
            let length = self.text[at..end].find('{').unwrap_or(end - at);
            values = followed(&values, &[self.text[at..at + length].to_owned()]);
            at += length;
            let Some(close) = self.text[at..end].find('}') else { break };
            let inner = self.expression(blank(self.text, at + 1)).filter(|(_, behind)| *behind <= at + close);
            values = followed(&values, &inner.map_or_else(|| vec![UNKNOWN.to_string()], |(inner, _)| inner));
            at += close + 1;
        }
        values
    }

    /// What a name means that is not called.
    fn named(&self, name: &str, at: usize) -> Found {
        let own: Vec<String> = self.stand.own.map(rooted).into_iter().collect();
        for head in heads(name) {
            let held =
                || self.set.get(head).or_else(|| self.stand.known.get(head)).cloned().unwrap_or_default();
            let values = match head {
                "__file__" | "__FILE__" | "@__FILE__" | "__filename" | "sys.argv" => own.clone(),
                "__dir__" | "@__DIR__" | "__dirname" | "sys.path" => parents(&own),
                "os.pardir" => vec!["..".to_owned()],
                "os.curdir" => vec![".".to_owned()],
                "os.sep" => vec!["/".to_owned()],
                _ => held(),
            };
            let end = at + head.len();
            let is_list = matches!(head, "sys.argv" | "sys.path");
            if !values.is_empty() && (!is_list || self.text[end..].starts_with("[0]")) {
                return Some((values, end));
            }
        }
        None
    }

    fn call(&mut self, name: &str, at: usize, inside: usize) -> Found {
        let end = closing(self.text, inside)?;
        let last = name.rsplit(['.', ':']).next().unwrap_or(name);
        let own: Vec<String> = self.stand.own.map(rooted).into_iter().collect();
        let values = match last {
            "getwd" | "getcwd" | "cwd" | "pwd" => vec![rooted(self.stand.start)],
            "path" if name == "this.path::this.path" || name == "this.path" => own,
            "dir" if matches!(name, "this.path::this.dir" | "this.dir") => parents(&own),
            "here" if matches!(name, "here" | "here::here") => {
                let parts = self.arguments(inside, end);
                joined(&[vec![rooted("")]].into_iter().chain(parts).collect::<Vec<_>>(), "/")
            }
            "frame" | "frames" if self.is_own_file(end) => own,
            "dirname" | "path_dir" => parents(&self.arguments(inside, end).into_iter().next()?),
            _ if JOINED.contains(&name) || name == "join" => joined(&self.arguments(inside, end), "/"),
            "sprintf" => {
                self.arguments(inside, end).split_first().map(|(first, rest)| filled_in(first, rest))?
            }
            "paste0" => joined(&self.arguments(inside, end), ""),
            "paste" if self.text[inside..end].contains("\"/\"") => joined(&self.arguments(inside, end), "/"),
            _ if SAME.contains(&name) || SAME.contains(&last) && !is_method(name) => {
                self.arguments(inside, end).into_iter().next()?
            }
            _ if self.text[inside..end].contains("--file=") => own,
            _ => {
                // A method of what a name means: `HERE.joinpath(…)`.
                let head = name.len() - last.len();
                return self.named(name[..head].trim_end_matches(['.', ':']), at);
            }
        };
        let values: Vec<String> = values.iter().filter_map(|value| clean(value)).collect();
        (!values.is_empty()).then_some((values, end + 1))
    }

    /// Whether the file of a frame of R's is asked for: `sys.frame(1)$ofile`.
    fn is_own_file(&self, end: usize) -> bool {
        self.text[end..].lines().next().is_some_and(|line| line.contains("$ofile"))
    }

    /// The arguments of a call without a name, as far as they are known.
    fn arguments(&mut self, inside: usize, end: usize) -> Vec<Vec<String>> {
        let (mut found, mut at) = (Vec::new(), blank(self.text, inside));
        while at < end {
            let length = name_length(&self.text[at..]);
            let is_named = set_from(self.text, at + length).is_some() && length > 0;
            let value = self.expression(at).filter(|(_, behind)| *behind <= end && !is_named);
            let mut behind = value.as_ref().map_or(at, |(_, behind)| *behind);
            let is_whole = self.text[blank(self.text, behind)..].starts_with([',', ')']);
            if !is_named {
                let unknown = || vec![UNKNOWN.to_string()];
                found.push(value.filter(|_| is_whole).map_or_else(unknown, |(values, _)| values));
            }
            while behind < end && !self.text[behind..].starts_with(',') {
                behind = if self.text[behind..].starts_with('(') {
                    closing(self.text, behind + 1).map_or(end, |close| close + 1)
                } else {
                    behind + self.text[behind..].chars().next().map_or(1, char::len_utf8)
                };
            }
            at = blank(self.text, behind + 1);
        }
        found
    }

    /// What an attribute of a path means, or a method: `.parent`, `.joinpath(…)`, `[0]`.
    fn attribute(&mut self, values: &[String], at: usize) -> Found {
        let rest = self.text.get(at..)?;
        if rest.starts_with('[') {
            let end = rest.find(']').filter(|end| *end < 8)?;
            let end = at + end + 1;
            return Some((values.to_vec(), end + usize::from(self.text[end..].starts_with(']'))));
        }
        if let Some(behind) = rest.strip_prefix("$ofile") {
            return Some((values.to_vec(), self.text.len() - behind.len()));
        }
        let behind = rest.strip_prefix('.')?;
        let length = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        let (name, end) = (&behind[..length], at + 1 + length);
        let call = self.text[end..].strip_prefix('(').and_then(|_| closing(self.text, end + 1));
        match (name, call) {
            ("parent", None) => Some((parents(values), end)),
            ("parents", None) => {
                let number = self.text[end..].strip_prefix('[')?.split(']').next()?;
                let up = number.parse::<usize>().ok().filter(|up| *up < DEEPEST)?;
                let folders = (0..=up).fold(values.to_vec(), |values, _| parents(&values));
                Some((folders, end + number.len() + 2))
            }
            ("joinpath" | "with_name", Some(close)) => {
                let parts = self.arguments(end + 1, close);
                let base = if name == "joinpath" { values.to_vec() } else { parents(values) };
                Some((joined(&[base].into_iter().chain(parts).collect::<Vec<_>>(), "/"), close + 1))
            }
            ("format", Some(close)) => Some((formatted(values, &self.arguments(end + 1, close)), close + 1)),
            ("resolve" | "absolute" | "as_posix" | "expanduser" | "strip", Some(close)) => {
                Some((values.to_vec(), close + 1))
            }
            _ => None,
        }
    }
}

/// A name of several parts, and what it begins with, longest first: `HERE.parent`, `HERE`.
fn heads(name: &str) -> impl Iterator<Item = &str> {
    let shorter = name.char_indices().rev().filter(|(_, c)| *c == '.').map(|(at, _)| &name[..at]);
    std::iter::once(name).chain(shorter).filter(|head| !head.is_empty())
}

/// Whether a name is that of a method of something with a name of its own: `HERE.resolve`.
fn is_method(name: &str) -> bool {
    let of = name.rsplit_once('.').map_or("", |(of, _)| of);
    !matches!(of, "" | "os" | "os.path" | "osp" | "path" | "pathlib" | "fs:" | "base:")
}

/// How long a name with its dots and colons is at the beginning of a text.
fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    let is_part = |c: char| c.is_alphanumeric() || "_.:@".contains(c);
    let length = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text[..length].trim_end_matches([':', '.']).len()
}

/// Where the value begins that is given to the name which ends here: `= x`, `: Path = x`, `<- x`.
fn set_from(text: &str, at: usize) -> Option<usize> {
    let mut next = blank(text, at);
    if let Some(told) = text[next..].strip_prefix(':') {
        let length = told.find(['=', '\n', '(', ',']).filter(|length| told[*length..].starts_with('='))?;
        next += 1 + length;
    }
    let rest = &text[next..];
    let sign = if rest.starts_with("<-") {
        2
    } else if rest.starts_with('=') && !rest.starts_with("==") {
        1
    } else {
        return None;
    };
    Some(blank(text, next + sign))
}

/// Behind the blanks that stand here, lines too.
fn blank(text: &str, at: usize) -> usize {
    text.get(at..).map_or(text.len(), |rest| text.len() - rest.trim_start().len())
}

/// Where the bracket is closed that was opened before this place.
fn closing(text: &str, at: usize) -> Option<usize> {
    own_paths::closing(text.get(at..)?, ('(', ')'), LONGEST).map(|length| at + length)
}

#[cfg(test)]
mod tests;
