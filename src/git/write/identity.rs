//! Who a commit is by: git's own identity, else minipach's.

use std::process::Command;

use super::program::{git, run};
use super::{Place, WriteError};

/// Author and committer, as `Name <mail>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The author.
    pub author: String,
    /// The committer.
    pub committer: String,
    /// Whether git knows nobody, so that minipach stands in.
    pub is_stand_in: bool,
}

const STAND_IN: &str = "minipach <minipach@localhost>";

/// Tells a program that commits are by minipach.
pub(super) fn stand_in_for(command: &mut Command) {
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "minipach")
            .env(format!("GIT_{who}_EMAIL"), "minipach@localhost");
    }
}

/// What to tell people when minipach stood in.
pub const NOBODY: &str = "git does not know who you are, so the commit is by `minipach <minipach@localhost>`; \
    `git config --global user.name 'Your Name'` and `git config --global user.email you@example.org` \
    tell it for the next ones";

impl Identity {
    /// minipach itself.
    pub(super) fn stand_in() -> Self {
        Self { author: STAND_IN.to_owned(), committer: STAND_IN.to_owned(), is_stand_in: true }
    }
}

/// Asks git who commits here.
///
/// # Errors
/// When git cannot be started.
pub fn identity(place: &Place) -> Result<Identity, WriteError> {
    let author = ident(place, "GIT_AUTHOR_IDENT")?;
    let committer = ident(place, "GIT_COMMITTER_IDENT")?;
    let is_stand_in = author.is_none() || committer.is_none();
    let or_stand_in = |ident: Option<String>| ident.unwrap_or_else(|| STAND_IN.to_owned());
    Ok(Identity { author: or_stand_in(author), committer: or_stand_in(committer), is_stand_in })
}

fn ident(place: &Place, variable: &str) -> Result<Option<String>, WriteError> {
    let output = run(git(place, &["var", variable]), "git var", b"")?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `Name <mail> seconds zone`
    let end = text.rfind('>').filter(|_| output.status.success());
    Ok(end.map(|end| text[..=end].to_owned()))
}
