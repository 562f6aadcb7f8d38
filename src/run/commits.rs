//! Committing: whatever a pipeline's ledger says that HEAD does not know yet becomes commits with records.
//!
//! What to commit is read from the state, never remembered: so a run that was killed, held or told not to
//! commit is caught up by the next one.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::git::write::{self, Change, CommitBuilder, NewCommit, WriteError};
use crate::ledger::{
    ATTRIBUTES_PATH, Durability, Form, PipelineLedger, WorkFields, own_attributes, result_rules,
    shard_folder, single_path, write_atomic,
};
use crate::model::{
    AnnexedFile, ContentId, Entry, Kind, KnownOutput, KnownResult, Oid, OutFile, PipelineName, WorkId,
};
use crate::plan::{entries_of, known_inputs, note_annexed, published, target};

use super::adding::noted_annex;
use super::error::RunError;
use super::growing::{Files, Growing};
use super::held::Waits;
use super::in_head::ledger_at;
use super::inner::Inner;
use super::news::{Committing, NewLine, News, Numbers, ResultFile, is_same_but_keys};
use super::recorded::Recorded;
use super::records::{self, Old, Part, Telling};

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// HEAD knows all there is.
    Nothing,
    /// These commits were made; paths the user had staged otherwise were left alone.
    Made {
        /// The commits, oldest first.
        commits: Vec<String>,
        /// Left alone in the index.
        left: Vec<String>,
        /// Whether git knew no author.
        is_stand_in: bool,
    },
    /// Not yet.
    Held {
        /// Why.
        reason: String,
        /// Whether saving what is missing helps.
        lacks: bool,
    },
}

impl Committed {
    /// The run was ended at once.
    pub(super) fn ended() -> Self {
        let reason = "the run was ended before; the next one commits them".to_owned();
        Self::Held { reason, lacks: false }
    }

    pub(super) fn waiting_for(what: &str) -> Self {
        let reason = format!("git is in the middle of {what}; the next run after it commits the results");
        Self::Held { reason, lacks: false }
    }
}

/// Files below `.minipach` by path from there: their bytes, or `None` for those to be removed.
type MinipachFiles = Vec<(String, Option<Vec<u8>>)>;

/// A file that a record needs beside its message: its path from the root, and its bytes.
type Body = (String, Vec<u8>);

impl Committing<'_> {
    /// Commits what HEAD does not know of the pipeline.
    ///
    /// # Errors
    /// When git cannot be read or written; nothing half is left.
    pub(super) fn commit(&self) -> Result<Committed, RunError> {
        let place = self.project.repo.place();
        let head = self.project.repo.head()?.commit();
        let known = ledger_at(&self.project.repo, self.name(), head)?;
        let news = self.news(&known)?;
        let is_untidy = self.ledger.is_untidy() || known.is_untidy();
        let has_inner_ahead = self.project.has_inner_ahead(self.name());
        let is_lost = self.project.has_lost_ledger(self.name());
        let is_told = !is_untidy && !is_lost && self.works_of_head(&known).is_empty();
        if news.is_empty() && !self.is_unsettled() && is_told && !has_inner_ahead {
            self.unstage_ledger(&known, &[]);
            return Ok(Committed::Nothing);
        }
        if let Some(operation) = self.project.repo.operation() {
            if self.project.inner_of(self.name()).next().is_some() {
                // Commits of subdatasets cannot be staged.
                return Ok(Committed::waiting_for(&format!("a {operation}")));
            }
            return self.or_wait_for_rule(self.settle_merge(&place, operation, &news, head));
        }
        if news.is_empty() && !has_inner_ahead {
            let noted = self.note(&news, &BTreeMap::new())?;
            if !known.is_untidy() {
                self.unstage_ledger(&known, &noted);
                return Ok(Committed::Nothing);
            }
        } else if let Some(Waits { reason, lacks }) = self.waits_for(&news) {
            return Ok(Committed::Held { reason, lacks });
        }
        let base = match write::base(&place) {
            Err(WriteError::Busy { what }) => {
                return Ok(Committed::waiting_for(what));
            }
            other => other?,
        };
        // What is clean was worked out beside this commit, and no other.
        if base.head != self.head {
            return Err(WriteError::moved(&base.reference, self.head).into());
        }
        self.or_wait_for_rule(self.write(&place, &base, &news))
    }

    /// Results that git would convert wait.
    fn or_wait_for_rule(&self, committed: Result<Committed, RunError>) -> Result<Committed, RunError> {
        match committed {
            Err(RunError::Write(error @ WriteError::Converted { .. })) => Ok(self.waiting_for_rule(&error)),
            committed => committed,
        }
    }

    fn waiting_for_rule(&self, error: &WriteError) -> Committed {
        let [rule, _] = result_rules(self.name().as_str());
        let is_filter = matches!(error, WriteError::Converted { by, .. } if by.starts_with("filter="));
        let (more, fix) = if is_filter { (" -filter", "--unsafe-fixes") } else { ("", "--fix") };
        let remedy = match self.own_attributes(error) {
            Some(own) => format!(
                "`{own}` outranks the project's own: have the command write no such file, and run again"
            ),
            None => {
                format!("add `{rule}{more}` to .gitattributes (`minipach check {fix}` does) and run again")
            }
        };
        Committed::Held { reason: format!("{error}; {remedy}"), lacks: false }
    }

    /// The `.gitattributes` among the results that a file's conversion may come from.
    fn own_attributes(&self, error: &WriteError) -> Option<String> {
        let WriteError::Converted { path, .. } = error else { return None };
        own_attributes(self.name().as_str(), path).find(|file| self.project.repo.root().join(file).is_file())
    }

    pub(super) fn name(&self) -> &PipelineName {
        &self.planned.pipeline.name
    }

    /// What a ledger of HEAD does not know.
    ///
    /// # Errors
    /// When a subdataset with results cannot be read.
    pub(super) fn news<'b>(&'b self, known: &'b PipelineLedger) -> Result<News<'b>, RunError> {
        let changed: BTreeSet<&str> = known.changed_keys(self.ledger).into_iter().collect();
        let datums = self.planned.plan.datums.iter().enumerate();
        let numbers: Numbers<'_> = datums.map(|(number, datum)| (&*datum.key, number)).collect();
        let lines = self.new_lines(known, (&numbers, &changed), &self.recorded(&numbers, &changed)?);
        let moved = self.left_by_move(&lines)?;
        let is_vanished = |line: &&KnownResult| {
            [self.ledger, known].iter().all(|ledger| ledger.lines_for(&line.key).is_empty())
        };
        let vanished: BTreeMap<&str, &KnownResult> =
            moved.iter().copied().filter(is_vanished).map(|line| (&*line.key, line)).collect();
        let removed = self
            .removed_keys(known, (&numbers, &changed))
            .into_iter()
            .chain(vanished.into_values())
            .collect();
        Ok(News { known, lines, removed, moved })
    }

    /// Changed lines whose result is done now, or came with a folder that was moved; lines of others are left for later.
    /// Lines that HEAD has are new too where what is `recorded` lacks their files.
    fn new_lines(
        &self,
        known: &PipelineLedger,
        (numbers, changed): (&Numbers<'_>, &BTreeSet<&str>),
        recorded: &Recorded,
    ) -> Vec<NewLine<'_>> {
        let plan = &self.planned.plan;
        let line = |line| {
            let line: &KnownResult = line;
            let datum = *numbers.get(&*line.key)?;
            let is_carried = plan.datums[datum].id != line.id;
            let is_changed = changed.contains(&*line.key);
            if !is_changed && recorded.is_sure() || is_carried && !(is_changed && self.is_moved(line)) {
                return None;
            }
            let files = self.files_of(line, datum)?;
            if !is_changed && !self.is_unrecorded(&files, datum, recorded) {
                return None;
            }
            // Of several lines that a merge left nobody knows which one HEAD's files are of.
            let old = match known.lines_for(&line.key) {
                [old] if is_changed && !is_carried => Some(old),
                _ => None,
            };
            let is_keyed = old.is_some_and(|old| is_same_but_keys(old, line));
            let is_folded = !is_keyed && old.is_some_and(|old| self.is_folded_anew(old, line));
            let is_noted = is_carried || is_keyed || is_folded;
            Some(NewLine { line, datum, files, is_noted, is_folded, is_lost: !is_changed })
        };
        self.ledger.lines().iter().filter_map(line).collect()
    }

    /// Whether it is a result of a folder that is no pipeline any more, which came here with it.
    fn is_moved(&self, line: &KnownResult) -> bool {
        self.project.former.values().any(|ledger| ledger.lines_for(&line.key).contains(line))
    }

    /// The files of a result as they stand; `None` when they do not stand as the line says.
    pub(super) fn files_of(&self, line: &KnownResult, datum: usize) -> Option<Vec<ResultFile>> {
        let folder = target(&self.planned.pipeline, &line.key);
        if let Some(files) = (self.placed)(datum) {
            let file = |file: &OutFile| ResultFile {
                path: format!("{folder}/{}", file.path),
                published: (file.kind == Kind::Exec, file.content.clone()),
                oid: file.content.oid(),
            };
            return Some(files.iter().map(file).collect());
        }
        let files = self.files_with(line)?;
        let prefix = files.prefix().len();
        let file = |output: &KnownOutput, entry: &Entry| ResultFile {
            path: entry.path.to_string(),
            published: published_as(output, &entry.path[prefix..], entry),
            oid: entry.content.oid(),
        };
        let found = line.outputs.iter().flat_map(|output| {
            let entries = entries_of(&files, &output.path);
            entries.iter().map(move |entry| file(output, entry))
        });
        Some(found.collect())
    }

    fn removed_keys<'b>(
        &self,
        known: &'b PipelineLedger,
        (numbers, changed): (&Numbers<'_>, &BTreeSet<&str>),
    ) -> Vec<&'b KnownResult> {
        let is_gone = |line: &&KnownResult| {
            let is_unknown = self.ledger.lines_for(&line.key).is_empty();
            let goes = || numbers.get(&*line.key).is_none_or(|number| self.is_let_go(*number, line));
            is_unknown && changed.contains(&*line.key) && goes()
        };
        known.lines().iter().filter(is_gone).collect()
    }

    /// Writes the commits, in parts where the record would grow too long, and moves the branch.
    fn write(
        &self,
        place: &write::Place,
        base: &write::Base,
        news: &News<'_>,
    ) -> Result<Committed, RunError> {
        let noted = noted_annex(&self.project.repo)?;
        let mut inner = match self.begin_inner(noted.variable())? {
            Err(reason) => return Ok(Committed::Held { reason, lacks: false }),
            Ok(inner) => inner,
        };
        let identity = write::identity(place)?;
        let is_stand_in = identity.is_stand_in;
        let mut builder = CommitBuilder::start(place, base.head, identity)?.marked(noted.variable());
        let old_files = self.old_files(base.head, news, &inner)?;
        let keys = self.save_annexed(&mut builder, &mut inner, &news.files().collect::<Vec<_>>())?;
        let noted = self.note(news, &keys)?;
        let lines: Vec<NewLine<'_>> =
            news.lines.iter().zip(&noted).map(|(line, noted)| line.with(noted)).collect();
        let stays = lines.iter().flat_map(|line| &line.files).map(|file| file.path.as_str()).collect();
        let parts = records::parts(self, &lines, &news.removed, &stays);
        let inner = self.commit_inner(inner, &parts, |part| self.changes(part, &old_files, &keys))?;
        let changes = |number: usize, part: &Part<'_, '_>| {
            let mut changes = self.changes(part, &old_files, &keys);
            for inner in &inner {
                inner.take_out(number, &mut changes);
            }
            changes
        };
        let old = |part: &Part<'_, '_>| self.old_at(part, &old_files, news);
        let ControlFlow::Continue(body) =
            self.build(&mut builder, (base.head, news.known), &parts, changes, old)?
        else {
            return Ok(Committed::ended());
        };
        // What ends this commit syncs their branches, too: a power cut never leaves it with less of them than it records.
        let left = inner.iter().map(|inner| inner.publish(self.name())).collect::<Result<Vec<_>, _>>()?;
        let built = builder.finish()?;
        let staged = self.staged_before(news);
        if staged.is_empty() && !built.changes_files(place, base)? {
            // Results in the annex, here or in a subdataset, were made again, and came out as before.
            self.unstage_ledger(news.known, &noted);
            return Ok(Committed::Nothing);
        }
        if let Some((path, bytes)) = body {
            write_atomic(&self.project.repo.root().join(path), &bytes, Durability::Process)?;
        }
        let staged = [staged, self.staged_ledger(news, &noted)].concat();
        self.publish(place, base, (&built, &staged), left.concat(), is_stand_in)
    }

    /// Builds a commit for each part on top of `head`, whose ledger is `known`, unless the run is to end before. Gives the
    /// file that the last record needs beside its message, if one needs any.
    fn build(
        &self,
        builder: &mut CommitBuilder,
        (head, known): (Option<Oid>, &PipelineLedger),
        parts: &[Part<'_, '_>],
        changes: impl Fn(usize, &Part<'_, '_>) -> Vec<Change>,
        old: impl Fn(&Part<'_, '_>) -> Old,
    ) -> Result<ControlFlow<(), Option<Body>>, RunError> {
        let mut ledger = Growing::new(self.name(), self.form(), known);
        let mut tree = head.map(|head| self.project.repo.folder_of(head, ".minipach")).transpose()?.flatten();
        let mut body = None;
        let standing = LazyCell::new(|| records::standing(self, head?));
        for (number, part) in parts.iter().enumerate() {
            // A single part is quick, and its results are better off committed.
            if number > 0 && (self.is_over)() {
                return Ok(ControlFlow::Break(()));
            }
            let works = self.works(part.lines.iter().map(|line| line.line.work));
            let results = part.lines.iter().map(|line| line.line.clone()).collect();
            let gone = part.removed.iter().map(|line| line.key.clone()).collect();
            let changed = ledger.take(results, &gone, &works);
            let telling = Telling::of(self, part, old(part));
            let mut files = self.minipach_files(changed, head.filter(|_| number == 0))?;
            if let Some((path, bytes)) = telling.file(self) {
                files.push((below_minipach(&path).to_owned(), Some(bytes.clone())));
                body = Some((path, bytes));
            }
            let parent = tree;
            let new = builder.subtree(parent, &files)?;
            tree = Some(new);
            let mut changes = changes(number, part);
            changes.push(Change::Known { path: ".minipach".into(), mode: 0o040_000, oid: new });
            let message = telling.message(self, part, parent, new, || standing.clone());
            builder.commit(&NewCommit { message: &message, changes: &changes, seconds: self.seconds })?;
        }
        Ok(ControlFlow::Continue(body))
    }

    /// Moves the branch to what was built; the index follows it at the paths of `staged`, whatever it has there.
    fn publish(
        &self,
        place: &write::Place,
        base: &write::Base,
        (built, staged): (&write::Built, &[String]),
        mut left: Vec<String>,
        is_stand_in: bool,
    ) -> Result<Committed, RunError> {
        let log = format!("minipach: {}", self.name());
        let published = write::publish_over(place, base, built, &log, staged)?;
        left.extend(published.left);
        let commits = built.commits.iter().map(ToString::to_string).collect();
        Ok(Committed::Made { commits, left, is_stand_in })
    }

    /// Has git-annex take over the files that belong to it; gives the keys of all that it has by now.
    pub(super) fn save_annexed(
        &self,
        builder: &mut CommitBuilder,
        inner: &mut [Inner<'_>],
        files: &[&ResultFile],
    ) -> Result<BTreeMap<String, Arc<str>>, RunError> {
        if !self.project.repo.has_annex() && !inner.iter().any(Inner::has_annex) {
            return Ok(BTreeMap::new());
        }
        let proven = self.prove(files.iter().copied())?;
        self.set_damaged_aside(&proven)?;
        let paths = files.iter().map(|file| file.path.as_str());
        let paths = paths.filter(|path| self.project.scan.entered_around(path).is_none());
        let mut keys = builder.save_annexed(&paths.collect::<Vec<_>>())?;
        for inner in inner {
            keys.extend(inner.save_annexed(files)?);
        }
        self.prove_annexed(&proven, &keys)?;
        keys.extend(self.keys_of_links(&proven));
        Ok(keys)
    }

    /// A result's line with the keys that its files have in the annex since, and the places of its inputs.
    fn noted(&self, line: &NewLine<'_>, keys: &BTreeMap<String, Arc<str>>) -> KnownResult {
        let mut noted = line.line.clone();
        let plan = &self.planned.plan;
        if plan.datums[line.datum].id == noted.id {
            // Where its inputs stand may have changed since, as with the folder that they are in.
            noted.inputs = known_inputs(plan, &self.planned.pipeline, line.datum);
        }
        let prefix = self.name().as_str().len() + 1;
        for file in &line.files {
            let Some(key) = keys.get(&file.path) else { continue };
            let relative = &file.path[prefix..];
            if let Some(output) = noted.outputs.iter_mut().find(|output| output.holds(relative)) {
                let (exec, content) = file.published.clone();
                let (path, key) = (relative.into(), (**key).into());
                note_annexed(output, AnnexedFile { path, key, exec, content });
            }
        }
        noted
    }

    /// Notes in all lines what the annex took over, and writes the ledger with that into the work tree, before the
    /// commit: a kill between the two leaves results that are known in both forms.
    pub(super) fn note(
        &self,
        news: &News<'_>,
        keys: &BTreeMap<String, Arc<str>>,
    ) -> Result<Vec<KnownResult>, RunError> {
        let noted: Vec<KnownResult> = news.lines.iter().map(|line| self.noted(line, keys)).collect();
        let is_new = |line: &&KnownResult| !self.ledger.lines_for(&line.key).contains(line);
        let new: Vec<KnownResult> = noted.iter().filter(is_new).cloned().collect();
        let works = self.works_of_head(news.known);
        let is_behind =
            self.project.is_recognised(self.name()) || self.ledger.is_untidy() || !works.is_empty();
        if !new.is_empty() || is_behind {
            let ledger = self.ledger.updated(new, &BTreeSet::new(), works);
            crate::ledger::write(self.project.repo.root(), self.name(), &ledger)?;
        }
        Ok(noted)
    }

    fn works(&self, ids: impl Iterator<Item = WorkId>) -> Vec<(WorkId, WorkFields)> {
        let ids: BTreeSet<WorkId> = ids.collect();
        ids.into_iter().filter_map(|id| Some((id, self.ledger.works().get(&id)?.clone()))).collect()
    }

    /// Files below `.minipach` that a part changes; with those of `head` removed that the ledger does not have.
    fn minipach_files(&self, changed: Files, head: Option<Oid>) -> Result<MinipachFiles, RunError> {
        let strip = |path: &str| below_minipach(path).to_owned();
        let name = self.name();
        let mut files = MinipachFiles::new();
        if let Some(head) = head {
            let old = self.project.repo.tree_files(head, &shard_folder(name))?;
            let old = old.into_iter().map(|entry| entry.path.to_string()).chain([single_path(name)]);
            files.extend(old.filter(|path| !changed.contains_key(path)).map(|path| (strip(&path), None)));
        }
        files.extend(changed.into_iter().map(|(path, bytes)| (strip(&path), bytes)));
        if let Ok(text) = std::fs::read_to_string(self.project.repo.root().join(ATTRIBUTES_PATH)) {
            // Where git writes both ends of a line (`core.autocrlf`), it stores one.
            files.push((strip(ATTRIBUTES_PATH), Some(text.replace("\r\n", "\n").into_bytes())));
        }
        Ok(files)
    }

    /// The form that its ledger has.
    pub(super) fn form(&self) -> Form {
        if self.stands_single() { Form::Single } else { Form::Shards }
    }

    /// Whether the ledger stands in one file.
    pub(super) fn stands_single(&self) -> bool {
        self.project.repo.root().join(single_path(self.name())).exists() || self.ledger.lines().is_empty()
    }
}

/// A path from the root as one from `.minipach`.
fn below_minipach(path: &str) -> &str {
    path.strip_prefix(".minipach/").unwrap_or(path)
}

fn published_as(output: &KnownOutput, relative: &str, entry: &Entry) -> (bool, ContentId) {
    let (kind, content) = published(output, relative, entry);
    (kind == Kind::Exec, content.clone())
}
