//! `Growing`: a pipeline's ledger as the parts of a job's commit have it, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{Form, PipelineLedger, WorkFields, path_for, render};
use crate::model::{KnownResult, PipelineName, WorkId};

/// Files by path from the root: their bytes, or `None` for those to be removed.
pub(super) type Files = BTreeMap<String, Option<Vec<u8>>>;

/// A ledger by the files it stands in, so that a part costs what it changes and not what all of it has.
pub(super) struct Growing<'a> {
    name: &'a PipelineName,
    form: Form,
    files: BTreeMap<String, PipelineLedger>,
    is_begun: bool,
}

impl<'a> Growing<'a> {
    /// As HEAD has it, in the form that it is to have.
    pub(super) fn new(name: &'a PipelineName, form: Form, known: &PipelineLedger) -> Self {
        let mut lines: BTreeMap<String, Vec<KnownResult>> = BTreeMap::new();
        for line in known.lines() {
            lines.entry(path_for(name, form, &line.key)).or_default().push(line.clone());
        }
        let works = known.works();
        let files = lines.into_iter().map(|(path, lines)| (path, PipelineLedger::new(lines, works.clone())));
        Self { name, form, files: files.collect(), is_begun: false }
    }

    /// Takes in what one part brings and removes; the files that differ by that, the first time all of them.
    pub(super) fn take(
        &mut self,
        results: Vec<KnownResult>,
        gone: &BTreeSet<Box<str>>,
        works: &[(WorkId, WorkFields)],
    ) -> Files {
        let mut touched: BTreeMap<String, Vec<KnownResult>> = BTreeMap::new();
        for key in gone {
            touched.entry(path_for(self.name, self.form, key)).or_default();
        }
        for line in results {
            touched.entry(path_for(self.name, self.form, &line.key)).or_default().push(line);
        }
        let mut paths: BTreeSet<String> = touched.keys().cloned().collect();
        for (path, lines) in touched {
            let before = self.files.remove(&path).unwrap_or_default();
            self.files.insert(path, before.updated(lines, gone, works.iter().cloned()));
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            paths.extend(self.files.keys().cloned());
        }
        paths.into_iter().map(|path| self.rendered(path)).collect()
    }

    fn rendered(&self, path: String) -> (String, Option<Vec<u8>>) {
        let bytes = self.files.get(&path).and_then(|part| render(self.name, part, self.form).remove(&path));
        (path, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_ledger_and_tell_only_what_they_change() {
        let name = PipelineName::parse("fs").expect("a name");
        let all: Vec<KnownResult> =
            (0..3000).map(|number| KnownResult::sample(&format!("sub-{number}"), 1)).collect();
        let known = PipelineLedger::new(all[..1000].to_vec(), BTreeMap::new());
        let mut growing = Growing::new(&name, Form::Shards, &known);
        let mut files = Files::new();
        let none = BTreeSet::new();
        files.extend(growing.take(all[1000..2990].to_vec(), &none, &[]));
        let told = growing.take(all[2990..].to_vec(), &BTreeSet::from(["sub-7".into()]), &[]);
        assert!((2..=11).contains(&told.len()), "{}", told.len());
        files.extend(told);
        let rest = all.iter().filter(|line| &*line.key != "sub-7").cloned().collect();
        let whole = render(&name, &PipelineLedger::new(rest, BTreeMap::new()), Form::Shards);
        let whole: Files = whole.into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        assert!(files == whole);
    }

    #[test]
    fn a_file_that_has_no_line_left_goes() {
        let name = PipelineName::parse("fs").expect("a name");
        let known = PipelineLedger::new(
            vec![KnownResult::sample("a", 1), KnownResult::sample("b", 2)],
            BTreeMap::new(),
        );
        let mut growing = Growing::new(&name, Form::Single, &known);
        assert_eq!(growing.take(Vec::new(), &BTreeSet::from(["a".into()]), &[]).len(), 1);
        let told = growing.take(Vec::new(), &BTreeSet::from(["b".into()]), &[]);
        assert_eq!(told.into_values().collect::<Vec<_>>(), [None]);
    }
}
