use std::collections::BTreeMap;

use soloist_core::FunctionName;

use crate::RuntimeStatus;

/// Which instances are counted: those of which all that is said here is true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountQuery {
    /// Of this function.
    pub function: Option<FunctionName>,
    /// With all these tags.
    pub tags: BTreeMap<String, String>,
    /// The most instances that are looked at, where there are tags.
    pub looks_max: usize,
}

/// How many instances there are of each function in each state, as of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceCounts(BTreeMap<FunctionName, StatusCounts>);

/// How many instances there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts([u64; RuntimeStatus::ALL.len()]);

impl InstanceCounts {
    /// Counts so many more.
    pub fn add(&mut self, function: FunctionName, status: RuntimeStatus, instances: u64) {
        if instances > 0 {
            self.0.entry(function).or_default().add(status, instances);
        }
    }

    /// The functions that have instances, and how many.
    pub fn functions(&self) -> impl Iterator<Item = (&FunctionName, StatusCounts)> {
        self.0.iter().map(|(function, counts)| (function, *counts))
    }

    /// Those of all functions together.
    pub fn sum(&self) -> StatusCounts {
        let mut sum = StatusCounts::default();
        for counts in self.0.values() {
            for status in RuntimeStatus::ALL {
                sum.add(status, counts.of(status));
            }
        }
        sum
    }
}

impl StatusCounts {
    fn add(&mut self, status: RuntimeStatus, instances: u64) {
        self.0[status as usize] += instances;
    }

    /// How many are in this state.
    pub fn of(self, status: RuntimeStatus) -> u64 {
        self.0[status as usize]
    }

    /// How many there are in all states.
    pub fn total(self) -> u64 {
        self.0.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_up_by_state_and_none_is_kept_of_nothing() {
        let name = |text: &str| text.parse::<FunctionName>().unwrap();
        let mut counts = InstanceCounts::default();
        counts.add(name("a"), RuntimeStatus::Failed, 2);
        counts.add(name("b"), RuntimeStatus::Failed, 3);
        counts.add(name("b"), RuntimeStatus::Running, 1);
        counts.add(name("b"), RuntimeStatus::Running, 1);
        counts.add(name("c"), RuntimeStatus::Pending, 0);
        let sum = counts.sum();
        assert_eq!(
            RuntimeStatus::ALL.map(|status| sum.of(status)),
            [0, 2, 0, 0, 5, 0]
        );
        assert_eq!(sum.total(), 7);
        let functions: Vec<_> = counts
            .functions()
            .map(|(name, one)| (name.as_str(), one.total()))
            .collect();
        assert_eq!(functions, [("a", 2), ("b", 5)]);
    }
}
