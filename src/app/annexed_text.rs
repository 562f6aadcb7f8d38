//! Text that a save put into the annex, where nobody can edit it: told at once, with what helps.

use crate::check::is_own_text;
use crate::model::{ContentId, show_some};
use crate::run::Project;

use super::choice::FileChange;

/// So many files are named.
const NAMED: usize = 3;

/// What is to be said of specs and code among the files that were just saved, with the project as it stands since.
pub(super) fn warning(project: &Project, saved: &[(String, FileChange)]) -> Option<String> {
    let is_annexed = |path: &str| {
        let entry = project.scan.entry(path);
        entry.is_some_and(|entry| matches!(entry.content, ContentId::Annex(_)))
    };
    let paths = saved.iter().map(|(path, _)| path.as_str());
    let text: Vec<&str> = paths.filter(|path| is_own_text(path) && is_annexed(path)).collect();
    text.first()?;
    let is_one = text.len() == 1;
    Some(format!(
        "{} went to the annex, where text can be neither edited nor compared: `minipach check --fix` makes {} of {}, \
         and .gitattributes keep {} in git from then on; then `minipach save`",
        show_some(&text, NAMED),
        if is_one { "a file" } else { "files" },
        if is_one { "the link" } else { "the links" },
        if is_one { "it" } else { "them" },
    ))
}
