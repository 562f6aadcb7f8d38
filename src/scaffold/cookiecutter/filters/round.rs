//! The filter `round`: up and down it gives floats, of whole numbers too, as Python does.

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, Value};

use super::super::args::{Args, wrong};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("round", |value: &Value, given: Rest<ValueOrKwargs>| round(value, &given.into_values()));
}

fn round(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let mut args = Args::new("round", given);
    let precision = args.number("precision")?.unwrap_or(0);
    let method = args.text_or_none("method")?.unwrap_or_else(|| "common".to_owned());
    args.finish()?;
    let precision = i32::try_from(precision).map_err(|_| wrong(format!("nothing has {precision} digits")))?;
    if value.is_integer() && value.kind() == ValueKind::Number && matches!(&*method, "floor" | "ceil") {
        return directed(value, precision, method == "ceil").map(Value::from);
    }
    let named: Kwargs = std::iter::empty::<(&str, Value)>().collect();
    minijinja::filters::round(value.clone(), Some(precision), Some(&method), named)
}

/// A whole number, rounded up or down to a power of ten.
fn directed(value: &Value, precision: i32, is_up: bool) -> Result<f64, Error> {
    let number = f64::try_from(value.clone())?;
    if precision >= 0 {
        return Ok(number);
    }
    let step = 10_f64.powf(f64::from(precision));
    if step == 0.0 {
        return Err(wrong(format!("Python divides by nothing where it rounds to {precision} digits")));
    }
    let scaled = number * step;
    let whole = if is_up { scaled.ceil() } else { scaled.floor() };
    // Python's whole numbers have no negative zero.
    Ok((whole + 0.0) / step)
}
