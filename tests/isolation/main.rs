//! Commands in sandboxes and containers, in whole runs.

#[path = "../support/attempts.rs"]
mod attempts;
mod closed;
#[path = "../support/contained.rs"]
mod contained;
mod containers;
mod enter;
mod images;
mod import_images;
#[path = "../support/opencv.rs"]
mod opencv;
#[path = "../support/people.rs"]
mod people;
#[path = "../support/podman.rs"]
mod podman;
mod sandbox;
#[path = "../support/mod.rs"]
mod support;
