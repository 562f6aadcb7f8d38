//! A script that is one loop over files: `for x in DIR/*.ext; do …; done`.

use std::collections::BTreeSet;

use super::super::here::{Part, lines};
use super::super::paths::{join, split};
use super::super::source::{Facts, Source};
use super::super::words::Quoting;

/// Such a loop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loop {
    /// Its line.
    pub(super) line: usize,
    /// The variable.
    pub(super) variable: String,
    /// The folder.
    pub(super) folder: String,
    /// The files of it.
    pub(super) pattern: String,
    /// Lines before it that set something.
    pub(super) before: Vec<String>,
    /// Lines outside of it that are left out, with their numbers.
    pub(super) left: Vec<(usize, String)>,
    /// Its lines, with their numbers.
    pub(super) body: Vec<(usize, String)>,
    /// What stands behind its `done`, with its line.
    pub(super) behind: Option<(usize, String)>,
    /// The lines of it that are text, or begin as such: of here-documents, or within quotes.
    pub(super) text: BTreeSet<usize>,
    /// The folder that it writes to.
    pub(super) out: Option<String>,
    /// The folder that its paths begin at, from the project's root.
    pub(super) base: String,
}

/// The loop of a script that does nothing else of weight; none if it does, or has none or several.
pub(super) fn find(source: &Source, facts: &dyn Facts) -> Option<Loop> {
    let mut found: Option<Loop> = None;
    let (mut before, mut left) = (Vec::new(), Vec::new());
    let mut depth = 0usize;
    let mut is_over = false;
    let parts = lines(&source.text);
    for (at, line) in source.text.lines().enumerate() {
        let text = line.trim();
        if let Some(part) = parts.get(at).filter(|part| !matches!(part, Part::Command | Part::Joined)) {
            let head = found.as_mut().filter(|_| !is_over)?;
            is_over = add_text(head, line, at + 1, *part, &mut depth);
            continue;
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match &mut found {
            None => match head(text) {
                Some((mut head, rest)) => {
                    head.line = at + 1;
                    head.before = std::mem::take(&mut before);
                    depth = 1;
                    is_over = add(&mut head, rest, at + 1, &mut depth);
                    found = Some(head);
                }
                None if is_light(text) => match kept(text) {
                    Some(kept) => before.push(kept),
                    None => left.push((at + 1, text.to_owned())),
                },
                None => return None,
            },
            Some(_) if is_over => {
                if !is_light(text) {
                    return None;
                }
                left.push((at + 1, text.to_owned()));
            }
            Some(head) => is_over = add(head, line, at + 1, &mut depth),
        }
    }
    let mut found = found.filter(|_| is_over)?;
    found.base = base(&found, facts, source);
    found.out = out(&found, facts);
    found.left = left;
    Some(found)
}

/// The first loop over files of a script that is more than one: its line, and the files.
pub(super) fn first(source: &Source) -> Option<(usize, String)> {
    let parts = lines(&source.text);
    source.text.lines().enumerate().find_map(|(at, line)| {
        parts.get(at).filter(|part| **part == Part::Command)?;
        let (found, _) = head(line.trim())?;
        Some((at + 1, format!("{}/{}", found.folder, found.pattern)))
    })
}

/// Where its paths begin: at the project's root, or at the script's folder where only there is what it reads.
fn base(found: &Loop, facts: &dyn Facts, source: &Source) -> String {
    let is_beside = join(&source.folder, &found.folder).is_some_and(|path| facts.has_folder(&path));
    if is_beside && !facts.has_folder(&found.folder) { source.folder.clone() } else { String::new() }
}

/// `for x in DIR/*.ext`, and what follows `do`.
fn head(text: &str) -> Option<(Loop, &str)> {
    let rest = text.strip_prefix("for ")?;
    let (variable, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start().strip_prefix("in ")?.trim_start();
    let end = rest.find([' ', ';']).unwrap_or(rest.len());
    let (folder, pattern) = split(&rest[..end]);
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
    };
    let is_glob = pattern.contains('*') && is_plain(&pattern.replace('*', "x"));
    let is_name = variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || !is_glob || !is_plain(folder) || folder.starts_with(['/', '.']) {
        return None;
    }
    let rest = rest[end..].trim_start_matches([';', ' ']);
    let rest = rest.strip_prefix("do").unwrap_or(rest);
    if !rest.is_empty() && !rest.starts_with([' ', ';']) {
        return None;
    }
    let found = Loop {
        variable: variable.to_owned(),
        folder: folder.to_owned(),
        pattern: pattern.to_owned(),
        ..Loop::default()
    };
    Some((found, rest.trim_start_matches(' ')))
}

/// Adds a line to the loop; tells whether it ends it.
fn add(found: &mut Loop, line: &str, number: usize, depth: &mut usize) -> bool {
    let text = line.trim();
    if text == "do" && found.body.is_empty() || text.is_empty() {
        return false;
    }
    let words = text.split([' ', ';', '\t']).filter(|word| !word.is_empty());
    for word in words {
        match word {
            "do" => *depth += 1,
            "done" => *depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if *depth > 0 {
        let is_text = found.text.contains(&number);
        let inner = line.strip_prefix("  ").or_else(|| line.strip_prefix('\t'));
        let line = inner.filter(|_| !is_text).unwrap_or(line);
        found.body.push((number, line.to_owned()));
        return false;
    }
    let (last, behind) = ended(text);
    found.behind = (!behind.is_empty()).then(|| (number, behind.to_owned()));
    if !last.is_empty() {
        found.body.push((number, last.to_owned()));
    }
    true
}

/// What stands before the `done` of a line and behind it, without a comment.
fn ended(text: &str) -> (&str, &str) {
    let is_edge = |c: char| c.is_whitespace() || ";|&<>()".contains(c);
    let mut quoting = Quoting::new();
    let starts_comment = |(at, c)| {
        quoting.take(c);
        quoting.is_comment().then_some(at)
    };
    let text = text.char_indices().find_map(starts_comment).map_or(text, |at| text[..at].trim_end());
    let is_word = |at: &usize| {
        let (before, after) = (&text[..*at], &text[at + 4..]);
        (before.is_empty() || before.ends_with(is_edge)) && (after.is_empty() || after.starts_with(is_edge))
    };
    let at = text.match_indices("done").map(|(at, _)| at).filter(is_word).last();
    let (before, behind) = at.map_or((text, ""), |at| (&text[..at], &text[at + 4..]));
    (before.trim_end().trim_end_matches(';').trim_end(), behind.trim_matches([' ', '\t', ';']))
}

/// Adds a line that is text, at least where it begins; tells whether it ends the loop.
fn add_text(found: &mut Loop, line: &str, number: usize, part: Part, depth: &mut usize) -> bool {
    found.text.insert(number);
    if part == Part::Open && line.split([' ', ';', '\t']).any(|word| ["do", "done"].contains(&word)) {
        return add(found, line, number, depth);
    }
    found.body.push((number, line.to_owned()));
    false
}

/// Whether a line outside of the loop only makes ready.
fn is_light(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_value = first.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    is_value && !text.contains([';', '&', '|', '`']) && !text.contains("$(")
        || ["set", "mkdir", "echo", "module", "shopt", "export", "exit"].contains(&first)
}

/// What of such a line is needed.
fn kept(text: &str) -> Option<String> {
    let first = text.split_whitespace().next().unwrap_or_default();
    (first.contains('=') || ["set", "export", "shopt"].contains(&first)).then(|| text.to_owned())
}

/// The one folder that the loop writes to, by `>` or an option for it.
fn out(found: &Loop, facts: &dyn Facts) -> Option<String> {
    let mut folders: Vec<String> = Vec::new();
    for (_, line) in &found.body {
        let words: Vec<&str> =
            line.split([' ', '\t', ';', '"', '\'']).filter(|word| !word.is_empty()).collect();
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).map_or("", |before| words[before]);
            let (is_out, path) = match word.trim_start_matches(['1', '2']).strip_prefix('>') {
                Some(path) => (true, path.trim_start_matches('>')),
                None => (before.ends_with('>') || ["-o", "--out", "--output", "-O"].contains(&before), *word),
            };
            let (option, path) = path
                .split_once('=')
                .filter(|(option, _)| option.starts_with("--out"))
                .map_or((false, path), |(_, path)| (true, path));
            let folder = path.split_once('/').map_or("", |(folder, _)| folder);
            if (is_out || option) && !folder.is_empty() && !folder.contains('$') && folder != "." {
                folders.push(folder.to_owned());
            }
        }
    }
    folders.sort();
    folders.dedup();
    let [one] = folders.as_slice() else { return None };
    let path = join(&found.base, one)?;
    let is_data = one == found.folder.split('/').next().unwrap_or_default() || facts.has(&path);
    (!is_data).then(|| one.clone())
}
