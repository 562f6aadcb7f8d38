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
    let (first, it) = (text.first()?, if text.len() == 1 { "it" } else { "them" });
    Some(format!(
        "{} went to the annex, where text can be neither edited nor compared: tell .gitattributes to keep {it} in git \
         (`minipach check --fix` does where it says nothing), then `git annex unannex {}` and `minipach save`",
        show_some(&text, NAMED),
        if text.len() == 1 { super::start::quoted(first) } else { "FILE…".to_owned() },
    ))
}
