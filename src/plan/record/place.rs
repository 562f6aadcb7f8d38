//! Where a text names `/pfs`: the places that become the work folder when there is no real `/pfs`.

/// Byte positions in `text` where a word begins with `/pfs` as a whole path component.
///
/// A word begins at the start of the text or after white space, a quote or shell punctuation, so
/// `/data/pfs/x` and `/pfsx` stay as they are.
pub fn pfs_positions(text: &str) -> Vec<usize> {
    let starts = |at: usize| text[..at].chars().next_back().is_none_or(begins_word);
    let ends = |at: usize| text[at + PFS.len()..].chars().next().is_none_or(ends_component);
    text.match_indices(PFS).map(|(at, _)| at).filter(|&at| starts(at) && ends(at)).collect()
}

/// The folder that holds a datum's inputs and `out`, as specs write it.
pub(super) const PFS: &str = "/pfs";

fn begins_word(before: char) -> bool {
    before.is_whitespace() || "'\"`=:,;|&()<>{[!^".contains(before)
}

fn ends_component(after: char) -> bool {
    !(after.is_alphanumeric() || "_.-+@%~".contains(after))
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
            ("é/pfs {/pfs/x}", vec![8]),
        ] {
            assert_eq!(pfs_positions(text), expected, "{text}");
        }
    }
}
