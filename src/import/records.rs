//! Run records of `DataLad` in git's history: what was run, read and made.

use std::collections::{BTreeMap, BTreeSet};

use super::make::{Extra, Task, tasks};
use super::paths::join;
use super::report::{Class, Imported, Item, Place, Report};
use super::source::{Facts, Wishes};
use super::words::quoted;
use crate::plan::record::Recorded;

/// A run of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastRun {
    /// The start of its commit's id.
    pub commit: String,
    /// The record.
    pub record: Recorded,
}

/// Brings in runs, oldest first. Those that differ in one part of their paths only become one pipeline.
pub(super) fn import(runs: &[PastRun], facts: &dyn Facts, wishes: &Wishes) -> Imported {
    let mut imported = Imported::default();
    let made = made(runs);
    let (mut newest, mut edits) = (BTreeMap::<Vec<String>, &PastRun>::new(), Edits::new());
    for run in runs {
        let mut refuse = |commit: &str, text: &str| imported.items.push(refused(commit, text));
        match &run.record {
            record if record.exit != 0 => refuse(&run.commit, "the command failed"),
            record if record.outputs.is_empty() => refuse(&run.commit, "the record names no outputs"),
            record => {
                if let Some(why) = unfit(record).or_else(|| in_place(record, &made)) {
                    refuse(&run.commit, &why);
                } else if let Some((path, maker)) = changes_result(record, &newest) {
                    refuse(
                        &run.commit,
                        &format!(
                            "it changed `{path}` in place, which {maker} made; that is to be settled there"
                        ),
                    );
                    edits.entry(maker).or_default().push((path, run.commit.clone(), record.command.clone()));
                } else if let Some(earlier) = newest.insert(record.outputs.clone(), run) {
                    refuse(&earlier.commit, "a later run made the same outputs, so this one is passed over");
                }
            }
        }
    }
    let folders: BTreeSet<&str> = newest.values().map(|run| folder(&run.record)).collect();
    for of in folders {
        let here: Vec<Task> = runs
            .iter()
            .filter(|run| newest.get(&run.record.outputs).is_some_and(|newest| newest.commit == run.commit))
            .filter(|run| folder(&run.record) == of)
            .map(|run| with_edits(task(run, facts), edits.get(&run.commit)))
            .collect();
        imported.add(tasks(&here, of, facts, wishes, "sh", Report::default()));
    }
    imported
}

/// By the commit whose run made a file: that file, and the commit and command that changed it in place afterwards.
type Edits = BTreeMap<String, Vec<(String, String, String)>>;

fn refused(commit: &str, text: &str) -> Item {
    let place = Place::new(commit, 1);
    Item { place, class: Class::Refused, target: String::new(), text: text.into() }
}

/// The result of an earlier run that a record changed in place, and that run.
fn changes_result(record: &Recorded, newest: &BTreeMap<Vec<String>, &PastRun>) -> Option<(String, String)> {
    let path = edited(record)?;
    let makes = |run: &&&PastRun| {
        let mut outputs = run.record.outputs.iter().filter_map(|output| join(folder(&run.record), output));
        outputs.any(|output| output == path)
    };
    let maker = newest.values().find(makes)?.commit.clone();
    Some((path, maker))
}

/// A task with what later runs did to its results.
fn with_edits(mut task: Task, edits: Option<&Vec<(String, String, String)>>) -> Task {
    task.extra.todos.extend(edits.into_iter().flatten().map(|(path, commit, command)| {
        let text = format!(
            "cmd: {commit} changed `{path}` in place afterwards: `{command}`; let this command do that too"
        );
        (1, text)
    }));
    task
}

/// A path that a record changed in place, if there is such a one: it reads and makes it.
fn edited(record: &Recorded) -> Option<String> {
    let full = |path: &String| join(folder(record), path);
    let inputs: BTreeSet<String> = record.inputs.iter().filter_map(full).collect();
    record.outputs.iter().filter_map(full).find(|path| inputs.contains(path))
}

/// All that others of these runs make than those that change it.
fn made(runs: &[PastRun]) -> BTreeSet<String> {
    let makers = runs.iter().map(|run| &run.record).filter(|record| edited(record).is_none());
    makers.flat_map(|record| record.outputs.iter().filter_map(|path| join(folder(record), path))).collect()
}

/// That a record changed data in place: who reads them is given them as they are now.
fn in_place(record: &Recorded, made: &BTreeSet<String>) -> Option<String> {
    let path = edited(record).filter(|path| !made.contains(path))?;
    Some(format!(
        "it changed `{path}` in place, and results stand apart from inputs; others read it as it is now"
    ))
}

/// Why an output of a record can be none of a pipeline, if there is such a one.
fn unfit(record: &Recorded) -> Option<String> {
    record.outputs.iter().find_map(|output| {
        let Some(path) = join(folder(record), output) else {
            return Some(format!("its output `{output}` lies outside of the project"));
        };
        let is_of_git = path.split('/').any(|part| part.eq_ignore_ascii_case(".git"));
        is_of_git.then(|| format!("its output `{output}` lies in a folder of git's own"))
    })
}

fn folder(record: &Recorded) -> &str {
    record.pwd.trim_start_matches("./").trim_matches(['.', '/'])
}

fn task(run: &PastRun, facts: &dyn Facts) -> Task {
    let record = &run.record;
    let mut extra = Extra::default();
    let (needs, is_open) = listed(&record.inputs, folder(record), facts, &mut extra);
    let clean = |path: &String| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    let is_glob = |path: &&String| path.contains(['*', '?', '[']);
    if let Some(glob) = record.outputs.iter().find(is_glob) {
        extra.todos.push((
            1,
            format!("outputs: the record names them by the pattern `{glob}`; write them below /pfs/out"),
        ));
    }
    for other in &record.extra_inputs {
        extra.todos.push((
            1,
            format!("transform: `{other}` was needed too: if it is an image, write it as `transform.image`"),
        ));
    }
    Task {
        place: Place::new(&run.commit, 1),
        targets: record.outputs.iter().map(clean).filter(|path| !path.is_empty()).collect(),
        needs,
        is_open,
        recipe: vec![(1, command(record, &mut extra))],
        extra,
        ..Task::default()
    }
}

/// Inputs, patterns worked out on the files that are there; of a pipeline's results all.
fn listed(inputs: &[String], folder: &str, facts: &dyn Facts, extra: &mut Extra) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let mut is_open = false;
    for input in inputs {
        let input = input.trim_start_matches("./").trim_end_matches('/');
        if input.contains(['*', '?', '[']) {
            is_open = true;
            let files = super::make::wildcard(input, folder, facts);
            match facts.pipeline_of(input).filter(|_| folder.is_empty()) {
                Some((pipeline, _)) => found.push(pipeline.to_owned()),
                None if files.is_empty() => {
                    let text = format!("input: `{input}` takes nothing of what is here; say what is read");
                    extra.todos.push((1, text));
                }
                None => found.extend(files),
            }
        } else {
            found.push(input.to_owned());
        }
    }
    found.retain(|path| join(folder, path).is_some_and(|path| !path.is_empty()));
    (found, is_open)
}

/// The command as a recipe of make: `$` doubled, placeholders as automatic variables.
fn command(record: &Recorded, extra: &mut Extra) -> String {
    let text = record
        .command
        .replace('$', "$$")
        .replace("{inputs}", "$^")
        .replace("{outputs}", "$@")
        .replace("{inputs[0]}", "$<");
    let text = text.replace("{outputs[0]}", "$@");
    let text = numbered(numbered(text, "inputs", &record.inputs), "outputs", &record.outputs);
    for name in ["{pwd}", "{dspath}", "{tmpdir}", "{inputs[", "{outputs[", "{img}"] {
        if text.contains(name) {
            extra
                .todos
                .push((1, format!("cmd: `{name}` is filled in by DataLad only; write what it stands for")));
        }
    }
    text
}

/// The second path and those after it by their numbers, which patterns among them would change.
fn numbered(mut text: String, name: &str, paths: &[String]) -> String {
    if !paths.iter().any(|path| path.contains(['*', '?', '['])) {
        for (number, path) in paths.iter().enumerate().skip(1) {
            let path = quoted(path.trim_start_matches("./")).replace('$', "$$");
            text = text.replace(&format!("{{{name}[{number}]}}"), &path);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::source::Held;
    use super::*;

    fn run(commit: &str, command: &str, inputs: &[&str], outputs: &[&str]) -> PastRun {
        let all = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect();
        let record = Recorded {
            command: command.into(),
            pwd: ".".into(),
            inputs: all(inputs),
            outputs: all(outputs),
            ..Recorded::default()
        };
        PastRun { commit: commit.into(), record }
    }

    #[test]
    fn inputs_are_named_by_their_numbers() {
        let of = |inputs: &[&str]| {
            [run("aaa1", "paste {inputs[1]} {inputs[0]} > {outputs}", inputs, &["o/x.txt"])]
        };
        let files = [("raw/a.txt", ""), ("raw/b.txt", "")];
        let found = import(&of(&["raw/a.txt", "raw/b.txt"]), &Held::new(&files), &Wishes::default());
        let spec = &found.pipelines[0].spec;
        assert!(spec.contains("paste /pfs/raw/b.txt /pfs/raw/a.txt > /pfs/out/x.txt"), "{spec}");
        assert_eq!(found.texts(Class::Todo), "");
        let found = import(&of(&["raw/a*.txt", "raw/b.txt"]), &Held::new(&files), &Wishes::default());
        found.tells(Class::Todo, &["`{inputs[` is filled in by DataLad only"]);
    }

    #[test]
    fn a_pattern_in_the_command_reads_what_the_input_gives() {
        let runs = [
            run("aaa1", "cat raw/*.txt > all.txt", &["raw/*.txt"], &["all.txt"]),
            run("aaa2", "cat raw/*.txt > one.txt", &["raw/a.txt"], &["one.txt"]),
        ];
        let files = [("raw/a.txt", ""), ("raw/b.txt", "")];
        let found = import(&runs, &Held::new(&files), &Wishes::default());
        let all = found.pipelines.iter().find(|made| made.name == "all").expect("it is there");
        assert!(all.spec.contains("cat /pfs/raw/*.txt > /pfs/out/all.txt"), "{}", all.spec);
        assert!(!all.spec.contains("TODO"), "{}", all.spec);
        found.tells(Class::Todo, &["one: cmd: `raw/*.txt` is read, and not all of it is a prerequisite"]);
    }

    #[test]
    fn folders_are_read_as_a_whole_also_those_of_pipelines() {
        let runs = [
            run("aaa1", "cat raw/* > one.txt", &["raw"], &["one.txt"]),
            run("aaa2", "sh x fs > two.txt", &["fs/"], &["two.txt"]),
            run("aaa3", "cat fs/a.txt > three.txt", &["fs/a.txt"], &["three.txt"]),
            run("aaa4", "cat fs/*.txt > four.txt", &["fs/*.txt"], &["four.txt"]),
            run("aaa5", "cat raw/*.csv > five.txt", &["raw/*.csv"], &["five.txt"]),
        ];
        let files = [("raw/a.txt", ""), ("fs/spec.yml", "")];
        let found = import(&runs, &Held::new(&files), &Wishes::default());
        for (name, parts) in [
            ("one", ["pfs: {repo: raw, glob: /}", "cat /pfs/raw/* > /pfs/out/one.txt"]),
            ("two", ["pfs: {repo: fs, glob: /}", "sh x /pfs/fs > /pfs/out/two.txt"]),
            ("three", ["pfs: {repo: fs, glob: /a.txt}", "cat /pfs/fs/a.txt > "]),
            ("four", ["pfs: {repo: fs, glob: /}", "cat /pfs/fs/*.txt > "]),
        ] {
            let made = found.pipelines.iter().find(|made| made.name == name).expect(name);
            assert!(parts.iter().all(|part| made.spec.contains(part)), "{}", made.spec);
            assert!(!made.spec.contains("TODO"), "{}", made.spec);
        }
        found.tells(Class::Todo, &["five: input: `raw/*.csv` takes nothing of what is here"]);
    }

    #[test]
    fn patterns_and_their_files_may_have_spaces() {
        let runs = [
            run("aaa1", "cat {inputs} > {outputs}", &["a b/*.txt"], &["one.txt"]),
            run("aaa2", "cat {inputs} > {outputs}", &["raw/*.txt"], &["two.txt"]),
            run("aaa3", "cat {inputs} > {outputs}", &["raw/c *.txt"], &["three.txt"]),
            run("aaa4", "cat {inputs} > {outputs}", &["raw/a *.txt"], &["four.txt"]),
        ];
        let files = [("a b/x.txt", ""), ("raw/a 1.txt", ""), ("raw/b.txt", "")];
        let found = import(&runs, &Held::new(&files), &Wishes::default());
        for (name, part) in [
            ("one", "cat /pfs/a_b/*.txt > /pfs/out/one.txt"),
            ("two", "cat /pfs/raw/*.txt > /pfs/out/two.txt"),
            ("four", "cat ''/pfs/raw/a 1.txt'' > /pfs/out/four.txt"),
        ] {
            let made = found.pipelines.iter().find(|made| made.name == name).expect(name);
            assert!(made.spec.contains(part), "{}", made.spec);
            assert!(!made.spec.contains("TODO"), "{}", made.spec);
        }
        found.tells(Class::Todo, &["three: input: `raw/c *.txt` takes nothing of what is here"]);
    }

    #[test]
    fn outputs_outside_of_the_project_or_of_git_are_refused() {
        let runs = [
            run("aaa1", "touch ../x", &[], &["../x"]),
            run("aaa2", "touch .git/hooks/pre-commit", &[], &[".git/hooks/pre-commit"]),
            run("aaa3", "touch /x", &[], &["/x"]),
        ];
        let found = import(&runs, &Held::new(&[]), &Wishes::default());
        assert!(found.pipelines.is_empty(), "{:?}", found.pipelines);
        found.tells(
            Class::Refused,
            &[
                "its output `../x` lies outside of the project",
                "its output `.git/hooks/pre-commit` lies in a folder of git's own",
                "its output `/x` lies outside of the project",
            ],
        );
    }

    /// What was made before it was changed would come without the change.
    #[test]
    fn data_that_were_changed_in_place_are_data() {
        let one = || run("aaa1", "cat raw/s1.txt > o1", &["raw/s1.txt"], &["o1"]);
        let edit = || run("aaa2", "echo more >> raw/s1.txt", &["raw/s1.txt"], &["./raw/s1.txt"]);
        let files = [("raw/s1.txt", "")];
        let found = import(&[one(), edit()], &Held::new(&files), &Wishes::default());
        assert_eq!(found.pipelines.len(), 1);
        let spec = &found.pipelines[0].spec;
        assert!(spec.contains("repo: raw, glob: /s1.txt") && !spec.contains("TODO"), "{spec}");
        found.tells(Class::Refused, &["it changed `raw/s1.txt` in place"]);

        let make = run("aaa0", "echo 1 > raw/s1.txt", &[], &["raw/s1.txt"]);
        let found = import(&[make, one(), edit()], &Held::new(&files), &Wishes::default());
        let refused = found.texts(Class::Refused);
        assert!(!refused.contains("others read it as it is now"), "{refused}");
        assert!(refused.contains("1: : it changed `raw/s1.txt` in place, which aaa0 made"), "{refused}");
        let told = "aaa2 changed `raw/s1.txt` in place afterwards: `echo more >> raw/s1.txt`";
        found.tells(Class::Todo, &[told]);
        let found = import(
            &[one(), run("aaa3", "cat raw/s1.txt >o1", &["raw/s1.txt"], &["o1"])],
            &Held::new(&files),
            &Wishes::default(),
        );
        assert!(found.texts(Class::Refused).contains("1: : a later run made the same outputs"));
        assert!(found.items.iter().any(|item| item.class == Class::Refused && item.place.path == "aaa1"));
    }

    #[test]
    fn names_with_spaces_are_found_in_quotes() {
        let files = [("data/a b", "")];
        let runs = [
            run("aaa1", "cp 'data/a b' 'o 4'", &["data/a b"], &["o 4"]),
            run("aaa2", "cat data/x > {outputs}", &["data/x"], &["p 5"]),
        ];
        let found = import(&runs, &Held::new(&[files[0], ("data/x", "")]), &Wishes::default());
        assert_eq!(found.texts(Class::Todo), "");
        let specs: String = found.pipelines.iter().map(|made| made.spec.clone()).collect();
        assert!(specs.contains("cp ''/pfs/data/a b'' ''/pfs/out/o 4''"), "{specs}");
        assert!(specs.contains("cat /pfs/data/x > ''/pfs/out/p 5''"), "{specs}");
    }

    #[test]
    fn folders_with_spaces_are_made_as_one_word() {
        let command = "mkdir -p 'o 2'; cat in/1.txt > o1; cp o1 'o 2/x'";
        let runs = [run("aaa1", command, &["in"], &["o1", "o 2/x"])];
        let found = import(&runs, &Held::new(&[("in/1.txt", "")]), &Wishes::default());
        assert_eq!(found.texts(Class::Todo), "");
        let spec = &found.pipelines[0].spec;
        assert!(spec.contains("      mkdir -p '/pfs/out/o 2'\n"), "{spec}");
        assert!(
            spec.contains("; cat /pfs/in/1.txt > /pfs/out/o1; cp /pfs/out/o1 '/pfs/out/o 2/x'"),
            "{spec}"
        );
        assert!(!spec.contains("mkdir -p 'o 2'"), "{spec}");
    }

    #[test]
    fn paths_lead_out_of_the_folder_of_the_run() {
        let mut run = run(
            "aaa1",
            "mkdir -p ../rel; sort ../raw/a > ../rel/b; wc in > in2",
            &["../raw/a", "in"],
            &["../rel/b", "in2"],
        );
        run.record.pwd = "sub".into();
        let files = [("raw/a", ""), ("sub/in", "")];
        let found = import(&[run], &Held::new(&files), &Wishes::default());
        assert_eq!(found.texts(Class::Todo), "");
        let spec = &found.pipelines[0].spec;
        assert!(
            spec.contains("sort /pfs/raw/a > /pfs/out/rel/b; wc /pfs/sub/in > /pfs/out/sub/in2"),
            "{spec}"
        );
    }

    #[test]
    fn runs_that_differ_in_one_part_are_one_pipeline() {
        let runs = [
            run(
                "aaa1",
                "sh code/fs.sh raw/sub-01/t1.txt > fs/sub-01.txt",
                &["raw/sub-01/t1.txt"],
                &["fs/sub-01.txt"],
            ),
            run(
                "aaa2",
                "sh code/fs.sh raw/sub-02/t1.txt > fs/sub-02.txt",
                &["raw/sub-02/t1.txt"],
                &["fs/sub-02.txt"],
            ),
            run("aaa3", "cat {inputs} | awk '{print $1}' > {outputs}", &["fs/*.txt"], &["stats/all.txt"]),
            run("aaa4", "touch x", &[], &[]),
        ];
        let files = [
            ("raw/sub-01/t1.txt", ""),
            ("raw/sub-02/t1.txt", ""),
            ("code/fs.sh", ""),
            ("fs/sub-01.txt", ""),
            ("fs/sub-02.txt", ""),
        ];
        let found = import(&runs, &Held::new(&files), &Wishes::default());
        assert_eq!(found.pipelines.len(), 2, "{:?}", found.pipelines);
        assert_eq!(
            found.pipelines[0].spec,
            "# from aaa1:1\ninput:\n  pfs: {repo: raw, glob: '/(sub-01|sub-02)/t1.txt'}\ntransform:\n  cmd:\n    - sh\n    - -c\n    - |\n      set -e\n      \
             stem=${raw%/t1.txt}\n      stem=${stem##*/}\n      sh code/fs.sh \"/pfs/raw/$stem/t1.txt\" > \"/pfs/out/$stem.txt\"\n"
        );
        let stats = &found.pipelines[1].spec;
        assert!(
            stats.contains("repo: fs, glob: /}")
                && stats.contains("cat /pfs/fs/*.txt | awk ''{print $1}'' > /pfs/out/all.txt"),
            "{stats}"
        );
        assert!(found.items.iter().any(|item| item.class == Class::Refused && item.place.path == "aaa4"));
        assert!(
            found
                .items
                .iter()
                .any(|item| item.class == Class::Assumed && item.text.contains("2 rules of the same shape"))
        );
    }
}
