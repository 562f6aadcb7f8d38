//! `Kind`: what kind of thing stands at a path.

/// What kind of thing stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ordinary file; an annexed file is always this, in whatever form it stands.
    File,
    /// A file with its executable bit set.
    Exec,
    /// A symbolic link that is not an annex link; its content is the link's own text.
    Link,
    /// A subdataset: the commit its gitlink records.
    Gitlink,
    /// What git holds in no way: a pipe, a socket, a device, or a repository that is no subdataset. Its content is all zero.
    Special,
}

impl Kind {
    /// The byte that stands for the kind in every hashed encoding.
    pub const fn code(self) -> u8 {
        match self {
            Self::File => b'f',
            Self::Exec => b'x',
            Self::Link => b'l',
            Self::Gitlink => b's',
            Self::Special => b'!',
        }
    }
}
