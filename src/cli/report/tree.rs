//! Paths drawn as a tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::show;

/// Folders that hold more than so many things are cut short.
const SHOWN: usize = 12;

/// A folder: what it holds by name, and what is said of a file.
#[derive(Default)]
struct Folder {
    inside: BTreeMap<String, Self>,
    said: Option<String>,
}

/// Draws paths, each with a word about it (or none), below a title; unless it is to be `whole`, large folders are cut
/// short.
pub(crate) fn tree<'a>(
    title: &str,
    paths: impl IntoIterator<Item = (&'a str, &'a str)>,
    whole: bool,
) -> String {
    let mut root = Folder::default();
    for (path, said) in paths {
        let end =
            path.split('/').fold(&mut root, |folder, part| folder.inside.entry(part.to_owned()).or_default());
        end.said = (!said.is_empty()).then(|| said.to_owned());
    }
    let mut out = format!("{}\n", show(title));
    draw(&root, "", if whole { usize::MAX } else { SHOWN }, &mut out);
    out
}

fn draw(folder: &Folder, indent: &str, most: usize, out: &mut String) {
    let count = folder.inside.len();
    let shown = if count > most { most - 1 } else { count };
    for (at, (name, inside)) in folder.inside.iter().take(shown).enumerate() {
        let is_last = at + 1 == count;
        let slash = if inside.inside.is_empty() { "" } else { "/" };
        let said = inside.said.as_ref().map(|said| format!("  ({said})")).unwrap_or_default();
        let sign = if is_last { "└──" } else { "├──" };
        _ = writeln!(out, "{indent}{sign} {}{slash}{said}", show(name));
        draw(inside, &format!("{indent}{}", if is_last { "    " } else { "│   " }), most, out);
    }
    if shown < count {
        _ = writeln!(out, "{indent}└── … and {} more", count - shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_a_tree() {
        let drawn = tree("study", [("a/x", ""), ("a/b/y", "kept"), ("c", "")], false);
        assert_eq!(drawn, "study\n├── a/\n│   ├── b/\n│   │   └── y  (kept)\n│   └── x\n└── c\n");
        let many: Vec<String> = (10..30).map(|number| format!("f/{number}")).collect();
        let paths = || many.iter().map(|path| (path.as_str(), ""));
        let drawn = tree("s", paths(), false);
        assert!(drawn.ends_with("    ├── 20\n    └── … and 9 more\n"), "{drawn}");
        let drawn = tree("s", paths(), true);
        assert!(drawn.ends_with("    ├── 28\n    └── 29\n") && !drawn.contains('…'), "{drawn}");
    }
}
