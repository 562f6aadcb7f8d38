//! Targets that fit the pattern of one rule and have a recipe of their own, which is the one that make takes.

use std::collections::BTreeSet;

use super::super::paths::{join, split};
use super::super::pattern::values;
use super::super::source::Facts;
use super::super::words::is_private;
use super::family::Family;

/// Leaves such targets to their own rule. The files that a pattern is for are listed then, for no glob takes all but some
/// names; where they are not here, the values stay to be left out.
pub(super) fn leave_out(families: &mut [Family], folder: &str, facts: &dyn Facts) {
    let own: BTreeSet<String> =
        families.iter().filter(|family| !family.is_map()).flat_map(|family| family.targets.clone()).collect();
    for family in families.iter_mut().filter(|family| family.is_map() && family.stems.is_none()) {
        let stem =
            |pattern: &String, path: &str| values(pattern, path)?.first().map(|(_, value)| value.clone());
        let fits = |path: &String| family.targets.iter().find_map(|target| stem(target, path));
        family.except = own.iter().filter_map(fits).collect();
        if family.except.is_empty() {
            continue;
        }
        let here = needed(family, folder, facts);
        if !here.is_empty() {
            family.stems = Some(here.into_iter().filter(|stem| !family.except.contains(stem)).collect());
        }
    }
}

/// The values of `%` for which what the family needs is there.
fn needed(family: &Family, folder: &str, facts: &dyn Facts) -> BTreeSet<String> {
    let Some(need) = family.needs.iter().find(|need| need.contains(is_private)) else {
        return BTreeSet::new();
    };
    let Some(path) = join(folder, need) else { return BTreeSet::new() };
    let plain = path.split(is_private).next().unwrap_or_default();
    let value = |file: &str| values(&path, file)?.first().map(|(_, value)| value.clone());
    facts.below(split(plain).0).filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn a_target_with_a_recipe_of_its_own_is_none_of_the_pattern() {
        let text = "out/%.o: in/%.c\n\tcc $< > $@\nout/b.o: in/b.c in/x.h\n\tspecial $< > $@\n";
        let files = [("in/a.c", ""), ("in/b.c", ""), ("in/c.c", ""), ("in/x.h", "")];
        let found = run(text, &files).expect("it is read");
        let of_pattern = spec(&found, "out/o");
        assert!(of_pattern.contains("glob: '/(a|c).c'"), "{of_pattern}");
        assert!(found.texts(Class::Assumed).contains("`b` has a recipe of its own"));
        assert!(spec(&found, "out/b").contains("special /pfs/in/b.c"), "{:?}", found.pipelines);
        let text = "mid/%.c: in/%.c\n\tcp $< $@\nout/%.o: mid/%.c\n\tcc $< > $@\nout/b.o: mid/b.c\n\tspecial $< > $@\n";
        let found = run(text, &files).expect("it is read");
        found.tells(Class::Todo, &["`b` has a recipe of its own: let the glob pass over it"]);
    }

    #[test]
    fn a_recipe_after_a_semicolon_is_the_shells() {
        let text = "N = a\\#b\nout/a: in/a ; printf 'x  \\\n\t   y # $(N)' > $@\n";
        let found = run(text, &[("in/a", "")]).expect("it is read");
        let spec = spec(&found, "out");
        assert!(spec.contains("printf 'x  \\\n") && spec.contains("   y # a#b' > /pfs/out/a"), "{spec}");
    }

    #[test]
    fn a_pattern_for_a_target_that_is_none_is_told() {
        let found = run("o/y.txt: data/%.txt\n\tcp $< $@\n", &[("data/a.txt", ""), ("data/b.txt", "")]);
        found.expect("it is read").tells(Class::Todo, &["`data/%.txt` has a `%` and its target has none"]);
    }
}
