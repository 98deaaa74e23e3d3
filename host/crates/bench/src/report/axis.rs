//! Where numbers lie on an axis, and which of them are named there.

/// How numbers lie on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// From zero, in even steps.
    Linear,
    /// In decades. A zero stands a decade before the least of the others.
    Decades,
    /// In powers of two, all of which are named.
    Doublings,
}

/// An axis as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    /// With the unit.
    pub(crate) title: String,
    pub(crate) scale: Scale,
}

/// An axis that all of some numbers are on. Its places are even: the drawing knows nothing of logarithms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    scale: Scale,
    /// The least number above zero.
    least: f64,
    /// The places where it begins and ends.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<Tick>,
}

/// A number that is named, and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) place: f64,
    pub(crate) label: String,
}

/// About so many steps has a linear axis.
const STEPS: f64 = 5.0;
/// With fewer powers of ten than this on an axis, their doubles and halves are named too.
const DECADES_MIN: usize = 3;
/// More numbers than these are not named.
const TICKS_MAX: usize = 12;
/// What is free at both ends of a logarithmic axis, as a part of it.
const MARGIN: f64 = 0.02;
/// So much may reckoning be off.
const SLIP: f64 = 1e-9;

impl Axis {
    pub(crate) fn new(title: impl Into<String>, scale: Scale) -> Self {
        Self {
            title: title.into(),
            scale,
        }
    }

    /// Where these numbers are on it, none of which is below zero.
    pub(crate) fn fit(&self, numbers: impl IntoIterator<Item = f64>) -> Fitted {
        let numbers: Vec<f64> = numbers.into_iter().filter(|n| n.is_finite()).collect();
        let above_zero = numbers.iter().copied().filter(|n| *n > 0.0);
        let least = above_zero.clone().fold(f64::INFINITY, f64::min);
        let most = above_zero.fold(0.0, f64::max);
        let (least, most) = if most > 0.0 {
            (least, most)
        } else {
            (1.0, 1.0)
        };
        match self.scale {
            Scale::Linear => linear(least, most),
            Scale::Decades => {
                let has_zero = numbers.iter().any(|n| *n <= 0.0);
                logarithmic(self.scale, least, most, has_zero)
            }
            Scale::Doublings => logarithmic(self.scale, least, most, false),
        }
    }
}

impl Fitted {
    /// An axis of names, one below the other.
    pub(crate) fn of_names(names: impl IntoIterator<Item = String>) -> Self {
        let mut ticks = Vec::new();
        let mut top = 0.0;
        for label in names {
            ticks.push(Tick {
                place: top + 0.5,
                label,
            });
            top += 1.0;
        }
        Self {
            scale: Scale::Linear,
            least: 1.0,
            low: top,
            high: 0.0,
            ticks,
        }
    }

    pub(crate) fn place(&self, number: f64) -> f64 {
        match self.scale {
            Scale::Linear => number,
            Scale::Decades | Scale::Doublings if number <= 0.0 => self.least.log10() - 1.0,
            Scale::Decades | Scale::Doublings => number.log10(),
        }
    }

    /// The name of a place; nothing where there is none.
    pub(crate) fn label(&self, place: f64) -> String {
        let near = |tick: &&Tick| (tick.place - place).abs() < SLIP;
        let found = self.ticks.iter().find(near);
        found.map_or_else(String::new, |tick| tick.label.clone())
    }
}

fn linear(least: f64, most: f64) -> Fitted {
    let step = round_up(most / STEPS);
    let count = (most / step - SLIP).ceil();
    let mut ticks = Vec::new();
    let mut number = 0.0;
    while number <= count {
        ticks.push(Tick {
            place: number * step,
            label: label(number * step),
        });
        number += 1.0;
    }
    Fitted {
        scale: Scale::Linear,
        least,
        low: 0.0,
        high: count * step,
        ticks,
    }
}

fn logarithmic(scale: Scale, least: f64, most: f64, has_zero: bool) -> Fitted {
    let named = if scale == Scale::Doublings {
        doublings(least, most)
    } else {
        decades(least, most)
    };
    let at = |number: Option<&f64>, edge: f64| number.copied().unwrap_or(edge).log10();
    let (mut low, mut high) = (at(named.first(), least), at(named.last(), most));
    let mut ticks: Vec<_> = thinned(scale, &named)
        .into_iter()
        .map(|number| Tick {
            place: number.log10(),
            label: label(number),
        })
        .collect();
    if has_zero {
        low = least.log10() - 1.0;
        ticks.retain(|tick| tick.place > low + 0.5);
        let zero = Tick {
            place: low,
            label: "0".to_owned(),
        };
        ticks.insert(0, zero);
    }
    let margin = (high - low) * MARGIN;
    low -= margin;
    high += margin;
    Fitted {
        scale,
        least,
        low,
        high,
        ticks,
    }
}

/// The numbers 1, 2, 5, 10, 20, ... from the last one below `least` to the first one above `most`, two at least.
fn decades(least: f64, most: f64) -> Vec<f64> {
    let mut power = exponent(least);
    let mut numbers: Vec<f64> = Vec::new();
    while numbers
        .last()
        .is_none_or(|last| *last <= most * (1.0 + SLIP))
    {
        numbers.extend([1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        power += 1;
    }
    let begin = numbers.iter().rposition(|n| *n <= least * (1.0 + SLIP));
    let end = numbers.iter().position(|n| *n >= most * (1.0 - SLIP));
    let (begin, end) = (begin.unwrap_or(0), end.unwrap_or(numbers.len() - 1));
    // One number alone is no axis.
    let end = if begin == end { end + 1 } else { end };
    numbers.into_iter().take(end + 1).skip(begin).collect()
}

fn doublings(least: f64, most: f64) -> Vec<f64> {
    let mut numbers = vec![2_f64.powf((least.log2() + SLIP).floor())];
    while let Some(last) = numbers.last()
        && (*last < most * (1.0 - SLIP) || numbers.len() < 2)
    {
        numbers.push(last * 2.0);
    }
    numbers
}

/// Those that are named.
fn thinned(scale: Scale, numbers: &[f64]) -> Vec<f64> {
    let powers: Vec<f64> = numbers
        .iter()
        .copied()
        .filter(|n| is_power_of_ten(*n))
        .collect();
    let numbers = if scale == Scale::Decades && powers.len() >= DECADES_MIN {
        powers
    } else {
        numbers.to_vec()
    };
    let every = numbers.len().div_ceil(TICKS_MAX).max(1);
    numbers.into_iter().step_by(every).collect()
}

fn is_power_of_ten(number: f64) -> bool {
    let place = number.log10();
    (place - place.round()).abs() < SLIP
}

/// The least of 1, 2, 5 and their decades that is not below a number.
fn round_up(number: f64) -> f64 {
    let decade = 10_f64.powi(exponent(number));
    let digit = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|digit| digit * decade >= number * (1.0 - SLIP));
    digit.unwrap_or(10.0) * decade
}

/// The power of ten in a number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the logarithm of a finite number is small"
)]
fn exponent(number: f64) -> i32 {
    (number.log10() + SLIP).floor() as i32
}

/// A round number, short.
fn label(number: f64) -> String {
    let (number, unit) = match number {
        n if n >= 1e6 => (n / 1e6, "M"),
        n if n >= 1e4 => (n / 1e3, "k"),
        n => (n, ""),
    };
    let digits = match exponent(number.max(1e-9)) {
        power if power >= 1 => 1,
        power => usize::try_from(1 - power).unwrap_or(1),
    };
    let text = format!("{number:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these are exact")]

    use super::*;

    fn labels(scale: Scale, numbers: &[f64]) -> Vec<String> {
        let fitted = Axis::new("x", scale).fit(numbers.iter().copied());
        fitted.ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_linear_axis_begins_at_zero_and_ends_beyond_the_most() {
        let fitted = Axis::new("x", Scale::Linear).fit([310.0, 470.0]);
        assert_eq!((fitted.low, fitted.high), (0.0, 500.0));
        assert_eq!(
            labels(Scale::Linear, &[310.0, 470.0]),
            ["0", "100", "200", "300", "400", "500"]
        );
        assert_eq!(
            labels(Scale::Linear, &[0.21]),
            ["0", "0.05", "0.1", "0.15", "0.2", "0.25"]
        );
        assert_eq!(labels(Scale::Linear, &[50_000.0])[1], "10k");
    }

    #[test]
    fn decades_are_named_where_there_are_enough() {
        assert_eq!(
            labels(Scale::Decades, &[1_000.0, 1e6]),
            ["1000", "10k", "100k", "1M"]
        );
        assert_eq!(
            labels(Scale::Decades, &[1.7, 31.0]),
            ["1", "2", "5", "10", "20", "50"]
        );
        assert_eq!(
            labels(Scale::Decades, &[0.004, 3.0]),
            ["0.01", "0.1", "1"],
            "it begins at 0.002, which has no name"
        );
        assert_eq!(labels(Scale::Decades, &[5.0]), ["5", "10"]);
    }

    #[test]
    fn zero_stands_a_decade_before_the_least() {
        let fitted = Axis::new("x", Scale::Decades).fit([0.0, 1_000.0, 100_000.0]);
        let labels: Vec<_> = fitted.ticks.iter().map(|tick| &*tick.label).collect();
        assert_eq!(labels, ["0", "1000", "10k", "100k"]);
        assert_eq!(fitted.place(0.0), 2.0);
        assert_eq!(fitted.place(1_000.0), 3.0);
        assert_eq!(fitted.label(2.0), "0");
        assert_eq!(fitted.label(2.5), "");
    }

    #[test]
    fn names_stand_one_below_the_other() {
        let fitted = Fitted::of_names(["a", "b"].map(str::to_owned));
        assert_eq!((fitted.low, fitted.high), (2.0, 0.0));
        assert_eq!(fitted.label(0.5), "a");
        assert_eq!(fitted.label(1.5), "b");
    }

    #[test]
    fn powers_of_two_are_all_named() {
        let labels = labels(Scale::Doublings, &[1.0, 1024.0]);
        assert_eq!(labels.len(), 11);
        assert_eq!((&*labels[0], &*labels[10]), ("1", "1024"));
    }

    #[test]
    fn all_numbers_are_on_the_axis() {
        for scale in [Scale::Linear, Scale::Decades, Scale::Doublings] {
            for numbers in [&[0.3][..], &[7.0, 7.0], &[0.02, 9_999.0], &[1.0, 2.0], &[]] {
                let fitted = Axis::new("x", scale).fit(numbers.iter().copied());
                assert!(fitted.low < fitted.high, "{scale:?} {numbers:?}");
                for number in numbers {
                    let place = fitted.place(*number);
                    assert!(
                        fitted.low <= place && place <= fitted.high,
                        "{scale:?} {numbers:?}"
                    );
                }
                assert!(fitted.ticks.len() >= 2, "{scale:?} {numbers:?}");
                for tick in &fitted.ticks {
                    let inside = fitted.low <= tick.place && tick.place <= fitted.high;
                    assert!(inside, "{scale:?} {numbers:?} {tick:?}");
                }
            }
        }
    }
}
