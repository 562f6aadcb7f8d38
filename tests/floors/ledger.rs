//! The ledger, the attempt log and the lock among real processes: git merges, `kill -9`, two runs at once.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use minipach::ledger::{
    AttemptLog, AttemptWriter, Form, LedgerChange, LedgerDamage, LockError, PipelineLedger, Publish,
    ResultRecord, RunLock, WorkFields, ensure_attributes, holder, read_pipeline, render, write,
};
use minipach::model::{DatumId, KnownResult, PipelineName, Place, WorkId};

/// Names the folder in which a copy of this program plays a part.
const STAGE: &str = "MINIPACH_TEST_STAGE";

fn fs() -> PipelineName {
    PipelineName::parse("fs").unwrap()
}

fn id(number: u32) -> DatumId {
    DatumId(*blake3::hash(&number.to_le_bytes()).as_bytes())
}

fn result(number: u32) -> ResultRecord {
    ResultRecord {
        id: id(number),
        work: WorkId([1; 32]),
        pipeline: fs(),
        key: format!("sub-{number}").into(),
        place: Place::Env,
        at_ms: 0,
        inputs: Vec::new(),
        files: Vec::new(),
        publish: Some(Publish {
            staged: format!("s{number}").into(),
            target: format!("fs/sub-{number}").into(),
            whole: true,
            replaces: Vec::new(),
        }),
    }
}

/// Starts this program again, for one of the parts below.
fn play(part: &str, stage: &Path) -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("ledger::{part}"), "--exact", "--ignored", "--nocapture"])
        .env(STAGE, stage)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    (child, lines.filter_map(|line| line.strip_prefix("said ").map(str::to_owned)))
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "said {text}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "a part that other tests play in a process of its own"]
fn part_appends_until_killed() {
    let Some(stage) = std::env::var_os(STAGE) else { return };
    let path = Path::new(&stage).join("attempts.jsonl");
    let log = AttemptLog::read(&path).unwrap();
    let start = u32::try_from(log.len()).unwrap();
    let mut writer = AttemptWriter::open(&path, log.work_ids()).unwrap();
    for number in start.. {
        writer.results([(&result(number), &WorkFields::new())]).unwrap();
        say(&number.to_string());
    }
}

#[test]
#[ignore = "a part that other tests play in a process of its own"]
fn part_holds_the_lock() {
    let Some(stage) = std::env::var_os(STAGE) else { return };
    let _lock = RunLock::acquire(Path::new(&stage), "run", 7).unwrap();
    say("held");
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn no_result_that_was_told_is_lost_by_a_kill() {
    let stage = tempfile::tempdir().unwrap();
    let mut told = BTreeSet::new();
    for round in 0..10 {
        let (mut child, said) = play("part_appends_until_killed", stage.path());
        told.extend(said.take(20 + 7 * round).map(|number| number.parse::<u32>().unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
        let log = AttemptLog::read(&stage.path().join("attempts.jsonl")).unwrap();
        assert!(told.iter().all(|number| log.results(id(*number)) == [result(*number)]), "round {round}");
        assert_eq!(log.skipped().unknown, 0);
    }
    assert!(told.len() > 200);
}

#[test]
fn a_lock_goes_with_its_process() {
    let stage = tempfile::tempdir().unwrap();
    let (mut child, mut said) = play("part_holds_the_lock", stage.path());
    assert_eq!(said.next().as_deref(), Some("held"));
    let seen = holder(stage.path()).unwrap().unwrap();
    assert_eq!((seen.pid, &*seen.verb, seen.since_ms), (child.id(), "run", 7));
    let refused = RunLock::acquire(stage.path(), "run", 8).unwrap_err();
    assert!(matches!(&refused, LockError::Busy { holder } if **holder == seen));
    assert!(refused.to_string().contains(&format!("process {}", child.id())), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    let start = Instant::now();
    assert_eq!(holder(stage.path()).unwrap(), None);
    drop(RunLock::acquire(stage.path(), "run", 9).unwrap());
    assert!(start.elapsed() < Duration::from_secs(1));
}

fn git(root: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(root).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_SYSTEM", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "t").env(format!("GIT_{who}_EMAIL"), "t@example.org");
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn ledger(numbers: &[u32]) -> PipelineLedger {
    let line = |number: &u32| KnownResult {
        key: format!("sub-{number:03}").into(),
        id: id(*number),
        work: WorkId([1; 32]),
        inputs: Vec::new(),
        outputs: Vec::new(),
        place: Place::Env,
    };
    let works = BTreeMap::from([(WorkId([1; 32]), WorkFields::new())]);
    PipelineLedger::new(numbers.iter().map(line).collect(), works)
}

fn commit(root: &Path, numbers: &[u32]) {
    write(root, &fs(), &ledger(numbers)).unwrap();
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "results"]);
}

#[test]
fn both_sides_of_a_git_merge_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    git(root, &["init", "-q", "-b", "main"]);
    ensure_attributes(root).unwrap();
    commit(root, &[1, 5]);
    git(root, &["switch", "-qc", "other"]);
    commit(root, &[1, 2, 3, 5]);
    git(root, &["switch", "-q", "main"]);
    // Beside the other branch's lines, where git would otherwise report a conflict.
    commit(root, &[1, 4]);
    git(root, &["merge", "-q", "other", "-m", "merge"]);
    let read = read_pipeline(root, &fs()).unwrap();
    for number in 1..=4 {
        assert_eq!(read.lines_for(&format!("sub-{number:03}")).len(), 1, "{number}");
    }
    assert_eq!(read.damage(), LedgerDamage::default());
}

#[test]
fn git_sees_the_attributes() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    ensure_attributes(dir.path()).unwrap();
    let ask = |path| git(dir.path(), &["check-attr", "annex.largefiles", "merge", "text", "--", path]);
    for path in [".minipach/ledger/fs.jsonl", ".minipach/ledger/proc/fs.d/00.jsonl"] {
        let expected =
            format!("{path}: annex.largefiles: nothing\n{path}: merge: union\n{path}: text: unset\n");
        assert_eq!(ask(path), expected);
    }
    assert!(ask(".minipach/answers.yml").starts_with(".minipach/answers.yml: annex.largefiles: nothing\n"));
    assert!(ask(".minipach/answers.yml").contains("merge: unspecified"));
}

/// The files of a ledger in shards, and the path of one that has two lines or more.
fn shards(root: &Path) -> (PipelineLedger, String) {
    let all = ledger(&(0..2100).collect::<Vec<_>>());
    write(root, &fs(), &all).unwrap();
    assert!(!read_pipeline(root, &fs()).unwrap().is_untidy(), "it was just written");
    let files = render(&fs(), &all, Form::Shards);
    let path = files.into_iter().find(|(_, bytes)| bytes.split(|byte| *byte == b'\n').count() > 4);
    (all, path.unwrap().0)
}

/// The text with its two last lines the other way round, as a merge of two branches may leave them.
fn swapped(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.len() - 1;
    lines.swap(last - 1, last);
    lines.join("\n") + "\n"
}

/// What happened to a file, and how its text comes to look.
type Mix<'a> = (&'a str, &'a dyn Fn(&str) -> String);

#[test]
fn a_ledger_that_was_mixed_is_written_whole() {
    let line = |number: u32| {
        let bytes = render(&fs(), &ledger(&[number]), Form::Single).into_values().next().unwrap();
        String::from_utf8(bytes).unwrap().lines().last().unwrap().to_owned() + "\n"
    };
    let mixed: [Mix<'_>; 9] = [
        ("swapped", &swapped),
        ("of windows", &|text| text.replace('\n', "\r\n")),
        ("twice", &|text| format!("{text}{}\n", text.lines().last().unwrap())),
        ("elsewhere", &|text| text.to_owned() + &line(if text.contains("sub-007") { 8 } else { 7 })),
        ("foreign", &|text| text.to_owned() + "<<<<<<< ours\n"),
        ("blank", &|text| text.to_owned() + "\n"),
        ("cut", &|text| text.trim_end().to_owned()),
        ("spelled otherwise", &|text| text.replacen("sub-", "sub\\u002d", 1)),
        ("without a version", &|text| text.split_once('\n').unwrap().1.to_owned()),
    ];
    for (name, mix) in mixed {
        let dir = tempfile::tempdir().unwrap();
        let (_, path) = shards(dir.path());
        let full = dir.path().join(&path);
        std::fs::write(&full, mix(&std::fs::read_to_string(&full).unwrap())).unwrap();
        let read = read_pipeline(dir.path(), &fs()).unwrap();
        assert!(read.is_untidy(), "{name}");
        let change = LedgerChange { results: ledger(&[9999]).lines().to_vec(), ..LedgerChange::default() };
        change.write(dir.path(), &fs(), &read).unwrap();
        let next = change.applied(&read);
        for (path, bytes) in render(&fs(), &next, Form::Shards) {
            assert_eq!(std::fs::read(dir.path().join(&path)).unwrap(), bytes, "{name}: {path}");
        }
        assert!(!read_pipeline(dir.path(), &fs()).unwrap().is_untidy(), "{name}");
    }
}

#[test]
fn odd_names_do_not_make_a_ledger_untidy() {
    let dir = tempfile::tempdir().unwrap();
    let mut line = ledger(&[1]).lines()[0].clone();
    line.key = "a \"b\"\n\\\u{1}".into();
    let works =
        BTreeMap::from([(WorkId([1; 32]), WorkFields::from_iter([("cmd".to_owned(), "a\"\n".into())]))]);
    write(dir.path(), &fs(), &PipelineLedger::new(vec![line], works)).unwrap();
    assert!(!read_pipeline(dir.path(), &fs()).unwrap().is_untidy());
}
