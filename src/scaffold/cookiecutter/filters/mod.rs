//! Filters: the engine's own where they do as Jinja's, ours where it lacks one or differs, refusals for the rest.

mod json;
mod slug;
mod text;

mod wrap;

use minijinja::value::Rest;
use minijinja::{Environment, Error, ErrorKind, Value};

/// Filters that the engine has and Jinja has not: a template that uses them is wrong in cookiecutter.
const FOREIGN: [&str; 5] = ["split", "lines", "bool", "chain", "zip"];
/// Tests that only the engine has.
const FOREIGN_TESTS: [&str; 4] = ["safe", "startingwith", "endingwith", "containing"];

/// Filters and functions whose result cookiecutter could not repeat either.
const RANDOM: &str = "gives another result each time, so nothing can be promised";
/// Filters that have no match here.
const MISSING: &str = "has no match here; use cookiecutter itself for this template";

/// Teaches the engine the filters that templates may use.
pub(super) fn add(env: &mut Environment<'static>) {
    for name in FOREIGN {
        env.remove_filter(name);
    }
    for name in FOREIGN_TESTS {
        env.remove_test(name);
    }
    env.remove_global("debug");
    text::add(env);
    wrap::add(env);
    json::add(env);
    env.add_filter("slugify", slug::slugify);
    for name in ["xmlattr", "forceescape", "urlize", "pprint", "striptags", "filesizeformat"] {
        env.add_filter(name, move |_: Rest<Value>| refuse(name, MISSING));
    }
    env.add_filter("random", |_: Rest<Value>| refuse("random", RANDOM));
    for name in ["uuid4", "random_ascii_string", "lipsum"] {
        env.add_function(name, move |_: Rest<Value>| refuse(name, RANDOM));
    }
    for name in ["cycler", "joiner"] {
        env.add_function(name, move |_: Rest<Value>| refuse(name, MISSING));
    }
}

fn refuse(name: &str, why: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, format!("`{name}` {why}")))
}
