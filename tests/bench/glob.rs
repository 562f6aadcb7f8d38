//! How long it takes to match globs against 100 000 paths.

use divan::Bencher;
use minipach::model::glob::Glob;

fn main() {
    divan::main();
}

const COUNT: usize = 100_000;

fn paths() -> Vec<String> {
    (0..COUNT).map(|n| format!("/sub-{:05}/anat/sub-{:05}_T1w.nii.gz", n / 2, n)).collect()
}

#[divan::bench(sample_count = 10, args = [
    "/*/*/*",
    "/**_T1w.nii.gz",
    "/sub-(*)/anat/*",
    "/sub-(*)/anat/sub-(*)_@(T1w|T2w).nii?(.gz)",
    "/sub-!(00001)/anat/*",
])]
fn find(bencher: Bencher<'_, '_>, pattern: &str) {
    let glob = Glob::parse(pattern).expect("a glob");
    let paths = paths();
    bencher.counter(divan::counter::ItemsCount::new(COUNT)).bench(|| {
        let count = paths.iter().filter(|path| glob.find(path).is_some()).count();
        assert!(count > COUNT / 2);
    });
}

#[divan::bench(args = ["/*", "/sub-(*)/anat/sub-(*)_@(T1w|T2w).nii?(.gz)", "/!(a|b)/x"])]
fn parse(pattern: &str) -> Glob {
    Glob::parse(divan::black_box(pattern)).expect("a glob")
}
