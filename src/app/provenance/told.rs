//! Where things come from, line by line: what came about alike is told together, and each thing once.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ContentId, show, show_short};
use crate::run::count;

use super::{Provenance, Step, StepKind, Thing};

/// As many makings of one pipeline in one commit are told together.
const TOGETHER: usize = 3;

/// More names than this are cut.
const NAMED: usize = 4;

/// So many lines for what came about alike stand at most below one thing, if not all are asked for.
const SHOWN: usize = 12;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What came about alike together, and not more of that than a few at a time.
    Short,
    /// All that came about alike together.
    All,
    /// Each thing on its own, and commands whole.
    Long,
}

/// A line, in parts that may look different; safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldLine {
    /// How many steps back from what was asked, for indenting.
    pub depth: usize,
    /// The things that it is about, by their numbers; none for a command.
    pub things: Vec<usize>,
    /// Their paths; empty for a command.
    pub names: String,
    /// How they came to be; or the command.
    pub how: String,
    /// The start of the id of the commit that did it; empty if there is none.
    pub commit: String,
    /// What comes after that.
    pub rest: String,
}

impl ToldLine {
    /// Whether it is what was run, and not what came out.
    pub const fn is_command(&self) -> bool {
        self.things.is_empty()
    }
}

/// All of it as lines, what was asked for first.
pub fn told(found: &Provenance, detail: Detail) -> Vec<ToldLine> {
    let mut telling = Telling { found, detail, seen: BTreeSet::new(), lines: Vec::new() };
    telling.things(&found.asked, 0, false);
    telling.lines
}

struct Telling<'a> {
    found: &'a Provenance,
    detail: Detail,
    seen: BTreeSet<Vec<usize>>,
    lines: Vec<ToldLine>,
}

impl Telling<'_> {
    /// Things, those that were made alike together; what people brought by folder, or only by commit.
    fn things(&mut self, things: &[usize], depth: usize, by_commit: bool) {
        let mut groups: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
        for thing in things {
            // What was made in many ways is told one by one.
            let alone = if self.detail == Detail::Long { *thing } else { 0 };
            groups.entry((self.maker(*thing, by_commit), alone)).or_default().push(*thing);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        let most = if self.detail == Detail::Short { SHOWN } else { usize::MAX };
        // A line for one more is no shorter than that one.
        let left = if groups.len() > most.saturating_add(1) { groups.split_off(most) } else { Vec::new() };
        for group in groups {
            let size = if group.len() > TOGETHER { group.len() } else { 1 };
            for some in group.chunks(size) {
                self.group(some, depth);
            }
        }
        if !left.is_empty() {
            self.lines.push(ToldLine { depth, how: self.left_out(&left.concat()), ..ToldLine::default() });
        }
    }

    /// That more things came about in other ways.
    fn left_out(&self, things: &[usize]) -> String {
        let commits: BTreeSet<usize> =
            things.iter().filter_map(|thing| self.found.things[*thing].commit).collect();
        format!("… and {} more, by {}; `--all` tells of them", things.len(), count(commits.len(), "commit"))
    }

    /// What names all things that came about alike: a pipeline in a commit, or a commit.
    fn maker(&self, thing: usize, by_commit: bool) -> String {
        let thing = &self.found.things[thing];
        let folder = thing.path.rsplit_once('/').filter(|_| !by_commit).map_or("", |(folder, _)| folder);
        match thing.made_by.as_slice() {
            [] if !thing.parts.is_empty() => thing.path.clone(),
            [] => format!("{:?} {folder}", thing.commit),
            steps => {
                let step = &self.found.steps[steps[0]];
                format!("{} {:?}", step.commit, step.pipeline)
            }
        }
    }

    fn group(&mut self, things: &[usize], depth: usize) {
        let mut line = self.how(things);
        (line.depth, line.names) = (depth, self.names(things));
        let is_first = self.seen.insert(things.to_vec());
        if !is_first {
            line.rest.push_str(" (told above)");
        }
        things.clone_into(&mut line.things);
        self.lines.push(line);
        if !is_first {
            return;
        }
        let of = |field: fn(&Thing) -> &Vec<usize>| -> Vec<usize> {
            things.iter().flat_map(|thing| field(&self.found.things[*thing]).clone()).collect()
        };
        let (steps, parts) = (of(|thing| &thing.made_by), of(|thing| &thing.parts));
        let steps: BTreeSet<usize> = steps.into_iter().collect();
        self.steps(&steps.into_iter().collect::<Vec<_>>(), depth + 1);
        let by_commit = things.iter().any(|thing| self.found.things[*thing].by_commit);
        self.things(&parts, depth + 1, by_commit);
    }

    fn names(&self, things: &[usize]) -> String {
        let names: Vec<String> =
            things.iter().take(NAMED).map(|thing| show(&self.found.things[*thing].path)).collect();
        let names = names.join(", ");
        if things.len() > NAMED { format!("{names} and {} more", things.len() - NAMED) } else { names }
    }

    /// How things came to be, in a few words.
    fn how(&self, all: &[usize]) -> ToldLine {
        let thing = &self.found.things[all[0]];
        if let Some(end) = &thing.end {
            return ToldLine { how: show(end), ..ToldLine::default() };
        }
        let was = if all.len() > 1 { "were" } else { "was" };
        let Some(step) = thing.made_by.first().map(|step| &self.found.steps[*step]) else {
            return match thing {
                Thing { parts, .. } if parts.is_empty() => {
                    let line = self.by(thing.commit, &format!("{was} brought by"));
                    formerly(line, all.len(), thing)
                }
                Thing { by_commit: true, .. } => self.came(thing),
                _ => ToldLine { how: held(thing), ..ToldLine::default() },
            };
        };
        let pipeline = pipeline(step, all.len() == 1 && thing.made_by.len() == 1);
        let how = match step.kind {
            StepKind::Datum => format!("{was} made by {pipeline},"),
            StepKind::Match => format!("{was} matched by {pipeline},"),
            StepKind::Accepted => format!("{was} accepted as a result of {pipeline},"),
            StepKind::DataladRun => format!("{was} made by `datalad run`,"),
        };
        formerly(self.by(Some(step.commit), &how), all.len(), thing)
    }

    /// How a folder of several commits came about.
    fn came(&self, folder: &Thing) -> ToldLine {
        let parts = folder.parts.iter().map(|part| self.found.things[*part].commit);
        let commits = count(parts.collect::<BTreeSet<_>>().len(), "commit");
        formerly(ToldLine { how: format!("came about in {commits}"), ..ToldLine::default() }, 1, folder)
    }

    /// Who did it, and when.
    fn by(&self, commit: Option<usize>, how: &str) -> ToldLine {
        let Some(commit) = commit.map(|commit| &self.found.commits[commit]) else {
            return ToldLine { how: how.to_owned(), ..ToldLine::default() };
        };
        let time = jiff::Timestamp::from_second(commit.at).unwrap_or_default();
        let how = format!("{how} {}, {}, ", show(&commit.author), time.strftime("%Y-%m-%d %H:%M"));
        let place = if commit.repository.is_empty() {
            String::new()
        } else {
            format!(" of {}", show(&commit.repository))
        };
        let rest = format!("{place} “{}”", show_short(&commit.subject, 60));
        ToldLine { how, commit: commit.id.chars().take(7).collect(), rest, ..ToldLine::default() }
    }

    /// What steps did: the command once, then what they read.
    fn steps(&mut self, steps: &[usize], depth: usize) {
        let Some(first) = steps.first().map(|step| &self.found.steps[*step]) else { return };
        let command =
            show_short(first.command.trim(), if self.detail == Detail::Long { usize::MAX } else { 160 });
        let how = match first.kind {
            StepKind::Accepted => "no command made this: a person declared it good".to_owned(),
            _ if command.is_empty() => String::new(),
            _ => format!("$ {command}"),
        };
        let how = match first.image.as_deref().filter(|image| image.parse::<ContentId>().is_err()) {
            Some(image) => format!("{how} (in the image {})", show(image)),
            None => how,
        };
        if !how.is_empty() {
            self.lines.push(ToldLine { depth, how, ..ToldLine::default() });
        }
        let of = |read: fn(&Step) -> Vec<usize>| -> Vec<usize> {
            let all: BTreeSet<usize> = steps.iter().flat_map(|step| read(&self.found.steps[*step])).collect();
            all.into_iter().collect()
        };
        let inputs = of(|step| step.inputs.iter().map(|(_, thing)| *thing).collect());
        let code = of(|step| step.code.clone());
        self.things(&inputs, depth, false);
        self.things(&code, depth, false);
    }
}

/// Adds where a single thing was before people moved it. What a commit only stored otherwise (unlocked) stayed where it was.
fn formerly(mut line: ToldLine, count: usize, thing: &Thing) -> ToldLine {
    if let Some(path) = thing.formerly.as_ref().filter(|path| count == 1 && **path != thing.path) {
        line.rest = format!("{}, as {}", line.rest, show(path));
    }
    line
}

/// What a folder of results gave who read it.
fn held(folder: &Thing) -> String {
    let parts = count(folder.parts.len(), "result");
    match folder.left_out.len() {
        0 => format!("holds {parts}"),
        1 => format!("gave {parts}; one more stood there, was not up to date and did not go in"),
        left => format!("gave {parts}; {left} more stood there, were not up to date and did not go in"),
    }
}

/// The pipeline of a step, with its datum where there is one.
fn pipeline(step: &Step, is_one: bool) -> String {
    match (&step.pipeline, &step.key) {
        (Some(name), Some(key)) if is_one && key != "." => show(&format!("{name}:{key}")),
        (name, _) => name.as_deref().map(show).unwrap_or_default(),
    }
}
