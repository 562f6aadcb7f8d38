//! For forges: annotations of GitHub's workflows, and GitLab's code quality report.

use serde_json::{Value, json};

use super::{Sources, advice, end_of};
use crate::check::{Report, fingerprints};
use crate::model::{Finding, Severity};

/// Workflow commands of GitHub, the worst first since it shows ten of a kind, and a line that counts.
pub fn github(report: &Report, sources: Sources<'_>) -> String {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.into_iter().map(|finding| command(finding, sources)).collect()
}

fn command(finding: &Finding, sources: Sources<'_>) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = vec![("title", format!("{} {}", finding.code, finding.name))];
    if !finding.path.is_empty() {
        properties.push(("file", finding.path.clone()));
    }
    if let Some(span) = finding.span {
        properties.extend([("line", span.line.to_string()), ("col", span.column.to_string())]);
        if let Some((line, column)) = sources(&finding.path).and_then(|text| end_of(&text, span)) {
            properties.extend([("endLine", line.to_string()), ("endColumn", column.to_string())]);
        }
    }
    let escaped = |(name, value): &(&str, String)| {
        format!("{name}={}", escape(value).replace(':', "%3A").replace(',', "%2C"))
    };
    let properties: Vec<String> = properties.iter().map(escaped).collect();
    format!("::{level} {}::{}\n", properties.join(","), escape(&advice(finding)))
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// GitLab's code quality report.
pub fn gitlab(report: &Report) -> Value {
    let entry = |(finding, print): (&Finding, String)| {
        let severity = match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Info => "info",
        };
        let path = if finding.path.is_empty() { "minipach.yml" } else { &finding.path };
        json!({
            "check_name": finding.code,
            "description": format!("{}[{}]: {}", finding.severity.word(), finding.name, advice(finding)),
            "fingerprint": print,
            "severity": severity,
            "location": {"path": path, "lines": {"begin": finding.span.map_or(1, |span| span.line)}},
        })
    };
    report.findings.iter().zip(fingerprints(&report.findings)).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{report, sources};
    use super::*;

    #[test]
    fn github_reads_it() {
        let expected = "\
::error title=MP104 missing-repo,file=fs/spec.yml,line=3,col=11,endLine=3,endColumn=17::input repo `raw/t3` does not exist; did you mean `raw/t2`?
::warning title=MP201 missing-readme::the project has no README at its root; write README.md: 100%25, all of it
";
        assert_eq!(github(&report(), &sources), expected);
        let odd = Finding::new("MP204", "x", Severity::Info, "a\nb").at("a, b: c", None);
        assert_eq!(command(&odd, &sources), "::notice title=MP204 x,file=a%2C b%3A c::a%0Ab\n");
    }

    #[test]
    fn gitlab_reads_it() {
        let value = gitlab(&report());
        assert_eq!(value[1]["location"], json!({"path": "fs/spec.yml", "lines": {"begin": 3}}));
        assert_eq!(value[1]["severity"], "major");
        assert_eq!(value[0]["location"]["path"], "minipach.yml");
        assert_ne!(value[0]["fingerprint"], value[1]["fingerprint"]);
    }
}
