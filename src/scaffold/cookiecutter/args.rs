//! `Args`: what a method or a filter is called with, by place or by name.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

/// So many letters may be filled up.
const WIDEST: i64 = 1_000_000;
/// So many bytes may a value take.
pub(super) const LARGEST: usize = 256_000_000;
/// So many bytes does a part of a text take that is cut up, beside its letters.
const PART: usize = 64;

/// Arguments that are taken one after another.
pub(super) struct Args<'a> {
    method: String,
    by_place: std::slice::Iter<'a, Value>,
    by_name: Option<Kwargs>,
}

impl<'a> Args<'a> {
    pub(super) fn new(method: &str, args: &'a [Value]) -> Self {
        let (by_place, by_name) = match args.split_last() {
            Some((last, before)) if last.is_kwargs() => (before, Kwargs::try_from(last.clone()).ok()),
            _ => (args, None),
        };
        Self { method: method.to_owned(), by_place: by_place.iter(), by_name }
    }

    /// The next argument, or the one of this name.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let by_place = self.by_place.next().cloned();
        by_place.or_else(|| self.by_name.as_ref().and_then(|named| named.get(name).ok()))
    }

    /// As [`Self::take`], where it may not be missing.
    pub(super) fn need(&mut self, name: &str) -> Result<Value, Error> {
        self.take(name).ok_or_else(|| {
            Error::new(ErrorKind::MissingArgument, format!("`{}()` needs `{name}`", self.method))
        })
    }

    /// A text that may not be missing.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Error> {
        let value = self.need(name)?;
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| wrong(format!("`{name}` of `{}()` must be a text", self.method)))
    }

    /// A text, if it is given and not `none`.
    pub(super) fn text_or_none(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(value) if value.is_none() => Ok(None),
            Some(value) => value
                .as_str()
                .map(|text| Some(text.to_owned()))
                .ok_or_else(|| wrong(format!("`{name}` of `{}()` must be a text", self.method))),
        }
    }

    /// A whole number, if it is given and not `none`.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<i64>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(value) if value.is_none() => Ok(None),
            Some(value) if value.kind() == ValueKind::Bool => Ok(Some(i64::from(value.is_true()))),
            Some(value) => value
                .as_i64()
                .filter(|_| value.is_integer())
                .map(Some)
                .ok_or_else(|| wrong(format!("`{name}` of `{}()` must be a whole number", self.method))),
        }
    }

    /// A number of letters, if it is given and not `none`; none is so wide that nobody could want it.
    pub(super) fn width(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let width = self.number(name)?;
        if let Some(width) = width.filter(|width| *width > WIDEST) {
            let method = &self.method;
            return Err(wrong(format!("`{name}` of `{method}` is {width}; the most is {WIDEST}")));
        }
        Ok(width)
    }

    /// As [`Self::width`], also where the number is one of a value that may be something else.
    pub(super) fn of_width(method: &str, name: &str, width: &Value) -> Result<Option<i64>, Error> {
        let value = [width.clone()];
        Args::new(method, &value).width(name)
    }

    /// Those with names.
    pub(super) fn named(&mut self) -> Result<Vec<(String, Value)>, Error> {
        let Some(named) = &self.by_name else { return Ok(Vec::new()) };
        named.args().map(|name| Ok((name.to_owned(), named.get::<Value>(name)?))).collect()
    }

    /// Yes or no, if it is given.
    pub(super) fn yes(&mut self, name: &str) -> Option<bool> {
        self.take(name).map(|value| value.is_true())
    }

    /// All that are left and have no name.
    pub(super) fn rest(&mut self) -> Vec<Value> {
        self.by_place.by_ref().cloned().collect()
    }

    /// Refuses what is left over.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        if self.by_place.next().is_some() {
            return Err(Error::new(ErrorKind::TooManyArguments, format!("`{}()` takes fewer", self.method)));
        }
        self.by_name.map_or(Ok(()), |named| named.assert_all_used())
    }
}

/// Refuses a value of so many bytes before it is made, if it is larger than any may be.
pub(super) fn fits(bytes: usize) -> Result<(), Error> {
    if bytes > LARGEST { Err(Error::from(ErrorKind::OutOfFuel)) } else { Ok(()) }
}

/// As [`fits`], for so many parts of a text.
pub(super) fn parts_fit(parts: usize) -> Result<(), Error> {
    fits(parts.saturating_mul(PART))
}

/// What stands between so many parts, and these: refused as [`fits`] does.
pub(super) fn joined_fits<'a>(parts: impl IntoIterator<Item = &'a str>, between: usize) -> Result<(), Error> {
    let mut bytes = 0_usize;
    for part in parts {
        bytes = bytes.saturating_add(part.len()).saturating_add(between);
        fits(bytes.saturating_sub(between))?;
    }
    Ok(())
}

/// A number in a format that is a width, and too wide.
pub(super) fn too_wide(format: &str) -> Option<&str> {
    let fields = format.split('{').skip(1).filter_map(|field| field.split('}').next()?.split_once(':'));
    let mut parts = fields.flat_map(|(_, how)| how.split(|letter: char| !letter.is_ascii_digit()));
    parts.find(|digits| digits.trim_start_matches('0').len() > 6)
}

#[cfg(test)]
#[test]
fn only_the_width_of_a_field_is_too_wide() {
    assert_eq!(too_wide("10.5281/zenodo.1234567/{} {0:>9}{a}"), None);
    assert_eq!(too_wide("{:>99999999999}"), Some("99999999999"));
}

pub(super) fn wrong(problem: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
