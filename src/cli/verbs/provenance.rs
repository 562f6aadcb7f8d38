//! `provenance`: from a result back to what people brought, as text or in a form that other programs read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{LOOKED, print, print_json};
use crate::app::{self, AppError, ExitCode, Provenance, Step, StepKind, Thing};
use crate::cli::Context;
use crate::cli::args::{ProvenanceArgs, ProvenanceFormat};
use crate::cli::report::{Style, paint, plural};
use crate::model::{show, show_short};

/// As many makings of one pipeline in one commit are told together.
const TOGETHER: usize = 3;

/// More names than this are cut.
const NAMED: usize = 4;

/// `provenance`.
pub(crate) fn provenance(context: &Context, args: &ProvenanceArgs) -> Result<ExitCode, AppError> {
    let found = app::provenance(&context.dir, &args.target, &args.at)?;
    let format = if context.json { ProvenanceFormat::Json } else { args.format };
    match format {
        ProvenanceFormat::Text => print(&Told::new(&found, context.verbose > 0).text()),
        ProvenanceFormat::Json => print_json(&serde_json::json!(found)),
        ProvenanceFormat::Dot => print(&app::dot(&found)),
        ProvenanceFormat::Prov => print_json(&app::prov_json(&found)),
        ProvenanceFormat::RoCrate => print_json(&app::ro_crate(&found, &args.license)),
    }
    Ok(LOOKED)
}

/// Things told as text, each once.
struct Told<'a> {
    found: &'a Provenance,
    is_long: bool,
    seen: BTreeSet<Vec<usize>>,
    out: String,
}

impl<'a> Told<'a> {
    const fn new(found: &'a Provenance, is_long: bool) -> Self {
        Self { found, is_long, seen: BTreeSet::new(), out: String::new() }
    }

    fn text(mut self) -> String {
        self.things(&self.found.asked, 0);
        self.out
    }

    /// Things, those that were made alike together.
    fn things(&mut self, things: &[usize], depth: usize) {
        let mut groups: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
        for thing in things {
            let maker = self.maker(*thing);
            // What was made in many ways is told one by one.
            let alone = if self.is_long { *thing } else { 0 };
            groups.entry((maker, alone)).or_default().push(*thing);
        }
        for group in groups.into_values() {
            if group.len() > TOGETHER && !self.is_long {
                self.group(&group, depth);
            } else {
                for thing in group {
                    self.group(&[thing], depth);
                }
            }
        }
    }

    /// What names all things that came about alike: a pipeline in a commit, or a commit.
    fn maker(&self, thing: usize) -> String {
        let thing = &self.found.things[thing];
        let folder = thing.path.rsplit_once('/').map_or("", |(folder, _)| folder);
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
        let names: Vec<String> =
            things.iter().take(NAMED).map(|thing| show(&self.found.things[*thing].path)).collect();
        let more = if things.len() > names.len() {
            format!(" and {} more", things.len() - names.len())
        } else {
            String::new()
        };
        let names = paint(Style::Bold, &format!("{}{more}", names.join(", ")));
        let again = if self.seen.insert(things.to_vec()) { "" } else { " (told above)" };
        let first = &self.found.things[things[0]];
        let how = self.how(first, things);
        self.line(depth, &format!("{names} {how}{again}"));
        if !again.is_empty() {
            return;
        }
        let steps: BTreeSet<usize> =
            things.iter().flat_map(|thing| self.found.things[*thing].made_by.clone()).collect();
        self.steps(&steps.into_iter().collect::<Vec<_>>(), depth + 1);
        let parts: Vec<usize> =
            things.iter().flat_map(|thing| self.found.things[*thing].parts.clone()).collect();
        self.things(&parts, depth + 1);
    }

    /// How a thing came to be, in a few words.
    fn how(&self, thing: &Thing, all: &[usize]) -> String {
        if let Some(end) = &thing.end {
            return show(end);
        }
        let by = thing.commit.map(|commit| self.by(commit)).unwrap_or_default();
        let was = if all.len() > 1 { "were" } else { "was" };
        let Some(step) = thing.made_by.first().map(|step| &self.found.steps[*step]) else {
            return if thing.parts.is_empty() {
                format!("{was} brought by {by}")
            } else {
                format!("holds {}", plural(thing.parts.len(), "result"))
            };
        };
        let pipeline = match (&step.pipeline, &step.key) {
            (Some(name), Some(key)) if all.len() == 1 && thing.made_by.len() == 1 && key != "." => {
                show(&format!("{name}:{key}"))
            }
            (name, _) => name.as_deref().map(show).unwrap_or_default(),
        };
        match step.kind {
            StepKind::Datum => format!("{was} made by {pipeline}, {by}"),
            StepKind::Match => format!("{was} matched by {pipeline}, {by}"),
            StepKind::Accepted => format!("{was} accepted as a result of {pipeline}, {by}"),
            StepKind::DataladRun => format!("{was} made by `datalad run`, {by}"),
        }
    }

    /// What steps did: the command once, then what they read.
    fn steps(&mut self, steps: &[usize], depth: usize) {
        let Some(first) = steps.first().map(|step| &self.found.steps[*step]) else { return };
        let command = show_short(first.command.trim(), if self.is_long { usize::MAX } else { 160 });
        if first.kind == StepKind::Accepted {
            self.line(depth, &paint(Style::Dim, "no command made this: a person declared it good"));
        } else if !command.is_empty() {
            self.line(depth, &paint(Style::Dim, &format!("$ {command}")));
        }
        let of = |read: fn(&Step) -> Vec<usize>| -> Vec<usize> {
            let all: BTreeSet<usize> = steps.iter().flat_map(|step| read(&self.found.steps[*step])).collect();
            all.into_iter().collect()
        };
        let inputs = of(|step| step.inputs.iter().map(|(_, thing)| *thing).collect());
        let code = of(|step| step.code.clone());
        self.things(&inputs, depth);
        self.things(&code, depth);
    }

    fn by(&self, commit: usize) -> String {
        let commit = &self.found.commits[commit];
        let day = jiff::Timestamp::from_second(commit.at)
            .unwrap_or_default()
            .strftime("%Y-%m-%d %H:%M")
            .to_string();
        let id = paint(Style::Dim, commit.id.get(..7).unwrap_or_default());
        let place = if commit.repository.is_empty() {
            String::new()
        } else {
            format!(" of {}", show(&commit.repository))
        };
        let subject = show_short(&commit.subject, 60);
        format!("{}, {day}, {id}{place} “{subject}”", show(&commit.author))
    }

    fn line(&mut self, depth: usize, text: &str) {
        _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }
}
