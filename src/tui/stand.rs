//! `Stand`: where the user stands, and what was asked from where.

/// A screen without another one below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// All pipelines.
    #[default]
    Home,
    /// Runs.
    Jobs,
    /// Findings.
    Check,
    /// Commits.
    History,
    /// Files.
    Files,
}

/// Questions whose answers are still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Who waits for a text.
    pub(super) text: Option<Stand>,
    /// Who waits for a commit to be laid out, and its id.
    pub(super) commit: Option<(Stand, String)>,
}

/// Where a user stands: the tab, the way from it to the screen on top, and the commit that all is shown as of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) tab: Tab,
    pub(super) trail: Option<String>,
    pub(super) look: Option<String>,
}
