//! Containers as people ask for them: which program runs them, and what a command in one may use.

use serde::{Deserialize, Serialize};

/// A program that runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerProgram {
    /// Podman.
    Podman,
    /// Docker.
    Docker,
    /// Apptainer.
    Apptainer,
    /// Apptainer's older name and its sibling.
    Singularity,
    /// Charliecloud.
    Charliecloud,
}

impl ContainerProgram {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 5] =
        [Self::Podman, Self::Docker, Self::Apptainer, Self::Singularity, Self::Charliecloud];

    /// Its name, as settings have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
            Self::Apptainer => "apptainer",
            Self::Singularity => "singularity",
            Self::Charliecloud => "charliecloud",
        }
    }

    /// What is typed to start it.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Charliecloud => "ch-run",
            other => other.name(),
        }
    }

    /// The signs at which it cuts what it is told to show to a command, so that no path may have them.
    pub const fn cut_at(self) -> &'static [char] {
        match self {
            Self::Apptainer | Self::Singularity => &[':', ','],
            Self::Podman | Self::Docker | Self::Charliecloud => &[':'],
        }
    }
}

/// Which program is to run containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerMode {
    /// The first that can.
    #[default]
    Auto,
    /// This one.
    Only(ContainerProgram),
    /// None: an `image` is passed over, and commands run as if there were none.
    Never,
}

impl ContainerMode {
    /// The words of all modes.
    pub const WORDS: [&'static str; 7] =
        ["auto", "podman", "docker", "apptainer", "singularity", "charliecloud", "never"];

    /// The mode that a word means.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Auto),
            "never" => Some(Self::Never),
            name => ContainerProgram::ALL.into_iter().find(|one| one.name() == name).map(Self::Only),
        }
    }
}

/// What a command may use at most, where its container can be told so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Processors.
    pub cpus: Option<f64>,
    /// Memory.
    pub memory_bytes: Option<u64>,
    /// Graphics processors.
    pub gpus: Option<Gpus>,
}

/// Graphics processors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpus {
    /// What clusters call them: `nvidia.com/gpu`.
    pub kind: String,
    /// How many.
    pub number: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_mode_and_every_program_has_one() {
        let modes: Vec<_> = ContainerMode::WORDS.iter().map(|word| ContainerMode::of(word)).collect();
        assert!(modes.iter().all(Option::is_some));
        for program in ContainerProgram::ALL {
            assert!(modes.contains(&Some(ContainerMode::Only(program))));
        }
        assert_eq!(ContainerMode::of("rkt"), None);
    }
}
