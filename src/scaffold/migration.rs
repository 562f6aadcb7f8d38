//! `Migration`: what a version of a scaffold does to projects laid out from an older one, beside its files.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What projects older than a version are told. Nothing of it is executed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// The version: it is for projects older than that.
    pub(super) to: String,
    /// The oldest version of a project that it is for; any if absent.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// Files and folders that are elsewhere by now: the old path, then the new one.
    #[serde(default)]
    rename: BTreeMap<String, String>,
    /// Files and folders that the scaffold lays out no more, and that stay as the project's own.
    #[serde(default)]
    leave: Vec<String>,
    /// Questions that have another name by now: the old one, then the new one.
    #[serde(default)]
    questions: BTreeMap<String, String>,
    /// Answers to new questions that such a project gives, unless it has one.
    #[serde(default)]
    set: BTreeMap<String, String>,
}

/// The migrations that a project of some version has before it, in order of their versions.
pub(super) fn since(all: &[Migration], version: &str) -> Vec<Migration> {
    let is_due = |migration: &&Migration| {
        let is_reached = |from: &String| compare(version, from).is_some_and(Ordering::is_ge);
        compare(version, &migration.to).is_some_and(Ordering::is_lt)
            && migration.from.as_ref().is_none_or(is_reached)
    };
    let mut due: Vec<Migration> = all.iter().filter(is_due).cloned().collect();
    due.sort_by_key(|migration| numbers(&migration.to));
    due
}

/// Where a file of the old layout is by now; nothing if the scaffold left it to the project.
pub fn moved(migrations: &[Migration], path: &str) -> Option<String> {
    migrations.iter().try_fold(path.to_owned(), |path, migration| migration.follow(&path, |_| true))
}

/// Where a file that a project has of its own is by now: elsewhere only if a whole folder around it moved.
pub fn moved_along(migrations: &[Migration], path: &str) -> Option<String> {
    migrations
        .iter()
        .try_fold(path.to_owned(), |path, migration| migration.follow(&path, |rest| !rest.is_empty()))
}

/// What is left of a path below a folder, or of the path itself.
fn rest_of<'a>(path: &'a str, of: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(of.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Old answers under the names that their questions have by now, with those that migrations give.
pub fn migrated(migrations: &[Migration], answers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    migrations.iter().fold(answers, |mut answers, migration| {
        for (old, new) in &migration.questions {
            if let Some(answer) = answers.remove(old) {
                answers.insert(new.clone(), answer);
            }
        }
        for (name, answer) in &migration.set {
            answers.entry(name.clone()).or_insert_with(|| answer.clone());
        }
        answers
    })
}

impl Migration {
    /// Where a path goes; nothing if it is left. Of several renames the one of the longest path counts.
    fn follow(&self, path: &str, counts: impl Fn(&str) -> bool) -> Option<String> {
        if self.leave.iter().any(|left| rest_of(path, left).is_some()) {
            return None;
        }
        let fits = self.rename.iter().filter_map(|(old, new)| Some((old.len(), new, rest_of(path, old)?)));
        let found = fits.filter(|(.., rest)| counts(rest)).max_by_key(|(length, ..)| *length);
        Some(
            found.map_or_else(
                || path.to_owned(),
                |(_, new, rest)| format!("{}{rest}", new.trim_end_matches('/')),
            ),
        )
    }

    /// Refuses one that nobody could follow, in a scaffold of some version that asks `questions`. Errors: a sentence.
    pub(super) fn sound(&self, version: &str, questions: &BTreeSet<&str>) -> Result<(), String> {
        let to = &self.to;
        let mut versions = [to.as_str(), version].into_iter().chain(self.from.as_deref());
        if let Some(odd) = versions.find(|version| numbers(version).is_none()) {
            return Err(format!("`{odd}` is no version like `1.2`, which `migrations` need"));
        }
        if compare(to, version) == Some(Ordering::Greater) {
            return Err(format!("a migration is to version {to}, and the scaffold is at {version}"));
        }
        let paths = self.rename.iter().flat_map(|(old, new)| [old, new]).chain(&self.leave);
        for path in paths {
            if let Some(why) = super::paths::refusal(path.strip_suffix('/').unwrap_or(path)) {
                return Err(format!("the migration to {to} names `{path}`, which {why}"));
            }
        }
        let mut names = self.questions.values().chain(self.set.keys());
        match names.find(|name| !questions.contains(name.as_str())) {
            Some(name) => Err(format!("the migration to {to} names `{name}`, which is no question")),
            None => Ok(()),
        }
    }
}

/// How two versions stand to one another; nothing where one has none of numbers and dots.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    Some(numbers(one)?.cmp(&numbers(other)?))
}

/// The numbers of a version such as `1.2`, without zeros at its end.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let numbers: Option<Vec<u64>> =
        version.trim_start_matches('v').split('.').map(|part| part.parse().ok()).collect();
    numbers.map(|mut numbers| {
        let used = numbers.iter().rposition(|number| *number > 0).map_or(0, |last| last + 1);
        numbers.truncate(used);
        numbers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations(text: &str) -> Vec<Migration> {
        serde_saphyr::from_str(&format!("[{text}]")).expect("a list")
    }

    #[test]
    fn those_between_two_versions_are_due_in_order() {
        let all = migrations(
            "{to: '1.10', rename: {b: c}}, {to: '1.9', rename: {a: b}}, {to: '2', from: '1.9', leave: [d]}",
        );
        for (version, wanted) in [
            ("1", vec!["1.9", "1.10"]),
            ("1.9", vec!["1.10", "2"]),
            ("1.10", vec!["2"]),
            ("2.0", vec![]),
            ("v1.9.0", vec!["1.10", "2"]),
            ("spring", vec![]),
        ] {
            let due = since(&all, version);
            assert_eq!(due.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), wanted, "{version}");
        }
        let folders = migrations("{to: '2', rename: {bin/: code, bin/x: y}, leave: [doc]}");
        for (path, by_now, along) in [
            ("bin/a/b", Some("code/a/b"), Some("code/a/b")),
            ("bin/x", Some("y"), Some("code/x")),
            ("binary", Some("binary"), Some("binary")),
            ("doc/a", None, None),
        ] {
            let wanted = (by_now.map(str::to_owned), along.map(str::to_owned));
            assert_eq!((moved(&folders, path), moved_along(&folders, path)), wanted, "{path}");
        }
        let due = since(&all, "1");
        assert_eq!((moved(&due, "a"), moved(&due, "e")), (Some("c".into()), Some("e".into())));
        assert_eq!(moved(&since(&all, "1.9"), "d"), None);
    }

    #[test]
    fn answers_follow_their_questions() {
        let all = migrations("{to: '2', questions: {head: lead}, set: {lead: Bo}}");
        let due = since(&all, "1");
        let answers = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(migrated(&due, answers(&[("head", "Ada")])), answers(&[("lead", "Ada")]));
        assert_eq!(migrated(&due, answers(&[])), answers(&[("lead", "Bo")]));
    }

    #[test]
    fn what_nobody_could_follow_is_refused() {
        for (version, text, part) in [
            ("2", "{to: next}", "`next` is no version"),
            ("spring", "{to: '2'}", "`spring` is no version"),
            ("2", "{to: '3'}", "the scaffold is at 2"),
            ("2", "{to: '2', rename: {a: ../b}}", "`../b`"),
            ("2", "{to: '2', leave: [/etc/x]}", "`/etc/x`"),
            ("2", "{to: '2', set: {who: x}}", "`who`, which is no question"),
        ] {
            let refused = migrations(text)[0].sound(version, &BTreeSet::from(["lead"])).expect_err(text);
            assert!(refused.contains(part), "{refused}");
        }
    }
}
