//! The one table of signs: a sign means the same on every screen, with Unicode and without.

use crate::model::DatumState;

use super::glossary::meaning;

/// What a sign of one cell stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Where a datum stands, or what is made of datums.
    State(DatumState),
    /// The row that keys mean.
    Cursor,
    /// Data that a person puts there.
    Input,
    /// A pipeline whose spec has errors.
    Broken,
    /// What all other work waits for.
    Critical,
    /// Results that a commit put in the place of others.
    Replaced,
    /// Results that a commit took away.
    Gone,
    /// A file that is new.
    New,
    /// A file that was edited.
    Edited,
    /// A file that was deleted.
    Deleted,
    /// A file whose content git-annex keeps, and has here.
    Annexed,
    /// A file whose content is elsewhere.
    Absent,
    /// A folder whose rows are shown.
    Open,
    /// A folder whose rows are not shown.
    Closed,
    /// A commit that takes another one back.
    TakesBack,
    /// The commit that everything is shown as of.
    Here,
    /// A row that was selected.
    Selected,
    /// Worth a look.
    Warning,
    /// Good to know.
    Note,
    /// Put aside on this machine.
    Aside,
}

impl Sign {
    /// Those that are no states.
    pub(super) const MARKS: [Self; 19] = [
        Self::Cursor,
        Self::Input,
        Self::Broken,
        Self::Critical,
        Self::Replaced,
        Self::Gone,
        Self::New,
        Self::Edited,
        Self::Deleted,
        Self::Annexed,
        Self::Absent,
        Self::Open,
        Self::Closed,
        Self::TakesBack,
        Self::Here,
        Self::Selected,
        Self::Warning,
        Self::Note,
        Self::Aside,
    ];

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        DatumState::ALL.into_iter().map(Self::State).chain(Self::MARKS)
    }

    /// With Unicode, and with ASCII alone; one cell each.
    pub(super) const fn looks(self) -> (&'static str, &'static str) {
        match self {
            Self::State(state) => of_state(state),
            Self::Cursor => ("›", ">"),
            Self::Input => ("■", "I"),
            Self::Broken => ("⊗", "B"),
            Self::Critical => ("★", "^"),
            Self::Replaced => ("Δ", "u"),
            Self::Gone => ("◇", "g"),
            Self::New => ("+", "A"),
            Self::Edited => ("~", "M"),
            Self::Deleted => ("-", "D"),
            Self::Annexed => ("◆", "@"),
            Self::Absent => ("↓", "a"),
            Self::Open => ("▾", "v"),
            Self::Closed => ("▹", "/"),
            Self::TakesBack => ("↶", "<"),
            Self::Here => ("◉", "&"),
            Self::Selected => ("•", "*"),
            Self::Warning => ("!", "!"),
            Self::Note => ("i", "i"),
            Self::Aside => ("○", "_"),
        }
    }

    /// What it is called, and what it means in a line.
    pub(super) fn told(self) -> (String, &'static str) {
        let (name, text) = match self {
            Self::State(state) => return (state.word().replace('_', " "), meaning(state)),
            Self::Cursor => ("cursor", "the row that keys mean"),
            Self::Input => ("input", "data that you put there; nothing makes them"),
            Self::Broken => ("broken", "its spec has errors; what is shown of it is as it was before them"),
            Self::Critical => ("critical", "what all other work waits for"),
            Self::Replaced => ("replaced", "results that a commit put in the place of others"),
            Self::Gone => ("gone", "results that a commit took away"),
            Self::New => ("new file", "it is not committed, or came with the commit"),
            Self::Edited => ("edited file", "it is other than in the last commit, or than before the commit"),
            Self::Deleted => ("deleted file", "it is there no more"),
            Self::Annexed => ("annexed", "git-annex keeps its content, and has it here"),
            Self::Absent => ("absent", "its content is elsewhere; a run that needs it fetches it"),
            Self::Open => ("open folder", "its rows stand below it"),
            Self::Closed => ("closed folder", "Enter shows what is in it"),
            Self::TakesBack => ("takes back", "a commit that undoes another one"),
            Self::Here => ("here", "the commit that everything is shown as of"),
            Self::Selected => ("selected", "keys mean all rows with this sign"),
            Self::Warning => ("warning", "a finding that is worth a look"),
            Self::Note => ("note", "a finding that is good to know"),
            Self::Aside => ("put aside", "a finding that is not counted on this machine"),
        };
        (name.to_owned(), text)
    }
}

const fn of_state(state: DatumState) -> (&'static str, &'static str) {
    match state {
        DatumState::Done => ("✓", "d"),
        DatumState::Cached => ("≡", "="),
        DatumState::Running => ("▸", "%"),
        DatumState::Queued => ("◌", "q"),
        DatumState::Pending => ("·", "."),
        DatumState::Stale => ("↻", "~"),
        DatumState::Blocked => ("⊘", "b"),
        DatumState::Failed => ("✗", "x"),
        DatumState::Recovered => ("◐", "r"),
        DatumState::Edited => ("✎", "e"),
        DatumState::InTheWay => ("▣", "w"),
        DatumState::Orphaned => ("∅", "n"),
        DatumState::Unknown => ("?", "?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn every_sign_is_one_cell_and_differs_from_all_others() {
        for is_ascii in [true, false] {
            let mut seen = BTreeMap::new();
            for sign in Sign::all() {
                let (unicode, ascii) = sign.looks();
                let text = if is_ascii { ascii } else { unicode };
                assert!(text.width() == 1 && (!is_ascii || text.is_ascii()), "{sign:?}: {text}");
                assert_eq!(seen.insert(text, sign), None, "{text} means {sign:?} too");
                // What fills bars, what lines of drawings are made of, and what before a number would be a minus.
                let is_drawn = is_ascii && ["#", "+", "|", "o", ":", "H"].contains(&text);
                let is_taken = is_drawn || text == "-" && sign != Sign::Deleted;
                assert!(!is_taken, "{sign:?} has {text}");
            }
        }
    }
}
