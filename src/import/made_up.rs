//! Sources made up by chance: whatever stands in one, reading it ends with a report or with a sentence.

use proptest::prelude::*;

use super::source::Held;
use super::{Kind, Source, Wishes, import};

/// Good sources, to be spoilt.
const GOOD: &[(Kind, &str)] = &[
    (Kind::Pachyderm, include_str!("samples/specs.json")),
    (Kind::Dvc, include_str!("samples/dvc.yaml")),
    (Kind::Make, include_str!("samples/Makefile")),
    (Kind::Dockerfile, include_str!("samples/Dockerfile")),
    (Kind::Shell, include_str!("samples/job.sh")),
    (Kind::Shell, include_str!("samples/loop.sh")),
    (Kind::Snakemake, include_str!("samples/Snakefile")),
    (Kind::Compose, include_str!("samples/compose.yml")),
];

/// Pieces that readers stumble over.
const PIECES: &[&str] = &[
    "$(",
    ")",
    "${",
    "}",
    "$$",
    "%",
    "\t",
    "\n",
    ":",
    "=",
    "*",
    "'",
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "&a ",
    "*a",
    "é",
    "\u{e000}",
    "#",
    "..",
    "/",
    "-",
    "$@",
    "<<",
    "ifeq (a,b)\n",
    "endif\n",
    "define x\n",
    "include Makefile\n",
    "foreach: ${item}\n",
    "\0",
    "|",
    "(*)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_source_breaks_a_reader(which in 0..GOOD.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..12usize), 0..6)) {
        let (kind, good) = GOOD[which];
        let mut text = good.to_owned();
        for (at, piece, gone) in edits {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = at.index(starts.len());
            let end = (at + gone).min(starts.len() - 1);
            text.replace_range(starts[at]..starts[end], PIECES[piece]);
        }
        let facts = Held::new(&[("in/a.csv", ""), ("in/b.csv", ""), ("code/run.sh", "out/a.txt"), ("params.yaml", "n: 1\nk: [a, b]\n"), ("Makefile", "x: y\n")]);
        let source = Source { path: "source".into(), text, ..Source::default() };
        if let Ok(first) = import(&[(kind, source.clone())], &[], &facts, &Wishes::default()) {
            let again = import(&[(kind, source)], &[], &facts, &Wishes::default());
            prop_assert_eq!(Ok(first), again);
        }
    }
}
