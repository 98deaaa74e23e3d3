use std::fmt::Write as _;

use serde::Serialize;

/// What a row must reach: of the ratio to its baseline where it has one, else of what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) enum Budget {
    AtLeast(f64),
    AtMost(f64),
    /// The row tells, and is not judged.
    None,
}

/// One row of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) unit: &'static str,
    /// In the same unit.
    pub(crate) baseline: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) budget: Budget,
    pub(crate) met: Option<bool>,
}

impl Line {
    /// A row that is judged by itself.
    pub(crate) fn alone(
        what: impl Into<String>,
        measured: f64,
        unit: &'static str,
        budget: Budget,
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            unit,
            baseline: None,
            ratio: None,
            budget,
            met: budget.judge(measured),
        }
    }

    /// A row that is judged by its ratio to a baseline.
    pub(crate) fn against(
        what: impl Into<String>,
        (measured, baseline, ratio): (f64, f64, f64),
        unit: &'static str,
        budget: Budget,
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            unit,
            baseline: Some(baseline),
            ratio: Some(ratio),
            budget,
            met: budget.judge(ratio),
        }
    }
}

impl Budget {
    fn judge(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(value >= least),
            Self::AtMost(most) => Some(value <= most),
            Self::None => None,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(least) => format!(">= {}", figures(least)),
            Self::AtMost(most) => format!("<= {}", figures(most)),
            Self::None => String::new(),
        }
    }
}

/// A number with about three figures.
fn figures(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The lines as a table of Markdown, which also reads well in a terminal.
pub(crate) fn table(lines: &[Line]) -> String {
    let head = ["row", "measured", "baseline", "ratio", "budget", "met"].map(str::to_owned);
    let cells = lines.iter().map(|line| {
        [
            line.what.clone(),
            format!("{} {}", figures(line.measured), line.unit)
                .trim_end()
                .to_owned(),
            line.baseline.map_or_else(String::new, figures),
            line.ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            line.budget.text(),
            match line.met {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            }
            .to_owned(),
        ]
    });
    let rows: Vec<[String; 6]> = [head].into_iter().chain(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..6)
        .map(|column| width(column).unwrap_or_default())
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            write!(text, "| {cell:<width$} ").expect("memory takes what is written");
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                write!(text, "|{:-<width$}", "", width = width + 2).expect("as above");
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_kept_at_its_bound_and_broken_beyond() {
        assert_eq!(Budget::AtLeast(0.6).judge(0.6), Some(true));
        assert_eq!(Budget::AtLeast(0.6).judge(0.59), Some(false));
        assert_eq!(Budget::AtMost(2.0).judge(2.0), Some(true));
        assert_eq!(Budget::AtMost(2.0).judge(2.01), Some(false));
        assert_eq!(Budget::None.judge(2.01), None);
    }

    #[test]
    fn what_has_a_baseline_is_judged_by_the_ratio() {
        let line = Line::against("x", (10.0, 20.0, 0.5), "/s", Budget::AtLeast(0.6));
        assert_eq!(line.met, Some(false));
        let line = Line::alone("x", 10.0, "/s", Budget::AtLeast(0.6));
        assert_eq!(line.met, Some(true));
    }

    #[test]
    fn a_table_has_columns() {
        let lines = [
            Line::against("chains", (1234.4, 20.0, 61.72), "/s", Budget::AtLeast(0.6)),
            Line::alone("cpu", 0.456, "ms", Budget::AtMost(0.4)),
        ];
        let expected = "\
| row    | measured | baseline | ratio | budget | met |
|--------|----------|----------|-------|--------|-----|
| chains | 1234 /s  | 20       | 61.72 | >= 0.6 | yes |
| cpu    | 0.46 ms  |          |       | <= 0.4 | NO  |
";
        assert_eq!(table(&lines), expected);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (30_000.0, "30000"),
            (123.4, "123"),
            (12.34, "12.3"),
            (1.2, "1.2"),
            (0.4, "0.4"),
            (2.0, "2"),
            (0.0, "0"),
        ] {
            assert_eq!(figures(value), text);
        }
    }
}
