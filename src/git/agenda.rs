//! `Agenda`: the folders of a work tree that are yet to be listed, shared out to the threads of the walk.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};

use super::ignores::Scope;

/// A folder still to be listed.
pub(super) struct Folder {
    /// Path from the root, with a slash at its end; empty for the root.
    pub(super) prefix: String,
    /// The rows of the index that lie below it.
    pub(super) rows: Range<usize>,
    /// Where its listing is remembered.
    pub(super) place: Option<usize>,
    /// Whether git ignores it; only found out when an untracked path asks.
    pub(super) is_ignored: OnceCell<bool>,
}

/// Folders that are looked up from one place and stand under one set of rules. That each held these itself would cost two
/// threads a good part of their time: counting who holds them.
pub(super) struct Group {
    pub(super) base: Arc<Base>,
    pub(super) scope: Arc<Scope>,
    pub(super) folders: Vec<Folder>,
}

/// An open folder from which those in it are looked up: a short way for the kernel where there are many.
pub(super) struct Base {
    pub(super) fd: OwnedFd,
    /// Length of its prefix.
    pub(super) length: usize,
}

/// Folders to be listed, shared by the threads.
pub(super) struct Agenda {
    state: Mutex<AgendaState>,
    changed: Condvar,
}

struct AgendaState {
    /// None without folders.
    groups: Vec<Group>,
    /// Threads that are listing a folder and may add more.
    busy: usize,
    waiting: usize,
    is_stopped: bool,
}

impl Base {
    /// Opens a folder that is here or below; nothing if it went meanwhile, or no more files can be opened.
    pub(super) fn open(&self, prefix: &str) -> Option<Arc<Self>> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(&self.fd, self.path_to(prefix), flags, Mode::empty()).ok()?;
        Some(Arc::new(Self { fd, length: prefix.len() }))
    }

    /// The path from here to a folder with this prefix, which is here or below.
    pub(super) fn path_to<'a>(&self, prefix: &'a str) -> &'a str {
        if prefix.len() == self.length { "." } else { prefix[self.length..].trim_end_matches('/') }
    }
}

impl Group {
    /// Takes some of its folders: a few, and half of them at most, so that other threads find some.
    fn some(&mut self) -> Self {
        let keep = self.folders.len() / 2;
        let keep = keep.max(self.folders.len().saturating_sub(64));
        let folders = self.folders.split_off(keep);
        Self { base: Arc::clone(&self.base), scope: Arc::clone(&self.scope), folders }
    }
}

impl Agenda {
    pub(super) fn new(first: Group) -> Self {
        let state = AgendaState { groups: vec![first], busy: 0, waiting: 0, is_stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, AgendaState> {
        self.state.lock().expect("no walker panics with the lock")
    }

    /// The next folders to list, a few at a time; nothing once all are listed.
    pub(super) fn take(&self) -> Option<Group> {
        let mut state = self.lock();
        while state.groups.is_empty() && state.busy > 0 && !state.is_stopped {
            state.waiting += 1;
            state = self.changed.wait(state).expect("no walker panics with the lock");
            state.waiting -= 1;
        }
        if state.is_stopped {
            return None;
        }
        let last = state.groups.last_mut()?;
        let taken = last.some();
        if last.folders.is_empty() {
            state.groups.pop();
        }
        state.busy += 1;
        Some(taken)
    }

    /// Gives back the folders found while listing.
    pub(super) fn give(&self, groups: &mut Vec<Group>) {
        let mut state = self.lock();
        state.busy -= 1;
        state.groups.append(groups);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }
}
