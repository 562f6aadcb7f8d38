//! The walk back: level by level, so that the past is read once for all that is asked of one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use crate::git::{CommitFacts, Origin, Repo};
use crate::model::{ContentId, Oid, PACK_FILE, PipelineName, Tree, is_pack, show_some};
use crate::plan::record::{PREFIX, Record};
use crate::run::ledger_at;

use super::super::error::{AppError, ExitCode};
use super::super::start::quoted;
use super::results::{Done, Moves, Parts, Results};
use super::{Commit, Provenance, Step, Thing};

/// So many keys that could be meant are named.
const CHOICES: usize = 5;

/// Something that is to be found: a path of a repository, as it stands in a commit.
#[derive(Clone, Debug)]
pub(super) struct Need {
    /// Which repository.
    pub repository: usize,
    /// The commit.
    pub start: Oid,
    /// Path from that repository's root.
    pub path: String,
    /// Who asks.
    pub slot: Slot,
    /// What a datum saw there, if it is an input of one.
    pub shown: Option<ContentId>,
    /// The same as the repository around it was asked, if this one is a subdataset.
    pub outer: Option<Rc<Self>>,
}

/// Where a thing that was found belongs.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// The question itself.
    Asked,
    /// An input of a step, by name.
    Input(usize, String),
    /// Code of a step.
    Code(usize),
    /// A result in a pipeline's whole folder.
    Part(usize),
}

/// A repository: the project, or an installed subdataset.
struct Place {
    /// Its path from the project's root, with a slash at the end; empty for the project.
    prefix: String,
    repo: Repo,
}

/// A thing whose makers are yet to be found.
pub(super) struct Open {
    pub thing: usize,
    pub need: Need,
    pub origin: Origin,
    /// Of a folder with several results: their paths.
    pub parts: Vec<String>,
}

impl Open {
    /// What is to be found for the results in the folder.
    pub(super) fn part_needs(&self) -> Vec<Need> {
        let Need { repository, start, .. } = self.need;
        let need = |path: &String| Need {
            repository,
            start,
            path: path.clone(),
            slot: Slot::Part(self.thing),
            shown: None,
            outer: None,
        };
        self.parts.iter().map(need).collect()
    }
}

/// What was found so far.
pub(super) struct Tracer<'a> {
    project: &'a Repo,
    places: Vec<Place>,
    pub(super) found: Provenance,
    known: BTreeMap<(usize, String, Oid, Vec<String>), usize>,
    pub(super) steps: BTreeMap<(usize, Oid, String), usize>,
    commits: BTreeMap<(usize, Oid), (usize, Rc<CommitFacts>)>,
    ledgers: BTreeMap<(usize, Oid, String), Option<Rc<Results>>>,
    pub(super) folders: BTreeMap<(usize, Oid, String), Option<Tree>>,
    pub(super) done: BTreeMap<(usize, Oid), Option<Rc<Done>>>,
    /// Which commit around a subdataset first recorded a commit of it.
    pub(super) recorded_by: BTreeMap<(usize, Oid, String, Oid), Option<Oid>>,
    pub(super) moves: BTreeMap<(usize, Oid), Moves>,
    /// The commit that changed a pipeline's ledger last, before one.
    pub(super) ledger_changes: BTreeMap<(usize, Oid, String), Option<Oid>>,
}

/// Traces a path or `PIPELINE:KEY` that stands in `start`.
pub(super) fn trace(repo: &Repo, start: Oid, target: &str) -> Result<Provenance, AppError> {
    let mut tracer = Tracer {
        project: repo,
        places: Vec::new(),
        found: Provenance::default(),
        known: BTreeMap::new(),
        steps: BTreeMap::new(),
        commits: BTreeMap::new(),
        ledgers: BTreeMap::new(),
        folders: BTreeMap::new(),
        done: BTreeMap::new(),
        recorded_by: BTreeMap::new(),
        moves: BTreeMap::new(),
        ledger_changes: BTreeMap::new(),
    };
    let paths = tracer.paths_of(start, target)?;
    let ask = |path| Need { repository: 0, start, path, slot: Slot::Asked, shown: None, outer: None };
    let mut needs: Vec<Need> = paths.into_iter().map(ask).collect();
    while !needs.is_empty() {
        let open = tracer.find(needs)?;
        needs = Vec::new();
        for open in open {
            needs.extend(tracer.makers(&open)?);
        }
    }
    let asked = tracer.found.asked.clone();
    match asked.iter().find(|thing| tracer.found.things[**thing].content.is_empty()) {
        Some(thing) => Err(absent(&tracer.found.things[*thing])),
        None => Ok(tracer.found),
    }
}

/// What minipach itself keeps below its folder, and why; no command made that of anything.
fn own(path: &str) -> Option<String> {
    let below = path.strip_prefix(".minipach/")?;
    let ledger = below.strip_prefix("ledger/").map(|rest| rest.split('/').next().unwrap_or(rest));
    Some(
        match ledger
            .and_then(|name| name.strip_suffix(".jsonl").or(name.strip_suffix(".record")).or(Some(name)))
        {
            Some(name) => {
                format!("is what minipach knows of the results of `{name}`, written with each commit of them")
            }
            None => "is a file of minipach's own".into(),
        },
    )
}

fn absent(thing: &Thing) -> AppError {
    let why = thing.end.clone().unwrap_or_default();
    let error = AppError::new(ExitCode::Data, format!("`{}` {why}", thing.path));
    let path = quoted(&thing.path);
    error.hint(format!("`minipach why {path}` explains what stands in the work tree, or why nothing does"))
}

impl Tracer<'_> {
    /// The repository of that number.
    pub(super) fn repo(&self, repository: usize) -> &Repo {
        repository.checked_sub(1).map_or(self.project, |at| &self.places[at].repo)
    }

    fn prefix(&self, repository: usize) -> &str {
        repository.checked_sub(1).map_or("", |at| &self.places[at].prefix)
    }

    /// A path of a repository, from the project's root.
    pub(super) fn path_of(&self, repository: usize, path: &str) -> String {
        format!("{}{path}", self.prefix(repository))
    }

    /// The paths that a target means: of a datum, those of its results.
    fn paths_of(&mut self, start: Oid, target: &str) -> Result<Vec<String>, AppError> {
        let datum = target.split_once(':').and_then(|(pipeline, key)| {
            let name = PipelineName::parse(pipeline).ok()?;
            Some((self.ledger(0, start, &name)?, name, key))
        });
        let Some((results, name, key)) = datum else {
            let path = target.trim_end_matches('/');
            // The project has no commit of its own that made it: what stands in it has.
            let held = if path.is_empty() { self.project.held_in(start, "")? } else { vec![path.to_owned()] };
            return Ok(held
                .into_iter()
                .filter(|path| !path.starts_with('.') || target.starts_with('.'))
                .collect());
        };
        let key = whole_key(&results, &name, key)?;
        let outputs: Vec<String> = results
            .ledger
            .lines_for(key)
            .iter()
            .flat_map(|line| &line.outputs)
            .map(|output| name.path_of(&output.path))
            .collect();
        if outputs.is_empty() { Err(no_result(&name, key)) } else { Ok(outputs) }
    }

    /// Finds what is needed, and puts it in its place. Gives the things that were not known before.
    fn find(&mut self, needs: Vec<Need>) -> Result<Vec<Open>, AppError> {
        let mut by_start: BTreeMap<(usize, Oid), Vec<Need>> = BTreeMap::new();
        for need in needs {
            by_start.entry((need.repository, need.start)).or_default().push(need);
        }
        let (mut open, mut deeper) = (Vec::new(), Vec::new());
        for ((repository, start), needs) in by_start {
            let paths: Vec<&str> = needs.iter().map(|need| need.path.as_str()).collect();
            let origins = self.repo(repository).origins(start, &paths)?;
            for need in needs {
                match origins.get(&need.path) {
                    Some(origin) => open.extend(self.thing(need, origin)?),
                    None => deeper.extend(self.elsewhere(need)),
                }
            }
        }
        if !deeper.is_empty() {
            open.extend(self.find(deeper)?);
        }
        Ok(open)
    }

    /// The thing at an origin; it is to be traced on if it is new.
    fn thing(&mut self, need: Need, origin: &Origin) -> Result<Option<Open>, AppError> {
        let Parts { paths, left_out } = self.parts(&need, origin);
        let key = (need.repository, need.path.clone(), origin.object, left_out.clone());
        if let Some(thing) = self.known.get(&key) {
            self.put(*thing, &need.slot);
            return Ok(None);
        }
        let (commit, _) = self.commit(need.repository, origin.commit)?;
        let content = match &origin.content {
            Some(content) => content.to_string(),
            None if origin.is_folder => format!("tree:{}", origin.object),
            None => format!("commit:{}", origin.object),
        };
        let path = self.path_of(need.repository, &need.path);
        let end = own(&path);
        let is_own = end.is_some();
        let thing =
            self.add(Thing { path, content, commit: Some(commit), end, left_out, ..Thing::default() });
        self.known.insert(key, thing);
        self.put(thing, &need.slot);
        if is_own {
            return Ok(None);
        }
        Ok(Some(Open { thing, need, origin: origin.clone(), parts: paths }))
    }

    /// The packed result in a folder above a path, if there is one.
    fn pack_above(&self, need: &Need) -> Option<String> {
        let above = need.path.rmatch_indices('/').map(|(at, _)| &need.path[..at]);
        let mut folders = above.filter(|_| !is_pack(&need.path));
        folders.find_map(|folder| {
            let pack = format!("{folder}/{PACK_FILE}");
            let files = self.repo(need.repository).tree_files(need.start, folder).ok()?;
            files.iter().any(|file| *file.path == *pack).then_some(pack)
        })
    }

    /// What does not stand in its commit: a file of a packed result, a path of a subdataset, or nothing.
    fn elsewhere(&mut self, need: Need) -> Option<Need> {
        if let Some(path) = self.pack_above(&need) {
            return Some(Need { path, ..need });
        }
        let inside = self.repo(need.repository).subdataset_of(need.start, &need.path);
        let inside = inside.map(|(path, commit)| (path.to_owned(), commit));
        let end = match inside {
            Some((subdataset, commit)) => match self.enter(need.repository, &subdataset) {
                Some(repository) => {
                    let path = need.path.get(subdataset.len() + 1..).unwrap_or_default().to_owned();
                    let (slot, outer) = (need.slot.clone(), Some(Rc::new(need)));
                    return Some(Need { repository, start: commit, path, slot, shown: None, outer });
                }
                None => format!("stands in the subdataset `{subdataset}`, which is not installed"),
            },
            None => format!("does not stand in commit {}", short(need.start)),
        };
        let path = self.path_of(need.repository, &need.path);
        let thing = self.add(Thing { path, end: Some(end), ..Thing::default() });
        self.put(thing, &need.slot);
        None
    }

    /// The number of an installed subdataset; nothing if it is not installed.
    pub(super) fn enter(&mut self, repository: usize, subdataset: &str) -> Option<usize> {
        let prefix = format!("{}{subdataset}/", self.prefix(repository));
        if let Some(at) = self.places.iter().position(|place| place.prefix == prefix) {
            return Some(at + 1);
        }
        let root = self.project.root().join(Path::new(prefix.trim_end_matches('/')));
        let repo = root.join(".git").exists().then(|| Repo::open(&root).ok())??;
        self.places.push(Place { prefix, repo });
        Some(self.places.len())
    }

    fn add(&mut self, thing: Thing) -> usize {
        self.found.things.push(thing);
        self.found.things.len() - 1
    }

    fn put(&mut self, thing: usize, slot: &Slot) {
        match slot {
            Slot::Asked => self.found.asked.push(thing),
            Slot::Input(step, name) => self.found.steps[*step].inputs.push((name.clone(), thing)),
            Slot::Code(step) => self.found.steps[*step].code.push(thing),
            Slot::Part(whole) => self.found.things[*whole].parts.push(thing),
        }
    }

    /// The step of a commit under a name; whether it is new.
    pub(super) fn step(
        &mut self,
        repository: usize,
        commit: Oid,
        name: String,
        step: impl FnOnce() -> Step,
    ) -> (usize, bool) {
        let next = self.found.steps.len();
        let number = *self.steps.entry((repository, commit, name)).or_insert(next);
        if number == next {
            self.found.steps.push(step());
        }
        (number, number == next)
    }

    /// The facts of a commit, and its number.
    pub(super) fn commit(
        &mut self,
        repository: usize,
        id: Oid,
    ) -> Result<(usize, Rc<CommitFacts>), AppError> {
        if let Some(known) = self.commits.get(&(repository, id)) {
            return Ok(known.clone());
        }
        let facts = Rc::new(self.repo(repository).commit_facts(id)?);
        let subject = facts.message.lines().next().unwrap_or_default().replacen(PREFIX, "", 1);
        let commit = Commit {
            id: id.to_string(),
            repository: self.prefix(repository).trim_end_matches('/').to_owned(),
            author: facts.author.clone(),
            email: facts.email.clone(),
            at: facts.at,
            subject,
        };
        self.found.commits.push(commit);
        let known = (self.found.commits.len() - 1, facts);
        self.commits.insert((repository, id), known.clone());
        Ok(known)
    }

    /// The ledger of a pipeline in a commit; nothing where it has none that can be read.
    pub(super) fn ledger(
        &mut self,
        repository: usize,
        commit: Oid,
        name: &PipelineName,
    ) -> Option<Rc<Results>> {
        let key = (repository, commit, name.to_string());
        if let Some(known) = self.ledgers.get(&key) {
            return known.clone();
        }
        let ledger = ledger_at(self.repo(repository), name, Some(commit)).ok();
        let ledger =
            ledger.filter(|ledger| !ledger.lines().is_empty()).map(|ledger| Rc::new(Results::new(ledger)));
        self.ledgers.insert(key, ledger.clone());
        ledger
    }

    /// The run record of a commit, wherever it stands.
    pub(super) fn record(&self, repository: usize, facts: &CommitFacts) -> Option<Record> {
        super::sidecar::record_of(self.repo(repository), facts.id, &facts.message)
    }
}

/// The start of a commit's id, for people.
pub(super) fn short(id: Oid) -> String {
    id.to_string().chars().take(7).collect()
}

/// The one key of a ledger that is meant by itself or by its start.
fn whole_key<'a>(results: &'a Results, name: &PipelineName, key: &'a str) -> Result<&'a str, AppError> {
    let lines = results.ledger.lines();
    if key.is_empty() || lines.iter().any(|line| *line.key == *key) {
        return Ok(key);
    }
    let begun = lines.iter().map(|line| &*line.key).filter(|whole| whole.starts_with(key));
    let begun: BTreeSet<&str> = begun.collect();
    let mut choices = begun.iter().copied();
    match (choices.next(), choices.next()) {
        (None, _) => Err(no_result(name, key)),
        (Some(one), None) => Ok(one),
        _ => {
            let choices: Vec<String> = begun.iter().map(|whole| format!("{name}:{whole}")).collect();
            let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
            Err(AppError::usage(format!("`{name}:{key}` could be {}", show_some(&choices, CHOICES))))
        }
    }
}

fn no_result(name: &PipelineName, key: &str) -> AppError {
    let message = format!("no committed result of `{name}` stands at `{key}`");
    AppError::usage(message).hint(format!("minipach datums {name}"))
}
