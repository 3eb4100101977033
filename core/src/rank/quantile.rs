//! Quantiles.

/// The value below which a `share` of the sorted, not empty values lies, interpolated linearly between neighbours.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    /// Of 0, 10, 20 the 25 % quantile is at position 0.5; of 1, 2, 3 and 10 the median is 2.5.
    #[test]
    fn quantiles_of_small_lists() {
        assert_eq!(quantile(&[0.0, 10.0, 20.0], 0.25), 5.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 10.0], 0.5), 2.5);
    }
}
