//! Packing: the many files of one result kept as one, `minipach.tar` in the result's folder.

/// The name of a packed result's only file.
pub const PACK_FILE: &str = "minipach.tar";

/// Whether a path is that of a packed result.
pub fn is_pack(path: &str) -> bool {
    path.rsplit('/').next() == Some(PACK_FILE)
}

/// Results with more files than this are packed where they go to the annex, unless their spec says otherwise.
pub const PACK_ABOVE: usize = 100;

/// When results are packed (`pack:` in a spec).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PackMode {
    /// In an annex, above [`PACK_ABOVE`] files.
    #[default]
    Auto,
    /// Each result that has a folder of its own and files.
    Always,
    /// None.
    Never,
}

impl PackMode {
    /// Whether a result of so many files, in a folder of its own, is packed; `has_annex` tells of the project.
    pub const fn wants(self, files: usize, has_annex: bool) -> bool {
        match self {
            Self::Auto => has_annex && files > PACK_ABOVE,
            Self::Always => files > 0,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_files_go_into_one_and_only_in_an_annex() {
        assert!(PackMode::Auto.wants(101, true));
        assert!(!PackMode::Auto.wants(100, true) && !PackMode::Auto.wants(101, false));
        assert!(PackMode::Always.wants(1, false) && !PackMode::Always.wants(0, true));
        assert!(!PackMode::Never.wants(1000, true));
    }
}
