//! The one-cell sign of a pipeline or folder, with its role.

use crate::app::Overall;
use crate::model::DatumState;
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme, role_of};

/// The sign of a node and how it looks.
pub(super) const fn sign(state: Overall, theme: Theme) -> (&'static str, Role) {
    match state {
        Overall::Input => (theme.sign(Sign::Input), Role::Dim),
        Overall::Broken => (theme.sign(Sign::Broken), Role::Bad),
        // It waits for one that is broken.
        Overall::LeftOut => (theme.glyph(DatumState::Blocked), Role::Blocked),
        Overall::Datum(state) => (theme.glyph(state), role_of(state)),
    }
}
