//! Percentile interval by the cluster bootstrap (Field and Welsh, J. R. Statist. Soc. B 69, 2007): architectures are
//! drawn with replacement, as many as there are, each with all of its rows; tau-b is computed of the drawn rows; the
//! interval spans the middle 95 % of many such resamples. Rows of one architecture share their score, so drawing rows
//! would count the same evidence up to three times and make the interval too narrow.

use rayon::prelude::*;
use serde::Serialize;

use super::kendall::Pairs;
use super::quantile;
use crate::random::Mt19937;

/// Share of the resamples outside the interval, half of it at either end.
const OUTSIDE: f64 = 0.05;

/// Number of resamples and their seed. The same pair gives the same interval on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Number of resamples; 0 for no interval.
    pub resamples: u32,
    /// Seed of the draws.
    pub seed: u32,
}

impl Resampling {
    /// The default of the program, its figures and the explorer: one number of resamples everywhere, so that the same
    /// interval has the same two bounds wherever it is shown.
    pub const STANDARD: Self = Self { resamples: 1_000, seed: 0 };

    /// No interval.
    pub const NONE: Self = Self { resamples: 0, seed: 0 };
}

/// Bounds of a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// The 95 % interval of tau-b under resampling of clusters of rows. `clusters` is the number of the cluster of each
/// row, from 0 without gaps; with numbers that do not depend on the order of rows, the interval does not either. `None`
/// when no resample has a tau-b.
pub fn interval(pairs: &Pairs, clusters: &[usize], resampling: Resampling) -> Option<Interval> {
    Interval::of(resample(pairs, clusters, resampling).into_iter().flatten())
}

/// Tau-b of every resample, in the order of their numbers; `None` where a resample has none. The same clusters and the
/// same resampling draw the same rows, so that two predictors can be compared resample by resample.
pub fn resample(pairs: &Pairs, clusters: &[usize], resampling: Resampling) -> Vec<Option<f64>> {
    let count = clusters.iter().max().map_or(0, |last| last + 1);
    let resample = |number| {
        let times = draw(count, resampling.seed, number);
        pairs.tau_b(|row| times[clusters[row]])
    };
    (0..resampling.resamples).into_par_iter().map(resample).collect()
}

/// The 95 % interval of the difference |tau-b| - |tau-b| of two predictors on the same rows, from the resamples of
/// each: the paired bootstrap. Each keeps the sign that it has on all rows, `signs`, so that a resample in which a weak
/// predictor turns round counts against it.
pub fn paired(one: &[Option<f64>], other: &[Option<f64>], signs: [f64; 2]) -> Option<Interval> {
    let pairs = one.iter().zip(other).filter_map(|(one, other)| (*one).zip(*other));
    Interval::of(pairs.map(|(one, other)| signs[0] * one - signs[1] * other))
}

impl Interval {
    /// The middle 95 % of values; `None` without any.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty())
            .then(|| Self { low: quantile(&values, OUTSIDE / 2.0), high: quantile(&values, 1.0 - OUTSIDE / 2.0) })
    }
}

/// How often each of `count` clusters is drawn in resample `number`. Each resample has its own generator, so that the
/// order in which threads compute them does not matter.
fn draw(count: usize, seed: u32, number: u32) -> Vec<i64> {
    let mut engine = Mt19937::from_words(&[seed, number]);
    let mut times = vec![0; count];
    for _ in 0..count {
        // The product's upper word is below `count`; the bias is at most count / 2^32.
        let drawn = (u64::from(engine.word()) * count as u64) >> 32;
        times[drawn as usize] += 1;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::{Interval, Pairs, Resampling, draw, interval, paired, resample};

    const HOW: Resampling = Resampling { resamples: 200, seed: 7 };

    #[test]
    fn as_many_are_drawn_as_there_are() {
        assert_eq!(draw(100, 0, 0).iter().sum::<i64>(), 100);
        assert_ne!(draw(100, 0, 0), draw(100, 0, 1));
    }

    /// Two clusters only: a resample holds one of them twice (all tied: no tau) or both (tau 1).
    #[test]
    fn interval_of_two_clusters() {
        let pairs = Pairs::new(&[1.0, 1.0, 2.0], &[5.0, 5.0, 6.0]);
        assert_eq!(interval(&pairs, &[0, 0, 1], HOW), Some(Interval { low: 1.0, high: 1.0 }));
    }

    /// Differences 0.5 - 0.25, -0.5 + 0.75 with the second turned round, and one that is not defined.
    #[test]
    fn differences_are_taken_resample_by_resample() {
        let (one, other) = ([Some(0.5), None, Some(1.0)], [Some(-0.25), Some(0.5), Some(-0.75)]);
        assert_eq!(paired(&one, &other, [1.0, -1.0]), Some(Interval { low: 0.25, high: 0.25 }));
        assert_eq!(paired(&one[1..2], &other[1..2], [1.0, 1.0]), None);
    }

    /// A predictor differs from itself by nothing, whatever is drawn, and the resamples are those of the interval.
    #[test]
    fn a_predictor_does_not_differ_from_itself() {
        let pairs = Pairs::new(&[1.0, 3.0, 2.0, 4.0, 6.0], &[5.0, 6.0, 7.0, 9.0, 8.0]);
        let taus = resample(&pairs, &[0, 1, 2, 3, 4], HOW);
        assert_eq!(paired(&taus, &taus, [1.0, 1.0]), Some(Interval { low: 0.0, high: 0.0 }));
        assert_eq!(Interval::of(taus.into_iter().flatten()), interval(&pairs, &[0, 1, 2, 3, 4], HOW));
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 61)).collect();
        let y: Vec<f64> = (0..60).map(|i| f64::from(i * 17 % 53)).collect();
        let clusters: Vec<usize> = (0..60).map(|i| i / 3).collect();
        let pairs = Pairs::new(&x, &y);
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let many = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        assert_eq!(
            alone.install(|| interval(&pairs, &clusters, HOW)),
            many.install(|| interval(&pairs, &clusters, HOW))
        );
    }
}
