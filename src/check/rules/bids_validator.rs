//! `MP605`: what the official BIDS validator says of data sets, with its own codes, severities and places.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::bids::{datasets, inside};
use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, Span};

pub(in crate::check) static RULE: Rule = Rule {
    code: BIDS,
    name: "bids-validator",
    severity: Severity::Error,
    why: "tools that read BIDS rely on what the validator asks for",
};

/// Id of the rule, which is only looked for on request.
pub const BIDS: &str = "MP605";

/// Names of the validator, by where it was installed from.
const PROGRAMS: [&str; 2] = ["bids-validator-deno", "bids-validator"];

/// The validator that is installed here.
pub fn validator() -> Option<&'static str> {
    let starts = |program: &&&str| {
        let tried = Command::new(program).arg("--version").stdin(Stdio::null()).output();
        tried.is_ok_and(|ended| ended.status.success())
    };
    PROGRAMS.iter().find(starts).copied()
}

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let all = datasets(ground);
    let Some(program) = (if all.is_empty() { None } else { validator() }) else { return Vec::new() };
    all.iter().flat_map(|dataset| told(ground, program, dataset)).collect()
}

/// What the validator prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issues {
    issues: Vec<Issue>,
    #[serde(default)]
    code_messages: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue {
    code: String,
    sub_code: Option<String>,
    severity: String,
    location: Option<String>,
    #[serde(rename = "issueMessage")]
    detail: Option<String>,
    /// Counted from 1.
    line: Option<usize>,
}

#[derive(Deserialize)]
struct Said {
    issues: Issues,
}

fn told(ground: &Ground<'_>, program: &str, dataset: &str) -> Vec<Finding> {
    let folder = ground.repo.root().join(dataset);
    match asked(program, &folder) {
        Ok(said) => said.issues.iter().filter_map(|issue| finding(ground, dataset, &said, issue)).collect(),
        Err(why) => {
            let path = inside(dataset, "dataset_description.json");
            vec![RULE.on(&path, format!("`{program}` could not look at this data set: {why}"))]
        }
    }
}

fn asked(program: &str, folder: &Path) -> Result<Issues, String> {
    let ended = Command::new(program).arg(folder).args(["--format", "json"]).stdin(Stdio::null()).output();
    let ended = ended.map_err(|error| error.to_string())?;
    let said: Result<Said, _> = serde_json::from_slice(&ended.stdout);
    said.map(|said| said.issues).map_err(|error| {
        let stderr = String::from_utf8_lossy(&ended.stderr);
        stderr.lines().next().map_or_else(|| error.to_string(), str::to_owned)
    })
}

fn finding(ground: &Ground<'_>, dataset: &str, said: &Issues, issue: &Issue) -> Option<Finding> {
    let severity = match issue.severity.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => return None,
    };
    let location = issue.location.as_deref().unwrap_or("/dataset_description.json");
    let path = inside(dataset, location.trim_start_matches('/'));
    let detail = issue.sub_code.iter().map(|code| format!(" `{code}`"));
    let about =
        said.code_messages.get(&issue.code).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = format!("{}{}", issue.code, detail.collect::<String>());
    let message =
        about.map_or_else(|| message.clone(), |about| format!("{message}: {}", about.trim_end_matches('.')));
    let span = issue.line.and_then(|line| span_of(&ground.text(&path)?, line));
    let finding = Finding::new(RULE.code, RULE.name, severity, message).at(path, span);
    let noted = issue.detail.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty());
    Some(noted.fold(finding, |finding, line| finding.note(line.trim())))
}

/// The place of a line, counted from 1.
fn span_of(text: &str, line: usize) -> Option<Span> {
    let mut start = 0;
    for (at, one) in text.split_inclusive('\n').enumerate() {
        if at + 1 == line {
            let end = start + one.trim_end_matches(['\n', '\r']).len();
            return Some(Span { start, end, line, column: 1 });
        }
        start += one.len();
    }
    None
}
