//! Cutting and forming against Pachyderm's rules, and against the plainest way to say them.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::model::glob::{Glob, Template};
use crate::model::{ContentId, Datum, Entry, Formed, Input, Kind, Leaf, Match, Oid, RepoPath, Tree};

/// A tree of a repo `repo` with these files.
fn tree<S: AsRef<str>>(paths: &[S]) -> Tree {
    let paths: BTreeSet<String> = paths.iter().map(|path| format!("repo/{}", path.as_ref())).collect();
    let content = ContentId::Git(Oid([0; 20]));
    let entry = |path: String| Entry { path: path.into(), kind: Kind::File, content: content.clone() };
    Tree::new("repo/", paths.into_iter().map(entry).collect())
}

/// A leaf of the repo `repo` with nothing but a glob.
pub(super) fn leaf(name: &str, glob: &str) -> Leaf {
    let repo = RepoPath::parse("repo").expect("a path");
    Leaf { name: name.into(), ..Leaf::plain(repo, Glob::parse(glob).expect("a glob")) }
}

fn pfs(name: &str, glob: &str) -> Input {
    Input::Pfs(Box::new(leaf(name, glob)))
}

fn join(name: &str, glob: &str, on: &str) -> Input {
    Input::Pfs(Box::new(Leaf { join_on: Some(Template::parse(on)), ..leaf(name, glob) }))
}

fn outer(name: &str, glob: &str, on: &str) -> Input {
    let join_on = Some(Template::parse(on));
    Input::Pfs(Box::new(Leaf { join_on, outer_join: true, ..leaf(name, glob) }))
}

fn group(name: &str, glob: &str, by: &str) -> Input {
    Input::Pfs(Box::new(Leaf { group_by: Some(Template::parse(by)), ..leaf(name, glob) }))
}

/// Each datum as `name:path name:path`.
fn words(input: &Input, formed: &Formed) -> Vec<String> {
    let leaves = input.leaves();
    let word = |index: &u32| {
        let found = &formed.matches[*index as usize];
        format!("{}:{}", leaves[usize::from(found.leaf)].name, found.path)
    };
    formed.datums.iter().map(|datum| datum.matches.iter().map(word).collect::<Vec<_>>().join(" ")).collect()
}

/// What an input forms, where leaf `n` reads `trees[n]` (the last one again if there are fewer).
fn formed(input: &Input, trees: &[impl Borrow<Tree>]) -> Vec<String> {
    let trees: Vec<Tree> =
        (0..input.leaves().len()).map(|n| trees[n.min(trees.len() - 1)].borrow().clone()).collect();
    words(input, &form(input, &trees).expect("few datums"))
}

/// Pachyderm's own test repo: `foo0` to `foo49`.
fn foos() -> Tree {
    tree(&(0..50).map(|n| format!("foo{n}")).collect::<Vec<_>>())
}

#[test]
fn pieces_come_in_path_order_with_their_files() {
    let files = tree(&["a-b/x", "a/x", "a/y/z", "a0", "b/c/d/e"]);
    let cut = |glob: &str| -> Vec<(String, bool, std::ops::Range<u32>)> {
        let found = matches(3, &leaf("n", glob), &files);
        assert!(found.iter().all(|found| found.leaf == 3));
        found.into_iter().map(|found| (found.path.into(), found.is_folder, found.entries)).collect()
    };
    let folder = |path: &str, entries| (path.to_owned(), true, entries);
    let file = |path: &str, at| (path.to_owned(), false, at..at + 1);
    assert_eq!(cut("/"), [folder("", 0..5)]);
    assert_eq!(cut("*"), [folder("a-b", 0..1), folder("a", 1..3), file("a0", 3), folder("b", 4..5)]);
    assert_eq!(cut("a*"), [folder("a-b", 0..1), folder("a", 1..3), file("a0", 3)]);
    assert_eq!(cut("/a"), [folder("a", 1..3)]);
    assert_eq!(cut("*/*"), [file("a-b/x", 0), file("a/x", 1), folder("a/y", 2..3), folder("b/c", 4..5)]);
    assert_eq!(cut("/**/e"), [file("b/c/d/e", 4)]);
    assert_eq!(cut("/a**").len(), 7);
    assert_eq!(
        cut("/b**"),
        [folder("b", 4..5), folder("b/c", 4..5), folder("b/c/d", 4..5), file("b/c/d/e", 4)]
    );
    assert_eq!(cut("nothing"), []);
}

#[test]
fn an_empty_repo_has_no_root() {
    let none = tree::<&str>(&[]);
    for glob in ["/", "*", "**"] {
        assert_eq!(formed(&pfs("n", glob), &[&none]), Vec::<String>::new(), "{glob}");
    }
}

#[test]
fn explains_pieces() {
    let one = Leaf {
        join_on: Some(Template::parse("$1")),
        group_by: Some(Template::parse("all")),
        ..leaf("t1", "/sub-(*)/?(x)*.nii")
    };
    let pieces = explain(&one, &tree(&["sub-01/a.nii", "sub-02/b.txt"]));
    assert_eq!(
        pieces,
        [Piece {
            path: "sub-01/a.nii".into(),
            is_folder: false,
            captures: vec!["01".into(), String::new()],
            join_on: Some("01".into()),
            group_by: Some("all".into()),
        }]
    );
}

#[test]
fn crosses_and_unions() {
    let (one, two) = (pfs("a", "/foo?1"), pfs("b", "/foo*2"));
    assert_eq!(formed(&one, &[foos()]), ["a:foo11", "a:foo21", "a:foo31", "a:foo41"]);
    let cross = Input::Cross(vec![one.clone(), two.clone()]);
    let all = formed(&cross, &[foos()]);
    assert_eq!(all.len(), 20);
    assert_eq!(all[..3], ["a:foo11 b:foo12", "a:foo11 b:foo2", "a:foo11 b:foo22"]);
    assert_eq!(all[19], "a:foo41 b:foo42");
    let union = Input::Union(vec![one.clone(), two.clone()]);
    assert_eq!(formed(&union, &[foos()])[3..5], ["a:foo41", "b:foo12"]);
    let none = pfs("none", "!(**)");
    let empty = Input::Cross(vec![union, none, two, cross]);
    assert!(formed(&empty, &[foos()]).is_empty());
    assert!(formed(&Input::Cross(vec![empty, one]), &[foos()]).is_empty());
}

#[test]
fn cross_of_unions_is_in_written_order() {
    let files = tree(&["1", "2"]);
    let union = Input::Union(vec![pfs("a", "/1"), pfs("b", "/*")]);
    let cross = Input::Cross(vec![union, pfs("c", "/*")]);
    assert_eq!(formed(&cross, &[files]), ["a:1 c:1", "a:1 c:2", "b:1 c:1", "b:1 c:2", "b:2 c:1", "b:2 c:2"]);
}

#[test]
fn equal_datums_of_a_union_collapse() {
    let files = tree(&["1", "2", "3"]);
    let union = Input::Union(vec![pfs("a", "/[12]"), pfs("a", "/[23]")]);
    assert_eq!(formed(&union, &[&files]), ["a:1", "a:2", "a:3"]);
    let other_name = Input::Union(vec![pfs("a", "/1"), pfs("b", "/1")]);
    assert_eq!(formed(&other_name, &[&files]), ["a:1", "b:1"]);
    let crossed = Input::Cross(vec![union.clone(), pfs("c", "/1")]);
    assert_eq!(formed(&crossed, &[&files]), ["a:1 c:1", "a:2 c:1", "a:3 c:1"]);
    assert_eq!(formed(&Input::Group(vec![union]), &[files]), ["a:1 a:2 a:3"]);
}

#[test]
fn joins_as_pachyderm_tests_them() {
    let inner = Input::Join(vec![join("a", "/foo(?)(?)", "$1$2"), join("b", "/foo(?)(?)", "$2$1")]);
    let all = formed(&inner, &[foos()]);
    assert_eq!(all.len(), 16);
    assert_eq!(all[..2], ["a:foo11 b:foo11", "a:foo12 b:foo21"]);
    let outer = Input::Join(vec![outer("a", "/foo1(?)", "$1"), outer("b", "/foo(?)1", "$1")]);
    assert_eq!(
        formed(&outer, &[foos()]),
        [
            "a:foo10",
            "a:foo11 b:foo11",
            "a:foo12 b:foo21",
            "a:foo13 b:foo31",
            "a:foo14 b:foo41",
            "a:foo15",
            "a:foo16",
            "a:foo17",
            "a:foo18",
            "a:foo19"
        ]
    );
    let slash = Input::Join(vec![join("a", "/(*)/", "$1"), join("b", "/(*)", "$1")]);
    assert_eq!(formed(&slash, &[foos()]).len(), 50);
}

#[test]
fn one_key_may_have_many_matches() {
    let stores = tree(&["STOREID1.txt", "STOREID2.txt", "STOREID9.txt"]);
    let sales = tree(&["A_STOREID1.txt", "B_STOREID2.txt", "C_STOREID1.txt", "D_STOREID7.txt"]);
    let on = |name: &str, glob: &str, is_outer: bool| {
        if is_outer { outer(name, glob, "$1") } else { join(name, glob, "$1") }
    };
    let input = |stores: bool, sales: bool| {
        Input::Join(vec![on("s", "/STOREID(*).txt", stores), on("p", "/*_STOREID(*).txt", sales)])
    };
    let trees = [stores, sales];
    let both = [
        "s:STOREID1.txt p:A_STOREID1.txt",
        "s:STOREID1.txt p:C_STOREID1.txt",
        "s:STOREID2.txt p:B_STOREID2.txt",
    ];
    assert_eq!(formed(&input(false, false), &trees), both);
    assert_eq!(formed(&input(true, false), &trees), [&both[..], &["s:STOREID9.txt"]].concat());
    assert_eq!(formed(&input(false, true), &trees), [&both[..], &["p:D_STOREID7.txt"]].concat());
    assert_eq!(
        formed(&input(true, true), &trees),
        [&both[..], &["p:D_STOREID7.txt", "s:STOREID9.txt"]].concat()
    );
}

#[test]
fn a_partial_match_of_outer_inputs_is_one_datum() {
    let files = [tree(&["1", "2"]), tree(&["1", "2", "3"]), tree(&["2"])];
    let three = |a: Input| Input::Join(vec![a, outer("b", "/(*)", "$1"), join("c", "/(*)", "$1")]);
    assert_eq!(formed(&three(outer("a", "/(*)", "$1")), &files), ["a:1 b:1", "a:2 b:2 c:2", "b:3"]);
    assert_eq!(formed(&three(join("a", "/(*)", "$1")), &files), ["b:1", "a:2 b:2 c:2", "b:3"]);
}

#[test]
fn partial_matches_do_not_repeat() {
    let files = [tree(&["1x", "1y"]), tree(&["1a", "1b"]), tree(&["2"])];
    let on = "/(?)*";
    let input = Input::Join(vec![outer("a", on, "$1"), join("b", on, "$1"), join("c", on, "$1")]);
    assert_eq!(formed(&input, &files), ["a:1x", "a:1y"]);
}

#[test]
fn a_join_without_keys_is_a_cross() {
    let plain = Input::Join(vec![pfs("a", "/[12]"), pfs("b", "/[34]")]);
    let files = tree(&["1", "2", "3", "4"]);
    assert_eq!(formed(&plain, &[&files]), ["a:1 b:3", "a:1 b:4", "a:2 b:3", "a:2 b:4"]);
    let (root, empty) = (outer("a", "/", ""), outer("b", "/", ""));
    let both = Input::Join(vec![root, empty]);
    assert_eq!(formed(&both, &[&files]), ["a: b:"]);
    assert_eq!(formed(&both, &[files, tree::<&str>(&[])]), ["a:"]);
}

#[test]
fn nested_inputs_are_taken_apart() {
    let files = tree(&["1", "2"]);
    let nested = Input::Cross(vec![join("a", "/(*)", "$1"), join("b", "/(*)", "$1")]);
    let joined = Input::Join(vec![nested.clone(), join("c", "/(*)", "$1")]);
    assert_eq!(formed(&joined, &[&files]), ["a:1 c:1", "b:1 c:1", "a:2 c:2", "b:2 c:2"]);
    let in_cross = Input::Cross(vec![
        pfs("x", "/1"),
        Input::Join(vec![join("a", "/(*)", "$1"), join("b", "/(*)", "$1")]),
    ]);
    assert_eq!(formed(&in_cross, &[&files]), ["x:1 a:1 b:1", "x:1 a:2 b:2"]);
    assert_eq!(formed(&Input::Group(vec![nested]), &[&files]), ["a:1 a:2 b:1 b:2"]);
    let none = Input::Cross(vec![join("a", "/(*)", "$1"), pfs("b", "/none")]);
    assert!(formed(&Input::Group(vec![none]), &[files]).is_empty());
}

#[test]
fn groups_as_pachyderm_tests_them() {
    let single = formed(&Input::Group(vec![group("a", "/foo(?)(?)", "$1")]), &[foos()]);
    assert_eq!(single.len(), 4);
    assert_eq!(single[0], (10..20).map(|n| format!("a:foo{n}")).collect::<Vec<_>>().join(" "));
    let double = Input::Group(vec![group("a", "/foo(?)(?)", "$1"), group("b", "/foo(?)(?)", "$2")]);
    let all = formed(&double, &[foos()]);
    assert_eq!(all.len(), 10);
    assert_eq!(all[0], "b:foo10 b:foo20 b:foo30 b:foo40");
    assert!(all[1].starts_with("a:foo10 ") && all[1].ends_with("a:foo19 b:foo11 b:foo21 b:foo31 b:foo41"));
    let keyed = |name: &str, on: &str, by: &str| {
        let (join_on, group_by) = (Some(Template::parse(on)), Some(Template::parse(by)));
        Input::Pfs(Box::new(Leaf { join_on, group_by, ..leaf(name, "/foo(?)(?)") }))
    };
    let joined = Input::Join(vec![keyed("a", "$1$2", "$1"), keyed("b", "$2$1", "$2")]);
    assert_eq!(
        formed(&Input::Group(vec![joined]), &[foos()])[1],
        "a:foo21 a:foo22 a:foo23 a:foo24 b:foo12 b:foo22 b:foo32 b:foo42"
    );
    let union =
        Input::Union(vec![pfs("x", "/foo(?)(?)"), Input::Group(vec![group("a", "/foo(?)(?)", "$2")])]);
    assert_eq!(formed(&union, &[foos()]).len(), 50);
}

#[test]
fn groups_over_three_repos() {
    let files = [
        tree(&["T1606331395-LIPID-PATID2-CLIA24D9871327.txt", "T1606707579-LIPID-PATID3-CLIA24D9871327.txt"]),
        tree(&["T1606707597-LIPID-PATID4-CLIA24D9871327.txt", "T1606707557-LIPID-PATID1-CLIA24D9871327.txt"]),
        tree(&["T1606331395-LIPID-PATID2-CLIA24D9871327.txt"]),
    ];
    let one = |name: &str| group(name, "/*-LIPID-PATID(*)-CLIA*.txt", "$1");
    let all = formed(&Input::Group(vec![one("a"), one("b"), one("c")]), &files);
    let counts: Vec<usize> = all.iter().map(|datum| datum.split(' ').count()).collect();
    assert_eq!(counts, [1, 2, 1, 1]);
    assert!(all[1].starts_with("a:T1606331395") && all[1].contains(" c:T1606331395"));
    let everything = Input::Group(vec![pfs("a", "/*"), pfs("b", "/*"), pfs("c", "/*")]);
    assert_eq!(formed(&everything, &files).len(), 1);
}

#[test]
fn too_many_datums_are_refused_by_name() {
    let files = tree(&(0..4000).map(|n| n.to_string()).collect::<Vec<_>>());
    let trees = [files.clone(), files];
    for input in [
        Input::Cross(vec![pfs("a", "/*"), pfs("b", "/*")]),
        Input::Join(vec![pfs("a", "/*"), pfs("b", "/*")]),
    ] {
        let error = form(&input, &trees).expect_err("16 million");
        assert!(error.to_string().contains(" of a, b` makes more than 10000000"), "{error}");
    }
    let grouped = Input::Group(vec![Input::Cross(vec![pfs("a", "/*"), pfs("b", "/*")])]);
    assert_eq!(form(&grouped, &trees).expect("one").datums.len(), 1);
}

#[test]
fn datums_are_small() {
    let (datum, found) = (size_of::<Datum>(), size_of::<Match>());
    assert!(datum <= 24 && found <= 80, "a datum takes {datum} bytes, a match {found}");
}

/// Files that do not lie in one another.
fn files() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[ab.-]{1,2}(/[ab-]){0,3}", 0..12).prop_map(|paths| {
        let is_folder = |path: &String| paths.iter().any(|other| other.starts_with(&format!("{path}/")));
        paths.iter().filter(|path| !is_folder(path)).cloned().collect()
    })
}

/// Every candidate that the glob matches, one by one.
fn plainly(glob: &str, files: &Tree) -> Vec<(String, bool, std::ops::Range<usize>)> {
    let glob = Glob::parse(glob).expect("a glob");
    let mut found = BTreeSet::new();
    for index in 0..files.len() {
        let path = files.relative(index);
        found.insert(format!("/{path}"));
        found.extend(path.match_indices('/').map(|(at, _)| format!("/{}/", &path[..at])));
        found.insert("/".to_owned());
    }
    let entries = |path: &str| {
        let is_in = |n: &usize| format!("/{}", files.relative(*n)).starts_with(path);
        let start = (0..files.len()).find(is_in).expect("every candidate has a file");
        let count = if path.ends_with('/') { (start..files.len()).filter(is_in).count() } else { 1 };
        start..start + count
    };
    let candidates = found.into_iter().filter(|path| match path.trim_end_matches('/') {
        "" => glob.find("/").is_some(),
        path => glob.find(path).is_some(),
    });
    candidates.map(|path| (path.trim_matches('/').to_owned(), path.ends_with('/'), entries(&path))).collect()
}

proptest! {
    #[test]
    fn cutting_looks_at_every_candidate(
        files in files(),
        glob in prop::sample::select(vec!["/", "*", "*/*", "**", "/a*", "/a/*", "/a**", "/*/a", "/**/*", "/a/b", "/*/*/*",
            "/?(a)**", "/a[!b]*", "/!(a)", "/!(a)/*", "/-*", "/{a,b/a}", "/a/**"]),
    ) {
        let files = tree(&files);
        let found: Vec<_> = matches(0, &leaf("n", glob), &files).into_iter()
            .map(|found| (found.path.to_string(), found.is_folder, found.entries.start as usize..found.entries.end as usize)).collect();
        prop_assert_eq!(found, plainly(glob, &files));
    }

    #[test]
    fn joining_pairs_equal_keys(left in files(), right in files(), is_left_outer: bool, is_right_outer: bool) {
        let glob = "/(?)*";
        let (left, right) = (tree(&left), tree(&right));
        let one = |name: &str, is_outer: bool| if is_outer { outer(name, glob, "$1") } else { join(name, glob, "$1") };
        let input = Input::Join(vec![one("a", is_left_outer), one("b", is_right_outer)]);
        let found: BTreeSet<String> = formed(&input, &[left.clone(), right.clone()]).into_iter().collect();
        let (left, right) = (plainly(glob, &left), plainly(glob, &right));
        let key = |path: &str| path.chars().next();
        let mut expected = BTreeSet::new();
        for (a, ..) in &left {
            let partners: Vec<_> = right.iter().filter(|(b, ..)| key(a) == key(b)).collect();
            expected.extend(partners.iter().map(|(b, ..)| format!("a:{a} b:{b}")));
            expected.extend((partners.is_empty() && is_left_outer).then(|| format!("a:{a}")));
        }
        let alone = right.iter().filter(|(b, ..)| !left.iter().any(|(a, ..)| key(a) == key(b)));
        expected.extend(alone.filter(|_| is_right_outer).map(|(b, ..)| format!("b:{b}")));
        prop_assert_eq!(found, expected);
    }
}
