//! Charts as SVG. Colours are those of a light page; `page.css` has others for a dark one, found by these.

use std::ops::Range;

use anyhow::{Context as _, Result};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{Axis, Fitted, Scale};
use super::figure::{Bars, Ink, Lines};

const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
const FAINT: RGBColor = RGBColor(0xD8, 0xDE, 0xE4);
const BASELINE: RGBColor = RGBColor(0x6E, 0x77, 0x81);
const BUDGET: RGBColor = RGBColor(0xB3, 0x1D, 0x28);
/// Told apart also by those who do not see all colours.
const MEASURED: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
];

/// Pixels of a chart at its natural size; a page may stretch it.
const WIDTH: u32 = 520;
const HEIGHT: u32 = 340;
/// The height of a group of bars.
const GROUP: u32 = 56;
/// What stands above and below the bars.
const AROUND_GROUPS: u32 = 72;
/// How much wider than the longest bar a chart is, for what stands beside it, as a part of its axis.
const BESIDE: f64 = 0.5;
/// Room at the left for numbers, and for names of groups.
const NUMBERS: u32 = 66;
const NAMES: u32 = 150;
/// The library makes a fifth less of it.
const TEXT: i32 = 17;
const MARK: i32 = 4;
const STROKE: u32 = 2;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Fitted, Fitted>>;

/// The library has axes of its own, but none that keeps both our places and our names.
impl Ranged for Fitted {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "it is a pixel")]
    fn map(&self, place: &f64, (first, last): (i32, i32)) -> i32 {
        let part = (place - self.low) / (self.high - self.low);
        first + (part * f64::from(last - first)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|tick| tick.place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Fitted {
    fn format_ext(&self, place: &f64) -> String {
        self.label(*place)
    }
}

impl Ink {
    fn color(self) -> RGBColor {
        match self {
            Self::Measured(number) => MEASURED[number % MEASURED.len()],
            Self::Baseline => BASELINE,
            Self::Budget => BUDGET,
        }
    }
}

/// Curves over one axis.
pub(crate) fn lines(chart: &Lines) -> Result<String> {
    drawn((WIDTH, HEIGHT), |area| {
        let points = || chart.curves.iter().flat_map(|curve| &curve.points);
        let x = chart.x.fit(points().map(|point| point.0));
        let y = chart.y.fit(points().map(|point| point.1));
        let mut plane = framed(area, x.clone(), y.clone(), NUMBERS)?;
        plane
            .configure_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(BASELINE)
            .label_style(text())
            .axis_desc_style(text())
            .x_desc(&chart.x.title)
            .y_desc(&chart.y.title)
            .draw()?;
        for curve in &chart.curves {
            let placed = |point: &(f64, f64)| (x.place(point.0), y.place(point.1));
            self::curve(
                &mut plane,
                curve.ink,
                curve.points.iter().map(placed).collect(),
            )?;
        }
        Ok(())
    })
}

/// Bars from one value, with the names of their groups at the left.
pub(crate) fn bars(chart: &Bars) -> Result<String> {
    let groups = u32::try_from(chart.groups.len())?;
    drawn((WIDTH, AROUND_GROUPS + GROUP * groups), |area| {
        let values = chart.groups.iter().flat_map(|group| &group.bars);
        let values = values.map(|bar| bar.0).chain([chart.origin]);
        let mut x = chart.values.fit(values);
        x.high += (x.high - x.low) * BESIDE;
        let y = Fitted::of_names(chart.groups.iter().map(|group| group.name.clone()));
        let mut plane = framed(area, x.clone(), y.clone(), NAMES)?;
        plane
            .configure_mesh()
            .disable_y_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(BASELINE)
            .label_style(text())
            .axis_desc_style(text())
            .x_desc(&chart.values.title)
            .draw()?;
        let origin = x.place(chart.origin);
        for (tick, group) in y.ticks.iter().zip(&chart.groups) {
            let share = 0.8 / f64::from(u32::try_from(group.bars.len().max(1))?);
            let mut top = tick.place - 0.4;
            for (number, (value, beside)) in group.bars.iter().enumerate() {
                let end = x.place(*value);
                let color = Ink::Measured(number).color();
                let corners = [(origin, top), (end, top + share)];
                plane.draw_series([Rectangle::new(corners, color.filled())])?;
                let middle = (end.max(origin), top + share / 2.0);
                let style = text().pos(Pos::new(HPos::Left, VPos::Center));
                let beside = Text::new(beside.clone(), (6, 0), style);
                plane.draw_series([EmptyElement::at(middle) + beside])?;
                top += share;
            }
        }
        let line = vec![(origin, y.low), (origin, y.high)];
        plane.draw_series([PathElement::new(line, BASELINE)])?;
        Ok(())
    })
}

/// What a curve looks like, small: for a legend.
pub(crate) fn sample(ink: Ink) -> Result<String> {
    let (width, height) = (32, 14);
    drawn((width, height), |area| {
        let middle = f64::from(height) / 2.0;
        let mut axis = Axis::new("", Scale::Linear).fit([1.0]);
        axis.high = f64::from(width);
        let x = axis.clone();
        axis.high = f64::from(height);
        let mut plane = ChartBuilder::on(area).build_cartesian_2d(x, axis)?;
        let at = |part: f64| (part * f64::from(width), middle);
        let style = ink.color().stroke_width(STROKE);
        if let Ink::Measured(number) = ink {
            plane.draw_series(LineSeries::new([at(0.0), at(1.0)], style))?;
            mark(&mut plane, number, at(0.5), style)
        } else {
            curve(&mut plane, ink, vec![at(0.0), at(1.0)])
        }
    })
}

/// The same for bars.
pub(crate) fn bar_sample(ink: Ink) -> Result<String> {
    drawn((32, 14), |area| {
        let bar = Rectangle::new([(2, 2), (30, 12)], ink.color().filled());
        Ok(area.draw(&bar)?)
    })
}

fn drawn(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).context("a chart cannot be drawn")?;
        area.present().context("a chart cannot be drawn")?;
    }
    Ok(svg)
}

/// A plane with room for what is written around it.
fn framed<'a, 'b>(area: &'a Area<'b>, x: Fitted, y: Fitted, left: u32) -> Result<Plane<'a, 'b>> {
    let plane = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(46)
        .y_label_area_size(left)
        .build_cartesian_2d(x, y)?;
    Ok(plane)
}

fn curve(plane: &mut Plane<'_, '_>, ink: Ink, points: Vec<(f64, f64)>) -> Result<()> {
    let color = ink.color();
    let style = color.stroke_width(STROKE);
    match ink {
        Ink::Budget => {
            plane.draw_series(DashedLineSeries::new(points, 7, 5, style))?;
        }
        Ink::Baseline => {
            plane.draw_series(DashedLineSeries::new(points, 2, 3, style))?;
        }
        Ink::Measured(number) => {
            plane.draw_series(LineSeries::new(points.iter().copied(), style))?;
            for point in points {
                mark(plane, number, point, style)?;
            }
        }
    }
    Ok(())
}

/// Curves differ in their marks, too.
fn mark(
    plane: &mut Plane<'_, '_>,
    number: usize,
    point: (f64, f64),
    style: ShapeStyle,
) -> Result<()> {
    let filled = style.color.filled();
    match number % 3 {
        0 => plane.draw_series([Circle::new(point, MARK, filled)])?,
        1 => plane.draw_series([TriangleMarker::new(point, MARK + 2, filled)])?,
        _ => plane.draw_series([Cross::new(point, MARK, style)])?,
    };
    Ok(())
}

fn text() -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&INK)
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Curve, Group};
    use super::*;

    /// The centres of all circles.
    fn circles(svg: &str) -> Vec<(i32, i32)> {
        let number = |text: &str, name: &str| -> i32 {
            let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        svg.split("<circle ")
            .skip(1)
            .map(|circle| (number(circle, "cx"), number(circle, "cy")))
            .collect()
    }

    fn chart(curves: Vec<Curve>) -> Lines {
        Lines {
            title: "a title".to_owned(),
            x: Axis::new("steps", Scale::Decades),
            y: Axis::new("milliseconds", Scale::Linear),
            curves,
        }
    }

    #[test]
    fn points_are_where_their_numbers_are() {
        let points = [(1.0, 50.0), (10.0, 100.0), (100.0, 0.0)];
        let svg = lines(&chart(vec![Curve::new("host", Ink::Measured(0), points)])).unwrap();
        let places = circles(&svg);
        let [first, second, third] = places[..] else {
            panic!("{places:?}");
        };
        // Decades are equally far apart; what is more is higher up.
        assert!(
            ((second.0 - first.0) - (third.0 - second.0)).abs() <= 1,
            "{places:?}"
        );
        assert!(
            ((third.1 - first.1) - (first.1 - second.1)).abs() <= 1,
            "{places:?}"
        );
        assert!(second.1 < first.1 && first.0 < second.0, "{places:?}");
        for named in ["steps", "milliseconds", "100"] {
            assert!(
                svg.contains(&format!("{named}\n</text>")),
                "{named} in {svg}"
            );
        }
    }

    #[test]
    fn a_budget_has_a_colour_of_its_own() {
        let budget = Curve::new("budget", Ink::Budget, [(1.0, 5.0), (10.0, 5.0)]);
        let svg = lines(&chart(vec![budget])).unwrap();
        assert!(svg.contains("stroke=\"#B31D28\""));
        assert_eq!(circles(&svg), []);
    }

    #[test]
    fn a_chart_of_nothing_is_drawn_too() {
        assert!(lines(&chart(Vec::new())).unwrap().ends_with("</svg>\n"));
    }

    #[test]
    fn bars_begin_at_their_origin() {
        let bars = Bars {
            title: String::new(),
            values: Axis::new("times", Scale::Decades),
            origin: 1.0,
            kinds: vec!["p99".to_owned()],
            groups: [4.0, 0.5]
                .map(|value| Group {
                    name: format!("beside {value}"),
                    bars: vec![(value, format!("{value} x"))],
                })
                .to_vec(),
        };
        let svg = self::bars(&bars).unwrap();
        let edges: Vec<(i32, i32)> = svg
            .split("<rect ")
            .skip(1)
            .map(|rect| {
                let numbers: Vec<i32> = rect
                    .split('"')
                    .skip(1)
                    .step_by(2)
                    .take(3)
                    .filter_map(|text| text.parse().ok())
                    .collect();
                (numbers[0], numbers[0] + numbers[2])
            })
            .collect();
        let [slower, faster] = edges[..] else {
            panic!("{edges:?}");
        };
        // One goes right from where the other, which is left of it, ends; and it is twice as long on this axis.
        assert_eq!(slower.0, faster.1, "{edges:?}");
        let (long, short) = (slower.1 - slower.0, faster.1 - faster.0);
        assert!((long - 2 * short).abs() <= 2, "{edges:?}");
        assert!(svg.contains("beside 0.5") && svg.contains("4 x"));
    }
}
