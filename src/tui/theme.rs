//! How things look: roles to styles, and what stays when there is no colour or no Unicode.

use ratatui::style::{Color, Modifier, Style};

use crate::model::DatumState;

use super::sign::Sign;

/// What a piece of text is for; its colour follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing special.
    Plain,
    /// Less important.
    Dim,
    /// Headings.
    Title,
    /// Frames of panes.
    Border,
    /// The frame of the pane that keys go to.
    Focus,
    /// Keys in hints.
    Key,
    /// Done.
    Good,
    /// Known without running.
    Known,
    /// Running.
    Run,
    /// Handed to a worker.
    Queue,
    /// Needs work.
    Stale,
    /// Waits for something else.
    Blocked,
    /// Failed.
    Bad,
    /// Worth a look.
    Warn,
}

/// Which colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Palette {
    /// The terminal's own sixteen colours.
    #[default]
    Terminal,
    /// Blue and orange instead of green and red.
    ColourBlind,
    /// Fixed colours for terminals with a dark background and 24-bit colour.
    Night,
    /// None: bold, dim, underline and reverse only.
    Mono,
}

impl Palette {
    /// All by the name that the configuration uses.
    pub(super) const NAMES: [(&'static str, Self); 4] = [
        ("terminal", Self::Terminal),
        ("colour-blind", Self::ColourBlind),
        ("night", Self::Night),
        ("mono", Self::Mono),
    ];
}

/// Looks of a whole session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Theme {
    /// Colours.
    pub(super) palette: Palette,
    /// Only ASCII characters.
    pub(super) is_ascii: bool,
    /// No moving parts.
    pub(super) is_still: bool,
}

impl Theme {
    /// The style of a role. Backgrounds are never set, so that light and dark terminals both work.
    pub(super) fn style(self, role: Role) -> Style {
        let bold = matches!(role, Role::Title | Role::Bad | Role::Key | Role::Focus);
        let dim = matches!(role, Role::Dim | Role::Border | Role::Known);
        let mut style = Style::new();
        if bold {
            style = style.add_modifier(Modifier::BOLD);
        }
        if dim {
            style = style.add_modifier(Modifier::DIM);
        }
        match self.colour(role) {
            Some(colour) => style.fg(colour),
            None if self.palette == Palette::Mono && role == Role::Bad => {
                style.add_modifier(Modifier::UNDERLINED)
            }
            None => style,
        }
    }

    /// What marks the line under the cursor. Without colour commands, reverse video alone is safe.
    #[expect(clippy::unused_self, reason = "a theme with backgrounds may want its own")]
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Whether there are no colours.
    pub(super) const fn is_mono(self) -> bool {
        matches!(self.palette, Palette::Mono)
    }

    fn colour(self, role: Role) -> Option<Color> {
        match self.palette {
            Palette::Mono => None,
            Palette::Terminal => terminal(role),
            Palette::ColourBlind => colour_blind(role),
            Palette::Night => Some(night(role)),
        }
    }

    /// The one-cell sign of a state.
    pub(super) const fn glyph(self, state: DatumState) -> &'static str {
        self.sign(Sign::State(state))
    }

    /// A sign of one cell.
    pub(super) const fn sign(self, sign: Sign) -> &'static str {
        let (unicode, ascii) = sign.looks();
        self.pick(unicode, ascii)
    }

    /// Picks by whether only ASCII may be used.
    pub(super) const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.is_ascii { ascii } else { unicode }
    }
}

/// The role of a state.
pub(super) const fn role_of(state: DatumState) -> Role {
    match state {
        DatumState::Done => Role::Good,
        DatumState::Cached => Role::Known,
        DatumState::Running => Role::Run,
        DatumState::Queued => Role::Queue,
        DatumState::Pending => Role::Dim,
        DatumState::Stale | DatumState::Orphaned => Role::Stale,
        DatumState::Blocked => Role::Blocked,
        DatumState::Failed | DatumState::Edited | DatumState::InTheWay => Role::Bad,
        DatumState::Recovered | DatumState::Unknown => Role::Warn,
    }
}

const fn terminal(role: Role) -> Option<Color> {
    match role {
        Role::Plain | Role::Dim | Role::Title | Role::Border => None,
        Role::Focus | Role::Run | Role::Key => Some(Color::Cyan),
        Role::Good | Role::Known => Some(Color::Green),
        Role::Queue => Some(Color::Blue),
        Role::Stale | Role::Warn => Some(Color::Yellow),
        Role::Blocked => Some(Color::Magenta),
        Role::Bad => Some(Color::Red),
    }
}

const fn colour_blind(role: Role) -> Option<Color> {
    match role {
        Role::Plain | Role::Dim | Role::Title | Role::Border => None,
        Role::Good | Role::Known | Role::Focus | Role::Key => Some(Color::Indexed(33)),
        Role::Run | Role::Queue => Some(Color::Indexed(117)),
        Role::Stale | Role::Warn => Some(Color::Indexed(220)),
        Role::Blocked => Some(Color::Indexed(140)),
        Role::Bad => Some(Color::Indexed(208)),
    }
}

const fn night(role: Role) -> Color {
    match role {
        Role::Plain | Role::Title => Color::Rgb(220, 223, 228),
        Role::Dim | Role::Border => Color::Rgb(120, 128, 140),
        Role::Focus | Role::Key | Role::Run => Color::Rgb(98, 196, 220),
        Role::Good | Role::Known => Color::Rgb(134, 200, 120),
        Role::Queue => Color::Rgb(110, 150, 230),
        Role::Stale | Role::Warn => Color::Rgb(230, 190, 100),
        Role::Blocked => Color::Rgb(198, 140, 220),
        Role::Bad => Color::Rgb(240, 110, 110),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_colour_is_ever_named() {
        let theme = Theme { palette: Palette::Mono, ..Theme::default() };
        for state in DatumState::ALL {
            let style = theme.style(role_of(state));
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None));
        }
    }
}
