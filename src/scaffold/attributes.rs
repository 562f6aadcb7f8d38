//! The managed block of `.gitattributes` that takes outputs out of text merging and conversion.
//!
//! Git would merge two result files line by line, and store others with converted line ends: results that
//! nobody computed.

use std::collections::BTreeSet;

pub use crate::ledger::OUTPUTS_END;
use crate::ledger::result_rules;

/// The line that begins the block.
pub const OUTPUTS_BEGIN: &str = "# minipach: results are computed, never merged (this block is managed)";

/// The block for these pipelines, each once, in the order given, ending with a line end.
pub fn outputs_block<'a>(pipelines: impl IntoIterator<Item = &'a str>) -> String {
    let mut lines = vec![OUTPUTS_BEGIN.to_owned()];
    let mut named = BTreeSet::new();
    for pipeline in pipelines.into_iter().filter(|pipeline| named.insert(*pipeline)) {
        lines.extend(result_rules(pipeline));
    }
    lines.push(OUTPUTS_END.to_owned());
    lines.join("\n") + "\n"
}

/// A `.gitattributes` text with its block replaced, or with the block added at the end.
/// Everything outside the block stays as it is; a block without an end reaches to the end of the text.
pub fn with_outputs_block<'a>(text: &str, pipelines: impl IntoIterator<Item = &'a str>) -> String {
    let block = outputs_block(pipelines);
    let Some((before, rest)) = split_line(text, OUTPUTS_BEGIN) else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}{block}");
    };
    let after = split_line(rest, OUTPUTS_END).map_or("", |(_, after)| after);
    format!("{before}{block}{after}")
}

/// Three texts of a merge (what both were, ours, theirs), each with the block that the merge comes to: what either side
/// named, without what one of them named no more. `None` where none of them has a block.
pub fn with_one_block(base: &str, ours: &str, theirs: &str) -> Option<[String; 3]> {
    if ![base, ours, theirs].iter().any(|text| split_line(text, OUTPUTS_BEGIN).is_some()) {
        return None;
    }
    let [old, mine, new] = [base, ours, theirs].map(pipelines_of);
    let stays = |name: &&&str| !old.contains(name) || (mine.contains(name) && new.contains(name));
    let names: Vec<&str> = mine.iter().chain(&new).filter(stays).copied().collect();
    Some([base, ours, theirs].map(|text| with_outputs_block(text, names.iter().copied())))
}

/// The pipelines that the block of a text names, in order.
pub(super) fn pipelines_of(text: &str) -> Vec<&str> {
    let block = split_line(text, OUTPUTS_BEGIN).map_or("", |(_, rest)| rest);
    let block = split_line(block, OUTPUTS_END).map_or(block, |(block, _)| block);
    // Older blocks say no more than `-merge`.
    block.lines().filter_map(|line| Some(line.strip_prefix('/')?.rsplit_once("/** -merge")?.0)).collect()
}

/// The text before and after a line.
fn split_line<'a>(text: &'a str, wanted: &str) -> Option<(&'a str, &'a str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == wanted {
            return Some((&text[..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_added_once_and_then_replaced() {
        let first = with_outputs_block("*.md text", ["fs"]);
        assert_eq!(first, format!("*.md text\n{}", outputs_block(["fs"])));
        let more = format!("{first}*.png binary\n");
        let second = with_outputs_block(&more, ["fs", "proc/stats"]);
        assert_eq!(second, format!("*.md text\n{}*.png binary\n", outputs_block(["fs", "proc/stats"])));
        assert_eq!(with_outputs_block(&second, ["fs", "proc/stats"]), second);
    }

    #[test]
    fn blocks_of_a_merge_become_one() {
        let block = |names: &[&'static str]| outputs_block(names.iter().copied());
        let sides = [block(&["a", "gone"]), block(&["a", "gone", "mine"]), block(&["a", "new"])];
        let made = with_one_block(&sides[0], &sides[1], &sides[2]).expect("there are blocks");
        assert_eq!(
            made,
            [block(&["a", "mine", "new"]), block(&["a", "mine", "new"]), block(&["a", "mine", "new"])]
        );
        assert_eq!(with_one_block("a\n", "b\n", "c\n"), None);
    }

    #[test]
    fn a_block_without_an_end_is_closed() {
        let torn = format!("a b\n{OUTPUTS_BEGIN}\n/x/** -merge\n");
        assert_eq!(with_outputs_block(&torn, ["fs"]), format!("a b\n{}", outputs_block(["fs"])));
    }
}
