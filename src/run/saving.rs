//! `Saving`: a cache written by a thread beside the work, which is waited for at the end.

use std::thread::{self, JoinHandle};

/// Something that is being saved; dropping it waits for that.
#[derive(Default)]
pub(super) struct Saving(Option<JoinHandle<()>>);

impl Saving {
    /// Begins to save something.
    pub(super) fn begin(save: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(thread::spawn(save)))
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A cache that could not be saved is no error, whatever the reason.
            drop(thread.join());
        }
    }
}
