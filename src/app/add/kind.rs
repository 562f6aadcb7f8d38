//! `AddKind`: the shapes of pipelines that `add` knows.

/// A shape of pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddKind {
    /// One datum per file or folder.
    Map,
    /// One datum per subject.
    PerSubject,
    /// One datum of everything.
    Reduce,
    /// What has one key in every input.
    Join,
    /// All that has one key.
    Group,
    /// Every combination.
    Cross,
    /// Everything of every input, one by one.
    Union,
    /// Data with every combination of parameters.
    Sweep,
    /// One datum per file or folder, in a container.
    Container,
    /// A BIDS App for each participant.
    BidsParticipant,
    /// A BIDS App for the group.
    BidsGroup,
    /// A Python script with arguments and a test.
    Python,
    /// An R script with arguments and a test.
    R,
    /// A shell script with arguments and a test.
    Shell,
    /// What a template of your own lays out.
    FromTemplate,
}

/// All of them, with their words and what they mean.
const KINDS: [(AddKind, &str, &str); 15] = [
    (AddKind::Map, "map", "one datum per file or folder"),
    (AddKind::PerSubject, "per-subject", "one datum per sub-…"),
    (AddKind::Reduce, "reduce", "everything together, once"),
    (AddKind::Join, "join", "what has the same key in each input"),
    (AddKind::Group, "group", "all that has one key, together"),
    (AddKind::Cross, "cross", "every combination of the inputs"),
    (AddKind::Union, "union", "each thing of every input, by itself"),
    (AddKind::Sweep, "sweep", "data with every combination of parameters (--param)"),
    (AddKind::Container, "container", "one datum per file or folder, in a container"),
    (AddKind::BidsParticipant, "bids-participant", "a BIDS App, participant by participant"),
    (AddKind::BidsGroup, "bids-group", "a BIDS App, for the group"),
    (AddKind::Python, "python", "map with a Python script and its test"),
    (AddKind::R, "r", "map with an R script and its test"),
    (AddKind::Shell, "shell", "map with a shell script and its test"),
    (AddKind::FromTemplate, "from-template", "what a template of yours lays out (--template)"),
];

impl AddKind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, ..)| *kind)
    }

    /// The kind that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }

    fn row(self) -> (&'static str, &'static str) {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(("", ""), |(_, word, means)| (*word, *means))
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        self.row().0
    }

    /// What it means, in a few words.
    pub fn means(self) -> &'static str {
        self.row().1
    }

    /// Whether any command will do; the others bring a script with them.
    pub fn takes_command(self) -> bool {
        !matches!(
            self,
            Self::Python
                | Self::R
                | Self::Shell
                | Self::BidsParticipant
                | Self::BidsGroup
                | Self::FromTemplate
        )
    }

    /// The fewest inputs that make sense.
    pub fn inputs_at_least(self) -> usize {
        match self {
            Self::Join | Self::Cross => 2,
            Self::FromTemplate => 0,
            _ => 1,
        }
    }

    /// The most inputs that make sense.
    pub fn inputs_at_most(self) -> usize {
        match self {
            Self::Join | Self::Cross | Self::Union | Self::Group => usize::MAX,
            Self::FromTemplate => 0,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds() {
        assert_eq!(AddKind::all().count(), 15);
        for kind in AddKind::all() {
            assert_eq!(AddKind::parse(kind.word()), Some(kind));
            assert!(!kind.means().is_empty());
        }
        assert_eq!(AddKind::parse("maps"), None);
    }
}
