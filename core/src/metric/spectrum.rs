//! S(M) = −Σ_v [ ln(v + ε) + 1 / (v + ε) ] over the eigenvalues v of a correlation matrix M, ε = 10⁻⁵.
//!
//! The score of Mellor et al., *Neural Architecture Search without Training* (ICML 2021, first version): it is highest
//! where all eigenvalues are 1, that is where no row says what another says, and falls steeply with every eigenvalue
//! near 0. The published code takes a general solver; the matrix is symmetric, so we take a symmetric one, in f64, and
//! clamp at 0 what rounding made negative.

use faer::Mat;

use crate::linalg::eigenvalues;
use crate::undefined::Undefined;

/// Keeps the logarithm finite for a singular matrix; the authors' value.
const EPSILON: f64 = 1e-5;

/// S of a correlation matrix given by its lower triangle.
///
/// # Errors
/// [`Undefined`] if the solver does not converge.
pub fn score(correlation: &Mat<f64>) -> Result<f64, Undefined> {
    let eigenvalues = eigenvalues(correlation)
        .ok_or_else(|| Undefined::nan("the eigenvalues of the correlation matrix did not converge"))?;
    let term = |v: &f64| (v.max(0.0) + EPSILON).ln() + 1.0 / (v.max(0.0) + EPSILON);
    Ok(-eigenvalues.iter().map(term).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two uncorrelated rows: both eigenvalues are 1, each term ln 1.00001 + 1 / 1.00001, so S ≈ −2. Two equal rows:
    /// the eigenvalues are 2 and 0, the terms ln 2.00001 + 0.4999975 and ln 10⁻⁵ + 10⁵.
    #[test]
    fn equal_rows_score_far_below_uncorrelated_ones() {
        let apart = score(&Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 0.0 })).unwrap();
        assert!((apart + 2.0 * (1.00001f64.ln() + 1.0 / 1.00001)).abs() < 1e-12);
        let equal = score(&Mat::from_fn(2, 2, |_, _| 1.0)).unwrap();
        let expected = -(2.00001f64.ln() + 1.0 / 2.00001 + 1e-5f64.ln() + 1e5);
        assert!((equal - expected).abs() < 1e-4, "{equal} is not {expected}");
    }
}
