//! Spearman's rank correlation: Pearson's r of the ranks, where equal values share the mean of their ranks.

use super::order::average;
use super::pearson::pearson;

/// Spearman's rho of two lists.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    pearson(&average(&x[..n]), &average(&y[..n]))
}

#[cfg(test)]
mod tests {
    use super::spearman;

    /// Ranks 1, 2, 3 and 1, 3, 2: without ties rho = 1 - 6 * (0 + 1 + 1) / (3 * 8).
    #[test]
    fn rho_of_three_points() {
        let rho = spearman(&[1.0, 10.0, f64::INFINITY], &[-4.0, 7.0, 0.0]);
        assert!(rho.is_some_and(|rho| (rho - 0.5).abs() < 1e-15));
    }
}
