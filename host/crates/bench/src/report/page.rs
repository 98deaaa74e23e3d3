//! One page of HTML, with all that it needs in it and no script.

use std::fmt::Write as _;

use anyhow::Result;

use super::chart;
use super::figure::{Bars, Chart, Ink, Section, Table};

const STYLE: &str = include_str!("page.css");

/// All that is on a page.
pub(crate) struct Page<'p> {
    /// What it was measured on and with: names and values.
    pub(crate) settings: &'p [(String, String)],
    pub(crate) sections: &'p [Section],
    /// Sections that are still to come, while a run goes on or after it has failed.
    pub(crate) missing: Vec<String>,
}

impl Page<'_> {
    pub(crate) fn html(&self) -> Result<String> {
        let mut html =
            String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        write!(
            html,
            "<title>Soloist measured</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        )?;
        html.push_str("<h1>Soloist measured</h1>\n");
        if !self.missing.is_empty() {
            let missing = escaped(&self.missing.join(", "));
            writeln!(
                html,
                "<p class=\"warning\">This run goes on, or has failed. Not measured yet: {missing}.</p>"
            )?;
        }
        html.push_str("<dl>\n");
        for (name, value) in self.settings {
            writeln!(
                html,
                "<dt>{}</dt><dd>{}</dd>",
                escaped(name),
                escaped(value)
            )?;
        }
        html.push_str("</dl>\n<nav><ol>\n");
        for section in self.sections {
            let (name, title) = (escaped(&section.name), escaped(&section.title));
            writeln!(html, "<li><a href=\"#{name}\">{title}</a></li>")?;
        }
        html.push_str("</ol></nav>\n<main>\n");
        for section in self.sections {
            self::section(&mut html, section)?;
        }
        html.push_str("</main>\n</body>\n</html>\n");
        Ok(html)
    }
}

fn section(html: &mut String, section: &Section) -> Result<()> {
    let (name, title) = (escaped(&section.name), escaped(&section.title));
    writeln!(html, "<section id=\"{name}\">\n<h2>{title}</h2>")?;
    writeln!(
        html,
        "<p>{}</p>\n<div class=\"charts\">",
        escaped(&section.about)
    )?;
    for chart in &section.charts {
        let (title, svg, legend) = match chart {
            Chart::Lines(lines) => {
                let inks = lines.curves.iter().map(|curve| (curve.ink, &*curve.name));
                (
                    &lines.title,
                    chart::lines(lines)?,
                    legend(inks, chart::sample)?,
                )
            }
            Chart::Bars(bars) => (&bars.title, chart::bars(bars)?, kinds(bars)?),
        };
        let title = escaped(title);
        writeln!(html, "<figure>\n<figcaption>{title}</figcaption>\n{legend}")?;
        let svg = named(&svg, &title);
        writeln!(html, "<div class=\"wide chart\">{svg}</div>\n</figure>")?;
    }
    html.push_str("</div>\n");
    table(html, &section.table)?;
    for note in &section.notes {
        writeln!(html, "<p class=\"note\">{}</p>", escaped(note))?;
    }
    html.push_str("</section>\n");
    Ok(())
}

fn kinds(bars: &Bars) -> Result<String> {
    let inks = (0..).map(Ink::Measured);
    legend(
        inks.zip(bars.kinds.iter().map(String::as_str)),
        chart::bar_sample,
    )
}

/// What each ink is.
fn legend<'n>(
    names: impl Iterator<Item = (Ink, &'n str)>,
    sample: fn(Ink) -> Result<String>,
) -> Result<String> {
    let mut html = String::from("<ul class=\"legend\">\n");
    for (ink, name) in names {
        let sample = sample(ink)?.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1);
        writeln!(html, "<li>{sample} {}</li>", escaped(name))?;
    }
    html.push_str("</ul>");
    Ok(html)
}

/// Tells those who cannot see a picture what it is; its numbers are in the table.
fn named(svg: &str, title: &str) -> String {
    let named = format!("<svg role=\"img\" aria-label=\"{title}\" ");
    svg.replacen("<svg ", &named, 1)
}

fn table(html: &mut String, table: &Table) -> Result<()> {
    html.push_str("<div class=\"wide\"><table>\n<thead><tr>");
    for name in &table.head {
        write!(html, "<th scope=\"col\">{}</th>", escaped(name))?;
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for cell in row {
            write!(html, "<td>{}</td>", escaped(cell))?;
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    Ok(())
}

/// Text as HTML has it, also in an attribute.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::super::axis::{Axis, Scale};
    use super::super::figure::{Curve, Group, Lines};
    use super::*;

    fn example() -> Section {
        let mut table = Table::new(["at once", "per second"]);
        table.row(["1 < 2".to_owned(), "370".to_owned()]);
        let curves = vec![
            Curve::new("host", Ink::Measured(0), [(1.0, 370.0), (4.0, 900.0)]),
            Curve::new("60% of \"raw\"", Ink::Budget, [(1.0, 400.0), (4.0, 950.0)]),
        ];
        let bars = Bars {
            title: "Beside others".to_owned(),
            values: Axis::new("times alone", Scale::Decades),
            origin: 1.0,
            kinds: vec!["p99".to_owned()],
            groups: vec![Group {
                name: "a loop".to_owned(),
                bars: vec![(4.1, "x 4.1".to_owned())],
            }],
        };
        Section {
            name: "concurrency".to_owned(),
            title: "Many at once".to_owned(),
            about: "Chains & more.".to_owned(),
            charts: vec![
                Chart::Lines(Lines {
                    title: "Rate".to_owned(),
                    x: Axis::new("connections", Scale::Doublings),
                    y: Axis::new("chains per second", Scale::Linear),
                    curves,
                }),
                Chart::Bars(bars),
            ],
            table,
            notes: vec!["None.".to_owned()],
        }
    }

    #[test]
    fn a_page_has_all_of_its_sections_and_nothing_from_elsewhere() {
        let settings = [("machine".to_owned(), "two <cores>".to_owned())];
        let page = Page {
            settings: &settings,
            sections: &[example()],
            missing: Vec::new(),
        };
        let html = page.html().unwrap();
        for part in [
            "two &lt;cores&gt;",
            "<h2>Many at once</h2>",
            "Chains &amp; more.",
            "<td>1 &lt; 2</td><td>370</td>",
            "aria-label=\"Rate\"",
            "60% of &quot;raw&quot;",
            "connections",
            "chains per second",
            "x 4.1",
            "a loop",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        for foreign in ["<script", "src=", "@import", "url("] {
            assert!(!html.contains(foreign), "{foreign}");
        }
        assert!(!html.contains("Not measured yet"));
        for tag in ["section", "figure", "table", "svg", "div", "ul", "p"] {
            let opened = html.matches(&format!("<{tag} ")).count()
                + html.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn a_page_that_is_not_whole_says_so() {
        let page = Page {
            settings: &[],
            sections: &[],
            missing: vec!["steps".to_owned(), "replay".to_owned()],
        };
        assert!(
            page.html()
                .unwrap()
                .contains("Not measured yet: steps, replay.")
        );
    }
}
