//! `output:` taken apart: text, captures, keys; and what is wrong with it.

use std::ops::Range;

use super::rules::{BAD_OUTPUT, JOIN_KEY_UNUSED};
use super::typed::Typed;
use super::words::{clip, list, nearest};
use crate::model::{Finding, Input, OutputTemplate, Severity};

/// One piece of `output:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputPart {
    /// Text as it stands; `$$` is a dollar.
    Text(String),
    /// `$n`, `${n}`, `${name.n}`: what a capture of the glob took, of the named input or of the one that has it.
    Capture {
        /// The input's name, if given.
        input: Option<String>,
        /// Number of the capture, from 1.
        number: usize,
    },
    /// `${join}`: the join key.
    Join,
    /// `${group}`: the group key.
    Group,
}

/// Why `output:` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OutputError {
    /// What is wrong, a fragment.
    pub message: String,
    /// Bytes of the text that are wrong.
    pub at: Range<usize>,
}

/// Takes the text of `output:` apart; each piece comes with its bytes.
///
/// # Errors
/// Says which variable cannot be read.
pub fn parse_output(text: &str) -> Result<Vec<(Range<usize>, OutputPart)>, OutputError> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (length, part) = match text[at..].strip_prefix('$') {
            None => {
                let length = text[at..].find('$').unwrap_or(text.len() - at);
                (length, OutputPart::Text(text[at..at + length].to_owned()))
            }
            Some(rest) => variable(rest)
                .map(|(length, part)| (length + 1, part))
                .map_err(|(length, message)| OutputError { message, at: at..at + 1 + length })?,
        };
        parts.push((at..at + length, part));
        at += length;
    }
    Ok(parts)
}

/// Reads what follows a `$`: how many bytes, and what it is.
fn variable(rest: &str) -> Result<(usize, OutputPart), (usize, String)> {
    if rest.starts_with('$') {
        return Ok((1, OutputPart::Text("$".into())));
    }
    if let Some(inner) = rest.strip_prefix('{') {
        let Some(end) = inner.find('}') else { return Err((rest.len(), "`${` is not closed by `}`".into())) };
        let part = braced(&inner[..end]).map_err(|message| (end + 2, message))?;
        return Ok((end + 2, part));
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    match number(&rest[..digits]) {
        Some(number) => Ok((digits, OutputPart::Capture { input: None, number })),
        None => Err((digits, "`$` is not followed by a capture's number; write `$$` for a dollar".into())),
    }
}

fn braced(inner: &str) -> Result<OutputPart, String> {
    match inner {
        "join" => return Ok(OutputPart::Join),
        "group" => return Ok(OutputPart::Group),
        _ => {}
    }
    if let Some(number) = number(inner) {
        return Ok(OutputPart::Capture { input: None, number });
    }
    match inner.rsplit_once('.').and_then(|(input, digits)| Some((input, number(digits)?))) {
        Some((input, number)) if !input.is_empty() => {
            Ok(OutputPart::Capture { input: Some(input.to_owned()), number })
        }
        _ => Err(format!(
            "`${{{}}}` is none of `${{1}}`, `${{name.1}}`, `${{join}}` and `${{group}}`",
            clip(inner)
        )),
    }
}

fn number(digits: &str) -> Option<usize> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if is_number { digits.parse().ok() } else { None }
}

/// Checks `output:` against the input. `None` if a finding says why not.
pub(super) fn lower(
    typed: &Typed,
    input: Option<&Input>,
    findings: &mut Vec<Finding>,
) -> Option<OutputTemplate> {
    let text = typed.text()?;
    let parts = match parse_output(text) {
        Ok(parts) => parts,
        Err(error) => {
            findings.push(BAD_OUTPUT.at(&typed.part(error.at.start, error.at.end), error.message));
            return None;
        }
    };
    let before = findings.len();
    if let Some(input) = input {
        for (range, part) in &parts {
            findings.extend(check_part(part, input).map(|problem| problem.at(typed, range)));
        }
    }
    findings.extend(check_path(text, typed));
    let is_good = findings[before..].iter().all(|finding| !finding.is_error());
    is_good.then(|| OutputTemplate(text.into()))
}

struct Problem {
    is_capture: bool,
    message: String,
    help: String,
}

impl Problem {
    fn at(self, typed: &Typed, range: &Range<usize>) -> Finding {
        let rule = if self.is_capture { &JOIN_KEY_UNUSED } else { &BAD_OUTPUT };
        rule.as_bad_as(Severity::Error, &typed.part(range.start, range.end), self.message).help(self.help)
    }
}

fn check_part(part: &OutputPart, input: &Input) -> Option<Problem> {
    match part {
        OutputPart::Text(_) => None,
        OutputPart::Join => missing_around(input, "join"),
        OutputPart::Group => missing_around(input, "group"),
        OutputPart::Capture { input: name, number } => check_capture(name.as_deref(), *number, input),
    }
}

fn missing_around(input: &Input, kind: &str) -> Option<Problem> {
    if has_kind(input, kind) {
        return None;
    }
    let message = format!("`${{{kind}}}` has no value: no input is in a `{kind}`");
    Some(Problem { is_capture: false, message, help: "use a capture of a glob, `$1`".into() })
}

fn has_kind(input: &Input, kind: &str) -> bool {
    match input {
        Input::Pfs(_) => false,
        Input::Join(_) if kind == "join" => true,
        Input::Group(_) if kind == "group" => true,
        Input::Cross(children) | Input::Union(children) | Input::Join(children) | Input::Group(children) => {
            children.iter().any(|child| has_kind(child, kind))
        }
    }
}

fn check_capture(name: Option<&str>, number: usize, input: &Input) -> Option<Problem> {
    let leaves = input.leaves();
    let named: Vec<_> = leaves.iter().filter(|leaf| name.is_none_or(|name| name == &*leaf.name)).collect();
    if let (Some(name), true) = (name, named.is_empty()) {
        let known = || leaves.iter().map(|leaf| &*leaf.name);
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("inputs are {}", list(known())),
        };
        return Some(Problem {
            is_capture: false,
            message: format!("there is no input `{}`", clip(name)),
            help,
        });
    }
    let most = named.iter().map(|leaf| leaf.glob.groups()).max().unwrap_or(0);
    if number <= most {
        return None;
    }
    let whose = name.map_or("no glob".to_owned(), |name| format!("the glob of `{}` does not", clip(name)));
    let verb = if name.is_some() { "have" } else { "has" };
    let help = match most {
        0 => "put the part of the glob that is meant in parentheses, `/(*)`".to_owned(),
        most => format!("the highest is `${most}`"),
    };
    Some(Problem { is_capture: true, message: format!("{whose} {verb} a capture {number}"), help })
}

/// Checks the parts of the path that are plain text.
fn check_path(text: &str, typed: &Typed) -> Option<Finding> {
    let bad = |start: usize, end: usize, message: &str, help: &str| {
        Some(BAD_OUTPUT.at(&typed.part(start, end), message).help(help))
    };
    let Some(path) = text.strip_prefix('/') else {
        return bad(0, text.len(), "`output` does not start with `/`", "`/` is the pipeline's folder: `/$1`");
    };
    if path.is_empty() {
        return None;
    }
    let mut start = 1;
    for component in path.split('/') {
        let end = start + component.len();
        match component {
            "" => {
                return bad(
                    start - 1,
                    end,
                    "`output` has an empty component",
                    "write single slashes, and none at the end",
                );
            }
            "." | ".." => {
                return bad(
                    start,
                    end,
                    "`output` has a `.` or `..` component",
                    "name the place from the pipeline's folder",
                );
            }
            _ if component.eq_ignore_ascii_case(".git") => {
                return bad(start, end, "`output` lies inside `.git`", "choose another name");
            }
            "spec.yml" => {
                return bad(start, end, "`output` would replace a `spec.yml`", "choose another name");
            }
            _ if component.chars().any(char::is_control) => {
                return bad(start, end, "`output` holds a control character", "choose another name");
            }
            _ => start = end + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<OutputPart> {
        parse_output(text).unwrap().into_iter().map(|(_, part)| part).collect()
    }

    fn capture(input: Option<&str>, number: usize) -> OutputPart {
        OutputPart::Capture { input: input.map(str::to_owned), number }
    }

    #[test]
    fn variables() {
        let text = |text: &str| OutputPart::Text(text.into());
        assert_eq!(parts("/$1"), [text("/"), capture(None, 1)]);
        assert_eq!(parts("/${1}0$12"), [text("/"), capture(None, 1), text("0"), capture(None, 12)]);
        assert_eq!(
            parts("/${t1.2}/${a.b.1}"),
            [text("/"), capture(Some("t1"), 2), text("/"), capture(Some("a.b"), 1)]
        );
        assert_eq!(parts("${join}${group}$$"), [OutputPart::Join, OutputPart::Group, text("$")]);
    }

    #[test]
    fn broken_variables() {
        for (text, at) in
            [("/$", 1..2), ("/$x", 1..2), ("/a${1", 2..5), ("/${x}", 1..5), ("/$0", 1..3), ("/${.1}", 1..6)]
        {
            assert_eq!(parse_output(text).unwrap_err().at, at, "{text}");
        }
    }
}
