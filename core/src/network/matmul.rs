//! Matrix products on slices, row-major.

use faer::{Accum, MatMut, MatRef, Par, get_global_parallelism, linalg::matmul::matmul};

/// A slice as a matrix [rows, columns].
pub fn matrix(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

/// A slice as a mutable matrix [rows, columns].
pub fn matrix_mut(values: &mut [f32], columns: usize) -> MatMut<'_, f32> {
    let rows = values.len() / columns;
    MatMut::from_row_major_slice_mut(values, rows, columns)
}

/// out = a · b, where `out` has as many rows as `a` and as many columns as `b`. Entries are divided among threads,
/// never the sum of one, so the number of threads does not change the result.
pub fn product(out: &mut [f32], a: MatRef<f32>, b: MatRef<f32>) {
    let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
    matmul(out, Accum::Replace, a, b, 1.0, get_global_parallelism());
}

/// On all threads, but where the calling one is of the pool, whose others have work of their own. Entries are divided as
/// in [`product`].
fn where_called() -> Par {
    if rayon::current_thread_index().is_some() { Par::Seq } else { get_global_parallelism() }
}

/// out = scale · a · b, on the calling thread if it is of the pool.
pub fn multiply(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>, scale: f32) {
    matmul(out, Accum::Replace, a, b, scale, where_called());
}

/// out += a · b, on the calling thread if it is of the pool.
pub fn multiply_add(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>) {
    multiply_add_scaled(out, a, b, 1.0);
}

/// out += scale · a · b, on the calling thread if it is of the pool.
pub fn multiply_add_scaled(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>, scale: f32) {
    matmul(out, Accum::Add, a, b, scale, where_called());
}
