//! `Moment`: a project as it is now, or as one of its commits has it.

use std::path::Path;

use crate::git::Repo;

use super::commits::{CommitView, commit_named};
use super::error::AppError;
use super::replica::Replica;
use super::session::Session;

/// A project at one moment, opened to be looked at.
pub struct Moment {
    /// What was opened. Of a commit it is a replica, which knows what commits tell and none of the local memory.
    pub session: Session,
    /// The commit; none is now.
    pub commit: Option<CommitView>,
    /// Where it lies meanwhile; to go after the session.
    pub replica: Option<Replica>,
}

impl Moment {
    /// The project that holds a folder as a commit has it, by any of git's names; now where none is given.
    ///
    /// # Errors
    /// When there is no usable project or no such commit, or no room to lay it out.
    pub fn open(dir: &Path, commit: Option<&str>) -> Result<Self, AppError> {
        let Some(name) = commit else {
            return Ok(Self { session: Session::open(dir)?, commit: None, replica: None });
        };
        let repo = Repo::open(dir)?;
        let commit = commit_named(repo.root(), name)?;
        let replica = Replica::at(&repo, &commit.id)?;
        replica.lay_subdatasets(&repo)?;
        let mut session = Session::open(replica.root())?;
        session.is_past = true;
        Ok(Self { session, commit: Some(commit), replica: Some(replica) })
    }

    /// What it is called: the start of a commit's id, or `now`.
    pub fn name(&self) -> &str {
        self.commit.as_ref().map_or("now", CommitView::short)
    }
}
