//! For people, in little space: a line for each finding, or a table for a pull request.

use crate::check::Report;
use crate::model::{Finding, show};

/// `path:line:column: severity[id] sentence`, a line each, as editors jump to it.
pub fn concise(report: &Report) -> String {
    let line = |finding: &Finding| {
        let place = place(finding);
        let place = if place.is_empty() { String::new() } else { format!("{}: ", show(&place)) };
        format!("{place}{}[{}] {}\n", finding.severity.word(), finding.code, show(&finding.message))
    };
    report.findings.iter().map(line).collect()
}

/// A table.
pub fn markdown(report: &Report) -> String {
    if report.findings.is_empty() {
        return "No findings.\n".to_owned();
    }
    let cell = |text: &str| show(text).replace('|', "\\|");
    let row = |finding: &Finding| {
        let place = cell(&place(finding));
        let rule = format!("{} {}", finding.code, finding.name);
        format!("| {} | {rule} | {place} | {} |\n", finding.severity.word(), cell(&finding.message))
    };
    let rows: String = report.findings.iter().map(row).collect();
    format!("| severity | rule | place | finding |\n|---|---|---|---|\n{rows}")
}

fn place(finding: &Finding) -> String {
    let place = finding.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default();
    format!("{}{place}", finding.path)
}

#[cfg(test)]
mod tests {
    use super::super::made_up::report;
    use super::*;

    #[test]
    fn a_line_or_a_row_each() {
        let expected = "\
warning[MP201] the project has no README at its root
fs/spec.yml:3:11: error[MP104] input repo `raw/t3` does not exist
";
        assert_eq!(concise(&report()), expected);
        let table = markdown(&report());
        assert!(table.contains(
            "| error | MP104 missing-repo | fs/spec.yml:3:11 | input repo `raw/t3` does not exist |\n"
        ));
        assert_eq!(markdown(&Report::default()), "No findings.\n");
    }
}
