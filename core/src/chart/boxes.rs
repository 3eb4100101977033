//! Box plots of values within groups: a box from quartile to quartile with the median, whiskers, and the values.

use plotters::prelude::{Color as _, DrawingBackend};

use super::axis::Side;
use super::pen::{Pen, Rect};
use super::scale::Fitted;
use super::{Area, Axis, Caption, Chart, Error, Theme, axis, page};
use crate::rank::quantile;

/// A box plot. Values that are not finite are omitted and counted below the plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Boxes {
    /// Title, lead and note.
    pub caption: Caption,
    /// Label of the groups, below them.
    pub across: String,
    /// The vertical axis.
    pub axis: Axis,
    /// The groups from left to right.
    pub groups: Vec<Group>,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// Its name, below it.
    pub name: String,
    /// Its values, in any order.
    pub values: Vec<f64>,
}

/// Up to this many values all are shown, otherwise only those beyond the whiskers.
const SHOWN: usize = 50;

impl Chart for Boxes {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        let pen = Pen::new(area, theme)?;
        let scale = self.axis.fitted(self.values());
        let page = page::write(&pen, &self.caption, &self.remarks(scale.as_ref()))?;
        match scale {
            Some(scale) => self.draw_boxes(&pen, page, &scale),
            None => page::nothing(&pen, page),
        }
    }
}

impl Boxes {
    fn draw_boxes<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect, scale: &Fitted) -> Result<(), Error> {
        let plot = self.frame(pen, page, scale)?;
        let slot = plot.width() / self.groups.len() as f64;
        let half = (0.3 * slot).min(24.0);
        for (n, group) in self.groups.iter().enumerate() {
            let centre = plot.left + (n as f64 + 0.5) * slot;
            let y = |value: f64| plot.bottom - scale.position(value) * plot.height();
            let mut values: Vec<f64> = group.values.iter().copied().filter(|v| v.is_finite()).collect();
            values.sort_unstable_by(f64::total_cmp);
            if !values.is_empty() {
                draw_box(pen, &Spread::of(&values), centre, half, y)?;
                draw_values(pen, &values, centre, y)?;
            }
        }
        Ok(())
    }

    fn frame<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect, scale: &Fitted) -> Result<Rect, Error> {
        let slots = self.groups.len() as f64;
        let named = |(n, group): (usize, &Group)| ((n as f64 + 0.5) / slots, group.name.clone());
        let label = self.axis.label(scale.scale, pen.theme.small, page.width());
        let left = Side { label, ticks: axis::left_ticks(scale, page.height()) };
        let bottom = Side { label: self.across.clone(), ticks: self.groups.iter().enumerate().map(named).collect() };
        axis::frame(pen, page, &left, &bottom)
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.groups.iter().flat_map(|group| group.values.iter().copied())
    }

    fn remarks(&self, scale: Option<&Fitted>) -> Vec<String> {
        let left_out = self.values().filter(|value| !value.is_finite()).count();
        let beyond = scale.map_or(0, Fitted::beyond);
        [
            (beyond > 0).then(|| format!("On the edge of the plot because they lie beyond it: {beyond}.")),
            (left_out > 0).then(|| format!("Left out because they are not finite: {left_out}.")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Quartiles and whiskers of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    quartiles: [f64; 3],
    whiskers: (f64, f64),
}

impl Spread {
    /// Of sorted values, at least one. Whiskers after Tukey, "Exploratory Data Analysis" (1977).
    fn of(sorted: &[f64]) -> Self {
        let quartiles = [0.25, 0.5, 0.75].map(|p| quantile(sorted, p));
        let reach = 1.5 * (quartiles[2] - quartiles[0]);
        let inside = |&value: &f64| (quartiles[0] - reach..=quartiles[2] + reach).contains(&value);
        let low = sorted.iter().copied().find(inside).unwrap_or(quartiles[0]);
        let high = sorted.iter().copied().rfind(inside).unwrap_or(quartiles[2]);
        Self { quartiles, whiskers: (low, high) }
    }

    fn is_outside(&self, value: f64) -> bool {
        value < self.whiskers.0 || value > self.whiskers.1
    }
}

fn draw_box<B: DrawingBackend>(
    pen: &Pen<B>,
    spread: &Spread,
    centre: f64,
    half: f64,
    y: impl Fn(f64) -> f64,
) -> Result<(), Error> {
    let colour = pen.theme.group(0);
    let [low, middle, high] = spread.quartiles.map(&y);
    let (left, right) = (centre - half, centre + half);
    for (end, quartile) in [(y(spread.whiskers.0), low), (y(spread.whiskers.1), high)] {
        pen.line(&[(centre, quartile), (centre, end)], colour, 1.0)?;
        pen.line(&[(centre - 5.0, end), (centre + 5.0, end)], colour, 1.0)?;
    }
    pen.bar(Rect { left, top: high, right, bottom: low }, colour.mix(0.22))?;
    pen.line(&[(left, high), (right, high), (right, low), (left, low), (left, high)], colour, 1.0)?;
    pen.line(&[(left, middle), (right, middle)], colour, 3.0)
}

fn draw_values<B: DrawingBackend>(
    pen: &Pen<B>,
    sorted: &[f64],
    centre: f64,
    y: impl Fn(f64) -> f64,
) -> Result<(), Error> {
    let spread = Spread::of(sorted);
    let shown = |value: &&f64| sorted.len() <= SHOWN || spread.is_outside(**value);
    sorted.iter().filter(shown).try_for_each(|&value| pen.dot((centre, y(value)), 2.0, pen.theme.ink.mix(0.55)))
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_value_beyond_one_and_a_half_boxes_is_outside() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0, 100.0]);
        assert_eq!(spread, Spread { quartiles: [2.0, 3.0, 4.0], whiskers: (1.0, 4.0) });
        assert!(spread.is_outside(100.0) && !spread.is_outside(1.0));
    }
}
