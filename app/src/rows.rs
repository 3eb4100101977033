//! The benchmark's rows, read once.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;

use untrained_core::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Table};
use untrained_core::figure::words;

thread_local! {
    static TABLE: OnceCell<Rc<Table>> = const { OnceCell::new() };
}

/// Name of the loss among the columns.
pub const LOSS: &str = "loss";

/// The best published metric.
pub const BEST: &str = "hidden_covariance_layer_1";

/// The rows that have scores. Empty when the table within the page is damaged.
pub fn table() -> Rc<Table> {
    let empty = || Table { about: NasBenchNlp.about(), rows: Vec::new(), loss: Vec::new(), columns: Vec::new() };
    let load = || Rc::new(NasBenchNlp.table().map_or_else(|_| empty(), |table| table.scored()));
    TABLE.with(|table| Rc::clone(table.get_or_init(load)))
}

/// The values of a column, or of the loss.
pub fn values<'a>(table: &'a Table, id: &str) -> Option<&'a [f64]> {
    if id == LOSS { Some(&table.loss) } else { table.column(id).map(|column| column.values.as_slice()) }
}

/// Every column with its name for people, the loss first.
pub fn columns() -> Vec<(&'static str, String)> {
    let metrics = table().columns.iter().map(|column| (column.id, words::title(column.id))).collect::<Vec<_>>();
    std::iter::once((LOSS, "Test loss".to_owned())).chain(metrics).collect()
}

/// The share of rows with a lower value, in percent.
pub fn percentile(values: &[f64], value: f64) -> Option<f64> {
    let known = values.iter().filter(|value| value.is_finite()).count();
    let lower = values.iter().filter(|other| **other < value).count();
    (known > 0 && value.is_finite()).then(|| 100.0 * lower as f64 / known as f64)
}

/// The rows whose metrics stand nearest to those of `row` in order of rank, each cell once, with the mean distance in
/// percent of the benchmark.
pub fn neighbours(table: &Table, row: usize, count: usize) -> Vec<(usize, f64)> {
    let metrics: Vec<&Column> = table.columns.iter().filter(|column| column.kind == Kind::Metric).collect();
    let mut distances = vec![0.0; table.rows.len()];
    for column in &metrics {
        let shares = shares(&column.values);
        distances.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += (share - shares[row]).abs());
    }
    let mut order: Vec<usize> = (0..distances.len()).collect();
    order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    let mut seen = HashSet::from([table.rows[row].architecture]);
    let fresh = order.into_iter().filter(|&other| seen.insert(table.rows[other].architecture));
    fresh.take(count).map(|other| (other, 100.0 * distances[other] / metrics.len() as f64)).collect()
}

/// Where each value stands among all, between 0 and 1; equal values stand at one place.
fn shares(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share =
        |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt()) as f64 / values.len() as f64;
    values.iter().map(share).collect()
}
