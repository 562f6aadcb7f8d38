//! The one-cell sign of a pipeline or folder, with its role.

use crate::tui::facts::NodeState;
use crate::tui::theme::{Role, Theme, role_of};

/// The sign of a node and how it looks.
pub(super) fn sign(state: NodeState, theme: Theme) -> (&'static str, Role) {
    match state {
        NodeState::Input => (theme.pick("■", "#"), Role::Dim),
        NodeState::Broken => (theme.pick("✗", "x"), Role::Bad),
        NodeState::Datum(state) => (theme.glyph(state), role_of(state)),
    }
}
