//! Comments that silence rules: `# minipach: ignore[MP104] reason`, for a line or with `ignore-file` for a file.

use std::ops::Range;
use std::sync::LazyLock;

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;

use super::row::names;
use super::rules::{unexplained_ignore, unused_ignore};
use super::select::known;
use super::text::{Text, pattern, span};
use crate::model::{Edit, Finding, Fix, Rule, show_short};
use crate::spec::yaml_comments;

/// A comment that silences rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// The file.
    pub path: String,
    /// The line that it is about, from 1; absent when it is about the whole file.
    line: Option<usize>,
    /// Words that name rules.
    words: Vec<String>,
    /// Why; may be empty.
    pub reason: String,
    /// Where it stands, from the sign of the comment to the end of the line.
    range: Range<usize>,
    /// What stands there.
    text: String,
    /// Whether it has the line for itself.
    is_alone: bool,
}

/// The sign of a comment, the order, rules in brackets, and why.
static ORDER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)[ \t]*(?:#|//|<!--|%|--)[ \t]*minipach:[ \t]*ignore(-file)?\[([^\]\n]*)\][ \t]*([^\n]*)$")
});

/// The comments of a file.
pub(super) fn read(text: &Text<'_>) -> Vec<Comment> {
    if !text.text.contains("minipach:") {
        return Vec::new();
    }
    let found = ORDER.captures_iter(text.text).filter_map(|found| comment(text, &found));
    if !text.is_yaml() {
        return found.collect();
    }
    let comments = yaml_comments(text.text);
    found.filter(|found| comments.iter().any(|comment| comment.contains(&found.sign()))).collect()
}

fn comment(text: &Text<'_>, found: &Captures) -> Option<Comment> {
    let part = |number| found.get_group(number).map(|span| text.at(&span.range()));
    let range = found.get_match()?.range();
    let line = span(text.text, &range).line;
    let line_start = text.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone = text.text[line_start..range.start].trim().is_empty();
    let words = part(2)?.split(',').map(str::trim).filter(|word| !word.is_empty());
    Some(Comment {
        path: text.path.to_owned(),
        line: part(1).is_none().then_some(if is_alone { line + 1 } else { line }),
        words: words.map(str::to_owned).collect(),
        reason: part(3)?.trim().trim_end_matches("-->").trim().to_owned(),
        text: text.at(&range).to_owned(),
        range,
        is_alone,
    })
}

impl Comment {
    /// Where its sign stands.
    fn sign(&self) -> usize {
        self.range.start + self.text.len() - self.text.trim_start().len()
    }

    /// Whether it silences a finding of a rule.
    pub(super) fn silences(&self, finding: &Finding, rule: &Rule) -> bool {
        let is_there = match (self.line, finding.span) {
            (None, _) => true,
            (Some(line), Some(span)) => span.line == line,
            (Some(_), None) => false,
        };
        finding.path == self.path && is_there && self.names(rule)
    }

    /// Whether it names a rule.
    pub(super) fn names(&self, rule: &Rule) -> bool {
        self.words.iter().any(|word| names(word, rule))
    }

    /// What is wrong with the comment itself: rules that there are not, no reason, nothing silenced.
    pub(super) fn findings(&self, text: &str, is_used: bool, is_asked: bool) -> Vec<Finding> {
        let unknown: Vec<Finding> = self
            .words
            .iter()
            .filter_map(|word| {
                let unknown = known(word).err()?;
                Some(self.finding(&super::rules::unknown_rule::RULE, text, unknown.to_string()))
            })
            .collect();
        if !unknown.is_empty() {
            return unknown;
        }
        if !is_used && is_asked {
            let message = format!("`{}` silences nothing", show_short(self.text.trim(), 60));
            return vec![
                self.finding(&unused_ignore::RULE, text, message)
                    .help("take it out")
                    .fix(Fix::safe("take it out", vec![self.removal(text)])),
            ];
        }
        if self.reason.is_empty() {
            let message = "a rule is silenced here without saying why";
            return vec![
                self.finding(&unexplained_ignore::RULE, text, message).help("say why behind the bracket"),
            ];
        }
        Vec::new()
    }

    /// The edit that takes it out, with its line if it has one for itself.
    fn removal(&self, text: &str) -> Edit {
        let has_line = self.is_alone && text[self.range.end..].starts_with('\n');
        let end = self.range.end + usize::from(has_line);
        let old = text[self.range.start..end].to_owned();
        Edit::Replace { path: self.path.clone(), start: self.range.start, end, old, new: String::new() }
    }

    fn finding(&self, rule: &Rule, text: &str, message: impl Into<String>) -> Finding {
        let range = self.sign()..self.range.end;
        rule.on(&self.path, message).at(self.path.clone(), Some(span(text, &range)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_all_kinds_are_read() {
        let text = "a # minipach: ignore[MP104] it comes later\n  # minipach: ignore[MP2, missing-repo]\nb\n<!-- minipach: ignore-file[MP209] a talk about templates -->\n# minipach: ignored\n";
        let found = read(&Text { path: "x.md", text });
        let told: Vec<_> = found
            .iter()
            .map(|comment| (comment.line, comment.words.join(" "), comment.reason.as_str()))
            .collect();
        let expected = [
            (Some(1), "MP104".to_owned(), "it comes later"),
            (Some(3), "MP2 missing-repo".to_owned(), ""),
            (None, "MP209".to_owned(), "a talk about templates"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn text_of_a_spec_is_no_comment() {
        let text = "# minipach: ignore-file[MP1] é, really\ntransform:\n  cmd: [sh, -c, \"cat /pfs/pl/* # minipach: ignore[MP204]\"]\n  \
                    stdin: # minipach: ignore[MP3] why\n  - | # minipach: ignore[MP4] why\n    cat <<E\n    # minipach: ignore[MP204]\n    E\n  \
                    - 'a\n\n    # minipach: ignore[MP204]'\n# minipach: ignore[MP5] last\n";
        let words = |path| {
            let found = read(&Text { path, text });
            found.iter().map(|comment| comment.words.join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(words("p/spec.yml"), ["MP1", "MP3", "MP4", "MP5"]);
        assert_eq!(words("p/run.sh").len(), 7, "of other files nobody knows");
    }
}
