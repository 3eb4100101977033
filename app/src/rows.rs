//! The rows of the benchmarks, read once.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

use untrained_core::benchmark::{BENCHMARKS, Suite, Table, of_family};
use untrained_core::chart::among;
use untrained_core::family::Family;
use untrained_core::figure::words;
use untrained_core::rank::{Direction, better_than};

/// Name of the loss among the columns.
pub const LOSS: &str = "loss";

/// The best metric of cells, which the pages compute that score several.
pub const BEST: &str = "hidden_covariance_layer_1";

/// A table, and why it is empty if it cannot be read.
type Loaded = (Table, Option<String>);

/// The rows of the first benchmark that have scores.
pub fn table() -> &'static Table {
    &loaded(0).0
}

/// The rows of a benchmark that have scores; those of the first for an unknown one, and none if the table within the
/// page is damaged: [`problem`] reports both.
pub fn of(id: &str) -> &'static Table {
    &loaded(position(id).unwrap_or(0)).0
}

/// The rows of the benchmark of a family's networks that have scores.
pub fn of_networks(family: Family) -> &'static Table {
    of(of_family(family).map_or("", |benchmark| benchmark.about().id))
}

/// The scores of the suite that were computed for a benchmark.
pub fn suite(id: &str) -> Option<Suite> {
    position(id).and_then(|at| BENCHMARKS[at].suite())
}

fn position(id: &str) -> Option<usize> {
    BENCHMARKS.iter().position(|benchmark| benchmark.about().id == id)
}

fn loaded(index: usize) -> &'static Loaded {
    static TABLES: [OnceLock<Loaded>; BENCHMARKS.len()] = [const { OnceLock::new() }; BENCHMARKS.len()];
    let benchmark = BENCHMARKS[index];
    let empty = || Table {
        about: Cow::Borrowed(benchmark.about()),
        rows: Vec::new(),
        results: Vec::new(),
        columns: Vec::new(),
        groups: Vec::new(),
    };
    TABLES[index].get_or_init(|| match benchmark.table() {
        Ok(table) => (table.scored(), None),
        Err(error) => (empty(), Some(error.to_string())),
    })
}

/// That there is no benchmark of this id and which is shown instead, or that its table is damaged.
pub fn problem(id: Option<&str>) -> Option<String> {
    match id.map_or(Some(0), position) {
        Some(index) => loaded(index).1.clone(),
        None => Some(format!("There is no benchmark '{}'; this is {}.", id?, table().about.title)),
    }
}

/// The values of a column, or of the loss.
pub fn values<'a>(table: &'a Table, id: &str) -> Option<&'a [f64]> {
    if id == LOSS { Some(&table.results) } else { table.column(id).map(|column| column.values.as_slice()) }
}

/// Every column with its name for people, what is predicted first.
pub fn columns(table: &'static Table) -> Vec<(&'static str, String)> {
    let metrics = table.columns.iter().map(|column| (column.id.as_str(), column.title.clone()));
    std::iter::once((LOSS, target(table))).chain(metrics).collect()
}

/// The name of a column for people, or of what is predicted.
pub fn title(table: &Table, id: &str) -> String {
    table.column(id).map_or_else(|| target(table), |column| column.title.clone())
}

/// What is predicted, as a heading: "Loss", "GLUE score".
pub fn target(table: &Table) -> String {
    words::capital(&table.about.target.name)
}

/// The columns of a benchmark whose values are not what their names state: as published, or as computed here.
pub fn flawed(table: &Table, computed: bool) -> &'static [&'static str] {
    if computed { suite(table.about.id).map_or(&[], |suite| suite.flawed) } else { table.about.flawed }
}

/// The mark after the name of such a column.
pub fn mark(table: &Table, computed: bool, id: &str) -> &'static str {
    if flawed(table, computed).contains(&id) { " †" } else { "" }
}

/// The meaning of the mark, if a table has it; `place` is where the reason is given.
pub fn marked(table: &Table, computed: bool, place: &str) -> Option<String> {
    let column = if computed { "this column" } else { "the published column" };
    let words = format!("† The values of {column} are not what its name states; the reason is given {place}.");
    (!flawed(table, computed).is_empty()).then_some(words)
}

/// What one network of a benchmark is called: "Cell".
pub fn one(table: &Table) -> String {
    words::capital(table.about.noun)
}

/// The address of the page on a network.
pub fn link(table: &Table, id: u32) -> String {
    format!("?page=network&benchmark={}&id={id}", table.about.id)
}

/// The best metric of a benchmark.
pub fn best(table: &Table) -> &'static str {
    table.about.best.unwrap_or(LOSS)
}

/// The benchmarks, to choose from.
pub fn benchmarks() -> Vec<(&'static str, String)> {
    BENCHMARKS.iter().map(|benchmark| (benchmark.about().id, benchmark.about().title.to_string())).collect()
}

/// The row with the best result.
pub fn best_row(table: &Table) -> Option<usize> {
    let better = |&a: &usize, &b: &usize| match table.about.target.better {
        Direction::Lower => table.results[a].total_cmp(&table.results[b]),
        Direction::Higher => table.results[b].total_cmp(&table.results[a]),
    };
    (0..table.rows.len()).min_by(better)
}

/// The share of the networks, 0 to 1, that a value of a column, or of the result, is better than; none for a column
/// without a direction.
pub fn percentile(table: &Table, id: &str, value: f64) -> Option<f64> {
    let direction = if id == LOSS { table.about.target.better } else { table.about.direction(id)? };
    better_than(values(table, id)?, value, direction)
}

/// A value of a column as text: with as many significant digits as distinguish it from its neighbours, at least
/// `least`.
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
