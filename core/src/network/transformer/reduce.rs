//! Reductions on the host, in f64, of the observations of the kernel and of Burn.

use faer::Mat;
use rayon::prelude::*;

use super::Sizes;
use super::places::of_weight;
use crate::metric::eigenvalues;
use crate::probe::Rows;
use crate::probe::transformer::{Probe, Term};

/// Least number of rows of a head's matrix: the published code counts no smaller one.
const HEAD_ROWS: usize = 128;

/// The role of a linear map in an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Inside an operation.
    Operation,
    /// Ends an operation.
    Output,
    /// Of the feed-forward layers.
    FeedForward,
    /// No metric reads its gradient.
    Unread,
}

/// A matrix and its gradient.
pub struct Product<'a> {
    /// What it is.
    pub role: Role,
    /// Name in PyTorch, without `.weight`.
    pub name: &'a str,
    /// Rows and columns.
    pub shape: [usize; 2],
    /// W, row by row.
    pub weight: &'a [f32],
    /// dW.
    pub gradient: &'a [f32],
}

/// What a probe holds of these matrices.
pub fn of_products(products: &[Product]) -> Probe {
    let roles = |wanted: fn(Role) -> bool| products.par_iter().filter(move |product| wanted(product.role));
    let saliency = |product: &Product| product.term(product.saliency());
    let operations = roles(|role| matches!(role, Role::Operation | Role::Output));
    Probe {
        diversity: operations.map(|product| product.term(product.diversity())).collect(),
        importance: roles(|role| role == Role::Operation).filter(|product| product.is_head()).map(saliency).collect(),
        saliency: roles(|role| role == Role::FeedForward).map(saliency).collect(),
        ..Probe::default()
    }
}

impl Product<'_> {
    fn term(&self, value: f64) -> Term {
        Term { place: of_weight(self.name), value }
    }

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

    /// NaN where a value is not finite; else Σ of the singular values, which are the roots of the eigenvalues of the
    /// smaller of M Mᵀ and Mᵀ M.
    fn nuclear_norm(&self, values: &[f32]) -> f64 {
        if !values.iter().all(|value| value.is_finite()) {
            return f64::NAN;
        }
        let [rows, columns] = self.shape;
        let all = Mat::from_fn(rows, columns, |row, column| f64::from(values[row * columns + column]));
        let gram = if rows <= columns { &all * all.transpose() } else { all.transpose() * &all };
        eigenvalues(&gram).map_or(f64::NAN, |values| values.iter().map(|value| value.max(0.0).sqrt()).sum())
    }
}

/// Σ over pairs of tokens and over features of c cᵀ + (1 − c)(1 − c)ᵀ, from the number s of the T tokens that are
/// active in each feature, `active` `[features]`: s² pairs agree in being active and (T − s)² in not being active.
pub fn agreement(active: &[f32], tokens: usize) -> f64 {
    let pairs = |&s: &f32| f64::from(s).powi(2) + (tokens as f64 - f64::from(s)).powi(2);
    active.iter().map(pairs).sum()
}

/// Rows are the features of the embedding, columns the positions; those that were not read have no gradient.
pub fn positions(jacobian: &[f32], sizes: &Sizes) -> Rows {
    let Sizes { embedding, positions, .. } = *sizes;
    let value = |feature, position| jacobian.get(position * embedding + feature).copied().unwrap_or(0.0);
    Rows::from_fn(embedding, positions, value)
}

#[cfg(test)]
mod tests {
    use super::{Product, Role, agreement};

    /// diag(3, 4) has singular values 3 and 4; a row (3, 4) has one, 5.
    #[test]
    fn norms_and_saliency_of_a_worked_example() {
        let product = Product {
            role: Role::Output,
            name: "encoder.layer.3.output.dense",
            shape: [2, 2],
            weight: &[3.0, 0.0, 0.0, -4.0],
            gradient: &[1.0, 9.0, 9.0, 2.0],
        };
        assert!((product.nuclear_norm(product.weight) - 7.0).abs() < 1e-12);
        assert!((product.saliency() - 11.0).abs() < 1e-12);
        let row = Product { shape: [1, 2], weight: &[3.0, 4.0], gradient: &[3.0, 4.0], ..product };
        assert!((row.diversity() - 25.0).abs() < 1e-12 && !row.is_head());
    }

    /// Three tokens, of which two are active in one feature: 2² + 1² pairs agree.
    #[test]
    fn agreement_of_a_worked_example() {
        assert!((agreement(&[2.0], 3) - 5.0).abs() < 1e-12);
    }
}
