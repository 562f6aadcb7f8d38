//! Later: large values that are not freed while somebody waits. Freeing some hundred thousand small ones takes a while, and
//! mostly the process ends before.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

/// What is to be freed when there is more, if the process lives so long.
static LEFT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Takes a large value that nobody needs any more. Those before it are freed now, by another thread: a process that goes on
/// for long holds only the last one of each kind.
pub fn free_later<T: Any + Send>(value: T) {
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    let older = left.extract_if(.., |older| older.is::<T>()).collect::<Vec<_>>();
    left.push(Box::new(value));
    drop(left);
    if !older.is_empty() {
        std::thread::spawn(move || drop(older));
    }
}
