//! Why an action on a thing of the past can do nothing now.

use crate::model::show;
use crate::tui::action::Action;

use super::Provenance;

/// Why an action can do nothing; `None` if it can.
pub(super) fn off(screen: &Provenance, action: Action) -> Option<String> {
    match action {
        Action::Open | Action::Why | Action::Copy | Action::ViewAt if screen.thing().is_none() => {
            Some("nothing is told here".into())
        }
        Action::Edit => Some("this is what stood in a commit; `3` shows the files as they are".into()),
        Action::ViewAt => match screen.commit() {
            None => Some("no commit is known that brought it".into()),
            Some(commit) if !commit.repository.is_empty() => {
                Some(format!("the commit is one of the subdataset {}", show(&commit.repository)))
            }
            Some(_) => None,
        },
        _ => None,
    }
}
