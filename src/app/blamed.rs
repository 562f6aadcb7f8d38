//! Input files that the words of a failure name: where to look first.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::run::Planned;

/// More files than this are not told: what names many blames none.
const MOST: usize = 4;

/// So much of the end of a log is looked at, in bytes.
const TAIL: u64 = 8 << 10;

/// A name shorter than this is a word like others.
const LEAST: usize = 3;

/// The files that a datum sees and that a text names, by path from the root.
pub(super) fn blamed(planned: &Planned, number: usize, text: &str) -> Vec<String> {
    let plan = &planned.plan;
    if number >= plan.formed.datums.len() {
        return Vec::new();
    }
    let mut seen: Vec<(&str, String)> = Vec::new();
    for mount in plan.mounts(&planned.pipeline, number) {
        let matched = &plan.formed.matches[mount.at as usize];
        let range = matched.entries.start as usize..matched.entries.end as usize;
        let entries = &plan.trees[usize::from(matched.leaf)].entries()[range];
        seen.extend(entries.iter().map(|entry| (&*entry.path, mount.place_of(&entry.path))));
    }
    let found = named(&seen, text);
    if found.len() > MOST { Vec::new() } else { found.into_iter().map(str::to_owned).collect() }
}

/// Of files, each with its place below `/pfs`, those that a text names. A whole path names that file, and none of the same
/// name elsewhere.
fn named<'a>(seen: &'a [(&str, String)], text: &str) -> BTreeSet<&'a str> {
    let mut words: BTreeSet<&str> = text.split(is_between).map(|word| word.trim_end_matches('.')).collect();
    let whole: BTreeSet<&str> = seen
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| path.contains('/') && words.contains(path))
        .collect();
    words.retain(|word| !whole.contains(word));
    let others = seen.iter().filter(|(path, place)| is_named(path, place, &words)).map(|(path, _)| *path);
    others.chain(whole.iter().copied()).collect()
}

/// Whether a letter stands between names of files in what programs say.
fn is_between(letter: char) -> bool {
    letter.is_whitespace() || "'\"`‘’“”(),;:<>[]{}=".contains(letter)
}

/// Whether one of these words names a file by its name, in whatever folder, or by the place below `/pfs` where the command
/// saw it: another place there is no file of the datum's.
fn is_named(path: &str, seen_at: &str, words: &BTreeSet<&str>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_it = |word: &&str| match word.rsplit_once("/pfs/") {
        Some((_, place)) => place == seen_at,
        None => word.rsplit('/').next() == Some(name),
    };
    name.chars().count() >= LEAST && words.iter().any(is_it)
}

/// The end of a log as text; empty if it cannot be read.
pub(super) fn end_of_log(path: &Path) -> String {
    let read = || {
        let mut file = std::fs::File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_name_or_the_path_that_the_command_saw() {
        let told = |text: &str| {
            let words = text.split(is_between).map(|word| word.trim_end_matches('.')).collect();
            is_named("raw/t1/sub-13/T1w.txt", "t1/sub-13/T1w.txt", &words)
        };
        for text in [
            "measure.sh: T1w.txt is cut off",
            "cannot open '/pfs/t1/sub-13/T1w.txt'",
            "cannot open '/study/.git/minipach/slot/pfs/t1/sub-13/T1w.txt'",
            "FileNotFoundError: raw/t1/sub-13/T1w.txt.",
        ] {
            assert!(told(text), "{text}");
        }
        for text in
            ["T2w.txt is cut off", "myT1w.txt is bad", "sub-13 failed", "cannot open /pfs/t1/T1w.txt", ""]
        {
            assert!(!told(text), "{text}");
        }
    }

    #[test]
    fn a_whole_path_names_no_file_of_the_same_name_elsewhere() {
        let seen = ["cnt/s1/copy.dat", "cnt/s2/copy.dat", "cnt/s3/copy.dat"];
        let seen = seen.map(|path| (path, path.to_owned()));
        let told = |text: &str| named(&seen, text).into_iter().collect::<Vec<_>>();
        let lost = "the content of `cnt/s1/copy.dat` is not here: no repository is known to have it";
        assert_eq!(told(lost), ["cnt/s1/copy.dat"]);
        assert_eq!(told("copy.dat is cut off").len(), 3);
        assert_eq!(told("cnt/s1/copy.dat differs from copy.dat").len(), 3);
    }

    #[test]
    fn of_a_long_log_the_end_is_looked_at() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("log");
        let text = format!("first.txt\n{}last.txt\n", "x".repeat(20_000));
        std::fs::write(&path, text).expect("a file");
        let end = end_of_log(&path);
        assert!(end.ends_with("last.txt\n") && !end.contains("first.txt"));
        assert_eq!(end_of_log(&home.path().join("none")), "");
    }
}
