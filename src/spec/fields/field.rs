//! `Field`: what is known of one field of a file.

/// One field.
#[derive(Debug)]
pub(in crate::spec) struct Field {
    /// Its `snake_case` name.
    pub(in crate::spec) name: &'static str,
    /// What it holds.
    pub(in crate::spec) kind: Kind,
    /// What becomes of it.
    pub(in crate::spec) mark: Mark,
    /// What it means, one line.
    pub(in crate::spec) about: &'static str,
    /// Whether its map is incomplete without it.
    pub(in crate::spec) is_required: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number from the first to the second, also as text.
    Whole(i64, i64),
    /// A number, also as text.
    Number,
    /// `90s`, `0.5s`, `5m`, `1h30m`.
    Duration,
    /// `4G`, `512Mi`, or a number of bytes.
    Amount,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of whole numbers.
    Wholes,
    /// A map from text to text.
    TextMap,
    /// A map from text to lists of texts.
    TextsMap,
    /// A map from text to one of these words.
    ChoiceMap(&'static [&'static str]),
    /// A map with these fields.
    Map(&'static [Field]),
    /// A list of maps with these fields.
    Maps(&'static [Field]),
    /// Anything; not looked into.
    Free,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) enum Mark {
    /// It has its effect.
    Used,
    /// Read, checked and shown; nobody expects an effect.
    Quiet,
    /// Without effect; people may expect one. The text says why and what instead.
    Noted(&'static str),
    /// Without meaning here; a warning. The text says why and what instead.
    Dropped(&'static str),
    /// An error. The text says why and what instead.
    Refused(&'static str),
}

impl Field {
    /// The camelCase spelling that is accepted too; the name itself where there is no difference.
    pub(in crate::spec) fn camel(&self) -> String {
        camel(self.name)
    }
}

/// Turns `snake_case` into `camelCase`, as protocol buffers do.
pub(in crate::spec) fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// A field of any mark.
pub(super) const fn field(name: &'static str, kind: Kind, mark: Mark, about: &'static str) -> Field {
    Field { name, kind, mark, about, is_required: false }
}

/// A field that has its effect.
pub(super) const fn used(name: &'static str, kind: Kind, about: &'static str) -> Field {
    field(name, kind, Mark::Used, about)
}

/// A field that must be set.
pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, mark: Mark::Used, about, is_required: true }
}

/// A field without effect, of which nobody expects one.
pub(super) const fn quiet(name: &'static str, kind: Kind, about: &'static str) -> Field {
    field(name, kind, Mark::Quiet, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case() {
        for (snake, expected) in [("join_on", "joinOn"), ("s3_out", "s3Out"), ("URL", "URL"), ("cmd", "cmd")]
        {
            assert_eq!(camel(snake), expected);
        }
    }
}
