//! Lines of a `scaffold.yml`: where its questions, files and conditions stand, to say where something is wrong.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

/// Lines of one manifest, its own parts only.
#[derive(Default, Deserialize)]
pub(super) struct Lines {
    #[serde(default)]
    questions: Vec<Asked>,
    #[serde(default)]
    files: Vec<Laid>,
    #[serde(default)]
    actions: Vec<Done>,
    #[serde(default)]
    migrations: Vec<Moved>,
}

#[derive(Deserialize)]
struct Asked {
    name: Spanned<String>,
}

#[derive(Deserialize)]
struct Laid {
    src: Spanned<String>,
    dest: Spanned<String>,
    when: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Done {
    when: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Moved {
    to: Spanned<String>,
}

impl Lines {
    /// Of a manifest that reads.
    pub(super) fn of(text: &str) -> Self {
        serde_saphyr::from_str(text).unwrap_or_default()
    }

    /// Of the last question of that name.
    pub(super) fn question(&self, name: &str) -> Option<u64> {
        self.questions
            .iter()
            .rfind(|asked| asked.name.value == name)
            .map(|asked| asked.name.referenced.line())
    }

    /// Of the `src` of a file, by its number.
    pub(super) fn src(&self, number: usize) -> Option<u64> {
        self.files.get(number).map(|laid| laid.src.referenced.line())
    }

    /// Of the `dest` of a file, by its number.
    pub(super) fn dest(&self, number: usize) -> Option<u64> {
        self.files.get(number).map(|laid| laid.dest.referenced.line())
    }

    /// Of the condition of a file, by its number.
    pub(super) fn file_when(&self, number: usize) -> Option<u64> {
        self.files.get(number)?.when.as_ref().map(|when| when.referenced.line())
    }

    /// Of the condition of an action, by its number.
    pub(super) fn action_when(&self, number: usize) -> Option<u64> {
        self.actions.get(number)?.when.as_ref().map(|when| when.referenced.line())
    }

    /// Of the migration to a version.
    pub(super) fn migration(&self, to: &str) -> Option<u64> {
        self.migrations.iter().find(|moved| moved.to.value == to).map(|moved| moved.to.referenced.line())
    }
}

/// What is wrong, with its line if there is one.
pub(super) fn at(line: Option<u64>, problem: &str) -> String {
    match line {
        Some(line) => format!("line {line} of its `scaffold.yml`: {problem}"),
        None => problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_name_or_number() {
        let lines = Lines::of(
            "questions:\n  - {name: a, type: text}\n  - prompt: b\n    name: b\nfiles:\n  - {src: x, dest: y}\n  - src: x\n    \
             dest: z\n    when:\n      - a\n      - b\nactions: [{do: datalad, when: a}]\nmigrations:\n  - to: '2'\n",
        );
        assert_eq!((lines.question("a"), lines.question("b"), lines.question("c")), (Some(2), Some(4), None));
        assert_eq!((lines.src(0), lines.src(1), lines.dest(1)), (Some(6), Some(7), Some(8)));
        assert_eq!((lines.file_when(0), lines.file_when(1)), (None, Some(10)));
        assert_eq!((lines.action_when(0), lines.migration("2")), (Some(12), Some(14)));
    }
}
