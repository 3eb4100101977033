//! Eigenvalues and norms of matrices in f64.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par};

use crate::memory::F64;

/// The eigenvalues of a symmetric matrix given by its lower triangle, in ascending order; `None` where the solver does
/// not converge. On one thread: with several the last digits would depend on how many there are.
pub fn eigenvalues(matrix: &Mat<f64>) -> Option<Vec<f64>> {
    let size = matrix.nrows();
    let mut found = Diag::zeros(size);
    let needed = self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::No, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(needed);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(matrix.as_ref(), found.as_mut(), None, Par::Seq, stack, Default::default()).ok()?;
    Some(found.column_vector().iter().copied().collect())
}

/// Bytes that [`eigenvalues`] takes besides a matrix of so many rows: a copy, and vectors.
pub(crate) fn scratch(rows: f64) -> f64 {
    /// A block of reflections, and what the reduction to three diagonals keeps.
    const VECTORS: f64 = 96.0;
    F64 * (rows * rows + VECTORS * rows)
}

/// ‖M‖∗ of a row-major matrix of so many rows: the sum of its singular values, which are the roots of the eigenvalues
/// of the smaller of M Mᵀ and Mᵀ M. NaN where a value is not finite.
pub fn nuclear_norm(values: &[f32], rows: usize) -> f64 {
    if !values.iter().all(|value| value.is_finite()) {
        return f64::NAN;
    }
    let columns = values.len() / rows;
    let all = Mat::from_fn(rows, columns, |row, column| f64::from(values[row * columns + column]));
    let gram = if rows <= columns { &all * all.transpose() } else { all.transpose() * &all };
    eigenvalues(&gram).map_or(f64::NAN, |values| values.iter().map(|value| value.max(0.0).sqrt()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scratch_of_the_solver_is_known() {
        for rows in [100, 500, 1_000, 3_000] {
            let no = ComputeEigenvectors::No;
            let needed = self_adjoint_evd_scratch::<f64>(rows, no, Par::Seq, Default::default());
            let (needed, estimate) = (needed.unaligned_bytes_required() as f64, scratch(rows as f64));
            assert!(
                (0.5 * estimate..=1.02 * estimate).contains(&needed),
                "{needed} bytes for {rows} rows, not {estimate}"
            );
        }
    }

    /// diag(3, −4) has singular values 3 and 4; a row (3, 4) has one, 5.
    #[test]
    fn nuclear_norms_of_a_diagonal_matrix_and_of_a_row() {
        assert!((nuclear_norm(&[3.0, 0.0, 0.0, -4.0], 2) - 7.0).abs() < 1e-12);
        assert!((nuclear_norm(&[3.0, 4.0], 1) - 5.0).abs() < 1e-12);
        assert!(nuclear_norm(&[3.0, f32::INFINITY], 1).is_nan());
    }
}
