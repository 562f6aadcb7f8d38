//! Datums by words of their keys, for the palette: a bounded search, beside the loop.

use crate::app::Snapshot;

/// So many datums are offered.
const MOST: usize = 30;

/// A text without the word at its front that names what is to be done, and whether that is a run.
pub(super) fn verb(text: &str) -> (bool, &str) {
    match text.split_once(' ') {
        Some(("rerun" | "run" | "retry", rest)) => (true, rest),
        Some(("go" | "open", rest)) => (false, rest),
        _ => (false, text),
    }
}

/// Datums whose pipeline and key hold all words of a text: pipeline, key and state. The shortest keys come first.
pub(super) fn datums(snapshot: &Snapshot, text: &str) -> Vec<(String, String, String)> {
    let words: Vec<String> =
        verb(text).1.split([' ', ':']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for node in &snapshot.nodes {
        let name = node.name.to_lowercase();
        let wanted: Vec<&String> = words.iter().filter(|word| !name.contains(word.as_str())).collect();
        // A word that only the pipeline holds does not mean each of its datums.
        if wanted.is_empty() {
            continue;
        }
        let holds = |row: &usize| {
            let key = node.table.key(*row).to_lowercase();
            wanted.iter().all(|word| key.contains(word.as_str()))
        };
        let rows = (0..node.table.len()).filter(holds).take(MOST);
        found.extend(rows.map(|row| {
            let state = node.table.states.get(row).map_or("", |state| state.word());
            (node.name.clone(), node.table.key(row).to_owned(), state.replace('_', " "))
        }));
    }
    found.sort_by_key(|(_, key, _)| key.len());
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    #[test]
    fn keys_are_found_by_words_and_never_all_of_a_pipeline() {
        let snapshot = fixture::facts().snapshot;
        let found = |text: &str| -> Vec<String> {
            datums(&snapshot, text)
                .into_iter()
                .map(|(pipeline, key, _)| format!("{pipeline}:{key}"))
                .collect()
        };
        assert_eq!(found("b-2"), ["fs:sub-2"]);
        assert_eq!(found("fs:sub-3"), ["fs:sub-3"]);
        assert_eq!((found("rerun fs:sub-3"), found("go b-2")), (found("fs:sub-3"), found("b-2")));
        assert_eq!((found("rerun sub-9"), found("rerun")), (Vec::new(), Vec::new()));
        assert_eq!(found("SUB").len(), 3);
        assert_eq!((found("fs"), found(""), found("zz")), (Vec::new(), Vec::new(), Vec::new()));
    }
}
