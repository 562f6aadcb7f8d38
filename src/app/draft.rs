//! A new pipeline, being thought out: its spec as text, the datums that it would have now, and how it is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::model::{Finding, Formed, Pipeline, PipelineName, is_at_or_below, show};
use crate::plan::Memory;
use crate::run::Plans;
use crate::spec::{SourceFile, Sources, load, nearest};

use super::error::{AppError, ExitCode};
use super::new_name::new_name;
use super::session::Session;
use super::unmerged;

/// What somebody wants of a new pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its folder.
    pub name: String,
    /// What it reads: folders and globs; those without a folder do not count.
    pub inputs: Vec<(String, String)>,
    /// Its command, as typed in a shell; empty for a pipeline that only arranges its inputs.
    pub command: String,
    /// Where each result belongs; empty for the paths that the command writes.
    pub output: String,
}

/// What a draft comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftView {
    /// The text of its spec.
    pub text: String,
    /// How many datums there would be, and the places of the first ones; or what is missing.
    pub found: Result<(usize, Vec<String>), Missing>,
    /// What is worth a second look, in a sentence: a file that is about the data becomes a datum.
    pub remark: Option<String>,
    /// Whether `.gitattributes` changes with it.
    pub is_noted: bool,
    /// Folders and pipelines that can be read.
    pub repos: Vec<String>,
}

/// What a draft lacks, or what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Where.
    pub part: Part,
    /// In a sentence.
    pub why: String,
}

/// A part of a draft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Nobody can tell which.
    #[default]
    Whole,
    /// Its name.
    Name,
    /// The folder of an input, by its number from 0.
    Repo(usize),
    /// The glob of an input.
    Glob(usize),
    /// Its command.
    Command,
    /// Where results belong.
    Output,
}

impl Part {
    fn lacks(self, why: impl Into<String>) -> Missing {
        Missing { part: self, why: why.into() }
    }
}

impl Draft {
    /// The inputs that have a folder, as they are meant, with their numbers.
    fn used(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let meant = self.inputs.iter().enumerate().map(|(at, (repo, glob))| (at, folder(repo), glob.trim()));
        meant.filter(|(_, repo, _)| !repo.is_empty())
    }

    /// The first glob without a folder to cut, with the number of its input.
    fn loose(&self) -> Option<(usize, &str)> {
        let mut inputs = self.inputs.iter().enumerate();
        let loose = inputs.find(|(_, (repo, glob))| folder(repo).is_empty() && !glob.trim().is_empty());
        loose.map(|(at, (_, glob))| (at, glob.trim()))
    }

    /// Where its command finds its inputs: `/pfs/t1`.
    pub fn places(&self) -> Vec<String> {
        let name = |repo: &str| format!("/pfs/{}", repo.rsplit('/').next().unwrap_or(repo));
        self.used().map(|(_, repo, _)| name(repo)).collect()
    }

    /// The folder that it is to be.
    pub fn folder(&self) -> String {
        folder(&self.name).to_owned()
    }

    /// The text of its spec.
    pub fn text(&self) -> String {
        let used: Vec<_> = self.used().collect();
        // Inputs whose globs both capture something belong together where that is the same.
        let is_join = used.iter().all(|(.., glob)| glob.contains('('));
        let mut text = String::from(if used.is_empty() { "" } else { "input:\n" });
        let join = if is_join { "\n        join_on: $1" } else { "" };
        let pfs = |(_, repo, glob): &(usize, &str, &str), indent: &str| {
            format!("pfs:\n{indent}repo: {}\n{indent}glob: {}", quoted(repo), quoted(glob))
        };
        match used.as_slice() {
            [] => {}
            [one] => _ = writeln!(text, "  {}", pfs(one, "    ")),
            many => {
                text.push_str(if is_join { "  join:\n" } else { "  cross:\n" });
                for one in many {
                    _ = writeln!(text, "    - {}{join}", pfs(one, "        "));
                }
            }
        }
        if !self.output.trim().is_empty() {
            _ = writeln!(text, "output: {}", quoted(self.output.trim()));
        }
        if !self.command.trim().is_empty() {
            _ = writeln!(text, "transform:\n  cmd: [{}]", quoted_words(self.command.trim()).join(", "));
        }
        text
    }
}

/// A folder as people write it, `./raw/`, as specs name it.
fn folder(typed: &str) -> &str {
    let typed = typed.trim();
    typed.trim_start_matches("./").trim_end_matches('/')
}

/// A text as YAML reads it back.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\n', " "))
}

/// First words that only a shell knows.
const SHELL_WORDS: [&str; 27] = [
    ".", "alias", "case", "cd", "command", "declare", "eval", "exec", "exit", "export", "for", "function",
    "if", "local", "read", "readonly", "return", "set", "shift", "shopt", "source", "time", "trap", "ulimit",
    "umask", "until", "while",
];

/// A command's words; one that needs a shell gets it.
pub fn command_words(command: &str) -> Vec<String> {
    let is_plain = |letter: char| letter.is_alphanumeric() || " ./_-+:,@=%".contains(letter);
    let first = command.split_whitespace().next().unwrap_or_default();
    let is_program = !first.contains('=') && !SHELL_WORDS.contains(&first);
    if is_program && command.chars().all(is_plain) {
        return command.split_whitespace().map(str::to_owned).collect();
    }
    ["sh", "-c", command].map(str::to_owned).to_vec()
}

/// The same, as YAML reads them back.
fn quoted_words(command: &str) -> Vec<String> {
    let words = command_words(command);
    words
        .iter()
        .map(|word| if ["sh", "-c"].contains(&&**word) { word.clone() } else { quoted(word) })
        .collect()
}

/// Looks at what a draft comes to as the project is now.
pub fn look_at_draft(session: &Session, plans: &Plans, memory: &dyn Memory, draft: &Draft) -> DraftView {
    let mut remark = None;
    let found = pipeline(session, draft).and_then(|pipeline| {
        let planned = session.project.plan_draft(Arc::new(pipeline), memory, plans);
        let planned = planned.map_err(|error| by_words(draft, error.to_string()))?;
        let datums = &planned.plan.datums;
        remark = about(&planned.plan.formed);
        let keys = datums.iter().take(3).map(|datum| datum.key.to_string()).collect();
        Ok((datums.len(), keys))
    });
    let is_noted = found.is_ok() && unmerged::with(session, &[&*draft.folder()]).is_some();
    DraftView { text: draft.text(), found, remark, is_noted, repos: repos(session) }
}

/// Files that tell of data rather than being some, by how their names begin.
const ABOUT: [&str; 8] =
    ["readme", "license", "licence", "change", "contributing", "citation", "dataset_description", "."];

/// Which match is a file about the data, if any is.
fn about(formed: &Formed) -> Option<String> {
    let is_about = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        ABOUT.iter().any(|start| name.starts_with(start))
    };
    let used = formed.datums.iter().flat_map(|datum| &datum.matches).map(|at| &formed.matches[*at as usize]);
    let found = used.into_iter().find(|found| !found.is_folder && is_about(&found.path))?;
    let name = show(&found.path);
    Some(format!(
        "`{name}` becomes a datum like the others; `/(sub-*)` takes what begins so, `/!(README*)` all but such"
    ))
}

/// The pipeline that a draft means, or what is missing.
fn pipeline(session: &Session, draft: &Draft) -> Result<Pipeline, Missing> {
    let name = folder(&draft.name);
    if name.is_empty() {
        return Err(Part::Name.lacks("it needs a name: the folder that its results go to"));
    }
    let name = new_name(session, name).map_err(|error| Part::Name.lacks(error.message))?;
    if draft.used().next().is_none() {
        return Err(Part::Repo(0).lacks("it needs something to read"));
    }
    if let Some((at, glob)) = draft.loose() {
        let why = format!("the glob `{}` has no folder to cut; name that, or empty the glob", show(glob));
        return Err(Part::Repo(at).lacks(why));
    }
    let all = repos(session);
    if let Some((at, repo, _)) = draft.used().find(|(_, repo, _)| !is_readable(session, &all, repo)) {
        let near = nearest(repo, all.iter().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Part::Repo(at).lacks(format!("there is no folder `{}`{near}", show(repo))));
    }
    let text = draft.text();
    let source = SourceFile { path: format!("{name}/spec.yml"), text: text.clone().into_bytes() };
    let loaded = load(&Sources { specs: vec![source], ..Sources::default() });
    if let Some(loaded) = loaded.pipelines.into_iter().next() {
        return Ok(loaded.pipeline);
    }
    let found = loaded.findings.iter().find(|finding| finding.is_error());
    Err(found.map_or_else(Missing::default, |finding| of_finding(draft, &text, finding)))
}

/// What an error of the spec that a draft becomes means for the draft.
fn of_finding(draft: &Draft, text: &str, finding: &Finding) -> Missing {
    let line = finding.span.map_or(0, |span| span.line);
    let read = text.lines().take(line).filter(|line| line.contains("repo: ")).count();
    let input = draft.used().nth(read.saturating_sub(1)).map_or(0, |(at, ..)| at);
    let field = line.checked_sub(1).and_then(|at| text.lines().nth(at)).unwrap_or_default().trim();
    let part = match field.split(':').next().unwrap_or_default() {
        "glob" | "join_on" => Part::Glob(input),
        "repo" => Part::Repo(input),
        "output" => Part::Output,
        "cmd" => Part::Command,
        _ => return by_words(draft, said(finding)),
    };
    part.lacks(said(finding))
}

/// What is wrong where no line tells: as far as its words do.
fn by_words(draft: &Draft, why: String) -> Missing {
    let output = draft.output.trim();
    let is_output = !output.is_empty() && (why.contains(output) || why.contains("output"));
    Missing { part: if is_output { Part::Output } else { Part::Whole }, why }
}

pub(super) fn said(finding: &Finding) -> String {
    let more = finding.label.iter().chain(&finding.help).map(String::as_str);
    std::iter::once(finding.message.as_str()).chain(more).collect::<Vec<_>>().join("; ")
}

/// Folders of data and pipelines, those first that are likeliest to be read: pipelines and what others read, then other
/// folders of data, then code and what lies in a result.
pub(super) fn repos(session: &Session) -> Vec<String> {
    let is_data = |folder: &String| !folder.split('/').any(|part| part.starts_with('.'));
    let mut repos: Vec<String> = session.project.scan.folders().into_iter().filter(is_data).collect();
    repos.extend(session.project.names().map(str::to_owned));
    let pipelines = &session.project.pipelines;
    let names: BTreeSet<&str> = pipelines.keys().map(PipelineName::as_str).collect();
    let leaves = pipelines.values().flat_map(|pipeline| pipeline.input.leaves());
    let read: BTreeSet<String> = leaves.map(|leaf| leaf.repo.to_string()).collect();
    let is_known = |repo: &str| read.contains(repo) || names.contains(repo);
    let is_inside = |repo: &str| {
        is_at_or_below(repo, "code") || repo.match_indices('/').any(|(end, _)| names.contains(&repo[..end]))
    };
    repos.sort_by_cached_key(|repo| (!is_known(repo), !is_known(repo) && is_inside(repo), repo.clone()));
    repos.dedup();
    repos
}

/// Whether a pipeline can read a folder: one of `all` that are offered, or one inside a subdataset, of which these name none.
pub(super) fn is_readable(session: &Session, all: &[String], repo: &str) -> bool {
    let scan = &session.project.scan;
    all.iter().any(|known| known == repo) || (scan.is_in_subdataset(repo) && scan.may_have_folder(repo))
}

/// Writes the spec of a draft, and into `.gitattributes` that git never merges its results; what it did, in a
/// sentence.
///
/// # Errors
/// When something stands there or it cannot be written.
pub fn write_draft(session: &Session, draft: &Draft) -> Result<String, AppError> {
    let refused = |why: String| AppError::new(ExitCode::Data, why);
    let pipeline = pipeline(session, draft).map_err(|missing| refused(missing.why))?;
    let path = pipeline.spec_path();
    let root = session.project.repo.root();
    let trouble = |path: &str| {
        let path = path.to_owned();
        move |error: std::io::Error| refused(format!("cannot write `{path}`: {error}"))
    };
    write_new(&root.join(&path), &draft.text()).map_err(trouble(&path))?;
    let attributes = unmerged::with(session, &[pipeline.name.as_str()]);
    attributes.as_deref().map_or(Ok(()), |text| unmerged::write(session, text))?;
    let also = if attributes.is_some() { ", and its line in `.gitattributes`" } else { "" };
    Ok(format!("wrote `{path}`{also}; nothing runs until you say so"))
}

fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::File::create_new(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(inputs: &[(&str, &str)], command: &str, output: &str) -> Draft {
        let inputs = inputs.iter().map(|(repo, glob)| ((*repo).to_owned(), (*glob).to_owned())).collect();
        Draft { name: "fs".into(), inputs, command: command.into(), output: output.into() }
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        let missing = |draft: &Draft| {
            let text = draft.text();
            let source = SourceFile { path: "fs/spec.yml".into(), text: text.clone().into_bytes() };
            let loaded = load(&Sources { specs: vec![source], ..Sources::default() });
            let found = loaded.findings.iter().find(|finding| finding.is_error()).cloned();
            of_finding(draft, &text, &found.unwrap_or_else(|| panic!("no error in\n{text}"))).part
        };
        let odd = [("raw/t1", "/(sub-*)"), ("raw/t2", "/([)")];
        assert_eq!(missing(&draft(&odd, "true", "/$1")), Part::Glob(1));
        assert_eq!(missing(&draft(&[("", ""), ("raw/t2", "/[")], "true", "/x")), Part::Glob(1));
        assert_eq!(missing(&draft(&[("raw/t1", "/(*)")], "true", "/$7")), Part::Output);
    }

    #[test]
    fn what_reads_nothing_has_no_input() {
        let text = draft(&[("", "/(*)"), ("", "")], "true", "/$1").text();
        assert!(!text.contains("input") && !text.contains("join"), "{text}");
    }

    #[test]
    fn a_glob_without_a_folder_is_told_and_not_dropped() {
        let glob = draft(&[("raw/t1", "/(*)"), (" ", "/(sub-*)")], "true", "/$1");
        assert_eq!(glob.loose(), Some((1, "/(sub-*)")));
        assert_eq!(draft(&[("raw/t1", "/(*)"), ("", " ")], "true", "/$1").loose(), None);
    }

    #[test]
    fn folders_are_taken_as_people_write_them() {
        let draft = draft(&[(" ./raw/t1/ ", "/*"), ("fs/", "/")], "true", "");
        assert_eq!(draft.places(), ["/pfs/t1", "/pfs/fs"]);
        assert!(draft.text().contains("repo: 'raw/t1'") && draft.text().contains("repo: 'fs'"));
    }

    #[test]
    fn drafts_become_specs_that_are_read_back() {
        for (draft, cmd) in [
            (draft(&[("raw/t1", "/(sub-*)"), ("", "")], "sh code/run.sh", "/$1"), 2),
            (
                draft(&[("raw/t1", "/(sub-*)"), ("raw/t2", "/(*)")], "wc -l < /pfs/t1/it's > /pfs/out/n", ""),
                3,
            ),
            (draft(&[("raw/t1", "/*"), ("raw/t2", "/")], "true", ""), 1),
            (draft(&[("raw/t1", "/*")], "A=1 cat /pfs/t1", ""), 3),
            (draft(&[("raw/t1", "/*")], "cd /pfs/t1", ""), 3),
            (draft(&[("raw/t1", "/*")], "cat --from=1 b", ""), 3),
        ] {
            let text = SourceFile { path: "fs/spec.yml".into(), text: draft.text().into_bytes() };
            let loaded = load(&Sources { specs: vec![text], ..Sources::default() });
            let found = loaded.get(&PipelineName::parse("fs").expect("a name"));
            let found = found.unwrap_or_else(|| panic!("{:?}\n{}", loaded.findings, draft.text()));
            let transform = found.pipeline.transform.as_ref().expect("a command");
            assert_eq!(transform.cmd.len(), cmd, "{}", draft.text());
        }
    }
}
