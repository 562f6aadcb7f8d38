//! Code: which files of the project a command consists of, found by following words.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{ContentId, Pipeline, Transform, Tree};

use super::identity::Code;

/// Files above this size are taken as code but not searched for further words.
const LARGEST_READ: usize = 1 << 20;

/// Reads a project file for the search; `None` when it is absent here (annexed, dropped).
pub(super) type ReadFile<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Finds the code files of a pipeline: `transform.code` if given, else every file named by a word
/// of `cmd` or `stdin`, and again by words of each text file so found.
///
/// A file for which `is_tracked` does not hold counts only where it is meant without doubt: `transform.code`
/// takes it, a word is a path with a slash, or a whole argument after the program, or Python imports it. A stray
/// file that is called like a program is none.
///
/// A word is tried from the root, from `working_dir`, and from the folder of the file it stands in; a word that
/// names a folder under `code/` means its files. Files for which `is_data` holds (results,
/// input data) are never code.
pub fn find(
    pipeline: &Pipeline,
    project: &Tree,
    is_tracked: &dyn Fn(&str) -> bool,
    is_data: &dyn Fn(&str) -> bool,
    read: ReadFile<'_>,
) -> Code {
    let Some(transform) = &pipeline.transform else { return Code::default() };
    let files = match &transform.code {
        Some(globs) => by_globs(globs, project),
        None => Search { project, is_tracked, is_data, read, found: BTreeMap::new(), todo: VecDeque::new() }
            .run(pipeline, transform),
    };
    Code { files, image: None }
}

fn by_globs(globs: &[crate::model::glob::Glob], project: &Tree) -> BTreeMap<String, ContentId> {
    let is_code = |path: &str| {
        let path = format!("/{path}");
        globs.iter().any(|glob| glob.find(&path).is_some())
    };
    let taken = project.entries().iter().filter(|entry| is_code(&entry.path));
    taken.map(|entry| (entry.path.to_string(), entry.content.clone())).collect()
}

struct Search<'a> {
    project: &'a Tree,
    is_tracked: &'a dyn Fn(&str) -> bool,
    is_data: &'a dyn Fn(&str) -> bool,
    read: ReadFile<'a>,
    found: BTreeMap<String, ContentId>,
    todo: VecDeque<String>,
}

impl Search<'_> {
    fn run(mut self, pipeline: &Pipeline, transform: &Transform) -> BTreeMap<String, ContentId> {
        let start = transform.working_dir.as_deref().unwrap_or("").trim_matches('/').to_owned();
        for text in transform.cmd.iter().chain(transform.stdin.iter().flatten()) {
            self.words(text, &start);
        }
        for argument in transform.cmd.iter().skip(1).filter(|argument| is_candidate(argument)) {
            self.word(argument, &start, true);
        }
        while let Some(path) = self.todo.pop_front() {
            let Some(bytes) = (self.read)(&path) else { continue };
            if bytes.len() > LARGEST_READ || bytes.contains(&0) {
                continue;
            }
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            self.words(&String::from_utf8_lossy(&bytes), &folder);
            if path.rsplit_once('.').is_some_and(|(_, ending)| ending == "py") {
                self.imports(&String::from_utf8_lossy(&bytes), &folder);
            }
        }
        self.found.remove(&pipeline.spec_path());
        self.found
    }

    /// Tries every word of a text from the root and from `folder`.
    fn words(&mut self, text: &str, folder: &str) {
        let is_edge = |c: char| c.is_whitespace() || "\"'`()[]{}<>|&;,=:$#*?!".contains(c);
        let words: BTreeSet<&str> = text.split(is_edge).filter(|word| is_candidate(word)).collect();
        for word in words {
            self.word(word, folder, word.contains('/'));
        }
    }

    /// Python names modules without their ending: `import a.b` means `a/b.py`.
    fn imports(&mut self, text: &str, folder: &str) {
        for line in
            text.lines().map(str::trim_start).filter(|l| l.starts_with("import ") || l.starts_with("from "))
        {
            for word in line.split([' ', ',']).filter(|word| !word.is_empty() && !word.starts_with('.')) {
                self.word(&format!("{}.py", word.replace('.', "/")), folder, true);
            }
        }
    }

    /// Tries a word; one that `is_path` may name a file that git does not track.
    fn word(&mut self, word: &str, folder: &str, is_path: bool) {
        let word = word.trim_start_matches("./").trim_matches('/');
        for base in ["", folder] {
            if let Some(path) = join(base, word) {
                self.path(&path, is_path);
            }
            if folder.is_empty() {
                break;
            }
        }
    }

    fn path(&mut self, path: &str, is_path: bool) {
        let is_tracked = self.is_tracked;
        let counts = |path: &str| is_path || is_tracked(path);
        if let Some(entry) = self.project.get(path).filter(|entry| counts(&entry.path)) {
            self.take(path.to_owned(), entry.content.clone());
        } else if path.starts_with("code/") {
            let below = self.project.below(path);
            for entry in below.entries().iter().filter(|entry| counts(&entry.path)) {
                self.take(entry.path.to_string(), entry.content.clone());
            }
        }
    }

    fn take(&mut self, path: String, content: ContentId) {
        if !self.found.contains_key(&path) && !(self.is_data)(&path) {
            self.todo.push_back(path.clone());
            self.found.insert(path, content);
        }
    }
}

fn is_candidate(word: &str) -> bool {
    let word = word.trim_matches('/');
    !word.is_empty()
        && word.len() <= 512
        && word.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && !word.starts_with("pfs/")
}

/// `base/word` with `.` and `..` resolved; `None` when it leaves the project.
fn join(base: &str, word: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(word.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}
