//! Eigenvalues and norms of matrices in f64, and the blocks in which threads compute a matrix.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, MatMut, Par, Side};

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

/// A matrix in blocks of so many rows, the last of which may have fewer.
pub fn row_blocks<T>(matrix: MatMut<'_, T>, rows: usize) -> Vec<MatMut<'_, T>> {
    let (mut blocks, mut rest) = (Vec::new(), matrix);
    while rest.nrows() > rows {
        let (block, below) = rest.split_at_row_mut(rows);
        blocks.push(block);
        rest = below;
    }
    blocks.push(rest);
    blocks
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

/// ‖v‖₂, summed in f64.
pub fn norm<'a>(values: impl IntoIterator<Item = &'a f32>) -> f64 {
    values.into_iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

/// The sums of the columns of rows of this width, in f64.
pub fn column_sums<'a>(rows: impl IntoIterator<Item = &'a [f32]>, width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums
}

/// −Σ p ln(p + ε) of values of at least 0 over their sum; where p and ε are 0 the term is, too.
pub fn entropy(values: impl Iterator<Item = f64>, epsilon: f64) -> f64 {
    let values: Vec<f64> = values.collect();
    let sum: f64 = values.iter().sum();
    let shares = values.into_iter().map(|value| value / sum).filter(|share| *share != 0.0);
    -shares.map(|share| share * (share + epsilon).ln()).sum::<f64>()
}

/// The largest singular value of aᵀ b / n, from a [n, A] and b [n, B]. NaN where the solver does not converge.
pub fn largest_singular_value(a: &[f32], b: &[f32], [width_a, width_b]: [usize; 2]) -> f64 {
    let columns = |values: &[f32], width: usize| {
        Mat::from_fn(values.len() / width, width, |row, column| f64::from(values[row * width + column]))
    };
    let (a, b) = (columns(a, width_a), columns(b, width_b));
    let rows = a.nrows() as f64;
    let product = a.transpose() * b;
    let gram = if width_a <= width_b { &product * product.transpose() } else { product.transpose() * &product };
    eigenvalues(&gram).and_then(|values| values.last().copied()).map_or(f64::NAN, |value| value.max(0.0).sqrt() / rows)
}

/// ln det of a positive definite matrix; `None` where it is singular to rounding: where a pivot of its Cholesky
/// decomposition is below this share of its diagonal entry.
pub fn log_determinant(matrix: &Mat<f64>) -> Option<f64> {
    /// f64 keeps 16 digits; the sums of the largest matrices lose four.
    const ZERO: f64 = 1e-11;
    let decomposed = matrix.llt(Side::Lower).ok()?;
    let factor = decomposed.L();
    let mut sum = 0.0;
    for index in 0..matrix.nrows() {
        let pivot = factor[(index, index)].powi(2);
        if pivot.is_nan() || pivot <= ZERO * matrix[(index, index)] {
            return None;
        }
        sum += pivot.ln();
    }
    Some(sum)
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
