//! Small nouns of the ledger: the fields of a piece of work, and what was passed over in reading.

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
