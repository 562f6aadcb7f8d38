//! `CodeGap`: code that is not here, and how much is known of it all the same.

/// That code of a pipeline is in the annex and not here, so that nobody reads what else counts as code.
#[derive(Clone, Debug)]
pub struct CodeGap {
    /// The first such file.
    pub(super) path: String,
    /// Whether what counts is known all the same: the spec lists it, or the ledger does, and all of that is as it was.
    pub(super) is_known: bool,
    /// A file that came after that ledger and that the absent code may name.
    pub(super) added: Option<String>,
}

impl CodeGap {
    /// Whether what is planned is what is planned where the code is.
    pub const fn is_sure(&self) -> bool {
        self.is_known && self.added.is_none()
    }

    /// Whether what is done is known only as far as it was when the ledger was committed.
    pub(super) const fn is_open(&self) -> bool {
        self.added.is_some()
    }
}
