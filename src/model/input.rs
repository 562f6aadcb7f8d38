//! `Input`: which repos a pipeline reads and how they are cut and combined into datums.

use super::glob::{Glob, Template};

use super::RepoPath;

/// The input tree of a pipeline. Children are sorted by name after names were defaulted.
#[derive(Clone, Debug)]
pub enum Input {
    /// One repo, cut by a glob. A `cron` input is this too, on its folder of tick files with `/*`.
    Pfs(Box<Leaf>),
    /// Every combination of the children's datums.
    Cross(Vec<Self>),
    /// All datums of all children.
    Union(Vec<Self>),
    /// Entries with equal `join_on`, crossed between children.
    Join(Vec<Self>),
    /// Entries with equal `group_by`, gathered into one datum.
    Group(Vec<Self>),
}

/// One `pfs` (or `cron`) input.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Name of its folder under `/pfs` and stem of its variables; unique outside union siblings.
    pub name: Box<str>,
    /// The folder it reads.
    pub repo: RepoPath,
    /// How the folder is cut into pieces.
    pub glob: Glob,
    /// Join key, a template over the glob's captures; absent means the empty key.
    pub join_on: Option<Template>,
    /// Group key; absent means the empty key.
    pub group_by: Option<Template>,
    /// Keep entries that found no partner in a join.
    pub outer_join: bool,
    /// Files appear with size 0: only their names count for the command.
    pub empty_files: bool,
    /// Content does not count for identity, only the path does.
    pub reference: bool,
    /// Whether this leaf was written as `cron`.
    pub is_cron: bool,
    /// Only the last of its pieces counts: the newest tick.
    pub newest_only: bool,
}

impl Leaf {
    /// A leaf that reads a folder and nothing more, called like the folder's last part.
    pub fn plain(repo: RepoPath, glob: Glob) -> Self {
        Self {
            name: repo.last().into(),
            repo,
            glob,
            join_on: None,
            group_by: None,
            outer_join: false,
            empty_files: false,
            reference: false,
            is_cron: false,
            newest_only: false,
        }
    }

    /// Whether its glob takes the project's file at `path`, or a folder that the file is in. What it does not take of
    /// its repo is in no datum.
    pub fn takes(&self, path: &str) -> bool {
        let Some(inside) = path.strip_prefix(self.repo.as_str()).filter(|rest| rest.starts_with('/')) else {
            return false;
        };
        let ends = inside.match_indices('/').map(|(at, _)| at.max(1)).chain([inside.len()]);
        ends.map(|end| &inside[..end]).any(|piece| self.glob.find(piece).is_some())
    }
}

impl Input {
    /// All leaves in order; their position is the leaf number used by matches and datums.
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Leaf>) {
        match self {
            Self::Pfs(leaf) => found.push(leaf),
            Self::Cross(children) | Self::Union(children) | Self::Join(children) | Self::Group(children) => {
                for child in children {
                    child.collect(found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_takes_files_of_its_pieces_only() {
        let leaf = |glob: &str| Leaf::plain(RepoPath::parse("raw/d").unwrap(), Glob::parse(glob).unwrap());
        for (glob, path, expected) in [
            ("/(*).csv", "raw/d/a.csv", true),
            ("/(*).csv", "raw/d/a.key", false),
            ("/(*).csv", "raw/d/in/a.csv", false),
            ("/(*).csv", "raw/da.csv", false),
            ("/sub-*", "raw/d/sub-1/anat/T1.nii", true),
            ("/sub-*", "raw/d/atlas/sub-1", false),
            ("/", "raw/d/in/a.key", true),
            ("/*/*", "raw/d/a", false),
        ] {
            assert_eq!(leaf(glob).takes(path), expected, "{glob} {path}");
        }
    }
}
