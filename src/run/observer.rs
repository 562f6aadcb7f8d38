//! Observers: whoever wants to know what happens in a run.

use crate::ledger::{EventWriter, LedgerError};
use crate::model::Event;

/// Receives every event of a run, in order.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: &Event);
    /// Called at least ten times a second, and whenever the run has a moment.
    fn tick(&mut self) {}
}

/// Writes events to the run's file, where other processes read them.
pub struct Recorder {
    writer: EventWriter,
    failed: Option<LedgerError>,
}

impl Recorder {
    /// Records to an open event file.
    pub const fn new(writer: EventWriter) -> Self {
        Self { writer, failed: None }
    }
}

impl Observer for Recorder {
    fn event(&mut self, event: &Event) {
        let is_last = matches!(event, Event::RunFinished { .. });
        let done =
            self.writer.append(event).and_then(|()| if is_last { self.writer.flush() } else { Ok(()) });
        if let Err(error) = done {
            self.failed.get_or_insert(error);
        }
    }

    fn tick(&mut self) {
        if self.writer.due().is_some_and(|due| due <= std::time::Instant::now())
            && let Err(error) = self.writer.flush()
        {
            self.failed.get_or_insert(error);
        }
    }
}

/// Collects events; for tests and for callers that only want the end.
impl Observer for Vec<Event> {
    fn event(&mut self, event: &Event) {
        self.push(event.clone());
    }
}

/// Several observers as one.
pub struct Observers(pub Vec<Box<dyn Observer>>);

impl Observer for Observers {
    fn event(&mut self, event: &Event) {
        self.0.iter_mut().for_each(|observer| observer.event(event));
    }

    fn tick(&mut self) {
        self.0.iter_mut().for_each(|observer| observer.tick());
    }
}
