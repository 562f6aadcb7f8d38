//! What Jinja has as objects of its own: `cycler`, `joiner`, `range`, and the groups of `groupby`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::args::wrong;

/// So many numbers may a range have.
const MOST: i64 = 100_000;

/// Teaches the engine these.
pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("cycler", |items: Rest<Value>| {
        if items.is_empty() {
            return Err(wrong("`cycler()` needs something to go through".to_owned()));
        }
        Ok(Value::from_object(Cycler { items: items.to_vec(), at: AtomicUsize::new(0) }))
    });
    env.add_function("joiner", |sign: Option<String>| {
        let sign = sign.unwrap_or_else(|| ", ".to_owned());
        Value::from_object(Joiner { sign, is_used: AtomicBool::new(false) })
    });
    env.add_function("range", range);
    env.add_filter("groupby", |value: Value, attribute: Option<&str>, named: Kwargs| {
        let groups = minijinja::filters::groupby(value, attribute, named)?;
        let group = |group: Value| {
            let parts = [group.get_item_by_index(0)?, group.get_item_by_index(1)?];
            Ok(Value::from_object(Group(parts)))
        };
        groups.try_iter()?.map(group).collect::<Result<Vec<Value>, Error>>()
    });
    env.add_test("callable", |value: &Value| value.kind() == ValueKind::Plain || value.is_undefined());
}

/// `cycler(…)`: one after the other, and from the first again.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    at: AtomicUsize,
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = self.at.load(Ordering::Relaxed);
        (key.as_str() == Some("current")).then(|| self.items[at % self.items.len()].clone())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "next" => {
                let at = self.at.fetch_add(1, Ordering::Relaxed);
                Ok(self.items[at % self.items.len()].clone())
            }
            "reset" => {
                self.at.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `joiner(…)`: nothing at first, then always its sign.
#[derive(Debug)]
struct Joiner {
    sign: String,
    is_used: AtomicBool,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let is_first = !self.is_used.swap(true, Ordering::Relaxed);
        Ok(Value::from(if is_first { "" } else { self.sign.as_str() }))
    }
}

/// Numbers, which Python prints as what they were made by.
#[derive(Debug)]
pub(super) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    fn len(&self) -> i64 {
        let (way, step) = if self.step > 0 {
            (self.stop.saturating_sub(self.start), self.step)
        } else {
            (self.start.saturating_sub(self.stop), self.step.saturating_neg())
        };
        if way <= 0 { 0 } else { (way - 1) / step + 1 }
    }

    /// As Python prints it.
    pub(super) fn text(&self) -> String {
        match self.step {
            1 => format!("range({}, {})", self.start, self.stop),
            step => format!("range({}, {}, {step})", self.start, self.stop),
        }
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = key.as_i64().filter(|at| *at >= 0 && *at < self.len())?;
        Some(Value::from(self.start + at * self.step))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(usize::try_from(self.len()).unwrap_or(0))
    }
}

fn range(first: i64, second: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (start, stop) = second.map_or((0, first), |second| (first, second));
    let range = Range { start, stop, step: step.unwrap_or(1) };
    if range.step == 0 {
        return Err(wrong("`range()` cannot go in steps of 0".to_owned()));
    }
    if range.len() > MOST {
        return Err(wrong(format!("`range()` has {} numbers; the most is {MOST}", range.len())));
    }
    Ok(Value::from_object(range))
}

/// What `groupby` gives for one value: it, and all that have it.
#[derive(Debug)]
pub(super) struct Group(pub(super) [Value; 2]);

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("grouper") => Some(self.0[0].clone()),
            Some("list") => Some(self.0[1].clone()),
            _ => self.0.get(key.as_usize()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }
}
