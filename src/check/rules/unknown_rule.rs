//! `MP903`: names of rules that there are not.

use crate::model::{Rule, Severity};

pub(in crate::check) static RULE: Rule = Rule {
    code: "MP903",
    name: "unknown-rule",
    severity: Severity::Error,
    why: "a mistyped rule is neither selected nor ignored",
};
