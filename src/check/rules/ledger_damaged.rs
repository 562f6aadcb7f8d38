//! `MP505`: lines of ledgers that say nothing.

use crate::check::Ground;
use crate::ledger::{DamagedFile, DamagedLine, damaged_files};
use crate::model::{Edit, Finding, Fix, Rule, Severity, Span};

pub(super) static RULE: Rule = Rule {
    code: "MP505",
    name: "ledger-damaged",
    severity: Severity::Warning,
    why: "what such a line told is forgotten, and the file differs from what runs write",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let files = ground.damaged.iter().filter_map(|name| damaged_files(ground.repo.root(), name).ok());
    files.flatten().map(|file| finding(&file)).collect()
}

fn finding(file: &DamagedFile) -> Finding {
    let first = file.lines[0];
    let others = match file.lines.len() - 1 {
        0 => "says".to_owned(),
        1 => "and 1 more say".to_owned(),
        more => format!("and {more} more say"),
    };
    let message = format!("line {} of a ledger {others} nothing that can be read", first.line);
    let finding = RULE.on(&file.path, message);
    let Ok(text) = str::from_utf8(&file.bytes) else {
        return finding.help("the next run that commits writes the file anew, with all that can be read");
    };
    let marked = text[first.start..first.end].trim_end_matches(['\n', '\r']).len();
    let end = first.start + marked;
    let span = Span { start: first.start, end, line: first.line, column: 1 };
    let edit = |line: &DamagedLine| Edit::Replace {
        path: file.path.clone(),
        start: line.start,
        end: line.end,
        old: text[line.start..line.end].to_owned(),
        new: String::new(),
    };
    let fix = Fix::safe("leave out what says nothing", file.lines.iter().map(edit).collect());
    Finding { span: Some(span), ..finding }
        .help("`minipach check --fix` takes it out, and so does the next run that commits")
        .fix(fix)
}
