//! Instances of all sorts, for lists: so many of each sort that every filter has few, many or none to find.

use std::collections::BTreeMap;
use std::time::Duration;

use soloist_core::{EventKind, Failure, ModuleDigest, Payload, Timestamp};
use soloist_engine::{Operation, RuntimeStatus};

use crate::names;
use crate::written::{operation, started};

/// How far apart they were created.
const APART: Duration = Duration::from_millis(10);
/// How many there are at least: fewer would have no sorts.
pub(crate) const LEAST: u64 = 2_000;

/// So many instances, which were created one after the other up to some time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Population {
    pub(crate) count: u64,
    /// When the first was created.
    pub(crate) since: Timestamp,
}

/// One of them, by what a filter may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) status: RuntimeStatus,
    pub(crate) function: &'static str,
    /// What its id begins with.
    pub(crate) prefix: &'static str,
    pub(crate) region: &'static str,
    pub(crate) customer: u64,
    /// How many were created before it.
    pub(crate) place: u64,
}

impl Population {
    pub(crate) fn until(now: Timestamp, count: u64) -> Self {
        let age = i64::try_from(APART.as_millis() * u128::from(count)).unwrap_or(i64::MAX);
        Self {
            count,
            since: Timestamp::from_millis(now.as_millis() - age),
        }
    }

    /// When the one at a place was created.
    pub(crate) fn created(&self, place: u64) -> Timestamp {
        self.since
            .plus(APART * u32::try_from(place).unwrap_or(u32::MAX))
    }

    pub(crate) fn member(&self, place: u64) -> Member {
        // Ten of a rare sort, a hundred of a small one, whatever the count.
        let (rare, small) = (self.count / 10, self.count / 100);
        let status = match place {
            _ if place % rare == 5 => RuntimeStatus::Suspended,
            _ if place % 20 == 4 => RuntimeStatus::Failed,
            _ if place % 100 == 9 => RuntimeStatus::Terminated,
            _ if place % 50 == 2 => RuntimeStatus::Running,
            _ => RuntimeStatus::Completed,
        };
        Member {
            status,
            function: match place {
                _ if place % small == 7 => "patient",
                _ if place % 10 == 3 => "sleeper",
                _ => "chain",
            },
            prefix: match place {
                _ if place % small == 11 => "vip-",
                _ if place.is_multiple_of(10) => "bill-",
                _ => "order-",
            },
            // All that failed did so in the east.
            region: if place.is_multiple_of(2) {
                "east"
            } else {
                "west"
            },
            customer: place % small,
            place,
        }
    }

    pub(crate) fn members(self) -> impl Iterator<Item = Member> {
        (0..self.count).map(move |place| self.member(place))
    }

    /// What a host leaves of a member. Those that live wait for an event that nobody raises.
    pub(crate) fn operation(&self, member: &Member, module: ModuleDigest) -> Operation {
        let at = self.created(member.place);
        let input = format!(
            "{{\"customer\":{},\"items\":\"{}\"}}",
            member.customer,
            "one of many ".repeat(12)
        );
        let input = Payload::parse(&input).expect("it is JSON");
        let mut started = started(member.function, module, input, at);
        started.tags = BTreeMap::from([
            ("customer".to_owned(), member.customer.to_string()),
            ("region".to_owned(), member.region.to_owned()),
        ]);
        let wait = EventKind::EventAwaited {
            name: "Go".to_owned(),
        };
        let mut kinds = vec![EventKind::ExecutionBegan {}];
        match member.status {
            RuntimeStatus::Pending => kinds.clear(),
            RuntimeStatus::Running => kinds.push(wait),
            RuntimeStatus::Suspended => {
                kinds.extend([wait, EventKind::ExecutionSuspended { reason: None }]);
            }
            RuntimeStatus::Completed => kinds.push(EventKind::ExecutionCompleted {
                output: Payload::string(&"done ".repeat(20)),
            }),
            RuntimeStatus::Failed => kinds.push(EventKind::ExecutionFailed {
                failure: Failure {
                    error_type: "PaymentDeclined".to_owned(),
                    message: "the bank said no".to_owned(),
                    details: None,
                    non_retriable: false,
                },
            }),
            RuntimeStatus::Terminated => {
                kinds.push(EventKind::ExecutionTerminated { reason: None });
            }
        }
        let name = format!("{}{}", member.prefix, names::instance());
        Operation {
            instance: name.parse().expect("our names are good ids"),
            status: member.status,
            ..operation(started, kinds, at)
        }
    }
}

#[cfg(test)]
mod tests {
    use soloist_core::{EventId, History};
    use soloist_engine::Begin;

    use super::*;

    #[test]
    fn there_are_few_and_many_of_a_sort_whatever_the_count() {
        for count in [LEAST, 1_000_000] {
            let population = Population::until(Timestamp::from_millis(1 << 40), count);
            let found = |is: fn(&Member) -> bool| population.members().filter(is).count() as u64;
            assert_eq!(found(|one| one.status == RuntimeStatus::Suspended), 10);
            assert_eq!(found(|one| one.function == "patient"), 100);
            assert_eq!(found(|one| one.prefix == "vip-"), 100);
            assert_eq!(found(|one| one.customer == 7), 100);
            assert!(found(|one| one.status == RuntimeStatus::Failed) > count / 21);
            let western = |one: &Member| one.region == "west";
            assert_eq!(found(western), count / 2);
            assert_eq!(
                found(|one| one.region == "west" && one.status == RuntimeStatus::Failed),
                0
            );
        }
    }

    #[test]
    fn each_member_is_a_history_that_can_be_read_and_has_nothing_to_do() {
        let population = Population::until(Timestamp::from_millis(1 << 40), LEAST);
        for member in population.members().take(50) {
            let operation = population.operation(&member, ModuleDigest::new([1; 32]));
            let Begin { events, .. } = operation.begins.unwrap();
            assert_eq!(events[0].timestamp, population.created(member.place));
            assert!(
                events
                    .iter()
                    .map(|event| event.id)
                    .eq((1..=events.len() as u64).map(EventId::new))
            );
            let history = History::try_from(events).unwrap();
            assert!(history.open_work().is_empty());
            assert_eq!(history.started().tags.len(), 2);
        }
    }
}
