//! Matrix products on slices, row-major.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::linalg::row_blocks;

/// Rows of a block of a product that several threads compute.
const BLOCK: usize = 128;

/// A slice as a matrix [rows, columns].
pub fn matrix(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

/// A slice as a mutable matrix [rows, columns].
pub fn matrix_mut(values: &mut [f32], columns: usize) -> MatMut<'_, f32> {
    let rows = values.len() / columns;
    MatMut::from_row_major_slice_mut(values, rows, columns)
}

/// out = a · b, where `out` has as many rows as `a` and as many columns as `b`.
pub fn product(out: &mut [f32], a: MatRef<f32>, b: MatRef<f32>) {
    multiply(MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols()), a, b, 1.0);
}

/// out = scale · a · b.
pub fn multiply(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>, scale: f32) {
    divided(out, Accum::Replace, [a, b], scale);
}

/// out += a · b.
pub fn multiply_add(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>) {
    multiply_add_scaled(out, a, b, 1.0);
}

/// out += scale · a · b.
pub fn multiply_add_scaled(out: MatMut<f32>, a: MatRef<f32>, b: MatRef<f32>, scale: f32) {
    divided(out, Accum::Add, [a, b], scale);
}

/// A product on the calling thread where that is of the pool, whose others have work of their own; otherwise on all
/// threads, each of which computes blocks whose size does not depend on their number. The parallel product of the library
/// chooses blocks by the number of threads, and with them the order in which an entry is summed.
fn divided(out: MatMut<f32>, accum: Accum, [a, b]: [MatRef<f32>; 2], scale: f32) {
    if rayon::current_thread_index().is_some() {
        matmul(out, accum, a, b, scale, Par::Seq);
    } else if out.nrows() < out.ncols() {
        by_rows(out.transpose_mut(), accum, [b.transpose(), a.transpose()], scale);
    } else {
        by_rows(out, accum, [a, b], scale);
    }
}

fn by_rows(out: MatMut<f32>, accum: Accum, [a, b]: [MatRef<f32>; 2], scale: f32) {
    let blocks = row_blocks(out, BLOCK);
    blocks.into_par_iter().enumerate().for_each(|(at, block)| {
        let a = a.subrows(at * BLOCK, block.nrows());
        matmul(block, accum, a, b, scale, Par::Seq);
    });
}
