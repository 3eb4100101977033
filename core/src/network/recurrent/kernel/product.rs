//! Matrix products on slices, row-major.

use faer::{Accum, MatMut, MatRef, get_global_parallelism, linalg::matmul::matmul};

/// A matrix seen in a slice: rows × columns.
pub fn matrix(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

/// out = a · b, where `out` has as many rows as `a` and as many columns as `b`. Threads share out the entries, never the
/// sum of one, so their number does not change the result.
pub fn product(out: &mut [f32], a: MatRef<f32>, b: MatRef<f32>) {
    let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
    matmul(out, Accum::Replace, a, b, 1.0, get_global_parallelism());
}
