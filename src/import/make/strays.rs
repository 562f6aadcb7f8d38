//! Words of a recipe that no prerequisite or target stands for: wildcards over what is read, and targets that
//! another pipeline makes.

use super::super::pattern::with_each;
use super::super::words::{Quotes, Quoting, Renamed, is_edge, is_private, names};
use super::expand::{Scope, UNKNOWN, is_like};
use super::family::Family;
use super::many;
use super::needs::Needs;

/// For each wildcard in a recipe that takes nothing but what is read, its new path; the others as they stand.
pub(super) fn wildcards(text: &str, needs: &Needs, scope: &mut Scope<'_>) -> (Vec<Renamed>, Vec<String>) {
    let (mut pairs, mut lost): (Vec<Renamed>, Vec<String>) = (Vec::new(), Vec::new());
    let is_glob = |word: &&str| word.contains(['*', '?']) && !word.starts_with(['/', '$', '-', '\\']);
    // Without a slash, only what stands outside of quotes is surely a path.
    let bare = outside_quotes(text);
    let inner = text.split(is_edge).filter(|word| word.contains('/'));
    for word in inner
        .chain(bare.split(is_edge).filter(|word| !word.contains('/')))
        .filter(is_glob)
        .filter(|word| !word.contains(|c| is_private(c) || c == UNKNOWN || c == '$'))
    {
        let word = word.trim_start_matches("./");
        let found = scope.plain(&format!("$(wildcard {word})"));
        let mut files: Vec<&str> = found.split_whitespace().collect();
        let needed = needs.renamed.iter().map(|pair| pair.old.as_str());
        files.extend(needed.filter(|old| !old.contains('/') && is_like(word, old)));
        match moved(word, &files, needs) {
            Some(new) => pairs.push(Renamed::new(word, new)),
            None if files.is_empty() || lost.iter().any(|lost| lost == word) => {}
            None => lost.push(word.to_owned()),
        }
    }
    (pairs, lost)
}

/// A text with blanks for what stands in quotes.
fn outside_quotes(text: &str) -> String {
    let mut quoting = Quoting::new();
    let one = |c: char| {
        let is_bare = matches!(quoting.state(), Quotes::None | Quotes::Inner) && !quoting.is_escaped();
        quoting.take(c);
        if is_bare && !quoting.is_comment() { c } else { ' ' }
    };
    text.chars().map(one).collect()
}

/// Where the files of a wildcard stand as the command sees them; none if one of them is not read.
fn moved(word: &str, files: &[&str], needs: &Needs) -> Option<String> {
    if let Some(pair) = needs.renamed.iter().find(|pair| many::shown(&pair.old) == word) {
        return Some(pair.new.clone());
    }
    let literal = word.split(['*', '?', '[']).next()?.rsplit_once('/').map_or("", |(folder, _)| folder);
    // Of a folder that is read as a whole, so is each wildcard in it.
    let rest = |pair: &Renamed| {
        literal.strip_prefix(&pair.old).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(str::len)
    };
    if let Some((pair, rest)) = needs.renamed.iter().find_map(|pair| Some((pair, rest(pair)?))) {
        return Some(format!("{}{}", pair.new, &word[literal.len() - rest..]));
    }
    let folder = |file: &&str| {
        let pair = needs.renamed.iter().find(|pair| pair.old == *file)?;
        pair.new.strip_suffix(file.strip_prefix(literal)?).map(str::to_owned)
    };
    let mut folders = files.iter().map(folder);
    let first = folders.next()??;
    folders.all(|other| other.as_ref() == Some(&first)).then(|| format!("{first}{}", &word[literal.len()..]))
}

/// Targets of the same rule that a recipe writes though another pipeline is to make them.
pub(super) fn others(text: &str, family: &Family) -> Vec<String> {
    let inside = |target: &str| target.trim_start_matches("../").trim_start_matches("./").to_owned();
    let own = |target: &&String| family.targets.iter().any(|own| own.ends_with(&inside(target)));
    let others = family.rule.targets.iter().filter(|target| !own(target) && !target.contains('%'));
    if family.is_map() {
        return Vec::new();
    }
    others.filter(|target| names(text, target)).cloned().collect()
}

/// Programs that leave nothing worth keeping.
const IDLE: [&str; 11] = ["mkdir", "echo", "printf", "rm", "cd", ":", "true", "set", "test", "[", "sleep"];

/// What is to be said of a recipe in which nothing but `touch` names a target, after lines that make something elsewhere.
pub(super) fn stamp<'a>(
    lines: impl Iterator<Item = &'a str>,
    targets: &[(String, String)],
) -> Option<String> {
    let parts = lines.flat_map(|line| line.split(['&', ';', '\n'])).map(str::trim);
    let (naming, others): (Vec<&str>, Vec<&str>) = parts
        .filter(|part| !part.is_empty())
        .partition(|part| targets.iter().any(|(_, target)| names(part, target)));
    let first = |part: &str| part.split_whitespace().next().unwrap_or_default().to_owned();
    let works = |part: &&str| !IDLE.contains(&first(part).as_str()) && !part.contains("/pfs/out");
    let is_stamp = !naming.is_empty() && naming.iter().all(|part| first(part) == "touch");
    let work = others.into_iter().find(works).filter(|_| is_stamp)?;
    Some(format!(
        "cmd: only `touch` names the target, so what `{}` makes lies elsewhere; let it write below /pfs/out",
        with_each(work, "%")
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn a_wildcard_at_the_root_stands_for_what_is_read_or_is_to_be_settled() {
        let text = "r.txt: isles.dat abyss.dat z.py\n\tpython z.py *.dat > $@\n%.dat: books/%.txt\n\twc $< > $@\n\
                    s.txt: books/isles.txt\n\tls *.py '*.py' | cat - $< > $@\n";
        let files = [("books/isles.txt", ""), ("books/abyss.txt", ""), ("z.py", "")];
        let found = run(text, &files).expect("it is read");
        assert!(
            spec(&found, "r").contains("python z.py /pfs/dat/*.dat > /pfs/out/r.txt"),
            "{}",
            spec(&found, "r")
        );
        found.tells(Class::Todo, &["5: s: cmd: `*.py` is read, and not all of it is a prerequisite"]);
    }
}
