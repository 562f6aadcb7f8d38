//! Tags of a scaffold's repository: versions to try, and those after the one that a project stays at.

use std::path::Path;

use crate::git::process::{Access, git};
use crate::scaffold::Source;

/// Tags of a repository, newest first; none where it cannot be asked.
pub(super) fn tags(url: &str) -> Vec<String> {
    let asked = git(Path::new("/"), Access::Read)
        .args(["ls-remote", "--tags", "--refs", "--sort=-version:refname", "--", url])
        .output();
    let said = asked.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    said.lines().filter_map(|line| line.split_once("refs/tags/").map(|(_, tag)| tag.to_owned())).collect()
}

/// Tags after the one that a project was told to stay at, newest first; none if it follows a branch or a commit.
pub(super) fn after(root: &Path, source: &Source) -> Vec<String> {
    let (place, Some(at)) = source.place() else { return Vec::new() };
    let here = root.join(place);
    let url = if here.exists() { &*here.to_string_lossy() } else { place };
    newer(at, &tags(url.strip_prefix("git+").unwrap_or(url)))
}

/// The tags before one in a list that begins with the newest, if they number versions as it does.
fn newer(at: &str, all: &[String]) -> Vec<String> {
    let Some(place) = all.iter().position(|tag| tag == at) else { return Vec::new() };
    all[..place].iter().filter(|tag| is_like(tag, at)).cloned().collect()
}

/// Whether a tag is a version, and no trial of one, with the same word before its number.
fn is_like(tag: &str, other: &str) -> bool {
    let parts = |tag: &str| {
        let (word, number) = tag.split_at(tag.find(|c: char| c.is_ascii_digit()).unwrap_or(tag.len()));
        (word.to_owned(), number.to_owned())
    };
    let ((word, number), (of_other, _)) = (parts(tag), parts(other));
    word == of_other && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_of_the_same_kind_are_newer() {
        let all = ["weekly-9", "v3.0-rc1", "v2.1", "v2.0", "v1", "1.0"].map(str::to_owned);
        for (at, expected) in
            [("v1", &["v2.1", "v2.0"][..]), ("v2.1", &[]), ("main", &[]), ("1.0", &[]), ("v3.0-rc1", &[])]
        {
            assert_eq!(newer(at, &all), expected, "{at}");
        }
    }
}
