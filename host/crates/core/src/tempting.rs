//! Three rules that look right and are not. A test turns one on and sees that it is found; only tests are built with this
//! file.

use std::cell::Cell;

/// A rule that is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tempting {
    /// An event is assigned to the oldest wait for it when it comes, and given back if that wait is cancelled.
    AssignOnArrival,
    /// A task is done, for cancel, if history holds its answer.
    AnyAnswerIsDone,
    /// An answer that comes during a suspension stands where it was recorded.
    NothingIsHeld,
}

thread_local! {
    static IN_FORCE: Cell<Option<Tempting>> = const { Cell::new(None) };
}

impl Tempting {
    pub(crate) fn is_in_force(self) -> bool {
        IN_FORCE.get() == Some(self)
    }

    /// Does `work` under this rule, as far as it is done on this thread.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        struct Repeal;
        impl Drop for Repeal {
            fn drop(&mut self) {
                IN_FORCE.set(None);
            }
        }
        IN_FORCE.set(Some(self));
        let _repeal = Repeal;
        work()
    }
}
