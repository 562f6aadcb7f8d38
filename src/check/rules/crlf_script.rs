//! `MP214`: scripts with the line ends of Windows.

use crate::check::Text;
use crate::model::{Edit, Finding, Fix, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP214",
    name: "crlf-script",
    severity: Severity::Warning,
    why: "the system looks for an interpreter whose name ends with a carriage return",
};

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    let Some(first) = text.text.find('\n').filter(|_| text.text.starts_with("#!")) else { return Vec::new() };
    if !text.text[..first].ends_with('\r') {
        return Vec::new();
    }
    let edit = Edit::Replace {
        path: text.path.to_owned(),
        start: 0,
        end: text.text.len(),
        old: text.text.to_owned(),
        new: text.text.replace("\r\n", "\n"),
    };
    let message = "a script with the line ends of Windows does not start";
    vec![
        text.finding(&RULE, &(0..first - 1), message)
            .help("end its lines with a newline alone")
            .fix(Fix::safe("end its lines with a newline alone", vec![edit])),
    ]
}
