//! JSON: one object with everything, or one line for each finding.

use serde_json::{Value, json};

use crate::check::{Report, fingerprints};
use crate::model::{Finding, Severity};

/// One object: `{"schema", "tool", "version", "findings", "summary"}`.
pub fn json(report: &Report, shows_silenced: bool) -> Value {
    let mut findings = entries(report);
    if shows_silenced {
        let silenced = report.silenced.iter().map(|silenced| {
            let mut value = serde_json::to_value(&silenced.finding).unwrap_or_default();
            value["silenced"] = json!({"reason": silenced.reason});
            value
        });
        findings.extend(silenced);
    }
    let (safe, doubtful) = report.fixable();
    let count = |severity: Severity| (severity.word(), report.count(severity));
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(count);
    let mut summary = json!({
        "fixable": safe, "fixable_unsafely": doubtful, "silenced": report.silenced.len(), "known": report.known,
    });
    for (word, count) in counts {
        summary[word] = count.into();
    }
    json!({
        "schema": 1, "tool": "minipach", "version": env!("CARGO_PKG_VERSION"), "findings": findings,
        "summary": summary,
    })
}

/// One finding a line.
pub fn json_lines(report: &Report) -> String {
    entries(report).iter().flat_map(|value| [value.to_string(), "\n".to_owned()]).collect()
}

fn entries(report: &Report) -> Vec<Value> {
    let with = |(finding, print): (&Finding, String)| {
        let mut value = serde_json::to_value(finding).unwrap_or_default();
        value["fingerprint"] = print.into();
        value
    };
    report.findings.iter().zip(fingerprints(&report.findings)).map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::report;
    use super::*;

    #[test]
    fn the_object_has_all_that_is_promised() {
        let value = json(&report(), true);
        assert_eq!(
            value["summary"],
            json!({
                "error": 1, "warning": 1, "info": 0, "fixable": 0, "fixable_unsafely": 1, "silenced": 1, "known": 2,
            })
        );
        let findings = value["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), 3);
        assert_eq!(
            findings[1]["fix"]["edits"][0],
            json!({
                "edit": "replace", "path": "fs/spec.yml", "start": 24, "end": 30, "old": "raw/t3", "new": "raw/t2",
            })
        );
        assert_eq!(findings[2]["silenced"]["reason"], "it is the same everywhere");
        assert_eq!(json_lines(&report()).lines().count(), 2);
        assert_eq!(json(&report(), false)["findings"].as_array().map(Vec::len), Some(2));
    }
}
