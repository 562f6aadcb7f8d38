//! Projects that wander: however a project came to be as it is, a run leaves what that gives, and computes nothing twice.

use crate::support::Project;
use crate::wander::Wander;

/// The first seed and how many, where somebody asks for others.
fn seeds() -> std::ops::Range<u64> {
    let told = |name: &str| std::env::var(name).ok()?.parse().ok();
    let first = told("MINIPACH_TEST_WANDER").unwrap_or(1);
    first..first + told("MINIPACH_TEST_WANDERS").unwrap_or(3)
}

#[test]
fn results_are_those_of_the_project_as_it_stands_however_it_came_there() {
    for seed in seeds() {
        Wander::new(Project::new(), false, seed).go(12);
    }
}
