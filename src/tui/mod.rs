//! The terminal UI: a pure model with a pure view, threads around it, and one inbox.

mod action;
mod acts;
mod bar;
mod begin;
mod config;
mod deeds;
mod desk;
mod effect;
mod errand;
mod eta;
mod facts;
mod find;
mod follow;
mod footer;
mod forecast;
#[cfg(test)]
mod fuzz;
mod glossary;
mod graph;
mod hands;
mod input;
mod keep;
mod keymap;
mod keys;
mod lane;
mod lanes;
mod lent;
mod line;
mod list;
mod log_text;
mod look;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod made_up;
#[cfg(test)]
mod made_up_acts;
mod many_logs;
mod menu;
mod message;
mod once;
mod overlay;
mod own;
mod past;
mod pen;
mod perform;
mod place;
mod plain;
mod plan_text;
mod popup;
mod remember;
mod request;
mod runtime;
mod schedule;
mod screen;
mod shell;
mod spoken;
mod state;
mod terminal;
mod terms;
mod theme;
mod thought;
mod timing;
mod told;
mod travel;
mod twin;
mod update;
mod view;
mod watch;
mod words;
mod worker;

pub use begin::begin;
pub use config::Options;
pub use once::{ScreenName, once, once_json};
pub use plain::run as plain;
pub use runtime::run;
