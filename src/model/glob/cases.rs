//! The table of globs: pattern, path, and what the groups took.

use super::Glob;

/// What the groups took (`None` where one took no part), or that the path does not match.
type Expected = Option<&'static [Option<&'static str>]>;

const NO: Expected = None;
const YES: Expected = Some(&[]);

fn check(cases: &[(&str, &str, Expected)]) {
    for (text, path, expected) in cases {
        let glob = Glob::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = glob.find(path);
        let taken: Option<Vec<Option<&str>>> = found.as_ref().map(|captures| {
            captures
                .iter()
                .map(|span| span.map(|span| &path[span.start as usize..span.end as usize]))
                .collect()
        });
        assert_eq!(taken.as_deref(), *expected, "{text} on {path:?}");
    }
}

macro_rules! took {
    ($($text:expr),*) => { Some(&[$(Some($text)),*]) };
}

#[test]
fn stars_and_single_characters() {
    check(&[
        ("/*", "/a", YES),
        ("*", "/a", YES),
        ("/*/", "/a", YES),
        ("*", "/a/b", NO),
        ("/*", "/.hidden", YES),
        ("/*/*", "/a/b", YES),
        ("/*/*", "/a", NO),
        ("/*/*", "/a/b/c", NO),
        ("/*/*/*", "/foo/bb/aa/rr", NO),
        ("/**", "/a", YES),
        ("/**", "/a/b/c", YES),
        ("/**.txt", "/b.txt", YES),
        ("/**.txt", "/a/b.txt", YES),
        ("/**/*.txt", "/b.txt", NO),
        ("/**/*.txt", "/a/b.txt", YES),
        ("/**/*.txt", "/a/b/c.txt", YES),
        ("/**/x", "/x", NO),
        ("/**/x", "/a/x", YES),
        ("/a/**", "/a", NO),
        ("/a/**", "/a/b/c", YES),
        ("/a**b", "/a/x/b", YES),
        ("/a***b", "/a/x/b", YES),
        ("/**/**/**", "/foo/bb/aa/rr", YES),
        ("/**", "/a\nb", NO),
        ("/*", "/a\nb", YES),
        ("/?", "/\n", YES),
        ("/a?c", "/abc", YES),
        ("/a?c", "/a/c", NO),
        ("/?", "/ä", YES),
        ("/??", "/ä", NO),
        ("/*ä", "/åä", YES),
        ("/?*?", "/ac", YES),
        ("/?*?", "/a", NO),
        ("/a*c", "/ac", YES),
        ("/A", "/a", NO),
        ("/*is*a*", "/this is a test", YES),
        ("/*is", "/this is a test", NO),
        ("/sta", "/stagnation", NO),
        ("/foo?1", "/foo11", YES),
        ("/foo*2", "/foo2", YES),
        ("/***test*", "/this is a test", YES),
        ("a.b", "/axb", NO),
    ]);
}

#[test]
fn the_root_is_special() {
    check(&[
        ("/", "/", YES),
        ("", "/", YES),
        (".", "/", YES),
        ("//", "/", YES),
        ("*", "/", NO),
        ("**", "/", NO),
        ("/", "/a", NO),
        ("{,a}", "/", NO),
        ("/?(a)", "/", NO),
        ("..", "/", YES),
    ]);
}

#[test]
fn classes() {
    check(&[
        ("[abc]at", "/bat", YES),
        ("[abc]at", "/fat", NO),
        ("[!abc]at", "/fat", YES),
        ("[^abc]at", "/cat", NO),
        ("[a-z]", "/c", YES),
        ("[a-z]", "/C", NO),
        ("[a-c]at", "/dat", NO),
        ("[-a]", "/-", YES),
        ("[a-]", "/-", YES),
        ("[a-]", "/b", NO),
        ("/a[!x]b", "/a/b", YES),
        ("/a[!x/]b", "/a/b", NO),
        ("/a[/]b", "/a/b", YES),
        ("[a!b]", "/a", NO),
        ("[a!b]", "/c", YES),
        ("[a^b]", "/b", NO),
        ("[a!b]", "/!", YES),
        ("[!a!]", "/!", NO),
        ("[a\\!b]", "/!", YES),
        ("[a\\!b]", "/c", NO),
        ("[\\]]", "/]", YES),
        ("[a\\-z]", "/-", YES),
        ("[a\\-z]", "/c", NO),
        ("[*?]", "/*", YES),
        ("[*?]", "/a", NO),
        ("[a.]", "/.", YES),
        ("[ä-ü]", "/ö", YES),
        ("[!a]*", "/this", YES),
        ("sub-[0-9][0-9]", "/sub-07", YES),
        ("a]", "/a]", YES),
        ("[a-c-e]", "/-", YES),
    ]);
}

#[test]
fn named_classes() {
    check(&[
        ("[[:alpha:]]", "/C", YES),
        ("[[:alpha:]]", "/5", NO),
        ("[[:alpha:]]", "/[", NO),
        ("[[:alpha:]]", "/:", NO),
        ("[[:^alpha:]]", "/.", YES),
        ("[^[:alpha:]]", "/.", YES),
        ("[^[:alpha:]]", "/a", NO),
        ("[[:space:]]", "/\t", YES),
        ("[[:graph:]]", "/!", YES),
        ("[![:graph:]]", "/!", NO),
        ("[[:digit:]x]", "/7", YES),
        ("[[:digit:]x]", "/x", YES),
        ("[[:xdigit:]]", "/g", NO),
        ("[[:xdigit:]]", "/F", YES),
        ("[[:word:]]", "/_", YES),
        ("[[:punct:]]", "/~", YES),
        ("[[:upper:]]", "/ä", NO),
        ("[[:foo:]]", "/f", YES),
        ("[[:foo:]]", "/[", YES),
        ("[[]]", "/]", YES),
    ]);
}

#[test]
fn braces() {
    check(&[
        ("{abc,def}ghi", "/defghi", YES),
        ("{abc,abcd}a", "/abcda", YES),
        ("{a,ab}{bc,f}", "/abc", YES),
        ("{*,**}{a,b}", "/ab", YES),
        ("{*,**}{a,b}", "/ac", NO),
        ("/{rate,[a-z][a-z][a-z]}*", "/usd", YES),
        ("/{rate,[0-9][0-9]}*", "/rate", YES),
        ("a{,x}", "/a", YES),
        ("a{,x}", "/ax", YES),
        ("a{}b", "/ab", YES),
        ("{a, b}", "/ b", YES),
        ("{a, b}", "/b", NO),
        ("{a,{b,c}}d", "/cd", YES),
        ("{a/b,c}", "/a/b", YES),
        ("{a", "/a", YES),
        ("{a,b", "/b", YES),
        ("a,b", "/a,b", YES),
        ("a}", "/a}", YES),
        ("{a\\,b}", "/a,b", YES),
        ("{a,(b|c)}", "/a", Some(&[None])),
        ("{a,(b|c)}", "/c", took!("c")),
        ("{(a,b)}", "/a,b", took!("a,b")),
        ("({a,b}|c)", "/b", took!("b")),
        ("({a)}|c)", "/a)", took!("a)")),
        ("{*.nii,*.nii.gz}", "/x.nii.gz", YES),
    ]);
}

#[test]
fn groups_capture() {
    check(&[
        ("/(*)-(*)", "/a-b-c", took!("a-b", "c")),
        ("/(*)", "/a", took!("a")),
        ("/(*)/", "/a", took!("a")),
        ("test/(a|b)", "/hi/123", NO),
        ("test/(a|b)/x.go", "/test/b/x.go", took!("b")),
        ("test/a*(a|b)/x.go", "/test/a/x.go", took!("")),
        ("test/a*(a|b)/x.go", "/test/aba/x.go", took!("ba")),
        ("test/+(a|b)/x.go", "/test/aba/x.go", took!("aba")),
        ("test/+(a|b)/x.go", "/test//x.go", NO),
        ("test/a?(a|b)/x.go", "/test/a/x.go", took!("")),
        ("test/a?(a|b)/x.go", "/test/ab/x.go", took!("b")),
        ("test/@(a|b)/@(*).go", "/test/a/x.go", took!("a", "x")),
        ("test/a*(a|b)/*(*).go", "/test/aaaa/x.go", took!("aaa", "x")),
        ("test*(/?(+(a|b)/*.go))", "/test/a/x.go", took!("/a/x.go", "a/x.go", "a")),
        (
            "(((((((((??)))))))))*(a|b)",
            "/xfba",
            took!("xf", "xf", "xf", "xf", "xf", "xf", "xf", "xf", "xf", "ba"),
        ),
        ("name=(*)/year=(*)/(*).dat", "/name=adele/year=2016/photos.dat", took!("adele", "2016", "photos")),
    ]);
}

#[test]
fn repeated_and_odd_groups_capture() {
    check(&[
        ("*.(a|b)", "/a.a.a", took!("a")),
        ("*.(a|b)*", "/a.bb", took!("b")),
        ("?@(a|b)*@(c)d", "/abcd", took!("b", "c")),
        ("(*(a|b\\[)|f*)", "/foo", Some(&[Some("foo"), None])),
        ("(a+|b)*", "/zz", NO),
        ("(a+|b)+", "/a++", took!("a+")),
        ("@(ab|a*(b))*(c)d", "/abbcd", took!("abb", "bb", "c")),
        ("@(ab|a*(b))*(c)d", "/acd", took!("a", "", "c")),
        ("@(foo|f|fo)*(f|of+(o))", "/foofoofo", took!("fo", "ofoofo", "o")),
        ("*(fo|foo)", "/fofoofoofofoo", took!("fofoofoofofoo")),
        ("*(f*(o)x)", "/foooxfooxofoxfooox", NO),
        ("+(*)c", "/abc", took!("ab")),
        ("+()c", "/abc", NO),
        ("()c", "/c", took!("")),
        ("*(0|1|3)", "/2468", NO),
        ("**(a|b)", "/xxab", took!("")),
        ("*(a|b)c", "/abc", took!("ab")),
        ("/**/(*)", "/a/b/c", took!("c")),
        ("/(**)/(*)", "/a/b/c", took!("a/b", "c")),
        ("(a", "/a", took!("a")),
        ("(a|b", "/b", took!("b")),
        ("a|b)", "/a|b)", YES),
        ("@a!b+c^d", "/@a!b+c^d", YES),
        ("!!(a)", "/!b", took!("b")),
        ("(a,b|c)", "/a,b", took!("a,b")),
        ("(a)|(b)", "/a|b", took!("a", "b")),
        ("(a|ab)(c|bcd)(d*)", "/abcd", took!("ab", "c", "d")),
        ("(a|(b))", "/a", Some(&[Some("a"), None])),
        ("*((a)|b)", "/ab", took!("ab", "a")),
        ("sub-(*)_T1w?(.nii).gz", "/sub-01_T1w.nii.gz", took!("01", ".nii")),
        ("(é)(ö)", "/éö", took!("é", "ö")),
        ("/foo(?)(?)", "/foo12", took!("1", "2")),
        ("(|a)", "/a", took!("a")),
        ("*(|a)", "/aa", took!("aa")),
    ]);
}

#[test]
fn negations() {
    check(&[
        ("!(foo)", "/foo", NO),
        ("!(foo)", "/foobar", took!("foobar")),
        ("!(foo)", "/fo", took!("fo")),
        ("!(foo)*", "/foobar", NO),
        ("!(foo)*", "/fobar", took!("fobar")),
        ("!(foo)b", "/foob", NO),
        ("!(foo)/x", "/foobar/x", NO),
        ("!(foo)/x", "/bar/x", took!("bar")),
        ("!(foo|b*)", "/bar", NO),
        ("!(foo|b*)", "/car", took!("car")),
        ("!(**)", "/foo1", NO),
        ("x!(a)", "/x", took!("")),
        ("x!()", "/x", NO),
        ("x!()", "/xa", took!("a")),
        ("test/!(a|b)/x.go", "/test/y/x.go", took!("y")),
        ("test/!(a|b)/x.go", "/test/a/x.go", NO),
        (
            "name=!(adele)/year=(2?1(?))/(*).dat",
            "/name=roxanne/year=2514/puzzle.dat",
            took!("roxanne", "2514", "4", "puzzle"),
        ),
        ("!(foo).txt", "/bar.txt", took!("bar")),
        ("!(foo).txt", "/foo.txt", NO),
        ("*.!(txt)", "/a.txt", NO),
        ("*.!(txt)", "/a.txt.gz", took!("gz")),
        ("*.!(txt)", "/a.b.txt", took!("b.txt")),
        ("!(a)", "/a/b", NO),
        ("!(a/b)", "/a/b", NO),
        ("!((a)|b)", "/c", Some(&[Some("c"), None])),
        ("(!(a)|a)", "/a", Some(&[Some("a"), None])),
        ("!(!(a))", "/a", Some(&[Some("a"), None])),
        ("!(!(a))", "/b", NO),
        ("!(a)?", "/a", NO),
        ("!(a)?", "/ab", took!("a")),
        ("!(a)?", "/bc", took!("b")),
        ("!(a)[b]", "/ab", took!("a")),
        ("!(é)", "/éé", took!("éé")),
        ("!(*.nii|*.json)", "/x.nii", NO),
        ("!(*.nii|*.json)", "/x.tsv", took!("x.tsv")),
        ("{!(a),b}", "/c", took!("c")),
        ("\\!(a)", "/!a", took!("a")),
    ]);
}

#[test]
fn escapes() {
    check(&[
        ("\\*", "/*", YES),
        ("\\*", "/a", NO),
        ("a\\?b", "/a?b", YES),
        ("\\[a]", "/[a]", YES),
        ("\\(a\\|b\\)", "/(a|b)", YES),
        ("\\{a,b}", "/{a,b}", YES),
        ("\\\\", "/\\", YES),
        ("a\\", "/a", YES),
        ("\\a\\b", "/ab", YES),
        ("a\\/b", "/a/b", YES),
        ("@\\(a", "/@(a", YES),
        ("(\\))", "/)", took!(")")),
        ("x\\^(a)", "/x^a", took!("a")),
        ("#&~- .$", "/#&~- .$", YES),
        ("\u{7f}\u{1}", "/\u{7f}\u{1}", YES),
        ("\\n", "/n", YES),
    ]);
}
