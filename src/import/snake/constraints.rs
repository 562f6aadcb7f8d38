//! Constraints of wildcards: `{s,[a-c]+}` and `wildcard_constraints`. A glob has none, so each is told.

use regex_automata::meta::Regex;

use super::super::pattern::values;
use super::super::words::wild;
use super::Lower;
use super::named;
use super::read::{commas, string};
use crate::import::paths::join;

/// A wildcard in braces: its name, its constraint, and where it ends; braces of the constraint are its own.
pub(super) fn braced(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let mut depth = 1usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let inner = &text[..end];
    let (name, constraint) = inner.split_once(',').map_or((inner, None), |(name, rest)| (name, Some(rest)));
    Some((name.trim(), constraint, end + 1))
}

/// The constraints that stand in a path.
pub(super) fn within(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, constraint, end)) = rest.find('{').and_then(|at| {
        rest = &rest[at + 1..];
        braced(rest)
    }) {
        found.extend(constraint.map(|constraint| (name.to_owned(), constraint.trim().to_owned())));
        rest = &rest[end..];
    }
    found
}

/// Whether the values of wildcards are like their constraints; none if one of these cannot be read.
pub(super) fn fitting_all(
    constraints: &[(String, String)],
    wildcards: &[String],
) -> Option<impl Fn(&[(usize, String)]) -> bool + use<>> {
    let one = |(name, constraint): &(String, String)| {
        let number = wildcards.iter().position(|wildcard| wildcard == name)?;
        Some((number, whole(constraint)?))
    };
    let all: Vec<(usize, Regex)> = constraints.iter().map(one).collect::<Option<_>>()?;
    Some(move |values: &[(usize, String)]| {
        let fits = |number: usize, regex: &Regex| {
            values.iter().all(|(other, value)| *other != number || regex.is_match(value))
        };
        all.iter().all(|(number, regex)| fits(*number, regex))
    })
}

/// A constraint, which is of the whole value.
fn whole(constraint: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{constraint})$")).ok()
}

/// The constraints that a directive gives: `s="[a-z]+", t="x"`.
pub(super) fn given(line: usize, text: &str) -> Vec<(usize, String, String)> {
    let one = |part: &String| {
        let (name, value) = named(part);
        let value = string(value).unwrap_or_else(|| value.to_owned());
        Some((line, name?, value))
    };
    commas(text).iter().filter_map(one).collect()
}

impl Lower<'_> {
    /// Tells of each constraint: it holds for all files that are here, or must be settled.
    pub(super) fn constraints(&mut self, wildcards: &[String]) {
        let mut all: Vec<(usize, String, String)> = Vec::new();
        for key in ["output", "input"] {
            let Some(directive) = self.find(key) else { continue };
            let texts: Vec<String> = commas(&directive.text)
                .iter()
                .filter_map(|part| self.known.texts(named(part).1, self.facts).ok())
                .flat_map(|texts| texts.all)
                .collect();
            let found = texts.iter().flat_map(|text| within(text));
            all.extend(found.map(|(name, constraint)| (directive.line, name, constraint)));
        }
        if let Some(directive) = self.find("wildcard_constraints") {
            all.extend(given(directive.line, &directive.text));
        }
        // Those of all rules give way to a rule's own.
        let own: Vec<String> = all.iter().map(|(_, name, _)| name.clone()).collect();
        let of_all = self.known.constraints.iter().filter(|(_, name, _)| !own.contains(name));
        all.extend(of_all.cloned());
        for (line, name, constraint) in all {
            self.constraint(line, &name, &constraint, wildcards);
        }
    }

    fn constraint(&mut self, line: usize, name: &str, constraint: &str, wildcards: &[String]) {
        let Some(number) = wildcards.iter().position(|other| other == name) else { return };
        if self.holds(number, constraint) {
            let text =
                format!("`{{{name},{constraint}}}`: left out; all files that are here now have such a name");
            self.report.assumed(&self.source.at(line), &self.rule.name, text);
        } else {
            let text = format!(
                "input: a glob takes any name, and `{name}` must be like `{constraint}`; narrow `glob` to such names"
            );
            self.todo(line, text);
        }
    }

    /// Whether the files that are read give a wildcard only values that fit.
    fn holds(&self, number: usize, constraint: &str) -> bool {
        let Some(regex) = whole(constraint) else { return false };
        let patterns = self.task.needs.iter().filter(|need| need.contains(wild(number)));
        let patterns: Vec<String> = patterns.filter_map(|need| join(&self.source.folder, need)).collect();
        let mut found = patterns
            .iter()
            .flat_map(|pattern| self.facts.files().iter().filter_map(|path| values(pattern, path)))
            .flatten()
            .filter(|(other, _)| *other == number)
            .peekable();
        found.peek().is_some() && found.all(|(_, value)| regex.is_match(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn constraints_of_lists_and_of_all_rules_hold() {
        let files = [("data/a.txt", ""), ("data/b.txt", ""), ("data/long.txt", ""), ("data/x_1.txt", "")];
        let rules = "rule all:\n  input: expand(\"low/{s}.txt\", s=S)\nrule low:\n  input: \"data/{s}.txt\"\n  output: \"low/{s}.txt\"\n  shell: \"cp {input} {output}\"\n";
        let text = format!("S = glob_wildcards(\"data/{{s,[a-z]}}.txt\").s\n{rules}");
        let found = run(&text, &files).expect("it is read");
        assert!(spec(&found, "low").contains("glob: '/(a|b).txt'"), "{}", spec(&found, "low"));
        found.tells(Class::Assumed, &["the files that fit are listed as they are now"]);
        let text = format!(
            "wildcard_constraints:\n  s=\"[a-z]\"\nS = glob_wildcards(\"data/{{s}}.txt\").s\n{rules}"
        );
        let found = run(&text, &files).expect("it is read");
        found.tells(Class::Todo, &["low: input: a glob takes any name, and `s` must be like `[a-z]`"]);
    }
}
