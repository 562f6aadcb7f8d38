//! Forms of fields, such as `>10`, `05d` and `.1%`: how Python fills them up; what is in them is formed by the engine.

use minijinja::formatting::{self, FormatStyle};
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::super::args::{fits, too_wide, wrong};
use super::super::repr;

/// A value in a form; without one as Python's `str` has it.
///
/// Errors: the form is none for such a value, or has no match here.
pub(super) fn formed(value: &Value, form: &str) -> Result<String, Error> {
    if form.is_empty() {
        return repr::text(value);
    }
    if let Some(width) = too_wide(&format!("{{:{form}}}")) {
        return Err(wrong(format!("`format()` fills up to {width} letters, which is too wide")));
    }
    let unlike =
        || wrong(format!("the form `{form}` of `format()` is none for this value, or has no match here"));
    let form = Form::read(form).ok_or_else(unlike)?;
    fits(form.width.saturating_mul(form.fill.len_utf8()).saturating_add(value.as_str().map_or(0, str::len)))?;
    let core = match value.kind() {
        ValueKind::String => form.text(value.as_str().unwrap_or_default()),
        ValueKind::Bool => form.number(&Value::from(i64::from(value.is_true())))?,
        ValueKind::Number => form.number(value)?,
        _ => None,
    };
    Ok(form.filled_up(&core.ok_or_else(unlike)?, value.kind() == ValueKind::String))
}

/// The parts of a form: `[[FILL]ALIGN][SIGN][#][0][WIDTH][GROUPING][.PRECISION][TYPE]`.
struct Form {
    fill: char,
    align: Option<char>,
    sign: String,
    is_alternate: bool,
    has_zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Form {
    fn read(text: &str) -> Option<Self> {
        let is_align = |letter: &char| "<>=^".contains(*letter);
        let mut letters = text.chars().peekable();
        let mut ahead = text.chars();
        let (first, second) = (ahead.next(), ahead.next());
        let mut fill = None;
        let mut align = None;
        if second.is_some_and(|letter| is_align(&letter)) {
            (fill, align) = (first, second);
            _ = letters.nth(1);
        } else if first.is_some_and(|letter| is_align(&letter)) {
            align = letters.next();
        }
        let sign: String = letters.next_if(|letter| "+- ".contains(*letter)).into_iter().collect();
        let is_alternate = letters.next_if_eq(&'#').is_some();
        let has_zero = letters.next_if_eq(&'0').is_some();
        let rest: String = letters.collect();
        let (width, rest) = number(&rest)?;
        let grouping = rest.chars().next().filter(|letter| ",_".contains(*letter));
        let rest = &rest[grouping.map_or(0, char::len_utf8)..];
        let (precision, rest) = match rest.strip_prefix('.') {
            Some(rest) => number(rest).filter(|(digits, _)| digits.is_some())?,
            None => (None, rest),
        };
        let mut kinds = rest.chars();
        let kind = kinds.next();
        let form = Self {
            fill: fill.unwrap_or(if has_zero { '0' } else { ' ' }),
            align,
            sign,
            is_alternate,
            has_zero,
            width: width.unwrap_or(0),
            grouping,
            precision,
            kind,
        };
        kinds.next().is_none().then_some(form)
    }

    /// A text, cut to the precision.
    fn text(&self, text: &str) -> Option<String> {
        let is_plain = self.sign.is_empty() && !self.is_alternate && self.grouping.is_none();
        let is_text = is_plain && self.align != Some('=') && matches!(self.kind, None | Some('s'));
        is_text.then(|| text.chars().take(self.precision.unwrap_or(usize::MAX)).collect())
    }

    /// A number without what it is filled up with; none where Python has no such form, or another one than the engine.
    fn number(&self, value: &Value) -> Result<Option<String>, Error> {
        let is_whole = value.is_integer();
        let is_like = match self.kind {
            None => self.precision.is_none(),
            Some('d') => is_whole && self.precision.is_none(),
            Some('b' | 'o' | 'x' | 'X') => is_whole && self.precision.is_none() && self.grouping.is_none(),
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => true,
            _ => false,
        };
        // Groups of what is filled up go on in what fills up, where that is zeros behind the sign.
        let has_groups = self.grouping.is_some() && self.fill == '0' && self.is_behind_sign();
        if !is_like || has_groups {
            return Ok(None);
        }
        let mut core = self.sign.clone();
        core.extend(self.is_alternate.then_some('#'));
        core.extend(self.grouping);
        core.extend(self.precision.iter().map(|precision| format!(".{precision}")));
        if self.kind == Some('%') {
            let Ok(number) = f64::try_from(value.clone()) else { return Ok(None) };
            return Ok(Some(engine(&Value::from(number * 100.0), &(core + "f"))? + "%"));
        }
        core.extend(self.kind);
        if core.is_empty() { repr::text(value).map(Some) } else { engine(value, &core).map(Some) }
    }

    /// Whether a number is filled up behind its sign.
    fn is_behind_sign(&self) -> bool {
        self.align == Some('=') || self.align.is_none() && self.has_zero
    }

    fn filled_up(&self, core: &str, is_text: bool) -> String {
        let missing = self.width.saturating_sub(core.chars().count());
        let fill = |count: usize| std::iter::repeat_n(self.fill, count).collect::<String>();
        match self.align {
            Some('<') => format!("{core}{}", fill(missing)),
            None if is_text => format!("{core}{}", fill(missing)),
            Some('^') => format!("{}{core}{}", fill(missing / 2), fill(missing - missing / 2)),
            _ if self.is_behind_sign() => {
                let (sign, digits) = core.split_at(self.sign_length(core));
                format!("{sign}{}{digits}", fill(missing))
            }
            _ => format!("{}{core}", fill(missing)),
        }
    }

    /// How long the sign is, and with `#` what tells the base.
    fn sign_length(&self, core: &str) -> usize {
        let sign = usize::from(core.starts_with(['+', '-', ' ']));
        let has_base = self.is_alternate && matches!(self.kind, Some('b' | 'o' | 'x' | 'X'));
        if has_base { sign + 2 } else { sign }
    }
}

/// The number that a text begins with, if it does, and the rest; none if it is larger than any may be.
fn number(text: &str) -> Option<(Option<usize>, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() { Some((None, rest)) } else { Some((Some(digits.parse().ok()?), rest)) }
}

fn engine(value: &Value, form: &str) -> Result<String, Error> {
    formatting::format(FormatStyle::StrFormat, &format!("{{:{form}}}"), std::slice::from_ref(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_filled_up_as_in_python() {
        let (text, number) = (|text: &str| Value::from(text), |number: f64| Value::from(number));
        for (value, form, wanted) in [
            (text("3"), "03", "300"),
            (text("3"), ">03", "003"),
            (text("ab"), "05", "ab000"),
            (text("é"), "日^7", "日日日é日日日"),
            (text("abc"), "*>5.2s", "***ab"),
            (Value::from(7), "<05d", "70000"),
            (Value::from(7), "05d", "00007"),
            (Value::from(-7), ">05d", "000-7"),
            (Value::from(-7), "05", "-0007"),
            (Value::from(true), "4", "   1"),
            (Value::from(255), "#06x", "0x00ff"),
            (Value::from(1_234_567), ",", "1,234,567"),
            (number(2.5), "^07.1f", "002.500"),
            (number(2.5), "<08.2f", "2.500000"),
            (number(2.0), "6", "   2.0"),
            (number(0.256), "8.1%", "   25.6%"),
        ] {
            assert_eq!(formed(&value, form).ok().as_deref(), Some(wanted), "{value:?} {form}");
        }
    }

    #[test]
    fn forms_that_a_value_has_not_are_refused() {
        let list = Value::from(vec![1]);
        for (value, form) in [
            (Value::from(()), ">6"),
            (list, ">6"),
            (Value::from("a"), ","),
            (Value::from("a"), "d"),
            (Value::from("a"), "=5"),
            (Value::from("a"), "+"),
            (Value::from(1), "s"),
            (Value::from(1), ".2d"),
            (Value::from(1.5), "d"),
            (Value::from(1), "5!"),
            (Value::from(1), "."),
        ] {
            assert!(formed(&value, form).is_err(), "{value:?} {form}");
        }
    }
}
