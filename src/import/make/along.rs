//! Patterns without a folder, `%.gz: %.csv`: make takes the folder of what is needed along, `data/a.gz` of `data/a.csv`.

use super::super::paths::{join, split};
use super::super::source::Facts;
use super::functions::stem;
use super::read::Rule;

/// Gives such rules the folders in which something needs what they make; without any, they stay as they are.
pub(super) fn take_along(rules: &mut Vec<Rule>, base: &str, facts: &dyn Facts) {
    let mut used = Vec::new();
    // What is made in a folder may need what another of them makes there.
    for _ in 0..rules.len() {
        let new = Ground { rules, base, facts }.placed(&used);
        if new.is_empty() {
            break;
        }
        for (at, folder) in new {
            rules.push(in_folder(&rules[at], &folder));
            used.push((at, folder));
        }
    }
    let at_root: Vec<String> =
        rules.iter().flat_map(asked).filter(|path| !path.contains(['/', '%'])).collect();
    let mut at = 0;
    rules.retain(|rule| {
        let is_placed = used.iter().any(|(placed, _)| *placed == at);
        at += 1;
        !is_placed || at_root.iter().any(|path| fitted(rule, path).is_some())
    });
}

struct Ground<'a> {
    rules: &'a [Rule],
    /// The folder of the makefile.
    base: &'a str,
    facts: &'a dyn Facts,
}

impl Ground<'_> {
    /// Rules, by their number, and folders that they are needed in and have not been given.
    fn placed(&self, used: &[(usize, String)]) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for path in self.rules.iter().flat_map(asked).filter(|path| path.contains('/')) {
            let folder = split(&path).0.to_owned();
            let fits = |at: &usize| self.makes(*at, &path, &mut Vec::new());
            for at in (0..self.rules.len()).filter(fits) {
                let one = (at, folder.clone());
                if !self.is_named(&path) && !used.contains(&one) && !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        found
    }

    /// Whether a rule without a folder makes something, of what is there or can be made, no rule used twice.
    fn makes(&self, at: usize, path: &str, above: &mut Vec<usize>) -> bool {
        let rule = &self.rules[at];
        let is_meant = rule.pattern.is_none() && rule.targets.iter().all(|target| is_bare(target));
        let (folder, name) = split(path);
        let Some(found) = fitted(rule, name).filter(|_| is_meant && !above.contains(&at)) else {
            return false;
        };
        above.push(at);
        let can = rule.needs.iter().all(|need| self.can(&along(need, folder).replacen('%', found, 1), above));
        above.pop();
        can
    }

    /// Whether something is there, or is made.
    fn can(&self, path: &str, above: &mut Vec<usize>) -> bool {
        let is_target = |rule: &Rule| rule.targets.iter().any(|target| stem(target, path).is_some());
        let mut all = self.rules.iter().filter(|rule| rule.targets.iter().all(|target| !is_bare(target)));
        self.is_there(path)
            || all.any(is_target)
            || (0..self.rules.len()).any(|at| self.makes(at, path, above))
    }

    fn is_there(&self, path: &str) -> bool {
        let Some(path) = join(self.base, path) else { return false };
        let is_one = |file: &str| stem(&path, file).is_some_and(|stem| !stem.contains('/'));
        self.facts.has(&path) || path.contains('%') && self.facts.below(split(&path).0).any(is_one)
    }

    /// Whether a rule with a recipe names the very file.
    fn is_named(&self, path: &str) -> bool {
        self.rules.iter().any(|rule| !rule.recipe.is_empty() && rule.targets.iter().any(|own| own == path))
    }
}

/// What a rule asks others for, with `%` where it is a pattern itself.
fn asked(rule: &Rule) -> Vec<String> {
    let Some(pattern) = &rule.pattern else { return rule.needs.clone() };
    let stems: Vec<&str> = rule.targets.iter().filter_map(|target| stem(pattern, target)).collect();
    let of = |need: &String| stems.iter().map(|stem| need.replacen('%', stem, 1)).collect::<Vec<_>>();
    rule.needs.iter().flat_map(of).collect()
}

/// Whether a target is a pattern without a folder.
fn is_bare(target: &str) -> bool {
    target.contains('%') && !target.contains('/')
}

/// What `%` stands for where a rule makes a file of this name.
fn fitted<'a>(rule: &Rule, name: &'a str) -> Option<&'a str> {
    rule.targets.iter().find_map(|target| stem(target, name).filter(|stem| !stem.is_empty()))
}

/// What is needed beside something in a folder.
fn along(need: &str, folder: &str) -> String {
    if need.contains('%') { format!("{folder}/{need}") } else { need.to_owned() }
}

/// A rule that makes files of a folder: for make, that is part of what `%` stands for.
fn in_folder(rule: &Rule, folder: &str) -> Rule {
    let stems = [("$*", format!("{folder}/$*")), ("$(*D)", folder.to_owned())];
    let text = |line: &str| stems.iter().fold(line.to_owned(), |line, (old, new)| line.replace(old, new));
    Rule {
        targets: rule.targets.iter().map(|target| along(target, folder)).collect(),
        needs: rule.needs.iter().map(|need| along(need, folder)).collect(),
        recipe: rule.recipe.iter().map(|(line, recipe)| (*line, text(recipe))).collect(),
        ..rule.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn a_pattern_without_a_folder_takes_that_of_what_is_needed_along() {
        let text = "out/all.txt: data/a.gz data/b.gz\n\tcat $^ > $@\n%.gz: %.tsv\n\tgzip -c $< > $@; echo $* $(*F)\n%.tsv: %.csv tab.sh\n\tsh tab.sh $< > $@\n";
        let files = [("data/a.csv", ""), ("data/b.csv", ""), ("tab.sh", "")];
        let found = run(text, &files).expect("it is read");
        let names: Vec<&str> = found.pipelines.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((found.texts(Class::Todo).as_str(), names.len()), ("", 3), "{names:?}");
        let all: String = names.iter().map(|name| spec(&found, name)).collect();
        assert!(all.contains("sh tab.sh \"/pfs/data/$stem.csv\" > \"/pfs/out/$stem.tsv\""), "{all}");
        assert!(all.contains("repo: data, glob: /(*).csv") && all.contains("cat /pfs/"), "{all}");
        assert!(all.contains("echo \"/pfs/out/$stem\" \"$stem\""), "`$*` has the folder: {all}");
    }

    #[test]
    fn what_cannot_be_made_so_is_not_and_what_is_at_the_root_stays() {
        let text = "out/x: data/a.gz\n\tcat $^ > $@\n%.gz: %.csv\n\tgzip -c $< > $@\n";
        let found = run(text, &[("data/b.csv", "")]).expect("it is read");
        found.tells(Class::Todo, &["`data/a.gz` is not there, and no rule makes it"]);
        let text = "out/x: data/a.gz b.gz\n\tcat $^ > $@\n%.gz: %.csv\n\tgzip -c $< > $@\n";
        let found = run(text, &[("data/a.csv", ""), ("b.csv", "")]).expect("it is read");
        found.tells(Class::Todo, &["`%.csv` lies at the project's root"]);
        assert!(!found.texts(Class::Todo).contains("data/a.gz"), "{}", found.texts(Class::Todo));
    }
}
