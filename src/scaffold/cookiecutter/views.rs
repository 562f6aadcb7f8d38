//! Values whose kind matters in Python: what it prints by the version it is, and text that escapes what is added to it.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

/// An ordered dictionary, as `cookiecutter` itself is one. How it is printed changed from one Python to the next.
#[derive(Debug)]
pub(super) struct Ordered(Value);

impl Ordered {
    /// A map as such a dictionary.
    pub(super) fn wrap(map: Value) -> Value {
        Value::from_object(Self(map))
    }
}

impl Object for Ordered {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.0.try_iter().map_or(Enumerator::Empty, |keys| Enumerator::Values(keys.collect()))
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

/// Text that is safe for HTML. In Python whatever is added to it is escaped, which the engine does not do: so it
/// can be printed and joined by `~`, and is no text for anything else.
#[derive(Debug)]
pub(super) struct Markup(String);

impl Markup {
    /// A text as such.
    pub(super) fn wrap(text: String) -> Value {
        Value::from_object(Self(text))
    }
}

impl Object for Markup {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_empty()
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether Python prints a value in a way that hangs on its version.
pub(super) fn is_unprintable(value: &Value) -> bool {
    value.downcast_object_ref::<Ordered>().is_some() || value.downcast_object_ref::<View>().is_some()
}
