//! The questions of undo and save: what they would do, in lines, and the shell command that does the same.

use crate::app::{FileChange, Saved, UndoPlan, command_line};
use crate::model::{Edit, show};
use crate::run::count;
use crate::tui::effect::{Beside, Effect, Foretold, Logged, World};

use super::Outcome;
use super::question::{About, Question};
use crate::tui::keys::Key;

/// So long after its lines changed a question takes no answer, in milliseconds.
const FRESH_MS: u64 = 500;

/// So many files are named.
const NAMED: usize = 12;

/// Said to who confirms what is not known yet.
pub(in crate::tui) const NOT_YET: &str = "not yet: what it would do is still being worked out";

impl Question {
    /// Whether the last results are to be taken back; what that means comes later.
    pub(in crate::tui) fn undo() -> Self {
        Self {
            title: "Take the last results back?".into(),
            lines: vec!["working out what that means …".into()],
            answers: vec![('n', "cancel".into(), None)],
            about: About::Undo,
            ..Self::default()
        }
    }

    /// Whether to commit what is not committed; what that is comes later.
    pub(in crate::tui) fn save() -> Self {
        Self {
            title: "Save?".into(),
            lines: vec!["looking at what is not committed …".into()],
            command: command_line(&["save".to_owned()]),
            answers: vec![('n', "cancel".into(), None)],
            about: About::Save,
            ..Self::default()
        }
    }

    /// Whether to do what is being worked out, which comes later.
    pub(in crate::tui) fn waiting(title: &str, about: About) -> Self {
        Self {
            title: title.into(),
            lines: vec!["working out what that means …".into()],
            answers: vec![('n', "cancel".into(), None)],
            about,
            ..Self::default()
        }
    }

    /// Where a log is to be saved; `state` is where minipach keeps what git does not look at.
    pub(in crate::tui) fn save_log(name: &str, logged: &Logged) -> Self {
        let at = |beside| {
            let name = name.to_owned();
            Some(Effect::World(match logged.clone() {
                Logged::File(path) => World::SaveLog(path, beside, name),
                Logged::Text(text) => World::SaveText(text, beside, name),
            }))
        };
        let lines = vec![
            format!("`y` saves it as .git/minipach/saved/{}.log, which git does not look at.", show(name)),
            "`p` saves it in the project's root, where git sees a new file.".to_owned(),
            "Nothing that stands there is replaced.".to_owned(),
        ];
        let answers = vec![
            ('y', "save it".to_owned(), at(Beside::State)),
            ('p', "in the project".to_owned(), at(Beside::Root)),
            ('n', "cancel".to_owned(), None),
        ];
        Self { title: "Save the log?".into(), lines, answers, ..Self::default() }
    }

    /// Takes in what it would do.
    pub(in crate::tui) fn foretold(&mut self, found: Result<Box<Foretold>, String>) {
        self.answers = vec![('n', "cancel".into(), None)];
        match found {
            Err(why) => (self.lines, self.command) = (vec![why], String::new()),
            Ok(found) => {
                (self.lines, self.command) = (found.lines, found.command);
                if let Some((word, world)) = found.yes {
                    self.answers.insert(0, ('y', word, Some(Effect::World(world))));
                }
                if !self.command.is_empty() {
                    self.offer_copy();
                }
            }
        }
    }

    /// Takes in what taking the last results back would do.
    pub(in crate::tui) fn undo_planned(&mut self, plan: Result<Box<UndoPlan>, String>) {
        self.answers = vec![('n', "cancel".into(), None)];
        match plan {
            Err(why) => (self.lines, self.command) = (vec![why], String::new()),
            Ok(plan) => {
                self.command = command_line(&plan.words());
                let undo = Effect::World(World::Start(plan.words()));
                self.answers.insert(0, ('y', "take it back".into(), Some(undo)));
                self.title = format!("Take {} back?", plan.commit.short());
                (self.lines, self.leads_to) = (plan.lines, plan.commit.pipeline);
                self.each = touched(&plan.files);
                self.offer_copy();
            }
        }
    }

    /// Takes in what saving would commit.
    pub(in crate::tui) fn save_planned(&mut self, saved: Result<Box<Saved>, String>) {
        self.answers = vec![('n', "cancel".into(), None)];
        let saved = match saved {
            Err(why) => return self.lines = vec![why],
            Ok(saved) => saved,
        };
        self.lines = lines(&saved);
        self.command = String::new();
        let start = |words: Vec<String>| Some(Effect::World(World::Start(words)));
        let others = saved.left_out.len();
        if others > 0 && others <= OTHERS {
            let words = words(&with_others(&saved));
            self.command = command_line(&words);
            let too =
                format!("save {} too", if others == 1 { "it".into() } else { format!("these {others}") });
            self.answers.insert(0, ('o', too, start(words)));
        }
        if !saved.files.is_empty() || !saved.waiting.is_empty() {
            let words = words(&saved);
            self.command = command_line(&words);
            self.answers.insert(0, ('y', "save".into(), start(words)));
        }
        if !self.command.is_empty() {
            self.offer_copy();
        }
    }

    /// Takes in what it waited for. Whoever had read other lines is given a moment to read these.
    pub(in crate::tui) fn tell(&mut self, now_ms: u64, take: impl FnOnce(&mut Self)) {
        // The command names what the lines only count.
        let before = (self.lines.clone(), self.command.clone());
        take(self);
        if self.is_told && (&before.0, &before.1) != (&self.lines, &self.command) {
            self.changed_ms = now_ms;
        }
        self.is_told = true;
    }

    /// Takes a key at a time.
    pub(in crate::tui) fn key_at(&mut self, key: Key, now_ms: u64) -> Outcome {
        let is_fresh = self.changed_ms > 0 && now_ms.saturating_sub(self.changed_ms) < FRESH_MS;
        match self.key(key) {
            Outcome::Do(_) if is_fresh && key.letter() != Some('Y') => {
                Outcome::Wish(Effect::Say("what is asked has just changed; read it again".into()))
            }
            Outcome::Nothing if self.is_waiting() && key.letter() == Some('y') => {
                self.is_hasty = true;
                Outcome::Wish(Effect::Say(NOT_YET.into()))
            }
            outcome => outcome,
        }
    }

    /// Whether what it would do is still to come.
    fn is_waiting(&self) -> bool {
        !self.is_told && (self.request.is_some() || self.about != About::Other)
    }

    pub(super) fn offer_copy(&mut self) {
        let copy = Effect::World(World::Copy(self.command.clone()));
        self.answers.push(('Y', "copy the command".into(), Some(copy)));
    }
}

/// The words after `minipach` that save what is shown, and no other files.
fn words(saved: &Saved) -> Vec<String> {
    let mut words = vec!["save".to_owned()];
    if !saved.files.is_empty() {
        words.push("--files".into());
    }
    if saved.files.iter().any(|(path, _)| path.starts_with('-')) {
        words.push("--".into());
    }
    words.extend(saved.files.iter().map(|(path, _)| path.clone()));
    if saved.files.is_empty() {
        // Results wait and nothing else: without a path it would take what came meanwhile.
        words.push(".minipach/ledger".into());
    }
    words
}

/// So many files that nothing needs are named in a command.
const OTHERS: usize = 50;

/// The same with the files that no pipeline uses.
fn with_others(saved: &Saved) -> Saved {
    let others = saved.left_out.iter().map(|path| (path.clone(), FileChange::New));
    Saved { files: saved.files.iter().cloned().chain(others).collect(), ..saved.clone() }
}

/// What is committed, what is not, and what follows.
fn lines(saved: &Saved) -> Vec<String> {
    let mut lines = Vec::new();
    if !saved.files.is_empty() {
        lines.push(format!("One commit of {}:", count(saved.files.len(), "file")));
        let named = saved.files.iter().take(NAMED);
        lines.extend(named.map(|(path, change)| format!("  {:<8} {}", word(*change), show(path))));
        let more = saved.files.len().saturating_sub(NAMED);
        lines.extend((more > 0).then(|| format!("  and {more} more")));
    }
    if !saved.waiting.is_empty() {
        let names: Vec<String> = saved.waiting.iter().map(|name| show(name.as_str())).collect();
        let first = if saved.files.is_empty() { "The" } else { "Then the" };
        lines.push(format!("{first} results of {} that wait, with their records.", names.join(", ")));
    }
    if lines.is_empty() {
        let all = if saved.held.is_empty() && saved.edited.is_empty() {
            "Nothing waits to be committed."
        } else {
            "Nothing here is for `save`."
        };
        lines.push(all.into());
    } else {
        lines.push("No datum changes its state by that, and nothing runs.".into());
    }
    let held = saved.held.iter().take(NAMED);
    lines.extend(
        held.map(|(name, why)| format!("Not the results of {}: {}.", show(name.as_str()), show(why))),
    );
    lines.extend(left_out_by_hand(saved));
    if let Some(first) = saved.left_out.first() {
        let more = saved.left_out.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let takes = if saved.left_out.len() <= OTHERS { "; `o` saves that too" } else { "" };
        lines.push(format!("Left out, since no pipeline uses it: {}{more}{takes}.", show(first)));
    }
    lines
}

/// The results that no save takes, since somebody edited them, and what does.
fn left_out_by_hand(saved: &Saved) -> Option<String> {
    let (name, key) = saved.edited.first()?;
    let more = saved.edited.len() - 1;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let results = if more.is_empty() { "a result" } else { "results" };
    let first = show(&format!("{name}:{key}"));
    Some(format!("Left out, {results} edited by hand: {first}{more}; `a` on its datum accepts it."))
}

/// What happened to a file, in a word.
pub(in crate::tui) const fn word(change: FileChange) -> &'static str {
    match change {
        FileChange::New => "new",
        FileChange::Changed => "edited",
        FileChange::Removed => "deleted",
    }
}

/// So many files are named before an undo; the question can be scrolled.
const TOUCHED: usize = 1000;

/// The files that an undo touches: in a line each, what becomes of it first.
fn touched(files: &[(&'static str, String)]) -> Vec<String> {
    let line = |(fate, path): &(&str, String)| {
        let fate = if *fate == "as they were before" { "as it was" } else { fate };
        format!("{fate:<9} {}", show(path))
    };
    let mut lines: Vec<String> = files.iter().take(TOUCHED).map(line).collect();
    let more = files.len().saturating_sub(TOUCHED);
    lines.extend((more > 0).then(|| format!("and {}", count(more, "more file"))));
    lines
}

/// The lines that go and those that come, without those that stay at either end.
fn lines_of(old: &str, new: &str) -> Vec<String> {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    while old.last().is_some_and(|last| new.last() == Some(last)) {
        old.pop();
        new.pop();
    }
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let gone = old[same..].iter().map(|line| format!("- {}", show(line)));
    gone.chain(new[same..].iter().map(|line| format!("+ {}", show(line)))).collect()
}

/// What an edit changes, in lines.
pub(in crate::tui) fn edited(edit: &Edit) -> Vec<String> {
    let added = |line: &str| format!("+ {}", show(line));
    let changes = match edit {
        Edit::Append { lines, .. } => lines.iter().map(|line| added(line)).collect(),
        Edit::Create { text, .. } => text.lines().map(added).collect(),
        // All of a text, as where line ends change, is too much to show.
        Edit::Replace { old, new, .. } if old.len().max(new.len()) > 200 => {
            vec!["changes in many places".into()]
        }
        Edit::Replace { old, new, .. } if new.is_empty() => vec![format!("- {}", show(old.trim()))],
        Edit::Replace { old, new, .. } if old.is_empty() => new.lines().map(added).collect(),
        Edit::Replace { old, new, .. } if old.contains('\n') || new.contains('\n') => lines_of(old, new),
        Edit::Replace { old, new, .. } => vec![format!("{} becomes {}", show(old), show(new))],
        Edit::Unlinked { .. } => vec!["the link becomes the file that it leads to".into()],
        Edit::Executable { .. } => vec!["becomes executable".into()],
    };
    [vec![format!("{}:", show(edit.path()))], changes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::CommitView;
    use crate::model::PipelineName;
    use crate::tui::effect::PlanText;

    fn keys(question: &Question) -> String {
        question.answers.iter().map(|(key, ..)| *key).collect()
    }

    #[test]
    fn lines_that_are_put_before_others_are_told_as_they_come() {
        let (old, new) = ("# end\n".into(), "/many/** -merge\n/many/spec.yml merge\n# end\n".into());
        let edit = Edit::Replace { path: ".gitattributes".into(), start: 0, end: 6, old, new };
        let told = [".gitattributes:", "+ /many/** -merge", "+ /many/spec.yml merge"];
        assert_eq!(edited(&edit), told);
    }

    #[test]
    fn what_cannot_be_taken_back_is_not_confirmed() {
        let mut question = Question::undo();
        question.undo_planned(Err("`raw/a` is staged".into()));
        assert_eq!((keys(&question).as_str(), question.lines[0].as_str()), ("n", "`raw/a` is staged"));
        let (id, pipeline) = ("0123456789".into(), Some("fs".into()));
        let commit = CommitView { id, pipeline, ..CommitView::default() };
        question.undo_planned(Ok(Box::new(UndoPlan {
            commit,
            lines: vec!["then".into()],
            files: Vec::new(),
        })));
        assert_eq!((keys(&question).as_str(), question.command.as_str()), ("ynY", "minipach undo 0123456"));
        assert_eq!(question.leads_to.as_deref(), Some("fs"), "the cursor goes there");
    }

    #[test]
    fn an_undo_names_the_files_that_it_touches() {
        let mut question = Question::undo();
        let files = (0..1200).map(|at| ("removed", format!("fs/sub-{at}/out"))).collect();
        let plan = UndoPlan { lines: vec!["files: 1200 removed".into()], files, ..UndoPlan::default() };
        question.undo_planned(Ok(Box::new(plan)));
        assert_eq!((question.lines.len(), question.each[0].as_str()), (1, "removed   fs/sub-0/out"));
        assert_eq!(question.each.last().map(String::as_str), Some("and 200 more files"));
    }

    #[test]
    fn a_question_that_changed_under_the_finger_takes_no_answer_for_a_moment() {
        let saved = |path: &str| Saved { files: vec![(path.into(), FileChange::New)], ..Saved::default() };
        let mut question = Question::save();
        let y = Key::parse("y").expect("a key");
        question.tell(1000, |question| question.save_planned(Ok(Box::new(saved("raw/a")))));
        assert!(matches!(question.key_at(y, 1001), Outcome::Do(_)), "these are its first lines");
        question.tell(2000, |question| question.save_planned(Ok(Box::new(saved("raw/a")))));
        assert!(matches!(question.key_at(y, 2001), Outcome::Do(_)), "they are the same");
        question.tell(3000, |question| question.save_planned(Ok(Box::new(saved("raw/b")))));
        assert!(matches!(question.key_at(y, 3499), Outcome::Wish(Effect::Say(_))));
        let n = Key::parse("n").expect("a key");
        assert!(matches!(question.key_at(n, 3100), Outcome::Close));
        assert!(matches!(question.key_at(y, 3500), Outcome::Do(_)));
    }

    #[test]
    fn files_are_named_and_counted_before_they_are_saved() {
        let file = |at: usize| (format!("raw/{at}"), FileChange::Changed);
        let saved =
            Saved { files: (0..14).map(file).collect(), left_out: vec!["x".into()], ..Saved::default() };
        let mut question = Question::save();
        question.save_planned(Ok(Box::new(saved)));
        let text = question.lines.join("\n");
        assert!(text.contains("One commit of 14 files") && text.contains("  edited   raw/0"), "{text}");
        assert!(text.contains("and 2 more") && text.contains("no pipeline uses it: x; `o`"), "{text}");
        assert!(question.command.starts_with("minipach save --files raw/0 raw/1 "), "{}", question.command);
        assert_eq!(keys(&question), "yonY");
        let o = question.key(Key::parse("o").expect("a key"));
        assert!(format!("{o:?}").contains("\"raw/13\", \"x\""), "{o:?}");
        let alone = Saved { left_out: vec!["README.md".into()], ..Saved::default() };
        question.save_planned(Ok(Box::new(alone)));
        assert_eq!(
            (keys(&question).as_str(), question.command.as_str()),
            ("onY", "minipach save --files README.md")
        );
        let copied = question.key(Key::parse("Y").expect("a key"));
        assert!(matches!(copied, Outcome::Wish(Effect::World(World::Copy(_)))), "the question stays");
        let hostile = Saved { files: vec![("--all".into(), FileChange::New)], ..Saved::default() };
        question.save_planned(Ok(Box::new(hostile)));
        assert_eq!(question.command, "minipach save --files -- --all");
        question.save_planned(Ok(Box::default()));
        assert_eq!((keys(&question).as_str(), question.lines.len()), ("n", 1));
    }

    #[test]
    fn what_only_a_run_commits_is_told_with_that() {
        let held = vec![(PipelineName::parse("fs").expect("a name"), "the next run commits them".into())];
        let mut question = Question::save();
        let edited = vec![(PipelineName::parse("fs").expect("a name"), "sub-4".to_owned())];
        question.save_planned(Ok(Box::new(Saved { edited: edited.clone(), ..Saved::default() })));
        let told = "Left out, a result edited by hand: fs:sub-4; `a` on its datum accepts it.";
        assert_eq!(question.lines, ["Nothing here is for `save`.", told]);
        let files = vec![("raw/a".into(), FileChange::New)];
        question.save_planned(Ok(Box::new(Saved { files, edited, ..Saved::default() })));
        assert!(question.lines.iter().any(|line| line == told), "{:?}", question.lines);
        let mut question = Question::save();
        question.save_planned(Ok(Box::new(Saved { held, ..Saved::default() })));
        assert_eq!(
            question.lines,
            ["Nothing here is for `save`.", "Not the results of fs: the next run commits them."]
        );
        assert_eq!(keys(&question), "n");
    }

    #[test]
    fn a_yes_that_came_too_early_counts_for_nothing_and_is_told_in_the_question() {
        let mut question = Question::run(crate::tui::request::request(&["fs"]));
        let yes = Key::parse("y").expect("a key");
        let plan =
            || PlanText { to_run: 3, to_change: 3, lines: vec!["will run".into()], ..PlanText::default() };
        let tell = |question: &mut Question, at| {
            question.tell(at, |question| question.planned(Ok(plan()), None, &|_| None));
        };
        assert!(matches!(question.key_at(yes, 1), Outcome::Wish(Effect::Say(_))));
        assert!(question.says()[1].starts_with("`y` does not count before this is worked out"));
        tell(&mut question, 1);
        assert!(question.says()[1].ends_with("press it again if it is meant."), "{:?}", question.says());
        // The same plan once more is no other one.
        tell(&mut question, 2);
        assert!(matches!(question.key_at(yes, 3), Outcome::Do(_)));
        let mut waited = Question::run(crate::tui::request::request(&["fs"]));
        tell(&mut waited, 1);
        assert_eq!(waited.says().len(), 1);
    }
}
