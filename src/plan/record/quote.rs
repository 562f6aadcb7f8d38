//! Words of the shell script in a record: paths, and texts with `/pfs` in them.

use crate::model::{PFS, literal, pfs_positions, push_literal};

/// `text` as one shell word in which every leading `/pfs` became the value of `$PFS`.
///
/// `$PFS` stands unquoted: the script makes sure that its value holds nothing a shell would split
/// or expand.
pub(super) fn placed(text: &str) -> String {
    let mut word = String::new();
    let mut done = 0;
    for at in pfs_positions(text) {
        push_literal(&mut word, &text[done..at]);
        word.push_str("$PFS");
        done = at + PFS.len();
    }
    push_literal(&mut word, &text[done..]);
    if word.is_empty() { "''".to_owned() } else { word }
}

/// A path below the dataset's root as one shell word that no program takes for an option.
pub(super) fn path(text: &str) -> String {
    if text.starts_with('-') { literal(&format!("./{text}")) } else { literal(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn shell(word: &str) -> String {
        let script = format!("printf '%s.' {word}");
        let output = Command::new("sh").args(["-c", &script]).env("PFS", "/w/pfs").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn words_are_short_where_they_can_be() {
        assert_eq!(placed("/pfs/t1/a.nii"), "$PFS/t1/a.nii");
        assert_eq!(placed("cat /pfs/a"), "'cat '$PFS/a");
        assert_eq!(literal("it's"), r"'it'\''s'");
        assert_eq!((placed(""), path("-x")), ("''".to_owned(), "./-x".to_owned()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_arrives_unchanged(text in "[^\0]{0,20}|[ '\"$\\\\{}*?\n`~#/pfs=]{0,20}") {
            prop_assert_eq!(shell(&literal(&text)), format!("{text}."));
        }

        #[test]
        fn any_text_arrives_with_the_folder_in_place(
            parts in proptest::collection::vec("/pfs|/pfs/x|[ '\"$\\\\{}\n`=:a-c]{0,5}", 0..6),
        ) {
            let text = parts.concat();
            let mut expected = text.clone();
            for at in pfs_positions(&text).collect::<Vec<_>>().into_iter().rev() {
                expected.replace_range(at..at + 4, "/w/pfs");
            }
            prop_assert_eq!(shell(&placed(&text)), format!("{expected}."));
        }
    }
}
