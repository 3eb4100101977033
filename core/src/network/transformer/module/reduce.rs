//! What is made on the host, in f64, of what the device gave.

use faer::Mat;

use super::super::Sizes;
use crate::metric::eigenvalues;
use crate::probe::Rows;

/// Rows that the matrix of a head has at least: the published code counts no smaller one.
const HEAD_ROWS: usize = 128;

/// A matrix and its gradient.
pub struct Product<'a> {
    /// Rows and columns.
    pub shape: [usize; 2],
    /// W, row by row.
    pub weight: &'a [f32],
    /// dW.
    pub gradient: &'a [f32],
}

impl Product<'_> {
    /// Σ |w · dw|.
    pub fn saliency(&self) -> f64 {
        self.weight.iter().zip(self.gradient).map(|(&w, &dw)| (f64::from(w) * f64::from(dw)).abs()).sum()
    }

    /// ‖W‖∗ ‖dW‖∗.
    pub fn diversity(&self) -> f64 {
        self.nuclear_norm(self.weight) * self.nuclear_norm(self.gradient)
    }

    /// Whether head importance counts it.
    pub fn is_head(&self) -> bool {
        self.shape[0] >= HEAD_ROWS
    }

    /// Σ of the singular values, which are the roots of the eigenvalues of the smaller of M Mᵀ and Mᵀ M.
    fn nuclear_norm(&self, values: &[f32]) -> f64 {
        let [rows, columns] = self.shape;
        let all = Mat::from_fn(rows, columns, |row, column| f64::from(values[row * columns + column]));
        let gram = if rows <= columns { &all * all.transpose() } else { all.transpose() * &all };
        eigenvalues(&gram).map_or(f64::NAN, |values| values.iter().map(|value| value.max(0.0).sqrt()).sum())
    }
}

/// Σ over pairs of tokens and over features of c cᵀ + (1 − c)(1 − c)ᵀ, from how many of the T tokens are `active` in each
/// feature: s² pairs agree in being so and (T − s)² in not being so.
pub fn agreement(active: &[f32], tokens: usize) -> f64 {
    let pairs = |&s: &f32| f64::from(s).powi(2) + (tokens as f64 - f64::from(s)).powi(2);
    active.iter().map(pairs).sum()
}

/// Rows are the features of the embedding, columns the positions; those that were not read have no gradient.
pub fn positions(jacobian: &[f32], sizes: &Sizes) -> Rows {
    let Sizes { embedding, positions, sequence, .. } = *sizes;
    let value = |feature, position| if position < sequence { jacobian[position * embedding + feature] } else { 0.0 };
    Rows::from_fn(embedding, positions, value)
}

#[cfg(test)]
mod tests {
    use super::{Product, agreement};

    /// diag(3, 4) has singular values 3 and 4; a row (3, 4) has one, 5.
    #[test]
    fn norms_and_saliency_by_hand() {
        let product = Product { shape: [2, 2], weight: &[3.0, 0.0, 0.0, -4.0], gradient: &[1.0, 9.0, 9.0, 2.0] };
        assert!((product.nuclear_norm(product.weight) - 7.0).abs() < 1e-12);
        assert!((product.saliency() - 11.0).abs() < 1e-12);
        let row = Product { shape: [1, 2], weight: &[3.0, 4.0], gradient: &[3.0, 4.0] };
        assert!((row.diversity() - 25.0).abs() < 1e-12 && !row.is_head());
    }

    /// Three tokens, of which two are active in one feature: 2² + 1² pairs agree.
    #[test]
    fn agreement_by_hand() {
        assert!((agreement(&[2.0], 3) - 5.0).abs() < 1e-12);
    }
}
