//! What a rule needs, as inputs of its pipeline: data, results of other rules, or code.

use std::collections::BTreeSet;

use super::super::draft::{ALL, Input, Leaf};
use super::super::names::InputNames;
use super::super::paths::{is_code, join, split};
use super::super::pattern::{Captured, captured, extraction, listed, literal, with_each};
use super::super::source::{Facts, Wishes};
use super::super::words::{MOST_WILDS, Renamed, is_private, wild};
use super::expand::UNKNOWN;
use super::family::Family;
use super::many;
use super::read::Makefile;

/// What one prerequisite is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// A file that somebody wrote to be run, or that is only named.
    Code,
    /// A target without a file.
    Phony,
    /// A file of a folder, or of a pipeline.
    Data { repo: String, inside: String, is_made: bool },
    /// Nothing that is known.
    Missing(String),
}

/// What all prerequisites of a family come to.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// The input.
    pub(super) input: Option<Input>,
    /// For each prerequisite, what stands for it in the command; empty where another one stands for it too.
    pub(super) shown: Vec<String>,
    /// Old and new paths.
    pub(super) renamed: Vec<Renamed>,
    /// Lists of files as the makefile writes them out, and what stands for each.
    pub(super) lists: Vec<(String, String)>,
    /// Lines that find what `%` stands for.
    pub(super) lines: Vec<String>,
    /// What is to be said: whether it must be settled, whether it is exact, words.
    pub(super) said: Vec<(Say, String)>,
}

/// How a line is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// It means the same.
    Exact,
    /// It holds if the words do.
    Assumed,
    /// It must be settled.
    Todo,
}

/// What surrounds the families.
pub(super) struct Around<'a> {
    /// All of them.
    pub(super) families: &'a [Family],
    /// The makefile.
    pub(super) makefile: &'a Makefile<'a>,
    /// Its folder.
    pub(super) folder: &'a str,
    /// What was asked for.
    pub(super) wishes: &'a Wishes,
}

impl Around<'_> {
    fn facts(&self) -> &dyn Facts {
        self.makefile.scope.facts
    }

    fn find(&self, need: &str) -> Found {
        if need.contains(UNKNOWN) {
            let shown = with_each(&need.replace(UNKNOWN, ""), "%");
            return Found::Missing(format!("only running make tells what `{shown}` is; write what is read"));
        }
        let Some(path) = join(self.folder, need) else {
            return Found::Missing(format!("`{need}` lies outside of the project"));
        };
        if self.makefile.phony.contains(need) {
            return Found::Phony;
        }
        // A rule that names the file comes before one that has a wildcard for it.
        let named = self.families.iter().filter(|family| family.targets.contains(&path));
        let made = named.chain(self.families).find_map(|family| Some((family, family.makes(&path)?)));
        // A file of the data that a catch-all rule could also make is data.
        if let Some((family, inside)) = made {
            return Found::Data { repo: self.wishes.placed(&family.name), inside, is_made: true };
        }
        let path = self.wishes.mapped(&path);
        let plain = path.split(is_private).next().unwrap_or_default();
        let is_pattern = plain.len() < path.len();
        if let Some((repo, inside)) = self.facts().pipeline_of(&path) {
            return Found::Data { repo: repo.to_owned(), inside: inside.to_owned(), is_made: true };
        }
        if !is_pattern && is_code(&path, self.facts()) {
            return Found::Code;
        }
        let folder = split(plain).0;
        if !is_pattern && self.facts().has_folder(&path) {
            return Found::Data { repo: path, inside: String::new(), is_made: false };
        }
        if folder.is_empty() {
            let there = is_pattern || self.facts().has(&path);
            let help =
                format!("move it into a folder and import with `--map {}=FOLDER/{0}`", with_each(&path, "x"));
            return Found::Missing(if there {
                format!("`{}` lies at the project's root, which is no repo; {help}", with_each(&path, "%"))
            } else {
                format!("`{path}` is not there, and no rule makes it")
            });
        }
        if !is_pattern && !self.facts().has(&path) {
            return Found::Missing(format!("`{path}` is not there, and no rule makes it"));
        }
        let inside = path[folder.len()..].trim_start_matches('/').to_owned();
        Found::Data { repo: folder.to_owned(), inside, is_made: false }
    }

    /// All files that are in a repo now, as paths in it.
    fn in_repo(&self, repo: &str) -> Vec<String> {
        let family = self.families.iter().find(|family| self.wishes.placed(&family.name) == repo);
        match family {
            Some(_) => Vec::new(),
            None => self.facts().below(repo).map(|path| path[repo.len() + 1..].to_owned()).collect(),
        }
    }
}

/// Works out what a family needs.
pub(super) fn needs(family: &Family, around: &Around<'_>) -> Needs {
    let found: Vec<Found> = family.needs.iter().map(|need| around.find(need)).collect();
    let mut lower = Lower {
        family,
        around,
        found,
        names: InputNames::without(&family.variables),
        needs: Needs::default(),
        fixed: Vec::new(),
        joined: Vec::new(),
        known: BTreeSet::new(),
    };
    lower.needs.shown = vec![String::new(); family.needs.len()];
    lower.all();
    let Lower { mut needs, mut fixed, joined, known, .. } = lower;
    let shared: Vec<usize> =
        (0..MOST_WILDS).filter(|wild| joined.iter().all(|(_, found)| found.wilds.contains(wild))).collect();
    if joined.len() > 1 && !shared.is_empty() {
        let keyed = |(leaf, found): (Leaf, Captured)| Leaf { join_on: Some(found.key(&shared)), ..leaf };
        needs.said.push((Say::Exact, "what has the same value belongs together: a join".into()));
        fixed.insert(0, Input::Join(joined.into_iter().map(keyed).collect()));
    } else {
        fixed.splice(0..0, joined.into_iter().map(|(leaf, _)| Input::Leaf(leaf)));
    }
    let is_lost = |number: &usize| {
        family.targets.iter().any(|target| target.contains(wild(*number))) && !known.contains(number)
    };
    if let Some(lost) = (0..family.variables.len()).find(is_lost) {
        let text = format!("input: nothing that is read says which values `{}` has", family.variables[lost]);
        needs.said.push((Say::Todo, text));
    }
    needs.input = Input::cross(fixed);
    needs
}

struct Lower<'a> {
    family: &'a Family,
    around: &'a Around<'a>,
    found: Vec<Found>,
    names: InputNames,
    needs: Needs,
    fixed: Vec<Input>,
    /// Leaves with wildcards, and which these are.
    joined: Vec<(Leaf, Captured)>,
    /// Wildcards whose values are known.
    known: BTreeSet<usize>,
}

impl Lower<'_> {
    fn all(&mut self) {
        let mut done: Vec<bool> = vec![false; self.found.len()];
        for at in 0..self.found.len() {
            if done[at] {
                continue;
            }
            let need = self.family.needs[at].clone();
            match self.found[at].clone() {
                Found::Code => {
                    self.needs.shown[at] = around_path(self.around.folder, &need);
                    self.needs
                        .said
                        .push((Say::Assumed, format!("`{need}` is code: a change makes results stale")));
                }
                Found::Phony => {
                    self.needs
                        .said
                        .push((Say::Assumed, format!("`{need}` is phony: that it comes first is left out")));
                }
                Found::Missing(why) => {
                    self.needs.shown[at].clone_from(&need);
                    self.needs.said.push((Say::Todo, format!("input: {why}")));
                }
                Found::Data { repo, inside, is_made } if inside.contains(is_private) => {
                    self.mapped(at, &repo, &inside, is_made);
                }
                Found::Data { repo, .. } => {
                    let is_same = |other: &Found| matches!(other, Found::Data { repo: other, inside, .. } if *other == repo && !inside.contains(is_private));
                    let members: Vec<usize> =
                        (at..self.found.len()).filter(|at| is_same(&self.found[*at])).collect();
                    for member in &members {
                        done[*member] = true;
                    }
                    self.listed(&members, &repo);
                }
            }
        }
    }

    fn rename(&mut self, at: usize, new: &str) {
        self.needs.renamed.push(Renamed::new(&self.family.needs[at], new));
    }

    /// A prerequisite with `%`: one datum for each.
    fn mapped(&mut self, at: usize, repo: &str, inside: &str, is_made: bool) {
        let glob = captured(inside, self.family.stems.as_deref());
        if !self.family.is_map() {
            let need = with_each(&self.family.needs[at], "%");
            let text = format!(
                "input: `{need}` has a `%` and its target has none, so make looks for a file of that very name; write which files are read"
            );
            self.needs.said.push((Say::Todo, text));
        }
        if glob.is_loose {
            self.needs
                .said
                .push((Say::Todo, format!("input: `%` stands twice in `{}`", with_each(inside, "%"))));
        }
        self.apart();
        let name = self.names.take(repo);
        if glob.wilds.iter().any(|wild| !self.known.contains(wild))
            && let Some(lines) = extraction(&name, inside, &self.family.variables)
        {
            self.needs.lines.extend(lines);
            self.known.extend(glob.wilds.iter().copied());
        }
        let new = format!("/pfs/{name}/{inside}");
        self.needs.shown[at].clone_from(&new);
        self.rename(at, &new);
        let kind = if is_made { "results of" } else { "files of" };
        let say = if glob.is_loose { Say::Assumed } else { Say::Exact };
        self.needs.said.push((
            say,
            format!("`{}`: {kind} `{repo}`, one datum for each", with_each(&self.family.needs[at], "%")),
        ));
        let leaf = Leaf { repo: repo.to_owned(), name, glob: glob.glob.clone(), ..Leaf::default() };
        self.joined.push((leaf, glob));
    }

    /// What is said of targets that fit and have a recipe of their own.
    fn apart(&mut self) {
        let except = &self.family.except;
        if except.is_empty() || !self.joined.is_empty() {
            return;
        }
        let own = format!("of what `%` takes, `{}` has a recipe of its own", except.join("`, `"));
        self.needs.said.push(match self.family.stems {
            Some(_) => (
                Say::Assumed,
                format!("{own}; the others are listed as they are now: import again when they change"),
            ),
            None => (Say::Todo, format!("input: {own}: let the glob pass over it")),
        });
    }

    /// Prerequisites without `%` in one repo: all of them are in each datum.
    fn listed(&mut self, members: &[usize], repo: &str) {
        let inside = |at: &usize| match &self.found[*at] {
            Found::Data { inside, .. } => inside.clone(),
            _ => String::new(),
        };
        let files: Vec<String> = members.iter().map(inside).collect();
        let name = self.names.take(repo);
        let (input, all) = self.leaf(&files, repo, &name);
        if let Some(all) = all {
            for at in members {
                self.rename(*at, &format!("/pfs/{name}/{}", inside_of(&self.found[*at])));
            }
            self.pattern(members, &format!("/pfs/{name}/{all}"), &all);
        } else {
            for (at, file) in members.iter().zip(&files) {
                let new = format!("/pfs/{name}/{file}").trim_end_matches('/').to_owned();
                self.needs.shown[*at].clone_from(&new);
                self.rename(*at, &new);
            }
        }
        self.fixed.push(input);
    }

    /// What stands for all members of a list in the command.
    fn pattern(&mut self, members: &[usize], new: &str, all: &str) {
        let names: Vec<&str> = members.iter().map(|at| self.family.needs[*at].as_str()).collect();
        let folder = split(names[0]).0;
        let old = if folder.is_empty() { all.to_owned() } else { format!("{folder}/{all}") };
        let new = many::word(new);
        self.needs.renamed.push(Renamed::new(many::word(&old), new.clone()));
        if names.len() > 1 {
            self.needs.lists.push((names.join(" "), new.clone()));
        }
        self.needs.shown[members[0]] = new;
    }

    /// The input that takes some files of a repo, and the pattern that lists them in the command if more may come.
    fn leaf(&mut self, files: &[String], repo: &str, name: &str) -> (Input, Option<String>) {
        let leaf =
            |glob: String| Leaf { repo: repo.to_owned(), name: name.to_owned(), glob, ..Leaf::default() };
        let families = self.around.families;
        let maker = families.iter().find(|family| self.around.wishes.placed(&family.name) == repo);
        let is_open = self.family.rule.is_open.1;
        let common = pattern(files).filter(|_| is_open);
        if let (Some(family), Some(common)) = (maker, &common)
            && let [target] = family.targets.as_slice()
            && with_each(family.inside(target), "*") == *common
        {
            self.needs.said.push((Say::Exact, format!("all results of `{repo}` in one datum")));
            return (Input::Leaf(leaf("/".into())), Some(common.clone()));
        }
        if let Some(common) = common.filter(|common| maker.is_none() && self.is_all(common, files, repo)) {
            self.needs.said.push((Say::Exact, format!("all `{common}` of `{repo}` in one datum")));
            let glob = format!("/{}", common.split('*').map(literal).collect::<Vec<_>>().join("*"));
            return (Input::Group(vec![Leaf { group_by: Some(ALL.into()), ..leaf(glob) }]), Some(common));
        }
        if files.iter().any(String::is_empty) {
            self.needs.said.push((Say::Exact, format!("all of `{repo}` in one datum")));
            return (Input::Leaf(leaf("/".into())), None);
        }
        if let [one] = files {
            self.needs.said.push((Say::Exact, format!("`{one}` of `{repo}`")));
            return (Input::Leaf(leaf(format!("/{}", literal(one)))), None);
        }
        if is_open {
            let text =
                format!("the list of files of `{repo}` is taken as it is now: import again when it changes");
            self.needs.said.push((Say::Assumed, text));
        } else {
            self.needs
                .said
                .push((Say::Exact, format!("{} files of `{repo}`, as they are listed", files.len())));
        }
        (Input::Group(vec![Leaf { group_by: Some(ALL.into()), ..leaf(listed(files)) }]), None)
    }

    /// Whether a pattern takes these files and no others of what is there, in this order.
    fn is_all(&self, pattern: &str, files: &[String], repo: &str) -> bool {
        let mut there = self.around.in_repo(repo);
        there.retain(|file| !file.contains('/') && super::expand::is_like(pattern, file));
        there.sort();
        there == files
    }
}

fn inside_of(found: &Found) -> &str {
    match found {
        Found::Data { inside, .. } => inside,
        _ => "",
    }
}

/// A path of the makefile as the command sees it, which starts at the project's root.
fn around_path(folder: &str, path: &str) -> String {
    join(folder, path).unwrap_or_else(|| path.to_owned())
}

/// `a.csv`, `b.csv` as `*.csv`: what all have at the end, and nothing else is fixed.
fn pattern(files: &[String]) -> Option<String> {
    let first = files.first()?;
    if files.iter().any(|file| file.contains('/')) {
        return None;
    }
    let end = first.find('.')?;
    let ends = std::iter::successors(Some(end), |at| first[at + 1..].find('.').map(|next| at + 1 + next));
    let shared = ends
        .map(|at| &first[at..])
        .find(|end| files.iter().all(|file| file.ends_with(end) && file.len() > end.len()))?;
    Some(format!("*{shared}"))
}
