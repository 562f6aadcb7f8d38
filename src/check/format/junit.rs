//! The XML of `JUnit`, which most services show: a test for each finding, or one that passes where there are none.

use std::fmt::Write as _;

use super::advice;
use crate::check::Report;
use crate::model::Finding;

/// The report as a test suite.
pub fn junit(report: &Report) -> String {
    let count = report.findings.len();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"minipach check\" tests=\"{}\" failures=\"{count}\">\n",
        count.max(1)
    );
    report.findings.iter().for_each(|finding| case(&mut out, finding));
    if count == 0 {
        out.push_str("    <testcase name=\"no findings\" classname=\"minipach\"/>\n");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, finding: &Finding) {
    let place = finding.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default();
    let name = format!("{} {}{place}", finding.code, finding.path);
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        escape(name.trim()),
        escape(finding.name),
        finding.severity.word(),
        escape(&finding.message),
        escape(&advice(finding)),
    );
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
        let text = junit(&report());
        assert!(text.contains("tests=\"2\" failures=\"2\""), "{text}");
        assert!(
            text.contains("<testcase name=\"MP104 fs/spec.yml:3:11\" classname=\"missing-repo\">"),
            "{text}"
        );
        assert!(junit(&Report::default()).contains("tests=\"1\" failures=\"0\""));
        assert_eq!(escape("a<b>&\"\u{1b}c\nd"), "a&lt;b&gt;&amp;&quot;\u{fffd}c d");
    }
}
