//! Code: which files of the project a command consists of, found by following words.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::glob::Glob;
use crate::model::{ContentId, Kind, Pipeline, Transform, Tree, is_at_or_below};

use super::identity::Code;
use super::mentions::reading;
use super::own_paths::{self, HELD, MADE, ROOT, Stand, Values};
use super::python::{self, Module};
use super::{called_paths, shell_paths};

/// Files above this size are taken as code but not searched for further words.
const LARGEST_READ: usize = 1 << 20;

/// More files than this that a pattern takes, or a folder holds, are data.
pub const MOST_OF_FOLDER: usize = 1000;

/// What `make` looks for.
const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Endings of texts that are no shell scripts and make paths by calls.
const CALLING: [&str; 11] = ["py", "r", "rmd", "qmd", "jl", "js", "mjs", "ts", "rb", "pl", "m"];

/// No more folders of one text are gone to.
const MOST_FOLDERS: usize = 32;

/// Reads a project file for the search; `None` when it is absent here (annexed, dropped).
pub(super) type ReadFile<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Finds the code files of a pipeline: `transform.code` if given, else every file named by a word
/// of `cmd` or `stdin`, and again by words of each text file so found.
///
/// A file for which `is_tracked` does not hold counts only where it is meant without doubt: `transform.code`
/// takes it, a word is a path with a slash, or a whole argument after the program, or Python imports it. A stray
/// file that is called like a program is none, nor is one whose path a text works out: scripts name what they write so.
///
/// A word is tried from the root, from `working_dir`, from the folder of the file it stands in, and from folders that
/// its text goes to by `cd`; Python's modules, after `-m` and in `-c` too, are files of their names, in folders of
/// `PYTHONPATH` too; paths that a text makes of where it stands, by variables and calls, are words too; `make` means its makefile. A word that names a folder under `code/` means its files; where a
/// variable only holds it, or the folder is a part of a path, those that are named. A pattern with a folder before its
/// signs means the tracked files that it takes, and a folder that is a whole argument those in it. Files for which `is_data`
/// holds (results, and what the globs of its inputs take) are never code, nor is what runs keep in `.minipach`.
///
/// Of subdatasets `project` may have the files beside their gitlinks: what is named in one that it has not, or that is no
/// file of it, is `inside`.
pub fn find(
    pipeline: &Pipeline,
    project: &Tree,
    is_tracked: &dyn Fn(&str) -> bool,
    is_data: &dyn Fn(&str) -> bool,
    read: ReadFile<'_>,
) -> Code {
    let Some(transform) = &pipeline.transform else { return Code::default() };
    if let Some(globs) = &transform.code {
        let inside = links(project).filter(|link| globs.iter().any(|glob| reaches(glob, link)));
        let inside = inside.map(str::to_owned).collect();
        return Code { files: by_globs(globs, project), inside, ..Code::default() };
    }
    let mut code = by_words(transform, project, is_tracked, is_data, read);
    code.files.remove(&pipeline.spec_path());
    code
}

pub(super) fn by_words(
    transform: &Transform,
    project: &Tree,
    is_tracked: &dyn Fn(&str) -> bool,
    is_data: &dyn Fn(&str) -> bool,
    read: ReadFile<'_>,
) -> Code {
    let code = Code::default();
    let (todo, roots) = (VecDeque::new(), BTreeSet::new());
    let known = transform.env.iter().map(|(name, value)| (name.clone(), vec![value.clone()])).collect();
    let (started, own, start) = (Vec::new(), None, start_of(transform));
    let links = links(project).map(|link| (link, !project.below(link).is_empty())).collect();
    let search = Search {
        project,
        links,
        is_tracked,
        is_data,
        read,
        code,
        todo,
        roots,
        is_read: true,
        known,
        started,
        own,
        start,
        held: BTreeSet::new(),
        is_called: false,
    };
    search.run(transform)
}

fn by_globs(globs: &[Glob], project: &Tree) -> BTreeMap<String, ContentId> {
    let is_code = |path: &str| {
        let path = format!("/{path}");
        globs.iter().any(|glob| glob.find(&path).is_some())
    };
    let taken = project.entries().iter().filter(|entry| !is_own_state(&entry.path) && is_code(&entry.path));
    taken.map(|entry| (entry.path.to_string(), entry.content.clone())).collect()
}

/// Whether runs themselves write a file: were it code, its pipeline would never be done.
fn is_own_state(path: &str) -> bool {
    is_at_or_below(path, ".minipach")
}

/// The subdatasets among the files of a project.
fn links(project: &Tree) -> impl Iterator<Item = &str> {
    let is_link = |entry: &&crate::model::Entry| entry.kind == Kind::Gitlink;
    project.entries().iter().filter(is_link).map(|entry| &*entry.path)
}

/// Whether a glob may take something in a folder.
fn reaches(glob: &Glob, folder: &str) -> bool {
    let prefix = glob.literal_prefix();
    folder.starts_with(prefix) || is_at_or_below(prefix, folder)
}

struct Search<'a> {
    project: &'a Tree,
    /// The subdatasets in it, and whether their files are too.
    links: Vec<(&'a str, bool)>,
    is_tracked: &'a dyn Fn(&str) -> bool,
    is_data: &'a dyn Fn(&str) -> bool,
    read: ReadFile<'a>,
    code: Code,
    todo: VecDeque<String>,
    /// Where the command is when it starts programs: its `working_dir`, and the folders that it goes to.
    roots: BTreeSet<String>,
    /// Whether the word that is tried is one that may be read: of data, no other is noted.
    is_read: bool,
    /// What variables may hold that texts read so far set.
    known: Values,
    /// Files that the command itself names.
    started: Vec<String>,
    /// The file that is read.
    own: Option<String>,
    /// Where the command starts.
    start: String,
    /// Folders that are meant as a whole unless something below them is named.
    held: BTreeSet<String>,
    /// Whether the text that is read makes paths by calls, and so names folders by themselves.
    is_called: bool,
}

impl Search<'_> {
    fn run(mut self, transform: &Transform) -> Code {
        let start = self.start.clone();
        let cmd = transform.cmd.join("\n");
        for text in [&cmd].into_iter().chain(transform.stdin.as_ref().map(|lines| lines.join("\n")).as_ref())
        {
            let text = &self.with_expanded(text);
            self.words(text, &start);
            self.roots.extend(folders(text, &start));
            self.roots.extend(python::search_path(text).filter_map(|folder| join("", folder)));
            self.makefiles(text, &start);
        }
        let own = transform.env.get("PYTHONPATH").into_iter().flat_map(|value| value.split(':'));
        self.roots.extend(own.map(|folder| python::in_project(folder).to_owned()));
        let bases = from_root_and([start.clone()]);
        let reading = reading(&cmd);
        let read: BTreeSet<&str> = split(&reading).collect();
        for argument in transform.cmd.iter().skip(1).filter(|argument| is_candidate(argument)) {
            self.is_read = read.contains(argument.as_str());
            self.word(argument, &bases, true);
        }
        // A folder to go to (`make -C tools`) and a module are followed by what they name.
        let pairs = transform.cmd.windows(2).filter(|pair| !matches!(&*pair[0], "-C" | "-m"));
        for argument in pairs.map(|pair| &pair[1]).filter(|argument| is_candidate(argument)) {
            bases.iter().filter_map(|base| join(base, argument)).for_each(|path| self.folder(&path));
        }
        self.is_read = true;
        self.roots.insert(start);
        let stdin = transform.stdin.iter().flatten();
        for text in stdin.chain([&cmd]) {
            self.modules(python::started(text), "");
            self.modules(python::imported_in_arguments(text), "");
        }
        self.started = self.code.files.keys().cloned().collect();
        while let Some(path) = self.next() {
            if let Some(bytes) = (self.read)(&path) {
                self.file(path, &bytes);
            }
        }
        self.code
    }

    /// The next file to read. Held folders come last, deepest first, as only then is known what is named below them.
    fn next(&mut self) -> Option<String> {
        while self.todo.is_empty() {
            let folder = self.held.pop_last()?;
            let below = format!("{folder}/");
            let mut named = self.code.files.range(below.clone()..).map(|(path, _)| path);
            if !named.next().is_some_and(|path| path.starts_with(&below)) {
                self.path(&folder, false);
            }
        }
        self.todo.pop_front()
    }

    fn file(&mut self, path: String, bytes: &[u8]) {
        if bytes.len() > LARGEST_READ || bytes.contains(&0) {
            return;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let text = String::from_utf8_lossy(bytes);
        self.is_called = is_calling(&path, &text);
        let is_python = path.rsplit_once('.').is_some_and(|(_, ending)| ending == "py");
        self.own = Some(path);
        let all = self.with_expanded(&text);
        self.words(&all, &folder);
        self.roots.extend(python::search_path(&all).filter_map(|folder| join("", folder)));
        self.modules(python::started(&text), &folder);
        if is_python {
            self.modules(python::imported(&text), &folder);
        }
    }

    /// A text, and behind it what its variables and calls tell of paths; what it sets of variables is kept for others.
    fn with_expanded(&mut self, text: &str) -> String {
        let own = self.own.as_deref();
        let stand = Stand { own, started: &self.started, start: &self.start, known: &self.known };
        let expanded = if self.is_called { called_paths::expanded } else { shell_paths::expanded };
        let (more, set) = expanded(text, &stand);
        for (name, values) in set {
            own_paths::keep(&mut self.known, &name, &values);
        }
        if more == text { more } else { format!("{text}\n{more}") }
    }

    /// Tries every word of a text from the root, from `folder`, and from the folders that it goes to.
    fn words(&mut self, text: &str, folder: &str) {
        let words: BTreeSet<&str> = split(text).filter(|word| is_candidate(word)).collect();
        let bases = from_root_and(folders(text, folder).into_iter().chain([folder.to_owned()]));
        let reading = reading(text);
        let read: BTreeSet<&str> = split(&reading).collect();
        own_paths::patterns(text).for_each(|pattern| self.pattern(&pattern));
        for word in words {
            self.is_read = read.contains(word);
            self.word(word, &bases, word.contains('/'));
            // What follows an option of one letter: `-flib/a.awk`.
            if let Some(value) = word.strip_prefix('-').and_then(|rest| rest.get(1..)?.split_once('/')) {
                self.word(&format!("{}/{}", value.0, value.1), &bases, true);
            }
        }
        self.is_read = false;
        for pattern in own_paths::plain_patterns(text) {
            bases.iter().filter_map(|base| join(base, pattern)).for_each(|pattern| self.pattern(&pattern));
        }
        self.is_read = true;
    }

    /// Takes the tracked files that a shell would put in the place of a pattern, and those in such folders.
    fn pattern(&mut self, pattern: &str) {
        let Ok(glob) = Glob::parse(&format!("/{pattern}")) else { return };
        let folder = glob.literal_prefix().rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_taken = |path: &str| {
            let path = format!("/{path}");
            let above = path.match_indices('/').map(|(at, _)| &path[..at.max(1)]);
            above.chain([&*path]).any(|path| glob.find(path).is_some())
        };
        self.tracked(folder, &is_taken);
    }

    /// Takes the tracked files of a folder that is an argument, unless it holds data.
    fn folder(&mut self, folder: &str) {
        let below = self.project.below(folder);
        let is_data = |path: &str| path.ends_with("/spec.yml") || (self.is_data)(path);
        if !below.entries().iter().any(|entry| is_data(&entry.path)) {
            self.tracked(folder, &|_| true);
        }
    }

    /// Takes those of the tracked files of a folder that are meant, if they are not too many; no hidden ones, and no specs.
    fn tracked(&mut self, folder: &str, is_meant: &dyn Fn(&str) -> bool) {
        let (is_tracked, below) = (self.is_tracked, self.project.below(folder));
        let inside = |path: &str| path[below.prefix().len()..].to_owned();
        let is_hidden = |path: &str| inside(path).split('/').any(|part| part.starts_with('.'));
        let is_code = |path: &str| {
            is_tracked(path) && !is_hidden(path) && !path.ends_with("/spec.yml") && is_meant(path)
        };
        let found: Vec<_> = below.entries().iter().filter(|entry| is_code(&entry.path)).collect();
        for entry in found.iter().filter(|_| found.len() <= MOST_OF_FOLDER) {
            self.take(entry.path.to_string(), entry.content.clone());
        }
    }

    /// What `make` reads, where a command names it: in the folder that it is in, those that the text goes to, and
    /// after `-C`.
    fn makefiles(&mut self, text: &str, start: &str) {
        let words: Vec<&str> = split(text).collect();
        if !words.iter().any(|word| matches!(*word, "make" | "gmake")) {
            return;
        }
        let told = words.windows(2).filter(|pair| pair[0] == "-C").filter_map(|pair| join(start, pair[1]));
        let mut places: BTreeSet<String> = folders(text, start).into_iter().chain(told).collect();
        places.insert(start.to_owned());
        for path in places.iter().flat_map(|place| MAKEFILES.map(|name| join(place, name))).flatten() {
            self.path(&path, true);
        }
    }

    /// Tries the files that modules may be: from `folder`, or where the command is when it starts Python.
    fn modules(&mut self, modules: Vec<Module>, folder: &str) {
        if modules.is_empty() {
            return;
        }
        let bases = from_root_and(self.roots.iter().cloned().chain([folder.to_owned()]));
        for module in modules {
            match module.up {
                None => self.word(&module.path, &bases, true),
                Some(up) => {
                    if let Some(path) = join(folder, &format!("{}{}", "../".repeat(up), module.path)) {
                        self.path(&path, true);
                    }
                }
            }
        }
    }

    /// Tries a word from folders; one that `is_path` may name a file that git does not track.
    fn word(&mut self, word: &str, bases: &BTreeSet<String>, is_path: bool) {
        if word.contains(ROOT) {
            return self.worked_out(word);
        }
        // Of `$PWD/…` the sign is no part of a word; a command begins in the root.
        let word = word.strip_prefix("PWD/").unwrap_or(word);
        let is_part = self.is_called && !is_path && !word.contains('/');
        let word = word.trim_start_matches("./").trim_matches('/');
        for path in bases.iter().filter_map(|base| join(base, word)) {
            if is_part && self.project.get(&path).is_none() {
                self.held.insert(path);
            } else {
                self.path(&path, is_path);
            }
        }
    }

    /// Tries a path that a text works out; its own folder is no whole one.
    fn worked_out(&mut self, word: &str) {
        let own = self.own.as_deref().unwrap_or_default();
        let Some(path) = join("", word).filter(|path| !own.starts_with(&format!("{path}/"))) else { return };
        if self.project.get(&path).is_some() || !word.contains([HELD, MADE]) {
            self.path(&path, false);
        } else if word.contains(HELD) {
            self.held.insert(path);
        }
    }

    fn path(&mut self, path: &str, is_path: bool) {
        let is_tracked = self.is_tracked;
        let counts = |path: &str| is_path || is_tracked(path);
        if let Some(entry) = self.project.get(path).filter(|entry| counts(&entry.path)) {
            return self.take(path.to_owned(), entry.content.clone());
        }
        let folder = if path.starts_with("code/") { self.project.below(path) } else { Tree::default() };
        for entry in folder.entries().iter().filter(|entry| counts(&entry.path)) {
            self.take(entry.path.to_string(), entry.content.clone());
        }
        if folder.is_empty() {
            self.note_inside(path, is_path);
        }
    }

    /// Notes what is named in a subdataset and is no file of the project: in one whose files are known, no mere word.
    fn note_inside(&mut self, path: &str, is_path: bool) {
        let mut around = self.links.iter().filter(|(link, _)| is_at_or_below(path, link));
        if around.any(|(_, is_known)| is_path || !is_known) && !(self.is_data)(path) {
            self.code.inside.insert(path.to_owned());
        }
    }

    fn take(&mut self, path: String, content: ContentId) {
        if self.code.files.contains_key(&path) || is_own_state(&path) {
            return;
        }
        if (self.is_data)(&path) {
            if self.is_read {
                self.code.data.insert(path);
            }
            return;
        }
        self.todo.push_back(path.clone());
        self.code.files.insert(path, content);
    }
}

/// Whether a text is none of a shell, by its name or its first line.
fn is_calling(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some((_, ending)) = name.rsplit_once('.') {
        return CALLING.contains(&ending.to_ascii_lowercase().as_str());
    }
    let first = text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or_default();
    ["python", "Rscript", "julia", "node", "ruby", "perl"].iter().any(|program| first.contains(program))
}

/// The folder that a command starts in.
fn start_of(transform: &Transform) -> String {
    transform.working_dir.as_deref().unwrap_or("").trim_matches('/').to_owned()
}

/// The project's root and other folders, each once.
fn from_root_and(folders: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    folders.into_iter().chain([String::new()]).collect()
}

/// The words of a text that may name files.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| c.is_whitespace() || "\"'`()[]{}<>|&;,=:$#*?!".contains(c);
    text.split(is_edge).filter(|word| !word.is_empty())
}

/// The folders that a text goes to by `cd`, one after the other or each from `folder`.
fn folders(text: &str, folder: &str) -> BTreeSet<String> {
    let words: Vec<&str> = split(text).filter(|word| !matches!(*word, "--" | "-P" | "-L")).collect();
    let mut found = BTreeSet::new();
    let mut last = folder.to_owned();
    for pair in words.windows(2).filter(|pair| matches!(pair[0], "cd" | "pushd")).take(MOST_FOLDERS) {
        found.extend([join(folder, pair[1]), join("", pair[1])].into_iter().flatten());
        last = join(&last, pair[1]).unwrap_or_default();
        found.insert(last.clone());
    }
    found
}

fn is_candidate(word: &str) -> bool {
    let word = word.trim_matches('/');
    !word.is_empty()
        && word.len() <= 512
        && word.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && !word.starts_with("pfs/")
}

/// `base/word` with `.` and `..` resolved; `None` when it leaves the project, or is its root.
fn join(base: &str, word: &str) -> Option<String> {
    let (base, word) = word.rsplit_once(ROOT).map_or((base, word), |(_, path)| ("", path));
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
