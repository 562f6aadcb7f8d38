//! The place of a new project: what looks like an address or a template, and what lies in another repository.

use std::path::{Component, Path};

use super::say;
use crate::app::{AppError, Laid, quoted};
use crate::cli::layout_args::New;
use crate::cli::report::{Style, paint};
use crate::model::show;

/// Where people keep repositories.
const HOSTS: [&str; 5] = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gin.g-node.org"];

/// Refuses an address that lacks its beginning: nobody wants a folder of that name.
///
/// # Errors
/// When it is one.
pub(super) fn refuse_address(args: &New) -> Result<(), AppError> {
    let Some(text) = args.dir.as_deref().and_then(Path::to_str) else { return Ok(()) };
    let Some(address) = address(text).filter(|_| !Path::new(text).exists()) else { return Ok(()) };
    let word = quoted(text);
    let error = AppError::usage(format!("`{}` looks like an address, and no folder was made", show(text)));
    Err(error.hint(format!(
        "a template or scaffold: `minipach new {address}`, `minipach new DIR --scaffold {address}`; a folder: `minipach new ./{word}`"
    )))
}

/// The whole address that a text lacks the beginning of.
fn address(text: &str) -> Option<String> {
    let (host, rest) = text.strip_prefix("www.").unwrap_or(text).split_once('/')?;
    if HOSTS.contains(&host) && !rest.is_empty() {
        return Some(format!("https://{host}/{rest}"));
    }
    let is_git = Path::new(text).extension().is_some_and(|ending| ending == "git");
    (is_git && is_pair(text)).then(|| format!("gh:{}", text.trim_end_matches(".git")))
}

/// Whether a text is `owner/name`, as forges call repositories.
fn is_pair(text: &str) -> bool {
    let parts: Vec<Component<'_>> = Path::new(text).components().collect();
    !text.ends_with('/') && parts.len() == 2 && parts.iter().all(|part| matches!(part, Component::Normal(_)))
}

/// Says what was likely meant by `owner/name`, where there is no such folder to put a project into.
pub(super) fn tell_meant(args: &New, start: &Path) {
    let named = args.dir.as_deref().and_then(Path::to_str);
    let Some(text) = named.filter(|text| is_pair(text) && args.scaffold.is_none()) else { return };
    if start.join(text).parent().is_some_and(|parent| !parent.exists()) {
        note(&format!(
            "`{0}` is a new folder; the template of that name on GitHub is `minipach new gh:{0}`",
            show(text)
        ));
    }
}

/// Says what a project inside of another repository is.
pub(super) fn tell_inside(laid: &Laid) {
    let Some(root) = &laid.inside else { return };
    let way = laid.dir.strip_prefix(root).unwrap_or(&laid.dir).to_string_lossy();
    note(&format!(
        "`{}` lies in the repository `{}`, and becomes a repository of its own that this one does not see: register it there (`git submodule add ./{}`), or lay it out beside it; another pipeline in this project: `minipach add`",
        show(&way),
        show(&root.to_string_lossy()),
        show(&quoted(&way)),
    ));
}

fn note(text: &str) {
    say(&format!("{} {text}", paint(Style::Warn, "note:")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_their_beginning() {
        for (text, expected) in [
            ("github.com/a/b", Some("https://github.com/a/b")),
            ("www.gitlab.com/a/b.git", Some("https://gitlab.com/a/b.git")),
            ("a/b.git", Some("gh:a/b")),
            ("a/b", None),
            ("./a/b.git", None),
            ("github.com", None),
            ("b.git", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
        assert!(
            is_pair("a/b") && !is_pair("./a/b") && !is_pair("a/b/c") && !is_pair("../b") && !is_pair("a/")
        );
    }
}
