//! Names: of pipelines from what the source calls them, and of inputs, which are shell variables too.

use std::collections::BTreeSet;

/// A folder name made of any text: letters, digits, `_`, `-` and `.`, beginning with a letter or digit.
pub(super) fn folder(text: &str) -> String {
    let parts = text.split('/').map(component).filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join("/");
    if name.is_empty() { "imported".to_owned() } else { name }
}

/// Whether Pachyderm lets a repo have a name.
pub(super) fn is_repo(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && name.chars().all(is_plain)
}

fn component(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' };
    let clean: String = text.chars().map(plain).collect();
    let trimmed = clean.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches(['_', '.']);
    if trimmed.eq_ignore_ascii_case("git") { "git_".to_owned() } else { trimmed.to_owned() }
}

/// Variables that a command needs as they are, and words with a meaning below `/pfs`.
const TAKEN: [&str; 16] = [
    "out",
    "rest",
    "stem",
    "PATH",
    "HOME",
    "PWD",
    "IFS",
    "LANG",
    "TMPDIR",
    "SHELL",
    "USER",
    "PFS",
    "TZ",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "env",
];

/// Names of the inputs of one pipeline.
#[derive(Debug, Default)]
pub(super) struct InputNames {
    taken: BTreeSet<String>,
}

impl InputNames {
    /// Names that are taken by something else already.
    pub(super) fn without(taken: &[String]) -> Self {
        Self { taken: taken.iter().cloned().collect() }
    }

    /// A name for an input of this repo: its last part, as a shell can expand it, and no other input's.
    pub(super) fn take(&mut self, repo: &str) -> String {
        let last = repo.rsplit('/').next().unwrap_or(repo);
        let mut name: String =
            last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            name.insert_str(0, "in_");
        }
        let is_free = |name: &str| !TAKEN.contains(&name) && !self.taken.contains(name);
        let mut tries = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}_{number}")));
        let free = tries.find(|name| is_free(name)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }
}

/// Names of the pipelines of one source.
#[derive(Debug, Default)]
pub(super) struct PipelineNames {
    taken: BTreeSet<String>,
}

impl PipelineNames {
    /// A name like this one that no other pipeline has, and that lies neither in nor around another's folder.
    pub(super) fn take(&mut self, text: &str) -> String {
        let name = folder(text);
        // Beside the folder that is taken, not inside of it.
        let flat = name.replace('/', "_");
        let numbered = (2..).map(|number| format!("{flat}_{number}"));
        let mut tries = [name.clone(), flat.clone()].into_iter().chain(numbered);
        let free = tries.find(|name| self.is_free(name)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }

    fn is_free(&self, name: &str) -> bool {
        let is_in = |path: &str, folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !self.taken.iter().any(|other| is_in(other, name) || is_in(name, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        for (text, expected) in [
            ("out/a b", "out/a_b"),
            ("-x", "x"),
            ("../../etc", "etc"),
            ("ä", "imported"),
            ("a//b/", "a/b"),
            (".git", "git_"),
        ] {
            assert_eq!(folder(text), expected);
        }
    }

    #[test]
    fn inputs_are_variables() {
        let mut names = InputNames::default();
        let found: Vec<String> =
            ["raw/t1", "other/t1", "sub-1", "1x", "out"].map(|repo| names.take(repo)).to_vec();
        assert_eq!(found, ["t1", "t1_2", "sub_1", "in_1x", "out_2"]);
    }

    #[test]
    fn no_pipeline_in_another() {
        let mut names = PipelineNames::default();
        assert_eq!(["out", "out/a", "x/y", "x"].map(|name| names.take(name)), ["out", "out_a", "x/y", "x_2"]);
    }
}
