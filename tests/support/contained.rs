//! A small project whose commands run in containers of a store of their own.

use std::process::Command;

use crate::people::{Person, people};
use crate::podman::Podman;
use crate::support::{self, Ended, Project};

/// A project, its owner, and the podman that both use.
pub(crate) struct Study {
    pub(crate) project: Project,
    pub(crate) person: Person,
    pub(crate) podman: Podman,
}

impl Study {
    /// Of everybody who can have one.
    pub(crate) fn each(project: impl Fn() -> Project) -> Vec<Self> {
        let made = |person| Some(Self { project: project(), person, podman: Podman::new(person)? });
        let all: Vec<Self> = people().into_iter().filter_map(made).collect();
        for study in &all {
            study.person.owns(&study.project);
        }
        all
    }

    pub(crate) fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = self.person.command(&self.project, args, env);
        command.envs(self.podman.env());
        command
    }

    pub(crate) fn minipach(&self, args: &[&str]) -> Ended {
        support::finish(self.command(args, &[]))
    }
}

/// Copies one file, with `more` in its transform.
pub(crate) fn copying(more: &str) -> Project {
    let project = Project::new();
    project.write("raw/a.txt", "one\n").spec(
        "copy",
        &format!(
            "input: {{pfs: {{name: in, repo: raw, glob: '/(*).txt'}}}}\n\
             transform: {{cmd: [sh, -c, 'cp /pfs/in/in.txt /pfs/out/copy'], image: 'localhost/tool:1'{more}}}\noutput: /$1\n"
        ),
    );
    project.commit("all");
    project
}
