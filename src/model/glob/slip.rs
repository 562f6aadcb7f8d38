//! `Slip`: a bracket without its partner; the pattern can be read, but is rarely what was meant.

use std::fmt;

/// A bracket of a pattern that has no partner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slip {
    /// Where it stands, as a byte of the pattern as written.
    pub at: usize,
    /// The bracket. An opening one closes at the end of the pattern, a closing one stands for itself.
    pub bracket: char,
}

impl Slip {
    /// Whether the bracket opens and is never closed.
    pub const fn is_open(&self) -> bool {
        matches!(self.bracket, '(' | '{' | '[')
    }

    const fn partner(&self) -> char {
        match self.bracket {
            '(' => ')',
            '{' => '}',
            ')' => '(',
            '}' => '{',
            _ => '[',
        }
    }

    /// The pattern with the partner where it was probably meant: at the other end of the path component.
    pub fn mended(&self, text: &str) -> String {
        let (before, after) = text.split_at(self.at.min(text.len()));
        let at = if self.is_open() {
            after.find('/').map_or(text.len(), |slash| before.len() + slash)
        } else {
            before.rfind('/').map_or(0, |slash| slash + 1)
        };
        format!("{}{}{}", &text[..at], self.partner(), &text[at..])
    }
}

/// A fragment that follows the quoted pattern.
impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bracket, .. } = self;
        if self.is_open() {
            write!(f, "has a `{bracket}` that is never closed, so it closes at the end")
        } else {
            write!(f, "has a `{bracket}` without a `{}`, so it stands for itself", self.partner())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Glob;

    #[test]
    fn brackets_without_partner() {
        for (text, at, mended) in [
            ("/(*", 1, "/(*)"),
            ("/(*/x", 1, "/(*)/x"),
            ("/*)", 2, "/(*)"),
            ("/a/sub-*)/x", 8, "/a/(sub-*)/x"),
            ("/{a,b", 1, "/{a,b}"),
            ("/a,b}", 4, "/{a,b}"),
            ("/a-z]", 4, "/[a-z]"),
            ("/@(a", 2, "/@(a)"),
            ("//x/(*", 4, "//x/(*)"),
        ] {
            let glob = Glob::parse(text).expect(text);
            let [slip] = glob.slips() else { unreachable!("one slip in {text}, not {:?}", glob.slips()) };
            assert_eq!((slip.at, slip.mended(text).as_str()), (at, mended), "{text}");
        }
    }

    #[test]
    fn paired_and_escaped_brackets_are_no_slips() {
        for text in
            ["/(*)", "/*", "/", r"/\(*", r"/*\)", "/[)]", "/[]a]", "/{a,(b)}", "/!(a|b)*", "/(a(b)c)", r"/\["]
        {
            let slips = Glob::parse(text).map(|glob| glob.slips().to_vec()).unwrap_or_default();
            assert_eq!(slips, [], "{text}");
        }
    }

    #[test]
    fn several_slips_stand_in_order() {
        let glob = Glob::parse("/((*}").expect("it can be read");
        assert_eq!(glob.slips().iter().map(|slip| slip.at).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
