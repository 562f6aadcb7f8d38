//! Lowers the leaves of `input`: one folder or schedule, its glob, its name and its keys.

use super::cron;
use super::rules::{
    BAD_CRON, BAD_GLOB, BAD_NAME, JOIN_KEY_UNUSED, MISSING_FIELD, PARENT_ESCAPE, SHELL_UNSAFE_NAME,
    UNPAIRED_GLOB, UNSUPPORTED_FIELD,
};
use super::spot::Spot;
use super::typed::Typed;
use super::words::clip;
use crate::model::glob::{Glob, Template};
use crate::model::{Finding, Leaf, PipelineName, RepoPath};

/// Names that cannot be an input's: folders of our own, and variables that the command needs.
const RESERVED: [&str; 8] = ["out", ".env", "PATH", "HOME", "PFS", "TMPDIR", "IFS", "LD_PRELOAD"];

/// Which combining inputs stand around a node.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// A `join`.
    pub(super) join: bool,
    /// A `group`.
    pub(super) group: bool,
}

/// What is remembered of a leaf until the whole tree is known.
pub(super) struct LeafNote {
    /// Its input name.
    pub(super) name: Box<str>,
    /// Where the name, or the repo that gives it, stands.
    pub(super) name_spot: Spot,
    /// Its field path: `input.join[0].pfs`.
    pub(super) place: String,
    /// Whether it has a `join_on`.
    pub(super) is_keyed_for_join: bool,
    /// Whether it has a `group_by`.
    pub(super) is_keyed_for_group: bool,
}

/// Lowers leaves of one pipeline.
pub(super) struct Leaves<'a> {
    /// The pipeline.
    pub(super) pipeline: &'a PipelineName,
    /// Where problems go.
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Leaves<'_> {
    /// Lowers a `pfs` leaf. `None` if a finding says why not.
    pub(super) fn pfs(&mut self, typed: &Typed, place: String, around: Around) -> Option<(Leaf, LeafNote)> {
        let shown = place.clone();
        let repo = require(typed, "repo", &shown, self.findings);
        let glob = require(typed, "glob", &shown, self.findings);
        let repo = repo.and_then(|repo| self.repo(repo));
        let glob = glob.and_then(|glob| self.glob(glob));
        let name_at = typed.get("name").or_else(|| typed.get("repo"))?;
        let name: Box<str> = match typed.get("name") {
            Some(name) => name.text()?.into(),
            None => repo.as_ref()?.last().into(),
        };
        let is_named = self.name(&name, name_at);
        let (repo, glob) = (repo?, glob?);
        let join_on = self.key(typed, "join_on", &glob, around.join);
        let group_by = self.key(typed, "group_by", &glob, around.group);
        self.switches(typed, around);
        let note = LeafNote {
            name: name.clone(),
            name_spot: name_at.spot.clone(),
            place,
            is_keyed_for_join: join_on.is_some(),
            is_keyed_for_group: group_by.is_some(),
        };
        let leaf = Leaf {
            name,
            repo,
            glob,
            join_on,
            group_by,
            outer_join: typed.is_true("outer_join"),
            empty_files: typed.is_true("empty_files"),
            reference: typed.is_true("reference"),
            is_cron: false,
            newest_only: false,
        };
        is_named.then_some((leaf, note))
    }

    /// Lowers a `cron` leaf: the folder of its tick files. `None` if a finding says why not.
    pub(super) fn cron(&mut self, typed: &Typed, place: String) -> Option<(Leaf, LeafNote)> {
        let name_at = require(typed, "name", &place, self.findings);
        let spec = require(typed, "spec", &place, self.findings);
        if let Some(spec) = spec
            && let Err(why) = cron::check(spec.text().unwrap_or_default())
        {
            let help = "write five fields, `0 3 * * *`, or `@hourly`, `@every 10m`, `@never`";
            self.findings.push(BAD_CRON.at(&spec.spot, why).help(help));
        }
        let name_at = name_at?;
        let name = name_at.text()?;
        let is_named = self.name(name, name_at);
        let repo = match typed.get("repo") {
            Some(repo) => self.repo(repo)?,
            None => RepoPath::parse(&format!("{}_{name}", self.pipeline)).ok()?,
        };
        let leaf = Leaf {
            name: name.into(),
            repo,
            glob: Glob::parse("/*").ok()?,
            join_on: None,
            group_by: None,
            outer_join: false,
            empty_files: false,
            reference: false,
            is_cron: true,
            newest_only: typed.is_true("overwrite"),
        };
        let note = LeafNote {
            name: name.into(),
            name_spot: name_at.spot.clone(),
            place,
            is_keyed_for_join: false,
            is_keyed_for_group: false,
        };
        is_named.then_some((leaf, note))
    }

    fn repo(&mut self, typed: &Typed) -> Option<RepoPath> {
        let text = typed.text()?;
        match RepoPath::parse(text) {
            Ok(repo) => Some(repo),
            Err(why) => {
                let rule = if text.split('/').any(|part| part == "..") { &PARENT_ESCAPE } else { &BAD_NAME };
                let finding = rule.at(&typed.spot, format!("repo `{}` {why}", clip(text)));
                self.findings.push(finding.help("name a folder from the project's root, such as `raw/t1`"));
                None
            }
        }
    }

    fn glob(&mut self, typed: &Typed) -> Option<Glob> {
        let parsed = glob_or_finding(typed.text()?, typed);
        let glob = parsed.map_err(|finding| self.findings.push(*finding)).ok()?;
        self.findings.extend(unpaired(&glob, typed));
        Some(glob)
    }

    /// Checks a name and says whether it can be used.
    fn name(&mut self, name: &str, typed: &Typed) -> bool {
        if let Some(why) = name_problem(name) {
            let finding = BAD_NAME.at(&typed.spot, format!("input name `{}` {why}", clip(name)));
            self.findings.push(finding.help("give the input another `name`"));
            return false;
        }
        let is_shell_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_shell_name {
            let safe: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let message = format!(
                "a shell cannot expand `${}`: only letters, digits and `_` can be in a name",
                clip(name)
            );
            let help = format!("set `name: {}`, unless the command does not use the variable", clip(&safe));
            self.findings.push(SHELL_UNSAFE_NAME.at(&typed.spot, message).help(help));
        }
        true
    }

    fn key(&mut self, typed: &Typed, field: &str, glob: &Glob, has_effect: bool) -> Option<Template> {
        let at = typed.get(field).filter(|at| !at.is_blank())?;
        let template = Template::parse(at.text()?);
        let around = if field == "join_on" { "join" } else { "group" };
        if !has_effect {
            let message = format!("`{field}` has no effect outside of `{around}`");
            self.findings.push(JOIN_KEY_UNUSED.at(&at.key_spot, message));
        }
        if template.highest_group() > glob.groups() {
            self.findings.push(missing_capture(at, template.highest_group(), glob));
        }
        Some(template)
    }

    fn switches(&mut self, typed: &Typed, around: Around) {
        if typed.is_true("outer_join") && !around.join {
            let spot = &typed.get("outer_join").unwrap_or(typed).key_spot;
            self.findings.push(JOIN_KEY_UNUSED.at(spot, "`outer_join` has no effect outside of `join`"));
        }
        if typed.is_true("lazy") && typed.is_true("empty_files") {
            let spot = &typed.get("lazy").unwrap_or(typed).key_spot;
            let message = "`lazy` and `empty_files` exclude each other; the files will be empty";
            self.findings.push(UNSUPPORTED_FIELD.at(spot, message).help("remove `lazy`"));
        }
    }
}

/// The value of a required field; a finding if it is missing or empty.
pub(super) fn require<'a>(
    typed: &'a Typed,
    name: &str,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a Typed> {
    match typed.get(name) {
        Some(value) if value.is_bad() => None,
        Some(value) if !value.is_blank() => Some(value),
        _ => {
            let what = if place.is_empty() { "the spec".to_owned() } else { format!("`{place}`") };
            findings.push(MISSING_FIELD.at(&typed.key_spot, format!("{what} has no `{name}`")));
            None
        }
    }
}

/// Parses a glob, or says what is wrong at the very byte.
pub(super) fn glob_or_finding(text: &str, typed: &Typed) -> Result<Glob, Box<Finding>> {
    Glob::parse(text).map_err(|error| {
        let width = text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let spot = typed.part(error.at, error.at + width);
        Box::new(BAD_GLOB.at(&spot, format!("glob `{}` cannot be read: {error}", clip(text))))
    })
}

/// A warning for a glob with a bracket that has no partner, at that bracket.
pub(super) fn unpaired(glob: &Glob, typed: &Typed) -> Option<Finding> {
    let (slip, more) = glob.slips().split_first()?;
    let (text, bracket) = (glob.text(), slip.bracket);
    let finding = UNPAIRED_GLOB
        .at(&typed.part(slip.at, slip.at + bracket.len_utf8()), format!("glob `{}` {slip}", clip(text)));
    Some(if more.is_empty() {
        let mended = slip.mended(text);
        finding.help(format!("write `{}`, or `\\{bracket}` for the character itself", clip(&mended)))
    } else {
        finding
            .help(format!("give each bracket its partner, or write `\\{bracket}` for the character itself"))
    })
}

fn missing_capture(at: &Typed, number: usize, glob: &Glob) -> Finding {
    let text = at.text().unwrap_or_default();
    let spot = [format!("${number}"), format!("${{{number}}}")]
        .iter()
        .find_map(|word| text.find(word).map(|start| at.part(start, start + word.len())))
        .unwrap_or_else(|| at.spot.clone());
    JOIN_KEY_UNUSED.at(&spot, always_empty(number, glob)).help(CAPTURE)
}

/// What a capture is, for who names one that is not there.
pub const CAPTURE: &str = "a capture is what stands in parentheses in the glob, `/(*)`";

/// That a key names a capture that a glob does not have.
pub fn always_empty(number: usize, glob: &Glob) -> String {
    let has = match glob.groups() {
        0 => "captures nothing".to_owned(),
        1 => "has one capture".to_owned(),
        count => format!("has {count} captures"),
    };
    format!("`${number}` is always empty: the glob `{}` {has}", clip(glob.text()))
}

fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        "." | ".." => Some("is not a folder's name"),
        _ if RESERVED.contains(&name) => Some("is reserved"),
        _ if name.contains('/') => Some("holds a `/`"),
        _ if name.contains('=') => Some("holds a `=`"),
        _ if name.chars().any(char::is_control) => Some("holds a control character"),
        _ if name.len() > 200 => Some("is too long"),
        _ => None,
    }
}
