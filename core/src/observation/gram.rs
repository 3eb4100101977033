//! The products of what a node gives with itself, computed once for all that reads them.

use faer::Mat;

use crate::linalg::{column_sums, eigenvalues};

/// With X [n, F] what a node gives, and m its mean row: the smaller one of (X − 1 mᵀ)ᵀ (X − 1 mᵀ), [F, F], and
/// (X − 1 mᵀ) (X − 1 mᵀ)ᵀ, [n, n]. Both have the same eigenvalues, but for zeros.
#[derive(Debug, Clone)]
pub struct Gram {
    centred: Mat<f64>,
    /// What it is without the mean subtracted: of features m, and n of it; of tokens (X − 1 mᵀ) m, and |m|².
    mean: (Vec<f64>, f64),
    of_features: bool,
}

impl Gram {
    /// Of values [n, F], row by row; `None` where one is not finite.
    pub fn new(values: &[f32], features: usize) -> Option<Self> {
        if !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let rows = values.len() / features;
        let mut mean = column_sums(values.chunks(features), features);
        mean.iter_mut().for_each(|sum| *sum /= rows as f64);
        // Features lie one after another: [F, n] in columns of tokens.
        let centred = Mat::from_fn(features, rows, |feature, token| {
            f64::from(values[token * features + feature]) - mean[feature]
        });
        if features <= rows {
            return Some(Self {
                centred: &centred * centred.transpose(),
                mean: (mean, rows as f64),
                of_features: true,
            });
        }
        let along = |token: usize| centred.col(token).iter().zip(&mean).map(|(value, mean)| value * mean).sum();
        let products = (0..rows).map(along).collect();
        let square = mean.iter().map(|mean| mean * mean).sum();
        Some(Self { centred: centred.transpose() * &centred, mean: (products, square), of_features: false })
    }

    /// The eigenvalues of the centred products, in ascending order: n times the variances along the principal components.
    pub fn variances(&self) -> Option<Vec<f64>> {
        eigenvalues(&self.centred)
    }

    /// The singular values of X, in ascending order.
    pub fn singular_values(&self) -> Option<Vec<f64>> {
        let (mean, factor) = &self.mean;
        let all = Mat::from_fn(mean.len(), mean.len(), |i, j| {
            let added = if self.of_features { factor * mean[i] * mean[j] } else { mean[i] + mean[j] + factor };
            self.centred[(i, j)] + added
        });
        Some(eigenvalues(&all)?.into_iter().map(|value| value.max(0.0).sqrt()).collect())
    }

    /// The correlations of features, 0 where one is constant; `None` where there are as many of them as tokens or more: then
    /// they depend on each other.
    pub fn correlations(&self) -> Option<Mat<f64>> {
        let (mean, rows) = &self.mean;
        if !self.of_features || mean.len() as f64 >= *rows {
            return None;
        }
        let norm = |feature: usize| self.centred[(feature, feature)].sqrt();
        let norms: Vec<f64> = (0..mean.len()).map(norm).collect();
        let of = |i: usize, j: usize| {
            if norms[i] * norms[j] > 0.0 { self.centred[(i, j)] / norms[i] / norms[j] } else { 0.0 }
        };
        Some(Mat::from_fn(mean.len(), mean.len(), of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{found:?}, not {expected:?}"));
    }

    /// X = (3, 0; 0, 1; 3, 1): XᵀX = (18, 3; 3, 2), so s² = 10 ∓ √73; centred (6, −1; −1, 2/3) with m = (2, 2/3). The transpose
    /// of X has the same singular values.
    #[test]
    fn products_of_three_tokens_and_of_three_features() {
        let tall = Gram::new(&[3.0, 0.0, 0.0, 1.0, 3.0, 1.0], 2).unwrap();
        let expected = [10.0 - 73f64.sqrt(), 10.0 + 73f64.sqrt()].map(f64::sqrt);
        close(&tall.singular_values().unwrap(), &expected);
        // Trace 20/3, determinant 6 · 2/3 − 1 = 3, of (6, −1; −1, 2/3).
        let root = (100f64 / 9.0 - 3.0).sqrt();
        close(&tall.variances().unwrap(), &[10.0 / 3.0 - root, 10.0 / 3.0 + root]);
        assert!((tall.correlations().unwrap()[(1, 0)] + 0.5).abs() < 1e-12);
        let wide = Gram::new(&[3.0, 0.0, 3.0, 0.0, 1.0, 1.0], 3).unwrap();
        close(&wide.singular_values().unwrap(), &expected);
        assert!(wide.correlations().is_none());
        assert!(Gram::new(&[f32::NAN], 1).is_none());
    }
}
