//! A mean that does not depend on the order of values.

/// The mean of values, NaN without any. Values are summed in sorted order, so that their order does not change the last
/// bit; the mean of equal values is that value, to the last bit, so that ties stay ties; and finite values, however
/// large, have a finite mean.
#[expect(clippy::float_cmp, reason = "equal values are exactly equal")]
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (Some(&first), count) = (values.first(), values.len() as f64) else { return f64::NAN };
    if values.iter().all(|value| *value == first) {
        return first;
    }
    let sum: f64 = values.iter().sum();
    if sum.is_finite() || values.iter().any(|value| !value.is_finite()) {
        return sum / count;
    }
    values.iter().map(|value| value / count).sum()
}

#[cfg(test)]
mod tests {
    use super::mean;

    #[test]
    fn means_of_small_lists() {
        assert_eq!(mean([1.0, 2.0, 6.0]), 3.0);
        assert_eq!(mean([0.1; 3]), 0.1);
        assert_eq!(mean([1e16, 1.0, -1e16, 1.0]), mean([1.0, 1.0, 1e16, -1e16]));
        assert_eq!(mean([f64::MAX, f64::MAX / 2.0]), f64::MAX * 0.75);
        assert_eq!(mean([1.0, f64::INFINITY]), f64::INFINITY);
        assert!(mean([]).is_nan() && mean([f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }
}
