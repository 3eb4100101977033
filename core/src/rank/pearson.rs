//! Pearson's correlation:
//!
//! ```text
//! r = sum (x - mean x)(y - mean y) / sqrt( sum (x - mean x)^2 * sum (y - mean y)^2 )
//! ```
//!
//! Every list is first divided by a power of two near its largest value, which is exact and keeps squares of all finite
//! values within range. The mean is subtracted twice: the second time removes the rounding error of the first, which
//! matters where values differ only in their last bits. Rows are summed in sorted order, so that the order of rows does
//! not change the last bit.

/// Pearson's r of two lists, between -1 and 1; `None` where all values of a list are equal, and where a value is not
/// finite, because then there is no mean.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut rows: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
    if !(varies(&x) && varies(&y)) {
        return None;
    }
    prepare(&mut x);
    prepare(&mut y);
    let r = dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt();
    // Rounding can take r beyond 1, and below 1 with two rows.
    Some(if x.len() == 2 { r.signum() } else { r.clamp(-1.0, 1.0) })
}

/// Whether all values are finite and two of them differ.
#[expect(clippy::float_cmp, reason = "a list is constant when its values are exactly equal")]
fn varies(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite()) && values.iter().any(|value| *value != values[0])
}

/// Scales values and subtracts their mean.
fn prepare(values: &mut [f64]) {
    scale(values);
    centre(values);
    centre(values);
    // Squares of small differences between large values must be in range, too.
    scale(values);
}

/// Scales values by a power of two, the largest absolute value to between 1 and 2.
fn scale(values: &mut [f64]) {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let exponent = -largest.log2().floor() as i32;
    // The scale of a subnormal or of the largest value is itself out of range, its two factors are not.
    let half = exponent / 2;
    let (first, second) = (2f64.powi(half), 2f64.powi(exponent - half));
    values.iter_mut().for_each(|value| *value = *value * first * second);
}

fn centre(values: &mut [f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::pearson;

    /// x - 2 = -1, 0, 1 and y - 2 = -1, 1, 0: r = 1 / sqrt(2 * 2).
    #[test]
    fn r_of_three_points() {
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]), Some(0.5));
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0, f64::INFINITY], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 4.0]), None);
        assert_eq!(pearson(&[], &[]), None);
        assert_eq!(pearson(&[1.0], &[1.0]), None);
        // Ten times 0.1 has a mean of 0.09999999999999999.
        let rising: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(pearson(&[0.1; 10], &rising), None);
        assert_eq!(pearson(&[1e308; 10], &rising), None);
        assert_eq!(pearson(&[0.0, -0.0], &[1.0, 2.0]), None);
    }

    /// r does not depend on the unit: neither huge nor tiny values change it.
    #[test]
    fn the_unit_does_not_matter() {
        let (x, y) = ([1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 3.0, 5.0]);
        let expected = pearson(&x, &y).unwrap();
        for unit in [2f64.powi(1_021), 1e305, 1e157, 1e-157, 1e-300] {
            let scaled = pearson(&x.map(|x| x * unit), &y).unwrap();
            assert!((scaled - expected).abs() < 1e-14, "{unit}: {scaled}");
        }
        let subnormal = pearson(&x.map(|x| x * 5e-324), &y.map(|y| y * 2e307)).unwrap();
        assert!((subnormal - expected).abs() < 1e-14, "{subnormal}");
        assert_eq!(pearson(&[f64::MIN, f64::MAX], &[f64::MIN_POSITIVE, 5e-324]), Some(-1.0));
    }

    /// Values that differ in their last bit alone; scipy warns there, the exact r of the ranks is 1 and sqrt(3) / 2.
    #[test]
    fn the_last_bit_is_enough() {
        let next = 0.1f64.next_up();
        assert_eq!(pearson(&[0.1, next], &[1.0, 2.0]), Some(1.0));
        let r = pearson(&[0.1, next, next.next_up()], &[1.0, 1.0, 2.0]).unwrap();
        assert!((r - 0.75f64.sqrt()).abs() < 1e-15, "{r}");
    }

    /// On a line r is 1, not 1.0000000000000002.
    #[test]
    fn r_is_never_beyond_one() {
        assert_eq!(pearson(&[231.201_25, 227.365, 216.49], &[231.201_25, 227.365, 216.49]), Some(1.0));
    }

    proptest! {
        #[test]
        fn r_is_within_bounds_for_all_values(rows in prop::collection::vec((any::<f64>(), any::<f64>()), 0..30)) {
            let (x, y): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let finite = x.iter().chain(&y).all(|value| value.is_finite());
            let varies = |list: &[f64]| list.iter().any(|value| *value != list[0]);
            let r = pearson(&x, &y);
            prop_assert_eq!(r.is_some(), finite && varies(&x) && varies(&y));
            prop_assert!(r.is_none_or(|r| r.abs() <= 1.0));
        }
    }
}
