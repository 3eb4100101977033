//! The rows of the benchmarks, read once.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::OnceLock;

use untrained_core::benchmark::{BENCHMARKS, Benchmark as _, Column, Kind, NasBenchBert, NasBenchNlp, Table};
use untrained_core::chart::among;
use untrained_core::figure::words;
use untrained_core::rank::{Direction, better_than};

/// Name of the loss among the columns.
pub const LOSS: &str = "loss";

/// The best published metric.
pub const BEST: &str = "hidden_covariance_layer_1";

/// The rows of NAS-Bench-NLP that have scores.
pub fn table() -> &'static Table {
    of(NasBenchNlp.about().id)
}

/// The rows of a benchmark that have scores; those of the first for an unknown one. Empty when the table within the page
/// is damaged.
pub fn of(id: &str) -> &'static Table {
    static TABLES: [OnceLock<Table>; BENCHMARKS.len()] = [const { OnceLock::new() }; BENCHMARKS.len()];
    let at = BENCHMARKS.iter().position(|benchmark| benchmark.about().id == id).unwrap_or(0);
    let benchmark = BENCHMARKS[at];
    let empty = || Table { about: benchmark.about(), rows: Vec::new(), loss: Vec::new(), columns: Vec::new() };
    TABLES[at].get_or_init(|| benchmark.table().map_or_else(|_| empty(), |table| table.scored()))
}

/// The values of a column, or of the loss.
pub fn values<'a>(table: &'a Table, id: &str) -> Option<&'a [f64]> {
    if id == LOSS { Some(&table.loss) } else { table.column(id).map(|column| column.values.as_slice()) }
}

/// Every column with its name for people, what is predicted first.
pub fn columns(table: &Table) -> Vec<(&'static str, String)> {
    let metrics = table.columns.iter().map(|column| (column.id, words::title(column.id))).collect::<Vec<_>>();
    std::iter::once((LOSS, target(table))).chain(metrics).collect()
}

/// What is predicted, as a heading: "Loss", "GLUE score".
pub fn target(table: &Table) -> String {
    words::capital(table.about.target)
}

/// The mark after the name of a published column whose values are not what the name states.
pub fn mark(table: &Table, id: &str) -> &'static str {
    if table.about.flawed.contains(&id) { " †" } else { "" }
}

/// The meaning of the mark, if a table has it; `place` is where the reason is given.
pub fn marked(table: &Table, place: &str) -> Option<String> {
    let words =
        format!("† The values of the published column are not what its name states; the reason is given {place}.");
    (!table.about.flawed.is_empty()).then_some(words)
}

/// What one network of a benchmark is called: "Cell".
pub fn one(table: &Table) -> &'static str {
    [(NasBenchNlp.about().id, "Cell"), (NasBenchBert.about().id, "Encoder")]
        .into_iter()
        .find_map(|(id, one)| (id == table.about.id).then_some(one))
        .unwrap_or("Network")
}

/// The address of the page on a network.
pub fn link(table: &Table, id: u32) -> String {
    format!("?page=network&benchmark={}&id={id}", table.about.id)
}

/// The best metric of a benchmark that is no baseline.
pub fn best(table: &Table) -> &'static str {
    [BEST, "lpzero", "head_confidence"].into_iter().find(|id| table.column(id).is_some()).unwrap_or(LOSS)
}

/// The benchmarks, to choose from.
pub fn benchmarks() -> Vec<(&'static str, String)> {
    BENCHMARKS.iter().map(|benchmark| (benchmark.about().id, benchmark.about().title.to_owned())).collect()
}

/// The row with the best result.
pub fn best_row(table: &Table) -> Option<usize> {
    let better = |&a: &usize, &b: &usize| match table.about.better {
        Direction::Lower => table.loss[a].total_cmp(&table.loss[b]),
        Direction::Higher => table.loss[b].total_cmp(&table.loss[a]),
    };
    (0..table.rows.len()).min_by(better)
}

/// The share of the networks, 0 to 1, that a value of a column, or of the result, is better than; none for a column without a
/// direction.
pub fn percentile(table: &'static Table, id: &str, value: f64) -> Option<f64> {
    let direction = match table.columns.iter().position(|column| column.id == id) {
        Some(at) => directions(table)[at]?,
        None => table.about.better,
    };
    better_than(values(table, id)?, value, direction)
}

/// The directions of all columns, each computed once: that takes a sort of the column.
fn directions(table: &'static Table) -> &'static [Option<Direction>] {
    type Directions = Vec<Option<Direction>>;
    static KNOWN: [OnceLock<Directions>; BENCHMARKS.len()] = [const { OnceLock::new() }; BENCHMARKS.len()];
    let at = BENCHMARKS.iter().position(|benchmark| benchmark.about().id == table.about.id).unwrap_or(0);
    KNOWN[at].get_or_init(|| table.columns.iter().map(|column| table.direction(column)).collect())
}

/// A value of a column as text: with as many significant digits as distinguish it from its neighbours, at least `least`.
pub fn shown(table: &'static Table, id: &str, value: f64, least: i32) -> String {
    among(value, &sorted_column(table, id), least)
}

/// The finite values of a column in ascending order, each column sorted once.
fn sorted_column(table: &'static Table, id: &str) -> Rc<[f64]> {
    /// By the address of the table, which never changes, and the id of the column.
    type SortedColumns = HashMap<(usize, String), Rc<[f64]>>;
    thread_local! {
        static SORTED: RefCell<SortedColumns> = RefCell::default();
    }
    let sort = || sorted(values(table, id).unwrap_or_default().iter().copied()).into();
    let key = (std::ptr::from_ref(table).addr(), id.to_owned());
    SORTED.with_borrow_mut(|known| Rc::clone(known.entry(key).or_insert_with(sort)))
}

/// The finite values in ascending order.
pub fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The rows whose metrics are nearest in rank to those of `row`, each architecture once, with the mean distance in percent
/// of the benchmark.
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

/// The share of smaller values, 0 to 1, of each value.
fn shares(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share =
        |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt()) as f64 / values.len() as f64;
    values.iter().map(share).collect()
}
