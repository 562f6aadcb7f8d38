//! Runs killed at any instant: no finished work is lost, nothing half is seen, the next run converges.

mod support;
#[path = "support/killer.rs"]
mod killer;

use std::io::Write as _;
use std::time::{Duration, Instant};

use killer::{Death, Dice, Killer, Study, took};

/// How many runs are killed: all that were promised where every test must run, else a few.
fn wanted() -> usize {
    let full = std::env::var_os("MINIPACH_TEST_PEERS").is_some_and(|value| value == "all");
    if full { 200 } else { 25 }
}

/// A death of a random kind at a random instant.
fn death(dice: &mut Dice) -> Death {
    if dice.below(4) == 0 {
        Death::AfterLedger(Duration::from_micros(dice.below(25_000)))
    } else {
        Death::After(Duration::from_micros(dice.below(350_000)))
    }
}

/// Takes a project through all generations, killing until `kills` are done or a promise is broken.
fn torment(killer: &mut Killer<'_>, generations: usize, kills: usize, dice: &mut Dice) {
    for generation in 0..generations {
        if generation > 0 {
            killer.next_generation();
        }
        while killer.kills < kills && killer.violations.is_empty() {
            let death = death(dice);
            if !killer.kill(death, dice.below(2) == 0, dice.below(3) == 0) {
                break;
            }
        }
        if !killer.violations.is_empty() {
            return;
        }
        killer.settle();
    }
}

#[test]
fn random_kills_lose_nothing() {
    let begun = Instant::now();
    let study = Study::new(150, 3);
    let (mut kills, mut locked, mut round) = (0, 0, 0);
    while kills < wanted() {
        let mut dice = Dice(round);
        let mut killer = Killer::new(&study);
        torment(&mut killer, 3, wanted() - kills, &mut dice);
        assert!(killer.violations.is_empty(), "round {round}:\n{}", killer.violations.join("\n"));
        (kills, locked, round) = (kills + killer.kills, locked + killer.locked, round + 1);
    }
    let said = writeln!(
        std::io::stderr(),
        "{kills} kills in {round} rounds, {locked} of them with the index locked, {}",
        took(begun)
    );
    said.expect("standard error can be written");
}
