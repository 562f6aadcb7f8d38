//! A fast reader of ledger lines in exactly the form this program writes; anything else is `None`.
//!
//! General JSON readers take most of the time of a plan in which nothing is to do.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{AnnexedFile, ContentId, Kind, KnownInput, KnownOutput, KnownResult, OutFile, Place};

/// Reads one result line; `None` when it is not in canonical form.
pub(super) fn result(line: &str) -> Option<KnownResult> {
    let mut scan = Scan { rest: line };
    scan.take(r#"{"key":"#)?;
    let key = scan.string()?;
    scan.take(r#","id":"#)?;
    let id = scan.sized(64)?.parse().ok()?;
    scan.take(r#","work":"#)?;
    let work = scan.sized(64)?.parse().ok()?;
    scan.take(r#","place":"#)?;
    let place = place(scan.plain()?)?;
    scan.take(r#","inputs":["#)?;
    let inputs = scan.list(Scan::input)?;
    scan.take(r#","outputs":["#)?;
    let outputs = scan.list(Scan::output)?;
    (scan.rest == "}").then(|| KnownResult { key: key.into(), id, work, inputs, outputs, place })
}

fn place(word: &str) -> Option<Place> {
    Some(match word {
        "env" => Place::Env,
        "sandbox" => Place::Sandbox,
        "container" => Place::Container,
        "none" => Place::None,
        _ => return None,
    })
}

struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn take(&mut self, literal: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// A string without escapes.
    fn plain(&mut self) -> Option<&'a str> {
        let body = self.rest.strip_prefix('"')?;
        let end = body.bytes().position(|byte| byte == b'"' || byte == b'\\')?;
        self.rest = body[end..].strip_prefix('"')?;
        Some(&body[..end])
    }

    /// A string without escapes that is `len` bytes long; not searching for its end saves much.
    fn sized(&mut self, len: usize) -> Option<&'a str> {
        let (text, rest) = self.rest.strip_prefix('"')?.split_at_checked(len)?;
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        if let Some(plain) = self.plain() {
            return Some(Cow::Borrowed(plain));
        }
        // That reader would also take what the strict form does not have: space before a text.
        self.rest.strip_prefix('"')?;
        let mut strings = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let text = strings.next()?.ok()?;
        self.rest = &self.rest[strings.byte_offset()..];
        Some(Cow::Owned(text))
    }

    fn content(&mut self) -> Option<ContentId> {
        let len = match self.rest.get(..5)? {
            "\"dir:" => 4 + 64,
            "\"git:" => 4 + 40,
            _ => return self.string()?.parse().ok(),
        };
        self.sized(len)?.parse().ok()
    }

    /// The elements after an opening `[`, up to its `]`.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut found = Vec::new();
        if self.take("]").is_some() {
            return Some(found);
        }
        loop {
            self.take("[")?;
            // Most lists are of one or two, and a plan keeps those of every line: no room for more.
            if found.len() == found.capacity() {
                found.reserve_exact(found.len().max(1));
            }
            found.push(one(self)?);
            if self.take(",").is_none() {
                self.take("]")?;
                return Some(found);
            }
        }
    }

    fn input(&mut self) -> Option<KnownInput> {
        let name = self.string()?.into();
        self.take(",")?;
        let path = self.string()?.into();
        let content = if self.take(",").is_some() { Some(self.content()?) } else { None };
        self.take("]")?;
        Some(KnownInput { name, path, content })
    }

    fn output(&mut self) -> Option<KnownOutput> {
        let path = self.string()?.into();
        self.take(",")?;
        let content = self.content()?;
        let exec = self.take(r#","x""#).is_some();
        let annexed = if self.take(",[").is_some() { self.list(Self::annexed)? } else { Vec::new() };
        let packed = if self.take(r#",{"packed":["#).is_some() {
            let files = self.list(Self::file)?.into();
            self.take("}")?;
            files
        } else {
            Arc::default()
        };
        self.take("]")?;
        Some(KnownOutput { path, content, exec, annexed, packed })
    }

    fn file(&mut self) -> Option<OutFile> {
        let path = self.string()?.into();
        self.take(",")?;
        let content = self.content()?;
        let kind = if self.take(r#","x""#).is_some() {
            Kind::Exec
        } else if self.take(r#","l""#).is_some() {
            Kind::Link
        } else {
            Kind::File
        };
        self.take("]")?;
        Some(OutFile { path, kind, content })
    }

    fn annexed(&mut self) -> Option<AnnexedFile> {
        let path = self.string()?.into();
        self.take(",")?;
        let key = self.string()?.into();
        self.take(",")?;
        let content = self.content()?;
        let exec = self.take(r#","x""#).is_some();
        self.take("]")?;
        Some(AnnexedFile { path, key, exec, content })
    }
}
