use crate::bindings::activity::soloist::orchestration::activity_context;

/// What an activity may ask about its own call.
///
/// An activity runs at least once: after a crash the host may run it again. [`ActivityContext::task_key`] is the
/// same each time, so that it serves as an idempotency key.
#[derive(Debug)]
pub struct ActivityContext {
    _private: (),
}

impl ActivityContext {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// The name that this activity was called by.
    pub fn function_name(&self) -> String {
        activity_context::function_name()
    }

    /// The instance whose orchestrator called.
    pub fn instance_id(&self) -> String {
        activity_context::instance_id()
    }

    /// The same over all attempts of one call, and never used again.
    pub fn task_key(&self) -> String {
        activity_context::task_key()
    }

    /// 1 on the first attempt.
    pub fn attempt(&self) -> u32 {
        activity_context::attempt()
    }
}
