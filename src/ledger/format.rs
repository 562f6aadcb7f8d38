//! The text of a ledger file: a version line, work lines, and one line per result.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::works::{DamagedLine, LedgerDamage, WorkFields};
use super::{LedgerError, compact, scan};
use crate::model::{DatumId, KnownInput, KnownOutput, KnownResult, Place, WorkId};

/// The newest format that is understood, and the one that is written.
pub(super) const VERSION: u64 = 1;

pub(super) const HEADER: &str = "{\"minipach\":\"ledger\",\"version\":1}\n";

/// What the lines of one or several files say, in their order.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) results: Vec<KnownResult>,
    pub(super) works: Vec<(WorkId, WorkFields)>,
    pub(super) damage: LedgerDamage,
    /// Whether some line does not stand as it would be written, or a file as [`super::tidy`] wants it.
    pub(super) is_untidy: bool,
}

/// The general form of a result line; fields that are not known are ignored.
#[derive(Deserialize)]
struct ResultLine {
    key: Box<str>,
    id: DatumId,
    work: WorkId,
    place: Place,
    #[serde(with = "compact::inputs")]
    inputs: Vec<KnownInput>,
    #[serde(with = "compact::outputs")]
    outputs: Vec<KnownOutput>,
}

/// The written form of a result line; the order of fields is part of the format.
#[derive(Serialize)]
struct ResultLineRef<'a> {
    key: &'a str,
    id: DatumId,
    work: WorkId,
    place: Place,
    #[serde(serialize_with = "compact::inputs::serialize")]
    inputs: &'a [KnownInput],
    #[serde(serialize_with = "compact::outputs::serialize")]
    outputs: &'a [KnownOutput],
}

#[derive(Deserialize)]
struct Header {
    minipach: String,
    version: u64,
}

/// Reads one file's bytes. Lines that are not understood are counted and passed over.
///
/// # Errors
/// [`LedgerError::Newer`] when a version line names a newer format.
pub(super) fn parse(path: &str, bytes: &[u8], parsed: &mut Parsed) -> Result<(), LedgerError> {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.split('\n').try_for_each(|line| parse_line(path, line, parsed));
    }
    for line in bytes.split(|byte| *byte == b'\n') {
        match str::from_utf8(line) {
            Ok(line) => parse_line(path, line, parsed)?,
            Err(_) => parsed.damage.foreign += 1,
        }
    }
    Ok(())
}

/// The lines of one file's bytes that are passed over: their numbers, from 1, and the bytes that they are, with their ends.
pub(super) fn damaged_lines(path: &str, bytes: &[u8]) -> Vec<DamagedLine> {
    let mut found = Vec::new();
    let mut start = 0;
    for (before, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = start + line.len();
        let mut parsed = Parsed::default();
        // A file in a newer format was refused before.
        let is_read = parse(path, line, &mut parsed).is_ok() && parsed.damage.is_none();
        if !is_read {
            found.push(DamagedLine { line: before + 1, start, end });
        }
        start = end;
    }
    found
}

fn parse_line(path: &str, line: &str, parsed: &mut Parsed) -> Result<(), LedgerError> {
    if let Some(result) = scan::result(line) {
        parsed.results.push(result);
        return Ok(());
    }
    let line = line.strip_suffix('\r').unwrap_or(line);
    if let Some(result) = general_result(line) {
        parsed.results.push(result);
        parsed.is_untidy = true;
    } else if let Some(work) = work_line(line) {
        parsed.works.push(work);
    } else if is_conflict_marker(line) {
        parsed.damage.conflict_markers += 1;
    } else if let Some(version) = version_line(line) {
        check_version(path, version)?;
    } else if !line.trim().is_empty() {
        parsed.damage.foreign += 1;
    }
    Ok(())
}

fn general_result(line: &str) -> Option<KnownResult> {
    // Cheaper than letting the parser find out on each work line.
    if line.starts_with("{\"work\"") || !line.starts_with('{') {
        return None;
    }
    let ResultLine { key, id, work, place, inputs, outputs } = serde_json::from_str(line).ok()?;
    Some(KnownResult { key, id, work, inputs, outputs, place })
}

fn work_line(line: &str) -> Option<(WorkId, WorkFields)> {
    let mut fields: WorkFields = serde_json::from_str(line).ok()?;
    if fields.contains_key("key") {
        return None;
    }
    let Value::String(id) = fields.remove("work")? else { return None };
    Some((id.parse().ok()?, fields))
}

fn version_line(line: &str) -> Option<u64> {
    let header: Header = serde_json::from_str(line).ok()?;
    (header.minipach == "ledger").then_some(header.version)
}

fn check_version(path: &str, version: u64) -> Result<(), LedgerError> {
    if version > VERSION {
        return Err(LedgerError::Newer { path: path.to_owned(), version, ours: VERSION });
    }
    Ok(())
}

fn is_conflict_marker(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
}

/// The bytes of one file: version line, works by id, results in the order given.
pub(super) fn file_bytes<'a>(
    works: impl Iterator<Item = (&'a WorkId, &'a WorkFields)>,
    results: impl Iterator<Item = &'a KnownResult>,
) -> Vec<u8> {
    let mut out = HEADER.as_bytes().to_vec();
    for (id, fields) in works {
        out.extend_from_slice(work_text(*id, fields).as_bytes());
        out.push(b'\n');
    }
    for result in results {
        push_result(&mut out, result);
    }
    out
}

/// A work line without its newline: `{"work":"…"` and then the fields in byte order of name.
pub(super) fn work_text(id: WorkId, fields: &WorkFields) -> String {
    let body = Value::Object(fields.clone()).to_string();
    let separator = if fields.is_empty() { "" } else { "," };
    format!("{{\"work\":\"{id}\"{separator}{}", &body[1..])
}

fn push_result(out: &mut Vec<u8>, result: &KnownResult) {
    let KnownResult { key, id, work, inputs, outputs, place } = result;
    let line = ResultLineRef { key, id: *id, work: *work, place: *place, inputs, outputs };
    serde_json::to_writer(&mut *out, &line).expect("writing plain values to memory cannot fail");
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AnnexedFile, ContentId, Kind, Oid, OutFile};

    fn content() -> impl Strategy<Value = ContentId> {
        prop_oneof![
            any::<[u8; 20]>().prop_map(|bytes| ContentId::Git(Oid(bytes))),
            any::<[u8; 32]>().prop_map(ContentId::Folder),
            "\\PC{1,20}".prop_map(|key| ContentId::Annex(key.into())),
        ]
    }

    fn text() -> impl Strategy<Value = Box<str>> {
        prop_oneof![".{0,12}", "[a-z0-9/\"\\\\\n\t-]{0,20}"].prop_map(Into::into)
    }

    fn output() -> impl Strategy<Value = KnownOutput> {
        let file = (text(), text(), any::<bool>(), content());
        let file = file.prop_map(|(path, key, exec, content)| AnnexedFile { path, key, exec, content });
        let annexed = proptest::collection::vec(file, 0..3);
        let kinds = proptest::sample::select(vec![Kind::File, Kind::Exec, Kind::Link]);
        let packed = (text(), kinds, content());
        let packed = packed.prop_map(|(path, kind, content)| OutFile { path, kind, content });
        let packed = proptest::collection::vec(packed, 0..3);
        (text(), content(), any::<bool>(), annexed, packed).prop_map(
            |(path, content, exec, annexed, packed)| KnownOutput {
                path,
                content,
                exec,
                annexed,
                packed: packed.into(),
            },
        )
    }

    fn input() -> impl Strategy<Value = KnownInput> {
        (text(), text(), proptest::option::of(content())).prop_map(|(name, path, content)| KnownInput {
            name,
            path,
            content,
        })
    }

    pub(crate) fn result() -> impl Strategy<Value = KnownResult> {
        let places =
            proptest::sample::select(vec![Place::Env, Place::Sandbox, Place::Container, Place::None]);
        let ids = (any::<[u8; 32]>(), any::<[u8; 32]>());
        let lists = (proptest::collection::vec(input(), 0..4), proptest::collection::vec(output(), 0..4));
        (text(), ids, lists, places).prop_map(|(key, (id, work), (inputs, outputs), place)| KnownResult {
            key,
            id: DatumId(id),
            work: WorkId(work),
            inputs,
            outputs,
            place,
        })
    }

    proptest! {
        #[test]
        fn both_readers_take_what_is_written(result in result()) {
            let mut out = Vec::new();
            push_result(&mut out, &result);
            let line = String::from_utf8(out).unwrap();
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(scan::result(line.trim_end_matches('\n')), Some(result.clone()));
            prop_assert_eq!(general_result(&line), Some(result));
        }

        #[test]
        fn a_file_cut_anywhere_keeps_every_whole_line(
            results in proptest::collection::vec(result(), 1..5),
            at in any::<usize>(),
        ) {
            let bytes = file_bytes(std::iter::empty(), results.iter());
            let cut = at % (bytes.len() + 1);
            let mut parsed = Parsed::default();
            parse("x", &bytes[..cut], &mut parsed).unwrap();
            let whole = bytes[..cut].split(|byte| *byte == b'\n').count().saturating_sub(2);
            // A last line that lacks only its newline is whole too.
            prop_assert!((whole..=whole + 1).contains(&parsed.results.len()));
            prop_assert_eq!(&parsed.results[..], &results[..parsed.results.len()]);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut parsed = Parsed::default();
            drop(parse("x", &bytes, &mut parsed));
        }

        #[test]
        fn a_damaged_line_is_never_a_panic(result in result(), at in any::<usize>(), byte in any::<u8>()) {
            let mut out = Vec::new();
            push_result(&mut out, &result);
            let at = at % out.len();
            out[at] = byte;
            let mut parsed = Parsed::default();
            drop(parse("x", &out, &mut parsed));
        }
    }

    fn read(text: &str) -> Parsed {
        let mut parsed = Parsed::default();
        parse("fs.jsonl", text.as_bytes(), &mut parsed).unwrap();
        parsed
    }

    const LINE: &str = concat!(
        r#"{"key":"sub-01","id":"1111111111111111111111111111111111111111111111111111111111111111","#,
        r#""work":"2222222222222222222222222222222222222222222222222222222222222222","place":"env","#,
        r#""inputs":[["t1","raw/t1/sub-01","git:3333333333333333333333333333333333333333"],["atlas","raw/atlas"]],"#,
        r#""outputs":[["sub-01","git:4444444444444444444444444444444444444444","x"]]}"#,
    );

    #[test]
    fn the_format_is_this() {
        let parsed = read(LINE);
        assert_eq!(parsed.damage, LedgerDamage::default());
        let bytes = file_bytes(std::iter::empty(), parsed.results.iter());
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("{HEADER}{LINE}\n"));
    }

    #[test]
    fn other_spellings_and_later_fields_are_read() {
        let spaced = LINE.replace("\":", "\" : ").replace(r#""place""#, r#""since":9,"place""#);
        let longer = LINE.replace(r#","x"]]"#, r#","x",{"new":1}]]"#);
        let text = format!("{spaced}\r\n{longer}\n\n");
        let parsed = read(&text);
        assert_eq!((parsed.results.len(), parsed.damage.foreign), (2, 0));
        assert!(parsed.results.iter().all(|result| *result == read(LINE).results[0]));
    }

    #[test]
    fn markers_and_foreign_lines_are_counted() {
        let text = format!("<<<<<<< ours\n{LINE}\n=======\n{LINE}\n>>>>>>> theirs\nhello\n{{\"a\":1}}\n");
        let parsed = read(&text);
        assert_eq!(parsed.results.len(), 2);
        assert_eq!(parsed.damage, LedgerDamage { foreign: 2, conflict_markers: 3 });
    }

    #[test]
    fn bytes_that_are_no_text_cost_only_their_line() {
        let mut bytes = format!("{LINE}\n").into_bytes();
        bytes.extend(b"\xff\xfe\n");
        bytes.extend(LINE.as_bytes());
        let mut parsed = Parsed::default();
        parse("x", &bytes, &mut parsed).unwrap();
        assert_eq!((parsed.results.len(), parsed.damage.foreign), (2, 1));
    }

    #[test]
    fn lines_that_are_passed_over_have_numbers() {
        let mut bytes = format!("{HEADER}hello\n{LINE}\n\n").into_bytes();
        bytes.extend(b"\xff\n=======");
        let (first, second) = (HEADER.len(), HEADER.len() + "hello\n".len() + LINE.len() + 2);
        let place = |line, start, length| DamagedLine { line, start, end: start + length };
        assert_eq!(
            damaged_lines("x", &bytes),
            [place(2, first, 6), place(5, second, 2), place(6, second + 2, 7)]
        );
        assert_eq!(damaged_lines("x", format!("{HEADER}{LINE}\r\n").as_bytes()), []);
    }

    #[test]
    fn a_newer_version_is_refused_with_its_number() {
        let mut parsed = Parsed::default();
        let refused =
            parse("fs.jsonl", b"{\"minipach\":\"ledger\",\"version\":7}\n", &mut parsed).unwrap_err();
        assert!(refused.to_string().contains("`fs.jsonl` is in format 7"), "{refused}");
        parse("fs.jsonl", format!("{HEADER}{HEADER}").as_bytes(), &mut parsed).unwrap();
    }

    #[test]
    fn works_stand_with_fields_in_order_of_name() {
        // Also fails if a dependency switches on `serde_json/preserve_order`.
        let fields: WorkFields =
            serde_json::from_str(r#"{"stdin":["a"],"cmd":["sh"],"env":{"B":"1","A":"2"}}"#).unwrap();
        let line = work_text(WorkId([0x22; 32]), &fields);
        assert_eq!(&line[74..], r#","cmd":["sh"],"env":{"A":"2","B":"1"},"stdin":["a"]}"#);
        assert_eq!(read(&line).works, [(WorkId([0x22; 32]), fields)]);
        let bare = work_text(WorkId([1; 32]), &WorkFields::new());
        assert_eq!(read(&bare).works, [(WorkId([1; 32]), WorkFields::new())]);
    }
}
