//! What is laid out from scaffolds and templates, asked on a terminal, and shown there.

mod add;
mod cookiecutter;
mod cookiecutter_expressions;
mod cookiecutter_listed;
mod cookiecutter_prompts;
mod cookiecutter_refusals;
#[path = "../support/dice.rs"]
mod dice;
mod new;
mod scaffold;
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/mod.rs"]
mod support;
mod template_update;
#[path = "../support/templates.rs"]
mod templates;
mod tui;
mod twins;
mod update;
