//! Scripts that a command or `code` names and that are not in the project.

use super::load::LoadedPipeline;
use super::rules::MISSING_CODE;
use super::spot::Spot;
use super::words::{clip, nearest};
use crate::model::{Finding, Kind, Transform, Tree};

/// Endings of files that somebody wrote to be run.
const ENDINGS: [&str; 18] = [
    "py", "sh", "bash", "zsh", "R", "r", "Rmd", "pl", "rb", "jl", "js", "mjs", "ts", "lua", "m", "awk",
    "sql", "ipynb",
];
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];
/// Programs whose next word is a script.
const RUNNERS: [&str; 9] = ["python", "python3", "perl", "ruby", "node", "Rscript", "julia", "source", "."];

/// Warnings for scripts that `cmd`, `err_cmd` and `code` name and that are not there. `exists` tells whether
/// anything stands at a path; `files` are those that git does not ignore.
///
/// Only words that cannot well be anything else are judged: not those that a command may make as it runs, and
/// none that are looked for inside an image.
pub fn missing_code(loaded: &LoadedPipeline, files: &Tree, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let Some(transform) = &loaded.pipeline.transform else { return Vec::new() };
    let search = Search { loaded, transform, files, exists };
    let named = if search.starts_elsewhere() { Vec::new() } else { search.named() };
    let absent = named.into_iter().filter(|(path, _)| !search.is_there(path));
    let absent = absent.filter_map(|(path, spot)| Some(search.finding(path, &spot?)));
    absent.chain(search.empty_globs()).collect()
}

struct Search<'a> {
    loaded: &'a LoadedPipeline,
    transform: &'a Transform,
    files: &'a Tree,
    exists: &'a dyn Fn(&str) -> bool,
}

/// A path as written and where.
type Named<'a> = (&'a str, Option<Spot>);

impl<'a> Search<'a> {
    /// Whether relative paths of the command do not begin in the project.
    fn starts_elsewhere(&self) -> bool {
        let is_absolute = |folder: &String| folder.starts_with('/');
        self.transform.image.is_some() || self.transform.working_dir.as_ref().is_some_and(is_absolute)
    }

    fn named(&self) -> Vec<Named<'a>> {
        let mut found = self.in_words("cmd", &self.transform.cmd);
        found.extend(self.in_words("err_cmd", self.transform.err_cmd.as_deref().unwrap_or_default()));
        if is_shell(&self.transform.cmd) {
            let lines = self.transform.stdin.as_deref().unwrap_or_default();
            let whole = lines.join("\n");
            for (number, line) in lines.iter().enumerate() {
                found.extend(self.in_text(&format!("transform.stdin[{number}]"), line, &whole));
            }
        }
        found
    }

    fn in_words(&self, field: &str, words: &'a [String]) -> Vec<Named<'a>> {
        let mut found = Vec::new();
        for (number, word) in words.iter().enumerate() {
            let place = format!("transform.{field}[{number}]");
            if is_script(words, number) {
                found.push((word.as_str(), self.loaded.spans.get(&place).cloned()));
            } else if is_shell(words) && words[..number].last().is_some_and(|before| before == "-c") {
                found.extend(self.in_text(&place, word, word));
            }
        }
        found
    }

    /// Scripts in the text of a shell: what an interpreter reads, and what a line begins with. One that stands
    /// twice in the `whole` text may be made by it.
    fn in_text(&self, place: &str, text: &'a str, whole: &str) -> Vec<Named<'a>> {
        let is_edge = |c: char| c.is_whitespace() || ";|&()\"'".contains(c);
        let tokens: Vec<&str> = text.split(is_edge).filter(|token| !token.is_empty()).collect();
        let moves = whole.split(is_edge).any(|token| token == "cd" || token == "pushd");
        let is_run = |at: usize| match at.checked_sub(1).map(|before| tokens[before]) {
            None => tokens[at].contains('/'),
            Some(before) => RUNNERS.contains(&before) || SHELLS.contains(&before),
        };
        let judged = (0..tokens.len()).filter(|at| !moves && is_run(*at)).map(|at| tokens[at]);
        judged
            .filter(|token| has_ending(token) && is_plain(token) && whole.matches(token).count() == 1)
            .map(|token| {
                let start = text.find(token).unwrap_or_default();
                (token, self.loaded.spans.part(place, start, start + token.len()))
            })
            .collect()
    }

    /// Whether something stands there, or a pipeline may put it there.
    fn is_there(&self, path: &str) -> bool {
        let folder = self.transform.working_dir.as_deref().unwrap_or_default().trim_matches('/');
        let path = path.trim_start_matches("./");
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let leaves = self.loaded.pipeline.input.leaves();
        let is_made = folders.any(|folder| {
            leaves.iter().any(|leaf| leaf.repo.as_str() == folder)
                || self.files.get(&format!("{folder}/spec.yml")).is_some()
                // Of a subdataset the commit stands there.
                || self.files.get(folder).is_some_and(|entry| entry.kind == Kind::Gitlink)
        });
        let is_beside = || !folder.is_empty() && (self.exists)(&format!("{folder}/{path}"));
        is_made || (self.exists)(path) || is_beside()
    }

    fn finding(&self, path: &str, spot: &Spot) -> Finding {
        if self.files.get(path.trim_start_matches("./")).is_some() {
            let message = format!("`{}` is left out by a sparse checkout", clip(path));
            return MISSING_CODE
                .at(spot, message)
                .help("`git sparse-checkout add` with its folder brings it here");
        }
        let message = format!("`{}` is not in the project", clip(path));
        let finding = MISSING_CODE.at(spot, message);
        match self.near(path.trim_start_matches("./")) {
            Some(near) => finding.label(format!("did you mean `{}`?", clip(near))),
            None => finding.help("write the path from the project's root, or add the file"),
        }
    }

    /// A file of the same name elsewhere, or of a name alike.
    fn near(&self, path: &str) -> Option<&str> {
        let is_alike = |other: &&str| ending(other) == ending(path);
        let candidates = || self.files.entries().iter().map(|entry| &*entry.path).filter(is_alike);
        let last = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let mut same = candidates().filter(|other| last(other) == last(path));
        same.next().filter(|_| same.next().is_none()).or_else(|| nearest(path, candidates()))
    }

    fn empty_globs(&self) -> Vec<Finding> {
        let globs = self.transform.code.iter().flatten().enumerate();
        let finding = |(number, glob): (usize, &crate::model::glob::Glob)| {
            let mut paths = self.files.entries().iter().map(|entry| format!("/{}", entry.path));
            if paths.any(|path| glob.find(&path).is_some()) {
                return None;
            }
            let spot = self.loaded.spans.get(&format!("transform.code[{number}]"))?;
            let message = format!("`{}` in `code` takes no file of the project", clip(glob.text()));
            let finding = MISSING_CODE.at(spot, message);
            Some(match self.near(glob.text().trim_start_matches('/')) {
                Some(near) => finding.label(format!("did you mean `{}`?", clip(near))),
                None => finding.help("`minipach plan -v` lists the files that count as code"),
            })
        };
        globs.filter_map(finding).collect()
    }
}

/// Whether a word of a command can only be a script of the project.
fn is_script(words: &[String], at: usize) -> bool {
    let word = words[at].as_str();
    if !is_plain(word) {
        return false;
    }
    match at.checked_sub(1).map(|before| words[before].as_str()) {
        None => word.contains('/'),
        Some(option) if option.starts_with('-') => {
            // After `-m` Python has the name of a module.
            has_ending(word) && option != "-o" && option != "-m" && !option.contains("out")
        }
        Some(_) => has_ending(word) || word.starts_with("code/"),
    }
}

/// Whether a word is a relative path without anything that a shell or program may read differently.
fn is_plain(word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || "._-+@/".contains(c);
    let is_relative = !word.starts_with(['/', '-']) && !word.starts_with("pfs/");
    is_relative && word.chars().all(is_letter) && !word.split('/').any(|part| part == "..")
}

fn is_shell(words: &[String]) -> bool {
    words.first().and_then(|program| program.rsplit('/').next()).is_some_and(|name| SHELLS.contains(&name))
}

fn has_ending(path: &str) -> bool {
    ending(path).is_some_and(|ending| ENDINGS.contains(&ending))
}

fn ending(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending)
}
