//! Datasets that wander: as in `tests/program/wandering.rs`, and `datalad rerun` makes what runs recorded on the way.

use crate::dice::Dice;
use crate::study::{Home, Study};
use crate::wander::Wander;

/// So many records are made again, of those that were made on the way.
const RERUNS: usize = 3;

#[test]
fn results_are_those_of_the_dataset_as_it_stands_however_it_came_there() {
    let told = |name: &str| std::env::var(name).ok()?.parse().ok();
    let first: u64 = told("MINIPACH_TEST_WANDER").unwrap_or(1);
    for seed in first..first + told("MINIPACH_TEST_WANDERS").unwrap_or(2) {
        let home = [Home::Yoda, Home::Text, Home::Git][usize::try_from(seed % 3).expect("a small number")];
        let Some(study) = Study::new(home) else { return };
        let Study { project, datalad, home } = study;
        let mut wander = Wander::new(project, home != Home::Git, seed);
        wander.go(8);
        println!("{}", wander.story());
        make_again(&Study { project: wander.project, datalad, home }, seed);
    }
}

/// Each record makes its commit's tree on top of its parent; one whose inputs and code stand changes nothing.
fn make_again(study: &Study, seed: u64) {
    let (mut records, mut dice) = (study.records(), Dice(seed));
    // A revert quotes the record that it takes back.
    let subject = |record: &String| study.project.git(["log", "-1", "--format=%s", record]);
    records.retain(|record| subject(record).starts_with("[DATALAD RUNCMD]"));
    for _ in 0..RERUNS.min(records.len()) {
        let at = dice.below(records.len() as u64);
        let record = records.swap_remove(usize::try_from(at).expect("a small number"));
        study.makes_its_tree(&record);
        if stands(study, &record) {
            study.changes_nothing(&record);
        }
    }
}

/// Whether all that a record may have read is as it was.
fn stands(study: &Study, record: &str) -> bool {
    let mut diff = study.project.command("git");
    diff.args(["diff", "--quiet", record, "HEAD", "--", "raw", "code", "*spec.yml"]);
    diff.status().expect("git starts").success()
}
