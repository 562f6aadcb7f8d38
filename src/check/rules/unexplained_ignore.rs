//! `MP901`: comments that silence a rule without saying why.

use crate::model::{Rule, Severity};

pub(in crate::check) static RULE: Rule = Rule {
    code: "MP901",
    name: "unexplained-ignore",
    severity: Severity::Info,
    why: "the next reader cannot tell whether it is still needed",
};
