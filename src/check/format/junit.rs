//! The XML of `JUnit`, which most services show: a test for each finding, or one that passes where there are none.
//! A finding for which `check` itself does not fail is a test that passes, with what it says as its output.

use std::fmt::Write as _;

use super::advice;
use crate::check::Report;
use crate::model::{Finding, Severity};

/// The report as a test suite; findings below `least` are no failures.
pub fn junit(report: &Report, least: Severity) -> String {
    let count = report.findings.len();
    let failures = report.findings.iter().filter(|finding| finding.severity >= least).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"minipach check\" tests=\"{}\" failures=\"{failures}\">\n",
        count.max(1)
    );
    report.findings.iter().for_each(|finding| case(&mut out, finding, finding.severity >= least));
    if count == 0 {
        out.push_str("    <testcase name=\"no findings\" classname=\"minipach\"/>\n");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, finding: &Finding, is_failure: bool) {
    let place = finding.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default();
    let name = format!("{} {}{place}", finding.code, finding.path);
    let (name, rule) = (escape(name.trim()), escape(finding.name));
    let (message, advice) = (escape(&finding.message), escape(&advice(finding)));
    let inside = if is_failure {
        let kind = finding.severity.word();
        format!("<failure type=\"{kind}\" message=\"{message}\">{advice}</failure>")
    } else {
        format!("<system-out>{advice}</system-out>")
    };
    let _ =
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{rule}\">\n      {inside}\n    </testcase>");
}

/// XML 1.0 has no control characters, not even escaped.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::made_up::report;
    use super::*;

    #[test]
    fn it_is_a_suite() {
        let all = junit(&report(), Severity::Info);
        assert!(all.contains("tests=\"2\" failures=\"2\""), "{all}");
        let text = junit(&report(), Severity::Error);
        assert_eq!(text.matches("<failure ").count(), 1, "{text}");
        assert!(text.contains("<system-out>the project has no README"), "{text}");
        let of_it = text.lines().find(|line| line.contains("<system-out>")).expect("it is there");
        assert_eq!(of_it.matches("the project has no README").count(), 1, "{of_it}");
        assert!(text.contains("tests=\"2\" failures=\"1\""), "{text}");
        assert!(
            text.contains("<testcase name=\"MP104 fs/spec.yml:3:11\" classname=\"missing-repo\">"),
            "{text}"
        );
        assert!(junit(&Report::default(), Severity::Info).contains("tests=\"1\" failures=\"0\""));
        assert_eq!(escape("a<b>&\"\u{1b}c\nd"), "a&lt;b&gt;&amp;&quot;\u{fffd}c d");
    }
}
