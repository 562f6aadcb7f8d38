//! The terminal UI: a pure model with a pure view, threads around it, and one inbox.

mod action;
mod bar;
mod effect;
mod eta;
mod facts;
mod follow;
mod input;
mod keys;
mod lanes;
mod line;
mod list;
mod menu;
mod message;
mod pen;
mod plan_text;
mod popup;
mod request;
mod runtime;
mod screen;
mod state;
mod terminal;
mod theme;
mod update;
mod view;
mod worker;

pub use runtime::{Options, run};
