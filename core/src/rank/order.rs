//! Sorting positions, and ranks with ties.

/// Positions of `values` from the smallest value to the largest; equal values keep their order.
pub fn order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| comparable(values[a]).total_cmp(&comparable(values[b])));
    order
}

/// The two zeros are one value.
fn comparable(value: f64) -> f64 {
    value + 0.0
}

/// Splits an `order` of `values` into runs of equal values.
pub fn ties<'a>(order: &'a [usize], values: &'a [f64]) -> impl Iterator<Item = &'a [usize]> {
    order.chunk_by(|&a, &b| comparable(values[a]).total_cmp(&comparable(values[b])).is_eq())
}

/// Dense ranks from 0: equal values share one, and no rank is skipped.
pub fn dense(values: &[f64]) -> Vec<usize> {
    let order = order(values);
    let mut ranks = vec![0; values.len()];
    for (rank, tie) in ties(&order, values).enumerate() {
        tie.iter().for_each(|&row| ranks[row] = rank);
    }
    ranks
}

/// Ranks from 1: equal values share the mean of the ranks they occupy.
pub fn average(values: &[f64]) -> Vec<f64> {
    let order = order(values);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tie in ties(&order, values) {
        let mean = before as f64 + (tie.len() as f64 + 1.0) / 2.0;
        tie.iter().for_each(|&row| ranks[row] = mean);
        before += tie.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::{average, dense};

    /// Sorted: -inf, 2, 2, 5. The two 2s occupy the ranks 2 and 3.
    #[test]
    fn equal_values_share_a_rank() {
        let values = [2.0, 5.0, f64::NEG_INFINITY, 2.0];
        assert_eq!(dense(&values), [1, 2, 0, 1]);
        assert_eq!(average(&values), [2.5, 4.0, 1.0, 2.5]);
        assert_eq!(dense(&[0.0, -0.0]), [0, 0]);
    }
}
