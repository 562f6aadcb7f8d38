//! `Stat`: what lstat says about a file, and when an equal one proves equal bytes.

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

/// A moment of a file system's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Whole seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

/// What lstat says about a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When the content changed last; anyone may set it.
    pub mtime: Stamp,
    /// When content, name or mode changed last; only the kernel sets it.
    pub ctime: Stamp,
    /// Type and permissions.
    pub mode: u32,
}

/// File systems of the kernel that stamp a folder whenever a name in it comes or goes: ext2–4, XFS,
/// Btrfs, tmpfs, overlayfs, ZFS, F2FS, bcachefs. Network and user-space ones may not.
const STAMPING: [u64; 8] =
    [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1, 0xF2F5_2010, 0xCA45_1A4E];

/// Whether a file system of this kind (`f_type`) stamps folders whenever their names change.
pub fn stamps_folders(kind: u64) -> bool {
    STAMPING.contains(&kind)
}

/// Two moments this close may be one tick of a file system's clock.
const TICK_NANOS: i128 = 50_000_000;
/// The same where time stamps are whole seconds.
const COARSE_TICK_NANOS: i128 = 2_000_000_000;

impl Stamp {
    /// Nanoseconds since 1970.
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// Whether this moment lies before `other` by more than a tick of the clock, so that nothing
    /// written from `other` on can carry it.
    pub fn is_clearly_before(self, other: Self) -> bool {
        let is_coarse = self.nanos == 0 || other.nanos == 0;
        let margin = if is_coarse { COARSE_TICK_NANOS } else { TICK_NANOS };
        self.as_nanos() + margin < other.as_nanos()
    }
}

impl Stat {
    /// Whether the same file stood so `before`, but for rights that git does not know, its owner, or its names.
    pub fn is_but_for_rights(&self, before: &Self) -> bool {
        const KNOWN: u32 = 0o170_100;
        let same = Self { ctime: before.ctime, mode: before.mode, ..*self };
        same == *before && self.mode & KNOWN == before.mode & KNOWN
    }

    /// Takes over what the system call gave.
    #[expect(
        clippy::useless_conversion,
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "the fields' types differ between platforms; nanoseconds and sizes are never negative"
    )]
    pub fn new(stat: &rustix::fs::Stat) -> Self {
        Self {
            dev: stat.st_dev,
            ino: stat.st_ino.into(),
            size_bytes: stat.st_size as u64,
            mtime: Stamp { seconds: stat.st_mtime.into(), nanos: stat.st_mtime_nsec as u32 },
            ctime: Stamp { seconds: stat.st_ctime.into(), nanos: stat.st_ctime_nsec as u32 },
            mode: stat.st_mode.into(),
        }
    }

    /// The type of file.
    pub fn file_type(&self) -> FileType {
        FileType::from_raw_mode(self.mode)
    }

    /// Whether its owner may execute it, git's meaning of executable.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }

    /// Whether bytes read at `taken` are still those of a file that now has this (equal) stat.
    pub fn is_settled_at(&self, taken: Stamp) -> bool {
        self.ctime.is_clearly_before(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_not_clearly_before() {
        let at = |seconds, nanos| Stamp { seconds, nanos };
        for (first, second, expected) in [
            (at(5, 1), at(5, 40_000_000), false),
            (at(5, 1), at(5, 60_000_000), true),
            (at(5, 0), at(6, 900_000_000), false),
            (at(5, 0), at(7, 1), true),
            (at(5, 1), at(4, 1), false),
        ] {
            assert_eq!(first.is_clearly_before(second), expected, "{first:?} {second:?}");
        }
    }
}
