use std::time::Duration;

use super::Choice;

/// At how many places, and for how long, things are measured.
#[derive(Debug)]
pub(crate) struct Scale {
    /// How often each point is measured that has a median.
    pub(crate) rounds: u64,
    /// How long one load lasts.
    pub(crate) window: Duration,
    /// How long the small orchestration runs beside each greedy one.
    pub(crate) beside: Duration,
    /// How long a load lasts that is not measured.
    pub(crate) warm_up: Duration,
    /// How many connections run chains at once.
    pub(crate) at_once: Vec<usize>,
    /// The lengths of chains whose steps are compared.
    pub(crate) steps: Vec<u64>,
    /// So many activities are made on the way to each cost of a step, at least.
    pub(crate) steps_each: u64,
    pub(crate) sleepers: Vec<u64>,
    pub(crate) completed: Vec<u64>,
    /// How many starts, and how many chains alone, are measured among each number of completed instances.
    pub(crate) starts: u64,
    pub(crate) alone: u64,
    /// The lengths of histories that are replayed.
    pub(crate) replayed: Vec<u64>,
    /// How often each is.
    pub(crate) replays: u64,
}

impl Scale {
    pub(crate) fn of(choice: &Choice) -> Self {
        let (completed, asleep) = if choice.quick {
            (20_000, 10_000)
        } else {
            (1_000_000, 1_000_000)
        };
        let mut completed = decades(choice.completed.unwrap_or(completed));
        completed.insert(0, 0);
        let sleepers = decades(choice.asleep.unwrap_or(asleep));
        if choice.quick {
            Self {
                rounds: 1,
                window: Duration::from_millis(1_500),
                beside: Duration::from_secs(3),
                warm_up: Duration::from_millis(500),
                at_once: vec![1, 4, 16, 64, 256, 1_024],
                steps: vec![10, 100, 1_000, 3_000],
                steps_each: 500,
                sleepers,
                completed,
                starts: 1_000,
                alone: 60,
                replayed: vec![100, 1_000, 3_000],
                replays: 20,
            }
        } else {
            Self {
                rounds: 3,
                window: Duration::from_secs(4),
                beside: Duration::from_secs(8),
                warm_up: Duration::from_secs(1),
                at_once: (0..=10).map(|power| 1 << power).collect(),
                steps: vec![10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000],
                steps_each: 2_000,
                sleepers,
                completed,
                starts: 2_000,
                alone: 200,
                replayed: vec![100, 300, 1_000, 3_000, 10_000],
                replays: 40,
            }
        }
    }
}

/// 1,000, 3,000, 10,000 and so on up to a number, and that number.
fn decades(most: u64) -> Vec<u64> {
    let steps = (3..).flat_map(|power| [1, 3].map(|digit| digit * 10_u64.pow(power)));
    let mut numbers: Vec<_> = steps.take_while(|number| *number < most).collect();
    numbers.push(most);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_end_at_what_was_asked_for() {
        assert_eq!(decades(100_000), [1_000, 3_000, 10_000, 30_000, 100_000]);
        assert_eq!(decades(20_000), [1_000, 3_000, 10_000, 20_000]);
        assert_eq!(decades(500), [500]);
    }

    #[test]
    fn all_points_go_up() {
        for quick in [true, false] {
            let choice = Choice {
                quick,
                only: Vec::new(),
                completed: Some(3_000_000),
                asleep: None,
            };
            let scale = Scale::of(&choice);
            assert_eq!(scale.completed[0], 0);
            assert_eq!(scale.completed.last(), Some(&3_000_000));
            assert!(scale.at_once.is_sorted_by(|a, b| a < b));
            for points in [
                &scale.steps,
                &scale.sleepers,
                &scale.completed,
                &scale.replayed,
            ] {
                assert!(points.is_sorted_by(|a, b| a < b), "{points:?}");
            }
        }
    }
}
