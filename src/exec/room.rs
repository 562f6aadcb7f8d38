//! `Room`: where a worker slot's commands run, and so where they see the farm and what they may write.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::container::ContainerView;
use super::sandbox::{SandboxView, TMP};
use crate::model::{PFS, Place};

/// Where commands run.
#[derive(Clone, Debug, Default)]
pub enum Room {
    /// On the machine as it is: `$PFS` names the farm's real folder, and `/pfs` in the spec is rewritten to it.
    #[default]
    Host,
    /// In a sandbox: the farm is `/pfs`, and nothing else but `$TMPDIR` can be written.
    Sandbox(Arc<SandboxView>),
    /// Each in a container of its own: the farm is `/pfs`, the project read-only, and what is written elsewhere is gone
    /// afterwards.
    Container(Arc<ContainerView>),
}

impl Room {
    /// What the name of its image stands for, with the digest, if a registry has it.
    pub fn image_digest(&self) -> Option<&str> {
        match self {
            Self::Container(view) => view.digest.as_deref(),
            Self::Host | Self::Sandbox(_) => None,
        }
    }

    /// The word for it in ledgers.
    pub const fn place(&self) -> Place {
        match self {
            Self::Host => Place::Env,
            Self::Sandbox(_) => Place::Sandbox,
            Self::Container(_) => Place::Container,
        }
    }

    /// Where commands see the farm whose folder is `shown` on the machine.
    pub(super) fn pfs(&self, shown: &Path) -> PathBuf {
        match self {
            Self::Host => shown.join("pfs"),
            Self::Sandbox(_) | Self::Container(_) => PFS.into(),
        }
    }

    /// Where commands see the temporary folder of the slot whose folder is `shown` on the machine.
    pub(super) fn tmp(&self, shown: &Path) -> PathBuf {
        match self {
            Self::Host => shown.join("tmp"),
            Self::Sandbox(_) | Self::Container(_) => TMP.into(),
        }
    }

    /// Names of the farm that are not its real path, as links in an output may have them.
    pub fn known_as(&self) -> Vec<PathBuf> {
        match self {
            Self::Host => Vec::new(),
            Self::Sandbox(_) | Self::Container(_) => vec![PFS.into()],
        }
    }

    /// Whether what a command uses is counted: the kernel counts nothing for us of what another program started.
    pub(super) fn is_counted(&self) -> bool {
        match self {
            Self::Host | Self::Sandbox(_) => true,
            Self::Container(view) => view.is_counted(),
        }
    }
}
