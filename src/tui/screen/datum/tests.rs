//! Tests of the datum screen: what it asks, says and draws.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;

use super::*;
use crate::app::{RunProgress, ToldLine};
use crate::model::KnownInput;
use crate::plan::Reason;
use crate::tui::effect::Query;
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

fn view() -> DatumView {
    let attempt = |at: u64, exit: i32| {
        json!({"run": "r", "try": at, "started_ms": 1_790_000_000_000_u64 + at * 60_000, "took_ms": 12_000,
            "outcome": "failed", "exit": {"code": exit}, "message": format!("exit code {exit}: cut off"),
            "log": format!("runs/r/{at}.log"), "max_rss_bytes": 4_000_000_000_u64, "user_ms": 5000, "system_ms": 1000})
    };
    let content = |at: u8| format!("git:{}", format!("{at:02x}").repeat(20));
    DatumView {
        pipeline: "fs".into(),
        key: "sub-2".into(),
        id: "ab".repeat(32),
        state: DatumState::Failed,
        reasons: vec![Reason::Failed { message: "exit code 1: cut off".into(), is_cut_since: false }],
        inputs: Vec::new(),
        annexed: Vec::new(),
        outputs: vec![("fs/sub-2/a".into(), content(1)), ("fs/sub-2/b".into(), content(2))],
        attempts: vec![attempt(1, 3), attempt(2, 1)],
        earlier: Vec::new(),
        twins: vec!["sub-9".into()],
        command: "sh code/run.sh".into(),
        code: vec!["code/run.sh".into()],
        running: None,
        queued: None,
        place: Some(crate::model::Place::Sandbox),
        without_image: None,
        is_accepted: false,
        is_before: false,
        is_acceptable: true,
        changed: Vec::new(),
        blamed: vec!["raw/t1/sub-2/T1w.txt".into()],
    }
}

#[test]
fn attempts_that_failed_before_it_was_mended_are_still_there() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let mut done = view();
    done.earlier = done.attempts.drain(..1).collect();
    give(&mut datum, &facts, done);
    let attempts = datum.attempts(&facts);
    assert_eq!(attempts.iter().map(|attempt| attempt.is_before).collect::<Vec<_>>(), [true, false]);
    assert_eq!(datum.source(&facts), Some(log_of("runs/r/2.log")), "the newest is shown first");
    datum.act(&facts, Action::EarlierAttempt, &Seen::default());
    assert_eq!(datum.source(&facts), Some(log_of("runs/r/1.log")));
    let lines = text::lines(&datum, &facts, Pane::Timing, 80);
    let told: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(told.iter().position(|line| *line == "before the change:"), Some(1), "{told:?}");
}

#[test]
fn of_what_failed_and_was_cut_off_since_the_failure_is_shown() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let mut cut = view();
    cut.attempts
        .push(json!({"run": "s", "try": 1, "started_ms": 1_790_000_900_000_u64, "outcome": "cut_off",
        "log": "runs/s/1.log"}));
    give(&mut datum, &facts, cut);
    assert_eq!(datum.source(&facts), Some(log_of("runs/r/2.log")), "its log is of the one that failed");
}

#[test]
fn what_is_as_it_once_was_shows_its_own_attempt_among_all_in_order_of_time() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let mut again = view();
    again.earlier = again.attempts.drain(1..).collect();
    give(&mut datum, &facts, again);
    assert_eq!(
        datum.source(&facts),
        Some(log_of("runs/r/1.log")),
        "not the newest, which was of something else"
    );
    let lines = text::lines(&datum, &facts, Pane::Timing, 80);
    let told: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let at = |words: &str| {
        told.iter().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {told:?}"))
    };
    assert_eq!(told[0], "when it was made of something else:");
    assert!(at("exit 1") < at("as it is now:") && at("as it is now:") < at("exit 3"), "{told:?}");
    assert_eq!(at("exit code 3"), at("exit 3") + 1, "what is said of it stands below it: {told:?}");
    datum.act(&facts, Action::LaterAttempt, &Seen::default());
    assert_eq!(datum.source(&facts), Some(log_of("runs/r/2.log")));
    datum.act(&facts, Action::EarlierAttempt, &Seen::default());
    assert_eq!(datum.chosen, None, "back where it follows what comes");
}

#[test]
fn over_the_screen_its_keys_are_told_with_esc_before_them() {
    let line = |text: &str| text::Line {
        text: text.into(),
        right: String::new(),
        role: crate::tui::theme::Role::Focus,
    };
    let told = text::told_over(vec![
        line("next: read its log (`l`)"),
        line("next: wait"),
        line("the same work as `x`"),
    ]);
    assert_eq!(told, ["next, after Esc: read its log (`l`)", "next: wait", "the same work as `x`"]);
}

fn log_of(path: &str) -> LogSource {
    LogSource::one("fs", "sub-2", Some(path.into()))
}

fn logs_asked(effects: &[Effect]) -> Vec<Option<String>> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::World(World::Query(Query::Log(source))) => Some(source.path.clone()),
        _ => None,
    });
    asked.collect()
}

fn give(datum: &mut Datum, facts: &Facts, view: DatumView) -> Vec<Effect> {
    let (pipeline, key) = (datum.pipeline.clone(), datum.key.clone());
    datum.take(facts, &Answer::Datum(pipeline, key, Some(Box::new(view))))
}

fn opened(facts: &Facts) -> Datum {
    let (mut datum, effects) = Datum::open("fs".into(), "sub-2".into(), facts);
    assert!(matches!(&effects[..], [Effect::World(World::Query(Query::Datum(..)))]));
    assert_eq!(logs_asked(&give(&mut datum, facts, view())), [Some("runs/r/2.log".to_owned())]);
    let lines = (1..=30).map(|at| format!("log line {at}")).collect();
    let text = LogText { path: "/state/runs/r/2.log".into(), lines, bytes: 9, is_cut: false, left_out: 0 };
    datum.take(facts, &Answer::Log(log_of("runs/r/2.log"), Ok(text)));
    datum
}

fn drawn(datum: &Datum, facts: &Facts, width: u16, height: u16, theme: Theme) -> (Vec<String>, Seen) {
    let area = Rect::new(0, 0, width, height);
    let (mut buffer, mut seen) = (Buffer::empty(area), Seen::default());
    datum.draw(facts, &mut Pen::new(&mut buffer, area, theme), &mut seen);
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    ((0..height).map(row).collect(), seen)
}

#[test]
fn what_is_done_and_reads_what_is_not_has_a_next_step() {
    let facts = fixture::facts();
    let (datum, _) = Datum::open("stats".into(), ".".into(), &facts);
    let reasons = vec![Reason::Current];
    let done = DatumView { state: DatumState::Done, reasons, ..view() };
    let told = |state| text::next(state, &done, &["fs"]);
    assert_eq!(told(DatumState::Done), "`fs` is not done, and once it is, this may be made anew");
    assert_eq!(text::next(DatumState::Done, &done, &[]), "nothing; `r` would run it all the same");
    assert_eq!(text::above(&datum, &facts), ["fs"]);
}

#[test]
fn inputs_say_whether_what_the_annex_keeps_is_here() {
    let input = |path: &str| KnownInput { name: "t1".into(), path: path.into(), content: None };
    let annexed = [(0, 0), (1, 0), (1, 1), (5, 2)]
        .map(|(files, absent)| crate::run::Annexed { files, absent })
        .to_vec();
    let inputs = ["raw/a", "raw/b", "raw/c", "raw/d"].map(input).to_vec();
    let facts = Facts::default();
    let mut datum = opened(&facts);
    give(&mut datum, &facts, DatumView { inputs, annexed, ..view() });
    let told: Vec<String> =
        text::lines(&datum, &facts, Pane::Inputs, 80).into_iter().take(4).map(|line| line.right).collect();
    assert_eq!(
        told,
        ["by name only", "here  by name only", "not here  by name only", "2 of 5 not here  by name only"]
    );
}

#[test]
fn without_a_result_no_room_goes_to_where_it_comes_from() {
    let facts = Facts::default();
    let mut datum = opened(&facts);
    give(&mut datum, &facts, DatumView { outputs: Vec::new(), ..view() });
    let (wide, _) = drawn(&datum, &facts, 120, 36, Theme::default());
    let (narrow, _) = drawn(&datum, &facts, 80, 24, Theme::default());
    assert!(!wide.join("\n").contains("Provenance") && !narrow.join("\n").contains("Provenance"));
    for _ in 0..4 {
        datum.act(&facts, Action::NextPane, &Seen::default());
    }
    assert_eq!(datum.pane, Pane::Log, "Tab passes it by");
}

#[test]
fn tabs_stand_over_one_pane_and_the_log() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let (rows, _) = drawn(&datum, &facts, 80, 20, Theme::default());
    assert_eq!(
        rows[..11],
        [
            " ✗ failed   attempt 2 of 2 · exit 1 · 12s · cpu 6.0s, 4.0 GB",
            " [Why]  Inputs 0   Outputs 2   Timing 2   Provenance   Log",
            "╭─ Why did it fail? ───────────────────────────────────────────────────────────╮",
            "│ the last attempt failed: exit code 1: cut off                                │",
            "│ that names raw/t1/sub-2/T1w.txt: look there first                            │",
            "│ unchanged since then: the same would run again                               │",
            "│ the same work as sub-9                                                       │",
            "│ next: mend that file, or the command (`e` spec), then `r`; `l` is its log;   │",
            "│   or `a` if what stands is still good                                        │",
            "│ 1 pipeline downstream: stats                                                 │",
            "╰──────────────────────────────────────────────────────────────────────────────╯",
        ]
    );
    assert_eq!(rows[11], format!("╭─ Log {} attempt 2 of 2, 30 lines ─╮", "─".repeat(45)));
    assert!(rows[18].starts_with("│ log line 30"));
    for named in ["[Inputs 0]", "[Outputs 2]", "[Timing 2]", "[Provenance]", "[Log]"] {
        datum.act(&facts, Action::NextPane, &Seen::default());
        assert!(drawn(&datum, &facts, 80, 20, Theme::default()).0[1].contains(named), "{named}");
    }
    assert!(drawn(&datum, &facts, 80, 20, Theme::default()).0[3].starts_with("│ log line 15"));
    for named in ["[Provenance]", "[Timing 2]", "[Outputs 2]", "[Inputs 0]", "[Why]", "[Log]"] {
        datum.act(&facts, Action::PreviousPane, &Seen::default());
        assert!(drawn(&datum, &facts, 80, 20, Theme::default()).0[1].contains(named), "{named}");
    }
}

#[test]
fn a_wide_screen_shows_all_panes() {
    let facts = fixture::facts();
    let (rows, seen) = drawn(&opened(&facts), &facts, 120, 32, Theme::default());
    let all = rows.join("\n");
    for pane in
        ["─ Inputs 0 ─", "─ Why did it fail? ─", "─ Outputs 2 ─", "─ Timing 2 ─", "─ Log ─", "─ Provenance ─"]
    {
        assert!(all.contains(pane), "{pane}\n{all}");
    }
    for said in ["command sh code/run.sh", "code code/run.sh", "fs/sub-2/a", "git:0101010101", "run r, try 2"]
    {
        assert!(all.contains(said), "{said}\n{all}");
    }
    assert!(seen.hits.len() >= 5 && seen.columns > 50);
}

#[test]
fn ascii_has_no_other_letters_of_its_own() {
    let facts = fixture::facts();
    let theme = Theme { is_ascii: true, ..Theme::default() };
    let mut datum = opened(&facts);
    for _ in Pane::ALL {
        datum.act(&facts, Action::NextPane, &Seen::default());
        let (rows, _) = drawn(&datum, &facts, 60, 16, theme);
        assert!(rows.iter().all(|row| row.is_ascii()), "{rows:?}");
        assert!(rows[0].starts_with(" x failed"));
    }
}

#[test]
fn logs_of_old_attempts_stay_reachable() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    assert_eq!(datum.off(&facts, Action::LaterAttempt).as_deref(), Some("this is the last attempt"));
    let effects = datum.act(&facts, Action::EarlierAttempt, &Seen::default());
    assert_eq!(logs_asked(&effects), [Some("runs/r/1.log".to_owned())]);
    assert!(drawn(&datum, &facts, 80, 20, Theme::default()).0[0].contains("attempt 1 of 2 · exit 3"));
    assert_eq!(datum.off(&facts, Action::EarlierAttempt).as_deref(), Some("this is the first attempt"));
    let opens = datum.act(&facts, Action::Log, &Seen::default());
    assert!(matches!(&opens[..], [Effect::OpenLog(source)] if *source == log_of("runs/r/1.log")));
    let text = LogText { path: "/state/runs/r/1.log".into(), ..LogText::default() };
    datum.take(&facts, &Answer::Log(log_of("runs/r/1.log"), Ok(text)));
    let pages = datum.act(&facts, Action::Pager, &Seen::default());
    assert!(matches!(&pages[..], [Effect::World(World::Page(path))] if path.ends_with("1.log")));
    let effects = datum.act(&facts, Action::LaterAttempt, &Seen::default());
    assert_eq!(logs_asked(&effects), [Some("runs/r/2.log".to_owned())]);
    assert_eq!(datum.off(&facts, Action::Pager).as_deref(), Some("there is no log yet"));
}

#[test]
fn what_runs_is_an_attempt_too_and_its_log_is_read_again() {
    let mut facts = fixture::facts();
    let hand = InHand { since_ms: facts.now_ms - 90_000, log: Some("runs/r/9.log".into()) };
    let key = ("fs".to_owned(), "sub-2".to_owned());
    let mut datum = opened(&facts);
    facts.run = Arc::new(RunProgress { running: BTreeMap::from([(key, hand)]), ..RunProgress::default() });
    facts.is_live = true;
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!(logs_asked(&datum.refresh(&facts)), [Some("runs/r/9.log".to_owned())]);
    let (rows, _) = drawn(&datum, &facts, 80, 20, Theme::default());
    assert_eq!(rows[0], " ▸ running   attempt 3 of 3 · running · 1m30");
    assert!(rows.iter().any(|row| row.contains("running for 1m30")));
    facts.now_ms += LOOK_MS;
    assert_eq!(datum.tick(&facts).len(), 1);
    assert!(datum.tick(&facts).is_empty());
    datum.take(&facts, &Answer::Log(log_of("runs/r/9.log"), Err(NoLog::Nothing)));
    assert!(
        drawn(&datum, &facts, 80, 20, Theme::default())
            .0
            .iter()
            .any(|line| line.contains("nothing printed yet"))
    );
    let opens = datum.act(&facts, Action::Log, &Seen::default());
    assert!(matches!(&opens[..], [Effect::OpenLog(LogSource { path: None, .. })]));
    // It ended, but its record is not read yet: what it said stays on the screen.
    (facts.run, facts.is_live) = (Arc::default(), false);
    datum.refresh(&facts);
    let rows = drawn(&datum, &facts, 80, 20, Theme::default()).0;
    assert!(rows[0].contains("attempt 3 of 3"), "{}", rows[0]);
    let mut recorded = view();
    recorded.attempts.push(recorded.attempts[1].clone());
    recorded.attempts[2]["log"] = "runs/r/9.log".into();
    recorded.attempts[2]["started_ms"] = (facts.now_ms - 91_000 - LOOK_MS + 1).into();
    give(&mut datum, &facts, recorded);
    let rows = drawn(&datum, &facts, 80, 20, Theme::default()).0;
    assert!(rows[0].contains("attempt 3 of 3 · exit 1 · 12s"), "{}", rows[0]);
}

#[test]
fn it_asks_anew_only_when_something_changed() {
    let mut facts = fixture::facts();
    let mut datum = opened(&facts);
    assert!(datum.refresh(&facts).is_empty());
    facts.snapshot = Arc::new((*facts.snapshot).clone());
    let effects = datum.refresh(&facts);
    assert!(matches!(&effects[0], Effect::World(World::Query(Query::Datum(..)))));
    assert!(datum.refresh(&facts).is_empty());
}

#[test]
fn a_done_datum_is_run_by_force_and_not_accepted() {
    let facts = fixture::facts();
    let (mut datum, _) = Datum::open("fs".into(), "sub-1".into(), &facts);
    let [Effect::AskRun(request)] = &datum.act(&facts, Action::Rerun, &Seen::default())[..] else {
        panic!("it asks")
    };
    assert!(request.force && !request.downstream && request.targets == ["fs:sub-1"]);
    assert!(datum.off(&facts, Action::Accept).expect("off").contains("it is done"));
    let mut failed = opened(&facts);
    let [Effect::AskRun(request)] = &failed.act(&facts, Action::RerunDownstream, &Seen::default())[..] else {
        panic!("it asks")
    };
    assert!(!request.force && request.downstream);
    assert_eq!(failed.off(&facts, Action::Accept), None);
    give(&mut failed, &facts, DatumView { is_acceptable: false, ..view() });
    assert!(failed.off(&facts, Action::Accept).expect("off").contains("no result of it stands"));
}

#[test]
fn brackets_go_to_the_neighbours() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let effects = datum.act(&facts, Action::Next, &Seen::default());
    assert!(matches!(&effects[..], [Effect::World(World::Query(Query::Datum(_, key)))] if key == "sub-3"));
    assert_eq!(
        (datum.off(&facts, Action::Next).as_deref(), datum.found().is_none()),
        (Some("this is the last datum"), true)
    );
    assert!(drawn(&datum, &facts, 80, 20, Theme::default()).0[3].contains("`raw/t1/sub-3` changed"));
    datum.act(&facts, Action::Previous, &Seen::default());
    datum.act(&facts, Action::Previous, &Seen::default());
    assert_eq!((datum.key.as_str(), datum.off(&facts, Action::Previous).is_some()), ("sub-1", true));
}

#[test]
fn brackets_follow_the_order_of_the_table_from_which_it_was_opened() {
    let facts = fixture::facts();
    let node = facts.snapshot.position("fs").expect("it is there");
    let table = Arc::clone(&facts.snapshot.nodes[node].table);
    let row = |key: &str| table.row_of(key).and_then(|row| u32::try_from(row).ok()).expect("a row");
    let rows = ["sub-3", "sub-2", "sub-1"].map(row).into();
    let mut datum = opened(&facts).among(Some(Order { table: Arc::clone(&table), rows }));
    assert_eq!(datum.beside(&facts), Some((Some("sub-3".into()), Some("sub-1".into()))));
    datum.act(&facts, Action::Next, &Seen::default());
    assert_eq!((datum.key.as_str(), datum.off(&facts, Action::Next).is_some()), ("sub-1", true));
    datum.act(&facts, Action::Previous, &Seen::default());
    assert_eq!(datum.key, "sub-2");
}

#[test]
fn results_are_opened_where_they_stand_together() {
    let outputs =
        |paths: &[&str]| paths.iter().map(|path| ((*path).to_owned(), String::new())).collect::<Vec<_>>();
    for (paths, expected) in [
        (&["fs/sub-2/a", "fs/sub-2/b"][..], Some("fs/sub-2")),
        (&["fs/a.txt"], Some("fs/a.txt")),
        (&["fs/a", "fs/ab"], Some("fs")),
        (&["a", "b"], Some(".")),
        (&[], None),
    ] {
        assert_eq!(together(&outputs(paths)).as_deref(), expected, "{paths:?}");
    }
}

#[test]
fn scrolling_stays_in_the_pane() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let seen = Seen { rows: 5, lines: 30, ..Seen::default() };
    datum.pane = Pane::Log;
    datum.act(&facts, Action::Down, &seen);
    assert_eq!(datum.scrolled(Pane::Log), 0);
    datum.act(&facts, Action::First, &seen);
    assert_eq!(datum.scrolled(Pane::Log), 25);
    datum.pane = Pane::Why;
    (0..99).for_each(|_| drop(datum.act(&facts, Action::Down, &seen)));
    datum.act(&facts, Action::Up, &seen);
    assert_eq!(datum.scrolled(Pane::Why), 24);
}

#[test]
fn contents_are_short() {
    for (content, short) in [
        ("git:0123456789abcdef0123456789abcdef01234567", "git:0123456789"),
        ("annex:MD5E-s3--900150983cd24fb0d6963f7d28e17f72.nii.gz", "MD5E:900150983c"),
        ("by name only", "by name only"),
    ] {
        assert_eq!(text::short(content), short);
    }
}

#[test]
fn hostile_names_reach_no_terminal() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let evil = "x\u{1b}]0;evil\u{7}\u{202e}\n";
    let mut hostile = view();
    (hostile.command, hostile.twins, hostile.code) = (evil.into(), vec![evil.into()], vec![evil.into()]);
    hostile.outputs = vec![(evil.into(), evil.into())];
    hostile.reasons = vec![Reason::Failed { message: evil.into(), is_cut_since: false }];
    hostile.attempts[1]["message"] = evil.into();
    give(&mut datum, &facts, hostile);
    for _ in Pane::ALL {
        datum.act(&facts, Action::NextPane, &Seen::default());
        let (rows, _) = drawn(&datum, &facts, 120, 32, Theme::default());
        assert!(
            rows.iter()
                .flat_map(|row| row.chars())
                .all(|letter| !letter.is_control() && letter != '\u{202e}')
        );
    }
}

#[test]
fn no_size_is_too_small() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    for _ in Pane::ALL {
        datum.act(&facts, Action::NextPane, &Seen::default());
        for (width, height) in
            (1..125).step_by(4).flat_map(|width| (1..40).step_by(3).map(move |height| (width, height)))
        {
            let (rows, _) = drawn(&datum, &facts, width, height, Theme::default());
            assert_eq!(rows.len(), usize::from(height));
        }
    }
}

#[test]
fn where_the_result_comes_from_stands_beside_all_else_and_is_asked_once() {
    let facts = fixture::facts();
    let mut datum = opened(&facts);
    let asks = |effects: &[Effect]| {
        let is_asked = |effect: &Effect| matches!(effect, Effect::World(World::Query(Query::Provenance(..))));
        effects.iter().filter(|effect| is_asked(effect)).count()
    };
    assert_eq!(asks(&give(&mut datum, &facts, view())), 0, "it was asked when the first answer came");
    let hop = |depth, names: &str, how: &str| ToldLine {
        depth,
        things: vec![0],
        names: names.into(),
        how: how.into(),
        commit: "51c0aa0".into(),
        ..ToldLine::default()
    };
    let lines = vec![hop(0, "fs/sub-2", "was made by fs,"), hop(1, "raw/t1/sub-2", "was brought by Ada,")];
    let traced = Traced { lines, ..Traced::default() };
    datum.take(&facts, &Answer::Provenance("fs:sub-2".into(), "HEAD".into(), Ok(Arc::new(traced))));
    let all = drawn(&datum, &facts, 120, 32, Theme::default()).0.join("\n");
    assert!(all.contains("fs/sub-2 was made by fs, 51c0aa0"), "{all}");
    assert!(all.contains("│   raw/t1/sub-2 was brought by Ada, 51c0aa0"), "{all}");
}
