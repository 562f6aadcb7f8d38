//! SARIF 2.1.0, which forges and editors read: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use serde_json::{Value, json};

use super::{Sources, advice, end_of};
use crate::check::{Report, Row, all, fingerprints, page};
use crate::model::{Edit, Finding, Fix, Severity, Span};

/// The schema that the log names.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log, as text: `version` and `$schema` stand first, as some readers want.
pub fn sarif(report: &Report, sources: Sources<'_>) -> String {
    let rows = all();
    let found = report.findings.iter().zip(fingerprints(&report.findings));
    let mut results: Vec<Value> =
        found.map(|(finding, print)| result(finding, &print, &rows, sources)).collect();
    for silenced in &report.silenced {
        let mut value = result(&silenced.finding, "", &rows, sources);
        let kind = if silenced.reason.is_some() { "inSource" } else { "external" };
        value["suppressions"] =
            json!([{"kind": kind, "justification": silenced.reason.clone().unwrap_or_default()}]);
        results.push(value);
    }
    let rules: Vec<Value> = rows.iter().map(rule).collect();
    let driver = json!({
        "name": "minipach", "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"), "rules": rules,
    });
    let run = json!({"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results});
    let run = serde_json::to_string_pretty(&run).unwrap_or_default();
    format!("{{\n\"version\": \"2.1.0\",\n\"$schema\": \"{SCHEMA}\",\n\"runs\": [{run}]\n}}\n")
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(row: &Row) -> Value {
    let rule = row.rule;
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.why},
        "fullDescription": {"text": rule.why},
        "help": {"text": page(rule.code).unwrap_or(rule.why), "markdown": page(rule.code).unwrap_or(rule.why)},
        "defaultConfiguration": {"level": level(rule.severity), "enabled": !row.is_on_request},
    })
}

fn result(finding: &Finding, print: &str, rows: &[Row], sources: Sources<'_>) -> Value {
    let mut value = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": {"text": advice(finding)},
    });
    if let Some(at) = rows.iter().position(|row| row.rule.code == finding.code) {
        value["ruleIndex"] = at.into();
    }
    if !print.is_empty() {
        value["partialFingerprints"] = json!({"minipach/v1": print});
    }
    if !finding.path.is_empty() {
        let mut location = json!({"artifactLocation": artifact(&finding.path)});
        // Forges show nothing of a file without a line.
        location["region"] =
            finding.span.map_or_else(|| json!({"startLine": 1}), |span| region(&finding.path, span, sources));
        value["locations"] = json!([{"physicalLocation": location}]);
    }
    if let Some(fix) = finding.fix.as_ref().and_then(|fix| fix_of(fix, sources)) {
        value["fixes"] = json!([fix]);
    }
    value
}

fn artifact(path: &str) -> Value {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let uri: String = path
        .bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
}

fn region(path: &str, span: Span, sources: Sources<'_>) -> Value {
    let mut region = json!({"startLine": span.line, "startColumn": span.column});
    if let Some((line, column)) = sources(path).and_then(|text| end_of(&text, span)) {
        region["endLine"] = line.into();
        region["endColumn"] = column.into();
    }
    region
}

/// A fix that only replaces words; the others have no form in SARIF.
fn fix_of(fix: &Fix, sources: Sources<'_>) -> Option<Value> {
    let changes = fix.edits.iter().map(|edit| change(edit, sources)).collect::<Option<Vec<_>>>()?;
    Some(json!({"description": {"text": fix.title}, "artifactChanges": changes}))
}

fn change(edit: &Edit, sources: Sources<'_>) -> Option<Value> {
    let Edit::Replace { path, start, end, old, new } = edit else { return None };
    let text = sources(path)?;
    let start = start + text.get(*start..*end)?.find(old.as_str())?;
    let range = start..start + old.len();
    let span = crate::check::text::span(&text, &range);
    let replacement = json!({"deletedRegion": region(path, span, sources), "insertedContent": {"text": new}});
    Some(json!({"artifactLocation": artifact(path), "replacements": [replacement]}))
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{report, sources};
    use super::*;

    #[test]
    fn the_log_has_places_rules_fixes_and_suppressions() {
        let text = sarif(&report(), &sources);
        assert!(text.starts_with("{\n\"version\": \"2.1.0\""));
        let log: Value = serde_json::from_str(&text).expect("it is JSON");
        let run = &log["runs"][0];
        let results = run["results"].as_array().expect("a list");
        let index =
            usize::try_from(results[1]["ruleIndex"].as_u64().expect("a number")).expect("it is small");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "MP104");
        let location = &results[1]["locations"][0]["physicalLocation"];
        assert_eq!(
            location["region"],
            json!({"startLine": 3, "startColumn": 11, "endLine": 3, "endColumn": 17})
        );
        let replaced = &results[1]["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(replaced["insertedContent"]["text"], "raw/t2");
        assert_eq!(results[2]["suppressions"][0]["justification"], "it is the same everywhere");
        // What has a file and no place in it is shown at its first line.
        let bare = Finding::new("MP213", "x", Severity::Info, "a").at(".gitattributes", None);
        let log: Value =
            serde_json::from_str(&sarif(&Report { findings: vec![bare], ..Report::default() }, &sources))
                .expect("it is JSON");
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["region"], json!({"startLine": 1}));
        let uri = &results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "code/a%2C%20b.sh");
    }
}
