//! What of a loop only has a meaning in a loop: lines outside of it, `continue`, and what goes from turn to turn.

use super::super::draft::Draft;
use super::super::report::Report;
use super::super::source::Facts;
use super::super::source::Source;
use super::super::words::{Quotes, Quoting, is_edge};
use super::looped::Loop;
use super::{carried, reached};

/// The lines of a loop as lines of one turn; what cannot be one is told.
pub(super) fn body(
    found: &Loop,
    source: &Source,
    target: &str,
    draft: &mut Draft,
    report: &mut Report,
) -> Vec<String> {
    let mut depth = 0usize;
    let mut lines = Vec::new();
    for (number, line) in &found.body {
        if found.text.contains(number) {
            lines.push(line.clone());
            continue;
        }
        let place = source.at(*number);
        if let Some(name) = carried(line) {
            let text = format!(
                "cmd: `{}`: `{name}` does not go on from one datum to the next; let another pipeline count over the results",
                line.trim()
            );
            draft.todo(&place, text);
        }
        let (text, used) = turn(line, &mut depth);
        if used.ends {
            let text = "cmd: `break` ends the loop, and no datum can end the others; write which files are meant in `glob`";
            draft.todo(&place, text);
        }
        if used.counts {
            let text = format!(
                "cmd: `{}` counts loops, and this one is none any more; write `exit 0` where the turn is to end",
                line.trim()
            );
            draft.todo(&place, text);
        }
        if used.goes_on {
            report.assumed(
                &place,
                target,
                "`continue` is `exit 0`: what is written until then is the result",
            );
        }
        lines.push(text);
    }
    lines
}

/// What of a loop no datum has: what goes on from turn to turn, what is read beside its file, what takes the output of all.
pub(super) fn settle(found: &Loop, source: &Source, facts: &dyn Facts, draft: &mut Draft) {
    let body: Vec<&str> = found.body.iter().map(|(_, line)| line.as_str()).collect();
    let is_told = |name: &str| body.iter().any(|line| carried(line) == Some(name));
    for (at, name) in carried::carried(&body.join("\n"), &found.variable) {
        let line = found.body.get(at).map_or(found.line, |(number, _)| *number);
        if !is_told(&name) {
            let text = format!(
                "cmd: `{name}` is read before it is surely set here, and no datum has what another one set; set it first, or let one datum read all files"
            );
            draft.todo(&source.at(line), text);
        }
    }
    for (line, text) in reached::told(found, facts) {
        draft.todo(&source.at(line), text);
    }
    if let Some((line, behind)) = &found.behind {
        let text = format!(
            "cmd: `{behind}` behind `done` is for all turns together, and is left out; let each datum write below /pfs/out, and another pipeline put them together"
        );
        draft.todo(&source.at(*line), text);
    }
}

/// What lines outside of the loop come to.
pub(super) fn left(found: &Loop, source: &Source, target: &str, draft: &mut Draft, report: &mut Report) {
    for (number, line) in &found.left {
        let place = source.at(*number);
        let is_writing = !super::super::written::strays(line).is_empty() && !line.starts_with("mkdir");
        if is_writing {
            let text = format!(
                "cmd: `{line}` stands outside of the loop and is left out; write a pipeline of its own that makes it"
            );
            draft.todo(&place, text);
        } else {
            report.assumed(&place, target, format!("`{line}` stands outside of the loop, and is left out"));
        }
    }
}

/// What a line does to the loop around it.
#[derive(Default)]
struct Used {
    goes_on: bool,
    ends: bool,
    counts: bool,
}

/// A line in which `continue` ends the turn; within a further loop it is that one's.
fn turn(line: &str, depth: &mut usize) -> (String, Used) {
    let (mut out, mut used) = (String::new(), Used::default());
    let mut quoting = Quoting::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(is_edge).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let is_bare = matches!(quoting.state(), Quotes::None | Quotes::Inner) && !quoting.is_comment();
        let is_word = is_bare && is_command(&out);
        let (is_own, is_counted) = (*depth == 0 && is_word, has_count(tail));
        match word {
            "do" if is_word => *depth += 1,
            "done" if is_word => *depth = depth.saturating_sub(1),
            // `continue 2` within a further loop may mean this one.
            "continue" | "break" if is_word && is_counted => used.counts = true,
            "continue" if is_own => used.goes_on = true,
            "break" if is_own => used.ends = true,
            _ => {}
        }
        out.push_str(if word == "continue" && is_own && !is_counted { "exit 0" } else { word });
        let edge = tail.chars().next().map_or(0, char::len_utf8);
        out.push_str(&tail[..edge]);
        rest[..end + edge].chars().for_each(|c| quoting.take(c));
        rest = &tail[edge..];
    }
    (out, used)
}

/// Whether a number of loops follows.
fn has_count(tail: &str) -> bool {
    tail.starts_with([' ', '\t']) && tail.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '$')
}

/// Whether a command may begin after this.
fn is_command(before: &str) -> bool {
    let before = before.trim_end();
    let is_end = |word: &&str| {
        let left = before.strip_suffix(*word);
        left.is_some_and(|left| left.is_empty() || left.ends_with(is_edge))
    };
    before.is_empty()
        || before.ends_with([';', '|', '&', '(', '{', '\n'])
        || ["then", "else", "do", "done"].iter().any(is_end)
}

/// The variable that a line sets from what it was before.
fn carried(line: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for part in line.split([';', '&', '|']) {
        let part = part.trim_start_matches(|c: char| c.is_whitespace() || c == '{' || c == '(');
        let part = part.strip_prefix("let ").or_else(|| part.strip_prefix("then ")).unwrap_or(part);
        let end = part.find(|c| !is_letter(c)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        // In a sum a name alone is the variable, elsewhere one with `$`.
        let is_read = |before: &str| before.ends_with(['$', '{']) || before.contains("$((");
        let is_own = |value: &str, at: usize| {
            let after = &value[at + name.len()..];
            is_read(&value[..at]) && !value[..at].ends_with(is_letter) && !after.starts_with(is_letter)
        };
        let reads =
            |value: &str| !name.is_empty() && value.match_indices(name).any(|(at, _)| is_own(value, at));
        let is_same = rest.strip_prefix('=').is_some_and(reads);
        if is_name && (is_same || ["++", "--", "+=", "-="].iter().any(|sign| rest.starts_with(sign))) {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_from_turn_to_turn_is_seen() {
        for (line, expected) in [
            ("count=$((count+1))", Some("count")),
            ("((n++))", Some("n")),
            ("all=\"$all $f\"", Some("all")),
            ("x && sum+=1", Some("sum")),
            ("let i++", Some("i")),
            ("n=$(basename n.csv)", None),
            ("name=$f; x --name=$name", None),
        ] {
            assert_eq!(carried(line), expected, "{line}");
        }
    }

    #[test]
    fn a_turn_ends_where_the_loop_goes_on() {
        for (line, expected) in [
            ("[ -s \"$f\" ] || continue", "[ -s \"$f\" ] || exit 0"),
            ("if x; then continue; fi", "if x; then exit 0; fi"),
            ("for i in 1 2; do continue; done; continue", "for i in 1 2; do continue; done; exit 0"),
            ("echo continue", "echo continue"),
            ("echo to do; continue", "echo to do; exit 0"),
            ("echo '; do'; continue", "echo '; do'; exit 0"),
            ("x # ; do", "x # ; do"),
            (
                "for i in 1; do for j in 2; do continue 3; done; done; continue",
                "for i in 1; do for j in 2; do continue 3; done; done; exit 0",
            ),
            ("continue 1", "continue 1"),
        ] {
            let mut depth = 0;
            let (text, used) = turn(line, &mut depth);
            assert_eq!(text, expected);
            assert_eq!(depth, 0, "{line}");
            assert_eq!(used.counts, line.contains("continue 1") || line.contains("continue 3"), "{line}");
        }
    }
}
