//! Reads a makefile and the files it includes, line by line: the rules that come out.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::ImportError;
use super::super::paths::join;
use super::super::report::{Place, Report};
use super::super::source::{Facts, Source};
use super::conditions::Conditions;
use super::expand::{Scope, UNKNOWN, Variable};
use super::exports::Exports;
use super::lines::{Line, find_outside, lines};
use super::listed::{has_space, has_wildcard, list};
use super::variables::{assign, assignment, is_open, prefixes, word};

/// Deepest nesting of included files.
const DEEPEST: usize = 20;
/// Most targets of all rules.
const MOST_TARGETS: usize = 200_000;

/// A rule as it stands, its variables worked out.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    /// Where.
    pub(super) place: Place,
    /// What it makes.
    pub(super) targets: Vec<String>,
    /// The pattern of a static pattern rule.
    pub(super) pattern: Option<String>,
    /// What it needs.
    pub(super) needs: Vec<String>,
    /// What must be there before, whatever its age.
    pub(super) order_only: Vec<String>,
    /// The lines of its recipe, with their numbers.
    pub(super) recipe: Vec<(usize, String)>,
    /// Whether one run makes all targets.
    pub(super) is_grouped: bool,
    /// Whether its targets, and whether its needs, come from a list of the files that are there.
    pub(super) is_open: (bool, bool),
}

/// All that a makefile says.
pub(super) struct Makefile<'a> {
    /// Variables and files.
    pub(super) scope: Scope<'a>,
    /// The rules, in order.
    pub(super) rules: Vec<Rule>,
    /// Targets that are no files.
    pub(super) phony: BTreeSet<String>,
    /// Whether a recipe is one script.
    pub(super) is_one_shell: bool,
    /// What recipes find in their environment.
    pub(super) exports: Exports,
    /// Variables of single targets.
    pub(super) own: Vec<Own>,
    /// Where variables were set last.
    pub(super) set_at: BTreeMap<String, Place>,
}

/// A variable that is set for some targets and what they need.
pub(super) struct Own {
    /// Where.
    pub(super) place: Place,
    /// The targets.
    pub(super) targets: Vec<String>,
    /// The variable.
    pub(super) name: String,
    /// The line.
    pub(super) text: String,
}

/// Reads a makefile and all that it includes.
///
/// # Errors
/// When a line cannot be understood, a condition is not closed or a file includes itself.
pub(super) fn read<'a>(
    source: &Source,
    facts: &'a dyn Facts,
    report: &mut Report,
) -> Result<Makefile<'a>, ImportError> {
    let makefile = Makefile::empty(facts, &source.folder);
    let mut reader = Reader {
        makefile,
        report,
        conditions: Conditions::default(),
        open: Open::Nothing,
        including: Vec::new(),
        targets: 0,
    };
    reader.file(&source.path, &source.text)?;
    Ok(reader.makefile)
}

impl<'a> Makefile<'a> {
    /// One that says nothing.
    pub(super) fn empty(facts: &'a dyn Facts, folder: &str) -> Self {
        let scope = Scope {
            variables: BTreeMap::new(),
            facts,
            folder: folder.to_owned(),
            unset: BTreeSet::new(),
            within: Vec::new(),
            circular: BTreeSet::new(),
            moved: Vec::new(),
        };
        let (phony, exports) = (BTreeSet::new(), Exports::default());
        let (own, set_at) = (Vec::new(), BTreeMap::new());
        Self { scope, rules: Vec::new(), phony, is_one_shell: false, exports, own, set_at }
    }
}

/// What a line that begins with a tab belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// To nothing: it is a statement.
    Nothing,
    /// To a rule that is brought in.
    Rule(usize),
    /// To a rule that is left out, and said to be.
    LeftOut,
}

struct Reader<'a, 'r> {
    makefile: Makefile<'a>,
    report: &'r mut Report,
    conditions: Conditions,
    open: Open,
    including: Vec<String>,
    targets: usize,
}

impl Reader<'_, '_> {
    fn file(&mut self, path: &str, text: &str) -> Result<(), ImportError> {
        let conditions = self.conditions.depth();
        self.including.push(path.to_owned());
        let mut all = lines(text).into_iter();
        while let Some(line) = all.next() {
            let place = Place::new(path, line.number);
            if line.is_recipe && self.open != Open::Nothing {
                self.recipe(line);
                continue;
            }
            let text = line.text.trim().to_owned();
            if text.is_empty() || self.condition(&text, &place)? {
                continue;
            }
            if !self.conditions.is_on() {
                self.left_out(&line, &place);
                continue;
            }
            if let Some(rest) = word(&text, "define") {
                self.define(rest, &mut all, &place)?;
                continue;
            }
            self.makefile.scope.unset.clear();
            self.statement(&text, &place)?;
            self.tell_unset(&place);
        }
        self.including.pop();
        match self.conditions.open_beyond(conditions) {
            Some(place) => Err(ImportError::new(place, "the condition is not closed by `endif`")),
            None => Ok(()),
        }
    }

    /// Tells of variables that a line works out and that are set nowhere before it.
    fn tell_unset(&mut self, place: &Place) {
        for name in std::mem::take(&mut self.makefile.scope.unset) {
            self.report.assumed(place, "", unset(&name));
        }
    }

    /// Tells of a rule that does not count.
    fn left_out(&mut self, line: &Line, place: &Place) {
        let text = line.text.trim();
        let is_rule = !line.is_recipe
            && find_outside(text, ':').is_some()
            && assignment(prefixes(text).0).is_none()
            && !text.starts_with(".PHONY");
        if let Some(condition) = self.conditions.off().filter(|_| is_rule) {
            let text =
                format!("`{text}`: the condition of {condition} does not let it count; it is left out");
            self.report.refused(place, "", text);
        }
    }

    fn condition(&mut self, text: &str, place: &Place) -> Result<bool, ImportError> {
        self.conditions.take(text, place, (&mut self.makefile.scope, self.report))
    }

    fn recipe(&mut self, line: Line) {
        let is_on = self.conditions.is_on();
        if let Open::Rule(open) = self.open
            && let Some(rule) = self.makefile.rules.get_mut(open).filter(|_| is_on)
            && (!line.text.trim().is_empty() || !rule.recipe.is_empty())
        {
            rule.recipe.push((line.number, line.text));
        }
    }

    fn statement(&mut self, text: &str, place: &Place) -> Result<(), ImportError> {
        if word(text, "override").is_some() {
            let said = format!("`{text}`: nothing else is set on a command line here");
            self.report.exact(place, "", said);
        }
        let (text, is_exported) = prefixes(text);
        for (keyword, must) in [("include", true), ("-include", false), ("sinclude", false)] {
            if let Some(files) = word(text, keyword) {
                return self.include(files, must, place);
            }
        }
        if word(text, "vpath").is_some() {
            self.report.refused(place, "", format!("`{text}`: it has no meaning here, and is left out"));
            return Ok(());
        }
        if assignment(text).is_some_and(|(name, _, value)| name == ".RECIPEPREFIX" && !value.is_empty()) {
            let message = format!("`{text}`: recipes are only known by the tab that they begin with");
            return Err(
                ImportError::new(place, message).help("take the line out, and begin recipes with a tab")
            );
        }
        if self.exported(text, is_exported, place) {
            return Ok(());
        }
        if find_outside(text, ':').is_some() {
            return self.rule(text, place);
        }
        if text.starts_with('$') {
            let value = self.makefile.scope.plain(text);
            if !value.trim().is_empty() {
                self.report.refused(
                    place,
                    "",
                    format!("`{text}`: what it would add is only known by running make"),
                );
            }
            return Ok(());
        }
        Err(ImportError::new(place, "this line is no rule, no variable and no condition")
            .help("recipes begin with a tab"))
    }

    /// `export` and `unexport`, and variables that are set; whether the line was one of these.
    fn exported(&mut self, text: &str, is_exported: bool, place: &Place) -> bool {
        let exports = &mut self.makefile.exports;
        if let Some(names) = word(text, "unexport") {
            exports.remove(&self.makefile.scope.plain(names));
        } else if text == "export" {
            exports.all(place);
        } else if let Some((name, operator, value)) = assignment(text) {
            self.open = Open::Nothing;
            let name = self.makefile.scope.plain(&name);
            assign(&mut self.makefile.scope, &name, operator, value);
            self.makefile.set_at.insert(name.clone(), place.clone());
            self.unrun(&name, operator, value, place);
            if name == "VPATH" {
                self.report.refused(place, "", format!("`{name}`: it has no meaning here"));
            }
            if is_exported {
                self.makefile.exports.add(&name, place);
            }
        } else if is_exported {
            exports.add(&self.makefile.scope.plain(text), place);
        } else {
            return text == "unexport";
        }
        true
    }

    /// Tells of a variable whose value only running something tells.
    fn unrun(&mut self, name: &str, operator: &str, value: &str, place: &Place) {
        let asks = operator == "!=" || value.contains("$(shell ") || value.contains("${shell ");
        if asks && self.makefile.scope.plain(&format!("$({name})")).contains(UNKNOWN) {
            let text =
                format!("`{name} {operator} {value}`: it is not run; what uses `{name}` is to be settled");
            self.report.refused(place, "", text);
        }
    }

    fn define(
        &mut self,
        head: &str,
        all: &mut impl Iterator<Item = Line>,
        place: &Place,
    ) -> Result<(), ImportError> {
        let name = head.trim_end_matches(['=', ':', '?', '+', ' ']).trim().to_owned();
        let mut body = Vec::new();
        for line in all {
            if line.text.trim() == "endef" {
                let value = body.join("\n");
                self.report.exact(place, "", format!("`define {name}`: a variable of several lines"));
                self.makefile
                    .scope
                    .variables
                    .insert(name, Variable { value, is_simple: false, is_open: false });
                return Ok(());
            }
            body.push(line.text);
        }
        Err(ImportError::new(place, format!("`define {name}` is not closed by `endef`")))
    }

    fn include(&mut self, files: &str, must: bool, place: &Place) -> Result<(), ImportError> {
        let files = self.makefile.scope.plain(files);
        for file in files.split_whitespace() {
            let path = join(&self.makefile.scope.folder, file);
            let text = path.as_deref().and_then(|path| self.makefile.scope.facts.read(path));
            let Some((path, text)) = path.zip(text) else {
                if must {
                    return Err(ImportError::new(place, format!("the included file `{file}` is not there")));
                }
                self.report.exact(place, "", format!("`{file}`: it is not there, and make does without it"));
                continue;
            };
            if self.including.contains(&path) || self.including.len() > DEEPEST {
                return Err(ImportError::new(place, format!("`{path}` includes itself")));
            }
            self.report.exact(place, "", format!("`{file}`: what it says is brought in too"));
            self.file(&path, &text)?;
        }
        Ok(())
    }

    fn rule(&mut self, text: &str, place: &Place) -> Result<(), ImportError> {
        self.open = Open::LeftOut;
        let Some(colon) = find_outside(text, ':') else { return Ok(()) };
        let (head, rest) = (&text[..colon], &text[colon + 1..]);
        if rest.starts_with(':') && !rest.starts_with(":=") {
            self.report.refused(place, "", format!("`{text}`: rules with two colons are not brought in"));
            return Ok(());
        }
        let is_grouped = head.ends_with('&');
        let head = head.trim_end_matches('&').trim();
        let (rest, recipe) = match find_outside(rest, ';') {
            Some(at) => (&rest[..at], Some(rest[at + 1..].trim().to_owned())),
            None => (rest, None),
        };
        if recipe.is_none() && find_outside(rest, '=').is_some() {
            self.own(head, rest, text, place);
            return Ok(());
        }
        let (pattern, needs) = match find_outside(rest, ':') {
            Some(at) => (Some(rest[..at].trim()), &rest[at + 1..]),
            None => (None, rest),
        };
        let scope = &mut self.makefile.scope;
        let is_open = [head, needs].map(|text| is_open(&scope.variables, text, 0));
        let (targets, needs) = (scope.plain(head), scope.plain(needs));
        if let Some(why) = unlisted(&targets, &needs) {
            self.report.refused(place, "", format!("`{text}`: {why}"));
            return Ok(());
        }
        let is_open = (is_open[0], is_open[1] || has_wildcard(&needs));
        let (needs, order) = needs.split_once('|').unwrap_or((&needs, ""));
        let (targets, needs) = (scope.listed(&targets), scope.listed(needs));
        self.targets += targets.len();
        if self.targets > MOST_TARGETS {
            return Err(ImportError::new(place, "the makefile has more targets than can be brought in"));
        }
        let rule = Rule {
            place: place.clone(),
            pattern: pattern.map(|pattern| scope.plain(pattern)),
            needs,
            order_only: list(order),
            recipe: recipe.into_iter().map(|line| (place.line, line)).collect(),
            is_grouped,
            is_open,
            targets,
        };
        self.add(rule);
        Ok(())
    }

    /// Keeps a variable of single targets.
    fn own(&mut self, head: &str, rest: &str, text: &str, place: &Place) {
        let targets = list(&self.makefile.scope.plain(head));
        let name = assignment(prefixes(rest.trim()).0).map(|(name, ..)| name).unwrap_or_default();
        self.makefile.own.push(Own { place: place.clone(), targets, name, text: text.to_owned() });
    }

    fn add(&mut self, rule: Rule) {
        let place = rule.place.clone();
        match rule.targets.first().map(String::as_str) {
            None => {}
            Some(".PHONY") => self.makefile.phony.extend(rule.needs),
            Some(".ONESHELL") => {
                self.makefile.is_one_shell = true;
                self.report.exact(&place, "", "`.ONESHELL`: each recipe is one script for the shell");
            }
            Some(".SECONDEXPANSION") => {
                let text = "`.SECONDEXPANSION`: what rules need is worked out once only";
                self.report.refused(&place, "", text);
            }
            Some(".EXPORT_ALL_VARIABLES") => self.makefile.exports.all(&place),
            Some(".DEFAULT") => {
                self.report.refused(&place, "", "`.DEFAULT`: it has no meaning here");
            }
            Some(".DELETE_ON_ERROR") => {
                self.report.exact(&place, "", "`.DELETE_ON_ERROR`: nothing of a datum that fails is kept");
            }
            Some(name)
                if name.starts_with('.') && name.to_ascii_uppercase() == name && !name.contains('/') =>
            {
                self.report.refused(&place, "", format!("`{name}`: it has no meaning here"));
            }
            Some(name) if name.starts_with('.') && name[1..].contains('.') && rule.needs.is_empty() => {
                // An old suffix rule: `.c.o` makes `%.o` of `%.c`.
                let at = name[1..].find('.').unwrap_or_default() + 1;
                let (from, to) = (format!("%{}", &name[..at]), format!("%{}", &name[at..]));
                self.open = Open::Rule(self.makefile.rules.len());
                self.makefile.rules.push(Rule { targets: vec![to], needs: vec![from], ..rule });
            }
            Some(_) => {
                self.open = Open::Rule(self.makefile.rules.len());
                self.makefile.rules.push(rule);
            }
        }
    }
}

/// What is said of a variable that no line sets before it is used.
pub(super) fn unset(name: &str) -> String {
    format!("`$({name})` is set nowhere, so it is empty; make would take it from the environment")
}

/// Why a rule for these targets with these needs cannot be brought in.
fn unlisted(targets: &str, needs: &str) -> Option<&'static str> {
    if targets.contains(UNKNOWN) {
        return Some("only running make tells what it makes");
    }
    if names_member(targets) {
        return Some(
            "a member of an archive is no file, and `$@` is the archive; let one rule make the archive",
        );
    }
    (has_space(targets) || has_space(needs)).then_some("names with a space in them are not brought in")
}

/// Whether `archive(member)` is among targets.
fn names_member(targets: &str) -> bool {
    let opens = |word: &str| word.find('(').is_some_and(|at| at > 0);
    let mut words = targets.split_whitespace().skip_while(|word| !opens(word));
    words.any(|word| word.ends_with(')'))
}
