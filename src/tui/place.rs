//! Where keys go: each screen is a place of its own.

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// All pipelines.
    Home,
    /// One pipeline and its datums.
    Pipeline,
    /// One datum.
    Datum,
    /// A log on the whole screen.
    Log,
    /// Runs.
    Jobs,
    /// Findings.
    Check,
    /// Commits.
    History,
    /// Files.
    Files,
    /// Where something comes from.
    Provenance,
}

impl Place {
    /// What people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Home => "Pipelines",
            Self::Pipeline => "Pipeline",
            Self::Datum => "Datum",
            Self::Log => "Log",
            Self::Jobs => "Jobs",
            Self::Check => "Check",
            Self::History => "History",
            Self::Files => "Files",
            Self::Provenance => "Provenance",
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 9] = [
        Self::Home,
        Self::Pipeline,
        Self::Datum,
        Self::Log,
        Self::Jobs,
        Self::Check,
        Self::History,
        Self::Files,
        Self::Provenance,
    ];
}
