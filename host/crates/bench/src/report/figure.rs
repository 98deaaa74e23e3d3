//! What a page is made of: sections with charts and the numbers that are in them.

use crate::statistics::number;

use super::axis::Axis;

/// One question, and what answers it.
#[derive(Debug)]
pub(crate) struct Section {
    /// The name by which it is asked for.
    pub(crate) name: String,
    pub(crate) title: String,
    /// What was done, and what the curves are.
    pub(crate) about: String,
    pub(crate) charts: Vec<Chart>,
    pub(crate) table: Table,
    /// What else a reader should know, such as what was left out.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Chart {
    Lines(Lines),
    Bars(Bars),
}

/// Curves over one axis.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) curves: Vec<Curve>,
}

#[derive(Debug, Clone)]
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) ink: Ink,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What something is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// What was measured of the host: the k-th of what is on a chart.
    Measured(usize),
    /// What it is compared with.
    Baseline,
    /// What should not be crossed.
    Budget,
}

/// Bars from one value that all are compared with.
#[derive(Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) values: Axis,
    /// Where the bars begin.
    pub(crate) origin: f64,
    /// What the bars of a group are, in their order.
    pub(crate) kinds: Vec<String>,
    pub(crate) groups: Vec<Group>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The value of each kind, and what is written beside its bar.
    pub(crate) bars: Vec<(f64, String)>,
}

/// Numbers in columns.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Curve {
    pub(crate) fn new(
        name: impl Into<String>,
        ink: Ink,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        Self {
            name: name.into(),
            ink,
            points: points.into_iter().collect(),
        }
    }

    /// A budget for all that these curves measure.
    pub(crate) fn level(name: impl Into<String>, value: f64, over: &[Self]) -> Self {
        let places = || {
            over.iter()
                .flat_map(|curve| &curve.points)
                .map(|point| point.0)
        };
        let ends = [
            places().fold(f64::INFINITY, f64::min),
            places().fold(0.0, f64::max),
        ];
        Self::new(name, Ink::Budget, ends.map(|x| (x, value)))
    }
}

impl Table {
    pub(crate) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self {
            head: head.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

/// A count with its thousands apart.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A measured number with three figures, as far as it has them behind its point.
pub(crate) fn figures(value: f64) -> String {
    let size = value.abs();
    if size >= 9_999.5 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is measured here is far below 2^63"
        )]
        let whole = size.round() as u64;
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", self::count(whole));
    }
    let digits = match size {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 || size == 0.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// How often one is in the other.
pub(crate) fn ratio(value: f64, base: f64) -> String {
    if base > 0.0 {
        format!("{:.2}", value / base)
    } else {
        String::new()
    }
}

/// A point of a curve over counts.
pub(crate) fn at(count: u64, value: f64) -> (f64, f64) {
    (number(count), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (10_000_000, "10,000,000"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn numbers_have_three_figures() {
        for (value, text) in [
            (48_123.4, "48,123"),
            (1_234.5, "1234"),
            (99.96, "100"),
            (12.345, "12.3"),
            (1.0, "1.00"),
            (0.0, "0.00"),
            (0.0213, "0.021"),
            (-12.34, "-12.3"),
        ] {
            assert_eq!(figures(value), text);
        }
    }

    #[test]
    fn a_ratio_to_nothing_is_not_told() {
        assert_eq!(ratio(3.0, 2.0), "1.50");
        assert_eq!(ratio(3.0, 0.0), "");
    }

    #[test]
    fn a_level_spans_all_curves() {
        let curve = |x| Curve::new("c", Ink::Measured(0), [(x, 1.0), (2.0 * x, 1.0)]);
        let level = Curve::level("budget", 5.0, &[curve(10.0), curve(3.0)]);
        assert_eq!(level.points, [(3.0, 5.0), (20.0, 5.0)]);
    }
}
