//! Moments of observations, reduced to their second moments: all that correlations and cosines need.

use faer::linalg::matmul::{matmul, triangular};
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;
use triangular::BlockStructure::{Rectangular, TriangularLower};

use crate::linalg::row_blocks;
use crate::memory::F64;
use crate::undefined::Undefined;

/// Centred second moments of n rows, in f64: M = (X − m 1ᵀ)(X − m 1ᵀ)ᵀ with the row means m.
#[derive(Debug, Clone)]
pub struct Moments {
    /// [n, n], the lower triangle.
    moments: Mat<f64>,
    /// [n].
    means: Vec<f64>,
    columns: usize,
}

impl Moments {
    /// Moments from a function of (row, column).
    pub fn from_fn(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Mat::from_fn(rows, columns, |row, column| f64::from(value(row, column)));
        let mut means = vec![0.0; rows];
        for column in 0..columns {
            means.iter_mut().zip(values.col(column).iter()).for_each(|(sum, value)| *sum += value);
        }
        means.iter_mut().for_each(|sum| *sum /= columns as f64);
        for column in 0..columns {
            values.col_mut(column).iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean);
        }
        Self { moments: gram(values.as_ref()), means, columns }
    }

    /// Moments from columns that lie one after another: `values` is [columns, rows].
    pub fn from_columns(values: &[f32], rows: usize) -> Self {
        Self::from_fn(rows, values.len() / rows, |row, column| values[column * rows + row])
    }

    /// Bytes at the peak of computing them.
    pub(crate) fn peak(rows: f64, columns: f64) -> f64 {
        F64 * padded(rows) * columns + Self::kept(rows)
    }

    /// Bytes of what is kept: pages of the lower triangle, since those above it are never written.
    pub(crate) fn kept(rows: f64) -> f64 {
        /// Numbers in a page of 4 KiB.
        const PAGE: f64 = 4_096.0 / F64;
        F64 * rows * padded(rows).min(rows / 2.0 + PAGE)
    }

    /// Number of rows, n.
    pub fn count(&self) -> usize {
        self.means.len()
    }

    /// Pearson correlations of the rows, [n, n], lower triangle.
    ///
    /// # Errors
    /// [`Undefined`] where a row is constant or not finite: it has no correlation with any other.
    pub fn correlation(&self) -> Result<Mat<f64>, Undefined> {
        let norms: Vec<f64> = (0..self.count()).map(|row| self.moments[(row, row)].sqrt()).collect();
        if let Some(row) = norms.iter().position(|norm| !norm.is_finite()) {
            return Err(Undefined::nan(format!("row {row} is not finite")));
        }
        match norms.iter().position(|norm| *norm == 0.0) {
            Some(row) => Err(Undefined::nan(format!("row {row} never changes, so it has no correlation"))),
            None => Ok(Mat::from_fn(self.count(), self.count(), |i, j| {
                self.moments[(i.max(j), i.min(j))] / norms[i] / norms[j]
            })),
        }
    }

    /// Cosines between the rows, [n, n].
    ///
    /// # Errors
    /// [`Undefined`] where a row is zero or not finite.
    pub fn cosine(&self) -> Result<Mat<f64>, Undefined> {
        let product = |i: usize, j: usize| {
            self.moments[(i.max(j), i.min(j))] + self.means[i] * self.means[j] * self.columns as f64
        };
        let length: Vec<f64> = (0..self.count()).map(|row| product(row, row).sqrt()).collect();
        match length.iter().position(|length| !(length.is_finite() && *length > 0.0)) {
            Some(row) => Err(Undefined::nan(format!("row {row} is zero or not finite, so it has no direction"))),
            None => Ok(Mat::from_fn(self.count(), self.count(), |i, j| product(i, j) / length[i] / length[j])),
        }
    }
}

/// Moments as a matrix stores them: every column begins at a multiple of 64 bytes.
fn padded(rows: f64) -> f64 {
    const MULTIPLE: f64 = 64.0 / F64;
    (rows / MULTIPLE).ceil() * MULTIPLE
}

/// X Xᵀ, its lower triangle. Threads compute blocks of columns, whose width does not depend on their number, and with it
/// neither does the order of any sum.
fn gram(values: MatRef<f64>) -> Mat<f64> {
    /// Columns of a block.
    const BLOCK: usize = 64;
    let mut moments = Mat::zeros(values.nrows(), values.nrows());
    let blocks = row_blocks(moments.as_mut().transpose_mut(), BLOCK);
    blocks.into_par_iter().enumerate().for_each(|(at, block)| {
        let (first, count) = (at * BLOCK, block.nrows());
        let (_, lower) = block.transpose_mut().split_at_row_mut(first);
        let (diagonal, below) = lower.split_at_row_mut(count);
        let own = values.subrows(first, count);
        triangular::matmul(
            diagonal,
            TriangularLower,
            Accum::Replace,
            own,
            Rectangular,
            own.transpose(),
            Rectangular,
            1.0,
            Par::Seq,
        );
        let others = values.subrows(first + count, values.nrows() - first - count);
        matmul(below, Accum::Replace, others, own.transpose(), 1.0, Par::Seq);
    });
    moments
}

#[cfg(test)]
mod tests {
    use super::Moments;

    /// Moments (1, 2, 3) and (3, 2, 1) have correlation −1; their cosine is (3 + 4 + 3) / 14.
    #[test]
    fn correlation_and_cosine_by_hand() {
        let rows = Moments::from_columns(&[1.0, 3.0, 2.0, 2.0, 3.0, 1.0], 2);
        assert!((rows.correlation().unwrap()[(1, 0)] + 1.0).abs() < 1e-15);
        assert!((rows.cosine().unwrap()[(0, 1)] - 10.0 / 14.0).abs() < 1e-15);
    }

    #[test]
    fn a_constant_row_has_no_correlation_and_a_zero_row_no_direction() {
        let rows = Moments::from_columns(&[1.0, 0.0, 1.0, 0.0], 2);
        assert!(rows.correlation().unwrap_err().why.contains("row 0 never changes"));
        assert!(rows.cosine().unwrap_err().why.contains("row 1 is zero"));
    }
}
