//! Which files Python means by the names of modules: in `import` statements, and after `-m`; and where it looks for them.

use std::borrow::Cow;

/// A file that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Module {
    /// So many folders above the text's own it is looked for, no other place; absent where Python's search path counts.
    pub(super) up: Option<usize>,
    /// Its path from there.
    pub(super) path: String,
}

/// The files that modules after `-m` would be: `python -m a.b` runs `a/b.py` or `a/b/__main__.py`.
pub(super) fn started(text: &str) -> Vec<Module> {
    let is_edge = |c: char| c.is_whitespace() || "\"'`()[],;&|".contains(c);
    let words: Vec<&str> = text.split(is_edge).filter(|word| !word.is_empty()).collect();
    let names = words.windows(2).filter(|pair| pair[0] == "-m").map(|pair| pair[1]);
    let names = names.filter(|name| is_name(name));
    names.flat_map(|name| files(None, name).into_iter().chain([module(None, &[name, "__main__"])])).collect()
}

/// The files that modules in the `import` statements of a program would be.
pub(super) fn imported(text: &str) -> Vec<Module> {
    let mut found: Vec<Module> =
        statements(&joined(text)).flat_map(|statement| imported_by(statement.trim())).collect();
    for call in ["import_module(", "__import__("] {
        for rest in text.split(call).skip(1) {
            let name =
                rest.trim_start().strip_prefix(['"', '\'']).and_then(|name| name.split(['"', '\'']).next());
            found.extend(name.filter(|name| is_name(name)).into_iter().flat_map(|name| files(None, name)));
        }
    }
    found
}

/// The same of programs in the arguments of a command: `python -c 'import a'`.
pub(super) fn imported_in_arguments(text: &str) -> Vec<Module> {
    if !text.contains("python") {
        return Vec::new();
    }
    text.split(['"', '\'']).flat_map(imported).collect()
}

/// Folders that a text puts on Python's search path: `PYTHONPATH=src:lib`.
pub(super) fn search_path(text: &str) -> impl Iterator<Item = &str> {
    let values = text.split("PYTHONPATH=").skip(1);
    let values = values.filter_map(|rest| {
        rest.trim_start_matches(['"', '\'']).split(|c: char| c.is_whitespace() || "\"';&|".contains(c)).next()
    });
    values.flat_map(|value| value.split(':')).map(in_project).filter(|folder| !folder.contains('$'))
}

/// A folder of the project, written with or without the variable of where one stands.
pub(super) fn in_project(folder: &str) -> &str {
    let folder = folder.strip_prefix("$PWD").or_else(|| folder.strip_prefix("${PWD}")).unwrap_or(folder);
    folder.trim_matches('/')
}

/// The text with lines that go on in the next one made one: after a backslash, and in the brackets of an import.
fn joined(text: &str) -> Cow<'_, str> {
    let text: Cow<'_, str> =
        if text.contains("\\\n") { text.replace("\\\n", " ").into() } else { text.into() };
    if !text.lines().any(opens) {
        return text;
    }
    let (mut out, mut is_open) = (String::with_capacity(text.len()), false);
    for line in text.lines() {
        let is_begun = is_open || opens(line);
        let line = if is_begun { line.split('#').next().unwrap_or_default() } else { line };
        is_open = is_begun && !line.contains(')');
        out.push_str(line);
        out.push(if is_open { ' ' } else { '\n' });
    }
    out.into()
}

/// Whether an import has a bracket that is closed in another line.
fn opens(line: &str) -> bool {
    line.contains("import") && line.contains('(') && !line.contains(')')
}

/// Statements, those behind a colon too: `try: import a`.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split(';')).flat_map(|statement| {
        let behind = statement.match_indices(':').map(|(at, _)| &statement[at + 1..]);
        std::iter::once(statement).chain(behind)
    })
}

fn imported_by(statement: &str) -> Vec<Module> {
    let names = |list: &str| -> Vec<String> {
        let list = list.split('#').next().unwrap_or_default();
        let each =
            list.split(',').filter_map(|part| part.trim_matches([' ', '(', ')', '\\']).split(' ').next());
        each.filter(|name| is_name(name)).map(str::to_owned).collect()
    };
    if let Some(list) = statement.strip_prefix("import ") {
        return names(list).iter().flat_map(|name| files(None, name)).collect();
    }
    let Some((from, list)) = statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
    else {
        return Vec::new();
    };
    let package = from.trim().trim_start_matches('.');
    let dots = from.trim().len() - package.len();
    let up = dots.checked_sub(1);
    if !package.is_empty() && !is_name(package) {
        return Vec::new();
    }
    let own = if package.is_empty() { vec![module(up, &["__init__"])] } else { files(up, package) };
    let parts = names(list).into_iter().map(|name| match package {
        "" => module(up, &[&name]),
        _ => module(up, &[package, &name]),
    });
    own.into_iter().chain(parts).collect()
}

/// A module as a file, as a package, and the packages that it lies in, which are run before it.
fn files(up: Option<usize>, name: &str) -> Vec<Module> {
    let above = name.match_indices('.').map(|(at, _)| &name[..at]).chain([name]);
    let packages = above.map(|package| module(up, &[package, "__init__"]));
    std::iter::once(module(up, &[name])).chain(packages).collect()
}

fn module(up: Option<usize>, names: &[&str]) -> Module {
    Module { up, path: format!("{}.py", names.join("/").replace('.', "/")) }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        part.chars().all(is_letter) && part.chars().next().is_some_and(|c| !c.is_ascii_digit())
    };
    name.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(found: Vec<Module>) -> Vec<String> {
        let told = |module: Module| match module.up {
            Some(up) => format!("{up}:{}", module.path),
            None => module.path,
        };
        found.into_iter().map(told).collect()
    }

    #[test]
    fn modules_that_are_started() {
        for (text, expected) in [
            ("python3 -m a.b x", vec!["a/b.py", "a/__init__.py", "a/b/__init__.py", "a/b/__main__.py"]),
            ("sh -c 'python -m a'", vec!["a.py", "a/__init__.py", "a/__main__.py"]),
            ("git commit -m 'a: b'", vec![]),
            ("x -m", vec![]),
            ("x -m -q", vec![]),
        ] {
            assert_eq!(paths(started(text)), expected, "{text}");
        }
    }

    #[test]
    fn programs_and_search_paths_in_arguments() {
        let command = "sh\n-c\ncd src && PYTHONPATH=lib:$PWD/more python3 -c \"import m; print(m.x)\"";
        assert_eq!(paths(imported_in_arguments(command)), ["m.py", "m/__init__.py"]);
        assert_eq!(search_path(command).collect::<Vec<_>>(), ["lib", "more"]);
        assert_eq!(paths(imported_in_arguments("echo 'import x'")), Vec::<String>::new());
        assert_eq!(search_path("PYTHONPATH=\"$HOME/x:src\" a").collect::<Vec<_>>(), ["src"]);
    }

    #[test]
    fn modules_that_are_imported() {
        for (text, expected) in [
            ("import a", vec!["a.py", "a/__init__.py"]),
            (
                "  import a.b as c, d  # x",
                vec!["a/b.py", "a/__init__.py", "a/b/__init__.py", "d.py", "d/__init__.py"],
            ),
            ("from a import b, c as d", vec!["a.py", "a/__init__.py", "a/b.py", "a/c.py"]),
            ("from . import (b,", vec!["0:__init__.py", "0:b.py"]),
            ("from ..a import *", vec!["1:a.py", "1:a/__init__.py"]),
            ("from the past import", vec![]),
            ("importlib", vec![]),
            ("import 3d", vec![]),
            (
                "import a; from b import c; x()",
                vec!["a.py", "a/__init__.py", "b.py", "b/__init__.py", "b/c.py"],
            ),
            ("except ImportError: import a", vec!["a.py", "a/__init__.py"]),
            ("from . \\\n  import b", vec!["0:__init__.py", "0:b.py"]),
            ("from . import (  # two\n  b,  # one\n  c,\n)\n", vec!["0:__init__.py", "0:b.py", "0:c.py"]),
            ("x = importlib.import_module('a.b')", vec!["a/b.py", "a/__init__.py", "a/b/__init__.py"]),
        ] {
            assert_eq!(paths(imported(text)), expected, "{text}");
        }
    }
}
