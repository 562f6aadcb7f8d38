//! One command per sin: whatever it does, on the host or in a sandbox, running and collecting end in bounded time
//! with a clear word.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its fixture")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use minipach::exec::{
    Cancel, CancelLevel, CollectError, Collector, Command, Ended, FarmFile, How, Room, SandboxView, Slot,
    Source, collect, run,
};
use minipach::model::{ContentId, Kind, Oid, OutFile};

/// A project with two input files, and a slot.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) slot: Slot,
    cancel: Cancel,
}

/// Whether this is the test of sandboxes.
const IN_SANDBOX: bool = matches!(module_path!().as_bytes(), [b'e', b'x', b'e', b'c', b'_', ..]);

const INPUT: ContentId = ContentId::Git(Oid([7; 20]));

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("raw/sub")).unwrap();
        fs::write(dir.path().join("raw/a"), "abc").unwrap();
        fs::write(dir.path().join("raw/sub/b"), "def").unwrap();
        let mut slot = Slot::new(&dir.path().join("work"), 0).unwrap();
        slot.enter(&room(dir.path()));
        let mut place = Self { dir, slot, cancel: Cancel::new().unwrap() };
        place.prepare(false);
        place
    }

    pub(crate) fn prepare(&mut self, copy: bool) {
        let (a, b) = (self.raw("a"), self.raw("sub/b"));
        let files = [("in/a", &a), ("in/sub/b", &b)];
        let files = files.map(|(to, path)| FarmFile { to: to.into(), from: Source::File(path) });
        self.slot.prepare(files, copy).unwrap();
    }

    pub(crate) fn raw(&self, name: &str) -> PathBuf {
        self.dir.path().join("raw").join(name)
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("logs/1")
    }

    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.slot.real_out().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        Command {
            args: args.iter().map(|word| (*word).to_owned()).collect(),
            stdin: None,
            env: vec![
                ("PFS".to_owned(), self.slot.pfs().to_str().unwrap().to_owned()),
                ("SIN".to_owned(), self.mark()),
            ],
            clean_env: None,
            cwd: self.dir.path().to_owned(),
            timeout: Some(Duration::from_mins(1)),
            grace: Duration::from_millis(300),
            log: self.log(),
            log_heading: None,
        }
    }

    pub(crate) fn run(&self, command: &Command) -> Ended {
        run(command, &self.slot, &self.cancel).unwrap()
    }

    pub(crate) fn sh(&self, script: &str) -> How {
        self.run(&self.command(&["sh", "-c", script])).how
    }

    /// What all processes of its commands have in their environment.
    fn mark(&self) -> String {
        self.dir.path().to_str().unwrap().to_owned()
    }

    /// Whether a process of its commands is there, in whatever namespace.
    pub(crate) fn has_processes(&self) -> bool {
        let mark = format!("SIN={}", self.mark());
        let all = fs::read_dir("/proc").unwrap().flatten();
        let environments = all.filter_map(|entry| fs::read(entry.path().join("environ")).ok());
        environments.into_iter().any(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
    }

    fn collect(&self) -> Result<Vec<OutFile>, CollectError> {
        let raw = self.dir.path().join("raw").canonicalize().unwrap();
        let inputs = |path: &Path| path.starts_with(&raw).then_some((Some(INPUT), Kind::File));
        let forbidden = |path: &str| (path == "spec.yml").then(|| "is the pipeline's own file".to_owned());
        let known_as = [PathBuf::from("/pfs")];
        collect(
            &self.slot,
            &Collector {
                known_as: &known_as,
                inputs: &inputs,
                shown_empty: &|_| None,
                forbidden: &forbidden,
            },
        )
    }

    /// What `collect` gives after a script that must succeed.
    pub(crate) fn made(&self, script: &str) -> Result<Vec<OutFile>, CollectError> {
        assert_eq!(self.sh(script), How::Exited(0), "{}", self.logged());
        self.collect()
    }
}

/// Where commands run in this test.
fn room(needed: &Path) -> Room {
    if !IN_SANDBOX {
        return Room::Host;
    }
    let helper = Path::new(env!("CARGO_BIN_EXE_minipach"));
    match SandboxView::look(helper, &[needed]) {
        Ok(view) => Room::Sandbox(view.into()),
        Err(why) => left_out(&why),
    }
}

/// Says, past the test runner's capture, that a test runs on the host; under `tests/all` it fails instead.
fn left_out(why: &str) -> Room {
    let wanted = std::env::var_os("MINIPACH_TEST_PEERS").is_some_and(|value| value == "all");
    assert!(!wanted, "{why}, and MINIPACH_TEST_PEERS=all wants every peer");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let said = writeln!(std::io::stderr(), "left out: {test} in a sandbox: {why}");
    said.unwrap();
    Room::Host
}

/// Everything of the script is gone, and it did not take long.
pub(crate) fn ends_all(script: &str) {
    let place = Place::new();
    let begun = Instant::now();
    assert_eq!(place.sh(script), How::Exited(0), "{script}: {}", place.logged());
    assert!(place.out("pid").exists(), "{script}");
    assert!(!place.has_processes(), "{script}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{script}");
}

#[test]
fn a_child_in_the_background_is_ended() {
    ends_all("sleep 1000 & echo $! > $PFS/out/pid");
}

#[test]
fn grandchildren_are_ended() {
    ends_all("( (sh -c 'echo $$ > $PFS/out/pid; exec sleep 1000') & ) ; sleep 0.2");
}

#[test]
fn an_orphan_in_its_own_session_is_ended() {
    ends_all("setsid sh -c 'echo $$ > $PFS/out/pid; exec sleep 1000' & sleep 0.2");
}

#[test]
fn an_orphan_that_left_children_is_ended() {
    ends_all("setsid sh -c 'sleep 1000 & echo $! > $PFS/out/pid; setsid sleep 1000 & wait' & sleep 0.2");
}

#[test]
fn an_orphan_that_holds_the_output_open_does_not_hang_us() {
    ends_all("setsid sh -c 'echo $$ > $PFS/out/pid; while :; do echo x; sleep 0.01; done' & sleep 0.2");
}

#[test]
fn output_comes_in_the_order_written() {
    let place = Place::new();
    assert_eq!(place.sh("echo 1; echo 2 >&2; echo 3"), How::Exited(0));
    assert_eq!(place.logged(), "1\n2\n3\n");
}

#[test]
fn a_silent_command_has_no_log() {
    let place = Place::new();
    assert_eq!(place.sh("cat $PFS/in/a $PFS/in/sub/b > $PFS/out/x"), How::Exited(0));
    assert!(!place.log().exists());
    assert_eq!(fs::read_to_string(place.out("x")).unwrap(), "abcdef");
}

#[test]
fn a_flood_is_bounded() {
    let place = Place::new();
    let begun = Instant::now();
    let ended = place.run(&place.command(&["head", "-c", "1073741824", "/dev/zero"]));
    assert_eq!((ended.how, ended.log_bytes), (How::Exited(0), 1 << 30));
    assert!(fs::metadata(place.log()).unwrap().len() < 2 << 20);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn closing_the_output_is_no_end() {
    assert_eq!(Place::new().sh("exec >&- 2>&-; sleep 0.2; exit 3"), How::Exited(3));
}

#[test]
fn a_hang_is_timed_out_and_term_may_be_ignored() {
    for script in ["sleep 1000", "trap '' TERM; while :; do sleep 0.1; done", "kill -STOP $$"] {
        let place = Place::new();
        let mut command = place.command(&["sh", "-c", script]);
        command.timeout = Some(Duration::from_millis(200));
        let ended = place.run(&command);
        assert_eq!(ended.how, How::TimedOut, "{script}");
        assert!(ended.took < Duration::from_secs(3), "{script}: {:?}", ended.took);
    }
}

#[test]
fn asked_to_end_it_may_tidy_up() {
    let place = Place::new();
    let script = "trap 'echo tidy; exit 0' TERM; while :; do sleep 0.05; done";
    let mut command = place.command(&["sh", "-c", script]);
    command.timeout = Some(Duration::from_millis(200));
    command.grace = Duration::from_secs(20);
    let ended = place.run(&command);
    assert_eq!((ended.how, place.logged().lines().last()), (How::TimedOut, Some("tidy")));
    assert!(ended.took < Duration::from_secs(10));
}

#[test]
fn cancelling_wakes_it_and_twice_kills() {
    let place = Place::new();
    let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
    let mut command = place.command(&["sh", "-c", script]);
    command.grace = Duration::from_secs(1000);
    let begun = Instant::now();
    let ended = std::thread::scope(|scope| {
        let running = scope.spawn(|| place.run(&command));
        while place.logged().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        place.cancel.raise(CancelLevel::Soft);
        std::thread::sleep(Duration::from_millis(200));
        assert!(!running.is_finished());
        place.cancel.raise(CancelLevel::Hard);
        running.join().unwrap()
    });
    assert_eq!(ended.how, How::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(place.sh("true"), How::Cancelled, "nothing starts any more");
}

#[test]
fn statuses_and_signals() {
    let place = Place::new();
    assert_eq!(place.sh("exit 7"), How::Exited(7));
    assert_eq!(place.sh("kill -9 $$"), How::Signaled(9));
}

#[test]
fn what_cannot_start_says_why() {
    let place = Place::new();
    let script = place.dir.path().join("odd");
    fs::write(&script, "#!/no/such/shell\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    for (args, part) in [
        (&["no-such-program"][..], "not installed"),
        (&["./odd"], "interpreter"),
        (&["./raw/a"], "chmod +x"),
        (&[], "is empty"),
    ] {
        let How::NotStarted(reason) = place.run(&place.command(args)).how else { panic!("{args:?} started") };
        assert!(reason.contains(part), "{reason}");
    }
    let mut command = place.command(&["true"]);
    command.cwd = place.dir.path().join("nowhere");
    assert!(matches!(place.run(&command).how, How::NotStarted(reason) if reason.contains("nowhere")));
}

#[test]
fn stdin_is_fed_whole_or_not_at_all() {
    let place = Place::new();
    let mut command = place.command(&["sh", "-c", "wc -c"]);
    command.stdin = Some(vec![b'x'; 3_000_000]);
    assert_eq!(place.run(&command).how, How::Exited(0));
    assert_eq!(place.logged().trim(), "3000000");
    let mut deaf = place.command(&["sh", "-c", "exec <&-; sleep 0.2"]);
    deaf.stdin.clone_from(&command.stdin);
    assert_eq!(place.run(&deaf).how, How::Exited(0));
    assert_eq!(place.sh("cat"), How::Exited(0), "without stdin it reads nothing");
}

#[test]
fn a_clean_environment_passes_only_what_is_named() {
    let place = Place::new();
    let mut command = place.command(&["/usr/bin/env"]);
    command.clean_env = Some(vec!["HOME".to_owned()]);
    place.run(&command);
    let logged = place.logged();
    let names: Vec<&str> = logged.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(names.iter().all(|name| ["HOME", "PFS", "SIN", "MINIPACH_SLOT"].contains(name)), "{names:?}");
    assert!(names.contains(&"PFS"));
}

#[test]
fn deleting_its_inputs_harms_nobody() {
    let place = Place::new();
    assert!(place.made("rm -rf $PFS/in $PFS/out/* && echo 1 > $PFS/out/x").is_ok());
    assert_eq!(fs::read_to_string(place.raw("a")).unwrap(), "abc");
}

#[test]
fn no_results_are_a_result() {
    assert_eq!(Place::new().made("mkdir -p $PFS/out/empty/deeper").unwrap(), []);
}

#[test]
fn files_kinds_and_order() {
    let place = Place::new();
    let script = "cd $PFS/out; umask 077; mkdir -p d b/empty; echo hello > d/z; echo hello > a; chmod 6755 a
        ln -s d/z in-out; ln -s ../a d/up; chmod 000 d/z; chmod 000 d";
    let files = place.made(script).unwrap();
    let shown: Vec<(&str, Kind)> = files.iter().map(|file| (&*file.path, file.kind)).collect();
    assert_eq!(shown, [("a", Kind::Exec), ("d/up", Kind::Link), ("d/z", Kind::File), ("in-out", Kind::Link)]);
    assert_eq!(files[0].content.to_string(), "git:ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!(files[0].content, files[2].content);
    let mode = |name| fs::metadata(place.out(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("a") & 0o6700, mode("d/z") & 0o700, mode("d") & 0o700), (0o700, 0o600, 0o700));
    assert!(!place.out("b").exists());
}

#[test]
fn links_to_inputs_become_the_inputs() {
    for (copy, known) in [(false, true), (true, false)] {
        let mut place = Place::new();
        place.prepare(copy);
        let script = "cd $PFS/out; ln -s $PFS/in/a abs; ln -s ../in/a rel; ln -s /pfs/in/a sandboxed
            ln -s abs chain; ln -s $PFS/in/sub folder";
        let files = place.made(script).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["abs", "chain", "folder/b", "rel", "sandboxed"]);
        for file in files.iter().filter(|file| &*file.path != "chain") {
            assert_eq!((file.kind, file.content == INPUT), (Kind::File, known), "{}", file.path);
            assert!(place.out(&file.path).symlink_metadata().unwrap().is_file());
        }
        assert_eq!(fs::read_to_string(place.out("chain")).unwrap(), "abc");
        assert_eq!(fs::read_to_string(place.out("folder/b")).unwrap(), "def");
    }
}

#[test]
fn what_cannot_be_kept_is_named() {
    for (script, path, part) in [
        ("ln -s /etc/passwd $PFS/out/x", "`x`", "neither an input nor part"),
        ("ln -s ../../../../../../../../etc $PFS/out/x", "`x", "no input"),
        ("ln -s nowhere $PFS/out/x", "`x`", "leads nowhere"),
        ("ln -s x $PFS/out/x", "`x`", "leads back to it"),
        ("ln -s y $PFS/out/x; ln -s x $PFS/out/y", "`x`", "leads back to it"),
        ("ln -s $PFS/out/x $PFS/out/x", "`x`", "leads back to it"),
        ("ln -s /no/where $PFS/out/x", "`x`", "does not exist"),
        ("ln -s $PFS $PFS/out/x", "`x`", "returns"),
        ("ln -s $PFS/out/y $PFS/out/x; echo > $PFS/out/y", "`x`", "relative link"),
        ("mkfifo $PFS/out/x", "`x`", "named pipe"),
        ("mkdir -p $PFS/out/d/.GIT", "`d/.GIT`", "git"),
        ("echo > $PFS/out/spec.yml", "`spec.yml`", "own file"),
        ("truncate -s 1T $PFS/out/x", "`x`", "sparse"),
        ("rm -rf $PFS/out", "`.`", "removed"),
        ("rm -rf $PFS/out; ln -s $PFS/in $PFS/out", "`.`", "replaced"),
    ] {
        let error = Place::new().made(script).unwrap_err().to_string();
        assert!(error.contains(path) && error.contains(part), "{script}: {error}");
    }
}

#[test]
fn every_byte_may_stand_in_a_name_if_it_is_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    for byte in (1..=127_u8).filter(|byte| *byte != b'/') {
        fs::write(place.out(&format!("x{}", char::from(byte))), "").unwrap();
    }
    fs::write(place.out(&"n".repeat(255)), "").unwrap();
    assert_eq!(place.collect().unwrap().len(), 127);
    for byte in 128..=255_u8 {
        let path = place.slot.real_out().join(std::ffi::OsStr::from_bytes(&[b'x', byte]));
        fs::write(&path, "").unwrap();
        assert!(place.collect().unwrap_err().to_string().contains("UTF-8"));
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn deep_folders_are_taken_or_refused() {
    let place = Place::new();
    let deep = ["d"; 300].join("/");
    fs::create_dir_all(place.out(&deep)).unwrap();
    fs::write(place.out(&deep).join("x"), "").unwrap();
    assert_eq!(place.collect().unwrap()[0].path.len(), 601);
    let script = "cd $PFS/out; i=0; n=$(printf %0100d 0); while [ $i -lt 50 ]; do
        mkdir $n; cd -P $n || exit 1; i=$((i+1)); done";
    assert!(place.made(script).unwrap_err().to_string().contains("4000 bytes"));
}

#[test]
fn a_full_disk_for_the_log_is_an_error() {
    let place = Place::new();
    let mut command = place.command(&["sh", "-c", "sleep 1000 & echo $! > $PFS/out/pid; echo hello"]);
    command.log = PathBuf::from("/dev/full");
    let error = run(&command, &place.slot, &place.cancel).unwrap_err().to_string();
    assert!(error.contains("/dev/full"), "{error}");
    assert!(place.out("pid").exists() && !place.has_processes());
}
