//! Guards on paths that a scaffold writes: they stay in the project, and each is written once.

/// Why a path may not be written, or its file read; a sentence fragment that follows the path.
pub(super) fn refusal(path: &str) -> Option<&'static str> {
    if path.trim().is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') {
        return Some("is absolute");
    }
    if path.chars().any(char::is_control) {
        return Some("holds a control character");
    }
    path.split('/').find_map(part_refusal)
}

fn part_refusal(part: &str) -> Option<&'static str> {
    match part {
        "" => Some("holds an empty part"),
        "." => Some("holds the part `.`"),
        ".." => Some("leads out of the project"),
        // File systems that do not tell `a` from `A` would let it in.
        _ if part.eq_ignore_ascii_case(".git") => Some("lies in git's own folder"),
        _ if part.len() > 255 => Some("has a part longer than a file's name may be"),
        _ => None,
    }
}

/// The first path that cannot be written with the others, and why: it is wrong, written twice, or both file and folder. A
/// fragment that follows the path.
pub(super) fn trouble<'a>(paths: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, &'static str)> {
    let mut sorted: Vec<&str> = paths.into_iter().collect();
    sorted.sort_unstable();
    if let Some(found) = sorted.iter().find_map(|path| Some((*path, refusal(path)?))) {
        return Some(found);
    }
    if let Some((path, _)) = sorted.iter().zip(sorted.iter().skip(1)).find(|(one, next)| one == next) {
        return Some((*path, "is written twice"));
    }
    let is_file = |folder: &str| sorted.binary_search(&folder).is_ok();
    let clash = |path: &&&str| path.match_indices('/').any(|(end, _)| is_file(&path[..end]));
    sorted.iter().find(clash).map(|path| (*path, "lies below a path that is a file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_project_and_are_written_once() {
        for (paths, why) in [
            (&["a", "b/c", ".gitignore", "x/.github/y"][..], None),
            (&["/etc/passwd"], Some("`/etc/passwd` is absolute")),
            (&["a/../../b"], Some("`a/../../b` leads out of the project")),
            (&[".git/hooks/x"], Some("`.git/hooks/x` lies in git's own folder")),
            (&["sub/.GIT/config"], Some("`sub/.GIT/config` lies in git's own folder")),
            (&["a//b"], Some("`a//b` holds an empty part")),
            (&["./a"], Some("`./a` holds the part `.`")),
            (&[" "], Some("` ` is empty")),
            (&["a\nb"], Some("`a\nb` holds a control character")),
            (&["a", "b", "a"], Some("`a` is written twice")),
            (&["a-b", "a", "a/b"], Some("`a/b` lies below a path that is a file")),
        ] {
            let found = trouble(paths.iter().copied()).map(|(path, why)| format!("`{path}` {why}"));
            assert_eq!(found.as_deref(), why, "{paths:?}");
        }
    }
}
