//! Paths of a source as paths of the project, and what kind of file one is: data or code.

use super::source::Facts;

/// `base/path` without `.` and `..`; none when it leaves the project or is absolute.
pub(super) fn join(base: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~', '$']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Folder and name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Endings of files that somebody wrote to be run.
const ENDINGS: [&str; 22] = [
    "py", "sh", "bash", "zsh", "R", "r", "Rmd", "qmd", "pl", "rb", "jl", "js", "mjs", "ts", "lua", "m",
    "awk", "sed", "sql", "ipynb", "jar", "exe",
];
/// Folders where code is kept.
const FOLDERS: [&str; 7] = ["code", "src", "bin", "scripts", "script", "lib", "tools"];

/// Whether a file or folder is code and not data: by its ending, by the folder it lies in, or since a folder holds
/// nothing else.
pub(super) fn is_code(path: &str, facts: &dyn Facts) -> bool {
    let (folder, name) = split(path);
    let has_ending = |name: &str| name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    let first = path.split('/').next().unwrap_or_default();
    let is_settings =
        folder.is_empty() && matches!(name, "params.yaml" | "requirements.txt" | "environment.yml");
    let holds_code = |path: &str| {
        let mut files = facts.below(path).peekable();
        files.peek().is_some() && files.all(|file| has_ending(split(file).1))
    };
    has_ending(name) || FOLDERS.contains(&first) || is_settings || (!facts.has(path) && holds_code(path))
}

/// Where a script names a path that it was not told: `code/run.py:3`, the first such place.
pub(super) fn evidence(scripts: &[String], path: &str, facts: &dyn Facts) -> Option<String> {
    let (_, name) = split(path);
    scripts.iter().filter(|script| facts.has(script)).find_map(|script| {
        let text = facts.read(script)?;
        let line = text.lines().position(|line| line.contains(path));
        let line = line.or_else(|| text.lines().position(|line| !name.is_empty() && line.contains(name)))?;
        Some(format!("{script}:{}", line + 1))
    })
}

/// Files of the project that the words of a command name.
pub(super) fn named_files(text: &str, folder: &str, facts: &dyn Facts) -> Vec<String> {
    let is_edge = |c: char| c.is_whitespace() || "\"'`()<>|&;,=:".contains(c);
    let words = text.split(is_edge).filter_map(|word| join(folder, word));
    let mut found: Vec<String> = words.filter(|path| facts.has(path)).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::super::source::Held;
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for (base, path, expected) in [
            ("a", "../b", Some("b")),
            ("", "./x//y", Some("x/y")),
            ("a", "../../b", None),
            ("", "/etc", None),
            ("", "~/x", None),
        ] {
            assert_eq!(join(base, path).as_deref(), expected, "{base} {path}");
        }
    }

    #[test]
    fn code_and_data() {
        let facts = Held::new(&[
            ("data/a.csv", ""),
            ("helpers/x.py", "open(\"out/a.txt\")\n"),
            ("code/list.txt", ""),
        ]);
        for (path, expected) in [
            ("x.py", true),
            ("data/a.csv", false),
            ("data", false),
            ("helpers", true),
            ("code/list.txt", true),
            ("gone", false),
        ] {
            assert_eq!(is_code(path, &facts), expected, "{path}");
        }
        assert_eq!(
            evidence(&["helpers/x.py".into()], "out/a.txt", &facts).as_deref(),
            Some("helpers/x.py:1")
        );
        assert_eq!(
            named_files("python helpers/x.py -i data/a.csv", "", &facts),
            ["helpers/x.py", "data/a.csv"]
        );
    }
}
