//! S(M) = −Σ_v [ ln(v + ε) + 1 / (v + ε) ] over the eigenvalues v of a correlation matrix M, ε = 10⁻⁵.
//!
//! The score of Mellor et al., *Neural Architecture Search without Training* (ICML 2021, first version): it is highest
//! where all eigenvalues are 1, that is where no row says what another says, and falls steeply with every eigenvalue
//! near 0. The published code takes a general solver; the matrix is symmetric, so we take a symmetric one, in f64, and
//! clamp at 0 what rounding made negative.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par};

use super::Undefined;
use crate::memory::F64;

/// Keeps the logarithm finite for a singular matrix; the authors' value.
const EPSILON: f64 = 1e-5;

/// S of a correlation matrix given by its lower triangle.
///
/// # Errors
/// [`Undefined`] where the eigenvalues are not to be had.
pub fn score(correlation: &Mat<f64>) -> Result<f64, Undefined> {
    let eigenvalues = eigenvalues(correlation)
        .ok_or_else(|| Undefined::nan("the eigenvalues of the correlation matrix did not converge"))?;
    let term = |v: &f64| (v.max(0.0) + EPSILON).ln() + 1.0 / (v.max(0.0) + EPSILON);
    Ok(-eigenvalues.iter().map(term).sum::<f64>())
}

/// The eigenvalues of a symmetric matrix given by its lower triangle, upwards; `None` where they do not converge. On one
/// thread: with several the last digits would depend on how many there are.
pub fn eigenvalues(matrix: &Mat<f64>) -> Option<Vec<f64>> {
    let size = matrix.nrows();
    let mut found = Diag::zeros(size);
    let needed = self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::No, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(needed);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(matrix.as_ref(), found.as_mut(), None, Par::Seq, stack, Default::default()).ok()?;
    Some(found.column_vector().iter().copied().collect())
}

/// Bytes that [`eigenvalues`] takes beside a matrix of so many rows: a copy, and vectors.
pub(crate) fn scratch(rows: f64) -> f64 {
    /// A block of reflections, and what the reduction to three diagonals keeps.
    const VECTORS: f64 = 96.0;
    F64 * (rows * rows + VECTORS * rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scratch_of_the_solver_is_known() {
        for rows in [100, 500, 1_000, 3_000] {
            let no = ComputeEigenvectors::No;
            let needed = self_adjoint_evd_scratch::<f64>(rows, no, Par::Seq, Default::default());
            let (needed, told) = (needed.unaligned_bytes_required() as f64, scratch(rows as f64));
            assert!((0.5 * told..=1.02 * told).contains(&needed), "{needed} bytes for {rows} rows, not {told}");
        }
    }

    /// Two uncorrelated rows: both eigenvalues are 1, each term ln 1.00001 + 1 / 1.00001, so S ≈ −2. Two equal rows: the
    /// eigenvalues are 2 and 0, the terms ln 2.00001 + 0.4999975 and ln 10⁻⁵ + 10⁵.
    #[test]
    fn equal_rows_score_far_below_uncorrelated_ones() {
        let apart = score(&Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 0.0 })).unwrap();
        assert!((apart + 2.0 * (1.00001f64.ln() + 1.0 / 1.00001)).abs() < 1e-12);
        let equal = score(&Mat::from_fn(2, 2, |_, _| 1.0)).unwrap();
        let expected = -(2.00001f64.ln() + 1.0 / 2.00001 + 1e-5f64.ln() + 1e5);
        assert!((equal - expected).abs() < 1e-4, "{equal} is not {expected}");
    }
}
