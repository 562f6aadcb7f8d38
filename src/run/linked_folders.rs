//! `LinkedFolders`: links to folders of the project, through which commands name code.

use crate::git::LinkFault;
use crate::model::{Entry, Tree};
use crate::plan::{Code, MOST_OF_FOLDER};

use super::project::Project;

/// Links to folders, each with the folder that it leads to, from the root.
pub(super) struct LinkedFolders(Vec<(String, String)>);

impl LinkedFolders {
    /// Those of a project that do not stand among results.
    pub(super) fn of(project: &Project) -> Self {
        let links = project.scan.bad_links().iter();
        let links = links.filter(|(link, fault)| **fault == LinkFault::Folder && !project.is_output(link));
        let leads = |link: &str| {
            let root = project.repo.root().canonicalize().ok()?;
            let folder = root.join(link).canonicalize().ok()?;
            let folder = folder.strip_prefix(&root).ok()?.to_str()?.to_owned();
            let is_small = !folder.is_empty() && project.tree.below(&folder).len() <= MOST_OF_FOLDER;
            is_small.then(|| (link.to_owned(), folder))
        };
        Self(links.filter_map(|(link, _)| leads(link)).collect())
    }

    /// A tree with the files behind the links at their places behind these, too.
    pub(super) fn shown(&self, tree: &Tree) -> Tree {
        if self.0.is_empty() {
            return tree.clone();
        }
        let mut all: Vec<Entry> = tree.entries().to_vec();
        for (link, folder) in &self.0 {
            let below = tree.below(folder);
            let at = |entry: &Entry| format!("{link}{}", &entry.path[folder.len()..]).into();
            all.extend(below.entries().iter().map(|entry| Entry { path: at(entry), ..entry.clone() }));
        }
        all.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        all.dedup_by(|one, other| one.path == other.path);
        Tree::new("", all.into())
    }

    /// The path that one through a link leads to; any other itself.
    pub(super) fn behind(&self, path: &str) -> String {
        let through = self.0.iter().find_map(|(link, folder)| {
            let rest = path.strip_prefix(link.as_str()).filter(|rest| rest.starts_with('/'))?;
            Some(format!("{folder}{rest}"))
        });
        through.unwrap_or_else(|| path.to_owned())
    }

    /// Code in which files that were named through links stand as what they are.
    pub(super) fn resolved(&self, code: Code) -> Code {
        if self.0.is_empty() {
            return code;
        }
        let files = code.files.into_iter().map(|(path, content)| (self.behind(&path), content)).collect();
        let data = code.data.iter().map(|path| self.behind(path)).collect();
        let inside = code.inside.iter().map(|path| self.behind(path)).collect();
        Code { files, data, inside, ..code }
    }
}
