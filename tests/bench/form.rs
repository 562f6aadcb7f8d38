//! How long it takes to cut trees of 200 000 files and to join 100 000 subjects.

use divan::Bencher;
use minipach::model::glob::{Glob, Template};
use minipach::model::{ContentId, Entry, Input, Kind, Leaf, Oid, RepoPath, Tree};
use minipach::plan;

fn main() {
    divan::main();
}

const COUNT: usize = 100_000;

/// Two files for each subject.
fn tree(repo: &str) -> Tree {
    let entry = |n: usize| Entry {
        path: format!("{repo}/sub-{:06}/{}.nii.gz", n / 2, ["T1w", "info"][n % 2]).into(),
        kind: Kind::File,
        content: ContentId::Git(Oid([0; 20])),
    };
    let mut entries: Vec<Entry> = (0..2 * COUNT).map(entry).collect();
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Tree::new(&format!("{repo}/"), entries.into())
}

fn leaf(name: &str, glob: &str) -> Leaf {
    let (repo, glob) = (RepoPath::parse(name).expect("a path"), Glob::parse(glob).expect("a glob"));
    let key = || Some(Template::parse("$1"));
    Leaf { join_on: key(), group_by: key(), ..Leaf::plain(repo, glob) }
}

fn pfs(name: &str, glob: &str) -> Input {
    Input::Pfs(Box::new(leaf(name, glob)))
}

#[divan::bench(sample_count = 10, args = ["/*", "/(*)", "/*/*", "/**/*.nii.gz", "/sub-000(*)"])]
fn cut(bencher: Bencher<'_, '_>, glob: &str) {
    let (leaf, tree) = (leaf("t1", glob), tree("t1"));
    bencher.bench(|| plan::matches(0, &leaf, &tree).len());
}

#[divan::bench(sample_count = 10)]
fn join(bencher: Bencher<'_, '_>) {
    let input = Input::Join(vec![pfs("t1", "/(*)"), pfs("t2", "/(*)")]);
    bench(bencher, &input, COUNT);
}

#[divan::bench(sample_count = 10)]
fn group(bencher: Bencher<'_, '_>) {
    let input = Input::Group(vec![pfs("t1", "/(*)/*"), pfs("t2", "/(*)/*")]);
    bench(bencher, &input, COUNT);
}

#[divan::bench(sample_count = 10)]
fn union_of_the_same(bencher: Bencher<'_, '_>) {
    let input = Input::Union(vec![pfs("t1", "/*"), pfs("t1", "/*")]);
    bench(bencher, &input, COUNT);
}

fn bench(bencher: Bencher<'_, '_>, input: &Input, expected: usize) {
    let trees: Vec<Tree> = input.leaves().iter().map(|leaf| tree(leaf.repo.as_str())).collect();
    bencher.bench(|| {
        let formed = plan::form(input, &trees).expect("few datums");
        assert_eq!(formed.datums.len(), expected);
        formed
    });
}
