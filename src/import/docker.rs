//! Dockerfiles: a pipeline that runs what the image would run, in the image that is built from it.

use std::collections::BTreeMap;

use parse_dockerfile::{Command as Run, Dockerfile, HealthcheckArguments, Instruction, JsonOrStringArray};

use super::draft::{Command, Draft};
use super::emit::Value;
use super::error::ImportError;
use super::names::folder;
use super::paths::split;
use super::report::{Imported, Place, Report};
use super::source::{Source, Wishes};
use super::words::split as words;

/// Programs that wait for others to call them.
const SERVERS: [&str; 12] = [
    "nginx",
    "httpd",
    "apache2",
    "postgres",
    "mysqld",
    "redis-server",
    "mongod",
    "gunicorn",
    "uvicorn",
    "flask",
    "jupyter",
    "supervisord",
];

/// Brings in the last stage of a Dockerfile.
///
/// # Errors
/// When it cannot be read.
pub(super) fn import(source: &Source, wishes: &Wishes) -> Result<Imported, ImportError> {
    let parsed = parse_dockerfile::parse(&source.text).map_err(|error| {
        let text = error.to_string();
        let line = text
            .rsplit("line ")
            .next()
            .and_then(|rest| rest.split([':', ' ']).next())
            .and_then(|line| line.parse().ok());
        ImportError::new(&source.at(line.unwrap_or(1)), format!("this is no Dockerfile: {text}"))
    })?;
    let mut report = Report::default();
    let mut image = Image { source, report: &mut report, says: Says::default(), todos: Vec::new() };
    image.arguments(&parsed);
    image.stage(&parsed, parsed.stages().len().saturating_sub(1), 0);
    let Image { says, todos, .. } = image;
    let mut imported = Imported::default();
    if let Some((line, why)) = says.service.clone().filter(|_| !wishes.force) {
        let text = format!(
            "{why}: this looks like a service, which no pipeline can be; `--force` brings it in nevertheless"
        );
        report.refused(&source.at(line), "", text);
    } else {
        let draft = draft(source, says, todos, wishes, &mut report);
        imported.pipelines.push(draft.finish(wishes, &mut report));
    }
    imported.items = report.items;
    Ok(imported)
}

/// What the image of a Dockerfile runs before the words of somebody who starts it, or by itself; and its line.
pub(super) fn runs(source: &Source, has_words: bool) -> Option<(usize, Vec<String>)> {
    let parsed = parse_dockerfile::parse(&source.text).ok()?;
    let mut report = Report::default();
    let mut image = Image { source, report: &mut report, says: Says::default(), todos: Vec::new() };
    image.arguments(&parsed);
    image.stage(&parsed, parsed.stages().len().saturating_sub(1), 0);
    let says = image.says;
    let shell = says.shell.clone().unwrap_or_else(|| vec!["/bin/sh".into(), "-c".into()]);
    let words = |(_, is_shell, words): &(usize, bool, Vec<String>)| {
        let before = if *is_shell { shell.as_slice() } else { &[] };
        before.iter().chain(words).cloned().collect::<Vec<_>>()
    };
    let cmd = says.cmd.as_ref().filter(|_| !has_words);
    let line = says.entrypoint.as_ref().or(cmd)?.0;
    Some((line, says.entrypoint.iter().chain(cmd).flat_map(words).collect()))
}

/// What the instructions of a stage come to.
#[derive(Clone, Debug, Default)]
struct Says {
    line: usize,
    entrypoint: Option<(usize, bool, Vec<String>)>,
    cmd: Option<(usize, bool, Vec<String>)>,
    shell: Option<Vec<String>>,
    folder: Option<(usize, String)>,
    user: Option<(usize, String)>,
    env: Vec<(String, String)>,
    known: BTreeMap<String, String>,
    service: Option<(usize, String)>,
}

struct Image<'a> {
    source: &'a Source,
    report: &'a mut Report,
    says: Says,
    todos: Vec<(Place, String)>,
}

impl Image<'_> {
    fn line(&self, start: usize) -> usize {
        self.source.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    /// Values of `ARG` before the first stage.
    fn arguments(&mut self, parsed: &Dockerfile<'_>) {
        for argument in parsed.global_args() {
            self.argument(&argument.arguments.value);
        }
    }

    fn argument(&mut self, text: &str) {
        if let Some((name, value)) = text.split_once('=') {
            self.says.known.insert(name.trim().to_owned(), value.trim_matches(['"', '\'']).to_owned());
        }
    }

    /// A stage, after the one that it builds upon.
    fn stage(&mut self, parsed: &Dockerfile<'_>, number: usize, depth: usize) {
        let Some(stage) = parsed.stages().nth(number) else { return };
        let base = stage.from.image.value.to_string();
        let is_named = |other: &parse_dockerfile::Stage<'_, '_>| {
            other.from.as_.as_ref().is_some_and(|(_, name)| name.value.eq_ignore_ascii_case(&base))
        };
        let below = parsed.stages().take(number).position(|other| is_named(&other));
        if let Some(below) = below.filter(|_| depth < 20) {
            self.stage(parsed, below, depth + 1);
        }
        self.says.line = self.line(stage.from.from.span.start);
        for instruction in stage.instructions {
            self.instruction(instruction);
        }
    }

    fn instruction(&mut self, instruction: &Instruction<'_>) {
        match instruction {
            Instruction::Arg(arg) => {
                let line = self.line(arg.arg.span.start);
                self.argument(&arg.arguments.value);
                let text = format!("ARG `{}`: its default, where it is used below", arg.arguments.value);
                self.report.assumed(&self.source.at(line), "", text);
            }
            Instruction::Env(env) => self.env(&env.arguments.value),
            Instruction::Workdir(dir) => {
                self.workdir(self.line(dir.workdir.span.start), &dir.arguments.value);
            }
            Instruction::User(user) => {
                self.says.user = Some((self.line(user.user.span.start), self.fill(&user.arguments.value)));
            }
            Instruction::Entrypoint(run) => {
                self.says.entrypoint = Some(command(self.line(run.entrypoint.span.start), &run.arguments));
                self.says.cmd = None;
            }
            Instruction::Cmd(run) => {
                self.says.cmd = Some(command(self.line(run.cmd.span.start), &run.arguments));
            }
            Instruction::Shell(shell) => {
                self.says.shell = Some(shell.arguments.iter().map(|word| word.value.to_string()).collect());
            }
            Instruction::Expose(expose) => self.service(expose.expose.span.start, "EXPOSE"),
            // It switches off what an image brought.
            Instruction::Healthcheck(check)
                if matches!(check.arguments, HealthcheckArguments::None { .. }) => {}
            Instruction::Healthcheck(check) => self.service(check.healthcheck.span.start, "HEALTHCHECK"),
            Instruction::Volume(volume) => {
                let line = self.line(volume.volume.span.start);
                self.volume(line, &volume.arguments);
            }
            Instruction::Onbuild(later) => {
                let place = self.source.at(self.line(later.onbuild.span.start));
                self.report.refused(&place, "", "ONBUILD: it is for images that build upon this one");
            }
            _ => {}
        }
    }

    fn volume(&mut self, line: usize, folders: &JsonOrStringArray<'_, 1>) {
        let folders: Vec<String> = match folders {
            JsonOrStringArray::Json(all) => all.value.iter().map(|word| word.value.to_string()).collect(),
            JsonOrStringArray::String(all) => all.iter().map(|word| word.value.to_string()).collect(),
        };
        let folders = folders.join("`, `");
        let text = format!(
            "VOLUME `{folders}`: the command may read or write there; let it use /pfs/NAME and /pfs/out"
        );
        self.todos.push((self.source.at(line), text));
    }

    fn workdir(&mut self, line: usize, path: &str) {
        let path = self.fill(path);
        let before = self.says.folder.as_ref().map_or("/", |(_, folder)| folder);
        let is_whole = path.starts_with('/');
        let path = if is_whole { path } else { format!("{}/{path}", before.trim_end_matches('/')) };
        self.says.folder = Some((line, path));
    }

    fn service(&mut self, start: usize, what: &str) {
        self.says.service = Some((self.line(start), what.to_owned()));
    }

    fn env(&mut self, text: &str) {
        let is_pairs = text.split_whitespace().next().is_some_and(|word| word.contains('='));
        let pairs: Vec<(String, String)> = if is_pairs {
            let pair =
                |word: &String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            words(text).unwrap_or_default().iter().filter_map(pair).collect()
        } else {
            let both = text.trim().split_once(char::is_whitespace);
            both.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).into_iter().collect()
        };
        for (name, value) in pairs {
            let value = self.fill(&value);
            self.says.known.insert(name.clone(), value.clone());
            self.says.env.retain(|(other, _)| *other != name);
            self.says.env.push((name, value));
        }
    }

    /// A text with values in place of `$NAME` and `${NAME:-other}`; one that is not known stays.
    fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, other, used) =
                if let Some((inner, _)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                    let (name, other) =
                        inner.split_once(":-").map_or((inner, None), |(name, other)| (name, Some(other)));
                    (name, other, inner.len() + 2)
                } else {
                    let end =
                        after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                    (&after[..end], None, end)
                };
            match self.says.known.get(name).map(String::as_str).or(other) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[at..=at + used]),
            }
            rest = &after[used..];
        }
        out.push_str(rest);
        out
    }
}

/// Line, whether it is one text for a shell, and the words.
fn command(line: usize, run: &Run<'_>) -> (usize, bool, Vec<String>) {
    match run {
        Run::Exec(words) => (line, false, words.value.iter().map(|word| word.value.to_string()).collect()),
        Run::Shell(text) => (line, true, vec![text.value.trim().to_owned()]),
        _ => (line, true, Vec::new()),
    }
}

/// Puts what the image says into a pipeline.
struct Lower<'a> {
    source: &'a Source,
    report: &'a mut Report,
    draft: Draft,
    target: String,
    shell: Vec<String>,
}

fn draft(
    source: &Source,
    says: Says,
    todos: Vec<(Place, String)>,
    wishes: &Wishes,
    report: &mut Report,
) -> Draft {
    let place = source.at(says.line);
    let draft = Draft::new(name(source), place.clone());
    let target = wishes.placed(&draft.name);
    report.exact(&place, &target, "the last stage: an image built from this file");
    let shell = says.shell.clone().unwrap_or_else(|| vec!["/bin/sh".into(), "-c".into()]);
    let mut lower = Lower { source, report, draft, target, shell };
    lower.draft.todo(&place, INPUT);
    lower.draft.transform.push(("dockerfile", Value::text(&source.path)));
    lower.command(&says, &place);
    lower.settings(says, &place);
    lower.draft.todos.extend(todos);
    lower.draft
}

/// What a Dockerfile never says.
const INPUT: &str = "input: a Dockerfile does not say what is read; say which folder, and by which glob it is cut into datums";

impl Lower<'_> {
    fn said(&mut self, line: usize, what: impl Into<String>) {
        self.report.exact(&self.source.at(line), &self.target, what);
    }

    fn words(&mut self, (line, is_shell, words): &(usize, bool, Vec<String>), what: &str) -> Vec<String> {
        if *is_shell && words.iter().any(|text| is_broken_list(text)) {
            let text = format!(
                "transform: `{what}` begins like a list and is none of JSON, so docker hands it to a shell as it stands; write what is meant as `cmd`"
            );
            self.draft.todo(&self.source.at(*line), text);
        }
        if *is_shell {
            self.said(*line, format!("{what}, by `{}`", self.shell.join(" ")));
            return self.shell.iter().chain(words).cloned().collect();
        }
        self.said(*line, what);
        words.clone()
    }

    fn command(&mut self, says: &Says, place: &Place) {
        let mut cmd: Vec<String> =
            says.entrypoint.as_ref().map(|run| self.words(run, "ENTRYPOINT")).unwrap_or_default();
        match (&says.entrypoint, &says.cmd) {
            (Some((_, true, _)), Some((line, ..))) => {
                self.said(*line, "CMD: an ENTRYPOINT for a shell passes over it, and so is it here");
            }
            (_, Some(run)) => cmd.extend(self.words(run, "CMD")),
            (Some(_), None) => {}
            (None, None) => {
                let text = "transform: neither ENTRYPOINT nor CMD: only the image below knows what runs; write `cmd`";
                self.draft.todo(place, text);
            }
        }
        let is_program = |word: &&String| !word.starts_with('-') && !self.shell.contains(word);
        let program = cmd.iter().find(is_program).map_or("", |word| split(word).1);
        if SERVERS.contains(&program.split_whitespace().next().unwrap_or_default()) {
            self.draft.todo(place, format!("transform: `{program}` is a server; write a command that ends"));
        }
        if cmd.iter().any(|word| word == "participant" || word.contains("bids")) {
            let text =
                "transform: this looks like a BIDS App: `cmd: [PROGRAM, /pfs/DATA, /pfs/out, participant]`";
            self.draft.todo(place, text);
        }
        if !cmd.is_empty() {
            self.draft.command = Command::Words(cmd);
        }
    }

    fn settings(&mut self, says: Says, place: &Place) {
        if let Some((line, folder)) = says.folder {
            self.said(line, "WORKDIR");
            self.draft.transform.push(("working_dir", Value::text(folder)));
        }
        if let Some((line, user)) = says.user {
            self.said(line, "USER");
            self.draft.transform.push(("user", Value::text(user)));
        }
        if !says.env.is_empty() {
            self.said(place.line, format!("ENV: {}", variables(says.env.len())));
            let env = says.env.into_iter().map(|(name, value)| (name, Value::text(value))).collect();
            self.draft.transform.push(("env", Value::Map(env)));
        }
    }
}

/// Whether a text for a shell was meant to be a list: `[` is also a program, but nobody quotes its first word.
fn is_broken_list(text: &str) -> bool {
    text.strip_prefix('[')
        .is_some_and(|rest| matches!(rest.trim_start().chars().next(), None | Some('"' | '\'')))
}

/// A name from the file's own or its folder's.
fn name(source: &Source) -> String {
    let (dir, file) = split(&source.path);
    let own = file
        .split('.')
        .find(|part| !["dockerfile", "containerfile"].contains(&part.to_ascii_lowercase().as_str()));
    match own {
        Some(own) => folder(own),
        None if dir.is_empty() => "container".to_owned(),
        // The folder itself is what the image is built of, and no place for results.
        None if split(dir).0.is_empty() => format!("run_{}", folder(dir)),
        None => folder(split(dir).1),
    }
}

fn variables(count: usize) -> String {
    if count == 1 { "1 variable".to_owned() } else { format!("{count} variables") }
}

#[cfg(test)]
mod tests {
    use super::super::report::Class;
    use super::*;

    fn run(text: &str, force: bool) -> Imported {
        let source = Source { path: "envs/tool/Dockerfile".into(), text: text.into(), ..Source::default() };
        import(&source, &Wishes { force, ..Wishes::default() }).expect("it is read")
    }

    #[test]
    fn the_last_stage_with_what_it_builds_upon() {
        let found = run(
            "ARG V=1\nFROM debian:12 AS base\nENV A=1 B=\"x y\"\nWORKDIR /opt\nFROM base\nARG DIR=tool\nWORKDIR $DIR\nENV OLD style value\nUSER me\n\
             RUN <<EOF\necho hi\nEOF\nENTRYPOINT [\"python3\", \"run.py\"]\nCMD [\"--help\"]\nVOLUME [\"/data\"]\n",
            false,
        );
        let pipeline = &found.pipelines[0];
        assert_eq!(pipeline.name, "tool");
        for part in [
            "dockerfile: envs/tool/Dockerfile",
            "cmd: [python3, run.py, --help]",
            "working_dir: /opt/tool",
            "user: me",
            "env: {A: '1', B: x y, OLD: style value}",
            "# TODO(import): input: a Dockerfile does not say",
            "# TODO(import): VOLUME `/data`",
        ] {
            assert!(pipeline.spec.contains(part), "{part}\n{}", pipeline.spec);
        }
    }

    #[test]
    fn forms_of_commands() {
        for (text, expected) in [
            ("FROM a\nENTRYPOINT exec run\nCMD [\"x\"]\n", "cmd: [/bin/sh, -c, exec run]"),
            ("FROM a\nCMD go  now\n", "cmd: [/bin/sh, -c, go  now]"),
            ("FROM a\nSHELL [\"bash\", \"-ec\"]\nCMD go\n", "cmd: [bash, -ec, go]"),
            ("FROM a\nENTRYPOINT [\"x\"]\nCMD y\n", "cmd: [x, /bin/sh, -c, 'y']"),
            ("FROM a\n", "# TODO(import): transform: neither ENTRYPOINT nor CMD"),
            ("FROM a\nCMD [\n", "# TODO(import): transform: `CMD` begins like a list"),
            ("FROM a\nCMD ['x', 'y']\n", "# TODO(import): transform: `CMD` begins like a list"),
            ("FROM a\nCMD [ -f x ] && y\n", "cmd: [/bin/sh, -c, '[ -f x ] && y']"),
        ] {
            let spec = &run(text, false).pipelines[0].spec;
            assert!(spec.contains(expected), "{expected}\n{spec}");
        }
    }

    #[test]
    fn services_are_refused_unless_forced() {
        let text = "FROM a\nEXPOSE 80\nCMD [\"nginx\"]\n";
        let found = run(text, false);
        assert!(
            found.pipelines.is_empty()
                && found.items.iter().any(|item| item.class == Class::Refused && item.place.line == 2)
        );
        assert_eq!(run(text, true).pipelines.len(), 1);
        assert_eq!(run("FROM a\nHEALTHCHECK NONE\nCMD [\"sort\"]\n", false).pipelines.len(), 1);
        let source =
            Source { path: "Dockerfile".into(), text: "FROM a\nNONSENSE x\n".into(), ..Source::default() };
        let error = import(&source, &Wishes::default()).expect_err("it is none").to_string();
        assert!(error.starts_with("Dockerfile:2: this is no Dockerfile"), "{error}");
    }
}
