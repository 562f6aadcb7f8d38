//! Small nouns of the ledger: the fields of a piece of work, and what was passed over in reading, and where.

/// The fields of a piece of work (command, code, environment …), as `why` shows and compares them.
pub type WorkFields = serde_json::Map<String, serde_json::Value>;

/// Lines that were passed over, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerDamage {
    /// Lines that say nothing this version understands.
    pub foreign: usize,
    /// Conflict markers that git left.
    pub conflict_markers: usize,
}

impl LedgerDamage {
    /// Whether every line was read.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// A line of a ledger's file that is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedLine {
    /// Its number, from 1.
    pub line: usize,
    /// Its first byte in the file.
    pub start: usize,
    /// One past its last byte, the end of the line among them.
    pub end: usize,
}
