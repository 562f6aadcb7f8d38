//! Findings that only show once datums are formed: globs that match nothing, plans that fail.

use std::collections::BTreeMap;

use crate::git::Scan;
use crate::model::{Finding, Leaf, Pipeline, PipelineName, is_at_or_below, literal, show, show_some};
use crate::plan::{PlanError, Reason};
use crate::spec::{
    CANNOT_RUN_HERE, IMAGE_UNTAGGED, IMAGE_UNUSABLE, LEFT_OUT, NO_PLAN, Spot, UNLISTED_INPUT, missing_code,
};

use super::ability::missing_for_errors;
use super::planner::{Planned, PlanningError, Plans};
use super::project::Project;
use super::rooms::Rooms;

/// A longer sentence, in letters, is cut to its first part where it stands among others.
const LONGEST: usize = 160;

/// A glob that matches nothing in a folder that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unmatched {
    /// Name of the input.
    pub input: String,
    /// The folder it reads.
    pub repo: String,
    /// How it cuts that folder.
    pub glob: String,
}

impl Unmatched {
    /// What is said of it, and what to do.
    pub fn sentence(&self, pipeline: &str) -> String {
        let Self { input, repo, glob } = self;
        format!(
            "{pipeline}: the glob `{glob}` of input `{input}` matches nothing in `{repo}`; try others with `minipach glob {} '/*'`",
            literal(repo)
        )
    }
}

/// Why files of a repository inside this one that it does not know are left out, and what to do.
pub const NESTED: &str = "it is a repository inside this one that is no subdataset; register it with `datalad save -d .` or `git submodule add`";

/// A repository inside this one that it does not know, where a pipeline reads.
pub fn nested_sentence(pipeline: &str, path: &str) -> String {
    format!("{pipeline}: `{path}` is left out, for {NESTED}")
}

/// That files of a subdataset do not count, since no commit of it has them, and what to do.
pub fn uncounted(path: &str, new: &[&str]) -> String {
    let (files, them) = if new.len() > 1 { ("files", "they do") } else { ("a file", "it does") };
    format!(
        "the subdataset `{}` has {files} that no commit of it has ({}), so {them} not count; `datalad save -d {word}` commits that, and `datalad save -d . {word}` records it",
        show(path),
        show_some(new, 1),
        word = literal(path)
    )
}

impl Planned {
    /// Repositories that a pipeline would read in, were they known as subdatasets.
    pub fn nested_inputs(&self, scan: &Scan) -> Vec<String> {
        let leaves = self.pipeline.input.leaves();
        let reads = |path: &str| {
            let repos = leaves.iter().map(|leaf| leaf.repo.as_str());
            repos.into_iter().any(|repo| is_at_or_below(path, repo) || is_at_or_below(repo, path))
        };
        let nested = scan.nested_repositories().iter().filter(|path| reads(path));
        nested.map(ToString::to_string).collect()
    }

    /// Leaves whose globs match nothing though there is something, but for those on pipelines that are not complete.
    fn unmatched(&self) -> Vec<usize> {
        let mut used = vec![false; self.plan.trees.len()];
        self.plan.formed.matches.iter().for_each(|matched| used[usize::from(matched.leaf)] = true);
        let leaves = self.pipeline.input.leaves();
        let is_empty = |at: &usize| !used[*at] && !self.plan.trees[*at].is_empty() && !leaves[*at].is_cron;
        let is_settled =
            |at: &usize| !self.plan.incomplete.iter().any(|name| name.as_str() == leaves[*at].repo.as_str());
        (0..leaves.len()).filter(is_empty).filter(is_settled).collect()
    }

    /// Globs that match nothing, but for those on pipelines that are not complete.
    pub fn unmatched_globs(&self) -> Vec<Unmatched> {
        let leaves = self.pipeline.input.leaves();
        let found = self.unmatched().into_iter().map(|at| leaves[at]);
        let unmatched = |leaf: &Leaf| Unmatched {
            input: leaf.name.to_string(),
            repo: leaf.repo.to_string(),
            glob: leaf.glob.text().to_owned(),
        };
        found.map(unmatched).collect()
    }
}

impl Project {
    /// New files of subdatasets that a pipeline would read, were they committed there, in a sentence for each subdataset.
    pub fn uncounted_inputs(&self, planned: &Planned) -> Vec<String> {
        let leaves = planned.pipeline.input.leaves();
        let inside = self.inside.borrow();
        let is_read = |path: &str| {
            let mut repos = leaves.iter().map(|leaf| leaf.repo.as_str());
            repos.any(|repo| is_at_or_below(path, repo) || is_at_or_below(repo, path))
        };
        let loose: BTreeMap<&String, &Vec<String>> =
            inside.values().flat_map(|raw| &raw.loose).map(|(path, new)| (path, new)).collect();
        let said = loose.into_iter().filter_map(|(path, new)| {
            let new: Vec<&str> = new.iter().map(String::as_str).filter(|path| is_read(path)).collect();
            (!new.is_empty()).then(|| uncounted(path, &new))
        });
        said.collect()
    }

    /// Findings that only show once datums are formed: globs that match nothing, plans that fail.
    pub fn plan_findings(&self, plans: &Plans) -> Vec<Finding> {
        let mut findings = Vec::new();
        for loaded in &self.loaded.pipelines {
            findings.extend(self.missing_scripts(&loaded.pipeline.name));
        }
        for (name, planned) in &plans.by_name {
            match planned {
                // The fault is told where it is.
                Err(PlanningError::Upstream { upstream }) => {
                    findings.push(LEFT_OUT.on(&format!("{name}/spec.yml"), left_out(name, upstream)));
                }
                // `MP313` tells of those, and a run installs them.
                Err(error) if error.absent_subdataset().is_some() => {}
                Err(error) => findings.push(self.unplannable(name, error)),
                Ok(planned) => {
                    findings.extend(self.empty_globs(planned));
                    findings.extend(self.unlisted_inputs(planned));
                    let cannot = self.cannot_run_here(planned);
                    findings.extend(cannot.or_else(|| self.cannot_step_in(planned)));
                }
            }
        }
        findings
    }

    /// Why a pipeline cannot be planned, at the file, or the field that decides it, where there is one.
    fn unplannable(&self, name: &PipelineName, error: &PlanningError) -> Finding {
        let message = format!("`{name}` cannot be planned: {error}");
        let field = match error {
            PlanningError::OddName { path } | PlanningError::Closed { path } => {
                return NO_PLAN.on(path, message);
            }
            PlanningError::Plan(PlanError::Form(_)) => "input",
            PlanningError::Plan(_)
            | PlanningError::OverSubdataset { .. }
            | PlanningError::DeepSubdataset { .. } => "output",
            _ => return NO_PLAN.on(&format!("{name}/spec.yml"), message),
        };
        match self.loaded.get(name).and_then(|loaded| loaded.spans.get(field)) {
            Some(spot) => NO_PLAN.at(spot, message),
            None => NO_PLAN.on(&format!("{name}/spec.yml"), message),
        }
    }

    /// Warnings of scripts that a pipeline names and that are not there.
    pub fn missing_scripts(&self, name: &PipelineName) -> Vec<Finding> {
        let exists = |path: &str| self.repo.root().join(path).symlink_metadata().is_ok();
        let missing = |loaded: &crate::spec::LoadedPipeline| {
            missing_code(loaded, &self.files_for_code(&loaded.pipeline), &exists)
        };
        self.loaded.get(name).map(missing).unwrap_or_default()
    }

    /// What a run of a pipeline would stumble over here: a program, a sandbox or an image that is missing, else scripts that
    /// are. Unless it `tries` what runs images, that is told as far as it is seen at once.
    pub fn hindrances(&self, planned: &Planned, tries: bool) -> Vec<Reason> {
        let rooms = Rooms::new(self);
        let seen = rooms.seen_refusal(planned);
        if let Some(message) = seen.or_else(|| tries.then(|| rooms.refusal(planned)).flatten()) {
            return vec![Reason::CannotRun { message }];
        }
        let sentence = |finding: Finding| match finding.label {
            Some(advice) => format!("{}; {advice}", finding.message),
            None => finding.message,
        };
        let scripts = self.missing_scripts(&planned.pipeline.name).into_iter();
        scripts.map(|finding| Reason::MissingScript { message: sentence(finding) }).collect()
    }

    /// Scripts that are missing, in a sentence each, for a run.
    pub(super) fn missing_script_notes(&self, name: &PipelineName) -> Vec<String> {
        let sentence = |finding: Finding| {
            let line = finding.span.map(|span| format!(":{}", span.line)).unwrap_or_default();
            let advice =
                finding.label.or(finding.help).map(|advice| format!("; {advice}")).unwrap_or_default();
            format!("{name}: {} ({}{line}){advice}", finding.message, finding.path)
        };
        self.missing_scripts(name).into_iter().map(sentence).collect()
    }

    /// Whether a path is a result of another pipeline, and that is no input of this one.
    pub(super) fn is_foreign(&self, pipeline: &Pipeline, path: &str) -> bool {
        let is_below = |name: &str| is_at_or_below(path, name);
        // A shell's variable of an input may be followed by a path that looks like one of the project.
        let is_input = |leaf: &&Leaf| leaf.takes(path) || is_below(&leaf.name);
        self.is_result(path)
            && !is_below(pipeline.name.as_str())
            && !pipeline.input.leaves().iter().any(is_input)
    }

    /// Notes of results that a command names and that are no input of its pipeline: a change of them makes nothing stale.
    fn unlisted_inputs(&self, planned: &Planned) -> Vec<Finding> {
        let name = &planned.pipeline.name;
        let Some(loaded) = self.loaded.get(name) else { return Vec::new() };
        let at = |message: String| match loaded.spans.get("transform.cmd") {
            Some(spot) => UNLISTED_INPUT.at(spot, message),
            None => UNLISTED_INPUT.on(&planned.pipeline.spec_path(), message),
        };
        let finding = |path: &String| {
            let (message, help) = self.unlisted_input(planned, path)?;
            Some(at(message).help(help))
        };
        planned.code.data.iter().filter_map(finding).collect()
    }

    /// What is said of a result that is read and is no input, and what to do.
    fn unlisted_input(&self, planned: &Planned, path: &str) -> Option<(String, String)> {
        let name = &planned.pipeline.name;
        let maker = self.pipelines.keys().find(|maker| is_at_or_below(path, maker.as_str()))?;
        let message = format!("`{name}` reads `{path}`, a result of `{maker}` that is no input of it");
        let glob = &path[maker.as_str().len()..];
        if self.graph.all_downstream(name).contains(maker) {
            let help = format!(
                "a change of it makes nothing stale, and it cannot be an input, since `{maker}` is made from `{name}`: do without it, or make it in a pipeline before `{name}`"
            );
            return Some((message, help));
        }
        let help = format!(
            "a change of it makes nothing stale: add `pfs: {{repo: {maker}, glob: {glob}}}` to the inputs, as in a `cross`, and read it below `$PFS`"
        );
        Some((message, help))
    }

    /// The same for a run, in a sentence each.
    pub(super) fn unlisted_input_notes(&self, planned: &Planned) -> Vec<String> {
        let said = planned.code.data.iter().filter_map(|path| self.unlisted_input(planned, path));
        said.map(|(message, help)| format!("{message}; {help}")).collect()
    }

    /// Takes back what was said of images that are no names: a version is asked of those only.
    pub(super) fn forgive_known_images(&mut self) {
        let is_known = |path: &str| {
            let loaded = self.loaded.pipelines.iter().find(|loaded| loaded.pipeline.spec_path() == path);
            let image = loaded.and_then(|loaded| loaded.pipeline.transform.as_ref()?.image.as_ref());
            image.is_some_and(|image| self.is_image_here(image))
        };
        let is_kept = |finding: &Finding| finding.code != IMAGE_UNTAGGED.code || !is_known(&finding.path);
        let kept: Vec<bool> = self.findings.iter().map(is_kept).collect();
        let mut kept = kept.into_iter();
        self.findings.retain(|_| kept.next().unwrap_or(true));
    }

    /// What a run would say of this machine, as a note: another may have it.
    fn cannot_run_here(&self, planned: &Planned) -> Option<Finding> {
        let sentence = Rooms::new(self).refusal(planned)?;
        let loaded = self.loaded.get(&planned.pipeline.name)?;
        let has_image =
            planned.pipeline.transform.as_ref().is_some_and(|transform| transform.image.is_some());
        let at_image = || self.image_spot(planned);
        let spot =
            if has_image { at_image() } else { loaded.spans.get("transform.cmd[0]").or_else(at_image) }?;
        if matches!(planned.code.image, Some(Err(_))) {
            return Some(IMAGE_UNUSABLE.at(spot, sentence));
        }
        let (short, whole) = in_short(&sentence);
        let finding =
            CANNOT_RUN_HERE.at(spot, format!("`{}` cannot run here: {short}", planned.pipeline.name));
        Some(whole.into_iter().fold(finding, Finding::note))
    }

    /// Where the spec of a pipeline names its image.
    pub(super) fn image_spot(&self, planned: &Planned) -> Option<&Spot> {
        let spans = &self.loaded.get(&planned.pipeline.name)?.spans;
        spans.get("transform.image").or_else(|| spans.get("transform.dockerfile"))
    }

    /// That the error command of a pipeline has no program here: nobody would miss it before something fails.
    fn cannot_step_in(&self, planned: &Planned) -> Option<Finding> {
        let sentence = missing_for_errors(&planned.pipeline).filter(|_| planned.code.image.is_none())?;
        let spot = self.loaded.get(&planned.pipeline.name)?.spans.get("transform.err_cmd[0]")?;
        let message = format!("the `err_cmd` of `{}` cannot run here: {sentence}", planned.pipeline.name);
        Some(CANNOT_RUN_HERE.at(spot, message))
    }

    fn empty_globs(&self, planned: &Planned) -> Vec<Finding> {
        let leaves = planned.pipeline.input.leaves();
        let loaded =
            self.loaded.pipelines.iter().find(|loaded| loaded.pipeline.name == planned.pipeline.name);
        planned
            .unmatched()
            .into_iter()
            .filter_map(|at| {
                let sample: Vec<&str> =
                    planned.plan.trees[at].entries().iter().take(3).map(|entry| &*entry.path).collect();
                let finding = crate::spec::glob_no_match(loaded?, at, sample)?;
                Some(match super::ground::ignored_match(&self.repo, &self.scan, leaves[at]) {
                    Some(fact) => finding.note(fact),
                    None => finding,
                })
            })
            .collect()
    }
}

/// A sentence in one line, and the whole of it where that is cut: what programs say of themselves may be long.
fn in_short(sentence: &str) -> (&str, Option<&str>) {
    let (short, rest) = sentence.split_once(": ").unwrap_or((sentence, ""));
    let is_long = sentence.chars().count() > LONGEST && !rest.is_empty();
    if is_long { (short, Some(sentence)) } else { (sentence, None) }
}

fn left_out(name: &PipelineName, upstream: &PipelineName) -> String {
    format!("`{name}` is left out of plans and runs: it needs `{upstream}`, which cannot be planned")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_say_at_length_stands_below_the_sentence() {
        assert_eq!(in_short("`docker` is missing: get it"), ("`docker` is missing: get it", None));
        let long = format!("nothing can run it: podman says {}", "x".repeat(LONGEST));
        assert_eq!(in_short(&long), ("nothing can run it", Some(long.as_str())));
    }

    #[test]
    fn the_glob_to_try_is_typed_for_a_shell() {
        let unmatched = Unmatched { input: "t1".into(), repo: "raw data".into(), glob: "/*".into() };
        assert!(unmatched.sentence("fs").ends_with("`minipach glob 'raw data' '/*'`"));
    }
}
