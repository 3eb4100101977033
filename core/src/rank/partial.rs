//! What a predictor x tells of a result y beyond a third quantity z, such as the size of a network.
//!
//! Kendall's partial rank correlation (Kendall, Biometrika 32, 1942), of any two lists given a third:
//!
//! ```text
//! tau_xy.z = (tau_xy - tau_xz tau_yz) / sqrt( (1 - tau_xz²)(1 - tau_yz²) )
//! ```
//!
//! And the mean of tau-b within tenths of the rows by z, where z hardly differs. The partial correlation uses all pairs
//! but takes z into account only as far as its own order goes; within tenths z is nearly equal, but few pairs are left.

use super::kendall::tau_b;
use super::order::{order, ties};

/// Parts of equal numbers of rows.
const TENTHS: usize = 10;

/// 1 - |tau| below which a list is the third one in another unit, and nothing of it is left.
const SAME: f64 = 1e-9;

/// The partial correlation from tau-b of x and y, x and z, and y and z; `None` where z orders as x or y does.
pub fn partial(xy: f64, xz: f64, yz: f64) -> Option<f64> {
    let is_same = |tau: f64| 1.0 - tau.abs() < SAME;
    (!is_same(xz) && !is_same(yz))
        .then(|| ((xy - xz * yz) / ((1.0 - xz * xz) * (1.0 - yz * yz)).sqrt()).clamp(-1.0, 1.0))
}

/// The mean of tau-b of x and y within tenths of the rows by z, each weighted by its rows. Rows of equal z stay together,
/// in the tenth in which the first of them is. `None` where no tenth has a tau-b.
pub fn within_tenths(x: &[f64], y: &[f64], z: &[f64]) -> Option<f64> {
    let order = order(z);
    let mut tenths: Vec<Vec<usize>> = vec![Vec::new(); TENTHS];
    let mut before = 0;
    for tie in ties(&order, z) {
        tenths[TENTHS * before / order.len()].extend(tie);
        before += tie.len();
    }
    let tau = |rows: &Vec<usize>| {
        let pick = |list: &[f64]| rows.iter().map(|&row| list[row]).collect::<Vec<f64>>();
        Some((rows.len() as f64, tau_b(&pick(x), &pick(y))?))
    };
    let found: Vec<(f64, f64)> = tenths.iter().filter_map(tau).collect();
    let rows: f64 = found.iter().map(|(rows, _)| rows).sum();
    (rows > 0.0).then(|| found.iter().map(|(rows, tau)| rows * tau).sum::<f64>() / rows)
}

#[cfg(test)]
mod tests {
    use super::{partial, within_tenths};

    /// (0.5 - 0.6 * 0.8) / sqrt(0.64 * 0.36) = 0.02 / 0.48. Where x is z, nothing is left.
    #[test]
    fn what_is_left_beyond_a_third() {
        assert!((partial(0.5, 0.6, 0.8).unwrap() - 0.02 / 0.48).abs() < 1e-15);
        assert_eq!((partial(0.8, 1.0, 0.8), partial(0.8, 0.8, -1.0)), (None, None));
        assert_eq!(partial(0.3, 0.0, 0.0), Some(0.3));
    }

    /// 20 rows, z = 0 to 19, are tenths of two rows. x rises with z; y rises from tenth to tenth, and falls within each
    /// but the last: (9 · −1 + 1) / 10. The order of all rows is nearly that of x.
    #[test]
    fn tau_within_tenths() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let mut y: Vec<f64> = (0..20).map(|row| f64::from(10 * (row / 2) - row % 2)).collect();
        y[19] = 91.0;
        assert_eq!(within_tenths(&x, &y, &x), Some(-0.8));
        assert!(super::tau_b(&x, &y).unwrap() > 0.9);
        assert_eq!(within_tenths(&[1.0], &[1.0], &[1.0]), None);
        // Rows of equal z stay together.
        let flat = [5.0; 4];
        assert_eq!(within_tenths(&[1.0, 2.0, 3.0, 4.0], &[4.0, 3.0, 2.0, 1.0], &flat), Some(-1.0));
    }
}
