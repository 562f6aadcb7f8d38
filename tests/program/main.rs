//! The program end to end: what its verbs do, say and survive.

mod accept;
mod beforehand;
mod behaviour;
mod check_verb;
mod checks;
mod clash;
mod correctness;
#[path = "../support/dice.rs"]
mod dice;
mod faults;
mod force;
mod gc;
mod ground;
mod handing;
mod held;
mod held_up;
mod help;
mod import;
mod inner_code;
#[path = "../support/killer.rs"]
mod killer;
mod kills;
mod logs;
mod meanwhile;
mod moved_names;
mod pachyderm_examples;
mod past;
mod picks;
mod power;
mod quotes;
mod remembered;
mod repositories;
mod rules;
mod runs;
mod settled;
mod stale_results;
mod strays;
#[path = "../support/mod.rs"]
mod support;
mod undo;
mod unsound;
#[path = "../support/wander.rs"]
mod wander;
mod wandering;
mod why;
mod words;
