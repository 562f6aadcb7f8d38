//! Kill points for the crash tests: named instants at which the process can be made to die.

/// Every kill point of a commit, in the order in which they are passed.
pub const POINTS: [&str; 6] = [
    "commit:after-objects",
    "commit:after-index",
    "commit:after-journal",
    "commit:after-link",
    "commit:after-ref",
    "commit:after-rename",
];

/// Dies here, as by `kill -9`, if `MINIPACH_FAULT` names this point; nothing without the feature.
#[cfg(feature = "faults")]
pub(super) fn point(name: &str) {
    debug_assert!(POINTS.contains(&name));
    if std::env::var_os("MINIPACH_FAULT").is_some_and(|wanted| wanted == name) {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .expect("a process may always kill itself");
    }
}

/// Dies here, as by `kill -9`, if `MINIPACH_FAULT` names this point; nothing without the feature.
#[cfg(not(feature = "faults"))]
pub(super) fn point(name: &str) {
    debug_assert!(POINTS.contains(&name));
}
