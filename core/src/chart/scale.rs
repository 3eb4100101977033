//! The position of a number on an axis. Metrics differ by thirty orders of magnitude and a few outliers must not
//! compress the rest to a line, so an axis can be linear, logarithmic on both sides of zero, or in order of rank.

use super::number::{power, rounded, significant};
use crate::rank::quantile;

/// How numbers are mapped to an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// The one of the others that separates the data best.
    #[default]
    Auto,
    /// Equal steps; where less than 1 in 100 numbers would take up more than a third, they are clamped to the ends.
    Linear,
    /// Logarithmic on both sides of zero, linear close to it.
    SignedLog,
    /// Positions are ranks, labels are values.
    Rank,
}

impl Scale {
    /// A note for the axis label; empty for a linear axis.
    #[must_use]
    pub const fn note(self) -> &'static str {
        match self {
            Self::Auto | Self::Linear => "",
            Self::SignedLog => "log scale",
            Self::Rank => "in order of rank",
        }
    }
}

/// A tick: position (0 to 1 from the low end) and label.
pub type Tick = (f64, String);

/// A scale fitted to values.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub scale: Scale,
    /// Ends of the axis, transformed by [`Fitted::transform`].
    ends: (f64, f64),
    /// Absolute value below which a signed log is linear.
    knee: f64,
    sorted: Vec<f64>,
}

impl Fitted {
    /// Fits `scale` to the finite ones of `values`; `None` if there is none.
    pub fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&low, &high) = (sorted.first()?, sorted.last()?);
        let scale = match scale {
            Scale::Auto => fitting(&sorted),
            Scale::Linear if high - low > 1e300 => Scale::SignedLog,
            given => given,
        };
        let knee = knee(&sorted);
        let mut fitted = Self { scale, ends: (0.0, 1.0), knee, sorted };
        fitted.ends = match scale {
            Scale::Linear | Scale::Auto => widened(trimmed(&fitted.sorted)),
            Scale::SignedLog => widened((fitted.transform(low), fitted.transform(high))),
            Scale::Rank => (0.0, 1.0),
        };
        Some(fitted)
    }

    /// A linear axis from `low` to `high`.
    pub fn between(low: f64, high: f64) -> Self {
        Self { scale: Scale::Linear, ends: (low, high), knee: 1.0, sorted: vec![low, high] }
    }

    /// The axis restricted to a window of values; unchanged without a window or with an empty one.
    #[must_use]
    pub fn shown(self, window: Option<(f64, f64)>) -> Self {
        let ends = window.map(|(low, high)| (self.transform(low), self.transform(high)));
        match ends {
            Some(ends) if ends.0 < ends.1 => Self { ends, ..self },
            _ => self,
        }
    }

    /// The value at a position, which may be beyond the ends except on an axis in order of rank.
    pub fn value(&self, position: f64) -> f64 {
        let transformed = self.ends.0 + position * (self.ends.1 - self.ends.0);
        match self.scale {
            Scale::Linear | Scale::Auto => transformed,
            Scale::SignedLog => 2.0 * self.knee * transformed.sinh(),
            Scale::Rank => quantile(&self.sorted, transformed.clamp(0.0, 1.0)),
        }
    }

    /// Whether a value is between the ends.
    pub fn shows(&self, value: f64) -> bool {
        self.spans(self.transform(value))
    }

    /// Whether a transformed value is between the ends.
    pub fn spans(&self, transformed: f64) -> bool {
        (self.ends.0..=self.ends.1).contains(&transformed)
    }

    /// Position of a finite value, from 0 at the low end to 1 at the high end, clamped.
    pub fn position(&self, value: f64) -> f64 {
        self.part(self.transform(value))
    }

    /// Position of a transformed value, clamped.
    pub fn part(&self, transformed: f64) -> f64 {
        ((transformed - self.ends.0) / (self.ends.1 - self.ends.0)).clamp(0.0, 1.0)
    }

    /// Number of values beyond the ends.
    pub fn beyond(&self) -> usize {
        self.sorted.iter().filter(|value| !self.shows(**value)).count()
    }

    /// About `count` ticks, from low to high.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        match self.scale {
            Scale::Linear | Scale::Auto => self.even_ticks(count),
            Scale::SignedLog => self.power_ticks(count),
            Scale::Rank => self.rank_ticks(count),
        }
    }

    /// The value transformed so that equal differences are equal distances on the axis.
    pub fn transform(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear | Scale::Auto => value,
            // The limit of asinh(x / 2) for large x, where x itself may overflow.
            Scale::SignedLog if value.abs() > 1e8 * self.knee => value.signum() * (value.abs().ln() - self.knee.ln()),
            Scale::SignedLog => (value / (2.0 * self.knee)).asinh(),
            Scale::Rank => self.rank(value),
        }
    }

    /// Equal values share the middle of their ranks.
    fn rank(&self, value: f64) -> f64 {
        let below = self.sorted.partition_point(|&other| other < value);
        let through = self.sorted.partition_point(|&other| other <= value);
        (below + through) as f64 / (2 * self.sorted.len()) as f64
    }

    fn even_ticks(&self, count: usize) -> Vec<Tick> {
        let (low, high) = (self.value(0.0), self.value(1.0));
        let step = step((high - low) / count.max(1) as f64);
        let decimals = (f64::from(u8::from(has_half(step))) - step.log10().floor()).clamp(0.0, 9.0) as usize;
        let label = |v: f64| if !(1e-6..1e3).contains(&step) { significant(v, 4) } else { rounded(v, decimals) };
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).map(|n| n as f64 * step).map(|v| (self.position(v), label(v))).collect()
    }

    fn power_ticks(&self, count: usize) -> Vec<Tick> {
        let (low, high) = (self.sorted[0], self.sorted[self.sorted.len() - 1]);
        let both = low < 0.0 && high > 0.0;
        // Next to a zero there is no room for the labels closest to it.
        let smallest = (self.knee * if both { 4.0 } else { 0.5 }).log10().ceil() as i32;
        let largest = (low.abs().max(high.abs()).log10().floor() as i32).max(smallest);
        let shown = (largest - smallest + 1).max(1) * if both { 2 } else { 1 };
        let every = shown.unsigned_abs().div_ceil(count.max(1) as u32) as usize;
        let sizes = || (smallest..=largest).rev().step_by(every);
        let negative = sizes().filter(|_| low < 0.0).map(|e| (-10_f64.powi(e), power(true, e)));
        let positive = sizes().filter(|_| high > 0.0).map(|e| (10_f64.powi(e), power(false, e)));
        let zero = (low <= 0.0 && high >= 0.0).then(|| (0.0, "0".into()));
        let inside = |(value, _): &(f64, String)| self.shows(*value);
        let all = negative.chain(zero).chain(positive).filter(inside);
        let mut ticks: Vec<Tick> = all.map(|(value, label)| (self.position(value), label)).collect();
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Within one decade there may be no power of ten.
        if ticks.len() < 2 { self.even_ticks(count) } else { ticks }
    }

    fn rank_ticks(&self, count: usize) -> Vec<Tick> {
        let parts = if count < 5 { 2 } else { 4 };
        let values: Vec<f64> = (0..=parts).map(|n| self.value(f64::from(n) / f64::from(parts))).collect();
        let digits = (3..8).find(|&digits| distinct(&values, digits)).unwrap_or(8);
        let position = |n: usize| n as f64 / f64::from(parts);
        values.iter().enumerate().map(|(n, &value)| (position(n), significant(value, digits))).collect()
    }
}

/// Logarithmic where absolute values span more than 2.5 decades, by rank where the middle half would be a thin strip.
fn fitting(sorted: &[f64]) -> Scale {
    let mut sizes: Vec<f64> = sorted.iter().map(|value| value.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let decades = (quantile(&sizes, 0.98) / quantile(&sizes, 0.02).max(f64::MIN_POSITIVE)).log10();
    let (low, high) = trimmed(sorted);
    let middle = quantile(sorted, 0.75) - quantile(sorted, 0.25);
    if decades > 2.5 && decades.is_finite() {
        Scale::SignedLog
    } else if middle < 0.04 * (high - low) {
        Scale::Rank
    } else {
        Scale::Linear
    }
}

/// Ends of a linear axis without the few values that would take up more than a third of it.
fn trimmed(sorted: &[f64]) -> (f64, f64) {
    let ends = (sorted[0], sorted[sorted.len() - 1]);
    let most = (quantile(sorted, 0.005), quantile(sorted, 0.995));
    let room = 0.1 * (most.1 - most.0);
    let near = ((most.0 - room).max(ends.0), (most.1 + room).min(ends.1));
    if ends.1 - ends.0 > 1.5 * (near.1 - near.0) && room > 0.0 { near } else { ends }
}

/// Adds a margin at both ends, so that no mark is on the frame and no axis has length 0.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    let room = if high - low > 1e-9 * size {
        0.03 * (high - low)
    } else if size > 0.0 {
        0.5 * size
    } else {
        1.0
    };
    (low - room, high + room)
}

/// The 1 % quantile of the absolute values that are not zero.
fn knee(sorted: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = sorted.iter().map(|value| value.abs()).filter(|&size| size > 0.0).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    if sizes.is_empty() { 1.0 } else { quantile(&sizes, 0.01).max(1e-300) }
}

/// The nearest of 1, 2, 2.5 and 5 times a power of ten, about as large as `rough`.
fn step(rough: f64) -> f64 {
    let unit = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * unit >= rough * 0.8).unwrap_or(10.0);
    factor * unit
}

/// Whether a step of 2.5 times a power of ten needs one more digit than the power.
fn has_half(step: f64) -> bool {
    (step / 10_f64.powf(step.log10().floor()) - 2.5).abs() < 1e-6
}

fn distinct(values: &[f64], digits: i32) -> bool {
    values.windows(2).all(|pair| pair[0] >= pair[1] || significant(pair[0], digits) != significant(pair[1], digits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{Fitted, Scale};

    fn fitted(scale: Scale, values: &[f64]) -> Fitted {
        Fitted::new(scale, values.iter().copied()).unwrap()
    }

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        fitted(scale, values).ticks(5).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(Scale::Linear, &[4.5, 6.5]), ["4.5", "5.0", "5.5", "6.0", "6.5"]);
        assert_eq!(labels(Scale::Linear, &[-0.3, 0.2]), ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(labels(Scale::Linear, &[-45.0, 60.0]), ["−40", "−20", "0", "20", "40", "60"]);
        assert_eq!(labels(Scale::Linear, &[0.0, 12.0]), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
        assert_eq!(labels(Scale::SignedLog, &[0.02, 1.0, 1.0, 1e4]), ["1", "100", "10⁴"]);
        assert_eq!(labels(Scale::SignedLog, &[-1e7, -1e3, -1e3, -1e3]), ["−10⁷", "−10⁶", "−10⁵", "−10⁴", "−10³"]);
        assert_eq!(labels(Scale::Rank, &[1.0, 2.0, 30.0, 400.0, 5e6]), ["1", "2", "30", "400", "5M"]);
    }

    #[test]
    fn a_few_outliers_are_at_the_end_of_a_linear_axis() {
        let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
        values.push(1e6);
        let axis = fitted(Scale::Linear, &values);
        assert_eq!(axis.beyond(), 1);
        assert!((axis.position(1e6) - 1.0).abs() < 1e-12 && axis.position(500.0) > 0.4);
    }

    #[test]
    fn the_scale_follows_the_data() {
        let decades: Vec<f64> = (0..100).map(|n| 10_f64.powf(f64::from(n) / 8.0)).collect();
        let even: Vec<f64> = (0..100).map(f64::from).collect();
        let strip: Vec<f64> =
            (0..100).map(|n| if n < 90 { 1.0 + f64::from(n) / 1e4 } else { f64::from(n - 88) }).collect();
        let found = [decades, even, strip].map(|values| fitted(Scale::Auto, &values).scale);
        assert_eq!(found, [Scale::SignedLog, Scale::Linear, Scale::Rank]);
    }

    #[test]
    fn a_window_of_an_axis_has_its_own_ticks() {
        let values: Vec<f64> = (0..100).map(|n| 10_f64.powf(f64::from(n) / 10.0)).collect();
        let part = |scale, window| {
            let ticks = fitted(scale, &values).shown(Some(window)).ticks(5);
            ticks.into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        assert_eq!(part(Scale::Linear, (0.0, 10.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(part(Scale::SignedLog, (2.0, 6.0)), ["2", "3", "4", "5", "6"]);
        assert_eq!(
            fitted(Scale::SignedLog, &values).shown(Some((5.0, 5.0))).ticks(5),
            fitted(Scale::SignedLog, &values).ticks(5)
        );
    }

    proptest! {
        #[test]
        fn a_value_is_found_at_its_position(
            values in prop::collection::vec(-1e6..1e6, 2..40), position in 0.0..1.0, n in 1..3_usize
        ) {
            let axis = fitted([Scale::Auto, Scale::Linear, Scale::SignedLog][n], &values);
            assert!((axis.position(axis.value(position)) - position).abs() < 1e-6);
        }

        #[test]
        fn every_number_has_a_position(values in prop::collection::vec(any::<f64>(), 1..40), n in 0..4_usize) {
            let scale = [Scale::Auto, Scale::Linear, Scale::SignedLog, Scale::Rank][n];
            if let Some(axis) = Fitted::new(scale, values.iter().copied()) {
                let finite = values.iter().filter(|value| value.is_finite());
                let placed = finite.into_iter().all(|&value| (0.0..=1.0).contains(&axis.position(value)));
                let ticks = axis.ticks(5);
                let ticked = ticks.iter().all(|(position, label)| (0.0..=1.0).contains(position) && !label.is_empty());
                assert!(placed && ticked && axis.ticks(5).len() < 40);
            }
        }
    }
}
