//! Which annexed content no repository is known to have, by the location logs of git-annex. No program is started.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use git2::Tree;
use md5::{Digest as _, Md5};

use super::Repo;
use super::annex::escape;

/// How logs say that a repository has something.
const HAS_IT: &str = "1";

impl Repo {
    /// So many of these keys are in no repository, as far as git-annex knows here; none where it knows nothing.
    pub fn known_nowhere<'k>(&self, keys: impl Iterator<Item = &'k str>) -> usize {
        // What git-annex noted and has not committed yet may tell of any of them.
        let noted = std::fs::read_dir(self.annex_dir().join("annex/journal"));
        if noted.is_ok_and(|mut noted| noted.next().is_some()) {
            return 0;
        }
        let trees = self.location_trees();
        if trees.is_empty() { 0 } else { keys.filter(|key| self.is_nowhere(&trees, key)).count() }
    }

    /// What the branches of git-annex hold, this repository's own and those of others.
    fn location_trees(&self) -> Vec<Tree<'_>> {
        let all = ["refs/heads/git-annex", "refs/remotes/*/git-annex"];
        let found = all.iter().filter_map(|glob| self.inner.references_glob(glob).ok());
        found.flatten().filter_map(|reference| reference.ok()?.peel_to_tree().ok()).collect()
    }

    fn is_nowhere(&self, trees: &[Tree<'_>], key: &str) -> bool {
        let path = log_of(key);
        let logs = trees.iter().filter_map(|tree| tree.get_path(path.as_ref()).ok());
        let blobs = logs.filter_map(|entry| self.inner.find_blob(entry.id()).ok());
        let texts: Vec<String> =
            blobs.map(|blob| String::from_utf8_lossy(blob.content()).into_owned()).collect();
        !has_it(texts.iter().flat_map(|text| text.lines()))
    }
}

/// Where the branch of git-annex has the location log of a key.
fn log_of(key: &str) -> String {
    let hex = Md5::digest(key.as_bytes()).iter().take(3).fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{}/{}/{}.log", &hex[..3], &hex[3..], escape(key))
}

/// Whether lines of logs say of any repository that it has something; of each the newest line counts.
fn has_it<'l>(lines: impl Iterator<Item = &'l str>) -> bool {
    let mut newest: BTreeMap<&str, (f64, bool)> = BTreeMap::new();
    for line in lines {
        let mut words = line.split(' ');
        let (Some(at), Some(status), Some(uuid)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let at: f64 = at.trim_end_matches('s').parse().unwrap_or_default();
        let known = newest.entry(uuid).or_insert((at, false));
        if at >= known.0 {
            *known = (at, status == HAS_IT);
        }
    }
    newest.into_values().any(|(_, has)| has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_of_each_repository_counts() {
        let (came, went) = ("1700000000.5s 1 aaa", "1700000001s 0 aaa");
        assert!(has_it([came].into_iter()));
        assert!(!has_it([came, went].into_iter()) && !has_it([went, came].into_iter()));
        assert!(has_it([came, went, "1s 1 bbb"].into_iter()) && !has_it(["1s X bbb"].into_iter()));
        assert!(!has_it(std::iter::empty()));
    }
}
