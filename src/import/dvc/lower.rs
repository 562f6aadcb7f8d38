//! The pipeline that a stage becomes.

use std::collections::BTreeSet;

use super::super::draft::{Command, Draft, Input, Leaf};
use super::super::emit::Value;
use super::super::make::each_apart;
use super::super::names::InputNames;
use super::super::paths::{evidence, is_code, named_files, split};
use super::super::pattern::literal;
use super::super::report::{Place, Report};
use super::super::source::{Facts, Source, Wishes};
use super::super::words::{OF_MAKE, OF_PATHS, Renamed, names, rename, says_make_only};
use super::super::written;
use super::outs::Outs;
use super::shell::is_of_bash;
use super::stage::{Named, Stage};

/// What surrounds a stage.
pub(super) struct Around<'a> {
    /// The file.
    pub(super) source: &'a Source,
    /// The project.
    pub(super) facts: &'a dyn Facts,
    /// What was asked for.
    pub(super) wishes: &'a Wishes,
}

/// The pipeline of a stage.
pub(super) fn lower(stage: &Stage, outs: &Outs, around: &Around<'_>, report: &mut Report) -> Draft {
    let place = around.source.at(stage.line);
    let draft = Draft::new(outs.folder(&stage.name), place.clone());
    let target = around.wishes.placed(&draft.name);
    report.exact(&place, &target, format!("stage `{}`", stage.name));
    let mut lower = Lower { stage, outs, around, report, draft, target, pairs: Vec::new(), code: Vec::new() };
    lower.inputs();
    lower.outputs();
    lower.command();
    lower.params();
    lower.settings();
    lower.draft
}

struct Lower<'a> {
    stage: &'a Stage,
    outs: &'a Outs,
    around: &'a Around<'a>,
    report: &'a mut Report,
    draft: Draft,
    target: String,
    /// Old and new paths, those of inputs first.
    pairs: Vec<(Renamed, Use, usize)>,
    code: Vec<String>,
}

/// What a path is to a stage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Data that stays where it is.
    Data,
    /// A result of another stage.
    Result,
    /// What it makes.
    Output,
}

impl Lower<'_> {
    fn at(&self, line: usize) -> Place {
        self.around.source.at(line)
    }

    fn inputs(&mut self) {
        let mut names = InputNames::default();
        let mut inputs = Vec::new();
        for dep in &self.stage.deps {
            inputs.extend(self.dep(dep, &mut names).map(Input::Leaf));
        }
        if inputs.len() > 1 {
            let text = "the stage reads its deps together: one datum";
            self.report.exact(&self.at(self.stage.line), &self.target, text);
        }
        self.draft.input = Input::cross(inputs);
    }

    /// What a dep is: a leaf of the input, or code.
    fn dep(&mut self, dep: &Named, names: &mut InputNames) -> Option<Leaf> {
        let (facts, wishes) = (self.around.facts, self.around.wishes);
        let place = self.at(dep.line);
        let made = self.outs.find(&dep.path);
        if made.is_none() && is_code(&dep.path, facts) {
            self.report.assumed(
                &place,
                &self.target,
                format!("dep `{}` is code: a change makes results stale", dep.written),
            );
            self.code.push(dep.path.clone());
            return None;
        }
        let (repo, inside, kind) = match made {
            Some((stage, inside)) => {
                self.report.exact(
                    &place,
                    &self.target,
                    format!("dep `{}`: what stage `{stage}` makes", dep.written),
                );
                (wishes.placed(self.outs.folder(stage)), inside, Use::Result)
            }
            None => self.data(dep, &place)?,
        };
        let name = names.take(&repo);
        let below = if inside.is_empty() { String::new() } else { format!("/{inside}") };
        self.pairs.push((Renamed::new(&dep.written, format!("/pfs/{name}{below}")), kind, dep.line));
        Some(Leaf { repo, name, glob: format!("/{}", literal(&inside)), ..Leaf::default() })
    }

    /// The folder and the path in it of data that no stage makes.
    fn data(&mut self, dep: &Named, place: &Place) -> Option<(String, String, Use)> {
        let facts = self.around.facts;
        let path = self.around.wishes.mapped(&dep.path);
        if let Some((pipeline, inside)) = facts.pipeline_of(&path) {
            self.report.exact(place, &self.target, format!("dep `{}`: results of `{pipeline}`", dep.written));
            return Some((pipeline.to_owned(), inside.to_owned(), Use::Data));
        }
        if facts.has(&format!("{path}.dvc")) && !facts.has(&path) && !facts.has_folder(&path) {
            let text = format!(
                "input: DVC keeps `{path}` and git does not see it: fetch it (`dvc pull`), take it out of `.gitignore`, and keep it in git or the annex"
            );
            self.draft.todo(place, text);
        } else if !facts.has(&path) && !facts.has_folder(&path) {
            self.draft.todo(place, format!("input: `{path}` is not there, and no stage makes it"));
        }
        if facts.has_folder(&path) {
            self.report.exact(place, &self.target, format!("dep `{}`: the folder, as a whole", dep.written));
            return Some((path, String::new(), Use::Data));
        }
        let (folder, name) = split(&path);
        if folder.is_empty() {
            let text = format!(
                "input: `{path}` lies at the project's root, which is no repo; move it into a folder and import with `--map {}=FOLDER/{name}`",
                dep.path
            );
            self.draft.todo(place, text);
            return None;
        }
        self.report.exact(place, &self.target, format!("dep `{}`: a file of `{folder}`", dep.written));
        Some((folder.to_owned(), name.to_owned(), Use::Data))
    }

    fn outputs(&mut self) {
        if self.stage.outs.is_empty() {
            let text = "outs: the stage names none; write results below /pfs/out";
            self.draft.todo(&self.at(self.stage.line), text);
        }
        for out in &self.stage.outs {
            let Some((_, inside)) = self.outs.find(&out.path) else { continue };
            self.pairs.push((
                Renamed::new(&out.written, format!("/pfs/out/{inside}")),
                Use::Output,
                out.line,
            ));
        }
        if self.stage.outs.len() > 1 {
            let text = format!("its {} outs stand together in `{}`", self.stage.outs.len(), self.target);
            self.report.assumed(&self.at(self.stage.line), &self.target, text);
        }
    }

    fn command(&mut self) {
        let renamed: Vec<Renamed> = self.pairs.iter().map(|(pair, ..)| pair.clone()).collect();
        let (mut lines, mut used) = (Vec::new(), BTreeSet::new());
        let outputs: Vec<String> = self.stage.outs.iter().map(|out| out.written.clone()).collect();
        for line in &self.stage.cmd {
            let (line, of_line) = rename(&written::with_folders(line, &outputs), &renamed);
            lines.push(written::without_way(&line));
            used.extend(of_line);
        }
        let is_whole = self.beside(&lines);
        let text = self.stage.cmd.join("\n");
        let mut scripts = self.code.clone();
        scripts.extend(named_files(&text, &self.stage.folder, self.around.facts));
        for (number, (pair, kind, line)) in self.pairs.clone().into_iter().enumerate() {
            if !used.contains(&number) {
                self.unnamed(&pair, kind, line, &scripts);
            }
        }
        // DVC starts a shell for each, and stops at the first that fails.
        let each: Vec<(String, bool)> = lines.into_iter().map(|line| (line, false)).collect();
        let start = if each.len() > 1 { "set -e\n" } else { "" };
        let script = format!("{start}{}", each_apart(&each, false));
        if says_make_only(&text) {
            self.draft.todo(&self.at(self.stage.line), OF_MAKE);
        }
        let shell = if is_of_bash(&text) { "bash" } else { "sh" };
        if shell == "bash" {
            let text = "cmd: run by `bash`, whose syntax stands in it; DVC takes the shell of `$SHELL`";
            self.report.assumed(&self.at(self.stage.line), &self.target, text);
        }
        self.draft.command = Command::Script(vec![shell.into()], script);
        let is_told = |number: &usize| self.pairs[*number].1 != Use::Output;
        self.whole(is_whole, used.iter().any(is_told));
        if !self.stage.folder.is_empty() {
            self.draft.transform.push(("working_dir", Value::text(&self.stage.folder)));
        }
    }

    /// Says what the command means here: whether nothing else is said of it, and whether it is told where inputs stand.
    fn whole(&mut self, is_whole: bool, names_inputs: bool) {
        let place = self.at(self.stage.line);
        match (is_whole, names_inputs) {
            (true, false) => self.report.exact(&place, &self.target, "cmd"),
            (true, true) => self.report.assumed(&place, &self.target, format!("cmd: {OF_PATHS}")),
            (false, _) => {
                let text = "cmd, with new paths in place of old ones, but for what other lines say of it";
                self.report.assumed(&place, &self.target, text);
            }
        }
    }

    /// Tells what the command writes beside its outs, and where it goes; whether there was nothing to be told.
    fn beside(&mut self, lines: &[String]) -> bool {
        let place = self.at(self.stage.line);
        let mut is_whole = true;
        for line in lines {
            for text in written::told(line) {
                self.draft.todo(&place, text);
                is_whole = false;
            }
            if let Some(folder) = written::goes_to(line) {
                let text = format!("`cd {folder}`: paths after it are left as they are");
                self.report.assumed(&place, &self.target, text);
                is_whole = false;
            }
        }
        is_whole
    }

    /// A path that the command does not name: some script must know it.
    fn unnamed(&mut self, pair: &Renamed, kind: Use, line: usize, scripts: &[String]) {
        let place = self.at(line);
        let text = self.stage.cmd.join("\n");
        let old = &pair.old;
        let at = evidence(scripts, old, self.around.facts).map(|at| format!(" ({at})")).unwrap_or_default();
        if names(&text, old) {
            self.draft.todo(
                &place,
                format!("cmd: `{old}` stands in a way that was not understood; write `{}`", pair.new),
            );
        } else if kind == Use::Output {
            let text = format!(
                "outs: no word of the command names `{old}`, so a script must{at}; let it write `{}`",
                pair.new
            );
            self.draft.todo(&place, text);
        } else if kind == Use::Result {
            let text = format!(
                "deps: no word of the command names `{old}`, so a script must{at}; let it read `{}`",
                pair.new
            );
            self.draft.todo(&place, text);
        } else {
            let text = format!(
                "dep `{old}` is not named by the command{at}: a change makes results stale, and it is read where it stands"
            );
            self.report.assumed(&place, &self.target, text);
        }
    }

    fn params(&mut self) {
        for (named, keys) in &self.stage.params {
            let place = self.at(named.line);
            if !self.around.facts.has(&named.path) {
                self.draft.todo(&place, format!("params: there is no file `{}`", named.path));
                continue;
            }
            let keys = if keys.is_empty() { "all".to_owned() } else { format!("`{}`", keys.join("`, `")) };
            let text = format!(
                "params {keys}: the whole file `{}` counts as code, so that any change in it makes results stale",
                named.path
            );
            self.report.assumed(&place, &self.target, text);
            self.code.push(named.path.clone());
        }
        let text = self.stage.cmd.join("\n");
        let named = named_files(&text, &self.stage.folder, self.around.facts);
        if self.code.iter().any(|path| !named.contains(path)) {
            let is_folder = |path: &String| !self.around.facts.has(path);
            let glob = |path: &String| {
                if is_folder(path) { format!("/{}/**", literal(path)) } else { format!("/{}", literal(path)) }
            };
            let mut all = self.code.clone();
            all.extend(named.into_iter().filter(|path| is_code(path, self.around.facts)));
            all.sort();
            all.dedup();
            self.draft.transform.push(("code", Value::texts(all.iter().map(glob))));
        }
    }

    fn settings(&mut self) {
        let place = self.at(self.stage.line);
        self.draft.description.clone_from(&self.stage.desc);
        if self.stage.is_always {
            self.draft.fields.push(("reprocess_spec", Value::text("every_job")));
            self.report.exact(&place, &self.target, "always_changed: `reprocess_spec: every_job`");
        }
        if self.stage.is_frozen {
            self.draft.todo(&place, "frozen: DVC leaves this stage alone; remove this line to let it run");
        }
        for (line, must, text) in &self.stage.said {
            if *must {
                self.draft.todo(&self.at(*line), text.clone());
            } else {
                self.report.assumed(&self.at(*line), &self.target, text.clone());
            }
        }
    }
}
