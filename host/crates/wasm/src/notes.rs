use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use soloist_core::{Failure, FunctionName, InstanceId};

use crate::trap::cut;

/// The most notes that are kept of one call.
const NOTES_MAX: usize = 8;
/// The longest note, in bytes: names in it come from the guest.
const NOTE_BYTES_MAX: usize = 1024;

/// What the host has to tell about one call of an activity: what it refused, and the setting that would allow it. The
/// operator reads it in the log, the guest's author in the details of the failure.
#[derive(Debug, Clone)]
pub(crate) struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug)]
struct Noted {
    function: FunctionName,
    instance: InstanceId,
    notes: Vec<String>,
    has_warned: bool,
}

impl Notes {
    pub(crate) fn new(function: FunctionName, instance: InstanceId) -> Self {
        Self(Arc::new(Mutex::new(Noted {
            function,
            instance,
            notes: Vec::new(),
            has_warned: false,
        })))
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guest may not do `what`; `entry` in the list `key` of its function's settings would allow it.
    pub(crate) fn not_granted(&self, what: &str, key: &str, entry: &str) {
        let function = self.noted().function.clone();
        self.refused(format!(
            "the activity '{function}' may not {what}: to allow it, list \"{entry}\" in {key} of [function.{function}] in \
             the host's settings"
        ));
    }

    /// The guest was refused something. The log has the first refusal of a call only: a guest may try without end.
    pub(crate) fn refused(&self, note: String) {
        let mut noted = self.noted();
        if !noted.has_warned {
            noted.has_warned = true;
            tracing::warn!(
                target: "soloist::activity",
                function = %noted.function,
                instance.id = %noted.instance,
                refusal = note,
                "an activity was refused something"
            );
        }
        noted.add(note);
    }

    /// Something went wrong that helps to understand a failure, and is no concern of the operator's.
    pub(crate) fn failed(&self, note: String) {
        self.noted().add(note);
    }

    /// The guest's failure, with these notes ahead of its details.
    pub(crate) fn explain(&self, mut failure: Failure) -> Failure {
        let notes = &self.noted().notes;
        if notes.is_empty() {
            return failure;
        }
        let mut details = notes.join("\n");
        if let Some(said) = &failure.details {
            details.push('\n');
            details.push_str(said);
        }
        failure.details = Some(details);
        failure
    }
}

impl Noted {
    fn add(&mut self, mut note: String) {
        cut(&mut note, NOTE_BYTES_MAX);
        if self.notes.len() < NOTES_MAX && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Notes {
        Notes::new(
            "fetch".parse().expect("it is a name"),
            "night-7".parse().expect("it is an ID"),
        )
    }

    fn failure(details: Option<&str>) -> Failure {
        Failure {
            error_type: "Http".to_owned(),
            message: "denied".to_owned(),
            details: details.map(str::to_owned),
            non_retriable: false,
        }
    }

    #[test]
    fn a_failure_tells_what_was_refused_ahead_of_its_own_details() {
        let notes = notes();
        assert_eq!(notes.explain(failure(None)), failure(None));
        notes.not_granted("call https://a.test", "allow_hosts", "a.test");
        let sentence = "the activity 'fetch' may not call https://a.test: to allow it, list \"a.test\" in allow_hosts of \
                        [function.fetch] in the host's settings";
        assert_eq!(notes.explain(failure(None)), failure(Some(sentence)));
        let both = format!("{sentence}\nat line 3");
        assert_eq!(
            notes.explain(failure(Some("at line 3"))),
            failure(Some(&both))
        );
    }

    #[test]
    fn a_guest_that_tries_without_end_makes_few_and_short_notes() {
        let notes = notes();
        for number in 0..1000 {
            notes.refused("the same".to_owned());
            notes.refused(format!("{number} {}", "x".repeat(10_000)));
        }
        let details = notes.explain(failure(None)).details.unwrap_or_default();
        assert_eq!(details.matches("the same").count(), 1);
        assert!(details.len() < NOTES_MAX * (NOTE_BYTES_MAX + 1));
    }
}
