//! Shell scripts, with or without lines for Slurm: a loop over files is a pipeline with a datum for each; anything
//! else is one pipeline that runs the whole script.

mod carried;
mod looped;
mod reached;
mod slurm;
mod turns;

use super::blocks::broken;
use super::draft::{Command, Draft, Input, Leaf};
use super::emit::Value;
use super::error::ImportError;
use super::here::{Part, lines};
use super::names::{InputNames, folder};
use super::paths::{join, split};
use super::report::{Imported, Moved, Report};
use super::source::{Facts, Source, Wishes};
use super::words::{OF_PATHS, Renamed, is_closed, rename};
use looped::{Loop, find};
use slurm::{Slurm, read};

/// Brings in a script.
///
/// # Errors
/// When a quote in it is left open.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    if source.text.trim().is_empty() {
        return Err(ImportError::new(&source.at(1), "the script is empty"));
    }
    if !source.text.contains("<<") && !is_closed(&source.text) {
        return Err(ImportError::new(
            &source.at(source.text.lines().count()),
            "a quote or a `$(` is left open",
        ));
    }
    if let Some((line, why)) = broken(&source.text).filter(|_| is_of_sh(source)) {
        return Err(ImportError::new(&source.at(line), format!("no shell runs it: {why}")));
    }
    let mut report = Report::default();
    let slurm = read(source);
    let found = find(source, facts);
    let mut draft = Draft::new(
        name(source, &slurm, found.as_ref()),
        source.at(found.as_ref().map_or(1, |found| found.line)),
    );
    let target = wishes.placed(&draft.name);
    let mut imported = Imported::default();
    match &found {
        Some(found) => each(found, source, facts, wishes, &mut draft, &mut report),
        None => whole(source, facts, &target, &mut draft, &mut report),
    }
    slurm.tell(source, &target, &mut draft, &mut report);
    hints(source, found.is_some(), &target, &mut draft, &mut report);
    arguments(source, &target, &mut draft, &mut report);
    if let Some(found) = &found {
        imported.moved.extend(
            found
                .out
                .iter()
                .map(|out| Moved { old: out.clone(), new: target.clone() })
                .filter(|moved| moved.old != moved.new),
        );
    }
    imported.pipelines.push(draft.finish(wishes, &mut report));
    imported.items = report.items;
    Ok(imported)
}

fn name(source: &Source, slurm: &Slurm, found: Option<&Loop>) -> String {
    let file = split(&source.path).1;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let out = found.and_then(|found| found.out.as_deref());
    folder(out.or(slurm.name.as_deref()).unwrap_or(stem))
}

/// The program that runs a script.
fn interpreter(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or("/bin/sh");
    let mut words: Vec<&str> = first.split_whitespace().collect();
    if words.first().is_some_and(|word| word.ends_with("/env")) {
        words.remove(0);
    }
    let program = words.first().map_or("sh", |word| split(word).1);
    std::iter::once(program).chain(words.iter().skip(1).copied()).map(str::to_owned).collect()
}

/// Whether it is of a shell whose words are those of `sh`.
fn is_of_sh(source: &Source) -> bool {
    interpreter(source)
        .first()
        .is_some_and(|program| ["sh", "bash", "dash", "ksh"].contains(&program.as_str()))
}

/// A loop over files: one datum for each.
fn each(
    found: &Loop,
    source: &Source,
    facts: &dyn Facts,
    wishes: &Wishes,
    draft: &mut Draft,
    report: &mut Report,
) {
    let place = source.at(found.line);
    let target = wishes.placed(&draft.name);
    let repo = wishes.mapped(&join(&found.base, &found.folder).unwrap_or_else(|| found.folder.clone()));
    around(found, source, &target, draft, report);
    if !facts.has_folder(&repo) {
        draft.todo(&place, format!("input: there is no folder `{repo}` in the project"));
    }
    let name = InputNames::without(std::slice::from_ref(&found.variable)).take(&repo);
    draft.input = Some(Input::Leaf(Leaf {
        repo,
        name: name.clone(),
        glob: format!("/{}", found.pattern),
        ..Leaf::default()
    }));
    report.assumed(
        &place,
        &target,
        format!("the loop over `{}/{}`: one datum for each", found.folder, found.pattern),
    );
    let mut pairs = vec![Renamed::new(&found.folder, format!("/pfs/{name}"))];
    match &found.out {
        Some(out) => {
            pairs.push(Renamed::new(out, "/pfs/out"));
            report.assumed(&place, &target, format!("what it writes to `{out}` is the result"));
        }
        None => {
            draft.todo(&place, "cmd: no line says where results go; let the command write below /pfs/out");
        }
    }
    let mut lines = vec!["set -e".to_owned()];
    lines.extend(found.before.iter().cloned());
    lines.push(format!("{}=${name}", found.variable));
    turns::settle(found, source, facts, draft);
    lines.extend(turns::body(found, source, &target, draft, report));
    turns::left(found, source, &target, draft, report);
    report.assumed(&place, &target, format!("cmd: {OF_PATHS}"));
    let lines: Vec<String> = lines.iter().map(|line| rename(line, &pairs).0).collect();
    draft.command = Command::Script(interpreter(source), lines.join("\n"));
}

/// Where the paths of a loop begin, and what becomes of commands that fail.
fn around(found: &Loop, source: &Source, target: &str, draft: &mut Draft, report: &mut Report) {
    let place = source.at(found.line);
    if !source.folder.is_empty() {
        let from = if found.base.is_empty() { "the project's root" } else { "the script's folder" };
        report.assumed(&place, target, format!("paths in the script begin at {from}"));
    }
    if !found.base.is_empty() {
        draft.transform.push(("working_dir", Value::text(&found.base)));
    }
    let words = |line: &String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_strict = |line: &String| {
        let words = words(line);
        words.first().is_some_and(|word| word == "set") && words[1..].iter().any(|word| is_errexit(word))
    };
    if !found.before.iter().any(is_strict) {
        let text = "a command that fails makes its datum fail (`set -e`); the script would go on";
        report.assumed(&place, target, text);
    }
}

/// Whether an option of `set` ends a script at the first failure.
fn is_errexit(word: &str) -> bool {
    word == "errexit" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
}

/// A script as it is.
fn whole(source: &Source, facts: &dyn Facts, target: &str, draft: &mut Draft, report: &mut Report) {
    let place = source.at(1);
    if let Some((line, pattern)) = looped::first(source) {
        let text = format!(
            "input: the script loops over `{pattern}` and does more than that one loop, so it is not cut into datums; make a pipeline of each part, or say what the whole reads"
        );
        draft.todo(&source.at(line), text);
    } else {
        let text = "input: the script does not say what it reads; say which folder, and by which glob it is cut into datums";
        draft.todo(&place, text);
    }
    draft.todo(&place, "cmd: let the script read /pfs/NAME and write to /pfs/out");
    draft.command = if facts.has(&source.path) {
        report.exact(&place, target, "the whole script is the command, and code");
        let mut words = interpreter(source);
        words.push(source.path.clone());
        Command::Words(words)
    } else {
        report.exact(&place, target, "the whole script is the command");
        Command::Script(interpreter(source), source.text.clone())
    };
    if !source.folder.is_empty() {
        report.assumed(
            &place,
            target,
            format!("it starts at the project's root, not in `{}`", source.folder),
        );
    }
}

/// Arguments of the script, which nobody passes.
fn arguments(source: &Source, target: &str, draft: &mut Draft, report: &mut Report) {
    let mut is_function = false;
    for (at, (line, part)) in source.text.lines().zip(lines(&source.text)).enumerate() {
        let text = line.trim();
        is_function |= text.starts_with("function ") || text.contains("()");
        let is_own = !is_function && part == Part::Command && is_of_sh(source);
        is_function &= !text.ends_with('}');
        let place = source.at(at + 1);
        for argument in reached::arguments(line).into_iter().filter(|_| is_own) {
            if argument.starts_with("${") && argument.contains('-') {
                let text = format!("`{argument}`: nobody passes arguments here, so it is what stands there");
                report.assumed(&place, target, text);
            } else {
                let text = format!(
                    "cmd: `{argument}` is an argument of the script, and nobody passes any; write its value"
                );
                draft.todo(&place, text);
            }
        }
    }
}

/// What in a script ties it to one machine.
fn hints(source: &Source, is_loop: bool, target: &str, draft: &mut Draft, report: &mut Report) {
    let mut paths: Vec<(usize, String)> = Vec::new();
    for (at, line) in source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'))
    {
        let place = source.at(at + 1);
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("module"), Some("load" | "add")) => {
                let text = format!(
                    "`{}`: give the program as a container with `transform.image`, or see that it is on the path",
                    line.trim()
                );
                draft.todo(&place, text);
            }
            (Some("sbatch" | "srun" | "qsub"), Some(_)) => {
                draft.todo(
                    &place,
                    format!("`{}`: the script starts jobs by itself; write what runs in them", line.trim()),
                );
            }
            (Some("source" | "."), Some(file)) => {
                let text = format!(
                    "`{}`: it is read where the command runs; let `{file}` be in the project, and name it in `transform.code`",
                    line.trim()
                );
                report.assumed(&place, target, text);
            }
            (Some("cd"), Some(dir)) if is_loop => {
                report.assumed(&place, target, format!("`cd {dir}`: paths after it are left as they are"));
            }
            _ => {}
        }
        paths.extend(far(line).map(|word| (at + 1, word.to_owned())));
    }
    if let Some((line, first)) = paths.first() {
        let common = paths.iter().skip(1).fold(first.clone(), |common, (_, path)| shared(&common, path));
        let text = format!(
            "paths from `{}` on lead out of the project; give the data as a folder of it",
            if common.is_empty() { first } else { &common }
        );
        draft.todo(&source.at(*line), text);
    }
}

/// The words of a line that lead out of the project.
fn far(line: &str) -> impl Iterator<Item = &str> {
    const KNOWN: [&str; 6] = ["/dev/", "/usr/", "/bin/", "/tmp/", "/pfs/", "/opt/"];
    let is_edge = |c: char| c.is_whitespace() || "\"'`()<>|&;,=:".contains(c);
    let is_home = |word: &str| ["$HOME", "~/", "${HOME}"].iter().any(|home| word.starts_with(home));
    let is_deep = |word: &str| word.strip_prefix('/').is_some_and(|rest| rest.contains('/'));
    let is_known = |word: &str| KNOWN.iter().any(|known| word.starts_with(known));
    line.split(is_edge).filter(move |word| is_home(word) || (is_deep(word) && !is_known(word)))
}

/// The folders that two paths share.
fn shared(one: &str, two: &str) -> String {
    let parts = one.split('/').zip(two.split('/')).take_while(|(one, two)| one == two);
    parts.map(|(part, _)| part).collect::<Vec<_>>().join("/")
}

impl Slurm {
    /// What the lines for Slurm come to.
    fn tell(&self, source: &Source, target: &str, draft: &mut Draft, report: &mut Report) {
        let mut requests: Vec<(String, Value)> = Vec::new();
        requests.extend(self.cpu.map(|cpu| ("cpu".to_owned(), Value::Bare(cpu.to_string()))));
        requests.extend(self.memory().map(|memory| ("memory".to_owned(), Value::text(memory))));
        if let Some((kind, number)) = &self.gpu {
            let gpu = vec![
                ("type".to_owned(), Value::text(kind)),
                ("number".to_owned(), Value::Bare(number.to_string())),
            ];
            requests.push(("gpu".to_owned(), Value::Map(gpu)));
        }
        if !requests.is_empty() {
            draft.fields.push(("resource_requests", Value::Map(requests)));
        }
        if let Some(seconds) = self.seconds {
            draft.fields.push(("datum_timeout", Value::text(format!("{seconds}s"))));
        }
        if let Some(most) = self.at_once {
            draft.fields.push((
                "parallelism_spec",
                Value::Map(vec![("constant".to_owned(), Value::Bare(most.to_string()))]),
            ));
        }
        for (line, class, text) in &self.said {
            if *class == super::report::Class::Todo {
                draft.todo(&source.at(*line), text.clone());
            } else {
                report.say(*class, &source.at(*line), target, text.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
