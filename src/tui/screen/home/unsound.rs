//! Why a pipeline cannot be planned, in sentences.

use crate::app::{Fault, Node, Overall};
use crate::model::show;
use crate::tui::facts::Facts;

/// Why a pipeline is not planned, what that means, and what to do.
pub(super) fn of_unsound(facts: &Facts, at: usize, node: &Node) -> Vec<String> {
    let is_broken = facts.node_state(at) == Overall::Broken;
    let what = if is_broken { node.fault.sentence() } else { "it is left out" };
    let mut lines: Vec<String> = node.error.iter().map(|error| format!("{what}: {}", show(error))).collect();
    if facts.is_at_work(at) {
        lines.push("the run that goes on has it as it was read then, and finishes it; no other begins until that is mended".into());
    } else if !node.table.is_empty() {
        lines.push(
            "its datums are shown as they stood before; nothing of it runs until that is mended".into(),
        );
    }
    let next = match node.fault {
        _ if !is_broken => "mend that one first",
        Fault::Project => "`4` lists what is wrong and what helps",
        Fault::Spec | Fault::Settings => "`e` opens the place, `4` lists all that is wrong",
    };
    lines.push(format!("next: Esc, then {next}; it is read again as soon as it is saved"));
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::{JobProgress, RunProgress};
    use crate::tui::facts::fixture;

    #[test]
    fn what_a_run_has_in_hand_is_not_said_to_stand_still() {
        let mut facts = fixture::facts();
        let at = facts.snapshot.position("fs").expect("a pipeline");
        let said = |facts: &Facts| of_unsound(facts, at, &facts.snapshot.nodes[at]).join("\n");
        assert!(said(&facts).contains("nothing of it runs until that is mended"), "{}", said(&facts));
        let job = JobProgress { pipeline: "fs".into(), to_run: 2, ..JobProgress::default() };
        facts.run = Arc::new(RunProgress { jobs: vec![job.clone()], ..RunProgress::default() });
        facts.is_live = true;
        assert!(!said(&facts).contains("nothing of it runs"), "{}", said(&facts));
        assert!(said(&facts).contains("no other begins until that is mended"), "{}", said(&facts));
        let over = JobProgress { ended: Some(true), ..job };
        facts.run = Arc::new(RunProgress { jobs: vec![over], ..RunProgress::default() });
        assert!(said(&facts).contains("nothing of it runs"), "{}", said(&facts));
    }
}
