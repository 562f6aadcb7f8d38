//! `ifeq` and its kin in a makefile: whether lines count.

use super::super::error::ImportError;
use super::super::report::{Place, Report};
use super::expand::{Scope, UNKNOWN};
use super::lines::find_outside;

struct Condition {
    /// Whether lines count now.
    is_on: bool,
    /// Whether one branch was taken.
    is_taken: bool,
    /// Whether lines count around it.
    is_on_around: bool,
}

/// The conditions that are open at a line, the outermost first.
#[derive(Default)]
pub(super) struct Conditions {
    stack: Vec<(Place, Condition)>,
}

impl Conditions {
    /// Whether lines count here.
    pub(super) fn is_on(&self) -> bool {
        self.stack.last().is_none_or(|(_, condition)| condition.is_on)
    }

    /// How many are open.
    pub(super) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Where the condition stands that keeps lines from counting.
    pub(super) fn off(&self) -> Option<&Place> {
        self.stack.iter().find(|(_, condition)| !condition.is_on).map(|(place, _)| place)
    }

    /// Where one was opened that is deeper than so many others.
    pub(super) fn open_beyond(&self, depth: usize) -> Option<&Place> {
        self.stack.get(depth).map(|(place, _)| place)
    }

    /// Takes a line if it is one of a condition; tells whether it was.
    ///
    /// # Errors
    /// When it is none that can be understood, or closes nothing.
    pub(super) fn take(
        &mut self,
        text: &str,
        place: &Place,
        (scope, report): (&mut Scope<'_>, &mut Report),
    ) -> Result<bool, ImportError> {
        let (keyword, rest) = text
            .split_once([' ', '\t', '('])
            .map_or((text, ""), |(keyword, _)| (keyword, &text[keyword.len()..]));
        match keyword {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                let is_on_around = self.is_on();
                let holds = is_on_around && holds(keyword, rest.trim(), place, (scope, report))?;
                self.stack.push((place.clone(), Condition { is_on: holds, is_taken: holds, is_on_around }));
            }
            "else" => {
                let lost = || ImportError::new(place, "`else` stands outside of a condition");
                let (start, mut condition) = self.stack.pop().ok_or_else(lost)?;
                let next = rest.trim();
                let is_free = condition.is_on_around && !condition.is_taken;
                condition.is_on = match next.split_once([' ', '\t', '(']) {
                    Some((keyword, _)) if is_free => {
                        holds(keyword, next[keyword.len()..].trim(), place, (scope, report))?
                    }
                    Some(_) => false,
                    None => is_free,
                };
                condition.is_taken |= condition.is_on;
                self.stack.push((start, condition));
            }
            "endif" => {
                let lost = || ImportError::new(place, "`endif` stands outside of a condition");
                self.stack.pop().ok_or_else(lost)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Whether what a condition says is so.
fn holds(
    keyword: &str,
    rest: &str,
    place: &Place,
    (scope, report): (&mut Scope<'_>, &mut Report),
) -> Result<bool, ImportError> {
    let is_set = |name: &str| scope.variables.get(name).is_some_and(|variable| !variable.value.is_empty());
    let is_unknown = !scope.variables.contains_key(rest);
    match keyword {
        "ifdef" | "ifndef" => {
            let holds = is_set(rest) == (keyword == "ifdef");
            if is_unknown {
                report.assumed(place, "", unset(keyword, rest, rest));
            }
            told(keyword, rest, holds, place, report);
            return Ok(holds);
        }
        "ifeq" | "ifneq" => {}
        _ => return Err(ImportError::new(place, format!("`{keyword}` is no condition"))),
    }
    let Some((one, two)) = sides(rest) else {
        return Err(ImportError::new(
            place,
            format!("`{keyword}` compares two things, and this is not how they are written"),
        ));
    };
    scope.unset.clear();
    let (one, two) = (scope.plain(one), scope.plain(two));
    for name in &scope.unset {
        report.assumed(place, "", unset(keyword, rest, name));
    }
    if one.contains(UNKNOWN) || two.contains(UNKNOWN) {
        let text = format!("`{keyword} {rest}`: only running make tells; it is taken not to hold");
        report.assumed(place, "", text);
        return Ok(false);
    }
    let holds = (one == two) == (keyword == "ifeq");
    told(keyword, rest, holds, place, report);
    Ok(holds)
}

/// Tells which lines of a condition count.
fn told(keyword: &str, rest: &str, holds: bool, place: &Place, report: &mut Report) {
    let so = if holds { "it holds" } else { "it does not hold" };
    report.exact(place, "", format!("`{keyword} {rest}`: {so}, and its lines count accordingly"));
}

fn unset(keyword: &str, rest: &str, name: &str) -> String {
    format!(
        "`{keyword} {rest}`: `{name}` is set nowhere, so it counts as empty; make would take it from the environment"
    )
}

/// The two sides of `(a,b)`, `"a" "b"`, `'a' 'b'`.
fn sides(text: &str) -> Option<(&str, &str)> {
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let at = find_outside(inner, ',')?;
        return Some((inner[..at].trim(), inner[at + 1..].trim()));
    }
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let (one, rest) = text[1..].split_once(quote)?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let (two, _) = rest[1..].split_once(quote)?;
    Some((one, two))
}
