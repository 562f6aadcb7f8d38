//! The files of a project with what git makes of each, and what every change means for datums.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::git::annex::is_present;
use crate::git::process::{Access, git};
use crate::model::{ContentId, DatumState, Kind, StateCounts, is_at_or_below, show};
use crate::run::{Plans, Project, count};

use super::choice::FileChange;
use super::merge::conflicts;
use super::needed::use_of;
use super::path_view::{PathView, path_view};
use super::scrap::is_scrap;
use super::session::Session;
use super::snapshot::Snapshot;

/// Of so many changes it is told what they mean; looking takes a while for each.
const MEANT: usize = 40;

/// What a conflict in an input, in code or in a spec means.
const IN_CONFLICT: &str = "a merge conflict: settle it and `git add` the file; nothing runs before";

/// What git makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileState {
    /// As HEAD has it.
    Clean,
    /// As HEAD has it, in the annex, and its content is here.
    Annexed,
    /// As HEAD has it, in the annex, and its content is elsewhere.
    Absent,
    /// git ignores it; a folder stands for all that is in it.
    Ignored,
    /// It differs from HEAD.
    Changed(FileChange),
    /// It differs from HEAD as a run left it: a result, or what minipach knows of results.
    Made(FileChange),
    /// Git could not merge it.
    Conflict,
}

impl FileState {
    /// It in a word; empty for a clean file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clean => "",
            Self::Annexed => "annexed",
            Self::Absent => "absent",
            Self::Ignored => "ignored",
            Self::Changed(FileChange::New) | Self::Made(FileChange::New) => "new",
            Self::Changed(FileChange::Changed) => "edited",
            Self::Made(FileChange::Changed) => "updated",
            Self::Changed(FileChange::Removed) | Self::Made(FileChange::Removed) => "deleted",
            Self::Conflict => "in conflict",
        }
    }
}

/// The files of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    /// All of them in byte order of path.
    pub files: Vec<(Box<str>, FileState)>,
    /// What differs from HEAD, inputs and code first, then results; what that means in a line, empty where nobody looked.
    pub changes: Vec<(String, FileState, String)>,
    /// Of these, by path, when they were written, in milliseconds since the Unix epoch, and how many bytes they have;
    /// not of what is gone, nor of links.
    pub written: BTreeMap<String, (u64, u64)>,
}

/// Looks at all files.
pub fn files(session: &Session, plans: &Plans, snapshot: &Snapshot) -> FileList {
    let project = &session.project;
    let files = all(session, plans, snapshot);
    let conflicts = conflicts(project);
    let is_in_conflict = |path: &str| conflicts.others.iter().any(|other| other == path);
    let own: BTreeSet<&str> = snapshot.uncommitted.iter().map(|(path, _)| path.as_str()).collect();
    let results = files.iter().filter_map(|(path, state)| match state {
        FileState::Changed(_) | FileState::Made(_) if !own.contains(&**path) => Some((&**path, *state, true)),
        _ => None,
    });
    let own =
        snapshot.uncommitted.iter().map(|(path, change)| (path.as_str(), FileState::Changed(*change), false));
    // What keeps all else from running comes first.
    let (first, own): (Vec<_>, Vec<_>) = own.partition(|(path, ..)| is_in_conflict(path));
    let told = |(at, (path, state, is_result)): (usize, (&str, FileState, bool))| {
        let (state, told) = match (at < MEANT, is_result) {
            _ if is_in_conflict(path) => (FileState::Conflict, IN_CONFLICT.into()),
            (false, _) => (state, String::new()),
            (true, true) => (state, of_result(session, plans, path)),
            (true, false) => (state, meaning(session, plans, snapshot, path)),
        };
        (path.to_owned(), state, told)
    };
    let changes: Vec<_> = first.into_iter().chain(own).chain(results).enumerate().map(told).collect();
    let written = changes.iter().filter_map(|(path, ..)| Some((path.clone(), written(project, path)?)));
    let written = written.collect();
    FileList { files, changes, written }
}

/// All files, those that are gone and those that git ignores, with what git makes of each.
fn all(session: &Session, plans: &Plans, snapshot: &Snapshot) -> Vec<(Box<str>, FileState)> {
    let project = &session.project;
    let changed: BTreeMap<&str, FileChange> =
        snapshot.uncommitted.iter().map(|(path, change)| (path.as_str(), *change)).collect();
    let dirty = project.dirty().unwrap_or_default();
    let dirty = dirty.own_paths().chain(dirty.inner_paths());
    let dirty: BTreeSet<&str> = dirty.filter(|path| !is_scrap(project, plans, path)).collect();
    let conflicts = conflicts(project);
    let by_hand = by_hand(project, plans);
    let result = |path: &str, change| {
        if is_in(&by_hand, path) { FileState::Changed(change) } else { FileState::Made(change) }
    };
    let state = |path: &str| match changed.get(path) {
        Some(_) if conflicts.others.iter().any(|other| other == path) => FileState::Conflict,
        Some(change) => FileState::Changed(*change),
        // Results that wait to be committed.
        None if dirty.contains(path) && !project.scan.is_tracked(path) => result(path, FileChange::New),
        None if dirty.contains(path) => result(path, FileChange::Changed),
        None => annexed(project, path),
    };
    let mut files: Vec<(Box<str>, FileState)> =
        project.scan.paths().map(|path| (path.into(), state(path))).collect();
    let gone = dirty.iter().filter(|path| !project.scan.contains(path));
    let removed = |path: &str| match changed.get(path) {
        Some(_) => FileState::Changed(FileChange::Removed),
        None => result(path, FileChange::Removed),
    };
    files.extend(gone.map(|path| ((*path).into(), removed(path))));
    files.extend(ignored(project).into_iter().map(|path| (path.into(), FileState::Ignored)));
    files.sort_unstable();
    files.dedup_by(|one, other| one.0 == other.0);
    files
}

/// Where results stand that are not as any run left them, or where files of others are in their way.
fn by_hand(project: &Project, plans: &Plans) -> BTreeSet<String> {
    let is_odd = |state| matches!(state, DatumState::Edited | DatumState::InTheWay);
    let mut found = BTreeSet::new();
    for planned in plans.by_name.values().flatten() {
        let name = &planned.pipeline.name;
        let ledger = project.ledger(name);
        let datums = planned.plan.datums.iter().filter(|datum| is_odd(datum.state));
        let left = planned.plan.leftovers.iter().filter(|left| is_odd(left.state));
        let lines = datums.flat_map(|datum| ledger.lines_for(&datum.key));
        let lines = lines.chain(left.map(|left| &ledger.lines()[left.line as usize]));
        let outputs = lines.flat_map(|line| &line.outputs);
        found.extend(outputs.map(|output| name.path_of(&output.path)));
    }
    found
}

/// Whether a path, or a folder around it, is one of these.
fn is_in(paths: &BTreeSet<String>, path: &str) -> bool {
    let around = path.match_indices('/').map(|(end, _)| &path[..end]);
    around.chain([path]).any(|around| paths.contains(around))
}

/// When a file was written, in milliseconds since the Unix epoch, and how many bytes it has.
fn written(project: &Project, path: &str) -> Option<(u64, u64)> {
    let stat = project.scan.stat(path).filter(|stat| stat.file_type().is_file())?;
    let ms = u64::try_from(stat.mtime.as_nanos() / 1_000_000).ok()?;
    Some((ms, stat.size_bytes))
}

/// What it means that a result differs from HEAD, in a line.
fn of_result(session: &Session, plans: &Plans, path: &str) -> String {
    if path.starts_with(".minipach/") {
        return "what minipach knows of results; it is committed with them".into();
    }
    let state = path_view(session, plans, path).and_then(|view| view.result);
    let of = maker(session, path).map(|(pipeline, key)| format!(" of {}:{}", show(&pipeline), show(&key)));
    let of = of.unwrap_or_default();
    match state {
        Some(DatumState::Edited) => {
            format!("a result{of}, edited by hand: a run leaves it, `a` on its datum accepts it")
        }
        Some(DatumState::Cached) => {
            format!("a result{of} that is known: a run puts it back without computing")
        }
        Some(DatumState::Done) | None => format!("a result{of} that waits to be committed"),
        Some(DatumState::Orphaned) => format!("a result{of} that nothing makes any more: a run removes it"),
        Some(state) => format!("a result{of}, which is {}", state.word().replace('_', " ")),
    }
}

fn annexed(project: &Project, path: &str) -> FileState {
    if !project.repo.has_annex() && project.scan.entered_around(path).is_none() {
        return FileState::Clean;
    }
    match project.scan.entry(path).map(|entry| entry.content) {
        Some(ContentId::Annex(key)) if is_present(project.annex_dir_of(path), &key) => FileState::Annexed,
        Some(ContentId::Annex(_)) => FileState::Absent,
        _ => FileState::Clean,
    }
}

/// What git ignores; whole folders as one.
fn ignored(project: &Project) -> Vec<String> {
    let words = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let output = git(project.repo.root(), Access::Read).args(words).output().unwrap_or_default();
    let paths = output.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| String::from_utf8_lossy(path).trim_end_matches('/').to_owned()).collect()
}

/// That a file has errors, and the first of them, where no pipeline comes of it for that.
fn wrong(snapshot: &Snapshot, path: &str) -> Option<String> {
    let mut errors = snapshot.findings.iter().filter(|finding| finding.is_error() && finding.path == path);
    let first = errors.next()?;
    let many = count(1 + errors.count(), "error");
    Some(format!("{many}, so no pipeline comes of it: {}", show(&first.message)))
}

/// What a change of a file means, in a line: whose datums are not done for it, and what comes after them.
fn meaning(session: &Session, plans: &Plans, snapshot: &Snapshot, path: &str) -> String {
    if path == "minipach.yml" {
        return "the settings of the project and what all specs begin with".into();
    }
    if let Some(wrong) = wrong(snapshot, path) {
        return wrong;
    }
    let unread = || use_of(session, plans, path).unwrap_or_else(|| "no pipeline uses it".into());
    let Some(view) = path_view(session, plans, path) else { return unread() };
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut told: Vec<String> = Vec::new();
    for (pipeline, counts) in by_pipeline(&view) {
        named.insert(pipeline);
        told.push(match to_do(&counts) {
            None => format!("{}: read by {}, all done", show(pipeline), count(counts.total(), "datum")),
            Some(open) => format!("{}: {open}", show(pipeline)),
        });
    }
    let code = view.code_of.iter().map(|(name, _)| (name.as_str(), "code of"));
    let spec = view.spec_of.iter().map(|name| (name.as_str(), "spec of"));
    for (name, what) in spec.chain(code) {
        named.insert(name);
        let node = snapshot.nodes.iter().find(|node| node.name == name);
        let open = node.and_then(|node| to_do(&node.counts)).unwrap_or_else(|| "all done".into());
        told.push(format!("{what} {}: {open}", show(name)));
    }
    for (pipeline, count) in orphans(&view) {
        named.insert(pipeline);
        told.push(format!("{}: {} made of it will go", show(pipeline), crate::run::count(count, "result")));
    }
    for (pipeline, count) in losers(&view) {
        named.insert(pipeline);
        told.push(format!("{}: {} lost it", show(pipeline), crate::run::count(count, "datum")));
    }
    let later = later(snapshot, &named);
    if !later.is_empty() {
        told.push(format!("then {}", later.join(", ")));
    }
    match (told.is_empty(), view.alone.is_empty()) {
        (false, _) => told.join("; "),
        (true, false) => "it found no partner, so no datum reads it".into(),
        (true, true) => holds(session, path).unwrap_or_else(unread),
    }
}

/// That a path is a subdataset in the folder of a pipeline, and of which.
fn holds(session: &Session, path: &str) -> Option<String> {
    let project = &session.project;
    let is_entered = project.scan.entered().iter().any(|entered| *entered.path == *path);
    let is_subdataset =
        is_entered || project.scan.entry(path).is_some_and(|entry| entry.kind == Kind::Gitlink);
    let mut names = project.pipelines.keys().filter(|name| is_at_or_below(path, name.as_str()));
    let name = names.next().filter(|_| is_subdataset)?;
    Some(format!("a subdataset in the folder of {}, for its results", show(name.as_str())))
}

/// The datums of each pipeline that read it, by state.
fn by_pipeline(view: &PathView) -> BTreeMap<&str, StateCounts> {
    let mut found: BTreeMap<&str, StateCounts> = BTreeMap::new();
    for reader in &view.readers {
        found.entry(reader.pipeline.as_str()).or_default().add(reader.state);
    }
    found
}

/// What is to be done for datums that are not done: `2 datums to run, 1 datum known, to be put in place`.
fn to_do(counts: &StateCounts) -> Option<String> {
    use DatumState::{
        Blocked, Cached, Edited, Failed, InTheWay, Orphaned, Pending, Queued, Recovered, Running, Stale,
    };
    let kinds: [(&[DatumState], &str); 6] = [
        (&[Running], "running"),
        (&[Failed, Recovered, Stale, Pending, Queued], "to run"),
        (&[Cached], "known, to be put in place"),
        (&[Edited, InTheWay], "changed by hand"),
        (&[Blocked], "waiting"),
        (&[Orphaned], "to be removed"),
    ];
    let told = kinds.iter().filter_map(|(states, what)| {
        let many: usize = states.iter().map(|state| counts.get(*state)).sum();
        (many > 0).then(|| format!("{} {what}", count(many, "datum")))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// How many results of each pipeline are left over.
fn orphans(view: &PathView) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for target in &view.formerly {
        *found.entry(target.split_once(':').map_or("", |(name, _)| name)).or_default() += 1;
    }
    found
}

/// How many datums of each pipeline go on without it.
fn losers(view: &PathView) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for reader in &view.lost {
        *found.entry(reader.pipeline.as_str()).or_default() += 1;
    }
    found
}

/// Pipelines that depend on others, and are none of them.
fn later(snapshot: &Snapshot, named: &BTreeSet<&str>) -> Vec<String> {
    let places = named.iter().filter_map(|name| snapshot.position(name));
    let below: BTreeSet<usize> = places.flat_map(|at| snapshot.downstream(at)).collect();
    let names = below.into_iter().map(|at| snapshot.nodes[at].name.as_str());
    names.filter(|name| !named.contains(name)).map(show).collect()
}

/// The result that a file belongs to: its pipeline and its place.
pub fn maker(session: &Session, path: &str) -> Option<(String, String)> {
    session.project.ledgers.iter().find_map(|(name, ledger)| {
        let relative = path.strip_prefix(name.as_str())?.strip_prefix('/')?;
        let line =
            ledger.lines().iter().find(|line| line.outputs.iter().any(|output| output.holds(relative)))?;
        Some((name.to_string(), line.key.to_string()))
    })
}

/// So many lines of a difference are shown.
const SHOWN: usize = 2000;

/// What differs in a file since the last commit, line by line.
pub fn diff(root: &Path, path: &str) -> Vec<String> {
    let words = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "HEAD", "--"];
    let own = format!(":(top,literal){path}");
    let output = git(root, Access::Read).args(words).arg(&own).output().unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    let mut lines: Vec<String> = text.lines().skip_while(|line| !is_told(line)).map(str::to_owned).collect();
    if lines.is_empty() {
        lines = added(&root.join(path));
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    lines.extend((more > 0).then(|| format!("and {} more", count(more, "line"))));
    lines
}

/// Where the head of a difference ends.
fn is_told(line: &str) -> bool {
    ["@@", "Binary", "old mode", "new mode"].iter().any(|start| line.starts_with(start))
}

/// A file that git does not know yet: all of it, if it is a text.
fn added(file: &Path) -> Vec<String> {
    const MOST: u64 = 200_000;
    let bytes = std::fs::symlink_metadata(file).map_or(0, |stat| stat.len());
    let is_small = bytes <= MOST && file.is_file();
    let text = is_small.then(|| std::fs::read_to_string(file).ok()).flatten();
    let mut lines =
        vec![format!("a new file of {}", count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"))];
    lines.extend(text.iter().flat_map(|text| text.lines()).map(|line| format!("+{line}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Severity};

    #[test]
    fn only_what_is_computed_is_said_to_run() {
        let told = |states: &[DatumState]| {
            let mut counts = StateCounts::default();
            for state in states {
                counts.add(*state);
            }
            to_do(&counts)
        };
        assert_eq!(told(&[DatumState::Done]), None);
        assert_eq!(told(&[DatumState::Cached]).as_deref(), Some("1 datum known, to be put in place"));
        let mixed = [DatumState::Stale, DatumState::Failed, DatumState::Blocked, DatumState::Done];
        assert_eq!(told(&mixed).as_deref(), Some("2 datums to run, 1 datum waiting"));
    }

    #[test]
    fn a_spec_with_errors_is_not_said_to_be_unused() {
        let error =
            |path: &str| Finding::new("MP101", "x", Severity::Error, "unknown field `imput`").at(path, None);
        let findings = vec![error("fs/spec.yml"), error("stats/spec.yml"), error("fs/spec.yml")];
        let snapshot = Snapshot { findings, ..Snapshot::default() };
        let told = wrong(&snapshot, "fs/spec.yml");
        assert_eq!(told.as_deref(), Some("2 errors, so no pipeline comes of it: unknown field `imput`"));
        assert_eq!(wrong(&snapshot, "raw/t1/a"), None);
    }
}
