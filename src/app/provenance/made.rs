//! The makers of one thing: datums that its commit's ledger names, or a run record of `DataLad`.

use std::rc::Rc;

use crate::git::{CommitFacts, Origin};
use crate::ledger::PipelineLedger;
use crate::model::{ContentId, Entry, KnownResult, Oid, PipelineName, Place};
use crate::plan::record::{PIPELINE_TRAILER, Record, Recorded};
use crate::plan::{Standing, standing_of};

use super::super::error::AppError;
use super::results::{Results, code_of, command_of, image_of};
use super::trace::{Need, Open, Slot, Tracer};
use super::{Commit, Step, StepKind};

/// What ledgers tell of a thing.
enum Told {
    /// The pipeline that it is a result of, its ledger, and the lines that tell of the thing.
    Lines(PipelineName, Rc<Results>, Vec<KnownResult>),
    /// It stands where the result of this datum belongs, and is something else.
    Otherwise(String),
    /// Nothing.
    Nothing,
}

impl Told {
    /// Whether that says all there is to say of who made it: not if it is other bytes, or a person declared it good.
    fn is_computed(&self) -> bool {
        match self {
            Self::Lines(.., lines) => !lines.iter().all(KnownResult::is_accepted),
            Self::Otherwise(_) => false,
            Self::Nothing => true,
        }
    }
}

impl Tracer<'_> {
    /// Finds the steps that made a thing; gives what these need.
    pub(super) fn makers(&mut self, open: &Open) -> Result<Vec<Need>, AppError> {
        if !open.parts.is_empty() {
            return Ok(open.part_needs());
        }
        let (commit, facts) = self.commit(open.need.repository, open.origin.commit)?;
        if let Some(end) = self.cut_off(open).filter(|_| self.recorded(open, &facts).is_none()) {
            if let Some(outer) = self.outside(open)? {
                return self.makers(&outer);
            }
            self.found.things[open.thing].end = Some(end);
            return Ok(Vec::new());
        }
        if let Some(needs) = self.datums(open, commit, &facts)? {
            return Ok(needs);
        }
        let needs = self.spread(open)?;
        if !needs.is_empty() {
            return Ok(needs);
        }
        if let Some(outer) = self.outside(open)? {
            return self.makers(&outer);
        }
        match self.record(open.need.repository, &facts) {
            Some(Record::Inline(record)) => self.run(open, (commit, &facts), &record),
            Some(Record::Broken(why)) => {
                let end = format!("its commit has a run record that cannot be read: {why}");
                self.found.things[open.thing].end = Some(end);
                Ok(Vec::new())
            }
            _ => self.brought(open),
        }
    }

    /// What people brought, or moved.
    fn brought(&mut self, open: &Open) -> Result<Vec<Need>, AppError> {
        if let Some(before) = self.moved(open)? {
            return self.makers(&before);
        }
        Ok(Vec::new())
    }

    /// The record of a commit that names a thing among what it made.
    fn recorded(&self, open: &Open, facts: &CommitFacts) -> Option<Recorded> {
        let Need { repository, path, .. } = &open.need;
        let Some(Record::Inline(record)) = self.record(*repository, facts) else { return None };
        super::sidecar::names(self.repo(*repository), facts.id, &record, path).then_some(record)
    }

    /// The datums whose results a thing is, holds or lies in, as the ledger of its commit tells. Nothing if none did.
    fn datums(
        &mut self,
        open: &Open,
        commit: usize,
        facts: &Rc<CommitFacts>,
    ) -> Result<Option<Vec<Need>>, AppError> {
        let repository = open.need.repository;
        let told = self.lines_of(open, facts);
        // A replay with newer inputs (`datalad rerun`) writes no ledger: its record tells, also once it was accepted.
        if !told.is_computed()
            && let Some(record) = self.recorded(open, facts)
        {
            return self.run(open, (commit, facts), &record).map(Some);
        }
        if let Some(before) = self.earlier(open, facts, &told)? {
            return self.makers(&before).map(Some);
        }
        let (name, mut results, mut lines) = match told {
            Told::Lines(name, results, lines) => (name, results, lines),
            Told::Otherwise(by) => {
                self.found.things[open.thing].end = Some(self.by_hand(commit, &by));
                return Ok(Some(Vec::new()));
            }
            Told::Nothing => return Ok(None),
        };
        let (mut commit, mut facts) = (commit, Rc::clone(facts));
        let again =
            below(&name, &open.need.path).map(|below| self.redone(&open.need, (&name, below), facts.id));
        // What cannot be read of the past since leaves the first maker.
        if let Some(Ok(Some(again))) = again
            && let Ok((number, its)) = self.commit(repository, again)
            && let Told::Lines(_, its_results, its_lines) = self.lines_of(open, &its)
        {
            (commit, facts, results, lines) = (number, its, its_results, its_lines);
        }
        let mut needs = Vec::new();
        for line in &lines {
            let step = || step_of(&name, &results.ledger, line, commit);
            let (number, is_new) = self.step(repository, facts.id, format!("{name}:{}", line.key), step);
            self.found.things[open.thing].made_by.push(number);
            if is_new {
                needs.extend(needs_of(&results.ledger, line, repository, used_at(&facts), number));
                needs.extend(self.image_needs(&results.ledger, line, repository, &facts, number));
            }
        }
        Ok(Some(needs))
    }

    fn by_hand(&self, commit: usize, by: &str) -> String {
        let Commit { id, author, subject, .. } = &self.found.commits[commit];
        let short = &id[..7];
        format!("was changed by hand, in {short} “{subject}” by {author}: `{by}` made something else")
    }

    /// A result before a commit by hand moved it, or put it in another form, if the ledger of then tells of the same work
    /// there: that commit made nothing.
    fn earlier(&mut self, open: &Open, facts: &CommitFacts, told: &Told) -> Result<Option<Open>, AppError> {
        let (Told::Lines(.., lines), Some(start), None) = (told, facts.parent, pipeline_of(facts)) else {
            return Ok(None);
        };
        let repository = open.need.repository;
        let from = self.moved_from(repository, &open.need.path, &open.origin)?;
        let is_moved = from.is_some();
        let path = from.unwrap_or_else(|| open.need.path.clone());
        let Some(origin) = self.repo(repository).origins(start, &[&path])?.remove(&path) else {
            return Ok(None);
        };
        let is_it = is_moved || self.is_reformed(repository, &path, (&origin, &open.origin))?;
        let (commit, its) = self.commit(repository, origin.commit)?;
        let need = Need { start, path, ..open.need.clone() };
        let before = Open { thing: open.thing, need, origin, parts: Vec::new() };
        if !is_it || !self.is_told_before(&before, &its, lines) {
            return Ok(None);
        }
        if is_moved {
            return self.moved(open);
        }
        self.found.things[open.thing].commit = Some(commit);
        Ok(Some(before))
    }

    /// Whether ledgers told of the same work before: that of the commit that made the bytes, or a later one, if it was made
    /// again with the same.
    fn is_told_before(&mut self, before: &Open, facts: &CommitFacts, lines: &[KnownResult]) -> bool {
        let is_one = |told: Told| match told {
            Told::Lines(.., old) => old.iter().any(|old| lines.iter().any(|line| line.id == old.id)),
            Told::Otherwise(_) | Told::Nothing => false,
        };
        let last = before.need.start;
        is_one(self.lines_in(before, facts, [facts.id, last]))
            || is_one(self.lines_in(before, facts, [last, last]))
    }

    /// Whether what stands at a path differs from what stood there by nothing but the form that git or the annex keeps it in.
    fn is_reformed(
        &self,
        repository: usize,
        path: &str,
        (old, new): (&Origin, &Origin),
    ) -> Result<bool, AppError> {
        if let (Some(old), Some(new)) = (&old.content, &new.content) {
            return Ok(has_other_form(old, new));
        }
        if !old.is_folder || !new.is_folder {
            return Ok(false);
        }
        let files = |origin: &Origin| self.repo(repository).tree_files(origin.commit, path);
        let (before, now) = (files(old)?, files(new)?);
        let is_same = |(old, new): (&Entry, &Entry)| {
            old.path == new.path && (old.content == new.content || has_other_form(&old.content, &new.content))
        };
        Ok(before.len() == now.len() && before.iter().zip(&now).all(is_same))
    }

    /// The files that a datum's image is made of: those that the record of its commit names beside its scripts.
    fn image_needs(
        &self,
        ledger: &PipelineLedger,
        line: &KnownResult,
        repository: usize,
        facts: &CommitFacts,
        step: usize,
    ) -> Vec<Need> {
        let content = image_of(ledger, line).filter(|_| line.place == Place::Container);
        let record = content.and_then(|_| self.record(repository, facts));
        let Some(Record::Inline(record)) = record else { return Vec::new() };
        let (start, code) = (used_at(facts), code_of(ledger, line));
        let files = super::sidecar::expand(self.repo(repository), start, &record.pwd, &record.extra_inputs);
        let files = files.unwrap_or_default().into_iter().filter(|path| !code.contains_key(path));
        let slot = Slot::Code(step);
        files
            .map(|path| Need { repository, start, path, slot: slot.clone(), shown: None, outer: None })
            .collect()
    }

    /// What ledgers tell of a thing. What people moved or committed by hand is told by the ledger that came with it,
    /// or later.
    fn lines_of(&mut self, open: &Open, facts: &CommitFacts) -> Told {
        self.lines_in(open, facts, [facts.id, open.need.start])
    }

    /// What the ledgers of two commits tell of a thing, the first that does.
    fn lines_in(&mut self, open: &Open, facts: &CommitFacts, commits: [Oid; 2]) -> Told {
        let path = &open.need.path;
        let own = pipeline_of(facts).and_then(|name| PipelineName::parse(name.trim()).ok());
        let above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path.as_str()]);
        let above: Vec<PipelineName> = above.filter_map(|folder| PipelineName::parse(folder).ok()).collect();
        let mut otherwise = None;
        for name in own.into_iter().chain(above.into_iter().rev()) {
            let Some(below) = below(&name, path) else { continue };
            for commit in commits {
                let Some(results) = self.ledger(open.need.repository, commit, &name) else { continue };
                let lines = results.telling_of(below);
                let Some(first) = lines.first().map(|line| format!("{name}:{}", line.key)) else { continue };
                let Some(files) = self.folder(open.need.repository, commit, &name) else { continue };
                let whole = lines.into_iter().filter(|line| standing_of(line, &files) != Standing::Changed);
                let lines: Vec<KnownResult> = whole.cloned().collect();
                if !lines.is_empty() {
                    return Told::Lines(name, results, lines);
                }
                otherwise.get_or_insert(first);
            }
        }
        otherwise.map_or(Told::Nothing, Told::Otherwise)
    }

    /// A run that `DataLad` recorded.
    fn run(
        &mut self,
        open: &Open,
        (commit, facts): (usize, &CommitFacts),
        record: &Recorded,
    ) -> Result<Vec<Need>, AppError> {
        let repository = open.need.repository;
        let step = || Step {
            kind: StepKind::DataladRun,
            commit,
            pipeline: None,
            key: None,
            command: record.command.clone(),
            image: None,
            inputs: Vec::new(),
            code: Vec::new(),
            outputs: record.outputs.clone(),
        };
        let (number, is_new) = self.step(repository, facts.id, String::new(), step);
        self.found.things[open.thing].made_by.push(number);
        let Some(start) = facts.parent.filter(|_| is_new) else { return Ok(Vec::new()) };
        let expand =
            |globs: &[String]| super::sidecar::expand(self.repo(repository), start, &record.pwd, globs);
        let (inputs, extra) = (expand(&record.inputs)?, expand(&record.extra_inputs)?);
        let need = |path, slot| Need { repository, start, path, slot, shown: None, outer: None };
        let inputs = inputs.into_iter().map(|path| need(path, Slot::Input(number, String::new())));
        Ok(inputs.chain(extra.into_iter().map(|path| need(path, Slot::Code(number)))).collect())
    }
}

/// Whether two contents may be the same bytes in another form: in git and the annex, or under keys of different kinds.
fn has_other_form(old: &ContentId, new: &ContentId) -> bool {
    let kind = |key: &str| key.split('-').next().unwrap_or_default().to_owned();
    match (old, new) {
        (ContentId::Annex(old), ContentId::Annex(new)) => kind(old) != kind(new),
        (ContentId::Git(_), ContentId::Annex(_)) | (ContentId::Annex(_), ContentId::Git(_)) => true,
        _ => false,
    }
}

/// The pipeline whose results a commit of minipach's holds.
pub(super) fn pipeline_of(facts: &CommitFacts) -> Option<&str> {
    facts.message.lines().rev().find_map(|line| line.strip_prefix(PIPELINE_TRAILER)?.strip_prefix(": "))
}

/// The commit with the inputs that results were made of: of minipach's own the one before it, while a commit by
/// hand, a merge or one that squashes others may bring inputs and results together.
fn used_at(facts: &CommitFacts) -> Oid {
    facts.parent.filter(|_| pipeline_of(facts).is_some()).unwrap_or(facts.id)
}

/// The part of a path below a pipeline's folder.
pub(super) fn below<'a>(name: &PipelineName, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(name.as_str())?;
    if rest.is_empty() { Some(".") } else { rest.strip_prefix('/') }
}

fn step_of(name: &PipelineName, ledger: &PipelineLedger, line: &KnownResult, commit: usize) -> Step {
    let kind = match line.place {
        Place::Accepted => StepKind::Accepted,
        Place::None => StepKind::Match,
        Place::Env | Place::Sandbox | Place::Container => StepKind::Datum,
    };
    Step {
        kind,
        commit,
        pipeline: Some(name.to_string()),
        key: Some(line.key.to_string()),
        command: if kind == StepKind::Accepted { String::new() } else { command_of(ledger, line) },
        image: image_of(ledger, line).filter(|_| kind == StepKind::Datum),
        inputs: Vec::new(),
        code: Vec::new(),
        outputs: line.outputs.iter().map(|output| name.path_of(&output.path)).collect(),
    }
}

/// What a datum read, as it stood when its result was committed: its inputs, and its code.
fn needs_of(
    ledger: &PipelineLedger,
    line: &KnownResult,
    repository: usize,
    start: Oid,
    step: usize,
) -> Vec<Need> {
    let inputs = line.inputs.iter().map(|input| {
        (input.path.to_string(), Slot::Input(step, input.name.to_string()), input.content.clone())
    });
    let code = code_of(ledger, line).into_keys().map(|path| (path, Slot::Code(step), None));
    let need = |(path, slot, shown)| Need { repository, start, path, slot, shown, outer: None };
    inputs.chain(code).map(need).collect()
}
