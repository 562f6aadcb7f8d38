//! `Look`: the commit that everything is shown as of, and what cannot be done meanwhile.

use crate::app::CommitView;

use super::action::Action;
use super::facts::Facts;

/// A look at a commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// The commit.
    pub(super) commit: CommitView,
    /// What is known of now.
    pub(super) live: Facts,
}

impl Look {
    /// The commit's id, short.
    pub(super) fn short(&self) -> String {
        self.commit.short().to_owned()
    }
}

/// Why an action is off while a commit is looked at, or while none is; `back` is the key that leads back to now.
pub(super) fn off(look: Option<&Look>, back: &str, action: Action) -> Option<String> {
    let Some(look) = look else {
        return (action == Action::Live).then(|| "this is the project as it is now".into());
    };
    let is_of_now = action.changes_project()
        || matches!(
            action,
            Action::Cancel
                | Action::EndNow
                | Action::Pause
                | Action::Edit
                | Action::Enter
                | Action::ShowJobs
                | Action::Dismiss
                | Action::Own(_)
        );
    is_of_now.then(|| format!("all is shown as of {}, read-only; {back} leads back to now", look.short()))
}
