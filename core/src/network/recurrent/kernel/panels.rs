//! Products with a weight matrix that is read again at every step.
//!
//! A step has few rows (the batch), so a general product spends half its time on copying the matrix into the layout it
//! needs. Here that is done once: panels as wide as two registers, each contiguous, multiplied with a few rows at a
//! time whose sums stay in registers. `pulp` selects the widest instructions of the machine.

use faer::MatMut;
use faer::prelude::ReborrowMut;
use pulp::bytemuck::cast_slice;
use pulp::{Arch, Simd, WithSimd};

use crate::memory::F32;

/// Least number of columns that one thread takes at a time: fewer would not pay for starting it.
const SHARE: usize = 128;

/// Whether a product replaces what is there or is added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// out = a · b.
    Replace,
    /// out += a · b.
    Add,
}

/// A matrix [depth, width] in panels.
#[derive(Debug, Clone)]
pub struct Panels {
    /// Per panel [depth, columns]; the last one is filled up with zeros.
    values: Vec<f32>,
    /// Columns of a panel: two registers of the widest instructions available.
    columns: usize,
    depth: usize,
    width: usize,
}

/// Bytes of the panels of a matrix [depth, width].
pub fn bytes(depth: f64, width: f64) -> f64 {
    let columns = (2 * Arch::new().dispatch(Lanes)) as f64;
    F32 * depth * (width / columns).ceil() * columns
}

impl Panels {
    /// Panels of the matrix [depth, width] with the rows `row(index)` [width].
    pub fn from_rows<'a>(depth: usize, width: usize, row: impl Fn(usize) -> &'a [f32]) -> Self {
        Self::filled(depth, width, |panel, columns, first| {
            for (index, entries) in panel.chunks_mut(columns).enumerate() {
                let part = &row(index)[first..width.min(first + columns)];
                entries[..part.len()].copy_from_slice(part);
            }
        })
    }

    /// Panels of the matrix [depth, width] with the columns `column(index)` [depth].
    pub fn from_columns<'a>(depth: usize, width: usize, column: impl Fn(usize) -> &'a [f32]) -> Self {
        Self::filled(depth, width, |panel, columns, first| {
            for index in first..width.min(first + columns) {
                let entries = panel[index - first..].iter_mut().step_by(columns);
                entries.zip(column(index)).for_each(|(entry, value)| *entry = *value);
            }
        })
    }

    /// Panels of a matrix [depth, width], of which `fill` writes each: [depth, columns], from its first column on. On one
    /// thread: they are made while other passes wait for them, and a thread that waited for the pool meanwhile could start
    /// another pass that waits for the same panels, for ever.
    fn filled(depth: usize, width: usize, fill: impl Fn(&mut [f32], usize, usize)) -> Self {
        let columns = 2 * Arch::new().dispatch(Lanes);
        let mut values = vec![0.0; width.div_ceil(columns) * columns * depth];
        for (index, panel) in values.chunks_mut(depth * columns).enumerate() {
            fill(panel, columns, index * columns);
        }
        Self { values, columns, depth, width }
    }

    /// out [R, width] (+)= rows [R, depth] · this, all row-major. Panels are divided among threads, never the sum of
    /// one entry, so the number of threads does not change the result.
    pub fn multiply(&self, out: &mut [f32], store: Store, rows: &[f32]) {
        let out = MatMut::from_row_major_slice_mut(out, rows.len() / self.depth, self.width);
        share_out(&Operands { store, rows, depth: self.depth, columns: self.columns }, out, &self.values);
    }
}

/// What all strips of a product share; `rows` is [R, depth], `columns` the width of a panel.
struct Operands<'a> {
    store: Store,
    rows: &'a [f32],
    depth: usize,
    columns: usize,
}

/// The columns `out` [R, columns] of a product, from their panels.
fn share_out(product: &Operands<'_>, out: MatMut<'_, f32>, panels: &[f32]) {
    let size = product.depth * product.columns;
    let count = panels.len() / size;
    match count {
        0 => {}
        1 => Arch::new().dispatch(Strip { product, out, panel: panels }),
        _ => {
            let (left, right) = out.split_at_col_mut(count / 2 * product.columns);
            let (first, last) = panels.split_at(count / 2 * size);
            let (first, last) = (|| share_out(product, left, first), || share_out(product, right, last));
            if count * product.columns < 2 * SHARE {
                (first(), last())
            } else {
                rayon::join(first, last)
            };
        }
    }
}

/// The number of f32 in a register.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// The columns of a product that one panel computes.
struct Strip<'a> {
    product: &'a Operands<'a>,
    out: MatMut<'a, f32>,
    panel: &'a [f32],
}

impl WithSimd for Strip<'_> {
    type Output = ();

    /// Takes as many rows at a time as have room for their sums in the registers; machines with wider registers have
    /// more of them. (A browser's compiler has sixteen, but is slower with five rows than with four.)
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let count = self.out.nrows();
        let mut first = 0;
        while first < count {
            first += match count - first {
                10.. if S::F32_LANES == 16 => self.tile::<S, 10>(simd, first),
                5.. if S::F32_LANES > 4 => self.tile::<S, 5>(simd, first),
                4.. => self.tile::<S, 4>(simd, first),
                2.. => self.tile::<S, 2>(simd, first),
                _ => self.tile::<S, 1>(simd, first),
            };
        }
    }
}

impl Strip<'_> {
    /// `R` rows from `first` on; returns how many.
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, simd: S, first: usize) -> usize {
        let Operands { rows, depth, .. } = *self.product;
        let rows: [&[f32]; R] = std::array::from_fn(|row| &rows[(first + row) * depth..][..depth]);
        let (weights, _) = S::as_simd_f32s(self.panel).0.as_chunks();
        let mut sums = [[simd.splat_f32s(0.0); 2]; R];
        for (index, [left, right]) in weights[..depth].iter().enumerate() {
            for (sum, row) in sums.iter_mut().zip(rows) {
                let value = simd.splat_f32s(row[index]);
                sum[0] = simd.mul_add_e_f32s(value, *left, sum[0]);
                sum[1] = simd.mul_add_e_f32s(value, *right, sum[1]);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            self.store(first + row, cast_slice(sums));
        }
        R
    }

    #[inline(always)]
    fn store(&mut self, row: usize, sums: &[f32]) {
        let Some(out) = self.out.rb_mut().row_mut(row).try_as_row_major_mut() else { return };
        let out = out.as_slice_mut();
        match self.product.store {
            Store::Replace => out.copy_from_slice(&sums[..out.len()]),
            Store::Add => out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers, so that every sum is exact: seventeen rows make tiles of each size, 70 columns a panel that is
    /// not full.
    #[test]
    fn products_are_exact_in_every_tile() {
        let (count, depth, width) = (17, 9, 70);
        let rows: Vec<f32> = (0..count * depth).map(|index| (index % 7) as f32 - 3.0).collect();
        let entry = |row: usize, column: usize| ((row * 5 + column * 3) % 11) as f32 - 5.0;
        let entries: Vec<f32> = (0..depth * width).map(|index| entry(index / width, index % width)).collect();
        let panels = Panels::from_rows(depth, width, |row| &entries[row * width..][..width]);
        let transposed: Vec<f32> = (0..depth * width).map(|index| entry(index % depth, index / depth)).collect();
        let same = Panels::from_columns(depth, width, |column| &transposed[column * depth..][..depth]);
        assert_eq!(panels.values, same.values);
        let expected = |index: usize| -> f32 {
            let (row, column) = (index / width, index % width);
            (0..depth).map(|k| rows[row * depth + k] * entry(k, column)).sum()
        };
        let mut out = vec![7.0; count * width];
        panels.multiply(&mut out, Store::Replace, &rows);
        assert!((0..out.len()).all(|index| out[index] == expected(index)));
        panels.multiply(&mut out, Store::Add, &rows);
        assert!((0..out.len()).all(|index| out[index] == 2.0 * expected(index)));
    }
}
