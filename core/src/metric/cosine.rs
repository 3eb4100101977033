//! C(M) = 1 − ½ Σ_ij |cos_ij − δ_ij|^(1/20) / (n² − n) over the n rows of M.
//!
//! The cosine score of Celotti, Balafrej and Calvet, *Improving Zero-Shot Neural Architecture Search with Parameters
//! Scoring* (2020): ½ where all rows are parallel, towards 1 where they are orthogonal. The twentieth root lifts small
//! cosines, so the score lives near ½. It would lift the rounding error of the diagonal, too (10⁻¹⁶ to 0.16), so the
//! diagonal is taken as exactly zero.

use faer::Mat;

use crate::undefined::Undefined;

/// Root that is taken of every cosine; the authors' value.
const ROOT: f64 = 1.0 / 20.0;

/// C of a matrix of cosines.
///
/// # Errors
/// [`Undefined`] where there is one row alone.
pub fn score(cosine: &Mat<f64>) -> Result<f64, Undefined> {
    let n = cosine.nrows();
    if n < 2 {
        return Err(Undefined::nan("one row alone has no cosine with another"));
    }
    let off = |i: usize, j: usize| if i == j { 0.0 } else { cosine[(i, j)].abs().powf(ROOT) };
    let sum: f64 = (0..n).map(|i| (0..n).map(|j| off(i, j)).sum::<f64>()).sum();
    Ok(1.0 - sum / 2.0 / (n * n - n) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parallel rows: two cosines of 1 off the diagonal, so 1 − 2 / 2 / 2 = ½. Orthogonal rows: 1.
    #[test]
    fn parallel_rows_score_one_half_and_orthogonal_rows_one() {
        assert!((score(&Mat::from_fn(2, 2, |_, _| 1.0)).unwrap() - 0.5).abs() < 1e-15);
        assert!((score(&Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 0.0 })).unwrap() - 1.0).abs() < 1e-15);
        assert!(score(&Mat::from_fn(1, 1, |_, _| 1.0)).is_err());
    }
}
