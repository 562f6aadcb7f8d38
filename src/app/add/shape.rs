//! `Shape`: the inputs of a new pipeline, how they go together, and where its results belong; and its spec as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::kind::AddKind;
use crate::app::draft::quoted;
use crate::plan::extension;

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its folder under `/pfs`.
    pub(super) name: String,
    /// What it reads.
    pub(super) repo: String,
    /// How that is cut.
    pub(super) glob: String,
    /// Whether entries without a partner are kept.
    pub(super) is_outer: bool,
}

impl Part {
    fn captures(&self) -> bool {
        self.glob.contains('(')
    }
}

/// How inputs go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Single,
    Cross,
    Union,
    Join,
    Group,
}

/// A pipeline's inputs and output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Its inputs.
    pub(super) parts: Vec<Part>,
    form: Form,
    /// Where a result belongs; `None` where the command must see the names around its data.
    output: Option<String>,
}

impl Shape {
    /// The shape of a kind.
    pub(super) fn new(kind: AddKind, parts: Vec<Part>) -> Self {
        let form = match kind {
            AddKind::Join => Form::Join,
            AddKind::Group => Form::Group,
            AddKind::Union if parts.len() > 1 => Form::Union,
            _ if parts.len() > 1 => Form::Cross,
            _ => Form::Single,
        };
        let output = (kind != AddKind::BidsParticipant).then(|| output(form, &parts));
        Self { parts, form, output }
    }

    /// The same, with results where they are wanted.
    pub(super) fn with_output(self, wanted: Option<&str>) -> Self {
        let safe = |text: &str| {
            text.starts_with('/') && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-${}".contains(c))
        };
        let written = |text: &str| if safe(text) { text.to_owned() } else { quoted(text) };
        Self { output: wanted.map(written).or(self.output), ..self }
    }

    /// Whether the command sees its data without the names around it.
    pub(super) fn hides_names(&self) -> bool {
        self.output.is_some()
    }

    /// The part of a spec that says so.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("input:\n");
        let word = match self.form {
            Form::Single => "",
            Form::Cross => "  cross:\n",
            Form::Union => "  union:\n",
            Form::Join => "  join:\n",
            Form::Group => "  group:\n",
        };
        text += word;
        for part in &self.parts {
            let (start, indent) =
                if self.form == Form::Single { ("  ", "    ") } else { ("    - ", "        ") };
            _ = writeln!(text, "{start}pfs:");
            if part.name != part.repo.rsplit('/').next().unwrap_or_default() {
                _ = writeln!(text, "{indent}name: {}", part.name);
            }
            _ = writeln!(text, "{indent}repo: {}\n{indent}glob: {}", plain(&part.repo), plain(&part.glob));
            match self.form {
                Form::Join => _ = writeln!(text, "{indent}join_on: $1"),
                Form::Group => _ = writeln!(text, "{indent}group_by: $1"),
                _ => {}
            }
            if part.is_outer {
                _ = writeln!(text, "{indent}outer_join: true");
            }
        }
        if let Some(output) = &self.output {
            _ = writeln!(text, "output: {output}");
        }
        text
    }
}

/// A text as YAML reads it back, without quotes where it needs none.
fn plain(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/_.-()*".contains(letter);
    let is_safe = text.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic());
    if is_safe && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

/// A word of a command, for a list in YAML.
pub(super) fn plain_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/_.-".contains(letter);
    let is_word = word.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic());
    let is_odd =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&&*word.to_ascii_lowercase());
    if is_word && !is_odd && word.chars().all(is_plain) { word.to_owned() } else { quoted(word) }
}

fn output(form: Form, parts: &[Part]) -> String {
    let capturing: Vec<&Part> = parts.iter().filter(|part| part.captures()).collect();
    match (form, capturing.as_slice()) {
        (_, []) => "/".to_owned(),
        (Form::Join, _) => "/${join}".to_owned(),
        (Form::Group, _) => "/${group}".to_owned(),
        (Form::Union, _) | (_, [_]) => "/$1".to_owned(),
        (_, several) => {
            several.iter().map(|part| format!("/${{{}.1}}", part.name)).collect::<Vec<_>>().concat()
        }
    }
}

/// Names for inputs that read these folders: the last part, in letters that a shell takes for a variable; all different.
pub(super) fn names(repos: &[String]) -> Vec<String> {
    let safe = |text: &str| {
        let name: String =
            text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        if name.starts_with(|first: char| first.is_ascii_digit()) { format!("in_{name}") } else { name }
    };
    let mut taken: BTreeSet<String> = ["out".to_owned()].into();
    let mut names = Vec::new();
    for repo in repos {
        let last = safe(repo.rsplit('/').next().unwrap_or_default());
        let all = safe(repo);
        let numbered = (2..).map(|number| format!("{all}_{number}"));
        let mut candidates = [last, all.clone()].into_iter().chain(numbered);
        let name = candidates.find(|name| taken.insert(name.clone())).unwrap_or_default();
        names.push(name);
    }
    names
}

/// The glob that cuts what stands in a folder, by the names at its top; those of folders end with `/`.
pub(super) fn usual_glob(kind: AddKind, top: &BTreeSet<String>) -> String {
    if matches!(kind, AddKind::Reduce | AddKind::BidsGroup) {
        return "/".to_owned();
    }
    let data: Vec<&str> = top.iter().map(String::as_str).filter(|name| !is_aside(name)).collect();
    let is_subject = |name: &&str| name.starts_with("sub-");
    let subjects: Vec<&str> = data.iter().copied().filter(is_subject).collect();
    let wants_subjects = matches!(kind, AddKind::PerSubject | AddKind::BidsParticipant);
    let (stem, data) = match (wants_subjects, subjects.is_empty()) {
        (true, _) | (false, false) if wants_subjects || subjects.len() == data.len() => ("sub-*", subjects),
        _ => ("*", data),
    };
    let ending = ending(&data);
    // What has one key is told apart by what follows it, or stands in several folders.
    let is_parted = data.is_empty() || data.iter().any(|name| name.contains('_'));
    if kind == AddKind::Group && is_parted {
        format!("/({stem})_(*){ending}")
    } else {
        format!("/({stem}){ending}")
    }
}

/// Whether a name is of something beside the data.
pub(super) fn is_aside(name: &str) -> bool {
    name.starts_with('.') || name.to_ascii_lowercase().starts_with("readme")
}

/// The ending that all these files have; none if there are folders, or files with another.
fn ending(names: &[&str]) -> String {
    let endings: BTreeSet<&str> =
        names.iter().map(|name| if name.ends_with('/') { "" } else { extension(name) }).collect();
    match endings.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => (*one).to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_follow_what_stands_there() {
        for (kind, names, glob) in [
            (AddKind::Map, &["a.txt", "b.txt", "README.md"][..], "/(*).txt"),
            (AddKind::Map, &["a.txt", "b.csv"], "/(*)"),
            (AddKind::Map, &["sub-1.nii.gz", "sub-2.nii.gz"], "/(sub-*).nii.gz"),
            (AddKind::Map, &["a/", "b/"], "/(*)"),
            (AddKind::Map, &[], "/(*)"),
            (AddKind::PerSubject, &["sub-1/", "dataset_description.json"], "/(sub-*)"),
            (AddKind::Group, &["sub-1_ses-1/", "sub-1_ses-2/"], "/(sub-*)_(*)"),
            (AddKind::Group, &["sub-1.txt", "sub-2.txt"], "/(sub-*).txt"),
            (AddKind::Reduce, &["a.txt"], "/"),
        ] {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(usual_glob(kind, &names), glob, "{kind:?} {names:?}");
        }
    }

    #[test]
    fn names_are_variables_and_differ() {
        let repos = ["raw/t1", "proc/t1", "raw/my-data", "out", "7t"].map(str::to_owned);
        assert_eq!(names(&repos), ["t1", "proc_t1", "my_data", "out_2", "in_7t"]);
    }
}
