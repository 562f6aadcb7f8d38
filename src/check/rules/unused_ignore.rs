//! `MP902`: comments and settings that silence nothing.

use crate::model::{Rule, Severity};

pub(in crate::check) static RULE: Rule = Rule {
    code: "MP902",
    name: "unused-ignore",
    severity: Severity::Warning,
    why: "it would hide the next real finding",
};
