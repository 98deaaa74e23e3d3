use std::time::Duration;

/// The middle of some numbers, or the mean of the two in the middle; 0 of none.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.get(middle), numbers.len() % 2) {
        (None, _) => 0.0,
        (Some(upper), 1) => *upper,
        (Some(upper), _) => f64::midpoint(numbers[middle - 1], *upper),
    }
}

/// The least time that so many hundredths of the sorted `times` do not exceed; zero of none.
pub(crate) fn percentile(times: &[Duration], hundredths: usize) -> Duration {
    let place = (times.len() * hundredths).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

/// A count as a number to reckon with. No count here comes near 2^53, beyond which it would not be exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are exact in 53 bits"
)]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A size in MB of a million bytes.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    number(bytes) / 1e6
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these are exact")]

    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median([7.0]), 7.0);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn an_outlier_does_not_move_the_median() {
        assert_eq!(median([1.0, 1.0, 1e9]), 1.0);
    }

    #[test]
    fn percentiles_count_from_the_smallest() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times, 100), Duration::from_millis(200));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
