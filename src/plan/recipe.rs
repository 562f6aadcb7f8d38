//! Dockerfiles of a project: which files their images are made of.

use crate::model::{ContentId, FolderHasher, Recipe, Tree};

/// Whether a file is called like a Dockerfile.
pub(super) fn is_recipe(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_named = |word: &str| name == word || name.starts_with(&format!("{word}."));
    is_named("Dockerfile") || is_named("Containerfile") || name.to_ascii_lowercase().ends_with(".dockerfile")
}

/// A Dockerfile with the files that it may take: those beside it that its lines name.
pub(super) fn recipe(
    path: &str,
    text: &[u8],
    project: &Tree,
    is_data: &dyn Fn(&str) -> bool,
) -> (Recipe, ContentId) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let named = taken(&String::from_utf8_lossy(text));
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let below = project.below(folder);
    let mut files = Vec::new();
    let mut hasher = FolderHasher::new();
    for entry in below.entries() {
        let from_here = &entry.path[start..];
        let is_it =
            *entry.path == *path || from_here == ".dockerignore" || named.iter().any(|one| one == from_here);
        let is_beside = named.iter().any(|one| one.is_empty() || is_below(from_here, one));
        if is_it || is_beside && !is_data(&entry.path) {
            hasher.add(from_here, entry.kind, &entry.content);
            files.push(entry.path.to_string());
        }
    }
    let recipe = Recipe { path: path.to_owned(), folder: folder.to_owned(), files };
    (recipe, hasher.finish())
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// What the lines of a Dockerfile take from beside it: files and folders, or all by an empty name.
fn taken(text: &str) -> Vec<String> {
    let whole = text.replace("\\\n", " ");
    whole.lines().flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<String> {
    let Some((word, rest)) = line.trim().split_once(char::is_whitespace) else { return Vec::new() };
    let is_taking = word.eq_ignore_ascii_case("copy") || word.eq_ignore_ascii_case("add");
    if !is_taking {
        return Vec::new();
    }
    let rest = rest.trim();
    let listed = rest.find('[').and_then(|at| serde_json::from_str::<Vec<String>>(&rest[at..]).ok());
    let words = listed.unwrap_or_else(|| rest.split_whitespace().map(str::to_owned).collect());
    if rest.split_whitespace().any(|word| word.starts_with("--from=")) {
        return Vec::new();
    }
    let plain: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let sources = plain.split_last().map_or(&[][..], |(_, sources)| sources);
    sources
        .iter()
        .filter(|word| !word.contains("://") && !word.starts_with("<<"))
        .map(|word| fixed_part(word))
        .collect()
}

/// The part of a path before what is only known when it is built.
fn fixed_part(word: &str) -> String {
    let is_open = |part: &&str| part.contains(['*', '?', '[', '$']);
    let parts = word.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.take_while(|part| !is_open(part)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Entry, Kind, Oid};

    fn files(path: &str, dockerfile: &str) -> Vec<String> {
        let all =
            ["Dockerfile", "c.py", "env/Dockerfile", "env/a.py", "env/lib/b.py", "env/other.txt", "raw/data"];
        let content = ContentId::Git(Oid([7; 20]));
        let entry = |path: &&str| Entry { path: (*path).into(), kind: Kind::File, content: content.clone() };
        let project = Tree::new("", all.iter().map(entry).collect::<Arc<[Entry]>>());
        recipe(path, dockerfile.as_bytes(), &project, &|path| path.starts_with("raw/")).0.files
    }

    #[test]
    fn a_recipe_takes_what_its_lines_name() {
        assert_eq!(files("env/Dockerfile", "FROM x\nRUN true\n"), ["env/Dockerfile"]);
        let lines = "FROM x\nCOPY --chown=a a.py \\\n  /app/\nADD [\"lib\", \"/lib\"]\nCOPY --from=y /z /z\n";
        assert_eq!(files("env/Dockerfile", lines), ["env/Dockerfile", "env/a.py", "env/lib/b.py"]);
        assert_eq!(files("env/Dockerfile", "copy *.txt /").len(), 4);
        let all = files("Dockerfile", "COPY . /app");
        assert!(all.contains(&"c.py".to_owned()) && !all.contains(&"raw/data".to_owned()), "{all:?}");
        assert_eq!(files("Dockerfile", "COPY raw/data /app"), ["Dockerfile", "raw/data"]);
    }
}
