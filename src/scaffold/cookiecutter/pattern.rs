//! Shell-style patterns of `_copy_without_render`: `*` crosses `/`, nothing is special about a leading dot.

/// Whether a path matches a pattern with `*`, `?`, `[abc]` and `[!abc]`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    // Where to go on if what follows the last `*` does not fit: its place, and how much it has eaten.
    let mut star: Option<(usize, usize)> = None;
    let (mut at, mut in_path) = (0, 0);
    while in_path < path.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, in_path));
            at += 1;
        } else if let Some(next) = one(&pattern, at, path[in_path]) {
            at = next;
            in_path += 1;
        } else if let Some((place, eaten)) = star {
            star = Some((place, eaten + 1));
            (at, in_path) = (place + 1, eaten + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

/// Where the pattern goes on if its next part takes this letter.
fn one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match class(pattern, at) {
            Some((takes, next)) => takes(letter).then_some(next),
            None => (letter == '[').then_some(at + 1),
        },
        sign => (*sign == letter).then_some(at + 1),
    }
}

/// A `[…]`, and where the pattern goes on after it; nothing if it is not closed.
fn class(pattern: &[char], open: usize) -> Option<(impl Fn(char) -> bool, usize)> {
    let is_negated = pattern.get(open + 1) == Some(&'!');
    let first = open + 1 + usize::from(is_negated);
    let close = (first + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    let signs = pattern[first..close].to_vec();
    let takes = move |letter: char| {
        let mut at = 0;
        let mut found = false;
        while at < signs.len() {
            if signs.get(at + 1) == Some(&'-') && at + 2 < signs.len() {
                found |= (signs[at]..=signs[at + 2]).contains(&letter);
                at += 3;
            } else {
                found |= signs[at] == letter;
                at += 1;
            }
        }
        found != is_negated
    };
    Some((takes, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_python() {
        let cases = [
            ("*.html", "a/b.html", true),
            ("*.html", "a.htm", false),
            ("docs/*", "docs/a/b", true),
            ("docs/*", "docs", false),
            ("*/x", "a/b/x", true),
            ("a?c", "a/c", true),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "bx", false),
            ("[ab", "[ab", true),
            ("[]]", "]", true),
            ("", "", true),
            ("*", ".hidden", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
