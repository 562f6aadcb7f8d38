//! `MP308`: subdatasets that are not as they are recorded.

use crate::check::Ground;
use crate::git::Standing;
use crate::model::{Finding, Rule, Severity, literal, show};

pub(super) static RULE: Rule = Rule {
    code: "MP308",
    name: "subdataset-drift",
    severity: Severity::Warning,
    why: "a subdataset that is not as it is recorded cannot be told of later",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let finding = |(path, standing): (String, Standing)| match standing {
        Standing::Off(why) => Some(RULE.on(&path, show(&why)).help(if ground.holds_results(&path) {
            "no result is made or looked for in it until both are the same"
        } else {
            "nothing of it is planned until both are the same"
        })),
        Standing::There if ground.repo.is_dirty(&path) => {
            let (shown, word) = (show(&path), literal(&path));
            if ground.holds_results(&path) {
                let message = format!("the subdataset `{shown}` has changes that are not committed in it");
                return Some(RULE.on(&path, message).help(format!(
                    "it holds results: `minipach save` commits those that wait; `git -C {word} status` names what else has changed"
                )));
            }
            let effect = if ground.repo.loose_in(&path).is_changed {
                "changes that are not committed in it, so nothing of it is planned"
            } else {
                "files that are not committed in it, so they do not count"
            };
            let message = format!("the subdataset `{shown}` has {effect}");
            Some(RULE.on(&path, message).help(format!(
                "`datalad save -d {word}` commits them, and `datalad save -d . {word}` records that"
            )))
        }
        Standing::There | Standing::Absent => None,
    };
    ground.scan.standings(ground.repo).into_iter().filter_map(finding).collect()
}
