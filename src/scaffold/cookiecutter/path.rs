//! Rendered paths: none may lead out of the project, into its `.git`, or to where something else goes.

use super::error::CookieError;

/// A rendered path without `.` and doubled `/`, if it may be written.
///
/// Errors: it is empty, absolute, has a `..`, or leads into a `.git`.
pub(super) fn safe(name: &str, rendered: &str) -> Result<String, CookieError> {
    let problem = match rendered {
        "" => Some("which is empty"),
        path if path.starts_with('/') => Some("which is absolute"),
        path if path.contains('\0') => Some("which holds a zero byte"),
        path if parts(path).any(|part| part == "..") => Some("which has a `..`"),
        path if parts(path).any(|part| part.eq_ignore_ascii_case(".git")) => {
            Some("which leads into a `.git`")
        }
        path if parts(path).next().is_none() => Some("which is empty"),
        _ => None,
    };
    match problem {
        None => Ok(parts(rendered).collect::<Vec<_>>().join("/")),
        Some(problem) => Err(CookieError::Path { name: name.to_owned(), path: rendered.to_owned(), problem }),
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_inside_are_safe() {
        assert_eq!(safe("n", "./a//b").expect("it is"), "a/b");
        for path in ["", ".", "/etc/x", "a/../b", "..", ".git/config", "a/.GIT/hooks", "a\0b"] {
            assert!(safe("n", path).is_err(), "{path:?}");
        }
    }
}
