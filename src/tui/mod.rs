//! The terminal UI: a pure model with a pure view, threads around it, and one inbox.

mod action;
mod acts;
mod bar;
mod config;
mod desk;
mod effect;
mod eta;
mod facts;
mod follow;
#[cfg(test)]
mod fuzz;
mod graph;
mod input;
mod keymap;
mod keys;
mod lanes;
mod lent;
mod line;
mod list;
mod log_text;
mod look;
mod menu;
mod message;
mod once;
mod past;
mod pen;
mod plan_text;
mod popup;
mod remember;
mod request;
mod runtime;
mod screen;
mod state;
mod terminal;
mod theme;
mod travel;
mod update;
mod view;
mod watch;
mod words;
mod worker;

pub use config::Options;
pub use once::{ScreenName, once};
pub use runtime::run;
