//! Variables and functions of make, worked out on the files that are there; nothing is run.

use std::collections::{BTreeMap, BTreeSet};

use super::super::paths::join;
use super::super::source::Facts;
use super::super::words::Renamed;
use super::functions::{patsubst, pure};
use super::known::{built_in, is_function, is_outside};
use super::many;

/// Stands before a reference whose value only running something would tell.
pub(super) const UNKNOWN: char = '\u{F000}';
/// Deepest nesting of references.
const DEEPEST: usize = 40;
/// Longest text that comes out.
const LONGEST: usize = 1 << 18;

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// Its value: of a simple one as it is, of another to be expanded when it is used.
    pub(super) value: String,
    /// Whether it was expanded when it was set.
    pub(super) is_simple: bool,
    /// Whether its value depends on which files are there.
    pub(super) is_open: bool,
}

/// What expansion knows.
pub(super) struct Scope<'a> {
    /// The variables.
    pub(super) variables: BTreeMap<String, Variable>,
    /// The files.
    pub(super) facts: &'a dyn Facts,
    /// The folder of the makefile.
    pub(super) folder: String,
    /// Variables that were used and are set nowhere.
    pub(super) unset: BTreeSet<String>,
    /// Variables that are being worked out, outermost first.
    pub(super) within: Vec<String>,
    /// Variables that refer to themselves.
    pub(super) circular: BTreeSet<String>,
    /// What the command that is being written names otherwise than the makefile.
    pub(super) moved: Vec<Renamed>,
}

/// Values of `$@` and the like, by their letters.
pub(super) type Automatic = BTreeMap<String, String>;

impl Scope<'_> {
    /// A text with its references worked out.
    pub(super) fn expand(&mut self, text: &str, automatic: &Automatic) -> String {
        self.expand_at(text, automatic, 0)
    }

    /// A text with its references worked out, outside of recipes.
    pub(super) fn plain(&mut self, text: &str) -> String {
        self.expand(text, &Automatic::new())
    }

    fn expand_at(&mut self, text: &str, automatic: &Automatic, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let Some(c) = after.chars().next() else { break };
            let (inner, used) = match c {
                '$' => {
                    out.push('$');
                    rest = &after[1..];
                    continue;
                }
                '(' | '{' => {
                    if let Some(end) = closing(after) {
                        (&after[1..end], end + 1)
                    } else {
                        out.push(UNKNOWN);
                        out.push_str(&rest[at..]);
                        return out;
                    }
                }
                _ => (&after[..c.len_utf8()], c.len_utf8()),
            };
            if depth > DEEPEST || out.len() > LONGEST {
                return unknown(&format!("$({inner})"));
            }
            out.push_str(&self.reference(inner, automatic, depth + 1));
            rest = &after[used..];
        }
        out.push_str(rest);
        out
    }

    /// The value of what stands in `$(…)`.
    fn reference(&mut self, inner: &str, automatic: &Automatic, depth: usize) -> String {
        if let Some((name, arguments)) = inner.split_once([' ', '\t'])
            && is_function(name)
        {
            return self.function(name, arguments.trim_start(), automatic, depth);
        }
        let inner = self.expand_at(inner, automatic, depth);
        if let Some((name, replacement)) = inner.split_once(':')
            && let Some((from, to)) = replacement.split_once('=')
        {
            let value = self.value(name, automatic, depth);
            let (from, to) = if from.contains('%') {
                (from.to_owned(), to.to_owned())
            } else {
                (format!("%{from}"), format!("%{to}"))
            };
            if many::is_in(&value) || value.contains(UNKNOWN) {
                return unknown(&format!("$({})", inner.replace(UNKNOWN, "")));
            }
            return many::by_old(&value, &self.moved, |word| patsubst(&from, &to, word));
        }
        self.value(&inner, automatic, depth)
    }

    fn value(&mut self, name: &str, automatic: &Automatic, depth: usize) -> String {
        if let Some(value) = automatic.get(name) {
            return value.clone();
        }
        if let Some(variable) = self.variables.get(name).cloned() {
            return if variable.is_simple {
                variable.value
            } else {
                self.inner(name, &variable.value, automatic, depth)
            };
        }
        if let Some(value) = built_in(name) {
            return self.expand_at(value, automatic, depth);
        }
        if is_outside(name) || name.contains(UNKNOWN) {
            return unknown(&format!("$({})", name.replace(UNKNOWN, "")));
        }
        self.unset.insert(name.to_owned());
        String::new()
    }

    /// The value of a variable that is worked out where it is used.
    fn inner(&mut self, name: &str, value: &str, automatic: &Automatic, depth: usize) -> String {
        if self.within.iter().any(|outer| outer == name) {
            self.circular.insert(name.to_owned());
            return unknown(&format!("$({name})"));
        }
        self.within.push(name.to_owned());
        let value = self.expand_at(value, automatic, depth);
        self.within.pop();
        value
    }

    fn function(&mut self, name: &str, arguments: &str, automatic: &Automatic, depth: usize) -> String {
        let raw = commas(arguments, most_arguments(name));
        let part = |at: usize| raw.get(at).copied().unwrap_or_default();
        match name {
            "if" => {
                let test = self.expand_at(part(0).trim(), automatic, depth);
                if test.contains(UNKNOWN) {
                    return unknown(&format!("$(if {arguments})"));
                }
                return self.expand_at(if test.is_empty() { part(2) } else { part(1) }, automatic, depth);
            }
            "or" | "and" => return self.either(&raw, name == "or", automatic, depth),
            "foreach" => return self.foreach(&raw, automatic, depth),
            "shell" | "eval" | "call" | "value" | "origin" | "flavor" | "file" | "guile" | "realpath"
            | "abspath" => {
                return unknown(&format!("$({name} {arguments})"));
            }
            "info" | "warning" | "error" => return String::new(),
            _ => {}
        }
        let given: Vec<String> = raw.iter().map(|part| self.expand_at(part, automatic, depth)).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        if name == "wildcard" {
            return given
                .join(",")
                .split_whitespace()
                .map(|pattern| self.wildcard(pattern))
                .collect::<Vec<_>>()
                .concat()
                .join(" ");
        }
        // What is made of something that is not known is not known either.
        if given.iter().any(|part| part.contains(UNKNOWN)) || many::asks_stem(name, &given, &self.moved) {
            return unknown(&format!("$({name} {arguments})"));
        }
        if given.iter().any(|part| many::is_in(part)) {
            let known = many::function(name, &given, &self.moved);
            return known.unwrap_or_else(|| unknown(&format!("$({name} {arguments})")));
        }
        self.on_paths(name, &given)
    }

    /// Functions on paths: their patterns are of the makefile, also where the command names a path otherwise.
    fn on_paths(&self, name: &str, given: &[&str]) -> String {
        let moved = &self.moved;
        match (name, given) {
            ("patsubst", [from, to, list]) => {
                many::by_old(list, moved, |word| patsubst(from.trim(), to.trim(), word))
            }
            ("subst", [from, to, list]) if !from.is_empty() && !from.contains(char::is_whitespace) => {
                if list.split_whitespace().any(|word| many::old(word, moved) != word) {
                    return many::by_old(list, moved, |word| word.replace(from, to));
                }
                pure(name, given)
            }
            ("filter" | "filter-out", [..]) => {
                many::function(name, given, moved).unwrap_or_else(|| pure(name, given))
            }
            _ => pure(name, given),
        }
    }

    fn either(&mut self, parts: &[&str], is_or: bool, automatic: &Automatic, depth: usize) -> String {
        let mut last = String::new();
        for part in parts {
            last = self.expand_at(part.trim(), automatic, depth);
            if last.is_empty() != is_or || last.contains(UNKNOWN) {
                break;
            }
        }
        last
    }

    fn foreach(&mut self, parts: &[&str], automatic: &Automatic, depth: usize) -> String {
        let [name, list, body] = parts else { return unknown(&format!("$(foreach {})", parts.join(","))) };
        let name = self.expand_at(name.trim(), automatic, depth);
        let list = self.expand_at(list, automatic, depth);
        if many::is_in(&list) || list.contains(UNKNOWN) {
            return unknown(&format!("$(foreach {})", parts.join(",")));
        }
        let one = |word: &str| {
            let mut inner = automatic.clone();
            inner.insert(name.clone(), word.to_owned());
            self.expand_at(body, &inner, depth)
        };
        list.split_whitespace().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Files and folders that a pattern takes, in order.
    fn wildcard(&self, pattern: &str) -> Vec<String> {
        matching(pattern, &self.folder, self.facts).unwrap_or_else(|| vec![unknown(pattern)])
    }
}

/// The files and folders that a pattern of a shell takes, from a folder; none where it leads out of the project.
pub(super) fn matching(pattern: &str, folder: &str, facts: &dyn Facts) -> Option<Vec<String>> {
    let path = join(folder, pattern)?;
    let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let wanted: Vec<&str> = path.split('/').collect();
    let mut found = BTreeSet::new();
    for file in facts.files() {
        let parts: Vec<&str> = file.split('/').collect();
        let fits = parts.len() >= wanted.len()
            && wanted.iter().zip(&parts).all(|(pattern, part)| is_like(pattern, part));
        if fits {
            let hit = parts[..wanted.len()].join("/");
            found.insert(hit.strip_prefix(&base).unwrap_or(&hit).to_owned());
        }
    }
    Some(found.into_iter().collect())
}

fn unknown(text: &str) -> String {
    format!("{UNKNOWN}{text}")
}

/// Where the bracket at the start of a text is closed.
pub(super) fn closing(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let close = if open == '(' { ')' } else { '}' };
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// So many arguments a function takes at most; further commas belong to the last one.
fn most_arguments(name: &str) -> usize {
    match name {
        "subst" | "patsubst" | "foreach" | "if" | "wordlist" => 3,
        "filter" | "filter-out" | "addprefix" | "addsuffix" | "word" | "join" | "findstring" => 2,
        _ => usize::MAX,
    }
}

/// Splits arguments at commas outside of brackets, into so many at most.
fn commas(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 && parts.len() + 1 < most => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Whether a name fits a pattern of a shell: `*`, `?`, `[…]`; a leading dot only where it is written.
pub(super) fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    if name.first() == Some(&'.') && pattern.first() != Some(&'.') {
        return false;
    }
    // The place after the last star, and where it was tried.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(c) => match one_like(*c, &pattern[p..], name[n]) {
                Some(used) => (p, n) = (p + used, n + 1),
                None => match star {
                    Some((after, at)) => (p, n, star) = (after, at + 1, Some((after, at + 1))),
                    None => return false,
                },
            },
            None => match star {
                Some((after, at)) => (p, n, star) = (after, at + 1, Some((after, at + 1))),
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How much of a pattern stands for this character.
fn one_like(c: char, pattern: &[char], name: char) -> Option<usize> {
    match c {
        '?' => Some(1),
        '[' => {
            let end = pattern.iter().skip(2).position(|c| *c == ']')? + 2;
            let inside = &pattern[1..end];
            let is_not = matches!(inside.first(), Some('!' | '^'));
            let inside = &inside[usize::from(is_not)..];
            let mut is_in = inside.contains(&name);
            for range in inside.windows(3).filter(|range| range[1] == '-') {
                is_in |= (range[0]..=range[2]).contains(&name);
            }
            (is_in != is_not).then_some(end + 1)
        }
        _ => (c == name).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::source::Held;
    use super::*;

    #[test]
    fn functions_give_what_make_gives() {
        let facts = Held::new(&[
            ("sub/in/a.txt", ""),
            ("sub/in/b.txt", ""),
            ("sub/in/.c.txt", ""),
            ("sub/Makefile", ""),
        ]);
        let mut scope = Scope {
            variables: BTreeMap::new(),
            facts: &facts,
            folder: "sub".into(),
            unset: BTreeSet::new(),
            within: Vec::new(),
            circular: BTreeSet::new(),
            moved: Vec::new(),
        };
        let set = |scope: &mut Scope<'_>, name: &str, value: &str| {
            scope
                .variables
                .insert(name.into(), Variable { value: value.into(), is_simple: false, is_open: false });
        };
        set(&mut scope, "T", "$(wildcard in/*.txt)");
        set(&mut scope, "loop", "$(loop)");
        for (text, expected) in [
            ("$(T)", "in/a.txt in/b.txt"),
            ("$(patsubst in/%.txt,out/%.b,$(T))", "out/a.b out/b.b"),
            ("$(T:.txt=.md)", "in/a.md in/b.md"),
            ("${T:in/%.txt=%}", "a b"),
            ("$(notdir $(T)) $(dir $(T)) $(basename $(T))", "a.txt b.txt in/ in/ in/a in/b"),
            ("$(foreach x,1 2,$(addprefix p,$x).q)", "p1.q p2.q"),
            ("$(filter-out %b.txt,$(T)) $(words $(T)) $(word 2,a b)", "in/a.txt 2 b"),
            ("$(if $(N),x,y)$(or ,z)$(and 1,2)", "yz2"),
            ("$(sort c a c) $(join a b,1 2) $(strip  a   b )", "a c a1 b2 a b"),
            ("$$x $(subst a,b,aa)", "$x bb"),
            ("$(subst a,b,x,a) $(filter a b,b,c a) $(if ,x,y,z) $(foreach i,1,$i,2)", "x,b a y,z 1,2"),
            ("$(shell date)", "\u{F000}$(shell date)"),
            ("$(HOME)", "\u{F000}$(HOME)"),
            ("$(wildcard [ab]?txt in/[!b].txt)", "in/a.txt"),
        ] {
            assert_eq!(scope.plain(text), expected, "{text}");
        }
        assert!(scope.plain("$(loop)").contains(UNKNOWN));
        assert_eq!(scope.unset.into_iter().collect::<Vec<_>>(), ["N"]);
    }
}
