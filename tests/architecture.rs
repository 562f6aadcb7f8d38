//! The house rules that a machine can check: floors, no circles, file sizes, first lines, words.
//!
//! A floor may use only floors below it. The table here is the one drawn in `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Lowest first. Modules of one floor do not use one another.
const FLOORS: &[&[&str]] = &[
    &["model"],
    &["spec"],
    &["plan"],
    &["git", "ledger", "exec"],
    &["engine", "run", "scaffold", "import", "check", "trigger"],
    &["app"],
    &["cli", "tui"],
    &["main"],
];

/// Uses within a floor that are meant.
const BESIDE: &[(&str, &str)] = &[("run", "engine"), ("trigger", "run"), ("cli", "tui")];

/// The only modules that print.
const PRINTERS: &[&str] = &["cli", "tui", "main"];

/// Files that are longer than this do more than one thing.
const LINES_AT_MOST: usize = 500;

/// Words that are a machine's or a moment's, spelt apart so that this file does not hold them.
const BANNED: &[&str] = &[concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("to", "do!")];

/// One source file: its path below `src` and its text.
type Source = (String, String);

#[test]
fn the_house_stands() {
    let sources = read_sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), "");
    assert!(sources.iter().any(|(path, _)| path == "lib.rs"), "no sources found");
    let problems = inspect(&sources);
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn tests_begin_with_what_they_are_for() {
    let tests = read_sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").as_path(), "");
    let problems: Vec<String> = tests.iter().flat_map(shape).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_map_names_every_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the map can be read");
    let words: BTreeSet<&str> = map.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let sources = read_sources(&root.join("src"), "");
    let stem = |path: &str| Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stems = sources.iter().filter_map(|(path, _)| Some((path, stem(path)?)));
    let missing: Vec<&String> = stems
        .filter(|(_, stem)| stem != "mod" && !words.contains(stem.as_str()))
        .map(|(path, _)| path)
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:?}");
}

fn read_sources(folder: &Path, prefix: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            sources.extend(read_sources(&entry.path(), &format!("{name}/")));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            sources.push((name, fs::read_to_string(entry.path()).expect("the file can be read")));
        }
    }
    sources.sort();
    sources
}

fn inspect(sources: &[Source]) -> Vec<String> {
    let mut problems: Vec<String> = sources.iter().flat_map(shape).collect();
    problems.extend(sources.iter().flat_map(prints));
    let map = Map::new(sources);
    problems.extend(sources.iter().flat_map(floors));
    problems.extend(circles(&map.uses(sources)));
    problems
}

// ---- rules on one file

fn shape((path, text): &Source) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//! ") {
        problems.push(format!("{path}: the first line does not say what the file is for (`//! …`)"));
    }
    let lines = text.lines().count();
    if lines > LINES_AT_MOST {
        problems.push(format!("{path}: {lines} lines; {LINES_AT_MOST} is the most"));
    }
    let banned = BANNED.iter().filter(|word| text.contains(**word));
    problems.extend(banned.map(|word| format!("{path}: holds `{word}`")));
    problems
}

fn prints((path, text): &Source) -> Vec<String> {
    if PRINTERS.contains(&module_of(path)) {
        return Vec::new();
    }
    let code = code_of(text);
    let macros = ["println!", "print!", "eprintln!", "eprint!", "stdout()", "stderr()"];
    let found = macros.iter().filter(|word| holds_word(&code, word));
    found.map(|word| format!("{path}: `{word}`, but only cli and tui print")).collect()
}

fn floors((path, text): &Source) -> Vec<String> {
    let from = module_of(path);
    if from == "lib" {
        return Vec::new();
    }
    let Some(own) = floor_of(from) else {
        return vec![format!("{path}: `{from}` stands on no floor; add it to the table")];
    };
    let used: BTreeSet<String> = paths(&code_of(text)).into_iter().filter_map(|path| outer(&path)).collect();
    used.iter().filter_map(|to| floor_problem(path, from, own, to)).collect()
}

/// The top module that a path from the crate's root names.
fn outer(path: &[String]) -> Option<String> {
    match path.first().map(String::as_str) {
        Some("crate" | "minipach") => path.get(1).cloned(),
        _ => None,
    }
}

fn floor_problem(path: &str, from: &str, own: usize, to: &str) -> Option<String> {
    if from == to || BESIDE.contains(&(from, to)) {
        return None;
    }
    let other = floor_of(to)?;
    (other >= own).then(|| format!("{path} uses `{to}`: {from} is floor {own}, {to} is floor {other}"))
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn module_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or(path)
}

// ---- reading code

/// The code that ships: without comments, texts and the tests at the end.
fn code_of(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let mut code = String::new();
    for line in shipped.lines() {
        code += &bare(line);
        code.push('\n');
    }
    code
}

/// A line without its comment and without what stands in quotes. Texts over several lines are not seen
/// through; none of them holds a path.
fn bare(line: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = line.replace("'\"'", "' '").chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => return out,
            _ if quoted => {}
            _ => out.push(c),
        }
    }
    out
}

fn holds_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Every path that begins with `crate`, `super`, `self` or `minipach`, with braces expanded.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in ["crate::", "super::", "self::", "minipach::"] {
        for (at, _) in code.match_indices(root) {
            if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                expand(&code[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads one use tree; gives what follows it.
fn expand<'a>(text: &'a str, before: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, before, found).trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(text.len());
    if end == 0 {
        return text;
    }
    let path = [before, &[text[..end].to_owned()]].concat();
    if let Some(rest) = text[end..].strip_prefix("::") {
        return expand(rest, &path, found);
    }
    found.push(path);
    after_alias(&text[end..])
}

fn after_alias(text: &str) -> &str {
    let Some(alias) = text.trim_start().strip_prefix("as ") else { return text };
    alias.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
}

// ---- circles between files

/// Which file a module is, and which file a re-exported name comes from.
struct Map {
    files: BTreeMap<Vec<String>, String>,
    exports: BTreeMap<(String, String), Vec<String>>,
}

impl Map {
    fn new(sources: &[Source]) -> Self {
        let files = sources.iter().map(|(path, _)| (module_path(path), path.clone())).collect();
        let mut map = Self { files, exports: BTreeMap::new() };
        for (path, text) in sources {
            let code = code_of(text);
            for statement in uses_of(&code).filter(|statement| statement.starts_with("pub")) {
                map.export(path, statement);
            }
        }
        map
    }

    fn export(&mut self, path: &str, statement: &str) {
        let tree = statement.split_once("use ").map_or("", |(_, tree)| tree);
        let mut found = Vec::new();
        expand(tree, &[], &mut found);
        for target in found {
            let full = Self::absolute(path, &target);
            let name = full.last().cloned().unwrap_or_default();
            self.exports.insert((path.to_owned(), name), full);
        }
    }

    /// A path from the crate's root, without `crate`.
    fn absolute(path: &str, target: &[String]) -> Vec<String> {
        let mut at = module_path(path);
        let mut rest = target;
        match target.first().map(String::as_str) {
            Some("crate" | "minipach") => return target[1..].to_vec(),
            Some("self") => rest = &target[1..],
            _ => {}
        }
        while rest.first().is_some_and(|part| part == "super") {
            at.pop();
            rest = &rest[1..];
        }
        [at, rest.to_vec()].concat()
    }

    /// The file that defines what an absolute path names, through re-exports.
    fn file(&self, target: &[String]) -> Option<&str> {
        let cut = (1..=target.len()).rev().find(|cut| self.files.contains_key(&target[..*cut]))?;
        let file = self.files.get(&target[..cut])?;
        let next = target.get(cut).and_then(|name| self.exports.get(&(file.clone(), name.clone())));
        match next {
            Some(full) if full != target => self.file(full),
            _ => Some(file),
        }
    }

    /// File → files it uses, in the same top folder. Re-exports are not uses.
    fn uses(&self, sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
        let mut uses = BTreeMap::new();
        for (path, text) in sources {
            let code = without_exports(&code_of(text));
            let absolute = paths(&code).into_iter().map(|target| Self::absolute(path, &target));
            let files = absolute.filter_map(|target| self.file(&target).map(str::to_owned));
            let near = files.filter(|file| file != path && module_of(file) == module_of(path));
            uses.insert(path.clone(), near.collect());
        }
        uses
    }
}

fn uses_of(code: &str) -> impl Iterator<Item = &str> {
    code.split(';')
        .map(str::trim_start)
        .filter(|text| text.starts_with("use ") || text.starts_with("pub"))
        .filter(|text| text.split_whitespace().take(2).any(|word| word == "use"))
}

fn without_exports(code: &str) -> String {
    let kept = code.split(';').filter(|text| {
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        !(words.len() == 2 && words[0].starts_with("pub") && words[1] == "use")
    });
    kept.collect::<Vec<_>>().join(";")
}

fn module_path(path: &str) -> Vec<String> {
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if stem == "lib" { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
}

fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut done = BTreeSet::new();
    let mut problems = Vec::new();
    for file in uses.keys() {
        walk(file, uses, &mut Vec::new(), &mut done, &mut problems);
    }
    problems
}

fn walk(
    file: &str,
    uses: &BTreeMap<String, BTreeSet<String>>,
    road: &mut Vec<String>,
    done: &mut BTreeSet<String>,
    problems: &mut Vec<String>,
) {
    if let Some(at) = road.iter().position(|passed| passed == file) {
        problems.push(format!("a circle: {} → {file}", road[at..].join(" → ")));
        return;
    }
    if done.contains(file) {
        return;
    }
    road.push(file.to_owned());
    for next in uses.get(file).into_iter().flatten() {
        walk(next, uses, road, done, problems);
    }
    road.pop();
    done.insert(file.to_owned());
}

// ---- the rules are shown to find what they look for

#[cfg(test)]
mod planted {
    use super::{Source, inspect};

    fn check(sources: &[(&str, &str)], expected: &[&str]) {
        let with_head =
            |(path, text): &(&str, &str)| ((*path).to_owned(), format!("//! For a test.\n{text}"));
        let sources: Vec<Source> = sources.iter().map(with_head).collect();
        assert_eq!(inspect(&sources), expected);
    }

    #[test]
    fn a_floor_that_uses_one_above() {
        check(
            &[("plan/a.rs", "use crate::{model::Tree, git::Scan};")],
            &["plan/a.rs uses `git`: plan is floor 2, git is floor 3"],
        );
        check(
            &[("git/a.rs", "fn f() { crate::exec::start() }")],
            &["git/a.rs uses `exec`: git is floor 3, exec is floor 3"],
        );
        check(&[("run/a.rs", "use crate::engine::Local; // crate::cli is only spoken of\n")], &[]);
        check(&[("odd.rs", "")], &["odd.rs: `odd` stands on no floor; add it to the table"]);
    }

    #[test]
    fn a_circle_of_files_even_through_a_re_export() {
        let head = ("model/mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::{B, C as D};\n");
        check(
            &[("model/a.rs", "use super::B;"), ("model/b.rs", "use crate::model::A;"), head],
            &["a circle: model/a.rs → model/b.rs → model/a.rs"],
        );
        check(&[("model/a.rs", "use super::B;"), ("model/b.rs", ""), head], &[]);
    }

    #[test]
    fn printing_long_and_unnamed_files() {
        check(
            &[("plan/a.rs", "fn f() { println!(\"x\") }")],
            &["plan/a.rs: `println!`, but only cli and tui print"],
        );
        check(&[("cli/a.rs", "fn f() { println!(\"x\") }")], &[]);
        let long = "\n".repeat(500);
        check(&[("plan/a.rs", &long)], &["plan/a.rs: 501 lines; 500 is the most"]);
        let unnamed = vec![("plan/a.rs".to_owned(), "use std::fs;\n".to_owned())];
        assert_eq!(inspect(&unnamed).len(), 1);
    }
}
