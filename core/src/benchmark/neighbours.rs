//! Which networks of a table score most alike.

use std::collections::HashSet;

use super::{Kind, Table};

impl Table {
    /// The rows whose metrics are nearest to those of `row` in order of rank, the nearest first, each architecture
    /// once, with the mean distance as a share of the table, 0 to 1. At most `count`.
    pub fn neighbours(&self, row: usize, count: usize) -> Vec<(usize, f64)> {
        let mut distances = vec![0.0; self.rows.len()];
        let metrics = || self.columns.iter().filter(|column| column.kind == Kind::Metric);
        for column in metrics() {
            let shares = shares(&column.values);
            distances.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += (share - shares[row]).abs());
        }
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        let mut seen = HashSet::from([self.rows[row].architecture]);
        let fresh = order.into_iter().filter(|&other| seen.insert(self.rows[other].architecture));
        let metrics = metrics().count().max(1) as f64;
        fresh.take(count).map(|other| (other, distances[other] / metrics)).collect()
    }
}

/// The share of the values that are smaller than each, 0 to 1; equal values have the same share.
fn shares(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share =
        |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt()) as f64 / values.len() as f64;
    values.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::shares;
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};

    #[test]
    fn equal_values_have_one_share() {
        assert_eq!(shares(&[5.0, 1.0, 5.0, f64::INFINITY]), [0.25, 0.0, 0.25, 0.75]);
    }

    /// Four rows, the first two of one architecture. From row 0, row 3 is 1/4 and 0 apart and row 2 is 1/2 and 1/4: 1/8
    /// and 3/8 on average. The baseline does not count.
    #[test]
    fn neighbours_are_near_in_order_of_rank() {
        let row =
            |id: u32, architecture| Row { id, network: id, architecture, recipe: id, group: 1, run: 0, scored: true };
        let column = |id: &str, kind, values: [f64; 4]| Column::new(id, kind).with_values(values.to_vec());
        let table = Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: vec![row(0, 0), row(1, 0), row(2, 2), row(3, 3)],
            results: vec![1.0; 4],
            columns: vec![
                column("one", Kind::Metric, [2.0, 1.0, 4.0, 3.0]),
                column("two", Kind::Metric, [7.0, 7.0, 6.0, 7.0]),
                column("depth", Kind::Baseline, [1.0, 2.0, 3.0, 4.0]),
            ],
            groups: Vec::new(),
        };
        assert_eq!(table.neighbours(0, 5), [(3, 0.125), (2, 0.375)]);
        assert_eq!(table.neighbours(0, 1).len(), 1);
    }
}
