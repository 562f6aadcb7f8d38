//! The `$PFS` place: where no sandbox puts the farm at `/pfs`, the path is rewritten instead.

use crate::model::{PFS, pfs_positions};

/// Replaces `/pfs` wherever it begins a word and a path by `pfs`.
///
/// [`pfs_positions`] says where.
///
/// ```
/// # use minipach::exec::rewrite;
/// assert_eq!(rewrite("cat '/pfs/in/a' >/pfs/out/b", "/w/pfs"), "cat '/w/pfs/in/a' >/w/pfs/out/b");
/// ```
pub fn rewrite(text: &str, pfs: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for at in pfs_positions(text) {
        out.push_str(&text[copied..at]);
        out.push_str(pfs);
        copied = at + PFS.len();
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rewrites_only_paths_that_begin_there() {
        for (text, want) in [
            ("/pfs", "/W"),
            ("/pfs/", "/W/"),
            ("ls /pfs /pfs/in", "ls /W /W/in"),
            ("if=/pfs/in/a of=/pfs/out", "if=/W/in/a of=/W/out"),
            ("x:/pfs/a:/pfs/b", "x:/W/a:/W/b"),
            ("f('/pfs/a',\"/pfs/b\")", "f('/W/a',\"/W/b\")"),
            ("<(/pfs/a);/pfs/b&`/pfs/c`|/pfs/d", "<(/W/a);/W/b&`/W/c`|/W/d"),
            ("{\\\"in\\\": \\\"/pfs/a\\\"}", "{\\\"in\\\": \\\"/W/a\\\"}"),
            ("[/pfs/a,/pfs/b]", "[/W/a,/W/b]"),
            ("${X:-/pfs/a}", "${X:-/W/a}"),
            ("/data/pfs/x", "/data/pfs/x"),
            ("$ROOT/pfs/x ${ROOT}/pfs \"$ROOT\"/pfs", "$ROOT/pfs/x ${ROOT}/pfs \"$ROOT\"/pfs"),
            ("/pfs2 /pfs-old /pfs.txt /pfs_x/a", "/pfs2 /pfs-old /pfs.txt /pfs_x/a"),
            ("/pfs/in/pfs/x", "/W/in/pfs/x"),
            ("http://pfs/x ../pfs/x ~/pfs", "http://pfs/x ../pfs/x ~/pfs"),
            ("é/pfs/x", "é/pfs/x"),
        ] {
            assert_eq!(rewrite(text, "/W"), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn same_path_changes_nothing(text in "[ a-z/\"'=$:pfs]{0,40}") {
            prop_assert_eq!(rewrite(&text, "/pfs"), text);
        }

        #[test]
        fn twice_is_once(text in "[ a/\"'=:pfs]{0,40}") {
            let once = rewrite(&text, "/W");
            prop_assert_eq!(rewrite(&once, "/W"), once);
        }
    }
}
