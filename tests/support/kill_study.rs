//! What the runs that are killed work on: pipelines of three shapes, and inputs that change.

use std::collections::BTreeMap;
use std::fs;

use super::{Files, results, tree_of};
use crate::support::Project;

/// Every command first says that it runs, and for which work.
const OWN: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)/'}}
output: /$1
transform:
  cmd:
    - sh
    - -c
    - |
      echo "$PACH_DATUM_ID" >> "$WITNESS"
      sed s/scan/first/ /pfs/raw/x.txt > /pfs/out/one
      sed s/scan/second/ /pfs/raw/x.txt > /pfs/out/two
"#;

const FLAT: &str = r#"
input: {pfs: {repo: raw, glob: '/*'}}
transform:
  cmd:
    - sh
    - -c
    - |
      echo "$PACH_DATUM_ID" >> "$WITNESS"
      cd "$PFS/raw"
      for subject in *; do
        sed s/scan/first/ $subject/x.txt > "$PFS/out/$subject.one"
        sed s/scan/second/ $subject/x.txt > "$PFS/out/$subject.two"
      done
"#;

const ALL: &str = r#"
input:
  cross:
    - pfs: {repo: own, glob: /}
    - pfs: {repo: flat, glob: /}
output: /
transform:
  cmd: [sh, -c, 'echo "$PACH_DATUM_ID" >> "$WITNESS"; cat /pfs/own/*/one /pfs/flat/*.two > /pfs/out/table']
"#;

/// What an undisturbed run makes of one generation of inputs.
pub(crate) struct Settled {
    pub(super) files: Files,
    pub(super) tree: String,
}

/// Subjects and their scans, changing from generation to generation.
pub(crate) struct Study {
    subjects: usize,
    /// More lines for the spec whose datums own folders.
    more: &'static str,
    pub(super) settled: Vec<Settled>,
}

impl Study {
    /// Runs all generations undisturbed. There are `2 * subjects + 1` datums.
    pub(crate) fn new(subjects: usize, generations: usize) -> Self {
        Self::with(subjects, generations, "")
    }

    /// The same with more lines in the spec of `own`, whose datums have folders of their own.
    pub(crate) fn with(subjects: usize, generations: usize, more: &'static str) -> Self {
        let mut study = Self { subjects, more, settled: Vec::new() };
        let project = Project::new();
        for generation in 0..generations {
            study.lay_out(&project, generation);
            project.minipach(["run"]).ok();
            let settled = Settled { files: results(&project), tree: tree_of(&project) };
            study.settled.push(settled);
        }
        study
    }

    /// Writes and commits the inputs of a generation: a third edited, some gone, new, renamed or put back.
    pub(crate) fn lay_out(&self, project: &Project, generation: usize) {
        if generation == 0 {
            project.spec("own", &format!("{OWN}{}", self.more)).spec("flat", FLAT).spec("all", ALL);
            project.write(".minipach/.gitattributes", "ledger/** merge=union\n");
        }
        let folder = project.path("raw");
        if folder.exists() {
            fs::remove_dir_all(folder).expect("inputs can be removed");
        }
        for (name, text) in self.scans(generation) {
            project.write(&format!("raw/{name}/x.txt"), text);
        }
        project.commit(&format!("generation {generation}"));
    }

    fn scans(&self, generation: usize) -> BTreeMap<String, String> {
        let scan = |number: usize| {
            let name = match (generation, number % 15) {
                (1.., 1) => return None,
                (1.., 2) => format!("new-{number:04}"),
                _ => format!("sub-{number:04}"),
            };
            // Two of fifteen are equal, so that work is shared.
            let word = if number % 15 == 4 { number - 1 } else { number };
            let version = if number.is_multiple_of(3) { generation % 2 } else { 0 };
            Some((name, format!("scan {word} version {version}\n")))
        };
        (0..self.subjects).filter_map(scan).collect()
    }

    /// What may stand at a generation's time: its results, and those of the one before until replaced.
    pub(super) fn allowed(&self, generation: usize) -> impl Iterator<Item = &Files> {
        let first = generation.saturating_sub(1);
        self.settled[first..=generation].iter().map(|settled| &settled.files)
    }
}
