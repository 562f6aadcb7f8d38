//! What commands do on the host: the sins, and what only concerns the host.

#[path = "support/sins.rs"]
mod sins;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use minipach::exec::{Slot, recover};

use sins::{Place, ends_all};

#[test]
fn a_hard_link_to_an_input_is_made_a_copy() {
    let place = Place::new();
    fs::set_permissions(place.raw("a"), fs::Permissions::from_mode(0o600)).unwrap();
    let files = place.made("ln -L $PFS/in/a $PFS/out/x; ln $PFS/out/x $PFS/out/y").unwrap();
    assert_eq!(files.len(), 2);
    fs::write(place.out("x"), "changed").unwrap();
    assert_eq!(fs::read_to_string(place.raw("a")).unwrap(), "abc");
    assert_eq!(fs::read_to_string(place.out("y")).unwrap(), "abc");
    assert_eq!(fs::metadata(place.raw("a")).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Minipach itself is killed; the next one ends what was running, also what left the group.
#[test]
fn recovery_ends_what_a_killed_run_left() {
    let place = Place::new();
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored"])
        .env("VICTIM_DIR", place.dir.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let read = |name: &str| fs::read_to_string(place.dir.path().join(name)).unwrap_or_default();
    while !read("pid1").ends_with('\n') || !read("pid2").ends_with('\n') {
        std::thread::sleep(Duration::from_millis(5));
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    let pids = [read("pid1"), read("pid2")];
    assert!(pids.iter().all(|pid| is_running(pid)));
    assert!(recover(&place.dir.path().join("victim")).unwrap() >= 2);
    let begun = Instant::now();
    while pids.iter().any(|pid| is_running(pid)) && begun.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!pids.iter().any(|pid| is_running(pid)));
    assert_eq!(recover(&place.dir.path().join("nowhere")).unwrap(), 0);
}

/// Whoever adopted the process may take its time to reap it.
fn is_running(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
#[ignore = "run by `recovery_ends_what_a_killed_run_left`, which kills it"]
fn victim() {
    let dir = PathBuf::from(std::env::var("VICTIM_DIR").unwrap());
    let mut place = Place::new();
    place.slot = Slot::new(&dir.join("victim"), 0).unwrap();
    place.prepare(false);
    let script = "setsid sh -c 'echo $$ > pid2; exec sleep 1000' & echo $$ > pid1; wait";
    let mut command = place.command(&["sh", "-c", script]);
    command.cwd = dir;
    place.run(&command);
}

/// An orphan that also wiped its environment cannot be told from another slot's, so it is ended only
/// when no other slot runs: this needs a process of its own.
#[test]
fn an_orphan_without_environment_is_ended_when_alone() {
    let alone = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "alone", "--ignored"])
        .output()
        .unwrap();
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stdout));
}

#[test]
#[ignore = "run by `an_orphan_without_environment_is_ended_when_alone`"]
fn alone() {
    ends_all("env -i setsid sh -c \"echo \\$\\$ > $PFS/out/pid; exec sleep 1000\" & sleep 0.2");
}
