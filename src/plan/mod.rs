//! What is to be done, computed without touching the world.

pub mod record;
