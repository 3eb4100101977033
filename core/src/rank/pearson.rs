//! Pearson's correlation:
//!
//! ```text
//! r = sum (x - mean x)(y - mean y) / sqrt( sum (x - mean x)^2 * sum (y - mean y)^2 )
//! ```

/// Pearson's r of two lists; `None` also when a value is infinite, for then there is no mean.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    let (x, y) = (centred(&x[..n]), centred(&y[..n]));
    let r = dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt();
    r.is_finite().then_some(r)
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::pearson;

    /// x - 2 = -1, 0, 1 and y - 2 = -1, 1, 0: r = 1 / sqrt(2 * 2).
    #[test]
    fn three_points_by_hand() {
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]), Some(0.5));
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0, f64::INFINITY], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[], &[]), None);
    }
}
