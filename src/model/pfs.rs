//! Where a text names `/pfs`: the places that become the work folder when there is no real `/pfs`.

/// The folder that holds a datum's inputs and `out`, as specs write it.
pub const PFS: &str = "/pfs";

/// Byte positions in `text` where a word begins with `/pfs` as a whole path component.
///
/// `/pfs` counts at the start of a word (after the start of the text, white space, a quote that
/// opens a word, or one of ``=:,(<>|;&`{[`` and `:-`), when `/` or the end of the word follows:
/// `/data/pfs/x`, `$ROOT/pfs` and `/pfs2` stay.
pub fn pfs_positions(text: &str) -> impl Iterator<Item = usize> {
    let found = text.match_indices(PFS).map(|(at, _)| at);
    found.filter(|&at| begins_word(&text[..at]) && ends_name(&text[at + PFS.len()..]))
}

/// Whether a word can begin after `before`. A quote that closes a word (`"$ROOT"/pfs`) begins none.
fn begins_word(before: &str) -> bool {
    let bare = before.trim_end_matches(['"', '\'', '\\']);
    if bare.ends_with(":-") || bare.ends_with(":+") {
        return true; // a shell's default: `${X:-/pfs/a}`
    }
    bare.chars().next_back().is_none_or(|c| c.is_whitespace() || "=:,(<>|;&`{[".contains(c))
}

/// Whether the name `/pfs` is complete, so that `rest` is not more of the same name.
fn ends_name(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| c == '/' || c.is_whitespace() || "\"'\\=:,()<>|;&`{}[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_leading_components_count() {
        for (text, expected) in [
            ("/pfs/out", vec![0]),
            ("/pfs", vec![0]),
            ("cp /pfs/a /pfs/out/", vec![3, 10]),
            ("x=\"/pfs\"", vec![3]),
            ("PATH=/bin:/pfs/bin", vec![10]),
            ("/data/pfs/x", vec![]),
            ("/pfsx /pfs-1 a/pfs", vec![]),
            ("\"$ROOT\"/pfs", vec![]),
            ("${X:-/pfs/a}", vec![5]),
            ("é/pfs {/pfs/x}", vec![8]),
        ] {
            assert_eq!(pfs_positions(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
