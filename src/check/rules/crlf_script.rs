//! `MP214`: scripts with the line ends of Windows.

use crate::check::Text;
use crate::model::{Edit, Finding, Fix, Rule, Severity, literal};

pub(in crate::check) static RULE: Rule = Rule {
    code: "MP214",
    name: "crlf-script",
    severity: Severity::Warning,
    why: "the system looks for an interpreter whose name ends with a carriage return",
};

const MESSAGE: &str = "a script with the line ends of Windows does not start";

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
    vec![
        text.finding(&RULE, &(0..first - 1), MESSAGE)
            .help("end its lines with a newline alone")
            .fix(Fix::safe("end its lines with a newline alone", vec![edit])),
    ]
}

/// Of a script that is no UTF-8, whose bytes no fix can change.
pub(in crate::check) fn of_bytes(path: &str, bytes: &[u8]) -> Option<Finding> {
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let is_one = bytes.starts_with(b"#!") && first.len() < bytes.len() && first.ends_with(b"\r");
    let help = format!("end its lines with a newline alone: `sed -i 's/\\r$//' {}`", literal(path));
    is_one.then(|| RULE.on(path, MESSAGE).help(help))
}
