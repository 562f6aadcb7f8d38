//! Values whose kind matters in Python: what it prints by the version it is, and text that escapes what is added to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, Value};

/// An ordered dictionary, as `cookiecutter` itself is one. How it is printed changed from one Python to the next.
#[derive(Debug)]
pub(super) struct Ordered {
    map: Mutex<Value>,
    /// Whether it is the one that hooks and files share, so that a change in one is seen by the next.
    is_shared: bool,
}

impl Ordered {
    /// A map as such a dictionary.
    pub(super) fn wrap(map: Value) -> Value {
        Value::from_object(Self { map: Mutex::new(map), is_shared: false })
    }

    /// A map as the dictionary that hooks and files share.
    pub(super) fn shared(map: Value) -> Value {
        Value::from_object(Self { map: Mutex::new(map), is_shared: true })
    }

    fn map(&self) -> Value {
        self.map.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lays the entries of another map over its own, if it is shared; else nobody would see it.
    pub(super) fn update(&self, other: &Value) -> Option<()> {
        let entries = |map: &Value| {
            let keys = map.try_iter().ok()?;
            keys.map(|key| map.get_item(&key).ok().map(|value| (key, value))).collect::<Option<Vec<_>>>()
        };
        let mut all = entries(&self.map()).filter(|_| self.is_shared)?;
        for (key, value) in entries(other).filter(|_| other.kind() == ValueKind::Map)? {
            match all.iter_mut().find(|(known, _)| *known == key) {
                Some((_, place)) => *place = value,
                None => all.push((key, value)),
            }
        }
        *self.map.lock().unwrap_or_else(PoisonError::into_inner) = Value::from_pairs(all);
        Some(())
    }
}

impl Object for Ordered {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.map().get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.map().try_iter().map_or(Enumerator::Empty, |keys| Enumerator::Values(keys.collect()))
    }
}

/// What `keys()`, `values()` and `items()` give: to go through, not to print.
#[derive(Debug)]
pub(super) struct View(Vec<Value>);

impl View {
    /// These values as such a view.
    pub(super) fn wrap(values: Vec<Value>) -> Value {
        Value::from_object(Self(values))
    }
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.clone())
    }
}

/// What `map`, `select`, `batch` and the like give: to go through once, not to print.
#[derive(Debug)]
pub(super) struct Once {
    items: Vec<Value>,
    /// The next one.
    at: AtomicUsize,
}

impl Once {
    /// What a value holds, as such.
    ///
    /// Errors: it cannot be gone through.
    pub(super) fn wrap(value: &Value) -> Result<Value, Error> {
        Ok(Value::from_object(Self { items: value.try_iter()?.collect(), at: AtomicUsize::new(0) }))
    }

    fn left(&self) -> usize {
        self.items.len().saturating_sub(self.at.load(Ordering::Relaxed))
    }
}

impl Object for Once {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        // It has no entries by number, which the engine would count.
        Some(Value::UNDEFINED)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Rest(Arc::clone(self))))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// What is left of it.
struct Rest(Arc<Once>);

impl Iterator for Rest {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        if self.0.left() == 0 {
            return None;
        }
        self.0.items.get(self.0.at.fetch_add(1, Ordering::Relaxed)).cloned()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left(), Some(self.0.left()))
    }
}

/// Whether Python prints a value in a way that hangs on its version, or on its place in memory.
pub(super) fn is_unprintable(value: &Value) -> bool {
    value.downcast_object_ref::<Ordered>().is_some() || is_view(value)
}

/// Whether it is only there to be gone through.
pub(super) fn is_view(value: &Value) -> bool {
    value.downcast_object_ref::<View>().is_some() || value.downcast_object_ref::<Once>().is_some()
}
