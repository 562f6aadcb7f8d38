//! What commands do in a sandbox: the same sins as on the host, and what one command must not leave to the next.

#[path = "support/sins.rs"]
mod sins;

use std::fs;

use minipach::exec::How;

use sins::Place;

/// One sandbox serves command after command while nothing is left in it: only the first one is its second process.
#[test]
fn a_clean_sandbox_is_used_again_and_a_spent_one_is_not() {
    let mut place = Place::new();
    let mut is_first = |script: &str| {
        place.prepare(false);
        let script = format!("echo $$ > /pfs/out/number; {script}");
        assert_eq!(place.sh(&script), How::Exited(0), "{}", place.logged());
        fs::read_to_string(place.out("number")).unwrap().trim() == "2"
    };
    assert!(is_first("echo x > $TMPDIR/x; cat /pfs/in/a > /pfs/out/a"));
    assert!(!is_first("true"));
    let look =
        "[ \"$(ls -A /tmp /dev/shm /var/tmp | grep left)\" = '' ] && ! grep -q sleep /proc/[0-9]*/comm";
    for spent in [
        "echo x > /tmp/left",
        "echo x > /dev/shm/left",
        "mkdir /var/tmp/left",
        "setsid sh -c 'echo x > /pfs/out/ready; exec sleep 1000' & while ! [ -s /pfs/out/ready ]; do sleep 0.01; done",
    ] {
        assert!(!is_first(spent), "{spent}");
        assert!(is_first(look), "after `{spent}`");
    }
    assert!(!place.has_processes());
}

#[test]
fn the_farm_is_at_its_real_path_and_nothing_else_is_there() {
    let place = Place::new();
    let script = "ls /pfs; [ \"$PWD\" = \"$SIN\" ] && [ $(id -u) = $(stat -c %u /pfs) ]";
    assert_eq!(place.sh(script), How::Exited(0), "{}", place.logged());
    assert_eq!(place.logged(), "in\nout\n");
    assert!(!std::path::Path::new("/pfs").exists(), "the host got a /pfs");
}

/// A large farm is another folder each time: the sandbox shows the one that is laid out now.
#[test]
fn a_farm_from_the_shelf_is_shown() {
    use minipach::exec::{FarmFile, FarmsAhead, Source};
    let mut place = Place::new();
    assert_eq!(place.sh("cat /pfs/in/a >/dev/null"), How::Exited(0));
    let source = place.raw("a");
    let files = || (0..300).map(|n| FarmFile { to: format!("many/{n}").into(), from: Source::File(&source) });
    for name in ["one", "two", "one"] {
        place.slot.prepare_kept(name, files(), &FarmsAhead::default()).unwrap();
        let script = "[ $(ls /pfs/many | wc -l) = 300 ] && cat /pfs/many/299 > /pfs/out/x";
        assert_eq!(place.sh(script), How::Exited(0), "{}", place.logged());
        assert_eq!(fs::read_to_string(place.out("x")).unwrap(), "abc");
    }
}

/// Killing all it can see ends the command, not what comes after it.
#[test]
fn a_command_that_kills_everything_kills_itself() {
    let place = Place::new();
    assert_eq!(place.sh("kill -9 1; kill -9 -1; kill -9 $$"), How::Signaled(9));
    assert_eq!(place.sh("exit 4"), How::Exited(4));
}
