//! What a subdataset's commit is in the project around it: the same command, run in that folder.

use std::collections::BTreeMap;

use serde_json::Value;

use super::message::{double_braces, escape_glob, one_line, whole};
use super::read::json_of;
use super::{PIPELINE_TRAILER, PREFIX, SUBDATASET_TRAILER, literal};

/// Whether a run made the commit of a message: of results, or of a subdataset with results.
pub fn is_own(message: &str) -> bool {
    let is_ours = |line: &str| {
        let key = line.split_once(": ").map(|(key, _)| key);
        key.is_some_and(|key| key == PIPELINE_TRAILER || key == SUBDATASET_TRAILER)
    };
    message.lines().rev().take_while(|line| !line.is_empty()).any(is_ours)
}

/// Whether the commit of a message is one of results of `pipeline`.
pub fn is_of(message: &str, pipeline: &str) -> bool {
    let is_wanted = |line: &str| line.split_once(": ") == Some((PIPELINE_TRAILER, pipeline));
    message.lines().rev().take_while(|line| !line.is_empty()).any(is_wanted)
}

/// The message of the commit that records a subdataset's commit with the message `inner`, in a project whose id as a
/// dataset is `dsid`, if it is one. A run's record there is one here too: the command begins in that folder, by itself,
/// since `DataLad` finds no folder for it where the subdataset is not installed yet.
pub fn above(inner: &str, subdataset: &str, dsid: Option<&str>) -> Vec<u8> {
    let first = inner.lines().next().unwrap_or_default();
    let subject = format!("{subdataset}: {}", one_line(first.strip_prefix(PREFIX).unwrap_or(first)));
    let trailer = (SUBDATASET_TRAILER.to_owned(), subdataset.to_owned());
    match record_above(inner, subdataset, dsid) {
        Some(record) => whole(&subject, &record, &[trailer]),
        None => format!("{subject}\n\n{}: {}\n", trailer.0, trailer.1).into_bytes(),
    }
}

fn record_above(inner: &str, subdataset: &str, dsid: Option<&str>) -> Option<BTreeMap<String, Value>> {
    let json = json_of(inner).filter(|_| inner.starts_with(PREFIX) && is_own(inner))?;
    let mut record: BTreeMap<String, Value> = serde_json::from_str(json).ok()?;
    let cmd = record.get("cmd")?.as_str()?;
    let begin = double_braces(&format!("cd {} || exit\n", literal(&format!("./{subdataset}"))));
    record.insert("cmd".into(), format!("{begin}{cmd}").into());
    for list in ["extra_inputs", "inputs", "outputs"] {
        let paths = record.get(list)?.as_array()?.iter().filter_map(Value::as_str);
        let paths: Vec<String> = paths.map(|path| format!("{}/{path}", escape_glob(subdataset))).collect();
        record.insert(list.into(), paths.into());
    }
    match dsid {
        Some(dsid) => record.insert("dsid".into(), dsid.into()),
        None => record.remove("dsid"),
    };
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &str = "[DATALAD RUNCMD] fs: 1 datum\n\n=== Do not change lines below ===\n{\n \"cmd\": \"true\",\n \
                         \"dsid\": \"f768\",\n \"extra_inputs\": [],\n \"inputs\": [\n  \"raw/*\"\n ],\n \"outputs\": [],\n \
                         \"pwd\": \".\"\n}\n^^^ Do not change lines above ^^^\n\nMinipach-Pipeline: fs\n";

    fn told(inner: &str, dsid: Option<&str>) -> String {
        String::from_utf8(above(inner, "derived", dsid)).unwrap()
    }

    #[test]
    fn a_record_begins_in_the_subdataset() {
        let once = told(INNER, Some("0815"));
        let begin = "[DATALAD RUNCMD] derived: fs: 1 datum\n\n=== Do not change lines below ===\n{\n \"cmd\": \"cd ./derived || exit\\ntrue\",\n \
                     \"dsid\": \"0815\",\n \"extra_inputs\": [],\n \"inputs\": [\n  \"derived/raw/*\"\n ],\n";
        assert!(once.starts_with(begin), "{once}");
        let end = " \"pwd\": \".\"\n}\n^^^ Do not change lines above ^^^\n\nMinipach-Subdataset: derived\n";
        assert!(once.ends_with(end), "{once}");
        let twice = told(&once, None);
        assert!(twice.contains("\"cd ./derived || exit\\ncd ./derived || exit\\ntrue\""), "{twice}");
        assert!(twice.contains("derived/derived/raw/*") && !twice.contains("dsid"), "{twice}");
    }

    #[test]
    fn what_has_no_record_of_a_run_has_none_above() {
        assert_eq!(
            told("fs: 1 result accepted\n\nMinipach-Pipeline: fs\n", None),
            "derived: fs: 1 result accepted\n\nMinipach-Subdataset: derived\n"
        );
        let foreign = INNER.replace("Minipach-Pipeline", "Signed-off-by");
        assert_eq!(told(&foreign, None), "derived: fs: 1 datum\n\nMinipach-Subdataset: derived\n");
    }

    #[test]
    fn knows_its_own() {
        assert!(is_own(INNER) && is_own(&told(INNER, None)));
        assert!(!is_own("save\n\nMinipach-Pipeline: fs\n\nbut this is no trailer\n") && !is_own("save"));
    }
}
