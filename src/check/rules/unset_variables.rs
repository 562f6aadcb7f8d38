//! Variables that a shell command of a spec takes and that nothing sets, for rules.

use std::collections::BTreeSet;

use crate::model::{Pipeline, Transform};

/// Programs that read a script from `-c` or their standard input.
pub(super) const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ksh", "zsh"];

/// What a shell is told by a spec itself: the words after `-c`, or its standard input.
pub(super) fn shell_text(pipeline: &Pipeline) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    let program = transform.cmd.first()?.rsplit('/').next()?;
    if !SHELLS.contains(&program) {
        return None;
    }
    let script = transform.cmd.iter().position(|word| word == "-c").and_then(|at| transform.cmd.get(at + 1));
    let lines: Vec<&str> =
        script.into_iter().chain(transform.stdin.iter().flatten()).map(String::as_str).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Names in small letters that a shell expands and that neither its script, nor `env`, nor an input sets. Capitals come from
/// the surroundings.
pub(super) fn unset_variables(pipeline: &Pipeline) -> Vec<String> {
    let (Some(text), Some(transform)) = (shell_text(pipeline), &pipeline.transform) else {
        return Vec::new();
    };
    // An image may set any.
    if transform.image.is_some() {
        return Vec::new();
    }
    let set = set_by(&text);
    let leaves = pipeline.input.leaves();
    let is_given = |name: &str| {
        is_from_outside(transform, name) || leaves.iter().any(|leaf| name.starts_with(&*leaf.name))
    };
    let mut found = expanded(&text);
    found.retain(|name| !set.contains(name.as_str()) && !is_given(name));
    found
}

fn is_from_outside(transform: &Transform, name: &str) -> bool {
    transform.env.contains_key(name) || name.ends_with("_proxy")
}

/// `$name` and `${name…}` outside of single quotes, each once, in order.
fn expanded(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut is_single, mut is_double) = (false, false);
    let (mut rest, mut before) = (text, '\n');
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let begins_word = before.is_whitespace() || ";&|()".contains(before);
        before = c;
        match c {
            '\'' if !is_double => is_single = !is_single,
            '"' if !is_single => is_double = !is_double,
            '#' if !is_single && !is_double && begins_word => {
                rest = rest.find('\n').map_or("", |at| &rest[at..]);
            }
            '\\' if !is_single => rest = rest.chars().next().map_or("", |next| &rest[next.len_utf8()..]),
            '$' if !is_single => {
                let name = name_at(rest.strip_prefix('{').unwrap_or(rest));
                let is_small = name.starts_with(|c: char| c.is_ascii_lowercase());
                if is_small
                    && !name.contains(|c: char| c.is_ascii_uppercase())
                    && !found.iter().any(|one| one == name)
                {
                    found.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

/// The name that a text begins with.
fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// Commands that set what they name.
const SETTERS: [&str; 9] =
    ["read", "mapfile", "readarray", "getopts", "local", "declare", "typeset", "export", "readonly"];

/// Names that a script sets: `name=…`, `for name in`, `read name …`, `printf -v name`.
fn set_by(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut words = text.split(|c: char| c.is_whitespace() || ";()|&\"'`{".contains(c)).peekable();
    while let Some(word) = words.next() {
        match word {
            "for" | "select" | "-v" => found.extend(words.peek().copied()),
            _ if SETTERS.contains(&word) => {
                while let Some(name) = words.next_if(|word| !word.is_empty()) {
                    found.insert(name.split_once('=').map_or(name, |(name, _)| name));
                }
            }
            _ => found.extend(word.split_once('=').map(|(name, _)| name.trim_end_matches('+'))),
        }
    }
    // `${name:=value}` and `${name:-value}` say what it is without anybody setting it.
    for part in text.split("${").skip(1) {
        let name = name_at(part);
        if part[name.len()..].starts_with(['-', '=', '+', '?', ':']) {
            found.insert(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_takes_and_does_not_set() {
        for (text, unset) in [
            ("train --rate $rate --depth ${depth}", "rate depth"),
            ("for f in a b; do echo $f \"$g\"; done", "g"),
            ("rate=1; echo $rate", ""),
            ("while read -r a b; do echo $a $b $c; done", "c"),
            ("awk '{ print $x }' $HOME \\$y \"it's $z\"", "z"),
            ("echo ${rate:-0.1} $1 $(date) $$ ${#list}", ""),
            ("x+=1 && echo $x$y", "y"),
            ("mapfile -t all < f; echo ${all[0]} # as $before\nprintf -v name x; echo $name $z", "z"),
            ("while getopts ab: flag; do echo $flag; done; local one two=2; echo $one $two a#$c", "c"),
        ] {
            let set = set_by(text);
            let mut found = expanded(text);
            found.retain(|name| !set.contains(name.as_str()));
            assert_eq!(found.join(" "), unset, "{text}");
        }
    }
}
