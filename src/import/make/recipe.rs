//! A recipe as one script, in which new paths stand for old ones.

use std::collections::BTreeSet;

use super::super::here::{hides_wildcard, with_variables};
use super::super::paths::split;
use super::super::pattern::with_each;
use super::super::words::{
    OF_MAKE, Renamed, is_edge, is_private, names, quoted, rename, says_make_only, wild,
};
use super::super::written;
use super::expand::{Automatic, Scope, UNKNOWN};
use super::family::Family;
use super::needs::Needs;
use super::unsettled;
use super::variables::is_open;
use super::{many, strays};

/// What a recipe comes to.
#[derive(Debug, Default)]
pub(super) struct Recipe {
    /// The script.
    pub(super) script: String,
    /// Targets that no line names, as the makefile writes them.
    pub(super) unnamed: Vec<(String, String)>,
    /// References that only running something would tell, with their lines.
    pub(super) unknown: Vec<(usize, String)>,
    /// Lines that call make again, run containers, or that must not stop the recipe.
    pub(super) said: Vec<(usize, &'static str)>,
    /// Variables that are set nowhere.
    pub(super) unset: BTreeSet<String>,
    /// What the script reads or writes though it is no input and no target, in words.
    pub(super) strays: Vec<String>,
    /// Lines that list files as they are there now.
    pub(super) frozen: Vec<usize>,
    /// What lines write in the project, in words.
    pub(super) writes: Vec<(usize, String)>,
    /// Folders that lines go to.
    pub(super) goes: Vec<(usize, String)>,
    /// Whether it is told where inputs stand.
    pub(super) names_inputs: bool,
    /// The script before new paths were put in, for looking things up.
    pub(super) text: String,
}

impl Recipe {
    /// Whether nothing else is to be said of it.
    pub(super) fn is_whole(&self) -> bool {
        let is_open = |(_, said): &(usize, &str)| [CONTAINER, AGAIN, LENIENT].contains(said);
        self.unnamed.is_empty()
            && self.unknown.is_empty()
            && self.strays.is_empty()
            && self.frozen.is_empty()
            && self.writes.is_empty()
            && self.goes.is_empty()
            && !self.said.iter().any(is_open)
    }
}

/// Writes the script of a family.
pub(super) fn recipe(family: &Family, needs: &Needs, scope: &mut Scope<'_>, is_one_shell: bool) -> Recipe {
    let targets: Vec<(String, String)> =
        family.targets.iter().map(|target| target_pair(family, target, &scope.folder)).collect();
    let pairs = pairs(family, needs, &targets, &scope.folder);
    let is_posix = is_one_shell && is_posix(scope);
    scope.unset.clear();
    scope.moved.clone_from(&pairs);
    let mut writer = Writer {
        needs,
        automatic: automatic(family, needs, &targets),
        outputs: targets.iter().map(|(old, _)| old.clone()).collect(),
        is_one_shell,
        is_posix,
        scope,
        pairs,
        lines: Vec::new(),
        made: Recipe::default(),
    };
    for (number, raw) in &family.rule.recipe {
        writer.line(*number, raw);
    }
    writer.finish(family, targets)
}

/// Which paths of the makefile become which of the script.
fn pairs(family: &Family, needs: &Needs, targets: &[(String, String)], folder: &str) -> Vec<Renamed> {
    let mut pairs: Vec<Renamed> = targets.iter().map(|(old, new)| Renamed::new(old, new)).collect();
    pairs.extend(needs.renamed.iter().cloned());
    let own = relative(&family.folder, folder);
    if !own.is_empty() {
        pairs.push(Renamed::new(own, "/pfs/out"));
    }
    pairs
}

/// A script that is being written, line by line.
struct Writer<'a, 'scope> {
    /// What the rule needs.
    needs: &'a Needs,
    /// The variables of make, and what is set.
    scope: &'a mut Scope<'scope>,
    /// Values of `$@`, `$<` and their like.
    automatic: Automatic,
    /// Paths and what they become.
    pairs: Vec<Renamed>,
    /// Targets as the makefile writes them.
    outputs: Vec<String>,
    /// Whether one shell runs all lines.
    is_one_shell: bool,
    /// Whether that shell is one that make looks into.
    is_posix: bool,
    /// Lines, each with whether its failure is let pass.
    lines: Vec<(String, bool)>,
    /// What was found so far.
    made: Recipe,
}

impl Writer<'_, '_> {
    fn line(&mut self, number: usize, raw: &str) {
        let text = self.expanded(number, raw);
        note(raw, &text, number, &mut self.made);
        let lenience = lenience(raw, self.is_one_shell, self.lines.is_empty(), self.is_posix);
        self.made.said.extend(lenience.map(|said| (number, said)));
        let (wild, lost) = strays::wildcards(&text, self.needs, self.scope);
        self.made.strays.extend(lost.iter().map(|glob| stray_read(glob)));
        self.pairs.extend(wild);
        let (text, is_lenient) = if self.is_posix {
            bare_lines(&text)
        } else {
            bare(&text, self.lines.is_empty() || !self.is_one_shell)
        };
        self.made.text.push_str(&many::shown(&text));
        self.made.text.push('\n');
        let text = self.renamed(number, &text);
        if self.is_one_shell || !text.trim().is_empty() {
            self.lines.push((text, is_lenient));
        }
    }

    /// A line as make would give it to the shell.
    fn expanded(&mut self, number: usize, raw: &str) -> String {
        let expanded = self.scope.expand(raw, &self.automatic);
        let text =
            self.needs.lists.iter().fold(expanded.clone(), |text, (list, all)| whole(&text, list, all));
        if text == expanded && !text.contains(UNKNOWN) && is_open(&self.scope.variables, raw, 0) {
            self.made.frozen.push(number);
        }
        text
    }

    /// A line with new paths for old ones.
    fn renamed(&mut self, number: usize, text: &str) -> String {
        let text = written::with_folders(&unsettled::stopping(text), &self.outputs);
        let text = written::without_way(&many::settled(&rename(&text, &self.pairs).0));
        self.made.writes.extend(written::told(&text).into_iter().map(|told| (number, told)));
        self.made.goes.extend(written::goes_to(&text).map(|folder| (number, folder)));
        text
    }

    fn finish(self, family: &Family, targets: Vec<(String, String)>) -> Recipe {
        let Self { needs, scope, lines, is_one_shell, mut made, .. } = self;
        made.unset.clone_from(&scope.unset);
        scope.moved.clear();
        made.strays.extend(strays::others(&made.text, family).iter().map(|target| stray_written(target)));
        made.strays.extend(strays::stamp(lines.iter().map(|(line, _)| line.as_str()), &targets));
        let body = if is_one_shell { joined(&lines) } else { apart(&lines, ends_early(scope)) };
        made.writes.extend(hidden(&body, family));
        made.names_inputs = needs.renamed.iter().any(|pair| body.contains(&*many::settled(&pair.new)));
        made.unnamed = targets.into_iter().filter(|(_, new)| !names(&body, new)).collect();
        made.script = with_variables(&framed(family, needs, &body, is_one_shell), &family.variables);
        made
    }
}

/// A text in which a list stands for all that its pattern takes, where it is there as a whole.
fn whole(text: &str, list: &str, all: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(list) {
        let (before, after) = (&rest[..at], &rest[at + list.len()..]);
        let is_whole = !before.ends_with(|c| !is_edge(c)) && !after.starts_with(|c| !is_edge(c));
        out.push_str(before);
        out.push_str(if is_whole { all } else { list });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn stray_read(glob: &str) -> String {
    format!(
        "cmd: `{glob}` is read, and not all of it is a prerequisite; let it read below /pfs what the input gives"
    )
}

fn stray_written(target: &str) -> String {
    format!("cmd: it names `{target}` too, which another pipeline makes; let it write only its own")
}

/// The script with what must come before it.
fn framed(family: &Family, needs: &Needs, body: &str, is_one_shell: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    if body.contains(is_private) {
        lines.extend(needs.lines.iter().cloned());
    }
    let inside = |target: &String| split(family.inside(target)).0.to_owned();
    let folders: BTreeSet<String> =
        family.targets.iter().map(inside).filter(|folder| !folder.is_empty()).collect();
    lines
        .extend(folders.iter().map(|folder| format!("mkdir -p {}", one_word(&format!("/pfs/out/{folder}")))));
    let is_more = !lines.is_empty() || body.contains('\n');
    // A script of its own goes on after a line that fails, as make gives it to the shell.
    if is_more && !is_one_shell {
        lines.insert(0, "set -e".into());
    }
    lines.push(body.to_owned());
    lines.join("\n")
}

/// A path of the project as one writes it in a folder.
fn relative(path: &str, folder: &str) -> String {
    let (mut path, mut ways) = (path.split('/').peekable(), folder.split('/').peekable());
    while path.peek().is_some() && path.peek() == ways.peek() {
        path.next();
        ways.next();
    }
    let up = ways.filter(|part| !part.is_empty()).map(|_| "..");
    up.chain(path).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// A target as the makefile writes it, and as the command is to.
fn target_pair(family: &Family, target: &str, folder: &str) -> (String, String) {
    (relative(target, folder), format!("/pfs/out/{}", family.inside(target)))
}

/// `$@`, `$<` and the like.
fn automatic(family: &Family, needs: &Needs, targets: &[(String, String)]) -> Automatic {
    let shown: Vec<String> =
        needs.shown.iter().filter(|shown| !shown.is_empty()).map(|path| one_word(path)).collect();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    let distinct: Vec<&str> = shown.iter().copied().filter(|path| seen.insert(*path)).collect();
    let target = targets.first().map(|(_, new)| one_word(new)).unwrap_or_default();
    let stem = if family.is_map() { wild(0).to_string() } else { String::new() };
    let mut found = Automatic::new();
    for (letter, value) in [
        ("@", target),
        ("<", first(family, needs)),
        ("^", distinct.join(" ")),
        ("+", shown.join(" ")),
        ("*", stem),
    ] {
        let each = |part: fn(&str) -> &str| value.split_whitespace().map(part).collect::<Vec<_>>().join(" ");
        let folders = if many::is_in(&value) {
            format!("{UNKNOWN}$({letter}D)")
        } else {
            each(|path| Some(split(path).0).filter(|folder| !folder.is_empty()).unwrap_or("."))
        };
        found.insert(format!("{letter}D"), folders);
        found.insert(format!("{letter}F"), names_of(letter, &value));
        found.insert(letter.to_owned(), value);
    }
    for name in ["?", "%", "?D", "?F", "%D", "%F"] {
        let shown = if name.len() > 1 { format!("({name})") } else { name.to_owned() };
        found.insert(name.to_owned(), format!("{UNKNOWN}${shown}"));
    }
    found.extend(order_only(family));
    found
}

/// `$|` and its kin: what must only be there before is no input, so that who reads it has to say where it is.
fn order_only(family: &Family) -> impl Iterator<Item = (String, String)> {
    let is_none = family.rule.order_only.is_empty();
    let value = move |name: &str| if is_none { String::new() } else { format!("{UNKNOWN}{name}") };
    let names = [("|", "$|"), ("|D", "$(|D)"), ("|F", "$(|F)")];
    names.into_iter().map(move |(name, shown)| (name.to_owned(), value(shown)))
}

/// `$(^F)` and the like.
fn names_of(letter: &str, value: &str) -> String {
    many::function("notdir", &[value], &[]).unwrap_or_else(|| format!("{UNKNOWN}$({letter}F)"))
}

/// A path as one word of the shell, where another tool than make has it.
fn one_word(path: &str) -> String {
    if path.contains(' ') { quoted(path) } else { path.to_owned() }
}

/// What stands for the first prerequisite: it alone, also where a pattern stands for it and others.
fn first(family: &Family, needs: &Needs) -> String {
    let Some((need, shown)) = family.needs.iter().zip(&needs.shown).find(|(_, shown)| !shown.is_empty())
    else {
        return String::new();
    };
    let renamed = needs.renamed.iter().find(|pair| pair.old == *need);
    renamed.map_or_else(|| shown.clone(), |pair| pair.new.clone())
}

fn note(raw: &str, text: &str, number: usize, made: &mut Recipe) {
    let parts = text.split(UNKNOWN).skip(1);
    made.unknown.extend(parts.map(|part| (number, unsettled::reference(part))));
    let first = text.trim_start_matches(['@', '-', '+', ' ']).split_whitespace().next().unwrap_or_default();
    if ["docker", "podman", "singularity", "apptainer"].contains(&first) {
        made.said.push((number, CONTAINER));
    }
    if raw.contains("$(MAKE)") || raw.contains("${MAKE}") || first == "make" {
        made.said.push((number, AGAIN));
    }
    // What is not known may hold anything, also `$<`; it is told already.
    if !text.contains(UNKNOWN) && says_make_only(text) {
        made.said.push((number, OF_MAKE));
    }
}

/// What is to be said of the mark `-` of a line.
fn lenience(raw: &str, is_one_shell: bool, is_first: bool, is_posix: bool) -> Option<&'static str> {
    let marks: String = raw.chars().take_while(|c| "@-+ \t".contains(*c)).collect();
    match (marks.contains('-'), is_one_shell, is_first) {
        (true, false, _) => Some("`-`: a failure of this line is passed over, by `|| true`"),
        (true, true, true) => Some(LENIENT),
        (true, true, false) if is_posix => {
            Some("`-`: it is taken off, and means nothing on a later line of one script")
        }
        _ => None,
    }
}

/// Lines that somebody has to look at.
pub(super) const OPEN: [&str; 4] = [CONTAINER, AGAIN, OF_MAKE, LENIENT];

/// A script that may fail.
const LENIENT: &str = "cmd: `-` lets make pass over a failure of the whole script (`.ONESHELL`); end the script with `true` where no result is wanted then";

/// A line that starts a container.
const CONTAINER: &str = "the recipe starts a container by itself: write its image as `transform.image`, and here only what runs in it";
/// A line that calls make.
const AGAIN: &str = "the recipe calls make again: import that makefile too, and read its results as `input`";

/// A line without its marks, and whether it may fail.
fn bare(line: &str, has_marks: bool) -> (String, bool) {
    if !has_marks {
        return (line.to_owned(), false);
    }
    let text = line.trim_start_matches(['@', '-', '+', ' ', '\t']);
    let marks = &line[..line.len() - text.len()];
    (text.to_owned(), marks.contains('-'))
}

/// What is said of a name that differs from datum to datum where no shell fills it in.
const HIDDEN: &str = "cmd: a here-document in quotes, as `<<'EOF'`, holds a name that differs from datum to datum, and no shell fills it in there; write `<<EOF`, and `\\$` for each `$` of its text";

/// What is to be said of a script where no shell fills in a name, with its line.
fn hidden(body: &str, family: &Family) -> Option<(usize, String)> {
    let line = family.rule.recipe.first().map_or(family.rule.place.line, |(line, _)| *line);
    hides_wildcard(body).then(|| (line, HIDDEN.to_owned()))
}

/// Whether recipes run by a shell whose lines make takes marks and blanks from, also in one script.
fn is_posix(scope: &mut Scope<'_>) -> bool {
    if !scope.variables.contains_key("SHELL") {
        return true;
    }
    let path = scope.plain("$(SHELL)");
    ["sh", "bash", "ash", "dash", "ksh", "rksh", "zsh"].contains(&split(path.trim()).1)
}

/// Lines of one script as make gives them to a shell: without marks and blanks at their starts.
fn bare_lines(text: &str) -> (String, bool) {
    let lines: Vec<String> = text.split('\n').map(|line| bare(line, true).0).collect();
    (lines.join("\n"), false)
}

/// All lines for one shell.
fn joined(lines: &[(String, bool)]) -> String {
    lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n")
}

/// Whether the flags of the makefile's shell end it at the first command that fails.
fn ends_early(scope: &mut Scope<'_>) -> bool {
    if !scope.variables.contains_key(".SHELLFLAGS") {
        return false;
    }
    let flags = scope.plain("$(.SHELLFLAGS)");
    flags.split_whitespace().any(|flag| {
        flag == "errexit" || flag.starts_with('-') && !flag.starts_with("--") && flag.contains('e')
    })
}

/// Each line in a shell of its own, as make does, which a failure within it ends or not.
pub(in super::super) fn apart(lines: &[(String, bool)], ends_early: bool) -> String {
    let is_alone = lines.len() == 1;
    let one = |(line, is_lenient): &(String, bool)| match (*is_lenient, is_simple(line)) {
        (false, _) if is_alone => line.clone(),
        (false, true) => line.clone(),
        (true, true) => format!("{line} || true"),
        (false, false) if ends_early => format!("(\n{line}\n)"),
        // Before `||` no failure would end it.
        (true, false) if ends_early => format!("set +e\n(set -e\n{line}\n)\nset -e"),
        (false, false) => format!("(set +e\n{line}\n)"),
        (true, false) => format!("(set +e\n{line}\n) || true"),
    };
    lines.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Whether a line means the same after others as in a shell of its own.
fn is_simple(line: &str) -> bool {
    const SPECIAL: [&str; 16] = [
        "cd", "export", "set", "if", "for", "while", "case", "until", "exit", "exec", ".", "source", "trap",
        "umask", "unset", "return",
    ];
    let first = line.split_whitespace().next().unwrap_or_default();
    !first.contains('=')
        && !SPECIAL.contains(&first)
        && !line.contains([';', '&', '#', '\n', '{', '`'])
        && !line.contains("||")
        && !line.contains("<<")
}

/// The folder of a path, for old and new places.
pub(super) fn moved(family: &Family, name: &str) -> Vec<(String, String)> {
    let new = |target: &String| format!("{name}/{}", family.inside(target));
    let shown = |path: &str| with_each(path, "%");
    family
        .targets
        .iter()
        .map(|target| (shown(target), shown(&new(target))))
        .filter(|(old, new)| old != new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run, spec};

    #[test]
    fn flags_that_end_the_shell_end_it_within_a_line_too() {
        let text = ".SHELLFLAGS := -eu -o pipefail -c\no/w: data/a.csv\n\tgrep -c zz $< > $@; echo on >> $@\n\t-x; y\n\techo end >> $@\n";
        let found = run(text, &[("data/a.csv", "")]).expect("it is read");
        let spec = spec(&found, "o");
        let part = "(\n      grep -c zz /pfs/data/a.csv > /pfs/out/w; echo on >> /pfs/out/w\n      )\n";
        assert!(spec.contains(part), "{spec}");
        assert!(spec.contains("set +e\n      (set -e\n      x; y\n      )\n      set -e\n"), "{spec}");
    }
}
